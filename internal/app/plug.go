package app

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"amelie/internal/account/sso"
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

func (x agencies) OwnKey(tx *db.Tx, agencyID string) (string, vault.PublicKey, error) {
	return x.a.Agencies.OwnKey(tx, agencyID)
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
	return countryOf(organization, x.a.country()), nil
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

func (x people) Former(r *http.Request) (userID string, ok bool) {
	userID, _, err := x.a.Accounts.Former(r)
	return userID, err == nil && userID != ""
}

// services is the directory as referral needs it. Authorities are never in it.
type services struct{ a *App }

func (x services) Service(ctx context.Context, serviceID, lang string, at time.Time) (*referral.Entry, error) {
	b, err := x.a.Directory.Brief(ctx, x.a.Texts, serviceID, lang, at)
	if err != nil {
		return nil, err
	}
	return x.entry(*b), nil
}

// entry is what referral needs of a service. Without a mail server no link
// would arrive, so that this way is not offered.
func (x services) entry(b directory.Brief) *referral.Entry {
	out := entryOf(b)
	if post, err := x.a.transport(); err != nil || post == nil {
		out.Intake = slices.DeleteFunc(slices.Clone(out.Intake), func(way string) bool { return way == "link" })
	}
	return out
}

func entryOf(b directory.Brief) *referral.Entry {
	out := &referral.Entry{ID: b.ID, Name: b.Name, Organization: b.Organization, OrgName: b.OrganizationName, Country: b.Country,
		Summary: b.Summary, Intake: b.Intake, Mailbox: b.Mailbox, Open: b.Open.Open, OpenKnown: b.Open.Known, Languages: b.Languages, Lat: b.Lat, Lon: b.Lon}
	for _, n := range b.Numbers {
		out.Phones = append(out.Phones, referral.Phone{Number: n.Number, Display: n.Shown, Note: n.Note})
	}
	return out
}

// Suggest finds services for the needs; where the only one that fits is among
// those left out, others that fit less well.
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
	for _, loosen := range []func(){func() {}, func() { wanted.Languages = nil }, func() { wanted.Helps = nil }} {
		loosen()
		found, err := x.a.Directory.Briefs(ctx, x.a.Texts, wanted)
		if err != nil {
			return nil, err
		}
		if all := x.suggested(found, q); len(all) > 0 {
			return all[:min(len(all), cmp.Or(q.Limit, len(all)))], nil
		}
	}
	return nil, nil
}

// suggested are those found that may be suggested, who answers now first.
func (x services) suggested(found []directory.Brief, q referral.Wanted) []referral.Entry {
	var open, closed []referral.Entry
	for _, b := range found {
		switch {
		case slices.Contains(q.Not, b.ID) || b.Group != directory.Support:
		case b.ForChildren && !q.Child: // a grown person is not sent to a children's home
		case b.Open.Open:
			open = append(open, *x.entry(b))
		default:
			closed = append(closed, *x.entry(b))
		}
	}
	return append(open, closed...)
}

// helpOf translates the needs of a referral into the directory's kinds of help.
var helpOf = map[string]string{
	"accommodation": "accommodation", "counselling": "counselling", "legal-aid": "legal-aid", "health-care": "health-care",
	"psychological-support": "psychological", "safety-planning": "counselling", "material-help": "social-support",
	"work-rights": "legal-aid", "return-home": "return",
}

func (x services) Helpline(ctx context.Context, code, lang string, at time.Time) (*referral.Entry, error) {
	lines, err := x.a.lines(ctx, code, lang, lang, at)
	for _, b := range lines {
		if (b.Open.Open || !b.Open.Known) && len(b.Numbers) > 0 {
			return x.entry(b), err
		}
	}
	return nil, err
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

func (x sheet) Text(lang, key string, args map[string]string) string {
	return x.t.T(lang, "consent."+key, args)
}
func (x sheet) Answer(lang, field, code string) string { return x.t.Answer(lang, field, code) }
func (x sheet) Version(lang string) string             { return x.t.State(lang).Version() }

// ledger is the record of consents as referral needs it.
type ledger struct{}

func (ledger) Record(tx *db.Tx, g referral.Given) error {
	return consent.Record(tx, consent.Entry{ID: g.ID, Object: "referral/" + g.Referral, ByAgency: g.ByAgency, ByUser: g.ByUser, ToAgency: g.ToAgency,
		Parts: g.Parts, Purpose: g.Purpose, Until: g.Until, How: g.How, Language: g.Language, TextVersion: g.TextVersion,
		Interpreter: g.Interpreter, Guardian: g.Guardian, At: g.At})
}

func (ledger) Withdraw(tx *db.Tx, consentID, byUser string, at time.Time) error {
	return consent.Withdraw(tx, consentID, byUser, at)
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

// letter queues a mail to a receiver without an account: general sentences,
// and in the first one the link.
func (a *App) letter(tx *db.Tx, to referral.Contact, which, path string) error {
	link := ""
	if path != "" {
		link = a.Config.BaseURL + "/" + to.Lang + path
	}
	return mail.Queue(tx, mail.Message{To: to.Email, Subject: a.Texts.T(to.Lang, "guest.mail."+which+".subject", "name", a.neutralName()),
		Text: a.Texts.T(to.Lang, "guest.mail."+which+".text", "name", a.neutralName(), "link", link)})
}

// mayTry bounds how often an address tries codes of letters: twelve at once,
// then one in twenty seconds. It is kept in memory alone.
func (a *App) mayTry() func(r *http.Request) bool { return a.atMost(12, 1.0/20) }

// atMost lets each network address do something burst times at once, then rate
// times a second.
func (a *App) atMost(burst, rate float64) func(r *http.Request) bool {
	tries, address := directory.NewLimiter(a.Config.Now, burst, rate), a.address()
	return func(r *http.Request) bool {
		if address != nil {
			return tries.Allow(address(r))
		}
		return tries.Allow(r.RemoteAddr)
	}
}

// wished tells the administrators that an organisation wants an account.
func (a *App) wished(tx *db.Tx) error {
	admins, err := a.Accounts.WithRole(tx, "administrator")
	if err != nil {
		return err
	}
	for _, u := range admins {
		if err := a.notify(tx, referral.Contact{Email: u.Email, Lang: u.Lang}, "new"); err != nil {
			return err
		}
	}
	return nil
}

// mailFor is the kind of mail for an occasion: the mail itself never says it.
func mailFor(notice string) string {
	switch notice {
	case "reminder", "overdue", "review":
		return "reminder"
	}
	return "message"
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

// owner is the agency here that is an organisation of the directory, "" when
// none is.
func (a *App) owner(tx *db.Tx, organization string) (string, error) {
	agencyID, err := a.Agencies.ByDirectory(tx, organization)
	if fault.KindOf(err) == fault.NotFound {
		return "", nil
	}
	return agencyID, err
}

// ownEntry is the path of the entry that a viewer's agency is, when the viewer
// may change it.
func (a *App) ownEntry(v *web.Viewer) string {
	path := ""
	err := a.DB.Read(context.Background(), func(tx *db.Tx) error {
		organization, err := a.Agencies.Organization(tx, v.AgencyID)
		if err != nil || organization == "" || !a.Desk.MayEdit(tx, v, organization) {
			return err
		}
		if _, err := a.Directory.Row(tx, directory.KindOrganization, organization); err == nil {
			path = "/desk/" + organization
		}
		return nil
	})
	if err != nil {
		return ""
	}
	return path
}

// mayEdit says whether who sent a request may change an organisation's entry.
// It is asked only for requests that carry a sign-in.
func (a *App) mayEdit(r *http.Request, organization string) bool {
	v, err := a.Accounts.Authenticate(r)
	if err != nil || v == nil {
		return false
	}
	may := false
	err = a.DB.Read(r.Context(), func(tx *db.Tx) error {
		may = a.Desk.MayEdit(tx, v, organization)
		return nil
	})
	return err == nil && may
}

// findOrganizations finds bodies of the directory for the page that admits one.
func (a *App) findOrganizations(ctx context.Context, q, lang string) ([]agency.Organization, error) {
	found, err := a.Directory.Named(ctx, a.Texts, directory.Query{Text: q, Lang: lang, Now: a.Config.Now(), Limit: 50})
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	var out []agency.Organization
	for _, b := range found {
		if !seen[b.Organization] {
			seen[b.Organization] = true
			out = append(out, agency.Organization{ID: b.Organization, Name: b.OrganizationName, Town: b.Town})
		}
	}
	return out, nil
}

// bodies is the directory as the country pages need it.
type bodies struct{ a *App }

func (x bodies) Contacts(ctx context.Context, ids []string, lang string) ([]country.Contact, error) {
	var out []country.Contact
	for _, id := range ids {
		b, err := x.a.Directory.Brief(ctx, x.a.Texts, id, lang, x.a.Config.Now())
		if fault.KindOf(err) == fault.NotFound {
			continue
		}
		if err != nil {
			return nil, err
		}
		c := country.Contact{Name: b.Name, Path: "/entry/" + b.ID}
		if len(b.Numbers) > 0 {
			c.Number = b.Numbers[0].Shown
		}
		out = append(out, c)
	}
	return out, nil
}

// houses is the agencies as single sign-on needs them.
type houses struct{ a *App }

func (x houses) Name(tx *db.Tx, agencyID string) (string, error) {
	return x.a.Agencies.Name(tx, agencyID)
}

func (x houses) All(ctx context.Context, v *web.Viewer) (out []sso.Agency, err error) {
	list, err := x.a.Agencies.List(ctx, v)
	for _, o := range list {
		out = append(out, sso.Agency{ID: o.ID, Name: o.Name})
	}
	return out, err
}

func (x houses) Membership(tx *db.Tx, userID string) (string, error) {
	agencyID, _, _, err := x.a.Agencies.Membership(tx, userID)
	return agencyID, err
}

func (x houses) Invited(ctx context.Context, secret string) (string, error) {
	inv, _, err := x.a.Agencies.Invitation(ctx, secret)
	return inv.AgencyID, err
}

func (x houses) Join(ctx context.Context, secret, userID string, public vault.PublicKey, insert func(*db.Tx) error) error {
	return x.a.Agencies.JoinLinked(ctx, secret, userID, public, insert)
}

func (x houses) Wait(ctx context.Context, agencyID, userID string, insert func(*db.Tx) error) error {
	return x.a.Agencies.Wait(ctx, agencyID, userID, insert)
}

// signOnButtons are the providers by which an agency's invitation can be taken.
func (a *App) signOnButtons(ctx context.Context, agencyID string) (out []agency.SignOnButton, err error) {
	list, err := a.SignOn.InvitationButtons(ctx, agencyID)
	for _, b := range list {
		out = append(out, agency.SignOnButton{Path: b.Path, Label: b.Label})
	}
	return out, err
}
