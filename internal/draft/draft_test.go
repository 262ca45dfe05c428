package draft

import (
	"context"
	"fmt"
	"testing"
	"time"

	"amelie/internal/ask"
	"amelie/internal/db"
	"amelie/internal/db/dbtest"
	"amelie/internal/vault"
	"amelie/internal/web"
)

type keys map[string]*vault.PrivateKey

// writers are two, each with a key.
func writers(t *testing.T) keys {
	t.Helper()
	out := keys{}
	for _, user := range []string{"mira", "nils"} {
		k, err := vault.NewPrivateKey()
		if err != nil {
			t.Fatal(err)
		}
		out[user] = k
	}
	return out
}

func (k keys) PublicKey(_ *db.Tx, user string) (vault.PublicKey, error) { return k[user].Public(), nil }

// req: DRAFT-1, DRAFT-2
func TestWhatWasTypedIsKeptWithoutAKeyAndOpensForItsWriterAlone(t *testing.T) {
	ctx := context.Background()
	dbtest.Each(t, []db.Schema{Schema}, func(t *testing.T, d *db.DB) {
		who := writers(t)
		now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
		s := &Shelf{DB: d, Now: func() time.Time { return now }, Keys: who}
		mira, nils := &web.Viewer{UserID: "mira", Key: who["mira"]}, &web.Viewer{UserID: "nils", Key: who["nils"]}
		words := func(v *web.Viewer, place string) string {
			a, _, err := s.Load(ctx, v, place)
			if err != nil {
				t.Fatal(err)
			}
			return a.One("words")
		}
		for _, by := range []Author{AuthorOf(mira), {User: "mira"}} { // unlocked, and after the sign-in ended
			text := fmt.Sprint("typed with a key: ", by.Key != nil)
			if err := s.Keep(ctx, by, "form", ask.Answer{"words": {text}}); err != nil {
				t.Fatal(err)
			}
			if got := words(mira, "form"); got != text {
				t.Errorf("%q, not %q", got, text)
			}
		}
		if words(nils, "form") != "" || words(&web.Viewer{UserID: "mira"}, "form") != "" {
			t.Error("a draft opens for somebody else, or without a key")
		}
		if err := s.Keep(ctx, AuthorOf(mira), "form", ask.Answer{}); err != nil || words(mira, "form") != "" {
			t.Errorf("an emptied form leaves a draft: %v", err)
		}
		for i := range Most + 3 {
			now = now.Add(time.Minute)
			if err := s.Keep(ctx, AuthorOf(mira), fmt.Sprint("form ", i), ask.Answer{"words": {"x"}}); err != nil {
				t.Fatal(err)
			}
		}
		if words(mira, "form 2") != "" || words(mira, "form 3") == "" {
			t.Error("not the oldest gave way")
		}
		now = now.Add(Life - 10*time.Minute)
		if err := s.Sweep(ctx); err != nil || words(mira, "form 10") != "" || words(mira, fmt.Sprint("form ", Most+2)) == "" {
			t.Errorf("after two weeks without a touch: %v", err)
		}
		if err := s.Keep(ctx, Author{}, "form", ask.Answer{"words": {"x"}}); err == nil {
			t.Error("a stranger's draft is kept")
		}
	})
}
