package edit

import "amelie/internal/fault"

// How a part of the course comes to readers in one language. A state is never
// stored: it follows from which text was published, which was given to be read
// and which was read, each named by its digest. Whoever changes the text has
// another digest, and so a draft.

// Part is what is known of a part in one language: digests, "" for none.
type Part struct {
	Text     string // as it stands in the working copy
	Live     string // as readers see it
	LiveRead string // as readers see it, when they are told who read it
	Asked    string // that somebody was asked to read
	Back     string // that was sent back
	Read     string // that somebody read and found good
}

// State is where a part stands.
type State string

// The states.
const (
	Unread    State = "draft"     // nobody was asked to read it
	InReview  State = "review"    // waits for somebody who reads it
	Approved  State = "approved"  // read and found good, and readers do not see it yet
	Published State = "published" // what readers see
)

// Step is what can be done with a part beside writing it.
type Step string

// The steps.
const (
	Ask      Step = "ask"      // for a review
	Approve  Step = "approve"  // by somebody else than who wrote it last
	SendBack Step = "back"     // with what is wrong
	Publish  Step = "publish"  // with the whole course
	Withdraw Step = "withdraw" // ask no more
)

// steps are those that each state allows.
var steps = map[State][]Step{
	Unread:    {Ask, Publish},
	InReview:  {Approve, SendBack, Withdraw, Publish},
	Approved:  {Publish},
	Published: {Ask, Publish},
}

// State is where the part stands.
func (p Part) State() State {
	switch {
	case p.Text == p.Asked:
		return InReview
	case p.Text == p.Read && p.Text != p.LiveRead:
		return Approved
	case p.Text == p.Live:
		return Published
	}
	return Unread
}

// Unseen says that readers would see a text that they do not see now and that
// nobody has read.
func (p Part) Unseen() bool { return p.Text != p.Live && p.Text != p.Read }

// Can says whether a step is possible. What was read as it is needs no review.
func (p Part) Can(step Step) bool {
	if step == Ask && p.Text == p.Read {
		return false
	}
	for _, one := range steps[p.State()] {
		if one == step {
			return true
		}
	}
	return false
}

// After is the part after a step. Errors: fault.Stale when it cannot be taken.
func (p Part) After(step Step) (Part, error) {
	if !p.Can(step) {
		return p, errStep
	}
	switch step {
	case Ask:
		p.Asked, p.Back = p.Text, ""
	case Approve:
		p.Asked, p.Read = "", p.Text
	case SendBack:
		p.Asked, p.Back = "", p.Text
	case Withdraw:
		p.Asked = ""
	case Publish:
		p.Live, p.LiveRead = p.Text, ""
		if p.Read == p.Text {
			p.LiveRead = p.Text
		}
	}
	return p, nil
}

var errStep = fault.New(fault.Stale, "editing.fault.step")
