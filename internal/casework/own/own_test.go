package own

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"amelie/internal/ask"
	"amelie/internal/casework"
	"amelie/internal/casework/casetest"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/vault"
)

// house is the world of the tests with a ledger of paper and the cards in it.
type house struct {
	*casetest.House
	s         *Service
	shared    []Shared
	taken     []string // lines that were withdrawn
	told      []string
	remembers []string
}

func each(t *testing.T, story func(t *testing.T, h *house)) {
	vault.CheapForTests(t)
	casetest.Each(t, []db.Schema{Schema}, nil, func(t *testing.T, c *casetest.House) { story(t, furnish(c)) })
}

func furnish(c *casetest.House) *house {
	h := &house{House: c, shared: []Shared{
		{ID: "line", Kind: "share", To: "second", Purpose: "housing", Parts: []casework.Part{casework.Needs}, Until: c.Now.AddDate(0, 1, 0)},
		{ID: "law", Kind: "ground", To: "third", Parts: []casework.Part{casework.Contact}, Until: c.Now.AddDate(0, 1, 0)},
	}}
	h.s = New(Config{DB: c.DB, Now: c.Clock, Secret: vault.NewServerSecret(), Cases: c.S, Agencies: c, Address: "https://site.example",
		Standing: func(*db.Tx, string) ([]Shared, error) {
			return slices.DeleteFunc(slices.Clone(h.shared), func(x Shared) bool { return slices.Contains(h.taken, x.ID) }), nil
		},
		TakeBack: func(_ *db.Tx, _, line string) error { h.taken = append(h.taken, line); return nil },
		Tell:     func(_ *db.Tx, user string) error { h.told = append(h.told, user); return nil },
		Remember: func(_ *db.Tx, card string, _ time.Time) error { h.remembers = append(h.remembers, card); return nil },
		Say:      func(_, key string, _ map[string]string) string { return key },
		Checked:  func(string) string { return "" }})
	c.S.Add(h.s.Room())
	return h
}

const secret = "blue kettle"

// wishes writes that the person may and wants to have a card.
func (h *house) wishes(caseID, living string) {
	h.T.Helper()
	o, err := h.S.Look(h.Ctx, h.Users["mira"], caseID)
	h.Must(err)
	was, _ := o.Latest(kindWish)
	_, err = h.S.Save(h.Ctx, h.Users["mira"], caseID, casework.Typed{Kind: kindWish, Entry: was.ID, Rev: was.Rev, Once: id.New(), Posted: ask.Answer{"living": {living}, "wants": {"yes"}}})
	h.Must(err)
}

// gives makes a card and says its code.
func (h *house) gives(caseID string, shows ...string) string {
	h.T.Helper()
	h.Must(h.s.Give(h.Ctx, h.Users["mira"], caseID, Order{Once: id.New(), Design: "stamps", Shows: shows, Secret: secret, Again: secret}))
	return h.looks(caseID).Code
}

func (h *house) looks(caseID string) *View {
	h.T.Helper()
	w, err := h.s.Look(h.Ctx, h.Users["mira"], caseID)
	h.Must(err)
	return w
}

// opens is the visit of the person; nil when code and secret do not open.
func (h *house) opens(code, secret string) *Visit {
	h.T.Helper()
	cookie, err := h.s.Open(h.Ctx, code, secret)
	if errors.Is(err, errClosed) {
		return nil
	}
	h.Must(err)
	v, err := h.s.Visit(h.Ctx, cookie)
	h.Must(err)
	return v
}

// req: OWN-8 taking back holds at once, and is checked with the person
// req: OWN-10 words are closed for the agency
func TestAPersonSeesTakesBackAndWritesWithACardAndASecret(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c, mira := h.Begins("Rosa"), h.Users["mira"]
		h.Writes("mira", c, "appointment", ask.Answer{"when": {"2026-12-01T10:00"}, "words": {"The lawyer"}, "place": {"Court street"}})
		h.Refused("a card before anybody asked", h.s.Give(h.Ctx, mira, c, Order{Design: "stamps", Secret: secret, Again: secret}), fault.Conflict)
		h.wishes(c, "trusted")
		h.Refused("a secret that is a row", h.s.Give(h.Ctx, mira, c, Order{Design: "stamps", Secret: "123456", Again: "123456"}), fault.Invalid)
		code := h.gives(c, "time")
		v := h.opens(strings.ToLower(strings.ReplaceAll(code, "-", " ")), " Blue  KETTLE ")
		if v == nil {
			t.Fatal("the card does not open as people type")
		}
		k, err := h.s.Known(h.Ctx, v, time.UTC)
		h.Must(err)
		if k.Day != "2026-12-01" || k.Date.Time != "10:00" || k.Date.Place != "" || len(k.Names) != 0 || len(k.Shared) != 2 {
			t.Errorf("the card shows %+v", k)
		}
		h.Must(h.s.Renew(h.Ctx, mira, c, "Yes, on Tuesday"))
		if kept := h.looks(c).Note; kept != "Yes, on Tuesday" {
			t.Errorf("the worker would renew the sheet with %q and lose the note", kept)
		}
		h.Must(h.s.Renew(h.Ctx, mira, c, "Yes, on Tuesday")) // an unchanged note is kept once
		v = h.opens(code, secret)
		if k, err = h.s.Known(h.Ctx, v, time.UTC); err != nil || k.Note != "Yes, on Tuesday" {
			t.Errorf("the note is %v, %v", k, err)
		}
		h.Must(h.s.Withdraw(h.Ctx, v, "line"))
		h.Must(h.s.Withdraw(h.Ctx, v, "line"))
		h.Must(h.s.Withdraw(h.Ctx, v, "law"))
		if !slices.Equal(h.taken, []string{"line"}) {
			t.Errorf("withdrawn: %v", h.taken)
		}
		h.Must(h.s.Write(h.Ctx, v, Ask, "May my son read along?", id.New()))
		h.Must(h.s.Write(h.Ctx, v, Copy, "", id.New()))
		h.Refused("words that are none", h.s.Write(h.Ctx, v, Correct, " ", id.New()), fault.Invalid)
		w := h.looks(c)
		var got []string
		for _, x := range w.Words {
			got = append(got, x.Kind+x.About+x.Text)
		}
		slices.Sort(got)
		if !slices.Equal(got, []string{"askMay my son read along?", "copy", "noteYes, on Tuesday", "withdrawsecond"}) || len(h.told) != 3 || w.DueAt.After(h.Now.Add(checkWithin)) {
			t.Errorf("the worker has %v, was told %v, due %v", got, h.told, w.DueAt)
		}
		h.NewKey("support") // a question that was closed for the former key is still read
		h.looks(c)
		for _, x := range slices.DeleteFunc(w.Words, func(x Word) bool { return !x.Waits() }) {
			outcome := done
			if x.Kind == Withdrawal {
				outcome = notHer
				h.Refused("a withdrawal without a check", h.s.Settle(h.Ctx, mira, c, x.ID, done), fault.NotFound)
			}
			h.Must(h.s.Settle(h.Ctx, mira, c, x.ID, outcome))
		}
		if h.opens(code, secret) != nil || len(h.remembers) != 1 {
			t.Error("somebody else's card still opens, or would come back with a backup")
		}
	})
}

// req: OWN-1
func TestThereIsNoCardWhileThePersonLivesWithWhoeverDoesHarm(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.Begins("Rosa")
		for _, living := range []string{"harm", ask.NotKnown} {
			h.wishes(c, "trusted")
			code := h.gives(c)
			v := h.opens(code, secret)
			h.wishes(c, living)
			if h.opens(code, secret) != nil {
				t.Errorf("%s: the card still opens", living)
			}
			h.Refused("an open page goes on", h.s.Withdraw(h.Ctx, v, "line"), fault.SignIn)
			h.Refused("a card is made", h.s.Give(h.Ctx, h.Users["mira"], c, Order{Design: "stamps", Secret: secret, Again: secret}), fault.Conflict)
		}
		h.wishes(c, "alone")
		code := h.gives(c)
		h.Must(h.S.Act(h.Ctx, h.Users["mira"], c, casework.Close, nil))
		if h.opens(code, secret) != nil {
			t.Error("the card of a closed case opens")
		}
	})
}

// req: OWN-4 guessing, a code without its secret, and who may open again
// req: OWN-5 a card that was taken back
func TestWrongTriesLockACardAndOnlyAWorkerOpensItAgain(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.Begins("Rosa")
		h.wishes(c, "alone")
		code := h.gives(c)
		_, unknown := h.s.Open(h.Ctx, newCode(), secret)
		_, empty := h.s.Open(h.Ctx, code, "")
		_, wrong := h.s.Open(h.Ctx, code, "another secret")
		if unknown != errClosed || empty != errClosed || wrong != errClosed {
			t.Fatalf("the answers tell codes apart: %v, %v, %v", unknown, empty, wrong)
		}
		open := h.opens(code, secret) // sets the count back
		for range MaxTries {
			if h.opens(code, "another secret") != nil {
				t.Fatal("a wrong secret opens")
			}
		}
		if _, err := h.s.Open(h.Ctx, code, secret); err != errClosed {
			t.Errorf("a locked card: %v", err)
		}
		h.Refused("a page of a locked card", h.s.Write(h.Ctx, open, Ask, "Still here?", id.New()), fault.SignIn)
		if w := h.looks(c); w.Card.State != Locked || !slices.Equal(h.told, []string{"mira"}) {
			t.Errorf("%v, told %v", w.Card.State, h.told)
		}
		h.Must(h.s.Act(h.Ctx, h.Locked("mira"), c, Unlock))
		h.Must(h.s.Act(h.Ctx, h.Locked("mira"), c, Unlock))
		if open = h.opens(code, secret); open == nil {
			t.Fatal("a card that was opened again stays closed")
		}
		second := h.gives(c) // replaces the first at once
		h.Refused("the page of a replaced card", h.s.Write(h.Ctx, open, Ask, "Still here?", id.New()), fault.SignIn)
		if h.opens(code, secret) != nil || h.opens(second, secret) == nil {
			t.Error("a replaced card opens, or the new one does not")
		}
		h.Must(h.s.Act(h.Ctx, h.Locked("mira"), c, Take))
		if h.opens(second, secret) != nil {
			t.Error("a card that was taken back opens")
		}
	})
}

// req: OWN-9
func TestAPageLastsTenMinutesAndEndsAtOnceOnTheWayOut(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.Begins("Rosa")
		h.wishes(c, "alone")
		code := h.gives(c)
		cookie, err := h.s.Open(h.Ctx, code, secret)
		h.Must(err)
		h.Now = h.Now.Add(SessionTime - time.Second)
		_, err = h.s.Visit(h.Ctx, cookie)
		h.Must(err)
		h.Now = h.Now.Add(time.Second)
		_, err = h.s.Visit(h.Ctx, cookie)
		h.Refused("after ten minutes", err, fault.SignIn)
		cookie, err = h.s.Open(h.Ctx, code, secret)
		h.Must(err)
		h.Must(h.s.Close(h.Ctx, cookie))
		_, err = h.s.Visit(h.Ctx, cookie)
		h.Refused("after the way out", err, fault.SignIn)
		for _, bad := range []string{"", ".", "x.y", strings.Repeat("a", 300)} {
			_, err := h.s.Visit(h.Ctx, bad)
			h.Refused(bad, err, fault.SignIn)
		}
	})
}

// req: OWN-6
func TestNobodyElseLearnsThatThereIsACard(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.Begins("Rosa")
		h.wishes(c, "alone")
		code := h.gives(c)
		h.Must(h.s.Write(h.Ctx, h.opens(code, secret), Ask, "Who reads this?", id.New()))
		word := h.looks(c).Words[0].ID
		h.Must(h.S.Grant(h.Ctx, h.Users["mira"], c, casework.Share{To: "second", Parts: []casework.Part{casework.Needs, casework.Safety}, Until: h.Now.AddDate(0, 1, 0), Past: true, Writes: true}, nil))
		for _, who := range casetest.Strangers {
			v := h.Users[who]
			_, err := h.s.Look(h.Ctx, v, c)
			h.Refused(who+" looks", err, fault.NotFound)
			h.Refused(who+" gives", h.s.Give(h.Ctx, v, c, Order{Design: "stamps", Secret: secret, Again: secret}), fault.NotFound)
			h.Refused(who+" renews", h.s.Renew(h.Ctx, v, c, "hello"), fault.NotFound)
			h.Refused(who+" takes it back", h.s.Act(h.Ctx, v, c, Take), kindFor(who))
			h.Refused(who+" settles", h.s.Settle(h.Ctx, v, c, word, done), kindFor(who))
		}
	})
}

// A colleague who may write, and nothing more, neither gives a card nor has its
// code.
//
// req: OWN-6
func TestWhoMayWriteAndNotGiveAwayHasNoCard(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.Begins("Rosa")
		h.wishes(c, "alone")
		code := h.gives(c)
		h.S.Glass = func(_ *db.Tx, _, user string) (bool, error) { return user == "nils", nil }
		_, err := h.s.Look(h.Ctx, h.Users["nils"], c)
		h.Must(err)
		h.Refused("gives", h.s.Give(h.Ctx, h.Users["nils"], c, Order{Design: "stamps", Secret: secret, Again: secret}), fault.Denied)
		do, page := h.site(), "/en/cases/"+c+"/own"
		h.Says(do("nils", "", "GET", page, nil), 200, false, page+"/card", page+"/give", code)
		h.Says(do("mira", "", "GET", page, nil), 200, true, page+"/card", page+"/give")
		for _, path := range []string{"/card", "/give"} {
			h.Says(do("nils", "", "GET", page+path, nil), 403, false, code)
		}
		if h.opens(code, secret) == nil {
			t.Error("the card of the person ended")
		}
	})
}

// While the card is being made the file can come to say that there is none.
//
// req: OWN-1
func TestACardIsNotGivenOnAnAnswerThatChangedMeanwhile(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c, mira := h.Begins("Rosa"), h.Users["mira"]
		in := Order{Design: "stamps", Secret: secret, Again: secret}
		made := func() (*View, Card) {
			h.wishes(c, "alone")
			w, err := h.s.givable(h.Ctx, mira, c)
			h.Must(err)
			card, err := h.s.made(h.Ctx, w, mira, in)
			h.Must(err)
			return w, card
		}
		w, card := made()
		h.wishes(c, "harm")
		h.Refused("lives with harm now", h.s.put(h.Ctx, mira, w, card), fault.Conflict)
		w, card = made()
		h.Must(h.S.Act(h.Ctx, mira, c, casework.Close, nil))
		h.Refused("closed now", h.s.put(h.Ctx, mira, w, card), fault.Conflict)
		if h.looks(c).Card != nil {
			t.Error("there is a card")
		}
	})
}

// kindFor is how a member is refused who knows of the case by a grant.
func kindFor(who string) fault.Kind {
	if who == "second" {
		return fault.Denied
	}
	return fault.NotFound
}

// A thief has the whole database and the remembered secret, and neither the card
// nor the server's secret; or the card and the database, without the server.
//
// req: OWN-3
func TestACopyOfTheDatabaseOpensNothing(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.Begins("Rosa")
		h.wishes(c, "alone")
		code := h.gives(c)
		h.Must(h.s.Renew(h.Ctx, h.Users["mira"], c, "Tuesday at the blue door"))
		h.Must(h.s.Write(h.Ctx, h.opens(code, secret), Ask, "Is my name safe?", id.New()))
		var card Card
		var list []Word
		h.Must(h.DB.Read(h.Ctx, func(tx *db.Tx) (err error) {
			if card, _, err = one(tx, cardOfStmt, c); err != nil {
				return err
			}
			list, err = words(tx, c)
			return err
		}))
		plain, _ := ParseCode(code)
		for _, lies := range [][]byte{card.private, card.sheet, card.code, card.public, []byte(card.hash), list[0].env} {
			for _, word := range []string{plain, code, secret, "Tuesday", "my name"} {
				if bytes.Contains(lies, []byte(word)) {
					t.Errorf("%q lies in the open", word)
				}
			}
		}
		elsewhere := *h.s
		elsewhere.Secret = vault.NewServerSecret()
		if _, err := vault.UnlockPassword(card.private, elsewhere.password(plain, Secret(secret)), keyPlace(card)); err == nil || elsewhere.hash(plain) == card.hash {
			t.Error("code and secret open without the server's secret")
		}
		if _, err := vault.UnlockPassword(card.private, h.s.password("", Secret(secret)), keyPlace(card)); err == nil {
			t.Error("the secret opens without the code")
		}
		if _, err := vault.UnlockPassword(card.private, h.s.password(plain, ""), keyPlace(card)); err == nil {
			t.Error("the code opens without the secret")
		}
		h.Must(h.s.Act(h.Ctx, h.Users["mira"], c, Take))
		h.Must(h.DB.Read(h.Ctx, func(tx *db.Tx) (err error) { card, _, err = one(tx, cardStmt, card.ID); return err }))
		if len(card.private)+len(card.sheet)+len(card.code)+len(card.public) != 0 {
			t.Error("a card that was taken back leaves keys behind")
		}
		h.Must(h.DB.Write(context.Background(), func(tx *db.Tx) error { return forget(tx, c) }))
		h.Must(h.DB.Read(h.Ctx, func(tx *db.Tx) (err error) { list, err = words(tx, c); return err }))
		if len(list) != 0 {
			t.Error("an erased case leaves messages behind")
		}
	})
}

// However tries, right ones, unlocking and taking back follow each other: never
// more than five tries are looked at since the last that opened, a locked card
// opens only by a worker, and a card that was taken back never.
//
// req: OWN-4
func TestTheLockHoldsWhateverTheOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, since, back := Lock{State: On}, 0, false
		for _, a := range rapid.SliceOf(rapid.SampledFrom([]Act{Try, Try, Try, Wrong, Right, Untry, Unlock, Take})).Draw(t, "acts") {
			was := l
			next, err := l.Next(a)
			if err != nil {
				if next != was {
					t.Fatalf("%s is refused and changes %v to %v", a, was, next)
				}
				continue
			}
			l = next
			switch a {
			case Try:
				since++
			case Untry:
				since--
			case Right, Unlock:
				since = 0
			}
			if since > MaxTries {
				t.Fatalf("%d tries", since)
			}
			if (l.State == On && l.Seen() == Locked) != (l.State == On && l.Tries == MaxTries) {
				t.Fatalf("%v is seen as %s", l, l.Seen())
			}
			if was.State == Locked && l.State == On && a != Unlock {
				t.Fatalf("%s opens a locked card", a)
			}
			if back = back || a == Take; back && l.State != Back {
				t.Fatalf("%s brings a card back", a)
			}
		}
	})
}

// req: OWN-3
func TestASecretIsTheSameFromEveryKeyboardAndNeverTooEasy(t *testing.T) {
	for typed, want := range map[string]string{"٢٠٤٨٩١": "204891", "20 48-91": "20 48 91", " Blue\tKettle. ": "blue kettle", "Μπλε ΤΣΑΓΙΕΡΑ": "μπλε τσαγιερα"} {
		if got := Secret(typed); got != want {
			t.Errorf("%q is %q", typed, got)
		}
	}
	for typed, strong := range map[string]bool{"204891": true, "blue kettle": true, "أزرق إبريق": true, "111111": false, "123456": false, "987654": false, "20489": false, "kettle": false, "a b": false, "": false, "house house": false} {
		if Strong(Secret(typed)) != strong {
			t.Errorf("%q: %v", typed, !strong)
		}
	}
	if code := newCode(); len(strings.ReplaceAll(code, "-", "")) != codeLength || codeBytes*8 < 80 {
		t.Errorf("a code of %q", code)
	}
}

// Whoever holds a code learns from no answer, nor from the work that it takes,
// whether there is a card.
//
// req: OWN-4
func TestATryTakesTheSameWorkForACardThatIsOnLockedOrOverAndForNone(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		derived := 0
		unlock, spend := h.s.unlock, h.s.spend
		h.s.unlock = func(env, password []byte, at vault.Binding) ([]byte, error) {
			derived++
			return unlock(env, password, at)
		}
		h.s.spend = func(password []byte) error { derived++; return spend(password) }
		cases := map[string]string{"none": newCode()}
		for _, what := range []string{"on", "locked", "over"} {
			c := h.Begins(what)
			h.wishes(c, "alone")
			cases[what] = h.gives(c)
			if what == "over" {
				h.Must(h.s.Act(h.Ctx, h.Users["mira"], c, Take))
			}
		}
		for range MaxTries {
			h.opens(cases["locked"], "wrong words")
		}
		type work struct {
			statements int64
			derived    int
			err        error
		}
		tries := func(code string) work {
			ran, before := h.DB.Ran(), derived
			_, err := h.s.Open(h.Ctx, code, "red kettle")
			return work{h.DB.Ran() - ran, derived - before, err}
		}
		want := work{4, 1, errClosed} // two transactions of a look and a write
		for range 2 {
			for what, code := range cases {
				if got := tries(code); got != want {
					t.Errorf("%s: %+v, want %+v", what, got, want)
				}
			}
		}
		h.s.unlock = func([]byte, []byte, vault.Binding) ([]byte, error) { return nil, vault.ErrBusy }
		h.s.spend = func([]byte) error { return vault.ErrBusy }
		for what, code := range cases {
			if got := tries(code); got.statements != 4 || !errors.Is(got.err, vault.ErrBusy) {
				t.Errorf("%s while busy: %+v", what, got)
			}
		}
	})
}
