package referral

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/i18n"
	"amelie/internal/web"
)

var (
	consentPage = web.NewPage[consentData](pageFiles, "page/consent.html")
	groundPage  = web.NewPage[groundData](pageFiles, "page/ground.html")
)

type consentData struct {
	ID, Target  string
	Rev         int64
	First       PersonLanguage // the person's language
	Languages   []langLink
	Own         map[string]string // the sheet's texts in the person's language
	Other       map[string]string // the same in the professional's
	Rows        []map[string]any
	Ways        []web.Choice
	Days        []web.Choice
	Interpreter []web.Choice
	Guardian    []web.Choice // for a child only
	Child       bool
	Grounds     bool
	Preview     []map[string]any
	Previewed   bool
	Changed     bool // the draft changed while the sheet was open
	Closed      string
	AllPath     string
}

type langLink struct {
	Code, Name, URL string
	On, RTL         bool
}

// sheetKeys are the sentences of the consent sheet.
var sheetKeys = []string{"title", "intro", "asked_by", "parts", "always", "purpose", "until", "withdraw", "withdraw_limits", "who", "nobody_else",
	"exceptions", "say_no", "some", "interpreter", "child", "guardian", "shown"}

// sheetTexts is the sheet in one language.
func (p *Rooms) sheetTexts(lang string, args map[string]string) map[string]string {
	out := map[string]string{}
	for _, k := range sheetKeys {
		out[k] = p.Sheet.Text(lang, k, args)
	}
	return out
}

// sheetLanguage is the language in which the person sees the sheet: chosen on
// the page, else the answered one, else the page's.
func (p *Rooms) sheetLanguage(c *web.Ctx, wanted string, d *Drafted) PersonLanguage {
	all := p.Sheet.Languages()
	for _, code := range []string{wanted, d.Answers.Language(), c.Lang, "en"} {
		if i := slices.IndexFunc(all, func(l PersonLanguage) bool { return l.Code == code }); i >= 0 {
			return all[i]
		}
	}
	return PersonLanguage{Code: c.Lang, Name: web.LanguageName(c.Lang)}
}

func (p *Rooms) consent(c *web.Ctx) error {
	d, t, err := p.ready(c)
	if err != nil || t == nil {
		return err
	}
	return consentPage.Render(c, p.consentData(c, d, t, c.Query("lang"), p.orderOf(c, d, nil)))
}

// ready loads a draft that may go to a consent sheet; it has answered the
// reader itself, and gives nil, when not.
func (p *Rooms) ready(c *web.Ctx) (*Drafted, *Target, error) {
	d, err := p.Load(c.Context(), c.Viewer, c.Param("id"))
	if err != nil {
		return nil, nil, err
	}
	base := "/refer/" + d.ID + "/"
	switch next := NextStep(d.Kind, d.Answers, ""); {
	case d.Kind != Referral:
		return nil, nil, c.Redirect(base + "review")
	case next != "":
		return nil, nil, c.Redirect(base + next)
	case d.Service == "":
		return nil, nil, c.Redirect(base + "to")
	}
	if away, err := p.boundAway(c, d); away || err != nil {
		return nil, nil, err
	}
	t, err := p.TargetFor(c.Context(), c.Viewer, d, c.Lang)
	if err != nil {
		return nil, nil, err
	}
	if t.Closed != nil {
		return nil, nil, c.Redirect(base + "review")
	}
	return d, t, nil
}

// orderOf reads the decisions from the form, or takes the defaults.
func (p *Rooms) orderOf(c *web.Ctx, d *Drafted, f *web.Form) Order {
	o := Order{Rev: d.Rev, Days: DefaultPeriod, Interpreter: "none"}
	if d.Answers["setting"].One("setting") == AloneInterpreter {
		o.Interpreter = "independent"
	}
	if f == nil {
		if c.Query("all") != "" { // the person said yes to every part
			o.Parts = Available(d.Answers, len(d.Files))
		}
		return o
	}
	o.Rev, o.Days, o.How, o.Guardian = number(f.Value("rev")), int(number(f.Value("days"))), f.Value("how"), f.Value("guardian")
	if v := f.Value("interpreter"); slices.Contains(Interpreters, v) {
		o.Interpreter = v
	}
	for _, v := range f.Values("part") {
		o.Parts = append(o.Parts, Part(v))
	}
	o.Ground, o.Reason = f.Value("ground"), f.Value("reason")
	return o
}

func number(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func (p *Rooms) consentData(c *web.Ctx, d *Drafted, t *Target, lang string, o Order) consentData {
	first := p.sheetLanguage(c, lang, d)
	until := c.Now().AddDate(0, 0, period(o.Days))
	args := map[string]string{"agency": isolate(first, t.ToName), "sender": isolate(first, t.FromName), "date": dateIn(c, first.Code, until)}
	otherArgs := map[string]string{"agency": t.ToName, "sender": t.FromName, "date": c.Date(until)}
	data := consentData{ID: d.ID, Target: t.ToName, Rev: d.Rev, First: first, Own: p.sheetTexts(first.Code, args), Other: p.sheetTexts(c.Lang, otherArgs),
		Child: d.Answers.Child(), Grounds: len(p.Grounds(d, t.Country, c.Lang)) > 0, AllPath: c.Path("/refer/" + d.ID + "/consent?all=1&lang=" + first.Code)}
	if t.Way != ByAccount { // req: GUEST-7
		data.Own["by"], data.Other["by"] = p.Sheet.Text(first.Code, "by."+string(t.Way), args), p.Sheet.Text(c.Lang, "by."+string(t.Way), otherArgs)
	}
	for _, l := range p.Sheet.Languages() {
		data.Languages = append(data.Languages, langLink{l.Code, l.Name, c.Path("/refer/" + d.ID + "/consent?lang=" + l.Code), l.Code == first.Code, l.RTL})
	}
	for _, part := range Available(d.Answers, len(d.Files)) {
		data.Rows = append(data.Rows, map[string]any{"value": string(part), "own": p.Sheet.Text(first.Code, "part."+string(part), args), "ownDetail": p.ownDetail(first.Code, d, part, args),
			"other": p.Sheet.Text(c.Lang, "part."+string(part), otherArgs), "detail": partDetail(c, d, part), "checked": slices.Contains(o.Parts, part)})
	}
	for _, w := range Ways {
		data.Ways = append(data.Ways, web.Choice{Value: w, Label: c.T("referral.way."+w, "name", t.ToName), Hint: p.Sheet.Text(first.Code, "way."+w, args), Icon: map[string]string{"spoken": "speech", "signed": "pen", "marked": "hand"}[w]})
	}
	for _, n := range Periods {
		data.Days = append(data.Days, web.Choice{Value: strconv.Itoa(n), Label: c.T("referral.days", "n", n), Selected: n == period(o.Days)})
	}
	for _, v := range Interpreters {
		data.Interpreter = append(data.Interpreter, web.Choice{Value: v, Label: c.T("referral.interpreter." + v), Selected: v == o.Interpreter})
	}
	if data.Child {
		for _, v := range []string{"agrees", "decides-alone"} {
			data.Guardian = append(data.Guardian, web.Choice{Value: v, Label: c.T("referral.guardian." + v), Selected: v == o.Guardian})
		}
	}
	return data
}

// isolate keeps a name in another script from tearing a right-to-left
// sentence apart (Unicode FIRST STRONG ISOLATE).
func isolate(l PersonLanguage, name string) string {
	if !l.RTL {
		return name
	}
	return "\u2068" + name + "\u2069"
}

// dateIn is a date in the person's language: in words where the interface has
// them, else in figures, day before month.
func dateIn(c *web.Ctx, lang string, t time.Time) string {
	t = t.In(c.Config().Zone)
	switch {
	case slices.Contains(i18n.Languages, lang):
		return c.Config().Texts.Date(lang, t)
	case lang == "zh":
		return t.Format("2006年1月2日")
	case lang == "hu":
		return t.Format("2006. 01. 02.")
	}
	return t.Format("02.01.2006")
}

// period is a period that may be chosen, the default for any other.
func period(n int) int {
	if slices.Contains(Periods, n) {
		return n
	}
	return DefaultPeriod
}

// partLabel names a part for the professional.
func partLabel(c *web.Ctx, part Part) string {
	switch part {
	case PartFeedback:
		return c.T("referral.packet.feedback")
	case PartAttachments:
		return c.T("referral.step.attachments.short")
	}
	return c.T("referral.step." + partSteps[part][0] + ".short")
}

// ownDetail is what a part holds, in the person's language: chosen answers in
// their words, typed words as they were typed. Where an answer has no words in
// that language, the part is explained instead of half-told.
//
// req: CONSENT-9
func (p *Rooms) ownDetail(lang string, d *Drafted, part Part, args map[string]string) string {
	var out []string
	for _, i := range section(d.Answers, part).Items {
		for _, v := range i.Values {
			words := v
			switch {
			case i.Field == "language" && len(v) == 2:
				words = web.LanguageName(v)
			case i.Coded():
				words = p.Sheet.Answer(lang, i.Field, v)
			}
			if words == "" {
				return p.Sheet.Text(lang, "hint."+string(part), args)
			}
			out = append(out, words)
		}
	}
	if len(out) == 0 {
		return p.Sheet.Text(lang, "hint."+string(part), args)
	}
	return strings.Join(out, " · ")
}

// partDetail is what a part holds, in the professional's language.
func partDetail(c *web.Ctx, d *Drafted, part Part) string {
	switch part {
	case PartFeedback:
		return c.T("referral.packet.feedback-yes")
	case PartAttachments:
		return c.T("referral.files", "n", len(d.Files))
	}
	text := ""
	for _, i := range section(d.Answers, part).Items {
		if text != "" {
			text += " · " // a semicolon asks a question in Greek
		}
		text += said(c, i)
	}
	return text
}

// consentPost shows the preview again, or sends.
//
// req: CONSENT-1
func (p *Rooms) consentPost(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	draftID := c.Param("id")
	if p.alreadySent(c.Context(), c.Viewer, draftID) { // pressed twice
		return c.Redirect("/referral/" + draftID)
	}
	d, t, err := p.ready(c)
	if err != nil || t == nil {
		return err
	}
	o := p.orderOf(c, d, f)
	first := p.sheetLanguage(c, f.Value("lang"), d)
	o.Language = first.Code
	if f.Value("do") == "preview" {
		return p.preview(c, d, t, first.Code, o)
	}
	sent, err := p.Send(c.Context(), c.Viewer, draftID, c.Lang, o)
	switch {
	case err == nil:
		c.Flash(sentKey(t.Way, "referral.sent-referral"))
		return c.Redirect("/referral/" + sent)
	case f.Add(err):
		return consentPage.Render(c, p.consentData(c, d, t, first.Code, o))
	case fault.KindOf(err) == fault.Stale:
		data := p.consentData(c, d, t, first.Code, o)
		data.Changed = true
		return consentPage.RenderStatus(c, 409, data)
	}
	return err
}

// preview renders the bytes that would leave.
func (p *Rooms) preview(c *web.Ctx, d *Drafted, t *Target, lang string, o Order) error {
	packet, _, err := p.Preview(c.Context(), c.Viewer, d, t, o)
	if err != nil {
		return err
	}
	data := p.consentData(c, d, t, lang, o)
	data.Preview, data.Previewed = packetRows(c, &packet, "", Sender), true
	return consentPage.Render(c, data)
}

type groundData struct {
	ID, Target string
	Rev        int64
	Grounds    []groundView
	Parts      []web.Choice
	Days       []web.Choice
	Child      bool
	Reason     string
	Person     string // what to say to the person, in their language
	PersonLang string
	Number     string
	Preview    []map[string]any
	Previewed  bool
}

type groundView struct {
	web.Choice
	Source             string
	Personal, Verified bool
}

func (p *Rooms) ground(c *web.Ctx) error {
	d, t, err := p.ready(c)
	if err != nil || t == nil {
		return err
	}
	o := p.orderOf(c, d, nil)
	o.Parts = Available(d.Answers, len(d.Files))
	return p.groundRender(c, d, t, o, 200)
}

func (p *Rooms) groundRender(c *web.Ctx, d *Drafted, t *Target, o Order, status int) error {
	grounds := p.Grounds(d, t.Country, c.Lang)
	if len(grounds) == 0 {
		return c.Redirect("/refer/" + d.ID + "/consent")
	}
	lang := p.sheetLanguage(c, "", d)
	data := groundData{ID: d.ID, Target: t.ToName, Rev: d.Rev, Child: d.Answers.Child(), Number: p.Country.Emergency(t.Country),
		Person: p.Sheet.Text(lang.Code, "danger", map[string]string{"agency": t.ToName, "sender": t.FromName}), PersonLang: lang.Code}
	for _, g := range grounds {
		data.Grounds = append(data.Grounds, groundView{web.Choice{Value: g.ID, Label: g.Name, Selected: g.ID == o.Ground || len(grounds) == 1}, g.Source, g.PersonalDuty, g.Verified})
	}
	for _, part := range Available(d.Answers, len(d.Files)) {
		data.Parts = append(data.Parts, web.Choice{Value: string(part), Label: partLabel(c, part), Hint: partDetail(c, d, part), Selected: slices.Contains(o.Parts, part) && part != PartFeedback})
	}
	for _, n := range Periods {
		data.Days = append(data.Days, web.Choice{Value: strconv.Itoa(n), Label: c.T("referral.days", "n", n), Selected: n == period(o.Days)})
	}
	return groundPage.RenderStatus(c, status, data)
}

// groundPost sends at once on a named legal ground; a second person reviews it.
//
// req: CONSENT-3
func (p *Rooms) groundPost(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	draftID := c.Param("id")
	if p.alreadySent(c.Context(), c.Viewer, draftID) {
		return c.Redirect("/referral/" + draftID)
	}
	d, t, err := p.ready(c)
	if err != nil || t == nil {
		return err
	}
	o := p.orderOf(c, d, f)
	if o.Ground == "" {
		f.Error("ground", "referral.error.ground")
		return p.groundRender(c, d, t, o, 422)
	}
	sent, err := p.Send(c.Context(), c.Viewer, draftID, c.Lang, o)
	switch {
	case err == nil:
		c.Flash(sentKey(t.Way, "referral.sent-ground"))
		return c.Redirect("/referral/" + sent)
	case f.Add(err):
		return p.groundRender(c, d, t, o, 422)
	case fault.KindOf(err) == fault.Stale:
		c.FlashKind("soon", "referral.error.draft-changed")
		return c.Redirect("/refer/" + draftID + "/ground")
	}
	return err
}

// nameOf is an agency's name.
func (s *Service) nameOf(ctx context.Context, agency string) (name string) {
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		name, err = s.Agencies.Name(tx, agency)
		return err
	})
	if err != nil {
		return ""
	}
	return name
}
