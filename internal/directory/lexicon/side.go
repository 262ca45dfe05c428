package lexicon

import (
	"slices"
	"strings"

	"amelie/internal/db"
	"amelie/internal/directory"
	"amelie/internal/fault"
	"amelie/internal/web"
)

var sidePage = web.NewPage[sideData](pageFiles, "page/side.html", "page/cell.html")

// shownPairs is how many concepts the list shows at once; the next ones follow
// when these are done.
const shownPairs = 20

type (
	sideData struct {
		From, To         string
		FromName, ToName string
		Froms, Tos       []web.Choice
		Pairs            []pair
		More             int
		Action           string
		Taken            []web.M
	}
	// pair is a concept whose words stand in one language and lack in another.
	pair struct {
		ID, Scheme, Label, Words, Href string
		Missing                        bool // the label lacks too
		Typed                          wordCell
		Looked                         []string // what people looked for in vain that may belong here
	}
)

// side is the list of words that stand in one language and lack in another.
type side struct {
	l         *Lexicon
	c         *web.Ctx
	from, to  string
	rows      []directory.Row
	vocab     directory.Vocabulary
	vain      []vain
	taken     []taken
	typedInto map[string]directory.Concept // what was typed, by concept
}

func (l *Lexicon) newSide(c *web.Ctx, from, to string) *side {
	s := &side{l: l, c: c, from: from, to: to}
	if !slices.Contains(directory.ContentLanguages, s.from) {
		s.from = "en"
	}
	if !slices.Contains(directory.ContentLanguages, s.to) || s.to == s.from {
		s.to = c.Lang
	}
	if s.to == s.from {
		s.to = directory.ContentLanguages[1]
	}
	return s
}

func (s *side) read(tx *db.Tx) (err error) {
	if err = s.l.may(tx, s.c.Viewer); err != nil {
		return err
	}
	if s.rows, s.vocab, err = s.l.vocabulary(tx, s.c.Viewer); err != nil {
		return err
	}
	s.vain, err = readVain(tx, monthsAgo(s.c.Now(), shownMonths))
	return err
}

// lacks says whether a concept has words in the one language and none in the
// other: no label, or no synonym where the one language has some.
func (s *side) lacks(one directory.Concept) bool {
	label := one.Scheme != directory.LanguageScheme && one.Labels[s.from] != "" && one.Labels[s.to] == ""
	return label || len(one.Synonyms[s.from]) > 0 && len(one.Synonyms[s.to]) == 0
}

// side shows the list.
func (l *Lexicon) side(c *web.Ctx) error {
	s := l.newSide(c, c.Query("from"), c.Query("to"))
	if err := l.cfg.DB.Read(c.Context(), s.read); err != nil {
		return err
	}
	return s.render()
}

func (s *side) render() error {
	c := s.c
	data := sideData{From: s.from, To: s.to, FromName: directory.LanguageName(c.Lang, s.from), ToName: directory.LanguageName(c.Lang, s.to),
		Action: c.Path("/desk/words/side"), Taken: takenLinks(c, s.taken)}
	for _, lang := range directory.ContentLanguages {
		name := directory.Capital(directory.LanguageName(c.Lang, lang))
		data.Froms = append(data.Froms, web.Choice{Value: lang, Label: name, Selected: lang == s.from})
		data.Tos = append(data.Tos, web.Choice{Value: lang, Label: name, Selected: lang == s.to})
	}
	looked := s.looked()
	for _, one := range s.vocab.Concepts {
		if !s.lacks(one) {
			continue
		}
		if len(data.Pairs) == shownPairs {
			data.More++
			continue
		}
		data.Pairs = append(data.Pairs, s.pairOf(one, looked[one.ID]))
	}
	return sidePage.Render(c, data)
}

func (s *side) pairOf(one directory.Concept, looked []string) pair {
	p := pair{ID: one.ID, Scheme: s.c.T("lexicon.scheme." + one.Scheme), Label: s.vocab.NameOf(one, s.from), Words: strings.Join(one.Synonyms[s.from], ", "),
		Href: s.c.Path("/desk/words/" + one.ID), Looked: looked, Missing: one.Scheme != directory.LanguageScheme && one.Labels[s.to] == ""}
	fill := one
	if typed, sent := s.typedInto[one.ID]; sent {
		fill.Labels, fill.Synonyms = typed.Labels, typed.Synonyms
	}
	cells, _ := cellsOf(s.c, fill, one.ID+".", []string{s.to})
	p.Typed = cells[0]
	return p
}

// looked are the words in the other language that led nowhere, by the concept
// that is closest to them.
func (s *side) looked() map[string][]string {
	x, out := s.l.finder.of(s.vocab), map[string][]string{}
	for _, v := range s.vain {
		if v.Lang != s.to || x.leads(v.Word) {
			continue
		}
		for _, one := range x.nearest(v.Word, 1) {
			if !slices.Contains(out[one.Concept.ID], v.Word) {
				out[one.Concept.ID] = append(out[one.Concept.ID], v.Word)
			}
		}
	}
	return out
}

// sidePost adds what was typed to the concepts as they are by now: words are
// only ever added here, so two editors lose nothing.
func (l *Lexicon) sidePost(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	s := l.newSide(c, f.Value("from"), f.Value("to"))
	err = l.cfg.DB.Write(c.Context(), func(tx *db.Tx) error {
		if err := s.read(tx); err != nil {
			return err
		}
		changes, err := s.changes(f)
		if err != nil {
			return err
		}
		if again, err := pressedAgain(tx, c, f); err != nil || again || len(changes) == 0 {
			return err
		}
		return l.d.Change(tx, by(c.Viewer), c.Now(), changes...)
	})
	if f.Add(err) {
		return s.render()
	}
	if err != nil {
		return err
	}
	l.d.Refresh()
	c.Flash("lexicon.done.saved")
	return c.Redirect("/desk/words/side?from=" + s.from + "&to=" + s.to)
}

// changes are the concepts with what was typed. A word that another concept
// has in the same language is refused.
func (s *side) changes(f *web.Form) (out []directory.Change, err error) {
	s.typedInto, s.taken = map[string]directory.Concept{}, nil
	var wrong []fault.Field
	for _, row := range s.rows {
		one := directory.Concept{ID: row.ID}
		readWords(f, &one, row.ID+".", []string{s.to})
		one.Synonyms[s.to] = slices.DeleteFunc(one.Synonyms[s.to], func(word string) bool { return hasWord(*row.Concept, s.to, word) })
		if len(one.Labels)+len(one.Synonyms[s.to]) == 0 {
			continue
		}
		s.typedInto[row.ID] = one
		if list := takenWords(s.vocab, one, []string{s.to}); len(list) > 0 {
			s.taken = append(s.taken, list...)
			wrong = append(wrong, takenFields(list, row.ID+".")...)
			continue
		}
		next, err := row.Copy()
		if err != nil {
			return nil, err
		}
		if s.put(next.Concept, one) {
			out = append(out, directory.Change{Row: next})
		}
	}
	return out, fault.Fields(wrong...)
}

// put adds words to a concept. A label that came meanwhile stays, and the one
// that was typed becomes a synonym.
func (s *side) put(to *directory.Concept, from directory.Concept) (changed bool) {
	words := from.Synonyms[s.to]
	if label := from.Labels[s.to]; label != "" && to.Labels[s.to] == "" && to.Scheme != directory.LanguageScheme {
		if to.Labels == nil {
			to.Labels = directory.Text{}
		}
		to.Labels[s.to], changed = label, true
	} else if label != "" {
		words = append([]string{label}, words...)
	}
	for _, word := range words {
		if !hasWord(*to, s.to, word) {
			if to.Synonyms == nil {
				to.Synonyms = map[string][]string{}
			}
			to.Synonyms[s.to], changed = append(to.Synonyms[s.to], word), true
		}
	}
	return changed
}
