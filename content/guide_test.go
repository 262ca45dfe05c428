package content_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/BurntSushi/toml"
)

// The guide's loader checks that nothing is missing. These tests read the words
// as the tired reader and the frightened listener do.

// words are the texts of one file by the path of their key; a list adds its index.
type words map[string]string

// files reads one folder of the guide, by language.
func files(t *testing.T, folder string, atLeast int) map[string]words {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("guide", folder, "*.toml"))
	if err != nil || len(names) < atLeast {
		t.Fatalf("%d files in guide/%s, %v: the test looks in the wrong place", len(names), folder, err)
	}
	out := map[string]words{}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var tree map[string]any
		if err := toml.Unmarshal(text, &tree); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		w := words{}
		w.add("", tree)
		out[strings.TrimSuffix(filepath.Base(name), ".toml")] = w
	}
	return out
}

func (w words) add(at string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			if k != "source" {
				w.add(at+"."+k, x)
			}
		}
	case []any:
		for i, x := range v {
			w.add(fmt.Sprintf("%s.%d", at, i), x)
		}
	case string:
		w[at] = v
	}
}

var point = regexp.MustCompile(`\.(points|instead)\.\d$`)

func TestAPointIsReadAtAGlance(t *testing.T) {
	for lang, w := range files(t, "staff", 6) {
		for key, text := range w {
			if n := len(strings.Fields(text)); point.MatchString(key) && n > 22 {
				t.Errorf("%s %s has %d words, 22 are the most: %s", lang, key, n, text)
			}
		}
	}
}

func TestASentenceIsSaidInOneBreath(t *testing.T) {
	for lang, w := range files(t, "say", 16) {
		for key, text := range w {
			n, most := len(strings.Fields(text)), 20
			if lang == "zh" { // no spaces between words: about two characters each
				n, most = utf8.RuneCountInString(text), 40
			}
			if n > most {
				t.Errorf("%s %s is %d long, %d is the most: %s", lang, key, n, most, text)
			}
		}
	}
}

// hurtful are words that the house does not use of people, as beginnings.
var hurtful = regexp.MustCompile(`(?i)(^|[^\pL])(rescu|illegal|victim|prostitut|opfer|slachtoffer|vittim|clandestin|víctima|vítima|θύμα|θύματ|παράνομ|λαθρομετανάστ|жертв|нелегал|незаконн|ofiar|nielegaln|áldozat|illegális|viktim|ضحي|غير شرعي|受害|非法)`)

// telling are words that would say to a companion or a screen what the talk is
// about; a sentence to say describes what happens instead.
var telling = regexp.MustCompile(`(?i)(traffick|menschenhandel|tratta degli|tratta di|traite|mensenhandel|εμπορία|σωματεμπορ|trata de|tráfico|trafic|tregti|трафик|торгівл|handel ludźmi|handlu ludźmi|emberkeresked|اتجار|贩运|人口)`)

var violence = regexp.MustCompile(`(?i)violence|exploit|abuse|victim|survivor`)

func TestNoWordOfTheGuideHurtsOrTells(t *testing.T) {
	for lang, w := range files(t, "staff", 6) {
		for key, text := range w {
			if hurtful.MatchString(text) {
				t.Errorf("%s %s: %s", lang, key, text)
			}
		}
	}
	for lang, w := range files(t, "say", 16) {
		for key, text := range w {
			if hurtful.MatchString(text) || telling.MatchString(text) {
				t.Errorf("%s %s: %s", lang, key, text)
			}
		}
	}
}

// Publishers stand below each step, also where somebody looks over the shoulder.
func TestNoPublisherBelowAStepTells(t *testing.T) {
	text, err := os.ReadFile("guide/sources.toml")
	if err != nil {
		t.Fatal(err)
	}
	var list struct {
		Source []struct{ Publisher string }
	}
	if err := toml.Unmarshal(text, &list); err != nil || len(list.Source) < 10 {
		t.Fatalf("%d sources, %v", len(list.Source), err)
	}
	for _, s := range list.Source {
		if telling.MatchString(s.Publisher) || violence.MatchString(s.Publisher) {
			t.Errorf("%q tells what the page is about", s.Publisher)
		}
	}
}

// address has, by language, a word that only adults hear and one that only
// children hear. Arabic and Albanian have no row: Arabic has one form for both,
// the Albanian forms are parts of too many words.
var address = map[string]struct{ adult, child string }{
	"bg": {`Ви|Вас|Вам|Ваш\pL*`, `ти|те|теб|твоя\pL*`},
	"de": {`Sie|Ihnen|Ihre?\pL*`, `du|dich|dir|dein\pL*`},
	"el": {`σας|εσείς|εσάς`, `σου|εσύ|μπορείς|έκανες`},
	"es": {`usted`, `tú|te|ti|tu|contigo|puedes`},
	"fr": {`vous|votre|vos`, `tu|te|toi|ta|ton`},
	"hu": {`Ön\pL*`, `te|téged|neked|rád`},
	"it": {`Lei|Suo|Sua|Suoi|Sue`, `tu|ti|te|tua|tuo|puoi`},
	"nl": {`u|uw`, `je|jou|jouw`},
	"pl": {`Pani|Pan|Panią|Pana|Panu`, `Ty|Ci|Cię|Tobą|Twoja|możesz`},
	"pt": {`lhe|consigo|seu|sua|seus|suas`, `te|ti|tu|contigo|podes`},
	"ro": {`dumneavoastră|vă`, `tu|tine|îți|ta|poți`},
	"uk": {`Ви|Вас|Вам|Ваш\pL*`, `ти|тебе|тобі|тобою|твоя`},
	"zh": {`您`, `你`},
}

func TestAdultsAreAddressedPolitelyAndChildrenFamiliarly(t *testing.T) {
	all := files(t, "say", 16)
	for lang, form := range address {
		adult, child := whole(lang, form.adult), whole(lang, form.child)
		heard := 0
		for key, text := range all[lang] {
			mine, other := adult, child
			if strings.Contains(key, "child_") {
				mine, other = child, adult
			}
			if other.MatchString(text) {
				t.Errorf("%s %s speaks as to the other: %s", lang, key, text)
			}
			if mine.MatchString(text) {
				heard++
			}
		}
		if heard < 5 {
			t.Errorf("%s: the forms of address are found only %d times, so they are the wrong words", lang, heard)
		}
	}
}

// whole matches one of the words between characters that are no letters.
func whole(lang, alternatives string) *regexp.Regexp {
	if lang == "zh" { // its words stand without spaces
		return regexp.MustCompile(alternatives)
	}
	return regexp.MustCompile(`(^|[^\pL])(` + alternatives + `)($|[^\pL])`)
}

func TestANumberInTheGuideNamesItsSource(t *testing.T) {
	text, err := os.ReadFile("guide/staff/en.toml")
	if err != nil {
		t.Fatal(err)
	}
	number := regexp.MustCompile(`"[^"]*\b(\d+|five days)\b[^"]*"`)
	tables := strings.Split(string(text), "\n[")
	found := 0
	for i, table := range tables {
		if i == 0 || !number.MatchString(table) {
			continue
		}
		found++
		name, _, _ := strings.Cut(table, "]")
		whole := table
		if step, _, below := strings.Cut(name, "."); below && step != "topic" {
			for _, other := range tables { // a path speaks on its step's sources
				if strings.HasPrefix(other, step+"]") {
					whole += other
				}
			}
		}
		if !strings.Contains(whole, "\nsource = [\"") {
			t.Errorf("[%s] gives a number without a source", name)
		}
	}
	if found < 5 {
		t.Errorf("numbers in %d tables only: the test looks in the wrong place", found)
	}
}
