package instrument

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"amelie/internal/i18n"
	"amelie/locale"
)

// brings imports a pack, as an administrator would.
func (s *Service) brings(t *testing.T, text string) {
	t.Helper()
	if _, err := s.Import(ctx, admin, []byte(text), ""); err != nil {
		t.Fatal(err)
	}
}

// req: INSTRUMENT-7
func TestAQuestionnaireIsFilledInWithoutJavaScriptAndLeavesNothing(t *testing.T) {
	each(t, func(t *testing.T, s *Service) {
		var log strings.Builder
		h := site(t, s, &log)
		s.brings(t, summed)
		before := s.rows(t)
		_, head, body := ask(h, "GET", "/en/instruments/small/fill", "", nil)
		if head.Get("Cache-Control") != "no-store" || strings.Count(body, "data-item=") != 5 || !strings.Contains(body, "Only if “One?” was answered with “Yes”.") || !strings.Contains(body, "A whole number from 0 to 3.") {
			t.Fatalf("%v %s", head, body)
		}
		answers := url.Values{"age": {"child"}, "q-one": {"yes"}, "q-two": {"no"}, "q-three": {"3"}, "q-four": {"never"}, "q-five": {"unknown"}}
		status, head, body := ask(h, "POST", "/en/instruments/small/fill", "", answers)
		if status != 200 || head.Get("Cache-Control") != "no-store" || head.Get("Set-Cookie") != "" {
			t.Errorf("%d %v", status, head)
		}
		for _, want := range []string{`data-class="high"><p`, `data-score>5</b>`, `data-warning="outside-population">`, `data-warning="age-unknown" hidden`} {
			if !strings.Contains(body, want) {
				t.Errorf("the result lacks %q", want)
			}
		}
		after := s.rows(t)
		for table, n := range after {
			if n != before[table] {
				t.Errorf("%s: %d rows more", table, n-before[table])
			}
		}
		if strings.Contains(log.String(), "never") || strings.Contains(log.String(), "q-three") {
			t.Errorf("an answer is in the log: %s", log.String())
		}
	})
}

func TestAnswersThatDoNotFitAreMarkedAtTheirQuestionAndNothingIsLost(t *testing.T) {
	each(t, func(t *testing.T, s *Service) {
		h := site(t, s, &strings.Builder{})
		s.brings(t, summed)
		good := url.Values{"age": {"adult"}, "q-one": {"yes"}, "q-three": {"1"}}
		for _, x := range []struct{ field, value, lang, says string }{
			{"q-three", "4", "en", "“4” is no answer here: a whole number from 0 to 3"},
			{"q-three", "03", "de", "„03“ ist hier keine Antwort: eine ganze Zahl von 0 bis 3"},
			{"q-three", "", "fr", "Il faut une réponse"},
			{"q-four", "sometimes", "it", "Sono possibili: never, often, unknown"},
			{"q-one", "maybe", "nl", "ja, nee of niet bekend"},
			{"q-one", "no", "el", "Αυτό δεν ρωτιέται εδώ. Μόνο αν στο «Ένα;» η απάντηση ήταν «Ναι»."},
			{"u-three", "unknown", "en", "“1 unknown” is no answer here"},
			{"age", "", "en", "Please choose"},
		} {
			sent := url.Values{"q-two": {"yes"}, x.field: {x.value}}
			for name, v := range good {
				if _, changed := sent[name]; !changed {
					sent[name] = v
				}
			}
			status, _, body := ask(h, "POST", "/"+x.lang+"/instruments/small/fill", "", sent)
			if x.field == "age" {
				x.says = `href="#f-age"`
			}
			if status != http.StatusUnprocessableEntity || !strings.Contains(body, x.says) || !strings.Contains(body, `name="q-two" value="yes" checked`) || !strings.Contains(body, `id="result" class="card signs-result" aria-labelledby="result-h" hidden`) {
				t.Errorf("%s=%q: %d, %q is not said", x.field, x.value, status, x.says)
			}
		}
	})
}

func TestOnlyWhatIsInUseCanBeFilledInAndListsOfSignsHaveTheirOwnPage(t *testing.T) {
	each(t, func(t *testing.T, s *Service) {
		h := site(t, s, &strings.Builder{})
		for path, want := range map[string]int{"raft/fill": 404, "delphi-sexual-adult/fill": 404, "nobody/fill": 404, "delphi-labour-adult/fill": 303} {
			if status, head, _ := ask(h, "GET", "/en/instruments/"+path, "", nil); status != want || want == 303 && head.Get("Location") != "/en/signs" {
				t.Errorf("%s: %d %s", path, status, head.Get("Location"))
			}
		}
		s.brings(t, counted)
		for _, path := range s.now(t).Paths("en") {
			if status, _, _ := ask(h, "GET", path, "", nil); status != 200 {
				t.Errorf("%s would be kept and answers %d", path, status)
			}
		}
		_, _, body := ask(h, "GET", "/en/instruments/small", "", nil)
		if !strings.Contains(body, "/en/instruments/small/fill") || !strings.Contains(body, "Brought in here on") {
			t.Error("the page does not lead to the questions, or does not say who brought them")
		}
	})
}

// sends posts a file with fields, as a browser does.
func sends(t *testing.T, h http.Handler, path, as, file string, fields ...string) (int, string) {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for i := 0; i < len(fields); i += 2 {
		if err := w.WriteField(fields[i], fields[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	part, err := w.CreateFormFile("file", "form.json")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(part, file)
	w.Close()
	r := httptest.NewRequest("POST", path, &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("X-As", as)
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, r)
	return answer.Code, answer.Body.String()
}

// req: INSTRUMENT-5
func TestAnAdministratorBringsAFormAndReadsWhyItIsRefusedInTheirLanguage(t *testing.T) {
	each(t, func(t *testing.T, s *Service) {
		h := site(t, s, &strings.Builder{})
		const at = "/de/admin/instruments"
		for _, x := range []struct {
			file, says string
			fields     []string
		}{
			{published, "Wählen Sie die Vorlage, die es füllt.", nil},
			{published, "Die Erlaubnis „ask“ gestattet nicht", []string{"template", "raft"}},
			{strings.Replace(published, `"2.0.0"`, `"2"`, 1), "Eine Version hat drei Zahlen mit Punkten", []string{"template", "raft", "allowed", "1"}},
			{strings.Replace(published, `"status": "active", `, "", 1), "gehört nicht zu: draft, active", []string{"template", "raft", "allowed", "1"}},
			{strings.Replace(counted, "at_least = 2", "at_least = 4", 1), "Die Schwelle ist nicht erreichbar: 4 von 3 Fragen.", nil},
			{"%%%", "Das ist weder ein Instrument noch ein Formular.", nil},
			{`{"id":`, "Das ist kein Instrument in JSON.", nil},
			{replaced(counted, `"small"`, `"delphi-labour-adult"`), "Diese Kennung gehört einem Instrument des Programms", nil},
		} {
			if status, body := sends(t, h, at, "admin", x.file, x.fields...); status != 422 || !strings.Contains(body, x.says) {
				t.Errorf("%d, %q is not said: %s", status, x.says, between(body, `class="reasons"`, "</ul>"))
			}
		}
		if len(s.now(t).Imported) != 0 {
			t.Fatal("something refused was kept")
		}
		if status, _ := sends(t, h, at, "nurse", published, "template", "raft", "allowed", "1"); status == 303 {
			t.Error("a nurse brings in an instrument")
		}
		if status, body := sends(t, h, at, "admin", published, "template", "raft", "allowed", "1"); status != 303 {
			t.Fatalf("%d %s", status, body)
		}
		_, _, page := ask(h, "GET", "/en/instruments/raft", "", nil)
		if !strings.Contains(page, "The publisher agreed") || strings.Contains(page, "is not here") || strings.Contains(page, "must be asked") {
			t.Error("the page says that the wording is there and that it is not")
		}
		status, head, pack := ask(h, "GET", "/en/admin/instruments/raft/pack", "admin", nil)
		if status != 200 || !strings.Contains(head.Get("Content-Disposition"), "pack.json") {
			t.Errorf("%d %v", status, head)
		}
		if p, err := Parse([]byte(pack)); err != nil || p.ID != "raft" {
			t.Errorf("what was saved cannot be brought in again: %v", err)
		}
	})
}

func TestWhatNoStudyPublishedTakesNoRoomInTheTable(t *testing.T) {
	each(t, func(t *testing.T, s *Service) {
		h := site(t, s, &strings.Builder{})
		_, _, page := ask(h, "GET", "/en/instruments/tvit-short", "", nil)
		if strings.Contains(page, "<table") || !strings.Contains(page, "Vera Institute of Justice 2014: published without these shares.") {
			t.Error("a study without figures is a row of dashes")
		}
		_, _, page = ask(h, "GET", "/en/instruments/raft", "", nil)
		if table := between(page, "<table", "</table>"); strings.Contains(table, "–") || !strings.Contains(table, "Sensitivity") || strings.Contains(table, "predictive") {
			t.Errorf("columns: %s", table)
		}
	})
}

func between(body, from, to string) string {
	_, body, _ = strings.Cut(body, from)
	body, _, _ = strings.Cut(body, to)
	return body
}

// req: INSTRUMENT-7
func TestAFilledInFormIsReadAndNothingOfItIsKept(t *testing.T) {
	each(t, func(t *testing.T, s *Service) {
		h := site(t, s, &strings.Builder{})
		p := pack(t, "delphi-labour-adult")
		out, err := p.QuestionnaireResponse(Response{Adult, Answers{"exploitation-hours": Yes, "exploitation-pay": Yes}})
		if err != nil {
			t.Fatal(err)
		}
		good, before := string(written(t, out)), s.rows(t)
		const at = "/en/admin/instruments/answers"
		status, body := sends(t, h, at, "admin", good, "instrument", p.ID)
		if status != 200 || !strings.Contains(body, `data-class="exploitation"><p`) || !strings.Contains(body, "Not known:") {
			t.Errorf("%d: the result is not shown", status)
		}
		for _, x := range []struct{ from, to, says string }{
			{"|1.0.0", "|0.9.0", "The answers are to version 0.9.0, the instrument is version 1.0.0."},
			{`"Y"`, `"maybe"`, `<code lang="en">5.`},
			{`"completed"`, `"in-progress"`, "The form is not finished: its status is “in-progress”."},
			{good, counted, "This is no file of FHIR in JSON."},
		} {
			if status, body := sends(t, h, at, "admin", strings.Replace(good, x.from, x.to, 1), "instrument", p.ID); status != 422 || !strings.Contains(body, x.says) {
				t.Errorf("%d, %q is not said: %s", status, x.says, between(body, `class="reasons"`, "</ul>"))
			}
		}
		if status, _ := sends(t, h, at, "nurse", good, "instrument", p.ID); status == 200 {
			t.Error("a nurse reads it")
		}
		for table, n := range s.rows(t) {
			if n != before[table] {
				t.Errorf("%s: %d rows more", table, n-before[table])
			}
		}
	})
}

func TestEveryReasonIsSaidInEachLanguage(t *testing.T) {
	texts, err := i18n.Load(locale.Files, i18n.Languages)
	if err != nil {
		t.Fatal(err)
	}
	var many Problems
	for _, broken := range []string{"at_least = 2", `version = "1.0.0"`, `title = "Small"`, "n = 203"} {
		_, err := Parse([]byte(strings.Replace(counted, broken, "", 1)))
		if problems, ok := err.(Problems); ok {
			many = append(many, problems...)
		}
	}
	if len(many) < 4 {
		t.Fatalf("%v", many)
	}
	for _, lang := range i18n.Languages {
		for _, p := range many {
			said := texts.T(lang, p.Reason.Key, p.Reason.Args...)
			if said == "" || strings.Contains(said, "{") || strings.Contains(said, p.Reason.Key) || lang != "en" && said == p.Reason.English {
				t.Errorf("%s: %v is said as %q", lang, p, said)
			}
		}
	}
}
