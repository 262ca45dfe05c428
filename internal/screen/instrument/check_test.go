package instrument

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"strings"
	"testing"

	"amelie/content"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// A small pack that is right; each test below breaks one thing.
const counted = `
id = "small"
version = "1.0.0"
state = "installed"
languages = ["en", "el"]
[source]
title = "A small list"
publisher = "Nobody"
year = 2020
provenance = "Made for a test."
[licence]
name = "EUPL-1.2"
permission = "own-words"
[population]
ages = ["adult"]
age_min = 18
settings = ["emergency"]
[rule]
kind = "count"
at_least = 2
[[item]]
id = "one"
[[item]]
id = "two"
[item.when]
item = "one"
is = "yes"
[[item]]
id = "three"
required = true
[[evidence]]
id = "study"
study = "Somebody 2020"
setting = "emergency"
outcome = "An interview"
n = 203
tp = 10
fn = 1
fp = 90
tn = 102
cells = "published"
method = "clopper-pearson"
rounding = 1
sensitivity = 90.9
[text.en]
title = "Small"
population = "Adults."
[text.en.item.one]
label = "One?"
[text.en.item.two]
label = "Two?"
[text.en.item.three]
label = "Three?"
[text.el]
title = "Μικρό"
population = "Ενήλικες."
[text.el.item.one]
label = "Ένα;"
[text.el.item.two]
label = "Δύο;"
[text.el.item.three]
label = "Τρία;"
`

// The same with points: a whole number, a choice and bands.
var summed = replaced(counted, "kind = \"count\"\nat_least = 2", `kind = "sum"
[[rule.band]]
id = "low"
from = 0
[[rule.band]]
id = "high"
from = 5`, "[[item]]\nid = \"one\"\n", `[[item]]
id = "one"
points = 2
`, "id = \"three\"\n", `id = "three"
type = "integer"
min = 0
max = 3
points = 1
[[item]]
id = "four"
type = "choice"
[[item.option]]
id = "never"
[[item.option]]
id = "often"
points = 4
[[item]]
id = "five"
`, "[text.en]\n", "[text.en]\nbands = { low = \"Low\", high = \"High\" }\n", "[text.el]\n", "[text.el]\nbands = { low = \"Λίγο\", high = \"Πολύ\" }\n",
	"[text.en.item.three]\n", "[text.en.item.four]\nlabel = \"Four?\"\noptions = { never = \"Never\", often = \"Often\" }\n[text.en.item.five]\nlabel = \"Five?\"\n[text.en.item.three]\n",
	"[text.el.item.three]\n", "[text.el.item.four]\nlabel = \"Τέσσερα;\"\noptions = { never = \"Ποτέ\", often = \"Συχνά\" }\n[text.el.item.five]\nlabel = \"Πέντε;\"\n[text.el.item.three]\n")

func replaced(text string, pairs ...string) string {
	return strings.NewReplacer(pairs...).Replace(text)
}

func parsed(t testing.TB, text string) *Pack {
	t.Helper()
	p, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// req: INSTRUMENT-5
func TestAPackThatContradictsItselfIsRefusedWithTheReason(t *testing.T) {
	labour, err := json.Marshal(pack(t, "delphi-labour-adult").Whole())
	if err != nil {
		t.Fatal(err)
	}
	for name, x := range map[string]struct{ from, old, new, reason string }{
		"unknown item in a rule":       {counted, "at_least = 2", "at_least = 2\nitems = [\"one\", \"two\", \"nine\"]", `the item "nine" is unknown`},
		"unreachable cut-off":          {counted, "at_least = 2", "at_least = 4", "unreachable cut-off: 4 of 3"},
		"a cut-off of nothing":         {counted, "at_least = 2", "at_least = 0", "unreachable cut-off"},
		"unreachable band":             {summed, "from = 5", "from = 10", "unreachable cut-off: 10 with points from 0 to 9"},
		"bands that fall":              {summed, "from = 5", "from = -1", "must rise"},
		"points without a band":        {summed, "from = 0", "from = 1", "0 points are in no band"},
		"weight outside the scheme":    {string(labour), `"weight":"strong"`, `"weight":"huge"`, `"huge" is not one of strong, medium, weak`},
		"weight without a scheme":      {counted, "required = true", "weight = \"strong\"", "weight outside the scheme"},
		"points without a scheme":      {counted, "required = true", "points = 2", "points outside the scheme"},
		"unknown dimension":            {string(labour), `"dimension":"exploitation"`, `"dimension":"exploits"`, `the dimension "exploits" is unknown`},
		"a dimension never positive":   {string(labour), `"dimension":"exploitation"`, `"dimension":"coercive-recruitment"`, "all its items together"},
		"a role twice":                 {string(labour), `"role":"dependence"`, `"role":"control"`, "the role control must stand once"},
		"missing language":             {counted, "languages = [\"en\", \"el\"]", "languages = [\"en\", \"el\", \"it\"]", "the language it is missing"},
		"unnamed language":             {counted, "languages = [\"en\", \"el\"]", "languages = [\"en\"]", "the language el is not named"},
		"missing wording":              {counted, "label = \"Δύο;\"", "label = \"\"", "text el two: the wording is missing"},
		"wording of nothing":           {counted, "[text.el.item.two]", "[text.el.item.twelve]", `the item "twelve" is unknown`},
		"two items of one id":          {counted, "id = \"two\"", "id = \"one\"", `the id "one" stands twice`},
		"evidence that counts wrong":   {counted, "n = 203", "n = 204", "the cells count 203 people, n is 204"},
		"evidence against its figures": {counted, "sensitivity = 90.9", "sensitivity = 91.9", "the cells contradict the published sensitivity"},
		"half a table":                 {counted, "tn = 102\n", "", "stand together or not at all"},
		"a percentage above all":       {counted, "sensitivity = 90.9", "sensitivity = 190.9", "percentage from 0 to 100"},
		"depends on a later item":      {counted, "item = \"one\"", "item = \"three\"", "not an earlier item"},
		"depends on an answer never":   {counted, "is = \"yes\"", "is = \"maybe\"", "never has"},
		"min above max":                {summed, "max = 3", "max = -3", "min first"},
		"a choice of one":              {summed, "[[item.option]]\nid = \"never\"\n", "", "two options"},
		"ages against years":           {counted, "age_min = 18", "age_min = 12", "ages and age_min contradict"},
		"validated by nobody":          {replaced(counted, "[[evidence]]", "[[x]]"), "", "", "unknown name"},
		"words of another":             {counted, "permission = \"own-words\"", "permission = \"ask\"", "does not allow to install"},
		"a name that nobody knows":     {counted, "required = true", "requird = true", "unknown name"},
		"shared words":                 {counted, "state =", "words = \"delphi\"\nstate =", "only shipped packs share"},
		"a version of one number":      {counted, "1.0.0", "1", "three numbers"},
		"words in a template":          {counted, "state = \"installed\"", "state = \"template\"", "a template holds no wording"},
		"off without a reason":         {counted, "state = \"installed\"", "state = \"off\"", "a pack that is off says why"},
	} {
		text := x.from
		if x.old != "" {
			text = strings.ReplaceAll(x.from, x.old, x.new)
			if text == x.from {
				t.Errorf("%s: nothing was broken", name)
			}
		}
		if _, err := Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), x.reason) {
			t.Errorf("%s: %v, want %s", name, err, x.reason)
		}
	}
}

func TestAllReasonsAreNamedAtOnce(t *testing.T) {
	_, err := Parse([]byte(replaced(counted, "at_least = 2", "at_least = 9", "n = 203", "n = 1", "Δύο;", "")))
	var problems Problems
	if !errors.As(err, &problems) || len(problems) != 3 {
		t.Fatalf("%v", err)
	}
}

func TestCountsAndSumsSayWhatIsOpen(t *testing.T) {
	count, sum := parsed(t, counted), parsed(t, summed)
	for _, x := range []struct {
		pack    *Pack
		answers Answers
		class   Class
		score   int
		could   []Class
	}{
		{count, Answers{"one": Yes, "three": Yes}, Positive, 2, nil},
		{count, Answers{"one": Yes, "two": No, "three": No}, Negative, 1, nil},
		{count, Answers{"one": Yes, "three": No}, Inconclusive, 1, []Class{Positive}},
		{count, Answers{"one": No, "three": Unknown}, Negative, 0, nil}, // two is not asked: one open answer is not enough
		{sum, Answers{"one": Yes, "two": No, "three": "3", "four": "never", "five": No}, "high", 5, nil},
		{sum, Answers{"one": Yes, "two": No, "three": "2", "four": "never", "five": No}, "low", 4, nil},
		{sum, Answers{"one": Yes, "two": No, "three": "2", "five": No}, Inconclusive, 4, []Class{"high"}},
		{sum, Answers{"one": No, "three": "3", "four": "often", "five": No}, "high", 7, nil},
	} {
		r, err := x.pack.Score(Response{Adult, x.answers})
		if err != nil {
			t.Errorf("%v: %v", x.answers, err)
		} else if r.Class != x.class || *r.Score != x.score || !cmp.Equal(r.CouldBecome, x.could, cmpopts.EquateEmpty()) {
			t.Errorf("%v: %s %d %v, want %s %d %v", x.answers, r.Class, *r.Score, r.CouldBecome, x.class, x.score, x.could)
		}
	}
}

func TestRequiredAndDependentItemsAreChecked(t *testing.T) {
	count, sum := parsed(t, counted), parsed(t, summed)
	for reason, x := range map[string]struct {
		pack    *Pack
		answers Answers
	}{
		"three must be answered":        {count, Answers{"one": Yes}},
		"two is asked only when one":    {count, Answers{"one": No, "two": Yes, "three": No}},
		"from 0 to 3":                   {sum, Answers{"three": "4"}},
		`the answer "03" is outside`:    {sum, Answers{"three": "03"}},
		`the answer "1.0" is outside`:   {sum, Answers{"three": "1.0"}},
		"never, often, unknown":         {sum, Answers{"four": "always"}},
		`item "nine" is not in small 1`: {sum, Answers{"nine": Yes}},
	} {
		if err := x.pack.Check(Response{Adult, x.answers}); err == nil || !strings.Contains(err.Error(), reason) {
			t.Errorf("%v: %v, want %s", x.answers, err, reason)
		}
	}
	if _, err := sum.ReadResponse(strings.NewReader(`{"age":"adult","answers":{"three":"3","five":"no"}}`)); err == nil {
		t.Error("a number in quotation marks was taken")
	}
	if r, err := sum.ReadResponse(strings.NewReader(`{"age":"adult","answers":{"three":3,"five":"unknown"}}`)); err != nil || r.Answers["three"] != "3" {
		t.Errorf("%v %v", r, err)
	}
}

func TestAPackThatIsShownCanBeImportedAgain(t *testing.T) {
	for _, p := range shipped(t) {
		text, err := json.Marshal(p.Whole())
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse(text)
		if err != nil {
			t.Errorf("%s: %v", p.ID, err)
			continue
		}
		for _, lang := range p.Languages {
			for n, i := range p.Items {
				if diff := cmp.Diff(p.Wording(i, lang), again.Wording(again.Items[n], lang)); diff != "" {
					t.Fatalf("%s %s: %s", p.ID, lang, diff)
				}
			}
		}
	}
}

func FuzzPack(f *testing.F) {
	f.Add([]byte(counted))
	f.Add([]byte(summed))
	files, err := fs.Glob(content.FS, folder+"/*.toml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		if strings.Contains(file, "delphi") {
			continue
		}
		b, err := fs.ReadFile(content.FS, file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	asJSON, err := json.Marshal(parsed(f, summed)) // small: large seeds are slow to make smaller
	if err != nil {
		f.Fatal(err)
	}
	f.Add(asJSON)
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := Parse(text)
		if err != nil {
			return
		}
		answers := Answers{}
		for _, i := range p.Items {
			if i.Required {
				answers[i.ID] = Unknown
			}
		}
		if r, err := p.Score(Response{UnknownAge, answers}); err == nil && r.Class == "" {
			t.Errorf("no class: %+v", r)
		} else if err != nil && p.State == Installed {
			t.Errorf("unknown answers are refused: %v", err)
		}
	})
}

func FuzzResponse(f *testing.F) {
	for _, text := range []string{`{"age":"adult","answers":{"exploitation-pay":"yes"}}`, `{"age":"child","answers":{}}`, `{"age":"unknown","answers":{"control-debt":"unknown","control-debt":"unknown"}}`, `{`, `null`, `{"age":1e9}`} {
		f.Add([]byte(text))
	}
	p := pack(f, "delphi-labour-adult")
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := p.ReadResponse(bytes.NewReader(text))
		if err != nil {
			return
		}
		if !json.Valid(text) {
			t.Errorf("%q is no JSON", text)
		}
		for id, a := range r.Answers {
			if i, ok := p.Item(id); !ok || !i.takes(a) {
				t.Errorf("%s: %q", id, a)
			}
		}
		if _, err := p.Score(r); err != nil {
			t.Error(err)
		}
	})
}
