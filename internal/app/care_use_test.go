package app_test

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"amelie/internal/account"
	"amelie/internal/app"
	"amelie/internal/casework"
	"amelie/internal/casework/share"
	"amelie/internal/clock"
	"amelie/internal/i18n"
	"amelie/internal/id"
	"amelie/internal/web"
)

// browser is somebody who asks the whole program, with the cookie of a sign-in.
type browser struct {
	t      *testing.T
	a      *app.App
	cookie string
}

// enters signs an invented person in.
func enters(t *testing.T, a *app.App, who string) *browser {
	t.Helper()
	b := &browser{t, a, ""}
	w := b.ask("POST", "/en/demo", url.Values{"person": {who}})
	for _, c := range w.Result().Cookies() {
		if c.Name == "amelie_s" {
			b.cookie = c.Name + "=" + c.Value
		}
	}
	if b.cookie == "" {
		t.Fatalf("%s did not get in: %d", who, w.Code)
	}
	return b
}

func (b *browser) ask(method, path string, form url.Values, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if r.Header.Set("Sec-Fetch-Site", "same-origin"); b.cookie != "" {
		r.Header.Set("Cookie", b.cookie)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	b.a.Handler().ServeHTTP(w, r)
	return w
}

func (b *browser) shows(path, words string) bool {
	b.t.Helper()
	w := b.ask("GET", path, nil)
	if w.Code != 200 {
		b.t.Errorf("%s: %d to %q", path, w.Code, w.Header().Get("Location"))
	}
	return strings.Contains(html.UnescapeString(w.Body.String()), words)
}

// mine is a case of mira's that another agency has a part of, and the chosen name in it.
func mine(t *testing.T, a *app.App) (caseID, name string) {
	t.Helper()
	caseID, _ = sharing(t, a, "mira", person(t, a, "ekka-case").AgencyID)
	o, err := a.Cases.Look(context.Background(), person(t, a, "mira"), caseID)
	if err != nil {
		t.Fatal(err)
	}
	return caseID, o.Head.Name
}

// req: DRAFT-1, DRAFT-2, WEB-7
func TestWhatIsTypedInAnyRoomIsFoundAfterTheSignInEndedByItsWriterAlone(t *testing.T) {
	now, ahead := time.Now(), time.Duration(0)
	a := opened(t, app.Config{Demo: true, Country: "GR", Now: clock.Clock(func() time.Time { return now.Add(ahead) })})
	caseID, _ := mine(t, a)
	here := "/en/cases/" + caseID
	for _, form := range []struct{ page, sent, field string }{
		{here + "/share/ground", here + "/share/ground", "reason"},
		{here + "/share/share", here + "/share/share", "words"},
		{here + "/talk", here + "/talk", "text"},
		{here + "/day", here + "/day/ask", "words"},
		{here + "/write/survey", here + "/write/survey", "own-words"},
		{here + "/write/note", here + "/write/note", "words"},
		{"/en/interpreters/new", "/en/interpreters/new", "name"},
		{"/en/glass", "/en/glass", "reason"},
		{"/en/cases/new", "/en/cases/new", "name"},
	} {
		words := "typed into " + form.sent[len("/en/"):]
		mira := enters(t, a, "mira")
		if mira.shows(form.page, words) {
			t.Fatalf("%s: the words are there before they are typed", form.page)
		}
		ahead += account.IdleLimit + time.Minute
		w := mira.ask("POST", form.sent, url.Values{form.field: {words}, "once": {id.New()}})
		if back := "/en/sign-in?to=" + url.QueryEscape(form.page); w.Code != 401 || strings.Contains(w.Body.String(), words) || !strings.Contains(html.UnescapeString(w.Body.String()), back) {
			t.Errorf("%s: %d, and the way back is not %s", form.sent, w.Code, back)
		}
		for _, other := range []string{"shelter-lead", "insider"} {
			if w := enters(t, a, other).ask("GET", form.page, nil); strings.Contains(html.UnescapeString(w.Body.String()), words) {
				t.Errorf("%s: %s finds the words", form.page, other)
			}
		}
		again := enters(t, a, "mira")
		if !again.shows(form.page, words) {
			t.Errorf("%s: the words are lost", form.page)
		}
	}
	mira := enters(t, a, "mira")
	page := mira.ask("GET", here+"/write/note", nil).Body.String()
	rev := regexp.MustCompile(`name="rev" value="(\d+)"`).FindStringSubmatch(page)[1]
	if w := mira.ask("POST", here+"/write/note", url.Values{"words": {"sent at last"}, "rev": {rev}, "once": {id.New()}}); w.Code != 303 {
		t.Fatalf("sending it: %d", w.Code)
	}
	if mira.shows(here+"/write/note", "typed into") {
		t.Error("what was sent is still in the form")
	}
	ahead += 15 * 24 * time.Hour
	if mira = enters(t, a, "mira"); mira.shows(here+"/talk", "typed into") {
		t.Error("what was typed is kept for longer than two weeks")
	}
}

// careRoutes are the routes of everything that shows something of cases.
func careRoutes(a *app.App) (out []string) {
	for _, route := range a.Shell.Routes() {
		_, path, _ := strings.Cut(route, " ")
		for _, begins := range []string{"/cases", "/case-", "/glass", "/places", "/interpret", "/talks", "/shared", "/counts/", "/today"} {
			if strings.HasPrefix(path, begins) {
				out = append(out, route)
				break
			}
		}
	}
	return out
}

// A locked or deleted user's keys open nothing, through any page of any room: not
// with a sign-in that was open, not with a token.
//
// req: GLASS-5, SIGNIN-14
func TestWhoIsLockedOrDeletedOpensNothingInAnyRoom(t *testing.T) {
	ctx, a := context.Background(), demo(t)
	caseID, name := mine(t, a)
	mira, v := enters(t, a, "mira"), person(t, a, "mira")
	token, err := a.Accounts.MakeToken(ctx, v, "script", account.Scopes, 30)
	if err != nil {
		t.Fatal(err)
	}
	fill := strings.NewReplacer("{id}", caseID, "{kind}", "note", "{what}", "share")
	ask := func(route string, headers ...string) *httptest.ResponseRecorder {
		method, path, _ := strings.Cut(route, " ")
		form := url.Values{"words": {"x"}}
		if method == "GET" {
			form = nil
		}
		return mira.ask(method, "/en"+fill.Replace(path), form, headers...)
	}
	opens, named := 0, 0
	for _, route := range careRoutes(a) {
		if !strings.HasPrefix(route, "GET ") {
			continue
		}
		if w := ask(route); w.Code == 200 {
			if opens++; strings.Contains(html.UnescapeString(w.Body.String()), name) {
				named++
			}
		}
	}
	if opens < 25 || named < 3 {
		t.Fatalf("before that, %d pages open and %d name the person", opens, named)
	}
	admin := person(t, a, "admin")
	nothing := func(when string) {
		for _, route := range careRoutes(a) {
			for _, with := range [][]string{nil, {"Authorization", "Bearer " + token}} {
				w := ask(route, with...)
				if w.Code != http.StatusSeeOther && w.Code != http.StatusUnauthorized || w.Code == http.StatusSeeOther && !strings.HasPrefix(w.Header().Get("Location"), "/en/sign-in") || strings.Contains(html.UnescapeString(w.Body.String()), name) {
					t.Errorf("%s, %s answers %d to %q", when, route, w.Code, w.Header().Get("Location"))
				}
			}
		}
		if w := mira.ask("GET", "/api/v1/referrals", nil, "Authorization", "Bearer "+token); w.Code != http.StatusUnauthorized {
			t.Errorf("%s, the token still serves: %d", when, w.Code)
		}
		if w := (&browser{t, a, ""}).ask("POST", "/en/demo", url.Values{"person": {"mira"}}); len(w.Result().Cookies()) > 0 && w.Code == http.StatusSeeOther {
			t.Errorf("%s, mira signs in again", when)
		}
	}
	if err := a.Accounts.SetState(ctx, admin, v.UserID, account.Disabled); err != nil {
		t.Fatal(err)
	}
	nothing("locked")
	if err := a.Accounts.Delete(ctx, admin, v.UserID); err != nil {
		t.Fatal(err)
	}
	nothing("deleted")
	own := &web.Viewer{UserID: v.UserID, AgencyID: v.AgencyID, Roles: v.Roles, Key: v.Key} // with a copy of the key
	if o, err := a.Cases.Look(ctx, own, caseID); err == nil {
		t.Errorf("a key that was copied opens %q", o.Head.Name)
	}
	lead := person(t, a, "shelter-lead")
	if _, err := a.Cases.Look(ctx, lead, caseID); err != nil {
		t.Errorf("the lead lost the case with it: %v", err)
	}
}

// Who tries codes of cards is bounded by the address that the proxy saw, whatever
// else the request says about itself.
//
// req: OWN-4
func TestTriesAtCardsAreBoundedWhateverAHeaderSays(t *testing.T) {
	a := opened(t, app.Config{Addr: "0.0.0.0:8080", BehindProxy: true, BaseURL: "https://help.example.org"})
	tries := func(from string, lines func(n int) []string) (refused bool) {
		for n := range 14 {
			r := httptest.NewRequest("POST", "/en/card", strings.NewReader("do=open&code=x&secret=y"))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.RemoteAddr = from
			for _, line := range lines(n) {
				r.Header.Add("X-Forwarded-For", line)
			}
			w := httptest.NewRecorder()
			a.Handler().ServeHTTP(w, r)
			refused = w.Code == http.StatusTooManyRequests
		}
		return refused
	}
	other := func(n int) string { return fmt.Sprintf("198.51.%d.7", n) }
	for what, c := range map[string]struct {
		from  string
		lines func(n int) []string
	}{
		"a forged beginning of the line": {"127.0.0.1:1", func(n int) []string { return []string{other(n) + ", 203.0.113.1"} }},
		"a forged line before":           {"127.0.0.1:1", func(n int) []string { return []string{other(n), "203.0.113.2"} }},
		"a forged own machine":           {"127.0.0.1:1", func(int) []string { return []string{"127.0.0.1", "203.0.113.3:4711"} }},
		"no proxy of this network":       {"203.0.113.4:99", func(n int) []string { return []string{other(n)} }},
		"no address":                     {"10.0.0.5:99", func(int) []string { return []string{"unknown"} }},
	} {
		if !tries(c.from, c.lines) {
			t.Errorf("%s: fourteen tries are let through", what)
		}
	}
	if tries("127.0.0.1:1", func(n int) []string { return []string{other(n)} }) {
		t.Error("fourteen people behind one proxy are taken for one")
	}
}

// An agency that lost its last part reads nothing more on any page: not the file,
// not what was said in talks with it, and finds no word that it wrote itself.
//
// req: TALK-2, SHARE-2, CASE-11
func TestAnAgencyThatLostItsLastPartReadsAndFindsNothingMore(t *testing.T) {
	ctx, a := context.Background(), demo(t)
	reader := person(t, a, "ekka-case")
	caseID, line := sharing(t, a, "mira", reader.AgencyID)
	entry, err := a.Shares.Give(ctx, person(t, a, "mira"), caseID, share.Order{To: reader.AgencyID, Parts: append(line.Parts, casework.Indicators), Past: true, Writes: true, Purpose: "housing", Days: 30,
		Said: share.Said{How: "spoken", Language: "en", Interpreter: "none"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Cases.Save(ctx, reader, caseID, casework.Typed{Kind: "observed", Posted: map[string][]string{"indicators": {"Speaks of a zebrafinch"}}, Once: id.New()}); err != nil {
		t.Fatal(err)
	}
	ekka, here := enters(t, a, "ekka-case"), "/en/cases/"+caseID
	topic := "The appointment at the office"
	if !ekka.shows(here+"/talk", topic) || !ekka.shows("/en/talks", topic) || !ekka.shows(here, "zebrafinch") {
		t.Fatal("the other agency reads nothing before")
	}
	paths := []string{here, here + "/talk", here + "/share", here + "/plan", here + "/write/observed"}
	for _, thread := range regexp.MustCompile(here+`/talk/[0-9a-f-]+`).FindAllString(ekka.ask("GET", here+"/talk", nil).Body.String(), -1) {
		paths = append(paths, thread)
		paths = append(paths, regexp.MustCompile(here+`/talk/[0-9a-f-]+/file/[0-9a-f-]+`).FindAllString(ekka.ask("GET", thread, nil).Body.String(), -1)...)
	}
	if len(paths) < 8 {
		t.Fatalf("no thread with a file among %q", paths)
	}
	for _, path := range paths {
		if w := ekka.ask("GET", path, nil); w.Code != 200 {
			t.Errorf("before: %s answers %d", path, w.Code)
		}
	}
	if found, err := a.CaseWords.Find(ctx, reader, "zebrafinch"); err != nil || len(found) != 1 {
		t.Fatalf("its own word finds %v, %v", found, err)
	}
	if w := enters(t, a, "mira").ask("POST", here+"/share-act", url.Values{"do": {"withdraw"}, "entry": {entry}, "once": {id.New()}}); w.Code != 303 {
		t.Fatalf("taking it back: %d", w.Code)
	}
	for _, path := range paths {
		if w := ekka.ask("GET", path, nil); w.Code != 404 {
			t.Errorf("%s answers %d", path, w.Code)
		}
	}
	code := casework.Row{ID: caseID}.Code()
	for _, path := range []string{"/en/talks", "/en/cases?show=shared", "/en/cases?q=zebrafinch", "/en/cases/day", "/en/today"} {
		if ekka.shows(path, topic) || ekka.shows(path, "/cases/"+caseID) {
			t.Errorf("%s still leads to it (%s)", path, code)
		}
	}
	if found, err := a.CaseWords.Find(ctx, reader, "zebrafinch"); err != nil || len(found) != 0 {
		t.Errorf("its own word still finds %v, %v", found, err)
	}
}

// req: SHARE-6
func TestTheSheetOfWhoMayKnowWhatSpeaksEachLanguageInWhichThePersonIsTold(t *testing.T) {
	a := demo(t)
	caseID, _ := mine(t, a)
	mira := enters(t, a, "mira")
	spoken := 0
	for _, l := range a.Persons.Languages() {
		if slices.Contains(i18n.Languages, l.Code) {
			continue
		}
		spoken++
		path := "/en/cases/" + caseID + "/share?sheet=1&in=" + l.Code
		for _, words := range []string{a.Persons.T(l.Code, "own.who", nil), a.Persons.T(l.Code, "own.part.needs", nil), a.Persons.T(l.Code, "consent.withdraw", nil), `lang="` + l.Code + `"`} {
			if !mira.shows(path, words) {
				t.Errorf("the sheet in %s lacks %q", l.Code, words)
			}
		}
		for _, keys := range []string{"own.", "consent."} {
			if mira.shows(path, ">"+keys) {
				t.Errorf("the sheet in %s shows a key", l.Code)
			}
		}
	}
	if spoken < 10 {
		t.Errorf("%d further languages", spoken)
	}
	if !mira.shows("/en/cases/"+caseID+"/share?sheet=1&in=xx", "What others may know") {
		t.Error("a language that nobody has is no reason to show nothing")
	}
}
