package share

import (
	"cmp"
	"embed"
	"slices"
	"strconv"
	"strings"

	"amelie/internal/ask"
	"amelie/internal/casework"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/fold"
	"amelie/internal/web"
)

//go:embed page/*.html
var pages embed.FS

var (
	ledgerPage = web.NewPage[ledgerData](pages, "page/share.html")
	formPage   = web.NewPage[formData](pages, "page/form.html")
	sheetPage  = web.NewPage[ledgerData](pages, "page/sheet.html")
	deskPage   = web.NewPage[deskData](pages, "page/desk.html")
)

// Mount registers the pages.
func (s *Service) Mount(sh *web.Shell) {
	sh.Professional("GET /cases/{id}/share", s.getLedger)
	sh.Professional("GET /cases/{id}/share/{what}", func(c *web.Ctx) error { return s.showForm(c, nil) })
	sh.Professional("POST /cases/{id}/share/{what}", s.postForm)
	sh.Professional("POST /cases/{id}/share-act", s.postAct)
	sh.Professional("GET /shared", s.getDesk)
}

// glance is the line on the room's door.
func (s *Service) glance(c *web.Ctx, o *casework.Opened) (g casework.Glance, err error) {
	lines, err := s.ledger(c.Context(), c.Viewer, o.ID)
	if err != nil {
		return g, err
	}
	to, now := map[string]bool{}, c.Now()
	for _, l := range lines {
		if l.To != "" && l.Stands(now) {
			to[l.To] = true
		}
		g.Alert = g.Alert || l.StateAt(now) == Waiting || o.Own && l.Stands(now) && doubted(o, l.Entry)
	}
	g.Alert = g.Alert || len(unanswered(lines)) > 0
	g.Text = c.T("share.door.none")
	if n := len(to); n > 0 {
		g.Text = c.T("share.door.some", "n", n)
	}
	if g.Alert {
		g.Text = c.T("share.door.alert")
	}
	return g, nil
}

// doubted says whether who said yes for the person may not do so any more.
//
// req: SHARE-3
func doubted(o *casework.Opened, e Entry) bool {
	return e.DeciderID != "" && !slices.ContainsFunc(Involved(o, Consents), func(a Around) bool { return a.Entry == e.DeciderID })
}

type ledgerData struct {
	Back, Here, Act string
	Own, Named      bool
	May             bool       // the viewer may give parts away, and take down answers
	Doubted         []string   // what ended because of whom the yes was from
	Lines           []lineView // what others may know now
	Apart           []lineView // of which the person was not told: never in sight of who reads along
	Topics          []lineView
	Deciding        []web.M
	Around          []web.M
	Add             []web.M
	Refused         []web.M
	History         []web.M
	Languages       []web.M // of the sheet
	Told            *toldData
}

// toldData is the sheet in a language that the pages do not speak, in the sentences
// that the person's own pages have.
type toldData struct {
	Lang, Title, Nobody, Yes, Rights, Checked string
	Lines                                     []web.M
	Topics                                    []string
}

// lineView is a line as the page shows it.
type lineView struct {
	ID, Title, Until, Alert, Keeps string
	To                             string // name of the agency that has it
	Rows                           []web.M
	Ask                            string // address of the form of a topic
	State                          State
	Review, Told                   bool // the viewer can look at it; the person was not told yet
	Ground, Gone                   bool // on a provision of law; it has ended
}

func (s *Service) getLedger(c *web.Ctx) error {
	o, err := s.Cases.Look(c.Context(), c.Viewer, c.Param("id"))
	if err != nil {
		return err
	}
	lines, err := s.ledger(c.Context(), c.Viewer, o.ID)
	if err != nil {
		return err
	}
	here := "/cases/" + o.ID + "/share"
	data := ledgerData{Back: c.Path("/cases/" + o.ID), Here: c.Path(here), Act: c.Path(here + "-act"), Own: o.Own, Named: c.Query("names") != ""}
	if data.May, err = s.mayGive(c, o); err != nil {
		return err
	}
	if err := s.fill(c, o, lines, &data); err != nil {
		return err
	}
	if !o.Own || c.Query("sheet") == "" {
		return ledgerPage.Render(c, data)
	}
	in, offered := c.Query("in"), c.Config().Languages
	for _, l := range s.Languages() {
		if l.Code == in && !slices.Contains(offered, in) {
			data.Told, err = s.told(c, in, lines, data.Named)
		}
	}
	if err != nil {
		return err
	}
	for _, lang := range offered {
		data.Languages = append(data.Languages, web.M{"label": web.LanguageName(lang), "href": "/" + lang + here + "?sheet=1", "on": lang == c.Lang && data.Told == nil})
	}
	for _, l := range s.Languages() {
		if !slices.Contains(offered, l.Code) {
			data.Languages = append(data.Languages, web.M{"label": l.Name, "href": c.Path(here + "?sheet=1&in=" + l.Code), "on": l.Code == in})
		}
	}
	return sheetPage.Render(c, data)
}

// told is the sheet in another language. Like every sheet it leaves out what the
// person was not told.
//
// req: SHARE-6
func (s *Service) told(c *web.Ctx, lang string, lines []Line, named bool) (*toldData, error) {
	names, _, _, err := s.around(c, lines)
	say := func(key string, pairs ...string) string {
		args := map[string]string{}
		for i := 0; i+1 < len(pairs); i += 2 {
			args[pairs[i]] = pairs[i+1]
		}
		return s.Say(lang, key, args)
	}
	d := &toldData{Lang: lang, Title: say("who"), Nobody: say("nobody"), Yes: say("yes"), Rights: s.Text(lang, "withdraw") + " " + s.Text(lang, "withdraw_limits"), Checked: s.Checked(lang)}
	for _, l := range lines {
		if !l.Stands(c.Now()) || l.secret() {
			continue
		}
		if slices.Contains(Topics, l.Kind) {
			d.Topics = append(d.Topics, say("topic."+string(l.Kind)))
			continue
		}
		row := web.M{"title": say("someone"), "until": say("until", "date", l.Until.In(c.Config().Zone).Format("\u206602.01.2006\u2069"))}
		switch {
		case named:
			row["title"] = names[l.To]
		case l.Purpose != "" && l.Purpose != "other":
			row["title"] = say("someone") + ": " + say("purpose."+l.Purpose)
		}
		var parts []string
		for _, p := range l.Parts {
			parts = append(parts, say("part."+string(p)))
		}
		if row["parts"] = strings.Join(parts, " · "); l.Kind == Ground {
			row["law"] = say("law")
		}
		d.Lines = append(d.Lines, row)
	}
	return d, err
}

// mayGive says whether the viewer may give parts away.
func (s *Service) mayGive(c *web.Ctx, o *casework.Opened) (bool, error) {
	if !o.Own {
		return false, nil
	}
	err := s.DB.Read(c.Context(), func(tx *db.Tx) error {
		_, err := s.Cases.Require(tx, c.Viewer, o.ID, "case.grant")
		return err
	})
	if k := fault.KindOf(err); err != nil && (k == fault.Denied || k == fault.NotFound) {
		return false, nil
	}
	return err == nil, err
}

// fill sorts the lines into what is, what was refused and what has been.
func (s *Service) fill(c *web.Ctx, o *casework.Opened, lines []Line, d *ledgerData) error {
	names, keeps, review, err := s.around(c, lines)
	if err != nil {
		return err
	}
	said := map[Kind]Line{}
	for _, l := range slices.Backward(lines) {
		if _, there := said[l.Kind]; !there {
			said[l.Kind] = l
		}
		switch now := c.Now(); {
		case slices.Contains(Topics, l.Kind):
		case l.Stands(now):
			v := s.view(c, l, names[l.To])
			if v.To = names[l.To]; !o.Own {
				v.Title = c.T("casework.from", "name", o.Agency)
			}
			v.Keeps, v.Review = keeps[l.To], review[l.ID]
			if o.Own && doubted(o, l.Entry) {
				v.Alert = c.T("share.doubted", "name", l.Name)
			}
			if v.Told {
				d.Apart = append(d.Apart, v)
				continue
			}
			d.Lines = append(d.Lines, v)
		case l.State == Refused:
			d.Refused = append(d.Refused, web.M{"label": names[l.To], "text": c.T("share.refused", "date", c.Date(l.At), "name", l.UserName)})
		default:
			d.History = append(d.History, s.past(c, l, names[l.To], keeps[l.To]))
			if o.Own && l.secret() { // the person is to be told all the same
				v := s.view(c, l, names[l.To])
				v.Gone, v.Until = true, c.T("share.state."+string(v.State))
				d.Apart = append(d.Apart, v)
			}
		}
	}
	if !o.Own {
		return nil
	}
	for _, l := range unanswered(lines) {
		d.Doubted = append(d.Doubted, c.T("share.doubted-over", "name", cmp.Or(names[l.To], c.T("share.topic."+string(l.Kind))), "date", c.Date(l.StateSince)))
	}
	for _, t := range Topics {
		l, there := said[t]
		v := lineView{ID: l.ID, Title: c.T("share.topic." + string(t)), State: l.StateAt(c.Now()), Ask: d.Here + "/" + string(t), Until: c.T("share.said.none")}
		if there {
			v.Until = c.T("share.said."+string(v.State), "date", c.Date(l.StateSince))
			v.Rows = s.saidRows(c, l)
		}
		d.Topics = append(d.Topics, v)
	}
	s.people(c, o, d)
	return nil
}

// around reads the names of agencies, what their law lets them keep, and which
// lines the viewer can review.
func (s *Service) around(c *web.Ctx, lines []Line) (names, keeps map[string]string, review map[string]bool, err error) {
	err = s.DB.Read(c.Context(), func(tx *db.Tx) error {
		names, keeps, review = map[string]string{}, map[string]string{}, map[string]bool{}
		for _, l := range lines {
			if l.State == Waiting {
				review[l.ID] = s.mayReview(tx, c.Viewer, l.Entry) == nil
			}
			if l.To == "" || names[l.To] != "" {
				continue
			}
			var err error
			if names[l.To], err = s.Name(tx, l.To); err != nil {
				return err
			}
			if keeps[l.To], err = s.keeps(c, tx, l.To, names[l.To]); err != nil {
				return err
			}
		}
		return nil
	})
	return names, keeps, review, err
}

// keeps says what an agency may keep of what is taken back, and what of that was
// found in a law of its country. No law is invented.
func (s *Service) keeps(c *web.Ctx, tx *db.Tx, agencyID, name string) (string, error) {
	text := c.T("share.keeps", "name", name)
	if s.Keeps == nil {
		return text, nil
	}
	law, err := s.Keeps(tx, agencyID, c.Lang)
	return strings.TrimSpace(text + " " + law), err
}

// view is a line that stands.
func (s *Service) view(c *web.Ctx, l Line, name string) lineView {
	v := lineView{ID: l.ID, Title: name, State: l.StateAt(c.Now()), Ground: l.Kind == Ground, Told: l.Kind == Ground && l.ToldAt.IsZero(), Until: c.T("casework.until", "date", c.Date(l.Until))}
	since := "share.since.now"
	if l.Past {
		since = "share.since.all"
	}
	v.Rows = []web.M{{"label": c.T("share.what"), "text": casework.PartNames(c, l.Parts), "note": c.T(since)}}
	if l.Kind == Ground {
		if v.State == Waiting {
			v.Until = c.T("share.ground.waits", "time", c.DateTime(l.ReviewBy))
		}
		v.Rows = append(v.Rows, web.M{"label": c.T("share.ground.on"), "text": s.groundName(c, l)})
		v.Rows = appendWords(v.Rows, c.T("share.ground.reason"), l.Reason)
		v.Rows = appendWords(v.Rows, c.T("share.ground.not-told"), l.NotTold)
		if !l.ToldAt.IsZero() {
			v.Rows = append(v.Rows, web.M{"label": c.T("share.ground.told"), "text": c.Date(l.ToldAt)})
		}
		v.Rows = append(v.Rows, web.M{"label": c.T("share.by"), "text": c.T("casework.by", "name", l.UserName, "when", c.DateTime(l.At))})
		if l.State == Confirmed {
			v.Rows = append(v.Rows, web.M{"label": c.T("share.ground.confirmed"), "text": c.T("casework.by", "name", l.StateBy, "when", c.DateTime(l.StateSince))})
		}
		return v
	}
	v.Rows = append(v.Rows, web.M{"label": c.T("share.purpose"), "text": cmp.Or(l.Other, c.T("share.purposes."+l.Purpose))})
	v.Rows = append(v.Rows, s.saidRows(c, l)...)
	return v
}

func appendWords(rows []web.M, label, words string) []web.M {
	if words == "" {
		return rows
	}
	return append(rows, web.M{"label": label, "text": words})
}

// saidRows are how a yes or no was asked for and given.
func (s *Service) saidRows(c *web.Ctx, l Line) (rows []web.M) {
	who := c.T("share.self")
	if l.Decider != string(Self) {
		who = c.T("share.option.relation." + l.Decider)
		if l.Name != "" {
			who = l.Name + ", " + who
		}
	}
	row := web.M{"label": c.T("share.said-by"), "text": who, "note": l.Paper}
	if l.How != "" {
		row["text"] = who + ", " + c.T("share.way."+l.How)
	}
	rows = append(rows, row)
	explained := c.T("share.explained", "language", web.LanguageName(l.Language), "interpreter", c.T("share.interpreters."+l.Interpret))
	rows = append(rows, web.M{"label": c.T("share.how"), "text": explained, "note": c.T("share.text", "version", l.Text)})
	if l.Spoken != "" {
		rows = append(rows, web.M{"label": c.T("share.ask.spoken"), "text": casework.LanguageName(c, l.Spoken)})
	}
	return append(rows, web.M{"label": c.T("share.by"), "text": c.T("casework.by", "name", l.UserName, "when", c.DateTime(l.At))})
}

func (s *Service) groundName(c *web.Ctx, l Line) string {
	if l.Ground == other {
		return cmp.Or(l.Provision, c.T("share.ground.other"))
	}
	known, err := s.Grounds(c.Context(), l.AgencyID, c.Lang)
	for _, p := range known {
		if err == nil && p.ID == l.Ground {
			return p.Name + " (" + p.Source + ")"
		}
	}
	return l.Ground
}

// past is a line that has ended, in the history.
func (s *Service) past(c *web.Ctx, l Line, name, keeps string) web.M {
	state, at := l.StateAt(c.Now()), l.StateSince
	if state == Over {
		at = l.Until
	}
	item := web.M{"title": name + ": " + c.T("share.state."+string(state)), "at": c.DateTime(at), "who": l.StateBy, "text": casework.PartNames(c, l.Parts)}
	if state != Replaced {
		item["text"] = casework.PartNames(c, l.Parts) + ". " + keeps
	}
	return item
}

// people are who decides, and who is around the person.
func (s *Service) people(c *web.Ctx, o *casework.Opened, d *ledgerData) {
	write := d.Back + "/write/"
	if e, there := o.Latest(kindDeciding); there {
		d.Deciding = casework.RowsOf(c, kinds[0], e.Fields)
	} else if who := decidingIn(o).Capacity; who != Self {
		d.Deciding = casework.RowsOf(c, kinds[0], ask.Answer{"capacity": {string(who)}})
		d.Deciding[0]["note"] = c.T("share.who-standing")
	}
	for _, a := range aroundIn(o) {
		row := web.M{"label": a.Name, "text": c.T("share.option.relation." + a.Relation), "href": write + kindAround + "?entry=" + a.Entry, "action": c.T("share.change")}
		if !a.May(Notified) {
			row["note"] = c.T("share.kept-out")
		}
		d.Around = append(d.Around, row)
	}
	if o.State == casework.Open {
		for _, k := range kinds {
			d.Add = append(d.Add, web.M{"href": write + k.ID, "label": c.T("share.kind." + k.ID), "kind": "quiet", "small": true, "icon": "edit"})
		}
	}
}

// Forms.

type formData struct {
	Back, Title, Lead string
	What              Kind
	Agencies          []web.Choice
	Fields            []web.Asked
	Say               []web.M // the text in the person's language, and in the reader's
	Closed            string  // what is to be written down first about who decides
	Asked             []web.M // that a no is there already
}

// sayKeys are the sentences that are read to the person.
var sayKeys = []string{"say_no", "withdraw", "withdraw_limits", "nobody_else", "time"}

func (s *Service) showForm(c *web.Ctx, f *web.Form) error {
	o, err := s.own(c.Context(), c.Viewer, c.Param("id"))
	if err != nil {
		return err
	}
	what := Kind(c.Param("what"))
	if what != Consent && what != Ground && !slices.Contains(Topics, what) {
		return errNotFound
	}
	if may, err := s.mayGive(c, o); err != nil || !may {
		return cmp.Or[error](err, errNotFound)
	}
	d := formData{Back: c.Path("/cases/" + o.ID + "/share"), What: what, Title: c.T("share.form." + string(what)), Lead: c.T("share.form." + string(what) + "-lead")}
	b := asker{c: c, f: f}
	if what == Consent || what == Ground {
		if d.Agencies, err = s.choices(c); err != nil {
			return err
		}
		offered, err := s.parts(c.Context(), c.Viewer, o.ID)
		if err != nil {
			return err
		}
		b.parts(offered)
	}
	if what == Ground {
		err = s.askGround(&b, c)
	} else {
		s.askSaid(&b, c, o, what, &d)
		if e := s.asked(c, o, what, &d); e != nil {
			return e
		}
	}
	if err != nil {
		return err
	}
	d.Fields = b.fields
	return formPage.Render(c, d)
}

// asked shows what was refused before, so that nobody asks again without a reason.
//
// req: SHARE-7
func (s *Service) asked(c *web.Ctx, o *casework.Opened, what Kind, d *formData) error {
	lines, err := s.ledger(c.Context(), c.Viewer, o.ID)
	if err != nil {
		return err
	}
	for _, l := range lines {
		if l.Kind != what || l.State != Refused {
			continue
		}
		name := d.Title
		for _, a := range d.Agencies {
			if a.Value == l.To {
				name = a.Label
			}
		}
		d.Asked = append(d.Asked, web.M{"label": name, "text": c.T("share.refused", "date", c.Date(l.At), "name", l.UserName)})
	}
	return nil
}

func (s *Service) choices(c *web.Ctx) (out []web.Choice, err error) {
	all, err := s.Agencies(c.Context(), c.Viewer)
	out = []web.Choice{{Label: c.T("share.choose")}}
	for _, a := range all {
		label := a.Name
		if a.Authority {
			label = c.T("share.authority", "name", a.Name)
		}
		out = append(out, web.Choice{Value: a.ID, Label: label})
	}
	return out, err
}

// asker gathers the controls of a form, with what was typed.
type asker struct {
	c      *web.Ctx
	f      *web.Form
	fields []web.Asked
}

func (b *asker) pick(name, first string, single bool, values []string, label func(string) string) {
	a := web.Asked{Name: name, Label: b.c.T("share.ask." + name), Single: single}
	for _, v := range values {
		on := v == first
		if b.f != nil {
			on = b.f.Has(name, v)
		}
		a.Choices = append(a.Choices, web.Choice{Value: v, Label: label(v), Selected: on})
	}
	b.fields = append(b.fields, a)
}

func (b *asker) codes(name, first string, values []string, under string) {
	b.pick(name, first, true, values, func(v string) string { return b.c.T("share." + under + "." + v) })
}

// spoken asks for the language of the talk: that of the text, those of the file, and
// in a fold all others, because a text is there in few.
func (b *asker) spoken(o *casework.Opened) {
	var hers []string
	if e, there := o.Latest("languages"); there {
		hers = e.Fields["language"]
	}
	b.pick("spoken", "", true, append([]string{""}, casework.Spoken...), func(v string) string {
		if v == "" {
			return b.c.T("share.spoken-text")
		}
		return casework.LanguageName(b.c, v)
	})
	a := &b.fields[len(b.fields)-1]
	a.Optional, a.More = true, b.c.T("casework.more-languages")
	for _, v := range a.Choices[1:] {
		if !v.Selected && !slices.Contains(hers, v.Value) {
			a.Folded = append(a.Folded, v)
		}
	}
	a.Choices = slices.DeleteFunc(a.Choices, func(v web.Choice) bool { return slices.Contains(a.Folded, v) })
	fold.Sort(a.Folded, func(v web.Choice) string { return v.Label })
}

func (b *asker) words(name string, long, must bool, most int) {
	b.fields = append(b.fields, web.Asked{Name: name, Label: b.c.T("share.ask." + name), Type: "text", Long: long, Max: most, Optional: !must})
}

func (b *asker) parts(offered []casework.Part) {
	var names []string
	for _, p := range offered {
		names = append(names, string(p))
	}
	b.pick("part", "", false, names, func(v string) string { return b.c.T("casework.part." + v) })
	b.codes("since", "all", []string{"all", "now"}, "since")
	b.days("days", "30", Periods)
}

func (b *asker) days(name, first string, offered []int) {
	var days []string
	for _, n := range offered {
		days = append(days, strconv.Itoa(n))
	}
	b.pick(name, first, true, days, func(v string) string {
		n, _ := strconv.Atoi(v)
		return b.c.T("share.days", "n", n)
	})
}

func (s *Service) askGround(b *asker, c *web.Ctx) error {
	known, err := s.Grounds(c.Context(), c.Viewer.AgencyID, c.Lang)
	if err != nil {
		return err
	}
	names, ids := map[string]string{other: c.T("share.ground.other")}, []string{}
	for _, p := range known {
		ids, names[p.ID] = append(ids, p.ID), p.Name+" ("+p.Source+")"
		if !p.Verified {
			names[p.ID] += ", " + c.T("consent.ground.unverified")
		}
	}
	b.pick("ground", "", true, append(ids, other), func(v string) string { return names[v] })
	b.words("provision", false, false, 200)
	b.words("reason", true, true, 1000)
	b.codes("told", "", []string{"yes", "no"}, "told")
	b.words("not-told", true, false, 1000)
	b.days("again", strconv.Itoa(Again), Agains)
	return nil
}

func (s *Service) askSaid(b *asker, c *web.Ctx, o *casework.Opened, what Kind, d *formData) {
	if what == Consent {
		b.codes("purpose", "", Purposes, "purposes")
		b.words("words", false, false, 200)
		b.codes("writes", "no", []string{"no", "yes"}, "writes")
	}
	s.askHow(b, c, o, d, sayKeys)
}

// How is what a form asks about how a yes or no was given, and what is read out.
type How struct {
	Fields []web.Asked
	Say    []web.M
	Closed string // what is to be written down first about who decides
}

// Ask is How for the form of a room that gives by Order.Also; the sentences of more
// are read out before those of the ledger.
func (s *Service) Ask(c *web.Ctx, f *web.Form, o *casework.Opened, more ...string) How {
	b, d := asker{c: c, f: f}, formData{}
	s.askHow(&b, c, o, &d, more, sayKeys)
	return How{b.fields, d.Say, d.Closed}
}

func (s *Service) askHow(b *asker, c *web.Ctx, o *casework.Opened, d *formData, say ...[]string) {
	if decidingIn(o).Capacity != Self {
		may := Involved(o, Consents)
		names, ids := map[string]string{}, []string{}
		for _, a := range may {
			ids, names[a.Entry] = append(ids, a.Entry), a.Name+", "+c.T("share.option.relation."+a.Relation)
		}
		b.pick("by", "", true, ids, func(v string) string { return names[v] })
		if len(may) == 0 {
			d.Closed = c.T("share.nobody")
		}
	} else if !grown(o) {
		d.Closed = c.T("share.age-unknown")
	}
	hers := c.Lang
	if e, there := o.Latest("languages"); there {
		hers = cmp.Or(e.Fields.One("language"), hers)
	}
	names, codes := map[string]string{}, []string{}
	for _, l := range s.Languages() {
		codes, names[l.Code] = append(codes, l.Code), l.Name
	}
	if names[hers] == "" {
		hers = c.Lang
	}
	for _, lang := range slices.Compact([]string{hers, c.Lang}) {
		for _, keys := range say {
			var text []string
			for _, k := range keys {
				text = append(text, s.Text(lang, k))
			}
			d.Say = append(d.Say, web.M{"lang": lang, "text": strings.Join(text, " ")})
		}
	}
	b.pick("language", hers, true, codes, func(v string) string { return names[v] })
	b.codes("interpreter", "none", Interpreters, "interpreters")
	b.spoken(o)
	b.codes("how", "", Ways, "way")
}

func (s *Service) postForm(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	caseID, what := c.Param("id"), Kind(c.Param("what"))
	said := Said{By: f.Value("by"), How: f.Value("how"), Language: f.Value("language"), Spoken: f.Value("spoken"), Interpreter: f.Value("interpreter")}
	days, _ := strconv.Atoi(f.Value("days"))
	again, _ := strconv.Atoi(f.Value("again"))
	var parts []casework.Part
	for _, p := range f.Values("part") {
		parts = append(parts, casework.Part(p))
	}
	order := Order{Once: f.Once(), To: f.Value("to"), Parts: parts, Past: f.Value("since") != "now", Writes: f.Value("writes") == "yes", Purpose: f.Value("purpose"), Words: f.Value("words"), Days: days, Said: said}
	flash, yes := "share.done.given", f.Value("do") == "yes"
	switch {
	case what == Ground:
		flash = "share.done.ground"
		_, err = s.Invoke(c.Context(), c.Viewer, caseID, Exception{Once: f.Once(), To: order.To, Parts: parts, Past: order.Past, Days: days, Ground: f.Value("ground"), Provision: f.Value("provision"),
			Reason: f.Value("reason"), Told: f.Value("told") == "yes", NotTold: f.Value("not-told"), Again: again})
	case what == Consent && yes:
		_, err = s.Give(c.Context(), c.Viewer, caseID, order)
	case what == Consent:
		flash = "share.done.refused"
		_, err = s.Refuse(c.Context(), c.Viewer, caseID, order)
	default:
		flash = "share.done.noted"
		_, err = s.Answer(c.Context(), c.Viewer, caseID, what, yes, f.Once(), said)
	}
	if e := fault.Find(err); err != nil && fault.KindOf(err) == fault.Conflict && e != nil && e.Key != "" { // what was typed stays, and can be sent as something new
		f.Error("", e.Key)
		c.NewOnce()
		return s.showForm(c, f)
	}
	if f.Add(err) {
		return s.showForm(c, f)
	}
	if err != nil {
		return err
	}
	c.Flash(flash)
	return c.Redirect("/cases/" + caseID + "/share")
}

func (s *Service) postAct(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	caseID, entry := c.Param("id"), f.Value("entry")
	do := f.Value("do")
	switch do {
	case "withdraw":
		err = s.Withdraw(c.Context(), c.Viewer, caseID, entry)
	case "confirm", "reject":
		err = s.Review(c.Context(), c.Viewer, caseID, entry, do == "confirm")
	case "told":
		err = s.Told(c.Context(), c.Viewer, caseID, entry)
	case "later":
		err = s.Later(c.Context(), c.Viewer, caseID, entry)
	default:
		return errNotFound
	}
	if err != nil && fault.KindOf(err) != fault.Conflict { // decided meanwhile: the page says by whom
		return err
	}
	c.Flash("share.done." + do)
	to := "/cases/" + caseID + "/share"
	if _, err := s.Cases.Look(c.Context(), c.Viewer, caseID); err != nil { // another agency gave it back
		to = "/shared"
	}
	return c.Redirect(to)
}

// The desk: what waits for a second person, and what the agency may open no more.

type deskData struct{ Offered, Waiting, Ended []web.M }

func (s *Service) getDesk(c *web.Ctx) error {
	desk, err := s.Desk(c.Context(), c.Viewer)
	if err != nil {
		return err
	}
	var d deskData
	err = s.DB.Read(c.Context(), func(tx *db.Tx) error {
		d = deskData{}
		for _, e := range desk.Waiting {
			d.Waiting = append(d.Waiting, web.M{"title": c.T("casework.code", "code", code(e)), "href": c.Path("/cases/" + e.CaseID + "/share"), "text": c.T("share.desk.by", "name", e.UserName),
				"deadline": web.M{"kind": "soon", "text": c.T("share.ground.waits", "time", c.DateTime(e.ReviewBy)), "datetime": c.Stamp(e.ReviewBy)}})
		}
		for _, e := range desk.Ended {
			name, err := s.Name(tx, e.AgencyID)
			if err != nil {
				return err
			}
			keeps, err := s.keeps(c, tx, e.To, c.Viewer.AgencyName)
			if err != nil {
				return err
			}
			d.Ended = append(d.Ended, web.M{"title": c.T("share.desk.ended", "name", name, "code", code(e)), "text": c.T("share.desk.ended-text") + " " + keeps})
		}
		return nil
	})
	if err == nil && s.Offered != nil {
		d.Offered, err = s.Offered(c)
	}
	if err != nil {
		return err
	}
	return deskPage.Render(c, d)
}

func code(e Entry) string { return casework.Row{ID: e.CaseID}.Code() }
