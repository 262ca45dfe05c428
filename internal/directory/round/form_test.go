package round

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"amelie/internal/db"
	"amelie/internal/db/dbtest"
	"amelie/internal/directory"
	"amelie/internal/jobs"
)

var hrefs = regexp.MustCompile(`(?:href|action)="([^"]+)"`)

// unspoken is a key where a sentence should stand.
var unspoken = regexp.MustCompile(`[^/a-z]round\.[a-z]`)

func openSQLite(t *testing.T) *db.DB { return dbtest.Open(t, schemas()...) }

func deadJobs(w *world) (int64, error) {
	c, err := jobs.Counts(w.t.Context(), w.db, w.now)
	return c.Dead, err
}

// values is a form as tests type it.
type values url.Values

func (v values) Value(name string) string    { return strings.TrimSpace(url.Values(v).Get(name)) }
func (v values) Values(name string) []string { return v[name] }

func TestTimesAreReadAsPeopleWriteThem(t *testing.T) {
	for in, want := range map[string]string{
		"": "", " , ": "", "9-14": "09:00-14:00", "9:00 – 13.30; 17h-20h30": "09:00-13:30, 17:00-20:30", "09:00-14:00": "09:00-14:00",
		"22-2": "22:00-26:00", "0-24": "00:00-24:00", "9 bis 17": "09:00-17:00", "9 έως 17": "09:00-17:00",
	} {
		if got, ok := readSpans(in); !ok || got != want {
			t.Errorf("%q: %q %v, want %q", in, got, ok, want)
		}
	}
	for _, in := range []string{"morning", "9", "9-9", "25:00-26:00", "9-14-17", "9:75-10", "1-2,3-4,5-6,7-8,9-10"} {
		if got, ok := readSpans(in); ok {
			t.Errorf("%q was read as %q", in, got)
		}
	}
}

func shownService() Opened {
	v := directory.Service{ID: "gr-x-1", Name: "X", Phones: []directory.Phone{{Number: "+302310000111", Printed: "2310 000111"}, {Short: "1109", Printed: "1109"}},
		Emails: []directory.Email{{Address: "a@x.example"}}, Languages: []directory.Language{{Code: "el"}, {Code: "ro", By: "interpreter"}},
		Hours:   directory.Hours{Zone: "Europe/Athens", Open: []directory.Opening{{Days: "Mo-Fr", From: "09:00", To: "14:00"}}},
		Summary: directory.Text{"en": "Helps.", "el": "Βοηθά."}}
	r := directory.OfService("gr-x", v, 3)
	return Opened{Body: Body{Organization: "gr-x", Country: "GR"}, Rows: []Shown{{r, r}}}
}

func TestAFormThatIsSentAsItWasShownChangesNothing(t *testing.T) {
	o := shownService()
	id := "gr-x-1"
	form := values{"rev." + id: {"3"}, "phone." + id + ".0": {o.Rows[0].Stored.Service.Phones[0].Shown()}, "phone." + id + ".1": {"1109"}, "phone." + id + ".new": {""},
		"email." + id + ".0": {"a@x.example"}, "email." + id + ".new": {""}, "week." + id: {"1"}, "languages." + id: {"1"}, "speaks." + id: {"el", "ro"}, "add." + id: {""},
		"summary." + id: {"Βοηθά."}, "informs." + id: {""}}
	for _, d := range week {
		form["day."+id+"."+d.name] = []string{daySpans(o.Rows[0].Stored.Service.Hours, d.day)}
	}
	a, wrong := readAnswers(o, form, "el")
	if len(wrong) > 0 || a.Rows[0].Changed || !a.empty() {
		t.Errorf("%+v %v", a, wrong)
	}
	delete(form, "phone."+id+".1")
	form["phone."+id+".0"] = []string{""}
	a, _ = readAnswers(o, form, "el")
	if p := a.Rows[0].Row.Service.Phones; !a.Rows[0].Changed || len(p) != 1 || p[0].Short != "1109" {
		t.Errorf("a number that was taken out: %+v", p)
	}
}

func TestAPlaceThatIsSentAsItWasShownIsNoAnswer(t *testing.T) {
	place := directory.Place{ID: "gr-x-1-p", Street: "Stille Straat 1", PostalCode: "2000", Town: "Antwerpen", Territory: "BE-VAN", Address: directory.Hidden}
	r := directory.OfPlace("gr-x-1", place, 1)
	o := Opened{Body: Body{Organization: "gr-x", Country: "BE"}, Rows: []Shown{{r, r}}}
	form := values{"rev.gr-x-1-p": {"1"}, "street.gr-x-1-p": {""}, "postal.gr-x-1-p": {""}, "town.gr-x-1-p": {""}}
	if a, wrong := readAnswers(o, form, "nl"); len(wrong) > 0 || !a.empty() {
		t.Errorf("%+v %v", a, wrong)
	}
	form["town.gr-x-1-p"] = []string{"Gent"}
	if a, _ := readAnswers(o, form, "nl"); a.empty() || a.Rows[0].Row.Place.Town != "Gent" {
		t.Errorf("%+v", a)
	}
}

// req: ROUND-10
func TestAuthoritiesAreAskedOnlyWhenTheyAreTicked(t *testing.T) {
	for query, want := range map[string][]directory.Group{
		"months=6":        {directory.Support, directory.Coordination},
		"group=authority": {directory.Authority},
		"group=invented":  {directory.Support, directory.Coordination},
		"only=gr-police":  nil,
	} {
		v, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		if got := scopeOf(func(name string) []string { return v[name] }); !slices.Equal(got.Groups, want) {
			t.Errorf("%s asks %v, not %v", query, got.Groups, want)
		}
	}
}

func FuzzParseSecret(f *testing.F) {
	for _, s := range []string{"", "abc", "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ.", "aaaaaaaaaaaaaaaaaaaaaaaaab", "../../etc", "ａｂｃ", strings.Repeat("a", 27)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		secret, ok := ParseSecret(text)
		if !ok {
			return
		}
		if again, same := ParseSecret(strings.ToUpper(secret) + ">."); !same || again != secret || len(secret) != 26 {
			t.Errorf("%q -> %q -> %q", text, secret, again)
		}
	})
}

func FuzzAnswers(f *testing.F) {
	id := "gr-x-1"
	for _, s := range []string{"all=right", "gone=1&remark=x", "rev." + id + "=3&phone." + id + ".0=%2B30&phone." + id + ".new=2310%20000222", "week." + id + "=1&day." + id + ".Mo=9-14",
		"languages." + id + "=1&speaks." + id + "=el&add." + id + "=ro", "answer.phones." + id + "=right&answer.hours." + id + "=wrong", "summary." + id + "=%ff%00", "email." + id + ".new=a@b.c%0d%0aBcc:x"} {
		f.Add(s, "el")
	}
	f.Fuzz(func(t *testing.T, query, lang string) {
		form, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		o := shownService()
		a, wrong := readAnswers(o, values(form), lang)
		for _, r := range a.Rows {
			if len(wrong) == 0 && r.Row.Service == nil {
				t.Fatal("a row lost its content")
			}
			for _, p := range r.Row.Service.Phones {
				if (p.Number == "") == (p.Short == "") {
					t.Fatalf("neither or both: %+v", p)
				}
			}
			for _, e := range r.Row.Service.Emails {
				if strings.ContainsAny(e.Address, "\r\n ") {
					t.Fatalf("a mailbox %q", e.Address)
				}
			}
			for _, part := range r.Right {
				for _, no := range r.Wrong {
					if part == no {
						t.Fatalf("%s is right and wrong", part)
					}
				}
			}
		}
	})
}
