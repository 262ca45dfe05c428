package bench

import (
	"context"
	"fmt"
	"time"

	"amelie/internal/casework"
	"amelie/internal/casework/interpret"
	"amelie/internal/casework/share"
	"amelie/internal/db"
	"amelie/internal/id"
)

const (
	ledgerLines  = 50
	interpreters = 200
)

// fillBookings gives each interpreter of an agency 250 bookings, one an hour.
var fillBookings = db.Statement(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 250)
	INSERT INTO interpret_booking (id, interpreter_id, case_id, agency_id, entry_id, language, channel, at, ends, state, state_at, user_id, version)
	SELECT p.id || n.i, p.id, c.id, p.agency_id, '', 'ar', 'phone', c.opened_at - (n.i + 1) * 3600000, c.opened_at - n.i * 3600000, 'accepted', c.opened_at, '', 1
	FROM n CROSS JOIN interpret_person p CROSS JOIN casework_case c WHERE c.id = $1`)

// desks measures the pages of a worker's and of a lead's morning.
func (w *caseload) desks(ctx context.Context) error {
	w.member("support", "lead", "lead")
	if err := w.fillLedger(ctx, w.real[0]); err != nil {
		return err
	}
	if err := w.fillInterpreters(ctx); err != nil {
		return err
	}
	for _, p := range []struct {
		name, as, path string
		budget         float64
	}{
		{"the day of a worker with 300 cases", "mira", "/cases/day", caseListBudget},
		{"a lead's page of the workload of 20,300 cases", "lead", "/cases/day/team", caseListBudget},
		{"a lead's list of 10,000 files that are due to go", "lead", "/case-keep", caseListBudget},
		{fmt.Sprintf("the ledger of a case with %d lines", ledgerLines), "mira", "/cases/" + w.real[0] + "/share", caseOpenBudget},
		{fmt.Sprintf("who of %d interpreters is free now", interpreters), "mira", "/cases/" + w.real[0] + "/interpret?language=ar", caseListBudget},
	} {
		if err := w.page(ctx, p.name, p.as, p.path, p.budget); err != nil {
			return err
		}
	}
	return nil
}

// fillLedger shares a case with twenty agencies and keeps thirty noes.
func (w *caseload) fillLedger(ctx context.Context, caseID string) error {
	for i := range ledgerLines {
		o := share.Order{To: fmt.Sprint("reader-", i+1), Parts: []casework.Part{casework.Needs}, Past: true, Purpose: share.Purposes[0], Days: share.Periods[1],
			Said: share.Said{How: share.Ways[0], Language: "en", Interpreter: share.Interpreters[0]}}
		do := w.shares.Give
		if i >= caseShares {
			do = w.shares.Refuse
		}
		if _, err := do(ctx, w.worker, caseID, o); err != nil {
			return err
		}
	}
	return nil
}

// fillInterpreters makes people who work at all hours and have been booked often.
func (w *caseload) fillInterpreters(ctx context.Context) error {
	_, err := measure(interpreters, 16, func(i int) error {
		return w.interpret.Keep(ctx, w.worker, interpret.Interpreter{ID: id.New(), Name: fmt.Sprintf("Interpreter %03d", i), Phone: "+30 21 0000 0000", Gender: "woman",
			Languages: []string{"ar"}, Channels: []string{"phone"}, Days: interpret.Days, To: 24 * 60}, true)
	})
	if err != nil {
		return err
	}
	return w.cases.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(fillBookings, w.real[1]) // each case shows its own
		return err
	})
}

// sums measures what a coordinator sees of all cases of a country, and how it is
// taken once a month.
func (w *caseload) sums(ctx context.Context) error {
	began := time.Now()
	if err := w.stages.TakeCounts(ctx); err != nil {
		return err
	}
	w.t.report(w.engine+": counts of stages over 10^6 cases, taken once a month", show(ms(time.Since(began)), "ms"))
	w.member("coordination", "coordinator", "coordinator")
	return w.page(ctx, "a coordinator's counts of stages over 10^6 cases", "coordinator", "/counts/stages?country=GR", caseCountBudget)
}
