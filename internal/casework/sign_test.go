package casework

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"testing"

	"amelie/internal/ask"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/web"
)

// paperSigns are two lists on paper: codes and words.
type paperSigns map[string]string

func (p paperSigns) Lists(context.Context, string) (out []SignList, err error) {
	for _, list := range []string{"first@1", "second@1"} {
		l := SignList{ID: list, Title: "List " + list, Ages: []string{"adult"}, Groups: []SignGroup{{Title: "At work"}}}
		for code, words := range p {
			if listOf(code) == list {
				l.Groups[0].Signs = append(l.Groups[0].Signs, web.Choice{Value: code, Label: words})
			}
		}
		out = append(out, l)
	}
	return out, nil
}

func (p paperSigns) Sign(_ context.Context, _, code string) (Sign, bool) {
	words, ok := p[code]
	return Sign{Words: words, List: "List " + listOf(code)}, ok
}

func TestWhatWasObservedIsNotedByCodesThatStayWhenAListChanges(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		lists := paperSigns{"first@1#papers": "Somebody else keeps the papers", "first@1#pay": "Pay is held back"}
		h.s.Signs = lists
		c := h.begins("mira", "Rosa")
		mira := h.users["mira"]
		notes := func(entry string, rev int64, fields ask.Answer) (string, error) {
			return h.s.Save(ctx, mira, c, Typed{Kind: "observed", Entry: entry, Rev: rev, Once: id.New(), Posted: fields})
		}
		for what, fields := range map[string]ask.Answer{
			"nothing":               {"told": {"seen"}},
			"a sign of no list":     {"signs": {"first@1#pay", "first@1#unheard-of"}},
			"what is no code":       {"signs": {"Pay is held back"}},
			"an observer of no use": {"signs": {"first@1#pay"}, "noticed-by": {"the-neighbour"}},
		} {
			_, err := notes("", 0, fields)
			h.refused(what, err, fault.Invalid)
		}
		entry, err := notes("", 0, ask.Answer{"signs": {"first@1#papers"}, "noticed-by": {"writer"}, "noticed": {"2026-11-20"}, "told": {"seen"}})
		h.must(err)
		delete(lists, "first@1#papers") // the list is another one now
		_, err = notes("", 0, ask.Answer{"signs": {"first@1#papers"}})
		h.refused("anew, by a list that is not here any more", err, fault.Invalid)
		_, err = notes(entry, 1, ask.Answer{"signs": {"first@1#papers", "first@1#pay"}})
		h.must(err)
		o, err := h.s.Look(ctx, mira, c)
		h.must(err)
		if e := o.Of("observed"); len(e) != 1 || !slices.Equal(e[0].Fields["signs"], []string{"first@1#papers", "first@1#pay"}) || e[0].Part != Indicators {
			t.Errorf("noted: %+v", e)
		}
	})
}

func TestTheFormOffersTheSignsOfOneListAndKeepsThoseOfAnother(t *testing.T) {
	s := newSite(t)
	s.s.Signs = paperSigns{"first@1#papers": "Somebody else keeps the papers", "first@1#pay": "Pay is held back", "second@1#alone": "Never alone"}
	c := s.begins("mira", "Rosa")
	form := "/en/cases/" + c + "/write/observed"
	first := s.get("mira", form)
	s.shows(first, 200, "List first@1 · 18 or over", "List second@1")
	if strings.Contains(wordsOf(first), "Never alone") {
		t.Error("signs stand there before a list was chosen")
	}
	s.shows(s.get("mira", form+"?list=first@1"), 200, "At work", "Pay is held back")
	wrong := s.post("mira", form+"?list=first@1", url.Values{"signs": {"first@1#pay"}, "noticed": {"yesterday"}, "words": {"by the gate"}, "once": {id.New()}})
	if s.shows(wrong, 422, "by the gate"); !strings.Contains(wrong.Body.String(), `value="first@1#pay" checked`) {
		t.Error("what was ticked is lost with a wrong day")
	}
	made := s.post("mira", form+"?list=first@1", url.Values{"signs": {"first@1#pay"}, "once": {id.New()}})
	if made.Code != 303 {
		t.Fatalf("%d %.300s", made.Code, wordsOf(made))
	}
	s.shows(s.get("mira", "/en/cases/"+c), 200, "Pay is held back", "List first@1")
	o, err := s.s.Look(ctx, s.users["mira"], c)
	s.must(err)
	again := s.get("mira", form+"?entry="+o.Of("observed")[0].ID+"&list=second@1")
	s.shows(again, 200, "Noted before", "Never alone")
	if !strings.Contains(again.Body.String(), `value="first@1#pay" checked`) {
		t.Error("with another list the signs of the first are gone")
	}
}

func TestWhoOpensACaseAgainSeesWhatPassedMeanwhile(t *testing.T) {
	s := newSite(t)
	c := s.begins("mira", "Rosa")
	task := s.writes("mira", c, "task", "Ask for the paper")
	_, err := s.s.Save(ctx, s.users["mira"], c, Typed{Kind: "task", Entry: task, Rev: 1, Posted: ask.Answer{"words": {"Ask for the paper"}, "day": {"2026-11-25"}}})
	s.must(err)
	act := func(a Action) { s.must(s.s.Act(ctx, s.users["mira"], c, a, nil)) }
	act(Close)
	s.now = s.now.AddDate(0, 0, 10)
	act(Reopen)
	s.shows(s.get("mira", "/en/cases/"+c), 200, "Passed while the case was closed")
	s.must(s.s.Done(ctx, s.users["mira"], c, task, true))
	if strings.Contains(wordsOf(s.get("mira", "/en/cases/"+c)), "Passed while") {
		t.Error("what is dealt with still stands there")
	}
}

func TestAFileOfAReferralThatActsByItselfStaysThereAndTheOthersCome(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.begins("mira", "Rosa")
		h.s.Attached = func(context.Context, *web.Viewer, string) ([]Upload, error) {
			return []Upload{{Name: "1.pdf", Body: []byte("%PDF-1.4\n/JavaScript"), Once: "one"}, {Name: "2.pdf", Body: []byte("%PDF-1.4\n%%EOF"), Once: "two"}}, nil
		}
		for range 2 {
			if refused, err := h.s.Attach(ctx, h.users["mira"], c, "referral-1"); err != nil || refused != 1 {
				t.Errorf("refused %d: %v", refused, err)
			}
		}
		o, err := h.s.Look(ctx, h.users["mira"], c)
		h.must(err)
		if files := o.Of("document"); len(files) != 1 || files[0].File.Name != "2.pdf" {
			t.Errorf("taken over: %+v", files)
		}
		h.must(h.s.Act(ctx, h.users["mira"], c, Close, nil))
		if _, err := h.s.Attach(ctx, h.users["mira"], c, "referral-1"); err != nil {
			t.Errorf("into a closed case: %v", err)
		}
	})
}

// req: CASE-2
func TestTheTopOfAFileSaysHowToReachThePersonWhatMustNotHappenAndWhatIsNext(t *testing.T) {
	s := newSite(t)
	s.s.Add(Room{Name: "stage", Icon: "flag"})
	c := s.begins("mira", "Rosa")
	top := func() string {
		words := wordsOf(s.get("mira", "/en/cases/"+c))
		return words[strings.Index(words, "Safe contact"):strings.LastIndex(words, "Person")]
	}
	if said := top(); strings.Contains(said, "What is next") || strings.Contains(said[:strings.Index(said, "Person")], "What must not happen") {
		t.Errorf("with nothing due and nothing ruled out: %.300s", said)
	}
	s.fills(c, "needs", ask.Answer{"must-not": {"family-not-told", "unknown"}, "must-not-words": {"not at the market"}})
	s.must(s.db.Write(ctx, func(tx *db.Tx) error { return s.s.SetDue(tx, c, "stage.some-period", s.now.AddDate(0, 0, 3)) }))
	said := top()
	for _, want := range []string{"What must not happen Family must not know not at the market", "What is next 25 November 2026 Stages and periods"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not at the top: %.400s", want, said)
		}
	}
	s.fills(c, "task", ask.Answer{"words": {"Ask for the paper"}, "day": {"2026-11-23"}})
	if said := top(); !strings.Contains(said, "What is next 23 November 2026 Ask for the paper") {
		t.Errorf("%.400s", said)
	}
}

// fills writes an entry with several fields.
func (s *site) fills(caseID, kind string, fields ask.Answer) {
	s.t.Helper()
	_, err := s.s.Save(ctx, s.users["mira"], caseID, Typed{Kind: kind, Posted: fields})
	s.must(err)
}
