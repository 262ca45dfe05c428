package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"text/template/parse"

	"amelie/internal/fault"
)

//go:embed layout/*.html component/*.html
var frame embed.FS

// View is the dot of a page: the request's context with its methods, and the
// page's own data. It is one type for all pages: one for each would repeat the
// hundred methods of Ctx in the program for every page. The static check knows
// the data's type all the same, see typed.go.
type View struct {
	*Ctx
	D any
}

// Page is a page file with the type of its data. It is a package-level
// variable of the domain that owns it.
type Page[T any] struct{ *page }

// page is a page file whatever its data.
type page struct {
	fsys   fs.FS
	file   string
	parts  []string
	once   sync.Once
	tmpl   *template.Template
	style  string
	shape  string
	script string
	err    error
}

// Checked is a registered page as a static check sees it.
type Checked struct {
	File     string
	Template func() (*template.Template, error)
	Dot      any // a zero view of the page's type; nil unless built with the tag pagecheck
}

var registered struct {
	sync.Mutex
	pages []Checked
}

// Pages lists every page made by NewPage in the program, for the static
// check of templates against their data.
func Pages() []Checked {
	registered.Lock()
	defer registered.Unlock()
	return append([]Checked(nil), registered.pages...)
}

// NewPage declares a page. The file defines "title" and "main", and may
// define "layout" (wide or print), "style" (names given to Style) and "script"
// (names given to Script). Parts are files with what several pages of a room
// share.
func NewPage[T any](fsys fs.FS, file string, parts ...string) *Page[T] {
	return &Page[T]{newPage(fsys, file, parts, typed[T]())}
}

// newPage is what NewPage does whatever the page's data, so that it is in the
// program once.
func newPage(fsys fs.FS, file string, parts []string, dot any) *page {
	p := &page{fsys: fsys, file: file, parts: parts}
	registered.Lock()
	defer registered.Unlock()
	registered.pages = append(registered.pages, Checked{
		File:     p.file,
		Template: func() (*template.Template, error) { p.once.Do(p.load); return p.tmpl, p.err },
		Dot:      dot,
	})
	return p
}

var base = sync.OnceValues(func() (*template.Template, error) {
	return template.New("frame").Funcs(funcs).ParseFS(frame, "layout/*.html", "component/*.html")
})

func (p *page) load() {
	t, err := template.New("frame").Funcs(funcs).ParseFS(p.fsys, append([]string{p.file}, p.parts...)...)
	if err != nil {
		p.err = fmt.Errorf("parse page %s: %w", p.file, err)
		return
	}
	if p.err = borrow(t); p.err != nil {
		return
	}
	p.shape, p.style, p.script = constant(t, "layout"), constant(t, "style"), constant(t, "script")
	p.tmpl = t.Lookup("shell")
}

// borrow takes from the frame what the page's templates name, and what that
// names in turn. A hundred pages with the whole frame each were a quarter of
// the program's memory.
func borrow(page *template.Template) error {
	root, err := base()
	if err != nil {
		return fmt.Errorf("parse frame: %w", err)
	}
	wanted := []string{"shell"}
	for _, own := range page.Templates() {
		if own.Tree != nil {
			wanted = named(wanted, own.Tree.Root)
		}
	}
	for len(wanted) > 0 {
		name := wanted[0]
		wanted = wanted[1:]
		lent := root.Lookup(name)
		if lent == nil || page.Lookup(name) != nil {
			continue
		}
		tree := lent.Tree.Copy()
		if _, err := page.AddParseTree(name, tree); err != nil {
			return fmt.Errorf("borrow %s from the frame: %w", name, err)
		}
		wanted = named(wanted, tree.Root)
	}
	return nil
}

// named adds the templates that are called below a node.
func named(to []string, node parse.Node) []string {
	switch n := node.(type) {
	case *parse.ListNode:
		if n != nil {
			for _, one := range n.Nodes {
				to = named(to, one)
			}
		}
	case *parse.IfNode:
		to = named(named(to, n.List), n.ElseList)
	case *parse.WithNode:
		to = named(named(to, n.List), n.ElseList)
	case *parse.RangeNode:
		to = named(named(to, n.List), n.ElseList)
	case *parse.TemplateNode:
		to = append(to, n.Name)
	}
	return to
}

// Part is one template of the page made by itself, for what a room keeps
// between requests. The dot is the template's own, and it stands in running
// HTML.
func (p *page) Part(name string, dot any) (template.HTML, error) {
	p.once.Do(p.load)
	if p.err != nil {
		return "", p.err
	}
	var b strings.Builder
	if err := p.tmpl.ExecuteTemplate(&b, name, dot); err != nil {
		return "", fault.Wrap(err, "render "+name)
	}
	return template.HTML(b.String()), nil //nolint:gosec // made by html/template
}

// constant reads a template that holds one word.
func constant(t *template.Template, name string) string {
	word := t.Lookup(name)
	if word == nil || word.Tree == nil {
		return ""
	}
	return strings.TrimSpace(word.Tree.Root.String())
}

// Render answers with the page, status 200, or 422 when the form of this
// request was marked wrong.
func (p *Page[T]) Render(c *Ctx, data T) error { return p.render(c, 0, data) }

// RenderStatus answers with the page and the status.
func (p *Page[T]) RenderStatus(c *Ctx, status int, data T) error { return p.render(c, status, data) }

// What stands behind every name that a demo invents, and the keys of how each
// language says it.
var demoMarks = map[string]string{"(invented)": "web.bar.demo-mark", "(invented, stands in for": "web.bar.demo-for"}

// sentBack is what a form carries: a name must not be edited by being shown.
var sentBack = regexp.MustCompile(`value="[^"]*"`)

// marked says the demo's marks in the page's language, but in what a form sends
// back.
func (c *Ctx) marked(page []byte) []byte {
	if !c.shell.cfg.Demo {
		return page
	}
	out, from := make([]byte, 0, len(page)), 0
	for _, at := range append(sentBack.FindAllIndex(page, -1), []int{len(page), len(page)}) {
		shown := page[from:at[0]]
		for mark, key := range demoMarks {
			shown = bytes.ReplaceAll(shown, []byte(mark), []byte(template.HTMLEscapeString(c.TIn(c.wordLang(), key))))
		}
		out, from = append(append(out, shown...), page[at[0]:at[1]]...), at[1]
	}
	return out
}

// Marked says the demo's marks in the page's language, for what is no page: a
// file to print.
func (c *Ctx) Marked(text string) string {
	if !c.shell.cfg.Demo {
		return text
	}
	for mark, key := range demoMarks {
		text = strings.ReplaceAll(text, mark, c.TIn(c.wordLang(), key))
	}
	return text
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// render makes the page in memory first, so that a failing template never sends
// half a page. Status 0 is Render's own.
func (p *page) render(c *Ctx, status int, data any) error {
	if status == 0 {
		status = http.StatusOK
		if c.form != nil && !c.form.OK() {
			status = http.StatusUnprocessableEntity
		}
	}
	p.once.Do(p.load)
	if p.err != nil {
		return p.err
	}
	b := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(b)
	b.Reset()
	c.shape, c.style, c.script = p.shape, p.style, p.script
	if err := p.tmpl.Execute(b, View{c, data}); err != nil {
		return fault.Wrap(err, "render "+p.file)
	}
	c.W.Header().Set("Content-Type", "text/html; charset=utf-8")
	c.W.Header().Set("Content-Language", c.Lang)
	c.preloadBeside()
	return c.write(status, c.marked(b.Bytes()))
}
