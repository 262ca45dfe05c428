package lexicon

import (
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"amelie/internal/db"
	"amelie/internal/directory"
)

var (
	inputs    = regexp.MustCompile(`<input [^>]*>`)
	areas     = regexp.MustCompile(`(?s)<textarea [^>]*name="([^"]*)"[^>]*>(.*?)</textarea>`)
	attribute = regexp.MustCompile(`(name|value|type)="([^"]*)"`)
	broader   = regexp.MustCompile(`(?s)name="broader">.*?</select>`)
	selected  = regexp.MustCompile(`<option value="([^"]*)" selected>`)
)

// form is what a browser would send of the form of a concept.
func (p page) form() url.Values {
	out := url.Values{}
	main := mainPart.FindString(p.raw)
	main, _, _ = strings.Cut(main, `name="into"`)
	for _, in := range inputs.FindAllString(main, -1) {
		a := map[string]string{}
		for _, m := range attribute.FindAllStringSubmatch(in, -1) {
			a[m[1]] = html.UnescapeString(m[2])
		}
		if a["type"] == "checkbox" && !strings.Contains(in, " checked") || out.Has(a["name"]) {
			continue
		}
		out.Add(a["name"], a["value"])
	}
	for _, m := range areas.FindAllStringSubmatch(main, -1) {
		out.Set(m[1], html.UnescapeString(m[2]))
	}
	if m := selected.FindStringSubmatch(broader.FindString(main)); m != nil {
		out.Set("broader", m[1])
	}
	return out
}

func (h *house) row(kind directory.Kind, id string) (r directory.Row, err error) {
	h.t.Helper()
	err = h.db.Read(h.t.Context(), func(tx *db.Tx) (err error) { r, err = h.d.Row(tx, kind, id); return err })
	return r, err
}

func (h *house) synonyms(id, lang string) []string {
	h.t.Helper()
	r, err := h.row(directory.KindConcept, id)
	if err != nil {
		h.t.Fatal(err)
	}
	return r.Concept.Synonyms[lang]
}

func TestAWordThatLedNowhereBecomesASynonymAndIsFoundAtOnce(t *testing.T) {
	each(t, func(h *house) {
		for range enoughDays {
			h.searches("el", "q", "ζενωνακι")
			h.now = h.now.Add(day)
		}
		h.sweeps()
		h.visits("nikos", "/el/desk/need").says("ζενωνακι", "Ίσως σημαίνει")
		h.visits("nikos", "/el/desk/words?add=%CE%B6%CE%B5%CE%BD%CF%89%CE%BD%CE%B1%CE%BA%CE%B9&lang=el").is(200).says("Επιλέξτε τι σημαίνει")
		path := "/el/desk/words/accommodation"
		form := h.visits("nikos", path+"?add=%CE%B6%CE%B5%CE%BD%CF%89%CE%BD%CE%B1%CE%BA%CE%B9&lang=el").is(200).says("Δεν έχει αποθηκευτεί ακόμη", "zenonaki").form()
		form.Set("do", "try")
		form.Set("try", "ζενωνακι")
		h.ask("nikos", "POST", path, form).is(200).says("Τώρα", "Με την αλλαγή σας", "δεν είναι κατανοητό", "Ασφαλής")
		if slices.Contains(h.synonyms("accommodation", "el"), "ζενωνακι") {
			t.Fatal("trying saved it")
		}
		form.Set("do", "save")
		h.ask("nikos", "POST", path, form).is(303)
		h.ask("nikos", "POST", path, form).is(303) // pressed twice
		if got := h.synonyms("accommodation", "el"); !slices.Contains(got, "ζενωνακι") {
			t.Fatalf("%v", got)
		}
		h.searches("el", "q", "ζενωνακι").silent("καταγράφηκε ως ανάγκη")
		h.visits("nikos", "/el/desk/need").silent("ζενωνακι")
		h.visits("nikos", path).says("Nikos")
	})
}

func TestAWordThatLeadsElsewhereIsSavedOnlyOnPurpose(t *testing.T) {
	each(t, func(h *house) {
		path := "/en/desk/words/legal-aid"
		form := h.visits("lotte", path).is(200).form()
		form.Set("synonyms.el", form.Get("synonyms.el")+"\nΞΕΝΩΝΑΣ")
		form.Set("do", "save")
		form = h.ask("lotte", "POST", path, form).is(422).says("leads elsewhere already", "ΞΕΝΩΝΑΣ").form()
		form.Set("do", "save")
		form.Set("sure", "1")
		h.ask("lotte", "POST", path, form).is(303)
		if !slices.Contains(h.synonyms("legal-aid", "el"), "ΞΕΝΩΝΑΣ") {
			t.Error("not saved")
		}
	})
}

// req: LEXICON-6
func TestOfTwoEditorsOfAConceptNeitherLosesWords(t *testing.T) {
	each(t, func(h *house) {
		path := "/en/desk/words/legal-aid"
		first, second := h.visits("lotte", path).form(), h.visits("nikos", path).form()
		first.Set("synonyms.de", first.Get("synonyms.de")+"\nRechtswort")
		first.Set("synonyms.fr", first.Get("synonyms.fr")+"\nmotjuste")
		first.Set("do", "save")
		h.ask("lotte", "POST", path, first).is(303)
		second.Set("synonyms.de", second.Get("synonyms.de")+"\nGesetzwort")
		second.Set("synonyms.it", second.Get("synonyms.it")+"\nparolagiusta")
		second.Set("do", "save")
		both := h.ask("nikos", "POST", path, second).is(422).says("Another editor saved", "Rechtswort")
		if slices.Contains(h.synonyms("legal-aid", "de"), "Gesetzwort") {
			t.Fatal("overwritten")
		}
		form := both.form()
		form.Set("synonyms.de", form.Get("synonyms.de")+"\nRechtswort")
		form.Set("do", "save")
		h.ask("nikos", "POST", path, form).is(303)
		for lang, words := range map[string][]string{"de": {"Rechtswort", "Gesetzwort"}, "fr": {"motjuste"}, "it": {"parolagiusta"}} {
			for _, w := range words {
				if !slices.Contains(h.synonyms("legal-aid", lang), w) {
					t.Errorf("%s is lost in %s", w, lang)
				}
			}
		}
	})
}

// req: LEXICON-7
func TestAConceptInUseIsRetiredOnlyIntoAnother(t *testing.T) {
	each(t, func(h *house) {
		path := "/en/desk/words/housing"
		h.sends("lotte", path, "do", "retire").is(422).says("Entries use this concept")
		h.sends("lotte", path, "do", "retire", "into", "women").is(422) // of another kind
		h.sends("lotte", path, "do", "retire", "into", "housing").is(422)
		if _, err := h.row(directory.KindConcept, "housing"); err != nil {
			t.Fatal("it went although it was refused")
		}
		old := h.synonyms("housing", "de")
		h.sends("lotte", path, "do", "retire", "into", "accommodation").is(303)
		if _, err := h.row(directory.KindConcept, "housing"); err == nil {
			t.Error("it is still there")
		}
		for _, w := range old {
			r, err := h.row(directory.KindConcept, "accommodation")
			if err != nil || w != r.Concept.Labels["de"] && !slices.Contains(r.Concept.Synonyms["de"], w) {
				t.Errorf("%q is lost, %v", w, err)
			}
		}
		err := h.db.Read(t.Context(), func(tx *db.Tx) error {
			services, err := h.d.Rows(tx, directory.KindService)
			for _, s := range services {
				if slices.Contains(s.Service.Helps, "housing") {
					t.Errorf("%s still names it", s.ID)
				}
				if sorted := slices.Sorted(slices.Values(s.Service.Helps)); len(slices.Compact(sorted)) != len(s.Service.Helps) {
					t.Errorf("%s names one twice: %v", s.ID, s.Service.Helps)
				}
			}
			concepts, err2 := h.d.Rows(tx, directory.KindConcept)
			for _, c := range concepts {
				if c.Concept.Broader == "housing" {
					t.Errorf("%s hangs under nothing", c.ID)
				}
			}
			if err == nil {
				err = err2
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestOthersDoNotKnowOfTheWordsAndAnAdministratorLooks(t *testing.T) {
	each(t, func(h *house) {
		for _, path := range []string{"/en/desk/words", "/en/desk/words/housing"} {
			h.visits("nurse", path).is(404)
			h.visits("petra", path).is(200).silent("Save", "Take it out")
			h.visits("lotte", path).is(200)
		}
		h.visits("lotte", "/en/desk/words/housing").says("Save", "Take it out")
		form := h.visits("lotte", "/en/desk/words/housing").form()
		form.Set("do", "save")
		h.ask("petra", "POST", "/en/desk/words/housing", form).is(403)
		h.sends("petra", "/en/desk/words/housing", "do", "retire", "into", "accommodation").is(403)
		h.sends("nurse", "/en/desk/words/housing", "do", "retire", "into", "accommodation").is(404)
		h.visits("lotte", "/en/desk/words/nothing-here").is(404)
		h.visits("lotte", "/de/desk/words?scheme=help&q=ΞΕΝΩΝΑΣ").is(200).says("Sichere Unterkunft")
	})
}
