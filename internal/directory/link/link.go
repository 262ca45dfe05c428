// Package link finds web addresses of the directory that lead nowhere, or to
// somebody else.
//
// The idea: a dead link costs a tired person a minute. An administrator who
// wants it lets this server open the published addresses one after the other,
// each once a week, and editors find on their work list what failed on three
// days, and what has moved.
//
// Stored: for each published address when it was last opened, what failed on
// how many days, where it led, and when it is due. Nothing of what stood there.
//
// The life of an address: it comes with the directory, waits for its hour of
// the week, is opened, waits a week again; it goes when no entry publishes it
// any more, and all go when the administrator switches the checker off.
//
// It must never open anything before an administrator switched it on, open an
// address that is not published, reach into the network in which the server
// stands, say to a host who links to it, keep what it read, or change an entry.
package link

import (
	"net/url"
	"strings"
	"time"
)

// Outcome is what was found behind an address.
type Outcome string

// The outcomes. Works and Unclear are no failures; Unclear says nothing at all.
const (
	Works   Outcome = "works"
	Unclear Outcome = "unclear" // the host does not want to be asked by programs, or not now
	Missing Outcome = "missing" // the host says that the page is not there
	Broken  Outcome = "broken"  // the host has a fault of its own, or leads in a circle
	Unsafe  Outcome = "unsafe"  // the line cannot be protected: certificate expired, of another name, unknown
	NoHost  Outcome = "no-host" // no server has this name
	Silent  Outcome = "silent"  // nobody answers
	Inside  Outcome = "inside"  // the name leads into a network that nobody outside reaches
)

// Failed says whether somebody who opens the address gets nothing.
func (o Outcome) Failed() bool { return o != Works && o != Unclear }

// Seen is one look behind an address.
type Seen struct {
	Outcome Outcome
	At      string        // the address at which it ended, when it is another host's; "" otherwise
	Wait    time.Duration // how long the host wants to be left alone at least; 0: it said nothing
}

// State is what is known of an address.
type State struct {
	URL         string
	Failures    int64     // in a row, each on another day
	First, Last time.Time // of those failures
	Why         Outcome   // of the last one
	Moved       string    // where it leads instead; "" where it stays with its host
	Checked     time.Time // zero: never opened
	Due         time.Time
}

// sameHost says whether two addresses are of one host; "www." makes no other.
func sameHost(a, b *url.URL) bool {
	name := func(u *url.URL) string { return strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.") }
	return name(a) == name(b)
}
