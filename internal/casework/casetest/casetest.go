// Package casetest is the small world in which the rooms of the case file are
// tested: a support organisation, two others, the police, and people with every
// role, among them a curious insider. Database, vault, log and policy are the
// real ones; only the organisations are stood in for.
//
// Nothing is stored beyond a test. It must never be linked into the program.
package casetest

import (
	"context"
	"errors"
	"sort"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"amelie/internal/ask"
	"amelie/internal/audit"
	"amelie/internal/casework"
	"amelie/internal/db"
	"amelie/internal/db/dbtest"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/jobs"
	"amelie/internal/policy"
	"amelie/internal/vault"
	"amelie/internal/web"
)

// Schemas are the tables that every room stands on.
var Schemas = []db.Schema{jobs.Schema, audit.Schema, casework.Schema}

// Names of the organisations.
var Names = map[string]string{"support": "Open Door", "second": "Second Door", "third": "Third Door", "police": "Police", "elsewhere": "Elsewhere"}

// people are who works where, and as what.
var people = []struct{ user, agency, role string }{
	{"mira", "support", "caseworker"}, {"nils", "support", "caseworker"}, {"boss", "support", "lead"}, {"clerk", "support", "professional"},
	{"second", "second", "caseworker"}, {"third", "third", "caseworker"}, {"officer", "police", "caseworker"},
	{"insider", "elsewhere", "lead"}, {"coordinator", "elsewhere", "coordinator"}, {"auditor", "support", "auditor"}, {"admin", "support", "administrator"},
}

// Strangers may not know of a case of the support organisation that nobody
// shared, whatever they ask.
var Strangers = []string{"nils", "clerk", "second", "officer", "insider", "coordinator", "auditor", "admin"}

// House is the world of a test.
type House struct {
	T     testing.TB
	Ctx   context.Context
	DB    *db.DB
	S     *casework.Service
	Rules *policy.Engine
	Now   time.Time
	Users map[string]*web.Viewer
	Ended []string // what a backup would be told
	// Counted are the numbers that rooms added to: agency, what and code.
	Counted map[string]int
	// Uncounted are the cases whose person did not say yes to being counted.
	Uncounted map[string]bool

	mu   sync.Mutex
	keys map[string][]*vault.PrivateKey // by agency, the present one last
}

// Each runs a story in a new house on a fresh database of each engine.
func Each(t *testing.T, schemas []db.Schema, policies []policy.Source, story func(t *testing.T, h *House)) {
	dbtest.Each(t, append(append([]db.Schema(nil), Schemas...), schemas...), func(t *testing.T, d *db.DB) { story(t, New(t, d, policies...)) })
}

// New furnishes a house on a database that has the tables.
func New(t testing.TB, d *db.DB, policies ...policy.Source) *House {
	h := &House{T: t, Ctx: context.Background(), DB: d, Now: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC), Users: map[string]*web.Viewer{}, Counted: map[string]int{}, Uncounted: map[string]bool{}, keys: map[string][]*vault.PrivateKey{}}
	for agency := range Names {
		h.NewKey(agency)
	}
	for _, m := range people {
		k, err := vault.NewPrivateKey()
		h.Must(err)
		h.Users[m.user] = &web.Viewer{UserID: m.user, Name: "Name of " + m.user, AgencyID: m.agency, AgencyName: Names[m.agency], SessionID: "s-" + m.user, Lang: "en", Roles: []string{m.role}, Key: k}
	}
	h.Rules = policy.Must(append(policies, casework.Policy)...)
	h.S = casework.New(casework.Config{DB: d, Policy: h.Rules, Now: h.Clock, Zone: func() *time.Location { return time.UTC }, Agencies: h,
		Tally: func(_ *db.Tx, agency, what, code string, _ time.Time) error {
			h.Counted[agency+" "+what+" "+code]++
			return nil
		},
		MayCount: func(_ *db.Tx, caseID string) (bool, error) { return !h.Uncounted[caseID], nil },
		Ended:    func(_ *db.Tx, share string, _ time.Time) error { h.Ended = append(h.Ended, share); return nil }})
	return h
}

// Clock is the time of the house.
func (h *House) Clock() time.Time { return h.Now }

// Pass lets time go by and does what is due.
func (h *House) Pass(d time.Duration, handlers ...func(*jobs.Runner)) {
	h.T.Helper()
	h.Now = h.Now.Add(d)
	r := jobs.NewRunner(h.DB, h.Clock, nil)
	h.S.Handle(r)
	for _, handle := range handlers {
		handle(r)
	}
	h.Must(r.RunDue(h.Ctx))
}

// Must ends the test on an error.
func (h *House) Must(err error) {
	h.T.Helper()
	if err != nil {
		h.T.Fatal(err)
	}
}

// Refused wants an error of a kind.
func (h *House) Refused(what string, err error, want fault.Kind) {
	h.T.Helper()
	if err == nil || fault.KindOf(err) != want {
		h.T.Errorf("%s: got %v, want %v", what, err, want)
	}
}

// Locked is a member with a locked key.
func (h *House) Locked(user string) *web.Viewer {
	v := *h.Users[user]
	v.Key = nil
	return &v
}

// Begins opens a case of mira's for a chosen name.
func (h *House) Begins(name string) (caseID string) {
	h.T.Helper()
	caseID, err := h.S.New(h.Ctx, h.Users["mira"], casework.Beginning{Answers: map[string]ask.Answer{"person": {"name": {name}}, "contact": {"channel": {"phone"}, "code-word": {"lavender"}}}})
	h.Must(err)
	return caseID
}

// Writes adds an entry of a kind and says its identifier.
func (h *House) Writes(user, caseID, kind string, fields ask.Answer) string {
	h.T.Helper()
	entry, err := h.S.Save(h.Ctx, h.Users[user], caseID, casework.Typed{Kind: kind, Posted: fields, Once: id.New()})
	h.Must(err)
	return entry
}

// Reads are the words that a member opens in a case, in order; none for whom it
// does not exist.
func (h *House) Reads(user, caseID string) (out []string) {
	h.T.Helper()
	o, err := h.S.Look(h.Ctx, h.Users[user], caseID)
	if err != nil && fault.KindOf(err) == fault.NotFound {
		return nil
	}
	h.Must(err)
	for _, e := range o.Entries {
		if w := e.Fields.One("words"); w != "" {
			out = append(out, w)
		}
	}
	sort.Strings(out)
	return out
}

// The organisations.

// NewKey gives an agency another key, as when a member was removed.
func (h *House) NewKey(agency string) {
	k, err := vault.NewPrivateKey()
	h.Must(err)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.keys[agency] = append(h.keys[agency], k)
}

// Keys are all keys that an agency ever had: what somebody with a copy of them
// could use.
func (h *House) Keys(agency string) []*vault.PrivateKey {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]*vault.PrivateKey(nil), h.keys[agency]...)
}

// PublicKey is an agency's present key. Errors: fault.Unavailable.
func (h *House) PublicKey(_ *db.Tx, agency string) (string, vault.PublicKey, error) {
	keys := h.Keys(agency)
	if len(keys) == 0 {
		return "", nil, fault.New(fault.Unavailable, "agency.error.no-key")
	}
	return agency + "-" + strconv.Itoa(len(keys)), keys[len(keys)-1].Public(), nil
}

// OwnKey is PublicKey.
func (h *House) OwnKey(tx *db.Tx, agency string) (string, vault.PublicKey, error) {
	return h.PublicKey(tx, agency)
}

// OpenKey opens a key of the viewer's agency.
func (h *House) OpenKey(_ *db.Tx, v *web.Viewer, keyID string) (*vault.PrivateKey, error) {
	if v.Key == nil {
		return nil, fault.New(fault.Unlock, "")
	}
	agency, n, _ := strings.Cut(keyID, "-")
	at, err := strconv.Atoi(n)
	if keys := h.Keys(agency); agency == v.AgencyID && err == nil && at <= len(keys) {
		return keys[at-1], nil
	}
	return nil, fault.New(fault.NotFound, "")
}

// Name of an agency.
func (h *House) Name(_ *db.Tx, agency string) (string, error) {
	if Names[agency] == "" {
		return "", errors.New("no such agency")
	}
	return Names[agency], nil
}

// Workers are who may be responsible for a case.
func (h *House) Workers(_ *db.Tx, agency string) (out []casework.Worker, err error) {
	for _, m := range people {
		if m.agency == agency && (m.role == "caseworker" || m.role == "lead") {
			out = append(out, casework.Worker{UserID: m.user, Name: "Name of " + m.user})
		}
	}
	return out, nil
}
