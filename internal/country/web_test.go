package country

import (
	"context"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"amelie/internal/i18n"
	"amelie/internal/web"
)

type fakeDirectory struct{}

func (fakeDirectory) Contacts(_ context.Context, ids []string, _ string) ([]Contact, error) {
	var list []Contact
	for _, id := range ids {
		list = append(list, Contact{Name: "name of " + id, Number: "+32 2 511 64 64", Path: "/entry/" + id})
	}
	return list, nil
}

func site(t *testing.T) http.Handler {
	t.Helper()
	texts := fstest.MapFS{}
	for _, l := range languages {
		for _, room := range []string{"country", "web", "date"} {
			name := l + "/" + room + ".toml"
			b, err := os.ReadFile("../../locale/" + name)
			if err != nil {
				t.Fatal(err)
			}
			texts[name] = &fstest.MapFile{Data: b}
		}
	}
	bundle, err := i18n.Load(texts, languages)
	if err != nil {
		t.Fatal(err)
	}
	shell := web.New(web.Config{Languages: languages, Texts: bundle, Now: func() time.Time { return time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC) }})
	(&Rooms{Packs: shipped(t), Directory: fakeDirectory{}}).Mount(shell)
	return shell.Handler()
}

func get(t *testing.T, h http.Handler, path string) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	b, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Code, html.UnescapeString(string(b))
}

// req: COUNTRY-1
func TestThePageShowsEveryFactWithItsStateInEveryLanguage(t *testing.T) {
	h, packs := site(t), shipped(t)
	for _, lang := range languages {
		for _, code := range packs.Codes() {
			status, body := get(t, h, "/"+lang+"/country/"+strings.ToLower(code))
			if status != http.StatusOK {
				t.Fatalf("%s %s: %d", lang, code, status)
			}
			p, _ := packs.Get(code)
			for _, d := range p.AllDuties {
				if !strings.Contains(body, d.Text.In(lang)) {
					t.Errorf("%s: %s is missing", lang, d.ID)
				}
			}
			for _, g := range p.AllGrounds {
				if !strings.Contains(body, g.Name.In(lang)) || !strings.Contains(body, g.Article) {
					t.Errorf("%s: %s is missing", lang, g.ID)
				}
			}
			for _, x := range p.Care {
				if !strings.Contains(body, x.Text.In(lang)) || !strings.Contains(body, x.Informs.In(lang)) {
					t.Errorf("%s: %s is missing", lang, x.ID)
				}
			}
			for _, x := range p.Keeps(Bodies...) {
				if !strings.Contains(body, x.Text.In(lang)) {
					t.Errorf("%s: %s is missing", lang, x.ID)
				}
			}
			facts := len(p.AllDuties) + len(p.AllGrounds) + len(p.Care) + len(p.Emergency) + len(p.Facts) + len(p.Keeps(Bodies...)) + 1
			if n := strings.Count(body, `class="country-origin small"`); n != facts {
				t.Errorf("%s %s: %d states for %d facts", lang, code, n, facts)
			}
			if strings.Contains(body, "country.") && strings.Contains(body, ">country.") {
				t.Errorf("%s %s: a text is missing", lang, code)
			}
		}
	}
}

func TestTheFilterNarrowsAndKeepsTheChoice(t *testing.T) {
	h := site(t)
	_, body := get(t, h, "/de/country/it?profession=doctor&employer=private&age=adult&situation=trafficking")
	p, _ := shipped(t).Get("IT")
	for _, d := range p.AllDuties {
		want := d.ID == "it-referto" || d.ID == "it-secrecy" || d.ID == "it-adult-consent"
		if strings.Contains(body, d.Text.In("de")) != want {
			t.Errorf("%s shown: %v", d.ID, !want)
		}
	}
	if !strings.Contains(body, `value="doctor" selected`) {
		t.Error("the choice is lost")
	}
}

// req: COUNTRY-2
func TestAnUnknownFilterValueIsRefusedNotIgnored(t *testing.T) {
	if status, _ := get(t, site(t), "/en/country/be?profession=plumber"); status != http.StatusUnprocessableEntity && status != http.StatusBadRequest {
		t.Errorf("status %d", status)
	}
}

func TestACountryThatNobodyWroteIsNotFound(t *testing.T) {
	for _, path := range []string{"/en/country/fr", "/en/country/BE"} {
		if status, _ := get(t, site(t), path); status != http.StatusNotFound {
			t.Errorf("%s: %d", path, status)
		}
	}
}

func TestThePackNamesOnlyEntriesOfTheDirectory(t *testing.T) {
	packs := shipped(t)
	for _, code := range packs.Codes() {
		b, err := os.ReadFile(shippedDir + "/directory/" + strings.ToLower(code) + ".toml")
		if err != nil {
			t.Fatal(err)
		}
		p, _ := packs.Get(code)
		for _, id := range append(append([]string{}, p.Helplines...), p.Bodies...) {
			if !strings.Contains(string(b), `id = "`+id+`"`) {
				t.Errorf("%s names %s, which the directory does not have", code, id)
			}
		}
	}
}
