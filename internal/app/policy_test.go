package app

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestTheRulesOfEveryRoomAreInTheEngine(t *testing.T) {
	there := map[string]bool{}
	for _, p := range Policies() {
		there[p.Text] = true
	}
	n := 0
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.Name() != "policy.cedar" {
			return err
		}
		n++
		text, err := os.ReadFile(path)
		if !there[string(text)] {
			t.Errorf("%s is in no engine: Policies leaves it out", path)
		}
		return err
	})
	if err != nil || n < 20 || len(there) != n {
		t.Errorf("%d files, %d in the engine: %v", n, len(there), err)
	}
}
