package person

import (
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"unicode"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
	"pgregory.net/rapid"
)

const contentDir = "../../content"

var loaded = sync.OnceValues(func() (*Texts, error) { return Load(os.DirFS(contentDir)) })

func shipped(t testing.TB) *Texts {
	t.Helper()
	texts, err := loaded()
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

func codes(t *Texts) []string {
	var list []string
	for _, l := range t.Languages() {
		list = append(list, l.Code)
	}
	return list
}

func TestSixteenLanguagesShip(t *testing.T) {
	if got := strings.Join(codes(shipped(t)), " "); got != "en el it de nl fr ar sq bg zh hu pl pt ro es uk" {
		t.Error(got)
	}
}

func TestAnEndonymIsTheLanguagesOwnName(t *testing.T) {
	for _, l := range shipped(t).Languages() {
		own := display.Self.Name(language.MustParse(l.Code))
		if !strings.EqualFold(l.Endonym, own) {
			t.Errorf("%s: %s, not %s", l.Code, l.Endonym, own)
		}
		if l.RTL != (l.Code == "ar") {
			t.Errorf("%s: right to left is %v", l.Code, l.RTL)
		}
	}
}

// req: PERSON-3
func TestNoTextClaimsAReviewThatNobodyMade(t *testing.T) {
	texts := shipped(t)
	for _, lang := range codes(texts) {
		for _, room := range rooms {
			r := texts.StateOf(lang, room)
			if r.State != Draft || r.Reviewed() || r.Revision < 1 || r.Revision != r.Source {
				t.Errorf("%s %s: %+v", lang, room, r)
			}
		}
	}
	if got := texts.State("ro").Version(); got != "ro-r3" {
		t.Errorf("version %s", got)
	}
}

// scripts are those that a language's words are written in, besides names.
var scripts = map[string]*unicode.RangeTable{
	"el": unicode.Greek, "bg": unicode.Cyrillic, "uk": unicode.Cyrillic, "ar": unicode.Arabic, "zh": unicode.Han,
}

func TestEveryTextIsInItsOwnScript(t *testing.T) {
	texts := shipped(t)
	for _, lang := range codes(texts) {
		own := scripts[lang]
		if own == nil {
			own = unicode.Latin
		}
		for key := range texts.words["en"] {
			if text := texts.T(lang, key, nil); !strings.ContainsFunc(placeholder.ReplaceAllString(text, ""), func(r rune) bool { return unicode.Is(own, r) }) && !strings.HasSuffix(key, ".age.12-15") && strings.ContainsFunc(text, unicode.IsLetter) {
				t.Errorf("%s %s: %q", lang, key, text)
			}
		}
	}
}

func TestUkrainianAndBulgarianKeepTheirLetters(t *testing.T) {
	texts := shipped(t)
	all := func(lang string) string {
		var b strings.Builder
		for key := range texts.words["en"] {
			b.WriteString(texts.T(lang, key, nil))
		}
		for key := range texts.lists["en"] {
			b.WriteString(strings.Join(texts.List(lang, key), " "))
		}
		return b.String()
	}
	if uk := all("uk"); strings.ContainsAny(uk, "ыэъёЫЭЪЁ") || !strings.ContainsAny(uk, "їієґ") {
		t.Error("the Ukrainian text holds Russian letters")
	}
	if bg := all("bg"); strings.ContainsAny(bg, "ыэёіїЫЭЁ") || !strings.Contains(bg, "ъ") {
		t.Error("the Bulgarian text holds letters of another language")
	}
	if ro := all("ro"); strings.ContainsAny(ro, "şţŞŢ") || !strings.ContainsAny(ro, "șț") {
		t.Error("the Romanian text uses cedillas for commas")
	}
}

func TestNoTextTranslatesByCopying(t *testing.T) {
	texts := shipped(t)
	same := map[string]bool{}
	for _, lang := range codes(texts)[1:] {
		for key, en := range texts.words["en"] {
			if texts.T(lang, key, nil) == en && len(strings.Fields(en)) > 2 {
				same[lang+" "+key] = true
			}
		}
	}
	if len(same) > 0 {
		t.Errorf("left in English: %v", same)
	}
}

func TestNoTextRescuesOrBlames(t *testing.T) {
	bad := regexp.MustCompile(`(?i)(\brescue|\billegal|\billégal|\bvictim|victime|\bvittim|\bopfer\b|\bslachtoffer|\bθύμα|жертв|\bofiar|victim[ăe]|víctima|vítima|áldozat|受害者|ضحية|viktim|salvare|\bsave you|\bretten\b|\bsauver\b)`)
	texts := shipped(t)
	for _, lang := range codes(texts) {
		for key := range texts.words["en"] {
			if m := bad.FindString(texts.T(lang, key, nil)); m != "" {
				t.Errorf("%s %s says %q", lang, key, m)
			}
		}
		for key := range texts.lists["en"] {
			if m := bad.FindString(strings.Join(texts.List(lang, key), " ")); m != "" {
				t.Errorf("%s %s says %q", lang, key, m)
			}
		}
	}
}

func TestPlaceholdersAreFilledAndNothingElseChanges(t *testing.T) {
	texts := shipped(t)
	rapid.Check(t, func(t *rapid.T) {
		lang := rapid.SampledFrom(codes(texts)).Draw(t, "lang")
		name := rapid.String().Draw(t, "agency")
		got := texts.T(lang, "consent.title", map[string]string{"agency": name})
		parts := strings.Split(texts.T(lang, "consent.title", nil), "{agency}")
		if got != strings.Join(parts, name) {
			t.Fatalf("%q", got)
		}
	})
}

func TestACodedAnswerIsReadInThePersonsWords(t *testing.T) {
	texts := shipped(t)
	for _, x := range []struct{ lang, group, code, want string }{
		{"ro", "need", "accommodation", "Un loc sigur unde să stau"},
		{"uk", "contact", "unsaid", "Не хочу казати"},
		{"ar", "age", "unknown", "غير معروف"},
		{"ro", "need", "a-unicorn", ""},
	} {
		if got := texts.Answer(x.lang, x.group, x.code); got != x.want {
			t.Errorf("%s %s %s: %q, not %q", x.lang, x.group, x.code, got, x.want)
		}
	}
}

func TestEveryNamedLineIsInTheDirectory(t *testing.T) {
	all := ""
	for _, c := range Countries {
		b, err := os.ReadFile(contentDir + "/directory/" + strings.ToLower(c) + ".toml")
		if err != nil {
			t.Fatal(err)
		}
		all += string(b)
	}
	for id := range shipped(t).lines {
		if !strings.Contains(all, `id = "`+id+`"`) {
			t.Errorf("%s is not in the directory", id)
		}
	}
	if got := shipped(t).ForWhom("es", "de-hilfetelefon"); got != "Para mujeres que sufren violencia." {
		t.Error(got)
	}
}

func TestAnUnknownLanguageReadsTheSource(t *testing.T) {
	texts := shipped(t)
	if texts.T("tlh", "self.title", nil) != "Information" || len(texts.List("tlh", "self.call.steps")) == 0 {
		t.Error("the source text is missing")
	}
	if texts.T("en", "self.nothing", nil) != "self.nothing" {
		t.Error("an unknown key is hidden")
	}
}

func TestTheNeutralTitleNamesNothing(t *testing.T) {
	texts := shipped(t)
	for _, lang := range codes(texts) {
		if title := texts.T(lang, "self.title", nil); len(strings.Fields(title)) != 1 {
			t.Errorf("%s: %q", lang, title)
		}
	}
}

// changed is the shipped content with one replacement in one file.
func changed(t testing.TB, name, old, with string) fstest.MapFS {
	t.Helper()
	fsys := fstest.MapFS{}
	add := func(name string) {
		b, err := os.ReadFile(contentDir + "/" + name)
		if err != nil {
			t.Fatal(err)
		}
		fsys[name] = &fstest.MapFile{Data: b}
	}
	add("person/languages.toml")
	add("person/sources.toml")
	add("person/lines.toml")
	for _, l := range codes(shipped(t)) {
		for _, room := range rooms {
			add("person/" + l + "/" + room + ".toml")
		}
	}
	s := string(fsys[name].Data)
	if !strings.Contains(s, old) {
		t.Fatalf("%s does not hold %q", name, old)
	}
	fsys[name].Data = []byte(strings.Replace(s, old, with, 1))
	return fsys
}

// req: PERSON-3
func TestAChangedSourceMakesTheOthersOutdated(t *testing.T) {
	texts, err := Load(changed(t, "person/en/self.toml", "revision = 2", "revision = 3"))
	if err != nil {
		t.Fatal(err)
	}
	if s := texts.StateOf("uk", "self").State; s != Outdated {
		t.Errorf("uk self is %s", s)
	}
	if s := texts.StateOf("uk", "consent").State; s != Draft {
		t.Errorf("uk consent is %s", s)
	}
	texts, err = Load(changed(t, "person/pl/self.toml", "revision = 2", "revision = 2\nreviewed = \"2026-11-01\"\nreviewer = \"mediator\""))
	if err != nil {
		t.Fatal(err)
	}
	if s := texts.StateOf("pl", "self"); !s.Reviewed() || s.Version() != "pl-r2-2026-11-01" {
		t.Errorf("pl self is %+v", s)
	}
}

func TestAnIncompleteLanguageIsRefused(t *testing.T) {
	for _, x := range []struct{ file, old, with, reason string }{
		{"person/ro/consent.toml", `title = "Ce poate afla {agency}?"`, `title = "Ce poate afla?"`, "other placeholders"},
		{"person/ro/consent.toml", `yes = "Da"`, `yes = ""`, "consent.choice.yes: missing"},
		{"person/ro/consent.toml", `yes = "Da"`, "yes = \"Da\"\nmaybe = \"Poate\"", "not in the source"},
		{"person/ro/self.toml", `"Spuneți ce limbă vorbiți.",`, ``, "4 items, the source has 5"},
		{"person/ro/self.toml", `language = "ro"`, `language = "hu"`, "says that it is in"},
		{"person/ro/self.toml", `revision = 2`, "revision = 2\nreviewed = \"2026-11-01\"", "date and a reviewer"},
		{"person/lines.toml", `says = "women"`, `says = "wizards"`, "no text self.line.wizards"},
		{"person/sources.toml", `self.papers.BE`, `self.papers.XX`, "no text self.papers.XX"},
	} {
		_, err := Load(changed(t, x.file, x.old, x.with))
		if err == nil || !strings.Contains(err.Error(), x.reason) {
			t.Errorf("%s with %q: %v", x.file, x.with, err)
		}
	}
}

func FuzzReadNeverPanics(f *testing.F) {
	f.Add("language = \"ro\"\nrevision = 1\n[text]\ntitle = \"x\"\nlist = [\"a\", 1]\n")
	f.Add("language = \"ro\"\n[text]\ndeep = {a = {b = \"c {agency}\"}}")
	f.Fuzz(func(t *testing.T, text string) {
		texts := &Texts{words: map[string]map[string]string{"ro": {}}, lists: map[string]map[string][]string{"ro": {}}, review: map[string]map[string]ReviewState{"ro": {}}}
		if texts.read(fstest.MapFS{"person/ro/self.toml": &fstest.MapFile{Data: []byte(text)}}, "ro", "self") != nil {
			return
		}
		for key := range texts.words["ro"] {
			if !strings.HasPrefix(key, "self.") {
				t.Fatalf("key %q left its room", key)
			}
		}
	})
}
