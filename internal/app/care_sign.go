package app

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"amelie/internal/casework"
	"amelie/internal/screen/instrument"
	"amelie/internal/web"
)

// indicators are the instruments as the case file needs them.
type indicators struct{ a *App }

// Lists are the instruments in use that ask for signs with yes or no: a list of
// indicators by its dimensions, a questionnaire as one group.
func (x indicators) Lists(ctx context.Context, lang string) (out []casework.SignList, err error) {
	kept, err := x.a.Instruments.Kept(ctx)
	for _, p := range kept.Packs {
		if p.State != instrument.Installed {
			continue
		}
		l := casework.SignList{ID: p.ID + "@" + p.Version, Title: p.In(lang).Title}
		for _, age := range p.Population.Ages {
			l.Ages = append(l.Ages, string(age))
		}
		for _, i := range p.Items {
			words := p.Wording(i, lang).Label
			if i.Type != instrument.YesNo || words == "" {
				continue
			}
			title := l.Title
			if d := slices.IndexFunc(p.Dimensions, func(d instrument.Dimension) bool { return d.ID == i.Dimension }); d >= 0 {
				title = x.a.Texts.T(lang, "instrument.side."+string(p.Dimensions[d].Role)+".title")
			}
			g := slices.IndexFunc(l.Groups, func(g casework.SignGroup) bool { return g.Title == title })
			if g < 0 {
				g, l.Groups = len(l.Groups), append(l.Groups, casework.SignGroup{Title: title})
			}
			l.Groups[g].Signs = append(l.Groups[g].Signs, web.Choice{Value: l.ID + "#" + i.ID, Label: words})
		}
		if len(l.Groups) > 0 {
			out = append(out, l)
		}
	}
	return out, err
}

// Sign is what a code says. Shipped lists are asked first, without the database, and
// whatever their state: what was noted stays readable when a list is switched off.
// Wording that its publisher gives out only by permission stays on the pages of the
// instrument: a file is copied, searched and read by others.
func (x indicators) Sign(ctx context.Context, lang, code string) (casework.Sign, bool) {
	list, item, _ := strings.Cut(code, "#")
	id, version, _ := strings.Cut(list, "@")
	p, ok := x.a.Instruments.Config.Packs.Get(id)
	if !ok || p.State == instrument.Template {
		kept, err := x.a.Instruments.Kept(ctx)
		if err != nil {
			return casework.Sign{}, false
		}
		if p, ok = kept.Get(id); !ok {
			return casework.Sign{}, false
		}
	}
	i, ok := p.Item(item)
	if !ok || i.Type != instrument.YesNo {
		return casework.Sign{}, false
	}
	out := casework.Sign{List: fmt.Sprintf("%s (%s)", p.In(lang).Title, version), Words: p.Wording(i, lang).Label}
	if out.Words == "" || p.Licence.Permission != "own-words" && p.Licence.Permission != "free" {
		out.Words = p.In(lang).Title + ": " + i.ID
	}
	return out, true
}
