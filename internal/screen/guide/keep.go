package guide

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"amelie/internal/fault"
	"amelie/internal/web"
)

var (
	_ = web.Script(files, "page/keep.js")
	_ = web.Script(files, "page/lines.js")
	_ = web.Style(files, "page/lines.css")
)

var (
	keepPage  = web.NewPage[keepView](files, "page/keep.html")
	linesPage = web.NewPage[linesView](files, "page/lines.html")
)

// appIcons are the neutral drawings that the kept guide can wear.
var appIcons = []string{"cup", "book", "clock"}

// mountKept registers what a device needs to keep the guide: a page that asks,
// the list of what is kept, the worker that answers without a line.
func (r *Rooms) mountKept(s *web.Shell) {
	r.keeping = web.NewKeeping(s)
	r.sheets = map[string]*web.Packed{}
	for lang, words := range r.say {
		b, err := json.Marshal(map[string]any{"say": words.Say, "dir": web.Dir(lang), "reviewed": words.Reviewed()})
		if err == nil { // a map of strings cannot fail
			r.sheets[lang] = web.NewPacked("application/json", b)
		}
	}
	s.Public("GET /guide/keep", r.keep)
	s.Public("GET /guide/lines", r.lines)
	s.Public("GET /guide/app/{icon}", r.manifest)
	s.API("GET /guide/kept/{country}/{languages}", r.list)
	s.Raw("GET /guide/worker.js", web.Worker(shelf))
}

// shelf holds the guide and the rooms beside it that answer without a line. Facts
// may hold what belongs to a house: they are asked for first and never kept.
// Pages for survivors are never among its addresses.
//
// req: GUIDE-3
var shelf = web.Shelf{
	Name:  "guide",
	Note:  "/guide/kept",
	Own:   `^/(?:[a-z]{2}/(?:guide|signs|instruments|entitlement)(?:/[a-z0-9-]+)*|guide/(?:say|instrument|entitlement|card)(?:/[a-z0-9-]+)+\.json|pack/[a-z]{2}|asset/[A-Za-z0-9./-]+)$`,
	First: `^/[a-z]{2}/guide/facts/`,
}

// keptList is what a device keeps for a country and some languages.
type keptList struct {
	web.KeptList
	Country string `json:"country"`
}

// list answers with what is to be kept.
func (r *Rooms) list(c *web.Ctx) error {
	country := strings.ToUpper(c.Param("country"))
	languages, err := c.KeptLanguages(c.Param("languages"))
	if err != nil {
		return err
	}
	if !offered(r.cfg.Countries(source), country) {
		return fault.New(fault.NotFound, "web.error.not-found")
	}
	l, err := r.keeping.List(c.Context(), r.cfg.Version(c.Context()), r.addresses(country, languages))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, keptList{l, country})
}

// addresses are the pages and files that are kept; what they load comes with
// them.
func (r *Rooms) addresses(country string, languages []string) (out []string) {
	for _, lang := range languages {
		for _, p := range r.Paths {
			out = append(out, "/"+lang+address(p))
		}
		for _, page := range []string{"/guide/keep", "/guide/lines", "/guide/sources", "/guide/facts/" + strings.ToLower(country)} {
			out = append(out, "/"+lang+page)
		}
		if r.cfg.Keep != nil {
			for _, address := range r.cfg.Keep(country, lang) {
				if !slices.Contains(out, address) {
					out = append(out, address)
				}
			}
		}
	}
	for _, lang := range r.spoken {
		out = append(out, "/guide/say/"+lang+".json")
	}
	return append(out, "/pack/"+strings.ToLower(country))
}

// keepView is the page that asks whether to keep the guide.
type keepView struct {
	Country   string
	Countries []web.Choice
	Languages []web.Choice
	Name      string
	Icons     []web.Choice
}

func (r *Rooms) keep(c *web.Ctx) error {
	v := keepView{Country: r.cfg.Country(c), Countries: r.cfg.Countries(c.Lang), Name: c.Config().NeutralName}
	for _, lang := range c.Config().Languages {
		v.Languages = append(v.Languages, web.Choice{Value: lang, Label: web.LanguageName(lang), Selected: lang == c.Lang})
	}
	for i, icon := range appIcons {
		v.Icons = append(v.Icons, web.Choice{Value: icon, Label: c.T("guide.icon." + icon), Icon: icon, Selected: i == 0})
	}
	return keepPage.Render(c, v)
}

// manifest makes the kept guide an app with the reader's own name for it.
func (r *Rooms) manifest(c *web.Ctx) error {
	icon := c.Param("icon")
	if !slices.Contains(appIcons, icon) {
		return fault.New(fault.NotFound, "web.error.not-found")
	}
	name := c.Query("name")
	if name == "" || len([]rune(name)) > maxAppName {
		name = c.Config().NeutralName
	}
	type image struct {
		Src   string `json:"src"`
		Sizes string `json:"sizes"`
		Type  string `json:"type"`
	}
	images := []image{}
	for _, size := range []string{"192", "512"} {
		images = append(images, image{web.Asset("app-" + icon + "-" + size + ".png"), size + "x" + size, "image/png"})
	}
	b, err := json.Marshal(map[string]any{"name": name, "short_name": name, "lang": c.Lang, "start_url": c.Path("/guide"), "id": c.Path("/guide"), "scope": c.Path("/"),
		"display": "standalone", "background_color": "#fbf9f6", "theme_color": "#fbf9f6", "icons": images})
	if err != nil {
		return fault.Wrap(err, "write manifest")
	}
	c.W.Header().Set("Content-Type", "application/manifest+json")
	_, _ = c.W.Write(b) // a reader who is gone needs nothing
	return nil
}

// maxAppName is how many letters stand below an icon.
const maxAppName = 30

// linesView is the directory of a kept country.
type linesView struct{ Country string }

func (r *Rooms) lines(c *web.Ctx) error {
	return linesPage.Render(c, linesView{Country: strings.ToLower(r.cfg.Country(c))})
}
