package fhir

import (
	"fmt"
	"strings"
	"testing"

	"amelie/internal/fhir/fhirtest"
)

// visit is a form with one item of each kind: conditions, bounds, groups that
// repeat, options in both ways. "§" in a test's change stands for nothing else.
const visit = `{
 "resourceType": "Questionnaire", "id": "visit", "url": "urn:example:visit", "version": "2.1.0", "status": "active",
 "title": "Visit", "_title": {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/translation",
   "extension": [{"url": "lang", "valueCode": "de"}, {"url": "content", "valueString": "Besuch"}]}]},
 "purpose": "kept", "subjectType": ["Patient"],
 "contained": [{"resourceType": "ValueSet", "id": "yesno", "status": "active", "compose": {"include": [
   {"system": "urn:example:yn", "concept": [{"code": "Y", "display": "Yes"}, {"code": "N"}]}]}}],
 "item": [
  {"linkId": "hello", "type": "display", "text": "Good morning"},
  {"linkId": "pain", "type": "boolean", "required": true},
  {"linkId": "level", "type": "integer", "required": true, "enableWhen": [{"question": "pain", "operator": "=", "answerBoolean": true}],
   "extension": [{"url": "http://hl7.org/fhir/StructureDefinition/minValue", "valueInteger": 0},
                 {"url": "http://hl7.org/fhir/StructureDefinition/maxValue", "valueInteger": 10}]},
  {"linkId": "where", "type": "choice", "repeats": true, "answerOption": [
    {"valueCoding": {"system": "urn:example:body", "code": "head"}}, {"valueCoding": {"system": "urn:example:body", "code": "back"}}],
   "extension": [{"url": "http://hl7.org/fhir/StructureDefinition/questionnaire-maxOccurs", "valueInteger": 2}]},
  {"linkId": "before", "type": "choice", "answerValueSet": "#yesno", "item": [{"linkId": "since", "type": "date"}]},
  {"linkId": "other", "type": "open-choice", "answerOption": [{"valueString": "none"}], "maxLength": 12},
  {"linkId": "drugs", "type": "group", "repeats": true, "item": [
    {"linkId": "name", "type": "string", "required": true, "maxLength": 20},
    {"linkId": "dose", "type": "decimal", "enableWhen": [{"question": "name", "operator": "exists", "answerBoolean": true}]},
    {"linkId": "weekly", "type": "quantity", "enableBehavior": "all", "enableWhen": [
      {"question": "dose", "operator": ">", "answerDecimal": 0.5}, {"question": "name", "operator": "!=", "answerString": "salt"}]}]},
  {"linkId": "note", "type": "text", "enableBehavior": "any", "enableWhen": [
    {"question": "level", "operator": ">=", "answerInteger": 7}, {"question": "before", "operator": "=", "answerCoding": {"system": "urn:example:yn", "code": "Y"}}]},
  {"linkId": "page", "type": "url"}, {"linkId": "at", "type": "time"}, {"linkId": "come", "type": "dateTime"}
 ]}`

// answered is a good answer to it.
const answered = `{"resourceType": "QuestionnaireResponse", "questionnaire": "urn:example:visit|2.1.0", "status": "completed", "item": [
  {"linkId": "pain", "answer": [{"valueBoolean": true}]},
  {"linkId": "level", "answer": [{"valueInteger": 7}]},
  {"linkId": "where", "answer": [{"valueCoding": {"system": "urn:example:body", "code": "head"}}, {"valueCoding": {"system": "urn:example:body", "code": "back"}}]},
  {"linkId": "before", "answer": [{"valueCoding": {"system": "urn:example:yn", "code": "Y"}, "item": [{"linkId": "since", "answer": [{"valueDate": "2026-02"}]}]}]},
  {"linkId": "other", "answer": [{"valueString": "a little"}]},
  {"linkId": "drugs", "item": [{"linkId": "name", "answer": [{"valueString": "salt"}]}, {"linkId": "dose", "answer": [{"valueDecimal": 1.50}]}]},
  {"linkId": "drugs", "item": [{"linkId": "name", "answer": [{"valueString": "sugar"}]}, {"linkId": "dose", "answer": [{"valueDecimal": 0.75}]},
    {"linkId": "weekly", "answer": [{"valueQuantity": {"value": 3, "unit": "g"}}]}]},
  {"linkId": "note", "answer": [{"valueString": "worse at night"}]},
  {"linkId": "page", "answer": [{"valueUri": "urn:x"}]}, {"linkId": "at", "answer": [{"valueTime": "08:30:00"}]}, {"linkId": "come", "answer": [{"valueDateTime": "2026-02-28T08:30:00+01:00"}]}]}`

func theVisit(t testing.TB) *Questionnaire {
	t.Helper()
	q, err := ReadQuestionnaire([]byte(visit))
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func TestAFormIsReadWrittenAndReadAgainWithoutLoss(t *testing.T) {
	q := theVisit(t)
	text, err := Write(q)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{visit, string(text)} {
		if err := fhirtest.Official("Questionnaire", []byte(part)); err != nil {
			t.Errorf("the official schema refuses it: %v", err)
		}
	}
	again, err := ReadQuestionnaire(text)
	if err != nil {
		t.Fatal(err)
	}
	second, _ := Write(again)
	if string(second) != string(text) || !strings.Contains(string(text), `"purpose": "kept"`) {
		t.Errorf("written twice it differs, or lost what nobody looks at:\n%s", second)
	}
	if q.TitleMore.Languages()["de"] != "Besuch" {
		t.Error("the German title is not found")
	}
}

func TestAnswersThatFitAreTaken(t *testing.T) {
	r, err := ReadResponse([]byte(answered))
	if err != nil {
		t.Fatal(err)
	}
	if err := theVisit(t).CheckResponse(r); err != nil {
		t.Error(err)
	}
	text, err := Write(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := fhirtest.Official("QuestionnaireResponse", text); err != nil {
		t.Error(err)
	}
	if !strings.Contains(string(text), "1.50") {
		t.Error("the digits of a decimal are its precision, and were changed")
	}
}

// Each change makes one thing of the good answers wrong.
func TestAnswersThatDoNotFitAreRefusedWithTheReason(t *testing.T) {
	for _, x := range []struct{ from, to, reason string }{
		{`visit|2.1.0`, `visit|2.0.0`, `version "2.0.0", the form is version "2.1.0"`},
		{`visit|2.1.0`, `visit`, `version "", the form is version "2.1.0"`},
		{`urn:example:visit|`, `urn:example:walk|`, `"urn:example:walk", the form is "urn:example:visit"`},
		{`"completed"`, `"done"`, `"done" is not one of`},
		{`{"linkId": "pain", "answer": [{"valueBoolean": true}]},`, ``, `item pain: an answer is required`},
		{`{"linkId": "pain", "answer": [{"valueBoolean": true}]}`, `{"linkId": "pain", "answer": [{"valueBoolean": false}]}`, `item level: it is not asked after`},
		{`"linkId": "level"`, `"linkId": "hight"`, `item hight: the form has no such item`},
		{`"valueInteger": 7`, `"valueInteger": 11`, `item level: the answer is above`},
		{`"valueInteger": 7`, `"valueInteger": -1`, `item level: the answer is below`},
		{`"valueInteger": 7`, `"valueDecimal": 7`, `item level: the answer is outside`},
		{`"valueInteger": 7`, `"valueInteger": 7}, {"valueInteger": 8`, `item level: it takes one answer, 2 are given`},
		{`"code": "back"`, `"code": "knee"`, `item where: the answer is outside`},
		{`"code": "back"}}`, `"code": "back"}}, {"valueCoding": {"system": "urn:example:body", "code": "back"}}`, `item where: at most 2`},
		{`"code": "Y"}`, `"code": "Z"}`, `item before: the answer is outside`},
		{`{"valueString": "a little"}`, `{"valueString": "more than twelve"}`, `item other: the answer has 16 characters, at most 12`},
		{`{"linkId": "name", "answer": [{"valueString": "sugar"}]}, `, ``, `item name: an answer is required`},
		{`{"valueDecimal": 0.75}`, `{"valueDecimal": 0.5}`, `item weekly: it is not asked`},
		{`{"linkId": "dose", "answer": [{"valueDecimal": 1.50}]}`, `{"linkId": "weekly", "answer": [{"valueQuantity": {"value": 3}}]}`, `item weekly: it is not asked`},
		{`"2026-02"`, `"2026-02-30"`, `item since: this day does not exist`},
		{`"2026-02"`, `"2026-13"`, `item since: not a date`},
		{`"08:30:00"`, `"8:30"`, `item at: not a time`},
		{`"answer": [{"valueUri": "urn:x"}]`, `"item": [{"linkId": "at"}]`, `item page: items stand beside the answer`},
		{`{"linkId": "pain", `, `{"linkId": "hello", "answer": [{"valueString": "x"}]}, {"linkId": "pain", `, `item hello: a text takes no answer`},
	} {
		r, err := ReadResponse([]byte(change(t, answered, x.from, x.to)))
		if err == nil {
			err = theVisit(t).CheckResponse(r)
		}
		if err == nil || !strings.Contains(err.Error(), x.reason) {
			t.Errorf("%s -> %s: want %q, got %v", x.from, x.to, x.reason, err)
		}
	}
}

// change replaces the first place, and fails where there is none.
func change(t testing.TB, text, from, to string) string {
	t.Helper()
	if !strings.Contains(text, from) {
		t.Fatalf("%q is not there", from)
	}
	return strings.Replace(text, from, to, 1)
}

func TestAFormThatContradictsItselfIsRefusedWithTheReason(t *testing.T) {
	for _, x := range []struct{ from, to, reason string }{
		{`"status": "active", "compose"`, `"status": "active", "expansion": {}, "compose"`, `empty value`},
		{`"active", "compose"`, `"active", "immutable": true, "compose"`, `the value set "#yesno" is not inside`},
		{`"#yesno"`, `"http://example.org/set"`, `is not inside the form`},
		{`"status": "active",
 "title"`, `"status": "live", "title"`, `status: "live" is not one of`},
		{`"purpose"`, `"porpoise"`, `porpoise: R4 has no such member`},
		{`"purpose": "kept"`, `"implicitRules": "urn:x"`, `implicitRules: it changes the meaning`},
		{`"linkId": "level",`, `"linkId": "level", "modifierExtension": [{"url": "urn:x"}],`, `item level modifierExtension`},
		{`"linkId": "level",`, `"LinkId": "level",`, `item`},
		{`"linkId": "level",`, `"linkId": "level", "linkId": "level",`, `duplicate`},
		{`"linkId": "level"`, `"linkId": "pain"`, `item pain: the linkId stands twice`},
		{`"type": "integer"`, `"type": "whole"`, `item level: the type "whole" is unknown`},
		{`"type": "integer"`, `"type": "string"`, `item level: the bound has not the type`},
		{`"valueInteger": 0}`, `"valueInteger": 11}`, `item level: the smallest value is above`},
		{`"question": "pain"`, `"question": "pan"`, `names "pan", which is no item`},
		{`"question": "pain"`, `"question": "level"`, `depends on the item itself`},
		{`"operator": "exists", "answerBoolean": true`, `"operator": "exists", "answerInteger": 1`, `no value that its operator takes`},
		{`"enableBehavior": "any", `, ``, `item note: with two conditions`},
		{`"operator": ">="`, `"operator": "=>"`, `the operator "=>" is unknown`},
		{`"type": "display"`, `"type": "display", "required": true`, `item hello: a display asks nothing`},
		{`"title": "Visit"`, `"title": ""`, `at /title: an empty value`},
		{`"title": "Visit"`, `"title": null`, `at /title: an empty value`},
		{`"title": "Visit"`, `"title": 7`, `at /title`},
		{`"resourceType": "Questionnaire"`, `"resourceType": "Patient"`, `"Patient", not a Questionnaire`},
	} {
		_, err := ReadQuestionnaire([]byte(change(t, visit, x.from, x.to)))
		if err == nil || !strings.Contains(err.Error(), x.reason) {
			t.Errorf("%s -> %s: want %q, got %v", x.from, x.to, x.reason, err)
		}
	}
}

func TestEachOperatorOfAConditionIsJudged(t *testing.T) {
	five, text := int32(5), "b"
	number := Value{Integer: &five}
	for _, x := range []struct {
		operator string
		want     Value
		with     string // numbers for which it holds, of none, 4, 5 and 6
	}{
		{"=", number, "5"}, {"!=", number, "none 4 6"}, {">", number, "6"}, {"<", number, "4"}, {">=", number, "5 6"}, {"<=", number, "4 5"},
		{"exists", Value{Boolean: yes(true)}, "4 5 6"}, {"exists", Value{Boolean: yes(false)}, "none"},
		{">", Value{String: &text}, ""}, // a number and a word have no order
	} {
		var held []string
		for _, n := range []int32{0, 4, 5, 6} {
			on, name := &Answered{}, "none"
			if n != 0 {
				on, name = &Answered{Answer: []Answer{{Value: Value{Integer: &n}}}}, fmt.Sprint(n)
			}
			if Is("q", x.operator, x.want).holds(on) {
				held = append(held, name)
			}
		}
		if got := strings.Join(held, " "); got != x.with {
			t.Errorf("%s: holds for %q, not for %q", x.operator, got, x.with)
		}
	}
}

func yes(b bool) *bool { return &b }

func TestDatesOfDifferentPrecisionHaveAnOrderOnlyWhereTheyDiffer(t *testing.T) {
	for _, x := range []struct {
		a, b  string
		order int
		known bool
	}{
		{"2025", "2026-01", -1, true}, {"2026", "2026-01", 0, false}, {"2026-01", "2026-01", 0, true},
		{"2026-01-01T10:00:00+02:00", "2026-01-01T08:00:00Z", 0, true}, {"2026-01-01T10:00:00+02:00", "2026-01-01T09:00:00Z", -1, true},
	} {
		order, known := Value{DateTime: &x.a}.compare(Value{DateTime: &x.b})
		if known != x.known || known && order != x.order {
			t.Errorf("%s and %s: %d %v", x.a, x.b, order, known)
		}
	}
}

func TestAnAnswerWithoutAValueSaysWhy(t *testing.T) {
	q := theVisit(t)
	r := &Response{ResourceType: "QuestionnaireResponse", Questionnaire: "urn:example:visit|2.1.0", Status: "completed",
		Item: []Answered{{LinkID: "pain", Answer: []Answer{NoValue("Boolean", "unknown")}}}}
	if err := q.CheckResponse(r); err != nil {
		t.Error(err)
	}
	text, err := Write(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := fhirtest.Official("QuestionnaireResponse", text); err != nil {
		t.Error(err)
	}
	again, err := ReadResponse(text)
	if err != nil || again.Item[0].Answer[0].Absent() != "unknown" {
		t.Errorf("the reason is lost: %v", err)
	}
	if _, err := ReadResponse([]byte(strings.ReplaceAll(string(text), "data-absent-reason", "something"))); err == nil {
		t.Error("an answer without value and reason is taken")
	}
}

func FuzzReadQuestionnaire(f *testing.F) {
	f.Add([]byte(visit))
	f.Add([]byte(`{"resourceType":"Questionnaire","status":"draft","item":[{"linkId":"a","type":"decimal","extension":[{"url":"http://hl7.org/fhir/StructureDefinition/minValue","valueDecimal":1e99}]}]}`))
	f.Add([]byte(strings.Repeat(`{"item":[`, 80)))
	f.Fuzz(func(t *testing.T, text []byte) {
		q, err := ReadQuestionnaire(text)
		if err != nil {
			return
		}
		written, err := Write(q)
		if err != nil {
			t.Fatalf("read, but not written: %v", err)
		}
		if _, err := ReadQuestionnaire(written); err != nil {
			t.Fatalf("what was written is refused: %v\n%s", err, written)
		}
	})
}

func FuzzReadResponse(f *testing.F) {
	q := theVisit(f)
	f.Add([]byte(answered))
	f.Add([]byte(`{"resourceType":"QuestionnaireResponse","questionnaire":"urn:example:visit|2.1.0","status":"completed","item":[{"linkId":"level","answer":[{"valueDecimal":1e999999999}]}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := ReadResponse(text)
		if err != nil {
			return
		}
		first := q.CheckResponse(r)
		written, err := Write(r)
		if err != nil {
			t.Fatalf("read, but not written: %v", err)
		}
		again, err := ReadResponse(written)
		if err != nil {
			t.Fatalf("what was written is refused: %v\n%s", err, written)
		}
		if second := q.CheckResponse(again); (first == nil) != (second == nil) {
			t.Fatalf("judged differently when read again: %v, %v", first, second)
		}
	})
}
