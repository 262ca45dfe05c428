package directory

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"amelie/api"
	"amelie/internal/clock"
)

// document is api/openapi.yaml as a JSON value.
func document(t *testing.T) map[string]any {
	t.Helper()
	var tree map[string]any
	if err := yaml.Unmarshal(api.Document, &tree); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(tree)
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return v.(map[string]any)
}

func documented(t *testing.T, pointer string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("https://local.invalid/openapi.json", document(t)); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("https://local.invalid/openapi.json#" + pointer)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTheSearchInterfaceAnswersWhatItsDocumentSays(t *testing.T) {
	s := newSite(t, clock.Fixed(tuesday))
	schema := documented(t, "/components/schemas/SearchResult")
	for _, query := range []string{
		"", "q=shelter&lang=el", "q=police&country=BE&group=authority", "near=Corfu&limit=100", "q=Federal+Public+Prosecutors+Office",
		"language=ti&open=true&lang=fr", "q=xyzzy&lang=de", "q=ρουμανικά+θεσσαλονίκη&lang=el", "offset=60&limit=5",
	} {
		v := s.json("/api/v1/directory/search?"+query, http.StatusOK)
		if err := schema.Validate(v); err != nil {
			t.Errorf("%s: %v", query, err)
		}
	}
	problem := documented(t, "/components/schemas/Problem")
	if err := problem.Validate(s.json("/api/v1/directory/search?nonsense=1", http.StatusBadRequest)); err != nil {
		t.Error(err)
	}
}

func TestHSDSAnswersWhatTheDocumentSays(t *testing.T) {
	s := newSite(t, clock.Fixed(tuesday))
	if err := documented(t, "/components/schemas/HSDSRoot").Validate(s.json("/hsds/", http.StatusOK)); err != nil {
		t.Error(err)
	}
	list := documented(t, "/components/schemas/HSDSPage")
	for _, name := range []string{"services", "organizations", "taxonomies", "taxonomy_terms", "service_at_locations"} {
		if err := list.Validate(s.json("/hsds/"+name, http.StatusOK)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheDocumentNamesEveryParameterAndEveryRoute(t *testing.T) {
	s := newSite(t, clock.Fixed(tuesday))
	doc := document(t)
	parameters := doc["components"].(map[string]any)["parameters"].(map[string]any)
	for _, name := range append([]string{"lang", "limit", "offset"}, searchNames...) {
		if parameters[name] == nil {
			t.Errorf("the document does not name the parameter %s", name)
		}
	}
	for name := range parameters {
		if w := s.get("/api/v1/directory/search?" + name + "=%20"); strings.Contains(w.Body.String(), "This parameter is not known") {
			if h := s.get("/hsds/services?" + name + "="); strings.Contains(h.Body.String(), "This parameter is not known") && name != "full_service" {
				t.Errorf("the document names %s, and no interface knows it", name)
			}
		}
	}
	paths := doc["paths"].(map[string]any)
	for _, route := range s.shell.Routes() {
		method, path, _ := strings.Cut(route, " ")
		path = strings.TrimSuffix(path, "{$}")
		if !strings.HasPrefix(path, "/api/") && !strings.HasPrefix(path, "/hsds/") {
			continue
		}
		methods, ok := paths[path].(map[string]any)
		if !ok || methods[strings.ToLower(method)] == nil {
			t.Errorf("the document does not name %s %s", method, path)
		}
	}
}

func TestTheDocumentIsServed(t *testing.T) {
	s := newSite(t, clock.Fixed(tuesday))
	if w := s.get("/api/v1/openapi.yaml"); w.Code != http.StatusOK || w.Body.String() != string(api.Document) {
		t.Errorf("%d, %d bytes", w.Code, w.Body.Len())
	}
}
