package reading

import (
	"encoding/json"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"amelie/internal/learn"
	"amelie/internal/web"
)

var (
	_ = web.Script(files, "page/draw.js")
	_ = web.Script(files, "page/learn-keep.js")
	_ = web.Script(files, "page/learn-kept.js")
	_ = web.Style(files, "page/kept.css")
)

// mountKept registers what a device needs to keep the course: a page that asks,
// the list of what is kept, the document that stands for every page of the
// course when nobody answers, and the worker that gives it.
func (r *Rooms) mountKept(s *web.Shell, version func(*web.Ctx) string) {
	r.keeping = web.NewKeeping(s)
	s.Public("GET /learn/keep", r.keep)
	s.Public("GET /learn/kept", web.Kept(version, r.kept))
	s.API("GET /learn/kept/{languages}", r.list)
	s.Raw("GET /learn/worker.js", http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) { web.Worker(shelf(r.cfg.Course())).ServeHTTP(w, q) }))
}

// shelf holds the course and answers for its pages alone: not for the trainer's
// kit, packages, or pages with progress kept, which need their server.
//
// req: COURSE-1
func shelf(course *learn.Course) web.Shelf {
	pages := `^/[a-z]{2}/learn(?:/(?:keep|kept|(?:summary|test|track|case)/[a-z0-9-]+|(?:` + strings.Join(course.TopicIDs, "|") + `)(?:/[a-z0-9-]+)?))?`
	return web.Shelf{Name: "course", Note: "/learn/kept", Own: pages + `$|^/asset/[A-Za-z0-9./-]+$`, First: pages + `$`, Whole: "/learn/kept"}
}

// keepView is the page that asks whether to keep the course.
type keepView struct{ Languages []web.Choice }

var keepPage = web.NewPage[keepView](files, "page/keep.html")

func (r *Rooms) keep(c *web.Ctx) error {
	var v keepView
	for _, lang := range c.Config().Languages {
		v.Languages = append(v.Languages, web.Choice{Value: lang, Label: web.LanguageName(lang), Selected: lang == c.Lang})
	}
	return keepPage.Render(c, v)
}

// list answers with what is kept of the course in some languages.
func (r *Rooms) list(c *web.Ctx) error {
	languages, err := c.KeptLanguages(c.Param("languages"))
	if err != nil {
		return err
	}
	var addresses []string
	for _, lang := range languages {
		addresses = append(addresses, "/"+lang+"/learn/kept", "/"+lang+"/learn/keep")
	}
	l, err := r.keeping.List(c.Context(), r.cfg.State()+r.cfg.Course().Version(), addresses)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, l)
}

// keptView is the whole course in the reader's language.
type keptView struct {
	Base    string // where its pages are
	Outline string // JSON
	Body    template.HTML
}

var keptPage = web.NewPage[keptView](files, "page/kept.html")

func (r *Rooms) kept(c *web.Ctx) error {
	course := r.cfg.Course()
	outline, err := json.Marshal(Outlined(course, []string{c.Lang}))
	if err != nil {
		return err
	}
	body, err := keptWhole(course, r.cfg.Texts, r.cfg.Signs, c.Lang)
	if err != nil {
		return err
	}
	c.Small()
	return keptPage.Render(c, keptView{c.Path("/learn"), string(outline), body})
}

// keptWhole is the course as one document of this site: besides what a package
// holds there are the essentials and the tracks, and a test of each topic in
// place of the one that a learning platform is told of.
func keptWhole(course *learn.Course, texts Texts, signs func(string, []string) []web.Choice, lang string) (out template.HTML, err error) {
	x := whole{speaker{lang, texts}, course, signs}
	w := x.words("course", nil)
	contents := x.contents(w)
	essentials, tracks := x.track(w, "essentials", course.Essentials), []wholeTrack(nil)
	contents.Final, contents.Short = false, &essentials.entry
	for _, t := range course.Tracks {
		one := x.track(w, t.ID, t.Selection)
		tracks = append(tracks, one)
		contents.Tracks = append(contents.Tracks, one.entry)
	}
	put := func(name, topic string, data any) {
		if err == nil {
			var part template.HTML
			part, err = x.part(name, topic, data)
			out += part
		}
	}
	put("whole-contents", "", contents)
	for _, t := range append([]wholeTrack{essentials}, tracks...) {
		put("whole-track", "", t)
	}
	for _, t := range course.Topics {
		v := x.topic(t)
		v.Draw, v.Uncounted = min(perTest, len(t.Bank())), true
		put("whole-topic", t.ID, v)
	}
	for _, s := range course.Cases {
		put("whole-case", "", x.play(s))
	}
	put("whole-said", "", nil)
	return out, err
}

// wholeTrack is a selection of units, with each by its name in this document.
type wholeTrack struct {
	entry
	List []entry
}

func (x whole) track(w words, id string, s learn.Selection) wholeTrack {
	v := wholeTrack{entry: entry{Path: "track." + id, Title: w.Line(id), Text: w.html(id + ".lead"), Minutes: x.course.Minutes(s)}}
	for i, name := range s.Units {
		t, u, _ := x.course.Find(name)
		tw := x.words(t.ID, t.Sources)
		v.List = append(v.List, entry{Path: t.ID + "." + u.ID, Title: tw.Line(u.ID), Text: tw.html("title"), Minutes: u.Minutes, Number: i + 1})
	}
	return v
}

// noted are the signs that a scene shows, in words; none where no room knows them.
func (x whole) noted(s learn.Scene) (out []string) {
	if x.signs == nil {
		return nil
	}
	for _, one := range x.signs(x.Lang, s.Shows) {
		out = append(out, one.Label)
	}
	return slices.Clip(out)
}
