package round

import (
	"slices"
	"strconv"
	"strings"

	"amelie/internal/directory"
	"amelie/internal/web"
)

// The page behind a link, for somebody of the body: without an account, in a
// language of their choice, one form.

type (
	confirmData struct {
		Name, Action   string
		Ends, Answered string
		By             string // until when an editor has read a correction
		Word           Answer
		Waiting        int
		Rows           []rowForm
	}
	rowForm struct {
		ID, Rev, Title, Note string
		Place, Service       bool
		Parts                []partForm
		Summary              string
		SummaryName          string
	}
	partForm struct {
		Part, Label, Answer string   // Answer is the name of the field
		Lines               []string // as the directory has it
		Covered             bool     // shown in part only
		Fields              []fieldForm
		Speaks              []web.Choice
		Add                 []web.Choice
		Row                 string
		Always              bool
		Choices             []web.Choice
		Open                bool // something in it is to be looked at again
	}
	fieldForm struct {
		Name, Label, Value, Hint, Type string
		Area                           bool
	}
)

func (s *Service) getConfirm(c *web.Ctx) error {
	if err := s.slow(c, s.links); err != nil {
		return err
	}
	o, err := s.Open(c.Context(), c.Param("secret"))
	if err != nil {
		return err
	}
	return s.renderConfirm(c, o)
}

func (s *Service) renderConfirm(c *web.Ctx, o Opened) error {
	data := confirmData{Name: o.Name, Action: c.Path("/confirm/" + c.Param("secret")), Ends: c.Date(o.Ends), Waiting: o.Waiting, Word: o.Answer}
	if !o.Answered.IsZero() {
		data.Answered, data.By = c.Date(o.Answered), c.Date(o.Answered.Add(ReadWithin))
	}
	vocab, err := s.cfg.Directory.Vocabulary(c.Context())
	if err != nil {
		return err
	}
	former := &former{c: c, vocab: vocab, targets: map[string]string{}}
	for _, concept := range vocab.Concepts {
		if concept.Scheme == "target" {
			former.targets[concept.ID] = concept.Labels.In(c.Lang)
		}
	}
	for _, r := range o.Rows {
		row := former.row(r)
		for i := range row.Parts {
			row.Parts[i].Open = row.Parts[i].wrong(c)
		}
		data.Rows = append(data.Rows, row)
	}
	return confirmPage.Render(c, data)
}

// wrong tells whether the form that is shown again has a message beside one of
// the fields, which must not lie in a closed fold.
func (p partForm) wrong(c *web.Ctx) bool {
	return slices.ContainsFunc(p.Fields, func(f fieldForm) bool { return c.FieldError(f.Name) != "" })
}

func (s *Service) postConfirm(c *web.Ctx) error {
	if err := s.slow(c, s.links); err != nil {
		return err
	}
	o, err := s.Open(c.Context(), c.Param("secret"))
	if err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	answers, wrong := readAnswers(o, f, c.Lang)
	for _, w := range wrong {
		f.Error(w.Name, w.Key, w.Args...)
	}
	if !f.OK() {
		return s.renderConfirm(c, o)
	}
	err = s.Answer(c.Context(), c.Param("secret"), f.Once(), answers)
	if f.Add(err) {
		return s.renderConfirm(c, o)
	}
	if err != nil {
		return err
	}
	return c.Redirect("/confirm/" + c.Param("secret"))
}

// former makes the form of a row.
type former struct {
	c       *web.Ctx
	vocab   directory.Vocabulary
	targets map[string]string // who is taken, by concept
}

func (f *former) row(s Shown) rowForm {
	id := s.Stored.ID
	r := rowForm{ID: id, Rev: strconv.FormatInt(s.Stored.Revision, 10), Title: s.Stored.Name(), Note: "note." + id}
	switch {
	case s.Stored.Service != nil:
		r.Service = true
		v := s.Stored.Service
		if name := v.Names[f.c.Lang]; name != "" {
			r.Title = name
		}
		// req: ROUND-6
		seen := func(field string, part partForm) {
			if v.Hide[field] == directory.Public {
				r.Parts = append(r.Parts, part)
			}
		}
		if v.Hide["Summary"] == directory.Public {
			r.SummaryName, r.Summary = "summary."+id, s.Mine.Service.Summary.In(f.c.Lang)
		}
		r.Parts = append(r.Parts, f.phones(id, v.Phones, s.Mine.Service.Phones, covered(v.Hide, "Phones", false)),
			f.emails(id, v.Emails, s.Mine.Service.Emails, covered(v.Hide, "Emails", false)))
		seen("Hours", f.hours(id, v.Hours, s.Mine.Service.Hours))
		seen("Languages", f.languages(id, v, s.Mine.Service))
		r.Parts = append(r.Parts, f.takes(id, v))
		seen("MustInform", f.informs(id, v, s.Mine.Service))
	case s.Stored.Place != nil:
		r.Place = true
		p := s.Stored.Place
		hidden := p.Address != directory.Public
		r.Title = p.Town
		if !hidden && p.Name != "" && p.Hide["Name"] == directory.Public {
			r.Title = p.Name + ", " + p.Town
		}
		r.Parts = append(r.Parts, f.address(id, p, s.Mine.Place, hidden))
		if len(p.Phones) > 0 {
			r.Parts = append(r.Parts, f.phones(id, p.Phones, s.Mine.Place.Phones, covered(p.Hide, "Phones", hidden)))
		}
	}
	return r
}

func (f *former) part(p directory.Part, id string) partForm {
	return partForm{Part: string(p), Label: f.c.T("round.part." + string(p)), Answer: "answer." + string(p) + "." + id, Row: id,
		Choices: []web.Choice{{Value: "right", Label: f.c.T("round.confirm.right"), Icon: "check"}, {Value: "wrong", Label: f.c.T("round.confirm.wrong"), Icon: "pen"}}}
}

// unknown says that nothing is stored of a part.
func (f *former) unknown(p partForm) partForm {
	if len(p.Lines) == 0 {
		p.Lines = []string{f.c.T("round.confirm.nothing")}
		p.Choices = nil // there is nothing that could be right
	}
	return p
}

// ending covers all of a contact but its end: enough to know it by.
func ending(s string) string {
	r := []rune(s)
	return "… " + string(r[max(0, len(r)-2):])
}

func (f *former) phones(id string, have, mine []directory.Phone, hidden bool) partForm {
	p := f.part(directory.PartPhones, id)
	for _, n := range have {
		if masked(n.Visibility, hidden) {
			p.Lines, p.Covered = append(p.Lines, ending(n.Number+n.Short)), true
		} else {
			p.Lines = append(p.Lines, n.Shown())
		}
	}
	for i, n := range mine {
		one := fieldForm{Name: "phone." + id + "." + strconv.Itoa(i), Label: f.c.T("round.confirm.number", "n", i+1), Value: n.Shown(), Type: "tel"}
		if masked(n.Visibility, hidden) {
			one.Value, one.Hint = "", f.c.T("round.confirm.keep", "old", ending(n.Number+n.Short))
		}
		p.Fields = append(p.Fields, one)
	}
	p.Fields = append(p.Fields, fieldForm{Name: "phone." + id + ".new", Label: f.c.T("round.confirm.new-number"), Type: "tel"})
	return f.unknown(p)
}

func (f *former) emails(id string, have, mine []directory.Email, hidden bool) partForm {
	p := f.part(directory.PartEmails, id)
	cover := func(a string) string {
		_, domain, _ := strings.Cut(a, "@")
		return "…@" + domain[:min(1, len(domain))] + "…"
	}
	for _, e := range have {
		if masked(e.Visibility, hidden) {
			p.Lines, p.Covered = append(p.Lines, cover(e.Address)), true
		} else {
			p.Lines = append(p.Lines, e.Address)
		}
	}
	for i, e := range mine {
		one := fieldForm{Name: "email." + id + "." + strconv.Itoa(i), Label: f.c.T("round.confirm.mailbox", "n", i+1), Value: e.Address, Type: "email"}
		if masked(e.Visibility, hidden) {
			one.Value, one.Hint = "", f.c.T("round.confirm.keep", "old", cover(e.Address))
		}
		p.Fields = append(p.Fields, one)
	}
	p.Fields = append(p.Fields, fieldForm{Name: "email." + id + ".new", Label: f.c.T("round.confirm.new-mailbox"), Type: "email"})
	return f.unknown(p)
}

func (f *former) hours(id string, have, mine directory.Hours) partForm {
	p := f.part(directory.PartHours, id)
	day := func(i int) string { return f.c.Config().Texts.Weekday(f.c.Lang, week[i].day) }
	if have.Always {
		p.Lines = append(p.Lines, f.c.T("directory.open.always"))
	}
	for i, d := range week {
		if words := daySpans(have, d.day); words != "" && !have.Always {
			p.Lines = append(p.Lines, day(i)+": "+strings.ReplaceAll(words, "-", "–"))
		}
		p.Fields = append(p.Fields, fieldForm{Name: "day." + id + "." + d.name, Label: day(i), Value: daySpans(mine, d.day)})
	}
	p.Always = mine.Always
	return f.unknown(p)
}

func (f *former) languages(id string, have, mine *directory.Service) partForm {
	p := f.part(directory.PartLanguages, id)
	name := func(l directory.Language) string {
		words := directory.Capital(f.vocab.LanguageName(f.c.Lang, l.Code))
		if l.By == "interpreter" {
			return f.c.T("directory.language.by-interpreter", "languages", words)
		}
		return words
	}
	for _, l := range have.Languages {
		p.Lines = append(p.Lines, name(l))
	}
	if have.AnyLanguage {
		p.Lines = append(p.Lines, f.c.T("directory.language.any"))
	} else if have.Interpreted > 0 {
		p.Lines = append(p.Lines, f.c.T("directory.language.interpreted", "n", have.Interpreted))
	}
	for _, l := range mine.Languages {
		p.Speaks = append(p.Speaks, web.Choice{Value: l.Code, Label: name(l), Selected: true})
	}
	p.Add = []web.Choice{{Value: "", Label: f.c.T("round.confirm.no-language")}}
	for _, code := range directory.SpokenHere {
		if !slices.ContainsFunc(mine.Languages, func(l directory.Language) bool { return l.Code == code }) {
			p.Add = append(p.Add, web.Choice{Value: code, Label: directory.Capital(f.vocab.LanguageName(f.c.Lang, code))})
		}
	}
	return f.unknown(p)
}

func (f *former) takes(id string, v *directory.Service) partForm {
	p := f.part(directory.PartTakes, id)
	say := func(key string, a directory.Answer, field string) {
		if a != directory.Unknown && v.Hide[field] == directory.Public {
			p.Lines = append(p.Lines, f.c.T("round.takes."+key+"-"+string(a)))
		}
	}
	if v.Hide["For"] == directory.Public {
		p.Lines = append(p.Lines, f.who(v))
	}
	say("papers", v.Residence, "Residence")
	say("anonymous", v.Anonymous, "Anonymous")
	say("free", v.Free, "Free")
	say("direct", v.DirectReferral, "DirectReferral")
	p.Fields = []fieldForm{{Name: "note." + id, Label: f.c.T("round.confirm.takes"), Area: true}}
	return p
}

// who words whom a service takes.
func (f *former) who(v *directory.Service) string {
	if len(v.For) == 0 {
		return f.c.T("directory.entry.anyone")
	}
	var out []string
	for _, id := range v.For {
		label := f.targets[id]
		if label == "" {
			label = id
		}
		out = append(out, label)
	}
	return strings.Join(out, ", ")
}

func (f *former) informs(id string, have, mine *directory.Service) partForm {
	p := f.part(directory.PartInforms, id)
	if words := have.MustInform.In(f.c.Lang); words != "" {
		p.Lines = []string{words}
	}
	p.Fields = []fieldForm{{Name: "informs." + id, Label: f.c.T("round.confirm.informs"), Value: mine.MustInform.In(f.c.Lang), Area: true}}
	return f.unknown(p)
}

func (f *former) address(id string, have, mine *directory.Place, hidden bool) partForm {
	p := f.part(directory.PartAddress, id)
	if hidden {
		p.Covered = true
		if have.Street != "" {
			p.Lines = append(p.Lines, string([]rune(have.Street)[:1])+"…")
		}
		p.Lines = append(p.Lines, have.Town)
	} else {
		p.Lines = append(p.Lines, strings.Trim(have.Street+", "+strings.TrimSpace(have.PostalCode+" "+have.Town), ", "))
	}
	value := func(s string) string {
		if hidden {
			return ""
		}
		return s
	}
	p.Fields = []fieldForm{
		{Name: "street." + id, Label: f.c.T("round.confirm.street"), Value: value(mine.Street)},
		{Name: "postal." + id, Label: f.c.T("round.confirm.postal"), Value: value(mine.PostalCode)},
		{Name: "town." + id, Label: f.c.T("round.confirm.town"), Value: value(mine.Town)},
	}
	return p
}
