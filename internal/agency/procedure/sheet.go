package procedure

import (
	"strconv"
	"strings"

	"amelie/internal/paper"
	"amelie/internal/web"
)

// getSheet answers with the house's page as a PDF, to be laminated: one page,
// or as many as a size that can be read needs. Its name and title say nothing: it lies among the reader's downloads.
func (s *Service) getSheet(c *web.Ctx) error {
	data, err := s.current(c)
	if err != nil {
		return err
	}
	sheet := s.sheet(c, data)
	if lacks := paper.Lacks(sheet.text()); lacks != "" {
		c.FlashKind("info", "procedure.a4.letters", "letters", lacks)
		return c.Redirect("/procedure/card")
	}
	return c.Download("a4.pdf", "application/pdf", sheet.pdf())
}

// sheet is what stands on the page, in words.
type sheet struct {
	Title, House, Staff, Draft string
	Lang, TextLang             string // of the labels; of the steps
	Numbers, Facts             []row
	Steps                      []string
	Foot                       []string
}

type row struct {
	Label, Text, Note string
	Lang              string // of Text
}

func (s *Service) sheet(c *web.Ctx, d viewData) sheet {
	out := sheet{Title: c.T("procedure.title"), House: c.Marked(d.House), Staff: c.T("procedure.a4.staff"), Lang: c.Lang, TextLang: d.Lang, Steps: d.Text.Steps}
	for _, r := range d.Numbers {
		out.Numbers = append(out.Numbers, row{Label: r["label"].(string), Text: r["text"].(string), Note: c.Marked(r["note"].(string))})
	}
	for _, r := range d.Facts {
		out.Facts = append(out.Facts, row{Label: r["label"].(string), Text: c.Marked(r["text"].(string)), Lang: r["lang"].(string)})
	}
	if d.Kind == "adopted" {
		out.Foot = append(out.Foot, c.T("procedure.adopted", "date", c.Date(d.Version.Adopted), "name", c.Marked(d.Version.Adopter))+" · "+c.T("procedure.review.on", "date", c.Day(d.Version.Review)))
	} else {
		out.Draft = c.T("procedure.a4.not-adopted") // req: PROCEDURE-1
	}
	out.Foot = append(out.Foot, c.T("procedure.a4.hang"))
	return out
}

// text is everything that is set.
func (s sheet) text() string {
	all := append([]string{s.House, s.Staff, s.Draft}, append(s.Steps, s.Foot...)...)
	for _, r := range append(s.Numbers, s.Facts...) {
		all = append(all, r.Label, r.Text, r.Note)
	}
	return strings.Join(all, "\n")
}

// The page: margins that a laminating pouch leaves free, and sizes of text in
// points. The largest at which everything fits is taken. Below the smallest
// nobody reads a wall: what is longer goes on a further page.
const (
	margin          = 14.0
	inner           = paper.Width - 2*margin
	largest         = 14.0
	smallest, finer = 8.0, 0.25
)

func (s sheet) pdf() []byte {
	doc := paper.New(s.Title, s.Lang)
	s.on(doc, s.size(), s.pages())
	return doc.Bytes()
}

// pages are the fewest on which everything can be read.
func (s sheet) pages() int { return s.on(paper.New("", ""), smallest, 1) }

// size is the largest at which everything fits on that many pages.
func (s sheet) size() float64 {
	size, pages := largest, s.pages()
	for size > smallest && s.on(paper.New("", ""), size, pages) > pages {
		size -= finer
	}
	return size
}

// on sets everything and says how many pages it takes; of several each says
// which it is.
func (s sheet) on(doc *paper.Doc, size float64, of int) int {
	t := &setter{doc: doc, size: size, lang: s.Lang, of: of}
	t.turn()
	t.all(s)
	return t.n
}

// setter fills pages from above; size is that of running text.
type setter struct {
	*paper.Page
	doc     *paper.Doc
	size, y float64
	lang    string
	n, of   int // this page, of how many
}

// turn begins a page.
func (t *setter) turn() {
	t.Page, t.y = t.doc.Page(), margin
	t.n++
	if t.of > 1 {
		t.Write(paper.Text, smallest, paper.Width-margin-10, paper.Height-margin+mm(smallest)*1.4, strconv.Itoa(t.n)+" / "+strconv.Itoa(t.of))
	}
}

// keep sets what belongs together on one page: on the next when it does not
// fit on this one any more.
func (t *setter) keep(set func(*setter)) {
	trial := *t
	trial.Page = paper.New("", "").Page()
	set(&trial)
	if trial.y > paper.Height-margin && t.y > margin {
		t.turn()
	}
	set(t)
}

// mm is what a size in points is high on the page.
func mm(points float64) float64 { return points * 25.4 / 72 }

func (t *setter) all(s sheet) {
	t.head(s)
	for _, n := range s.Numbers {
		t.keep(func(t *setter) { t.number(n) })
	}
	t.y += mm(t.size) * .5
	for _, f := range s.Facts {
		t.keep(func(t *setter) { t.fact(f) })
	}
	t.y += mm(t.size) * .5
	for i, step := range s.Steps {
		t.keep(func(t *setter) { t.step(i+1, step, s.TextLang) })
	}
	t.keep(func(t *setter) { t.foot(s) })
}

// foot says who adopted the page, and where it hangs.
func (t *setter) foot(s sheet) {
	t.y += mm(t.size) * .4
	t.Line(margin, t.y, paper.Width-margin, t.y, .3, 0)
	for _, line := range s.Foot {
		t.lines(paper.Text, max(t.size*.75, smallest), margin, inner, line, s.Lang)
	}
}

// head is the house's name, and for whom the page is.
func (t *setter) head(s sheet) {
	big := t.size * 1.6
	staff := paper.Bold.Width(t.size, s.Staff) + 2*mm(t.size)*.6
	top := t.y
	t.Frame(paper.Width-margin-staff, top, staff, mm(t.size)*1.7, .5, 0)
	for i, line := range paper.Bold.Wrap(big, inner-staff-6, s.House) {
		t.y += mm(big) * 1.15
		t.Piece([]string{"H1", "P"}[min(i, 1)], "", func() { t.Write(paper.Bold, big, margin, t.y, line) })
	}
	t.Piece("P", "", func() {
		t.Write(paper.Bold, t.size, paper.Width-margin-staff+mm(t.size)*.6, top+mm(t.size)*1.2, s.Staff)
	})
	if s.Draft != "" {
		t.lines(paper.Bold, t.size, margin, inner, s.Draft, s.Lang)
	}
	t.y += mm(big) * .45
	t.Line(margin, t.y, paper.Width-margin, t.y, .8, 0)
}

// number is one line to call: the label before, the number large behind.
func (t *setter) number(r row) {
	big := t.size * 2
	wide := paper.Bold.Width(big, r.Text)
	for wide > inner*.6 && big > t.size {
		big *= .9
		wide = paper.Bold.Width(big, r.Text)
	}
	top, right := t.y, paper.Width-margin-wide
	t.y += mm(big)*1.05 - mm(t.size)*1.35 // labels end on the number's baseline when they take one line
	label := r.Label
	if r.Note != "" {
		label += " · " + r.Note
	}
	t.lines(paper.Text, t.size, margin, inner-wide-4, label, t.lang)
	base := max(t.y, top+mm(big)*1.05)
	t.Piece("P", "", func() { t.Write(paper.Bold, big, right, base, r.Text) })
	t.y = base + mm(t.size)*.5
	t.Line(margin, t.y, paper.Width-margin, t.y, .25, 0)
}

func (t *setter) fact(r row) {
	wide := inner * .28
	top := t.y
	t.lines(paper.Bold, max(t.size*.85, smallest), margin, wide-4, r.Label, t.lang)
	under := t.y
	t.y = top
	t.lines(paper.Text, t.size, margin+wide, inner-wide, r.Text, r.Lang)
	t.y = max(t.y, under) + mm(t.size)*.3
}

func (t *setter) step(n int, text, lang string) {
	indent := mm(t.size) * 2
	at := t.y + mm(t.size)*1.35
	t.Piece("P", lang, func() {
		t.Write(paper.Bold, t.size, margin, at, strconv.Itoa(n))
		t.set(paper.Text, t.size, margin+indent, inner-indent, text)
	})
	t.y += mm(t.size) * .35
}

// lines sets a paragraph as a piece of its own.
func (t *setter) lines(f *paper.Face, size, x, width float64, text, lang string) {
	t.Piece("P", lang, func() { t.set(f, size, x, width, text) })
}

func (t *setter) set(f *paper.Face, size, x, width float64, text string) {
	for _, line := range f.Wrap(size, width, text) {
		t.y += mm(size) * 1.35
		t.Write(f, size, x, t.y, line)
	}
}
