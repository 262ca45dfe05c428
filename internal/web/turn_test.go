package web

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

func TestEveryLineStandsOnExactlyOnePageWhicheverWayOneTurns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 7).Draw(t, "size")
		var keys []string // entries in their order, some with several lines
		for i := range rapid.IntRange(0, 12).Draw(t, "entries") {
			for range rapid.IntRange(1, 5).Draw(t, "lines") {
				keys = append(keys, fmt.Sprintf("e%03d", i))
			}
		}
		key := func(i int) string { return keys[i] }
		seen, after := 0, ""
		for {
			from, to := cut(len(keys), size, key, after, "")
			if from != seen {
				t.Fatalf("the page begins at %d, not at %d", from, seen)
			}
			if seen = to; to == len(keys) {
				break
			}
			after = keys[to-1]
		}
		for before := ""; seen > 0; before = keys[seen] {
			if before == "" {
				before = "z"
			}
			from, to := cut(len(keys), size, key, "", before)
			if to != seen || from >= to {
				t.Fatalf("the page back is %d to %d, not to %d", from, to, seen)
			}
			seen = from
		}
	})
}
