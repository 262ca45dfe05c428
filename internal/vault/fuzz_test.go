package vault_test

import (
	"errors"
	"testing"

	"amelie/internal/vault"
)

// Whatever bytes arrive, a reader neither panics nor opens what nobody sealed;
// the password is the same in every process of a fuzzing run, so that a seed
// may open.
func FuzzReaders(f *testing.F) {
	all := kinds(f)
	for _, k := range all {
		env := mustSeal(f, k, []byte("seed"), place)
		f.Add(env)
		f.Add(env[:len(env)/2])
	}
	f.Add([]byte{})
	f.Add([]byte{1, 3, 0xff, 0xff, 0xff, 0xff})
	f.Add([]byte{2, 1, 0})
	f.Fuzz(func(t *testing.T, env []byte) {
		for _, k := range all {
			got, err := k.open(env, place)
			if err == nil && string(got) != "seed" {
				t.Fatalf("%s opened %x as %q", k.name, env, got)
			}
			if err != nil && !errors.Is(err, vault.ErrClosed) && !errors.Is(err, vault.ErrBusy) {
				t.Fatalf("%s says more than that it is closed: %v", k.name, err)
			}
		}
	})
}

func FuzzRecoveryKey(f *testing.F) {
	printed, _ := vault.NewRecoveryKey()
	f.Add(printed)
	f.Add("")
	f.Add("-")
	f.Add("ÄÖÜ-0000")
	f.Add("0000000000000000000000000000000000000000")
	f.Fuzz(func(t *testing.T, typed string) {
		key, err := vault.ParseRecoveryKey(typed)
		if (err == nil) != (len(key) == 32) {
			t.Fatalf("%d bytes, %v", len(key), err)
		}
	})
}

func FuzzToken(f *testing.F) {
	s := vault.NewServerSecret()
	token, err := s.SealToken([]byte("x"), place)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(token)
	f.Add("AQ")
	f.Fuzz(func(t *testing.T, text string) {
		if got, err := s.OpenToken(text, place); err == nil && text != token {
			t.Fatalf("%q opened as %q", text, got)
		}
	})
}
