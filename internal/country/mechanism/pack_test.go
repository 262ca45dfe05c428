package mechanism

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"amelie/internal/country"
)

const shippedDir = "../../../content"

// countries are the packs that the mechanisms rest on.
func countries(t testing.TB) *country.Packs {
	t.Helper()
	packs, err := country.Load(os.DirFS(shippedDir))
	if err != nil {
		t.Fatal(err)
	}
	return packs
}

// shipped are the mechanisms that the program carries.
func shipped(t testing.TB) *Set {
	t.Helper()
	s, err := Load(os.DirFS(shippedDir), countries(t))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func file(t testing.TB, code string) []byte {
	t.Helper()
	b, err := os.ReadFile(shippedDir + "/country/mechanism/" + code + ".toml")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// req: MECHANISM-5
func TestTheShippedMechanismsHaveNoFault(t *testing.T) {
	packs := countries(t)
	for _, code := range packs.Codes() {
		base, _ := packs.Get(code)
		if _, problems := Read(file(t, strings.ToLower(code)), base); len(problems) > 0 {
			t.Errorf("%s: %v", code, country.Problems(problems))
		}
	}
}

func TestOnlyTheThreeRecognisedCentresAskForPapersInBelgium(t *testing.T) {
	var may, forChildren []string
	for _, b := range pack(t, "BE").Bodies {
		if b.Documents {
			may = append(may, b.Name.In("en"))
			if !b.Recognised {
				t.Errorf("%s is not recognised", b.ID)
			}
		}
		if b.Ages == Child && b.Kind == "centre" {
			forChildren = append(forChildren, b.Name.In("el"))
		}
	}
	if !slices.Equal(may, []string{"Payoke", "PAG-ASA", "Sürya"}) || !slices.Equal(forChildren, []string{"Esperanto", "Minor-Ndako"}) {
		t.Errorf("%q %q", may, forChildren)
	}
	for _, x := range pack(t, "BE").Permits {
		if !slices.Equal(x.AskedBy, []string{"be-payoke", "be-pag-asa", "be-surya"}) {
			t.Errorf("%s is asked for by %q", x.ID, x.AskedBy)
		}
	}
}

func TestEveryLandIsNamedOnceAndWhatIsUnknownSaysSo(t *testing.T) {
	p := pack(t, "DE")
	var codes []string
	for _, r := range p.Regions {
		codes = append(codes, r.Code)
		if (r.Agreement == "unknown") != (r.State() == country.Unverified) {
			t.Errorf("%s: %s from %s", r.Code, r.Agreement, r.Source)
		}
	}
	slices.Sort(codes)
	if want := "DE-BB DE-BE DE-BW DE-BY DE-HB DE-HE DE-HH DE-MV DE-NI DE-NW DE-RP DE-SH DE-SL DE-SN DE-ST DE-TH"; strings.Join(codes, " ") != want {
		t.Errorf("%v", codes)
	}
}

// req: MECHANISM-6
func TestWhoeverDeclinesIsCountedWithoutAName(t *testing.T) {
	if d := pack(t, "GR").Declined; d.Counted != "anonymous" || d.To != "gr-ekka" {
		t.Errorf("%+v", d)
	}
	for _, key := range []string{"name = true", "person = \"x\"", "fields = [\"name\"]"} {
		text := strings.Replace(string(file(t, "gr")), `counted = "anonymous"`, "counted = \"anonymous\"\n"+key, 1)
		if _, problems := Read([]byte(text), nil); len(problems) == 0 || !strings.Contains(problems[0].Reason, "unknown key") {
			t.Errorf("%s: %v", key, problems)
		}
	}
}

func TestTextsNeverRescueNorCallAnyoneIllegal(t *testing.T) {
	bad := regexp.MustCompile(`(?i)(\brescue|\billegal|\bclandestin|klandestin|\billégal|παράνομ|λαθρομετανάστ|\bshe\b|\bher\b)`)
	for _, code := range shipped(t).Codes() {
		if m := bad.Find(file(t, strings.ToLower(code))); m != nil {
			t.Errorf("%s says %q", code, m)
		}
	}
}

func TestWhatRestsOnTheCountrysPackIsTakenFromThere(t *testing.T) {
	base, _ := countries(t).Get("GR")
	x := pack(t, "GR").Reflection(true)
	if x.Months != base.Reflection.Months || x.ExtensionMonths != base.Reflection.ExtensionMonths || x.Origin != base.Reflection.Origin || x.Text.In("el") != base.Reflection.Text.In("el") {
		t.Errorf("%+v", x)
	}
	if adult := pack(t, "GR").Reflection(false); adult.ExtensionMonths != 0 {
		t.Errorf("an adult's period is extended: %+v", adult)
	}
}

// broken reads a shipped file with one change.
func broken(t *testing.T, code, old, changed string) []country.Problem {
	t.Helper()
	text := string(file(t, strings.ToLower(code)))
	if !strings.Contains(text, old) {
		t.Fatalf("%s does not hold %q", code, old)
	}
	base, _ := countries(t).Get(code)
	_, problems := Read([]byte(strings.Replace(text, old, changed, 1)), base)
	return problems
}

// req: MECHANISM-1
// req: MECHANISM-5
func TestAFileThatCannotBeUsedIsRefusedWithLineAndReason(t *testing.T) {
	for _, c := range []struct{ code, old, changed, field, reason string }{
		{"BE", `country = "BE"`, `country = "BE`, "", "newline"},
		{"BE", `revision = 1`, `revison = 1`, "revison", "unknown key revison"},
		{"BE", `revision = 1`, `revision = 0`, "revision", "1 or more"},
		{"BE", `compiled = "2026-11-22"`, `compiled = "soon"`, "compiled", "must be a day"},
		{"BE", `country = "BE"`, `country = "FR"`, "country", "that of BE"},
		{"BE", `country = "BE"`, `country = "QQ"`, "country", "time zone"},
		{"GR", `kind = "presumed"`, `kind = "suspected"`, "kind", "no kind of stage"},
		{"GR", `pillar = "inclusion"`, `pillar = "fifth"`, "pillar", "none of"},
		{"GR", `decides = ["gr-prosecutor"]`, `decides = ["gr-judge"]`, "decides", `no body "gr-judge"`},
		{"GR", `decides = ["gr-prosecutor"]`, `decides = []`, "decides", "nobody decides"},
		{"GR", `forms = ["gr-reporting-form"]`, `forms = ["gr-other-form"]`, "forms", "there is no"},
		{"GR", `citizens = ["third"]`, `citizens = ["martian"]`, "citizens", "none of national, eu, third"},
		{"GR", `next = ["gr-presumed", "gr-closed"]`, `next = ["gr-presumd"]`, "next", `there is no "gr-presumd"`},
		{"GR", `next = ["gr-support", "gr-recognition", "gr-reflection-time", "gr-closed"]`, `next = ["gr-recognition", "gr-closed"]`, "next", "support cannot be reached"},
		{"GR", `decides = ["person", "gr-shelters"]`, `decides = ["gr-prosecutor"]`, "next", "support cannot be reached"},
		{"DE", `decides = ["person", "de-counselling"]`, "decides = [\"person\"]\nconditions = [\"de-witness\"]", "next", "support cannot be reached"},
		{"BE", `next = ["be-support", "be-return", "be-closed"]`, `next = ["be-inclusion"]`, "next", "leads to itself"},
		{"DE", `next = ["de-support", "de-permit-after", "de-inclusion", "de-return", "de-closed"]`, `next = ["de-support"]`, "next", "no way leads to it"},
		{"GR", `kind = "closed"`, `kind = "plan"`, "next", "no way leads on to the end"},
		{"IT", `{en = "Contact", el = "Επαφή", it = "Contatto", de = "Kontakt", nl = "Contact", fr = "Contact"}`, `{en = "Contact", el = "Επαφή", it = "Contatto", de = "Kontakt", nl = "Contact"}`, "name", "is missing in fr"},
		{"IT", `{en = "Contact", el = "Επαφή",`, `{en = "Contact", el = "Επαφή", sv = "Kontakt",`, "name", "no language of the interface"},
		{"DE", "source = \"kok-residence\"\narticle", "source = \"heard\"\narticle", "source", "unknown source heard"},
		{"DE", "article = \"§ 25 (4a) AufenthG\"\nconfidence = \"F\"", "article = \"§ 25 (4a) AufenthG\"", "confidence", "none of S, F, R"},
		{"DE", "months = 12\ncitizens", "months = 1200\ncitizens", "months", "impossible"},
		{"BE", "starts = \"permit\"\nmonths = 6", "starts = \"permit\"\nmonths = -6", "months", "impossible"},
		{"BE", "starts = \"permit\"\nmonths = 6", "starts = \"permit\"\nmonths = 6\ndays = 6", "period", "exactly one of"},
		{"BE", "starts = \"permit\"\nmonths = 6", "starts = \"permit\"", "period", "exactly one of"},
		{"BE", `unknown = true`, "unknown = true\nextension_months = 2\nextended_by = \"be-magistrate\"", "period", "no length has no extension"},
		{"BE", `starts = "intake"`, `starts = "birth"`, "starts", "none of"},
		{"BE", `rests = "be-reflection"`, `rests = "be-other"`, "rests", "no reflection period"},
		{"GR", "ages = \"child\"\ncitizens", "ages = \"adult\"\ncitizens", "period", "of the age child"},
		{"GR", `extended_by = "gr-prosecutor"`, ``, "extended_by", "no body"},
		{"GR", `rule = "stays"`, `rule = "next-working-day"`, "rule", "compared with the law"},
		{"GR", `before = 7`, `before = 21`, "step", "come nearer"},
		{"GR", `to = "lead"`, `to = "newspaper"`, "step", "worker, lead"},
		{"GR", `id = "gr-concern"`, `id = "gr-presumed"`, "id", "stands twice"},
		{"GR", `id = "gr-act"`, `id = "be-act"`, "id", "beginning with the country"},
		{"GR", `topic = "recipient"`, `topic = "child"`, "fact", "nothing is said of recipient"},
		{"IT", `citizens = ["eu"]`, `citizens = ["third"]`, "fact", "nothing is said of the citizens eu"},
		{"DE", `code = "DE-TH"`, `code = "FR-TH"`, "code", "ISO 3166-2"},
		{"DE", `agreement = "body"`, `agreement = "friendship"`, "agreement", "none of agreement"},
		{"GR", `counted = "anonymous"`, `counted = "by name"`, "counted", "none of anonymous"},
	} {
		problems := broken(t, c.code, c.old, c.changed)
		if !slices.ContainsFunc(problems, func(p country.Problem) bool {
			return p.Line > 0 && strings.Contains(p.Reason, c.reason) && (c.field == "" || p.Field == c.field)
		}) {
			t.Errorf("%s with %q: %+v", c.code, c.changed, problems)
		}
	}
}

func TestAProblemNamesItsLine(t *testing.T) {
	text := string(file(t, "gr"))
	lines := strings.Split(text, "\n")
	at := slices.Index(lines, `decides = ["gr-prosecutor"]`)
	for _, p := range broken(t, "GR", `decides = ["gr-prosecutor"]`, `decides = ["gr-judge"]`) {
		if p.Field == "decides" && p.Line != at+1 {
			t.Errorf("%+v stands in line %d", p, at+1)
		}
	}
}

// FuzzRead reads whatever somebody may hand in: it is read or refused, with a
// line, and what is read can be counted with.
func FuzzRead(f *testing.F) {
	for _, code := range []string{"be", "gr", "it", "de"} {
		f.Add(file(f, code))
	}
	f.Add([]byte(`country = "GR"` + "\n[[stage]]\nid = \"gr-x\"\nkind = \"concern\"\nname = 3\n"))
	f.Add([]byte("[[period]]\nrests = \"x\"\n[weekends]\nrule = \"\\uFFFF\"\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, problems := Read(text, nil)
		for _, x := range problems {
			if x.Line < 1 || x.Reason == "" {
				t.Fatalf("%+v", x)
			}
		}
		if len(problems) > 0 {
			return
		}
		if len(p.Next(State{Stage: p.First().ID})) == 0 {
			t.Fatal("the first stage leads nowhere")
		}
		from := Day{2024, 2, 29}
		for _, x := range p.Periods {
			if s := p.Count(x, from); s.LastDay.Before(s.Sure) {
				t.Fatalf("%+v: %+v", x, s)
			}
		}
	})
}
