package place

import (
	"slices"
	"time"

	"amelie/internal/fault"
)

// State is where a request stands.
type State string

// The states of a request. The last five are final.
const (
	Asked     State = "asked"
	Reserved  State = "reserved"  // an offer holds its beds
	Confirmed State = "confirmed" // the person said yes
	Arrived   State = "arrived"
	Missed    State = "missed" // nobody came
	Nobody    State = "nobody" // no project is left that could
	Withdrawn State = "withdrawn"
	RanOut    State = "ran-out"
)

// Standing is where one project's part of a request stands.
type Standing string

// The standings.
const (
	Waiting  Standing = "waiting"  // has not answered
	Standby  Standing = "standby"  // offered, while another holds
	Held     Standing = "held"     // its beds are reserved
	Promised Standing = "promised" // the person comes
	Here     Standing = "here"     // the person came
	Lapsed   Standing = "lapsed"   // not held any longer; it can offer again
	Refused  Standing = "refused"
	TookBack Standing = "took-back"
	Declined Standing = "declined" // the person said no
	Released Standing = "released" // no longer needed
)

// Over says that the project has no more part in it and needs no key.
func (s Standing) Over() bool {
	return slices.Contains([]Standing{Here, Refused, TookBack, Declined, Released}, s)
}

// Takes says that beds of the project are taken out of its free ones.
func (s Standing) Takes() bool { return s == Held || s == Promised || s == Here }

// Candidate is one project's part of a request.
type Candidate struct {
	AgencyID string
	Standing Standing
	Pool     string
	Hours    int       // for how long its offer holds
	Offered  time.Time // the order of those who stand by
	Until    time.Time // held, or expected, until then
	Terms    []string
	Reason   string
	Answered string   // the member who answered
	Regions  []string // in which it may offer
}

// In says whether the project may offer a place in a region. What lies where the
// person must not go was not among those it was asked for.
//
// req: PLACE-5
func (c Candidate) In(region string) bool { return slices.Contains(c.Regions, region) }

// Request is one request to move.
type Request struct {
	ID, CaseID, AgencyID, UserID, Country string
	Beds                                  int
	State                                 State
	Made, StateAt, Until                  time.Time
	Candidates                            []Candidate
	Version                               int64
}

// Name of what is done.
type Name string

// The acts. The last two are the clock's.
const (
	Offer    Name = "offer"
	Refuse   Name = "refuse"
	TakeBack Name = "take-back"
	Confirm  Name = "confirm"
	Decline  Name = "decline"
	Arrive   Name = "arrive"
	Miss     Name = "miss"
	Withdraw Name = "withdraw"
	Lapse    Name = "lapse"
	RunOut   Name = "run-out"
)

// Act is something that is done to a request.
type Act struct {
	Name   Name
	Agency string // whose part, for what a project does
	Pool   string
	Hours  int
	Terms  []string
	Reason string
	By     string
	Once   string // of the button
}

// BedBook takes and gives back beds of pools. Take is false, and takes nothing, when
// there are not enough.
type BedBook interface {
	Take(pool string, n int) (bool, error)
	Give(pool string, n int) error
}

// rule is one line of the table: in which states of the request and of the project
// concerned an act may be done. Without standings the act concerns the request.
type rule struct {
	act  Name
	from []State
	at   []Standing
}

var table = []rule{
	{Offer, []State{Asked, Reserved}, []Standing{Waiting, Lapsed}},
	{Refuse, []State{Asked, Reserved}, []Standing{Waiting, Lapsed}},
	{TakeBack, []State{Asked, Reserved, Confirmed}, []Standing{Standby, Held, Promised}},
	{Confirm, []State{Reserved}, []Standing{Held}},
	{Decline, []State{Reserved}, []Standing{Held}},
	{Lapse, []State{Reserved}, []Standing{Held}},
	{Arrive, []State{Confirmed}, []Standing{Promised}},
	{Miss, []State{Confirmed}, []Standing{Promised}},
	{Withdraw, []State{Asked, Reserved, Confirmed}, nil},
	{RunOut, []State{Asked, Reserved}, nil},
}

// Open says whether a request can still come to something.
func (r Request) Open() bool {
	return r.State == Asked || r.State == Reserved || r.State == Confirmed
}

// Holder is the project whose beds are taken; nil while there is none.
func (r Request) Holder() *Candidate {
	i := slices.IndexFunc(r.Candidates, func(c Candidate) bool { return c.Standing.Takes() })
	if i < 0 {
		return nil
	}
	return &r.Candidates[i]
}

// Candidate is an agency's part; nil when it was not asked.
func (r Request) Candidate(agency string) *Candidate {
	i := slices.IndexFunc(r.Candidates, func(c Candidate) bool { return c.AgencyID == agency })
	if i < 0 {
		return nil
	}
	return &r.Candidates[i]
}

// concerned is the project that an act is about: that which does it, or the one
// whose beds are taken.
func (r Request) concerned(a Act) *Candidate {
	if a.Agency != "" {
		return r.Candidate(a.Agency)
	}
	return r.Holder()
}

// Do is the request after an act. Beds are taken and given back on the way, so
// that it belongs into the transaction that writes the request.
// Errors: fault.Conflict when it cannot be done now; "place.error.no-bed" when
// somebody else was given the last bed.
//
// req: PLACE-3
func (r Request) Do(a Act, now time.Time, beds BedBook) (Request, error) {
	r.Candidates = slices.Clone(r.Candidates)
	i := slices.IndexFunc(table, func(l rule) bool { return l.act == a.Name && slices.Contains(l.from, r.State) })
	c := r.concerned(a)
	if i < 0 || table[i].at != nil && (c == nil || !slices.Contains(table[i].at, c.Standing)) {
		return r, fault.New(fault.Conflict, "place.error.over")
	}
	was := r.State
	err := r.do(a, c, now, beds)
	if r.State != was {
		r.StateAt = now
	}
	return r, err
}

func (r *Request) do(a Act, c *Candidate, now time.Time, beds BedBook) error {
	over := fault.New(fault.Conflict, "place.error.over")
	switch a.Name {
	case Offer:
		return r.offer(a, c, now, beds)
	case Refuse:
		c.Standing, c.Reason, c.Answered = Refused, a.Reason, a.By
		r.empty()
		return nil
	case TakeBack:
		c.Reason, c.Answered = a.Reason, a.By
		return r.free(c, TookBack, now, beds)
	case Decline:
		return r.free(c, Declined, now, beds)
	case Lapse:
		if now.Before(c.Until) {
			return over
		}
		return r.free(c, Lapsed, now, beds)
	case Confirm:
		if !now.Before(c.Until) {
			return over
		}
		c.Standing, c.Until, r.State = Promised, now.Add(ArriveWithin), Confirmed
		r.release()
	case Arrive:
		c.Standing, r.State = Here, Arrived
	case Miss:
		r.State, c.Standing = Missed, Released
		return beds.Give(c.Pool, r.Beds)
	case Withdraw, RunOut:
		if a.Name == RunOut && now.Before(r.Until) {
			return over
		}
		return r.end(a.Name, beds)
	}
	return nil
}

// offer holds the beds of the first that offers; the next stand by.
func (r *Request) offer(a Act, c *Candidate, now time.Time, beds BedBook) error {
	if !now.Before(r.Until) {
		return fault.New(fault.Conflict, "place.error.over")
	}
	c.Pool, c.Hours, c.Terms, c.Answered, c.Offered, c.Reason = a.Pool, a.Hours, a.Terms, a.By, now, ""
	if r.State == Reserved {
		c.Standing = Standby
		return nil
	}
	took, err := beds.Take(c.Pool, r.Beds)
	if err == nil && !took {
		err = fault.New(fault.Conflict, "place.error.no-bed")
	}
	if err != nil {
		return err
	}
	r.hold(c, now)
	return nil
}

func (r *Request) hold(c *Candidate, now time.Time) {
	c.Standing, c.Until, r.State = Held, now.Add(time.Duration(c.Hours)*time.Hour), Reserved
	if c.Until.After(r.Until) {
		c.Until = r.Until
	}
}

// free ends a project's offer, gives back the beds that it held, and lets the next
// move up.
func (r *Request) free(c *Candidate, to Standing, now time.Time, beds BedBook) error {
	took := c.Standing.Takes()
	c.Standing = to
	if !took {
		return nil
	}
	if err := beds.Give(c.Pool, r.Beds); err != nil {
		return err
	}
	r.State = Asked
	return r.next(now, beds)
}

// next holds the beds of the first that stands by and still has them.
func (r *Request) next(now time.Time, beds BedBook) error {
	for {
		var first *Candidate
		for i := range r.Candidates {
			if c := &r.Candidates[i]; c.Standing == Standby && (first == nil || c.Offered.Before(first.Offered)) {
				first = c
			}
		}
		if first == nil {
			r.empty()
			return nil
		}
		took, err := beds.Take(first.Pool, r.Beds)
		if err != nil {
			return err
		}
		if took {
			r.hold(first, now)
			return nil
		}
		first.Standing = Lapsed
	}
}

// empty ends a request when no project is left that could.
func (r *Request) empty() {
	if r.State == Asked && !slices.ContainsFunc(r.Candidates, func(c Candidate) bool { return !c.Standing.Over() }) {
		r.State = Nobody
	}
}

// release tells all that have no beds taken that they are no longer needed.
func (r *Request) release() {
	for i := range r.Candidates {
		if c := &r.Candidates[i]; !c.Standing.Over() && !c.Standing.Takes() {
			c.Standing = Released
		}
	}
}

func (r *Request) end(how Name, beds BedBook) error {
	r.State = Withdrawn
	if how == RunOut {
		r.State = RanOut
	}
	c := r.Holder()
	r.release()
	if c == nil {
		return nil
	}
	c.Standing = Released
	return beds.Give(c.Pool, r.Beds)
}

// Next is when the clock has something to do with the request, and what; the zero
// time when never.
func (r Request) Next() (time.Time, Name) {
	c := r.Holder()
	switch {
	case r.State == Confirmed && c != nil:
		return c.Until.Add(24 * time.Hour), Miss
	case r.State == Reserved && c != nil && c.Until.Before(r.Until):
		return c.Until, Lapse
	case r.Open():
		return r.Until, RunOut
	}
	return time.Time{}, ""
}
