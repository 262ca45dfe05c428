package learn_test

import (
	"net/url"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"amelie/internal/learn"
	"amelie/internal/learn/learntest"
)

func bank(t testing.TB) map[string]learn.Question {
	out := map[string]learn.Question{}
	topic, _ := learntest.Course(t).Topic("talk")
	for _, q := range topic.Questions {
		out[q.ID] = q
	}
	return out
}

func TestTheSolutionOfEachKindIsRightAndWrittenAsItIsRead(t *testing.T) {
	for _, q := range []learn.Question{
		{ID: "q", Kind: learn.Single, Answers: []learn.Answer{{ID: "a"}, {ID: "b", Right: true}}},
		{ID: "q", Kind: learn.Multiple, Answers: []learn.Answer{{ID: "a", Right: true}, {ID: "b"}, {ID: "c", Right: true}}},
		{ID: "q", Kind: learn.TrueFalse, Answers: []learn.Answer{{ID: "t"}, {ID: "f", Right: true}}},
		{ID: "q", Kind: learn.Order, Answers: []learn.Answer{{ID: "a"}, {ID: "b"}, {ID: "c"}}},
		{ID: "q", Kind: learn.Match, Pairs: []learn.Answer{{ID: "a"}, {ID: "b"}}},
	} {
		form := map[string][]string{}
		q.Fields("x", q.Solution(), func(name, value string) { form[name] = append(form[name], value) })
		read := q.Read("x", func(name string) []string { return form[name] })
		if !q.Mark(read).Right || q.Check(read) != nil {
			t.Errorf("%s: %v becomes %v", q.Kind, q.Solution(), read)
		}
	}
}

func TestAnAnswerIsWorthWhatIsRightInIt(t *testing.T) {
	q := bank(t)
	for _, test := range []struct {
		id    string
		given learn.Given
		share float64
	}{
		{"q1", learn.Given{"b"}, 1},
		{"q1", learn.Given{"a"}, 0},
		{"q1", nil, 0},
		{"q2", learn.Given{"a", "b"}, 1},
		{"q2", learn.Given{"a"}, .5},
		{"q2", learn.Given{"a", "c"}, 0},
		{"q2", learn.Given{"a", "b", "c"}, .5},
		{"q3", learn.Given{"f"}, 1},
		{"q4", learn.Given{"a", "b", "c"}, 1},
		{"q4", learn.Given{"a", "c", "b"}, .5},
		{"q4", learn.Given{"c", "b", "a"}, 0},
		{"q4", learn.Given{"a", "b"}, 0},
		{"q4", learn.Given{"a", "a", "a"}, 0},
		{"q5", learn.Given{"a=a", "b=b", "c=c"}, 1},
		{"q5", learn.Given{"a=a", "b=c", "c=b"}, 1. / 3},
		{"q5", learn.Given{"a=a", "a=b"}, 0},
		{"q6", nil, 0},
	} {
		if got := q[test.id].Mark(test.given); got.Share != test.share || got.Right != (test.share == 1) {
			t.Errorf("%s %v: %v, want %v", test.id, test.given, got, test.share)
		}
	}
}

func TestAnAnswerOutsideTheQuestionIsRefused(t *testing.T) {
	q := bank(t)
	for id, given := range map[string]learn.Given{"q1": {"z"}, "q2": {"a", "z"}, "q3": {"t", "f"}, "q4": {"a=b"}, "q5": {"a"}, "q6": {"text"}} {
		if q[id].Check(given) == nil {
			t.Errorf("%s took %v", id, given)
		}
	}
	if err := q["q5"].Check(learn.Given{"a=b", "b=a"}); err != nil {
		t.Error(err)
	}
}

func TestWhatAFormSaysIsRead(t *testing.T) {
	q := bank(t)
	form := url.Values{"q2": {"a", "c", "a", ""}, "q4.a": {"2"}, "q4.b": {"1"}, "q4.c": {"9"}, "q5.a": {"b"}, "q5.c": {""}, "q6": {"my own words"}}
	values := func(name string) []string { return form[name] }
	for id, want := range map[string]learn.Given{"q2": {"a", "c"}, "q4": {"b", "a"}, "q5": {"a=b"}, "q6": nil, "q1": nil} {
		if got := q[id].Read(id, values); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", id, got, want)
		}
	}
}

func TestADrawIsTheSameForTheSameSeedAndHidesTheRightOne(t *testing.T) {
	q := bank(t)
	all := []learn.Question{q["q1"], q["q2"], q["q3"], q["q4"]}
	first := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.StringMatching(`[a-z0-9]{1,8}`).Draw(t, "seed")
		n := rapid.IntRange(0, 6).Draw(t, "n")
		a, b := learn.Draw(all, n, seed), learn.Draw(all, n, seed)
		if len(a) != min(n, len(all)) || !slices.EqualFunc(a, b, func(x, y learn.Question) bool { return x.ID == y.ID }) {
			t.Fatalf("%v %v", a, b)
		}
		if s := q["q1"].Shuffled(seed); len(s) != 3 || !slices.Equal(s, q["q1"].Shuffled(seed)) {
			t.Fatal(s)
		}
		if !slices.Equal(q["q3"].Shuffled(seed), []string{"t", "f"}) {
			t.Fatal("true and false changed places")
		}
	})
	for i := range 300 {
		first[q["q1"].Shuffled(strconv.Itoa(i))[0]]++
	}
	if len(first) != 3 || first["a"] < 60 || first["b"] < 60 || first["c"] < 60 {
		t.Errorf("who stands first: %v", first)
	}
}
