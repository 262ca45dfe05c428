package guide

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

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
	r.shell = s
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
	s.Raw("GET /guide/worker.js", http.HandlerFunc(worker))
}

// worker serves the script that answers for the guide's own addresses when
// there is no line. It may be registered below any language.
//
// req: GUIDE-3
func worker(w http.ResponseWriter, _ *http.Request) {
	b, err := files.ReadFile("page/worker.js")
	if err != nil {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/javascript; charset=utf-8")
	h.Set("Service-Worker-Allowed", "/")
	h.Set("Cache-Control", "no-cache")
	_, _ = w.Write(b) // a reader who is gone needs nothing
}

// keptList is what a device keeps for a country and some languages.
type keptList struct {
	Version string   `json:"version"`
	Country string   `json:"country"`
	Files   []string `json:"files"`
	Bytes   int      `json:"bytes"` // on the wire, all together
}

// list answers with what is to be kept. Its version moves when anything of it
// does, so that a device learns with one small request whether it is behind.
func (r *Rooms) list(c *web.Ctx) error {
	country, languages := strings.ToUpper(c.Param("country")), strings.Split(c.Param("languages"), "+")
	slices.Sort(languages)
	languages = slices.Compact(languages)
	if !offered(r.cfg.Countries(source), country) {
		return fault.New(fault.NotFound, "web.error.not-found")
	}
	for _, lang := range languages {
		if !slices.Contains(c.Config().Languages, lang) {
			return fault.New(fault.NotFound, "web.error.not-found")
		}
	}
	list, err := r.kept(c.Context(), country, languages)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, list)
}

// kept is the list for a state of the site, in which each address is visited
// once.
func (r *Rooms) kept(ctx context.Context, country string, languages []string) (*keptList, error) {
	state := r.cfg.Version(ctx)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.state != state {
		r.state, r.visited = state, map[string]web.Visited{}
	}
	l := &keptList{Country: country}
	for _, address := range r.addresses(country, languages) {
		if err := r.add(ctx, l, address); err != nil {
			return nil, err
		}
	}
	sum := sha256.Sum256([]byte(state + strings.Join(l.Files, "\n")))
	l.Version = hex.EncodeToString(sum[:8])
	return l, nil
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

// add puts an address and what it loads on the list.
func (r *Rooms) add(ctx context.Context, l *keptList, address string) error {
	if slices.Contains(l.Files, address) {
		return nil
	}
	v, known := r.visited[address]
	if !known {
		var err error
		if v, err = r.shell.Visit(ctx, address); err != nil {
			return fault.Wrap(err, "visit what is kept")
		}
		if v.Status != http.StatusOK {
			return fault.Wrap(fmt.Errorf("%s answers %d", address, v.Status), "list what is kept")
		}
		r.visited[address] = v
	}
	l.Files = append(l.Files, address)
	l.Bytes += v.Bytes
	for _, a := range v.Assets {
		if err := r.add(ctx, l, a); err != nil {
			return err
		}
	}
	return nil
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

// keeping is what the rooms remember between two questions for the list.
type keeping struct {
	shell  *web.Shell
	sheets map[string]*web.Packed // sentences by language, as files

	mu      sync.Mutex
	state   string
	visited map[string]web.Visited // by address, in that state
}
