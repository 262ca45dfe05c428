package directory

import (
	"os"
	"strings"
	"testing"
	"time"

	"amelie/internal/i18n"
)

func speaking(t *testing.T, lang string) voice {
	t.Helper()
	texts, err := i18n.Load(os.DirFS("../../locale"), i18n.Languages)
	if err != nil {
		t.Fatal(err)
	}
	_, vocab := shippedContent(t)
	return voice{texts: texts, lang: lang, now: tuesday, snap: newSnapshot(&stored{vocabulary: vocab}, tuesday)}
}

func TestEveryReasonAndStepIsASentenceInEveryLanguage(t *testing.T) {
	at := tuesday.Add(3 * time.Hour)
	reasons := []Reason{
		{Code: ReasonNamed}, {Code: ReasonWord, Word: "xyz"}, {Code: ReasonHelps, Scheme: "help", Concept: "accommodation"},
		{Code: ReasonHelps, Scheme: "form", Concept: "forced-begging"}, {Code: ReasonTakes, Scheme: "target", Concept: "lgbtq"},
		{Code: ReasonCovers, Territory: "GR-B"}, {Code: ReasonCountryWide, Territory: "GR"}, {Code: ReasonDistance, Metres: 4200, Place: "Corfu"},
		{Code: ReasonSpeaks, Language: "ro"}, {Code: ReasonInterpreter, Language: "ro"}, {Code: ReasonInterpreted, Language: "ti", Count: 18},
		{Code: ReasonInterpreted, Language: "ti"}, {Code: ReasonOpen, At: at}, {Code: ReasonOpen}, {Code: ReasonAlways}, {Code: ReasonOpens, At: at},
		{Code: ReasonFree}, {Code: ReasonReferral}, {Code: ReasonWithoutPapers}, {Code: ReasonAnonymous},
		{Code: ReasonVerified, Days: 12}, {Code: ReasonVerified}, {Code: ReasonUnverified, Date: "2023"},
	}
	steps := []Step{
		{Code: StepSpelling, From: "a", To: "b"}, {Code: StepRadius, Km: 100}, {Code: StepInterpreter}, {Code: StepTerritory, From: "GR-B", To: "GR"},
		{Code: StepNear}, {Code: StepFilter, Facet: FacetOpen}, {Code: StepWords, From: "a"}, {Code: StepCountry},
	}
	for _, lang := range i18n.Languages {
		v := speaking(t, lang)
		if got := v.reasons(reasons, nil); len(got) != len(reasons) {
			t.Errorf("%s words %d of %d reasons: %q", lang, len(got), len(reasons), got)
		}
		if got := v.steps(steps); len(got) != len(steps) {
			t.Errorf("%s words %d of %d steps: %q", lang, len(got), len(steps), got)
		}
		for _, words := range append(v.reasons(reasons, nil), v.steps(steps)...) {
			if strings.ContainsAny(words, "{}") || strings.Contains(words, "directory.") {
				t.Errorf("%s says %q", lang, words)
			}
		}
	}
}

func TestReasonsReadAsOneSentence(t *testing.T) {
	all := []Reason{
		{Code: ReasonCovers, Territory: "GR-B"}, {Code: ReasonInterpreter, Language: "ro"}, {Code: ReasonHelps, Scheme: "help", Concept: "accommodation"},
		{Code: ReasonOpens, At: tuesday.Add(24 * time.Hour)}, {Code: ReasonVerified, Days: 12},
	}
	for lang, want := range map[string]string{
		"en": "Covers Central Macedonia; Romanian by interpreter; offers safe accommodation; closed, opens tomorrow 08:30; verified 12 days ago.",
		"el": "Καλύπτει: Κεντρική Μακεδονία· ρουμανικά με διερμηνέα· προσφέρει: ασφαλής στέγη· κλειστά, ανοίγει αύριο 08:30· επαληθεύτηκε πριν από 12 ημέρες.",
		"de": "Zuständig für: Zentralmakedonien; Rumänisch mit Dolmetschen; bietet: Sichere Unterkunft; geschlossen, öffnet morgen 08:30; vor 12 Tagen geprüft.",
	} {
		if got := speaking(t, lang).why(all, nil); got != want {
			t.Errorf("%s:\n got %s\nwant %s", lang, got, want)
		}
	}
}

func TestACardNamesAllThatAServiceCovers(t *testing.T) {
	v := speaking(t, "en")
	if got := v.why([]Reason{{Code: ReasonCovers, Territory: "IT-65"}}, []string{"IT-65", "IT-67"}); got != "Covers Abruzzo, Molise." {
		t.Error(got)
	}
}

func TestNumbersAreShownAsTheyAreDialled(t *testing.T) {
	for want, p := range map[string]Phone{
		"1109":            {Short: "1109"},
		"197":             {Short: "197", Number: "+30197"},
		"+32 3 201 16 90": {Number: "+3232011690", Printed: "+32 (0)3 201 16 90"},
		"08000 116 016":   {Number: "+498000116016", Printed: "08000 116 016"},
		"800 290 290":     {Number: "+39800290290", Printed: "800290290"},
	} {
		if got := p.Shown(); got != want {
			t.Errorf("%+v is shown as %q, want %q", p, got, want)
		}
	}
	if got := (Phone{Short: "1109", Number: "+302310019880"}).Dialled(); got != "1109" {
		t.Error(got)
	}
}

func TestEqualDaysAreJoinedOnPaper(t *testing.T) {
	v := speaking(t, "de")
	h := Hours{Zone: "Europe/Berlin", Open: []Opening{{"Mo,We,Fr", "09:00", "14:00"}, {"Tu,Th", "15:00", "20:00"}}}
	if got := v.hoursLine(h); got != "Montag 09:00–14:00 · Dienstag 15:00–20:00 · Mittwoch 09:00–14:00 · Donnerstag 15:00–20:00 · Freitag 09:00–14:00" {
		t.Error(got)
	}
	h = Hours{Zone: "Europe/Berlin", Open: []Opening{{"Mo-Fr", "09:00", "26:00"}}}
	if got := v.hoursLine(h); got != "Montag–Freitag 09:00–02:00" {
		t.Error(got)
	}
}

func TestExceptionsThatAreOverAreNotShown(t *testing.T) {
	v := speaking(t, "en")
	h := Hours{Except: []Exception{{Date: "2026-11-23"}, {Date: "2026-11-24"}, {Date: "2026-12-24", From: "09:00", To: "12:00"}}}
	if got := v.exceptions(h); len(got) != 2 || got[0] != "Closed on 24 November 2026." || got[1] != "24 December 2026: 09:00–12:00." {
		t.Errorf("%q", got)
	}
}
