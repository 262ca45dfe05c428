package directory

import "context"

// tryLimit is how many services a trial search lists.
const tryLimit = 5

// Try is what everyone would find for a text now, and with another vocabulary,
// before it is saved. It makes an index of its own of the whole directory for the
// second answer, and nothing of it stays.
func (d *Directory) Try(ctx context.Context, vocab Vocabulary, text, lang string) (now, then Result, err error) {
	s, err := d.snapshot(ctx)
	if err != nil {
		return now, then, err
	}
	if r := []rune(text); len(r) > maxText {
		text = string(r[:maxText])
	}
	q := Query{Text: text, Lang: lang, Home: d.Home(lang), Now: d.cfg.Now(), Limit: tryLimit}
	return s.index.Search(q), NewIndexAt(s.index.entries, vocab, s.built).Search(q), nil
}
