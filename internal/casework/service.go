package casework

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"time"

	"amelie/internal/ask"
	"amelie/internal/audit"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/draft"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/policy"
	"amelie/internal/vault"
	"amelie/internal/web"
)

//go:embed policy.cedar
var policyText string

// Policy is who may do what with cases.
var Policy = policy.Source{Name: "casework", Text: policyText}

// Agencies is what a case needs of the organisations.
type Agencies interface {
	// PublicKey is an agency's key for sealing. Errors: fault.Unavailable when
	// the agency may not receive yet.
	PublicKey(tx *db.Tx, agencyID string) (keyID string, key vault.PublicKey, err error)
	// OwnKey is the agency's present key whether or not it may receive.
	OwnKey(tx *db.Tx, agencyID string) (keyID string, key vault.PublicKey, err error)
	// OpenKey opens an agency key with the viewer's. Errors: fault.Unlock.
	OpenKey(tx *db.Tx, v *web.Viewer, keyID string) (*vault.PrivateKey, error)
	Name(tx *db.Tx, agencyID string) (string, error)
	// Workers are the members of an agency who may be responsible for a case.
	Workers(tx *db.Tx, agencyID string) ([]Worker, error)
}

// Worker is a member who may be responsible for a case.
type Worker struct{ UserID, Name string }

// Index finds cases by words that are sealed in them. It is told, in the
// transaction of each write, what an entry says now.
type Index interface {
	// Prepare seals the words of one entry for the agency's index, outside of any
	// transaction; Write puts them there.
	Prepare(ctx context.Context, v *web.Viewer, caseID, entryID string, words []string) (write func(tx *db.Tx) error, err error)
	// Find gives the cases in whose words every word of the query begins one,
	// the best first. Which of them the viewer may see is not its matter.
	Find(ctx context.Context, v *web.Viewer, query string) ([]string, error)
	// Erased notes, without any key, that the words of a case have to go; Purge
	// takes those of the viewer's agency out of what is stored. Returned takes the
	// note back for what was not purged yet.
	Erased(tx *db.Tx, agencyID, caseID string) error
	Returned(tx *db.Tx, agencyID, caseID string) error
	Purge(ctx context.Context, v *web.Viewer) error
}

// Config is what the service is made of.
type Config struct {
	DB       *db.DB
	Policy   *policy.Engine
	Now      clock.Clock
	Log      *slog.Logger
	Zone     func() *time.Location // of days and times that are typed; nil: the machine's
	Agencies Agencies
	// Told is what a received referral says, by kind of entry, for a case that is
	// opened from it; nil: none is. Errors: fault.NotFound for whom it does not exist.
	Told func(ctx context.Context, v *web.Viewer, referralID string) (map[string]ask.Answer, error)
	// Attached are the files that came with it, each with a Once of its own that is
	// always the same; nil: none come along.
	Attached func(ctx context.Context, v *web.Viewer, referralID string) ([]Upload, error)
	// Signs are the lists by which is noted what was observed; nil: it is noted in
	// words alone.
	Signs Signs
	// Drafts keeps what is being typed, and Former recognises whose session a
	// request carries, even when it has expired; nil: only what is saved is kept.
	Drafts *draft.Shelf
	Former func(r *http.Request) (userID string, ok bool)
	// Likeness says whether the person agreed to a photo or to a signature, as the
	// opened file says now; nil: nobody did.
	Likeness func(o *Opened, what string) bool
	// Index finds by words; nil: cases are found in lists alone.
	Index Index
	// Glass says whether a member of the case's own agency opened it because a life
	// is in danger, and still may; nil: nobody can.
	Glass func(tx *db.Tx, caseID, userID string) (bool, error)
	// Ended is told, in the same transaction, that an agency's access to a part is
	// over, so that a restored backup does not give it back; nil: nobody is told.
	Ended func(tx *db.Tx, share string, at time.Time) error
	// Tally adds one to a number of an agency, see Count; nil: nothing is counted.
	Tally func(tx *db.Tx, agencyID, what, code string, at time.Time) error
	// MayCount says whether the person said that the case may be counted, see CountOf;
	// nil: nobody said so.
	MayCount func(tx *db.Tx, caseID string) (bool, error)
	// Erased is told the same of a whole case.
	Erased func(tx *db.Tx, caseID string, at time.Time) error
}

// Service does what people do with cases.
type Service struct {
	Config
	rooms []Room
}

// New makes the service. The engine of cfg must hold this package's Policy.
func New(cfg Config) *Service {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = clock.System
	}
	return &Service{Config: cfg}
}

var (
	errNotFound = fault.New(fault.NotFound, "web.error.not-found")
	// errMoved says that keys or readers changed between preparing and writing.
	errMoved = errors.New("casework: the keys of the case changed meanwhile")
)

// Here is the zone of days and times that are typed.
func (s *Service) Here() *time.Location {
	if s.Zone == nil {
		return time.Local
	}
	return s.Zone()
}

// access is what a member's agency may do with a case at this moment, before the
// policy is asked.
type access struct {
	row     stored
	own     bool
	team    bool
	glass   bool            // the member opened it because a life is in danger
	granted map[Part]Reader // of the viewer's agency, when it is another one
	readers []Reader        // all grants that have not ended
}

// accessTo reads a case and the grants of it. For a case that does not exist it
// does the same work and answers an empty row, which the policy refuses.
//
// req: CASE-4
func (s *Service) accessTo(tx *db.Tx, v *web.Viewer, caseID string) (access, error) {
	if v == nil {
		return access{}, fault.New(fault.SignIn, "web.error.sign-in")
	}
	row, err := caseByID(tx, caseID)
	if err != nil {
		return access{}, err
	}
	team, err := teamOf(tx, row.AgencyID)
	if err != nil {
		return access{}, err
	}
	grants, err := db.All(tx, grantsStmt, scanGrant, caseID)
	if err != nil {
		return access{}, err
	}
	a := s.accessOf(v, row, team, grants)
	a.glass, err = s.glassOf(tx, v, a)
	return a, err
}

// accessOf is the access to a case by what was read of it, but for what the member
// opened because a life is in danger.
func (s *Service) accessOf(v *web.Viewer, row stored, team bool, grants []Reader) access {
	a := access{row: row, team: team, own: row.AgencyID != "" && row.AgencyID == v.AgencyID, granted: map[Part]Reader{}}
	now := s.Now()
	for _, g := range grants {
		if !g.Until.After(now) {
			continue
		}
		a.readers = append(a.readers, g)
		if g.AgencyID == v.AgencyID && !a.own {
			a.granted[g.Part] = g
		}
	}
	return a
}

// glassOf says whether the member opened the case because a life is in danger.
func (s *Service) glassOf(tx *db.Tx, v *web.Viewer, a access) (bool, error) {
	if !a.own || a.row.WorkerID == v.UserID || s.Glass == nil {
		return false, nil
	}
	return s.Glass(tx, a.row.ID, v.UserID)
}

func (a access) object() policy.Object {
	return policy.Object{Type: "Case", ID: a.row.ID, Attrs: map[string]any{
		"agency": a.row.AgencyID, "worker": a.row.WorkerID, "team": a.team, "glass": a.glass, "shared": len(a.granted) > 0,
	}}
}

func (a access) part(p Part) policy.Object {
	g, shared := a.granted[p]
	return policy.Object{Type: "Part", ID: a.row.ID + "/" + string(p), Attrs: map[string]any{
		"agency": a.row.AgencyID, "worker": a.row.WorkerID, "team": a.team, "glass": a.glass, "shared": shared, "writes": g.Writes, "part": string(p),
	}}
}

// may lists the parts with which the policy lets the viewer do something.
func (s *Service) may(v *web.Viewer, action string, a access) (out []Part) {
	for _, p := range Parts {
		if s.Policy.Allowed(v.Actor(), action, a.part(p)) {
			out = append(out, p)
		}
	}
	return out
}

// Require reads a case with which the viewer may do something.
// Errors: fault.NotFound, also for those who may not know of it; fault.Unlock;
// fault.Denied.
func (s *Service) Require(tx *db.Tx, v *web.Viewer, caseID, action string) (Row, error) {
	a, err := s.require(tx, v, caseID, action)
	return a.row.Row, err
}

// require asks the one policy; no other code decides.
//
// req: GLASS-5
func (s *Service) require(tx *db.Tx, v *web.Viewer, caseID, action string) (access, error) {
	a, err := s.accessTo(tx, v, caseID)
	if err != nil {
		return a, err
	}
	return a, s.Policy.Require(v.Actor(), action, a.object())
}

// requireList asks the policy about the cases of the viewer's agency as a whole.
func (s *Service) requireList(v *web.Viewer, action string) error {
	if v == nil {
		return fault.New(fault.SignIn, "web.error.sign-in")
	}
	return s.Policy.Require(v.Actor(), action, policy.Object{Type: "Caseload", ID: v.AgencyID, Attrs: map[string]any{"agency": v.AgencyID}})
}

// recipient is an agency with the key that things are sealed to.
type recipient struct {
	agency, keyID string
	key           vault.PublicKey
}

// Tries of a write whose keys changed between preparing and writing.
const tries = 4

// Write changes a case. Outside of any transaction it opens the keys of the
// parts, begins new epochs where readers were lost, and calls seal; then, in one
// transaction, it makes sure that the viewer may still do it and that nobody
// gained or lost a key meanwhile, writes the keys and calls act. Both may be
// called again. What is due next is worked out after act.
func (s *Service) Write(ctx context.Context, v *web.Viewer, caseID string, parts []Part, seal func(*Pen) error, act func(tx *db.Tx, row Row) error) error {
	var pen *Pen
	prepare := func() (was footing, err error) {
		if pen, was, err = s.pen(ctx, v, caseID, parts); err != nil {
			return was, err
		}
		return was, seal(pen)
	}
	return s.agreed(ctx, v, caseID, parts, prepare, func(tx *db.Tx, now footing) error {
		if err := pen.write(tx, s.Now()); err != nil {
			return err
		}
		if err := act(tx, now.access.row.Row); err != nil {
			return err
		}
		return setTouched(tx, caseID, s.Now())
	})
}

// agreed prepares something outside of any transaction and does it in one that
// stands on the same keys and readers; otherwise it prepares again.
func (s *Service) agreed(ctx context.Context, v *web.Viewer, caseID string, parts []Part, prepare func() (footing, error), act func(tx *db.Tx, now footing) error) error {
	for range tries {
		was, err := prepare()
		if err != nil {
			return err
		}
		err = s.DB.Write(ctx, func(tx *db.Tx) error {
			now, err := s.standing(tx, v, caseID, parts)
			if err != nil {
				return err
			}
			if !now.equal(was) {
				return errMoved
			}
			return act(tx, now)
		})
		if !errors.Is(err, errMoved) {
			return err
		}
	}
	return fault.New(fault.Stale, "casework.error.busy")
}

// footing is what a writer stands on: who may do it, and the standing of the
// keys of each part.
type footing struct {
	access  access
	gens    []caseKey
	parts   map[Part]standing
	publics map[string]recipient
}

func (f footing) equal(o footing) bool {
	return f.access.row.AgencyID == o.access.row.AgencyID && len(f.gens) == len(o.gens) &&
		maps.EqualFunc(f.parts, o.parts, standing.equal)
}

// standing reads what a writer stands on, and asks the policy for each part.
func (s *Service) standing(tx *db.Tx, v *web.Viewer, caseID string, parts []Part) (footing, error) {
	f := footing{parts: map[Part]standing{}, publics: map[string]recipient{}}
	var err error
	if f.access, err = s.require(tx, v, caseID, "case.know"); err != nil {
		return f, err
	}
	for _, p := range parts {
		if err := s.Policy.Require(v.Actor(), "part.write", f.access.part(p)); err != nil {
			return f, err
		}
	}
	if f.gens, err = db.All(tx, keysStmt, scanKey, caseID); err != nil {
		return f, err
	}
	epochs, err := db.All(tx, epochsStmt, scanEpoch, caseID)
	if err != nil {
		return f, err
	}
	holders, err := db.All(tx, holdersStmt, scanHolder, caseID)
	if err != nil {
		return f, err
	}
	for _, p := range parts {
		if f.parts[p], err = s.standingOf(tx, f, p, epochs, holders); err != nil {
			return f, err
		}
	}
	return f, nil
}

// standingOf puts together the standing of one part.
func (s *Service) standingOf(tx *db.Tx, f footing, p Part, epochs []epochRow, holders []wrapRow) (standing, error) {
	out := standing{}
	owner := f.access.row.AgencyID
	var err error
	if out.owner, err = s.holder(tx, f.publics, owner); err != nil {
		return out, err
	}
	for _, e := range epochs {
		if e.part == p { // in order: the last is the newest
			out.epoch, out.lost, out.owner.holds = e.epoch, e.lost, keyOfGen(f.gens, e.gen)
		}
	}
	holds := map[string]string{}
	for _, h := range holders {
		if h.part == p && h.epoch == out.epoch {
			holds[h.agency] = h.keyID
		}
	}
	if key, wrapped := holds[owner]; wrapped && out.owner.holds == "" {
		out.owner.holds = key
	}
	delete(holds, owner)
	for _, r := range f.access.readers {
		if r.Part != p {
			continue
		}
		h, err := s.holder(tx, f.publics, r.AgencyID)
		if err != nil {
			return out, err
		}
		h.holds = holds[r.AgencyID]
		delete(holds, r.AgencyID)
		out.readers = append(out.readers, h)
	}
	out.former = slices.Sorted(maps.Keys(holds))
	return out, nil
}

func keyOfGen(gens []caseKey, gen int64) string {
	for _, g := range gens {
		if g.gen == gen {
			return g.keyID
		}
	}
	return ""
}

// holder reads an agency's present key, once a transaction; an agency without a
// usable key holds none and is wrapped for when it has one.
func (s *Service) holder(tx *db.Tx, publics map[string]recipient, agency string) (holder, error) {
	if r, known := publics[agency]; known {
		return holder{agency: agency, keyID: r.keyID}, nil
	}
	keyID, key, err := s.Agencies.OwnKey(tx, agency)
	if k := fault.KindOf(err); err != nil && (k == fault.Unavailable || k == fault.NotFound) {
		return holder{agency: agency}, nil
	}
	if err != nil {
		return holder{}, err
	}
	publics[agency] = recipient{agency, keyID, key}
	return holder{agency: agency, keyID: keyID}, nil
}

// pen prepares a write, outside of the transaction that will do it.
func (s *Service) pen(ctx context.Context, v *web.Viewer, caseID string, parts []Part) (*Pen, footing, error) {
	var f footing
	var keys *Keys
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		if f, err = s.standing(tx, v, caseID, parts); err != nil {
			return err
		}
		keys, err = s.openKeys(tx, s.opener(v), f.access, parts)
		return err
	})
	if err != nil {
		return nil, f, err
	}
	p, err := s.penOf(caseID, f, keys, maps.Clone(f.parts))
	return p, f, err
}

// penOf makes the pen for parts that stand as parts says, with the keys that are
// due.
func (s *Service) penOf(caseID string, f footing, keys *Keys, parts map[Part]standing) (*Pen, error) {
	p := &Pen{caseID: caseID, owner: f.access.row.AgencyID, keys: keys, parts: parts}
	wrapped := ""
	if n := len(f.gens); n > 0 {
		p.gen, wrapped = f.gens[n-1].gen, f.gens[n-1].keyID
	}
	return p, p.prepare(f.access.own, wrapped, f.publics)
}

// write puts the keys that were made into the database.
func (p *Pen) write(tx *db.Tx, at time.Time) error {
	now := clock.Millis(at)
	for _, g := range p.fresh.gen {
		if _, err := tx.Exec(keyInsertStmt, p.caseID, g.gen, g.keyID, now, g.env); err != nil {
			return err
		}
	}
	for _, e := range p.fresh.epochs {
		if _, err := tx.Exec(epochInsertStmt, p.caseID, string(e.part), e.epoch, e.gen, now, e.env); err != nil {
			return err
		}
	}
	for _, w := range p.fresh.wraps {
		if _, err := tx.Exec(wrapInsertStmt, p.caseID, string(w.part), w.epoch, w.agency, w.keyID, now, w.env); err != nil {
			return err
		}
	}
	return nil
}

// happened writes one line of the history and one leaf of the log.
func (s *Service) happened(tx *db.Tx, v *web.Viewer, caseID, action string, part Part, other string) error {
	user, name, agency := "", "", ""
	if v != nil {
		user, name, agency = v.UserID, v.Name, v.AgencyID
	}
	now := s.Now()
	if _, err := tx.Exec(eventInsertStmt, id.New(), caseID, clock.Millis(now), user, name, agency, action, string(part), other); err != nil {
		return err
	}
	return audit.Record(tx, audit.Event{At: now, Actor: user, Agency: agency, Action: "case." + action, Object: "case/" + caseID, Purpose: string(part)})
}

func marshal(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil { // only plain values are given
		panic("casework: " + err.Error())
	}
	return b
}
