package transfer

import (
	"encoding/json"

	"amelie/internal/directory"
	"amelie/internal/web"
)

// teller says what stands in a row in the reader's words, with the code behind
// where one stands in the file.
type teller struct {
	c     *web.Ctx
	label func(scheme, id, lang string) string
}

// coded is a word with the code that stands for it in files.
func coded(word, code string) string {
	if word == "" || word == code || code == "" {
		return code
	}
	return word + " (" + code + ")"
}

// worded is the word of a key with the code behind; the code alone where the
// word is missing.
func (t teller) worded(key, code string) string {
	if !t.c.Config().Texts.Has(t.c.Lang, key) {
		return code
	}
	return coded(t.c.T(key), code)
}

// cell words what a column says.
func (t teller) cell(col column, v any) string {
	code, _ := v.(string)
	scheme := schemeOf[col.field]
	switch {
	case scheme != "":
		return joinAny(v, func(v any) string { id, _ := v.(string); return coded(t.label(scheme, id, t.c.Lang), id) })
	case col.field == "Area":
		return joinAny(v, func(v any) string { code, _ := v.(string); return t.territory(code) })
	case col.field == "Territory":
		return t.territory(code)
	case col.shape == "languages":
		return joinAny(v, t.language)
	case col.shape == "answer" && code != "":
		return t.c.T("desk.answer." + code)
	case col.field == "Kind":
		return t.worded("desk.kind."+code, code)
	case col.field == "Group":
		return t.worded("directory.group."+code, code)
	case col.field == "Address" && code != "":
		return t.worded("desk.seen."+code, code)
	case col.shape == "hours":
		return t.hours(col, v)
	}
	return flatCell(col, v)
}

func (t teller) territory(code string) string {
	return coded(directory.TerritoryIn(t.c.Lang, code), code)
}

func (t teller) language(v any) string {
	m, _ := v.(map[string]any)
	word := coded(directory.LanguageName(t.c.Lang, text(m, "Code")), text(m, "Code"))
	if text(m, "By") != "" {
		word += ", " + t.c.T("desk.languages.by")
	}
	return word
}

// hours words the week; what cannot be worded stands as in the file.
func (t teller) hours(col column, v any) string {
	var h directory.Hours
	raw, err := json.Marshal(v)
	if err != nil || json.Unmarshal(raw, &h) != nil {
		return flatCell(col, v)
	}
	if words := directory.HoursIn(t.c.Config().Texts, t.c.Lang, h); words != "" {
		return words
	}
	return flatCell(col, v)
}
