package certificate

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"html"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"amelie/content"
	"amelie/internal/audit"
	"amelie/internal/credential"
	"amelie/internal/credential/credentialtest"
	"amelie/internal/db"
	"amelie/internal/db/dbtest"
	"amelie/internal/fault"
	"amelie/internal/i18n"
	"amelie/internal/jobs"
	"amelie/internal/learn"
	"amelie/internal/learn/learntest"
	"amelie/internal/mail"
	"amelie/internal/paper/papertest"
	"amelie/internal/policy"
	"amelie/internal/web"
	"amelie/locale"
)

var (
	ctx = context.Background()
	day = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
)

// school is the room with learners who passed.
type school struct {
	*Rooms
	t      testing.TB
	passed map[string]Pass
	who    string // who is there
	site   http.Handler
}

func open(t testing.TB, d *db.DB, dir string) *school {
	t.Helper()
	texts, err := i18n.Load(locale.Files, i18n.Languages)
	if err != nil {
		t.Fatal(err)
	}
	key, err := credential.LoadKey(dir)
	if err != nil {
		t.Fatal(err)
	}
	points, err := LoadPoints(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	course := learntest.Course(t)
	s := &school{t: t, passed: map[string]Pass{"nora": {"nora", "r1", day.Add(-time.Hour)}}, who: "nora"}
	service, err := Open(ctx, Config{DB: d, Policy: policy.Must(Policy), Key: key, Texts: texts, Now: func() time.Time { return day }, Course: func() *learn.Course { return course },
		BaseURL: "https://help.example.org", Issuer: func() string { return "Haus am See" }, Neutral: func() string { return "Amelie" },
		Passed: func(_ *db.Tx, learner string) (Pass, bool, error) { p, ok := s.passed[learner]; return p, ok, nil }})
	if err != nil {
		t.Fatal(err)
	}
	s.Rooms = &Rooms{Service: service, Points: points, MayTry: func(*http.Request) bool { return true }, Country: func(_, code string) string { return code }}
	shell := web.New(web.Config{Languages: i18n.Languages, Texts: texts, Now: func() time.Time { return day }, Zone: time.UTC})
	s.Mount(shell)
	s.MountLearner(func(pattern string, page func(*web.Ctx, string) error) {
		shell.Public(pattern, func(c *web.Ctx) error { return page(c, s.who) })
	})
	s.site = shell.Handler()
	return s
}

var schemas = []db.Schema{audit.Schema, jobs.Schema, Schema}

func each(t *testing.T, story func(t *testing.T, s *school)) {
	dbtest.Each(t, schemas, func(t *testing.T, d *db.DB) { story(t, open(t, d, t.TempDir())) })
}

func (s *school) take(w Wish) Issued {
	s.t.Helper()
	i, err := s.Take(ctx, s.who, w)
	if err != nil {
		s.t.Fatal(err)
	}
	return i
}

func (s *school) ask(method, path string, status int, form url.Values) string {
	s.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	return s.answer(r, status)
}

func (s *school) answer(r *http.Request, status int) string {
	s.t.Helper()
	w := httptest.NewRecorder()
	s.site.ServeHTTP(w, r)
	if w.Code != status {
		s.t.Fatalf("%s %s: %d, want %d\n%s", r.Method, r.URL.Path, w.Code, status, w.Body)
	}
	if to := w.Header().Get("Location"); to != "" {
		return to
	}
	if strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
		return html.UnescapeString(w.Body.String())
	}
	return w.Body.String()
}

// shows gives a file to the page that checks.
func (s *school) shows(file string) string {
	s.t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	part, err := m.CreateFormFile("file", "x")
	if err != nil {
		s.t.Fatal(err)
	}
	part.Write([]byte(file))
	m.Close()
	r := httptest.NewRequest(http.MethodPost, "/en/check", &b)
	r.Header.Set("Content-Type", m.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return s.answer(r, 200)
}

func says(t testing.TB, page string, want ...string) {
	t.Helper()
	for _, text := range want {
		if !strings.Contains(page, text) {
			t.Errorf("does not say %q", text)
		}
	}
}

func silent(t testing.TB, page string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(page, text) {
			t.Errorf("says %q", text)
		}
	}
}

func (s *school) mails() (n int) {
	s.t.Helper()
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		kinds, err := jobs.ByKind(tx)
		n = int(kinds[mail.Kind].Waiting)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

func TestALearnerTakesACertificateShowsItAndAnotherChecksIt(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		page := s.ask("GET", "/de/study/certificate", 200, nil)
		says(t, page, "Ihr Name, so wie er dort stehen soll")
		to := s.ask("POST", "/de/study/certificate", 303, url.Values{"holder": {"  Nora\u202e  Linde "}})
		page = s.ask("GET", to, 200, nil)
		says(t, page, "Nora Linde", "hat den Kurs abgeschlossen", "Haus am See, 4. März 2026", `lang="de"`, "https://help.example.org/check/", s.Key.Name(), "nicht bestätigt", "<svg class=\"qr\"")
		silent(t, page, "80 %", "nora\"")

		file := s.ask("GET", to+"/certificate.json", 200, nil)
		credentialtest.FollowsSchema(t, []byte(file))
		says(t, s.shows(file), "Genuine", "Nora Linde", "Haus am See, https://help.example.org")
		says(t, s.shows(s.ask("GET", to+"/certificate.svg", 200, nil)), "Genuine", "Nora Linde")

		altered := s.shows(strings.Replace(file, "Nora", "Dora", 1))
		says(t, altered, "Changed")
		silent(t, altered, "Dora", "Linde", "Genuine")
		says(t, s.shows("hello"), "Not a certificate of this kind")
		says(t, s.ask("POST", "/en/check", 422, url.Values{"text": {" "}}), "Choose a file")
		says(t, s.ask("POST", "/en/check", 200, url.Values{"text": {file}}), "Genuine")
	})
}

// req: CERTIFICATE-1
func TestOnePassIsOneCertificateAndOneMailHoweverOftenItIsAsked(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		one := s.take(Wish{Holder: "Nora", Lang: "en", Email: "nora@example.org"})
		two := s.take(Wish{Holder: "Somebody else", Lang: "de", Email: "nora@example.org"})
		if one.ID != two.ID || one.Address != two.Address || !bytes.Equal(one.File, two.File) {
			t.Error("pressed twice, two certificates")
		}
		if n := s.mails(); n != 1 {
			t.Errorf("%d mails", n)
		}
		s.passed["nora"] = Pass{"nora", "r2", day}
		if three := s.take(Wish{Holder: "Nora", Lang: "en"}); three.ID == one.ID {
			t.Error("another revision of the course, the same certificate")
		}
		if list, err := s.Of(ctx, "nora"); err != nil || len(list) != 2 {
			t.Errorf("%d certificates, %v", len(list), err)
		}
	})
}

// req: CERTIFICATE-1
func TestARunThatIsRunAgainMakesAndMailsNothingTwice(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		var awards []Award
		for n := range 2*perWrite + 3 {
			awards = append(awards, Award{Pass{fmt.Sprint("learner-", n), "r1", day}, Wish{Holder: "Somebody", Lang: "fr", Email: fmt.Sprintf("l%d@example.org", n)}})
		}
		first, err := s.Give(ctx, awards[:perWrite+1]) // broke off
		if err != nil {
			t.Fatal(err)
		}
		again, err := s.Give(ctx, awards)
		if err != nil || len(again) != len(awards) {
			t.Fatalf("%d of %d, %v", len(again), len(awards), err)
		}
		for i := range first {
			if first[i].ID != again[i].ID {
				t.Fatalf("%d was made twice", i)
			}
		}
		if n := s.mails(); n != len(awards) {
			t.Errorf("%d mails for %d certificates", n, len(awards))
		}
		awards[7].Holder = ""
		if _, err := s.Give(ctx, awards); fault.KindOf(err) != fault.Invalid {
			t.Errorf("a nameless one: %v", err)
		}
	})
}

// req: CERTIFICATE-2
func TestOnlyWhoPassedTakesOneAndNobodyTakesOrDeletesAnothers(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		made := s.take(Wish{Holder: "Nora", Lang: "en"})
		s.who = "otto"
		says(t, s.ask("GET", "/en/study/certificate", 200, nil), "There is no certificate yet")
		if _, err := s.Take(ctx, "otto", Wish{Holder: "Otto", Lang: "en"}); fault.KindOf(err) != fault.Conflict {
			t.Errorf("not passed: %v", err)
		}
		if err := s.own("otto", "certificate.take", "nora"); err == nil {
			t.Error("the rules let somebody take another's")
		}
		if err := s.Delete(ctx, "otto", made.ID); err != nil {
			t.Fatal(err)
		}
		s.ask("GET", "/en"+made.Path(), 200, nil)
		if _, err := s.Take(ctx, "", Wish{Holder: "x", Lang: "en"}); err == nil {
			t.Error("nobody takes one")
		}
	})
}

func TestADeletedCertificateIsGoneAndItsFileStaysGood(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		made := s.take(Wish{Holder: "Nrao", Lang: "en"})
		for range 2 { // pressed twice
			s.ask("POST", "/en/study/certificate", 303, url.Values{"delete": {made.ID}})
		}
		s.ask("GET", "/en"+made.Path(), 404, nil)
		s.ask("GET", "/en"+made.CheckPath(), 404, nil)
		says(t, s.shows(string(made.File)), "Genuine")
		if again := s.take(Wish{Holder: "Nora", Lang: "en"}); again.ID == made.ID {
			t.Error("the deleted one came back")
		}
		err := s.DB.Write(ctx, func(tx *db.Tx) error { return Forget(tx, "nora") })
		if list, err2 := s.Of(ctx, "nora"); err != nil || err2 != nil || len(list) != 0 {
			t.Errorf("forgotten, but %d are left, %v, %v", len(list), err, err2)
		}
	})
}

// req: CERTIFICATE-3
func TestTheCodeOnThePaperTellsNothingAboutAPerson(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		made := s.take(Wish{Holder: "Nora Müller", Lang: "en"})
		path := "/en" + made.CheckPath()
		page := s.ask("GET", path, 200, nil)
		says(t, page, "This certificate was issued here", "4 March 2026")
		silent(t, page, "Nora", "Müller", made.Address)
		fits := s.ask("POST", path, 200, url.Values{"holder": {"nora  MULLER"}})
		says(t, fits, "The name is right")
		other := s.ask("POST", path, 200, url.Values{"holder": {"Dora Miller"}})
		says(t, other, "It is not this name")
		silent(t, other, "Nora", "Müller")
		s.ask("POST", path, 422, url.Values{"holder": {" "}})
		s.ask("GET", path[:len(path)-1]+"x", 404, nil)
		s.ask("GET", "/en/check/"+made.Address+"/"+made.digest(), 404, nil)
		s.ask("GET", "/en/certificate/"+made.ID, 404, nil)
		s.MayTry = func(*http.Request) bool { return false }
		s.ask("POST", path, 429, url.Values{"holder": {"x"}})
	})
}

func TestThePaperSaysWhatThePageSaysInEveryLanguage(t *testing.T) {
	s := open(t, dbtest.Open(t, schemas...), t.TempDir())
	for _, lang := range i18n.Languages {
		s.passed["nora"] = Pass{"nora", "r-" + lang, day}
		made := s.take(Wish{Holder: "Νόρα Ödegård", Lang: lang})
		f, err := s.face(made, func(_ string, t time.Time) string { return t.Format(time.DateOnly) })
		if err != nil {
			t.Fatal(err)
		}
		b, err := f.pdf()
		if err != nil {
			t.Fatal(err)
		}
		file := papertest.Read(t, b)
		if file.Lang != lang || len(file.Pages) != 1 {
			t.Errorf("%s: lang %s, %d pages", lang, file.Lang, len(file.Pages))
		}
		text := strings.Join(strings.Fields(file.Pages[0]), "")
		for _, want := range []string{f.Holder, f.Heading, f.Title, f.Criteria, f.Given, f.Check, f.Key} {
			if !strings.Contains(text, strings.Join(strings.Fields(want), "")) {
				t.Errorf("%s: %q is not on the paper", lang, want)
			}
		}
	}
}

func TestANameInLettersThatThePaperLacksIsPrintedByTheBrowser(t *testing.T) {
	s := open(t, dbtest.Open(t, schemas...), t.TempDir())
	made := s.take(Wish{Holder: "نورا", Lang: "en"})
	page := s.ask("GET", "/en"+made.Path(), 200, nil)
	says(t, page, "نورا", "lacks these letters")
	silent(t, page, "certificate.pdf")
	if to := s.ask("GET", "/en"+made.Path()+"/certificate.pdf", 303, nil); to != "/en"+made.Path() {
		t.Errorf("led to %s", to)
	}
}

func TestAnEarlierKeyStaysPublished(t *testing.T) {
	d := dbtest.Open(t, schemas...)
	before := open(t, d, t.TempDir())
	made := before.take(Wish{Holder: "Nora", Lang: "en"})
	now := open(t, d, t.TempDir()) // another key file
	list := now.ask("GET", "/check/keys", 200, nil)
	if keys := credential.Keys([]byte(list)); len(keys) != 2 || !slices.Contains(keys, before.Key.Name()) || !slices.Contains(keys, now.Key.Name()) {
		t.Errorf("published are %v", keys)
	}
	says(t, now.shows(string(made.File)), "Genuine")
	var doc struct {
		ID      string
		Methods []struct{ Type, PublicKeyMultibase string } `json:"verificationMethod"`
	}
	if err := json.Unmarshal([]byte(now.ask("GET", "/.well-known/did.json", 200, nil)), &doc); err != nil || doc.ID != "did:web:help.example.org" || len(doc.Methods) != 2 || doc.Methods[0].Type != "Multikey" {
		t.Errorf("%+v, %v", doc, err)
	}
	elsewhere := open(t, dbtest.Open(t, schemas...), t.TempDir())
	says(t, elsewhere.shows(string(made.File)), "Unchanged, but not signed here", before.Key.Name())
}

func TestHoursAreWrittenInHalves(t *testing.T) {
	for minutes, want := range map[int]string{0: "½", 20: "½", 30: "½", 50: "1", 62: "1", 80: "1½", 150: "2½", 170: "3"} {
		if got := hours(minutes); got != want {
			t.Errorf("%d minutes are %q, want %q", minutes, got, want)
		}
	}
}
