package entitle

import (
	"fmt"
	"slices"
	"strings"

	"amelie/internal/country"
)

// checker collects the problems of one country, or of what all share.
type checker struct {
	where string
	list  []country.Problem
}

func (k *checker) add(id, field, reason string, args ...any) {
	k.list = append(k.list, country.Problem{Country: k.where, ID: id, Field: field, Reason: fmt.Sprintf(reason, args...)})
}

// Problems are all reasons why the set cannot be used; none for a good one.
// req: ENTITLE-3
func (s *Set) Problems() []country.Problem {
	k := &checker{where: "questions"}
	for _, q := range s.Questions {
		if q.ID == "" || len(q.Answers) < 2 || len(distinct(q.Answers)) != len(q.Answers) {
			k.add(q.ID, "answers", "needs an id and at least two different answers")
		}
	}
	k.where = "shared"
	k.sources(s.shared.Sources)
	for i := range s.shared.Entitlements {
		k.entitlement(&s.shared.Entitlements[i], s.shared.Sources)
	}
	if len(k.list) > 0 {
		return k.list // what follows leans on questions and answers that are sound
	}
	for _, code := range s.Codes() {
		k.country(s.countries[code])
	}
	return append(k.list, s.wordProblems()...)
}

func (k *checker) sources(list []country.Source) {
	for _, p := range country.CheckSources(list) {
		p.Country = k.where
		k.list = append(k.list, p)
	}
}

func (k *checker) entitlement(e *Entitlement, sources []country.Source) {
	if e.Care != "" && e.care == nil {
		k.add(e.ID, "care", "the country's pack has no fact %q", e.Care)
	}
	if e.Costs == "" || e.Say == "" {
		k.add(e.ID, "costs", "needs a word for costs and one for say")
	}
	if !slices.Contains([]Office{OfficeNo, OfficeKnows, OfficeLearns, OfficeUncertain}, e.Office) {
		k.add(e.ID, "office", "%q is not known", e.Office)
	}
	if e.Care != "" && e.Source == "" {
		return // it rests on the fact alone
	}
	for _, p := range e.Origin.Check(sources) {
		k.add(e.ID, p.Field, "%s", p.Reason)
	}
}

func (k *checker) country(c *Country) {
	k.where = c.Code
	if c.Revision < 1 {
		k.add("", "revision", "must be 1 or more")
	}
	k.sources(c.Sources)
	known := slices.Concat(c.Sources, c.set.shared.Sources, c.pack.Sources)
	ids := map[string]bool{}
	for _, e := range c.set.shared.Entitlements {
		ids[e.ID] = true
	}
	for i := range c.Entitlements {
		e := &c.Entitlements[i]
		if ids[e.ID] || !strings.HasPrefix(e.ID, strings.ToLower(c.Code)+"-") {
			k.add(e.ID, "id", "stands twice or does not start with the country")
		}
		ids[e.ID] = true
		k.entitlement(e, known)
	}
	before := len(k.list)
	k.rules(c, ids)
	if len(k.list) == before {
		k.reach(c)
	}
}

// rules checks what the rules name.
func (k *checker) rules(c *Country, ids map[string]bool) {
	shown := map[string]bool{}
	for i, t := range c.Tables {
		if !slices.Contains(Tables, t.ID) || slices.ContainsFunc(c.Tables[:i], func(x Table) bool { return x.ID == t.ID }) {
			k.add(t.ID, "table", "is not known or stands twice")
		}
		for n, r := range t.Rules {
			k.conditions(c.set, ruleName(t, n), r)
			for _, id := range r.Show {
				shown[id] = true
				if !ids[id] {
					k.add(ruleName(t, n), "show", "no entitlement %q", id)
				}
			}
			if len(r.Show) == 0 {
				k.add(ruleName(t, n), "show", "shows nothing")
			}
		}
	}
	for _, e := range c.Entitlements {
		if !shown[e.ID] {
			k.add(e.ID, "rule", "no rule shows it")
		}
	}
}

func ruleName(t Table, n int) string { return fmt.Sprintf("%s/%d", t.ID, n+1) }

func (k *checker) conditions(s *Set, rule string, r Rule) {
	for question, wanted := range r.When {
		at := slices.IndexFunc(s.Questions, func(q Question) bool { return q.ID == question })
		if at < 0 {
			k.add(rule, "when", "no question %q", question)
			continue
		}
		for _, answer := range wanted {
			if !slices.Contains(s.Questions[at].Answers, answer) {
				k.add(rule, "when", "%s has no answer %q", question, answer)
			}
		}
		if n := len(distinct(wanted)); n == 0 || n != len(wanted) || n == len(s.Questions[at].Answers) {
			k.add(rule, "when", "%s names no answer, one twice, or all of them; leave it out for all", question)
		}
	}
}

// reach finds rules that others before them make idle, two rules for the same
// case among them, and cases that nothing answers.
func (k *checker) reach(c *Country) {
	cases := expand(Answers{}, c.set.Questions)
	for _, t := range c.Tables {
		reached := make([]bool, len(t.Rules))
		var unanswered Answers
		for _, known := range cases {
			at := slices.IndexFunc(t.Rules, func(r Rule) bool { return r.fits(known) })
			if at >= 0 {
				reached[at] = true
			} else {
				unanswered = known
			}
		}
		for n, ok := range reached {
			if !ok {
				k.add(ruleName(t, n), "when", "can never be reached: the rules before it answer all its cases")
			}
		}
		if t.ID == complete && unanswered != nil {
			k.add(t.ID, "table", "has no answer for %v", unanswered)
		}
	}
	if !slices.ContainsFunc(c.Tables, func(t Table) bool { return t.ID == complete }) {
		k.add(complete, "table", "is missing")
	}
}

func distinct(list []string) []string {
	sorted := slices.Sorted(slices.Values(list))
	return slices.Compact(sorted)
}
