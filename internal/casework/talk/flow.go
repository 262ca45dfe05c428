package talk

import (
	"slices"
	"time"

	"amelie/internal/fault"
)

// Standing is how far that is what a message asks for.
type Standing string

// The standings. A message that asks for nothing has none.
const (
	Nothing  Standing = ""
	Waiting  Standing = "waiting"
	Settled  Standing = "settled"   // answered, or done
	TakenOff Standing = "taken-off" // no longer needed
)

// Act is what somebody does about what a message asks for.
type Act string

// The acts.
const (
	Settle  Act = "settle"
	TakeOff Act = "take-off"
	Again   Act = "again" // not answered, or not done, after all
)

// side is from which end of a question somebody acts.
type side string

const (
	asker side = "asker"
	asked side = "asked"
)

var table = []struct {
	act      Act
	by       side
	from, to Standing
}{
	{Settle, asked, Waiting, Settled},
	{TakeOff, asker, Waiting, TakenOff},
	{Again, asker, Settled, Waiting},
}

// Asks says whether a message waits for somebody when it is written.
func (k Kind) Asks() bool { return k == Question || k == Decision }

// sides are the ends at which an agency stands: it asked, it is asked, or both
// when it decided to do something itself.
func (m Message) sides(agency string) (out []side) {
	if m.AgencyID == agency {
		out = append(out, asker)
	}
	if m.To == agency || m.To == "" && m.AgencyID != agency {
		out = append(out, asked)
	}
	return out
}

// WaitsFor says whether the message waits for the agency to do something.
func (m Message) WaitsFor(agency string) bool {
	return m.Standing == Waiting && slices.Contains(m.sides(agency), asked)
}

// Next is the standing after an act of a member of the agency.
// Errors: fault.Conflict.
func (m Message) Next(a Act, agency string) (Standing, error) {
	for _, r := range table {
		if r.act == a && r.from == m.Standing && slices.Contains(m.sides(agency), r.by) {
			return r.to, nil
		}
	}
	return m.Standing, fault.New(fault.Conflict, "talk.error.state")
}

// Possible are the acts that a member of the agency can do.
func (m Message) Possible(agency string) (out []Act) {
	for _, r := range table {
		if _, err := m.Next(r.act, agency); err == nil && !slices.Contains(out, r.act) {
			out = append(out, r.act)
		}
	}
	return out
}

// Stands says whether all parties agreed to minutes.
func (m Message) Stands(parties []Party) bool {
	return m.Kind == Minutes && !slices.ContainsFunc(parties, func(p Party) bool { return !slices.Contains(m.Agreed, p.AgencyID) })
}

// Hours are those of a day in which a notice may come: from the full hour From
// until before To, in the installation's zone.
type Hours struct {
	From, To int
	Weekdays bool // Monday to Friday alone
}

// AnyHour lets a notice come at once.
var AnyHour = Hours{0, 24, false}

// Check says whether these are hours of a day.
func (h Hours) Check() error {
	if h.From < 0 || h.To > 24 || h.From >= h.To {
		return fault.Fields(fault.Field{Name: "to", Key: "talk.error.hours"})
	}
	return nil
}

// Next is the first moment, not before t, at which a notice may come.
//
// req: TALK-4
func (h Hours) Next(t time.Time, zone *time.Location) time.Time {
	local := t.In(zone)
	for day := range 8 {
		on := func(hour int) time.Time {
			return time.Date(local.Year(), local.Month(), local.Day()+day, hour, 0, 0, 0, zone)
		}
		from, to := on(h.From), on(h.To)
		if weekday := from.Weekday(); h.Weekdays && (weekday == time.Saturday || weekday == time.Sunday) || !t.Before(to) {
			continue
		}
		if t.Before(from) {
			return from
		}
		return t
	}
	return t
}
