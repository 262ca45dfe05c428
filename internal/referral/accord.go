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
