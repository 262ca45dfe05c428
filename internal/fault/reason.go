package fault

import (
	"fmt"
	"strings"
)

// Rule is what something from outside can break: the key of the sentence that
// a reader sees, and the same in English for a file or a terminal. Arguments
// stand in the English in their order, in the sentence as {a}, {b}, {c}.
type Rule struct{ Key, English string }

// Reason is a broken rule with what broke it.
type Reason struct {
	Key     string
	Args    []any // name and value pairs for the sentence
	English string
}

// Broken makes the reason.
func (r Rule) Broken(args ...any) Reason {
	out := Reason{Key: r.Key, English: r.English}
	if len(args) > 0 {
		out.English = fmt.Sprintf(r.English, args...)
	}
	for i, a := range args {
		out.Args = append(out.Args, string(rune('a'+i)), strings.Trim(fmt.Sprint(a), `"`))
	}
	return out
}

// Error is the reason in English.
func (r Reason) Error() string { return r.English }
