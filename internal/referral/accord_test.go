package referral

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// req: AGREEMENT-2
func TestAnAgreementComesFirstAmongEqualsAndBringsNobodyIn(t *testing.T) {
	orgs := []string{"a", "b", "c", "d"}
	rapid.Check(t, func(t *rapid.T) {
		var list []Entry
		for i := range rapid.IntRange(0, 8).Draw(t, "entries") {
			list = append(list, Entry{ID: string(rune('0' + i)), Organization: rapid.SampledFrom(orgs).Draw(t, "organization"), Open: rapid.Bool().Draw(t, "open")})
		}
		accords := map[string][]Accord{}
		for _, o := range rapid.SliceOfDistinct(rapid.SampledFrom(orgs), rapid.ID).Draw(t, "agreed") {
			accords[o] = []Accord{{AboutHelp: rapid.Bool().Draw(t, "help")}}
		}
		out := agreedFirst(list, accords)
		rank := func(e Entry) int {
			n := 0
			if !e.Open {
				n = 2
			}
			if a := accords[e.Organization]; len(a) == 0 || !a[0].AboutHelp {
				n++
			}
			return n
		}
		want := slices.Clone(list)
		slices.SortStableFunc(want, func(a, b Entry) int { return rank(a) - rank(b) })
		for i := range want {
			if len(out) != len(want) || out[i].ID != want[i].ID {
				t.Fatalf("%v with %v: %v", list, accords, out)
			}
		}
	})
}
