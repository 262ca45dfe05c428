package atlas

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"amelie/content"
	"amelie/internal/db"
	"amelie/internal/directory"
	"amelie/internal/i18n"
	"amelie/internal/vault"
	"amelie/internal/web"
)

var tuesday = time.Date(2026, 11, 24, 8, 30, 0, 0, time.UTC)

// site is a shell with the shipped directory and its maps.
type site struct {
	t      testing.TB
	d      *directory.Directory
	db     *db.DB
	texts  *i18n.Bundle
	client http.Handler
}

func newSite(t testing.TB) *site {
	t.Helper()
	ctx := context.Background()
	d, err := db.Open(ctx, db.Config{Path: t.TempDir() + "/amelie.db"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if err := d.Migrate(ctx, directory.Schema); err != nil {
		t.Fatal(err)
	}
	texts, err := i18n.Load(os.DirFS("../../../locale"), i18n.Languages)
	if err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return tuesday }
	dir, err := directory.Open(ctx, directory.Config{DB: d, Content: content.FS, Texts: texts, Secret: vault.NewServerSecret(), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	shell := web.New(web.Config{Languages: i18n.Languages, Texts: texts, Now: now, ExitURL: "https://www.example.org/"})
	dir.Mount(shell)
	New(Config{
		Directory: dir, Texts: texts, Emergency: func(string) string { return "112" },
		Lines: func(ctx context.Context, country, lang string, at time.Time) ([]directory.Brief, error) {
			return dir.Lines(ctx, texts, country, lang, lang, at)
		},
	}).Mount(shell)
	return &site{t: t, d: dir, db: d, texts: texts, client: shell.Handler()}
}

func (s *site) do(r *http.Request) *httptest.ResponseRecorder {
	r.RemoteAddr = "127.0.0.1:1234"
	w := httptest.NewRecorder()
	s.client.ServeHTTP(w, r)
	return w
}

func (s *site) get(path string) string {
	s.t.Helper()
	w := s.do(httptest.NewRequest("GET", path, nil))
	if w.Code != http.StatusOK {
		s.t.Fatalf("GET %s: %d", path, w.Code)
	}
	return w.Body.String()
}

// post sends a form and answers where it leads.
func (s *site) post(path string, form url.Values) string {
	s.t.Helper()
	r := httptest.NewRequest("POST", path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := s.do(r)
	if w.Code != http.StatusSeeOther {
		s.t.Fatalf("POST %s: %d", path, w.Code)
	}
	return w.Header().Get("Location")
}

// links are the links below the nodes of a name: address to words.
func links(t *testing.T, page string, under func(*html.Node) bool) map[string]string {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode || !under(n) {
			continue
		}
		for a := range n.Descendants() {
			if a.Type == html.ElementNode && a.Data == "a" {
				out[attr(a, "href")] = strings.TrimSpace(words(a))
			}
		}
	}
	return out
}

func words(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
	}
	return b.String()
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func picturePart(n *html.Node) bool { return n.Data == "svg" && attr(n, "class") == "atlas" }
func listPart(n *html.Node) bool    { return n.Data == "ul" && attr(n, "class") == "map-list" }

func TestTheListLeadsWhereverTheMapDoesWithTheSameNumbers(t *testing.T) {
	s := newSite(t)
	count := regexp.MustCompile(`[0-9]+`)
	for _, path := range []string{"/en/map", "/en/map/gr", "/el/map/it", "/de/map/de", "/fr/map/be"} {
		page := s.get(path)
		drawn, listed := links(t, page, picturePart), links(t, page, listPart)
		if len(drawn) < 4 || len(listed) < 4 {
			t.Fatalf("%s draws %d and lists %d", path, len(drawn), len(listed))
		}
		for href, name := range drawn {
			to, fragment, _ := strings.Cut(href, "#")
			if name == "" || listed[to] == "" {
				t.Errorf("%s: %q is called %q on the map and %q in the list", path, href, name, listed[to])
			}
			target := s.get(to)
			if fragment != "" && !strings.Contains(target, `id="`+fragment+`"`) {
				t.Errorf("%s has no part %s", to, fragment)
			}
			if n := count.FindString(name); fragment == "" && n != count.FindString(listed[to]) {
				t.Errorf("%s: the map says %q, the list %q", path, name, listed[to])
			}
		}
	}
}

func TestARegionsPageLeadsToItsServicesAndToTheSearch(t *testing.T) {
	s := newSite(t)
	page := s.get("/el/map/gr/i")
	for _, want := range []string{"Αττική", "5 υπηρεσίες", `/el/find?territory=GR-I`, "/el/entry/", "tel:"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page of Attica lacks %q", want)
		}
	}
	w := s.do(httptest.NewRequest("GET", "/el/find?territory=GR-I", nil))
	if to := w.Header().Get("Location"); w.Code != http.StatusSeeOther || strings.Contains(to, "GR-I") {
		t.Errorf("the search for a region answers %d %s", w.Code, to)
	}
}

// req: ATLAS-2
func TestNoPageOfTheMapNamesAnAuthority(t *testing.T) {
	s := newSite(t)
	all, err := s.d.Everyone(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, country := range []string{"be", "de", "gr", "it"} {
		pages := s.get("/en/map/" + country)
		for _, unit := range unitsOf(strings.ToUpper(country)) {
			pages += s.get("/en" + mapPath(unit))
		}
		for _, o := range all.Organizations() {
			for _, one := range o.Services {
				if o.Group == directory.Authority {
					seen++
					if strings.Contains(pages, "/entry/"+one.ID+`"`) {
						t.Errorf("%s is on the map of %s", one.ID, country)
					}
				}
			}
		}
	}
	if seen == 0 {
		t.Error("the directory has no authority to look for")
	}
}

// req: ATLAS-3
func TestWhatIsLookedForGoesAlongSealed(t *testing.T) {
	s := newSite(t)
	to := s.post("/en/map/gr", url.Values{"help": {"helpline"}, "language": {"ar"}})
	if !strings.HasPrefix(to, "/en/map/gr?s=") || strings.Contains(to, "helpline") || strings.Contains(to, "=ar") {
		t.Fatalf("the form leads to %s", to)
	}
	all, fewer := s.get("/en/map/gr"), s.get(to)
	if !strings.Contains(fewer, "Only services that fit are counted") || strings.Contains(all, "Only services that fit are counted") {
		t.Error("the map does not say that it counts only what fits")
	}
	if strings.Count(fewer, "<option value=\"helpline\" selected") != 1 {
		t.Error("what was chosen is not chosen in the form")
	}
	token := to[strings.Index(to, "?s="):]
	for href := range links(t, fewer, picturePart) {
		if before, _, _ := strings.Cut(href, "#"); !strings.HasSuffix(before, token) {
			t.Errorf("%s loses the search", href)
		}
	}
	region := s.get("/en/map/gr/i" + token)
	find := regexp.MustCompile(`/en/find\?s=[^"&]+`).FindAllString(region, -1)
	if len(find) == 0 || !slices.ContainsFunc(find, func(f string) bool { return !strings.HasSuffix(f, token) }) {
		t.Errorf("a region does not lead to the search within it: %v", find)
	}
	if page := s.get("/en/map/gr?s=broken"); !strings.Contains(page, s.texts.T("en", "directory.find.stale")) {
		t.Error("a broken search is not said to be one")
	}
}

func TestASearchComesAlongFromTheSearchPageAndKeepsItsWords(t *testing.T) {
	s := newSite(t)
	to := s.post("/en/find", url.Values{"q": {"shelter"}, "country": {"GR"}})
	token := regexp.MustCompile(`s=[^#&]+`).FindString(to)
	page := s.get("/en/find?" + token)
	if !strings.Contains(page, "/en/map/gr?"+token) {
		t.Fatal("the results do not lead to the map")
	}
	if m := s.get("/en/map/gr?" + token); !strings.Contains(m, "<b>shelter</b>") {
		t.Error("the map does not say what is looked for")
	}
	next := s.post("/en/map/gr", url.Values{"s": {token[2:]}, "language": {"ro"}})
	if m := s.get(next); !strings.Contains(m, "shelter · Romanian") {
		t.Error("the words are lost when a language is chosen")
	}
}

func TestAMapSaysWhenNothingFitsAllOfASearch(t *testing.T) {
	s := newSite(t)
	// Help lines answer in Arabic; of no shelter is the language known.
	fits := s.get(s.post("/en/map/gr", url.Values{"help": {"helpline"}, "language": {"ar"}}))
	near := s.get(s.post("/en/map/gr", url.Values{"help": {"accommodation"}, "language": {"ar"}}))
	for _, c := range []struct{ page, says, not string }{{fits, "atlas.filtered", "atlas.near"}, {near, "atlas.near", "atlas.filtered"}} {
		if !strings.Contains(c.page, s.texts.T("en", c.says)) || strings.Contains(c.page, s.texts.T("en", c.not)) {
			t.Errorf("the map does not say %q, or says %q", c.says, c.not)
		}
	}
}

func TestPlacesNobodyKnowsAreNotFound(t *testing.T) {
	s := newSite(t)
	for _, path := range []string{"/en/map/fr", "/en/map/gr/zz", "/en/map/gr/be", "/en/map/xx/i"} {
		if w := s.do(httptest.NewRequest("GET", path, nil)); w.Code != http.StatusNotFound {
			t.Errorf("%s answers %d", path, w.Code)
		}
	}
	if s.get("/en/map/GR") == "" {
		t.Error("a country in capitals is not found")
	}
}

func TestTheMapIsWholeInEveryLanguage(t *testing.T) {
	s := newSite(t)
	for _, lang := range i18n.Languages {
		page := s.get("/" + lang + "/map/gr")
		if strings.Contains(page, ">atlas.") || strings.Contains(page, ">directory.") {
			t.Errorf("%s shows a key", lang)
		}
		if n := strings.Count(page, "<path class=\"shade-"); n < 14 {
			t.Errorf("%s draws %d regions", lang, n)
		}
	}
}

func TestAMapIsSmall(t *testing.T) {
	s := newSite(t)
	for _, path := range []string{"/el/map", "/el/map/gr", "/de/map/de", "/it/map/it", "/fr/map/be"} {
		r := httptest.NewRequest("GET", path, nil)
		r.Header.Set("Accept-Encoding", "br")
		if w := s.do(r); w.Body.Len() > 14<<10 {
			t.Errorf("%s weighs %d bytes", path, w.Body.Len())
		}
	}
}

func BenchmarkMapPage(b *testing.B) {
	s := newSite(b)
	for _, path := range []string{"/el/map/gr", "/de/map/de"} {
		s.get(path)
		b.Run(path, func(b *testing.B) {
			for b.Loop() {
				s.get(path)
			}
		})
	}
	to := s.post("/el/map/gr", url.Values{"help": {"accommodation"}, "language": {"ar"}})
	b.Run("with a search", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			r := httptest.NewRequest("GET", to, nil)
			r.Header.Set("Accept-Encoding", "br")
			s.do(r)
		}
	})
}
