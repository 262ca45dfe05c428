package round

import (
	"net/mail"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"amelie/internal/directory"
	"amelie/internal/fault"
	"amelie/internal/geo"
	"amelie/internal/phone"
)

// typed is a posted form.
type typed interface {
	Value(name string) string
	Values(name string) []string
}

// The most that a body can write into one field, in characters.
const (
	mostWords = 2000
	mostLine  = 200
)

// read is one reading of a form: what is wrong is collected with its field.
type read struct {
	typed
	lang, country string
	wrong         []fault.Field
}

func (f *read) fail(name, key string) {
	f.wrong = append(f.wrong, fault.Field{Name: name, Key: key})
}

// sent tells whether a field was on the form that was sent.
func (f *read) sent(name string) bool { return len(f.Values(name)) > 0 }

// line is a field of one line; longer ones are cut.
func (f *read) line(name string) string {
	return cutText(strings.Join(strings.Fields(f.Value(name)), " "), mostLine)
}

func cutText(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most])
	}
	return s
}

// readAnswers reads a body's answers over its entry as it was opened. Fields
// that were not on the form leave the entry as it is.
//
// Errors: the wrong fields, for the form that is shown again.
func readAnswers(o Opened, t typed, lang string) (Answers, []fault.Field) {
	f := &read{typed: t, lang: lang, country: o.Country}
	a := Answers{All: t.Value("all") == "right", Gone: t.Value("gone") == "1", Remark: cutText(t.Value("remark"), mostWords), Lang: lang}
	if a.All {
		return a, nil
	}
	for _, s := range o.Rows {
		a.Rows = append(a.Rows, f.row(s))
	}
	return a, f.wrong
}

func (f *read) row(s Shown) RowAnswer {
	id := s.Stored.ID
	a := RowAnswer{Row: s.Mine, Note: cutText(f.Value("note."+id), mostWords), Revision: s.Stored.Revision}
	a.Row.Revision = s.Stored.Revision
	if rev, err := strconv.ParseInt(f.Value("rev."+id), 10, 64); err == nil {
		a.Revision = rev
	}
	switch {
	case a.Row.Service != nil:
		v := *a.Row.Service
		v.Phones = f.phones(id, v.Phones, covered(v.Hide, "Phones", false))
		v.Emails = f.emails(id, v.Emails, covered(v.Hide, "Emails", false))
		v.Hours = f.hours(id, v.Hours)
		v.Languages = f.languages(id, v.Languages)
		v.MustInform = f.text("informs."+id, v.MustInform)
		v.Summary = f.text("summary."+id, v.Summary)
		a.Row.Service = &v
	case a.Row.Place != nil:
		p := *a.Row.Place
		hidden := p.Address != directory.Public
		p.Phones = f.phones(id, p.Phones, covered(p.Hide, "Phones", hidden))
		p.Emails = f.emails(id, p.Emails, covered(p.Hide, "Emails", hidden))
		p.Hours = f.hours(id, p.Hours)
		for _, one := range []struct {
			name string
			into *string
		}{{"street." + id, &p.Street}, {"postal." + id, &p.PostalCode}, {"town." + id, &p.Town}} {
			if f.sent(one.name) && (f.line(one.name) != "" || !hidden) {
				*one.into = f.line(one.name)
			}
		}
		a.Row.Place = &p
	}
	a.Changed = len(differences(s.Mine, a.Row)) > 0
	now := directory.PartsOf(a.Row.Kind, differences(s.Mine, a.Row))
	touched := directory.PartsOf(a.Row.Kind, differences(s.Stored, a.Row))
	for _, p := range directory.Parts {
		ticked := f.Value("answer." + string(p) + "." + id)
		switch {
		case directory.PartFields[a.Row.Kind][p] == nil:
		case slices.Contains(now, p), ticked == "wrong":
			a.Wrong = append(a.Wrong, p) // what was corrected is not right, whatever was ticked
		case ticked == "right" && !slices.Contains(touched, p):
			a.Right = append(a.Right, p)
		}
	}
	return a
}

// differences names the fields in which two versions of a row differ; rows of
// one kind always compare.
func differences(a, b directory.Row) []string {
	out, err := directory.Differences(a, b)
	if err != nil {
		return nil
	}
	return out
}

// text replaces a text in the reader's language.
func (f *read) text(name string, t directory.Text) directory.Text {
	if !f.sent(name) {
		return t
	}
	words := cutText(f.Value(name), mostWords)
	if words == t[f.lang] || words == "" && t[f.lang] == "" || words == t.In(f.lang) {
		return t
	}
	out := directory.Text{}
	for l, s := range t {
		out[l] = s
	}
	if out[f.lang] = words; words == "" {
		delete(out, f.lang)
	}
	return out
}

// masked tells whether a contact is shown in part only. A link may lie in a
// mailbox that many read.
func masked(v directory.Visibility, hidden bool) bool { return hidden || v != directory.Public }

// covered tells whether all contacts of a field are shown in part only: since
// the address is hidden, or the field is.
func covered(h directory.Hide, field string, hidden bool) bool {
	return hidden || h[field] != directory.Public
}

func (f *read) phones(id string, have []directory.Phone, hidden bool) []directory.Phone {
	out := []directory.Phone{}
	for i, p := range have {
		name := "phone." + id + "." + strconv.Itoa(i)
		words := f.line(name)
		cover := masked(p.Visibility, hidden)
		switch {
		case !f.sent(name), !cover && words == p.Shown(), cover && words == "":
			out = append(out, p)
		case words == "": // taken out
		default:
			if n, ok := f.phone(name, words); ok {
				p.Number, p.Short, p.Printed = n.Number, n.Short, n.Printed
				out = append(out, p)
			}
		}
	}
	if name := "phone." + id + ".new"; f.line(name) != "" {
		if n, ok := f.phone(name, f.line(name)); ok {
			if hidden {
				n.Visibility = directory.Hidden
			}
			out = append(out, n)
		}
	}
	return out
}

var shortNumber = regexp.MustCompile(`^[0-9]{3,6}$`)

// phone reads a number as people of the country write it.
func (f *read) phone(name, words string) (directory.Phone, bool) {
	if digits := strings.ReplaceAll(words, " ", ""); shortNumber.MatchString(digits) {
		return directory.Phone{Short: digits, Printed: words}, true
	}
	n, err := phone.Parse(words, f.country)
	if err != nil || !n.Possible() {
		f.fail(name, "round.error.phone")
		return directory.Phone{}, false
	}
	return directory.Phone{Number: n.E164(), Printed: words}, true
}

func (f *read) emails(id string, have []directory.Email, hidden bool) []directory.Email {
	out := []directory.Email{}
	add := func(name, words string, e directory.Email) {
		if a, err := mail.ParseAddress(words); err != nil || a.Address != words || !strings.Contains(words, ".") {
			f.fail(name, "web.error.email")
			return
		}
		e.Address = words
		out = append(out, e)
	}
	for i, e := range have {
		name := "email." + id + "." + strconv.Itoa(i)
		words := f.line(name)
		cover := masked(e.Visibility, hidden)
		switch {
		case !f.sent(name), !cover && words == e.Address, cover && words == "":
			out = append(out, e)
		case words == "":
		default:
			add(name, words, e)
		}
	}
	if name := "email." + id + ".new"; f.line(name) != "" {
		one := directory.Email{}
		if hidden {
			one.Visibility = directory.Hidden
		}
		add(name, f.line(name), one)
	}
	return out
}

// languages keeps the ticked ones and adds the chosen ones.
func (f *read) languages(id string, have []directory.Language) []directory.Language {
	if !f.sent("languages." + id) {
		return have
	}
	out := []directory.Language{}
	for _, l := range have {
		if slices.Contains(f.Values("speaks."+id), l.Code) {
			out = append(out, l)
		}
	}
	for _, code := range f.Values("add." + id) {
		known := slices.Contains(directory.SpokenHere, code)
		if known && !slices.ContainsFunc(out, func(l directory.Language) bool { return l.Code == code }) {
			out = append(out, directory.Language{Code: code})
		}
	}
	return out
}

// week is Monday to Sunday with the names that the directory stores.
var week = []struct {
	day  time.Weekday
	name string
}{{time.Monday, "Mo"}, {time.Tuesday, "Tu"}, {time.Wednesday, "We"}, {time.Thursday, "Th"}, {time.Friday, "Fr"}, {time.Saturday, "Sa"}, {time.Sunday, "Su"}}

// hours reads a line for each weekday ("9-14, 17:00-20:00"; nothing: closed).
func (f *read) hours(id string, h directory.Hours) directory.Hours {
	if !f.sent("week." + id) {
		return h
	}
	always := f.Value("always."+id) == "1"
	same := always == h.Always
	spans := map[string][]string{} // spans to days
	var order []string
	for _, d := range week {
		name := "day." + id + "." + d.name
		words, ok := readSpans(f.line(name))
		if !ok {
			f.fail(name, "round.error.hours")
			return h
		}
		if always {
			continue
		}
		same = same && words == daySpans(h, d.day)
		if words == "" {
			continue
		}
		if spans[words] == nil {
			order = append(order, words)
		}
		spans[words] = append(spans[words], d.name)
	}
	if same {
		return h
	}
	h.Always, h.Open = always, nil
	if h.Zone == "" {
		h.Zone = geo.Zone(f.country)
	}
	for _, words := range order {
		for span := range strings.SplitSeq(words, ", ") {
			from, to, _ := strings.Cut(span, "-")
			h.Open = append(h.Open, directory.Opening{Days: strings.Join(spans[words], ","), From: from, To: to})
		}
	}
	return h
}

// daySpans is how a weekday's openings stand in their field.
func daySpans(h directory.Hours, day time.Weekday) string {
	var out []string
	for _, o := range h.On(day) {
		out = append(out, o.From+"-"+o.To)
	}
	return strings.Join(out, ", ")
}

var spanShape = regexp.MustCompile(`^(\d{1,2})(?:[:.hH](\d{2})?)?\s*(?:-|–|—|bis|à|tot|alle|έως|to)\s*(\d{1,2})(?:[:.hH](\d{2})?)?$`)

// readSpans reads "9-14, 17.30–20" as "09:00-14:00, 17:30-20:00"; a time past
// midnight goes on above 24:00.
func readSpans(words string) (string, bool) {
	var out []string
	for _, part := range strings.FieldsFunc(words, func(r rune) bool { return r == ',' || r == ';' || r == '+' || r == '/' }) {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		m := spanShape.FindStringSubmatch(part)
		if m == nil || len(out) == 4 {
			return "", false
		}
		from, ok1 := clockOf(m[1], m[2])
		to, ok2 := clockOf(m[3], m[4])
		if !ok1 || !ok2 || from == to || from >= 24*60 {
			return "", false
		}
		if to < from {
			to += 24 * 60
		}
		if to >= 48*60 {
			return "", false
		}
		out = append(out, minutesText(from)+"-"+minutesText(to))
	}
	return strings.Join(out, ", "), true
}

func clockOf(hour, minute string) (int, bool) {
	h, err := strconv.Atoi(hour)
	m := 0
	if minute != "" {
		m, _ = strconv.Atoi(minute)
	}
	return h*60 + m, err == nil && h <= 47 && m < 60
}

func minutesText(n int) string {
	two := func(v int) string { return string([]byte{byte('0' + v/10), byte('0' + v%10)}) }
	return two(n/60) + ":" + two(n%60)
}
