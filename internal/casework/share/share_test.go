package share

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"amelie/internal/ask"
	"amelie/internal/casework"
	"amelie/internal/casework/casetest"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/policy"
	"amelie/internal/web"

	"pgregory.net/rapid"
)

// house is the world of the tests with the ledger in it.
type house struct {
	*casetest.House
	s          *Service
	told       []string // agencies that were told that something waits
	remembered map[string]time.Time
	police     map[string]bool // agencies that are authorities
}

func each(t *testing.T, story func(t *testing.T, h *house)) {
	casetest.Each(t, []db.Schema{Schema}, []policy.Source{Policy}, func(t *testing.T, c *casetest.House) { story(t, furnish(c)) })
}

func furnish(c *casetest.House) *house {
	h := &house{House: c, remembered: map[string]time.Time{}, police: map[string]bool{"police": true}}
	h.s = New(Config{DB: c.DB, Policy: policy.Must(casework.Policy, Policy), Now: c.Clock, Cases: c.S, Name: c.Name,
		Agencies: func(_ context.Context, v *web.Viewer) (out []Agency, err error) {
			for agency, name := range casetest.Names {
				if agency != v.AgencyID {
					out = append(out, Agency{ID: agency, Name: name, Authority: h.police[agency]})
				}
			}
			return out, nil
		},
		Authority: func(_ *db.Tx, agency string) (bool, error) { return h.police[agency], nil },
		Grounds: func(context.Context, string, string) ([]Provision, error) {
			return []Provision{{ID: "gr-child", Name: "A child is in danger", Source: "Law 1"}}, nil
		},
		Languages: func() []Language { return []Language{{"en", "English"}, {"ro", "Română"}} },
		Version:   func(lang string) string { return lang + "-2" },
		Text:      func(lang, key string) string { return lang + " " + key },
		Tell:      func(_ *db.Tx, agencyID string, _ bool) error { h.told = append(h.told, agencyID); return nil },
		Remember:  func(_ *db.Tx, entryID string, at time.Time) error { h.remembered[entryID] = at; return nil }})
	c.S.Add(h.s.Room())
	return h
}

func (h *house) pass(d time.Duration) { h.Pass(d, h.s.Handle) }

var aloud = Said{How: "spoken", Language: "ro", Interpreter: "independent"}

func order(to string, parts ...casework.Part) Order {
	return Order{Once: id.New(), To: to, Parts: parts, Past: true, Purpose: "housing", Days: 30, Said: aloud}
}

// gives shares with a yes.
func (h *house) gives(caseID, to string, parts ...casework.Part) string {
	h.T.Helper()
	entry, err := h.s.Give(h.Ctx, h.Users["mira"], caseID, order(to, parts...))
	h.Must(err)
	return entry
}

func exception(to string, parts ...casework.Part) Exception {
	return Exception{Once: id.New(), To: to, Parts: parts, Past: true, Days: 30, Ground: "gr-child", Reason: "The child was fetched at night", NotTold: "He reads her messages"}
}

func (h *house) invokes(caseID, to string, parts ...casework.Part) string {
	h.T.Helper()
	entry, err := h.s.Invoke(h.Ctx, h.Users["mira"], caseID, exception(to, parts...))
	h.Must(err)
	return entry
}

// lines are the ledger as a member reads it.
func (h *house) lines(user, caseID string) []Line {
	h.T.Helper()
	out, err := h.s.ledger(h.Ctx, h.Users[user], caseID)
	h.Must(err)
	return out
}

func (h *house) state(user, caseID, entry string) State {
	h.T.Helper()
	for _, l := range h.lines(user, caseID) {
		if l.ID == entry {
			return l.StateAt(h.Now)
		}
	}
	return None
}

func (h *house) reads(user, caseID string, want ...string) {
	h.T.Helper()
	if got := h.Reads(user, caseID); !slices.Equal(got, want) {
		h.T.Errorf("%s reads %q, want %q", user, got, want)
	}
}

// A case with something in two parts.
func (h *house) rosa() string {
	caseID := h.Begins("Rosa")
	h.Writes("mira", caseID, "legal", ask.Answer{"words": {"talk with the lawyer"}})
	h.Writes("mira", caseID, "health", ask.Answer{"words": {"asthma"}})
	return caseID
}

// req: SHARE-1
func TestASharingIsInTheLedgerWithAllItsFactsAndTheKeysLeaveWithIt(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		caseID := h.rosa()
		entry := h.gives(caseID, "second", casework.Legal)
		h.reads("second", caseID, "talk with the lawyer")
		l := h.lines("mira", caseID)[0]
		if l.ID != entry || l.To != "second" || l.UserName != "Name of mira" || l.Purpose != "housing" || l.Decider != "self" || l.How != "spoken" || l.Language != "ro" ||
			l.Interpret != "independent" || l.Text != "ro-2" || !l.Until.Equal(h.Now.AddDate(0, 0, 30)) || !slices.Equal(l.Parts, []casework.Part{casework.Legal}) {
			t.Errorf("the line says %+v", l)
		}
		if !slices.Equal(h.told, []string{"second"}) {
			t.Errorf("told: %v", h.told)
		}
		for field, spoil := range map[string]func(*Order){
			"to": func(o *Order) { o.To = "nobody" }, "part": func(o *Order) { o.Parts = nil }, "purpose": func(o *Order) { o.Purpose = "" }, "words": func(o *Order) { o.Purpose = "other" },
			"days": func(o *Order) { o.Days = 4000 }, "how": func(o *Order) { o.How = "" }, "language": func(o *Order) { o.Language = "xx" }, "interpreter": func(o *Order) { o.Interpreter = "companion" },
			"spoken": func(o *Order) { o.Spoken = "xx" },
		} {
			o := order("third", casework.Health)
			spoil(&o)
			_, err := h.s.Give(h.Ctx, h.Users["mira"], caseID, o)
			if f := fault.Find(err); f == nil || len(f.Fields) != 1 || f.Fields[0].Name != field {
				t.Errorf("without %s: %v", field, err)
			}
		}
		h.reads("third", caseID)
		o := order("third", casework.Notes)
		_, err := h.s.Give(h.Ctx, h.Users["mira"], caseID, o)
		h.Refused("notes", err, fault.NotFound)
	})
}

// Who speaks a language in which no text is there: the ledger says both, and the one
// of the talk, which may say where somebody is from, is readable by the agency alone.
//
// req: SHARE-1
func TestTheLedgerSaysInWhichLanguageATextWasPutInWords(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		caseID := h.rosa()
		o := order("second", casework.Legal)
		o.Language, o.Spoken = "en", "bn"
		_, err := h.s.Give(h.Ctx, h.Users["mira"], caseID, o)
		h.Must(err)
		same := aloud
		same.Spoken = same.Language
		_, err = h.s.Answer(h.Ctx, h.Users["mira"], caseID, Research, false, id.New(), same)
		h.Must(err)
		lines := h.lines("mira", caseID)
		if l := lines[0]; l.Language != "en" || l.Text != "en-2" || l.Spoken != "bn" {
			t.Errorf("the line says %+v", l)
		}
		if l := lines[1]; l.Spoken != "" {
			t.Errorf("spoken as the text is written, and said twice: %+v", l)
		}
		out, err := h.s.export(h.Ctx, h.Users["mira"], &casework.Opened{Row: casework.Row{ID: caseID}})
		h.Must(err)
		if copied, _ := json.Marshal(out); !strings.Contains(string(copied), `"spoken":"bn"`) {
			t.Errorf("the copy says %s", copied)
		}
		for _, l := range h.lines("second", caseID) {
			if l.Spoken != "" {
				t.Errorf("the other agency reads %+v", l)
			}
		}
	})
}

func TestAPressedTwiceButtonSharesOnceAndALaterYesTakesThePlaceOfTheFirst(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		caseID := h.rosa()
		o := order("second", casework.Legal)
		for range 2 {
			if _, err := h.s.Give(h.Ctx, h.Users["mira"], caseID, o); err != nil {
				t.Fatal(err)
			}
		}
		if n := len(h.lines("mira", caseID)); n != 1 {
			t.Fatalf("%d lines", n)
		}
		h.Now = h.Now.Add(time.Hour)
		h.gives(caseID, "second", casework.Health)
		h.reads("second", caseID, "asthma")
		if s := h.state("mira", caseID, o.Once); s != Replaced {
			t.Errorf("the first line is %s", s)
		}
		narrow := order("second", casework.Health)
		narrow.Past = false
		_, err := h.s.Give(h.Ctx, h.Users["mira"], caseID, narrow)
		h.Must(err)
		h.reads("second", caseID)
		h.Writes("mira", caseID, "health", ask.Answer{"words": {"new spray"}})
		h.reads("second", caseID, "new spray")
	})
}

// req: SHARE-2
func TestATakenBackYesEndsAtOnceByWhoeverIsTold(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		caseID := h.rosa()
		for by, withdraw := range map[string]func(entry string) error{
			"the worker, locked": func(e string) error { return h.s.Withdraw(h.Ctx, h.Locked("mira"), caseID, e) },
			"the other agency":   func(e string) error { return h.s.Withdraw(h.Ctx, h.Locked("second"), caseID, e) },
			"the person": func(e string) error {
				return h.DB.Write(h.Ctx, func(tx *db.Tx) error { return h.s.WithdrawBy(tx, caseID, e) })
			},
		} {
			h.Now = h.Now.Add(time.Minute)
			entry := h.gives(caseID, "second", casework.Legal)
			h.reads("second", caseID, "talk with the lawyer")
			h.Must(withdraw(entry))
			h.Must(withdraw2(withdraw, entry, by))
			h.reads("second", caseID)
			if s := h.state("mira", caseID, entry); s != Withdrawn || h.remembered[entry] != h.Now {
				t.Errorf("%s: %s, remembered %v", by, s, h.remembered[entry])
			}
		}
		desk, err := h.s.Desk(h.Ctx, h.Users["second"])
		h.Must(err)
		if len(desk.Ended) != 3 {
			t.Errorf("the other agency is told of %d", len(desk.Ended))
		}
	})
}

// withdraw2 presses again; the other agency does not know of the case any more.
func withdraw2(withdraw func(string) error, entry, by string) error {
	err := withdraw(entry)
	if by == "the other agency" && fault.KindOf(err) == fault.NotFound {
		return nil
	}
	return err
}

// req: SHARE-2
func TestARestoredBackupDoesNotGiveAWithdrawnLineBack(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		caseID := h.rosa()
		entry := h.gives(caseID, "second", casework.Legal)
		var again, unknown, twice bool
		h.Must(h.DB.Write(h.Ctx, func(tx *db.Tx) (err error) {
			if again, err = EndAgain(tx, entry, h.Now, nil); err != nil {
				return err
			}
			if twice, err = EndAgain(tx, entry, h.Now, nil); err != nil {
				return err
			}
			unknown, err = EndAgain(tx, id.New(), h.Now, nil)
			return err
		}))
		if !again || twice || unknown || h.state("mira", caseID, entry) != Withdrawn {
			t.Errorf("%v %v %v, %s", again, twice, unknown, h.state("mira", caseID, entry))
		}
	})
}

// req: SHARE-7
func TestTheFourTopicsAreAskedOneByOneAndANoIsKept(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		caseID := h.rosa()
		h.gives(caseID, "second", casework.Legal)
		topics := func() map[Kind]Entry {
			var out map[Kind]Entry
			h.Must(h.DB.Read(h.Ctx, func(tx *db.Tx) (err error) { _, out, err = h.s.Standing(tx, caseID); return err }))
			return out
		}
		if len(topics()) != 0 {
			t.Error("a sharing brought a topic with it")
		}
		for _, topic := range Topics {
			_, err := h.s.Answer(h.Ctx, h.Users["mira"], caseID, topic, false, id.New(), aloud)
			h.Must(err)
		}
		h.Now = h.Now.Add(time.Hour)
		yes, err := h.s.Answer(h.Ctx, h.Users["mira"], caseID, Research, true, id.New(), aloud)
		h.Must(err)
		if now := topics(); len(now) != 4 || now[Research].State != Given || now[Media].State != Refused || now[Media].Text != "ro-2" {
			t.Errorf("%+v", now)
		}
		h.Now = h.Now.Add(time.Hour)
		_, err = h.s.Answer(h.Ctx, h.Users["mira"], caseID, Research, false, id.New(), aloud)
		h.Must(err)
		if h.state("mira", caseID, yes) != Withdrawn || h.remembered[yes].IsZero() {
			t.Error("the yes was not taken back")
		}
		no, err := h.s.Refuse(h.Ctx, h.Users["mira"], caseID, order("third"))
		h.Must(err)
		if h.state("mira", caseID, no) != Refused {
			t.Error("a refused sharing is not in the ledger")
		}
		h.reads("third", caseID)
	})
}

// req: SHARE-8
func TestNothingReachesThePoliceWithoutAYesToThePolice(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		caseID := h.rosa()
		_, err := h.s.Give(h.Ctx, h.Users["mira"], caseID, order("police", casework.Legal))
		h.Refused("police", err, fault.Invalid)
		h.reads("officer", caseID)
		yes, err := h.s.Answer(h.Ctx, h.Users["mira"], caseID, Police, true, id.New(), aloud)
		h.Must(err)
		h.gives(caseID, "police", casework.Legal)
		h.reads("officer", caseID, "talk with the lawyer")
		h.Must(h.DB.Write(h.Ctx, func(tx *db.Tx) error { return h.s.WithdrawBy(tx, caseID, yes) }))
		h.reads("officer", caseID)
	})
}

// req: SHARE-8
func TestANoTakesBackWhatWasGivenBeforeTheAgencyWasKnownAsAnAuthority(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		caseID := h.rosa()
		h.police["police"] = false
		h.gives(caseID, "police", casework.Legal)
		h.gives(caseID, "second", casework.Legal)
		h.police["police"] = true
		h.reads("officer", caseID, "talk with the lawyer")
		_, err := h.s.Answer(h.Ctx, h.Users["mira"], caseID, Police, false, id.New(), aloud)
		h.Must(err)
		h.reads("officer", caseID)
		h.reads("second", caseID, "talk with the lawyer")
	})
}

// req: SHARE-5
func TestALegalGroundEndsAfterADayWhenNobodyElseLooked(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		caseID := h.rosa()
		for field, spoil := range map[string]func(*Exception){"ground": func(e *Exception) { e.Ground = "none" }, "provision": func(e *Exception) { e.Ground = "other" },
			"reason": func(e *Exception) { e.Reason = "" }, "not-told": func(e *Exception) { e.NotTold = "" }} {
			e := exception("second", casework.Legal)
			spoil(&e)
			_, err := h.s.Invoke(h.Ctx, h.Users["mira"], caseID, e)
			if f := fault.Find(err); f == nil || len(f.Fields) != 1 || f.Fields[0].Name != field {
				t.Errorf("without %s: %v", field, err)
			}
		}
		entry := h.invokes(caseID, "second", casework.Legal)
		h.reads("second", caseID, "talk with the lawyer")
		h.Now = h.Now.Add(ReviewTime - time.Second)
		h.reads("second", caseID, "talk with the lawyer")
		h.Now = h.Now.Add(time.Second)
		h.reads("second", caseID) // before any job ran
		if s := h.state("mira", caseID, entry); s != Lapsed {
			t.Errorf("it is %s", s)
		}
		h.Refused("too late", h.s.Review(h.Ctx, h.Users["boss"], caseID, entry, true), fault.Conflict)
		h.pass(time.Minute)
		if l := h.lines("mira", caseID)[0]; l.State != Lapsed || l.Reason == "" {
			t.Errorf("%s %q", l.State, l.Reason)
		}
		h.reads("second", caseID)
		if want := map[string]int{"support ground.gr-child used": 1, "support review lapsed": 1}; !maps.Equal(h.Counted, want) {
			t.Errorf("counted %v", h.Counted)
		}
	})
}

// req: SHARE-6, SHARE-9
func TestASecondPersonLooksAtALegalGroundAndThePersonIsToldUnlessThatEndangers(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		caseID := h.rosa()
		entry := h.invokes(caseID, "second", casework.Legal)
		h.Refused("herself", h.s.Review(h.Ctx, h.Users["mira"], caseID, entry, true), fault.Denied)
		for _, user := range casetest.Strangers {
			if err := h.s.Review(h.Ctx, h.Users[user], caseID, entry, true); user == "second" {
				h.Refused(user, err, fault.Denied) // it has parts of the case, and knows of it
			} else {
				h.Refused(user, err, fault.NotFound)
			}
		}
		desk, err := h.s.Desk(h.Ctx, h.Users["boss"])
		h.Must(err)
		if len(desk.Waiting) != 1 {
			t.Errorf("%d wait for the lead", len(desk.Waiting))
		}
		for _, user := range []string{"mira", "nils", "second", "insider"} {
			if desk, err := h.s.Desk(h.Ctx, h.Users[user]); err != nil || len(desk.Waiting) != 0 {
				t.Errorf("%s is shown what waits: %v %v", user, desk, err)
			}
		}
		h.Must(h.s.Review(h.Ctx, h.Users["boss"], caseID, entry, true))
		if h.Counted["support review confirmed"] != 1 {
			t.Errorf("counted %v", h.Counted)
		}
		h.pass(48 * time.Hour)
		h.reads("second", caseID, "talk with the lawyer")
		shown := func() int {
			n := 0
			h.Must(h.DB.Read(h.Ctx, func(tx *db.Tx) error {
				shares, _, err := h.s.Standing(tx, caseID)
				n = len(shares)
				return err
			}))
			return n
		}
		copied := func() int { // what of the agency stands in a copy for the person
			o, err := h.S.Look(h.Ctx, h.Users["mira"], caseID)
			h.Must(err)
			h.Must(h.S.Tellable(h.Ctx, h.Users["mira"], o))
			lines, err := h.s.export(h.Ctx, h.Users["mira"], o)
			h.Must(err)
			n := len(lines.([]Line)) + len(o.Readers)
			for _, e := range o.Events {
				if e.Other == "second" || e.AgencyID == "second" {
					n++
				}
			}
			return n
		}
		if shown() != 0 || copied() != 0 {
			t.Errorf("the person's own view shows %d, a copy %d of what telling endangers", shown(), copied())
		}
		h.Must(h.s.Told(h.Ctx, h.Users["mira"], caseID, entry))
		if shown() != 1 || copied() == 0 {
			t.Error("she was told, and does not see it")
		}
		err = h.DB.Write(h.Ctx, func(tx *db.Tx) error { return h.s.WithdrawBy(tx, caseID, entry) })
		h.Refused("the person cannot take back what she never gave", err, fault.NotFound)
		h.pass(30 * 24 * time.Hour)
		h.reads("second", caseID)
		rejected := h.invokes(caseID, "second", casework.Health)
		h.Must(h.s.Review(h.Ctx, h.Users["boss"], caseID, rejected, false))
		h.reads("second", caseID)
		h.counts("gr-child", map[State]int{Confirmed: 1, Rejected: 1})
		h.Must(h.DB.Write(h.Ctx, func(tx *db.Tx) error { return forget(tx, caseID) }))
		h.counts("gr-child", map[State]int{Confirmed: 1, Rejected: 1})
		if n := len(h.lines("mira", caseID)); n != 0 {
			t.Errorf("%d lines after the case was erased", n)
		}
	})
}

// req: SHARE-9
func TestWhatThePersonWasNotToldComesBackUntilThePersonKnows(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		caseID, start := h.rosa(), h.Now
		due := func() time.Time {
			o, err := h.S.Look(h.Ctx, h.Users["mira"], caseID)
			h.Must(err)
			return o.DueAt
		}
		entry := h.invokes(caseID, "second", casework.Legal)
		h.Must(h.s.Review(h.Ctx, h.Users["boss"], caseID, entry, false)) // it has ended, and was done all the same
		if at := due(); !at.Equal(start.AddDate(0, 0, 14)) {
			t.Fatalf("due %v", at)
		}
		h.Says(h.Pages(h.s.Mount).Do("mira", "GET", "/en/cases/"+caseID+"/share", nil), 200, true, "The person has been told now", "look again in 14 days")
		h.Refused("a stranger", h.s.Later(h.Ctx, h.Users["insider"], caseID, entry), fault.NotFound)
		h.pass(13 * 24 * time.Hour)
		h.Must(h.s.Later(h.Ctx, h.Users["mira"], caseID, entry))
		if at := due(); !at.Equal(h.Now.AddDate(0, 0, 14)) {
			t.Errorf("looked again, due %v", at)
		}
		h.Must(h.s.Told(h.Ctx, h.Users["mira"], caseID, entry))
		h.Must(h.s.Later(h.Ctx, h.Users["mira"], caseID, entry)) // pressed afterwards
		if at := due(); !at.IsZero() {
			t.Errorf("the person knows, due %v", at)
		}
		e := exception("second", casework.Health)
		e.Again = 7
		_, err := h.s.Invoke(h.Ctx, h.Users["boss"], caseID, e)
		h.Must(err)
		h.pass(25 * time.Hour)
		if at := due(); at.Sub(h.Now) > 6*24*time.Hour {
			t.Errorf("after a week, due %v", at)
		}
		e = exception("second", casework.Safety)
		e.Again = 900
		_, err = h.s.Invoke(h.Ctx, h.Users["boss"], caseID, e)
		h.Refused("in 900 days", err, fault.Invalid)
	})
}

// A member who shares again each day what nobody confirmed would share for ever.
//
// req: SHARE-5, SHARE-6
func TestWhatNobodyConfirmedIsNotSharedAgainByTheSameMember(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		caseID := h.rosa()
		again := func(user string, parts ...casework.Part) error {
			h.Now = h.Now.Add(time.Minute)
			_, err := h.s.Invoke(h.Ctx, h.Users[user], caseID, exception("second", parts...))
			return err
		}
		h.invokes(caseID, "second", casework.Legal)
		h.Now = h.Now.Add(ReviewTime)
		h.Refused("before any job ran", again("mira", casework.Legal), fault.Invalid)
		h.pass(time.Minute)
		h.Refused("with another part", again("mira", casework.Legal, casework.Health), fault.Invalid)
		h.reads("second", caseID)
		h.Must(again("mira", casework.Health))
		h.Must(again("boss", casework.Legal)) // another member looked at it anew
		var entry string
		for _, l := range h.lines("mira", caseID) {
			if l.UserID == "boss" {
				entry = l.ID
			}
		}
		h.Must(h.DB.Write(h.Ctx, func(tx *db.Tx) error {
			e, err := byID(tx, caseID, entry)
			if err != nil {
				return err
			}
			return h.s.finish(tx, h.Users["mira"], e, Reject, e.Parts)
		}))
		h.Refused("after a no", again("boss", casework.Legal), fault.Invalid)
	})
}

// req: SHARE-5
func TestAConfirmedGroundLastsForThePartsThatWereNotTakenBackMeanwhile(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		caseID := h.rosa()
		entry := h.invokes(caseID, "second", casework.Legal, casework.Health)
		h.Must(h.S.Revoke(h.Ctx, h.Users["mira"], caseID, "second", []casework.Part{casework.Legal}, nil))
		h.Must(h.s.Review(h.Ctx, h.Users["boss"], caseID, entry, true))
		h.pass(48 * time.Hour)
		h.reads("second", caseID, "asthma")
	})
}

// req: SHARE-7
func TestAnotherAnswerWithATokenThatServedIsNotDropped(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		caseID, once := h.rosa(), id.New()
		for range 2 { // pressed twice
			_, err := h.s.Answer(h.Ctx, h.Users["mira"], caseID, Police, true, once, aloud)
			h.Must(err)
		}
		_, err := h.s.Answer(h.Ctx, h.Users["mira"], caseID, Police, false, once, aloud)
		h.Refused("the no after the yes", err, fault.Conflict)
		_, err = h.s.Answer(h.Ctx, h.Users["mira"], caseID, Media, true, once, aloud)
		h.Refused("another topic", err, fault.Conflict)
		_, err = h.s.Answer(h.Ctx, h.Users["mira"], h.rosa(), Police, true, once, aloud)
		h.Refused("another case", err, fault.Conflict)
	})
}

// Who may write because a life is in danger gives nothing away, and no yes either.
//
// req: SHARE-1, SHARE-7
func TestWhoMayWriteAndNotGiveAwayAnswersForNobody(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		caseID, nils := h.rosa(), h.Users["nils"]
		h.S.Glass = func(_ *db.Tx, _, user string) (bool, error) { return user == "nils", nil }
		h.reads("nils", caseID, "asthma", "talk with the lawyer")
		_, give := h.s.Give(h.Ctx, nils, caseID, order("second", casework.Legal))
		h.Refused("give", give, fault.Denied)
		_, invoke := h.s.Invoke(h.Ctx, nils, caseID, exception("second", casework.Legal))
		h.Refused("invoke", invoke, fault.Denied)
		for _, yes := range []bool{true, false} {
			_, err := h.s.Answer(h.Ctx, nils, caseID, Police, yes, id.New(), aloud)
			h.Refused("answer", err, fault.Denied)
		}
		if n := len(h.lines("mira", caseID)); n != 0 {
			t.Errorf("%d lines", n)
		}
	})
}

// req: SHARE-8
func TestANarrowerYesThatCannotBeLeavesWhatWasThere(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		caseID := h.rosa()
		_, err := h.s.Invoke(h.Ctx, h.Users["mira"], caseID, exception("police", casework.Legal))
		h.Must(err)
		o := order("police", casework.Legal)
		o.Past = false
		_, err = h.s.Give(h.Ctx, h.Users["mira"], caseID, o)
		h.Refused("police without a yes", err, fault.Invalid)
		h.reads("officer", caseID, "talk with the lawyer")
	})
}

// req: SHARE-4
func TestAChildByTheStagesIsAChildUntilItIsWrittenDownWhoDecides(t *testing.T) {
	file := func(kinds map[string]ask.Answer) *casework.Opened {
		o := &casework.Opened{}
		for kind, a := range kinds {
			e := casework.Entry{}
			e.Kind, e.Fields = kind, a
			o.Entries = append(o.Entries, e)
		}
		return o
	}
	for age, want := range map[string]Capacity{"minor": Child, "doubt": Child, "adult": Self, ask.NotKnown: Self, "": Self} {
		if got := decidingIn(file(map[string]ask.Answer{kindStanding: {"age": {age}}})); got.Capacity != want || got.Heard {
			t.Errorf("%q: %+v", age, got)
		}
		written := decidingIn(file(map[string]ask.Answer{kindStanding: {"age": {age}}, kindDeciding: {"capacity": {"unable"}, "heard": {"yes"}}}))
		if written.Capacity != Unable || !written.Heard {
			t.Errorf("%q: what is written down counts for nothing: %+v", age, written)
		}
	}
	if decidingIn(file(nil)).Capacity != Self {
		t.Error("nothing is known, and the person does not decide")
	}
}

// counts wants the year's numbers of the agency.
func (h *house) counts(ground string, want map[State]int) {
	h.T.Helper()
	got, all := map[State]int{}, 0
	h.Must(h.DB.Read(h.Ctx, func(tx *db.Tx) error {
		for _, year := range []int{2026, 2027} {
			list, err := Count(tx, "support", year)
			if err != nil {
				return err
			}
			for _, n := range list {
				if n.Ground == ground {
					got[n.State] += n.N
				}
			}
		}
		return nil
	}))
	for s, n := range want {
		if all++; got[s] != n {
			h.T.Errorf("%s: %d, want %d", s, got[s], n)
		}
	}
	if len(got) != all {
		h.T.Errorf("%v, want %v", got, want)
	}
}

// req: SHARE-4
func TestForAChildAGuardianDecidesAfterTheChildWasHeard(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		caseID := h.rosa()
		guardian := h.Writes("mira", caseID, kindAround, ask.Answer{"name": {"Frau Adler"}, "relation": {"guardian"}, "paper": {"court paper of May"}, "suspicion": {"no"}})
		uncle := h.Writes("mira", caseID, kindAround, ask.Answer{"name": {"an uncle"}, "relation": {"guardian"}, "suspicion": {"yes"}})
		by := func(entry string) error {
			o := order("second", casework.Legal)
			o.By = entry
			_, err := h.s.Give(h.Ctx, h.Users["mira"], caseID, o)
			return err
		}
		h.Refused("a grown person's word is her own", by(guardian), fault.Invalid)
		deciding := h.Writes("mira", caseID, kindDeciding, ask.Answer{"capacity": {"child"}, "heard": {"not-yet"}})
		h.Refused("the child alone", by(""), fault.Invalid)
		h.Refused("before the child was heard", by(guardian), fault.Invalid)
		_, err := h.S.Save(h.Ctx, h.Users["mira"], caseID, casework.Typed{Kind: kindDeciding, Entry: deciding, Rev: 1, Posted: ask.Answer{"capacity": {"child"}, "heard": {"yes"}, "view": {"wants to stay here"}}})
		h.Must(err)
		h.Refused("under suspicion", by(uncle), fault.Invalid)
		h.Refused("nobody", by(id.New()), fault.NotFound)
		h.reads("second", caseID)
		h.Must(by(guardian))
		h.reads("second", caseID, "talk with the lawyer")
		if l := h.lines("mira", caseID)[0]; l.Decider != "guardian" || l.Name != "Frau Adler" || l.Paper != "court paper of May" {
			t.Errorf("%+v", l)
		}
		if l := h.lines("second", caseID)[0]; l.Name != "" || l.Paper != "" {
			t.Errorf("the other agency reads %+v", l.Words)
		}
	})
}

func TestTheLedgerDoesNotExistForWhoMayNotKnowOfTheCase(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		caseID := h.rosa()
		entry := h.gives(caseID, "third", casework.Legal)
		no, err := h.s.Refuse(h.Ctx, h.Users["mira"], caseID, order("third"))
		h.Must(err)
		for _, user := range casetest.Strangers {
			v := h.Users[user]
			_, read := h.s.ledger(h.Ctx, v, caseID)
			_, give := h.s.Give(h.Ctx, v, caseID, order("third", casework.Health))
			_, refuse := h.s.Refuse(h.Ctx, v, caseID, order("third"))
			_, answer := h.s.Answer(h.Ctx, v, caseID, Police, true, id.New(), aloud)
			_, invoke := h.s.Invoke(h.Ctx, v, caseID, exception("elsewhere", casework.Health))
			for what, err := range map[string]error{"read": read, "give": give, "refuse": refuse, "answer": answer, "invoke": invoke,
				"withdraw": h.s.Withdraw(h.Ctx, v, caseID, entry), "review": h.s.Review(h.Ctx, v, caseID, entry, true), "told": h.s.Told(h.Ctx, v, caseID, entry)} {
				h.Refused(user+" "+what, err, fault.NotFound)
			}
		}
		if !slices.ContainsFunc(h.lines("third", caseID), func(l Line) bool { return l.ID == entry }) || h.state("third", caseID, no) != None {
			t.Error("the reader sees its own line, and not what was refused to it")
		}
		_, err = h.s.Give(h.Ctx, h.Users["third"], caseID, order("second", casework.Legal))
		h.Refused("passing on", err, fault.NotFound)
		h.reads("second", caseID)
		h.reads("third", caseID, "talk with the lawyer")
	})
}

// req: SHARE-3
func TestNobodyUnderSuspicionHasAnyRole(t *testing.T) {
	relation := kinds[1].Fields[1].Options
	suspicion := append([]string{""}, kinds[1].Fields[3].Options...)
	rapid.Check(t, func(t *rapid.T) {
		a := Around{Entry: id.New(), Relation: rapid.SampledFrom(relation).Draw(t, "relation"), Suspicion: rapid.SampledFrom(suspicion).Draw(t, "suspicion")}
		d := Deciding{Capacity: rapid.SampledFrom([]Capacity{Self, Child, Unable}).Draw(t, "capacity"), Heard: rapid.Bool().Draw(t, "heard")}
		for _, r := range Roles {
			if a.Suspicion != "no" && a.May(r) {
				t.Fatalf("%+v %s", a, r)
			}
		}
		decides := d.Decides(&a) == nil
		if decides && (a.Suspicion != "no" || !d.Heard || d.Capacity == Self || !slices.Contains([]string{"authority", "guardian", "parent"}, a.Relation)) {
			t.Fatalf("%+v decides for %+v", a, d)
		}
		if d.Capacity == Self && d.Decides(nil) != nil || d.Capacity != Self && d.Decides(nil) == nil {
			t.Fatal("who decides alone")
		}
	})
}

// req: SHARE-2, SHARE-5
func TestWhatHasEndedNeverStandsAgain(t *testing.T) {
	acts := []Act{Give, Refuse, Invoke, Confirm, Reject, Lapse, Withdraw, End, Replace, Doubt}
	rapid.Check(t, func(t *rapid.T) {
		now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		e := Entry{At: now, Until: now.AddDate(0, 0, 30), ReviewBy: now.Add(ReviewTime)}
		stood, over, reviewed := false, false, false
		for range 12 {
			if a := rapid.SampledFrom(acts).Draw(t, "act"); e.StateAt(now) == e.State { // a service acts on what still is
				if next, err := Next(e.State, a); err == nil {
					e.State, reviewed = next, reviewed || a == Confirm
				}
			}
			now = now.Add(time.Duration(rapid.IntRange(0, 20*24).Draw(t, "hours")) * time.Hour)
			stands := e.Stands(now)
			if stands && over {
				t.Fatalf("%s stands again", e.State)
			}
			if stands && e.State == Waiting && now.Sub(e.At) >= ReviewTime {
				t.Fatal("a ground that nobody looked at stands after a day")
			}
			if stood = stood || stands; stood && !stands {
				over = true
			}
		}
	})
}

// guarded is a case of a child for whom a guardian decides.
func (h *house) guarded() (caseID, guardian string) {
	caseID = h.rosa()
	guardian = h.Writes("mira", caseID, kindAround, ask.Answer{"name": {"Frau Adler"}, "relation": {"guardian"}, "suspicion": {"no"}})
	h.Writes("mira", caseID, kindDeciding, ask.Answer{"capacity": {"child"}, "heard": {"yes"}})
	return caseID, guardian
}

// suspects writes anew what is known of somebody around the person.
func (h *house) suspects(caseID, who, suspicion string, rev int64) {
	h.T.Helper()
	_, err := h.S.Save(h.Ctx, h.Users["mira"], caseID, casework.Typed{Kind: kindAround, Entry: who, Rev: rev, Posted: ask.Answer{"name": {"Frau Adler"}, "relation": {"guardian"}, "suspicion": {suspicion}}})
	h.Must(err)
}

// req: SHARE-3, SHARE-8
func TestAYesOfSomebodyWhoIsUnderSuspicionLaterEndsWithTheEntryThatSaysSo(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		caseID, guardian := h.guarded()
		by := aloud
		by.By = guardian
		var warned []string
		h.s.TellWorker = func(_ *db.Tx, user string) error { warned = append(warned, user); return nil }
		_, err := h.s.Answer(h.Ctx, h.Users["mira"], caseID, Police, true, id.New(), by)
		h.Must(err)
		lines := map[string]string{}
		for _, to := range []string{"second", "police"} {
			o := order(to, casework.Legal)
			o.By = guardian
			lines[to], err = h.s.Give(h.Ctx, h.Users["mira"], caseID, o)
			h.Must(err)
		}
		h.suspects(caseID, guardian, ask.NotKnown, 1)
		h.reads("second", caseID, "talk with the lawyer") // flagged: somebody asks anew
		h.told = nil
		h.suspects(caseID, guardian, "yes", 2)
		h.reads("second", caseID)
		h.reads("officer", caseID)
		slices.Sort(h.told)
		if !slices.Equal(h.told, []string{"police", "second"}) || !slices.Equal(warned, []string{"mira"}) {
			t.Errorf("told: %v, warned: %v", h.told, warned)
		}
		for to, entry := range lines {
			if s := h.state("mira", caseID, entry); s != Doubted || h.remembered[entry].IsZero() {
				t.Errorf("the line to %s is %s", to, s)
			}
		}
		ended := h.lines("mira", caseID)
		if open := unanswered(ended); len(open) != 3 {
			t.Errorf("%d wait for another answer", len(open))
		}
		for _, l := range ended {
			if l.StateBy != "" {
				t.Errorf("it names %q", l.StateBy)
			}
		}
	})
}

// What a decision rests on is read again where the keys leave.
//
// req: SHARE-3
func TestASuspicionThatIsWrittenWhileSomebodySharesHolds(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		caseID, guardian := h.guarded()
		once := false
		agencies := h.s.Agencies
		h.s.Agencies = func(ctx context.Context, v *web.Viewer) ([]Agency, error) { // asked after the file was read
			if !once {
				once = true
				h.suspects(caseID, guardian, "yes", 1)
			}
			return agencies(ctx, v)
		}
		o := order("second", casework.Legal)
		o.By = guardian
		_, err := h.s.Give(h.Ctx, h.Users["mira"], caseID, o)
		h.Refused("under suspicion meanwhile", err, fault.Invalid)
		h.reads("second", caseID)
	})
}

// req: SHARE-1, SHARE-2
func TestANarrowerYesEndsAndBeginsInOneTransaction(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		caseID := h.rosa()
		first := h.gives(caseID, "second", casework.Legal, casework.Health)
		broken := errors.New("the disk is full")
		remember := h.s.Remember
		h.s.Remember = func(*db.Tx, string, time.Time) error { return broken }
		narrow := order("second", casework.Legal)
		narrow.Past = false
		if _, err := h.s.Give(h.Ctx, h.Users["mira"], caseID, narrow); !errors.Is(err, broken) {
			t.Fatal(err)
		}
		h.reads("second", caseID, "asthma", "talk with the lawyer") // neither ended nor begun
		if s := h.state("mira", caseID, first); s != Given {
			t.Errorf("the first line is %s", s)
		}
		h.s.Remember = remember
		lost := 0
		h.S.Add(casework.Room{Name: "other", Lost: func(*db.Tx, string, string) error { lost++; return nil }})
		_, err := h.s.Give(h.Ctx, h.Users["mira"], caseID, narrow)
		h.Must(err)
		h.reads("second", caseID)
		if s := h.state("mira", caseID, first); s != Replaced || h.remembered[first].IsZero() || lost != 0 {
			t.Errorf("the first line is %s, remembered %v; lost %d times", s, h.remembered[first], lost)
		}
		h.Writes("mira", caseID, "legal", ask.Answer{"words": {"from now on"}})
		h.reads("second", caseID, "from now on")
		for _, share := range []string{"legal", "health"} {
			if !slices.Contains(h.Ended, caseID+"/second/"+share) {
				t.Errorf("a backup gives %s back: %v", share, h.Ended)
			}
		}
		again := func(tx *db.Tx) error {
			_, err := casework.EndAgain(tx, caseID+"/second/legal", h.Now.Add(-time.Millisecond))
			return err
		}
		h.Must(h.DB.Write(h.Ctx, again))
		h.reads("second", caseID, "from now on") // what was given after that stays
	})
}

// req: SHARE-7
func TestAnotherSharingWithATokenThatServedIsNotDropped(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		caseID := h.rosa()
		first := order("second", casework.Legal)
		first.Purpose, first.Words = "other", "a school"
		for range 2 {
			_, err := h.s.Give(h.Ctx, h.Users["mira"], caseID, first)
			h.Must(err)
		}
		for what, change := range map[string]func(*Order){"words": func(o *Order) { o.Words = "a doctor" }, "parts": func(o *Order) { o.Parts = []casework.Part{casework.Health} },
			"agency": func(o *Order) { o.To = "third" }, "days": func(o *Order) { o.Days = 90 }, "how": func(o *Order) { o.How = "signed" }} {
			o := first
			change(&o)
			_, err := h.s.Give(h.Ctx, h.Users["mira"], caseID, o)
			h.Refused("other "+what, err, fault.Conflict)
		}
		h.reads("second", caseID, "talk with the lawyer")
		h.reads("third", caseID)
		e := exception("third", casework.Legal)
		for range 2 {
			_, err := h.s.Invoke(h.Ctx, h.Users["mira"], caseID, e)
			h.Must(err)
		}
		e.Reason = "something else"
		_, err := h.s.Invoke(h.Ctx, h.Users["mira"], caseID, e)
		h.Refused("another reason", err, fault.Conflict)
	})
}

// req: SHARE-10
func TestTheFullAccountIsGivenOnlyWhenThePersonConfirmedOne(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		caseID, confirmed := h.rosa(), false
		h.s.Confirmed = func(context.Context, *web.Viewer, string) (bool, error) { return confirmed, nil }
		give := func() error {
			_, err := h.s.Give(h.Ctx, h.Users["mira"], caseID, order("second", casework.Legal, casework.Account))
			return err
		}
		h.Refused("before", give(), fault.Invalid)
		_, err := h.s.Invoke(h.Ctx, h.Users["mira"], caseID, exception("second", casework.Account))
		h.Refused("on a ground of law", err, fault.Invalid)
		h.reads("second", caseID)
		confirmed = true
		h.Must(give())
	})
}

// req: TALLY-3
func TestACaseIsCountedOnlyWhileThePersonSaysYes(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		caseID, mira := h.rosa(), h.Users["mira"]
		var told []bool
		h.s.Counted = func(_ *db.Tx, of string, yes bool) error {
			if told = append(told, yes); of != caseID {
				t.Errorf("told of %s", of)
			}
			return nil
		}
		counted := func(when string, want bool) {
			t.Helper()
			h.Must(h.DB.Read(h.Ctx, func(tx *db.Tx) error {
				got, err := h.s.MayCount(tx, caseID)
				if got != want || len(told) > 0 && told[len(told)-1] != want {
					t.Errorf("%s: %v, told %v", when, got, told)
				}
				return err
			}))
		}
		says := func(topic Kind, yes bool) string {
			t.Helper()
			line, err := h.s.Answer(h.Ctx, mira, caseID, topic, yes, id.New(), aloud)
			h.Must(err)
			return line
		}
		counted("before anything was said", false)
		says(Research, true)
		counted("after a yes to something else", false)
		says(Statistics, true)
		counted("after a yes", true)
		line := says(Statistics, true)
		counted("after a second yes", true)
		h.Must(h.s.Withdraw(h.Ctx, mira, caseID, line))
		counted("after it was taken back", false)
		line = says(Statistics, true)
		counted("after another yes", true)
		h.Must(h.DB.Write(h.Ctx, func(tx *db.Tx) error {
			_, err := EndAgain(tx, line, h.Now, func(tx *db.Tx, of string) error { return h.s.Counted(tx, of, false) })
			return err
		}))
		counted("after a restored backup was told that it had been taken back", false)
		says(Statistics, true)
		says(Statistics, false)
		counted("after a no", false)
	})
}

// req: SHARE-4
func TestTheFormAsksForTheAgeUntilItIsWrittenDown(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		caseID := h.rosa()
		known := func() bool {
			o, err := h.S.Look(h.Ctx, h.Users["mira"], caseID)
			h.Must(err)
			return grown(o)
		}
		if known() {
			t.Error("a case of which no age is known passes for a grown person's")
		}
		h.Writes("mira", caseID, kindDeciding, ask.Answer{"capacity": {"self"}})
		if !known() {
			t.Error("who decides is written down and is asked again")
		}
	})
}
