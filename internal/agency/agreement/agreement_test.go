package agreement

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"amelie/content"
	"amelie/internal/agency"
	"amelie/internal/audit"
	"amelie/internal/db"
	"amelie/internal/db/dbtest"
	"amelie/internal/fault"
	"amelie/internal/i18n"
	"amelie/internal/id"
	"amelie/internal/jobs"
	"amelie/internal/policy"
	"amelie/internal/web"
)

var (
	schemas = []db.Schema{jobs.Schema, audit.Schema, Schema}
	ctx     = context.Background()
)

// floor stands in for the agencies: a hospital, a shelter and a curious
// practice have accounts; the interpreters and the police have none.
type floor struct{}

var organizations = map[string]string{"org-hospital": "hospital", "org-shelter": "shelter", "org-curious": "curious", "org-hidden": "hidden"}

func (floor) ByDirectory(_ *db.Tx, organization string) (string, error) {
	if a := organizations[organization]; a != "" {
		return a, nil
	}
	return "", fault.New(fault.NotFound, "")
}

func (floor) Organization(_ *db.Tx, agencyID string) (string, error) {
	for o, a := range organizations {
		if a == agencyID {
			return o, nil
		}
	}
	return "", fault.New(fault.NotFound, "")
}

func (floor) Name(_ *db.Tx, agencyID string) (string, error) {
	return strings.ToUpper(agencyID[:1]) + agencyID[1:], nil
}

func (floor) Leads(_ *db.Tx, agencyID string) ([]agency.Contact, error) {
	return []agency.Contact{{UserID: agencyID + "-lead", Email: agencyID + "@example.org", Lang: "en"}}, nil
}

// house is an installation with its agreements.
type house struct {
	*Service
	t    testing.TB
	now  time.Time
	told []string
}

func newHouse(t testing.TB, d *db.DB) *house {
	h := &house{t: t, now: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}
	known := map[string]string{"org-interpreters": "Interpreters", "org-police": "Police", "org-hospital": "Hospital", "org-shelter": "Shelter", "org-curious": "Curious", "org-hidden": "Hidden"}
	published, err := LoadPublished(content.FS, i18n.Languages)
	if err != nil {
		t.Fatal(err)
	}
	h.Service = New(Config{DB: d, Policy: policy.Must(agency.Policy, Policy), Now: func() time.Time { return h.now }, Zone: time.UTC, Agencies: floor{}, Published: published,
		Organization: func(_ context.Context, o, _ string) (string, bool) { n, ok := known[o]; return n, ok },
		Directory: func(_ context.Context, o, _ string) (string, bool) {
			n, ok := known[o]
			return n, ok && o != "org-hidden"
		},
		Known: func(_ context.Context, v *web.Viewer, o string) bool { return v.Is("coordinator") },
		Find: func(_ context.Context, _ *web.Viewer, q, _ string) (out []agency.Organization, err error) {
			for o, n := range known {
				if strings.Contains(strings.ToLower(n), strings.ToLower(q)) {
					out = append(out, agency.Organization{ID: o, Name: n})
				}
			}
			return out, nil
		},
		Notify: func(_ *db.Tx, to agency.Contact, notice string) error {
			h.told = append(h.told, to.UserID+" "+notice)
			return nil
		}})
	return h
}

func each(t *testing.T, story func(h *house)) {
	dbtest.Each(t, schemas, func(t *testing.T, d *db.DB) { story(newHouse(t, d)) })
}

func as(who string) *web.Viewer {
	agencyID, role, _ := strings.Cut(who, " ")
	v := &web.Viewer{UserID: strings.ReplaceAll(who, " ", "-"), Name: who, AgencyID: agencyID, AgencyName: agencyID, Roles: []string{role}}
	if agencyID == "office" {
		v.AgencyID = ""
	}
	return v
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func draft(with ...string) Draft {
	return Draft{Organizations: with, Kind: "protocol", Title: "Ward and shelter", Purposes: []string{"referral", "accommodation"}, Since: "2026-01-01", Until: "2027-12-31",
		Within: 24, Words: "The shelter answers within a day.", Contact: "duty social worker", Lang: "en"}
}

func (h *house) proposes(who string, d Draft) string {
	h.t.Helper()
	made, err := h.Propose(ctx, as(who), d)
	h.must(err)
	return made
}

// does acts with the version that is there now.
func (h *house) does(who, agreementID string, d Deed) error {
	h.t.Helper()
	if d.Version == 0 {
		d.Version = h.one(agreementID).Version
	}
	return h.Act(ctx, as(who), agreementID, d)
}

func (h *house) one(agreementID string) (a Agreement) {
	h.t.Helper()
	h.must(h.DB.Read(ctx, func(tx *db.Tx) (err error) { a, err = h.load(tx, agreementID); return err }))
	return a
}

func (h *house) is(agreementID string, want State) {
	h.t.Helper()
	if got := h.one(agreementID).State; got != want {
		h.t.Errorf("the agreement is %s, want %s", got, want)
	}
}

func (h *house) agreed(agencyID, organization string) int {
	h.t.Helper()
	with, err := h.With(ctx, agencyID)
	h.must(err)
	return len(with[organization])
}

// runs does what the clock has brought by now.
func (h *house) runs() {
	h.t.Helper()
	r := jobs.NewRunner(h.DB, func() time.Time { return h.now }, nil)
	h.Handle(r)
	h.must(r.RunDue(ctx))
}

// req: AGREEMENT-3
func TestAnAgreementMadeByOneLeadCountsWhenTheOtherHasConfirmed(t *testing.T) {
	each(t, func(h *house) {
		id := h.proposes("hospital lead", draft("org-shelter"))
		h.is(id, Proposed)
		if h.agreed("hospital", "org-shelter") != 0 {
			h.t.Error("a proposal is shown as agreed")
		}
		if !slices.Contains(h.told, "shelter-lead new") {
			h.t.Errorf("the other lead was not told: %v", h.told)
		}
		if err := h.does("hospital lead", id, Deed{Action: Vouch, Source: "me"}); fault.KindOf(err) != fault.Denied {
			h.t.Errorf("one side confirms for the other: %v", err)
		}
		h.must(h.does("hospital lead", id, Deed{Action: Confirm})) // again, for itself
		h.is(id, Proposed)
		if err := h.does("shelter professional", id, Deed{Action: Confirm}); fault.KindOf(err) != fault.Denied {
			h.t.Errorf("who is no lead confirms: %v", err)
		}
		if err := h.does("office coordinator", id, Deed{Action: Vouch, Source: "a letter"}); fault.KindOf(err) != fault.Conflict {
			h.t.Errorf("a coordinator confirms for an agency with an account: %v", err)
		}
		h.must(h.does("shelter lead", id, Deed{Action: Confirm, Contact: "night desk", Reach: "2104"}))
		h.is(id, InForce)
		if h.agreed("hospital", "org-shelter") != 1 || h.agreed("shelter", "org-hospital") != 1 {
			h.t.Error("what both confirmed is not shown")
		}
		if p, _ := h.one(id).Party("shelter"); p.Contact != "night desk" || p.Reach != "2104" {
			h.t.Errorf("%+v", p)
		}
	})
}

// req: AGREEMENT-3
func TestForABodyWithoutAnAccountTheCoordinatorConfirmsWithASource(t *testing.T) {
	each(t, func(h *house) {
		id := h.proposes("hospital lead", draft("org-interpreters"))
		if asked, err := h.Asking(ctx, as("office coordinator")); err != nil || len(asked.Vouch) != 1 {
			h.t.Errorf("the coordinator is not asked: %+v %v", asked, err)
		}
		if err := h.does("office coordinator", id, Deed{Action: Vouch}); fault.KindOf(err) != fault.Invalid {
			h.t.Errorf("without a source: %v", err)
		}
		h.must(h.does("office coordinator", id, Deed{Action: Vouch, Source: "letter of 3 March 2026"}))
		h.is(id, InForce)
		if a := h.one(id); a.Source != "letter of 3 March 2026" {
			h.t.Errorf("the source is %q", a.Source)
		}

		d := draft("org-interpreters", "org-shelter")
		if _, err := h.Record(ctx, as("office coordinator"), d); fault.KindOf(err) != fault.Invalid {
			h.t.Errorf("a record without a source: %v", err)
		}
		d.Source = "annual report 2025"
		recorded, err := h.Record(ctx, as("office coordinator"), d)
		h.must(err)
		h.is(recorded, Proposed) // the shelter has an account and is asked
		h.must(h.does("shelter lead", recorded, Deed{Action: Confirm}))
		h.is(recorded, InForce)

		d.Organizations, d.Named = []string{"org-police"}, []string{"Round table of the region"}
		free, err := h.Record(ctx, as("office coordinator"), d)
		h.must(err)
		h.is(free, InForce)
		if _, err := h.Record(ctx, as("hospital lead"), d); fault.KindOf(err) != fault.Denied {
			h.t.Errorf("a lead records: %v", err)
		}
	})
}

// req: AGREEMENT-1
func TestWhatIsSuspendedOrOverIsNeverShownAsAgreed(t *testing.T) {
	each(t, func(h *house) {
		id := h.proposes("hospital lead", draft("org-shelter"))
		h.must(h.does("shelter lead", id, Deed{Action: Confirm}))
		h.must(h.does("shelter lead", id, Deed{Action: Suspend}))
		if h.agreed("hospital", "org-shelter") != 0 {
			h.t.Error("a suspended agreement is shown")
		}
		if err := h.does("hospital lead", id, Deed{Action: Resume}); fault.KindOf(err) != fault.Denied {
			h.t.Errorf("the other side resumes: %v", err)
		}
		h.must(h.does("shelter lead", id, Deed{Action: Resume}))
		if h.agreed("hospital", "org-shelter") != 1 {
			h.t.Error("a resumed agreement is not shown")
		}
		h.now = time.Date(2027, 12, 31, 23, 59, 0, 0, time.UTC)
		if h.agreed("hospital", "org-shelter") != 1 {
			h.t.Error("it does not hold on its last day")
		}
		h.now = h.now.Add(2 * time.Minute)
		if h.agreed("hospital", "org-shelter") != 0 {
			h.t.Error("it holds after its last day, before the job has run")
		}
		h.runs()
		h.is(id, Expired)
	})
}

func TestLeadsOfBothSidesAreRemindedAndTheRenewalEndsTheOldOne(t *testing.T) {
	each(t, func(h *house) {
		id := h.proposes("hospital lead", draft("org-shelter"))
		h.must(h.does("shelter lead", id, Deed{Action: Confirm}))
		count := func() (n int) {
			for _, s := range h.told {
				if strings.HasSuffix(s, "reminder") {
					n++
				}
			}
			return n
		}
		for i, day := range []string{"2027-10-01", "2027-10-02", "2027-12-01", "2027-12-24", "2027-12-25"} {
			h.now, _ = time.Parse(time.DateTime, day+" 12:00:00")
			h.runs()
			if want := []int{0, 2, 4, 6, 6}[i]; count() != want {
				h.t.Errorf("by %s there were %d reminders, want %d", day, count(), want)
			}
		}
		for who, want := range map[string]int{"shelter lead": 1, "office coordinator": 1, "curious lead": 0, "shelter professional": 0} {
			if asked, err := h.Asking(ctx, as(who)); err != nil || len(asked.Ending) != want {
				h.t.Errorf("ending for %s: %+v %v", who, asked, err)
			}
		}
		d := renewal(h.one(id), "hospital")
		d.Until = "2029-12-31"
		if d.Contact != "duty social worker" || !slices.Equal(d.Organizations, []string{"org-shelter"}) {
			h.t.Errorf("a renewal starts from %+v", d)
		}
		if _, err := h.Propose(ctx, as("curious lead"), d); fault.KindOf(err) != fault.NotFound {
			h.t.Errorf("a stranger renews: %v", err)
		}
		next := h.proposes("hospital lead", d)
		h.is(id, InForce)
		h.must(h.does("shelter lead", next, Deed{Action: Confirm}))
		h.is(id, Ended)
		h.is(next, InForce)
		h.now, _ = time.Parse(time.DateOnly, "2028-01-02")
		h.runs()
		h.is(next, InForce)
	})
}

// req: AGREEMENT-5
func TestAnAgreementIsPublicOnlyWhenBothSaidSo(t *testing.T) {
	each(t, func(h *house) {
		d := draft("org-shelter")
		d.Open = true
		id := h.proposes("hospital lead", d)
		h.must(h.does("shelter lead", id, Deed{Action: Confirm}))
		public := func() int {
			list, err := h.PublicOf(ctx, "org-shelter")
			h.must(err)
			return len(list)
		}
		if public() != 0 {
			h.t.Error("public by one side's word")
		}
		if _, err := h.One(ctx, as("curious lead"), id); fault.KindOf(err) != fault.NotFound {
			h.t.Errorf("a stranger: %v", err)
		}
		h.must(h.does("shelter lead", id, Deed{Action: Settle, Open: true}))
		if public() != 1 {
			h.t.Error("not public although both said so")
		}
		if _, err := h.One(ctx, as("curious lead"), id); err != nil {
			h.t.Errorf("what is public: %v", err)
		}
		h.must(h.does("hospital lead", id, Deed{Action: Settle, Open: false}))
		if public() != 0 {
			h.t.Error("public against one side's word")
		}
	})
}

func TestInsidersOfAnotherAgencyFindNoAgreement(t *testing.T) {
	each(t, func(h *house) {
		id := h.proposes("hospital lead", draft("org-shelter"))
		for _, action := range []Action{Confirm, Refuse, Suspend, Resume, End, Settle, Vouch} {
			if err := h.does("curious lead", id, Deed{Action: action, Source: "x"}); fault.KindOf(err) != fault.NotFound {
				h.t.Errorf("%s: %v", action, err)
			}
		}
		if err := h.Act(ctx, as("curious lead"), "nowhere", Deed{Action: End}); fault.KindOf(err) != fault.NotFound {
			h.t.Errorf("what does not exist: %v", err)
		}
		if err := h.does("office coordinator", id, Deed{Action: End}); fault.KindOf(err) != fault.Denied {
			h.t.Errorf("a coordinator ends what two agencies agree: %v", err)
		}
		h.is(id, Proposed)
	})
}

func TestAButtonPressedTwiceActsOnceAndALateOneIsTold(t *testing.T) {
	each(t, func(h *house) {
		d := draft("org-shelter")
		d.Once = id.New()
		first, second := h.proposes("hospital lead", d), h.proposes("hospital lead", d)
		list, err := h.List(ctx, as("hospital lead"))
		if err != nil || first != second || len(slices.DeleteFunc(list, func(a Agreement) bool { return a.Origin == Publication })) != 1 {
			h.t.Errorf("%s %s: %d agreements, %v", first, second, len(list), err)
		}
		if _, err := h.Propose(ctx, as("curious lead"), func() Draft { x := draft("org-shelter"); x.Once = first; return x }()); fault.KindOf(err) != fault.NotFound {
			h.t.Errorf("somebody else's identifier: %v", err)
		}
		seen := h.one(first).Version
		once := Deed{Action: Confirm, Version: seen, Once: id.New()}
		h.must(h.Act(ctx, as("shelter lead"), first, once))
		h.must(h.Act(ctx, as("shelter lead"), first, once))
		if err := h.Act(ctx, as("hospital lead"), first, Deed{Action: Suspend, Version: seen}); fault.KindOf(err) != fault.Stale {
			h.t.Errorf("an act on an old page: %v", err)
		}
		h.is(first, InForce)
	})
}

func TestWhatIsWrongIsSaidBesideItsField(t *testing.T) {
	h := newHouse(t, dbtest.Open(t, schemas...))
	for field, change := range map[string]func(*Draft){
		"title": func(d *Draft) { d.Title = " " }, "kind": func(d *Draft) { d.Kind = "handshake" }, "purposes": func(d *Draft) { d.Purposes = nil },
		"territory": func(d *Draft) { d.Territory = "XX-Y" }, "since": func(d *Draft) { d.Since = "soon" }, "until": func(d *Draft) { d.Until = "2025-12-31" },
		"within": func(d *Draft) { d.Within = -1 }, "document": func(d *Draft) { d.Document = "javascript:alert(1)" }, "source-url": func(d *Draft) { d.SourceURL = "http://plain.example" },
		"words": func(d *Draft) { d.Words = strings.Repeat("x", maxWords+1) }, "party": func(d *Draft) { d.Organizations = nil },
	} {
		d := draft("org-shelter")
		change(&d)
		_, err := h.Propose(ctx, as("hospital lead"), d)
		if e := fault.Find(err); e == nil || len(e.Fields) != 1 || e.Fields[0].Name != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	if _, err := h.Propose(ctx, as("hospital lead"), draft("org-nowhere")); fault.KindOf(err) != fault.Invalid {
		t.Errorf("an unknown organisation: %v", err)
	}
}

func TestPublishedArrangementsComeWithTheirSourceAndAreNotOverwritten(t *testing.T) {
	each(t, func(h *house) {
		h.must(h.Seed(ctx))
		list, err := h.List(ctx, as("curious professional"))
		h.must(err)
		if len(list) < 5 {
			h.t.Fatalf("%d published arrangements", len(list))
		}
		for _, a := range list {
			if a.Origin != Publication || a.Source == "" || a.SourceURL == "" {
				h.t.Errorf("%s: %+v", a.ID, a)
			}
		}
		id := list[0].ID
		organizations["de-kok"] = "kok" // a party that has got an account
		defer delete(organizations, "de-kok")
		if err := h.does("kok lead", "de-bundespolizei-kok-2022", Deed{Action: End}); fault.KindOf(err) != fault.Denied {
			h.t.Errorf("a party ends what is published: %v", err)
		}
		h.must(h.does("office coordinator", id, Deed{Action: End}))
		h.must(h.Seed(ctx))
		h.is(id, Ended)
	})
}

func TestAPublishedFileThatSaysMoreThanItsSourceIsRefused(t *testing.T) {
	good := Published{ID: "x", Kind: "law", Lang: "en", Title: "T", Source: "S", SourceURL: "https://example.org/", Confidence: "F", Words: map[string]string{"en": "w"}, Purposes: []string{"referral"}}
	good.Parties = append(good.Parties, struct {
		Organization string `toml:"organization"`
		Name         string `toml:"name"`
	}{Name: "a"}, struct {
		Organization string `toml:"organization"`
		Name         string `toml:"name"`
	}{Name: "b"})
	if err := good.check([]string{"en"}); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Published){
		"no source": func(p *Published) { p.SourceURL = "" }, "general knowledge": func(p *Published) { p.Confidence = "R" }, "one party": func(p *Published) { p.Parties = p.Parties[:1] },
		"a missing language": func(p *Published) { p.Words = nil }, "an odd day": func(p *Published) { p.Since = "1.1.2004" }, "an unknown purpose": func(p *Published) { p.Purposes = []string{"friendship"} },
		"an unknown place": func(p *Published) { p.Territory = []string{"DE-XX"} },
	} {
		bad := good
		change(&bad)
		if bad.check([]string{"en"}) == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

// The scope of the list in SQL and the policy are two ways to say the same.
func TestListsOfAgreementsNeverShowMoreThanThePolicyPermits(t *testing.T) {
	h := newHouse(t, dbtest.Open(t, schemas...))
	h.must(h.Seed(ctx))
	var ids []string
	for i, with := range []string{"org-shelter", "org-curious", "org-interpreters"} {
		d := draft(with)
		d.Open, d.Title = i == 0, fmt.Sprintf("Agreement %d", i)
		ids = append(ids, h.proposes("hospital lead", d))
	}
	h.must(h.does("shelter lead", ids[0], Deed{Action: Confirm, Open: true}))
	h.must(h.does("curious lead", ids[1], Deed{Action: Confirm}))
	for _, p := range h.Published {
		ids = append(ids, p.ID)
	}
	rapid.Check(t, func(t *rapid.T) {
		v := &web.Viewer{UserID: "somebody", AgencyID: rapid.SampledFrom([]string{"", "hospital", "shelter", "curious", "elsewhere"}).Draw(t, "agency"),
			Roles: rapid.SliceOfDistinct(rapid.SampledFrom([]string{"professional", "caseworker", "lead", "coordinator", "auditor", "administrator", "analyst"}), rapid.ID).Draw(t, "roles")}
		list, err := h.List(ctx, v)
		if err != nil {
			t.Fatal(err)
		}
		shown := map[string]bool{}
		for _, a := range list {
			shown[a.ID] = true
		}
		for _, one := range ids {
			a := h.one(one)
			if may := h.Policy.Allowed(v.Actor(), "agreement.know", h.object(a)); shown[one] != may {
				t.Fatalf("%s for %+v: shown %v, permitted %v", one, v, shown[one], may)
			}
		}
	})
}

// req: AGREEMENT-6
func TestAnAgencyThatNobodyMayKnowOfLooksLikeOneThatDoesNotExist(t *testing.T) {
	each(t, func(h *house) {
		_, hidden := h.Propose(ctx, as("hospital lead"), draft("org-hidden"))
		_, nowhere := h.Propose(ctx, as("hospital lead"), draft("org-nowhere"))
		if fault.KindOf(hidden) != fault.Invalid || hidden.Error() != nowhere.Error() {
			h.t.Errorf("%v and %v", hidden, nowhere)
		}
		d := draft("org-hospital", "org-hidden")
		d.Source = "minutes of 3 March 2026"
		made, err := h.Record(ctx, as("office coordinator"), d)
		h.must(err)
		d = renewal(h.one(made), "hospital") // who is bound knows with whom
		if _, err := h.Propose(ctx, as("hospital lead"), d); err != nil {
			h.t.Errorf("renewing with a partner: %v", err)
		}
	})
}
