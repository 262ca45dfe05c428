// Package summary counts talks for a hospital's own statistics, where the
// person and the professional both agreed.
//
// The idea: a house that never counts never learns whether its people meet
// anybody. What is counted is what the house can learn from and nobody can be
// found by: how many talks a period had and, each for itself, the place of
// work, the age band, what came of it, and how each of six dimensions of signs
// stood. Never which of them came together (docs/decisions/0110).
//
// Stored: for each house whether it counts, and one row of counters for each
// period. No row stands for a talk: no identifier, no member, no day, no time,
// no language, no indicator, no class, no score, no word that was typed. All
// counters of a period are one field that is written whole, so that not even
// the order of rows tells what came together. The log learns that a period
// ended, never that a talk was counted.
//
// The life of a period: it begins with a month, grows by whole months until it
// holds as many talks as the house asks for (five, never under three), and is
// over when its last month is. Then it is shown, once and for all in one form,
// and never grows again. After five years only its number of talks stays. A
// period that found too few for a year is deleted, and so is an unfinished one
// when the house stops.
//
// It must never keep anything without both ticks, never hold a class or a
// score, never show a small count or one from which a small one can be
// computed, and never tie a member to what was counted.
package summary

import (
	"slices"

	"amelie/internal/fault"
)

// Summary is one talk as it is counted. Every field is a code of a closed list:
// a class, a score or a sentence has no place in it.
//
// req: SUMMARY-1
type Summary struct {
	Path    Path
	Band    Band
	Outcome Outcome
	Sides   map[Side]Finding
}

// Path is a place of work, as the guide names it.
type Path string

// Side is a dimension of signs, as the lists of signs name it.
type Side string

// Band is an age in years, as coarse as the questions that are asked of the
// counts: children, those the law of many countries treats as young adults, and
// two halves of working life.
type Band string

// Bands are all of them. Unknown is not a guess.
var Bands = []Band{"under-18", "18-25", "26-40", "41", "unknown"}

// Outcome is what came of a talk, one word for each.
type Outcome string

// Outcomes are all of them: told what help there is; help was offered and stays
// open; help was accepted; the person said no; the way for a child was taken.
var Outcomes = []Outcome{"informed", "offered", "accepted", "no", "child"}

// Finding is how one dimension stood.
type Finding string

// The findings. Unseen is the first and what stands where nothing was said:
// not looked at is not nothing.
const (
	Unseen   Finding = "unseen"
	Positive Finding = "positive"
	Open     Finding = "open" // looked at, and inconclusive
	Nothing  Finding = "nothing"
)

// Findings are all of them.
var Findings = []Finding{Unseen, Positive, Open, Nothing}

// part is one thing that is counted for itself, with its codes.
type part struct {
	name  string
	codes []string
}

// vocabulary is every code that can be counted.
type vocabulary struct {
	paths []Path
	sides []Side
}

// The parts beside the sides.
const (
	partPath    = "path"
	partBand    = "band"
	partOutcome = "outcome"
)

func codes[T ~string](list []T) (out []string) {
	for _, x := range list {
		out = append(out, string(x))
	}
	return out
}

// parts are all parts in the order in which they are shown.
func (v vocabulary) parts() []part {
	out := []part{{partPath, codes(v.paths)}, {partBand, codes(Bands)}, {partOutcome, codes(Outcomes)}}
	for _, s := range v.sides {
		out = append(out, part{string(s), codes(Findings)})
	}
	return out
}

// coded is a summary as its parts are counted; a side of which nothing is said
// was not looked at.
func (v vocabulary) coded(s Summary) map[string]string {
	out := map[string]string{partPath: string(s.Path), partBand: string(s.Band), partOutcome: string(s.Outcome)}
	for _, side := range v.sides {
		out[string(side)] = string(Unseen)
		if f, ok := s.Sides[side]; ok {
			out[string(side)] = string(f)
		}
	}
	return out
}

// check refuses whatever is not a code of the lists.
//
// req: SUMMARY-1
func (v vocabulary) check(s Summary) error {
	var wrong []fault.Field
	said := v.coded(s)
	for _, p := range v.parts() {
		if !slices.Contains(p.codes, said[p.name]) {
			wrong = append(wrong, fault.Field{Name: p.name, Key: "web.error.choose"})
		}
	}
	for side := range s.Sides {
		if !slices.Contains(v.sides, side) {
			wrong = append(wrong, fault.Field{Name: string(side), Key: "web.error.choose"})
		}
	}
	return fault.Fields(wrong...)
}

// Tally is how often each code of each part was counted.
type Tally map[string]map[string]int64

// empty has every counter at none: what a period counts first stands in no
// other place than what it counts last.
func (v vocabulary) empty() Tally {
	t := Tally{}
	for _, p := range v.parts() {
		t[p.name] = map[string]int64{}
		for _, code := range p.codes {
			t[p.name][code] = 0
		}
	}
	return t
}

// plus is the tally with one summary more.
func (v vocabulary) plus(t Tally, s Summary) Tally {
	out := v.empty()
	for name, counts := range t {
		if out[name] == nil {
			out[name] = map[string]int64{}
		}
		for code, n := range counts {
			out[name][code] = n
		}
	}
	for name, code := range v.coded(s) {
		out[name][code]++
	}
	return out
}
