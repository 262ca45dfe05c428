package app_test

import (
	"context"
	"testing"

	"amelie/internal/app"
	"amelie/internal/fault"
	"amelie/internal/referral"
	"amelie/internal/web"
)

func viewer(t *testing.T, a *app.App, key string) *web.Viewer {
	t.Helper()
	user, err := a.Accounts.ByLogin(context.Background(), key+"@demo.invalid")
	if err != nil {
		t.Fatal(err)
	}
	v, err := a.Accounts.DemoViewer(context.Background(), user)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// What was told at the hospital stands in the case without being asked again, and
// nobody else can take it over.
func TestWhatWasToldInAReferralIsTakenOverIntoACase(t *testing.T) {
	a := demo(t)
	ctx := context.Background()
	mira := viewer(t, a, "mira")
	list, err := a.Referrals.List(ctx, mira, 1, 100)
	if err != nil {
		t.Fatal(err)
	}
	taken := 0
	for _, r := range list {
		said, err := a.Cases.Told(ctx, mira, r.ID)
		if r.ToAgency != mira.AgencyID || r.Kind != referral.Referral || r.State != referral.Accepted && r.State != referral.Appointment && r.State != referral.HandedOver {
			if err == nil {
				t.Errorf("%s in state %s is taken over", r.ID, r.State)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		taken++
		if said["person"].One("name") == "" || len(said["needs"]["need"]) == 0 || len(said["languages"]["language"]) == 0 {
			t.Errorf("taken over: %v", said)
		}
		if _, err := a.Cases.Told(ctx, viewer(t, a, "insider"), r.ID); fault.KindOf(err) != fault.NotFound {
			t.Errorf("a stranger takes it over: %v", err)
		}
	}
	if taken == 0 {
		t.Fatal("the demo has no accepted referral")
	}
}
