package directory

import (
	"encoding/json"
	"flag"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-vcard"
	"golang.org/x/net/html"
	"pgregory.net/rapid"

	"amelie/internal/clock"
	"amelie/internal/i18n"
)

var update = flag.Bool("update", false, "write the golden files anew")

// page is a parsed answer, asked by meaning.
type page struct {
	t    *testing.T
	root *html.Node
	raw  string
}

func (s *testSite) page(t *testing.T, path string) *page {
	t.Helper()
	w := s.get(path)
	if w.Code != http.StatusOK {
		t.Fatalf("GET %s: %d", path, w.Code)
	}
	return parsed(t, w)
}

func parsed(t *testing.T, w *httptest.ResponseRecorder) *page {
	t.Helper()
	raw := w.Body.String()
	root, err := html.Parse(strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return &page{t, root, raw}
}

// search posts a search and follows to its results.
func (s *testSite) search(t *testing.T, lang string, form url.Values) *page {
	t.Helper()
	w := s.post("/"+lang+"/find", form)
	if w.Code != http.StatusSeeOther {
		t.Fatalf("POST /%s/find: %d", lang, w.Code)
	}
	to, err := url.Parse(w.Header().Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	return s.page(t, to.RequestURI())
}

func (p *page) all(match func(*html.Node) bool) []*html.Node {
	var out []*html.Node
	for n := range p.root.Descendants() {
		if n.Type == html.ElementNode && match(n) {
			out = append(out, n)
		}
	}
	return out
}

func class(name string) func(*html.Node) bool {
	return func(n *html.Node) bool { return slices.Contains(strings.Fields(attr(n, "class")), name) }
}

func element(name string) func(*html.Node) bool {
	return func(n *html.Node) bool { return n.Data == name }
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func (p *page) texts(match func(*html.Node) bool) []string {
	var out []string
	for _, n := range p.all(match) {
		out = append(out, text(n))
	}
	return out
}

func (p *page) says(words string) {
	p.t.Helper()
	if !strings.Contains(text(p.root), words) {
		p.t.Errorf("the page does not say %q", words)
	}
}

func (p *page) hidesFrom(words string) {
	p.t.Helper()
	if strings.Contains(p.raw, words) {
		p.t.Errorf("the page shows %q", words)
	}
}

func (p *page) links(prefix string) []string {
	var out []string
	for _, n := range p.all(element("a")) {
		if strings.HasPrefix(attr(n, "href"), prefix) {
			out = append(out, attr(n, "href"))
		}
	}
	return out
}

// The story: a midwife in Thessaloniki looks for help for a woman who speaks
// Romanian.
func TestAMidwifeInThessalonikiFindsHelpInRomanian(t *testing.T) {
	s := newSite(t, clock.Fixed(tuesday))
	p := s.search(t, "el", url.Values{"q": {"βοήθεια Θεσσαλονίκη"}, "language": {"ro"}})
	boxes := p.texts(class("callbox"))
	if len(boxes) != 1 || !strings.Contains(boxes[0], "1109") || !strings.Contains(boxes[0], "όλο το εικοσιτετράωρο") {
		t.Errorf("the helpline that stands first: %q", boxes)
	}
	cards := p.texts(class("result"))
	if len(cards) == 0 || !strings.Contains(cards[0], "1109") && !strings.Contains(cards[0], "A21") {
		t.Fatalf("the first result: %q", cards)
	}
	if !strings.Contains(strings.Join(cards, "\n"), "ρουμανικά") {
		t.Errorf("no result says why it stands here: %q", cards[0])
	}
	for _, number := range p.links("tel:") {
		if number == "tel:1109" {
			return
		}
	}
	t.Error("1109 can't be called")
}

func TestWhereTheHelplineHasNoNumberTheCentresStandBesideIt(t *testing.T) {
	s := newSite(t, clock.Fixed(tuesday))
	p := s.search(t, "nl", url.Values{"q": {"opvang"}, "country": {"BE"}})
	boxes := strings.Join(p.texts(class("callbox")), "\n")
	for _, want := range []string{"stophumantrafficking.be", "Payoke", "Pag-Asa", "rya", "+32 3 201 16 90"} {
		if !strings.Contains(boxes, want) {
			t.Errorf("%q does not stand first: %s", want, boxes)
		}
	}
}

// req: DIRECTORY-6
func TestWhatWasLookedForIsNotInTheAddress(t *testing.T) {
	s := newSite(t, clock.Fixed(tuesday))
	for _, w := range []*httptest.ResponseRecorder{
		s.post("/en/find", url.Values{"q": {"shelter thessaloniki"}, "country": {"GR"}}),
		s.get("/en/find?q=shelter+thessaloniki&country=GR"), // a link from elsewhere
	} {
		to := w.Header().Get("Location")
		if w.Code != http.StatusSeeOther || !strings.HasPrefix(to, "/en/find?s=") {
			t.Fatalf("%d to %q", w.Code, to)
		}
		for _, word := range []string{"shelter", "thessaloniki", "country", "c2hlbHRlc"} {
			if strings.Contains(to, word) {
				t.Errorf("the address %q shows %q", to, word)
			}
		}
		u, err := url.Parse(to)
		if err != nil {
			t.Fatal(err)
		}
		if p := s.page(t, u.RequestURI()); attr(p.all(func(n *html.Node) bool { return attr(n, "id") == "f-q" })[0], "value") != "shelter thessaloniki" {
			t.Error("the result page forgot what was typed")
		}
	}
}

// req: DIRECTORY-6
func TestAForeignDamagedOrOldSearchIsNotOpened(t *testing.T) {
	now := tuesday
	s := newSite(t, func() time.Time { return now })
	other := newSite(t, clock.Fixed(tuesday))
	foreign, err := other.d.seal(url.Values{"q": {"payoke"}})
	if err != nil {
		t.Fatal(err)
	}
	own, err := s.d.seal(url.Values{"q": {"payoke"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := s.d.unseal(own); !ok {
		t.Fatal("its own search does not open")
	}
	for _, token := range []string{foreign, "x", own[:len(own)-2], strings.ToLower(own)} {
		if _, ok := s.d.unseal(token); ok {
			t.Errorf("%q opened", token)
		}
	}
	s.page(t, "/en/find?s="+foreign).says("too old to be shown")
	now = now.Add(searchLife + time.Millisecond)
	if _, ok := s.d.unseal(own); ok {
		t.Error("a search of yesterday opened")
	}
}

func TestSearchPageNamesFiltersWithCountsAndRemembersThem(t *testing.T) {
	s := newSite(t, clock.Fixed(tuesday))
	p := s.search(t, "en", url.Values{"help": {"accommodation"}, "country": {"GR", "IT"}, "toggle": {"country:BE"}})
	var on []string
	for _, n := range p.all(class("chip")) {
		if attr(n, "aria-pressed") == "true" {
			on = append(on, strings.Trim(text(n), " 0123456789"))
		}
	}
	slices.Sort(on)
	if want := []string{"Belgium", "Greece", "Italy", "Safe accommodation"}; !slices.Equal(on, want) {
		t.Errorf("pressed: %q, want %q", on, want)
	}
	for _, n := range p.all(class("chip")) {
		if attr(n, "aria-pressed") != "" && !regexp.MustCompile(`\d$`).MatchString(text(n)) {
			t.Errorf("the filter %q has no count", text(n))
		}
	}
	q := s.search(t, "en", url.Values{"country": {"GR", "IT"}, "toggle": {"country:IT"}})
	for _, card := range q.texts(class("result")) {
		if strings.Contains(card, "Italy") {
			t.Errorf("a filter taken off still holds: %q", card)
		}
	}
}

// req: DIRECTORY-7
func TestAnAuthorityIsNeverANextStep(t *testing.T) {
	s := newSite(t, clock.Fixed(tuesday))
	snap, err := s.d.snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	authorities := map[string]bool{}
	for id, r := range snap.views[ForEveryone].byService {
		if r.organization.Group == Authority {
			authorities["/en/entry/"+id] = true
		}
	}
	for _, form := range []url.Values{
		{"q": {"police Brussels"}}, {"q": {"identification"}, "country": {"BE"}}, {"help": {"identification"}}, {"q": {"prosecutor"}},
	} {
		p := s.search(t, "en", form)
		for _, list := range p.all(class("results")) {
			for n := range list.Descendants() {
				if authorities[attr(n, "href")] {
					t.Errorf("%v: %s stands among the results", form, attr(n, "href"))
				}
			}
		}
	}
	p := s.search(t, "en", url.Values{"country": {"BE"}, "toggle": {"group:authority"}})
	if found := p.links("/en/entry/be-"); len(found) < 5 {
		t.Errorf("asked for, %d authorities are listed", len(found))
	}
	p.says("only when the person wants it")
	for _, card := range p.all(class("result")) {
		for n := range card.Descendants() {
			if strings.HasPrefix(attr(n, "href"), "tel:") || strings.Contains(attr(n, "href"), "/refer/") {
				t.Errorf("an authority's card offers %s", attr(n, "href"))
			}
		}
	}
	for path := range authorities {
		p := s.page(t, path)
		p.says("listed for professionals")
		p.hidesFrom("/refer/new")
		p.hidesFrom("/sheet?service")
		if len(p.all(class("call"))) > 0 {
			t.Errorf("%s has a call button", path)
		}
	}
}

func TestAnEntryTellsATiredPersonWhatSheNeeds(t *testing.T) {
	s := newSite(t, clock.Fixed(tuesday))
	p := s.page(t, "/en/entry/gr-a21-1109")
	if got := p.links("tel:"); !slices.Contains(got, "tel:1109") || !slices.Contains(got, "tel:+302310019880") {
		t.Errorf("call links %q", got)
	}
	for _, words := range []string{"Open day and night", "186 languages by interpreter", "When you call", "Whom they must inform", "Unverified for 2 years", "Refer with consent"} {
		p.says(words)
	}
	if title := p.texts(element("title")); len(title) != 1 || title[0] != "Service" {
		t.Errorf("the tab says %q", title)
	}
	q := s.page(t, "/de/entry/de-hilfe-portal-missbrauch")
	if today := q.texts(func(n *html.Node) bool { return attr(n, "aria-current") == "date" }); len(today) != 1 || !strings.Contains(today[0], "Dienstag") || !strings.Contains(today[0], "15:00–20:00") {
		t.Errorf("today: %q", today)
	}
	q.says("Geschlossen, öffnet heute 15:00")
	q.says("Blatt zum Telefonieren")
}

// req: DIRECTORY-1
func TestAHiddenHomeShowsTownAndCentralLineOnly(t *testing.T) {
	s := newSite(t, clock.Fixed(tuesday))
	p := s.page(t, "/en/entry/gr-hamogelo-home-corfu")
	p.says("Corfu")
	p.says("1056")
	p.says("The address is not published")
	for _, secret := range []string{"49081", "Magoulades", "26630", "Kerkyra@", "kerkyra@"} {
		p.hidesFrom(secret)
	}
}

// req: DIRECTORY-1
func TestNothingHiddenLeavesByAnyPublicAnswer(t *testing.T) {
	s := newSite(t, clock.Fixed(tuesday))
	var secrets []string
	for _, c := range sourceContacts(t) {
		if c.audience == "hidden" && c.kind != "town" && c.kind != "postcode" {
			secrets = append(secrets, c.value)
		}
	}
	all, err := load(t.Context(), s.d.cfg.DB)
	if err != nil {
		t.Fatal(err)
	}
	paths := []string{"/hsds/services?full=true&per_page=1000", "/hsds/organizations?full_service=true&per_page=1000", "/hsds/service_at_locations?full=true&per_page=1000", "/api/v1/directory/search?limit=100"}
	for _, o := range all.organizations {
		for _, f := range o.Findings {
			secrets = append(secrets, f.Detail)
		}
		for _, sv := range o.Services {
			for _, f := range sv.Findings {
				secrets = append(secrets, f.Detail)
			}
			paths = append(paths, "/en/entry/"+sv.ID, "/el/entry/"+sv.ID+"/contact.vcf")
		}
	}
	for _, country := range countries {
		paths = append(paths, "/en/browse/"+country, "/en/sheet/ward?country="+country)
	}
	if len(secrets) < 30 {
		t.Fatalf("only %d secrets to look for", len(secrets))
	}
	public := publicValues(t)
	public["New Iraklitsa"] = true // the source gives the village as the street, and the town is public
	for _, path := range paths {
		body := s.get(path).Body.String()
		for _, secret := range secrets {
			if !public[secret] && strings.Contains(body, secret) {
				t.Errorf("%s shows %q", path, secret)
			}
		}
	}
}

// publicValues are details that are hidden at one body and public at another.
func publicValues(t *testing.T) map[string]bool {
	out := map[string]bool{}
	for _, c := range sourceContacts(t) {
		if c.audience == "public" {
			out[c.value] = true
		}
	}
	return out
}

// req: DIRECTORY-1
func TestPublishDropsEveryHiddenFieldOfAnyOrganisation(t *testing.T) {
	const secret = "do-not-publish"
	rapid.Check(t, func(rt *rapid.T) {
		see := func(name string) (Visibility, string) {
			v := rapid.SampledFrom([]Visibility{Public, Professional, Hidden}).Draw(rt, name)
			if v == Hidden {
				return v, secret
			}
			return v, string(v)
		}
		link := func() Link { v, s := see("link"); return Link{URL: s, Visibility: v} }
		phone := func() Phone { v, s := see("phone"); return Phone{Number: s, Visibility: v} }
		email := func() Email { v, s := see("email"); return Email{Address: s, Visibility: v} }
		address, street := see("address")
		o := Organization{
			Website: []Link{link(), link()}, Findings: []Finding{{Detail: secret}},
			Services: []Service{{
				Phones: []Phone{phone(), phone()}, Emails: []Email{email()}, Website: []Link{link()}, Findings: []Finding{{Detail: secret}},
				Places: []Place{{Street: street, PostalCode: street, Name: street, Address: address, Phones: []Phone{phone()}, Emails: []Email{email()}}},
			}},
		}
		for _, to := range []Audience{ForEveryone, ForProfessionals} {
			b, err := json.Marshal(Publish(o, to))
			if err != nil {
				rt.Fatal(err)
			}
			if strings.Contains(string(b), secret) {
				rt.Fatalf("published to %d: %s", to, b)
			}
			if to == ForEveryone && strings.Contains(string(b), `"professional","Visibility"`) {
				rt.Fatalf("a professional's field is public: %s", b)
			}
		}
	})
}

// req: DIRECTORY-8
func TestASheetWithoutNamesTellsNoSubject(t *testing.T) {
	s := newSite(t, clock.Fixed(tuesday))
	p := s.page(t, "/en/sheet/ward?country=GR&names=no")
	p.says("1109")
	sheet := p.all(class("ward"))
	if len(sheet) != 1 {
		t.Fatal("no sheet")
	}
	for _, word := range []string{"rafficking", "A21", "shelter", "Smile", "survivor", "victim"} {
		if strings.Contains(text(sheet[0]), word) {
			t.Errorf("the sheet says %q", word)
		}
	}
	named := s.page(t, "/en/sheet/ward?country=GR")
	if heading := named.texts(element("h1")); len(heading) != 1 || heading[0] != "Useful numbers: Greece" {
		t.Errorf("heading %q", heading)
	}
}

func TestAWardSheetOfATerritoryHoldsWhatCoversIt(t *testing.T) {
	s := newSite(t, clock.Fixed(tuesday))
	whole := len(s.page(t, "/it/sheet/ward?country=IT").all(element("tr")))
	part := s.page(t, "/it/sheet/ward?country=IT&territory=IT-52")
	if n := len(part.all(element("tr"))); n >= whole {
		t.Errorf("%d rows of %d", n, whole)
	}
	part.says("Toscana")
	part.says("800 290 290")
}

func TestEveryPageOfEveryLanguageIsWhole(t *testing.T) {
	s := newSite(t, clock.Fixed(tuesday))
	missing := regexp.MustCompile(`directory\.[a-z-]+\.[a-z-]+|\{[a-z]+\}|ZgotmplZ|<no value>`)
	for _, lang := range i18n.Languages {
		for _, path := range []string{"/find", "/entry/gr-a21-1109", "/entry/de-hilfe-portal-missbrauch", "/entry/be-payoke-support", "/browse/IT", "/sheet/ward?country=BE"} {
			p := s.page(t, "/"+lang+path)
			if found := missing.FindString(p.raw); found != "" {
				t.Errorf("/%s%s shows %q", lang, path, found)
			}
			if len(p.all(element("h1"))) != 1 {
				t.Errorf("/%s%s has not one heading", lang, path)
			}
		}
		if found := missing.FindString(s.search(t, lang, url.Values{"q": {"shelter"}, "language": {"ti"}, "near": {"Corfu"}}).raw); found != "" {
			t.Errorf("results in %s show %q", lang, found)
		}
	}
}

func TestPublicPagesSetNoCookieAndStayInNoCache(t *testing.T) {
	s := newSite(t, clock.Fixed(tuesday))
	for _, path := range []string{"/en/find", "/en/entry/gr-a21-1109", "/en/browse/GR", "/en/sheet/ward"} {
		h := s.get(path).Header()
		if h.Get("Set-Cookie") != "" || h.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %v", path, h)
		}
	}
}

func TestWhatIsNotThereSaysWhatToDo(t *testing.T) {
	s := newSite(t, clock.Fixed(tuesday))
	for _, path := range []string{"/en/entry/nothing", "/en/browse/XX", "/en/entry/nothing/contact.vcf"} {
		if w := s.get(path); w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), "<h1") {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

func TestAContactFileIsReadableAndItsNameSaysNothing(t *testing.T) {
	s := newSite(t, clock.Fixed(tuesday))
	w := s.get("/en/entry/be-payoke-support/contact.vcf")
	if got := w.Header().Get("Content-Disposition"); !strings.Contains(got, VCardName) || strings.Contains(got, "ayoke") {
		t.Errorf("file name %q", got)
	}
	card, err := vcard.NewDecoder(w.Body).Decode()
	if err != nil {
		t.Fatal(err)
	}
	if card.Value("VERSION") != "4.0" || card.Value("TEL") != "tel:+3232011690" || card.Value("EMAIL") != "admin@payoke.be" {
		t.Errorf("%v", card)
	}
	if a := card.Address(); a == nil || a.StreetAddress != "Leguit 4" || a.PostalCode != "2000" {
		t.Errorf("address %+v", a)
	}
	if card.Get("NOTE") != nil || card.Get("CATEGORIES") != nil {
		t.Error("the contact tells more than it must")
	}
}

func TestAPositionIsCutToAKilometre(t *testing.T) {
	p := &params{values: url.Values{"lat": {"40.640063"}, "lon": {"22.944419"}}, asked: map[string]bool{}}
	if n := p.near(); n == nil || n.Lat != 40.64 || n.Lon != 22.94 {
		t.Errorf("%+v", n)
	}
}

func TestTheSearchInterfaceKeepsItsContract(t *testing.T) {
	s := newSite(t, clock.Fixed(tuesday))
	w := s.get("/api/v1/directory/search?q=payoke&lang=nl&country=BE")
	if w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	var indented strings.Builder
	var v any
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		t.Fatal(err)
	}
	enc := json.NewEncoder(&indented)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/search_payoke_nl.json"
	if *update {
		if err := os.WriteFile(golden, []byte(indented.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if indented.String() != string(want) {
		t.Errorf("the answer changed; look at it and run with -update:\n%s", indented.String())
	}
	first := v.(map[string]any)["results"].([]any)[0].(map[string]any)
	for _, name := range []string{"name", "organization", "phones", "summary", "reasons", "distance"} {
		if _, ok := first[name]; !ok {
			t.Errorf("a result has no %q", name)
		}
	}
}

func TestTheHelplineStandsApartWhateverIsAsked(t *testing.T) {
	s := newSite(t, clock.Fixed(tuesday))
	rapid.Check(t, func(rt *rapid.T) {
		q := url.Values{"country": {rapid.SampledFrom([]string{"DE", "GR", "IT"}).Draw(rt, "country")}}
		q.Set("q", rapid.SampledFrom([]string{"", "xyzzy", "police", "shelter", "ξενώνας", "%"}).Draw(rt, "q"))
		if rapid.Bool().Draw(rt, "open") {
			q.Set("open", "true")
		}
		if rapid.Bool().Draw(rt, "language") {
			q.Set("language", "ti")
		}
		var v struct {
			Helpline *struct {
				Phones []any `json:"phones"`
				Open   struct {
					Open bool `json:"open"`
				} `json:"open"`
			} `json:"helpline"`
			Results []any `json:"results"`
		}
		w := s.get("/api/v1/directory/search?" + q.Encode())
		if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil || w.Code != http.StatusOK {
			rt.Fatalf("%d %v %s", w.Code, err, w.Body)
		}
		if v.Helpline == nil || len(v.Helpline.Phones) == 0 || !v.Helpline.Open.Open {
			rt.Fatalf("%v: no open helpline", q)
		}
		if len(v.Results) == 0 {
			rt.Fatalf("%v: the search ended empty", q)
		}
	})
}

func TestTheSearchInterfaceIsAskedByPostToo(t *testing.T) {
	s := newSite(t, clock.Fixed(tuesday))
	want := s.get("/api/v1/directory/search?q=opvang&lang=nl&country=BE&country=GR&free=true").Body.String()
	got := s.postJSON("/api/v1/directory/search", `{"q": "opvang", "lang": "nl", "country": ["BE", "GR"], "free": true}`).Body.String()
	if got != want {
		t.Errorf("POST answers differently:\n%s\n%s", got, want)
	}
}

func TestTheSearchInterfaceRefusesWhatItDoesNotKnow(t *testing.T) {
	s := newSite(t, clock.Fixed(tuesday))
	for query, fields := range map[string][]string{
		"colour=red":                    {"colour"},
		"country=XX&open=maybe&x=1":     {"country", "open", "x"},
		"help=hugs":                     {"help"},
		"lang=eo":                       {"lang"},
		"limit=0":                       {"limit"},
		"limit=1000":                    {"limit"},
		"lat=1":                         {"lat"},
		"lat=NaN&lon=1":                 {"lat"},
		"q=a&q=b":                       {"q"},
		"territory=GR-ZZ&group=cats":    {"territory", "group"},
		"q=" + strings.Repeat("a", 401): {"q"},
	} {
		w := s.get("/api/v1/directory/search?" + query)
		var p struct {
			Status int
			Errors []struct{ Field, Detail string }
		}
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != http.StatusBadRequest || p.Status != 400 || w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %v %s", query, w.Code, err, w.Body)
			continue
		}
		for _, f := range fields {
			if !slices.ContainsFunc(p.Errors, func(e struct{ Field, Detail string }) bool { return e.Field == f && e.Detail != "" }) {
				t.Errorf("%s: %s is not named in %v", query, f, p.Errors)
			}
		}
	}
	for _, body := range []string{"{", "[]", `{"q": {"a": 1}}`, strings.Repeat("x", maxParams+1)} {
		if w := s.postJSON("/api/v1/directory/search", body); w.Code != http.StatusBadRequest {
			t.Errorf("%.20q: %d", body, w.Code)
		}
	}
}

func TestAnAddressThatAsksTooMuchIsSlowedAndLoopbackIsNot(t *testing.T) {
	now := tuesday
	l := newLimiter(func() time.Time { return now })
	for range int(limitBurst) {
		if !l.allow("203.0.113.7:99") {
			t.Fatal("slowed within the burst")
		}
	}
	if l.allow("203.0.113.7:100") || l.allow("[::ffff:203.0.113.7]:1") {
		t.Error("not slowed after the burst")
	}
	if !l.allow("203.0.113.8:1") {
		t.Error("a neighbour is slowed too")
	}
	now = now.Add(time.Second)
	for range int(limitRate) {
		if !l.allow("203.0.113.7:1") {
			t.Error("a second gives nothing back")
		}
	}
	for range 10 * int(limitBurst) {
		if !l.allow("127.0.0.1:5") || !l.allow("[::1]:5") {
			t.Fatal("loopback is slowed")
		}
	}
	for range int(limitBurst) {
		l.allow("[2001:db8:1:2::1]:1")
	}
	if l.allow("[2001:db8:1:2:ffff::9]:1") {
		t.Error("another address of the same subscriber is not slowed")
	}
}

func TestTheLimiterForgetsAddresses(t *testing.T) {
	now := tuesday
	l := newLimiter(func() time.Time { return now })
	for i := range limitEntries + 10 {
		l.allow(strings.Join([]string{"198", itoa(i >> 16 & 255), itoa(i >> 8 & 255), itoa(i & 255)}, ".") + ":1")
		now = now.Add(10 * time.Millisecond)
	}
	if len(l.buckets) > limitEntries {
		t.Errorf("%d addresses are kept", len(l.buckets))
	}
}

func itoa(n int) string { return mark(n) }

func FuzzParams(f *testing.F) {
	f.Add("q=shelter&country=GR", `{"q": "a", "limit": 3}`)
	f.Add("lat=1e309&lon=-0&km=nan", `{"lat": 1e308}`)
	f.Add("toggle=country:GR&help=%ff", `{"q": [null, true, 1.5]}`)
	snap := newSnapshot(&stored{}, tuesday)
	f.Fuzz(func(t *testing.T, query, body string) {
		r := httptest.NewRequest("POST", "/x", strings.NewReader(body))
		r.URL.RawQuery = query
		p, err := readParams(r)
		if err != nil {
			return
		}
		q := p.query(snap, "en", tuesday)
		if n := q.Near; n != nil && (n.Lat < -90 || n.Lat > 90 || n.Lon < -180 || n.Lon > 180 || n.Lat != n.Lat) {
			t.Errorf("position %+v", n)
		}
		if e := p.err(); e == nil && len(q.Countries) > 4 {
			t.Errorf("countries %q", q.Countries)
		}
		once := searchValues(p.values)
		if twice := searchValues(once); len(twice) != len(once) {
			t.Errorf("%v becomes %v", once, twice)
		}
	})
}

func BenchmarkPage(b *testing.B) {
	s := newSite(b, clock.Fixed(tuesday))
	w := s.post("/en/find", url.Values{"q": {"shelter thessaloniki"}, "language": {"ro"}})
	to, err := url.Parse(w.Header().Get("Location"))
	if err != nil {
		b.Fatal(err)
	}
	all := s.post("/en/find", url.Values{"country": {"IT"}})
	many, err := url.Parse(all.Header().Get("Location"))
	if err != nil {
		b.Fatal(err)
	}
	for name, path := range map[string]string{
		"find": "/en/find", "results": to.RequestURI(), "results-page": many.RequestURI(), "entry": "/en/entry/gr-a21-1109",
		"browse": "/en/browse/GR", "api": "/api/v1/directory/search?q=shelter", "hsds-page": "/hsds/services?full=true&per_page=20",
	} {
		b.Run(name, func(b *testing.B) {
			took := make([]time.Duration, 0, b.N)
			for b.Loop() {
				start := time.Now()
				r := httptest.NewRequest("GET", path, nil)
				r.Header.Set("Accept-Encoding", "br")
				if w := s.do(r); w.Code != http.StatusOK {
					b.Fatal(w.Code)
				}
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
		})
	}
}
