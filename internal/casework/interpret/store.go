package interpret

import (
	"embed"
	"strconv"
	"strings"
	"time"

	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema is the package's part of the database.
var Schema = db.Schema{Package: "interpret", Files: schemaFiles}

const (
	personColumns  = `id, agency_id, user_id, name, phone, gender, languages, training, channels, days, day_from, day_to, away, back, hours, version`
	bookingColumns = `id, interpreter_id, case_id, agency_id, entry_id, language, channel, at, ends, state, state_at, user_id, conflicts, asked_at, clear_at, version`
)

var (
	personInsertStmt = db.Statement(`INSERT INTO interpret_person (` + personColumns + `) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 1) ON CONFLICT (id) DO NOTHING`)
	personUpdateStmt = db.Statement(`UPDATE interpret_person SET user_id = $1, name = $2, phone = $3, gender = $4, languages = $5, training = $6, channels = $7, days = $8, day_from = $9, day_to = $10, away = $11, back = $12, hours = $13, version = version + 1
		WHERE id = $14 AND version = $15`)
	personDropStmt = db.Statement(`DELETE FROM interpret_person WHERE id = $1`)
	personStmt     = db.Statement(`SELECT ` + personColumns + ` FROM interpret_person WHERE id = $1`)
	peopleStmt     = db.Statement(`SELECT ` + personColumns + ` FROM interpret_person WHERE agency_id = $1 ORDER BY name, id`)

	bookingInsertStmt = db.Statement(`INSERT INTO interpret_booking (` + bookingColumns + `) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 1) ON CONFLICT (id) DO NOTHING`)
	bookingStmt       = db.Statement(`SELECT ` + bookingColumns + ` FROM interpret_booking WHERE id = $1`)
	bookingsStmt      = db.Statement(`SELECT ` + bookingColumns + ` FROM interpret_booking WHERE case_id = $1 ORDER BY at DESC, id`)
	bookingSetStmt    = db.Statement(`UPDATE interpret_booking SET state = $1, state_at = $2, at = $3, ends = $4, clear_at = $5, version = version + 1 WHERE id = $6 AND version = $7`)
	bookingsForStmt   = db.Statement(`SELECT ` + bookingColumns + ` FROM interpret_booking WHERE case_id = $1 AND entry_id = $2 AND state IN ('asked', 'accepted') ORDER BY id`)
	bookingsDropStmt  = db.Statement(`DELETE FROM interpret_booking WHERE case_id = $1`)
	// Whether somebody's time is taken already; what began before the third time is
	// over by then, so that years of bookings need not be read.
	busyStmt = db.Statement(`SELECT COUNT(*) FROM interpret_booking WHERE interpreter_id = $1 AND state IN ('asked', 'accepted') AND at < $2 AND at > $3 AND ends > $4 AND id <> $5`)
	openStmt = db.Statement(`SELECT COUNT(*) FROM interpret_booking WHERE interpreter_id = $1 AND state IN ('asked', 'accepted') AND ends > $2`)
	// What an interpreter sees: from yesterday on.
	ownStmt = db.Statement(`SELECT ` + bookingColumns + ` FROM interpret_booking WHERE interpreter_id IN (SELECT id FROM interpret_person WHERE user_id = $1 AND agency_id = $2) AND ends > $3 ORDER BY at, id LIMIT 100`)
)

func scanPerson(scan func(...any) error) (i Interpreter, err error) {
	var languages, training, channels, days, hours string
	var away, back int64
	err = scan(&i.ID, &i.AgencyID, &i.UserID, &i.Name, &i.Phone, &i.Gender, &languages, &training, &channels, &days, &i.From, &i.To, &away, &back, &hours, &i.Version)
	i.Languages, i.Training, i.Channels, i.Days = strings.Fields(languages), strings.Fields(training), strings.Fields(channels), strings.Fields(days)
	i.Away, i.Back, i.Hours = clock.Time(away), clock.Time(back), hoursOf(hours)
	return i, err
}

// personOf finds an interpreter of an agency. Errors: fault.NotFound.
func personOf(tx *db.Tx, agencyID, id string) (Interpreter, error) {
	i, err := scanPerson(tx.Row(personStmt, id).Scan)
	if db.NoRows(err) || err == nil && i.AgencyID != agencyID {
		return Interpreter{}, errNotFound
	}
	return i, fault.Wrap(err, "interpreter", id)
}

func people(tx *db.Tx, agencyID string) ([]Interpreter, error) {
	return db.All(tx, peopleStmt, scanPerson, agencyID)
}

// hoursOf reads the hours of single days, "mon=540-720 fri=600-660".
func hoursOf(text string) map[string]Span {
	out := map[string]Span{}
	for _, one := range strings.Fields(text) {
		day, span, _ := strings.Cut(one, "=")
		from, to, _ := strings.Cut(span, "-")
		var h Span
		h.From, _ = strconv.Atoi(from)
		h.To, _ = strconv.Atoi(to)
		out[day] = h
	}
	return out
}

// hours is what hoursOf reads.
func (i Interpreter) hours() string {
	var out []string
	for _, day := range Days {
		if h, other := i.Hours[day]; other {
			out = append(out, day+"="+strconv.Itoa(h.From)+"-"+strconv.Itoa(h.To))
		}
	}
	return strings.Join(out, " ")
}

func (i Interpreter) lists() [4]string {
	return [4]string{strings.Join(i.Languages, " "), strings.Join(i.Training, " "), strings.Join(i.Channels, " "), strings.Join(i.Days, " ")}
}

func insertPerson(tx *db.Tx, i Interpreter) error {
	l := i.lists()
	_, err := tx.Exec(personInsertStmt, i.ID, i.AgencyID, i.UserID, i.Name, i.Phone, i.Gender, l[0], l[1], l[2], l[3], i.From, i.To, clock.Millis(i.Away), clock.Millis(i.Back), i.hours())
	return err
}

// updatePerson writes over the version that was shown. Errors: fault.Stale.
func updatePerson(tx *db.Tx, i Interpreter) error {
	l := i.lists()
	n, err := tx.Exec(personUpdateStmt, i.UserID, i.Name, i.Phone, i.Gender, l[0], l[1], l[2], l[3], i.From, i.To, clock.Millis(i.Away), clock.Millis(i.Back), i.hours(), i.ID, i.Version)
	if err == nil && n != 1 {
		err = fault.New(fault.Stale, "interpret.error.stale")
	}
	return err
}

func scanBooking(scan func(...any) error) (b Booking, err error) {
	var at, ends, stateAt, asked, cleared int64
	var conflicts string
	err = scan(&b.ID, &b.InterpreterID, &b.CaseID, &b.AgencyID, &b.EntryID, &b.Language, &b.Channel, &at, &ends, &b.State, &stateAt, &b.UserID, &conflicts, &asked, &cleared, &b.Version)
	b.At, b.End, b.StateAt, b.Asked, b.Cleared = clock.Time(at), clock.Time(ends), clock.Time(stateAt), clock.Time(asked), clock.Time(cleared)
	b.Conflicts = map[string]string{}
	for _, one := range strings.Fields(conflicts) {
		question, answer, _ := strings.Cut(one, "=")
		b.Conflicts[question] = answer
	}
	return b, err
}

func bookings(tx *db.Tx, s *db.Stmt, args ...any) ([]Booking, error) {
	return db.All(tx, s, scanBooking, args...)
}

// bookingByID finds a booking. Errors: fault.NotFound.
func bookingByID(tx *db.Tx, id string) (Booking, error) {
	b, err := scanBooking(tx.Row(bookingStmt, id).Scan)
	if db.NoRows(err) {
		return b, errNotFound
	}
	return b, fault.Wrap(err, "booking", id)
}

// insertBooking is false when the button was pressed twice.
func insertBooking(tx *db.Tx, b Booking) (bool, error) {
	var conflicts []string
	for _, c := range Conflicts {
		conflicts = append(conflicts, c+"="+b.Conflicts[c])
	}
	n, err := tx.Exec(bookingInsertStmt, b.ID, b.InterpreterID, b.CaseID, b.AgencyID, b.EntryID, b.Language, b.Channel, clock.Millis(b.At), clock.Millis(b.End), string(b.State), clock.Millis(b.StateAt), b.UserID, strings.Join(conflicts, " "), clock.Millis(b.Asked), clock.Millis(b.Cleared))
	return n == 1, err
}

func updateBooking(tx *db.Tx, b Booking) error {
	n, err := tx.Exec(bookingSetStmt, string(b.State), clock.Millis(b.StateAt), clock.Millis(b.At), clock.Millis(b.End), clock.Millis(b.Cleared), b.ID, b.Version)
	if err == nil && n != 1 {
		err = fault.New(fault.Stale, "interpret.error.over")
	}
	return err
}

// busy says whether an interpreter's time is taken by another booking than one.
func busy(tx *db.Tx, interpreterID, booking string, at, end time.Time) (bool, error) {
	n := 0
	err := tx.Row(busyStmt, interpreterID, clock.Millis(end), clock.Millis(at.Add(-longest)), clock.Millis(at), booking).Scan(&n)
	return n > 0, err
}
