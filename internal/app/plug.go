package app

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"amelie/internal/agency"
	"amelie/internal/consent"
	"amelie/internal/country"
	"amelie/internal/db"
	"amelie/internal/directory"
	"amelie/internal/fault"
	"amelie/internal/mail"
	"amelie/internal/person"
	"amelie/internal/referral"
	"amelie/internal/vault"
	"amelie/internal/web"
)

// What one domain needs of another, each a few lines that translate.

// agencies is the organisations as referral needs them.
type agencies struct{ a *App }

func (x agencies) PublicKey(tx *db.Tx, agencyID string) (string, vault.PublicKey, error) {
	return x.a.Agencies.PublicKey(tx, agencyID)
}

func (x agencies) OpenKey(tx *db.Tx, v *web.Viewer, keyID string) (*vault.PrivateKey, error) {
	return x.a.Agencies.OpenKey(tx, v, keyID)
}

func (x agencies) ByDirectory(tx *db.Tx, organization string) (string, error) {
	return x.a.Agencies.ByDirectory(tx, organization)
}

func (x agencies) Name(tx *db.Tx, agencyID string) (string, error) {
	return x.a.Agencies.Name(tx, agencyID)
}

// Country is the country of the agency's organisation: identifiers begin with
// it, also those of bodies that are not in the directory.
func (x agencies) Country(tx *db.Tx, agencyID string) (string, error) {
	organization, err := x.a.Agencies.Organization(tx, agencyID)
	if err != nil {
		return "", err
	}
	return countryOf(organization, x.a.Config.Country), nil
}

func countryOf(organization, otherwise string) string {
	if code, _, ok := strings.Cut(organization, "-"); ok && len(code) == 2 {
		return strings.ToUpper(code)
	}
	return otherwise
}

func (x agencies) Leads(tx *db.Tx, agencyID string) ([]referral.Contact, error) {
	return contacts(x.a.Agencies.Leads(tx, agencyID))
}

func (x agencies) Desk(tx *db.Tx, agencyID string) ([]referral.Contact, error) {
	return contacts(x.a.Agencies.Desk(tx, agencyID))
}

func contacts(list []agency.Contact, err error) ([]referral.Contact, error) {
	var out []referral.Contact
	for _, c := range list {
		out = append(out, referral.Contact{UserID: c.UserID, Name: c.Name, Email: c.Email, Lang: c.Lang})
	}
	return out, err
}

// people is the accounts as referral needs them.
type people struct{ a *App }

func (x people) PublicKey(tx *db.Tx, userID string) (vault.PublicKey, error) {
	_, _, _, key, err := x.a.Accounts.Person(tx, userID)
	return key, err
}

func (x people) Contact(tx *db.Tx, userID string) (referral.Contact, error) {
	name, email, lang, _, err := x.a.Accounts.Person(tx, userID)
	return referral.Contact{UserID: userID, Name: name, Email: email, Lang: lang}, err
}

func (x people) Former(r *http.Request) (userID, agencyID string, ok bool) {
	userID, _, err := x.a.Accounts.Former(r)
	if err != nil || userID == "" {
		return "", "", false
	}
	err = x.a.DB.Read(r.Context(), func(tx *db.Tx) (err error) {
		agencyID, _, _, err = x.a.Agencies.Membership(tx, userID)
		return err
	})
	return userID, agencyID, err == nil && agencyID != ""
}

// services is the directory as referral needs it. Authorities are never in it.
type services struct{ a *App }

func (x services) Service(ctx context.Context, serviceID, lang string, at time.Time) (*referral.Entry, error) {
	e, err := x.a.Directory.Entry(ctx, serviceID, directory.Professionals)
	if err != nil {
		return nil, err
	}
	if e.Group() == directory.Authority {
		return nil, fault.New(fault.NotFound, "web.error.not-found")
	}
	return x.entry(*e, lang, at), nil
}

func (x services) entry(e directory.Entry, lang string, at time.Time) *referral.Entry {
	open := e.OpenAt(at)
	out := &referral.Entry{ID: e.ID(), Name: e.Name(lang), Organization: e.Organization.ID, OrgName: e.OrganizationName(lang),
		Country: e.Country(), Summary: e.Service.Summary.In(lang), Open: open.Open, OpenKnown: open.Known}
	for _, p := range e.Service.Phones {
		if p.Kind == "fax" {
			continue
		}
		n := referral.Phone{Number: p.Number, Display: directory.DisplayPhone(p), Note: p.Note.In(lang)}
		if n.Number == "" {
			n.Number = p.Short
		}
		out.Phones = append(out.Phones, n)
	}
	for _, l := range e.Service.Languages {
		out.Languages = append(out.Languages, l.Code)
	}
	return out
}

func (x services) Suggest(ctx context.Context, q referral.Wanted) ([]referral.Entry, error) {
	wanted := directory.Query{Lang: q.Lang, Now: q.At, Limit: 40, Groups: []directory.Group{directory.Support}}
	if q.Country != "" {
		wanted.Countries = []string{q.Country}
	}
	if q.Language != "" {
		wanted.Languages = []string{q.Language}
	}
	for _, n := range q.Needs {
		if help, ok := helpOf[n]; ok {
			wanted.Helps = append(wanted.Helps, help)
		}
	}
	found, err := x.a.Directory.Search(ctx, wanted, directory.Professionals)
	if err != nil {
		return nil, err
	}
	var open, closed []referral.Entry
	for _, h := range found.Hits {
		if slices.Contains(q.Not, h.Entry.ID()) || h.Entry.Group() != directory.Support {
			continue
		}
		e := *x.entry(h.Entry, q.Lang, q.At)
		if e.Open {
			open = append(open, e)
		} else {
			closed = append(closed, e)
		}
	}
	all := append(open, closed...)
	if q.Limit > 0 && len(all) > q.Limit {
		all = all[:q.Limit]
	}
	return all, nil
}

// helpOf translates the needs of a referral into the directory's kinds of help.
var helpOf = map[string]string{
	"accommodation": "accommodation", "counselling": "counselling", "legal-aid": "legal-aid", "health-care": "health-care",
	"psychological-support": "psychological", "safety-planning": "counselling", "material-help": "social-support",
	"work-rights": "legal-aid", "return-home": "return",
}

func (x services) Helpline(ctx context.Context, code, lang string, at time.Time) (*referral.Entry, error) {
	e, err := x.a.Directory.Helpline(ctx, code, lang, at)
	if err != nil || e == nil {
		return nil, err
	}
	return x.entry(*e, lang, at), nil
}

// countries is the law of each country as referral needs it.
type countries struct{ a *App }

func (x countries) Emergency(code string) string {
	if p, ok := x.a.Countries.Get(code); ok {
		return p.EmergencyNumber()
	}
	return "112" // Directive (EU) 2018/1972, article 109: everywhere in the Union
}

func (x countries) Grounds(code, lang string, child, danger bool) []referral.Ground {
	p, ok := x.a.Countries.Get(code)
	if !ok {
		return nil
	}
	var out []referral.Ground
	for _, g := range p.Grounds(child, danger) {
		out = append(out, referral.Ground{ID: g.ID, Name: g.Name.In(lang), Source: sourceOf(p, g.Origin), PersonalDuty: g.PersonalDuty, Verified: g.State() == country.Verified})
	}
	return out
}

func sourceOf(p *country.Pack, o country.Origin) string {
	if o.Article != "" {
		return o.Article
	}
	return p.Source(o.Source).Title
}

// sheet is the texts in the person's languages as referral needs them.
type sheet struct{ t *person.Texts }

func (x sheet) Languages() []referral.PersonLanguage {
	var out []referral.PersonLanguage
	for _, l := range x.t.Languages() {
		out = append(out, referral.PersonLanguage{Code: l.Code, Name: l.Endonym, RTL: l.RTL, Reviewed: x.t.State(l.Code).Reviewed()})
	}
	return out
}

func (x sheet) Text(lang, key string, args map[string]string) string { return x.t.T(lang, key, args) }
func (x sheet) Version(lang string) string                            { return x.t.State(lang).Version() }

// ledger is the record of consents as referral needs it.
type ledger struct{ c *consent.Service }

func (x ledger) Record(tx *db.Tx, g referral.Given) error {
	return x.c.Record(tx, consent.Entry{ID: g.ID, Object: "referral/" + g.Referral, ByAgency: g.ByAgency, ByUser: g.ByUser, ToAgency: g.ToAgency,
		Parts: g.Parts, Purpose: g.Purpose, Until: g.Until, How: g.How, Language: g.Language, TextVersion: g.TextVersion,
		Interpreter: g.Interpreter, Guardian: g.Guardian, At: g.At})
}

func (x ledger) Withdraw(tx *db.Tx, consentID, byUser string, at time.Time) error {
	return x.c.Withdraw(tx, consentID, byUser, at)
}

// notify queues a general sentence with a link to the site; what it is about
// is read after signing in.
func (a *App) notify(tx *db.Tx, to referral.Contact, notice string) error {
	if to.Email == "" {
		return nil
	}
	link := a.Config.BaseURL + "/" + to.Lang + "/today"
	return mail.Queue(tx, mail.Compose(a.Texts, to.Lang, to.Email, mailFor(notice), a.neutralName(), link))
}

// receives says whether an organisation of the directory can be sent a sealed
// referral here.
func (a *App) receives(ctx context.Context, organization string) bool {
	can := false
	err := a.DB.Read(ctx, func(tx *db.Tx) error {
		agencyID, err := a.Agencies.ByDirectory(tx, organization)
		if err != nil {
			return err
		}
		can, err = a.Agencies.CanReceive(tx, agencyID)
		return err
	})
	return err == nil && can
}

// findOrganizations finds bodies of the directory for the page that admits one.
func (a *App) findOrganizations(ctx context.Context, q, lang string) ([]agency.Organization, error) {
	found, err := a.Directory.Search(ctx, directory.Query{Text: q, Lang: lang, Now: a.Config.Now(), Limit: 50}, directory.Professionals)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	var out []agency.Organization
	for _, h := range found.Hits {
		o := h.Entry.Organization
		if seen[o.ID] {
			continue
		}
		seen[o.ID] = true
		town := ""
		if len(h.Entry.Service.Places) > 0 {
			town = h.Entry.Service.Places[0].Town
		}
		out = append(out, agency.Organization{ID: o.ID, Name: h.Entry.OrganizationName(lang), Town: town})
	}
	return out, nil
}
