package referral

import (
	"embed"
	"time"

	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema is the package's part of the database.
var Schema = db.Schema{Package: "referral", Files: schemaFiles}

// Drafts.

var (
	draftInsertStmt = db.Statement(`INSERT INTO referral_draft (id, user_id, agency_id, kind, service_id, parent_id, rev, created, touched)
		VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8)`)
	draftStmt      = db.Statement(`SELECT id, user_id, agency_id, kind, service_id, parent_id, rev, created, touched, way FROM referral_draft WHERE id = $1`)
	draftsStmt     = db.Statement(`SELECT id, user_id, agency_id, kind, service_id, parent_id, rev, created, touched, way FROM referral_draft WHERE user_id = $1 AND agency_id = $2 ORDER BY touched DESC LIMIT 50`)
	draftsOfStmt   = db.Statement(`SELECT id FROM referral_draft WHERE parent_id = $1`)
	draftTouchStmt = db.Statement(`UPDATE referral_draft SET rev = rev + 1, touched = $1 WHERE id = $2`)
	draftKindStmt  = db.Statement(`UPDATE referral_draft SET kind = $1, rev = rev + 1 WHERE id = $2`)
	draftToStmt    = db.Statement(`UPDATE referral_draft SET service_id = $1, way = $2, rev = rev + 1, touched = $3 WHERE id = $4`)
	draftDropStmt  = db.Statement(`DELETE FROM referral_draft WHERE id = $1`)

	answerPutStmt = db.Statement(`INSERT INTO referral_draft_answer (draft_id, step, env, at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (draft_id, step) DO UPDATE SET env = excluded.env, at = excluded.at`)
	answersStmt     = db.Statement(`SELECT step, env FROM referral_draft_answer WHERE draft_id = $1`)
	answersDropStmt = db.Statement(`DELETE FROM referral_draft_answer WHERE draft_id = $1`)
	answerStepsStmt = db.Statement(`SELECT step FROM referral_draft_answer WHERE draft_id = $1`)

	draftFilePutStmt   = db.Statement(`INSERT INTO referral_draft_file (id, draft_id, env, at) VALUES ($1, $2, $3, $4)`)
	draftFilesStmt     = db.Statement(`SELECT id, env FROM referral_draft_file WHERE draft_id = $1 ORDER BY at, id`)
	draftFileCountStmt = db.Statement(`SELECT COUNT(*) FROM referral_draft_file WHERE draft_id = $1`)
	draftFileDropStmt  = db.Statement(`DELETE FROM referral_draft_file WHERE draft_id = $1 AND id = $2`)
	draftFilesDropStmt = db.Statement(`DELETE FROM referral_draft_file WHERE draft_id = $1`)
)

// draftRow is a draft as the database keeps it.
type draftRow struct {
	ID, User, Agency string
	Kind             Kind
	Service, Parent  string
	Rev              int64
	Created, Touched time.Time
	Way              Way // chosen for a receiver without an account
}

func scanDraft(scan func(...any) error) (draftRow, error) {
	var d draftRow
	var kind, way string
	var created, touched int64
	err := scan(&d.ID, &d.User, &d.Agency, &kind, &d.Service, &d.Parent, &d.Rev, &created, &touched, &way)
	d.Kind, d.Created, d.Touched, d.Way = Kind(kind), clock.Time(created), clock.Time(touched), Way(way)
	return d, err
}

// draftByID finds a draft. Errors: fault.NotFound.
func draftByID(tx *db.Tx, id string) (draftRow, error) {
	d, err := scanDraft(tx.Row(draftStmt, id).Scan)
	if db.NoRows(err) {
		return d, fault.New(fault.NotFound, "web.error.not-found")
	}
	return d, fault.Wrap(err, "draft", id)
}

// dropDraft removes a draft with all that was sealed in it.
func dropDraft(tx *db.Tx, id string) error {
	for _, s := range []*db.Stmt{answersDropStmt, draftFilesDropStmt, draftDropStmt} {
		if _, err := tx.Exec(s, id); err != nil {
			return err
		}
	}
	return nil
}

// dropDraftsOf removes the drafts that were begun from what was received.
func dropDraftsOf(tx *db.Tx, referralID string) error {
	var ids []string
	err := tx.Each(draftsOfStmt, func(scan func(...any) error) error {
		var id string
		err := scan(&id)
		ids = append(ids, id)
		return err
	}, referralID)
	for _, id := range ids {
		if err := dropDraft(tx, id); err != nil {
			return err
		}
	}
	return err
}

// Referrals.

const rowColumns = `id, kind, state, urgency, from_agency, from_user, from_name, to_agency, service_id, basis, ground, personal,
	consent_id, feedback, parent_id, sent_at, state_at, due_at, answered_at, turn, access_until, access_ended, reason, outcome,
	escalated, review_due, reviewed_at, version, owed_by, owed_at`

var (
	insertStmt = db.Statement(`INSERT INTO referral_referral (id, kind, state, urgency, from_agency, from_user, from_name, to_agency,
		service_id, basis, ground, personal, consent_id, feedback, parent_id, sent_at, state_at, due_at, answered_at, turn,
		access_until, access_ended, reason, outcome, escalated, review_due, reviewed_at, purged_at, version, env)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, 0, $19, $20, 0, '', '', 0, $21, 0, 0, 1, $22)
		ON CONFLICT (id) DO NOTHING`)
	rowStmt    = db.Statement(`SELECT ` + rowColumns + ` FROM referral_referral WHERE id = $1`)
	packetStmt = db.Statement(`SELECT env FROM referral_referral WHERE id = $1`)
	updateStmt = db.Statement(`UPDATE referral_referral SET state = $1, state_at = $2, due_at = $3, answered_at = $4, turn = $5,
		reason = $6, outcome = $7, access_ended = $8, escalated = $9, review_due = $10, reviewed_at = $11, owed_by = $12, owed_at = $13, version = version + 1
		WHERE id = $14 AND version = $15`)
	// A reminder and a review leave the version alone: someone at the desk may
	// be writing the answer at this moment.
	escalatedStmt = db.Statement(`UPDATE referral_referral SET escalated = $1 WHERE id = $2`)
	reviewedStmt  = db.Statement(`UPDATE referral_referral SET review_due = 0, reviewed_at = $1 WHERE id = $2`)
	childrenStmt  = db.Statement(`SELECT ` + rowColumns + ` FROM referral_referral WHERE parent_id = $1 ORDER BY id`)

	// What a viewer may know of. The same scope is a rule in policy.cedar; a
	// property test proves that this list never exceeds it.
	listStmt = db.Statement(`SELECT ` + rowColumns + ` FROM referral_referral
		WHERE (from_agency = $1 AND (from_user = $2 OR $3 = 1))
		   OR (to_agency = $4 AND $5 = 1 AND state NOT IN ('draft', 'withdrawn', 'expired'))
		ORDER BY state_at DESC, id DESC LIMIT $6 OFFSET $7`)
	freshStmt = db.Statement(`SELECT ` + rowColumns + ` FROM referral_referral
		WHERE ((from_agency = $1 AND (from_user = $2 OR $3 = 1))
		   OR (to_agency = $4 AND $5 = 1 AND state NOT IN ('draft', 'withdrawn', 'expired')))
		  AND (state_at >= $6 OR state NOT IN ('closed', 'declined', 'redirected', 'withdrawn', 'expired', 'released') OR review_due > 0)
		ORDER BY state_at DESC, id DESC LIMIT 500`)

	wrapInsertStmt = db.Statement(`INSERT INTO referral_wrap (object_id, agency_id, referral_id, key_id, env) VALUES ($1, $2, $3, $4, $5)`)
	wrapStmt       = db.Statement(`SELECT key_id, env FROM referral_wrap WHERE object_id = $1 AND agency_id = $2`)
	wrapsOfStmt    = db.Statement(`SELECT object_id, key_id, env FROM referral_wrap WHERE referral_id = $1 AND agency_id = $2`)
	objectsStmt    = db.Statement(`SELECT object_id FROM referral_wrap WHERE referral_id = $1 AND agency_id = $2`)
	wrapsDropStmt  = db.Statement(`DELETE FROM referral_wrap WHERE referral_id = $1 AND agency_id = $2`)

	fileInsertStmt = db.Statement(`INSERT INTO referral_file (id, referral_id, env) VALUES ($1, $2, $3)`)
	fileStmt       = db.Statement(`SELECT env FROM referral_file WHERE id = $1 AND referral_id = $2`)

	messageInsertStmt = db.Statement(`INSERT INTO referral_message (id, referral_id, at, side, user_id, user_name, kind, env) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`)
	messagesStmt      = db.Statement(`SELECT id, at, side, user_name, kind, env FROM referral_message WHERE referral_id = $1 ORDER BY at, id`)

	chunkInsertStmt = db.Statement(`INSERT INTO referral_chunk (message_id, n, referral_id, env) VALUES ($1, $2, $3, $4)`)
	chunksStmt      = db.Statement(`SELECT env FROM referral_chunk WHERE message_id = $1 AND referral_id = $2 ORDER BY n`)

	seenPutStmt = db.Statement(`INSERT INTO referral_seen (referral_id, user_id, user_name, agency_id, upto) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (referral_id, user_id) DO UPDATE SET upto = excluded.upto, user_name = excluded.user_name, agency_id = excluded.agency_id`)
	seenStmt = db.Statement(`SELECT user_id, user_name, agency_id, upto FROM referral_seen WHERE referral_id = $1 ORDER BY user_name, user_id`)

	eventInsertStmt = db.Statement(`INSERT INTO referral_event (id, referral_id, at, side, user_id, user_name, agency_id, action, to_state, code)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`)
	eventsStmt = db.Statement(`SELECT at, side, action, to_state, code, user_name, agency_id FROM referral_event WHERE referral_id = $1 ORDER BY at, id`)

	readingInsertStmt = db.Statement(`INSERT INTO referral_reading (referral_id, user_id, hour, user_name, agency_id, at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (referral_id, user_id, hour) DO NOTHING`)
	readingsStmt = db.Statement(`SELECT user_name, agency_id, at FROM referral_reading WHERE referral_id = $1 ORDER BY at`)

	noticeInsertStmt = db.Statement(`INSERT INTO referral_notice (id, agency_id, kind, code, at) VALUES ($1, $2, $3, $4, $5)`)
	noticesStmt      = db.Statement(`SELECT kind, code, at FROM referral_notice WHERE agency_id = $1 AND at >= $2 ORDER BY at DESC LIMIT 50`)
	noticesOldStmt   = db.Statement(`DELETE FROM referral_notice WHERE agency_id = $1 AND at < $2`)

	purgeWrapsStmt    = db.Statement(`DELETE FROM referral_wrap WHERE referral_id = $1`)
	purgeFilesStmt    = db.Statement(`DELETE FROM referral_file WHERE referral_id = $1`)
	purgeMessagesStmt = db.Statement(`DELETE FROM referral_message WHERE referral_id = $1`)
	purgeChunksStmt   = db.Statement(`DELETE FROM referral_chunk WHERE referral_id = $1`)
	purgeSeenStmt     = db.Statement(`DELETE FROM referral_seen WHERE referral_id = $1`)
	purgeReadingsStmt = db.Statement(`DELETE FROM referral_reading WHERE referral_id = $1`)
	purgePacketStmt   = db.Statement(`UPDATE referral_referral SET env = $1, purged_at = $2, access_ended = CASE WHEN access_ended = 0 THEN $3 ELSE access_ended END WHERE id = $4`)

	routingOldStmt    = db.Statement(`SELECT id FROM referral_referral WHERE purged_at > 0 AND purged_at <= $1 ORDER BY purged_at LIMIT $2`)
	routingEventsStmt = db.Statement(`DELETE FROM referral_event WHERE referral_id = $1`)
	routingRowStmt    = db.Statement(`DELETE FROM referral_referral WHERE id = $1`)
)

// stored is a row with what only the store and the policy need.
type stored struct {
	Row
	Personal bool
}

func scanRow(scan func(...any) error) (stored, error) {
	var r stored
	var kind, state, urgency string
	var personal, feedback, sent, at, due, answered, until, ended, level, reviewDue, reviewed, owed int64
	err := scan(&r.ID, &kind, &state, &urgency, &r.FromAgency, &r.FromUser, &r.FromName, &r.ToAgency, &r.ServiceID, &r.Basis, &r.Ground, &personal,
		&r.ConsentID, &feedback, &r.Parent, &sent, &at, &due, &answered, &r.Turn, &until, &ended, &r.Reason, &r.Outcome,
		&level, &reviewDue, &reviewed, &r.Version, &r.Owed.Side, &owed)
	r.Kind, r.State, r.Urgency = Kind(kind), State(state), Urgency(urgency)
	r.Personal, r.Feedback, r.Escalated = personal == 1, feedback == 1, Level(level)
	r.SentAt, r.StateAt, r.DueAt, r.AnsweredAt = clock.Time(sent), clock.Time(at), clock.Time(due), clock.Time(answered)
	r.AccessUntil, r.AccessEnded = clock.Time(until), clock.Time(ended)
	r.ReviewDue, r.ReviewedAt, r.Owed.By = clock.Time(reviewDue), clock.Time(reviewed), clock.Time(owed)
	return r, err
}

// rowByID finds a referral. Errors: fault.NotFound.
func rowByID(tx *db.Tx, id string) (stored, error) {
	r, err := scanRow(tx.Row(rowStmt, id).Scan)
	if db.NoRows(err) {
		return r, fault.New(fault.NotFound, "web.error.not-found")
	}
	return r, fault.Wrap(err, "referral", id)
}

// insert stores a sent referral with its sealed packet; first is false when it
// is there already.
func insert(tx *db.Tx, r stored, env []byte) (first bool, err error) {
	n, err := tx.Exec(insertStmt, r.ID, string(r.Kind), string(r.State), string(r.Urgency), r.FromAgency, r.FromUser, r.FromName, r.ToAgency,
		r.ServiceID, r.Basis, r.Ground, bit(r.Personal), r.ConsentID, bit(r.Feedback), r.Parent, clock.Millis(r.SentAt), clock.Millis(r.StateAt),
		clock.Millis(r.DueAt), r.Turn, clock.Millis(r.AccessUntil), clock.Millis(r.ReviewDue), env)
	return n == 1, err
}

// update stores what changed. Errors: fault.Stale when someone else was
// faster.
func update(tx *db.Tx, r stored) error {
	if Over(r.State) {
		r.Owed = Owed{}
	}
	n, err := tx.Exec(updateStmt, string(r.State), clock.Millis(r.StateAt), clock.Millis(r.DueAt), clock.Millis(r.AnsweredAt), r.Turn,
		r.Reason, r.Outcome, clock.Millis(r.AccessEnded), int64(r.Escalated), clock.Millis(r.ReviewDue), clock.Millis(r.ReviewedAt), string(r.Owed.Side), clock.Millis(r.Owed.By), r.ID, r.Version)
	if err == nil && n == 0 {
		return fault.New(fault.Stale, "referral.error.stale")
	}
	return err
}

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// scope is whose referrals a viewer's lists show.
type scope struct {
	agency, user string
	lead, desk   bool
}

func (s scope) args(more ...any) []any {
	return append([]any{s.agency, s.user, bit(s.lead), s.agency, bit(s.desk)}, more...)
}

// rows reads referrals of a scope with one of the list statements.
func rows(tx *db.Tx, stmt *db.Stmt, args ...any) ([]stored, error) {
	var out []stored
	err := tx.Each(stmt, func(scan func(...any) error) error {
		r, err := scanRow(scan)
		out = append(out, r)
		return err
	}, args...)
	return out, err
}
