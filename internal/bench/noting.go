package bench

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"amelie/content"
	"amelie/internal/audit"
	"amelie/internal/db"
	"amelie/internal/directory"
	"amelie/internal/directory/lexicon"
	"amelie/internal/i18n"
	"amelie/internal/policy"
	"amelie/internal/vault"
	"amelie/locale"
)

// inVain are searches that find little, with and without words that nobody
// knows, accents, and places to be counted by their region.
var inVain = []directory.Query{
	{Text: "ζενωνάκι", Lang: "el"},
	{Text: "ξενωνάκια σπιτάκι Θεσσαλονίκη", Lang: "el"},
	{Text: "qwschutzstube qwbleibe", Lang: "de"},
	{Text: "zzquadrille Antwerpen", Lang: "nl"},
	{Helps: []string{"accommodation"}, Languages: []string{"vi"}, Territories: []string{"GR-B"}, Lang: "en"},
	{Helps: []string{"legal-aid"}, Languages: []string{"ti"}, Near: &directory.Near{Place: "Larisa", Km: 5}, Lang: "el"},
}

// noteBudget is the most that noting a need may add to a search, in
// microseconds, with this many who search at once.
const (
	noteBudget  = 5
	noteWriters = 16
)

// noting measures what a search that found little pays for being counted.
func noting(ctx context.Context, t *table, dir string, _ Options) error {
	d, done, err := counted(ctx, filepath.Join(dir, "noting"))
	if err != nil {
		return err
	}
	defer done()
	all, err := d.Everyone(ctx)
	if err != nil {
		return err
	}
	results := make([]directory.Result, len(inVain))
	for i, q := range inVain {
		results[i] = all.Search(q)
	}
	const rounds = 5000
	best := time.Duration(-1)
	for range 5 { // the calmest: other work only adds
		var all sync.WaitGroup
		began := time.Now()
		for range noteWriters {
			all.Go(func() {
				for n := range rounds {
					d.Note(inVain[n%len(inVain)], results[n%len(inVain)])
				}
			})
		}
		all.Wait()
		if took := time.Since(began); best < 0 || took < best {
			best = took
		}
	}
	cores := min(runtime.GOMAXPROCS(0), noteWriters)
	each := float64(best.Nanoseconds()) / 1000 * float64(cores) / (rounds * noteWriters)
	t.line("noting a search that found little, 16 at once", noteBudget, each, "µs")
	return nil
}

// counted is a directory of the shipped content whose searches are counted.
func counted(ctx context.Context, dir string) (*directory.Directory, func(), error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, nil, err
	}
	store, err := db.Open(ctx, db.Config{Path: filepath.Join(dir, "amelie.db")})
	if err != nil {
		return nil, nil, err
	}
	done := func() { _ = store.Close() }
	var l *lexicon.Lexicon
	d, err := func() (*directory.Directory, error) {
		if err := store.Migrate(ctx, audit.Schema, directory.Schema, lexicon.Schema); err != nil {
			return nil, err
		}
		texts, err := i18n.Load(locale.Files, i18n.Languages)
		if err != nil {
			return nil, err
		}
		secret, err := vault.LoadServerSecret(dir)
		if err != nil {
			return nil, err
		}
		d, err := directory.Open(ctx, directory.Config{DB: store, Content: content.FS, Texts: texts, Secret: secret,
			Policy: policy.Must(directory.Policy), Need: func(n directory.Need) bool { return l.Note(n) }})
		if err != nil {
			return nil, err
		}
		l = lexicon.New(lexicon.Config{DB: store, Directory: d, Texts: texts})
		return d, l.Sweep(ctx)
	}()
	if err != nil {
		done()
		return nil, nil, err
	}
	return d, done, nil
}
