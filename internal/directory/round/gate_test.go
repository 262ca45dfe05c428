package round

import (
	"os"
	"strings"
	"testing"

	"amelie/internal/i18n"
	"amelie/internal/mail"
	"amelie/internal/vault"
)

// req: ROUND-4
func TestTheMailsOfARoundPassTheGateInEveryLanguage(t *testing.T) {
	texts, err := i18n.Load(os.DirFS("../../../locale"), i18n.Languages)
	if err != nil {
		t.Fatal(err)
	}
	s := New(Config{Texts: texts, Secret: vault.NewServerSecret(), BaseURL: "https://amelie.example", Name: func() string { return "Amelie" }})
	telling := mail.Telling(texts, i18n.Languages)
	for _, lang := range i18n.Languages {
		for _, reminder := range []bool{false, true} {
			subject, text := s.compose(Round{ID: "r", Ends: monday}, Body{Round: "r", Organization: "o", Lang: lang}, reminder)
			if w := mail.Tells(subject+"\n"+text, telling); w != "" || strings.Contains(subject+text, "{") || strings.Contains(subject, "round.") {
				t.Errorf("%s: %q in %s\n%s", lang, w, subject, text)
			}
		}
	}
}
