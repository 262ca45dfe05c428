package lexicon

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"amelie/internal/audit"
	"amelie/internal/db"
	"amelie/internal/directory"
	"amelie/internal/fold"

	"pgregory.net/rapid"
)

const day = 24 * time.Hour

// req: LEXICON-2
func TestAWordIsCountedAfterItWasTypedOnFiveDays(t *testing.T) {
	each(t, func(h *house) {
		for range 4 {
			h.searches("el", "q", "ζενωνακι").says("καταγράφηκε ως ανάγκη")
			h.searches("el", "q", "ζενωνακι") // twice a day is one day
			h.now = h.now.Add(day)
		}
		h.sweeps()
		h.visits("nikos", "/el/desk/need").is(200).silent("ζενωνακι")
		h.searches("el", "q", "ζενωνακι")
		h.sweeps()
		h.visits("nikos", "/el/desk/need").is(200).says("ζενωνακι", "Ελλάδα", "αναζητήθηκε 9 φορές")
		h.visits("lotte", "/de/desk/need?country=IT").is(200).silent("ζενωνακι")
		// What another instance learned, this one counts at once.
		h.l.sketch.forget()
		h.sweeps()
		h.searches("el", "q", "ζενωνακι")
		h.sweeps()
		h.visits("nikos", "/el/desk/need").says("αναζητήθηκε 10 φορές")
	})
}

// req: LEXICON-3
func TestWhatLooksLikeAPersonIsNeverCounted(t *testing.T) {
	for _, c := range []struct{ typed, lang, want string }{
		{"ξενωνάκι", "el", "ξενωνακι"}, {"Schutzwohnnung", "de", "schutzwohnnung"}, {"sheltr", "en", "sheltr"},
		{"Maria", "en", ""}, {"Μαρία", "el", ""}, {"MARIA", "de", ""}, {"mcDonald", "de", ""},
		{"6971234567", "en", ""}, {"a1", "en", ""}, {"maria.k", "en", ""}, {"maria@example.org", "en", ""}, {"ab", "en", ""},
		{"o'neill", "en", ""}, {"two words", "en", ""}, {strings.Repeat("ab", 13), "en", ""}, {"", "en", ""},
	} {
		if got := string(countable(nil, c.typed, c.lang)); got != c.want {
			t.Errorf("%q in %s: %q instead of %q", c.typed, c.lang, got, c.want)
		}
	}
}

// req: LEXICON-1
func TestSentencesNumbersAndAddressesGiveNoWords(t *testing.T) {
	each(t, func(h *house) {
		for _, text := range []string{"zzqanna zzqboro 6971234567", "zzqanna@zzqboro.org", "zzqanna zzqboro zzqkent zzqlund", "zzqanna street 12"} {
			for range enoughDays + 1 {
				h.searches("en", "q", text)
				h.now = h.now.Add(day)
			}
		}
		h.sweeps()
		h.visits("nikos", "/en/desk/need").is(200).silent("zzq")
	})
}

func TestWhatIsMissingStandsInATableAndSmallCountsAreHidden(t *testing.T) {
	each(t, func(h *house) {
		for range enoughDays + 1 {
			h.searches("en", "help", "accommodation", "language", "vi", "territory", "GR-B", "targets", "women").says("without anything about you")
		}
		h.searches("en", "help", "legal-aid", "language", "ti", "territory", "GR-B")
		h.sweeps()
		p := h.visits("nikos", "/en/desk/need").is(200).says("Vietnamese", "Tigrinya", "fewer than 5")
		p.silent(" 1 ")
		file := h.visits("nikos", "/en/desk/need/table?country=GR").is(200)
		if !strings.Contains(file.raw, ",6\n") || !strings.Contains(file.raw, "fewer than 5") || strings.Contains(file.raw, ",1\n") {
			t.Errorf("%s", file.raw)
		}
	})
}

// req: LEXICON-5
func TestACountBelowFiveIsNeverShownNorItsOrder(t *testing.T) {
	for n := int64(0); n < enoughDays; n++ {
		if shownN(n) != 0 {
			t.Errorf("%d is told from other small counts", n)
		}
	}
	if shownN(enoughDays) != enoughDays {
		t.Error("a count that may be shown is hidden")
	}
}

// req: LEXICON-4
func TestSwitchedOffNothingIsCountedAndAllCountsAreGone(t *testing.T) {
	each(t, func(h *house) {
		for range enoughDays {
			h.searches("en", "q", "quadrille")
			h.searches("en", "help", "accommodation", "language", "vi", "territory", "GR-B")
			h.now = h.now.Add(day)
		}
		h.sweeps()
		h.visits("nikos", "/en/desk/need").says("quadrille", "Vietnamese")
		h.searches("en", "q", "quadrille") // not written yet
		h.sends("nurse", "/en/desk/need", "do", "off").is(404)
		h.sends("petra", "/en/desk/need", "do", "off").is(403)
		h.sends("nikos", "/en/desk/need", "do", "off").is(303)
		h.searches("en", "help", "accommodation", "language", "vi", "territory", "GR-B").silent("noted as a need")
		h.sweeps()
		h.visits("nikos", "/en/desk/need").says("switched off").silent("quadrille", "Vietnamese")
		h.sends("nikos", "/en/desk/need", "do", "on").is(303)
		h.sweeps()
		h.visits("nikos", "/en/desk/need").silent("quadrille", "Vietnamese", "switched off")
		h.searches("en", "help", "accommodation", "language", "vi", "territory", "GR-B").says("noted as a need")
	})
}

func TestASearchThatALinkAskedForIsNoNeed(t *testing.T) {
	each(t, func(h *house) {
		led, _, _ := strings.Cut(h.visits("", "/en/find?help=accommodation&language=vi&territory=GR-B").is(303).where, "#")
		h.visits("", led).is(200).silent("noted as a need")
	})
}

func TestAnotherInstanceStopsCountingAtItsNextSweep(t *testing.T) {
	each(t, func(h *house) {
		other := New(h.l.cfg)
		err := h.db.Write(t.Context(), func(tx *db.Tx) error {
			return h.l.switchTo(tx, false, directory.By{User: "u-nikos", Name: "Nikos"}, h.now)
		})
		if err != nil {
			t.Fatal(err)
		}
		other.Note(directory.Need{Lang: "en", Country: "GR", Help: "accommodation"})
		if err := other.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if other.Note(directory.Need{Help: "accommodation"}) {
			t.Error("it still counts")
		}
		h.visits("nikos", "/en/desk/need").silent("Accommodation")
	})
}

func TestAWordCanBeLeftAsItIsAndTakenBack(t *testing.T) {
	each(t, func(h *house) {
		for range enoughDays {
			h.searches("de", "q", "quadrille")
			h.now = h.now.Add(day)
		}
		h.sweeps()
		h.visits("lotte", "/de/desk/need").says("quadrille", "5-mal auf Deutsch gesucht")
		h.sends("lotte", "/de/desk/need", "do", "ignore", "word", "quadrille").is(422).says("warum das Wort so bleibt")
		h.sends("lotte", "/de/desk/need", "do", "ignore", "word", "anything", "reason", "nothing").is(404)
		h.sends("lotte", "/de/desk/need", "do", "ignore", "word", "quadrille", "reason", "Tippfehler").is(303)
		h.visits("lotte", "/de/desk/need").says("1 Wort bleibt, wie es ist", "Tippfehler").silent("5-mal auf Deutsch gesucht")
		h.sends("lotte", "/de/desk/need", "do", "back", "word", "quadrille").is(303)
		h.visits("lotte", "/de/desk/need").says("5-mal auf Deutsch gesucht")
	})
}

func TestCountsAreDeletedAfterTwoYears(t *testing.T) {
	each(t, func(h *house) {
		h.searches("en", "help", "accommodation", "language", "vi", "territory", "GR-B")
		h.sweeps()
		h.now = h.now.AddDate(2, 1, 0)
		h.sweeps()
		var gaps []gap
		err := h.db.Read(t.Context(), func(tx *db.Tx) (err error) { gaps, err = readGaps(tx, ""); return err })
		if err != nil || len(gaps) != 0 {
			t.Errorf("%v %v", gaps, err)
		}
	})
}

func TestOthersDoNotKnowOfNeedsAndAnAdministratorLooks(t *testing.T) {
	each(t, func(h *house) {
		for _, path := range []string{"/en/desk/need", "/en/desk/need/table"} {
			h.visits("nurse", path).is(404)
			h.visits("petra", path).is(200)
		}
		if h.visits("lotte", "/en/desk/need").says("How it is counted", "Stop counting"); h.t.Failed() {
			return
		}
		h.visits("petra", "/en/desk/need").says("How it is counted").silent("Stop counting")
	})
}

// What one visitor typed once is nowhere in the database, its log or the
// program's own log, whatever it was.
//
// req: LEXICON-2
func TestWhatOneVisitorTypedOnceIsNowhere(t *testing.T) {
	dir := t.TempDir()
	d, err := db.Open(t.Context(), db.Config{Path: filepath.Join(dir, "amelie.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.Migrate(t.Context(), audit.Schema, directory.Schema, Schema); err != nil {
		t.Fatal(err)
	}
	h := open(t, d)
	var typed []string
	letters := rapid.StringMatching(`q[a-z]{7,18}|ψ[α-ω]{7,18}`)
	rapid.Check(t, func(r *rapid.T) {
		words := rapid.SliceOfN(letters, 1, 3).Draw(r, "words")
		lang := rapid.SampledFrom([]string{"en", "el", "de"}).Draw(r, "lang")
		typed = append(typed, words...)
		h.searches(lang, "q", strings.Join(words, " "))
		h.now = h.now.Add(time.Duration(rapid.IntRange(0, 30).Draw(r, "hours")) * time.Hour)
		if rapid.Bool().Draw(r, "sweep") {
			h.sweeps()
		}
	})
	h.sweeps()
	stored := h.log.Bytes()
	err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		stored = append(stored, b...)
		return err
	})
	if err != nil || len(stored) < 1<<16 {
		t.Fatalf("%d bytes, %v", len(stored), err)
	}
	for _, word := range typed {
		for _, form := range []string{word, fold.Key(word), fold.Transliterate(fold.Key(word))} {
			if bytes.Contains(stored, []byte(form)) {
				t.Errorf("%q is stored", form)
			}
		}
	}
}

func TestTheNearestConceptIsProposed(t *testing.T) {
	each(t, func(h *house) {
		vocab, err := h.d.Vocabulary(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		for word, want := range map[string]string{"sheltrr": "accommodation", "ζενωνακι": "accommodation", "schutzwohnungg": "accommodation"} {
			got := newFinder(vocab).nearest(word, 3)
			if len(got) == 0 || got[0].Concept.ID != want {
				t.Errorf("%s: %+v", word, got)
			}
		}
		if got := newFinder(vocab).nearest("qqqqqqqq", 3); len(got) != 0 {
			t.Errorf("%+v", got)
		}
	})
}

func BenchmarkNote(b *testing.B) {
	s, at := newSketch(), tuesday
	need := directory.Need{Lang: "el", Country: "GR", Territory: "GR-B", Help: "accommodation", Language: "vi", Unknown: []string{"ξενωνάκι", "σπιτάκι"}}
	b.ReportAllocs()
	b.SetParallelism(8)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			s.note(need, at)
		}
	})
}

func TestTheNearestConceptsAreWorkedOutOnceForAVocabulary(t *testing.T) {
	each(t, func(h *house) {
		first, err := h.d.Vocabulary(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		x := h.l.finder.of(first)
		h.now = h.now.Add(time.Minute)
		if again, err := h.d.Vocabulary(t.Context()); err != nil || h.l.finder.of(again) != x {
			t.Errorf("made again, %v", err)
		}
		form := h.visits("lotte", "/en/desk/words/housing").form()
		form.Set("synonyms.en", form.Get("synonyms.en")+"\nquadrille")
		form.Set("do", "save")
		h.ask("lotte", "POST", "/en/desk/words/housing", form).is(303)
		changed, err := h.d.Vocabulary(t.Context())
		if err != nil || !h.l.finder.of(changed).leads("quadrille") {
			t.Errorf("the new word is not known, %v", err)
		}
	})
}

func TestAWordThatIsNearlyOneOfAnotherLanguageIsToldAsSuch(t *testing.T) {
	x := newFinder(directory.Vocabulary{Concepts: []directory.Concept{
		{ID: "bed", Scheme: "help", Labels: directory.Text{"en": "Night bed"}, Synonyms: map[string][]string{"de": {"Schlafplatz für Nächte"}, "el": {"ξενώνας"}}},
	}})
	for word, want := range map[string]near{
		"ξενωνας":      {By: "ξενώνας", Lang: "el", How: isSame},
		"xenonas":      {By: "ξενώνας", Lang: "el", How: isSame},
		"schlafplazt":  {By: "Schlafplatz für Nächte", Lang: "de", How: isPart},
		"nightbedd":    {By: "Night bed", Lang: "en", How: isNearly},
		"schlafplätze": {By: "Schlafplatz für Nächte", Lang: "de", How: isPart},
	} {
		got := x.nearest(word, 1)
		if len(got) != 1 || got[0].By != want.By || got[0].Lang != want.Lang || got[0].How != want.How {
			t.Errorf("%s: %+v", word, got)
		}
	}
}
