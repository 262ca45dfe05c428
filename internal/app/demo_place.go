package app

import (
	"fmt"
	"time"

	"amelie/internal/casework"
	"amelie/internal/casework/place"
	"amelie/internal/id"
	"amelie/internal/web"
)

// inventedPlaces are what three invented projects publish.
var inventedPlaces = []place.Pool{
	{AgencyID: "mira", Region: "GR-B", Group: "women", Free: 1, To: place.NoChildren},
	{AgencyID: "ekka-case", Region: "GR-I", Group: "women", Free: 3, To: 6},
	{AgencyID: "ekka-case", Region: "GR-I", Group: "families", Free: 4, To: 17, StepFree: true},
	{AgencyID: "garden-case", Region: "GR-I", Group: "women", Free: 2, To: 12, StepFree: true},
	{AgencyID: "garden-case", Region: "GR-I", Group: place.Minors, Free: 2, From: 12, To: 17},
	{AgencyID: "garden-case", Region: "GR-B", Group: "families", Free: 1, To: 10},
}

// places publishes them, and asks for one for Rosa: two projects offer.
func (d *demoSeed) places() error {
	defer d.at(0)
	d.at(-5 * time.Hour)
	by := map[string]place.Pool{}
	for _, p := range inventedPlaces {
		who := p.AgencyID
		p.ID = id.New()
		if err := d.a.Places.Publish(d.ctx, d.viewers[who], p); err != nil {
			return fmt.Errorf("%s: %w", who, err)
		}
		if p.Group == "women" {
			by[who] = p
		}
	}
	mira := d.viewers["mira"]
	caseID, err := d.caseOf(mira, "Rosa (invented)")
	if err != nil {
		return err
	}
	d.at(-4 * time.Hour)
	if err := d.a.Places.Ask(d.ctx, mira, caseID, place.Wish{Need: map[string][]string{"group": {"women"}, "children": {"4"}, "language": {"ro"}, "remark": {"Needs a quiet room (invented)"}}, Never: []string{"GR-B"}}); err != nil {
		return err
	}
	_, asked, err := d.a.Places.Requests(d.ctx, mira, caseID)
	if err != nil {
		return err
	}
	for i, who := range []string{"garden-case", "ekka-case"} {
		d.at(-3*time.Hour + time.Duration(i)*30*time.Minute)
		if err := d.a.Places.Answer(d.ctx, d.viewers[who], asked[0].ID, place.Act{Name: place.Offer, Pool: by[who].ID, Hours: 24, Terms: []string{"call-first"}}); err != nil {
			return fmt.Errorf("%s: %w", who, err)
		}
	}
	return nil
}

// caseOf finds an invented case by the chosen name.
func (d *demoSeed) caseOf(v *web.Viewer, name string) (string, error) {
	lines, _, err := d.a.Cases.List(d.ctx, v, casework.Query{Scope: casework.Mine, State: casework.Open})
	for _, l := range lines {
		if l.Head.Name == name {
			return l.ID, err
		}
	}
	return "", fmt.Errorf("no case of %s: %w", name, err)
}
