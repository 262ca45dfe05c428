package talk

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
var Schema = db.Schema{Package: "talk", Files: schemaFiles}

const (
	threadColumns  = `id, case_id, form, open, agency_id, user_name, made, meets_at, changed`
	messageColumns = `m.id, m.kind, m.epoch, m.user_id, m.user_name, m.agency_id, m.at, m.to_agency, m.due_at, m.standing, m.settled_at, m.settled_by, m.env`
)

// How many messages, and in a copy threads, are read at once, and how many threads
// stand on a page of all talks; tests read fewer.
var messagesAtOnce, threadsAtOnce, linesAtOnce = 500, 200, 40

var (
	threadInsertStmt = db.Statement(`INSERT INTO talk_thread (` + threadColumns + `) VALUES ($1, $2, $3, 1, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING`)
	threadStmt       = db.Statement(`SELECT ` + threadColumns + ` FROM talk_thread WHERE id = $1 AND case_id = $2`)
	threadsStmt      = db.Statement(`SELECT ` + threadColumns + ` FROM talk_thread
		WHERE case_id = $1 AND id IN (SELECT thread_id FROM talk_party WHERE agency_id = $2) ORDER BY changed DESC, id LIMIT 200`)
	threadPageStmt  = db.Statement(`SELECT id FROM talk_thread WHERE case_id = $1 AND id > $2 AND id IN (SELECT thread_id FROM talk_party WHERE agency_id = $3) ORDER BY id LIMIT $4`)
	knownStmt       = db.Statement(`SELECT COUNT(*) FROM talk_thread WHERE id = $1`)
	threadOpenStmt  = db.Statement(`UPDATE talk_thread SET open = $1 WHERE id = $2`)
	threadMeetStmt  = db.Statement(`UPDATE talk_thread SET meets_at = $1 WHERE id = $2`)
	threadTouchStmt = db.Statement(`UPDATE talk_thread SET changed = $1 WHERE id = $2`)
	// What stands on the page of all talks: threads in which something that the
	// agency can open is new to the member or waits, or a conference is to come.
	freshStmt = db.Statement(`SELECT ` + threadColumns + ` FROM talk_thread WHERE open = 1
		AND id IN (SELECT thread_id FROM talk_party WHERE agency_id = $1)
		AND (meets_at >= $2
			OR EXISTS (SELECT 1 FROM talk_message AS w JOIN talk_wrap AS k ON k.thread_id = w.thread_id AND k.epoch = w.epoch AND k.agency_id = $3
				WHERE w.thread_id = talk_thread.id AND (w.standing = 'waiting'
					OR (w.user_id <> $4 AND w.at > COALESCE((SELECT upto FROM talk_seen AS s WHERE s.thread_id = talk_thread.id AND s.user_id = $5), 0)))))
		ORDER BY changed DESC, id LIMIT 1000`)
	// Threads in which something waits for an agency.
	asksStmt = db.Statement(`SELECT ` + threadColumns + ` FROM talk_thread WHERE open = 1 AND id IN (SELECT thread_id FROM talk_party WHERE agency_id = $1)
		AND EXISTS (SELECT 1 FROM talk_message AS w WHERE w.thread_id = talk_thread.id AND w.standing = 'waiting' AND (w.to_agency = $2 OR (w.to_agency = '' AND w.agency_id <> $3)))`)

	partyInsertStmt = db.Statement(`INSERT INTO talk_party (thread_id, agency_id, case_id, since) VALUES ($1, $2, $3, $4) ON CONFLICT (thread_id, agency_id) DO NOTHING`)
	partiesStmt     = db.Statement(`SELECT agency_id, since FROM talk_party WHERE thread_id = $1 ORDER BY since, agency_id`)
	partiesOfStmt   = db.Statement(`SELECT thread_id, agency_id FROM talk_party WHERE thread_id IN ` + db.List(1) + ` ORDER BY thread_id, since, agency_id`)
	partyDropStmt   = db.Statement(`DELETE FROM talk_party WHERE thread_id = $1 AND agency_id = $2`)
	partyOfStmt     = db.Statement(`SELECT thread_id FROM talk_party WHERE case_id = $1 AND agency_id = $2`)

	epochInsertStmt = db.Statement(`INSERT INTO talk_epoch (thread_id, epoch, lost, made, env) VALUES ($1, $2, 0, $3, $4)`)
	epochsStmt      = db.Statement(`SELECT epoch, lost, env FROM talk_epoch WHERE thread_id = $1 ORDER BY epoch`)
	epochsLostStmt  = db.Statement(`UPDATE talk_epoch SET lost = 1 WHERE thread_id = $1`)
	wrapInsertStmt  = db.Statement(`INSERT INTO talk_wrap (thread_id, epoch, agency_id, key_id, env) VALUES ($1, $2, $3, $4, $5)`)
	holdersStmt     = db.Statement(`SELECT epoch, agency_id, key_id FROM talk_wrap WHERE thread_id = $1 ORDER BY epoch, agency_id`)
	wrapsStmt       = db.Statement(`SELECT epoch, key_id, env FROM talk_wrap WHERE thread_id = $1 AND agency_id = $2 ORDER BY epoch`)
	// The newest topics that an agency has the key of, and that key.
	topicsOfStmt = db.Statement(`SELECT e.thread_id, e.env, k.epoch, k.key_id, k.env FROM talk_epoch AS e
		JOIN talk_wrap AS k ON k.thread_id = e.thread_id AND k.epoch = e.epoch AND k.agency_id = $1
		WHERE e.epoch = (SELECT MAX(n.epoch) FROM talk_epoch AS n WHERE n.thread_id = e.thread_id) AND e.thread_id IN ` + db.List(2))
	wrapsDropStmt = db.Statement(`DELETE FROM talk_wrap WHERE thread_id = $1 AND agency_id = $2`)

	messageInsertStmt = db.Statement(`INSERT INTO talk_message (id, thread_id, kind, epoch, user_id, user_name, agency_id, at, to_agency, due_at, standing, settled_at, settled_by, env)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, '', $12) ON CONFLICT (id) DO NOTHING`)
	messageStmt = db.Statement(`SELECT ` + messageColumns + ` FROM talk_message AS m WHERE m.id = $1 AND m.thread_id = $2`)
	// A page of messages before one of them, the newest first.
	messagesStmt  = db.Statement(`SELECT ` + messageColumns + ` FROM talk_message AS m WHERE m.thread_id = $1 AND (m.at < $2 OR (m.at = $3 AND m.id < $4)) ORDER BY m.at DESC, m.id DESC LIMIT $5`)
	waitingOfStmt = db.Statement(`SELECT m.thread_id, ` + messageColumns + ` FROM talk_message AS m
		JOIN talk_wrap AS k ON k.thread_id = m.thread_id AND k.epoch = m.epoch AND k.agency_id = $1
		WHERE m.standing = 'waiting' AND m.thread_id IN ` + db.List(2) + ` ORDER BY m.thread_id, m.due_at, m.id`)
	lastMinutesStmt = db.Statement(`SELECT id FROM talk_message WHERE thread_id = $1 AND kind = 'minutes' ORDER BY at DESC, id DESC LIMIT 1`)
	settleStmt      = db.Statement(`UPDATE talk_message SET standing = $1, settled_at = $2, settled_by = $3 WHERE id = $4`)
	partedStmt      = db.Statement(`UPDATE talk_message SET standing = 'taken-off', settled_at = $1 WHERE thread_id = $2 AND to_agency = $3 AND standing = 'waiting'`)
	unreadStmt      = db.Statement(`SELECT COUNT(*) FROM talk_message WHERE thread_id = $1 AND user_id <> $2
		AND at > COALESCE((SELECT upto FROM talk_seen WHERE thread_id = $3 AND user_id = $4), 0)
		AND epoch IN (SELECT epoch FROM talk_wrap WHERE thread_id = $5 AND agency_id = $6)`)
	unreadOfStmt = db.Statement(`SELECT m.thread_id, COUNT(*) FROM talk_message AS m
		JOIN talk_wrap AS k ON k.thread_id = m.thread_id AND k.epoch = m.epoch AND k.agency_id = $1
		WHERE m.user_id <> $2 AND m.at > COALESCE((SELECT s.upto FROM talk_seen AS s WHERE s.thread_id = m.thread_id AND s.user_id = $3), 0)
		AND m.thread_id IN ` + db.List(4) + ` GROUP BY m.thread_id`)
	// The nearest day of a case: what its own agency owes an answer to, and
	// conferences that have no minutes yet.
	dueStmt = db.Statement(`SELECT COALESCE(MIN(at), 0) FROM (
		SELECT m.due_at AS at FROM talk_message AS m JOIN talk_thread AS t ON t.id = m.thread_id
			WHERE t.case_id = $1 AND t.open = 1 AND m.standing = 'waiting' AND m.due_at > 0 AND (m.to_agency = $2 OR (m.to_agency = '' AND m.agency_id <> $3))
		UNION ALL SELECT c.meets_at AS at FROM talk_thread AS c
			WHERE c.case_id = $4 AND c.open = 1 AND c.meets_at > 0 AND NOT EXISTS (SELECT 1 FROM talk_message AS n WHERE n.thread_id = c.id AND n.kind = 'minutes')) AS days`)

	chunkInsertStmt = db.Statement(`INSERT INTO talk_chunk (message_id, n, thread_id, env) VALUES ($1, $2, $3, $4)`)
	chunksStmt      = db.Statement(`SELECT env FROM talk_chunk WHERE message_id = $1 AND thread_id = $2 ORDER BY n`)

	agreeStmt  = db.Statement(`INSERT INTO talk_agreed (message_id, agency_id, thread_id, user_name, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (message_id, agency_id) DO NOTHING`)
	agreedStmt = db.Statement(`SELECT message_id, agency_id FROM talk_agreed WHERE thread_id = $1 ORDER BY at, agency_id`)

	seenPutStmt = db.Statement(`INSERT INTO talk_seen (thread_id, user_id, user_name, agency_id, upto) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (thread_id, user_id) DO UPDATE SET upto = excluded.upto, user_name = excluded.user_name, agency_id = excluded.agency_id`)
	seenStmt = db.Statement(`SELECT user_id, user_name, agency_id, upto FROM talk_seen WHERE thread_id = $1 ORDER BY user_name, user_id`)

	hoursStmt    = db.Statement(`SELECT from_hour, to_hour, weekdays FROM talk_hours WHERE owner_id = $1`)
	hoursPutStmt = db.Statement(`INSERT INTO talk_hours (owner_id, from_hour, to_hour, weekdays, changed) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (owner_id) DO UPDATE SET from_hour = excluded.from_hour, to_hour = excluded.to_hour, weekdays = excluded.weekdays, changed = excluded.changed`)

	threadsOfStmt = db.Statement(`SELECT id FROM talk_thread WHERE case_id = $1`)
	dueOfStmt     = db.Statement(`SELECT id FROM talk_message WHERE thread_id = $1 AND due_at > 0`)

	forgetStmts = []*db.Stmt{
		db.Statement(`DELETE FROM talk_chunk WHERE thread_id IN (SELECT id FROM talk_thread WHERE case_id = $1)`),
		db.Statement(`DELETE FROM talk_agreed WHERE thread_id IN (SELECT id FROM talk_thread WHERE case_id = $1)`),
		db.Statement(`DELETE FROM talk_seen WHERE thread_id IN (SELECT id FROM talk_thread WHERE case_id = $1)`),
		db.Statement(`DELETE FROM talk_message WHERE thread_id IN (SELECT id FROM talk_thread WHERE case_id = $1)`),
		db.Statement(`DELETE FROM talk_wrap WHERE thread_id IN (SELECT id FROM talk_thread WHERE case_id = $1)`),
		db.Statement(`DELETE FROM talk_epoch WHERE thread_id IN (SELECT id FROM talk_thread WHERE case_id = $1)`),
		db.Statement(`DELETE FROM talk_party WHERE case_id = $1`),
		db.Statement(`DELETE FROM talk_thread WHERE case_id = $1`),
	}
)

func scanThread(scan func(...any) error) (r Row, err error) {
	var open, made, meets, changed int64
	err = scan(&r.ID, &r.CaseID, &r.Form, &open, &r.AgencyID, &r.UserName, &made, &meets, &changed)
	r.Open, r.Made, r.MeetsAt, r.Changed = open == 1, clock.Time(made), clock.Time(meets), clock.Time(changed)
	return r, err
}

// threadByID finds a thread of a case. One that does not exist is an empty row,
// so that the policy refuses it as it refuses one that may not be known.
func threadByID(tx *db.Tx, caseID, threadID string) (Row, error) {
	r, err := scanThread(tx.Row(threadStmt, threadID, caseID).Scan)
	if db.NoRows(err) {
		return Row{}, nil
	}
	return r, fault.Wrap(err, "thread", threadID)
}

func scanID(scan func(...any) error) (id string, err error) { return id, scan(&id) }

// known says whether there is a thread with the identifier, whosever it is.
func known(tx *db.Tx, threadID string) (bool, error) {
	n := 0
	err := tx.Row(knownStmt, threadID).Scan(&n)
	return n > 0, err
}

func (r Row) insert(tx *db.Tx) (int64, error) {
	return tx.Exec(threadInsertStmt, r.ID, r.CaseID, string(r.Form), r.AgencyID, r.UserName, clock.Millis(r.Made), clock.Millis(r.MeetsAt), clock.Millis(r.Changed))
}

// partyRow is an agency that was made a party.
type partyRow struct {
	agency string
	since  time.Time
}

func scanParty(scan func(...any) error) (p partyRow, err error) {
	var since int64
	err = scan(&p.agency, &since)
	p.since = clock.Time(since)
	return p, err
}

// epochRow is one epoch of a thread's key, with the topic sealed under it.
type epochRow struct {
	epoch int64
	lost  bool
	env   []byte
}

func scanEpoch(scan func(...any) error) (e epochRow, err error) {
	var lost int64
	err = scan(&e.epoch, &lost, &e.env)
	e.lost = lost == 1
	return e, err
}

// wrapRow is a thread's key closed for an agency; env is left out where only who
// has one is asked.
type wrapRow struct {
	epoch         int64
	agency, keyID string
	env           []byte
}

func scanHolder(scan func(...any) error) (w wrapRow, err error) {
	return w, scan(&w.epoch, &w.agency, &w.keyID)
}

func scanWrap(scan func(...any) error) (w wrapRow, err error) {
	return w, scan(&w.epoch, &w.keyID, &w.env)
}

// byThread runs a statement for many threads, whose answers begin with that of which
// they are, and gives what one reads of the rest.
func byThread[T any](tx *db.Tx, s *db.Stmt, one func(scan func(...any) error) (T, error), threads []string, args ...any) (map[string][]T, error) {
	out := map[string][]T{}
	_, err := db.AllOf(tx, s, func(scan func(...any) error) (struct{}, error) {
		thread := ""
		v, err := one(func(to ...any) error { return scan(append([]any{&thread}, to...)...) })
		out[thread] = append(out[thread], v)
		return struct{}{}, err
	}, threads, args...)
	return out, err
}

func scanCount(scan func(...any) error) (n int, err error) { return n, scan(&n) }

// topicRow is a thread's topic with the key that it is sealed under.
type topicRow struct {
	env  []byte
	wrap wrapRow
}

func scanTopic(scan func(...any) error) (t topicRow, err error) {
	return t, scan(&t.env, &t.wrap.epoch, &t.wrap.keyID, &t.wrap.env)
}

func scanMessage(scan func(...any) error) (m Message, err error) {
	var at, due, settled int64
	err = scan(&m.ID, &m.Kind, &m.epoch, &m.UserID, &m.UserName, &m.AgencyID, &at, &m.To, &due, &m.Standing, &settled, &m.SettledBy, &m.env)
	m.At, m.Due, m.SettledAt = clock.Time(at), clock.Time(due), clock.Time(settled)
	return m, err
}

func (m Message) insert(tx *db.Tx, threadID string) (int64, error) {
	return tx.Exec(messageInsertStmt, m.ID, threadID, string(m.Kind), m.epoch, m.UserID, m.UserName, m.AgencyID, clock.Millis(m.At), m.To, clock.Millis(m.Due), string(m.Standing), m.env)
}

// lastMinutes are the newest minutes of a thread; "" when there are none.
func lastMinutes(tx *db.Tx, threadID string) (messageID string, err error) {
	if err = tx.Row(lastMinutesStmt, threadID).Scan(&messageID); db.NoRows(err) {
		return "", nil
	}
	return messageID, err
}

// seenRow is how far a member has read.
type seenRow struct {
	userID, name, agency string
	upto                 time.Time
}

func scanSeen(scan func(...any) error) (s seenRow, err error) {
	var upto int64
	err = scan(&s.userID, &s.name, &s.agency, &upto)
	s.upto = clock.Time(upto)
	return s, err
}

// hoursOf are the hours that a member or an agency named.
func hoursOf(tx *db.Tx, owner string) (h Hours, named bool, err error) {
	var weekdays int64
	err = tx.Row(hoursStmt, owner).Scan(&h.From, &h.To, &weekdays)
	if db.NoRows(err) {
		return AnyHour, false, nil
	}
	h.Weekdays = weekdays == 1
	return h, err == nil, err
}
