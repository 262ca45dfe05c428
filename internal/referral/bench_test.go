package referral

import (
	"testing"

	"amelie/internal/db/dbtest"
)

// BenchmarkSend measures one referral from the opened draft to durable: opened,
// packed, sealed, wrapped for two agencies, stored with consent, log and jobs.
func BenchmarkSend(b *testing.B) {
	h := newHouse(b, dbtest.Open(b, schemas...))
	a := h.as("midwife")
	drafts := make([]string, b.N)
	orders := make([]Order, b.N)
	for i := range drafts {
		drafts[i] = a.drafts("gr-open-door-house", Alone, nil)
		orders[i] = a.order(drafts[i])
	}
	b.ResetTimer()
	for i := range drafts {
		if _, err := h.s.Send(ctx, a.v, drafts[i], "en", orders[i]); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkToday measures the page's data with 200 referrals under way.
func BenchmarkToday(b *testing.B) {
	h := newHouse(b, dbtest.Open(b, schemas...))
	for range 200 {
		h.as("midwife").sends()
	}
	b.ResetTimer()
	for b.Loop() {
		if _, err := h.s.TodayOf(ctx, h.as("mira").v); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAskEight measures one anonymous enquiry to eight desks from the
// opened draft to durable.
func BenchmarkAskEight(b *testing.B) {
	h := withDesks(newHouse(b, dbtest.Open(b, schemas...)))
	a := h.as("midwife")
	var desks []string
	for i := range MaxCandidates {
		desks = append(desks, "gr-desk"+itoa(i+1)+"-house")
	}
	drafts, revs := make([]string, b.N), make([]int64, b.N)
	for i := range drafts {
		drafts[i], revs[i] = a.drafting(desks...)
	}
	b.ResetTimer()
	for i := range drafts {
		if _, err := h.s.SendEnquiry(ctx, a.v, drafts[i], "en", revs[i]); err != nil {
			b.Fatal(err)
		}
	}
}
