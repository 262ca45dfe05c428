package directory

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"amelie/internal/fold"
	"amelie/internal/geo"
)

// How well a document answers one part of the text, from guess to certainty.
const (
	levelGuess  = iota // a beginning, a part of a compound or a misspelt word in its text
	levelBody          // the word in its text, or the beginning of a word of its name
	levelTagged        // the concept, language or territory that the editors gave it
	levelName          // the word in its name; at the place; spoken by staff
	levels
)

// levelPoints weigh the levels, in hundredths of a part of the text.
var levelPoints = [levels]int{15, 40, 80, 100}

// part is one part of the text: a word or phrase, how it was understood, and
// who answers it how well.
type part struct {
	meaning  Meaning
	key      string // the word, folded
	level    [levels]docset
	all      docset
	concepts []conceptKey
	language string
	place    *geo.Place
	area     string // territory meant
	hint     bool   // the first to be given up: a country that hints at a language
	topic    bool   // what every entry is about
	sure     bool   // known as it stands
}

// maxText and maxWords limit what is read of a text; the rest is ignored.
const (
	maxText  = 400
	maxWords = 16
	maxRange = 256 // terms taken for one beginning or ending
)

// reading turns a text into parts.
type reading struct {
	x         *Index
	a         *arena
	countries []string
	now       time.Time
	lang      string
	wide      bool // more typing errors are forgiven, also where a word is known
	parts     []*part
}

// firstPart is what is read of a text: its first maxText characters.
func firstPart(text string) string {
	if len(text) <= maxText {
		return text
	}
	if r := []rune(text); len(r) > maxText {
		return string(r[:maxText])
	}
	return text
}

// read understands the text. The parts are all to be met.
func (x *Index) read(a *arena, q Query, wide bool) []*part {
	text := firstPart(q.Text)
	r := &reading{x: x, a: a, countries: q.Countries, now: q.Now, lang: q.Lang, wide: wide}
	if _, filter := filterWords[fold.Key(text)]; !filter && phoneTyped(text) != "" {
		digits := phoneTyped(text)
		r.number(text, digits)
		return r.parts
	}
	words := telling(fold.Words(text))
	for i := 0; i < len(words); {
		i += r.next(words[i:])
	}
	r.dropTopic()
	for _, p := range r.parts {
		p.settle()
	}
	return r.parts
}

// dropTopic takes out what every entry is about: it asks for nothing more.
func (r *reading) dropTopic() {
	r.parts = slices.DeleteFunc(r.parts, func(p *part) bool { return p.topic })
}

// telling drops stop words and lone letters; of a text of only those, nothing
// is asked.
func telling(words []string) []string {
	kept := words[:0]
	for _, w := range words {
		key := fold.Word(w)
		if stopWords[key] || key == "" || utf8.RuneCountInString(key) == 1 && (key[0] < '0' || key[0] > '9') {
			continue
		}
		kept = append(kept, w)
	}
	return kept[:min(len(kept), maxWords)]
}

// phoneTyped are the digits of a text that is nothing but a phone number.
func phoneTyped(text string) string {
	digits := digitsOf(text)
	if len(digits) < 3 || strings.Trim(text, "0123456789+()/-. \u00a0") != "" {
		return ""
	}
	return digits
}

// number finds a phone number written in any way.
func (r *reading) number(text, digits string) {
	p := r.part(text, MeansNumber)
	p.key = digits
	home := dialled(text)
	for _, d := range []string{digits, home} {
		r.x.phones.find(d, p.level[levelName], p.level[levelBody])
	}
	r.exact(p, []string{digits})
	p.sure = true
	p.settle()
}

func (r *reading) part(text string, kind MeaningKind) *part {
	p := &part{meaning: Meaning{Text: text, Kind: kind}, all: r.a.set()}
	for i := range p.level {
		p.level[i] = r.a.set()
	}
	r.parts = append(r.parts, p)
	return p
}

// settle makes the levels exclude each other, the best counts, and sums up.
func (p *part) settle() {
	p.all.clear()
	for i := levels - 1; i >= 0; i-- {
		p.level[i].without(p.all)
		p.all.or(p.level[i])
	}
}

// levelOf is how well a document answers; negative: not at all.
func (p *part) levelOf(d uint32) int {
	for i := levels - 1; i >= 0; i-- {
		if p.level[i].has(d) {
			return i
		}
	}
	return -1
}

// next understands the longest phrase that begins the words and returns how
// many words it took.
func (r *reading) next(words []string) int {
	for n := min(4, len(words)); n > 0; n-- {
		if r.phrase(words[:n]) {
			return n
		}
	}
	r.word(words[0])
	return 1
}

// phrase understands words that together are known: a concept, a language, a
// territory or a place.
func (r *reading) phrase(words []string) bool {
	forms := fold.Typed(words...)
	if len(forms) == 0 {
		return true // nothing left to understand
	}
	if r.filter(words, forms) {
		return true
	}
	keys := r.concept(forms)
	language := r.language(forms)
	area, place := "", (*geo.Place)(nil)
	if language == "" {
		area, place = r.where(words, len(keys) > 0)
	}
	hint := ""
	if language == "" && area == "" && place == nil {
		hint = r.origin(forms)
	}
	if len(keys) == 0 && language == "" && hint == "" && area == "" && place == nil {
		return false
	}
	p := r.part(strings.Join(words, " "), MeansConcept)
	p.key = forms[0]
	if hint != "" {
		p.hint, language = true, hint
	}
	r.takeConcepts(p, keys, levelTagged)
	r.takeLanguage(p, language)
	r.takeWhere(p, area, place)
	if len(words) == 1 {
		r.said(p, forms, len(keys) > 0)
	}
	p.sure = true
	return true
}

// filter understands words that mean a filter ("open now").
func (r *reading) filter(words, forms []string) bool {
	name, ok := filterWords[forms[0]]
	if !ok || name == FacetOpen && r.now.IsZero() {
		return false
	}
	p := r.part(strings.Join(words, " "), MeansFilter)
	p.key, p.sure, p.meaning.ID = forms[0], true, string(name)
	set := r.x.flags[name]
	if name == FacetOpen {
		set = r.x.open(r.now)
	}
	if set != nil {
		p.level[levelTagged].or(set)
	}
	return true
}

func (r *reading) concept(forms []string) []conceptKey {
	for _, f := range forms {
		if r.deaf(f, forms[0]) {
			continue
		}
		if keys := r.x.vocab.of(f); len(keys) > 0 {
			return keys
		}
	}
	return nil
}

// deaf reports that a form made by ear is not to be trusted: it is too short to
// be told apart, or the word is known as it stands.
func (r *reading) deaf(form, word string) bool {
	return strings.HasPrefix(form, fold.EarMark) && (len(form) < 5 || r.known(word))
}

// guessed reports that a form made by ear is too short to be stretched or
// mended: Latin letters of a reader who is not known to type Greek with them.
func (r *reading) guessed(form, word string) bool {
	return strings.HasPrefix(form, fold.EarMark) && r.lang != "el" && !fold.IsGreek(word) && len(form) < 7
}

func (r *reading) language(forms []string) string {
	for _, f := range forms {
		if r.deaf(f, forms[0]) {
			continue
		}
		if code := r.x.vocab.tongues.codes[f]; code != "" && len(f) > 2 {
			return code
		}
	}
	return ""
}

// origin is the language that a country's name hints at.
func (r *reading) origin(forms []string) string {
	for _, f := range forms {
		if r.deaf(f, forms[0]) {
			continue
		}
		if code := r.x.vocab.tongues.origins[f]; code != "" {
			return code
		}
	}
	return ""
}

// where finds the territory and the place of a name. A small place does not
// count when its name is a word of the vocabulary or of an entry's text, as
// villages are called Centro and Casa.
func (r *reading) where(words []string, concept bool) (area string, place *geo.Place) {
	typed := fold.Typed(words...)
	if utf8.RuneCountInString(typed[0]) < 3 {
		return "", nil
	}
	for _, code := range geo.TerritoriesNamed(words...) {
		if len(r.countries) == 0 || contains(r.countries, geo.Country(code)) {
			area = code
			break
		}
	}
	for _, p := range geo.Named(words...) {
		if len(r.countries) > 0 && !contains(r.countries, p.Country()) {
			continue
		}
		if p.Population < 15_000 && area == "" && (concept || r.known(typed[0]) && r.x.towns[typed[0]] == 0) {
			break
		}
		place = &p
		break
	}
	if concept && (place == nil || place.Population < 100_000) {
		return "", nil
	}
	return area, place
}

func contains[T comparable](list []T, v T) bool {
	for _, e := range list {
		if e == v {
			return true
		}
	}
	return false
}

func (r *reading) known(key string) bool {
	_, ok := r.x.post.lex.Find(key)
	return ok
}

func (r *reading) takeConcepts(p *part, keys []conceptKey, level int) {
	for _, k := range keys {
		if k == withoutPapers { // not stated is not no
			p.level[levelGuess].or(r.x.papersUnknown)
		}
		p.concepts = append(p.concepts, k)
		if p.meaning.By == "" || k.scheme == "help" {
			p.meaning = Meaning{Text: p.meaning.Text, Kind: MeansConcept, ID: k.id, By: k.scheme}
		}
		set, ok := r.x.concepts[k]
		if !ok {
			continue
		}
		switch aimed := r.x.aimed[k]; {
		case k.scheme == "target" || k.scheme == "form":
			p.level[min(level, levelBody)].or(set)
			if aimed != nil {
				p.level[level].or(aimed)
			}
		default:
			p.level[level].or(set)
		}
	}
}

func (r *reading) takeLanguage(p *part, code string) {
	if code == "" {
		return
	}
	p.language = code
	p.meaning.Kind, p.meaning.ID, p.meaning.By = MeansLanguage, code, ""
	if s := r.x.spoken[code]; s != nil {
		p.level[levelName].or(s)
	}
	if s := r.x.listed[code]; s != nil {
		p.level[levelTagged].or(s)
	}
	p.level[levelTagged].or(r.x.anyTongue)
	p.level[levelGuess].or(r.x.unlisted)
}

// atPlace is the distance in metres within which an entry is at the place.
const atPlace = 25_000

func (r *reading) takeWhere(p *part, area string, place *geo.Place) {
	if area == "" && place == nil {
		return
	}
	p.place, p.area = place, area
	p.meaning.By = ""
	if place == nil {
		p.meaning.Kind, p.meaning.ID, p.meaning.Area = MeansTerritory, area, area
	} else {
		p.meaning.Kind, p.meaning.ID, p.meaning.Area = MeansPlace, place.ID, place.Territory
		r.x.where.within(flatAt(place.Lat, place.Lon), atPlace, p.level[levelName])
		if area == "" || geo.Country(area) == area || !geo.Touches([]string{area}, place.Territory) {
			p.area = place.Territory
		}
	}
	if s := r.x.local[p.area]; s != nil {
		p.level[levelName].or(s)
	}
	s := r.x.touches[p.area]
	if s == nil {
		return
	}
	p.level[levelBody].or(s)
	// Who is nowhere in particular and covers it, a helpline, is as near as can be.
	remote := r.a.set()
	remote.or(s)
	remote.without(r.x.where.anywhere)
	p.level[levelTagged].or(remote)
}

// exact adds who has the very word, by the first spelling that anyone has.
func (r *reading) exact(p *part, forms []string) bool {
	for _, f := range forms {
		if t, ok := r.x.post.lex.Find(f); ok {
			r.x.post.or(t, inName, p.level[levelName])
			r.x.post.or(t, inBody, p.level[levelBody])
			return true
		}
	}
	return false
}

// said adds who has a word that has a meaning. A concept's word in a name says
// no more than the concept.
func (r *reading) said(p *part, forms []string, concept bool) {
	if !concept {
		r.exact(p, forms)
		return
	}
	for _, f := range forms {
		if t, ok := r.x.post.lex.Find(f); ok {
			r.x.post.or(t, inName, p.level[levelTagged])
			r.x.post.or(t, inBody, p.level[levelBody])
			return
		}
	}
}

// word understands a single word that is no known phrase.
func (r *reading) word(w string) {
	forms := fold.Typed(w)
	p := r.part(w, MeansWord)
	p.key, p.topic = forms[0], topicWords[forms[0]]
	found := r.exact(p, forms)
	if digits := digitsOf(p.key); digits == p.key {
		found = r.x.phones.find(digits, p.level[levelName], p.level[levelBody]) || found
	}
	found = r.stem(p, forms) || found
	found = r.beginning(p, forms) || found
	if !found && r.compound(w) {
		r.drop(p)
		return
	}
	found = r.ending(p, forms[0]) || found
	if !found || r.wide {
		found = r.misspelt(p, w) || found
	}
	if !found {
		p.meaning.Kind = MeansNothing
	}
}

func (r *reading) drop(p *part) {
	for i, q := range r.parts {
		if q == p {
			r.parts = append(r.parts[:i], r.parts[i+1:]...)
			return
		}
	}
}

// stem finds a concept or language of which the word is another form: the same
// beginning, with an ending of at most three letters on either side
// («ξενώνων», "shelters", "roumaine").
func (r *reading) stem(p *part, forms []string) bool {
	for _, f := range forms {
		stem := stemOf(f)
		if stem == "" || r.guessed(f, forms[0]) || strings.HasPrefix(f, fold.EarMark) && r.known(forms[0]) {
			continue
		}
		keys, code := r.sameStem(stem)
		if len(keys) > 0 || code != "" {
			r.takeConcepts(p, keys, levelTagged)
			r.takeLanguage(p, code)
			return true
		}
	}
	return false
}

func (r *reading) sameStem(stem string) (keys []conceptKey, code string) {
	n := utf8.RuneCountInString(stem)
	near := func(key string) bool {
		return utf8.RuneCountInString(key) <= n+3 && !strings.Contains(key, " ") && len(stemOf(key)) <= len(stem)
	}
	for from, to := r.x.vocab.lex.Beginning(stem); from < to; from++ {
		if near(r.x.vocab.lex.At(from)) {
			for _, k := range r.x.vocab.at(from) {
				if !contains(keys, k) {
					keys = append(keys, k)
				}
			}
		}
	}
	for from, to := r.x.vocab.tongues.lex.Beginning(stem); from < to && code == ""; from++ {
		if key := r.x.vocab.tongues.lex.At(from); near(key) {
			code = r.x.vocab.tongues.codes[key]
		}
	}
	return keys, code
}

// stemOf cuts the ending: the trailing vowels and the letters n, r, s and their
// Greek kin that inflection adds, at most three, leaving at least four letters.
// Words that are too short have no stem.
func stemOf(key string) string {
	rs := []rune(strings.TrimPrefix(key, fold.EarMark))
	n := len(rs)
	for cut := 0; cut < 3 && n > 4 && strings.ContainsRune("aeiouynrsαεηιουωνσ", rs[n-1]); cut++ {
		n--
	}
	if n < 4 || n == len(rs) && n < 5 {
		return ""
	}
	if strings.HasPrefix(key, fold.EarMark) {
		return fold.EarMark + string(rs[:n])
	}
	return string(rs[:n])
}

// beginning takes the word for the beginning of a longer one.
func (r *reading) beginning(p *part, forms []string) bool {
	found := false
	for _, f := range forms {
		if utf8.RuneCountInString(strings.TrimPrefix(f, fold.EarMark)) < 3 || r.guessed(f, forms[0]) {
			continue
		}
		from, to := r.x.post.lex.Beginning(f)
		for to = min(to, from+maxRange); from < to; from++ {
			r.x.post.or(from, inName, p.level[levelBody])
			r.x.post.or(from, inBody, p.level[levelGuess])
			found = true
		}
		if utf8.RuneCountInString(f) >= 4 {
			from, to := r.x.vocab.lex.Beginning(f)
			for to = min(to, from+maxRange); from < to; from++ {
				keys := r.x.vocab.at(from)
				r.takeConcepts(p, keys, levelBody)
				found = found || len(keys) > 0
			}
		}
		if found {
			return true
		}
	}
	return false
}

// ending takes the word for the last part of a compound.
func (r *reading) ending(p *part, key string) bool {
	if utf8.RuneCountInString(key) < 5 || strings.HasPrefix(key, fold.EarMark) {
		return false
	}
	n := 0
	r.x.post.lex.Ending(key, func(t uint32) bool {
		r.x.post.or(t, inName, p.level[levelBody])
		r.x.post.or(t, inBody, p.level[levelGuess])
		n++
		return n < maxRange
	})
	r.x.vocab.lex.Ending(key, func(k uint32) bool {
		r.takeConcepts(p, r.x.vocab.at(k), levelBody)
		n++
		return n < maxRange
	})
	return n > 0
}

// compound reads a word as several known ones ("Frauenschutzwohnung").
func (r *reading) compound(w string) bool {
	key := fold.Word(w)
	parts := r.split(key, 0)
	if parts == nil && fold.Digraphs(w) != key {
		parts = r.split(fold.Digraphs(w), 0)
	}
	if len(parts) < 2 {
		return false
	}
	for _, s := range parts {
		if !r.phrase([]string{s}) {
			p := r.part(s, MeansWord)
			p.key = s
			r.exact(p, []string{s})
		}
	}
	return true
}

// links are the letters that German and Dutch put between the parts.
var links = []string{"", "s", "es", "n", "en", "e", "er"}

// split cuts a compound into known words of at least four letters, the longest
// first part that works.
func (r *reading) split(key string, depth int) []string {
	if depth > 0 && r.whole(key) {
		return []string{key}
	}
	if depth > 3 {
		return nil
	}
	for n := len(key) - 4; n >= 4; n-- {
		if !utf8.RuneStart(key[n]) || !r.whole(key[:n]) {
			continue
		}
		for _, link := range links {
			rest, ok := strings.CutPrefix(key[n:], link)
			if !ok || len(rest) < 4 {
				continue
			}
			if more := r.split(rest, depth+1); more != nil {
				return append([]string{key[:n]}, more...)
			}
		}
	}
	return nil
}

// whole reports whether a word stands on its own in the vocabulary or in the
// text of an entry.
func (r *reading) whole(word string) bool {
	return len(r.x.vocab.of(word)) > 0 || r.known(word)
}
