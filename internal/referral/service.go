package referral

import (
	"context"
	_ "embed"
	"log/slog"
	"net/http"
	"time"

	"amelie/internal/audit"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/jobs"
	"amelie/internal/policy"
	"amelie/internal/vault"
	"amelie/internal/web"
)

//go:embed policy.cedar
var policyText string

//go:embed enquiry.cedar
var enquiryPolicy string

// Policy is who may do what here.
var Policy = policy.Source{Name: "referral", Text: policyText + "\n" + enquiryPolicy}

// Agencies is what referral needs of the organisations.
type Agencies interface {
	// PublicKey is the agency's key for sealing. Errors: fault.Unavailable when
	// the agency has none that is usable yet.
	PublicKey(tx *db.Tx, agencyID string) (keyID string, key vault.PublicKey, err error)
	// OwnKey is the agency's present key whether or not it may receive yet: for
	// its own copy of what it sends, and for answers to it.
	OwnKey(tx *db.Tx, agencyID string) (keyID string, key vault.PublicKey, err error)
	// OpenKey opens an agency key with the viewer's. Errors: fault.Unlock.
	OpenKey(tx *db.Tx, v *web.Viewer, keyID string) (*vault.PrivateKey, error)
	// ByDirectory finds the admitted agency of a directory organisation.
	// Errors: fault.NotFound.
	ByDirectory(tx *db.Tx, organizationID string) (agencyID string, err error)
	Name(tx *db.Tx, agencyID string) (string, error)
	Country(tx *db.Tx, agencyID string) (string, error)
	Leads(tx *db.Tx, agencyID string) ([]Contact, error)
	Desk(tx *db.Tx, agencyID string) ([]Contact, error) // those who answer: caseworkers and leads
}

// People is what referral needs of the accounts.
type People interface {
	// PublicKey is what a user's drafts are sealed to; it needs no sign-in.
	PublicKey(tx *db.Tx, userID string) (vault.PublicKey, error)
	Contact(tx *db.Tx, userID string) (Contact, error)
	// Former recognises whose session a request carries, even when it has
	// expired or is locked. It gives no rights but to add sealed answers to that
	// user's own draft. ok is false for strangers and ended sign-ins.
	Former(r *http.Request) (userID string, ok bool)
}

// Directory is what referral needs of the directory of services. It never
// names an authority.
type Directory interface {
	Service(ctx context.Context, serviceID, lang string, at time.Time) (*Entry, error)
	// Suggest lists other services for the needs, those that answer now first.
	Suggest(ctx context.Context, q Wanted) ([]Entry, error)
	// Helpline is a national helpline that answers now; nil when there is none.
	Helpline(ctx context.Context, country, lang string, at time.Time) (*Entry, error)
}

// Wanted describes what a next service should offer.
type Wanted struct {
	Country  string
	Needs    []string
	Language string // the person's
	Lang     string // the reader's
	Child    bool   // the person is under 18
	Not      []string
	At       time.Time
	Limit    int
}

// Country is what referral needs of the country data.
type Country interface {
	Emergency(country string) (number string)
	Grounds(country, lang string, child, danger bool) []Ground
}

// Sheet is what referral needs of the texts in the person's languages.
type Sheet interface {
	Languages() []PersonLanguage
	Text(lang, key string, args map[string]string) string
	// Answer is a chosen answer in the person's words; "" when none is written.
	Answer(lang, field, code string) string
	Version(lang string) string
}

// Ledger is what referral needs of the record of consents.
type Ledger interface {
	Record(tx *db.Tx, g Given) error
	Withdraw(tx *db.Tx, consentID, byUser string, at time.Time) error
}

// Agreements is what referral needs of what agencies have agreed.
type Agreements interface {
	// With is what stands now between the viewer's agency and each organisation
	// of the directory.
	With(c *web.Ctx) (map[string][]Accord, error)
	// Public is what everybody may know of an organisation's agreements.
	Public(c *web.Ctx, organization string) ([]Accord, error)
}

// Config is what the service is made of.
type Config struct {
	DB        *db.DB
	Policy    *policy.Engine
	Now       clock.Clock
	Log       *slog.Logger
	Agencies  Agencies
	People    People
	Directory Directory
	Country   Country
	Sheet     Sheet
	Ledger    Ledger
	// Agreements are shown where somebody is chosen; nil: there are none.
	Agreements Agreements
	// House is what the own house says about such a talk, for the first question;
	// nil: nothing.
	House func(c *web.Ctx) (*Card, error)
	// Case is the button by which a received referral becomes a case: action and
	// label; nil: there is none.
	Case func(c *web.Ctx, s *Shown) web.M
	// Also are further cards on the page of today; nil: none.
	Also func(c *web.Ctx) ([]Card, error)
	// Notify tells a member of staff that something waits. The notice is one of
	// Notices; what is sent carries no content and no telling name.
	Notify func(tx *db.Tx, to Contact, notice string) error
	// Ended is told, in the same transaction, that access to a referral is over,
	// so that a restored backup does not give it back; nil: nobody is told.
	Ended     func(tx *db.Tx, referralID string, at time.Time) error
	Deadlines Deadlines // nil: DefaultDeadlines

	// Secret keys links and codes of receivers without an account (guest.go).
	Secret *vault.ServerSecret
	// Letter writes one of Letters to a published mailbox. The path, which only
	// "link" has, holds a secret: it is put into the mail and nowhere else.
	Letter func(tx *db.Tx, to Contact, which, path string) error
	// MayTry says whether an address may try a code now; nil: always.
	MayTry func(r *http.Request) bool
	// Wished tells the administrators that a guest wants an account; nil: nobody.
	Wished func(tx *db.Tx) error
}

// Notices are the occasions on which staff are notified.
var Notices = []string{"new", "answered", "question", "reminder", "overdue", "review", "ended"}

// Service does what people do with referrals.
type Service struct{ Config }

// New makes the service.
func New(cfg Config) *Service {
	if cfg.Deadlines == nil {
		cfg.Deadlines = DefaultDeadlines
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Secret == nil {
		cfg.Secret = vault.NewServerSecret() // links end with the process
	}
	if cfg.Agencies != nil {
		cfg.Agencies = doors{cfg.Agencies}
	}
	return &Service{cfg}
}

// The permanent logical names of what is sealed here.
const (
	sealAnswer    = "referral.draft.answer"
	sealDraftFile = "referral.draft.file"
	sealPacket    = "referral.packet"
	sealFile      = "referral.file"
	sealMessage   = "referral.message"
	sealChunk     = "referral.chunk"
	sealKey       = "referral.key"
)

// The kinds of jobs.
const (
	jobEscalate = "referral.escalate"
	jobExpire   = "referral.expire"
	jobPurge    = "referral.purge"
	jobDraft    = "referral.draft"
	jobReview   = "referral.review"
	jobAnswer   = "referral.answer"
)

// require asks the policy about a referral.
func (s *Service) require(v *web.Viewer, action string, r stored) error {
	return s.Policy.Require(v.Actor(), action, object(r))
}

// rowFor reads a referral with which the viewer may do something; the row is
// there also for who may not.
// Errors: fault.NotFound, also for those who may not know of it; what the policy
// answers.
func (s *Service) rowFor(tx *db.Tx, v *web.Viewer, id, action string) (stored, error) {
	r, err := rowByID(tx, id)
	if err != nil {
		return r, err
	}
	return r, s.require(v, action, r)
}

func object(r stored) policy.Object {
	return policy.Object{Type: "Referral", ID: r.ID, Attrs: map[string]any{
		"from": r.FromAgency, "to": r.ToAgency, "author": r.FromUser,
		"open": ReceiverMayKnow(r.State), "access": r.AccessEnded.IsZero(),
		"review": r.Basis == "ground", "personal": r.Personal, "way": string(r.Way()),
	}}
}

func (s *Service) requireAgency(v *web.Viewer, action string) error {
	if v == nil {
		return fault.New(fault.SignIn, "web.error.sign-in")
	}
	return s.Policy.Require(v.Actor(), action, policy.Object{Type: "Agency", ID: v.AgencyID, Attrs: map[string]any{"id": v.AgencyID}})
}

// sideOf is for whom the viewer acts; policy has already let the viewer in.
func sideOf(v *web.Viewer, r stored) Side {
	if v.AgencyID == r.ToAgency {
		return Receiver
	}
	return Sender
}

// scopeOf is what the viewer's lists may show.
func scopeOf(v *web.Viewer) scope {
	lead := v.Is("lead")
	return scope{agency: v.AgencyID, user: v.UserID, lead: lead, desk: lead || v.Is("caseworker")}
}

// happened writes one line of the timeline and one leaf of the audit log.
func happened(tx *db.Tx, r stored, v *web.Viewer, side Side, action Action, code string, at time.Time) error {
	user, name, agency := "", "", ""
	if v != nil {
		user, name, agency = v.UserID, openName(v), v.AgencyID
	}
	_, err := tx.Exec(eventInsertStmt, id.New(), r.ID, clock.Millis(at), string(side), user, name, agency, string(action), string(r.State), code)
	if err != nil {
		return err
	}
	return audit.Record(tx, audit.Event{At: at, Actor: user, Agency: agency, Action: "referral." + string(action),
		Object: "referral/" + r.ID, Purpose: purposeOf(r, side)})
}

// purposeOf says in the log what an act belongs to, and when the receiving side
// has no account, how its word came here.
func purposeOf(r stored, side Side) string {
	switch {
	case side == Receiver && r.Way() == ByLink:
		return string(r.Kind) + ", receiver by link"
	case side == Receiver && r.Way().Told():
		return string(r.Kind) + ", receiver told by telephone"
	}
	return string(r.Kind)
}

// tell notifies several people, each once, and never the one who acted.
func (s *Service) tell(tx *db.Tx, notice, except string, lists ...[]Contact) error {
	if s.Notify == nil {
		return nil
	}
	seen := map[string]bool{except: true}
	for _, list := range lists {
		for _, c := range list {
			if seen[c.UserID] || c.Email == "" {
				continue
			}
			seen[c.UserID] = true
			notify := s.Notify
			if WayOf(c.UserID) == ByLink {
				notify = s.tellGuest
			}
			if err := notify(tx, c, notice); err != nil {
				return err
			}
		}
	}
	return nil
}

// tellSender notifies the author of a referral.
func (s *Service) tellSender(tx *db.Tx, r stored, notice, except string) error {
	c, err := s.People.Contact(tx, r.FromUser)
	if fault.KindOf(err) == fault.NotFound {
		return nil // the account is gone; the lead sees the referral
	}
	if err != nil {
		return err
	}
	return s.tell(tx, notice, except, []Contact{c})
}

// tellDesk notifies those who answer at an agency.
func (s *Service) tellDesk(tx *db.Tx, agency, notice, except string) error {
	desk, err := s.Agencies.Desk(tx, agency)
	if err != nil {
		return err
	}
	return s.tell(tx, notice, except, desk)
}

// wrapped is one data key closed for one agency.
type wrapped struct {
	object, agency, keyID string
	env                   []byte
}

// recipient is an agency with the key that things are sealed to.
type recipient struct {
	agency, keyID string
	key           vault.PublicKey
}

// recipients reads the present keys of agencies. Whether one may receive at
// all is asked before, where a referral is addressed.
func (s *Service) recipients(tx *db.Tx, agencies ...string) ([]recipient, error) {
	var out []recipient
	for _, a := range agencies {
		keyID, key, err := s.Agencies.OwnKey(tx, a)
		if err != nil {
			return nil, err
		}
		out = append(out, recipient{a, keyID, key})
	}
	return out, nil
}

// wrapFor closes a data key for each recipient, outside any transaction.
func wrapFor(key *vault.DataKey, object string, to []recipient) ([]wrapped, error) {
	var out []wrapped
	for _, r := range to {
		env, err := key.WrapTo(r.key, vault.Binding{Field: sealKey, Row: object, Scope: r.agency})
		if err != nil {
			return nil, err
		}
		out = append(out, wrapped{object, r.agency, r.keyID, env})
	}
	return out, nil
}

// storeWraps writes wraps, after making sure that each key is still the one
// that is used: an agency that changed its key meanwhile gets Stale.
func (s *Service) storeWraps(tx *db.Tx, referralID string, wraps []wrapped) error {
	for _, w := range wraps {
		keyID, _, err := s.Agencies.OwnKey(tx, w.agency)
		if err != nil {
			return err
		}
		if keyID != w.keyID {
			return fault.New(fault.Stale, "referral.error.key-changed")
		}
		if _, err := tx.Exec(wrapInsertStmt, w.object, w.agency, referralID, w.keyID, w.env); err != nil {
			return err
		}
	}
	return nil
}

// opener opens data keys of one agency for a viewer, each agency key once.
type opener struct {
	s    *Service
	v    *web.Viewer
	keys map[string]*vault.PrivateKey
}

func (s *Service) opener(v *web.Viewer) *opener {
	return &opener{s, v, map[string]*vault.PrivateKey{}}
}

func (o *opener) open(tx *db.Tx, object, keyID string, env []byte) (*vault.DataKey, error) {
	k := o.keys[keyID]
	if k == nil {
		var err error
		if k, err = o.s.Agencies.OpenKey(tx, o.v, keyID); err != nil {
			return nil, err
		}
		o.keys[keyID] = k
	}
	key, err := vault.UnwrapDataKey(k, env, vault.Binding{Field: sealKey, Row: object, Scope: o.v.AgencyID})
	return key, fault.Wrap(err, "open key of", object)
}

// plan writes the jobs that follow from something being sent or answered back.
func (s *Service) plan(tx *db.Tx, r stored) error {
	if r.DueAt.IsZero() {
		return nil
	}
	start := r.DueAt.Add(-s.Deadlines.Due(r.Urgency, time.Time{}).Sub(time.Time{}))
	for _, e := range s.Deadlines.Escalations(r.Urgency, start) {
		p := escalation{Referral: r.ID, Level: e.Level, Due: clock.Millis(r.DueAt)}
		if err := jobs.Enqueue(tx, jobEscalate, r.ID+"/"+string('0'+rune(e.Level)), e.At, p); err != nil {
			return err
		}
	}
	return nil
}

// over writes the job that takes the content away some time after the end.
func over(tx *db.Tx, r stored) error {
	if !Over(r.State) {
		return nil
	}
	return jobs.Enqueue(tx, jobPurge, r.ID, r.StateAt.Add(ContentLife), r.ID)
}

// OwnCountry is the country of the viewer's agency.
func (s *Service) OwnCountry(ctx context.Context, v *web.Viewer) (country string, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		country, err = s.Agencies.Country(tx, v.AgencyID)
		return err
	})
	return country, err
}

// Receiving sorts entries, the first of each organisation: which belong to
// another agency that can receive here now, named as that agency is, and which
// can only be called. Those of the own agency are left out.
func (s *Service) Receiving(ctx context.Context, v *web.Viewer, entries []Entry) (ready, call []Entry, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		ready, call = nil, nil
		seen := map[string]bool{}
		for _, e := range entries {
			if seen[e.Organization] {
				continue
			}
			seen[e.Organization] = true
			agency, err := s.Agencies.ByDirectory(tx, e.Organization)
			if err == nil && agency == v.AgencyID {
				continue
			}
			if err == nil {
				_, _, err = s.Agencies.PublicKey(tx, agency)
			}
			if err == nil {
				e.OrgName, err = s.Agencies.Name(tx, agency)
			}
			switch k := fault.KindOf(err); {
			case err == nil:
				ready = append(ready, e)
			case k == fault.NotFound || k == fault.Unavailable:
				call = append(call, e)
			default:
				return err
			}
		}
		return nil
	})
	return ready, call, err
}
