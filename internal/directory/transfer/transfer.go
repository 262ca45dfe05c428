// Package transfer brings whole files into the directory and out of it: our
// own table (CSV), the Human Services Data Specification 3.1 as JSON and as its
// tabular package, and our own lossless lines.
//
// The idea: a file is first laid beside the directory, row by row, and nothing
// changes. What it would add, change, take out or break is then looked at; one
// press brings all of it or nothing, in one short transaction, and one press
// takes all of it back.
//
// Stored: imports with who began them, for a day the foreign tables that wait for
// a word about their columns, what such columns are under a name, the rows laid beside (with the rows as
// they were before), and which identifier of another directory is which of
// ours. Rows laid beside are deleted 90 days after the import ended; until then
// it can be taken back.
//
// It must never half-import, never publish the address of a shelter because
// another directory did, never take a body that looks like an authority for a
// support service, and never let a file overwrite what was edited here without
// saying so.
package transfer

import (
	"time"

	"amelie/internal/directory"
	"amelie/internal/policy"
)

// Format is what a file is written in.
type Format string

// The formats.
const (
	Flat    Format = "csv"   // our own table: one line for each service and place
	HSDS    Format = "hsds"  // HSDS 3.1 JSON: one object, a list, a page or one object a line
	Tabular Format = "table" // HSDS 3.1 tabular: a zip of CSV files
	Lines   Format = "lines" // our own rows, one JSON object a line, lossless
	Undo    Format = "undo"  // made from an earlier import, never read from a file
)

// Options are what a file does not say itself.
type Options struct {
	Country string `json:"country"` // ISO 3166-1 of rows that name none
	System  string `json:"system"`  // short name of the other directory, for its identifiers; "" for our own files
	Kind    string `json:"kind"`    // kind of bodies that name none: "ngo"
	Help    string `json:"help"`    // concept of services of which nothing is understood; "" refuses them
	Role    string `json:"role"`    // the same for the role: "social-service"

	// Columns says which of our columns a column of a foreign table is, "" for
	// one that is left out. With it the table is read as a foreign one: its
	// identifiers are not ours, and words stand where we have codes.
	Columns map[string]string `json:"columns,omitempty"`

	// Constants are cells for columns of which a line says nothing, by our names.
	Constants map[string]string `json:"constants,omitempty"`

	// Terms says what words of the other directory mean here: its term, folded,
	// to "scheme/concept", or "" for nothing.
	Terms map[string]string `json:"terms,omitempty"`

	// Missing takes out what the same system brought before and this file lacks.
	Missing bool `json:"missing,omitempty"`
}

// Action is what an import would do with a row.
type Action string

// The actions.
const (
	Add    Action = "add"
	Alter  Action = "change"
	Same   Action = "same"
	Remove Action = "remove"
	Refuse Action = "refuse"
)

// State is where an import stands.
type State string

// The states of an import: reading (a foreign table: columns, reading, and
// again while its columns are changed), ready, then applied or dropped, for good;
// an applied one may be undone by another.
const (
	Asking  State = "columns" // a held table waits for somebody to say what its columns are
	Reading State = "reading"
	Ready   State = "ready"
	Applied State = "applied"
	Dropped State = "dropped"
)

// Complaint is why a row is refused, or a remark about it.
type Complaint struct {
	Field string // of the file: "phones", "summary.el"
	Key   string // message key of the reason, "" when Text says it
	Args  []any
	Text  string // in English, for files and logs
}

// Incoming is one row as a file has it. Partial holds only the fields that the
// file says something about, named as in the stored document.
type Incoming struct {
	Kind      directory.Kind
	ID        string // ours; "" until it is given one
	External  string // the identifier in the other directory
	Parent    string // ours, or "" with ParentExt
	ParentExt string
	Partial   map[string]any
	Default   map[string]any // the same for a row that is new here
	Line      int64          // in the file, from 1; 0 when not known
	File      string
	Wrong     []Complaint
}

// Import is one import as lists show it.
type Import struct {
	ID, Name   string
	Format     Format
	Options    Options
	State      State
	ByUser, By string
	Began      time.Time
	Touched    time.Time
	Ended      time.Time
	Read, Size int64          // bytes of the file read so far, and all of them
	Counts     map[Action]int // rows by what would be, or was, done
	Edited     int            // rows among the changed that were edited here
	Contacts   int            // rows among the changed whose contacts differ
	Undoes     string         // the import that this one takes back
	UndoneBy   string
	Unknown    []Unknown // words of the other directory that mean nothing here yet
}

// Unknown is a word of another directory that was not understood.
type Unknown struct {
	Term  string `json:"term"` // as printed
	Count int    `json:"count"`
}

// Row is one row laid beside the directory.
type Row struct {
	ID       string // of the laid row
	Kind     directory.Kind
	RowID    string
	Name     string
	Action   Action
	Line     int64
	File     string
	Edited   bool // the directory's row was edited here
	Contacts bool // a contact would change
	Fields   []string
	Before   *directory.Row
	After    *directory.Row
	Wrong    []Complaint
}

// Who brings a file: a member of staff, of whom the policy is asked in the
// transaction of each act, or whoever has the machine, by the command line. The
// zero Who may nothing.
type Who struct {
	directory.By
	Actor   policy.Actor
	Machine bool
}

// KeptFor is how long an ended import can be taken back.
const KeptFor = 90 * 24 * time.Hour

// Stalled is after how long without progress a reading import counts as
// interrupted: its process died, and the file is to be given again.
const Stalled = 2 * time.Minute
