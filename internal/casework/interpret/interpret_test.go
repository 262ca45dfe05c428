package interpret

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"amelie/internal/ask"
	"amelie/internal/casework"
	"amelie/internal/casework/casetest"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/policy"
	"amelie/internal/web"
)

var monday = time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)

func amal() Interpreter {
	return Interpreter{ID: "amal", Name: "Amal", Gender: "woman", Languages: []string{"ar"}, Channels: []string{"in-person", "phone"}, Days: Days[:5], From: 9 * 60, To: 17 * 60}
}

// req: INTERPRET-2, INTERPRET-3
func TestOnlyWhoSuitsThePersonAndIsThereIsOffered(t *testing.T) {
	base := Wanted{Language: "ar", Channel: "in-person", At: monday, End: monday.Add(time.Hour)}
	for name, c := range map[string]struct {
		change func(*Wanted, *Interpreter)
		suits  bool
	}{
		"as wanted":                  {func(*Wanted, *Interpreter) {}, true},
		"a woman is wanted":          {func(w *Wanted, _ *Interpreter) { w.Preference = "woman" }, true},
		"a man is wanted":            {func(w *Wanted, _ *Interpreter) { w.Preference = "man" }, false},
		"only by telephone, on site": {func(w *Wanted, _ *Interpreter) { w.Preference = "by-phone" }, false},
		"only by telephone":          {func(w *Wanted, _ *Interpreter) { w.Preference, w.Channel = "by-phone", "phone" }, true},
		"refused before":             {func(w *Wanted, _ *Interpreter) { w.Refused = []string{"amal"} }, false},
		"another language":           {func(w *Wanted, _ *Interpreter) { w.Language = "ro" }, false},
		"a channel that is not hers": {func(w *Wanted, _ *Interpreter) { w.Channel = "video" }, false},
		"too long into the evening": {func(w *Wanted, _ *Interpreter) {
			w.At = monday.Add(6*time.Hour + 30*time.Minute)
			w.End = w.At.Add(time.Hour)
		}, false},
		"a Saturday": {func(w *Wanted, _ *Interpreter) { w.At, w.End = w.At.AddDate(0, 0, 5), w.End.AddDate(0, 0, 5) }, false},
		"too early on a day with hours of its own": {func(_ *Wanted, i *Interpreter) { i.Hours = map[string]Span{"mon": {11 * 60, 12 * 60}} }, false},
		"within the hours of that day":             {func(_ *Wanted, i *Interpreter) { i.Hours = map[string]Span{"mon": {10 * 60, 11 * 60}} }, true},
		"a day of work by its own hours alone":     {func(_ *Wanted, i *Interpreter) { i.Days, i.Hours = Days[1:], map[string]Span{"mon": {9 * 60, 12 * 60}} }, true},
		"away":                                     {func(_ *Wanted, i *Interpreter) { i.Away, i.Back = monday.AddDate(0, 0, -1), monday.AddDate(0, 0, 1) }, false},
		"back in time":                             {func(_ *Wanted, i *Interpreter) { i.Away, i.Back = monday.AddDate(0, 0, -3), monday.AddDate(0, 0, -1) }, true},
	} {
		w, i := base, amal()
		c.change(&w, &i)
		if i.Suits(w, time.UTC) != c.suits {
			t.Errorf("%s: suits is not %v", name, c.suits)
		}
	}
}

// req: INTERPRET-4
func TestAnythingButThreeClearNoBlocks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		answers, clear := map[string]string{}, true
		for _, c := range Conflicts {
			answers[c] = rapid.SampledFrom([]string{"no", "no", "no", "yes", ask.NotKnown, ""}).Draw(t, c)
			clear = clear && answers[c] == "no"
		}
		if (Clear(answers) == nil) != clear {
			t.Fatalf("%v", answers)
		}
	})
}

func TestABookingGoesItsWayAndNeverBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, now := Booking{State: Asked, At: monday}, monday.Add(-time.Hour)
		for range rapid.IntRange(1, 8).Draw(t, "acts") {
			now = now.Add(time.Duration(rapid.IntRange(0, 90).Draw(t, "minutes")) * time.Minute)
			act, own := rapid.SampledFrom([]Act{Accept, Decline, Cancel, Confirm, Move, Finish, Miss}).Draw(t, "act"), rapid.Bool().Draw(t, "own")
			next, err := b.Do(act, own, now)
			if err != nil {
				continue
			}
			if !b.Open() || own != (act == Accept || act == Decline) || (next.State == Done || next.State == Missed) && now.Before(b.At) || (next.State == Asked) != (act == Move) || act == Move && !next.Cleared.IsZero() || act == Accept && next.Cleared.IsZero() {
				t.Fatalf("%s by the interpreter=%v: %s to %s", act, own, b.State, next.State)
			}
			b = next
		}
	})
}

// desk is the house of the rooms' tests; clerk is its interpreter.
type desk struct {
	*casetest.House
	s    *Service
	mu   sync.Mutex
	told []string
}

func each(t *testing.T, story func(t *testing.T, d *desk)) {
	casetest.Each(t, []db.Schema{Schema}, []policy.Source{Policy}, func(t *testing.T, h *casetest.House) {
		d := &desk{House: h}
		h.Now = monday.Add(-time.Hour)
		h.Users["clerk"].Roles = []string{"interpreter"}
		d.s = New(Config{DB: h.DB, Cases: h.S, Policy: h.S.Policy, Now: h.Clock, Name: h.Name,
			Members: func(_ *db.Tx, agency string) ([]Member, error) {
				if agency == "support" {
					return []Member{{"clerk", "Name of clerk"}}, nil
				}
				return nil, nil
			}, Tell: func(_ *db.Tx, user string) error {
				d.mu.Lock()
				defer d.mu.Unlock()
				d.told = append(d.told, user)
				return nil
			}})
		h.S.Add(d.s.Room())
		story(t, d)
	})
}

func (d *desk) keeps(change func(*Interpreter)) string {
	d.T.Helper()
	i := amal()
	i.ID = id.New()
	if change != nil {
		change(&i)
	}
	d.Must(d.s.Keep(d.Ctx, d.Users["mira"], i, true))
	return i.ID
}

// appointment writes one for an hour from now.
func (d *desk) appointment(caseID string) string {
	d.T.Helper()
	return d.Writes("mira", caseID, "appointment", ask.Answer{"when": {monday.Format("2006-01-02T15:04")}, "words": {"doctor"}})
}

func choice(who, entry string) Choice {
	return Choice{Entry: entry, Language: "ar", Channel: "in-person", Minutes: 60, Who: who, Once: id.New(), Conflicts: map[string]string{"knows": "no", "community": "no", "works-for": "no"}}
}

func (d *desk) offered(caseID string, ch Choice) (out []string) {
	d.T.Helper()
	o, err := d.S.Look(d.Ctx, d.Users["mira"], caseID)
	d.Must(err)
	list, _, err := d.s.Offered(d.Ctx, d.Users["mira"], o, ch)
	d.Must(err)
	for _, i := range list {
		out = append(out, i.ID)
	}
	return out
}

func TestAnInterpreterIsBookedAndAcceptsAndThePersonSaysNever(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		who := d.keeps(func(i *Interpreter) { i.UserID = "clerk" })
		c := d.Begins("Rosa")
		entry := d.appointment(c)
		ch := choice(who, entry)
		if got := d.offered(c, ch); !slices.Equal(got, []string{who}) {
			t.Fatalf("offered %v", got)
		}
		d.Must(d.s.Book(d.Ctx, d.Users["mira"], c, ch))
		d.Must(d.s.Book(d.Ctx, d.Users["mira"], c, ch)) // pressed twice
		tasks, err := d.s.Tasks(d.Ctx, d.Users["clerk"])
		d.Must(err)
		if len(tasks) != 1 || tasks[0].State != Asked || tasks[0].Agency != "Open Door" || !tasks[0].At.Equal(monday) {
			t.Fatalf("%+v", tasks)
		}
		d.Refused("accepting without a word on conflicts", d.s.Answer(d.Ctx, d.Users["clerk"], tasks[0].ID, Accept, false), fault.Invalid)
		d.Must(d.s.Answer(d.Ctx, d.Users["clerk"], tasks[0].ID, Accept, true))
		d.Refused("closing", d.S.Act(d.Ctx, d.Users["mira"], c, casework.Close, nil), fault.Conflict)
		if got := d.offered(c, ch); len(got) != 0 {
			t.Errorf("taken and offered: %v", got)
		}
		d.Refused("done before it began", d.s.Steer(d.Ctx, d.Users["mira"], c, tasks[0].ID, Finish), fault.Conflict)
		d.Now = monday.Add(2 * time.Hour)
		d.Must(d.s.Steer(d.Ctx, d.Users["mira"], c, tasks[0].ID, Finish))
		if len(d.told) != 2 || d.told[0] != "clerk" || d.told[1] != "mira" {
			t.Errorf("told %v", d.told)
		}

		d.Writes("mira", c, "interpreting", ask.Answer{"interpreter": {who}, "how": {"not-well"}, "again": {"never"}, "words": {"lavender"}})
		later := choice(who, "")
		later.Channel = "phone"
		if got := d.offered(c, later); len(got) != 0 {
			t.Errorf("refused for ever and offered: %v", got)
		}
		d.Refused("booking whom the person refused", d.s.Book(d.Ctx, d.Users["mira"], c, later), fault.Conflict)
		if got := d.offered(d.Begins("Amir"), later); len(got) != 1 {
			t.Errorf("to somebody else: %v", got)
		}
	})
}

// moves gives an appointment another hour, as the file's form does.
func (d *desk) moves(user, caseID, entry string, at time.Time) {
	d.T.Helper()
	o, err := d.S.Look(d.Ctx, d.Users[user], caseID)
	d.Must(err)
	i := slices.IndexFunc(o.Entries, func(e casework.Entry) bool { return e.ID == entry })
	_, err = d.S.Save(d.Ctx, d.Users[user], caseID, casework.Typed{Kind: "appointment", Entry: entry, Rev: o.Entries[i].Rev, Posted: ask.Answer{"when": {at.Format("2006-01-02T15:04")}, "words": {"doctor"}}})
	d.Must(err)
}

func (d *desk) booking(caseID string) Booking {
	d.T.Helper()
	_, list, _, err := d.s.Bookings(d.Ctx, d.Users["mira"], caseID)
	d.Must(err)
	return list[0]
}

// req: INTERPRET-6
// Bengali is no language of the pages: who speaks it is listed, found and booked all
// the same.
//
// req: INTERPRET-2
func TestAnInterpreterOfALanguageInWhichNothingIsWrittenIsBooked(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		who := d.keeps(func(i *Interpreter) { i.UserID, i.Languages = "clerk", []string{"bn", "ar"} })
		c := d.Begins("Rosa")
		d.Writes("mira", c, "languages", ask.Answer{"language": {"bn"}})
		ch := choice(who, d.appointment(c))
		ch.Language = "bn"
		if got := d.offered(c, ch); !slices.Equal(got, []string{who}) {
			t.Fatalf("offered %v", got)
		}
		d.Must(d.s.Book(d.Ctx, d.Users["mira"], c, ch))
		tasks, err := d.s.Tasks(d.Ctx, d.Users["clerk"])
		d.Must(err)
		if len(tasks) != 1 || tasks[0].Language != "bn" {
			t.Errorf("booked %+v", tasks)
		}
	})
}

func TestAMovedAppointmentAsksItsInterpreterAgainAndOneThatIsOffLetsGo(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		who := d.keeps(func(i *Interpreter) { i.UserID = "clerk" })
		c := d.Begins("Rosa")
		entry := d.appointment(c)
		d.Must(d.s.Book(d.Ctx, d.Users["mira"], c, choice(who, entry)))
		b := d.booking(c)
		d.Must(d.s.Answer(d.Ctx, d.Users["clerk"], b.ID, Accept, true))
		if b = d.booking(c); b.Cleared.IsZero() || b.Conflicts["knows"] != "no" || len(b.Conflicts) != 3 || b.Asked.IsZero() {
			t.Errorf("what was asked is not kept: %+v", b)
		}
		d.told = nil
		d.moves("mira", c, entry, monday) // other words, the same hour
		if len(d.told) != 0 || d.booking(c).State != Accepted {
			t.Errorf("the same hour: %v %+v", d.told, d.booking(c))
		}
		d.moves("mira", c, entry, monday.Add(2*time.Hour))
		if b = d.booking(c); b.State != Asked || !b.At.Equal(monday.Add(2*time.Hour)) || !b.End.Equal(monday.Add(3*time.Hour)) || !b.Cleared.IsZero() || !slices.Equal(d.told, []string{"clerk"}) {
			t.Errorf("moved: %+v, told %v", b, d.told)
		}
		d.Refused("the agency answers for who signs in", d.s.Steer(d.Ctx, d.Users["mira"], c, b.ID, Confirm), fault.Conflict)
		d.Must(d.s.Answer(d.Ctx, d.Users["clerk"], b.ID, Accept, true))
		d.told = nil
		d.moves("boss", c, entry, monday.Add(12*time.Hour)) // nobody works then
		if b = d.booking(c); b.State != Cancelled || !slices.Contains(d.told, "clerk") || !slices.Contains(d.told, "mira") || slices.Contains(d.told, "boss") {
			t.Errorf("into the evening: %+v, told %v", b, d.told)
		}

		other := d.Begins("Amir")
		entry = d.appointment(other)
		d.Must(d.s.Book(d.Ctx, d.Users["mira"], other, choice(who, entry)))
		third := d.Begins("Lin")
		taken := d.Writes("mira", third, "appointment", ask.Answer{"when": {monday.Add(time.Hour).Format("2006-01-02T15:04")}, "words": {"x"}})
		d.Must(d.s.Book(d.Ctx, d.Users["mira"], third, choice(who, taken)))
		d.moves("mira", third, taken, monday) // where Amir's stands
		if b := d.booking(third); b.State != Cancelled {
			t.Errorf("booked twice: %+v", b)
		}
		d.told = nil
		d.Must(d.S.Done(d.Ctx, d.Users["mira"], other, entry, true))
		if b := d.booking(other); b.State != Cancelled || !slices.Equal(d.told, []string{"clerk"}) {
			t.Errorf("called off: %+v, told %v", b, d.told)
		}
	})
}

func TestSomebodyFromOutsideIsCalledAgain(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		who := d.keeps(func(i *Interpreter) { i.Hours = map[string]Span{"tue": {8 * 60, 9 * 60}} })
		c := d.Begins("Rosa")
		entry := d.appointment(c)
		d.Must(d.s.Book(d.Ctx, d.Users["mira"], c, choice(who, entry)))
		d.moves("mira", c, entry, monday.Add(22*time.Hour)) // on Tuesday at eight
		b := d.booking(c)
		if b.State != Asked || len(d.told) != 0 {
			t.Fatalf("%+v, told %v", b, d.told)
		}
		for range 2 {
			d.Must(d.s.Steer(d.Ctx, d.Users["mira"], c, b.ID, Confirm))
		}
		if b = d.booking(c); b.State != Accepted {
			t.Errorf("%+v", b)
		}
		d.Refused("moving without the appointment", d.s.Steer(d.Ctx, d.Users["mira"], c, b.ID, Move), fault.Conflict)
	})
}

func TestNobodyIsBookedForWhatHasBegun(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		who := d.keeps(nil)
		c := d.Begins("Rosa")
		ch := choice(who, d.appointment(c))
		d.Now = monday.Add(time.Minute)
		d.Refused("an hour that is over", d.s.Book(d.Ctx, d.Users["mira"], c, ch), fault.Invalid)
	})
}

// req: INTERPRET-2
func TestWhoThePersonDoesNotWantCannotBeBookedWhateverTheFormSays(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		who := d.keeps(nil)
		c := d.Begins("Rosa")
		d.Writes("mira", c, "languages", ask.Answer{"language": {"ar"}, "interpreter": {"man"}})
		entry := d.appointment(c)
		d.Refused("a woman", d.s.Book(d.Ctx, d.Users["mira"], c, choice(who, entry)), fault.Conflict)
		man := d.keeps(func(i *Interpreter) { i.Gender = "man" })
		ch := choice(man, entry)
		ch.Conflicts["community"] = "yes"
		d.Refused("a conflict", d.s.Book(d.Ctx, d.Users["mira"], c, ch), fault.Invalid)
		ch.Conflicts["community"] = "unknown"
		d.Refused("not known", d.s.Book(d.Ctx, d.Users["mira"], c, ch), fault.Invalid)
		d.Must(d.s.Book(d.Ctx, d.Users["mira"], c, choice(man, entry)))
	})
}

func TestOneInterpreterIsNotBookedTwiceForTheSameHour(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		who := d.keeps(nil)
		var cases, entries []string
		for range 3 {
			c := d.Begins("Rosa")
			cases, entries = append(cases, c), append(entries, d.appointment(c))
		}
		out, gate := make([]error, len(cases)), make(chan struct{})
		var all sync.WaitGroup
		for i := range cases {
			all.Go(func() { <-gate; out[i] = d.s.Book(d.Ctx, d.Users["mira"], cases[i], choice(who, entries[i])) })
		}
		close(gate)
		all.Wait()
		n := 0
		for _, err := range out {
			if err == nil {
				n++
			} else if e := fault.Find(err); e == nil || e.Key != "interpret.error.free" {
				t.Error(err)
			}
		}
		if n != 1 {
			t.Errorf("booked %d times", n)
		}
		d.Refused("taking a booked one off the list", d.s.Drop(d.Ctx, d.Users["mira"], who), fault.Conflict)
	})
}

// req: INTERPRET-1
func TestAnInterpreterSeesNeitherCaseNorNameAndOthersSeeNothing(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		who := d.keeps(func(i *Interpreter) { i.UserID = "clerk" })
		c := d.Begins("Rosa")
		d.Must(d.s.Book(d.Ctx, d.Users["mira"], c, choice(who, d.appointment(c))))
		tasks, err := d.s.Tasks(d.Ctx, d.Users["clerk"])
		d.Must(err)
		if all := fmt.Sprintf("%+v", tasks); strings.Contains(all, c) || strings.Contains(all, "Rosa") || strings.Contains(all, "doctor") {
			t.Errorf("the interpreter sees %s", all)
		}
		_, err = d.S.Look(d.Ctx, d.Users["clerk"], c)
		d.Refused("the interpreter opens the case", err, fault.NotFound)
		_, _, err = d.s.List(d.Ctx, d.Users["clerk"])
		d.Refused("the interpreter reads the list", err, fault.NotFound)
		for _, user := range append(slices.Clone(casetest.Strangers), "boss") {
			v := d.Users[user]
			if user != "boss" {
				_, _, _, err = d.s.Bookings(d.Ctx, v, c)
				d.Refused(user+" reads bookings", err, fault.NotFound)
				d.Refused(user+" cancels", d.s.Steer(d.Ctx, v, c, tasks[0].ID, Cancel), fault.NotFound)
				if err := d.s.Book(d.Ctx, v, c, choice(who, "")); err == nil {
					t.Errorf("%s books", user)
				}
			}
			if user != "clerk" {
				d.Refused(user+" answers for the interpreter", d.s.Answer(d.Ctx, v, tasks[0].ID, Accept, true), fault.NotFound)
			}
		}
		for _, user := range []string{"second", "insider", "officer"} { // who may keep a list sees the own one
			list, _, err := d.s.List(d.Ctx, d.Users[user])
			d.Must(err)
			if len(list) != 0 {
				t.Errorf("%s sees %+v", user, list)
			}
			d.Refused(user+" drops", d.s.Drop(d.Ctx, d.Users[user], who), fault.NotFound)
		}
		d.Refused("somebody who is not a member", d.s.Keep(d.Ctx, d.Users["mira"], func() Interpreter { i := amal(); i.UserID = "insider"; return i }(), true), fault.Invalid)
	})
}

// req: INTERPRET-5
func TestNobodyWhoIsNotSaidToBeAGrownStrangerIsKept(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		d.Refused("nobody said so", d.s.Keep(d.Ctx, d.Users["mira"], amal(), false), fault.Invalid)
		err := d.s.Book(d.Ctx, d.Users["mira"], d.Begins("Rosa"), choice("the cousin", ""))
		d.Refused("somebody who is not in the list", err, fault.Invalid)
	})
}

func TestNowByTelephoneIsBookedAtOnceAndWhatIsErasedIsGone(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		who := d.keeps(func(i *Interpreter) { i.From, i.To, i.UserID = 0, 24*60, "clerk" })
		c := d.Begins("Rosa")
		ch := choice(who, "")
		ch.Channel = "in-person" // now is by telephone whatever the form says
		d.Must(d.s.Book(d.Ctx, d.Users["mira"], c, ch))
		_, list, names, err := d.s.Bookings(d.Ctx, d.Users["mira"], c)
		d.Must(err)
		if len(list) != 1 || list[0].State != Accepted || list[0].Channel != "phone" || names[who].Name != "Amal" {
			t.Errorf("%+v", list)
		}
		o, err := d.S.Look(d.Ctx, d.Users["mira"], c)
		d.Must(err)
		what, err := d.s.Room().Export(d.Ctx, d.Users["mira"], o)
		if d.Must(err); len(what.([]map[string]any)) != 1 {
			t.Errorf("%v", what)
		}
		d.Must(d.DB.Write(d.Ctx, func(tx *db.Tx) error { return d.s.Room().Forget(tx, c) }))
		_, list, _, err = d.s.Bookings(d.Ctx, d.Users["mira"], c)
		if err != nil || len(list) != 0 {
			t.Errorf("%v %v", list, err)
		}
		if _, err := d.s.Tasks(d.Ctx, nil); !errors.Is(err, errNotFound) {
			t.Error(err)
		}
		var nobody *web.Viewer
		d.Refused("nobody", d.s.Answer(d.Ctx, nobody, id.New(), Decline, false), fault.NotFound)
	})
}
