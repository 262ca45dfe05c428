package app

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"amelie/internal/account"
	"amelie/internal/account/sso"
	"amelie/internal/agency"
	"amelie/internal/audit"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/id"
	"amelie/internal/referral"
	"amelie/internal/web"
)

// The demo: the real directory, and beside it invented agencies with invented
// people whose keys are public. A real body never seems to answer: where a
// referral goes to a real organisation, an invented agency stands in for it
// and says so in its name.

// demoAgency is an invented agency. Organization is the directory's identifier
// of the body that it stands in for, or one of its own.
type demoAgency struct {
	key, organization, name, place string
	people                         []demoPerson
}

type demoPerson struct {
	key, name, lang string
	roles           []string
	installation    []string // roles in the whole installation
}

var demoHouse = []demoAgency{
	{"office", "gr-demo-office", "Amelie office (invented)", "Athens", []demoPerson{
		{"admin", "Petra Vale (invented)", "en", []string{"lead"}, []string{"administrator"}},
		{"coordinator", "Nikos Aria (invented)", "el", []string{"professional"}, []string{"coordinator"}},
		{"editor", "Lotte Brand (invented)", "de", []string{"professional"}, []string{"editor"}},
		{"analyst", "Giulia Neri (invented)", "it", []string{"professional"}, []string{"analyst"}},
		{"auditor", "Marc Lieb (invented)", "fr", []string{"professional"}, []string{"auditor"}},
	}},
	{"hospital", "gr-demo-hospital", "Saint Thekla Hospital (invented)", "Thessaloniki", []demoPerson{
		{"midwife", "Eleni Mara (invented)", "el", []string{"professional"}, nil},
		{"doctor", "Stavros Petrou (invented)", "el", []string{"professional"}, nil},
		{"hospital-lead", "Katerina Vassi (invented)", "el", []string{"lead"}, nil},
		{"hospital-second", "Anna Lykou (invented)", "en", []string{"lead"}, nil},
	}},
	{"shelter", "gr-a21", "Lamp House (invented, stands in for A21)", "Thessaloniki", []demoPerson{
		{"mira", "Mira Dane (invented)", "en", []string{"caseworker"}, nil},
		{"yannis", "Yannis Roe (invented)", "el", []string{"caseworker"}, nil},
		{"shelter-lead", "Sofia Kent (invented)", "el", []string{"lead"}, nil},
		{"interpreter", "Amal Haddad (invented)", "en", []string{"interpreter"}, nil},
		{"shelter-second", "Iris Moll (invented)", "en", []string{"lead"}, nil},
	}},
	{"ekka", "gr-ekka", "Open Line (invented, stands in for EKKA)", "Athens", []demoPerson{
		{"ekka-case", "Maria Thal (invented)", "el", []string{"caseworker"}, nil},
		{"ekka-lead", "Dimos Karr (invented)", "el", []string{"lead"}, nil},
		{"ekka-second", "Rea Lund (invented)", "en", []string{"lead"}, nil},
	}},
	{"garden", "gr-hamogelo", "Garden House (invented, stands in for The Smile of the Child)", "Athens", []demoPerson{
		{"garden-case", "Daphne Orr (invented)", "el", []string{"caseworker"}, nil},
		{"garden-lead", "Petros Vail (invented)", "el", []string{"lead"}, nil},
		{"garden-second", "Nora Kipp (invented)", "en", []string{"lead"}, nil},
	}},
	{"antwerp", "be-demo-hospital", "Harbour Clinic (invented)", "Antwerp", []demoPerson{
		{"nurse", "Fien Aerts (invented)", "nl", []string{"professional", "lead"}, nil},
		{"antwerp-second", "Luc Marin (invented)", "fr", []string{"lead"}, nil},
	}},
	{"payoke", "be-payoke", "Quay House (invented, stands in for Payoke)", "Antwerp", []demoPerson{
		{"payoke-case", "Jana Maes (invented)", "nl", []string{"caseworker"}, nil},
		{"payoke-lead", "Claire Dupas (invented)", "fr", []string{"lead"}, nil},
		{"payoke-second", "Bram Steen (invented)", "nl", []string{"lead"}, nil},
	}},
	{"rome", "it-differenza-donna", "Casa Ponte (invented, stands in for Differenza Donna)", "Rome", []demoPerson{
		{"rome-case", "Chiara Bosco (invented)", "it", []string{"caseworker"}, nil},
		{"rome-lead", "Paola Riva (invented)", "it", []string{"lead"}, nil},
		{"rome-second", "Elena Monti (invented)", "it", []string{"lead"}, nil},
	}},
	{"mainz", "de-solwodi", "Brückenhaus (invented, stands in for SOLWODI)", "Mainz", []demoPerson{
		{"mainz-case", "Hanna Wiese (invented)", "de", []string{"caseworker"}, nil},
		{"mainz-lead", "Jule Kern (invented)", "de", []string{"lead"}, nil},
		{"mainz-second", "Ruth Adler (invented)", "de", []string{"lead"}, nil},
	}},
	{"police", "gr-demo-harbour-police", "Harbour police (invented)", "Piraeus", []demoPerson{
		{"police", "Lefteris Moor (invented)", "el", []string{"caseworker"}, nil},
		{"police-lead", "Athina Crane (invented)", "el", []string{"lead"}, nil},
		{"police-second", "Markos Hale (invented)", "en", []string{"lead"}, nil},
	}},
	{"insider", "gr-demo-curious", "Elsewhere Practice (invented)", "Patras", []demoPerson{
		{"insider", "Otto Blick (invented, a curious insider)", "en", []string{"lead"}, nil},
		{"insider-second", "Vera Blick (invented)", "en", []string{"lead"}, nil},
	}},
}

// movable is a clock that the seeding sets to the past and then lets go.
type movable struct {
	system clock.Clock
	fixed  atomic.Int64
}

func (m *movable) now() time.Time {
	if ms := m.fixed.Load(); ms != 0 {
		return clock.Time(ms)
	}
	return m.system()
}

// demoLogin is how an invented person signs in by a click.
func demoLogin(key string) string { return key + "@demo.invalid" }

// demoSeed fills an empty demo. Everything goes through the same services as
// in a real installation, with the clock set to when it happened.
type demoSeed struct {
	a       *App
	ctx     context.Context
	clock   *movable
	base    time.Time
	viewers map[string]*web.Viewer
}

// seedDemo makes the invented people and their referrals, once.
func (a *App) seedDemo(ctx context.Context, c *movable) error {
	done, err := a.Accounts.HasDemo(ctx)
	if err != nil || done {
		return err
	}
	d := &demoSeed{a: a, ctx: ctx, clock: c, base: c.system(), viewers: map[string]*web.Viewer{}}
	defer c.fixed.Store(0)
	d.at(-40 * 24 * time.Hour)
	if err := d.people(); err != nil {
		return fmt.Errorf("demo people: %w", err)
	}
	if err := d.signOn(); err != nil {
		return fmt.Errorf("demo single sign-on: %w", err)
	}
	if err := d.referrals(); err != nil {
		return fmt.Errorf("demo referrals: %w", err)
	}
	if err := d.procedure(); err != nil {
		return fmt.Errorf("demo procedure: %w", err)
	}
	if err := d.agreements(); err != nil {
		return fmt.Errorf("demo agreements: %w", err)
	}
	if err := d.letters(); err != nil {
		return fmt.Errorf("demo letters: %w", err)
	}
	if err := d.rounds(); err != nil {
		return fmt.Errorf("demo rounds: %w", err)
	}
	if err := d.needs(); err != nil {
		return fmt.Errorf("demo needs: %w", err)
	}
	if err := d.cases(); err != nil {
		return fmt.Errorf("demo cases: %w", err)
	}
	if err := d.places(); err != nil {
		return fmt.Errorf("demo places: %w", err)
	}
	if err := d.keeping(); err != nil {
		return fmt.Errorf("demo keeping: %w", err)
	}
	if err := d.tallies(); err != nil {
		return err
	}
	if err := d.stages(); err != nil {
		return fmt.Errorf("demo stages: %w", err)
	}
	if err := d.movedOn(); err != nil {
		return fmt.Errorf("demo moves to another country: %w", err)
	}
	if err := d.interpreters(); err != nil {
		return fmt.Errorf("demo interpreters: %w", err)
	}
	if err := d.summaries(); err != nil {
		return fmt.Errorf("demo summaries: %w", err)
	}
	if err := d.studying(); err != nil {
		return fmt.Errorf("demo learners: %w", err)
	}
	if err := d.playing(); err != nil {
		return fmt.Errorf("demo group: %w", err)
	}
	if err := d.editing(); err != nil {
		return fmt.Errorf("demo course: %w", err)
	}
	if err := d.certificate(); err != nil {
		return fmt.Errorf("demo certificate: %w", err)
	}
	return nil
}

// at sets the clock relative to the start of the demo.
func (d *demoSeed) at(ago time.Duration) { d.clock.fixed.Store(clock.Millis(d.base.Add(ago))) }

func (d *demoSeed) people() error {
	for _, ag := range demoHouse {
		for _, p := range ag.people {
			if err := d.account(p); err != nil {
				return fmt.Errorf("%s: %w", p.key, err)
			}
		}
	}
	for _, ag := range demoHouse {
		if err := d.agency(ag); err != nil {
			return fmt.Errorf("%s: %w", ag.key, err)
		}
	}
	return nil
}

// signOn writes the hospital's provider down, turned off: its host does not
// exist.
func (d *demoSeed) signOn() error {
	admin, err := d.viewer("admin")
	if err != nil {
		return err
	}
	return d.a.SignOn.Save(d.ctx, admin, sso.Provider{ID: id.New(), AgencyID: d.viewers["hospital-lead"].AgencyID, Label: "With my workplace account (invented)",
		Issuer: "https://login.saint-thekla.invalid", ClientID: "amelie", Second: sso.SecondHere, Entry: sso.EntryWaiting, Shown: true}, "invented")
}

func (d *demoSeed) account(p demoPerson) error {
	made, err := d.a.Accounts.PrepareDemo(account.NewUser{Login: demoLogin(p.key), Name: p.name, Email: demoLogin(p.key), Lang: p.lang})
	if err != nil {
		return err
	}
	return d.a.DB.Write(d.ctx, func(tx *db.Tx) error {
		if err := made.Insert(tx); err != nil {
			return err
		}
		for _, role := range p.installation {
			if err := d.a.Accounts.Grant(tx, made.User.ID, role, "demo"); err != nil {
				return err
			}
		}
		return audit.Record(tx, audit.Event{At: d.clock.now(), Actor: "demo", Action: "demo.person", Object: "account/" + made.User.ID, Purpose: "demo"})
	})
}

// viewer signs an invented person in, and again after her agency changed.
func (d *demoSeed) viewer(key string) (*web.Viewer, error) {
	id, err := d.a.Accounts.ByLogin(d.ctx, demoLogin(key))
	if err != nil {
		return nil, err
	}
	return d.a.Accounts.DemoViewer(d.ctx, id)
}

// agency admits an invented agency and lets its people join, the first lead
// first: the agency's key is made then.
func (d *demoSeed) agency(ag demoAgency) error {
	admin, err := d.viewer("admin")
	if err != nil {
		return err
	}
	authority := agency.No
	if ag.key == "police" {
		authority = agency.Yes
	}
	agencyID, err := d.a.Agencies.Admit(d.ctx, admin, ag.organization, ag.name, authority)
	if err != nil {
		return err
	}
	for _, first := range []bool{true, false} {
		for _, p := range ag.people {
			if isLead := p.roles[len(p.roles)-1] == "lead"; isLead != first {
				continue
			}
			if err := d.join(admin, agencyID, p); err != nil {
				return fmt.Errorf("%s: %w", p.key, err)
			}
		}
	}
	for _, p := range ag.people { // a holder's unlocked sign-in lets the others in
		if p.roles[len(p.roles)-1] == "lead" {
			v, err := d.viewer(p.key)
			if err != nil {
				return err
			}
			if _, err := d.a.Agencies.LetIn(d.ctx, v, true); err != nil {
				return err
			}
			break
		}
	}
	return nil
}

func (d *demoSeed) join(admin *web.Viewer, agencyID string, p demoPerson) error {
	inviter := admin
	for _, v := range d.viewers {
		if v.AgencyID == agencyID && v.Is("lead") {
			inviter = v
		}
	}
	path, err := d.a.Agencies.Invite(d.ctx, inviter, agencyID, p.roles, p.name, "", p.lang)
	if err != nil {
		return err
	}
	v, err := d.viewer(p.key)
	if err != nil {
		return err
	}
	if err := d.a.Agencies.JoinAs(d.ctx, v, path[strings.LastIndexByte(path, '/')+1:]); err != nil {
		return err
	}
	d.viewers[p.key], err = d.viewer(p.key)
	return err
}

// story is one invented referral: answers, and what became of it.
type story struct {
	by, service string
	ago         time.Duration
	answers     map[string]referral.Answer
	order       referral.Order
	then        []deed
}

type deed struct {
	by    string
	after time.Duration
	do    referral.Deed
}

func one(field, value string) referral.Answer {
	return referral.Answer{field: {value}}
}

// told is the common case, changed by more.
func told(urgency, age, language string, needs []string, more map[string]referral.Answer) map[string]referral.Answer {
	a := map[string]referral.Answer{
		"setting": one("setting", referral.AloneInterpreter), "need": {"need": needs}, "urgency": one("urgency", urgency),
		"age": one("age", age), "language": one("language", language), "interpreter": one("interpreter", "woman"),
		"contact": one("contact", "through-me"), "wants": {"wants": {"talk-first"}}, "must-not": {"must-not": {"no-police", "family-not-told"}},
	}
	for k, v := range more {
		a[k] = v
	}
	return a
}

var (
	wholePacket = []referral.Part{referral.PartName, referral.PartContact, referral.PartNeeds, referral.PartAge, referral.PartLanguages, referral.PartWants, referral.PartMustNot, referral.PartDependants, referral.PartFeedback}
	fewParts    = []referral.Part{referral.PartNeeds, referral.PartAge, referral.PartLanguages, referral.PartFeedback}
)

func spoken(language string, days int, parts []referral.Part) referral.Order {
	return referral.Order{Parts: parts, Days: days, How: "spoken", Language: language, Interpreter: "independent"}
}

// stories are the demo's referrals, one for every state. The words in them
// are invented.
func stories() []story {
	h, day := time.Hour, 24*time.Hour
	return []story{
		{"midwife", "gr-a21-support", 20 * time.Minute, told("now", "25-39", "ro", []string{"accommodation", "counselling"}, map[string]referral.Answer{
			"name": one("name", "Ana (invented)"), "dependants": {"dependants": {"young-children"}, "words": {"One child of three (invented)"}}}), spoken("ro", 30, wholePacket), nil},
		{"doctor", "gr-a21-support", 3 * h, told("today", "18-24", "fr", []string{"psychological-support"}, nil), spoken("fr", 30, fewParts),
			[]deed{{"mira", 10 * time.Minute, referral.Deed{Action: referral.Open}}, {"mira", 30 * time.Minute, referral.Deed{Action: referral.Ask, Text: "Would a first talk by telephone be safe? (invented)", By: time.Unix(1, 0)}}}},
		{"midwife", "gr-a21-support", 2 * day, told("today", "25-39", "bg", []string{"accommodation"}, nil), spoken("bg", 30, wholePacket),
			[]deed{{"yannis", 2 * h, referral.Deed{Action: referral.Accept}}, {"yannis", 5 * h, referral.Deed{Action: referral.Appoint, Text: "At the entrance of the day centre (invented)", When: time.Unix(1, 0)}}}},
		{"doctor", "gr-ekka-197", 4 * day, told("days", "40-59", "sq", []string{"legal-aid"}, nil), spoken("sq", 30, fewParts),
			[]deed{{"ekka-case", 6 * h, referral.Deed{Action: referral.Decline, Code: "not-our-group", Text: "Please ask the line for workers' rights (invented)"}}}},
		{"midwife", "gr-a21-support", 6 * day, told("now", "18-24", "uk", []string{"accommodation", "health-care"}, nil), spoken("uk", 90, wholePacket),
			[]deed{{"mira", 20 * time.Minute, referral.Deed{Action: referral.Accept}}, {"mira", 6 * h, referral.Deed{Action: referral.HandOver, Text: "Arrived safely (invented)"}}}},
		{"midwife", "gr-a21-support", 20 * day, told("today", "25-39", "en", []string{"counselling"}, nil), spoken("en", 90, wholePacket),
			[]deed{{"yannis", h, referral.Deed{Action: referral.Accept}}, {"yannis", 3 * day, referral.Deed{Action: referral.HandOver}}, {"yannis", 9 * day, referral.Deed{Action: referral.Close, Code: "helped"}}}},
		{"doctor", "gr-a21-support", 8 * day, told("days", "25-39", "ar", []string{"counselling"}, nil), spoken("ar", 30, wholePacket),
			[]deed{{"mira", 5 * h, referral.Deed{Action: referral.Open}}, {"doctor", 2 * day, referral.Deed{Action: referral.Withdraw}}}},
		{"doctor", "gr-ekka-197", 12 * day, told("days", "18-24", "en", []string{"counselling"}, nil), spoken("en", 7, fewParts), nil},
		{"nurse", "be-payoke-support", 5 * h, told("today", "25-39", "pt", []string{"accommodation", "legal-aid"}, nil), spoken("pt", 30, wholePacket),
			[]deed{{"payoke-case", h, referral.Deed{Action: referral.Accept}}}},
	}
}

func (d *demoSeed) referrals() error {
	for i, s := range stories() {
		if err := d.play(s); err != nil {
			return fmt.Errorf("story %d: %w", i+1, err)
		}
	}
	d.at(0)
	if err := d.a.Jobs.RunDue(d.ctx); err != nil { // what has run out by now
		return err
	}
	if err := d.passedOn(); err != nil {
		return fmt.Errorf("passed on: %w", err)
	}
	if err := d.enquiries(); err != nil {
		return fmt.Errorf("enquiries: %w", err)
	}
	return d.drafts()
}

// passedOn is a referral that its receiver passes on, with a new consent.
func (d *demoSeed) passedOn() error {
	d.at(-30 * time.Hour)
	first, err := d.sent("midwife", "gr-a21-support", told("today", "40-59", "pl", []string{"legal-aid", "counselling"}, nil), spoken("pl", 30, wholePacket))
	if err != nil {
		return err
	}
	d.at(-28 * time.Hour)
	mira := d.viewers["mira"]
	draft, err := d.a.Referrals.PassOn(d.ctx, mira, first, "")
	if err != nil {
		return err
	}
	if err := d.a.Referrals.Save(d.ctx, referral.AuthorOf(mira), draft, "setting", one("setting", referral.AloneInterpreter)); err != nil {
		return err
	}
	if err := d.a.Referrals.Address(d.ctx, referral.AuthorOf(mira), draft, "gr-ekka-197"); err != nil {
		return err
	}
	_, err = d.send("mira", draft, spoken("pl", 30, fewParts))
	return err
}

func (d *demoSeed) begin(by, service string, answers map[string]referral.Answer) (string, error) {
	v := d.viewers[by]
	author := referral.AuthorOf(v)
	id, err := d.a.Referrals.Begin(d.ctx, author, service, "", "", answers["setting"])
	if err != nil {
		return "", err
	}
	for _, step := range referral.Steps {
		if a, ok := answers[step.ID]; ok && step.ID != "setting" {
			if err := d.a.Referrals.Save(d.ctx, author, id, step.ID, a); err != nil {
				return "", fmt.Errorf("%s: %w", step.ID, err)
			}
		}
	}
	return id, nil
}

func (d *demoSeed) play(s story) error {
	d.at(-s.ago)
	id, err := d.sent(s.by, s.service, s.answers, s.order)
	if err != nil {
		return err
	}
	for _, x := range s.then {
		d.at(-s.ago + x.after)
		if err := d.act(x, id); err != nil {
			return fmt.Errorf("%s: %w", x.do.Action, err)
		}
	}
	return nil
}

// sent answers the questions and sends.
func (d *demoSeed) sent(by, service string, answers map[string]referral.Answer, order referral.Order) (string, error) {
	id, err := d.begin(by, service, answers)
	if err != nil {
		return "", err
	}
	return d.send(by, id, order)
}

func (d *demoSeed) send(by, draftID string, order referral.Order) (string, error) {
	v := d.viewers[by]
	draft, err := d.a.Referrals.Load(d.ctx, v, draftID)
	if err != nil {
		return "", err
	}
	order.Rev = draft.Rev
	id, err := d.a.Referrals.Send(d.ctx, v, draftID, "en", order)
	if err != nil {
		return "", fmt.Errorf("send: %w", err)
	}
	return id, nil
}

func (d *demoSeed) act(x deed, id string) error {
	v := d.viewers[x.by]
	switch x.do.Action {
	case referral.Withdraw:
		_, err := d.a.Referrals.Withdraw(d.ctx, v, id, true)
		return err
	case referral.Open:
		_, err := d.a.Referrals.Look(d.ctx, v, id)
		return err
	}
	// As at the desk: it is read before it is answered.
	if _, err := d.a.Referrals.Look(d.ctx, v, id); err != nil {
		return err
	}
	if !x.do.When.IsZero() {
		x.do.When = d.base.Add(26 * time.Hour).Truncate(time.Hour)
	}
	if !x.do.By.IsZero() {
		paper, err := inventedPaper()
		if err != nil {
			return err
		}
		last := d.base.In(d.a.Cases.Here()).AddDate(0, 0, 2)
		x.do.By = time.Date(last.Year(), last.Month(), last.Day(), 23, 59, 0, 0, last.Location())
		x.do.File = referral.Handed{Name: "form.png", Raw: paper, Agreed: true}
	}
	return d.a.Referrals.Act(d.ctx, v, id, x.do)
}

// drafts leaves something half-written, and an enquiry that names nobody.
func (d *demoSeed) drafts() error {
	d.at(-15 * time.Minute)
	if _, err := d.begin("midwife", "gr-a21-support", map[string]referral.Answer{
		"setting": one("setting", referral.Alone), "need": {"need": {"health-care"}}, "urgency": one("urgency", "days")}); err != nil {
		return err
	}
	d.at(-50 * time.Minute)
	_, err := d.sent("doctor", "gr-ekka-197", map[string]referral.Answer{
		"setting": one("setting", referral.NotAlone), "need": {"need": {"accommodation"}}, "urgency": one("urgency", "today"), "age": one("age", "16-17"), "language": one("language", "ro")},
		referral.Order{Days: 7})
	return err
}
