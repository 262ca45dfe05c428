package mechanism

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"amelie/internal/country"
	"amelie/internal/geo"
	"amelie/internal/i18n"
)

// The longest periods that are taken for possible: more is a slip of the hand.
const mostDays, mostMonths = 3660, 120

const nextWorkingDay = "next-working-day"

var identifier = regexp.MustCompile(`^[a-z]{2}-[a-z0-9]+(-[a-z0-9]+)*$`)

// checker collects the reasons why a pack cannot be used.
type checker struct {
	*Pack
	ids  map[string]bool
	list []country.Problem
}

func (k *checker) add(id, field, reason string, args ...any) {
	k.list = append(k.list, country.Problem{Country: k.Country, ID: id, Field: field, Reason: fmt.Sprintf(reason, args...)})
}

// check gives every reason why the pack cannot be used; none for a good one.
// req: MECHANISM-5
func (p *Pack) check() []country.Problem {
	k := &checker{Pack: p, ids: map[string]bool{}}
	k.head()
	for _, b := range p.Bodies {
		k.body(b)
	}
	for _, f := range p.Forms {
		k.form(f)
	}
	for _, c := range p.Conditions {
		k.fact(c.ID, c.Origin)
		k.words(c.ID, "text", c.Text)
	}
	for _, s := range p.Stages {
		k.stage(s)
	}
	k.way()
	for _, x := range p.Periods {
		k.period(x)
	}
	k.reflections()
	k.rest()
	return k.list
}

func (k *checker) head() {
	if len(k.Country) != 2 || strings.ToUpper(k.Country) != k.Country {
		k.add("", "country", "must be an upper-case ISO 3166-1 code")
	}
	if k.base != nil && k.base.Country != k.Country {
		k.add("", "country", "the pack beside it is that of %s", k.base.Country)
	}
	if k.Revision < 1 {
		k.add("", "revision", "must be 1 or more")
	}
	if _, err := ParseDay(k.Compiled); err != nil {
		k.add("", "compiled", "must be a day YYYY-MM-DD")
	}
	if zone, err := time.LoadLocation(geo.Zone(k.Country)); err != nil || geo.Zone(k.Country) == "" {
		k.add("", "country", "the time zone of %q is not known", k.Country)
	} else {
		k.zone = zone
	}
	for _, p := range country.CheckSources(k.Sources) {
		p.Country = k.Country
		k.list = append(k.list, p)
	}
	k.oneOf("", "rule", k.Weekends.Rule, "stays", nextWorkingDay)
	k.origin("", k.Weekends.Origin)
	if k.Weekends.Rule == nextWorkingDay && k.Weekends.State() != country.Verified {
		k.add("", "rule", "days move at weekends only by a rule that somebody compared with the law")
	}
	k.steps()
}

// steps are the notices of every deadline: they come nearer and never after it.
func (k *checker) steps() {
	if len(k.Steps) == 0 {
		k.add("", "step", "nobody would hear of a deadline")
	}
	for i, s := range k.Steps {
		k.oneOf("", "step", s.To, "worker", "lead")
		if s.Before < 0 || i > 0 && s.Before > k.Steps[i-1].Before {
			k.add("", "step", "%d days before: steps come nearer, and none comes after the last day", s.Before)
		}
	}
}

func (k *checker) body(b Body) {
	k.fact(b.ID, b.Origin)
	k.words(b.ID, "name", b.Name)
	k.oneOf(b.ID, "kind", b.Kind, "authority", "centre", "organisation")
	k.age(b.ID, b.Ages)
}

func (k *checker) form(f Form) {
	k.fact(f.ID, f.Origin)
	k.words(f.ID, "name", f.Name)
	k.words(f.ID, "text", f.Text)
	k.bodies(f.ID, "to", f.To)
	for _, h := range f.Headings {
		k.words(f.ID, "headings", h)
	}
}

func (k *checker) stage(s Stage) {
	k.fact(s.ID, s.Origin)
	k.words(s.ID, "name", s.Name)
	k.words(s.ID, "text", s.Text)
	if !slices.Contains(Kinds, s.Kind) {
		k.add(s.ID, "kind", "%q is no kind of stage", s.Kind)
	}
	k.oneOf(s.ID, "pillar", s.Pillar, Pillars...)
	k.citizens(s.ID, s.Citizens)
	if len(s.Decides) == 0 {
		k.add(s.ID, "decides", "nobody decides")
	}
	k.bodies(s.ID, "decides", s.Decides...)
	for _, id := range s.Forms {
		k.oneOfIDs(s.ID, "forms", id, ids(k.Forms, func(f Form) string { return f.ID }))
	}
	for _, id := range s.Conditions {
		k.oneOfIDs(s.ID, "conditions", id, ids(k.Conditions, func(c Condition) string { return c.ID }))
	}
	for _, id := range s.Next {
		k.oneOfIDs(s.ID, "next", id, ids(k.Stages, func(s Stage) string { return s.ID }))
		if id == s.ID {
			k.add(s.ID, "next", "leads to itself")
		}
	}
}

// way checks that no stage is dead, and that support waits for nobody.
func (k *checker) way() {
	if n := k.count(Concern); n != 1 {
		k.add("", "stage", "one stage of the kind concern is needed, not %d", n)
		return
	}
	reached := k.reach(k.First().ID, func(Stage) bool { return true })
	for _, s := range k.Stages {
		if !reached[s.ID] {
			k.add(s.ID, "next", "is dead: no way leads to it")
		}
		if !k.leads(k.reach(s.ID, func(Stage) bool { return true }), Closed) {
			k.add(s.ID, "next", "is dead: no way leads on to the end")
		}
		if s.Kind == Presumed && !k.leads(k.reach(s.ID, k.open), Support) {
			k.add(s.ID, "next", "support cannot be reached from here without a condition or an authority's decision")
		}
	}
	for _, kind := range []Kind{Presumed, Support, Closed} {
		if k.count(kind) == 0 {
			k.add("", "stage", "none is of the kind %s", kind)
		}
	}
}

// reach are the stages to which ways lead from one, over stages that pass.
func (k *checker) reach(from string, pass func(Stage) bool) map[string]bool {
	reached := map[string]bool{from: true}
	for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
		at, _ := k.Stage(queue[0])
		for _, id := range at.Next {
			if to, ok := k.Stage(id); ok && !reached[id] && pass(to) {
				reached[id] = true
				queue = append(queue, id)
			}
		}
	}
	return reached
}

func (k *checker) leads(reached map[string]bool, kind Kind) bool {
	return slices.ContainsFunc(k.Stages, func(s Stage) bool { return reached[s.ID] && s.Kind == kind })
}

func (k *checker) count(kind Kind) (n int) {
	for _, s := range k.Stages {
		if s.Kind == kind {
			n++
		}
	}
	return n
}

func (k *checker) period(x Period) {
	k.oneOf(x.ID, "kind", x.Kind, "reflection", "document", "programme")
	k.oneOf(x.ID, "starts", x.Starts, Events...)
	k.oneOfIDs(x.ID, "stage", x.Stage, ids(k.Stages, func(s Stage) string { return s.ID }))
	k.age(x.ID, x.Ages)
	k.citizens(x.ID, x.Citizens)
	if x.Rests != "" && (k.base == nil || x.Rests != k.base.Reflection.ID) {
		k.add(x.ID, "rests", "the country's pack has no reflection period %q", x.Rests)
		return
	}
	k.fact(x.ID, x.Origin)
	k.words(x.ID, "text", x.Text)
	k.length(x)
	if x.ExtensionMonths > 0 || x.ExtendedBy != "" {
		k.bodies(x.ID, "extended_by", x.ExtendedBy)
	}
}

// length checks that one thing says how long, and that it is possible.
func (k *checker) length(x Period) {
	said := 0
	for _, one := range []bool{x.Days != 0, x.Months != 0, x.ByAuthority, x.Unknown} {
		if one {
			said++
		}
	}
	if said != 1 {
		k.add(x.ID, "period", "exactly one of days, months, by_authority and unknown is needed")
	}
	for _, l := range []struct {
		field      string
		value, top int
	}{{"days", x.Days, mostDays}, {"months", x.Months, mostMonths}, {"extension_months", x.ExtensionMonths, mostMonths}} {
		if l.value < 0 || l.value > l.top {
			k.add(x.ID, l.field, "%d is impossible: 1 to %d", l.value, l.top)
		}
	}
	if (x.ExtensionMonths > 0 || x.Minimum) && x.Days == 0 && x.Months == 0 {
		k.add(x.ID, "period", "what has no length has no extension and is no minimum")
	}
}

// reflections checks that there is one reflection period for an adult and one
// for a child.
func (k *checker) reflections() {
	for age, minor := range map[string]bool{Adult: false, Child: true} {
		n := 0
		for _, x := range k.Periods {
			if x.Kind == "reflection" && x.ages(minor) {
				n++
			}
		}
		if n != 1 {
			k.add("", "period", "one reflection period of the age %s is needed, not %d; say unknown where nobody knows", age, n)
		}
	}
}

func (k *checker) rest() {
	for _, x := range k.Permits {
		k.fact(x.ID, x.Origin)
		k.words(x.ID, "name", x.Name)
		k.words(x.ID, "text", x.Text)
		k.bodies(x.ID, "asked_by", x.AskedBy...)
		k.citizens(x.ID, x.Citizens)
		if x.Months < 0 || x.Months > mostMonths {
			k.add(x.ID, "months", "%d is impossible: 0 to %d", x.Months, mostMonths)
		}
	}
	k.topics()
	k.oneOf("", "counted", k.Declined.Counted, "anonymous", "nobody", "unknown")
	k.origin("", k.Declined.Origin)
	k.words("", "declined", k.Declined.Text)
	if k.Declined.To != "" {
		k.bodies("", "to", k.Declined.To)
	}
	for _, r := range k.Regions {
		if !strings.HasPrefix(r.Code, k.Country+"-") || k.ids[r.Code] {
			k.add(r.Code, "code", "must be an ISO 3166-2 code of the country, once")
		}
		k.ids[r.Code] = true
		k.oneOf(r.Code, "agreement", r.Agreement, "agreement", "body", "named", "unknown")
		k.origin(r.Code, r.Origin)
	}
}

// topics checks that every topic is spoken of, and every group of citizens.
func (k *checker) topics() {
	about := map[string]bool{}
	for _, f := range k.Facts {
		k.fact(f.ID, f.Origin)
		k.words(f.ID, "text", f.Text)
		k.oneOf(f.ID, "topic", f.Topic, Topics...)
		k.citizens(f.ID, f.Citizens)
		about[f.Topic] = true
		for _, c := range f.Citizens {
			about[f.Topic+" "+c] = true
		}
	}
	for _, topic := range Topics {
		if !about[topic] {
			k.add("", "fact", "nothing is said of %s", topic)
		}
	}
	for _, c := range Citizens {
		if !about["citizens "+c] {
			k.add("", "fact", "nothing is said of the citizens %s", c)
		}
	}
}

// fact checks what every fact has: an id of its own and an origin.
func (k *checker) fact(id string, o country.Origin) {
	if !identifier.MatchString(id) || !strings.HasPrefix(id, strings.ToLower(k.Country)+"-") {
		k.add(id, "id", "must be lower-case words joined by -, beginning with the country")
	}
	if k.ids[id] {
		k.add(id, "id", "stands twice")
	}
	k.ids[id] = true
	k.origin(id, o)
}

func (k *checker) origin(id string, o country.Origin) {
	for _, p := range o.Check(k.sources()) {
		k.add(id, p.Field, "%s", p.Reason)
	}
}

func (k *checker) words(id, field string, w Words) {
	for _, lang := range i18n.Languages {
		if strings.TrimSpace(w[lang]) == "" {
			k.add(id, field, "is missing in %s", lang)
		}
	}
	for lang := range w {
		if !slices.Contains(i18n.Languages, lang) {
			k.add(id, field, "%q is no language of the interface", lang)
		}
	}
}

func (k *checker) oneOf(id, field, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		k.add(id, field, "%q is none of %s", value, strings.Join(allowed, ", "))
	}
}

func (k *checker) oneOfIDs(id, field, value string, known []string) {
	if !slices.Contains(known, value) {
		k.add(id, field, "there is no %q", value)
	}
}

func (k *checker) bodies(id, field string, names ...string) {
	for _, name := range names {
		if _, ok := k.Body(name); !ok && name != ByPerson && name != ByAnyone {
			k.add(id, field, "there is no body %q", name)
		}
	}
}

func (k *checker) age(id, ages string) { k.oneOf(id, "ages", ages, "", Adult, Child) }

func (k *checker) citizens(id string, list []string) {
	for _, c := range list {
		k.oneOf(id, "citizens", c, Citizens...)
	}
}

func ids[T any](list []T, id func(T) string) []string {
	out := make([]string, len(list))
	for i, x := range list {
		out[i] = id(x)
	}
	return out
}
