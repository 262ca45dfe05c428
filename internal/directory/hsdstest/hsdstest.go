// Package hsdstest finds the published standard of HSDS 3.1 for tests: its
// schemas and examples are not part of the repository. It stores nothing, is
// for tests alone, and must never be linked into the program.
package hsdstest

import (
	"os"
	"path/filepath"
	"testing"
)

// Folder is the folder of the published standard: hsds-3.1 in AMELIE_STANDARDS,
// or in shared/standards beside one of the folders above. Without it the test
// is skipped and says so.
func Folder(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("AMELIE_STANDARDS")
	for up, _ := os.Getwd(); dir == "" && up != filepath.Dir(up); up = filepath.Dir(up) {
		there := filepath.Join(up, "shared", "standards")
		if _, err := os.Stat(filepath.Join(there, "hsds-3.1")); err == nil {
			dir = there
		}
	}
	if dir == "" {
		t.Skip("no published HSDS schemas here: set AMELIE_STANDARDS to the folder that holds hsds-3.1")
	}
	return filepath.Join(dir, "hsds-3.1")
}
