package lexicon

import (
	"cmp"
	"errors"
	"net/url"
	"slices"
	"strings"

	"amelie/internal/db"
	"amelie/internal/directory"
	"amelie/internal/fault"
	"amelie/internal/fold"
	"amelie/internal/web"
)

var (
	wordsPage   = web.NewPage[wordsData](pageFiles, "page/words.html")
	conceptPage = web.NewPage[conceptData](pageFiles, "page/concept.html")
)

type (
	wordsData struct {
		Text, Add, Lang, Scheme string
		Schemes                 []web.M
		Rows                    []wordLine
	}
	wordLine struct {
		Href, Name, Words, Broader, Used, Missing string
	}
	conceptData struct {
		Name, Scheme, Used string
		Revision           int64
		Cells, More        []wordCell
		Broader            []web.Choice
		Action             string
		Try                string
		Now, Then          *tried
		Forms              []string // new words as search takes them
		Conflicts          []string // words that lead elsewhere already
		Stale              []web.M  // what somebody else wrote meanwhile
		Past               []web.M
		Targets            []web.Choice
		InUse              int
		Added              string // the word that came from the list of needs
		May                bool   // the viewer keeps the words, and does not only look
	}
	wordCell struct {
		Lang, Name, Label, LabelName, Words, WordsName string
		Missing                                        bool
		Rows                                           int
	}
	tried struct {
		Title, Total, Meant string
		Names               []string
	}
)

// usedBy counts the services that name a concept.
func usedBy(rows []directory.Row) map[string]int {
	out := map[string]int{}
	for _, r := range rows {
		for _, list := range conceptsOf(r.Service) {
			for _, id := range *list {
				out[id]++
			}
		}
	}
	return out
}

// conceptsOf are the lists of a service that hold concepts, by scheme.
func conceptsOf(s *directory.Service) map[string]*[]string {
	return map[string]*[]string{"role": &s.Roles, "help": &s.Helps, "target": &s.For, "form": &s.Forms, "setting": &s.Settings}
}

// vocabulary reads the stored concepts, for who may see them.
func (l *Lexicon) vocabulary(tx *db.Tx, v *web.Viewer) (rows []directory.Row, vocab directory.Vocabulary, err error) {
	if err = l.maySee(tx, v); err != nil {
		return nil, vocab, err
	}
	if rows, err = l.d.Rows(tx, directory.KindConcept); err != nil {
		return nil, vocab, err
	}
	for _, r := range rows {
		vocab.Concepts = append(vocab.Concepts, *r.Concept)
	}
	return rows, vocab, nil
}

// words lists the concepts, with what is missing in each.
func (l *Lexicon) words(c *web.Ctx) error {
	var vocab directory.Vocabulary
	var used map[string]int
	err := l.cfg.DB.Read(c.Context(), func(tx *db.Tx) (err error) {
		if _, vocab, err = l.vocabulary(tx, c.Viewer); err != nil {
			return err
		}
		services, err := l.d.Rows(tx, directory.KindService)
		used = usedBy(services)
		return err
	})
	if err != nil {
		return err
	}
	data := wordsData{Text: c.Query("q"), Add: c.Query("add"), Lang: c.Query("lang"), Scheme: c.Query("scheme")}
	with := url.Values{}
	if data.Add != "" {
		with.Set("add", data.Add)
		with.Set("lang", data.Lang)
	}
	data.Schemes = []web.M{{"href": c.Path("/desk/words" + query(with)), "label": c.T("lexicon.scheme.all"), "on": data.Scheme == ""}}
	for _, scheme := range directory.Schemes {
		to := url.Values{"scheme": {scheme}}
		for k, v := range with {
			to[k] = v
		}
		data.Schemes = append(data.Schemes, web.M{"href": c.Path("/desk/words" + query(to)), "label": c.T("lexicon.scheme." + scheme), "on": data.Scheme == scheme})
	}
	for _, one := range vocab.Concepts {
		if data.Scheme != "" && one.Scheme != data.Scheme || !has(one, data.Text) {
			continue
		}
		row := wordLine{Href: c.Path("/desk/words/" + one.ID + query(with)), Name: one.Labels.In(c.Lang), Words: strings.Join(one.Synonyms[c.Lang], ", "), Used: c.T("lexicon.list.used", "n", used[one.ID])}
		if one.Broader != "" {
			row.Broader = conceptName(vocab, one.Scheme, one.Broader, c.Lang)
		}
		var missing []string
		for _, lang := range directory.ContentLanguages {
			if one.Labels[lang] == "" {
				missing = append(missing, directory.LanguageName(c.Lang, lang))
			}
		}
		row.Missing = strings.Join(missing, ", ")
		data.Rows = append(data.Rows, row)
	}
	return wordsPage.Render(c, data)
}

func query(v url.Values) string {
	if len(v) == 0 {
		return ""
	}
	return "?" + v.Encode()
}

// has says whether a concept has a word that contains text.
func has(one directory.Concept, text string) bool {
	key := fold.Key(text)
	return key == "" || slices.ContainsFunc(phrasesOf(one), func(p string) bool { return strings.Contains(fold.Key(p), key) })
}

// concept is the form of one concept.
func (l *Lexicon) concept(c *web.Ctx) error {
	e := &edit{l: l, c: c}
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
	try       string
}

func (e *edit) read(tx *db.Tx) (err error) {
	if e.rows, e.vocab, err = e.l.vocabulary(tx, e.c.Viewer); err != nil {
		return err
	}
	e.keeps = e.l.may(tx, e.c.Viewer) == nil
	if e.now, err = e.l.d.Row(tx, directory.KindConcept, e.c.Param("concept")); err != nil {
		return err
	}
	if e.services, err = e.l.d.Rows(tx, directory.KindService); err != nil {
		return err
	}
	e.past, err = e.l.d.History(tx, directory.KindConcept, e.now.ID)
	return err
}

// clashes are the words that are new in mine and lead to another concept
// already, as sentences.
func (e *edit) clashes() []string {
	fresh := e.fresh()
	if len(fresh) == 0 {
		return nil
	}
	x := newFinder(e.vocab)
	var out []string
	for _, word := range fresh {
		for _, other := range x.meaning(e.mine.ID, word) {
			out = append(out, e.c.T("lexicon.clash.one", "word", word, "concept", other.Labels.In(e.c.Lang)))
		}
	}
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
		}
	}
	return v
}

func (e *edit) render() error {
	c, one := e.c, e.mine.Concept
	used := usedBy(e.services)[e.now.ID]
	data := conceptData{Name: e.now.Concept.Labels.In(c.Lang), Scheme: c.T("lexicon.scheme." + one.Scheme), Used: c.T("lexicon.list.used", "n", used), InUse: used,
		Revision: e.revision, Action: c.Path("/desk/words/" + e.now.ID), Try: e.try, Conflicts: e.conflicts, Stale: e.stale, Added: e.added, Forms: e.forms(), May: e.keeps}
	for _, lang := range e.languages() {
		cell := wordCell{Lang: lang, Name: directory.LanguageName(c.Lang, lang), Label: one.Labels[lang], LabelName: "label." + lang,
			Words: strings.Join(one.Synonyms[lang], "\n"), WordsName: "synonyms." + lang, Rows: min(12, max(3, len(one.Synonyms[lang])+1))}
		if slices.Contains(directory.ContentLanguages, lang) {
			cell.Missing = cell.Label == ""
			data.Cells = append(data.Cells, cell)
		} else {
			data.More = append(data.More, cell)
		}
	}
	data.Broader = []web.Choice{{Value: "", Label: c.T("lexicon.edit.top"), Selected: one.Broader == ""}}
	for _, other := range e.vocab.Concepts {
		if other.Scheme == one.Scheme && other.ID != one.ID {
			data.Broader = append(data.Broader, web.Choice{Value: other.ID, Label: other.Labels.In(c.Lang), Selected: other.ID == one.Broader})
			data.Targets = append(data.Targets, web.Choice{Value: other.ID, Label: other.Labels.In(c.Lang)})
		}
	}
	directory.SortNames(data.Broader[1:])
	directory.SortNames(data.Targets)
	data.Targets = append([]web.Choice{{Value: "", Label: c.T("lexicon.retire.none")}}, data.Targets...)
	if e.try != "" {
		now, then, err := e.l.d.Try(c.Context(), e.changed(), e.try, c.Lang)
		if err != nil {
			return err
		}
		data.Now, data.Then = e.told("now", now), e.told("then", then)
	}
	for _, p := range e.past[:min(8, len(e.past))] {
		data.Past = append(data.Past, web.M{"href": c.Path("/desk/changes/" + p.ID), "when": c.DateTime(p.At), "who": cmp.Or(p.By.Name, c.T("desk.way."+string(p.By.Way))), "what": c.T("desk.act." + p.Action), "note": p.Note})
	}
	return conceptPage.Render(c, data)
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
	one := mine.Concept
	one.Labels, one.Synonyms, one.Broader = directory.Text{}, map[string][]string{}, f.Value("broader")
	for _, lang := range e.languages() {
		if label := strings.Join(strings.Fields(f.Value("label."+lang)), " "); label != "" {
			one.Labels[lang] = label
		}
		var words []string
		for line := range strings.Lines(f.Value("synonyms." + lang)) {
			if word := strings.Join(strings.Fields(line), " "); word != "" && !slices.Contains(words, word) {
				words = append(words, word)
			}
		}
		if len(words) > 0 {
			one.Synonyms[lang] = words
		}
	}
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
	e := &edit{l: l, c: c}
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
		base, err := e.l.d.VersionOf(tx, directory.KindConcept, e.now.ID, e.revision)
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
	err = e.l.d.Change(tx, by(e.c.Viewer), e.c.Now(), directory.Change{Row: e.mine, Note: f.Value("note")})
	e.saved = err == nil
	return err
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
