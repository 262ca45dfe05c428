package referral

import (
	"context"
	"time"

	"amelie/internal/audit"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
)

// RoutingLife is how long the readable rest of a referral stays after its
// content went: who of the staff sent what to which agency and what became of
// it. It is as long as the record of the consent lives after its end, so that
// a question about it can be answered, and no longer.
const RoutingLife = 365 * 24 * time.Hour

// sweepBatch keeps one write short; the rest goes with the next sweep.
const sweepBatch = 200

// Sweep deletes the routing rows and timelines whose time is over, and closes
// the letters that nobody closed. Counts stay: they never pointed here.
//
// req: LIFE-2
func (s *Service) Sweep(ctx context.Context) error {
	now := s.Now()
	return fault.Wrap(s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := dropOldLetters(tx, now); err != nil {
			return err
		}
		var old []string
		err := tx.Each(routingOldStmt, func(scan func(...any) error) error {
			var one string
			err := scan(&one)
			old = append(old, one)
			return err
		}, clock.Millis(now.Add(-RoutingLife)), sweepBatch)
		if err != nil {
			return err
		}
		for _, id := range old {
			for _, stmt := range []*db.Stmt{purgeWrapsStmt, purgeFilesStmt, purgeMessagesStmt, purgeReadingsStmt, guestDropStmt, routingEventsStmt, routingRowStmt} {
				if _, err := tx.Exec(stmt, id); err != nil {
					return err
				}
			}
			if err := audit.Record(tx, audit.Event{At: now, Action: "retention.routing", Object: "referral/" + id, Purpose: "retention"}); err != nil {
				return err
			}
		}
		return nil
	}), "sweep referrals")
}
