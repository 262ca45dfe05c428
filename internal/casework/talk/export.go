package talk

import (
	"context"
	"slices"
	"time"

	"amelie/internal/casework"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/web"
)

// exported is a thread in the export of a whole file.
type exported struct {
	Topic    string            `json:"topic"`
	Form     Form              `json:"form"`
	Parties  []string          `json:"parties"`
	MeetsAt  time.Time         `json:"meets_at,omitzero"`
	Messages []exportedMessage `json:"messages"`
	LeftOut  string            `json:"left_out,omitempty"`
}

type exportedMessage struct {
	At       time.Time `json:"at"`
	By       string    `json:"by"`
	Agency   string    `json:"agency"`
	Kind     Kind      `json:"kind"`
	Text     string    `json:"text,omitempty"`
	File     string    `json:"file,omitempty"` // its name
	Due      time.Time `json:"due,omitzero"`
	Standing Standing  `json:"standing,omitempty"`
}

// export is what the room adds to the export of the whole file: the threads in
// which the exporter's agency takes part, all of them and all that was written in
// them. To copy is not to read: nothing counts as read by it.
func (s *Service) export(ctx context.Context, v *web.Viewer, o *casework.Opened) (any, error) {
	var out []exported
	for last := ""; ; {
		var page []string
		err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
			page, err = db.All(tx, threadPageStmt, scanID, o.ID, last, v.AgencyID, threadsAtOnce)
			return err
		})
		if err != nil || len(page) == 0 {
			return out, err
		}
		for _, threadID := range page {
			last = threadID
			in, err := s.look(ctx, v, o.ID, threadID, every)
			if k := fault.KindOf(err); err != nil && (k == fault.NotFound || k == fault.Denied) {
				continue // the agency has no part in it any more
			}
			if err != nil {
				return nil, err
			}
			if !slices.ContainsFunc(in.Parties, func(p Party) bool { return o.Untold[p.AgencyID] }) {
				out = append(out, in.exported())
			}
		}
	}
}

func (s *Shown) exported() exported {
	e := exported{Topic: s.Topic, Form: s.Form, MeetsAt: s.MeetsAt}
	for _, p := range s.Parties {
		e.Parties = append(e.Parties, p.Name)
	}
	for _, m := range s.Messages {
		one := exportedMessage{At: m.At, By: m.UserName, Agency: m.Agency, Kind: m.Kind, Text: m.Text, Due: m.Due, Standing: m.Standing}
		if m.Content.File != nil {
			one.File, e.LeftOut = m.Content.File.Name, leftOut
		}
		e.Messages = append(e.Messages, one)
	}
	return e
}

// leftOut is what a copy says of a thread with documents.
const leftOut = "documents: open them in the talk"
