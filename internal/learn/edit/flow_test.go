package edit

import (
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// Whatever is done in whatever order: what counts as read is a text that
// somebody was asked for and approved, and a text that nobody approved is a
// draft, waits, or is what readers see.
//
// req: EDIT-6
func TestWhatCountsAsReadIsExactlyATextThatSomebodyRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := Part{Text: "0", Live: "0"}
		approved, back := map[string]bool{}, map[string]bool{}
		for range rapid.IntRange(1, 30).Draw(t, "acts") {
			before := p
			switch do := rapid.SampledFrom([]Step{"write", Ask, Approve, SendBack, Withdraw, Publish}).Draw(t, "do"); do {
			case "write":
				p.Text = strconv.Itoa(rapid.IntRange(0, 3).Draw(t, "text"))
			default:
				next, err := p.After(do)
				if (err == nil) != p.Can(do) || err != nil && next != p {
					t.Fatalf("%s of %+v: %v %+v", do, p, err, next)
				}
				if err == nil && do == Approve {
					if before.State() != InReview {
						t.Fatalf("approved while %s", before.State())
					}
					approved[p.Text] = true
				}
				if err == nil && do == SendBack {
					back[p.Text] = true
				}
				p = next
			}
			if p.Read == p.Text && !approved[p.Text] {
				t.Fatalf("%+v counts as read", p)
			}
			if p.State() == Approved && p.LiveRead == p.Text || p.State() == Published && p.Live != p.Text {
				t.Fatalf("%s: %+v", p.State(), p)
			}
			if p.Back == p.Text && !back[p.Text] || p.Unseen() && p.State() == Approved {
				t.Fatalf("%+v", p)
			}
			if p.Text != before.Text && p.State() == InReview && p.Asked == before.Text {
				t.Fatalf("another text than the one that was given waits: %+v", p)
			}
		}
	})
}

// req: EDIT-6
func TestWhoeverChangesAWordHasADraft(t *testing.T) {
	for _, p := range []Part{{Text: "a", Live: "a"}, {Text: "a", Live: "a", Asked: "a"}, {Text: "a", Read: "a"}, {Text: "a", Live: "a", Read: "a", LiveRead: "a"}} {
		if p.Text = "b"; p.State() != Unread || !p.Unseen() || p.Can(Approve) {
			t.Errorf("%+v is %s", p, p.State())
		}
		if p.Text = "a"; p.State() == Unread {
			t.Errorf("%+v is a draft though it is the text that was seen", p)
		}
	}
}
