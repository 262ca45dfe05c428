package country

import (
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
)

// languages are the languages that every text of a pack is written in.
var languages = []string{"en", "el", "it", "de", "nl", "fr"}

const dir = "country"

// Load reads country/*.toml below the root of the content tree, refuses what
// it does not know, and checks every pack. The error lists all problems.
func Load(fsys fs.FS) (*Packs, error) {
	terms := &Terms{}
	if err := Decode(fsys, dir+"/terms.toml", terms); err != nil {
		return nil, err
	}
	files, err := fs.Glob(fsys, dir+"/*.toml")
	if err != nil {
		return nil, fmt.Errorf("list country packs: %w", err)
	}
	packs := &Packs{Terms: terms, packs: map[string]*Pack{}}
	problems := CheckTerms(terms)
	for _, file := range files {
		if path.Base(file) == "terms.toml" {
			continue
		}
		pack := &Pack{terms: terms}
		if err := Decode(fsys, file, pack); err != nil {
			return nil, err
		}
		if want := strings.ToLower(pack.Country) + ".toml"; path.Base(file) != want {
			problems = append(problems, Problem{Country: pack.Country, Field: "country", Reason: "the file should be called " + want})
		}
		problems = append(problems, Check(pack)...)
		packs.packs[pack.Country] = pack
	}
	if len(packs.packs) == 0 {
		problems = append(problems, Problem{Reason: "no country pack found"})
	}
	if len(problems) > 0 {
		return nil, fmt.Errorf("country packs: %w", Problems(problems))
	}
	return packs, nil
}

// Decode reads a file of the content tree and refuses keys that nobody reads.
func Decode(fsys fs.FS, file string, into any) error {
	b, err := fs.ReadFile(fsys, file)
	if err != nil {
		return fmt.Errorf("read %s: %w", file, err)
	}
	if problems := Parse(b, into); len(problems) > 0 {
		return fmt.Errorf("parse %s: %w", file, Problems(problems))
	}
	return nil
}

// Problem is one reason why a pack cannot be used.
type Problem struct {
	Line    int // of the file, from 1; 0 where it was not looked for
	Country string
	ID      string // of the fact
	Field   string
	Reason  string
}

// String is the problem in one line for the editor.
func (p Problem) String() string {
	return strings.Join([]string{p.Country, p.ID, p.Field}, " ") + ": " + p.Reason
}

// Problems are all of them, as one error.
type Problems []Problem

// Error lists the problems, one in a line.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, x := range p {
		lines[i] = x.String()
	}
	return strings.Join(lines, "\n")
}

// checker collects the problems of one pack.
type checker struct {
	pack  *Pack
	terms *Terms
	ids   map[string]bool
	list  []Problem
}

func (c *checker) add(id, field, reason string) {
	c.list = append(c.list, Problem{Country: c.pack.Country, ID: id, Field: field, Reason: reason})
}

var (
	countryCode = regexp.MustCompile(`^[A-Z]{2}$`)
	identifier  = regexp.MustCompile(`^[a-z]{2}-[a-z0-9]+(-[a-z0-9]+)*$`)
	dialled     = regexp.MustCompile(`^[0-9]{3,6}$`)
)

// Check gives every reason why the pack cannot be used; none for a good one.
// req: COUNTRY-4
func Check(p *Pack) []Problem {
	c := &checker{pack: p, terms: p.terms, ids: map[string]bool{}}
	if c.terms == nil {
		c.terms = &Terms{}
	}
	if !countryCode.MatchString(p.Country) {
		c.add("", "country", "not an upper-case ISO 3166-1 code")
	}
	if p.Revision < 1 {
		c.add("", "revision", "must be 1 or more")
	}
	if !isDate(p.Compiled) {
		c.add("", "compiled", "not a date YYYY-MM-DD")
	}
	c.text("", "name", p.Name)
	if len(p.Helplines) == 0 {
		c.add("", "helplines", "at least one is needed")
	}
	c.sources()
	c.numbers()
	c.duties()
	c.grounds()
	c.rest()
	return c.list
}

func (c *checker) sources() {
	for _, p := range CheckSources(c.pack.Sources) {
		c.add(p.ID, p.Field, p.Reason)
	}
}

// CheckSources gives every reason why a list of sources cannot be cited.
func CheckSources(list []Source) []Problem {
	var problems []Problem
	seen := map[string]bool{}
	for _, s := range list {
		if s.ID == "" || s.Title == "" {
			problems = append(problems, Problem{ID: s.ID, Field: "source", Reason: "needs an id and a title"})
		}
		if seen[s.ID] {
			problems = append(problems, Problem{ID: s.ID, Field: "source", Reason: "the id stands twice"})
		}
		seen[s.ID] = true
		if s.URL == "" {
			continue
		}
		if u, err := url.Parse(s.URL); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
			problems = append(problems, Problem{ID: s.ID, Field: "url", Reason: "not a web address"})
		}
	}
	return problems
}

func (c *checker) numbers() {
	general := 0
	for _, n := range c.pack.Emergency {
		c.fact(n.ID, n.Origin)
		c.text(n.ID, "text", n.Text)
		c.oneOf(n.ID, "kind", n.Kind, Any, "ambulance")
		if n.Kind == Any {
			general++
		}
		if !dialled.MatchString(n.Number) {
			c.add(n.ID, "number", "not a short number")
		}
	}
	if general != 1 {
		c.add("", "emergency", "exactly one number of kind any is needed")
	}
}

func (c *checker) duties() {
	silence := false
	for _, d := range c.pack.AllDuties {
		c.fact(d.ID, d.Origin)
		c.text(d.ID, "text", d.Text)
		c.oneOf(d.ID, "kind", string(d.Kind), string(Must), string(May), string(MustNot))
		c.known(d.ID, "professions", d.Professions, c.terms.Professions)
		c.known(d.ID, "employers", d.Employers, c.terms.Employers)
		c.known(d.ID, "ages", d.Ages, c.terms.Ages)
		c.known(d.ID, "situations", d.Situations, c.terms.Situations)
		c.term(d.ID, "to", d.To, c.terms.Recipients)
		c.term(d.ID, "by", d.By, c.terms.Deadlines)
		silence = silence || d.Kind == MustNot && holds(d.Situations, Any)
	}
	if !silence {
		c.add("", "duty", "no general duty to keep silent is stated")
	}
}

// grounds have ids of their own: a duty and a ground of one law may share one.
func (c *checker) grounds() {
	duties := c.ids
	c.ids = map[string]bool{}
	for _, g := range c.pack.AllGrounds {
		c.fact(g.ID, g.Origin)
		c.text(g.ID, "name", g.Name)
		c.term(g.ID, "to", g.To, c.terms.Recipients)
		c.term(g.ID, "by", g.By, c.terms.Deadlines)
		if len(g.For) == 0 {
			c.add(g.ID, "for", "must name child or danger")
		}
		for _, w := range g.For {
			c.oneOf(g.ID, "for", w, "child", "danger")
		}
	}
	c.ids = duties
	if len(c.pack.Grounds(true, false)) == 0 || len(c.pack.Grounds(false, true)) == 0 {
		c.add("", "ground", "a ground for a child and one for danger are needed")
	}
}

func (c *checker) rest() {
	for _, x := range c.pack.Care {
		c.fact(x.ID, x.Origin)
		c.text(x.ID, "name", x.Name)
		c.text(x.ID, "text", x.Text)
		c.text(x.ID, "informs", x.Informs)
	}
	for _, x := range c.pack.Facts {
		c.fact(x.ID, x.Origin)
		c.text(x.ID, "text", x.Text)
		c.oneOf(x.ID, "kind", x.Kind, "recognition", "coordination")
	}
	c.keeping()
	r := c.pack.Reflection
	c.fact(r.ID, r.Origin)
	c.text(r.ID, "text", r.Text)
	if (r.Days > 0) == (r.Months > 0) || r.Days < 0 || r.Months < 0 || r.ExtensionMonths < 0 {
		c.add(r.ID, "days", "exactly one of days and months is needed, none may be negative")
	}
	if r.ExtensionMonths > 0 {
		c.oneOf(r.ID, "extension_for", r.ExtensionFor, "child", Any)
	}
}

// keeping must speak of every kind of body, if only to say that nothing was found.
func (c *checker) keeping() {
	spoken := map[string]bool{}
	for _, k := range c.pack.Keeping {
		c.fact(k.ID, k.Origin)
		c.oneOf(k.ID, "body", k.Body, Bodies...)
		c.oneOf(k.ID, "purpose", k.Purpose, "care", "support", "youth", "funding")
		c.oneOf(k.ID, "rule", k.Rule, "at-least", "between", "until-age", "unlimited", unknown)
		spoken[k.Body] = true
		if counted := k.Rule != "unlimited" && k.Rule != unknown; counted != (k.Years > 0) {
			c.add(k.ID, "years", "a number of years is needed where the rule counts, and nowhere else")
		}
		if between := k.Rule == "between"; between != (k.Most > 0) || between && k.Most < k.Years {
			c.add(k.ID, "most", "between needs a larger number of years, and nothing else has one")
		}
		switch {
		case k.Rule != unknown:
			c.text(k.ID, "text", k.Text)
		case len(k.Text) > 0 || k.Confidence != Background:
			c.add(k.ID, "rule", "what is unknown has no text and confidence R")
		}
	}
	for _, body := range Bodies {
		if !spoken[body] {
			c.add("", "keeping", "nothing is said of the body "+body)
		}
	}
}

// fact checks what every fact has: an id of its own and an origin.
func (c *checker) fact(id string, o Origin) {
	if !identifier.MatchString(id) || !strings.HasPrefix(id, strings.ToLower(c.pack.Country)+"-") {
		c.add(id, "id", "must be lower-case words joined by -, starting with the country")
	}
	if c.ids[id] {
		c.add(id, "id", "stands twice")
	}
	c.ids[id] = true
	for _, p := range o.Check(c.pack.Sources) {
		c.add(id, p.Field, p.Reason)
	}
}

// Check gives every reason why an origin that may cite these sources is none.
func (o Origin) Check(sources []Source) []Problem {
	var problems []Problem
	add := func(field, reason string) { problems = append(problems, Problem{Field: field, Reason: reason}) }
	if !slices.ContainsFunc(sources, func(s Source) bool { return s.ID == o.Source && s.ID != "" }) {
		add("source", "unknown source "+o.Source)
	}
	if o.Confidence != Project && o.Confidence != Found && o.Confidence != Background {
		add("confidence", fmt.Sprintf("%q is none of S, F, R", o.Confidence))
	}
	if o.Verified != "" && !isDate(o.Verified) {
		add("verified", "not a date YYYY-MM-DD")
	}
	if (o.Verified == "") != (o.VerifiedBy == "") {
		add("verified", "a verification needs a date and a name")
	}
	return problems
}

func (c *checker) text(id, field string, t Text) {
	for _, l := range languages {
		if strings.TrimSpace(t[l]) == "" {
			c.add(id, field, "missing in "+l)
		}
	}
	if len(t) > len(languages) {
		c.add(id, field, "holds a language that the interface does not have")
	}
}

func (c *checker) oneOf(id, field, value string, allowed ...string) {
	if !holds(allowed, value) {
		c.add(id, field, fmt.Sprintf("%q is none of %s", value, strings.Join(allowed, ", ")))
	}
}

func (c *checker) term(id, field, value string, terms []Term) {
	if _, ok := find(terms, value); !ok {
		c.add(id, field, fmt.Sprintf("unknown word %q", value))
	}
}

func (c *checker) known(id, field string, values []string, terms []Term) {
	if len(values) == 0 {
		c.add(id, field, "is empty; say any if it holds for all")
	}
	for _, v := range values {
		if v != Any {
			c.term(id, field, v, terms)
		} else if len(values) > 1 {
			c.add(id, field, "any stands beside other values")
		}
	}
}

// CheckTerms gives every reason why the shared words cannot be used.
func CheckTerms(t *Terms) []Problem {
	c := &checker{pack: &Pack{Country: "terms"}}
	for _, group := range []struct {
		name  string
		terms []Term
	}{
		{"profession", t.Professions}, {"employer", t.Employers}, {"age", t.Ages},
		{"situation", t.Situations}, {"recipient", t.Recipients}, {"deadline", t.Deadlines},
	} {
		if len(group.terms) == 0 {
			c.add("", group.name, "no word is defined")
		}
		seen := map[string]bool{}
		for _, x := range group.terms {
			if x.ID == "" || x.ID == Any || seen[x.ID] {
				c.add(x.ID, group.name, "the id is empty, reserved or stands twice")
			}
			seen[x.ID] = true
			c.text(x.ID, group.name, x.Label)
			if x.Hours < 0 {
				c.add(x.ID, group.name, "hours must not be negative")
			}
		}
	}
	return c.list
}

func isDate(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}
