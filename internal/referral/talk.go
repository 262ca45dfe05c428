package referral

import (
	"context"
	"slices"
	"time"

	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/document"
	"amelie/internal/fault"
	"amelie/internal/jobs"
	"amelie/internal/vault"
	"amelie/internal/web"
)

// What the two sides write to each other while a referral is under way: files
// beside words, the day until which an answer is asked for, and how far the other
// side has read.

// Owed says which side is asked to answer until when; zero: nobody by a day.
type Owed struct {
	Side Side
	By   time.Time
}

// other is the one at the other end.
func (s Side) other() Side {
	if s == Sender {
		return Receiver
	}
	return Sender
}

// After is what is owed after side did action, which brought the referral to state
// s; by is the day that the action asks for, zero for none. Whatever the asked side
// does besides opening is its answer; a further word of who asked takes nothing
// back.
func (o Owed) After(action Action, side Side, s State, by time.Time) Owed {
	switch {
	case Over(s):
		return Owed{}
	case action == Ask && !by.IsZero():
		return Owed{side.other(), by}
	case action != Open && side == o.Side:
		return Owed{}
	}
	return o
}

// FarthestAnswer is how long from now an answer can be asked for.
const FarthestAnswer = 90 * 24 * time.Hour

// checkTalk says what is wrong with the day and the file of a message.
//
// req: FILE-2
func (d Deed) checkTalk(r stored, v *web.Viewer, now time.Time) error {
	var wrong []fault.Field
	switch {
	case d.By.IsZero():
	case d.Action != Ask, r.Kind != Referral:
		wrong = append(wrong, fault.Field{Name: "by", Key: "referral.error.by-question"})
	case !d.By.After(now), d.By.After(now.Add(FarthestAnswer)):
		wrong = append(wrong, fault.Field{Name: "by", Key: "referral.error.by"})
	}
	switch {
	case len(d.File.Raw) == 0:
	case d.Action != Ask && d.Action != Reply, !takesFiles(r, v):
		wrong = append(wrong, fault.Field{Name: "file", Key: "referral.error.file-not-here"})
	case !d.File.Agreed:
		wrong = append(wrong, fault.Field{Name: "agreed", Key: "referral.error.file-agreed"})
	}
	return fault.Fields(wrong...)
}

// takesFiles says whether the viewer can add a file to what is written about a
// referral. An enquiry names nobody, and a picture can; where the other side is told
// by telephone nobody there could open it; who came through a letter reads files and
// sends none.
//
// req: FILE-2
func takesFiles(r stored, v *web.Viewer) bool {
	return r.Kind == Referral && !r.Way().Told() && !isGuest(v)
}

// Handed is a file as it is handed in with a message.
type Handed struct {
	Name   string
	Raw    []byte
	Agreed bool // the person agreed to it, or it says nothing about the person
}

// take judges the file of a message. Its name stays with who sent it, as that of a
// file of the packet does, and a picture is drawn anew.
//
// req: FILE-1
func (h Handed) take() (*document.File, []byte, error) {
	if len(h.Raw) == 0 {
		return nil, nil, nil
	}
	f, body, err := document.Take(h.Name, h.Raw, document.IsPicture(h.Raw))
	if err != nil {
		return nil, nil, err
	}
	f.Name = ""
	return f, body, nil
}

// chunkPlace is where a piece of a file belongs; it lies under the message's key, so
// that whatever ends the message's wraps ends the file.
func chunkPlace(referralID, messageID string, n int) vault.Binding {
	return vault.Binding{Field: sealChunk, Row: messageID + "/" + itoa(n), Scope: referralID}
}

// openAttached opens the file of a message that the viewer's side can open.
//
// req: CONSENT-5
func (s *Service) openAttached(ctx context.Context, v *web.Viewer, id string, m Message) (body []byte, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if _, err := s.rowFor(tx, v, id, "referral.read"); err != nil {
			return err
		}
		w := wrapped{object: m.ID}
		if err := tx.Row(wrapStmt, m.ID, v.AgencyID).Scan(&w.keyID, &w.env); err != nil {
			return notFound()
		}
		key, err := s.opener(v).open(tx, w.object, w.keyID, w.env)
		if err != nil {
			return err
		}
		chunks, err := db.All(tx, chunksStmt, func(scan func(...any) error) (env []byte, err error) { return env, scan(&env) }, m.ID, id)
		if err != nil {
			return err
		}
		body, err = document.Open(chunks, func(n int, env []byte) ([]byte, error) { return key.Open(env, chunkPlace(id, m.ID, n)) })
		return err
	})
	if err != nil {
		return nil, fault.Wrap(err, "open file of message", m.ID)
	}
	return body, m.File.Whole(body)
}

// seenRow is how far a member has read.
type seenRow struct {
	user, name, agency string
	upto               time.Time
}

func scanSeen(scan func(...any) error) (r seenRow, err error) {
	var upto int64
	err = scan(&r.user, &r.name, &r.agency, &upto)
	r.upto = clock.Time(upto)
	return r, err
}

// readBy says of each message who of the other side has read it, and how far the
// viewer had read before.
func (s *Service) readBy(tx *db.Tx, v *web.Viewer, r stored, out *Shown) error {
	rows, err := db.All(tx, seenStmt, scanSeen, r.ID)
	if err != nil {
		return err
	}
	there := r.ToAgency
	if out.Side == Receiver {
		there = r.FromAgency
	}
	theirs := map[string]bool{}
	err = tx.Each(objectsStmt, func(scan func(...any) error) error {
		var object string
		err := scan(&object)
		theirs[object] = true
		return err
	}, r.ID, there)
	for i := range out.Words {
		m := &out.Words[i]
		if m.Side != out.Side || !theirs[m.ID] {
			continue
		}
		for _, one := range rows {
			if one.agency == there && !one.upto.Before(m.At) {
				m.ReadBy = append(m.ReadBy, one.name)
			}
		}
	}
	out.seen = time.Time{}
	for _, one := range rows {
		if one.user == v.UserID {
			out.seen = one.upto
		}
	}
	return err
}

// saw notes how far the viewer has read what the other side wrote.
//
// req: READING-2
func (s *Service) saw(ctx context.Context, v *web.Viewer, out *Shown) error {
	var last time.Time
	for _, m := range out.Words {
		if m.Side != out.Side && m.At.After(last) {
			last = m.At
		}
	}
	if !last.After(out.seen) {
		return nil
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(seenPutStmt, out.ID, v.UserID, openName(v), v.AgencyID, clock.Millis(last))
		return err
	})
}

// asked is the payload of a reminder of an answer that is owed.
type asked struct {
	Referral string
	By       int64 // the day that it was planned for, ms UTC
	Late     bool
}

// morning is when on the last day who owes an answer is reminded: days end a minute
// before midnight, so this is about eight.
const morning = 16 * time.Hour

// planAnswer writes the reminders of a day until which an answer is asked for.
func planAnswer(tx *db.Tx, r stored) error {
	if r.Owed.By.IsZero() {
		return nil
	}
	a := asked{Referral: r.ID, By: clock.Millis(r.Owed.By)}
	if err := jobs.Enqueue(tx, jobAnswer, r.ID+"/day", r.Owed.By.Add(-morning), a); err != nil {
		return err
	}
	a.Late = true
	return jobs.Enqueue(tx, jobAnswer, r.ID+"/late", r.Owed.By, a)
}

// remindAnswer reminds who owes an answer on its last day, and afterwards tells who
// asked that it has not come.
func (s *Service) remindAnswer(ctx context.Context, j jobs.Job) error {
	var a asked
	if err := j.Decode(&a); err != nil {
		return jobs.Permanent(err)
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := s.remindOwed(tx, a); err != nil && fault.KindOf(err) != fault.NotFound {
			return fault.Wrap(err, "remind of an answer", a.Referral)
		}
		return j.Done(tx)
	})
}

func (s *Service) remindOwed(tx *db.Tx, a asked) error {
	r, err := rowByID(tx, a.Referral)
	if err != nil || clock.Millis(r.Owed.By) != a.By {
		return err // answered, or another day was named
	}
	side, notice, code := r.Owed.Side, "reminder", "answer"
	if a.Late {
		side, notice, code = side.other(), "overdue", "answer-late"
	}
	if err := happened(tx, r, nil, Clock, "remind", code, s.Now()); err != nil {
		return err
	}
	if side == Sender {
		return s.tellSender(tx, r, notice, "")
	}
	return s.tellDesk(tx, r.ToAgency, notice, "")
}

// attached finds the message whose file has this identifier.
func attached(words []Message, id string) (Message, bool) {
	i := slices.IndexFunc(words, func(m Message) bool { return m.ID == id && m.File != nil })
	if i < 0 {
		return Message{}, false
	}
	return words[i], true
}
