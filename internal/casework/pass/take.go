package pass

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sort"
	"strconv"

	"amelie/internal/ask"
	"amelie/internal/casework"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/web"
)

// Given is an offer as the agency reads it to which it was made: what a file of its
// own would take over, and what would stay.
type Given struct {
	*casework.Opened
	Offer Line
	Taken []casework.Taken
	Stays []casework.Entry // of the first agency's own work, or too much at once
	Name  string           // as the person wants to be called; "" when that was not given

	settle []func(tx *db.Tx, row casework.Row) error
}

// Look reads an offer to the viewer's agency.
// Errors: fault.NotFound, also for who may not know of it; fault.Unlock.
//
// req: PASS-1
func (s *Service) Look(ctx context.Context, v *web.Viewer, caseID string) (*Given, error) {
	o, err := s.Cases.Look(ctx, v, caseID)
	if err != nil {
		return nil, err
	}
	lines, own, err := s.Offers(ctx, v, caseID)
	if err != nil {
		return nil, err
	}
	if own || len(lines) == 0 {
		return nil, errNotFound
	}
	g := &Given{Opened: o, Offer: lines[len(lines)-1]}
	if err := s.DB.Read(ctx, func(tx *db.Tx) error {
		_, err := s.offered(tx, v, caseID, "pass.take")
		return err
	}); err != nil {
		return nil, err
	}
	return g, s.gather(ctx, v, g)
}

// gather puts together what goes along: of the parts that the offer names and no
// other, the newest version of each entry.
//
// req: PASS-1, PASS-3
func (s *Service) gather(ctx context.Context, v *web.Viewer, g *Given) error {
	given := *g.Opened
	given.Entries = slices.DeleteFunc(slices.Clone(given.Entries), func(e casework.Entry) bool { return !slices.Contains(g.Offer.Parts, e.Part) })
	rooms := map[string]bool{}
	for _, r := range s.Cases.Rooms() {
		if r.Leaves == nil {
			continue
		}
		rooms[r.Name] = true
		taken, settle, err := r.Leaves(ctx, v, &given)
		if err != nil {
			return err
		}
		g.Taken = append(g.Taken, taken...)
		if settle != nil {
			g.settle = append(g.settle, settle)
		}
	}
	var files []casework.Entry
	for _, e := range given.Entries {
		k, known := s.Cases.KindOf(e.Kind)
		switch {
		case !known || k.Room != "" && rooms[k.Room]:
		case k.Stays:
			g.Stays = append(g.Stays, e)
		case e.File != nil:
			files = append(files, e)
		default:
			g.Taken = append(g.Taken, casework.TakenOf(e))
		}
	}
	g.files(files)
	g.complete()
	return nil
}

// files takes documents, the newest first, as long as they fit.
func (g *Given) files(list []casework.Entry) {
	sort.SliceStable(list, func(i, j int) bool { return list[i].Changed.After(list[j].Changed) })
	all := 0
	for _, e := range list {
		if all += e.File.Size; all > MostBytes {
			g.Stays = append(g.Stays, e)
			continue
		}
		g.Taken = append(g.Taken, casework.TakenOf(e))
	}
}

// complete adds what was said for the new agency, and what no new file may lack:
// how often the person was asked, and that somebody else decides. It says of each
// entry from where it is.
//
// req: PASS-3
func (g *Given) complete() {
	has := map[string]bool{}
	asked := 0
	for i, t := range g.Taken {
		has[t.Kind] = true
		switch t.Kind {
		case "person":
			g.Name = t.Fields.One("name")
		case "contact":
			g.Taken[i].Fields = reached(t.Fields, g.Offer.Reach)
		case kindAsked, kindAccount:
			asked++
		case kindBefore:
			n, _ := strconv.Atoi(t.Fields.One("times"))
			asked += n
		}
	}
	add := func(kind string, p casework.Part, a ask.Answer) {
		t := casework.Taken{Kind: kind, Part: p, Content: casework.Content{Version: casework.ContentVersion, Fields: a}}
		t.From = &casework.Origin{Day: g.Offer.At}
		g.Taken = append(g.Taken, t)
	}
	if len(g.Offer.Reach) > 0 && !has["contact"] {
		add("contact", casework.Contact, g.Offer.Reach)
	}
	if more := g.Offer.Asked - asked; more > 0 {
		add(kindBefore, casework.Account, ask.Answer{"times": {strconv.Itoa(more)}})
	}
	if g.Offer.Capacity != "" && !has[kindDeciding] {
		add(kindDeciding, casework.Identity, ask.Answer{"capacity": {g.Offer.Capacity}})
	}
	for i := range g.Taken {
		if from := g.Taken[i].From; from != nil {
			from.AgencyID, from.Agency = g.AgencyID, g.Agency
		}
	}
}

// reached is a safe contact as the person said it for the new agency.
func reached(was, said ask.Answer) ask.Answer {
	if len(said) == 0 {
		return was
	}
	out := ask.Answer{}
	for field, values := range was {
		if !slices.ContainsFunc(reachFields, func(f ask.Field) bool { return f.Name == field }) {
			out[field] = values
		}
	}
	for field, values := range said {
		out[field] = values
	}
	return out
}

// Tries of taking over a case that its agency writes in meanwhile.
const tries = 4

// Take opens a file of the viewer's agency with what was given, once: whoever
// presses later gets the same file. name is what the person is called, where the
// offer does not say it.
// Errors: fault.Invalid with the fields; fault.NotFound when the yes has ended;
// fault.Conflict when it was declined, or when who decides changed since the yes;
// fault.Unavailable when others are taking over.
//
// req: PASS-2
func (s *Service) Take(ctx context.Context, v *web.Viewer, caseID, name, once string) (newCase string, err error) {
	wait, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select { // one at a time: documents are opened as a whole
	case s.taking <- struct{}{}:
		defer func() { <-s.taking }()
	case <-wait.Done():
		return "", fault.New(fault.Unavailable, "casework.error.busy")
	}
	for range tries {
		if newCase, err = s.take(ctx, v, caseID, name, once); !errors.Is(err, errMoved) {
			break
		}
	}
	return newCase, err
}

func (s *Service) take(ctx context.Context, v *web.Viewer, caseID, name, once string) (string, error) {
	g, err := s.Look(ctx, v, caseID)
	if err != nil {
		return "", err
	}
	if g.Offer.State == Taken {
		return g.Offer.NewCase, nil
	}
	if _, err := Next(g.Offer.State, Take); err != nil {
		return "", err
	}
	if g.Name == "" && name == "" {
		return "", fault.Fields(fault.Field{Name: "name", Key: "web.error.empty"})
	}
	b := casework.Beginning{Source: g.Offer.ID, Once: once, Taken: g.Taken}
	if g.Name == "" {
		b.Answers = map[string]ask.Answer{"person": {"name": {name}}}
	}
	for i, t := range b.Taken {
		if t.File == nil {
			continue
		}
		if _, b.Taken[i].Body, err = s.Cases.Document(ctx, v, caseID, t.Entry); err != nil {
			return "", err
		}
	}
	b.Also = func(tx *db.Tx, row casework.Row) error { return s.begun(tx, v, g, row) }
	return s.Cases.New(ctx, v, b)
}

// begun makes sure, in the transaction that begins the new file, that the yes still
// stands and that nothing was written in the case since it was read.
//
// req: PASS-1, PASS-2
func (s *Service) begun(tx *db.Tx, v *web.Viewer, g *Given, row casework.Row) error {
	o, err := s.offered(tx, v, g.ID, "pass.take")
	if err != nil {
		return err
	}
	was, err := s.Cases.ByClock(tx, g.ID)
	if err != nil {
		return err
	}
	if o.ID != g.Offer.ID || was.Version != g.Version {
		return errMoved
	}
	if err := s.decides(tx, g.Offer); err != nil {
		return err
	}
	if o.State, err = Next(o.State, Take); err != nil {
		return err
	}
	o.Since, o.By, o.NewCase = s.Now(), v.Name, row.ID
	if err := o.answer(tx); err != nil {
		return err
	}
	for _, settle := range g.settle {
		if err := settle(tx, row); err != nil {
			return err
		}
	}
	if err := s.answered(tx, v, o, Take); err != nil {
		return err
	}
	return s.Cases.Happened(tx, v, row.ID, Name, "begun", "", o.AgencyID)
}

// decides refuses to take over what somebody said yes to who may not decide any more:
// who decides was written anew since, in a part that the other agency may not have.
//
// req: PASS-3
func (s *Service) decides(tx *db.Tx, offer Line) error {
	now, err := s.Ledger.RestsNow(tx, offer.CaseID)
	if err == nil && !maps.Equal(now, offer.Rests) {
		err = fault.New(fault.Conflict, "pass.error.decides")
	}
	return err
}
