package referral

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"amelie/internal/audit"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/jobs"
	"amelie/internal/vault"
	"amelie/internal/web"
)

// Pick is in flow.go; here is what the sender's side does with a round.

// Choose carries out the person's choice: the draft of a referral to this one
// begins with the answers of the enquiry. Nothing leaves by it; the person is
// asked for consent as ever. Pressed twice by the same person it answers the
// same draft.
// Errors: fault.Conflict when another is chosen already, or the offer is over.
//
// req: ENQUIRY-4
func (s *Service) Choose(ctx context.Context, v *web.Viewer, roundID, candidate string) (draftID string, err error) {
	keep, err := s.keptOf(ctx, v, roundID)
	if err != nil {
		return "", err
	}
	fresh := id.New()
	sealed, err := s.sealAll(ctx, AuthorOf(v), fresh, keep.Answers)
	if err != nil {
		return "", err
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		r, err := roundByID(tx, roundID)
		if err != nil {
			return err
		}
		if err := s.requireRound(v, "round.choose", r); err != nil {
			return err
		}
		if r.State == Chosen && r.Choice == candidate && r.ChosenBy == v.UserID { // pressed twice
			draftID = r.Referral
			return nil
		}
		now := s.Now()
		next, moves, err := r.Do(ActChoose, candidate, now)
		if err != nil {
			return err
		}
		next.ChosenBy, next.ChosenName = v.UserID, v.Name
		c, _ := next.Candidate(candidate)
		if next.Referral, err = s.draftFor(tx, v, r, c, fresh, sealed, now); err != nil {
			return err
		}
		draftID = next.Referral
		return s.carry(tx, v, next, moves, ActChoose)
	})
	return draftID, fault.Wrap(err, "choose", roundID)
}

// sealAll seals answers for a draft that does not exist yet.
func (s *Service) sealAll(ctx context.Context, by Author, draftID string, answers Answers) (map[string][]byte, error) {
	out := map[string][]byte{}
	for step, a := range answers {
		if one, ok := StepByID(step); !ok || one.Enquiry {
			continue
		}
		env, err := s.sealAnswer(ctx, by, draftID, step, a)
		if err != nil {
			return nil, err
		}
		out[step] = env
	}
	return out, nil
}

// draftFor addresses the draft of an earlier choice anew when it is the
// viewer's own, so that nothing typed is lost, or begins one.
func (s *Service) draftFor(tx *db.Tx, v *web.Viewer, r Round, c Candidate, fresh string, sealed map[string][]byte, now time.Time) (string, error) {
	if r.Referral != "" {
		switch old, err := draftByID(tx, r.Referral); {
		case fault.KindOf(err) == fault.NotFound:
		case err != nil:
			return "", err
		case old.User == v.UserID:
			_, err := tx.Exec(draftToStmt, c.Service, string(WayOf(c.Agency)), clock.Millis(now), old.ID)
			return old.ID, err
		default:
			if err := dropDraft(tx, old.ID); err != nil {
				return "", err
			}
		}
	}
	// The first question, whether the person is alone, has no answer yet.
	if _, err := tx.Exec(draftInsertStmt, fresh, v.UserID, v.AgencyID, string(Enquiry), c.Service, "", clock.Millis(now), clock.Millis(now)); err != nil {
		return "", err
	}
	if _, err := tx.Exec(draftToStmt, c.Service, string(WayOf(c.Agency)), clock.Millis(now), fresh); err != nil {
		return "", err
	}
	for step, env := range sealed {
		if _, err := tx.Exec(answerPutStmt, fresh, step, env, clock.Millis(now)); err != nil {
			return "", err
		}
	}
	return fresh, jobs.Enqueue(tx, jobDraft, fresh, now.Add(DraftLife), fresh)
}

// Reconsider opens the choice again; the draft waits for the next one.
func (s *Service) Reconsider(ctx context.Context, v *web.Viewer, roundID string) error {
	return s.roundAct(ctx, v, roundID, "round.choose", ActReconsider)
}

// End tells every desk that it is no longer needed and takes the content back
// from them, at once and without any key. Pressed twice it acts once.
//
// req: CONSENT-4
func (s *Service) End(ctx context.Context, v *web.Viewer, roundID string) error {
	return s.roundAct(ctx, v, roundID, "round.end", ActEnd)
}

func (s *Service) roundAct(ctx context.Context, v *web.Viewer, roundID, action string, act RoundAct) error {
	return fault.Wrap(s.DB.Write(ctx, func(tx *db.Tx) error {
		r, err := roundByID(tx, roundID)
		if err != nil {
			return err
		}
		if err := s.requireRound(v, action, r); err != nil {
			return err
		}
		if act == ActEnd && r.State == Ended || act == ActReconsider && r.State == Asking {
			return nil
		}
		next, moves, err := r.Do(act, "", s.Now())
		if err != nil {
			return err
		}
		return s.carry(tx, v, next, moves, act)
	}), string(act), roundID)
}

// carry stores a round after an act and does what follows for each candidate.
func (s *Service) carry(tx *db.Tx, v *web.Viewer, r Round, moves []Move, act RoundAct) error {
	if err := updateRound(tx, r); err != nil {
		return err
	}
	for _, m := range moves {
		if err := s.moveCandidate(tx, v, r, m); err != nil {
			return err
		}
	}
	user, agency := "", ""
	if v != nil {
		user, agency = v.UserID, v.AgencyID
	}
	if err := audit.Record(tx, audit.Event{At: r.StateAt, Actor: user, Agency: agency, Action: "round." + string(act), Object: "round/" + r.ID, Purpose: string(Enquiry)}); err != nil {
		return err
	}
	if r.Open() {
		return nil
	}
	if act != ActPlace && r.Referral != "" { // what was begun for the choice has nowhere to go
		if err := dropDraft(tx, r.Referral); err != nil {
			return err
		}
	}
	return jobs.Enqueue(tx, jobRound, r.ID, r.StateAt.Add(ContentLife), r.ID)
}

// moveCandidate does what an act on the round means for one desk. It learns
// what concerns it, never who else was asked or chosen.
//
// req: ENQUIRY-3
func (s *Service) moveCandidate(tx *db.Tx, v *web.Viewer, round Round, m Move) error {
	r, err := rowByID(tx, m.Candidate)
	if err != nil {
		return err
	}
	next, err := Next(r.Kind, r.State, m.Action, Sender)
	if err != nil {
		return err
	}
	now := round.StateAt
	if m.Action == Pick || m.Action == Reconsider { // the desk may be writing: the version stays
		if c, ok := round.Candidate(m.Candidate); ok && m.Action == Pick {
			if err := jobs.Enqueue(tx, jobLapse, r.ID, round.LapsesAt(c), r.ID); err != nil {
				return err
			}
		}
		if err := happened(tx, r, v, Sender, m.Action, "", now); err != nil {
			return err
		}
		return s.tellDesk(tx, r.ToAgency, "question", v.UserID)
	}
	r.State, r.StateAt, r.DueAt, r.Turn, r.AccessEnded = next, now, time.Time{}, "", now
	if m.Action == Follow {
		r.Outcome = "followed"
	}
	if err := update(tx, r); err != nil {
		return err
	}
	if _, err := tx.Exec(wrapsDropStmt, r.ID, r.ToAgency); err != nil { // nobody there needs it any more
		return err
	}
	if err := happened(tx, r, v, Sender, m.Action, "", now); err != nil {
		return err
	}
	if err := s.ended(tx, r.ID, now); err != nil {
		return err
	}
	for _, kind := range []string{jobExpire, jobLapse} {
		if err := jobs.Cancel(tx, kind, r.ID); err != nil {
			return err
		}
	}
	if err := over(tx, r); err != nil {
		return err
	}
	if m.Action != Follow { // else the referral itself is announced
		if err := s.tellDesk(tx, r.ToAgency, "ended", v.UserID); err != nil {
			return err
		}
	}
	return closeGuest(tx, r)
}

// placed ends the round that a referral carries out, in the transaction in
// which it leaves. A referral that carries out no choice passes.
// Errors: fault.Conflict when it would go to one that was not chosen.
//
// req: ENQUIRY-5
func (s *Service) placed(tx *db.Tx, v *web.Viewer, sent stored) error {
	r, err := roundBound(tx, sent.ID)
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	c, ok := r.Candidate(r.Choice)
	chosen := false
	if ok && r.State == Chosen && sent.Kind == Referral {
		if chosen, err = s.reaches(tx, c, sent); err != nil {
			return err
		}
	}
	if !chosen {
		return fault.New(fault.Conflict, "enquiry.error.not-chosen")
	}
	next, moves, err := r.Do(ActPlace, "", sent.SentAt)
	if err != nil {
		return err
	}
	return s.carry(tx, v, next, moves, ActPlace)
}

// reaches says whether what leaves goes to the candidate. One without an account
// is the same service by whichever way, and under the account that it may have
// got since.
//
// req: ENQUIRY-5
func (s *Service) reaches(tx *db.Tx, c Candidate, sent stored) (bool, error) {
	switch {
	case c.Service != sent.ServiceID:
		return false, nil
	case WayOf(c.Agency) == ByAccount:
		return c.Agency == sent.ToAgency, nil
	case sent.Way() != ByAccount:
		return true, nil
	}
	g, err := guestOf(tx, c.ID)
	if err != nil {
		return false, err
	}
	now, err := s.Agencies.ByDirectory(tx, g.Organization)
	if fault.KindOf(err) == fault.NotFound {
		return false, nil
	}
	return now == sent.ToAgency, err
}

// settle looks after the round of an enquiry that changed by itself: a chosen
// place that fell through leaves the choice open again, and the sender hears
// of it.
func (s *Service) settle(tx *db.Tx, v *web.Viewer, referralID string) error {
	r, err := roundOf(tx, referralID)
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	next, changed := r.Settle(s.Now())
	if !changed {
		return nil
	}
	if err := updateRound(tx, next); err != nil {
		return err
	}
	if r.ChosenBy == r.FromUser {
		return nil // told by the answer itself
	}
	c, err := s.People.Contact(tx, r.ChosenBy)
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	return s.tell(tx, "answered", userOf(v), []Contact{c})
}

func userOf(v *web.Viewer) string {
	if v == nil {
		return ""
	}
	return v.UserID
}

// hold notes until when an offer is held, and wakes when that is over.
func (s *Service) hold(tx *db.Tx, r stored, hours int, now time.Time) error {
	round, err := roundOf(tx, r.ID)
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	held := now.Add(time.Duration(hours) * time.Hour)
	if held.After(round.Until) {
		held = round.Until
	}
	if _, err := tx.Exec(candidateHoldStmt, clock.Millis(held), r.ID); err != nil {
		return err
	}
	if round.Choice == r.ID { // held longer while it is chosen
		held = round.LapsesAt(Candidate{ID: r.ID, Held: held})
	}
	return jobs.Enqueue(tx, jobLapse, r.ID, held, r.ID)
}

// lapse ends an offer whose time is over; the desk can offer again.
func (s *Service) lapse(tx *db.Tx, referralID string, now time.Time) error {
	r, err := rowByID(tx, referralID)
	if err != nil {
		return err
	}
	round, err := roundOf(tx, referralID)
	if err != nil {
		return err
	}
	c, _ := round.Candidate(referralID)
	next, err := Next(r.Kind, r.State, Lapse, Clock)
	if err != nil || now.Before(round.LapsesAt(c)) {
		return nil // answered otherwise meanwhile, or held longer
	}
	r.State, r.StateAt = next, now
	if err := update(tx, r); err != nil {
		return err
	}
	if err := happened(tx, r, nil, Clock, Lapse, "", now); err != nil {
		return err
	}
	if err := s.tellSender(tx, r, "answered", ""); err != nil {
		return err
	}
	return s.settle(tx, nil, referralID)
}

// roundOver is the clock's part: a round runs out, and long after its end it
// goes with what was sealed in it.
//
// req: LIFE-1
func (s *Service) roundOver(tx *db.Tx, roundID string, now time.Time) error {
	r, err := roundByID(tx, roundID)
	if err != nil {
		return err
	}
	if r.Open() {
		if now.Before(r.Until) {
			return nil
		}
		next, moves, err := r.Do(ActRunOut, "", now)
		if err != nil {
			return err
		}
		return s.carry(tx, nil, next, moves, ActRunOut)
	}
	if now.Before(r.StateAt.Add(ContentLife)) {
		return nil
	}
	for _, stmt := range []*db.Stmt{purgeWrapsStmt, candidatesDropStmt, roundDropStmt} {
		if _, err := tx.Exec(stmt, r.ID); err != nil {
			return err
		}
	}
	return audit.Record(tx, audit.Event{At: now, Action: "round.purge", Object: "round/" + r.ID, Purpose: "retention"})
}

// keptOf opens what the sending agency keeps of a round.
// Errors: fault.NotFound, fault.Unlock.
func (s *Service) keptOf(ctx context.Context, v *web.Viewer, roundID string) (keep kept, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		r, err := roundByID(tx, roundID)
		if err != nil {
			return err
		}
		if err := s.requireRound(v, "round.read", r); err != nil {
			return err
		}
		keep, err = s.openKept(tx, s.opener(v), r)
		return err
	})
	return keep, err
}

func (s *Service) openKept(tx *db.Tx, o *opener, r Round) (keep kept, err error) {
	var env []byte
	w := wrapped{object: r.ID}
	if err := tx.Row(wrapStmt, r.ID, r.FromAgency).Scan(&w.keyID, &w.env); err != nil {
		return keep, fault.New(fault.Conflict, "referral.error.no-content").Because(err)
	}
	if err := tx.Row(roundEnvStmt, r.ID).Scan(&env); err != nil {
		return keep, err
	}
	key, err := o.open(tx, r.ID, w.keyID, w.env)
	if err != nil {
		return keep, err
	}
	plain, err := key.Open(env, vault.Binding{Field: sealRound, Row: r.ID, Scope: r.FromAgency})
	if err != nil {
		return keep, fault.Wrap(err, "open round", r.ID)
	}
	return keep, fault.Wrap(json.Unmarshal(plain, &keep), "read round", r.ID)
}

// Offer is what one candidate answered, as the sender's side sees it.
type Offer struct {
	Candidate
	Name      string // of the agency
	DueAt     time.Time
	AnswerAt  time.Time
	Reason    string
	Terms     []string
	Words     string       // with the offer or the refusal
	Question  bool         // the desk waits for an answer
	Letter    *LetterShown // of a service without an account
	Choosable bool
	Chosen    bool
	Version   int64
}

// RoundShown is a round with its answers side by side.
type RoundShown struct {
	Round
	Offers  []Offer
	Locked  bool
	Keep    kept
	Country string
}

// LookRound shows a round to the sending side.
// Errors: fault.NotFound for everyone else, also for a desk that was asked.
//
// req: ENQUIRY-3
func (s *Service) LookRound(ctx context.Context, v *web.Viewer, roundID string) (*RoundShown, error) {
	out := &RoundShown{}
	now := s.Now()
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		*out = RoundShown{}
		r, err := roundByID(tx, roundID)
		if err != nil {
			return err
		}
		if err := s.requireRound(v, "round.know", r); err != nil {
			return err
		}
		out.Round = r
		if out.Country, err = s.Agencies.Country(tx, r.FromAgency); err != nil {
			return err
		}
		o := s.opener(v)
		switch err := s.requireRound(v, "round.read", r); {
		case fault.KindOf(err) == fault.Unlock:
			out.Locked = true
		case err != nil:
			return err
		default:
			out.Keep, err = s.openKept(tx, o, r)
			if fault.KindOf(err) == fault.Unlock {
				out.Locked = true
			} else if err != nil {
				return err
			}
		}
		for _, c := range r.Candidates {
			one, err := s.offerOf(tx, v, r, c, out.Locked, now)
			if err != nil {
				return err
			}
			out.Offers = append(out.Offers, one)
		}
		return nil
	})
	return out, err
}

func (s *Service) offerOf(tx *db.Tx, v *web.Viewer, round Round, c Candidate, locked bool, now time.Time) (Offer, error) {
	one := Offer{Candidate: c, Choosable: !locked && round.Choosable(c, now), Chosen: round.Choice == c.ID}
	r, err := rowByID(tx, c.ID)
	if err != nil {
		return one, err
	}
	one.DueAt, one.AnswerAt, one.Reason, one.Version = r.DueAt, r.AnsweredAt, r.Reason, r.Version
	one.Question = r.Turn == string(Sender)
	shown := &Shown{Side: Sender, Open: !locked}
	if err := s.letter(tx, v, r, shown); err != nil {
		return one, err
	}
	one.Letter = shown.Letter
	if one.Name, err = s.Agencies.Name(tx, c.Agency); err != nil || locked {
		return one, err
	}
	if err := s.content(tx, v, r, shown); err != nil {
		return one, err
	}
	for _, m := range slices.Backward(shown.Words) {
		if m.Side == Receiver && (m.Kind == string(Accept) && c.State != Declined || m.Kind == string(Decline) && c.State == Declined) {
			one.Terms, one.Words = m.Terms, strings.TrimSpace(m.Text)
			break
		}
	}
	return one, nil
}

// BoundTo is the round whose choice a draft carries out; ok says whether the
// draft goes where the choice says. Errors: fault.NotFound when it is free.
func (s *Service) BoundTo(ctx context.Context, v *web.Viewer, d *Drafted) (roundID string, ok bool, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		r, err := roundBound(tx, d.ID)
		if err != nil {
			return err
		}
		if err := s.requireRound(v, "round.know", r); err != nil {
			return err
		}
		c, found := r.Candidate(r.Choice)
		roundID, ok = r.ID, r.State == Chosen && found && c.Service == d.Service
		return nil
	})
	return roundID, ok, err
}

// AskOthers begins the draft of another round from the answers of this one.
func (s *Service) AskOthers(ctx context.Context, v *web.Viewer, roundID, once string) (string, error) {
	keep, err := s.keptOf(ctx, v, roundID)
	if err != nil {
		return "", err
	}
	by := AuthorOf(v)
	draftID, err := s.Begin(ctx, by, "", "", once, Answer{"setting": {AskFirst}})
	if err != nil {
		return "", err
	}
	for step, a := range keep.Answers {
		if err := s.Save(ctx, by, draftID, step, a); err != nil {
			return "", err
		}
	}
	return draftID, nil
}

// unbind opens the choice again when the draft that carries it out is
// discarded.
func (s *Service) unbind(tx *db.Tx, by Author, draftID string) error {
	r, err := roundBound(tx, draftID)
	if fault.KindOf(err) == fault.NotFound || err == nil && r.State != Chosen {
		return nil
	}
	if err != nil {
		return err
	}
	next, moves, err := r.Do(ActReconsider, "", s.Now())
	if err != nil {
		return err
	}
	return s.carry(tx, &web.Viewer{UserID: by.User, AgencyID: by.Agency}, next, moves, ActReconsider)
}

// packetToCount opens an enquiry for the counts at its first decision; nil
// when nothing is to be counted.
func (s *Service) packetToCount(tx *db.Tx, v *web.Viewer, r stored, a Action) (*Packet, error) {
	if r.Kind != Enquiry || r.State != Received || a != Accept && a != Decline {
		return nil, nil
	}
	w := wrapped{object: r.ID}
	if err := tx.Row(wrapStmt, r.ID, v.AgencyID).Scan(&w.keyID, &w.env); err != nil {
		return nil, fault.New(fault.Conflict, "referral.error.no-content").Because(err)
	}
	return s.opener(v).packet(tx, r, w)
}

// enquiryMoved is what follows when an enquiry was answered: r is how it stood
// before.
func (s *Service) enquiryMoved(tx *db.Tx, v *web.Viewer, r stored, d Deed, packet *Packet, now time.Time) error {
	if err := s.answered(tx, r, d.Action, d.Code, packet); err != nil {
		return err
	}
	if d.Action == Accept {
		if err := s.hold(tx, r, cmp.Or(d.Hours, UsualHold), now); err != nil {
			return err
		}
	}
	return s.settle(tx, v, r.ID)
}
