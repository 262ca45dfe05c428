package referral

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"amelie/internal/fault"
)

// play is a model of a round with its desks and the clock; every step that the
// tables allow may happen, in any order.
type play struct {
	r       Round
	now     time.Time
	packets []string // agencies that a packet went to
	told    map[string][]Action
}

func newPlay(t *rapid.T) *play {
	p := &play{now: time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC), told: map[string][]Action{}}
	p.r = Round{ID: "round", State: Asking, Until: p.now.Add(EnquiryLife)}
	for i := range rapid.IntRange(1, MaxCandidates).Draw(t, "candidates") {
		p.r.Candidates = append(p.r.Candidates, Candidate{ID: string('a' + rune(i)), Agency: string('A' + rune(i)), State: Sent})
	}
	return p
}

// desk lets one desk or the clock act on its own enquiry.
func (p *play) desk(i int, a Action, side Side, held time.Duration) {
	c := &p.r.Candidates[i]
	if a == Lapse && p.now.Before(p.r.LapsesAt(*c)) {
		return
	}
	next, err := Next(Enquiry, c.State, a, side)
	if err != nil {
		return
	}
	c.State = next
	if a == Accept {
		c.Held = p.now.Add(held)
	}
	p.r, _ = p.r.Settle(p.now)
}

// do applies an act as the service does.
func (p *play) do(act RoundAct, candidate string) error {
	r, moves, err := p.r.Do(act, candidate, p.now)
	if err != nil {
		return err
	}
	for _, m := range moves {
		i := slices.IndexFunc(r.Candidates, func(c Candidate) bool { return c.ID == m.Candidate })
		next, err := Next(Enquiry, r.Candidates[i].State, m.Action, Sender)
		if err != nil {
			panic(err) // a move that the desk's own table refuses
		}
		r.Candidates[i].State = next
		p.told[m.Candidate] = append(p.told[m.Candidate], m.Action)
	}
	if act == ActPlace {
		c, _ := r.Candidate(p.r.Choice)
		p.packets = append(p.packets, c.Agency)
	}
	p.r = r
	return nil
}

var roundActs = []RoundAct{ActChoose, ActReconsider, ActPlace, ActEnd, ActRunOut}

// step does one random thing.
func (p *play) step(t *rapid.T) {
	p.now = p.now.Add(time.Duration(rapid.IntRange(0, 90).Draw(t, "minutes")) * time.Minute)
	i := rapid.IntRange(0, len(p.r.Candidates)-1).Draw(t, "which")
	if rapid.IntRange(0, 3).Draw(t, "desk") > 0 {
		side := rapid.SampledFrom([]Side{Receiver, Receiver, Receiver, Clock}).Draw(t, "side")
		a := rapid.SampledFrom([]Action{Open, Open, Accept, Accept, Accept, Open, Accept, Accept, Decline, Ask, Withdraw, Lapse, Close}).Draw(t, "action")
		p.desk(i, a, side, time.Duration(rapid.SampledFrom(Holds).Draw(t, "hours"))*time.Hour)
		return
	}
	before, chosen := p.r, p.r.Candidates[i]
	act := rapid.SampledFrom([]RoundAct{ActChoose, ActChoose, ActChoose, ActChoose, ActPlace, ActPlace, ActReconsider, ActRunOut, ActRunOut, ActEnd}).Draw(t, "act")
	err := p.do(act, chosen.ID)
	if act == ActChoose && err == nil && (chosen.State != Accepted || !p.now.Before(chosen.Held) || before.State != Asking) {
		t.Fatalf("chosen although %v, held until %v, at %v", chosen.State, chosen.Held, p.now)
	}
	if act == ActPlace && err == nil && before.State != Chosen {
		t.Fatalf("a packet left from %v", before.State)
	}
}

// req: ENQUIRY-4
// req: ENQUIRY-5
func TestAPacketGoesToAtMostOneAndOnlyToTheOneThatWasChosen(t *testing.T) {
	placed := 0
	rapid.Check(t, func(t *rapid.T) {
		p := newPlay(t)
		wanted := "" // the agency that the person chose last
		for range rapid.IntRange(20, 80).Draw(t, "length") {
			p.step(t)
			if c, ok := p.r.Candidate(p.r.Choice); ok && p.r.State == Chosen {
				wanted = c.Agency
			}
			if (p.r.State == Asking) != (p.r.Choice == "") && p.r.Open() {
				t.Fatalf("state %v with choice %q", p.r.State, p.r.Choice)
			}
			if len(p.packets) > 1 || len(p.packets) == 1 && (p.packets[0] != wanted || p.r.State != Placed) {
				t.Fatalf("packets to %v, wanted %q, %v", p.packets, wanted, p.r.State)
			}
		}
		if len(p.packets) > 0 {
			placed++
		}
		for _, c := range p.r.Candidates {
			if slices.Contains(p.told[c.ID], Release) && slices.Contains(p.told[c.ID], Follow) {
				t.Fatal("one desk is told both")
			}
			if !p.r.Open() && p.r.State != RanOut && slices.Contains([]State{Sent, Received, Accepted, Lapsed}, c.State) {
				t.Fatalf("a desk still waits after %v: %v", p.r.State, c.State)
			}
		}
	})
	if placed == 0 {
		t.Error("no history came to a packet: the property said nothing")
	}
}

// req: ENQUIRY-4
func TestARefusedOrExpiredOfferCannotBeChosen(t *testing.T) {
	now := time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		c := Candidate{ID: "a", State: anyState().Draw(t, "state"), Held: now.Add(time.Duration(rapid.IntRange(-90, 90).Draw(t, "held")) * time.Minute)}
		r := Round{State: rapid.SampledFrom(RoundStates).Draw(t, "round"), Until: now.Add(time.Duration(rapid.IntRange(-90, 90).Draw(t, "until")) * time.Minute), Candidates: []Candidate{c}}
		_, _, err := r.Do(ActChoose, "a", now)
		may := c.State == Accepted && now.Before(c.Held) && r.State == Asking && now.Before(r.Until)
		if (err == nil) != may {
			t.Fatalf("%+v: %v", r, err)
		}
		if err != nil && fault.KindOf(err) != fault.Conflict {
			t.Fatal(err)
		}
	})
}

func TestWhatIsOverStaysOver(t *testing.T) {
	for _, s := range []RoundState{Placed, Ended, RanOut} {
		r := Round{State: s, Choice: "a", Candidates: []Candidate{{ID: "a", State: Accepted, Held: time.Unix(9, 0)}}}
		for _, act := range roundActs {
			if _, _, err := r.Do(act, "a", time.Unix(1, 0)); err == nil {
				t.Errorf("%v in %v", act, s)
			}
		}
		if _, changed := r.Settle(time.Unix(99, 0)); changed {
			t.Errorf("%v is settled again", s)
		}
	}
}

// The others keep their offers until the referral has left; a choice that
// falls through leaves them to choose from.
func TestTheOthersWaitUntilTheReferralHasLeft(t *testing.T) {
	now := time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC)
	held := now.Add(3 * time.Hour)
	r := Round{State: Asking, Until: now.Add(EnquiryLife), Candidates: []Candidate{{ID: "a", State: Accepted, Held: held}, {ID: "b", State: Accepted, Held: held}, {ID: "c", State: Sent}, {ID: "d", State: Declined}}}
	chosen, moves, err := r.Do(ActChoose, "a", now)
	if err != nil || !slices.Equal(moves, []Move{{"a", Pick}}) {
		t.Fatalf("%v %v", moves, err)
	}
	placed, moves, err := chosen.Do(ActPlace, "", now.Add(time.Minute))
	if err != nil || placed.State != Placed || !slices.Equal(moves, []Move{{"b", Release}, {"c", Release}, {"a", Follow}}) {
		t.Fatalf("%v %v", moves, err)
	}
	chosen.Candidates = slices.Clone(chosen.Candidates)
	chosen.Candidates[0].State = Declined // the desk takes it back
	again, changed := chosen.Settle(now)
	if !changed || again.State != Asking || again.Choice != "" || !again.Choosable(again.Candidates[1], now) {
		t.Fatalf("%+v", again)
	}
}

func TestAChoiceStandsForAnHourEvenWhenTheOfferWasHeldForAMinute(t *testing.T) {
	now := time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC)
	r := Round{State: Asking, Until: now.Add(EnquiryLife), Candidates: []Candidate{{ID: "a", State: Accepted, Held: now.Add(time.Minute)}}}
	r, _, err := r.Do(ActChoose, "a", now)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.Do(ActPlace, "", now.Add(59*time.Minute)); err != nil {
		t.Error(err)
	}
	if _, _, err := r.Do(ActPlace, "", now.Add(time.Hour)); err == nil {
		t.Error("a place that nobody holds any more is taken")
	}
}

// req: ENQUIRY-2
func TestTheLineOfAnEnquiryHoldsNothingThatPointsToAPerson(t *testing.T) {
	for _, bad := range []string{"call +30 694 123 4567", "born 3.4.1999", "ana@example.org", "see www.example.org", "instagram ana.maria", "passport AB12345",
		"Mrs Papadopoulou asks", "Frau Müller", "η κα Ελένη", "signora Rossi", "elle s’appelle Ana", "١٢٣٤٥", "room ②③④⑤", "#ana", "née le 12/04/98"} {
		if CheckRemark(bad) == nil {
			t.Errorf("%q is let through", bad)
		}
	}
	for _, good := range []string{"", "Needs a ground floor.", "Two beds, from 10 pm", "Χρειάζεται ισόγειο, έχει ένα παιδί.", "Kommt mit Hund", "non fumatrice, 1 bimbo", "Vegetarian, e.g. no meat", "prefers a women-only house"} {
		if err := CheckRemark(good); err != nil {
			t.Errorf("%q is refused: %v", good, err)
		}
	}
	if CheckRemark(strings.Repeat("α", MaxRemark)) != nil || CheckRemark(strings.Repeat("α", MaxRemark+1)) == nil {
		t.Error("the bound is not where it is said to be")
	}
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.StringMatching(`[a-zα-ω ]{0,40}`)
		what := rapid.OneOf(rapid.StringMatching(`\+?[0-9][0-9 ./-]{3,12}[0-9]{3}`), rapid.StringMatching(`[a-z]{2,8}@[a-z]{2,8}\.[a-z]{2}`), rapid.StringMatching(`https?://[a-z]{3,9}`)).Draw(t, "what")
		text := words.Draw(t, "before") + " " + what + " " + words.Draw(t, "after")
		if CheckRemark(text) == nil {
			t.Fatalf("%q is let through", text)
		}
	})
}
