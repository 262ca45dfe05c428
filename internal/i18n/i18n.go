// Package i18n says the program's sentences in the reader's language.
//
// The idea: a sentence has a key, "room.name"; each language has one file per
// room with the same keys and the same placeholders, and a test refuses a
// language that misses one. Placeholders are {name}; a sentence that counts is
// a table of CLDR plural categories chosen by its argument n. Dates, times and
// numbers follow CLDR's customary long forms of the six languages. Nothing is
// stored.
//
// It must never show a key to a reader: a missing sentence falls back to
// English.
package i18n

import (
	"fmt"
	"html"
	"html/template"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// Languages are the languages of the interface and the course; the first is
// the source.
var Languages = []string{"en", "el", "it", "de", "nl", "fr"}

// Endonyms are the languages' names for themselves.
var Endonyms = map[string]string{
	"en": "English", "el": "Ελληνικά", "it": "Italiano", "de": "Deutsch", "nl": "Nederlands", "fr": "Français",
	"ar": "العربية", "sq": "Shqip", "bg": "Български", "zh": "中文", "hu": "Magyar", "pl": "Polski",
	"pt": "Português", "ro": "Română", "es": "Español", "uk": "Українська",
}

// Bundle is all sentences of all languages. It is read-only and safe for
// concurrent use.
type Bundle struct {
	keys  map[string]int32 // a number for each key, the same in all languages
	langs map[string]sentences
}

// sentences are those of one language by the number of their key, in one text:
// the files that they were read from, with their keys and quotes, need not stay
// in memory, nor a pointer for each.
type sentences struct {
	text  string
	at    []uint32             // where each begins, and the end of the last
	forms map[int32]*[6]string // of those that count
}

// message is that of a number; what the language lacks is absent.
func (s sentences) message(number int32) message {
	if int(number)+1 >= len(s.at) {
		return message{}
	}
	return message{s.text[s.at[number]:s.at[number+1]], s.forms[number]}
}

// message is one sentence as it was written: cutting it takes less than looking
// it up.
type message struct {
	text  string     // the sentence, or its plural form "other"
	forms *[6]string // by plural.Form; nil: the sentence does not count
}

// absent says that a language has no such sentence: it may not be empty.
func (m message) absent() bool { return m.text == "" }

// each gives every form of a sentence.
func (m message) each(yield func(string) bool) {
	if m.forms == nil {
		yield(m.text)
		return
	}
	for _, form := range m.forms {
		if !yield(form) {
			return
		}
	}
}

// Load reads <language>/<room>.toml for each of the languages.
// Errors: the file and key of the first thing that is not a sentence.
func Load(fsys fs.FS, languages []string) (*Bundle, error) {
	b := &Bundle{keys: map[string]int32{}, langs: map[string]sentences{}}
	r := &reader{keys: b.keys}
	for _, lang := range languages {
		files, err := fs.Glob(fsys, lang+"/*.toml")
		if err != nil {
			return nil, err
		}
		r.all = make([]message, len(r.keys))
		for _, file := range files {
			text, err := fs.ReadFile(fsys, file)
			if err != nil {
				return nil, err
			}
			var tree map[string]any
			if _, err := toml.Decode(Unbroken(text), &tree); err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
			if err := r.add(strings.TrimSuffix(path.Base(file), ".toml"), tree); err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
		}
		b.langs[lang] = together(r.all)
	}
	return b, nil
}

// together puts a language's sentences into one text.
func together(all []message) sentences {
	out := sentences{at: make([]uint32, 0, len(all)+1), forms: map[int32]*[6]string{}}
	var one strings.Builder
	for i, m := range all {
		out.at = append(out.at, uint32(one.Len()))
		one.WriteString(m.text)
		if m.forms != nil {
			for form, s := range m.forms {
				m.forms[form] = strings.Clone(s)
			}
			out.forms[int32(i)] = m.forms
		}
	}
	out.at = append(out.at, uint32(one.Len()))
	out.text = strings.Clone(one.String()) // without the room for more
	return out
}

// besides are the signs that stand apart from their word by a space: those of
// French, which no other language here sets so, and the sign of per cent.
var besides = strings.NewReplacer(" :", "\u00a0:", " ;", "\u00a0;", " ?", "\u00a0?", " !", "\u00a0!", " %", "\u00a0%", " »", "\u00a0»", "« ", "«\u00a0")

// Unbroken is the text of a file of words in which no line begins with a sign
// that belongs to the word before.
func Unbroken(text []byte) string { return besides.Replace(string(text)) }

// reader reads one language after the other.
type reader struct {
	all  []message
	keys map[string]int32 // the keys so far: the languages share them
}

func (r *reader) put(key string, m message) error {
	if m.absent() {
		return fmt.Errorf("%s: empty", key)
	}
	number, ok := r.keys[key]
	if !ok {
		number = int32(len(r.keys))
		r.keys[key] = number
		r.all = append(r.all, message{})
	}
	r.all[number] = m
	return nil
}

var categories = map[string]plural.Form{"zero": plural.Zero, "one": plural.One, "two": plural.Two, "few": plural.Few, "many": plural.Many, "other": plural.Other}

func (r *reader) add(prefix string, tree map[string]any) error {
	if m, ok, err := counted(tree); err != nil {
		return fmt.Errorf("%s: %w", prefix, err)
	} else if ok {
		return r.put(prefix, m)
	}
	for name, v := range tree {
		key := prefix + "." + name
		switch v := v.(type) {
		case string:
			if err := r.put(key, message{text: v}); err != nil {
				return err
			}
		case map[string]any:
			if err := r.add(key, v); err != nil {
				return err
			}
		default:
			return fmt.Errorf("%s: neither a sentence nor a table", key)
		}
	}
	return nil
}

// counted reads a table of plural categories: one that has "other" and nothing
// that is not a category.
func counted(tree map[string]any) (m message, ok bool, err error) {
	if _, ok := tree["other"].(string); !ok {
		return m, false, nil
	}
	for name := range tree {
		if _, known := categories[name]; !known {
			return m, false, nil
		}
	}
	m.forms = new([6]string)
	for name, v := range tree {
		s, isText := v.(string)
		if !isText {
			return m, false, fmt.Errorf("plural %s is not a sentence", name)
		}
		m.forms[categories[name]] = s
	}
	m.text = m.forms[plural.Other]
	return m, true, nil
}

// hole is the first placeholder of a sentence: what stands before it, its name,
// and what follows; ok is false when there is none.
func hole(s string) (before, name, after string, ok bool) {
	for from := 0; ; {
		open := strings.IndexByte(s[from:], '{')
		if open < 0 {
			return s, "", "", false
		}
		open += from
		end := open + 1
		for end < len(s) && inName(s[end], end == open+1) {
			end++
		}
		if end > open+1 && end < len(s) && s[end] == '}' {
			return s[:open], s[open+1 : end], s[end+1:], true
		}
		from = end
	}
}

// inName tells whether the byte may stand in the name of a placeholder.
func inName(c byte, first bool) bool {
	return c >= 'a' && c <= 'z' || !first && (c >= '0' && c <= '9' || c == '_' || c == '-')
}

func (b *Bundle) find(lang, key string) (message, string, bool) {
	if m := b.own(lang, key); !m.absent() {
		return m, lang, true
	}
	m := b.own("en", key)
	return m, "en", !m.absent()
}

// own is the language's own sentence, absent when it has none.
func (b *Bundle) own(lang, key string) message {
	if number, ok := b.keys[key]; ok {
		return b.langs[lang].message(number)
	}
	return message{}
}

// Has says whether the language itself has the sentence.
func (b *Bundle) Has(lang, key string) bool {
	return !b.own(lang, key).absent()
}

// T is the sentence of key in lang with its name/value arguments filled in;
// numbers are written as the language writes them. An unknown key answers its
// own last word, so that a page stays readable; a check finds such keys.
func (b *Bundle) T(lang, key string, args ...any) string {
	m, lang, ok := b.find(lang, key)
	if !ok {
		return key[strings.LastIndexByte(key, '.')+1:]
	}
	form := m.text
	if m.forms != nil {
		if f := m.forms[category(lang, count(args))]; f != "" {
			form = f
		}
	}
	before, name, after, found := hole(form)
	if !found {
		return form
	}
	var out strings.Builder
	for found {
		out.WriteString(before)
		out.WriteString(b.value(lang, argument(args, name)))
		before, name, after, found = hole(after)
	}
	out.WriteString(before)
	return out.String()
}

func argument(args []any, name string) any {
	for i := 0; i+1 < len(args); i += 2 {
		if args[i] == name {
			return args[i+1]
		}
	}
	return ""
}

func (b *Bundle) value(lang string, v any) string {
	switch v := v.(type) {
	case string:
		return v
	case int:
		return b.Number(lang, int64(v))
	case int64:
		return b.Number(lang, v)
	case fmt.Stringer:
		return v.String()
	}
	return fmt.Sprint(v)
}

func count(args []any) int64 {
	switch n := argument(args, "n").(type) {
	case int:
		return int64(n)
	case int64:
		return n
	}
	return 0
}

var tags = func() map[string]language.Tag {
	m := map[string]language.Tag{}
	for code := range Endonyms {
		m[code] = language.Make(code)
	}
	return m
}()

func category(lang string, n int64) plural.Form {
	if n < 0 {
		n = -n
	}
	return plural.Cardinal.MatchPlural(tags[lang], int(n%1e7), 0, 0, 0, 0)
}

var bold = regexp.MustCompile(`\*\*(.+?)\*\*`)

// HTML is the sentence as markup: everything escaped, **words** strong, an
// empty line a new paragraph's break. Arguments are escaped like the rest.
func (b *Bundle) HTML(lang, key string, args ...any) template.HTML {
	s := html.EscapeString(b.T(lang, key, args...))
	s = bold.ReplaceAllString(s, "<strong>$1</strong>")
	return template.HTML(strings.ReplaceAll(strings.TrimSpace(s), "\n\n", "<br><br>"))
}

// Number is n with the language's grouping from 10,000 on (CLDR: the customary
// marks of the six languages; a narrow no-break space in French).
func (b *Bundle) Number(lang string, n int64) string {
	s := strconv.FormatInt(n, 10)
	if n < 10000 && n > -10000 {
		return s
	}
	mark := "."
	switch lang {
	case "en":
		mark = ","
	case "fr", "bg", "uk", "pl", "hu":
		mark = "\u202f"
	}
	sign := ""
	if n < 0 {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + mark + s[i:]
	}
	return sign + s
}

// Decimal is x with so many digits behind the language's decimal sign: a point
// in English and Chinese, else a comma (CLDR).
func (b *Bundle) Decimal(lang string, x float64, digits int) string {
	s := strconv.FormatFloat(x, 'f', digits, 64)
	if lang == "en" || lang == "zh" {
		return s
	}
	return strings.Replace(s, ".", ",", 1)
}

// Problem is a fault of the locale files.
type Problem struct{ Lang, Key, Reason string }

// Check compares each language with English: same keys, same placeholders,
// and every plural category that the language uses; and no language has the
// typewriter's apostrophes and quotation marks.
func (b *Bundle) Check() []Problem {
	var out []Problem
	for lang := range b.langs {
		for key := range b.keys {
			for _, reason := range faults(lang, b.own("en", key), b.own(lang, key)) {
				out = append(out, Problem{lang, key, reason})
			}
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Lang+out[i].Key < out[j].Lang+out[j].Key })
	return out
}

// faults lists what is wrong with a language's sentence beside the English one.
func faults(lang string, source, m message) (reasons []string) {
	switch {
	case m.absent() && source.absent():
		return nil
	case m.absent():
		return []string{"missing"}
	case source.absent():
		reasons = append(reasons, "not in English")
	default:
		if want, got := names(source), names(m); want != got {
			reasons = append(reasons, "placeholders "+got+" instead of "+want)
		}
		if (source.forms != nil) != (m.forms != nil) {
			reasons = append(reasons, "plural in one language only")
		}
		for n := int64(0); m.forms != nil && n < 200; n++ {
			if m.forms[category(lang, n)] == "" {
				reasons = append(reasons, fmt.Sprintf("no plural form for %d", n))
				break
			}
		}
	}
	if said := typed(m); said != "" {
		reasons = append(reasons, "typewriter's marks in "+said)
	}
	return reasons
}

// typed is the first text of a sentence with a straight apostrophe or
// quotation mark; "" when there is none.
func typed(m message) string {
	for form := range m.each {
		for before, _, after, found := hole(form); ; before, _, after, found = hole(after) {
			if strings.ContainsAny(before, `'"`) {
				return before
			}
			if !found {
				break
			}
		}
	}
	return ""
}

// names lists the placeholders of a sentence, whatever its plural form.
func names(m message) string {
	set := map[string]bool{}
	for form := range m.each {
		for _, name, after, found := hole(form); found; _, name, after, found = hole(after) {
			set[name] = true
		}
	}
	if m.forms != nil {
		delete(set, "n") // "one service" may spell it out
	}
	return strings.Join(slices.Sorted(maps.Keys(set)), ",")
}

// Keys lists the keys of a language, sorted.
func (b *Bundle) Keys(lang string) []string {
	var keys []string
	for key := range b.keys {
		if b.Has(lang, key) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}
