package casework

import (
	"time"

	"amelie/internal/ask"
	"amelie/internal/db"
	"amelie/internal/id"
	"amelie/internal/web"
)

// Origin says that an entry was taken over from another agency's file.
type Origin struct {
	AgencyID string    `json:"agency"`
	Agency   string    `json:"name"`
	Day      time.Time `json:"day"` // when it was written there
}

// Text says it in the reader's language; "" where there is none.
func (o *Origin) Text(c *web.Ctx) string {
	if o == nil {
		return ""
	}
	return c.T("casework.taken", "name", o.Agency, "date", c.Date(o.Day))
}

// Taken is an entry that a new file takes over from another agency's. What it says
// stays as it was; from its next version on it is the new agency's own.
type Taken struct {
	Entry string // in the other agency's file; "" for one that was made for the new one
	Kind  string
	Part  Part
	Due   time.Time
	Content
	Body []byte // of a document
}

// TakenOf is an entry as a new file would take it over. What was done is not due
// again.
func TakenOf(e Entry) Taken {
	t := Taken{Entry: e.ID, Kind: e.Kind, Part: e.Part, Content: e.Content}
	t.From = &Origin{Day: e.Changed}
	if e.DoneAt.IsZero() {
		t.Due = e.DueAt
	}
	return t
}

// person is what a new case says of the person at its beginning; taken, when it
// takes that over.
func (b Beginning) person() (a ask.Answer, taken bool) {
	for _, t := range b.Taken {
		if t.Kind == "person" {
			return t.Fields, true
		}
	}
	return b.Answers["person"], false
}

// taken are the entries that a case takes over. The documents are taken out of b.
func (s *Service) taken(b Beginning) (out []draftEntry, err error) {
	for i, t := range b.Taken {
		k, known := s.kind(t.Kind)
		if !known || !t.Part.Shareable() || (t.File == nil) != (len(t.Body) == 0) {
			return nil, errNotFound
		}
		out = append(out, draftEntry{id: id.New(), kind: k, part: t.Part, rev: 1, due: t.Due, content: t.Content, body: t.Body})
		b.Taken[i].Body = nil // it is let go as soon as it is sealed
	}
	return out, nil
}

// wrote tells the room of an entry's kind what it says now.
func (s *Service) wrote(tx *db.Tx, row Row, e draftEntry) error {
	r, _ := s.room(e.kind.Room)
	if r.Wrote == nil {
		return nil
	}
	row.Taken = e.content.From != nil
	return r.Wrote(tx, row, e.id, e.kind.ID, e.content.Fields)
}
