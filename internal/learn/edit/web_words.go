package edit

import (
	"context"
	"errors"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"amelie/internal/learn"
	"amelie/internal/learn/reading"
	"amelie/internal/web"
)

// The words of one block in one language: a field that knows what the course
// can, the source beside a translation, and how a reader will see it.

// place is the block that an address names.
type place struct {
	File, Lang, Block string
	form              string // how it stands out, when it is a unit's
	stands            bool   // its form can be changed here
	words             *learn.Words
	source            *learn.Words
	shapes            []learn.Shape
}

// Translated says that it is not the source.
func (p place) Translated() bool { return p.Lang != learn.Source }

func (d desk) place(file, lang, id string) (p place, err error) {
	p = place{File: file, Lang: lang, Block: id, words: d.Course.Own(file, lang), source: d.Course.Own(file, learn.Source), shapes: d.Course.Shapes(file, id)}
	if p.words == nil || p.shapes == nil {
		return p, errNotFound
	}
	if t, ok := d.Course.Topic(file); ok {
		unit, block, _ := strings.Cut(id, ".")
		u, _ := t.Unit(unit)
		if i, err := blockAt(&u, block); err == nil {
			p.form = u.Blocks[i].Form
			p.stands = u.Blocks[i].File == "" && !p.Translated()
			if t, ok := p.source.Text(id); ok && p.form == "picture" {
				p.shapes = []learn.Shape{t.Shape()}
			}
		}
	}
	if t, ok := p.source.Text(id); ok && p.Translated() {
		p.shapes = []learn.Shape{t.Shape()}
	}
	return p, nil
}

// typed is a block in a form: its points without marks, and their shape.
type typed struct{ Lines, Shape string }

func typedOf(t learn.Text, shapes []learn.Shape) typed {
	if t.Body == "" {
		return typed{Shape: string(shapes[0])}
	}
	return typed{strings.Join(t.Lines(), "\n"), string(t.Shape())}
}

// text makes the block of what was typed. Errors: learn.Problem.
func (p place) text(f *web.Form, works []string) (learn.Text, error) {
	shape := p.shapes[0]
	for _, one := range p.shapes {
		if string(one) == f.Value("shape") {
			shape = one
		}
	}
	t, err := learn.Compose(shape, strings.Split(f.Value("text"), "\n"))
	if err != nil {
		return t, err
	}
	if s, ok := p.source.Text(p.Block); ok && p.Translated() && len(s.Lines()) != len(t.Lines()) {
		return t, learn.Problem{Key: "edit.problem.points", Args: []any{"n", len(s.Lines())}}
	}
	return t, cited(t, works)
}

// cited refuses a text that names a work which the topic does not have.
func cited(t learn.Text, works []string) error {
	for _, work := range t.Cited() {
		if !slices.Contains(works, work) {
			return learn.Problem{Key: "learn.problem.no-work", Args: []any{"id", work}}
		}
	}
	return nil
}

type wordsView struct {
	place
	May                bool
	Title, Back, Label string
	LangName, Action   string
	typed
	Shapes   []web.Choice
	Forms    []web.Choice
	Works    []learn.Work
	Seen, Of string // stamps of the words, and of the source that is shown
	Source   *block
	Older    template.HTML // what changed in the source since the translation was made
	Theirs   template.HTML // what somebody else saved meanwhile, against what was typed
	Preview  []reading.Block
	Langs    []web.M
	History  string
	Rows     int
	From     string
	Points   bool
	Talk     talk
}

var wordsPage = web.NewPage[wordsView](pages, "page/words.html", "page/parts.html", "page/comments.html", "page/pieces.html")

func (r *Rooms) words(c *web.Ctx, d desk) error {
	p, err := d.place(c.Query("file"), c.Query("lang"), c.Query("block"))
	if err != nil {
		return err
	}
	return r.showWords(c, d, p, 0, nil)
}

// showWords shows the form; conflict is what somebody else saved meanwhile.
func (r *Rooms) showWords(c *web.Ctx, d desk, p place, status int, conflict *Conflict) error {
	now, _ := p.words.Text(p.Block)
	v := wordsView{place: p, May: d.May, Title: d.where(c, p), LangName: web.LanguageName(p.Lang), Action: wordsURL(c, p.File, p.Lang, p.Block), typed: typedOf(now, p.shapes), Seen: now.Stamp(), From: c.Query("from")}
	v.Back, v.Label = d.back(c, p, v.From)
	v.History = c.Path(base+"/history") + "?file=" + strings.ReplaceAll(p.File, "/", "%2F") + "&lang=" + p.Lang + "&block=" + p.Block
	shown := d.Course
	if f := c.SentForm(); f != nil {
		v.From, v.Seen = f.Value("from"), f.Value("seen")
		v.Back, v.Label = d.back(c, p, v.From)
		if conflict != nil {
			v.Seen = learn.Text{Body: conflict.Now.Body}.Stamp()
			v.Theirs = web.Marked(f.Value("text"), strings.Join(learn.Text{Body: conflict.Now.Body}.Lines(), "\n"))
		}
		if t, err := p.text(f, d.Course.Works(p.File)); err == nil {
			shown = d.Course.With(p.File, p.words.With(p.Block, t, ""))
		}
	}
	v.Preview = d.around(shown, p)
	v.Rows = min(14, 3+len([]rune(v.Lines))/60+strings.Count(v.Lines, "\n"))
	v.Points = slices.Contains(p.shapes, learn.List) || p.shapes[0] == learn.List || p.shapes[0] == learn.Steps
	for _, shape := range p.shapes {
		v.Shapes = append(v.Shapes, web.Choice{Value: string(shape), Label: c.T("edit.shape." + string(shape)), Selected: string(shape) == v.Shape})
	}
	if p.stands {
		v.Forms = forms(c, p.form)
	}
	for _, id := range d.Course.Works(p.File) {
		work, _ := d.Course.Work(id)
		v.Works = append(v.Works, work)
	}
	if p.Translated() {
		s := d.block(c, p.File, learn.Source, p.Block, p.form)
		v.Source = &s
		source, _ := p.source.Text(p.Block)
		v.Of = source.Stamp()
		var err error
		if v.Older, err = r.older(c.Context(), p, now, source); err != nil {
			return err
		}
	}
	for _, lang := range d.Course.Languages {
		v.Langs = append(v.Langs, web.M{"label": web.LanguageName(lang), "href": wordsURL(c, p.File, lang, p.Block), "on": lang == p.Lang})
	}
	n := Name{p.File, p.Lang, d.Course.Part(p.File, p.Block)}
	said, err := r.Comments(c.Context(), n, p.Block)
	if err != nil {
		return err
	}
	v.Talk = d.talk(c, n, p.Block, said)
	return wordsPage.RenderStatus(c, status, v)
}

// around are the block as a reader will see it, between its neighbours.
func (d desk) around(course *learn.Course, p place) []reading.Block {
	rd := reading.Reader{Course: course}
	t, ok := course.Topic(p.File)
	if ok {
		unit, _, _ := strings.Cut(p.Block, ".")
		if u, ok := t.Unit(unit); ok && p.Block != unit {
			list := rd.UnitShown(p.Lang, t, u)
			i := slices.IndexFunc(list, func(b reading.Block) bool { return b.ID == p.Block })
			return list[max(0, i-1):min(len(list), i+2)]
		}
	}
	return []reading.Block{rd.Shown(p.File, p.Lang, p.Block, p.form)}
}

// where says what the block belongs to.
func (d desk) where(c *web.Ctx, p place) string {
	name, _, _ := strings.Cut(p.Block, ".")
	if t, ok := d.Course.Topic(p.File); ok {
		if u, ok := t.Unit(name); ok {
			return d.partTitle(c, Name{File: p.File, Part: u.ID})
		}
	}
	return d.fileTitle(c, p.File)
}

// back is where an editor came from.
func (d desk) back(c *web.Ctx, p place, from string) (address, label string) {
	if from == "language" {
		return c.Path(base+"/languages/"+p.Lang) + "?file=" + strings.ReplaceAll(p.File, "/", "%2F"), web.LanguageName(p.Lang)
	}
	name, _, _ := strings.Cut(p.Block, ".")
	if t, ok := d.Course.Topic(p.File); ok {
		if _, ok := t.Unit(name); ok {
			return unitURL(c, t.ID, name) + "?lang=" + p.Lang + "#" + p.Block, d.where(c, p)
		}
		if _, ok := t.Question(name); ok {
			return questionURL(c, t.ID, name) + "#" + p.Block, d.partTitle(c, Name{File: t.ID, Part: name})
		}
		return c.Path(base + "/topic/" + t.ID), title(d.Course, t.ID, c.Lang)
	}
	if id, ok := strings.CutPrefix(p.File, "case/"); ok {
		return caseURL(c, id) + "#" + name, title(d.Course, p.File, c.Lang)
	}
	return c.Path(base), c.T("edit.title")
}

// older marks what changed in the source since a translation was made from it;
// empty when nothing did, or it is not known what stood there.
func (r *Rooms) older(ctx context.Context, p place, now, source learn.Text) (template.HTML, error) {
	if now.Of == "" || now.Of == source.Stamp() {
		return "", nil
	}
	past, err := r.History(ctx, p.File+"/"+learn.Source+".md", p.Block)
	if err != nil {
		return "", err
	}
	for _, c := range past {
		for _, body := range []string{c.Before.Body, c.After.Body} {
			if was := (learn.Text{Body: body}); was.Stamp() == now.Of {
				return web.Marked(strings.Join(was.Lines(), "\n"), strings.Join(source.Lines(), "\n")), nil
			}
		}
	}
	return "", nil
}

// wordsPost saves a block, or shows how it will look.
func (r *Rooms) wordsPost(c *web.Ctx, d desk) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	p, err := d.place(c.Query("file"), c.Query("lang"), c.Query("block"))
	if err != nil {
		return err
	}
	t, err := p.text(f, d.Course.Works(p.File))
	if refuse(f, "text", err) {
		return r.showWords(c, d, p, http.StatusUnprocessableEntity, nil)
	}
	if f.Value("do") == "look" {
		return r.showWords(c, d, p, http.StatusOK, nil)
	}
	x := Text{File: p.File, Lang: p.Lang, Block: p.Block, Seen: f.Value("seen"), Source: f.Value("of"), Text: t}
	if form := f.Values("form"); p.stands && len(form) > 0 {
		x.Form = &form[0]
	}
	err = r.Write(c.Context(), c.Viewer, f.Once(), x)
	var conflict Conflict
	if errors.As(err, &conflict) {
		return r.showWords(c, d, p, http.StatusConflict, &conflict)
	}
	if err != nil {
		return err
	}
	c.Flash("edit.done.saved")
	to, _ := d.back(c, p, f.Value("from"))
	http.Redirect(c.W, c.R, to, http.StatusSeeOther)
	return nil
}

// A translator's list: what is older than its source first, then what is
// missing.

type languageView struct {
	May                   bool
	Lang, Name            string
	Source                bool
	File, Title           string
	Files                 []web.M
	Items                 []item
	Left                  int // how many more there are
	All                   string
	ShowsAll              bool
	State, Reviewer, Date string
}

// item is a block to be translated.
type item struct {
	block
	N       int
	State   string // stale, missing, draft or empty
	Source  block
	Older   template.HTML
	History string
	typed
	Seen, Of string
	Action   string
	Rows     int
	Length   int
}

var languagePage = web.NewPage[languageView](pages, "page/language.html", "page/parts.html", "page/pieces.html")

// perList is how many blocks a translator gets at once.
const perList = 12

func (r *Rooms) language(c *web.Ctx, d desk) error {
	lang, file := c.Param("lang"), c.Query("file")
	if !slices.Contains(d.Course.Languages, lang) {
		return errNotFound
	}
	v := languageView{May: d.May, Lang: lang, Name: web.LanguageName(lang), Source: lang == learn.Source, ShowsAll: c.Query("all") != ""}
	for _, name := range d.Course.WordFiles() {
		s := d.Course.Standing(name, lang, d.now)
		todo := len(s.Stale) + len(s.Missing)
		if file == "" && todo > 0 {
			file = name
		}
		v.Files = append(v.Files, web.M{"label": d.fileTitle(c, name), "count": count(c, todo), "href": c.Path(base+"/languages/"+lang) + "?file=" + strings.ReplaceAll(name, "/", "%2F"), "name": name})
	}
	if file == "" {
		file = d.Course.TopicIDs[0]
	}
	for _, m := range v.Files {
		m["on"] = m["name"] == file
	}
	w := d.Course.Own(file, lang)
	if w == nil {
		return errNotFound
	}
	v.File, v.Title, v.State, v.Reviewer, v.Date = file, title(d.Course, file, c.Lang), w.State, w.Reviewer, w.Date
	v.All = c.Path(base+"/languages/"+lang) + "?all=1&file=" + strings.ReplaceAll(file, "/", "%2F")
	err := r.items(c, d, &v)
	if err != nil {
		return err
	}
	return languagePage.Render(c, v)
}

func count(c *web.Ctx, n int) string {
	if n == 0 {
		return ""
	}
	return c.Number(n)
}

// items fills the list: all blocks when all are wanted, else those to be done.
func (r *Rooms) items(c *web.Ctx, d desk, v *languageView) error {
	s := d.Course.Standing(v.File, v.Lang, d.now)
	todo := slices.Concat(s.Stale, s.Missing)
	if v.ShowsAll {
		todo = d.Course.Own(v.File, learn.Source).Order
		if of := c.Query("of"); of != "" {
			todo = slices.DeleteFunc(slices.Clone(todo), func(id string) bool { return id != of && !strings.HasPrefix(id, of+".") })
		}
	} else if v.Left = len(todo) - perList; v.Left > 0 {
		todo = todo[:perList]
	}
	for i, id := range todo {
		p, err := d.place(v.File, v.Lang, id)
		if err != nil {
			continue // no longer wanted
		}
		now, _ := p.words.Text(id)
		source, _ := p.source.Text(id)
		x := item{N: i + 1, block: d.block(c, v.File, v.Lang, id, p.form), Source: d.block(c, v.File, learn.Source, id, p.form), typed: typedOf(now, p.shapes), Seen: now.Stamp(), Of: source.Stamp(), Action: wordsURL(c, v.File, v.Lang, id)}
		x.Rows = min(12, 2+len([]rune(source.Body))/45)
		switch {
		case slices.Contains(s.Missing, id):
			x.State = "missing"
		case slices.Contains(s.Stale, id):
			x.State = "stale"
			if x.Older, err = r.older(c.Context(), p, now, source); err != nil {
				return err
			}
		case slices.Contains(s.Draft, id):
			x.State = "draft"
		}
		v.Items = append(v.Items, x)
	}
	return nil
}

// What became of a text, and back.

type pastView struct {
	Title, Back, Label string
	Acts               []past
	Older              string
	May                bool
}

// past is one act.
type past struct {
	Kind, Who, When string
	Changes         []pastLine
}

type pastLine struct {
	ID, Where, Lang, URL string
	Marked               template.HTML
	CanBefore, CanAfter  bool
	Structure            bool
}

var historyPage = web.NewPage[pastView](pages, "page/history.html", "page/pieces.html")

func (r *Rooms) history(c *web.Ctx, d desk) error {
	v := pastView{May: d.May, Title: c.T("edit.history.all"), Back: c.Path(base), Label: c.T("edit.title")}
	file, lang, id := c.Query("file"), c.Query("lang"), c.Query("block")
	var list []Change
	var err error
	if id != "" {
		p, wrong := d.place(file, lang, id)
		if wrong != nil {
			return wrong
		}
		v.Title, v.Back, v.Label = d.where(c, p), wordsURL(c, file, lang, id), web.LanguageName(lang)
		list, err = r.History(c.Context(), file+"/"+lang+".md", id)
	} else {
		list, err = r.Changes(c.Context(), c.Query("before"))
		if len(list) == perHistory {
			v.Older = c.Path(base+"/history") + "?before=" + list[len(list)-1].ID
		}
	}
	if err != nil {
		return err
	}
	act := ""
	for _, x := range list {
		if x.Before.Body == x.After.Body {
			continue // a stamp alone
		}
		if x.Act != act {
			act = x.Act
			v.Acts = append(v.Acts, past{c.T("edit.kind." + string(x.Kind)), x.By.Name, c.DateTime(x.At), nil})
		}
		last := &v.Acts[len(v.Acts)-1]
		last.Changes = append(last.Changes, d.pastLine(c, x))
	}
	return historyPage.Render(c, v)
}

func (d desk) pastLine(c *web.Ctx, x Change) pastLine {
	l := pastLine{ID: x.ID, Structure: x.Block == "", Where: title(d.Course, folderOf(x.Path), c.Lang)}
	if l.Structure {
		l.CanBefore, l.CanAfter = true, d.Course.Structure(x.Path) != x.After.Body
		return l
	}
	file, lang, _ := wordsFile(x.Path)
	l.Lang, l.URL, l.Marked = web.LanguageName(lang), wordsURL(c, file, lang, x.Block), web.Marked(plainly(x.Before.Body), plainly(x.After.Body))
	words := d.Course.Words(file, lang)
	if words == nil { // of a case that was taken out
		l.URL = ""
		return l
	}
	now, there := words.Text(x.Block)
	if d.Course.Shapes(file, x.Block) == nil {
		l.URL = ""
	}
	l.CanBefore = there && x.Before.Body != "" && now.Body != x.Before.Body
	l.CanAfter = there && x.After.Body != "" && now.Body != x.After.Body
	return l
}

// folderOf is the file of words that a path stands beside.
func folderOf(path string) string {
	folder, _, ok := cutLast(path)
	if !ok {
		return "course"
	}
	return folder
}

// restore brings a text back.
func (r *Rooms) restore(c *web.Ctx, _ desk) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	change, which, _ := strings.Cut(f.Value("do"), " ")
	if err := r.Restore(c.Context(), c.Viewer, f.Once(), change, which == "before"); err != nil {
		return err
	}
	c.Flash("edit.done.restored")
	http.Redirect(c.W, c.R, c.R.URL.RequestURI(), http.StatusSeeOther)
	return nil
}
