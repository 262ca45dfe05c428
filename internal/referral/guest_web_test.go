package referral

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"amelie/internal/db"
	"amelie/internal/db/dbtest"
	"amelie/internal/fault"
	"amelie/internal/i18n"
	"amelie/internal/id"
	"amelie/locale"
)

// letterSite is a site with a mailbox for letters.
type letterSite struct {
	*site
	*letters
	cookies map[string]*http.Cookie // of the guest, by path
}

func newLetterSite(t testing.TB) *letterSite {
	h := newHouse(t, dbtest.Open(t, schemas...))
	return &letterSite{newSite(t, h), newLetters(t, h), map[string]*http.Cookie{}}
}

// guest asks for a page as somebody without an account; the cookies are kept
// as a browser keeps them.
func (s *letterSite) guest(method, path string, pairs ...string) answer {
	s.site.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	for at, c := range s.cookies {
		if strings.HasPrefix(r.URL.Path, at) {
			r.AddCookie(c)
		}
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		if c.MaxAge < 0 {
			delete(s.cookies, c.Path)
			continue
		}
		s.cookies[c.Path] = c
	}
	return answer{w.Code, w.Body.String(), w.Header().Get("Location"), w.Header()}
}

var hrefRE = regexp.MustCompile(`(?:href|src|action)="([^"]+)"`)

// req: GUEST-3
func TestAMailScannerThatFollowsEveryLinkAHundredTimesChangesNothing(t *testing.T) {
	s := newLetterSite(t)
	r := s.house().as("midwife").asks(ByLink)
	path := "/en/letter/" + s.link()
	before := s.everything()
	first := s.guest("GET", path)
	s.shows(first, 200, "A letter for you", "The code you were told")
	followed := map[string]bool{}
	for range 100 {
		for _, method := range []string{"GET", "HEAD"} {
			got := s.guest(method, path)
			if got.Status != 200 || len(got.Header.Values("Set-Cookie")) > 0 {
				t.Fatalf("%s: %d, cookies %v", method, got.Status, got.Header.Values("Set-Cookie"))
			}
			for _, m := range hrefRE.FindAllStringSubmatch(got.Body, -1) {
				if strings.HasPrefix(m[1], "/") && !strings.HasPrefix(m[1], "/asset") {
					followed[m[1]] = true
				}
			}
		}
	}
	for link := range followed {
		s.guest("GET", link)
		s.guest("HEAD", link)
	}
	s.guest("GET", path+"/leave")
	s.guest("GET", path+"/file/x")
	s.guest("OPTIONS", path)
	if len(followed) < 5 {
		t.Errorf("only %v was followed", followed)
	}
	if after := s.everything(); after != before {
		t.Error("the scanner changed something")
	}
	if got := s.house().as("midwife").looks(r); got.State != Sent || got.Letter.Wrong != 0 {
		t.Errorf("%v, %d tries", got.State, got.Letter.Wrong)
	}
}

// req: GUEST-3
func TestAnUnknownALockedAndAnOpenLinkLookAlike(t *testing.T) {
	s := newLetterSite(t)
	s.house().as("midwife").asks(ByLink)
	known, unknown := s.link(), newLink()
	same := func(a, b answer) {
		t.Helper()
		if x, y := strings.ReplaceAll(a.Body, known, "LINK"), strings.ReplaceAll(b.Body, unknown, "LINK"); x != y || a.Status != b.Status {
			t.Errorf("%d and %d; the pages differ", a.Status, b.Status)
		}
	}
	post := func(link string) answer {
		return s.guest("POST", "/en/letter/"+link, "do", "open", "code", "00000001", "name", "Vasso")
	}
	same(s.guest("GET", "/en/letter/"+known), s.guest("GET", "/en/letter/"+unknown))
	for range MaxCodes + 1 { // wrong, then locked
		same(post(known), post(unknown))
	}
	same(s.guest("GET", "/en/letter/"+known), s.guest("GET", "/en/letter/"+unknown))
	if got := post(known); got.Status != 422 || !strings.Contains(got.Body, `value="Vasso"`) {
		t.Errorf("what was typed is lost: %d", got.Status)
	}
}

// house is the house of both halves.
func (s *letterSite) house() *house { return s.letters.house }

func TestTheWholeWayInTheBrowserWithoutAScript(t *testing.T) {
	s := newLetterSite(t)
	// The sender: the entry's button, the way, the sheet that names it.
	page := s.get("midwife", "/en/refer/new?service=gr-letter-desk")
	s.shows(page, 200, "Sealed page by e-mail", "Printed form", "By telephone")
	page = s.get("midwife", "/en/refer/new?service=gr-letter-desk&way=link")
	s.shows(page, 200, "Are you alone")
	a := s.post("midwife", "/en/refer/new", "service", "gr-letter-desk", "way", "link", "setting", "alone", "once", id.New())
	draft := draftOf(a)
	for step, answer := range common {
		s.house().must(s.house().s.Save(ctx, AuthorOf(s.house().users["midwife"]), draft, step, answer))
	}
	s.shows(s.get("midwife", "/en/refer/"+draft+"/review"), 200, "gets a sealed page", "Show the person what would be sent")
	sheet := s.get("midwife", "/en/refer/"+draft+"/consent?lang=ro")
	s.shows(sheet, 200, "ro by.link")
	rev := regexp.MustCompile(`name="rev" value="(\d+)"`).FindStringSubmatch(sheet.Body)[1]
	a = s.post("midwife", "/en/refer/"+draft+"/consent", "rev", rev, "lang", "ro", "part", "needs", "part", "name", "part", "feedback", "days", "30", "interpreter", "none", "how", "spoken", "once", id.New())
	if a.Status != 303 {
		t.Fatalf("%d %s", a.Status, a.words())
	}
	code := ShownCode(s.code(draft))
	s.shows(s.get("midwife", a.To), 200, "Call them now and tell them the code", code, "2310 999 999", "desk@letter.example")

	// The guest.
	path := "/el/letter/" + s.link()
	s.shows(s.guest("GET", path), 200, "Μια επιστολή για εσάς")
	got := s.guest("POST", path, "do", "open", "code", code, "name", guestsName)
	if got.Status != 303 || len(s.cookies) != len(i18n.Languages) {
		t.Fatalf("%d, cookies %v", got.Status, s.cookies)
	}
	for at, c := range s.cookies {
		if !strings.HasSuffix(at, "/letter/"+s.link()) || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.MaxAge != 1800 {
			t.Errorf("cookie %+v", c)
		}
	}
	path = "/en/letter/" + s.link()
	page = s.guest("GET", path)
	s.shows(page, 200, "From General Hospital", herName, "You read this as "+guestsName, "We want an account here", "Accept")
	if !strings.Contains(page.Body, `data-exit="`+path+`/leave"`) || page.Header.Get("Content-Encoding") != "" {
		t.Error("the quick exit does not end the page, or it is compressed")
	}
	s.shows(s.guest("POST", path, "do", "act", "action", "ask", "text", " ", "once", id.New()), 422, "You read this as")
	got = s.guest("POST", path, "do", "act", "action", "accept", "text", "Come at six", "once", id.New())
	s.shows(s.guest("GET", got.To), 200, "The sender is told that you will help", "Come at six")
	got = s.guest("POST", path, "do", "account")
	s.shows(s.guest("GET", got.To), 200, "know that you want an account")
	s.shows(s.get("midwife", "/en/referral/"+draft), 200, "Accepted", guestsName+", Letter House, by link", "Come at six", "Asked for an account here", "Opened for the first time")
	s.shows(s.get("admin", "/en/wishes"), 200, "Letter House")

	// The page closes by itself; what was typed stays.
	s.letters.house.now = s.letters.house.now.Add(LetterIdle)
	got = s.guest("POST", path, "do", "act", "action", "reply", "text", "a long answer", "once", id.New())
	s.shows(got, 422, "The page had closed by itself")
	if !strings.Contains(got.Body, `value="a long answer"`) {
		t.Error("what was typed is lost")
	}
	got = s.guest("POST", path, "do", "open", "code", code, "name", guestsName, "text", "a long answer")
	if got.Status != 200 || !strings.Contains(got.Body, "a long answer</textarea>") {
		t.Errorf("%d: what was typed did not come back", got.Status)
	}

	// The exit, and the end.
	got = s.guest("GET", path+"/leave")
	if got.Header.Get("Clear-Site-Data") == "" || len(s.cookies) != 0 {
		t.Errorf("the exit leaves %v", s.cookies)
	}
	s.shows(s.guest("GET", path), 200, "A letter for you")
	s.post("midwife", "/en/referral/"+draft+"/withdraw", "once", id.New())
	s.shows(s.guest("GET", path), 410, "This has ended")
	s.shows(s.guest("POST", path, "do", "open", "code", code, "name", "x"), 410, "This has ended")
}

// req: GUEST-5
func TestTheExitEndsTheOpenedPageOnTheServerToo(t *testing.T) {
	s := newLetterSite(t)
	r := s.house().as("midwife").asks(ByLink)
	path := "/en/letter/" + s.link()
	s.guest("POST", path, "do", "open", "code", s.code(r), "name", guestsName)
	kept := map[string]*http.Cookie{}
	for at, c := range s.cookies {
		kept[at] = c
	}
	s.shows(s.guest("GET", path), 200, "From General Hospital")
	s.guest("GET", path+"/leave")
	s.cookies = kept // a browser that did not let go
	s.shows(s.guest("GET", path), 200, "A letter for you")
}

// req: GUEST-7
func TestTheSheetOnPaperSaysWhatWasAgreedAndHowToAnswer(t *testing.T) {
	s := newLetterSite(t)
	for _, w := range []Way{ByForm, ByCall} {
		r := s.house().as("midwife").asks(w, PartName, PartNeeds, PartFeedback)
		page := s.get("midwife", "/en/referral/"+r+"/paper")
		s.shows(page, 200, "Number "+Code(r), "Letter House", "2310 999 999", herName, "the person agreed that Letter House may know", "Please answer by", "destroy it after")
		if strings.Contains(page.words(), herStory) {
			t.Error("the paper holds a part that was not ticked")
		}
		title := regexp.MustCompile(`<title>([^<]*)</title>`).FindStringSubmatch(page.Body)[1]
		if title != "Sheet" {
			t.Errorf("the title tells: %q", title)
		}
		a := s.post("midwife", "/en/referral/"+r+"/act", "action", "accept", "told", "1", "text", "Mrs K. said yes", "once", id.New())
		s.shows(s.get("midwife", a.To), 200, "Letter House, by telephone; recorded by Name of midwife", "Mrs K. said yes")
		s.shows(s.get("midwife", "/en/referral/"+r+"/withdraw"), 200, "ask them to destroy what they have")
		if got := s.get("insider", "/en/referral/"+r+"/paper"); got.Status != 404 {
			t.Errorf("the insider gets %d", got.Status)
		}
		s.post("midwife", "/en/referral/"+r+"/withdraw", "once", id.New())
		if got := s.get("midwife", "/en/referral/"+r+"/paper"); got.Status == 200 {
			t.Error("it can still be printed after withdrawal")
		}
	}
	linked := s.house().as("midwife").asks(ByLink)
	if got := s.get("midwife", "/en/referral/"+linked+"/paper"); got.Status != 404 {
		t.Errorf("a letter is printed: %d", got.Status)
	}
}

func TestEveryPageOfALetterIsShownInEveryLanguage(t *testing.T) {
	s := newLetterSite(t)
	r, paper := s.house().as("midwife").asks(ByLink), ""
	link, code := s.link(), s.code(r)
	paper = s.house().as("midwife").asks(ByForm)
	s.guest("POST", "/en/letter/"+link, "do", "open", "code", code, "name", guestsName)
	for _, lang := range i18n.Languages {
		s.shows(s.guest("GET", "/"+lang+"/letter/"+link), 200, guestsName)
		s.shows(s.guest("GET", "/"+lang+"/letter/"+newLink()), 200)
		for _, path := range []string{"/referral/" + r, "/referral/" + paper, "/referral/" + paper + "/paper", "/refer/new?service=gr-letter-desk"} {
			s.shows(s.get("midwife", "/"+lang+path), 200)
		}
		s.shows(s.get("admin", "/"+lang+"/wishes"), 200)
	}
	for _, which := range Letters {
		texts, err := i18n.Load(locale.Files, i18n.Languages)
		s.house().must(err)
		for _, lang := range i18n.Languages {
			for _, part := range []string{"subject", "text"} {
				if !texts.Has(lang, "guest.mail."+which+"."+part) {
					t.Errorf("%s: no mail %s.%s", lang, which, part)
				}
			}
		}
	}
}

// req: GUEST-10
func TestWhoTriesVeryOftenWaitsAndLosesNothing(t *testing.T) {
	s := newLetterSite(t)
	s.house().as("midwife").asks(ByLink)
	left := 2
	s.letters.s.MayTry = func(*http.Request) bool { left--; return left >= 0 }
	for i, want := range []int{422, 422, 429} {
		got := s.guest("POST", "/en/letter/"+newLink(), "do", "open", "code", "00000001", "name", "Vasso")
		if got.Status != want || !strings.Contains(got.Body, `value="Vasso"`) {
			t.Errorf("try %d: %d", i, got.Status)
		}
	}
}

// req: RESTORE-1
func TestALetterOfABackupIsLockedAndItsSenderMakesANewOne(t *testing.T) {
	eachLetters(t, func(t *testing.T, l *letters) {
		midwife := l.as("midwife")
		r := midwife.asks(ByLink)
		link, code := l.link(), midwife.looks(r).Letter.Code
		cookie, err := l.s.OpenLetter(ctx, link, code, "Vasso")
		l.must(err)
		l.must(l.db.Write(ctx, func(tx *db.Tx) error { return LockLetters(tx, l.now) }))
		if _, _, err := l.s.LetterViewer(ctx, link, cookie); fault.KindOf(err) != fault.SignIn {
			t.Errorf("an opened page came back: %v", err)
		}
		if _, err := l.s.OpenLetter(ctx, link, code, "Vasso"); err == nil {
			t.Error("an old link opens")
		}
		l.must(l.s.Renew(ctx, midwife.v, r, "en", ""))
		if _, err := l.s.OpenLetter(ctx, l.link(), midwife.looks(r).Letter.Code, "Vasso"); err != nil {
			t.Errorf("the new link: %v", err)
		}
	})
}

// req: GUEST-3
func TestFiveWrongCodesInARowSayWhyTheLinkIsLockedAndWhatToDoWhateverTheLinkIs(t *testing.T) {
	s := newLetterSite(t)
	s.house().as("midwife").asks(ByLink)
	for _, link := range []string{s.link(), newLink()} {
		tries := ""
		for n := 1; n <= MaxCodes; n++ {
			got := s.guest("POST", "/en/letter/"+link, "do", "open", "code", "00000001", "name", "Vasso", "tries", tries, "text", "the room is free")
			locked := strings.Contains(got.Body, "This link opens nothing any more")
			if got.Status != 422 || locked != (n == MaxCodes) || !strings.Contains(got.Body, "the room is free") {
				t.Errorf("%d wrong codes: %d, locked %v", n, got.Status, locked)
			}
			if n == MaxCodes {
				s.shows(got, 422, "nobody can go on guessing", "Call the person who told you the code")
				break
			}
			tries = regexp.MustCompile(`name="tries" value="(\d+)"`).FindStringSubmatch(got.Body)[1]
		}
		// What is no code is no try.
		got := s.guest("POST", "/en/letter/"+link, "do", "open", "code", "12", "name", "Vasso", "tries", "4")
		s.shows(got, 422, "The code has eight digits")
	}
}

// req: RESTORE-1
func TestTheSenderOfALetterThatARestoreLockedIsToldSoAndNotOfWrongCodes(t *testing.T) {
	s := newLetterSite(t)
	r := s.house().as("midwife").asks(ByLink)
	s.house().must(s.house().db.Write(ctx, func(tx *db.Tx) error { return LockLetters(tx, s.house().now) }))
	page := s.get("midwife", "/en/referral/"+r)
	s.shows(page, 200, "The link is locked since this site was restored", "Nobody tried codes", "Make them new and send the link")
	if strings.Contains(page.Body, "locked after five wrong codes") {
		t.Error("the sender is told of wrong codes")
	}
	s.shows(s.get("midwife", "/en/today"), 200, "link locked: make a new one")
}

func TestARoundWithLettersIsAskedCalledAndAnsweredInEveryLanguage(t *testing.T) {
	s := newLetterSite(t)
	h := s.house()
	withDesks(h)
	page := s.get("midwife", "/en/ask?service=gr-desk1-house&service=gr-letter-desk&service=gr-form-desk")
	s.shows(page, 200, "Letter House", "No account here", "Form House")
	if strings.Contains(page.Body, `name="service" value="gr-form-desk"`) || !strings.Contains(page.Body, `value="gr-letter-desk"`) {
		t.Error("who takes letters can be asked, who takes paper alone is called")
	}
	draft, rev := h.as("midwife").drafting("gr-desk1-house", "gr-letter-desk")
	for _, lang := range i18n.Languages {
		s.shows(s.get("midwife", "/"+lang+"/refer/"+draft+"/review"), 200, "Letter House")
	}
	s.shows(s.get("midwife", "/en/refer/"+draft+"/review"), 200, "Letter House, by letter", "once you have called")
	round, err := h.s.SendEnquiry(ctx, h.users["midwife"], draft, "en", rev)
	h.must(err)
	enquiry := h.as("midwife").sees(round).Candidates[1].ID
	code := ShownCode(s.code(enquiry))
	for _, lang := range i18n.Languages {
		s.shows(s.get("midwife", "/"+lang+"/enquiry/"+round), 200, code, "2310 999 999")
	}
	path := "/en/letter/" + s.link()
	if got := s.guest("POST", path, "do", "open", "code", code, "name", guestsName); got.Status != 303 {
		t.Fatalf("%d %s", got.Status, got.words())
	}
	s.shows(s.guest("GET", path), 200, "Until when do you hold the place?", "Others may have been asked too")
	if got := s.guest("POST", path, "do", "act", "action", "accept", "hours", "3", "terms", "with-children", "once", id.New()); got.Status != 303 {
		t.Fatalf("%d %s", got.Status, got.words())
	}
	answers := s.get("midwife", "/en/enquiry/"+round)
	s.shows(answers, 200, "Offers a place", "The person chooses Letter House", "Children are welcome")
	if strings.Contains(answers.Body, code) {
		t.Error("the code is still shown after the letter was opened")
	}
}
