package referral

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var everyWay = []Way{ByAccount, ByLink, ByForm, ByCall}

// walkBy is a random possible history of a way.
func walkBy(t *rapid.T, w Way) (k Kind, feedback bool, states []State, voices []Side) {
	k, feedback = rapid.SampledFrom([]Kind{Referral, Enquiry}).Draw(t, "kind"), rapid.Bool().Draw(t, "feedback")
	states, voices = []State{Draft}, []Side{Sender}
	for range rapid.IntRange(0, 20).Draw(t, "length") {
		a := rapid.SampledFrom(actions).Draw(t, "action")
		by := rapid.SampledFrom([]Side{Sender, Receiver, Clock}).Draw(t, "side")
		if next, voice, err := NextBy(w, k, feedback, states[len(states)-1], a, by); err == nil {
			states, voices = append(states, next), append(voices, voice)
		}
	}
	return k, feedback, states, voices
}

func TestEveryWayKeepsToTheOneTable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := rapid.SampledFrom(everyWay).Draw(t, "way")
		_, _, states, voices := walkBy(t, w)
		for i := 1; i < len(states); i++ {
			from, to := states[i-1], states[i]
			reachable := from == to || slices.ContainsFunc(table, func(r rule) bool {
				early := w.Told() && from == Sent && voices[i] == Receiver // who answers has it
				return r.side == voices[i] && r.to == to && (slices.Contains(r.from, from) || early && slices.Contains(r.from, Received))
			})
			if !reachable {
				t.Fatalf("by %q: %v to %v", w, from, to)
			}
			if from == Withdrawn || from == Expired {
				t.Fatalf("by %q: %v goes on to %v", w, from, to)
			}
		}
	})
}

func TestAnAccountsFlowIsUntouchedByTheOtherWays(t *testing.T) {
	for _, k := range []Kind{Referral, Enquiry} {
		for _, s := range States {
			for _, a := range actions {
				for _, by := range []Side{Sender, Receiver, Clock} {
					want, wantErr := Next(k, s, a, by)
					got, voice, err := NextBy(ByAccount, k, false, s, a, by)
					if got != want || voice != by || (err == nil) != (wantErr == nil) {
						t.Errorf("%v %v %v by %v: %v %v %v", k, s, a, by, got, voice, err)
					}
				}
			}
		}
	}
}

// req: GUEST-2
func TestAGuestDoesWhatAnAgencyDoesButCannotPassOn(t *testing.T) {
	for _, k := range []Kind{Referral, Enquiry} {
		for _, s := range States {
			agency := slices.DeleteFunc(Possible(k, s, Receiver), func(a Action) bool { return a == Redirect })
			guest := PossibleBy(ByLink, k, true, s, Receiver)
			slices.Sort(agency)
			slices.Sort(guest)
			if !slices.Equal(agency, guest) {
				t.Errorf("%v in %v: an agency %v, a guest %v", k, s, agency, guest)
			}
		}
	}
}

// req: GUEST-2
func TestOnPaperOnlyTheSenderActsAndNeverRecordsWhatTheyMayNotKnow(t *testing.T) {
	for _, w := range []Way{ByForm, ByCall} {
		for _, k := range []Kind{Referral, Enquiry} {
			for _, s := range States {
				if got := PossibleBy(w, k, true, s, Receiver); len(got) > 0 {
					t.Errorf("somebody without a key can %v in %v", got, s)
				}
				for _, a := range toldLater {
					next, voice, err := NextBy(w, k, false, s, a, Sender)
					if err == nil && (a != Close || s != Declined || voice != Sender) {
						t.Errorf("without feedback %v from %v to %v is recorded", a, s, next)
					}
				}
			}
		}
	}
	for a, want := range map[Action]State{Open: Received, Accept: Accepted, Decline: Declined, Ask: Received} {
		got, voice, err := NextBy(ByCall, Referral, false, Sent, a, Sender)
		if got != want || voice != Receiver || err != nil {
			t.Errorf("%v told on the telephone: %v as %v, %v", a, got, voice, err)
		}
	}
	if _, voice, err := NextBy(ByForm, Referral, true, Received, Reply, Sender); voice != Sender || err != nil {
		t.Errorf("an answer by the sender: %v %v", voice, err)
	}
}

func TestWithdrawalAndExpiryWorkByEveryWay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := rapid.SampledFrom(everyWay).Draw(t, "way")
		k, feedback, states, _ := walkBy(t, w)
		last := states[len(states)-1]
		next, _, err := NextBy(w, k, feedback, last, Withdraw, Sender)
		if possible := err == nil && next == Withdrawn; possible != ReceiverMayKnow(last) {
			t.Fatalf("withdraw by %q from %v: %v %v", w, last, next, err)
		}
		if _, _, err := NextBy(w, k, feedback, last, Expire, Clock); (err == nil) != ReceiverMayKnow(last) {
			t.Fatalf("expiry by %q from %v: %v", w, last, err)
		}
	})
}

func TestADoorNamesItsWayAndItsReferral(t *testing.T) {
	for _, w := range Doors {
		door := doorID(w, "0190-x")
		if WayOf(door) != w || doorOf(door) != "0190-x" {
			t.Errorf("%q: %q %q", door, WayOf(door), doorOf(door))
		}
	}
	for _, agency := range []string{"", "gr-a21", "0190aaaa-bbbb", "pigeon:x", ":x"} {
		if WayOf(agency) != ByAccount {
			t.Errorf("%q is taken for a door", agency)
		}
	}
}

func TestACodeIsReadAsItIsHeardAndTyped(t *testing.T) {
	for typed, want := range map[string]string{
		"12345678": "12345678", "1234 5678": "12345678", " 12.34.56.78 ": "12345678", "1234\u20135678": "12345678", "١٢٣٤٥٦٧٨": "12345678", "１２３４ ５６７８": "12345678",
		"1234567": "", "123456789": "", "1234567o": "", "": "", "abcdefgh": "",
	} {
		got, ok := ParseCode(typed)
		if ok != (want != "") || ok && got != want {
			t.Errorf("%q: %q %v", typed, got, ok)
		}
	}
}

func TestCodesAndLinksAreFreshAndReadBack(t *testing.T) {
	seen := map[string]bool{}
	for range 200 {
		code, link := newCode(), newLink()
		if back, ok := ParseCode(ShownCode(code)); !ok || back != code || seen[code] {
			t.Fatalf("code %q", code)
		}
		if back, ok := ParseLink(" " + strings.ToUpper(link)); !ok || back != link || seen[link] {
			t.Fatalf("link %q", link)
		}
		seen[code], seen[link] = true, true
	}
}

func FuzzLinksAndCodesAreReadOrRefused(f *testing.F) {
	for _, s := range []string{"", "1234 5678", "abcdefghijklmnopqrstuvwxyz", strings.Repeat("7", 26), "١٢٣٤٥٦٧٨", "../../etc", "12\x0034567\xff8", "𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if code, ok := ParseCode(s); ok {
			if again, still := ParseCode(code); !still || again != code || len(code) != codeDigits {
				t.Errorf("%q: %q is not a code", s, code)
			}
		}
		if link, ok := ParseLink(s); ok {
			if again, still := ParseLink(link); !still || again != link || len(link) != linkLength {
				t.Errorf("%q: %q is not a link", s, link)
			}
		}
	})
}
