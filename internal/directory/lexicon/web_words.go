package lexicon

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"

	"amelie/internal/db"
	"amelie/internal/directory"
	"amelie/internal/fold"
	"amelie/internal/web"
)

var (
	wordsPage   = web.NewPage[wordsData](pageFiles, "page/words.html")
	conceptPage = web.NewPage[conceptData](pageFiles, "page/concept.html", "page/cell.html")
)

type (
	wordsData struct {
		Text, Add, Lang, Scheme string
		New                     string // where a concept is made
		May                     bool   // the viewer keeps the words
		Acts                    []web.M
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
		Split              string // where it is split; "": it cannot be
		Language           bool   // it names a language
		Stored             bool   // of a language: somebody wrote words of it
		Added              string // the word that came from the list of needs
		May                bool   // the viewer keeps the words, and does not only look
	}
	tried struct {
		Title, Total, Meant string
		Names               []string
	}
)

// usedBy counts the services that name a concept, or speak its language.
func usedBy(rows []directory.Row) map[string]int {
	out := map[string]int{}
	for _, r := range rows {
		for _, list := range conceptsOf(r.Service) {
			for _, id := range *list {
				out[id]++
			}
		}
		for _, l := range r.Service.Languages {
			out[directory.LanguageConcept(l.Code)]++
		}
	}
	return out
}

// usage is how often each concept is used, counted once for each state of the
// directory: the list of words reads no service while nothing changes.
type usage struct {
	mu      sync.Mutex
	version int64
	by      map[string]int
}

// uses are the counts of usedBy now. They are shared and never changed.
func (l *Lexicon) uses(tx *db.Tx) (map[string]int, error) {
	u := &l.usage
	u.mu.Lock()
	defer u.mu.Unlock()
	version, _, _, err := l.d.Moved(tx, u.version)
	if err != nil || u.by != nil && version == u.version {
		return u.by, err
	}
	services, err := l.d.Rows(tx, directory.KindService)
	if err != nil {
		return nil, err
	}
	u.version, u.by = version, usedBy(services)
	return u.by, nil
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
	data := wordsData{Text: c.Query("q"), Add: c.Query("add"), Lang: c.Query("lang"), Scheme: c.Query("scheme")}
	var done []act
	err := l.cfg.DB.Read(c.Context(), func(tx *db.Tx) (err error) {
		if _, vocab, err = l.vocabulary(tx, c.Viewer); err != nil {
			return err
		}
		data.May = l.may(tx, c.Viewer) == nil
		if done, err = readActs(tx); err != nil {
			return err
		}
		used, err = l.uses(tx)
		return err
	})
	if err != nil {
		return err
	}
	with := url.Values{}
	if data.Add != "" {
		with.Set("add", data.Add)
		with.Set("lang", data.Lang)
	}
	data.schemes(c, with)
	data.New = c.Path("/desk/words/new" + query(with))
	data.Acts = actLines(c, done)
	for _, one := range listed(vocab, used) {
		shown := data.Scheme == one.Scheme || data.Scheme == "" && one.Scheme != directory.LanguageScheme
		if shown && has(vocab, one, data.Text) {
			data.Rows = append(data.Rows, wordLineOf(c, vocab, one, used[one.ID], query(with)))
		}
	}
	return wordsPage.Render(c, data)
}

// schemes are the chips of the list.
func (data *wordsData) schemes(c *web.Ctx, with url.Values) {
	data.Schemes = []web.M{{"href": c.Path("/desk/words" + query(with)), "label": c.T("lexicon.scheme.all"), "on": data.Scheme == ""}}
	for _, scheme := range directory.Schemes {
		to := maps.Clone(with)
		to.Set("scheme", scheme)
		data.Schemes = append(data.Schemes, web.M{"href": c.Path("/desk/words" + query(to)), "label": c.T("lexicon.scheme." + scheme), "on": data.Scheme == scheme})
	}
}

// listed are the concepts of a vocabulary, and the languages that search knows
// or a service speaks, also where nobody wrote a word of them yet.
func listed(vocab directory.Vocabulary, used map[string]int) []directory.Concept {
	out, have := slices.Clone(vocab.Concepts), map[string]bool{}
	for _, one := range out {
		have[one.ID] = true
	}
	ids := slices.Sorted(maps.Keys(used))
	for _, code := range directory.LanguagesKnown() {
		ids = append(ids, directory.LanguageConcept(code))
	}
	for _, id := range ids {
		if directory.LanguageOf(id) != "" && !have[id] {
			have[id] = true
			out = append(out, directory.Concept{ID: id, Scheme: directory.LanguageScheme})
		}
	}
	return out
}

func wordLineOf(c *web.Ctx, vocab directory.Vocabulary, one directory.Concept, used int, with string) wordLine {
	row := wordLine{Href: c.Path("/desk/words/" + one.ID + with), Name: vocab.NameOf(one, c.Lang), Words: strings.Join(one.Synonyms[c.Lang], ", "), Used: c.T("lexicon.list.used", "n", used)}
	if one.Broader != "" {
		row.Broader = conceptName(vocab, one.Scheme, one.Broader, c.Lang)
	}
	if one.Scheme == directory.LanguageScheme {
		return row
	}
	var missing []string
	for _, lang := range directory.ContentLanguages {
		if one.Labels[lang] == "" {
			missing = append(missing, directory.LanguageName(c.Lang, lang))
		}
	}
	row.Missing = strings.Join(missing, ", ")
	return row
}

func query(v url.Values) string {
	if len(v) == 0 {
		return ""
	}
	return "?" + v.Encode()
}

// has says whether a concept has a word that contains text.
func has(vocab directory.Vocabulary, one directory.Concept, text string) bool {
	key, words := fold.Key(text), phrasesOf(one)
	if one.Scheme == directory.LanguageScheme {
		for _, lang := range directory.ContentLanguages {
			words = append(words, vocab.NameOf(one, lang))
		}
	}
	return key == "" || slices.ContainsFunc(words, func(p string) bool { return strings.Contains(fold.Key(p), key) })
}
