package atlas

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"amelie/api"
	"amelie/content"
	"amelie/internal/directory"
)

func packSchema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(api.PackSchema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("pack.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("pack.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var packedCountries = []string{"be", "de", "gr", "it"}

func TestAPackIsWhatItsSchemaSaysAndHoldsEveryoneWhoHelps(t *testing.T) {
	s, schema := newSite(t), packSchema(t)
	all, err := s.d.Everyone(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, country := range packedCountries {
		file := []byte(s.get("/pack/" + country))
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(value); err != nil {
			t.Errorf("%s: %v", country, err)
		}
		p, err := Decode(file)
		if err != nil {
			t.Fatal(err)
		}
		if p.Emergency != "112" || len(p.Sources) == 0 || p.Changed == "" || p.Version != all.Version() {
			t.Errorf("%s: emergency %q, sources %v, changed %q, version %d", country, p.Emergency, p.Sources, p.Changed, p.Version)
		}
		packed := map[string]*PackService{}
		for i := range p.Services {
			packed[p.Services[i].ID] = &p.Services[i]
		}
		for _, o := range all.Organizations() {
			for i := range o.Services {
				one, in := packed[o.Services[i].ID], o.Country == p.Country && o.Group != directory.Authority
				switch {
				case in != (one != nil):
					t.Errorf("%s: %s is in the pack: %v", country, o.Services[i].ID, one != nil)
				case in && (len(one.Phones) != len(o.Services[i].VoicePhones()) || len(one.Emails) != len(o.Services[i].Emails)):
					t.Errorf("%s: %s has lost a way to reach it", country, one.ID)
				}
			}
		}
		worded(t, p)
	}
	if p, err := Decode([]byte(s.get("/pack/gr"))); err != nil || !slices.Contains(p.Helplines, "gr-a21-1109") {
		t.Errorf("the Greek pack's lines are %v (%v)", p.Helplines, err)
	}
}

// worded looks whether everything that services name has its words in every
// language: without a line nothing can be asked for.
func worded(t *testing.T, p *Pack) {
	t.Helper()
	texts := map[string]directory.Text{}
	for _, s := range p.Services {
		texts[s.ID] = s.Summary
		for scheme, ids := range map[string][]string{"role": s.Roles, "help": s.Helps, "target": s.For, "form": s.Forms, "setting": s.Settings} {
			for _, id := range ids {
				texts[scheme+"/"+id] = p.Words[scheme][id]
			}
		}
		for _, code := range s.Area {
			if code != "LU" { // beyond the directory's countries; the reader's system knows its name
				texts[code] = p.Territories[code]
			}
		}
	}
	for name, text := range texts {
		for _, lang := range p.Languages {
			if text[lang] == "" {
				t.Errorf("%s: %s has no words in %s", p.Country, name, lang)
			}
		}
	}
}

// The shipped content with everything that it hides: none of it leaves.
//
// req: ATLAS-1
func TestAPackHoldsNothingThatIsHiddenOrForProfessionals(t *testing.T) {
	files, vocabulary, err := directory.LoadContent(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	hidden := 0
	for _, f := range files {
		for i := range f.Organizations {
			f.Organizations[i].Country = f.Country
		}
		b, err := newPack(packing{country: f.Country, organizations: f.Organizations, vocabulary: vocabulary, changed: func(string) time.Time { return tuesday }}).Encode()
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range f.Organizations {
			for _, s := range o.Services {
				for _, secret := range secretsOf(s) {
					hidden++
					if bytes.Contains(b, []byte(`"`+secret+`"`)) {
						t.Errorf("%s: the pack tells %q", s.ID, secret)
					}
				}
				for _, finding := range append(s.Findings, o.Findings...) {
					if finding.Detail != "" && bytes.Contains(b, []byte(finding.Detail)) {
						t.Errorf("%s: the pack tells a finding", s.ID)
					}
				}
			}
		}
	}
	if hidden < 10 {
		t.Errorf("only %d hidden details were looked for", hidden)
	}
}

// secretsOf lists what a service hides and publishes nowhere else itself.
func secretsOf(s directory.Service) (out []string) {
	open := map[string]bool{}
	for _, p := range s.Phones {
		if p.Visibility == directory.Public {
			open[p.Dialled()] = true
		}
	}
	add := func(text string) {
		if text != "" && !open[text] {
			out = append(out, text)
		}
	}
	for _, p := range s.Phones {
		if p.Visibility != directory.Public {
			add(p.Dialled())
		}
	}
	for _, m := range s.Emails {
		if m.Visibility != directory.Public {
			add(m.Address)
		}
	}
	for _, at := range s.Places {
		if at.Address == directory.Public {
			continue
		}
		add(at.Street)
		add(at.PostalCode)
		add(at.Name)
		for _, p := range at.Phones {
			add(p.Dialled())
		}
		for _, m := range at.Emails {
			add(m.Address)
		}
	}
	return out
}

// Invented entries in which every detail that is not for everyone is marked.
//
// req: ATLAS-1
func TestWhateverAnEntryHidesStaysOutOfThePack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		see := rapid.SampledFrom([]directory.Visibility{directory.Public, directory.Professional, directory.Hidden})
		mark := func(v directory.Visibility, text string) string {
			if v == directory.Public {
				return text
			}
			return text + "SECRET"
		}
		var s directory.Service
		s.ID, s.Name = "xx-one", "One"
		for range rapid.IntRange(0, 4).Draw(t, "details") {
			v := see.Draw(t, "visibility")
			s.Phones = append(s.Phones, directory.Phone{Number: mark(v, "+30210"), Visibility: v})
			s.Emails = append(s.Emails, directory.Email{Address: mark(v, "a@b"), Visibility: v})
			s.Website = append(s.Website, directory.Link{URL: mark(v, "https://x"), Visibility: v})
			s.Places = append(s.Places, directory.Place{Town: "Town", Street: mark(v, "Street"), PostalCode: mark(v, "1"), Address: v,
				Name: mark(v, "House"), Phones: []directory.Phone{{Number: mark(v, "+1")}}, Hours: directory.Hours{Note: directory.Text{"en": mark(v, "Ring")}}})
		}
		s.Findings = []directory.Finding{{Detail: "SECRET"}}
		group := rapid.SampledFrom([]directory.Group{directory.Support, directory.Coordination, directory.Authority}).Draw(t, "group")
		o := directory.Organization{ID: "xx", Name: "Body", Country: "GR", Group: group, Services: []directory.Service{s},
			Website: []directory.Link{{URL: "https://SECRET", Visibility: directory.Professional}}}
		if group == directory.Authority {
			o.Name = "SECRET"
		}
		b, err := newPack(packing{country: "GR", organizations: []directory.Organization{o}, changed: func(string) time.Time { return tuesday }}).Encode()
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(b, []byte("SECRET")) {
			t.Fatalf("%s", b)
		}
	})
}

func TestAPackIsReadBackAsItWasAndTheSameVersionIsTheSameFile(t *testing.T) {
	s := newSite(t)
	all, err := s.d.Everyone(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	a := New(Config{Directory: s.d, Texts: s.texts})
	p := newPack(a.packing(all, "IT"))
	first, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	back, err := Decode(first)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(p, back, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("written and read back:\n%s", diff)
	}
	if again, _ := newPack(a.packing(all, "IT")).Encode(); !bytes.Equal(first, again) {
		t.Error("the same version makes another file")
	}
	if digest := digestOf(first); !json.Valid(first) || !strings.HasPrefix(digest, "sha256:") || len(digest) != 71 {
		t.Errorf("the digest is %q", digest)
	}
}

func TestAChangedOrShortenedPackIsRefused(t *testing.T) {
	s := newSite(t)
	file := []byte(s.get("/pack/de"))
	rapid.Check(t, func(t *rapid.T) {
		b := slices.Clone(file)
		if rapid.Bool().Draw(t, "cut") {
			b = b[:rapid.IntRange(0, len(b)-1).Draw(t, "length")]
		} else {
			b[rapid.IntRange(0, len(b)-1).Draw(t, "at")] ^= byte(rapid.IntRange(1, 255).Draw(t, "by"))
		}
		if _, err := Decode(b); !errors.Is(err, ErrPackBroken) {
			t.Fatalf("read all the same: %v", err)
		}
	})
}

func TestAPackOfAnotherFormIsNotReadAsThisOne(t *testing.T) {
	for want, p := range map[error]*Pack{
		ErrPackFormat: {Format: "amelie-pack/2", Country: "GR"},
		ErrPackNumber: {Format: packFormat, Country: "GR", Services: []PackService{{ID: "a", Source: 1}}},
	} {
		b, err := p.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Decode(b); !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
	b, _ := (&Pack{Format: packFormat, Country: "GR", Helplines: []string{"nobody"}}).Encode()
	if _, err := Decode(b); !errors.Is(err, ErrPackNumber) {
		t.Errorf("a line that is not in the pack: %v", err)
	}
	sealed := func(content string) []byte { return append([]byte(content), digestOfContent(content)...) }
	if _, err := Decode(sealed(`{"format":"amelie-pack/1","country":"GR","later":{"x":1}`)); err != nil {
		t.Errorf("a later program's member: %v", err)
	}
	if _, err := Decode(sealed(`[1`)); !errors.Is(err, ErrPackFormat) {
		t.Errorf("no object: %v", err)
	}
}

func FuzzAnyBytesAreReadOrRefusedAsAPack(f *testing.F) {
	good, err := (&Pack{Format: packFormat, Country: "GR", Sources: []PackSource{{"x", "2023"}}, Services: []PackService{{ID: "a"}}}).Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"format":"amelie-pack/1"`))
	f.Fuzz(func(t *testing.T, b []byte) {
		// Once as they come, once with a right digest, so that the inside is met too.
		for _, file := range [][]byte{b, append(slices.Clone(b), digestOfContent(string(b))...)} {
			p, err := Decode(file)
			if err != nil {
				continue
			}
			again, err := p.Encode()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := Decode(again); err != nil {
				t.Fatalf("read, but not read again: %v", err)
			}
		}
	})
}

func TestPacksAreListedWithTheirDigestsAndUnknownOnesAreNotFound(t *testing.T) {
	s := newSite(t)
	var index packIndex
	if err := json.Unmarshal([]byte(s.get("/pack/")), &index); err != nil {
		t.Fatal(err)
	}
	if len(index.Packs) != 4 {
		t.Fatalf("%d packs", len(index.Packs))
	}
	for _, e := range index.Packs {
		w := s.do(httptest.NewRequest("GET", e.Path, nil))
		if file := w.Body.Bytes(); digestOf(file) != e.Digest || len(file) != e.Bytes {
			t.Errorf("%s: the list says %s, %d bytes", e.Path, e.Digest, e.Bytes)
		}
		if w.Header().Get("Set-Cookie") != "" || w.Header().Get("ETag") == "" {
			t.Errorf("%s: headers %v", e.Path, w.Header())
		}
		again := httptest.NewRequest("GET", e.Path, nil)
		again.Header.Set("If-None-Match", w.Header().Get("ETag"))
		if w := s.do(again); w.Code != http.StatusNotModified {
			t.Errorf("%s: who has it gets %d", e.Path, w.Code)
		}
	}
	if w := s.do(httptest.NewRequest("GET", "/pack/fr", nil)); w.Code != http.StatusNotFound || !strings.Contains(w.Header().Get("Content-Type"), "problem") {
		t.Errorf("a country that is not here: %d %s", w.Code, w.Header().Get("Content-Type"))
	}
	if got := s.get("/pack/schema.json"); got != string(api.PackSchema) {
		t.Error("the schema is not served")
	}
	if digestSize != 85 { // docs/offline-pack.md tells readers in other languages
		t.Errorf("the end of a pack is %d bytes", digestSize)
	}
	for _, path := range []string{"/pack/", "/pack/{country}", "/pack/schema.json"} {
		if !bytes.Contains(api.Document, []byte("\n  "+path+":\n")) {
			t.Errorf("the document of the interfaces does not name %s", path)
		}
	}
}

func BenchmarkPack(b *testing.B) {
	s := newSite(b)
	all, err := s.d.Everyone(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	a := New(Config{Directory: s.d, Texts: s.texts})
	for b.Loop() {
		if _, err := newPack(a.packing(all, "GR")).Encode(); err != nil {
			b.Fatal(err)
		}
	}
}

func TestAPackNamesThePublicHolidaysOfItsCountryForYears(t *testing.T) {
	s := newSite(t)
	all, err := s.d.Everyone(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	in := New(Config{Directory: s.d, Texts: s.texts}).packing(all, "GR")
	in.changed = func(string) time.Time { return time.Date(2026, 11, 3, 9, 0, 0, 0, time.UTC) }
	p := newPack(in)
	for day, want := range map[string]bool{"2026-10-28": true, "2027-05-02": true, "2027-03-28": false, "2030-03-25": true, "2031-03-25": false, "2026-10-29": false} {
		if slices.Contains(p.Holidays, day) != want {
			t.Errorf("%s: %v", day, !want)
		}
	}
	if !slices.IsSorted(p.Holidays) {
		t.Error(p.Holidays)
	}
}
