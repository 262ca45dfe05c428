// Package reading shows a course to anybody: what it holds, its units with
// their questions, branching cases, a test of oneself, and summaries to keep.
//
// The idea: a page for each unit, short enough for a pause. Answers stand in
// the page's address and nowhere else, so that the language can be changed in
// the middle of a question; what was answered shows what speaks for and against
// each answer. At the end of a unit stand the tools that it speaks of.
//
// Stored: nothing about the reader, not even that there was one. It must never
// send what is written in answer to an open question: that stays on the page.
package reading

import (
	"embed"

	"amelie/internal/learn"
	"amelie/internal/web"
)

//go:embed page/*.html page/*.css
var files embed.FS

var _ = web.Style(files, "page/learn.css")

// Config is what the course needs from outside.
type Config struct {
	Course func() *learn.Course
	// Tool is where a tool of learn.Tools is, in the reader's language and for
	// the reader's country; false when this installation has not got it.
	Tool func(c *web.Ctx, tool string) (web.Choice, bool)
	// Signs are the words of indicators; what is not known is left out.
	Signs func(lang string, ids []string) []web.Choice
}

// Rooms serve a course.
type Rooms struct{ cfg Config }

// New makes the rooms.
func New(cfg Config) *Rooms { return &Rooms{cfg} }

// Mount adds the pages to the shell.
func (r *Rooms) Mount(s *web.Shell) {
	version := func(*web.Ctx) string { return r.cfg.Course().Version() }
	s.Public("GET /learn", web.Kept(version, r.contents))
	s.Public("GET /learn/{topic}", web.Kept(version, r.topic))
	s.Public("GET /learn/{topic}/{unit}", web.Kept(version, r.unit))
	s.Public("GET /learn/test/{topic}", r.test)
	s.Public("GET /learn/track/{track}", web.Kept(version, r.track))
	s.Public("GET /learn/case/{case}", r.play)
	s.Public("GET /learn/summary/{topic}", web.Kept(version, r.summary))
}
