package referral

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"amelie/internal/audit"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/db/dbtest"
	"amelie/internal/fault"
	"amelie/internal/jobs"
	"amelie/internal/policy"
	"amelie/internal/vault"
	"amelie/internal/web"
)

var schemas = []db.Schema{jobs.Schema, audit.Schema, Schema}

// house is the small world of the tests: a hospital, a support organisation, a
// second one, and a curious insider elsewhere. Vault, database, audit log, jobs
// and policy are the real ones; only the neighbouring domains are stood in for.
type house struct {
	t     testing.TB
	db    *db.DB
	s     *Service
	jobs  *jobs.Runner
	now   time.Time
	mu    sync.Mutex
	users map[string]*web.Viewer

	keys     map[string]*vault.PrivateKey // by key identifier
	keyOf    map[string]string            // agency -> present key
	agencies map[string]string            // directory organisation -> agency
	given    map[string]Given
	ended    map[string]time.Time
	notices  []string
	former   string // user of an expired session that requests carry
}

var names = map[string]string{"hospital": "General Hospital", "support": "Open Door", "second": "Second Door", "elsewhere": "Elsewhere"}

func newHouse(t testing.TB, d *db.DB) *house {
	h := &house{t: t, db: d, now: time.Date(2026, 11, 22, 14, 5, 0, 0, time.UTC), users: map[string]*web.Viewer{}, keys: map[string]*vault.PrivateKey{},
		keyOf: map[string]string{}, agencies: map[string]string{"gr-open-door": "support", "gr-second": "second", "gr-hospital": "hospital"}, given: map[string]Given{}, ended: map[string]time.Time{}}
	for agency := range names {
		h.newKey(agency)
	}
	for _, m := range []struct{ user, agency, role string }{
		{"midwife", "hospital", "professional"}, {"nurse", "hospital", "professional"}, {"head", "hospital", "lead"},
		{"mira", "support", "caseworker"}, {"nils", "support", "caseworker"}, {"boss", "support", "lead"}, {"clerk", "support", "professional"},
		{"second", "second", "caseworker"}, {"insider", "elsewhere", "lead"}, {"coordinator", "elsewhere", "coordinator"}, {"admin", "elsewhere", "administrator"},
	} {
		k, err := vault.NewPrivateKey()
		h.must(err)
		h.users[m.user] = &web.Viewer{UserID: m.user, Name: "Name of " + m.user, AgencyID: m.agency, AgencyName: names[m.agency], SessionID: "s-" + m.user, Lang: "en", Roles: []string{m.role}, Key: k}
	}
	h.s = New(Config{DB: d, Policy: policy.Must(Policy), Now: h.clock, Agencies: h, People: people{h}, Directory: directory{h}, Country: country{}, Sheet: sheet{}, Ledger: h,
		Notify: func(tx *db.Tx, to Contact, notice string) error {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.notices = append(h.notices, notice+" "+to.UserID)
			return nil
		}})
	h.jobs = jobs.NewRunner(d, h.clock, nil)
	h.s.Handle(h.jobs)
	return h
}

func (h *house) clock() time.Time { return h.now }
func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) newKey(agency string) {
	k, err := vault.NewPrivateKey()
	h.must(err)
	keyID := fmt.Sprintf("key-%s-%d", agency, len(h.keys))
	h.keys[keyID], h.keyOf[agency] = k, keyID
}

// The agencies.

func (h *house) PublicKey(_ *db.Tx, agency string) (string, vault.PublicKey, error) {
	keyID, ok := h.keyOf[agency]
	if !ok {
		return "", nil, fault.New(fault.Unavailable, "agency.error.no-key")
	}
	return keyID, h.keys[keyID].Public(), nil
}

func (h *house) OwnKey(tx *db.Tx, agency string) (string, vault.PublicKey, error) {
	return h.PublicKey(tx, agency)
}

func (h *house) OpenKey(_ *db.Tx, v *web.Viewer, keyID string) (*vault.PrivateKey, error) {
	if v.Key == nil {
		return nil, fault.New(fault.Unlock, "web.error.unlock")
	}
	if !slices.Contains([]string{"key-" + v.AgencyID}, keyID[:len("key-")+len(v.AgencyID)]) {
		return nil, fault.New(fault.Denied, "web.error.denied")
	}
	return h.keys[keyID], nil
}

func (h *house) ByDirectory(_ *db.Tx, organization string) (string, error) {
	if a, ok := h.agencies[organization]; ok {
		return a, nil
	}
	return "", fault.New(fault.NotFound, "web.error.not-found")
}

func (h *house) Name(_ *db.Tx, agency string) (string, error)    { return names[agency], nil }
func (h *house) Country(_ *db.Tx, agency string) (string, error) { return "GR", nil }

func (h *house) staff(agency string, roles ...string) (out []Contact) {
	for _, v := range h.users {
		for _, r := range roles {
			if v.AgencyID == agency && v.Is(r) {
				out = append(out, Contact{UserID: v.UserID, Name: v.Name, Email: v.UserID + "@example.org", Lang: "en"})
			}
		}
	}
	slices.SortFunc(out, func(a, b Contact) int {
		if a.UserID < b.UserID {
			return -1
		}
		return 1
	})
	return out
}

func (h *house) Leads(_ *db.Tx, agency string) ([]Contact, error) {
	return h.staff(agency, "lead"), nil
}
func (h *house) Desk(_ *db.Tx, agency string) ([]Contact, error) {
	return h.staff(agency, "caseworker", "lead"), nil
}

// The accounts.

type people struct{ h *house }

func (p people) PublicKey(_ *db.Tx, user string) (vault.PublicKey, error) {
	if k := p.h.users[user].Key; k != nil {
		return k.Public(), nil
	}
	return nil, fault.New(fault.NotFound, "web.error.not-found")
}

func (p people) Contact(_ *db.Tx, user string) (Contact, error) {
	return Contact{UserID: user, Email: user + "@example.org", Lang: "en"}, nil
}

func (p people) Former(*http.Request) (string, bool) { return p.h.former, p.h.former != "" }

// The directory and the country.

type directory struct{ h *house }

var services = []Entry{
	{ID: "gr-open-door-house", Name: "Night shelter", Organization: "gr-open-door", OrgName: "Open Door", Country: "GR", Open: true, OpenKnown: true, Phones: []Phone{{Number: "+302310000000", Display: "2310 000 000"}}},
	{ID: "gr-second-desk", Name: "Desk", Organization: "gr-second", OrgName: "Second Door", Country: "GR", OpenKnown: true},
	{ID: "gr-unknown-line", Name: "Line", Organization: "gr-unknown", OrgName: "Unknown", Country: "GR", Phones: []Phone{{Number: "1109", Display: "1109"}}},
	{ID: "gr-hospital-desk", Name: "Own desk", Organization: "gr-hospital", OrgName: "General Hospital", Country: "GR"},
}

func (directory) Service(_ context.Context, id, _ string, _ time.Time) (*Entry, error) {
	for _, s := range services {
		if s.ID == id {
			return &s, nil
		}
	}
	return nil, fault.New(fault.NotFound, "web.error.not-found")
}

func (directory) Suggest(_ context.Context, q Wanted) (out []Entry, err error) {
	for _, s := range services {
		if !slices.Contains(q.Not, s.ID) {
			out = append(out, s)
		}
	}
	return out, nil
}

func (directory) Helpline(context.Context, string, string, time.Time) (*Entry, error) {
	return &services[2], nil
}

type country struct{}

func (country) Emergency(string) string { return "112" }
func (country) Grounds(_, _ string, child, danger bool) (out []Ground) {
	if child {
		out = append(out, Ground{ID: "gr-child", Name: "A child in danger", Source: "law", PersonalDuty: true})
	}
	if danger {
		out = append(out, Ground{ID: "gr-life", Name: "Danger to life", Source: "law"})
	}
	return out
}

type sheet struct{}

func (sheet) Languages() []PersonLanguage {
	return []PersonLanguage{{Code: "en", Name: "English"}, {Code: "ro", Name: "Română"}, {Code: "ar", Name: "العربية", RTL: true}}
}
func (sheet) Text(lang, key string, _ map[string]string) string { return lang + " " + key }
func (sheet) Answer(lang, field, code string) string {
	if code == NotKnown {
		return ""
	}
	return lang + " " + field + " " + code
}
func (sheet) Version(lang string) string { return "1" }

// The ledger.

func (h *house) Record(_ *db.Tx, g Given) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.given[g.ID] = g
	return nil
}

func (h *house) Withdraw(_ *db.Tx, consent, _ string, at time.Time) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ended[consent] = at
	return nil
}

// What people do.

type actor struct {
	h *house
	v *web.Viewer
}

func (h *house) as(user string) actor { return actor{h, h.users[user]} }

// locked is the same person with a locked key.
func (a actor) locked() actor {
	v := *a.v
	v.Key = nil
	return actor{a.h, &v}
}

// The words that a person says in these tests; they must never stand readable
// in the database.
const (
	herName  = "Zorica-Luminita"
	herWord  = "blue-umbrella-seventeen"
	herStory = "He keeps the passport in the kitchen drawer"
)

var common = map[string]Answer{
	"need": {"need": {"accommodation", "legal-aid"}}, "urgency": {"urgency": {"now"}}, "age": {"age": {"25-39"}},
	"language": {"language": {"ro"}}, "interpreter": {"interpreter": {"woman"}},
	"contact": {"contact": {"message"}}, "reach": {"address": {"+40 711 111 111"}, "code-word": {herWord}, "who-may-hear": {"only-the-person"}},
	"wants": {"wants": {"safe-tonight"}}, "must-not": {"must-not": {"no-police"}, "words": {"her aunt must not hear"}},
	"name": {"name": {herName}}, "notes": {"notes": {herStory}},
}

// drafts writes a draft with the common answers, changed by more.
func (a actor) drafts(service, setting string, more map[string]Answer) string {
	a.h.t.Helper()
	ctx := context.Background()
	id, err := a.h.s.Begin(ctx, AuthorOf(a.v), service, "", "", Answer{"setting": {setting}})
	a.h.must(err)
	for _, answers := range []map[string]Answer{common, more} {
		for step, answer := range answers {
			a.h.must(a.h.s.Save(ctx, AuthorOf(a.v), id, step, answer))
		}
	}
	return id
}

var allParts = []Part{PartName, PartContact, PartNeeds, PartAge, PartLanguages, PartWants, PartMustNot, PartNotes, PartFeedback}

// order is a spoken consent to all parts of the draft as it is now.
func (a actor) order(draft string, parts ...Part) Order {
	a.h.t.Helper()
	if parts == nil {
		parts = allParts
	}
	o := Order{Parts: parts, Days: 30, How: "spoken", Language: "ro", Interpreter: "independent"}
	if d, err := a.h.s.Load(context.Background(), a.v, draft); err == nil {
		o.Rev = d.Rev
	}
	return o
}

// sends drafts and sends to the night shelter with consent.
func (a actor) sends(parts ...Part) string {
	a.h.t.Helper()
	draft := a.drafts("gr-open-door-house", AloneInterpreter, nil)
	id, err := a.h.s.Send(context.Background(), a.v, draft, "en", a.order(draft, parts...))
	a.h.must(err)
	return id
}

func (a actor) looks(id string) *Shown {
	a.h.t.Helper()
	out, err := a.h.s.Look(context.Background(), a.v, id)
	a.h.must(err)
	return out
}

func (a actor) does(id string, d Deed) {
	a.h.t.Helper()
	a.h.must(a.h.s.Act(context.Background(), a.v, id, d))
}

func (a actor) cannotSee(id string) {
	a.h.t.Helper()
	_, err := a.h.s.Look(context.Background(), a.v, id)
	if fault.KindOf(err) != fault.NotFound {
		a.h.t.Errorf("%s gets %v, not: not found", a.v.UserID, err)
	}
}

// later lets time pass and does what is due.
func (h *house) later(d time.Duration) {
	h.t.Helper()
	h.now = h.now.Add(d)
	h.must(h.jobs.RunDue(context.Background()))
}

func each(t *testing.T, fn func(t *testing.T, h *house)) {
	dbtest.Each(t, schemas, func(t *testing.T, d *db.DB) { fn(t, newHouse(t, d)) })
}

var _ clock.Clock = (&house{}).clock

// req: CONSENT-9
func TestTheSheetTellsInThePersonsLanguageWhatEachPartHolds(t *testing.T) {
	p := &Rooms{Service: &Service{Config{Sheet: sheet{}}}}
	d := &Drafted{Answers: Answers{
		"need": {"need": {"accommodation", "legal-aid"}}, "language": {"language": {"ro"}}, "interpreter": {"interpreter": {"woman"}},
		"contact": {"contact": {NotKnown}}, "name": {"name": {"Ana"}},
	}}
	for part, want := range map[Part]string{
		PartNeeds:     "ro need accommodation · ro need legal-aid",
		PartLanguages: "Română · ro interpreter woman",
		PartContact:   "ro hint.contact", // no words for this answer: explained, not half-told
		PartName:      "Ana",
		PartFeedback:  "ro hint.feedback",
	} {
		if got := p.ownDetail("ro", d, part, nil); got != want {
			t.Errorf("%s: %q, want %q", part, got, want)
		}
	}
}
