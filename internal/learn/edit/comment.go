package edit

import (
	"context"
	"time"

	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/learn"
	"amelie/internal/web"
)

// What editors say to each other about a text. It is never part of the folder,
// and so in no export, no package and no page of a reader.

// Comment is a comment on a block in one language, or an answer to one.
type Comment struct {
	Name
	ID      string
	Block   string // or Name.whole
	Stamp   string // of the text that was spoken of
	About   string // the comment that this one answers; "": none
	Body    string
	By      By
	At      time.Time
	Settler string    // name of who settled it
	Settled time.Time // zero: open
}

// MaxComment is the longest comment, in letters.
const MaxComment = 2000

// forgotten is after which time a settled comment goes.
const forgotten = 180 * 24 * time.Hour

// stamp names the text that a comment on a block speaks of.
func (d Draft) stamp(n Name, block string) string {
	if block == n.whole() {
		return d.Course.Digest(n.File, n.Part, n.Lang)
	}
	if w := d.Course.Own(n.File, n.Lang); w != nil && w.Has(block) {
		t, _ := w.Text(block)
		return t.Stamp()
	}
	return ""
}

// Comment says something about a block, or answers. Errors: fault.NotFound;
// fault.Invalid when it is empty or too long; fault.Stale when what it answers is
// settled, and nobody would see it.
func (s *Service) Comment(ctx context.Context, v *web.Viewer, once string, x Comment) error {
	d, err := s.Draft(ctx)
	if err != nil {
		return err
	}
	x.Part = d.Course.Part(x.File, x.Block)
	if d.Course.Own(x.File, x.Lang) == nil || x.Block != x.whole() && d.Course.Shapes(x.File, x.Block) == nil {
		return errNotFound
	}
	x.Stamp, x.By, x.At = d.stamp(x.Name, x.Block), by(v), s.Now()
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := s.May(v, "course.edit"); err != nil {
			return err
		}
		if first, err := s.first(tx, once); err != nil || !first {
			return err
		}
		if x.About != "" {
			to, err := db.First(loadComments(tx, commentStmt, s.ID, x.About))
			if err != nil {
				return err
			}
			if !to.Settled.IsZero() {
				return errSettled
			}
			if to.About != "" || to.Block != x.Block || to.path() != x.path() {
				return errNotFound
			}
		}
		if err := s.record(tx, v, "course.commented", x.Name); err != nil {
			return err
		}
		return s.comment(tx, x)
	})
}

var errSettled = fault.New(fault.Stale, "editing.fault.settled")

func (s *Service) comment(tx *db.Tx, x Comment) error {
	if n := len([]rune(x.Body)); n == 0 || n > MaxComment {
		return fault.New(fault.Invalid, "editing.fault.comment")
	}
	return x.insert(tx, s.ID)
}

// Settle closes a comment with its answers. Those that were settled half a year
// ago go.
func (s *Service) Settle(ctx context.Context, v *web.Viewer, comment string) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := s.May(v, "course.edit"); err != nil {
			return err
		}
		x, err := db.First(loadComments(tx, commentStmt, s.ID, comment))
		if err != nil || !x.Settled.IsZero() {
			return err
		}
		if err := settleComment(tx, s.ID, comment, v.Name, s.Now()); err != nil {
			return err
		}
		if err := dropComments(tx, s.ID, s.Now().Add(-forgotten)); err != nil {
			return err
		}
		return s.record(tx, v, "course.comment-settled", x.Name)
	})
}

// Comments are those on a block that are open, the oldest first, answers with
// them; block "" are all of the course.
func (s *Service) Comments(ctx context.Context, n Name, block string) (out []Comment, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if block == "" {
			out, err = loadComments(tx, openComments, s.ID)
			return err
		}
		out, err = loadComments(tx, blockComments, s.ID, n.path(), block)
		return err
	})
	return out, err
}

// part is filled in from the block: a row has none.
func (x Comment) in(course *learn.Course) Comment {
	x.Part = course.Part(x.File, x.Block)
	return x
}
