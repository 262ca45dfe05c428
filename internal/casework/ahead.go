package casework

import (
	"context"
	"slices"
	"strings"
	"time"

	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/web"
)

// Ahead is one thing that is due in a case of the viewer's own.
type Ahead struct {
	Line
	Kind  string // of the entry; the source of a date that a room keeps ("stage.…")
	Entry string // "" for a room's date
	At    time.Time
}

// What the query looks at, and what is shown of it.
const (
	aheadReach = 90 * 24 * time.Hour
	aheadWeek  = 7 * 24 * time.Hour
	aheadRead  = 400
	aheadMost  = 60
)

// Ahead is what is due in the open cases for which the viewer is responsible: late,
// within a week, or as early as its kind says; the nearest first, at most sixty.
// Names are there while the key is.
func (s *Service) Ahead(ctx context.Context, v *web.Viewer) (out []Ahead, err error) {
	if err := s.requireList(v, "caseload.know"); err != nil {
		return nil, err
	}
	end := clock.Millis(s.Now().Add(aheadReach))
	early := map[string]time.Duration{}
	for _, k := range s.Kinds() {
		early[k.ID] = k.Early
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		list, err := db.All(tx, aheadStmt, func(scan func(...any) error) (a Ahead, err error) {
			var at int64
			err = scan(&a.ID, &a.Kind, &a.Entry, &at)
			a.At = clock.Time(at)
			return a, err
		}, v.AgencyID, v.UserID, end, end, v.AgencyID, v.UserID, end, end, aheadRead)
		if err != nil {
			return err
		}
		list = slices.DeleteFunc(list, func(a Ahead) bool { return a.At.After(s.Now().Add(max(aheadWeek, early[a.Kind]))) })
		out, err = s.named(tx, v, list[:min(len(list), aheadMost)])
		return err
	})
	return out, err
}

// Place is what a thing is called and where it is seen.
func (s *Service) Place(c *web.Ctx, a Ahead) (title, href string) {
	if k, ok := s.kind(a.Kind); ok {
		return k.title(c), c.Path(k.page(a.ID))
	}
	room := a.Kind
	if i := strings.IndexAny(room, "/."); i > 0 { // "share/…", "stage.…"
		room = room[:i]
	}
	return c.T(room + ".title"), c.Path(Kind{Room: room}.page(a.ID))
}

// named puts the case beside each thing, opening each header once.
func (s *Service) named(tx *db.Tx, v *web.Viewer, list []Ahead) ([]Ahead, error) {
	lines := map[string]Line{}
	for i, a := range list {
		if _, known := lines[a.ID]; !known {
			row, err := caseByID(tx, a.ID)
			if err != nil {
				return nil, err
			}
			one, err := s.lines(tx, v, []stored{row})
			if err != nil {
				return nil, err
			}
			lines[a.ID] = one[0]
		}
		list[i].Line = lines[a.ID]
	}
	return list, nil
}

// Load is how many open cases a worker has, and in how many of them something is
// late.
type Load struct {
	Worker
	Open, Late int
}

// Workload counts the open cases of the viewer's agency by who is responsible, for
// its leads. Whoever is responsible and works there no longer has no name.
func (s *Service) Workload(ctx context.Context, v *web.Viewer) (out []Load, err error) {
	if err := s.requireList(v, "caseload.count"); err != nil {
		return nil, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		workers, err := s.Agencies.Workers(tx, v.AgencyID)
		if err != nil {
			return err
		}
		counts, err := db.All(tx, workloadStmt, func(scan func(...any) error) (l Load, err error) {
			return l, scan(&l.UserID, &l.Open, &l.Late)
		}, clock.Millis(s.Now()), v.AgencyID)
		out = nil
		for _, w := range workers {
			l := Load{Worker: w}
			for i, n := range counts {
				if n.UserID == w.UserID {
					l.Open, l.Late, counts[i].Open = n.Open, n.Late, 0
				}
			}
			out = append(out, l)
		}
		for _, n := range counts { // of those who have gone
			if n.Open > 0 {
				out = append(out, n)
			}
		}
		return err
	})
	return out, err
}
