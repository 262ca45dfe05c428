package instrument

import (
	"errors"
	"strings"
	"testing"
)

// The counts of the lists by dimension, strong/medium/weak: adults and children
// in labour exploitation. They were computed from the table that the packs
// were made from, and the sums of the adults' list agree with a second source.
func TestTheLabourListsHoldTheWeightsOfTheirSource(t *testing.T) {
	for id, want := range map[string][]tally{
		"delphi-labour-adult": {{1, 8, 1}, {1, 9, 0}, {0, 14, 2}, {1, 7, 1}, {4, 10, 1}, {0, 5, 2}},
		"delphi-labour-child": {{2, 8, 0}, {4, 6, 0}, {0, 15, 0}, {1, 7, 0}, {8, 7, 0}, {0, 7, 0}},
	} {
		p := pack(t, id)
		for n, d := range p.Dimensions {
			var got tally
			for _, i := range p.Items {
				if i.Dimension == d.ID {
					got.add(i.Weight)
				}
			}
			if got != want[n] {
				t.Errorf("%s %s: %v, want %v", id, d.ID, got, want[n])
			}
		}
	}
	if a, c := len(pack(t, "delphi-labour-adult").Items), len(pack(t, "delphi-labour-child").Items); a != 67 || c != 65 {
		t.Errorf("%d and %d indicators", a, c)
	}
}

// What is known of the lists that are not at hand.
func TestTheReconstructedListsAgreeWithWhatIsKnownOfThem(t *testing.T) {
	adult, child := pack(t, "delphi-sexual-adult"), pack(t, "delphi-sexual-child")
	for _, i := range adult.Items {
		if i.Dimension == "exploitation" && i.Weight == Strong {
			t.Errorf("%s is strong", i.ID)
		}
	}
	for p, id := range map[*Pack]string{adult: "control-tasks", child: "exploitation-danger"} {
		if i, ok := p.Item(id); !ok || i.Weight != Strong {
			t.Errorf("%s %s: %v", p.ID, id, i.Weight)
		}
	}
	if i, _ := child.Item("control-tasks"); i.Weight != Strong {
		t.Error("forced tasks are strong for children too")
	}
}

// req: INSTRUMENT-6
func TestAReconstructedListGivesNoResultBeforeItWasConfirmed(t *testing.T) {
	for _, id := range []string{"delphi-sexual-adult", "delphi-sexual-child", "raft"} {
		p := pack(t, id)
		_, err := p.Score(Response{Adult, Answers{}})
		var closed ErrClosed
		if !errors.As(err, &closed) || closed.State != p.State {
			t.Errorf("%s: %v", id, err)
		}
	}
}

func TestNoTemplateHoldsTheWordingOfOthers(t *testing.T) {
	n := 0
	for _, p := range shipped(t) {
		if p.State != Template {
			if p.Licence.Permission != "own-words" {
				t.Errorf("%s is shipped with words that are %s", p.ID, p.Licence.Permission)
			}
			continue
		}
		n++
		for _, lang := range p.Languages {
			for _, i := range p.Items {
				if p.Wording(i, lang).Label != "" {
					t.Errorf("%s %s has words in %s", p.ID, i.ID, lang)
				}
			}
		}
	}
	if n != 6 {
		t.Errorf("%d templates", n)
	}
}

func TestAnswersOutsideAnItemsDomainAreRefusedAndNotCorrected(t *testing.T) {
	p := pack(t, "delphi-labour-adult")
	for text, reason := range map[string]string{
		`{"age":"adult","answers":{"exploitation-pay":"Yes"}}`:                         "outside",
		`{"age":"adult","answers":{"exploitation-pay":" yes"}}`:                        "outside",
		`{"age":"adult","answers":{"exploitation-pay":""}}`:                            "outside",
		`{"age":"adult","answers":{"exploitation-pay":true}}`:                          "word",
		`{"age":"adult","answers":{"exploitation-pay":1}}`:                             "word",
		`{"age":"adult","answers":{"exploitation-pay":null}}`:                          "word",
		`{"age":"adult","answers":{"exploitation-pay":"yes","exploitation-pay":"no"}}`: "twice",
		`{"age":"adult","answers":{"exploitation-wine":"yes"}}`:                        "not in",
		`{"age":"adult","answers":{"Exploitation-pay":"yes"}}`:                         "not in",
		`{"age":"adult","answers":["exploitation-pay"]}`:                               "object",
		`{"age":"17","answers":{}}`:                                                    "age",
		`{"age":17,"answers":{}}`:                                                      "age",
		`{"Age":"adult","answers":{}}`:                                                 "unknown name",
		`{"answers":{}}`:                                                               "age",
		`{"age":"adult"}`:                                                              "answers",
		`{"age":"adult","age":"child","answers":{}}`:                                   "twice",
		`{"age":"adult","answers":{},"name":"x"}`:                                      "unknown name",
		`{"age":"adult","answers":{}} {}`:                                              "after",
		`{"age":"adult","answers":{}`:                                                  "JSON",
		`{"age":"adult","answers":{"exploitation-pay":"yes"`:                           "JSON",
		``: "object", `null`: "object", `[]`: "object", `"yes"`: "object",
	} {
		_, err := p.ReadResponse(strings.NewReader(text))
		var refusal Refusal
		if !errors.As(err, &refusal) || !strings.Contains(err.Error(), reason) {
			t.Errorf("%s: %v, want %s", text, err, reason)
		}
	}
	twice := `{"age":"adult","answers":{"exploitation-pay":"yes","exploitation-hours":"unknown","exploitation-pay":"yes"}}`
	r, err := p.ReadResponse(strings.NewReader(twice))
	if err != nil || len(r.Answers) != 2 {
		t.Fatalf("the same twice: %v, %v", r, err)
	}
	if got := score(t, p, Adult, r.Answers); got.Dimensions[3].Positive {
		t.Error("one indicator that stands twice counts once")
	}
}
