package directory

import (
	"context"
	"net/url"
	"slices"
	"time"

	"amelie/internal/i18n"
	"amelie/internal/web"
)

// Everyone is one version of the directory as everyone may see it, for the
// rooms of this domain beside the search: the map and the offline pack. It is
// built on what Publish let through; nothing hidden and nothing for
// professionals can be reached from it.
type Everyone struct{ snap *snapshot }

// Everyone is the directory as it is now. Errors: fault.Unavailable.
func (d *Directory) Everyone(ctx context.Context) (Everyone, error) {
	snap, err := d.snapshot(ctx)
	return Everyone{snap}, err
}

// Version moves with every change of the directory.
func (e Everyone) Version() int64 { return e.snap.version }

// Organizations are all bodies, in the order of the files. Not to be changed.
func (e Everyone) Organizations() []Organization { return e.snap.views[ForEveryone].organizations }

// Changed is when a service was last changed here.
func (e Everyone) Changed(service string) time.Time { return e.snap.changed[service] }

// Vocabulary holds the concepts. Not to be changed.
func (e Everyone) Vocabulary() Vocabulary { return e.snap.vocab }

// Label is the name of a concept in a language.
func (e Everyone) Label(scheme, id, lang string) string { return e.snap.label(scheme, id, lang) }

// Choices are the concepts of a scheme in the order of their names in a
// language; made once for each version. Not to be changed.
func (e Everyone) Choices(scheme, lang string) []web.Choice {
	key := scheme + " " + lang
	if have, ok := e.snap.choices.Load(key); ok {
		return have.([]web.Choice)
	}
	var out []web.Choice
	for _, c := range e.snap.vocab.Concepts {
		if c.Scheme == scheme {
			out = append(out, web.Choice{Value: c.ID, Label: c.Labels.In(lang)})
		}
	}
	SortNames(out)
	e.snap.choices.Store(key, out)
	return out
}

// Matching is everyone who answers a search, in no order, with the same steps
// towards more results as the search page takes. near tells that nobody fits
// all of it, and these come close.
func (e Everyone) Matching(q Query) (found []Entry, near bool) {
	x := e.snap.index
	a := borrow(len(x.entries))
	defer a.giveBack()
	s := &search{x: x, a: a, q: q.tidy()}
	s.start()
	set, steps := s.relax()
	found = make([]Entry, 0, set.count())
	for d := range set.each {
		found = append(found, x.entries[d])
	}
	return found, slices.ContainsFunc(steps, func(s Step) bool { return s.Code != StepSpelling })
}

// Search is what the search page would find.
func (e Everyone) Search(q Query) Result { return e.snap.index.Search(q) }

// BriefOf tells an entry in the reader's language.
func (d *Directory) BriefOf(e Everyone, texts *i18n.Bundle, entry Entry, lang string, at time.Time) Brief {
	return d.brief(e.snap, texts, entry, lang, lang, at)
}

// Helplines are the national lines of a country, best first for a reader.
func (e Everyone) Helplines(country, lang string, at time.Time) []Entry {
	var out []Entry
	for _, h := range e.snap.index.Helplines(country, lang, at) {
		out = append(out, h.Entry)
	}
	return out
}

// TownOf is the town of a place as a reader knows it.
func TownOf(p Place, lang string) string { return voice{lang: lang}.town(p) }

// Countries are the countries of the directory, ISO 3166-1.
func Countries() []string { return append([]string(nil), countries...) }

// ToSearch seals a search and sends the reader to path with it, so that what
// is looked for never stands in an address.
func (d *Directory) ToSearch(c *web.Ctx, path string, values url.Values) error {
	values = searchValues(values)
	if len(values) == 0 {
		return c.Redirect(path)
	}
	token, err := d.seal(values)
	if err != nil {
		return err
	}
	return c.Redirect(path + "?s=" + token)
}

// Sealed is the token of a search, for a link on a page that shows it.
func (d *Directory) Sealed(values url.Values) (string, error) { return d.seal(searchValues(values)) }

// OpenSearch reads the search of an address that ToSearch made. ok is false
// when the token is damaged, of another installation, or too old.
func (d *Directory) OpenSearch(token string) (values url.Values, ok bool) { return d.unseal(token) }

// QueryOf reads a search as the search page does; what makes no sense is left out.
func (d *Directory) QueryOf(e Everyone, values url.Values, lang string, now time.Time) Query {
	p := &params{values: values, asked: map[string]bool{}}
	q := p.query(e.snap, lang, now)
	q.Home = d.Home(lang)
	return q
}

// Weekdays are the days of an opening as ISO 8601 counts them, 1 for Monday.
func (o Opening) Weekdays() []int {
	var out []int
	for day := 1; day <= 7; day++ {
		if onWeekday(o.Days, time.Weekday(day%7)) {
			out = append(out, day)
		}
	}
	return out
}

// VoicePhones are the published numbers of a service that a person answers,
// the general one first.
func (s *Service) VoicePhones() []Phone { return voicePhones(s) }
