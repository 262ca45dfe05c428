package edit

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"amelie/internal/audit"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/learn"
	"amelie/internal/web"
)

// The course as a folder that somebody works on elsewhere: it goes out as one
// file, comes back, is shown as what it would change, and takes the place of the
// working copy or is sent back as a whole.

// Intake is a folder that somebody sent.
type Intake struct {
	ID      string
	Version string // learn.Course.Version of it
	State   string // IntakeOpen, IntakeTaken, IntakeDropped
	Before  string // of a taken one: version of the working copy that it replaced
	By      By
	At      time.Time
}

// The states of an intake.
const (
	IntakeOpen    = "open"
	IntakeTaken   = "taken"
	IntakeDropped = "dropped"
)

// keepIntake is how long a folder waits that nobody took.
const keepIntake = 30 * 24 * time.Hour

// Folder is the working copy as one file: the form in which this program writes
// a course, which Send takes back as the same bytes.
//
// req: FOLDER-2
func (s *Service) Folder(ctx context.Context) (zip []byte, err error) {
	files, err := s.Files(ctx)
	if err != nil {
		return nil, err
	}
	if course, _ := learn.Draft(files, s.Known()); course != nil {
		files = course.Files()
	}
	return learn.Zip(files)
}

// Kept is a revision that was published, or replaced by a folder, as one file.
// Errors: fault.NotFound.
func (s *Service) Kept(ctx context.Context, version string) (zip []byte, err error) {
	course, err := s.Past(ctx, version)
	if err != nil {
		return nil, err
	}
	return learn.Zip(course.Files())
}

// readFolder takes a course out of what somebody sent. Errors: learn.Problems.
func (s *Service) readFolder(packed []byte) (*learn.Course, error) {
	files, err := Unzip(packed)
	if err != nil {
		return nil, err
	}
	return s.readFiles(files)
}

// readFiles reads a folder that is to become this course. Errors: learn.Problems.
func (s *Service) readFiles(files map[string][]byte) (*learn.Course, error) {
	course, err := learn.ReadFiles(files, s.Known())
	if err != nil {
		return nil, err
	}
	if is := s.Course().ID; course.ID != is {
		return nil, folderProblem("course.toml", "other-course", "id", course.ID, "is", is)
	}
	return course, nil
}

// Send keeps a folder until somebody takes it or sends it back. It changes
// nothing of the course. Errors: learn.Problems with everything that is wrong.
//
// req: FOLDER-1
func (s *Service) Send(ctx context.Context, v *web.Viewer, packed []byte) (in Intake, err error) {
	if err := s.May(v, "course.edit"); err != nil {
		return in, err
	}
	course, err := s.readFolder(packed)
	if err != nil {
		return in, err
	}
	body, err := learn.Zip(course.Files())
	if err != nil {
		return in, err
	}
	in = Intake{ID: id.New(), Version: course.Version(), State: IntakeOpen, By: by(v), At: s.Now()}
	return in, s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := s.May(v, "course.edit"); err != nil {
			return err
		}
		if err := dropOldIntakes(tx, s.ID, s.Now().Add(-keepIntake)); err != nil {
			return err
		}
		if err := in.insert(tx, s.ID, body); err != nil {
			return err
		}
		return audit.Record(tx, audit.Event{At: s.Now(), Actor: v.UserID, Agency: v.AgencyID, Action: "course.folder-sent", Object: "course/" + s.ID + "/" + in.Version})
	})
}

// Intakes are the folders that were sent, the newest first.
func (s *Service) Intakes(ctx context.Context) (out []Intake, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		out, err = loadIntakes(tx, s.ID)
		return err
	})
	return out, err
}

// Preview is a folder that waits, the working copy that it would replace, and
// what would change. Errors: fault.NotFound.
func (s *Service) Preview(ctx context.Context, intake string) (in Intake, d Draft, diff Difference, err error) {
	var body []byte
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		in, body, err = loadIntake(tx, s.ID, intake)
		return err
	})
	if err != nil || in.State != IntakeOpen {
		return in, d, diff, err
	}
	if d, err = s.Draft(ctx); err != nil {
		return in, d, diff, err
	}
	files, err := unpacked(body)
	if err != nil {
		return in, d, diff, err
	}
	course, problems := learn.Draft(files, s.Known())
	if course == nil {
		return in, d, diff, problems
	}
	return in, d, Compare(d.Course, course), nil
}

// Take makes a folder the working copy, all of it, when the working copy is
// still the one that was compared with it. What it replaces is kept whole, and
// what is published stays. Reviews come with it as far as they were given here or
// shipped. Errors: fault.Stale, fault.NotFound, learn.Problems.
//
// req: EDIT-6 FOLDER-3
func (s *Service) Take(ctx context.Context, v *web.Viewer, once, intake string, seen int64) error {
	return s.Act(ctx, v, once, Took, func(b *Bench) error {
		in, body, err := loadIntake(b.tx, s.ID, intake)
		if err != nil {
			return err
		}
		if in.State != IntakeOpen {
			return errNotFound
		}
		if w, _, err := loadWork(b.tx, s.ID); err != nil || w.revision != seen {
			return orMoved(err)
		}
		files, err := unpacked(body)
		if err != nil {
			return err
		}
		if _, err := learn.ReadFiles(files, s.Known()); err != nil {
			return err
		}
		now, err := loadFiles(b.tx, s.ID)
		if err != nil {
			return err
		}
		if err := s.vouch(b.tx, now, files); err != nil {
			return err
		}
		if in.Before, err = s.keepBefore(b.tx, now); err != nil {
			return err
		}
		b.act = in.ID // by which authors finds who sent it
		if err := b.replace(now, files); err != nil {
			return err
		}
		return s.settle(b.tx, v, in, IntakeTaken)
	})
}

func orMoved(err error) error {
	if err != nil {
		return err
	}
	return errMoved
}

// keepBefore keeps a working copy that is about to be replaced.
func (s *Service) keepBefore(tx *db.Tx, files map[string][]byte) (version string, err error) {
	course, problems := learn.Draft(files, s.Known())
	if course == nil {
		return "", fault.Wrap(problems, "working copy")
	}
	return course.Version(), keepFolder(tx, s.ID, course.Version(), files)
}

// SendBack drops a folder that waits.
func (s *Service) SendBack(ctx context.Context, v *web.Viewer, intake string) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := s.May(v, "course.edit"); err != nil {
			return err
		}
		in, _, err := loadIntake(tx, s.ID, intake)
		if err != nil || in.State != IntakeOpen {
			return err
		}
		return s.settle(tx, v, in, IntakeDropped)
	})
}

// settle says what became of a folder, whose bytes are not needed any more: a
// taken one is the working copy.
func (s *Service) settle(tx *db.Tx, v *web.Viewer, in Intake, state string) error {
	in.State = state
	if err := in.settle(tx, s.ID); err != nil {
		return err
	}
	return audit.Record(tx, audit.Event{At: s.Now(), Actor: v.UserID, Agency: v.AgencyID, Action: "course.folder-" + state, Object: "course/" + s.ID + "/" + in.Version})
}

// replace puts other files in the place of those of now, and notes each text
// that becomes another.
func (b *Bench) replace(now, next map[string][]byte) error {
	paths := maps.Clone(now)
	maps.Copy(paths, next)
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		before, after := now[path], next[path]
		if string(before) == string(after) {
			continue
		}
		if after != nil {
			b.files[path] = string(after)
		}
		switch {
		case strings.HasPrefix(path, "picture/"):
			if after != nil { // one that is not shown any more stays, to be brought back
				if err := b.saveFile(path); err != nil {
					return err
				}
			}
		case strings.HasSuffix(path, ".md"):
			if err := b.noteWords(path, before, after); err != nil {
				return err
			}
		default:
			b.note(path, "", Value{Body: string(before)}, Value{Body: string(after)})
		}
		if after == nil {
			delete(b.files, path)
		}
	}
	return nil
}

// Front stands for the lines at the beginning of a file of words, which say who
// has read it, in the place of a block's identifier.
const Front = "---"

// noteWords notes what became of the blocks of a file.
func (b *Bench) noteWords(path string, before, after []byte) error {
	was, err := wordsOr(path, before)
	if err != nil {
		return err
	}
	is, err := wordsOr(path, after)
	if err != nil {
		return err
	}
	if string(was.Markdown()) == string(is.Markdown()) {
		return nil // the same words, written otherwise
	}
	noted := len(b.changes)
	for _, block := range union(was, is) {
		x, _ := was.Text(block)
		y, _ := is.Text(block)
		if x.Body != y.Body || x.Of != y.Of {
			b.note(path, block, Value{x.Body, x.Of}, Value{y.Body, y.Of})
		}
	}
	// A file in which only the order is another is written too.
	if x, y := was.Front(), is.Front(); x != y || len(b.changes) == noted {
		b.note(path, Front, Value{Body: x}, Value{Body: y})
	}
	return nil
}

// wordsOr reads a file of words; one that is not there has none.
func wordsOr(path string, body []byte) (*learn.Words, error) {
	if body == nil {
		return &learn.Words{}, nil
	}
	w, problems := learn.ParseWords(path, body)
	if len(problems) > 0 {
		return nil, fault.Wrap(learn.Problems(problems), path)
	}
	return w, nil
}

// union are the blocks of two files, those of the second in its order first.
func union(was, is *learn.Words) []string {
	out := slices.Clone(is.Order)
	for _, block := range was.Order {
		if !is.Has(block) {
			out = append(out, block)
		}
	}
	return out
}

// front brings back which reviews the beginning of a file named.
func (b *Bench) front(path, body string) error {
	file, lang, ok := wordsFile(path)
	if !ok {
		return errNotFound
	}
	w, err := b.words(file, lang)
	if err != nil {
		return err
	}
	said, err := w.WithFront(body)
	if err != nil {
		return err
	}
	// A review names the text that it was of; the state of the whole file names
	// none, so it is not brought back to a text that nobody read.
	next := *w
	next.Reviews = said.Reviews
	b.setFront(path, w, &next)
	return nil
}

// setFront says otherwise than before who has read a file.
func (b *Bench) setFront(path string, was, is *learn.Words) {
	if was.Front() != is.Front() {
		b.files[path] = string(is.Markdown())
		b.note(path, Front, Value{Body: was.Front()}, Value{Body: is.Front()})
	}
}
