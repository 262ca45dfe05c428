package agreement

import (
	"fmt"
	"testing"
	"time"

	"amelie/internal/db/dbtest"
)

// A national installation: 1000 agreements, of which the asking hospital has
// 30. What a referral page adds by asking for them.
func BenchmarkWhatAHospitalHasAgreedAmongAThousand(b *testing.B) {
	h := newHouse(b, dbtest.Open(b, schemas...))
	for i := range 1000 {
		with := "org-curious"
		if i >= 970 {
			with = "org-shelter"
		}
		who := map[bool]string{true: "hospital lead", false: "shelter lead"}[with == "org-shelter"]
		d := draft(with)
		d.Title = fmt.Sprint("Agreement ", i)
		made, err := h.Propose(ctx, as(who), d)
		if err == nil {
			err = h.Act(ctx, as(map[bool]string{true: "shelter lead", false: "curious lead"}[with == "org-shelter"]), made, Deed{Action: Confirm, Version: 1})
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ResetTimer()
	for b.Loop() {
		with, err := h.With(ctx, "hospital")
		if err != nil || len(with["org-shelter"]) != 30 {
			b.Fatal(len(with["org-shelter"]), err)
		}
	}
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(time.Millisecond), "ms/page")
}
