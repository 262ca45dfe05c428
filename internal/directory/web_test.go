package directory

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"amelie/content"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/i18n"
	"amelie/internal/vault"
	"amelie/internal/web"
)

// tuesday is when the tests look at the directory: a working day without a
// holiday in any of the countries, 10:30 in Greece.
var tuesday = time.Date(2026, 11, 24, 8, 30, 0, 0, time.UTC)

// site is a shell with the whole shipped directory behind it.
type testSite struct {
	t      testing.TB
	d      *Directory
	shell  *web.Shell
	client http.Handler
}

func newSite(t testing.TB, at clock.Clock) *testSite {
	t.Helper()
	d, err := db.Open(context.Background(), db.Config{Path: t.TempDir() + "/amelie.db"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if err := d.Migrate(context.Background(), Schema); err != nil {
		t.Fatal(err)
	}
	texts, err := i18n.Load(os.DirFS("../../locale"), i18n.Languages)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := Open(context.Background(), Config{
		DB: d, Content: content.FS, Texts: texts, Secret: vault.NewServerSecret(), Now: at, BaseURL: "https://help.example",
		Receives: func(_ context.Context, organization string) bool { return organization == "gr-a21" },
	})
	if err != nil {
		t.Fatal(err)
	}
	shell := web.New(web.Config{Languages: i18n.Languages, Texts: texts, Now: at, ExitURL: "https://www.example.org/"})
	dir.Mount(shell)
	return &testSite{t: t, d: dir, shell: shell, client: shell.Handler()}
}

// do asks from this machine, which is not slowed.
func (s *testSite) do(r *http.Request) *httptest.ResponseRecorder {
	r.RemoteAddr = "127.0.0.1:1234"
	w := httptest.NewRecorder()
	s.client.ServeHTTP(w, r)
	return w
}

func (s *testSite) get(path string) *httptest.ResponseRecorder {
	s.t.Helper()
	return s.do(httptest.NewRequest("GET", path, nil))
}

func (s *testSite) post(path string, form url.Values) *httptest.ResponseRecorder {
	s.t.Helper()
	r := httptest.NewRequest("POST", path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return s.do(r)
}

func (s *testSite) postJSON(path, body string) *httptest.ResponseRecorder {
	s.t.Helper()
	r := httptest.NewRequest("POST", path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	return s.do(r)
}
