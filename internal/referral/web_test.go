package referral

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"amelie/internal/db/dbtest"
	"amelie/internal/i18n"
	"amelie/internal/id"
	"amelie/internal/web"
	"amelie/locale"
)

// site serves the pages of a house; the header "As" says who is there.
type site struct {
	*house
	handler http.Handler
	shell   *web.Shell
}

func newSite(t testing.TB, h *house) *site {
	texts, err := i18n.Load(locale.Files, i18n.Languages)
	h.must(err)
	var person []string
	for _, l := range h.s.Sheet.Languages() {
		person = append(person, l.Code)
	}
	shell := web.New(web.Config{Languages: i18n.Languages, PatientLanguages: person, Now: h.clock, Texts: texts, Demo: true})
	shell.Authenticate = func(r *http.Request) (*web.Viewer, error) {
		as := r.Header.Get("As")
		if cookie, err := r.Cookie("as"); err == nil && as == "" {
			as = cookie.Value
		}
		v := h.users[strings.TrimSuffix(as, "/locked")]
		if v != nil && strings.HasSuffix(as, "/locked") {
			locked := *v
			locked.Key = nil
			return &locked, nil
		}
		return v, nil
	}
	h.s.Mount(shell)
	return &site{h, shell.Handler(), shell}
}

// answer is what came back.
type answer struct {
	Status   int
	Body, To string
	Header   http.Header
}

func (s *site) do(user, method, path string, form url.Values) answer {
	s.t.Helper()
	var r *http.Request
	if form != nil {
		r = httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	} else {
		r = httptest.NewRequest(method, path, nil)
	}
	r.Header.Set("As", user)
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return answer{w.Code, w.Body.String(), w.Header().Get("Location"), w.Header()}
}

func (s *site) get(user, path string) answer { s.t.Helper(); return s.do(user, "GET", path, nil) }
func (s *site) post(user, path string, pairs ...string) answer {
	s.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return s.do(user, "POST", path, form)
}

var tagRE = regexp.MustCompile(`(?s)<script.*?</script>|<style.*?</style>|<[^>]*>`)

// words are the visible words of a page.
func (a answer) words() string {
	return strings.Join(strings.Fields(html.UnescapeString(tagRE.ReplaceAllString(a.Body, " "))), " ")
}

func (s *site) shows(a answer, status int, words ...string) {
	s.t.Helper()
	if a.Status != status {
		s.t.Fatalf("status %d, want %d: %.600s", a.Status, status, a.words())
	}
	for _, w := range words {
		if !strings.Contains(a.words(), w) {
			s.t.Errorf("the page does not say %q: %.1500s", w, a.words())
		}
	}
}

func draftOf(a answer) string {
	parts := strings.Split(a.To, "/")
	return parts[3]
}

// The common case: from the directory entry to a sent referral in twelve
// presses, nothing typed.
func TestTheCommonCaseTakesTwelvePresses(t *testing.T) {
	s := newSite(t, newHouse(t, dbtest.Open(t, schemas...)))
	presses := 0
	page := s.get("midwife", "/en/refer/new?service=gr-open-door-house")
	s.shows(page, 200, "Are you alone with the person", "Open Door")
	press := func(path string, pairs ...string) answer {
		t.Helper()
		presses++
		a := s.post("midwife", path, pairs...)
		if a.Status != 303 {
			t.Fatalf("%s: %d %.400s", path, a.Status, a.words())
		}
		s.shows(s.get("midwife", a.To), 200)
		return a
	}
	a := press("/en/refer/new", "service", "gr-open-door-house", "setting", "alone-interpreter", "once", id.New())
	draft := draftOf(a)
	for _, one := range [][2]string{{"need", "accommodation"}, {"urgency", "now"}, {"age", "25-39"}, {"language", "ro"}, {"interpreter", "woman"}, {"contact", "through-me"}, {"wants", "safe-tonight"}, {"must-not", "no-police"}} {
		if !strings.HasSuffix(a.To, "/"+one[0]) {
			t.Fatalf("after %d presses on %s, want %s", presses, a.To, one[0])
		}
		a = press(a.To, one[0], one[1])
	}
	if !strings.HasSuffix(a.To, "/review") {
		t.Fatalf("not at the review: %s", a.To)
	}
	presses++ // the button of the review leads to the sheet
	sheet := s.get("midwife", "/en/refer/"+draft+"/consent")
	s.shows(sheet, 200, "ro title", "en title", "ro part.needs", "A safe place to stay", "Spoken yes: send to Open Door")
	presses++ // the person says yes to every part
	all := s.get("midwife", "/en/refer/"+draft+"/consent?all=1&lang=ro")
	if n := strings.Count(all.Body, " checked"); n < 7 {
		t.Errorf("%d ticks", n)
	}
	d, err := s.s.Load(context.Background(), s.users["midwife"], draft)
	s.must(err)
	a = press("/en/refer/"+draft+"/consent", "lang", "ro", "rev", itoa(int(d.Rev)), "days", "30", "interpreter", "independent", "how", "spoken",
		"part", "needs", "part", "contact", "part", "age", "part", "languages", "part", "wants", "part", "must-not", "part", "feedback")
	if presses > 12 {
		t.Errorf("%d presses", presses)
	}
	if a.To != "/en/referral/"+draft {
		t.Errorf("ends at %s", a.To)
	}
	if g := s.given; len(g) != 1 {
		t.Fatalf("%d consents", len(g))
	}
	for _, g := range s.given {
		if g.Language != "ro" || g.How != "spoken" || g.Interpreter != "independent" || len(g.Parts) != 7 {
			t.Errorf("recorded %+v", g)
		}
	}
	s.shows(s.get("mira", "/en/referral/"+draft), 200, "General Hospital", "A safe place to stay", "No contact with the police", "Accept: we will help")
}

// req: DRAFT-1
func TestAPageLeftOpenTooLongStillSavesAndLeadsBackAfterSigningIn(t *testing.T) {
	s := newSite(t, newHouse(t, dbtest.Open(t, schemas...)))
	draft := s.as("midwife").drafts("gr-open-door-house", Alone, nil)
	s.former = "midwife"
	a := s.post("", "/en/refer/"+draft+"/notes", "notes", "typed while signed out", "back", "review")
	if a.Status != 303 || !strings.HasPrefix(a.To, "/en/sign-in?to=") || !strings.Contains(a.To, url.QueryEscape("/en/refer/"+draft+"/review")) {
		t.Fatalf("%d %s", a.Status, a.To)
	}
	s.shows(s.get("midwife", "/en/refer/"+draft+"/notes"), 200, "typed while signed out")
	a = s.post("midwife/locked", "/en/refer/"+draft+"/notes", "notes", "typed while locked")
	if a.Status != 303 {
		t.Fatalf("locked: %d %.300s", a.Status, a.words())
	}
	s.shows(s.get("midwife", "/en/refer/"+draft+"/notes"), 200, "typed while locked")
	if got := s.get("midwife/locked", "/en/refer/"+draft+"/notes"); got.Status != 303 || !strings.HasPrefix(got.To, "/en/unlock?to=") {
		t.Errorf("locked reading: %d %s", got.Status, got.To)
	}
	s.former = ""
	if a := s.post("", "/en/refer/"+draft+"/notes", "notes", "a stranger"); a.Status != 401 || !strings.Contains(a.Body, "a stranger") {
		t.Errorf("a stranger: %d", a.Status)
	}
	s.former = "nurse"
	if a := s.post("", "/en/refer/"+draft+"/notes", "notes", "a colleague"); a.Status != 404 {
		t.Errorf("a colleague: %d", a.Status)
	}
}

func TestTooLongAnAnswerIsKeptAndPointedOut(t *testing.T) {
	s := newSite(t, newHouse(t, dbtest.Open(t, schemas...)))
	draft := s.as("midwife").drafts("gr-open-door-house", Alone, nil)
	long := strings.Repeat("word ", 1000)
	a := s.post("midwife", "/en/refer/"+draft+"/notes", "notes", long)
	page := s.get("midwife", a.To)
	s.shows(page, 200, "too long")
	if !strings.Contains(page.Body, strings.TrimSpace(long)) {
		t.Error("what was typed is lost")
	}
	a = s.post("midwife", "/en/refer/"+draft+"/language", "language", "other")
	s.shows(s.get("midwife", a.To), 200, "Write which language it is.")
}

// req: CONSENT-2
func TestThePreviewShowsTheTickedPartsOnly(t *testing.T) {
	s := newSite(t, newHouse(t, dbtest.Open(t, schemas...)))
	draft := s.as("midwife").drafts("gr-open-door-house", Alone, nil)
	page := s.post("midwife", "/en/refer/"+draft+"/consent", "do", "preview", "lang", "ro", "part", "needs", "part", "age")
	s.shows(page, 200, "25 to 39", "ro shown")
	at := strings.Index(page.Body, `id="preview"`)
	for _, word := range []string{herWord, herStory, "aunt"} {
		if strings.Contains(page.Body[at:], word) {
			t.Errorf("the preview shows %q", word)
		}
	}
	without := s.post("midwife", "/en/refer/"+draft+"/consent", "lang", "ro", "days", "30", "how", "spoken")
	s.shows(without, 422, "Tick at least one part")
	changed := s.post("midwife", "/en/refer/"+draft+"/consent", "lang", "ro", "days", "30", "how", "spoken", "part", "needs", "rev", "1")
	s.shows(changed, 409, "changed after it was shown")
}

func TestWhoIsNotAloneIsLedToTheEnquiryAndItIsAnswered(t *testing.T) {
	s := newSite(t, newHouse(t, dbtest.Open(t, schemas...)))
	a := s.post("midwife", "/en/refer/new", "service", "gr-open-door-house", "setting", "not-alone", "once", id.New())
	draft := draftOf(a)
	s.shows(s.get("midwife", a.To), 200, "Anonymous enquiry")
	for _, one := range [][2]string{{"need", "accommodation"}, {"urgency", "today"}, {"age", "unsaid"}, {"dependants", "baby"}, {"language", "unknown"}, {"region", "GR-B"}} {
		a = s.post("midwife", "/en/refer/"+draft+"/"+one[0], one[0], one[1])
	}
	page := s.get("midwife", a.To)
	s.shows(page, 200, "Your enquiry", "Ask Open Door", "Does not want to say")
	if consent := s.get("midwife", "/en/refer/"+draft+"/consent"); consent.Status != 303 {
		t.Errorf("an enquiry gets a consent sheet: %d", consent.Status)
	}
	rev := regexp.MustCompile(`name="rev" value="(\d+)"`).FindStringSubmatch(page.Body)[1]
	a = s.post("midwife", "/en/refer/"+draft+"/send", "rev", rev, "once", id.New())
	if !strings.HasPrefix(a.To, "/en/enquiry/") {
		t.Fatalf("%d %s", a.Status, a.To)
	}
	s.shows(s.get("midwife", a.To), 200, "You asked 1 service", "Open Door", "Not opened yet", "A baby", "Central Macedonia")
	again := s.post("midwife", "/en/refer/"+draft+"/send", "rev", rev, "once", id.New())
	if again.To != a.To {
		t.Errorf("pressed twice: %d %s", again.Status, again.To)
	}
	s.shows(s.get("mira", "/en/referral/"+draft), 200, "Would you have a place?", "Yes, there would be a place", "A safe place to stay", "Until when do you hold")
	nothing := s.post("mira", "/en/referral/"+draft+"/act", "action", "accept", "text", "two beds", "terms", "women-only", "once", id.New())
	s.shows(nothing, 422, "Choose until when you hold the place", "two beds")
	a = s.post("mira", "/en/referral/"+draft+"/act", "action", "accept", "hours", "12", "terms", "women-only", "text", "two beds", "once", id.New())
	s.shows(s.get("midwife", a.To), 200, "two beds", "Women only", "Accepted", "Held until")
	s.shows(s.get("midwife", again.To), 200, "two beds", "Women only", "The person chooses Open Door")
}

// Until somebody said how the talk took place a draft can only become an
// enquiry; the question that decides it does not call it one.
func TestADraftWhoseFirstQuestionIsOpenIsNotCalledAnEnquiry(t *testing.T) {
	s := newSite(t, newHouse(t, dbtest.Open(t, schemas...)))
	draft, err := s.s.Prefill(ctx, s.users["midwife"], id.New(), map[string][]string{"need": {"accommodation"}}, "")
	s.must(err)
	setting := "/en/refer/" + draft + "/setting"
	open := s.get("midwife", setting)
	s.shows(open, 200, "Are you alone with the person")
	if strings.Contains(open.words(), "Anonymous enquiry") {
		t.Errorf("nobody chose an enquiry: %.600s", open.words())
	}
	s.post("midwife", setting, "setting", "not-alone")
	s.shows(s.get("midwife", setting), 200, "Anonymous enquiry")
}

func TestImmediateDangerShowsTheEmergencyNumberFirst(t *testing.T) {
	s := newSite(t, newHouse(t, dbtest.Open(t, schemas...)))
	a := s.post("midwife", "/en/refer/new", "service", "gr-open-door-house", "setting", "danger", "once", id.New())
	page := s.get("midwife", a.To)
	s.shows(page, 200, "First: safety", "112", "1109")
	if strings.Index(page.Body, "tel:112") > strings.Index(page.Body, "Go on with the referral") {
		t.Error("writing comes before calling")
	}
}

func TestAServiceThatReceivesNothingHereSaysSoBeforeAnythingIsTyped(t *testing.T) {
	s := newSite(t, newHouse(t, dbtest.Open(t, schemas...)))
	s.shows(s.get("midwife", "/en/refer/new?service=gr-unknown-line"), 200, "Unknown does not receive referrals here.", "1109", "Fill in a sheet")
	delete(s.keyOf, "support")
	s.shows(s.get("midwife", "/en/refer/new?service=gr-open-door-house"), 200, "its key is not ready", "2310 000 000")
}

func TestTodaySaysWhatIsDueAndWhatIsWaitedFor(t *testing.T) {
	h := newHouse(t, dbtest.Open(t, schemas...))
	s := newSite(t, h)
	s.shows(s.get("mira", "/en/today"), 200, "Nothing waits for you")
	r := h.as("midwife").sends()
	s.shows(s.get("mira", "/en/today"), 200, "Answer General Hospital", "One thing is due.", "Answer due in")
	s.shows(s.get("midwife", "/en/today"), 200, "Open Door", "One answer is still to come.")
	h.as("mira").looks(r)
	h.as("mira").does(r, Deed{Action: Decline, Code: "no-place", Once: id.New()})
	s.shows(s.get("midwife", "/en/referral/"+r), 200, "Open Door cannot help", "No place at the moment", "Ask another service", "Second Door")
	a := s.post("midwife", "/en/referral/"+r+"/again", "service", "gr-second-desk", "once", id.New())
	s.shows(s.get("midwife", a.To), 200, "Are you alone with the person")
	if got := s.get("insider", "/en/referral/"+r); got.Status != 404 {
		t.Errorf("the insider gets %d", got.Status)
	}
	if got := s.get("coordinator", "/en/today"); got.Status != 403 {
		t.Errorf("the coordinator's inbox: %d", got.Status)
	}
}

// req: CONSENT-4
func TestWithdrawingTakesTwoPressesAndShowsAReceipt(t *testing.T) {
	h := newHouse(t, dbtest.Open(t, schemas...))
	s := newSite(t, h)
	r := h.as("midwife").sends()
	h.as("mira").looks(r)
	s.shows(s.get("midwife/locked", "/en/referral/"+r+"/withdraw"), 200, "What was read cannot be unread", "Name of mira")
	a := s.post("midwife/locked", "/en/referral/"+r+"/withdraw", "once", id.New())
	s.shows(s.get("midwife", a.To), 200, "Receipt of withdrawal", "Name of mira", "after 30 days")
	if got := s.get("mira", "/en/referral/"+r); got.Status != 404 {
		t.Errorf("the other side gets %d", got.Status)
	}
	s.shows(s.get("mira", "/en/today"), 200, Code(r)+" was withdrawn")
}

func TestAnAnswerThatCameSecondIsNotLost(t *testing.T) {
	h := newHouse(t, dbtest.Open(t, schemas...))
	s := newSite(t, h)
	r := h.as("midwife").sends()
	v := h.as("mira").looks(r).Version
	h.as("nils").does(r, Deed{Action: Accept, Once: id.New()})
	page := s.post("mira", "/en/referral/"+r+"/act", "action", "decline", "reason", "no-place", "text", "full until Monday", "version", itoa(int(v)), "once", id.New())
	s.shows(page, 409, "Someone answered a moment before you.", "full until Monday")
	page = s.post("mira", "/en/referral/"+r+"/act", "action", "decline", "text", "full", "once", id.New())
	s.shows(page, 422, "Choose a reason.", "full")
}

// req: REVIEW-1
func TestTheLegalGroundPageNamesTheGroundAndTheLeadReviews(t *testing.T) {
	h := newHouse(t, dbtest.Open(t, schemas...))
	s := newSite(t, h)
	draft := h.as("midwife").drafts("gr-open-door-house", Alone, map[string]Answer{"age": {"age": {"12-15"}}})
	s.shows(s.get("midwife", "/en/refer/"+draft+"/consent"), 200, "For a child: who agrees?", "ro child")
	page := s.get("midwife", "/en/refer/"+draft+"/ground")
	s.shows(page, 200, "A child in danger", "your own legal duty", "not verified", "112")
	d, err := h.s.Load(ctx, h.users["midwife"], draft)
	h.must(err)
	rev := itoa(int(d.Rev))
	s.shows(s.post("midwife", "/en/refer/"+draft+"/ground", "rev", rev, "days", "30", "part", "needs", "ground", "gr-child"), 422, "Write in one sentence")
	a := s.post("midwife", "/en/refer/"+draft+"/ground", "rev", rev, "days", "30", "part", "needs", "ground", "gr-child", "reason", "afraid to go home")
	s.shows(s.get("midwife", a.To), 200, "on a legal ground", "A child in danger")
	s.shows(s.get("head", "/en/today"), 200, "Second look")
	page = s.get("head", "/en/referral/"+draft)
	s.shows(page, 200, "afraid to go home", "you cannot stop it")
	if strings.Contains(page.words(), "End the access") {
		t.Error("a veto is offered")
	}
	a = s.post("head", "/en/referral/"+draft+"/review", "verdict", "agree", "once", id.New())
	s.shows(s.get("head", a.To), 200, "I agree")
}

// req: SHEET-1
func TestTheSheetHasNoFormAndSendsNothing(t *testing.T) {
	s := newSite(t, newHouse(t, dbtest.Open(t, schemas...)))
	page := s.get("", "/en/sheet?service=gr-open-door-house")
	s.shows(page, 200, "Open Door", "2310 000 000", "is sent or stored")
	main := page.Body[strings.Index(page.Body, "<main"):strings.Index(page.Body, "</main>")]
	if strings.Contains(main, "<form") || strings.Contains(main, `type="submit"`) {
		t.Error("the sheet can be sent")
	}
	if len(page.Header["Set-Cookie"]) != 0 {
		t.Error("the sheet sets a cookie")
	}
	for _, route := range s.shell.Routes() {
		if strings.HasPrefix(route, "POST") && strings.Contains(route, "/sheet") {
			t.Errorf("there is %s", route)
		}
	}
}

// req: FILE-1
func TestAttachmentsComeAndGoThroughThePages(t *testing.T) {
	h := newHouse(t, dbtest.Open(t, schemas...))
	s := newSite(t, h)
	draft := h.as("midwife").drafts("gr-open-door-house", Alone, nil)
	h.must(h.s.Attach(ctx, AuthorOf(h.users["midwife"]), draft, "letter.pdf", []byte("%PDF-1.4 x")))
	page := s.get("midwife", "/en/refer/"+draft+"/attachments")
	s.shows(page, 200, "letter.pdf")
	o := h.as("midwife").order(draft, PartNeeds, PartAttachments)
	_, err := h.s.Send(ctx, h.users["midwife"], draft, "en", o)
	h.must(err)
	got := s.get("mira", "/en/referral/"+draft)
	link := regexp.MustCompile(`href="(/en/referral/[^"]*/file/[^"]*)"`).FindStringSubmatch(got.Body)
	if link == nil || strings.Contains(got.Body, "letter.pdf") {
		t.Fatalf("link %v, or the file's name went along", link)
	}
	file := s.get("mira", link[1])
	if file.Body != "%PDF-1.4 x" || !strings.HasPrefix(file.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("%q %v", file.Body, file.Header)
	}
	if s.get("insider", link[1]).Status != 404 {
		t.Error("an insider gets the file")
	}
}

func TestTheAPIListsRoutingAndNoContent(t *testing.T) {
	h := newHouse(t, dbtest.Open(t, schemas...))
	s := newSite(t, h)
	r := h.as("midwife").sends()
	got := s.get("mira", "/api/v1/referrals?per_page=10")
	var page struct {
		Contents []map[string]any `json:"contents"`
	}
	if err := json.Unmarshal([]byte(got.Body), &page); err != nil || len(page.Contents) != 1 || page.Contents[0]["id"] != r || page.Contents[0]["state"] != "sent" {
		t.Fatalf("%v %s", err, got.Body)
	}
	for name, want := range map[string]int{"/api/v1/referrals?q=x": 422, "/api/v1/referrals?page=0": 422} {
		if got := s.get("mira", name); got.Status != want {
			t.Errorf("%s: %d", name, got.Status)
		}
	}
	if got := s.get("", "/api/v1/referrals"); got.Status != 401 {
		t.Errorf("a visitor gets %d", got.Status)
	}
	h.users["mira"].Scopes = []string{"directory:read"}
	if got := s.get("mira", "/api/v1/referrals"); got.Status != 403 {
		t.Errorf("a token without the scope gets %d", got.Status)
	}
	h.users["mira"].Scopes = []string{Scope}
	if got := s.get("mira", "/api/v1/referrals"); got.Status != 200 {
		t.Errorf("a token with the scope gets %d", got.Status)
	}
}

// Every key that the code can ask for is a sentence in every language.
func TestEveryWordOfThisRoomExistsInEveryLanguage(t *testing.T) {
	texts, err := i18n.Load(locale.Files, i18n.Languages)
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]bool{}
	find := regexp.MustCompile(`"((?:referral|today|consent|enquiry)\.[a-z0-9.-]*[a-z0-9])"`)
	for _, glob := range []string{"*.go", "page/*.html"} {
		files, _ := filepath.Glob(glob)
		for _, f := range files {
			if strings.HasSuffix(f, "_test.go") {
				continue
			}
			b := readFile(t, f)
			for _, m := range find.FindAllStringSubmatch(b, -1) {
				keys[m[1]] = true
			}
		}
	}
	for _, k := range []string{"referral.read", "referral.write", "referral.answer", "referral.end", "referral.know", "referral.withdraw", "referral.review", "referral.stop", "referral.start", "referral.send", "referral.packet", "referral.chunk", "referral.file", "referral.message", "referral.key", "referral.draft.answer", "referral.draft.file", "referral.escalate", "referral.expire", "referral.purge", "referral.draft", "referral.act",
		"referral.guest.key", "referral.guest.code", "referral.guest.session", "referral.letter-opened", "referral.renew", "referral.told", "referral.wishes", "referral.round", "referral.lapse", "enquiry.cedar", "enquiry.css"} {
		if !texts.Has("en", k) {
			delete(keys, k) // a policy action, a sealed field or a job
		}
	}
	for _, s := range Steps {
		keys["referral.step."+s.ID+".short"], keys["referral.step."+s.ID+".title"], keys["referral.step."+s.ID+".why"] = true, true, true
		for _, f := range s.Fields {
			if f.Name != s.ID {
				keys["referral.field."+f.Name] = true
			}
			for _, o := range f.Options {
				switch {
				case slices.Contains(unsure, o), f.Name == stepRegion: // named by the gazetteer
				case f.Name == "language" && o == "other":
					keys["referral.language.another"] = true
				case f.Name == "language":
					keys["referral.language."+o] = true
				default:
					keys["referral.option."+f.Name+"."+o] = true
				}
			}
		}
	}
	for _, s := range States {
		keys["referral.state."+string(s)] = true
	}
	for _, a := range append(slices.Clone(actions), "remind", "review", "purge") {
		keys["referral.event."+string(a)] = true
	}
	for _, a := range []Action{Ask, Reply, Accept, Decline, Appoint, HandOver, Close, "ground", "review-agree", "review-concern", "review-stop"} {
		keys["referral.message."+string(a)] = true
	}
	for _, a := range []Action{Ask, Reply, Accept, Decline, Appoint, HandOver, Close} {
		keys["referral.done."+string(a)] = true
	}
	for prefix, codes := range map[string][]string{"reason": DeclineReasons, "outcome": Outcomes, "way": Ways, "verdict": {"agree", "concern", "stop"}, "remind": {"1", "2", "3", "review", "answer", "answer-late"}, "kind": {"referral", "enquiry"}, "within": {"now", "today", "days"}, "guardian": {"agrees", "decides-alone"}, "interpreter": {"none", "independent"}, "action": {"accept-referral", "accept-enquiry", "decline-referral", "decline-enquiry"}, "hint.setting": {Alone, AloneInterpreter, NotAlone, Danger, AskFirst}} {
		for _, code := range codes {
			keys["referral."+prefix+"."+code] = true
		}
	}
	for _, k := range []string{"today.greeting.morning", "today.greeting.day", "today.greeting.evening", "today.notice.withdrawn", "today.notice.expired"} {
		keys[k] = true
	}
	for _, s := range States {
		if s != Draft && s != Accepted && s != Declined && s != Redirected && s != Appointment && s != HandedOver {
			keys["enquiry.state."+string(s)] = true
		}
	}
	for _, s := range []string{"offer", "refused", "asks", "chosen"} {
		keys["enquiry.state."+s] = true
	}
	for _, term := range Terms {
		keys["enquiry.term."+term] = true
	}
	for month := range 12 {
		keys[fmt.Sprintf("date.whole.%02d", month+1)] = true
	}
	keys["referral.outcome.followed"] = true
	var missing []string
	for k := range keys {
		for _, lang := range i18n.Languages {
			if !texts.Has(lang, k) {
				missing = append(missing, lang+" "+k)
			}
		}
	}
	slices.Sort(missing)
	if len(missing) > 0 {
		t.Errorf("%d sentences are missing:\n%s", len(missing), strings.Join(missing[:min(len(missing), 60)], "\n"))
	}
}

func TestEveryPageIsShownInEveryLanguage(t *testing.T) {
	h := newHouse(t, dbtest.Open(t, schemas...))
	s := newSite(t, h)
	draft := h.as("midwife").drafts("gr-open-door-house", Alone, map[string]Answer{"age": {"age": {"12-15"}}})
	open := h.as("midwife").drafts("", Danger, nil)
	r := h.as("midwife").sends()
	h.as("mira").looks(r)
	for _, lang := range i18n.Languages {
		for _, path := range []string{"/refer/new", "/refer/" + open + "/danger", "/refer/" + open + "/to", "/refer/" + open + "/review", "/refer/" + draft + "/consent", "/refer/" + draft + "/ground", "/refer/" + draft + "/attachments", "/referral/" + r, "/referral/" + r + "/withdraw", "/today", "/referrals", "/sheet"} {
			s.shows(s.get("midwife", "/"+lang+path), 200)
		}
		for _, step := range Steps {
			if step.ID != "attachments" {
				s.shows(s.get("midwife", "/"+lang+"/refer/"+draft+"/"+step.ID), 200)
			}
		}
	}
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
