// Package screen helps the professional who is with someone now.
//
// The idea: the order of the steps is what keeps people safe. Is anyone in
// immediate danger; are you alone, and is the interpreter independent; what
// can you not keep to yourself; inform before you ask; respect a no. This
// package holds the first page, which fits a corridor and leads on to the guide
// (package guide), to the directory, to a referral or to a sheet for the
// telephone; and what the rooms below it share.
//
// Stored: nothing, not even that the page was opened.
//
// It must never say that somebody is or is not a victim, and never contact
// anybody by itself.
package screen

import (
	"context"
	"embed"
	"time"

	"amelie/internal/web"
)

//go:embed page/*.html page/*.css page/*.js
var pages embed.FS

var (
	_ = web.Style(pages, "page/screen.css")
	_ = web.Script(pages, "page/kept.js")
)

var nowPage = web.NewPage[now](pages, "page/now.html")

type now struct {
	Emergency string // the number to call when a life is in danger
	Helpline  *web.CallBox
	Country   string       // where the duties to report and to keep silent are explained
	House     *House       // nil on the public page
	Guide     []web.Choice // the guide of each place of work
}

// House is what the reader's own house says about such a talk: for signed-in
// members only.
type House struct {
	Title, Text  string
	Rows         []map[string]any // internal numbers, rows of c-contact
	Interpreter  *web.CallBox     // the house's own line; nil: it names none
	Href, Action string
}

// Config is what the page needs from outside.
type Config struct {
	Country   func(lang string) string // ISO 3166-1 of where the reader is; may be empty
	Emergency func(country string) string
	// Helpline is the national helpline that answers now; nil: none is known.
	Helpline func(ctx context.Context, country, lang string, at time.Time) *web.CallBox
	// House is the page of the reader's own house; nil for everybody who is not
	// signed in. May be nil.
	House func(c *web.Ctx) *House
	// Guide are the ways into the bedside guide.
	Guide func(c *web.Ctx) []web.Choice
}

// Mount adds the pages to the shell.
func Mount(s *web.Shell, cfg Config) {
	s.Public("GET /now", func(c *web.Ctx) error {
		country := cfg.Country(c.Lang)
		var house *House
		if cfg.House != nil {
			house = cfg.House(c)
		}
		return nowPage.Render(c, now{
			House:     house,
			Guide:     cfg.Guide(c),
			Emergency: cfg.Emergency(country),
			Helpline:  cfg.Helpline(c.Context(), country, c.Lang, c.Now()),
			Country:   country,
		})
	})
}
