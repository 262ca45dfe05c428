package mechanism

import "slices"

// Answer is what is known of a condition.
type Answer string

// The answers. The zero answer is not known: it is not no.
const (
	Yes Answer = "yes"
	No  Answer = "no"
)

// State is what a case knows of itself, in codes: no name and no words.
type State struct {
	Stage    string            // id of the stage that the case is in
	Minor    bool              // also where the age is in doubt
	Citizen  string            // one of Citizens; empty: not known
	Met      map[string]Answer // by condition
	Began    map[string]Day    // by event: the day in the country, see Pack.Day
	Extended map[string]bool   // by period: the extension was granted
	Set      map[string]Day    // by period: the last day that an authority wrote down
}

// Way is a stage that may follow, and what stands before it.
type Way struct {
	Stage
	Missing []Condition // known not to be met
	Open    []Condition // not known
	Other   bool        // concerns other citizens than this person
	Perhaps bool        // concerns some citizens only, and it is not known which this person is
}

// Ready says that nothing stands before the stage.
func (w Way) Ready() bool { return len(w.Missing) == 0 && len(w.Open) == 0 && !w.Other && !w.Perhaps }

// Next are the stages that may follow, all of them, in the order of the pack:
// each says what stands before it, and none is hidden.
func (p *Pack) Next(s State) []Way {
	at, ok := p.Stage(s.Stage)
	if !ok {
		at = p.First()
	}
	var ways []Way
	for _, to := range p.Stages {
		if slices.Contains(at.Next, to.ID) {
			ways = append(ways, p.way(to, s))
		}
	}
	return ways
}

func (p *Pack) way(to Stage, s State) Way {
	w := Way{Stage: to}
	if len(to.Citizens) > 0 {
		w.Perhaps = s.Citizen == ""
		w.Other = s.Citizen != "" && !slices.Contains(to.Citizens, s.Citizen)
	}
	for _, c := range p.Conditions {
		if !slices.Contains(to.Conditions, c.ID) {
			continue
		}
		switch s.Met[c.ID] {
		case Yes:
		case No:
			w.Missing = append(w.Missing, c)
		default:
			w.Open = append(w.Open, c)
		}
	}
	return w
}

// open says that a stage asks for nothing, waits for no authority, and is not
// the end of a case.
// req: MECHANISM-1
func (p *Pack) open(s Stage) bool {
	return s.Kind != Closed && len(s.Conditions) == 0 && len(s.Citizens) == 0 && !slices.ContainsFunc(s.Decides, func(id string) bool {
		b, ok := p.Body(id)
		return ok && b.Kind == "authority"
	})
}

// Notice is a day on which somebody hears of a deadline.
type Notice struct {
	Day Day
	To  string // worker, lead
}

// Deadline is a period that runs in a case. Its id is that of the period: a
// case has each at most once.
type Deadline struct {
	Period
	Span
	Due     Day      // the day to act on; zero: none can be counted, somebody has to ask
	Set     bool     // Due is what an authority wrote down
	Short   bool     // what the authority wrote down is less than the law gives at least
	Notices []Notice // in order; the last of them is on or before Due
}

// Deadlines are the periods that began in a case, in the order of the pack.
// One whose length nobody knows is among them, without a day, so that nobody
// takes silence for no deadline. What an authority wrote down goes before what
// was counted; an extension counts only when it was granted.
// req: MECHANISM-4
func (p *Pack) Deadlines(s State) []Deadline {
	var list []Deadline
	for _, x := range p.Periods {
		from, began := s.Began[x.Starts]
		if !began || !x.ages(s.Minor) || len(x.Citizens) > 0 && s.Citizen != "" && !slices.Contains(x.Citizens, s.Citizen) {
			continue
		}
		d := Deadline{Period: x, Span: p.Count(x, from)}
		d.Due = d.Sure
		if s.Extended[x.ID] {
			d.Due = d.LastDay
		}
		if written, ok := s.Set[x.ID]; ok && !written.IsZero() {
			d.Due, d.Set = written, true
			d.Short = !d.Sure.IsZero() && written.Before(d.Sure)
		}
		d.Notices = p.notices(from, d.Due)
		list = append(list, d)
	}
	return list
}

// notices are the days on which somebody hears of a deadline: none before it
// began.
func (p *Pack) notices(from, due Day) []Notice {
	if due.IsZero() {
		return nil
	}
	var list []Notice
	for _, step := range p.Steps {
		if day := due.AddDays(-step.Before); from.Before(day) {
			list = append(list, Notice{day, step.To})
		}
	}
	return list
}
