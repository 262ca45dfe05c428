package agency

import (
	"context"
	"encoding/base32"
	"log/slog"
	"slices"
	"strings"
	"time"

	"amelie/internal/audit"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/i18n"
	"amelie/internal/id"
	"amelie/internal/mail"
	"amelie/internal/policy"
	"amelie/internal/vault"
	"amelie/internal/web"
)

// Accounts is what agency needs to know of people and their sign-ins.
type Accounts interface {
	// Register prepares an account; insert writes it in the caller's
	// transaction, begin starts its first sign-in afterwards.
	Register(ctx context.Context, name, login, email, lang, password string) (userID string, public vault.PublicKey, insert func(*db.Tx) error, begin func(*web.Ctx) error, err error)
	// Person is how somebody is shown and reached, and her public key.
	Person(tx *db.Tx, userID string) (name, email, lang string, public vault.PublicKey, err error)
	// RecoveryLink makes a link for somebody who lost her sign-in.
	RecoveryLink(tx *db.Tx, v *web.Viewer, userID string) (path string, err error)
	// Confirm asks who is there once more before something dangerous: true
	// when that was a short while ago, otherwise it has answered already.
	Confirm(c *web.Ctx) (ok bool, err error)
}

// Organization is a body of the directory that could be admitted.
type Organization struct{ ID, Name, Town string }

// SignOnButton posts an invitation to a provider's sign-in.
type SignOnButton struct{ Path, Label string }

// Config is what an installation decides about its agencies.
type Config struct {
	Name    string        // neutral name of the site, for mail
	NameNow func() string // the same when it can change; nil: Name
	BaseURL string        // start of links in mail
	Texts   *i18n.Bundle
	Now     clock.Clock
	Log     *slog.Logger
	// Organizations finds bodies of the directory by their name, for the page
	// that admits one; nil: the identifier is typed.
	Organizations func(ctx context.Context, q, lang string) ([]Organization, error)
	// Entry is the path of the agency's own entry in the directory, "" when it
	// has none or the viewer may not change it; nil: none has.
	Entry func(v *web.Viewer) string

	// SignOn gives the buttons by which an invitation can be taken with the
	// sign-in of the person's workplace. May be nil.
	SignOn func(ctx context.Context, agencyID string) ([]SignOnButton, error)
	// Left is told, in its transaction, that somebody lost the agency's key: it
	// must not come back with a restored backup (see EndAgain). May be nil.
	Left func(tx *db.Tx, userID string, at time.Time) error
}

// Service is the agencies of one installation.
type Service struct {
	db       *db.DB
	secret   *vault.ServerSecret
	policy   *policy.Engine
	accounts Accounts
	cfg      Config
}

// New makes the service. The policy engine must hold this package's Policy.
func New(d *db.DB, secret *vault.ServerSecret, p *policy.Engine, accounts Accounts, cfg Config) *Service {
	if cfg.Now == nil {
		cfg.Now = clock.System
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Name == "" {
		cfg.Name = "Amelie"
	}
	if cfg.NameNow == nil {
		cfg.NameNow = func() string { return cfg.Name }
	}
	return &Service{db: d, secret: secret, policy: p, accounts: accounts, cfg: cfg}
}

var errNotFound = fault.New(fault.NotFound, "")

// require asks the policy about an action on an agency.
func (s *Service) require(v *web.Viewer, action, agencyID string, leads int) error {
	return s.policy.Require(v.Actor(), action, object(agencyID, leads))
}

func object(agencyID string, leads int) policy.Object {
	return policy.Object{Type: "Agency", ID: agencyID, Attrs: map[string]any{"agency": agencyID, "leads": leads}}
}

func (s *Service) record(tx *db.Tx, actor, agencyID, action, object string) error {
	return audit.Record(tx, audit.Event{At: s.cfg.Now(), Actor: actor, Agency: agencyID, Action: action, Object: object})
}

// Admit makes an organisation of the directory an agency. authority is Yes or No.
// Errors: fault.Conflict when it is one already; fault.Invalid.
func (s *Service) Admit(ctx context.Context, v *web.Viewer, organization, name, authority string) (agencyID string, err error) {
	organization, name = strings.TrimSpace(organization), strings.TrimSpace(name)
	if organization == "" || len(organization) > 100 {
		return "", fault.Fields(fault.Field{Name: "organization", Key: "agency.error.organization"})
	}
	if key := nameFault(name); key != "" {
		return "", fault.Fields(fault.Field{Name: "name", Key: key})
	}
	if err := authorityFault(authority); err != nil {
		return "", err
	}
	agencyID = id.New()
	now := clock.Millis(s.cfg.Now())
	return agencyID, s.db.Write(ctx, func(tx *db.Tx) error {
		if err := s.require(v, "agency.admit", agencyID, 0); err != nil {
			return err
		}
		n, err := tx.Exec(insertAgencyStmt, agencyID, organization, name, Active, authority, v.UserID, now, now)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "agency.error.admitted")
		}
		return s.record(tx, v.UserID, agencyID, "agency.admitted", "agency/"+agencyID)
	})
}

func authorityFault(answer string) error {
	if answer != Yes && answer != No {
		return fault.Fields(fault.Field{Name: "authority", Key: "web.error.choose"})
	}
	return nil
}

// SetAuthority answers whether an agency can act against a person: Yes or No. The
// log keeps who said what.
// Errors: fault.Invalid; fault.NotFound.
//
// req: SHARE-8
func (s *Service) SetAuthority(ctx context.Context, v *web.Viewer, agencyID, answer string) error {
	if err := authorityFault(answer); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := s.require(v, "agency.admit", agencyID, 0); err != nil {
			return err
		}
		n, err := tx.Exec(setAuthorityStmt, answer, clock.Millis(s.cfg.Now()), agencyID)
		if err == nil && n == 0 {
			err = errNotFound
		}
		if err != nil {
			return err
		}
		return s.record(tx, v.UserID, agencyID, "agency.authority-"+answer, "agency/"+agencyID)
	})
}

// SetState suspends an agency or lets it work again.
func (s *Service) SetState(ctx context.Context, v *web.Viewer, agencyID, state string) error {
	if state != Active && state != Suspended {
		return fault.New(fault.Invalid, "web.error.invalid")
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := s.require(v, "agency.suspend", agencyID, 0); err != nil {
			return err
		}
		n, err := tx.Exec(setStateStmt, state, clock.Millis(s.cfg.Now()), agencyID)
		if err == nil && n == 0 {
			err = errNotFound
		}
		if err != nil {
			return err
		}
		return s.record(tx, v.UserID, agencyID, "agency."+state, "agency/"+agencyID)
	})
}

// Overview is one agency in a list, with what stands between it and receiving.
type Overview struct {
	Agency
	Readiness
	Members, Waiting int
}

// List gives the agencies that the viewer may know of.
func (s *Service) List(ctx context.Context, v *web.Viewer) (list []Overview, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		list = nil
		agencies, err := loadScope(tx, overseer(v), v.AgencyID)
		if err != nil {
			return err
		}
		for _, a := range agencies {
			o, err := s.overview(tx, a)
			if err != nil {
				return err
			}
			list = append(list, o)
		}
		return nil
	})
	return list, err
}

// Ready counts the active agencies, and those of them that can receive.
func (s *Service) Ready(tx *db.Tx) (all, open int, err error) {
	ready, waiting, err := s.active(tx)
	return len(ready) + waiting, len(ready), err
}

// Receiving are the agencies to which something can be sent now, by name.
func (s *Service) Receiving(tx *db.Tx) ([]Agency, error) {
	ready, _, err := s.active(tx)
	return ready, err
}

// active are the active agencies that can receive, and how many others there are.
func (s *Service) active(tx *db.Tx) (ready []Agency, waiting int, err error) {
	agencies, err := loadScope(tx, true, "")
	if err != nil {
		return nil, 0, err
	}
	for _, a := range agencies {
		if a.State != Active {
			continue
		}
		o, err := s.overview(tx, a)
		if err != nil {
			return nil, 0, err
		}
		if o.CanReceive() {
			ready = append(ready, a)
		} else {
			waiting++
		}
	}
	return ready, waiting, nil
}

// overseer is the scope of List in SQL; a test holds it against the policy.
func overseer(v *web.Viewer) bool {
	return v.Is("administrator") || v.Is("coordinator") || v.Is("auditor")
}

func (s *Service) overview(tx *db.Tx, a Agency) (Overview, error) {
	o := Overview{Agency: a}
	members, err := s.members(tx, a.ID)
	if err != nil {
		return o, err
	}
	o.Readiness, err = s.readiness(tx, a, members)
	o.Members = len(members)
	for _, m := range members {
		if m.Waits() {
			o.Waiting++
		}
	}
	return o, err
}

// members loads the members with who holds the present key; names are added
// by named.
func (s *Service) members(tx *db.Tx, agencyID string) ([]Member, error) {
	members, err := loadMembers(tx, agencyID)
	if err != nil {
		return nil, err
	}
	key, found, err := loadCurrentKey(tx, agencyID)
	if err != nil || !found {
		return members, err
	}
	holders, err := loadHolders(tx, key.ID)
	for i := range members {
		members[i].HasKey = holders[members[i].UserID]
	}
	return members, err
}

// named adds what the accounts know about members.
func (s *Service) named(tx *db.Tx, members []Member) (err error) {
	for i := range members {
		m := &members[i]
		if m.Name, m.Email, m.Lang, m.public, err = s.accounts.Person(tx, m.UserID); err != nil {
			return fault.Wrap(err, "member", m.UserID)
		}
	}
	return nil
}

func (s *Service) readiness(tx *db.Tx, a Agency, members []Member) (Readiness, error) {
	r := Readiness{Active: a.State == Active}
	for _, m := range members {
		r.HasKey = r.HasKey || m.HasKey
		if m.HasKey && m.Is(Lead) {
			r.LeadsWithKey++
		}
	}
	recoveries, err := loadRecoveries(tx, a.ID)
	for _, rec := range recoveries {
		r.Recovery = r.Recovery || !rec.Confirmed.IsZero()
	}
	return r, err
}

// View is an agency as its own page shows it.
type View struct {
	Agency
	Readiness
	Members     []Member
	Invitations []Invitation
	Keys        []Key
	Recoveries  []Recovery
	NobodyHolds bool // there is a key, and no member can open it
}

// Waiting counts the members that wait to be let in.
func (v View) Waiting() (n int) {
	for _, m := range v.Members {
		if m.Waits() {
			n++
		}
	}
	return n
}

// Member finds a member of the view.
func (v View) Member(userID string) (Member, bool) {
	for _, m := range v.Members {
		if m.UserID == userID {
			return m, true
		}
	}
	return Member{}, false
}

// View reads an agency for a member or an administrator.
func (s *Service) View(ctx context.Context, v *web.Viewer, agencyID string) (view View, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if err := s.require(v, "agency.view", agencyID, 0); err != nil {
			return err
		}
		view, err = s.view(tx, agencyID)
		return err
	})
	return view, err
}

func (s *Service) view(tx *db.Tx, agencyID string) (view View, err error) {
	a, found, err := loadAgency(tx, agencyID)
	if err != nil || !found {
		return View{}, errNotFound.Because(err)
	}
	view.Agency = a
	if view.Members, err = s.members(tx, agencyID); err != nil {
		return view, err
	}
	if err = s.named(tx, view.Members); err != nil {
		return view, err
	}
	if view.Readiness, err = s.readiness(tx, a, view.Members); err != nil {
		return view, err
	}
	if view.Invitations, err = loadInvitations(tx, agencyID, s.cfg.Now()); err != nil {
		return view, err
	}
	if view.Keys, err = loadKeys(tx, agencyID); err != nil {
		return view, err
	}
	view.NobodyHolds = len(view.Keys) > 0 && !slices.ContainsFunc(view.Members, func(m Member) bool { return m.HasKey })
	rows, err := loadRecoveries(tx, agencyID)
	for _, r := range rows {
		view.Recoveries = append(view.Recoveries, r.Recovery)
	}
	return view, err
}

// Membership is a person's agency and her roles in it. The members of a
// suspended agency have none.
func (s *Service) Membership(tx *db.Tx, userID string) (agencyID, name string, roles []string, err error) {
	var state, joined string
	err = tx.Row(membershipStmt, userID).Scan(&agencyID, &name, &state, &joined)
	if db.NoRows(err) {
		return "", "", nil, nil
	}
	if state == Active {
		roles = strings.Fields(joined)
	}
	return agencyID, name, roles, err
}

// ByDirectory is the agency that a directory organisation is.
// Errors: fault.NotFound when it was not admitted.
func (s *Service) ByDirectory(tx *db.Tx, organizationID string) (agencyID string, err error) {
	a, found, err := optional(scanAgency(tx.Row(byDirectoryStmt, organizationID).Scan))
	if err == nil && !found {
		err = errNotFound
	}
	return a.ID, err
}

// Name is an agency's name. Errors: fault.NotFound.
func (s *Service) Name(tx *db.Tx, agencyID string) (string, error) {
	a, found, err := loadAgency(tx, agencyID)
	if err == nil && !found {
		err = errNotFound
	}
	return a.Name, err
}

// Leads is how the leads of an agency are reached.
func (s *Service) Leads(tx *db.Tx, agencyID string) ([]Contact, error) {
	return s.contacts(tx, agencyID, func(m Member) bool { return m.Is(Lead) })
}

// Members is how everybody in an agency is reached.
func (s *Service) Members(tx *db.Tx, agencyID string) ([]Contact, error) {
	return s.contacts(tx, agencyID, func(Member) bool { return true })
}

func (s *Service) contacts(tx *db.Tx, agencyID string, want func(Member) bool) (list []Contact, err error) {
	members, err := loadMembers(tx, agencyID)
	if err != nil {
		return nil, err
	}
	members = slices.DeleteFunc(members, func(m Member) bool { return !want(m) })
	if err := s.named(tx, members); err != nil {
		return nil, err
	}
	for _, m := range members {
		list = append(list, Contact{UserID: m.UserID, Email: m.Email, Lang: m.Lang, Name: m.Name})
	}
	return list, nil
}

// countLeads counts the leads of an agency, with or without the key.
func countLeads(tx *db.Tx, agencyID string) (n int, err error) {
	members, err := loadMembers(tx, agencyID)
	for _, m := range members {
		if m.Is(Lead) {
			n++
		}
	}
	return n, err
}

func (s *Service) linkHash(secret string) string {
	return s.secret.Fingerprint("agency.invitation", strings.ToLower(secret))
}

// linkSecret is the 160-bit secret of one intended link.
func (s *Service) linkSecret(userID, once string) string {
	mac := s.secret.MAC("agency.invitation-secret", []byte(userID+"\n"+once))
	return strings.ToLower(base32.StdEncoding.EncodeToString(mac[:20]))
}

// invitationMail queues the neutral mail with the link.
func (s *Service) invitationMail(tx *db.Tx, to, lang, path string) error {
	if to == "" || s.cfg.Texts == nil {
		return nil
	}
	link := strings.TrimRight(s.cfg.BaseURL, "/") + "/" + lang + path
	return mail.Queue(tx, mail.Compose(s.cfg.Texts, lang, to, "invitation", s.cfg.NameNow(), link))
}
