package learn_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"amelie/internal/learn"
	"amelie/internal/learn/learntest"
)

func TestAFileOfBlocksIsReadAndWrittenAsItWas(t *testing.T) {
	for name, file := range learntest.Files() {
		if !strings.HasSuffix(name, ".md") {
			continue
		}
		w, problems := learn.ParseWords(name, file.Data)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		if diff := cmp.Diff(string(file.Data), string(w.Markdown())); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestWhateverIsReadIsReadAgainFromWhatIsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		line := rapid.StringMatching(`(- |> |[0-9]\. |### |)[A-Za-zäέ][A-Za-zäέ*\[\]{#} ]{0,20}[a-z]`)
		text := "---\nlang: en\nstate: source\n---\n"
		for _, id := range rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z]{1,4}(\.[a-z]{1,2})?`), 0, 8, rapid.ID).Draw(t, "ids") {
			text += "\n" + strings.Join(rapid.SliceOfN(line, 1, 3).Draw(t, "lines"), "\n") + "\n{#" + id + "}\n"
		}
		w, problems := learn.ParseWords("x", []byte(text))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		again, problems := learn.ParseWords("x", w.Markdown())
		if len(problems) > 0 || string(again.Markdown()) != string(w.Markdown()) {
			t.Fatalf("%v\n%s\n%s", problems, w.Markdown(), again.Markdown())
		}
	})
}

func FuzzForeignWords(f *testing.F) {
	for _, file := range learntest.Files() {
		f.Add(file.Data)
	}
	f.Add([]byte("---\nlang: en\n---\n\n{#a}\n{#b of=12}\nx"))
	f.Fuzz(func(t *testing.T, b []byte) {
		w, problems := learn.ParseWords("x", b)
		if (w == nil) != (len(problems) > 0) {
			t.Fatal("words and problems at once, or neither")
		}
		if w == nil {
			return
		}
		for _, id := range w.Order {
			text, _ := w.Text(id)
			if len(text.Lines()) == 0 {
				t.Errorf("%s has no line", id)
			}
		}
		if _, problems := learn.ParseWords("x", w.Markdown()); len(problems) > 0 {
			t.Errorf("what was written is not read: %v", problems)
		}
	})
}

func TestAFaultNamesTheLine(t *testing.T) {
	for _, test := range []struct {
		text string
		line int
		key  string
	}{
		{"# No front\n{#title}\n", 1, "learn.problem.front"},
		{"---\nlang: en\ncolour: red\n---\n", 3, "learn.problem.front-key"},
		{"---\nlang: en\n---\n\nA text without a name.\n\nAnother.\n{#p1}\n", 7, "learn.problem.no-id"},
		{"---\nlang: en\n---\n\nA text at the end.\n", 6, "learn.problem.no-id"},
		{"---\nlang: en\n---\n\n{#p1}\n", 5, "learn.problem.no-words"},
		{"---\nlang: en\n---\n\nx\n{#P 1}\n", 6, "learn.problem.bad-id"},
		{"---\nlang: en\n---\n\nx\n{#a}\n\ny\n{#a}\n", 9, "learn.problem.twice"},
	} {
		_, problems := learn.ParseWords("f.md", []byte(test.text))
		if len(problems) == 0 || problems[0].Line != test.line || problems[0].Key != test.key {
			t.Errorf("%q: %v, want line %d %s", test.text, problems, test.line, test.key)
		}
	}
}

func TestALineIsMarkupOnlyWhereItMayBe(t *testing.T) {
	number := func(id string) int {
		if id == "a-guide-2022" {
			return 2
		}
		return 0
	}
	for in, want := range map[string]string{
		"plain":                                    "plain",
		"*so* and **so**":                          "<em>so</em> and <strong>so</strong>",
		"<script>alert(1)</script> & more":         "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more",
		"it is so [a-guide-2022].":                 `it is so<sup class="cite"><a role="doc-noteref" href="#w2">2</a></sup>.`,
		"So [a-guide-2022, no-such-work] [A word]": `So<sup class="cite"><a role="doc-noteref" href="#w2">2</a></sup> [A word]`,
		"so [a-guide-2022] [a-guide-2022].":        `so<sup class="cite"><a role="doc-noteref" href="#w2">2</a>, <a role="doc-noteref" href="#w2">2</a></sup>.`,
		"*never closed":                            "<em>never closed</em>",
		`[a](javascript:alert(1))`:                 "(javascript:alert(1))",
	} {
		if got := string(learn.HTML(in, number)); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
	if got := learn.Plain("It *is* **so** [a-guide-2022]."); got != "It is so." {
		t.Errorf("plain: %q", got)
	}
}

func TestAStampMovesWithTheWordsAndNotWithTheLineBreaks(t *testing.T) {
	a, b, c := learn.Text{Body: "one two\nthree"}, learn.Text{Body: "one two three"}, learn.Text{Body: "one two four"}
	if a.Stamp() != b.Stamp() || a.Stamp() == c.Stamp() {
		t.Error(a.Stamp(), b.Stamp(), c.Stamp())
	}
}
