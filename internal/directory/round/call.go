package round

import (
	"context"
	"slices"
	"strings"
	"time"

	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/directory"
	"amelie/internal/fault"
	"amelie/internal/geo"
	"amelie/internal/web"
)

// Calls is the call list of a round, in the order of calling. The numbers are
// those that the directory knew: a corrected one is never on it.
func (s *Service) Calls(ctx context.Context, v *web.Viewer, roundID string) (r Round, out []Call, err error) {
	return s.callsOf(ctx, v, roundID, func(due []Body) []Body { return due })
}

// callsOf is the part of the call list that pick takes of all who are to be
// called, by country and identifier. Of the directory only those are read.
func (s *Service) callsOf(ctx context.Context, v *web.Viewer, roundID string, pick func(due []Body) []Body) (r Round, out []Call, err error) {
	now := s.cfg.Now()
	err = s.reads(ctx, v, "directory.verify", func(tx *db.Tx) error {
		out = nil
		if r, err = s.round(tx, roundID); err != nil {
			return err
		}
		bodies, err := readBodies(tx, bodiesStmt, roundID)
		if err != nil {
			return err
		}
		due := slices.DeleteFunc(bodies, func(b Body) bool { _, on := b.Calls(now); return !on })
		slices.SortFunc(due, byKey)
		broken, err := brokenBodies(tx)
		if err != nil {
			return err
		}
		for _, b := range pick(due) {
			list, err := s.cfg.Directory.Some(tx, b.Organization)
			if err != nil {
				return err
			}
			for i := range list { // one, or none when it was taken out
				reason, _ := b.Calls(now)
				numbers, open := reach(&list[i], now)
				out = append(out, Call{Body: b, Reason: reason, Numbers: numbers, Open: open, Broken: broken[b.Organization]})
			}
		}
		return nil
	})
	order(out, now)
	return r, out, err
}

// bodyKey is the order in which the pages of a round and of its call list
// stand; within a page of calls who can be reached now comes first.
func bodyKey(b Body) string { return b.Country + " " + b.Organization }

func byKey(a, b Body) int { return strings.Compare(bodyKey(a), bodyKey(b)) }

// brokenBodies are those whose number was reported as not working.
func brokenBodies(tx *db.Tx) (map[string]bool, error) {
	list, err := readBroken(tx, allBrokenStmt)
	broken := map[string]bool{}
	for _, b := range list {
		broken[b.Organization] = true
	}
	return broken, err
}

// reach is by which numbers a body can be called, and whether any of them is
// answered now as far as the hours tell.
func reach(o *directory.Organization, now time.Time) (numbers []directory.Phone, best directory.OpenState) {
	add := func(phones []directory.Phone) {
		for _, p := range phones {
			if p.Kind != "fax" && !slices.ContainsFunc(numbers, func(q directory.Phone) bool { return q.Number == p.Number && q.Short == p.Short }) {
				numbers = append(numbers, p)
			}
		}
	}
	for i := range o.Services {
		v := &o.Services[i]
		add(v.Phones)
		for _, p := range v.Places {
			add(p.Phones)
		}
		for _, h := range (directory.Entry{Organization: o, Service: v}).Hours() {
			state := h.State(now, o.Country)
			if state.Open || !best.Known && !best.Open {
				best = state
			}
			if best.Open {
				break
			}
		}
	}
	return numbers, best
}

// Called is what came of a call.
type Called struct {
	Outcome Outcome
	Parts   []directory.Part // what was asked about and is right
	Note    string           // for whoever mends the entry
	Once    string
}

// Call writes down what came of a call: what was asked about and is right
// counts as verified by telephone; what is not waits for an editor as words.
//
// Errors: fault.NotFound; fault.Invalid for an outcome that does not exist, a
// confirmation of nothing, or a correction without words.
func (s *Service) Call(ctx context.Context, v *web.Viewer, roundID, organization string, c Called) error {
	if err := c.check(); err != nil {
		return err
	}
	err := s.writes(ctx, v, "directory.verify", func(tx *db.Tx) error {
		now := s.cfg.Now()
		if first, err := db.Once(tx, "round.call", c.Once, now); err != nil || !first {
			return err
		}
		b, err := s.body(tx, roundID, organization)
		if err != nil {
			return err
		}
		by := byEditor(v)
		if err := s.consequences(tx, by, now, b, c); err != nil {
			return err
		}
		next := time.Time{}
		if c.Outcome == CallNobody {
			next = nextTry(now, s.zone(b.Country))
		}
		if _, err := tx.Exec(callStmt, clock.Millis(now), stored(next), string(c.Outcome), c.Note, roundID, organization); err != nil {
			return err
		}
		return s.record(tx, v, "called", roundID+"/"+organization)
	})
	s.cfg.Directory.Refresh()
	return err
}

func (c *Called) check() error {
	c.Note = cutText(strings.TrimSpace(c.Note), mostWords)
	switch {
	case !slices.Contains(Outcomes, c.Outcome):
		return fault.Fields(fault.Field{Name: "outcome", Key: "web.error.choose"})
	case c.Outcome == CallConfirmed && len(c.Parts) == 0:
		return fault.Fields(fault.Field{Name: "parts", Key: "round.error.parts"})
	case c.Outcome == CallCorrected && c.Note == "":
		return fault.Fields(fault.Field{Name: "note", Key: "round.error.note"})
	}
	return nil
}

// consequences are what a call changes besides the list itself.
func (s *Service) consequences(tx *db.Tx, by directory.By, now time.Time, b Body, c Called) error {
	switch c.Outcome {
	case CallConfirmed, CallCorrected:
		if err := s.heard(tx, by, now, b.Organization, c.Parts); err != nil {
			return err
		}
	case CallDead:
		return s.markBroken(tx, by, now, b.Organization)
	case CallNobody:
		return nil
	}
	if c.Note != "" || c.Outcome == CallGone {
		row, err := s.cfg.Directory.Row(tx, directory.KindOrganization, b.Organization)
		if err != nil {
			return err
		}
		told := ""
		if c.Outcome == CallGone {
			told = directory.ToldGone
		}
		if _, err := s.cfg.Directory.Suggest(tx, by, now, directory.Change{Row: row, Note: c.Note, Told: told}); err != nil {
			return err
		}
	}
	_, err := tx.Exec(answerStmt, string(c.Outcome), "call", clock.Millis(now), b.Round, b.Organization)
	return err
}

// heard verifies by telephone what was asked about of every service and place
// that has it, and takes the mark off a number that answered.
func (s *Service) heard(tx *db.Tx, by directory.By, now time.Time, organization string, parts []directory.Part) error {
	tree, err := s.cfg.Directory.Tree(tx, organization)
	if err != nil {
		return err
	}
	verify := func(r directory.Row) error {
		has := slices.DeleteFunc(partsOf(r), func(p directory.Part) bool { return !slices.Contains(parts, p) })
		return s.cfg.Directory.Verify(tx, by, now, r.Kind, r.ID, directory.ByTelephone, has...)
	}
	for _, v := range tree.Services {
		if err := verify(v); err != nil {
			return err
		}
		for _, p := range tree.Places[v.ID] {
			if err := verify(p); err != nil {
				return err
			}
		}
		if slices.Contains(parts, directory.PartPhones) {
			if _, err := tx.Exec(dropBrokenStmt, v.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// markBroken tells professionals that the numbers of a body do not answer.
func (s *Service) markBroken(tx *db.Tx, by directory.By, now time.Time, organization string) error {
	tree, err := s.cfg.Directory.Tree(tx, organization)
	if err != nil {
		return err
	}
	for _, v := range tree.Services {
		if len(v.Service.Phones) == 0 {
			continue
		}
		if _, err := tx.Exec(putBrokenStmt, v.ID, organization, clock.Millis(now), int64(0), by.User, by.Name); err != nil {
			return err
		}
	}
	return nil
}

// Returned notes that the mail to a body came back, as an editor saw in the
// mailbox of the site: it is called instead.
func (s *Service) Returned(ctx context.Context, v *web.Viewer, roundID, organization string) error {
	return s.writes(ctx, v, "directory.verify", func(tx *db.Tx) error {
		n, err := tx.Exec(bouncedStmt, roundID, organization)
		if err == nil && n == 0 {
			err = fault.New(fault.NotFound, "web.error.not-found")
		}
		if err != nil {
			return err
		}
		return s.record(tx, v, "returned", roundID+"/"+organization)
	})
}

func (s *Service) zone(country string) *time.Location {
	loc, err := time.LoadLocation(geo.Zone(country)) // UTC when it is not known
	if err != nil {
		return time.UTC
	}
	return loc
}
