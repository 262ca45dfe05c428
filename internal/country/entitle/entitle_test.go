package entitle

import (
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"amelie/internal/country"
	"amelie/internal/fault"
)

const contentDir = "../../../content"

var loaded = sync.OnceValues(func() (*Set, error) {
	packs, err := country.Load(os.DirFS(contentDir))
	if err != nil {
		return nil, err
	}
	return Load(os.DirFS(contentDir), packs)
})

func shipped(t testing.TB) *Set {
	t.Helper()
	s, err := loaded()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func in(t testing.TB, code string) *Country {
	t.Helper()
	c, ok := shipped(t).Country(code)
	if !ok {
		t.Fatalf("no %s", code)
	}
	return c
}

// every is every combination of answers, open ones included.
func every(s *Set) []Answers {
	var open []Question
	for _, q := range s.Questions {
		open = append(open, Question{q.ID, append([]string{""}, q.Answers...)})
	}
	return expand(Answers{}, open)
}

func ids(list []Shown) []string {
	var out []string
	for _, s := range list {
		out = append(out, s.ID)
	}
	return out
}

// req: ENTITLE-1
func TestEveryCombinationOfAnswersHasAnAnswer(t *testing.T) {
	s := shipped(t)
	for _, code := range s.Codes() {
		for _, a := range every(s) {
			if len(in(t, code).Entitled(a)) == 0 {
				t.Fatalf("%s: nothing for %v", code, a)
			}
		}
	}
}

// req: ENTITLE-1
func TestAnOpenQuestionNeverHidesWhatAnAnswerWouldShow(t *testing.T) {
	s := shipped(t)
	for _, code := range s.Codes() {
		c := in(t, code)
		for _, a := range every(s) {
			shown := ids(c.Entitled(a))
			for _, q := range s.open(a) {
				for _, answer := range q.Answers {
					for _, more := range c.Entitled(a.with(q.ID, answer)) {
						if !slices.Contains(shown, more.ID) {
							t.Fatalf("%s: %v hides %s, which %s = %s shows", code, a, more.ID, q.ID, answer)
						}
					}
				}
			}
		}
	}
}

func TestWhatIsCertainStaysCertainWhenMoreIsKnown(t *testing.T) {
	s := shipped(t)
	for _, code := range s.Codes() {
		c := in(t, code)
		for _, a := range every(s) {
			open := s.open(a)
			if len(open) != 1 {
				continue
			}
			for _, answer := range open[0].Answers {
				later := c.Entitled(a.with(open[0].ID, answer))
				for _, now := range c.Entitled(a) {
					if now.Certain && !slices.ContainsFunc(later, func(x Shown) bool { return x.ID == now.ID && x.Certain }) {
						t.Fatalf("%s: %s was certain for %v and is not with %s", code, now.ID, a, answer)
					}
				}
			}
		}
	}
}

func TestWithAllKnownNothingIsLeftOpen(t *testing.T) {
	s := shipped(t)
	for _, code := range s.Codes() {
		for _, a := range expand(Answers{}, s.Questions) {
			for _, x := range in(t, code).Entitled(a) {
				if !x.Certain || len(x.Depends) > 0 {
					t.Fatalf("%s: %s is open for %v", code, x.ID, a)
				}
			}
		}
	}
}

// first is the first entitlement of the table that is certain.
func first(list []Shown, table string) string {
	for _, s := range list {
		if s.Table == table && s.Certain {
			return s.ID
		}
	}
	return ""
}

func TestThePathsThatProfessionalsAskFor(t *testing.T) {
	without := Answers{"insurance": "none", "papers": "none", "who": "adult", "need": "necessary", "document": "no"}
	for _, x := range []struct {
		country string
		change  Answers
		want    string
	}{
		{"BE", nil, "be-urgent-aid"},
		{"BE", Answers{"document": "yes", "papers": "permit"}, "be-procedure"},
		{"BE", Answers{"papers": "asylum"}, "be-asylum"},
		{"DE", nil, "de-anonymous"},
		{"DE", Answers{"document": "yes"}, "de-reflection-care"},
		{"DE", Answers{"insurance": "eu"}, "ehic"},
		{"GR", nil, "gr-without"},
		{"GR", Answers{"who": "pregnant"}, "gr-uninsured"},
		{"GR", Answers{"papers": "asylum"}, "gr-paaypa"},
		{"IT", nil, "it-stp"},
		{"IT", Answers{"who": "child"}, "it-children"},
		{"IT", Answers{"insurance": "here"}, "insured"},
	} {
		a := maps.Clone(without)
		maps.Copy(a, x.change)
		if got := first(in(t, x.country).Entitled(a), complete); got != x.want {
			t.Errorf("%s %v: %s, not %s", x.country, x.change, got, x.want)
		}
	}
}

func TestAnEuropeanWithoutInsuranceInItalyIsToldOfTheENICode(t *testing.T) {
	list := ids(in(t, "IT").Entitled(Answers{"insurance": "none", "papers": "citizen"}))
	if !slices.Contains(list, "it-eni") || slices.Contains(list, "it-stp") {
		t.Error(list)
	}
}

func TestAnOpenAnswerSaysWithWhatItApplies(t *testing.T) {
	for _, x := range in(t, "IT").Entitled(Answers{"papers": "none", "who": "adult", "document": "no", "need": "urgent"}) {
		if x.ID != "it-stp" {
			continue
		}
		if x.Certain || len(x.Depends) != 1 || x.Depends[0].Question != "insurance" || !slices.Equal(x.Depends[0].Answers, []string{"none"}) {
			t.Errorf("%+v", x)
		}
		return
	}
	t.Error("the code is not shown")
}

func TestAnAnswerThatNoQuestionHasIsRefused(t *testing.T) {
	if err := shipped(t).Check(Answers{"papers": "lost"}); fault.KindOf(err) != fault.Invalid {
		t.Error(err)
	}
	if err := shipped(t).Check(Answers{"papers": "", "need": "urgent"}); err != nil {
		t.Error(err)
	}
}

// req: ENTITLE-2
func TestNothingIsShownAsMoreCertainThanItsWeakestSource(t *testing.T) {
	s := shipped(t)
	for _, code := range s.Codes() {
		c := in(t, code)
		for _, p := range c.order() {
			e := c.entitlement(p.id)
			if len(e.Origins()) == 0 || e.State() == country.Verified {
				t.Errorf("%s: %v", e.ID, e.State())
			}
			for _, o := range e.Origins() {
				if o.State() == country.Unverified && e.State() != country.Unverified {
					t.Errorf("%s is shown as %s", e.ID, e.State())
				}
				if c.Source(o.Source).Title == "" {
					t.Errorf("%s cites nothing", e.ID)
				}
			}
		}
	}
}

// broken loads the shipped content with one file changed.
func broken(t *testing.T, file, old, changed string) error {
	t.Helper()
	tree := fstest.MapFS{}
	err := fs.WalkDir(os.DirFS(contentDir), "country", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(contentDir + "/" + name)
		tree[name] = &fstest.MapFile{Data: b}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	name := dir + "/" + file
	text := string(tree[name].Data)
	if !strings.Contains(text, old) {
		t.Fatalf("%s does not contain %q", file, old)
	}
	tree[name] = &fstest.MapFile{Data: []byte(strings.Replace(text, old, changed, 1))}
	packs, err := country.Load(tree)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Load(tree, packs)
	return err
}

// req: ENTITLE-3
func TestAFileThatContradictsItselfIsRefusedWithTheReason(t *testing.T) {
	for _, x := range []struct{ file, old, changed, reason string }{
		{"it.toml", `when = {papers = ["none"]}`, `when = {papers = ["nothing"]}`, `papers has no answer "nothing"`},
		{"it.toml", `when = {insurance = ["here"]}`, `when = {ensurance = ["here"]}`, `no question "ensurance"`},
		{"it.toml", `when = {insurance = ["here"]}`, `when = {insurance = ["here", "eu", "none"]}`, "leave it out for all"},
		{"it.toml", `when = {insurance = ["here"]}` + "\nshow", "show", "can never be reached"},
		{"it.toml", `when = {insurance = ["eu"]}`, `when = {insurance = ["here"]}`, "can never be reached"},
		{"be.toml", "[[table.rule]]\nshow = [\"be-join\"]", "[[table.rule]]\nwhen = {papers = [\"permit\"]}\nshow = [\"be-join\"]", "has no answer for"},
		{"it.toml", `show = ["it-stp"]`, `show = ["it-code"]`, `no entitlement "it-code"`},
		{"it.toml", `show = ["it-stp"]`, `show = ["it-join"]`, "no rule shows it"},
		{"it.toml", `care = "it-stp"`, `care = "it-sto"`, `no fact "it-sto"`},
		{"it.toml", `source = "aida-it"`, `source = "aida"`, "unknown source aida"},
		{"it.toml", `office = "knows"`, `office = "perhaps"`, `"perhaps" is not known`},
		{"it.toml", `confidence = "F"`, `confidence = "X"`, `"X" is none of`},
		{"words/fr.toml", "[costs]\nfree =", "[costs]\ngratis =", "costs.free words: is missing"},
		{"words/fr.toml", "[costs]\nfree =", "[costs]\ngratis =", "costs.gratis words: nothing uses it"},
		{"questions.toml", `answers = ["yes", "no"]`, `answers = ["yes"]`, "at least two different answers"},
	} {
		err := broken(t, x.file, x.old, x.changed)
		if err == nil || !strings.Contains(err.Error(), x.reason) {
			t.Errorf("%s %q -> %q: %v", x.file, x.old, x.changed, err)
		}
	}
}
