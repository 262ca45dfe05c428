package learn

import (
	"fmt"
	"strings"
)

// Problem is why a course cannot be used: where, and which sentence says it.
type Problem struct {
	File string
	Line int    // from 1; 0: of the file as a whole
	Key  string // of the sentence in the reader's language
	Args []any  // name, value, …
}

// Error is for logs and developers; readers get the sentence of Key.
func (p Problem) Error() string {
	return fmt.Sprintf("%s:%d: %s %v", p.File, p.Line, strings.TrimPrefix(p.Key, "learn.problem."), p.Args)
}

// Problems are all of them.
type Problems []Problem

// Error names every one on a line of its own.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, one := range p {
		lines[i] = one.Error()
	}
	return "course:\n" + strings.Join(lines, "\n")
}

func problemf(key, what string) error { return Problem{Key: key, Args: []any{"what", what}} }
