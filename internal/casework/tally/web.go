package tally

import (
	"embed"
	"slices"

	"amelie/internal/web"
)

//go:embed page/*.html
var pages embed.FS

var page = web.NewPage[pageData](pages, "page/tally.html")

// Mount registers the page and its table.
func (s *Service) Mount(sh *web.Shell) {
	sh.Professional("GET /counts/care", s.getPage)
	sh.Professional("GET /counts/care.csv", s.getSheet)
	sh.Nav(web.NavItem{Path: "/counts/care", Icon: "chart", Label: "tally.nav", Text: "tally.door", Order: 69, Under: "/desk", Roles: []string{"coordinator"}})
	sh.Nav(web.NavItem{Path: "/counts/care", Icon: "chart", Label: "tally.nav", Text: "tally.door", Order: 69, Under: "/agency", Roles: []string{"lead", "auditor"}})
}

type pageData struct {
	Title, Whose    string
	Of, Years, Span []web.M
	Tables          []table
	CSV             string
}

type table struct {
	ID, Title, Note string
	Table           web.M
}

// asked is what a request asks for.
type asked struct {
	country bool
	of      string // agency or country
	period  string // a year, or a month of it
	shown   Shown
	topics  []Topic
}

// ask reads what is asked for, and what may be shown of it.
func (s *Service) ask(c *web.Ctx) (a asked, err error) {
	a.country = c.Query("of") == "country" || c.Query("of") == "" && !c.Viewer.Is("lead")
	if a.of = "agency"; a.country {
		a.of = "country"
	}
	if a.shown, err = s.Read(c.Context(), c.Viewer, a.country); err != nil {
		return a, err
	}
	a.period = c.Query("period")
	if years := a.shown.Periods(""); len(years) > 0 && a.period == "" {
		a.period = years[0]
	}
	if len(a.period) < 4 {
		a.period = c.Now().UTC().Format("2006")
	}
	a.topics, err = s.Topics(c.Context(), c.Viewer, a.country)
	return a, err
}

func (s *Service) getPage(c *web.Ctx) error {
	a, err := s.ask(c)
	if err != nil {
		return err
	}
	year := a.period[:4]
	at := func(of, period string) string { return c.Path("/counts/care?of=" + of + "&period=" + period) }
	d := pageData{Title: periodName(c, a.period), Whose: c.Viewer.AgencyName, CSV: c.Path("/counts/care.csv?of=" + a.of + "&period=" + year)}
	if a.country {
		d.Whose = c.T("tally.of.country")
	}
	if c.Viewer.AgencyID != "" && c.Viewer.Is("auditor") || c.Viewer.Is("lead") && c.Viewer.Is("coordinator") {
		for _, of := range []string{"agency", "country"} {
			d.Of = append(d.Of, web.M{"label": c.T("tally.of." + of), "on": of == a.of, "href": at(of, a.period)})
		}
	}
	for _, y := range a.shown.Periods("") {
		d.Years = append(d.Years, web.M{"label": y, "on": y == year, "href": at(a.of, y)})
	}
	if months := a.shown.Periods(year); len(months) > 0 {
		d.Span = append(d.Span, web.M{"label": c.T("tally.year", "year", year), "on": a.period == year, "href": at(a.of, year)})
		for _, m := range months {
			d.Span = append(d.Span, web.M{"label": c.Month(m), "on": m == a.period, "href": at(a.of, m)})
		}
	}
	for _, t := range a.topics {
		if one, any := s.table(c, a, t); any {
			d.Tables = append(d.Tables, one)
		}
	}
	return page.Render(c, d)
}

func periodName(c *web.Ctx, period string) string {
	if len(period) == 4 {
		return period
	}
	return c.Month(period)
}

// cell is a number as it may be shown; what is not shown says that it is small.
func cell(c *web.Ctx, n int64) string {
	if n == 0 {
		return c.T("tally.small")
	}
	return c.Number(int(n))
}

// table is a topic of a period, without the rows of which nothing can be shown;
// any is false where that is all of them.
func (s *Service) table(c *web.Ctx, a asked, t Topic) (out table, any bool) {
	if t.Year && len(a.period) > 4 {
		return out, false
	}
	out = table{ID: t.ID, Title: c.T("tally.topic." + t.ID), Note: c.T("tally.note." + t.ID)}
	head, rows := []string{c.T("tally.sheet.row")}, [][]string{}
	line := func(label, row string, codes []string) {
		cells, told := []string{label}, false
		for _, code := range codes {
			n := a.shown.Of(t.what(row), code, a.period)
			told = told || n > 0
			cells = append(cells, cell(c, n))
		}
		if told {
			rows, any = append(rows, cells), true
		}
	}
	if len(t.Rows) == 0 {
		head = append(head, c.T("tally.n"))
		for _, code := range t.Cols {
			line(s.Say(c, t.ID, "", code), "", []string{code})
		}
	} else {
		for _, code := range t.Cols {
			head = append(head, s.Say(c, t.ID, "", code))
		}
		for _, row := range t.Rows {
			line(s.Say(c, t.ID, row, ""), row, t.Cols)
		}
	}
	out.Table = web.M{"head": head, "rows": rows}
	return out, any
}

// getSheet is a year as a table for a spreadsheet: the same numbers as on the page,
// month by month.
func (s *Service) getSheet(c *web.Ctx) error {
	a, err := s.ask(c)
	if err != nil {
		return err
	}
	year := a.period[:4]
	months := a.shown.Periods(year)
	slices.Reverse(months)
	head := []string{c.T("tally.sheet.topic"), c.T("tally.sheet.row"), c.T("tally.sheet.code")}
	for _, m := range months {
		head = append(head, c.Month(m))
	}
	head = append(head, c.T("tally.year", "year", year))
	rows := [][]string{}
	for _, t := range a.topics {
		for _, row := range append(t.Rows, "")[:max(1, len(t.Rows))] {
			for _, code := range t.Cols {
				if a.shown.Of(t.what(row), code, year) == 0 {
					continue
				}
				line := []string{c.T("tally.topic." + t.ID), "", s.Say(c, t.ID, "", code)}
				if row != "" {
					line[1] = s.Say(c, t.ID, row, "")
				}
				for _, m := range append(slices.Clone(months), year) {
					line = append(line, cell(c, a.shown.Of(t.what(row), code, m)))
				}
				rows = append(rows, line)
			}
		}
	}
	return c.Sheet("counts-"+year+".csv", head, rows)
}
