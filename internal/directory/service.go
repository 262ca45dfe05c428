package directory

import (
	"context"
	"io/fs"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/geo"
	"amelie/internal/i18n"
	"amelie/internal/policy"
	"amelie/internal/vault"
	"amelie/internal/web"
)

// Config is what the directory needs from outside.
type Config struct {
	DB      *db.DB
	Content fs.FS               // the shipped content, rooted at content/
	Texts   *i18n.Bundle        // the sentences of the pages and interfaces
	Secret  *vault.ServerSecret // seals the searches that stand in addresses
	Now     clock.Clock         //
	Log     *slog.Logger
	BaseURL string // the site's own address, for links in interfaces and on paper; may be empty
	Country string // ISO 3166-1 code of the country that is meant when nothing else says so; may be empty

	// Address is the address a request comes from; nil: the connection's.
	Address func(r *http.Request) string

	Policy *policy.Engine // who keeps the directory; nil where nobody does (tests of reading)

	// Owner is the agency here that is an organisation of the directory, ""
	// when none is; nil: none.
	Owner func(tx *db.Tx, organization string) (agency string, err error)

	// Agreements says in the page's language which public agreements an
	// organisation has; nil: nobody knows.
	Agreements func(c *web.Ctx, organization string) ([]string, error)

	// MayEdit tells whether who sent a request may change an organisation's
	// entry; nil: nobody may. It is asked only when a sign-in came along.
	MayEdit func(r *http.Request, organization string) bool

	// Need counts what a search of everyone's pages hardly found; it says whether
	// it does. It is called while a reader waits: it must not touch the database.
	// nil: nobody counts.
	Need func(Need) bool

	// Receives tells whether an organisation can be sent a sealed referral
	// here; nil: none can.
	Receives func(ctx context.Context, organization string) bool
}

// Directory answers everything about services. It holds one immutable
// snapshot of the directory, replaced when the version row has moved.
type Directory struct {
	cfg     Config
	limiter *limiter

	now     atomic.Pointer[snapshot]
	home    atomic.Pointer[string] // country that is meant when nothing else says so
	checked atomic.Int64           // clock milliseconds of the last look at the version row
	loading sync.Mutex

	receivers receivers
}

// receivers remembers for a few seconds which organisations can be sent a
// referral here, so that a page of results asks the database once and not for
// each card. Sending asks again.
type receivers struct {
	mu    sync.Mutex
	at    time.Time
	known map[string]bool
}

// receiversLife is how long a refer button may stand behind an organisation's
// real state.
const receiversLife = 5 * time.Second

func (r *receivers) ask(organization string, at time.Time, ask func(string) bool) bool {
	r.mu.Lock()
	if age := at.Sub(r.at); r.known == nil || age < 0 || age >= receiversLife {
		r.at, r.known = at, map[string]bool{}
	}
	can, known := r.known[organization]
	r.mu.Unlock()
	if known {
		return can
	}
	can = ask(organization)
	r.mu.Lock()
	r.known[organization] = can
	r.mu.Unlock()
	return can
}

// versionPause is how long an answer trusts the last look at the version row,
// in milliseconds. A change made through this instance is seen at once.
const versionPause = 1000

// Open imports the shipped content where it is due, and loads the directory.
// Errors: the content's problems; fault.Unavailable when the database fails.
func Open(ctx context.Context, cfg Config) (*Directory, error) {
	if cfg.Now == nil {
		cfg.Now = clock.System
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	d := &Directory{cfg: cfg, limiter: newLimiter(cfg.Now)}
	d.SetHome(cfg.Country)
	if cfg.Content != nil {
		files, vocab, err := LoadContent(cfg.Content)
		if err != nil {
			return nil, fault.Wrap(err, "directory content")
		}
		done, err := Import(ctx, cfg.DB, files, vocab, cfg.Now())
		if err != nil {
			return nil, err
		}
		if done.Added+done.Updated+done.Removed+done.Proposed > 0 {
			cfg.Log.Info("directory imported", "added", done.Added, "updated", done.Updated, "removed", done.Removed, "proposed", done.Proposed)
		}
	}
	_, err := d.snapshot(ctx)
	return d, err
}

// SetHome changes the country that is meant when nothing else says so; "": it
// follows the reader's language. It may be called at any time.
func (d *Directory) SetHome(country string) { d.home.Store(&country) }

// snapshot gives the directory as the version row says it is now.
func (d *Directory) snapshot(ctx context.Context) (*snapshot, error) {
	have := d.now.Load()
	at := d.cfg.Now().UnixMilli()
	if have != nil && at-d.checked.Load() < versionPause && at >= d.checked.Load() {
		return have, nil
	}
	d.loading.Lock()
	defer d.loading.Unlock()
	if have = d.now.Load(); have != nil && at-d.checked.Load() < versionPause && at >= d.checked.Load() {
		return have, nil // another request looked meanwhile
	}
	var version int64
	err := d.cfg.DB.Read(ctx, func(tx *db.Tx) error {
		var err error
		version, _, err = readVersion(tx)
		return err
	})
	switch {
	case err != nil && have != nil && fault.KindOf(err) == fault.Unavailable:
		// A database that does not answer must not close the directory: what is
		// in memory stays the answer until it does.
		d.cfg.Log.Warn("directory version unknown", "err", err.Error())
		return have, nil
	case err != nil:
		return nil, fault.Wrap(err, "directory version")
	case have != nil && have.version == version && d.cfg.Now().Sub(have.built) < orderLife:
		d.checked.Store(at)
		return have, nil
	}
	fresh, err := d.renew(ctx, have)
	if err != nil {
		return nil, err
	}
	d.now.Store(fresh)
	d.checked.Store(at)
	return fresh, nil
}

// renew reads what changed since have; everything when there is nothing yet,
// when the order has grown old, and when the trail does not tell all.
func (d *Directory) renew(ctx context.Context, have *snapshot) (*snapshot, error) {
	at := d.cfg.Now()
	if have != nil && at.Sub(have.built) < orderLife {
		some, moved, ok, err := loadMoved(ctx, d.cfg.DB, have.version)
		if err == nil && ok {
			return have.with(some, moved), nil
		}
	}
	all, err := load(ctx, d.cfg.DB)
	if err != nil {
		return nil, err
	}
	return newSnapshot(all, at), nil
}

// orderLife is how long an order of results stands: verification grows old also
// where nobody changes anything.
const orderLife = 24 * time.Hour

// Refresh makes the next answer look at the version row, after a change made
// through this instance.
func (d *Directory) Refresh() { d.checked.Store(0) }

// Version is the version of the directory that answers now.
func (d *Directory) Version(ctx context.Context) (int64, error) {
	s, err := d.snapshot(ctx)
	if err != nil {
		return 0, err
	}
	return s.version, nil
}

// record is one service with its organisation, as an audience may see it.
type record struct {
	organization *Organization
	service      *Service
	changed      time.Time
}

func territoryName(code string) string {
	if t, ok := geo.Lookup(code); ok {
		return t.Name("en")
	}
	return CountryName("en", code)
}

// label is the name of a concept in a language; its identifier when the
// vocabulary does not know it.
func (s *snapshot) label(scheme, id, lang string) string {
	if t := s.labels[scheme+"/"+id]; t != nil {
		return t.In(lang)
	}
	return id
}

// allow slows addresses that ask too much. The machine itself is not slowed:
// checks and neighbouring programs walk the whole directory.
func (d *Directory) allow(r *http.Request) error {
	from := r.RemoteAddr
	if d.cfg.Address != nil {
		from = d.cfg.Address(r)
	}
	if d.limiter.allow(from) {
		return nil
	}
	return fault.New(fault.TooMany, "directory.error.too-many")
}
