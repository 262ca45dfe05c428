package referral

import (
	"slices"

	"amelie/internal/web"
)

// Accord is what two agencies have agreed, in one sentence of the reader's
// language.
type Accord struct {
	Text      string
	Path      string // of the whole agreement, without the language
	AboutHelp bool   // people are sent to each other under it
}

// Card is something from another room beside one's own work.
type Card struct {
	Title        string
	Items        []map[string]any // lines of c-due
	Rows         []map[string]any // rows of c-contact
	Text         string
	Href, Action string
}

// accords are what the viewer's agency has agreed, by organisation.
func (p *Rooms) accords(c *web.Ctx) (map[string][]Accord, error) {
	if p.Agreements == nil {
		return nil, nil
	}
	return p.Agreements.With(c)
}

// agreedWith is what binds an organisation that is about to be asked: what it
// agreed with the viewer's agency, then what everybody may know, such as the
// protocol of a Land with its police.
func (p *Rooms) agreedWith(c *web.Ctx, organization string) ([]Accord, error) {
	all, err := p.accords(c)
	if err != nil || p.Agreements == nil {
		return nil, err
	}
	own := all[organization]
	public, err := p.Agreements.Public(c, organization)
	public = slices.DeleteFunc(public, func(a Accord) bool {
		return slices.ContainsFunc(own, func(o Accord) bool { return o.Path == a.Path })
	})
	return accordRows(c, slices.Concat(own, public)), err
}

// agreedFirst puts those with an agreement about help first among equals: what
// answers now stays before what does not. It adds nobody and takes nobody away,
// so an agreement never brings in who would not have been suggested.
//
// req: AGREEMENT-2
func agreedFirst(list []Entry, accords map[string][]Accord) []Entry {
	agreed := func(e Entry) int64 {
		return bit(slices.ContainsFunc(accords[e.Organization], func(a Accord) bool { return a.AboutHelp }))
	}
	out := slices.Clone(list)
	slices.SortStableFunc(out, func(a, b Entry) int {
		if a.Open != b.Open {
			return int(bit(b.Open) - bit(a.Open))
		}
		return int(agreed(b) - agreed(a))
	})
	return out
}

// accordRows are accords with whole paths, as pages show them.
func accordRows(c *web.Ctx, list []Accord) (out []Accord) {
	for _, a := range list {
		a.Path = c.Path(a.Path)
		out = append(out, a)
	}
	return out
}
