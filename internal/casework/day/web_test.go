package day

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"amelie/internal/ask"
	"amelie/internal/casework"
	"amelie/internal/id"
)

// site serves the pages; who asks is named.
func (h house) site() func(user, method, path string, form url.Values) *httptest.ResponseRecorder {
	return h.Pages(h.S.Mount, h.d.Mount).Do
}

// req: DAY-1, DAY-3
func TestThePageOfTheReceiverShowsACodeAndNoName(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		do := h.site()
		c := h.Begins("Rosa")
		room := "/en/cases/" + c + "/day"
		h.Says(do("mira", "POST", "/en/cases/"+c+"/assign", url.Values{"worker": {"nils"}}), 303, true)
		if h.responsible(c) != "mira" {
			t.Error("a worker moved a case past the other one")
		}
		h.Says(do("mira", "POST", room+"/hand-over", url.Values{"worker": {"nils"}}), 303, true)
		h.Says(do("mira", "GET", room, nil), 200, true, "Offered to Name of nils")
		day := do("nils", "GET", "/en/cases/day", nil)
		h.Says(day, 200, true, casework.Row{ID: c}.Code(), "Offered by Name of mira")
		h.Says(day, 200, false, "Rosa", c)
		h.Says(do("nils", "GET", room, nil), 404, true)
		h.Says(do("nils", "POST", "/en/cases/day/settle", url.Values{"offer": {h.offered("nils").ID}, "act": {"accept"}}), 303, true)
		h.Says(do("nils", "GET", room, nil), 200, true, "Flags")
		h.Says(do("mira", "GET", room, nil), 404, true)
		h.Says(do("admin", "GET", "/en/cases/day", nil), 404, true)
		h.Says(do("mira", "GET", "/en/cases/day/team", nil), 403, true)
	})
}

// req: DAY-4
func TestTheSummaryNamesNobodyAndSaysNotWhyUnlessItIsChosen(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		do := h.site()
		c := h.Begins("Rosa")
		h.Writes("mira", c, "service", ask.Answer{"need": {"accommodation"}, "standing": {"given"}, "pillar": {"protection"}, "provider": {"Elm House"}, "words": {"from Monday"}})
		h.Writes("mira", c, "observed", ask.Answer{"instrument": {"the list"}, "indicators": {"held papers"}})
		h.Writes("mira", c, "risk", ask.Answer{"level": {"high"}, "assessment": {"was followed"}})
		paper := func(query string) string {
			body := do("mira", "GET", "/en/cases/"+c+"/day/summary"+query, nil).Body.String()
			return body[strings.Index(body, `class="paper`):]
		}
		has := func(body string, yes bool, words ...string) {
			t.Helper()
			for _, w := range words {
				if strings.Contains(body, w) != yes {
					t.Errorf("%q: %v", w, !yes)
				}
			}
		}
		has(paper(""), true, "A safe place to stay", "from Monday", casework.Row{ID: c}.Code())
		has(paper(""), false, "Rosa", "lavender", "Elm House", "Identification", "Open Door", "held papers", "was followed")
		has(paper("?part=services&part=identity"), true, "Rosa", "Elm House")
		has(paper("?part=indicators&part=safety&part=account&part=notes"), false, "held papers", "was followed")
		h.Says(do("insider", "GET", "/en/cases/"+c+"/day/summary", nil), 404, true)
	})
}

func TestWhatWasTypedStaysWhenItIsWrongAndViewsAreNamedByWhatTheyShow(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		do := h.site()
		c := h.Begins("Rosa")
		room := "/en/cases/" + c + "/day"
		h.Says(do("mira", "POST", room+"/ask", url.Values{"words": {"look at the flat"}, "once": {id.New()}}), 422, true, "Please choose", "look at the flat")
		h.Says(do("boss", "POST", "/en/cases/day/team", url.Values{"label": {"House"}, "kind": {"choice"}, "options": {"North"}}), 422, true, "House", "North", "two to twelve")
		h.Says(do("boss", "POST", "/en/cases/day/team", url.Values{"label": {"House"}, "kind": {"choice"}, "options": {"North\nSouth"}}), 303, true)
		h.Says(do("mira", "POST", room+"/own", url.Values{"own-1": {"West"}, "rev": {"0"}}), 422, true, "Please choose")
		h.Says(do("mira", "POST", room+"/own", url.Values{"own-1": {"South"}, "rev": {"0"}}), 303, true)
		h.Says(do("mira", "POST", room+"/own", url.Values{"own-1": {"North"}, "rev": {"0"}}), 422, true, "wrote meanwhile", "South")
		h.Says(do("mira", "POST", "/en/cases/day/view", url.Values{"show": {"mine"}, "by": {"week"}}), 303, true)
		h.Says(do("mira", "POST", "/en/cases/day/view", url.Values{"show": {"Rosa"}, "by": {"week"}}), 422, true)
		h.Says(do("mira", "GET", "/en/cases/day", nil), 200, true, "Mine, Due this week", "by=week&amp;show=mine")
		h.Says(do("mira", "POST", "/en/cases/day/view", url.Values{"drop": {casework.Address(casework.Mine, casework.Open, "week")}}), 303, true)
		h.Says(do("mira", "GET", "/en/cases/day", nil), 200, false, "Mine, Due this week")
		h.Says(do("mira", "POST", "/en/cases/day/hand-over", url.Values{"worker": {"nils"}}), 422, true, "at least one case")
	})
}
