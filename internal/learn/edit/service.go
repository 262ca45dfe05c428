package edit

import (
	"context"
	_ "embed"
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"amelie/internal/audit"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/learn"
	"amelie/internal/policy"
	"amelie/internal/web"
)

//go:embed policy.cedar
var policyText string

// Policy is who may work on a course.
var Policy = policy.Source{Name: "edit", Text: policyText}

// Config is what the service is made of.
type Config struct {
	DB     *db.DB
	Policy *policy.Engine
	Now    clock.Clock
	Log    *slog.Logger
	ID     string // of the course
	// Shipped is the folder of the course that ships with the program.
	Shipped func() (map[string][]byte, error)
	// Known are the names of other rooms that a course may lead to.
	Known func() learn.Known
	// Dense is called when a course is read that stays in memory, and what it
	// answers when it was read; nil: nobody has to know.
	Dense func() (end func())
}

// Service keeps the working copy and what was published.
type Service struct {
	Config
	shelf shelf
	stray stray
}

// New makes the service. The policy engine must hold this package's Policy.
func New(cfg Config) *Service {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{Config: cfg}
}

// May asks whether somebody may do something with the course: course.know,
// course.read, course.edit or course.publish. Errors: fault.NotFound for who may
// not know of the desk, fault.Denied.
//
// req: EDIT-1
func (s *Service) May(v *web.Viewer, action string) error {
	return s.Policy.Require(v.Actor(), action, policy.Object{Type: "Course", ID: s.ID})
}

func by(v *web.Viewer) By { return By{User: v.UserID, Name: v.Name} }

// Draft is the working copy; while nobody has edited, what is published.
func (s *Service) Draft(ctx context.Context) (d Draft, err error) {
	now := s.Course()
	s.shelf.mu.Lock()
	defer s.shelf.mu.Unlock()
	x := &s.shelf.draft
	var files map[string][]byte
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		files = nil
		w, ok, err := loadWork(tx, s.ID)
		d = Draft{Course: now, Revision: w.revision, Released: w.released}
		if err != nil || !ok || x.course != nil && x.key == key(w) {
			return err
		}
		files, err = loadFiles(tx, s.ID)
		return err
	})
	if err != nil || d.Revision == 0 {
		return d, err
	}
	if files != nil {
		x.course, x.problems = learn.Draft(files, s.Known())
		if x.key = key(work{revision: d.Revision}); x.course == nil {
			return d, fault.Wrap(x.problems, "working copy")
		}
	}
	x.used = s.Now()
	d.Course, d.Problems = x.course, x.problems
	return d, nil
}

func key(w work) string { return strconv.FormatInt(w.revision, 10) }

// Files are those of the working copy.
func (s *Service) Files(ctx context.Context) (files map[string][]byte, err error) {
	began := false
	err = s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		if _, began, err = loadWork(tx, s.ID); err == nil && began {
			files, err = loadFiles(tx, s.ID)
		}
		return err
	})
	if err == nil && !began {
		files, err = s.Shipped()
	}
	return files, err
}

// begin gives the working copy its rows, from what ships with the program, when
// nobody has edited before.
func (s *Service) begin(tx *db.Tx) (work, error) {
	w, ok, err := loadWork(tx, s.ID)
	if err != nil || ok {
		return w, err
	}
	files, err := s.Shipped()
	if err != nil {
		return w, err
	}
	course, err := learn.ReadFiles(files, s.Known())
	if err != nil {
		return w, err
	}
	w.base = course.Version()
	for path, body := range files {
		if err := putFile(tx, s.ID, path, body); err != nil {
			return w, err
		}
	}
	return w, keepFolder(tx, s.ID, w.base, files)
}

// Act does one thing to the working copy: all of it or nothing. once is the key
// of the button, so that pressing it twice does it once; "" for none.
func (s *Service) Act(ctx context.Context, v *web.Viewer, once string, kind Kind, do func(b *Bench) error) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := s.May(v, "course.edit"); err != nil {
			return err
		}
		if first, err := s.first(tx, once); err != nil || !first {
			return err
		}
		return s.act(tx, kind, by(v), do)
	})
}

// act does what somebody may do.
func (s *Service) act(tx *db.Tx, kind Kind, who By, do func(b *Bench) error) error {
	w, err := s.begin(tx)
	if err != nil {
		return err
	}
	b := s.bench(tx, kind, who)
	if err := do(b); err != nil {
		return err
	}
	if len(b.changes) == 0 {
		return nil
	}
	if err := b.save(); err != nil {
		return err
	}
	w.revision++
	return w.save(tx, s.ID)
}

// bench is where one act of somebody changes files.
func (s *Service) bench(tx *db.Tx, kind Kind, who By) *Bench {
	return &Bench{tx: tx, course: s.ID, act: id.New(), kind: kind, by: who, at: s.Now(), files: map[string]string{}}
}

// Text is a block's words as somebody typed them in one language.
type Text struct {
	File, Lang, Block string
	Seen              string  // Stamp of the words that stood there when it was opened
	Source            string  // of a translation: Stamp of the source text that was shown beside it
	Form              *string // how it stands out from now on; nil: as before
	learn.Text
}

// Write puts words in the place of a block's, when they are still the ones that
// the editor saw. A translation is of the source text that the translator saw,
// though it may have changed since. Errors: Conflict; fault.NotFound;
// learn.Problem.
//
// req: EDIT-5
func (s *Service) Write(ctx context.Context, v *web.Viewer, once string, t Text) error {
	return s.Act(ctx, v, once, Wrote, func(b *Bench) error { return b.write(t) })
}

func (b *Bench) write(t Text) error {
	w, err := b.words(t.File, t.Lang)
	if err != nil {
		return err
	}
	now, there := w.Text(t.Block)
	if source, err := b.words(t.File, learn.Source); err != nil || !there && !source.Has(t.Block) {
		return errors.Join(err, errNotFound)
	}
	if now.Body != t.Body && t.Seen != now.Stamp() {
		return Conflict{Value{now.Body, now.Of}}
	}
	if t.Form != nil {
		unit, block, _ := strings.Cut(t.Block, ".")
		if err := b.SetForm(t.File, unit, block, *t.Form); err != nil {
			return err
		}
	}
	if t.Lang != learn.Source && t.Source != "" {
		return b.put(t.File, t.Lang, t.Block, Value{t.Body, t.Source}, "")
	}
	return b.Put(t.File, t.Lang, t.Block, t.Body)
}

// Restore brings a text back as it was before or after a change: the same for a
// block in one language and for the structure of a topic or a case, whose words
// come back with it.
//
// req: EDIT-2
func (s *Service) Restore(ctx context.Context, v *web.Viewer, once, change string, before bool) error {
	return s.Act(ctx, v, once, Restored, func(b *Bench) error {
		c, err := db.First(loadChanges(b.tx, changeStmt, s.ID, change))
		if err != nil {
			return err
		}
		value := c.After
		if before {
			value = c.Before
		}
		if err := b.restore(c, value); err != nil {
			return err
		}
		return audit.Record(b.tx, audit.Event{At: s.Now(), Actor: v.UserID, Agency: v.AgencyID, Action: "course.restored", Object: "course/" + s.ID + "/" + c.Path})
	})
}

// Wish is what somebody publishes: a note, and what changed in substance.
type Wish struct {
	Note    string
	Changed []learn.Change
	Seen    int64 // revision of the working copy that was looked at
}

// Publish makes the working copy what everybody reads, or nothing. Errors:
// learn.Problems with everything that is wrong; fault.Stale when the working
// copy moved since it was looked at; fault.Conflict when nothing is new;
// fault.Denied when it has texts that nobody has read, and v may not publish such.
//
// req: EDIT-3 EDIT-6
func (s *Service) Publish(ctx context.Context, v *web.Viewer, wish Wish) (r Release, err error) {
	l, err := s.Looks(ctx) // read before the transaction, in which others would wait for it
	if err != nil {
		return r, err
	}
	course, unread := l.Course, len(l.Unseen()) > 0
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := s.May(v, "course.publish"); err != nil {
			return err
		}
		w, ok, err := loadWork(tx, s.ID)
		if err != nil {
			return err
		}
		if !ok {
			return errNothing
		}
		if w.revision != wish.Seen || w.revision != l.Revision {
			return errMoved
		}
		if len(l.Problems) > 0 {
			return l.Problems
		}
		files, err := loadFiles(tx, s.ID)
		if err != nil {
			return err
		}
		if w.released == course.Version() || w.released == "" && w.base == course.Version() {
			return errNothing
		}
		if unread {
			if err := s.May(v, "course.publish-unread"); err != nil {
				return err
			}
		}
		if err := keepFolder(tx, s.ID, course.Version(), files); err != nil {
			return err
		}
		r = Release{ID: id.New(), Version: course.Version(), Note: wish.Note, Changed: slices.Clone(wish.Changed), By: by(v), At: s.Now()}
		for i := range r.Changed {
			r.Changed[i].At = r.At
		}
		if err := r.insert(tx, s.ID); err != nil {
			return err
		}
		w.released = r.Version
		if err := w.save(tx, s.ID); err != nil {
			return err
		}
		return audit.Record(tx, audit.Event{At: s.Now(), Actor: v.UserID, Agency: v.AgencyID, Action: "course.published", Object: "course/" + s.ID + "/" + r.Version})
	})
	if err == nil {
		s.look()
	}
	return r, err
}

var (
	errNothing = fault.New(fault.Conflict, "edit.fault.nothing")
	errMoved   = fault.New(fault.Stale, "edit.fault.moved")
)

// Releases are what was published, the newest first.
func (s *Service) Releases(ctx context.Context) (out []Release, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		out, err = loadReleases(tx, s.ID)
		return err
	})
	return out, err
}

// Changed is what was changed in substance by what was published after a time;
// nil while nothing was ever published here.
func (s *Service) Changed(tx *db.Tx, since time.Time) (out []learn.Change, err error) {
	list, err := loadReleases(tx, s.ID)
	if len(list) > 0 {
		out = []learn.Change{}
	}
	for _, r := range list {
		if r.At.After(since) {
			out = append(out, r.Changed...)
		}
	}
	return out, err
}

// History is what became of a block in one language, or of the structure of a
// topic or case (block is ""), the newest first.
func (s *Service) History(ctx context.Context, path, block string) (out []Change, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		out, err = loadChanges(tx, blockChanges, s.ID, path, block)
		return err
	})
	return out, err
}

// perHistory is how many changes are shown at once.
const perHistory = 60

// Changes are those of the whole course that came before one of them, the newest first; before is
// "" for the beginning.
func (s *Service) Changes(ctx context.Context, before string) (out []Change, err error) {
	if before == "" {
		before = "g" // after every identifier
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		out, err = loadChanges(tx, allChanges, s.ID, before, int64(perHistory))
		return err
	})
	return out, err
}
