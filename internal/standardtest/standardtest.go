// Package standardtest finds published standards for tests: their schemas and
// examples are others' work and not part of the repository. It stores nothing,
// is for tests alone, and must never be linked into the program.
package standardtest

import (
	"os"
	"path/filepath"
	"testing"
)

// Folder is the folder of a published standard, hsds-3.1 for instance: in
// AMELIE_STANDARDS, or in shared/standards beside one of the folders above.
// Without it the test is skipped and says so.
func Folder(t testing.TB, standard string) string {
	t.Helper()
	dir := os.Getenv("AMELIE_STANDARDS")
	for up, _ := os.Getwd(); dir == "" && up != filepath.Dir(up); up = filepath.Dir(up) {
		there := filepath.Join(up, "shared", "standards")
		if _, err := os.Stat(filepath.Join(there, standard)); err == nil {
			dir = there
		}
	}
	if dir == "" {
		t.Skipf("the published %s is not here: set AMELIE_STANDARDS to the folder that holds it", standard)
	}
	return filepath.Join(dir, standard)
}
