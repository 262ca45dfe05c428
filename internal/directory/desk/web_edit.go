package desk

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"amelie/internal/db"
	"amelie/internal/directory"
	"amelie/internal/fault"
	"amelie/internal/fold"
	"amelie/internal/geo"
	"amelie/internal/web"
)

var (
	editPage  = web.NewPage[editData](pageFiles, "page/edit.html")
	mergePage = web.NewPage[mergeData](pageFiles, "page/merge.html")
)

// editData is the form of one part.
type editData struct {
	Part, Kind, Name, Body string
	Action, Back           string
	Revision               int64
	Owner                  bool // changed contacts will wait
	ContactPart            bool
	Noted                  bool         // the form asks how one knows
	Sure                   []web.Choice // ways in which an editor can have made sure

	Phones            []phoneRow
	Mails             []mailRow
	Links             []linkRow
	PhoneRows         string
	MailRows          string
	LinkRows          string
	HasPhones         bool
	HasMails          bool
	HasLinks          bool
	Helpline          bool
	MayHelpline       bool
	PlaceHidden       bool
	Hours             string
	HoursNote, Except string
	Always            bool
	Understood        [][2]string
	Example           string

	Lists      []choiceList
	Any        bool
	Interp     string
	More       string // label of the field for what the list lacks
	Options    []string
	Words      wordsForm
	Place      *directory.Place
	Territory  []web.Choice
	Organized  *directory.Organization
	Hide       []hideRow
	Address    []web.Choice
	WasHidden  bool
	NoteNeeded bool
}

type phoneRow struct {
	I                        string
	Number, Note, Dials      string
	KindOf, Use, Free, Seen  []web.Choice
	NameKind, NameUse, NameN string
}

type mailRow struct {
	I, Address string
	Use, Seen  []web.Choice
}

type linkRow struct {
	I, URL, Title string
	Seen          []web.Choice
}

type choiceList struct {
	Name, Legend, Hint string
	Multi, Row         bool
	Choices            []web.Choice
	Value              string
}

type hideRow struct {
	Name, Label string
	Choices     []web.Choice
	Value       string
}

// edit shows the form of one part.
func (k *Desk) edit(c *web.Ctx) error { return k.showEdit(c, nil) }

// asked is what an edit is about: the row, its organisation, what the viewer
// may, and the version on which the form stands.
type asked struct {
	row    directory.Row // as it is now
	base   directory.Row // as the author saw it
	within directory.Organization
	may    rights
	part   part
}

func (k *Desk) ask(tx *db.Tx, c *web.Ctx, revision string) (a asked, err error) {
	if a.row, a.within, err = k.rowOf(tx, c); err != nil {
		return a, err
	}
	if a.may, err = k.may(tx, c.Viewer, a.within.ID); err != nil {
		return a, err
	}
	var ok bool
	if a.part, ok = partOf(a.row.Kind, c.Param("part")); !ok {
		return a, fault.New(fault.NotFound, "web.error.not-found")
	}
	if !a.may.Any() || a.part.ID == "about" && !a.may.Edit {
		return a, fault.New(fault.Denied, "")
	}
	a.base = a.row
	if seen := number(revision); revision != "" && seen != a.row.Revision {
		a.base, err = k.d.VersionOf(tx, a.row.Kind, a.row.ID, seen)
		if fault.KindOf(err) == fault.NotFound {
			err = fault.New(fault.Stale, "directory.error.stale", "name", a.row.Name())
		}
	}
	return a, err
}

func (k *Desk) showEdit(c *web.Ctx, f *web.Form) error {
	revision := ""
	if f != nil {
		revision = f.Value("revision")
	}
	var a asked
	err := k.within(c, func(tx *db.Tx) (err error) { a, err = k.ask(tx, c, revision); return err })
	if err != nil {
		return err
	}
	t, err := k.teller(c)
	if err != nil {
		return err
	}
	data, err := k.editData(c, t, a, f)
	if err != nil {
		return err
	}
	return editPage.Render(c, data)
}

func (k *Desk) editData(c *web.Ctx, t *teller, a asked, f *web.Form) (editData, error) {
	row, err := a.base.Copy()
	if err != nil {
		return editData{}, err
	}
	data := editData{Part: a.part.ID, Kind: string(row.Kind), Name: localName(row, c.Lang), Body: localName(directory.OfOrganization(a.within, 0), c.Lang), Revision: a.base.Revision,
		Action: c.Path(rowPath(row, "edit/"+a.part.ID)), Back: c.Path("/desk/" + a.within.ID + "#" + row.ID), Owner: !a.may.Edit, Noted: a.may.Edit}
	if a.may.Edit && len(sureOf(row.Kind, a.part.Fields, directory.ByTelephone).Parts) > 0 {
		data.Sure = []web.Choice{{Label: c.T("desk.sure.no")}}
		for _, how := range directory.Hows {
			data.Sure = append(data.Sure, web.Choice{Value: string(how), Label: c.T("round.how." + string(how))})
		}
	}
	switch a.part.ID {
	case "contact":
		data.ContactPart = true
		t.fillContact(&data, row, f)
	case "hours":
		t.fillHours(&data, row, f)
	case "words":
		err = k.fillWords(c, &data, row)
	case "about":
		data.Organized = row.Organization
		t.fillAbout(&data, row.Organization)
	case "offer":
		t.fillOffer(&data, row.Service, a.may)
	case "languages":
		t.fillLanguages(&data, row.Service)
	case "terms":
		t.fillTerms(&data, row.Service, a.within.Group)
	case "area":
		t.fillArea(&data, row.Service, a.within.Country)
	case "address":
		data.ContactPart = true
		data.Place = row.Place
		data.Territory = t.territories(a.within.Country, row.Place.Territory, false)
	case "seen":
		t.fillSeen(&data, row)
	}
	return data, err
}

func (t *teller) seenChoices(v directory.Visibility) []web.Choice {
	var out []web.Choice
	for _, one := range []directory.Visibility{directory.Public, directory.Professional, directory.Hidden} {
		out = append(out, web.Choice{Value: string(one), Label: t.seen(one), Selected: one == v})
	}
	return out
}

func (t *teller) few(prefix, value string, values ...string) []web.Choice {
	var out []web.Choice
	for _, v := range values {
		key := v
		if key == "" {
			key = "none"
		}
		out = append(out, web.Choice{Value: v, Label: t.c.T(prefix + "." + key), Selected: v == value})
	}
	return out
}

func (t *teller) fillContact(data *editData, row directory.Row, f *web.Form) {
	var phones []directory.Phone
	var mails []directory.Email
	var links []directory.Link
	switch {
	case row.Organization != nil:
		links, data.HasLinks = row.Organization.Website, true
	case row.Service != nil:
		s := row.Service
		phones, mails, links = s.Phones, s.Emails, s.Website
		data.HasPhones, data.HasMails, data.HasLinks = true, true, true
		data.Helpline, data.MayHelpline = s.Helpline, true
	case row.Place != nil:
		phones, mails = row.Place.Phones, row.Place.Emails
		data.HasPhones, data.HasMails = true, true
		data.PlaceHidden = row.Place.Address == directory.Hidden
	}
	numbers := rowNumbers(f, "phones", len(phones))
	data.PhoneRows = numbersText(numbers)
	for _, i := range numbers {
		p := directory.Phone{}
		if i < len(phones) {
			p = phones[i]
		}
		row := phoneRow{I: numberText(i), Number: shownPhone(p), Note: p.Note[t.c.Lang], KindOf: t.few("desk.phone", p.Kind, "", "mobile", "fax"),
			Use: t.few("desk.use", p.Use, "", "abroad", "professionals"), Free: t.few("desk.free", string(p.Free), "", "yes", "no"), Seen: t.seenChoices(p.Visibility)}
		if p.Number+p.Short != "" {
			row.Dials = p.Dialled()
		}
		if f != nil { // show what a typed number will dial
			if number, short, ok := dialledAs(f.Value(field("phones", i, "number")), countryOf(data)); ok {
				row.Dials = number + short
			}
		}
		data.Phones = append(data.Phones, row)
	}
	numbers = rowNumbers(f, "emails", len(mails))
	data.MailRows = numbersText(numbers)
	for _, i := range numbers {
		m := directory.Email{}
		if i < len(mails) {
			m = mails[i]
		}
		data.Mails = append(data.Mails, mailRow{numberText(i), m.Address, t.few("desk.use", m.Use, "", "helpdesk"), t.seenChoices(m.Visibility)})
	}
	numbers = rowNumbers(f, "links", len(links))
	data.LinkRows = numbersText(numbers)
	for _, i := range numbers {
		l := directory.Link{}
		if i < len(links) {
			l = links[i]
		}
		data.Links = append(data.Links, linkRow{numberText(i), l.URL, l.Title[t.c.Lang], t.seenChoices(l.Visibility)})
	}
}

// countryOf is the country of the entry that a form is about: identifiers begin
// with it.
func countryOf(data *editData) string {
	_, rest, _ := strings.Cut(data.Action, "/desk/row/"+data.Kind+"/")
	if len(rest) < 2 {
		return ""
	}
	return strings.ToUpper(rest[:2])
}

func (t *teller) fillHours(data *editData, row directory.Row, f *web.Form) {
	h := hoursOf(row)
	data.Always, data.HoursNote, data.Except = h.Always, h.Note[t.c.Lang], exceptionsText(h.Except)
	data.Hours = WriteHours(t.texts, t.c.Lang, h.Open)
	example := []directory.Opening{{Days: "Mo-Th", From: "09:00", To: "13:00"}, {Days: "Mo-Th", From: "14:00", To: "17:00"}, {Days: "Fr", From: "09:00", To: "12:00"}}
	data.Example = strings.ReplaceAll(WriteHours(t.texts, t.c.Lang, example), "\n", "; ")
	data.Lists = []choiceList{{Name: "holidays", Legend: t.c.T("desk.hours.holidays"), Choices: t.few("desk.holidays", h.Holidays, "", "open", "closed"), Row: true}}
	understood := h
	if f != nil {
		if open, wrong := ReadHours(t.texts, t.c.Lang, f.Raw("hours")); wrong == "" {
			understood = directory.Hours{Open: open, Always: f.Value("always") == "1"}
		}
	}
	data.Understood = directory.WeekIn(t.texts, t.c.Lang, understood)
}

func (t *teller) conceptList(name, scheme string, chosen []string, multi bool) choiceList {
	list := choiceList{Name: name, Legend: t.label(capitalField(name)), Hint: t.c.T("desk.hint." + name), Multi: multi}
	for _, id := range t.order[scheme] {
		list.Choices = append(list.Choices, web.Choice{Value: id, Label: t.concept(scheme, id), Hint: strings.Join(firstOf(t.words[scheme+"/"+id], 3), ", "), Selected: slices.Contains(chosen, id)})
	}
	return list
}

func firstOf(list []string, n int) []string { return list[:min(n, len(list))] }

// capitalField is the document's name of a concept field of the form.
func capitalField(name string) string { return strings.ToUpper(name[:1]) + name[1:] }

func (t *teller) fillOffer(data *editData, s *directory.Service, may rights) {
	if may.Edit {
		data.Lists = append(data.Lists, t.conceptList("roles", "role", s.Roles, true))
	}
	data.Lists = append(data.Lists, t.conceptList("helps", "help", s.Helps, true), t.conceptList("for", "target", s.For, true),
		t.conceptList("forms", "form", s.Forms, true), t.conceptList("settings", "setting", s.Settings, true))
}

func (t *teller) fillAbout(data *editData, o *directory.Organization) {
	kinds := []string{"ngo", "public", "international", "ministry", "coordination", "rapporteur", "police", "prosecution", "immigration", "labour-inspection", "social-security"}
	data.Lists = []choiceList{
		{Name: "kind", Legend: t.label("Kind"), Choices: t.few("desk.kind", o.Kind, kinds...), Value: o.Kind},
		{Name: "group", Legend: t.label("Group"), Hint: t.c.T("desk.hint.group"), Choices: t.few("directory.group", string(o.Group), "support", "coordination", "authority"), Value: string(o.Group)},
	}
}

func (t *teller) fillTerms(data *editData, s *directory.Service, group directory.Group) {
	for _, one := range []struct {
		name, field string
		a           directory.Answer
	}{{"free", "Free", s.Free}, {"anonymous", "Anonymous", s.Anonymous}, {"direct_referral", "DirectReferral", s.DirectReferral}, {"without_papers", "Residence", s.Residence}} {
		data.Lists = append(data.Lists, choiceList{Name: one.name, Legend: t.label(one.field), Row: true, Choices: t.few("desk.answer", string(one.a), "yes", "no", "")})
	}
	if group == directory.Authority {
		return
	}
	list := choiceList{Name: "intake", Legend: t.label("Intake"), Hint: t.c.T("desk.hint.intake"), Multi: true}
	for _, way := range directory.Intakes {
		list.Choices = append(list.Choices, web.Choice{Value: way, Label: t.c.T("directory.intake." + way), Selected: slices.Contains(s.Intake, way)})
	}
	data.Lists = append(data.Lists, list)
}

func (t *teller) fillLanguages(data *editData, s *directory.Service) {
	spoken, by := choiceList{Name: "spoken", Legend: t.c.T("desk.languages.spoken"), Multi: true}, choiceList{Name: "by", Legend: t.c.T("desk.languages.by"), Multi: true}
	codes := slices.Clone(languagesOffered)
	for _, l := range s.Languages {
		if !slices.Contains(codes, l.Code) {
			codes = append(codes, l.Code)
		}
	}
	for _, code := range codes {
		has := func(how string) bool { return slices.Contains(s.Languages, directory.Language{Code: code, By: how}) }
		spoken.Choices = append(spoken.Choices, web.Choice{Value: code, Label: t.all.LanguageName(t.c.Lang, code), Selected: has("")})
		by.Choices = append(by.Choices, web.Choice{Value: code, Label: t.all.LanguageName(t.c.Lang, code), Selected: has("interpreter")})
	}
	t.sort(spoken.Choices)
	t.sort(by.Choices)
	data.Lists = []choiceList{spoken, by}
	data.Any = s.AnyLanguage
	if s.Interpreted > 0 {
		data.Interp = numberText(s.Interpreted)
	}
	data.More = t.c.T("desk.languages.more")
}

// sort orders choices by label, chosen ones first.
func (t *teller) sort(list []web.Choice) {
	fold.Sort(list, func(c web.Choice) string { return c.Label })
	slices.SortStableFunc(list, func(a, b web.Choice) int {
		switch {
		case a.Selected == b.Selected:
			return 0
		case a.Selected:
			return -1
		}
		return 1
	})
}

func (t *teller) territories(country, chosen string, withNone bool) []web.Choice {
	var out []web.Choice
	for _, one := range geo.Territories() {
		if geo.Country(one.Code) == country {
			out = append(out, web.Choice{Value: one.Code, Label: one.Name(t.c.Lang)})
		}
	}
	t.sort(out)
	for i := range out {
		out[i].Selected = out[i].Value == chosen
	}
	if withNone {
		out = append([]web.Choice{{}}, out...)
	}
	return out
}

func (t *teller) fillArea(data *editData, s *directory.Service, country string) {
	list := choiceList{Name: "area", Legend: t.c.T("desk.area.now"), Multi: true}
	codes := slices.Clone(s.Area)
	if f := t.c.SentForm(); f != nil {
		for _, code := range f.Values("area") {
			if !slices.Contains(codes, code) {
				codes = append(codes, code)
			}
		}
	}
	if !slices.Contains(codes, country) {
		codes = append([]string{country}, codes...)
	}
	for _, code := range codes {
		label, hint := directory.TerritoryIn(t.c.Lang, code), ""
		if code == geo.Country(code) {
			hint = t.c.T("desk.area.whole")
		}
		list.Choices = append(list.Choices, web.Choice{Value: code, Label: label, Hint: hint, Selected: slices.Contains(s.Area, code)})
	}
	data.Lists = []choiceList{list}
	data.More = t.c.T("desk.area.more")
	for _, one := range t.territories(country, "", false) {
		data.Options = append(data.Options, one.Label)
	}
}

func (t *teller) fillSeen(data *editData, row directory.Row) {
	h := hideOf(row)
	if row.Place != nil {
		data.Address = t.seenChoices(row.Place.Address)
		data.WasHidden = row.Place.Address == directory.Hidden
		data.ContactPart = true
	}
	for _, name := range directory.Hideable[row.Kind] {
		data.Hide = append(data.Hide, hideRow{Name: "hide." + name, Label: t.label(name), Choices: t.seenChoices(h[name])})
	}
}

// sent is the form that somebody sent, and who says what became of it.
func (k *Desk) sent(c *web.Ctx) (*web.Form, *teller, error) {
	f, err := c.Form()
	if err != nil {
		return nil, nil, err
	}
	t, err := k.teller(c)
	return f, t, err
}

// editPost saves one part, or shows the form again with one row more or less.
func (k *Desk) editPost(c *web.Ctx) error {
	f, t, err := k.sent(c)
	if err != nil {
		return err
	}
	var a asked
	err = k.within(c, func(tx *db.Tx) (err error) { a, err = k.ask(tx, c, f.Value("revision")); return err })
	if err != nil {
		return err
	}
	mine, err := a.base.Copy()
	if err != nil {
		return err
	}
	t.readPart(f, a.part, &mine, a.within)
	if !f.OK() || f.Value("do") != "" {
		return k.showEdit(c, f)
	}
	confirm := a.part.ID == "seen" && opens(a.base, mine)
	if confirm && len([]rune(f.Value("note"))) < 10 {
		f.Error("note", "desk.seen.reason")
		return k.showEdit(c, f)
	}
	var out Outcome
	err = k.cfg.DB.Write(c.Context(), func(tx *db.Tx) error {
		a, err := k.ask(tx, c, f.Value("revision"))
		if err != nil {
			return err
		}
		if again, err := pressedAgain(tx, c, f); err != nil || again {
			out = Outcome{Live: true}
			return err
		}
		if confirm && a.may.Edit {
			out = Outcome{Waits: true}
			_, err := k.d.Suggest(tx, by(c.Viewer, a.may), c.Now(), directory.Change{Row: mine, Note: f.Value("note")})
			return err
		}
		if out, err = k.save(tx, by(c.Viewer, a.may), a.may, c.Now(), a.base, mine, groundsOf(f)); err != nil || len(out.Conflicts) > 0 {
			return err
		}
		n, err := k.review(tx, c, f, a)
		if n > 0 && out.Nothing {
			out.Nothing, out.Live = false, true
		}
		return err
	})
	if err != nil {
		if addFields(f, err) {
			return k.showEdit(c, f)
		}
		return err
	}
	return k.answer(c, t, a, out, f)
}

func groundsOf(f *web.Form) Grounds {
	return Grounds{Note: f.Value("note"), How: directory.How(f.Value("sure"))}
}

// pressedAgain says whether this form was carried out before.
func pressedAgain(tx *db.Tx, c *web.Ctx, f *web.Form) (bool, error) {
	if f.Once() == "" {
		return false, nil
	}
	first, err := db.Once(tx, "desk", f.Once(), c.Now())
	return !first, err
}

// opens says whether a change opens an address that was hidden.
func opens(base, mine directory.Row) bool {
	return base.Place != nil && base.Place.Address == directory.Hidden && mine.Place.Address != directory.Hidden
}

// addFields puts a service's problems beside the inputs that they are about.
func addFields(f *web.Form, err error) bool {
	e := fault.Find(err)
	if e == nil || len(e.Fields) == 0 {
		return false
	}
	for _, one := range e.Fields {
		f.Error(inputOf(one.Name), one.Key, one.Args...)
	}
	return true
}

// answer says what became of a form, or shows what two people changed.
func (k *Desk) answer(c *web.Ctx, t *teller, a asked, out Outcome, f *web.Form) error {
	k.d.Refresh()
	switch {
	case len(out.Conflicts) > 0:
		return k.showMerge(c, t, a, out, groundsOf(f))
	case out.Nothing:
		c.FlashKind("info", "desk.done.nothing")
	case out.Waits && out.Live:
		c.FlashKind("info", "desk.done.both")
	case out.Waits:
		c.FlashKind("info", "desk.done.waits")
	case len(out.Merged) > 0:
		c.Flash("desk.done.merged")
	default:
		c.Flash("desk.done.live")
	}
	http.Redirect(c.W, c.R, c.Path("/desk/"+a.within.ID)+"#"+a.row.ID, http.StatusSeeOther)
	return nil
}

// mergeData is what two people changed at once.
type mergeData struct {
	Name, Body, Action, Back string
	Who, When                string
	Base, Revision           int64
	Document, Note, Sure     string
	Both                     []mergeRow
	Kept                     []Difference // what only the other changed
	Yours                    []Difference // what only the reader changed
}

type mergeRow struct{ Path, Label, Before, Mine, Theirs string }

// showMerge shows both versions side by side; nothing was saved, and nothing
// that was typed is lost: it travels in the form.
//
// req: DESK-4
func (k *Desk) showMerge(c *web.Ctx, t *teller, a asked, out Outcome, why Grounds) error {
	fields, err := out.Mine.Fields()
	if err != nil {
		return err
	}
	doc, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	data := mergeData{Name: a.row.Name(), Body: a.within.Name, Action: c.Path(rowPath(a.row, "merge/"+a.part.ID)), Back: c.Path("/desk/" + a.within.ID + "#" + a.row.ID),
		Base: a.base.Revision, Revision: out.Now.Revision, Document: string(doc), Note: why.Note, Sure: string(why.How)}
	err = k.within(c, func(tx *db.Tx) error {
		list, err := k.d.History(tx, a.row.Kind, a.row.ID)
		if err == nil && len(list) > 0 {
			data.Who, data.When = list[0].By.Name, c.Ago(list[0].At)
		}
		return err
	})
	if err != nil {
		return err
	}
	say := func(r directory.Row) map[string]string {
		m := map[string]string{}
		for _, l := range t.lines(r) {
			m[l.Path] = l.Text
		}
		return m
	}
	before, mine, theirs := say(a.base), say(out.Mine), say(out.Now)
	both := map[string]bool{}
	for _, path := range out.Conflicts {
		line := linePath(path)
		both[line] = true
		data.Both = append(data.Both, mergeRow{path, t.label(line), before[line], mine[line], theirs[line]})
	}
	for _, d := range t.differences(a.base, out.Now) {
		if !both[d.Path] {
			data.Kept = append(data.Kept, d)
		}
	}
	for _, d := range t.differences(a.base, out.Mine) {
		if !both[d.Path] {
			data.Yours = append(data.Yours, d)
		}
	}
	return mergePage.RenderStatus(c, http.StatusConflict, data)
}

// linePath is the line that shows a path of directory.Merge: hours are one line.
func linePath(path string) string {
	field, rest, _ := strings.Cut(path, ".")
	if field == "Hours" || field == "Hide" || rest == "" {
		return field
	}
	return path
}

// mergePost saves what the reader decided field by field.
func (k *Desk) mergePost(c *web.Ctx) error {
	f, t, err := k.sent(c)
	if err != nil {
		return err
	}
	var fields map[string]any
	if err := json.Unmarshal([]byte(f.Raw("document")), &fields); err != nil {
		return fault.New(fault.Invalid, "web.error.unreadable").Because(err)
	}
	var a asked
	var out Outcome
	err = k.cfg.DB.Write(c.Context(), func(tx *db.Tx) error {
		if a, err = k.ask(tx, c, f.Value("base")); err != nil {
			return err
		}
		mine, err := a.base.With(fields)
		if err != nil {
			return fault.New(fault.Invalid, "web.error.unreadable").Because(err)
		}
		seen, err := k.seenVersion(tx, a, f.Value("revision"))
		if err != nil {
			return err
		}
		merged, conflicts, err := directory.Merge(a.base, mine, seen)
		if err != nil {
			return err
		}
		var take []string
		for _, path := range conflicts {
			if f.Value("take."+path) == "mine" {
				take = append(take, path)
			}
		}
		if merged, err = takeMine(merged, mine, take); err != nil {
			return err
		}
		a.base = seen
		out, err = k.save(tx, by(c.Viewer, a.may), a.may, c.Now(), seen, merged, groundsOf(f))
		return err
	})
	if err != nil {
		return err
	}
	return k.answer(c, t, a, out, f)
}

// seenVersion is the other's version that the reader decided about.
func (k *Desk) seenVersion(tx *db.Tx, a asked, revision string) (directory.Row, error) {
	if number(revision) == a.row.Revision {
		return a.row, nil
	}
	return k.d.VersionOf(tx, a.row.Kind, a.row.ID, number(revision))
}
