package talk

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"amelie/internal/casework"
	"amelie/internal/casework/casetest"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/policy"
	"amelie/internal/vault"
)

// house is a test's world with the room in it.
type house struct {
	*casetest.House
	s      *Service
	told   []string // members who were notified
	caseID string
}

// each plays a story in which Second Door and Third Door have a part of Rosa's file.
func each(t *testing.T, story func(t *testing.T, h *house)) {
	casetest.Each(t, []db.Schema{Schema}, []policy.Source{Policy}, func(t *testing.T, base *casetest.House) {
		h := &house{House: base}
		h.s = New(Config{DB: h.DB, Policy: h.Rules, Now: h.Clock, Cases: h.S, Agencies: h,
			Notify: func(_ *db.Tx, user string) error { h.told = append(h.told, user); return nil }})
		h.S.Add(h.s.Room())
		h.Now = h.Now.AddDate(0, 0, 1) // a Monday
		h.caseID = h.Begins("Rosa")
		h.shares("second", casework.Legal, casework.Needs)
		h.shares("third", casework.Needs)
		story(t, h)
	})
}

// later lets time pass and runs what is due.
func (h *house) later(d time.Duration) {
	h.T.Helper()
	h.Pass(d, h.s.Handle)
}

func (h *house) shares(to string, parts ...casework.Part) {
	h.T.Helper()
	h.Must(h.S.Grant(h.Ctx, h.Users["mira"], h.caseID, casework.Share{To: to, Parts: parts, Until: h.Now.AddDate(0, 0, 60), Past: true}, nil))
}

func (h *house) revokes(from string, parts ...casework.Part) {
	h.T.Helper()
	h.Must(h.S.Revoke(h.Ctx, h.Users["mira"], h.caseID, from, parts, nil))
}

func (h *house) starts(user, text, due string, with ...string) string {
	h.T.Helper()
	thread, err := h.s.Start(h.Ctx, h.Users[user], h.caseID, Beginning{Form: Thread, Topic: "The lawyer's letter", With: with, Typed: Typed{Text: text, Due: due, Once: id.New()}})
	h.Must(err)
	h.Now = h.Now.Add(time.Minute)
	return thread
}

func (h *house) writes(user, thread string, t Typed) error {
	h.T.Helper()
	if t.Kind == "" {
		t.Kind = Words
	}
	t.Once = id.New()
	err := h.s.Write(h.Ctx, h.Users[user], h.caseID, thread, t)
	h.Now = h.Now.Add(time.Minute)
	return err
}

// reads are the words that a member opens in a thread; nil when it looks as if
// there were none.
func (h *house) reads(user, thread string) (out []string) {
	h.T.Helper()
	in, err := h.s.Look(h.Ctx, h.Users[user], h.caseID, thread)
	if fault.KindOf(err) == fault.NotFound && err != nil {
		return nil
	}
	h.Must(err)
	for _, m := range in.Messages {
		out = append(out, m.Text)
	}
	return out
}

func (h *house) last(user, thread string) Message {
	h.T.Helper()
	in, err := h.s.Look(h.Ctx, h.Users[user], h.caseID, thread)
	h.Must(err)
	return in.Messages[len(in.Messages)-1]
}

func TestTwoAgenciesTalkAboutACase(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		thread := h.starts("mira", "Has the letter come?", "2026-11-25", "second")
		in, err := h.s.Look(h.Ctx, h.Users["second"], h.caseID, thread)
		h.Must(err)
		if in.Topic != "The lawyer's letter" || len(in.Messages) != 1 || in.Messages[0].Agency != "Open Door" || !in.Messages[0].WaitsFor("second") || in.Steers {
			t.Fatalf("%+v", in)
		}
		waiting, late, err := h.s.Waiting(h.Ctx, h.Locked("second"))
		h.Must(err)
		if waiting != 1 || late != 0 {
			t.Errorf("%d wait, %d late", waiting, late)
		}
		h.Must(h.writes("second", thread, Typed{Text: "Yes, on Monday.", Settles: []string{in.Messages[0].ID}}))
		if got := h.reads("mira", thread); !slices.Equal(got, []string{"Has the letter come?", "Yes, on Monday."}) {
			t.Errorf("mira reads %q", got)
		}
		in, err = h.s.Look(h.Ctx, h.Users["mira"], h.caseID, thread)
		h.Must(err)
		if m := in.Messages[0]; m.Standing != Settled || m.SettledBy != "Name of second" || !slices.Equal(m.ReadBy, []string{"Name of second"}) {
			t.Errorf("the question: %+v", m)
		}
		if waiting, _, _ := h.s.Waiting(h.Ctx, h.Users["second"]); waiting != 0 {
			t.Errorf("%d still wait", waiting)
		}
		h.Must(h.s.Settle(h.Ctx, h.Users["mira"], h.caseID, thread, in.Messages[0].ID, Again))
		h.Refused("the asker settles its own question", h.s.Settle(h.Ctx, h.Users["mira"], h.caseID, thread, in.Messages[0].ID, Settle), fault.Conflict)
	})
}

func TestWhatTheOwnAgencyOwesIsDueInItsList(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		thread := h.starts("mira", "A word", "", "second")
		due := func() time.Time {
			lines, _, err := h.S.List(h.Ctx, h.Users["mira"], casework.Query{Scope: casework.Mine, State: casework.Open})
			h.Must(err)
			return lines[0].DueAt
		}
		if !due().IsZero() {
			t.Errorf("due %v", due())
		}
		h.Must(h.writes("second", thread, Typed{Kind: Question, Text: "When can she move?", Due: "2026-11-27"}))
		if want := time.Date(2026, 11, 27, 23, 59, 0, 0, time.UTC); !due().Equal(want) {
			t.Errorf("due %v, want %v", due(), want)
		}
		h.Must(h.writes("mira", thread, Typed{Text: "On Friday", Settles: []string{h.last("mira", thread).ID}}))
		if !due().IsZero() {
			t.Errorf("still due %v", due())
		}
	})
}

func TestAButtonPressedTwiceBeginsOneThreadAndWritesOneMessage(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		b := Beginning{Form: Thread, Topic: "Once", With: []string{"second"}, Typed: Typed{Text: "one", Once: id.New()}}
		for range 2 {
			_, err := h.s.Start(h.Ctx, h.Users["mira"], h.caseID, b)
			h.Must(err)
		}
		for range 2 {
			h.Now = h.Now.Add(time.Minute)
			h.Must(h.s.Write(h.Ctx, h.Users["mira"], h.caseID, b.Once, Typed{Kind: Words, Text: "two", Once: b.Once}))
		}
		if got := h.reads("second", b.Once); !slices.Equal(got, []string{"one", "two"}) {
			t.Errorf("%q", got)
		}
	})
}

// req: CASE-5
func TestOtherWordsWithATokenThatServedAreNotDroppedInSilence(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		mira := h.Users["mira"]
		b := Beginning{Form: Thread, Topic: "Once", With: []string{"second"}, Typed: Typed{Text: "one", Once: id.New()}}
		_, err := h.s.Start(h.Ctx, mira, h.caseID, b)
		h.Must(err)
		h.Now = h.Now.Add(time.Minute)
		for _, other := range []Beginning{{Form: Thread, Topic: "Once", With: b.With, Typed: Typed{Text: "other", Once: b.Once}}, {Form: Thread, Topic: "Other", With: b.With, Typed: b.Typed}} {
			_, err := h.s.Start(h.Ctx, mira, h.caseID, other)
			h.Refused("begun with other words", err, fault.Stale)
		}
		said := Typed{Kind: Words, Text: "two", Once: id.New()}
		for range 2 {
			h.Must(h.s.Write(h.Ctx, mira, h.caseID, b.Once, said))
		}
		for _, other := range []Typed{{Kind: Words, Text: "three", Once: said.Once}, {Kind: Question, Text: "two", Once: said.Once}} {
			h.Refused("written with other words", h.s.Write(h.Ctx, mira, h.caseID, b.Once, other), fault.Stale)
		}
		h.Refused("the same words of somebody else", h.s.Write(h.Ctx, h.Users["second"], h.caseID, b.Once, said), fault.Stale)
		elsewhere := h.starts("mira", "one", "", "second")
		h.Refused("in another thread", h.s.Write(h.Ctx, mira, h.caseID, elsewhere, said), fault.Stale)
		if got := h.reads("second", b.Once); !slices.Equal(got, []string{"one", "two"}) {
			t.Errorf("%q", got)
		}
	})
}

func TestTheListOfTalksAsksNoMoreOftenWhenThereAreMoreOfThem(t *testing.T) {
	lines := linesAtOnce
	linesAtOnce = 8
	t.Cleanup(func() { linesAtOnce = lines })
	each(t, func(t *testing.T, h *house) {
		ran := func(what func() error) int64 {
			before := h.DB.Ran()
			h.Must(what())
			return h.DB.Ran() - before
		}
		page := func(n, want int, wantMore bool) int64 {
			return ran(func() error {
				got, more, err := h.s.Fresh(h.Ctx, h.Users["second"], n)
				if len(got) != want || more != wantMore {
					t.Errorf("page %d has %d lines, more: %v", n, len(got), more)
				}
				for _, l := range got {
					if l.Topic != "The lawyer's letter" || !slices.Equal(l.With, []string{"Open Door"}) || l.Unread != 1 || len(l.Asks("second")) != 1 {
						t.Errorf("a line: %+v", l)
					}
				}
				return err
			})
		}
		count := func(want int) int64 {
			return ran(func() error {
				n, _, err := h.s.Waiting(h.Ctx, h.Locked("second"))
				if n != want {
					t.Errorf("%d wait of %d", n, want)
				}
				return err
			})
		}
		h.starts("mira", "Has it come?", "2026-11-25", "second")
		one, counted := page(0, 1, false), count(1)
		for n := 2; n <= 20; n++ {
			if n%4 == 0 { // of another case
				h.caseID = h.Begins(fmt.Sprint("Rosa", n))
				h.shares("second", casework.Needs)
			}
			h.starts("mira", "Has it come?", fmt.Sprintf("2026-12-%02d", 25-n), "second")
		}
		many, countedMany := page(0, 8, true), count(20)
		if one > 12 || counted > 8 || many > one+1 || countedMany > counted+1 {
			t.Errorf("the list asks %d, of 20 %d; the count %d, of 20 %d", one, many, counted, countedMany)
		}
		page(1, 8, true)
		page(2, 4, false)
		page(3, 4, false)
		first, _, err := h.s.Fresh(h.Ctx, h.Users["second"], 0)
		h.Must(err)
		if got := first[0].Asks("second")[0].Due.Format(time.DateOnly); got != "2026-11-25" || !slices.IsSortedFunc(first, func(a, b Line) int { return a.earliest("second").Compare(b.earliest("second")) }) {
			t.Errorf("the first is due %s", got)
		}
	})
}

// req: TALK-2
func TestWhoIsNoPartyFindsNoThread(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		thread := h.starts("mira", "Only for two", "2026-11-24", "second")
		other := h.Begins("Lin")
		m := h.last("mira", thread)
		for _, user := range []string{"third", "nils", "clerk", "officer", "insider", "coordinator", "auditor", "admin"} {
			v := h.Users[user]
			_, err := h.s.Look(h.Ctx, v, h.caseID, thread)
			h.Refused(user+" looks", err, fault.NotFound)
			h.Refused(user+" writes", h.writes(user, thread, Typed{Text: "let me in"}), fault.NotFound)
			h.Refused(user+" settles", h.s.Settle(h.Ctx, v, h.caseID, thread, m.ID, Settle), fault.NotFound)
			h.Refused(user+" agrees", h.s.Agree(h.Ctx, v, h.caseID, thread, m.ID), fault.NotFound)
			h.Refused(user+" adds itself", h.s.Add(h.Ctx, v, h.caseID, thread, v.AgencyID), fault.NotFound)
			h.Refused(user+" ends it", h.s.End(h.Ctx, v, h.caseID, thread, true), fault.NotFound)
			h.Refused(user+" leaves", h.s.Leave(h.Ctx, v, h.caseID, thread), fault.NotFound)
			_, _, err = h.s.File(h.Ctx, v, h.caseID, thread, m.ID)
			h.Refused(user+" takes the file", err, fault.NotFound)
			if lines, _, err := h.s.Fresh(h.Ctx, v, 0); err != nil || len(lines) != 0 {
				t.Errorf("%s sees %d lines, %v", user, len(lines), err)
			}
			// the thread's own identifier as that of a new one
			if _, err := h.s.Start(h.Ctx, v, h.caseID, Beginning{Form: Thread, Topic: "x", Typed: Typed{Text: "x", Once: thread}}); fault.KindOf(err) != fault.NotFound {
				t.Errorf("%s begins it anew: %v", user, err)
			}
		}
		// through a case that is hers
		_, err := h.s.Look(h.Ctx, h.Users["mira"], other, thread)
		h.Refused("through another case", err, fault.NotFound)
		_, err = h.s.Start(h.Ctx, h.Users["mira"], other, Beginning{Form: Thread, Topic: "x", Typed: Typed{Text: "x", Once: thread}})
		h.Refused("begun anew in another case", err, fault.NotFound)
		if got := h.reads("second", thread); len(got) != 1 {
			t.Errorf("second reads %q", got)
		}
		h.Refused("with a locked key", h.s.Write(h.Ctx, h.Locked("second"), h.caseID, thread, Typed{Kind: Words, Text: "x"}), fault.Unlock)
		h.Refused("another agency ends it", h.s.End(h.Ctx, h.Users["second"], h.caseID, thread, true), fault.Denied)
		h.Refused("another agency removes", h.s.Remove(h.Ctx, h.Users["second"], h.caseID, thread, "support"), fault.Denied)
	})
}

// req: TALK-3
func TestNobodyTakesPartWithoutAPartOfTheFile(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		_, err := h.s.Start(h.Ctx, h.Users["mira"], h.caseID, Beginning{Form: Thread, Topic: "x", With: []string{"police"}, Typed: Typed{Text: "x"}})
		h.Refused("with the police, who have nothing", err, fault.Invalid)
		thread := h.starts("mira", "A word", "", "second", "police")
		h.Refused("adding the police", h.s.Add(h.Ctx, h.Users["mira"], h.caseID, thread, "police"), fault.Invalid)
		// another agency begins one with the case's own agency alone, and learns of nobody else
		theirs := h.starts("second", "From us", "", "third", "support")
		if h.reads("mira", theirs) == nil || h.reads("third", theirs) != nil {
			t.Error("a thread of another agency reached somebody else")
		}
		_, _, with, err := h.s.Of(h.Ctx, h.Users["second"], h.caseID)
		h.Must(err)
		if len(with) != 1 || with[0].AgencyID != "support" {
			t.Errorf("second learns of %+v", with)
		}
	})
}

// req: TALK-1
func TestWhoComesLaterReadsFromThenOnAndWhoLeftReadsNothing(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		thread := h.starts("mira", "first", "", "second")
		h.Must(h.s.Add(h.Ctx, h.Users["mira"], h.caseID, thread, "third"))
		if in, err := h.s.Look(h.Ctx, h.Users["third"], h.caseID, thread); err != nil || len(in.Messages) != 0 || in.Topic == "" {
			t.Errorf("%+v %v", in, err)
		}
		h.Must(h.writes("mira", thread, Typed{Text: "second"}))
		if got := h.reads("third", thread); !slices.Equal(got, []string{"second"}) {
			t.Errorf("third reads %q", got)
		}
		bag := h.bag(thread, "third")
		h.Must(h.s.Leave(h.Ctx, h.Users["third"], h.caseID, thread))
		h.Must(h.writes("second", thread, Typed{Text: "third"}))
		if got := h.reads("third", thread); got != nil {
			t.Errorf("who left reads %q", got)
		}
		if got := h.opens(thread, h.bag(thread, "third"), bag); !slices.Equal(got, []string{"second"}) {
			t.Errorf("with a copy of the keys opens %q", got)
		}
		h.Must(h.s.Remove(h.Ctx, h.Users["mira"], h.caseID, thread, "second"))
		if h.reads("second", thread) != nil {
			t.Error("who was removed still reads")
		}
	})
}

// req: TALK-2
func TestWhenTheLastPartIsTakenBackTheThreadEndsAtTheNextRequest(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		thread := h.starts("mira", "first", "2026-11-25", "second", "third")
		bag := h.bag(thread, "second")
		h.revokes("second", casework.Legal)
		if h.reads("second", thread) == nil {
			t.Error("with one part left the thread is gone")
		}
		h.revokes("second", casework.Needs)
		if h.reads("second", thread) != nil {
			t.Error("the thread goes on for who has nothing any more")
		}
		if waiting, _, err := h.s.Waiting(h.Ctx, h.Users["second"]); waiting != 0 || err != nil {
			t.Errorf("%d wait, %v", waiting, err)
		}
		h.Must(h.writes("mira", thread, Typed{Text: "after"}))
		if got := h.opens(thread, h.bag(thread, "second"), bag); !slices.Equal(got, []string{"first"}) {
			t.Errorf("with a copy of the keys opens %q", got)
		}
		if got := len(h.bag(thread, "second")); got != 0 {
			t.Errorf("%d wraps are left", got)
		}
		// by the clock, before and after the job
		h.Now = h.Now.AddDate(0, 0, 61)
		if h.reads("third", thread) != nil {
			t.Error("an ended grant keeps the thread")
		}
		h.later(0)
		if got := len(h.bag(thread, "third")); got != 0 {
			t.Errorf("%d wraps are left", got)
		}
		// given anew, it is no party before somebody makes it one
		h.shares("second", casework.Needs)
		if h.reads("second", thread) != nil {
			t.Error("a new grant brought the old thread back")
		}
	})
}

// req: TALK-1
func TestAfterAnAgencyReplacedItsKeyNewMessagesHaveANewKey(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		thread := h.starts("mira", "first", "", "second")
		former := h.Keys("second")
		h.NewKey("second")
		h.Must(h.writes("mira", thread, Typed{Text: "after"}))
		if got := h.opens(thread, h.bagOf(thread, "second", former), nil); !slices.Equal(got, []string{"first"}) {
			t.Errorf("the removed member's key opens %q", got)
		}
		if got := h.reads("second", thread); !slices.Equal(got, []string{"first", "after"}) {
			t.Errorf("second reads %q", got)
		}
	})
}

func TestAConferenceHasAnAgendaDecisionsAndMinutesThatAllAgreeTo(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		_, err := h.s.Start(h.Ctx, h.Users["mira"], h.caseID, Beginning{Form: Conference, Topic: "x", With: []string{"second"}, Typed: Typed{Text: "x"}})
		h.Refused("without a day", err, fault.Invalid)
		thread, err := h.s.Start(h.Ctx, h.Users["mira"], h.caseID, Beginning{Form: Conference, Topic: "The move", With: []string{"second", "third"}, MeetsAt: "2026-11-26T10:00", Typed: Typed{Text: "1. Where to"}})
		h.Must(err)
		h.Now = h.Now.Add(time.Minute)
		h.Refused("a decision for nobody", h.writes("mira", thread, Typed{Kind: Decision, Text: "Someone calls"}), fault.Invalid)
		h.Must(h.writes("mira", thread, Typed{Kind: Decision, Text: "Second Door books the room", To: "second", Due: "2026-11-30"}))
		h.Must(h.writes("mira", thread, Typed{Kind: Decision, Text: "We call the school", To: "support", Due: "2026-12-01"}))
		own := h.last("mira", thread)
		if !own.WaitsFor("support") || own.WaitsFor("second") {
			t.Errorf("%+v", own)
		}
		h.Must(h.s.Settle(h.Ctx, h.Users["mira"], h.caseID, thread, own.ID, Settle))
		h.Must(h.writes("mira", thread, Typed{Kind: Minutes, Text: "All came."}))
		first := h.last("mira", thread)
		h.Must(h.writes("second", thread, Typed{Kind: Minutes, Text: "All came, and the school too."}))
		h.Refused("older minutes", h.s.Agree(h.Ctx, h.Users["third"], h.caseID, thread, first.ID), fault.Conflict)
		stands := func() bool {
			in, err := h.s.Look(h.Ctx, h.Users["mira"], h.caseID, thread)
			h.Must(err)
			return in.Messages[len(in.Messages)-1].Stands(in.Parties)
		}
		minutes := h.last("mira", thread)
		h.Must(h.s.Agree(h.Ctx, h.Users["mira"], h.caseID, thread, minutes.ID))
		if stands() {
			t.Error("minutes stand before everybody agreed")
		}
		h.Must(h.s.Agree(h.Ctx, h.Users["third"], h.caseID, thread, minutes.ID))
		if !stands() {
			t.Error("minutes do not stand")
		}
		h.Must(h.s.End(h.Ctx, h.Users["mira"], h.caseID, thread, true))
		h.Refused("writing after the end", h.writes("second", thread, Typed{Text: "x"}), fault.Conflict)
		h.Refused("minutes in a talk", h.writes("mira", h.starts("mira", "x", "", "second"), Typed{Kind: Minutes, Text: "x"}), fault.Invalid)
	})
}

func TestADocumentIsSealedJudgedByItsContentAndReadByThePartiesAlone(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		thread := h.starts("mira", "A word", "", "second")
		var picture bytes.Buffer
		h.Must(png.Encode(&picture, image.NewRGBA(image.Rect(0, 0, 9, 9))))
		h.Refused("a program", h.writes("mira", thread, Typed{File: casework.Upload{Name: "a.png", Body: []byte("MZ\x90\x00")}}), fault.Invalid)
		h.Must(h.writes("mira", thread, Typed{File: casework.Upload{Name: "letter.png", Body: picture.Bytes()}}))
		m := h.last("second", thread)
		file, body, err := h.s.File(h.Ctx, h.Users["second"], h.caseID, thread, m.ID)
		h.Must(err)
		if file.Name != "letter.png" || !bytes.Equal(body, picture.Bytes()) {
			t.Errorf("%+v, %d bytes", file, len(body))
		}
	})
}

// req: TALK-4
func TestANoticeSaysNothingAndComesInTheHoursThatWereNamed(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.Must(h.s.SetHours(h.Ctx, h.Users["second"], Hours{14, 18, true}, false))
		h.Refused("a caseworker sets the agency's hours", h.s.SetHours(h.Ctx, h.Users["second"], AnyHour, true), fault.Denied)
		h.Refused("hours that end before they begin", h.s.SetHours(h.Ctx, h.Users["second"], Hours{9, 9, false}, false), fault.Invalid)
		thread := h.starts("mira", "secretword", "", "second", "third")
		h.Must(h.writes("mira", thread, Typed{Text: "anotherword"}))
		h.later(time.Minute)
		if !slices.Equal(h.told, []string{"third"}) {
			t.Errorf("told %v at %v", h.told, h.Now)
		}
		h.later(5 * time.Hour)
		if !slices.Equal(h.told, []string{"third", "second"}) {
			t.Errorf("told %v at %v", h.told, h.Now)
		}
		// who has read meanwhile is not told, and neither is who is no party any more
		h.told = nil
		h.Must(h.writes("mira", thread, Typed{Text: "more"}))
		h.reads("third", thread)
		h.revokes("second", casework.Legal, casework.Needs)
		h.later(time.Minute)
		if len(h.told) != 0 {
			t.Errorf("told %v", h.told)
		}
		// what is owed is said on its morning
		h.Must(h.writes("mira", thread, Typed{Kind: Question, Text: "When?", Due: "2026-11-25"}))
		h.reads("third", thread)
		h.later(48 * time.Hour)
		h.later(time.Minute)
		if !slices.Equal(h.told, []string{"third"}) {
			t.Errorf("told %v", h.told)
		}
		for _, payload := range h.table("jobs_job") {
			if strings.Contains(payload, "word") || strings.Contains(payload, "letter") {
				t.Errorf("a job holds %q", payload)
			}
		}
	})
}

// req: TALK-1
func TestNoWordOfAThreadLiesReadableInTheDatabase(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		thread := h.starts("mira", "secretword", "2026-11-25", "second")
		h.Must(h.writes("second", thread, Typed{Text: "secretword again"}))
		for _, table := range []string{"talk_thread", "talk_party", "talk_epoch", "talk_wrap", "talk_message", "talk_seen", "casework_event", "jobs_job", "audit_leaf"} {
			for _, row := range h.table(table) {
				for _, word := range []string{"secretword", "lawyer"} {
					if strings.Contains(row, word) {
						t.Errorf("%s holds %q: %s", table, word, row)
					}
				}
			}
		}
		h.Must(h.DB.Write(h.Ctx, func(tx *db.Tx) error { return h.s.Forget(tx, h.caseID) }))
		for _, row := range h.table("jobs_job") {
			if strings.Contains(row, thread) {
				t.Errorf("a job knows an erased case: %s", row)
			}
		}
		for _, table := range []string{"talk_thread", "talk_party", "talk_epoch", "talk_wrap", "talk_message", "talk_chunk", "talk_agreed", "talk_seen"} {
			if rows := h.table(table); len(rows) != 0 {
				t.Errorf("%s keeps %d rows of an erased case", table, len(rows))
			}
		}
	})
}

func TestTheExportHoldsWhatTheExporterMayRead(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.starts("mira", "for the file", "", "second")
		o, err := h.S.Look(h.Ctx, h.Users["mira"], h.caseID)
		h.Must(err)
		out, err := h.s.export(h.Ctx, h.Users["mira"], o)
		h.Must(err)
		if list := out.([]exported); len(list) != 1 || list[0].Messages[0].Text != "for the file" || len(list[0].Parties) != 2 {
			t.Errorf("%+v", out)
		}
	})
}

// leaves is how often the log says that somebody read a thread.
func (h *house) leaves(user string) (n int) {
	for _, row := range h.table("audit_leaf") {
		if strings.Contains(row, onceRead) && strings.Contains(row, user) {
			n++
		}
	}
	return n
}

// req: TALK-5
func TestReadingAThreadLeavesALeafOnceAnHourAndCopyingIsNotReading(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		thread := h.starts("mira", "for the file", "", "second")
		h.Must(h.writes("second", thread, Typed{Text: "answered"}))
		o, err := h.S.Look(h.Ctx, h.Users["mira"], h.caseID)
		h.Must(err)
		_, err = h.s.export(h.Ctx, h.Users["mira"], o)
		h.Must(err)
		if n := h.leaves("mira"); n != 0 {
			t.Errorf("%d leaves for what nobody read", n)
		}
		if lines, _, _, err := h.s.Of(h.Ctx, h.Users["mira"], h.caseID); err != nil || lines[0].Unread != 1 {
			t.Errorf("a copy reads: %+v %v", lines, err)
		}
		for range 3 {
			h.reads("mira", thread)
			h.Now = h.Now.Add(time.Minute)
		}
		if n := h.leaves("mira"); n != 1 {
			t.Errorf("%d leaves within the hour", n)
		}
		h.reads("insider", thread)
		h.Now = h.Now.Add(time.Hour)
		h.reads("mira", thread)
		if n := h.leaves("mira"); n != 2 || h.leaves("insider") != 0 {
			t.Errorf("%d leaves after an hour", n)
		}
	})
}

func TestACopyHoldsMoreThanAPageOfMessagesAndOfTalks(t *testing.T) {
	messages, threads := messagesAtOnce, threadsAtOnce
	messagesAtOnce, threadsAtOnce = 3, 2
	t.Cleanup(func() { messagesAtOnce, threadsAtOnce = messages, threads })
	each(t, func(t *testing.T, h *house) {
		for range 5 {
			h.starts("mira", "m0", "", "second")
		}
		thread := h.starts("mira", "m0", "", "second")
		for n := 1; n < 8; n++ {
			if n%3 == 0 {
				h.Now = h.Now.Add(-time.Minute) // two in the same moment
			}
			h.Must(h.writes("mira", thread, Typed{Text: fmt.Sprint("m", n)}))
		}
		o, err := h.S.Look(h.Ctx, h.Users["mira"], h.caseID)
		h.Must(err)
		out, err := h.s.export(h.Ctx, h.Users["mira"], o)
		h.Must(err)
		list := out.([]exported)
		if len(list) != 6 {
			t.Fatalf("%d talks of 6", len(list))
		}
		said := map[string]bool{}
		for _, e := range list {
			if len(e.Messages) == 8 {
				for _, m := range e.Messages {
					said[m.Text] = true
				}
			}
		}
		if len(said) != 8 {
			t.Errorf("the copy has %v", said)
		}
		if got := h.reads("mira", thread); len(got) != 3 || got[2] != "m7" {
			t.Errorf("the page shows %v", got)
		}
		shown, want := "", []int{3, 3, 2}
		for n, older := 0, ""; n == 0 || older != ""; n++ {
			in, err := h.s.Before(h.Ctx, h.Users["second"], h.caseID, thread, older)
			h.Must(err)
			if n >= len(want) || len(in.Messages) != want[n] {
				t.Fatalf("page %d shows %d messages", n, len(in.Messages))
			}
			for _, m := range slices.Backward(in.Messages) {
				shown += m.Text
			}
			older = in.Older
		}
		for text := range said {
			if strings.Count(shown, text) != 1 {
				t.Errorf("the pages show %s", shown)
			}
		}
		_, err = h.s.Before(h.Ctx, h.Users["second"], h.caseID, thread, id.New())
		h.Refused("before what is not there", err, fault.NotFound)
	})
}

// req: RESTORE-1
func TestARestoredBackupDoesNotGiveAThreadBack(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		thread := h.starts("mira", "first", "", "second")
		share := h.caseID + "/second/needs"
		again := func() {
			h.Must(h.DB.Write(h.Ctx, func(tx *db.Tx) error { return EndAgain(tx, share, h.Now) }))
		}
		again()
		if h.reads("second", thread) == nil {
			t.Error("an agency that still has a part lost the thread")
		}
		h.Must(h.DB.Write(h.Ctx, func(tx *db.Tx) error { // as EndAgain of the case file does before
			for _, part := range []string{"needs", "legal"} {
				if _, err := casework.EndAgain(tx, h.caseID+"/second/"+part, h.Now); err != nil {
					return err
				}
			}
			return nil
		}))
		again()
		if got := len(h.bag(thread, "second")); got != 0 {
			t.Errorf("%d wraps came back", got)
		}
	})
}

// req: RESTORE-1
func TestWhoLeftDoesNotComeBackWithABackup(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		var ledger []string
		h.s.Parted = func(_ *db.Tx, party string, _ time.Time) error { ledger = append(ledger, party); return nil }
		thread := h.starts("mira", "first", "", "second", "third")
		again := func(party string, at time.Time) (did bool) {
			h.Must(h.DB.Write(h.Ctx, func(tx *db.Tx) (err error) { did, err = PartAgain(tx, party, at); return err }))
			return did
		}
		party := thread + "/second" // as a backup has it
		if !again(party, h.Now) || again(party, h.Now) || h.reads("second", thread) != nil || len(h.bag(thread, "second")) != 0 {
			t.Error("who left reads on after a restore")
		}
		left := h.Now
		h.Now = h.Now.Add(time.Minute)
		h.Must(h.s.Add(h.Ctx, h.Users["mira"], h.caseID, thread, "second"))
		if again(party, left) {
			t.Error("who was added again after that left once more")
		}
		h.Must(h.s.Remove(h.Ctx, h.Users["mira"], h.caseID, thread, "second"))
		h.Must(h.s.Leave(h.Ctx, h.Users["third"], h.caseID, thread))
		if !slices.Equal(ledger, []string{party, thread + "/third"}) {
			t.Errorf("the ledger has %v", ledger)
		}
	})
}

// req: TALK-3
func TestAColleagueOfTheTeamOrInDangerWritesAndLetsNobodyIn(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		thread := h.starts("mira", "first", "", "second")
		tries := func(why string) {
			h.Must(h.writes("nils", thread, Typed{Text: why}))
			_, err := h.s.Start(h.Ctx, h.Users["nils"], h.caseID, Beginning{Form: Thread, Topic: "x", With: []string{"third"}, Typed: Typed{Text: "x", Once: id.New()}})
			h.Refused(why+": begins one", err, fault.Denied)
			h.Refused(why+": adds", h.s.Add(h.Ctx, h.Users["nils"], h.caseID, thread, "third"), fault.Denied)
			h.Refused(why+": removes", h.s.Remove(h.Ctx, h.Users["nils"], h.caseID, thread, "second"), fault.Denied)
			h.Must(h.writes("second", thread, Typed{Text: "new to " + why}))
			if lines, _, err := h.s.Fresh(h.Ctx, h.Users["nils"], 0); err != nil || len(lines) != 1 || lines[0].Mine {
				t.Errorf("%s: stands on the list: %+v %v", why, lines, err)
			}
			in, err := h.s.Look(h.Ctx, h.Users["nils"], h.caseID, thread)
			h.Must(err)
			_, _, with, err := h.s.Of(h.Ctx, h.Users["nils"], h.caseID)
			h.Must(err)
			if in.Admits || len(in.Free) != 0 || with != nil {
				t.Errorf("%s: is shown who could be let in: %v %v", why, in.Free, with)
			}
		}
		h.S.Glass = func(_ *db.Tx, _, user string) (bool, error) { return user == "nils", nil }
		tries("danger")
		h.S.Glass = nil
		h.Must(h.S.SetTeam(h.Ctx, h.Users["boss"], true))
		tries("team")
	})
}

func TestWhoWasJustAddedHasNothingNewAndEverybodyElseKeepsTheirs(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		thread := h.starts("mira", "Has it come?", "2026-11-25", "second")
		h.Must(h.s.Add(h.Ctx, h.Users["mira"], h.caseID, thread, "third"))
		for user, want := range map[string]int{"third": 0, "second": 1, "mira": 1} {
			lines, _, err := h.s.Fresh(h.Ctx, h.Users[user], 0)
			h.Must(err)
			if len(lines) != want {
				t.Errorf("%s has %d lines", user, len(lines))
			}
		}
		h.Must(h.writes("second", thread, Typed{Text: "Yes."}))
		if lines, _, err := h.s.Fresh(h.Ctx, h.Users["third"], 0); err != nil || len(lines) != 1 || lines[0].Unread != 1 {
			t.Errorf("%+v %v", lines, err)
		}
	})
}

// req: TALK-1
func TestWhoHoldsNoKeyOfAThreadHandsNoneOn(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		thread := h.starts("mira", "first", "", "second")
		h.Must(h.DB.Write(h.Ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(wrapsDropStmt, thread, "second")
			return err
		}))
		h.Refused("without a key", h.writes("second", thread, Typed{Text: "x"}), fault.Invalid)
		h.Must(h.writes("mira", thread, Typed{Text: "after"}))
		h.Must(h.writes("second", thread, Typed{Text: "now"}))
		if in, err := h.s.Look(h.Ctx, h.Users["second"], h.caseID, thread); err != nil || in.Topic != "The lawyer's letter" || len(in.Messages) != 2 {
			t.Errorf("%+v %v", in, err)
		}
	})
}

func TestInAClosedCaseNothingIsSettledAgreedOrMovedAndWhoWillLeaves(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		thread, err := h.s.Start(h.Ctx, h.Users["mira"], h.caseID, Beginning{Form: Conference, Topic: "The move", With: []string{"second", "third"}, MeetsAt: "2026-11-26T10:00", Typed: Typed{Text: "1. Where to"}})
		h.Must(err)
		h.Now = h.Now.Add(time.Minute)
		h.Must(h.writes("mira", thread, Typed{Kind: Question, Text: "Who comes?", To: "second"}))
		question := h.last("mira", thread)
		h.Must(h.writes("mira", thread, Typed{Kind: Minutes, Text: "All came."}))
		minutes := h.last("mira", thread)
		h.Must(h.S.Act(h.Ctx, h.Users["mira"], h.caseID, casework.Close, nil))
		mira, second := h.Users["mira"], h.Users["second"]
		h.Refused("settled", h.s.Settle(h.Ctx, mira, h.caseID, thread, question.ID, TakeOff), fault.Conflict)
		h.Refused("moved", h.s.Meet(h.Ctx, mira, h.caseID, thread, "2026-11-27T10:00"), fault.Conflict)
		h.Refused("added", h.s.Add(h.Ctx, mira, h.caseID, thread, "police"), fault.Conflict)
		h.Refused("agreed", h.s.Agree(h.Ctx, second, h.caseID, thread, minutes.ID), fault.Conflict)
		h.Must(h.s.Leave(h.Ctx, second, h.caseID, thread))
	})
}

// req: TALK-4
func TestHoursHoldOnEveryDayOfTheYear(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Athens")
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		h := Hours{From: rapid.IntRange(0, 23).Draw(t, "from"), Weekdays: rapid.Bool().Draw(t, "weekdays")}
		h.To = rapid.IntRange(h.From+1, 24).Draw(t, "to")
		at := time.Unix(rapid.Int64Range(1_700_000_000, 1_900_000_000).Draw(t, "at"), 0).UTC()
		next := h.Next(at, zone)
		local := next.In(zone)
		if next.Before(at) || next.Sub(at) > 4*24*time.Hour {
			t.Fatalf("%v gives %v", at, next)
		}
		if h.Weekdays && (local.Weekday() == time.Saturday || local.Weekday() == time.Sunday) {
			t.Fatalf("%v is on a weekend", local)
		}
		gap := local.Hour() == h.From+1 && local.Minute() == 0 // the hour that the clocks skip
		if (local.Hour() < h.From || local.Hour() >= h.To) && !gap {
			t.Fatalf("%v is not in %+v", local, h)
		}
		if again := h.Next(next, zone); !again.Equal(next) && !gap {
			t.Fatalf("%v, then %v", next, again)
		}
	})
}

func TestWhatIsAskedIsSettledByTheAskedAndTakenOffByTheAsker(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		agencies := []string{"a", "b", "c"}
		m := Message{Kind: Question, AgencyID: "a", To: rapid.SampledFrom([]string{"", "b", "a"}).Draw(t, "to"), Standing: Waiting}
		for range rapid.IntRange(1, 8).Draw(t, "steps") {
			by := rapid.SampledFrom(agencies).Draw(t, "by")
			act := rapid.SampledFrom([]Act{Settle, TakeOff, Again, "other"}).Draw(t, "act")
			next, err := m.Next(act, by)
			if (err == nil) != slices.Contains(m.Possible(by), act) {
				t.Fatalf("%s by %s: %v, but possible are %v", act, by, err, m.Possible(by))
			}
			if err != nil {
				continue
			}
			asked := m.To == by || m.To == "" && by != m.AgencyID
			if next == Settled && !asked || next != Settled && by != m.AgencyID {
				t.Fatalf("%s by %s: %s", act, by, next)
			}
			if m.Standing == TakenOff {
				t.Fatal("what was taken off came back")
			}
			m.Standing = next
		}
	})
}

// bag is every key of a thread that an agency's keys open in the database as it is
// now: what somebody with a copy of all of it could have.
func (h *house) bag(thread, agency string) map[int64]*vault.DataKey {
	return h.bagOf(thread, agency, h.Keys(agency))
}

func (h *house) bagOf(thread, agency string, own []*vault.PrivateKey) map[int64]*vault.DataKey {
	h.T.Helper()
	out := map[int64]*vault.DataKey{}
	h.Must(h.DB.Read(h.Ctx, func(tx *db.Tx) error {
		wraps, err := db.All(tx, wrapsStmt, scanWrap, thread, agency)
		for _, w := range wraps {
			for _, k := range own {
				if key, err := vault.UnwrapDataKey(k, w.env, wrapPlace(thread, w.epoch, agency)); err == nil {
					out[w.epoch] = key
				}
			}
		}
		return err
	}))
	return out
}

// opens are the words that bags of keys open in a thread.
func (h *house) opens(thread string, bags ...map[int64]*vault.DataKey) (out []string) {
	h.T.Helper()
	h.Must(h.DB.Read(h.Ctx, func(tx *db.Tx) error {
		list, err := before("")(tx, thread)
		for _, m := range list {
			for _, bag := range bags {
				if bag[m.epoch] == nil {
					continue
				}
				c, err := keys(bag).content(thread, m)
				if err != nil {
					return err
				}
				out = append(out, c.Text)
				break
			}
		}
		return err
	}))
	return out
}

// tables are those in which no word may stand.
var tables = map[string]*db.Stmt{}

func init() {
	for _, name := range []string{"talk_thread", "talk_party", "talk_epoch", "talk_wrap", "talk_message", "talk_chunk", "talk_agreed", "talk_seen", "casework_event", "jobs_job", "audit_leaf"} {
		tables[name] = db.Statement("SELECT * FROM " + name)
	}
}

// table is every row of a table as text.
func (h *house) table(name string) (out []string) {
	h.T.Helper()
	h.Must(h.DB.Read(h.Ctx, func(tx *db.Tx) error {
		rows, err := tx.Query(tables[name])
		if err != nil {
			return err
		}
		defer rows.Close()
		columns, err := rows.Columns()
		for rows.Next() && err == nil {
			cells := make([]any, len(columns))
			for i := range cells {
				cells[i] = new(any)
			}
			err = rows.Scan(cells...)
			line := ""
			for _, cell := range cells {
				if b, ok := (*cell.(*any)).([]byte); ok {
					line += " " + string(b)
				} else {
					line += fmt.Sprint(" ", *cell.(*any))
				}
			}
			out = append(out, line)
		}
		return err
	}))
	return out
}
