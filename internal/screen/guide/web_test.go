package guide

import (
	"context"
	"encoding/json"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"amelie/internal/i18n"
	"amelie/internal/screen"
	"amelie/internal/web"
	"amelie/locale"
)

// handed remembers what the referral was given.
type handed struct{ ticked map[string][]string }

func (h *handed) Parts(*web.Ctx) []Part {
	return []Part{{Name: "need", Label: "Need", Choices: []web.Choice{{Value: "accommodation", Label: "A place to stay"}, {Value: "legal-aid", Label: "Legal help"}}}}
}

func (h *handed) Start(_ *web.Ctx, _ string, ticked map[string][]string) (string, error) {
	h.ticked = ticked
	return "/refer/1", nil
}

type site struct {
	*testing.T
	http.Handler
	handed *handed
	member bool // whoever asks is signed in
}

var boxOf = map[string]*web.CallBox{"GR": {Name: "Line", Number: "1109", Tel: "1109"}, "BE": {Name: "Centre", Number: "02 511", Tel: "+322511", Closed: true}}

// childBoxOf: in Greece a line for children is closed, in Belgium there is none.
var childBoxOf = map[string]*web.CallBox{"GR": {Name: "Trafficked children", Number: "116000", Tel: "116000", Closed: true}}

func newSite(t *testing.T) *site {
	t.Helper()
	texts, err := i18n.Load(locale.Files, i18n.Languages)
	if err != nil {
		t.Fatal(err)
	}
	s := &site{T: t, handed: &handed{}}
	shell := web.New(web.Config{Languages: i18n.Languages, PatientLanguages: patients, Texts: texts, NeutralName: "Notes", Now: func() time.Time { return time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC) }})
	shell.Authenticate = func(*http.Request) (*web.Viewer, error) {
		if !s.member {
			return nil, nil
		}
		return &web.Viewer{UserID: "u", AgencyID: "a", Roles: []string{"professional"}}, nil
	}
	line := func(_ context.Context, country, _ string, _ time.Time) *web.CallBox { return boxOf[country] }
	New(shipped(t), Config{
		Country: func(*web.Ctx) string { return "GR" }, Emergency: func(string) string { return "112" },
		Countries: func(string) []web.Choice {
			return []web.Choice{{Value: "BE", Label: "Belgium"}, {Value: "GR", Label: "Greece"}}
		},
		Professions: func(string) []web.Choice {
			return []web.Choice{{Value: "doctor", Label: "Doctor"}, {Value: "nurse", Label: "Nurse"}}
		},
		Duties: func(country, _ string, child bool) []Duty {
			if child {
				return []Duty{{Kind: "must", Text: country + " child duty"}}
			}
			return []Duty{{Kind: "must", Text: country + " doctors", Professions: []string{"doctor"}}, {Kind: "must-not", Text: country + " everybody", Verified: true}}
		},
		Helpline: line, ChildLine: func(_ context.Context, country, _ string, _ time.Time) *web.CallBox { return childBoxOf[country] }, Interpreter: func(context.Context, string, string, time.Time) *web.CallBox { return nil },
		Care: func(country string) string { return "/care/" + country },
		House: func(*web.Ctx) *screen.House {
			if !s.member {
				return nil
			}
			return &screen.House{Title: "Own house", Interpreter: &web.CallBox{Number: "4711", Tel: "4711"}}
		},
		Handover: s.handed, Version: func(context.Context) string { return "1" },
		Signs: func(_ string, ids []string) (out []web.Choice) {
			for _, id := range ids {
				if id == "papers" {
					out = append(out, web.Choice{Value: id, Label: "Somebody else holds the papers"})
				}
			}
			return out
		},
	}).Mount(shell)
	s.Handler = shell.Handler()
	return s
}

func (s *site) ask(method, path string, form url.Values) (int, string, http.Header) {
	s.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Code, html.UnescapeString(w.Body.String()), w.Header()
}

func (s *site) get(path string) string {
	s.Helper()
	code, body, _ := s.ask("GET", path, nil)
	if code != http.StatusOK {
		s.Fatalf("GET %s: %d", path, code)
	}
	return body
}

var localLink = regexp.MustCompile(`href="#(s\d+)"`)

// req: GUIDE-2
func TestTheWholeGuideIsOnePageWhoseAnswersNobodyLearns(t *testing.T) {
	s, g := newSite(t), shipped(t)
	for _, p := range g.Paths {
		code, body, head := s.ask("GET", "/en"+address(p), nil)
		if code != 200 || head.Get("Cache-Control") != "no-store" || head.Get("Set-Cookie") != "" {
			t.Errorf("%s: %d, %v", p.ID, code, head)
		}
		if n := strings.Count(body, `<section class="step`); n != len(g.Steps) {
			t.Errorf("%s holds %d of %d steps", p.ID, n, len(g.Steps))
		}
		for _, m := range localLink.FindAllStringSubmatch(body, -1) {
			if !strings.Contains(body, `id="`+m[1]+`"`) {
				t.Errorf("%s: an answer leads to %s, which is not there", p.ID, m[1])
			}
		}
		// An answer must be a link within the page: a form or an address would tell it.
		for _, step := range strings.Split(body, `class="choice-list answers"`)[1:] {
			answers, _, _ := strings.Cut(step, "</div>")
			if strings.Contains(answers, "<form") || strings.Contains(answers, "<button") || strings.Contains(answers, `href="/`) {
				t.Errorf("%s: an answer is sent away: %s", p.ID, answers)
			}
		}
		if title := body[strings.Index(body, "<title>"):strings.Index(body, "</title>")]; title != "<title>Guide" {
			t.Errorf("the title tells: %s", title)
		}
	}
	if code, _, _ := s.ask("GET", "/en/guide/cellar", nil); code != http.StatusNotFound {
		t.Errorf("a path that does not exist: %d", code)
	}
}

func TestWithoutAScriptACountryAProfessionAndALanguageAreChosenByAForm(t *testing.T) {
	s := newSite(t)
	_, body, head := s.ask("POST", "/en/guide", url.Values{"country": {"BE"}, "say": {"el"}, "profession": {"nurse"}, "at": {"limits"}})
	for _, want := range []string{"BE everybody", `<li data-for="doctor" hidden>BE doctors`, "tel:+322511", "Helpline, closed now", `lang="el" dir="ltr"`, shipped(t).Say("el").Say["ask_1"], `class="step first" id="s10"`, "No native speaker has checked"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not hold %q", want)
		}
	}
	if head.Get("Set-Cookie") != "" || head.Get("Location") != "" {
		t.Errorf("the choice is kept: %v", head)
	}
	if body := s.get("/en/guide"); strings.Contains(body, "BE everybody") {
		t.Error("the next reader gets the country of the one before")
	}
	_, body, _ = s.ask("POST", "/en/guide", url.Values{"country": {"XX"}, "say": {"<b>"}, "profession": {"king"}, "at": {"cellar"}})
	if !strings.Contains(body, "GR everybody") || !strings.Contains(body, `class="step first" id="s1"`) {
		t.Error("what is not offered does not count as not chosen")
	}
}

// factsOf asks for what a country changes in the page.
func (s *site) factsOf(country string) (facts placeFacts) {
	s.Helper()
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest("GET", "/en/guide/facts/"+country, nil))
	if err := json.Unmarshal(w.Body.Bytes(), &facts); err != nil {
		s.Fatal(err)
	}
	return facts
}

func TestTheStepsAboutAChildShowTheLineForChildrenFirstAndAnotherOnlyWhereItIsClosed(t *testing.T) {
	s := newSite(t)
	greek, belgian := string(s.factsOf("gr").Facts["helpline-child"]), html.UnescapeString(string(s.factsOf("be").Facts["helpline-child"]))
	child, general := strings.Index(greek, "tel:116000"), strings.Index(greek, "tel:1109")
	if child < 0 || general < child {
		t.Errorf("the closed line for children and the open one behind it: %s", greek)
	}
	if !strings.Contains(belgian, "tel:+322511") {
		t.Errorf("without a line for children nobody can be called: %s", belgian)
	}
	page := s.get("/en/guide")
	if _, step, _ := strings.Cut(page, `data-fact="helpline-child"`); !strings.Contains(strings.SplitN(step, "</section>", 2)[0], "tel:116000") {
		t.Error("the step about a child does not show the line")
	}
	facts := 0
	for _, step := range shipped(t).Steps {
		facts += len(step.Facts)
	}
	if shown := strings.Count(page, `data-fact="`) - 1; shown != facts { // one is the bar
		t.Errorf("%d facts of %d stand on the steps", shown, facts)
	}
	if strings.Contains(page, "Trafficked") {
		t.Error("the name of a line tells over a shoulder what it is about")
	}
	if bar := string(s.factsOf("gr").Facts["bar"]); !strings.Contains(bar, `tel:1109" data-helpline="adult"`) || !strings.Contains(bar, `tel:116000" data-helpline="young"`) {
		t.Errorf("the bar: %s", bar)
	}
}

func TestAnotherCountrysFactsComeAsPartsOfThePage(t *testing.T) {
	s := newSite(t)
	facts := s.factsOf("be")
	if facts.Country != "BE" || !strings.Contains(string(facts.Facts["duties"]), "BE everybody") || !strings.Contains(string(facts.Facts["duties-child"]), "BE child duty") || strings.Contains(string(facts.Facts["house"]), "Own house") {
		t.Errorf("%+v", facts)
	}
	if _, there := facts.Facts["handover"]; there {
		t.Error("what was ticked would be lost")
	}
	if code, _, _ := s.ask("GET", "/en/guide/facts/xx", nil); code != http.StatusNotFound {
		t.Errorf("a country without a pack: %d", code)
	}
}

func TestSentencesOfALanguageSayTheirDirectionAndReview(t *testing.T) {
	s := newSite(t)
	var out struct {
		Say      map[string]string
		Dir      string
		Reviewed bool
	}
	if err := json.Unmarshal([]byte(s.get("/guide/say/ar.json")), &out); err != nil {
		t.Fatal(err)
	}
	if out.Dir != "rtl" || out.Reviewed || out.Say["inform_1"] == "" {
		t.Errorf("%+v", out)
	}
	for _, path := range []string{"/guide/say/xx.json", "/guide/say/ar", "/guide/say/../keep"} {
		if code, _, _ := s.ask("GET", path, nil); code == http.StatusOK {
			t.Errorf("%s is there", path)
		}
	}
}

// req: GUIDE-4
func TestOnlyWhatWasTickedIsCarriedOnAndNeverAClassOrAScore(t *testing.T) {
	s := newSite(t)
	form := url.Values{"need": {"accommodation", "a castle"}, "sign": {"papers", "made-up"}, "class": {"trafficking"}, "score": {"9"}, "name": {"Maria"}}
	if code, _, _ := s.ask("POST", "/en/guide/carry", form); code != http.StatusUnauthorized && code != http.StatusSeeOther {
		t.Errorf("a stranger carries something on: %d", code)
	}
	s.member = true
	code, body, _ := s.ask("POST", "/en/guide/carry", form)
	if code != 200 || !strings.Contains(body, "A place to stay") || !strings.Contains(body, `name="once"`) || s.handed.ticked != nil {
		t.Errorf("without a token it is asked once more: %d %v", code, s.handed.ticked)
	}
	form.Set("once", "01930000-0000-7000-8000-000000000001")
	if code, _, _ := s.ask("POST", "/en/guide/carry", form); code != http.StatusSeeOther {
		t.Errorf("carried on: %d", code)
	}
	if got := s.handed.ticked; len(got) != 2 || strings.Join(got["need"], " ") != "accommodation" || strings.Join(got["sign"], " ") != "Somebody else holds the papers" {
		t.Errorf("carried %v", got)
	}
	_, body, _ = s.ask("POST", "/en/guide", url.Values{"at": {"handover"}, "sign": {"papers", "made-up"}})
	if !strings.Contains(body, `data-first="s1" data-at="s16"`) {
		t.Error("clearing would lead back to the handover")
	}
	if !strings.Contains(body, `name="sign" value="papers"`) || strings.Contains(body, `value="papers" checked`) || strings.Contains(body, "made-up") {
		t.Error("signs are not offered unticked")
	}
}

func TestTheNoteNamesWishesAndNothingElse(t *testing.T) {
	s := newSite(t)
	_, body, _ := s.ask("POST", "/en/guide/note", url.Values{"need": {"legal-aid"}, "sign": {"papers"}})
	if !strings.Contains(body, "Legal help") || strings.Contains(body, "papers") {
		t.Error("the note holds signs, or not the wish")
	}
	main := strings.ToLower(body[strings.Index(body, "<main"):strings.Index(body, "</main>")])
	for _, telling := range []string{"traffick", "victim", "exploit", "police"} {
		if strings.Contains(main, telling) {
			t.Errorf("the note says %q", telling)
		}
	}
}

func TestAMembersHouseStandsInTheStepsForThatMemberAlone(t *testing.T) {
	s := newSite(t)
	if strings.Contains(s.get("/en/guide"), "Own house") {
		t.Error("a stranger sees the house")
	}
	s.member = true
	if _, body, _ := s.ask("POST", "/en/guide", url.Values{}); !strings.Contains(body, "Own house") || !strings.Contains(body, "tel:4711") {
		t.Error("the member does not see the house, or not its interpreter")
	}
}

var handled = regexp.MustCompile(`(?m)^const shelf = (.+);$`)

// req: GUIDE-3
func TestTheWorkerAnswersForTheGuideAndItsNeighboursAndForNothingElse(t *testing.T) {
	s := newSite(t)
	code, script, head := s.ask("GET", "/guide/worker.js", nil)
	if code != 200 || head.Get("Service-Worker-Allowed") != "/" || !strings.HasPrefix(head.Get("Content-Type"), "text/javascript") {
		t.Fatalf("%d %v", code, head)
	}
	m := handled.FindStringSubmatch(script)
	if m == nil {
		t.Fatal("the worker does not say what it answers for")
	}
	var shelf web.Shelf
	if err := json.Unmarshal([]byte(m[1]), &shelf); err != nil {
		t.Fatal(err)
	}
	ours := regexp.MustCompile(shelf.Own)
	for _, path := range []string{"/en/guide", "/el/guide/midwifery", "/de/guide/facts/gr", "/fr/signs", "/en/instruments/delphi-labour-adult", "/guide/say/ar.json", "/guide/instrument/delphi-labour-adult.json", "/pack/gr", "/asset/app.4cefc1f9.css", "/asset/font/sans-core.e875b45f.woff2"} {
		if !ours.MatchString(path) {
			t.Errorf("%s is not kept", path)
		}
	}
	for _, path := range []string{"/", "/en/", "/ar/info", "/en/info/gr", "/en/find", "/en/today", "/en/guidebook", "/en/refer/new", "/en/sign-in", "/exit", "/exit/work", "/en/now", "/api/v1/referrals", "/en/referral/1"} {
		if ours.MatchString(path) {
			t.Errorf("the worker answers for %s", path)
		}
	}
}

func TestTheAppHasANeutralNameThatTheReaderMayChange(t *testing.T) {
	s := newSite(t)
	var app struct {
		Name  string
		Icons []struct{ Src string }
	}
	for query, want := range map[string]string{"": "Notes", "?name=Tea": "Tea", "?name=" + strings.Repeat("x", 60): "Notes"} {
		if err := json.Unmarshal([]byte(s.get("/en/guide/app/cup"+query)), &app); err != nil {
			t.Fatal(err)
		}
		if app.Name != want || len(app.Icons) != 2 || app.Icons[0].Src == "" {
			t.Errorf("%q: %+v", query, app)
		}
	}
	if code, _, _ := s.ask("GET", "/en/guide/app/skull", nil); code != http.StatusNotFound {
		t.Errorf("an icon that does not exist: %d", code)
	}
}
