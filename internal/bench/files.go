package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"amelie/content"
	"amelie/internal/audit"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/directory"
	"amelie/internal/directory/transfer"
	"amelie/internal/i18n"
	"amelie/locale"
)

// imported is how many entries the import's budget is about.
const imported = 100_000

// files measures an import of 10^5 entries, what other writers notice of it,
// and how soon a change is found at another instance: at the shipped size and
// beside those 10^5.
func files(ctx context.Context, t *table, dir string, o Options) error {
	return onBoth(ctx, filepath.Join(dir, "files.db"), o, func(d *db.DB, engine string) error {
		return bringFile(ctx, t, d, dir, engine, engine == sqliteName)
	})
}

func bringFile(ctx context.Context, t *table, d *db.DB, dir, engine string, budget bool) error {
	if err := d.Migrate(ctx, audit.Schema, directory.Schema, transfer.Schema); err != nil {
		return err
	}
	texts, err := i18n.Load(locale.Files, i18n.Languages)
	if err != nil {
		return err
	}
	open := func() (*directory.Directory, error) {
		return directory.Open(ctx, directory.Config{DB: d, Content: content.FS, Texts: texts, Now: clock.System})
	}
	here, err := open()
	if err != nil {
		return err
	}
	there, err := open()
	if err != nil {
		return err
	}
	if err := noticed(ctx, t, d, here, there, texts, engine+", shipped size"); err != nil {
		return err
	}
	path := filepath.Join(dir, "entries.jsonl")
	if err := writeEntries(path, imported); err != nil {
		return err
	}
	if err := bring(ctx, t, d, here, path, engine, budget); err != nil {
		return err
	}
	return noticed(ctx, t, d, here, there, texts, fmt.Sprintf("%s, %d entries", engine, imported))
}

func bring(ctx context.Context, t *table, d *db.DB, here *directory.Directory, path, engine string, budget bool) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	others := beside(ctx, d)
	began := time.Now()
	s := &transfer.Service{DB: d, Directory: here, Now: clock.System}
	by := transfer.Who{By: directory.By{User: "bench", Name: "bench", Way: directory.ByImport}, Machine: true}
	i, err := s.Stage(ctx, by, "bench", transfer.Lines, transfer.Options{}, bufio.NewReaderSize(f, 1<<20), info.Size(), nil)
	if err != nil {
		return err
	}
	laid := time.Since(began)
	if i.Counts[transfer.Refuse] > 0 {
		wrong, err := s.Rows(ctx, i.ID, string(transfer.Refuse), 0, 1)
		return errors.Join(err, fmt.Errorf("import: %v, first %+v", i.Counts, wrong))
	}
	if err := s.Apply(ctx, by, i.ID, transfer.Word{}); err != nil {
		return err
	}
	took := time.Since(began)
	waits, peak := others()
	if i.Counts[transfer.Add] < imported {
		return fmt.Errorf("import: %v", i.Counts)
	}
	name := fmt.Sprintf("%s: import of %d entries (laid beside in %.1f s)", engine, imported, laid.Seconds())
	if budget {
		t.line(name, 60, took.Seconds(), "s")
	} else {
		t.report(name, show(took.Seconds(), "s"))
	}
	t.report("  another writer meanwhile, p95 and longest", fmt.Sprintf("%.0f / %.0f ms", ms(quantile(waits, 0.95)), ms(quantile(waits, 1))))
	t.report("  memory in use at its most", fmt.Sprintf("%d MB", peak>>20))
	return nil
}

// beside writes something small every few milliseconds until it is asked how
// long each took; it also watches memory.
func beside(ctx context.Context, d *db.DB) func() ([]time.Duration, uint64) {
	ctx, stop := context.WithCancel(ctx)
	var took []time.Duration
	var peak uint64
	var all sync.WaitGroup
	all.Go(func() {
		for n := 0; ctx.Err() == nil; n++ {
			began := time.Now()
			err := d.Write(ctx, func(tx *db.Tx) error {
				_, err := db.Once(tx, "bench", fmt.Sprint(n), began)
				return err
			})
			if err == nil {
				took = append(took, time.Since(began))
			}
			time.Sleep(10 * time.Millisecond)
			if n%20 == 0 {
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				peak = max(peak, m.HeapInuse)
			}
		}
	})
	return func() ([]time.Duration, uint64) { stop(); all.Wait(); return took, peak }
}

// noticed measures from a committed change at one instance to the first search
// at another that finds it.
func noticed(ctx context.Context, t *table, d *db.DB, here, there *directory.Directory, texts *i18n.Bundle, name string) error {
	var longest time.Duration
	for n := range 3 {
		word := fmt.Sprintf("quarzlampe%d", n)
		find := func(at *directory.Directory) (bool, error) {
			found, err := at.Briefs(ctx, texts, directory.Query{Text: word, Lang: "en", Now: time.Now(), Limit: 3})
			return err == nil && len(found) > 0 && strings.Contains(strings.ToLower(found[0].Name), word), err
		}
		if _, err := find(there); err != nil { // settled on what was before
			return err
		}
		err := d.Write(ctx, func(tx *db.Tx) error {
			r, err := here.Row(tx, directory.KindService, "gr-a21-1109")
			if err != nil {
				return err
			}
			s := *r.Service
			s.Name, s.Names = strings.ToUpper(word[:1])+word[1:], nil
			r.Service = &s
			return here.Change(tx, directory.By{User: "bench", Name: "bench", Way: directory.ByEditor}, time.Now(), directory.Change{Row: r})
		})
		if err != nil {
			return err
		}
		began := time.Now()
		for {
			ok, err := find(there)
			if err != nil {
				return err
			}
			if ok {
				break
			}
			if time.Since(began) > time.Minute {
				return fmt.Errorf("%s: not found after a minute", name)
			}
			time.Sleep(20 * time.Millisecond)
		}
		longest = max(longest, time.Since(began))
	}
	t.line("a change is found at another instance ("+name+")", 2, longest.Seconds(), "s")
	return nil
}

// writeEntries writes generated entries in our own lines, each an organisation
// with its service and places.
func writeEntries(path string, n int) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	out := json.NewEncoder(w)
	put := func(r directory.Row) error {
		fields, err := r.Fields()
		if err != nil {
			return err
		}
		delete(fields, "Services")
		delete(fields, "Places")
		return out.Encode(map[string]any{"kind": r.Kind, "id": r.ID, "parent": r.Parent, "row": fields})
	}
	for _, e := range directory.Generate(n, 11) {
		o, s := *e.Organization, *e.Service
		prefix := strings.ToLower(o.Country) + "-"
		o.ID, s.ID, o.Summary = prefix+o.ID, prefix+s.ID, directory.Text{"en": "Made for measuring."}
		o.Kind = map[directory.Group]string{directory.Support: "ngo", directory.Coordination: "ministry", directory.Authority: "police"}[o.Group]
		s.Hours.Zone = "Europe/Athens"
		s.Helpline = s.Helpline && o.Group == directory.Support
		rows := []directory.Row{directory.OfOrganization(o, 0), directory.OfService(o.ID, s, 0)}
		for _, p := range s.Places {
			rows = append(rows, directory.OfPlace(s.ID, p, 0))
		}
		for _, r := range rows {
			if err := put(r); err != nil {
				return err
			}
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}
