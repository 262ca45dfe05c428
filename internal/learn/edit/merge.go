package edit

import (
	"reflect"
	"slices"
	"strings"

	"amelie/internal/learn"
)

// merging joins what a house made of a course with what a newer release made of
// it: base is what both began from. What the house did not touch becomes theirs;
// what the release did not touch stays ours; where both changed one thing ours
// stays and theirs is proposed. It is pure.
type merging struct {
	base, ours, theirs map[string][]byte
	out                map[string][]byte
	proposals          []Proposal
	taken              int // things that became theirs
}

// Proposal is what a newer release has otherwise than the house made it.
type Proposal struct {
	Path, Block  string // Block is "" for a whole data file, else of a text, a unit or a question
	Base, Theirs Value
	Version      string // of the release that proposes it
	State        string // ProposalOpen, ProposalTaken, ProposalLeft
	By           By
}

// The states of a proposal.
const (
	ProposalOpen  = "open"
	ProposalTaken = "taken"
	ProposalLeft  = "left"
)

// either is the one of two values that was changed; both says that both were, to
// different things, and then it is ours.
func either[T any](base, ours, theirs T, same func(a, b T) bool) (is T, both bool) {
	switch {
	case same(ours, base), same(ours, theirs):
		return theirs, false
	case same(theirs, base):
		return ours, false
	}
	return ours, true
}

func equal[T any](a, b T) bool { return reflect.DeepEqual(a, b) }

func (m *merging) propose(path, block string, base, theirs Value) {
	m.proposals = append(m.proposals, Proposal{Path: path, Block: block, Base: base, Theirs: theirs})
}

// merge joins two folders.
//
// req: UPGRADE-1
func merge(base, ours, theirs map[string][]byte) (m *merging, err error) {
	m = &merging{base: base, ours: ours, theirs: theirs, out: map[string][]byte{}}
	for _, path := range []string{"course.toml", "sources.toml", "glossary.toml"} {
		m.whole(path)
	}
	topics, cases, languages, err := learn.ParseOutline(string(m.out["course.toml"]))
	if err != nil {
		return nil, err
	}
	for _, topic := range topics {
		if err := m.topic(topic); err != nil {
			return nil, err
		}
		if err := m.words(topic, topic+"/topic.toml", languages); err != nil {
			return nil, err
		}
	}
	for _, name := range cases {
		path := "case/" + name + "/scenario.toml"
		m.whole(path)
		if err := m.words("case/"+name, path, languages); err != nil {
			return nil, err
		}
	}
	if err := m.words("course", "", languages); err != nil {
		return nil, err
	}
	for _, folder := range []map[string][]byte{ours, theirs} {
		for path, body := range folder {
			if strings.HasPrefix(path, "picture/") {
				m.out[path] = body
			}
		}
	}
	return m, nil
}

// whole joins a data file as one thing.
func (m *merging) whole(path string) {
	base, ours, theirs := string(m.base[path]), string(m.ours[path]), string(m.theirs[path])
	is, both := either(base, ours, theirs, equal[string])
	if is == "" { // one of them took it out; nothing that is named is missing
		is = ours + theirs
	}
	if both {
		m.propose(path, "", Value{Body: base}, Value{Body: theirs})
	}
	if is != ours {
		m.taken++
	}
	m.out[path] = []byte(is)
}

// topic joins the structure of a topic unit by unit and question by question.
func (m *merging) topic(topic string) error {
	path := topic + "/topic.toml"
	base, ours, theirs := m.base[path], m.ours[path], m.theirs[path]
	if base == nil || ours == nil || theirs == nil || equal(base, ours) || equal(base, theirs) {
		m.whole(path)
		return nil
	}
	var three [3]*learn.Topic
	for i, body := range [][]byte{base, ours, theirs} {
		t, err := learn.ParseTopic(string(body))
		if err != nil {
			return err
		}
		three[i] = t
	}
	b, o, t := three[0], three[1], three[2]
	is := *o
	is.Sources, is.Summary = mergeIDs(b.Sources, o.Sources, t.Sources), mergeIDs(b.Summary, o.Summary, t.Summary)
	is.Units = joined(b.Units, o.Units, t.Units, func(u learn.Unit) string { return u.ID }, func(b, o, t learn.Unit) learn.Unit {
		return m.unit(path, b, o, t)
	})
	is.Questions = joined(b.Questions, o.Questions, t.Questions, func(q learn.Question) string { return q.ID }, func(b, o, t learn.Question) learn.Question {
		q, both := either(b, o, t, equal[learn.Question])
		if both {
			m.propose(path, q.ID, Value{Body: questionTOML(b)}, Value{Body: questionTOML(t)})
		}
		return q
	})
	text := heading(string(ours)) + is.TOML()
	if text != string(ours) {
		m.taken++
	}
	m.out[path] = []byte(text)
	return nil
}

// unit joins a unit block by block; of its properties that both changed ours
// stay, and theirs are proposed.
func (m *merging) unit(path string, b, o, t learn.Unit) learn.Unit {
	is := o
	is.Blocks = joined(b.Blocks, o.Blocks, t.Blocks, func(x learn.Block) string { return x.ID }, func(b, o, t learn.Block) learn.Block {
		x, _ := either(b, o, t, equal[learn.Block])
		return x
	})
	is.Questions = mergeIDs(b.Questions, o.Questions, t.Questions)
	b.Blocks, b.Questions, t.Blocks, t.Questions = is.Blocks, is.Questions, is.Blocks, is.Questions
	alike, both := either(b, is, t, equal[learn.Unit])
	if both {
		m.propose(path, o.ID, Value{Body: unitTOML(b)}, Value{Body: unitTOML(t)})
	}
	return alike
}

func unitTOML(u learn.Unit) string {
	return firstTable((&learn.Topic{Units: []learn.Unit{u}}).TOML())
}

func questionTOML(q learn.Question) string {
	return firstTable((&learn.Topic{Questions: []learn.Question{q}}).TOML())
}

// firstTable is a data file from its first table on.
func firstTable(text string) string {
	_, rest, _ := strings.Cut(text, "]]\n")
	return rest
}

// mergeIDs joins three orders: theirs, with what the house added behind the
// same neighbour, and without what it took out.
func mergeIDs(base, ours, theirs []string) []string {
	if slices.Equal(ours, base) {
		return theirs
	}
	if slices.Equal(theirs, base) {
		return ours
	}
	out := slices.DeleteFunc(slices.Clone(theirs), func(x string) bool {
		return slices.Contains(base, x) && !slices.Contains(ours, x)
	})
	for i, x := range ours {
		if slices.Contains(base, x) || slices.Contains(out, x) {
			continue
		}
		at := 0
		for j := i - 1; j >= 0 && at == 0; j-- {
			at = slices.Index(out, ours[j]) + 1
		}
		out = slices.Insert(out, at, x)
	}
	return out
}

// joined joins three lists of things that bear identifiers.
func joined[T any](base, ours, theirs []T, name func(T) string, both func(b, o, t T) T) (out []T) {
	b, o, t := worded(base, name), worded(ours, name), worded(theirs, name)
	for _, id := range mergeIDs(b.ids, o.ids, t.ids) {
		x, isOurs := o.of[id]
		y, isTheirs := t.of[id]
		switch {
		case isOurs && isTheirs:
			out = append(out, both(b.of[id], x, y))
		case isOurs:
			out = append(out, x)
		default:
			out = append(out, y)
		}
	}
	return out
}

type things[T any] struct {
	ids []string
	of  map[string]T
}

func worded[T any](list []T, name func(T) string) things[T] {
	out := things[T]{of: map[string]T{}}
	for _, x := range list {
		out.ids, out.of[name(x)] = append(out.ids, name(x)), x
	}
	return out
}

// three are a file's words in one language in the three folders.
type three struct{ base, ours, theirs *learn.Words }

func (m *merging) three(path string) (t three, err error) {
	for _, one := range []struct {
		into *(*learn.Words)
		from map[string][]byte
	}{{&t.base, m.base}, {&t.ours, m.ours}, {&t.theirs, m.theirs}} {
		if *one.into, err = wordsOr(path, one.from[path]); err != nil {
			return t, err
		}
	}
	return t, nil
}

// words joins a file's words in every language; structure is the data file that
// says which blocks there are, "" when the words do.
func (m *merging) words(file, structure string, languages []string) error {
	source, err := m.three(file + "/" + learn.Source + ".md")
	if err != nil {
		return err
	}
	order := mergeIDs(source.base.Order, source.ours.Order, source.theirs.Order)
	if structure != "" {
		_, name, _ := cutLast(structure)
		want, err := learn.Wanted(name, string(m.out[structure]))
		if err != nil {
			return err
		}
		order = slices.DeleteFunc(slices.Clone(order), func(id string) bool { return !slices.Contains(want, id) })
		for _, id := range want {
			if !slices.Contains(order, id) {
				order = append(order, id)
			}
		}
	}
	var english map[string]learn.Text // joined, the first of the languages
	for _, lang := range languages {
		t, err := m.three(file + "/" + lang + ".md")
		if err != nil {
			return err
		}
		texts := m.language(file+"/"+lang+".md", lang, order, source, t, english)
		if lang == learn.Source {
			english = texts
		}
	}
	return nil
}

// language joins a file's words in one language, given those of the source.
func (m *merging) language(path, lang string, order []string, source, t three, english map[string]learn.Text) map[string]learn.Text {
	texts := map[string]learn.Text{}
	for _, id := range order {
		text := m.text(path, lang, id, source, t)
		if text.Body == "" {
			continue
		}
		if now, ok := english[id]; ok && text.Of == now.Stamp() {
			text.Of = "" // a current translation needs no stamp that it had not got
			if o, _ := t.ours.Text(id); o.Body == text.Body {
				text.Of = o.Of
			}
		}
		texts[id] = text
	}
	is := learn.MakeWords(lang, slices.DeleteFunc(slices.Clone(order), func(id string) bool { return texts[id].Body == "" }), texts)
	front := t.theirs
	switch {
	case says(is, t.theirs):
	case says(is, t.ours), t.theirs.Lang == "":
		front = t.ours
	default: // nobody has read this mixture
		front = t.theirs.Unreviewed()
	}
	is.State, is.Reviewer, is.Date = front.State, front.Reviewer, front.Date
	is.Reviews = learn.Joined(t.ours, t.theirs)
	m.out[path] = is.Markdown()
	return texts
}

// says tells whether two files have the same texts.
func says(a, b *learn.Words) bool {
	return len(a.Order) == len(b.Order) && !slices.ContainsFunc(a.Order, func(id string) bool {
		x, _ := a.Text(id)
		y, _ := b.Text(id)
		return x.Body != y.Body
	})
}

// text joins one block in one language. Where the source is in dispute its
// translations wait with it: they must be of the same shape.
func (m *merging) text(path, lang, id string, source, t three) learn.Text {
	b, _ := t.base.Text(id)
	o, _ := t.ours.Text(id)
	x, _ := t.theirs.Text(id)
	if lang != learn.Source {
		b, o, x = of(b, id, source.base), of(o, id, source.ours), of(x, id, source.theirs)
	}
	sameText := func(a, b learn.Text) bool { return a.Body == b.Body }
	is, both := either(b, o, x, sameText)
	if is.Body == "" {
		is, both = o, false
		if o.Body == "" {
			is = x
		}
	}
	if !both && lang != learn.Source && is.Body != o.Body && o.Body != "" && disputed(id, source) {
		is, both = o, true
	}
	if both && x.Body != "" {
		m.propose(path, id, Value{b.Body, b.Of}, Value{x.Body, x.Of})
	}
	if is.Body != o.Body {
		m.taken++
	}
	if is.Body == o.Body && o.Body == x.Body {
		is = x // the same translation of the newer source
	}
	return is
}

// of is a translation that says which source text it was made from.
func of(t learn.Text, id string, source *learn.Words) learn.Text {
	if s, ok := source.Text(id); ok && t.Body != "" && t.Of == "" {
		t.Of = s.Stamp()
	}
	return t
}

// disputed says whether both changed the source of a block.
func disputed(id string, source three) bool {
	b, _ := source.base.Text(id)
	o, _ := source.ours.Text(id)
	x, _ := source.theirs.Text(id)
	_, both := either(b.Body, o.Body, x.Body, equal[string])
	return both
}
