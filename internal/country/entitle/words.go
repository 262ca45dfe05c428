package entitle

import (
	"maps"
	"slices"
	"strings"

	"amelie/internal/country"
	"amelie/internal/i18n"
)

// wordProblems are texts that are missing, left over, or made from another
// revision of the English than they say.
func (s *Set) wordProblems() []country.Problem {
	k := &checker{}
	wanted := s.wanted()
	for _, lang := range i18n.Languages {
		w := s.words[lang]
		k.where = lang
		if w.Lang != lang || w.Revision < 1 || w.Of < 1 || w.Of > w.Revision || w.State == "" {
			k.add("", "words", "must name its language, revision, of and state")
		}
		have := w.flat()
		for _, key := range slices.Sorted(maps.Keys(wanted)) {
			if strings.TrimSpace(have[key]) == "" {
				k.add(key, "words", "is missing")
			}
		}
		for _, key := range slices.Sorted(maps.Keys(have)) {
			if !wanted[key] {
				k.add(key, "words", "nothing uses it")
			}
		}
	}
	return k.list
}

// wanted is the keys of all texts that a language must have.
func (s *Set) wanted() map[string]bool {
	keys := map[string]bool{}
	for _, q := range s.Questions {
		for _, part := range append([]string{"title", "hint"}, q.Answers...) {
			keys["question."+q.ID+"."+part] = true
		}
	}
	lists := [][]Entitlement{s.shared.Entitlements}
	for code, c := range s.countries {
		keys["refused."+code] = true
		lists = append(lists, c.Entitlements)
	}
	for _, e := range slices.Concat(lists...) {
		keys["costs."+e.Costs], keys["say."+e.Say] = true, true
		parts := []string{"name", "covers", "form", "pays", "learns"}
		if e.Care != "" {
			parts = []string{"form", "pays"}
		}
		for _, part := range parts {
			keys["way."+e.ID+"."+part] = true
		}
	}
	return keys
}

// flat is every text by its key.
func (w *Words) flat() map[string]string {
	have := map[string]string{}
	for id, parts := range w.Question {
		for part, text := range parts {
			have["question."+id+"."+part] = text
		}
	}
	for group, texts := range map[string]map[string]string{"costs": w.Costs, "say": w.Say, "refused": w.Refused} {
		for id, text := range texts {
			have[group+"."+id] = text
		}
	}
	for id, x := range w.Ways {
		for part, text := range map[string]string{"name": x.Name, "covers": x.Covers, "form": x.Form, "pays": x.Pays, "learns": x.Learns} {
			if text != "" {
				have["way."+id+"."+part] = text
			}
		}
	}
	return have
}
