package directory

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"amelie/internal/clock"
)

func TestEverydayWordsHaveTheMeaningThatPeopleGiveThem(t *testing.T) {
	x := realIndex(t)
	for concept, texts := range map[string]string{
		"labour-exploitation": "not paid,unpaid,my boss does not pay me,nicht bezahlt,ich werde nicht bezahlt,ne me paie pas,mon patron ne me paie pas,non mi pagano,non pagato,niet betaald,δεν με πληρώνουν,απλήρωτη,ΑΠΛΗΡΩΤΗ",
		"without-papers":      "without papers,no papers,sans papiers,sans-papiers,χωρίς χαρτιά,χωρις χαρτια,ΧΩΡΙΣ ΧΑΡΤΙΑ,senza documenti,ohne Papiere,zonder papieren,undocumented",
		"children":            "kids,kid,παιδιά,παιδιών,paidia,enfants,bambini,Kinder,kinderen,jongeren",
		"domestic-workers":    "femme de ménage,nanny,Putzfrau,colf,poetsvrouw,καθαρίστρια",
		"forced-marriage":     "Zwangsheirat,forced marriage,mariage forcé,gedwongen huwelijk,matrimonio forzato,αναγκαστικός γάμος",
		"residence-documents": "passport,passaporto,διαβατήριο,passeport,paspoort,Reisepass",
		"interpretation":      "Übersetzer,Uebersetzer,translator,vertaler,traducteur",
		"accommodation":       "place to sleep,μέρος να κοιμηθώ,Schlafplatz,slaapplaats,où dormir,un posto dove dormire",
		"psychological":       "suicide,Selbstmord,αυτοκτονία,suicidio,zelfmoord",
	} {
		for text := range strings.SplitSeq(texts, ",") {
			r := x.Search(Query{Text: text, Now: monday})
			if !slices.ContainsFunc(r.Meanings, func(m Meaning) bool { return m.ID == concept }) || len(r.Relaxed) > 0 {
				t.Errorf("%q is %v, relaxed %v, want %s", text, r.Meanings, r.Relaxed, concept)
			}
		}
	}
}

func TestAWordIsNotTakenForAnotherLanguagesByEar(t *testing.T) {
	x := realIndex(t)
	for text, never := range map[string]string{"paid": "children", "paie": "child-protection", "surya": "ar", "not": "labour-exploitation", "niet": "unaccompanied-minors"} {
		for _, m := range x.Search(Query{Text: text, Lang: "en", Now: monday}).Meanings {
			if m.ID == never {
				t.Errorf("%q is taken for %s", text, never)
			}
		}
	}
	if r := x.Search(Query{Text: "Surya", Now: monday}); r.Hits[0].Entry.ID() != "be-surya-support" || r.Total != 1 {
		t.Errorf("Surya finds %v", ids(r.Hits))
	}
}

func TestTwoErrorsInAShortWordAreForgivenOnlyBehindItsFirstLetter(t *testing.T) {
	x := realIndex(t)
	for _, h := range x.Search(Query{Text: "Nigeria", Now: monday}).Hits {
		if why, ok := h.reason(ReasonWord); ok {
			t.Errorf("%s is said to have %q", h.Entry.ID(), why.Word)
		}
	}
	if r := x.Search(Query{Text: "Nigeria", Now: monday}); r.Total < 10 {
		t.Errorf("Nigeria is taken for %v", ids(r.Hits))
	}
}

func TestANameThatIsMisspeltIsNotCalledAWordOfTheEntry(t *testing.T) {
	r := realIndex(t).Search(Query{Text: "solwody", Now: monday})
	if len(r.Hits) == 0 || r.Hits[0].Entry.ID() != "de-solwodi-counselling" && !strings.Contains(r.Hits[0].Entry.ID(), "solwodi") {
		t.Fatalf("solwody finds %v", ids(r.Hits))
	}
	for _, why := range r.Hits[0].Reasons {
		if why.Code == ReasonWord || why.Code == ReasonNamed {
			t.Errorf("reason %+v", why)
		}
	}
}

func TestAnExplicitFormComesBeforeWhoTakesAnyForm(t *testing.T) {
	x := realIndex(t)
	for _, q := range []Query{
		{Text: "Zwangsheirat"}, {Text: "Zwangsheirat", Lang: "de", Home: "DE"}, {Text: "forced marriage", Lang: "en"},
		{Text: "mariage forcé", Lang: "fr", Countries: []string{"DE"}},
	} {
		q.Now = monday
		if r := x.Search(q); len(r.Hits) == 0 || !strings.Contains(r.Hits[0].Entry.ID(), "solwodi") {
			t.Errorf("%q finds %v", q.Text, ids(r.Hits)[:3])
		}
	}
}

func TestWhoNamesNoCountryFindsTheirOwnFirst(t *testing.T) {
	x := realIndex(t)
	for _, q := range []Query{
		{Text: "xenonas gynaikes", Lang: "el", Home: "GR"}, {Text: "enfants", Lang: "fr", Home: "BE"},
		{Text: "Frauenhaus", Lang: "de", Home: "DE"}, {Text: "prostituzione", Lang: "it", Home: "IT"}, {Lang: "nl", Home: "BE"},
	} {
		q.Now = monday
		if r := x.Search(q); r.Hits[0].Entry.Country() != q.Home {
			t.Errorf("%q in %s finds %v", q.Text, q.Lang, ids(r.Hits)[:3])
		}
	}
	elsewhere := x.Search(Query{Text: "Lüttich", Lang: "de", Home: "DE", Now: monday})
	if elsewhere.Hits[0].Entry.ID() != "be-surya-support" {
		t.Errorf("a place that is named comes before the own country: %v", ids(elsewhere.Hits))
	}
}

func TestWhatTakesOnlyChildrenStandsLaterUnlessChildrenAreMeant(t *testing.T) {
	x := realIndex(t)
	for _, text := range []string{"Thessaloniki", "shelter Thessaloniki", "Athens", "Athens accommodation"} {
		if first := x.Search(Query{Text: text, Now: monday}).Hits[0]; children(first.Entry.Service.For) {
			t.Errorf("%q finds %s first", text, first.Entry.ID())
		}
	}
	if first := x.Search(Query{Text: "kids Athens", Now: monday}).Hits[0]; !children(first.Entry.Service.For) {
		t.Errorf("kids Athens finds %s first", first.Entry.ID())
	}
}

func TestWhatEveryEntryIsAboutAsksForNothing(t *testing.T) {
	x := realIndex(t)
	all := x.Search(Query{Now: monday}).Total
	for _, text := range []string{"human trafficking", "victim of trafficking", "Menschenhandel", "θύματα εμπορίας ανθρώπων", "tratta di esseri umani", "mensenhandel", "traite des êtres humains"} {
		if r := x.Search(Query{Text: text, Now: monday}); r.Total != all || len(r.Relaxed) > 0 {
			t.Errorf("%q finds %d of %d", text, r.Total, all)
		}
	}
}

func TestAFilterMayBeTypedInFigures(t *testing.T) {
	r := realIndex(t).Search(Query{Text: "24/7", Now: monday})
	if len(r.Meanings) != 1 || r.Meanings[0].ID != string(FacetAlways) || len(r.Relaxed) > 0 {
		t.Errorf("24/7 is %v, relaxed %v", r.Meanings, r.Relaxed)
	}
}

// Whether the search stops early or scores everybody, the order is the same.
func TestStoppingEarlyFindsWhatScoringEverybodyFinds(t *testing.T) {
	x := NewIndex(Generate(9000, 5), testVocabulary(t))
	rapid.Check(t, func(t *rapid.T) {
		q := Query{
			Text: rapid.SampledFrom([]string{"", "women", "shelter women", "counselling", "romanian", "kids"}).Draw(t, "text"),
			Home: rapid.SampledFrom([]string{"", "GR", "IT"}).Draw(t, "home"),
			Lang: rapid.SampledFrom([]string{"", "el", "de"}).Draw(t, "lang"),
			Now:  monday, Limit: rapid.IntRange(1, 40).Draw(t, "limit"), Offset: rapid.IntRange(0, 60).Draw(t, "offset"),
		}.tidy()
		a := borrow(len(x.entries))
		defer a.giveBack()
		s := &search{x: x, a: a, q: q}
		s.start()
		found, _ := s.relax()
		var got []string
		for _, h := range s.rank(found) {
			got = append(got, h.Entry.ID())
		}
		r := &ranking{s: s, parts: s.kept(), k: q.Offset + q.Limit}
		r.prepare()
		for d := range found.each {
			r.offer(d, r.textPoints(d)+r.homePoints(d))
		}
		var want []string
		for _, b := range r.top.sorted()[min(q.Offset, len(r.top)):] {
			want = append(want, x.entries[b.doc].ID())
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%+v: %v, scored one by one %v", q, got, want)
		}
	})
}

func TestAPlaceThatNobodyKnowsIsSaid(t *testing.T) {
	s := newSite(t, clock.Fixed(tuesday))
	answer := s.json("/api/v1/directory/search?near=Nowhereville", http.StatusBadRequest).(map[string]any)
	if wrong := answer["errors"].([]any)[0].(map[string]any); wrong["field"] != "near" {
		t.Errorf("refused with %v", answer)
	}
}

func TestALongTextIsCutAndKeepsTheAddressShort(t *testing.T) {
	values := searchValues(url.Values{"q": {strings.Repeat("α", 50_000)}, "help": slices.Repeat([]string{"x"}, 500)})
	if n := len([]rune(values.Get("q"))); n != maxText+1 {
		t.Errorf("%d characters kept", n)
	}
	if !cutText(values) || len([]rune(values.Get("q"))) != maxText || cutText(values) {
		t.Error("the text is not cut once")
	}
}

func TestGreekNumbersAreGroupedAsInGreece(t *testing.T) {
	for number, want := range map[string]string{
		"+302310019880": "+30 2310 019 880", "+302132039772": "+30 213 203 9772", "+306912345678": "+30 691 234 5678", "+3242324030": "+32 4 232 40 30",
	} {
		if got := format(Phone{Number: number}); got != want {
			t.Errorf("%s is shown as %q, want %q", number, got, want)
		}
	}
}

func TestARefusalSpeaksTheLanguageOfTheQuestion(t *testing.T) {
	s := newSite(t, clock.Fixed(tuesday))
	answer := s.json("/api/v1/directory/search?lang=el&limit=0", http.StatusBadRequest).(map[string]any)
	if detail, _ := answer["detail"].(string); !strings.ContainsRune(detail, 'α') {
		t.Errorf("refused with %v", answer)
	}
}

func TestACountryBeyondTheGazetteerHasItsName(t *testing.T) {
	for lang, want := range map[string]string{"en": "Luxembourg", "el": "Λουξεμβούργο", "de": "Luxemburg", "it": "Lussemburgo"} {
		if got := (voice{lang: lang}).territory("LU"); got != want {
			t.Errorf("%s: %s, want %s", lang, got, want)
		}
	}
	if got := (voice{lang: "en"}).territory("XX-9"); got != "XX-9" {
		t.Errorf("an unknown code is called %s", got)
	}
}
