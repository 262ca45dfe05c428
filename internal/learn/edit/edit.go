// Package edit is where a course is worked on in the browser, and where every
// reader of it gets the revision that is published now.
//
// The idea: the course that ships with the program is what everybody reads
// until somebody edits it. Then its folder lies in rows, file by file: a working
// copy. Each act takes a file apart, changes one thing and writes it again, so
// that the working copy is at every moment the folder that can be exported.
// Publishing takes the whole folder or nothing: learn.Read decides, and what was
// published stays until it says yes.
//
// Stored: the working copy; each change with what stood there before; each
// revision that was published or answered to, whole and for good, since attempts
// at tests are shown in the words that were asked; who published what and when.
// All of it is public text but for the names of those who wrote it.
//
// It must never lose a text that somebody wrote, never publish a course with a
// fault in it, never change a revision that was published, and never give an
// identifier a second time.
package edit

import (
	"time"

	"amelie/internal/fault"
	"amelie/internal/learn"
)

// By is who works on the course.
type By struct{ User, Name string }

// Change is one text of the working copy that became another.
type Change struct {
	ID     string
	Act    string // what was done at once bears the same
	Kind   Kind
	Path   string // file: "talk/de.md", "talk/topic.toml"
	Block  string // identifier of the block; "" for a whole file of structure
	Before Value
	After  Value
	By     By
	At     time.Time
}

// Kind is what an act was.
type Kind string

// The kinds of acts.
const (
	Wrote    Kind = "wrote"    // a block's words
	Added    Kind = "added"    // a block, question, answer, scene …
	Moved    Kind = "moved"    // another order
	Removed  Kind = "removed"  // taken out
	Set      Kind = "set"      // another property of the structure
	Restored Kind = "restored" // an earlier text brought back
	Took     Kind = "took"     // from a folder that somebody sent
	Reviewed Kind = "reviewed" // somebody has read it
	Upgraded Kind = "upgraded" // as a newer release of the program has it
)

// Value is a text as it stood; the zero value: it was not there.
type Value struct {
	Body string
	Of   string // stamp of the source text that a translation was made from
}

// Release is a publication.
type Release struct {
	ID      string
	Version string // learn.Course.Version of what was published
	Note    string
	Changed []learn.Change // changed in substance, as who published it said
	By      By
	At      time.Time
}

// Draft is the working copy as it is now.
type Draft struct {
	Course   *learn.Course // something may be missing in it
	Problems learn.Problems
	Revision int64 // counts acts; 0: nobody has edited
	Released string
}

var errNotFound = fault.New(fault.NotFound, "web.error.not-found")

// Conflict says that a block was changed by somebody else meanwhile.
type Conflict struct{ Now Value }

func (Conflict) Error() string { return "the block was changed meanwhile" }
