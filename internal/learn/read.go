package learn

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"sort"
	"strings"

	"github.com/BurntSushi/toml"
)

// Known are the names of other rooms that a course may lead to.
type Known struct {
	Steps      []string // of the bedside guide
	Indicators []string // of the packs
	Helps      []string // kinds of help that the directory tells apart
}

// Read takes a course from its folder. The error is Problems: every file, line
// and reason why it cannot be used; then there is no course.
func Read(folder fs.FS, known Known) (*Course, error) {
	files, err := FilesOf(folder)
	if err != nil {
		return nil, Problems{{File: ".", Key: "learn.problem.data", Args: []any{"what", err.Error()}}}
	}
	return ReadFiles(files, known)
}

// FilesOf are the files of a folder by their paths.
func FilesOf(folder fs.FS) (map[string][]byte, error) {
	files := map[string][]byte{}
	return files, fs.WalkDir(folder, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files[path], err = fs.ReadFile(folder, path)
		return err
	})
}

// ReadFiles is Read of a folder whose files are at hand.
func ReadFiles(files map[string][]byte, known Known) (*Course, error) {
	c, problems := Draft(files, known)
	if len(problems) > 0 {
		return nil, problems
	}
	return c, nil
}

// Draft takes a course of which something may still be missing, for those who
// work on it, with what keeps it from being used. The course is nil when its
// files cannot be understood.
func Draft(files map[string][]byte, known Known) (*Course, Problems) {
	r := &reader{files: files, known: known, course: &Course{words: map[string]*Words{}, pictures: map[string]*Shown{}}, texts: map[string]string{}, read: map[string]bool{}, sum: sha256.New()}
	r.structure()
	whole := len(r.problems) == 0
	if whole {
		r.check()
	}
	r.strangers()
	sort.SliceStable(r.problems, func(i, j int) bool { return r.problems[i].File < r.problems[j].File })
	if !whole {
		return nil, r.problems
	}
	r.course.data = r.texts
	r.course.version = hex.EncodeToString(r.sum.Sum(nil)[:8])
	return r.course, r.problems
}

type reader struct {
	files    map[string][]byte
	known    Known
	course   *Course
	texts    map[string]string // what a data file holds, to find lines in it
	read     map[string]bool   // the files that belong to the course
	problems Problems
	sum      hash.Hash // of every file
}

// file reads one file of the course; its absence is a fault.
func (r *reader) file(name string) ([]byte, bool) {
	r.read[name] = true
	b, ok := r.files[name]
	if !ok {
		r.fault(name, 0, "missing-file")
		return nil, false
	}
	fmt.Fprintf(r.sum, "%s %d\n", name, len(b))
	r.sum.Write(b)
	return b, true
}

func (r *reader) fault(file string, line int, key string, args ...any) {
	r.problems = append(r.problems, Problem{File: file, Line: line, Key: "learn.problem." + key, Args: args})
}

// about is a fault of what bears an identifier in a data file.
func (r *reader) about(file, id, key string) {
	r.fault(file, r.lineOf(file, id), key, "id", id)
}

// lineOf finds where an identifier is given in a data file; 0 when it is not.
// What lies within another ("s2.a") is looked for behind that: many scenes have
// a choice "a".
func (r *reader) lineOf(file, id string) int {
	text, at, found := r.texts[file], 0, false
	names := strings.Split(id, ".")
	if given(text, id) >= 0 { // of a unit that a track names in one
		names = []string{id}
	}
	for _, name := range names {
		next := given(text[at:], name)
		if found = next >= 0; found {
			at += next
		}
	}
	if !found {
		return 0
	}
	return strings.Count(text[:at], "\n") + 1
}

// given is where a data file says what bears an identifier, else where it first
// names it: a start or an aim may stand before the scene itself. -1: nowhere.
func given(text, id string) int {
	if i := strings.Index(text, `id = "`+id+`"`); i >= 0 {
		return i
	}
	return strings.Index(text, `"`+id+`"`)
}

// data reads a TOML file; what it does not know is a fault.
func (r *reader) data(file string, into any) {
	b, ok := r.file(file)
	if !ok {
		return
	}
	r.texts[file] = string(b)
	meta, err := toml.Decode(string(b), into)
	var parse toml.ParseError
	var own Problem
	switch {
	case errors.As(err, &parse):
		r.fault(file, parse.Position.Line, "data", "what", parse.Message)
	case errors.As(err, &own):
		r.problems = append(r.problems, Problem{File: file, Key: own.Key, Args: own.Args})
	case err != nil:
		r.fault(file, 0, "data", "what", err.Error())
	}
	for _, key := range meta.Undecoded() {
		r.fault(file, r.lineOf(file, key.String()), "unknown-key", "key", key.String())
	}
}

// structure reads every file of the folder.
func (r *reader) structure() {
	c := r.course
	r.data("course.toml", c)
	var works struct {
		Sources []Work `toml:"source"`
	}
	r.data("sources.toml", &works)
	c.Sources = works.Sources
	r.terms()
	for _, id := range c.TopicIDs {
		t := &Topic{}
		r.data(id+"/topic.toml", t)
		c.Topics = append(c.Topics, t)
		r.words(id)
	}
	for _, id := range c.CaseIDs {
		s := &Case{}
		r.data("case/"+id+"/scenario.toml", s)
		c.Cases = append(c.Cases, s)
		r.words("case/" + id)
	}
	r.words("course")
}

// terms reads the glossary, whose languages are keys of each term.
func (r *reader) terms() {
	var list struct {
		Terms []map[string]toml.Primitive `toml:"term"`
	}
	const file = "glossary.toml"
	b, ok := r.file(file)
	if !ok {
		return
	}
	r.texts[file] = string(b)
	meta, err := toml.Decode(string(b), &list)
	if err != nil {
		r.fault(file, 0, "data", "what", err.Error())
		return
	}
	for _, fields := range list.Terms {
		term := Term{Words: map[string]TermWords{}}
		for key, value := range fields {
			var w TermWords
			if key == "id" {
				err = meta.PrimitiveDecode(value, &term.ID)
			} else {
				err = meta.PrimitiveDecode(value, &w)
				term.Words[key] = w
			}
			if err != nil {
				r.fault(file, 0, "data", "what", err.Error())
			}
		}
		r.course.Terms = append(r.course.Terms, term)
	}
}

// words reads one file of words in each of the course's languages.
func (r *reader) words(name string) {
	for _, lang := range r.course.Languages {
		file := name + "/" + lang + ".md"
		b, ok := r.file(file)
		if !ok {
			continue
		}
		w, problems := ParseWords(file, b)
		r.problems = append(r.problems, problems...)
		if w == nil {
			continue
		}
		if w.Lang != lang {
			r.fault(file, 1, "language", "lang", w.Lang)
		}
		w.alike(r.course.words[name+"/"+Source])
		r.course.words[name+"/"+lang] = w
	}
}

// strangers are files that belong to no course: a wrong name must not go
// unnoticed.
func (r *reader) strangers() {
	for path := range r.files {
		if !r.read[path] {
			r.fault(path, 0, "stranger")
		}
	}
}
