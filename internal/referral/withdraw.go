package referral

import (
	"context"
	"time"

	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/jobs"
	"amelie/internal/web"
)

// Receipt says what a withdrawal did and what it could not undo.
type Receipt struct {
	ID       string
	Kind     Kind
	At       time.Time
	Readings []Reading // who had opened it: what was read cannot be unread
	Onward   []Row     // referrals that came of it, with their own consent
	Ended    int       // how many of them ended as well
}

// Withdraw ends a referral on the person's word, at once and without any key:
// the receiving agency's wraps are deleted and everything is denied to it in
// the same transaction. With onward, the referrals that came of it end too.
// A second press changes nothing and answers the same receipt.
// Errors: fault.NotFound for those who may not know of it.
//
// req: CONSENT-4
func (s *Service) Withdraw(ctx context.Context, v *web.Viewer, id string, onward bool) (*Receipt, error) {
	var out *Receipt
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		out = &Receipt{ID: id}
		r, err := s.rowFor(tx, v, id, "referral.withdraw")
		if err != nil {
			return err
		}
		now := s.Now()
		if r.State != Withdrawn {
			if err := s.endAccess(tx, v, r, Withdraw, sideOf(v, r), now); err != nil {
				return err
			}
			r.StateAt = now
		}
		out.Kind, out.At = r.Kind, r.StateAt
		if out.Readings, err = readings(tx, id); err != nil {
			return err
		}
		return s.onward(tx, v, id, onward, out)
	})
	return out, fault.Wrap(err, "withdraw", id)
}

// onward follows what was passed on. The person's word reaches it although
// the one who records it has no other right there.
func (s *Service) onward(tx *db.Tx, v *web.Viewer, parent string, end bool, out *Receipt) error {
	children, err := rows(tx, childrenStmt, parent)
	if err != nil {
		return err
	}
	for _, c := range children {
		if end && ReceiverMayKnow(c.State) {
			if err := s.endAccess(tx, v, c, Withdraw, Sender, s.Now()); err != nil {
				return err
			}
			c.State = Withdrawn
			out.Ended++
		}
		out.Onward = append(out.Onward, c.Row)
		if err := s.onward(tx, v, c.ID, end, out); err != nil {
			return err
		}
	}
	return nil
}

// ReceiptOf shows the receipt of a withdrawal again.
func (s *Service) ReceiptOf(ctx context.Context, v *web.Viewer, id string) (*Receipt, error) {
	out := &Receipt{ID: id}
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		*out = Receipt{ID: id}
		r, err := s.rowFor(tx, v, id, "referral.know")
		if err != nil {
			return err
		}
		if r.State != Withdrawn {
			return fault.New(fault.NotFound, "web.error.not-found")
		}
		out.Kind, out.At = r.Kind, r.StateAt
		if out.Readings, err = readings(tx, id); err != nil {
			return err
		}
		return s.onward(tx, v, id, false, out)
	})
	return out, err
}

// endAccess takes the content away from the receiving agency: by withdrawal
// on either side, or by the end of the allowed time. It needs no key.
//
// req: CONSENT-5
func (s *Service) endAccess(tx *db.Tx, v *web.Viewer, r stored, a Action, side Side, now time.Time) error {
	next, err := Next(r.Kind, r.State, a, side)
	if err != nil {
		return err
	}
	if next != r.State {
		r.State, r.StateAt = next, now
		r.DueAt, r.Turn = time.Time{}, ""
	}
	r.AccessEnded = now
	if err := update(tx, r); err != nil {
		return err
	}
	if _, err := tx.Exec(wrapsDropStmt, r.ID, r.ToAgency); err != nil {
		return err
	}
	if err := s.settle(tx, v, r.ID); err != nil {
		return err
	}
	if err := dropDraftsOf(tx, r.ID); err != nil { // copies that wait to be passed on
		return err
	}
	if err := happened(tx, r, v, side, a, "", now); err != nil {
		return err
	}
	if err := s.ended(tx, r.ID, now); err != nil {
		return err
	}
	if a == Withdraw && r.ConsentID != "" {
		if err := s.Ledger.Withdraw(tx, r.ConsentID, v.UserID, now); err != nil {
			return err
		}
	}
	if Over(next) && !ReceiverMayKnow(next) { // else declined, redirected or closed before: the purge is planned
		if err := s.gone(tx, v, r, side, now); err != nil {
			return err
		}
	}
	return closeGuest(tx, r) // last: a guest is told at the address that goes with it
}

// gone leaves the receiving desk a line without content, so that nobody looks
// for what is no longer there, and plans the rest.
func (s *Service) gone(tx *db.Tx, v *web.Viewer, r stored, side Side, now time.Time) error {
	if r.Way() == ByAccount { // a guest reads it behind the link
		if _, err := tx.Exec(noticesOldStmt, r.ToAgency, clock.Millis(now.Add(-noticeLife))); err != nil {
			return err
		}
		if _, err := tx.Exec(noticeInsertStmt, id.New(), r.ToAgency, string(r.State), r.Code(), clock.Millis(now)); err != nil {
			return err
		}
	}
	if side != Clock { // by the clock it is this very job that runs
		if err := jobs.Cancel(tx, jobExpire, r.ID); err != nil {
			return err
		}
	}
	if err := over(tx, r); err != nil {
		return err
	}
	actor := ""
	if v != nil {
		actor = v.UserID
	}
	if side != Sender || v.AgencyID != r.FromAgency {
		if err := s.tellSender(tx, r, "ended", actor); err != nil {
			return err
		}
	}
	if side == Receiver {
		return nil
	}
	return s.tellDesk(tx, r.ToAgency, "ended", actor)
}

// noticeLife is how long a desk is told that a referral ended.
const noticeLife = 7 * 24 * time.Hour
