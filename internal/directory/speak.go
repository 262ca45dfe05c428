package directory

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"amelie/internal/geo"
	"amelie/internal/i18n"
	"amelie/internal/phone"
)

// voice says in one reader's language what the directory knows as data.
type voice struct {
	texts *i18n.Bundle
	lang  string
	now   time.Time
	snap  *snapshot
}

func (v voice) t(key string, args ...any) string { return v.texts.T(v.lang, "directory."+key, args...) }

// label is a tone (ok, info, soon, plain) and words.
type label struct{ Kind, Text string }

// concept is the vocabulary's label as it stands in the middle of a sentence.
func (v voice) concept(scheme, id string) string {
	return inSentence(v.lang, v.snap.label(scheme, id, v.lang))
}

// inSentence lowers the first letter of a label, except in German and where
// the word is an abbreviation.
func inSentence(lang, text string) string {
	first, size := utf8.DecodeRuneInString(text)
	second, _ := utf8.DecodeRuneInString(text[size:])
	if lang == "de" || !unicode.IsUpper(first) || unicode.IsUpper(second) {
		return text
	}
	return lower(text)
}

// lower makes the first letter small.
func lower(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	if size == 0 {
		return text
	}
	return string(unicode.ToLower(first)) + text[size:]
}

// Capital raises the first letter, to begin a sentence.
func Capital(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	if size == 0 {
		return text
	}
	return string(unicode.ToUpper(first)) + text[size:]
}

// language is the name of a language in the middle of a sentence. English,
// German and Dutch write it with a capital; CLDR gives it so in Greek too.
func (v voice) language(code string) string {
	name := v.snap.languageName(v.lang, code)
	if v.lang == "el" {
		return inSentence(v.lang, name)
	}
	return name
}

func (v voice) territory(code string) string {
	if t, ok := geo.Lookup(code); ok {
		return t.Name(v.lang)
	}
	return CountryName(v.lang, code)
}

// distance gives metres as a reader measures a way.
func (v voice) distance(metres float64) string {
	switch {
	case metres < 0:
		return ""
	case metres < 1000:
		return v.t("distance.near")
	default:
		return v.t("distance.km", "km", v.texts.Number(v.lang, int64(metres/1000+0.5)))
	}
}

// date words "2023" or "2023-05-04".
func (v voice) date(date string) string {
	t, err := time.Parse("2006-01-02", date)
	if err != nil {
		return date
	}
	return v.texts.Date(v.lang, t)
}

// reason is one reason as a part of a sentence; "" when there is nothing to say.
func (v voice) reason(r Reason) string {
	switch r.Code {
	case ReasonWord:
		return v.t("reason.word", "word", r.Word)
	case ReasonHelps, ReasonTakes:
		if r.Scheme == "form" { // nobody offers an exploitation
			return v.t("reason.form", "what", v.concept(r.Scheme, r.Concept))
		}
		return v.t("reason."+string(r.Code), "what", v.concept(r.Scheme, r.Concept))
	case ReasonCovers, ReasonCountryWide:
		return v.t("reason."+string(r.Code), "territory", v.territory(r.Territory))
	case ReasonDistance:
		return v.t("reason.distance", "distance", v.distance(r.Metres), "place", r.Place)
	case ReasonSpeaks, ReasonInterpreter:
		return v.t("reason."+string(r.Code), "language", v.language(r.Language))
	case ReasonInterpreted:
		if r.Count == 0 {
			return v.t("reason.interpreted-any", "language", v.language(r.Language))
		}
		return v.t("reason.interpreted", "n", r.Count, "language", v.language(r.Language))
	case ReasonOpen:
		if r.At.IsZero() {
			return lower(v.t("open.now"))
		}
		return lower(v.t("open.until", "time", v.texts.Clock(v.lang, r.At)))
	case ReasonOpens:
		return lower(v.t("open.next", "when", v.when(r.At)))
	case ReasonVerified:
		return v.verified(r.Days)
	case ReasonUnverified:
		return v.unverified(r.Date)
	case ReasonNamed, ReasonAlways, ReasonFree, ReasonReferral, ReasonWithoutPapers, ReasonAnonymous:
		return v.t("reason." + string(r.Code))
	}
	return ""
}

// mostAreas is how many territories a sentence names.
const mostAreas = 4

// covers names all that a service covers where that is more than the reason
// names: "Abruzzo, Molise" and not Abruzzo alone.
func (v voice) covers(r Reason, area []string) string {
	if len(area) < 2 || len(area) > mostAreas || !slices.Contains(area, r.Territory) {
		if r.Count > 0 {
			return v.t("reason.covers", "territory", v.territory(r.Territory)+" +"+strconv.Itoa(r.Count))
		}
		return v.reason(r)
	}
	return v.t("reason.covers", "territory", v.areas(area))
}

// reasons are all reasons worth saying about a service that covers area, in
// their order.
func (v voice) reasons(all []Reason, area []string) []string {
	out := []string{}
	for _, r := range all {
		words := v.reason(r)
		if r.Code == ReasonCovers {
			words = v.covers(r, area)
		}
		if words != "" && !slices.Contains(out, words) {
			out = append(out, words)
		}
	}
	return out
}

// why is the sentence under a result.
func (v voice) why(all []Reason, area []string) string {
	parts := v.reasons(all, area)
	if len(parts) == 0 {
		return ""
	}
	return Capital(strings.Join(parts, v.t("reason.then"))) + "."
}

// when words a moment to come, in the moment's own zone.
func (v voice) when(t time.Time) string {
	today := v.now.In(t.Location())
	clock := v.texts.Clock(v.lang, t)
	switch days := daysBetween(today, t); {
	case days == 0:
		return v.t("when.today", "time", clock)
	case days == 1:
		return v.t("when.tomorrow", "time", clock)
	case days < 7:
		return v.t("when.weekday", "day", v.texts.Weekday(v.lang, t.Weekday()), "time", clock)
	default:
		return v.t("when.date", "date", v.texts.Date(v.lang, t), "time", clock)
	}
}

// daysBetween counts midnights between two moments of one zone.
func daysBetween(from, to time.Time) int {
	a := time.Date(from.Year(), from.Month(), from.Day(), 12, 0, 0, 0, time.UTC)
	b := time.Date(to.Year(), to.Month(), to.Day(), 12, 0, 0, 0, time.UTC)
	return int(b.Sub(a).Hours() / 24)
}

// open words an opening state.
func (v voice) open(s OpenState) label {
	switch {
	case s.Always:
		return label{"ok", v.t("open.always")}
	case s.Open && s.Until.IsZero():
		return label{"ok", v.t("open.now")}
	case s.Open:
		return label{"ok", v.t("open.until", "time", v.texts.Clock(v.lang, s.Until))}
	case s.Known && s.Next.IsZero():
		return label{"plain", v.t("open.closed")}
	case s.Known:
		return label{"plain", v.t("open.next", "when", v.when(s.Next))}
	}
	return label{"plain", v.t("open.unknown")}
}

// freshDays is how long a verification counts as fresh.
const freshDays = 180

// fresh words how far an entry can be trusted to be as it was.
func (v voice) fresh(e Entry) label {
	verified := e.Verified()
	t, err := time.Parse(time.DateOnly, verified)
	if err == nil {
		if days := max(0, daysBetween(t, v.now)); days <= freshDays {
			return label{"ok", Capital(v.verified(days))}
		}
	}
	if at := checkedAt(v.snap.checks[e.ID()], PartPhones); !at.IsZero() {
		if days := max(0, daysBetween(at.UTC(), v.now)); days <= freshDays {
			if days == 0 {
				return label{"ok", Capital(v.texts.T(v.lang, "round.trust.number-today"))}
			}
			return label{"ok", Capital(v.texts.T(v.lang, "round.trust.number", "n", days))}
		}
	}
	if err != nil {
		verified = e.Organization.Source.Date
	}
	return label{"soon", Capital(v.unverified(verified))}
}

// unverified words for how long nobody made sure. A date that names only a year
// or a month counts from its end: two years are two whole years.
func (v voice) unverified(date string) string {
	for _, form := range []struct {
		layout        string
		years, months int
	}{{time.DateOnly, 0, 0}, {"2006-01", 0, 1}, {"2006", 1, 0}} {
		from, err := time.Parse(form.layout, date)
		if err != nil {
			continue
		}
		from = from.AddDate(form.years, form.months, 0)
		years := 0
		for !from.AddDate(years+1, 0, 0).After(v.now) {
			years++
		}
		if years > 0 {
			return v.texts.T(v.lang, "round.trust.years", "n", years)
		}
	}
	return v.t("fresh.never", "date", v.date(date))
}

func (v voice) verified(days int) string {
	if days == 0 {
		return v.t("fresh.today")
	}
	return v.t("fresh.days", "n", days)
}

// step words what search gave up.
func (v voice) step(s Step) string {
	switch s.Code {
	case StepTerritory:
		return v.t("step.territory", "from", v.territory(s.From), "to", v.territory(s.To))
	case StepRadius:
		return v.t("step.radius", "km", v.texts.Number(v.lang, int64(s.Km+0.5)))
	case StepFilter:
		return v.t("step.filter", "filter", v.t("facet."+string(s.Facet)))
	case StepSpelling:
		return v.t("step.spelling", "from", s.From)
	case StepWords:
		return v.t("step.words", "word", s.From)
	case StepInterpreter, StepNear, StepCountry:
		return v.t("step." + string(s.Code))
	}
	return ""
}

// steps are all relaxations in words.
func (v voice) steps(all []Step) []string {
	out := []string{}
	for _, s := range all {
		if words := v.step(s); words != "" && !slices.Contains(out, words) {
			out = append(out, words)
		}
	}
	return out
}

// name is what the reader calls a body, and its official name when that is
// another one.
func (v voice) name(official string, names Text) (name, also string) {
	own := names[v.lang]
	if own == "" && names["en"] != "" && !readable(official, v.lang) {
		own = names["en"]
	}
	if own == "" || own == official {
		return official, ""
	}
	if strings.EqualFold(own, official) {
		return own, ""
	}
	return own, official
}

// readable says whether a reader of the language knows the letters of a name.
func readable(name, lang string) bool {
	if lang == "el" {
		return true
	}
	for _, r := range name {
		if unicode.Is(unicode.Greek, r) {
			return false
		}
	}
	return true
}

// areas are the names of the territories that a service covers.
func (v voice) areas(codes []string) string {
	var out []string
	for _, c := range codes {
		out = append(out, v.territory(c))
	}
	return strings.Join(out, ", ")
}

// languages words the languages of a service: spoken, by interpreter, and how
// many more can be reached.
func (v voice) languages(s *Service) []string {
	var spoken, interpreted, out []string
	for _, l := range s.Languages {
		if l.By == "interpreter" {
			interpreted = append(interpreted, v.language(l.Code))
		} else {
			spoken = append(spoken, v.language(l.Code))
		}
	}
	if len(spoken) > 0 {
		out = append(out, Capital(strings.Join(spoken, ", ")))
	}
	if len(interpreted) > 0 {
		out = append(out, v.t("language.by-interpreter", "languages", strings.Join(interpreted, ", ")))
	}
	switch {
	case s.Interpreted > 0:
		out = append(out, v.t("language.interpreted", "n", s.Interpreted))
	case s.AnyLanguage:
		out = append(out, v.t("language.any"))
	}
	return out
}

// Shown is how a phone number is shown: the short code; a free number as it is
// dialled at home; every other so that it can be dialled from anywhere.
func (p Phone) Shown() string {
	if p.Short != "" {
		return p.Short
	}
	key := p.Number + " " + p.Printed
	if shown, ok := shownNumbers.Load(key); ok {
		return shown.(string)
	}
	shown := format(p)
	shownNumbers.Store(key, shown)
	return shown
}

// shownNumbers remembers how the directory's numbers are written; there are
// as many as the directory has phones.
var shownNumbers sync.Map

func format(p Phone) string {
	parsed, err := phone.Parse(p.Number, "")
	if err != nil {
		return p.Number
	}
	if parsed.Free() {
		if strings.ContainsAny(p.Printed, " /-") {
			return p.Printed
		}
		return parsed.Home()
	}
	if p := p.Number; len(p) == len("+30")+10 && strings.HasPrefix(p, "+30") {
		return greek(p[3:])
	}
	return parsed.Abroad()
}

// greek groups the ten digits of a Greek number as they are written there: the
// area code (three digits in Athens and for mobiles, else four) stands alone.
func greek(n string) string {
	if strings.HasPrefix(n, "21") || strings.HasPrefix(n, "6") {
		return "+30 " + n[:3] + " " + n[3:6] + " " + n[6:]
	}
	return "+30 " + n[:4] + " " + n[4:7] + " " + n[7:]
}

// Dialled is what the call button dials: the short code where there is one,
// since it is free and local, else the full number.
func (p Phone) Dialled() string {
	if p.Short != "" {
		return p.Short
	}
	return p.Number
}

// voicePhones are the numbers that a person answers, the general one first.
func voicePhones(s *Service) []Phone {
	var first, later []Phone
	for _, p := range s.Phones {
		switch {
		case p.Kind == "fax":
		case p.Use == "":
			first = append(first, p)
		default:
			later = append(later, p)
		}
	}
	return append(first, later...)
}

// phoneNote words what the number alone does not say.
func (v voice) phoneNote(p Phone) string {
	var parts []string
	note := strings.TrimSuffix(p.Note.In(v.lang), ".")
	if note == "" && (p.Use == "abroad" || p.Use == "professionals") {
		note = v.t("phone." + p.Use)
	}
	if p.Free == Yes {
		parts = append(parts, v.t("phone.free"))
	}
	if note != "" {
		parts = append(parts, note)
	}
	return strings.Join(parts, ". ")
}

// answer words a fact that may be unknown.
func (v voice) answer(a Answer, key string) string {
	switch a {
	case Yes, No:
		return v.t(key + "." + string(a))
	}
	return v.t("unknown")
}

// concepts are labels of a scheme, joined for a line.
func (v voice) concepts(scheme string, ids []string) string {
	var out []string
	for _, id := range ids {
		out = append(out, v.concept(scheme, id))
	}
	return Capital(strings.Join(out, ", "))
}

// weekRow is a weekday of the hours table.
type weekRow struct {
	Day   string
	Times []string // empty: closed
	Today bool
}

// week is the weekly table, Monday first; nil when the hours are not known.
func (v voice) week(h Hours) []weekRow {
	if h.Always || len(h.Open) == 0 {
		return nil
	}
	today := v.now
	if loc := h.location(); loc != nil {
		today = today.In(loc)
	}
	rows := make([]weekRow, 7)
	for i := range rows {
		day := time.Weekday((i + 1) % 7)
		rows[i] = weekRow{Day: Capital(v.texts.Weekday(v.lang, day)), Today: today.Weekday() == day}
		for _, o := range h.Open {
			if onWeekday(o.Days, day) {
				rows[i].Times = append(rows[i].Times, v.span(o.From, o.To))
			}
		}
	}
	return rows
}

// span words "09:00" to "26:00".
func (v voice) span(from, to string) string {
	return v.clockTime(from) + "–" + v.clockTime(to)
}

func (v voice) clockTime(s string) string {
	m, ok := minutes(s)
	if !ok {
		return s
	}
	return v.texts.Clock(v.lang, time.Date(2023, 1, 1, m/60%24, m%60, 0, 0, time.UTC))
}

// exceptions words the dates with other hours that are not over.
func (v voice) exceptions(h Hours) []string {
	var out []string
	for _, e := range h.Except {
		t, err := time.Parse("2006-01-02", e.Date)
		if err != nil || daysBetween(v.now, t) < 0 {
			continue
		}
		if e.From == "" {
			out = append(out, v.t("hours.closed-on", "date", v.texts.Date(v.lang, t)))
		} else {
			out = append(out, v.t("hours.other-on", "date", v.texts.Date(v.lang, t), "hours", v.span(e.From, e.To)))
		}
	}
	return out
}

// hoursLine is the week in one line, for paper: equal days are joined.
func (v voice) hoursLine(h Hours) string {
	if h.Always {
		return v.t("open.always")
	}
	rows := v.week(h)
	if rows == nil {
		return h.Note.In(v.lang)
	}
	var parts []string
	for i := 0; i < len(rows); {
		j := i
		for j+1 < len(rows) && slices.Equal(rows[j+1].Times, rows[i].Times) {
			j++
		}
		if len(rows[i].Times) > 0 {
			days := rows[i].Day
			if j > i {
				days += "–" + rows[j].Day
			}
			parts = append(parts, days+" "+strings.Join(rows[i].Times, ", "))
		}
		i = j + 1
	}
	return strings.Join(parts, " · ")
}

// host is a web address as a reader says it.
func host(address string) string {
	rest := strings.TrimPrefix(strings.TrimPrefix(address, "https://"), "http://")
	rest = strings.TrimPrefix(rest, "www.")
	name, _, _ := strings.Cut(rest, "/")
	return name
}

// readablePath is a web address with its path, cut where it becomes too long to read.
func readablePath(address string) string {
	rest := strings.TrimPrefix(strings.TrimPrefix(address, "https://"), "http://")
	if plain, err := url.PathUnescape(rest); err == nil {
		rest = plain
	}
	rest = strings.TrimSuffix(strings.TrimPrefix(rest, "www."), "/")
	if r := []rune(rest); len(r) > 48 {
		return string(r[:47]) + "…"
	}
	return rest
}

// mark turns a count into text for a chip.
func mark(n int) string { return strconv.Itoa(n) }
