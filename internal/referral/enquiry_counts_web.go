package referral

import (
	"strings"

	"amelie/internal/geo"
	"amelie/internal/web"
)

var countsPage = web.NewPage[countsData](pageFiles, "page/counts.html")

type countsData struct {
	Months []web.Choice
	Title  string
	Table  map[string]any
	CSV    string
	None   bool
}

// turnedAway shows why people are turned away, one month of one country.
func (p *Rooms) turnedAway(c *web.Ctx) error {
	months, err := p.Months(c.Context(), c.Viewer)
	if err != nil {
		return err
	}
	data := countsData{None: len(months) == 0}
	month, country := c.Query("month"), c.Query("country")
	if month == "" && len(months) > 0 {
		month, country = months[0].Month, months[0].Country
	}
	for _, m := range months {
		data.Months = append(data.Months, web.Choice{Label: c.Month(m.Month) + ", " + countryName(c, m.Country), Selected: m.Month == month && m.Country == country,
			URL: c.Path("/counts/turned-away?month=" + m.Month + "&country=" + m.Country)})
	}
	if data.None {
		return countsPage.Render(c, data)
	}
	t, err := p.TurnedAway(c.Context(), c.Viewer, month, country)
	if err != nil {
		return err
	}
	data.Title = c.Month(t.Month) + ", " + countryName(c, t.Country)
	data.CSV = c.Path("/counts/turned-away.csv?month=" + t.Month + "&country=" + t.Country)
	if len(t.Rows) > 0 {
		head, rows := countsTable(c, t)
		data.Table = map[string]any{"caption": data.Title, "head": head, "rows": rows}
	}
	return countsPage.Render(c, data)
}

// countsTable is the table as a page shows it and a file holds it: the same
// protected counts in both.
//
// req: COUNT-2
func countsTable(c *web.Ctx, t *Turned) (head []string, rows [][]string) {
	head = []string{c.T("enquiry.counts.help"), c.T("enquiry.counts.region"), c.T("enquiry.counts.asked"), c.T("enquiry.counts.offered")}
	for _, r := range DeclineReasons {
		head = append(head, c.T("referral.reason."+r))
	}
	head = append(head, c.T("enquiry.counts.silent"))
	for _, r := range t.Rows {
		help, region := c.T("web.answer.unknown"), c.T("web.answer.unknown")
		if r.Help != NotKnown {
			help = c.T("referral.option.need." + r.Help)
		}
		if r.Region != NotKnown {
			region = regionLabel(c, r.Region)
		}
		row := []string{help, region, shareWord(c, r.Asked), shareWord(c, r.Offered)}
		for _, reason := range DeclineReasons {
			row = append(row, shareWord(c, r.Reasons[reason]))
		}
		rows = append(rows, append(row, shareWord(c, r.NoAnswer)))
	}
	return head, rows
}

func shareWord(c *web.Ctx, s Share) string {
	switch {
	case s.Fewer:
		return c.T("enquiry.counts.fewer", "n", Few)
	case s.More:
		return c.T("enquiry.counts.more", "n", int(s.N))
	}
	return c.Number(int(s.N))
}

func countryName(c *web.Ctx, code string) string {
	if t, ok := geo.Lookup(code); ok {
		return t.Name(c.Lang)
	}
	return code
}

func (p *Rooms) turnedAwayCSV(c *web.Ctx) error {
	t, err := p.TurnedAway(c.Context(), c.Viewer, c.Query("month"), c.Query("country"))
	if err != nil {
		return err
	}
	head, rows := countsTable(c, t)
	return c.Sheet("counts-"+t.Month+"-"+strings.ToLower(t.Country)+".csv", head, rows)
}
