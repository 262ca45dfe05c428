package desk

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"amelie/internal/directory"
	"amelie/internal/fold"
	"amelie/internal/i18n"
)

// week in the order in which it is written; the codes are those of the content.
var (
	weekCodes = []string{"Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"}
	weekDays  = []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday, time.Sunday}
)

// Words between days and times, folded, in the six languages.
var (
	toWords    = foldedSet("to till until bis tot au a al alle έως ως μέχρι")
	everyWords = foldedSet("daily day days tag tage taglich dag dagen dagelijks jour jours giorno giorni giornalmente quotidien μέρα ημέρα μέρες καθημερινά")
	fillWords  = foldedSet("from von vom van dal dalle dai du de des le la les lo il tous jeden jede elke every each ogni tutti κάθε από uhr uur h heure heures ore ωρα and und en et e και oclock")
	shutWords  = foldedSet("closed geschlossen zu gesloten dicht fermé ferme chiuso κλειστά κλειστό")
)

func foldedSet(words string) map[string]bool {
	out := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		out[fold.Word(w)] = true
	}
	return out
}

// piece is one word of a line of hours.
type piece struct {
	kind pieceKind
	n    int // day 0 to 6 from Monday, or minute of the day
}

type pieceKind int

const (
	aDay pieceKind = iota
	aTime
	aDash
	aBreak
	everyDay
	shut
)

var (
	pieceShape = regexp.MustCompile(`\d{1,2}(?:[:.]\d{2}|\s?[hH]\s?\d{2})?|[\p{L}\p{M}][\p{L}\p{M}.]*|[-–—]|[,;/&+]|\S`)
	halfDay    = regexp.MustCompile(`(?i)(\d)\s*(a\.?m\b\.?|p\.?m\b\.?|π\.?\s?μ\.?|μ\.?\s?μ\.?)`)
)

// ReadHours understands opening hours as people write them, a line for each
// group of days: "Mo-Fr 9-14", "Δευτέρα έως Παρασκευή 9:00-14:00 17-20",
// "täglich 8 bis 22 Uhr". Days are read in lang, then in English. A time that
// ends before it begins ends on the next day.
//
// wrong is the first word that was not understood; "" when all was.
func ReadHours(texts *i18n.Bundle, lang, text string) (open []directory.Opening, wrong string) {
	for line := range strings.SplitSeq(text, "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		pieces, bad := readPieces(texts, lang, line)
		if bad != "" {
			return nil, bad
		}
		groups, ok := groupHours(pieces)
		if !ok {
			return nil, strings.TrimSpace(line)
		}
		open = append(open, groups...)
	}
	return open, ""
}

func readPieces(texts *i18n.Bundle, lang, line string) (out []piece, wrong string) {
	line = strings.NewReplacer("t/m", "-", "T/m", "-", "24 h", "24", "o'clock", " ").Replace(line)
	line = halfDay.ReplaceAllStringFunc(line, func(m string) string {
		parts := halfDay.FindStringSubmatch(m)
		if half := fold.Word(parts[2]); half == "pm" || half == "μμ" {
			return parts[1] + " pm "
		}
		return parts[1] + " am "
	})
	for _, w := range pieceShape.FindAllString(line, -1) {
		p, known, ok := readPiece(texts, lang, w, out)
		switch {
		case !ok:
			return nil, w
		case known:
			out = append(out, p)
		case (w == "pm" || w == "am") && len(out) > 0 && out[len(out)-1].kind == aTime:
			last := &out[len(out)-1]
			if w == "pm" && last.n < 12*60 {
				last.n += 12 * 60
			} else if w == "am" && last.n >= 12*60 {
				last.n -= 12 * 60
			}
		}
	}
	return out, ""
}

// readPiece reads one word. known is false for words that say nothing; ok is
// false for words that are not understood.
func readPiece(texts *i18n.Bundle, lang, w string, before []piece) (p piece, known, ok bool) {
	if w[0] >= '0' && w[0] <= '9' {
		n, good := clockMinutes(w)
		return piece{aTime, n}, true, good
	}
	key := fold.Word(w)
	switch {
	case strings.ContainsAny(w, "-–—"):
		return piece{kind: aDash}, true, true
	case strings.ContainsAny(w, ",;/&+"):
		return piece{kind: aBreak}, true, true
	case w == "pm" || w == "am":
		return p, false, true
	case key == "" || w == ":":
		return p, false, true
	}
	// "a" is "to" in Italian between two days or times, and nothing before them.
	if toWords[key] && len(before) > 0 && (before[len(before)-1].kind == aDay || before[len(before)-1].kind == aTime) {
		return piece{kind: aDash}, true, true
	}
	if day, found := weekday(texts, lang, key); found {
		return piece{aDay, day}, true, true
	}
	switch {
	case everyWords[key]:
		return piece{kind: everyDay}, true, true
	case shutWords[key]:
		return piece{kind: shut}, true, true
	case fillWords[key], toWords[key]:
		return p, false, true
	}
	return p, false, false
}

// weekday finds the day whose name begins with key, in lang and then in
// English; a beginning that two days share is none.
func weekday(texts *i18n.Bundle, lang, key string) (int, bool) {
	for _, l := range []string{lang, "en"} {
		found := -1
		for i, d := range weekDays {
			name := fold.Word(texts.Weekday(l, d))
			if key == name || fold.Word(texts.WeekdayShort(l, d)) == key {
				return i, true
			}
			if len([]rune(key)) >= 2 && (strings.HasPrefix(name, key) || strings.TrimSuffix(key, "s") == name || strings.HasPrefix(key, name) && len(key) <= len(name)+3) {
				if found >= 0 {
					found = 7
				} else {
					found = i
				}
			}
		}
		if found >= 0 && found < 7 {
			return found, true
		}
	}
	return 0, false
}

func clockMinutes(w string) (int, bool) {
	digits := strings.FieldsFunc(w, func(r rune) bool { return r < '0' || r > '9' })
	h, err := strconv.Atoi(digits[0])
	m := 0
	if len(digits) > 1 && err == nil {
		m, err = strconv.Atoi(digits[1])
	}
	return h*60 + m, err == nil && h <= 24 && m < 60 && h*60+m <= 24*60
}

// groupHours makes openings of the words of a line; ok is false when they make
// no sense together.
func groupHours(pieces []piece) (out []directory.Opening, ok bool) {
	g := hourGroup{}
	for i, p := range pieces {
		next := pieceKind(-1)
		if i+1 < len(pieces) {
			next = pieces[i+1].kind
		}
		switch p.kind {
		case aDay, everyDay, shut:
			if len(g.times) > 0 && (p.kind != shut) {
				if out, ok = g.flush(out); !ok {
					return nil, false
				}
				g = hourGroup{}
			}
			g.take(p)
		case aTime:
			g.times = append(g.times, p.n)
		case aDash:
			if next != aDay && next != aTime {
				return nil, false
			}
			g.dash = next == aDay
		}
	}
	return g.flush(out)
}

// hourGroup is some days and their times while a line is read.
type hourGroup struct {
	days  [7]bool
	last  int // the day read last
	any   bool
	dash  bool // the next day ends a range
	shut  bool
	times []int // from, to, from, to
}

func (g *hourGroup) take(p piece) {
	switch {
	case p.kind == shut:
		g.shut = true
		return
	case p.kind == everyDay:
		g.days = [7]bool{true, true, true, true, true, true, true}
	case g.dash && g.any:
		for d := g.last; d != p.n; d = (d + 1) % 7 {
			g.days[d] = true
		}
		g.days[p.n] = true
	default:
		g.days[p.n] = true
	}
	g.last, g.any, g.dash = p.n, true, false
}

// flush adds the group's openings. Times without days hold every day.
func (g *hourGroup) flush(out []directory.Opening) ([]directory.Opening, bool) {
	if g.shut && len(g.times) == 0 {
		return out, true
	}
	if len(g.times) == 0 || len(g.times)%2 != 0 || g.shut {
		return nil, false
	}
	if !g.any {
		g.days = [7]bool{true, true, true, true, true, true, true}
	}
	for i := 0; i < len(g.times); i += 2 {
		from, to := g.times[i], g.times[i+1]
		if to <= from {
			to += 24 * 60
		}
		if from >= 24*60 {
			return nil, false
		}
		out = append(out, directory.Opening{Days: dayCodes(g.days), From: clockText(from), To: clockText(to)})
	}
	return out, true
}

func clockText(n int) string { return fmt.Sprintf("%02d:%02d", n/60, n%60) }

// dayCodes writes days as the content does: "Mo-Fr,Su".
func dayCodes(days [7]bool) string { return joinDays(days, weekCodes) }

func joinDays(days [7]bool, names []string) string {
	var out []string
	for i := 0; i < 7; i++ {
		if !days[i] {
			continue
		}
		j := i
		for j+1 < 7 && days[j+1] {
			j++
		}
		switch {
		case j == i:
			out = append(out, names[i])
		case j == i+1:
			out = append(out, names[i], names[j])
		default:
			out = append(out, names[i]+"-"+names[j])
		}
		i = j
	}
	return strings.Join(out, ",")
}

// WriteHours is how hours stand in the form, so that ReadHours understands
// them in the same language.
func WriteHours(texts *i18n.Bundle, lang string, open []directory.Opening) string {
	names := make([]string, 7)
	for i, d := range weekDays {
		names[i] = strings.TrimSuffix(texts.WeekdayShort(lang, d), ".")
	}
	var days []string // groups of days in their order, each with its times
	times := map[string][]string{}
	for _, o := range open {
		week, err := directory.Weekdays(o.Days)
		if err != nil {
			continue
		}
		var from [7]bool
		for i := range from {
			from[i] = week[(i+1)%7]
		}
		text := joinDays(from, names)
		if !slices.Contains(days, text) {
			days = append(days, text)
		}
		times[text] = append(times[text], shortClock(o.From)+"-"+shortClock(o.To))
	}
	var lines []string
	for _, d := range days {
		lines = append(lines, d+" "+strings.Join(times[d], ", "))
	}
	return strings.Join(lines, "\n")
}

// shortClock writes "26:00" as it stands on a clock.
func shortClock(s string) string {
	n, err := strconv.Atoi(s[:2])
	if err != nil || s <= "24:00" {
		return s
	}
	return fmt.Sprintf("%02d%s", n-24, s[2:])
}
