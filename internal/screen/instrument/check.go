package instrument

import (
	"fmt"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

var (
	identifier = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	versioned  = regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9]+$`)
	language   = regexp.MustCompile(`^[a-z]{2,3}$`)
)

// checker collects what is wrong with one pack.
type checker struct {
	p    *Pack
	list []Problem
}

func (c *checker) add(where, reason string, args ...any) {
	c.list = append(c.list, Problem{c.p.ID, where, fmt.Sprintf(reason, args...)})
}

func (c *checker) oneOf(where, value string, words []string) {
	if !slices.Contains(words, value) {
		c.add(where, "%q is not one of %s", value, strings.Join(words, ", "))
	}
}

// ids refuses identifiers that are badly formed or stand twice.
func (c *checker) ids(what string, ids []string) {
	seen := map[string]bool{}
	for _, id := range ids {
		if !identifier.MatchString(id) || len(id) > 80 {
			c.add(what, "the id %q: small letters, digits and single hyphens are needed", id)
		}
		if seen[id] {
			c.add(what, "the id %q stands twice", id)
		}
		seen[id] = true
	}
}

// Check gives every reason why the pack cannot be used; none for a good one.
//
// req: INSTRUMENT-5
func Check(p *Pack) []Problem {
	c := &checker{p: p}
	c.head()
	c.population()
	c.dimensions()
	for i := range p.Items {
		c.item(i)
	}
	c.rule()
	c.words()
	for _, e := range p.Evidence {
		c.evidence(e)
	}
	return c.list
}

func (c *checker) head() {
	p := c.p
	c.ids("id", []string{p.ID})
	if !versioned.MatchString(p.Version) {
		c.add("version", "three numbers with dots are needed, like 1.0.0")
	}
	c.oneOf("state", string(p.State), []string{string(Installed), string(Off), string(Template)})
	if (p.State == Off) != (p.Reason != "") && p.State != Installed {
		c.add("reason", "a pack that is off says why, and no other does")
	}
	if p.Topic != "" || p.Rule.Kind == Delphi {
		c.oneOf("topic", string(p.Topic), []string{string(Labour), string(Sexual)})
	}
	c.oneOf("licence permission", p.Licence.Permission, append(Permissions, granted))
	if p.Licence.Name == "" {
		c.add("licence", "the name is missing")
	}
	if p.State == Installed && (p.Licence.Permission == "ask" || p.Licence.Permission == "controlled") {
		c.add("licence permission", "%q does not allow to install the items", p.Licence.Permission)
	}
	if p.Source.Title == "" || p.Source.Publisher == "" || p.Source.Provenance == "" {
		c.add("source", "title, publisher and provenance are needed")
	}
	if p.Source.Year < 1900 || p.Source.Year > 2100 {
		c.add("source year", "%d is no year of publication", p.Source.Year)
	}
	c.address("source address", p.Source.Address)
	if len(p.Items) == 0 {
		c.add("item", "at least one is needed")
	}
	if len(p.Items) > 500 || len(p.Evidence) > 100 {
		c.add("item", "at most 500 items and 100 studies are taken")
	}
	var items, studies []string
	for _, i := range p.Items {
		items = append(items, i.ID)
	}
	for _, e := range p.Evidence {
		studies = append(studies, e.ID)
	}
	c.ids("item", items)
	c.ids("evidence", studies)
}

// granted is the permission of a pack that an administrator imports after the
// publisher agreed.
const granted = "granted"

func (c *checker) address(where, address string) {
	if address == "" {
		return
	}
	if u, err := url.Parse(address); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		c.add(where, "not a web address")
	}
}

func (c *checker) population() {
	p := c.p.Population
	if len(p.Ages) == 0 {
		c.add("population ages", "adult, child or both are needed")
	}
	for _, a := range p.Ages {
		c.oneOf("population ages", string(a), []string{string(Adult), string(Child)})
	}
	if p.AgeMin < 0 || p.AgeMax < 0 || p.AgeMax > 0 && p.AgeMax < p.AgeMin || p.AgeMax > 120 || p.AgeMin > 120 {
		c.add("population", "nobody is from %d to %d years old", p.AgeMin, p.AgeMax)
	}
	if slices.Contains(p.Ages, Child) != (p.AgeMin < 18) {
		c.add("population", "ages and age_min contradict each other: a child is under 18")
	}
	if slices.Contains(p.Ages, Adult) != (p.AgeMax == 0 || p.AgeMax >= 18) {
		c.add("population", "ages and age_max contradict each other: an adult is 18 or over")
	}
	if len(p.Settings) == 0 {
		c.add("population settings", "at least one is needed")
	}
	for _, s := range p.Settings {
		c.oneOf("population settings", s, Settings)
	}
	if p.Validated && len(c.p.Evidence) == 0 {
		c.add("population validated", "no study is named")
	}
}

func (c *checker) dimensions() {
	p := c.p
	if p.Rule.Kind != Delphi {
		if len(p.Dimensions) > 0 {
			c.add("dimension", "only the rule delphi has dimensions")
		}
		return
	}
	var ids []string
	roles := map[Role]int{}
	for _, d := range p.Dimensions {
		ids = append(ids, d.ID)
		roles[d.Role]++
		if !slices.Contains(Roles, d.Role) {
			c.add("dimension "+d.ID, "the role %q is unknown", d.Role)
		}
		var all tally
		for _, i := range p.Items {
			if i.Dimension == d.ID {
				all.add(i.Weight)
			}
		}
		if !all.positive() {
			c.add("dimension "+d.ID, "unreachable cut-off: all its items together do not make it positive")
		}
	}
	c.ids("dimension", ids)
	for _, r := range Roles {
		if roles[r] != 1 {
			c.add("dimension", "the role %s must stand once, it stands %d times", r, roles[r])
		}
	}
}

func (c *checker) item(n int) {
	i := &c.p.Items[n]
	where := "item " + i.ID
	c.oneOf(where+" type", string(i.Type), []string{string(YesNo), string(Integer), string(Choice)})
	if c.p.Rule.Kind == Delphi {
		c.oneOf(where+" weight", string(i.Weight), []string{string(Strong), string(Medium), string(Weak)})
		if !slices.ContainsFunc(c.p.Dimensions, func(d Dimension) bool { return d.ID == i.Dimension }) {
			c.add(where, "the dimension %q is unknown", i.Dimension)
		}
		if i.Type != YesNo || i.When != nil {
			c.add(where, "an indicator is answered by yes, no or unknown, always")
		}
	} else if i.Weight != "" || i.Dimension != "" {
		c.add(where, "weight outside the scheme: only the rule delphi has weights and dimensions")
	}
	if c.p.Rule.Kind != Sum && i.Points != 0 || i.Points < -maxPoints || i.Points > maxPoints {
		c.add(where, "points outside the scheme: only the rule sum has them, at most %d", maxPoints)
	}
	c.domain(where, i)
	c.when(where, n)
}

const maxPoints = 10_000

// domain checks what belongs to the type of an item.
func (c *checker) domain(where string, i *Item) {
	if i.Type == Integer {
		if i.Min == nil || i.Max == nil || *i.Min > *i.Max || *i.Min < -maxPoints || *i.Max > maxPoints {
			c.add(where, "min and max are needed, min first, within %d", maxPoints)
			i.Min, i.Max = new(int), new(int) // so that the rest can be checked
		}
	} else if i.Min != nil || i.Max != nil {
		c.add(where, "only an integer has min and max")
	}
	if i.Type != Choice {
		if len(i.Options) > 0 {
			c.add(where, "only a choice has options")
		}
		return
	}
	if len(i.Options) < 2 {
		c.add(where, "a choice needs two options")
		i.Options = append(i.Options, Option{ID: "none"})
	}
	var ids []string
	for _, o := range i.Options {
		ids = append(ids, o.ID)
		if o.ID == Unknown {
			c.add(where, "%q is in every domain and no option of its own", Unknown)
		}
		if c.p.Rule.Kind != Sum && o.Points != 0 || o.Points < -maxPoints || o.Points > maxPoints {
			c.add(where, "points outside the scheme: only the rule sum has them, at most %d", maxPoints)
		}
	}
	c.ids(where+" option", ids)
}

// when allows to depend on an earlier item only, so that there is no circle.
func (c *checker) when(where string, n int) {
	w := c.p.Items[n].When
	if w == nil {
		return
	}
	at := slices.IndexFunc(c.p.Items[:n], func(x Item) bool { return x.ID == w.Item })
	if at < 0 {
		c.add(where, "it depends on %q, which is not an earlier item", w.Item)
		return
	}
	if on := c.p.Items[at]; on.Type != Integer && !on.takes(w.Is) || on.Type == Integer && (on.Min == nil || on.Max == nil || !on.takes(w.Is)) {
		c.add(where, "it depends on the answer %q, which %s never has", w.Is, w.Item)
	}
}

func (c *checker) rule() {
	r := c.p.Rule
	c.oneOf("rule", string(r.Kind), []string{string(Delphi), string(Count), string(Sum), string(NoScore)})
	var counted []Item
	if len(r.Items) == 0 {
		counted = c.p.Items
	}
	c.ids("rule items", r.Items)
	for _, id := range r.Items {
		if i, ok := c.p.Item(id); ok {
			counted = append(counted, i)
		} else {
			c.add("rule", "the item %q is unknown", id)
		}
	}
	if len(r.Items) > 0 && (r.Kind == Delphi || r.Kind == NoScore) {
		c.add("rule items", "only a count or a sum names its items")
	}
	if r.Kind != Count && r.AtLeast != 0 || r.Kind != Sum && len(r.Bands) > 0 {
		c.add("rule", "at_least belongs to a count, bands to a sum")
	}
	switch r.Kind {
	case Count:
		c.count(counted)
	case Sum:
		c.sum(counted)
	}
}

func (c *checker) count(counted []Item) {
	n := 0
	for _, i := range counted {
		if i.Type != YesNo {
			c.add("rule", "a count takes yes-no items, %s is none", i.ID)
			continue
		}
		n++
	}
	if a := c.p.Rule.AtLeast; a < 1 || a > n {
		c.add("rule", "unreachable cut-off: %d of %d items", a, n)
	}
}

func (c *checker) sum(counted []Item) {
	least, most := 0, 0
	for _, i := range counted {
		low, high := i.reach()
		least, most = least+low, most+high
	}
	bands := c.p.Rule.Bands
	if len(bands) < 2 {
		c.add("rule", "a sum needs two bands")
		return
	}
	var ids []string
	for n, b := range bands {
		ids = append(ids, b.ID)
		if n > 0 && b.From <= bands[n-1].From {
			c.add("rule", "the bands must rise")
		}
		if n == 0 && b.From > least {
			c.add("rule", "%d points are in no band", least)
		}
		if b.From > most || n > 0 && b.From <= least {
			c.add("rule", "unreachable cut-off: %d with points from %d to %d", b.From, least, most)
		}
		if slices.Contains(Classes, Class(b.ID)) || b.ID == string(Listed) {
			c.add("rule", "the band %q has the name of a class", b.ID)
		}
	}
	c.ids("rule bands", ids)
}

// words checks that every language says everything, and nothing else.
func (c *checker) words() {
	p := c.p
	if len(p.Languages) == 0 {
		c.add("languages", "at least one is needed")
		p.Languages = []string{"en"}
	}
	seen := map[string]bool{}
	for _, lang := range p.Languages {
		if !language.MatchString(lang) || seen[lang] {
			c.add("languages", "%q stands twice or is no language code", lang)
		}
		seen[lang] = true
		t, ok := p.Text[lang]
		if !ok {
			c.add("text", "the language %s is missing", lang)
			continue
		}
		c.text(lang, t)
	}
	for _, lang := range sortedKeys(p.Text) {
		if !seen[lang] {
			c.add("text", "the language %s is not named in languages", lang)
		}
	}
}

func (c *checker) text(lang string, t Text) {
	p := c.p
	where := "text " + lang
	if t.Title == "" || t.Population == "" {
		c.add(where, "title and population are needed")
	}
	if first := p.Text[p.Languages[0]]; len(t.Warnings) != len(first.Warnings) || slices.Contains(t.Warnings, "") {
		c.add(where, "the warnings are not those of %s", p.Languages[0])
	}
	used := map[string]bool{}
	for _, i := range p.Items {
		key := i.Word
		if key == "" {
			key = i.ID
		}
		used[key] = true
		w := p.Wording(i, lang)
		if p.State == Template {
			if w.Label != "" {
				c.add(where+" "+i.ID, "a template holds no wording")
			}
			continue
		}
		if w.Label == "" || p.Rule.Kind == Delphi && (w.Means == "" || w.Else == "") {
			c.add(where+" "+i.ID, "the wording is missing")
		}
		for _, o := range i.Options {
			if w.Options[o.ID] == "" {
				c.add(where+" "+i.ID, "the wording of %s is missing", o.ID)
			}
		}
	}
	for _, key := range sortedKeys(t.Items) {
		if !used[key] {
			c.add(where, "the item %q is unknown", key)
		}
	}
	for _, b := range p.Rule.Bands {
		if t.Bands[b.ID] == "" {
			c.add(where, "the wording of the band %s is missing", b.ID)
		}
	}
}

// evidence refuses a study that contradicts itself.
func (c *checker) evidence(e Evidence) {
	where := "evidence " + e.ID
	if e.Study == "" || e.Outcome == "" || e.N < 0 || e.N > most {
		c.add(where, "study, outcome and the number of people are needed")
	}
	c.address(where, e.Address)
	c.oneOf(where+" setting", e.Setting, Settings)
	c.oneOf(where+" method", string(e.Method), []string{string(Wald), string(Wilson), string(ClopperPearson), string(Unstated)})
	if e.Rounding < 0 || e.Rounding > 6 {
		c.add(where, "rounding is the number of decimals, from 0 to 6")
	}
	table, whole := e.Table()
	some := e.TP != nil || e.FN != nil || e.FP != nil || e.TN != nil
	if some && !whole {
		c.add(where, "the four cells stand together or not at all")
	}
	if whole != slices.Contains([]string{"published", "reconstructed"}, e.Cells) || !whole && e.Cells != "none" {
		c.add(where+" cells", "%q: published, reconstructed, or none where there are none", e.Cells)
	}
	printed := []struct {
		name  string
		value *float64
		share func(Accuracy) *Share
	}{
		{"sensitivity", e.Sensitivity, func(a Accuracy) *Share { return a.Sensitivity }},
		{"specificity", e.Specificity, func(a Accuracy) *Share { return a.Specificity }},
		{"ppv", e.PPV, func(a Accuracy) *Share { return a.PPV }},
		{"npv", e.NPV, func(a Accuracy) *Share { return a.NPV }},
	}
	accuracy, err := Judge(table, Wilson)
	if whole && err != nil {
		c.add(where, "%v", err)
	}
	if whole && err == nil && table.N() != e.N {
		c.add(where, "the cells count %d people, n is %d", table.N(), e.N)
	}
	for _, x := range printed {
		if x.value == nil {
			continue
		}
		if !(*x.value >= 0 && *x.value <= 100) {
			c.add(where, "%s is a percentage from 0 to 100", x.name)
			continue
		}
		// A unit of the last decimal: studies round, and some cut.
		if got := x.share(accuracy); whole && err == nil && (got == nil || math.Abs(100*got.Estimate-*x.value) > math.Pow10(-e.Rounding)) {
			c.add(where, "the cells contradict the published %s of %v %%", x.name, *x.value)
		}
	}
}
