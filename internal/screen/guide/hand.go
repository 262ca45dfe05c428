package guide

import (
	"slices"

	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/web"
)

// carried is what was ticked in the handover.
type carried struct {
	Once  string
	Parts []ticked // as the next form sends it
}

// ticked is the choices of one part.
type ticked struct {
	Name   string
	Label  string
	Values []string
	Words  []string
}

var (
	carryPage = web.NewPage[carried](files, "page/carry.html")
	notePage  = web.NewPage[carried](files, "page/note.html")
)

// signName is the field of observed indicators.
const signName = "sign"

// carried reads what was ticked: only what the handover offers, and signs only
// by their own ticks. A class or a score has no field here.
//
// req: GUIDE-4
func (r *Rooms) carried(c *web.Ctx) (carried, error) {
	f, err := c.Form()
	if err != nil {
		return carried{}, err
	}
	out := carried{Once: f.Value("once")}
	parts := r.cfg.Handover.Parts(c)
	if signs := r.signs(c.Lang, f.Values(signName)); len(signs) > 0 {
		parts = append(parts, Part{Name: signName, Label: c.T("guide.handover.signs"), Choices: signs})
	}
	for _, p := range parts {
		t := ticked{Name: p.Name, Label: p.Label}
		for _, v := range f.Values(p.Name) {
			if i := slices.IndexFunc(p.Choices, func(x web.Choice) bool { return x.Value == v }); i >= 0 {
				t.Values, t.Words = append(t.Values, v), append(t.Words, p.Choices[i].Label)
			}
		}
		if len(t.Values) > 0 {
			out.Parts = append(out.Parts, t)
		}
	}
	return out, nil
}

// carry begins the professional's own draft with what was ticked. Nothing is
// sent to anybody: the referral asks for consent as ever. A page without a
// script has no token of its own, so it is asked once more.
func (r *Rooms) carry(c *web.Ctx) error {
	what, err := r.carried(c)
	if err != nil {
		return err
	}
	if !id.Valid(what.Once) {
		return carryPage.Render(c, what)
	}
	all := map[string][]string{}
	for _, t := range what.Parts {
		all[t.Name] = t.Values
		if t.Name == signName {
			all[t.Name] = t.Words
		}
	}
	path, err := r.cfg.Handover.Start(c, what.Once, all)
	if err != nil {
		return fault.Wrap(err, "carry on from the guide")
	}
	return c.Redirect(path)
}

// note answers with a sheet for the hand or the next colleague, which names
// wishes and never what it is about. Signs have no place on it.
func (r *Rooms) note(c *web.Ctx) error {
	what, err := r.carried(c)
	if err != nil {
		return err
	}
	what.Parts = slices.DeleteFunc(what.Parts, func(t ticked) bool { return t.Name == signName })
	return notePage.Render(c, what)
}
