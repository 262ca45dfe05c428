package plan

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"amelie/internal/ask"
	"amelie/internal/casework"
	"amelie/internal/casework/casetest"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/i18n"
	"amelie/internal/id"
	"amelie/internal/policy"
	"amelie/locale"
)

// house is the world of rooms with a plan in it.
type house struct {
	*casetest.House
	p *Service
}

func each(t *testing.T, story func(t *testing.T, h house)) {
	casetest.Each(t, []db.Schema{Schema}, []policy.Source{Policy}, func(t *testing.T, h *casetest.House) {
		p := New(Config{DB: h.DB, Policy: h.S.Policy, Now: h.Clock, Cases: h.S})
		h.S.Add(p.Room())
		story(t, house{h, p})
	})
}

// req: PLAN-1
func TestNothingIsSuggestedThatStandsInThePlanOrThatNoCircumstanceCallsFor(t *testing.T) {
	all := kindOf(Circumstances).Fields[0].Options
	rapid.Check(t, func(t *rapid.T) {
		has := map[Offer]bool{}
		chosen := rapid.SliceOfDistinct(rapid.SampledFrom(all), func(s string) string { return s }).Draw(t, "circumstances")
		for _, s := range suggested {
			for _, o := range s.offers {
				if rapid.Bool().Draw(t, o.name()) {
					has[o] = true
				}
			}
		}
		seen := map[Offer]bool{}
		for _, s := range Suggest(chosen, func(o Offer) bool { return has[o] }) {
			if has[s.Offer] || seen[s.Offer] || len(s.For) == 0 {
				t.Fatalf("%v", s)
			}
			seen[s.Offer] = true
			for _, why := range s.For {
				if !slices.Contains(chosen, why) {
					t.Fatalf("%v for %v", s, chosen)
				}
			}
		}
	})
}

func TestEveryCircumstanceSuggestsSomethingThatExistsInAKind(t *testing.T) {
	for _, c := range kindOf(Circumstances).Fields[0].Options {
		if c == ask.NotKnown || c == ask.NotSaid {
			continue
		}
		got := Suggest([]string{c}, func(Offer) bool { return false })
		if len(got) == 0 {
			t.Errorf("%s suggests nothing", c)
		}
		for _, s := range got {
			k := kindOf(s.Kind)
			if _, wrong := ask.Clean(k.Fields, s.answer(), ask.Faults{Option: "wrong"}); len(wrong) > 0 {
				t.Errorf("%v: %v", s, wrong)
			}
		}
	}
}

func TestEveryKindFieldAndSuggestionHasWordsInEveryLanguage(t *testing.T) {
	texts, err := i18n.Load(locale.Files, i18n.Languages)
	if err != nil {
		t.Fatal(err)
	}
	var need []string
	for _, k := range Kinds {
		need = append(need, "plan.kind."+k.ID, "plan.hint."+k.ID)
		for _, f := range k.Fields {
			label := "plan.field." + f.Name
			if f.Name == "words" {
				label = "plan.words." + k.ID
			}
			need = append(need, label)
			for _, o := range f.Options {
				switch {
				case o == ask.NotKnown || o == ask.NotSaid:
				case f.Name == "pillar":
					need = append(need, "casework.option.pillar."+o)
				default:
					need = append(need, "plan.option."+f.Name+"."+o)
				}
			}
		}
		if k.Due != "" && k.ID != Survey {
			need = append(need, "plan.by."+k.ID)
		}
	}
	for _, s := range suggested {
		for _, o := range s.offers {
			need = append(need, "plan.why."+s.circumstance+"."+o.Code)
		}
	}
	for _, r := range Reasons {
		need = append(need, "plan.reason."+r)
	}
	for _, n := range neutral {
		need = append(need, "plan.sheet.need."+n)
	}
	for _, key := range need {
		for _, lang := range i18n.Languages {
			if !texts.Has(lang, key) {
				t.Errorf("%s lacks %s", lang, key)
			}
		}
	}
}

// req: PLAN-1
func TestAPlanGrowsByWhatThePersonTakesAndEndsWithAReason(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		mira := h.Users["mira"]
		c := h.Begins("Rosa")
		h.Writes("mira", c, Circumstances, ask.Answer{"circumstances": {"pregnant"}})
		before, err := h.S.Look(h.Ctx, mira, c)
		h.Must(err)
		if len(before.Of(service)) != 0 {
			t.Error("circumstances alone wrote a service")
		}
		once := id.New()
		for range 2 { // pressed twice
			_, err = h.p.Take(h.Ctx, mira, c, "service.health-care", once)
			h.Must(err)
		}
		o, err := h.S.Look(h.Ctx, mira, c)
		h.Must(err)
		if got := o.Of(service); len(got) != 1 || got[0].Fields.One("standing") != "offered" || got[0].Fields.One("pillar") != "support" {
			t.Errorf("%+v", got)
		}
		if got := Suggest([]string{"pregnant"}, standing(o.Entries)); len(got) != 1 || got[0].Code != "pregnancy-parenting" {
			t.Errorf("still suggested: %v", got)
		}
		_, err = h.p.Take(h.Ctx, mira, c, "service.police", id.New())
		h.Refused("something nobody suggests", err, fault.NotFound)
		h.Refused("closing without a reason", h.p.Close(h.Ctx, mira, c, "because"), fault.Invalid)
		h.Must(h.p.Close(h.Ctx, mira, c, "goals-reached"))
		h.Refused("closing twice", h.p.Close(h.Ctx, mira, c, "other"), fault.Conflict)
		h.Must(h.S.Act(h.Ctx, mira, c, casework.Reopen, nil))
		codes, err := h.p.codes(h.Ctx, mira, c)
		if h.Must(err); len(codes) != 1 || codes[0].Code != "goals-reached" {
			t.Errorf("%v", codes)
		}
	})
}

func TestWhatTheFileKnowsOfWhoDependsOnThePersonIsNotTickedAgain(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		c := h.Begins("Rosa")
		known := func() string {
			o, err := h.S.Look(h.Ctx, h.Users["mira"], c)
			h.Must(err)
			return strings.Join(circumstancesOf(o), " ")
		}
		h.Writes("mira", c, "dependants", ask.Answer{"dependants": {"pregnant", "baby", "young-children", "adult"}})
		if got := known(); got != "pregnant parent-with-children" {
			t.Errorf("of who depends on the person follows %q", got)
		}
		h.Writes("mira", c, Circumstances, ask.Answer{"circumstances": {"debt", "pregnant"}})
		if got := known(); got != "debt pregnant parent-with-children" {
			t.Errorf("beside what was ticked follows %q", got)
		}
		page := h.Pages(h.p.Mount).Do("mira", "GET", "/en/cases/"+c+"/plan", nil).Body.String()
		for _, offered := range []string{"service.health-care", "group-offer.pregnancy-parenting", "service.accommodation"} {
			if !strings.Contains(page, offered) {
				t.Errorf("the page does not suggest %s", offered)
			}
		}
	})
}

func TestClaimsAreCountedByTheirNewestCodeWithoutOpeningAFile(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		c := h.Begins("Rosa")
		claim := h.Writes("mira", c, Redress, ask.Answer{"track": {"wages"}, "standing": {"asked"}, "words": {"nine months"}})
		h.Writes("mira", c, Redress, ask.Answer{"track": {"legal-aid"}, "standing": {"granted"}})
		_, err := h.S.Save(h.Ctx, h.Users["mira"], c, casework.Typed{Kind: Redress, Entry: claim, Rev: 1, Posted: ask.Answer{"track": {"wages"}, "standing": {"paid"}}})
		h.Must(err)
		got, err := h.p.Count(h.Ctx, h.Locked("boss"))
		h.Must(err)
		if got["wages"]["paid"] != 1 || got["wages"]["asked"] != 0 || got["legal-aid"]["granted"] != 1 {
			t.Errorf("%v", got)
		}
		for _, who := range []string{"mira", "coordinator", "auditor", "admin", "second"} {
			_, err := h.p.Count(h.Ctx, h.Users[who])
			h.Refused(who, err, fault.Denied)
		}
		other, err := h.p.Count(h.Ctx, h.Users["insider"])
		if h.Must(err); len(other) != 0 {
			t.Errorf("another agency counts %v", other)
		}
		h.Must(h.DB.Write(h.Ctx, func(tx *db.Tx) error { return h.p.Room().Forget(tx, c) }))
		if got, _ = h.p.Count(h.Ctx, h.Users["boss"]); len(got) != 0 {
			t.Errorf("after the case is gone: %v", got)
		}
	})
}

func TestWhoMayNotKnowOfACaseFindsNoPlanAndWritesNone(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		c := h.Begins("Rosa")
		for _, who := range casetest.Strangers {
			v := h.Users[who]
			_, err := h.p.Take(h.Ctx, v, c, "service.legal-aid", id.New())
			h.Refused(who+" offers", err, fault.NotFound)
			h.Refused(who+" closes", h.p.Close(h.Ctx, v, c, "other"), fault.NotFound)
			_, err = h.p.codes(h.Ctx, v, c)
			h.Refused(who+" reads", err, fault.NotFound)
		}
		var n int
		h.Must(h.DB.Read(h.Ctx, func(tx *db.Tx) error { return tx.Row(everyCodeStmt).Scan(&n) }))
		if n != 0 {
			t.Errorf("%d codes were written", n)
		}
	})
}

var everyCodeStmt = db.Statement(`SELECT COUNT(*) FROM plan_code`)

// req: PLAN-2
func TestTheSheetHasNoServiceWithoutNeutralWords(t *testing.T) {
	for _, n := range neutral {
		if !slices.Contains(kindOf(service).Fields[0].Options, n) {
			t.Errorf("%s is no service", n)
		}
	}
	if slices.Contains(neutral, "safety-planning") {
		t.Error("a plan for safety stands on a sheet that the wrong eyes may see")
	}
	texts, err := i18n.Load(locale.Files, i18n.Languages)
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range i18n.Languages {
		for _, n := range neutral {
			said := strings.ToLower(texts.T(lang, "plan.sheet.need."+n))
			for _, telling := range []string{"traffick", "victim", "opfer", "θύμα", "vittim", "slachtoffer", "victime", "police", "polizei", "protect", "schutz"} {
				if strings.Contains(said, telling) {
					t.Errorf("%s: %q tells", lang, said)
				}
			}
		}
	}
}

// req: TALLY-2
func TestWhatComesAboutInAPlanIsCountedOnceAndWhatThePersonThinksStandsBesideNoCase(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		c := h.Begins("Rosa")
		mira := h.Users["mira"]
		writes := func(kind, entry string, rev int64, fields ask.Answer) string {
			entry, err := h.S.Save(h.Ctx, mira, c, casework.Typed{Kind: kind, Entry: entry, Rev: rev, Posted: fields})
			h.Must(err)
			return entry
		}
		claim := writes(Redress, "", 0, ask.Answer{"track": {"wages"}, "standing": {"asked"}})
		writes(Redress, claim, 1, ask.Answer{"track": {"wages"}, "standing": {"asked"}, "words": {"by letter"}})
		writes(Redress, claim, 2, ask.Answer{"track": {"wages"}, "standing": {"paid"}})
		survey := writes(Survey, "", 0, ask.Answer{"how": {"later"}})
		writes(Survey, survey, 1, ask.Answer{"how": {"alone"}, "helped": {"partly"}, "safer": {"no"}})
		writes(Survey, survey, 2, ask.Answer{"how": {"alone"}, "helped": {"yes"}, "safer": {"no"}})
		h.Must(h.p.Close(h.Ctx, mira, c, "own-wish"))
		want := map[string]int{"support claim.wages asked": 1, "support claim.wages paid": 1, "support survey-how alone": 1, "support survey.helped partly": 1, "support survey.safer no": 1, "support closing own-wish": 1}
		if !maps.Equal(h.Counted, want) {
			t.Errorf("counted %v", h.Counted)
		}
		codes, err := h.p.codes(h.Ctx, mira, c)
		h.Must(err)
		for _, code := range codes {
			if code.What == "survey" && code.Code != "counted" {
				t.Errorf("beside the case stands %+v", code)
			}
		}
	})
}

// req: TALLY-3
func TestNothingOfAPlanIsCountedWhenThePersonDidNotSayYes(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		c, mira := h.Begins("Rosa"), h.Users["mira"]
		h.Uncounted[c] = true
		h.Writes("mira", c, Redress, ask.Answer{"track": {"wages"}, "standing": {"asked"}})
		h.Writes("mira", c, Survey, ask.Answer{"how": {"alone"}, "helped": {"yes"}})
		h.Must(h.p.Close(h.Ctx, mira, c, "own-wish"))
		if len(h.Counted) > 0 {
			t.Errorf("counted %v", h.Counted)
		}
	})
}
