package referral

import (
	"fmt"
	"testing"

	"amelie/internal/fault"
	"amelie/internal/id"
)

// req: CONSENT-6
func TestWhatATalkBroughtAlongStandsInTheDraftAndHowItTookPlaceIsAskedAnew(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		midwife, once := h.as("midwife"), id.New()
		brought := map[string][]string{"need": {"accommodation", "legal-aid"}, "must-not": {"no-police"}, "setting": {Alone}, "name": {"Maria"}, "sign": {"x"}}
		draft, err := h.s.Prefill(ctx, midwife.v, once, brought, "Somebody else holds the papers")
		h.must(err)
		again, err := h.s.Prefill(ctx, midwife.v, once, brought, "")
		h.must(err)
		d, err := h.s.Load(ctx, midwife.v, draft)
		h.must(err)
		if again != draft || fmt.Sprint(d.Answers["need"]["need"], d.Answers["must-not"]["must-not"], d.Answers["notes"]["notes"]) != "[accommodation legal-aid] [no-police] [Somebody else holds the papers]" {
			t.Errorf("%s %s: %v", draft, again, d.Answers)
		}
		if len(d.Answers) != 3 || d.Kind != Enquiry || NextStep(d.Kind, d.Answers, "") != "setting" {
			t.Errorf("brought along what may not be, or the first question is not asked: %v %v", d.Kind, d.Answers)
		}
		_, err = h.s.Prefill(ctx, h.as("mira").v, once, brought, "")
		kind(t, err, fault.NotFound, "")
		_, err = h.s.Prefill(ctx, midwife.v, id.New(), map[string][]string{"need": {"a castle"}}, "")
		kind(t, err, fault.Invalid, "referral.error.option")
		_, err = h.s.Prefill(ctx, nil, id.New(), brought, "")
		kind(t, err, fault.SignIn, "")
	})
}
