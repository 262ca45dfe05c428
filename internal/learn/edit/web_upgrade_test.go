package edit

import (
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"amelie/internal/db/dbtest"
	"amelie/internal/i18n"
	"amelie/internal/learn/learntest"
	"amelie/internal/web"
)

// deskSite is the pages of folders and newer releases, as somebody sees them.
func deskSite(t *testing.T, x *office, who *web.Viewer) func(method, path string, form url.Values) (int, string) {
	t.Helper()
	shell := learntest.Shell(t, x.Now, func() *web.Viewer { return who })
	(&Folders{x.Service}).Mount(shell)
	(&Upgraders{x.Service}).Mount(shell)
	h := shell.Handler()
	return func(method, path string, form url.Values) (int, string) {
		r := learntest.Request(method, path, form)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code, html.UnescapeString(w.Body.String())
	}
}

var tags = regexp.MustCompile(`<[^>]*>`)

var hidden = regexp.MustCompile(`<input type="hidden" name="(path|block|seen)" value="([^"]*)">`)

func TestWhatAReleaseProposesStandsBesideOursInEveryLanguageAndIsDecidedThere(t *testing.T) {
	x := newOffice(t, dbtest.Open(t, schemas...))
	x.writes(t, trainer, "en", "u1.p1", "Our own English.")
	x.upgrades(t, nextShipped())
	send := deskSite(t, x, trainer)
	var page string
	for _, lang := range i18n.Languages {
		var status int
		if status, page = send("GET", "/"+lang+"/desk/course/upgrade", nil); status != http.StatusOK {
			t.Fatalf("%s: %d", lang, status)
		}
		words := tags.ReplaceAllString(page, "")
		for _, want := range []string{"Our own English.", "Newer en u1.p1.", "See her *alone*", web.LanguageName("de")} {
			if !strings.Contains(words, want) {
				t.Errorf("%s: no %q on the page", lang, want)
			}
		}
	}
	form := url.Values{"do": {"take"}}
	for _, m := range hidden.FindAllStringSubmatch(page, -1) {
		form.Set(m[1], m[2])
	}
	if status, _ := send("POST", "/en/desk/course/upgrade", form); status != http.StatusSeeOther {
		t.Errorf("%d", status)
	}
	if got := x.says(t, "talk", "de", "u1.p1").Body; got != "Newer de u1.p1." {
		t.Errorf("%q", got)
	}
	if status, _ := send("POST", "/en/desk/course/upgrade", form); status != http.StatusNotFound {
		t.Errorf("decided twice: %d", status)
	}
}

func TestTheDeskOfFoldersAndReleasesIsNotFoundByOthers(t *testing.T) {
	x := newOffice(t, dbtest.Open(t, schemas...))
	send := deskSite(t, x, insider)
	for _, path := range []string{"", "/file", "/take/none"} {
		if status, _ := send("GET", "/en/desk/course/folder"+path, nil); status != http.StatusNotFound {
			t.Errorf("%s: %d", path, status)
		}
	}
	if status, _ := send("GET", "/en/desk/course/upgrade", nil); status != http.StatusNotFound {
		t.Errorf("%d", status)
	}
}
