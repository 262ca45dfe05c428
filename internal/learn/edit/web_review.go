package edit

import (
	"net/http"
	"net/url"
	"slices"
	"sort"
	"strings"

	"amelie/internal/fault"
	"amelie/internal/learn"
	"amelie/internal/web"
)

// Where the parts of the course stand in one language, and one of them with what
// is said of it.

func (r *Rooms) mountReviews(s *web.Shell) {
	s.Professional("GET "+base+"/review", r.open(r.reviews))
	s.Professional("POST "+base+"/review", r.open(r.reviewsPost))
	s.Professional("GET "+base+"/review/part", r.open(r.part))
	s.Professional("POST "+base+"/review/part", r.open(r.partPost))
	s.Professional("POST "+base+"/comment", r.open(r.commentPost))
}

func reviewsURL(c *web.Ctx, file, lang string) string {
	return c.Path(base+"/review") + "?" + url.Values{"file": {file}, "lang": {lang}}.Encode()
}

func partURL(c *web.Ctx, n Name) string {
	return c.Path(base+"/review/part") + "?" + url.Values{"file": {n.File}, "lang": {n.Lang}, "part": {n.Part}}.Encode()
}

// stand is where a part stands, in words.
type stand struct {
	Name
	URL, Title string
	Where      string // what it belongs to, where parts of several files stand together
	Badge      web.M
	Since      string // who asked or read it, and when
	CanAsk     bool
	Quiet      bool // published, and nobody has read it
	Open       int  // comments
}

// badges are how the states look.
var badges = map[State]string{Unread: "plain", InReview: "soon", Approved: "ok", Published: "plain"}

func (d desk) stand(c *web.Ctx, l Looks, n Name, open map[Name]int) stand {
	x := l.At(n)
	s := stand{Name: n, URL: partURL(c, n), Title: d.partTitle(c, n), CanAsk: x.Can(Ask), Open: open[n],
		Badge: web.M{"text": c.T("editing.state." + string(x.State())), "kind": badges[x.State()]}}
	switch {
	case x.State() == InReview:
		s.Since = c.T("editing.asked", "who", x.By.Name, "when", c.DateTime(x.At))
	case x.Back == x.Text:
		s.Since = c.T("editing.sent-back", "who", x.By.Name, "when", c.DateTime(x.At))
	case x.Read == x.Text:
		s.Since = c.T("editing.read", "who", strings.TrimSuffix(x.Review.Name+", "+x.Review.Profession, ", "), "when", x.Review.Date)
	case x.State() == Published:
		s.Since, s.Quiet = c.T("editing.unread"), true
	}
	return s
}

// partTitle names a part in the reader's language.
func (d desk) partTitle(c *web.Ctx, n Name) string {
	switch n.Part {
	case learn.PartAll:
		return d.fileTitle(c, n.File)
	case learn.PartLead:
		return c.T("editing.part.lead")
	case learn.PartSummary:
		return c.T("edit.summary")
	}
	if w := d.Course.Own(n.File, c.Lang); w != nil && w.Has(n.Part) {
		return w.Line(n.Part)
	}
	return d.Course.Words(n.File, learn.Source).Line(n.Part)
}

// spoken of: how many comments are open on each part, and on each block.
func (r *Rooms) openComments(c *web.Ctx, d desk) (list []Comment, parts map[Name]int, err error) {
	parts = map[Name]int{}
	list, err = r.Comments(c.Context(), Name{}, "")
	for i, x := range list {
		list[i] = x.in(d.Course)
		if x.About == "" {
			parts[list[i].Name]++
		}
	}
	return list, parts, err
}

// openOn is how many comments are open on a block.
func openOn(list []Comment, n Name, block string) (out int) {
	for _, x := range list {
		if x.About == "" && x.Block == block && x.path() == n.path() {
			out++
		}
	}
	return out
}

// due is how many parts wait for a review, and how many comments are open.
func (r *Rooms) due(c *web.Ctx, d desk) (waiting, open int, err error) {
	l, err := r.Looks(c.Context())
	if err != nil {
		return 0, 0, err
	}
	list, _, err := r.openComments(c, d)
	for _, x := range list {
		if x.About == "" {
			open++
		}
	}
	return len(l.Waiting()), open, err
}

type reviewsView struct {
	May            bool
	Lang, LangName string
	Title          string
	Langs, Files   []web.M
	Waiting        []stand // in any file
	Parts          []stand
	CanAsk         bool
	Comments       []remark
	Action         string
}

var reviewsPage = web.NewPage[reviewsView](pages, "page/reviews.html", "page/pieces.html")

func (r *Rooms) reviews(c *web.Ctx, d desk) error { return r.showReviews(c, d, 0) }

func (r *Rooms) showReviews(c *web.Ctx, d desk, status int) error {
	lang, file := c.Query("lang"), c.Query("file")
	if lang == "" {
		lang = learn.Source
	}
	if file == "" {
		file = d.Course.TopicIDs[0]
	}
	if d.Course.Own(file, lang) == nil {
		return errNotFound
	}
	l, err := r.Looks(c.Context())
	if err != nil {
		return err
	}
	list, open, err := r.openComments(c, d)
	if err != nil {
		return err
	}
	v := reviewsView{May: d.May, Lang: lang, LangName: web.LanguageName(lang), Title: d.fileTitle(c, file), Action: reviewsURL(c, file, lang)}
	waiting := map[string]int{}
	for _, n := range l.Waiting() {
		waiting[n.Lang]++
		if n.Lang == lang {
			s := d.stand(c, l, n, open)
			s.Where = d.fileTitle(c, n.File)
			v.Waiting = append(v.Waiting, s)
		}
	}
	sort.Slice(v.Waiting, func(i, j int) bool { return v.Waiting[i].URL < v.Waiting[j].URL })
	for _, part := range d.Course.Parts(file) {
		s := d.stand(c, l, Name{file, lang, part}, open)
		if v.CanAsk = v.CanAsk || s.CanAsk; s.Quiet {
			s.Since = "" // what is true of nearly all of them
		}
		v.Parts = append(v.Parts, s)
	}
	for _, one := range d.Course.Languages {
		v.Langs = append(v.Langs, web.M{"label": web.LanguageName(one), "count": count(c, waiting[one]), "href": reviewsURL(c, file, one), "on": one == lang})
	}
	for _, name := range d.Course.WordFiles() {
		v.Files = append(v.Files, web.M{"label": d.fileTitle(c, name), "href": reviewsURL(c, name, lang), "on": name == file})
	}
	for _, x := range list {
		if x.Lang == lang && x.About == "" {
			v.Comments = append(v.Comments, d.remark(c, x, list))
		}
	}
	return reviewsPage.RenderStatus(c, status, v)
}

// fileTitle names a file of words.
func (d desk) fileTitle(c *web.Ctx, file string) string { return titleOf(c, d.Course, file) }

func titleOf(c *web.Ctx, course *learn.Course, file string) string {
	if file == "course" {
		return c.T("edit.own")
	}
	return title(course, file, c.Lang)
}

// reviewsPost asks for a review of what was ticked.
func (r *Rooms) reviewsPost(c *web.Ctx, d desk) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	var names []Name
	for _, part := range f.Values("part") {
		names = append(names, Name{c.Query("file"), c.Query("lang"), part})
	}
	if len(names) == 0 {
		f.Error("part", "editing.fault.none")
		return r.showReviews(c, d, http.StatusUnprocessableEntity)
	}
	if err := r.askFor(c, d, f.Once(), names); err != nil {
		return err
	}
	return r.goTo(c, reviewsURL(c, c.Query("file"), c.Query("lang")))
}

func (r *Rooms) askFor(c *web.Ctx, d desk, once string, names []Name) error {
	for _, n := range names {
		if !d.has(n) {
			return errNotFound
		}
	}
	if err := r.AskReview(c.Context(), c.Viewer, once, names); err != nil {
		return err
	}
	c.Flash("editing.done.asked")
	return nil
}

// goTo leads to an address that was made here.
func (r *Rooms) goTo(c *web.Ctx, address string) error {
	http.Redirect(c.W, c.R, address, http.StatusSeeOther)
	return nil
}

// passage is a block of a part that is read.
type passage struct {
	block
	Source *block // beside a translation
	Label  string // of a question: which of its texts it is
	Right  bool
	Open   int // comments
}

type partView struct {
	stand
	State            State
	May, MayReview   bool
	CanAsk, Back     bool
	Seen             string
	FileTitle        string
	LangName, Action string
	All              string // the list that it stands on
	Langs            []web.M
	Passages         []passage
	Talk             talk
	Reader           string
}

var partPage = web.NewPage[partView](pages, "page/part.html", "page/parts.html", "page/comments.html", "page/pieces.html")

func (r *Rooms) part(c *web.Ctx, d desk) error { return r.showPart(c, d, 0) }

func (r *Rooms) showPart(c *web.Ctx, d desk, status int) error {
	n := Name{c.Query("file"), c.Query("lang"), c.Query("part")}
	if !d.has(n) {
		return errNotFound
	}
	l, err := r.Looks(c.Context())
	if err != nil {
		return err
	}
	list, open, err := r.openComments(c, d)
	if err != nil {
		return err
	}
	x := l.At(n)
	v := partView{stand: d.stand(c, l, n, open), State: x.State(), May: d.May, CanAsk: x.Can(Ask), Back: x.Back == x.Text && x.State() != InReview, Seen: x.Text,
		FileTitle: d.fileTitle(c, n.File), LangName: web.LanguageName(n.Lang), Action: partURL(c, n), All: reviewsURL(c, n.File, n.Lang), Reader: c.Viewer.Name}
	if v.State == InReview {
		err := r.MayReview(c.Context(), c.Viewer, d.Course, n)
		if v.MayReview = err == nil; err != nil && fault.KindOf(err) != fault.Denied && fault.KindOf(err) != fault.NotFound {
			return err
		}
	}
	for _, lang := range d.Course.Languages {
		v.Langs = append(v.Langs, web.M{"label": web.LanguageName(lang), "href": partURL(c, Name{n.File, lang, n.Part}), "on": lang == n.Lang})
	}
	v.Passages = d.passages(c, n, list)
	v.Talk = d.talk(c, n, n.whole(), list)
	return partPage.RenderStatus(c, status, v)
}

// passages are the texts of a part, in the order in which they are read.
func (d desk) passages(c *web.Ctx, n Name, comments []Comment) (out []passage) {
	blocks := d.Course.Blocks(n.File, n.Part, n.Lang)
	if t, ok := d.Course.Topic(n.File); ok {
		if u, ok := t.Unit(n.Part); ok {
			blocks = []string{u.ID}
			for _, b := range u.Blocks {
				blocks = append(blocks, u.ID+"."+b.ID)
			}
		}
	}
	for _, id := range blocks {
		p, err := d.place(n.File, n.Lang, id)
		if err != nil {
			continue // no longer wanted
		}
		x := passage{block: d.block(c, n.File, n.Lang, id, p.form)}
		if p.Translated() {
			s := d.block(c, n.File, learn.Source, id, p.form)
			x.Source = &s
		}
		x.Label, x.Right = d.askedText(c, n, id)
		x.Open = openOn(comments, n, id)
		out = append(out, x)
	}
	return out
}

// askedText says which text of a question a block is.
func (d desk) askedText(c *web.Ctx, n Name, id string) (label string, right bool) {
	t, ok := d.Course.Topic(n.File)
	if !ok {
		return "", false
	}
	q, ok := t.Question(n.Part)
	if !ok {
		return "", false
	}
	names := strings.Split(id, ".")
	if len(names) == 1 {
		return c.T("edit.question.stem"), false
	}
	i := slices.IndexFunc(q.Answers, func(a learn.Answer) bool { return a.ID == names[1] })
	switch {
	case names[len(names)-1] == "l":
		return c.T("edit.question.left"), false
	case names[len(names)-1] == "r":
		return c.T("edit.question.other"), false
	case len(names) == 2 && i < 0:
		return c.T("edit.question.whole." + names[1]), false
	case len(names) == 3:
		return c.T("edit.question.said"), i >= 0 && q.Answers[i].Right && q.Kind == learn.TrueFalse
	}
	return c.T("edit.question.answer"), q.Answers[i].Right
}

func (r *Rooms) partPost(c *web.Ctx, d desk) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	n := Name{c.Query("file"), c.Query("lang"), c.Query("part")}
	x := Verdict{Name: n, Seen: f.Value("seen"), Step: Step(f.Value("do")), Reader: f.Value("reader"), Trade: f.Value("trade"), Why: f.Value("why"), Once: f.Once()}
	switch x.Step {
	case Ask:
		if err := r.askFor(c, d, x.Once, []Name{n}); err != nil {
			return err
		}
		return r.goTo(c, partURL(c, n))
	case Approve:
		for _, field := range []string{"reader", "trade"} {
			if name := f.Value(field); name == "" {
				f.Error(field, "web.error.empty")
			} else if !nameable(name) {
				f.Error(field, "editing.fault.reader")
			}
		}
	case SendBack:
		tooLong(f, "why")
	}
	if !f.OK() {
		return r.showPart(c, d, http.StatusUnprocessableEntity)
	}
	if err := r.Review(c.Context(), c.Viewer, x); err != nil {
		return err
	}
	c.Flash("editing.done." + string(x.Step))
	return r.goTo(c, reviewsURL(c, n.File, n.Lang))
}

// nameable says whether a name or a profession can stand in a file of words.
func nameable(text string) bool {
	return len([]rune(text)) <= 80 && learn.Review{Part: "u1", Digest: "0000000000000000", Date: "2000-01-01", Name: text, Profession: text}.Valid()
}

// tooLong refuses a comment that is none.
func tooLong(f *web.Form, field string) {
	switch n := len([]rune(f.Value(field))); {
	case n == 0:
		f.Error(field, "web.error.empty")
	case n > MaxComment:
		f.Error(field, "web.error.too-long", "n", MaxComment)
	}
}

// A talk is what is said of one block, with a field to say more.
type talk struct {
	May     bool
	Action  string
	File    string
	Lang    string
	Block   string
	Remarks []remark
}

// remark is a comment as it is shown.
type remark struct {
	ID, Who, When, Body string
	Changed             bool // the text is another one since
	Where, URL          string
	Answers             []remark
}

func (d desk) talk(c *web.Ctx, n Name, block string, comments []Comment) talk {
	t := talk{May: d.May, Action: c.Path(base + "/comment"), File: n.File, Lang: n.Lang, Block: block}
	for _, x := range comments {
		if x.About == "" && x.Block == block && x.path() == n.path() {
			t.Remarks = append(t.Remarks, d.remark(c, x, comments))
		}
	}
	return t
}

func (d desk) remark(c *web.Ctx, x Comment, all []Comment) remark {
	m := remark{ID: x.ID, Who: x.By.Name, When: c.DateTime(x.At), Body: x.Body, Changed: d.stamp(x.Name, x.Block) != x.Stamp, URL: d.talkURL(c, x.Name, x.Block)}
	m.Where = d.fileTitle(c, x.File)
	if slices.Contains(d.Course.Parts(x.File), x.Part) && x.Part != learn.PartAll {
		m.Where += " · " + d.partTitle(c, x.Name)
	}
	for _, one := range all {
		if one.About == x.ID {
			m.Answers = append(m.Answers, remark{ID: one.ID, Who: one.By.Name, When: c.DateTime(one.At), Body: one.Body})
		}
	}
	return m
}

// talkURL is where a block is spoken of; when it is gone, the list.
func (d desk) talkURL(c *web.Ctx, n Name, block string) string {
	switch {
	case block == n.whole() && slices.Contains(d.Course.Parts(n.File), n.Part):
		return partURL(c, n) + "#talk"
	case d.Course.Shapes(n.File, block) != nil:
		return wordsURL(c, n.File, n.Lang, block) + "#talk"
	}
	return reviewsURL(c, d.Course.TopicIDs[0], n.Lang) + "#comments"
}

// commentPost says something, answers, or settles.
func (r *Rooms) commentPost(c *web.Ctx, d desk) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	x := Comment{Name: Name{File: f.Value("file"), Lang: f.Value("lang")}, Block: f.Value("block"), Body: f.Value("body"), About: f.Value("about")}
	x = x.in(d.Course)
	if f.Value("do") == "settle" {
		if err := r.Settle(c.Context(), c.Viewer, x.About); err != nil {
			return err
		}
		c.Flash("editing.done.settled")
		return r.goTo(c, d.talkURL(c, x.Name, x.Block))
	}
	if tooLong(f, "body"); !f.OK() {
		return r.showTalk(c, d, x)
	}
	err = r.Comment(c.Context(), c.Viewer, f.Once(), x)
	if fault.KindOf(err) == fault.Stale {
		f.Error("body", "editing.fault.settled")
		return r.showTalk(c, d, x)
	}
	if err != nil {
		return err
	}
	c.Flash("editing.done.commented")
	return r.goTo(c, d.talkURL(c, x.Name, x.Block))
}

type talkView struct {
	Title, Back string
	Talk        talk
}

var talkPage = web.NewPage[talkView](pages, "page/talk.html", "page/comments.html")

// showTalk shows a comment again that could not be kept.
func (r *Rooms) showTalk(c *web.Ctx, d desk, x Comment) error {
	if d.Course.Own(x.File, x.Lang) == nil {
		return errNotFound
	}
	list, err := r.Comments(c.Context(), x.Name, x.Block)
	if err != nil {
		return err
	}
	return talkPage.RenderStatus(c, http.StatusUnprocessableEntity, talkView{d.fileTitle(c, x.File), d.talkURL(c, x.Name, x.Block), d.talk(c, x.Name, x.Block, list)})
}
