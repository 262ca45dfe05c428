package house

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"

	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/i18n"
	"amelie/internal/policy"
	"amelie/internal/web"
)

// Note says what a release changed for the people who work with it.
type Note struct {
	Release string   `toml:"release"`
	Date    string   `toml:"date"` // YYYY-MM-DD
	Changes []Change `toml:"change"`
}

// Change is one thing that is different now.
type Change struct {
	Roles []string          `toml:"roles"` // whom it concerns; empty: everybody
	Title map[string]string `toml:"title"`
	Text  map[string]string `toml:"text"`
	Do    map[string]string `toml:"do"` // empty: nothing to do
}

// LoadNotes reads notes/*.toml, the newest release first.
// Errors: an unknown field, a language that is missing, two of one release.
func LoadNotes(fsys fs.FS) ([]Note, error) {
	files, err := fs.Glob(fsys, "notes/*.toml")
	if err != nil {
		return nil, err
	}
	var out []Note
	for _, file := range files {
		b, err := fs.ReadFile(fsys, file)
		if err != nil {
			return nil, err
		}
		var n Note
		m, err := toml.Decode(string(b), &n)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if left := m.Undecoded(); len(left) > 0 {
			return nil, fmt.Errorf("%s: unknown %s", file, left[0])
		}
		if err := n.check(); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if slices.ContainsFunc(out, func(o Note) bool { return o.Release == n.Release }) {
			return nil, fmt.Errorf("%s: release %s stands twice", file, n.Release)
		}
		out = append(out, n)
	}
	sort.Slice(out, func(i, j int) bool { return newer(out[i].Release, out[j].Release) })
	return out, nil
}

func (n Note) check() error {
	if n.Release == "" || n.Date == "" || len(n.Changes) == 0 {
		return fmt.Errorf("release, date and at least one change are needed")
	}
	for i, c := range n.Changes {
		for _, lang := range i18n.Languages {
			if c.Title[lang] == "" || c.Text[lang] == "" || (len(c.Do) > 0) != (c.Do[lang] != "") {
				return fmt.Errorf("change %d is not whole in %s", i+1, lang)
			}
		}
	}
	return nil
}

// newer compares releases number by number.
func newer(a, b string) bool {
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	for i := range max(len(x), len(y)) {
		n, m := part(x, i), part(y, i)
		if n != m {
			return n > m
		}
	}
	return false
}

func part(list []string, i int) int {
	if i >= len(list) {
		return 0
	}
	n, err := strconv.Atoi(list[i])
	if err != nil {
		return 0
	}
	return n
}

// For are the changes that concern somebody with these roles.
func (n Note) For(roles []string) (out []Change) {
	for _, c := range n.Changes {
		if len(c.Roles) == 0 || slices.ContainsFunc(c.Roles, func(r string) bool { return slices.Contains(roles, r) }) {
			out = append(out, c)
		}
	}
	return out
}

// Begin notes that this release runs here. before is whether somebody worked
// here already: then an installation without a note is older than the notes.
func (s *Service) Begin(ctx context.Context, notes []Note, before bool) error {
	s.notes = notes
	return s.cfg.DB.Write(ctx, func(tx *db.Tx) error {
		known := false
		err := tx.Each(releasesStmt, func(scan func(...any) error) error {
			var release string
			var at int64
			known = true
			return scan(&release, &at)
		})
		if err != nil {
			return err
		}
		if !known && before {
			if _, err := tx.Exec(addReleaseStmt, "0", 0); err != nil {
				return err
			}
		}
		_, err = tx.Exec(addReleaseStmt, s.cfg.Release, clock.Millis(s.cfg.Now()))
		return err
	})
}

// Unread are the notes of releases that came after the first one here, that
// concern the reader and that she has not marked as read.
func (s *Service) Unread(ctx context.Context, v *web.Viewer) (out []Note, err error) {
	first, seen := "", map[string]bool{}
	err = s.cfg.DB.Read(ctx, func(tx *db.Tx) error {
		first, seen = "", map[string]bool{}
		err := tx.Each(releasesStmt, func(scan func(...any) error) error {
			var release string
			var at int64
			err := scan(&release, &at)
			if first == "" || newer(first, release) {
				first = release
			}
			return err
		})
		if err != nil {
			return err
		}
		return tx.Each(seenStmt, func(scan func(...any) error) error {
			var release string
			err := scan(&release)
			seen[release] = true
			return err
		}, v.UserID)
	})
	for _, n := range s.notes {
		if newer(n.Release, first) && !newer(n.Release, s.cfg.Release) && !seen[n.Release] && len(n.For(v.Roles)) > 0 {
			out = append(out, n)
		}
	}
	return out, err
}

// MarkRead notes that the reader has seen all notes there are.
func (s *Service) MarkRead(ctx context.Context, v *web.Viewer) error {
	if err := s.cfg.Policy.Require(v.Actor(), "note.read", policy.Object{Type: "Note", ID: "*"}); err != nil {
		return err
	}
	return s.cfg.DB.Write(ctx, func(tx *db.Tx) error {
		for _, n := range s.notes {
			if _, err := tx.Exec(addSeenStmt, v.UserID, n.Release, clock.Millis(s.cfg.Now())); err != nil {
				return err
			}
		}
		return s.record(tx, v.UserID, "house.notes-read", "house/notes")
	})
}
