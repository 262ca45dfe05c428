package referral

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"amelie/internal/db"
	"amelie/internal/db/dbtest"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/policy"
	"amelie/internal/vault"
	"amelie/internal/web"
)

// The house of these tests has one more service, which has no account.
func init() {
	services = append(services,
		Entry{ID: "gr-letter-desk", Name: "Letter desk", Organization: "gr-letter", OrgName: "Letter House", Country: "GR", Intake: []string{"link", "form", "call"},
			Mailbox: "desk@letter.example", Phones: []Phone{{Number: "+302310999999", Display: "2310 999 999"}}},
		Entry{ID: "gr-form-desk", Name: "Form desk", Organization: "gr-form", OrgName: "Form House", Country: "GR", Intake: []string{"form", "call"}, Mailbox: "desk@form.example"})
}

// post is a mail to a receiver without an account.
type post struct{ to, which, path string }

// letters is a house with a mailbox for letters.
type letters struct {
	*house
	mail   []post
	wished int
}

func newLetters(t testing.TB, h *house) *letters {
	vault.CheapForTests(t)
	l := &letters{house: h}
	h.s.Letter = func(_ *db.Tx, to Contact, which, path string) error {
		h.mu.Lock()
		defer h.mu.Unlock()
		l.mail = append(l.mail, post{to.Email, which, path})
		return nil
	}
	h.s.Wished = func(*db.Tx) error { l.wished++; return nil }
	return l
}

func eachLetters(t *testing.T, fn func(t *testing.T, l *letters)) {
	each(t, func(t *testing.T, h *house) { fn(t, newLetters(t, h)) })
}

// asks sends to the service without an account, by a way.
func (a actor) asks(w Way, parts ...Part) string {
	a.h.t.Helper()
	draft := a.drafts("gr-letter-desk", AloneInterpreter, nil)
	a.h.must(a.h.s.AddressBy(ctx, AuthorOf(a.v), draft, "gr-letter-desk", w))
	r, err := a.h.s.Send(ctx, a.v, draft, "en", a.order(draft, parts...))
	a.h.must(err)
	return r
}

// link is the secret of the newest link that was mailed.
func (l *letters) link() string {
	l.t.Helper()
	for _, p := range slices.Backward(l.mail) {
		if p.which == "link" {
			return strings.TrimPrefix(p.path, "/letter/")
		}
	}
	l.t.Fatal("no link was mailed")
	return ""
}

// code is what the midwife tells by telephone.
func (l *letters) code(r string) string {
	l.t.Helper()
	code := l.as("midwife").looks(r).Letter.Code
	if len(code) != codeDigits {
		l.t.Fatalf("code %q", code)
	}
	return code
}

// opens is a guest who opens the page with link and code, and reads.
func (l *letters) opens(link, code, name string) (actor, string) {
	l.t.Helper()
	cookie, err := l.s.OpenLetter(ctx, link, code, name)
	l.must(err)
	v, r, err := l.s.LetterViewer(ctx, link, cookie)
	l.must(err)
	if _, err := l.s.Look(ctx, v, r); err != nil {
		l.t.Fatal(err)
	}
	return actor{l.house, v}, cookie
}

const guestsName = "Vasso from the letter house"

func TestAServiceWithoutAnAccountIsAskedByLinkAndHelpsToTheEnd(t *testing.T) {
	eachLetters(t, func(t *testing.T, l *letters) {
		r := l.as("midwife").asks(ByLink)
		if want := []post{{"desk@letter.example", "link", "/letter/" + l.link()}}; !slices.Equal(l.mail, want) {
			t.Fatalf("mailed %v", l.mail)
		}
		got := l.as("midwife").looks(r)
		if got.State != Sent || got.ToAgent != "Letter House" || got.Letter == nil || !got.Letter.Opened.IsZero() || !got.DueAt.Equal(l.now.Add(time.Hour)) {
			t.Fatalf("after sending: %+v %+v", got.Row, got.Letter)
		}
		l.now = l.now.Add(10 * time.Minute)
		guest, _ := l.opens(l.link(), l.code(r), guestsName)
		desk := guest.looks(r)
		if desk.State != Received || desk.Side != Receiver || desk.Packet == nil || len(desk.Packet.Sections) != 8 || desk.FromAgent != "General Hospital" || desk.Letter != nil {
			t.Fatalf("the guest sees %+v", desk)
		}
		if slices.Contains(desk.Actions, Redirect) || !slices.Contains(desk.Actions, Accept) {
			t.Errorf("the guest can %v", desk.Actions)
		}
		guest.does(r, Deed{Action: Ask, Version: desk.Version, Text: "Is a ground floor needed?", Once: id.New()})
		l.as("midwife").does(r, Deed{Action: Reply, Text: "No", Once: id.New()})
		if last := l.mail[len(l.mail)-1]; last.which != "answer" || last.path != "" {
			t.Errorf("the guest was told %v", last)
		}
		guest.does(r, Deed{Action: Accept, Text: "Come at six", Once: id.New()})
		guest.does(r, Deed{Action: Appoint, When: l.now.Add(2 * time.Hour), Once: id.New()})
		guest.does(r, Deed{Action: HandOver, Once: id.New()})
		guest.does(r, Deed{Action: Close, Code: "helped", Once: id.New()})
		end := l.as("midwife").looks(r)
		if end.State != Closed || end.Outcome != "helped" || end.Letter.Opened.IsZero() {
			t.Fatalf("the midwife sees %v %q %+v", end.State, end.Outcome, end.Letter)
		}
		named := 0
		for _, m := range end.Words {
			if m.Side == Receiver && m.Name == guestsName {
				named++
			}
		}
		if named != 6 { // opened, asked, accepted, appointed, handed over, closed
			t.Errorf("the guest's name stands at %d messages: %+v", named, end.Words)
		}
		if len(end.Readings) != 1 || WayOf(end.Readings[0].Agency) != ByLink {
			t.Errorf("readings %+v", end.Readings)
		}
		l.logged(r, "referral.accept", "receiver by link")
		l.logged(r, "referral.letter-opened", "receiver by link")
	})
}

var leafProbe = db.Statement(`SELECT COUNT(*) FROM audit_leaf WHERE object = $1 AND action = $2 AND purpose LIKE $3`)

// logged demands an entry of the log.
func (l *letters) logged(r, action, purpose string) {
	l.t.Helper()
	var n int
	l.must(l.db.Read(ctx, func(tx *db.Tx) error { return tx.Row(leafProbe, "referral/"+r, action, "%"+purpose+"%").Scan(&n) }))
	if n == 0 {
		l.t.Errorf("the log does not say %s, %s", action, purpose)
	}
}

var probeStmts = map[string]*db.Stmt{}

func init() {
	for _, t := range []string{"referral_guest", "referral_guest_session", "referral_referral", "referral_event", "referral_message", "referral_wrap", "referral_reading", "referral_seen", "referral_chunk", "audit_leaf", "jobs_job"} {
		probeStmts[t] = db.Statement("SELECT * FROM " + t)
	}
}

// everything is all that the database holds of these tables, as text.
func (l *letters) everything() string {
	l.t.Helper()
	var b strings.Builder
	l.must(l.db.Read(ctx, func(tx *db.Tx) error {
		b.Reset()
		for _, name := range slices.Sorted(func(yield func(string) bool) {
			for n := range probeStmts {
				if !yield(n) {
					return
				}
			}
		}) {
			rows, err := tx.Query(probeStmts[name])
			if err != nil {
				return err
			}
			columns, err := rows.Columns()
			if err != nil {
				return err
			}
			for rows.Next() {
				cells := make([]any, len(columns))
				for i := range cells {
					cells[i] = new(any)
				}
				if err := rows.Scan(cells...); err != nil {
					return err
				}
				for i, c := range cells {
					if v, ok := (*c.(*any)).([]byte); ok {
						fmt.Fprintf(&b, "%s.%s %s\n", name, columns[i], v)
						continue
					}
					fmt.Fprintf(&b, "%s.%s %v\n", name, columns[i], *c.(*any))
				}
			}
			if err := errors.Join(rows.Err(), rows.Close()); err != nil {
				return err
			}
		}
		return nil
	}))
	return b.String()
}

// req: GUEST-1
func TestTheMailTheCodeAndTheDatabaseOpenNothingAlone(t *testing.T) {
	eachLetters(t, func(t *testing.T, l *letters) {
		r := l.as("midwife").asks(ByLink)
		link, code := l.link(), l.code(r)
		var g guestRow
		l.must(l.db.Read(ctx, func(tx *db.Tx) (err error) { g, err = guestOf(tx, r); return err }))
		opens := func(server *vault.ServerSecret, link, code string) bool {
			_, err := vault.UnlockPassword(g.Key, guestPassword(server, link, code), guestBinding(sealGuestKey, g))
			return err == nil
		}
		if !opens(l.s.Secret, link, code) {
			t.Fatal("the three together do not open it, so the rest proves nothing")
		}
		for name, open := range map[string]bool{
			"the mail alone":                     opens(l.s.Secret, link, ""),
			"the mail and a guessed code":        opens(l.s.Secret, link, "00000000"),
			"the code alone":                     opens(l.s.Secret, "", code),
			"the database with mail and code":    opens(vault.NewServerSecret(), link, code),
			"the database with the server's key": opens(l.s.Secret, "", ""),
		} {
			if open {
				t.Errorf("%s opens it", name)
			}
		}
		guest, _ := l.opens(link, code, guestsName)
		guest.does(r, Deed{Action: Ask, Text: "What about the harbour?", Once: id.New()})
		all := l.everything()
		if !strings.Contains(all, "Letter House") || !strings.Contains(all, "desk@letter.example") {
			t.Fatal("the search looks in the wrong place")
		}
		for _, secret := range []string{link, code, herName, herWord, herStory, guestsName, "harbour"} {
			if strings.Contains(all, secret) {
				t.Errorf("the database holds %q readable", secret)
			}
		}
	})
}

// req: GUEST-3
func TestFiveWrongCodesLockTheLinkAndTheAnswerNeverSaysWhatIsWrong(t *testing.T) {
	eachLetters(t, func(t *testing.T, l *letters) {
		r := l.as("midwife").asks(ByLink)
		link, code := l.link(), l.code(r)
		wrong := "00000000"
		if code == wrong {
			wrong = "11111111"
		}
		answers := map[string]string{}
		try := func(what, link, code string) {
			_, err := l.s.OpenLetter(ctx, link, code, "Vasso")
			kind(t, err, fault.Invalid, "guest.error.closed")
			answers[err.Error()] = what
		}
		for range MaxCodes - 1 {
			try("a wrong code", link, wrong)
		}
		l.opens(link, code, "Vasso") // the right one wipes the slate
		if got := l.as("midwife").looks(r).Letter; got.Wrong != 0 || got.Locked {
			t.Fatalf("after the right code: %+v", got)
		}
		l.notices = nil
		for range MaxCodes {
			try("a wrong code", link, wrong)
		}
		try("the right code of a locked link", link, code)
		try("an unknown link", newLink(), code)
		try("no link at all", "../../etc/passwd", code)
		if len(answers) != 1 {
			t.Errorf("the answers differ: %v", answers)
		}
		got := l.as("midwife").looks(r)
		if !got.Letter.Locked || !slices.ContainsFunc(got.Events, func(e EventRow) bool { return e.Action == letterLock }) {
			t.Errorf("the sender does not see the lock: %+v", got.Letter)
		}
		if !slices.Equal(l.notices, []string{"reminder midwife"}) {
			t.Errorf("told %v", l.notices)
		}
		day, err := l.s.TodayOf(ctx, l.as("midwife").v)
		if err != nil || len(day.Due) != 1 || !day.Due[0].Shut || len(day.Waiting) != 0 {
			t.Errorf("her day does not begin with it: %+v, %v", day, err)
		}
	})
}

// req: GUEST-3
func TestAThousandCodesAtOnceAreStillFive(t *testing.T) {
	eachLetters(t, func(t *testing.T, l *letters) {
		r := l.as("midwife").asks(ByLink)
		link, code := l.link(), l.code(r)
		var all sync.WaitGroup
		for i := range 24 {
			guess := fmt.Sprintf("%08d", i)
			if guess == code {
				continue
			}
			all.Go(func() {
				if _, err := l.s.OpenLetter(ctx, link, guess, "Vasso"); err == nil {
					t.Error("a guess opened it")
				}
			})
		}
		all.Wait()
		if got := l.as("midwife").looks(r).Letter; got.Wrong != MaxCodes || !got.Locked {
			t.Errorf("%d tries counted, locked %v", got.Wrong, got.Locked)
		}
	})
}

func TestWhatWasTypedWrongIsNoTry(t *testing.T) {
	eachLetters(t, func(t *testing.T, l *letters) {
		r := l.as("midwife").asks(ByLink)
		_, err := l.s.OpenLetter(ctx, l.link(), "1234", "Vasso")
		kind(t, err, fault.Invalid, "guest.error.code")
		_, err = l.s.OpenLetter(ctx, l.link(), l.code(r), " ")
		kind(t, err, fault.Invalid, "guest.error.name")
		_, err = l.s.OpenLetter(ctx, l.link(), l.code(r), strings.Repeat("n", maxGuestName+1))
		kind(t, err, fault.Invalid, "referral.error.long")
		if got := l.as("midwife").looks(r).Letter.Wrong; got != 0 {
			t.Errorf("%d tries counted", got)
		}
	})
}

// req: GUEST-4
func TestANewLinkMakesTheOldOneWorthlessAndKeepsWhatBothCouldRead(t *testing.T) {
	eachLetters(t, func(t *testing.T, l *letters) {
		r := l.as("midwife").asks(ByLink)
		oldLink, oldCode := l.link(), l.code(r)
		guest, cookie := l.opens(oldLink, oldCode, guestsName)
		guest.does(r, Deed{Action: Ask, Text: "Which floor?", Once: id.New()})
		once := id.New()
		l.must(l.s.Renew(ctx, l.as("midwife").v, r, "en", once))
		l.must(l.s.Renew(ctx, l.as("midwife").v, r, "en", once)) // pressed twice
		links := 0
		for _, p := range l.mail {
			if p.which == "link" {
				links++
			}
		}
		newLink, newCode := l.link(), l.code(r)
		if links != 2 || newLink == oldLink || newCode == oldCode {
			t.Fatalf("%d links; %s %s", links, newLink, newCode)
		}
		for _, pair := range [][2]string{{oldLink, oldCode}, {oldLink, newCode}, {newLink, oldCode}} {
			if _, err := l.s.OpenLetter(ctx, pair[0], pair[1], guestsName); err == nil {
				t.Errorf("%v opens", pair)
			}
		}
		if _, _, err := l.s.LetterViewer(ctx, oldLink, cookie); fault.KindOf(err) != fault.SignIn {
			t.Errorf("the opened page is still open: %v", err)
		}
		again, _ := l.opens(newLink, newCode, "Another colleague")
		got := again.looks(r)
		if got.Packet == nil || !slices.ContainsFunc(got.Words, func(m Message) bool { return m.Text == "Which floor?" && m.Name == guestsName }) {
			t.Errorf("the new key reads %+v", got.Words)
		}
		again.does(r, Deed{Action: Accept, Once: id.New()})
		for _, who := range []string{"mira", "insider", "nurse"} {
			if err := l.s.Renew(ctx, l.as(who).v, r, "en", id.New()); fault.KindOf(err) != fault.NotFound {
				t.Errorf("%s: %v", who, err)
			}
		}
		kind(t, l.s.Renew(ctx, l.as("midwife").locked().v, r, "en", id.New()), fault.Unlock, "")
		kind(t, l.s.Renew(ctx, again.v, r, "en", id.New()), fault.NotFound, "")
	})
}

// req: GUEST-5
func TestAnOpenedPageClosesByTimeByButtonAndIsGoodForItsOwnLetterOnly(t *testing.T) {
	eachLetters(t, func(t *testing.T, l *letters) {
		first := l.as("midwife").asks(ByLink)
		link1, code1 := l.link(), l.code(first)
		second := l.as("midwife").asks(ByLink)
		link2 := l.link()
		_, cookie := l.opens(link1, code1, guestsName)
		shut := func(what, link, cookie string) {
			t.Helper()
			if _, _, err := l.s.LetterViewer(ctx, link, cookie); fault.KindOf(err) != fault.SignIn {
				t.Errorf("%s: %v", what, err)
			}
		}
		shut("another letter", link2, cookie)
		shut("no cookie", link1, "")
		shut("half a cookie", link1, cookie[:len(cookie)-4])
		shut("another half", link1, strings.SplitN(cookie, ".", 2)[0]+"."+strings.Repeat("A", 43))
		l.now = l.now.Add(LetterIdle - time.Minute)
		if v, r, err := l.s.LetterViewer(ctx, link1, cookie); err != nil || r != first {
			t.Fatalf("after 29 minutes: %v", err)
		} else if _, err := l.s.Look(ctx, v, second); fault.KindOf(err) != fault.NotFound {
			t.Errorf("the guest of one letter looks into another: %v", err)
		}
		l.now = l.now.Add(LetterIdle - time.Minute) // used in between
		if _, _, err := l.s.LetterViewer(ctx, link1, cookie); err != nil {
			t.Fatalf("it closed although it was used: %v", err)
		}
		l.now = l.now.Add(LetterIdle)
		shut("after 30 idle minutes", link1, cookie)
		l.must(l.s.Sweep(ctx))
		if strings.Contains(l.everything(), "referral_guest_session.env") {
			t.Error("the server's half lies about after the page closed")
		}
		_, cookie = l.opens(link1, code1, guestsName)
		l.must(l.s.CloseLetter(ctx, cookie))
		shut("after the button", link1, cookie)
	})
}

// req: GUEST-6
func TestWithdrawalAndTheEndOfTheTimeTakeTheLetterAway(t *testing.T) {
	eachLetters(t, func(t *testing.T, l *letters) {
		ends := map[string]func(r string, guest actor){
			"by the sender": func(r string, _ actor) { _, err := l.s.Withdraw(ctx, l.as("midwife").v, r, false); l.must(err) },
			"by the guest":  func(r string, g actor) { _, err := l.s.Withdraw(ctx, g.v, r, false); l.must(err) },
			"by the clock":  func(string, actor) { l.later(31 * 24 * time.Hour) },
			"by a restored backup": func(r string, _ actor) {
				l.must(l.db.Write(ctx, func(tx *db.Tx) error { _, err := EndAgain(tx, r, l.now); return err }))
			},
		}
		for name, end := range ends {
			r := l.as("midwife").asks(ByLink)
			link, code := l.link(), l.code(r)
			guest, cookie := l.opens(link, code, guestsName)
			if ended, err := l.s.LetterState(ctx, link); ended || err != nil {
				t.Fatalf("%s: ended too early %v %v", name, ended, err)
			}
			end(r, guest)
			if ended, err := l.s.LetterState(ctx, link); !ended || err != nil {
				t.Errorf("%s: the link does not say that it has ended: %v", name, err)
			}
			if _, err := l.s.OpenLetter(ctx, link, code, guestsName); err == nil {
				t.Errorf("%s: it still opens", name)
			}
			if _, _, err := l.s.LetterViewer(ctx, link, cookie); fault.KindOf(err) != fault.SignIn {
				t.Errorf("%s: the page is still open: %v", name, err)
			}
			guest.cannotSee(r)
			l.must(l.db.Read(ctx, func(tx *db.Tx) error {
				g, err := guestOf(tx, r)
				if err == nil && (len(g.Key)+len(g.Code) > 0 || g.Address != "") {
					t.Errorf("%s: key, code or address are still there", name)
				}
				return errors.Join(err, tx.Each(wrapsOfStmt, func(func(...any) error) error { t.Errorf("%s: a wrap is left", name); return nil }, r, doorID(ByLink, r)))
			}))
			if got := l.as("midwife").looks(r); got.Letter == nil || got.Letter.Code != "" {
				t.Errorf("%s: the sender is still shown a code", name)
			}
		}
	})
}

func TestNinetyDaysAfterTheEndTheLinkIsUnknown(t *testing.T) {
	eachLetters(t, func(t *testing.T, l *letters) {
		r := l.as("midwife").asks(ByLink)
		guest, _ := l.opens(l.link(), l.code(r), guestsName)
		guest.does(r, Deed{Action: Decline, Code: "no-place", Once: id.New()})
		l.later(ContentLife + 40*24*time.Hour)
		if ended, err := l.s.LetterState(ctx, l.link()); ended || err != nil {
			t.Errorf("the link is still known: %v %v", ended, err)
		}
		if got := l.as("midwife").looks(r); got.ToAgent != "Letter House" || got.Reason != "no-place" || got.Packet != nil {
			t.Errorf("%q %q %v", got.ToAgent, got.Reason, got.Packet)
		}
	})
}

func TestTheGuestIsRemindedAndSilenceIsEscalatedToTheSender(t *testing.T) {
	eachLetters(t, func(t *testing.T, l *letters) {
		l.as("midwife").asks(ByLink)
		l.later(30 * time.Minute)
		if last := l.mail[len(l.mail)-1]; last.which != "reminder" || last.to != "desk@letter.example" {
			t.Errorf("reminded by %v", last)
		}
		l.notices = nil
		l.later(31 * time.Minute)
		if !slices.Contains(l.notices, "overdue midwife") {
			t.Errorf("told %v", l.notices)
		}
		l.later(time.Hour)
		if !slices.Contains(l.notices, "overdue head") {
			t.Errorf("told %v", l.notices)
		}
	})
}

// req: GUEST-8
func TestTheNameOfAGuestIsSealedAndSeenByBothSides(t *testing.T) {
	eachLetters(t, func(t *testing.T, l *letters) {
		r := l.as("midwife").asks(ByLink, append(slices.Clone(allParts[:len(allParts)-1]), PartNotes)...) // without feedback
		guest, _ := l.opens(l.link(), l.code(r), guestsName)
		guest.does(r, Deed{Action: Accept, Once: id.New()})
		guest.does(r, Deed{Action: Appoint, When: l.now.Add(time.Hour), Text: "at the bridge", Once: id.New()})
		if strings.Contains(l.everything(), guestsName) {
			t.Error("the name stands readable in the database")
		}
		got := l.as("midwife").looks(r)
		if !slices.ContainsFunc(got.Words, func(m Message) bool { return m.Kind == string(Accept) && m.Name == guestsName }) {
			t.Errorf("the sender does not see who accepted: %+v", got.Words)
		}
		// What follows acceptance stays the guest's without feedback.
		if got.State != Accepted || slices.ContainsFunc(got.Words, func(m Message) bool { return m.Text == "at the bridge" }) {
			t.Errorf("the sender sees %v %+v", got.State, got.Words)
		}
		if mine := guest.looks(r); !slices.ContainsFunc(mine.Words, func(m Message) bool { return m.Text == "at the bridge" }) {
			t.Errorf("the guest lost its own words: %+v", mine.Words)
		}
	})
}

// req: GUEST-7
func TestOnPaperTheSenderRecordsWhatWasSaidAndTheConsentNamesTheWay(t *testing.T) {
	eachLetters(t, func(t *testing.T, l *letters) {
		for _, w := range []Way{ByForm, ByCall} {
			r := l.as("midwife").asks(w)
			if len(l.mail) != 0 {
				t.Fatalf("a mail went out: %v", l.mail)
			}
			consented := slices.ContainsFunc(slices.Collect(func(yield func(Given) bool) {
				for _, g := range l.given {
					if !yield(g) {
						return
					}
				}
			}), func(g Given) bool { return g.Referral == r && g.ToAgency == doorID(w, r) && g.ByUser == "midwife" })
			if !consented {
				t.Fatalf("the ledger does not name the way: %v", l.given)
			}
			got := l.as("midwife").looks(r)
			if got.Packet == nil || !slices.Contains(got.Actions, Open) || !slices.Contains(got.Actions, Accept) || slices.Contains(got.Actions, Redirect) {
				t.Fatalf("the midwife can %v", got.Actions)
			}
			l.as("midwife").does(r, Deed{Action: Open, Once: id.New()})
			l.as("midwife").does(r, Deed{Action: Ask, Text: "They ask for the age", Once: id.New()})
			l.as("midwife").does(r, Deed{Action: Reply, Text: "I told them", Once: id.New()})
			l.as("head").does(r, Deed{Action: Accept, Text: "Mrs K. said yes", Once: id.New()})
			l.as("midwife").does(r, Deed{Action: HandOver, Once: id.New()})
			l.as("midwife").does(r, Deed{Action: Close, Code: "helped", Once: id.New()})
			end := l.as("midwife").looks(r)
			if end.State != Closed || len(end.Readings) != 0 {
				t.Errorf("%q: %v, readings %v", w, end.State, end.Readings)
			}
			accepted := slices.IndexFunc(end.Events, func(e EventRow) bool { return e.Action == Accept })
			if e := end.Events[accepted]; e.Side != Receiver || e.Agency != "hospital" || e.UserName != "Name of head" {
				t.Errorf("%q: the timeline says %+v", w, e)
			}
			l.logged(r, "referral.accept", "told by telephone")
			for _, who := range []string{"mira", "nurse", "insider", "clerk"} {
				l.as(who).cannotSee(r)
			}
		}
		plain := l.as("midwife").asks(ByCall, PartNeeds)
		l.as("midwife").does(plain, Deed{Action: Accept, Once: id.New()})
		err := l.s.Act(ctx, l.as("midwife").v, plain, Deed{Action: HandOver, Once: id.New()})
		kind(t, err, fault.Conflict, "")
	})
}

func TestNobodyAtAPaperReceiverIsRemindedSoTheSenderIs(t *testing.T) {
	eachLetters(t, func(t *testing.T, l *letters) {
		l.as("midwife").asks(ByForm)
		l.later(31 * time.Minute)
		if !slices.Contains(l.notices, "reminder midwife") || len(l.mail) > 0 {
			t.Errorf("told %v, mailed %v", l.notices, l.mail)
		}
	})
}

// req: GUEST-9
func TestOnlyWaysThatTheDirectoryNamesAreOpen(t *testing.T) {
	eachLetters(t, func(t *testing.T, l *letters) {
		for _, c := range []struct {
			service string
			way     Way
			open    bool
		}{
			{"gr-letter-desk", ByLink, true}, {"gr-form-desk", ByLink, false}, {"gr-form-desk", ByForm, true},
			{"gr-unknown-line", ByCall, false},   // nothing stated by the directory in this house
			{"gr-hospital-desk", ByForm, false},  // the own agency
			{"gr-letter-desk", "pigeon", false},  // not a way
			{"gr-letter-desk", ByAccount, false}, // no account
		} {
			draft := l.as("midwife").drafts(c.service, Alone, nil)
			l.must(l.s.AddressBy(ctx, AuthorOf(l.as("midwife").v), draft, c.service, c.way))
			_, err := l.s.Send(ctx, l.as("midwife").v, draft, "en", l.as("midwife").order(draft))
			if (err == nil) != c.open {
				t.Errorf("%s by %q: %v", c.service, c.way, err)
			}
		}
		// Who has an account is sealed to, whatever was chosen before.
		draft := l.as("midwife").drafts("gr-open-door-house", Alone, nil)
		l.must(l.s.AddressBy(ctx, AuthorOf(l.as("midwife").v), draft, "gr-open-door-house", ByForm))
		r, err := l.s.Send(ctx, l.as("midwife").v, draft, "en", l.as("midwife").order(draft))
		l.must(err)
		if got := l.as("mira").looks(r); got.Way() != ByAccount || got.Packet == nil {
			t.Errorf("it went by %q", got.Way())
		}
	})
}

func TestAnEnquiryGoesByLinkToo(t *testing.T) {
	eachLetters(t, func(t *testing.T, l *letters) {
		draft := l.as("midwife").drafts("gr-letter-desk", NotAlone, nil)
		l.must(l.s.AddressBy(ctx, AuthorOf(l.as("midwife").v), draft, "gr-letter-desk", ByLink))
		d, err := l.s.Load(ctx, l.as("midwife").v, draft)
		l.must(err)
		r, err := l.s.Send(ctx, l.as("midwife").v, draft, "en", Order{Rev: d.Rev})
		l.must(err)
		guest, _ := l.opens(l.link(), l.code(r), guestsName)
		b, err := guest.looks(r).Packet.Bytes()
		l.must(err)
		if bytes.Contains(b, []byte(herName)) || bytes.Contains(b, []byte(herStory)) {
			t.Error("the enquiry names somebody")
		}
		guest.does(r, Deed{Action: Accept, Once: id.New()})
		if got := l.as("midwife").looks(r); got.State != Accepted {
			t.Errorf("%v", got.State)
		}
	})
}

// req: GUEST-2
func TestAGuestMayDoNothingButAnswerTheOneReferral(t *testing.T) {
	vault.CheapForTests(t)
	h := newHouse(t, dbtest.Open(t, schemas...))
	l := newLetters(t, h)
	mine := l.as("midwife").asks(ByLink)
	guest, _ := l.opens(l.link(), l.code(mine), guestsName)
	mailed := l.as("midwife").asks(ByLink)
	sealed := h.as("midwife").sends()
	ending := h.as("midwife").drafts("gr-open-door-house", Alone, nil)
	engine := policy.Must(Policy)
	for _, other := range []string{mailed, sealed} {
		guest.cannotSee(other)
		l.must(h.db.Read(ctx, func(tx *db.Tx) error {
			r, err := rowByID(tx, other)
			for _, a := range engine.Actions() {
				if strings.HasPrefix(a, "referral.") && engine.Allowed(guest.v.Actor(), a, object(r)) {
					t.Errorf("a guest may %s elsewhere", a)
				}
			}
			return err
		}))
	}
	if _, err := h.s.Load(ctx, guest.v, ending); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a guest loads a draft: %v", err)
	}
	if _, err := h.s.PassOn(ctx, guest.v, mine, id.New()); err == nil {
		t.Error("a guest passes on")
	}
	if all, err := h.s.List(ctx, guest.v, 1, 50); err != nil || len(all) != 0 {
		t.Errorf("a guest lists %v %v", all, err)
	}
	if _, err := h.s.Wishes(ctx, guest.v); err == nil {
		t.Error("a guest reads who wants an account")
	}
	kind(t, h.s.Act(ctx, guest.v, mine, Deed{Action: Redirect}), fault.Conflict, "")
	locked := *guest.v
	locked.Key = nil
	if _, err := h.s.Look(ctx, &locked, mine); err == nil {
		t.Error("a guest without a key looks")
	}
	for _, roles := range [][]string{{"lead"}, {"caseworker"}, {"professional"}} {
		forged := web.Viewer{UserID: "x", AgencyID: doorID(ByForm, mine), Roles: roles, Key: guest.v.Key}
		if _, err := h.s.Look(ctx, &forged, mine); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%v: %v", roles, err)
		}
	}
}

func TestAGuestWhoWantsAnAccountIsNotedOnceForTheAdministrators(t *testing.T) {
	eachLetters(t, func(t *testing.T, l *letters) {
		r := l.as("midwife").asks(ByLink)
		guest, _ := l.opens(l.link(), l.code(r), guestsName)
		l.must(l.s.Wish(ctx, guest.v, r))
		l.must(l.s.Wish(ctx, guest.v, r))
		all, err := l.s.Wishes(ctx, l.as("admin").v)
		l.must(err)
		if len(all) != 1 || all[0].Name != "Letter House" || all[0].Organization != "gr-letter" || l.wished != 1 {
			t.Errorf("%+v, told %d times", all, l.wished)
		}
		for _, who := range []string{"midwife", "head", "mira", "coordinator"} {
			if _, err := l.s.Wishes(ctx, l.as(who).v); err == nil {
				t.Errorf("%s sees them too", who)
			}
		}
		l.agencies["gr-letter"] = "second" // admitted
		if all, err = l.s.Wishes(ctx, l.as("admin").v); err != nil || len(all) != 0 {
			t.Errorf("still wanting: %v %v", all, err)
		}
	})
}
