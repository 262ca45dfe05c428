package transfer

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"amelie/internal/directory"
	"amelie/internal/fold"
	"amelie/internal/geo"
	"amelie/internal/i18n"
)

// A foreign table has columns of its own names and words where ours has codes.
// Somebody says once what its columns are; its words are understood by the
// labels and synonyms of the vocabulary in every language.

// sampled is how many lines are looked at to guess what a column is.
const sampled = 200

// Heading is one column of a table, with some of what stands in it.
type Heading struct {
	Name    string   // as printed; made different from the others when it is not
	Samples []string // up to three values, each once
	values  []string // of the first lines
}

// Table is what the beginning of a table says about it.
type Table struct {
	Headings []Heading
	Ours     bool // its columns are ours: nobody needs to say what they are
}

func (t Table) sorted() []string {
	var out []string
	for _, h := range t.Headings {
		out = append(out, h.Name)
	}
	slices.Sort(out)
	return out
}

// LookInto reads the beginning of a table. Errors: *FileError.
func LookInto(content []byte) (Table, error) {
	text, err := utf8Reader(bytes.NewReader(content))
	if err != nil {
		return Table{}, err
	}
	reader, _ := newTable(text)
	head, err := reader.Read()
	if err != nil {
		return Table{}, csvError(err)
	}
	t := Table{Ours: oursAlone(head)}
	for _, name := range headings(head) {
		t.Headings = append(t.Headings, Heading{Name: name})
	}
	for range sampled {
		cells, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return t, csvError(err)
		}
		t.sample(cells)
	}
	return t, nil
}

func (t Table) sample(cells []string) {
	for n := range min(len(cells), len(t.Headings)) {
		h := &t.Headings[n]
		cell := strings.TrimSpace(unarmed(cells[n]))
		if cell == "" {
			continue
		}
		h.values = append(h.values, cell)
		if len(h.Samples) < 3 && !slices.Contains(h.Samples, short(cell)) {
			h.Samples = append(h.Samples, short(cell))
		}
	}
}

// oursAlone says whether a table can be read as ours: it names organisations or
// services as we do, and no more than half of its columns mean nothing here.
func oursAlone(head []string) bool {
	known, names := 0, false
	for _, cell := range head {
		c, ok := columnOf(ownName(cell))
		if ok {
			known++
		}
		names = names || slices.Contains([]string{"organization", "organization_id", "service_id"}, c.name)
	}
	return names && known*2 >= len(head)
}

// headings are the names of columns, each once.
func headings(head []string) []string {
	var out []string
	for n, cell := range head {
		name := strings.Join(strings.Fields(unarmed(cell)), " ")
		if name == "" || slices.Contains(out, name) {
			name = strings.TrimSpace(fmt.Sprintf("%s #%d", name, n+1))
		}
		out = append(out, name)
	}
	return out
}

// newTable reads a table whose cells are parted by commas, semicolons or tabs,
// whichever its first line holds most of.
func newTable(r io.Reader) (reader *csv.Reader, comma rune) {
	b := bufio.NewReaderSize(r, 64<<10)
	start, _ := b.Peek(64 << 10) // what is shorter is seen whole
	first, _, _ := bytes.Cut(start, []byte("\n"))
	comma = ','
	for _, sep := range ";\t" {
		if standing(first, sep) > standing(first, comma) {
			comma = sep
		}
	}
	reader = csv.NewReader(b)
	reader.Comma, reader.FieldsPerRecord = comma, -1
	return reader, comma
}

// standing counts a separator outside of quotes.
func standing(line []byte, sep rune) (n int) {
	quoted := false
	for _, r := range string(line) {
		switch {
		case r == '"':
			quoted = !quoted
		case r == sep && !quoted:
			n++
		}
	}
	return n
}

// lexis understands the words of a foreign table.
type lexis struct {
	concepts map[string]string // "help/" and a folded label, synonym or identifier, to the concept
}

// newLexis knows the vocabulary in every language.
func newLexis(vocab directory.Vocabulary) *lexis {
	l := &lexis{concepts: map[string]string{}}
	eachWord(vocab, func(word string, c directory.Concept) {
		if key := c.Scheme + "/" + folded(word); l.concepts[key] == "" {
			l.concepts[key] = c.ID
		}
	})
	return l
}

// schemeOf is the scheme of the concepts of a field.
var schemeOf = func() map[string]string {
	out := map[string]string{}
	for scheme, field := range fieldOf {
		out[field] = scheme
	}
	return out
}()

// list reads a cell of several values: a concept or territory that is
// understood as its code, anything else as it stands, to be refused with its
// reason.
func (l *lexis) list(c column, cell, country string) []string {
	var out []string
	for _, part := range foreignParts(cell) {
		code := part
		switch {
		case schemeOf[c.field] != "":
			if id := l.concepts[schemeOf[c.field]+"/"+folded(part)]; id != "" {
				code = id
			}
		case c.field == "Area":
			code = territoryOf(part, country)
		}
		if !slices.Contains(out, code) {
			out = append(out, code)
		}
	}
	return out
}

// foreignParts parts a cell where other programs part lists.
func foreignParts(cell string) []string {
	var out []string
	for _, p := range strings.FieldsFunc(cell, func(r rune) bool { return strings.ContainsRune("|;,\n", r) }) {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}

// territoryOf is the code of a territory's name; the name itself when it is not
// known.
func territoryOf(name, country string) string {
	if code := strings.ToUpper(name); isoShape.MatchString(code) {
		return code
	}
	for _, code := range geo.TerritoriesNamed(fold.Tokens(name)...) {
		if country == "" || geo.Country(code) == country {
			return code
		}
	}
	return name
}

// languageCodes are the languages that people are asked for most, by their
// names in the languages of the interface and in their own.
var languageCodes = sync.OnceValue(func() map[string]string {
	out := map[string]string{}
	for _, code := range twoLetters {
		for _, lang := range i18n.Languages {
			out[folded(directory.LanguageName(lang, code))] = code
		}
	}
	for code, name := range i18n.Endonyms {
		out[folded(name)] = code
	}
	return out
})

func languageCode(s string) string {
	s = strings.ToLower(s)
	if code := languageCodes()[folded(s)]; code != "" {
		return code
	}
	if code := twoLetters[s]; code != "" {
		return code
	}
	return s
}
