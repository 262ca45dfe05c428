package person

import (
	"context"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"amelie/internal/i18n"
	"amelie/internal/mail"
	"amelie/internal/web"
	"amelie/locale"
)

var athens = mustZone("Europe/Athens")

func mustZone(name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return z
}

// noon is a Wednesday noon in Athens.
var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, athens)

func greekLines() []Helpline {
	return []Helpline{
		{ID: "line", Group: Support, Name: "Γραμμή 1109", Numbers: []Number{{Shown: "1109", Dial: "1109"}, {Shown: "+30 2310 019 880", Dial: "+302310019880", Abroad: true}}, HoursKnown: true, Open: true, Always: true, Free: true, Interpreted: true},
		{ID: "police", Group: "authority", Name: "Αστυνομία", Numbers: []Number{{Shown: "100", Dial: "100"}}, HoursKnown: true, Open: true, Always: true},
		{ID: "office", Group: "coordination", Name: "Υπουργείο", Numbers: []Number{{Shown: "210 000 0000", Dial: "+302100000000"}}},
		{ID: "silent", Group: Support, Name: "Χωρίς αριθμό"},
		{ID: "day", Group: Support, Name: "Day line", Numbers: []Number{{Shown: "210 111 1111", Dial: "+302101111111"}}, HoursKnown: true, Opens: noon.Add(21 * time.Hour)},
	}
}

func site(t *testing.T, lines Helplines) http.Handler {
	t.Helper()
	texts := shipped(t)
	bundle, err := i18n.Load(fstest.MapFS{"en/web.toml": &fstest.MapFile{Data: []byte("[bar]\nskip = \"Skip\"\n")}}, []string{"en"})
	if err != nil {
		t.Fatal(err)
	}
	shell := web.New(web.Config{
		Languages: []string{"en", "el", "it", "de", "nl", "fr"}, PatientLanguages: codes(texts), Texts: bundle,
		Now: func() time.Time { return noon },
	})
	(&Zone{Texts: texts, Helplines: lines, Emergency: func(string) string { return "112" }, Tells: tells}).Mount(shell)
	return shell.Handler()
}

// tells knows one word that gives a page away.
func tells(text string) string {
	if strings.Contains(text, "trafficking") {
		return "trafficking"
	}
	return ""
}

func get(t *testing.T, h http.Handler, path string) (*http.Response, string) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	b, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Result(), html.UnescapeString(string(b))
}

func fixed(lines []Helpline) Helplines {
	return func(context.Context, string, string, time.Time) ([]Helpline, error) { return lines, nil }
}

// req: PERSON-1
func TestNoAuthorityEverStandsOnAPageOfThePerson(t *testing.T) {
	h := site(t, fixed(greekLines()))
	for _, lang := range codes(shipped(t)) {
		_, body := get(t, h, "/"+lang+"/info/gr")
		if !strings.Contains(body, `href="tel:1109"`) || !strings.Contains(body, `href="tel:+302310019880"`) {
			t.Errorf("%s: the helpline is missing", lang)
		}
		if strings.Contains(body, "tel:100\"") || strings.Contains(body, "Αστυνομία<") || strings.Contains(body, "Υπουργείο") {
			t.Errorf("%s: an authority is shown", lang)
		}
		if strings.Contains(body, "Χωρίς αριθμό") {
			t.Errorf("%s: a line that cannot be called is shown", lang)
		}
	}
}

// req: PERSON-2
func TestThePagesKeepNothingAndNameNothing(t *testing.T) {
	h := site(t, fixed(greekLines()))
	title := regexp.MustCompile(`<title>(.*?)</title>`)
	for _, lang := range codes(shipped(t)) {
		for _, path := range []string{"/info", "/info/be", "/info/phone", "/exit-info"} {
			r, body := get(t, h, "/"+lang+path)
			if r.StatusCode != http.StatusOK {
				t.Fatalf("/%s%s: %d", lang, path, r.StatusCode)
			}
			if len(r.Cookies()) != 0 || r.Header.Get("Cache-Control") != "no-store" || !strings.Contains(r.Header.Get("X-Robots-Tag"), "noindex") {
				t.Errorf("/%s%s leaves a trace: %v", lang, path, r.Header)
			}
			want := shipped(t).T(lang, "self.title", nil)
			if m := title.FindStringSubmatch(body); m == nil || m[1] != want {
				t.Errorf("/%s%s: title %v, not %q", lang, path, m, want)
			}
		}
	}
}

// req: PERSON-4
func TestNoNameOfALineGivesThePageAway(t *testing.T) {
	number := func(n string) []Number { return []Number{{Shown: n, Dial: n}} }
	h := site(t, fixed([]Helpline{
		{ID: "be-payoke-support", Group: Support, Name: "Payoke, against trafficking", Numbers: number("1")},
		{ID: "new", Group: Support, Name: "Line against trafficking", Numbers: number("2")},
		{ID: "plain", Group: Support, Name: "Day line", Numbers: number("3")},
	}))
	for _, lang := range codes(shipped(t)) {
		_, body := get(t, h, "/"+lang+"/info/be")
		for _, want := range []string{"<bdi>Payoke</bdi>", "<bdi>2</bdi>", "<bdi>Day line</bdi>"} {
			if !strings.Contains(body, want) {
				t.Errorf("%s: no %s", lang, want)
			}
		}
		if strings.Contains(body, "Payoke, against") || strings.Contains(body, "Line against") {
			t.Errorf("%s: a name gives the page away", lang)
		}
	}
}

// req: PERSON-4
func TestEveryLineThatIsDescribedHasAShortNameThatTellsNothing(t *testing.T) {
	texts := shipped(t)
	bundle, err := i18n.Load(locale.Files, i18n.Languages)
	if err != nil {
		t.Fatal(err)
	}
	telling := mail.Telling(bundle, i18n.Languages)
	for id := range texts.lines {
		if name := texts.Called(id); name == "" || mail.Tells(name, telling) != "" {
			t.Errorf("%s is called %q", id, name)
		}
	}
}

func TestNoLinkLeavesTheSite(t *testing.T) {
	h := site(t, fixed(greekLines()))
	for _, path := range []string{"/uk/info", "/uk/info/gr", "/uk/info/phone", "/uk/exit-info"} {
		_, body := get(t, h, path)
		for _, m := range regexp.MustCompile(`(?:href|src|action)="([^"]*)"`).FindAllStringSubmatch(body, -1) {
			if link := m[1]; !strings.HasPrefix(link, "/") && !strings.HasPrefix(link, "tel:") && !strings.HasPrefix(link, "#") {
				t.Errorf("%s leads to %s", path, link)
			}
		}
	}
}

func TestArabicRunsFromRightToLeftAndNumbersDoNot(t *testing.T) {
	_, body := get(t, site(t, fixed(greekLines())), "/ar/info/gr")
	if !strings.Contains(body, `<html lang="ar" dir="rtl"`) || !strings.Contains(body, `class="number" dir="ltr">1109`) {
		t.Error("directions are wrong")
	}
}

func TestANumberInAnArabicSentenceIsNotTurnedAround(t *testing.T) {
	lines := greekLines()
	lines[0].Numbers[0] = Number{Shown: "0800 22 55", Dial: "+498002255"}
	h := site(t, fixed(lines))
	if _, body := get(t, h, "/ar/info/gr"); !strings.Contains(body, "الاتصال بالرقم \u20660800 22 55\u2069") {
		t.Error("the number on the button is not isolated")
	}
	if _, body := get(t, h, "/ro/info/gr"); !strings.Contains(body, "Sunați la 0800 22 55<") {
		t.Error("a Romanian number carries marks")
	}
}

func TestManyLinesAreFoldedAway(t *testing.T) {
	lines := greekLines()[:1]
	for range 4 {
		lines = append(lines, lines[0])
	}
	_, body := get(t, site(t, fixed(lines)), "/es/info/gr")
	before, after, found := strings.Cut(body, `<details class="fold"`)
	const box = `<article class="callbox person-line`
	if !found || strings.Count(before, box) != 2 || strings.Count(after, box) != 3 {
		t.Errorf("%d lines before the fold", strings.Count(before, box))
	}
}

func TestALineSaysWhenItAnswersInTheReadersWords(t *testing.T) {
	w := words{shipped(t), "ro", "self"}
	for _, x := range []struct {
		line Helpline
		want string
	}{
		{Helpline{HoursKnown: true, Open: true, Always: true}, "Zi și noapte, în fiecare zi"},
		{Helpline{}, "Nu cunoaștem programul."},
		{Helpline{HoursKnown: true, Open: true, Until: noon.Add(2 * time.Hour)}, "Deschis până la 14:00"},
		{Helpline{HoursKnown: true, Open: true}, "Deschis acum"},
		{Helpline{HoursKnown: true}, "Închis acum"},
		{Helpline{HoursKnown: true, Opens: noon.Add(3 * time.Hour)}, "Închis acum · Se deschide: 15:00"},
		{Helpline{HoursKnown: true, Opens: noon.Add(21 * time.Hour)}, "Închis acum · Se deschide: joi, 09:00"},
		{Helpline{HoursKnown: true, Opens: noon.Add(4 * 24 * time.Hour)}, "Închis acum · Se deschide: duminică, 12:00"},
	} {
		if got := when(w, x.line, noon.UTC()); got != x.want {
			t.Errorf("%+v: %q, not %q", x.line, got, x.want)
		}
	}
}

func TestTheReaderLearnsHowToAskForTheLanguage(t *testing.T) {
	w := words{shipped(t), "bg", "self"}
	for _, x := range []struct {
		line Helpline
		want string
	}{
		{Helpline{Spoken: true, Interpreted: true}, w.Say("call.spoken")},
		{Helpline{Interpreted: true, Many: true}, w.Say("call.interpreter")},
		{Helpline{Many: true}, w.Say("call.interpreter_some", "english", "Bulgarian")},
		{Helpline{}, "Bulgarian, please."},
	} {
		if facts := strings.Join(describe(w, x.line, "GR", noon).Facts, " "); !strings.Contains(facts, x.want) {
			t.Errorf("%+v: %s", x.line, facts)
		}
	}
}

func TestNobodyIsToldToAskForTheLanguageOfTheCountry(t *testing.T) {
	for lang, country := range map[string]string{"el": "GR", "it": "IT", "de": "DE", "nl": "BE", "fr": "BE"} {
		w := words{shipped(t), lang, "self"}
		l := Helpline{Numbers: []Number{{Shown: "1", Dial: "1"}}}
		if facts := strings.Join(describe(w, l, country, noon).Facts, " "); strings.Contains(facts, "please") {
			t.Errorf("%s in %s: %s", lang, country, facts)
		}
	}
}

func TestACountryWithoutALineStillHelps(t *testing.T) {
	_, body := get(t, site(t, fixed(nil)), "/fr/info/be")
	if !strings.Contains(body, "Nous ne connaissons pas encore de ligne") || !strings.Contains(body, `href="tel:112"`) {
		t.Error("the page ends empty")
	}
}

func TestAnUnknownCountryIsNotFound(t *testing.T) {
	h := site(t, fixed(nil))
	for _, path := range []string{"/fr/info/xx", "/fr/info/BE", "/xx/info"} {
		if r, _ := get(t, h, path); r.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", path, r.StatusCode)
		}
	}
}

// req: PERSON-3
func TestEveryPageSaysHowFarItsLanguageWasChecked(t *testing.T) {
	h := site(t, fixed(greekLines()))
	texts := shipped(t)
	for _, lang := range codes(texts) {
		for _, path := range []string{"/info", "/info/it", "/info/phone", "/exit-info"} {
			if _, body := get(t, h, "/"+lang+path); !strings.Contains(body, texts.T(lang, "self.foot.draft", nil)) {
				t.Errorf("/%s%s claims nothing about its language", lang, path)
			}
		}
		if _, body := get(t, h, "/"+lang+"/info/it"); !strings.Contains(body, texts.T(lang, "self.foot.unverified", nil)) {
			t.Errorf("/%s/info/it does not say that the law is unchecked", lang)
		}
	}
}

// What a person must be able to find without asking anybody.
func TestThePageAnswersWhatPeopleAskThemselves(t *testing.T) {
	h, texts := site(t, fixed(greekLines())), shipped(t)
	for _, lang := range codes(texts) {
		for _, country := range Countries {
			_, body := get(t, h, "/"+lang+"/info/"+strings.ToLower(country))
			for _, key := range []string{"police.title", "secret.title", "call.happens", "yes.title", "rights.title", "rights.text", "papers." + country, "time." + country, "stay." + country, "stay.text", "children.title", "everyone.text", "phone.link"} {
				if !strings.Contains(body, texts.T(lang, "self."+key, nil)) {
					t.Errorf("%s %s: %s is missing", lang, country, key)
				}
			}
			for _, list := range []string{"rights.points", "yes.points", "children.points"} {
				for _, point := range texts.List(lang, "self."+list) {
					if !strings.Contains(body, point) {
						t.Errorf("%s %s: %q is missing", lang, country, point)
					}
				}
			}
			for _, source := range texts.Sources("self.stay."+country, "self.rights.title", "self.children.title") {
				if !strings.Contains(body, source.Title) {
					t.Errorf("%s %s: %q is not cited", lang, country, source.Title)
				}
			}
		}
	}
}

func TestReadingAloudIsOfferedByTheScriptAlone(t *testing.T) {
	_, body := get(t, site(t, fixed(greekLines())), "/ar/info/gr")
	if n := strings.Count(body, "data-aloud="); n == 0 || strings.Count(body, `data-stop="إيقاف" hidden>`) != n {
		t.Errorf("%d buttons that a page without a voice would show", n)
	}
}
