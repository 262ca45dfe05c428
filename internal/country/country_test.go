package country

import (
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"

	"amelie/internal/fault"
)

const shippedDir = "../../content"

var loaded = sync.OnceValues(func() (*Packs, error) { return Load(os.DirFS(shippedDir)) })

func shipped(t testing.TB) *Packs {
	t.Helper()
	packs, err := loaded()
	if err != nil {
		t.Fatal(err)
	}
	return packs
}

func TestTheFourCountriesOfTheProjectShip(t *testing.T) {
	if got := strings.Join(shipped(t).Codes(), " "); got != "BE DE GR IT" {
		t.Fatalf("countries = %s", got)
	}
	if _, ok := shipped(t).Get("gr"); ok {
		t.Error("a country was found by a lower-case code")
	}
}

// origins are the origins of every fact of a pack, by id.
func origins(p *Pack) map[string]Origin {
	m := map[string]Origin{p.Reflection.ID: p.Reflection.Origin}
	for _, x := range p.Emergency {
		m[x.ID] = x.Origin
	}
	for _, x := range p.AllDuties {
		m[x.ID] = x.Origin
	}
	for _, x := range p.AllGrounds {
		m["ground "+x.ID] = x.Origin
	}
	for _, x := range p.Care {
		m[x.ID] = x.Origin
	}
	for _, x := range p.Facts {
		m[x.ID] = x.Origin
	}
	for _, x := range p.Keeping {
		m[x.ID] = x.Origin
	}
	return m
}

// req: COUNTRY-4
func TestEveryFactHasASourceAndAState(t *testing.T) {
	packs := shipped(t)
	for _, code := range packs.Codes() {
		p, _ := packs.Get(code)
		for id, o := range origins(p) {
			if p.Source(o.Source).Title == "" {
				t.Errorf("%s: no source", id)
			}
			if s := o.State(); s != Sourced && s != Unverified {
				t.Errorf("%s is %s, but no lawyer has checked anything yet", id, s)
			}
		}
	}
}

// req: COUNTRY-1
func TestGeneralKnowledgeIsUnverifiedUntilSomeoneSignsForIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := Origin{
			Confidence: rapid.SampledFrom([]Confidence{Project, Found, Background, ""}).Draw(t, "confidence"),
			Verified:   rapid.SampledFrom([]string{"", "2026-01-02"}).Draw(t, "verified"),
			VerifiedBy: rapid.SampledFrom([]string{"", "legal service"}).Draw(t, "by"),
		}
		signed := o.Verified != "" && o.VerifiedBy != ""
		if (o.State() == Verified) != signed {
			t.Fatalf("%+v is %s", o, o.State())
		}
		if o.Confidence == Background && !signed && o.State() != Unverified {
			t.Fatalf("%+v is %s", o, o.State())
		}
	})
}

// req: COUNTRY-2
func TestAnUnknownValueIsRefusedAndNamed(t *testing.T) {
	p, _ := shipped(t).Get("IT")
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[a-z-]{1,12}`).Draw(t, "word")
		_, known := find(p.terms.Professions, word)
		_, err := p.Duties(Query{Profession: word})
		if known != (err == nil) {
			t.Fatalf("profession %q: %v", word, err)
		}
		if err != nil && fault.KindOf(err) != fault.Invalid {
			t.Fatalf("kind %v", fault.KindOf(err))
		}
	})
	_, err := p.Duties(Query{Profession: "doctor", Age: "grown-up", Situation: Any})
	f := fault.Find(err)
	if f == nil || len(f.Fields) != 2 || f.Fields[0].Name != "age" || f.Fields[1].Name != "situation" {
		t.Fatalf("fields of %v", err)
	}
}

func TestNarrowingNeverAddsADuty(t *testing.T) {
	packs := shipped(t)
	pick := func(t *rapid.T, name string, terms []Term) string {
		ids := []string{""}
		for _, x := range terms {
			ids = append(ids, x.ID)
		}
		return rapid.SampledFrom(ids).Draw(t, name)
	}
	rapid.Check(t, func(t *rapid.T) {
		p, _ := packs.Get(rapid.SampledFrom(packs.Codes()).Draw(t, "country"))
		wide := Query{Profession: pick(t, "profession", p.terms.Professions), Age: pick(t, "age", p.terms.Ages)}
		narrow := wide
		narrow.Employer = pick(t, "employer", p.terms.Employers)
		narrow.Situation = pick(t, "situation", p.terms.Situations)
		all, err := p.Duties(wide)
		if err != nil {
			t.Fatal(err)
		}
		some, err := p.Duties(narrow)
		if err != nil {
			t.Fatal(err)
		}
		in := map[string]bool{}
		for _, d := range all {
			in[d.ID] = true
		}
		for _, d := range some {
			if !in[d.ID] {
				t.Fatalf("%s appears only when narrowed", d.ID)
			}
		}
	})
}

func TestSecrecyStandsBesideEveryAnswer(t *testing.T) {
	packs := shipped(t)
	for _, code := range packs.Codes() {
		p, _ := packs.Get(code)
		for _, who := range p.terms.Professions {
			for _, what := range p.terms.Situations {
				if got := dutyIDs(t, p, Query{Profession: who.ID, Situation: what.ID}); !strings.Contains(got, "must-not ") {
					t.Errorf("%s: %s in the case %s is not told about secrecy", code, who.ID, what.ID)
				}
			}
		}
	}
}

// dutyIDs are the kinds and ids of a query's answer, joined.
func dutyIDs(t *testing.T, p *Pack, q Query) string {
	t.Helper()
	list, err := p.Duties(q)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, d := range list {
		ids = append(ids, string(d.Kind)+" "+d.ID)
	}
	return strings.Join(ids, ", ")
}

func TestAPrivateDoctorInItalyMustWriteTheReferto(t *testing.T) {
	p, _ := shipped(t).Get("IT")
	got := dutyIDs(t, p, Query{Profession: "doctor", Employer: "private", Age: "adult", Situation: "trafficking"})
	if got != "must it-referto, must-not it-secrecy, may it-adult-consent" {
		t.Error(got)
	}
}

func TestADoctorInGermanyHasNoDutyToReportForAnAdult(t *testing.T) {
	p, _ := shipped(t).Get("DE")
	got := dutyIDs(t, p, Query{Profession: "doctor", Employer: "public", Age: "adult", Situation: "trafficking"})
	if strings.Contains(got, "must de-") || !strings.Contains(got, "must-not de-secrecy") {
		t.Error(got)
	}
}

func TestNobodyIsToldAboutAMissingPermitByDuty(t *testing.T) {
	packs := shipped(t)
	for _, code := range packs.Codes() {
		p, _ := packs.Get(code)
		if got := dutyIDs(t, p, Query{Situation: "residence", Age: "adult"}); strings.Contains(got, "must "+strings.ToLower(code)) {
			t.Errorf("%s: %s", code, got)
		}
	}
}

// req: COUNTRY-3
func TestWithoutChildOrDangerThereIsNoGround(t *testing.T) {
	packs := shipped(t)
	for _, code := range packs.Codes() {
		p, _ := packs.Get(code)
		if g := p.Grounds(false, false); len(g) != 0 {
			t.Errorf("%s: %d grounds for an adult out of danger", code, len(g))
		}
		child, danger, both := p.Grounds(true, false), p.Grounds(false, true), p.Grounds(true, true)
		if len(child) == 0 || len(danger) == 0 || len(both) < len(child) || len(both) < len(danger) {
			t.Errorf("%s: grounds child %d, danger %d, both %d", code, len(child), len(danger), len(both))
		}
		for _, g := range child {
			if _, ok := p.Ground(g.ID, false, false); ok {
				t.Errorf("%s holds for an adult out of danger", g.ID)
			}
			if _, ok := p.Ground(g.ID, true, false); !ok {
				t.Errorf("%s is not found again", g.ID)
			}
		}
	}
}

func TestTheEmergencyNumberIsTheEuropeanOne(t *testing.T) {
	packs := shipped(t)
	for _, code := range packs.Codes() {
		p, _ := packs.Get(code)
		if p.EmergencyNumber() != "112" {
			t.Errorf("%s: %s", code, p.EmergencyNumber())
		}
	}
}

func TestReflectionPeriodsAreThoseOfTheFieldReport(t *testing.T) {
	packs := shipped(t)
	want := map[string]Reflection{
		"BE": {Days: 45},
		"DE": {Months: 3, Minimum: true},
		"GR": {Months: 3, ExtensionMonths: 2, ExtensionFor: "child"},
		"IT": {Months: 3, ExtensionMonths: 3, ExtensionFor: Any},
	}
	for code, w := range want {
		p, _ := packs.Get(code)
		r := p.Reflection
		if r.Days != w.Days || r.Months != w.Months || r.Minimum != w.Minimum || r.ExtensionMonths != w.ExtensionMonths || r.ExtensionFor != w.ExtensionFor {
			t.Errorf("%s: %+v", code, r)
		}
	}
}

func TestTextsNeverRescueNorCallAnyoneIllegal(t *testing.T) {
	bad := regexp.MustCompile(`(?i)(\brescue|\billegal|\bclandestin|klandestin|\billégal|παράνομ|λαθρομετανάστ)`)
	for _, f := range []string{"terms", "be", "de", "gr", "it"} {
		b, err := os.ReadFile(shippedDir + "/country/" + f + ".toml")
		if err != nil {
			t.Fatal(err)
		}
		if m := bad.Find(b); m != nil {
			t.Errorf("%s says %q", f, m)
		}
	}
}

// broken loads the shipped Greek pack with one change.
func broken(t *testing.T, old, changed string) error {
	t.Helper()
	fsys := fstest.MapFS{}
	for _, name := range []string{"country/terms.toml", "country/gr.toml"} {
		b, err := os.ReadFile(shippedDir + "/" + name)
		if err != nil {
			t.Fatal(err)
		}
		s := string(b)
		if strings.HasSuffix(name, "gr.toml") {
			if !strings.Contains(s, old) {
				t.Fatalf("the pack does not hold %q", old)
			}
			s = strings.Replace(s, old, changed, 1)
		}
		fsys[name] = &fstest.MapFile{Data: []byte(s)}
	}
	_, err := Load(fsys)
	return err
}

// req: COUNTRY-4
func TestABrokenPackIsRefusedWithTheReason(t *testing.T) {
	for _, x := range []struct{ old, changed, reason string }{
		{`country = "GR"`, `country = "Greece"`, "ISO 3166-1"},
		{`confidence = "R"`, `confidence = "sure"`, `"sure" is none of S, F, R`},
		{`source = "nrm"`, `source = "hearsay"`, "unknown source hearsay"},
		{`kind = "must-not"`, `kind = "should"`, `"should" is none of`},
		{`professions = ["any"]`, `professions = ["plumber"]`, `unknown word "plumber"`},
		{`professions = ["any"]`, `professions = ["any", "nurse"]`, "any stands beside"},
		{`situations = ["any"]`, `situations = []`, "is empty"},
		{`to = "anyone"`, `to = "everyone"`, `unknown word "everyone"`},
		{`by = "at-once"`, `by = "soon"`, `unknown word "soon"`},
		{`number = "112"`, `number = "one"`, "not a short number"},
		{`id = "gr-166"`, `id = "gr-112"`, "stands twice"},
		{`months = 3`, "months = 3\ndays = 2", "exactly one of days and months"},
		{`revision = 2`, "revision = 2\nrevised = 2", "unknown key revised"},
		{`fr = "Grèce"`, `fr = ""`, "missing in fr"},
		{"rule = \"at-least\"\nyears = 10", `rule = "at-least"`, "a number of years is needed"},
		{"rule = \"at-least\"\nyears = 10", "rule = \"between\"\nyears = 10\nmost = 5", "a larger number of years"},
		{`body = "authority"`, `body = "support"`, "nothing is said of the body authority"},
		{`rule = "unknown"`, `rule = "unlimited"`, "missing in en"},
		{`for = ["child"]`, `for = ["adult"]`, `"adult" is none of child, danger`},
		{`confidence = "R"`, "confidence = \"R\"\nverified = \"2026-01-01\"", "needs a date and a name"},
	} {
		err := broken(t, x.old, x.changed)
		if err == nil || !strings.Contains(err.Error(), x.reason) {
			t.Errorf("%s -> %s: %v", x.old, x.changed, err)
		}
	}
}

func FuzzLoadNeverPanics(f *testing.F) {
	pack, err := os.ReadFile(shippedDir + "/country/be.toml")
	if err != nil {
		f.Fatal(err)
	}
	terms, err := os.ReadFile(shippedDir + "/country/terms.toml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(pack))
	f.Add("country = \"BE\"\n[[duty]]\n")
	f.Add("")
	f.Fuzz(func(t *testing.T, pack string) {
		packs, err := Load(fstest.MapFS{
			"country/terms.toml": &fstest.MapFile{Data: terms},
			"country/be.toml":    &fstest.MapFile{Data: []byte(pack)},
		})
		if err != nil {
			return
		}
		if p, ok := packs.Get("BE"); !ok || len(Check(p)) != 0 {
			t.Fatal("a pack was loaded that does not pass its own check")
		}
	})
}

// What is not found is said to be so, and only what was found is shown as law.
func TestEveryPackSaysWhatBodiesMayKeepOrThatNobodyFoundIt(t *testing.T) {
	packs := shipped(t)
	for _, code := range packs.Codes() {
		p, _ := packs.Get(code)
		for body, want := range map[string]bool{"health": true, "support": true, "authority": false} {
			if got := len(p.Keeps(body)) > 0; got != want {
				t.Errorf("%s: a rule was found for %s: %v", code, body, got)
			}
		}
	}
	gr, _ := packs.Get("GR")
	if k := gr.Keeps("health")[0]; k.State() != Unverified || k.Years != 10 {
		t.Errorf("%+v", k)
	}
}
