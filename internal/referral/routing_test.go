package referral

import (
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"amelie/internal/db"
	"amelie/internal/i18n"
	"amelie/internal/id"
	"amelie/locale"
)

// req: LIFE-2
func TestAYearAfterTheContentWentTheRoutingAndItsTimelineGoToo(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		old := h.as("midwife").sends()
		h.as("mira").looks(old)
		h.as("mira").does(old, Deed{Action: Decline, Code: "no-place", Once: id.New()})
		h.later(ContentLife + time.Hour)
		young := h.as("midwife").sends()
		h.now = h.now.Add(RoutingLife - 2*time.Hour)
		h.must(h.s.Sweep(ctx))
		if got := h.as("midwife").looks(old); got.Reason != "no-place" || len(got.Events) == 0 {
			t.Fatalf("gone too early: %+v", got.Row)
		}
		h.now = h.now.Add(2 * time.Hour)
		h.must(h.s.Sweep(ctx))
		h.as("midwife").cannotSee(old)
		if got := h.as("midwife").looks(young); got.Code() != Code(young) {
			t.Error("the younger one went along")
		}
		h.must(h.db.Read(ctx, func(tx *db.Tx) error {
			return tx.Each(eventsStmt, func(func(...any) error) error { t.Error("a line of the timeline is left"); return nil }, old)
		}))
	})
}

// One habit in every language: what stands alone in a badge, a track or a chip
// begins with a capital, as the directory's badges do.
func TestStatesAndDeadlinesBeginWithACapitalInEveryLanguage(t *testing.T) {
	texts, err := i18n.Load(locale.Files, i18n.Languages)
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range i18n.Languages {
		words := []string{texts.T(lang, "referral.due.in", "when", ""), texts.T(lang, "referral.due.over", "when", ""), texts.T(lang, "referral.open.now")}
		for _, s := range States {
			words = append(words, texts.T(lang, "referral.state."+string(s)))
		}
		for _, w := range words {
			if first, _ := utf8.DecodeRuneInString(w); !unicode.IsUpper(first) {
				t.Errorf("%s: %q", lang, w)
			}
		}
	}
}
