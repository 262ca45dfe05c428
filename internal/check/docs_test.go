package check

import (
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var mdLink = regexp.MustCompile(`\]\(([^)\s]+)\)`)

// documents lists the Markdown files of the repository.
func documents(t *testing.T) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || strings.HasPrefix(d.Name(), ".") && path != root) {
			return filepath.SkipDir
		}
		if strings.HasSuffix(path, ".md") {
			out = append(out, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestEveryLinkInTheDocumentsLeadsToAFile(t *testing.T) {
	links := 0
	for _, path := range documents(t) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range mdLink.FindAllStringSubmatch(string(text), -1) {
			u, err := url.Parse(m[1])
			if err != nil {
				t.Errorf("%s: %q is no address", path, m[1])
				continue
			}
			if u.Scheme != "" || u.Path == "" {
				continue
			}
			links++
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), filepath.FromSlash(u.Path))); err != nil {
				t.Errorf("%s links to %s, which is not there", path, m[1])
			}
		}
	}
	if links < 50 {
		t.Errorf("only %d links found: the check looks in the wrong place", links)
	}
}

// A page that no map names is found by nobody.
func TestEveryDocumentIsOnItsMap(t *testing.T) {
	for _, folder := range []string{"docs", filepath.Join("docs", "decisions")} {
		text, err := os.ReadFile(filepath.Join(root, folder, "README.md"))
		if err != nil {
			t.Fatal(err)
		}
		pages, err := filepath.Glob(filepath.Join(root, folder, "*.md"))
		if err != nil || len(pages) < 5 {
			t.Fatalf("%s: %d pages, %v", folder, len(pages), err)
		}
		for _, p := range pages {
			if name := filepath.Base(p); name != "README.md" && !strings.Contains(string(text), "]("+name) {
				t.Errorf("%s/README.md does not name %s", folder, name)
			}
		}
	}
}

// The README's map is how a newcomer finds a room.
func TestEveryRoomIsOnTheMapOfTheReadme(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(text), "## The map")
	if !ok {
		t.Fatal("README.md has no map")
	}
	plan, _, _ := strings.Cut(rest, "\n## ")
	for _, folder := range []string{".", "internal"} {
		entries, err := os.ReadDir(filepath.Join(root, folder))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if e.IsDir() && !strings.HasPrefix(e.Name(), ".") && e.Name() != "bin" && !strings.Contains(plan, e.Name()+"/") {
				t.Errorf("the map of README.md does not name %s", filepath.Join(folder, e.Name()))
			}
		}
	}
}

var flagName = regexp.MustCompile(`--([a-z][a-z-]+)`)

func TestTheOperationsPageNamesNoFlagThatDoesNotExist(t *testing.T) {
	code, err := os.ReadFile(filepath.Join(root, "cmd", "amelie", "commands.go"))
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(root, "docs", "operations.md"))
	if err != nil {
		t.Fatal(err)
	}
	found := flagName.FindAllStringSubmatch(string(page), -1)
	for _, m := range found {
		if !strings.Contains(string(code), `"`+m[1]+`",`) {
			t.Errorf("docs/operations.md names --%s, which the program does not know", m[1])
		}
	}
	if len(found) < 20 {
		t.Errorf("only %d flags found: the check looks in the wrong place", len(found))
	}
}

func TestTheTestingPageNamesEveryKindOfRule(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(root, "docs", "testing.md"))
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]bool{}
	for _, s := range sources(t) {
		for _, m := range marker.FindAllStringSubmatch(s.text, -1) {
			kind, _, _ := strings.Cut(m[1], "-")
			if room(s.path) != "check" && !kinds[kind] {
				kinds[kind] = true
				if !regexp.MustCompile(`\b` + kind + `\b`).Match(page) {
					t.Errorf("docs/testing.md does not say what the rules %s are about (%s)", kind, s.path)
				}
			}
		}
	}
}
