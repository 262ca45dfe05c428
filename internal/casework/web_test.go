package casework

import (
	"bytes"
	"html"
	"image"
	"image/jpeg"
	"image/png"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"amelie/internal/cldr"
	"amelie/internal/db"
	"amelie/internal/db/dbtest"
	"amelie/internal/draft"
	"amelie/internal/fault"
	"amelie/internal/i18n"
	"amelie/internal/id"
	"amelie/internal/vault"
	"amelie/internal/web"
	"amelie/locale"
)

// site serves the pages of a house; the header "As" says who is there.
type site struct {
	*house
	handler http.Handler
}

func newSite(t *testing.T) *site {
	h := newHouse(t, dbtest.Open(t, append(slices.Clone(schemas), draft.Schema)...))
	texts, err := i18n.Load(locale.Files, i18n.Languages)
	h.must(err)
	shell := web.New(web.Config{Languages: i18n.Languages, Now: h.clock, Texts: texts, Demo: true})
	shell.Authenticate = func(r *http.Request) (*web.Viewer, error) {
		as := r.Header.Get("As")
		if user, locked := strings.CutSuffix(as, "/locked"); locked {
			return h.locked(user), nil
		}
		return h.users[as], nil
	}
	h.s.Drafts = &draft.Shelf{DB: h.db, Now: h.clock, Keys: draftKeys{h}}
	h.s.Former = func(r *http.Request) (string, bool) { return r.Header.Get("Former"), r.Header.Get("Former") != "" }
	h.s.Mount(shell)
	return &site{h, shell.Handler()}
}

func (s *site) do(user string, r *http.Request) *httptest.ResponseRecorder {
	r.Header.Set("As", user)
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w
}

func (s *site) get(user, path string) *httptest.ResponseRecorder {
	return s.do(user, httptest.NewRequest("GET", path, nil))
}

func (s *site) post(user, path string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return s.do(user, r)
}

func (s *site) sends(user, path, name string, body []byte, form url.Values) *httptest.ResponseRecorder {
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for k, v := range form {
		m.WriteField(k, v[0])
	}
	f, err := m.CreateFormFile("file", name)
	s.must(err)
	f.Write(body)
	s.must(m.Close())
	r := httptest.NewRequest("POST", path, &b)
	r.Header.Set("Content-Type", m.FormDataContentType())
	return s.do(user, r)
}

var tags = regexp.MustCompile(`(?s)<script.*?</script>|<style.*?</style>|<[^>]*>`)

func wordsOf(w *httptest.ResponseRecorder) string {
	return strings.Join(strings.Fields(html.UnescapeString(tags.ReplaceAllString(w.Body.String(), " "))), " ")
}

func (s *site) shows(w *httptest.ResponseRecorder, status int, words ...string) {
	s.t.Helper()
	if w.Code != status {
		s.t.Fatalf("status %d, want %d: %.500s", w.Code, status, wordsOf(w))
	}
	for _, word := range words {
		if !strings.Contains(wordsOf(w), word) {
			s.t.Errorf("the page does not say %q: %.1500s", word, wordsOf(w))
		}
	}
}

func TestACaseIsOpenedWithANameAndReadAsAFile(t *testing.T) {
	s := newSite(t)
	s.shows(s.get("mira", "/en/cases"), 200, "No cases here", "New case")
	form := url.Values{"name": {"Rosa"}, "pronoun": {"she"}, "channel": {"phone"}, "code-word": {"lavender"}, "language": {"ro"}, "once": {id.New()}}
	made := s.post("mira", "/en/cases/new", form)
	to := made.Header().Get("Location")
	if made.Code != 303 || !strings.HasPrefix(to, "/en/cases/") {
		t.Fatalf("%d %s %.400s", made.Code, to, wordsOf(made))
	}
	s.shows(s.get("mira", to), 200, "Rosa", "lavender", "Phone call", "The person’s own view", "Nothing written yet.")
	s.shows(s.get("mira", "/el/cases"), 200, "Rosa")
	s.shows(s.get("mira/locked", "/en/cases"), 200, "Your key is locked")
	if strings.Contains(wordsOf(s.get("mira/locked", "/en/cases")), "Rosa") {
		t.Error("a locked list names the person")
	}
	s.shows(s.get("second", to), 404)
	title := regexp.MustCompile(`<title>[^<]*`).FindString(s.get("mira", to).Body.String())
	if strings.Contains(title, "Rosa") {
		t.Errorf("the tab says %q", title)
	}
}

// req: CASE-12
func TestWhatIsLookedForAmongTheCasesStandsInNoAddress(t *testing.T) {
	s := newSite(t)
	s.post("mira", "/en/cases/new", url.Values{"name": {"Rosa"}, "once": {id.New()}})
	if page := s.get("mira", "/en/cases").Body.String(); !strings.Contains(page, `<form method="post" action="/en/cases" role="search"`) {
		t.Error("the search does not post")
	}
	s.shows(s.post("mira", "/en/cases", url.Values{"q": {"lavender"}}), 200, "Nothing found")
	s.shows(s.get("mira", "/en/cases?q=lavender"), 200, "Rosa") // an address looks for nothing
}

func TestWhatIsWrongIsSaidBesideItsFieldAndNothingTypedIsLost(t *testing.T) {
	s := newSite(t)
	s.shows(s.post("mira", "/en/cases/new", url.Values{"pronoun": {"they, please"}, "once": {id.New()}}), 422, "Please fill this in.")
	if !strings.Contains(s.post("mira", "/en/cases/new", url.Values{"pronoun": {"they, please"}}).Body.String(), `value="they, please"`) {
		t.Error("what was typed is gone")
	}
	c := s.begins("mira", "Rosa")
	bad := s.post("mira", "/en/cases/"+c+"/write/task", url.Values{"words": {"call her"}, "day": {"soon"}, "rev": {"0"}})
	s.shows(bad, 422, "This is not a date")
	if !strings.Contains(bad.Body.String(), `value="call her"`) {
		t.Error("what was typed is gone")
	}
}

// req: CASE-5
func TestASecondEditorSeesBothVersionsAndSavesOnTopOfTheFirst(t *testing.T) {
	s := newSite(t)
	c := s.begins("mira", "Rosa")
	note := s.writes("mira", c, "note", "as it was")
	path := "/en/cases/" + c + "/write/note"
	s.shows(s.get("mira", path+"?entry="+note), 200, "Note")
	s.shows(s.post("boss", path, url.Values{"entry": {note}, "rev": {"1"}, "words": {"the lead’s words"}}), 303)
	both := s.post("mira", path, url.Values{"entry": {note}, "rev": {"1"}, "words": {"mira’s words"}})
	s.shows(both, 422, "Saved meanwhile", "the lead’s words", "mira’s words", "Name of boss")
	s.shows(s.post("mira", path, url.Values{"entry": {note}, "rev": {"2"}, "words": {"both"}}), 303)
	s.shows(s.get("mira", path+"?entry="+note), 200, "Earlier versions", "the lead’s words", "as it was", "both")
}

// req: CASE-3
func TestTheFormOfTheAssessmentShowsThePersonsOwnView(t *testing.T) {
	s := newSite(t)
	c := s.begins("mira", "Rosa")
	s.shows(s.post("mira", "/en/cases/"+c+"/write/own-view", url.Values{"feels": {"not-safe"}, "own-words": {"not at night"}, "rev": {"0"}}), 303)
	s.shows(s.get("mira", "/en/cases/"+c+"/write/risk"), 200, "The person’s own view", "not at night")
	s.shows(s.get("mira", "/en/cases/"+c), 200, "not at night", "Risk, as we see it")
}

// req: CASE-2
func TestThePageOfAContactShowsWhatIsSafeAndWhetherNowIs(t *testing.T) {
	s := newSite(t)
	c := s.begins("mira", "Rosa")
	o, err := s.s.Look(ctx, s.users["mira"], c)
	s.must(err)
	contact, _ := o.Latest("contact")
	s.shows(s.post("mira", "/en/cases/"+c+"/write/contact", url.Values{"entry": {contact.ID}, "rev": {"1"}, "channel": {"phone"}, "hours": {"evening"}, "code-word": {"lavender"}, "who-may-hear": {"only-the-person"}}), 303)
	s.shows(s.get("mira", "/en/cases/"+c), 200, "Now is not a time that the person named", "lavender")
	s.shows(s.get("mira", "/en/cases/"+c+"/write/attempt"), 200, "Safe contact", "lavender")
	s.shows(s.post("mira", "/en/cases/"+c+"/write/attempt", url.Values{"by": {"email"}, "outcome": {"no-answer"}, "rev": {"0"}}), 422, "not marked as safe")
}

// req: CASE-10
func TestFilesAreTakenByTheirContentAndRefusedWithTheReason(t *testing.T) {
	s := newSite(t)
	c := s.begins("mira", "Rosa")
	picture := image.NewRGBA(image.Rect(0, 0, 40, 30))
	var p, j bytes.Buffer
	s.must(png.Encode(&p, picture))
	s.must(jpeg.Encode(&j, picture, nil))
	located := append(append([]byte{0xff, 0xd8, 0xff, 0xe1, 0, 14}, "Exif\x00\x00GPSHERE"[:12]...), j.Bytes()[2:]...)
	for reason, file := range map[string]struct {
		name string
		body []byte
		more url.Values
	}{
		"not taken":           {"a.exe", []byte("MZ\x90\x00"), nil},
		"says something else": {"card.pdf", p.Bytes(), nil},
		"act by itself":       {"a.pdf", []byte("%PDF-1.7 /OpenAction << /JavaScript (x) >>"), nil},
		"cannot be removed":   {"a.pdf", []byte("%PDF-1.7 plain"), url.Values{"plain": {"1"}}},
		"too large":           {"a.pdf", append([]byte("%PDF-1.7 "), make([]byte, MaxDocument)...), nil},
		"it is signed":        {"a.pdf", []byte("%PDF-1.7\n1 0 obj\n<< /ByteRange [0 1] >>\nendobj\n"), url.Values{"plain": {"1"}}},
		"it is encrypted":     {"a.pdf", []byte("%PDF-1.7\ntrailer\n<< /Encrypt 1 0 R >>\n"), url.Values{"plain": {"1"}}},
		"cannot be read":      {"a.png", p.Bytes()[:60], nil},
		"choose an answer":    {"a.png", p.Bytes(), url.Values{"part": {"safety"}}},
	} {
		form := url.Values{"part": {"identity"}, "words": {"the card"}, "once": {id.New()}}
		for k, v := range file.more {
			form[k] = v
		}
		got := s.sends("mira", "/en/cases/"+c+"/file", file.name, file.body, form)
		s.shows(got, 422, reason)
		if !strings.Contains(got.Body.String(), `value="the card"`) {
			t.Errorf("%s: what was typed is gone", reason)
		}
	}
	kept := s.sends("mira", "/en/cases/"+c+"/file", "card.JPG", located, url.Values{"part": {"identity"}, "plain": {"1"}, "words": {"the card"}, "once": {id.New()}})
	s.shows(kept, 303)
	to := kept.Header().Get("Location")
	s.shows(s.get("mira", to), 200, "the card", "Person")
	raw := s.get("mira", to+"?get=1")
	if raw.Code != 200 || bytes.Contains(raw.Body.Bytes(), []byte("GPS")) || raw.Header().Get("Cache-Control") != "no-store" || !strings.Contains(raw.Header().Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("%d %v", raw.Code, raw.Header())
	}
	s.shows(s.get("second", to+"?get=1"), 404)
	entry := to[strings.LastIndexByte(to, '/')+1:]
	s.shows(s.post("mira", "/en/cases/"+c+"/write/document", url.Values{"entry": {entry}, "rev": {"1"}, "words": {"another"}}), 404)
	s.shows(s.get("mira", to), 200, "the card")
	big := append([]byte("%PDF-1.7 "), bytes.Repeat([]byte("scan "), 50_000)...)
	whole := s.sends("mira", "/en/cases/"+c+"/file", "scan.pdf", big, url.Values{"part": {"notes"}, "once": {id.New()}})
	if back := s.get("mira", whole.Header().Get("Location")+"?get=1"); !bytes.Equal(back.Body.Bytes(), big) {
		t.Errorf("%d bytes came back of %d", back.Body.Len(), len(big))
	}
}

func TestEveryFieldAndEveryAnswerHasWordsInEveryLanguage(t *testing.T) {
	texts, err := i18n.Load(locale.Files, i18n.Languages)
	if err != nil {
		t.Fatal(err)
	}
	need := []string{}
	for _, k := range Kinds {
		need = append(need, "casework.kind."+k.ID, "casework.part."+string(k.Part))
		if k.Hint {
			need = append(need, "casework.hint."+k.ID)
		}
		for _, f := range k.Fields {
			label := "casework.field." + f.Name
			if f.Name == "words" {
				label = "casework.words." + k.ID
			}
			need = append(need, label)
			for _, o := range f.Options {
				field := f.Name
				if field == "by" {
					field = "channel"
				}
				switch {
				case o == "unknown" || o == "unsaid" || field == "language":
				case func() bool { return len(told) > 0 && strings.Contains(" "+strings.Join(told, " ")+" ", " "+field+" ") }():
					need = append(need, "referral.option."+field+"."+o)
				default:
					need = append(need, "casework.option."+field+"."+o)
				}
			}
		}
	}
	for _, action := range []string{"begin", "read", "share", "unshare", "close", "reopen", "assign", "write", "change", "done", "undo"} {
		need = append(need, "casework.event."+action)
	}
	for _, code := range known {
		need = append(need, "casework.tongue."+code)
	}
	for _, key := range need {
		for _, lang := range i18n.Languages {
			if !texts.Has(lang, key) {
				t.Errorf("%s lacks %s", lang, key)
			}
		}
	}
}

// draftKeys are the people of the house as drafts need them.
type draftKeys struct{ h *house }

func (k draftKeys) PublicKey(_ *db.Tx, user string) (vault.PublicKey, error) {
	return k.h.users[user].Key.Public(), nil
}

// req: DRAFT-1
func TestWhatIsBeingTypedIsKeptAlsoWhenTheSignInEnded(t *testing.T) {
	s := newSite(t)
	c := s.begins("mira", "Rosa")
	typed := func(former, as, words string) int {
		r := httptest.NewRequest("POST", "/en/case-draft/"+c+"/note?entry=", strings.NewReader(url.Values{"words": {words}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Former", former)
		return s.do(as, r).Code
	}
	if code := typed("", "", "a stranger's"); code == 204 {
		t.Error("a stranger keeps a draft")
	}
	for _, who := range [][2]string{{"", "mira"}, {"", "mira/locked"}, {"mira", ""}} { // unlocked, locked, ended
		words := "typed by " + strings.Join(who[:], "/")
		if code := typed(who[0], who[1], words); code != 204 {
			t.Fatalf("%v: %d", who, code)
		}
		s.shows(s.get("mira", "/en/cases/"+c+"/write/note"), 200, words, "not saved yet")
	}
	if strings.Contains(wordsOf(s.get("boss", "/en/cases/"+c+"/write/note")), "typed by") {
		t.Error("a draft is shown to somebody else")
	}
	s.shows(s.post("mira", "/en/cases/"+c+"/write/note", url.Values{"words": {"saved"}, "rev": {"0"}}), 303)
	if strings.Contains(wordsOf(s.get("mira", "/en/cases/"+c+"/write/note")), "not saved yet") {
		t.Error("what was saved is still a draft")
	}
}

func TestTheTeamSeesTheListWhereALeadSaysSo(t *testing.T) {
	s := newSite(t)
	c := s.begins("mira", "Rosa")
	s.shows(s.get("nils", "/en/cases/"+c), 404)
	s.shows(s.post("boss", "/en/cases/team", url.Values{"team": {"1"}}), 303)
	s.shows(s.get("nils", "/en/cases?show=team"), 200, "Rosa", "All of the agency")
	s.shows(s.get("boss", "/en/cases?show=team"), 200, "All caseworkers of your agency see these cases.")
	s.shows(s.post("mira", "/en/cases/"+c+"/assign", url.Values{"worker": {"nils"}}), 303)
	o, err := s.s.Look(ctx, s.users["boss"], c)
	if err != nil || o.WorkerID != "nils" {
		t.Errorf("%v %v", o, err)
	}
	s.shows(s.post("nils", "/en/cases/"+c+"/act", url.Values{"action": {"close"}}), 303)
	s.shows(s.get("nils", "/en/cases?state=closed"), 200, "Rosa")
	if _, err := s.s.Save(ctx, s.users["nils"], c, Typed{Kind: "note", Posted: map[string][]string{"words": {"x"}}}); fault.KindOf(err) != fault.Conflict {
		t.Error(err)
	}
}

// req: FILE-2
func TestWhatTheMakersOfAPDFWroteIsTakenOutWhenThatIsAsked(t *testing.T) {
	s := newSite(t)
	c := s.begins("mira", "Rosa")
	const made = "%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n2 0 obj\n<< /Author (Mira Anders) >>\nendobj\ntrailer\n<< /Root 1 0 R /Info 2 0 R >>\nstartxref\n0\n%%EOF\n"
	for plain, words := range map[string]string{"1": "Were removed", "": "As the file came"} {
		kept := s.sends("mira", "/en/cases/"+c+"/file", "letter.pdf", []byte(made), url.Values{"part": {"notes"}, "plain": {plain}, "once": {id.New()}})
		to := kept.Header().Get("Location")
		s.shows(s.get("mira", to), 200, words)
		if got := s.get("mira", to+"?get=1").Body.String(); strings.Contains(got, "Mira Anders") == (plain == "1") || len(got) != len(made) {
			t.Errorf("asked %q: %q", plain, got)
		}
	}
}

// req: FILE-4
func TestAPhotoOfThePersonIsRefusedUnlessTheFileSaysThatThePersonAgreed(t *testing.T) {
	s := newSite(t)
	c := s.begins("mira", "Rosa")
	var p bytes.Buffer
	s.must(png.Encode(&p, image.NewRGBA(image.Rect(0, 0, 4, 4))))
	form := func(shows string) url.Values {
		return url.Values{"part": {"identity"}, "shows": {shows}, "words": {"for the card"}, "once": {id.New()}}
	}
	send := func(shows string) *httptest.ResponseRecorder {
		return s.sends("mira", "/en/cases/"+c+"/file", "a.png", p.Bytes(), form(shows))
	}
	s.shows(send("photo"), 422, "does not say that the person agreed")
	s.s.Likeness = func(o *Opened, what string) bool { return o.ID == c && what == "photo" }
	s.shows(send("photo"), 303)
	s.shows(send("signature"), 422, "does not say that the person agreed")
	s.shows(send("other"), 303)
}

// Every language that can be chosen has a name for every reader: a code is none.
func TestEveryLanguageThatIsSpokenHasANameInEveryLanguage(t *testing.T) {
	for _, lang := range i18n.Languages {
		for _, code := range Spoken {
			if !slices.Contains(Languages, code) && cldr.Language(lang, code) == "" {
				t.Errorf("%s has no name for %s", lang, code)
			}
		}
	}
	for _, code := range strings.Fields("ru tr ur bn pa fa vi ti am so yo bin hi th fil ku ps sr") {
		if !slices.Contains(Spoken, code) {
			t.Errorf("nobody can say %s", code)
		}
	}
}
