// Package tally counts what comes about in case files, so that a lead and a
// coordinator can say it once a year: sharings on a legal ground, claims, how cases
// ended, surveys, accounts that were given instead of asking again.
//
// The idea. When something comes about in a file, one is added to a number of the
// agency and the month, in the same transaction. The number points to no case, so
// it outlives the file, and nothing that happens to a file later moves it. Months
// are shown when they are over, and what is small is carried on until it is not
// (casework.Released). A country's numbers are the sums of what its agencies' own
// numbers show, so that neither the other page, nor yesterday's look, nor a sum
// gives away what one of them keeps back.
//
// Stored and readable: agency, month or year, what is counted as a code, a number.
// What people think of the help that they got is counted by year, since a month
// with one answer would say whose it is to somebody who holds the database.
//
// It must never name a case or a day, count a word, show a month that is not over
// or a number below casework.Few.
package tally

import (
	"sort"
	"strings"

	"amelie/internal/casework"
)

// Topic is one table: what is counted is its ID, or its ID and a row; the codes are
// its columns.
type Topic struct {
	ID   string
	Rows []string // none: the codes are the rows
	Cols []string
	Year bool // counted by year
}

// what is counted in a row.
func (t Topic) what(row string) string {
	if row == "" {
		return t.ID
	}
	return t.ID + "." + row
}

// Number is how often something came about in a month ("2006-01") or, where it is
// counted so, in a year ("2006").
type Number struct {
	Agency, Period, What, Code string
	N                          int64
}

// Shown are numbers that may be shown: by what, code and period.
type Shown map[string]map[string]map[string]int64

// Add adds a number that may be shown.
func (s Shown) Add(what, code, period string, n int64) {
	if n == 0 {
		return
	}
	if s[what] == nil {
		s[what] = map[string]map[string]int64{}
	}
	if s[what][code] == nil {
		s[what][code] = map[string]int64{}
	}
	s[what][code][period] += n
}

// released makes of raw numbers what may be shown before a month ("2006-01"), agency
// by agency; numbers of several agencies are the sums of what each shows.
//
// req: TALLY-1
func released(raw []Number, month string) Shown {
	type line struct{ agency, what, code string }
	lines := map[line][]Number{}
	for _, n := range raw {
		if n.Period < month[:len(n.Period)] { // the month, or the year, is over
			l := line{n.Agency, n.What, n.Code}
			lines[l] = append(lines[l], n)
		}
	}
	out := Shown{}
	for l, list := range lines {
		sort.Slice(list, func(i, j int) bool { return list[i].Period < list[j].Period })
		counts := make([]int64, len(list))
		for i, n := range list {
			counts[i] = n.N
		}
		for i, n := range casework.Released(casework.Few, counts) {
			out.Add(l.what, l.code, list[i].Period, n)
		}
	}
	return out
}

// Of is what is shown of a period: a year is the sum of what its months show.
func (s Shown) Of(what, code, period string) (sum int64) {
	for p, n := range s[what][code] {
		if strings.HasPrefix(p, period) {
			sum += n
		}
	}
	return sum
}

// Periods are the years of which anything is shown, or the months of one, the
// newest first.
func (s Shown) Periods(year string) (out []string) {
	seen := map[string]bool{}
	for _, codes := range s {
		for _, periods := range codes {
			for p := range periods {
				switch {
				case year == "":
					p = p[:4]
				case len(p) == 4 || !strings.HasPrefix(p, year):
					continue
				}
				if !seen[p] {
					seen[p], out = true, append(out, p)
				}
			}
		}
	}
	sort.Sort(sort.Reverse(sort.StringSlice(out)))
	return out
}
