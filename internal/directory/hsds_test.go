package directory

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"amelie/internal/clock"
	"amelie/internal/standardtest"
)

// localSchemas answers every reference of the published files from the
// folder; strict closes each schema to fields that it does not know.
type localSchemas struct {
	dir    string
	strict bool
}

func (l localSchemas) Load(address string) (any, error) {
	name := strings.TrimSuffix(filepath.Base(address), ".json")
	name = strings.TrimSuffix(name, "_list") + ".json"
	path := filepath.Join(l.dir, "schema", name)
	if name == "openapi.json" {
		path = filepath.Join(l.dir, name)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	schema, ok := doc.(map[string]any)
	if properties, has := schema["properties"].(map[string]any); ok && has && l.strict {
		// The compiled schemas, which the references name, nest these two.
		switch name {
		case "organization.json":
			properties["services"] = map[string]any{"type": "array", "items": map[string]any{"$ref": "service.json"}}
		case "service_at_location.json":
			properties["service"] = map[string]any{"$ref": "service.json"}
		}
		schema["additionalProperties"] = false
	}
	return doc, nil
}

func validator(t *testing.T, strict bool, location string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	c.UseLoader(localSchemas{standardtest.Folder(t, "hsds-3.1"), strict})
	s, err := c.Compile("https://local.invalid/schema/" + location)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *testSite) json(path string, status int) any {
	s.t.Helper()
	w := s.get(path)
	if w.Code != status {
		s.t.Fatalf("GET %s: status %d, want %d: %s", path, w.Code, status, w.Body)
	}
	v, err := jsonschema.UnmarshalJSON(w.Body)
	if err != nil {
		s.t.Fatalf("GET %s: %v", path, err)
	}
	return v
}

func contents(v any) []map[string]any {
	var out []map[string]any
	list, _ := v.(map[string]any)["contents"].([]any)
	for _, one := range list {
		out = append(out, one.(map[string]any))
	}
	return out
}

func TestEveryListFollowsTheOfficialSchema(t *testing.T) {
	s := newSite(t, clock.Fixed(tuesday))
	for path, name := range map[string]string{
		"services":             "services",
		"organizations":        "organizations",
		"taxonomies":           "taxonomies",
		"taxonomy_terms":       "taxonomy_terms",
		"service_at_locations": "service_at_locations",
	} {
		schema := validator(t, false, "openapi.json#/paths/~1"+name+"/get/responses/200/content/application~1json/schema")
		for _, query := range []string{"?per_page=1000", "?per_page=1000&full=true", "?per_page=3&page=2", "?page=900", "?search=Athen"} {
			if strings.Contains(query, "full") && strings.HasPrefix(name, "taxonom") {
				continue
			}
			v := s.json("/hsds/"+path+query, http.StatusOK)
			if err := schema.Validate(v); err != nil {
				t.Errorf("/hsds/%s%s: %v", path, query, err)
			}
		}
	}
}

func TestEveryRecordFollowsTheOfficialSchemaAndInventsNoField(t *testing.T) {
	s := newSite(t, clock.Fixed(tuesday))
	for path, name := range map[string]string{
		"services": "service.json", "organizations": "organization.json", "taxonomies": "taxonomy.json",
		"taxonomy_terms": "taxonomy_term.json", "service_at_locations": "service_at_location.json",
	} {
		schema := validator(t, true, name)
		records := contents(s.json("/hsds/"+path+"?per_page=1000", http.StatusOK))
		if len(records) == 0 {
			t.Fatalf("/hsds/%s is empty", path)
		}
		for _, r := range records {
			address := fmt.Sprintf("/hsds/%s/%s", path, r["id"])
			v := s.json(address, http.StatusOK)
			if err := schema.Validate(v); err != nil {
				t.Errorf("%s (%s): %v", address, r["name"], err)
			}
			if v.(map[string]any)["id"] != r["id"] {
				t.Errorf("%s answers the record %v", address, v.(map[string]any)["id"])
			}
		}
	}
}

func TestTheRootNamesVersionProfileAndDocument(t *testing.T) {
	s := newSite(t, clock.Fixed(tuesday))
	schema := validator(t, true, "openapi.json#/paths/~1/get/responses/200/content/application~1json/schema")
	for _, path := range []string{"/hsds", "/hsds/"} {
		v := s.json(path, http.StatusOK)
		if err := schema.Validate(v); err != nil {
			t.Error(err)
		}
		if got := v.(map[string]any)["version"]; got != "3.1" {
			t.Errorf("%s: version %v", path, got)
		}
		profile, err := url.Parse(v.(map[string]any)["profile"].(string))
		if err != nil {
			t.Fatal(err)
		}
		if s.json(profile.Path, http.StatusOK).(map[string]any)["attributes"] == nil {
			t.Error("the profile names no attributes")
		}
	}
}

// walk reads every page of the full services as an outside reader would.
func (s *testSite) walk(perPage int) (records []map[string]any, text string) {
	s.t.Helper()
	var all strings.Builder
	for page := 1; ; page++ {
		w := s.get(fmt.Sprintf("/hsds/services?full=true&page=%d&per_page=%d", page, perPage))
		all.WriteString(w.Body.String())
		var v map[string]any
		if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
			s.t.Fatal(err)
		}
		records = append(records, contents(v)...)
		if float64(page) >= v["total_pages"].(float64) {
			return records, all.String()
		}
	}
}

// req: DIRECTORY-1
// req: DIRECTORY-5
func TestEveryPublicContactDetailOfTheSourceIsThereAndNoHiddenOne(t *testing.T) {
	s := newSite(t, clock.Fixed(tuesday))
	records, all := s.walk(7)
	texts := map[string]string{} // by our organisation id
	for _, r := range records {
		o := r["organization"].(map[string]any)
		own := o["organization_identifiers"].([]any)[0].(map[string]any)["identifier"].(string)
		b, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		texts[own] += string(b)
	}
	numbers := s.published()
	elsewhere := map[string]bool{} // a number may be hidden at one body and public at another
	for _, c := range sourceContacts(t) {
		if want, ok := numbers.of(c); ok && c.audience == "public" {
			elsewhere[want] = true
		}
	}
	seen := 0
	for _, c := range sourceContacts(t) {
		want, ok := numbers.of(c)
		if !ok {
			t.Errorf("%s: %s %q of the source is not recorded", c.organization, c.kind, c.value)
			continue
		}
		switch {
		case c.audience == "public":
			seen++
			if !strings.Contains(texts[c.organization], jsonText(want)) {
				t.Errorf("%s: %s %q is not published", c.organization, c.kind, want)
			}
		case c.kind != "town" && strings.Contains(texts[c.organization], `"`+jsonText(want)+`"`), c.kind != "town" && !elsewhere[want] && strings.Contains(all, `"`+jsonText(want)+`"`):
			t.Errorf("%s: the hidden %s %q is published", c.organization, c.kind, want)
		}
	}
	if seen < 100 {
		t.Errorf("only %d public details were compared", seen)
	}
}

// published finds what HSDS carries for a detail as the source prints it.
type published map[contact]string

func (s *testSite) published() published {
	all, err := load(s.t.Context(), s.d.cfg.DB)
	if err != nil {
		s.t.Fatal(err)
	}
	out := published{}
	for _, o := range all.organizations {
		for _, sv := range o.Services {
			phones := sv.Phones
			for _, p := range sv.Places {
				phones = append(phones[:len(phones):len(phones)], p.Phones...)
			}
			for _, p := range phones {
				out[contact{organization: o.ID, value: p.Printed}] = dial(p)
			}
		}
	}
	return out
}

func (all published) of(c contact) (string, bool) {
	if c.kind != "phone" && c.kind != "fax" {
		return c.value, true
	}
	number, ok := all[contact{organization: c.organization, value: c.value}]
	return number, ok
}

// jsonText is a text as it stands inside a JSON string.
func jsonText(text string) string {
	b, err := json.Marshal(text)
	if err != nil {
		return text
	}
	return strings.Trim(string(b), `"`)
}

// req: DIRECTORY-5
func TestAHiddenPlaceHasNoLocation(t *testing.T) {
	s := newSite(t, clock.Fixed(tuesday))
	snap, err := s.d.snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	hidden := 0
	for _, o := range snap.views[ForEveryone].organizations {
		for _, sv := range o.Services {
			v := s.json("/hsds/services/"+hsdsID("service", sv.ID), http.StatusOK).(map[string]any)
			at, _ := v["service_at_locations"].([]any)
			public := 0
			for _, p := range sv.Places {
				if p.Address == Public {
					public++
				} else {
					hidden++
				}
			}
			if len(at) != public {
				t.Errorf("%s has %d locations, want %d", sv.ID, len(at), public)
			}
		}
	}
	if hidden == 0 {
		t.Error("no hidden place was looked at")
	}
}

func TestPhonesAreInternationalOrShortCodes(t *testing.T) {
	s := newSite(t, clock.Fixed(tuesday))
	_, _ = s.walk(100)
	snap, err := s.d.snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, sv := range snap.book().services {
		for _, p := range sv.Phones {
			if !e164Shape.MatchString(p.Number) && !shortShape.MatchString(p.Number) {
				t.Errorf("%s: %q", sv.Name, p.Number)
			}
		}
	}
}

func TestAWalkThroughThePagesMeetsEachServiceOnce(t *testing.T) {
	s := newSite(t, clock.Fixed(tuesday))
	whole, _ := s.walk(hsdsMaxPerPage)
	rapid.Check(t, func(rt *rapid.T) {
		per := rapid.IntRange(1, len(whole)+3).Draw(rt, "per_page")
		records, _ := s.walk(per)
		seen := map[string]bool{}
		for _, r := range records {
			seen[r["id"].(string)] = true
		}
		if len(records) != len(whole) || len(seen) != len(whole) {
			rt.Fatalf("%d records, %d different, want %d", len(records), len(seen), len(whole))
		}
	})
}

func TestIdentifiersAreStableUUIDs(t *testing.T) {
	if got, want := hsdsID("service", "gr-a21-1109"), "d647264b-ce9f-5803-9d7d-e51776026421"; got != want || uuid.MustParse(got).Version() != 5 {
		t.Errorf("the identifier that other directories keep is now %s, was %s", got, want)
	}
	if hsdsID("service", "a", "b/c") == hsdsID("service", "a") {
		t.Error("different parts give the same identifier")
	}
}

func TestHSDSFindsByTermTaxonomyOrganizationAndTime(t *testing.T) {
	s := newSite(t, clock.Fixed(tuesday))
	all := len(contents(s.json("/hsds/services?per_page=1000", 200)))
	helpline := hsdsID("term", "role", "national-helpline")
	for query, holds := range map[string]func(n int) bool{
		"taxonomy_term_id=" + helpline:                        func(n int) bool { return n >= 4 && n < all },
		"taxonomy_id=" + hsdsID("taxonomy", "role"):           func(n int) bool { return n > 10 },
		"taxonomy_term_id=" + uuid.NewString():                func(n int) bool { return n == 0 },
		"organization_id=" + hsdsID("organization", "gr-a21"): func(n int) bool { return n == 2 },
		"modified_after=2026-11-24":                           func(n int) bool { return n == all },
		"modified_after=2026-11-25T00:00:00Z":                 func(n int) bool { return n == 0 },
		"minimal=true":                                        func(n int) bool { return n == all },
		"search=" + url.QueryEscape("ξενωνας"):                func(n int) bool { return n >= 10 && n < all },
		"search=" + url.QueryEscape("Schutzwohnung"):          func(n int) bool { return n >= 10 && n < all },
		"search=" + url.QueryEscape("Payoke") + "&organization_id=" + hsdsID("organization", "be-payoke"): func(n int) bool { return n == 1 },
	} {
		if n := len(contents(s.json("/hsds/services?per_page=1000&"+query, 200))); !holds(n) {
			t.Errorf("%s found %d of %d", query, n, all)
		}
	}
}

func TestHSDSIsSearchedByPostToo(t *testing.T) {
	s := newSite(t, clock.Fixed(tuesday))
	want := s.get("/hsds/services?search=Payoke&full=true").Body.String()
	for _, path := range []string{"/hsds/services", "/hsds/services/search"} {
		w := s.postJSON(path, `{"search": "Payoke", "full": true}`)
		if w.Code != http.StatusOK || w.Body.String() != want || !strings.Contains(want, "Leguit 4") {
			t.Errorf("POST %s: %d, %d bytes, want %d", path, w.Code, w.Body.Len(), len(want))
		}
		if w := s.post(path, url.Values{"search": {"Payoke"}, "full": {"true"}}); w.Body.String() != want {
			t.Errorf("POST %s as a form differs", path)
		}
	}
}

func TestLinesOfNDJSONAreAllRecords(t *testing.T) {
	s := newSite(t, clock.Fixed(tuesday))
	w := s.get("/hsds/services?format=ndjson&full=true")
	lines := strings.Split(strings.TrimSpace(w.Body.String()), "\n")
	records, _ := s.walk(1000)
	if len(lines) != len(records) || w.Header().Get("Content-Type") != "application/x-ndjson" {
		t.Errorf("%d lines of %s, want %d", len(lines), w.Header().Get("Content-Type"), len(records))
	}
}

func TestWhatHSDSDoesNotKnowIsRefusedByName(t *testing.T) {
	s := newSite(t, clock.Fixed(tuesday))
	for path, field := range map[string]string{
		"/hsds/services?pages=2":                 "pages",
		"/hsds/services?page=0":                  "page",
		"/hsds/services?per_page=100000":         "per_page",
		"/hsds/services?full=perhaps":            "full",
		"/hsds/services?format=csv":              "format",
		"/hsds/services?modified_after=monday":   "modified_after",
		"/hsds/taxonomies?full=true":             "full",
		"/hsds/service_at_locations?proximity=5": "proximity",
	} {
		v := s.json(path, http.StatusBadRequest).(map[string]any)
		b, err := json.Marshal(v["errors"])
		if err != nil || !strings.Contains(string(b), `"field":"`+field+`"`) || v["status"] != json.Number("400") {
			t.Errorf("%s: %v", path, v)
		}
	}
	for _, path := range []string{"/hsds/services/nothing", "/hsds/organizations/1", "/hsds/taxonomies/1", "/hsds/taxonomy_terms/1", "/hsds/service_at_locations/1"} {
		if w := s.get(path); w.Code != http.StatusNotFound || w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s", path, w.Code, w.Header().Get("Content-Type"))
		}
	}
}

func TestAPostcodeFindsWhatIsNear(t *testing.T) {
	s := newSite(t, clock.Fixed(tuesday))
	exact := len(contents(s.json("/hsds/service_at_locations?postcode=2000", 200)))
	wide := len(contents(s.json("/hsds/service_at_locations?postcode=2000&proximity=80000&per_page=1000", 200)))
	none := len(contents(s.json("/hsds/service_at_locations?postcode=99999", 200)))
	if exact == 0 || wide <= exact || none != 0 {
		t.Errorf("exact %d, within 80 km %d, unknown %d", exact, wide, none)
	}
}
