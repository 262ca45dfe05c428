package edit

import (
	"maps"
	"slices"
	"strings"

	"amelie/internal/learn"
)

// Difference is what one course has otherwise than another.
type Difference struct {
	Texts     []TextChange
	Questions []string // "topic.question", of which a text is another
	Structure []string // data files that are other ones
	New, Gone []string // topics and cases
	Front     []string // files that another person has read, or nobody any more
	Pictures  int      // that come in
}

// TextChange is a block that says something else.
type TextChange struct {
	File, Lang, Block string
	Before, After     string // "": it is not there
}

// None says that nothing is different.
func (d Difference) None() bool {
	return len(d.Texts)+len(d.Structure)+len(d.New)+len(d.Gone)+len(d.Front)+d.Pictures == 0
}

// Compare says what a course has otherwise than the one of now.
func Compare(now, next *learn.Course) (d Difference) {
	was, is := now.WordFiles(), next.WordFiles()
	for _, file := range is {
		if !slices.Contains(was, file) {
			d.New = append(d.New, file)
		}
	}
	files := slices.Clone(is)
	for _, file := range was {
		if !slices.Contains(is, file) {
			d.Gone, files = append(d.Gone, file), append(files, file)
		}
	}
	languages := slices.Clone(next.Languages)
	for _, lang := range now.Languages {
		if !slices.Contains(languages, lang) {
			languages = append(languages, lang)
		}
	}
	for _, file := range files {
		for _, lang := range languages {
			d.words(file, lang, orNone(now.Own(file, lang)), orNone(next.Own(file, lang)))
		}
	}
	d.data(now.Files(), next.Files())
	d.questions(now, next)
	return d
}

func orNone(w *learn.Words) *learn.Words {
	if w == nil {
		return &learn.Words{}
	}
	return w
}

func (d *Difference) words(file, lang string, was, is *learn.Words) {
	for _, block := range union(was, is) {
		x, _ := was.Text(block)
		y, _ := is.Text(block)
		if x.Body != y.Body {
			d.Texts = append(d.Texts, TextChange{file, lang, block, x.Body, y.Body})
		}
	}
	if was.Front() != is.Front() && was.Lang != "" && is.Lang != "" {
		d.Front = append(d.Front, file+"/"+lang)
	}
}

func (d *Difference) data(was, is map[string][]byte) {
	both := maps.Clone(was)
	maps.Copy(both, is)
	for _, path := range slices.Sorted(maps.Keys(both)) {
		switch {
		case strings.HasSuffix(path, ".toml") && string(was[path]) != string(is[path]):
			d.Structure = append(d.Structure, path)
		case strings.HasPrefix(path, "picture/") && was[path] == nil:
			d.Pictures++
		}
	}
}

// questions are those that one of the texts belongs to.
func (d *Difference) questions(now, next *learn.Course) {
	seen := map[string]bool{}
	for _, t := range d.Texts {
		own, _, _ := strings.Cut(t.Block, ".")
		if name := t.File + "." + own; asks(now, t.File, own) || asks(next, t.File, own) {
			seen[name] = true
		}
	}
	d.Questions = slices.Sorted(maps.Keys(seen))
}

func asks(c *learn.Course, file, question string) bool {
	t, ok := c.Topic(file)
	if !ok {
		return false
	}
	_, ok = t.Question(question)
	return ok
}
