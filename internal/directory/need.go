package directory

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"amelie/internal/fold"
	"amelie/internal/geo"
)

// Need is what a search looked for and hardly found, without anything about who
// searched: codes of the vocabulary, a region at the finest, and single words
// that nothing answers to. It must not be stored as it is: Unknown may hold
// anything that somebody typed.
type Need struct {
	Lang      string   // of the page
	Country   string   // ISO 3166-1
	Territory string   // region: the level below the country; "" when none was asked for
	Help      string   // concept of scheme help, "" when none or several were asked for
	Language  string   // BCP 47, "" when none or several were asked for
	Unknown   []string // at most maxUnknown words, as typed
}

// Limits of what counts as little, and of how many words a text may have so
// that its words are counted at all: a sentence tells a story.
const (
	littleFound = 2
	maxUnknown  = 3
)

// needOf says whether a search found little, and what it was about. A search
// for a number, a mailbox or a body by its name is no need.
//
// req: LEXICON-1
func (d *Directory) needOf(q Query, r Result) (Need, bool) {
	if q.Offset > 0 || !foundLittle(r) || len(r.Named) > 0 || slices.Contains(q.Groups, Authority) {
		return Need{}, false
	}
	for _, h := range r.Hits {
		if slices.ContainsFunc(h.Reasons, func(r Reason) bool { return r.Code == ReasonNamed }) {
			return Need{}, false
		}
	}
	n := Need{Lang: q.Lang, Country: d.countryOf(q, r), Help: only(q.Helps), Language: only(q.Languages)}
	if len(q.Territories) == 1 {
		n.Territory = regionOf(q.Territories[0])
	} else if q.Near != nil && q.Near.Place != "" { // never the position of a device
		n.Territory = regionOf(r.Around)
	}
	for _, m := range r.Meanings {
		switch {
		case m.Kind == MeansNumber:
			return Need{}, false
		case m.Kind == MeansConcept && m.By == "help" && len(q.Helps) == 0:
			n.Help = cmp.Or(n.Help, m.ID)
		case m.Kind == MeansLanguage && len(q.Languages) == 0:
			n.Language = cmp.Or(n.Language, m.ID)
		case m.Area != "":
			n.Territory = cmp.Or(n.Territory, regionOf(m.Area))
		case m.Kind == MeansNothing:
			n.Unknown = append(n.Unknown, m.Text)
		}
	}
	if n.Territory != "" {
		n.Country = geo.Country(n.Territory)
	}
	if !fewWords(q.Text) {
		n.Unknown = nil
	}
	return n, n.Help != "" || n.Language != "" || len(n.Unknown) > 0
}

func foundLittle(r Result) bool {
	return r.Total <= littleFound || slices.ContainsFunc(r.Relaxed, func(s Step) bool { return s.Code != StepSpelling })
}

func only(ids []string) string {
	if len(ids) == 1 {
		return ids[0]
	}
	return ""
}

// regionOf is the region in which a territory lies: nothing finer is counted,
// so that a need cannot point at a village. "" for a whole country.
func regionOf(code string) string {
	for {
		t, ok := geo.Lookup(code)
		if !ok || t.Parent == "" {
			return ""
		}
		if up, ok := geo.Lookup(t.Parent); !ok || up.Parent == "" {
			return t.Code
		}
		code = t.Parent
	}
}

// fewWords: a text whose words may be counted, if ever. One with a digit or a
// sign of an address may not.
func fewWords(text string) bool {
	if strings.ContainsAny(text, "@/\\_#") || strings.ContainsFunc(text, unicode.IsDigit) {
		return false
	}
	return len(fold.Words(withoutStops(text))) <= maxUnknown
}

// Note tells what counts needs that a search found little; true when it will
// be counted.
func (d *Directory) Note(q Query, r Result) bool {
	if d.cfg.Need == nil {
		return false
	}
	n, little := d.needOf(q, r)
	return little && d.cfg.Need(n)
}
