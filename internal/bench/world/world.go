// Package world is a small invented world for harnesses: a hospital where a
// midwife sends, and a support organisation where a caseworker answers. Vault,
// database, audit log, jobs, policy, consent and referral are the real ones;
// accounts, agencies, the directory and the country are stood in for, because
// a harness measures or kills the sending, not the signing-in.
//
// Its keys lie in a file in clear, so that a process that was killed can be
// followed by another; nothing outside of tests and benchmarks may use it.
package world

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"amelie/internal/audit"
	"amelie/internal/clock"
	"amelie/internal/consent"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/jobs"
	"amelie/internal/policy"
	"amelie/internal/referral"
	"amelie/internal/vault"
	"amelie/internal/web"
)

// Schemas are the tables that the world needs.
var Schemas = []db.Schema{audit.Schema, jobs.Schema, consent.Schema, referral.Schema}

// The invented agencies and the one service.
const (
	Hospital = "hospital"
	Support  = "support"
	Service  = "support-house"
)

// World is everything that sends and answers.
type World struct {
	DB        *db.DB
	Referrals *referral.Service
	Jobs      *jobs.Runner
	NodeKey   *audit.Key
	Log       *audit.Log
	Midwife   *web.Viewer
	Mira      *web.Viewer // at the desk of the support organisation
	keys      map[string]*vault.PrivateKey
}

// New opens the world of a folder on a database; the first time it makes the
// keys.
func New(dir string, d *db.DB, now clock.Clock) (*World, error) {
	keys, err := loadKeys(filepath.Join(dir, "world.json"))
	if err != nil {
		return nil, err
	}
	for i := range referral.MaxCandidates { // they only receive: their keys need not outlive a run
		if keys[Desk(i)], err = vault.NewPrivateKey(); err != nil {
			return nil, err
		}
	}
	node, err := audit.LoadKey(dir)
	if err != nil {
		return nil, err
	}
	engine, err := policy.New(referral.Policy)
	if err != nil {
		return nil, err
	}
	w := &World{DB: d, NodeKey: node, Log: audit.NewLog(d, node, now, nil, dir), Jobs: jobs.NewRunner(d, now, nil), keys: keys,
		Midwife: viewer("midwife", Hospital, "professional", keys), Mira: viewer("mira", Support, "caseworker", keys)}
	w.Referrals = referral.New(referral.Config{DB: d, Policy: engine, Now: now, Agencies: w, People: people{w}, Directory: directory{}, Country: country{},
		Sheet: sheet{}, Ledger: ledger{}, Notify: func(*db.Tx, referral.Contact, string) error { return nil }})
	w.Referrals.Handle(w.Jobs)
	return w, nil
}

func viewer(user, agency, role string, keys map[string]*vault.PrivateKey) *web.Viewer {
	return &web.Viewer{UserID: user, Name: user, AgencyID: agency, AgencyName: agency, SessionID: user, Lang: "en", Roles: []string{role}, Key: keys[user]}
}

func loadKeys(path string) (map[string]*vault.PrivateKey, error) {
	text, err := vault.SecretFile(path, func() ([]byte, error) {
		made := map[string][]byte{}
		for _, name := range []string{Hospital, Support, "midwife", "mira"} {
			k, err := vault.NewPrivateKey()
			if err != nil {
				return nil, err
			}
			made[name] = k.Bytes()
		}
		return json.Marshal(made)
	})
	if err != nil {
		return nil, err
	}
	var raw map[string][]byte
	if err := json.Unmarshal(text, &raw); err != nil {
		return nil, err
	}
	keys := map[string]*vault.PrivateKey{}
	for name, b := range raw {
		if keys[name], err = vault.ParsePrivateKey(b); err != nil {
			return nil, err
		}
	}
	return keys, nil
}

// Answers are those of a common case; word stands in the free text.
func Answers(word string) map[string]referral.Answer {
	return map[string]referral.Answer{
		"need": {"need": {"accommodation", "legal-aid"}}, "urgency": {"urgency": {"now"}}, "age": {"age": {"25-39"}},
		"language": {"language": {"ro"}}, "interpreter": {"interpreter": {"woman"}},
		"contact": {"contact": {"message"}}, "reach": {"address": {"+40 711 111 111"}, "code-word": {word}, "who-may-hear": {"only-the-person"}},
		"wants": {"wants": {"safe-tonight"}}, "must-not": {"must-not": {"no-police"}}, "name": {"name": {"Z."}},
		"notes": {"notes": {"What was said, in about as many words as a midwife writes at night: " + word}},
	}
}

// Parts are all parts that Answers fill.
var Parts = []referral.Part{referral.PartName, referral.PartContact, referral.PartNeeds, referral.PartAge, referral.PartLanguages,
	referral.PartWants, referral.PartMustNot, referral.PartNotes, referral.PartFeedback}

// Draft writes a draft as the pages do, step by step, and says its identifier
// and the revision to send.
func (w *World) Draft(ctx context.Context, word string) (draft string, rev int64, err error) {
	draft, err = w.Referrals.Begin(ctx, referral.AuthorOf(w.Midwife), Service, "", id.New(), referral.Answer{"setting": {referral.Alone}})
	if err != nil {
		return "", 0, err
	}
	for step, answer := range Answers(word) {
		if err := w.Referrals.Save(ctx, referral.AuthorOf(w.Midwife), draft, step, answer); err != nil {
			return "", 0, err
		}
	}
	d, err := w.Referrals.Load(ctx, w.Midwife, draft)
	if err != nil {
		return "", 0, err
	}
	return draft, d.Rev, nil
}

// Send sends a draft with a spoken consent to all its parts.
func (w *World) Send(ctx context.Context, draft string, rev int64) error {
	_, err := w.Referrals.Send(ctx, w.Midwife, draft, "en", referral.Order{Rev: rev, Parts: Parts, Days: 30, How: "spoken", Language: "ro", Interpreter: "independent"})
	return err
}

// Desk is one of the further agencies that can be asked; its service has the
// same name.
func Desk(i int) string { return fmt.Sprint("desk-", i+1) }

// Enquiry writes the draft of an anonymous enquiry to n desks.
func (w *World) Enquiry(ctx context.Context, n int) (draft string, rev int64, err error) {
	by := referral.AuthorOf(w.Midwife)
	if draft, err = w.Referrals.Begin(ctx, by, "", "", id.New(), referral.Answer{"setting": {referral.AskFirst}}); err != nil {
		return "", 0, err
	}
	for step, answer := range map[string]referral.Answer{"need": {"need": {"accommodation", "legal-aid"}}, "urgency": {"urgency": {"now"}}, "age": {"age": {"25-39"}},
		"dependants": {"dependants": {"baby"}}, "language": {"language": {"ro"}}, "region": {"region": {"GR-B"}}} {
		if err := w.Referrals.Save(ctx, by, draft, step, answer); err != nil {
			return "", 0, err
		}
	}
	var desks []string
	for i := range n {
		desks = append(desks, Desk(i))
	}
	if err := w.Referrals.AskThese(ctx, by, draft, desks, ""); err != nil {
		return "", 0, err
	}
	d, err := w.Referrals.Load(ctx, w.Midwife, draft)
	if err != nil {
		return "", 0, err
	}
	return draft, d.Rev, nil
}

// Ask sends the draft of an enquiry.
func (w *World) Ask(ctx context.Context, draft string, rev int64) error {
	_, err := w.Referrals.SendEnquiry(ctx, w.Midwife, draft, "en", rev)
	return err
}

// The agencies.

// PublicKey serves referral.
// OwnKey is an agency's key for its own copies; here every agency may receive.
func (w *World) OwnKey(tx *db.Tx, agency string) (string, vault.PublicKey, error) {
	return w.PublicKey(tx, agency)
}

func (w *World) PublicKey(_ *db.Tx, agency string) (string, vault.PublicKey, error) {
	k := w.keys[agency]
	if k == nil {
		return "", nil, fault.New(fault.Unavailable, "")
	}
	return "key-" + agency, k.Public(), nil
}

// OpenKey serves referral.
func (w *World) OpenKey(_ *db.Tx, v *web.Viewer, keyID string) (*vault.PrivateKey, error) {
	if v.Key == nil {
		return nil, fault.New(fault.Unlock, "")
	}
	if keyID != "key-"+v.AgencyID {
		return nil, fault.New(fault.Denied, "")
	}
	return w.keys[v.AgencyID], nil
}

// ByDirectory serves referral.
func (w *World) ByDirectory(_ *db.Tx, organization string) (string, error) { return organization, nil }

// Name serves referral.
func (w *World) Name(_ *db.Tx, agency string) (string, error) { return agency, nil }

// Country serves referral.
func (w *World) Country(*db.Tx, string) (string, error) { return "GR", nil }

// Leads serves referral.
func (w *World) Leads(*db.Tx, string) ([]referral.Contact, error) { return nil, nil }

// Desk serves referral.
func (w *World) Desk(_ *db.Tx, agency string) ([]referral.Contact, error) {
	if agency != Support {
		return nil, nil
	}
	return []referral.Contact{{UserID: "mira", Name: "mira", Email: "mira@example.org", Lang: "en"}}, nil
}

type people struct{ w *World }

func (p people) PublicKey(_ *db.Tx, user string) (vault.PublicKey, error) {
	return p.w.keys[user].Public(), nil
}
func (people) Contact(_ *db.Tx, user string) (referral.Contact, error) {
	return referral.Contact{UserID: user, Lang: "en"}, nil
}
func (people) Former(*http.Request) (string, bool) { return "", false }

type directory struct{}

func (directory) Service(_ context.Context, service, _ string, _ time.Time) (*referral.Entry, error) {
	if service != Service {
		return &referral.Entry{ID: service, Name: service, Organization: service, OrgName: service, Country: "GR"}, nil
	}
	return &referral.Entry{ID: Service, Name: "House", Organization: Support, OrgName: "Support", Country: "GR", Open: true, OpenKnown: true}, nil
}
func (directory) Suggest(context.Context, referral.Wanted) ([]referral.Entry, error) { return nil, nil }
func (directory) Helpline(context.Context, string, string, time.Time) (*referral.Entry, error) {
	return nil, nil
}

type country struct{}

func (country) Emergency(string) string                          { return "112" }
func (country) Grounds(_, _ string, _, _ bool) []referral.Ground { return nil }

type sheet struct{}

func (sheet) Languages() []referral.PersonLanguage {
	return []referral.PersonLanguage{{Code: "ro", Name: "Română"}}
}
func (sheet) Text(_, key string, _ map[string]string) string { return key }
func (sheet) Answer(_, _, code string) string                { return code }
func (sheet) Version(string) string                          { return "1" }

// ledger writes the real consent ledger.
type ledger struct{}

func (ledger) Record(tx *db.Tx, g referral.Given) error {
	return consent.Record(tx, consent.Entry{ID: g.ID, Object: "referral/" + g.Referral, ByAgency: g.ByAgency, ByUser: g.ByUser, ToAgency: g.ToAgency,
		Parts: g.Parts, Purpose: g.Purpose, Until: g.Until, How: g.How, Language: g.Language, TextVersion: g.TextVersion,
		Interpreter: g.Interpreter, Guardian: g.Guardian, At: g.At})
}

func (ledger) Withdraw(tx *db.Tx, consentID, byUser string, at time.Time) error {
	return consent.Withdraw(tx, consentID, byUser, at)
}

// Open opens (and the first time makes) a world on a SQLite file in dir.
func Open(ctx context.Context, dir string) (*World, error) {
	return OpenOn(ctx, dir, db.Config{Path: filepath.Join(dir, "world.db")})
}

// OpenOn opens a world on the given database.
func OpenOn(ctx context.Context, dir string, cfg db.Config) (*World, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	d, err := db.Open(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if err = d.Migrate(ctx, Schemas...); err == nil {
		var w *World
		if w, err = New(dir, d, clock.System); err == nil {
			return w, nil
		}
	}
	d.Close()
	return nil, err
}
