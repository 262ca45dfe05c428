package referral

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/jobs"
	"amelie/internal/policy"
	"amelie/internal/vault"
	"amelie/internal/web"
)

const (
	sealRound = "referral.round"
	jobRound  = "referral.round" // a round runs out, and later goes
	jobLapse  = "referral.lapse" // an offer is not held any longer
)

// AskThese chooses the services that a draft asks. Town is where distances are
// measured from; it is sealed with the draft and never leaves.
// Errors: fault.Invalid for none or too many.
func (s *Service) AskThese(ctx context.Context, by Author, draftID string, services []string, town string) error {
	var unique []string
	for _, one := range services {
		if !slices.Contains(unique, one) {
			unique = append(unique, one)
		}
	}
	if len(unique) == 0 {
		return fault.Fields(fault.Field{Name: "service", Key: "enquiry.error.none"})
	}
	if len(unique) > MaxCandidates {
		return fault.Fields(fault.Field{Name: "service", Key: "enquiry.error.many", Args: []any{"n", MaxCandidates}})
	}
	a := Answer{"service": unique}
	if town != "" {
		a["town"] = []string{town}
	}
	env, err := s.sealAnswer(ctx, by, draftID, stepServices, a)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := s.ownDraft(tx, by, draftID); err != nil {
			return err
		}
		if _, err := roundBound(tx, draftID); fault.KindOf(err) != fault.NotFound {
			if err != nil {
				return err
			}
			return fault.New(fault.Conflict, "enquiry.error.not-chosen") // req: ENQUIRY-5
		}
		now := s.Now()
		if _, err := tx.Exec(answerPutStmt, draftID, stepServices, env, clock.Millis(now)); err != nil {
			return err
		}
		if _, err := tx.Exec(draftToStmt, unique[0], string(ByAccount), clock.Millis(now), draftID); err != nil {
			return err
		}
		return s.touch(tx, draftID, now)
	})
}

// roundParcel is a round sealed and ready before the transaction begins.
type roundParcel struct {
	round   Round
	env     []byte
	wraps   []wrapped
	each    []*parcel
	cells   []cell
	draftID string
}

// kept is what the sending agency keeps of a round, sealed.
type kept struct {
	Answers Answers `json:"answers"`
	Town    string  `json:"town,omitempty"`
}

// SendEnquiry puts the anonymous enquiry of a draft to all its services in one
// transaction, sealed to each. The first one's enquiry has the draft's
// identifier, so that the same button pressed twice acts once.
// Errors: fault.Invalid and fault.Unavailable when one of them cannot be
// asked; fault.Stale when the draft changed after it was shown.
//
// req: ENQUIRY-3
func (s *Service) SendEnquiry(ctx context.Context, v *web.Viewer, draftID, lang string, rev int64) (roundID string, err error) {
	if err := s.requireAgency(v, "referral.send"); err != nil {
		return "", err
	}
	d, err := s.Load(ctx, v, draftID)
	if fault.KindOf(err) == fault.NotFound && s.alreadySent(ctx, v, draftID) {
		return s.RoundOf(ctx, v, draftID)
	}
	if err != nil {
		return "", err
	}
	if d.Kind != Enquiry {
		return "", fault.New(fault.Conflict, "enquiry.error.not-anonymous")
	}
	targets, err := s.targets(ctx, v, d, lang)
	if err != nil {
		return "", err
	}
	p, err := s.prepareRound(ctx, v, d, targets)
	if err != nil {
		return "", err
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		roundID = p.round.ID
		return s.deliverRound(tx, v, d, rev, p, &roundID)
	})
	return roundID, fault.Wrap(err, "ask", draftID)
}

// CandidateOf is TargetOf for one of several: who has no account here is asked
// by letter, if the directory says so. The enquiry's identifier is its door's.
func (s *Service) CandidateOf(ctx context.Context, v *web.Viewer, service, lang, enquiry string) (*Target, error) {
	t, err := s.TargetOf(ctx, v, service, lang)
	if err == nil {
		t.Enquiry = enquiry
		t.by(ByLink, enquiry)
	}
	return t, err
}

// targets are the agencies behind a draft's services, each once; the first
// one's enquiry has the draft's identifier.
func (s *Service) targets(ctx context.Context, v *web.Viewer, d *Drafted, lang string) ([]*Target, error) {
	services := d.Services()
	if len(services) == 0 {
		return nil, fault.Fields(fault.Field{Name: "service", Key: "enquiry.error.none"})
	}
	if len(services) > MaxCandidates {
		return nil, fault.Fields(fault.Field{Name: "service", Key: "enquiry.error.many", Args: []any{"n", MaxCandidates}})
	}
	var out []*Target
	for i, service := range services {
		enquiry := d.ID
		if i > 0 {
			enquiry = id.New()
		}
		t, err := s.CandidateOf(ctx, v, service, lang, enquiry)
		if err != nil {
			return nil, err
		}
		if t.Closed != nil {
			return nil, t.Closed
		}
		if slices.ContainsFunc(out, func(o *Target) bool { return o.Agency == t.Agency || o.Organization == t.Organization }) {
			return nil, fault.Fields(fault.Field{Name: "service", Key: "enquiry.error.twice", Args: []any{"name", t.ToName}})
		}
		out = append(out, t)
	}
	return out, nil
}

// prepareRound seals the enquiry to each service, outside any transaction and
// side by side: wrapping keys is the slow part.
func (s *Service) prepareRound(ctx context.Context, v *web.Viewer, d *Drafted, targets []*Target) (*roundParcel, error) {
	now := s.Now()
	p := &roundParcel{draftID: d.ID, each: make([]*parcel, len(targets)), round: Round{ID: id.New(), FromAgency: v.AgencyID, FromUser: v.UserID,
		FromName: v.Name, Urgency: d.Answers.Urgency(), State: Asking, SentAt: now, StateAt: now, Until: now.Add(EnquiryLife)}}
	var own []recipient
	var to [][]recipient
	var country string
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		to = make([][]recipient, len(targets))
		if own, err = s.recipients(tx, v.AgencyID); err != nil {
			return fault.New(fault.Unavailable, "referral.error.own-key").Because(err)
		}
		for i, t := range targets {
			if t.Way != ByAccount {
				continue
			}
			if to[i], err = s.recipients(tx, t.Agency); err != nil {
				return fault.New(fault.Unavailable, "referral.error.no-key", "name", t.ToName).Because(err)
			}
		}
		country, err = s.Agencies.Country(tx, v.AgencyID)
		return err
	})
	if err != nil {
		return nil, err
	}
	letters, err := s.lettersTo(v, targets, to, own[0])
	if err != nil {
		return nil, err
	}
	p.cells = cellsOf(d.Answers, country, now)
	var all sync.WaitGroup
	wrong := make([]error, len(targets)+1)
	for i, t := range targets {
		one := *d
		one.draftRow.ID = t.Enquiry
		all.Go(func() {
			if p.each[i], wrong[i] = s.sealEnquiry(v, &one, t, append(to[i], own...), now); wrong[i] == nil {
				p.each[i].letter = letters[i]
			}
		})
	}
	all.Go(func() { wrong[len(targets)] = p.sealOwn(d, own) })
	all.Wait()
	for _, err := range wrong {
		if err != nil {
			return nil, err
		}
	}
	return p, nil
}

// lettersTo makes the letters to those without an account and adds each guest's
// key to those that its enquiry is sealed for. One after the other: each takes
// one of the few seats for password derivations, which sign-ins need too.
func (s *Service) lettersTo(v *web.Viewer, targets []*Target, to [][]recipient, own recipient) ([]*letter, error) {
	out := make([]*letter, len(targets))
	for i, t := range targets {
		if t.Way == ByAccount {
			continue
		}
		l, key, err := s.newLetter(t.Way, t.Enquiry, t.Entry, own, v.Lang)
		if err != nil {
			return nil, err
		}
		out[i], to[i] = l, []recipient{{t.Agency, l.row.KeyID, key}}
	}
	return out, nil
}

// sealEnquiry makes one service's enquiry.
func (s *Service) sealEnquiry(v *web.Viewer, d *Drafted, to *Target, both []recipient, now time.Time) (*parcel, error) {
	packet, err := s.compose(d, v, to, Order{}, now)
	if err != nil {
		return nil, err
	}
	plain, err := packet.Bytes()
	if err != nil {
		return nil, err
	}
	key := vault.NewDataKey()
	p := &parcel{row: newRow(v, d, to, Order{}, packet, nil, now)}
	p.row.Parent = ""
	p.row.DueAt = s.Deadlines.Due(p.row.Urgency, now)
	if p.env, err = key.Seal(plain, vault.Binding{Field: sealPacket, Row: d.ID, Scope: v.AgencyID}); err != nil {
		return nil, err
	}
	p.wraps, err = wrapFor(key, d.ID, both)
	return p, err
}

// sealOwn closes what the sending agency keeps for the referral that may follow.
func (p *roundParcel) sealOwn(d *Drafted, own []recipient) error {
	keep := kept{Answers: Answers{}, Town: d.Answers[stepServices].One("town")}
	for _, step := range append(slices.Clone(EnquirySteps), stepRemark) {
		if a, ok := d.Answers[step]; ok {
			keep.Answers[step] = a
		}
	}
	plain, err := json.Marshal(keep)
	if err != nil {
		return err
	}
	key := vault.NewDataKey()
	if p.env, err = key.Seal(plain, vault.Binding{Field: sealRound, Row: p.round.ID, Scope: p.round.FromAgency}); err != nil {
		return err
	}
	p.wraps, err = wrapFor(key, p.round.ID, own)
	return err
}

// deliverRound is the one transaction of asking.
func (s *Service) deliverRound(tx *db.Tx, v *web.Viewer, d *Drafted, rev int64, p *roundParcel, roundID *string) error {
	present, err := draftByID(tx, d.ID)
	if fault.KindOf(err) == fault.NotFound { // the same button, pressed twice at once
		r, err := roundOf(tx, d.ID)
		*roundID = r.ID
		return err
	}
	if err != nil {
		return err
	}
	if present.Rev != rev || present.Rev != d.Rev {
		return fault.New(fault.Stale, "referral.error.draft-changed")
	}
	if _, err := roundBound(tx, d.ID); fault.KindOf(err) != fault.NotFound {
		if err != nil {
			return err
		}
		return fault.New(fault.Conflict, "referral.error.not-alone") // it carries out a choice
	}
	r := p.round
	if _, err := tx.Exec(roundInsertStmt, r.ID, r.FromAgency, r.FromUser, r.FromName, string(r.Urgency), string(r.State),
		clock.Millis(r.SentAt), clock.Millis(r.StateAt), clock.Millis(r.Until), p.env); err != nil {
		return err
	}
	if err := s.storeWraps(tx, r.ID, p.wraps); err != nil {
		return err
	}
	for i, one := range p.each {
		if err := s.ask(tx, v, r, i, one); err != nil {
			return err
		}
	}
	if err := count(tx, p.cells, "asked", int64(len(p.each))); err != nil {
		return err
	}
	if err := dropDraft(tx, d.ID); err != nil {
		return err
	}
	return jobs.Enqueue(tx, jobRound, r.ID, r.Until, r.ID)
}

// ask hands one service its enquiry.
func (s *Service) ask(tx *db.Tx, v *web.Viewer, r Round, place int, p *parcel) error {
	if _, err := insert(tx, p.row, p.env); err != nil {
		return err
	}
	if p.letter != nil {
		if err := s.putLetter(tx, p.letter); err != nil {
			return err
		}
	}
	if err := s.storeWraps(tx, p.row.ID, p.wraps); err != nil {
		return err
	}
	if _, err := tx.Exec(candidateInsertStmt, p.row.ID, r.ID, place); err != nil {
		return err
	}
	if err := happened(tx, p.row, v, Sender, Send, p.row.Basis, r.SentAt); err != nil {
		return err
	}
	return s.follow(tx, v, p.row)
}

// RoundOf is the round that an enquiry of the viewer's side belongs to.
// Errors: fault.NotFound, also for the receiving side.
//
// req: ENQUIRY-3
func (s *Service) RoundOf(ctx context.Context, v *web.Viewer, referralID string) (roundID string, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		r, err := roundOf(tx, referralID)
		if err != nil {
			return err
		}
		roundID = r.ID
		return s.requireRound(v, "round.know", r)
	})
	return roundID, err
}

// requireRound asks the policy about a round.
func (s *Service) requireRound(v *web.Viewer, action string, r Round) error {
	return s.Policy.Require(v.Actor(), action, policy.Object{Type: "Round", ID: r.ID, Attrs: map[string]any{"from": r.FromAgency, "author": r.FromUser}})
}
