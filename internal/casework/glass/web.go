package glass

import (
	"embed"
	"strconv"

	"amelie/internal/casework"
	"amelie/internal/fault"
	"amelie/internal/web"
)

//go:embed page/*.html
var pages embed.FS

var (
	breakPage = web.NewPage[breakData](pages, "page/break.html")
	filePage  = web.NewPage[fileData](pages, "page/glass.html")
)

// Mount registers the pages.
func (s *Service) Mount(sh *web.Shell) {
	sh.Professional("GET /glass", s.showBreak)
	sh.Professional("POST /glass", s.postBreak)
	sh.Professional("GET /cases/{id}/glass", s.getFile)
	sh.Professional("POST /cases/{id}/glass", s.postReview)
	sh.Nav(web.NavItem{Path: "/glass", Icon: "warn", Label: "glass.ask", Text: "glass.door-text", Roles: []string{"caseworker", "lead"}, Under: "/cases", Order: 29})
}

func (s *Service) glance(c *web.Ctx, o *casework.Opened) (g casework.Glance, err error) {
	if g.Hidden = !o.Own; g.Hidden {
		return g, nil
	}
	all, err := s.openings(c.Context(), c.Viewer, o.ID)
	g.Hidden = len(all) == 0
	g.Text = c.T("glass.door", "n", len(all))
	for _, one := range all {
		g.Alert = g.Alert || one.Outcome == Open
	}
	return g, err
}

type breakData struct {
	May     bool
	Hours   []web.Choice
	Waiting []web.M
}

func (s *Service) showBreak(c *web.Ctx) error {
	if err := s.require(c.Viewer, "glass.know", c.Viewer.AgencyID, ""); err != nil {
		return err
	}
	d := breakData{May: c.Viewer.Is("caseworker")}
	for _, h := range Hours {
		d.Hours = append(d.Hours, web.Choice{Value: strconv.Itoa(h), Label: c.T("glass.hours", "n", h), Selected: h == Hours[0]})
	}
	waiting, err := s.Waiting(c.Context(), c.Viewer)
	for _, o := range waiting {
		d.Waiting = append(d.Waiting, web.M{"title": c.T("casework.code", "code", casework.Row{ID: o.CaseID}.Code()), "href": c.Path("/cases/" + o.CaseID + "/glass"),
			"text": c.T("casework.by", "name", o.UserName, "when", c.DateTime(o.At))})
	}
	if err != nil {
		return err
	}
	return breakPage.Render(c, d)
}

func (s *Service) postBreak(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	hours, _ := strconv.Atoi(f.Value("hours"))
	o, err := s.Break(c.Context(), c.Viewer, Ask{Once: f.Once(), Said: f.Value("said"), Reason: f.Value("reason"), Hours: hours, Danger: f.Value("danger") == "1"})
	if f.Add(err) {
		return s.showBreak(c)
	}
	if err != nil {
		return err
	}
	if o.Untold {
		c.FlashKind("danger", "glass.untold")
	}
	return c.Redirect("/cases/" + o.CaseID)
}

type fileData struct {
	Back     string
	Openings []openingView
}

type openingView struct {
	ID     string
	Rows   []web.M
	Review bool
}

func (s *Service) getFile(c *web.Ctx) error {
	all, err := s.openings(c.Context(), c.Viewer, c.Param("id"))
	if err != nil {
		return err
	}
	d := fileData{Back: c.Path("/cases/" + c.Param("id"))}
	for _, o := range all {
		v := openingView{ID: o.ID, Review: o.Outcome == Open && s.require(c.Viewer, "glass.review", o.AgencyID, o.UserID) == nil, Rows: []web.M{
			{"label": c.T("glass.who"), "text": o.UserName}, {"label": c.T("glass.from"), "text": c.DateTime(o.At), "note": c.T("casework.until", "date", c.DateTime(o.Until))},
			{"label": c.T("glass.reason"), "text": o.Reason}}}
		looked := c.T("glass.not-looked")
		if o.Outcome != Open {
			looked = c.T("casework.by", "name", o.ReviewedBy, "when", c.DateTime(o.ReviewedAt))
			v.Rows = append(v.Rows, web.M{"label": c.T("glass.looked"), "text": c.T("glass.event." + o.Outcome), "note": looked})
		} else {
			v.Rows = append(v.Rows, web.M{"label": c.T("glass.looked"), "text": looked})
		}
		d.Openings = append(d.Openings, v)
	}
	return filePage.Render(c, d)
}

func (s *Service) postReview(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	err = s.Review(c.Context(), c.Viewer, c.Param("id"), f.Value("opening"), f.Value("do") == Right)
	if err != nil && fault.KindOf(err) != fault.Conflict { // the page says who looked
		return err
	}
	return c.Redirect("/cases/" + c.Param("id") + "/glass")
}
