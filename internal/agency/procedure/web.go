package procedure

import (
	"cmp"
	"embed"
	"fmt"
	"slices"
	"strconv"
	"time"

	"amelie/internal/agency"
	"amelie/internal/fault"
	"amelie/internal/i18n"
	"amelie/internal/web"
)

//go:embed page/*.html page/*.css
var pages embed.FS

var (
	_           = web.Style(pages, "page/procedure.css")
	viewPage    = web.NewPage[viewData](pages, "page/view.html")
	editPage    = web.NewPage[editData](pages, "page/edit.html")
	cardPage    = web.NewPage[viewData](pages, "page/card.html")
	historyPage = web.NewPage[historyData](pages, "page/history.html")
)

// Mount registers the pages. None of them is public.
func (s *Service) Mount(sh *web.Shell) {
	sh.Professional("GET /procedure", s.getCurrent)
	sh.Professional("GET /procedure/card", s.getCard)
	sh.Professional("GET /procedure/a4", s.getSheet)
	sh.Professional("POST /procedure/begin", s.postBegin)
	sh.Professional("GET /procedure/edit", s.getEdit)
	sh.Professional("POST /procedure/edit", s.postEdit)
	sh.Professional("GET /procedure/preview", s.getPreview)
	sh.Professional("POST /procedure/adopt", s.postAdopt)
	sh.Professional("POST /procedure/discard", s.postDiscard)
	sh.Professional("GET /procedure/history", s.getHistory)
	sh.Professional("GET /procedure/history/{number}", s.getVersion)
	sh.Nav(web.NavItem{Path: "/procedure", Icon: "door", Label: "procedure.title", Roles: agency.Roles, Order: 35, Under: "/agency", Text: "hub.door.procedure"})
}

// viewData is a procedure as a page shows it.
type viewData struct {
	House    string
	Kind     string // adopted, preview, old, template
	Version  Version
	Text     Text
	Lang     string // of the text
	Other    string // name of that language, when it is not the reader's
	Numbers  []web.M
	Facts    []web.M
	Duties   []Duty
	Sources  []Source
	Writes   bool // the viewer is a lead
	Drafting bool // there is a draft
	Due      string
	Lacking  []string
	Review   string // proposed review day
	State    string // of an old version, in words
	Country  string // path of the country's page
	Pages    int    // of the PDF
}

// view makes the page's data of a version.
func (s *Service) view(c *web.Ctx, v Version, kind string) (viewData, error) {
	data := viewData{House: c.Viewer.AgencyName, Kind: kind, Version: v, Writes: s.mayWrite(c.Viewer), Numbers: numberRows(c, v)}
	data.Text, data.Lang = v.In(c.Lang)
	if data.Lang != c.Lang {
		data.Other = web.LanguageName(data.Lang)
	}
	data.Facts = factRows(c, v)
	country, err := s.country(c.Context(), c.Viewer)
	if err == nil && country != "" && s.Duties != nil {
		data.Duties, data.Country = s.Duties(country, c.Lang), c.Path("/country/"+country)
	}
	return data, err
}

// numberRows are the internal numbers as rows of c-contact.
func numberRows(c *web.Ctx, v Version) (rows []web.M) {
	icons := map[string]string{"social-worker": "people", "child-protection": "child", "interpreter": "talk", "doctor": "heart", "security": "shield", "lead": "user-key"}
	for _, n := range v.Numbers {
		label := n.Label
		if label == "" {
			label = c.T("procedure.role." + n.Role)
		}
		row := web.M{"role": n.Role, "icon": cmp.Or(icons[n.Role], "phone"), "label": label, "text": n.Phone, "note": n.Hours}
		if tel := string(web.SafeTel(n.Phone)); tel != "tel:" {
			row["href"] = tel
		}
		rows = append(rows, row)
	}
	return rows
}

// factRows are the house's own words; where one of them stands in another
// language than the reader's steps, its label names that language.
func factRows(c *web.Ctx, v Version) (rows []web.M) {
	_, in := v.In(c.Lang)
	for _, f := range v.Facts(c.Lang) {
		label := c.T("procedure.field." + f.Name)
		if f.Lang != in {
			label += " · " + web.LanguageName(f.Lang)
		}
		rows = append(rows, web.M{"name": f.Name, "label": label, "text": f.Text, "lang": f.Lang})
	}
	return rows
}

// current is what the viewer's house adopted, or our general text.
func (s *Service) current(c *web.Ctx) (viewData, error) {
	if c.Viewer.AgencyID == "" {
		return viewData{}, fault.New(fault.NotFound, "procedure.error.none")
	}
	v, found, err := s.Current(c.Context(), c.Viewer)
	if err != nil {
		return viewData{}, err
	}
	kind := "adopted"
	if !found {
		v, kind = s.Template(c.Lang), "template"
	}
	data, err := s.view(c, v, kind)
	if err != nil {
		return data, err
	}
	if kind == "template" {
		data.Sources = Sources
	}
	if data.Writes {
		if _, data.Drafting, err = s.Draft(c.Context(), c.Viewer); err != nil {
			return data, err
		}
		data.Due = s.due(c, v)
	}
	return data, nil
}

// due says to leads that the review is near or over; "" otherwise.
func (s *Service) due(c *web.Ctx, v Version) string {
	due, over := v.ReviewDue(c.Now(), s.Zone)
	switch {
	case over:
		return c.T("procedure.review.over", "date", c.Day(v.Review))
	case due:
		return c.T("procedure.review.due", "date", c.Day(v.Review))
	}
	return ""
}

func (s *Service) getCurrent(c *web.Ctx) error {
	data, err := s.current(c)
	if err != nil {
		return err
	}
	data.State, data.Pages = c.Day(data.Version.Review), s.sheet(c, data).pages()
	return viewPage.Render(c, data)
}

func (s *Service) getCard(c *web.Ctx) error {
	data, err := s.current(c)
	if err != nil {
		return err
	}
	data.State, data.Pages = c.Day(data.Version.Review), s.sheet(c, data).pages()
	return cardPage.Render(c, data)
}

func (s *Service) postBegin(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	number, _ := strconv.Atoi(f.Value("number"))
	if err := s.Begin(c.Context(), c.Viewer, c.Lang, number); err != nil {
		return err
	}
	return c.Redirect("/procedure/edit")
}

// editData is the form of one language.
type editData struct {
	House   string
	Draft   Version
	Lang    string // that is edited
	Tabs    []tab
	Steps   []line
	Text    Text
	Numbers []numberLine
	Rev     int64
	Stale   bool
	Theirs  []web.M // what somebody else saved meanwhile
	Besides string  // language of Beside
}

type tab struct {
	URL, Name, State string
	On               bool
}

// line is one step in the form; Beside is the same step in the main language.
type line struct {
	Name, Label, Value, Beside string
}

type numberLine struct {
	N     int
	Value Number
	Roles []web.Choice
}

func (s *Service) getEdit(c *web.Ctx) error {
	draft, found, err := s.Draft(c.Context(), c.Viewer)
	if err != nil {
		return err
	}
	if !found {
		return c.Redirect("/procedure")
	}
	return s.showEdit(c, draft, formLang(c.Query("in"), c.Lang), nil)
}

func formLang(asked, otherwise string) string {
	if slices.Contains(i18n.Languages, asked) {
		return asked
	}
	return otherwise
}

// showEdit shows the form; typed is what was sent, nil for what is stored.
func (s *Service) showEdit(c *web.Ctx, draft Version, lang string, typed *Change) error {
	data := editData{House: c.Viewer.AgencyName, Draft: draft, Lang: lang, Rev: draft.Rev, Text: draft.Texts[lang]}
	numbers, steps := draft.Numbers, draft.Texts[lang].Steps
	if typed != nil {
		data.Text, numbers, steps = typed.Text, typed.Numbers, typed.Text.Steps
	}
	for _, l := range i18n.Languages {
		state := "procedure.tab.missing"
		if t := draft.Texts[l]; !t.Empty() {
			state = "procedure.tab.written"
		}
		data.Tabs = append(data.Tabs, tab{URL: c.Path("/procedure/edit?in=" + l), Name: web.LanguageName(l), State: c.T(state), On: l == lang})
	}
	main := draft.Texts[draft.Main]
	for i := range min(max(len(steps)+2, 5), MaxSteps) {
		l := line{Name: fmt.Sprintf("step-%d", i+1), Label: c.T("procedure.step", "n", i+1)}
		if i < len(steps) {
			l.Value = steps[i]
		}
		if lang != draft.Main && i < len(main.Steps) {
			l.Beside = main.Steps[i]
		}
		data.Steps = append(data.Steps, l)
	}
	data.Besides = draft.Main
	for i := range min(max(len(numbers)+2, 3), MaxNumbers) {
		n := numberLine{N: i + 1, Value: Number{Role: Roles[min(i, len(Roles)-1)]}}
		if i < len(numbers) {
			n.Value = numbers[i]
		}
		for _, r := range Roles {
			n.Roles = append(n.Roles, web.Choice{Value: r, Label: c.T("procedure.role." + r), Selected: r == n.Value.Role})
		}
		data.Numbers = append(data.Numbers, n)
	}
	if typed != nil && typed.Rev != draft.Rev {
		data.Stale = true
		for i, step := range draft.Texts[lang].Steps {
			data.Theirs = append(data.Theirs, web.M{"label": c.T("procedure.step", "n", i+1), "text": step})
		}
		data.Theirs = append(append(data.Theirs, factRows(c, Version{Main: lang, Texts: map[string]Text{lang: draft.Texts[lang]}})...), numberRows(c, draft)...)
	}
	return editPage.Render(c, data)
}

func changeOf(f *web.Form) Change {
	rev, _ := strconv.ParseInt(f.Value("rev"), 10, 64)
	ch := Change{Lang: f.Value("in"), Rev: rev, Once: f.Once()}
	for _, fact := range ch.Text.facts() {
		*fact.text = f.Value(fact.name)
	}
	for i := 1; i <= MaxSteps; i++ {
		ch.Text.Steps = append(ch.Text.Steps, f.Value(fmt.Sprintf("step-%d", i)))
	}
	for i := 1; i <= MaxNumbers; i++ {
		field := func(what string) string { return f.Value(fmt.Sprintf("%s-%d", what, i)) }
		ch.Numbers = append(ch.Numbers, Number{Role: field("role"), Label: field("label"), Phone: field("phone"), Hours: field("hours")})
	}
	// Gaps stay where they were typed, so that an error stands beside its field.
	for n := len(ch.Text.Steps); n > 0 && ch.Text.Steps[n-1] == ""; n-- {
		ch.Text.Steps = ch.Text.Steps[:n-1]
	}
	for n := len(ch.Numbers); n > 0 && ch.Numbers[n-1].blank(); n-- {
		ch.Numbers = ch.Numbers[:n-1]
	}
	return ch
}

func (s *Service) postEdit(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	ch := changeOf(f)
	err = s.Save(c.Context(), c.Viewer, ch)
	if stale := fault.KindOf(err) == fault.Stale; stale || f.Add(err) {
		draft, found, again := s.Draft(c.Context(), c.Viewer)
		if again != nil || !found {
			return fault.New(fault.Conflict, "procedure.error.state").Because(again)
		}
		if stale {
			f.Error("", "procedure.error.stale")
		}
		return s.showEdit(c, draft, formLang(ch.Lang, c.Lang), &ch)
	}
	if err != nil {
		return err
	}
	if to := f.Value("do"); slices.Contains(i18n.Languages, to) {
		return c.Redirect("/procedure/edit?in=" + to)
	} else if to == "more" {
		c.Flash("procedure.done.saved")
		return c.Redirect("/procedure/edit?in=" + ch.Lang)
	}
	return c.Redirect("/procedure/preview")
}

func (s *Service) getPreview(c *web.Ctx) error { return s.showPreview(c) }

func (s *Service) showPreview(c *web.Ctx) error {
	draft, found, err := s.Draft(c.Context(), c.Viewer)
	if err != nil {
		return err
	}
	if !found {
		return c.Redirect("/procedure")
	}
	data, err := s.view(c, draft, "preview")
	if err != nil {
		return err
	}
	for _, key := range draft.Lacking() {
		data.Lacking = append(data.Lacking, c.T(key))
	}
	data.Review = c.Now().In(s.Zone).AddDate(1, 0, 0).Format(time.DateOnly)
	return viewPage.Render(c, data)
}

func (s *Service) postAdopt(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	rev, _ := strconv.ParseInt(f.Value("rev"), 10, 64)
	err = s.AdoptDraft(c.Context(), c.Viewer, rev, f.Value("review"))
	if stale := fault.KindOf(err) == fault.Stale; stale || f.Add(err) {
		if stale {
			f.Error("", "procedure.error.stale")
		}
		return s.showPreview(c)
	}
	if fault.KindOf(err) == fault.Conflict { // pressed twice
		return c.Redirect("/procedure")
	}
	if err != nil {
		return err
	}
	c.Flash("procedure.done.adopted")
	return c.Redirect("/procedure")
}

func (s *Service) postDiscard(c *web.Ctx) error {
	if _, err := c.Form(); err != nil {
		return err
	}
	if err := s.DiscardDraft(c.Context(), c.Viewer); err != nil && fault.KindOf(err) != fault.Conflict {
		return err
	}
	c.Flash("procedure.done.discarded")
	return c.Redirect("/procedure")
}

type historyData struct {
	House string
	Items []web.M
}

func (s *Service) getHistory(c *web.Ctx) error {
	list, err := s.History(c.Context(), c.Viewer)
	if err != nil {
		return err
	}
	data := historyData{House: c.Viewer.AgencyName}
	for _, v := range list {
		kind := map[State]string{Adopted: "ok", Draft: "info"}[v.State]
		text := c.T("procedure.history.made", "date", c.DateTime(v.Made), "name", v.MadeBy)
		if !v.Adopted.IsZero() {
			text = c.T("procedure.history.adopted", "date", c.DateTime(v.Adopted), "name", v.Adopter)
		}
		data.Items = append(data.Items, web.M{"title": c.T("procedure.history.version", "n", v.Number), "href": c.Path("/procedure/history/" + strconv.Itoa(v.Number)), "text": text,
			"badge": web.M{"kind": cmp.Or(kind, "plain"), "text": c.T("procedure.state." + string(v.State))}})
	}
	return historyPage.Render(c, data)
}

func (s *Service) getVersion(c *web.Ctx) error {
	number, err := strconv.Atoi(c.Param("number"))
	if err != nil || number < 1 {
		return errNotFound
	}
	v, err := s.Number(c.Context(), c.Viewer, number)
	if err != nil {
		return err
	}
	data, err := s.view(c, v, "old")
	if err != nil {
		return err
	}
	data.State = c.T("procedure.state." + string(v.State))
	if _, data.Drafting, err = s.Draft(c.Context(), c.Viewer); err != nil {
		return err
	}
	return viewPage.Render(c, data)
}

// Short is a house's procedure as other rooms show it: whom to call inside, and
// where to talk.
type Short struct {
	House   string
	Numbers []web.M // rows of c-contact
	Room    []web.M // the same: the room, and the word by which colleagues ask each other for help
	Path    string  // without the language
	Due     string  // a sentence for leads; "" when nothing is due
	Missing bool    // a lead's house has none
}

// Short gives what the viewer's house adopted; nil when there is nothing to
// show: nobody is signed in, or the house adopted none and the viewer cannot
// change that.
//
// req: PROCEDURE-1, PROCEDURE-2
func (s *Service) Short(c *web.Ctx, v *web.Viewer) (*Short, error) {
	if v == nil || v.AgencyID == "" {
		return nil, nil
	}
	current, found, err := s.Current(c.Context(), v)
	if err != nil {
		return nil, err
	}
	out := &Short{House: v.AgencyName, Path: "/procedure"}
	if !found {
		if !s.mayWrite(v) {
			return nil, nil
		}
		out.Missing = true
		return out, nil
	}
	out.Numbers = numberRows(c, current)
	icons := map[any]string{"room": "door", "code": "speech"}
	for _, fact := range factRows(c, current) {
		if fact["icon"] = icons[fact["name"]]; fact["icon"] != "" {
			out.Room = append(out.Room, fact)
		}
	}
	if s.mayWrite(v) {
		out.Due = s.due(c, current)
	}
	return out, nil
}
