package place

import (
	"context"
	_ "embed"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"amelie/internal/ask"
	"amelie/internal/audit"
	"amelie/internal/casework"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/geo"
	"amelie/internal/id"
	"amelie/internal/jobs"
	"amelie/internal/policy"
	"amelie/internal/vault"
	"amelie/internal/web"
)

//go:embed policy.cedar
var policyText string

// Policy is who may do what with places.
var Policy = policy.Source{Name: "place", Text: policyText}

// Agencies is what places need of the organisations.
type Agencies interface {
	// PublicKey is an agency's key for sealing. Errors: fault.Unavailable when
	// the agency may not receive yet.
	PublicKey(tx *db.Tx, agencyID string) (keyID string, key vault.PublicKey, err error)
	// OpenKey opens an agency key with the viewer's. Errors: fault.Unlock.
	OpenKey(tx *db.Tx, v *web.Viewer, keyID string) (*vault.PrivateKey, error)
	Name(tx *db.Tx, agencyID string) (string, error)
	Country(tx *db.Tx, agencyID string) (string, error)
	// Houses says whether an agency may publish places: a body that supports
	// people. Who may not is asked for nothing, so that nobody publishes places to
	// learn who needs one.
	Houses(tx *db.Tx, agencyID string) (bool, error)
}

// Config is what the service is made of.
type Config struct {
	DB       *db.DB
	Cases    *casework.Service
	Policy   *policy.Engine
	Now      clock.Clock
	Agencies Agencies
	// Remark refuses a line that could point to a person. Errors: fault.Invalid
	// on the field "remark".
	Remark func(text string) error
	// Tell lets the desk of an agency know that something waits, without saying
	// what; except is who did it.
	Tell func(tx *db.Tx, agencyID, except string) error
	// Ended is told, in the same transaction, that a request is over, so that a
	// restored backup does not revive it; nil: nobody is told.
	Ended func(tx *db.Tx, requestID string, at time.Time) error
}

// Service does what people do with places.
type Service struct{ Config }

// New makes the service. The engine of cfg must hold this package's Policy.
func New(cfg Config) *Service { return &Service{cfg} }

var errNotFound = fault.New(fault.NotFound, "web.error.not-found")

const (
	sealOwn     = "casework.place.need"     // what is needed, for the asking agency
	sealPacket  = "casework.place.packet"   // the same, for the projects
	sealKey     = "casework.place.key"      // the packet's key, for one project
	sealSaid    = "casework.place.said"     // what a project and the asking side write to each other
	sealSaidKey = "casework.place.said-key" // its key, for one of the two
	jobClock    = "place.clock"
	room        = "place"
)

// Published places.

func (s *Service) places(tx *db.Tx, v *web.Viewer, action string) error {
	if v == nil {
		return fault.New(fault.SignIn, "web.error.sign-in")
	}
	houses := false
	if v.AgencyID != "" {
		var err error
		if houses, err = s.Agencies.Houses(tx, v.AgencyID); err != nil {
			return err
		}
	}
	return s.Policy.Require(v.Actor(), action, policy.Object{Type: "Places", ID: v.AgencyID, Attrs: map[string]any{"agency": v.AgencyID, "houses": houses}})
}

// country is where the viewer's agency works.
func (s *Service) country(tx *db.Tx, v *web.Viewer) (string, error) {
	if v.AgencyID == "" {
		return "", nil
	}
	return s.Agencies.Country(tx, v.AgencyID)
}

// Regions are those of a country by which places are told: the first level, never
// nearer.
//
// req: PLACE-1
func Regions(country string) (out []geo.Territory) {
	for _, t := range geo.Territories() {
		if t.Parent == country && country != "" {
			out = append(out, t)
		}
	}
	return out
}

// Publish writes free places of the viewer's agency: new ones, or over the version
// that was shown. They are taken as true for PoolLife.
// Errors: fault.Invalid with the fields; fault.Stale; fault.Conflict when more than
// the number changes while an offer stands on them.
func (s *Service) Publish(ctx context.Context, v *web.Viewer, p Pool) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := s.places(tx, v, "places.publish"); err != nil {
			return err
		}
		country, err := s.country(tx, v)
		if err != nil {
			return err
		}
		if err := p.check(country); err != nil {
			return err
		}
		now := s.Now()
		p.AgencyID, p.Country, p.Changed, p.Until = v.AgencyID, country, now, now.Add(PoolLife)
		if p.Version == 0 {
			err = insertPool(tx, p, v.UserID)
		} else if err = s.changes(tx, p); err == nil {
			err = updatePool(tx, p, v.UserID)
		}
		if err != nil {
			return err
		}
		return s.record(tx, v, "publish", "place/"+p.ID)
	})
}

// changes lets what is offered stay what was offered: while an offer stands, the
// number alone may change.
func (s *Service) changes(tx *db.Tx, p Pool) error {
	was, err := poolOf(tx, p.AgencyID, p.ID)
	if err != nil || was.Group == p.Group && was.Region == p.Region && was.From == p.From && was.To == p.To && was.StepFree == p.StepFree {
		return err
	}
	return unoffered(tx, p.ID)
}

// unoffered refuses while an offer stands on places.
func unoffered(tx *db.Tx, poolID string) error {
	open := 0
	err := tx.Row(openOffersStmt, poolID).Scan(&open)
	if err == nil && open > 0 {
		err = fault.New(fault.Conflict, "place.error.offered")
	}
	return err
}

func (p Pool) check(country string) error {
	var wrong []fault.Field
	if !slices.Contains(Groups, p.Group) {
		wrong = append(wrong, fault.Field{Name: "target", Key: "web.error.choose"})
	}
	if !slices.ContainsFunc(Regions(country), func(t geo.Territory) bool { return t.Code == p.Region }) {
		wrong = append(wrong, fault.Field{Name: "region", Key: "web.error.choose"})
	}
	if p.Free < 0 || p.Free > 500 {
		wrong = append(wrong, fault.Field{Name: "free", Key: "place.error.free"})
	}
	if p.To != NoChildren && (p.From < 0 || p.To > 17 || p.From > p.To) || p.Group == Minors && p.To == NoChildren {
		wrong = append(wrong, fault.Field{Name: "to", Key: "place.error.range"})
	}
	return fault.Fields(wrong...)
}

// Unpublish takes places away. Errors: fault.Conflict while an offer stands on
// them.
func (s *Service) Unpublish(ctx context.Context, v *web.Viewer, poolID string) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := s.places(tx, v, "places.publish"); err != nil {
			return err
		}
		if _, err := poolOf(tx, v.AgencyID, poolID); err != nil {
			return err
		}
		if err := unoffered(tx, poolID); err != nil {
			return err
		}
		if _, err := tx.Exec(poolDropStmt, poolID); err != nil {
			return err
		}
		return s.record(tx, v, "unpublish", "place/"+poolID)
	})
}

func (s *Service) record(tx *db.Tx, v *web.Viewer, action, object string) error {
	e := audit.Event{At: s.Now(), Action: "place." + action, Object: object, Purpose: room}
	if v != nil {
		e.Actor, e.Agency = v.UserID, v.AgencyID
	}
	return audit.Record(tx, e)
}

// Asking.

// Wish is what is asked for a person, and where.
type Wish struct {
	Need    map[string][]string
	Regions []string // any of them; none: anywhere in the country
	Never   []string // nowhere there
	Once    string
}

// kept is what the asking agency keeps, sealed.
type kept struct {
	Need    ask.Answer `json:"need"`
	Regions []string   `json:"regions,omitempty"`
	Never   []string   `json:"never,omitempty"`
}

// target is a project that fits, with the key that it is asked under.
type target struct {
	agency, keyID string
	key           vault.PublicKey
	regions       []string // where it publishes, without those that are ruled out
}

// Ask puts a request of a case to all projects that fit, without a name, sealed to
// each. Errors: fault.Invalid with the fields; fault.Conflict when none fits
// ("place.error.none") or when one stands already.
//
// req: PLACE-4
func (s *Service) Ask(ctx context.Context, v *web.Viewer, caseID string, w Wish) error {
	need, err := clean(w.Need, s.Remark)
	if err != nil {
		return err
	}
	r := stored{Request: Request{ID: id.New(), CaseID: caseID, AgencyID: v.AgencyID, UserID: v.UserID, Beds: Beds(need), State: Asked}}
	if id.Valid(w.Once) {
		r.ID = w.Once
	}
	var to []target
	err = s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		if _, err = s.Cases.Require(tx, v, caseID, "case.write"); err != nil {
			return err
		}
		if err = s.asks(tx, v, caseID); err != nil {
			return err
		}
		if r.Country, err = s.country(tx, v); err != nil {
			return err
		}
		to, err = s.targets(tx, v, need, w, r.Country)
		return err
	})
	if err != nil {
		return err
	}
	if err := r.pack(need, to); err != nil {
		return err
	}
	seal := func(p *casework.Pen) (err error) {
		r.epoch, r.own, err = p.Seal(casework.Services, ownPlace(r.ID), marshal(kept{need, w.Regions, w.Never}))
		return err
	}
	return s.Cases.Write(ctx, v, caseID, []casework.Part{casework.Services}, seal, func(tx *db.Tx, row casework.Row) error {
		return s.send(tx, v, row, r, to)
	})
}

// asks refuses who is inside only because a life is in danger: such a member reads
// and writes, and reaches no other agency. case.revoke is what the policy gives to
// everybody of the agency but them.
func (s *Service) asks(tx *db.Tx, v *web.Viewer, caseID string) error {
	_, err := s.Cases.Require(tx, v, caseID, "case.revoke")
	return err
}

// targets are the projects with a place that fits, by how fresh their counts are.
func (s *Service) targets(tx *db.Tx, v *web.Viewer, need ask.Answer, w Wish, country string) (out []target, err error) {
	all, err := pools(tx, poolsFreeStmt, country, clock.Millis(s.Now()))
	for _, p := range all {
		if err != nil || len(out) == MaxAsked {
			break
		}
		known := slices.ContainsFunc(out, func(t target) bool { return t.agency == p.AgencyID })
		if known || p.AgencyID == v.AgencyID || !w.in(p.Region) || !p.Fits(need, s.Now()) {
			continue
		}
		t := target{agency: p.AgencyID}
		t.keyID, t.key, err = s.Agencies.PublicKey(tx, p.AgencyID)
		if k := fault.KindOf(err); err != nil && (k == fault.Unavailable || k == fault.NotFound) {
			err = nil
			continue
		}
		if err == nil {
			t.regions, err = w.regions(tx, p.AgencyID)
		}
		out = append(out, t)
	}
	if err == nil && len(out) == 0 {
		err = fault.New(fault.Conflict, "place.error.none")
	}
	return out, err
}

// in says whether a place in a region may be asked.
//
// req: PLACE-5
func (w Wish) in(region string) bool {
	return !slices.Contains(w.Never, region) && (len(w.Regions) == 0 || slices.Contains(w.Regions, region))
}

// regions are those in which a project publishes and may offer.
//
// req: PLACE-5
func (w Wish) regions(tx *db.Tx, agency string) (out []string, err error) {
	all, err := pools(tx, poolsOfStmt, agency)
	for _, p := range all {
		if w.in(p.Region) && !slices.Contains(out, p.Region) {
			out = append(out, p.Region)
		}
	}
	return out, err
}

func ownPlace(requestID string) casework.Field { return casework.Field{Name: sealOwn, Row: requestID} }

func packetPlace(requestID string) vault.Binding {
	return vault.Binding{Field: sealPacket, Row: requestID, Scope: requestID}
}

func keyPlace(requestID, agency string) vault.Binding {
	return vault.Binding{Field: sealKey, Row: agency, Scope: requestID}
}

// pack seals the need for the projects.
func (r *stored) pack(need ask.Answer, to []target) (err error) {
	key := vault.NewDataKey()
	if r.env, err = key.Seal(marshal(need), packetPlace(r.ID)); err != nil {
		return err
	}
	r.wraps = map[string]wrap{}
	for _, t := range to {
		env, err := key.WrapTo(t.key, keyPlace(r.ID, t.agency))
		if err != nil {
			return err
		}
		r.Candidates = append(r.Candidates, Candidate{AgencyID: t.agency, Standing: Waiting, Regions: t.regions})
		r.wraps[t.agency] = wrap{t.keyID, env}
	}
	return nil
}

// send writes a request in the transaction of the case.
func (s *Service) send(tx *db.Tx, v *web.Viewer, row casework.Row, r stored, to []target) error {
	if row.AgencyID != v.AgencyID { // a reader that may write moves nobody
		return errNotFound
	}
	if row.State != casework.Open {
		return fault.New(fault.Conflict, "casework.error.closed")
	}
	if err := s.asks(tx, v, r.CaseID); err != nil {
		return err
	}
	before, err := requestsOf(tx, r.CaseID)
	if err != nil {
		return err
	}
	for _, b := range before {
		if b.ID == r.ID {
			return nil // pressed twice
		}
		if b.Open() {
			return fault.New(fault.Conflict, "place.error.already")
		}
	}
	for _, t := range to {
		if keyID, _, err := s.Agencies.PublicKey(tx, t.agency); err != nil || keyID != t.keyID {
			return fault.New(fault.Stale, "casework.error.busy").Because(err)
		}
	}
	now := s.Now()
	r.Made, r.StateAt, r.Until = now, now, now.Add(Life)
	if _, err := insertRequest(tx, r); err != nil {
		return err
	}
	if err := s.Cases.Happened(tx, v, r.CaseID, room, "ask", casework.Services, ""); err != nil {
		return err
	}
	for _, t := range to {
		if err := s.Tell(tx, t.agency, v.UserID); err != nil {
			return err
		}
	}
	return s.after(tx, r)
}

// Step is what the asking side does with a request: Confirm, Decline, Arrive, Miss,
// Withdraw.
type Step struct {
	Act  Name
	Pool string // that was shown to the person, for Confirm and Decline
	Yes  bool   // the person said yes
	Once string
}

// Steer does a step. A place is confirmed only when the person said yes to it: to
// the one that was shown, not to another that moved up meanwhile.
//
// req: PLACE-6
func (s *Service) Steer(ctx context.Context, v *web.Viewer, caseID, requestID string, st Step) error {
	if !slices.Contains([]Name{Confirm, Decline, Arrive, Miss, Withdraw}, st.Act) {
		return errNotFound
	}
	if st.Act == Confirm && !st.Yes {
		return fault.Fields(fault.Field{Name: "yes", Key: "place.error.yes"})
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		row, err := s.Cases.Require(tx, v, caseID, "case.write")
		if err != nil {
			return err
		}
		r, err := requestByID(tx, requestID)
		if err == nil && (r.CaseID != caseID || row.AgencyID != v.AgencyID) {
			err = errNotFound
		}
		if err != nil {
			return err
		}
		if again, err := s.again(tx, st.Act, st.Once); again || err != nil {
			return err
		}
		if c := r.Holder(); (st.Act == Confirm || st.Act == Decline) && (c == nil || c.Pool != st.Pool) {
			return fault.New(fault.Conflict, "place.error.other")
		}
		return s.do(tx, v, r, Act{Name: st.Act})
	})
}

// again says whether a button was pressed before: a second press on "no" must not
// decline the next offer.
func (s *Service) again(tx *db.Tx, act Name, once string) (bool, error) {
	if !id.Valid(once) {
		return false, nil
	}
	first, err := db.Once(tx, "place.act", string(act)+"/"+once, s.Now())
	return !first, err
}

// Answer is what a project does: Offer, Refuse, TakeBack, Arrive, Miss.
// Errors: fault.Conflict "place.error.no-bed" when the last bed went to somebody
// else meanwhile, "place.error.fit" when the place does not suit.
func (s *Service) Answer(ctx context.Context, v *web.Viewer, requestID string, a Act) error {
	if !slices.Contains([]Name{Offer, Refuse, TakeBack, Arrive, Miss}, a.Name) {
		return errNotFound
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		r, err := s.reached(tx, v, requestID, "placerequest.answer")
		if err != nil {
			return err
		}
		if again, err := s.again(tx, a.Name, a.Once); again || err != nil {
			return err
		}
		a.Agency, a.By = v.AgencyID, v.UserID
		if err := s.checked(tx, v, r, a); err != nil {
			return err
		}
		return s.do(tx, v, r, a)
	})
}

// reached finds a request that was put to the viewer's agency.
// Errors: fault.NotFound for everybody else, also for the agency that asks.
func (s *Service) reached(tx *db.Tx, v *web.Viewer, requestID, action string) (stored, error) {
	if v == nil {
		return stored{}, fault.New(fault.SignIn, "web.error.sign-in")
	}
	r, err := requestByID(tx, requestID)
	if err != nil {
		return r, err
	}
	c := r.Candidate(v.AgencyID)
	asked := v.AgencyID != "" && c != nil && !c.Standing.Over()
	return r, s.Policy.Require(v.Actor(), action, policy.Object{Type: "PlaceRequest", ID: r.ID, Attrs: map[string]any{"asked": asked}})
}

// checked makes sure of what a project answers.
//
// req: PLACE-2, PLACE-5
func (s *Service) checked(tx *db.Tx, v *web.Viewer, r stored, a Act) error {
	switch a.Name {
	case Refuse, TakeBack:
		if !slices.Contains(Reasons, a.Reason) {
			return fault.Fields(fault.Field{Name: "reason", Key: "web.error.choose"})
		}
	case Offer:
		p, err := poolOf(tx, v.AgencyID, a.Pool)
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return err
		}
		if err != nil || !slices.Contains(Holds, a.Hours) || slices.ContainsFunc(a.Terms, func(t string) bool { return !slices.Contains(Terms, t) }) {
			return fault.Fields(fault.Field{Name: "pool", Key: "web.error.choose"})
		}
		need, err := s.opened(tx, v, r)
		if err != nil {
			return err
		}
		if p.Free < r.Beds {
			return fault.New(fault.Conflict, "place.error.no-bed")
		}
		if !p.Fits(need, s.Now()) || !r.Candidate(v.AgencyID).In(p.Region) {
			return fault.New(fault.Conflict, "place.error.fit")
		}
	}
	return nil
}

// opened opens what is needed for the agency that was asked.
func (s *Service) opened(tx *db.Tx, v *web.Viewer, r stored) (need ask.Answer, err error) {
	w := r.wraps[v.AgencyID]
	private, err := s.Agencies.OpenKey(tx, v, w.keyID)
	if err != nil {
		return nil, err
	}
	key, err := vault.UnwrapDataKey(private, w.env, keyPlace(r.ID, v.AgencyID))
	if err != nil {
		return nil, fault.Wrap(err, "open request", r.ID)
	}
	plain, err := key.Open(r.env, packetPlace(r.ID))
	if err != nil {
		return nil, fault.Wrap(err, "open request", r.ID)
	}
	return need, fault.Wrap(json.Unmarshal(plain, &need), "read request", r.ID)
}

// do does one act in the transaction: on the beds, the request, the log, the case
// and the clock.
func (s *Service) do(tx *db.Tx, v *web.Viewer, was stored, a Act) error {
	r := was
	var err error
	if r.Request, err = was.Do(a, s.Now(), book{tx}); err != nil {
		return err
	}
	if err := update(tx, r); err != nil {
		return err
	}
	by := v // in the history of the case nobody of a project stands with a name
	if v != nil && v.AgencyID != r.AgencyID {
		by = nil
		if err := s.record(tx, v, string(a.Name), "request/"+r.ID); err != nil {
			return err
		}
	}
	if err := s.Cases.Happened(tx, by, r.CaseID, room, string(a.Name), casework.Services, ""); err != nil {
		return err
	}
	if a.Reason != "" {
		if err := count(tx, r.Country, "reason."+a.Reason, s.Now()); err != nil {
			return err
		}
	}
	if err := s.tell(tx, v, was, r); err != nil {
		return err
	}
	return s.after(tx, r)
}

// tell lets those know for whom something changed: the asking side of what
// projects and the clock do, a project of what became of its part.
func (s *Service) tell(tx *db.Tx, v *web.Viewer, was, r stored) error {
	by, own := "", ""
	if v != nil {
		by, own = v.UserID, v.AgencyID
	}
	if own != r.AgencyID {
		if err := s.Tell(tx, r.AgencyID, by); err != nil {
			return err
		}
	}
	for i, c := range r.Candidates {
		if c.Standing == was.Candidates[i].Standing || c.AgencyID == own {
			continue
		}
		if err := s.Tell(tx, c.AgencyID, by); err != nil {
			return err
		}
	}
	return nil
}

// after is what follows from where a request stands now: the clock, what is due in
// the case, and the count of how it ended.
func (s *Service) after(tx *db.Tx, r stored) error {
	due := time.Time{}
	if c := r.Holder(); r.Open() && c != nil {
		due = c.Until
	}
	if err := s.Cases.SetDue(tx, r.CaseID, room, due); err != nil {
		return err
	}
	if r.Open() {
		at, _ := r.Next()
		return jobs.Enqueue(tx, jobClock, r.ID, at, r.ID)
	}
	if s.Ended != nil {
		if err := s.Ended(tx, r.ID, r.StateAt); err != nil {
			return err
		}
	}
	return count(tx, r.Country, string(r.State), s.Now()) // a wake that still waits finds nothing to do
}

// EndAgain ends a request that a restored backup brought back: its projects open
// nothing. Its beds are not given back, because the person may live in them: the
// houses count anew (Recount).
//
// req: RESTORE-1
func EndAgain(tx *db.Tx, requestID string, at time.Time) (bool, error) {
	r, err := requestByID(tx, requestID)
	if fault.KindOf(err) == fault.NotFound && err != nil || err == nil && !r.Open() {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if r.Request, err = r.Do(Act{Name: Withdraw}, at, unmoved{}); err != nil {
		return false, err
	}
	return true, update(tx, r)
}

// Handle registers what happens by the clock alone. It needs no key.
func (s *Service) Handle(r *jobs.Runner) { r.Handle(jobClock, jobs.ByID(s.DB, s.tick)) }

// tick gives back what is not held any longer, and ends what waited too long.
func (s *Service) tick(tx *db.Tx, requestID string) error {
	r, err := requestByID(tx, requestID)
	if err != nil {
		return err
	}
	at, act := r.Next()
	if act == "" || s.Now().Before(at) {
		return nil // answered meanwhile: a later wake is there already
	}
	return s.do(tx, nil, r, Act{Name: act})
}

// Room is what the file of a case shows and asks of this package.
func (s *Service) Room() casework.Room {
	return casework.Room{Name: room, Icon: "bed", Glance: s.glance, Closing: s.closing, Forget: s.forget, Export: s.export}
}

// closing holds a case open while a request of it stands.
func (s *Service) closing(tx *db.Tx, _ *web.Viewer, row casework.Row) error {
	list, err := requestsOf(tx, row.ID)
	for _, r := range list {
		if r.Open() {
			return fault.New(fault.Conflict, "place.error.standing")
		}
	}
	return err
}

// forget erases what is kept of a case; beds that are still held go back.
func (s *Service) forget(tx *db.Tx, caseID string) error {
	list, err := requestsOf(tx, caseID)
	if err != nil {
		return err
	}
	for _, r := range list {
		if r.Open() {
			if _, err := r.Do(Act{Name: Withdraw}, s.Now(), book{tx}); err != nil {
				return err
			}
		}
		if err := jobs.Cancel(tx, jobClock, r.ID); err != nil {
			return err
		}
	}
	for _, stmt := range []*db.Stmt{saidDropStmt, candidatesDropStmt} {
		if _, err := tx.Exec(stmt, caseID); err != nil {
			return err
		}
	}
	_, err = tx.Exec(requestsDropStmt, caseID)
	return err
}

func marshal(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil { // only plain values are given
		panic("place: " + err.Error())
	}
	return b
}

func decimal(n int) string { return strconv.Itoa(n) }
