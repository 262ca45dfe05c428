package desk

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"amelie/internal/audit"
	"amelie/internal/db"
	"amelie/internal/db/dbtest"
	"amelie/internal/directory"
	"amelie/internal/policy"
	"amelie/internal/vault"
	"amelie/internal/web"
)

var tuesday = time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC)

// office is the desk of a small installation: two editors, the leads of A21's
// own agency and of another, a nurse.
type office struct {
	t    testing.TB
	db   *db.DB
	d    *directory.Directory
	k    *Desk
	site http.Handler
	now  time.Time
}

var staff = map[string]*web.Viewer{
	"lotte": {UserID: "u-lotte", Name: "Lotte", AgencyID: "a-office", Roles: []string{"professional", "editor"}},
	"nikos": {UserID: "u-nikos", Name: "Nikos", AgencyID: "a-office", Roles: []string{"professional", "coordinator"}},
	"sofia": {UserID: "u-sofia", Name: "Sofia", AgencyID: "a-a21", AgencyName: "A21", Roles: []string{"lead"}},
	"otto":  {UserID: "u-otto", Name: "Otto", AgencyID: "a-other", Roles: []string{"lead"}},
	"nurse": {UserID: "u-nurse", Name: "Nurse", AgencyID: "a-a21", Roles: []string{"professional"}},
	"petra": {UserID: "u-petra", Name: "Petra", AgencyID: "a-office", Roles: []string{"administrator"}},
}

func eachOffice(t *testing.T, story func(o *office)) {
	texts := sentences(t)
	dbtest.Each(t, []db.Schema{audit.Schema, directory.Schema}, func(t *testing.T, d *db.DB) {
		o := &office{t: t, db: d, now: tuesday}
		now := func() time.Time { return o.now }
		secret, err := vault.LoadServerSecret(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		owner := func(_ *db.Tx, organization string) (string, error) {
			return map[string]string{"gr-a21": "a-a21"}[organization], nil
		}
		o.d, err = directory.Open(t.Context(), directory.Config{DB: d, Content: os.DirFS("../../../content"), Texts: texts, Secret: secret, Now: now,
			Policy: policy.Must(directory.Policy), Owner: owner})
		if err != nil {
			t.Fatal(err)
		}
		o.k = New(Config{DB: d, Directory: o.d, Texts: texts, Now: now, Organization: func(_ *db.Tx, agency string) (string, error) {
			return map[string]string{"a-a21": "gr-a21"}[agency], nil
		}})
		shell := web.New(web.Config{Texts: texts, Languages: []string{"en", "el", "it", "de", "nl", "fr"}, Now: now, Zone: time.UTC})
		shell.Authenticate = func(r *http.Request) (*web.Viewer, error) { return staff[r.Header.Get("X-Staff")], nil }
		o.d.Mount(shell)
		o.k.Mount(shell)
		o.site = shell.Handler()
		story(o)
	})
}

// page is an answer.
type page struct {
	o      *office
	who    string
	status int
	where  string
	raw    string
}

func (o *office) ask(who, method, path string, form url.Values) page {
	o.t.Helper()
	o.now = o.now.Add(2 * time.Second)
	r := httptest.NewRequestWithContext(context.Background(), method, path, strings.NewReader(form.Encode()))
	r.Header.Set("X-Staff", who)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	w := httptest.NewRecorder()
	o.site.ServeHTTP(w, r)
	return page{o, who, w.Code, w.Header().Get("Location"), w.Body.String()}
}

func (o *office) visits(who, path string) page { return o.ask(who, http.MethodGet, path, nil) }

func (p page) is(status int) page {
	p.o.t.Helper()
	if p.status != status {
		p.o.t.Fatalf("%s: status %d instead of %d\n%.3000s", p.who, p.status, status, p.text())
	}
	return p
}

var tags = regexp.MustCompile(`(?s)<(script|style|svg).*?</(script|style|svg)>|<[^>]*>`)

func (p page) text() string {
	return strings.Join(strings.Fields(html.UnescapeString(tags.ReplaceAllString(p.raw, " "))), " ")
}

func (p page) says(phrases ...string) page {
	p.o.t.Helper()
	for _, want := range phrases {
		if !strings.Contains(p.text(), want) {
			p.o.t.Errorf("%s does not read %q in\n%.3000s", p.who, want, p.text())
		}
	}
	return p
}

func (p page) silent(phrases ...string) page {
	p.o.t.Helper()
	for _, no := range phrases {
		if strings.Contains(p.text(), no) {
			p.o.t.Errorf("%s reads %q", p.who, no)
		}
	}
	return p
}

var (
	inputs    = regexp.MustCompile(`<input [^>]*>`)
	areas     = regexp.MustCompile(`(?s)<textarea [^>]*name="([^"]*)"[^>]*>(.*?)</textarea>`)
	selects   = regexp.MustCompile(`(?s)<select [^>]*name="([^"]*)"[^>]*>(.*?)</select>`)
	selected  = regexp.MustCompile(`<option value="([^"]*)" selected>`)
	attribute = regexp.MustCompile(`(name|value|type)="([^"]*)"`)
	mainPart  = regexp.MustCompile(`(?s)<main.*</main>`)
)

// form is what a browser would send of the forms on the page.
func (p page) form() url.Values {
	out := url.Values{}
	main := mainPart.FindString(p.raw)
	for _, in := range inputs.FindAllString(main, -1) {
		a := map[string]string{}
		for _, m := range attribute.FindAllStringSubmatch(in, -1) {
			a[m[1]] = html.UnescapeString(m[2])
		}
		if (a["type"] == "checkbox" || a["type"] == "radio") && !strings.Contains(in, " checked") {
			continue
		}
		out.Add(a["name"], a["value"])
	}
	for _, m := range areas.FindAllStringSubmatch(main, -1) {
		out.Set(m[1], html.UnescapeString(m[2]))
	}
	for _, m := range selects.FindAllStringSubmatch(main, -1) {
		value := ""
		if s := selected.FindStringSubmatch(m[2]); s != nil {
			value = html.UnescapeString(s[1])
		}
		out.Set(m[1], value)
	}
	return out
}

// fills opens a form, changes some fields and sends it.
func (o *office) fills(who, path string, changes ...string) page {
	o.t.Helper()
	form := o.visits(who, path).is(200).form()
	for i := 0; i+1 < len(changes); i += 2 {
		form.Set(changes[i], changes[i+1])
	}
	return o.ask(who, http.MethodPost, path, form)
}

func (o *office) service(id string) *directory.Service {
	o.t.Helper()
	var r directory.Row
	err := o.db.Read(context.Background(), func(tx *db.Tx) (err error) { r, err = o.d.Row(tx, directory.KindService, id); return err })
	if err != nil {
		o.t.Fatal(err)
	}
	return r.Service
}

const (
	line = "gr-a21-1109"
	row  = "/desk/row/service/" + line
)

func TestAnEditorCorrectsAnHourAndANumberInGreekAndItIsLive(t *testing.T) {
	eachOffice(t, func(o *office) {
		o.visits("nikos", "/el/desk").is(200).says("Φροντίδα του καταλόγου")
		o.visits("nikos", "/el/desk/gr-a21").is(200).says("Ωράριο", "Επεξεργασία")
		o.fills("nikos", "/el"+row+"/edit/hours", "always", "", "hours", "Δευ-Παρ 9-14\nΣάβ 10-12").is(303)
		if got := o.service(line).Hours; got.Always || len(got.Open) != 2 || got.Open[0].Days != "Mo-Fr" || got.Zone != "Europe/Athens" {
			t.Errorf("%+v", got)
		}
		o.visits("", "/el/entry/"+line).is(200).says("09:00–14:00")
		o.fills("nikos", "/el"+row+"/edit/hours", "hours", "Δευ-Παρ πρωί").is(422).says("πρωί")
		before := len(o.service(line).Phones)
		added := o.fills("nikos", "/el"+row+"/edit/contact", "do", "add-phones").is(200).form()
		added.Set(fmt.Sprintf("phones.%d.number", before), "2310 019 880")
		added.Del("do")
		o.ask("nikos", http.MethodPost, "/el"+row+"/edit/contact", added).is(303)
		phones := o.service(line).Phones
		if len(phones) != before+1 || phones[before].Number != "+302310019880" || phones[before].Printed != "2310 019 880" {
			t.Errorf("%+v", phones)
		}
		o.visits("nikos", "/el"+row+"/history").is(200).says("Άλλαξε", "Nikos")
	})
}

// req: DESK-3
func TestTheOwnersWordsGoLiveAndHerNumbersWaitForACall(t *testing.T) {
	eachOffice(t, func(o *office) {
		o.visits("sofia", "/en/desk").is(303)
		o.visits("sofia", "/en/desk/gr-a21").is(200).says("This is your own entry")
		o.fills("sofia", "/en"+row+"/edit/words", "Summary.en", "Changed by its owner.").is(303)
		if got := o.service(line).Summary["en"]; got != "Changed by its owner." {
			t.Errorf("%q", got)
		}
		was := o.service(line).Phones
		o.fills("sofia", "/en"+row+"/edit/contact", "phones.0.number", "2310 555 666").is(303)
		if got := o.service(line).Phones; got[0].Number != was[0].Number || got[0].Short != was[0].Short {
			t.Fatalf("a number went live without a call: %+v", got)
		}
		var waiting []directory.Suggestion
		err := o.db.Read(t.Context(), func(tx *db.Tx) (err error) { waiting, err = o.d.Suggestions(tx, directory.Waiting); return err })
		if err != nil || len(waiting) != 1 {
			t.Fatalf("%v %v", waiting, err)
		}
		path := "/de/desk/suggestions/" + waiting[0].ID
		o.visits("sofia", path).is(200) // she sees what became of it
		o.ask("sofia", http.MethodPost, path, url.Values{"do": {"accept"}, "called": {was[0].Short}}).is(403)
		o.visits("otto", path).is(404)
		o.fills("lotte", path, "do", "accept").is(422)
		o.fills("lotte", path, "do", "accept", "called", "+302310555666").is(422)
		o.fills("lotte", path, "do", "accept", "called", was[0].Short+was[0].Number, "spoke", "Leitung").is(303)
		if got := o.service(line).Phones; got[0].Number != "+302310555666" {
			t.Errorf("%+v", got[0])
		}
		o.visits("sofia", path).is(200).says("Angenommen", "Gesprochen mit: Leitung")
		o.visits("", "/en/entry/"+line).is(200).says("2310 555 666")
	})
}

func TestWhatABodyWroteStandsAsTypedAndWhatTheProgramSaysOfItInTheReadersWords(t *testing.T) {
	eachOffice(t, func(o *office) {
		var id string
		err := o.db.Write(t.Context(), func(tx *db.Tx) error {
			r, err := o.d.Row(tx, directory.KindOrganization, "be-payoke")
			if err != nil {
				return err
			}
			by := directory.By{User: "link/be-payoke", Name: "Payoke", Way: directory.ByLink}
			id, err = o.d.Suggest(tx, by, o.now, directory.Change{Row: r, Note: "Vraag naar het onthaal.", NoteLang: "nl", Told: directory.ToldGone})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		o.visits("lotte", "/en/desk/suggestions/"+id).is(200).says("They say that they no longer exist", "Dutch")
		german := o.visits("lotte", "/de/desk/suggestions/"+id).is(200).says("Sie sagen, dass es sie nicht mehr gibt", "Niederländisch")
		if !strings.Contains(german.raw, `lang="nl">Vraag naar het onthaal.`) {
			t.Error("the words are not marked as Dutch")
		}
		history := func() (n int) {
			err := o.db.Read(t.Context(), func(tx *db.Tx) error {
				past, err := o.d.History(tx, directory.KindOrganization, "be-payoke")
				n = len(past)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		before := history()
		o.fills("lotte", "/en/desk/suggestions/"+id, "do", "accept").is(303)
		if after := history(); after != before {
			t.Errorf("words alone changed the entry: %d versions, not %d", after, before)
		}
		o.visits("lotte", "/de/desk/suggestions").is(200).says("Sie sagen, dass es sie nicht mehr gibt")
	})
}

// req: DESK-4
func TestOfTwoEditorsTheSecondSeesBothVersionsAndDecides(t *testing.T) {
	eachOffice(t, func(o *office) {
		second := o.visits("nikos", "/en"+row+"/edit/words?all=1").is(200).form()
		o.fills("lotte", "/en"+row+"/edit/words?all=1", "Summary.en", "Lotte's words.", "Summary.de", "Lottes Worte.").is(303)
		second.Set("Summary.en", "Words of Nikos.")
		second.Set("Summary.el", "Λόγια του Νίκου.")
		both := o.ask("nikos", http.MethodPost, "/en"+row+"/edit/words", second).is(409).says("Lotte's words.", "Words of Nikos.", "Λόγια του Νίκου.", "Lottes Worte.")
		if o.service(line).Summary["en"] != "Lotte's words." {
			t.Fatal("overwritten")
		}
		form := both.form()
		form.Set("take.Summary.en", "mine")
		// A third change comes between; what it touched is kept.
		o.fills("lotte", "/en"+row+"/edit/words?all=1", "Summary.fr", "Mots de Lotte.").is(303)
		o.ask("nikos", http.MethodPost, "/en"+row+"/merge/words", form).is(303)
		got := o.service(line).Summary
		for lang, want := range map[string]string{"en": "Words of Nikos.", "el": "Λόγια του Νίκου.", "de": "Lottes Worte.", "fr": "Mots de Lotte."} {
			if got[lang] != want {
				t.Errorf("%s: %q", lang, got[lang])
			}
		}
		// Different fields need no decision.
		third := o.visits("nikos", "/en"+row+"/edit/hours").is(200).form()
		o.fills("lotte", "/en"+row+"/edit/words?all=1", "Summary.it", "Parole.").is(303)
		third.Del("always")
		third.Set("hours", "Mo-Fr 9-14")
		o.ask("nikos", http.MethodPost, "/en"+row+"/edit/hours", third).is(303)
		if s := o.service(line); s.Summary["it"] != "Parole." || len(s.Hours.Open) != 1 {
			t.Error("one of two changes is lost")
		}
	})
}

// req: DESK-5
func TestAFormThatArrivesInPartOpensNothingHidden(t *testing.T) {
	eachOffice(t, func(o *office) {
		const hidden = "gr-a21-support" // has a mailbox that is never published
		was := o.service(hidden).Emails
		if len(was) == 0 || was[0].Visibility != directory.Hidden {
			t.Fatalf("%+v", was)
		}
		o.ask("lotte", http.MethodPost, "/en/desk/row/service/"+hidden+"/edit/contact", url.Values{"revision": {"0"}, "rows-phones": {"0"}, "phones.0.number": {"2310 555 666"},
			"rows-emails": {"0"}, "emails.0.address": {was[0].Address}, "rows-links": {"-"}}).is(303)
		if got := o.service(hidden).Emails; len(got) != 1 || got[0].Visibility != directory.Hidden {
			t.Errorf("%+v", got)
		}
	})
}

// A field that only professionals see is on no public page; the place whose
// address is hidden keeps its contacts hidden.
func TestWhatAnEditorHidesIsGoneFromThePublicPage(t *testing.T) {
	eachOffice(t, func(o *office) {
		o.visits("", "/en/entry/"+line).is(200).says("interpreter joins by telephone")
		o.fills("lotte", "/en"+row+"/edit/seen", "hide.WhenYouCall", "professional").is(303)
		if text := o.visits("", "/en/entry/"+line).is(200).text(); strings.Contains(text, "interpreter joins by telephone") {
			t.Error("it is still there")
		}
		o.fills("lotte", "/en"+row+"/edit/seen", "hide.Entry", "hidden").is(303)
		o.visits("", "/en/entry/"+line).is(404)
	})
}

func TestTheDeskDoesNotExistForOthers(t *testing.T) {
	eachOffice(t, func(o *office) {
		for _, path := range []string{"/en/desk", "/en/desk/gr-a21", "/en" + row + "/edit/hours", "/en" + row + "/history", "/en/desk/changes", "/en/desk/work", "/en/desk/suggestions", "/en/desk/languages/el", "/en/desk/release", "/en/desk/new"} {
			for _, who := range []string{"otto", "nurse"} {
				o.visits(who, path).is(404)
			}
		}
		o.visits("sofia", "/en/desk/gr-ekka").is(404)
		o.visits("sofia", "/en/desk/work").is(404)
		o.visits("petra", "/en/desk/gr-a21").is(200).says("not change it")
		o.visits("petra", "/en"+row+"/edit/hours").is(403)
	})
}

func TestAnEditorMakesTakesOutAndBringsBack(t *testing.T) {
	eachOffice(t, func(o *office) {
		made := o.fills("lotte", "/de/desk/new", "country", "DE", "name", "Beratungsstelle Größe", "kind", "ngo", "summary", "Berät.", "roles", "", "helps", "").is(422).form()
		made.Set("roles", "ngo")
		made.Set("helps", "counselling")
		var ok page
		for _, role := range []string{"ngo", "specialised-centre", "helpline"} {
			made.Set("roles", role)
			if ok = o.ask("lotte", http.MethodPost, "/de/desk/new", made); ok.status == 303 {
				break
			}
		}
		if ok.is(303).where != "/de/desk/de-beratungsstelle-groesse" {
			t.Fatalf("made at %q", ok.where)
		}
		id := "de-beratungsstelle-groesse-beratungsstelle-groesse"
		o.visits("", "/de/entry/"+id).is(200).says("Berät.")
		o.fills("lotte", "/de/desk/row/service/"+id+"/add", "town", "Köln", "street", "Domstr. 1").is(303)
		o.fills("lotte", "/de/desk/row/service/"+id+"/remove", "note", "").is(422)
		o.fills("lotte", "/de/desk/row/service/"+id+"/remove", "note", "doppelt").is(303)
		o.visits("", "/de/entry/"+id).is(404)
		changes := o.visits("nikos", "/en/desk/changes").is(200).says("Taken out", "doppelt")
		past := regexp.MustCompile(`/en/desk/changes/[0-9a-f-]{36}`).FindAllString(changes.raw, -1)
		if len(past) < 2 {
			t.Fatal("no way back")
		}
		for _, p := range past[:2] { // the place and its service, in either order
			o.ask("nikos", http.MethodPost, p, o.visits("nikos", p).is(200).form())
		}
		for _, p := range past[:2] {
			o.ask("nikos", http.MethodPost, p, o.visits("nikos", p).form())
		}
		o.visits("", "/de/entry/"+id).is(200).says("Berät.", "Köln")
	})
}

func TestWhatIsAllRightIsLeftUntilItsFieldChanges(t *testing.T) {
	eachOffice(t, func(o *office) {
		work := func() int {
			return strings.Count(o.visits("lotte", "/en/desk/work?kind=hours-missing").is(200).raw, "because …")
		}
		before := work()
		if before == 0 {
			t.Fatal("no hours are missing")
		}
		form := url.Values{"row": {"service"}, "id": {"be-payoke-support"}, "finding": {"hours-missing"}, "field": {"Hours"}, "reason": {"by appointment only"}}
		o.ask("lotte", http.MethodPost, "/en/desk/work", form).is(303)
		if got := work(); got != before-1 {
			t.Errorf("%d of %d left", got, before)
		}
		o.fills("lotte", "/en/desk/row/service/be-payoke-support/edit/hours", "hours-note", "By appointment.").is(303)
		if got := work(); got != before {
			t.Errorf("%d of %d after the field changed", got, before)
		}
		link := url.Values{"row": {"organization"}, "id": {"gr-a21"}, "finding": {"link-look"}, "field": {"Website"}, "do": {"dead"}}
		o.ask("lotte", http.MethodPost, "/en/desk/work", link).is(303)
		o.visits("lotte", "/en/desk/work?kind=link-dead").is(200).says("A21")
	})
}
