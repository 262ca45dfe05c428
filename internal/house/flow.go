package house

import (
	"net/mail"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"amelie/internal/fault"
	"amelie/internal/i18n"
)

// State is how far a question is.
type State string

// The states of a question. Later is an answer too: the assistant goes on and
// the list at the end keeps it open.
const (
	Open     State = ""
	Answered State = "answered"
	Later    State = "later"
)

// Questions in the order in which they are asked.
var Questions = []string{"name", "neutral", "languages", "country", "zone", "exit", "mail", "backup", "key"}

// More are questions that nobody needs to answer, and no step of the assistant:
// a switch is off until an administrator switches it on, and without a pass mark
// the course has its own.
var More = []string{"links", "pass", "officer"}

// fieldsOf are the fields of each question that a form may set.
var fieldsOf = map[string][]string{
	"name": {"name"}, "neutral": {"neutral"}, "languages": {"languages", "default"}, "country": {"country"}, "zone": {"zone"}, "exit": {"exit"},
	"mail": {"use", "server", "tls", "from", "user"}, "backup": {"use", "folder", "hour", "keep"}, "key": {},
	"links": {"use"}, "pass": {"mark"}, "officer": {"officer"},
}

// Known says whether there is such a question.
func Known(question string) bool {
	return slices.Contains(Questions, question) || slices.Contains(More, question)
}

// Next is the first question after the given one that is still open, then the
// first open one at all, and "" when none is: the list comes then. Put-off
// ones are not asked again by themselves.
func Next(after string, states map[string]State) string {
	at := slices.Index(Questions, after) + 1
	for _, q := range slices.Concat(Questions[at:], Questions[:at]) {
		if states[q] == Open && q != after {
			return q
		}
	}
	return ""
}

// Unsettled counts the questions that were not answered.
func Unsettled(states map[string]State) (n int) {
	for _, q := range Questions {
		if states[q] != Answered {
			n++
		}
	}
	return n
}

// Zones are offered by name; any other IANA name may stand on the command
// line's machine.
var Zones = []string{"Europe/Amsterdam", "Europe/Athens", "Europe/Belgrade", "Europe/Berlin", "Europe/Bratislava", "Europe/Brussels", "Europe/Bucharest", "Europe/Budapest",
	"Europe/Chisinau", "Europe/Copenhagen", "Europe/Dublin", "Europe/Helsinki", "Europe/Istanbul", "Europe/Kyiv", "Europe/Lisbon", "Europe/Ljubljana", "Europe/London",
	"Europe/Luxembourg", "Europe/Madrid", "Europe/Malta", "Europe/Oslo", "Europe/Paris", "Europe/Prague", "Europe/Riga", "Europe/Rome", "Europe/Sarajevo", "Europe/Skopje",
	"Europe/Sofia", "Europe/Stockholm", "Europe/Tallinn", "Europe/Tirane", "Europe/Vienna", "Europe/Vilnius", "Europe/Warsaw", "Europe/Zagreb", "Europe/Zurich", "Asia/Nicosia", "Atlantic/Reykjavik", "UTC"}

// wrong are the faults of an answer, field by field.
type wrong []fault.Field

func (w *wrong) add(field, key string, args ...any) {
	*w = append(*w, fault.Field{Name: field, Key: key, Args: args})
}

// Wrong says what is wrong with an answer. Countries are the codes that the
// program has pages for; telling finds a word that a neutral name must not
// hold.
func Wrong(question string, v Values, countries []string, telling func(string) string) []fault.Field {
	var w wrong
	switch question {
	case "name":
		w.words("name", v["name"])
	case "neutral":
		w.words("neutral", v["neutral"])
		if word := telling(v["neutral"]); word != "" {
			w.add("neutral", "house.error.telling", "word", word)
		}
	case "languages":
		w.languages(v)
	case "country":
		if v["country"] != "" && !slices.Contains(countries, v["country"]) {
			w.add("country", "web.error.choose")
		}
	case "zone":
		if _, err := time.LoadLocation(v["zone"]); v["zone"] == "" || err != nil {
			w.add("zone", "web.error.choose")
		}
	case "exit":
		w.exit(v["exit"])
	case "mail":
		w.mail(v, telling)
	case "backup":
		w.backup(v)
	case "pass":
		if n, err := strconv.Atoi(v["mark"]); v["mark"] != "" && (err != nil || n < 1 || n > 100) {
			w.add("mark", "house.error.mark")
		}
	case "officer":
		if a, err := mail.ParseAddress(v["officer"]); v["officer"] != "" && (err != nil || a.Address != v["officer"]) {
			w.add("officer", "web.error.email")
		}
	case "links":
		if v["use"] != "yes" && v["use"] != "no" {
			w.add("use", "web.error.choose")
		}
	}
	return w
}

func (w *wrong) words(field, text string) {
	switch n := utf8.RuneCountInString(text); {
	case n == 0:
		w.add(field, "web.error.empty")
	case n > 60 || strings.ContainsAny(text, "\r\n\t<>"):
		w.add(field, "house.error.name")
	}
}

func (w *wrong) languages(v Values) {
	list := v.List("languages")
	if len(list) == 0 {
		w.add("languages", "web.error.choose")
	}
	for _, l := range list {
		if !slices.Contains(i18n.Languages, l) {
			w.add("languages", "web.error.choose")
			return
		}
	}
	if len(list) > 0 && !slices.Contains(list, v["default"]) {
		w.add("default", "house.error.default")
	}
}

// exit is the one foreign address of the program.
func (w *wrong) exit(text string) {
	if text == "" {
		return // an empty page is an answer
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || len(text) > 300 {
		w.add("exit", "house.error.exit")
	}
}

func (w *wrong) mail(v Values, telling func(string) string) {
	if v["use"] == "no" {
		return
	}
	host, port, ok := strings.Cut(v["server"], ":")
	if n, err := strconv.Atoi(port); !ok || err != nil || n < 1 || n > 65535 || host == "" || strings.ContainsAny(host, "/ @") {
		w.add("server", "house.error.server")
	}
	if !slices.Contains([]string{"starttls", "implicit", "none"}, v["tls"]) {
		w.add("tls", "web.error.choose")
	}
	if v["tls"] == "none" && host != "localhost" && host != "127.0.0.1" {
		w.add("tls", "house.error.plain")
	}
	if a, err := mail.ParseAddress(v["from"]); err != nil || a.Address != v["from"] {
		w.add("from", "web.error.email")
	} else if word := telling(strings.NewReplacer("@", " ", ".", " ", "-", " ").Replace(v["from"])); word != "" {
		w.add("from", "house.error.telling", "word", word)
	}
	if len(v["user"]) > 200 {
		w.add("user", "web.error.too-long")
	}
}

func (w *wrong) backup(v Values) {
	if v["use"] == "no" {
		return
	}
	if !filepath.IsAbs(v["folder"]) || strings.ContainsAny(v["folder"], "\x00\n") {
		w.add("folder", "house.error.folder")
	}
	if n, err := strconv.Atoi(v["hour"]); err != nil || n < 0 || n > 23 {
		w.add("hour", "web.error.choose")
	}
	if n, err := strconv.Atoi(v["keep"]); err != nil || n < 7 || n > 90 {
		w.add("keep", "house.error.keep")
	}
}

// slot is the planned time of a backup: the newest hour of the plan that has
// passed.
func slot(now time.Time, hour int, zone *time.Location) time.Time {
	local := now.In(zone)
	at := time.Date(local.Year(), local.Month(), local.Day(), hour, 0, 0, 0, zone)
	if at.After(local) {
		at = time.Date(local.Year(), local.Month(), local.Day()-1, hour, 0, 0, 0, zone)
	}
	return at.UTC()
}
