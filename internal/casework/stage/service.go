package stage

import (
	"context"
	_ "embed"
	"errors"
	"slices"
	"sort"
	"strings"
	"time"

	"amelie/internal/ask"
	"amelie/internal/casework"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/jobs"
	"amelie/internal/policy"
	"amelie/internal/web"
)

//go:embed policy.cedar
var policyText string

// Policy is who may see counts. With a case, the case file's rules decide.
var Policy = policy.Source{Name: "stage", Text: policyText}

// Config is what the service is made of.
type Config struct {
	Cases  *casework.Service
	Law    Law
	Policy *policy.Engine
	Now    clock.Clock
	// Country of an agency, and its name.
	Country func(tx *db.Tx, agencyID string) (string, error)
	// Tell queues a reminder without content: to who is responsible (user), or to
	// the leads of the agency (user is "").
	Tell func(tx *db.Tx, agencyID, userID string) error
}

// Service does what people do with stages.
type Service struct {
	Config
	standing, step, before casework.Kind
}

// New makes the service. The engine of cfg must hold this package's Policy.
func New(cfg Config) *Service {
	kinds := Kinds(cfg.Law)
	return &Service{cfg, kinds[0], kinds[1], kinds[2]}
}

// Room is the service as a room of the file.
func (s *Service) Room() casework.Room {
	return casework.Room{Name: Room, Icon: "flag", Kinds: []casework.Kind{s.standing, s.step, s.before}, Glance: s.glance, Acted: s.acted, Passed: s.passed, Leaves: s.leaves, Forget: s.forget}
}

var (
	errNotFound = fault.New(fault.NotFound, "web.error.not-found")
	errMoved    = fault.New(fault.Stale, "casework.error.busy")
)

// View is where a case stands, for who may read it.
type View struct {
	*casework.Opened
	State
	G       Graph
	Known   casework.Entry // the standing; empty when nothing is known yet
	Steps   []casework.Entry
	Offered []string
	Done    map[string]bool // periods that somebody has dealt with
	Write   bool
}

// Look opens the stages of a case. Errors: fault.NotFound, also for who may not
// read the part in which they lie; fault.Unlock.
//
// req: STAGE-5
func (s *Service) Look(ctx context.Context, v *web.Viewer, caseID string) (*View, error) {
	o, err := s.Cases.Look(ctx, v, caseID)
	if err != nil {
		return nil, err
	}
	return s.view(ctx, o)
}

func (s *Service) view(ctx context.Context, o *casework.Opened) (*View, error) {
	if !slices.Contains(o.Readable, casework.Legal) {
		return nil, errNotFound
	}
	w := &View{Opened: o, Done: map[string]bool{}, Write: o.Own && o.State == casework.Open && slices.Contains(o.Writable, casework.Legal)}
	var country string
	err := s.Cases.DB.Read(ctx, func(tx *db.Tx) (err error) {
		if country, err = s.Country(tx, o.AgencyID); err != nil {
			return err
		}
		list, err := periodsOf(tx, o.ID)
		for id, k := range list {
			w.Done[id] = k.done > 0
		}
		return err
	})
	w.Known, _ = o.Latest(Standing)
	w.Steps, w.State = stepsOf(o), stateOf(s.Law, o, country)
	w.G = s.Law.Graph(w.State.Country)
	w.Offered = w.G.Offered(w.State)
	return w, err
}

// Know writes what is known of the standing. Fields that were not asked, because
// they are another country's, keep what they held.
func (s *Service) Know(ctx context.Context, v *web.Viewer, caseID string, t casework.Typed) error {
	t.Kind = Standing
	return s.write(ctx, v, caseID, t, func(w *View, t *casework.Typed) error {
		posted := ask.Answer{}
		for field, was := range w.Known.Fields {
			posted[field] = was
		}
		for field, now := range t.Posted {
			if field != "counted" {
				posted[field] = now
			}
		}
		t.Posted = posted
		return nil
	}, nil)
}

// Pass records a stage that was passed, or corrects one.
// Errors: fault.Invalid for a stage that cannot follow, or a day to come.
func (s *Service) Pass(ctx context.Context, v *web.Viewer, caseID string, t casework.Typed) error {
	t.Kind = Step
	return s.write(ctx, v, caseID, t, func(w *View, t *casework.Typed) error {
		to, day := one(t.Posted, "stage"), one(t.Posted, "day")
		if day > s.Law.Day(w.State.Country, s.Now()) {
			return fault.Fields(fault.Field{Name: "day", Key: "stage.error.day"})
		}
		for _, e := range w.Steps {
			if e.ID == t.Entry && e.Fields.One("stage") == to || t.Once != "" && e.ID == t.Once { // corrected, or pressed twice
				return nil
			}
		}
		if slices.Contains(w.Offered, to) {
			return nil
		}
		return fault.Fields(fault.Field{Name: "stage", Key: "web.error.choose"})
	}, nil)
}

// write saves an entry of this room and, in the same transaction, what machines
// read of it. Where another entry came between, it looks again.
func (s *Service) write(ctx context.Context, v *web.Viewer, caseID string, t casework.Typed, check func(w *View, t *casework.Typed) error, also func(tx *db.Tx, w *View) error) error {
	for range 4 {
		w, err := s.Look(ctx, v, caseID)
		if err != nil {
			return err
		}
		if !w.Own { // another agency has stages of its own
			return errNotFound
		}
		typed := t
		if err := check(w, &typed); err != nil {
			return err
		}
		next := s.after(w, typed)
		typed.Also = func(tx *db.Tx, row casework.Row) error {
			if row.Version != w.Version {
				return errMoved
			}
			if err := s.settle(tx, row, next); err != nil || also == nil {
				return err
			}
			return also(tx, w)
		}
		if _, err = s.Cases.Save(ctx, v, caseID, typed); !errors.Is(err, errMoved) {
			return err
		}
	}
	return errMoved
}

// after is the state that the case will have when what was typed is saved.
func (s *Service) after(w *View, t casework.Typed) State {
	known, steps := w.Known.Fields, append([]casework.Entry(nil), w.Steps...)
	if t.Kind == Standing {
		known = trimmed(t.Posted)
	} else {
		written := casework.Entry{EntryRow: casework.EntryRow{ID: t.Entry, Kind: Step}, Content: casework.Content{Fields: trimmed(t.Posted)}}
		found := false
		for i := range steps {
			if t.Entry != "" && steps[i].ID == t.Entry {
				steps[i], found = written, true
			}
		}
		if !found {
			steps = append(steps, written)
		}
		inOrder(steps)
	}
	return read(s.Law, known, steps, w.State.Country)
}

// trimmed leaves out what is empty, as the file does.
func trimmed(posted map[string][]string) ask.Answer {
	out := ask.Answer{}
	for field, values := range posted {
		for _, value := range values {
			if value = strings.TrimSpace(value); value != "" {
				out[field] = append(out[field], value)
			}
		}
	}
	return out
}

func one(posted map[string][]string, field string) string { return trimmed(posted).One(field) }

// settle writes what machines read: stage, days, reminders. A period whose day
// did not change keeps what was done about it.
func (s *Service) settle(tx *db.Tx, row casework.Row, next State) error {
	counted, err := s.Cases.Counted(tx, row.ID)
	if err != nil {
		return err
	}
	if err := putCase(tx, row.ID, row.AgencyID, next, counted); err != nil {
		return err
	}
	if err := s.planShow(tx); err != nil {
		return err
	}
	were, err := periodsOf(tx, row.ID)
	if err != nil {
		return err
	}
	for _, p := range s.Law.Periods(next) {
		was, there := were[p.ID]
		delete(were, p.ID)
		if p.End.IsZero() {
			if there {
				were[p.ID] = was // a day that can no longer be counted goes
			}
			continue
		}
		if there && was.due == clock.Millis(p.End) {
			continue
		}
		if err := s.begin(tx, row.ID, p); err != nil {
			return err
		}
	}
	for id := range were {
		if _, err := tx.Exec(periodDropStmt, row.ID, id); err != nil {
			return err
		}
		if err := s.Cases.SetDue(tx, row.ID, Room+"."+id, time.Time{}); err != nil {
			return err
		}
	}
	return nil
}

// begin keeps the last day of a period and plans who hears of it.
func (s *Service) begin(tx *db.Tx, caseID string, p Period) error {
	if err := putPeriod(tx, caseID, p); err != nil {
		return err
	}
	if err := s.Cases.SetDue(tx, caseID, Room+"."+p.ID, p.End.Add(-time.Minute)); err != nil {
		return err
	}
	notices := append(append([]Notice(nil), p.Notices...), Notice{At: p.End, Lead: true})
	for _, n := range notices {
		if n.At.Before(s.Now()) && n.At.Before(p.End) {
			continue
		}
		if err := plan(tx, n.At, notice{Case: caseID, Period: p.ID, Due: clock.Millis(p.End), Lead: n.Lead, Over: n.At.Equal(p.End)}); err != nil {
			return err
		}
	}
	return nil
}

// plan queues a notice. Several of one period may fall on one day, to different
// people; the same one again replaces the first.
func plan(tx *db.Tx, at time.Time, n notice) error {
	key := n.Case + "/" + n.Period + "/" + at.UTC().Format(time.DateOnly)
	if n.Lead {
		key += "/lead"
	}
	if n.Over {
		key += "/over"
	}
	return jobs.Enqueue(tx, jobNotice, key, at, n)
}

// Dealt notes that a period was acted on: nobody is reminded of it any more.
// Errors: fault.NotFound; fault.Conflict for a closed case.
func (s *Service) Dealt(ctx context.Context, v *web.Viewer, caseID, period string) error {
	return s.Cases.DB.Write(ctx, func(tx *db.Tx) error {
		row, err := s.Cases.Require(tx, v, caseID, "case.write")
		if err != nil {
			return err
		}
		if row.State != casework.Open {
			return fault.New(fault.Conflict, "casework.error.closed")
		}
		n, err := tx.Exec(periodDoneStmt, clock.Millis(s.Now()), row.ID, period)
		if err != nil || n == 0 {
			return err
		}
		if err := s.Cases.SetDue(tx, row.ID, Room+"."+period, time.Time{}); err != nil {
			return err
		}
		return s.Cases.Happened(tx, v, row.ID, Room, "dealt", casework.Legal, period)
	})
}

// Declined is what is counted of a person who declines.
type Declined struct {
	Region, Sex string
	Agrees      bool // the person agrees
	Seen        bool // and was shown what is counted
	Rev         int64
}

// Sexes are the codes that a count distinguishes.
var Sexes = ask.Options("woman", "man", "other")

// CountDeclined counts a person who does not want to be referred, once, where
// the country's rule asks for it and the person agrees. The count is a number at
// month, region, sex and age; that it was made is noted in the sealed standing
// alone, and no leaf of the log names it, for its time would lead back.
//
// req: STAGE-3
func (s *Service) CountDeclined(ctx context.Context, v *web.Viewer, caseID string, d Declined) error {
	month := s.Now().UTC().Format("2006-01")
	t := casework.Typed{Kind: Standing}
	return s.write(ctx, v, caseID, t, func(w *View, t *casework.Typed) error {
		if !w.G.Anonymous || !w.Declines || w.Counted != "" || w.Known.ID == "" {
			return fault.New(fault.Conflict, "stage.error.count")
		}
		if !d.Agrees || !d.Seen {
			return fault.Fields(fault.Field{Name: "agrees", Key: "stage.error.agree"})
		}
		if !slices.Contains(Sexes, d.Sex) {
			return fault.Fields(fault.Field{Name: "sex", Key: "web.error.choose"})
		}
		if !slices.Contains(append(s.Law.Regions(w.State.Country), ask.NotKnown), d.Region) {
			return fault.Fields(fault.Field{Name: "region", Key: "web.error.choose"})
		}
		t.Entry, t.Rev, t.Posted = w.Known.ID, w.Known.Rev, ask.Answer{"counted": {month}}
		for field, was := range w.Known.Fields {
			t.Posted[field] = was
		}
		return nil
	}, func(tx *db.Tx, w *View) error {
		age := Adult
		if w.Minor() {
			age = Minor
		} else if w.Age == "" {
			age = ask.NotKnown
		}
		return addDeclined(tx, w.State.Country, month, d.Region, d.Sex, age)
	})
}

// addDeclined adds one to a count.
func addDeclined(tx *db.Tx, country, month, region, sex, age string) error {
	_, err := tx.Exec(declinedAddStmt, country, month, region, sex, age)
	return err
}

// InventDeclined adds counts that nobody made, for a demo.
func InventDeclined(tx *db.Tx, country, month, region, sex, age string, n int) error {
	for range n {
		if err := addDeclined(tx, country, month, region, sex, age); err != nil {
			return err
		}
	}
	return nil
}

// The clock.

// jobNotice tells of a period.
const jobNotice = "stage.notice"

// notice is the payload: codes and a moment.
type notice struct {
	Case, Period string
	Due          int64 // the end that it was planned for, ms
	Lead, Over   bool
}

// Handle registers the reminders. They need no key.
func (s *Service) Handle(r *jobs.Runner) {
	r.Handle(jobNotice, func(ctx context.Context, j jobs.Job) error {
		var n notice
		if err := j.Decode(&n); err != nil {
			return jobs.Permanent(err)
		}
		return s.Cases.DB.Write(ctx, func(tx *db.Tx) error {
			if err := s.remind(tx, n); err != nil {
				return fault.Wrap(err, "period of", n.Case)
			}
			return j.Done(tx)
		})
	})
	r.Handle(jobShow, func(ctx context.Context, j jobs.Job) error {
		return s.Cases.DB.Write(ctx, func(tx *db.Tx) error {
			if err := s.takeCounts(tx); err != nil {
				return fault.Wrap(err, "counts of stages")
			}
			if err := s.planShow(tx); err != nil {
				return err
			}
			return j.Done(tx)
		})
	})
}

// jobShow takes, when a month begins, what a coordinator is told of delays.
const jobShow = "stage.show"

// planShow plans it for the next month; each month has its own, so that what is
// planned again moves nothing.
func (s *Service) planShow(tx *db.Tx) error {
	now := s.Now().UTC()
	next := time.Date(now.Year(), now.Month()+1, 1, 0, 0, 0, 0, time.UTC)
	return jobs.Enqueue(tx, jobShow, next.Format("2006-01"), next, nil)
}

// TakeCounts takes what a coordinator is told from now on, for a demo and for tests; else
// the clock does it once a month.
func (s *Service) TakeCounts(ctx context.Context) error { return s.Cases.DB.Write(ctx, s.takeCounts) }

// takeCounts compares the true numbers with those that are told, country by country. A
// number that is told moves only when casework.Few or more came or went since: the
// true ones leave this function nowhere.
//
// req: STAGE-4
func (s *Service) takeCounts(tx *db.Tx) error {
	for _, country := range s.Law.Countries() {
		raw, err := s.delays(tx, country)
		if err != nil {
			return err
		}
		told, err := toldOf(tx, country)
		if err != nil {
			return err
		}
		for p := range raw {
			if told[p] == nil {
				told[p] = &[Bands + 1]int64{}
			}
		}
		for p, was := range told {
			now := raw[p]
			if now == nil {
				now = &[Bands + 1]int64{}
			}
			for cell, n := range was {
				if err := putTold(tx, country, p, cell, casework.Settled(Few, n, now[cell])); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// remind tells who is to hear of a period, unless it was moved, dealt with or
// told already, or the case is closed or gone. The mail says that something
// waits.
//
// req: STAGE-2
func (s *Service) remind(tx *db.Tx, n notice) error {
	open, err := going(tx, n.Case)
	if err != nil {
		return err
	}
	list, err := periodsOf(tx, n.Case)
	if err != nil {
		return err
	}
	p, there := list[n.Period]
	if !there || p.due != n.Due || p.done > 0 || n.Over && p.told {
		return nil
	}
	if !open {
		_, err := tx.Exec(periodMissedStmt, n.Case, n.Period)
		return err
	}
	row, err := s.Cases.ByClock(tx, n.Case)
	if err != nil {
		return err
	}
	user, action := row.WorkerID, "reminded"
	if n.Lead {
		user = ""
	}
	if n.Over {
		action = "over"
		if _, err := tx.Exec(periodToldStmt, n.Case, n.Period); err != nil {
			return err
		}
		if err := s.Tell(tx, row.AgencyID, row.WorkerID); err != nil {
			return err
		}
	}
	if err := s.Cases.Happened(tx, nil, n.Case, Room, action, casework.Legal, n.Period); err != nil {
		return err
	}
	return s.Tell(tx, row.AgencyID, user)
}

// acted follows the case being closed or opened again. While it was closed nobody
// heard that a period passed or was soon to pass (see remind): then it is said when
// it opens.
//
// req: STAGE-2
func (s *Service) acted(tx *db.Tx, _ *web.Viewer, row casework.Row, now casework.State) error {
	open := 0
	if now == casework.Open {
		open = 1
	}
	if _, err := tx.Exec(caseGoingStmt, open, row.ID); err != nil || open == 0 {
		return err
	}
	list, err := periodsOf(tx, row.ID)
	for _, p := range list {
		if err == nil && p.done == 0 && !p.told {
			err = plan(tx, clock.Time(p.due), notice{Case: row.ID, Period: p.id, Due: p.due, Lead: true, Over: true})
		}
		if err == nil && p.done == 0 && p.missed && p.due > clock.Millis(s.Now()) {
			err = plan(tx, s.Now(), notice{Case: row.ID, Period: p.id, Due: p.due})
		}
	}
	if err == nil {
		_, err = tx.Exec(periodsHeardStmt, row.ID)
	}
	return err
}

// forget deletes what the room's tables hold of a case.
func (s *Service) forget(tx *db.Tx, caseID string) error {
	if _, err := tx.Exec(caseDropStmt, caseID); err != nil {
		return err
	}
	_, err := tx.Exec(periodsDropStmt, caseID)
	return err
}

// Counts.

// Delay is how long the open cases of an agency have stood at a stage.
type Delay struct {
	Agency, Stage string
	Days          [Bands]Count // how many, by how long
	Late          Count        // a period has passed and nobody has dealt with it
	N             Count        // as far as the parts are shown
	More          bool         // a part is hidden: there may be more
}

// Cell is one count of people who declined.
type Cell struct {
	Month, Region, Sex, Age string
	Count
}

// Counts are the delays and the declined of a country, for a coordinator. Rows
// and cells of which nothing can be shown are left out; months are those that are
// over.
//
// req: STAGE-4
func (s *Service) Counts(ctx context.Context, v *web.Viewer, country string) (delays []Delay, declined []Cell, err error) {
	if v == nil {
		return nil, nil, fault.New(fault.SignIn, "web.error.sign-in")
	}
	if err := s.Policy.Require(v.Actor(), "stages.count", policy.Object{Type: "Counts", ID: "stages"}); err != nil {
		return nil, nil, err
	}
	err = s.Cases.DB.Read(ctx, func(tx *db.Tx) (err error) {
		told, err := toldOf(tx, country)
		if err != nil {
			return err
		}
		delays = protect(told)
		declined = nil
		return tx.Each(declinedStmt, func(scan func(...any) error) error {
			var c Cell
			var n int64
			err := scan(&c.Month, &c.Region, &c.Sex, &c.Age, &n)
			if c.Count = shown(n); !c.Fewer {
				declined = append(declined, c)
			}
			return err
		}, country, s.Now().UTC().Format("2006-01"))
	})
	return delays, declined, err
}

type place struct{ agency, stage string }

// delays are the true numbers, counted from days.
func (s *Service) delays(tx *db.Tx, country string) (map[place]*[Bands + 1]int64, error) {
	raw := map[place]*[Bands + 1]int64{}
	at := func(p place) *[Bands + 1]int64 {
		if raw[p] == nil {
			raw[p] = &[Bands + 1]int64{}
		}
		return raw[p]
	}
	today, err := time.Parse(time.DateOnly, s.Law.Day(country, s.Now()))
	if err != nil {
		return nil, err
	}
	edge := func(i int) string { return today.AddDate(0, 0, -bands[i]).Format(time.DateOnly) }
	err = tx.Each(sinceStmt, func(scan func(...any) error) error {
		var p place
		var within [Bands]int64 // as many days as each band has at most
		err := scan(&p.agency, &p.stage, &within[0], &within[1], &within[2], &within[3])
		for i, n := range within {
			at(p)[i] = n
			if i > 0 {
				at(p)[i] -= within[i-1]
			}
		}
		return err
	}, edge(0), edge(1), edge(2), country)
	if err != nil {
		return nil, err
	}
	err = tx.Each(lateStmt, func(scan func(...any) error) error {
		var p place
		var n int64
		err := scan(&p.agency, &p.stage, &n)
		at(p)[Bands] = n
		return err
	}, clock.Millis(s.Now()), country)
	return raw, err
}

// protect shows of each place what is not small; the sum is that of what is
// shown, so that no difference gives a hidden part away.
//
// req: STAGE-4
func protect(raw map[place]*[Bands + 1]int64) (out []Delay) {
	for p, n := range raw {
		d := Delay{Agency: p.agency, Stage: p.stage, Late: shown(n[Bands])}
		for i := range Bands {
			d.Days[i] = shown(n[i])
			d.N.N += d.Days[i].N
			d.More = d.More || d.Days[i].Fewer
		}
		if d.N.N > 0 {
			out = append(out, d)
		}
	}
	sort.Slice(out, func(i, j int) bool {
		if out[i].Agency != out[j].Agency {
			return out[i].Agency < out[j].Agency
		}
		return out[i].Stage < out[j].Stage
	})
	return out
}
