package check

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var licenceRow = regexp.MustCompile("^\\| `([^` ]+)` \\| ([^|]+) \\| ([^|]+) \\|$")

// licences reads the table of docs/licences.md: module to licence.
func licences(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "docs", "licences.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, ok := strings.Cut(string(text), "## Linked into the binary")
	if !ok {
		t.Fatal("docs/licences.md has no section about what is linked")
	}
	table, _, _ = strings.Cut(table, "\n## ")
	out := map[string]string{}
	for _, line := range strings.Split(table, "\n") {
		if m := licenceRow.FindStringSubmatch(line); m != nil {
			if out[m[1]] != "" {
				t.Errorf("%s stands twice", m[1])
			}
			out[m[1]] = m[2]
		}
	}
	return out
}

func TestEveryLinkedModuleIsListedWithItsLicence(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}{{end}}{{end}}", "./cmd/amelie")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	listed, linked := licences(t), map[string]bool{}
	for _, module := range strings.Fields(string(out)) {
		linked[module] = true
	}
	if len(linked) < 10 {
		t.Fatalf("only %d linked modules found: the check looks in the wrong place", len(linked))
	}
	for module := range linked {
		if listed[module] == "" {
			t.Errorf("%s is linked, but docs/licences.md does not name its licence", module)
		}
	}
	for module := range listed {
		if !linked[module] {
			t.Errorf("docs/licences.md lists %s, which is not linked", module)
		}
	}
}
