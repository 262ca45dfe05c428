package day

import (
	"context"
	_ "embed"
	"maps"
	"slices"
	"time"

	"amelie/internal/ask"
	"amelie/internal/audit"
	"amelie/internal/casework"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/policy"
	"amelie/internal/web"
)

//go:embed policy.cedar
var policyText string

// Policy is who approves, hands over and sets.
var Policy = policy.Source{Name: "day", Text: policyText}

// Config is what the service is made of.
type Config struct {
	DB     *db.DB
	Policy *policy.Engine
	Now    clock.Clock
	Cases  *casework.Service
	// Referrals are those that are new or changed for the viewer, as lines of c-due;
	// nil: none are.
	Referrals func(c *web.Ctx) ([]web.M, error)
	// Counts are what else is counted for a lead, as rows of c-summary; nil: nothing.
	Counts func(c *web.Ctx) ([]web.M, error)
	// Leads are those of an agency who decide about approvals; nil: nobody is told.
	Leads func(tx *db.Tx, agencyID string) ([]string, error)
	// When is the next moment at which a notice may reach a member of an agency; nil:
	// at once.
	When func(tx *db.Tx, userID, agencyID string) (time.Time, error)
	// Notify tells a member that something waits, with not a word more; nil: nobody is
	// told.
	Notify func(tx *db.Tx, userID string) error
}

// Service does what a day asks.
type Service struct{ Config }

// New makes the service.
func New(cfg Config) *Service { return &Service{cfg} }

var errNotFound = fault.New(fault.NotFound, "web.error.not-found")

// Room is the day as a room of the case file.
func (s *Service) Room() casework.Room {
	return casework.Room{Name: Name, Icon: "flag", Kinds: Kinds(), Assigns: true, Glance: s.glance, Closing: s.closing, Acted: s.acted, Moved: s.moved,
		Forget: func(tx *db.Tx, caseID string) error {
			if _, err := tx.Exec(approvalsDropStmt, caseID); err != nil {
				return err
			}
			_, err := tx.Exec(handOversDropStmt, caseID)
			return err
		}}
}

// Approvals.

// object is the approval for the policy; worker is who is responsible for its case.
func (a Approval) object(worker string) policy.Object {
	return policy.Object{Type: "Approval", ID: a.ID, Attrs: map[string]any{"agency": a.AgencyID, "asker": a.AskedBy, "worker": worker}}
}

// Ask asks the leads for an approval, with a comment, and says its identifier.
// Errors: fault.Conflict while the same thing is asked already.
func (s *Service) Ask(ctx context.Context, v *web.Viewer, caseID, subject, words, once string) (string, error) {
	if !slices.Contains(Subjects, subject) {
		return "", fault.Fields(fault.Field{Name: "subject", Key: "web.error.choose"})
	}
	a := Approval{ID: id.New(), CaseID: caseID, AgencyID: v.AgencyID, Subject: subject, State: Asked, AskedBy: v.UserID, AskedName: v.Name, At: s.Now(), Rev: 1}
	if id.Valid(once) {
		a.ID = once
	}
	return s.Cases.Save(ctx, v, caseID, casework.Typed{Kind: Comment, Once: a.ID, Posted: a.posted(words), Also: func(tx *db.Tx, row casework.Row) error {
		there, err := approvalsOf(tx, approvalsStmt, caseID)
		if err != nil {
			return err
		}
		for _, t := range there {
			if t.Subject == subject && (t.State == Asked || t.State == SentBack) {
				return fault.New(fault.Conflict, "day.error.asked")
			}
		}
		if err := insertApproval(tx, a); err != nil {
			return err
		}
		if err := s.tellStep(tx, a, v.UserID, row.WorkerID); err != nil {
			return err
		}
		return s.Cases.Happened(tx, v, caseID, Name, "approval-"+string(Asked), "", "")
	}})
}

func (a Approval) posted(words string) map[string][]string {
	return ask.Answer{"subject": {a.Subject}, "standing": {string(a.State)}, "words": {words}}
}

// Step does something with an approval. A lead approves or sends back, and never
// what the same lead asked for or is responsible for; who asked asks again or
// withdraws. Sending back needs a word why.
//
// req: DAY-2
func (s *Service) Step(ctx context.Context, v *web.Viewer, caseID, approvalID string, act Act, words string) error {
	var a Approval
	err := s.Cases.Read(ctx, v, caseID, "case.know", nil, func(tx *db.Tx, in casework.Inside) (err error) {
		a, err = s.stepped(tx, v, in.Row, approvalID, act)
		return err
	})
	if err != nil {
		return err
	}
	if act == SendBack && words == "" {
		return fault.Fields(fault.Field{Name: "words", Key: "web.error.empty"})
	}
	_, err = s.Cases.Save(ctx, v, caseID, casework.Typed{Kind: Comment, Entry: a.ID, Rev: a.Rev - 1, Posted: a.posted(words), Also: func(tx *db.Tx, row casework.Row) error {
		now, err := s.stepped(tx, v, row, approvalID, act)
		if err != nil {
			return err
		}
		if err := setApproval(tx, now); err != nil {
			return err
		}
		if err := s.tellStep(tx, now, v.UserID, row.WorkerID); err != nil {
			return err
		}
		return s.Cases.Happened(tx, v, caseID, Name, "approval-"+string(now.State), "", "")
	}})
	return err
}

// stepped is an approval as it is after an act that the viewer may do.
//
// req: DAY-2
func (s *Service) stepped(tx *db.Tx, v *web.Viewer, row casework.Row, approvalID string, act Act) (Approval, error) {
	a, err := approvalByID(tx, row.ID, approvalID)
	if err != nil {
		return a, err
	}
	action := "approval.ask"
	if act.byLead() {
		action = "approval.decide"
	}
	if err := s.Policy.Require(v.Actor(), action, a.object(row.WorkerID)); err != nil {
		return a, err
	}
	if a.State, err = a.State.Next(act); err != nil {
		return a, err
	}
	if a.At, a.Rev = s.Now(), a.Rev+1; act.byLead() {
		a.DecidedName = v.Name
	}
	return a, nil
}

// closing refuses to close a case without a lead's approval where the agency wants
// one. An approval holds for the file that the lead saw: what was written since,
// outside of the agency's own notes, needs another look.
//
// req: DAY-2
func (s *Service) closing(tx *db.Tx, _ *web.Viewer, row casework.Row) error {
	wants, err := wantsClosure(tx, row.AgencyID)
	if err != nil || !wants {
		return err
	}
	missing := "day.error.approval"
	list, err := approvalsOf(tx, approvalsStmt, row.ID)
	if err != nil {
		return err
	}
	for _, a := range list {
		if a.Subject != "closure" || a.State != Approved {
			continue
		}
		changed, err := casework.ChangedSince(tx, row.ID, a.At)
		if err != nil || !changed {
			return err
		}
		missing = "day.error.changed"
	}
	return fault.Fields(fault.Field{Name: "reason", Key: missing})
}

// acted ends what a closed case leaves open: its approval to close is used up, and
// an offer to take it over is over.
func (s *Service) acted(tx *db.Tx, v *web.Viewer, row casework.Row, now casework.State) error {
	if now != casework.Closed {
		return nil
	}
	list, err := approvalsOf(tx, approvalsStmt, row.ID)
	if err != nil {
		return err
	}
	for _, a := range list {
		if a.Subject != "closure" || a.State != Approved {
			continue
		}
		if a.State, err = a.State.Next(Spend); err != nil {
			return err
		}
		if err := setApproval(tx, a); err != nil {
			return err
		}
		if err := s.Cases.Happened(tx, v, row.ID, Name, "approval-"+string(a.State), "", ""); err != nil {
			return err
		}
	}
	return s.moved(tx, v, row)
}

// moved takes back what is offered of a case that is closed or that somebody else
// is responsible for: an offer that cannot be accepted stands in nobody's way.
//
// req: DAY-1
func (s *Service) moved(tx *db.Tx, v *web.Viewer, row casework.Row) error {
	open, err := handOversOf(tx, handOverOfStmt, row.ID)
	for _, h := range open {
		if err == nil {
			err = s.settle(tx, v, h, Withdraw)
		}
	}
	return err
}

// Hand-over.

func (h HandOver) object() policy.Object {
	return policy.Object{Type: "Handover", ID: h.ID, Attrs: map[string]any{"agency": h.AgencyID, "from": h.From, "to": h.To}}
}

// Offer offers cases to a colleague, all or none. Whoever is responsible stays so
// until the offer is accepted. A case that is offered already keeps its offer.
// Errors: fault.Invalid for somebody who may not be responsible, and when each
// case is offered to somebody else already; fault.NotFound.
//
// req: DAY-1
func (s *Service) Offer(ctx context.Context, v *web.Viewer, cases []string, to string) error {
	if len(cases) == 0 {
		return fault.Fields(fault.Field{Name: "case", Key: "day.error.none"})
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		workers, err := s.Cases.Agencies.Workers(tx, v.AgencyID)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(workers, func(w casework.Worker) bool { return w.UserID == to }) {
			return fault.Fields(fault.Field{Name: "worker", Key: "web.error.choose"})
		}
		stood := false
		for _, caseID := range cases {
			stands, err := s.offer(tx, v, caseID, to)
			if err != nil {
				return err
			}
			stood = stood || stands
		}
		if !stood {
			return fault.Fields(fault.Field{Name: "worker", Key: "day.error.offered"})
		}
		return nil
	})
}

// offer offers one case. It is false when it is offered to somebody else already.
func (s *Service) offer(tx *db.Tx, v *web.Viewer, caseID, to string) (bool, error) {
	row, err := s.Cases.Require(tx, v, caseID, "case.assign")
	if err != nil {
		return false, err
	}
	if row.State != casework.Open || row.WorkerID == to {
		return false, fault.Fields(fault.Field{Name: "worker", Key: "day.error.offer"})
	}
	there, err := handOversOf(tx, handOverOfStmt, caseID)
	if err != nil || len(there) > 0 {
		return err == nil && there[0].To == to, err
	}
	h := HandOver{ID: id.New(), CaseID: caseID, AgencyID: row.AgencyID, From: row.WorkerID, FromName: v.Name, To: to, State: Offered, At: s.Now()}
	if err := insertHandOver(tx, h); err != nil {
		return false, err
	}
	if err := s.tell(tx, h.AgencyID, to, v.UserID, false); err != nil {
		return false, err
	}
	return true, s.Cases.Happened(tx, v, caseID, Name, "hand-over-"+string(Offered), "", to)
}

// Settle accepts, declines or withdraws offers, all or none.
// Errors: fault.NotFound for who is not a part of them; fault.Conflict when the
// case has moved on meanwhile.
//
// req: DAY-1
func (s *Service) Settle(ctx context.Context, v *web.Viewer, offers []string, act Act) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		for _, offerID := range offers {
			h, err := handOverByID(tx, offerID)
			if err != nil {
				return err
			}
			action := "handover.take"
			if act == Withdraw {
				action = "handover.withdraw"
			}
			if err := s.Policy.Require(v.Actor(), action, h.object()); err != nil {
				return err
			}
			if err := s.settle(tx, v, h, act); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Service) settle(tx *db.Tx, v *web.Viewer, h HandOver, act Act) error {
	next, err := h.State.Next(act)
	if err != nil {
		return err
	}
	n, err := tx.Exec(handOverSetStmt, string(next), clock.Millis(s.Now()), h.ID)
	if err == nil && n != 1 { // somebody answered between reading and writing
		err = fault.New(fault.Conflict, "day.error.state")
	}
	if err == nil && next != TakenOff {
		err = s.tell(tx, h.AgencyID, h.From, v.UserID, true)
	}
	if err != nil {
		return err
	}
	if err := s.Cases.Happened(tx, v, h.CaseID, Name, "hand-over-"+string(next), "", h.To); err != nil || next != Accepted {
		return err
	}
	row, err := s.Cases.ByClock(tx, h.CaseID)
	if err != nil {
		return err
	}
	if row.WorkerID != h.From || row.State != casework.Open {
		return fault.New(fault.Conflict, "day.error.moved")
	}
	return s.Cases.Entrust(tx, v, row, h.To)
}

// Waits is what waits for the viewer and for others.
type Waits struct {
	Approve  []Approval // asked of the viewer, a lead
	SentBack []Approval // the viewer asked, and it came back
	Take     []HandOver // offered to the viewer
	Given    []HandOver // offered by the viewer, not answered
}

// Waiting reads what waits; it needs no key.
func (s *Service) Waiting(ctx context.Context, v *web.Viewer) (w Waits, err error) {
	if v == nil || v.AgencyID == "" {
		return w, nil
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		w, err = s.waiting(tx, v.UserID, v.AgencyID, v.Is("lead"))
		return err
	})
	return w, err
}

// The agency's own settings.

// set does something that leads decide for their agency.
func (s *Service) set(ctx context.Context, v *web.Viewer, what string, do func(tx *db.Tx) error) error {
	if err := s.Policy.Require(v.Actor(), "day.set", policy.Object{Type: "Caseload", ID: v.AgencyID, Attrs: map[string]any{"agency": v.AgencyID}}); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := do(tx); err != nil {
			return err
		}
		return audit.Record(tx, audit.Event{At: s.Now(), Actor: v.UserID, Agency: v.AgencyID, Action: "case." + what, Object: "agency/" + v.AgencyID})
	})
}

// WantClosure says whether a lead approves before a case is closed.
func (s *Service) WantClosure(ctx context.Context, v *web.Viewer, on bool) error {
	n, what := 0, "closure-free"
	if on {
		n, what = 1, "closure-approved"
	}
	return s.set(ctx, v, what, func(tx *db.Tx) error {
		_, err := tx.Exec(settingPutStmt, v.AgencyID, n, clock.Millis(s.Now()), v.UserID)
		return err
	})
}

// AddField adds a field of the agency's own.
// Errors: fault.Invalid with the fields; also when there are as many as fit.
func (s *Service) AddField(ctx context.Context, v *web.Viewer, o Own) error {
	if err := o.check(); err != nil {
		return err
	}
	return s.set(ctx, v, "field-added", func(tx *db.Tx) error {
		now, ever, err := fieldsOf(tx, v.AgencyID)
		if err != nil {
			return err
		}
		if len(now) >= MostFields || ever >= slots {
			return fault.Fields(fault.Field{Name: "label", Key: "day.error.fields", Args: []any{"n", MostFields}})
		}
		o.Slot = ever + 1
		return insertField(tx, v.AgencyID, v.UserID, o, s.Now())
	})
}

// EndField asks a field no longer. What was answered stays in the entries.
// Errors: fault.Conflict for one that is not asked.
func (s *Service) EndField(ctx context.Context, v *web.Viewer, slot int) error {
	return s.set(ctx, v, "field-ended", func(tx *db.Tx) error {
		n, err := tx.Exec(fieldEndStmt, clock.Millis(s.Now()), v.UserID, v.AgencyID, slot)
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "day.error.state")
		}
		return err
	})
}

// settings reads what the viewer's agency decided.
func (s *Service) settings(ctx context.Context, agencyID string) (closure bool, fields []Own, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		if closure, err = wantsClosure(tx, agencyID); err != nil {
			return err
		}
		fields, _, err = fieldsOf(tx, agencyID)
		return err
	})
	return closure, fields, err
}

// SaveExtra writes the agency's own fields of a case. What was answered to fields
// that are asked no longer is kept as it is.
// Errors: fault.Invalid with the fields; fault.Stale.
func (s *Service) SaveExtra(ctx context.Context, v *web.Viewer, o *casework.Opened, rev int64, posted map[string][]string) error {
	_, fields, err := s.settings(ctx, o.AgencyID)
	if err != nil {
		return err
	}
	was, _ := o.Latest(Extra)
	if was.Rev != rev {
		return fault.New(fault.Stale, "casework.error.stale")
	}
	answer := maps.Clone(was.Fields)
	if answer == nil {
		answer = ask.Answer{}
	}
	for _, f := range fields {
		one, wrong := ask.Clean([]ask.Field{f.field()}, posted, ask.Faults{Option: "web.error.choose", Long: "casework.error.long", Day: "web.error.date"})
		if len(wrong) > 0 {
			return fault.Fields(wrong...)
		}
		name := slotName(f.Slot)
		if delete(answer, name); len(one[name]) > 0 {
			answer[name] = one[name]
		}
	}
	_, err = s.Cases.Save(ctx, v, o.ID, casework.Typed{Kind: Extra, Entry: was.ID, Rev: rev, Posted: answer})
	return err
}

// Views of the list.

// SetView keeps a view of the list for the viewer, or lets it go.
func (s *Service) SetView(ctx context.Context, v *web.Viewer, query string, keep bool) error {
	return s.DB.Write(ctx, func(tx *db.Tx) (err error) {
		if keep {
			_, err = tx.Exec(viewInsertStmt, v.UserID, query, clock.Millis(s.Now()))
		} else {
			_, err = tx.Exec(viewDropStmt, v.UserID, query)
		}
		return err
	})
}

func (s *Service) views(ctx context.Context, v *web.Viewer) (out []string, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) (err error) { out, err = viewsOf(tx, v.UserID); return err })
	return out, err
}
