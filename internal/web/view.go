package web

import (
	"html"
	"html/template"
	"slices"
	"strings"
)

// What the frame of a page asks of its request.

// NavLink is a navigation entry as this reader sees it.
type NavLink struct {
	URL, Icon, Label string
	Current          bool // the page is in this room
	Exact            bool // the page is the room's own
}

// ZoneName is the zone as a class of the page.
func (c *Ctx) ZoneName() string {
	return [...]string{"public", "person", "professional", "public", "public", "public"}[c.zone]
}

// IsProfessional tells whether the page has the rail of the professional zone.
func (c *Ctx) IsProfessional() bool { return c.zone == ZoneProfessional && c.Viewer != nil }

// IsPerson tells whether the page is for the person herself.
func (c *Ctx) IsPerson() bool { return c.zone == ZonePerson }

// IsGuest tells whether the page is for somebody without an account who holds
// something else.
func (c *Ctx) IsGuest() bool { return c.zone == ZoneGuest }

// IsLearner tells whether the page is for somebody whose progress is kept.
func (c *Ctx) IsLearner() bool { return c.zone == ZoneLearner }

// Shape is the layout that the page asked for.
func (c *Ctx) Shape() string { return c.shape }

// Demo tells whether this is a demonstration.
func (c *Ctx) Demo() bool { return c.shell.cfg.Demo }

// SiteName is the visible name of the site.
func (c *Ctx) SiteName() string { return c.shell.present().Name }

// HasRoute tells whether a room exists; a link to one that does not is not
// shown.
func (c *Ctx) HasRoute(pattern string) bool { return c.shell.Has(pattern) }

// Here is the address of this page, for a link that leads back.
func (c *Ctx) Here() string { return here(c.R) }

// HomePath is where the name in the top bar leads: Today for a member, the
// start page for everyone else.
func (c *Ctx) HomePath() string {
	if c.IsProfessional() && c.shell.Has("GET /today") {
		return c.Path("/today")
	}
	return c.Path("/")
}

// SearchPath is the page of the search in the top bar; empty when there is
// none, on the search's own page, and on pages for the person herself.
func (c *Ctx) SearchPath() string {
	if c.zone == ZonePerson || !c.shell.Has("GET /find") || c.R.URL.Path == c.Path("/find") {
		return ""
	}
	return c.Path("/find")
}

// WayBack is where a signed-in member returns to from a public page; empty for
// everyone else.
func (c *Ctx) WayBack() string {
	if c.zone != ZonePublic || c.Viewer != nil || !c.shell.Has("GET /today") || !c.shell.SignedIn(c.R) {
		return ""
	}
	return c.Path("/today")
}

// FootLinks are the links at the foot of public pages. They are written here
// and not in the layout, as those of the languages are.
func (c *Ctx) FootLinks() template.HTML {
	if c.zone == ZonePerson {
		return ""
	}
	var b strings.Builder
	for _, item := range c.shell.foot {
		if !c.may(item) || item.Path == "/sign-in" && c.WayBack() != "" {
			continue
		}
		link := c.link(item)
		b.WriteString(`<li><a href="` + html.EscapeString(link.URL) + `"`)
		if link.Current {
			b.WriteString(` aria-current="page"`)
		}
		b.WriteString(`>` + html.EscapeString(link.Label) + `</a></li>`)
	}
	return template.HTML(b.String()) //nolint:gosec // escaped above
}

func (c *Ctx) may(item NavItem) bool {
	if !c.shell.Has("GET " + item.Path) {
		return false
	}
	if item.Roles != nil && !slices.ContainsFunc(item.Roles, c.Viewer.Is) {
		return false
	}
	return item.When == nil || item.When(c.Viewer)
}

func (c *Ctx) link(item NavItem) NavLink {
	url := c.Path(item.Path)
	return NavLink{URL: url, Icon: item.Icon, Label: c.T(item.Label), Current: c.inside(item) > 0, Exact: c.R.URL.Path == url}
}

// inside tells how much of the page's address belongs to the room, in bytes;
// 0: the page is elsewhere.
func (c *Ctx) inside(item NavItem) (n int) {
	url, path := c.Path(item.Path), c.R.URL.Path
	if path == url || item.Path != "/" && strings.HasPrefix(path, strings.TrimSuffix(url, "/")+"/") {
		n = len(url)
	}
	for _, also := range item.Also {
		if p := c.Path(also); strings.HasPrefix(path, p) {
			n = max(n, len(p))
		}
	}
	return n
}

// Toast is the notice that the page before left for this one; nil when there
// is none.
func (c *Ctx) Toast() *Notice { return c.flash }

// StyleSheets are the addresses of the page's own style sheets.
func (c *Ctx) StyleSheets() []string {
	var list []string
	for name := range strings.FieldsSeq(c.style) {
		if a := assetPath(name + ".css"); a != "" {
			list = append(list, a)
		}
	}
	return list
}

// Scripts are the addresses of the page's own modules.
func (c *Ctx) Scripts() []string {
	var list []string
	for name := range strings.FieldsSeq(c.script) {
		if a := assetPath(name + ".js"); a != "" {
			list = append(list, a)
		}
	}
	return list
}

// fontsByLanguage are the cuts that a page in the language is sure to need.
var fontsByLanguage = map[string][]string{
	"en": {"sans-core", "serif-core"},
	"el": {"sans-core", "sans-greek", "serif-core", "serif-greek"},
	"bg": {"sans-core", "sans-cyrillic"},
	"uk": {"sans-core", "sans-cyrillic"},
	"ar": {}, "zh": {},
	"ro": {"sans-core", "sans-accent", "sans-extended"},
	"pl": {"sans-core", "sans-extended"},
	"hu": {"sans-core", "sans-accent", "sans-extended"},
}

// Beside says that the page also shows text in another language, as the
// consent sheet does, so that its letters come from one font. Templates call
// it where the text stands; it writes nothing.
func (c *Ctx) Beside(lang string) string {
	c.beside = append(c.beside, lang)
	return ""
}

// FontPreloads are the fonts to fetch early, so that an optional font is
// there on the first visit of a fast connection.
func (c *Ctx) FontPreloads() []string {
	if c.ownFonts {
		return nil
	}
	return fontPaths(c.Lang)
}

// OwnFonts leaves the first paint to the letters of the device: on a slow phone
// fetching fonts early costs a tenth of a second and a second layout. The fonts
// come all the same, for the next page.
func (c *Ctx) OwnFonts() { c.ownFonts = true }

// FromHere says whether a page of this site leads to this one.
func (c *Ctx) FromHere() bool { return c.R.Header.Get("Sec-Fetch-Site") == "same-origin" }

func fontPaths(lang string) []string {
	names, ok := fontsByLanguage[lang]
	if !ok {
		names = []string{"sans-core", "sans-accent", "serif-core", "serif-accent"}
	}
	list := make([]string, 0, len(names))
	for _, n := range names {
		list = append(list, assetPath("font/"+n+".woff2"))
	}
	return list
}

// preloadBeside asks in a header for the fonts of the page's further
// languages: they are known only when the page is made.
func (c *Ctx) preloadBeside() {
	if c.ownFonts {
		return
	}
	known := c.FontPreloads()
	for _, lang := range c.beside {
		for _, path := range fontPaths(lang) {
			if !has(known, path) {
				known = append(known, path)
				c.W.Header().Add("Link", "<"+path+">; rel=preload; as=font; type=\"font/woff2\"; crossorigin; fetchpriority=low")
			}
		}
	}
}

// Markup passes markup made by a domain's own server-side drawing, such as a
// chart, through a page. It must never hold what a person typed.
func Markup(svg string) template.HTML { return template.HTML(svg) } //nolint:gosec // see the comment
