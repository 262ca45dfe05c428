package instrument

import "maps"

// Whole is the pack with all its wording inside, as it can be written to a file
// and imported elsewhere.
func (p *Pack) Whole() *Pack {
	out := *p
	out.Words, out.shared = "", nil
	out.Items = append([]Item(nil), p.Items...)
	out.Text = maps.Clone(p.Text)
	for _, lang := range p.Languages {
		t := out.Text[lang]
		t.Items = map[string]ItemText{}
		for i, item := range p.Items {
			out.Items[i].Word = ""
			if w := p.Wording(item, lang); w.Label != "" {
				t.Items[item.ID] = w
			}
		}
		out.Text[lang] = t
	}
	return &out
}
