package instrument

import (
	"math"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"amelie/internal/fault"
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

func (c *checker) add(where string, broken fault.Rule, args ...any) {
	c.list = append(c.list, Problem{c.p.ID, where, broken.Broken(args...)})
}

func (c *checker) oneOf(where, value string, words []string) {
	if !slices.Contains(words, value) {
		c.add(where, oneOf, value, strings.Join(words, ", "))
	}
}

// ids refuses identifiers that are badly formed or stand twice.
func (c *checker) ids(what string, ids []string) {
	seen := map[string]bool{}
	for _, id := range ids {
		if !identifier.MatchString(id) || len(id) > 80 {
			c.add(what, badID, id)
		}
		if seen[id] {
			c.add(what, twice, id)
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
		c.add("version", badVersion)
	}
	c.oneOf("state", string(p.State), []string{string(Installed), string(Off), string(Template)})
	if (p.State == Off) != (p.Reason != "") && p.State != Installed {
		c.add("reason", offReason)
	}
	if p.Topic != "" || p.Rule.Kind == Delphi {
		c.oneOf("topic", string(p.Topic), []string{string(Labour), string(Sexual)})
	}
	c.oneOf("licence permission", p.Licence.Permission, append(Permissions, granted))
	if p.Licence.Name == "" {
		c.add("licence", nameMissing)
	}
	if p.State == Installed && (p.Licence.Permission == "ask" || p.Licence.Permission == "controlled") {
		c.add("licence permission", notAllowed, p.Licence.Permission)
	}
	if p.Source.Title == "" || p.Source.Publisher == "" || p.Source.Provenance == "" {
		c.add("source", sourceMissing)
	}
	if p.Source.Year < 1900 || p.Source.Year > 2100 {
		c.add("source year", noYear, p.Source.Year)
	}
	c.address("source address", p.Source.Address)
	if len(p.Items) == 0 {
		c.add("item", oneNeeded)
	}
	if len(p.Items) > 500 || len(p.Evidence) > 100 {
		c.add("item", tooMany)
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
		c.add(where, notAddress)
	}
}

func (c *checker) population() {
	p := c.p.Population
	if len(p.Ages) == 0 {
		c.add("population ages", agesMissing)
	}
	for _, a := range p.Ages {
		c.oneOf("population ages", string(a), []string{string(Adult), string(Child)})
	}
	if p.AgeMin < 0 || p.AgeMax < 0 || p.AgeMax > 0 && p.AgeMax < p.AgeMin || p.AgeMax > 120 || p.AgeMin > 120 {
		c.add("population", nobodyOld, p.AgeMin, p.AgeMax)
	}
	if slices.Contains(p.Ages, Child) != (p.AgeMin < 18) {
		c.add("population", minContradicts)
	}
	if slices.Contains(p.Ages, Adult) != (p.AgeMax == 0 || p.AgeMax >= 18) {
		c.add("population", maxContradicts)
	}
	if len(p.Settings) == 0 {
		c.add("population settings", oneNeeded)
	}
	for _, s := range p.Settings {
		c.oneOf("population settings", s, Settings)
	}
	if p.Validated && len(c.p.Evidence) == 0 {
		c.add("population validated", noStudy)
	}
}

func (c *checker) dimensions() {
	p := c.p
	if p.Rule.Kind != Delphi {
		if len(p.Dimensions) > 0 {
			c.add("dimension", onlyDelphiSides)
		}
		return
	}
	var ids []string
	roles := map[Role]int{}
	for _, d := range p.Dimensions {
		ids = append(ids, d.ID)
		roles[d.Role]++
		if !slices.Contains(Roles, d.Role) {
			c.add("dimension "+d.ID, roleUnknown, d.Role)
		}
		var all tally
		for _, i := range p.Items {
			if i.Dimension == d.ID {
				all.add(i.Weight)
			}
		}
		if !all.positive() {
			c.add("dimension "+d.ID, sideUnreachable)
		}
	}
	c.ids("dimension", ids)
	for _, r := range Roles {
		if roles[r] != 1 {
			c.add("dimension", roleOnce, r, roles[r])
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
			c.add(where, dimensionUnknown, i.Dimension)
		}
		if i.Type != YesNo || i.When != nil {
			c.add(where, indicatorAnswers)
		}
	} else if i.Weight != "" || i.Dimension != "" {
		c.add(where, weightOutside)
	}
	if c.p.Rule.Kind != Sum && i.Points != 0 || i.Points < -maxPoints || i.Points > maxPoints {
		c.add(where, pointsOutside, maxPoints)
	}
	c.domain(where, i)
	c.when(where, n)
}

const maxPoints = 10_000

// domain checks what belongs to the type of an item.
func (c *checker) domain(where string, i *Item) {
	if i.Type == Integer {
		if i.Min == nil || i.Max == nil || *i.Min > *i.Max || *i.Min < -maxPoints || *i.Max > maxPoints {
			c.add(where, boundsNeeded, maxPoints)
			i.Min, i.Max = new(int), new(int) // so that the rest can be checked
		}
	} else if i.Min != nil || i.Max != nil {
		c.add(where, onlyIntegerBounds)
	}
	if i.Type != Choice {
		if len(i.Options) > 0 {
			c.add(where, onlyChoiceOptions)
		}
		return
	}
	if len(i.Options) < 2 {
		c.add(where, twoOptions)
		i.Options = append(i.Options, Option{ID: "none"})
	}
	var ids []string
	for _, o := range i.Options {
		ids = append(ids, o.ID)
		if o.ID == Unknown {
			c.add(where, unknownOption, Unknown)
		}
		if c.p.Rule.Kind != Sum && o.Points != 0 || o.Points < -maxPoints || o.Points > maxPoints {
			c.add(where, pointsOutside, maxPoints)
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
		c.add(where, notEarlier, w.Item)
		return
	}
	if on := c.p.Items[at]; on.Type != Integer && !on.takes(w.Is) || on.Type == Integer && (on.Min == nil || on.Max == nil || !on.takes(w.Is)) {
		c.add(where, neverAnswered, w.Is, w.Item)
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
			c.add("rule", itemUnknown, id)
		}
	}
	if len(r.Items) > 0 && (r.Kind == Delphi || r.Kind == NoScore) {
		c.add("rule items", ruleItems)
	}
	if r.Kind != Count && r.AtLeast != 0 || r.Kind != Sum && len(r.Bands) > 0 {
		c.add("rule", ruleParts)
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
			c.add("rule", countTakes, i.ID)
			continue
		}
		n++
	}
	if a := c.p.Rule.AtLeast; a < 1 || a > n {
		c.add("rule", countUnreachable, a, n)
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
		c.add("rule", twoBands)
		return
	}
	var ids []string
	for n, b := range bands {
		ids = append(ids, b.ID)
		if n > 0 && b.From <= bands[n-1].From {
			c.add("rule", bandsRise)
		}
		if n == 0 && b.From > least {
			c.add("rule", noBand, least)
		}
		if b.From > most || n > 0 && b.From <= least {
			c.add("rule", sumUnreachable, b.From, least, most)
		}
		if slices.Contains(Classes, Class(b.ID)) || b.ID == string(Listed) {
			c.add("rule", bandClass, b.ID)
		}
	}
	c.ids("rule bands", ids)
}

// words checks that every language says everything, and nothing else.
func (c *checker) words() {
	p := c.p
	if len(p.Languages) == 0 {
		c.add("languages", oneNeeded)
		p.Languages = []string{"en"}
	}
	seen := map[string]bool{}
	for _, lang := range p.Languages {
		if !language.MatchString(lang) || seen[lang] {
			c.add("languages", badLanguage, lang)
		}
		seen[lang] = true
		t, ok := p.Text[lang]
		if !ok {
			c.add("text", languageMissing, lang)
			continue
		}
		c.text(lang, t)
	}
	for _, lang := range sortedKeys(p.Text) {
		if !seen[lang] {
			c.add("text", languageExtra, lang)
		}
	}
}

func (c *checker) text(lang string, t Text) {
	p := c.p
	where := "text " + lang
	if t.Title == "" || t.Population == "" {
		c.add(where, titlesNeeded)
	}
	if first := p.Text[p.Languages[0]]; len(t.Warnings) != len(first.Warnings) || slices.Contains(t.Warnings, "") {
		c.add(where, otherWarnings, p.Languages[0])
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
				c.add(where+" "+i.ID, templateWords)
			}
			continue
		}
		if w.Label == "" || p.Rule.Kind == Delphi && (w.Means == "" || w.Else == "") {
			c.add(where+" "+i.ID, wordsMissing)
		}
		for _, o := range i.Options {
			if w.Options[o.ID] == "" {
				c.add(where+" "+i.ID, wordsMissingOf, o.ID)
			}
		}
	}
	for _, key := range sortedKeys(t.Items) {
		if !used[key] {
			c.add(where, itemUnknown, key)
		}
	}
	for _, b := range p.Rule.Bands {
		if t.Bands[b.ID] == "" {
			c.add(where, bandWordsMissing, b.ID)
		}
	}
}

// evidence refuses a study that contradicts itself.
func (c *checker) evidence(e Evidence) {
	where := "evidence " + e.ID
	if e.Study == "" || e.Outcome == "" || e.N < 0 || e.N > most {
		c.add(where, studyNeeds)
	}
	c.address(where, e.Address)
	c.oneOf(where+" setting", e.Setting, Settings)
	c.oneOf(where+" method", string(e.Method), []string{string(Wald), string(Wilson), string(ClopperPearson), string(Unstated)})
	if e.Rounding < 0 || e.Rounding > 6 {
		c.add(where, badRounding)
	}
	table, whole := e.Table()
	some := e.TP != nil || e.FN != nil || e.FP != nil || e.TN != nil
	if some && !whole {
		c.add(where, fourCells)
	}
	if whole != slices.Contains([]string{"published", "reconstructed"}, e.Cells) || !whole && e.Cells != "none" {
		c.add(where+" cells", cellsWord, e.Cells)
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
		c.add(where, technical, err)
	}
	if whole && err == nil && table.N() != e.N {
		c.add(where, cellsCount, table.N(), e.N)
	}
	for _, x := range printed {
		if x.value == nil {
			continue
		}
		if !(*x.value >= 0 && *x.value <= 100) {
			c.add(where, notPercentage, x.name)
			continue
		}
		// A unit of the last decimal: studies round, and some cut.
		if got := x.share(accuracy); whole && err == nil && (got == nil || math.Abs(100*got.Estimate-*x.value) > math.Pow10(-e.Rounding)) {
			c.add(where, cellsContradict, x.name, *x.value)
		}
	}
}
