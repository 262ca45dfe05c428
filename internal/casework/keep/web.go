package keep

import (
	"embed"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"amelie/internal/casework"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/web"
)

//go:embed page/*.html
var pages embed.FS

var (
	keepPage    = web.NewPage[keepData](pages, "page/keep.html")
	deskPage    = web.NewPage[deskData](pages, "page/desk.html")
	receiptPage = web.NewPage[receiptData](pages, "page/receipt.html")
)

// Mount registers the pages.
func (s *Service) Mount(sh *web.Shell) {
	sh.Professional("GET /cases/{id}/keep", s.getKeep)
	sh.Professional("POST /cases/{id}/keep/hold", s.postHold)
	sh.Professional("POST /cases/{id}/keep/release", s.postRelease)
	sh.Professional("POST /cases/{id}/keep/erase", s.postErase)
	sh.Professional("POST /cases/{id}/keep/copy", s.postCopy)
	sh.Professional("GET /case-keep", s.getDesk)
	sh.Professional("POST /case-keep", s.postDesk)
	sh.Professional("GET /case-keep/{receipt}", s.getReceipt)
	sh.Nav(web.NavItem{Path: "/case-keep", Icon: "trash", Label: "keep.desk.title", Text: "keep.desk.door", Order: 60, Under: "/agency", Roles: []string{"lead"}})
}

func (s *Service) glance(c *web.Ctx, o *casework.Opened) (casework.Glance, error) {
	if !o.Own {
		return casework.Glance{Hidden: true}, nil
	}
	if o.State == casework.Open {
		return casework.Glance{Text: c.T("keep.glance.open")}, nil
	}
	w, err := s.Look(c.Context(), c.Viewer, o.ID)
	if err != nil {
		return casework.Glance{}, err
	}
	return casework.Glance{Text: c.T("keep.glance.due", "date", c.Date(w.Due)), Alert: w.Due.Before(c.Now()) && !w.Hold.On(c.Now())}, nil
}

type keepData struct {
	*View
	Back, Page    string
	Rows          []web.M
	Holds, Whys   []web.Choice
	Handing       []web.Choice
	Held, MayHold bool
	MayErase      bool
	Days          int // for which backups are kept; 0: none is made here
}

func (s *Service) getKeep(c *web.Ctx) error { return s.show(c) }

func (s *Service) show(c *web.Ctx) error {
	w, err := s.Look(c.Context(), c.Viewer, c.Param("id"))
	if err != nil {
		return err
	}
	d := keepData{View: w, Back: c.Path("/cases/" + w.ID), Held: w.Hold.On(c.Now()), Days: s.Backups()}
	d.Page = d.Back + "/keep"
	d.MayHold = c.Viewer.Is("lead") || w.WorkerID == c.Viewer.UserID
	d.MayErase = c.Viewer.Is("lead") && w.State == casework.Closed && !d.Held
	law, err := s.lawRows(c)
	if err != nil {
		return err
	}
	d.Rows = append(ruleRows(c, w.Rule), law...)
	if !w.Due.IsZero() {
		d.Rows = append(d.Rows, web.M{"label": c.T("keep.due"), "text": c.Date(w.Due)})
	}
	if d.Held {
		d.Rows = append(d.Rows, web.M{"label": c.T("keep.held"), "text": c.T("keep.hold." + w.Hold.Reason), "note": c.T("keep.held-note", "date", c.Date(w.Hold.Until.AddDate(0, 0, -1)), "name", w.Hold.UserName)})
	}
	for _, r := range Holds {
		d.Holds = append(d.Holds, web.Choice{Value: r, Label: c.T("keep.hold." + r)})
	}
	for _, r := range Erasing {
		d.Whys = append(d.Whys, web.Choice{Value: r, Label: c.T("keep.why." + r)})
	}
	for _, r := range Handing {
		d.Handing = append(d.Handing, web.Choice{Value: r, Label: c.T("keep.copy." + r)})
	}
	return keepPage.Render(c, d)
}

// lawRows say what was found in the law of the viewer's country, with its source.
func (s *Service) lawRows(c *web.Ctx) (rows []web.M, err error) {
	if s.Law == nil {
		return nil, nil
	}
	var laws []Law
	err = s.Cases.DB.Read(c.Context(), func(tx *db.Tx) (err error) { laws, err = s.Law(tx, c.Viewer.AgencyID, c.Lang); return err })
	for _, l := range laws {
		rows = append(rows, web.M{"label": c.T("keep.law"), "text": l.Text, "note": l.Source + "; " + c.T("country.state."+l.State, "date", l.Verified)})
	}
	return rows, err
}

// ruleRows say how long is kept, and on what that rests.
func ruleRows(c *web.Ctx, r Rule) []web.M {
	rest := c.T("keep.unconfirmed", "n", r.Months, "date", c.Day(r.Day))
	if r.Source != "" {
		rest = r.Source
	}
	return []web.M{{"label": c.T("keep.for"), "text": c.T("keep.months", "n", r.Kept), "note": strings.TrimSuffix(rest, ".") + ". " + c.T("keep.one-time")}}
}

// again shows the page when something was wrong, or goes back to it.
func (s *Service) again(c *web.Ctx, f *web.Form, err error) error {
	if f.Add(err) {
		return s.show(c)
	}
	if err != nil && fault.KindOf(err) != fault.Conflict { // opened again meanwhile
		return err
	}
	return c.Redirect("/cases/" + c.Param("id") + "/keep")
}

func (s *Service) postHold(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	return s.again(c, f, s.Keep(c.Context(), c.Viewer, c.Param("id"), f.Value("reason"), f.Value("until")))
}

func (s *Service) postRelease(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	return s.again(c, f, s.Release(c.Context(), c.Viewer, c.Param("id")))
}

func (s *Service) postErase(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	receipt, err := s.Erase(c.Context(), c.Viewer, c.Param("id"), f.Value("why"), f.Value("sure") == "1")
	if err != nil {
		return s.again(c, f, err)
	}
	return c.Redirect("/case-keep/" + receipt)
}

// postCopy hands out the copy, which the browser saves under a neutral name.
func (s *Service) postCopy(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	err = s.Copy(c, c.Param("id"), f.Value("handing"), f.Value("given") == "1", func() io.Writer {
		c.W.Header().Set("Cache-Control", "no-store")
		return c.Downloading("copy.zip", "application/zip")
	})
	if errors.Is(err, errBroken) {
		s.Cases.Log.Warn("copy", "error", err.Error())
		panic(http.ErrAbortHandler) // so that nobody takes it for whole
	}
	if f.Add(err) {
		return s.show(c)
	}
	return err
}

type deskData struct {
	Rows     []web.M
	Due      []web.M
	Receipts []web.M
	Rule     Rule
}

func (s *Service) getDesk(c *web.Ctx) error { return s.desk(c) }

func (s *Service) desk(c *web.Ctx) error {
	d, err := s.Desk(c.Context(), c.Viewer)
	if err != nil {
		return err
	}
	law, err := s.lawRows(c)
	if err != nil {
		return err
	}
	data := deskData{Rows: append(ruleRows(c, d.Rule), law...), Rule: d.Rule}
	for _, r := range d.Due {
		line := web.M{"title": c.T("casework.code", "code", r.Code()), "href": c.Path("/cases/" + r.ID + "/keep"), "text": c.T("keep.closed-on", "date", c.Date(r.ClosedAt))}
		if h := d.Held[r.ID]; h.On(c.Now()) {
			line["badge"] = web.M{"text": c.T("keep.hold." + h.Reason)}
		}
		data.Due = append(data.Due, line)
	}
	for _, r := range d.Receipts {
		data.Receipts = append(data.Receipts, web.M{"title": c.T("casework.code", "code", r.Code), "href": c.Path("/case-keep/" + r.ID), "text": c.T("keep.erased-on", "date", c.Date(r.At))})
	}
	return deskPage.Render(c, data)
}

func (s *Service) postDesk(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	months, _ := strconv.Atoi(f.Value("months"))
	err = s.Shorten(c.Context(), c.Viewer, months)
	if f.Add(err) {
		return s.desk(c)
	}
	if err != nil {
		return err
	}
	return c.Redirect("/case-keep")
}

type receiptData struct {
	Code string
	Rows []web.M
}

func (s *Service) getReceipt(c *web.Ctx) error {
	r, err := s.Receipt(c.Context(), c.Viewer, c.Param("receipt"))
	if err != nil {
		return err
	}
	backups := c.T("keep.receipt.elsewhere")
	if !r.Backups.IsZero() {
		backups = c.T("keep.receipt.until", "date", c.Date(r.Backups))
	}
	return receiptPage.Render(c, receiptData{r.Code, []web.M{
		{"label": c.T("keep.receipt.file"), "text": c.T("casework.code", "code", r.Code)},
		{"label": c.T("keep.receipt.at"), "text": c.DateTime(r.At)},
		{"label": c.T("keep.receipt.why"), "text": c.T("keep.why." + r.Reason)},
		{"label": c.T("keep.receipt.by"), "text": r.UserName},
		{"label": c.T("keep.receipt.backups"), "text": backups},
	}})
}
