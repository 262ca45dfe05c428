package entitle

import (
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"amelie/internal/i18n"
	"amelie/internal/web"
)

func site(t *testing.T) http.Handler {
	t.Helper()
	texts := fstest.MapFS{}
	for _, l := range i18n.Languages {
		for _, room := range []string{"entitle", "country", "web", "date"} {
			name := l + "/" + room + ".toml"
			b, err := os.ReadFile("../../../locale/" + name)
			if err != nil {
				t.Fatal(err)
			}
			texts[name] = &fstest.MapFile{Data: b}
		}
	}
	bundle, err := i18n.Load(texts, i18n.Languages)
	if err != nil {
		t.Fatal(err)
	}
	shell := web.New(web.Config{Languages: i18n.Languages, Texts: bundle, Now: func() time.Time { return time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC) }})
	(&Rooms{Set: shipped(t), Country: func(string) string { return "GR" }}).Mount(shell)
	return shell.Handler()
}

func ask(t *testing.T, h http.Handler, path string, answers url.Values) (*http.Response, string) {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	if answers != nil {
		r = httptest.NewRequest(http.MethodPost, path, strings.NewReader(answers.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	b, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Result(), html.UnescapeString(string(b))
}

func TestThePageShowsAllThatCanApplyBeforeAnythingIsAnswered(t *testing.T) {
	h, s := site(t), shipped(t)
	for _, lang := range i18n.Languages {
		for _, code := range s.Codes() {
			r, body := ask(t, h, "/"+lang+Path(code), nil)
			if r.StatusCode != http.StatusOK {
				t.Fatalf("%s %s: %d", lang, code, r.StatusCode)
			}
			c := in(t, code)
			for _, p := range c.order() {
				way := s.Way(c.entitlement(p.id), lang)
				for _, text := range []string{way.Name, way.Covers, way.Form, way.Pays, way.Learns} {
					if text == "" || !strings.Contains(body, text) {
						t.Errorf("%s %s %s: %q is missing", lang, code, p.id, text)
					}
				}
			}
			if !strings.Contains(body, s.words[lang].Refused[code]) || strings.Contains(body, ">entitle.") {
				t.Errorf("%s %s: a text is missing", lang, code)
			}
		}
	}
}

// req: ENTITLE-4
func TestAnswersStandInNoAddressAndAreKeptNowhere(t *testing.T) {
	h := site(t)
	r, body := ask(t, h, "/en/entitlement/it", url.Values{"insurance": {"none"}, "papers": {"none"}, "who": {"adult"}, "need": {"necessary"}, "document": {"no"}})
	if r.StatusCode != http.StatusOK || r.Header.Get("Cache-Control") != "no-store" || len(r.Cookies()) != 0 {
		t.Errorf("%d %v", r.StatusCode, r.Header)
	}
	if !strings.Contains(body, "STP code") || !strings.Contains(body, `<option value="none" selected>No papers`) || strings.Contains(body, `data-way="insured"`) {
		t.Error("the answer is wrong or the choice is lost")
	}
	if _, plain := ask(t, h, "/en/entitlement/it?papers=none&insurance=none", nil); !strings.Contains(plain, `data-way="insured"`) {
		t.Error("an address carries answers")
	}
}

func TestAnUnknownAnswerIsShownAtItsQuestion(t *testing.T) {
	r, body := ask(t, site(t), "/en/entitlement/be", url.Values{"papers": {"lost"}, "need": {"urgent"}})
	if r.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, `<option value="urgent" selected>`) {
		t.Errorf("%d", r.StatusCode)
	}
}

func TestCountriesThatNobodyWroteAreNotFoundAndNoCountryLeadsToTheReadersOwn(t *testing.T) {
	h := site(t)
	for _, path := range []string{"/en/entitlement/fr", "/en/entitlement/BE", "/guide/entitlement/fr/en.json", "/guide/entitlement/be/ar.json"} {
		if r, _ := ask(t, h, path, nil); r.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", path, r.StatusCode)
		}
	}
	if r, _ := ask(t, h, "/en/entitlement", nil); r.Header.Get("Location") != "/en/entitlement/gr" {
		t.Error(r.Header)
	}
}

func TestTheFileOfTheOfflineGuideHoldsTheWhole(t *testing.T) {
	_, body := ask(t, site(t), DataPath("BE", "en"), nil)
	var d data
	if err := json.Unmarshal([]byte(body), &d); err != nil {
		t.Fatal(err)
	}
	c := in(t, "BE")
	if len(d.Questions) != len(shipped(t).Questions) || len(d.Ways) != len(c.order()) || len(d.Tables) != len(c.Tables) {
		t.Errorf("%d questions, %d ways, %d tables", len(d.Questions), len(d.Ways), len(d.Tables))
	}
	for id, w := range d.Ways {
		if w.Name == "" || w.Form == "" || w.Costs == "" || w.Say == "" || w.State == "" || len(w.Cited) == 0 {
			t.Errorf("%s: %+v", id, w)
		}
	}
}
