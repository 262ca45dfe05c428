package agreement

import (
	"context"
	_ "embed"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"amelie/internal/agency"
	"amelie/internal/audit"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/geo"
	"amelie/internal/id"
	"amelie/internal/jobs"
	"amelie/internal/policy"
	"amelie/internal/web"
)

//go:embed policy.cedar
var policyText string

// Policy is who may do what with agreements.
var Policy = policy.Source{Name: "agreement", Text: policyText}

// Agencies is what agreements need of the agencies. A *agency.Service is one.
type Agencies interface {
	// ByDirectory finds the agency of an organisation. Errors: fault.NotFound.
	ByDirectory(tx *db.Tx, organization string) (agencyID string, err error)
	// Organization is the directory's identifier of an agency. Errors: fault.NotFound.
	Organization(tx *db.Tx, agencyID string) (string, error)
	Name(tx *db.Tx, agencyID string) (string, error)
	Leads(tx *db.Tx, agencyID string) ([]agency.Contact, error)
}

// Config is what the service is made of.
type Config struct {
	DB       *db.DB
	Policy   *policy.Engine
	Now      clock.Clock
	Zone     *time.Location // in which days begin; nil: the machine's
	Agencies Agencies
	// Organization names a body of the directory or an agency by its word in the
	// directory; ok is false when there is none. Not called in a transaction.
	Organization func(ctx context.Context, organization, lang string) (name string, ok bool)
	// Directory names a body of the directory as the directory does.
	Directory func(ctx context.Context, organization, lang string) (name string, ok bool)
	// Known says whether the viewer may know of an agency that is not in the
	// directory; nil: nobody may.
	Known func(ctx context.Context, v *web.Viewer, organization string) bool
	// Find finds bodies by their name: of the directory, authorities too, and
	// those agencies that the viewer may know of.
	Find func(ctx context.Context, v *web.Viewer, q, lang string) ([]agency.Organization, error)
	// Notify tells a lead that something waits; nil: nobody is told. What is sent
	// carries no content.
	Notify func(tx *db.Tx, to agency.Contact, notice string) error
	// Published are the arrangements that ship with the program.
	Published []Published
}

// Service is the agreements of one installation.
type Service struct {
	Config
	published map[string]Published
}

// New makes the service. The policy engine must hold this package's Policy.
func New(cfg Config) *Service {
	if cfg.Now == nil {
		cfg.Now = clock.System
	}
	if cfg.Zone == nil {
		cfg.Zone = time.Local
	}
	s := &Service{Config: cfg, published: map[string]Published{}}
	for _, p := range cfg.Published {
		s.published[p.ID] = p
	}
	return s
}

var errNotFound = fault.New(fault.NotFound, "")

// accounts remembers in one reading which organisation is which agency, "" for
// none.
type accounts map[string]string

// resolve says which parties have an account here.
func (s *Service) resolve(tx *db.Tx, known accounts, parties []Party) error {
	for i := range parties {
		p := &parties[i]
		if p.Organization == "" {
			continue
		}
		agencyID, seen := known[p.Organization]
		if !seen {
			var err error
			agencyID, err = s.Agencies.ByDirectory(tx, p.Organization)
			if err != nil && fault.KindOf(err) != fault.NotFound {
				return err
			}
			if err != nil {
				agencyID = ""
			}
			known[p.Organization] = agencyID
		}
		p.Agency = agencyID
	}
	return nil
}

func (s *Service) load(tx *db.Tx, agreementID string) (Agreement, error) {
	a, err := scan(tx.Row(oneStmt, agreementID).Scan)
	if db.NoRows(err) {
		return a, errNotFound
	}
	if err != nil {
		return a, err
	}
	return a, s.complete(tx, accounts{}, &a)
}

// complete adds the parties.
func (s *Service) complete(tx *db.Tx, known accounts, a *Agreement) (err error) {
	if a.Parties, err = loadParties(tx, a.ID); err != nil {
		return err
	}
	return s.resolve(tx, known, a.Parties)
}

func (s *Service) object(a Agreement) policy.Object {
	return policy.Object{Type: "Agreement", ID: a.ID, Attrs: map[string]any{"parties": append([]string{}, a.Agencies()...),
		"open": a.Public() && a.Stands(s.Now(), s.Zone), "managed": a.Origin != ByAgencies, "published": a.Origin == Publication, "held": a.HeldBy}}
}

func (s *Service) require(v *web.Viewer, action string, a Agreement) error {
	return s.Policy.Require(v.Actor(), action, s.object(a))
}

func (s *Service) may(v *web.Viewer, action Action, a Agreement) bool {
	return s.Policy.Allowed(v.Actor(), "agreement."+string(action), s.object(a))
}

// own asks about an act of the viewer's own agency.
func (s *Service) own(v *web.Viewer, action string) error {
	if v == nil {
		return fault.New(fault.SignIn, "web.error.sign-in")
	}
	return s.Policy.Require(v.Actor(), action, policy.Object{Type: "Agency", ID: v.AgencyID, Attrs: map[string]any{
		"id": v.AgencyID, "agency": v.AgencyID, "leads": 0}})
}

// happened writes one line of the story and one leaf of the audit log.
func (s *Service) happened(tx *db.Tx, a Agreement, v *web.Viewer, action Action) error {
	e := Event{At: s.Now(), Action: action}
	actor := ""
	if v != nil {
		e.Agency, e.Who, actor = v.AgencyID, v.Name, v.UserID
	}
	if err := insertEvent(tx, a.ID, e); err != nil {
		return err
	}
	return audit.Record(tx, audit.Event{At: e.At, Actor: actor, Agency: e.Agency, Action: "agreement." + string(action), Object: "agreement/" + a.ID})
}

// tell notifies the leads of every party with an account, except the agency
// that acted.
func (s *Service) tell(tx *db.Tx, a Agreement, except, notice string) error {
	for _, agencyID := range a.Agencies() {
		if agencyID == except {
			continue
		}
		if err := agency.Tell(tx, agencyID, notice, s.Agencies.Leads, s.Notify); err != nil {
			return err
		}
	}
	return nil
}

// Draft is an agreement as it is proposed or recorded.
type Draft struct {
	Organizations []string // the other parties in the directory; of a record, all
	Named         []string // parties that are not in the directory
	Kind, Title   string
	Purposes      []string
	Territory     string
	Since, Until  string
	Within        int
	Words         string
	Document      string
	Kept          string
	Contact       string // the function that answers for the own agency
	Reach         string
	Source        string // of a record
	SourceURL     string
	Open          bool
	Replaces      string
	Lang          string
	Once          string // identifier of the new agreement, so that a button pressed twice acts once
}

const (
	maxTitle, maxWords, maxLine = 160, 1200, 200
	maxParties                  = 12
	maxWithin                   = 24 * 30
)

// check collects what is wrong with a draft.
func (d Draft) check(record bool) error {
	var wrong []fault.Field
	bad := func(name, key string, args ...any) {
		wrong = append(wrong, fault.Field{Name: name, Key: key, Args: args})
	}
	if n := utf8.RuneCountInString(d.Title); n < 3 || n > maxTitle {
		bad("title", "agreement.error.title", "max", maxTitle)
	}
	if !slices.Contains(Kinds, d.Kind) {
		bad("kind", "web.error.choose")
	}
	if len(d.Purposes) == 0 || slices.ContainsFunc(d.Purposes, func(p string) bool { return !slices.Contains(Purposes, p) }) {
		bad("purposes", "agreement.error.purposes")
	}
	if _, known := geo.Lookup(d.Territory); d.Territory != "" && !known {
		bad("territory", "web.error.choose")
	}
	d.checkDays(bad)
	if d.Within < 0 || d.Within > maxWithin {
		bad("within", "agreement.error.within", "max", maxWithin)
	}
	if utf8.RuneCountInString(d.Words) > maxWords {
		bad("words", "web.error.too-long", "max", maxWords)
	}
	for name, v := range map[string]string{"kept": d.Kept, "contact": d.Contact, "reach": d.Reach, "source": d.Source} {
		if utf8.RuneCountInString(v) > maxLine {
			bad(name, "web.error.too-long", "max", maxLine)
		}
	}
	if !address(d.Document) {
		bad("document", "agreement.error.address")
	}
	if !address(d.SourceURL) {
		bad("source-url", "agreement.error.address")
	}
	if record && d.Source == "" {
		bad("source", "agreement.error.source")
	}
	slices.SortStableFunc(wrong, func(a, b fault.Field) int { return strings.Compare(order(a.Name), order(b.Name)) })
	return fault.Fields(wrong...)
}

// order puts errors in the order of the form.
func order(field string) string {
	i := slices.Index([]string{"party", "kind", "title", "purposes", "territory", "since", "until", "within", "words", "document", "kept", "contact", "reach", "source", "source-url"}, field)
	return string(rune('a' + i + 1))
}

func (d Draft) checkDays(bad func(name, key string, args ...any)) {
	since, ok := ParseDay(d.Since)
	if d.Since != "" && !ok {
		bad("since", "web.error.date")
	}
	until, fine := ParseDay(d.Until)
	if d.Until != "" && !fine {
		bad("until", "web.error.date")
	}
	if ok && fine && until.Last() < since.First() {
		bad("until", "agreement.error.days")
	}
}

// address says whether s is empty or a web address that a reader may be sent to.
func address(s string) bool {
	if s == "" {
		return true
	}
	u, err := url.Parse(s)
	return err == nil && u.Scheme == "https" && u.Host != "" && u.User == nil && len(s) <= 500
}

// clean takes surrounding space away.
func (d Draft) clean() Draft {
	for _, s := range []*string{&d.Title, &d.Territory, &d.Since, &d.Until, &d.Words, &d.Document, &d.Kept, &d.Contact, &d.Reach, &d.Source, &d.SourceURL} {
		*s = strings.TrimSpace(*s)
	}
	return d
}

func (d Draft) agreement(v *web.Viewer, origin Origin, at time.Time) Agreement {
	a := Agreement{ID: d.Once, Kind: d.Kind, Lang: d.Lang, Title: d.Title, Purposes: d.Purposes, Since: Day(d.Since), Until: Day(d.Until), Within: d.Within, Words: d.Words,
		Document: d.Document, Kept: d.Kept, Source: d.Source, SourceURL: d.SourceURL, Origin: origin, State: Proposed, Replaces: d.Replaces,
		MadeBy: v.UserID, Made: at, Changed: at, Version: 1}
	if !id.Valid(a.ID) {
		a.ID = id.New()
	}
	if d.Territory != "" {
		a.Territory = []string{d.Territory}
	}
	return a
}

// Propose makes an agreement of the viewer's agency with others and confirms
// the own side. It takes effect when every party confirmed.
// Errors: fault.Invalid with fields; fault.Denied.
func (s *Service) Propose(ctx context.Context, v *web.Viewer, d Draft) (string, error) {
	return s.make(ctx, v, d.clean(), ByAgencies)
}

// Record writes an agreement down for its parties, with a source. Parties
// without an account are confirmed by that, the others confirm for themselves.
func (s *Service) Record(ctx context.Context, v *web.Viewer, d Draft) (string, error) {
	return s.make(ctx, v, d.clean(), Recorded)
}

func (s *Service) make(ctx context.Context, v *web.Viewer, d Draft, origin Origin) (string, error) {
	action := map[Origin]string{ByAgencies: "agreement.propose", Recorded: "agreement.record"}[origin]
	if err := s.own(v, action); err != nil { // before anything is said about the form
		return "", err
	}
	if err := s.known(ctx, v, d); err != nil {
		return "", err
	}
	if err := d.check(origin == Recorded); err != nil {
		return "", err
	}
	a := d.agreement(v, origin, s.Now())
	a.Open = origin == Recorded && d.Open
	return a.ID, s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := s.own(v, action); err != nil {
			return err
		}
		return s.begin(tx, v, d, a)
	})
}

// known refuses parties that the viewer may not know of: an agency that is not
// in the directory looks like one that does not exist.
//
// req: AGREEMENT-6
func (s *Service) known(ctx context.Context, v *web.Viewer, d Draft) error {
	for _, o := range d.Organizations {
		if _, ok := s.nameFor(ctx, v, d.Replaces, o, "en"); !ok {
			return fault.Fields(fault.Field{Name: "party", Key: "agreement.error.party"})
		}
	}
	return nil
}

// nameFor is how a body is called to a viewer who may know of it: it is in the
// directory, or an agency that the viewer knows, or a party of the agreement
// that is renewed.
func (s *Service) nameFor(ctx context.Context, v *web.Viewer, replaces, organization, lang string) (string, bool) {
	_, may := s.Directory(ctx, organization, lang)
	may = may || s.Known != nil && s.Known(ctx, v, organization)
	if !may && replaces != "" {
		w, err := s.One(ctx, v, replaces)
		may = err == nil && slices.ContainsFunc(w.Parties, func(p Party) bool { return p.Organization == organization })
	}
	if !may {
		return "", false
	}
	return s.Organization(ctx, organization, lang)
}

// begin writes the new agreement with its parties.
func (s *Service) begin(tx *db.Tx, v *web.Viewer, d Draft, a Agreement) (err error) {
	if err := s.renews(tx, v, a); err != nil {
		return err
	}
	if a.Parties, err = s.parties(tx, v, d, a); err != nil {
		return err
	}
	if len(a.Parties) < 2 || len(a.Parties) > maxParties {
		return fault.Fields(fault.Field{Name: "party", Key: "agreement.error.parties", Args: []any{"max", maxParties}})
	}
	if a.Origin == ByAgencies {
		a.MadeFor = v.AgencyID
	}
	fresh, err := insert(tx, a)
	if err != nil {
		return err
	}
	if !fresh { // the same button pressed twice, or an identifier of somebody else's
		old, err := s.load(tx, a.ID)
		if err != nil || old.MadeBy != v.UserID {
			return errNotFound.Because(err)
		}
		return nil
	}
	if err := s.happened(tx, a, v, Propose); err != nil {
		return err
	}
	if err := s.plan(tx, a); err != nil {
		return err
	}
	if err := s.tell(tx, a, v.AgencyID, "new"); err != nil {
		return err
	}
	return s.effect(tx, a)
}

// renews refuses to renew what the viewer does not know.
func (s *Service) renews(tx *db.Tx, v *web.Viewer, a Agreement) error {
	if a.Replaces == "" {
		return nil
	}
	old, err := s.load(tx, a.Replaces)
	if err != nil {
		return err
	}
	if a.Origin == ByAgencies {
		return s.require(v, "agreement.settle", old)
	}
	return s.require(v, "agreement.know", old)
}

// parties are those of a draft, the own first, each once.
func (s *Service) parties(tx *db.Tx, v *web.Viewer, d Draft, a Agreement) (list []Party, err error) {
	orgs := d.Organizations
	if a.Origin == ByAgencies {
		own, err := s.Agencies.Organization(tx, v.AgencyID)
		if err != nil {
			return nil, err
		}
		orgs = append([]string{own}, orgs...)
	}
	for _, o := range orgs {
		if o != "" && !slices.ContainsFunc(list, func(p Party) bool { return p.Organization == o }) {
			list = append(list, Party{Organization: o})
		}
	}
	for _, n := range d.Named {
		if n = strings.TrimSpace(n); n != "" && utf8.RuneCountInString(n) <= maxLine && !slices.ContainsFunc(list, func(p Party) bool { return p.Name == n }) {
			list = append(list, Party{Name: n})
		}
	}
	if err := s.resolve(tx, accounts{}, list); err != nil {
		return nil, err
	}
	for i := range list {
		p := &list[i]
		switch {
		case a.Origin == ByAgencies && p.Agency == v.AgencyID:
			p.Contact, p.Reach, p.Open = d.Contact, d.Reach, d.Open
			p.Confirmed, p.ConfirmedBy = a.Made, v.UserID
		case a.Origin == Recorded && p.Agency == "":
			p.Confirmed, p.ConfirmedBy = a.Made, v.UserID
		}
	}
	return list, nil
}

// effect puts an agreement in force when every party confirmed, and ends the
// one that it renews.
func (s *Service) effect(tx *db.Tx, a Agreement) error {
	if a.State != Proposed || !AllConfirmed(a.Parties) {
		return nil
	}
	next, err := Next(a.State, Effect, Clock)
	if err != nil {
		return err
	}
	a.State = next
	if err := s.store(tx, a, nil, Effect); err != nil {
		return err
	}
	if a.Replaces == "" {
		return nil
	}
	old, err := s.load(tx, a.Replaces)
	if err != nil {
		return err
	}
	if old.State, err = Next(old.State, Replace, Clock); err != nil {
		return nil // it had ended already
	}
	return s.store(tx, old, nil, Replace)
}

// store writes a change, its line of the story and its audit leaf.
func (s *Service) store(tx *db.Tx, a Agreement, v *web.Viewer, action Action) error {
	ok, err := save(tx, a, s.Now())
	if err != nil {
		return err
	}
	if !ok {
		return fault.New(fault.Stale, "agreement.error.stale")
	}
	return s.happened(tx, a, v, action)
}

// plan writes the jobs that follow from a last day.
func (s *Service) plan(tx *db.Tx, a Agreement) error {
	if a.Until == "" {
		return nil
	}
	if err := jobs.EnqueueDays(tx, jobRemind, a.ID, Reminders(a.Until, s.Now(), s.Zone)); err != nil {
		return err
	}
	return jobs.Enqueue(tx, jobExpire, a.ID, a.Until.End(s.Zone), a.ID)
}
