package lexicon

import (
	"bytes"
	"context"
	"html"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"amelie/internal/audit"
	"amelie/internal/db"
	"amelie/internal/db/dbtest"
	"amelie/internal/directory"
	"amelie/internal/i18n"
	"amelie/internal/policy"
	"amelie/internal/vault"
	"amelie/internal/web"
	"amelie/locale"
)

var tuesday = time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC)

var staff = map[string]*web.Viewer{
	"lotte": {UserID: "u-lotte", Name: "Lotte", AgencyID: "a-office", Roles: []string{"professional", "editor"}},
	"nikos": {UserID: "u-nikos", Name: "Nikos", AgencyID: "a-office", Roles: []string{"professional", "coordinator"}},
	"nurse": {UserID: "u-nurse", Name: "Nurse", AgencyID: "a-a21", Roles: []string{"professional"}},
	"petra": {UserID: "u-petra", Name: "Petra", AgencyID: "a-office", Roles: []string{"administrator"}},
}

// house is a small installation with its search page and its room of words.
type house struct {
	t    testing.TB
	db   *db.DB
	d    *directory.Directory
	l    *Lexicon
	site http.Handler
	now  time.Time
	log  bytes.Buffer
}

func each(t *testing.T, story func(h *house)) {
	dbtest.Each(t, []db.Schema{audit.Schema, directory.Schema, Schema}, func(t *testing.T, d *db.DB) { story(open(t, d)) })
}

func open(t testing.TB, d *db.DB) *house {
	t.Helper()
	texts, err := i18n.Load(locale.Files, i18n.Languages)
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, db: d, now: tuesday}
	now := func() time.Time { return h.now }
	secret, err := vault.LoadServerSecret(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(&h.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	h.d, err = directory.Open(t.Context(), directory.Config{DB: d, Content: os.DirFS("../../../content"), Texts: texts, Secret: secret, Now: now, Log: log,
		Policy: policy.Must(directory.Policy), Need: func(n directory.Need) bool { return h.l.Note(n) }})
	if err != nil {
		t.Fatal(err)
	}
	h.l = New(Config{DB: d, Directory: h.d, Texts: texts, Now: now, Log: log})
	shell := web.New(web.Config{Texts: texts, Languages: i18n.Languages, Now: now, Zone: time.UTC, Log: log})
	shell.Authenticate = func(r *http.Request) (*web.Viewer, error) { return staff[r.Header.Get("X-Staff")], nil }
	h.d.Mount(shell)
	h.l.Mount(shell)
	h.site = shell.Handler()
	return h
}

// page is an answer.
type page struct {
	h      *house
	who    string
	status int
	where  string
	raw    string
}

func (h *house) ask(who, method, path string, form url.Values) page {
	h.t.Helper()
	h.now = h.now.Add(2 * time.Second)
	r := httptest.NewRequestWithContext(context.Background(), method, path, strings.NewReader(form.Encode()))
	r.Header.Set("X-Staff", who)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	w := httptest.NewRecorder()
	h.site.ServeHTTP(w, r)
	return page{h, who, w.Code, w.Header().Get("Location"), w.Body.String()}
}

func (h *house) visits(who, path string) page { return h.ask(who, http.MethodGet, path, nil) }

func (h *house) sends(who, path string, pairs ...string) page {
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return h.ask(who, http.MethodPost, path, form)
}

// searches is somebody at the public search: the form, and the page it leads to.
func (h *house) searches(lang string, pairs ...string) page {
	h.t.Helper()
	p := h.sends("", "/"+lang+"/find", pairs...).is(303)
	path, _, _ := strings.Cut(p.where, "#")
	return h.visits("", path).is(200)
}

func (h *house) sweeps() {
	h.t.Helper()
	if err := h.l.Sweep(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
}

func (p page) is(status int) page {
	p.h.t.Helper()
	if p.status != status {
		p.h.t.Fatalf("%s: status %d instead of %d\n%.3000s", p.who, p.status, status, p.text())
	}
	return p
}

var (
	tags     = regexp.MustCompile(`(?s)<(script|style|svg).*?</(script|style|svg)>|<[^>]*>`)
	mainPart = regexp.MustCompile(`(?s)<main.*</main>`)
)

func (p page) text() string {
	return strings.Join(strings.Fields(html.UnescapeString(tags.ReplaceAllString(mainPart.FindString(p.raw), " "))), " ")
}

func (p page) says(phrases ...string) page {
	p.h.t.Helper()
	for _, want := range phrases {
		if !strings.Contains(p.text(), want) {
			p.h.t.Errorf("%s does not read %q in\n%.3000s", p.who, want, p.text())
		}
	}
	return p
}

func (p page) silent(phrases ...string) page {
	p.h.t.Helper()
	for _, not := range phrases {
		if strings.Contains(p.text(), not) {
			p.h.t.Errorf("%s reads %q", p.who, not)
		}
	}
	return p
}
