package app

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"amelie/internal/referral"
)

// shipped is an installation with the shipped directory and nobody in it.
func shipped(t *testing.T) *App {
	t.Helper()
	a, err := Open(context.Background(), Config{Data: filepath.Join(t.TempDir(), "data"), Addr: "127.0.0.1:0"}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

func TestWhenEverybodyWhoFitsHasRefusedOthersAreSuggested(t *testing.T) {
	a := shipped(t)
	q := referral.Wanted{Country: "GR", Needs: []string{"accommodation"}, Language: "ro", Lang: "en", At: time.Now(), Limit: 40}
	fitting, err := services{a}.Suggest(context.Background(), q)
	if err != nil || len(fitting) == 0 {
		t.Fatalf("%d, %v", len(fitting), err)
	}
	refused := map[string]bool{}
	for _, e := range fitting {
		q.Not = append(q.Not, e.ID)
		refused[e.ID] = true
	}
	others, err := services{a}.Suggest(context.Background(), q)
	if err != nil || len(others) == 0 {
		t.Fatalf("%d others, %v", len(others), err)
	}
	for _, e := range others {
		if refused[e.ID] {
			t.Errorf("%s refused and is suggested again", e.ID)
		}
	}
}

func TestWhoTypesANameFindsNobodyOfAnotherName(t *testing.T) {
	a := shipped(t)
	for q, want := range map[string]int{"Solwodi": 1, "Ziegelbrücke": 0} {
		found, err := a.findOrganizations(context.Background(), q, "de")
		if err != nil || len(found) != want {
			t.Errorf("%q finds %d, %v", q, len(found), err)
		}
	}
}
