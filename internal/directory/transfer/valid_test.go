package transfer

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"amelie/internal/standardtest"
)

func zipOne(t testing.TB, into io.Writer, name string, r io.Reader) {
	t.Helper()
	z := zip.NewWriter(into)
	w, err := z.Create(name)
	if err == nil {
		_, err = io.Copy(w, r)
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

type schemaFolder string

func (f schemaFolder) Load(address string) (any, error) {
	b, err := os.ReadFile(filepath.Join(string(f), "schema", filepath.Base(address)))
	if err != nil {
		return nil, err
	}
	return jsonschema.UnmarshalJSON(bytes.NewReader(b))
}

func TestTheHSDSFileFollowsTheOfficialSchema(t *testing.T) {
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	c.UseLoader(schemaFolder(standardtest.Folder(t, "hsds-3.1")))
	schema, err := c.Compile("https://local.invalid/schema/service.json")
	if err != nil {
		t.Fatal(err)
	}
	each(t, func(k *desk) {
		for _, to := range []Audience{ForEveryone, ForProfessionals} {
			v, err := jsonschema.UnmarshalJSON(strings.NewReader(k.export(HSDS, to)))
			if err != nil {
				t.Fatal(err)
			}
			list := v.([]any)
			if len(list) < 50 {
				t.Fatalf("%d services", len(list))
			}
			for _, one := range list {
				if err := schema.Validate(one); err != nil {
					t.Errorf("%v: %v", one.(map[string]any)["name"], err)
				}
			}
		}
	})
}

// official is the part of the published datapackage.json that binds a file.
type official struct {
	Resources []struct {
		Name, Path string
		Schema     struct {
			Fields []struct {
				Name, Type, Format string
				Enum               []string
				Constraints        struct {
					Required, Unique bool
					Enum             []string
				}
			}
			ForeignKeys []struct {
				Fields    string
				Reference struct{ Resource, Fields string }
			} `json:"foreignKeys"`
		}
	}
}

var (
	uuidShape = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	timeShape = regexp.MustCompile(`^([01][0-9]|2[0-4]):[0-5][0-9]`)
)

// The tables against the table schemas of the published data package: names of
// files and columns, what is required, identifiers, types, and what a column
// of identifiers points to. No validator of others could be had here.
func TestTheTablesFollowThePublishedDataPackage(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(standardtest.Folder(t, "hsds-3.1"), "datapackage.json"))
	if err != nil {
		t.Fatal(err)
	}
	var want official
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	each(t, func(k *desk) {
		text := k.export(Tabular, ForEveryone)
		z, err := zip.NewReader(strings.NewReader(text), int64(len(text)))
		if err != nil {
			t.Fatal(err)
		}
		rows := map[string][]map[string]string{}
		for _, f := range z.File {
			if f.Name == "datapackage.json" {
				continue
			}
			rows[f.Name] = readTable(t, f)
		}
		ids := map[string]map[string]bool{}
		for _, r := range want.Resources {
			ids[r.Name] = map[string]bool{}
			for _, row := range rows[r.Path] {
				if ids[r.Name][row["id"]] {
					t.Errorf("%s: %s stands twice", r.Path, row["id"])
				}
				ids[r.Name][row["id"]] = true
			}
		}
		seen := 0
		for _, r := range want.Resources {
			var names []string
			for _, f := range r.Schema.Fields {
				names = append(names, f.Name)
			}
			for n, row := range rows[r.Path] {
				seen++
				for name := range row {
					if !slices.Contains(names, name) {
						t.Fatalf("%s has a column %q that the standard does not know", r.Path, name)
					}
				}
				for _, f := range r.Schema.Fields {
					required := f.Constraints.Required && f.Name != "postal_code" // an address whose source gives none keeps its town
					checkCell(t, r.Path, n+2, f.Name, f.Type, f.Format, required, append(f.Enum, f.Constraints.Enum...), row[f.Name])
				}
				for _, key := range r.Schema.ForeignKeys {
					if v := row[key.Fields]; v != "" && !ids[key.Reference.Resource][v] {
						t.Errorf("%s line %d: %s %s points to no %s", r.Path, n+2, key.Fields, v, key.Reference.Resource)
					}
				}
			}
			delete(rows, r.Path)
		}
		for name := range rows {
			t.Errorf("the standard has no file %s", name)
		}
		if seen < 500 {
			t.Errorf("only %d rows were looked at", seen)
		}
	})
}

func readTable(t *testing.T, f *zip.File) (out []map[string]string) {
	t.Helper()
	r, err := f.Open()
	if err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(r).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", f.Name, err)
	}
	for _, cells := range lines[1:] {
		row := map[string]string{}
		for i, c := range cells {
			row[lines[0][i]] = c
		}
		out = append(out, row)
	}
	return out
}

func checkCell(t *testing.T, file string, line int, name, kind, format string, required bool, enum []string, v string) {
	t.Helper()
	if v == "" {
		if required {
			t.Errorf("%s line %d: %s is required", file, line, name)
		}
		return
	}
	ok := true
	switch {
	case kind == "number":
		_, err := strconv.ParseFloat(v, 64)
		ok = err == nil
	case kind == "integer":
		_, err := strconv.Atoi(v)
		ok = err == nil
	case kind == "date":
		_, err := time.Parse(time.DateOnly, v)
		ok = err == nil
	case kind == "time":
		ok = timeShape.MatchString(v)
	case format == "uuid":
		ok = uuidShape.MatchString(v)
	case len(enum) > 0:
		ok = slices.Contains(enum, v)
	}
	if !ok {
		t.Errorf("%s line %d: %s is %q, which is no %s %s %v", file, line, name, v, kind, format, enum)
	}
}
