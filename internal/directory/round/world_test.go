package round

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"amelie/content"
	"amelie/internal/audit"
	"amelie/internal/db"
	"amelie/internal/db/dbtest"
	"amelie/internal/directory"
	"amelie/internal/i18n"
	"amelie/internal/jobs"
	"amelie/internal/mail"
	"amelie/internal/mail/mailtest"
	"amelie/internal/policy"
	"amelie/internal/vault"
	"amelie/internal/web"
)

// monday is a working day on which offices are open.
var monday = time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC)

var (
	lotte   = &web.Viewer{UserID: "u-lotte", Name: "Lotte Brand", AgencyID: "a-office", Roles: []string{"professional", "editor"}}
	midwife = &web.Viewer{UserID: "u-eleni", Name: "Eleni Mara", AgencyID: "a-hospital", Roles: []string{"professional"}}
)

// world is a directory with three invented bodies beside the shipped ones, a
// mail server, and people.
type world struct {
	t      *testing.T
	db     *db.DB
	d      *directory.Directory
	s      *Service
	jobs   *jobs.Runner
	post   *mailtest.Server
	site   http.Handler
	viewer *web.Viewer
	from   string
	now    time.Time
	told   []string
}

func schemas() []db.Schema {
	return []db.Schema{audit.Schema, jobs.Schema, directory.Schema, Schema}
}

func eachWorld(t *testing.T, story func(w *world)) {
	dbtest.Each(t, schemas(), func(t *testing.T, d *db.DB) { story(newWorld(t, d)) })
}

func newWorld(t *testing.T, d *db.DB) *world {
	w := &world{t: t, db: d, now: monday, from: "192.0.2.7:1000"}
	texts, err := i18n.Load(os.DirFS("../../../locale"), i18n.Languages)
	if err != nil {
		t.Fatal(err)
	}
	clock := func() time.Time { return w.now }
	secret := vault.NewServerSecret()
	w.d, err = directory.Open(t.Context(), directory.Config{DB: d, Content: content.FS, Texts: texts, Secret: secret, Now: clock, Policy: policy.Must(directory.Policy)})
	if err != nil {
		t.Fatal(err)
	}
	w.post = mailtest.New(t, nil)
	smtp, err := mail.NewSMTP(mail.Config{Addr: w.post.Addr(), From: "post@amelie.example", Name: "Amelie", CAFile: w.post.CAFile})
	if err != nil {
		t.Fatal(err)
	}
	sender := mail.NewSender(smtp, mail.Telling(texts, i18n.Languages))
	w.s = New(Config{DB: d, Directory: w.d, Texts: texts, Secret: secret, Now: clock, BaseURL: "https://amelie.example", Name: func() string { return "Amelie" }, CanMail: func() bool { return true },
		Mail: func(ctx context.Context, to, subject, text, id string) error {
			return sender.Send(ctx, mail.Message{To: to, Subject: subject, Text: text, ID: id})
		},
		Alert: func(*db.Tx) ([]Contact, error) { return []Contact{{"nikos@office.example", "el"}, {"", "en"}}, nil },
		Tell:  func(_ *db.Tx, c Contact) error { w.told = append(w.told, c.Email); return nil },
	})
	w.jobs = jobs.NewRunner(d, clock, nil)
	w.s.Handle(w.jobs)
	shell := web.New(web.Config{Languages: i18n.Languages, Texts: texts, Now: clock, Zone: time.UTC})
	shell.Authenticate = func(*http.Request) (*web.Viewer, error) { return w.viewer, nil }
	w.d.Mount(shell)
	w.s.Mount(shell)
	w.site = shell.Handler()
	w.bodies()
	return w
}

func (w *world) write(f func(tx *db.Tx) error) {
	w.t.Helper()
	if err := w.db.Write(w.t.Context(), f); err != nil {
		w.t.Fatal(err)
	}
	w.d.Refresh()
}

// bodies adds an office in Greece, a shelter in Germany whose address and
// mailbox are hidden, and a line in Italy without a mailbox.
func (w *world) bodies() {
	source := directory.Source{ID: "test", Title: "Test", Date: "2023"}
	body := func(id, country, name string, v directory.Service, places ...directory.Place) []directory.Change {
		text := directory.Text{"en": name + " helps.", "el": name + " βοηθά.", "de": name + " hilft."}
		o := directory.Organization{ID: id, Country: country, Name: name, Kind: "ngo", Group: directory.Support, Summary: text, Source: source}
		v.ID, v.Name, v.Summary, v.Area = id+"-1", name, text, []string{country}
		v.Roles, v.Helps = []string{"day-centre"}, []string{"counselling"}
		out := []directory.Change{{Row: directory.OfOrganization(o, 0), New: true}, {Row: directory.OfService(id, v, 0), New: true}}
		for _, p := range places {
			out = append(out, directory.Change{Row: directory.OfPlace(v.ID, p, 0), New: true})
		}
		return out
	}
	all := body("gr-lychnari", "GR", "Lychnari", directory.Service{
		Phones: []directory.Phone{{Number: "+302310000111", Printed: "2310 000111"}}, Emails: []directory.Email{{Address: "info@lychnari.example"}},
		Hours: directory.Hours{Zone: "Europe/Athens", Open: []directory.Opening{{Days: "Mo-Fr", From: "09:00", To: "14:00"}}}, Languages: []directory.Language{{Code: "el"}}})
	all = append(all, body("de-haus", "DE", "Haus am Fluss", directory.Service{
		Phones: []directory.Phone{{Number: "+493023125001", Printed: "030 23125 001"}}, Emails: []directory.Email{{Address: "leitung@haus.example", Visibility: directory.Hidden}}},
		directory.Place{ID: "de-haus-1-p1", Name: "Haus", Street: "Geheimweg 7", PostalCode: "10115", Town: "Berlin", Territory: "DE-BE", Lat: 52.5, Lon: 13.4, Address: directory.Hidden,
			Phones: []directory.Phone{{Number: "+493023125777", Printed: "030 23125 777", Visibility: directory.Hidden}}})...)
	all = append(all, body("it-linea", "IT", "Linea", directory.Service{Phones: []directory.Phone{{Number: "+390612345678", Printed: "06 12345678"}}})...)
	w.write(func(tx *db.Tx) error {
		return w.d.Change(tx, directory.By{User: "u-test", Way: directory.ByEditor}, w.now, all...)
	})
}

var ours = []string{"gr-lychnari", "de-haus", "it-linea"}

// round starts a round over the three bodies and sends its mails.
func (w *world) round() string {
	w.t.Helper()
	id, err := w.s.Start(w.t.Context(), lotte, Scope{Only: ours, Months: 6}, "once-round-1")
	if err != nil {
		w.t.Fatal(err)
	}
	w.due()
	return id
}

func (w *world) due() {
	w.t.Helper()
	if err := w.jobs.RunDue(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) sweep() {
	w.t.Helper()
	if err := w.s.Sweep(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	w.due()
}

func (w *world) body(round, organization string) (b Body) {
	w.t.Helper()
	w.write(func(tx *db.Tx) (err error) { b, err = w.s.body(tx, round, organization); return err })
	return b
}

func (w *world) service(id string) directory.Service {
	w.t.Helper()
	var r directory.Row
	w.write(func(tx *db.Tx) (err error) { r, err = w.d.Row(tx, directory.KindService, id); return err })
	return *r.Service
}

var linkShape = regexp.MustCompile(`https://amelie\.example(/[a-z]{2}/confirm/[a-z2-7]{26})`)

// mailed is the newest mail to an address, and the path of its link.
func (w *world) mailed(to string) (text, path string) {
	w.t.Helper()
	for _, m := range slices.Backward(w.post.Mails()) {
		if strings.Contains(m, "<"+to+">") {
			text = decodeMail(m)
			if l := linkShape.FindStringSubmatch(text); l != nil {
				return text, l[1]
			}
		}
	}
	w.t.Fatalf("no mail to %s", to)
	return "", ""
}

func (w *world) do(r *http.Request) (int, string) {
	r.RemoteAddr = w.from
	rec := httptest.NewRecorder()
	w.site.ServeHTTP(rec, r)
	body, _ := io.ReadAll(rec.Result().Body)
	return rec.Code, string(body)
}

func (w *world) get(path string) (int, string) { return w.do(httptest.NewRequest("GET", path, nil)) }

func (w *world) post_(path string, form url.Values) (int, string) {
	r := httptest.NewRequest("POST", path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return w.do(r)
}

// waiting are the suggestions for a body that wait for an editor.
func (w *world) waiting(organization string) (out []directory.Suggestion) {
	w.t.Helper()
	w.write(func(tx *db.Tx) error {
		list, err := w.d.SuggestionsOf(tx, organization)
		out = slices.DeleteFunc(list, func(s directory.Suggestion) bool { return s.State != directory.Waiting })
		return err
	})
	return out
}

func (w *world) checks(organization string) map[string]directory.Verification {
	w.t.Helper()
	out := map[string]directory.Verification{}
	w.write(func(tx *db.Tx) error {
		list, err := w.d.Checks(tx, organization)
		for _, c := range list {
			out[c.Row+" "+string(c.Part)] = c
		}
		return err
	})
	return out
}
