package casework

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"amelie/internal/ask"
	"amelie/internal/audit"
	"amelie/internal/db"
	"amelie/internal/db/dbtest"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/vault"
)

func TestACaseworkerOpensACaseWithAChosenNameAndWritesIntoIt(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.begins("mira", "Rosa")
		h.writes("mira", c, "note", "first talk")
		o, err := h.s.Look(ctx, h.users["mira"], c)
		h.must(err)
		if o.Head.Name != "Rosa" || o.Head.Pronoun != "she" || o.Worker != "Name of mira" || len(o.Entries) != 3 || len(o.Readable) != len(Parts) {
			t.Errorf("%+v", o)
		}
		if contact, ok := o.Latest("contact"); !ok || contact.Fields.One("code-word") != "lavender" {
			t.Errorf("safe contact: %+v", contact)
		}
		h.must(h.db.Read(ctx, func(tx *db.Tx) error {
			trail, err := audit.History(tx, "case/"+c)
			if len(trail) != 3 { // begin, write, read
				t.Errorf("the log has %d lines", len(trail))
			}
			return err
		}))
		if _, err := h.s.Look(ctx, h.users["mira"], c); err != nil {
			t.Error(err)
		}
		again, err := h.s.Look(ctx, h.users["boss"], c)
		h.must(err)
		if len(again.Readings) != 1 || again.Readings[0].UserName != "Name of mira" {
			t.Errorf("readings %+v: one an hour for each member", again.Readings)
		}
	})
}

func TestAButtonPressedTwiceOpensOneCaseAndWritesOneEntry(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		b := Beginning{Once: id.New(), Answers: map[string]ask.Answer{"person": {"name": {"Rosa"}}}}
		first, err := h.s.New(ctx, h.users["mira"], b)
		h.must(err)
		second, err := h.s.New(ctx, h.users["mira"], b)
		h.must(err)
		typed := Typed{Kind: "note", Once: id.New(), Posted: map[string][]string{"words": {"once"}}}
		for range 2 {
			_, err := h.s.Save(ctx, h.users["mira"], first, typed)
			h.must(err)
		}
		if said := h.says("mira", first); first != second || !slices.Equal(said, []string{"once"}) {
			t.Errorf("%s %s %v", first, second, said)
		}
		b.Once, b.Source = id.New(), "referral-1"
		one, err := h.s.New(ctx, h.users["mira"], b)
		h.must(err)
		b.Once = id.New()
		if two, err := h.s.New(ctx, h.users["boss"], b); err != nil || two != one {
			t.Errorf("a referral is opened twice: %s %s %v", one, two, err)
		}
	})
}

func TestOnlyTheChosenNameIsNeeded(t *testing.T) {
	h := newHouse(t, dbtest.Open(t, schemas...))
	if _, err := h.s.New(ctx, h.users["mira"], Beginning{}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("without a name: %v", err)
	}
	if _, err := h.s.New(ctx, h.users["mira"], Beginning{Answers: map[string]ask.Answer{"person": {"name": {"R"}}}}); err != nil {
		t.Error(err)
	}
}

// req: CASE-1
func TestNoFieldAsksForWhatWasDoneToThePerson(t *testing.T) {
	for _, k := range Kinds {
		for _, f := range k.Fields {
			for _, word := range []string{"offence", "crime", "trafficker", "abuse", "story", "statement", "what-happened"} {
				if f.Name == word || k.ID == word {
					t.Errorf("%s asks for %s", k.ID, f.Name)
				}
			}
		}
		if !slices.Contains(Parts, k.Part) || k.Part == Account {
			t.Errorf("%s lies in %q: the account has its own room", k.ID, k.Part)
		}
	}
	if k, _ := KindByID("person"); !slices.Equal(k.Must, []string{"name"}) {
		t.Errorf("a new case demands %v", k.Must)
	}
}

// req: CASE-2
func TestAContactIsNotedOnlyByAChannelThatThePersonNamedAsSafe(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.begins("mira", "Rosa") // the telephone alone is safe
		tries := func(by, outcome string) error {
			_, err := h.s.Save(ctx, h.users["mira"], c, Typed{Kind: "attempt", Once: id.New(), Posted: map[string][]string{"by": {by}, "outcome": {outcome}}})
			return err
		}
		h.must(tries("phone", "no-answer"))
		h.refused("by message", tries("message", "message-left"), fault.Invalid)
		h.must(tries("in-person", "came"))
		o, err := h.s.Look(ctx, h.users["mira"], c)
		h.must(err)
		contact, _ := o.Latest("contact")
		_, err = h.s.Save(ctx, h.users["mira"], c, Typed{Kind: "contact", Entry: contact.ID, Rev: 1, Posted: map[string][]string{"channel": {"no-contact"}}})
		h.must(err)
		h.refused("after she asked not to be called", tries("phone", "spoke"), fault.Invalid)
	})
}

// req: CASE-3
func TestThePersonsOwnViewStandsBesideTheWorkersAndNeitherReplacesTheOther(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.begins("mira", "Rosa")
		mira := h.users["mira"]
		view, err := h.s.Save(ctx, mira, c, Typed{Kind: "own-view", Posted: map[string][]string{"feels": {"not-safe"}, "own-words": {"he knows the street"}}})
		h.must(err)
		risk, err := h.s.Save(ctx, mira, c, Typed{Kind: "risk", Posted: map[string][]string{"level": {"low"}}})
		h.must(err)
		for _, bad := range []Typed{
			{Kind: "risk", Entry: view, Rev: 1, Posted: map[string][]string{"level": {"low"}}},
			{Kind: "own-view", Entry: risk, Rev: 1, Posted: map[string][]string{"feels": {"safe"}}},
			{Kind: "own-view", Posted: map[string][]string{"feels": {"safe"}}},
			{Kind: "own-view", Entry: view, Rev: 1, Posted: map[string][]string{}},
		} {
			if _, err := h.s.Save(ctx, mira, c, bad); err == nil {
				t.Errorf("%+v was taken", bad)
			}
		}
		h.must(func() error {
			_, err := h.s.Save(ctx, mira, c, Typed{Kind: "own-view", Entry: view, Rev: 1, Posted: map[string][]string{"feels": {"mostly-safe"}}})
			return err
		}())
		now, before, err := h.s.Entry(ctx, mira, c, view)
		h.must(err)
		if now.Fields.One("feels") != "mostly-safe" || len(before) != 1 || before[0].Fields.One("own-words") != "he knows the street" {
			t.Errorf("own view %+v, before %+v", now, before)
		}
		if r, _, err := h.s.Entry(ctx, mira, c, risk); err != nil || r.Fields.One("level") != "low" {
			t.Errorf("the worker's assessment: %+v %v", r, err)
		}
		for kind, other := range map[string]string{"risk": "own-view", "own-view": "risk"} {
			if k, _ := KindByID(kind); k.Beside != other {
				t.Errorf("%s is shown without %s", kind, other)
			}
		}
	})
}

// req: CASE-5
func TestTwoWhoChangeOneEntryLoseNothing(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.begins("mira", "Rosa")
		note := h.writes("mira", c, "note", "as it was")
		change := func(user string, rev int64, words string) error {
			_, err := h.s.Save(ctx, h.users[user], c, Typed{Kind: "note", Entry: note, Rev: rev, Posted: map[string][]string{"words": {words}}})
			return err
		}
		h.must(change("mira", 1, "mira's words"))
		h.refused("the second editor", change("boss", 1, "boss's words"), fault.Stale)
		h.refused("who names no version", change("boss", 0, "lost"), fault.Stale)
		h.must(change("boss", 2, "both"))
		now, before, err := h.s.Entry(ctx, h.users["mira"], c, note)
		h.must(err)
		if now.Fields.One("words") != "both" || now.UserName != "Name of boss" || len(before) != 2 || before[0].Fields.One("words") != "mira's words" || before[1].Fields.One("words") != "as it was" {
			t.Errorf("now %+v, before %+v", now, before)
		}
	})
}

// req: CASE-4
func TestWhoMayNotKnowOfACaseFindsNothing(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.begins("mira", "Rosa")
		note := h.writes("mira", c, "note", "words")
		for _, user := range []string{"nils", "clerk", "auditor", "admin", "second", "officer", "insider", "coordinator"} {
			v := h.users[user]
			for _, caseID := range []string{c, id.New()} { // the same for a case that does not exist
				_, err := h.s.Look(ctx, v, caseID)
				h.refused(user+" looks", err, fault.NotFound)
				_, _, err = h.s.Entry(ctx, v, caseID, note)
				h.refused(user+" opens an entry", err, fault.NotFound)
				_, err = h.s.Save(ctx, v, caseID, Typed{Kind: "note", Posted: map[string][]string{"words": {"x"}}})
				h.refused(user+" writes", err, fault.NotFound)
				h.refused(user+" shares", h.s.Grant(ctx, v, caseID, Share{To: "elsewhere", Parts: []Part{Needs}, Until: h.now.Add(time.Hour)}, nil), fault.NotFound)
				h.refused(user+" takes back", h.s.Revoke(ctx, v, caseID, "second", []Part{Needs}, nil), fault.NotFound)
				h.refused(user+" closes", h.s.Act(ctx, v, caseID, Close, nil), fault.NotFound)
				h.refused(user+" assigns", h.s.Assign(ctx, v, caseID, user), fault.NotFound)
				h.refused(user+" ticks off", h.s.Done(ctx, v, caseID, note, true), fault.NotFound)
			}
			for _, scope := range []Scope{Mine, Team, Shared} {
				if lines, _, err := h.s.List(ctx, v, Query{Scope: scope, State: Open}); err != nil || len(lines) != 0 {
					t.Errorf("%s lists %v, %v", user, lines, err)
				}
			}
		}
		if said := h.says("boss", c); len(said) != 1 {
			t.Errorf("the lead opens %v", said)
		}
		h.must(h.s.SetTeam(ctx, h.users["boss"], true))
		if said := h.says("nils", c); len(said) != 1 {
			t.Errorf("a colleague opens %v where the agency lets the team see", said)
		}
		h.refused("a colleague shares", h.s.Grant(ctx, h.users["nils"], c, Share{To: "second", Parts: []Part{Needs}, Until: h.now.Add(time.Hour)}, nil), fault.Denied)
		h.refused("a caseworker lets the team see", h.s.SetTeam(ctx, h.users["mira"], true), fault.Denied)
	})
}

// req: CASE-6
func TestPoliceGetNothingByDefaultAndTheNotesNever(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.begins("mira", "Rosa")
		h.writes("mira", c, "note", "our own")
		h.writes("mira", c, "legal", "lawyer on Tuesday")
		if said := h.says("officer", c); said != nil {
			t.Errorf("the police open %v", said)
		}
		for _, parts := range [][]Part{{Notes}, {Legal, Notes}, {"everything"}, nil} {
			h.refused("sharing", h.s.Grant(ctx, h.users["mira"], c, Share{To: "police", Parts: parts, Until: h.now.Add(time.Hour)}, nil), fault.Invalid)
		}
		h.shares(c, "police", true, Legal)
		if said := h.says("officer", c); !slices.Equal(said, []string{"lawyer on Tuesday"}) {
			t.Errorf("with one part the police open %v", said)
		}
		_, err := h.s.Save(ctx, h.users["officer"], c, Typed{Kind: "legal", Posted: map[string][]string{"words": {"x"}}})
		h.refused("a reader writes", err, fault.Denied)
	})
}

// req: CASE-7
func TestALockedKeyOpensNothingAndTakesBackAllTheSame(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.begins("mira", "Rosa")
		h.writes("mira", c, "legal", "words")
		h.shares(c, "second", true, Legal)
		mira := h.locked("mira")
		_, err := h.s.Look(ctx, mira, c)
		h.refused("looking", err, fault.Unlock)
		_, err = h.s.Save(ctx, mira, c, Typed{Kind: "note", Posted: map[string][]string{"words": {"x"}}})
		h.refused("writing", err, fault.Unlock)
		_, err = h.s.New(ctx, mira, Beginning{Answers: map[string]ask.Answer{"person": {"name": {"R"}}}})
		h.refused("a new case", err, fault.Unlock)
		lines, _, err := h.s.List(ctx, mira, Query{Scope: Mine, State: Open})
		if err != nil || len(lines) != 1 || lines[0].Head.Name != "" {
			t.Errorf("the list of a locked key: %+v %v", lines, err)
		}
		h.must(h.s.Revoke(ctx, mira, c, "second", []Part{Legal}, nil))
		if said := h.says("second", c); said != nil {
			t.Errorf("after it was taken back they open %v", said)
		}
	})
}

// req: CASE-9
func TestWhatIsTakenBackIsGoneAtTheNextRequestAndNothingLaterOpensByAKeptKey(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.begins("mira", "Rosa")
		h.writes("mira", c, "legal", "one")
		h.shares(c, "second", true, Legal, Identity)
		h.shares(c, "third", false, Legal)
		h.writes("mira", c, "legal", "two")
		if second, third := h.says("second", c), h.says("third", c); !slices.Equal(second, []string{"one", "two"}) || !slices.Equal(third, []string{"two"}) {
			t.Fatalf("second %v, third %v", second, third)
		}
		kept := map[string]*vault.DataKey{}
		h.bag(c, []*vault.PrivateKey{h.keys[h.keyOf["second"]]}, kept)
		lines, _, err := h.s.List(ctx, h.users["second"], Query{Scope: Shared, State: Open})
		if err != nil || len(lines) != 1 || lines[0].Head.Name != "Rosa" || lines[0].Agency != "Open Door" {
			t.Errorf("what was shared, as a list: %+v %v", lines, err)
		}
		ledger := 0
		h.must(h.s.Revoke(ctx, h.users["mira"], c, "second", []Part{Legal, Identity}, func(*db.Tx) error { ledger++; return nil }))
		if said := h.says("second", c); said != nil || ledger == 0 || len(h.ended) != 2 {
			t.Errorf("taken back: %v, ledger %d, ended %v", said, ledger, h.ended)
		}
		h.writes("mira", c, "legal", "three")
		if said := h.opens(c, kept); !slices.Equal(said, []string{"one", "two"}) {
			t.Errorf("kept keys open %v", said)
		}
		if said := h.says("third", c); !slices.Equal(said, []string{"three", "two"}) {
			t.Errorf("who may still read opens %v", said)
		}
		left := map[string]*vault.DataKey{}
		h.bag(c, []*vault.PrivateKey{h.keys[h.keyOf["second"]]}, left)
		if len(left) != 0 {
			t.Errorf("%d wraps are left", len(left))
		}
	})
}

// req: RESTORE-1
func TestARestoredShareEndsAgainUnlessItWasGivenAnew(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.begins("mira", "Rosa")
		h.writes("mira", c, "legal", "one")
		h.shares(c, "second", true, Legal)
		again := func(at time.Time) (done bool) {
			h.must(h.db.Write(ctx, func(tx *db.Tx) (err error) { done, err = EndAgain(tx, c+"/second/legal", at); return err }))
			return done
		}
		if again(h.now.Add(-time.Hour)) || len(h.says("second", c)) != 1 {
			t.Error("what was given after it had been taken back is taken back again")
		}
		if !again(h.now.Add(time.Hour)) || h.says("second", c) != nil {
			t.Error("what was taken back after the backup is open again")
		}
		if again(h.now.Add(time.Hour)) {
			t.Error("it ended twice")
		}
	})
}

// req: CASE-9
func TestWhoWritesWhileAPartIsTakenBackBeginsTheNewEpochAllTheSame(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.begins("mira", "Rosa")
		h.writes("mira", c, "legal", "one")
		h.shares(c, "second", true, Legal)
		kept := map[string]*vault.DataKey{}
		h.bag(c, []*vault.PrivateKey{h.keys[h.keyOf["second"]]}, kept)
		turns := 0
		e := draftEntry{id: id.New(), part: Legal, rev: 1, content: Content{Version: ContentVersion, Fields: ask.Answer{"words": {"two"}}}}
		e.kind, _ = KindByID("legal")
		h.must(h.s.Write(ctx, h.users["mira"], c, []Part{Legal}, func(p *Pen) error {
			if turns++; turns == 1 { // between preparing and writing
				h.must(h.s.Revoke(ctx, h.users["boss"], c, "second", []Part{Legal}, nil))
			}
			return e.seal(p)
		}, func(tx *db.Tx, row Row) error {
			_, err := h.s.putIn(tx, h.users["mira"], row, &e)
			return err
		}))
		if said := h.opens(c, kept); turns != 2 || !slices.Equal(said, []string{"one"}) {
			t.Errorf("after %d tries kept keys open %v", turns, said)
		}
	})
}

func TestAccessEndsByItselfWhenItsTimeIsOver(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.begins("mira", "Rosa")
		h.writes("mira", c, "legal", "one")
		h.shares(c, "second", true, Legal)
		h.now = h.now.Add(60 * 24 * time.Hour)
		if said := h.says("second", c); said != nil { // before any job ran
			t.Errorf("after its time they open %v", said)
		}
		kept := map[string]*vault.DataKey{}
		h.bag(c, []*vault.PrivateKey{h.keys[h.keyOf["second"]]}, kept)
		h.writes("mira", c, "legal", "two")
		if said := h.opens(c, kept); !slices.Equal(said, []string{"one"}) {
			t.Errorf("kept keys open %v", said)
		}
		h.must(h.s.Expire(ctx))
		left := map[string]*vault.DataKey{}
		h.bag(c, []*vault.PrivateKey{h.keys[h.keyOf["second"]]}, left)
		if len(left) != 0 {
			t.Errorf("%d wraps are left", len(left))
		}
	})
}

func TestAnotherAgencyThatMayWriteBeginsTheNewEpochAndTheCasesOwnStillOpensAll(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.begins("mira", "Rosa")
		h.writes("mira", c, "legal", "one")
		h.must(h.s.Grant(ctx, h.users["mira"], c, Share{To: "second", Parts: []Part{Legal}, Until: h.now.Add(time.Hour), Past: true, Writes: true}, nil))
		h.shares(c, "third", true, Legal)
		h.must(h.s.Revoke(ctx, h.users["mira"], c, "third", []Part{Legal}, nil))
		h.writes("second", c, "legal", "two")
		h.writes("mira", c, "legal", "three")
		for _, user := range []string{"mira", "boss", "second"} {
			if said := h.says(user, c); !slices.Equal(said, []string{"one", "three", "two"}) {
				t.Errorf("%s opens %v", user, said)
			}
		}
		_, err := h.s.Save(ctx, h.users["second"], c, Typed{Kind: "note", Posted: map[string][]string{"words": {"x"}}})
		h.refused("another part", err, fault.NotFound)
	})
}

// req: CASE-8
func TestARemovedMembersKeptKeyOpensNothingThatIsWrittenLater(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.begins("mira", "Rosa")
		h.writes("mira", c, "note", "before")
		h.writes("mira", c, "legal", "before, shared")
		h.shares(c, "second", true, Legal)
		kept := []*vault.PrivateKey{h.keys[h.keyOf["support"]], h.keys[h.keyOf["second"]]}
		h.newKey("support") // as after somebody was removed in both agencies
		h.newKey("second")
		h.writes("mira", c, "note", "after")
		h.writes("mira", c, "legal", "after, shared")
		bag := map[string]*vault.DataKey{}
		h.bag(c, kept, bag)
		if said := h.opens(c, bag); !slices.Equal(said, []string{"before", "before, shared"}) {
			t.Errorf("the keys of before open %v", said)
		}
		if said := h.says("mira", c); len(said) != 4 {
			t.Errorf("who stayed opens %v", said)
		}
		if said := h.says("second", c); !slices.Equal(said, []string{"after, shared", "before, shared"}) {
			t.Errorf("the reader opens %v", said)
		}
	})
}

// What a run of writing, sharing, taking back, time passing and keys being
// replaced leaves open for whom, compared with a model that knows no keys.
//
// req: CASE-6, CASE-8, CASE-9
func TestAnAgencyOpensExactlyWhatTheModelSays(t *testing.T) {
	h := newHouse(t, dbtest.Open(t, schemas...))
	rapid.Check(t, func(t *rapid.T) {
		m := newModel(h)
		steps := rapid.IntRange(4, 14).Draw(t, "steps")
		for i := range steps {
			m.step(t, i)
			m.keep()
		}
		m.check(t)
	})
}

// model is what each agency should open, and what it ever could.
type model struct {
	h       *house
	caseID  string
	written map[Part][]string
	from    map[string]map[Part]int // agency, part: the first written entry that it opens
	until   map[string]time.Time    // agency/part
	ever    map[string]map[string]bool
	kept    map[string]map[string]*vault.DataKey
	keys    map[string][]*vault.PrivateKey
}

var (
	modelParts  = []Part{Legal, Health}
	modelOthers = map[string]string{"second": "second", "third": "third", "police": "officer"}
)

func newModel(h *house) *model {
	m := &model{h: h, caseID: h.begins("mira", "Rosa"), written: map[Part][]string{}, from: map[string]map[Part]int{}, until: map[string]time.Time{},
		ever: map[string]map[string]bool{}, kept: map[string]map[string]*vault.DataKey{}, keys: map[string][]*vault.PrivateKey{}}
	for agency := range modelOthers {
		m.holds(agency)
		m.from[agency], m.ever[agency], m.kept[agency] = map[Part]int{}, map[string]bool{}, map[string]*vault.DataKey{}
	}
	return m
}

// holds notes that an agency has its present key.
func (m *model) holds(agency string) {
	m.keys[agency] = append(m.keys[agency], m.h.keys[m.h.keyOf[agency]])
}

func (m *model) step(t *rapid.T, i int) {
	part := rapid.SampledFrom(modelParts).Draw(t, "part")
	to := rapid.SampledFrom([]string{"second", "third", "police"}).Draw(t, "agency")
	switch rapid.SampledFrom([]string{"write", "write", "write", "share", "share", "withdraw", "time", "key"}).Draw(t, "step") {
	case "write":
		words := fmt.Sprint(part, " ", i)
		m.h.writes("mira", m.caseID, string(part), words)
		m.written[part] = append(m.written[part], words)
	case "share":
		m.share(to, part, rapid.Bool().Draw(t, "past"), rapid.IntRange(1, 3).Draw(t, "days"))
	case "withdraw":
		m.h.must(m.h.s.Revoke(ctx, m.h.users["mira"], m.caseID, to, []Part{part}, nil))
		delete(m.from[to], part)
	case "time":
		m.h.now = m.h.now.Add(24 * time.Hour)
	case "key":
		m.h.newKey(rapid.SampledFrom([]string{"support", to}).Draw(t, "whose"))
		m.holds(to)
	}
	for agency, parts := range m.from {
		maps.DeleteFunc(parts, func(p Part, _ int) bool { return !m.until[agency+string(p)].After(m.h.now) })
	}
}

func (m *model) share(to string, part Part, past bool, days int) {
	until := m.h.now.Add(time.Duration(days) * 24 * time.Hour)
	m.h.must(m.h.s.Grant(ctx, m.h.users["mira"], m.caseID, Share{To: to, Parts: []Part{part}, Until: until, Past: past}, nil))
	if _, had := m.from[to][part]; !had || past {
		m.from[to][part] = len(m.written[part])
	}
	if past {
		m.from[to][part] = 0
	}
	m.until[to+string(part)] = until
}

func (m *model) should(agency string) (out []string) {
	for part, from := range m.from[agency] {
		out = append(out, m.written[part][from:]...)
	}
	slices.Sort(out)
	return out
}

// keep collects, after each step, what an agency could copy, and what it could
// read by right.
func (m *model) keep() {
	for agency := range modelOthers {
		keys := m.keys[agency]
		m.h.bag(m.caseID, keys, m.kept[agency])
		for _, w := range m.should(agency) {
			m.ever[agency][w] = true
		}
	}
}

func (m *model) check(t *rapid.T) {
	for agency, user := range modelOthers {
		got, want := m.h.says(user, m.caseID), m.should(agency)
		if !slices.Equal(got, want) {
			t.Fatalf("%s opens %v, the model says %v", agency, got, want)
		}
		for _, w := range m.h.opens(m.caseID, m.kept[agency]) {
			if !m.ever[agency][w] {
				t.Fatalf("%s kept keys that open %q, which it never was to read", agency, w)
			}
		}
	}
	if got := len(m.h.says("mira", m.caseID)); got != len(m.written[Legal])+len(m.written[Health]) {
		t.Fatalf("the case's own agency opens %d", got)
	}
}

// req: CASE-4
func TestNoListExceedsThePolicy(t *testing.T) {
	h := newHouse(t, dbtest.Open(t, schemas...))
	var cases []string
	for i, who := range []string{"mira", "mira", "nils", "boss", "second", "second", "third"} {
		c := h.begins(who, fmt.Sprint("Name ", i))
		cases = append(cases, c)
		if i%2 == 0 {
			owner := h.users[who]
			for _, to := range []string{"support", "second", "third"} {
				if to != owner.AgencyID {
					h.must(h.s.Grant(ctx, owner, c, Share{To: to, Parts: []Part{Identity}, Until: h.now.Add(time.Duration(i+1) * time.Hour), Past: true}, nil))
				}
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		h.now = h.now.Truncate(24 * time.Hour).Add(9*time.Hour + time.Duration(rapid.IntRange(0, 8).Draw(t, "hour"))*time.Hour)
		h.must(h.s.SetTeam(ctx, h.users["boss"], rapid.Bool().Draw(t, "team")))
		v := h.users[rapid.SampledFrom(slices.Sorted(maps.Keys(h.users))).Draw(t, "who")]
		listed := map[string]bool{}
		for _, scope := range []Scope{Mine, Team, Shared} {
			lines, _, err := h.s.List(ctx, v, Query{Scope: scope, State: Open})
			h.must(err)
			for _, l := range lines {
				listed[l.ID] = true
			}
		}
		for _, c := range cases {
			may := false
			h.must(h.db.Read(ctx, func(tx *db.Tx) error {
				_, err := h.s.Require(tx, v, c, "case.know")
				may = err == nil
				return nil
			}))
			if listed[c] != may {
				t.Fatalf("%s: case %s listed %v, allowed %v", v.UserID, c, listed[c], may)
			}
		}
	})
}

func TestAListHasWhatIsDueFirstAndPagesFollowEachOther(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		var want []string
		for i := range PageSize + 3 {
			c := h.begins("mira", fmt.Sprint("Name ", i))
			if i < 3 {
				day := h.now.AddDate(0, 0, 3-i).Format(time.DateOnly)
				_, err := h.s.Save(ctx, h.users["mira"], c, Typed{Kind: "task", Posted: map[string][]string{"words": {"call"}, "day": {day}}, Once: id.New()})
				h.must(err)
			}
			want = append(want, c)
		}
		slices.Reverse(want[:3])
		var got []string
		q := Query{Scope: Mine, State: Open}
		for range 2 {
			lines, next, err := h.s.List(ctx, h.users["mira"], q)
			h.must(err)
			for _, l := range lines {
				got = append(got, l.ID)
			}
			q.After = next
		}
		if !slices.Equal(got, want) || q.After != (Mark{}) {
			t.Errorf("%d of %d, then %+v", len(got), len(want), q.After)
		}
		if n, err := h.s.Overdue(ctx, h.locked("mira"), h.now.AddDate(0, 0, 2)); err != nil || n != 1 {
			t.Errorf("%d due by the day after tomorrow, %v", n, err)
		}
	})
}

func TestAServiceThatNobodyAnsweredIsDueUntilItIsAnswered(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.begins("mira", "Rosa")
		entry := ""
		for rev, x := range []struct {
			standing string
			due      bool
		}{{"asked", true}, {"offered", true}, {"accepted", false}, {"asked", true}, {"refused", false}} {
			var err error
			entry, err = h.s.Save(ctx, h.users["mira"], c, Typed{Kind: "service", Entry: entry, Rev: int64(rev), Posted: map[string][]string{"need": {"accommodation"}, "standing": {x.standing}, "day": {"2026-11-20"}}})
			h.must(err)
			o, err := h.s.Look(ctx, h.users["mira"], c)
			h.must(err)
			if o.DueAt.IsZero() == x.due {
				t.Errorf("%s: due %v", x.standing, o.DueAt)
			}
		}
	})
}

func TestWhatWasDoneIsNoLongerDueAndAClosedCaseTakesNoEntry(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.begins("mira", "Rosa")
		mira := h.users["mira"]
		task, err := h.s.Save(ctx, mira, c, Typed{Kind: "task", Posted: map[string][]string{"words": {"call"}, "day": {"2026-11-20"}}})
		h.must(err)
		due := func() time.Time {
			o, err := h.s.Look(ctx, mira, c)
			h.must(err)
			return o.DueAt
		}
		if at := due(); at.Format(time.DateTime) != "2026-11-20 23:59:00" {
			t.Errorf("due %v", at)
		}
		h.must(h.s.Done(ctx, mira, c, task, true))
		if at := due(); !at.IsZero() {
			t.Errorf("due %v", at)
		}
		h.must(h.db.Write(ctx, func(tx *db.Tx) error { return h.s.SetDue(tx, c, "stage", h.now) }))
		if at := due(); !at.Equal(h.now) {
			t.Errorf("a deadline of a stage: %v", at)
		}
		h.must(h.s.Act(ctx, mira, c, Close, nil))
		_, err = h.s.Save(ctx, mira, c, Typed{Kind: "note", Posted: map[string][]string{"words": {"late"}}})
		h.refused("writing into a closed case", err, fault.Conflict)
		h.refused("closing it again", h.s.Act(ctx, mira, c, Close, nil), fault.Conflict)
		h.must(h.s.Act(ctx, mira, c, Reopen, nil))
		h.must(h.s.Assign(ctx, mira, c, "nils"))
		if said := h.says("mira", c); said != nil {
			t.Errorf("who handed it over opens %v", said)
		}
		h.refused("to somebody elsewhere", h.s.Assign(ctx, h.users["boss"], c, "second"), fault.Invalid)
	})
}

// req: CASE-5
func TestOtherWordsWithATokenThatServedAreNotDropped(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c, once := h.begins("mira", "Rosa"), id.New()
		note := func(words string) error {
			_, err := h.s.Save(ctx, h.users["mira"], c, Typed{Kind: "note", Once: once, Posted: map[string][]string{"words": {words}}})
			return err
		}
		h.must(note("as it was"))
		h.must(note("as it was")) // pressed twice
		if err := note("gone back, and more"); fault.KindOf(err) != fault.Stale {
			t.Errorf("other words: %v", err)
		}
		o, err := h.s.Look(ctx, h.users["mira"], c)
		h.must(err)
		if got := o.Of("note"); len(got) != 1 || got[0].Fields.One("words") != "as it was" {
			t.Errorf("%+v", got)
		}
	})
}
