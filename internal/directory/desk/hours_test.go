package desk

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"amelie/internal/directory"
	"amelie/internal/i18n"
	"amelie/locale"
)

func sentences(t testing.TB) *i18n.Bundle {
	t.Helper()
	b, err := i18n.Load(locale.Files, i18n.Languages)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func opening(days, from, to string) directory.Opening {
	return directory.Opening{Days: days, From: from, To: to}
}

func TestHoursAreUnderstoodAsPeopleWriteThem(t *testing.T) {
	texts := sentences(t)
	week := opening("Mo-Fr", "09:00", "14:00")
	for _, try := range []struct {
		lang, text string
		want       []directory.Opening
	}{
		{"en", "Mo-Fr 9-14", []directory.Opening{week}},
		{"en", "Monday to Friday 9 am - 2 pm", []directory.Opening{week}},
		{"en", "Mon-Fri 9:00-14:00, Sat 10-12", []directory.Opening{week, opening("Sa", "10:00", "12:00")}},
		{"el", "Δευ-Παρ 9-14", []directory.Opening{week}},
		{"el", "Δευτέρα έως Παρασκευή 09:00-14:00", []directory.Opening{week}},
		{"el", "ΔΕΥΤΕΡΑ ΕΩΣ ΠΑΡΑΣΚΕΥΗ 9 π.μ. - 2 μ.μ.", []directory.Opening{week}},
		{"el", "Mo-Fr 9-14\nΣάβ 10-12", []directory.Opening{week, opening("Sa", "10:00", "12:00")}},
		{"el", "καθημερινά 8-22", []directory.Opening{opening("Mo-Su", "08:00", "22:00")}},
		{"de", "Mo-Fr 9-14 Uhr", []directory.Opening{week}},
		{"de", "Montag bis Freitag von 9.00 bis 14.00 Uhr", []directory.Opening{week}},
		{"de", "täglich 22-6", []directory.Opening{opening("Mo-Su", "22:00", "30:00")}},
		{"de", "Di, Do 9-12 und 14-17", []directory.Opening{opening("Tu,Th", "09:00", "12:00"), opening("Tu,Th", "14:00", "17:00")}},
		{"de", "Mo-Fr 9-14; Sa geschlossen", []directory.Opening{week}},
		{"nl", "ma t/m vr 9-14", []directory.Opening{week}},
		{"nl", "maandag tot vrijdag van 9 tot 14 uur", []directory.Opening{week}},
		{"fr", "du lundi au vendredi de 9h00 à 14h00", []directory.Opening{week}},
		{"fr", "lun-ven 9h-14h", []directory.Opening{week}},
		{"it", "dal lunedì al venerdì dalle 9 alle 14", []directory.Opening{week}},
		{"it", "ogni giorno 0-24", []directory.Opening{opening("Mo-Su", "00:00", "24:00")}},
	} {
		got, wrong := ReadHours(texts, try.lang, try.text)
		if wrong != "" || !slices.Equal(got, try.want) {
			t.Errorf("%s %q: %v, not understood: %q", try.lang, try.text, got, wrong)
		}
	}
}

func TestWhatIsNotUnderstoodIsNamed(t *testing.T) {
	texts := sentences(t)
	for text, word := range map[string]string{"Mo-Fr morning": "morning", "Blursday 9-14": "Blursday", "Mo 9-": "Mo 9-", "Mo 25-26": "25", "Mo": "Mo", "Mo 9": "Mo 9"} {
		if got, wrong := ReadHours(texts, "en", text); wrong != word {
			t.Errorf("%q: %v, named %q", text, got, wrong)
		}
	}
}

func TestHoursThatAreWrittenAreReadAsTheSame(t *testing.T) {
	texts := sentences(t)
	rapid.Check(t, func(t *rapid.T) {
		lang := rapid.SampledFrom(i18n.Languages).Draw(t, "lang")
		var open []directory.Opening
		for range rapid.IntRange(1, 3).Draw(t, "n") {
			var days [7]bool
			for i := range days {
				days[i] = rapid.Bool().Draw(t, "day")
			}
			days[rapid.IntRange(0, 6).Draw(t, "one")] = true
			from := rapid.IntRange(0, 23*60+59).Draw(t, "from")
			to := from + rapid.IntRange(1, 24*60).Draw(t, "long")
			if to > 24*60 && to-24*60 > from {
				to = from + 24*60
			}
			open = append(open, opening(dayCodes(days), clockText(from), clockText(to)))
		}
		text := WriteHours(texts, lang, open)
		got, wrong := ReadHours(texts, lang, text)
		if wrong != "" {
			t.Fatalf("%s %q: %q is not understood", lang, text, wrong)
		}
		// Groups of the same days come together.
		order := func(list []directory.Opening) []directory.Opening {
			list = slices.Clone(list)
			slices.SortFunc(list, func(a, b directory.Opening) int {
				if a.Days+a.From+a.To < b.Days+b.From+b.To {
					return -1
				}
				return 1
			})
			return list
		}
		if !slices.Equal(order(got), order(open)) {
			t.Fatalf("%s %q: %v instead of %v", lang, text, got, open)
		}
	})
}

func FuzzHours(f *testing.F) {
	texts := sentences(f)
	for _, seed := range []string{"Mo-Fr 9-14", "Δευ-Παρ 9 π.μ.-2 μ.μ.", "-", "9", "Mo–", "t/m", "\x00"} {
		f.Add("el", seed)
	}
	f.Fuzz(func(t *testing.T, lang, text string) {
		open, wrong := ReadHours(texts, lang, text)
		if wrong != "" && open != nil {
			t.Errorf("%q: hours in spite of %q", text, wrong)
		}
		for _, o := range open {
			if _, err := directory.Weekdays(o.Days); err != nil || o.From >= o.To {
				t.Errorf("%q: %v", text, o)
			}
		}
	})
}
