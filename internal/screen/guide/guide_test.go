package guide

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"

	"amelie/content"
	"amelie/internal/i18n"
)

var patients = []string{"en", "el", "it", "de", "nl", "fr", "ar", "sq", "bg", "zh", "hu", "pl", "pt", "ro", "es", "uk"}

func shipped(t testing.TB) *Guide {
	t.Helper()
	g, err := Load(content.FS, i18n.Languages, patients)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// walk goes a random way and says which steps it passed.
func walk(t *rapid.T, g *Guide, path string) []Step {
	at, _ := g.Step(g.First)
	way := []Step{at}
	for len(way) < 200 && !at.End {
		var answers []Answer
		for _, a := range at.On(path) {
			if a.To != "" {
				answers = append(answers, a)
			}
		}
		at, _ = g.Step(rapid.SampledFrom(answers).Draw(t, "answer").To)
		way = append(way, at)
	}
	return way
}

// req: GUIDE-1
func TestOnEveryWayASafeStepComesBeforeAQuestion(t *testing.T) {
	g := shipped(t)
	paths := make([]string, 0, len(g.Paths))
	for _, p := range g.Paths {
		paths = append(paths, p.ID)
	}
	rapid.Check(t, func(t *rapid.T) {
		passed := map[string]bool{}
		child := false
		for _, s := range walk(t, g, rapid.SampledFrom(paths).Draw(t, "path")) {
			switch s.ID {
			case "inform":
				if !passed["limits"] {
					t.Fatal("informed before the limits of secrecy were said")
				}
			case "ask":
				for _, before := range []string{"danger", "alone", "interpreter", "age", "limits", "inform"} {
					if !passed[before] {
						t.Fatalf("asked without %s", before)
					}
				}
			case "child_talk":
				if !passed["child_limits"] || !passed["interpreter"] {
					t.Fatal("a child is asked before it knows what cannot be kept secret")
				}
			}
			if child && !s.Child {
				t.Fatalf("a child is led to %s, which is for adults", s.ID)
			}
			passed[s.ID], child = true, child || s.Child
		}
	})
}

// req: GUIDE-1
func TestAnOrderThatCouldHarmIsRefusedWithTheReason(t *testing.T) {
	change := func(id string, with func(*Step)) func(*Graph) {
		return func(g *Graph) {
			i := slices.IndexFunc(g.Steps, func(s Step) bool { return s.ID == id })
			with(&g.Steps[i])
		}
	}
	for reason, harm := range map[string]func(*Graph){
		"step ask: can be come to without limits": change("age", func(s *Step) { s.Answers[0].To = "ask" }),
		"step limits: no answer leads here":       change("age", func(s *Step) { s.Answers[0].To = "child_limits" }),
		"no way leads from here to an end":        change("no", func(s *Step) { s.Answers = []Answer{{ID: "end", To: "no"}} }),
		"an end has no answers":                   change("end", func(s *Step) { s.Answers = []Answer{{ID: "x", To: "no"}} }),
		`there is no step "nowhere"`:              change("danger", func(s *Step) { s.Answers[0].To = "nowhere" }),
		`there is no path "ward"`:                 change("danger", func(s *Step) { s.Answers[0].Only = []string{"ward"} }),
		`there is no kind of fact "weather"`:      change("danger", func(s *Step) { s.Facts = []string{"weather"} }),
		"each stands once":                        change("danger_signs", func(s *Step) { s.ID = "danger" }),
		"leads to a step or to a room":            change("danger", func(s *Step) { s.Answers[0].Room = "/signs" }),
	} {
		g := shipped(t)
		harm(&g.Graph)
		if all := strings.Join(g.Problems(), "\n"); !strings.Contains(all, reason) {
			t.Errorf("%q is not among the reasons:\n%s", reason, all)
		}
	}
}

// edited is the shipped content with one file changed.
func edited(t *testing.T, name, old, new string) fs.FS {
	t.Helper()
	out := fstest.MapFS{}
	err := fs.WalkDir(content.FS, dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(content.FS, path)
		out[path] = &fstest.MapFile{Data: b}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	file := out[dir+"/"+name]
	if file == nil || !strings.Contains(string(file.Data), old) {
		t.Fatalf("%s has no %q", name, old)
	}
	file.Data = []byte(strings.Replace(string(file.Data), old, new, 1))
	return out
}

func TestTextsThatMissSomethingAreRefusedWithEveryReason(t *testing.T) {
	for _, x := range []struct{ file, old, new, reason string }{
		{"say/en.toml", "ask_3 = ", "ask_9 = ", "ask_9 is not in English, or no step shows it"},
		{"say/de.toml", "no_1 = ", "no_99 = ", "no_1 is missing"},
		{"staff/de.toml", "[danger]\nquestion = ", "[danger]\nwhose = ", "unknown key danger.whose"},
		{"staff/de.toml", "[danger]\n", "[dangerous]\n", "there is no step dangerous"},
		{"staff/fr.toml", "unsure = ", "perhaps = ", "answer unsure has no words"},
		{"staff/en.toml", `source = ["who-ec-2021"]`, `source = ["hearsay"]`, "there is no source hearsay"},
		{"staff/it.toml", `lang = "it"`, `lang = "fr"`, "must say its language"},
		{"staff/nl.toml", "[topic.hiv]", "[topic.hov]", "there is no topic hov"},
		{"guide.toml", `first = "danger"`, `first = "danger"` + "\nlast = 1", "unknown key last"},
	} {
		_, err := Load(edited(t, x.file, x.old, x.new), i18n.Languages, patients)
		if err == nil || !strings.Contains(err.Error(), x.reason) {
			t.Errorf("%s with %q: %v", x.file, x.new, err)
		}
	}
	if _, err := Load(content.FS, append(slices.Clone(i18n.Languages), "xx"), patients); err == nil || !strings.Contains(err.Error(), "staff/xx.toml: cannot be read") {
		t.Errorf("a missing language: %v", err)
	}
}

func TestEveryLanguageSaysEveryStepAndEverySentence(t *testing.T) {
	g := shipped(t)
	for _, lang := range i18n.Languages {
		for _, s := range g.Steps {
			w := g.Words(lang, s.ID, "street")
			if w.Question == "" || w.Why == "" || len(w.Points) == 0 {
				t.Errorf("%s: %s has no question, reason or points", lang, s.ID)
			}
		}
	}
	if n := len(g.Sentences("ask")); n != 8 {
		t.Errorf("%d sentences to ask with, want 8", n)
	}
	for _, lang := range patients {
		if said := g.Say(lang); said == nil || len(said.Say) != len(g.Say("en").Say) {
			t.Errorf("%s does not say everything", lang)
		}
	}
}

func TestAPathChangesWordsAndLeavesOutWhatItMayNotAsk(t *testing.T) {
	g := shipped(t)
	ask, _ := g.Step("ask")
	for path, want := range map[string]string{"reception": "[desk_1 desk_2]", "street": "[street_1]"} {
		if got := g.Said(ask, path); fmt.Sprint(got) != want {
			t.Errorf("%s says %v, want %s: nothing that a clinician asks", path, got, want)
		}
	}
	for _, a := range ask.On("street") {
		if a.Room != "" {
			t.Error("a street team is led to the signs")
		}
	}
	if everywhere, desk := g.Words("en", "ask", "general"), g.Words("en", "ask", "reception"); everywhere.Question == desk.Question || len(desk.Answers) != len(everywhere.Answers) {
		t.Errorf("at the desk: %q, %d answers", desk.Question, len(desk.Answers))
	}
	if general, ward := g.Words("en", "alone", "general"), g.Words("en", "alone", "emergency"); len(ward.Points) != len(general.Points)+1 {
		t.Errorf("the emergency department adds nothing: %d and %d points", len(general.Points), len(ward.Points))
	}
}
