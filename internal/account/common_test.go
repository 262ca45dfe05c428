package account

import (
	"testing"

	"pgregory.net/rapid"
)

// req: SIGNIN-15
func TestPasswordsThatAreTriedFirstAreRefused(t *testing.T) {
	for _, p := range []string{
		"password1234", "Passwort2026!", "P@ssw0rd12345", "1234iloveyou!", "Wachtwoord!!2026", "MotDePasse2026", "κωδικός123456", "ΚΩΔΙΚΌΣ!!2026",
		"Sommer2026!!!", "qwerty123qwerty123", "sunshinesunshine", "Willkommen2026", "Amelie2026!!!", "Hôpital123456", "Septembre2026",
	} {
		if got := passwordFault(p, "midwife@hospital.example"); got != "account.error.password-common" && got != "account.error.password-weak" {
			t.Errorf("%q is taken: %q", p, got)
		}
	}
	for _, p := range []string{"zebra teapot 44 lamp", "blue kettle under stairs", "ein Fahrrad im Keller", "τέσσερα πορτοκάλια 9", "correct horse battery staple", "Xk7-mQ2v-Lp9w"} {
		if got := passwordFault(p, "midwife@hospital.example"); got != "" {
			t.Errorf("%q is refused: %q", p, got)
		}
	}
}

// req: SIGNIN-15
func TestACommonWordStaysOneWhateverStandsAroundIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.SampledFrom([]string{"password", "passwort", "sunshine", "geheim", "κωδικός", "Welkom"}).Draw(t, "word")
		p := rapid.StringMatching(`[0-9#?.-]{0,6}`).Draw(t, "before") + word + rapid.StringMatching(`[0-9#?.-]{0,8}`).Draw(t, "after")
		if !common(p) {
			t.Fatalf("%q is no common password", p)
		}
	})
}
