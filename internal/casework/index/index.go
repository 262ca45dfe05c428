// Package index finds cases by words that are sealed in them.
//
// The idea: what a name or a note says is folded into words (package fold) and
// kept in segments, sealed under a search key of the agency, which is wrapped for
// the agency as everything else is. Each write into a case adds a small segment
// in its own transaction. Who searches with an unlocked key loads the segments
// into memory; later searches only take in what came since. Many small segments
// are merged into one on the way.
//
// Stored: segments and search keys, sealed; how many there are is readable. In
// memory: the folded words of an agency's cases while somebody who searched is
// signed in and unlocked; the agencies that were asked least recently give way
// when the budget is full, and all goes when the last of those sign-ins ends or
// its key is locked, or nobody asked for a while.
//
// It must never write a word to the disk in clear, keep a key beyond a request,
// or answer with an opinion about who may see a case: it gives identifiers, and
// the case file asks the policy.
package index

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"time"

	"amelie/internal/casework"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/fold"
	"amelie/internal/id"
	"amelie/internal/vault"
	"amelie/internal/web"
)

const (
	// Idle is how long an agency's words stay in memory when nobody asks.
	Idle = 15 * time.Minute
	// Budget is the memory that all agencies' words may take, in bytes.
	Budget = 128 << 20
	// small is how many records a segment may have to be merged with others, and
	// merged how many of those may lie about.
	small  = 2048
	merged = 64
)

// The permanent logical names of what is sealed here.
const (
	sealSearch  = "casework.index.key"
	sealSegment = "casework.index.segment"
)

// Config is what the index is made of.
type Config struct {
	DB       *db.DB
	Now      clock.Clock
	Agencies casework.Agencies
	Budget   int // bytes; 0: Budget
}

// Index is the words of all agencies that somebody unlocked.
type Index struct {
	Config
	mu      sync.Mutex
	shelves map[string]*shelf
}

// New makes the index.
func New(cfg Config) *Index {
	if cfg.Budget == 0 {
		cfg.Budget = Budget
	}
	return &Index{Config: cfg, shelves: map[string]*shelf{}}
}

// record is the words of one entry. A later one of the same entry replaces it.
type record struct {
	Case  string   `json:"c"`
	Entry string   `json:"e"`
	At    int64    `json:"t"` // ms UTC
	Words []string `json:"w"`
}

// folded are the words under which a text is found, each once.
func folded(texts []string) (out []string) {
	for _, text := range texts {
		for _, w := range fold.Words(text) {
			out = append(out, fold.Forms(w)...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Prepare seals what an entry says now; write puts it into the transaction of
// the entry itself.
func (x *Index) Prepare(ctx context.Context, v *web.Viewer, caseID, entryID string, texts []string) (write func(tx *db.Tx) error, err error) {
	var key searchKey
	err = x.DB.Read(ctx, func(tx *db.Tx) (err error) { key, err = x.present(tx, v); return err })
	if err != nil {
		return nil, err
	}
	now := x.Now()
	s, err := key.segment(v.AgencyID, []record{{caseID, entryID, clock.Millis(now), folded(texts)}}, now)
	if err != nil {
		return nil, err
	}
	return func(tx *db.Tx) error {
		if err := key.write(tx, v.AgencyID); err != nil {
			return err
		}
		return s.insert(tx)
	}, nil
}

// searchKey is a search key of an agency, opened.
type searchKey struct {
	id, keyID string
	made      time.Time
	key       *vault.DataKey
	env       []byte // not nil: it is new and still to be written
}

func searchPlace(id, agency string) vault.Binding {
	return vault.Binding{Field: sealSearch, Row: id, Scope: agency}
}

// present is the agency's search key. When the agency replaced its own key,
// because a member left, a new search key is made: what is written from then on
// does not open to the old one.
func (x *Index) present(tx *db.Tx, v *web.Viewer) (searchKey, error) {
	keyID, public, err := x.Agencies.OwnKey(tx, v.AgencyID)
	if err != nil {
		return searchKey{}, err
	}
	keys, err := loadKeys(tx, v.AgencyID)
	if err != nil {
		return searchKey{}, err
	}
	if n := len(keys); n > 0 && keys[n-1].keyID == keyID {
		return x.open(tx, v, keys[n-1])
	}
	k := searchKey{id: id.New(), keyID: keyID, made: x.Now(), key: vault.NewDataKey()}
	k.env, err = k.key.WrapTo(public, searchPlace(k.id, v.AgencyID))
	return k, err
}

func (x *Index) open(tx *db.Tx, v *web.Viewer, k searchKey) (searchKey, error) {
	agency, err := x.Agencies.OpenKey(tx, v, k.keyID)
	if err != nil {
		return k, err
	}
	k.key, err = vault.UnwrapDataKey(agency, k.env, searchPlace(k.id, v.AgencyID))
	k.env = nil
	return k, fault.Wrap(err, "open search key", k.id)
}

func (k searchKey) write(tx *db.Tx, agency string) error {
	if k.env == nil {
		return nil
	}
	_, err := tx.Exec(keyInsertStmt, k.id, agency, k.keyID, clock.Millis(k.made), k.env)
	return err
}

// segment is some records, sealed: no word goes to the disk in another way.
//
// req: CASE-11
type segment struct {
	id, agency, search string
	records            int
	made               time.Time
	env                []byte
}

func (k searchKey) segment(agency string, records []record, at time.Time) (segment, error) {
	s := segment{id: id.New(), agency: agency, search: k.id, records: len(records), made: at}
	plain, err := json.Marshal(records)
	if err != nil {
		return s, err
	}
	s.env, err = k.key.Seal(plain, vault.Binding{Field: sealSegment, Row: s.id, Scope: agency})
	return s, err
}

func (k searchKey) read(s segment) (records []record, err error) {
	plain, err := k.key.Open(s.env, vault.Binding{Field: sealSegment, Row: s.id, Scope: s.agency})
	if err != nil {
		return nil, fault.Wrap(err, "open segment", s.id)
	}
	return records, fault.Wrap(json.Unmarshal(plain, &records), "read segment", s.id)
}

// Find gives the cases in whose words every word of the query begins one: those
// with the most whole words first, then the newest. The query is kept nowhere.
func (x *Index) Find(ctx context.Context, v *web.Viewer, query string) ([]string, error) {
	if v.Key == nil {
		return nil, fault.New(fault.Unlock, "")
	}
	var words [][]string
	for _, w := range fold.Words(query) {
		if forms := fold.Forms(w); len(forms) > 0 {
			words = append(words, forms)
		}
	}
	if len(words) == 0 {
		return nil, nil
	}
	if err := x.Purge(ctx, v); err != nil {
		return nil, err
	}
	s := x.shelf(v)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := x.catchUp(ctx, v, s); err != nil {
		return nil, err
	}
	found := s.find(words)
	x.shrink(v.AgencyID)
	return found, nil
}

// shelf is the agency's place in memory, held by this sign-in too.
func (x *Index) shelf(v *web.Viewer) *shelf {
	x.mu.Lock()
	defer x.mu.Unlock()
	s := x.shelves[v.AgencyID]
	if s == nil {
		s = newShelf()
		x.shelves[v.AgencyID] = s
	}
	s.holders[v.SessionID], s.asked = true, x.Now()
	return s
}

// catchUp takes in the segments that came since.
func (x *Index) catchUp(ctx context.Context, v *web.Viewer, s *shelf) error {
	var fresh []segment
	keys := map[string]searchKey{}
	few := 0
	err := x.DB.Read(ctx, func(tx *db.Tx) error {
		fresh, few = nil, 0
		list, err := loadIDs(tx, v.AgencyID)
		if err != nil {
			return err
		}
		for _, one := range list {
			if one.records < small {
				few++
			}
			if s.known[one.id] {
				continue
			}
			got, err := loadSegment(tx, one.id)
			if err != nil {
				return err
			}
			fresh = append(fresh, got)
		}
		if len(fresh) == 0 && few <= merged {
			return nil
		}
		return x.openAll(tx, v, keys)
	})
	if err != nil {
		return err
	}
	for _, one := range fresh {
		records, err := keys[one.search].read(one)
		if err != nil {
			return err
		}
		s.add(one.id, records)
	}
	if few > merged {
		return x.merge(ctx, v, s, keys)
	}
	return nil
}

func (x *Index) openAll(tx *db.Tx, v *web.Viewer, into map[string]searchKey) error {
	list, err := loadKeys(tx, v.AgencyID)
	for _, k := range list {
		if into[k.id], err = x.open(tx, v, k); err != nil {
			return err
		}
	}
	return err
}

// merge puts the small segments into one. Who loses against another that merges
// leaves it at that.
func (x *Index) merge(ctx context.Context, v *web.Viewer, s *shelf, keys map[string]searchKey) error {
	var old []segment
	var key searchKey
	err := x.DB.Read(ctx, func(tx *db.Tx) (err error) {
		if old, err = loadSmall(tx, v.AgencyID, small); err != nil {
			return err
		}
		key, err = x.present(tx, v)
		return err
	})
	if err != nil {
		return err
	}
	var records []record
	for _, one := range old {
		some, err := keys[one.search].read(one)
		if err != nil {
			return err
		}
		records = append(records, some...)
	}
	whole, err := key.segment(v.AgencyID, newest(records), x.Now())
	if err != nil {
		return err
	}
	err = x.DB.Write(ctx, func(tx *db.Tx) error {
		for _, one := range old {
			n, err := tx.Exec(segmentDropStmt, one.id)
			if err == nil && n == 0 {
				err = errMerged
			}
			if err != nil {
				return err
			}
		}
		if err := key.write(tx, v.AgencyID); err != nil {
			return err
		}
		return whole.insert(tx)
	})
	if errors.Is(err, errMerged) {
		return nil
	}
	if err == nil {
		s.known[whole.id] = true
	}
	return err
}

// errMerged says that somebody else merged the same segments just now: the whole
// transaction is undone, and the other's segment holds what these held.
var errMerged = errors.New("index: merged by another")

// newest keeps the last record of each entry.
func newest(records []record) (out []record) {
	at := map[string]int{}
	for _, r := range records {
		i, there := at[r.Entry]
		switch {
		case !there:
			at[r.Entry] = len(out)
			out = append(out, r)
		case r.At >= out[i].At:
			out[i] = r
		}
	}
	return out
}

// shrink lets the agencies go that were asked least recently, but never the one
// that asks, until all fit the budget.
func (x *Index) shrink(asking string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for {
		all, oldest := 0, ""
		for agency, s := range x.shelves {
			all += int(s.bytes.Load())
			if agency != asking && (oldest == "" || s.asked.Before(x.shelves[oldest].asked)) {
				oldest = agency
			}
		}
		if all <= x.Budget || oldest == "" {
			return
		}
		delete(x.shelves, oldest)
	}
}

// Retain drops what is held by no sign-in whose key is unlocked: unlocked says of
// which of some sign-ins it is.
//
// req: CASE-11
func (x *Index) Retain(unlocked func(sessions []string) (map[string]bool, error)) error {
	x.mu.Lock()
	var sessions []string
	for _, s := range x.shelves {
		for session := range s.holders {
			sessions = append(sessions, session)
		}
	}
	x.mu.Unlock()
	if len(sessions) == 0 {
		return nil
	}
	open, err := unlocked(sessions)
	if err != nil {
		return err
	}
	for _, session := range sessions {
		if !open[session] {
			x.Forget(session)
		}
	}
	return nil
}

// Forget drops what only this sign-in held: at its end, and when it is locked.
func (x *Index) Forget(session string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for agency, s := range x.shelves {
		delete(s.holders, session)
		if len(s.holders) == 0 {
			delete(x.shelves, agency)
		}
	}
}

// Sweep drops what nobody asked for lately.
func (x *Index) Sweep() {
	x.mu.Lock()
	defer x.mu.Unlock()
	for agency, s := range x.shelves {
		if x.Now().Sub(s.asked) > Idle {
			delete(x.shelves, agency)
		}
	}
}

// Held is how many agencies' words lie in memory, and their bytes.
func (x *Index) Held() (agencies, bytes int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, s := range x.shelves {
		bytes += int(s.bytes.Load())
	}
	return len(x.shelves), bytes
}
