package web

import "embed"

//go:embed page/*.html page/*.css
var pages embed.FS

// CallBox is a helpline as the home page and the top of a search show it.
type CallBox struct {
	Name   string // of the line
	Number string // as people write it
	Tel    string // E.164 or the short number, for the link
	Note   string // "Open now, 24 hours"
	Detail string // languages, costs
	Path   string // full path of its page, language included; may be empty
	Closed bool   // shown without the open light
	Unsure bool   // its hours are not known: it is not said to be closed
}

// Home is what the start page leads to. A door without a path is not shown.
type Home struct {
	WithSomeone string // path without language
	Find        string
	Learn       string
	Myself      string
	Helpline    *CallBox // nil when none is known
}

var homePage = NewPage[Home](pages, "page/home.html")

// RenderHome answers with the start page.
func RenderHome(c *Ctx, h Home) error { return homePage.Render(c, h) }
