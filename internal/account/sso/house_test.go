package sso

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"amelie/internal/account"
	"amelie/internal/audit"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/i18n"
	"amelie/internal/jobs"
	"amelie/internal/policy"
	"amelie/internal/vault"
	"amelie/internal/web"
)

var schemas = []db.Schema{jobs.Schema, audit.Schema, account.Schema, Schema}

// house is one installation under test with a clock that tests turn.
type house struct {
	*Service
	t        *testing.T
	now      time.Time
	in       *wards
	handler  http.Handler
	accounts *account.Service
	admin    *web.Viewer
	lead     *web.Viewer
}

// wards stands in for the real agencies.
type wards struct {
	member map[string]string
	invite map[string]string // secret -> agency
}

func (w *wards) Name(_ *db.Tx, agencyID string) (string, error) {
	if agencyID != "hospital" && agencyID != "clinic" {
		return "", fault.New(fault.NotFound, "")
	}
	return "The " + agencyID, nil
}
func (w *wards) All(context.Context, *web.Viewer) ([]Agency, error) {
	return []Agency{{"hospital", "The hospital"}, {"clinic", "The clinic"}}, nil
}
func (w *wards) Invited(_ context.Context, secret string) (string, error) {
	if a := w.invite[secret]; a != "" {
		return a, nil
	}
	return "", fault.New(fault.Expired, "agency.error.link")
}
func (w *wards) Join(ctx context.Context, secret, userID string, _ vault.PublicKey, insert func(*db.Tx) error) error {
	agency, err := w.Invited(ctx, secret)
	if err != nil {
		return err
	}
	return w.write(userID, agency, insert)
}
func (w *wards) Wait(_ context.Context, agencyID, userID string, insert func(*db.Tx) error) error {
	return w.write(userID, agencyID, insert)
}

// write is filled in by newHouse: the fake has no database of its own.
var write func(userID, agency string, insert func(*db.Tx) error) error

func (w *wards) write(userID, agency string, insert func(*db.Tx) error) error {
	if err := write(userID, agency, insert); err != nil {
		return err
	}
	w.member[userID] = agency
	return nil
}

// account's side of the agencies.
type memberships struct{ *wards }

func (m memberships) Membership(_ *db.Tx, userID string) (string, string, []string, error) {
	if m.member[userID] == "" {
		return "", "", nil, nil
	}
	return m.member[userID], "The " + m.member[userID], []string{"professional"}, nil
}
func (m memberships) Departure(context.Context, string) (func(*db.Tx, string) error, error) {
	return func(*db.Tx, string) error { return nil }, nil
}
func (m memberships) KeyChanged(*db.Tx, string, string) error     { return nil }
func (m memberships) Unlocked(context.Context, *web.Viewer) error { return nil }

// sso's side.
type membership struct{ *wards }

func (m membership) Membership(_ *db.Tx, userID string) (string, error) { return m.member[userID], nil }

func newHouse(t *testing.T, d *db.DB) *house {
	vault.CheapForTests(t)
	texts, err := i18n.Load(os.DirFS("../../../locale"), i18n.Languages)
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, now: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC), in: &wards{member: map[string]string{}, invite: map[string]string{}}}
	now := func() time.Time { return h.now }
	base := "http://amelie.test"
	secret := vault.NewServerSecret()
	engine := policy.Must(account.Policy, Policy)
	h.accounts = account.New(d, secret, engine, account.Config{BaseURL: base, Languages: i18n.Languages, Texts: texts, Now: now})
	h.accounts.Plug(memberships{h.in})
	h.Service = New(d, secret, engine, h.accounts, membership{h.in}, Config{BaseURL: base, Now: now})
	h.accounts.PlugElsewhere(h.Service)
	write = func(userID, agency string, insert func(*db.Tx) error) error {
		return d.Write(context.Background(), insert)
	}
	sh := web.New(web.Config{Languages: i18n.Languages, PatientLanguages: i18n.Languages, Texts: texts, BaseURL: base, Now: now})
	sh.Authenticate, sh.SignOut = h.accounts.Authenticate, h.accounts.SignOut
	h.accounts.Mount(sh)
	h.Mount(sh)
	sh.Professional("GET /today", func(c *web.Ctx) error {
		return c.Text(200, "here is "+c.Viewer.Name+" "+map[bool]string{true: "unlocked", false: "locked"}[c.Viewer.Key != nil])
	})
	h.handler = sh.Handler()
	h.admin = &web.Viewer{UserID: "admin", Name: "Admin", Roles: []string{"administrator"}}
	h.lead = &web.Viewer{UserID: "lead", AgencyID: "hospital", Roles: []string{"lead"}}
	return h
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

const phrase = "harbour violet 19 lanterns"

// makes an account and its membership.
func (h *house) makes(login, agency string) (userID string) {
	h.t.Helper()
	p, err := h.accounts.Prepare(account.NewUser{Name: "Someone " + login, Login: login, Lang: "el", Password: phrase})
	h.must(err)
	h.must(h.db.Write(context.Background(), p.Insert))
	h.in.member[p.User.ID] = agency
	return p.User.ID
}

// provides writes a provider down for the hospital and turns it on.
func (h *house) provides(l *liar, change ...func(*Provider)) Provider {
	h.t.Helper()
	p := Provider{ID: newID(""), AgencyID: "hospital", Label: "My workplace", Issuer: l.URL, ClientID: l.client, Second: SecondProvider, Entry: EntryInvited, Shown: true}
	for _, c := range change {
		c(&p)
	}
	h.must(h.Save(context.Background(), h.admin, p, l.secret))
	h.must(h.Switch(context.Background(), h.admin, p.ID, true))
	l.redirects = append(l.redirects, h.Redirect(p.ID))
	return p
}

// links ties a person of the provider to an account, as a confirmed link does.
func (h *house) links(p Provider, l *liar, sub, userID string) {
	h.t.Helper()
	h.must(h.db.Write(context.Background(), func(tx *db.Tx) error { return h.link(tx, p, h.subject(l.URL, sub), userID) }))
}

// browser is one with cookies, which keeps strict ones back on what a foreign
// site leads to.
type browser struct {
	h       *house
	cookies map[string]*http.Cookie
}

func (h *house) browser() *browser { return &browser{h: h, cookies: map[string]*http.Cookie{}} }

func (b *browser) do(method, path string, form url.Values, foreign bool) *httptest.ResponseRecorder {
	b.h.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	r.Host = "amelie.test"
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for _, c := range b.cookies {
		if !foreign || c.SameSite == http.SameSiteLaxMode {
			r.AddCookie(c)
		}
	}
	w := httptest.NewRecorder()
	b.h.handler.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		} else {
			b.cookies[c.Name] = c
		}
	}
	return w
}

func (b *browser) get(path string) *httptest.ResponseRecorder { return b.do("GET", path, nil, false) }
func (b *browser) post(path string, form url.Values) *httptest.ResponseRecorder {
	if form == nil {
		form = url.Values{}
	}
	return b.do("POST", path, form, false)
}

// leaves presses the button of a provider and gives the address there.
func (b *browser) leaves(path string, form url.Values) string {
	b.h.t.Helper()
	w := b.post(path, form)
	address, ok := strings.CutPrefix(w.Header().Get("Refresh"), "0; url=")
	if w.Code != 200 || !ok {
		b.h.t.Fatalf("%s: %d, not sent to a provider: %s", path, w.Code, text(w))
	}
	return address
}

// returns comes back from the provider with a query, as the browser does: by
// a link of a foreign site, on an address without a language.
func (b *browser) returns(p Provider, q url.Values) *httptest.ResponseRecorder {
	b.h.t.Helper()
	path := "/sign-in/back/" + p.ID + "?" + q.Encode()
	for range 4 {
		w := b.do("GET", path, nil, true)
		to := w.Header().Get("Location")
		if w.Code != 302 && w.Code != 303 || !strings.Contains(to, "/sign-in/back/") {
			return w
		}
		path = to
	}
	b.h.t.Fatal("sent in circles")
	return nil
}

// enters goes through a whole sign-in as sub.
func (b *browser) enters(l *liar, p Provider, sub string) *httptest.ResponseRecorder {
	b.h.t.Helper()
	return b.returns(p, l.consent(b.leaves("/en/sign-in/with/"+p.ID, nil), sub))
}

var tags = regexp.MustCompile(`(?s)<(style|script).*?</(style|script)>|<[^>]*>`)

func text(w *httptest.ResponseRecorder) string {
	return strings.Join(strings.Fields(tags.ReplaceAllString(w.Body.String(), " ")), " ")
}

var ticketField = regexp.MustCompile(`name="ticket" value="([^"]+)"`)

func ticketOf(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	m := ticketField.FindStringSubmatch(w.Body.String())
	if m == nil {
		t.Fatalf("no ticket in: %s", text(w))
	}
	return m[1]
}

// isIn says who the browser is, "" for nobody.
func (b *browser) isIn() string {
	w := b.get("/en/today")
	if w.Code != 200 {
		return ""
	}
	return w.Body.String()
}

var countUsers = db.Statement(`SELECT COUNT(*) FROM account_user`)
var countSessions = db.Statement(`SELECT COUNT(*) FROM account_session`)
var countAllIdentities = db.Statement(`SELECT COUNT(*) FROM sso_identity`)

// rows counts what could have been created.
func (h *house) rows() (users, sessions, identities int64) {
	h.t.Helper()
	h.must(h.db.Read(context.Background(), func(tx *db.Tx) error {
		for stmt, to := range map[*db.Stmt]*int64{countUsers: &users, countSessions: &sessions, countAllIdentities: &identities} {
			if err := tx.Row(stmt).Scan(to); err != nil {
				return err
			}
		}
		return nil
	}))
	return
}

// lines are the actions that the log has about a provider.
func (h *house) lines(p Provider) (out []string) {
	h.t.Helper()
	h.must(h.db.Read(context.Background(), func(tx *db.Tx) error {
		list, err := audit.History(tx, "provider/"+p.ID)
		for _, e := range list {
			out = append(out, strings.TrimSpace(e.Action+" "+e.Purpose))
		}
		return err
	}))
	return out
}
