package edit

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/learn"
)

// Bench is where one act changes files of the working copy. Each file is taken
// apart, changed and written again; nothing is saved before the whole act went
// well.
type Bench struct {
	tx      *db.Tx
	course  string
	act     string
	kind    Kind
	by      By
	at      time.Time
	files   map[string]string // as this act leaves them
	changes []Change
}

// file is a file as this act has it. Errors: fault.NotFound.
func (b *Bench) file(path string) (string, error) {
	if body, ok := b.files[path]; ok {
		return body, nil
	}
	body, ok, err := loadFile(b.tx, b.course, path)
	if err == nil && !ok {
		err = errNotFound
	}
	if err == nil {
		b.files[path] = body
	}
	return body, err
}

func (b *Bench) words(file, lang string) (*learn.Words, error) {
	path := file + "/" + lang + ".md"
	body, err := b.file(path)
	if err != nil {
		return nil, err
	}
	w, problems := learn.ParseWords(path, []byte(body))
	if len(problems) > 0 {
		return nil, fault.Wrap(learn.Problems(problems), path)
	}
	return w, nil
}

// note keeps what a text was and is.
func (b *Bench) note(path, block string, before, after Value) {
	b.changes = append(b.changes, Change{Act: b.act, Kind: b.kind, Path: path, Block: block, Before: before, After: after, By: b.by, At: b.at})
}

// Put gives a block words in one language, behind another block when it is new.
// A translation is from now on one of the source text of now; when the source is
// written, translations that were not stamped are stamped with what it was, so
// that they are known to be older.
func (b *Bench) Put(file, lang, block, body string, behind ...string) error {
	of := ""
	source, err := b.words(file, learn.Source)
	if err != nil {
		return err
	}
	if s, ok := source.Text(block); ok && lang != learn.Source {
		of = s.Stamp()
	} else if ok && s.Body != body {
		if err := b.stamp(file, block, s.Stamp()); err != nil {
			return err
		}
	}
	return b.put(file, lang, block, Value{body, of}, strings.Join(behind, ""))
}

func (b *Bench) put(file, lang, block string, to Value, behind string) error {
	w, err := b.words(file, lang)
	if err != nil {
		return err
	}
	path := file + "/" + lang + ".md"
	was, there := w.Text(block)
	before := Value{was.Body, was.Of}
	switch {
	case before == to:
		return nil
	case to.Body == "":
		w = w.Without(block)
	default:
		w = w.With(block, learn.Text{Body: to.Body, Of: to.Of}, behind)
	}
	if there && before.Body != to.Body || !there {
		w = w.Unreviewed()
	}
	body := string(w.Markdown())
	if _, problems := learn.ParseWords(path, []byte(body)); len(problems) > 0 {
		return learn.Problem{File: path, Key: "learn.problem.shape", Args: []any{"id", block}}
	}
	b.files[path] = body
	b.note(path, block, before, to)
	return nil
}

// stamp marks the translations of a block that bear no stamp as made from a
// source text.
func (b *Bench) stamp(file, block, of string) error {
	languages, err := b.languages()
	if err != nil {
		return err
	}
	for _, lang := range languages {
		if lang == learn.Source {
			continue
		}
		w, err := b.words(file, lang)
		if err != nil {
			return err
		}
		if t, ok := w.Text(block); ok && t.Of == "" {
			if err := b.put(file, lang, block, Value{t.Body, of}, ""); err != nil {
				return err
			}
		}
	}
	return nil
}

// Drop takes a block out in every language.
func (b *Bench) Drop(file, block string) error {
	languages, err := b.languages()
	if err != nil {
		return err
	}
	for _, lang := range languages {
		if err := b.put(file, lang, block, Value{}, ""); err != nil {
			return err
		}
	}
	return nil
}

func (b *Bench) languages() ([]string, error) {
	body, err := b.file("course.toml")
	if err != nil {
		return nil, err
	}
	return learn.ParseLanguages(body)
}

// Topic changes the structure of a topic.
func (b *Bench) Topic(topic string, do func(t *learn.Topic) error) error {
	path := topic + "/topic.toml"
	body, err := b.file(path)
	if err != nil {
		return err
	}
	t, err := learn.ParseTopic(body)
	if err == nil {
		err = do(t)
	}
	if err != nil {
		return err
	}
	b.data(path, body, t.TOML())
	return nil
}

// Case changes the structure of a branching case.
func (b *Bench) Case(name string, do func(c *learn.Case) error) error {
	path := "case/" + name + "/scenario.toml"
	body, err := b.file(path)
	if err != nil {
		return err
	}
	c, err := learn.ParseCase(body)
	if err == nil {
		err = do(c)
	}
	if err != nil {
		return err
	}
	b.data(path, body, c.TOML())
	return nil
}

// data puts a file of structure in the place of another. What stands as comment
// above the first value stays.
func (b *Bench) data(path, before, after string) {
	after = heading(before) + after
	if before == after {
		return
	}
	b.files[path] = after
	b.note(path, "", Value{Body: before}, Value{Body: after})
}

// heading are the lines of comment with which a file begins.
func heading(body string) (out string) {
	for line := range strings.Lines(body) {
		if !strings.HasPrefix(line, "#") {
			break
		}
		out += line
	}
	return out
}

// Fresh is an identifier that was never used in a topic or case: prefix with the
// next number, or with no prefix the next letter. scope is what stands
// before it, "u1." for a block of a unit; taken are names that this act gave
// already.
//
// req: EDIT-4
func (b *Bench) Fresh(file, scope, prefix string, taken ...string) (string, error) {
	w, err := b.words(file, learn.Source)
	if err != nil {
		return "", err
	}
	ever, err := loadNames(b.tx, b.course, file+"/"+learn.Source+".md")
	if err != nil {
		return "", err
	}
	used := map[string]bool{}
	for _, name := range taken {
		used[name] = true
	}
	for _, name := range slices.Concat(w.Order, ever) {
		if rest, ok := strings.CutPrefix(name, scope); ok {
			own, _, _ := strings.Cut(rest, ".")
			used[own] = true
		}
	}
	for n := 1; ; n++ {
		name := prefix + strconv.Itoa(n)
		if prefix == "" {
			name = letters(n)
		}
		if !used[name] {
			return name, nil
		}
	}
}

// letters are a, b, … z, za, zb, …
func letters(n int) string {
	if n <= 25 {
		return string(rune('a' + n - 1))
	}
	return "z" + letters(n-25)
}

// restore puts a value back in the place of what is there now.
func (b *Bench) restore(c Change, value Value) error {
	switch c.Block {
	case "":
		return b.restoreStructure(c.Path, value.Body)
	case Front:
		return b.front(c.Path, value.Body)
	}
	file, lang, ok := wordsFile(c.Path)
	if !ok {
		return errNotFound
	}
	if value.Body == "" {
		return fault.New(fault.Conflict, "edit.fault.gone")
	}
	w, err := b.words(file, lang)
	if err != nil {
		return err
	}
	if _, there := w.Text(c.Block); !there {
		return fault.New(fault.Conflict, "edit.fault.gone")
	}
	if lang == learn.Source {
		return b.Put(file, lang, c.Block, value.Body)
	}
	return b.put(file, lang, c.Block, value, "")
}

// wordsFile takes "talk/de.md" apart.
func wordsFile(path string) (file, lang string, ok bool) {
	name, ok := strings.CutSuffix(path, ".md")
	at := strings.LastIndexByte(name, '/')
	if !ok || at < 0 {
		return "", "", false
	}
	return name[:at], name[at+1:], true
}

// restoreStructure brings a structure back with the words that it asks for: what
// was taken out since comes back as it last was, and what came since goes.
func (b *Bench) restoreStructure(path, body string) error {
	file, name, _ := cutLast(path)
	now, err := b.file(path)
	if err != nil || name == "" {
		return err
	}
	want, err := learn.Wanted(name, body)
	if err != nil {
		return err
	}
	had, err := learn.Wanted(name, now)
	if err != nil {
		return err
	}
	b.files[path] = body
	if now != body {
		b.note(path, "", Value{Body: now}, Value{Body: body})
	}
	for _, block := range had {
		if !slices.Contains(want, block) {
			if err := b.Drop(file, block); err != nil {
				return err
			}
		}
	}
	for i, block := range want {
		if !slices.Contains(had, block) {
			if err := b.revive(file, block, want[max(0, i-1)]); err != nil {
				return err
			}
		}
	}
	return nil
}

func cutLast(path string) (folder, name string, ok bool) {
	at := strings.LastIndexByte(path, '/')
	if at < 0 {
		return "", path, false
	}
	return path[:at], path[at+1:], true
}

// revive gives a block the words that it had when it was taken out.
func (b *Bench) revive(file, block, behind string) error {
	languages, err := b.languages()
	if err != nil {
		return err
	}
	for _, lang := range languages {
		path := file + "/" + lang + ".md"
		past, err := loadChanges(b.tx, blockChanges, b.course, path, block)
		if err != nil {
			return err
		}
		for _, c := range past {
			if c.Before.Body != "" {
				if err := b.put(file, lang, block, c.Before, behind); err != nil {
					return err
				}
				break
			}
		}
	}
	return nil
}

// save writes the files and the changes of the act.
func (b *Bench) save() error {
	written := map[string]bool{}
	for _, c := range b.changes {
		if !written[c.Path] {
			written[c.Path] = true
			if err := b.saveFile(c.Path); err != nil {
				return err
			}
		}
		if err := c.insert(b.tx, b.course); err != nil {
			return err
		}
	}
	return nil
}

// saveFile writes a file as this act leaves it; one that it left none of goes.
func (b *Bench) saveFile(path string) error {
	body, there := b.files[path]
	if !there {
		return dropFile(b.tx, b.course, path)
	}
	return putFile(b.tx, b.course, path, []byte(body))
}
