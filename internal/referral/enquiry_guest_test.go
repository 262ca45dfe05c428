package referral

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"amelie/internal/db"
	"amelie/internal/db/dbtest"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/web"
)

// Two more services without an account, which can be asked beside the desks.
func init() {
	for i := 1; i <= 2; i++ {
		services = append(services, Entry{ID: fmt.Sprintf("gr-post%d-house", i), Name: "House", Organization: fmt.Sprintf("gr-post%d", i), OrgName: fmt.Sprintf("Post %d", i),
			Country: "GR", Intake: []string{"link"}, Mailbox: fmt.Sprintf("post%d@letter.example", i)})
	}
}

// twoAndTwo are two desks and two services without an account.
var twoAndTwo = []string{"gr-desk1-house", "gr-desk2-house", "gr-post1-house", "gr-post2-house"}

// lettersAmong is a house with desks and a mailbox for letters.
func lettersAmong(t *testing.T, fn func(t *testing.T, l *letters)) {
	dbtest.Each(t, schemas, func(t *testing.T, d *db.DB) { fn(t, newLetters(t, withDesks(newHouse(t, d)))) })
}

func (a actor) asksSeveral(services ...string) *RoundShown {
	a.h.t.Helper()
	draft, rev := a.drafting(services...)
	round, err := a.h.s.SendEnquiry(ctx, a.v, draft, "en", rev)
	a.h.must(err)
	return a.sees(round)
}

// linkTo is the newest link that was mailed to a mailbox.
func (l *letters) linkTo(mailbox string) string {
	l.t.Helper()
	for _, p := range slices.Backward(l.mail) {
		if p.which == "link" && p.to == mailbox {
			return strings.TrimPrefix(p.path, "/letter/")
		}
	}
	l.t.Fatalf("no link was mailed to %s: %v", mailbox, l.mail)
	return ""
}

// guestOfRound tells the code of an enquiry to its service, which opens it.
func (l *letters) guestOfRound(mailbox, enquiry string) actor {
	l.t.Helper()
	g, _ := l.opens(l.linkTo(mailbox), l.code(enquiry), guestsName)
	return g
}

// req: ENQUIRY-5
// req: ENQUIRY-7
func TestAServiceWithoutAnAccountOffersAmongOthersIsChosenAndAloneGetsThePacket(t *testing.T) {
	lettersAmong(t, func(t *testing.T, l *letters) {
		midwife := l.as("midwife")
		round := midwife.asksSeveral(twoAndTwo...)
		desk, post1, post2 := round.Candidates[0].ID, round.Candidates[2].ID, round.Candidates[3].ID
		if round.Offers[0].Letter != nil || round.Offers[2].Letter == nil || len(round.Offers[2].Letter.Code) != codeDigits || round.Offers[2].Name != "Post 1" {
			t.Fatalf("the sender sees %+v", round.Offers)
		}
		l.as("desk1").offers(desk, 12)
		one := l.guestOfRound("post1@letter.example", post1)
		two := l.guestOfRound("post2@letter.example", post2)
		two.does(post2, Deed{Action: Decline, Code: "no-place", Once: id.New()})
		one.does(post1, Deed{Action: Accept, Hours: 3, Terms: []string{"with-children"}, Text: "a quiet room", Once: id.New()})
		seen := midwife.sees(round.ID)
		if o := seen.Offers[2]; !o.Choosable || !o.Held.Equal(l.now.Add(3*time.Hour)) || o.Words != "a quiet room" || !slices.Equal(o.Terms, []string{"with-children"}) {
			t.Fatalf("the offer of a guest: %+v", o)
		}
		if counts := countedAnswers(l); counts["asked"] != 8 || counts["offered"] != 4 || counts["no-place"] != 2 {
			t.Errorf("counted %v: four were asked, two offered, one refused, for two kinds of help", counts)
		}
		draft, err := l.s.Choose(ctx, midwife.v, round.ID, post1)
		l.must(err)
		kind(t, l.s.AddressBy(ctx, AuthorOf(midwife.v), draft, "gr-post2-house", ByLink), fault.Conflict, "enquiry.error.not-chosen")
		l.mail = nil
		l.must(midwife.consents(draft))
		got := midwife.looks(draft)
		if got.Way() != ByLink || got.ToAgent != "Post 1" || got.Letter.Address != "post1@letter.example" {
			t.Errorf("the referral went to %+v", got.Row)
		}
		if want := []post{{"post1@letter.example", "link", "/letter/" + l.link()}}; !slices.Equal(l.mail, want) {
			t.Errorf("mailed %v: one who refused hears nothing more", l.mail)
		}
		guest, _ := l.opens(l.link(), l.code(draft), guestsName)
		if p := guest.looks(draft).Packet; p == nil || p.Kind != Referral {
			t.Errorf("the chosen one reads %+v", p)
		}
		one.cannotSee(draft)
		two.cannotSee(draft)
		if got := l.as("desk1").looks(desk); got.State != Released {
			t.Errorf("the desk's enquiry is %v", got.State)
		}
	})
}

// countedAnswers are all raw counts by answer.
func countedAnswers(l *letters) map[string]int64 {
	out := map[string]int64{}
	l.must(l.db.Read(ctx, func(tx *db.Tx) error {
		clear(out)
		return tx.Each(turnedOfStmt, func(scan func(...any) error) error {
			var region, help, answer string
			var n int64
			err := scan(&region, &help, &answer, &n)
			out[answer] += n
			return err
		}, l.now.UTC().Format("2006-01"), "GR")
	}))
	return out
}

// req: ENQUIRY-1
func TestALetterAmongSeveralHoldsNothingThatIdentifiesAndShowsNothingOfTheOthers(t *testing.T) {
	lettersAmong(t, func(t *testing.T, l *letters) {
		midwife := l.as("midwife")
		round := midwife.asksSeveral(twoAndTwo...)
		guest := l.guestOfRound("post1@letter.example", round.Candidates[2].ID)
		several := guest.looks(round.Candidates[2].ID)
		b, err := several.Packet.Bytes()
		l.must(err)
		for _, secret := range []string{"Thessaloniki", "Name of midwife", herName, herStory, "desk1", "Desk 1", "post2", "Post 2", round.ID} {
			if bytes.Contains(b, []byte(secret)) {
				t.Errorf("the letter holds %q: %s", secret, b)
			}
		}
		for _, other := range []int{0, 1, 3} {
			guest.cannotSee(round.Candidates[other].ID)
		}
		if _, err := l.s.LookRound(ctx, guest.v, round.ID); fault.KindOf(err) != fault.NotFound {
			t.Errorf("a guest sees the round: %v", err)
		}
		if err := l.s.End(ctx, guest.v, round.ID); fault.KindOf(err) != fault.NotFound {
			t.Errorf("a guest ends the round: %v", err)
		}
		// One that was asked alone looks the same as one of several.
		single := midwife.asksSeveral("gr-post2-house")
		alone := l.guestOfRound("post2@letter.example", single.Candidates[0].ID).looks(single.Candidates[0].ID)
		if len(several.Events) != len(alone.Events) || !slices.Equal(several.Actions, alone.Actions) {
			t.Errorf("%v %v\n%v %v", several.Events, several.Actions, alone.Events, alone.Actions)
		}
	})
}

// req: ENQUIRY-7
func TestALetterThatNobodyCouldBeToldTheCodeOfIsSkippedWhenTheAnswerIsDue(t *testing.T) {
	lettersAmong(t, func(t *testing.T, l *letters) {
		midwife := l.as("midwife")
		round := midwife.asksSeveral(twoAndTwo...)
		opened, unopened := round.Candidates[2].ID, round.Candidates[3].ID
		l.guestOfRound("post1@letter.example", opened)
		link, code := l.linkTo("post2@letter.example"), l.code(unopened)
		alone := midwife.asks(ByLink) // a letter by itself waits longer
		l.notices, l.mail = nil, nil
		l.later(30 * time.Minute)
		if !slices.Contains(l.notices, "reminder midwife") {
			t.Errorf("half-way the sender is not reminded to call: %v", l.notices)
		}
		if got := midwife.looks(unopened).State; got != Sent {
			t.Errorf("too early: %v", got)
		}
		l.later(30 * time.Minute)
		seen := midwife.sees(round.ID)
		if a, b, c := seen.Offers[0], seen.Offers[2], seen.Offers[3]; a.State != Sent || b.State != Received || c.State != Expired || !c.Letter.Opened.IsZero() || c.Letter.Code != "" {
			t.Fatalf("at the deadline: %v, %v, %+v", a.State, b.State, c)
		}
		if seen.State != Asking {
			t.Errorf("the round is %v", seen.State)
		}
		if ended, err := l.s.LetterState(ctx, link); !ended || err != nil {
			t.Errorf("its link does not say that it has ended: %v", err)
		}
		if _, err := l.s.OpenLetter(ctx, link, code, guestsName); err == nil {
			t.Error("it still opens")
		}
		if !slices.Contains(l.mail, post{"post2@letter.example", "ended", ""}) {
			t.Errorf("the skipped one is not told: %v", l.mail)
		}
		kind(t, l.s.Renew(ctx, midwife.v, unopened, "en", ""), fault.Conflict, "guest.error.over")
		if got := midwife.looks(alone).State; got != Sent {
			t.Errorf("the letter that was sent alone is %v", got)
		}
	})
}

func TestEndingARoundTakesTheLettersBackAndTellsThem(t *testing.T) {
	lettersAmong(t, func(t *testing.T, l *letters) {
		midwife := l.as("midwife")
		round := midwife.asksSeveral(twoAndTwo...)
		one := round.Candidates[2].ID
		guest := l.guestOfRound("post1@letter.example", one)
		guest.does(one, Deed{Action: Accept, Once: id.New()})
		if held := midwife.sees(round.ID).Offers[2].Held; !held.Equal(l.now.Add(UsualHold * time.Hour)) {
			t.Errorf("a guest who names no time holds until %v", held)
		}
		link := l.linkTo("post1@letter.example")
		l.mail = nil
		l.must(l.s.End(ctx, midwife.v, round.ID))
		for _, mailbox := range []string{"post1@letter.example", "post2@letter.example"} {
			if !slices.Contains(l.mail, post{mailbox, "ended", ""}) {
				t.Errorf("%s is not told: %v", mailbox, l.mail)
			}
		}
		if ended, err := l.s.LetterState(ctx, link); !ended || err != nil {
			t.Errorf("the link does not say that it has ended: %v", err)
		}
		if _, err := l.s.OpenLetter(ctx, link, "00000000", guestsName); err == nil {
			t.Error("it still opens")
		}
	})
}

// A chosen service may be admitted to the installation before the referral
// leaves: it then goes to its account, and still to nobody else.
//
// req: ENQUIRY-5
func TestAChosenServiceThatGotAnAccountMeanwhileIsStillTheChosenOne(t *testing.T) {
	lettersAmong(t, func(t *testing.T, l *letters) {
		midwife := l.as("midwife")
		round := midwife.asksSeveral(twoAndTwo...)
		one := round.Candidates[2].ID
		l.guestOfRound("post1@letter.example", one).does(one, Deed{Action: Accept, Hours: 24, Once: id.New()})
		draft, err := l.s.Choose(ctx, midwife.v, round.ID, one)
		l.must(err)
		l.agencies["gr-post1"] = "desk7"
		l.must(midwife.consents(draft))
		if got := l.as("desk7").looks(draft); got.Packet == nil || got.Kind != Referral {
			t.Errorf("the new account reads %+v", got.Row)
		}
	})
}

// Random histories of two senders, two desks, two guests and the clock: whatever
// they do, one packet at most leaves, and only to the one that was chosen.
//
// req: ENQUIRY-5
func TestWhateverDesksAndGuestsDoOnePacketAtMostLeavesAndOnlyToTheChosenOne(t *testing.T) {
	lettersAmong(t, func(t *testing.T, l *letters) {
		sent, byLetter := 0, 0
		for seed := range 10 {
			h := newHistory(l, rand.New(rand.NewPCG(uint64(seed), 11)))
			for range 40 {
				h.step()
				at := h.packets()
				if len(at) > 1 {
					t.Fatalf("seed %d: packets %v", seed, at)
				}
				if len(at) == 0 {
					continue
				}
				seen := l.as("head").sees(h.round.ID)
				won, _ := seen.Candidate(seen.Choice)
				if at[0].ServiceID != won.Service || WayOf(at[0].ToAgency) != WayOf(won.Agency) || seen.State != Placed {
					t.Fatalf("seed %d: a packet to %s, chosen %+v, %s", seed, at[0].ToAgency, won, seen.State)
				}
				if !consented(l.house, at[0]) {
					t.Fatalf("seed %d: a packet to %s without consent", seed, at[0].ToAgency)
				}
				sent++
				if at[0].Way() == ByLink {
					byLetter++
				}
				break
			}
		}
		if sent < 3 || byLetter == 0 {
			t.Errorf("%d histories came to a packet, %d by letter: the property said little", sent, byLetter)
		}
	})
}

// history is one random course of a round.
type history struct {
	*letters
	r      *rand.Rand
	round  *RoundShown
	desks  []*web.Viewer // nil: a guest who was not told the code yet
	drafts map[string]bool
}

func newHistory(l *letters, r *rand.Rand) *history {
	round := l.as("midwife").asksSeveral(twoAndTwo...)
	return &history{letters: l, r: r, round: round, drafts: map[string]bool{}, desks: []*web.Viewer{l.users["desk1"], l.users["desk2"], nil, nil}}
}

func (h *history) step() {
	h.later(time.Duration(h.r.IntN(20)) * time.Minute)
	i := h.r.IntN(len(h.desks))
	c := h.round.Candidates[i]
	sender := h.users[[]string{"midwife", "head"}[h.r.IntN(2)]]
	switch n := h.r.IntN(12); {
	case n < 5 && h.desks[i] == nil:
		h.tell(i, c)
	case n < 4: // what fails, fails: the desk may have been told that it is over
		_, _ = h.s.Look(ctx, h.desks[i], c.ID)
		_ = h.s.Act(ctx, h.desks[i], c.ID, Deed{Action: Accept, Hours: Holds[h.r.IntN(len(Holds))]})
	case n == 4:
		_ = h.s.Act(ctx, h.desks[i], c.ID, Deed{Action: Decline, Code: "no-place"})
	case n < 8:
		if draft, err := h.s.Choose(ctx, sender, h.round.ID, c.ID); err == nil {
			h.drafts[draft] = true
		}
	case n == 8:
		_ = h.s.Reconsider(ctx, sender, h.round.ID)
	default:
		h.carryOut()
	}
}

// tell tells a guest the code, if the letter is still there.
func (h *history) tell(i int, c Candidate) {
	letter := h.as("midwife").looks(c.ID).Letter
	if letter.Code == "" {
		return
	}
	link := h.linkTo(letter.Address)
	cookie, err := h.s.OpenLetter(ctx, link, letter.Code, guestsName)
	h.must(err)
	h.desks[i], _, err = h.s.LetterViewer(ctx, link, cookie)
	h.must(err)
}

// carryOut tries to send every draft of a choice, by whoever wrote it.
func (h *history) carryOut() {
	for draft := range h.drafts {
		for _, v := range []*web.Viewer{h.users["midwife"], h.users["head"]} {
			if h.s.Save(ctx, AuthorOf(v), draft, "setting", Answer{"setting": {Alone}}) == nil {
				_, _ = h.s.Send(ctx, v, draft, "en", actor{h.house, v}.order(draft, PartNeeds))
			}
		}
	}
}

// packets are the referrals that left of this round's drafts.
func (h *history) packets() (out []Row) {
	all, err := h.s.List(ctx, h.users["head"], 1, 200)
	h.must(err)
	for _, row := range all {
		if row.Kind == Referral && h.drafts[row.ID] {
			out = append(out, row)
		}
	}
	return out
}

// consented says whether a consent to exactly this stands behind a packet.
func consented(h *house, r Row) bool {
	for _, g := range h.given {
		if g.Referral == r.ID && g.ToAgency == r.ToAgency {
			return true
		}
	}
	return false
}
