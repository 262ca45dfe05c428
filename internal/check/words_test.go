package check

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"amelie/internal/i18n"
	"amelie/locale"
)

// Sentences that pages and handlers ask for by a whole key: {{.T "room.key"}},
// c.T("room.key"), c.Flash("room.key"), fault.New(kind, "room.key").
var asked = regexp.MustCompile(`(?:\bTH?|\bFlash|\bTIn\([^,]+,|fault\.New\([^,"]+,)\s*\(?\s*"([a-z]+(?:\.[a-z0-9-]+)+)"`)

// General sentences of a fault: the page about it has words of its own for
// each kind, so these keys need none.
var general = regexp.MustCompile(`^web\.error\.[a-z-]+$`)

func TestEverySentenceThatIsAskedForExists(t *testing.T) {
	texts, err := i18n.Load(locale.Files, i18n.Languages)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	err = filepath.WalkDir(filepath.Join(root, "internal"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") || !(strings.HasSuffix(path, ".go") || strings.HasSuffix(path, ".html")) {
			return err
		}
		if strings.Contains(path, "/bench/") || strings.Contains(path, "/i18n/") || strings.Contains(path, "/fault/") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range asked.FindAllSubmatch(text, -1) {
			n++
			if key := string(m[1]); !texts.Has("en", key) && !general.MatchString(key) {
				t.Errorf("%s asks for %s, which no file has", path, key)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n < 300 {
		t.Errorf("only %d sentences are asked for: the check looks in the wrong place", n)
	}
}
