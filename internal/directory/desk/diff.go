package desk

import (
	"html/template"

	"amelie/internal/directory"
	"amelie/internal/web"
)

// Difference is one field of which two versions say different things.
type Difference struct {
	Path, Label string
	Old, New    string
	Marked      template.HTML // both in one, what went struck out and what came marked
}

// differences compares two versions of a row field by field, in the order of
// the forms. A row without content stands for one that is not there.
func (t *teller) differences(a, b directory.Row) []Difference {
	var out []Difference
	old, now := t.lines(a), t.lines(b)
	byPath := map[string]string{}
	for _, l := range old {
		byPath[l.Path] = l.Text
	}
	seen := map[string]bool{}
	for _, l := range now {
		seen[l.Path] = true
		if was := byPath[l.Path]; was != l.Text {
			out = append(out, Difference{l.Path, l.Label, was, l.Text, web.Marked(was, l.Text)})
		}
	}
	for _, l := range old {
		if !seen[l.Path] {
			out = append(out, Difference{l.Path, l.Label, l.Text, "", web.Marked(l.Text, "")})
		}
	}
	return out
}
