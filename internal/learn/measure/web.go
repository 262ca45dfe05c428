package measure

import (
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"amelie/internal/fault"
	"amelie/internal/learn"
	"amelie/internal/learn/reading"
	"amelie/internal/web"
)

//go:embed page/*.html page/*.css
var files embed.FS

var (
	_         = web.Style(files, "page/measure.css")
	beginPage = web.NewPage[beginView](files, "page/begin.html")
	sheetPage = web.NewPage[sheetView](reading.With(files), "page/sheet.html", "page/parts.html")
	keptPage  = web.NewPage[Sheet](files, "page/kept.html")
	gainPage  = web.NewPage[gainView](files, "page/gain.html")
)

// Rooms serve the measure.
type Rooms struct {
	*Service
	// MayFill bounds how many sheets an address asks for; a whole class sits
	// behind one.
	MayFill func(r *http.Request) bool
}

// Mount adds the pages to the shell. They are public and outside the path of the
// learner's cookie, so that no browser says here who learns.
//
// req: MEASURE-2
func (r *Rooms) Mount(s *web.Shell) {
	s.Public("GET /measure", r.begin)
	s.Public("POST /measure", r.post)
	s.Public("GET /measure/paper/{form}", r.paper)
	s.Professional("GET /desk/learn/gain", r.gain)
}

type beginView struct {
	N                  int // questions of a sheet
	Days, Months, Kids []web.Choice
	When               []web.Choice
}

func (r *Rooms) begin(c *web.Ctx) error {
	v := beginView{N: len(Form(r.Course(), Forms[0])), Days: numbers(c, 1, 31), Months: numbers(c, 1, 12), Kids: numbers(c, 0, 9)}
	for _, o := range Occasions {
		v.When = append(v.When, web.Choice{Value: o, Label: c.T("measure.time." + o)})
	}
	return beginPage.Render(c, v)
}

// numbers are choices with an open one before them.
func numbers(c *web.Ctx, from, to int) []web.Choice {
	out := []web.Choice{{Label: c.T("measure.choose")}}
	for n := from; n <= to; n++ {
		out = append(out, web.Choice{Value: strconv.Itoa(n), Label: strconv.Itoa(n)})
	}
	return out
}

func (r *Rooms) post(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	token := f.Value("sheet")
	if token == "" {
		return r.lay(c, f)
	}
	laid, err := r.Open(token)
	if err != nil {
		return err
	}
	if f.Value("do") != "answer" { // another language in the middle of it
		return r.show(c, laid, token, f)
	}
	given := map[string]learn.Given{}
	for _, a := range Form(r.Course(), laid.Form) {
		given[a.Name()] = a.Question.Read(a.Name(), few(f.Values))
	}
	x, err := r.Keep(c.Context(), laid, given)
	if err != nil {
		return err
	}
	return keptPage.Render(c, x)
}

// few bounds how many values of a field are looked at.
func few(values func(string) []string) func(string) []string {
	return func(name string) []string {
		list := values(name)
		return list[:min(12, len(list))]
	}
}

func (r *Rooms) lay(c *web.Ctx, f *web.Form) error {
	if !r.MayFill(c.R) {
		return fault.New(fault.TooMany, "web.error.too-many")
	}
	facts := Facts{Name: f.Value("name"), Day: f.Value("day"), Month: f.Value("month"), Older: f.Value("older")}
	laid, token, err := r.Lay(c.Context(), facts, f.Value("when"))
	if f.Add(err) {
		return r.begin(c)
	}
	if err != nil {
		return err
	}
	return r.show(c, laid, token, f)
}

type sheetView struct {
	Form, Token string
	Letter      string // of the form, as it is read
	When        string
	Questions   []reading.Question
	Paper       bool
	Key         [][]template.HTML // the right answers; nil on the sheet itself
}

func (r *Rooms) show(c *web.Ctx, laid Laid, token string, f *web.Form) error {
	c.Resend("sheet")
	typed := url.Values{}
	for _, name := range f.Names() {
		typed[name] = f.Values(name)
	}
	return sheetPage.Render(c, sheetView{Form: laid.Form, Token: token, When: c.T("measure.time." + laid.Occasion), Questions: r.questions(c, laid.Form, typed)})
}

// questions are those of a form as they are asked; nothing is said to answers,
// since the next form would not measure the course then.
func (r *Rooms) questions(c *web.Ctx, form string, typed url.Values) (out []reading.Question) {
	for _, a := range Form(r.Course(), form) {
		q := r.reader().Ask(c, a.Topic.ID, a.Question, a.Name(), form, typed)
		q.Answered = false
		out = append(out, q)
	}
	return out
}

// reader turns the pages of the course as it is now.
func (r *Rooms) reader() reading.Reader { return reading.Reader{Course: r.Course()} }

// paper is a form for a group in a room, with the questions of the code on it, or
// the key to it.
func (r *Rooms) paper(c *web.Ctx) error {
	form := c.Param("form")
	if !slices.Contains(Forms, form) {
		return fault.New(fault.NotFound, "web.error.not-found")
	}
	v := sheetView{Form: form, Letter: strings.ToUpper(form), Paper: true, Questions: r.questions(c, form, nil)}
	if c.Query("key") != "" {
		for _, a := range Form(r.Course(), form) {
			v.Key = append(v.Key, r.reader().Rights(c, a.Topic.ID, a.Question))
		}
	}
	return sheetPage.Render(c, v)
}

// The editors' figures.

type gainView struct {
	Few        int
	Chart      template.HTML // empty: no figure can be shown yet
	Rows       [][]string
	Gain, Loss string
	Single     string // how many sheets found no partner; empty: all did
}

func (r *Rooms) gain(c *web.Ctx) error {
	x, err := r.Figures(c.Context(), c.Viewer)
	if err != nil {
		return err
	}
	v := gainView{Few: Few, Gain: told95(c, "measure.gain.gained", x.Gain), Loss: told95(c, "measure.gain.lost", x.Loss)}
	for _, o := range Occasions {
		row := []string{c.T("measure.time." + o), "–", "–", "–"}
		if m := x.Means[o]; m != nil {
			row = []string{row[0], percent(m.Mean), percent(m.Low) + " – " + percent(m.High), c.Number(m.N)}
		}
		v.Rows = append(v.Rows, row)
	}
	if x.any() {
		v.Chart = chart(c, x)
	}
	if x.Single > 0 {
		v.Single = c.T("measure.gain.single", "n", x.Single)
	}
	return gainPage.Render(c, v)
}

// told95 is a sentence about a paired difference, in percentage points.
func told95(c *web.Ctx, key string, m *Mean) string {
	if m == nil {
		return ""
	}
	return c.T(key, "points", points(m.Mean), "low", points(m.Low), "high", points(m.High), "n", m.N)
}

func percent(share float64) string { return fmt.Sprintf("%.0f\u00a0%%", 100*share) }

// points are percentage points with their sign, and a true minus.
func points(share float64) string {
	return strings.Replace(fmt.Sprintf("%+.0f", 100*share), "-", "−", 1)
}

// chart draws the means as bars that lie below their words, so that these can
// be read on a phone, each with its interval.
func chart(c *web.Ctx, x Figures) template.HTML {
	const wide, step = 300.0, 64
	var b, title strings.Builder
	for i, o := range Occasions {
		m := x.Means[o]
		if m == nil {
			continue
		}
		top, label := i*step, template.HTMLEscapeString(c.T("measure.time."+o))
		at := func(share float64) float64 { return wide * max(0, min(1, share)) }
		interval := fmt.Sprintf("M%.1f %dH%.1fm0 -6v12M%.1f %dv12", at(m.Low), top+36, at(m.High), at(m.Low), top+30)
		fmt.Fprintf(&title, "%s: %s. ", label, percent(m.Mean))
		fmt.Fprintf(&b, `<text x="0" y="%[1]d">%[2]s</text><text x="%.0[3]f" y="%[1]d" text-anchor="end">%[4]s</text>`, top+16, label, wide, percent(m.Mean))
		fmt.Fprintf(&b, `<rect class="measure-rest" y="%[1]d" width="%.0[2]f" height="18" rx="4"/><rect class="series" y="%[1]d" width="%.1[3]f" height="18" rx="4"/>`, top+27, wide, at(m.Mean))
		fmt.Fprintf(&b, `<path class="measure-ci edge" d="%[1]s"/><path class="measure-ci" d="%[1]s"/>`, interval)
	}
	return template.HTML(fmt.Sprintf(`<svg class="measure-means" viewBox="0 0 %.0f %d" role="img" aria-labelledby="gain-t"><title id="gain-t">%s</title>%s</svg>`, wide, len(Occasions)*step-8, title.String(), b.String())) //nolint:gosec // escaped
}
