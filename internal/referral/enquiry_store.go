package referral

import (
	"time"

	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
)

const roundColumns = `id, from_agency, from_user, from_name, urgency, state, sent_at, state_at, until_at, choice, chosen_at, chosen_by, chosen_name, packet_id, version`

var (
	roundInsertStmt = db.Statement(`INSERT INTO referral_round (id, from_agency, from_user, from_name, urgency, state, sent_at, state_at, until_at,
		choice, chosen_at, chosen_by, chosen_name, packet_id, version, env) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, '', 0, '', '', '', 1, $10)`)
	roundStmt       = db.Statement(`SELECT ` + roundColumns + ` FROM referral_round WHERE id = $1`)
	roundOfDraft    = db.Statement(`SELECT ` + roundColumns + ` FROM referral_round WHERE packet_id = $1`)
	roundEnvStmt    = db.Statement(`SELECT env FROM referral_round WHERE id = $1`)
	roundUpdateStmt = db.Statement(`UPDATE referral_round SET state = $1, state_at = $2, choice = $3, chosen_at = $4, chosen_by = $5, chosen_name = $6,
		packet_id = $7, version = version + 1 WHERE id = $8 AND version = $9`)
	roundDropStmt = db.Statement(`DELETE FROM referral_round WHERE id = $1`)

	candidateInsertStmt = db.Statement(`INSERT INTO referral_candidate (referral_id, round_id, place, held_until) VALUES ($1, $2, $3, 0)`)
	candidateHoldStmt   = db.Statement(`UPDATE referral_candidate SET held_until = $1 WHERE referral_id = $2`)
	candidateRoundStmt  = db.Statement(`SELECT round_id, held_until FROM referral_candidate WHERE referral_id = $1`)
	candidatesStmt      = db.Statement(`SELECT c.referral_id, r.to_agency, r.service_id, r.state, c.held_until FROM referral_candidate c
		JOIN referral_referral r ON r.id = c.referral_id WHERE c.round_id = $1 ORDER BY c.place`)
	candidatesDropStmt = db.Statement(`DELETE FROM referral_candidate WHERE round_id = $1`)

	turnedStmt = db.Statement(`INSERT INTO referral_turned (month, country, region, help, answer, n) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (month, country, region, help, answer) DO UPDATE SET n = referral_turned.n + excluded.n`)
	turnedOfStmt     = db.Statement(`SELECT region, help, answer, n FROM referral_turned WHERE month = $1 AND country = $2 ORDER BY region, help, answer`)
	turnedMonthsStmt = db.Statement(`SELECT DISTINCT month, country FROM referral_turned WHERE month < $1 ORDER BY month DESC, country`)
)

func scanRound(scan func(...any) error) (Round, error) {
	var r Round
	var urgency, state string
	var sent, at, until, chosen int64
	err := scan(&r.ID, &r.FromAgency, &r.FromUser, &r.FromName, &urgency, &state, &sent, &at, &until, &r.Choice, &chosen, &r.ChosenBy, &r.ChosenName, &r.Referral, &r.Version)
	r.Urgency, r.State = Urgency(urgency), RoundState(state)
	r.SentAt, r.StateAt, r.Until, r.ChosenAt = clock.Time(sent), clock.Time(at), clock.Time(until), clock.Time(chosen)
	return r, err
}

// roundBy reads a round with its candidates. Errors: fault.NotFound.
func roundBy(tx *db.Tx, stmt *db.Stmt, key string) (Round, error) {
	r, err := scanRound(tx.Row(stmt, key).Scan)
	if db.NoRows(err) {
		return r, fault.New(fault.NotFound, "web.error.not-found")
	}
	if err != nil {
		return r, fault.Wrap(err, "round", key)
	}
	err = tx.Each(candidatesStmt, func(scan func(...any) error) error {
		var c Candidate
		var state string
		var held int64
		err := scan(&c.ID, &c.Agency, &c.Service, &state, &held)
		c.State, c.Held = State(state), clock.Time(held)
		r.Candidates = append(r.Candidates, c)
		return err
	}, r.ID)
	return r, err
}

func roundByID(tx *db.Tx, id string) (Round, error) { return roundBy(tx, roundStmt, id) }

// roundOf finds the round that an enquiry belongs to. Errors: fault.NotFound.
func roundOf(tx *db.Tx, referralID string) (Round, error) {
	var round string
	var held int64
	err := tx.Row(candidateRoundStmt, referralID).Scan(&round, &held)
	if db.NoRows(err) {
		return Round{}, fault.New(fault.NotFound, "web.error.not-found")
	}
	if err != nil {
		return Round{}, err
	}
	return roundByID(tx, round)
}

// roundBound finds the round whose choice a draft or a referral carries out.
// Errors: fault.NotFound.
func roundBound(tx *db.Tx, draftID string) (Round, error) { return roundBy(tx, roundOfDraft, draftID) }

// updateRound stores what changed. Errors: fault.Stale when someone else was
// faster.
func updateRound(tx *db.Tx, r Round) error {
	n, err := tx.Exec(roundUpdateStmt, string(r.State), clock.Millis(r.StateAt), r.Choice, clock.Millis(r.ChosenAt), r.ChosenBy, r.ChosenName, r.Referral, r.ID, r.Version)
	if err == nil && n == 0 {
		return fault.New(fault.Stale, "referral.error.stale")
	}
	return err
}

// heldUntil is until when the offer of an enquiry is held; zero when there is
// none.
func heldUntil(tx *db.Tx, r stored) (time.Time, error) {
	if r.Kind != Enquiry {
		return time.Time{}, nil
	}
	var round string
	var held int64
	err := tx.Row(candidateRoundStmt, r.ID).Scan(&round, &held)
	if db.NoRows(err) {
		return time.Time{}, nil
	}
	return clock.Time(held), err
}
