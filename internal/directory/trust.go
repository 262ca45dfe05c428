package directory

import (
	"slices"
)

// trust says of each part of an entry when it was verified and by which side.
// The names of staff are for professionals, on a page of their own; here it is
// the directory's editors, or the body itself.
//
// req: ROUND-3
func (v voice) trust(e Entry) []row {
	checks := v.snap.checks[e.ID()]
	if len(checks) == 0 {
		return nil
	}
	var out []row
	for _, p := range partsOf(e.Service) {
		words := v.texts.T(v.lang, "round.trust.since", "date", v.date(e.Organization.Source.Date))
		if i := slices.IndexFunc(checks, func(c Verification) bool { return c.Part == p && v.shown(c, e.Service) }); i >= 0 {
			words = v.texts.T(v.lang, "round.trust.how."+string(checks[i].How), "date", v.texts.Date(v.lang, checks[i].At))
		}
		out = append(out, row{v.texts.T(v.lang, "round.part."+string(p)), Capital(words)})
	}
	return out
}

// shown tells whether a check is about something that the reader sees: the
// service's own parts, and the address of a published place.
func (v voice) shown(c Verification, s *Service) bool {
	if c.Kind == KindService {
		return c.Part != PartAddress
	}
	return c.Part == PartAddress && slices.ContainsFunc(s.Places, func(p Place) bool { return p.ID == c.Row && p.Address == Public })
}

// partsOf are the parts that a published service has something to say about.
func partsOf(s *Service) []Part {
	has := map[Part]bool{
		PartPhones: len(s.Phones) > 0, PartEmails: len(s.Emails) > 0, PartHours: s.Hours.Known(),
		PartAddress:   slices.ContainsFunc(s.Places, func(p Place) bool { return p.Address == Public && p.Street != "" }),
		PartLanguages: len(s.Languages) > 0 || s.AnyLanguage || s.Interpreted > 0,
		PartTakes:     true, PartInforms: len(s.MustInform) > 0,
	}
	var out []Part
	for _, p := range Parts {
		if has[p] {
			out = append(out, p)
		}
	}
	return out
}
