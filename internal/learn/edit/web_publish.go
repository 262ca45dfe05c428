package edit

import (
	"cmp"
	"errors"
	"net/http"
	"strings"

	"amelie/internal/learn"
	"amelie/internal/web"
)

// Publishing: what changed, what is wrong with it, what has to come back to those
// who learnt it as it was.

type publishView struct {
	May      bool
	Revision int64
	Nothing  bool
	Problems []wrong
	More     int    // problems that are not listed
	Unread   []line // parts that nobody has read
	MayAlso  bool   // publish what nobody has read
	Changed  []web.Choice
	Files    []changedFile
	Releases []releaseView
}

// wrong is a problem in the reader's language.
type wrong struct{ Where, Text, URL string }

// changedFile is how much of a file of words would be new.
type changedFile struct {
	Title string
	Langs []standing
}

type releaseView struct{ When, Who, Note, Version string }

var publishPage = web.NewPage[publishView](pages, "page/publish.html", "page/pieces.html")

// mostWrong is how many problems are listed at once.
const mostWrong = 60

func (r *Rooms) publish(c *web.Ctx, d desk) error { return r.showPublish(c, d, 0, d.Problems) }

func (r *Rooms) showPublish(c *web.Ctx, d desk, status int, problems learn.Problems) error {
	v := publishView{May: d.May, Revision: d.Revision, Nothing: d.Course.Version() == d.now.Version()}
	for i, p := range problems {
		if i == mostWrong {
			v.More = len(problems) - i
			break
		}
		v.Problems = append(v.Problems, d.wrong(c, p))
	}
	for _, file := range d.Course.WordFiles() {
		x := changedFile{Title: d.fileTitle(c, file)}
		for _, s := range d.standings(c, file) {
			if s.Draft > 0 {
				x.Langs = append(x.Langs, s)
			}
		}
		if len(x.Langs) > 0 {
			v.Files = append(v.Files, x)
		}
	}
	for _, x := range d.changed() {
		v.Changed = append(v.Changed, web.Choice{Value: x.name(), Label: d.label(c, x.Change), Selected: x.asks})
	}
	for _, n := range (Looks{Draft: d.Draft, now: d.now}).Unseen() {
		where := d.fileTitle(c, n.File)
		if n.Part != learn.PartAll {
			where += ": " + d.partTitle(c, n)
		}
		v.Unread = append(v.Unread, line{URL: partURL(c, n), Title: where + " (" + web.LanguageName(n.Lang) + ")"})
	}
	v.MayAlso = r.May(c.Viewer, "course.publish-unread") == nil
	releases, err := r.Releases(c.Context())
	if err != nil {
		return err
	}
	for _, x := range releases {
		v.Releases = append(v.Releases, releaseView{c.DateTime(x.At), x.By.Name, x.Note, x.Version})
	}
	return publishPage.RenderStatus(c, status, v)
}

// wrong says a problem with its place; where it is a block's, it leads there.
func (d desk) wrong(c *web.Ctx, p learn.Problem) wrong {
	w := wrong{Where: p.File, Text: c.T(p.Key, p.Args...)}
	if p.Line > 0 {
		w.Where += ":" + c.Number(p.Line)
	}
	if name, _, ok := strings.Cut(strings.TrimPrefix(p.File, "case/"), "/"); ok && strings.HasSuffix(p.File, "/scenario.toml") {
		w.URL = caseURL(c, name)
	}
	file, lang, ok := wordsFile(p.File)
	if !ok || len(p.Args) < 2 || p.Args[0] != "id" {
		return w
	}
	if id, ok := p.Args[1].(string); ok && d.Course.Shapes(file, id) != nil {
		w.URL = wordsURL(c, file, lang, id)
	}
	return w
}

// candidate is a unit or question that changed.
type candidate struct {
	learn.Change
	asks bool // a question that asks something else now
}

func (x candidate) name() string { return x.Topic + "/" + x.Unit + "/" + x.Question }

// changed are the units and questions whose source text or structure is another
// than what is published: what may have changed in substance.
func (d desk) changed() (out []candidate) {
	for _, t := range d.Course.Topics {
		drafted := map[string]bool{}
		for _, id := range d.Course.Standing(t.ID, learn.Source, d.now).Draft {
			first, _, _ := strings.Cut(id, ".")
			drafted[first] = true
		}
		before, _ := d.now.Topic(t.ID)
		for _, u := range t.Units {
			if drafted[u.ID] || before != nil && moved(before, u) {
				out = append(out, candidate{Change: learn.Change{Topic: t.ID, Unit: u.ID}})
			}
			for _, id := range u.Questions {
				q, _ := t.Question(id)
				if x, ok := d.question(before, t, q); ok {
					out = append(out, candidate{learn.Change{Topic: t.ID, Unit: u.ID, Question: id}, x})
				} else if drafted[id] {
					out = append(out, candidate{Change: learn.Change{Topic: t.ID, Unit: u.ID, Question: id}})
				}
			}
		}
	}
	return out
}

// moved says that a unit has other blocks than it had.
func moved(before *learn.Topic, u learn.Unit) bool {
	was, _ := before.Unit(u.ID)
	if len(was.Blocks) != len(u.Blocks) {
		return true
	}
	for i := range u.Blocks {
		if was.Blocks[i] != u.Blocks[i] {
			return true
		}
	}
	return false
}

// question says whether a question asks something else than it did; a new one
// does not.
func (d desk) question(before, t *learn.Topic, q learn.Question) (asks, other bool) {
	if before == nil {
		return false, false
	}
	was, there := before.Question(q.ID)
	if !there {
		return false, true
	}
	asks = d.now.Stamp(before, was) != d.Course.Stamp(t, q)
	return asks, asks
}

// label names a unit or question.
func (d desk) label(c *web.Ctx, x learn.Change) string {
	return title(d.Course, x.Topic, c.Lang) + ": " + d.partTitle(c, Name{File: x.Topic, Part: cmp.Or(x.Question, x.Unit)})
}

func (r *Rooms) publishPost(c *web.Ctx, d desk) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	wish := Wish{Note: f.Value("note"), Seen: number(f.Value("revision"))}
	if len([]rune(wish.Note)) > 300 {
		f.Error("note", "web.error.too-long", "n", 300)
		return r.showPublish(c, d, http.StatusUnprocessableEntity, d.Problems)
	}
	for _, x := range d.changed() {
		if f.Has("changed", x.name()) {
			wish.Changed = append(wish.Changed, x.Change)
		}
	}
	_, err = r.Publish(c.Context(), c.Viewer, wish)
	var problems learn.Problems
	if errors.As(err, &problems) {
		f.Error("problems", "edit.fault.problems", "n", len(problems))
		return r.showPublish(c, d, http.StatusUnprocessableEntity, problems)
	}
	if err != nil {
		return err
	}
	c.Flash("edit.done.published")
	return c.Redirect(base)
}
