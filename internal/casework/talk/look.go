package talk

import (
	"context"
	"math"
	"slices"
	"sort"
	"time"

	"amelie/internal/audit"
	"amelie/internal/casework"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/document"
	"amelie/internal/fault"
	"amelie/internal/vault"
	"amelie/internal/web"
)

// Shown is a thread as a member of a party sees it.
type Shown struct {
	Row
	Topic    string
	Case     casework.Row
	Parties  []Party
	Messages []Message // those that the agency can open, the oldest first
	Older    string    // the message before which more stand on another page; "": none
	Stand    string    // the newest minutes
	Seen     time.Time // how far the viewer had read before this look
	Steers   bool      // the viewer says when it meets and when it is over
	Admits   bool      // the viewer says who takes part
	Writes   bool      // thread and case are open
	Free     []Party   // agencies that could be made a party; for who admits
}

// Asked are the messages that wait for the agency.
func (s *Shown) Asked(agency string) (out []Message) {
	for _, m := range s.Messages {
		if m.WaitsFor(agency) {
			out = append(out, m)
		}
	}
	return out
}

// Look opens a thread with its newest messages, notes how far the viewer has read,
// and leaves a leaf in the log that it was read, once an hour for each member.
// Errors: fault.NotFound for everyone who is no party; fault.Unlock.
//
// req: TALK-2, TALK-5
func (s *Service) Look(ctx context.Context, v *web.Viewer, caseID, threadID string) (*Shown, error) {
	return s.Before(ctx, v, caseID, threadID, "")
}

// Before is Look for those before a message, when there is one.
//
// req: TALK-2, TALK-5
func (s *Service) Before(ctx context.Context, v *web.Viewer, caseID, threadID, messageID string) (*Shown, error) {
	out, err := s.look(ctx, v, caseID, threadID, before(messageID))
	if err != nil {
		return nil, err
	}
	if n := len(out.Messages) - messagesAtOnce; n > 0 {
		out.Messages = out.Messages[n:]
		out.Older = out.Messages[0].ID
	}
	upto := out.Seen
	if len(out.Messages) > 0 {
		upto = out.Messages[len(out.Messages)-1].At
	}
	return out, s.read(ctx, v, threadID, out.Seen, upto)
}

// read notes that the viewer has a thread before the eyes, and how far, when that
// is further than it was.
//
// req: TALK-5
func (s *Service) read(ctx context.Context, v *web.Viewer, threadID string, was, upto time.Time) error {
	now := s.Now()
	mark := threadID + "/" + v.UserID + "/" + now.UTC().Format("2006010215")
	noted := false
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) { noted, err = db.Seen(tx, onceRead, mark); return err })
	if err != nil || noted && !upto.After(was) {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if upto.After(was) {
			if _, err := tx.Exec(seenPutStmt, threadID, v.UserID, v.Name, v.AgencyID, clock.Millis(upto)); err != nil {
				return err
			}
		}
		if first, err := db.Once(tx, onceRead, mark, now); err != nil || !first {
			return err
		}
		return audit.Record(tx, audit.Event{At: now, Actor: v.UserID, Agency: v.AgencyID, Action: onceRead, Object: "thread/" + threadID})
	})
}

// onceRead is where db.Once keeps who has read which thread in which hour, and the
// word for it in the log.
const onceRead = "talk.read"

// before reads the messages of a thread before one of them, or without one the
// newest: as many as stand on a page and one that says that there are more, the
// oldest first.
func before(messageID string) func(tx *db.Tx, threadID string) ([]Message, error) {
	return func(tx *db.Tx, threadID string) ([]Message, error) {
		at, last := int64(math.MaxInt64), ""
		if messageID != "" {
			m, err := scanMessage(tx.Row(messageStmt, messageID, threadID).Scan)
			if db.NoRows(err) {
				err = errNotFound
			}
			if err != nil {
				return nil, err
			}
			at, last = clock.Millis(m.At), m.ID
		}
		list, err := db.All(tx, messagesStmt, scanMessage, threadID, at, at, last, messagesAtOnce+1)
		slices.Reverse(list)
		return list, err
	}
}

// every are all messages of a thread, the oldest first.
func every(tx *db.Tx, threadID string) (out []Message, err error) {
	at, last := int64(math.MaxInt64), ""
	for {
		page, err := db.All(tx, messagesStmt, scanMessage, threadID, at, at, last, messagesAtOnce)
		if err != nil || len(page) == 0 {
			slices.Reverse(out)
			return out, err
		}
		out = append(out, page...)
		oldest := page[len(page)-1]
		at, last = clock.Millis(oldest.At), oldest.ID
	}
}

// look opens a thread with the messages that list gives, and notes nothing.
//
// req: TALK-2
func (s *Service) look(ctx context.Context, v *web.Viewer, caseID, threadID string, list func(tx *db.Tx, threadID string) ([]Message, error)) (*Shown, error) {
	var out *Shown
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		d, err := stored(caseID, threadID)(tx)
		if err != nil {
			return err
		}
		f, err := s.stand(tx, v, d.row, caseID, d.agencies, "thread.read")
		if err != nil {
			return err
		}
		out = &Shown{Row: f.thread, Steers: s.Policy.Allowed(v.Actor(), "thread.steer", f.object(v)), Writes: f.thread.Open && f.state == casework.Open}
		if out.Case, err = s.Cases.Require(tx, v, caseID, "case.open"); err != nil {
			return err
		}
		if out.Admits, err = s.gives(tx, v, out.Case); err != nil {
			return err
		}
		out.Admits = out.Admits && out.Steers
		if err := s.who(tx, v, f, out); err != nil {
			return err
		}
		messages, err := list(tx, threadID)
		if err != nil {
			return err
		}
		if out.Stand, err = lastMinutes(tx, threadID); err != nil {
			return err
		}
		return s.opened(tx, v, f, messages, out)
	})
	return out, err
}

// gives says whether the viewer may let another agency take part in a thread of the
// case: another agency that has a part may begin one with the case's own.
func (s *Service) gives(tx *db.Tx, v *web.Viewer, row casework.Row) (bool, error) {
	if row.AgencyID != v.AgencyID {
		return true, nil
	}
	_, err := s.Cases.Require(tx, v, row.ID, owned["thread.admit"])
	if k := fault.KindOf(err); err != nil && (k == fault.Denied || k == fault.Unlock) {
		return false, nil
	}
	return err == nil, err
}

// who reads the parties, and which parts of the file each may open.
func (s *Service) who(tx *db.Tx, v *web.Viewer, f footing, out *Shown) error {
	since := map[string]time.Time{}
	rows, err := db.All(tx, partiesStmt, scanParty, f.thread.ID)
	if err != nil {
		return err
	}
	for _, r := range rows {
		since[r.agency] = r.since
	}
	given, err := s.given(tx, f.thread.CaseID, f.owner)
	if err != nil {
		return err
	}
	for _, p := range given {
		switch {
		case f.has(p.AgencyID):
			p.Since = since[p.AgencyID]
			out.Parties = append(out.Parties, p)
		case out.Admits && out.Writes:
			out.Free = append(out.Free, p)
		}
	}
	return nil
}

// given is the case's own agency and then the others with their parts.
func (s *Service) given(tx *db.Tx, caseID, owner string) (out []Party, err error) {
	readers, err := casework.Readers(tx, caseID, s.Now())
	if err != nil {
		return nil, err
	}
	out = []Party{{AgencyID: owner, Own: true}}
	for _, r := range readers { // by agency
		if last := &out[len(out)-1]; last.AgencyID != r.AgencyID {
			out = append(out, Party{AgencyID: r.AgencyID})
		}
		last := &out[len(out)-1]
		last.Parts = append(last.Parts, r.Part)
	}
	for i := range out {
		if out[i].Name, err = s.Agencies.Name(tx, out[i].AgencyID); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// opened opens topic and messages, and says who has read and agreed to them.
func (s *Service) opened(tx *db.Tx, v *web.Viewer, f footing, list []Message, out *Shown) error {
	own, err := s.open(tx, v, f.thread.ID)
	if err != nil {
		return err
	}
	if out.Topic, err = own.topicOf(f); err != nil {
		return err
	}
	seen, err := db.All(tx, seenStmt, scanSeen, f.thread.ID)
	if err != nil {
		return err
	}
	for _, r := range seen {
		if r.userID == v.UserID {
			out.Seen = r.upto
		}
	}
	for _, m := range list {
		if own[m.epoch] == nil {
			continue
		}
		if m.Content, err = own.content(f.thread.ID, m); err != nil {
			return err
		}
		m.Agency = nameOf(out.Parties, m.AgencyID)
		if m.Agency == "" {
			if m.Agency, err = s.Agencies.Name(tx, m.AgencyID); err != nil {
				return err
			}
		}
		for _, r := range seen {
			if r.userID != m.UserID && !r.upto.Before(m.At) {
				m.ReadBy = append(m.ReadBy, r.name)
			}
		}
		out.Messages = append(out.Messages, m)
	}
	return s.agreements(tx, out)
}

func nameOf(parties []Party, agency string) string {
	for _, p := range parties {
		if p.AgencyID == agency {
			return p.Name
		}
	}
	return ""
}

func (s *Service) agreements(tx *db.Tx, out *Shown) error {
	return tx.Each(agreedStmt, func(scan func(...any) error) error {
		var message, agency string
		err := scan(&message, &agency)
		for i := range out.Messages {
			if out.Messages[i].ID == message {
				out.Messages[i].Agreed = append(out.Messages[i].Agreed, agency)
			}
		}
		return err
	}, out.ID)
}

// File opens the document of a message, whole and unchanged.
// Errors: fault.NotFound, also for who is no party.
func (s *Service) File(ctx context.Context, v *web.Viewer, caseID, threadID, messageID string) (*casework.File, []byte, error) {
	var m Message
	var body []byte
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		d, err := stored(caseID, threadID)(tx)
		if err != nil {
			return err
		}
		if _, err := s.stand(tx, v, d.row, caseID, d.agencies, "thread.read"); err != nil {
			return err
		}
		if m, err = s.messageOf(tx, v, threadID, messageID); err != nil {
			return err
		}
		own, err := s.open(tx, v, threadID)
		if err != nil {
			return err
		}
		if m.Content, err = own.content(threadID, m); err != nil {
			return err
		}
		body, err = own.body(tx, threadID, m)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	if m.Content.File == nil {
		return nil, nil, errNotFound
	}
	if err := s.read(ctx, v, threadID, time.Time{}, time.Time{}); err != nil {
		return nil, nil, err
	}
	return m.Content.File, body, m.Content.File.Whole(body)
}

// body opens the pieces of a document.
func (k keys) body(tx *db.Tx, threadID string, m Message) (body []byte, err error) {
	chunks, err := db.All(tx, chunksStmt, func(scan func(...any) error) (env []byte, err error) { return env, scan(&env) }, m.ID, threadID)
	if err != nil {
		return nil, err
	}
	body, err = document.Open(chunks, func(n int, env []byte) ([]byte, error) {
		return k[m.epoch].Open(env, chunkPlace(threadID, m.ID, n))
	})
	return body, fault.Wrap(err, "open document", m.ID)
}

// Line is a thread in a list. Its topic is empty while the viewer's key is locked.
type Line struct {
	Row
	Code    string // of the case
	Mine    bool   // the viewer is responsible for the case
	Topic   string
	With    []string // names of the other parties
	Unread  int
	Waiting []Message // what is asked of anybody, by day, closed
}

// Asks are the messages of the line that wait for an agency.
func (l Line) Asks(agency string) (out []Message) {
	for _, m := range l.Waiting {
		if m.WaitsFor(agency) {
			out = append(out, m)
		}
	}
	return out
}

// Of are the threads of a case in which the viewer's agency takes part, the newest
// first, and those with whom one could be begun: nobody besides the case's own
// agency for another one, and nil for who may begin none.
// Errors: fault.NotFound for who may not know of the case.
//
// req: TALK-3
func (s *Service) Of(ctx context.Context, v *web.Viewer, caseID string) (lines []Line, row casework.Row, with []Party, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if row, err = s.Cases.Require(tx, v, caseID, "case.open"); err != nil {
			return err
		}
		rows, err := db.All(tx, threadsStmt, scanThread, caseID, v.AgencyID)
		if err != nil {
			return err
		}
		if lines, err = s.lines(tx, v, rows); err != nil {
			return err
		}
		if err := s.topics(tx, v, lines); err != nil {
			return err
		}
		with = nil
		if may, err := s.gives(tx, v, row); err != nil || !may {
			return err
		}
		given, err := s.given(tx, caseID, row.AgencyID)
		with = slices.DeleteFunc(given, func(p Party) bool { return p.AgencyID == v.AgencyID || v.AgencyID != row.AgencyID && !p.Own })
		return err
	})
	return lines, row, with, err
}

// Why says why a thread stands on the page of all talks, the most pressing first.
type Why int

// The reasons.
const (
	ToAnswer   Why = iota // something waits for the agency
	Unread                // something is unread
	ToCome                // a conference
	WithOthers            // something waits for somebody else
)

// Why says what a line is there for.
func (l Line) Why(agency string, now time.Time) Why {
	switch {
	case len(l.Asks(agency)) > 0:
		return ToAnswer
	case l.Unread > 0:
		return Unread
	case l.MeetsAt.After(now.Add(-held)):
		return ToCome
	}
	return WithOthers
}

// held is how long after its beginning a conference is still one to come.
const held = 12 * time.Hour

// earliest is the first day on which the agency owes something in a thread, far
// away when it owes nothing by a day.
func (l Line) earliest(agency string) time.Time {
	if asks := l.Asks(agency); len(asks) > 0 && !nearest(asks).Due.IsZero() {
		return nearest(asks).Due
	}
	return time.Unix(1<<40, 0).Add(-time.Duration(l.Changed.Unix()))
}

// nearest is the message whose day comes first; those without a day come last.
func nearest(list []Message) Message {
	first := list[0]
	for _, m := range list {
		if !m.Due.IsZero() && (first.Due.IsZero() || m.Due.Before(first.Due)) {
			first = m
		}
	}
	return first
}

// Fresh are the threads, in whatever case, in which something is new to the
// viewer, something waits, or a conference is to come: a page of them, counted from
// 0, by why they are there and then by day, and whether more follow. Of an agency's
// fresh threads the 1,000 newest are looked at. It works while the key is locked,
// without topics.
//
// req: TALK-2
func (s *Service) Fresh(ctx context.Context, v *web.Viewer, page int) (lines []Line, more bool, err error) {
	if v == nil || v.AgencyID == "" {
		return nil, false, nil
	}
	now := s.Now()
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		rows, err := db.All(tx, freshStmt, scanThread, v.AgencyID, clock.Millis(now.Add(-held)), v.AgencyID, v.UserID, v.UserID)
		if err != nil {
			return err
		}
		all, err := s.lines(tx, v, rows)
		if err != nil {
			return err
		}
		sort.SliceStable(all, func(i, j int) bool {
			if a, b := all[i].Why(v.AgencyID, now), all[j].Why(v.AgencyID, now); a != b {
				return a < b
			}
			return all[i].earliest(v.AgencyID).Before(all[j].earliest(v.AgencyID))
		})
		from := min(max(page, 0), len(all)/linesAtOnce) * linesAtOnce
		to := min(from+linesAtOnce, len(all))
		lines, more = all[from:to], to < len(all)
		return s.topics(tx, v, lines)
	})
	return lines, more, err
}

// mayKnow are those of the threads that the viewer may know of, without keys. Both
// policies are asked for each, as stand does; the statements do not grow with each.
//
// req: TALK-2
func (s *Service) mayKnow(tx *db.Tx, v *web.Viewer, rows []Row) (out []footing, threads []string, err error) {
	var cases []string
	for _, r := range rows {
		cases, threads = append(cases, r.CaseID), append(threads, r.ID)
	}
	in, err := s.Cases.Known(tx, v, cases)
	if err != nil {
		return nil, nil, err
	}
	parties, err := byThread(tx, partiesOfStmt, scanID, threads)
	if err != nil {
		return nil, nil, err
	}
	threads = nil
	for _, r := range rows {
		c, ok := in[r.CaseID]
		if !ok {
			continue
		}
		f := footing{thread: r, owner: c.AgencyID, worker: c.WorkerID, state: c.State}
		for _, agency := range parties[r.ID] {
			if c.Has(agency) {
				f.parties = append(f.parties, holder{agency: agency})
			}
		}
		if s.Policy.Allowed(v.Actor(), "thread.know", f.object(v)) {
			out, threads = append(out, f), append(threads, r.ID)
		}
	}
	return out, threads, nil
}

// lines are those of the threads that the viewer may know of, without topics.
func (s *Service) lines(tx *db.Tx, v *web.Viewer, rows []Row) (out []Line, err error) {
	known, threads, err := s.mayKnow(tx, v, rows)
	if err != nil {
		return nil, err
	}
	unread, err := byThread(tx, unreadOfStmt, scanCount, threads, v.AgencyID, v.UserID, v.UserID)
	if err != nil {
		return nil, err
	}
	waiting, err := byThread(tx, waitingOfStmt, scanMessage, threads, v.AgencyID)
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, f := range known {
		l := Line{Row: f.thread, Code: casework.Row{ID: f.thread.CaseID}.Code(), Mine: f.worker == v.UserID, Waiting: waiting[f.thread.ID]}
		for _, n := range unread[l.ID] {
			l.Unread = n
		}
		for _, agency := range f.others(v.AgencyID) {
			if names[agency] == "" {
				if names[agency], err = s.Agencies.Name(tx, agency); err != nil {
					return nil, err
				}
			}
			l.With = append(l.With, names[agency])
		}
		out = append(out, l)
	}
	return out, nil
}

// topics opens those of the lines; while the key is locked none.
func (s *Service) topics(tx *db.Tx, v *web.Viewer, lines []Line) error {
	if v.Key == nil {
		return nil
	}
	var threads []string
	for _, l := range lines {
		threads = append(threads, l.ID)
	}
	sealed, err := byThread(tx, topicsOfStmt, scanTopic, threads, v.AgencyID)
	own := map[string]*vault.PrivateKey{}
	for i := range lines {
		for _, t := range sealed[lines[i].ID] {
			k, err := s.unwrap(tx, v, lines[i].ID, []wrapRow{t.wrap}, own)
			if err != nil {
				return err
			}
			if lines[i].Topic, err = k.topicOf(footing{thread: lines[i].Row, epoch: t.wrap.epoch, topic: t.env}); err != nil {
				return err
			}
		}
	}
	return err
}

// Waiting is how many messages wait for the viewer's agency in threads that the
// viewer may know of, and how many of them are late. It needs no key.
func (s *Service) Waiting(ctx context.Context, v *web.Viewer) (waiting, late int, err error) {
	if v == nil || v.AgencyID == "" {
		return 0, 0, nil
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		rows, err := db.All(tx, asksStmt, scanThread, v.AgencyID, v.AgencyID, v.AgencyID)
		if err != nil {
			return err
		}
		_, threads, err := s.mayKnow(tx, v, rows)
		if err != nil {
			return err
		}
		asked, err := byThread(tx, waitingOfStmt, scanMessage, threads, v.AgencyID)
		waiting, late = 0, 0
		for _, list := range asked {
			for _, m := range (Line{Waiting: list}).Asks(v.AgencyID) {
				waiting++
				if m.Late(s.Now()) {
					late++
				}
			}
		}
		return err
	})
	return waiting, late, err
}

// Late says whether an answer should have come.
func (m Message) Late(now time.Time) bool {
	return m.Standing == Waiting && !m.Due.IsZero() && m.Due.Before(now)
}
