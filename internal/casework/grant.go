package casework

import (
	"context"
	"slices"
	"strings"
	"time"

	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/jobs"
	"amelie/internal/web"
)

// Sharing by keys. What the person agreed to, and how, is the ledger's to know
// (a room below this package); it calls Grant and Revoke with its own record in
// the same transaction.

// Share says which parts another agency may open.
type Share struct {
	To     string // agency
	Parts  []Part
	Until  time.Time
	Past   bool // also what was written before; otherwise from now on
	Writes bool // it may add to these parts
	// Anew ends what the agency has of these parts in the same transaction: without
	// Past it keeps no key of what was written before.
	Anew bool
	// Under and Seal are for what the ledger keeps sealed beside the keys: outside
	// of the transaction Seal is called with a pen that writes in these parts, which
	// the other agency does not get. nil: nothing. It may be called again.
	Under []Part
	Seal  func(*Pen) error
}

// touched are all parts that giving writes in.
func (sh Share) touched() []Part { return append(slices.Clone(sh.Parts), sh.Under...) }

func (sh Share) check(now time.Time, own string) error {
	if sh.To == "" || sh.To == own || len(sh.Parts) == 0 || !sh.Until.After(now) {
		return fault.New(fault.Invalid, "casework.error.share")
	}
	for _, p := range sh.Parts {
		if !p.Shareable() {
			return fault.New(fault.Invalid, "casework.error.share")
		}
	}
	return nil
}

// Grant gives another agency the keys of parts of a case. also is done in the
// same transaction; nil: nothing. Parts that the agency has already keep their
// keys; the new limits hold from now on.
// Errors: fault.Unavailable when the agency has no key yet.
//
// req: CASE-6
func (s *Service) Grant(ctx context.Context, v *web.Viewer, caseID string, sh Share, also func(tx *db.Tx) error) error {
	var pen *Pen
	var from map[Part]int64
	prepare := func() (was footing, err error) {
		pen, was, from, err = s.prepareGrant(ctx, v, caseID, sh)
		return was, err
	}
	return s.agreed(ctx, v, caseID, sh.touched(), prepare, func(tx *db.Tx, now footing) error {
		if err := s.Policy.Require(v.Actor(), "case.grant", now.access.object()); err != nil {
			return err
		}
		return s.writeGrant(tx, v, caseID, sh, pen, from, also)
	})
}

// prepareGrant wraps the keys for the other agency. from says the first epoch of
// each part that it may open.
func (s *Service) prepareGrant(ctx context.Context, v *web.Viewer, caseID string, sh Share) (pen *Pen, was footing, from map[Part]int64, err error) {
	var to recipient
	var keys *Keys
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		a, err := s.require(tx, v, caseID, "case.grant")
		if err != nil {
			return err
		}
		if err := sh.check(s.Now(), a.row.AgencyID); err != nil {
			return err
		}
		to.agency = sh.To
		if to.keyID, to.key, err = s.Agencies.PublicKey(tx, sh.To); err != nil {
			return err
		}
		if was, err = s.standing(tx, v, caseID, sh.touched()); err != nil {
			return err
		}
		keys, err = s.openKeys(tx, s.opener(v), was.access, sh.touched())
		return err
	})
	if err != nil {
		return nil, was, nil, err
	}
	if pen, err = s.penOf(caseID, was, keys, withReader(was, sh, to)); err != nil {
		return nil, was, nil, err
	}
	if from, err = pen.reach(was, sh, to); err == nil && sh.Seal != nil {
		err = sh.Seal(pen)
	}
	return pen, was, from, err
}

// withReader is the standing of the parts as if the agency had its grant; a share
// from now on begins a new epoch, so that what is there stays closed.
func withReader(f footing, sh Share, to recipient) map[Part]standing {
	out := map[Part]standing{}
	for p, st := range f.parts {
		held := !slices.Contains(sh.Parts, p) // written in, not given
		if sh.Anew && !held {
			st.readers = slices.DeleteFunc(slices.Clone(st.readers), func(r holder) bool { return r.agency == sh.To })
		}
		for _, r := range st.readers {
			held = held || r.agency == sh.To
		}
		if !held {
			st.readers = append(append([]holder(nil), st.readers...), holder{agency: sh.To, keyID: to.keyID})
			st.lost = st.lost || !sh.Past
		}
		out[p] = st
	}
	f.publics[sh.To] = to
	return out
}

// reach wraps the earlier epochs where the share goes back, and says from which
// epoch on each part is given.
func (p *Pen) reach(was footing, sh Share, to recipient) (map[Part]int64, error) {
	from := map[Part]int64{}
	for _, part := range sh.Parts {
		from[part] = p.parts[part].epoch
		for _, r := range was.access.readers {
			if r.AgencyID == sh.To && r.Part == part && !sh.Anew {
				from[part] = r.From
			}
		}
		if !sh.Past {
			continue
		}
		from[part] = 1
		for epoch := int64(1); epoch <= was.parts[part].epoch; epoch++ {
			key := p.keys.parts[part][epoch]
			if key == nil {
				continue
			}
			env, err := key.WrapTo(to.key, wrapPlace(part, epoch, sh.To).in(p.caseID))
			if err != nil {
				return nil, err
			}
			p.fresh.wraps = append(p.fresh.wraps, wrapRow{part, epoch, sh.To, to.keyID, env})
		}
	}
	return from, nil
}

func (s *Service) writeGrant(tx *db.Tx, v *web.Viewer, caseID string, sh Share, pen *Pen, from map[Part]int64, also func(*db.Tx) error) error {
	if sh.Anew {
		if err := s.endBefore(tx, caseID, sh); err != nil {
			return err
		}
	}
	if err := pen.write(tx, s.Now()); err != nil {
		return err
	}
	writes := 0
	if sh.Writes {
		writes = 1
	}
	for _, p := range sh.Parts {
		if _, err := tx.Exec(grantPutStmt, caseID, sh.To, string(p), from[p], clock.Millis(sh.Until), writes, clock.Millis(s.Now())); err != nil {
			return err
		}
		if err := s.happened(tx, v, caseID, "share", p, sh.To); err != nil {
			return err
		}
	}
	if err := jobs.Enqueue(tx, jobExpire, "", sh.Until, nil); err != nil {
		return err
	}
	if s.Index != nil { // what the agency writes from now on is found
		if err := s.Index.Returned(tx, sh.To, caseID); err != nil {
			return err
		}
	}
	if also == nil {
		return nil
	}
	return also(tx)
}

// endBefore ends what an agency has of the parts of a share that follows in the
// same transaction. A restored backup ends it again, and leaves the one that
// follows.
func (s *Service) endBefore(tx *db.Tx, caseID string, sh Share) error {
	for _, p := range sh.Parts {
		had, err := end(tx, caseID, sh.To, p)
		if err == nil && had && s.Ended != nil {
			err = s.Ended(tx, shareName(caseID, sh.To, p), s.Now().Add(-time.Millisecond))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// shareName is how a backup's ledger knows what an agency has of a part.
func shareName(caseID, agency string, p Part) string {
	return strings.Join([]string{caseID, agency, string(p)}, "/")
}

// Revoke takes parts back from another agency, at once and without any key: its
// wraps are deleted and the policy denies from the next request on. Whoever
// writes next into the parts begins a new epoch. also is done in the same
// transaction; nil: nothing.
//
// req: CASE-9
func (s *Service) Revoke(ctx context.Context, v *web.Viewer, caseID, agency string, parts []Part, also func(tx *db.Tx) error) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := s.require(tx, v, caseID, "case.revoke"); err != nil {
			return err
		}
		if err := s.End(tx, v, caseID, agency, parts); err != nil {
			return err
		}
		if also == nil {
			return nil
		}
		return also(tx)
	})
}

// End is Revoke within a transaction of a room below, which has asked who may: the
// person's own view, the clock, an erasure. v may be nil.
func (s *Service) End(tx *db.Tx, v *web.Viewer, caseID, agency string, parts []Part) error {
	for _, p := range parts {
		had, err := end(tx, caseID, agency, p)
		if err != nil {
			return err
		}
		if !had {
			continue
		}
		if err := s.happened(tx, v, caseID, "unshare", p, agency); err != nil {
			return err
		}
		if s.Ended != nil {
			if err := s.Ended(tx, shareName(caseID, agency, p), s.Now()); err != nil {
				return err
			}
		}
	}
	return s.lost(tx, caseID, agency)
}

// end deletes an agency's grant and wraps of a part. It is false when there was
// none.
func end(tx *db.Tx, caseID, agency string, p Part) (bool, error) {
	n, err := tx.Exec(grantDropStmt, caseID, agency, string(p))
	if err != nil {
		return false, err
	}
	wraps, err := tx.Exec(wrapsDropStmt, caseID, agency, string(p))
	if err != nil || n+wraps == 0 {
		return false, err
	}
	_, err = tx.Exec(epochsLostStmt, caseID, string(p))
	return true, err
}

// EndAgain takes back what a restored backup gave: share is what Ended was told,
// and when. What was given anew after that stays.
//
// req: RESTORE-1
func EndAgain(tx *db.Tx, share string, at time.Time) (bool, error) {
	caseID, rest, _ := strings.Cut(share, "/")
	agency, part, ok := strings.Cut(rest, "/")
	if !ok {
		return false, nil
	}
	grants, err := db.All(tx, grantsStmt, scanGrant, caseID)
	if err != nil || slices.ContainsFunc(grants, func(g Reader) bool {
		return g.AgencyID == agency && g.Part == Part(part) && g.Given.After(at)
	}) {
		return false, err
	}
	return end(tx, caseID, agency, Part(part))
}

// ShortenAgain lets what an agency holds of parts end at the latest when a sharing
// would have ended that a restored backup does not know.
//
// req: RESTORE-1
func ShortenAgain(tx *db.Tx, caseID, agency string, parts []Part, until time.Time) error {
	for _, p := range parts {
		if _, err := tx.Exec(grantUntilStmt, clock.Millis(until), caseID, agency, string(p), clock.Millis(until)); err != nil {
			return err
		}
	}
	return jobs.Enqueue(tx, jobExpire, "", until, nil)
}

// Prolong moves the end of what another agency holds, within a transaction of a
// room below, which has asked who may. It needs no key and gives nothing back
// whose time is over.
func (s *Service) Prolong(tx *db.Tx, v *web.Viewer, caseID, agency string, parts []Part, until time.Time) error {
	for _, p := range parts {
		n, err := tx.Exec(grantUntilStmt, clock.Millis(until), caseID, agency, string(p), clock.Millis(s.Now()))
		if err != nil {
			return err
		}
		if n == 0 { // this part was taken back or is over; the others may still stand
			continue
		}
		if err := s.happened(tx, v, caseID, "prolong", p, agency); err != nil {
			return err
		}
	}
	return jobs.Enqueue(tx, jobExpire, "", until, nil)
}

// jobExpire ends the grants whose time is over.
const jobExpire = "casework.expire"

// Handle registers the jobs.
func (s *Service) Handle(r *jobs.Runner) {
	r.Handle(jobExpire, func(ctx context.Context, _ jobs.Job) error { return s.Expire(ctx) })
}

// Expire deletes the wraps of agencies whose time is over. They were refused
// already; the next writer has begun a new epoch or begins one.
func (s *Service) Expire(ctx context.Context) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		over, err := db.All(tx, grantsOverStmt, scanOver, clock.Millis(s.Now()))
		if err != nil {
			return err
		}
		for _, g := range over {
			if err := s.End(tx, nil, g.caseID, g.agency, []Part{g.part}); err != nil {
				return err
			}
		}
		return nil
	})
}
