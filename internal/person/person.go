// Package person holds what the person herself reads: the words of the consent
// sheet in her language, and the public pages that help her without anyone in
// between.
//
// The idea: the reader may be watched, may read slowly, may never have read
// this language on a screen. So: short sentences, her own language out of
// sixteen, neutral titles and addresses, one call that can be made now, no
// authority anywhere, and an honest word about what the phone and the exit
// button give away. English is the source text; every other language names
// the revision it was made from, and tells the reader that no native speaker
// has checked it until one has.
//
// Stored: nothing, neither about the texts' readers nor on their device. The
// texts are read once at the start from content/person.
//
// It must never set a cookie, ask for anything, name the subject in a title or
// an address, link to another site, or show a police, prosecution or
// immigration body, not even when the directory hands one over by mistake.
package person

import (
	"fmt"
	"io/fs"
	"regexp"
	"sort"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"amelie/internal/i18n"
)

const dir = "person"

// rooms are the files of a language: consent, read on the consent sheet
// together with a professional; self, read alone; own, read alone behind a card;
// answer, the answers that stand in the preview of what leaves.
var rooms = []string{"consent", "self", "own", "answer"}

// prefixOf is what the keys of a room begin with. Answers are read on the
// consent sheet, so its way to the texts reaches them too: "answer.need.other"
// beside "title".
func prefixOf(room string) string {
	if room == "answer" {
		return "consent.answer"
	}
	return room
}

// Lang is a language in which a person can read.
type Lang struct {
	Code    string `toml:"code"`    // BCP 47
	Endonym string `toml:"endonym"` // the language's name in itself
	RTL     bool   `toml:"rtl"`
}

// Dir is the writing direction, "rtl" or "ltr".
func (l Lang) Dir() string {
	if l.RTL {
		return "rtl"
	}
	return "ltr"
}

// State is how far a language's text can be trusted as language.
type State string

// The states.
const (
	Draft    State = "draft"    // no native speaker has checked it
	Reviewed State = "reviewed" // a native speaker has checked this revision
	Outdated State = "outdated" // the source has changed since
)

// ReviewState is what is known about a text.
type ReviewState struct {
	Lang     string
	State    State
	Revision int    // of the source that the text was made from
	Source   int    // the source's own revision now
	Date     string // YYYY-MM-DD of the native speaker's check; empty: none
}

// Reviewed tells whether a native speaker has checked this revision.
func (r ReviewState) Reviewed() bool { return r.State == Reviewed }

// Version names the wording that was on the screen, for the record of a
// consent: language, revision of the source, date of the review if any.
func (r ReviewState) Version() string {
	v := fmt.Sprintf("%s-r%d", r.Lang, r.Revision)
	if r.Date != "" {
		v += "-" + r.Date
	}
	return v
}

// file is one room in one language.
type file struct {
	Language string         `toml:"language"`
	Revision int            `toml:"revision"`
	Reviewed string         `toml:"reviewed"`
	Reviewer string         `toml:"reviewer"` // role, never a private name
	Text     map[string]any `toml:"text"`
}

// Source is where a legal sentence of a text comes from.
type Source struct {
	Keys     []string `toml:"keys"` // texts that rest on it, "self.papers.BE"
	Title    string   `toml:"title"`
	Verified string   `toml:"verified"` // date of the comparison with the law; empty: never
}

// Texts are the words for the person, in all languages.
type Texts struct {
	languages []Lang
	source    string
	words     map[string]map[string]string   // language -> key -> text
	lists     map[string]map[string][]string // language -> key -> texts
	review    map[string]map[string]ReviewState
	sources   []Source
	lines     map[string]string // service id -> key of the text that says for whom it is
	called    map[string]string // service id -> its short name on these pages
}

// Load reads person/ below the root of the content tree. It refuses a language
// that lacks a text, has one too many, or uses other placeholders than the
// source, naming every such place.
func Load(fsys fs.FS) (*Texts, error) {
	var list struct {
		Source    string `toml:"source"`
		Languages []Lang `toml:"language"`
	}
	if err := decode(fsys, dir+"/languages.toml", &list); err != nil {
		return nil, err
	}
	var origin struct {
		Sources []Source `toml:"source"`
	}
	if err := decode(fsys, dir+"/sources.toml", &origin); err != nil {
		return nil, err
	}
	var lines struct {
		Lines []struct {
			Services []string `toml:"services"`
			Says     string   `toml:"says"`
		} `toml:"line"`
		Called map[string]string `toml:"called"`
	}
	if err := decode(fsys, dir+"/lines.toml", &lines); err != nil {
		return nil, err
	}
	t := &Texts{
		lines: map[string]string{}, called: lines.Called,
		languages: list.Languages, source: list.Source, sources: origin.Sources,
		words: map[string]map[string]string{}, lists: map[string]map[string][]string{}, review: map[string]map[string]ReviewState{},
	}
	for _, l := range lines.Lines {
		for _, id := range l.Services {
			t.lines[id] = "self.line." + l.Says
		}
	}
	for _, l := range t.languages {
		t.words[l.Code], t.lists[l.Code], t.review[l.Code] = map[string]string{}, map[string][]string{}, map[string]ReviewState{}
		for _, room := range rooms {
			if err := t.read(fsys, l.Code, room); err != nil {
				return nil, err
			}
		}
	}
	t.compareRevisions()
	if problems := t.Check(); len(problems) > 0 {
		return nil, fmt.Errorf("texts for the person: %s", strings.Join(problems, "\n"))
	}
	return t, nil
}

func decode(fsys fs.FS, name string, into any) error {
	b, err := fs.ReadFile(fsys, name)
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	meta, err := toml.Decode(i18n.Unbroken(b), into)
	if err != nil {
		return fmt.Errorf("parse %s: %w", name, err)
	}
	for _, key := range meta.Undecoded() {
		if key[0] != "text" { // the texts themselves are compared with the source
			return fmt.Errorf("parse %s: unknown key %s", name, key)
		}
	}
	return nil
}

func (t *Texts) read(fsys fs.FS, lang, room string) error {
	name := dir + "/" + lang + "/" + room + ".toml"
	var f file
	if err := decode(fsys, name, &f); err != nil {
		return err
	}
	if f.Language != lang {
		return fmt.Errorf("%s says that it is in %q", name, f.Language)
	}
	if _, err := time.Parse(time.DateOnly, f.Reviewed); err != nil && f.Reviewed != "" {
		return fmt.Errorf("%s: reviewed is not a date YYYY-MM-DD", name)
	}
	if (f.Reviewed == "") != (f.Reviewer == "") {
		return fmt.Errorf("%s: a review needs a date and a reviewer", name)
	}
	if err := t.flatten(lang, prefixOf(room), f.Text); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	t.review[lang][room] = ReviewState{Lang: lang, Revision: f.Revision, Date: f.Reviewed}
	return nil
}

func (t *Texts) flatten(lang, prefix string, tree map[string]any) error {
	for k, v := range tree {
		key := prefix + "." + k
		switch v := v.(type) {
		case string:
			t.words[lang][key] = strings.TrimSpace(v)
		case map[string]any:
			if err := t.flatten(lang, key, v); err != nil {
				return err
			}
		case []any:
			for _, item := range v {
				s, ok := item.(string)
				if !ok {
					return fmt.Errorf("%s holds something that is not text", key)
				}
				t.lists[lang][key] = append(t.lists[lang][key], strings.TrimSpace(s))
			}
		default:
			return fmt.Errorf("%s is not text", key)
		}
	}
	return nil
}

// compareRevisions tells drafts from reviewed and outdated texts.
// req: PERSON-3
func (t *Texts) compareRevisions() {
	for lang, byRoom := range t.review {
		for room, r := range byRoom {
			r.Source = t.review[t.source][room].Revision
			switch {
			case r.Revision < r.Source:
				r.State = Outdated
			case r.Date != "":
				r.State = Reviewed
			default:
				r.State = Draft
			}
			t.review[lang][room] = r
		}
	}
}

var placeholder = regexp.MustCompile(`\{[a-z]+\}`)

func placeholders(s string) string {
	found := placeholder.FindAllString(s, -1)
	sort.Strings(found)
	return strings.Join(found, "")
}

// Check lists every text that is missing, empty, left over, or has other
// placeholders than the source.
func (t *Texts) Check() []string {
	var problems []string
	if len(t.words[t.source]) == 0 {
		problems = append(problems, "the source language "+t.source+" has no texts")
	}
	for _, l := range t.languages {
		problems = append(problems, t.checkWords(l.Code)...)
		problems = append(problems, t.checkLists(l.Code)...)
	}
	for _, s := range t.sources {
		for _, key := range s.Keys {
			if t.words[t.source][key] == "" {
				problems = append(problems, "sources: no text "+key)
			}
		}
	}
	for id, key := range t.lines {
		if t.words[t.source][key] == "" {
			problems = append(problems, "lines: "+id+" has no text "+key)
		}
	}
	sort.Strings(problems)
	return problems
}

func (t *Texts) checkWords(lang string) []string {
	var problems []string
	for key, want := range t.words[t.source] {
		switch got := t.words[lang][key]; {
		case got == "":
			problems = append(problems, lang+" "+key+": missing")
		case placeholders(got) != placeholders(want):
			problems = append(problems, lang+" "+key+": other placeholders than the source")
		}
	}
	for key := range t.words[lang] {
		if _, ok := t.words[t.source][key]; !ok {
			problems = append(problems, lang+" "+key+": not in the source")
		}
	}
	return problems
}

func (t *Texts) checkLists(lang string) []string {
	var problems []string
	for key, want := range t.lists[t.source] {
		if len(t.lists[lang][key]) != len(want) {
			problems = append(problems, fmt.Sprintf("%s %s: %d items, the source has %d", lang, key, len(t.lists[lang][key]), len(want)))
		}
	}
	for key := range t.lists[lang] {
		if _, ok := t.lists[t.source][key]; !ok {
			problems = append(problems, lang+" "+key+": not in the source")
		}
	}
	return problems
}

// Languages are all languages, in the order of the switch.
func (t *Texts) Languages() []Lang { return append([]Lang(nil), t.languages...) }

// Lang is the language with the code.
func (t *Texts) Lang(code string) (Lang, bool) {
	for _, l := range t.languages {
		if l.Code == code {
			return l, true
		}
	}
	return Lang{}, false
}

// Has tells whether there is a text with the key.
func (t *Texts) Has(key string) bool { return t.words[t.source][key] != "" }

// T is the text with its placeholders filled, in lang or, for a language that
// is not there, in the source language. Keys start with the room:
// "consent.title". An unknown key gives the key itself.
func (t *Texts) T(lang, key string, args map[string]string) string {
	text := t.words[lang][key]
	if text == "" {
		text = t.words[t.source][key]
	}
	if text == "" {
		return key
	}
	return placeholder.ReplaceAllStringFunc(text, func(p string) string {
		if v, ok := args[p[1:len(p)-1]]; ok {
			return v
		}
		return p
	})
}

// List is a text of several items.
func (t *Texts) List(lang, key string) []string {
	list := t.lists[lang][key]
	if list == nil {
		list = t.lists[t.source][key]
	}
	return append([]string(nil), list...)
}

// Answer is a coded answer in the person's words: the code's group ("need",
// "contact") and the code. "unknown" and "unsaid" are the same in every group.
// A code without words gives "".
func (t *Texts) Answer(lang, group, code string) string {
	for _, key := range []string{"consent.answer." + group + "." + code, "consent.answer." + code} {
		if t.Has(key) {
			return t.T(lang, key, nil)
		}
	}
	return ""
}

// ForWhom says in lang for whom a service of the directory is; "" when no text
// is written for it.
func (t *Texts) ForWhom(lang, service string) string {
	key, ok := t.lines[service]
	if !ok {
		return ""
	}
	return t.T(lang, key, nil)
}

// Called is the short name of a service on the pages that are read alone; "" when
// none is written for it.
func (t *Texts) Called(service string) string { return t.called[service] }

// State is the review state of the consent sheet's words in lang, which a
// record of a consent names; the zero state for an unknown language.
func (t *Texts) State(lang string) ReviewState { return t.StateOf(lang, "consent") }

// StateOf is the review state of one room in lang.
func (t *Texts) StateOf(lang, room string) ReviewState { return t.review[lang][room] }

// Sources are the legal sources behind any of the keys.
func (t *Texts) Sources(keys ...string) []Source {
	var list []Source
	for _, s := range t.sources {
		for _, k := range keys {
			if has(s.Keys, k) {
				list = append(list, s)
				break
			}
		}
	}
	return list
}

func has(list []string, word string) bool {
	for _, w := range list {
		if w == word {
			return true
		}
	}
	return false
}
