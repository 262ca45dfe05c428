package casework

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"amelie/internal/ask"
	"amelie/internal/audit"
	"amelie/internal/db"
	"amelie/internal/db/dbtest"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/jobs"
	"amelie/internal/policy"
	"amelie/internal/vault"
	"amelie/internal/web"
)

var (
	ctx     = context.Background()
	schemas = []db.Schema{jobs.Schema, audit.Schema, Schema}
)

// house is the small world of the tests: a support organisation, two others, the
// police, and a curious insider. Vault, database, log and policy are the real
// ones; only the agencies are stood in for.
type house struct {
	t     testing.TB
	db    *db.DB
	s     *Service
	mu    sync.Mutex
	now   time.Time
	users map[string]*web.Viewer
	keys  map[string]*vault.PrivateKey // by key identifier
	keyOf map[string]string            // agency -> present key
	gone  map[string]string            // removed member -> the keys that were hers end with this one
	ended []string
}

var names = map[string]string{"support": "Open Door", "second": "Second Door", "third": "Third Door", "police": "Police", "elsewhere": "Elsewhere"}

func newHouse(t testing.TB, d *db.DB) *house {
	h := &house{t: t, db: d, now: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC), users: map[string]*web.Viewer{}, keys: map[string]*vault.PrivateKey{}, keyOf: map[string]string{}, gone: map[string]string{}}
	for agency := range names {
		h.newKey(agency)
	}
	for _, m := range []struct{ user, agency, role string }{
		{"mira", "support", "caseworker"}, {"nils", "support", "caseworker"}, {"boss", "support", "lead"}, {"clerk", "support", "professional"},
		{"second", "second", "caseworker"}, {"third", "third", "caseworker"}, {"officer", "police", "caseworker"},
		{"insider", "elsewhere", "lead"}, {"coordinator", "elsewhere", "coordinator"}, {"auditor", "support", "auditor"}, {"admin", "support", "administrator"},
	} {
		k, err := vault.NewPrivateKey()
		h.must(err)
		h.users[m.user] = &web.Viewer{UserID: m.user, Name: "Name of " + m.user, AgencyID: m.agency, AgencyName: names[m.agency], SessionID: "s-" + m.user, Lang: "en", Roles: []string{m.role}, Key: k}
	}
	h.s = New(Config{DB: d, Policy: policy.Must(Policy), Now: h.clock, Zone: func() *time.Location { return time.UTC }, Agencies: h,
		Ended: func(_ *db.Tx, share string, _ time.Time) error { h.ended = append(h.ended, share); return nil }})
	return h
}

func each(t *testing.T, story func(t *testing.T, h *house)) {
	dbtest.Each(t, schemas, func(t *testing.T, d *db.DB) { story(t, newHouse(t, d)) })
}

func (h *house) clock() time.Time { return h.now }

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) refused(what string, err error, want fault.Kind) {
	h.t.Helper()
	if err == nil || fault.KindOf(err) != want {
		h.t.Errorf("%s: got %v, want %v", what, err, want)
	}
}

// newKey gives an agency another key, as when a member was removed.
func (h *house) newKey(agency string) {
	k, err := vault.NewPrivateKey()
	h.must(err)
	h.mu.Lock()
	defer h.mu.Unlock()
	keyID := fmt.Sprintf("%s-%d", agency, len(h.keys))
	h.keys[keyID], h.keyOf[agency] = k, keyID
}

// The agencies.

func (h *house) PublicKey(_ *db.Tx, agency string) (string, vault.PublicKey, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
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
		return nil, fault.New(fault.Unlock, "")
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(keyID) <= len(v.AgencyID) || keyID[:len(v.AgencyID)+1] != v.AgencyID+"-" {
		return nil, fault.New(fault.NotFound, "")
	}
	return h.keys[keyID], nil
}

func (h *house) Name(_ *db.Tx, agency string) (string, error) { return names[agency], nil }

func (h *house) Workers(_ *db.Tx, agency string) (out []Worker, err error) {
	for _, v := range h.users {
		if v.AgencyID == agency && (v.Is("caseworker") || v.Is("lead")) {
			out = append(out, Worker{v.UserID, v.Name})
		}
	}
	return out, nil
}

// locked is the same member with a locked key.
func (h *house) locked(user string) *web.Viewer {
	v := *h.users[user]
	v.Key = nil
	return &v
}

// begins opens a case with a chosen name.
func (h *house) begins(user, name string) string {
	h.t.Helper()
	caseID, err := h.s.New(ctx, h.users[user], Beginning{Answers: map[string]ask.Answer{
		"person": {"name": {name}, "pronoun": {"she"}}, "contact": {"channel": {"phone"}, "address": {"+30 210 000 000"}, "code-word": {"lavender"}}}})
	h.must(err)
	return caseID
}

// writes adds an entry with words.
func (h *house) writes(user, caseID, kind, words string) string {
	h.t.Helper()
	entry, err := h.s.Save(ctx, h.users[user], caseID, Typed{Kind: kind, Posted: map[string][]string{"words": {words}}, Once: id.New()})
	h.must(err)
	return entry
}

// says are the words that a member opens in a case, sorted.
func (h *house) says(user, caseID string) (out []string) {
	h.t.Helper()
	o, err := h.s.Look(ctx, h.users[user], caseID)
	if fault.KindOf(err) == fault.NotFound && err != nil {
		return nil
	}
	h.must(err)
	for _, e := range o.Entries {
		if w := e.Fields.One("words"); w != "" {
			out = append(out, w)
		}
	}
	slices.Sort(out)
	return out
}

func (h *house) shares(caseID, to string, past bool, parts ...Part) {
	h.t.Helper()
	h.must(h.s.Grant(ctx, h.users["mira"], caseID, Share{To: to, Parts: parts, Until: h.now.Add(60 * 24 * time.Hour), Past: past}, nil))
}

// bag is every part key that an agency's keys open in the database as it is now:
// what somebody with a copy of all of it could have.
func (h *house) bag(caseID string, keys []*vault.PrivateKey, into map[string]*vault.DataKey) {
	h.t.Helper()
	h.must(h.db.Read(ctx, func(tx *db.Tx) error {
		wraps, err := db.All(tx, everyWrapStmt, func(scan func(...any) error) (w wrapRow, err error) {
			return w, scan(&w.part, &w.epoch, &w.agency, &w.env)
		}, caseID)
		if err != nil {
			return err
		}
		for _, w := range wraps {
			name := fmt.Sprint(caseID, w.part, w.epoch)
			for _, k := range keys {
				if into[name] != nil {
					break
				}
				if key, err := vault.UnwrapDataKey(k, w.env, wrapPlace(w.part, w.epoch, w.agency).in(caseID)); err == nil {
					into[name] = key
				}
			}
		}
		return h.bagOwn(tx, caseID, keys, into)
	}))
}

// bagOwn adds what the case's key opens, where the keys open that.
func (h *house) bagOwn(tx *db.Tx, caseID string, keys []*vault.PrivateKey, into map[string]*vault.DataKey) error {
	list, err := db.All(tx, keysStmt, scanKey, caseID)
	for _, g := range list {
		for _, k := range keys {
			key, err := vault.UnwrapDataKey(k, g.env, keyPlace(caseID, g.gen).in(caseID))
			if err != nil {
				continue
			}
			epochs, err := db.All(tx, epochsStmt, scanEpoch, caseID)
			if err != nil {
				return err
			}
			for _, e := range epochs {
				if part, err := vault.OpenDataKey(key, e.env, epochPlace(e.part, e.epoch).in(caseID)); err == nil {
					into[fmt.Sprint(caseID, e.part, e.epoch)] = part
				}
			}
		}
	}
	return err
}

var everyWrapStmt = db.Statement(`SELECT part, epoch, agency_id, env FROM casework_wrap WHERE case_id = $1`)

// opens are the words that a bag of keys opens in a case.
func (h *house) opens(caseID string, bag map[string]*vault.DataKey) (out []string) {
	h.t.Helper()
	h.must(h.db.Read(ctx, func(tx *db.Tx) error {
		out = nil
		list, err := db.All(tx, entriesStmt, scanEntry, caseID)
		for _, e := range list {
			key := bag[fmt.Sprint(e.CaseID, e.Part, e.Epoch)]
			if key == nil {
				continue
			}
			keys := &Keys{caseID: e.CaseID, parts: map[Part]epochs{e.Part: {e.Epoch: key}}}
			c, err := openContent(keys, e.Part, e.Epoch, e.env, e.ID, e.Rev)
			if err != nil {
				return err
			}
			if w := c.Fields.One("words"); w != "" {
				out = append(out, w)
			}
		}
		return err
	}))
	slices.Sort(out)
	return out
}
