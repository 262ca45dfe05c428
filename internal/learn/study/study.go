// Package study keeps the progress of those who want it kept: what was read and
// answered, tests and their results, a list of what to read next.
//
// The idea: a learner is a number without a name. One press makes it, and a code
// on paper brings it to another device; who works in a house of this
// installation can hang it on the account instead. The pages are those of
// package reading at an address of their own, the only one that the learner's
// cookie is ever sent to.
//
// Stored: for each learner when it began and was last here (to the day), the
// units with their minutes, the answers that can be marked, attempts at tests, how
// cases were played (package playing).
// Beside that sums for each question, in which no learner can be found. The code
// and the cookie are kept as fingerprints. A learner lives until "forget me", or
// two years after it was last here.
//
// It must never ask for a name, a mailbox or a password; never store what was
// written in answer to an open question; never take back a test that was passed;
// never show the answers of few.
package study

import (
	"strings"
	"time"

	"amelie/internal/learn"
	"amelie/internal/learn/playing"
	"amelie/internal/vault"
)

// The limits of what is kept.
const (
	CookieIdle  = 90 * 24 * time.Hour  // a device forgets the learner when it was not used
	LearnerIdle = 730 * 24 * time.Hour // and the installation does
	touchEvery  = 24 * time.Hour       // "last here" is no finer
	codeShown   = 15 * time.Minute     // how long the page with a new code can be asked for again
	codeLength  = 25                   // characters of five bits
	codeGroup   = 5
	seedLength  = 26 // characters: 128 bits

	perTopic = 6 // questions in the test of one topic
	perPage  = 3 // questions on a page of a test

	// Final is the scope of the test over all topics.
	Final = "final"

	// Few is how many answers a question needs before its figures are shown.
	Few = 10
)

// Learner is somebody who learns; nobody knows who.
type Learner struct {
	ID      string
	Account string // of a member who hung it there; empty: reached by its code alone
	Coded   bool   // it has a code
	Began   time.Time
	Seen    time.Time
}

// Unit is what a learner did with a unit.
type Unit struct {
	Name    string    // "topic.unit"
	Opened  time.Time // the newest opening whose minutes were counted
	Minutes int64
	Done    time.Time // zero: not yet
	Wished  bool      // on the list of what to read
	Changed time.Time
}

// Reply is an answer as it was given.
type Reply struct {
	Given learn.Given `json:"given"`
	Sure  string      `json:"sure,omitempty"` // of true or false: yes, no or empty
}

// Answer is the newest reply to a question of a unit.
type Answer struct {
	Topic, Question string
	Reply
	Right    bool
	Revision string // of the course that it was given to
	At       time.Time
}

// Drawn is a question of an attempt, pinned by the stamp of what it asked.
type Drawn struct {
	Topic    string `json:"topic"`
	Question string `json:"question"`
	Stamp    string `json:"stamp"`
}

// Name is the question's within the course.
func (d Drawn) Name() string { return d.Topic + "." + d.Question }

// Attempt is one go at a test. What it was drawn from, and the mark that it took
// to pass, stay with it whatever becomes of the course.
type Attempt struct {
	ID       string
	Scope    string // a topic, or Final
	Seed     string
	Revision string // of the course that it was drawn from
	Drawn    []Drawn
	Given    map[string]Reply // by Drawn.Name
	Over     bool
	Right    int64
	Counted  int64 // questions that had not changed when it ended
	Pass     int64 // percent that it took
	Passed   bool
	Begun    time.Time
	Ended    time.Time
}

// Percent is how much was right, rounded down.
func (a Attempt) Percent() int64 {
	if a.Counted == 0 {
		return 0
	}
	return a.Right * 100 / a.Counted
}

// Standing is how a learner's attempts at one test stand together.
type Standing struct {
	Open, Passed bool
	Best         int64 // percent
}

// Record is all that is kept about a learner.
type Record struct {
	Learner  Learner
	Units    map[string]Unit
	Answers  []Answer
	Attempts []Attempt // newest first
	Plays    []playing.Play
}

// newCode is the code of a learner that begins with seed.
func newCode(secret *vault.ServerSecret, seed string) string {
	return vault.Printed(secret.MAC("study code", []byte(seed)), codeLength, codeGroup)
}

// ParseCode reads a code as people type it.
func ParseCode(typed string) (code string, ok bool) {
	code = vault.AsPrinted(typed)
	return code, len(code) == codeLength && strings.Trim(code, "0123456789ABCDEFGHJKMNPQRSTVWXYZ") == ""
}
