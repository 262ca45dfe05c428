package edit

import (
	"context"

	"amelie/internal/audit"
	"amelie/internal/db"
	"amelie/internal/learn"
)

// What whoever has the machine does with a course at the command line.

// Published is what everybody reads, and whether it was published in this
// installation; else it came with the program.
func (s *Service) Published(ctx context.Context) (course *learn.Course, here bool, err error) {
	var w work
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		w, _, err = loadWork(tx, s.ID)
		return err
	})
	if err != nil || w.released == "" {
		return s.Course(), false, err
	}
	course, err = s.Past(ctx, w.released)
	return course, true, err
}

// Import makes a folder the working copy, all of it or nothing. What it replaces
// is kept whole, what is published stays. who is whoever has the machine: nobody
// else calls this. Errors: learn.Problems with everything that is wrong.
//
// req: FOLDER-3
func (s *Service) Import(ctx context.Context, who By, files map[string][]byte) (d Difference, err error) {
	course, err := s.readFiles(files)
	if err != nil {
		return d, err
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		return s.act(tx, Took, who, func(b *Bench) error {
			now, err := loadFiles(tx, s.ID)
			if err != nil {
				return err
			}
			if _, err := s.keepBefore(tx, now); err != nil {
				return err
			}
			was, _ := learn.Draft(now, s.Known())
			d = Compare(was, course)
			if err := b.replace(now, course.Files()); err != nil {
				return err
			}
			return audit.Record(tx, audit.Event{At: s.Now(), Actor: who.User, Action: "course.folder-" + IntakeTaken, Object: "course/" + s.ID + "/" + course.Version()})
		})
	})
	return d, err
}
