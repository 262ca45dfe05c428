package instrument

import (
	"encoding/json"
	"strings"
	"testing"

	"amelie/content"
	"amelie/internal/fhir"
	"amelie/internal/fhir/fhirtest"
	"amelie/internal/i18n"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// everyKind is a pack with each type of item, a condition on each, and points.
const everyKind = `
id = "every-kind"
version = "1.2.3"
state = "installed"
languages = ["en", "es"]
[source]
title = "Every kind"
publisher = "Nobody"
year = 2020
provenance = "Made for a test."
[licence]
name = "EUPL-1.2"
permission = "own-words"
[population]
ages = ["adult", "child"]
age_min = 0
settings = ["clinic"]
[rule]
kind = "sum"
band = [{ id = "low", from = 0 }, { id = "high", from = 4 }]
[[item]]
id = "sleep"
required = true
points = 2
[[item]]
id = "nights"
type = "integer"
required = true
min = 0
max = 7
points = 1
when = { item = "sleep", is = "no" }
[[item]]
id = "where"
type = "choice"
when = { item = "nights", is = "7" }
option = [{ id = "home", points = 1 }, { id = "work", points = 3 }]
[[item]]
id = "alone"
when = { item = "where", is = "work" }
[[item]]
id = "later"
when = { item = "nights", is = "unknown" }
[text.en]
title = "Every kind"
population = "Everybody."
bands = { low = "Low", high = "High" }
item.sleep = { label = "Do you sleep?", means = "Rest", else = "Habit" }
item.nights = { label = "How many nights?" }
item.where = { label = "Where?", options = { home = "At home", work = "At work" } }
item.alone = { label = "Alone?" }
item.later = { label = "Shall we ask later?" }
[text.es]
title = "De todo"
population = "Todas las personas."
bands = { low = "Bajo", high = "Alto" }
item.sleep = { label = "¿Duerme?", means = "Descanso", else = "Costumbre" }
item.nights = { label = "¿Cuántas noches?" }
item.where = { label = "¿Dónde?", options = { home = "En casa", work = "En el trabajo" } }
item.alone = { label = "¿A solas?" }
item.later = { label = "¿Preguntamos más tarde?" }
`

func said(lang, key string) string { return lang + " " + key }

// withWords are all packs that can be written as a form.
func withWords(t testing.TB) (out Packs) {
	t.Helper()
	packs, err := Load(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	every, err := Parse([]byte(everyKind))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range append(packs, every) {
		if p.State != Template {
			out = append(out, p)
		}
	}
	return out
}

func written(t testing.TB, v any) []byte {
	t.Helper()
	text, err := fhir.Write(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestEveryInstrumentLeavesAsAFormThatTheOfficialSchemaTakesAndComesBackWhole(t *testing.T) {
	for _, p := range withWords(t) {
		q, err := p.Questionnaire(said)
		if err != nil {
			t.Fatal(err)
		}
		text := written(t, q)
		if err := fhirtest.Official("Questionnaire", text); err != nil {
			t.Errorf("%s: the official schema refuses it: %v", p.ID, err)
		}
		again, err := fhir.ReadQuestionnaire(text)
		if err != nil {
			t.Fatalf("%s: %v", p.ID, err)
		}
		back, err := FromQuestionnaire(again, nil)
		if err != nil {
			t.Fatalf("%s: %v", p.ID, err)
		}
		want, _ := json.Marshal(p.Whole())
		got, _ := json.Marshal(back)
		if d := cmp.Diff(string(want), string(got)); d != "" {
			t.Errorf("%s came back changed: %s", p.ID, d)
		}
		if want := map[State]string{Installed: "active", Off: "draft"}[p.State]; q.Status != want {
			t.Errorf("%s is %s and leaves as %q", p.ID, p.State, q.Status)
		}
		for _, lang := range p.Languages[1:] {
			if q.TitleMore.Languages()[lang] != p.In(lang).Title {
				t.Errorf("%s: the title in %s is missing", p.ID, lang)
			}
		}
	}
}

func TestATemplateHasNoFormToGive(t *testing.T) {
	if _, err := pack(t, "raft").Questionnaire(said); err == nil {
		t.Error("a template leaves as a form without questions")
	}
}

// Addresses and answers of a form that is found on a device name nothing.
//
// req: INSTRUMENT-9
func TestAFilledInFormHoldsTheAnswersAndNothingElse(t *testing.T) {
	p := pack(t, "delphi-labour-adult")
	r, err := p.QuestionnaireResponse(Response{Adult, Answers{"exploitation-hours": Yes}})
	if err != nil {
		t.Fatal(err)
	}
	text := string(written(t, r))
	for _, never := range []string{"delphi", "exploitation", "hours", "class", "score", "authored", "subject", "author", "display", "text"} {
		if strings.Contains(text, never) {
			t.Errorf("it holds %q:\n%s", never, text)
		}
	}
}

func TestAnswersLeaveAndComeBackTheSame(t *testing.T) {
	packs := withWords(t)
	checked := map[string]bool{}
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SampledFrom(packs).Draw(t, "pack")
		r := Response{rapid.SampledFrom(Ages).Draw(t, "age"), Answers{}}
		for _, i := range p.Items {
			if !i.asked(r.Answers) || !i.Required && rapid.Bool().Draw(t, "left out") {
				continue
			}
			all := []string{Yes, No, Unknown}
			if i.Type == Integer {
				all = []string{"0", "7", Unknown}
			} else if i.Type == Choice {
				all = []string{i.Options[0].ID, i.Options[1].ID, Unknown}
			}
			r.Answers[i.ID] = rapid.SampledFrom(all).Draw(t, i.ID)
		}
		out, err := p.QuestionnaireResponse(r)
		if err != nil {
			t.Fatal(err)
		}
		text, err := fhir.Write(out)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := p.ReadQuestionnaireResponse(text); err != nil || !cmp.Equal(back, r, cmpopts.EquateEmpty()) {
			t.Fatalf("%v: %s\nwas %v\nis %v", err, text, r, back)
		}
		if !checked[p.ID] && len(r.Answers) > 2 { // the official schema once for each pack: it is slow
			checked[p.ID] = true
			if err := fhirtest.Official("QuestionnaireResponse", text); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestAFilledInFormThatDoesNotFitIsRefusedWithTheReason(t *testing.T) {
	p := pack(t, "delphi-labour-adult")
	out, err := p.QuestionnaireResponse(Response{Adult, Answers{"exploitation-hours": Yes}})
	if err != nil {
		t.Fatal(err)
	}
	good := string(written(t, out))
	for _, x := range []struct{ from, to, reason string }{
		{"|1.0.0", "|0.9.0", `version "0.9.0", the form is version "1.0.0"`},
		{FormAddress(p.ID), FormAddress("delphi-labour-child"), FormAddress("delphi-labour-child") + `", the form is "` + FormAddress(p.ID)},
		{`"Y"`, `"maybe"`, "item 5.1: the answer is outside"},
		{`"5.1"`, `"5.99"`, "item 5.99: the form has no such item"},
		{`"completed"`, `"in-progress"`, "not finished"},
		{`"linkId": "1"`, `"linkId": "2"`, "item 1: an answer is required"},
	} {
		if !strings.Contains(good, x.from) {
			t.Fatalf("%q is not in %s", x.from, good)
		}
		_, err := p.ReadQuestionnaireResponse([]byte(strings.Replace(good, x.from, x.to, 1)))
		if err == nil || !strings.Contains(err.Error(), x.reason) {
			t.Errorf("%s -> %s: want %q, got %v", x.from, x.to, x.reason, err)
		}
	}
}

// published is how a publisher could write the four questions of a template:
// other names, booleans, one language.
const published = `{"resourceType": "Questionnaire", "status": "active", "version": "2.0.0", "title": "Four questions", "copyright": "The publisher", "item": [
  {"linkId": "/1", "type": "display", "text": "Read aloud."},
  {"linkId": "/2", "type": "boolean", "text": "First?", "required": true}, {"linkId": "/3", "type": "boolean", "text": "Second?"},
  {"linkId": "/4", "type": "boolean", "text": "Third?"}, {"linkId": "/5", "type": "boolean", "text": "Fourth?"}]}`

func TestAPublishersFormFillsATemplate(t *testing.T) {
	base := pack(t, "raft").Allowed()
	bring := func(text string) (*Pack, error) {
		q, err := fhir.ReadQuestionnaire([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return FromQuestionnaire(q, base)
	}
	p, err := bring(published)
	if err != nil {
		t.Fatal(err)
	}
	if p.ID != "raft" || p.Version != "2.0.0" || p.State != Installed || p.Licence.Name != "The publisher" || len(p.Languages) != 1 {
		t.Errorf("%s %s %s %s %v", p.ID, p.Version, p.State, p.Licence.Name, p.Languages)
	}
	r, err := p.Score(Response{Adult, Answers{"q1": No, "q3": Yes}})
	if err != nil || r.Class != Positive || p.Wording(p.Items[2], "en").Label != "Third?" {
		t.Errorf("%v %v", r, err)
	}
	for _, x := range []struct{ from, to, reason string }{
		{`{"linkId": "/4", "type": "boolean", "text": "Third?"}, `, ``, "3 questions, the pack has 4 items"},
		{`"type": "boolean", "text": "Third?"`, `"type": "date", "text": "Third?"`, "item /4: the type date is not taken"},
		{`"text": "Third?"`, `"repeats": true, "text": "Third?"`, "item /4: several answers"},
		{`"text": "Third?"`, `"enableWhen": [{"question": "/2", "operator": "!=", "answerBoolean": true}], "text": "Third?"`, "item /4: the condition is more than"},
		{`"text": "Third?"`, `"prefix": "3"`, "q3: the wording is missing"},
		{`"2.0.0"`, `"2"`, "three numbers with dots"},
		{`"type": "boolean", "text": "Third?"`, `"type": "integer", "text": "Third?"`, "min and max are needed"},
	} {
		if !strings.Contains(published, x.from) {
			t.Fatalf("%q is not there", x.from)
		}
		if _, err := bring(strings.Replace(published, x.from, x.to, 1)); err == nil || !strings.Contains(err.Error(), x.reason) {
			t.Errorf("%s -> %s: want %q, got %v", x.from, x.to, x.reason, err)
		}
	}
	q, _ := fhir.ReadQuestionnaire([]byte(published))
	if _, err := FromQuestionnaire(q, nil); err == nil || !strings.Contains(err.Error(), "name the template") {
		t.Errorf("a form without a rule is taken: %v", err)
	}
	base.Licence.Permission = "ask"
	if _, err := bring(published); err == nil || !strings.Contains(err.Error(), `"ask" does not allow`) {
		t.Errorf("wording is taken without permission: %v", err)
	}
}

func TestAFormIsBroughtAsThePackThatItMakes(t *testing.T) {
	text, err := PackText([]byte(published), pack(t, "raft").Allowed())
	if err != nil {
		t.Fatal(err)
	}
	if p, err := Parse(text); err != nil || p.ID != "raft" || p.Version != "2.0.0" {
		t.Errorf("%v %v", p, err)
	}
	if text, err := PackText([]byte(counted), nil); err != nil || string(text) != counted {
		t.Errorf("a pack is changed: %v", err)
	}
	if _, err := PackText([]byte(`{"resourceType": "Questionnaire"}`), nil); err == nil {
		t.Error("a form without a status is taken")
	}
}

func TestAnswersAreReadInEitherForm(t *testing.T) {
	p := pack(t, "delphi-labour-adult")
	want := Response{Adult, Answers{"exploitation-hours": Yes}}
	out, err := p.QuestionnaireResponse(want)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{string(written(t, out)), `{"age": "adult", "answers": {"exploitation-hours": "yes"}}`} {
		if got, err := p.ReadResponse(strings.NewReader(text)); err != nil || !cmp.Equal(got, want) {
			t.Errorf("%v %v", got, err)
		}
	}
}

func TestAFormThatCarriesAnotherPackIsRefused(t *testing.T) {
	q, err := pack(t, "delphi-labour-adult").Questionnaire(said)
	if err != nil {
		t.Fatal(err)
	}
	q.Version = "1.0.1"
	if _, err := FromQuestionnaire(q, nil); err == nil || !strings.Contains(err.Error(), `version "1.0.1", the pack inside is version "1.0.0"`) {
		t.Errorf("%v", err)
	}
	q.URL = FormAddress("something")
	if _, err := FromQuestionnaire(q, nil); err == nil || !strings.Contains(err.Error(), "not that of the pack inside") {
		t.Errorf("%v", err)
	}
}

func TestTheFormOfAnInstrumentInUseIsSavedUnderANeutralNameInAllLanguages(t *testing.T) {
	each(t, func(t *testing.T, s *Service) {
		h := site(t, s, &strings.Builder{})
		status, head, body := ask(h, "GET", "/el/instruments/delphi-labour-child/form", "", nil)
		if status != 200 || !strings.Contains(head.Get("Content-Disposition"), "''"+FormName) || head.Get("Cache-Control") != "no-store" {
			t.Fatalf("%d %v", status, head)
		}
		if err := fhirtest.Official("Questionnaire", []byte(body)); err != nil {
			t.Error(err)
		}
		q, err := fhir.ReadQuestionnaire([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		if age := q.Item[0]; age.Text != "How old is the person?" || len(age.TextMore.Languages()) != len(i18n.Languages)-1 {
			t.Errorf("%q %v", age.Text, age.TextMore.Languages())
		}
		for _, id := range []string{"delphi-sexual-child", "raft", "nobody"} {
			if status, _, _ := ask(h, "GET", "/el/instruments/"+id+"/form", "", nil); status != 404 {
				t.Errorf("%s: %d", id, status)
			}
		}
	})
}
