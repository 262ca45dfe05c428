package summary

import (
	"embed"
	"slices"
	"strconv"
	"strings"

	"amelie/internal/fault"
	"amelie/internal/web"
)

//go:embed page/*.html page/*.css
var pages embed.FS

var (
	_          = web.Style(pages, "page/summary.css")
	givePage   = web.NewPage[giveData](pages, "page/give.html")
	checkPage  = web.NewPage[checkData](pages, "page/check.html")
	donePage   = web.NewPage[House](pages, "page/done.html")
	countsPage = web.NewPage[countsData](pages, "page/counts.html")
	housePage  = web.NewPage[houseData](pages, "page/house.html")
)

// Mount adds the pages to the shell.
func (s *Service) Mount(sh *web.Shell) {
	sh.Professional("GET /summary", s.getGive)
	// One address for choosing, checking and counting, each answered with a page:
	// the log of requests does not tell them apart.
	sh.Professional("POST /summary", s.postGive)
	sh.Professional("GET /summary/counts", s.getCounts)
	sh.Professional("GET /summary/counts.csv", s.getSheet)
	sh.Professional("GET /summary/house", s.getHouse)
	sh.Professional("POST /summary/house", s.postHouse)
	sh.Professional("POST /summary/clear", s.postClear)
	sh.Nav(web.NavItem{Path: "/summary/counts", Icon: "chart", Label: "summary.counts.title", Roles: []string{"lead", "analyst"}, Also: []string{"/summary/house"}, Order: 48, Under: "/agency", Text: "summary.door"})
}

// Fields are what another room's form sends to begin with, by their names: where
// the talk was and how the sides stood, as far as that room knows.
func Fields(path Path, sides map[Side]Finding) (out []web.Choice) {
	if path != "" {
		out = append(out, web.Choice{Value: string(path), Label: partPath})
	}
	for side, f := range sides {
		out = append(out, web.Choice{Value: string(f), Label: string(side)})
	}
	return out
}

type giveData struct {
	Month                  string
	Paths, Bands, Outcomes []web.Choice
	Sides                  []sideField
	Findings               []web.Choice
}

type sideField struct{ Name, Label string }

func sideLabel(c *web.Ctx, side string) string { return c.T("instrument.side." + side + ".title") }

// label is a code in the reader's language. Places are named by the guide.
func label(c *web.Ctx, part, code string) string {
	switch part {
	case partPath:
		return c.T("guide.path." + code)
	case partBand, partOutcome:
		return c.T("summary." + part + "." + code)
	}
	return c.T("summary.finding." + code)
}

func choices(c *web.Ctx, p part) (out []web.Choice) {
	for _, code := range p.codes {
		out = append(out, web.Choice{Value: code, Label: label(c, p.name, code)})
	}
	return out
}

func (s *Service) give(c *web.Ctx) error {
	d := giveData{Month: monthOf(c.Now())}
	parts := s.words.parts()
	d.Paths, d.Bands, d.Outcomes = choices(c, parts[0]), choices(c, parts[1]), choices(c, parts[2])
	for _, side := range s.Sides {
		d.Sides = append(d.Sides, sideField{string(side), sideLabel(c, string(side))})
	}
	d.Findings = choices(c, part{"finding", codes(Findings)})
	return givePage.Render(c, d)
}

func (s *Service) getGive(c *web.Ctx) error {
	if _, err := s.House(c.Context(), c.Viewer, "summary.give"); err != nil {
		return err
	}
	return s.give(c)
}

// summaryOf reads the codes of a form, and nothing else that it may hold.
//
// req: SUMMARY-1
func (s *Service) summaryOf(f *web.Form) Summary {
	out := Summary{Path: Path(f.Value(partPath)), Band: Band(f.Value(partBand)), Outcome: Outcome(f.Value(partOutcome)), Sides: map[Side]Finding{}}
	for _, side := range s.Sides {
		if v := f.Value(string(side)); v != "" {
			out.Sides[side] = Finding(v)
		}
	}
	return out
}

// postGive takes the choices, shows what would be kept, and keeps it after both
// ticks.
func (s *Service) postGive(c *web.Ctx) error {
	if _, err := s.House(c.Context(), c.Viewer, "summary.give"); err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	do, given := f.Value("do"), s.summaryOf(f)
	if do != "check" && do != "count" {
		return s.give(c)
	}
	if err := s.words.check(given); err != nil {
		f.Add(err)
		return s.give(c)
	}
	if do == "check" {
		return s.check(c, given)
	}
	return s.count(c, f, given)
}

// count keeps what was checked, if both agreed.
//
// req: SUMMARY-5
func (s *Service) count(c *web.Ctx, f *web.Form, given Summary) error {
	if !f.Has("agree", "person") || !f.Has("agree", "staff") {
		f.Error("agree", "summary.error.agree")
		return s.check(c, given)
	}
	if err := s.Give(c.Context(), c.Viewer, given, f.Once()); err != nil {
		return err
	}
	return donePage.Render(c, House{})
}

type checkData struct {
	Rows   []web.M
	Hidden []web.Choice // the codes, as the next form sends them
	Agree  []web.Choice
	Own    asked
	Others []asked
}

// asked is how a person can be asked in one language.
type asked struct {
	Lang     string
	Words    []string
	Reviewed bool
}

// check shows word for word what would be kept.
//
// req: SUMMARY-5
func (s *Service) check(c *web.Ctx, given Summary) error {
	said := s.words.coded(given)
	d := checkData{Agree: []web.Choice{{Value: "person", Label: c.T("summary.agree.person")}, {Value: "staff", Label: c.T("summary.agree.staff")}}}
	d.Rows = []web.M{{"label": c.T("summary.part.house"), "text": c.Viewer.AgencyName}, {"label": c.T("summary.part.month"), "text": c.Month(monthOf(c.Now()))}}
	for _, p := range s.words.parts() {
		d.Rows = append(d.Rows, web.M{"label": partLabel(c, p.name), "text": label(c, p.name, said[p.name])})
		d.Hidden = append(d.Hidden, web.Choice{Value: said[p.name], Label: p.name})
	}
	for _, lang := range s.Languages {
		one := asked{Lang: lang}
		one.Words, one.Reviewed = s.Ask(lang)
		if lang == c.Lang {
			d.Own = one
		} else {
			d.Others = append(d.Others, one)
		}
	}
	return checkPage.Render(c, d)
}

func partLabel(c *web.Ctx, part string) string {
	switch part {
	case partPath, partBand, partOutcome:
		return c.T("summary.part." + part)
	}
	return sideLabel(c, part)
}

type countsData struct {
	On, Leads bool
	Periods   []web.Choice
	Title     string
	N, Few    int
	Tables    []web.M
	TooFew    []string // parts and sides that are hidden whole
	Gone      bool     // of this period only the number of talks is kept
}

// span names a period by its months.
func span(c *web.Ctx, p Shown) string {
	if p.First == p.Last {
		return c.Month(p.First)
	}
	return c.T("summary.span", "first", c.Month(p.First), "last", c.Month(p.Last))
}

func (s *Service) getCounts(c *web.Ctx) error {
	h, list, err := s.Periods(c.Context(), c.Viewer)
	if err != nil {
		return err
	}
	d := countsData{On: h.On, Leads: s.require(c.Viewer, "summary.switch", h) == nil}
	from := c.Query("from")
	if from == "" && len(list) > 0 {
		from = list[0].First
	}
	for _, p := range list {
		d.Periods = append(d.Periods, web.Choice{Label: span(c, p), Selected: p.First == from, URL: c.Path("/summary/counts?from=" + p.First)})
		if p.First == from {
			d.Title, d.N, d.Few, d.Gone = span(c, p), int(p.N), int(p.Few), len(p.Parts) == 0
			d.picture(c, p)
		}
	}
	if d.Title == "" && from != "" {
		return fault.New(fault.NotFound, "web.error.not-found")
	}
	return countsPage.Render(c, d)
}

// cellWord is a count as a page and a file show it.
func cellWord(c *web.Ctx, cell Cell) string {
	if cell.Hidden {
		return c.T("summary.counts.hidden")
	}
	return c.Number(int(cell.N))
}

// picture is a period as a page shows it: hidden counts of a part stand as their
// sum, which the page gives anyway, and parts that are hidden whole as names.
func (d *countsData) picture(c *web.Ctx, p Shown) {
	var sides [][]string
	for _, part := range p.Parts {
		name := partLabel(c, part.Name)
		switch {
		case !slices.ContainsFunc(part.Cells, func(cell Cell) bool { return !cell.Hidden }):
			d.TooFew = append(d.TooFew, name)
		case part.Name == partPath || part.Name == partBand || part.Name == partOutcome:
			d.Tables = append(d.Tables, web.M{"caption": name, "head": []string{c.T("summary.counts.which"), c.T("summary.counts.talks")}, "rows": rowsOf(c, part, p.N)})
		default:
			row := []string{name}
			for _, cell := range part.Cells {
				row = append(row, cellWord(c, cell))
			}
			sides = append(sides, row)
		}
	}
	if len(sides) > 0 {
		head := []string{c.T("summary.counts.which")}
		for _, f := range Findings {
			head = append(head, label(c, "finding", string(f)))
		}
		d.Tables = append(d.Tables, web.M{"caption": c.T("summary.part.sides"), "head": head, "rows": sides})
	}
}

// rowsOf are the counts of a part that are shown, and what is left of all talks
// for the hidden ones together.
func rowsOf(c *web.Ctx, part ShownPart, left int64) (rows [][]string) {
	var hidden []string
	for i, code := range part.Codes {
		name := label(c, part.Name, code)
		if part.Cells[i].Hidden {
			hidden = append(hidden, name)
			continue
		}
		rows = append(rows, []string{name, cellWord(c, part.Cells[i])})
		left -= part.Cells[i].N
	}
	if len(hidden) > 0 {
		rows = append(rows, []string{c.T("summary.counts.together", "names", strings.Join(hidden, ", ")), c.Number(int(left))})
	}
	return rows
}

// getSheet is all periods as a file, with the same protected counts.
//
// req: SUMMARY-3
func (s *Service) getSheet(c *web.Ctx) error {
	_, list, err := s.Periods(c.Context(), c.Viewer)
	if err != nil {
		return err
	}
	head := []string{c.T("summary.counts.first"), c.T("summary.counts.last"), c.T("summary.counts.what"), c.T("summary.counts.which"), c.T("summary.counts.talks")}
	var rows [][]string
	for _, p := range list {
		rows = append(rows, []string{p.First, p.Last, c.T("summary.counts.all"), "", strconv.FormatInt(p.N, 10)})
		for _, part := range p.Parts {
			for i, code := range part.Codes {
				n := c.T("summary.counts.hidden")
				if !part.Cells[i].Hidden {
					n = strconv.FormatInt(part.Cells[i].N, 10)
				}
				rows = append(rows, []string{p.First, p.Last, partLabel(c, part.Name), label(c, part.Name, code), n})
			}
		}
	}
	return c.Sheet("counts.csv", head, rows)
}

type houseData struct {
	On          bool
	Few         string
	Least, Most int
}

func (s *Service) getHouse(c *web.Ctx) error {
	h, err := s.House(c.Context(), c.Viewer, "summary.switch")
	if err != nil {
		return err
	}
	return housePage.Render(c, houseData{h.On, strconv.FormatInt(h.Few, 10), LeastFew, MostFew})
}

func (s *Service) postHouse(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	h, err := s.House(c.Context(), c.Viewer, "summary.switch")
	if err != nil {
		return err
	}
	few, err := strconv.ParseInt(f.Value("few"), 10, 64)
	if err != nil {
		few = 0 // refused like every other number outside the bounds
	}
	turnOn := f.Value("do") != "off"
	if !turnOn {
		few = h.Few
	}
	if err := s.Switch(c.Context(), c.Viewer, turnOn, few); err != nil {
		if f.Add(err) {
			return housePage.Render(c, houseData{h.On, f.Value("few"), LeastFew, MostFew})
		}
		return err
	}
	c.Flash(map[bool]string{true: "summary.flash.on", false: "summary.flash.off"}[turnOn])
	return c.Redirect("/summary/house")
}

func (s *Service) postClear(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	if !f.Has("sure", "1") {
		f.Error("sure", "summary.error.sure")
		h, err := s.House(c.Context(), c.Viewer, "summary.switch")
		if err != nil {
			return err
		}
		return housePage.Render(c, houseData{h.On, strconv.FormatInt(h.Few, 10), LeastFew, MostFew})
	}
	if err := s.Clear(c.Context(), c.Viewer); err != nil {
		return err
	}
	c.Flash("summary.flash.cleared")
	return c.Redirect("/summary/counts")
}
