package lexicon

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"amelie/internal/db"
	"amelie/internal/directory"
)

var regexpAct = regexp.MustCompile(`name="act" value="([^"]+)"`)

// carriers are the services that name a concept of help.
func (h *house) carriers(concept string) (out []string) {
	h.t.Helper()
	err := h.db.Read(h.t.Context(), func(tx *db.Tx) error {
		services, err := h.d.Rows(tx, directory.KindService)
		for _, s := range services {
			if slices.Contains(s.Service.Helps, concept) {
				out = append(out, s.ID)
			}
		}
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return out
}

// editsHelps changes the helps of a service as the desk would.
func (h *house) editsHelps(service string, change func([]string) []string) {
	h.t.Helper()
	row, err := h.row(directory.KindService, service)
	if err != nil {
		h.t.Fatal(err)
	}
	row.Service.Helps = change(row.Service.Helps)
	err = h.db.Write(h.t.Context(), func(tx *db.Tx) error {
		return h.d.Change(tx, by(staff["lotte"]), h.now, directory.Change{Row: row})
	})
	if err != nil {
		h.t.Fatal(err)
	}
	h.d.Refresh()
}

func TestAConceptIsAddedAndFoundAtOnce(t *testing.T) {
	each(t, func(h *house) {
		h.visits("lotte", "/en/desk/words/new").is(200).says("What does it name?")
		form := h.visits("lotte", "/en/desk/words/new?scheme=help").is(200).form()
		form.Set("label.de", "Quadrillenkurs")
		h.ask("lotte", "POST", "/en/desk/words/new", form).is(422).says("Write the English name.")
		form.Set("label.en", "Quadrille lessons")
		form.Set("synonyms.el", "καδρίλια")
		form.Set("broader", "accommodation")
		h.ask("petra", "POST", "/en/desk/words/new", form).is(403)
		done := h.ask("lotte", "POST", "/en/desk/words/new", form).is(303)
		if !strings.HasSuffix(done.where, "/desk/words/quadrille-lessons") {
			t.Fatalf("%s", done.where)
		}
		h.ask("lotte", "POST", "/en/desk/words/new", form).is(303) // pressed twice
		h.visits("lotte", "/en/desk/words").says("Quadrille lessons", "missing: Greek, Italian, Dutch, French")
		service := h.carriers("legal-aid")[0]
		h.editsHelps(service, func(list []string) []string { return append(list, "quadrille-lessons") })
		row, err := h.row(directory.KindService, service)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"quadrille lessons", "καδρίλια", "quadrillenkurs"} {
			h.searches("en", "q", word).says("Quadrille lessons", row.Service.Name)
		}
	})
}

func TestAWordThatAConceptHasInALanguageIsRefusedWithTheWayThere(t *testing.T) {
	each(t, func(h *house) {
		form := h.visits("lotte", "/en/desk/words/new?scheme=help").form()
		form.Set("label.en", "Quadrille")
		form.Set("synonyms.de", "Quadrille\nSCHUTZWOHNUNG")
		p := h.ask("lotte", "POST", "/en/desk/words/new", form).is(422).says("Another concept has this word already", "“SCHUTZWOHNUNG” (German) belongs to Safe accommodation")
		if !strings.Contains(p.raw, `href="/en/desk/words/accommodation"`) || !strings.Contains(p.raw, "Quadrille") {
			t.Error("no way to the other concept, or what was typed is lost")
		}
		form = p.form()
		form.Set("synonyms.de", "")
		form.Set("synonyms.fr", "Schutzwohnung") // of another language: leads to both, on purpose
		p = h.ask("lotte", "POST", "/en/desk/words/new", form).is(422).says("leads elsewhere already")
		form = p.form()
		form.Set("synonyms.fr", "Schutzwohnung")
		form.Set("sure", "1")
		h.ask("lotte", "POST", "/en/desk/words/new", form).is(303)
	})
}

// An identifier leads to one concept for ever: saved links must not begin to
// mean something else.
func TestAnIdentifierIsNeverGivenAgain(t *testing.T) {
	each(t, func(h *house) {
		add := func(label string) string {
			form := h.visits("lotte", "/en/desk/words/new?scheme=help").form()
			form.Set("label.en", label)
			return h.ask("lotte", "POST", "/en/desk/words/new", form).is(303).where
		}
		if got := add("Quadrille"); got != "/en/desk/words/quadrille" {
			t.Fatal(got)
		}
		h.sends("lotte", "/en/desk/words/quadrille", "do", "retire").is(303)
		if got := add("Quadrille!"); got != "/en/desk/words/quadrille-2" {
			t.Error(got)
		}
		if got := add("New"); got != "/en/desk/words/new-2" {
			t.Error(got)
		}
	})
}

// splits names a part of the concept of safe accommodation and gives it the
// first carrier, both to the second.
func (h *house) splits(do string, more ...string) (page, []string) {
	h.t.Helper()
	path := "/en/desk/words/accommodation/split"
	services := h.carriers("accommodation")
	form := h.visits("lotte", path).is(200).form()
	form.Set("1.label.en", "Quadrille shelter")
	form.Set("1.synonyms.de", "Schutzwohnung\nQuadrillenhaus")
	form.Set("place", "under")
	for i, id := range services {
		form.Add("listed", id)
		if i != 0 {
			form.Add("s."+id, "0")
		}
		if i < 2 {
			form.Add("s."+id, "1")
		}
	}
	form.Set("do", do)
	for i := 0; i+1 < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	return h.ask("lotte", "POST", path, form), services
}

func TestAConceptIsSplitInOneAndSearchesFollow(t *testing.T) {
	each(t, func(h *house) {
		h.visits("petra", "/en/desk/words/accommodation/split").is(403)
		h.visits("nurse", "/en/desk/words/accommodation/split").is(404)
		h.visits("lotte", "/en/desk/words/without-papers/split").is(404) // no service carries it in a list
		p, services := h.splits("preview")
		p.is(200).says("1 service moves", "1 service carries several", "services stay as they are", "Quadrille shelter")
		if len(h.carriers("quadrille-shelter")) != 0 {
			t.Fatal("looking saved it")
		}
		p, _ = h.splits("save")
		p.is(303)
		if got := h.carriers("quadrille-shelter"); len(got) != 2 {
			t.Fatalf("%v", got)
		}
		if got := h.carriers("accommodation"); len(got) != len(services)-1 {
			t.Errorf("%d of %d stay", len(got), len(services))
		}
		if got := h.synonyms("accommodation", "de"); slices.Contains(got, "Schutzwohnung") {
			t.Error("the word stands at both")
		}
		// A saved link with the old concept finds what moved too: the new one stands under it.
		moved, err := h.row(directory.KindService, services[0])
		if err != nil {
			t.Fatal(err)
		}
		all, err := h.d.Everyone(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		found, _ := all.Matching(directory.Query{Lang: "en", Helps: []string{"accommodation"}, Now: h.now})
		if !slices.ContainsFunc(found, func(e directory.Entry) bool { return e.Service.ID == moved.ID }) {
			t.Error("the saved filter lost what moved")
		}
	})
}

func TestASplitRefusesWhatNobodyTickedAndWordsOfOthers(t *testing.T) {
	each(t, func(h *house) {
		services := h.carriers("accommodation")
		path := "/en/desk/words/accommodation/split"
		form := url.Values{"parts": {"1"}, "revision": {"0"}, "do": {"save"}, "1.label.en": {"Quadrille"}, "listed": services[:1]}
		h.ask("lotte", "POST", path, form).is(422).says("Tick at least one concept")
		form.Set("s."+services[0], "1")
		form.Set("1.synonyms.en", "legal aid")
		h.ask("lotte", "POST", path, form).is(422).says("Another concept has this word already")
		form.Del("1.synonyms.en")
		form.Set("revision", "7")
		h.ask("lotte", "POST", path, form).is(422).says("Somebody changed the concept meanwhile")
		if len(h.carriers("quadrille")) != 0 {
			t.Error("it was saved")
		}
	})
}

// req: LEXICON-8
func TestASplitIsTakenBackWholeAndLosesNothingThatCameSince(t *testing.T) {
	each(t, func(h *house) {
		before := h.synonyms("accommodation", "de")
		p, services := h.splits("save")
		p.is(303)
		// Since then a service got another help, one a text, a stranger took the new concept, and a word came.
		h.editsHelps(services[0], func(list []string) []string {
			return slices.DeleteFunc(list, func(id string) bool { return id == "return" })
		})
		row, err := h.row(directory.KindService, services[1])
		if err != nil {
			t.Fatal(err)
		}
		row.Service.Summary["de"] = "Ein Satz, der seither dazukam."
		stranger := h.carriers("interpretation")[0]
		err = h.db.Write(t.Context(), func(tx *db.Tx) error { return h.d.Change(tx, by(staff["nikos"]), h.now, directory.Change{Row: row}) })
		if err != nil {
			t.Fatal(err)
		}
		h.editsHelps(stranger, func(list []string) []string {
			return append(slices.DeleteFunc(list, func(id string) bool { return id == "accommodation" }), "quadrille-shelter")
		})
		form := h.visits("lotte", "/en/desk/words/accommodation").form()
		form.Set("synonyms.fr", form.Get("synonyms.fr")+"\nmotjuste")
		form.Set("do", "save")
		h.ask("lotte", "POST", "/en/desk/words/accommodation", form).is(303)

		list := h.visits("lotte", "/en/desk/words").says("“Safe accommodation” split off: Quadrille shelter", "Take back")
		id := regexpAct.FindStringSubmatch(list.raw)[1]
		h.visits("petra", "/en/desk/words").silent("Take back")
		h.sends("petra", "/en/desk/words", "act", id).is(403)
		h.sends("nurse", "/en/desk/words", "act", id).is(404)
		h.sends("lotte", "/en/desk/words", "act", id).is(303)

		if _, err := h.row(directory.KindConcept, "quadrille-shelter"); err == nil {
			t.Error("the new concept is still there")
		}
		got := h.carriers("accommodation")
		for _, s := range append(services, stranger) {
			if !slices.Contains(got, s) {
				t.Errorf("%s does not carry it again", s)
			}
		}
		if got := h.synonyms("accommodation", "de"); !slices.Equal(got, before) {
			t.Errorf("%v instead of %v", got, before)
		}
		if !slices.Contains(h.synonyms("accommodation", "fr"), "motjuste") {
			t.Error("a word that came since is lost")
		}
		if row, err = h.row(directory.KindService, services[1]); err != nil || row.Service.Summary["de"] != "Ein Satz, der seither dazukam." {
			t.Errorf("a text that came since is lost: %v %v", row.Service.Summary["de"], err)
		}
		h.sends("lotte", "/en/desk/words", "act", id).is(404)
		h.visits("lotte", "/en/desk/words").silent("Take back")
	})
}

// req: LEXICON-8
func TestAMergerIsTakenBackWhole(t *testing.T) {
	each(t, func(h *house) {
		had, words := h.carriers("housing"), h.synonyms("accommodation", "de")
		h.sends("lotte", "/en/desk/words/housing", "do", "retire", "into", "accommodation").is(303)
		id := regexpAct.FindStringSubmatch(h.visits("lotte", "/en/desk/words").says("“Finding a home” merged into Safe accommodation").raw)[1]
		h.sends("lotte", "/en/desk/words", "act", id).is(303)
		if got := h.carriers("housing"); !slices.Equal(got, had) {
			t.Errorf("%v instead of %v", got, had)
		}
		if got := h.synonyms("accommodation", "de"); !slices.Equal(got, words) {
			t.Errorf("%v instead of %v", got, words)
		}
	})
}

func TestAnActCanBeTakenBackForAYear(t *testing.T) {
	each(t, func(h *house) {
		h.splits("save")
		h.now = h.now.AddDate(0, 11, 0)
		h.sweeps()
		h.visits("lotte", "/en/desk/words").says("Take back")
		h.now = h.now.AddDate(0, 2, 0)
		h.sweeps()
		h.visits("lotte", "/en/desk/words").silent("Take back")
	})
}

func TestTheNameOfALanguageIsEditedAndItsWordsAreFound(t *testing.T) {
	each(t, func(h *house) {
		h.visits("lotte", "/en/desk/words?scheme=language").says("Persian", "Farsi", "Tigrinya")
		h.visits("lotte", "/en/desk/words?scheme=language&q=farsi").says("Persian").silent("Tigrinya")
		h.searches("en", "q", "habeshaish").silent("Tigrinya (")
		path := "/en/desk/words/language-ti"
		form := h.visits("lotte", path).is(200).says("Without a name of yours the usual one is shown.").silent("Belongs under", "Retire").form()
		form.Set("label.en", "Habeshaish")
		form.Set("synonyms.de", "Habeschisch")
		form.Set("synonyms.en", "Persian")
		form.Set("do", "save")
		form = h.ask("lotte", "POST", path, form).is(422).says("leads elsewhere already", "“Persian” leads to Persian").form()
		form.Set("synonyms.en", "")
		form.Set("do", "save")
		h.ask("lotte", "POST", path, form).is(303)
		h.searches("en", "q", "habeschisch").says("Habeshaish")
		h.searches("de", "language", "ti").says("Tigrinya")
		h.visits("lotte", path).says("Back to the usual names")
		h.sends("lotte", path, "do", "retire").is(303)
		h.visits("lotte", path).silent("Back to the usual names")
		h.visits("lotte", "/en/desk/words?scheme=language").says("Tigrinya").silent("Habeshaish")
		h.visits("lotte", "/en/desk/words/language-notalanguage").is(404)
	})
}

func TestOfTwoWhoNameALanguageForTheFirstTimeNeitherLosesWords(t *testing.T) {
	each(t, func(h *house) {
		path := "/en/desk/words/language-ti"
		first, second := h.visits("lotte", path).form(), h.visits("nikos", path).form()
		first.Set("synonyms.de", "Erstwort")
		first.Set("do", "save")
		h.ask("lotte", "POST", path, first).is(303)
		second.Set("synonyms.fr", "motsecond")
		second.Set("do", "save")
		h.ask("nikos", "POST", path, second).is(303)
		if !slices.Contains(h.synonyms("language-ti", "de"), "Erstwort") || !slices.Contains(h.synonyms("language-ti", "fr"), "motsecond") {
			t.Error("a word is lost")
		}
	})
}

func TestWordsThatLackInALanguageStandBesideThoseThatAreThere(t *testing.T) {
	each(t, func(h *house) {
		for range enoughDays {
			h.searches("el", "q", "λαντερνουλα")
			h.now = h.now.Add(day)
		}
		h.sweeps()
		form := h.visits("lotte", "/en/desk/words/new?scheme=help").form()
		form.Set("label.en", "Quadrille lessons")
		form.Set("synonyms.en", "lanternula")
		h.ask("lotte", "POST", "/en/desk/words/new", form).is(303)
		path := "/en/desk/words/side"
		p := h.visits("lotte", path+"?from=en&to=el").is(200).says("Quadrille lessons", "lanternula", "λαντερνουλα")
		form = p.form()
		form.Set("quadrille-lessons.label.el", "Μαθήματα καδρίλιας")
		form.Set("quadrille-lessons.synonyms.el", "ξενώνας")
		p = h.ask("lotte", "POST", path, form).is(422).says("Another concept has this word already")
		form = p.form()
		form.Set("quadrille-lessons.synonyms.el", "λαντερνουλα")
		h.ask("petra", "POST", path, form).is(403)
		h.ask("lotte", "POST", path, form).is(303)
		h.visits("lotte", path+"?from=en&to=el").silent("Quadrille lessons")
		row, err := h.row(directory.KindConcept, "quadrille-lessons")
		if err != nil || row.Concept.Labels["el"] != "Μαθήματα καδρίλιας" || !slices.Equal(row.Concept.Synonyms["el"], []string{"λαντερνουλα"}) {
			t.Errorf("%+v %v", row.Concept, err)
		}
		h.searches("el", "q", "λαντερνουλα").says("Μαθήματα καδρίλιας")
		h.visits("petra", path).is(403)
	})
}
