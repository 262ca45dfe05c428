// Package learntest has a small course in two languages for tests.
//
// The idea: one of everything that a course can hold, as short as it can be.
//
// Stored: nothing. It must never ship with the program.
package learntest

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/png"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"amelie/internal/learn"
)

// Known are the names of other rooms that Files lead to.
var Known = learn.Known{Steps: []string{"alone"}, Indicators: []string{"documents"}, Helps: []string{"shelter", "interpreting"}}

// Files are the course's folder.
func Files() fstest.MapFS {
	out := fstest.MapFS{}
	for name, text := range files {
		out[name] = &fstest.MapFile{Data: []byte(strings.ReplaceAll(text, "PICTURE", Picture))}
	}
	out[Picture] = &fstest.MapFile{Data: drawn}
	return out
}

// Picture is the file of the picture in the first unit.
var Picture, drawn = func() (string, []byte) {
	img := image.NewGray(image.Rect(0, 0, 40, 30))
	img.Set(20, 15, color.White)
	var out bytes.Buffer
	err := png.Encode(&out, img)
	name, body, e := learn.NewPicture(out.Bytes())
	if err := errors.Join(err, e); err != nil {
		panic(err)
	}
	return name, body
}()

// Course reads Files.
func Course(t testing.TB) *learn.Course {
	t.Helper()
	return Read(t, Files())
}

// Read reads a folder that must be a course.
func Read(t testing.TB, folder fs.FS) *learn.Course {
	t.Helper()
	c, err := learn.Read(folder, Known)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var files = map[string]string{
	"course.toml": `id = "small"
languages = ["en", "de"]
topics = ["talk"]
cases = ["corridor"]
pass = 80
draw = 2
[essentials]
units = ["talk.u1"]
[[track]]
id = "reception"
units = ["talk.u2", "talk.u1"]
help = "shelter"
`,
	"sources.toml": `[[source]]
id = "a-guide-2022"
title = "A guide"
publisher = "A publisher"
year = 2022
address = "https://guide.example/"
read = "text"
`,
	"glossary.toml": `[[term]]
id = "interpreter"
en = { term = "interpreter", forms = ["interpreter"] }
de = { term = "Dolmetscherin", forms = ["dolmetsch"], avoid = ["übersetzer"] }
`,
	"talk/topic.toml": `id = "talk"
sources = ["a-guide-2022"]
summary = ["p1"]
[[unit]]
id = "u1"
minutes = 3
blocks = ["p1", { id = "c1", form = "case" }, "p2", { id = "w1", form = "warn" }, { id = "i1", form = "picture", file = "PICTURE" }]
use = ["guide"]
questions = ["q1", "q2"]
[[unit]]
id = "u2"
minutes = 2
blocks = ["p1"]
use = ["directory"]
questions = ["q3", "q4", "q5", "q6"]
[[question]]
id = "q1"
kind = "single"
answers = [{ id = "a" }, { id = "b", right = true }, { id = "c" }]
bank = true
[[question]]
id = "q2"
kind = "multiple"
answers = [{ id = "a", right = true }, { id = "b", right = true }, { id = "c" }]
bank = true
[[question]]
id = "q3"
kind = "truefalse"
answers = [{ id = "t" }, { id = "f", right = true }]
bank = true
[[question]]
id = "q4"
kind = "order"
answers = [{ id = "a" }, { id = "b" }, { id = "c" }]
bank = true
[[question]]
id = "q5"
kind = "match"
pairs = [{ id = "a" }, { id = "b" }, { id = "c" }]
[[question]]
id = "q6"
kind = "text"
`,
	"talk/en.md": words("en", "source", map[string]string{"title": "# Talking", "lead": "How to begin.", "u1": "## Alone first", "u2": "## Then the limits",
		"u1.p1": "See her *alone* before **anything** else [a-guide-2022].", "u1.c1": "Ada came with a man who answered.", "u1.p2": "- an interpreter of your own\n- a quiet room", "u1.w1": "> “I see everyone alone.”", "u1.i1": "Two chairs, one of them by the door.", "u2.p1": "1. Say what you may keep.\n2. Ask.",
		"s": "## To keep", "s.p1": "- Alone first."}),
	"talk/de.md": words("de", "not-reviewed", map[string]string{"title": "# Sprechen", "lead": "Wie es beginnt.", "u1": "## Zuerst allein", "u2": "## Dann die Grenzen",
		"u1.p1": "Sehen Sie sie *allein* vor **allem** anderen [a-guide-2022].", "u1.c1": "Ada kam mit einem Mann, der antwortete.", "u1.p2": "- eine eigene Dolmetscherin\n- ein ruhiger Raum", "u1.w1": "> „Ich sehe alle allein.“", "u1.i1": "Zwei Stühle, einer an der Tür.", "u2.p1": "1. Sagen, was bei Ihnen bleibt.\n2. Fragen.",
		"s": "## Zum Behalten", "s.p1": "- Zuerst allein."}),
	"course/en.md": courseWords("en", "source"),
	"course/de.md": courseWords("de", "not-reviewed"),
	"case/corridor/scenario.toml": `id = "corridor"
minutes = 4
setting = "emergency"
topics = ["talk"]
start = "s1"
[[scene]]
id = "s1"
blocks = ["p1"]
shows = ["documents"]
[[scene.choice]]
id = "a"
to = "s2"
effect = "helps"
tests = "alone"
[[scene.choice]]
id = "b"
to = "e2"
effect = "harms"
[[scene]]
id = "s2"
blocks = ["p1"]
[[scene.choice]]
id = "a"
to = "e1"
effect = "helps"
[[scene.choice]]
id = "b"
to = "e2"
effect = "costs"
[[ending]]
id = "e1"
blocks = ["p1"]
debrief = ["d1"]
outcome = "safer"
[[ending]]
id = "e2"
blocks = ["p1"]
debrief = ["d1"]
outcome = "closed"
`,
	"case/corridor/en.md": caseWords("en", "source"),
	"case/corridor/de.md": caseWords("de", "not-reviewed"),
}

// order is how the blocks of a file stand in it.
var order = []string{"title", "lead", "u1", "u1.p1", "u1.c1", "u1.p2", "u1.w1", "u1.i1", "u2", "u2.p1", "s", "s.p1"}

// words writes a topic's file: its own texts, and for each question words that
// name what they stand for.
func words(lang, state string, texts map[string]string) string {
	out := "---\nlang: " + lang + "\nstate: " + state + "\n---\n"
	for _, id := range order {
		out += "\n" + texts[id] + "\n{#" + id + "}\n"
	}
	for _, id := range []string{"q1", "q1.a", "q1.a.f", "q1.b", "q1.b.f", "q1.c", "q1.c.f", "q2", "q2.a", "q2.a.f", "q2.b", "q2.b.f", "q2.c", "q2.c.f", "q3", "q3.t.f", "q3.f.f",
		"q4", "q4.a", "q4.b", "q4.c", "q4.f", "q4.ok", "q5", "q5.a.l", "q5.a.r", "q5.a.f", "q5.b.l", "q5.b.r", "q5.b.f", "q5.c.l", "q5.c.r", "q5.c.f", "q6", "q6.m", "q6.f"} {
		out += block(lang, id)
	}
	return out
}

func block(lang, id string) string { return "\n" + lang + " words of " + id + "\n{#" + id + "}\n" }

func courseWords(lang, state string) string {
	out := "---\nlang: " + lang + "\nstate: " + state + "\n---\n\n# A small course " + lang + "\n{#title}\n"
	for _, id := range []string{"lead", "audience", "certificate", "review"} {
		out += block(lang, id)
	}
	for _, id := range []string{"essentials", "reception"} {
		out += "\n## " + id + " " + lang + "\n{#" + id + "}\n" + block(lang, id+".lead")
	}
	return out
}

func caseWords(lang, state string) string {
	out := "---\nlang: " + lang + "\nstate: " + state + "\n---\n\n# In the corridor " + lang + "\n{#title}\n" + block(lang, "lead")
	for _, id := range []string{"s1", "s2", "e1", "e2"} {
		out += "\n### Place " + id + "\n{#" + id + "}\n" + block(lang, id+".p1")
	}
	for _, id := range []string{"s1.a", "s1.b", "s2.a", "s2.b", "e1.d1", "e2.d1"} {
		out += block(lang, id)
	}
	return out
}
