package referral

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/document"
	"amelie/internal/fault"
	"amelie/internal/jobs"
	"amelie/internal/vault"
	"amelie/internal/web"
)

// MaxWords is how long a message may be, in characters.
const MaxWords = 4000

// Deed is what someone does on the page of a referral.
type Deed struct {
	Action  Action
	Version int64  // of the referral that was shown
	Code    string // reason of a decline, outcome of a close
	Text    string // sealed
	When    time.Time
	Hours   int       // for which an offer is held, of Holds; enquiries only
	Terms   []string  // coded conditions of an offer
	By      time.Time // a day by which a question wants its answer; zero: none is named
	File    Handed
	Once    string
}

// check says what is missing.
func (d Deed) check() error {
	var wrong []fault.Field
	switch d.Action {
	case Decline:
		if !slices.Contains(DeclineReasons, d.Code) {
			wrong = append(wrong, fault.Field{Name: "code", Key: "referral.error.reason"})
		}
	case Close:
		if !slices.Contains(Outcomes, d.Code) {
			wrong = append(wrong, fault.Field{Name: "code", Key: "referral.error.outcome"})
		}
	case Ask, Reply:
		if strings.TrimSpace(d.Text) == "" && len(d.File.Raw) == 0 {
			wrong = append(wrong, fault.Field{Name: "text", Key: "referral.error.empty"})
		}
	case Appoint:
		if d.When.IsZero() {
			wrong = append(wrong, fault.Field{Name: "when", Key: "referral.error.when"})
		}
	case Accept, HandOver, Open:
	default:
		return fault.New(fault.Conflict, "referral.error.state")
	}
	if utf8.RuneCountInString(d.Text) > MaxWords {
		wrong = append(wrong, fault.Field{Name: "text", Key: "referral.error.long", Args: []any{"n", MaxWords}})
	}
	return fault.Fields(wrong...)
}

// checkOffer says what is missing in the answer to an enquiry.
func (d Deed) checkOffer(r stored) error {
	if r.Kind != Enquiry || d.Action != Accept || r.Way().Told() { // what is told by telephone is in no round
		return nil
	}
	var wrong []fault.Field
	if !slices.Contains(Holds, d.Hours) && (d.Hours != 0 || r.Way() != ByLink) { // of a guest who named no time, see UsualHold
		wrong = append(wrong, fault.Field{Name: "hours", Key: "enquiry.error.hold"})
	}
	for _, t := range d.Terms {
		if !slices.Contains(Terms, t) {
			wrong = append(wrong, fault.Field{Name: "terms", Key: "referral.error.option"})
		}
	}
	return fault.Fields(wrong...)
}

// need is the policy's word for an action.
func need(a Action, side Side) string {
	switch {
	case a == Ask || a == Reply:
		return "referral.write"
	case side == Sender:
		return "referral.end"
	}
	return "referral.answer"
}

// needOf is need, and the word for recording what was told by telephone.
func needOf(r stored, a Action, by Side) string {
	if _, side, err := nextOf(r, a, by); err == nil && side != by {
		return "referral.told"
	}
	return need(a, by)
}

// shownTo says which agencies may open what is written with an action. What
// happens after acceptance is the sender's to know only with feedback.
//
// req: FEEDBACK-2
func shownTo(r stored, a Action, side Side) []string {
	if r.Way().Told() { // nobody there has a key
		return []string{r.FromAgency}
	}
	after := slices.Contains([]Action{Appoint, HandOver, Close}, a) ||
		a == Reply && slices.Contains([]State{Accepted, Appointment, HandedOver}, r.State)
	if side == Receiver && after && !r.Feedback {
		return []string{r.ToAgency}
	}
	return []string{r.FromAgency, r.ToAgency}
}

// onceAct is where db.Once keeps the deeds that were done.
const onceAct = "referral.act"

func onceOf(v *web.Viewer, d Deed) string { return v.UserID + "/" + d.Once }

// Act does what the deed says, once, if nobody was faster. Pressed twice it
// answers the same.
// Errors: fault.Stale when the referral changed after it was shown;
// fault.Conflict when the state does not allow it; fault.NotFound for those
// who may not know of it.
func (s *Service) Act(ctx context.Context, v *web.Viewer, id string, d Deed) error {
	var r stored
	var side Side // for whom is spoken
	var to []recipient
	var packet *Packet // of an enquiry, for the counts
	var done bool
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		if done, err = db.Seen(tx, onceAct, onceOf(v, d)); err != nil || done {
			return err
		}
		if r, err = s.permitted(tx, v, id, d.Action); err != nil {
			return err
		}
		if _, side, err = nextOf(r, d.Action, sideOf(v, r)); err != nil {
			return err
		}
		if packet, err = s.packetToCount(tx, v, r, d.Action); err != nil {
			return err
		}
		to, err = s.recipients(tx, shownTo(r, d.Action, side)...)
		return err
	})
	if err != nil || done {
		return err
	}
	if err := d.check(); err != nil {
		return err
	}
	if err := d.checkOffer(r); err != nil {
		return err
	}
	if err := d.checkTalk(r, v, s.Now()); err != nil {
		return err
	}
	if d.Action == Open && !r.Way().Told() { // elsewhere it is opened by being read
		return fault.New(fault.Conflict, "referral.error.state")
	}
	now := s.Now()
	m, err := d.message(v, id, side, to, now)
	if err != nil {
		return err
	}
	return fault.Wrap(s.DB.Write(ctx, func(tx *db.Tx) error {
		if d.Once != "" {
			if first, err := db.Once(tx, onceAct, onceOf(v, d), now); err != nil || !first {
				return err
			}
		}
		r, err := s.permitted(tx, v, id, d.Action)
		if err != nil {
			return err
		}
		if d.Version != 0 && d.Version != r.Version {
			return fault.New(fault.Stale, "referral.error.stale")
		}
		if m != nil {
			if err := s.storeMessage(tx, m); err != nil {
				return err
			}
		}
		next, _, err := nextOf(r, d.Action, sideOf(v, r))
		if err != nil {
			return err
		}
		if err := s.owe(tx, &r, d, side, next); err != nil {
			return err
		}
		if err := s.move(tx, v, r, next, d.Action, side, d.Code); err != nil || r.Kind != Enquiry {
			return err
		}
		return s.enquiryMoved(tx, v, r, d, packet, now)
	}), string(d.Action), id)
}

// message seals what was written with a deed; nil when that is nothing.
func (d Deed) message(v *web.Viewer, id string, side Side, to []recipient, now time.Time) (*message, error) {
	file, body, err := d.File.take()
	if err != nil {
		return nil, err
	}
	w := words{Text: strings.TrimSpace(d.Text), When: clock.Millis(d.When), Terms: d.Terms, Until: clock.Millis(d.By), File: file, body: body}
	if w.Text == "" && d.When.IsZero() && len(d.Terms) == 0 && file == nil && !isGuest(v) {
		return nil, nil
	}
	return sealWords(id, side, v, string(d.Action), w, to, now)
}

// owe notes until when which side is asked to answer, and plans its reminders.
func (s *Service) owe(tx *db.Tx, r *stored, d Deed, side Side, next State) error {
	was := r.Owed
	r.Owed = was.After(d.Action, side, next, d.By)
	if r.Owed == was {
		return nil
	}
	return planAnswer(tx, *r)
}

// permitted reads a referral and asks the policy and the flow. Policy first:
// who may not know of it must not learn its state.
func (s *Service) permitted(tx *db.Tx, v *web.Viewer, id string, a Action) (stored, error) {
	r, err := s.rowFor(tx, v, id, "referral.know")
	if err != nil {
		return r, err
	}
	if err := s.require(v, needOf(r, a, sideOf(v, r)), r); err != nil {
		return r, err
	}
	_, _, err = nextOf(r, a, sideOf(v, r))
	return r, err
}

// move changes the state, and writes everything that follows from it.
func (s *Service) move(tx *db.Tx, v *web.Viewer, r stored, next State, a Action, side Side, code string) error {
	now := s.Now()
	if next != r.State {
		r.State, r.StateAt = next, now
	}
	if FirstAnswer(a, side) && r.AnsweredAt.IsZero() {
		r.AnsweredAt = now
	}
	switch a {
	case Decline:
		r.Reason = code
	case Close:
		r.Outcome = code
	}
	r.Turn = string(TurnAfter(a, side, r.State))
	undecided := r.State == Sent || r.State == Received
	switch {
	case side == Receiver && FirstAnswer(a, side):
		r.DueAt = time.Time{}
	case side == Sender && undecided && r.DueAt.IsZero(): // a question was answered: the decision is due again
		r.DueAt, r.Escalated = s.Deadlines.Due(r.Urgency, now), 0
		if err := s.plan(tx, r); err != nil {
			return err
		}
	case Over(r.State):
		r.DueAt = time.Time{}
	}
	if err := update(tx, r); err != nil {
		return err
	}
	if err := happened(tx, r, v, side, a, code, now); err != nil {
		return err
	}
	if err := over(tx, r); err != nil {
		return err
	}
	return s.announce(tx, v, r, a, side)
}

// announce notifies the other side, within what it may know.
func (s *Service) announce(tx *db.Tx, v *web.Viewer, r stored, a Action, side Side) error {
	if a == Open {
		return nil
	}
	if side == Sender {
		if a == Close {
			return nil
		}
		return s.tellDesk(tx, r.ToAgency, "question", v.UserID)
	}
	if !slices.Contains(shownTo(r, a, side), r.FromAgency) {
		return nil
	}
	return s.tellSender(tx, r, "answered", v.UserID)
}

// Shown is a referral as one viewer sees it.
type Shown struct {
	Row               // with the state as this viewer may see it
	Side      Side    //
	FromAgent string  // name of the sending agency
	ToAgent   string  // name of the receiving agency
	Open      bool    // the content is open in this answer
	Locked    bool    // the viewer's key is locked
	Ended     bool    // the viewer's agency has no access any more
	Packet    *Packet //
	Words     []Message
	Events    []EventRow
	Actions   []Action
	Children  []Row // where it was passed on to
	Readings  []Reading
	Review    bool // this viewer is the second person who reviews
	MayStop   bool // the reviewer may end it
	Personal  bool
	Letter    *LetterShown // the way to a receiver without an account, for its sender
	HeldUntil time.Time    // of an offer
	Files     bool         // the viewer can add one to a message
	Days      bool         // a question can want its answer by a day
	seen      time.Time    // how far the viewer had read before
}

// Message is an opened message.
type Message struct {
	ID   string
	At   time.Time
	Side Side
	Name string
	Kind string
	Text string
	When time.Time
	// Terms are the coded conditions of an offer.
	Terms  []string
	Until  time.Time // the day by which an answer is asked for
	File   *document.File
	ReadBy []string // members of the other side who have read it, by name
}

// Look shows a referral. When the desk opens the content for the first time,
// the referral is received from then on; who opened it and when is recorded.
// Errors: fault.NotFound for those who may not know of it.
func (s *Service) Look(ctx context.Context, v *web.Viewer, id string) (*Shown, error) {
	out, err := s.look(ctx, v, id)
	if err != nil || !out.Open {
		return out, err
	}
	if err := s.saw(ctx, v, out); err != nil || out.Side != Receiver {
		return out, err
	}
	fresh, err := s.opened(ctx, v, id)
	if err != nil {
		return nil, err
	}
	if fresh {
		return s.look(ctx, v, id)
	}
	return out, nil
}

// opened records that a member of the desk has the content before their eyes,
// once an hour and person. It tells whether anything changed.
//
// req: READING-1
func (s *Service) opened(ctx context.Context, v *web.Viewer, id string) (bool, error) {
	fresh := false
	name, err := s.sealName(ctx, v, id)
	if err != nil {
		return false, err
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		fresh = false
		r, err := s.permitted(tx, v, id, Open)
		if err != nil {
			return err
		}
		now := s.Now()
		n, err := tx.Exec(readingInsertStmt, id, v.UserID, now.Unix()/3600, openName(v), v.AgencyID, clock.Millis(now))
		if err != nil {
			return err
		}
		if n == 0 && r.State != Sent {
			return nil
		}
		fresh = true
		if name != nil {
			if err := s.storeMessage(tx, name); err != nil {
				return err
			}
		}
		next, err := Next(r.Kind, r.State, Open, Receiver)
		if err != nil {
			return err
		}
		if next == r.State { // a further reader: a line in the log, no new version
			return happened(tx, r, v, Receiver, Open, "", now)
		}
		return s.move(tx, v, r, next, Open, Receiver, "")
	})
	return fresh, fault.Wrap(err, "open", id)
}

func (s *Service) look(ctx context.Context, v *web.Viewer, id string) (*Shown, error) {
	out := &Shown{}
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		*out = Shown{}
		r, err := s.rowFor(tx, v, id, "referral.know")
		if err != nil {
			return err
		}
		out.Row, out.Side, out.Personal = r.Row, sideOf(v, r), r.Personal
		if out.FromAgent, err = s.Agencies.Name(tx, r.FromAgency); err != nil {
			return err
		}
		if out.ToAgent, err = s.Agencies.Name(tx, r.ToAgency); err != nil {
			return err
		}
		if err := s.timeline(tx, r, out); err != nil {
			return err
		}
		if err := s.content(tx, v, r, out); err != nil {
			return err
		}
		if err := s.letter(tx, v, r, out); err != nil {
			return err
		}
		if out.HeldUntil, err = heldUntil(tx, r); err != nil {
			return err
		}
		s.offer(v, r, out)
		return nil
	})
	return out, err
}

// timeline reads the events and what came after, as this side may see it.
func (s *Service) timeline(tx *db.Tx, r stored, out *Shown) error {
	out.Events, out.Children, out.Readings = nil, nil, nil
	hidden, opened := out.Side == Sender && !r.Feedback, false
	err := tx.Each(eventsStmt, func(scan func(...any) error) error {
		var e EventRow
		var at int64
		var side, action, to string
		if err := scan(&at, &side, &action, &to, &e.Code, &e.UserName, &e.Agency); err != nil {
			return err
		}
		e.At, e.Side, e.Action, e.To = clock.Time(at), Side(side), Action(action), State(to)
		// req: FEEDBACK-1
		if hidden && e.Side == Receiver && slices.Contains([]Action{Appoint, HandOver, Close, Reply}, e.Action) {
			return nil
		}
		if e.Action == Open { // later readers stand in the list of readings
			if opened {
				return nil
			}
			opened = true
		}
		out.Events = append(out.Events, e)
		return nil
	}, r.ID)
	if err != nil {
		return err
	}
	children, err := rows(tx, childrenStmt, r.ID)
	if err != nil {
		return err
	}
	for _, c := range children {
		if out.Side == Receiver || r.Feedback {
			out.Children = append(out.Children, c.Row)
		}
	}
	if out.Side == Sender {
		out.State = SeenBySender(r.State, r.Feedback)
		if out.State != r.State {
			out.Outcome, out.StateAt, out.Turn, out.Owed = "", r.AnsweredAt, "", Owed{}
		}
		out.Readings, err = readings(tx, r.ID)
	}
	return err
}

func readings(tx *db.Tx, id string) ([]Reading, error) {
	var out []Reading
	err := tx.Each(readingsStmt, func(scan func(...any) error) error {
		var one Reading
		var at int64
		err := scan(&one.Name, &one.Agency, &at)
		one.At = clock.Time(at)
		out = append(out, one)
		return err
	}, id)
	return out, err
}

// content opens the packet and the messages with the viewer's unlocked key.
func (s *Service) content(tx *db.Tx, v *web.Viewer, r stored, out *Shown) error {
	err := s.require(v, "referral.read", r)
	switch fault.KindOf(err) {
	case fault.Unlock:
		out.Locked = true
		return nil
	case fault.Denied:
		out.Ended = true
		return nil
	}
	if err != nil {
		return err
	}
	wraps := map[string]wrapped{}
	err = tx.Each(wrapsOfStmt, func(scan func(...any) error) error {
		var w wrapped
		err := scan(&w.object, &w.keyID, &w.env)
		wraps[w.object] = w
		return err
	}, r.ID, v.AgencyID)
	if err != nil {
		return err
	}
	w, ok := wraps[r.ID]
	if !ok {
		out.Ended = true
		return nil
	}
	o := s.opener(v)
	if out.Packet, err = o.packet(tx, r, w); err != nil {
		if fault.KindOf(err) == fault.Unlock { // waits until a holder lets this member in
			out.Locked = true
			return nil
		}
		return err
	}
	out.Open = true
	if out.Words, err = o.messages(tx, r, wraps); err != nil {
		return err
	}
	return s.readBy(tx, v, r, out)
}

func (o *opener) packet(tx *db.Tx, r stored, w wrapped) (*Packet, error) {
	key, err := o.open(tx, w.object, w.keyID, w.env)
	if err != nil {
		return nil, err
	}
	var env []byte
	if err := tx.Row(packetStmt, r.ID).Scan(&env); err != nil {
		return nil, err
	}
	plain, err := key.Open(env, vault.Binding{Field: sealPacket, Row: r.ID, Scope: r.FromAgency})
	if err != nil {
		return nil, fault.Wrap(err, "open packet", r.ID)
	}
	p, err := ParsePacket(plain)
	return &p, err
}

func (o *opener) messages(tx *db.Tx, r stored, wraps map[string]wrapped) ([]Message, error) {
	type sealed struct {
		Message
		env []byte
	}
	var all []sealed
	err := tx.Each(messagesStmt, func(scan func(...any) error) error {
		var m sealed
		var at int64
		var side string
		err := scan(&m.ID, &at, &side, &m.Name, &m.Kind, &m.env)
		m.At, m.Side = clock.Time(at), Side(side)
		if _, mine := wraps[m.ID]; mine {
			all = append(all, m)
		}
		return err
	}, r.ID)
	if err != nil {
		return nil, err
	}
	var out []Message
	for _, m := range all {
		w := wraps[m.ID]
		key, err := o.open(tx, m.ID, w.keyID, w.env)
		if err != nil {
			return nil, err
		}
		plain, err := key.Open(m.env, vault.Binding{Field: sealMessage, Row: m.ID, Scope: r.ID})
		if err != nil {
			return nil, fault.Wrap(err, "open message", m.ID)
		}
		var text words
		if err := json.Unmarshal(plain, &text); err != nil {
			return nil, fault.Wrap(err, "read message", m.ID)
		}
		m.Text, m.When, m.Terms, m.Until, m.File = text.Text, clock.Time(text.When), text.Terms, clock.Time(text.Until), text.File
		if text.By != "" {
			m.Name = text.By
		}
		out = append(out, m.Message)
	}
	return out, nil
}

// offer lists the buttons that work for this viewer.
func (s *Service) offer(v *web.Viewer, r stored, out *Shown) {
	out.Actions = nil
	for _, a := range PossibleBy(r.Way(), r.Kind, r.Feedback, r.State, out.Side) {
		if a == Send || a == Open && !r.Way().Told() || slices.Contains([]Action{Pick, Reconsider, Follow, Release}, a) { // the last four happen to a round
			continue
		}
		switch a {
		case Withdraw:
			if s.require(v, "referral.withdraw", r) == nil {
				out.Actions = append(out.Actions, a)
			}
		default:
			// The sender is not offered what would betray a state that is hidden.
			if out.Side == Sender && out.State != r.State {
				continue
			}
			if out.Open && s.require(v, needOf(r, a, out.Side), r) == nil {
				out.Actions = append(out.Actions, a)
			}
		}
	}
	out.Files, out.Days = takesFiles(r, v), r.Kind == Referral && !r.Way().Told()
	out.Review = !r.ReviewDue.IsZero() && s.require(v, "referral.review", r) == nil
	out.MayStop = out.Review && ReceiverMayKnow(r.State) && s.require(v, "referral.stop", r) == nil
}

// OpenFile opens one attachment of a referral, or of what was written about it.
// Errors: fault.NotFound, fault.Unlock.
func (s *Service) OpenFile(ctx context.Context, v *web.Viewer, id, fileID string) (File, []byte, error) {
	shown, err := s.Look(ctx, v, id)
	if err != nil {
		return File{}, nil, err
	}
	if shown.Locked {
		return File{}, nil, fault.New(fault.Unlock, "web.error.unlock")
	}
	missing := fault.New(fault.NotFound, "web.error.not-found")
	if shown.Packet == nil {
		return File{}, nil, missing
	}
	i := slices.IndexFunc(shown.Packet.Files, func(f File) bool { return f.ID == fileID })
	if i < 0 {
		m, there := attached(shown.Words, fileID)
		if !there {
			return File{}, nil, missing
		}
		body, err := s.openAttached(ctx, v, id, m)
		return File{ID: m.ID, Type: m.File.Type, Size: m.File.Size, SHA256: m.File.SHA256}, body, err
	}
	var body []byte
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if _, err := s.rowFor(tx, v, id, "referral.read"); err != nil {
			return err
		}
		w := wrapped{object: id}
		if err := tx.Row(wrapStmt, id, v.AgencyID).Scan(&w.keyID, &w.env); err != nil {
			return missing
		}
		key, err := s.opener(v).open(tx, id, w.keyID, w.env)
		if err != nil {
			return err
		}
		var env []byte
		if err := tx.Row(fileStmt, fileID, id).Scan(&env); err != nil {
			return missing
		}
		body, err = key.Open(env, vault.Binding{Field: sealFile, Row: fileID, Scope: id})
		return err
	})
	return shown.Packet.Files[i], body, err
}

// PassOn begins a draft for another service from what was received. Nothing
// leaves by it: the person is asked anew, and only then the first referral
// becomes redirected.
//
// req: CONSENT-7
func (s *Service) PassOn(ctx context.Context, v *web.Viewer, id, once string) (string, error) {
	shown, err := s.Look(ctx, v, id)
	if err != nil {
		return "", err
	}
	if !shown.Locked && !slices.Contains(shown.Actions, Redirect) {
		return "", fault.New(fault.Conflict, "referral.error.state", "state", string(shown.State))
	}
	return s.anew(ctx, v, shown, "", id, once)
}

// Again begins a draft for another service from what the sender's side sent
// before, after a refusal or silence. The person is asked anew.
//
// req: CONSENT-7
func (s *Service) Again(ctx context.Context, v *web.Viewer, id, serviceID, once string) (string, error) {
	shown, err := s.Look(ctx, v, id)
	if err != nil {
		return "", err
	}
	if shown.Side != Sender {
		return "", fault.New(fault.Denied, "web.error.denied")
	}
	// req: ENQUIRY-5 what several were asked goes on by a choice only.
	if _, err := s.RoundOf(ctx, v, id); fault.KindOf(err) != fault.NotFound {
		if err != nil {
			return "", err
		}
		return "", fault.New(fault.Conflict, "enquiry.error.choose-there")
	}
	return s.anew(ctx, v, shown, serviceID, "", once)
}

// anew copies an opened packet into a draft of the viewer's own, without the
// first answer: whether the person is alone is asked each time.
func (s *Service) anew(ctx context.Context, v *web.Viewer, shown *Shown, serviceID, parent, once string) (string, error) {
	if shown.Locked {
		return "", fault.New(fault.Unlock, "web.error.unlock")
	}
	if shown.Packet == nil {
		return "", fault.New(fault.Conflict, "referral.error.no-content")
	}
	by := AuthorOf(v)
	draftID, err := s.Begin(ctx, by, serviceID, parent, once, Answer{})
	if err != nil {
		return "", err
	}
	if done, _, err := s.Answered(ctx, by, draftID); err != nil || len(done) > 0 {
		return draftID, err // the same button, pressed twice
	}
	for step, a := range shown.Packet.Answers() {
		if err := s.Save(ctx, by, draftID, step, a); err != nil {
			return "", err
		}
	}
	for _, f := range shown.Packet.Files {
		_, body, err := s.OpenFile(ctx, v, shown.ID, f.ID)
		if err != nil {
			return "", err
		}
		if err := s.attach(ctx, by, draftID, Attachment{Type: f.Type, Body: body}); err != nil {
			return "", err
		}
	}
	return draftID, nil
}

// Review is the second person's word on what left without consent.
// Verdicts: agree, concern, stop. Stop ends the receiver's access and is
// refused where the duty is the author's in person.
//
// req: REVIEW-1
func (s *Service) Review(ctx context.Context, v *web.Viewer, id, verdict, text, once string) error {
	if !slices.Contains([]string{"agree", "concern", "stop"}, verdict) {
		return fault.Fields(fault.Field{Name: "verdict", Key: "referral.error.verdict"})
	}
	if verdict != "agree" && strings.TrimSpace(text) == "" {
		return fault.Fields(fault.Field{Name: "text", Key: "referral.error.empty"})
	}
	var own []recipient
	var r stored
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		if r, err = s.reviewable(tx, v, id, verdict); err != nil {
			return err
		}
		own, err = s.recipients(tx, r.FromAgency)
		return err
	})
	if err != nil {
		return err
	}
	m, err := seal(id, Sender, v, "review-"+verdict, strings.TrimSpace(text), own, s.Now())
	if err != nil {
		return err
	}
	return fault.Wrap(s.DB.Write(ctx, func(tx *db.Tx) error {
		if first, err := db.Once(tx, "referral.review", v.UserID+"/"+once, s.Now()); err != nil || !first {
			return err
		}
		r, err := s.reviewable(tx, v, id, verdict)
		if err != nil {
			return err
		}
		if err := s.storeMessage(tx, m); err != nil {
			return err
		}
		return s.reviewed(tx, v, r, verdict)
	}), "review", id)
}

func (s *Service) reviewable(tx *db.Tx, v *web.Viewer, id, verdict string) (stored, error) {
	r, err := rowByID(tx, id)
	if err != nil {
		return r, err
	}
	action := "referral.review"
	if verdict == "stop" {
		action = "referral.stop"
	}
	if err := s.require(v, action, r); err != nil {
		return r, err
	}
	if r.ReviewDue.IsZero() {
		return r, fault.New(fault.Conflict, "referral.error.reviewed")
	}
	return r, nil
}

func (s *Service) reviewed(tx *db.Tx, v *web.Viewer, r stored, verdict string) error {
	now := s.Now()
	r.ReviewDue, r.ReviewedAt = time.Time{}, now
	if err := jobs.Cancel(tx, jobReview, r.ID); err != nil {
		return err
	}
	if _, err := tx.Exec(reviewedStmt, clock.Millis(now), r.ID); err != nil {
		return err
	}
	if err := happened(tx, r, v, Sender, "review", verdict, now); err != nil {
		return err
	}
	if err := s.tellSender(tx, r, "answered", v.UserID); err != nil {
		return err
	}
	if verdict != "stop" {
		return nil
	}
	return s.endAccess(tx, v, r, Withdraw, Sender, now)
}
