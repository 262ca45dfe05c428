package tally

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"amelie/internal/casework/casetest"
	"amelie/internal/db"
	"amelie/internal/db/dbtest"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/policy"
	"amelie/internal/web"
)

var topicsOnPaper = []Topic{{ID: "claim", Rows: []string{"wages"}, Cols: []string{"asked", "granted"}}, {ID: "closing", Cols: []string{"own-wish"}}, {ID: "survey", Rows: []string{"helped"}, Cols: []string{"yes"}, Year: true}, {ID: "move", Cols: []string{"arrived"}}}

func newTally(h *casetest.House) *Service {
	return New(Config{DB: h.DB, Policy: h.Rules, Now: h.Clock,
		Country: func(_ *db.Tx, agency string) (string, error) {
			return map[bool]string{true: "BB", false: "AA"}[agency == "third"], nil
		},
		Topics: func(context.Context, *web.Viewer, bool) ([]Topic, error) { return topicsOnPaper, nil },
		Say:    func(_ *web.Ctx, topic, row, code string) string { return "of " + row + code },
		Also: func(_ *db.Tx, _, _ string, to Shown) error {
			to.Add("move", "arrived", "2026-10", 7)
			return nil
		}})
}

func each(t *testing.T, story func(t *testing.T, h *casetest.House, s *Service)) {
	casetest.Each(t, []db.Schema{Schema}, []policy.Source{Policy}, func(t *testing.T, h *casetest.House) { story(t, h, newTally(h)) })
}

func add(h *casetest.House, agency, what, code string, at time.Time, n int) {
	h.T.Helper()
	h.Must(h.DB.Write(h.Ctx, func(tx *db.Tx) error {
		if n == 1 {
			return Add(tx, agency, what, code, at)
		}
		return Invent(tx, agency, what, code, at, int64(n))
	}))
}

// req: TALLY-1, TALLY-2
func TestALeadSeesTheOwnAndACoordinatorTheCountrysMonthsThatAreOver(t *testing.T) {
	each(t, func(t *testing.T, h *casetest.House, s *Service) {
		month := func(m int) time.Time { return time.Date(2026, time.Month(m), 5, 0, 0, 0, 0, time.UTC) }
		add(h, "support", "claim.wages", "asked", month(8), 2)
		add(h, "support", "claim.wages", "asked", month(9), 2)
		add(h, "support", "claim.wages", "asked", month(11), 9) // this month
		add(h, "support", "survey.helped", "yes", month(10), 8) // this year
		add(h, "second", "claim.wages", "asked", month(9), 1)
		add(h, "second", "closing", "own-wish", month(10), 3)
		add(h, "third", "closing", "own-wish", month(10), 5) // another country
		own, err := s.Read(h.Ctx, h.Users["boss"], false)
		h.Must(err)
		if own.Of("claim.wages", "asked", "2026-08") != 0 || own.Of("claim.wages", "asked", "2026-09") != 4 || own.Of("claim.wages", "asked", "2026") != 4 || own.Of("closing", "own-wish", "2026") != 0 || own.Of("survey.helped", "yes", "2026") != 0 {
			t.Errorf("the own: %v", own)
		}
		all, err := s.Read(h.Ctx, h.Users["coordinator"], true)
		h.Must(err)
		if all.Of("claim.wages", "asked", "2026") != 4 || all.Of("closing", "own-wish", "2026") != 3 || all.Of("move", "arrived", "2026-10") != 7 {
			t.Errorf("the country: %v", all)
		}
		for _, user := range []string{"mira", "clerk", "officer", "admin", "coordinator"} {
			_, err := s.Read(h.Ctx, h.Users[user], false)
			h.Refused(user, err, fault.NotFound)
		}
		for _, user := range []string{"mira", "boss", "insider", "admin"} {
			_, err := s.Read(h.Ctx, h.Users[user], true)
			h.Refused(user+" asks for the country", err, fault.NotFound)
		}
		for _, country := range []bool{false, true} {
			seen, err := s.Read(h.Ctx, h.Users["auditor"], country)
			h.Must(err)
			if want := map[bool]int64{false: 0, true: 3}[country]; seen.Of("claim.wages", "asked", "2026") != 4 || seen.Of("closing", "own-wish", "2026") != want {
				t.Errorf("an auditor, country %v: %v", country, seen)
			}
		}
		h.Now = time.Date(2027, 1, 1, 1, 0, 0, 0, time.UTC)
		own, err = s.Read(h.Ctx, h.Users["boss"], false)
		h.Must(err)
		if own.Of("survey.helped", "yes", "2026") != 8 || own.Of("claim.wages", "asked", "2026") != 13 {
			t.Errorf("when the year is over: %v", own)
		}
	})
}

// An attacker looks at the own agency's page and at the country's every day. No
// number and no difference between two pages or two days is smaller than few, and
// within a month nothing moves.
//
// req: TALLY-1
func TestWhoLooksEveryDayAtBothPagesSeesNoSingleCase(t *testing.T) {
	h := casetest.New(t, dbtest.Open(t, append(append([]db.Schema(nil), casetest.Schemas...), Schema)...), Policy)
	s := newTally(h)
	rapid.Check(t, func(t *rapid.T) {
		what := "claim." + id.New() // what was counted in an earlier run stays in the database
		day, last := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), map[string]int64{}
		for range 6 {
			theirs, mine := rapid.IntRange(0, 4).Draw(t, "theirs"), rapid.IntRange(0, 4).Draw(t, "mine")
			h.Must(h.DB.Write(h.Ctx, func(tx *db.Tx) error {
				if err := Invent(tx, "second", what, "asked", day, int64(theirs)); err != nil {
					return err
				}
				return Invent(tx, "support", what, "asked", day.AddDate(0, 0, 25), int64(mine))
			}))
			for _, look := range []int{10, 26, 32} {
				h.Now = day.AddDate(0, 0, look)
				own, err := s.Read(h.Ctx, h.Users["boss"], false)
				h.Must(err)
				all, err := s.Read(h.Ctx, h.Users["coordinator"], true)
				h.Must(err)
				mine, ours := own.Of(what, "asked", "2026"), all.Of(what, "asked", "2026")
				for page, n := range map[string]int64{"own": mine, "country": ours, "others": ours - mine} {
					moved := n - last[page]
					if n != 0 && n < 3 || moved != 0 && (moved < 3 || look == 26) {
						t.Fatalf("%s on day %d: %d after %d", page, look, n, last[page])
					}
					last[page] = n
				}
			}
			day = day.AddDate(0, 1, 0)
		}
	})
}

func TestThePageAndItsTableSayTheSameNumbersAndWhatIsSmallIsAWord(t *testing.T) {
	h := casetest.New(t, dbtest.Open(t, append(append([]db.Schema(nil), casetest.Schemas...), Schema)...), Policy)
	s := newTally(h)
	site := h.Pages(s.Mount)
	h.Says(site.Do("boss", "GET", "/en/counts/care", nil), 200, true, "Nothing to show yet")
	add(h, "support", "claim.wages", "asked", h.Now.AddDate(0, -1, 0), 4)
	add(h, "support", "claim.wages", "granted", h.Now.AddDate(0, -1, 0), 2)
	page := site.Do("boss", "GET", "/en/counts/care", nil)
	h.Says(page, 200, true, "of wages", "of asked", ">4<", ">few<", "October 2026")
	h.Says(page, 200, false, ">2<")
	sheet := site.Do("boss", "GET", "/en/counts/care.csv?of=agency&period=2026-10", url.Values{})
	h.Says(sheet, 200, true, "of wages,of asked,4,4")
	if strings.Contains(sheet.Body.String(), "granted") {
		t.Error("the sheet tells what the page keeps back")
	}
	h.Says(site.Do("mira", "GET", "/en/counts/care", nil), 404, false, "of wages")
	for _, lang := range []string{"el", "it", "de", "nl", "fr"} {
		h.Says(site.Do("coordinator", "GET", "/"+lang+"/counts/care", nil), 200, true, "of arrived")
	}
}
