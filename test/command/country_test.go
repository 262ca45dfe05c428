package command

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// req: MECHANISM-2
// req: MECHANISM-3
func TestADeadlineIsCountedOrSaidToBeUnknown(t *testing.T) {
	for _, c := range []struct{ words, kind, last string }{
		{"BE --from 2024-01-15", "fixed", "2024-02-29"},
		{"BE --from 2024-01-15 --minor", "unknown", ""},
		{"GR --from 2024-11-30", "from_prosecutor_act", "2025-02-28"},
		{"GR --from 2024-11-30 --minor", "from_prosecutor_act", "2025-04-30"},
		{"DE --from 2024-11-30", "floor", "2025-02-28"},
		{"IT --from 2024-11-30", "unknown", ""},
		{"it --from 2024-11-30 --minor --lang el", "unknown", ""},
	} {
		var got struct {
			Country, From, Kind, Rule, Source string
			LastDay                           *string `json:"last_day"`
		}
		out := works(t, `"last_day": `, append([]string{"deadline", "--json", "--country"}, strings.Fields(c.words)...)...)
		if err := json.Unmarshal([]byte(out), &got); err != nil {
			t.Fatal(err)
		}
		last := ""
		if got.LastDay != nil {
			last = *got.LastDay
		}
		if got.Kind != c.kind || last != c.last || got.Rule == "" || got.Source == "" || got.From == "" || len(got.Country) != 2 {
			t.Errorf("%s: %s", c.words, out)
		}
	}
}

func TestADeadlineIsSaidInTheReadersLanguage(t *testing.T) {
	out := works(t, "28 Φεβρουαρίου 2025", "deadline", "--country", "GR", "--from", "2024-11-30", "--minor", "--lang", "el")
	if strings.Index(out, "28 Φεβρουαρίου 2025") > strings.Index(out, "30 Απριλίου 2025") {
		t.Errorf("the day that holds comes second:\n%s", out)
	}
	works(t, "29 February 2024", "deadline", "--country", "BE", "--from", "2024-01-15")
	works(t, "Fragen Sie Ihre Rechtsabteilung", "deadline", "--country", "IT", "--from", "2024-01-15", "--lang", "de")
}

func TestADeadlineThatMakesNoSenseEndsWithTwoAndOneLine(t *testing.T) {
	for words, reason := range map[string]string{
		"--country FR --from 2024-01-15":             `--country "FR": one of BE, DE, GR, IT`,
		"--from 2024-01-15":                          `--country "": one of`,
		"--country BE":                               `--from "" is no day`,
		"--country BE --from 2023-02-29":             `"2023-02-29" is no day written YYYY-MM-DD`,
		"--country BE --from 15/01/2024":             "YYYY-MM-DD",
		"--country BE --from 0024-01-15":             "only years from",
		"--country BE --from 2024-01-15 --lang sv":   `--lang "sv": one of en, el`,
		"--country BE --from 2024-01-15 --minor=old": "invalid boolean",
		"--country BE --from 2024-01-15 now":         `unexpected "now"`,
		"--country BE --from 2024-01-15 --until x":   "not defined: -until",
	} {
		out, code := typed(t, append([]string{"deadline"}, strings.Fields(words)...)...)
		if code != 2 || !strings.Contains(out, reason) || strings.Count(out, "\n") != 1 {
			t.Errorf("%s ended with %d and said\n%s", words, code, out)
		}
	}
}

// req: MECHANISM-5
func TestTheFilesOfTheCountriesAreGoodAndABrokenOneIsRefusedWithItsLines(t *testing.T) {
	folder := filepath.Join("..", "..", "content", "country")
	for _, code := range []string{"be", "de", "gr", "it"} {
		works(t, "duties", "country", "check", filepath.Join(folder, code+".toml"))
		works(t, "stages", "country", "check", filepath.Join(folder, "mechanism", code+".toml"))
	}
	text, err := os.ReadFile(filepath.Join(folder, "mechanism", "gr.toml"))
	if err != nil {
		t.Fatal(err)
	}
	own := filepath.Join(t.TempDir(), "gr.toml")
	write := func(changes ...string) {
		if err := os.WriteFile(own, []byte(strings.NewReplacer(changes...).Replace(string(text))), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write()
	works(t, "GR, revision 1: 8 stages", "country", "check", own)
	write(`next = ["gr-support", "gr-recognition", "gr-reflection-time", "gr-closed"]`, `next = ["gr-recognition", "gr-closed"]`, `kind = "return"`, `kind = "vacation"`)
	for _, reason := range []string{"gr-presumed next: support cannot be reached", `gr-return kind: "vacation" is no kind of stage`, own + ":", "2 faults"} {
		refuses(t, 1, reason, "country", "check", own)
	}
	write(`revision = 1`, `revison = 1`)
	refuses(t, 1, own+":5: revison: unknown key revison", "country", "check", own)
	refuses(t, 1, "is not named", "country", "check", filepath.Join(folder, "terms.toml"))
	refuses(t, 2, "no such file", "country", "check", own+".not")
	refuses(t, 2, "a FILE is needed", "country", "check")
	refuses(t, 2, "country check FILE", "country")
}
