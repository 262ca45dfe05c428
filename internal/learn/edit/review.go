package edit

import (
	"context"
	"slices"
	"sort"
	"strings"
	"time"

	"amelie/internal/audit"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/learn"
	"amelie/internal/policy"
	"amelie/internal/web"
)

// Asked for, read by somebody else, found good or sent back. That somebody was
// asked stands in a row; that somebody has read it stands in the folder, at the
// beginning of the file of words, so that it goes wherever the text goes.

// Name is a part in one language.
type Name struct{ File, Lang, Part string }

func (n Name) path() string { return n.File + "/" + n.Lang + ".md" }

// whole stands for the part itself among the blocks that a comment can be on.
func (n Name) whole() string { return n.Part + ".*" }

// request is that somebody was asked to read a text, or sent it back.
type request struct {
	digest string
	step   Step // Ask or SendBack; any other is over
	By     By
	At     time.Time
}

// Look is a part with what is known of it.
type Look struct {
	Part
	By     By // who asked, or sent it back
	At     time.Time
	Review learn.Review // by whom it was read, when it was
}

// Looks are the parts of the working copy.
type Looks struct {
	Draft
	now  *learn.Course
	rows map[Name]request
}

// Looks reads where the parts stand.
func (s *Service) Looks(ctx context.Context) (l Looks, err error) {
	l.now = s.Course()
	if l.Draft, err = s.Draft(ctx); err != nil {
		return l, err
	}
	return l, s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		l.rows, err = loadRequests(tx, s.ID)
		return err
	})
}

// At says where a part stands.
func (l Looks) At(n Name) Look {
	x := Look{Part: Part{Text: l.Course.Digest(n.File, n.Part, n.Lang)}}
	if l.now.Own(n.File, n.Lang) != nil && slices.Contains(l.now.Parts(n.File), n.Part) {
		x.Live = l.now.Digest(n.File, n.Part, n.Lang)
		if _, ok := l.now.Reviewed(n.File, n.Part, n.Lang); ok {
			x.LiveRead = x.Live
		}
	}
	var read bool
	if x.Review, read = l.Course.Reviewed(n.File, n.Part, n.Lang); read {
		x.Read = x.Text
	}
	row := l.rows[n]
	switch row.step {
	case Ask:
		x.Asked = row.digest
	case SendBack:
		x.Back = row.digest
	}
	x.By, x.At = row.By, row.At
	return x
}

// Waiting are the parts that somebody was asked to read.
func (l Looks) Waiting() (out []Name) {
	for n, x := range l.rows {
		if x.step == Ask && l.has(n) && l.At(n).State() == InReview {
			out = append(out, n)
		}
	}
	return out
}

// has says that the working copy has the part.
func (d Draft) has(n Name) bool {
	return d.Course.Own(n.File, n.Lang) != nil && slices.Contains(d.Course.Parts(n.File), n.Part)
}

// Names are all parts in one language.
func (l Looks) Names(lang string) (out []Name) {
	for _, file := range l.Course.WordFiles() {
		if l.Course.Own(file, lang) == nil {
			continue
		}
		for _, part := range l.Course.Parts(file) {
			out = append(out, Name{file, lang, part})
		}
	}
	return out
}

// Unseen are the parts that publishing would show to readers though nobody has
// read them.
func (l Looks) Unseen() (out []Name) {
	for _, lang := range l.Course.Languages {
		for _, n := range l.Names(lang) {
			if l.At(n).Unseen() {
				out = append(out, n)
			}
		}
	}
	return out
}

// again makes sure in a transaction that the working copy is the one that was
// looked at, and reads anew who was asked. Errors: fault.Stale.
func (s *Service) again(tx *db.Tx, l *Looks) error {
	w, _, err := loadWork(tx, s.ID)
	if err != nil {
		return err
	}
	if w.revision != l.Revision {
		return errMoved
	}
	l.rows, err = loadRequests(tx, s.ID)
	return err
}

// AskReview asks that somebody reads parts as they stand now. Errors: fault.Stale
// when none of them needs it.
func (s *Service) AskReview(ctx context.Context, v *web.Viewer, once string, names []Name) error {
	l, err := s.Looks(ctx)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := s.May(v, "course.edit"); err != nil {
			return err
		}
		if first, err := s.first(tx, once); err != nil || !first {
			return err
		}
		if err := s.again(tx, &l); err != nil {
			return err
		}
		asked := false
		for _, n := range names {
			x, err := l.At(n).After(Ask)
			if err != nil {
				continue
			}
			asked = true
			if err := s.turn(tx, v, n, x.Text, Ask); err != nil {
				return err
			}
		}
		if !asked {
			return errStep
		}
		return nil
	})
}

// first says whether a button is pressed for the first time.
func (s *Service) first(tx *db.Tx, once string) (bool, error) {
	if once == "" {
		return true, nil
	}
	return db.Once(tx, "course", once, s.Now())
}

// turn keeps a step, and the log learns it.
func (s *Service) turn(tx *db.Tx, v *web.Viewer, n Name, digest string, step Step) error {
	if err := saveRequest(tx, s.ID, n, request{digest, step, by(v), s.Now()}); err != nil {
		return err
	}
	return s.record(tx, v, "course.review-"+string(step), n)
}

func (s *Service) record(tx *db.Tx, v *web.Viewer, action string, n Name) error {
	return audit.Record(tx, audit.Event{At: s.Now(), Actor: v.UserID, Agency: v.AgencyID, Action: action, Object: "course/" + s.ID + "/" + n.path() + "#" + n.Part})
}

// Verdict is what somebody says who read a part.
type Verdict struct {
	Name
	Seen          string // Digest of the text that was read
	Step          Step   // Approve, SendBack or Withdraw
	Reader, Trade string // of Approve: name and profession, which readers are told
	Why           string // of SendBack: what is wrong; a comment on the part
	Once          string
}

// Review keeps what somebody says of a part that waits to be read. Nobody
// approves what they wrote themselves. Errors: fault.Denied; fault.Stale
// when the text is another one by now.
//
// req: EDIT-6
func (s *Service) Review(ctx context.Context, v *web.Viewer, x Verdict) error {
	if x.Step != Approve && x.Step != SendBack && x.Step != Withdraw {
		return errStep // asked for and published elsewhere
	}
	l, err := s.Looks(ctx)
	if err != nil {
		return err
	}
	return s.Act(ctx, v, x.Once, Reviewed, func(b *Bench) error {
		if err := s.again(b.tx, &l); err != nil {
			return err
		}
		part := l.At(x.Name)
		if part.Text != x.Seen {
			return errMoved
		}
		if _, err := part.After(x.Step); err != nil {
			return err
		}
		if x.Step != Withdraw {
			if err := s.mayReview(b.tx, v, l.Course, x.Name); err != nil {
				return err
			}
		}
		if err := s.turn(b.tx, v, x.Name, x.Seen, x.Step); err != nil {
			return err
		}
		switch x.Step {
		case Approve:
			return b.reviewed(x.Name, learn.Review{Part: x.Part, Digest: x.Seen, Date: b.at.UTC().Format(time.DateOnly), Name: x.Reader, Profession: x.Trade})
		case SendBack:
			return s.comment(b.tx, Comment{Name: x.Name, Block: x.whole(), Stamp: x.Seen, Body: x.Why, By: b.by, At: b.at})
		}
		return nil
	})
}

// reviewed writes at the beginning of a file who has read a part of it.
func (b *Bench) reviewed(n Name, r learn.Review) error {
	w, err := b.words(n.File, n.Lang)
	if err != nil {
		return err
	}
	if !r.Valid() {
		return fault.New(fault.Invalid, "editing.fault.reader")
	}
	b.setFront(n.path(), w, w.WithReview(r))
	return nil
}

// MayReview asks whether somebody may say that a part is good.
func (s *Service) MayReview(ctx context.Context, v *web.Viewer, course *learn.Course, n Name) (err error) {
	e := s.DB.Read(ctx, func(tx *db.Tx) error {
		err = s.mayReview(tx, v, course, n)
		return nil
	})
	if e != nil {
		return e
	}
	return err
}

func (s *Service) mayReview(tx *db.Tx, v *web.Viewer, course *learn.Course, n Name) error {
	authors, known, err := s.authors(tx, course, n)
	if err != nil {
		return err
	}
	return s.Policy.Require(v.Actor(), "course.review", policy.Object{Type: "Course", ID: s.ID, Attrs: map[string]any{"authors": authors, "known": known}})
}

// authors are who wrote a part since it was last read or published, its words and
// how it is arranged; of a folder who took it and who sent it. Of a part that
// nobody touched since, they are those of the time before. Known is false when
// somebody outside wrote it and nobody here did; what came with the program is
// known to be nobody's.
//
// req: EDIT-6
func (s *Service) authors(tx *db.Tx, course *learn.Course, n Name) (out []string, known bool, err error) {
	list, ends, err := s.writing(tx, course, n)
	if err != nil {
		return nil, false, err
	}
	out, known = []string{}, true
	for i, c := range list {
		if i > 0 && slices.ContainsFunc(ends, func(end string) bool { return c.ID < end && end < list[i-1].ID }) {
			break
		}
		by := []string{c.By.User}
		if c.Kind == Took {
			in, _, err := loadIntake(tx, s.ID, c.Act)
			if err != nil && fault.KindOf(err) != fault.NotFound {
				return nil, false, err
			}
			by = append(by, in.By.User) // of one from the command line: ""
		}
		for _, user := range by {
			if user != "" && !slices.Contains(out, user) {
				out = append(out, user)
			}
		}
		known = known && (c.By.User != "" || c.Kind == Upgraded)
	}
	return out, known || len(out) > 0, nil
}

// writing are the changes of a part, the newest first, and the identifiers of
// those moments at which it was read or published.
func (s *Service) writing(tx *db.Tx, course *learn.Course, n Name) (list []Change, ends []string, err error) {
	releases, err := loadReleases(tx, s.ID)
	if err != nil {
		return nil, nil, err
	}
	for _, r := range releases {
		ends = append(ends, r.ID)
	}
	err = eachChange(tx, pathChanges, func(c Change) {
		switch {
		case c.Block == Front && c.Kind == Reviewed:
			if reviewLines(c.Before.Body, n.Part) != reviewLines(c.After.Body, n.Part) {
				ends = append(ends, c.ID)
			}
		case c.Block != Front && c.Before.Body != c.After.Body && course.Part(n.File, c.Block) == n.Part:
			list = append(list, Change{ID: c.ID, Act: c.Act, Kind: c.Kind, By: c.By})
		}
	}, s.ID, n.path())
	if err != nil {
		return nil, nil, err
	}
	arranged, err := s.arranging(tx, n)
	list = append(list, arranged...)
	sort.Slice(list, func(i, j int) bool { return list[i].ID > list[j].ID })
	return list, ends, err
}

// arranging are the changes of how a part is arranged.
func (s *Service) arranging(tx *db.Tx, n Name) (list []Change, err error) {
	structure := n.File + "/topic.toml"
	if strings.HasPrefix(n.File, "case/") {
		structure = n.File + "/scenario.toml"
	}
	var body, is string // a change begins mostly with what the one before it left
	arranged := func(now string) string {
		if now != body {
			body, is = now, arrangement(structure, n.Part, now)
		}
		return is
	}
	err = eachChange(tx, pathChanges, func(c Change) {
		if arranged(c.After.Body) != arranged(c.Before.Body) {
			list = append(list, Change{ID: c.ID, Act: c.Act, Kind: c.Kind, By: c.By})
		}
	}, s.ID, structure)
	return list, err
}

// reviewLines are the reviews of a part in the lines at the beginning of a file.
func reviewLines(front, part string) (out string) {
	for line := range strings.Lines(front) {
		if strings.HasPrefix(line, "reviewed: "+part+" ") {
			out += line
		}
	}
	return out
}

// arrangement is that of a part in a file of structure; "" in a damaged one.
func arrangement(path, part, body string) string {
	if t, err := learn.ParseTopic(body); err == nil && strings.HasSuffix(path, "/topic.toml") {
		return t.Arrangement(part)
	}
	return body
}
