// Package fault gives errors a meaning that a reader and a program can act on.
//
// An error that leaves a service carries a kind (what went wrong in one word)
// and the key of the sentence that the reader sees in her language; the page
// or the RFC 9457 problem is made from it in one place, package web. Nothing
// is stored. A fault never carries personal data: identifiers only.
package fault

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Kind is the meaning of an error.
type Kind int

// The kinds. NotFound also stands for what the reader may not know of.
const (
	Internal    Kind = iota // a fault of the program or the machine
	NotFound                // not there, or hidden from this reader
	Denied                  // known to the reader, not allowed
	Invalid                 // what was sent makes no sense; the fields say where
	Conflict                // not possible in the present state
	Stale                   // someone else changed it meanwhile
	Unavailable             // something needed is missing now; trying later may help
	TooMany                 // too many tries
	Expired                 // the link or the time is over
	SignIn                  // sign in first
	Unlock                  // signed in, but the keys are locked
)

var names = [...]string{"internal", "not-found", "denied", "invalid", "conflict", "stale", "unavailable", "too-many", "expired", "sign-in", "unlock"}

// String is the word used in logs, problems and message keys.
func (k Kind) String() string {
	if int(k) < len(names) {
		return names[k]
	}
	return "internal"
}

// Field is one wrong field of a form: its name and the key of the message.
type Field struct {
	Name string
	Key  string
	Args []any
}

// Error is an error with a meaning. Key names a message of the locale files,
// Args its name/value pairs.
type Error struct {
	Kind   Kind
	Key    string
	Args   []any
	Fields []Field
	err    error
}

// New makes an error of a kind with the reader's message key and its
// name/value arguments. Arguments must not be personal data.
func New(kind Kind, key string, args ...any) *Error {
	return &Error{Kind: kind, Key: key, Args: args}
}

// Fields makes an Invalid error from wrong fields; nil when there are none.
func Fields(fields ...Field) error {
	if len(fields) == 0 {
		return nil
	}
	return &Error{Kind: Invalid, Key: "web.error.invalid", Fields: fields}
}

// Because attaches the cause, kept for the log and not shown.
func (e *Error) Because(err error) *Error {
	c := *e
	c.err = err
	return &c
}

// Error is for the log: kind, key, cause.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Kind.String())
	if e.Key != "" {
		b.WriteString(" " + e.Key)
	}
	for _, f := range e.Fields {
		b.WriteString(" " + f.Name + ":" + f.Key)
	}
	if e.err != nil {
		b.WriteString(": " + e.err.Error())
	}
	return b.String()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.err }

// Is makes errors of the same kind and key equal for errors.Is.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Kind == e.Kind && (t.Key == "" || t.Key == e.Key)
}

// KindOf is the kind of the nearest fault in err's chain; Internal for other
// errors, and Unavailable for a cancelled or timed-out context.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return Unavailable
	}
	return Internal
}

// Find gives the nearest fault in err's chain, or nil.
func Find(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}

// Wrap adds what was being done, and to which identifiers; nil stays nil.
func Wrap(err error, doing string, ids ...string) error {
	if err == nil {
		return nil
	}
	if len(ids) > 0 {
		doing += " " + strings.Join(ids, " ")
	}
	return fmt.Errorf("%s: %w", doing, err)
}
