package country

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"amelie/internal/i18n"
)

// Parse reads the text of a file and gives every key that nobody reads, or the
// one reason why it is no TOML, each with its line.
func Parse(text []byte, into any) []Problem {
	meta, err := toml.Decode(i18n.Unbroken(text), into)
	var bad toml.ParseError
	if errors.As(err, &bad) {
		return []Problem{{Line: bad.Position.Line, Reason: bad.Message}}
	}
	if err != nil {
		return []Problem{{Line: 1, Reason: err.Error()}}
	}
	var problems []Problem
	for _, key := range meta.Undecoded() {
		problems = append(problems, Problem{Field: key[len(key)-1], Reason: "unknown key " + key.String()})
	}
	return Locate(text, problems)
}

// Examine reads the text of one pack and gives every reason why it cannot be
// used, each with its line.
func Examine(text []byte, terms *Terms) (*Pack, []Problem) {
	p := &Pack{terms: terms}
	if problems := Parse(text, p); len(problems) > 0 {
		return p, problems
	}
	return p, Locate(text, Check(p))
}

// Locate finds the line of each problem: that of the field within the table
// that has the id, else that of the id, else that of the field anywhere.
func Locate(text []byte, problems []Problem) []Problem {
	if len(problems) == 0 {
		return nil
	}
	lines := index(text)
	for i := range problems {
		problems[i].Line = lines.of(problems[i])
	}
	return problems
}

// keyed is a line of a file: the key or the table that it begins.
type keyed struct {
	key   string
	table bool
	id    string // of a line id = "..." or code = "..."
}

type lines []keyed

var (
	keyLine   = regexp.MustCompile(`^\s*([\w-]+)\s*=`)
	tableLine = regexp.MustCompile(`^\s*\[+([\w-]+)\]`)
	idLine    = regexp.MustCompile(`^\s*(?:id|code)\s*=\s*"([^"]*)"`)
)

func index(text []byte) lines {
	var list lines
	for one := range strings.SplitSeq(string(text), "\n") {
		var k keyed
		if m := tableLine.FindStringSubmatch(one); m != nil {
			k = keyed{key: m[1], table: true}
		} else if m := keyLine.FindStringSubmatch(one); m != nil {
			k.key = m[1]
			if m := idLine.FindStringSubmatch(one); m != nil {
				k.id = m[1]
			}
		}
		list = append(list, k)
	}
	return list
}

// of is the line of a problem, from 1.
func (l lines) of(p Problem) int {
	isField := func(k keyed) bool { return k.key == p.Field }
	if p.ID == "" {
		return max(0, slices.IndexFunc(l, isField)) + 1
	}
	named := slices.IndexFunc(l, func(k keyed) bool { return k.id == p.ID })
	if named < 0 {
		return 1
	}
	from, to := named, named+1
	for from > 0 && !l[from].table {
		from--
	}
	for to < len(l) && !l[to].table {
		to++
	}
	if at := slices.IndexFunc(l[from:to], isField); at >= 0 {
		return from + at + 1
	}
	return named + 1
}
