package learn_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"

	"amelie/internal/learn"
	"amelie/internal/learn/learntest"
)

// written is a course's folder as it is exported.
func written(c *learn.Course) fstest.MapFS {
	out := fstest.MapFS{}
	for name, b := range c.Files() {
		out[name] = &fstest.MapFile{Data: b}
	}
	return out
}

// hand is what somebody does to a file of words: a text typed anew, whatever
// is in it, with the breaks and spaces that editors leave.
func hand(t *rapid.T, folder fstest.MapFS) {
	name := rapid.SampledFrom([]string{"talk/en.md", "talk/de.md", "course/de.md", "case/corridor/en.md"}).Draw(t, "file")
	text := string(folder[name].Data)
	id := rapid.SampledFrom([]string{"lead", "s1.a", "q1.a", "q4.ok", "essentials.lead"}).Draw(t, "block")
	before, after, ok := strings.Cut(text, "\n{#"+id+"}")
	if !ok {
		return
	}
	at := strings.LastIndex(before, "\n\n")
	typed := rapid.SampledFrom([]string{"", "</script><b>", "& \" ' < {#", "\\ ` ~ _x_ ", "“Γειά σου”, *so*. ", "\u2028 \ufeff \U0001f642 "}).Draw(t, "odd") +
		rapid.StringMatching(`[a-zäßα-ω][a-zäßα-ω <>&"'(){}/.,;:!?0-9]{0,60}x`).Draw(t, "words")
	end := rapid.SampledFrom([]string{"", " ", "\r"}).Draw(t, "end")
	folder[name] = &fstest.MapFile{Data: []byte(before[:at] + "\n\n" + typed + end + "\n{#" + id + "}" + after)}
}

func TestACourseWrittenReadAndWrittenAgainIsTheSameBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		folder := learntest.Files()
		for range rapid.IntRange(0, 4).Draw(t, "changes") {
			hand(t, folder)
		}
		note := "# " + rapid.StringMatching(`[a-z <>&"]{0,40}`).Draw(t, "note") + "\n"
		folder["course.toml"] = &fstest.MapFile{Data: append([]byte(note), folder["course.toml"].Data...)}
		first, err := learn.Read(folder, learntest.Known)
		if err != nil {
			t.Fatal(err)
		}
		second, err := learn.Read(written(first), learntest.Known)
		if err != nil {
			t.Fatalf("an exported folder is refused: %v", err)
		}
		a, b := first.Files(), second.Files()
		if !slices.Equal(slices.Sorted(maps.Keys(a)), slices.Sorted(maps.Keys(folder))) {
			t.Fatalf("exported %v", slices.Sorted(maps.Keys(a)))
		}
		for name := range a {
			if string(a[name]) != string(b[name]) {
				t.Errorf("%s moved:\n%q\n%q", name, a[name], b[name])
			}
			if strings.HasSuffix(name, ".toml") && string(a[name]) != string(folder[name].Data) {
				t.Errorf("%s is not as it was written", name)
			}
		}
		same(t, first, second)
	})
}

// same compares what two courses say, block by block.
func same(t *rapid.T, first, second *learn.Course) {
	for _, file := range []string{"talk", "course", "case/corridor"} {
		for _, lang := range first.Languages {
			w, x := first.Words(file, lang), second.Words(file, lang)
			if !slices.Equal(w.Order, x.Order) {
				t.Fatalf("%s/%s stands in another order", file, lang)
			}
			for _, id := range w.Order {
				one, _ := w.Text(id)
				other, _ := x.Text(id)
				if one.Body != other.Body || one.Of != other.Of {
					t.Errorf("%s/%s %s: %q and %q", file, lang, id, one.Body, other.Body)
				}
			}
		}
	}
}
