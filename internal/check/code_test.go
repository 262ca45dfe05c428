package check

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"testing"
)

const root = "../.."

// domains are the packages that know the field; a domain never imports a
// domain. Everything else in internal is platform, except the wiring.
var domains = words("account agency learn screen directory consent referral casework workshop library stats exchange country person house")

// wiring may import everything; nothing but cmd and tests imports it.
var wiring = words("app bench")

func words(s string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(s) {
		m[w] = true
	}
	return m
}

type source struct {
	path    string // internal/web/web.go
	text    string
	imports []string
	doc     string
	test    bool
}

// sources reads every Go file of the module.
func sources(t *testing.T) []source {
	t.Helper()
	var out []source
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || strings.HasPrefix(d.Name(), ".") && path != root) {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, text, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, path)
		s := source{path: filepath.ToSlash(rel), text: string(text), doc: f.Doc.Text(), test: strings.HasSuffix(path, "_test.go")}
		for _, i := range f.Imports {
			p, _ := strconv.Unquote(i.Path.Value)
			s.imports = append(s.imports, p)
		}
		out = append(out, s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < 50 {
		t.Fatalf("only %d Go files found: the check looks in the wrong place", len(out))
	}
	return out
}

// room is the first folder below internal, "" elsewhere.
func room(path string) string {
	rest, ok := strings.CutPrefix(path, "internal/")
	if !ok {
		return ""
	}
	r, _, _ := strings.Cut(rest, "/")
	return r
}

func TestADomainImportsNoDomainAndThePlatformKnowsNoDomain(t *testing.T) {
	for _, s := range sources(t) {
		from := room(s.path)
		if from == "" || wiring[from] || from == "check" {
			continue
		}
		for _, imp := range s.imports {
			to := room(strings.TrimPrefix(imp, "amelie/"))
			switch {
			case !strings.HasPrefix(imp, "amelie/internal/") || to == from:
			case wiring[to]:
				t.Errorf("%s imports the wiring, %s", s.path, imp)
			case domains[to]:
				t.Errorf("%s imports the domain %s: declare what is needed and let app plug it in", s.path, imp)
			}
		}
	}
}

func TestEveryPackageSaysItsIdeaOnce(t *testing.T) {
	docs := map[string]int{}
	for _, s := range sources(t) {
		if !s.test {
			dir := filepath.Dir(s.path)
			if s.doc != "" {
				docs[dir]++
			} else {
				docs[dir] += 0
			}
		}
	}
	for dir, n := range docs {
		if n != 1 {
			t.Errorf("%s has %d package comments", dir, n)
		}
	}
}

var marker = regexp.MustCompile(`//\s*req:\s*((?:[A-Z]+-[0-9]+[ ,]*)+)`)

func TestARuleThatProtectsAPersonIsMarkedAtItsCodeAndAtItsTest(t *testing.T) {
	code, tests := map[string]string{}, map[string]string{}
	for _, s := range sources(t) {
		if room(s.path) == "check" {
			continue
		}
		for _, m := range marker.FindAllStringSubmatch(s.text, -1) {
			for _, name := range strings.FieldsFunc(m[1], func(r rune) bool { return r == ' ' || r == ',' || r == '\n' }) {
				if s.test {
					tests[name] = s.path
				} else {
					code[name] = s.path
				}
			}
		}
	}
	if len(code) == 0 {
		t.Error("no rule is marked")
	}
	var all []string
	for name, path := range code {
		all = append(all, name)
		if tests[name] == "" {
			t.Errorf("%s in %s has no test", name, path)
		}
	}
	for name, path := range tests {
		if code[name] == "" {
			t.Errorf("%s in %s has no code", name, path)
		}
	}
	sort.Strings(all)
	t.Logf("rules: %s", strings.Join(all, " "))
}

// Words that would tell how or where the repository was made, or that name a
// package registry. They are spelled in pieces so that this file passes.
var unwanted = regexp.MustCompile(`(?i)` + strings.Join([]string{
	"registry\\." + "npmjs", "proxy\\." + "golang", "deb\\." + "debian", "pypi\\." + "org",
	"/work" + "/main", "/work" + "/shared", "farm" + "-(studio|bench)", "clau" + "de", "anthro" + "pic", "chat" + "gpt", "\\bhelper" + "-[0-9]",
}, "|"))

func TestNothingNamesARegistryOrAWorkplace(t *testing.T) {
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git" || d.Name() == "bin") {
			return filepath.SkipDir
		}
		if d.IsDir() || d.Name() == ".git" /* the pointer of a second working tree */ || strings.Contains("|.png|.woff2|.gz|.jpg|.ico|.br|", "|"+filepath.Ext(path)+"|") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if m := unwanted.Find(text); m != nil {
			t.Errorf("%s names %q", path, m)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
