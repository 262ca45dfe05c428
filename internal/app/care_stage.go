package app

import (
	"slices"
	"strings"
	"time"

	"amelie/internal/casework"
	"amelie/internal/casework/stage"
	"amelie/internal/country"
	"amelie/internal/country/mechanism"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/geo"
	"amelie/internal/referral"
	"amelie/internal/web"
)

// stageRoom is the room of stages.
func (a *App) stageRoom() casework.Room {
	a.Stages = stage.New(stage.Config{Cases: a.Cases, Law: law{a}, Policy: a.Policy, Now: a.Config.Now, Country: agencies{a}.Country, Tell: a.remindCase})
	return a.Stages.Room()
}

// remindCase queues a mail that something waits: to a member, or to the leads of
// the agency where userID is "".
func (a *App) remindCase(tx *db.Tx, agencyID, userID string) error {
	if userID == "" {
		leads, err := agencies{a}.Leads(tx, agencyID)
		return a.remindAll(tx, leads, err)
	}
	c, err := people{a}.Contact(tx, userID)
	if fault.KindOf(err) == fault.NotFound {
		return a.remindCase(tx, agencyID, "") // the account is gone
	}
	return a.remindAll(tx, []referral.Contact{c}, err)
}

func (a *App) remindAll(tx *db.Tx, to []referral.Contact, err error) error {
	for _, c := range to {
		if err == nil {
			err = a.notify(tx, c, "reminder")
		}
	}
	return err
}

// law is the mechanisms of countries as the room of stages needs them.
type law struct{ a *App }

func (l law) pack(code string) *mechanism.Pack {
	p, _ := l.a.Mechanisms.Get(code)
	return p
}

func (l law) Countries() []string { return l.a.Mechanisms.Codes() }

func (l law) Graph(code string) stage.Graph {
	g := stage.Graph{Country: code}
	p := l.pack(code)
	if p == nil {
		return g
	}
	for _, s := range p.Stages {
		g.Stages = append(g.Stages, stage.Node{ID: s.ID, Kind: string(s.Kind), Next: s.Next, Decides: s.Decides, Forms: s.Forms})
	}
	for _, x := range p.Periods {
		if !slices.Contains(g.Events, x.Starts) {
			g.Events = append(g.Events, x.Starts)
		}
		if x.ExtensionMonths > 0 && !slices.Contains(g.Extends, x.Starts) {
			g.Extends = append(g.Extends, x.Starts)
		}
	}
	for _, c := range p.Conditions {
		g.Conditions = append(g.Conditions, c.ID)
	}
	for _, r := range p.Regions {
		g.Regions = append(g.Regions, r.Code)
	}
	g.Anonymous = p.Declined.Counted == "anonymous"
	return g
}

func (l law) Regions(code string) []string { return geo.Children(code) }

func (l law) Day(code string, at time.Time) string {
	if p := l.pack(code); p != nil {
		return p.Day(at).String()
	}
	return at.UTC().Format(time.DateOnly)
}

// stateIn is a state as the mechanism counts with it.
func stateIn(p *mechanism.Pack, s stage.State) mechanism.State {
	out := mechanism.State{Stage: s.Stage, Minor: s.Minor(), Citizen: s.Citizen, Met: map[string]mechanism.Answer{}, Began: map[string]mechanism.Day{},
		Extended: map[string]bool{}, Set: map[string]mechanism.Day{}}
	for id, answer := range s.Met {
		out.Met[id] = mechanism.Answer(answer)
	}
	for event, day := range s.Began {
		if d, err := mechanism.ParseDay(day); err == nil {
			out.Began[event] = d
		}
	}
	for _, x := range p.Periods {
		out.Extended[x.ID] = slices.Contains(s.Extended, x.Starts)
		if d, err := mechanism.ParseDay(s.Set[x.Starts]); err == nil {
			out.Set[x.ID] = d
		}
	}
	return out
}

func (l law) Periods(s stage.State) (out []stage.Period) {
	p := l.pack(s.Country)
	if p == nil {
		return nil
	}
	for _, d := range p.Deadlines(stateIn(p, s)) {
		out = append(out, l.period(p, d))
	}
	return out
}

// period is a deadline with its moments. The end is that of the country or of
// the installation, whichever comes first: a list then shows the day itself, and
// nobody is told too late.
func (l law) period(p *mechanism.Pack, d mechanism.Deadline) stage.Period {
	x := stage.Period{ID: d.Period.ID, Event: d.Starts, Due: d.Due.String()}
	if d.Due.IsZero() {
		return x
	}
	x.End = p.End(d.Due)
	here := l.a.Shell.Zone()
	if end := time.Date(d.Due.Year, d.Due.Month, d.Due.Day+1, 0, 0, 0, 0, here); end.Before(x.End) {
		x.End = end
	}
	for _, n := range d.Notices {
		x.Notices = append(x.Notices, stage.Notice{At: n.Day.Noon(here).Add(-4 * time.Hour), Lead: n.To == "lead"})
	}
	return x
}

func (l law) Name(lang, code string) string {
	if base, ok := l.a.Countries.Get(code); ok {
		return base.Name.In(lang)
	}
	if t, ok := geo.Lookup(code); ok {
		return t.Name(lang)
	}
	prefix, _, _ := strings.Cut(code, "-")
	p := l.pack(strings.ToUpper(prefix))
	if p == nil {
		return code
	}
	if s, ok := p.Stage(code); ok {
		return s.Name.In(lang)
	}
	if b, ok := p.Body(code); ok {
		return b.Name.In(lang)
	}
	for _, f := range p.Forms {
		if f.ID == code {
			return f.Name.In(lang)
		}
	}
	for _, c := range p.Conditions {
		if c.ID == code {
			return c.Text.In(lang)
		}
	}
	return code
}

// toldLaw is a mechanism on its way to a reader.
type toldLaw struct {
	law
	*mechanism.Pack
	c  *web.Ctx
	to mechanism.Speech
}

func (l law) Tell(c *web.Ctx, s stage.State, ways []string) (stage.Told, error) {
	out := stage.Told{Country: l.Name(c.Lang, s.Country), Path: c.Path(mechanism.Path(s.Country))}
	p := l.pack(s.Country)
	if p == nil {
		return out, nil
	}
	t := toldLaw{l, p, c, mechanism.Speech{Lang: c.Lang, T: c.T, Day: func(d mechanism.Day) string { return c.Day(d.String()) }}}
	state := stateIn(p, s)
	if here, ok := p.Stage(s.Stage); ok {
		way := t.way(mechanism.Way{Stage: here})
		out.Here = &way
	}
	ahead := map[string]mechanism.Way{}
	for _, w := range p.Next(state) {
		ahead[w.ID] = w
	}
	for _, id := range ways {
		w, next := ahead[id]
		if !next || out.Here == nil {
			w.Stage, _ = p.Stage(id)
		}
		way := t.way(w)
		way.Back = slices.Contains(s.Passed, id)
		out.Ways = append(out.Ways, way)
	}
	out.Periods, out.Rule = t.periods(state), p.Rule(t.to)
	out.Sections, out.Declined = append(t.permits(s), t.sections(s)...), t.fact("", p.Declined.Text, p.Declined.Origin)
	for _, r := range p.Regions {
		if r.Code == s.Region {
			out.Region = l.Name(c.Lang, r.Code) + ": " + c.T("mechanism.region."+r.Agreement)
		}
	}
	if s.Region == "" {
		return out, nil
	}
	notes, err := l.a.Agreements.NotesIn(c, s.Region)
	for _, n := range notes {
		out.Accords = append(out.Accords, stage.Accord{Text: n.Text, Path: n.Path})
	}
	return out, err
}

func (t toldLaw) fact(title string, text mechanism.Words, o country.Origin) stage.Fact {
	state := o.State()
	return stage.Fact{Title: title, Text: text.In(t.c.Lang), Source: t.Cite(o.Source, o.Article),
		Trust: web.M{"kind": state.Tone(), "icon": state.Icon(), "text": t.c.T("country.state."+string(state), "date", o.Verified)}}
}

func (t toldLaw) way(w mechanism.Way) stage.Way {
	out := stage.Way{ID: w.ID, Kind: string(w.Kind), Fact: t.fact(w.Stage.Name.In(t.c.Lang), w.Text, w.Origin), Who: t.Who(w.Decides, t.to), Other: w.Other}
	var forms []string
	for _, id := range w.Stage.Forms {
		forms = append(forms, t.law.Name(t.c.Lang, id))
	}
	out.Forms = strings.Join(forms, ", ")
	for _, c := range append(w.Missing, w.Open...) {
		out.Asks = append(out.Asks, c.Text.In(t.c.Lang))
	}
	return out
}

// periods that began, each with the sentences that stand on the mechanism's own
// page, and the day to act on.
func (t toldLaw) periods(s mechanism.State) (out []stage.Running) {
	for _, d := range t.Deadlines(s) {
		at, _ := t.Stage(d.Period.Stage)
		r := stage.Running{Period: t.period(t.Pack, d), Fact: t.fact(at.Name.In(t.c.Lang), d.Text, d.Origin), Short: d.Short, Said: t.Say(d.Period, d.Span, t.to)}
		if d.Set {
			r.Said = append([]string{t.c.T("stage.period.set", "date", t.to.Day(d.Due))}, r.Said...)
		} else if d.Due == d.LastDay && d.LastDay != d.Sure {
			r.Said = []string{t.c.T("stage.period.extended", "date", t.to.Day(d.Due))}
		}
		out = append(out, r)
	}
	return out
}

// permits are the papers of residence, and who may ask for each; without those that
// are not for the person's citizenship, where that is known.
func (t toldLaw) permits(s stage.State) []stage.Section {
	sec := stage.Section{Title: t.c.T("mechanism.permit.title")}
	for _, x := range t.Permits {
		if len(x.Citizens) > 0 && s.Citizen != "" && !slices.Contains(x.Citizens, s.Citizen) {
			continue
		}
		f := t.fact(x.Name.In(t.c.Lang), x.Text, x.Origin)
		f.More = append(f.More, t.c.T("mechanism.permit.asked")+": "+t.Who(x.AskedBy, t.to))
		if whom := t.Concerns(x.Citizens, t.to); whom != "" {
			f.More = append(f.More, t.c.T("mechanism.stage.concerns")+": "+whom)
		}
		sec.Facts = append(sec.Facts, f)
	}
	if len(sec.Facts) == 0 {
		return nil
	}
	return []stage.Section{sec}
}

// sections are what is said beside the way: duties for a child where the person is
// one or may be, what differs by citizenship, who receives what.
func (t toldLaw) sections(s stage.State) (out []stage.Section) {
	for _, topic := range []string{"child", "citizens", "recipient"} {
		if topic == "child" && !s.Minor() {
			continue
		}
		sec := stage.Section{Title: t.c.T("mechanism.topic." + topic)}
		if topic == "citizens" {
			sec.Title = t.c.T("mechanism.citizen.title")
		}
		for _, f := range t.Facts {
			if f.Topic != topic || topic == "citizens" && !slices.Contains(f.Citizens, s.Citizen) {
				continue
			}
			sec.Facts = append(sec.Facts, t.fact("", f.Text, f.Origin))
		}
		if len(sec.Facts) > 0 {
			out = append(out, sec)
		}
	}
	return out
}
