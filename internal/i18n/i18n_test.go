package i18n_test

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"amelie/internal/i18n"
	"amelie/locale"
)

func bundle(t *testing.T) *i18n.Bundle {
	t.Helper()
	b, err := i18n.Load(locale.Files, i18n.Languages)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestEveryLanguageHasEverySentenceWithTheSamePlaceholders(t *testing.T) {
	for _, p := range bundle(t).Check() {
		t.Errorf("%s %s: %s", p.Lang, p.Key, p.Reason)
	}
}

func TestTheCheckFindsAMissingSentenceAWrongPlaceholderAndAMissingPlural(t *testing.T) {
	b, err := i18n.Load(fstest.MapFS{
		"en/x.toml": {Data: []byte("a = \"A {name}\"\nb = \"B\"\nc = { one = \"{n} c\", other = \"{n} cs\" }")},
		"de/x.toml": {Data: []byte("a = \"A {nmae}\"\nc = { other = \"{n} c\" }\nd = \"D\"")},
	}, []string{"en", "de"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range b.Check() {
		got = append(got, p.Lang+" "+p.Key)
	}
	if s := strings.Join(got, ", "); s != "de x.a, de x.b, de x.c, de x.d" {
		t.Errorf("found %s", s)
	}
}

func TestTheCheckFindsATypewritersMarks(t *testing.T) {
	b, err := i18n.Load(fstest.MapFS{
		"en/x.toml": {Data: []byte("a = \"the agency's\"\nb = \"the agency’s “key”\"\nc = { one = \"{n} c\", other = 'the \"{n}\" cs' }")},
	}, []string{"en"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range b.Check() {
		got = append(got, p.Key)
	}
	if s := strings.Join(got, ", "); s != "x.a, x.c" {
		t.Errorf("found %s", s)
	}
}

func TestNoLineBeginsWithTheSignOfTheWordBefore(t *testing.T) {
	b, err := i18n.Load(fstest.MapFS{"fr/x.toml": {Data: []byte("a = \"Que faire ? « Rien » : à 12:30 !\"")}}, []string{"fr"})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := b.T("fr", "x.a"), "Que faire\u00a0? «\u00a0Rien\u00a0»\u00a0: à 12:30\u00a0!"; got != want {
		t.Errorf("%q, not %q", got, want)
	}
}

func TestPluralsAndNumbersFollowTheLanguage(t *testing.T) {
	b := bundle(t)
	for _, c := range []struct {
		lang string
		n    int
		want string
	}{{"en", 1, "1 day ago"}, {"en", 12, "12 days ago"}, {"de", 12, "vor 12 Tagen"}, {"fr", 1, "il y a 1 jour"}, {"el", 12, "πριν από 12 ημέρες"}, {"nl", 12, "12 dagen geleden"}, {"it", 12, "12 giorni fa"}} {
		if got := b.T(c.lang, "date.ago.days", "n", c.n); got != c.want {
			t.Errorf("%s: %q, want %q", c.lang, got, c.want)
		}
	}
	if got := b.Decimal("de", -0.256, 2) + b.Decimal("en", 0.5, 1) + b.Decimal("fr", 3, 0); got != "-0,260.53" {
		t.Error(got)
	}
	if got := b.Number("de", 1234567) + b.Number("fr", -12345) + b.Number("en", 9999); got != "1.234.567-12\u202f3459999" {
		t.Errorf("numbers %q", got)
	}
}

func TestDatesAreWrittenAsThePeopleWriteThem(t *testing.T) {
	b := bundle(t)
	at := time.Date(2026, 11, 22, 9, 5, 0, 0, time.UTC)
	for lang, want := range map[string]string{"en": "22 November 2026, 09:05", "el": "22 Νοεμβρίου 2026, 09:05", "de": "22. November 2026, 09:05 Uhr", "fr": "22 novembre 2026, 09:05", "it": "22 novembre 2026, ore 09:05", "nl": "22 november 2026, 09:05 uur"} {
		if got := b.DateTime(lang, at); got != want {
			t.Errorf("%s: %q", lang, got)
		}
	}
	if b.For("de", 26*time.Hour) != "26 Stunden" || b.In("el", 40*time.Minute) != "σε 40 λεπτά" || b.Weekday("el", time.Monday) != "Δευτέρα" {
		t.Error("lengths of time or weekdays are wrong")
	}
}

func TestMarkupInAnArgumentIsShownNotObeyed(t *testing.T) {
	b, err := i18n.Load(fstest.MapFS{"en/x.toml": {Data: []byte(`a = "Hello **{name}**"`)}}, []string{"en"})
	if err != nil {
		t.Fatal(err)
	}
	if got := b.HTML("en", "x.a", "name", "<script>"); got != "Hello <strong>&lt;script&gt;</strong>" {
		t.Errorf("%s", got)
	}
}

func TestOnlyAPlaceholdersNameBetweenBracesIsFilledIn(t *testing.T) {
	b, err := i18n.Load(fstest.MapFS{"en/x.toml": {Data: []byte(`
two = "{a}{b-2} and {a}."
odd = "{ {1a} {A} {} {{a}} {a"
many = { one = "{n} key of {a}", other = "{n} keys of {a}" }`)}}, []string{"en"})
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{"x.two": "12 and 1.", "x.odd": "{ {1a} {A} {} {1} {a", "x.many": "7 keys of 1"} {
		if got := b.T("en", key, "a", 1, "b-2", "2", "n", 7); got != want {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
}

func TestAMissingKeyStaysReadable(t *testing.T) {
	if got := bundle(t).T("el", "nowhere.at-all"); got != "at-all" {
		t.Errorf("%q", got)
	}
}
