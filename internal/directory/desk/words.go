package desk

import (
	"slices"
	"strconv"
	"strings"

	"amelie/internal/db"
	"amelie/internal/directory"
	"amelie/internal/web"
)

func number(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return -1
	}
	return n
}

func numberText(n int) string { return strconv.Itoa(n) }

// wordsForm is the texts of a row, languages side by side.
type wordsForm struct {
	Name     string
	Langs    []string // shown for writing
	From, To string
	All      bool
	Rows     []wordsRow
	Choices  []web.Choice // every language, for the pair
	AllPath  string
	PairPath string
}

type wordsRow struct {
	Field, Label, Hint string
	Cells              []wordsCell
}

type wordsCell struct {
	Name, Lang, LangName, Value string
	State, StateText, Kind      string
	Source                      bool
	May                         bool // somebody can say that it was read side by side
	Rows                        int
}

// fillWords shows the pair of languages that the reader chose: the source
// beside the reader's own, or all six.
func (k *Desk) fillWords(c *web.Ctx, data *editData, row directory.Row) error {
	var states []directory.Translation
	if err := k.within(c, func(tx *db.Tx) (err error) { states, err = k.d.Translations(tx, row); return err }); err != nil {
		return err
	}
	w := wordsForm{Name: row.Name(), From: "en", To: c.Lang, All: c.Query("all") != ""}
	if row.Place != nil {
		w.Name = ""
	}
	if l := c.Query("from"); slices.Contains(directory.ContentLanguages, l) {
		w.From = l
	}
	if l := c.Query("to"); slices.Contains(directory.ContentLanguages, l) {
		w.To = l
	}
	if f := c.SentForm(); f != nil && f.Value("all") != "" {
		w.All = true
	} else if f != nil {
		w.From, w.To = or(f.Value("from"), w.From), or(f.Value("to"), w.To)
	}
	w.Langs = []string{w.From, w.To}
	switch {
	case w.All:
		w.Langs = directory.ContentLanguages
	case w.From == w.To:
		w.Langs = []string{w.From}
	}
	for _, l := range directory.ContentLanguages {
		w.Choices = append(w.Choices, web.Choice{Value: l, Label: web.LanguageName(l)})
	}
	here := c.Path(rowPath(row, "edit/words"))
	w.AllPath, w.PairPath = here+"?all=1", here
	for _, field := range directory.TextFields[row.Kind] {
		w.Rows = append(w.Rows, wordsRowOf(c, row, field, w.Langs, states))
	}
	data.Words = w
	return nil
}

func or(a, b string) string {
	if a != "" && slices.Contains(directory.ContentLanguages, a) {
		return a
	}
	return b
}

// stateKinds are the looks of a translation's state.
var stateKinds = map[directory.TextState]string{directory.TextMissing: "soon", directory.TextOlder: "soon", directory.TextReviewed: "ok", directory.TextWritten: "plain", directory.TextSource: "info"}

func wordsRowOf(c *web.Ctx, row directory.Row, field string, langs []string, states []directory.Translation) wordsRow {
	text := row.Text(field)
	out := wordsRow{Field: field, Label: c.T("desk.field." + strings.ToLower(field)), Hint: c.T("desk.hint." + strings.ToLower(field))}
	for _, lang := range langs {
		cell := wordsCell{Name: field + "." + lang, Lang: lang, LangName: web.LanguageName(lang), Value: text[lang], Rows: 3}
		if field == "Names" || field == "Towns" {
			cell.Rows = 1
		} else if len(text[lang]) > 240 {
			cell.Rows = 7
		}
		for _, s := range states {
			if s.Field != field || s.Lang != lang {
				continue
			}
			cell.State, cell.Kind, cell.Source = string(s.State), stateKinds[s.State], s.State == directory.TextSource
			cell.StateText = c.T("desk.state." + string(s.State))
			if s.By != "" {
				cell.StateText += " · " + s.By + ", " + c.Ago(s.At)
			}
			cell.May = s.State == directory.TextOlder || s.State == directory.TextWritten
		}
		out.Cells = append(out.Cells, cell)
	}
	return out
}

// review notes the translations that the author ticked as read side by side,
// and says how many.
func (k *Desk) review(tx *db.Tx, c *web.Ctx, f *web.Form, a asked) (n int, err error) {
	if a.part.ID != "words" {
		return 0, nil
	}
	now, err := k.d.Row(tx, a.row.Kind, a.row.ID)
	if err != nil {
		return 0, err
	}
	for _, name := range f.Values("reviewed") {
		field, lang, ok := strings.Cut(name, ".")
		if !ok || now.Text(field)[lang] == "" {
			continue
		}
		if err := k.d.ReviewText(tx, by(c.Viewer, a.may), c.Now(), a.row.Kind, a.row.ID, field, lang); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
