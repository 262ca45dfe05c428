package learn_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"amelie/internal/learn"
	"amelie/internal/learn/learntest"
)

// changed is the small course with one replacement in one file; an empty old
// text takes the file away or adds it.
func changed(file, old, by string) fstest.MapFS {
	out := learntest.Files()
	switch {
	case old == "" && by == "":
		delete(out, file)
	case old == "":
		out[file] = &fstest.MapFile{Data: []byte(by)}
	default:
		text := string(out[file].Data)
		if !strings.Contains(text, old) {
			panic(file + " does not hold " + old)
		}
		out[file] = &fstest.MapFile{Data: []byte(strings.Replace(text, old, by, 1))}
	}
	return out
}

func TestACourseWithOneBadFileIsRefusedWithFileLineAndReason(t *testing.T) {
	for _, test := range []struct{ file, old, by, where, key string }{
		{"course.toml", "pass = 80", "pass = 180", "course.toml", "pass"},
		{"course.toml", "pass = 80", "pass = ", "course.toml", "data"},
		{"course.toml", `"talk.u1"`, `"talk.u9"`, "course.toml", "no-unit"},
		{"course.toml", "draw = 2", "draw = 2\nsurprise = 1", "course.toml", "unknown-key"},
		{"talk/topic.toml", "minutes = 3", "minutes = 9", "talk/topic.toml", "minutes"},
		{"talk/topic.toml", `"guide"`, `"nowhere"`, "talk/topic.toml", "no-tool"},
		{"talk/topic.toml", "use = ", `help = "wonders"` + "\nuse = ", "talk/topic.toml", "no-help"},
		{"course.toml", `"shelter"`, `"wonders"`, "course.toml", "no-help"},
		{"talk/topic.toml", `form = "case"`, `form = "shout"`, "talk/topic.toml", "form"},
		{"talk/topic.toml", `form = "warn"`, `form = "warn", file = "` + learntest.Picture + `"`, "talk/topic.toml", "picture"},
		{"talk/topic.toml", learntest.Picture, "picture/../../secret.png", "talk/topic.toml", "picture"},
		{"talk/topic.toml", learntest.Picture, "picture/0123456789abcdef.jpg", "picture/0123456789abcdef.jpg", "missing-file"},
		{learntest.Picture, "IEND", "tEXt", learntest.Picture, "picture-file"},
		{learntest.Picture, "", "<svg xmlns='http://www.w3.org/2000/svg'/>", learntest.Picture, "picture-file"},
		{"talk/de.md", "Zwei Stühle, einer an der Tür.\n{#u1.i1}\n\n", "", "talk/de.md", "missing"},
		{"talk/topic.toml", `questions = ["q1", "q2"]`, `questions = ["q9"]`, "talk/topic.toml", "no-question"},
		{"talk/topic.toml", `{ id = "b", right = true }`, `{ id = "b" }`, "talk/topic.toml", "question"},
		{"talk/topic.toml", `sources = ["a-guide-2022"]`, `sources = ["nobody-2001"]`, "talk/topic.toml", "no-work"},
		{"talk/de.md", "", "", "talk/de.md", "missing-file"},
		{"talk/de.md", "\n{#u1.w1}", "\n{#u1.w2}", "talk/de.md", "missing"},
		{"talk/de.md", "- ein ruhiger Raum", "  ein ruhiger Raum", "talk/de.md", "shape"},
		{"talk/de.md", "**allem**", "**allem", "talk/de.md", "marks"},
		{"talk/de.md", "[a-guide-2022]", "[b-guide-2023]", "talk/de.md", "no-work"},
		{"talk/de.md", "lang: de", "lang: it", "talk/de.md", "language"},
		{"talk/de.md", "state: not-reviewed", "state: reviewed", "talk/de.md", "state"},
		{"talk/fr.md", "", "---\n---\n", "talk/fr.md", "stranger"},
		{"glossary.toml", "de = {", "fr = {", "glossary.toml", "term"},
		{"case/corridor/scenario.toml", `to = "e1"`, `to = "e9"`, "case/corridor/scenario.toml", "leads-nowhere"},
		{"case/corridor/scenario.toml", `to = "e1"`, `to = "s1"`, "case/corridor/scenario.toml", "circle"},
		{"case/corridor/scenario.toml", `to = "e1"`, `to = "e2"`, "case/corridor/scenario.toml", "unreached"},
		{"case/corridor/scenario.toml", `debrief = ["d1"]`, `debrief = []`, "case/corridor/scenario.toml", "no-debrief"},
		{"case/corridor/scenario.toml", `tests = "alone"`, `tests = "elsewhere"`, "case/corridor/scenario.toml", "no-step"},
		{"case/corridor/scenario.toml", `"documents"`, `"weather"`, "case/corridor/scenario.toml", "no-indicator"},
	} {
		_, err := learn.Read(changed(test.file, test.old, test.by), learntest.Known)
		var problems learn.Problems
		if !errors.As(err, &problems) {
			t.Errorf("%s %q: taken (%v)", test.file, test.by, err)
			continue
		}
		if !slices.ContainsFunc(problems, func(p learn.Problem) bool { return p.File == test.where && p.Key == "learn.problem."+test.key }) {
			t.Errorf("%s %q: %v, want %s", test.file, test.by, problems, test.key)
		}
	}
}

func TestAFaultOfAChoiceNamesTheLineOfItsOwnScene(t *testing.T) {
	for _, test := range []struct {
		by, key string
		line    int
	}{
		{`to = "e9"`, "leads-nowhere", 23}, // the choice "a" of the second scene
		{`to = "e2"`, "unreached", 31},
	} {
		_, err := learn.Read(changed("case/corridor/scenario.toml", `to = "e1"`, test.by), learntest.Known)
		var problems learn.Problems
		if !errors.As(err, &problems) {
			t.Fatalf("%s: %v", test.by, err)
		}
		i := slices.IndexFunc(problems, func(p learn.Problem) bool { return p.Key == "learn.problem."+test.key })
		if i < 0 || problems[i].Line != test.line {
			t.Errorf("%s: %v, want line %d", test.by, problems, test.line)
		}
	}
}

func TestOnlyTheChangedBlockIsMarkedStale(t *testing.T) {
	c := learntest.Course(t)
	files := learntest.Files()
	for _, file := range []string{"talk", "course", "case/corridor"} {
		files[file+"/de.md"] = &fstest.MapFile{Data: c.Words(file, "de").Stamped(c.Words(file, "en")).Markdown()}
	}
	text := string(files["talk/en.md"].Data)
	files["talk/en.md"] = &fstest.MapFile{Data: []byte(strings.Replace(text, "How to begin.", "How to begin well.", 1))}
	now := learntest.Read(t, files)
	for _, id := range now.Words("talk", "de").Order {
		if got, want := now.Stale("talk", "de", id), id == "lead"; got != want {
			t.Errorf("%s stale: %v", id, got)
		}
	}
	if now.Stale("talk", "en", "lead") {
		t.Error("the source itself is stale")
	}
	if now.Version() == c.Version() {
		t.Error("the version did not move")
	}
}

func TestEveryPathOfACaseComesToADebriefedEnd(t *testing.T) {
	s, _ := learntest.Course(t).Case("corridor")
	paths := 0
	all := s.EachPath(func(taken []learn.Taken, end learn.Ending) {
		paths++
		var way []string
		for _, step := range taken {
			way = append(way, step.Choice.ID)
		}
		if _, at := s.Follow(way); at != end.ID {
			t.Errorf("%v leads to %s, walked to %s", way, at, end.ID)
		}
	})
	if paths != 3 || !all {
		t.Errorf("%d paths, want 3; all: %v", paths, all)
	}
	if taken, at := s.Follow([]string{"a", "zz"}); at != "s2" || len(taken) != 1 {
		t.Errorf("a broken path led to %s after %d", at, len(taken))
	}
}

func TestACaseOfFewScenesWithMorePathsThanAnybodyCanWalkIsWalkedAsFarAsTheBound(t *testing.T) {
	s := &learn.Case{Start: "s0", Endings: []learn.Ending{{ID: "end"}}}
	for i := range 60 { // 2 to the 60th paths
		to := fmt.Sprint("s", i+1)
		if i == 59 {
			to = "end"
		}
		s.Scenes = append(s.Scenes, learn.Scene{ID: fmt.Sprint("s", i), Choices: []learn.Choice{{ID: "a", To: to}, {ID: "b", To: to}}})
	}
	paths := 0
	if all := s.EachPath(func([]learn.Taken, learn.Ending) { paths++ }); all || paths < 5_000 || paths > 20_000 {
		t.Errorf("%d paths, all: %v", paths, all)
	}
	for i := range s.Scenes { // and circles alone come to an end
		s.Scenes[i].Choices[0].To, s.Scenes[i].Choices[1].To = "s0", "s0"
	}
	s.EachPath(func([]learn.Taken, learn.Ending) { t.Error("out of a circle") })
}
