package account

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"amelie/internal/i18n"
)

// Every sentence that the pages and the code of this package name exists, in
// every language.
func TestEverySentenceOfAccountsIsSaidInEveryLanguage(t *testing.T) {
	b, err := i18n.Load(os.DirFS("../../locale"), i18n.Languages)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range b.Check() {
		if strings.HasPrefix(p.Key, "account.") {
			t.Errorf("%s %s: %s", p.Lang, p.Key, p.Reason)
		}
	}
	files, err := filepath.Glob("page/*.html")
	if err != nil {
		t.Fatal(err)
	}
	more, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	key := regexp.MustCompile(`"((?:account|web)\.(?:[a-z-]+\.)*[a-z-]+)"`)
	n := 0
	for _, f := range append(files, more...) {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range key.FindAllStringSubmatch(string(text), -1) {
			if b.Has("en", m[1]) {
				n++
			} else if strings.Count(m[1], ".") > 1 && !strings.HasPrefix(m[1], "account.try.") {
				t.Errorf("%s names %s, which nobody says", f, m[1])
			}
		}
	}
	if n < 100 {
		t.Errorf("only %d sentences were looked for", n)
	}
}
