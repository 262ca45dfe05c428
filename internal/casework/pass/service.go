package pass

import (
	"context"
	_ "embed"
	"encoding/json"
	"slices"
	"unicode/utf8"

	"amelie/internal/ask"
	"amelie/internal/casework"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/policy"
	"amelie/internal/web"
)

//go:embed policy.cedar
var policyText string

// Policy is who answers an offer.
var Policy = policy.Source{Name: "pass", Text: policyText}

// Agency is one at which a case can go on.
type Agency struct {
	ID, Name, Country string
}

// Said is how a yes or no was given, and how it was asked for, in the ledger's codes.
type Said struct {
	By          string // the entry of who decides for the person; "" for the person
	How         string
	Language    string // of the text
	Spoken      string // into which it was put in words; "" for that of the text
	Interpreter string
}

// Gift is what the ledger writes down: to whom, which parts, for how many days, how
// it was said; and what this room does beside it.
type Gift struct {
	Once, To string
	Parts    []casework.Part
	Days     int
	Said     Said
	Wrong    error // what this room found wrong is said together with the rest
	Seal     func(p *casework.Pen, id string, r Rests) error
	Also     func(tx *db.Tx, id string) error
}

// Rests is who decides where a line of the ledger was written.
type Rests struct {
	Capacity string           // "self", or another code
	On       map[string]int64 // entries of the file that say so, by version
}

// Asked is what the ledger asks about how a yes or no is given.
type Asked struct {
	Fields []web.Asked
	Say    []web.M // the text in the person's language, and in the reader's
	Closed string  // who else would have to decide
}

// Ledger is the consents of a case, as this room needs them.
type Ledger interface {
	Ask(c *web.Ctx, f *web.Form, o *casework.Opened) Asked
	// Give and Refuse write one line. Errors: fault.Invalid with the fields.
	Give(ctx context.Context, v *web.Viewer, caseID string, g Gift) error
	Refuse(ctx context.Context, v *web.Viewer, caseID string, g Gift) error
	Stands(tx *db.Tx, caseID, line string) (bool, error)
	// End ends a line by an agency, Withdraw on the person's word.
	End(tx *db.Tx, v *web.Viewer, caseID, line string) error
	Withdraw(ctx context.Context, v *web.Viewer, caseID, line string) error
	// RestsNow are the entries that say who decides, by version, as they are now.
	RestsNow(tx *db.Tx, caseID string) (map[string]int64, error)
}

// Config is what the service is made of.
type Config struct {
	DB     *db.DB
	Policy *policy.Engine
	Now    clock.Clock
	Cases  *casework.Service
	Ledger Ledger
	// Agencies at which a case can go on now, in order, without the viewer's own and
	// without authorities.
	Agencies func(ctx context.Context, v *web.Viewer, lang string) ([]Agency, error)
	Name     func(tx *db.Tx, agencyID string) (string, error)
	// Told is how often the person was asked to tell it all, as far as the viewer sees
	// it, and whether there is an account that the person confirmed.
	Told func(ctx context.Context, v *web.Viewer, o *casework.Opened) (times int, confirmed bool, err error)
	// Tell says to a member that something waits.
	Tell func(tx *db.Tx, userID string) error
}

// Service does what people do with offers.
type Service struct {
	Config
	taking chan struct{} // holds one while documents are in memory
}

// New makes the service. The engine of cfg must hold this package's Policy.
func New(cfg Config) *Service { return &Service{cfg, make(chan struct{}, 1)} }

// Room is the service as a room of the file.
func (s *Service) Room() casework.Room {
	return casework.Room{Name: Name, Icon: "out", Glance: s.glance, Closing: s.closing, Acted: s.acted, Forget: forget, Export: s.export}
}

var (
	errNotFound = fault.New(fault.NotFound, "web.error.not-found")
	errMoved    = fault.New(fault.Stale, "casework.error.busy")
)

const sealWords = "casework.pass.words"

func place(id string) casework.Field { return casework.Field{Name: sealWords, Row: id} }

// Order is an offer that somebody takes down.
type Order struct {
	Once  string
	To    string
	Parts []casework.Part
	Days  int
	Why   string
	Reach map[string][]string
	Said  Said
}

// own opens a case of the viewer's own agency: no other gives it on.
func (s *Service) own(ctx context.Context, v *web.Viewer, caseID string) (*casework.Opened, error) {
	o, err := s.Cases.Look(ctx, v, caseID)
	if err == nil && !o.Own {
		err = errNotFound
	}
	return o, err
}

// Offer offers a case to another agency because the person said yes: keys, line of
// the ledger and offer in one transaction.
// Errors: fault.Invalid with the fields; fault.NotFound; fault.Conflict for a
// closed case.
//
// req: PASS-1
func (s *Service) Offer(ctx context.Context, v *web.Viewer, caseID string, in Order) error {
	o, err := s.own(ctx, v, caseID)
	if err != nil {
		return err
	}
	if o.State != casework.Open {
		return fault.New(fault.Conflict, "casework.error.closed")
	}
	offer := Offer{CaseID: o.ID, AgencyID: o.AgencyID, To: in.To, Parts: in.Parts, State: Offered, UserID: v.UserID, UserName: v.Name, At: s.Now()}
	words, wrong, err := s.words(ctx, v, o, in)
	if err != nil {
		return err
	}
	gift := Gift{Once: in.Once, To: in.To, Parts: in.Parts, Days: in.Days, Said: in.Said, Wrong: fault.Fields(wrong...)}
	gift.Seal = func(p *casework.Pen, id string, r Rests) (err error) {
		offer.ID, offer.part = id, in.Parts[0]
		if words.Capacity, words.Rests = r.Capacity, r.On; words.Capacity == "self" {
			words.Capacity = ""
		}
		plain, err := json.Marshal(words)
		if err == nil {
			offer.epoch, offer.env, err = p.Seal(offer.part, place(id), plain)
		}
		return err
	}
	gift.Also = func(tx *db.Tx, id string) error {
		if err := s.notTwice(tx, offer); err != nil {
			return err
		}
		if err := insert(tx, offer); err != nil {
			return err
		}
		return s.Cases.Happened(tx, v, o.ID, Name, string(Give), "", in.To)
	}
	return s.Ledger.Give(ctx, v, caseID, gift)
}

// words are what goes along besides the parts, and what is wrong with them.
func (s *Service) words(ctx context.Context, v *web.Viewer, o *casework.Opened, in Order) (w Words, wrong []fault.Field, err error) {
	w.Why = in.Why
	if utf8.RuneCountInString(in.Why) > 300 {
		wrong = append(wrong, fault.Field{Name: "why", Key: "casework.error.long"})
	}
	reach, faults := ask.Clean(reachFields, in.Reach, ask.Faults{Option: "web.error.choose", Long: "casework.error.long", Day: "web.error.date"})
	wrong = append(wrong, faults...)
	if len(reach) > 0 && len(reach["channel"]) == 0 { // a number that nobody called safe is not passed on
		wrong = append(wrong, fault.Field{Name: "channel", Key: "web.error.choose"})
	}
	if len(reach) > 0 {
		w.Reach = reach
	}
	times, confirmed, err := s.Told(ctx, v, o)
	if err != nil {
		return w, nil, err
	}
	w.Asked = times
	if slices.Contains(in.Parts, casework.Account) && !confirmed {
		wrong = append(wrong, fault.Field{Name: "part", Key: "pass.error.account"})
	}
	all, err := s.Agencies(ctx, v, v.Lang)
	if in.To != "" && !slices.ContainsFunc(all, func(a Agency) bool { return a.ID == in.To }) { // an authority
		wrong = append(wrong, fault.Field{Name: "to", Key: "web.error.choose"})
	}
	return w, wrong, err
}

// notTwice refuses an offer to an agency that has its own file already: a second one
// would begin beside it. When that file is erased it can be offered again.
//
// req: PASS-2
func (s *Service) notTwice(tx *db.Tx, o Offer) error {
	list, err := db.All(tx, caseStmt, scan, o.CaseID)
	if err != nil {
		return err
	}
	for _, was := range list {
		if was.To == o.To && was.State == Taken && was.NewCase != "" && was.ID != o.ID {
			return fault.Fields(fault.Field{Name: "to", Key: "pass.error.taken"})
		}
	}
	return nil
}

// Refuse keeps the person's no.
func (s *Service) Refuse(ctx context.Context, v *web.Viewer, caseID string, in Order) error {
	return s.Ledger.Refuse(ctx, v, caseID, Gift{Once: in.Once, To: in.To, Parts: in.Parts, Days: in.Days, Said: in.Said})
}

// Line is an offer with what the viewer may read of it.
type Line struct {
	Offer
	Words
	Stands bool // the line of the ledger
	Name   string
}

// Now is where it stands.
func (l Line) Now() State { return l.StateAt(l.Stands) }

// Offers are those of a case: all in its own agency, its own in another, which
// learns of no other.
func (s *Service) Offers(ctx context.Context, v *web.Viewer, caseID string) (out []Line, own bool, err error) {
	err = s.Cases.Read(ctx, v, caseID, "case.open", casework.Parts, func(tx *db.Tx, in casework.Inside) error {
		list, err := db.All(tx, caseStmt, scan, caseID)
		out, own = nil, in.Own
		for _, o := range list {
			if err != nil || !in.Own && o.To != v.AgencyID {
				continue
			}
			var l Line
			if l, err = s.line(tx, o, in.Keys); err == nil {
				out = append(out, l)
			}
		}
		return err
	})
	return out, own, err
}

// line opens an offer, as far as the keys are there. Which file was opened is for
// the agency that opened it.
func (s *Service) line(tx *db.Tx, o Offer, keys *casework.Keys) (l Line, err error) {
	l.Offer = o
	if l.Stands, err = s.Ledger.Stands(tx, o.CaseID, o.ID); err != nil {
		return l, err
	}
	if l.Name, err = s.Name(tx, o.To); err != nil || keys == nil || !keys.Can(o.part, o.epoch) {
		return l, err
	}
	plain, err := keys.Open(o.part, o.epoch, o.env, place(o.ID))
	if err != nil {
		return l, err
	}
	return l, fault.Wrap(json.Unmarshal(plain, &l.Words), "read offer", o.ID)
}

// Waiting is an offer to the viewer's agency, and whose case it is.
type Waiting struct {
	Offer
	From string
}

// Desk is what was offered to the viewer's agency and waits for an answer; it
// needs no key.
func (s *Service) Desk(ctx context.Context, v *web.Viewer) (out []Waiting, err error) {
	if v == nil || v.AgencyID == "" {
		return nil, nil
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		list, err := db.All(tx, deskStmt, scan, v.AgencyID)
		out = nil
		for _, o := range list {
			if err != nil {
				return err
			}
			var obj policy.Object
			if obj, err = s.object(tx, o); err != nil || !s.Policy.Allowed(v.Actor(), "pass.know", obj) {
				continue
			}
			w := Waiting{Offer: o}
			if w.From, err = s.Name(tx, o.AgencyID); err == nil {
				out = append(out, w)
			}
		}
		return err
	})
	return out, err
}

// object is an offer as the policy sees it: it stands while the person's yes does
// and every part that it names is given.
//
// req: PASS-1
func (s *Service) object(tx *db.Tx, o Offer) (policy.Object, error) {
	stands, err := s.Ledger.Stands(tx, o.CaseID, o.ID)
	if err != nil {
		return policy.Object{}, err
	}
	given, err := casework.Readers(tx, o.CaseID, s.Now())
	for _, p := range o.Parts {
		stands = stands && slices.ContainsFunc(given, func(r casework.Reader) bool { return r.AgencyID == o.To && r.Part == p })
	}
	return policy.Object{Type: "Pass", ID: o.ID, Attrs: map[string]any{"to": o.To, "stands": stands}}, err
}

// Decline says no to an offer, with a code. What was given ends with it; nothing
// remains with the agency that declined.
// Errors: fault.Invalid without a code; fault.NotFound; fault.Conflict.
//
// req: PASS-5
func (s *Service) Decline(ctx context.Context, v *web.Viewer, caseID, code string) error {
	if !slices.Contains(Codes, code) {
		return fault.Fields(fault.Field{Name: "code", Key: "web.error.choose"})
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		o, err := s.offered(tx, v, caseID, "pass.decline")
		if err != nil {
			return err
		}
		if o.State, err = Next(o.State, Decline); err != nil {
			return err
		}
		o.Since, o.By, o.Code = s.Now(), v.Name, code
		if err := o.answer(tx); err != nil {
			return err
		}
		if err := s.answered(tx, v, o, Decline); err != nil {
			return err
		}
		return s.Ledger.End(tx, v, o.CaseID, o.ID)
	})
}

// offered is the newest offer of a case to the viewer's agency, with which the
// viewer may do something.
// Errors: fault.NotFound, also for who may not know of it; fault.Unlock.
func (s *Service) offered(tx *db.Tx, v *web.Viewer, caseID, action string) (Offer, error) {
	list, err := db.All(tx, caseStmt, scan, caseID)
	if err != nil {
		return Offer{}, err
	}
	for _, o := range slices.Backward(list) {
		if o.To != v.AgencyID {
			continue
		}
		obj, err := s.object(tx, o)
		if err != nil {
			return o, err
		}
		return o, s.Policy.Require(v.Actor(), action, obj)
	}
	return Offer{}, errNotFound
}

// answered notes an answer in the case that was offered, and tells who is
// responsible for it.
func (s *Service) answered(tx *db.Tx, v *web.Viewer, o Offer, a Act) error {
	if err := s.Cases.Happened(tx, v, o.CaseID, Name, string(a), "", o.To); err != nil {
		return err
	}
	row, err := s.Cases.ByClock(tx, o.CaseID)
	if err != nil || s.Tell == nil {
		return err
	}
	return s.Tell(tx, row.WorkerID)
}

// closing refuses to close a case while an offer waits: what was promised to the
// person would end unseen.
func (s *Service) closing(tx *db.Tx, _ *web.Viewer, row casework.Row) error {
	list, err := db.All(tx, caseStmt, scan, row.ID)
	for _, o := range list {
		if err != nil {
			return err
		}
		var stands bool
		if stands, err = s.Ledger.Stands(tx, o.CaseID, o.ID); err == nil && o.StateAt(stands) == Offered {
			return fault.Fields(fault.Field{Name: "reason", Key: "pass.error.waits"})
		}
	}
	return err
}

// acted ends, when a case is closed, what agencies can still open of it that have
// their own file now.
//
// req: PASS-4
func (s *Service) acted(tx *db.Tx, v *web.Viewer, row casework.Row, now casework.State) error {
	if now != casework.Closed {
		return nil
	}
	list, err := db.All(tx, caseStmt, scan, row.ID)
	for _, o := range list {
		if err == nil && o.State == Taken {
			err = s.Ledger.End(tx, v, o.CaseID, o.ID)
		}
	}
	return err
}

// Exported is an offer as the person may have it.
type Exported struct {
	To    string          `json:"to"`
	Parts []casework.Part `json:"parts"`
	State State           `json:"state"`
	At    string          `json:"at"`
	Since string          `json:"since"`
	Words
}

func (s *Service) export(ctx context.Context, v *web.Viewer, o *casework.Opened) (any, error) {
	lines, _, err := s.Offers(ctx, v, o.ID)
	var out []Exported
	for _, l := range lines {
		if o.Untold[l.To] {
			continue
		}
		l.Rests = nil // of machines alone
		out = append(out, Exported{To: l.Name, Parts: l.Parts, State: l.Now(), At: l.At.Format("2006-01-02"), Since: l.Since.Format("2006-01-02"), Words: l.Words})
	}
	return out, err
}
