package link

import (
	"slices"
	"strings"
	"testing"
	"time"

	"amelie/internal/audit"
	"amelie/internal/db"
	"amelie/internal/db/dbtest"
	"amelie/internal/directory"
	"amelie/internal/jobs"
	"amelie/internal/policy"
)

// checked is an installation of one body with three links to a host on this
// machine: one for everyone, one for professionals, one hidden.
type checked struct {
	t    *testing.T
	db   *db.DB
	d    *directory.Directory
	s    *Service
	jobs *jobs.Runner
	host *host
	on   bool
	now  time.Time
}

func eachChecked(t *testing.T, story func(c *checked)) {
	dbtest.Each(t, []db.Schema{audit.Schema, jobs.Schema, directory.Schema, Schema}, func(t *testing.T, d *db.DB) {
		c := &checked{t: t, db: d, host: newHost(t, site), now: monday}
		now := func() time.Time { return c.now }
		var err error
		if c.d, err = directory.Open(t.Context(), directory.Config{DB: d, Now: now, Policy: policy.Must(directory.Policy)}); err != nil {
			t.Fatal(err)
		}
		c.jobs = jobs.NewRunner(d, now, nil)
		c.s = New(Config{DB: d, Directory: c.d, Asker: here(), On: func() bool { return c.on }, Now: now}, c.jobs)
		o := directory.Organization{ID: "be-huis", Country: "BE", Name: "Huis", Kind: "ngo", Group: directory.Support, Summary: directory.Text{"en": "Helps."}, Source: directory.Source{ID: "test", Title: "Test", Date: "2023"},
			Website: []directory.Link{{URL: c.host.URL + "/gone"}, {URL: c.host.URL + "/inner", Visibility: directory.Professional}, {URL: c.host.URL + "/secret", Visibility: directory.Hidden}}}
		c.put(directory.OfOrganization(o, 0), true)
		story(c)
	})
}

func (c *checked) put(r directory.Row, fresh bool) {
	c.t.Helper()
	err := c.db.Write(c.t.Context(), func(tx *db.Tx) error {
		return c.d.Change(tx, directory.By{User: "u-lotte", Way: directory.ByEditor}, c.now, directory.Change{Row: r, New: fresh})
	})
	if err != nil {
		c.t.Fatal(err)
	}
}

// passes lets days go by, hour by hour, with all that is due in them.
func (c *checked) passes(days int) {
	c.t.Helper()
	for range days * 24 {
		c.now = c.now.Add(time.Hour)
		if err := c.s.Sweep(c.t.Context()); err != nil {
			c.t.Fatal(err)
		}
		if err := c.jobs.RunDue(c.t.Context()); err != nil {
			c.t.Fatal(err)
		}
	}
}

func (c *checked) known(path string) (s State, ok bool) {
	c.t.Helper()
	err := c.db.Read(c.t.Context(), func(tx *db.Tx) (err error) {
		s, ok, err = Of(tx, c.host.URL+path)
		return err
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return s, ok
}

// req: LINK-1
func TestNothingIsOpenedBeforeAnAdministratorSwitchesItOnAndNothingIsKeptAfterwards(t *testing.T) {
	eachChecked(t, func(c *checked) {
		c.passes(15)
		if len(c.host.asked) > 0 {
			t.Fatalf("asked while off: %v", c.host.asked)
		}
		c.on = true
		c.passes(8)
		before := len(c.host.asked)
		if _, ok := c.known("/gone"); !ok || before == 0 {
			t.Fatal("nothing was asked while on")
		}
		c.on = false
		c.passes(15)
		if _, ok := c.known("/gone"); ok || len(c.host.asked) != before {
			t.Fatal("something is kept or asked after it was switched off")
		}
	})
}

// req: LINK-3
func TestADeadLinkIsFoundAfterThreeWeeksOfFailures(t *testing.T) {
	eachChecked(t, func(c *checked) {
		c.on = true
		c.passes(13)
		if s, ok := c.known("/gone"); !ok || s.Dead() || s.Failures == 0 {
			t.Fatalf("after less than two weeks: %+v", s)
		}
		c.passes(10)
		if s, _ := c.known("/gone"); !s.Dead() || s.Why != Missing {
			t.Fatalf("after more than three weeks: %+v", s)
		}
		if n := len(c.host.asked); n > 4*3 { // robots.txt, HEAD, GET
			t.Errorf("%d requests in three weeks", n)
		}
	})
}

// req: LINK-4
func TestOnlyWhatEveryoneMaySeeIsOpened(t *testing.T) {
	eachChecked(t, func(c *checked) {
		c.on = true
		c.passes(8)
		if slices.ContainsFunc(c.host.asked, func(one string) bool {
			return strings.HasSuffix(one, "/inner") || strings.HasSuffix(one, "/secret")
		}) {
			t.Fatalf("asked: %v", c.host.asked)
		}
		// An editor hides it: it is asked no more, and forgotten.
		var r directory.Row
		if err := c.db.Read(t.Context(), func(tx *db.Tx) (err error) { r, err = c.d.Row(tx, directory.KindOrganization, "be-huis"); return err }); err != nil {
			t.Fatal(err)
		}
		r.Organization.Website[0].Visibility = directory.Hidden
		c.put(r, false)
		c.d.Refresh()
		before := len(c.host.asked)
		c.passes(9)
		if _, ok := c.known("/gone"); ok || len(c.host.asked) != before {
			t.Fatalf("still known or asked: %v", c.host.asked[before:])
		}
	})
}

func TestSeveralInstancesAskOnce(t *testing.T) {
	eachChecked(t, func(c *checked) {
		c.on = true
		other := jobs.NewRunner(c.db, func() time.Time { return c.now }, nil)
		second := New(c.s.cfg, other)
		for range 8 * 24 {
			c.now = c.now.Add(time.Hour)
			for _, s := range []*Service{c.s, second} {
				if err := s.Sweep(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			for _, r := range []*jobs.Runner{c.jobs, other} {
				if err := r.RunDue(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		}
		if n := len(c.host.asked); n != 3 && n != 6 { // one look, or two when the first came early in the week
			t.Errorf("%d requests: %v", n, c.host.asked)
		}
	})
}
