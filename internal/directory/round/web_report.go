package round

import (
	"context"
	"unicode"
	"unicode/utf8"

	"amelie/internal/db"
	"amelie/internal/directory"
	"amelie/internal/fault"
	"amelie/internal/web"
)

// mayVerify asks the policy before a page that only reads is shown.
func (s *Service) mayVerify(c *web.Ctx) error {
	return s.cfg.DB.Read(c.Context(), func(tx *db.Tx) error { return s.require(tx, c.Viewer, "directory.verify") })
}

// slow refuses an address that asks too often.
func (s *Service) slow(c *web.Ctx, l *directory.Limiter) error {
	from := c.R.RemoteAddr
	if s.cfg.Address != nil {
		from = s.cfg.Address(c.R)
	}
	if l.Allow(from) {
		return nil
	}
	return fault.New(fault.TooMany, "round.error.too-many")
}

type (
	wrongData struct {
		ID, Name, Back string
		Whats          []web.Choice
		Sent           bool
		Emergency      bool
	}
	reportsData struct {
		State   string
		Reports []reportView
		Tabs    []web.Choice
	}
	reportView struct {
		Report
		Name   string
		Others []web.Choice // reports of the same service that this one may repeat
		Edit   string

		Language string // of its words, when it is not the page's
	}
	trustData struct {
		Trust
		Name, By string
		Back     string
		Checks   []checkView
		Parts    []web.Choice
		Hows     []web.Choice
		Edit     string
		Again    string // a round for this body alone
	}
	checkView struct{ Part, Text string }
)

func (s *Service) getWrong(c *web.Ctx) error { return s.renderWrong(c, false) }

func (s *Service) renderWrong(c *web.Ctx, sent bool) error {
	name, err := s.publicName(c.Context(), c.Param("id"), c.Lang)
	if err != nil {
		return err
	}
	data := wrongData{ID: c.Param("id"), Name: name, Back: c.Path("/entry/" + c.Param("id")), Sent: sent}
	for _, w := range Whats {
		data.Whats = append(data.Whats, web.Choice{Value: string(w), Label: c.T("round.what." + string(w))})
	}
	return wrongPage.Render(c, data)
}

func (s *Service) publicName(ctx context.Context, id, lang string) (string, error) {
	return s.cfg.Directory.PublicName(ctx, s.cfg.Texts, id, lang)
}

func (s *Service) postWrong(c *web.Ctx) error {
	if err := s.slow(c, s.reports); err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	if f.Value("homepage") != "" {
		return s.renderWrong(c, true) // a program filled in the field that people do not see
	}
	if _, err := s.publicName(c.Context(), c.Param("id"), c.Lang); err != nil {
		return err
	}
	err = s.Tell(c.Context(), Told{Service: c.Param("id"), What: What(f.Value("what")), Words: f.Value("words"), Contact: f.Value("contact"), Lang: c.Lang, Once: f.Once()})
	if f.Add(err) {
		return s.renderWrong(c, false)
	}
	if err != nil {
		return err
	}
	return s.renderWrong(c, true)
}

var reportTabs = []ReportState{ReportOpen, ReportTaken, ReportDone, ReportDismissed}

func (s *Service) getReports(c *web.Ctx) error {
	state := ReportOpen
	for _, t := range reportTabs {
		if string(t) == c.Query("state") {
			state = t
		}
	}
	list, err := s.Reports(c.Context(), c.Viewer, state)
	if err != nil {
		return err
	}
	data := reportsData{State: string(state)}
	for _, t := range reportTabs {
		data.Tabs = append(data.Tabs, web.Choice{Value: string(t), Label: c.T("round.report." + string(t)), URL: c.Path("/reports?state=" + string(t)), Selected: t == state})
	}
	for i, r := range list {
		name, err := s.publicName(c.Context(), r.Service, c.Lang)
		if err != nil {
			name = r.Service // the service was taken out meanwhile
		}
		view := reportView{Report: r, Name: name, Edit: s.edit(c, r.Organization)}
		if r.Words != "" && r.Lang != c.Lang {
			view.Language = directory.Capital(directory.LanguageName(c.Lang, r.Lang))
		}
		for j, other := range list {
			if i != j && other.Service == r.Service {
				label := c.T("round.what."+string(other.What)) + ", " + c.DateTime(other.At)
				view.Others = append(view.Others, web.Choice{Value: other.ID, Label: label})
			}
		}
		data.Reports = append(data.Reports, view)
	}
	return reportsPage.Render(c, data)
}

func (s *Service) edit(c *web.Ctx, organization string) string {
	if s.cfg.Edit == nil {
		return ""
	}
	return s.cfg.Edit(c, organization)
}

func (s *Service) postReport(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	to := ReportState(f.Value("to"))
	if err := s.Moderate(c.Context(), c.Viewer, f.Value("report"), to, f.Value("into")); err != nil {
		return err
	}
	c.Flash("round.done.report." + string(to))
	return c.Redirect("/reports")
}

func (s *Service) getTrust(c *web.Ctx) error {
	t, err := s.Trust(c.Context(), c.Viewer, c.Param("id"))
	if err != nil {
		return err
	}
	data := trustData{Trust: t, Name: t.Service.Name(), By: t.Organization.Name, Back: c.Path("/entry/" + t.Service.ID)}
	for _, p := range partsOf(t.Service) {
		text := c.T("round.trust.since", "date", t.Organization.Source.Date)
		for _, v := range t.Checks {
			if v.Part == p {
				who := v.By.Name
				if who == "" {
					who = t.Organization.Name
				}
				text = c.T("round.trust.by."+string(v.How), "date", c.Date(v.At), "name", who)
			}
		}
		data.Checks = append(data.Checks, checkView{c.T("round.part." + string(p)), sentence(text)})
		data.Parts = append(data.Parts, web.Choice{Value: string(p), Label: c.T("round.part." + string(p))})
	}
	for _, how := range directory.Hows {
		data.Hows = append(data.Hows, web.Choice{Value: string(how), Label: c.T("round.how." + string(how))})
	}
	if data.Keeper {
		data.Edit = s.edit(c, t.Organization.ID)
		data.Again = c.Path("/rounds/new?months=0&only=" + t.Organization.ID)
	}
	return trustPage.Render(c, data)
}

func (s *Service) postTrust(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	if f.Value("works") == "1" {
		err = s.Works(c.Context(), c.Viewer, c.Param("id"))
	} else {
		var parts []directory.Part
		for _, p := range f.Values("parts") {
			parts = append(parts, directory.Part(p))
		}
		err = s.Verify(c.Context(), c.Viewer, c.Param("id"), directory.How(f.Value("how")), parts)
	}
	if f.Add(err) {
		return s.getTrust(c)
	}
	if err != nil {
		return err
	}
	c.Flash("round.done.verified")
	return c.Redirect("/trust/" + c.Param("id"))
}

// sentence begins with a capital letter.
func sentence(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[size:]
}
