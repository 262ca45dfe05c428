package plan

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
	return h.Pages(h.S.Mount, h.p.Mount).Do
}

func TestThePageShowsThePillarsTheSuggestionsAndTheLastDayOfAClaim(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		do := h.site()
		c := h.Begins("Rosa")
		page := "/en/cases/" + c + "/plan"
		h.Writes("mira", c, Circumstances, ask.Answer{"circumstances": {"debt"}})
		goal := h.Writes("mira", c, Goal, ask.Answer{"words": {"To cook again"}, "pillar": {"inclusion"}, "day": {"2027-01-31"}})
		h.Writes("mira", c, Redress, ask.Answer{"track": {"wages"}, "standing": {"preparing"}, "day": {"2026-12-31"}})
		shows := func(w *httptest.ResponseRecorder, status int, words ...string) {
			t.Helper()
			h.Says(w, status, true, words...)
		}
		shows(do("mira", "GET", page, nil), 200, "To cook again", "By 31 January 2027", "Last day 31 December 2026", "A debt that was forced", "Justice and redress")
		shows(do("mira", "GET", "/en/cases/"+c, nil), 200, "Last day for a claim: 31 December 2026", page+"#close")
		shows(do("mira", "POST", page+"/offer", url.Values{"offer": {"service.legal-aid"}, "once": {id.New()}}), 303)
		if again := do("mira", "GET", page, nil).Body.String(); strings.Contains(again, "A debt that was forced") || !strings.Contains(again, "Legal help") {
			t.Error("what was offered is still suggested, or stands nowhere")
		}
		ticked := do("mira", "POST", "/en/cases/"+c+"/done/"+goal, url.Values{"done": {"1"}, "room": {"plan"}})
		if to := ticked.Header().Get("Location"); to != page {
			t.Errorf("ticking a goal leads to %s", to)
		}
		shows(do("mira", "GET", page, nil), 200, "Done on 22 November 2026")
		shows(do("mira", "POST", page+"/close", url.Values{}), 422, "Please choose")
		shows(do("mira", "POST", "/en/cases/"+c+"/act", url.Values{"action": {"close"}}), 303)
		if o, err := h.S.Look(h.Ctx, h.Users["mira"], c); err != nil || o.State != casework.Open {
			t.Errorf("closed without a reason: %v %v", o, err)
		}
		shows(do("mira", "POST", page+"/close", url.Values{"reason": {"own-wish"}}), 303)
		shows(do("mira", "GET", page, nil), 200, "The person wants it", "Open the case again")
		for _, who := range []string{"nils", "second", "insider", "admin"} {
			shows(do(who, "GET", page, nil), 404)
			shows(do(who, "GET", page+"/sheet", nil), 404)
			shows(do(who, "POST", page+"/close", url.Values{"reason": {"other"}}), 404)
		}
	})
}

// req: PLAN-2
func TestTheSheetSpeaksThePersonsLanguageAndNamesNobodyUnasked(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		do := h.site()
		c := h.Begins("Rosa")
		h.Writes("mira", c, "languages", ask.Answer{"language": {"ro", "it"}})
		h.Writes("mira", c, Goal, ask.Answer{"words": {"Una casa nostra"}, "pillar": {"support"}})
		h.Writes("mira", c, "appointment", ask.Answer{"when": {"2026-12-01T10:00"}, "words": {"the lawyer about the offence"}, "place": {"Court street"}})
		h.Writes("mira", c, service, ask.Answer{"need": {"accommodation"}, "standing": {"given"}, "provider": {"Lamp House"}})
		h.Writes("mira", c, service, ask.Answer{"need": {"safety-planning"}, "standing": {"given"}})
		h.Writes("mira", c, Circumstances, ask.Answer{"circumstances": {"debt"}})
		sheet := func(query string) string {
			body := do("mira", "GET", "/en/cases/"+c+"/plan/sheet"+query, nil).Body.String()
			from := strings.Index(body, "own-sheet")
			if from < 0 {
				t.Fatal(body)
			}
			return body[from:]
		}
		has := func(body string, yes bool, words ...string) {
			t.Helper()
			for _, w := range words {
				if strings.Contains(body, w) != yes {
					t.Errorf("%q: %v", w, !yes)
				}
			}
		}
		first := sheet("")
		has(first, true, "Il mio piano", "Una casa nostra", "1 dicembre 2026")
		has(first, false, "Court street", "Lamp House", "lawyer", "Rosa", "Open Door", "sicurezza")
		all := sheet("?show=goals&show=dates&show=help&show=names&in=de")
		has(all, true, "Mein Plan", "Eine Unterkunft", "Lamp House", "Court street")
		has(all, false, "Rosa", "Open Door", "lawyer", "Sicherheit", "Schulden")
	})
}
