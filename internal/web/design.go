package web

import "html/template"

// The design page shows every component in every state and direction. It
// exists in demo mode only; its names and figures are invented.

// M is the parameter of a component made in Go.
type M = map[string]any

type designData struct {
	Icons, Pictures []string
	Colours         []string
	Chart           template.HTML
	Toast           *Notice
	Asked           []Asked
}

var designPage = NewPage[designData](pages, "page/design.html")

var _ = Style(pages, "page/design.css")

// Design answers GET with all components, and POST with the same page and
// every field marked wrong.
func Design(c *Ctx) error {
	if c.Query("dir") == "rtl" {
		c.dir = "rtl"
	}
	if c.R.Method == "POST" {
		f, err := c.Form()
		if err != nil {
			return err
		}
		f.Error("name", "web.error.empty")
		f.Error("words", "web.error.too-long", "max", 500)
		f.Error("country", "web.error.choose")
		f.Error("need", "web.error.choose")
	}
	return designPage.Render(c, designData{
		Icons:    IconNames(),
		Pictures: []string{"cup", "door", "chairs", "path", "lamp"},
		Colours:  []string{"paper", "surface", "sunk", "ink", "muted", "line", "edge", "teal", "teal-soft", "apricot", "apricot-soft", "moss", "moss-soft", "amber", "amber-soft", "brick", "brick-soft"},
		Chart:    designChart,
		Toast:    &Notice{"ok", c.T("web.design.sent")},
		Asked: []Asked{
			{Name: "wish", Label: c.T("web.design.need"), Choices: []Choice{{Value: "bed", Label: c.T("web.design.need-bed"), Selected: true}, {Value: "talk", Label: c.T("web.design.need-talk")}}},
			{Name: "day", Label: c.T("web.design.name"), Type: "date", Optional: true},
		},
	})
}

// designChart is a picture with invented figures; a real one is made by
// package chart.
const designChart = template.HTML(`<svg viewBox="0 0 480 150" role="img" aria-labelledby="dc-t"><title id="dc-t">67 / 24 / 9 %</title><path class="rule" d="M0 130h480"/><rect class="series" x="20" y="20" width="110" height="110" rx="6"/><rect class="second" x="185" y="90" width="110" height="40" rx="6"/><rect class="rest" x="350" y="115" width="110" height="15" rx="6"/><text x="75" y="146" text-anchor="middle">67 %</text><text x="240" y="146" text-anchor="middle">24 %</text><text x="405" y="146" text-anchor="middle">9 %</text></svg>`)
