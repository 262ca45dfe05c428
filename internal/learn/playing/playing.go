// Package playing keeps how a branching case was played: the choices in their
// order, and nothing about who made them.
//
// The idea: a playing is a path through the graph of a case, kept choice by
// choice, so that it goes on where it was left and can be laid beside others.
// Who may go on with it is its holder: a learner by number, or a group that a
// trainer opened. A room elsewhere that plays the same cases, such as a
// workshop, needs no more than the three methods of Recorder and holders of its
// own ("workshop/…").
//
// Stored: the holder, the case, the version of the course, the choices with the
// minute of each, the minute in which it began and ended. Its name is random and
// says no time. A playing lives as long as its holder.
//
// It must never hold a name, an address or what somebody typed; never a time
// finer than a minute; never a path that is none of the case's; never compare
// the playings of fewer than Few.
package playing

import (
	"time"

	"github.com/google/uuid"
)

// Few is how many playings it takes before anything is said of them.
const Few = 3

// most is how many playings a holder can have.
const most = 300

// Step is one choice.
type Step struct {
	Scene  string `json:"scene"`
	Choice string `json:"choice"`
	Minute int64  `json:"minute"` // since the playing began
}

// Play is one path, as far as it goes.
type Play struct {
	ID       string
	Holder   string // "learner/…", "group/…"
	Case     string
	Revision string // of the course that it began in
	Steps    []Step
	Begun    time.Time // to the minute, like Ended
	Ended    time.Time // zero: it goes on
}

// Over says whether an ending was reached.
func (p Play) Over() bool { return !p.Ended.IsZero() }

// Way are the choices in their order.
func (p Play) Way() []string {
	out := make([]string, len(p.Steps))
	for i, s := range p.Steps {
		out[i] = s.Choice
	}
	return out
}

// NewID names a playing, with 122 random bits and no time in them.
func NewID() string { return uuid.NewString() }

// Named is the name that belongs to a token: the same one for the same token.
func Named(token string) string { return uuid.NewSHA1(uuid.NameSpaceOID, []byte(token)).String() }
