package house

import (
	"time"
)

// Level is how a thing is.
type Level int

// The levels: well; soon somebody should look; now.
const (
	Well Level = iota
	Soon
	Now
)

// Word names the level in messages and classes.
func (l Level) Word() string { return [...]string{"well", "soon", "now"}[l] }

// Check is one thing that was looked at: how it is, in words, and what to do.
type Check struct {
	Name  string // house.check.<name>
	Case  string // house.check.<name>-<case> says it, house.do.<name>-<case> what to do
	Level Level
	Args  []any
	Path  string // page that helps
	Mend  string // what `amelie doctor --mend` would do about it; empty: nothing
}

// Say is the key of the sentence.
func (c Check) Say() string { return "house.check." + c.Name + "-" + c.Case }

// Do is the key of what to do; empty when all is well.
func (c Check) Do() string {
	if c.Level == Well {
		return ""
	}
	return "house.do." + c.Name + "-" + c.Case
}

// Facts are what the checks look at. A part that is nil was not looked at.
// Nothing in them is about a person.
type Facts struct {
	At          time.Time
	Files       *Files
	Disk        *Space
	Database    *Database
	Clock       *Clock
	Mail        *Post
	Backup      *Copies
	Certificate *Certificate
	Jobs        *Work
	Audit       *Trail
	Agencies    *Agencies
	Directory   *Entries
	Texts       *Texts
	Memory      *uint64 // bytes that the process holds
	Setup       *Setup
}

// The parts of the facts.
type (
	// Files is the data folder.
	Files struct {
		Open    []string // may be read by others
		Missing []string
		Orphans int // temporary files of something that was broken off
		Demo    bool
	}
	// Space is a disk, in bytes.
	Space struct{ Free, Total uint64 }
	// Database is the database and its engine.
	Database struct {
		Down, Damaged    bool
		Answer           time.Duration
		Size, Log        int64 // bytes; Log: what waits to be merged
		Missing, Unknown int   // migrations
		Indexes          int   // missing ones
		Retries, Minutes int64 // writes that were tried again since the start, and since when
	}
	// Clock compares clocks.
	Clock struct {
		Skew  time.Duration // of the database's machine; zero on this one
		Ahead time.Duration // how far the newest entry of the log lies in the future
	}
	// Post is the mail.
	Post struct {
		Configured, Unreadable bool
		Waiting, Failing, Dead int64
		Oldest, Sent           time.Time
	}
	// Copies is the backups.
	Copies struct {
		Ready, FolderGone   bool
		Others              bool // the administrator said that others look after it
		Latest, Good, Trial *Run
	}
	// Certificate is what browsers see.
	Certificate struct {
		Elsewhere bool // a proxy looks after it, or the site is for this machine only
		Ordered   bool // it comes by ACME and is renewed by itself
		Until     time.Time
		Trouble   string // with Ordered: why the last order failed; "" it did not
	}
	// Work is the jobs.
	Work struct {
		Dead int64
		Lag  time.Duration
	}
	// Trail is the audit log.
	Trail struct {
		Waiting            int64
		Oldest, Checkpoint time.Time
		Unproven           bool // it was read through and does not prove itself
	}
	// Agencies counts those that cannot receive.
	Agencies struct{ All, Closed int }
	// Entries is the directory.
	Entries struct{ All, Old, Proposals int }
	// Texts is what persons read in their language.
	Texts struct{ All, Unreviewed int }
	// Setup is the assistant.
	Setup struct{ Open, Administrators int }
)

// Judge makes the checks of the facts, in the order of the page. It decides
// nothing that a test could not give it.
func Judge(f Facts) []Check {
	var out []Check
	add := func(c Check) { out = append(out, c) }
	if f.Database != nil {
		judgeDatabase(*f.Database, add)
	}
	if f.Backup != nil {
		judgeBackup(f, add)
	}
	if f.Mail != nil {
		add(judgeMail(*f.Mail, f.At))
	}
	if f.Certificate != nil {
		add(judgeCertificate(*f.Certificate, f.At))
	}
	judgeMachine(f, add)
	if f.Audit != nil {
		add(judgeTrail(*f.Audit, f.At))
	}
	if f.Jobs != nil {
		add(judgeJobs(*f.Jobs))
	}
	judgeRooms(f, add)
	return out
}

const (
	gigabyte = 1 << 30
	megabyte = 1 << 20
)

func judgeDatabase(d Database, add func(Check)) {
	switch {
	case d.Down:
		add(Check{Name: "database", Case: "down", Level: Now})
		return
	case d.Damaged:
		add(Check{Name: "database", Case: "damaged", Level: Now})
	case d.Answer > 250*time.Millisecond:
		add(Check{Name: "database", Case: "slow", Level: Soon, Args: []any{"ms", d.Answer.Milliseconds()}})
	default:
		add(Check{Name: "database", Case: "well", Args: []any{"ms", max(1, d.Answer.Milliseconds()), "mb", max(1, d.Size/megabyte)}})
	}
	if d.Missing > 0 {
		add(Check{Name: "schema", Case: "missing", Level: Now, Args: []any{"n", d.Missing}, Mend: "migrate"})
	}
	if d.Unknown > 0 {
		add(Check{Name: "schema", Case: "newer", Level: Now, Args: []any{"n", d.Unknown}})
	}
	if d.Indexes > 0 {
		add(Check{Name: "index", Case: "missing", Level: Soon, Args: []any{"n", d.Indexes}, Mend: "indexes"})
	}
	if d.Log > 256*megabyte {
		add(Check{Name: "journal", Case: "large", Level: Soon, Args: []any{"mb", d.Log / megabyte}, Mend: "journal"})
	}
	if d.Retries > 100 && d.Retries > 20*max(1, d.Minutes) {
		add(Check{Name: "retries", Case: "many", Level: Soon, Args: []any{"n", d.Retries}})
	}
}

func judgeBackup(f Facts, add func(Check)) {
	b := *f.Backup
	const path = "/admin/installation/backup"
	switch {
	case !b.Ready && b.Good != nil: // made by the command, under somebody's own plan
		b.FolderGone = false
	case !b.Ready && b.Others:
		add(Check{Name: "backup", Case: "others", Level: Soon, Path: path})
		return
	case !b.Ready && f.Agencies != nil && f.Agencies.All > 0:
		add(Check{Name: "backup", Case: "none", Level: Now, Path: path})
		return
	case !b.Ready:
		add(Check{Name: "backup", Case: "not-yet", Level: Soon, Path: path})
		return
	}
	switch {
	case b.FolderGone:
		add(Check{Name: "backup", Case: "folder", Level: Now, Path: path})
	case b.Good == nil:
		add(Check{Name: "backup", Case: "never", Level: Now, Path: path})
	case f.At.Sub(b.Good.Began) > 50*time.Hour:
		add(Check{Name: "backup", Case: "old", Level: Now, Args: []any{"when", b.Good.Began}, Path: path})
	case b.Latest != nil && b.Latest.Outcome != done && b.Latest.Outcome != "":
		add(Check{Name: "backup", Case: "failed", Level: Soon, Args: []any{"when", b.Good.Began}, Path: path})
	default:
		add(Check{Name: "backup", Case: "well", Args: []any{"when", b.Good.Began}})
	}
	switch {
	case b.Trial == nil:
		add(Check{Name: "trial", Case: "never", Level: Soon, Path: "/admin/installation/key"})
	case f.At.Sub(b.Trial.Began) > 100*24*time.Hour:
		add(Check{Name: "trial", Case: "old", Level: Soon, Args: []any{"when", b.Trial.Began}, Path: "/admin/installation/key"})
	default:
		add(Check{Name: "trial", Case: "well", Args: []any{"when", b.Trial.Began}})
	}
}

func judgeMail(p Post, at time.Time) Check {
	const path = "/admin/installation/mail"
	switch {
	case !p.Configured:
		return Check{Name: "mail", Case: "none", Level: Soon, Path: path}
	case p.Unreadable:
		return Check{Name: "mail", Case: "password", Level: Now, Path: path}
	case p.Failing > 0 && !p.Sent.IsZero() && at.Sub(p.Sent) < 15*time.Minute:
		return Check{Name: "mail", Case: "some", Level: Soon, Args: []any{"n", p.Failing}, Path: path}
	case p.Failing > 0:
		return Check{Name: "mail", Case: "stuck", Level: Now, Args: []any{"n", p.Failing}, Path: path}
	case p.Sent.IsZero():
		return Check{Name: "mail", Case: "ready", Path: path}
	}
	return Check{Name: "mail", Case: "well", Args: []any{"when", p.Sent}}
}

func judgeCertificate(c Certificate, at time.Time) Check {
	left := c.Until.Sub(at)
	days := int(left / (24 * time.Hour))
	switch {
	case c.Elsewhere:
		return Check{Name: "certificate", Case: "elsewhere"}
	case c.Ordered && c.Trouble != "" && days < 7:
		return Check{Name: "certificate", Case: "order-" + c.Trouble, Level: Now}
	case c.Ordered && c.Trouble != "":
		return Check{Name: "certificate", Case: "order-" + c.Trouble, Level: Soon}
	case c.Ordered && left <= 0:
		return Check{Name: "certificate", Case: "ordered", Level: Now}
	case c.Ordered: // the keeper renews in time, and says when it cannot
		return Check{Name: "certificate", Case: "well", Args: []any{"when", c.Until}}
	case left <= 0:
		return Check{Name: "certificate", Case: "over", Level: Now}
	case days < 7:
		return Check{Name: "certificate", Case: "days", Level: Now, Args: []any{"n", days}}
	case days < 21:
		return Check{Name: "certificate", Case: "days", Level: Soon, Args: []any{"n", days}}
	}
	return Check{Name: "certificate", Case: "well", Args: []any{"when", c.Until}}
}

func judgeMachine(f Facts, add func(Check)) {
	if f.Disk != nil {
		args := []any{"gb", int(f.Disk.Free / gigabyte), "mb", int(f.Disk.Free / megabyte)}
		switch {
		case f.Disk.Free < gigabyte:
			add(Check{Name: "disk", Case: "full", Level: Now, Args: args})
		case f.Disk.Free < 5*gigabyte:
			add(Check{Name: "disk", Case: "low", Level: Soon, Args: args})
		default:
			add(Check{Name: "disk", Case: "well", Args: args})
		}
	}
	if f.Memory != nil {
		args := []any{"mb", max(1, *f.Memory/megabyte)}
		if *f.Memory > 700*megabyte {
			add(Check{Name: "memory", Case: "high", Level: Soon, Args: args})
		} else {
			add(Check{Name: "memory", Case: "well", Args: args})
		}
	}
	if f.Clock != nil {
		add(judgeClock(*f.Clock))
	}
	if f.Files != nil {
		judgeFiles(*f.Files, add)
	}
}

func judgeClock(c Clock) Check {
	skew := max(c.Skew, -c.Skew)
	switch {
	case c.Ahead > 2*time.Minute:
		return Check{Name: "clock", Case: "behind", Level: Now, Args: []any{"n", int(c.Ahead / time.Minute)}}
	case skew > time.Minute:
		return Check{Name: "clock", Case: "apart", Level: Now, Args: []any{"n", int(skew / time.Second)}}
	case skew > 3*time.Second:
		return Check{Name: "clock", Case: "apart", Level: Soon, Args: []any{"n", int(skew / time.Second)}}
	}
	return Check{Name: "clock", Case: "well"}
}

func judgeFiles(f Files, add func(Check)) {
	switch {
	case len(f.Open) > 0:
		add(Check{Name: "files", Case: "open", Level: Now, Args: []any{"names", joined(f.Open)}, Mend: "modes"})
	case len(f.Missing) > 0:
		add(Check{Name: "files", Case: "missing", Level: Now, Args: []any{"names", joined(f.Missing)}})
	default:
		add(Check{Name: "files", Case: "well"})
	}
	if f.Orphans > 0 {
		add(Check{Name: "orphans", Case: "some", Level: Soon, Args: []any{"n", f.Orphans}, Mend: "orphans"})
	}
	if f.Demo {
		add(Check{Name: "demo", Case: "is", Level: Soon})
	}
}

func joined(list []string) string {
	text := ""
	for i, s := range list {
		if i > 0 {
			text += ", "
		}
		text += s
	}
	return text
}

func judgeTrail(a Trail, at time.Time) Check {
	waits := at.Sub(a.Oldest)
	switch {
	case a.Unproven:
		return Check{Name: "log", Case: "unproven", Level: Now}
	case a.Waiting > 0 && waits > time.Hour:
		return Check{Name: "log", Case: "waits", Level: Now, Args: []any{"n", a.Waiting}, Mend: "log"}
	case a.Waiting > 0 && waits > 2*time.Minute:
		return Check{Name: "log", Case: "waits", Level: Soon, Args: []any{"n", a.Waiting}, Mend: "log"}
	case a.Checkpoint.IsZero():
		return Check{Name: "log", Case: "fresh"}
	}
	return Check{Name: "log", Case: "well", Args: []any{"when", a.Checkpoint}}
}

func judgeJobs(w Work) Check {
	switch {
	case w.Lag > 30*time.Minute:
		return Check{Name: "jobs", Case: "late", Level: Now, Args: []any{"n", int(w.Lag / time.Minute)}}
	case w.Dead > 0:
		return Check{Name: "jobs", Case: "given-up", Level: Soon, Args: []any{"n", w.Dead}, Mend: "jobs"}
	}
	return Check{Name: "jobs", Case: "well"}
}

// judgeRooms is what other rooms of the house report: counts, nobody's name.
func judgeRooms(f Facts, add func(Check)) {
	if a := f.Agencies; a != nil {
		switch {
		case a.All == 0:
			add(Check{Name: "agencies", Case: "none", Level: Soon, Path: "/admin/agencies"})
		case a.Closed > 0:
			add(Check{Name: "agencies", Case: "closed", Level: Soon, Args: []any{"n", a.Closed, "all", a.All}, Path: "/admin/agencies"})
		default:
			add(Check{Name: "agencies", Case: "well", Args: []any{"n", a.All}})
		}
	}
	if d := f.Directory; d != nil {
		if d.Old*2 > d.All {
			add(Check{Name: "directory", Case: "old", Level: Soon, Args: []any{"n", d.Old, "all", d.All}})
		} else {
			add(Check{Name: "directory", Case: "well", Args: []any{"n", d.Old, "all", d.All}})
		}
		if d.Proposals > 0 {
			add(Check{Name: "proposals", Case: "wait", Level: Soon, Args: []any{"n", d.Proposals}})
		}
	}
	if t := f.Texts; t != nil {
		if t.Unreviewed > 0 {
			add(Check{Name: "texts", Case: "unreviewed", Level: Soon, Args: []any{"n", t.Unreviewed, "all", t.All}})
		} else {
			add(Check{Name: "texts", Case: "well", Args: []any{"n", t.All}})
		}
	}
	if s := f.Setup; s != nil {
		if s.Open > 0 {
			add(Check{Name: "setup", Case: "open", Level: Soon, Args: []any{"n", s.Open}, Path: "/admin/installation"})
		}
		if s.Administrators < 2 {
			add(Check{Name: "administrators", Case: "one", Level: Soon, Path: "/admin/people"})
		}
	}
}

// alarm is the remembered state of one check.
type alarm struct {
	level Level
	since time.Time
	calm  time.Time // since when it has not been red after it was told; zero: it is red, or never was
}

// calmFor is how long a check must not have been red before red is told again:
// what flickers is told once.
const calmFor = 6 * time.Hour

// turn is the next state, and whether somebody should be told now.
func (a alarm) turn(level Level, at time.Time) (next alarm, tell bool) {
	next = a
	if level != a.level || a.since.IsZero() {
		next.level, next.since = level, at
	}
	switch {
	case level == Now && a.level != Now:
		tell = a.calm.IsZero() || at.Sub(a.calm) >= calmFor
		next.calm = time.Time{}
		if !tell {
			next.calm = a.calm // still the old trouble
		}
	case level != Now && a.level == Now:
		next.calm = at
	case level == Now:
		next.calm = time.Time{}
	}
	return next, tell
}
