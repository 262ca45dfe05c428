package reading

import (
	"cmp"
	"encoding/base64"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"amelie/internal/learn"
	"amelie/internal/web"
)

// words are those of one file, as a page shows them.
type words struct {
	course *learn.Course
	file   string
	lang   string
	*learn.Words
	works    []string
	alone    bool   // where no server answers
	pictures string // Reader.Pictures
}

func (rd Reader) words(c *web.Ctx, file string, works []string) words {
	return words{rd.Course, file, c.Lang, rd.Course.Words(file, c.Lang), works, false, rd.Pictures}
}

// number is the place of a work in the list below the page, from 1; 0: none.
func (w words) number(work string) int { return 1 + slices.Index(w.works, work) }

// block is a text ready to be shown.
type block struct {
	ID    string // in the page: "u1-p1"
	Form  string
	Shape learn.Shape
	Lines []template.HTML
	First bool // begins a case from practice
	Shown *shown
	Stale bool // the English text has changed since
}

// shown is a picture; what it shows is the block's text.
type shown struct {
	Source        template.URL
	Width, Height int
	Text          string
	Caption       template.HTML
}

// address is where the rooms answer a picture's file.
const address = "/course/"

// picture is a block's picture; nil when it has none.
func (w words) picture(b learn.Block, prefix string) *shown {
	p := w.course.Picture(b.File)
	if p == nil {
		return nil
	}
	text, _ := w.Text(prefix + b.ID)
	return w.shown(b.File, p, text)
}

func (w words) shown(file string, p *learn.Shown, text learn.Text) *shown {
	source := template.URL(cmp.Or(w.pictures, address) + file) //nolint:gosec // the name is checked when the course is read
	if w.alone {
		source = template.URL("data:" + p.Type + ";base64," + base64.StdEncoding.EncodeToString(p.Body)) //nolint:gosec // one of two types
	}
	says, caption := text.PictureWords()
	return &shown{source, p.Width, p.Height, learn.Plain(says), learn.HTML(caption, w.number)}
}

// pictures answers the course's pictures. A name stands for one content for good.
func (r *Rooms) pictures(w http.ResponseWriter, q *http.Request) {
	p := r.cfg.Course().Picture("picture/" + q.PathValue("name"))
	if p == nil {
		http.NotFound(w, q)
		return
	}
	w.Header().Set("Content-Type", p.Type)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Security-Policy", "default-src 'none'")
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	_, _ = w.Write(p.Body) // a reader who went away is no error
}

func (w words) block(id, form string) block {
	t, _ := w.Text(id)
	b := block{ID: id, Form: form, Shape: t.Shape(), Stale: w.course.Stale(w.file, w.lang, id)}
	for _, line := range t.Lines() {
		b.Lines = append(b.Lines, learn.HTML(line, w.number))
	}
	return b
}

func (w words) blocks(prefix string, ids []string) (out []block) {
	for _, id := range ids {
		out = append(out, w.block(prefix+id, ""))
	}
	return out
}

// html is a text of one line with its marks.
func (w words) html(id string) template.HTML {
	t, _ := w.Text(id)
	return learn.HTML(t.Lines()[0], w.number)
}

// Blocks are texts as the piece "learn-blocks" shows them.
type Blocks = []block

// Debrief is what an ending of a case says in looking back.
func (rd Reader) Debrief(c *web.Ctx, s *learn.Case, e learn.Ending) Blocks {
	return rd.words(c, "case/"+s.ID, nil).blocks(e.ID+".", e.Debrief)
}

// work is an entry of the list below a page.
type work struct {
	N int
	learn.Work
}

func (w words) list() (out []work) {
	for i, id := range w.works {
		entry, _ := w.course.Work(id)
		out = append(out, work{i + 1, entry})
	}
	return out
}

// unit are the blocks of a unit; the first of neighbouring ones from practice is
// marked as such.
func (w words) unit(u learn.Unit) (out []block) {
	before := ""
	for _, b := range u.Blocks {
		x := w.block(u.ID+"."+b.ID, b.Form)
		x.First = b.Form == "case" && before != "case"
		x.Shown = w.picture(b, u.ID+".")
		before = b.Form
		out = append(out, x)
	}
	return out
}

// Block is a text as the piece "learn-block" of Parts shows it.
type Block = block

// in are the words of a file in a language that need not be the page's.
func (rd Reader) in(file, lang string) words {
	return words{rd.Course, file, lang, rd.Course.Words(file, lang), rd.Course.Works(file), false, rd.Pictures}
}

// Shown is one text of a file in a language, for those who work on it.
func (rd Reader) Shown(file, lang, id, form string) Block {
	w := rd.in(file, lang)
	x := w.block(id, form)
	unit, own, _ := strings.Cut(id, ".")
	if _, u, ok := rd.Course.Find(file + "." + unit); ok && form == "picture" {
		for _, b := range u.Blocks {
			if b.ID == own {
				x.Shown = w.picture(b, unit+".")
			}
		}
	}
	return x
}

// Pictured is a picture with words that the course need not have yet.
func (rd Reader) Pictured(file, lang, name string, p *learn.Shown, text learn.Text) Block {
	return Block{Form: "picture", Shown: rd.in(file, lang).shown(name, p, text)}
}

// UnitShown are the blocks of a unit in a language, for those who work on them.
func (rd Reader) UnitShown(lang string, t *learn.Topic, u learn.Unit) []Block {
	return rd.in(t.ID, lang).unit(u)
}
