package directory

import "context"

// tryLimit is how many services a trial search lists.
const tryLimit = 5

// Trial answers searches as everyone would be answered now and after a change
// that is not saved yet.
type Trial struct {
	d         *Directory
	now, then *Index
}

// Try makes a trial of another vocabulary. change gives the changed copy of a
// service, or the service itself; nil: none changes. It makes an index of its
// own of the whole directory, and nothing of it stays.
func (d *Directory) Try(ctx context.Context, vocab Vocabulary, change func(*Service) *Service) (*Trial, error) {
	s, err := d.snapshot(ctx)
	if err != nil {
		return nil, err
	}
	entries := s.index.entries
	if change != nil {
		entries = make([]Entry, len(s.index.entries))
		for i, e := range s.index.entries {
			entries[i] = Entry{Organization: e.Organization, Service: change(e.Service)}
		}
	}
	return &Trial{d, s.index, NewIndexAt(entries, vocab, s.built)}, nil
}

// Find is what everyone would find for a text.
func (t *Trial) Find(text, lang string) (now, then Result) {
	if r := []rune(text); len(r) > maxText {
		text = string(r[:maxText])
	}
	q := Query{Text: text, Lang: lang, Home: t.d.Home(lang), Now: t.d.cfg.Now(), Limit: tryLimit}
	return t.now.Search(q), t.then.Search(q)
}
