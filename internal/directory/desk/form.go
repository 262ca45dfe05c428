package desk

import (
	"net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"amelie/internal/directory"
	"amelie/internal/fold"
	"amelie/internal/geo"
	"amelie/internal/phone"
	"amelie/internal/web"
)

// rowsMax bounds how many phones, mailboxes or links one form takes.
const rowsMax = 40

// rowNumbers are the numbers of the repeated rows of a form: as they were sent,
// with one more or one less where such a button was pressed, else 0 to n-1.
// Numbers stay with their row, so that what was typed stays in its place.
func rowNumbers(f *web.Form, name string, n int) []int {
	if f == nil || f.Value("rows-"+name) == "" {
		out := make([]int, max(n, 1))
		for i := range out {
			out[i] = i
		}
		return out
	}
	var out []int
	do := f.Value("do")
	for w := range strings.FieldsSeq(f.Value("rows-" + name)) {
		i, err := strconv.Atoi(w)
		if err == nil && i >= 0 && i < 1000 && !slices.Contains(out, i) && do != "drop-"+name+"-"+w {
			out = append(out, i)
		}
	}
	if do == "add-"+name && len(out) < rowsMax {
		next := n
		for _, i := range out {
			next = max(next, i+1)
		}
		out = append(out, next)
	}
	return out
}

func numbersText(list []int) string {
	var out []string
	for _, i := range list {
		out = append(out, strconv.Itoa(i))
	}
	if out == nil {
		return "-" // sent, and none left
	}
	return strings.Join(out, " ")
}

func field(name string, i int, part string) string { return name + "." + strconv.Itoa(i) + "." + part }

// readPart fills a form into a copy of the version that its author saw.
func (t *teller) readPart(f *web.Form, p part, row *directory.Row, within directory.Organization) {
	switch p.ID {
	case "words":
		t.readWords(f, row)
	case "about":
		readAbout(f, row.Organization)
	case "contact":
		t.readContact(f, row, within.Country)
	case "hours":
		t.readHours(f, row, within.Country)
	case "offer":
		s := row.Service
		s.Roles, s.Helps = sameOrder(s.Roles, f.Values("roles")), sameOrder(s.Helps, f.Values("helps"))
		s.For, s.Forms = sameOrder(s.For, f.Values("for")), sameOrder(s.Forms, f.Values("forms"))
		s.Settings = sameOrder(s.Settings, f.Values("settings"))
	case "languages":
		t.readLanguages(f, row.Service)
	case "terms":
		s := row.Service
		s.Free, s.Anonymous = directory.Answer(f.Value("free")), directory.Answer(f.Value("anonymous"))
		s.DirectReferral, s.Residence = directory.Answer(f.Value("direct_referral")), directory.Answer(f.Value("without_papers"))
		s.Intake = sameOrder(s.Intake, f.Values("intake"))
	case "area":
		t.readArea(f, row.Service, within.Country)
	case "address":
		t.readAddress(f, row.Place, within.Country)
	case "seen":
		readSeen(f, row)
	}
}

func readAbout(f *web.Form, o *directory.Organization) {
	o.Kind, o.Group = f.Value("kind"), directory.Group(f.Value("group"))
	o.Parent = f.Value("parent")
}

// readWords takes the texts that were sent; others stay.
func (t *teller) readWords(f *web.Form, row *directory.Row) {
	sent := f.Names()
	if slices.Contains(sent, "name") {
		switch name := f.Value("name"); {
		case row.Organization != nil:
			row.Organization.Name = name
		case row.Service != nil:
			row.Service.Name = name
		case row.Place != nil:
			row.Place.Name = name
		}
	}
	fields, err := row.Fields()
	if err != nil {
		return
	}
	for _, name := range directory.TextFields[row.Kind] {
		text, _ := fields[name].(map[string]any)
		if text == nil {
			text = map[string]any{}
		}
		for _, lang := range directory.ContentLanguages {
			if !slices.Contains(sent, name+"."+lang) {
				continue
			}
			if v := f.Value(name + "." + lang); v != "" {
				text[lang] = v
			} else {
				delete(text, lang)
			}
		}
		fields[name] = text
	}
	if next, err := row.With(fields); err == nil {
		*row = next
	}
}

func (t *teller) readContact(f *web.Form, row *directory.Row, country string) {
	switch {
	case row.Organization != nil:
		row.Organization.Website = t.readLinks(f, row.Organization.Website)
	case row.Service != nil:
		s := row.Service
		s.Phones, s.Emails = t.readPhones(f, s.Phones, country, false), t.readEmails(f, s.Emails, false)
		s.Website = t.readLinks(f, s.Website)
		s.Helpline = f.Value("helpline") == "1"
	case row.Place != nil:
		p := row.Place
		hidden := p.Address == directory.Hidden // its contacts stay hidden with it
		p.Phones, p.Emails = t.readPhones(f, p.Phones, country, hidden), t.readEmails(f, p.Emails, hidden)
	}
}

func (t *teller) readPhones(f *web.Form, old []directory.Phone, country string, hidden bool) []directory.Phone {
	var out []directory.Phone
	for _, i := range rowNumbers(f, "phones", len(old)) {
		typed := f.Value(field("phones", i, "number"))
		if typed == "" {
			continue
		}
		p := directory.Phone{}
		if i < len(old) {
			p = old[i]
		}
		if typed != shownPhone(p) {
			number, short, ok := dialledAs(typed, country)
			if !ok {
				f.Error(field("phones", i, "number"), "web.error.phone")
				continue
			}
			p.Number, p.Short, p.Printed = number, short, typed
		}
		p.Kind, p.Use = sent(f, field("phones", i, "kind"), p.Kind), sent(f, field("phones", i, "use"), p.Use)
		p.Free = sent(f, field("phones", i, "free"), p.Free)
		p.Note = noteIn(p.Note, t.c.Lang, sent(f, field("phones", i, "note"), p.Note[t.c.Lang]))
		p.Visibility = sent(f, field("phones", i, "seen"), p.Visibility)
		if hidden {
			p.Visibility = directory.Hidden
		}
		out = append(out, p)
	}
	return out
}

// sent is a value of the form; one that was not sent stays as it was, so that a
// form that arrives in part never opens what is hidden.
//
// req: DESK-5
func sent[T ~string](f *web.Form, name string, was T) T {
	if !slices.Contains(f.Names(), name) {
		return was
	}
	return T(f.Value(name))
}

// noteIn puts a note in one language; the other languages stay as they are.
func noteIn(note directory.Text, lang, words string) directory.Text {
	if note[lang] == words {
		return note
	}
	out := directory.Text{}
	for l, v := range note {
		out[l] = v
	}
	if words == "" {
		delete(out, lang)
	} else {
		out[lang] = words
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// shownPhone is a number as it stands in the form.
func shownPhone(p directory.Phone) string {
	if p.Number == "" && p.Short == "" {
		return ""
	}
	return p.Shown()
}

// dialledAs makes of a typed number what is dialled: E.164, or a short code of
// three to six digits that works inside the country.
func dialledAs(typed, country string) (number, short string, ok bool) {
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, typed)
	letters := strings.ContainsFunc(typed, func(r rune) bool {
		return !strings.ContainsRune("0123456789 +-–/().\u00a0\u202f", r)
	})
	if letters {
		return "", "", false
	}
	if len(digits) >= 3 && len(digits) <= 6 && !strings.HasPrefix(strings.TrimSpace(typed), "+") {
		return "", digits, true
	}
	parsed, err := phone.Parse(typed, country)
	if err != nil || !parsed.Valid() {
		return "", "", false
	}
	return parsed.E164(), "", true
}

func (t *teller) readEmails(f *web.Form, old []directory.Email, hidden bool) []directory.Email {
	var out []directory.Email
	for _, i := range rowNumbers(f, "emails", len(old)) {
		address := f.Value(field("emails", i, "address"))
		if address == "" {
			continue
		}
		if a, err := mail.ParseAddress(address); err != nil || a.Address != address {
			f.Error(field("emails", i, "address"), "web.error.email")
			continue
		}
		m := directory.Email{}
		if i < len(old) {
			m = old[i]
		}
		m.Address, m.Use = address, sent(f, field("emails", i, "use"), m.Use)
		m.Visibility = sent(f, field("emails", i, "seen"), m.Visibility)
		if hidden {
			m.Visibility = directory.Hidden
		}
		out = append(out, m)
	}
	return out
}

func (t *teller) readLinks(f *web.Form, old []directory.Link) []directory.Link {
	var out []directory.Link
	for _, i := range rowNumbers(f, "links", len(old)) {
		address := f.Value(field("links", i, "url"))
		if address == "" {
			continue
		}
		if !strings.Contains(address, "://") {
			address = "https://" + address
		}
		u, err := url.Parse(address)
		if err != nil || (u.Scheme != "https" && u.Scheme != "http") || !strings.Contains(u.Host, ".") || strings.ContainsAny(address, " \t\n\"<>") {
			f.Error(field("links", i, "url"), "desk.problem.link", "a", address)
			continue
		}
		l := directory.Link{}
		if i < len(old) {
			l = old[i]
		}
		l.URL, l.Visibility = address, sent(f, field("links", i, "seen"), l.Visibility)
		l.Title = noteIn(l.Title, t.c.Lang, sent(f, field("links", i, "title"), l.Title[t.c.Lang]))
		out = append(out, l)
	}
	return out
}

func (t *teller) readHours(f *web.Form, row *directory.Row, country string) {
	h := hoursOf(*row)
	next := directory.Hours{Zone: h.Zone, Always: f.Value("always") == "1", Holidays: f.Value("holidays"), Note: noteIn(h.Note, t.c.Lang, f.Value("hours-note"))}
	if next.Zone == "" {
		next.Zone = geo.Zone(country)
	}
	text := f.Raw("hours")
	switch {
	case next.Always && strings.TrimSpace(text) != "":
		f.Error("hours", "desk.problem.always")
	case next.Always:
	case strings.TrimSpace(text) == strings.TrimSpace(WriteHours(t.texts, t.c.Lang, h.Open)):
		next.Open = h.Open
	default:
		open, wrong := ReadHours(t.texts, t.c.Lang, text)
		if wrong != "" {
			f.Error("hours", "desk.hours.wrong", "word", wrong)
		}
		next.Open = open
	}
	next.Except = t.readExceptions(f)
	if !next.Known() && len(next.Note) == 0 {
		next.Zone = h.Zone
	}
	if row.Service != nil {
		row.Service.Hours = next
	} else {
		row.Place.Hours = next
	}
}

func hoursOf(row directory.Row) directory.Hours {
	if row.Service != nil {
		return row.Service.Hours
	}
	return row.Place.Hours
}

// readExceptions reads a line for each date: "2026-12-24 9-12" or
// "24.12.2026 closed".
func (t *teller) readExceptions(f *web.Form) []directory.Exception {
	var out []directory.Exception
	for line := range strings.SplitSeq(f.Raw("except"), "\n") {
		date, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		if date == "" {
			continue
		}
		day, ok := readDate(date)
		if !ok {
			f.Error("except", "desk.hours.wrong", "word", date)
			return nil
		}
		rest = strings.TrimSpace(strings.Trim(rest, ": "))
		if rest == "" || shutWords[fold.Word(rest)] {
			out = append(out, directory.Exception{Date: day})
			continue
		}
		spans, wrong := ReadHours(t.texts, t.c.Lang, rest)
		if wrong != "" || len(spans) == 0 {
			f.Error("except", "desk.hours.wrong", "word", rest)
			return nil
		}
		for _, s := range spans {
			out = append(out, directory.Exception{Date: day, From: s.From, To: s.To})
		}
	}
	return out
}

// readDate reads a date as it is written in any of the six languages.
func readDate(s string) (string, bool) {
	for _, layout := range []string{"2006-01-02", "2.1.2006", "2/1/2006", "2-1-2006"} {
		if d, err := time.Parse(layout, s); err == nil {
			return d.Format(time.DateOnly), true
		}
	}
	return "", false
}

func exceptionsText(list []directory.Exception) string {
	var out []string
	for _, e := range list {
		line := e.Date
		if e.From != "" {
			line += " " + e.From + "-" + shortClock(e.To)
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

// languagesOffered are the languages that a form offers to tick; others are
// written by their code or name.
var languagesOffered = strings.Fields("en el it de nl fr ar sq bg bn cs da es et fa hi hr hu hy ka ku lt lv mk mo ne pa pl ps pt ro ru sk sl so sr ti tl tr uk ur vi yo zh")

func (t *teller) readLanguages(f *web.Form, s *directory.Service) {
	var out []directory.Language
	spoken, by := f.Values("spoken"), f.Values("by")
	if more := f.Value("more"); more != "" {
		for _, w := range strings.FieldsFunc(more, func(r rune) bool { return r == ',' || r == ';' || r == '\n' }) {
			code := t.languageCode(strings.TrimSpace(w))
			if code == "" {
				f.Error("more", "desk.problem.language", "a", w)
				continue
			}
			if !slices.Contains(spoken, code) {
				spoken = append(spoken, code)
			}
		}
	}
	for _, code := range spoken {
		out = append(out, directory.Language{Code: code})
	}
	for _, code := range by {
		if !slices.Contains(spoken, code) {
			out = append(out, directory.Language{Code: code, By: "interpreter"})
		}
	}
	s.Languages = sameOrder(s.Languages, out)
	s.Interpreted = 0
	if n := f.Value("interpreted"); n != "" {
		v, err := strconv.Atoi(n)
		if err != nil || v < 0 || v > 500 {
			f.Error("interpreted", "desk.problem.negative")
		}
		s.Interpreted = v
	}
	s.AnyLanguage = f.Value("any_language") == "1"
}

// sameOrder keeps what was there in its order, so that a form that is saved as
// it was changes nothing.
func sameOrder[T comparable](old, now []T) []T {
	var out []T
	for _, l := range old {
		if slices.Contains(now, l) {
			out = append(out, l)
		}
	}
	for _, l := range now {
		if !slices.Contains(out, l) {
			out = append(out, l)
		}
	}
	return out
}

// languageCode finds a language by its code or by a name that people have for
// it.
func (t *teller) languageCode(word string) string {
	key := fold.Key(word)
	if slices.Contains(languagesOffered, key) {
		return key
	}
	if code, ok := t.all.LanguageNamed(word); ok {
		return code
	}
	for _, code := range languagesOffered { // those that search does not know by name
		for _, lang := range directory.ContentLanguages {
			if fold.Key(t.all.LanguageName(lang, code)) == key {
				return code
			}
		}
	}
	if n := len(key); (n == 2 || n == 3) && directory.LanguageName("en", key) != key {
		return key
	}
	return ""
}

func (t *teller) readArea(f *web.Form, s *directory.Service, country string) {
	var out []string
	add := func(code string) {
		if !slices.Contains(out, code) {
			out = append(out, code)
		}
	}
	for _, code := range f.Values("area") {
		add(code)
	}
	for w := range strings.SplitSeq(f.Value("more"), ",") {
		if w = strings.TrimSpace(w); w == "" {
			continue
		}
		found := territoriesNamed(w, country)
		if len(found) == 0 {
			f.Error("more", "desk.area.none", "name", w)
			continue
		}
		add(found[0])
	}
	s.Area = sameOrder(s.Area, out)
}

// territoriesNamed finds territories by code or name, those of the country
// first.
func territoriesNamed(w, country string) []string {
	if t, ok := geo.Lookup(strings.ToUpper(w)); ok {
		return []string{t.Code}
	}
	name, _, _ := strings.Cut(w, " (")
	found := geo.TerritoriesNamed(fold.Words(name)...)
	slices.SortStableFunc(found, func(a, b string) int {
		home := func(code string) int {
			if geo.Country(code) == country {
				return 0
			}
			return 1
		}
		return home(a) - home(b)
	})
	return found
}

func (t *teller) readAddress(f *web.Form, p *directory.Place, country string) {
	p.Name, p.Street, p.PostalCode = f.Value("name"), f.Value("street"), f.Value("postal_code")
	town := f.Value("town")
	if town != p.Town || p.Lat == 0 && p.Lon == 0 {
		at, ok := townAt(town, country)
		if !ok {
			f.Error("town", "directory.error.place", "place", town)
			return
		}
		p.Lat, p.Lon, p.Territory, p.Towns = at.Lat, at.Lon, at.Territory, nil
	}
	p.Town = town
	if v := f.Value("territory"); v != "" {
		p.Territory = v
	}
}

// townAt finds a town of a country by its name.
func townAt(name, country string) (geo.Place, bool) {
	found := geo.Find(name, country)
	if name == "" || len(found) == 0 {
		return geo.Place{}, false
	}
	return found[0], true
}

func readSeen(f *web.Form, row *directory.Row) {
	hide := directory.Hide{}
	for _, name := range directory.Hideable[row.Kind] {
		if v := sent(f, "hide."+name, hideOf(*row)[name]); v != directory.Public {
			hide[name] = v
		}
	}
	if len(hide) == 0 {
		hide = nil
	}
	switch {
	case row.Organization != nil:
		row.Organization.Hide = hide
	case row.Service != nil:
		row.Service.Hide = hide
	case row.Place != nil:
		row.Place.Hide = hide
		row.Place.Address = sent(f, "address", row.Place.Address)
		if row.Place.Address == directory.Hidden {
			hideContacts(row.Place)
		}
	}
}

func hideOf(row directory.Row) directory.Hide {
	switch {
	case row.Organization != nil:
		return row.Organization.Hide
	case row.Service != nil:
		return row.Service.Hide
	}
	return row.Place.Hide
}

// hideContacts hides the contact points of a place whose address is hidden.
func hideContacts(p *directory.Place) {
	p.Phones, p.Emails = slices.Clone(p.Phones), slices.Clone(p.Emails)
	for i := range p.Phones {
		p.Phones[i].Visibility = directory.Hidden
	}
	for i := range p.Emails {
		p.Emails[i].Visibility = directory.Hidden
	}
}

// permanentID makes a readable identifier of a name: Greek in Latin letters by
// ELOT 743, German digraphs spelt out, at most eight words.
func permanentID(prefix, name string, taken func(id string) (bool, error)) (string, error) {
	var words []string
	for _, w := range fold.Words(name) {
		w = fold.Transliterate(fold.Digraphs(w))
		w = strings.Map(func(r rune) rune {
			if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
				return r
			}
			return -1
		}, w)
		if w != "" && len(words) < 8 {
			words = append(words, w)
		}
	}
	if words == nil {
		words = []string{"entry"}
	}
	base := prefix + "-" + strings.Join(words, "-")
	if len(base) > 80 {
		base = strings.Trim(base[:80], "-")
	}
	for n := 1; ; n++ {
		id := base
		if n > 1 {
			id += "-" + strconv.Itoa(n)
		}
		used, err := taken(id)
		if err != nil || !used {
			return id, err
		}
	}
}
