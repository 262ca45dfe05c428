package keep

import (
	"slices"
	"testing"
	"time"

	"amelie/internal/ask"
	"amelie/internal/casework"
	"amelie/internal/casework/casetest"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/policy"
)

// desk is the room of keeping in the house of the tests.
type desk struct {
	*casetest.House
	s    *Service
	told []string
	gone []string // cases that the ledger was told
}

func each(t *testing.T, story func(t *testing.T, d *desk)) {
	casetest.Each(t, []db.Schema{Schema}, nil, func(t *testing.T, h *casetest.House) {
		d := &desk{House: h}
		d.s = New(Config{Cases: h.S, Policy: policy.Must(Policy), Now: h.Clock, Backups: func() int { return 30 },
			Country: func(*db.Tx, string) (string, error) { return "GR", nil },
			Tell:    func(_ *db.Tx, agency string) error { d.told = append(d.told, agency); return nil }})
		h.S.Erased = func(_ *db.Tx, caseID string, _ time.Time) error { d.gone = append(d.gone, caseID); return nil }
		h.S.Add(d.s.Room())
		story(t, d)
	})
}

func (d *desk) closed(name string) string {
	d.T.Helper()
	c := d.Begins(name)
	d.Writes("mira", c, "note", ask.Answer{"words": {"lavender"}})
	d.Must(d.S.Act(d.Ctx, d.Users["mira"], c, casework.Close, nil))
	return c
}

// req: KEEP-1
func TestAClosedFileIsErasedByALeadWithAReceiptThatSaysWhenTheLastBackupGoes(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		c, boss := d.closed("Rosa"), d.Users["boss"]
		open := d.Begins("Lin")
		_, err := d.s.Erase(d.Ctx, boss, open, "person", true)
		d.Refused("an open file", err, fault.Conflict)
		_, err = d.s.Erase(d.Ctx, boss, c, "due", false)
		d.Refused("without the tick", err, fault.Invalid)
		for _, user := range append(slices.Clone(casetest.Strangers), "mira") {
			if _, err := d.s.Erase(d.Ctx, d.Users[user], c, "due", true); err == nil {
				t.Errorf("%s erased it", user)
			} else if user != "mira" {
				d.Refused(user, err, fault.NotFound)
			}
		}
		_, err = d.s.Erase(d.Ctx, d.Locked("boss"), c, "due", true)
		if err == nil {
			t.Error("erased with a locked key: its words could not leave the search")
		}
		receipt, err := d.s.Erase(d.Ctx, boss, c, "due", true)
		d.Must(err)
		r, err := d.s.Receipt(d.Ctx, boss, receipt)
		d.Must(err)
		if r.Code != c[len(c)-6:] || r.Reason != "due" || !r.Backups.Equal(d.Now.AddDate(0, 0, 31)) {
			t.Errorf("%+v", r)
		}
		_, err = d.S.Look(d.Ctx, boss, c)
		d.Refused("after that", err, fault.NotFound)
		if !slices.Equal(d.gone, []string{c}) {
			t.Errorf("the ledger was told %v", d.gone)
		}
		for _, user := range []string{"mira", "insider", "coordinator"} {
			if _, err := d.s.Receipt(d.Ctx, d.Users[user], receipt); err == nil {
				t.Errorf("%s sees the receipt", user)
			}
		}
	})
}

// req: KEEP-3
func TestWhatIsHeldIsNotErasedUntilTheHoldEnds(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		c, mira, boss := d.closed("Rosa"), d.Users["mira"], d.Users["boss"]
		d.Refused("a day that is over", d.s.Keep(d.Ctx, mira, c, "proceedings", "2026-11-01"), fault.Invalid)
		d.Refused("no reason", d.s.Keep(d.Ctx, mira, c, "", "2026-12-31"), fault.Invalid)
		for _, user := range casetest.Strangers {
			d.Refused(user, d.s.Keep(d.Ctx, d.Users[user], c, "proceedings", "2026-12-31"), fault.NotFound)
		}
		d.Must(d.s.Keep(d.Ctx, mira, c, "proceedings", "2026-12-31"))
		_, err := d.s.Erase(d.Ctx, boss, c, "person", true)
		d.Refused("held", err, fault.Invalid)
		d.Now = time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
		_, err = d.s.Erase(d.Ctx, boss, c, "person", true)
		d.Must(err)
		other := d.closed("Lin")
		d.Must(d.s.Keep(d.Ctx, mira, other, "person", "2027-12-31"))
		d.Must(d.s.Release(d.Ctx, mira, other))
		_, err = d.s.Erase(d.Ctx, boss, other, "person", true)
		d.Must(err)
	})
}

func TestTheLeadsAreToldWhenAFileIsDueAndNothingGoesByItself(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		boss := d.Users["boss"]
		d.Refused("longer than proposed", d.s.Shorten(d.Ctx, boss, 37), fault.Invalid)
		if err := d.s.Shorten(d.Ctx, d.Users["mira"], 12); err == nil {
			t.Error("a caseworker changed how long files are kept")
		}
		d.Must(d.s.Shorten(d.Ctx, boss, 12))
		c, back := d.closed("Rosa"), d.closed("Lin")
		d.Must(d.S.Act(d.Ctx, d.Users["mira"], back, casework.Reopen, nil))
		d.Pass(300*24*time.Hour, d.s.Handle)
		list, err := d.s.Desk(d.Ctx, boss)
		if err != nil || len(list.Due) > 0 || len(d.told) > 0 {
			t.Errorf("too early: %v %v %v", list.Due, d.told, err)
		}
		d.Pass(70*24*time.Hour, d.s.Handle)
		list, err = d.s.Desk(d.Ctx, boss)
		if err != nil || len(list.Due) != 1 || list.Due[0].ID != c || !slices.Equal(d.told, []string{"support"}) {
			t.Errorf("due: %v, told %v, %v", list.Due, d.told, err)
		}
		if _, err := d.S.Look(d.Ctx, boss, c); err != nil {
			t.Error("it went by itself")
		}
	})
}

// req: KEEP-2
func TestARestoredCaseIsErasedAgainWithoutAnyKey(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		c, kept := d.closed("Rosa"), d.closed("Lin")
		for _, want := range []bool{true, false} {
			var done bool
			d.Must(d.DB.Write(d.Ctx, func(tx *db.Tx) (err error) { done, err = casework.EraseAgain(tx, c); return err }))
			if done != want {
				t.Errorf("done %v, want %v", done, want)
			}
		}
		for _, gone := range []string{c, id.New()} {
			d.Must(d.DB.Write(d.Ctx, func(tx *db.Tx) error { return d.S.ForgetAgain(tx, gone) }))
		}
		_, err := d.S.Look(d.Ctx, d.Users["boss"], c)
		d.Refused("after that", err, fault.NotFound)
		if words := d.Reads("mira", kept); len(words) != 1 {
			t.Errorf("the other case says %v", words)
		}
	})
}

// Months may be shortened and lengthened again: a reminder moves along and is
// neither lost nor sent at a day that does not hold any more.
func TestRemindersFollowTheMonthsWhenTheyAreShortenedAndLengthenedAgain(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		boss, day := d.Users["boss"], 24*time.Hour
		d.closed("Rosa")
		d.Must(d.s.Shorten(d.Ctx, boss, 2))
		d.Must(d.s.Shorten(d.Ctx, boss, 12))
		d.Pass(100*day, d.s.Handle)
		if len(d.told) > 0 {
			t.Errorf("told %v after a hundred days of twelve months", d.told)
		}
		d.Must(d.s.Shorten(d.Ctx, boss, 6)) // of 36 at first: its day moves to the front
		d.Pass(100*day, d.s.Handle)
		if !slices.Equal(d.told, []string{"support"}) {
			t.Errorf("told %v after two hundred days of six months", d.told)
		}
		d.closed("Lin")
		d.Must(d.s.Shorten(d.Ctx, boss, 36))
		d.Pass(1000*day, d.s.Handle)
		d.Pass(100*day, d.s.Handle)
		if len(d.told) != 3 { // also of the first, which is due anew
			t.Errorf("told %v when both files are due after thirty-six months", d.told)
		}
	})
}
