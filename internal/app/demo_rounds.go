package app

import (
	"fmt"
	"time"

	"amelie/internal/db"
	"amelie/internal/directory"
	"amelie/internal/directory/round"
)

// demoBody is an invented body of the directory, so that nobody real seems to
// have answered. Its numbers belong to nobody: reserved for invented stories in
// Germany, impossible in Greece, Italy and Belgium.
type demoBody struct {
	id, country, name, phone, printed, mail, area string
	hours                                         directory.Hours
	speaks                                        []string
	place                                         *directory.Place
	site                                          string
}

// Websites of invented bodies that lead nowhere, and elsewhere.
const (
	demoDeadLink  = "https://lychnari.invalid/"
	demoMovedLink = "https://fluss.invalid/beratung"
)

func weekdays(zone, from, to string) directory.Hours {
	return directory.Hours{Zone: zone, Open: []directory.Opening{{Days: "Mo-Fr", From: from, To: to}}}
}

var demoBodies = []demoBody{
	{"gr-demo-lychnari", "GR", "Lychnari (invented)", "+302310000111", "2310 000111", "info@lychnari.invalid", "GR-B", weekdays("Europe/Athens", "09:00", "14:00"), []string{"el", "ro"}, nil, demoDeadLink},
	{"de-demo-fluss", "DE", "Beratung am Fluss (invented)", "+493023125001", "030 23125 001", "kontakt@fluss.invalid", "DE-BE", weekdays("Europe/Berlin", "10:00", "16:00"), []string{"de", "bg"}, nil, demoMovedLink},
	{"it-demo-lume", "IT", "Lume (invented)", "+390600000123", "06 00000123", "", "IT-62", weekdays("Europe/Rome", "08:30", "18:00"), []string{"it"}, nil, ""},
	{"be-demo-brug", "BE", "De Brug (invented)", "+3230000111", "03 000 01 11", "onthaal@brug.invalid", "BE-VAN", directory.Hours{}, []string{"nl", "fr"},
		&directory.Place{Street: "Stille Straat 1", PostalCode: "2000", Town: "Antwerpen", Territory: "BE-VAN", Lat: 51.22, Lon: 4.4, Address: directory.Hidden}, ""},
	{"de-demo-ufer", "DE", "Ufertreff (invented)", "+493023125002", "030 23125 002", "post@ufer.invalid", "DE-BE", weekdays("Europe/Berlin", "09:00", "12:00"), []string{"de"}, nil, ""},
}

func (b demoBody) changes() []directory.Change {
	text := directory.Text{"en": "An invented body of the demonstration.", "el": "Ένας φορέας της επίδειξης, δεν υπάρχει.", "it": "Un organismo inventato per la dimostrazione.",
		"de": "Eine erfundene Stelle der Vorführung.", "nl": "Een verzonnen organisatie van de demonstratie.", "fr": "Un organisme inventé pour la démonstration."}
	o := directory.Organization{ID: b.id, Country: b.country, Name: b.name, Kind: "ngo", Group: directory.Support, Summary: text,
		Source: directory.Source{ID: "demo", Title: "Demonstration", Date: "2024"}}
	v := directory.Service{ID: b.id + "-1", Name: b.name, Summary: text, Roles: []string{"day-centre"}, Helps: []string{"information-training"}, Area: []string{b.area}, Hours: b.hours,
		Phones: []directory.Phone{{Number: b.phone, Printed: b.printed}}}
	if b.site != "" {
		v.Website = []directory.Link{{URL: b.site}}
	}
	if b.mail != "" {
		v.Emails = []directory.Email{{Address: b.mail}}
	}
	for _, l := range b.speaks {
		v.Languages = append(v.Languages, directory.Language{Code: l})
	}
	out := []directory.Change{{Row: directory.OfOrganization(o, 0), New: true}, {Row: directory.OfService(b.id, v, 0), New: true}}
	if b.place != nil {
		p := *b.place
		p.ID = v.ID + "-place-1"
		out = append(out, directory.Change{Row: directory.OfPlace(v.ID, p, 0), New: true})
	}
	return out
}

// rounds is a round under way over invented bodies, with answers, a call that
// nobody took, and what visitors reported. What is real stays unverified.
func (d *demoSeed) rounds() error {
	d.at(-39 * 24 * time.Hour)
	var all []directory.Change
	var only []string
	for _, b := range demoBodies {
		all, only = append(all, b.changes()...), append(only, b.id)
	}
	err := d.a.DB.Write(d.ctx, func(tx *db.Tx) error {
		return d.a.Directory.Change(tx, directory.By{User: "demo", Name: "Demo", Way: directory.ByEditor}, d.clock.now(), all...)
	})
	if err != nil {
		return err
	}
	d.a.Directory.Refresh()
	d.at(-9 * 24 * time.Hour)
	id, err := d.a.Rounds.Start(d.ctx, d.viewers["coordinator"], round.Scope{Only: only, Months: 6}, "demo-round-0000000")
	if err != nil {
		return err
	}
	d.at(-9*24*time.Hour + 10*time.Minute)
	if err := d.a.Jobs.RunDue(d.ctx); err != nil {
		return err
	}
	return d.answers(id)
}

func (d *demoSeed) answers(id string) error {
	answer := func(body string, after time.Duration, a func(o round.Opened) round.Answers) error {
		d.at(-9*24*time.Hour + after)
		path, err := d.a.Rounds.LinkOf(d.ctx, id, body)
		if err != nil {
			return err
		}
		secret := path[len("/confirm/"):]
		o, err := d.a.Rounds.Open(d.ctx, secret)
		if err != nil {
			return err
		}
		return d.a.Rounds.Answer(d.ctx, secret, "demo-answer-"+body, a(o))
	}
	if err := answer("de-demo-fluss", 5*time.Hour, func(round.Opened) round.Answers { return round.Answers{All: true} }); err != nil {
		return fmt.Errorf("right: %w", err)
	}
	err := answer("gr-demo-lychnari", 26*time.Hour, func(o round.Opened) round.Answers {
		row := o.Rows[0].Stored
		v := *row.Service
		v.Hours = weekdays("Europe/Athens", "09:00", "16:00")
		v.Phones = []directory.Phone{{Number: "+302310000222", Printed: "2310 000222"}}
		row.Service = &v
		return round.Answers{Rows: []round.RowAnswer{{Row: row, Changed: true, Revision: row.Revision, Right: []directory.Part{directory.PartLanguages}}}}
	})
	if err != nil {
		return fmt.Errorf("corrected: %w", err)
	}
	if err := answer("de-demo-ufer", 50*time.Hour, func(round.Opened) round.Answers { return round.Answers{Gone: true} }); err != nil {
		return fmt.Errorf("gone: %w", err)
	}
	d.at(-4 * 24 * time.Hour)
	if err := d.a.Rounds.Call(d.ctx, d.viewers["editor"], id, "it-demo-lume", round.Called{Outcome: round.CallNobody, Once: "demo-call-00000001"}); err != nil {
		return fmt.Errorf("call: %w", err)
	}
	return d.reports()
}

func (d *demoSeed) reports() error {
	for i, r := range []struct {
		ago  time.Duration
		told round.Told
	}{
		{70 * time.Hour, round.Told{Service: "de-demo-ufer-1", What: round.NumberDead, Words: "Nobody has answered for a week. (invented)", Lang: "en"}},
		{50 * time.Hour, round.Told{Service: "de-demo-ufer-1", What: round.NumberDead, Words: "Kein Anschluss unter dieser Nummer. (erfunden)", Lang: "de"}},
		{20 * time.Hour, round.Told{Service: "gr-demo-lychnari-1", What: round.WrongHours, Words: "Open until four since the summer. (invented)", Lang: "en"}},
		{2 * time.Hour, round.Told{Service: "be-demo-brug-1", What: round.Unsafe, Words: "The street of the house stands on a map. (invented)", Lang: "en"}},
	} {
		d.at(-r.ago)
		r.told.Once = fmt.Sprintf("demo-report-%08d", i)
		if err := d.a.Rounds.Tell(d.ctx, r.told); err != nil {
			return fmt.Errorf("report %d: %w", i+1, err)
		}
	}
	d.at(0)
	return nil
}
