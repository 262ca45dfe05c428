package learn

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Words are the blocks of one file in one language.
type Words struct {
	Lang     string
	State    string // source, not-reviewed, reviewed
	Reviewer string // who, when State is reviewed
	Date     string // YYYY-MM-DD
	Reviews  []Review
	Order    []string
	at       map[string]int // where in Order and texts each block stands; alike languages share both
	texts    []Text
}

// Text is one block as it was written.
type Text struct {
	Body string // Markdown of the block, without its identifier
	Of   string // Stamp of the source text that a translation was made from; empty: not stamped
	Line int    // of its identifier in the file, from 1
}

// Shape is what kind of Markdown a block is.
type Shape string

// The shapes, and the mark that each begins with.
const (
	Paragraph Shape = "paragraph"
	Title     Shape = "title"   // "# "
	UnitTitle Shape = "unit"    // "## "
	Heading   Shape = "heading" // "### "
	List      Shape = "list"    // "- "
	Steps     Shape = "steps"   // "1. "
	Spoken    Shape = "spoken"  // "> "
)

var marks = []struct {
	shape Shape
	mark  string
}{{Title, "# "}, {UnitTitle, "## "}, {Heading, "### "}, {List, "- "}, {Steps, "1. "}, {Spoken, "> "}}

// Shape says what kind of block it is.
func (t Text) Shape() Shape {
	for _, m := range marks {
		if strings.HasPrefix(t.Body, m.mark) {
			return m.shape
		}
	}
	return Paragraph
}

var stepMark = regexp.MustCompile(`^[0-9]{1,2}\. `)

// Lines are the block's words without its marks: one line for a paragraph or a
// heading, one for each point of a list or each paragraph of words to say.
func (t Text) Lines() []string {
	var out []string
	shape := t.Shape()
	for _, line := range strings.Split(t.Body, "\n") {
		rest, first := unmarked(shape, line)
		if first || len(out) == 0 {
			out = append(out, rest)
			continue
		}
		out[len(out)-1] += " " + rest
	}
	return out
}

// unmarked takes the mark of a line away, and says whether it begins a point.
func unmarked(shape Shape, line string) (rest string, first bool) {
	line = strings.TrimSpace(line)
	switch shape {
	case Paragraph:
		return line, false
	case Steps:
		if m := stepMark.FindString(line); m != "" {
			return line[len(m):], true
		}
		return line, false
	}
	for _, m := range marks {
		if m.shape != shape {
			continue
		}
		if rest, ok := strings.CutPrefix(line+" ", m.mark); ok {
			return strings.TrimSpace(rest), true
		}
	}
	return line, false
}

// Stamp names a text by its content, whatever its line breaks are.
func (t Text) Stamp() string {
	sum := sha256.Sum256([]byte(strings.Join(strings.Fields(t.Body), " ")))
	return hex.EncodeToString(sum[:4])
}

// Line is a text of one line without marks, for titles.
func (w *Words) Line(id string) string { return Plain(w.text(id).Lines()[0]) }

// Text finds a block.
func (w *Words) Text(id string) (Text, bool) {
	if i, ok := w.at[id]; ok {
		return w.texts[i], true
	}
	return Text{}, false
}

// text is a block, empty when there is none.
func (w *Words) text(id string) Text {
	t, _ := w.Text(id)
	return t
}

// Has says whether there is such a block.
func (w *Words) Has(id string) bool {
	_, ok := w.at[id]
	return ok
}

// number notes where each block stands.
func (w *Words) number() {
	w.at = make(map[string]int, len(w.Order))
	for i, id := range w.Order {
		w.at[id] = i
	}
}

// alike lets words whose blocks are those of others, in the same order, share with
// them what is not words: six languages of a course stay in memory.
func (w *Words) alike(other *Words) {
	if other != nil && slices.Equal(w.Order, other.Order) {
		w.Order, w.at = other.Order, other.at
	}
}

// idLine ends a block.
var idLine = regexp.MustCompile(`^\{#([a-z0-9]+(?:[.-][a-z0-9]+)*)(?: of=([0-9a-f]{8}))?\}$`)

// ParseWords reads a file of blocks. The problems have the file's name; words
// are given only when there are none.
func ParseWords(file string, b []byte) (*Words, []Problem) {
	p := &wordParser{file: file, text: strings.ReplaceAll(string(b), "\r\n", "\n"), words: &Words{at: map[string]int{}}}
	lines, at := strings.SplitAfter(p.text, "\n"), 0
	body := p.front(lines)
	for i, line := range lines {
		if i >= body {
			p.line(i+1, at, strings.TrimRight(line, " \t\n"))
		}
		at += len(line)
	}
	if p.open {
		p.fault(len(lines), "learn.problem.no-id")
	}
	if len(p.problems) > 0 {
		return nil, p.problems
	}
	p.words.Order, p.words.texts = slices.Clone(p.words.Order), slices.Clone(p.words.texts) // without the room for more
	return p.words, nil
}

type wordParser struct {
	file     string
	text     string // the whole file; the texts are cut out of it
	words    *Words
	open     bool // a block has begun and not ended
	from, to int  // where in the text it stands
	gap      bool // an empty line stands after it
	problems []Problem
}

func (p *wordParser) fault(line int, key string, args ...any) {
	p.problems = append(p.problems, Problem{File: p.file, Line: line, Key: key, Args: args})
}

// front reads the lines between the two rules, and says where the rest begins.
func (p *wordParser) front(lines []string) int {
	if strings.TrimRight(lines[0], "\n") != "---" {
		p.fault(1, "learn.problem.front")
		return 0
	}
	fields := map[string]*string{"lang": &p.words.Lang, "state": &p.words.State, "reviewer": &p.words.Reviewer, "date": &p.words.Date}
	for i, line := range lines[1:] {
		line = strings.TrimRight(line, "\n")
		if line == "---" {
			return i + 2
		}
		key, value, ok := strings.Cut(line, ":")
		if r, is := parseReview(strings.TrimSpace(value)); is && key == "reviewed" {
			p.words.Reviews = append(p.words.Reviews, r)
			continue
		}
		into := fields[strings.TrimSpace(key)]
		if !ok || into == nil {
			p.fault(i+2, "learn.problem.front-key", "key", key)
			continue
		}
		*into = strings.TrimSpace(value)
	}
	p.fault(1, "learn.problem.front")
	return len(lines)
}

// line takes the n-th line, which begins at a byte of the text.
func (p *wordParser) line(n, at int, line string) {
	m := idLine.FindStringSubmatch(line)
	switch {
	case m != nil:
		p.close(n, m[1], m[2])
		return
	case line == "":
		p.gap = p.open
		return
	case strings.HasPrefix(line, "{#"):
		p.fault(n, "learn.problem.bad-id", "id", line)
		p.open, p.gap = false, false
		return
	case p.gap:
		p.fault(n, "learn.problem.no-id")
		p.open, p.gap = false, false
	}
	if !p.open {
		p.open, p.from = true, at
	}
	p.to = at + len(line)
}

func (p *wordParser) close(n int, id, of string) {
	if !p.open {
		p.fault(n, "learn.problem.no-words", "id", id)
		return
	}
	if p.words.Has(id) {
		p.fault(n, "learn.problem.twice", "id", id)
	}
	p.words.at[id] = len(p.words.texts)
	p.words.texts = append(p.words.texts, Text{Body: p.text[p.from:p.to], Of: of, Line: n})
	p.words.Order = append(p.words.Order, id)
	p.open, p.gap = false, false
}

// Markdown writes the words as a file that ParseWords reads as the same words.
func (w *Words) Markdown() []byte {
	var b strings.Builder
	b.WriteString("---\n" + field("lang", w.Lang) + w.Front() + "---\n")
	for i, id := range w.Order {
		t := w.texts[i]
		fmt.Fprintf(&b, "\n%s\n{#%s", t.Body, id)
		if t.Of != "" {
			b.WriteString(" of=" + t.Of)
		}
		b.WriteString("}\n")
	}
	return []byte(b.String())
}

// Front are the lines at the beginning of the file that say whether it is the
// source, and who has read it.
func (w *Words) Front() string {
	out := field("state", w.State) + field("reviewer", w.Reviewer) + field("date", w.Date)
	for _, r := range w.Reviews {
		out += field("reviewed", r.String())
	}
	return out
}

func field(key, value string) string {
	if value == "" {
		return ""
	}
	return key + ": " + value + "\n"
}

// WithFront are the words with such lines in the place of theirs. Errors:
// Problems.
func (w *Words) WithFront(lines string) (*Words, error) {
	front, problems := ParseWords("", []byte("---\n"+lines+"---\n"))
	if len(problems) > 0 {
		return nil, Problems(problems)
	}
	out := *w
	out.State, out.Reviewer, out.Date, out.Reviews = front.State, front.Reviewer, front.Date, front.Reviews
	return &out, nil
}

// MakeWords are words of blocks in an order.
func MakeWords(lang string, order []string, texts map[string]Text) *Words {
	w := &Words{Lang: lang, Order: order}
	for _, id := range order {
		w.texts = append(w.texts, texts[id])
	}
	w.number()
	return w
}

// With are the words with a block as it is given: in place of the one that bears
// the identifier, or as a new one behind another, "" for the end.
func (w *Words) With(id string, t Text, behind string) *Words {
	out := w.clone()
	if i, there := out.at[id]; there {
		out.texts[i] = t
		return out
	}
	at := len(out.Order)
	if i, ok := out.at[behind]; ok {
		at = i + 1
	}
	out.Order, out.texts = slices.Insert(out.Order, at, id), slices.Insert(out.texts, at, t)
	out.number()
	return out
}

// Without are the words without a block.
func (w *Words) Without(id string) *Words {
	out := w.clone()
	if i, there := out.at[id]; there {
		out.Order, out.texts = slices.Delete(out.Order, i, i+1), slices.Delete(out.texts, i, i+1)
		out.number()
	}
	return out
}

// Unreviewed are the words after somebody changed them: whoever reviewed them
// has not read this.
func (w *Words) Unreviewed() *Words {
	out := w.clone()
	if out.State == "reviewed" {
		out.State, out.Reviewer, out.Date = "not-reviewed", "", ""
	}
	return out
}

func (w *Words) clone() *Words {
	out := *w
	out.Order, out.texts = slices.Clone(w.Order), slices.Clone(w.texts)
	return &out
}

// Compose makes a block of a shape out of lines without marks. Errors:
// Problem when what was typed would be read as something else.
func Compose(shape Shape, lines []string) (Text, error) {
	mark := ""
	for _, m := range marks {
		if m.shape == shape {
			mark = m.mark
		}
	}
	var body []string
	for _, line := range lines {
		if line = strings.Join(strings.Fields(line), " "); line == "" {
			continue
		}
		if shape == Steps {
			mark = strconv.Itoa(len(body)+1) + ". "
		}
		body = append(body, mark+line)
	}
	sep := "\n"
	if shape == Paragraph || shape == Title || shape == UnitTitle || shape == Heading {
		sep = " "
		for i := 1; i < len(body); i++ {
			body[i] = body[i][len(mark):]
		}
	}
	t := Text{Body: strings.Join(body, sep)}
	switch {
	case len(body) == 0:
		return t, Problem{Key: "learn.problem.no-words", Args: []any{"id", ""}}
	case t.Shape() != shape || !t.readable():
		return t, Problem{Key: "learn.problem.shape", Args: []any{"id", ""}}
	case !t.balanced():
		return t, Problem{Key: "learn.problem.marks", Args: []any{"id", ""}}
	}
	return t, nil
}

// readable says whether the block stands in a file of words as it is.
func (t Text) readable() bool {
	w := MakeWords(Source, []string{"x"}, map[string]Text{"x": t})
	back, problems := ParseWords("", w.Markdown())
	return len(problems) == 0 && back.text("x").Body == t.Body
}

// Stamped are the words with each block marked by the source text that it
// stands for now. The source itself is not stamped.
func (w *Words) Stamped(source *Words) *Words {
	out := *w
	out.texts = slices.Clone(w.texts)
	for i, id := range w.Order {
		if s, ok := source.Text(id); ok {
			out.texts[i].Of = s.Stamp()
		}
	}
	return &out
}

// Stale says whether the source of a translated block has changed since. A
// block without a stamp counts as current.
func (c *Course) Stale(file, lang, id string) bool {
	w, s := c.words[file+"/"+lang], c.words[file+"/"+Source]
	if w == nil || s == nil || lang == Source {
		return false
	}
	t, ok := w.Text(id)
	return ok && t.Of != "" && t.Of != s.text(id).Stamp()
}

// Translations are the files of words of every language but the source, each
// block stamped with the source text of now.
func (c *Course) Translations() map[string][]byte {
	out := map[string][]byte{}
	for name, w := range c.words {
		if file, lang := path.Split(name); lang != Source {
			out[name+".md"] = w.Stamped(c.words[file+Source]).Markdown()
		}
	}
	return out
}
