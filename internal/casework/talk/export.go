package talk

import (
	"context"
	"slices"
	"time"

	"amelie/internal/casework"
	"amelie/internal/web"
)

// exported is a thread in the export of a whole file.
type exported struct {
	Topic    string            `json:"topic"`
	Form     Form              `json:"form"`
	Parties  []string          `json:"parties"`
	MeetsAt  time.Time         `json:"meets_at,omitzero"`
	Messages []exportedMessage `json:"messages"`
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
// which the exporter's agency takes part.
func (s *Service) export(ctx context.Context, v *web.Viewer, o *casework.Opened) (any, error) {
	lines, _, _, err := s.Of(ctx, v, o.ID)
	var out []exported
	for _, l := range lines {
		in, err := s.Look(ctx, v, o.ID, l.ID)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(in.Parties, func(p Party) bool { return o.Untold[p.AgencyID] }) {
			continue
		}
		e := exported{Topic: in.Topic, Form: in.Form, MeetsAt: in.MeetsAt}
		for _, p := range in.Parties {
			e.Parties = append(e.Parties, p.Name)
		}
		for _, m := range in.Messages {
			one := exportedMessage{At: m.At, By: m.UserName, Agency: m.Agency, Kind: m.Kind, Text: m.Text, Due: m.Due, Standing: m.Standing}
			if m.Content.File != nil {
				one.File = m.Content.File.Name
			}
			e.Messages = append(e.Messages, one)
		}
		out = append(out, e)
	}
	return out, err
}
