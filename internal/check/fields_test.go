package check

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"amelie/internal/app"
	"amelie/internal/db"
	"amelie/internal/db/dbtest"
)

// storedField is one row of docs/stored-fields.md for one field.
type storedField struct{ how, why, until string }

// ways are the words of docs/stored-fields.md for how a field is kept.
var ways = []string{"sealed", "server-sealed", "hash", "public", "key", "readable"}

var (
	tableHeading = regexp.MustCompile("^### `([a-z_]+)`$")
	fieldName    = regexp.MustCompile("`([a-z_]+)`")
)

// storedFields reads docs/stored-fields.md: by table and field.
func storedFields(t *testing.T) map[string]map[string]storedField {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "docs", "stored-fields.md"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]map[string]storedField{}
	table := ""
	for _, line := range strings.Split(string(text), "\n") {
		if m := tableHeading.FindStringSubmatch(line); m != nil {
			table = m[1]
			out[table] = map[string]storedField{}
			continue
		}
		if strings.HasPrefix(line, "#") {
			table = ""
		}
		if table == "" || !strings.HasPrefix(line, "| `") {
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		if len(cells) != 4 {
			t.Errorf("%s: %q has not four cells", table, line)
			continue
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		for _, m := range fieldName.FindAllStringSubmatch(cells[0], -1) {
			if _, twice := out[table][m[1]]; twice {
				t.Errorf("%s.%s stands twice", table, m[1])
			}
			out[table][m[1]] = storedField{cells[1], cells[2], cells[3]}
		}
	}
	return out
}

// tables makes a new installation's database and lists its tables.
func tables(t *testing.T) []db.Table {
	t.Helper()
	d := dbtest.Open(t, app.Schemas()...)
	var out []db.Table
	err := d.Read(t.Context(), func(tx *db.Tx) (err error) { out, err = tx.Tables(); return err })
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestEveryStoredFieldIsExplained(t *testing.T) {
	said := storedFields(t)
	for _, table := range tables(t) {
		for i, column := range table.Columns {
			f, ok := said[table.Name][column]
			if !ok {
				t.Errorf("%s.%s is stored, but docs/stored-fields.md does not say how, why and until when", table.Name, column)
				continue
			}
			delete(said[table.Name], column)
			if !slices.Contains(ways, f.how) || f.why == "" || f.until == "" {
				t.Errorf("%s.%s: kept %q because %q until %q", table.Name, column, f.how, f.why, f.until)
			}
			// Only bytes can be an envelope; and what is called one must be sealed.
			envelope := column == "env" || column == "envelope"
			if strings.Contains(f.how, "sealed") && table.Types[i] != "BYTEA" || envelope && f.how != "sealed" {
				t.Errorf("%s.%s is %s and said to be %s", table.Name, column, table.Types[i], f.how)
			}
		}
		for column := range said[table.Name] {
			t.Errorf("docs/stored-fields.md explains %s.%s, which is not stored", table.Name, column)
		}
		delete(said, table.Name)
	}
	for name := range said {
		t.Errorf("docs/stored-fields.md explains the table %s, which does not exist", name)
	}
}

// A package with tables that app does not name would start without them, and
// would be left out of every check that goes through app.
func TestEverySchemaFolderBelongsToTheProgram(t *testing.T) {
	var folders []string
	err := filepath.WalkDir(filepath.Join(root, "internal"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && d.Name() == "schema" {
			folders = append(folders, path)
		}
		return err
	})
	if err != nil || len(folders) < len(app.Schemas()) {
		t.Fatalf("only %d schema folders were found: %v", len(folders), err)
	}
	known := map[string]bool{"dbtest": true}
	for _, s := range app.Schemas() {
		known[s.Package] = true
	}
	for _, f := range folders {
		if name := filepath.Base(filepath.Dir(f)); !known[name] {
			t.Errorf("%s is not among app.Schemas", f)
		}
	}
}
