package web_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"github.com/andybalholm/brotli"

	"amelie/internal/clock"
	"amelie/internal/fault"
	"amelie/internal/i18n"
	"amelie/internal/web"
	"amelie/locale"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

type note struct {
	Typed string
	Again string
}

var notePage = web.NewPage[note](fstest.MapFS{"note.html": {Data: []byte(
	`{{define "title"}}{{.T "web.nav.today"}}{{end}}{{define "main"}}<h1>{{.T "web.nav.today"}}</h1>{{template "c-errors" .}}` +
		`<form method="post">{{template "c-once" .}}{{template "c-field" (dict "v" . "name" "name" "label" "Name" "value" .D.Typed)}}` +
		`{{template "c-field" (dict "v" . "name" "password" "type" "password" "label" "Word")}}` +
		`{{template "c-choices" (dict "v" . "name" "need" "multi" true "legend" "Need" "choices" (list (choice "bed" "Bed") (choice "talk" "Talk")))}}</form>{{end}}`)}}, "note.html")

type house struct {
	*web.Shell
	log     *bytes.Buffer
	viewer  *web.Viewer
	signOut int
	seen    []web.Observation
}

// open makes a shell with a public, a professional, a person and an API room.
func open(t *testing.T, change ...func(*web.Config)) *house {
	t.Helper()
	texts, err := i18n.Load(locale.Files, i18n.Languages)
	if err != nil {
		t.Fatal(err)
	}
	h := &house{log: &bytes.Buffer{}}
	cfg := web.Config{
		Languages: i18n.Languages, PatientLanguages: append(append([]string{}, i18n.Languages...), "ar", "ro"),
		ExitURL: "https://weather.example/", Demo: true, Texts: texts, Now: clock.Fixed(noon), Zone: time.UTC,
		Log: slog.New(slog.NewTextHandler(h.log, nil)),
	}
	for _, c := range change {
		c(&cfg)
	}
	h.Shell = web.New(cfg)
	h.Authenticate = func(*http.Request) (*web.Viewer, error) { return h.viewer, nil }
	h.SignOut = func(http.ResponseWriter, *http.Request) { h.signOut++ }
	h.Observe = func(o web.Observation) { h.seen = append(h.seen, o) }
	web.Sample(h.Shell)
	h.Public("GET /note/{id}", func(c *web.Ctx) error { return notePage.Render(c, note{Typed: c.Query("q")}) })
	h.Public("POST /note/{id}", func(c *web.Ctx) error {
		f, err := c.Form()
		if err != nil {
			return err
		}
		if f.Value("name") == "" {
			f.Error("name", "web.error.empty")
		}
		if !f.OK() {
			return notePage.Render(c, note{})
		}
		switch f.Value("name") {
		case "break":
			return errors.New("disk full at /secret/place")
		case "panic":
			panic("words of the person: " + f.Value("name"))
		case "stale":
			return fault.New(fault.Stale, "")
		}
		return c.Text(200, f.Once()+"|"+f.Value("name"))
	})
	h.Person("GET /info", func(c *web.Ctx) error { return notePage.Render(c, note{}) })
	h.Professional("GET /today", func(c *web.Ctx) error { return notePage.Render(c, note{}) })
	h.Professional("POST /today", func(c *web.Ctx) error {
		c.Flash("web.form.saved")
		return c.Redirect("/today")
	})
	h.API("GET /api/v1/thing", func(c *web.Ctx) error {
		return fault.Fields(fault.Field{Name: "country", Key: "web.error.choose"})
	})
	h.API("POST /api/v1/thing", func(c *web.Ctx) error { return c.JSON(201, web.M{"ok": true}) })
	h.Nav(web.NavItem{Path: "/today", Icon: "lamp", Label: "web.nav.today", Order: 1})
	h.Professional("GET /admin", func(c *web.Ctx) error { return notePage.Render(c, note{}) })
	h.Nav(web.NavItem{Path: "/admin", Icon: "settings", Label: "web.nav.admin", Roles: []string{"administrator"}, Order: 2})
	return h
}

func (h *house) ask(method, target, body string, headers ...string) *http.Response {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.Handler().ServeHTTP(w, r)
	return w.Result()
}

func text(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func want(t *testing.T, r *http.Response, status int) string {
	t.Helper()
	b := text(t, r)
	if r.StatusCode != status {
		t.Fatalf("status %d, want %d\n%s", r.StatusCode, status, b)
	}
	return b
}

func holds(t *testing.T, page string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(page, p) {
			t.Errorf("the page lacks %q\n%s", p, page)
		}
	}
}

func TestTheStartLeadsToTheLanguageTheBrowserAsksFor(t *testing.T) {
	h := open(t)
	for accept, lang := range map[string]string{"el-GR,el;q=0.9,en;q=0.5": "el", "fr-BE": "fr", "ja, nl;q=0.3": "nl", "": "en", "nonsense;;": "en", "ar": "en"} {
		r := h.ask("GET", "/", "", "Accept-Language", accept)
		if got := r.Header.Get("Location"); r.StatusCode != 302 || got != "/"+lang+"/" {
			t.Errorf("Accept-Language %q leads to %q with %d, want /%s/", accept, got, r.StatusCode, lang)
		}
	}
	r := h.ask("GET", "/note/7?q=a", "", "Accept-Language", "de")
	if got := r.Header.Get("Location"); got != "/de/note/7?q=a" {
		t.Errorf("a path without a language leads to %q", got)
	}
	if got := h.ask("GET", "/el", "").Header.Get("Location"); got != "/el/" {
		t.Errorf("/el leads to %q", got)
	}
}

func TestAPageCarriesItsLanguageAndDirection(t *testing.T) {
	h := open(t)
	holds(t, want(t, h.ask("GET", "/el/", ""), 200), `<html lang="el" dir="ltr"`, "Εύρεση βοήθειας")
	page := want(t, h.ask("GET", "/ar/info", ""), 200)
	holds(t, page, `<html lang="ar" dir="rtl"`, "خروج", `href="/ro/info"`)
	if h.ask("GET", "/ar/today", "").StatusCode != 404 {
		t.Error("a patient language reaches a room that is not for patients")
	}
}

func TestAWrongMethodSaysWhichOneIsRight(t *testing.T) {
	r := open(t).ask("POST", "/en/", "a=b")
	if r.StatusCode != 405 || r.Header.Get("Allow") != "GET" {
		t.Errorf("status %d, Allow %q", r.StatusCode, r.Header.Get("Allow"))
	}
	holds(t, text(t, r), "<title>Not this way</title>", "This address does not work that way")
	holds(t, text(t, open(t).ask("POST", "/en/nowhere", "a=b")), "This page is not here")
}

func TestALanguageLinkOfAPageThatAnsweredAButtonLeadsWhereALinkCanLead(t *testing.T) {
	h := open(t)
	show := func(c *web.Ctx) error { return notePage.Render(c, note{}) }
	h.Public("POST /note/{id}/make/now", show)
	h.Public("POST /lone", show)
	holds(t, want(t, h.ask("POST", "/en/note/1?q=a", "name="), 422), `href="/el/note/1"`)
	holds(t, want(t, h.ask("POST", "/en/note/1/make/now", "a=b"), 200), `href="/el/note/1"`)
	holds(t, want(t, h.ask("POST", "/en/lone", "a=b"), 200), `href="/el/"`)
}

func TestTheFrameFollowsWhatIsChangedWhileTheSiteRuns(t *testing.T) {
	h := open(t)
	athens, err := time.LoadLocation("Europe/Athens")
	if err != nil {
		t.Fatal(err)
	}
	h.Shell.Show(web.Shown{Name: "Harbour", ExitURL: "https://weather.example", Languages: []string{"el", "de", "xx"}, Zone: athens})
	page := want(t, h.ask("GET", "/de/", ""), 200)
	holds(t, page, "Harbour", `href="/el/"`)
	if strings.Contains(page, `href="/fr/"`) {
		t.Error("a language that is not offered stands in the menu")
	}
	want(t, h.ask("GET", "/fr/", ""), 200) // an old link still works
	if to := h.ask("GET", "/", "", "Accept-Language", "fr").Header.Get("Location"); to != "/el/" {
		t.Errorf("a visitor without an offered language is led to %s", to)
	}
	if to := h.ask("GET", "/exit", "").Header.Get("Location"); to != "https://weather.example" {
		t.Errorf("the exit leads to %q", to)
	}
}

// req: WEB-1
// req: WEB-2
// req: WEB-3
func TestNoPublicPageSetsACookieStaysOnTheDeviceOrCallsAForeignHost(t *testing.T) {
	h := open(t, func(c *web.Config) { c.TLS = true })
	foreign := regexp.MustCompile(`(?i)(src|href|action)="(https?:)?//`)
	inline := regexp.MustCompile(`(?i)<style|\sstyle="|\son[a-z]+="|javascript:|<script(>| [^>]*[^/]>[^<])`)
	for _, path := range []string{"/en/", "/de/", "/fr/note/1", "/ro/info", "/ar/info", "/nl/missing", "/it/design", "/el/design?dir=rtl"} {
		r := h.ask("GET", path, "", "Cookie", "amelie_notice=e30")
		page := text(t, r)
		if len(r.Cookies()) > 0 {
			t.Errorf("%s sets the cookie %v", path, r.Cookies())
		}
		if got := r.Header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("%s may be kept: %q", path, got)
		}
		csp := r.Header.Get("Content-Security-Policy")
		for _, rule := range []string{"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"} {
			if !strings.Contains(csp, rule) {
				t.Errorf("%s: the policy lacks %s", path, rule)
			}
		}
		if strings.Contains(csp, "unsafe") || strings.Contains(csp, "http") {
			t.Errorf("%s: the policy %q is not strict", path, csp)
		}
		for header, value := range map[string]string{"Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff", "Cross-Origin-Opener-Policy": "same-origin", "Strict-Transport-Security": "max-age=63072000"} {
			if got := r.Header.Get(header); got != value {
				t.Errorf("%s: %s is %q", path, header, got)
			}
		}
		if m := foreign.FindString(page); m != "" {
			t.Errorf("%s names a foreign host: %s", path, m)
		}
		if m := inline.FindString(page); m != "" {
			t.Errorf("%s has inline code: %s", path, m)
		}
	}
}

// req: WEB-5
func TestLeavingAPublicPageClearsTheSiteAndGoesToTheChosenAddress(t *testing.T) {
	r := open(t).ask("GET", "/exit", "")
	if r.StatusCode != 303 || r.Header.Get("Location") != "https://weather.example/" {
		t.Errorf("leads with %d to %q", r.StatusCode, r.Header.Get("Location"))
	}
	for _, kind := range []string{`"cache"`, `"cookies"`, `"storage"`} {
		if !strings.Contains(r.Header.Get("Clear-Site-Data"), kind) {
			t.Errorf("does not clear %s", kind)
		}
	}
	page := want(t, open(t, func(c *web.Config) { c.ExitURL = "" }).ask("GET", "/exit", ""), 200)
	if strings.Contains(page, "Amelie") {
		t.Error("the empty page names the site")
	}
}

// req: WEB-6
func TestLeavingTheProfessionalZoneSignsOutButAnotherSiteCannotDoIt(t *testing.T) {
	h := open(t)
	r := h.ask("GET", "/exit/work", "", "Sec-Fetch-Site", "same-origin")
	if h.signOut != 1 || r.StatusCode != 303 {
		t.Errorf("signed out %d times, status %d", h.signOut, r.StatusCode)
	}
	if strings.Contains(r.Header.Get("Clear-Site-Data"), "storage") {
		t.Error("leaving throws the offline guide away")
	}
	if h.ask("GET", "/exit/work", "", "Sec-Fetch-Site", "cross-site"); h.signOut != 1 {
		t.Error("another site ended the sign-in")
	}
	if h.ask("GET", "/exit", ""); h.signOut != 1 {
		t.Error("a visitor who leaves is signed out of nothing")
	}
	if h.ask("GET", "/exit", "", "Cookie", "amelie_s=x"); h.signOut != 2 {
		t.Error("a member who leaves from a public page stays signed in")
	}
}

func TestEveryPageHasTheExitTheSkipLinkAndTheOtherLanguages(t *testing.T) {
	h := open(t)
	page := want(t, h.ask("GET", "/de/note/5?q=x", ""), 200)
	holds(t, page, `href="/exit"`, `data-leave`, `href="#main"`, `<main id="main"`, `href="/el/note/5?q=x"`, `hreflang="nl"`, `aria-current="true"`)
	if !strings.Contains(page, "<title>Heute</title>") {
		t.Error("the title is more than the page's plain noun")
	}
	if page := want(t, h.ask("GET", `/de/note/5?q="><b>x</b>`, ""), 200); strings.Contains(page, "<b>x") {
		t.Error("a query stands in the page as markup")
	}
	h.viewer = &web.Viewer{UserID: "u", Name: "Mira"}
	holds(t, want(t, h.ask("GET", "/de/today", ""), 200), `href="/exit/work"`, "Mira", `class="rail"`)
}

func TestANavigationEntryIsShownToItsRolesOnly(t *testing.T) {
	h := open(t)
	h.viewer = &web.Viewer{UserID: "u", Roles: []string{"lead"}}
	if page := want(t, h.ask("GET", "/en/today", ""), 200); strings.Contains(page, "/en/admin") {
		t.Error("the lead sees the administrator's room")
	} else {
		holds(t, page, `<a href="/en/today" aria-current="page">`)
	}
	h.viewer.Roles = []string{"administrator"}
	holds(t, want(t, h.ask("GET", "/en/today", ""), 200), "/en/admin")
}

func TestARoomThatDoesNotExistIsNotShown(t *testing.T) {
	h := open(t)
	h.viewer = &web.Viewer{UserID: "u"}
	page := want(t, h.ask("GET", "/en/today", ""), 200)
	if strings.Contains(page, "/en/find") || strings.Contains(page, "/en/referrals") {
		t.Error("a room that does not exist is shown")
	}
	h.Public("GET /find", func(c *web.Ctx) error { return notePage.Render(c, note{}) })
	holds(t, want(t, h.ask("GET", "/en/today", ""), 200), `href="/en/find"`)
	holds(t, want(t, h.ask("GET", "/en/", ""), 200), `<footer class="foot"><ul><li><a href="/en/find"`)
}

func TestASignedInMemberFindsTheWayBackFromAPublicPageAndAVisitorSeesNone(t *testing.T) {
	h := open(t)
	if strings.Contains(want(t, h.ask("GET", "/en/", ""), 200), "/en/today") {
		t.Error("a visitor is shown the members' room")
	}
	holds(t, want(t, h.ask("GET", "/en/", "", "Cookie", "amelie_s=x"), 200), `class="way-back" href="/en/today"`)
}

func TestAVisitorIsSentToTheSignInAndBack(t *testing.T) {
	r := open(t).ask("GET", "/it/today?x=1", "")
	if got := r.Header.Get("Location"); r.StatusCode != 303 || got != "/it/sign-in?to="+url.QueryEscape("/it/today?x=1") {
		t.Errorf("status %d leads to %q", r.StatusCode, got)
	}
}

// req: WEB-7
func TestAFormSentAfterTheSignInEndedIsKeptAndCanBeSentAgain(t *testing.T) {
	h := open(t)
	page := want(t, h.ask("POST", "/en/today", "words=a+safe+place&words=%3Cb%3E"), 401)
	holds(t, page, `value="a safe place"`, `value="&lt;b&gt;"`, `action="/en/today"`, `href="/en/sign-in"`, "Send again")
	if page = want(t, h.ask("POST", "/en/today", "words=x&password=hunter2"), 303); strings.Contains(page, "hunter2") {
		t.Error("a secret was written into the page")
	}
}

func TestAPostFromAnotherSiteIsRefusedAndAClientThatIsNoBrowserPasses(t *testing.T) {
	h := open(t)
	holds(t, want(t, h.ask("POST", "/en/note/1", "name=a", "Sec-Fetch-Site", "cross-site"), 403), "did not come from our own page")
	want(t, h.ask("POST", "/en/note/1", "name=a", "Sec-Fetch-Site", "same-origin"), 200)
	want(t, h.ask("POST", "/api/v1/thing", ""), 201)
}

func TestAWrongFormIsShownAgainWithEverythingTyped(t *testing.T) {
	h := open(t)
	token := "0192f0c1-7777-7abc-8def-0123456789ab"
	page := want(t, h.ask("POST", "/en/note/1", "once="+token+"&name=++&need=talk&password=hunter2"), 422)
	holds(t, page, "One answer needs another look", `<a href="#f-name">Please fill this in.</a>`, `aria-invalid="true"`, `value="talk" checked`, `value="`+token+`"`)
	if strings.Contains(page, "hunter2") {
		t.Error("the password is shown again")
	}
	if strings.Contains(page, `value="bed" checked`) {
		t.Error("an answer that was not given is ticked")
	}
	if got := want(t, h.ask("POST", "/en/note/1", "once="+token+"&name=Ana"), 200); got != token+"|Ana" {
		t.Errorf("the form arrived as %q", got)
	}
	if got := want(t, h.ask("POST", "/en/note/1", "once=%3Cscript%3Ealert(1)&name=Ana"), 200); got != "|Ana" {
		t.Errorf("a token that is none was taken: %q", got)
	}
}

func TestAFormThatIsTooLargeIsRefusedWithAReason(t *testing.T) {
	page := want(t, open(t).ask("POST", "/en/note/1", "name="+strings.Repeat("a", 1<<20)), 422)
	holds(t, page, "larger than 1 MB")
}

func TestAFaultOfTheProgramTellsTheReaderWhatIsSafeAndTheLogWhatBroke(t *testing.T) {
	h := open(t)
	page := want(t, h.ask("POST", "/de/note/1", "name=break"), 500)
	holds(t, page, "Bei uns ist etwas schiefgegangen", "Was sicher ist", "Was Sie tun können", `name="name" value="break"`, "Noch einmal senden")
	if strings.Contains(page, "secret") {
		t.Error("the cause is shown")
	}
	if !strings.Contains(h.log.String(), "disk full") {
		t.Error("the cause is not in the log")
	}
}

// req: WEB-4
func TestALogHoldsNoQueryNoParameterAndNothingTypedNotEvenAfterAPanic(t *testing.T) {
	h := open(t)
	page := want(t, h.ask("POST", "/en/note/4711?q=shelter", "name=panic"), 500)
	holds(t, page, "Something went wrong on our side")
	h.ask("GET", "/el/note/4711?q=shelter", "", "User-Agent", "phone-of-ana")
	h.ask("GET", "/nowhere/4711", "")
	h.ask("BREW", "/en/", "")
	for _, word := range []string{"4711", "shelter", "words of the person", "192.0.2.1", "phone-of-ana", "BREW", "/el/"} {
		if strings.Contains(h.log.String(), word) {
			t.Errorf("the log holds %q:\n%s", word, h.log)
		}
	}
	if o := h.seen[1]; o.Route != "/{lang}/note/{id}" || o.Status != 200 || o.Method != "GET" || o.Bytes == 0 {
		t.Errorf("observed %+v", o)
	}
	if o := h.seen[2]; o.Route != "other" || o.Status != 404 {
		t.Errorf("observed %+v", o)
	}
}

func TestEachKindOfFaultHasAStatusAndAPageInEveryLanguage(t *testing.T) {
	h := open(t)
	kinds := map[fault.Kind]int{fault.NotFound: 404, fault.Denied: 403, fault.Invalid: 422, fault.Conflict: 409, fault.Stale: 409, fault.Unavailable: 503, fault.TooMany: 429, fault.Expired: 410, fault.Internal: 500}
	h.Public("GET /fails/{kind}", func(c *web.Ctx) error {
		for k := range kinds {
			if k.String() == c.Param("kind") {
				return fault.New(k, "")
			}
		}
		return nil
	})
	for kind, status := range kinds {
		seen := map[string]bool{}
		for _, lang := range i18n.Languages {
			page := want(t, h.ask("GET", "/"+lang+"/fails/"+kind.String(), ""), status)
			heading := regexp.MustCompile(`<h1>(.*?)</h1>`).FindStringSubmatch(page)[1]
			if heading == "" || heading == "happened" || seen[heading] {
				t.Errorf("%s in %s: heading %q", kind, lang, heading)
			}
			seen[heading] = true
		}
	}
	if got := h.ask("GET", "/en/fails/too-many", "").Header.Get("Retry-After"); got == "" {
		t.Error("too many tries do not say when to come back")
	}
}

func TestAnAPIFaultIsAProblemDocument(t *testing.T) {
	r := open(t).ask("GET", "/api/v1/thing", "", "Accept-Language", "fr")
	if got := r.Header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("content type %q", got)
	}
	holds(t, want(t, r, 422), `"type":"urn:amelie:fault:invalid"`, `"status":422`, `"field":"country"`, "Veuillez choisir une réponse.")
	r = open(t).ask("GET", "/api/v1/nothing", "")
	holds(t, want(t, r, 404), `"type":"urn:amelie:fault:not-found"`)
}

func TestANoticeWaitsForTheNextProfessionalPageOnceAndCannotBeForged(t *testing.T) {
	h := open(t)
	h.viewer = &web.Viewer{UserID: "u", Name: "Mira"}
	r := h.ask("POST", "/en/today", "a=b")
	if r.StatusCode != 303 || r.Header.Get("Location") != "/en/today" || len(r.Cookies()) != 1 {
		t.Fatalf("status %d, %q, %v", r.StatusCode, r.Header.Get("Location"), r.Cookies())
	}
	cookie := r.Cookies()[0]
	if !cookie.HttpOnly || cookie.SameSite != http.SameSiteStrictMode || cookie.MaxAge > 60 {
		t.Errorf("the notice's cookie is %v", cookie)
	}
	r = h.ask("GET", "/en/today", "", "Cookie", cookie.Name+"="+cookie.Value)
	holds(t, want(t, r, 200), "Draft saved", `role="status"`)
	if len(r.Cookies()) != 1 || r.Cookies()[0].MaxAge >= 0 {
		t.Error("the notice stays")
	}
	for _, forged := range []string{"e30", "!!", "eyJrIjoib2siLCJtIjoiWW91IG11c3QgcGF5In0"} {
		if page := want(t, h.ask("GET", "/en/today", "", "Cookie", cookie.Name+"="+forged), 200); strings.Contains(page, `class="toast`) {
			t.Errorf("a forged notice %q is shown", forged)
		}
	}
}

func TestPublicPagesAreCompressedAndProfessionalPagesNever(t *testing.T) {
	h := open(t)
	plain := want(t, h.ask("GET", "/en/", ""), 200)
	r := h.ask("GET", "/en/", "", "Accept-Encoding", "gzip, br")
	if r.Header.Get("Content-Encoding") != "br" {
		t.Fatalf("encoding %q", r.Header.Get("Content-Encoding"))
	}
	unpacked, err := io.ReadAll(brotli.NewReader(r.Body))
	if err != nil || string(unpacked) != plain {
		t.Errorf("the page does not come back as it went in: %v", err)
	}
	if got := h.ask("GET", "/en/", "", "Accept-Encoding", "br;q=0, gzip").Header.Get("Content-Encoding"); got != "gzip" {
		t.Errorf("br;q=0 gives %q", got)
	}
	h.viewer = &web.Viewer{UserID: "u"}
	if got := h.ask("GET", "/en/today", "", "Accept-Encoding", "gzip, br").Header.Get("Content-Encoding"); got != "" {
		t.Errorf("a professional page is compressed with %q", got)
	}
}

func TestAnAssetIsKeptForEverUnderTheNameOfItsContent(t *testing.T) {
	h := open(t)
	page := want(t, h.ask("GET", "/en/", ""), 200)
	links := regexp.MustCompile(`"(/asset/[^"]+)"`).FindAllStringSubmatch(page, -1)
	if len(links) < 4 {
		t.Fatalf("only %d assets", len(links))
	}
	for _, l := range links {
		r := h.ask("GET", l[1], "")
		if r.StatusCode != 200 || !strings.Contains(r.Header.Get("Cache-Control"), "immutable") || r.Header.Get("Content-Type") == "" {
			t.Errorf("%s: %d %q", l[1], r.StatusCode, r.Header.Get("Cache-Control"))
		}
	}
	if h.ask("GET", "/asset/app.css", "").StatusCode != 404 || h.ask("GET", "/asset/../web.go", "").StatusCode == 200 {
		t.Error("an asset answers to another name")
	}
}

var (
	sampleScripts = fstest.MapFS{
		"part.js":  {Data: []byte("// Why.\nconst own = 20;\nexport const more = n => n + own;\n")},
		"whole.js": {Data: []byte("// A page.\nimport { more } from './part.js';\n\nconst own = more(1);\n")},
	}
	_ = web.Script(sampleScripts, "whole.js")
	_ = web.Script(sampleScripts, "part.js")
)

func TestAScriptIsServedWithWhatItImportsInside(t *testing.T) {
	got := want(t, open(t).ask("GET", web.Asset("whole.js"), ""), 200)
	if want := "const { more } = (() => {\nconst own = 20;\nconst more = n => n + own;\nreturn { more };\n})();\n\nconst own = more(1);\n"; got != want {
		t.Errorf("served is\n%s", got)
	}
}

func TestTheServerDoesNotWaitForSlowClientsForEver(t *testing.T) {
	s := open(t).Server()
	if s.ReadHeaderTimeout <= 0 || s.ReadTimeout <= 0 || s.WriteTimeout <= 0 || s.IdleTimeout <= 0 || s.MaxHeaderBytes <= 0 {
		t.Error("a limit is missing")
	}
}

func TestTheMetricsKnowRoutesAndNothingElse(t *testing.T) {
	h := open(t)
	set := metrics.NewSet()
	h.Observe = web.Meter(set)
	h.ask("GET", "/el/note/4711?q=shelter", "")
	h.ask("GET", "/fr/note/4712", "")
	var b strings.Builder
	set.WritePrometheus(&b)
	for _, want := range []string{
		`amelie_requests_total{route="/{lang}/note/{id}",method="GET",status="200"} 2`,
		`amelie_request_seconds_bucket{route="/{lang}/note/{id}",le="+Inf"} 2`,
		`amelie_request_seconds_count{route="/{lang}/note/{id}"} 2`,
	} {
		if !strings.Contains(b.String(), want+"\n") {
			t.Errorf("%s is missing in\n%s", want, b.String())
		}
	}
	for _, secret := range []string{"4711", "4712", "shelter", "/el/", "/fr/"} {
		if strings.Contains(b.String(), secret) {
			t.Errorf("the metrics know %q", secret)
		}
	}
}

func TestTheFontsOfASecondLanguageAreFetchedEarly(t *testing.T) {
	r := open(t).ask("GET", "/en/design", "")
	links := strings.Join(r.Header.Values("Link"), " ")
	if !strings.Contains(links, "/asset/font/sans-extended.") || !strings.Contains(links, "rel=preload") {
		t.Errorf("Link: %q", links)
	}
	if strings.Contains(links, "sans-core") {
		t.Error("a font is asked for twice")
	}
	if got := open(t).ask("GET", "/en/", "").Header.Values("Link"); len(got) > 0 {
		t.Errorf("a page in one language asks for %v", got)
	}
}

var inventedPage = web.NewPage[struct{}](fstest.MapFS{"invented.html": {Data: []byte(`{{define "title"}}x{{end}}{{define "main"}}<h1>Mira (invented)</h1><input name="name" value="Mira (invented)">{{end}}`)}}, "invented.html")

func TestWhatADemoInventsIsMarkedInThePagesLanguage(t *testing.T) {
	for _, demo := range []bool{true, false} {
		h := open(t, func(c *web.Config) { c.Demo = demo })
		h.Public("GET /invented", func(c *web.Ctx) error { return inventedPage.Render(c, struct{}{}) })
		for lang, want := range map[string]string{"en": "Mira (invented)", "el": "Mira (επινοημένο)", "de": "Mira (erfunden)"} {
			if !demo {
				want = "Mira (invented)"
			}
			b, err := io.ReadAll(h.ask("GET", "/"+lang+"/invented", "").Body)
			if err != nil || !strings.Contains(string(b), "<h1>"+want) || !strings.Contains(string(b), `value="Mira (invented)"`) {
				t.Errorf("demo %v, %s: not %q, or a form would send a shown name back: %v", demo, lang, want, err)
			}
		}
	}
}
