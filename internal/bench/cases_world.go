package bench

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"

	"amelie/internal/ask"
	"amelie/internal/audit"
	"amelie/internal/casework"
	"amelie/internal/casework/day"
	"amelie/internal/casework/index"
	"amelie/internal/casework/interpret"
	"amelie/internal/casework/keep"
	"amelie/internal/casework/place"
	"amelie/internal/casework/share"
	"amelie/internal/casework/stage"
	"amelie/internal/casework/talk"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/i18n"
	"amelie/internal/jobs"
	"amelie/internal/policy"
	"amelie/internal/vault"
	"amelie/internal/web"
	"amelie/locale"
)

// How much lies there: as many cases as a large country has in years, of 5,000
// workers in 500 agencies, and one agency with 20,000 that are searched.
const (
	caseFiller   = 980_000
	caseSearched = 20_000
	caseReal     = 300 // of the searched ones, with keys that open
	caseEntries  = 200
	caseShares   = 20
)

// Rows for many cases at once, after one real case. They are listed around, never
// opened; their wraps are cut to 64 bytes, the real ones are whole. Each stands
// somewhere in the mechanism, and in one of ten a period runs, of which one in ten
// has passed.
var (
	fillCases = db.Statement(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
		INSERT INTO casework_case (id, agency_id, worker_id, state, due_at, opened_at, changed_at, closed_at, source_id, gen, version, env)
		SELECT $1 || n.i, $2 || (n.i % 500), $3 || (n.i % 5000), c.state, c.due_at - n.i, c.opened_at, c.changed_at, 0, '', 1, 1, c.env FROM n CROSS JOIN casework_case c WHERE c.id = $4`)
	fillKeys = db.Statement(`INSERT INTO casework_key (case_id, gen, key_id, made, env) SELECT c.id, 1, k.key_id, k.made, SUBSTR(k.env, 1, 64)
		FROM casework_case c CROSS JOIN casework_key k WHERE k.case_id = $1 AND c.id >= $2 AND c.id < $3`)
	// The other cases of the searched agency, of forty workers; half are closed long ago.
	fillOwn = db.Statement(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
		INSERT INTO casework_case (id, agency_id, worker_id, state, due_at, opened_at, changed_at, closed_at, source_id, gen, version, env)
		SELECT 'own-' || n.i, c.agency_id, 'colleague-' || (n.i % 40), CASE WHEN n.i % 2 = 0 THEN 'open' ELSE 'closed' END, c.due_at - n.i, c.opened_at, c.changed_at, n.i % 2, '', 1, 1, c.env
		FROM n CROSS JOIN casework_case c WHERE c.id = $1`)
	fillClosed = db.Statement(`INSERT INTO keep_closed (case_id, agency_id, closed_at) SELECT id, agency_id, closed_at FROM casework_case WHERE agency_id = $1 AND state = 'closed'`)
	fillStages = db.Statement(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
		INSERT INTO stage_case (case_id, agency_id, country, stage, since, going, counted)
		SELECT $1 || n.i, $2 || (n.i % 500), 'GR', 'stage-' || (n.i / 500 % 8), $3 || (10 + n.i % 19), 1, 1 FROM n`)
	fillPeriods = db.Statement(`WITH RECURSIVE n (i) AS (SELECT 10 UNION ALL SELECT i + 10 FROM n WHERE i < 20000)
		INSERT INTO stage_period (case_id, period, due_at, told, done_at)
		SELECT $1 || n.i, 'reflection', c.opened_at + (n.i % 1000 - 90) * 600000, 0, 0 FROM n CROSS JOIN casework_case c WHERE c.id = $2`)
)

// caseload is the stand-in for accounts and agencies, keys in memory, with the case
// file and its rooms.
type caseload struct {
	t      *table
	engine string
	commit time.Duration // of one bare write

	cases     *casework.Service
	words     *index.Index
	places    *place.Service
	talks     *talk.Service
	shares    *share.Service
	interpret *interpret.Service
	stages    *stage.Service
	site      http.Handler
	worker    *web.Viewer
	real      []string // the cases that open

	mu     sync.Mutex
	keys   map[string]*vault.PrivateKey
	people map[string]*web.Viewer
}

// key is that of an agency, made when it is first asked for.
func (w *caseload) key(agency string) *vault.PrivateKey {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.keys[agency] == nil {
		k, err := vault.NewPrivateKey()
		if err != nil {
			panic("bench: no key: " + err.Error())
		}
		w.keys[agency] = k
	}
	return w.keys[agency]
}

// member is somebody with a role in an agency, who may then ask for pages.
func (w *caseload) member(agency, user, role string) *web.Viewer {
	v := &web.Viewer{UserID: user, Name: user, AgencyID: agency, AgencyName: agency, SessionID: user, Roles: []string{role}, Key: w.key(agency)}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.people[user] = v
	return v
}

// OwnKey, PublicKey, OpenKey, Name, Workers, Country and Houses are the
// organisations as the rooms need them.
func (w *caseload) OwnKey(_ *db.Tx, agency string) (string, vault.PublicKey, error) {
	return agency, w.key(agency).Public(), nil
}

func (w *caseload) PublicKey(tx *db.Tx, agency string) (string, vault.PublicKey, error) {
	return w.OwnKey(tx, agency)
}

func (w *caseload) OpenKey(_ *db.Tx, v *web.Viewer, keyID string) (*vault.PrivateKey, error) {
	if keyID != v.AgencyID {
		return nil, fault.New(fault.NotFound, "")
	}
	return w.key(keyID), nil
}

func (w *caseload) Name(_ *db.Tx, agency string) (string, error) { return agency, nil }

func (w *caseload) Workers(*db.Tx, string) ([]casework.Worker, error) { return nil, nil }

func (w *caseload) Country(*db.Tx, string) (string, error) { return "GR", nil }

func (w *caseload) Houses(*db.Tx, string) (bool, error) { return true, nil }

// aLaw is a mechanism of one country without a word in it.
type aLaw struct{ stage.Law }

func (aLaw) Countries() []string { return []string{"GR"} }

func (aLaw) Graph(string) stage.Graph { return stage.Graph{Country: "GR"} }

func (aLaw) Day(_ string, at time.Time) string { return at.UTC().Format(time.DateOnly) }

func (aLaw) Name(_, code string) string { return code }

func (aLaw) Regions(string) []string { return nil }

func openCaseload(ctx context.Context, d *db.DB) (*caseload, error) {
	if err := d.Migrate(ctx, audit.Schema, jobs.Schema, casework.Schema, index.Schema, day.Schema, place.Schema, talk.Schema, share.Schema, stage.Schema, keep.Schema, interpret.Schema); err != nil {
		return nil, err
	}
	w := &caseload{keys: map[string]*vault.PrivateKey{}, people: map[string]*web.Viewer{}}
	w.worker = w.member("support", "mira", "caseworker")
	if err := w.furnish(d); err != nil {
		return nil, err
	}
	return w, w.fill(ctx, d)
}

// furnish makes the rooms and their pages.
func (w *caseload) furnish(d *db.DB) error {
	texts, err := i18n.Load(locale.Files, i18n.Languages)
	if err != nil {
		return err
	}
	now, quiet := clock.System, func(*db.Tx, string) error { return nil }
	rules := policy.Must(casework.Policy, day.Policy, place.Policy, talk.Policy, share.Policy, stage.Policy, keep.Policy, interpret.Policy)
	w.words = index.New(index.Config{DB: d, Now: now, Agencies: w})
	w.cases = casework.New(casework.Config{DB: d, Policy: rules, Now: now, Agencies: w, Index: w.words})
	w.places = place.New(place.Config{DB: d, Cases: w.cases, Policy: rules, Now: now, Agencies: w, Remark: func(string) error { return nil }, Tell: func(*db.Tx, string, string) error { return nil }})
	w.talks = talk.New(talk.Config{DB: d, Policy: rules, Now: now, Cases: w.cases, Agencies: w, Notify: quiet})
	w.shares = share.New(share.Config{DB: d, Policy: rules, Now: now, Cases: w.cases, Agencies: w.known, Name: w.Name,
		Languages: func() []share.Language { return []share.Language{{Code: "en", Name: "English"}} }, Version: func(string) string { return "1" }})
	w.interpret = interpret.New(interpret.Config{DB: d, Cases: w.cases, Policy: rules, Now: now, Name: w.Name, Members: func(*db.Tx, string) ([]interpret.Member, error) { return nil, nil }, Tell: quiet})
	days := day.New(day.Config{DB: d, Policy: rules, Now: now, Cases: w.cases})
	w.stages = stage.New(stage.Config{Cases: w.cases, Law: aLaw{}, Policy: rules, Now: now, Country: w.Country})
	keeping := keep.New(keep.Config{Cases: w.cases, Policy: rules, Now: now, Country: w.Country, Tell: quiet, Backups: func() int { return 30 }})
	for _, r := range []casework.Room{w.places.Room(), w.talks.Room(), w.shares.Room(), w.interpret.Room(), days.Room(), w.stages.Room(), keeping.Room()} {
		w.cases.Add(r)
	}
	shell := web.New(web.Config{Texts: texts, Languages: i18n.Languages, Now: now, Zone: time.UTC})
	shell.Authenticate = func(r *http.Request) (*web.Viewer, error) { return w.people[r.Header.Get("As")], nil }
	for _, mount := range []func(*web.Shell){w.cases.Mount, w.places.Mount, w.talks.Mount, w.shares.Mount, w.interpret.Mount, days.Mount, w.stages.Mount, keeping.Mount} {
		mount(shell)
	}
	w.site = shell.Handler()
	return nil
}

// known are the agencies with which something can be shared.
func (w *caseload) known(context.Context, *web.Viewer) (out []share.Agency, err error) {
	for i := range 60 {
		name := fmt.Sprint("reader-", i+1)
		out = append(out, share.Agency{ID: name, Name: name})
	}
	return out, nil
}

// page measures a page as somebody sees it, and counts its statements.
func (w *caseload) page(ctx context.Context, name, as, path string, budget float64) error {
	get := func() error {
		r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/en"+path, nil)
		r.Header.Set("As", as)
		answer := httptest.NewRecorder()
		w.site.ServeHTTP(answer, r)
		if answer.Code != http.StatusOK {
			return fmt.Errorf("%s as %s: status %d", path, as, answer.Code)
		}
		return nil
	}
	if err := get(); err != nil { // the page itself is read once
		return err
	}
	before := w.cases.DB.Ran()
	if err := get(); err != nil {
		return err
	}
	statements := w.cases.DB.Ran() - before
	p95, err := times(10, get)
	if err != nil {
		return err
	}
	w.t.line(w.engine+": "+name+", p95", budget, ms(p95), "ms")
	w.t.report("  its statements", fmt.Sprint(statements))
	return nil
}

// fill makes the real cases through the service, and the many around them by
// copying rows.
func (w *caseload) fill(ctx context.Context, d *db.DB) error {
	for i := range caseReal {
		caseID, err := w.cases.New(ctx, w.worker, beginning(fmt.Sprint("Real", i), time.Now().AddDate(0, 0, i%40)))
		if err != nil {
			return err
		}
		w.real = append(w.real, caseID)
	}
	first, month := w.real[len(w.real)-1], time.Now()
	for done := 0; done < caseFiller; done += caseSearched {
		prefix := fmt.Sprintf("fill-%03d-", done/caseSearched)
		month = month.AddDate(0, 0, -30)
		err := d.Write(ctx, func(tx *db.Tx) error {
			for _, s := range []struct {
				*db.Stmt
				args []any
			}{
				{fillCases, []any{prefix, "agency-", "worker-", first}},
				{fillKeys, []any{first, prefix, prefix + "~"}},
				{fillStages, []any{prefix, "agency-", month.Format("2006-01-")}},
				{fillPeriods, []any{prefix, first}},
			} {
				if _, err := tx.Exec(s.Stmt, s.args...); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	err := d.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(fillOwn, first); err != nil {
			return err
		}
		_, err := tx.Exec(fillClosed, "support")
		return err
	})
	if err != nil {
		return err
	}
	return w.fillWords(ctx, d)
}

func beginning(name string, due time.Time) casework.Beginning {
	return casework.Beginning{Answers: map[string]ask.Answer{"person": {"name": {name}}, "task": {"words": {"call about the paper, a note with some words"}, "day": {due.Format(time.DateOnly)}}}}
}

// fillWords makes the words of the searched agency's other cases: a name and a
// note each, sealed by the index as in a write.
func (w *caseload) fillWords(ctx context.Context, d *db.DB) error {
	for done := 0; done < caseSearched-caseReal; done += 500 {
		var writes []func(*db.Tx) error
		for i := done; i < done+500; i++ {
			caseID := fmt.Sprintf("word-%06d", i)
			write, err := w.words.Prepare(ctx, w.worker, caseID, caseID, []string{fmt.Sprintf("Name%d Family%d", i, i%977), "A note with some words of an ordinary day " + fmt.Sprint("place", i%211)})
			if err != nil {
				return err
			}
			writes = append(writes, write)
		}
		err := d.Write(ctx, func(tx *db.Tx) error {
			for _, write := range writes {
				if err := write(tx); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
