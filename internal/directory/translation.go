package directory

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
)

// TextFields are the fields of a kind that are written in several languages, in
// the order in which editors read them.
var TextFields = map[Kind][]string{
	KindOrganization: {"Names", "Summary"},
	KindService:      {"Names", "Summary", "What", "WhenYouCall", "MustInform", "FreeNote"},
	KindPlace:        {"Names", "Towns"},
}

// textOf is a field of TextFields.
func (r Row) textOf(field string) Text {
	switch {
	case r.Organization != nil:
		return map[string]Text{"Names": r.Organization.Names, "Summary": r.Organization.Summary}[field]
	case r.Service != nil:
		s := r.Service
		return map[string]Text{"Names": s.Names, "Summary": s.Summary, "What": s.What, "WhenYouCall": s.WhenYouCall, "MustInform": s.MustInform, "FreeNote": s.FreeNote}[field]
	case r.Place != nil:
		return map[string]Text{"Names": r.Place.Names, "Towns": r.Place.Towns}[field]
	}
	return nil
}

// Text is a field of TextFields; nil when it has no text.
func (r Row) Text(field string) Text { return r.textOf(field) }

// SourceLanguage is the language from which a text is translated: English, or
// where there is none the first of the content languages that has words.
func (t Text) SourceLanguage() string {
	for _, lang := range ContentLanguages {
		if strings.TrimSpace(t[lang]) != "" {
			return lang
		}
	}
	return "en"
}

// TextState is how far a translation can be relied upon.
type TextState string

// The states of a text in one language.
const (
	TextSource   TextState = "source"   // others are translated from it
	TextMissing  TextState = "missing"  //
	TextWritten  TextState = "written"  // written when its source was as it is now
	TextOlder    TextState = "older"    // its source changed since
	TextReviewed TextState = "reviewed" // somebody read both side by side
)

// Translation is the state of one text in one language.
type Translation struct {
	Field, Lang string
	State       TextState
	By          string    // who wrote or reviewed it here; "" as released
	At          time.Time // zero as released
}

// noteTexts remembers, for each text that a change touches, from which source
// its translations were written. A text that nobody touched here is taken to
// be in step: releases are written whole.
func noteTexts(tx *db.Tx, old, next Row, by By, at time.Time) error {
	for _, field := range TextFields[next.Kind] {
		was, is := old.textOf(field), next.textOf(field)
		from := is.SourceLanguage()
		for _, lang := range ContentLanguages {
			if lang == from || is[lang] == "" {
				continue
			}
			var err error
			switch {
			case is[lang] != was[lang]:
				err = putText(tx, next, field, lang, from, is, TextWritten, by, at)
			case old.content() && was[from] != is[from]:
				_, err = tx.Exec(keepTextStmt, string(next.Kind), next.ID, field, lang, mark64(was[from]), mark64(was[lang]))
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func putText(tx *db.Tx, r Row, field, lang, from string, t Text, state TextState, by By, at time.Time) error {
	_, err := tx.Exec(putTextStmt, string(r.Kind), r.ID, field, lang, mark64(t[from]), mark64(t[lang]), string(state), by.Name, clock.Millis(at))
	return err
}

// mark64 tells one text from another; it protects nothing.
func mark64(s string) string {
	sum := sha256.Sum256([]byte(strings.TrimSpace(s)))
	return hex.EncodeToString(sum[:8])
}

// Translations are the states of all texts of a row, by field and in the order
// of the content languages. A text with no words in any language has none.
func (d *Directory) Translations(tx *db.Tx, r Row) ([]Translation, error) {
	known, err := readTexts(tx, r.Kind, r.ID)
	if err != nil {
		return nil, err
	}
	return statesOf(r, known), nil
}

// textKey is one text of one row in one language.
type textKey struct {
	kind             Kind
	row, field, lang string
}

// textNote is what is remembered of a translation.
type textNote struct {
	source, text string
	state        TextState
	by           string
	at           time.Time
}

func statesOf(r Row, known map[textKey]textNote) []Translation {
	var out []Translation
	for _, field := range TextFields[r.Kind] {
		t := r.textOf(field)
		from := t.SourceLanguage()
		if strings.TrimSpace(t[from]) == "" {
			continue
		}
		for _, lang := range ContentLanguages {
			one := Translation{Field: field, Lang: lang, State: TextWritten}
			n, noted := known[textKey{r.Kind, r.ID, field, lang}]
			switch {
			case lang == from:
				one.State = TextSource
			case strings.TrimSpace(t[lang]) == "":
				one.State = TextMissing
			case noted && n.text == mark64(t[lang]):
				one.State, one.By, one.At = n.state, n.by, n.at
				if n.source != mark64(t[from]) {
					one.State = TextOlder
				}
			}
			out = append(out, one)
		}
	}
	return out
}

// AllTranslations gives the states of many rows at once, for lists.
func (d *Directory) AllTranslations(tx *db.Tx, rows []Row) (map[string][]Translation, error) {
	known, err := readAllTexts(tx)
	if err != nil {
		return nil, err
	}
	out := map[string][]Translation{}
	for _, r := range rows {
		out[string(r.Kind)+" "+r.ID] = statesOf(r, known)
	}
	return out, nil
}

// ReviewText notes that somebody read a translation beside its source and
// found that both say the same. Errors: fault.NotFound for a text that is not
// there.
func (d *Directory) ReviewText(tx *db.Tx, by By, at time.Time, kind Kind, rowID, field, lang string) error {
	r, err := d.Row(tx, kind, rowID)
	if err != nil {
		return err
	}
	t := r.textOf(field)
	if !slices.Contains(ContentLanguages, lang) || t[lang] == "" {
		return fault.New(fault.NotFound, "web.error.not-found")
	}
	if err := putText(tx, r, field, lang, t.SourceLanguage(), t, TextReviewed, by, at); err != nil {
		return err
	}
	within, err := d.OrganizationOf(tx, kind, rowID)
	if err != nil {
		return err
	}
	return d.Touch(tx, at, within.ID)
}
