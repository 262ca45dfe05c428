package app_test

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"testing"

	"amelie/content"
	"amelie/internal/app"
	"amelie/internal/ask"
	"amelie/internal/casework"
	"amelie/internal/casework/share"
	"amelie/internal/fault"
	"amelie/internal/referral"
	"amelie/internal/screen/instrument"
	"amelie/internal/web"
)

func viewer(t *testing.T, a *app.App, key string) *web.Viewer {
	t.Helper()
	user, err := a.Accounts.ByLogin(context.Background(), key+"@demo.invalid")
	if err != nil {
		t.Fatal(err)
	}
	v, err := a.Accounts.DemoViewer(context.Background(), user)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// What was told at the hospital stands in the case without being asked again, and
// nobody else can take it over.
func TestWhatWasToldInAReferralIsTakenOverIntoACase(t *testing.T) {
	a := demo(t)
	ctx := context.Background()
	mira := viewer(t, a, "mira")
	list, err := a.Referrals.List(ctx, mira, 1, 100)
	if err != nil {
		t.Fatal(err)
	}
	taken := 0
	for _, r := range list {
		said, err := a.Cases.Told(ctx, mira, r.ID)
		if r.ToAgency != mira.AgencyID || r.Kind != referral.Referral || r.State != referral.Accepted && r.State != referral.Appointment && r.State != referral.HandedOver {
			if err == nil {
				t.Errorf("%s in state %s is taken over", r.ID, r.State)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		taken++
		if said["person"].One("name") == "" || len(said["needs"]["need"]) == 0 || len(said["languages"]["language"]) == 0 {
			t.Errorf("taken over: %v", said)
		}
		if _, err := a.Cases.Told(ctx, viewer(t, a, "insider"), r.ID); fault.KindOf(err) != fault.NotFound {
			t.Errorf("a stranger takes it over: %v", err)
		}
	}
	if taken == 0 {
		t.Fatal("the demo has no accepted referral")
	}
}

// signCode is a sign that two lists have; signIn says it in a language.
const signCode = "delphi-labour-adult@1.0.0#deception-job"

func signIn(lang string) string {
	packs, err := instrument.Load(content.FS)
	if err != nil {
		panic(err)
	}
	p, _ := packs.Get("delphi-labour-adult")
	item, _ := p.Item("deception-job")
	return p.Wording(item, lang).Label
}

// answersOf adds what the person of a test referral wants, and what must not happen.
func answersOf(a referral.Answers) referral.Answers {
	a["setting"] = referral.Answer{"setting": {referral.Alone}}
	a["need"] = referral.Answer{"need": {"accommodation"}}
	a["urgency"] = referral.Answer{"urgency": {"today"}}
	a["age"] = referral.Answer{"age": {"25-39"}}
	a["language"] = referral.Answer{"language": {"en"}}
	a["interpreter"] = referral.Answer{"interpreter": {"not-needed"}}
	a["contact"] = referral.Answer{"contact": {"phone"}}
	a["wants"] = referral.Answer{"wants": {"safe-tonight", "talk-first"}, "words": {"a door that closes"}}
	a["notes"] = referral.Answer{"notes": {"Vorenthaltener Lohn oder so\n" + signIn("de") + "\n  " + signIn("el")}}
	a["must-not"] = referral.Answer{"must-not": {"no-letter"}, "words": {"not at the market"}}
	return a
}

// received is a referral with a file that Lamp House accepted; with says whether
// the person let the file go along, age another band than that of a grown person.
func received(t *testing.T, a *app.App, with bool, age ...string) string {
	t.Helper()
	ctx := context.Background()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	midwife, mira := viewer(t, a, "midwife"), viewer(t, a, "mira")
	by := referral.AuthorOf(midwife)
	answers := answersOf(referral.Answers{})
	if len(age) > 0 {
		answers["age"] = referral.Answer{"age": age}
	}
	draft, err := a.Referrals.Begin(ctx, by, "gr-a21-support", "", "", answers["setting"])
	must(err)
	for _, step := range referral.Steps {
		if said, ok := answers[step.ID]; ok && step.ID != "setting" {
			must(a.Referrals.Save(ctx, by, draft, step.ID, said))
		}
	}
	must(a.Referrals.Attach(ctx, by, draft, "letter.pdf", []byte("%PDF-1.4\nan appointment (invented)\n%%EOF")))
	d, err := a.Referrals.Load(ctx, midwife, draft)
	must(err)
	parts := []referral.Part{referral.PartContact, referral.PartNeeds, referral.PartWants, referral.PartMustNot, referral.PartAge}
	if with {
		parts = append(parts, referral.PartAttachments, referral.PartNotes)
	}
	sent, err := a.Referrals.Send(ctx, midwife, draft, "en", referral.Order{Parts: parts, Days: 30, How: "spoken", Guardian: "agrees", Language: "en", Interpreter: "independent", Rev: d.Rev})
	must(err)
	_, err = a.Referrals.Look(ctx, mira, sent)
	must(err)
	must(a.Referrals.Act(ctx, mira, sent, referral.Deed{Action: referral.Accept}))
	return sent
}

// takenOver opens a case from a referral, as its page does.
func takenOver(t *testing.T, a *app.App, v *web.Viewer, sent string) (caseID string) {
	t.Helper()
	said, err := a.Cases.Told(context.Background(), v, sent)
	if err == nil {
		caseID, err = a.Cases.New(context.Background(), v, casework.Beginning{Source: sent, Answers: said})
	}
	if err != nil {
		t.Fatal(err)
	}
	return caseID
}

// Files, wishes and the signs that stand in a note come along when the person let
// them go along, each once.
func TestFilesAndWishesOfAReferralComeIntoTheCaseByConsentOnly(t *testing.T) {
	a := demo(t)
	ctx := context.Background()
	mira := viewer(t, a, "mira")
	for _, with := range []bool{true, false} {
		sent := received(t, a, with)
		caseID := takenOver(t, a, mira, sent)
		want := 0
		if with {
			want = 1
		}
		for range 2 { // the button was pressed twice
			if refused, err := a.Cases.Attach(ctx, mira, caseID, sent); err != nil || refused != 0 {
				t.Errorf("refused %d: %v", refused, err)
			}
		}
		o, err := a.Cases.Look(ctx, mira, caseID)
		if err != nil {
			t.Fatal(err)
		}
		files := o.Of("document")
		if len(files) != want {
			t.Fatalf("%d files, want %d", len(files), want)
		}
		for _, e := range files {
			if _, body, err := a.Cases.Document(ctx, mira, caseID, e.ID); err != nil || !strings.Contains(string(body), "an appointment") || e.Part != casework.Notes {
				t.Errorf("file in %s: %q %v", e.Part, body, err)
			}
		}
		seen := o.Of("observed")
		if len(seen) != want {
			t.Fatalf("%d times observed, want %d", len(seen), want)
		}
		for _, e := range seen {
			if got := e.Fields["signs"]; !slices.Equal(got, []string{signCode}) || e.Fields.One("noticed-by") != "other-agency" {
				t.Errorf("signs %v", e.Fields)
			}
		}
		needs, _ := o.Latest("needs")
		if f := needs.Fields; !slices.Equal(f["wants"], []string{"safe-tonight", "talk-first"}) || f.One("wishes") != "a door that closes" || f.One("must-not-words") != "not at the market" {
			t.Errorf("wishes: %v", f)
		}
		if _, err := a.Cases.Attach(ctx, viewer(t, a, "insider"), caseID, sent); fault.KindOf(err) != fault.NotFound {
			t.Errorf("a stranger takes files over: %v", err)
		}
	}
}

// Signs of a list in use are found by their words in the writer's language, and the
// wording of a publisher's instrument is never part of a file.
func TestSignsAreFoundByTheirWordsAndLicensedWordingStaysOut(t *testing.T) {
	a := demo(t)
	ctx := context.Background()
	mira := viewer(t, a, "mira")
	lists, err := a.Cases.Signs.Lists(ctx, "de")
	if err != nil || len(lists) == 0 {
		t.Fatal(lists, err)
	}
	for _, l := range lists {
		if len(l.Groups) < 2 || len(l.Ages) == 0 || strings.HasPrefix(l.ID, "raft") {
			t.Errorf("offered: %s for %v in %d groups", l.ID, l.Ages, len(l.Groups))
		}
	}
	var known []string
	for _, l := range lists {
		for _, g := range l.Groups {
			for _, s := range g.Signs {
				known = append(known, s.Value)
			}
		}
	}
	sign := known[0]
	en, _ := a.Cases.Signs.Sign(ctx, "en", sign)
	de, _ := a.Cases.Signs.Sign(ctx, "de", sign)
	if en.Words == "" || en.Words == de.Words || en.Words == sign {
		t.Fatalf("%s says %q and %q", sign, en.Words, de.Words)
	}
	caseID, err := a.Cases.New(ctx, mira, casework.Beginning{Answers: map[string]ask.Answer{"person": {"name": {"Halima (invented)"}}, "observed": {"signs": {sign}, "told": {"seen"}}}})
	if err != nil {
		t.Fatal(err)
	}
	found, err := a.Cases.Find(ctx, mira, en.Words, 5)
	if err != nil || len(found) != 1 || found[0].ID != caseID {
		t.Errorf("by %q: %v %v", en.Words, found, err)
	}
	for _, p := range a.Instruments.Config.Packs {
		for _, i := range p.Items {
			said, ok := a.Cases.Signs.Sign(ctx, "en", p.ID+"@"+p.Version+"#"+i.ID)
			if words := p.Wording(i, "en").Label; ok && p.Licence.Permission != "own-words" && p.Licence.Permission != "free" && words != "" && strings.Contains(said.Words, words) {
				t.Errorf("%s gives the publisher's words of %s away", p.ID, i.ID)
			}
		}
	}
}

// The agreements that stand in a Land are said where a case in that Land stands.
func TestTheStagesOfACaseNameTheAgreementsOfItsLand(t *testing.T) {
	a := demo(t)
	ctx := context.Background()
	worker := viewer(t, a, "mainz-case")
	cookies := asked(a, "/en/demo", url.Values{"person": {"mainz-case"}}).Result().Cookies()
	for land, want := range map[string]string{"DE-RP": "Kooperationskonzept Rheinland-Pfalz", "DE-SN": "Kooperationsvereinbarung Sachsen", "DE-HB": ""} {
		caseID, err := a.Cases.New(ctx, worker, casework.Beginning{Answers: map[string]ask.Answer{"person": {"name": {"Vera (invented)"}}}})
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Stages.Know(ctx, worker, caseID, casework.Typed{Posted: map[string][]string{"country": {"DE"}, "region": {land}}}); err != nil {
			t.Fatal(err)
		}
		w := asked(a, "/de/cases/"+caseID+"/stage", nil, cookies...)
		if w.Code != 200 {
			t.Fatalf("%s: %d", land, w.Code)
		}
		for _, title := range []string{"Kooperationskonzept Rheinland-Pfalz", "Kooperationsvereinbarung Sachsen"} {
			if strings.Contains(w.Body.String(), title) != (title == want) {
				t.Errorf("%s: %s on the page: %v", land, title, title != want)
			}
		}
	}
}

// Who was told to be a child is one in the ledger from the first day: a yes of the
// child alone shares nothing.
//
// req: SHARE-4
func TestAChildOfAReferralDoesNotConsentAloneInTheCase(t *testing.T) {
	a := demo(t)
	ctx := context.Background()
	mira := viewer(t, a, "mira")
	for band, child := range map[string]bool{"12-15": true, "25-39": false} {
		sent := received(t, a, false, band)
		caseID := takenOver(t, a, mira, sent)
		o, err := a.Cases.Look(ctx, mira, caseID)
		if err != nil {
			t.Fatal(err)
		}
		if e, _ := o.Latest("person"); e.Fields.One("birth") != a.Texts.T("en", "referral.option.age."+band) {
			t.Errorf("%s: the file says %q", band, e.Fields.One("birth"))
		}
		if e, _ := o.Latest("deciding"); (e.Fields.One("capacity") == string(share.Child)) != child {
			t.Errorf("%s: who decides is %v", band, e.Fields)
		}
		_, err = a.Shares.Answer(ctx, mira, caseID, share.Statistics, true, "", share.Said{How: "spoken", Language: "en", Interpreter: "none"})
		if f := fault.Find(err); child && (f == nil || len(f.Fields) != 1 || f.Fields[0].Name != "by") || !child && err != nil {
			t.Errorf("%s: a yes alone: %v", band, err)
		}
	}
}
