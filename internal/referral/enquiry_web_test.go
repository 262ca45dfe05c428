package referral

import (
	"encoding/csv"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"amelie/internal/db"
	"amelie/internal/db/dbtest"
	"amelie/internal/i18n"
	"amelie/internal/id"
)

func enquirySite(t *testing.T) *site {
	return newSite(t, withDesks(newHouse(t, dbtest.Open(t, schemas...))))
}

const threeDesks = "service=gr-desk1-house&service=gr-desk2-house&service=gr-desk3-house"

func TestSeveralAreAskedFromASearchAndNothingBeginsBeforeTheButton(t *testing.T) {
	s := enquirySite(t)
	page := s.get("midwife", "/en/ask?"+threeDesks+"&service=gr-unknown-line")
	s.shows(page, 200, "Ask several", "Desk 1", "Desk 3", "By phone only", "1109")
	if n := strings.Count(page.Body, `value="gr-desk`) - strings.Count(page.Body, `name="offered"`); n != 3 || strings.Count(page.Body, " checked") != 3 {
		t.Errorf("%d choices", n)
	}
	if drafts, err := s.s.Drafts(ctx, s.users["midwife"]); err != nil || len(drafts) != 0 {
		t.Errorf("following a link began %v %v", drafts, err)
	}
	none := s.post("midwife", "/en/ask", "once", id.New(), "offered", "gr-desk1-house", "town", "Volos")
	s.shows(none, 422, "Choose at least one service", "Desk 1")
	if !strings.Contains(none.Body, `value="Volos"`) {
		t.Error("what was typed is lost")
	}
	form := url.Values{"once": {id.New()}, "town": {"Thessaloniki"}}
	for i := range MaxCandidates {
		form.Add("service", "gr-desk"+itoa(i+1)+"-house")
	}
	form.Add("service", "gr-open-door-house")
	form["offered"] = form["service"]
	s.shows(s.do("midwife", "POST", "/en/ask", form), 422, "Choose at most 8 services")
	form["service"] = form["service"][:3]
	a := s.do("midwife", "POST", "/en/ask", form)
	draft := draftOf(a)
	if !strings.HasSuffix(a.To, "/need") {
		t.Fatalf("%d %s", a.Status, a.To)
	}
	for _, one := range [][2]string{{"need", "accommodation"}, {"urgency", "now"}, {"age", "25-39"}, {"dependants", "none"}, {"language", "ro"}, {"region", "anywhere"}} {
		if !strings.HasSuffix(a.To, "/"+one[0]) {
			t.Fatalf("asked %s, want %s", a.To, one[0])
		}
		a = s.post("midwife", a.To, one[0], one[1])
	}
	s.shows(s.get("midwife", a.To), 200, "3 services are asked", "Ask 3 services", "Anywhere in the country")
	points := s.post("midwife", "/en/refer/"+draft+"/remark?back=review", "remark", "call 6941234567", "back", "review")
	wrong := s.get("midwife", points.To)
	s.shows(wrong, 200, "This line could point to a person")
	if !strings.Contains(wrong.Body, "call 6941234567") {
		t.Error("what was typed is lost")
	}
	review := s.get("midwife", "/en/refer/"+draft+"/review")
	s.shows(review, 200, "This line could point to a person")
	if strings.Contains(review.Body, "/send") {
		t.Error("it can be sent all the same")
	}
}

func TestEveryPageOfAskingSeveralIsShownInEveryLanguage(t *testing.T) {
	s := enquirySite(t)
	round := s.as("midwife").enquires(4)
	draft, _ := s.as("midwife").drafting("gr-desk1-house", "gr-desk2-house")
	one, two := round.Candidates[0].ID, round.Candidates[1].ID
	s.as("desk1").offers(one, 12, "few-nights", "we-fetch")
	s.as("desk2").refuses(two, "language")
	s.as("desk3").looks(round.Candidates[2].ID)
	s.as("desk3").does(round.Candidates[2].ID, Deed{Action: Ask, Text: "ground floor?", Once: id.New()})
	pages := func() {
		t.Helper()
		for _, lang := range i18n.Languages {
			for _, path := range []string{"/ask?" + threeDesks, "/refer/" + draft + "/several", "/refer/" + draft + "/review", "/refer/" + draft + "/region", "/refer/" + draft + "/remark", "/enquiry/" + round.ID, "/referral/" + one, "/today", "/referrals"} {
				page := s.get("midwife", "/"+lang+path)
				s.shows(page, 200)
				if left := regexp.MustCompile(`enquiry\.[a-z]+[.\w-]*`).FindString(page.words()); left != "" {
					t.Errorf("%s%s: %s has no words", lang, path, left)
				}
			}
			s.shows(s.get("desk1", "/"+lang+"/referral/"+one), 200)
		}
	}
	pages()
	_, err := s.s.Choose(ctx, s.users["midwife"], round.ID, one)
	s.must(err)
	pages()
	s.shows(s.get("head", "/en/enquiry/"+round.ID), 200, "Desk 1 was chosen by Name of midwife")
	again := s.post("head", "/en/enquiry/"+round.ID+"/choose", "candidate", one, "once", id.New())
	s.shows(again, 409, "Name of midwife was faster: Desk 1 was chosen", "Nothing was changed by your press")
	s.shows(s.get("midwife/locked", "/en/enquiry/"+round.ID), 200, "Desk 1 was chosen", "Unlock your key")
	s.must(s.s.End(ctx, s.users["midwife"], round.ID))
	draft, _ = s.as("midwife").drafting("gr-desk1-house")
	pages()
	s.shows(s.get("desk3", "/en/referral/"+round.Candidates[2].ID), 200, "No longer needed")
	for _, user := range []string{"desk1", "nurse", "insider"} {
		s.shows(s.get(user, "/en/enquiry/"+round.ID), 404)
	}
}

// req: CONSENT-4
func TestNobodyIsOfferedToTakeBackAConsentThatAnEnquiryNeverHad(t *testing.T) {
	s := enquirySite(t)
	round := s.as("midwife").enquires(2)
	one := round.Candidates[0].ID
	for _, user := range []string{"desk1", "midwife"} { // the sender stops asking on the page of all answers
		page := s.get(user, "/en/referral/"+one)
		s.shows(page, 200)
		if strings.Contains(page.Body, "/withdraw") || strings.Contains(page.words(), "consent") {
			t.Errorf("%s is offered it: %s", user, page.words())
		}
	}
	if got := s.post("desk1", "/en/referral/"+one+"/withdraw", "once", id.New()); got.Status != 409 {
		t.Errorf("the desk takes back what another asked: %d", got.Status)
	}
	s.shows(s.get("desk1", "/en/referral/"+one), 200, "General Hospital")
}

// req: CONSENT-4
func TestAnEnquiryOutsideARoundIsTakenBackInItsOwnWords(t *testing.T) {
	s := newLetterSite(t)
	midwife := s.house().as("midwife")
	draft := midwife.drafts("gr-letter-desk", NotAlone, nil)
	s.house().must(s.house().s.AddressBy(ctx, AuthorOf(midwife.v), draft, "gr-letter-desk", ByCall))
	d, err := s.house().s.Load(ctx, midwife.v, draft)
	s.house().must(err)
	r, err := s.house().s.Send(ctx, midwife.v, draft, "en", Order{Rev: d.Rev})
	s.house().must(err)
	s.shows(s.get("midwife", "/en/referral/"+r), 200, "No longer needed", "Stop asking")
	for path, says := range map[string]string{"/withdraw": "ask them to destroy what they have", "/paper": "as soon as we tell you that it is no longer needed"} {
		page := s.get("midwife", "/en/referral/"+r+path)
		s.shows(page, 200, says)
		if strings.Contains(page.words(), "their consent") {
			t.Errorf("%s", page.words())
		}
	}
	s.post("midwife", "/en/referral/"+r+"/withdraw", "once", id.New())
	s.shows(s.get("midwife", "/en/referral/"+r+"/receipt"), 200, "Enquiry "+Code(r)+" was taken back")
	if words := s.get("midwife", "/en/referral/"+r).words(); strings.Contains(words, "person’s word") {
		t.Errorf("%s", words)
	}
}

func TestARoundIsOneLineInTheListsAndOnTheDesksPageItsOwnEnquiry(t *testing.T) {
	s := enquirySite(t)
	round := s.as("midwife").enquires(5)
	if words := s.get("midwife", "/en/today").words(); strings.Count(words, "Enquiry to 5 services") != 1 || strings.Contains(words, "Desk 3") {
		t.Errorf("%s", words)
	}
	if words := s.get("head", "/en/referrals").words(); strings.Count(words, "Enquiry to 5 services") != 1 {
		t.Errorf("%s", words)
	}
	s.as("desk2").offers(round.Candidates[1].ID, 3)
	day, err := s.s.TodayOf(ctx, s.users["midwife"])
	s.must(err)
	if len(day.Due) != 1 || day.Due[0].Offers != 1 || day.Due[0].Round != round.ID {
		t.Errorf("an offer waits for the person: %+v", day)
	}
	s.shows(s.get("desk4", "/en/today"), 200, "General Hospital")
	if strings.Contains(s.get("desk4", "/en/today").words(), "services") {
		t.Error("a desk sees a round")
	}
}

func TestAskingOthersTakesTheAnswersAlongAndLeavesOutWhoWasAsked(t *testing.T) {
	s := enquirySite(t)
	round := s.as("midwife").enquires(2)
	a := s.post("midwife", "/en/enquiry/"+round.ID+"/others", "once", id.New())
	page := s.get("midwife", a.To)
	s.shows(page, 200, "Ask several", "Desk 3")
	if strings.Contains(page.Body, `value="gr-desk1-house"`) || strings.Contains(page.Body, `value="gr-desk2-house"`) {
		t.Error("who was asked is offered again")
	}
	path, _, _ := strings.Cut(a.To, "?")
	a = s.post("midwife", path, "service", "gr-desk3-house")
	s.shows(s.get("midwife", a.To), 200, "Ask Desk 3", "Young children", "Central Macedonia", "needs a ground floor")
}

// req: COUNT-2
func TestTheFileHoldsTheSameProtectedCountsAsThePage(t *testing.T) {
	s := enquirySite(t)
	s.must(s.db.Write(ctx, func(tx *db.Tx) error {
		for answer, n := range map[string]int64{"asked": 20, "offered": 6, "no-place": 9, "language": 2} {
			if err := InventCounts(tx, "2026-10", "GR", "GR-I", "accommodation", answer, n); err != nil {
				return err
			}
		}
		return InventCounts(tx, "2026-10", "GR", "GR-M", "accommodation", "asked", 4)
	}))
	for _, lang := range i18n.Languages {
		page := s.get("coordinator", "/"+lang+"/counts/turned-away")
		s.shows(page, 200, "2026", "15")
		if regexp.MustCompile(`enquiry\.[a-z]+`).MatchString(page.words()) {
			t.Errorf("%s: %s", lang, page.words())
		}
	}
	file := s.get("coordinator", "/en/counts/turned-away.csv?month=2026-10&country=GR")
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(file.Body, "\ufeff"))).ReadAll()
	if err != nil || len(rows) != 2 {
		t.Fatalf("%v %v %s", err, rows, file.Body)
	}
	if got := strings.Join(rows[1], "|"); got != "A safe place to stay|Attica|15 or more|6|9|Fewer than 5|Fewer than 5|Fewer than 5|Fewer than 5|Fewer than 5" {
		t.Errorf("%s", got)
	}
	if !strings.Contains(file.Header.Get("Content-Disposition"), "counts-2026-10-gr.csv") {
		t.Error(file.Header)
	}
	s.shows(s.get("midwife", "/en/counts/turned-away"), 404)
	s.shows(s.get("coordinator", "/en/counts/turned-away?month=2026-11&country=GR"), 404)
}
