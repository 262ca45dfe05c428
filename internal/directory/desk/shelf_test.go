package desk

import (
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"amelie/internal/db"
	"amelie/internal/directory"
)

// onShelf lends the shelf of a desk.
func (o *office) onShelf(k *Desk, look func(s *shelf)) {
	o.t.Helper()
	if err := o.db.Read(o.t.Context(), func(tx *db.Tx) error { return k.reading(tx, o.now, look) }); err != nil {
		o.t.Fatal(err)
	}
}

// told is all that a shelf says, without where it keeps it.
type told struct {
	Lines          []string
	Numbers        map[string]int
	Kinds          map[string][2]int
	Langs          map[string]int
	Lacking        []int
	Tally          []counts
	Findings, Gaps int
}

func tell(s *shelf, now time.Time) told {
	out := told{Numbers: s.numbers, Kinds: map[string][2]int{}, Langs: s.langs, Tally: s.tally}
	for kind, p := range s.kinds {
		out.Kinds[kind] = [2]int{len(p.open), len(p.left)}
	}
	for _, list := range s.lacking {
		out.Lacking = append(out.Lacking, len(list))
	}
	for _, b := range s.bodies {
		out.Lines = append(out.Lines, fmt.Sprint(b.Row, b.country, b.words, b.services, b.edited, b.verified))
		for i := range b.found {
			f := &b.found[i]
			out.Lines = append(out.Lines, fmt.Sprint(f.key(), f.Detail, f.To, f.from, s.holds(f, now), f.Dismissed))
		}
		out.Findings, out.Gaps = out.Findings+len(b.found), out.Gaps+len(b.gaps)
	}
	return out
}

func TestAShelfThatFollowsIsTheSameAsOneThatIsReadAnew(t *testing.T) {
	eachOffice(t, func(o *office) {
		o.onShelf(o.k, func(*shelf) {})
		press := func(do, row, id, finding, field string) {
			o.ask("lotte", http.MethodPost, "/en/desk/work", url.Values{"row": {row}, "id": {id}, "finding": {finding}, "field": {field}, "do": {do}, "reason": {"it is so"}}).is(303)
		}
		for _, step := range []func(){
			func() {
				o.fills("lotte", "/en/desk/row/service/be-payoke-support/edit/hours", "hours-note", "By appointment.").is(303)
			},
			func() { press("", "service", "be-payoke-support", "hours-missing", "Hours") },
			func() { press("dead", "organization", "gr-a21", "link-look", "Website") },
			func() { press("back", "service", "be-payoke-support", "hours-missing", "Hours") },
			func() {
				o.fills("lotte", "/en/desk/row/service/be-payoke-support/edit/words?from=en&to=el", "Summary.el", "Μόνο στα ελληνικά.").is(303)
			},
			func() { o.adds("be-new-house", "+3225551234", "https://new.example/") },
			func() { o.adds("be-other-house", "+3225551234", "https://other.example/") }, // the number stands twice now
			func() { o.takesOut("be-new-house") },
			func() { o.now = o.now.AddDate(3, 0, 0) }, // everything is old now
		} {
			step()
			var followed, fresh told
			o.onShelf(o.k, func(s *shelf) { followed = tell(s, o.now) })
			o.onShelf(New(o.k.cfg), func(s *shelf) { fresh = tell(s, o.now) })
			if !reflect.DeepEqual(followed, fresh) {
				for i := range min(len(followed.Lines), len(fresh.Lines)) {
					if followed.Lines[i] != fresh.Lines[i] {
						o.t.Fatalf("followed: %s\nfresh: %s", followed.Lines[i], fresh.Lines[i])
					}
				}
				o.t.Fatalf("%d lines followed, %d fresh; %v %v; %v %v", len(followed.Lines), len(fresh.Lines), followed.Kinds, fresh.Kinds, followed.Langs, fresh.Langs)
			}
		}
	})
}

// adds puts an organisation with one service.
func (o *office) adds(id, number, link string) {
	o.t.Helper()
	text := directory.Text{"en": "Helps."}
	body := directory.Organization{ID: id, Country: "BE", Name: id, Kind: "ngo", Group: directory.Support, Summary: text, Website: []directory.Link{{URL: link}}, Source: directory.Source{ID: "test", Title: "Test", Date: "2023"}}
	service := directory.Service{ID: id + "-1", Name: id, Summary: text, Area: []string{"BE"}, Roles: []string{"day-centre"}, Helps: []string{"counselling"}, Phones: []directory.Phone{{Number: number, Printed: number}}}
	o.changes(directory.Change{Row: directory.OfOrganization(body, 0), New: true}, directory.Change{Row: directory.OfService(id, service, 0), New: true})
}

func (o *office) takesOut(id string) {
	o.t.Helper()
	var tree directory.Tree
	if err := o.db.Read(o.t.Context(), func(tx *db.Tx) (err error) { tree, err = o.d.Tree(tx, id); return err }); err != nil {
		o.t.Fatal(err)
	}
	var list []directory.Change
	for _, r := range rowsOf(tree) {
		list = append(list, directory.Change{Row: r, Remove: true})
	}
	o.changes(list...)
}

func (o *office) changes(list ...directory.Change) {
	o.t.Helper()
	err := o.db.Write(o.t.Context(), func(tx *db.Tx) error {
		return o.d.Change(tx, directory.By{User: "u-lotte", Way: directory.ByEditor}, o.now, list...)
	})
	if err != nil {
		o.t.Fatal(err)
	}
	o.d.Refresh()
}

// seenLinks stands for the checker of links.
type seenLinks map[string]LinkSeen

func (l seenLinks) Of(_ *db.Tx, url string) (LinkSeen, error) { return l[url], nil }
func (l seenLinks) Each(_ *db.Tx, see func(string, LinkSeen)) error {
	for url, s := range l {
		see(url, s)
	}
	return nil
}

func TestADeadLinkIsToldWithItsDayAndAMovedOneIsTakenByOnePress(t *testing.T) {
	eachOffice(t, func(o *office) {
		old := "https://old.example/help"
		o.k.cfg.Links = seenLinks{
			"https://gone.example/": {Dead: true, Why: "unsafe", Since: o.now.AddDate(0, 0, -21), Checked: o.now},
			old:                     {Moved: "https://new.example/help", Checked: o.now},
			"https://fine.example/": {Checked: o.now},
		}
		o.adds("be-one", "+3225550001", "https://gone.example/")
		o.adds("be-two", "+3225550002", old)
		o.adds("be-three", "+3225550003", "https://fine.example/")
		o.visits("lotte", "/en/desk/work?kind=link-dead").is(200).says("be-one", "Leads nowhere since 3 November 2026", "certificate").silent("be-three")
		o.visits("lotte", "/de/desk/work?kind=link-dead").is(200).says("Führt seit 3. November 2026 ins Leere")
		o.visits("lotte", "/en/desk/work?kind=link-look").is(200).silent("be-one", "be-two", "be-three")
		o.visits("lotte", "/en/desk/work?kind=link-moved").is(200).says("be-two", "It has moved to", "https://new.example/help")
		o.visits("nurse", "/en/entry/be-two-1").silent("moved", "new.example")

		form := url.Values{"row": {"organization"}, "id": {"be-two"}, "finding": {"link-moved"}, "field": {"Website"}, "detail": {old}, "to": {"https://evil.example/"}}
		o.ask("lotte", http.MethodPost, "/en/desk/work/moved", form).is(303)
		if got := o.website("be-two"); got != old {
			t.Fatalf("an address that nobody saw was taken: %s", got)
		}
		form.Set("to", "https://new.example/help")
		o.ask("nurse", http.MethodPost, "/en/desk/work/moved", form).is(404)
		o.ask("petra", http.MethodPost, "/en/desk/work/moved", form).is(403)
		o.ask("lotte", http.MethodPost, "/en/desk/work/moved", form).is(303)
		o.ask("lotte", http.MethodPost, "/en/desk/work/moved", form).is(303) // pressed twice
		if got := o.website("be-two"); got != "https://new.example/help" {
			t.Fatalf("the new address was not taken: %s", got)
		}
		o.visits("lotte", "/en/desk/row/organization/be-two/history").is(200).says(old)
	})
}

func (o *office) website(id string) string {
	o.t.Helper()
	var r directory.Row
	if err := o.db.Read(o.t.Context(), func(tx *db.Tx) (err error) { r, err = o.d.Row(tx, directory.KindOrganization, id); return err }); err != nil {
		o.t.Fatal(err)
	}
	return r.Organization.Website[0].URL
}

func TestNoDoorOfTheDeskIsShownToWhoMayNotPassIt(t *testing.T) {
	eachOffice(t, func(o *office) {
		for who, shown := range map[string]bool{"lotte": true, "petra": false} {
			page := o.visits(who, "/en/desk").is(200)
			for _, path := range []string{"/en/desk/work", "/en/desk/suggestions", "/en/desk/changes", "/en/desk/languages/en"} {
				if strings.Contains(page.raw, `href="`+path+`"`) != shown {
					t.Errorf("%s on the desk of %s", path, who)
				}
			}
		}
	})
}

func TestListsTurnTheirPagesBySearchingAfterAnEntry(t *testing.T) {
	eachOffice(t, func(o *office) {
		for i := range 65 {
			o.adds(fmt.Sprintf("be-zz-house-%02d", i), fmt.Sprintf("+32255510%02d", i), fmt.Sprintf("https://h%02d.example/", i))
		}
		first := o.visits("lotte", "/en/desk?q=zz+house").is(200).says("65 organisations", "1 to 30 of 65", "be-zz-house-29").silent("be-zz-house-30")
		if !strings.Contains(first.raw, "after=be-zz-house-29") {
			t.Error("the next page does not begin after an entry")
		}
		o.takesOut("be-zz-house-29") // meanwhile: nothing is missed
		o.visits("lotte", "/en/desk?q=zz+house&after=be-zz-house-29").is(200).says("be-zz-house-30", "be-zz-house-59", "30 to 59 of 64").silent("be-zz-house-60", "be-zz-house-28")
		o.visits("lotte", "/en/desk?q=zz+house&before=be-zz-house-30").is(200).says("be-zz-house-00", "be-zz-house-28").silent("be-zz-house-30")
		o.visits("lotte", "/en/desk/work?kind=link-look&q=zz+house").is(200).says("be-zz-house-00").silent("A21")
		o.visits("lotte", "/en/desk/languages/el?q=zz+house").is(200).says("be-zz-house-00", "1 to 100 of 128").silent("A21")
		o.visits("lotte", "/en/desk/languages/el?q=zz+house&after=be-zz-house-50").is(200).says("be-zz-house-51").silent("be-zz-house-50")
	})
}
