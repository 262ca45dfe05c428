package pass

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"amelie/internal/ask"
	"amelie/internal/casework"
	"amelie/internal/casework/casetest"
	"amelie/internal/casework/plan"
	"amelie/internal/casework/share"
	"amelie/internal/casework/telling"
	"amelie/internal/db"
	"amelie/internal/document"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/policy"
	"amelie/internal/web"
)

// house is the world of the tests with the ledger, the account and this room.
type house struct {
	*casetest.House
	s      *Service
	shares *share.Service
	told   []string             // members who were told that something waits
	ended  map[string]time.Time // lines of the ledger, as a backup is told
	caseID string
}

func each(t *testing.T, story func(t *testing.T, h *house)) {
	casetest.Each(t, []db.Schema{share.Schema, plan.Schema, Schema}, []policy.Source{share.Policy, Policy}, func(t *testing.T, c *casetest.House) { story(t, furnish(c)) })
}

func furnish(c *casetest.House) *house {
	h := &house{House: c, ended: map[string]time.Time{}}
	rules := policy.Must(casework.Policy, share.Policy, Policy)
	h.shares = share.New(share.Config{DB: c.DB, Policy: rules, Now: c.Clock, Cases: c.S, Name: c.Name,
		Agencies: func(_ context.Context, v *web.Viewer) (out []share.Agency, err error) {
			for _, agency := range slices.Sorted(maps.Keys(casetest.Names)) {
				if agency != v.AgencyID {
					out = append(out, share.Agency{ID: agency, Name: casetest.Names[agency], Authority: agency == "police"})
				}
			}
			return out, nil
		},
		Languages: func() []share.Language {
			return []share.Language{{Code: "en", Name: "English"}, {Code: "ro", Name: "Română"}}
		},
		Version:  func(lang string) string { return lang + "-3" },
		Text:     func(lang, key string) string { return lang + " " + key },
		Remember: func(_ *db.Tx, line string, at time.Time) error { h.ended[line] = at; return nil }})
	tells := &telling.Service{Cases: c.S, Now: c.Clock}
	h.s = New(Config{DB: c.DB, Policy: rules, Now: c.Clock, Cases: c.S, Ledger: ledger{h.shares}, Name: c.Name, Told: tells.Told,
		Agencies: func(_ context.Context, v *web.Viewer, _ string) (out []Agency, err error) {
			for agency, name := range casetest.Names {
				if agency != v.AgencyID && agency != "police" {
					out = append(out, Agency{ID: agency, Name: name, Country: "Belgium"})
				}
			}
			return out, nil
		},
		Tell: func(_ *db.Tx, userID string) error { h.told = append(h.told, userID); return nil }})
	for _, r := range []casework.Room{h.shares.Room(), tells.Room(), h.s.Room()} {
		c.S.Add(r)
	}
	colleague := *h.Users["second"]
	colleague.UserID, colleague.Name, colleague.SessionID = "second-too", "Name of second-too", "s-second-too"
	h.Users["second-too"] = &colleague
	h.rosa()
	return h
}

// ledger is the real ledger behind this room's interface.
type ledger struct{ s *share.Service }

func (l ledger) Ask(c *web.Ctx, f *web.Form, o *casework.Opened) Asked {
	how := l.s.Ask(c, f, o, "goes_on")
	return Asked{how.Fields, how.Say, how.Closed}
}
func (l ledger) order(g Gift) share.Order {
	return share.Order{Once: g.Once, To: g.To, Parts: g.Parts, Past: true, Purpose: share.GoesOn, Days: g.Days, Said: share.Said(g.Said), Wrong: g.Wrong}
}
func (l ledger) Give(ctx context.Context, v *web.Viewer, caseID string, g Gift) error {
	order := l.order(g)
	order.Seal = func(p *casework.Pen, e share.Line) error {
		capacity, on := e.Resting()
		return g.Seal(p, e.ID, Rests{Capacity: string(capacity), On: on})
	}
	order.Also = func(tx *db.Tx, e share.Entry) error { return g.Also(tx, e.ID) }
	_, err := l.s.Give(ctx, v, caseID, order)
	return err
}
func (l ledger) Refuse(ctx context.Context, v *web.Viewer, caseID string, g Gift) error {
	_, err := l.s.Refuse(ctx, v, caseID, l.order(g))
	return err
}
func (l ledger) Stands(tx *db.Tx, caseID, line string) (bool, error) {
	return l.s.Stands(tx, caseID, line)
}
func (l ledger) End(tx *db.Tx, v *web.Viewer, caseID, line string) error {
	return l.s.EndBy(tx, v, caseID, line)
}
func (l ledger) Withdraw(ctx context.Context, v *web.Viewer, caseID, line string) error {
	return l.s.Withdraw(ctx, v, caseID, line)
}
func (l ledger) RestsNow(tx *db.Tx, caseID string) (map[string]int64, error) {
	return share.RestsNow(tx, caseID)
}

// pdf is the smallest that is taken as one.
var pdf = []byte("%PDF-1.4\n1 0 obj\n<< >>\nendobj\n%%EOF")

// rosa is a case with something in most parts.
func (h *house) rosa() {
	h.caseID = h.Begins("Rosa")
	h.Writes("mira", h.caseID, "legal", ask.Answer{"words": {"talk with the lawyer"}})
	h.Writes("mira", h.caseID, "health", ask.Answer{"words": {"asthma"}})
	h.Writes("mira", h.caseID, "note", ask.Answer{"words": {"only ours"}})
	h.Writes("mira", h.caseID, "attempt", ask.Answer{"by": {"phone"}, "outcome": {"spoke"}, "words": {"called on Monday"}})
	h.Writes("mira", h.caseID, "asked-to-tell", ask.Answer{"day": {"2026-11-20"}, "asked-by": {"An office"}, "purpose": {"asylum"}, "instead": {"could-not"}})
	_, err := h.S.Keep(h.Ctx, h.Users["mira"], h.caseID, casework.Upload{Name: "letter.pdf", Body: slices.Concat(pdf, make([]byte, document.ChunkSize)), Part: casework.Legal, Words: "letter of the office"})
	h.Must(err)
}

var wide = []casework.Part{casework.Identity, casework.Contact, casework.Legal}

func order(to string, parts ...casework.Part) Order {
	return Order{Once: id.New(), To: to, Parts: parts, Days: 30, Why: "She moves to Antwerp", Said: Said{How: "spoken", Language: "ro", Interpreter: "independent"}}
}

func (h *house) offers(to string, parts ...casework.Part) {
	h.T.Helper()
	h.Must(h.s.Offer(h.Ctx, h.Users["mira"], h.caseID, order(to, parts...)))
}

func (h *house) takes(user string) string {
	h.T.Helper()
	newCase, err := h.s.Take(h.Ctx, h.Users[user], h.caseID, "", id.New())
	h.Must(err)
	return newCase
}

func (h *house) lines(user string) []Line {
	h.T.Helper()
	out, _, err := h.s.Offers(h.Ctx, h.Users[user], h.caseID)
	h.Must(err)
	return out
}

func (h *house) looks(user, caseID string) *casework.Opened {
	h.T.Helper()
	o, err := h.S.Look(h.Ctx, h.Users[user], caseID)
	h.Must(err)
	return o
}

func (h *house) cases() (n int) {
	h.T.Helper()
	for _, user := range []string{"second", "second-too"} {
		lines, _, err := h.S.List(h.Ctx, h.Users[user], casework.Query{Scope: casework.Mine, State: casework.Open})
		h.Must(err)
		n += len(lines)
	}
	return n
}

// req: PASS-1, PASS-3
func TestAnotherAgencyHasAFileOfItsOwnThatSurvivesTheFirstOne(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		in := order("second", wide...)
		in.Reach = map[string][]string{"channel": {"message"}, "code-word": {"harbour"}}
		h.Must(h.s.Offer(h.Ctx, h.Users["mira"], h.caseID, in))
		desk, err := h.s.Desk(h.Ctx, h.Locked("second"))
		h.Must(err)
		if len(desk) != 1 || desk[0].From != "Open Door" {
			t.Fatalf("the desk says %+v", desk)
		}
		h.Now = h.Now.Add(time.Hour)
		ours := h.takes("second")
		o := h.looks("second", ours)
		if o.AgencyID != "second" || o.WorkerID != "second" || o.Head.Name != "Rosa" {
			t.Errorf("the new file is %+v", o.Row)
		}
		kinds := map[string]int{}
		for _, e := range o.Entries {
			kinds[e.Kind]++
			if e.From == nil || e.From.Agency != "Open Door" || e.From.Day.IsZero() {
				t.Errorf("%s does not say from where it is: %+v", e.Kind, e.From)
			}
		}
		if want := map[string]int{"person": 1, "contact": 1, "legal": 1, "document": 1, "asked-before": 1}; !maps.Equal(kinds, want) {
			t.Errorf("it holds %v, want %v", kinds, want)
		}
		contact, _ := o.Latest("contact")
		if contact.Fields.One("code-word") != "harbour" || !slices.Equal(contact.Fields["channel"], []string{"message"}) {
			t.Errorf("the safe contact is %v", contact.Fields)
		}
		if before, _ := o.Latest("asked-before"); before.Fields.One("times") != "1" {
			t.Errorf("asked before: %v", before.Fields)
		}
		letter, _ := o.Latest("document")
		if _, body, err := h.S.Document(h.Ctx, h.Users["second"], ours, letter.ID); err != nil || len(body) != len(pdf)+document.ChunkSize {
			t.Errorf("the document: %d bytes, %v", len(body), err)
		}
		pages := h.Pages(h.S.Mount, h.shares.Mount)
		legal, _ := o.Latest("legal")
		for _, path := range []string{"", "/write/legal?entry=" + legal.ID, "/file/" + letter.ID} {
			h.Says(pages.Do("second", "GET", "/en/cases/"+ours+path, nil), 200, true, "from Open Door, written there on 22 November 2026")
		}
		h.Says(pages.Do("second", "GET", "/en/cases/"+ours+"/share", nil), 200, true, "Nobody else can open anything.", "Not asked yet: no")
		if l := h.lines("mira"); l[0].Now() != Taken || l[0].By != "Name of second" || !slices.Contains(h.told, "mira") {
			t.Errorf("the first agency sees %+v, told %v", l, h.told)
		}

		// The first agency closes and erases; the new file stays, the sharing ends.
		h.Must(h.S.Act(h.Ctx, h.Users["mira"], h.caseID, casework.Close, nil))
		_, err = h.S.Look(h.Ctx, h.Users["second"], h.caseID)
		h.Refused("the case that was closed there", err, fault.NotFound)
		h.Must(h.S.Erase(h.Ctx, h.Users["boss"], h.caseID, func(*db.Tx, casework.Row) error { return nil }))
		h.Writes("second", ours, "legal", ask.Answer{"words": {"the lawyer in Antwerp"}})
		if got := h.Reads("second", ours); !slices.Equal(got, []string{"letter of the office", "talk with the lawyer", "the lawyer in Antwerp"}) {
			t.Errorf("the new file says %q", got)
		}
		for _, user := range []string{"mira", "boss", "third", "insider", "coordinator", "admin", "auditor"} {
			if _, err := h.S.Look(h.Ctx, h.Users[user], ours); fault.KindOf(err) != fault.NotFound {
				t.Errorf("%s and the new file: %v", user, err)
			}
		}
	})
}

// req: PASS-1
func TestWhatWasTakenBackBeforeItWasTakenOverIsNotCopied(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.offers("second", wide...)
		line := h.lines("mira")[0].ID
		g, err := h.s.Look(h.Ctx, h.Users["second"], h.caseID) // has it on the screen
		h.Must(err)
		h.Must(h.shares.Withdraw(h.Ctx, h.Users["mira"], h.caseID, line))
		_, err = h.s.Take(h.Ctx, h.Users["second"], h.caseID, "Rosa", id.New())
		h.Refused("after it was taken back", err, fault.NotFound)
		_, err = h.S.New(h.Ctx, h.Users["second"], casework.Beginning{Source: line, Taken: withoutFiles(g.Taken), Once: id.New(), Also: func(tx *db.Tx, row casework.Row) error { return h.s.begun(tx, h.Users["second"], g, row) }})
		h.Refused("with what was read before", err, fault.NotFound)
		if h.cases() != 0 || h.lines("mira")[0].Now() != Over || h.ended[line].IsZero() {
			t.Errorf("%d cases, %+v", h.cases(), h.lines("mira"))
		}
		desk, err := h.s.Desk(h.Ctx, h.Users["second"])
		h.Must(err)
		if len(desk) != 0 {
			t.Errorf("the desk still says %+v", desk)
		}

		h.offers("second", wide...) // a new yes, whose time runs out
		h.Now = h.Now.AddDate(0, 0, 31)
		_, err = h.s.Take(h.Ctx, h.Users["second"], h.caseID, "", id.New())
		h.Refused("after its time", err, fault.NotFound)
	})
}

func withoutFiles(list []casework.Taken) []casework.Taken {
	return slices.DeleteFunc(slices.Clone(list), func(t casework.Taken) bool { return t.File != nil })
}

// A restored backup gives the offer back; the ledger outside of it ends its line.
//
// req: PASS-1
func TestARestoredBackupGivesNoWithdrawnOfferBack(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.offers("second", wide...)
		line := h.lines("mira")[0].ID
		h.Must(h.DB.Write(h.Ctx, func(tx *db.Tx) error {
			if _, err := share.EndAgain(tx, line, h.Now, nil); err != nil {
				return err
			}
			for _, p := range wide {
				if _, err := casework.EndAgain(tx, h.caseID+"/second/"+string(p), h.Now); err != nil {
					return err
				}
			}
			return nil
		}))
		_, err := h.s.Take(h.Ctx, h.Users["second"], h.caseID, "Rosa", id.New())
		h.Refused("what was ended again", err, fault.NotFound)
		if h.lines("mira")[0].Now() != Over {
			t.Errorf("the offer is %s", h.lines("mira")[0].Now())
		}
	})
}

// req: PASS-1
func TestOnlyThePartsOfTheOfferAreCopiedWhateverElseTheAgencyHolds(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.offers("second", casework.Identity, casework.Legal)
		h.Must(h.S.Grant(h.Ctx, h.Users["mira"], h.caseID, casework.Share{To: "second", Parts: []casework.Part{casework.Health}, Past: true, Until: h.Now.AddDate(0, 0, 1)}, nil))
		h.Now = h.Now.Add(time.Minute)
		ours := h.takes("second")
		if got := h.Reads("second", ours); slices.Contains(got, "asthma") || !slices.Contains(got, "talk with the lawyer") {
			t.Errorf("copied: %q", got)
		}
	})
}

// Whoever is not the agency of the offer finds nothing, whatever they ask.
//
// req: PASS-1
func TestNobodyElseAnswersAnOfferOrLearnsOfIt(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.offers("second", wide...)
		for _, user := range []string{"third", "insider", "coordinator", "auditor", "admin", "clerk", "nils", "officer"} {
			_, err := h.s.Take(h.Ctx, h.Users[user], h.caseID, "Rosa", id.New())
			h.Refused(user+" takes over", err, fault.NotFound)
			h.Refused(user+" declines", h.s.Decline(h.Ctx, h.Users[user], h.caseID, "other"), fault.NotFound)
			_, err = h.s.Look(h.Ctx, h.Users[user], h.caseID)
			h.Refused(user+" looks", err, fault.NotFound)
			h.Refused(user+" offers", h.s.Offer(h.Ctx, h.Users[user], h.caseID, order("third", wide...)), fault.NotFound)
			if desk, err := h.s.Desk(h.Ctx, h.Users[user]); err != nil || len(desk) != 0 {
				t.Errorf("%s has a desk: %v %v", user, desk, err)
			}
		}
		h.Refused("the first agency itself", func() error { _, err := h.s.Look(h.Ctx, h.Users["mira"], h.caseID); return err }(), fault.NotFound)
		h.Refused("the second passes it on", h.s.Offer(h.Ctx, h.Users["second"], h.caseID, order("third", wide...)), fault.NotFound)
		_, err := h.s.Take(h.Ctx, h.Locked("second"), h.caseID, "", id.New())
		h.Refused("a locked key", err, fault.Unlock)

		// A third agency with a part of its own learns nothing of the offer.
		h.Must(h.S.Grant(h.Ctx, h.Users["mira"], h.caseID, casework.Share{To: "third", Parts: []casework.Part{casework.Legal}, Past: true, Until: h.Now.AddDate(0, 0, 9)}, nil))
		if l := h.lines("third"); len(l) != 0 {
			t.Errorf("the third reads %+v", l)
		}
		h.takes("second")
		ours, err := h.s.Take(h.Ctx, h.Users["second-too"], h.caseID, "", id.New())
		h.Must(err)
		if l := h.lines("mira"); l[0].NewCase != "" && ours != "" { // it is in the row, and on no page of hers
			page := h.Pages(h.s.Mount).Do("mira", "GET", "/en/cases/"+h.caseID+"/pass", nil)
			h.Says(page, 200, false, ours)
			h.Says(page, 200, true, "Taken over", "Second Door")
		}
	})
}

// req: PASS-2
func TestWhoeverPressesAtOnceOpensOneFile(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.offers("second", wide...)
		var wg sync.WaitGroup
		got := make([]string, 6)
		for i := range got {
			wg.Add(1)
			go func() {
				defer wg.Done()
				newCase, err := h.s.Take(h.Ctx, h.Users[[]string{"second", "second-too"}[i%2]], h.caseID, "", id.New())
				if err != nil {
					t.Error(err)
				}
				got[i] = newCase
			}()
		}
		wg.Wait()
		if slices.Sort(got); got[0] == "" || got[0] != got[5] || h.cases() != 1 {
			t.Errorf("opened %v, %d cases", got, h.cases())
		}
		f := fault.Find(h.s.Offer(h.Ctx, h.Users["mira"], h.caseID, order("second", wide...)))
		if f == nil || len(f.Fields) != 1 || f.Fields[0].Key != "pass.error.taken" {
			t.Errorf("offered again: %v", f)
		}
	})
}

// req: PASS-5
func TestWhatIsDeclinedEndsAndTheGiverIsTold(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.offers("second", wide...)
		h.Refused("closing while it waits", h.S.Act(h.Ctx, h.Users["mira"], h.caseID, casework.Close, nil), fault.Invalid)
		h.Refused("without a code", h.s.Decline(h.Ctx, h.Users["second"], h.caseID, "because"), fault.Invalid)
		h.Must(h.s.Decline(h.Ctx, h.Users["second"], h.caseID, "no-place"))
		if l := h.lines("mira")[0]; l.Now() != Declined || l.Code != "no-place" || l.Stands || !slices.Contains(h.told, "mira") {
			t.Errorf("the first agency sees %+v, told %v", l, h.told)
		}
		_, err := h.S.Look(h.Ctx, h.Users["second"], h.caseID)
		h.Refused("reading on", err, fault.NotFound)
		h.Refused("declining twice", h.s.Decline(h.Ctx, h.Users["second"], h.caseID, "other"), fault.NotFound)
		h.Must(h.S.Act(h.Ctx, h.Users["mira"], h.caseID, casework.Close, nil))
		h.Refused("offering what is closed", h.s.Offer(h.Ctx, h.Users["mira"], h.caseID, order("second", wide...)), fault.Conflict)
	})
}

// telling is the room of the account, where all is settled before.
func (h *house) telling() (*telling.Service, func(telling.Step)) {
	h.T.Helper()
	h.Writes("mira", h.caseID, "telling-ground", ask.Answer{"purpose": {"asylum"}, "advice": {"refused"}, "advice-day": {"2026-11-20"}, "advice-by": {"a lawyer"}, "explained": {"yes"}, "text": {telling.TextVersion}, "wants": {"yes"}})
	tells := &telling.Service{Cases: h.S, Now: h.Clock}
	return tells, func(step telling.Step) {
		h.T.Helper()
		w, err := tells.Look(h.Ctx, h.Users["mira"], h.caseID)
		h.Must(err)
		step.Rev = w.Account.Rev
		h.Must(tells.Do(h.Ctx, h.Users["mira"], h.caseID, step))
	}
}

func told(words string) map[string][]string {
	return map[string][]string{"day": {"2026-11-21"}, "before": {words}}
}

// req: PASS-3
func TestAnAccountGoesOnlyAsItWasConfirmedAndAChildStaysAChild(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		f := fault.Find(h.s.Offer(h.Ctx, h.Users["mira"], h.caseID, order("second", casework.Account)))
		if f == nil || len(f.Fields) != 1 || f.Fields[0].Key != "pass.error.account" {
			t.Errorf("an account that is not there: %v", f)
		}
		tells, does := h.telling()
		does(telling.Step{Act: telling.Begin, Once: id.New(), Posted: told("confirmed words")})
		does(telling.Step{Act: telling.Read})
		does(telling.Step{Act: telling.Confirm, How: "spoken"})
		does(telling.Step{Act: telling.Reopen, Reason: "more"})
		does(telling.Step{Act: telling.Write, Posted: told("words under way")})
		f = fault.Find(h.s.Offer(h.Ctx, h.Users["mira"], h.caseID, order("second", casework.Account)))
		if f == nil {
			t.Error("an account under way was offered")
		}
		does(telling.Step{Act: telling.Read})
		does(telling.Step{Act: telling.Confirm, How: "spoken"})
		h.Writes("mira", h.caseID, "deciding", ask.Answer{"capacity": {"child"}, "heard": {"yes"}})
		guardian := h.Writes("mira", h.caseID, "around", ask.Answer{"name": {"A guardian"}, "relation": {"guardian"}, "suspicion": {"no"}})
		in := order("second", casework.Account, casework.Needs)
		h.Refused("a child alone", h.s.Offer(h.Ctx, h.Users["mira"], h.caseID, in), fault.Invalid)
		in.Said.By = guardian
		h.Must(h.s.Offer(h.Ctx, h.Users["mira"], h.caseID, in))
		does(telling.Step{Act: telling.Reopen, Reason: "again"}) // under way again: the newest confirmed one goes

		_, err := h.s.Take(h.Ctx, h.Users["second"], h.caseID, "", id.New())
		h.Refused("without a name", err, fault.Invalid)
		ours, err := h.s.Take(h.Ctx, h.Users["second"], h.caseID, "R.", id.New())
		h.Must(err)
		o := h.looks("second", ours)
		account, _ := o.Latest("account")
		deciding, _ := o.Latest("deciding")
		if account.Fields.One("before") != "words under way" || account.Fields.One("standing") != "confirmed" || deciding.Fields.One("capacity") != "child" || o.Head.Name != "R." {
			t.Errorf("account %v, deciding %v, %q", account.Fields, deciding.Fields, o.Head.Name)
		}
		if _, there := o.Latest("telling-ground"); there {
			t.Error("what was settled for the other agency was copied")
		}
		times, _, err := tells.Told(h.Ctx, h.Users["second"], o)
		if h.Must(err); times != 2 { // the account, and the office that asked
			t.Errorf("asked %d times", times)
		}
	})
}

// What somebody writes while the other agency reads goes along: the copy is of the
// newest version, or begins again.
//
// req: PASS-2
func TestWhatIsWrittenMeanwhileIsNotLost(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.offers("second", wide...)
		g, err := h.s.Look(h.Ctx, h.Users["second"], h.caseID)
		h.Must(err)
		h.Writes("mira", h.caseID, "legal", ask.Answer{"words": {"written meanwhile"}})
		_, err = h.S.New(h.Ctx, h.Users["second"], casework.Beginning{Source: g.Offer.ID, Taken: withoutFiles(g.Taken), Once: id.New(), Also: func(tx *db.Tx, row casework.Row) error { return h.s.begun(tx, h.Users["second"], g, row) }})
		h.Refused("with what is not the newest", err, fault.Stale)
		if got := h.Reads("second", h.takes("second")); !slices.Contains(got, "written meanwhile") {
			t.Errorf("the new file says %q", got)
		}
	})
}

// No order of acts answers an offer twice or brings an ended one back.
//
// req: PASS-2
func TestAnOfferIsAnsweredOnceAndNothingLeadsOutOfAnAnswer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o, answers := Offer{}, 0
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			act := rapid.SampledFrom([]Act{Give, Take, Decline}).Draw(t, "act")
			was := o.State
			next, err := Next(o.State, act)
			if o.State = next; err != nil && next != was {
				t.Fatalf("a refused act moved it from %s to %s", was, next)
			}
			if err == nil && act != Give {
				answers++
			}
			stands := rapid.Bool().Draw(t, "stands")
			if now := o.StateAt(stands); now == Offered && !stands || now == Over && stands || was == Taken && now != Taken || was == Declined && now != Declined {
				t.Fatalf("%s, stands %v: %s", o.State, stands, now)
			}
		}
		if answers > 1 {
			t.Fatalf("answered %d times", answers)
		}
	})
}

// Words of the offer lie in the database under keys alone.
//
// req: PASS-4
func TestClosingEndsWhatAnAgencyWithItsOwnFileCanOpen(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.offers("second", wide...)
		ours := h.takes("second")
		if l := h.lines("second"); len(l) != 1 || !l[0].Stands || l[0].Why != "She moves to Antwerp" || l[0].NewCase != ours {
			t.Errorf("the other agency reads %+v", l)
		}
		h.Must(h.S.Act(h.Ctx, h.Users["mira"], h.caseID, casework.Close, nil))
		if l := h.lines("mira"); l[0].Stands || l[0].Now() != Taken {
			t.Errorf("after closing: %+v", l)
		}
		h.Must(h.DB.Read(h.Ctx, func(tx *db.Tx) error {
			o, err := byID(tx, h.lines("mira")[0].ID)
			if strings.Contains(string(o.env), "Antwerp") {
				t.Error("why lies open in the database")
			}
			return err
		}))
	})
}

// Who said yes may not decide any more the next day: nothing is taken over on it.
//
// req: PASS-3
func TestAYesOfWhoMayNotDecideAnyMoreIsNotTakenOver(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.offers("second", wide...)
		h.Now = h.Now.AddDate(0, 0, 1)
		h.Writes("mira", h.caseID, "deciding", ask.Answer{"capacity": {"child"}, "heard": {"yes"}})
		_, err := h.s.Take(h.Ctx, h.Users["second"], h.caseID, "", id.New())
		h.Refused("on the yes of a child alone", err, fault.Conflict)
		press := map[string][]string{"do": {"take"}, "once": {id.New()}}
		h.Says(h.Pages(h.s.Mount).Do("second", "POST", "/en/cases/"+h.caseID+"/pass", press), 422, true, "It has to be offered again.", "Waits for an answer")
		if h.cases() != 0 || h.lines("mira")[0].Now() != Offered {
			t.Errorf("%d cases, %+v", h.cases(), h.lines("mira"))
		}

		in := order("second", wide...)
		in.Said.By = h.Writes("mira", h.caseID, "around", ask.Answer{"name": {"A guardian"}, "relation": {"guardian"}, "suspicion": {"no"}})
		h.Must(h.s.Offer(h.Ctx, h.Users["mira"], h.caseID, in))
		deciding, _ := h.looks("second", h.takes("second")).Latest("deciding")
		if deciding.Fields.One("capacity") != "child" {
			t.Errorf("in the new file decides %v", deciding.Fields)
		}
	})
}

// A member who can read the case and take nothing back is not told that it was.
func TestWhoMayNotGiveOrTakeBackSeesNoButtonAndIsToldTheTruth(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.offers("second", wide...)
		h.S.Glass = func(_ *db.Tx, _, userID string) (bool, error) { return userID == "nils", nil }
		pages, path := h.Pages(h.s.Mount), "/en/cases/"+h.caseID+"/pass"
		h.Says(pages.Do("mira", "GET", path, nil), 200, true, "Take it back", path+"/offer")
		h.Says(pages.Do("nils", "GET", path, nil), 200, true, "Second Door")
		h.Says(pages.Do("nils", "GET", path, nil), 200, false, "Take it back", path+"/offer")
		press := map[string][]string{"do": {"withdraw"}, "offer": {h.lines("mira")[0].ID}, "once": {id.New()}}
		refused := pages.Do("nils", "POST", path, press)
		if refused.Code < 400 || len(refused.Result().Cookies()) > 0 || !h.lines("mira")[0].Stands {
			t.Errorf("status %d with %v", refused.Code, refused.Result().Cookies())
		}
		if form := pages.Do("nils", "GET", path+"/offer", nil); form.Code < 400 {
			t.Errorf("the form for who may not offer: status %d", form.Code)
		}
		if done := pages.Do("mira", "POST", path, press); done.Code != 303 || len(done.Result().Cookies()) == 0 || h.lines("mira")[0].Stands {
			t.Errorf("taken back: status %d, %+v", done.Code, h.lines("mira")[0])
		}
	})
}

// What was shared before an offer does not end with a no to it.
//
// req: PASS-5
func TestAnOfferIsRefusedWhileSomethingElseIsShared(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		shared, err := h.shares.Give(h.Ctx, h.Users["mira"], h.caseID, share.Order{Once: id.New(), To: "second", Parts: []casework.Part{casework.Legal}, Past: true, Purpose: "legal-aid", Days: 90, Said: share.Said{How: "spoken", Language: "ro", Interpreter: "independent"}})
		h.Must(err)
		f := fault.Find(h.s.Offer(h.Ctx, h.Users["mira"], h.caseID, order("second", wide...)))
		if f == nil || len(f.Fields) != 1 || f.Fields[0].Name != "to" || f.Fields[0].Key != "share.error.stands" {
			t.Errorf("offered beside it: %v", f)
		}
		if got := h.Reads("second", h.caseID); !slices.Contains(got, "talk with the lawyer") || len(h.lines("mira")) != 0 {
			t.Errorf("what was shared is gone: %q", got)
		}
		h.Must(h.shares.Withdraw(h.Ctx, h.Users["mira"], h.caseID, shared))
		h.offers("second", wide...)
		h.offers("second", casework.Legal) // less than before, in its place
		h.Must(h.s.Decline(h.Ctx, h.Users["second"], h.caseID, "other"))
	})
}

// req: PASS-2
func TestACaseIsOfferedAgainWhenTheFileThereWasErased(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.offers("second", wide...)
		ours := h.takes("second")
		h.Must(h.DB.Write(h.Ctx, func(tx *db.Tx) error { return forget(tx, ours) }))
		h.offers("second", wide...)
	})
}

// Two answer at once: who comes later stays on the page and reads what stands.
//
// req: PASS-2
func TestWhoDeclinesWhatWasTakenOverMeanwhileIsToldSo(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.offers("second", wide...)
		h.takes("second")
		press := map[string][]string{"do": {"decline"}, "code": {"other"}, "once": {id.New()}}
		h.Says(h.Pages(h.s.Mount).Do("second-too", "POST", "/en/cases/"+h.caseID+"/pass", press), 422, true, "This was answered meanwhile.", "Taken over")
	})
}

// A copy tells what came about elsewhere: it is counted there, and not again.
func TestATakeoverMovesNoNumber(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.S.Add(plan.New(plan.Config{DB: h.DB, Cases: h.S, Now: h.Clock}).Room())
		h.Writes("mira", h.caseID, plan.Redress, ask.Answer{"track": {"wages"}, "standing": {"asked"}})
		_, does := h.telling()
		does(telling.Step{Act: telling.Begin, Once: id.New(), Posted: told("words")})
		does(telling.Step{Act: telling.Read})
		does(telling.Step{Act: telling.Confirm, How: "spoken"})
		h.offers("second", casework.Identity, casework.Account, casework.Legal)
		before := maps.Clone(h.Counted)
		ours := h.takes("second")
		if o := h.looks("second", ours); len(o.Of(plan.Redress)) != 1 || len(o.Of(telling.Asked)) != 1 || len(before) == 0 {
			t.Fatalf("it was to take over a claim and a time that somebody asked: %+v, counted %v", o.Entries, before)
		}
		if !maps.Equal(before, h.Counted) {
			t.Errorf("numbers moved from %v to %v", before, h.Counted)
		}
	})
}

// Documents of one taking over at a time are in memory.
func TestWhoTakesOverWaitsForAnotherAndIsNotKeptForEver(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.offers("second", wide...)
		h.s.taking <- struct{}{}
		ctx, cancel := context.WithCancel(h.Ctx)
		cancel()
		_, err := h.s.Take(ctx, h.Users["second"], h.caseID, "", id.New())
		h.Refused("while another one is taken over", err, fault.Unavailable)
		<-h.s.taking
		h.takes("second")
	})
}
