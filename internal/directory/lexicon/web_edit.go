package lexicon

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"amelie/internal/db"
	"amelie/internal/directory"
	"amelie/internal/fault"
	"amelie/internal/fold"
	"amelie/internal/web"
)

// concept is the form of one concept.
func (l *Lexicon) concept(c *web.Ctx) error {
	all, err := l.d.Everyone(c.Context())
	if err != nil {
		return err
	}
	e := &edit{l: l, c: c, all: all}
	if err := l.cfg.DB.Read(c.Context(), e.read); err != nil {
		return err
	}
	if e.now.Concept == nil {
		return fault.New(fault.NotFound, "web.error.not-found")
	}
	mine, err := e.now.Copy()
	if err != nil {
		return err
	}
	e.mine, e.revision = mine, e.now.Revision
	if word, lang := c.Query("add"), c.Query("lang"); word != "" && len(word) <= 200 && slices.Contains(directory.ContentLanguages, lang) {
		e.added = word
		if mine.Concept.Synonyms == nil {
			mine.Concept.Synonyms = map[string][]string{}
		}
		if !slices.Contains(mine.Concept.Synonyms[lang], word) {
			mine.Concept.Synonyms[lang] = append(mine.Concept.Synonyms[lang], word)
		}
		e.conflicts = e.clashes()
	}
	return e.render()
}

// errBoth undoes a save that met another editor's, with its button, so that
// the next press counts.
var errBoth = errors.New("both wrote the same")

// edit is one concept being edited.
type edit struct {
	l         *Lexicon
	c         *web.Ctx
	now, mine directory.Row
	all       directory.Everyone // as search answers now
	vocab     directory.Vocabulary
	rows      []directory.Row // of the vocabulary
	services  []directory.Row
	past      []directory.Past
	revision  int64
	added     string
	conflicts []string
	stale     []web.M
	saved     bool
	keeps     bool // the viewer keeps the words
	fancied   bool // a language that nobody wrote a word of yet: no row is stored
	try       string
}

func (e *edit) read(tx *db.Tx) (err error) {
	if e.rows, e.vocab, err = e.l.vocabulary(tx, e.c.Viewer); err != nil {
		return err
	}
	e.keeps = e.l.may(tx, e.c.Viewer) == nil
	if e.now, e.fancied, err = e.l.conceptRow(tx, e.c.Param("concept")); err != nil {
		return err
	}
	if e.services, err = e.l.d.Rows(tx, directory.KindService); err != nil {
		return err
	}
	e.past, err = e.l.d.History(tx, directory.KindConcept, e.now.ID)
	return err
}

// conceptRow is a stored concept; for a language that nobody wrote a word of
// yet, one without words. Errors: fault.NotFound.
func (l *Lexicon) conceptRow(tx *db.Tx, id string) (row directory.Row, fancied bool, err error) {
	row, err = l.d.Row(tx, directory.KindConcept, id)
	if fault.KindOf(err) == fault.NotFound && directory.LanguageOf(id) != "" {
		return directory.OfConcept(directory.Concept{ID: id, Scheme: directory.LanguageScheme}, 0), true, nil
	}
	return row, false, err
}

// clashes are the words that are new in mine and lead to another concept
// already, as sentences.
func (e *edit) clashes() []string {
	fresh := e.fresh()
	if len(fresh) == 0 {
		return nil
	}
	out := clashesOf(e.c, newFinder(e.vocab), e.mine.ID, fresh)
	if own := directory.LanguageOf(e.mine.ID); own != "" {
		for _, word := range fresh {
			if code, known := e.all.LanguageNamed(word); known && code != own {
				out = append(out, e.c.T("lexicon.clash.one", "word", word, "concept", directory.Capital(e.all.LanguageName(e.c.Lang, code))))
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// fresh are the words that are new in mine.
func (e *edit) fresh() []string {
	old := phrasesOf(*e.now.Concept)
	return slices.DeleteFunc(phrasesOf(*e.mine.Concept), func(word string) bool { return slices.Contains(old, word) })
}

// forms are the new words as search takes them: folded, and in Latin letters.
func (e *edit) forms() []string {
	var out []string
	for _, word := range e.fresh() {
		forms := []string{word}
		for _, form := range fold.Phrase(word) {
			if !strings.Contains(form, "~") && !slices.Contains(forms, form) { // "~" marks a key by ear, which nobody reads
				forms = append(forms, form)
			}
		}
		out = append(out, strings.Join(forms, " = "))
	}
	return out
}

// changed is the vocabulary with mine in it.
func (e *edit) changed() directory.Vocabulary {
	v := directory.Vocabulary{Concepts: slices.Clone(e.vocab.Concepts)}
	for i := range v.Concepts {
		if v.Concepts[i].ID == e.mine.ID {
			v.Concepts[i] = *e.mine.Concept
			return v
		}
	}
	v.Concepts = append(v.Concepts, *e.mine.Concept)
	return v
}

func (e *edit) render() error {
	c, one := e.c, e.mine.Concept
	used := usedBy(e.services)[e.now.ID]
	data := conceptData{Name: e.vocab.NameOf(*e.now.Concept, c.Lang), Scheme: c.T("lexicon.scheme." + one.Scheme), Used: c.T("lexicon.list.used", "n", used), InUse: used,
		Revision: e.revision, Action: c.Path("/desk/words/" + e.now.ID), Try: e.try, Conflicts: e.conflicts, Stale: e.stale, Added: e.added, Forms: e.forms(), May: e.keeps}
	data.Cells, data.More = cellsOf(c, *one, "", e.languages())
	data.Broader, data.Targets = broaderChoices(c, e.vocab, one.Scheme, *one)
	data.Targets = append([]web.Choice{{Value: "", Label: c.T("lexicon.retire.none")}}, data.Targets...)
	if slices.Contains(carried(), one.Scheme) {
		data.Split = c.Path("/desk/words/" + e.now.ID + "/split")
	}
	data.Language, data.Stored = one.Scheme == directory.LanguageScheme, !e.fancied
	if e.try != "" {
		trial, err := e.l.d.Try(c.Context(), e.changed(), nil)
		if err != nil {
			return err
		}
		now, then := trial.Find(e.try, c.Lang)
		data.Now, data.Then = e.told("now", now), e.told("then", then)
	}
	for _, p := range e.past[:min(8, len(e.past))] {
		data.Past = append(data.Past, web.M{"href": c.Path("/desk/changes/" + p.ID), "when": c.DateTime(p.At), "who": cmp.Or(p.By.Name, c.T("desk.way."+string(p.By.Way))), "what": c.T("desk.act." + p.Action), "note": p.Note})
	}
	return conceptPage.Render(c, data)
}

// broaderChoices are the concepts under which one may stand, and those that
// may take its place.
func broaderChoices(c *web.Ctx, vocab directory.Vocabulary, scheme string, one directory.Concept) (broader, others []web.Choice) {
	for _, other := range vocab.Concepts {
		if other.Scheme == scheme && other.ID != one.ID {
			choice := web.Choice{Value: other.ID, Label: other.Labels.In(c.Lang)}
			others = append(others, choice)
			choice.Selected = other.ID == one.Broader
			broader = append(broader, choice)
		}
	}
	directory.SortNames(broader)
	directory.SortNames(others)
	return append([]web.Choice{{Value: "", Label: c.T("lexicon.edit.top"), Selected: one.Broader == ""}}, broader...), others
}

// languages are the six and those that any concept has synonyms in.
func (e *edit) languages() []string {
	out := slices.Clone(directory.ContentLanguages)
	var more []string
	for _, one := range e.vocab.Concepts {
		for lang := range one.Synonyms {
			if !slices.Contains(out, lang) && !slices.Contains(more, lang) {
				more = append(more, lang)
			}
		}
	}
	slices.Sort(more)
	return append(out, more...)
}

func (e *edit) told(key string, r directory.Result) *tried {
	t := &tried{Title: e.c.T("lexicon.try." + key), Total: e.c.T("directory.find.results", "n", r.Total)}
	var meant []string
	for _, m := range r.Meanings {
		if m.Kind == directory.MeansConcept {
			meant = append(meant, conceptName(e.changed(), m.By, m.ID, e.c.Lang))
		} else if m.Kind == directory.MeansNothing {
			meant = append(meant, e.c.T("lexicon.try.nothing", "word", m.Text))
		}
	}
	t.Meant = strings.Join(slices.Compact(meant), " · ")
	for _, h := range r.Hits {
		t.Names = append(t.Names, h.Entry.Service.Name)
	}
	return t
}

// typed is the concept as the form says.
func (e *edit) typed(f *web.Form) error {
	mine, err := e.now.Copy()
	if err != nil {
		return err
	}
	readWords(f, mine.Concept, "", e.languages())
	mine.Concept.Broader = f.Value("broader")
	e.mine = mine
	return nil
}

// conceptPost tries, saves or retires a concept.
func (l *Lexicon) conceptPost(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	if f.Value("do") == "retire" {
		return l.retirePost(c, f)
	}
	all, err := l.d.Everyone(c.Context())
	if err != nil {
		return err
	}
	e := &edit{l: l, c: c, all: all}
	err = l.cfg.DB.Write(c.Context(), func(tx *db.Tx) error {
		e.saved, e.stale, e.conflicts = false, nil, nil
		if err := l.may(tx, c.Viewer); err != nil {
			return err
		}
		if err := e.read(tx); err != nil {
			return err
		}
		if err := e.typed(f); err != nil {
			return err
		}
		e.revision = whole(f.Value("revision"))
		e.conflicts = e.clashes()
		if f.Value("do") != "save" || len(e.conflicts) > 0 && f.Value("sure") == "" {
			e.try = f.Value("try")
			return nil
		}
		if again, err := pressedAgain(tx, c, f); err != nil || again {
			e.saved = err == nil
			return err
		}
		return e.save(tx, f)
	})
	if f.Add(err) {
		return e.render()
	}
	if err != nil && !errors.Is(err, errBoth) {
		return err
	}
	if e.saved {
		l.d.Refresh()
		c.Flash("lexicon.done.saved")
		return c.Redirect("/desk/words/" + e.now.ID)
	}
	if len(e.conflicts) > 0 && f.Value("do") == "save" {
		f.Error("sure", "lexicon.clash.say")
	}
	if len(e.stale) > 0 {
		f.Error("note", "lexicon.stale.title")
	}
	return e.render()
}

func whole(text string) (n int64) {
	for _, r := range text {
		if r < '0' || r > '9' || n > 1<<40 {
			return -1
		}
		n = 10*n + int64(r-'0')
	}
	return n
}

// save writes mine, and brings it together with what somebody else wrote
// meanwhile. Where both wrote the same, nothing is saved and both are shown.
//
// req: LEXICON-6
func (e *edit) save(tx *db.Tx, f *web.Form) error {
	if e.revision != e.now.Revision {
		base, err := e.base(tx)
		if err != nil {
			return err
		}
		merged, both, err := directory.Merge(base, e.mine, e.now)
		if err != nil {
			return err
		}
		if len(both) > 0 {
			e.revision = e.now.Revision
			e.bothWrote(merged, both)
			return errBoth
		}
		e.mine = merged
	}
	e.mine.Revision = e.now.Revision
	changed, err := directory.Differences(e.now, e.mine)
	if err != nil {
		return err
	}
	if e.saved = true; len(changed) == 0 {
		return nil
	}
	err = e.l.d.Change(tx, by(e.c.Viewer), e.c.Now(), directory.Change{Row: e.mine, New: e.fancied, Note: f.Value("note")})
	e.saved = err == nil
	return err
}

// base is what this editor began with.
func (e *edit) base(tx *db.Tx) (directory.Row, error) {
	row, err := e.l.d.VersionOf(tx, directory.KindConcept, e.now.ID, e.revision)
	if fault.KindOf(err) == fault.NotFound && e.revision == 0 && e.now.Concept.Scheme == directory.LanguageScheme {
		return directory.OfConcept(directory.Concept{ID: e.now.ID, Scheme: directory.LanguageScheme}, 0), nil
	}
	return row, err
}

// bothWrote leaves the reader's words in the form where both wrote the same
// field, and shows the other's beside them; everything else is merged.
func (e *edit) bothWrote(merged directory.Row, both []string) {
	mine, theirs := e.mine.Concept, e.now.Concept
	for _, path := range both {
		field, lang, _ := strings.Cut(path, ".")
		name := directory.LanguageName(e.c.Lang, lang)
		switch field {
		case "Labels":
			e.stale = append(e.stale, web.M{"name": e.c.T("lexicon.edit.label") + ", " + name, "text": theirs.Labels[lang]})
			merged.Concept.Labels[lang] = mine.Labels[lang]
		case "Synonyms":
			e.stale = append(e.stale, web.M{"name": e.c.T("lexicon.edit.words") + ", " + name, "text": strings.Join(theirs.Synonyms[lang], ", ")})
			merged.Concept.Synonyms[lang] = mine.Synonyms[lang]
		default:
			e.stale = append(e.stale, web.M{"name": e.c.T("lexicon.edit.broader"), "text": conceptName(e.vocab, theirs.Scheme, theirs.Broader, e.c.Lang)})
			merged.Concept.Broader = mine.Broader
		}
	}
	e.mine = merged
}
