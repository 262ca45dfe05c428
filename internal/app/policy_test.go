package app

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"amelie/internal/policy"
)

func TestTheRulesOfEveryRoomAreInTheEngine(t *testing.T) {
	all := Policies()
	n := 0
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.Name() != "policy.cedar" {
			return err
		}
		n++
		text, err := os.ReadFile(path)
		// A room may put together several files.
		if !slices.ContainsFunc(all, func(p policy.Source) bool { return strings.Contains(p.Text, string(text)) }) {
			t.Errorf("%s is in no engine: Policies leaves it out", path)
		}
		return err
	})
	if err != nil || n < 20 || len(all) != n {
		t.Errorf("%d files, %d in the engine: %v", n, len(all), err)
	}
}
