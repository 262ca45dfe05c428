package mechanism

import (
	"html"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"amelie/internal/country"
	"amelie/internal/i18n"
	"amelie/internal/web"
	"amelie/locale"
)

func site(t *testing.T) http.Handler {
	t.Helper()
	texts, err := i18n.Load(locale.Files, i18n.Languages)
	if err != nil {
		t.Fatal(err)
	}
	shell := web.New(web.Config{Languages: i18n.Languages, Texts: texts, Now: func() time.Time { return time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC) }})
	(&Rooms{Set: shipped(t), Packs: countries(t)}).Mount(shell)
	return shell.Handler()
}

func get(t *testing.T, h http.Handler, path string) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w.Code, html.UnescapeString(w.Body.String())
}

// req: COUNTRY-1
func TestThePageShowsEveryStageAndFactWithItsStateInEveryLanguage(t *testing.T) {
	h, set := site(t), shipped(t)
	for _, lang := range i18n.Languages {
		for _, code := range set.Codes() {
			status, body := get(t, h, "/"+lang+Path(code))
			if status != http.StatusOK {
				t.Fatalf("%s %s: %d", lang, code, status)
			}
			p, _ := set.Get(code)
			var wanted []string
			for _, s := range p.Stages {
				wanted = append(wanted, s.Name.In(lang), s.Text.In(lang))
			}
			for _, x := range p.Periods {
				wanted = append(wanted, x.Text.In(lang))
			}
			for _, x := range p.Facts {
				wanted = append(wanted, x.Text.In(lang))
			}
			for _, b := range p.Bodies {
				wanted = append(wanted, b.Name.In(lang))
			}
			for _, text := range append(wanted, p.Declined.Text.In(lang)) {
				if !strings.Contains(body, text) {
					t.Errorf("%s %s: %q is missing", lang, code, text)
				}
			}
			states := len(p.Stages) + len(p.Periods) + len(p.Facts) + len(p.Bodies) + len(p.Permits) + len(p.Forms) + 1
			for _, r := range p.Regions {
				if r.State() != country.Unverified {
					states++
				}
			}
			if n := strings.Count(body, `class="country-origin small"`); n != states {
				t.Errorf("%s %s: %d states for %d facts", lang, code, n, states)
			}
			if strings.Contains(body, "mechanism.") && strings.Contains(body, ">mechanism.") {
				t.Errorf("%s %s: a text is missing", lang, code)
			}
		}
	}
}

// req: MECHANISM-4
func TestTheCalculatorSaysFirstWhatHoldsAndKeepsWhatWasTyped(t *testing.T) {
	h := site(t)
	for path, want := range map[string][]string{
		"/en/country/be/mechanism?from=2024-01-15&age=adult": {"The last day is 29 February 2024."},
		"/en/country/be/mechanism?from=2024-01-15&age=child": {"No day can be counted"},
		"/el/country/gr/mechanism?from=2024-11-30&age=child": {"28 Φεβρουαρίου 2025", "30 Απριλίου 2025", "Εισαγγελία Πρωτοδικών"},
		"/de/country/de/mechanism?from=2024-11-30":           {"Mindestens bis zum 28. Februar 2025"},
		"/it/country/it/mechanism?from=2024-11-30":           {"Nessun giorno si può contare"},
	} {
		status, body := get(t, h, path)
		at := 0
		for _, text := range want {
			i := strings.Index(body[at:], text)
			if status != http.StatusOK || i < 0 {
				t.Errorf("%s: %d, %q is missing or comes too early", path, status, text)
				break
			}
			at += i
		}
		if day := path[strings.Index(path, "from=")+5:][:10]; !strings.Contains(body, `value="`+day+`"`) {
			t.Errorf("%s: the day is lost", path)
		}
	}
	if _, body := get(t, h, "/en/country/gr/mechanism?from=2024-11-30&age=child"); !strings.Contains(body, `<option value="child" selected>`) {
		t.Error("the age is lost")
	}
}

func TestADayThatIsNoneIsRefusedBesideItsField(t *testing.T) {
	h := site(t)
	for _, query := range []string{"from=2024-02-30&age=adult", "from=tomorrow", "from=2024-01-01&age=old"} {
		status, body := get(t, h, "/en/country/gr/mechanism?"+query)
		if status != http.StatusUnprocessableEntity || !strings.Contains(body, `aria-invalid="true"`) || !strings.Contains(body, "Enter a day") || strings.Contains(body, "mech-said") {
			t.Errorf("%s: %d", query, status)
		}
	}
}

func TestAMechanismThatNobodyWroteIsNotFound(t *testing.T) {
	for _, path := range []string{"/en/country/fr/mechanism", "/en/country/BE/mechanism"} {
		if status, _ := get(t, site(t), path); status != http.StatusNotFound {
			t.Errorf("%s: %d", path, status)
		}
	}
}
