// Package house is the installation itself: what its administrator decides
// about it, how it is, and its care. It knows no person, no case and no
// content of anybody.
//
// The idea. The administrator of a small organisation is no engineer and has a
// quiet hour. An assistant asks one question a page, says why it matters, can
// be left and resumed, and ends in a list of what is open. Afterwards one page
// says in plain words how the installation is, the same checks on the terminal
// (`amelie doctor`), and a mail, once, when something turns red.
//
// Stored: one answer for each question with its revision, so that two
// administrators at once lose nothing; a version row that every instance
// watches; what is secret (the password of the mail server) sealed under the
// server's secret; a line for each backup; the state of each check; which
// release ran since when and who has read about it. What was given on the
// command line wins over an answer and is shown as such.
//
// The life of an answer: open; answered, or put off; changed at any time, in
// force on every instance within two seconds. The life of the backup key: made
// here, shown once, forgotten; it counts when it was typed back, and the first
// backup is opened with it in that same request.
//
// It must never store or log the secret half of the backup key; never contact
// a host that the administrator did not name; never say to anybody but an
// administrator that a setting exists; never tell in a mail what it is about;
// never delete a file that it did not make.
package house

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Values is an answer as it is stored and typed: field by field.
type Values map[string]string

// List reads a field that holds several words.
func (v Values) List(name string) []string { return strings.Fields(v[name]) }

// Answer is what stands for one question.
type Answer struct {
	Question  string
	Revision  int64 // counts up with each change; 0: never answered
	State     State
	Values    Values
	Secret    string // in memory only; sealed in the database
	ChangedBy string
	Changed   time.Time
	Fixed     bool // given on the command line: it wins, and cannot be changed here
}

// Settings are the answers in force, laid under what the command line says.
type Settings struct {
	Name, NeutralName string
	Languages         []string // offered, the default first
	Country           string   // ISO 3166-1 of the home country; empty: by the reader's language
	Zone              string   // IANA name; empty: the machine's
	ExitURL           string
	Mail              Mail
	Backup            Backup
	OpensLinks        bool   // this server opens the published links of the directory
	PassMark          int    // percent that a test of the course takes; 0: as the course says
	Officer           string // address of the data-protection officer; "" for none
	Version           int64  // of the version row that these are
}

// Mail is how messages leave; without a server none do.
type Mail struct {
	Server, TLS, From, User string
	Password                string // never shown, never logged
	PasswordFile            string // named on the command line
	CAFile                  string
}

// Backup is where and when copies are made, and for whom they are closed.
type Backup struct {
	Folder    string
	Hour      int // of the day, in the installation's zone
	Keep      int // days
	Recipient string
	Typed     bool // the secret half was typed back from paper
	Others    bool // somebody else looks after backups
}

// Sends says whether mail can leave.
func (s Settings) Sends() bool { return s.Mail.Server != "" }

// Ready says whether backups can be made.
func (b Backup) Ready() bool { return b.Folder != "" && b.Recipient != "" && b.Typed }

// Given is what stands on the command line: question, field, value. It wins.
type Given map[string]Values

// settle makes the settings of the answers.
func settle(answers map[string]Answer, version int64) Settings {
	get := func(q, f string) string {
		if a := answers[q]; a.State == Answered || a.Fixed {
			return a.Values[f]
		}
		return ""
	}
	s := Settings{Name: get("name", "name"), NeutralName: get("neutral", "neutral"), Country: get("country", "country"), Zone: get("zone", "zone"), ExitURL: get("exit", "exit"), Version: version}
	s.Languages = strings.Fields(get("languages", "languages"))
	if first := get("languages", "default"); slices.Contains(s.Languages, first) {
		s.Languages = append([]string{first}, slices.DeleteFunc(s.Languages, func(l string) bool { return l == first })...)
	}
	if get("mail", "use") != "no" {
		s.Mail = Mail{Server: get("mail", "server"), TLS: get("mail", "tls"), From: get("mail", "from"), User: get("mail", "user"),
			PasswordFile: get("mail", "password-file"), Password: answers["mail"].Secret}
	}
	if s.Backup.Others = get("backup", "use") == "no"; !s.Backup.Others {
		s.Backup.Folder = get("backup", "folder")
		s.Backup.Hour, s.Backup.Keep = number(get("backup", "hour"), 3), number(get("backup", "keep"), 30)
	}
	s.OpensLinks = get("links", "use") == "yes"
	s.PassMark = number(get("pass", "mark"), 0)
	s.Officer = get("officer", "officer")
	s.Backup.Recipient, s.Backup.Typed = get("key", "recipient"), get("key", "typed") != ""
	return s
}

func number(text string, otherwise int) int {
	if n, err := strconv.Atoi(text); err == nil {
		return n
	}
	return otherwise
}

func (v Values) encode() string {
	b, err := json.Marshal(v)
	if err != nil {
		return "{}" // a map of strings always encodes
	}
	return string(b)
}

func decodeValues(text string) (Values, error) {
	v := Values{}
	return v, json.Unmarshal([]byte(text), &v)
}
