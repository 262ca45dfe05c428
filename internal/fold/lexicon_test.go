package fold

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// distance is optimal string alignment by the plain table, the oracle of Near.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	d := make([][]int, len(x)+1)
	for i := range d {
		d[i] = make([]int, len(y)+1)
		d[i][0] = i
	}
	for j := range d[0] {
		d[0][j] = j
	}
	for i := 1; i <= len(x); i++ {
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(x)][len(y)]
}

func TestNearFindsExactlyTheKeysWithinTheLimit(t *testing.T) {
	word := rapid.StringMatching(`[abαβ]{0,7}`)
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOfN(word, 0, 40).Draw(t, "keys")
		typed := word.Draw(t, "typed")
		limit := rapid.IntRange(1, 2).Draw(t, "limit")
		lex := NewLexicon(slices.Clone(keys))
		got := map[string]int{}
		lex.Near(typed, limit, func(k uint32, errors int) bool { got[lex.At(k)] = errors; return true })
		want := map[string]int{}
		for _, k := range keys {
			if d := distance(typed, k); d <= limit {
				want[k] = d
			}
		}
		if len(got) != len(want) {
			t.Fatalf("near %q by %d: got %v, want %v", typed, limit, got, want)
		}
		for k, d := range want {
			if got[k] != d {
				t.Fatalf("near %q by %d: %q at %d, want %d", typed, limit, k, got[k], d)
			}
		}
	})
}

func TestBeginningsAndEndingsAreComplete(t *testing.T) {
	word := rapid.StringMatching(`[abω]{0,6}`)
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOfN(word, 0, 40).Draw(t, "keys")
		part := rapid.StringMatching(`[abω]{0,3}`).Draw(t, "part")
		lex := NewLexicon(slices.Clone(keys))
		begin, end := map[string]bool{}, map[string]bool{}
		for from, to := lex.Beginning(part); from < to; from++ {
			begin[lex.At(from)] = true
		}
		lex.Ending(part, func(k uint32) bool { end[lex.At(k)] = true; return true })
		for _, k := range keys {
			if begin[k] != strings.HasPrefix(k, part) {
				t.Fatalf("%q begins with %q: %v", k, part, begin[k])
			}
			if end[k] != strings.HasSuffix(k, part) {
				t.Fatalf("%q ends with %q: %v", k, part, end[k])
			}
			if i, ok := lex.Find(k); !ok || lex.At(i) != k {
				t.Fatalf("%q is not found", k)
			}
		}
	})
}

func TestShortWordsAreForgivenNoTypo(t *testing.T) {
	for word, want := range map[string]int{"aid": 0, "opva": 1, "shleter": 1, "ξενωνασ": 1, "schutzwo": 2, "ελπιδεσς": 2} {
		if got := Typos(word); got != want {
			t.Errorf("Typos(%q) = %d, want %d", word, got, want)
		}
	}
}

func BenchmarkNearTwoErrors(b *testing.B) {
	keys := make([]string, 0, 60000)
	for _, a := range []string{"schutz", "frauen", "ξενων", "heberge", "accogl", "opvang", "berat", "κεντρ"} {
		for i := range 7000 {
			keys = append(keys, a+string(rune('a'+i%26))+string(rune('a'+i/26%26))+string(rune('a'+i/676)))
		}
	}
	lex := NewLexicon(keys)
	for b.Loop() {
		lex.Near("schutzwohnnug", 2, func(uint32, int) bool { return true })
	}
}

func TestALexiconWithChangesIsTheOneOfTheChangedKeys(t *testing.T) {
	words := rapid.SliceOfN(rapid.StringMatching(`[abαβ]{0,5}`), 0, 30)
	rapid.Check(t, func(t *rapid.T) {
		lex := NewLexicon(words.Draw(t, "keys"))
		var dropped []uint32
		var kept []string
		for i := range uint32(lex.Len()) {
			if rapid.Bool().Draw(t, "drop") {
				dropped = append(dropped, i)
			} else {
				kept = append(kept, lex.At(i))
			}
		}
		added := words.Draw(t, "added")
		slices.Sort(added)
		added = slices.DeleteFunc(slices.Compact(added), func(k string) bool { _, known := lex.Find(k); return known })
		got, want := lex.With(dropped, added), NewLexicon(slices.Concat(kept, added))
		if string(got.text) != string(want.text) || !slices.Equal(got.off, want.off) || !slices.Equal(got.ending, want.ending) {
			t.Fatalf("%q and %q", got.text, want.text)
		}
	})
}
