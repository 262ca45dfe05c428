package referral

import (
	"bytes"
	"mime/multipart"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/id"
)

// herPaper is a PDF with words of the person, of three pieces.
var herPaper = append([]byte("%PDF-1.7\n"+herStory+"\n"), bytes.Repeat([]byte("Zorica keeps a copy. "), 8000)...)

func (a actor) hands(r string, action Action, text string, raw []byte) {
	a.h.t.Helper()
	a.does(r, Deed{Action: action, Text: text, File: Handed{Name: "Zorica passport.pdf", Raw: raw, Agreed: true}, Once: id.New()})
}

func (a actor) opensFile(r, file string) []byte {
	a.h.t.Helper()
	_, body, err := a.h.s.OpenFile(ctx, a.v, r, file)
	a.h.must(err)
	return body
}

// A question with a paper and a day goes to the other side, stands in its day until
// it is answered, and who has read what is seen; a withdrawal takes the paper away.
//
// req: CONSENT-5, READING-2, FILE-2
func TestAQuestionWithAPaperWaitsForItsDayAndEndsWithTheConsent(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.as("midwife").sends()
		desk := h.as("mira").looks(r)
		h.now = h.now.Add(time.Minute)
		by := h.now.Add(50 * time.Hour)
		h.as("mira").does(r, Deed{Action: Ask, Version: desk.Version, Text: "Is this the form?", By: by, Once: id.New(), File: Handed{Name: "form.pdf", Raw: herPaper, Agreed: true}})
		if m := h.as("mira").looks(r).Words; len(m) != 1 || len(m[0].ReadBy) != 0 {
			t.Fatalf("before anybody read: %+v", m)
		}
		day, err := h.s.TodayOf(ctx, h.as("midwife").v)
		h.must(err)
		if len(day.Due) != 1 || day.Due[0].Owed.Side != Sender || !day.Due[0].Owed.By.Equal(by.Truncate(time.Millisecond)) {
			t.Fatalf("due for the midwife: %+v", day.Due)
		}
		day, err = h.s.TodayOf(ctx, h.as("mira").v)
		h.must(err)
		if len(day.Waiting) != 1 || day.Waiting[0].Owed.By.IsZero() {
			t.Fatalf("mira waits for: %+v", day.Waiting)
		}
		h.now = h.now.Add(time.Minute)
		m := h.as("midwife").looks(r).Words[0]
		if m.File == nil || m.File.Name != "" || m.Until.IsZero() || !bytes.Equal(h.as("midwife").opensFile(r, m.ID), herPaper) {
			t.Fatalf("the midwife opens %+v", m)
		}
		if m := h.as("mira").looks(r).Words; !slices.Equal(m[0].ReadBy, []string{"Name of midwife"}) {
			t.Errorf("mira sees that it was read by %v", m[0].ReadBy)
		}
		h.now = h.now.Add(time.Minute)
		h.as("midwife").hands(r, Reply, "", herPaper)
		shown := h.as("mira").looks(r)
		if !shown.Owed.By.IsZero() || len(shown.Words) != 2 || len(shown.Words[1].ReadBy) != 0 {
			t.Fatalf("after the answer: %+v %+v", shown.Owed, shown.Words)
		}
		answer := shown.Words[1].ID
		if !bytes.Equal(h.as("mira").opensFile(r, answer), herPaper) {
			t.Error("mira opens another paper")
		}
		for _, who := range []string{"insider", "coordinator", "admin", "second", "clerk"} {
			if _, _, err := h.s.OpenFile(ctx, h.as(who).v, r, answer); fault.KindOf(err) != fault.NotFound {
				t.Errorf("%s: %v", who, err)
			}
		}
		if _, _, err := h.s.OpenFile(ctx, h.as("mira").locked().v, r, answer); fault.KindOf(err) != fault.Unlock {
			t.Errorf("with a locked key: %v", err)
		}
		_, err = h.s.Withdraw(ctx, h.as("midwife").v, r, false)
		h.must(err)
		if _, _, err := h.s.OpenFile(ctx, h.as("mira").v, r, answer); fault.KindOf(err) != fault.NotFound {
			t.Errorf("after the withdrawal mira gets %v", err)
		}
		h.must(h.db.Read(ctx, func(tx *db.Tx) error {
			n := 0
			err := tx.Each(wrapsOfStmt, func(scan func(...any) error) error { n++; var a, b string; var c []byte; return scan(&a, &b, &c) }, r, "support")
			if n != 0 {
				t.Errorf("%d wraps are left for the receiver", n)
			}
			return err
		}))
	})
}

// req: FILE-2
func TestAPaperGoesOnlyWhereItMay(t *testing.T) {
	eachLetters(t, func(t *testing.T, l *letters) {
		h := l.house
		r := h.as("midwife").sends()
		h.as("mira").looks(r)
		refused := func(what, who, r, field string, d Deed) {
			t.Helper()
			err := h.s.Act(ctx, h.as(who).v, r, d)
			if f := fault.Find(err); fault.KindOf(err) != fault.Invalid || f == nil || len(f.Fields) == 0 || f.Fields[0].Name != field {
				t.Errorf("%s: %v", what, err)
			}
		}
		paper := func(raw []byte, agreed bool) Deed {
			return Deed{Action: Reply, Text: "x", File: Handed{Name: "a.pdf", Raw: raw, Agreed: agreed}, Once: id.New()}
		}
		refused("without the person's yes", "mira", r, "agreed", paper(herPaper, false))
		refused("a program", "mira", r, "file", paper([]byte("MZ\x90\x00"), true))
		refused("a PDF that acts", "mira", r, "file", paper([]byte("%PDF-1.7 /JavaScript"), true))
		with := paper(herPaper, true)
		with.Action = Accept
		refused("with an acceptance", "mira", r, "file", with)
		refused("a day without a question", "mira", r, "by", Deed{Action: Reply, Text: "x", By: h.now.Add(time.Hour), Once: id.New()})
		refused("a day that is over", "mira", r, "by", Deed{Action: Ask, Text: "x", By: h.now, Once: id.New()})
		refused("a day far away", "mira", r, "by", Deed{Action: Ask, Text: "x", By: h.now.Add(FarthestAnswer + time.Hour), Once: id.New()})

		told := h.as("midwife").asks(ByCall)
		refused("to a receiver at the telephone", "midwife", told, "file", paper(herPaper, true))
		enquiry := h.as("midwife").drafts("gr-open-door-house", NotAlone, nil)
		_, err := h.s.Send(ctx, h.as("midwife").v, enquiry, "en", Order{Rev: h.as("midwife").order(enquiry).Rev})
		h.must(err)
		refused("with an anonymous enquiry", "midwife", enquiry, "file", paper(herPaper, true))
		if n := len(h.as("mira").looks(r).Words); n != 0 {
			t.Errorf("%d messages were written", n)
		}

		letter := h.as("midwife").asks(ByLink)
		guest, _ := l.opens(l.link(), l.code(letter), "Nina Desk")
		h.as("midwife").hands(letter, Reply, "The form", herPaper)
		seen := guest.looks(letter).Words
		last := seen[len(seen)-1]
		if last.File == nil || !bytes.Equal(guest.opensFile(letter, last.ID), herPaper) {
			t.Errorf("the guest opens %+v", last)
		}
		if err := h.s.Act(ctx, guest.v, letter, paper(herPaper, true)); fault.KindOf(err) != fault.Invalid {
			t.Errorf("a guest sends a file: %v", err)
		}
		own := h.as("midwife").looks(letter).Words
		if last := own[len(own)-1]; len(last.ReadBy) != 1 || last.ReadBy[0] != "" {
			t.Errorf("read by %q", last.ReadBy)
		}
		if everything := l.everything(); strings.Contains(everything, "keeps a copy") || strings.Contains(everything, herStory) || strings.Contains(everything, "passport.pdf") {
			t.Error("a word of a paper stands readable in the database")
		}
	})
}

func TestWhoOwesAnAnswerIsRemindedOnTheDayAndWhoAskedIsToldAfterwards(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.as("midwife").sends()
		h.as("mira").looks(r)
		h.as("mira").does(r, Deed{Action: Accept, Text: "Come", Once: id.New()})
		by := h.now.Add(40 * time.Hour)
		h.as("midwife").does(r, Deed{Action: Ask, Text: "Is there a cot?", By: by, Once: id.New()})
		h.notices = nil
		h.later(by.Add(-morning - time.Minute).Sub(h.now))
		if len(h.notices) != 0 {
			t.Errorf("too early: %v", h.notices)
		}
		h.later(2 * time.Minute)
		if !slices.Contains(h.notices, "reminder mira") || slices.Contains(h.notices, "reminder midwife") {
			t.Errorf("on the day: %v", h.notices)
		}
		h.notices = nil
		h.later(by.Sub(h.now) + time.Minute)
		if !slices.Equal(h.notices, []string{"overdue midwife"}) {
			t.Errorf("afterwards: %v", h.notices)
		}
		h.as("midwife").does(r, Deed{Action: Ask, Text: "And a chair?", By: h.now.Add(40 * time.Hour), Once: id.New()})
		h.as("mira").does(r, Deed{Action: Reply, Text: "Both", Once: id.New()})
		h.notices = nil
		h.later(50 * time.Hour)
		if len(h.notices) != 0 {
			t.Errorf("after the answer: %v", h.notices)
		}
	})
}

func TestWhatWasAskedByADayIsOwedUntilTheAskedSideActsOrItIsOver(t *testing.T) {
	actions := []Action{Open, Accept, Decline, Ask, Reply, Appoint, HandOver, Close, Withdraw}
	rapid.Check(t, func(t *rapid.T) {
		now := time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC)
		state, owed := Sent, Owed{}
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			action, side := rapid.SampledFrom(actions).Draw(t, "action"), rapid.SampledFrom([]Side{Sender, Receiver}).Draw(t, "side")
			next, err := Next(Referral, state, action, side)
			if err != nil {
				continue
			}
			by := time.Time{}
			if action == Ask && rapid.Bool().Draw(t, "with a day") {
				by = now
			}
			was := owed
			state, owed = next, was.After(action, side, next, by)
			switch {
			case Over(state) && owed != Owed{}:
				t.Fatalf("something is owed in %s", state)
			case Over(state):
			case !by.IsZero() && (owed.Side != side.other() || !owed.By.Equal(by)):
				t.Fatalf("%s asked, and owed is %+v", side, owed)
			case by.IsZero() && side != was.Side && owed != was:
				t.Fatalf("%s by %s changed %+v to %+v", action, side, was, owed)
			case by.IsZero() && side == was.Side && action != Open && owed != Owed{}:
				t.Fatalf("%s by the asked side left %+v", action, owed)
			}
			now = now.Add(time.Hour)
		}
	})
}

var leftStmts = []*db.Stmt{db.Statement(`SELECT COUNT(*) FROM referral_chunk WHERE referral_id = $1`), db.Statement(`SELECT COUNT(*) FROM referral_seen WHERE referral_id = $1`)}

// req: LIFE-1
func TestThePapersGoWithTheContent(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.as("midwife").sends()
		h.as("mira").looks(r)
		h.as("mira").hands(r, Reply, "Here", herPaper)
		h.as("midwife").looks(r)
		h.as("mira").does(r, Deed{Action: Decline, Code: "no-place", Once: id.New()})
		left := func() (n int) {
			h.must(h.db.Read(ctx, func(tx *db.Tx) error {
				for _, stmt := range leftStmts {
					one := 0
					if err := tx.Row(stmt, r).Scan(&one); err != nil {
						return err
					}
					n += one
				}
				return nil
			}))
			return n
		}
		if left() == 0 {
			t.Fatal("nothing was kept")
		}
		h.later(ContentLife + time.Hour)
		if n := left(); n != 0 {
			t.Errorf("%d rows are left", n)
		}
	})
}

func (s *site) sendsForm(user, path string, fields map[string]string, name string, raw []byte) answer {
	s.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for k, v := range fields {
		s.must(w.WriteField(k, v))
	}
	if name != "" {
		f, err := w.CreateFormFile("file", name)
		s.must(err)
		_, err = f.Write(raw)
		s.must(err)
	}
	s.must(w.Close())
	r := httptest.NewRequest("POST", path, &b)
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.Header.Set("As", user)
	out := httptest.NewRecorder()
	s.handler.ServeHTTP(out, r)
	return answer{out.Code, out.Body.String(), out.Header().Get("Location"), out.Header()}
}

// req: FILE-2
func TestThePageShowsPaperDayAndWhoHasReadAndKeepsWhatWasTyped(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		s := newSite(t, h)
		r := h.as("midwife").sends()
		page := "/en/referral/" + r
		s.shows(s.get("mira", page), 200, "Answer needed by", "Add a file")
		s.shows(s.sendsForm("mira", page+"/act", map[string]string{"action": "ask", "text": "The form, please"}, "form.pdf", herPaper), 422, "Without that it does not leave", "The form, please")
		s.shows(s.sendsForm("mira", page+"/act", map[string]string{"action": "ask", "text": "x", "by": "soon"}, "", nil), 422)
		got := s.sendsForm("mira", page+"/act", map[string]string{"action": "ask", "text": "The form, please", "by": "2026-11-25", "agreed": "1", "once": id.New()}, "form.pdf", herPaper)
		if got.Status != 303 {
			s.shows(got, 303)
		}
		body := s.get("midwife", page)
		s.shows(body, 200, "Answer by 25 November 2026", "The form, please", "PDF, 165 KB")
		s.shows(s.get("midwife", "/en/today"), 200, "Answer by 25 November 2026")
		s.shows(s.get("mira", page), 200, "Read by Name of midwife")
		m := h.as("midwife").looks(r).Words[0]
		file := s.get("midwife", page+"/file/"+m.ID)
		if file.Status != 200 || file.Body != string(herPaper) || strings.Contains(file.Header.Get("Content-Disposition"), "form") {
			t.Errorf("%d, %v", file.Status, file.Header)
		}
		s.shows(s.get("insider", page+"/file/"+m.ID), 404)
	})
}
