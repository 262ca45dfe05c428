// Package reading shows a course to anybody: what it holds, its units with
// their questions, branching cases, a test of oneself, and summaries to keep.
//
// The idea: a page for each unit, short enough for a pause. Answers stand in
// the page's address and nowhere else, so that the language can be changed in
// the middle of a question; what was answered shows what speaks for and against
// each answer. At the end of a unit stand the tools that it speaks of.
//
// Who asks for it keeps the whole course on the device (keep.go), as the one
// document that packages are made of too (whole.go).
//
// Stored: nothing about the reader, not even that there was one. It must never
// send what is written in answer to an open question: that stays on the page.
// It must never keep anything on a device unasked.
package reading

import (
	"embed"
	"io/fs"
	"net/http"
	"net/url"

	"amelie/internal/learn"
	"amelie/internal/web"
)

//go:embed page/*.html page/*.css page/*.js
var files embed.FS

// With are the pages of a room beside this one, and the pieces that it shares:
// parts.html.
func With(own fs.FS) fs.FS { return both{own} }

type both struct{ own fs.FS }

// Open takes a file of the other room first.
func (b both) Open(name string) (fs.File, error) {
	if f, err := b.own.Open(name); err == nil {
		return f, nil
	}
	return files.Open(name)
}

var (
	_ = web.Style(files, "page/learn.css")
	_ = web.Style(files, "page/slides.css")
	_ = web.Style(files, "page/notes.css")
	_ = web.Script(files, "page/mark.js")
	_ = web.Script(files, "page/ask.js")
)

// Config is what the course needs from outside.
type Config struct {
	Course func() *learn.Course
	// Use is where tools of learn.Tools are, in the reader's language and for the
	// reader's country; what this installation has not got is left out. help is
	// what the directory is asked for; "" for anything.
	Use func(c *web.Ctx, tools []string, help string) Use
	// Signs are the words of indicators; what is not known is left out.
	Signs func(lang string, ids []string) []web.Choice
	// Texts are the program's own words, for the course as one document; nil:
	// it cannot be kept on a device.
	Texts Texts
	// State moves with whatever else a page of the course shows.
	State func() string
}

// Use is what a reader can do at once with what was read.
type Use struct {
	Doors     []web.Choice
	Where     string       // what stands above Elsewhere
	Elsewhere []web.Choice // the same search in the other countries
}

// Rooms serve a course.
type Rooms struct {
	cfg     Config
	keeping *web.Keeping
}

// New makes the rooms.
func New(cfg Config) *Rooms { return &Rooms{cfg: cfg} }

// Reader is who turns the pages: anybody, or somebody who wants to have kept
// what was read and answered, at addresses of their own.
type Reader struct {
	Course *learn.Course // the revision that the pages are of
	Base   string        // where the pages are, without the language
	Kept   *Kept         // nil: answers stand in the address and nothing is kept
	// Pictures is where the course's pictures are answered, with a slash at the
	// end; "": where the published ones are.
	Pictures string
}

// Kept is what was kept for this reader.
type Kept struct {
	Answers url.Values             // of the questions on this page, as a form sends them
	Done    func(unit string) bool // whether "topic.unit" is finished
	Wished  bool                   // this unit stands on the reader's list
	Opened  string                 // goes out with the page's forms and comes back
}

func (rd Reader) unit(topic, unit string) string { return rd.Base + "/" + topic + "/" + unit }

func (rd Reader) done(topic, unit string) bool { return rd.Kept != nil && rd.Kept.Done(topic+"."+unit) }

// Mount adds the pages to the shell. Anybody reads them without leaving a trace.
func (r *Rooms) Mount(s *web.Shell) {
	version := func(*web.Ctx) string { return r.cfg.Course().Version() }
	open := func(page func(*web.Ctx, Reader) error) web.Handler {
		return func(c *web.Ctx) error { return page(c, Reader{Course: r.cfg.Course(), Base: "/learn"}) }
	}
	s.Public("GET /learn", web.Kept(version, open(r.contents)))
	s.Public("GET /learn/{topic}", web.Kept(version, open(r.Topic)))
	s.Public("GET /learn/{topic}/{unit}", web.Kept(version, open(r.Unit)))
	s.Public("GET /learn/test/{topic}", open(r.test))
	s.Public("GET /learn/track/{track}", web.Kept(version, open(r.Track)))
	s.Public("GET /learn/case/{case}", open(r.Play))
	s.Public("GET /learn/summary/{topic}", web.Kept(version, open(r.Summary)))
	s.Public("GET /learn/kit", web.Kept(version, open(r.kit)))
	s.Public("GET /learn/kit/{topic}", web.Kept(version, open(planned(planPage))))
	s.Public("GET /learn/kit/{topic}/slides", web.Kept(version, open(planned(slidesPage))))
	s.Public("GET /learn/kit/{topic}/notes", web.Kept(version, open(planned(notesPage))))
	s.Public("GET /learn/kit/{topic}/test", open(r.paper))
	if r.cfg.Texts != nil {
		r.mountKept(s, version)
	}
	s.Raw("GET "+address+"picture/{name}", http.HandlerFunc(r.pictures))
}
