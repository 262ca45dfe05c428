package talk

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"amelie/internal/casework"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/document"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/jobs"
	"amelie/internal/policy"
	"amelie/internal/web"
)

//go:embed policy.cedar
var policyText string

// Policy is who may do what with threads.
var Policy = policy.Source{Name: "talk", Text: policyText}

// Config is what the service is made of.
type Config struct {
	DB       *db.DB
	Policy   *policy.Engine
	Now      clock.Clock
	Cases    *casework.Service
	Agencies casework.Agencies
	// Notify tells a member that something waits, with not a word more.
	Notify func(tx *db.Tx, userID string) error
	// Parted is told, in the same transaction, that an agency left a thread or was
	// removed, as thread/agency, so that a restored backup does not bring it back;
	// nil: nobody is told.
	Parted func(tx *db.Tx, party string, at time.Time) error
}

// Service does what agencies do when they talk.
type Service struct{ Config }

// New makes the service. The engine of cfg must hold this package's Policy and
// the case file's.
func New(cfg Config) *Service {
	return &Service{cfg}
}

var (
	errNotFound = fault.New(fault.NotFound, "web.error.not-found")
	errEnded    = fault.New(fault.Conflict, "talk.error.ended")
	errServed   = fault.New(fault.Stale, "casework.error.served")
	errLater    = fault.Fields(fault.Field{Name: "text", Key: "talk.error.later"})
)

// tries of a write whose parties changed between preparing and writing.
const tries = 4

// draft is a thread as somebody is about to write into it.
type draft struct {
	row      Row
	agencies []string
	topic    string // of a new thread; "" : as it is
}

// change writes into a thread. Outside of any transaction it opens the key of the
// newest epoch, or begins the next, and calls seal; then, in one transaction, it
// makes sure that nothing changed meanwhile, writes the keys and calls act. All of
// them may be called again.
func (s *Service) change(ctx context.Context, v *web.Viewer, caseID, action string, find func(tx *db.Tx) (draft, error), seal func(*pen, footing) error, act func(tx *db.Tx, f footing) error) error {
	for range tries {
		was, p, err := s.prepare(ctx, v, caseID, action, find)
		if err != nil {
			return err
		}
		if err := seal(p, was); err != nil {
			return err
		}
		err = s.DB.Write(ctx, func(tx *db.Tx) error {
			d, err := find(tx)
			if err != nil {
				return err
			}
			now, err := s.stand(tx, v, d.row, caseID, d.agencies, action)
			if err != nil {
				return err
			}
			if !now.equal(was) {
				return errMoved
			}
			if err := p.write(tx, clock.Millis(s.Now())); err != nil {
				return err
			}
			return act(tx, now)
		})
		if !errors.Is(err, errMoved) {
			return err
		}
	}
	return fault.New(fault.Stale, "casework.error.busy")
}

func (s *Service) prepare(ctx context.Context, v *web.Viewer, caseID, action string, find func(tx *db.Tx) (draft, error)) (f footing, p *pen, err error) {
	var d draft
	var own keys
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if d, err = find(tx); err != nil {
			return err
		}
		if f, err = s.stand(tx, v, d.row, caseID, d.agencies, action); err != nil {
			return err
		}
		if err := f.going(); err != nil {
			return err
		}
		if !f.thread.Open {
			return errEnded
		}
		if own, err = s.open(tx, v, d.row.ID); err != nil || d.topic != "" {
			return err
		}
		d.topic, err = own.topicOf(f)
		return err
	})
	if err != nil {
		return f, nil, err
	}
	p, err = newPen(f, own, d.topic)
	return f, p, err
}

// stored is a thread as the database has it.
func stored(caseID, threadID string) func(tx *db.Tx) (draft, error) {
	return func(tx *db.Tx) (d draft, err error) {
		if d.row, err = threadByID(tx, caseID, threadID); err != nil {
			return d, err
		}
		parties, err := db.All(tx, partiesStmt, scanParty, threadID)
		for _, p := range parties {
			d.agencies = append(d.agencies, p.agency)
		}
		return d, err
	}
}

// Typed is a message as it was typed.
type Typed struct {
	Kind    Kind
	Text    string
	To      string          // who is asked; "": any other party
	Due     string          // a day, 2006-01-02; "": none
	Settles []string        // messages that it answers
	File    casework.Upload // without a body: none
	Once    string
}

// Beginning is a thread as somebody begins it.
type Beginning struct {
	Form    Form
	Topic   string
	With    []string // agencies besides the own
	MeetsAt string   // day and time of a conference, 2006-01-02T15:04
	Typed            // the first message; of a conference its agenda
}

// Start begins a thread and says its identifier. The agency whose case it is
// always takes part; another agency begins one with that alone, since it is not
// told who else there is.
// Errors: fault.Invalid with the fields; fault.NotFound for who may not know of
// the case.
//
// req: TALK-3
func (s *Service) Start(ctx context.Context, v *web.Viewer, caseID string, b Beginning) (string, error) {
	now := s.Now()
	d := draft{topic: strings.TrimSpace(b.Topic), row: Row{ID: id.New(), CaseID: caseID, Form: b.Form, Open: true, AgencyID: v.AgencyID, UserName: v.Name, Made: now, Changed: now}}
	if id.Valid(b.Once) {
		d.row.ID = b.Once
	}
	m, err := s.first(v, &d.row, b)
	if err != nil {
		return "", err
	}
	find := func(tx *db.Tx) (draft, error) {
		if there, err := known(tx, d.row.ID); there || err != nil { // pressed twice, or not the presser's
			return stored(caseID, d.row.ID)(tx)
		}
		in, others, err := casework.Circle(tx, caseID, s.Now())
		d.agencies = []string{v.AgencyID}
		for _, agency := range append([]string{in.AgencyID}, others...) {
			if agency != v.AgencyID && (agency == in.AgencyID || v.AgencyID == in.AgencyID && slices.Contains(b.With, agency)) {
				d.agencies = append(d.agencies, agency)
			}
		}
		return d, err
	}
	to := m.To
	seal := func(p *pen, f footing) error {
		if len(f.parties) < 2 {
			return fault.Fields(fault.Field{Name: "with", Key: "web.error.choose"})
		}
		if m.To = to; m.To == "" && m.Kind == Question && len(f.parties) == 2 {
			m.To = f.others(v.AgencyID)[0]
		}
		return p.seal(&m)
	}
	return d.row.ID, s.change(ctx, v, caseID, "thread.begin", find, seal, func(tx *db.Tx, f footing) error {
		n, err := d.row.insert(tx)
		if err == nil && n == 0 {
			err = s.begun(tx, v, f, d.topic, m)
		}
		if err != nil || n == 0 {
			return err
		}
		for _, p := range f.parties {
			if _, err := tx.Exec(partyInsertStmt, d.row.ID, p.agency, caseID, clock.Millis(now)); err != nil {
				return err
			}
			if p.agency != f.owner {
				if err := s.Cases.Happened(tx, v, caseID, "talk", "party", "", p.agency); err != nil {
					return err
				}
			}
		}
		return s.said(tx, v, f, m)
	})
}

// first checks what a thread is begun with, and makes its first message.
func (s *Service) first(v *web.Viewer, row *Row, b Beginning) (Message, error) {
	var wrong []fault.Field
	if b.Form != Thread && b.Form != Conference {
		wrong = append(wrong, fault.Field{Name: "form", Key: "web.error.choose"})
	}
	if n := utf8.RuneCountInString(strings.TrimSpace(b.Topic)); n == 0 {
		wrong = append(wrong, fault.Field{Name: "topic", Key: "web.error.empty"})
	} else if n > MaxTopic {
		wrong = append(wrong, fault.Field{Name: "topic", Key: "casework.error.long", Args: []any{"n", MaxTopic}})
	}
	b.Typed.Kind = Words
	switch {
	case b.Form == Conference:
		b.Typed.Kind, b.Typed.Due = Agenda, ""
		at, ok := s.moment(b.MeetsAt)
		if row.MeetsAt = at; !ok {
			wrong = append(wrong, fault.Field{Name: "meets", Key: "web.error.date"})
		}
	case b.Typed.Due != "":
		b.Typed.Kind = Question
	}
	m, bad := s.message(v, id.New(), b.Typed)
	return m, fault.Fields(append(wrong, bad...)...)
}

func (s *Service) moment(typed string) (time.Time, bool) {
	at, err := time.ParseInLocation("2006-01-02T15:04", typed, s.Cases.Here())
	return at.UTC(), err == nil
}

// message makes a message of what was typed, and says what is wrong with it. A day
// is over at its end.
func (s *Service) message(v *web.Viewer, messageID string, t Typed) (m Message, wrong []fault.Field) {
	m = Message{ID: messageID, Kind: t.Kind, UserID: v.UserID, UserName: v.Name, AgencyID: v.AgencyID, At: s.Now(), To: t.To}
	m.Text = strings.TrimSpace(t.Text)
	if m.Text == "" && len(t.File.Body) == 0 {
		wrong = append(wrong, fault.Field{Name: "text", Key: "web.error.empty"})
	} else if utf8.RuneCountInString(m.Text) > MaxText {
		wrong = append(wrong, fault.Field{Name: "text", Key: "casework.error.long", Args: []any{"n", MaxText}})
	}
	if !m.Kind.Asks() {
		m.To = ""
		return m, wrong
	}
	m.Standing = Waiting
	if t.Due != "" {
		day, err := time.ParseInLocation(time.DateOnly, t.Due, s.Cases.Here())
		if err != nil {
			wrong = append(wrong, fault.Field{Name: "due", Key: "web.error.date"})
		}
		m.Due = day.AddDate(0, 0, 1).Add(-time.Minute).UTC()
	}
	return m, wrong
}

// kindsOf are what can be written into a thread, besides its first message.
func kindsOf(f Form) []Kind {
	if f == Conference {
		return []Kind{Words, Question, Decision, Minutes}
	}
	return []Kind{Words, Question}
}

// Write adds a message, and settles what it answers.
// Errors: fault.Invalid with the fields; fault.Conflict when the thread or the
// case is over.
//
// req: TALK-1, TALK-2
func (s *Service) Write(ctx context.Context, v *web.Viewer, caseID, threadID string, t Typed) error {
	messageID := id.New()
	if id.Valid(t.Once) {
		messageID = t.Once
	}
	m, wrong := s.message(v, messageID, t)
	if err := fault.Fields(wrong...); err != nil {
		return err
	}
	var body []byte
	var err error
	if len(t.File.Body) > 0 {
		if m.File, body, err = t.File.Take(); err != nil {
			return err
		}
	}
	var chunks [][]byte
	to := m.To
	seal := func(p *pen, f footing) error {
		m.To = to // an earlier try may have named who took part then
		if err := m.fits(f); err != nil {
			return err
		}
		var err error
		chunks, err = document.Seal(body, func(n int, piece []byte) ([]byte, error) { return p.key.Seal(piece, chunkPlace(threadID, m.ID, n)) })
		if err != nil {
			return err
		}
		return p.seal(&m)
	}
	return s.change(ctx, v, caseID, "thread.write", stored(caseID, threadID), seal, func(tx *db.Tx, f footing) error {
		if was, err := scanMessage(tx.Row(messageStmt, m.ID, threadID).Scan); !db.NoRows(err) {
			return cmp.Or(err, s.twice(tx, v, threadID, was, m))
		}
		for n, env := range chunks {
			if _, err := tx.Exec(chunkInsertStmt, m.ID, n, threadID, env); err != nil {
				return err
			}
		}
		for _, other := range t.Settles {
			if err := s.settle(tx, v, f, other, Settle); err != nil && fault.KindOf(err) != fault.Conflict {
				return err
			}
		}
		return s.said(tx, v, f, m)
	})
}

// twice says what it means that there is a message with the token of a form: the
// same button pressed twice. Other words that come with a token that served are
// never dropped in silence. Errors: fault.Stale "casework.error.served".
//
// req: CASE-5
func (s *Service) twice(tx *db.Tx, v *web.Viewer, threadID string, was, m Message) error {
	own, err := s.open(tx, v, threadID)
	if err != nil {
		return err
	}
	if own[was.epoch] != nil && was.UserID == m.UserID && was.Kind == m.Kind && was.To == m.To && was.Due.Equal(m.Due) {
		said, err := own.content(threadID, was)
		if err != nil || said.same(m.Content) {
			return err
		}
	}
	return errServed
}

// same says whether two contents say the same.
func (c Content) same(o Content) bool {
	if c.File == nil || o.File == nil {
		return c.Text == o.Text && c.File == o.File
	}
	return c.Text == o.Text && *c.File == *o.File
}

// begun is twice for a thread: the same topic and the same first message.
//
// req: CASE-5
func (s *Service) begun(tx *db.Tx, v *web.Viewer, f footing, topic string, m Message) error {
	own, err := s.open(tx, v, f.thread.ID)
	if err != nil {
		return err
	}
	said, err := own.topicOf(f)
	if err != nil {
		return err
	}
	all, err := every(tx, f.thread.ID)
	if err == nil && (len(all) == 0 || said != topic) {
		err = errServed
	}
	if err != nil {
		return err
	}
	return s.twice(tx, v, f.thread.ID, all[0], m)
}

// fits says whether a message can be written into this thread, and to whom a
// question without a name goes.
func (m *Message) fits(f footing) error {
	if !slices.Contains(kindsOf(f.thread.Form), m.Kind) {
		return fault.Fields(fault.Field{Name: "kind", Key: "web.error.choose"})
	}
	others := f.others(m.AgencyID)
	switch {
	case m.Kind == Question && m.To == "" && len(others) == 1:
		m.To = others[0]
	case m.Kind == Decision && m.To == "", m.To != "" && !f.has(m.To), m.Kind == Question && m.To == m.AgencyID:
		return fault.Fields(fault.Field{Name: "to", Key: "web.error.choose"})
	}
	return nil
}

// said writes a message and everything that follows from it.
func (s *Service) said(tx *db.Tx, v *web.Viewer, f footing, m Message) error {
	if n, err := m.insert(tx, f.thread.ID); err != nil {
		return err
	} else if n == 0 { // the token served in another thread
		return errServed
	}
	now := clock.Millis(m.At)
	if _, err := tx.Exec(threadTouchStmt, now, f.thread.ID); err != nil {
		return err
	}
	if _, err := tx.Exec(seenPutStmt, f.thread.ID, v.UserID, v.Name, v.AgencyID, now); err != nil {
		return err
	}
	if m.Kind == Minutes { // who writes them agrees to them
		if _, err := tx.Exec(agreeStmt, m.ID, v.AgencyID, f.thread.ID, v.Name, now); err != nil {
			return err
		}
	}
	if err := s.tell(tx, f, v.UserID); err != nil {
		return err
	}
	if err := s.remind(tx, f.thread, m); err != nil {
		return err
	}
	return s.moved(tx, v, f, string(m.Kind), "")
}

// moved notes in the case that something happened in a thread, and what is due
// next.
func (s *Service) moved(tx *db.Tx, v *web.Viewer, f footing, action, other string) error {
	if err := s.Cases.Happened(tx, v, f.thread.CaseID, "talk", action, "", other); err != nil {
		return err
	}
	var due int64
	if err := tx.Row(dueStmt, f.thread.CaseID, f.owner, f.owner, f.thread.CaseID).Scan(&due); err != nil {
		return err
	}
	return s.Cases.SetDue(tx, f.thread.CaseID, "talk", clock.Time(due))
}

// messageOf finds a message that the viewer's agency can open.
func (s *Service) messageOf(tx *db.Tx, v *web.Viewer, threadID, messageID string) (Message, error) {
	m, err := scanMessage(tx.Row(messageStmt, messageID, threadID).Scan)
	if db.NoRows(err) {
		return m, errNotFound
	}
	if err != nil {
		return m, err
	}
	wraps, err := db.All(tx, wrapsStmt, scanWrap, threadID, v.AgencyID)
	if err == nil && !slices.ContainsFunc(wraps, func(w wrapRow) bool { return w.epoch == m.epoch }) {
		err = errNotFound
	}
	return m, err
}

func (s *Service) settle(tx *db.Tx, v *web.Viewer, f footing, messageID string, a Act) error {
	m, err := s.messageOf(tx, v, f.thread.ID, messageID)
	if err != nil {
		return err
	}
	next, err := m.Next(a, v.AgencyID)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(settleStmt, string(next), clock.Millis(s.Now()), v.Name, m.ID); err != nil {
		return err
	}
	return s.moved(tx, v, f, string(a), "")
}

// within does something to a thread that needs no key, in one transaction.
func (s *Service) within(ctx context.Context, v *web.Viewer, caseID, threadID, action string, act func(tx *db.Tx, f footing) error) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		d, err := stored(caseID, threadID)(tx)
		if err != nil {
			return err
		}
		f, err := s.stand(tx, v, d.row, caseID, d.agencies, action)
		if err != nil {
			return err
		}
		return act(tx, f)
	})
}

// Settle says that a question was answered or a decision carried out, that it is
// no longer needed, or that it is not done after all.
// Errors: fault.Conflict when somebody was faster.
func (s *Service) Settle(ctx context.Context, v *web.Viewer, caseID, threadID, messageID string, a Act) error {
	return s.within(ctx, v, caseID, threadID, "thread.write", func(tx *db.Tx, f footing) error {
		if err := f.going(); err != nil {
			return err
		}
		return s.settle(tx, v, f, messageID, a)
	})
}

// Agree says for the viewer's agency that minutes are right. Only the newest can
// be agreed to.
func (s *Service) Agree(ctx context.Context, v *web.Viewer, caseID, threadID, messageID string) error {
	return s.within(ctx, v, caseID, threadID, "thread.write", func(tx *db.Tx, f footing) error {
		if err := f.going(); err != nil {
			return err
		}
		m, err := s.messageOf(tx, v, threadID, messageID)
		if err != nil {
			return err
		}
		last, err := lastMinutes(tx, threadID)
		if err != nil {
			return err
		}
		if m.Kind != Minutes || last != m.ID {
			return fault.New(fault.Conflict, "talk.error.minutes")
		}
		if n, err := tx.Exec(agreeStmt, m.ID, v.AgencyID, threadID, v.Name, clock.Millis(s.Now())); err != nil || n == 0 {
			return err
		}
		return s.moved(tx, v, f, "agree", "")
	})
}

// Add makes another agency a party, which reads what is written from now on.
// Errors: fault.Invalid when it has no part of the file.
//
// req: TALK-1, TALK-3
func (s *Service) Add(ctx context.Context, v *web.Viewer, caseID, threadID, agency string) error {
	find := func(tx *db.Tx) (draft, error) {
		d, err := stored(caseID, threadID)(tx)
		if err == nil && !slices.Contains(d.agencies, v.AgencyID) { // nobody brings in the own agency
			err = errNotFound
		}
		if !slices.Contains(d.agencies, agency) {
			d.agencies = append(d.agencies, agency)
		}
		return d, err
	}
	seal := func(_ *pen, f footing) error {
		if !f.has(agency) {
			return fault.Fields(fault.Field{Name: "agency", Key: "web.error.choose"})
		}
		return nil
	}
	return s.change(ctx, v, caseID, "thread.admit", find, seal, func(tx *db.Tx, f footing) error {
		n, err := tx.Exec(partyInsertStmt, threadID, agency, caseID, clock.Millis(s.Now()))
		if err != nil || n == 0 {
			return err
		}
		return s.moved(tx, v, f, "party", agency)
	})
}

// Remove ends the part of another agency in a thread.
//
// req: TALK-1
func (s *Service) Remove(ctx context.Context, v *web.Viewer, caseID, threadID, agency string) error {
	return s.within(ctx, v, caseID, threadID, "thread.admit", func(tx *db.Tx, f footing) error {
		if agency == f.owner || !f.has(agency) {
			return nil
		}
		return s.part(tx, v, f, agency)
	})
}

// Leave ends the part of the viewer's own agency.
func (s *Service) Leave(ctx context.Context, v *web.Viewer, caseID, threadID string) error {
	return s.within(ctx, v, caseID, threadID, "thread.leave", func(tx *db.Tx, f footing) error {
		return s.part(tx, v, f, v.AgencyID)
	})
}

func (s *Service) part(tx *db.Tx, v *web.Viewer, f footing, agency string) error {
	if err := drop(tx, f.thread.ID, agency, clock.Millis(s.Now())); err != nil {
		return err
	}
	if s.Parted != nil {
		if err := s.Parted(tx, f.thread.ID+"/"+agency, s.Now()); err != nil {
			return err
		}
	}
	return s.moved(tx, v, f, "parted", agency)
}

// End closes a thread for writing, or opens it again.
func (s *Service) End(ctx context.Context, v *web.Viewer, caseID, threadID string, end bool) error {
	return s.within(ctx, v, caseID, threadID, "thread.steer", func(tx *db.Tx, f footing) error {
		if f.thread.Open != end {
			return nil
		}
		open, action := 1, "resume"
		if end {
			open, action = 0, "end"
		}
		if _, err := tx.Exec(threadOpenStmt, open, threadID); err != nil {
			return err
		}
		return s.moved(tx, v, f, action, "")
	})
}

// Meet moves the day of a conference.
func (s *Service) Meet(ctx context.Context, v *web.Viewer, caseID, threadID, typed string) error {
	at, ok := s.moment(typed)
	if !ok {
		return fault.Fields(fault.Field{Name: "meets", Key: "web.error.date"})
	}
	return s.within(ctx, v, caseID, threadID, "thread.steer", func(tx *db.Tx, f footing) error {
		if err := f.going(); err != nil {
			return err
		}
		if f.thread.Form != Conference || f.thread.MeetsAt.Equal(at) {
			return nil
		}
		if _, err := tx.Exec(threadMeetStmt, clock.Millis(at), threadID); err != nil {
			return err
		}
		if err := s.tell(tx, f, v.UserID); err != nil {
			return err
		}
		return s.moved(tx, v, f, "meet", "")
	})
}

// Forget deletes what is stored of a case that is erased.
func (s *Service) Forget(tx *db.Tx, caseID string) error {
	if err := unplan(tx, caseID); err != nil {
		return err
	}
	for _, stmt := range forgetStmts {
		if _, err := tx.Exec(stmt, caseID); err != nil {
			return err
		}
	}
	return nil
}

// EndAgain takes back what a restored backup gave to an agency that has no part of
// the case any more: share is what casework.Ended was told.
//
// req: RESTORE-1
func EndAgain(tx *db.Tx, share string, now time.Time) error {
	caseID, rest, _ := strings.Cut(share, "/")
	agency, _, _ := strings.Cut(rest, "/")
	_, others, err := casework.Circle(tx, caseID, now)
	if err != nil || slices.Contains(others, agency) {
		return err
	}
	return lostIn(tx, caseID, agency, clock.Millis(now))
}

// PartAgain ends again what a restored backup brought back: party is what
// Config.Parted was told, and when. Who was made a party after that stays one.
//
// req: RESTORE-1
func PartAgain(tx *db.Tx, party string, at time.Time) (bool, error) {
	threadID, agency, _ := strings.Cut(party, "/")
	parties, err := db.All(tx, partiesStmt, scanParty, threadID)
	if err != nil || !slices.ContainsFunc(parties, func(p partyRow) bool { return p.agency == agency && !p.since.After(at) }) {
		return false, err
	}
	return true, drop(tx, threadID, agency, clock.Millis(at))
}

// Handle registers the jobs.
func (s *Service) Handle(r *jobs.Runner) {
	r.Handle(jobNotice, s.notify)
	r.Handle(jobRemind, s.reminder)
}
