package fold

import (
	"slices"
	"testing"
)

func TestNamesStandInTheOrderOfARegister(t *testing.T) {
	for _, want := range [][]string{
		{"Ägypten", "Albanien", "Österreich", "Portugal", "Überlingen", "Ungarn", "Zypern"},
		{"Écosse", "Égypte", "Espagne", "Éthiopie", "Zambie"},
		{"Άγκυρα", "Αίγυπτος", "Αλβανία", "Ήπειρος", "Ιταλία", "ΚΡΗΤΗ", "Ωρωπός"},
		{"Athens", "Zagreb", "Αθήνα"},
	} {
		got := slices.Clone(want)
		slices.Reverse(got)
		Sort(got, func(s string) string { return s })
		if !slices.Equal(got, want) {
			t.Errorf("%q instead of %q", got, want)
		}
	}
}
