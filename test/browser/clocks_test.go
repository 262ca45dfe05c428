package browser

import (
	"context"
	"html"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// Clocks are moved over month ends, a leap day and both nights on which the clocks
// change: what is counted in days ends with the day that people read, and what is
// counted in hours lasts its hours.

// timed is a house whose clock is put forward; everybody comes in anew after that.
type timed struct {
	t     *testing.T
	h     *house
	clock *hands
}

func (x *timed) at(day, hour string) time.Time {
	x.t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", day+" "+hour, athens)
	if err != nil {
		x.t.Fatal(err)
	}
	return at
}

// goes puts the clock forward and lets everything happen that is due by then.
func (x *timed) goes(at time.Time) {
	x.t.Helper()
	x.clock.set(at)
	for range 3 { // what follows from what was due
		if err := x.h.app.Jobs.RunDue(context.Background()); err != nil {
			x.t.Fatal(err)
		}
	}
}

func (x *timed) as(who string) *raider { return x.h.raider(x.t, who) }

var tags = regexp.MustCompile(`(?s)<[^>]*>`)

// reads is what stands on a page that is there.
func (r *raider) reads(path string) string {
	r.t.Helper()
	got := r.sends(attack{method: http.MethodGet, path: path})
	if got.status != http.StatusOK {
		r.t.Fatalf("%s finds %d at %s", r.who, got.status, path)
	}
	return strings.ReplaceAll(html.UnescapeString(tags.ReplaceAllString(got.body, " ")), "\u00a0", " ")
}

// finds says whether a page is there.
func (r *raider) finds(path string) bool {
	r.t.Helper()
	return r.sends(attack{method: http.MethodGet, path: path}).status == http.StatusOK
}

// does posts a form, of names and values, and says where it leads.
func (r *raider) does(path string, pairs ...string) string {
	r.t.Helper()
	fields := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		fields.Add(pairs[i], pairs[i+1])
	}
	got := r.sends(attack{method: http.MethodPost, path: path, fields: fields})
	if got.status != http.StatusSeeOther {
		r.t.Fatalf("%s: %s is answered with %d\n%s", r.who, path, got.status, strings.Join(strings.Fields(tags.ReplaceAllString(got.body, " ")), " "))
	}
	return got.to
}

// hidden is the value of a hidden field of a page.
func (r *raider) hidden(path, name string) string {
	r.t.Helper()
	m := regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(r.sends(attack{method: http.MethodGet, path: path}).body)
	if m == nil {
		r.t.Fatalf("%s has no field %s", path, name)
	}
	return m[1]
}

// option is the value of the choice whose text begins so.
func (r *raider) option(path, text string) string {
	r.t.Helper()
	m := regexp.MustCompile(`<option value="([^"]*)"[^>]*>` + text).FindStringSubmatch(r.sends(attack{method: http.MethodGet, path: path}).body)
	if m == nil {
		r.t.Fatalf("%s does not offer %s", path, text)
	}
	return m[1]
}

// knows writes what the stages of a case rest on.
func (r *raider) knows(file string, pairs ...string) {
	r.t.Helper()
	form := file + "/stage/standing"
	asked := []string{"entry", r.hidden(form, "entry"), "rev", r.hidden(form, "rev")}
	for i := 0; i < len(pairs); i += 2 {
		asked = append(asked, "asked", pairs[i])
	}
	r.does(form, append(asked, pairs...)...)
}

// says fails unless a text holds the phrase.
func (x *timed) says(what, text, phrase string) {
	x.t.Helper()
	if !strings.Contains(strings.Join(strings.Fields(text), " "), phrase) {
		x.t.Errorf("%s does not say %q\n%s", what, phrase, clip(strings.Join(strings.Fields(text), " ")))
	}
}

// req: STAGE-2, SHARE-5, PLACE-3
func TestClocksMoveOverMonthEndsALeapDayAndBothNightsOfTheClocks(t *testing.T) {
	unhurried(t)
	x := &timed{t: t, clock: &hands{}}
	x.clock.set(x.at("2027-02-01", "09:00"))
	x.h = housed(t, t.TempDir(), x.clock)
	t.Run("a period that ends with February", func(t *testing.T) { x.t = t; x.reminds() })
	for _, night := range []struct{ eve, morning, ends string }{{"2027-03-27", "2027-03-28", "28 March 2027, 21:00"}, {"2027-10-30", "2027-10-31", "31 October 2027, 19:00"}} {
		t.Run("the night before "+night.morning, func(t *testing.T) { x.t = t; x.night(night.eve, night.morning, night.ends) })
	}
	t.Run("last days", func(t *testing.T) { x.t = t; x.lastDays() })
}

// reminds walks over every day of February: the worker and the leads hear of the
// period on the planned days and when it is over, and never twice.
func (x *timed) reminds() {
	mira := x.as("mira")
	file := mira.does("/en/cases/new", "name", "Febe (invented)")
	mira.knows(file, "country", "GR", "age", "adult", "citizen", "third", "began-prosecutor-act", "2026-11-30")
	x.says("the page", mira.reads(file+"/stage"), "The last day is 28 February 2027")
	said, before := map[string]int{}, 0
	for day := x.at("2027-02-01", "08:30"); day.Before(x.at("2027-03-04", "00:00")); day = day.AddDate(0, 0, 1) {
		if day.Before(x.clock.now()) {
			continue
		}
		mails := x.mailsSince(func() { x.goes(day) })
		page := x.as("mira").reads(file)
		n := strings.Count(page, "Reminder of a period") + strings.Count(page, "A period has passed")
		if n > before {
			said[day.Format("2 January")] = n - before
			if len(mails) == 0 {
				x.t.Errorf("on %s nobody got a mail", day.Format(time.DateOnly))
			}
		}
		before = n
	}
	if len(said) != 4 || said["14 February"] != 1 || said["21 February"] != 1 || said["26 February"] != 1 || said["1 March"] != 1 {
		x.t.Errorf("the period was spoken of on %v", said)
	}
	x.says("the page after it", x.as("mira").reads(file+"/stage"), "Has passed")
}

// mailsSince are the mails to the worker and the leads that something causes.
func (x *timed) mailsSince(do func()) (out []string) {
	was := map[string]bool{}
	for _, m := range x.h.app.Catcher.Messages() {
		was[m.ID] = true
	}
	do()
	for _, m := range x.h.app.Catcher.Messages() {
		if !was[m.ID] && slices.Contains([]string{"mira@demo.invalid", "shelter-lead@demo.invalid", "shelter-second@demo.invalid"}, m.To) {
			out = append(out, m.To)
		}
	}
	return out
}

// night is one on which the clocks change: a sharing on a legal ground, a held place
// and an appointment on the card.
func (x *timed) night(eve, morning, ends string) {
	x.goes(x.at(eve, "20:00"))
	over := x.at(eve, "20:00").Add(24 * time.Hour)
	mira, garden := x.as("mira"), x.as("garden-case")
	file := mira.does("/en/cases/new", "name", "Nyx "+morning+" (invented)", "channel", "in-person")
	mira.does(file+"/share/ground", "to", mira.option(file+"/share/ground", "Open Line"), "part", "contact", "since", "all", "days", "14", "ground", "gr-state-of-necessity", "reason", "Did not come home (invented)", "told", "no", "not-told", "Cannot be reached (invented)")
	x.says("the ledger", mira.reads(file+"/share"), "Ends on "+ends+" unless a second person confirms it")
	garden.does("/en/places/own/new", "version", "0", "target", "men", "region", "GR-I", "free", "1")
	mira.does(file+"/place", "group", "men")
	asked := garden.asked("1 place needed")
	garden.does(asked, "act", "offer", "pool", garden.hidden(asked, "pool"), "hours", "24")
	x.says("the place", mira.reads(file+"/place"), "Held until "+ends)
	card := x.card(mira, file, morning)

	x.goes(over.Add(-2 * time.Minute))
	if !x.as("ekka-case").finds(file) {
		x.t.Error("what was shared for 24 hours ended before")
	}
	x.says("the place", x.as("mira").reads(file+"/place"), "A place is held")
	x.goes(over.Add(2 * time.Minute))
	if x.as("ekka-case").finds(file) {
		x.t.Error("what nobody confirmed lasts longer than 24 hours")
	}
	if text := x.as("mira").reads(file + "/place"); strings.Contains(text, "A place is held") {
		x.t.Error("a place is held for longer than its hours")
	}
	x.says("the project's page", x.as("garden-case").reads(asked), "Men, 1 free") // the bed is back, and can be offered again
	if text := card.reads("/en/card"); strings.Contains(text, "10:00") {
		x.t.Error("the card stays open, or shows what is over")
	}
}

// asked is the request with a title among those of a project.
func (r *raider) asked(title string) string {
	r.t.Helper()
	m := regexp.MustCompile(`href="([^"]*/places/asked/[^"]*)"[^>]*>\s*` + title).FindStringSubmatch(r.sends(attack{method: http.MethodGet, path: "/en/places"}).body)
	if m == nil {
		r.t.Fatalf("%s is asked for nothing called %s", r.who, title)
	}
	return m[1]
}

// card gives the person one, opens it, and sees the appointment of the morning at
// the hour that was said; it shuts after its minutes.
func (x *timed) card(mira *raider, file, morning string) *raider {
	x.t.Helper()
	mira.does(file+"/write/appointment", "when", morning+"T10:00", "words", "At the office (invented)")
	mira.does(file+"/write/card-wish", "living", "trusted", "wants", "yes")
	mira.does(file+"/own/give", "design", "library", "shows", "time", "secret", theSecret, "again", theSecret)
	code := regexp.MustCompile(`own-code">([^<]+)<`).FindStringSubmatch(mira.sends(attack{method: http.MethodGet, path: file + "/own/card"}).body)
	if code == nil {
		x.t.Fatal("the card has no code")
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		x.t.Fatal(err)
	}
	person := &raider{t: x.t, who: "the person", base: x.h.base, http: &http.Client{Jar: jar, CheckRedirect: mira.http.CheckRedirect}}
	opens := func() string {
		got := person.sends(attack{method: http.MethodPost, path: "/en/card", fields: url.Values{"do": {"open"}, "code": {code[1]}, "secret": {theSecret}}})
		if got.status == http.StatusSeeOther {
			return person.reads("/en/card")
		}
		return strings.ReplaceAll(html.UnescapeString(tags.ReplaceAllString(got.body, " ")), "\u00a0", " ")
	}
	page := opens()
	x.says("the card", page, "10:00")
	x.goes(x.clock.now().Add(11 * time.Minute))
	x.says("the card after its minutes", person.reads("/en/card"), "Number on the card")
	x.goes(x.at(morning, "09:58"))
	x.says("the card in the morning", opens(), "10:00")
	x.goes(x.at(morning, "10:02"))
	if strings.Contains(opens(), "10:00") {
		x.t.Error("the card shows an appointment that is over")
	}
	return person
}

// lastDays are counted by months that have no such day, and by days.
func (x *timed) lastDays() {
	x.goes(x.at("2028-07-01", "09:00"))
	mira := x.as("mira")
	for _, y := range []struct{ country, age, event, day, says string }{
		{"GR", "adult", "prosecutor-act", "2026-11-30", "The last day is 28 February 2027"},
		{"GR", "adult", "prosecutor-act", "2027-01-31", "The last day is 30 April 2027"},
		{"GR", "adult", "prosecutor-act", "2027-03-28", "The last day is 28 June 2027"},
		{"GR", "adult", "prosecutor-act", "2027-10-31", "The last day is 31 January 2028"},
		{"GR", "adult", "prosecutor-act", "2027-11-30", "The last day is 29 February 2028"},
		{"GR", "adult", "prosecutor-act", "2028-02-29", "The last day is 29 May 2028"},
		{"GR", "minor", "prosecutor-act", "2027-08-31", "Extended: the last day is 31 January 2028"},
		{"GR", "minor", "prosecutor-act", "2027-09-30", "Extended: the last day is 29 February 2028"},
		{"BE", "adult", "intake", "2027-02-14", "The last day is 31 March 2027"},
		{"BE", "adult", "intake", "2027-09-20", "The last day is 4 November 2027"},
		{"BE", "adult", "intake", "2028-01-15", "The last day is 29 February 2028"},
		{"BE", "minor", "intake", "2028-01-31", "No day can be counted"},
	} {
		file := mira.does("/en/cases/new", "name", "Day "+y.day+" "+y.age+" "+y.country+" (invented)", "sure", "1")
		pairs := []string{"country", y.country, "age", y.age, "citizen", "third", "began-" + y.event, y.day}
		if y.country == "GR" && y.age == "minor" {
			pairs = append(pairs, "extended", y.event)
		}
		mira.knows(file, pairs...)
		x.says(y.country+" "+y.age+" from "+y.day, mira.reads(file+"/stage"), y.says)
	}
}
