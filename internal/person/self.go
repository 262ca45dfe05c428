package person

import (
	"cmp"
	"context"
	"embed"
	"slices"
	"strings"
	"time"

	"amelie/internal/cldr"
	"amelie/internal/fault"
	"amelie/internal/web"
)

//go:embed page/*.html page/*.css page/*.js
var pages embed.FS

var (
	_ = web.Style(pages, "page/person.css")
	_ = web.Script(pages, "page/aloud.js")
)

// Number is a telephone number of a helpline.
type Number struct {
	Shown  string // as people write it
	Dial   string // E.164 or the short number
	Abroad bool   // for calls from another country
}

// Group of a body, as the directory calls it. Only support may appear here.
const Support = "support"

// Helpline is a line that the person can call, as the directory knows it now.
type Helpline struct {
	ID          string
	Group       string // anything but Support is not shown
	Name        string // the line's own name
	Numbers     []Number
	HoursKnown  bool
	Open        bool
	Always      bool      // day and night, every day
	Until       time.Time // when open: closes then, in the line's own time zone; zero: not known
	Opens       time.Time // when closed: opens then, same; zero: not known
	Free        bool      // known to be free of charge
	Anonymous   bool      // known to take calls without a name
	Spoken      bool      // staff speak the person's language
	Interpreted bool      // an interpreter for it can join
	Many        bool      // interpreters for many languages, which ones is not known
}

// Helplines finds the lines of a country for a reader of lang, best first.
type Helplines func(ctx context.Context, country, lang string, now time.Time) ([]Helpline, error)

// Countries are those that the pages know, in the order of the choice.
var Countries = []string{"BE", "DE", "GR", "IT"}

// official are the languages of a country. Nobody who reads one of them is told
// to ask for it; nothing is promised either.
var official = map[string][]string{"BE": {"nl", "fr", "de"}, "DE": {"de"}, "GR": {"el"}, "IT": {"it"}}

// Zone is the public zone of the person herself.
type Zone struct {
	Texts     *Texts
	Helplines Helplines
	Emergency func(country string) string // the emergency number of a country
	Tells     func(text string) string    // the word of a text that gives away what the page is about; "": none
}

// Mount adds the pages to the shell. The addresses say nothing.
func (z *Zone) Mount(s *web.Shell) {
	s.Person("GET /info", z.start)
	s.Person("GET /info/phone", z.phone)
	s.Person("GET /info/{country}", z.country)
	s.Person("GET /exit-info", z.exit)
}

// words are the texts of a page in its language; it is the dot's way to them.
type words struct {
	texts *Texts
	lang  string
	room  string
}

// Say is the text of the page's room, with name/value arguments.
func (w words) Say(key string, pairs ...string) string {
	args := map[string]string{}
	for i := 0; i+1 < len(pairs); i += 2 {
		args[pairs[i]] = pairs[i+1]
	}
	return w.texts.T(w.lang, w.room+"."+key, args)
}

// LeftToRight keeps a telephone number in one piece inside a sentence that
// runs from right to left (Unicode isolates, UAX 9).
func (w words) LeftToRight(number string) string {
	if l, ok := w.texts.Lang(w.lang); !ok || !l.RTL {
		return number
	}
	return "\u2066" + number + "\u2069"
}

// Items is a text of several items.
func (w words) Items(key string) []string { return w.texts.List(w.lang, w.room+"."+key) }

// ReviewNote says in one sentence how far the language was checked.
func (w words) ReviewNote() string {
	return w.Say("foot." + string(w.texts.StateOf(w.lang, w.room).State))
}

func (z *Zone) words(c *web.Ctx) words { return words{z.Texts, c.Lang, "self"} }

type place struct{ Code, Name, Path string }

type startPage struct {
	words
	Places    []place
	Languages []Lang
}

var startTemplate = web.NewPage[startPage](pages, "page/start.html")

func (z *Zone) start(c *web.Ctx) error {
	quiet(c)
	w := z.words(c)
	p := startPage{words: w, Languages: z.Texts.Languages()}
	for _, code := range Countries {
		p.Places = append(p.Places, place{code, w.Say("country." + code), "/info/" + strings.ToLower(code)})
	}
	return startTemplate.Render(c, p)
}

// inFull is how many helplines are shown before the reader asks for more: a
// choice of many is no choice under stress.
const inFull = 2

// line is a helpline in the words of the page.
type line struct {
	Helpline
	Called  string // what stands as its name
	Main    Number
	Other   []Number
	ForWhom string
	When    string
	Facts   []string
}

type section struct {
	Icon, Title string
	Text        []string
	Items       []string
}

type countryPage struct {
	words
	Place     place
	Emergency string
	Lines     []line // the first ones, in full
	Further   []line // the rest, folded away
	Sections  []section
	Sources   []Source
	Checked   bool // every legal source was compared with the law
}

var countryTemplate = web.NewPage[countryPage](pages, "page/country.html")

func (z *Zone) country(c *web.Ctx) error {
	quiet(c)
	code := strings.ToUpper(c.Param("country"))
	if !slices.Contains(Countries, code) || c.Param("country") != strings.ToLower(code) {
		return fault.New(fault.NotFound, "")
	}
	w := z.words(c)
	lines, err := z.lines(c, w, code)
	if err != nil {
		return err
	}
	p := countryPage{
		words: w, Place: place{code, w.Say("country." + code), "/info/" + strings.ToLower(code)},
		Emergency: z.Emergency(code), Lines: lines, Sections: sections(w, code),
		Sources: z.Texts.Sources("self.papers."+code, "self.time."+code, "self.stay."+code, "self.secret.title", "self.rights.title", "self.children.title", "self.young.title"),
	}
	if len(lines) > inFull {
		p.Lines, p.Further = lines[:inFull], lines[inFull:]
	}
	p.Checked = !slices.ContainsFunc(p.Sources, func(s Source) bool { return s.Verified == "" })
	return countryTemplate.Render(c, p)
}

// lines are the helplines in words. What is not a support body is left out,
// whatever the directory says.
// req: PERSON-1
func (z *Zone) lines(c *web.Ctx, w words, country string) ([]line, error) {
	found, err := z.Helplines(c.Context(), country, c.Lang, c.Now())
	if err != nil {
		return nil, fault.Wrap(err, "helplines of "+country)
	}
	var list []line
	for _, h := range found {
		if h.Group != Support || len(h.Numbers) == 0 {
			continue
		}
		l := describe(w, h, country, c.Now())
		l.Called = z.called(h, l.Main)
		list = append(list, l)
	}
	return list, nil
}

// called is what stands as the name of a line: the short one, the directory's
// when it gives nothing away, or the number alone. Large letters are read over
// the shoulder first.
// req: PERSON-4
func (z *Zone) called(h Helpline, main Number) string {
	for _, name := range []string{z.Texts.Called(h.ID), h.Name} {
		if name != "" && z.Tells(name) == "" {
			return name
		}
	}
	return main.Shown
}

func describe(w words, h Helpline, country string, now time.Time) line {
	l := line{Helpline: h, When: when(w, h, now), ForWhom: w.texts.ForWhom(w.lang, h.ID)}
	for i, n := range h.Numbers {
		if i == 0 {
			l.Main = n
		} else {
			l.Other = append(l.Other, n)
		}
	}
	if h.Free {
		l.Facts = append(l.Facts, w.Say("call.free"))
	} else {
		l.Facts = append(l.Facts, w.Say("call.free_unknown"))
	}
	if h.Anonymous {
		l.Facts = append(l.Facts, w.Say("call.anonymous"))
	}
	switch {
	case h.Spoken:
		l.Facts = append(l.Facts, w.Say("call.spoken"))
	case h.Interpreted:
		l.Facts = append(l.Facts, w.Say("call.interpreter"))
	case h.Many:
		l.Facts = append(l.Facts, w.Say("call.interpreter_some", "english", englishName(w.lang)))
	case !slices.Contains(official[country], w.lang):
		l.Facts = append(l.Facts, w.Say("call.language_unknown", "english", englishName(w.lang)))
	}
	return l
}

// when says in words when the line answers, in the line's local time.
func when(w words, h Helpline, now time.Time) string {
	switch {
	case h.Always:
		return w.Say("call.always")
	case !h.HoursKnown:
		return w.Say("call.hours_unknown")
	case h.Open && h.Until.IsZero():
		return w.Say("call.open")
	case h.Open:
		return w.Say("call.until", "time", clockTime(w, h.Until, now))
	case h.Opens.IsZero():
		return w.Say("call.closed")
	}
	return w.Say("call.closed") + " · " + w.Say("call.opens", "time", clockTime(w, h.Opens, now))
}

// clockTime is the time of day, with the weekday when it is not today.
func clockTime(w words, t, now time.Time) string {
	text := t.Format("15:04")
	now = now.In(t.Location())
	if t.Year() == now.Year() && t.YearDay() == now.YearDay() {
		return text
	}
	days := w.Items("call.days")
	if len(days) != 7 {
		return text
	}
	return days[(int(t.Weekday())+6)%7] + ", " + text
}

// englishName is the word by which the person can ask for her language.
func englishName(lang string) string { return cmp.Or(cldr.Language("en", lang), lang) }

func sections(w words, country string) []section {
	return []section{
		{"talk", w.Say("call.happens"), nil, w.Items("call.steps")},
		{"eye", w.Say("you.title"), []string{w.Say("you.close")}, w.Items("you.signs")},
		{"door", w.Say("police.title"), nil, w.Items("police.points")},
		{"lock", w.Say("secret.title"), nil, w.Items("secret.points")},
		{"check", w.Say("yes.title"), nil, w.Items("yes.points")},
		{"scale", w.Say("rights.title"), []string{w.Say("rights.text")}, w.Items("rights.points")},
		{"file", w.Say("papers.title"), []string{w.Say("papers.text"), w.Say("papers." + country), w.Say("papers.advice")}, nil},
		{"cup", w.Say("time.title"), []string{w.Say("time." + country)}, nil},
		{"home", w.Say("stay.title"), []string{w.Say("stay." + country), w.Say("stay.text")}, nil},
		{"child", w.Say("children.title"), nil, w.Items("children.points")},
		{"people", w.Say("everyone.title"), []string{w.Say("everyone.text")}, nil},
		{"person", w.Say("young.title"), nil, w.Items("young.points")},
		{"hand", w.Say("no.title"), nil, w.Items("no.points")},
	}
}

var (
	phoneTemplate = web.NewPage[words](pages, "page/phone.html")
	exitTemplate  = web.NewPage[words](pages, "page/exit.html")
)

func (z *Zone) phone(c *web.Ctx) error {
	quiet(c)
	return phoneTemplate.Render(c, z.words(c))
}

func (z *Zone) exit(c *web.Ctx) error {
	quiet(c)
	return exitTemplate.Render(c, z.words(c))
}

// quiet keeps the page out of every cache and every search engine.
// req: PERSON-2
func quiet(c *web.Ctx) {
	c.W.Header().Set("Cache-Control", "no-store")
	c.W.Header().Set("X-Robots-Tag", "noindex, noarchive")
}
