package instrument

import (
	"cmp"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strconv"
	"strings"

	"amelie/internal/fault"
	"amelie/internal/web"
)

type listData struct{ Groups []listGroup }

type listGroup struct {
	State State
	Rows  []listRow
}

type listRow struct{ ID, Title, Population string }

var listPage = web.NewPage[listData](pages, "page/list.html")

func (s *Service) getList(c *web.Ctx) error {
	kept, err := s.Kept(c.Context())
	if err != nil {
		return err
	}
	var d listData
	for _, state := range []State{Installed, Off, Template} {
		g := listGroup{State: state}
		for _, p := range kept.Packs {
			if p.State == state {
				t := p.In(c.Lang)
				g.Rows = append(g.Rows, listRow{p.ID, t.Title, t.Population})
			}
		}
		if len(g.Rows) > 0 {
			d.Groups = append(d.Groups, g)
		}
	}
	return listPage.Render(c, d)
}

type showData struct {
	Pack      *Pack
	Text      Text
	Sides     []showSide
	Confirmed Act
	Imported  Act      // by whom it was brought in, where it was
	Studies   web.M    // c-table; nil: none
	Without   []string // studies that published no share
	Way       Method
	WhatIf    *whatIf
}

type showSide struct {
	Role  Role
	Items []showItem
}

type showItem struct {
	Label    string
	Weight   Weight
	Doubtful bool
}

// whatIf is a study's figures carried to the reader's own patients.
type whatIf struct {
	Studies, Ways   []web.Choice
	Study, Way      string
	Per1000         string
	Error           string
	Key             []iconKey
	Picture         template.HTML
	Positive, Right int
	PPV, NPV        string
	Range           string // of the PPV, by the ends of both intervals
}

type iconKey struct {
	Cell string
	N    int
}

var showPage = web.NewPage[showData](pages, "page/show.html")

// named is the instrument of the address, and what the installation keeps.
func (s *Service) named(c *web.Ctx) (kept Kept, p *Pack, err error) {
	if kept, err = s.Kept(c.Context()); err != nil {
		return kept, nil, err
	}
	p, ok := kept.Get(c.Param("id"))
	if !ok {
		return kept, nil, fault.New(fault.NotFound, "web.error.not-found")
	}
	return kept, p, nil
}

func (s *Service) getShow(c *web.Ctx) error {
	kept, p, err := s.named(c)
	if err != nil {
		return err
	}
	d := showData{Pack: p, Text: p.In(c.Lang)}
	if act, ok := kept.Confirmed[p.ID]; ok && act.Version == p.Version {
		d.Confirmed = act
	}
	d.Imported = kept.Imported[p.ID]
	d.Sides = itemsOf(p, c.Lang)
	method := Method(c.Query("method"))
	if !slices.Contains(Methods, method) {
		method = Wilson
	}
	d.Way = method
	d.Studies, d.Without = studies(c, p, method)
	d.WhatIf = imagine(c, p, method)
	return showPage.Render(c, d)
}

// itemsOf are the items with their wording; none of a template.
func itemsOf(p *Pack, lang string) (sides []showSide) {
	add := func(role Role, belongs func(Item) bool) {
		side := showSide{Role: role}
		for _, i := range p.Items {
			if w := p.Wording(i, lang); belongs(i) && w.Label != "" {
				side.Items = append(side.Items, showItem{w.Label, i.Weight, i.Doubtful})
			}
		}
		if len(side.Items) > 0 {
			sides = append(sides, side)
		}
	}
	for _, dim := range p.Dimensions {
		add(dim.Role, func(i Item) bool { return i.Dimension == dim.ID })
	}
	if len(p.Dimensions) == 0 {
		add("", func(Item) bool { return true })
	}
	return sides
}

// percent writes a share as people of the language do, with one decimal.
func percent(c *web.Ctx, share float64) string {
	return c.T("instrument.percent", "n", c.Decimal(100*share, 1))
}

func (s *Share) text(c *web.Ctx) string {
	if s == nil {
		return ""
	}
	return c.T("instrument.study.interval", "share", percent(c, s.Estimate), "low", percent(c, s.Lower), "high", percent(c, s.Upper))
}

// studyHeads are the columns of the table of studies after their names.
var studyHeads = []string{"people", "sensitivity", "specificity", "ppv", "npv"}

// cells are what a study published, a text for each of the heads; "" for what it
// did not. Figures of a table are computed by the chosen method; printed ones
// stand as printed.
func (e Evidence) cells(c *web.Ctx, method Method) []string {
	people := ""
	if e.N > 0 {
		people = c.Number(e.N)
	}
	if t, ok := e.Table(); ok {
		a, _ := Judge(t, method) // a table of a checked pack
		return []string{people, a.Sensitivity.text(c), a.Specificity.text(c), a.PPV.text(c), a.NPV.text(c)}
	}
	out := []string{people}
	for _, x := range []*float64{e.Sensitivity, e.Specificity, e.PPV, e.NPV} {
		text := ""
		if x != nil {
			text = percent(c, *x/100)
		}
		out = append(out, text)
	}
	return out
}

// studies is the table of what was published, without the columns that no study
// fills, and the names of those that published no share at all.
func studies(c *web.Ctx, p *Pack, method Method) (table web.M, without []string) {
	var names []string
	var found [][]string
	for _, e := range p.Evidence {
		cells := e.cells(c, method)
		if strings.Join(cells[1:], "") == "" {
			without = append(without, e.Study)
			continue
		}
		names, found = append(names, e.Study), append(found, cells)
	}
	if len(found) == 0 {
		return nil, without
	}
	head := []any{c.T("instrument.study.study")}
	rows := make([]any, len(found))
	for i, name := range names {
		rows[i] = []any{name}
	}
	for k, key := range studyHeads {
		if !slices.ContainsFunc(found, func(cells []string) bool { return cells[k] != "" }) {
			continue
		}
		head = append(head, c.T("instrument.study."+key))
		for i, cells := range found {
			rows[i] = append(rows[i].([]any), cmp.Or(cells[k], "–"))
		}
	}
	return web.M{"head": head, "rows": rows}, without
}

// figures are sensitivity and specificity of a study with their intervals;
// without a table the interval is the figure alone.
func (e Evidence) figures(method Method) (sensitivity, specificity Share, ok bool) {
	if t, whole := e.Table(); whole {
		if a, err := Judge(t, method); err == nil && a.Sensitivity != nil && a.Specificity != nil {
			return *a.Sensitivity, *a.Specificity, true
		}
		return Share{}, Share{}, false
	}
	if e.Sensitivity == nil || e.Specificity == nil {
		return Share{}, Share{}, false
	}
	alone := func(x float64) Share { return Share{x / 100, x / 100, x / 100} }
	return alone(*e.Sensitivity), alone(*e.Specificity), true
}

// imagine carries a study to 1,000 patients, of whom the reader says how many
// are concerned. nil: no study says enough.
func imagine(c *web.Ctx, p *Pack, method Method) *whatIf {
	w := &whatIf{Study: c.Query("study"), Way: string(method), Per1000: c.Query("of")}
	var sensitivity, specificity Share
	for _, e := range p.Evidence {
		x, y, ok := e.figures(method)
		if !ok {
			continue
		}
		w.Studies = append(w.Studies, web.Choice{Value: e.ID, Label: e.Study})
		if len(w.Studies) == 1 || e.ID == w.Study {
			sensitivity, specificity = x, y
		}
	}
	if len(w.Studies) == 0 {
		return nil
	}
	for _, m := range Methods {
		w.Ways = append(w.Ways, web.Choice{Value: string(m), Label: c.T("instrument.method." + string(m))})
	}
	if w.Per1000 == "" {
		w.Per1000 = "10"
	}
	of, err := strconv.ParseFloat(strings.Replace(w.Per1000, ",", ".", 1), 64)
	if err != nil || !(of >= 0 && of <= 1000) {
		w.Error = c.T("instrument.what-if.error")
		return w
	}
	w.show(c, sensitivity, specificity, of/1000)
	return w
}

// show fills the figures and the picture.
func (w *whatIf) show(c *web.Ctx, sensitivity, specificity Share, prevalence float64) {
	concerned := int(math.Round(1000 * prevalence))
	found := int(math.Round(sensitivity.Estimate * float64(concerned)))
	others := 1000 - concerned
	right := int(math.Round(specificity.Estimate * float64(others)))
	w.Key = []iconKey{{"tp", found}, {"fn", concerned - found}, {"fp", others - right}, {"tn", right}}
	w.Positive, w.Right = found+others-right, found
	w.Picture = icons(c, w.Key)
	text := func(share *float64) string {
		if share == nil {
			return "–"
		}
		return percent(c, *share)
	}
	ppv, npv := Predict(sensitivity.Estimate, specificity.Estimate, prevalence)
	w.PPV, w.NPV = text(ppv), text(npv)
	low, _ := Predict(sensitivity.Lower, specificity.Lower, prevalence)
	high, _ := Predict(sensitivity.Upper, specificity.Upper, prevalence)
	if sensitivity.Lower < sensitivity.Upper && low != nil && high != nil {
		w.Range = c.T("instrument.what-if.range", "low", text(low), "high", text(high))
	}
}

// icons draws 1,000 patients, forty in a row. Each kind has its own shape, so
// that no colour is needed to tell them apart.
func icons(c *web.Ctx, key []iconKey) template.HTML {
	const perRow, cell = 40, 10
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="icons" viewBox="0 0 %d %d" role="img" aria-labelledby="icons-t icons-d"><title id="icons-t">%s</title><desc id="icons-d">%s</desc>`,
		perRow*cell, 1000/perRow*cell, template.HTMLEscapeString(c.T("instrument.what-if.picture")), template.HTMLEscapeString(describe(c, key)))
	at := 0
	for _, k := range key {
		fmt.Fprintf(&b, `<path class="%s" d="`, k.Cell)
		for range k.N {
			fmt.Fprintf(&b, "M%d %d%s", at%perRow*cell+5, at/perRow*cell+5, shapes[k.Cell])
			at++
		}
		b.WriteString(`"/>`)
	}
	b.WriteString("</svg>")
	return template.HTML(b.String()) //nolint:gosec // numbers of our own, sentences escaped
}

// shapes are drawn from the middle of a cell: a full square, an empty one, a
// diamond, a dot.
var shapes = map[string]string{"tp": "m-4-4h8v8h-8z", "fn": "m-3-3h6v6h-6z", "fp": "m0-4.5l4.5 4.5-4.5 4.5-4.5-4.5z", "tn": "m-2 0a2 2 0 1 0 4 0a2 2 0 1 0-4 0z"}

// Sample is the shape of one kind, for the key beside the picture.
func (k iconKey) Sample() template.HTML {
	return template.HTML(`<svg viewBox="0 0 10 10" aria-hidden="true"><g class="icons"><path class="` + k.Cell + `" d="M5 5` + shapes[k.Cell] + `"/></g></svg>`) //nolint:gosec // words of this file
}

// describe says the picture in words.
func describe(c *web.Ctx, key []iconKey) string {
	parts := make([]string, len(key))
	for i, k := range key {
		parts[i] = c.T("instrument.cell."+k.Cell, "n", c.Number(k.N))
	}
	return strings.Join(parts, ". ")
}
