package place

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"amelie/internal/casework"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/vault"
	"amelie/internal/web"
)

// What a project asks back before it can say yes or no, and what the asking side
// answers. A project begins it; it speaks with the asking side alone and without a
// name, like its offer. Each message is sealed for the two agencies, and ends with
// the project's part in the request.

// MaxSaid is how long a message may be, in characters.
const MaxSaid = 1000

// Said is one message between a project and the asking side.
type Said struct {
	ID     string
	At     time.Time
	Asking bool // the asking side wrote it
	Text   string
	agency string // the project
	own    wrap   // for the asking side
	theirs wrap   // for the project
	env    []byte
}

func saidPlace(requestID, messageID string) vault.Binding {
	return vault.Binding{Field: sealSaid, Row: messageID, Scope: requestID}
}

func saidKeyPlace(messageID, agency string) vault.Binding {
	return vault.Binding{Field: sealSaidKey, Row: messageID, Scope: agency}
}

// line checks what was typed.
func line(text string) (string, error) {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return "", fault.Fields(fault.Field{Name: "said", Key: "web.error.empty"})
	case utf8.RuneCountInString(text) > MaxSaid:
		return "", fault.Fields(fault.Field{Name: "said", Key: "casework.error.long", Args: []any{"n", MaxSaid}})
	}
	return text, nil
}

// AskBack writes to the asking side for a project that was asked.
// Errors: fault.NotFound for everybody else; fault.Invalid.
//
// req: PLACE-8
func (s *Service) AskBack(ctx context.Context, v *web.Viewer, requestID, text, once string) error {
	return s.say(ctx, v, once, text, func(tx *db.Tx) (stored, string, error) {
		r, err := s.reached(tx, v, requestID, "placerequest.answer")
		return r, v.AgencyID, err
	})
}

// AnswerBack answers what a project asked; to is one of its messages.
// Errors: fault.NotFound, also when the project has no part in it any more;
// fault.Invalid.
//
// req: PLACE-8
func (s *Service) AnswerBack(ctx context.Context, v *web.Viewer, caseID, requestID, to, text, once string) error {
	return s.say(ctx, v, once, text, func(tx *db.Tx) (r stored, project string, err error) {
		row, err := s.Cases.Require(tx, v, caseID, "case.write")
		if err == nil {
			r, err = requestByID(tx, requestID)
		}
		if err == nil && (r.CaseID != caseID || row.AgencyID != v.AgencyID) {
			err = errNotFound
		}
		if err != nil {
			return r, "", err
		}
		all, err := db.All(tx, saidStmt, scanSaid, requestID)
		i := slices.IndexFunc(all, func(m Said) bool { return m.ID == to })
		if err == nil && i < 0 {
			err = errNotFound
		}
		if err != nil {
			return r, "", err
		}
		if c := r.Candidate(all[i].agency); c == nil || c.Standing.Over() {
			return r, "", errNotFound
		}
		return r, all[i].agency, nil
	})
}

// say seals a message outside of the transaction and writes it in one; find gives
// the request and the project, and refuses who may not write.
func (s *Service) say(ctx context.Context, v *web.Viewer, once, text string, find func(tx *db.Tx) (stored, string, error)) error {
	text, err := line(text)
	if err != nil {
		return err
	}
	m := Said{ID: id.New()}
	if id.Valid(once) {
		m.ID = once
	}
	var r stored
	var own, theirs vault.PublicKey
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if r, m.agency, err = find(tx); err != nil {
			return err
		}
		if m.own.keyID, own, err = s.Agencies.PublicKey(tx, r.AgencyID); err != nil {
			return err
		}
		m.theirs.keyID, theirs, err = s.Agencies.PublicKey(tx, m.agency)
		return err
	})
	if err != nil {
		return err
	}
	m.Asking = v.AgencyID == r.AgencyID
	if err := m.seal(r, own, theirs, text); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		r, project, err := find(tx)
		if err != nil {
			return err
		}
		again, err := s.again(tx, "say", once)
		if err != nil {
			return err
		}
		if again {
			return s.same(tx, v, r, m.ID, text)
		}
		for agency, keyID := range map[string]string{r.AgencyID: m.own.keyID, project: m.theirs.keyID} {
			if now, _, err := s.Agencies.PublicKey(tx, agency); err != nil || now != keyID {
				return fault.New(fault.Stale, "casework.error.busy").Because(err)
			}
		}
		return s.write(tx, v, r, m)
	})
}

// errServed is said beside words whose token served for others.
const errServed = "casework.error.served"

// same accepts a message that was sent a second time, and refuses other words under
// the token of one: they would be lost.
// Errors: fault.Invalid "casework.error.served" of the field.
func (s *Service) same(tx *db.Tx, v *web.Viewer, r stored, messageID, text string) error {
	all, err := s.saidTo(tx, v, r)
	if err != nil || slices.ContainsFunc(all, func(m Said) bool { return m.ID == messageID && m.Text == text }) {
		return err
	}
	return fault.Fields(fault.Field{Name: "said", Key: errServed})
}

func (m *Said) seal(r stored, own, theirs vault.PublicKey, text string) (err error) {
	key := vault.NewDataKey()
	if m.env, err = key.Seal([]byte(text), saidPlace(r.ID, m.ID)); err != nil {
		return err
	}
	if m.own.env, err = key.WrapTo(own, saidKeyPlace(m.ID, r.AgencyID)); err != nil {
		return err
	}
	m.theirs.env, err = key.WrapTo(theirs, saidKeyPlace(m.ID, m.agency))
	return err
}

// write stores a message and lets the other side know that something waits. In the
// history of the case nobody of a project stands with a name.
func (s *Service) write(tx *db.Tx, v *web.Viewer, r stored, m Said) error {
	_, err := tx.Exec(saidInsertStmt, m.ID, r.ID, m.agency, db.Bit(m.Asking), clock.Millis(s.Now()), m.own.keyID, m.own.env, m.theirs.keyID, m.theirs.env, m.env)
	if err != nil {
		return err
	}
	if m.Asking {
		if err := s.Tell(tx, m.agency, v.UserID); err != nil {
			return err
		}
		return s.Cases.Happened(tx, v, r.CaseID, room, "answer-back", casework.Services, "")
	}
	if err := s.record(tx, v, "ask-back", "request/"+r.ID); err != nil {
		return err
	}
	if err := s.Tell(tx, r.AgencyID, v.UserID); err != nil {
		return err
	}
	return s.Cases.Happened(tx, nil, r.CaseID, room, "ask-back", casework.Services, "")
}

// saidTo opens the messages of a request for the viewer's side: all of them for the
// asking one, its own for a project.
//
// req: PLACE-8
func (s *Service) saidTo(tx *db.Tx, v *web.Viewer, r stored) (out []Said, err error) {
	all, err := db.All(tx, saidStmt, scanSaid, r.ID)
	if err != nil {
		return nil, err
	}
	keys := map[string]*vault.PrivateKey{}
	for _, m := range all {
		w := m.own
		if v.AgencyID != r.AgencyID {
			if w = m.theirs; m.agency != v.AgencyID {
				continue
			}
		}
		if keys[w.keyID] == nil {
			if keys[w.keyID], err = s.Agencies.OpenKey(tx, v, w.keyID); err != nil {
				return nil, err
			}
		}
		key, err := vault.UnwrapDataKey(keys[w.keyID], w.env, saidKeyPlace(m.ID, v.AgencyID))
		if err != nil {
			return nil, fault.Wrap(err, "open message", m.ID)
		}
		text, err := key.Open(m.env, saidPlace(r.ID, m.ID))
		if err != nil {
			return nil, fault.Wrap(err, "open message", m.ID)
		}
		m.Text = string(text)
		out = append(out, m)
	}
	return out, nil
}

// byProject are the talks with each project, in the order in which they began.
func byProject(said []Said) (out [][]Said) {
	at := map[string]int{}
	for _, m := range said {
		i, begun := at[m.agency]
		if !begun {
			i = len(out)
			at[m.agency], out = i, append(out, nil)
		}
		out[i] = append(out[i], m)
	}
	return out
}
