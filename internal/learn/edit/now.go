package edit

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/learn"
)

// The courses that an instance has in memory: the published one, and while they
// are used one older revision and the working copy.

const (
	fresh   = time.Second      // how long an instance goes without asking what is published
	idle    = 10 * time.Minute // after which an older revision is let go
	patient = 10 * time.Second // how long a database may take to give a course
)

// shelf holds them.
type shelf struct {
	now    atomic.Pointer[published]
	asking sync.Mutex             // held by the one who asks the database
	kept   atomic.Pointer[string] // version that is known to be kept
	mu     sync.Mutex
	past   slot
	draft  slot
}

type published struct {
	course  *learn.Course
	version string // what course_work names; "": what ships with the program
	asked   time.Time
}

// slot is one course that is let go when nobody asks for it.
type slot struct {
	key      string // version of a past one, number of a working copy
	course   *learn.Course
	problems learn.Problems
	used     time.Time
}

// Course is what is published now. It asks the database at most once a second,
// one caller at a time; the others go on with what there was. When the database
// does not answer, what was published before stays.
func (s *Service) Course() *learn.Course {
	was, now := s.shelf.now.Load(), s.Now()
	if was != nil && now.Sub(was.asked) < fresh && !now.Before(was.asked) {
		return was.course
	}
	if was != nil && !s.shelf.asking.TryLock() {
		return was.course
	}
	if was == nil {
		s.shelf.asking.Lock()
	}
	defer s.shelf.asking.Unlock()
	if is := s.shelf.now.Load(); is != nil && is != was {
		return is.course // somebody was faster
	}
	next := s.ask(was)
	next.asked = now
	s.shelf.now.Store(&next)
	return next.course
}

// ask reads what is published, when it is not what was.
func (s *Service) ask(was *published) (next published) {
	ctx, cancel := context.WithTimeout(context.Background(), patient)
	defer cancel()
	if was != nil {
		next = *was
	}
	var files map[string][]byte
	var version string
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		w, _, err := loadWork(tx, s.ID)
		version = w.released
		if err != nil || version == "" || next.course != nil && version == next.version {
			return err
		}
		files, _, err = loadFolder(tx, s.ID, version)
		return err
	})
	if err == nil && files != nil {
		var course *learn.Course
		if course, err = s.read(files); err == nil {
			return published{course: course, version: version}
		}
	}
	if err != nil {
		s.Log.Error("course", "version", version, "err", err.Error())
	}
	if next.course == nil || err == nil && version == "" && next.version != "" {
		next = published{course: s.shipped()}
	}
	return next
}

// shipped is the course that ships with the program. A damaged one is a broken
// build.
func (s *Service) shipped() *learn.Course {
	files, err := s.Shipped()
	if err == nil {
		var course *learn.Course
		if course, err = s.read(files); err == nil {
			return course
		}
	}
	panic(err)
}

// read reads a course that stays.
func (s *Service) read(files map[string][]byte) (*learn.Course, error) {
	if s.Dense != nil {
		defer s.Dense()()
	}
	return learn.ReadFiles(files, s.Known())
}

// look makes the next call of Course ask the database.
func (s *Service) look() {
	if was := s.shelf.now.Load(); was != nil {
		again := *was
		again.asked = time.Time{}
		s.shelf.now.CompareAndSwap(was, &again)
	}
}

// Past is a revision that was published or answered to. Errors: fault.NotFound
// when it was not kept.
func (s *Service) Past(ctx context.Context, version string) (*learn.Course, error) {
	if now := s.Course(); now.Version() == version {
		return now, nil
	}
	s.shelf.mu.Lock()
	defer s.shelf.mu.Unlock()
	if x := &s.shelf.past; x.course != nil && x.key == version {
		x.used = s.Now()
		return x.course, nil
	}
	var files map[string][]byte
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		ok := false
		if files, ok, err = loadFolder(tx, s.ID, version); err == nil && !ok {
			err = errNotFound
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	// What another program took may lead to rooms that this one has not got.
	course, problems := learn.Draft(files, s.Known())
	if course == nil {
		return nil, fault.Wrap(problems, "course "+version)
	}
	s.shelf.past = slot{key: version, course: course, used: s.Now()}
	return course, nil
}

// Keep keeps the revision that is published now, because something rests on it:
// a test that somebody begins. The same one again costs nothing.
func (s *Service) Keep(ctx context.Context) error {
	version := s.Course().Version()
	now := s.shelf.now.Load()
	if known := s.shelf.kept.Load(); now.version != "" || known != nil && *known == version {
		return nil // what was published is kept
	}
	files, err := s.Shipped()
	if err == nil {
		err = s.DB.Write(ctx, func(tx *db.Tx) error { return keepFolder(tx, s.ID, version, files) })
	}
	if err == nil {
		s.shelf.kept.Store(&version)
	}
	return err
}

// Sweep lets go of what nobody looked at for a while, in memory and of pictures
// in their rows.
func (s *Service) Sweep(ctx context.Context) error {
	s.rest()
	return s.sweepPictures(ctx)
}

// rest lets go of courses.
func (s *Service) rest() {
	s.shelf.mu.Lock()
	defer s.shelf.mu.Unlock()
	for _, x := range []*slot{&s.shelf.past, &s.shelf.draft} {
		if s.Now().Sub(x.used) > idle {
			*x = slot{}
		}
	}
}
