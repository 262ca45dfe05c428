package directory

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// The real directory, loaded once.
var realContent = func() func(t testing.TB) ([]Organization, Vocabulary) {
	var organizations []Organization
	var vocab Vocabulary
	return func(t testing.TB) ([]Organization, Vocabulary) {
		t.Helper()
		if organizations == nil {
			files, v, err := LoadContent(os.DirFS("../../content"))
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range files {
				organizations = append(organizations, f.Organizations...)
			}
			vocab = v
		}
		return organizations, vocab
	}
}()

// testVocabulary is the shipped one.
func testVocabulary(t testing.TB) Vocabulary {
	t.Helper()
	_, vocab := realContent(t)
	return vocab
}

func realIndex(t testing.TB) *Index {
	t.Helper()
	organizations, vocab := realContent(t)
	return NewIndex(entriesFor(organizations, ForEveryone), vocab)
}

// entriesFor are what an audience may find, as the program makes them.
func entriesFor(organizations []Organization, to Audience) []Entry {
	v := newView(organizations, to, nil)
	return v.entries()
}

// monday is a working day, ten in the morning in Berlin.
var monday = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

func ids(hits []Hit) []string {
	var out []string
	for _, h := range hits {
		out = append(out, h.Entry.ID())
	}
	return out
}

func (h Hit) reason(code ReasonCode) (Reason, bool) {
	for _, r := range h.Reasons {
		if r.Code == code {
			return r, true
		}
	}
	return Reason{}, false
}

func TestAMidwifeInThessalonikiFindsHelpForAWomanWhoSpeaksRomanian(t *testing.T) {
	x := realIndex(t)
	for name, q := range map[string]Query{
		"in Greek":               {Text: "βοήθεια για γυναίκα που μιλάει ρουμανικά Θεσσαλονίκη", Lang: "el"},
		"in Greek capitals":      {Text: "ΓΥΝΑΙΚΑ ΡΟΥΜΑΝΙΚΑ ΘΕΣΣΑΛΟΝΙΚΗ", Lang: "el"},
		"in Greeklish":           {Text: "gynaika roymanika 8essalonikh", Lang: "el"},
		"in English":             {Text: "help for a woman who speaks Romanian, Thessaloniki", Lang: "en"},
		"in German":              {Text: "Hilfe für eine rumänische Frau in Thessaloniki", Lang: "de"},
		"in Italian":             {Text: "aiuto per una donna che parla rumeno a Salonicco", Lang: "it"},
		"with a typing error":    {Text: "woman romanain thesalloniki", Lang: "en"},
		"with filters":           {Countries: []string{"GR"}, Targets: []string{"women"}, Languages: []string{"ro"}, Territories: []string{"GR-B"}, Lang: "el"},
		"by the place she is at": {Near: &Near{Lat: 40.64, Lon: 22.94}, Languages: []string{"ro"}, Lang: "el"},
	} {
		q.Now = monday
		r := x.Search(q)
		if len(r.Hits) == 0 || r.Hits[0].Entry.ID() != "gr-a21-1109" {
			t.Errorf("%s: %v first", name, ids(r.Hits))
			continue
		}
		first := r.Hits[0]
		if why, ok := first.reason(ReasonInterpreter); !ok || why.Language != "ro" {
			t.Errorf("%s: Romanian by interpreter is not among %+v", name, first.Reasons)
		}
		if why, ok := first.reason(ReasonCountryWide); !ok || why.Territory != "GR" {
			t.Errorf("%s: covering Greece is not among %+v", name, first.Reasons)
		}
		if _, ok := first.reason(ReasonAlways); !ok {
			t.Errorf("%s: day and night is not among %+v", name, first.Reasons)
		}
		if why, ok := first.reason(ReasonUnverified); !ok || why.Date != "2023" {
			t.Errorf("%s: not verified since 2023 is not among %+v", name, first.Reasons)
		}
	}
}

func TestAShelterIsOneThingInEveryLanguageAndSpelling(t *testing.T) {
	x := realIndex(t)
	for word := range strings.SplitSeq("xenonas,ksenonas,3enonas,ΞΕΝΩΝΑΣ,ξενωνας,ξενώνας,ξενώνων,ξενόνας,Schutzwohnung,SCHUTZWOHNUNG,Schutzwohnungen,Frauenschutzwohnung,Frauenhaus,Mädchenschutzwohnung,opvang,Opvanghuis,hebergement,hébergement,HÉBERGEMENT,accoglienza,casa rifugio,shelter,shelters,shleter,sheltr,acommodation,Unterkumft,vluchthuis,στέγη,stegi,safe house", ",") {
		r := x.Search(Query{Text: word, Now: monday, Limit: 5})
		if r.Total == 0 || len(r.Relaxed) > 0 {
			t.Errorf("%q finds %d, relaxed %v", word, r.Total, r.Relaxed)
			continue
		}
		for _, h := range r.Hits {
			if !slices.Contains(h.Entry.Service.Helps, "accommodation") {
				t.Errorf("%q finds %s, which gives no shelter", word, h.Entry.ID())
			}
		}
	}
}

func TestAPlaceInTheTextIsAPlaceOnTheMap(t *testing.T) {
	x := realIndex(t)
	for text, want := range map[string]string{
		"Lüttich": "be-surya", "Luik opvang": "be-surya", "Λιέγη": "be-surya", "Anvers hébergement": "be-payoke", "Antwerp": "be-payoke",
		"Αμβέρσα": "be-payoke", "anversa": "be-payoke", "Berlin Beratung": "de-", "παιδιά Κέρκυρα": "gr-hamogelo-home-corfu", "kids corfu": "gr-hamogelo-home-corfu",
	} {
		r := x.Search(Query{Text: text, Now: monday, Limit: 3})
		if len(r.Hits) == 0 || !strings.HasPrefix(r.Hits[0].Entry.ID(), want) {
			t.Errorf("%q finds %v, want %s", text, ids(r.Hits), want)
		}
	}
}

func TestAProvinceFindsItsProjectAndWhatCoversItFromAbove(t *testing.T) {
	x := realIndex(t)
	r := x.Search(Query{Territories: []string{"IT-BG"}, Now: monday, Limit: 100})
	var covers, wide bool
	for _, h := range r.Hits {
		if why, ok := h.reason(ReasonCovers); ok {
			covers = covers || why.Territory == "IT-BG"
		}
		if _, ok := h.reason(ReasonCountryWide); ok {
			wide = true
		}
		if h.Entry.Country() != "IT" {
			t.Errorf("%s is not in Italy", h.Entry.ID())
		}
	}
	if !covers || !wide {
		t.Errorf("Bergamo: own project %v, country-wide %v: %v", covers, wide, ids(r.Hits))
	}
}

func TestAPhoneNumberIsFoundHoweverItIsWritten(t *testing.T) {
	x := realIndex(t)
	for text, want := range map[string]string{
		"1109": "gr-a21-1109", "+30 2310 019880": "gr-a21-1109", "0030-2310019880": "gr-a21-1109", "2310019880": "gr-a21-1109",
		"+32 (0)3 201 16 90": "be-payoke", "03 201 16 90": "be-payoke", "08000 116 016": "de-hilfetelefon", "800290290": "it-numero-verde",
	} {
		r := x.Search(Query{Text: text, Now: monday})
		if len(r.Hits) == 0 || !strings.HasPrefix(r.Hits[0].Entry.ID(), want) {
			t.Errorf("%q finds %v, want %s", text, ids(r.Hits), want)
		}
	}
}

func TestWordsThatMeanAFilterOrTheWholeTopicAreUnderstood(t *testing.T) {
	x := realIndex(t)
	for text, want := range map[string]string{
		"hotline 24/7 Italia": "it-numero-verde", "γραμμή βοήθειας όλο το 24ωρο Ελλάδα": "gr-a21-1109", "Hilfetelefon rund um die Uhr Deutschland": "de-hilfetelefon",
		"accommodation for victims of human trafficking Antwerp": "be-payoke", "opvang slachtoffers mensenhandel Antwerpen": "be-payoke",
		"γυναίκα από Ρουμανία Θεσσαλονίκη": "gr-a21-1109",
	} {
		r := x.Search(Query{Text: text, Now: monday, Limit: 3})
		if len(r.Relaxed) > 0 || len(r.Hits) == 0 || !strings.HasPrefix(r.Hits[0].Entry.ID(), want) {
			t.Errorf("%q finds %v after %v, want %s", text, ids(r.Hits), r.Relaxed, want)
		}
	}
	if r := x.Search(Query{Text: "Menschenhandel", Now: monday}); r.Total == 0 || len(r.Relaxed) > 0 {
		t.Errorf("the topic alone finds %d", r.Total)
	}
}

func TestAWordIsNotTakenForAnotherThingBecauseAThirdOfItCanBeDropped(t *testing.T) {
	x := realIndex(t)
	for text, want := range map[string]string{"Bleibe": "accommodation", "Bleihe": "accommodation", "blebe": "accommodation", "gesuch": ""} {
		got := ""
		for _, m := range x.Search(Query{Text: text, Lang: "de", Now: monday}).Meanings {
			if m.Kind == MeansConcept {
				got += m.ID
			}
		}
		if got != want {
			t.Errorf("%q is taken for %q, not for %q", text, got, want)
		}
	}
}

// req: DIRECTORY-3
func TestAnAuthorityIsNeverListedUnasked(t *testing.T) {
	x := realIndex(t)
	texts := []string{"", "police", "αστυνομία", "Polizei", "prosecutor", "immigration", "trafficking Brussels", "residence permit", "zzz"}
	for _, text := range texts {
		for _, country := range []string{"", "BE", "DE", "GR", "IT"} {
			q := Query{Text: text, Now: monday, Limit: 100}
			if country != "" {
				q.Countries = []string{country}
			}
			for _, h := range x.Search(q).Hits {
				if h.Entry.Group() == Authority {
					t.Errorf("%q in %q lists %s", text, country, h.Entry.ID())
				}
			}
		}
	}
	r := x.Search(Query{Countries: []string{"BE"}, Groups: []Group{Authority}, Now: monday, Limit: 100})
	if r.Total == 0 {
		t.Error("the authorities of Belgium are not listed when they are asked for")
	}
	for _, h := range r.Hits {
		if h.Entry.Group() != Authority {
			t.Errorf("%s is no authority", h.Entry.ID())
		}
	}
	if got := x.Search(Query{Text: "police", Countries: []string{"BE"}, Now: monday}).Authorities; got == 0 {
		t.Error("the list of authorities is not announced")
	}
}

// req: DIRECTORY-3
func TestAnAuthorityNamedInFullIsShownApart(t *testing.T) {
	x := realIndex(t)
	found := false
	for e := range x.Entries {
		if e.Group() != Authority {
			continue
		}
		found = true
		r := x.Search(Query{Text: e.Organization.Name, Now: monday, Limit: 100})
		if !slices.ContainsFunc(r.Named, func(h Hit) bool { return h.Entry.Organization.ID == e.Organization.ID }) {
			t.Errorf("%q is not named: %v", e.Organization.Name, ids(r.Named))
		}
		if slices.Contains(ids(r.Hits), e.ID()) {
			t.Errorf("%s stands in the list", e.ID())
		}
	}
	if !found {
		t.Fatal("the real directory has no authority")
	}
}

// req: DIRECTORY-1
func TestWhatIsHiddenIsInNoIndex(t *testing.T) {
	organizations, vocab := realContent(t)
	for _, audience := range []Audience{ForEveryone, ForProfessionals} {
		x := NewIndex(entriesFor(organizations, audience), vocab)
		checked := 0
		for _, o := range organizations {
			for _, s := range o.Services {
				for _, p := range s.Places {
					if p.Address != Hidden {
						continue
					}
					for _, phone := range p.Phones {
						checked++
						if hit(x, s.ID, phone.Number) {
							t.Errorf("%s is found by its hidden phone", p.ID)
						}
					}
					for _, mail := range p.Emails {
						checked++
						if _, ok := x.post.lex.Find(mail.Address); ok {
							t.Errorf("%s is found by its hidden mail", p.ID)
						}
					}
					if p.PostalCode != "" && hit(x, s.ID, p.PostalCode) {
						t.Errorf("%s is found by its hidden postal code", p.ID)
					}
				}
			}
		}
		if checked == 0 {
			t.Error("nothing hidden was looked for")
		}
	}
}

// hit reports whether a text finds a service without anything being relaxed.
func hit(x *Index, id, text string) bool {
	r := x.Search(Query{Text: text, Now: monday, Limit: 100})
	return len(r.Relaxed) == 0 && slices.Contains(ids(r.Hits), id)
}

// req: DIRECTORY-4
func TestSearchNeverEndsEmptyWhereTheCountryHasAnEntry(t *testing.T) {
	x := realIndex(t)
	countries := []string{"BE", "DE", "GR", "IT"}
	rapid.Check(t, func(t *rapid.T) {
		q := Query{
			Text:      rapid.SampledFrom([]string{"", "zzzz", "xenonas Aigio", "lawyer Crete", "kurdish", "shelter men Liège"}).Draw(t, "text"),
			Countries: []string{rapid.SampledFrom(countries).Draw(t, "country")},
			Helps:     rapid.SliceOfN(rapid.SampledFrom([]string{"accommodation", "legal-aid", "nonsense"}), 0, 2).Draw(t, "helps"),
			Targets:   rapid.SliceOfN(rapid.SampledFrom([]string{"men", "lgbtq"}), 0, 1).Draw(t, "targets"),
			Languages: rapid.SliceOfN(rapid.SampledFrom([]string{"ro", "ti", "xx"}), 0, 1).Draw(t, "languages"),
			Always:    rapid.Bool().Draw(t, "always"), Free: rapid.Bool().Draw(t, "free"), OpenNow: rapid.Bool().Draw(t, "open"),
			ByStaff: rapid.Bool().Draw(t, "staff"), Now: monday,
		}
		if rapid.Bool().Draw(t, "territory") {
			q.Territories = []string{map[string]string{"BE": "BE-WLX", "DE": "DE-SL", "GR": "GR-69", "IT": "IT-EN"}[q.Countries[0]]}
		}
		if rapid.Bool().Draw(t, "near") {
			q.Near = &Near{Lat: 35.2, Lon: 24.1, Km: 5}
		}
		r := x.Search(q)
		if len(r.Hits) == 0 || r.Total == 0 {
			t.Fatalf("%+v finds nothing after %v", q, r.Relaxed)
		}
		for _, h := range r.Hits {
			if h.Entry.Country() != q.Countries[0] {
				t.Fatalf("%s is in another country", h.Entry.ID())
			}
		}
		for i, s := range r.Relaxed {
			if slices.Contains(r.Relaxed[:i], s) {
				t.Fatalf("%v is reported twice", s)
			}
		}
	})
}

func TestWhatIsGivenUpIsSaid(t *testing.T) {
	x := realIndex(t)
	for _, c := range []struct {
		name string
		q    Query
		want string
	}{
		{"nothing", Query{Text: "shelter", Countries: []string{"GR"}}, ""},
		{"an unknown word", Query{Text: "shelter qqqqwwww", Countries: []string{"GR"}}, "words"},
		{"the radius", Query{Near: &Near{Lat: 38.0, Lon: 22.0, Km: 10}, Helps: []string{"accommodation"}, Targets: []string{"children"}, Roles: []string{"children-home"}}, "radius"},
		{"the interpreter", Query{Languages: []string{"ro"}, ByStaff: true, Countries: []string{"GR"}}, "interpreter"},
		{"the language not named", Query{Languages: []string{"ro"}, Countries: []string{"DE"}}, "interpreter"},
	} {
		c.q.Now = monday
		var got []string
		for _, s := range x.Search(c.q).Relaxed {
			got = append(got, string(s.Code))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: gave up %v, want %q", c.name, got, c.want)
		}
	}
}

// req: DIRECTORY-2
func TestEveryCountryHasItsHelplineAndItIsNoAuthority(t *testing.T) {
	x := realIndex(t)
	for country, want := range map[string]string{"GR": "gr-a21-1109", "IT": "it-numero-verde", "DE": "de-hilfetelefon", "BE": "be-"} {
		for _, lang := range []string{"el", "en", "ro", "uk"} {
			for _, at := range []time.Time{monday, monday.Add(14 * time.Hour), monday.AddDate(0, 1, 2)} {
				h, ok := x.Helpline(country, lang, at)
				if !ok || !strings.HasPrefix(h.Entry.ID(), want) {
					t.Errorf("%s in %s at %s: %v, want %s", country, lang, at, ids([]Hit{h}), want)
					continue
				}
				if h.Entry.Group() != Support || !h.Entry.Service.Helpline {
					t.Errorf("%s is no helpline that helps", h.Entry.ID())
				}
			}
		}
	}
	if _, ok := x.Helpline("FR", "fr", monday); ok {
		t.Error("a helpline of a country that the directory does not know")
	}
}

func TestAFacetCountsWhatItsValueWouldFind(t *testing.T) {
	x := NewIndex(Generate(400, 3), testVocabulary(t))
	rapid.Check(t, func(t *rapid.T) {
		q := drawFilters(t)
		r := x.Search(q)
		if len(r.Relaxed) > 0 {
			t.Skip("nothing found")
		}
		for _, f := range r.Facets {
			for _, v := range f.Values {
				one, ok := q.with(f.Name, v.ID)
				if !ok || v.Count == 0 {
					continue
				}
				if got := x.Search(one); got.Total != v.Count || len(got.Relaxed) > 0 {
					t.Fatalf("%s=%s counts %d, alone it finds %d (%v)", f.Name, v.ID, v.Count, got.Total, got.Relaxed)
				}
			}
		}
	})
}

// with is the query with the facet's own choice replaced by one value.
func (q Query) with(name FacetName, id string) (Query, bool) {
	switch name {
	case FacetCountry:
		q.Countries = []string{id}
	case FacetTerritory:
		q.Territories = []string{id}
	case FacetHelp:
		q.Helps = []string{id}
	case FacetTarget:
		q.Targets = []string{id}
	case FacetForm:
		q.Forms = []string{id}
	case FacetLanguage:
		q.Languages = []string{id}
	case FacetRole:
		q.Roles = []string{id}
	case FacetGroup:
		q.Groups = []Group{Group(id)}
	case FacetOpen:
		q.OpenNow = true
	case FacetAlways:
		q.Always = true
	case FacetFree:
		q.Free = true
	case FacetReferral:
		q.DirectReferral = true
	case FacetWithoutPapers:
		q.WithoutPapers = true
	case FacetAnonymous:
		q.Anonymous = true
	default:
		return q, false
	}
	return q, true
}

func drawFilters(t *rapid.T) Query {
	some := func(label string, from []string) []string {
		return rapid.SliceOfNDistinct(rapid.SampledFrom(from), 0, 2, rapid.ID).Draw(t, label)
	}
	return Query{
		Text:        rapid.SampledFrom([]string{"", "", "counselling", "women", "a safe bed"}).Draw(t, "text"),
		Countries:   some("countries", []string{"BE", "DE", "GR", "IT"}),
		Territories: some("territories", []string{"IT-25", "IT-BG", "DE-BY", "GR-B", "BE-VLG"}),
		Helps:       some("helps", madeHelps[:6]), Targets: some("targets", madeTargets[:5]), Forms: some("forms", madeForms[:3]),
		Roles: some("roles", madeRoles[:3]), Languages: some("languages", []string{"de", "it", "ro", "ar"}),
		OpenNow: rapid.Bool().Draw(t, "open"), Free: rapid.Bool().Draw(t, "free"), Now: monday, Limit: 100,
	}
}

func TestFiltersFindWhatAPlainScanFinds(t *testing.T) {
	entries := Generate(500, 11)
	vocab := testVocabulary(t)
	x := NewIndex(entries, vocab)
	known := newConcepts(vocab)
	rapid.Check(t, func(t *rapid.T) {
		q := drawFilters(t)
		q.Text = ""
		var want []string
		for _, e := range entries {
			if plainlyMatches(e, q, known) {
				want = append(want, e.ID())
			}
		}
		r := x.Search(q)
		if len(r.Relaxed) > 0 {
			if len(want) > 0 {
				t.Fatalf("relaxed %v although %v match", r.Relaxed, want)
			}
			return
		}
		if r.Total != len(want) {
			t.Fatalf("%+v finds %d, a plain scan %d", q, r.Total, len(want))
		}
		for _, id := range ids(r.Hits) {
			if !slices.Contains(want, id) {
				t.Fatalf("%s does not match %+v", id, q)
			}
		}
	})
}

// plainlyMatches is the oracle of the filters: one entry, read straight.
func plainlyMatches(e Entry, q Query, known *concepts) bool {
	s := e.Service
	anyIn := func(asked, has []string) bool {
		return len(asked) == 0 || slices.ContainsFunc(asked, func(a string) bool { return slices.Contains(has, a) })
	}
	broader := func(scheme string, has []string) (all []string) {
		for _, id := range has {
			all = append(all, known.up(scheme, id)...)
		}
		return all
	}
	var tongues []string
	for _, l := range s.Languages {
		tongues = append(tongues, l.Code)
	}
	territories := len(q.Territories) == 0
	for _, code := range q.Territories {
		territories = territories || touchesOracle(s.Area, code)
	}
	return e.Group() != Authority &&
		(len(q.Countries) == 0 || slices.Contains(q.Countries, e.Country())) && territories &&
		anyIn(q.Helps, broader("help", s.Helps)) && (len(s.Forms) == 0 || anyIn(q.Forms, broader("form", s.Forms))) &&
		anyIn(q.Roles, broader("role", s.Roles)) &&
		takesOracle(q.Targets, s.For, known) && (s.AnyLanguage || anyIn(q.Languages, tongues)) &&
		(!q.Free || s.Free == Yes) && (!q.OpenNow || e.state(q.Now).Open)
}

func touchesOracle(area []string, code string) bool {
	up := map[string][]string{"IT-25": {"IT-25", "IT"}, "IT-BG": {"IT-BG", "IT-25", "IT"}, "DE-BY": {"DE-BY", "DE"}, "GR-B": {"GR-B", "GR"}, "BE-VLG": {"BE-VLG", "BE"}}
	below := map[string][]string{
		"IT-25":  strings.Fields("IT-BG IT-BS IT-CO IT-CR IT-LC IT-LO IT-MB IT-MI IT-MN IT-PV IT-SO IT-VA"),
		"BE-VLG": strings.Fields("BE-VAN BE-VLI BE-VOV BE-VBR BE-VWV"),
	}
	return slices.ContainsFunc(area, func(a string) bool { return slices.Contains(up[code], a) || slices.Contains(below[code], a) })
}

func takesOracle(asked, has []string, known *concepts) bool {
	if len(asked) == 0 || len(has) == 0 || slices.Contains(has, "anyone") {
		return true
	}
	for _, a := range asked {
		for _, h := range has {
			if slices.Contains(known.line("target", h), a) {
				return true
			}
		}
	}
	return false
}

func TestPagesAddUpToTheWholeListInOneOrder(t *testing.T) {
	x := NewIndex(Generate(9000, 5), testVocabulary(t))
	for _, q := range []Query{{}, {Text: "counselling"}, {Text: "women Berlin"}, {Text: "safe bed", Languages: []string{"ro"}}} {
		q.Now = monday
		q.Limit = 100
		whole := ids(x.Search(q).Hits)
		var pages []string
		for q.Offset, q.Limit = 0, 7; q.Offset < 100; q.Offset += 7 {
			pages = append(pages, ids(x.Search(q).Hits)...)
		}
		n := min(len(pages), len(whole))
		if !slices.Equal(pages[:n], whole[:n]) {
			t.Errorf("%q: the pages differ from the whole", q.Text)
		}
	}
}

func TestStoppingEarlyChangesNothing(t *testing.T) {
	x := NewIndex(Generate(9000, 9), testVocabulary(t))
	for _, q := range []Query{{}, {Text: "counselling"}, {Text: "women"}, {Text: "women legal advice"}, {Text: "Milano"}, {Languages: []string{"ro", "ar"}}} {
		q.Now, q.Limit = monday, 50
		q = q.tidy()
		a := borrow(x.Len())
		s := &search{x: x, a: a, q: q}
		s.start()
		found, _ := s.relax()
		quick := s.rank(found)
		r := &ranking{s: s, parts: s.kept(), k: q.Limit}
		r.prepare()
		for d := range found.each {
			r.offer(d, r.textPoints(d))
		}
		for i, b := range r.top.sorted() {
			if quick[i].Entry.ID() != x.entries[b.doc].ID() || quick[i].Score != b.score {
				t.Errorf("%q: place %d is %s with %d, scored one by one %s with %d", q.Text, i, quick[i].Entry.ID(), quick[i].Score, x.entries[b.doc].ID(), b.score)
				break
			}
		}
		a.giveBack()
	}
}

func TestAGermanUmlautIsFoundWithAndWithoutIt(t *testing.T) {
	x := NewIndex([]Entry{{
		Organization: &Organization{ID: "de-x", Country: "DE", Name: "Brücke für Mädchen", Group: Support},
		Service:      &Service{ID: "de-x-1", Name: "Brücke für Mädchen", Area: []string{"DE"}},
	}}, Vocabulary{})
	for _, text := range []string{"Brücke", "bruecke", "brucke", "BRÜCKE", "Bruecke Maedchen", "brüke", "madchen"} {
		if !hit(x, "de-x-1", text) {
			t.Errorf("%q does not find the bridge", text)
		}
	}
}

func TestAnEmptyDirectoryAnswersNothingCalmly(t *testing.T) {
	x := NewIndex(nil, Vocabulary{})
	if r := x.Search(Query{Text: "shelter", Now: monday, Near: &Near{Place: "Athens"}}); r.Total != 0 || len(r.Hits) != 0 {
		t.Errorf("found %d", r.Total)
	}
}

func FuzzSearch(f *testing.F) {
	x := NewIndex(Generate(60, 1), Vocabulary{Concepts: []Concept{{ID: "accommodation", Scheme: "help", Labels: Text{"en": "Shelter", "el": "ξενώνας"}}}})
	for _, s := range []string{"", "shelter", "\xff\xfeξενώνας", "+30 ((((", strings.Repeat("schutzwohnung", 30), "a b c d e f g", "8 8 8"} {
		f.Add(s, "GR-B", int64(0))
	}
	f.Fuzz(func(t *testing.T, text, territory string, at int64) {
		r := x.Search(Query{Text: text, Territories: []string{territory}, Now: time.Unix(at%(1<<33), 0), Lang: territory})
		if r.Total == 0 || len(r.Hits) == 0 {
			t.Fatalf("%q ends empty", text)
		}
		for _, h := range r.Hits {
			if h.Entry.Group() == Authority {
				t.Fatalf("%q lists an authority", text)
			}
		}
	})
}

func ExampleIndex_Search() {
	x := NewIndex([]Entry{{
		Organization: &Organization{ID: "gr-x", Country: "GR", Name: "Λιμάνι", Group: Support, Source: Source{Date: "2023"}},
		Service:      &Service{ID: "gr-x-1", Name: "Λιμάνι", Helps: []string{"accommodation"}, Area: []string{"GR-B"}},
	}}, Vocabulary{Concepts: []Concept{{ID: "accommodation", Scheme: "help", Labels: Text{"en": "shelter", "el": "ξενώνας"}}}})
	for _, h := range x.Search(Query{Text: "ksenonas thessaloniki"}).Hits {
		for _, r := range h.Reasons {
			fmt.Printf("%s %s\n", r.Code, r.Concept+r.Territory+r.Date)
		}
	}
	// Output:
	// helps accommodation
	// covers GR-B
	// unverified 2023
}

func TestManySearchAtOnceAndEachGetsItsOwnAnswer(t *testing.T) {
	x := NewIndex(Generate(700, 13), testVocabulary(t))
	queries := []Query{{Text: "counselling"}, {Text: "wohnung Berlin"}, {Languages: []string{"ro"}, ByStaff: true, Territories: []string{"IT-EN"}}, {Text: "shleter zzzz"}}
	want := make([][]string, len(queries))
	for i := range queries {
		queries[i].Now = monday
		want[i] = ids(x.Search(queries[i]).Hits)
	}
	var wait sync.WaitGroup
	for g := range 8 {
		wait.Go(func() {
			for n := range 20 {
				i := (g + n) % len(queries)
				if got := ids(x.Search(queries[i]).Hits); !slices.Equal(got, want[i]) {
					t.Errorf("%q among others finds %v, alone %v", queries[i].Text, got, want[i])
				}
			}
		})
	}
	wait.Wait()
}
