package app

import (
	"context"
	"slices"
	"strings"

	"amelie/content"
	"amelie/internal/agency"
	"amelie/internal/agency/agreement"
	"amelie/internal/agency/procedure"
	"amelie/internal/country"
	"amelie/internal/db"
	"amelie/internal/directory"
	"amelie/internal/i18n"
	"amelie/internal/referral"
	"amelie/internal/screen"
	"amelie/internal/web"
)

// agreeing makes the room of agreements.
func (a *App) agreeing(ctx context.Context) error {
	published, err := agreement.LoadPublished(content.FS, i18n.Languages)
	if err != nil {
		return err
	}
	a.Agreements = agreement.New(agreement.Config{DB: a.DB, Policy: a.Policy, Now: a.Config.Now, Agencies: a.Agencies, Published: published,
		Organization: a.bodyName, Find: a.findBodies,
		Directory: func(ctx context.Context, organization, lang string) (string, bool) {
			name, err := a.Directory.OrganizationName(ctx, a.Texts, organization, lang)
			return name, err == nil
		},
		Known: a.knowsAgency, Notify: a.notifyLead})
	return a.Agreements.Seed(ctx)
}

// bodyName names an organisation: as an agency calls itself, or as the
// directory does.
func (a *App) bodyName(ctx context.Context, organization, lang string) (string, bool) {
	name := ""
	err := a.DB.Read(ctx, func(tx *db.Tx) error {
		id, err := a.Agencies.ByDirectory(tx, organization)
		if err == nil {
			name, err = a.Agencies.Name(tx, id)
		}
		return err
	})
	if err == nil && name != "" {
		return name, true
	}
	name, err = a.Directory.OrganizationName(ctx, a.Texts, organization, lang)
	return name, err == nil
}

// knowsAgency says whether a viewer may know of the agency that an organisation
// is here.
func (a *App) knowsAgency(ctx context.Context, v *web.Viewer, organization string) bool {
	known, err := a.Agencies.List(ctx, v)
	return err == nil && slices.ContainsFunc(known, func(o agency.Overview) bool { return o.Organization == organization })
}

// findBodies finds who could be a party: bodies of the directory, authorities
// too, and agencies that the viewer may know of.
func (a *App) findBodies(ctx context.Context, v *web.Viewer, q, lang string) ([]agency.Organization, error) {
	var out []agency.Organization
	known, err := a.Agencies.List(ctx, v)
	if err != nil {
		return nil, err
	}
	for _, o := range known {
		if o.ID != v.AgencyID && strings.Contains(strings.ToLower(o.Name), strings.ToLower(strings.TrimSpace(q))) {
			out = append(out, agency.Organization{ID: o.Organization, Name: o.Name})
		}
	}
	for _, groups := range [][]directory.Group{nil, {directory.Authority}} {
		found, err := a.Directory.Named(ctx, a.Texts, directory.Query{Text: q, Lang: lang, Now: a.Config.Now(), Limit: 50, Groups: groups})
		if err != nil {
			return nil, err
		}
		for _, b := range found {
			if !slices.ContainsFunc(out, func(o agency.Organization) bool { return o.ID == b.Organization }) {
				out = append(out, agency.Organization{ID: b.Organization, Name: b.OrganizationName, Town: b.Town})
			}
		}
	}
	return out, nil
}

// accords is the agreements as referral needs them.
type accords struct{ a *App }

func (x accords) With(c *web.Ctx) (map[string][]referral.Accord, error) {
	notes, err := x.a.Agreements.Notes(c)
	out := map[string][]referral.Accord{}
	for organization, list := range notes {
		out[organization] = accordsOf(list)
	}
	return out, err
}

func (x accords) Public(c *web.Ctx, organization string) ([]referral.Accord, error) {
	list, err := x.a.Agreements.PublicNotes(c, organization)
	return accordsOf(list), err
}

func accordsOf(list []agreement.Note) (out []referral.Accord) {
	for _, n := range list {
		out = append(out, referral.Accord{Text: n.Text, Path: n.Path, AboutHelp: n.AboutHelp})
	}
	return out
}

// publicAgreements is what an entry says of its body's agreements to everybody.
func (a *App) publicAgreements(c *web.Ctx, organization string) (out []string, err error) {
	list, err := a.Agreements.PublicNotes(c, organization)
	for _, n := range list {
		out = append(out, n.Text)
	}
	return out, err
}

// alsoToday is what other rooms ask of the viewer today, and whom to call in
// the own house.
func (a *App) alsoToday(c *web.Ctx) ([]referral.Card, error) {
	var out []referral.Card
	for _, card := range []func(*web.Ctx) (*referral.Card, error){
		a.casesToday,
		a.sharesToday,
		a.placesToday,
	} {
		one, err := card(c)
		if err != nil {
			return nil, err
		}
		if one != nil {
			out = append(out, *one)
		}
	}
	talks, err := a.talksToday(c)
	if err != nil {
		return nil, err
	}
	if talks != nil {
		out = append(out, *talks)
	}
	opened, err := a.glassToday(c)
	if err != nil {
		return nil, err
	}
	if opened != nil {
		out = append(out, *opened)
	}
	lines, err := a.Agreements.Today(c)
	if err != nil {
		return nil, err
	}
	if len(lines) > 0 {
		out = append(out, referral.Card{Title: c.T("agreement.title"), Items: lines, Href: c.Path("/agreements"), Action: c.T("agreement.list.all")})
	}
	short, err := a.Procedures.Short(c, c.Viewer)
	switch {
	case err != nil || short == nil:
		return out, err
	case short.Missing:
		return append(out, referral.Card{Title: c.T("procedure.short.missing"), Text: c.T("procedure.short.missing-text"), Href: c.Path(short.Path), Action: c.T("procedure.short.missing-action")}), nil
	}
	card := houseCard(c, short)
	card.Text = short.Due
	return append(out, *card), nil
}

// houseCard is the own house's numbers and room.
func houseCard(c *web.Ctx, short *procedure.Short) *referral.Card {
	return &referral.Card{Title: c.T("procedure.short.title"), Rows: append(short.Numbers, short.Room...), Href: c.Path(short.Path), Action: c.T("procedure.short.more")}
}

// houseForReferral is what the own house adopted, before the first question.
func (a *App) houseForReferral(c *web.Ctx) (*referral.Card, error) {
	short, err := a.Procedures.Short(c, c.Viewer)
	if err != nil || short == nil || short.Missing {
		return nil, err
	}
	return houseCard(c, short), nil
}

// houseForGuide is the same beside the guide, which is public: only for whoever
// is signed in here and now. A fault leaves the public page as it is.
//
// req: PROCEDURE-2
func (a *App) houseForGuide(c *web.Ctx) *screen.House {
	v := a.readerOf(c)
	if v == nil {
		return nil
	}
	short, err := a.Procedures.Short(c, v)
	if err != nil || short == nil || short.Missing {
		return nil
	}
	card := houseCard(c, short)
	return &screen.House{Title: card.Title, Rows: card.Rows, Interpreter: houseInterpreter(short.Numbers), Href: card.Href, Action: card.Action}
}

// proceeding makes the room of the houses' own procedures.
func (a *App) proceeding() {
	a.Procedures = procedure.New(procedure.Config{DB: a.DB, Policy: a.Policy, Texts: a.Texts, Now: a.Config.Now,
		Country: agencies{a}.Country, Duties: a.dutiesIn, Leads: a.Agencies.Leads, Notify: a.notifyLead})
}

// notifyLead queues a general sentence to a lead.
func (a *App) notifyLead(tx *db.Tx, to agency.Contact, notice string) error {
	return a.notify(tx, referral.Contact{UserID: to.UserID, Name: to.Name, Email: to.Email, Lang: to.Lang}, notice)
}

// dutiesIn is what the law of a country asks where trafficking is presumed.
func (a *App) dutiesIn(code, lang string) (out []procedure.Duty) {
	p, ok := a.Countries.Get(code)
	if !ok {
		return nil
	}
	duties, err := p.Duties(country.Query{Situation: "trafficking"})
	if err != nil {
		return nil
	}
	for _, d := range duties {
		out = append(out, procedure.Duty{Text: d.Text.In(lang), Source: sourceOf(p, d.Origin), Verified: d.State() == country.Verified})
	}
	return out
}
