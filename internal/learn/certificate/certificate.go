// Package certificate gives whoever passed a course a page to show, a file that
// proves itself, and a paper with a code on it.
//
// The idea: a certificate says what was learned, in the learner's language, and
// on whose word, and never how well. It is signed once (package credential) and
// then stands by itself: it can be checked without this installation, and
// nothing that becomes of the course or the learner takes it back. The name on
// it is asked when it is made and kept nowhere else.
//
// Stored: for each certificate its signed file, the learner it was made for and
// the secret part of its page's address; and the public keys that were ever
// signed with. A certificate is deleted by its learner, and with the learner.
//
// It must never hold a score or the wrong answers, never be made twice for one
// pass, never be mailed twice, and never tell somebody who has only the code on
// a paper anything about a person that the code does not hold.
package certificate

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"strconv"
	"strings"
	"time"

	"amelie/internal/credential"
	"amelie/internal/fault"
	"amelie/internal/learn"
)

// Pass is a course that somebody passed.
type Pass struct {
	Learner  string // its number; nobody knows who
	Revision string // of the course that the test was drawn from
	At       time.Time
}

// Wish is what the learner asks for.
type Wish struct {
	Holder string // the name as it shall stand there
	Lang   string
	Email  string // to which the address is sent once; may be empty
}

// Award is a certificate to be made.
type Award struct {
	Pass
	Wish
}

// Issued is a certificate.
type Issued struct {
	ID      string // a random UUID
	Learner string
	Address string // the secret part of its page's address
	File    []byte
	At      time.Time
}

// Path is the address of the page for its holder, without the language. It
// says who the holder is: whoever has it reads it.
func (i Issued) Path() string { return "/certificate/" + i.Address }

// CheckPath is what the code on paper holds: the number, and a digest of the
// file.
func (i Issued) CheckPath() string { return "/check/" + i.ID + "/" + i.digest() }

// digest is half of the SHA-256 of the file: enough that no other file fits.
func (i Issued) digest() string {
	sum := sha256.Sum256(i.File)
	return hex.EncodeToString(sum[:16])
}

// mostName is how long a name may be, in letters.
const mostName = 120

// check refuses what cannot stand on a certificate.
func (w Wish) check() error {
	switch n := len([]rune(w.Holder)); {
	case n == 0:
		return fault.Fields(fault.Field{Name: "holder", Key: "web.error.empty"})
	case n > mostName:
		return fault.Fields(fault.Field{Name: "holder", Key: "web.error.too-long", Args: []any{"max", mostName}})
	}
	if w.Email != "" && (!strings.Contains(w.Email, "@") || strings.ContainsAny(w.Email, " ,;<>\"")) {
		return fault.Fields(fault.Field{Name: "email", Key: "web.error.email"})
	}
	return nil
}

// Texts says sentences; package i18n's Bundle does.
type Texts interface {
	T(lang, key string, args ...any) string
}

// achievement is what a course's certificate says in a language. Hours are what
// the units take to read at an even pace, in halves, not how long somebody sat.
func achievement(course *learn.Course, texts Texts, base, lang, revision string) credential.Achievement {
	words := course.Words("course", lang)
	a := credential.Achievement{About: base + "/" + lang + "/learn", Language: lang, Revision: revision, Title: words.Line("title"), Description: words.Line("certificate")}
	minutes := 0
	for _, t := range course.Topics {
		a.Tags = append(a.Tags, course.Words(t.ID, lang).Line("title"))
		minutes += t.Minutes()
	}
	a.Criteria = texts.T(lang, "certificate.criteria", "hours", hours(minutes))
	return a
}

// hours writes minutes as hours, in halves: 2½.
func hours(minutes int) string {
	halves := max(1, int(math.Round(float64(minutes)/30)))
	text := strings.Repeat("½", halves%2)
	if halves > 1 {
		text = strconv.Itoa(halves/2) + text
	}
	return text
}
