package house

import (
	"cmp"
	"embed"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"amelie/internal/fault"
	"amelie/internal/geo"
	"amelie/internal/i18n"
	"amelie/internal/mail"
	"amelie/internal/policy"
	"amelie/internal/web"
)

//go:embed page/*.html page/*.css
var pages embed.FS

var _ = web.Style(pages, "page/house.css")

var (
	listPage     = web.NewPage[listData](pages, "page/list.html")
	questionPage = web.NewPage[questionData](pages, "page/question.html")
	keyPage      = web.NewPage[keyData](pages, "page/key.html")
	sheetPage    = web.NewPage[sheetData](pages, "page/sheet.html")
	reportPage   = web.NewPage[reportData](pages, "page/report.html")
	healthPage   = web.NewPage[healthData](pages, "page/health.html")
	notesPage    = web.NewPage[notesData](pages, "page/notes.html")
)

type (
	listData struct {
		Lines   []line
		More    []line
		Tasks   []Task
		Begin   string // the question to go on with
		Open    int
		Fixed   bool // some lines are given by the command line
		Runs    runs
		Trouble Level
		Notice  string
	}
	line struct {
		Question, Text string
		State          State
		Fixed          bool
	}
	runs         struct{ Latest, Good, Trial *Run }
	questionData struct {
		Question, Notice string
		N, Of            int
		Answer           Answer
		Changed          bool // somebody else changed it while this form was open
		Values           Values
		Choices          []web.Choice
		Second           []web.Choice
		Languages        []string
		Revision         int64
		Address          string
		Tested           time.Time
		Verdict          string
		Ready            bool // a test message or a copy can be made; the switch is on
		Said             string
		Runs             runs
	}
	keyData struct {
		Answer            Answer
		N, Of             int
		Shown, Typed      bool
		TypedAt, TestedAt time.Time
		Folder            bool
		Newest            *Run
		Notice            string
	}
	sheetData  struct{ Groups []string }
	reportData struct {
		Report
		Kind string
		Key  bool
	}
	healthData struct {
		Checks        []shown
		Worst         Level
		Now, Soon     int
		Demo          bool
		Release, Name string
		At            time.Time
	}
	shown struct {
		Check
		Title, Say, Do string
	}
	notesData struct {
		Notes  []noteData
		Unread bool
	}
	noteData struct {
		Release string
		Date    time.Time
		Changes []changeData
		Fresh   bool
	}
	changeData struct{ Title, Text, Do string }
)

// Mount registers the pages.
func (s *Service) Mount(sh *web.Shell) {
	sh.Professional("GET /admin/installation", s.getList)
	sh.Professional("GET /admin/installation/{question}", s.asked(s.getQuestion))
	sh.Professional("POST /admin/installation/{question}", s.asked(s.postQuestion))
	sh.Professional("POST /admin/installation/mail/test", s.asked(s.postTest))
	sh.Professional("POST /admin/installation/backup/now", s.asked(s.postBackup))
	sh.Professional("POST /admin/installation/key/make", s.asked(s.postMakeKey))
	sh.Professional("POST /admin/installation/key/type", s.asked(s.postTypeKey))
	sh.Professional("GET /admin/health", s.getHealth)
	sh.Professional("GET /admin/notes", s.getNotes)
	sh.Professional("POST /admin/notes", s.postNotes)
	sh.Nav(web.NavItem{Path: "/admin/installation", Icon: "settings", Label: "house.title", Roles: []string{"administrator"}, Order: 91, Under: "/admin", Group: "hub.group.house", Text: "hub.door.installation"})
	sh.Nav(web.NavItem{Path: "/admin/health", Icon: "shield", Label: "house.health.title", Roles: []string{"administrator"}, Order: 93, Under: "/admin", Group: "hub.group.house", Text: "hub.door.health"})
	sh.Nav(web.NavItem{Path: "/admin/notes", Icon: "list", Label: "house.notes.title", Roles: []string{"administrator"}, Order: 94, Under: "/admin", Group: "hub.group.house", Text: "house.notes.lead"})
	sh.Announce = s.announce
}

// guarded are the questions whose answer could lead mail or copies astray:
// they ask for a fresh confirmation of the sign-in first, before anything is
// typed.
var guarded = []string{"mail", "backup", "key", "exit", "links"}

// asked lets administrators in, and for a guarded question only those who
// confirmed their sign-in a short while ago. // req: HOUSE-1
func (s *Service) asked(h web.Handler) web.Handler {
	return func(c *web.Ctx) error {
		if err := s.require(c.Viewer, "house.settle"); err != nil {
			return err
		}
		question, _, _ := strings.Cut(strings.TrimPrefix(c.R.URL.Path, "/"+c.Lang+"/admin/installation/"), "/")
		if !Known(question) {
			return fault.New(fault.NotFound, "")
		}
		if slices.Contains(guarded, question) && !s.cfg.Demo {
			ok, err := s.cfg.Confirmed(c.Context(), c.Viewer)
			if err != nil {
				return err
			}
			if !ok {
				return c.Redirect("/confirm?to=" + url.QueryEscape(c.Path("/admin/installation/"+question)))
			}
		}
		return h(c)
	}
}

func (s *Service) getList(c *web.Ctx) error {
	answers, err := s.Answers(c.Context(), c.Viewer)
	if err != nil {
		return err
	}
	d := listData{Begin: Next("", states(answers)), Open: Unsettled(states(answers))}
	for _, q := range Questions {
		a := answers[q]
		d.Lines = append(d.Lines, line{q, s.said(c, a), a.State, a.Fixed})
		d.Fixed = d.Fixed || a.Fixed
	}
	for _, q := range More {
		d.More = append(d.More, line{q, s.said(c, answers[q]), answers[q].State, answers[q].Fixed})
	}
	if d.Runs.Latest, d.Runs.Good, d.Runs.Trial, err = s.Runs(c.Context()); err != nil {
		return err
	}
	if s.cfg.Open != nil {
		if d.Tasks, err = s.cfg.Open(c.Context()); err != nil {
			return err
		}
	}
	for _, check := range Judge(s.cfg.Facts(c.Context(), s)) {
		d.Trouble = max(d.Trouble, check.Level)
	}
	return listPage.Render(c, d)
}

// said is an answer in one line.
func (s *Service) said(c *web.Ctx, a Answer) string {
	v := a.Values
	switch a.Question {
	case "links":
		return switched(c, a)
	case "pass":
		if v["mark"] == "" {
			return c.T("house.pass.own")
		}
		return c.T("house.pass.is", "n", v["mark"])
	case "officer":
		return cmp.Or(v["officer"], c.T("house.officer.none"))
	}
	if a.State != Answered {
		return ""
	}
	switch a.Question {
	case "name", "neutral":
		return v[a.Question]
	case "languages":
		var names []string
		for _, l := range v.List("languages") {
			names = append(names, web.LanguageName(l))
		}
		return strings.Join(names, ", ") + " · " + c.T("house.said.default", "language", web.LanguageName(v["default"]))
	case "country":
		if v["country"] == "" {
			return c.T("house.country.several")
		}
		return s.cfg.CountryName(v["country"], c.Lang)
	case "zone":
		return city(v["zone"])
	case "exit":
		return cmp.Or(v["exit"], c.T("house.said.no-exit"))
	case "mail":
		if v["use"] == "no" {
			return c.T("house.said.no-mail")
		}
		return v["server"] + " · " + v["from"]
	case "backup":
		if v["use"] == "no" {
			return c.T("house.said.no-backup")
		}
		return c.T("house.said.backup", "folder", v["folder"], "hour", v["hour"], "days", v["keep"])
	case "key":
		return c.T("house.said.key")
	}
	return ""
}

// switched says where a switch stands.
func switched(c *web.Ctx, a Answer) string {
	state := "off"
	if a.State == Answered && a.Values["use"] == "yes" {
		state = "on"
	}
	return c.T("house." + a.Question + ".is-" + state)
}

func city(zone string) string {
	_, name, ok := strings.Cut(zone, "/")
	if !ok {
		return zone
	}
	return strings.ReplaceAll(name, "_", " ")
}

func (s *Service) getQuestion(c *web.Ctx) error { return s.show(c, "", "") }

// show is the page of one question; after a failed POST with what was typed.
func (s *Service) show(c *web.Ctx, notice, verdict string) error {
	question := c.Param("question")
	if question == "" {
		question = "mail" // the test's own address
	}
	answers, err := s.Answers(c.Context(), c.Viewer)
	if err != nil {
		return err
	}
	if question == "key" {
		return s.showKey(c, answers["key"], notice)
	}
	a := answers[question]
	d := questionData{Question: question, Notice: notice, Verdict: verdict, N: slices.Index(Questions, question) + 1, Of: len(Questions), Answer: a, Values: s.proposed(c, a, answers), Revision: a.Revision}
	switch question {
	case "links":
		d.Ready, d.Said = a.Values["use"] == "yes", switched(c, a)
		if s.cfg.Demo {
			d.Said = c.T("house.links.demo")
		}
	case "languages":
		d.Choices, d.Second = languageChoices(d.Values)
	case "country":
		d.Choices = s.countryChoices(c, d.Values["country"])
	case "zone":
		d.Choices = zoneChoices(d.Values["zone"])
	case "mail":
		d.Choices = modeChoices(c, d.Values["tls"])
		d.Ready = a.State == Answered && a.Values["use"] != "no"
		if d.Tested, err = s.Moment(c.Context(), "mail.tested"); err != nil {
			return err
		}
	case "backup":
		d.Choices = hourChoices(c, d.Values["hour"])
		d.Ready = s.Settings().Backup.Ready()
		if d.Runs.Latest, d.Runs.Good, d.Runs.Trial, err = s.Runs(c.Context()); err != nil {
			return err
		}
	}
	return questionPage.Render(c, d)
}

// proposed is what stands in the form: the answer, or a proposal that saves
// typing.
func (s *Service) proposed(c *web.Ctx, a Answer, all map[string]Answer) Values {
	if a.State == Answered {
		return a.Values
	}
	now := c.Config()
	switch a.Question {
	case "name":
		return Values{"name": now.Name}
	case "neutral":
		return Values{"neutral": "Amelie"}
	case "languages":
		return Values{"languages": strings.Join(now.Languages, " "), "default": c.Lang}
	case "zone":
		return Values{"zone": cmp.Or(geo.Zone(all["country"].Values["country"]), "Europe/Brussels")}
	case "mail":
		return Values{"use": "yes", "tls": "starttls"}
	case "backup":
		return Values{"use": "yes", "hour": "3", "keep": "30"}
	}
	return Values{}
}

func languageChoices(v Values) (all, first []web.Choice) {
	for _, l := range i18n.Languages {
		all = append(all, web.Choice{Value: l, Label: web.LanguageName(l), Selected: slices.Contains(v.List("languages"), l)})
		first = append(first, web.Choice{Value: l, Label: web.LanguageName(l), Selected: v["default"] == l})
	}
	return all, first
}

func (s *Service) countryChoices(c *web.Ctx, chosen string) (out []web.Choice) {
	for _, code := range s.cfg.Countries {
		out = append(out, web.Choice{Value: code, Label: s.cfg.CountryName(code, c.Lang), Selected: code == chosen})
	}
	return append(out, web.Choice{Value: "several", Label: c.T("house.country.several"), Hint: c.T("house.country.several-hint"), Selected: false})
}

func zoneChoices(chosen string) (out []web.Choice) {
	list := Zones
	if chosen != "" && !slices.Contains(list, chosen) {
		list = append([]string{chosen}, list...)
	}
	for _, z := range list {
		out = append(out, web.Choice{Value: z, Label: city(z), Selected: z == chosen})
	}
	slices.SortFunc(out, func(a, b web.Choice) int { return cmp.Compare(a.Label, b.Label) })
	return out
}

func modeChoices(c *web.Ctx, chosen string) (out []web.Choice) {
	for _, m := range []string{"starttls", "implicit", "none"} {
		out = append(out, web.Choice{Value: m, Label: modeName(c, m), Selected: m == chosen})
	}
	return out
}

func modeName(c *web.Ctx, mode string) string {
	key := "house.mail.tls-" + mode
	return c.T(key)
}

func hourChoices(c *web.Ctx, chosen string) (out []web.Choice) {
	for h := range 24 {
		v := strconv.Itoa(h)
		out = append(out, web.Choice{Value: v, Label: c.T("house.backup.at", "hour", v), Selected: v == chosen})
	}
	return out
}

func (s *Service) postQuestion(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	question := c.Param("question")
	revision, err := strconv.ParseInt(f.Value("revision"), 10, 64)
	if err != nil {
		return fault.New(fault.Invalid, "web.error.unreadable")
	}
	if f.Value("later") != "" {
		err = s.PutOff(c.Context(), c.Viewer, question, revision, f.Once())
	} else {
		err = s.Save(c.Context(), c.Viewer, question, revision, typedValues(question, f), f.Raw("mail-secret"), f.Once())
	}
	if f.Add(err) {
		return s.show(c, "", "")
	}
	if fault.KindOf(err) == fault.Stale {
		// The other's answer is shown beside what was typed; sending again
		// replaces it knowingly.
		f.Error("", "house.error.stale")
		return s.show(c, "stale", "")
	}
	if err != nil {
		return err
	}
	if question == "mail" && f.Value("later") == "" && f.Value("use") != "no" {
		return c.Redirect("/admin/installation/mail") // the test message comes next
	}
	return s.goOn(c, question)
}

// typedValues reads the fields of a question from its form.
func typedValues(question string, f *web.Form) Values {
	v := Values{}
	for _, name := range fieldsOf[question] {
		v[name] = f.Value(name)
	}
	switch question {
	case "languages":
		v["languages"] = strings.Join(f.Values("languages"), " ")
	case "country":
		if v["country"] == "several" {
			v["country"] = ""
		} else if v["country"] == "" {
			v["country"] = "-" // nothing was chosen
		}
	case "mail", "backup":
		if v["use"] == "no" {
			return Values{"use": "no"}
		}
		v["use"] = "yes"
	}
	return v
}

// goOn leads to the next open question, or to the list.
func (s *Service) goOn(c *web.Ctx, after string) error {
	if slices.Contains(More, after) {
		return c.Redirect("/admin/installation")
	}
	answers, err := s.Answers(c.Context(), c.Viewer)
	if err != nil {
		return err
	}
	if next := Next(after, states(answers)); next != "" {
		return c.Redirect("/admin/installation/" + next)
	}
	return c.Redirect("/admin/installation")
}

func (s *Service) postTest(c *web.Ctx) error {
	// The form is not read: the fields of the page that follows show what is
	// stored, not what this button did not send.
	verdict, err := s.TestMail(c.Context(), c.Viewer)
	if fault.KindOf(err) == fault.Conflict {
		return s.show(c, c.T(fault.Find(err).Key), "")
	}
	if err != nil {
		return err
	}
	if verdict == mail.Delivered {
		c.Flash("house.mail.delivered")
		return c.Redirect("/admin/installation/mail")
	}
	return s.show(c, "", string(verdict))
}

func (s *Service) postBackup(c *web.Ctx) error {
	r, err := s.BackUp(c.Context(), c.Viewer)
	if err != nil {
		return err
	}
	return reportPage.Render(c, reportData{Report: Report{Backup: r}})
}

func (s *Service) showKey(c *web.Ctx, a Answer, notice string) error {
	d := keyData{Answer: a, N: slices.Index(Questions, "key") + 1, Of: len(Questions), Shown: a.Values["next"] != "", Typed: a.Values["typed"] != "", Folder: s.Settings().Backup.Folder != "", Notice: notice}
	if ms, err := strconv.ParseInt(a.Values["typed"], 10, 64); err == nil {
		d.TypedAt = time.UnixMilli(ms)
	}
	_, good, trial, err := s.Runs(c.Context())
	if err != nil {
		return err
	}
	if d.Newest = good; trial != nil {
		d.TestedAt = trial.Began
	}
	return keyPage.Render(c, d)
}

func (s *Service) postMakeKey(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	revision, err := strconv.ParseInt(f.Value("revision"), 10, 64)
	if err != nil {
		return fault.New(fault.Invalid, "web.error.unreadable")
	}
	groups, err := s.MakeKey(c.Context(), c.Viewer, revision, f.Once())
	if err != nil {
		return err
	}
	return sheetPage.Render(c, sheetData{groups})
}

func (s *Service) postTypeKey(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	r, err := s.TypeKey(c.Context(), c.Viewer, f.Raw("backup-secret"))
	if f.Add(err) {
		answers, err := s.Answers(c.Context(), c.Viewer)
		if err != nil {
			return err
		}
		return s.showKey(c, answers["key"], "")
	}
	if err != nil {
		return err
	}
	return reportPage.Render(c, reportData{Report: r, Key: true})
}

func (s *Service) getHealth(c *web.Ctx) error {
	if err := s.require(c.Viewer, "house.look"); err != nil {
		return err
	}
	d := healthData{Demo: c.Demo(), Release: s.cfg.Release, Name: s.Settings().NeutralName, At: c.Now()}
	for _, check := range Judge(s.cfg.Facts(c.Context(), s)) {
		d.Worst = max(d.Worst, check.Level)
		switch check.Level {
		case Now:
			d.Now++
		case Soon:
			d.Soon++
		}
		d.Checks = append(d.Checks, shown{Check: check, Title: c.T("house.check." + check.Name), Say: c.T(check.Say(), Spoken(c, check.Args)...), Do: sayDo(c, check)})
	}
	slices.SortStableFunc(d.Checks, func(a, b shown) int { return int(b.Level - a.Level) })
	return healthPage.Render(c, d)
}

func sayDo(c *web.Ctx, check Check) string {
	if check.Do() == "" {
		return ""
	}
	return c.T(check.Do(), Spoken(c, check.Args)...)
}

// Speaker says moments in a language.
type Speaker interface{ DateTime(time.Time) string }

// Spoken turns the moments among arguments into words.
func Spoken(in Speaker, args []any) []any {
	out := slices.Clone(args)
	for i, a := range out {
		if t, ok := a.(time.Time); ok {
			out[i] = in.DateTime(t)
		}
	}
	return out
}

func (s *Service) getNotes(c *web.Ctx) error {
	if err := s.cfg.Policy.Require(c.Viewer.Actor(), "note.read", policy.Object{Type: "Note", ID: "*"}); err != nil {
		return err
	}
	unread, err := s.Unread(c.Context(), c.Viewer)
	if err != nil {
		return err
	}
	d := notesData{Unread: len(unread) > 0}
	for _, n := range s.notes {
		nd := noteData{Release: n.Release, Fresh: slices.ContainsFunc(unread, func(u Note) bool { return u.Release == n.Release })}
		if nd.Date, err = time.Parse("2006-01-02", n.Date); err != nil {
			return fault.Wrap(err, "note", n.Release)
		}
		for _, ch := range n.For(c.Viewer.Roles) {
			nd.Changes = append(nd.Changes, changeData{ch.Title[c.Lang], ch.Text[c.Lang], ch.Do[c.Lang]})
		}
		if len(nd.Changes) > 0 {
			d.Notes = append(d.Notes, nd)
		}
	}
	return notesPage.Render(c, d)
}

func (s *Service) postNotes(c *web.Ctx) error {
	if err := s.MarkRead(c.Context(), c.Viewer); err != nil {
		return err
	}
	return c.Redirect("/today")
}

// announce is the line above Today: what is new since an upgrade, or for an
// administrator that the first hour is not over.
func (s *Service) announce(c *web.Ctx) *web.Announcement {
	if c.R.URL.Path != c.Path("/today") {
		return nil
	}
	if unread, err := s.Unread(c.Context(), c.Viewer); err == nil && len(unread) > 0 {
		return &web.Announcement{Text: c.T("house.announce.notes"), Path: "/admin/notes", Action: c.T("house.announce.notes-read")}
	}
	if !c.Viewer.Is("administrator") {
		return nil
	}
	answers, err := s.Answers(c.Context(), c.Viewer)
	if err != nil {
		return nil
	}
	n := 0
	for _, q := range Questions {
		if answers[q].State == Open {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	return &web.Announcement{Text: c.T("house.announce.setup", "n", n), Path: "/admin/installation", Action: c.T("house.announce.setup-go")}
}
