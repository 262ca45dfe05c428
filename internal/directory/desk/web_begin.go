package desk

import (
	"slices"
	"strings"

	"amelie/internal/db"
	"amelie/internal/directory"
	"amelie/internal/fault"
	"amelie/internal/web"
)

var (
	beginPage  = web.NewPage[beginData](pageFiles, "page/begin.html")
	removePage = web.NewPage[removeData](pageFiles, "page/remove.html")
)

// beginData is the form for a new organisation, service or place: only what it
// cannot do without; the rest has its own forms afterwards.
type beginData struct {
	Kind         string // what will be made
	Body, Back   string
	Action       string
	Countries    []web.Choice
	Kinds        []web.Choice
	Lists        []choiceList
	Address      []web.Choice
	AddressValue string
	Shelter      bool
}

// countriesKept are the countries whose entries can be made here: those that
// the gazetteer knows.
var countriesKept = []string{"BE", "DE", "GR", "IT"}

// above is the row under which something new is made; the zero Row for a new
// organisation.
func (k *Desk) above(tx *db.Tx, c *web.Ctx) (up directory.Row, within directory.Organization, r rights, err error) {
	if c.Param("kind") != "" {
		if up, within, err = k.rowOf(tx, c); err != nil {
			return up, within, r, err
		}
		if up.Kind == directory.KindPlace {
			return up, within, r, fault.New(fault.NotFound, "web.error.not-found")
		}
	}
	if r, err = k.may(tx, c.Viewer, within.ID); err == nil && !r.Edit {
		err = fault.New(fault.Denied, "")
	}
	return up, within, r, err
}

func (k *Desk) begin(c *web.Ctx) error {
	var up directory.Row
	var within directory.Organization
	err := k.within(c, func(tx *db.Tx) (err error) { up, within, _, err = k.above(tx, c); return err })
	if err != nil {
		return err
	}
	t, err := k.teller(c)
	if err != nil {
		return err
	}
	data := beginData{Kind: "organization", Back: c.Path("/desk"), Action: c.Path("/desk/new"), Body: within.Name}
	if up.ID != "" {
		data.Action, data.Back = c.Path(rowPath(up, "add")), c.Path("/desk/"+within.ID)
	}
	switch up.Kind {
	case directory.KindOrganization:
		data.Kind = "service"
	case directory.KindService:
		data.Kind, data.Body = "place", up.Service.Name
		data.Shelter = slices.Contains(up.Service.Roles, "shelter")
		data.AddressValue = string(directory.Public)
		if data.Shelter {
			data.AddressValue = string(directory.Hidden)
		}
		data.Address = t.seenChoices(directory.Visibility(data.AddressValue))
	}
	if data.Kind == "organization" {
		for _, code := range countriesKept {
			data.Countries = append(data.Countries, web.Choice{Value: code, Label: directory.TerritoryIn(c.Lang, code)})
		}
		data.Kinds = t.few("desk.kind", "ngo", "ngo", "public", "international", "ministry", "coordination", "rapporteur", "police", "prosecution", "immigration", "labour-inspection", "social-security")
	}
	if data.Kind != "place" {
		data.Lists = []choiceList{t.conceptList("roles", "role", nil, true), t.conceptList("helps", "help", nil, true)}
	}
	return beginPage.Render(c, data)
}

// groupOf is the group of a kind of body: an authority is never among those
// that help.
func groupOf(kind string) directory.Group {
	switch kind {
	case "police", "prosecution", "immigration", "labour-inspection", "social-security":
		return directory.Authority
	case "ministry", "coordination", "rapporteur":
		return directory.Coordination
	}
	return directory.Support
}

func (k *Desk) beginPost(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	if f.Value("name") == "" && c.Param("kind") != string(directory.KindService) {
		f.Error("name", "web.error.empty")
		return k.begin(c)
	}
	var at string
	err = k.cfg.DB.Write(c.Context(), func(tx *db.Tx) error {
		up, within, r, err := k.above(tx, c)
		if err != nil {
			return err
		}
		at = within.ID
		if again, err := pressedAgain(tx, c, f); err != nil || again {
			return err
		}
		changes, err := k.made(tx, c, f, up, within)
		if err != nil {
			return err
		}
		if up.ID == "" {
			at = changes[0].Row.ID
		}
		return k.d.Change(tx, by(c.Viewer, r), c.Now(), changes...)
	})
	if addFields(f, err) || !f.OK() {
		return k.begin(c)
	}
	if err != nil {
		return err
	}
	k.d.Refresh()
	c.Flash("desk.done.made")
	if at == "" {
		return c.Redirect("/desk")
	}
	return c.Redirect("/desk/" + at)
}

// made is the rows that a form for something new asks for.
func (k *Desk) made(tx *db.Tx, c *web.Ctx, f *web.Form, up directory.Row, within directory.Organization) ([]directory.Change, error) {
	name := f.Value("name")
	words := directory.Text{}
	if s := f.Value("summary"); s != "" {
		words[c.Lang] = s
	}
	service := func(o directory.Organization) (directory.Change, error) {
		prefix, name := o.ID, name
		if s := f.Value("service"); s != "" {
			name = s
		}
		id, err := permanentID(prefix, name, k.taken(tx, directory.KindService))
		return directory.Change{New: true, Note: f.Value("note"), Row: directory.OfService(o.ID, directory.Service{ID: id, Name: name, Summary: words,
			Roles: f.Values("roles"), Helps: f.Values("helps"), Area: []string{o.Country}}, 0)}, err
	}
	switch up.Kind {
	case directory.KindOrganization:
		change, err := service(within)
		return []directory.Change{change}, err
	case directory.KindService:
		change, err := k.madePlace(tx, c, f, up, within)
		return []directory.Change{change}, err
	}
	country := f.Value("country")
	if !slices.Contains(countriesKept, country) {
		return nil, fault.Fields(fault.Field{Name: "country", Key: "web.error.choose"})
	}
	id, err := permanentID(strings.ToLower(country), name, k.taken(tx, directory.KindOrganization))
	if err != nil {
		return nil, err
	}
	o := directory.Organization{ID: id, Country: country, Name: name, Kind: f.Value("kind"), Group: groupOf(f.Value("kind")), Summary: words,
		Source: directory.Source{ID: "desk", Title: c.Config().Name, Date: c.Now().Format(dateOnly)}}
	first, err := service(o)
	return []directory.Change{{New: true, Note: f.Value("note"), Row: directory.OfOrganization(o, 0)}, first}, err
}

const dateOnly = "2006-01-02"

func (k *Desk) madePlace(tx *db.Tx, c *web.Ctx, f *web.Form, up directory.Row, within directory.Organization) (directory.Change, error) {
	town := f.Value("town")
	at, ok := townAt(town, within.Country)
	if !ok {
		return directory.Change{}, fault.Fields(fault.Field{Name: "town", Key: "directory.error.place", Args: []any{"place", town}})
	}
	id, err := permanentID(up.ID, town, k.taken(tx, directory.KindPlace))
	p := directory.Place{ID: id, Name: f.Value("name"), Street: f.Value("street"), PostalCode: f.Value("postal_code"), Town: town,
		Territory: at.Territory, Lat: at.Lat, Lon: at.Lon, Address: directory.Visibility(f.Value("address"))}
	return directory.Change{New: true, Row: directory.OfPlace(up.ID, p, 0)}, err
}

// taken says whether an identifier was ever used for a kind of row: those of
// rows that are gone stay theirs.
func (k *Desk) taken(tx *db.Tx, kind directory.Kind) func(string) (bool, error) {
	return func(id string) (bool, error) {
		_, err := k.d.Row(tx, kind, id)
		if err == nil {
			return true, nil
		}
		if fault.KindOf(err) != fault.NotFound {
			return false, err
		}
		past, err := k.d.History(tx, kind, id)
		return len(past) > 0, err
	}
}

// removeData asks once more before something is taken out.
type removeData struct {
	Name, What, Back, Action string
	Goes                     []string // with it
	Revision                 int64
}

// removed is a row with all that goes with it, children after it.
func (k *Desk) removed(tx *db.Tx, c *web.Ctx) (rows []directory.Row, within directory.Organization, r rights, err error) {
	row, within, err := k.rowOf(tx, c)
	if err != nil {
		return nil, within, r, err
	}
	if r, err = k.may(tx, c.Viewer, within.ID); err != nil {
		return nil, within, r, err
	}
	if !r.Edit {
		return nil, within, r, fault.New(fault.Denied, "")
	}
	tree, err := k.d.Tree(tx, within.ID)
	if err != nil {
		return nil, within, r, err
	}
	rows = []directory.Row{row}
	for _, s := range tree.Services {
		if row.Kind == directory.KindOrganization {
			rows = append(rows, s)
		}
		if row.Kind == directory.KindOrganization || row.Kind == directory.KindService && s.ID == row.ID {
			rows = append(rows, tree.Places[s.ID]...)
		}
	}
	return rows, within, r, nil
}

func (k *Desk) remove(c *web.Ctx) error {
	var rows []directory.Row
	var within directory.Organization
	err := k.within(c, func(tx *db.Tx) (err error) { rows, within, _, err = k.removed(tx, c); return err })
	if err != nil {
		return err
	}
	row := rows[0]
	data := removeData{Name: nameOf(row).in(c.Lang), What: c.T("desk.row." + string(row.Kind)), Back: c.Path("/desk/" + within.ID + "#" + row.ID), Action: c.Path(rowPath(row, "remove")), Revision: row.Revision}
	for _, other := range rows[1:] {
		data.Goes = append(data.Goes, nameOf(other).in(c.Lang))
	}
	return removePage.Render(c, data)
}

func (k *Desk) removePost(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	if len([]rune(f.Value("note"))) < 5 {
		f.Error("note", "desk.remove.reason-missing")
		return k.remove(c)
	}
	var back string
	err = k.cfg.DB.Write(c.Context(), func(tx *db.Tx) error {
		rows, within, r, err := k.removed(tx, c)
		if err != nil {
			return err
		}
		if rows[0].Revision != number(f.Value("revision")) {
			return fault.New(fault.Stale, "directory.error.stale", "name", rows[0].Name())
		}
		back = "/desk/" + within.ID
		if rows[0].Kind == directory.KindOrganization {
			back = "/desk"
		}
		var changes []directory.Change
		for _, row := range rows {
			changes = append(changes, directory.Change{Row: row, Remove: true, Note: f.Value("note")})
		}
		return k.d.Change(tx, by(c.Viewer, r), c.Now(), changes...)
	})
	if err != nil {
		return err
	}
	k.d.Refresh()
	c.Flash("desk.done.removed")
	return c.Redirect(back)
}
