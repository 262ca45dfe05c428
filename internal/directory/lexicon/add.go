package lexicon

import (
	"slices"
	"strconv"
	"strings"

	"amelie/internal/db"
	"amelie/internal/directory"
	"amelie/internal/fault"
	"amelie/internal/fold"
	"amelie/internal/web"
)

var addPage = web.NewPage[addData](pageFiles, "page/add.html", "page/cell.html")

type addData struct {
	Kinds      []web.Choice // doors, while no kind is chosen
	Scheme     string
	SchemeName string
	Action     string
	Cells      []wordCell
	Broader    []web.Choice
	Taken      []web.M // words that another concept has, with the way there
	Conflicts  []string
}

// adding is a concept being made.
type adding struct {
	l         *Lexicon
	c         *web.Ctx
	scheme    string
	one       directory.Concept
	vocab     directory.Vocabulary
	taken     []taken
	conflicts []string
	saved     bool
}

// carried are the schemes whose concepts services carry: concepts of these can
// be made and split.
func carried() (out []string) {
	lists := conceptsOf(&directory.Service{})
	for _, scheme := range directory.Schemes {
		if lists[scheme] != nil {
			out = append(out, scheme)
		}
	}
	return out
}

// add is the form of a new concept.
func (l *Lexicon) add(c *web.Ctx) error {
	a := &adding{l: l, c: c, scheme: c.Query("scheme")}
	if err := l.cfg.DB.Read(c.Context(), a.read); err != nil {
		return err
	}
	if word, lang := c.Query("add"), c.Query("lang"); word != "" && len(word) <= 200 && slices.Contains(directory.ContentLanguages, lang) {
		a.one.Labels = directory.Text{lang: word}
	}
	return a.render()
}

func (a *adding) read(tx *db.Tx) (err error) {
	if err = a.l.may(tx, a.c.Viewer); err != nil {
		return err
	}
	_, a.vocab, err = a.l.vocabulary(tx, a.c.Viewer)
	return err
}

func (a *adding) render() error {
	c := a.c
	data := addData{Action: c.Path("/desk/words/new"), Conflicts: a.conflicts, Taken: takenLinks(c, a.taken)}
	if !slices.Contains(carried(), a.scheme) {
		with := c.R.URL.Query()
		for _, scheme := range carried() {
			with.Set("scheme", scheme)
			data.Kinds = append(data.Kinds, web.Choice{Label: c.T("lexicon.scheme." + scheme), Hint: c.T("lexicon.kind." + scheme), URL: c.Path("/desk/words/new?" + with.Encode())})
		}
		return addPage.Render(c, data)
	}
	data.Scheme, data.SchemeName = a.scheme, c.T("lexicon.scheme."+a.scheme)
	data.Cells, _ = cellsOf(c, a.one, "", directory.ContentLanguages)
	data.Broader, _ = broaderChoices(c, a.vocab, a.scheme, a.one)
	return addPage.Render(c, data)
}

// addPost makes a concept.
func (l *Lexicon) addPost(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	a := &adding{l: l, c: c, scheme: f.Value("scheme")}
	a.one = directory.Concept{Scheme: a.scheme, Broader: f.Value("broader")}
	readWords(f, &a.one, "", directory.ContentLanguages)
	err = l.cfg.DB.Write(c.Context(), func(tx *db.Tx) error {
		a.saved = false
		if err := a.read(tx); err != nil {
			return err
		}
		return a.save(tx, f)
	})
	switch {
	case f.Add(err):
		return a.render()
	case err != nil:
		return err
	case !a.saved:
		return c.Redirect("/desk/words")
	}
	l.d.Refresh()
	c.Flash("lexicon.done.added")
	return c.Redirect("/desk/words/" + a.one.ID)
}

// save puts the concept. A word that another concept has in the same language
// is refused; one that leads elsewhere from another language asks first.
func (a *adding) save(tx *db.Tx, f *web.Form) error {
	if again, err := pressedAgain(tx, a.c, f); err != nil || again {
		return err
	}
	if !slices.Contains(carried(), a.scheme) {
		return fault.New(fault.Invalid, "web.error.invalid")
	}
	if a.one.Labels["en"] == "" {
		return fault.Fields(fault.Field{Name: "label.en", Key: "lexicon.add.english"})
	}
	if a.taken = takenWords(a.vocab, a.one, directory.ContentLanguages); len(a.taken) > 0 {
		return fault.Fields(takenFields(a.taken, "")...)
	}
	if a.conflicts = clashesOf(a.c, newFinder(a.vocab), "", phrasesOf(a.one)); len(a.conflicts) > 0 && f.Value("sure") == "" {
		return fault.Fields(fault.Field{Name: "sure", Key: "lexicon.clash.say"})
	}
	id, err := a.l.identifier(tx, a.vocab, a.one.Labels["en"])
	if err != nil {
		return err
	}
	if id == "" {
		return fault.Fields(fault.Field{Name: "label.en", Key: "lexicon.add.letters"})
	}
	a.one.ID = id
	err = a.l.d.Change(tx, by(a.c.Viewer), a.c.Now(), directory.Change{Row: directory.OfConcept(a.one, 0), New: true})
	a.saved = err == nil
	return err
}

// takenFields are the fields of a form with words that another concept has.
func takenFields(list []taken, prefix string) (out []fault.Field) {
	seen := map[string]bool{}
	for _, t := range list {
		name := prefix + "synonyms." + t.Lang
		if !seen[name] {
			out = append(out, fault.Field{Name: name, Key: "lexicon.taken.field", Args: []any{"concept", t.By.Labels.In(t.Lang), "word", t.Word}})
		}
		seen[name] = true
	}
	return out
}

// ownPaths are addresses under /desk/words that are no concept.
var ownPaths = []string{"new", "side"}

// longestID keeps identifiers in one line of an address.
const longestID = 60

// identifier makes the permanent identifier of a concept from its English
// label. One that a concept ever had is never given again: saved links would
// lead to something else. "" when the label has no Latin letter.
func (l *Lexicon) identifier(tx *db.Tx, vocab directory.Vocabulary, label string) (string, error) {
	base := slug(label)
	if base == "" {
		return "", nil
	}
	for n := 1; ; n++ {
		id := base
		if n > 1 {
			id += "-" + strconv.Itoa(n)
		}
		if slices.Contains(ownPaths, id) || directory.LanguageOf(id) != "" || slices.ContainsFunc(vocab.Concepts, func(c directory.Concept) bool { return c.ID == id }) {
			continue
		}
		past, err := l.d.History(tx, directory.KindConcept, id)
		if err != nil || len(past) == 0 {
			return id, err
		}
	}
}

func slug(label string) string {
	var words []string
	n := 0
	for _, word := range fold.Tokens(label) {
		word = strings.Map(func(r rune) rune {
			if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
				return r
			}
			return -1
		}, fold.Transliterate(word))
		if n += len(word) + 1; word != "" && n <= longestID {
			words = append(words, word)
		}
	}
	return strings.Join(words, "-")
}
