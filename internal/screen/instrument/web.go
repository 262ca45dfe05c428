package instrument

import (
	"embed"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"amelie/internal/fault"
	"amelie/internal/web"
)

//go:embed page/*.html page/*.css page/*.js
var pages embed.FS

var (
	_ = web.Style(pages, "page/instrument.css")
	_ = web.Script(pages, "page/engine.js")
	_ = web.Script(pages, "page/private.js")
	_ = web.Script(pages, "page/signs.js")
	_ = web.Script(pages, "page/fill.js")
)

// Mount adds the pages.
func (s *Service) Mount(sh *web.Shell) {
	sh.Public("GET /signs", s.getSigns)
	sh.Public("POST /signs", s.postSigns)
	sh.Public("GET /instruments", s.getList)
	sh.Public("GET /instruments/{id}", s.getShow)
	sh.Public("GET /instruments/{id}/fill", s.getFill)
	sh.Public("POST /instruments/{id}/fill", s.postFill)
	sh.Public("GET /instruments/{id}/form", s.getForm)
	sh.Raw("GET /guide/instrument/{file}", http.HandlerFunc(s.serveRules))
	sh.Professional("GET /admin/instruments", s.getAdmin)
	sh.Professional("POST /admin/instruments", s.postBring)
	sh.Professional("GET /admin/instruments/answers", s.getRead)
	sh.Professional("POST /admin/instruments/answers", s.postRead)
	sh.Professional("POST /admin/instruments/{id}", s.postAdmin)
	sh.Professional("GET /admin/instruments/{id}/pack", s.getPack)
	sh.Nav(web.NavItem{Path: "/admin/instruments", Icon: "list", Label: "instrument.admin.title", Roles: []string{"administrator"}, Order: 92, Under: "/admin", Group: "hub.group.house", Text: "instrument.admin.door"})
}

// rules is a pack without its wording, as the browser's engine takes it.
type rules struct {
	ID         string      `json:"id"`
	Version    string      `json:"version"`
	Topic      Topic       `json:"topic,omitempty"`
	Reason     string      `json:"reason,omitempty"`
	Population Population  `json:"population"`
	Dimensions []Dimension `json:"dimensions,omitempty"`
	Items      []Item      `json:"items"`
	Rule       Rule        `json:"rule"`
}

// Rules is the pack as the browser's engine takes it: JSON without wording.
func (p *Pack) Rules() ([]byte, error) {
	out := rules{p.ID, p.Version, p.Topic, p.Reason, p.Population, p.Dimensions, slices.Clone(p.Items), p.Rule}
	for i := range out.Items {
		out.Items[i].Word = ""
	}
	return json.Marshal(out)
}

// RulesPath is where the browser fetches the rules of a pack.
func RulesPath(id string) string { return "/guide/instrument/" + id + ".json" }

// Paths are the addresses that a device keeps for use without a line: every
// instrument that the list leads to and, of those in use, rules and questions.
func (k Kept) Paths(lang string) (out []string) {
	for _, p := range k.Packs {
		page := "/" + lang + "/instruments/" + p.ID
		out = append(out, page)
		if p.State != Installed {
			continue
		}
		out = append(out, RulesPath(p.ID))
		if p.Rule.Kind != Delphi { // those are filled in at /signs
			out = append(out, page+"/fill")
		}
	}
	return out
}

// serveRules gives the rules of a pack in use; others do not exist.
func (s *Service) serveRules(w http.ResponseWriter, r *http.Request) {
	id, isJSON := strings.CutSuffix(r.PathValue("file"), ".json")
	kept, err := s.Kept(r.Context())
	if err != nil {
		http.Error(w, "", http.StatusServiceUnavailable)
		return
	}
	p, ok := kept.Get(id)
	if !ok || !isJSON || p.State != Installed {
		http.NotFound(w, r)
		return
	}
	text, err := p.Rules()
	if err != nil {
		http.Error(w, "", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = w.Write(text) // the reader may have gone
}

// The administrator's page.

type adminData struct {
	Rows      []adminRow
	Templates []web.Choice
	Why       []broken // the reasons why a file was not taken
}

type adminRow struct {
	ID, Title, Version, State string
	By                        string
	Act                       Act
	Off, Confirmed, Imported  bool
}

var adminPage = web.NewPage[adminData](pages, "page/admin.html", "page/outcome.html")

func (s *Service) getAdmin(c *web.Ctx) error {
	if err := s.require(c.Viewer, "instrument.know"); err != nil {
		return err
	}
	return s.showAdmin(c, nil)
}

// showAdmin renders the page, with why a file was not taken.
func (s *Service) showAdmin(c *web.Ctx, why []broken) error {
	kept, err := s.Kept(c.Context())
	if err != nil {
		return err
	}
	d := adminData{Templates: append([]web.Choice{{Label: c.T("fill.bring.none")}}, kept.choices(c, Template)...), Why: why}
	for _, p := range kept.Packs {
		row := adminRow{ID: p.ID, Title: p.In(c.Lang).Title, Version: p.Version, State: string(p.State)}
		row.Act, row.Imported = kept.Imported[p.ID]
		if act, ok := kept.Confirmed[p.ID]; ok && act.Version == p.Version {
			row.Act, row.Confirmed = act, true
		}
		row.Off = p.State == Off
		d.Rows = append(d.Rows, row)
	}
	return adminPage.Render(c, d)
}

// postAdmin confirms, withdraws or removes. A confirmation needs the tick that
// says what was done.
func (s *Service) postAdmin(c *web.Ctx) error {
	if err := s.require(c.Viewer, "instrument.keep"); err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	id := c.Param("id")
	switch f.Value("act") {
	case "confirm":
		if f.Value("compared-"+id) == "" {
			f.Error("compared-"+id, "instrument.admin.tick")
			return s.getAdmin(c)
		}
		err = s.Confirm(c.Context(), c.Viewer, id, true, c.OnceToken())
	case "withdraw":
		err = s.Confirm(c.Context(), c.Viewer, id, false, c.OnceToken())
	case "remove":
		err = s.Remove(c.Context(), c.Viewer, id, c.OnceToken())
	default:
		err = fault.New(fault.Invalid, "web.error.invalid")
	}
	if err != nil {
		return err
	}
	c.Flash("instrument.admin.done")
	return c.Redirect("/admin/instruments")
}
