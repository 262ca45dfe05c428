package desk

import (
	"net/http"
	"time"

	"amelie/internal/audit"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/directory"
	"amelie/internal/fault"
	"amelie/internal/web"
)

var (
	historyPage = web.NewPage[historyData](pageFiles, "page/history.html")
	pastPage    = web.NewPage[pastData](pageFiles, "page/past.html")
	releasePage = web.NewPage[releaseData](pageFiles, "page/release.html")
)

// record puts an act of the desk that is no change of a row into the log.
func record(tx *db.Tx, c *web.Ctx, action, object, purpose string) error {
	return audit.Record(tx, audit.Event{At: c.Now(), Actor: c.Viewer.UserID, Agency: c.Viewer.AgencyID, Action: action, Object: object, Purpose: purpose})
}

// historyData is what was changed, newest first.
type historyData struct {
	Name, Back string
	Items      []pastLine
	Older      string
}

type pastLine struct {
	Href, Name, Body string
	What, Who, When  string
	Stamp            string
	Note             string
	Changes          []Difference
	First            bool // nothing before it to compare with
	Removed          bool
}

// history is every version of one row, each with what changed.
func (k *Desk) history(c *web.Ctx) error {
	var row directory.Row
	var within directory.Organization
	var list []directory.Past
	err := k.within(c, func(tx *db.Tx) (err error) {
		if row, within, err = k.rowOf(tx, c); err != nil {
			return err
		}
		if _, err = k.may(tx, c.Viewer, within.ID); err != nil {
			return err
		}
		list, err = k.d.History(tx, row.Kind, row.ID)
		return err
	})
	if err != nil {
		return err
	}
	t, err := k.teller(c)
	if err != nil {
		return err
	}
	data := historyData{Name: nameOf(row).in(c.Lang), Back: c.Path("/desk/" + within.ID + "#" + row.ID)}
	for i, p := range list {
		line := t.pastLine(p)
		if i+1 < len(list) && p.Action != "removed" {
			line.Changes, line.First = t.differences(list[i+1].Row, p.Row), false
		}
		data.Items = append(data.Items, line)
	}
	return historyPage.Render(c, data)
}

func (t *teller) pastLine(p directory.Past) pastLine {
	c := t.c
	who := p.By.Name
	if way := c.T("desk.way." + string(p.By.Way)); who == "" {
		who = way
	} else {
		who += " (" + way + ")"
	}
	line := pastLine{Href: c.Path("/desk/changes/" + p.ID), Name: nameOf(p.Row).in(c.Lang), Body: c.T("desk.row." + string(p.Row.Kind)), What: c.T("desk.act." + p.Action),
		Who: who, When: c.DateTime(p.At), Stamp: c.Stamp(p.At), Note: p.Note, First: true, Removed: p.Action == "removed"}
	if p.Action == "released" && p.At.Before(time.Unix(1, 0)) {
		line.When = ""
	}
	return line
}

// changes are the newest changes of the whole directory.
func (k *Desk) changes(c *web.Ctx) error {
	before := c.Now().Add(time.Second)
	if ms := number(c.Query("before")); ms > 0 {
		before = clock.Time(ms)
	}
	const perPage = 40
	var list []directory.Past
	older := map[string]directory.Row{}
	err := k.within(c, func(tx *db.Tx) error {
		if err := k.mustEdit(tx, c.Viewer); err != nil {
			return err
		}
		var err error
		if list, err = k.d.Latest(tx, before, perPage); err != nil {
			return err
		}
		for _, p := range list {
			was, err := k.d.VersionOf(tx, p.Row.Kind, p.Row.ID, p.Row.Revision-1)
			if err == nil {
				older[p.ID] = was
			} else if fault.KindOf(err) != fault.NotFound {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	t, err := k.teller(c)
	if err != nil {
		return err
	}
	data := historyData{}
	for _, p := range list {
		line := t.pastLine(p)
		if was, ok := older[p.ID]; ok && p.Action != "removed" {
			line.Changes, line.First = t.differences(was, p.Row), false
		}
		data.Items = append(data.Items, line)
	}
	if len(list) == perPage {
		data.Older = c.Path("/desk/changes?before=" + numberText(int(clock.Millis(list[len(list)-1].At))))
	}
	return historyPage.Render(c, data)
}

// pastData is one version, beside what is there now.
type pastData struct {
	Line    pastLine
	Lines   []Line
	Changes []Difference // what bringing it back would change
	Gone    bool         // the row is not there now
	May     bool
	Action  string
	Back    string
}

func (k *Desk) readPast(tx *db.Tx, c *web.Ctx) (p directory.Past, now directory.Row, r rights, err error) {
	if p, err = k.d.Past(tx, c.Param("past")); err != nil {
		return p, now, r, err
	}
	now, err = k.d.Row(tx, p.Row.Kind, p.Row.ID)
	switch {
	case fault.KindOf(err) == fault.NotFound:
		now = directory.Row{Kind: p.Row.Kind, ID: p.Row.ID, Parent: p.Row.Parent}
		r, err = k.may(tx, c.Viewer, "")
	case err == nil && p.Row.Kind == directory.KindConcept:
		r, err = k.may(tx, c.Viewer, "")
	case err == nil:
		var o directory.Organization
		if o, err = k.d.OrganizationOf(tx, now.Kind, now.ID); err == nil {
			r, err = k.may(tx, c.Viewer, o.ID)
		}
	}
	return p, now, r, err
}

// past shows one version, and what bringing it back would change.
func (k *Desk) past(c *web.Ctx) error {
	var p directory.Past
	var now directory.Row
	var r rights
	err := k.within(c, func(tx *db.Tx) (err error) { p, now, r, err = k.readPast(tx, c); return err })
	if err != nil {
		return err
	}
	t, err := k.teller(c)
	if err != nil {
		return err
	}
	data := pastData{Line: t.pastLine(p), Lines: t.lines(p.Row), Changes: t.differences(now, p.Row), Gone: len(t.lines(now)) == 0, May: r.Edit,
		Action: c.Path("/desk/changes/" + p.ID), Back: c.Path(rowPath(p.Row, "history"))}
	if data.Gone || p.Row.Kind == directory.KindConcept {
		data.Back = c.Path(k.after(p.Row, data.Gone))
	}
	return pastPage.Render(c, data)
}

// restore brings a version back, on top of what is there now.
func (k *Desk) restore(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	var p directory.Past
	err = k.cfg.DB.Write(c.Context(), func(tx *db.Tx) error {
		var r rights
		var now directory.Row
		if p, now, r, err = k.readPast(tx, c); err != nil {
			return err
		}
		if !r.Edit {
			return fault.New(fault.Denied, "")
		}
		if again, err := pressedAgain(tx, c, f); err != nil || again {
			return err
		}
		change, err := k.d.Restore(tx, p.ID, f.Value("note"))
		if err != nil {
			return err
		}
		if opens(now, change.Row) { // a second person decides about a hidden address
			_, err := k.d.Suggest(tx, by(c.Viewer, r), c.Now(), change)
			return err
		}
		return k.d.Change(tx, by(c.Viewer, r), c.Now(), change)
	})
	if err != nil {
		return err
	}
	k.d.Refresh()
	c.Flash("desk.done.restored")
	return c.Redirect(k.after(p.Row, false))
}

// after is where an editor goes on after looking at a version: a concept has
// its page in another room.
func (k *Desk) after(r directory.Row, gone bool) string {
	switch {
	case r.Kind == directory.KindConcept && !gone && k.shell.Has("GET /desk/words/{concept}"):
		return "/desk/words/" + r.ID
	case gone || r.Kind == directory.KindConcept:
		return "/desk/changes"
	}
	return rowPath(r, "history")
}

// releaseData is what a newer release would change in rows that were edited
// here.
type releaseData struct{ Rows []releaseRow }

type releaseRow struct {
	Kind, ID, Name, What string
	Removes, Gone        bool
	Changes              []Difference
}

func (k *Desk) release(c *web.Ctx) error {
	t, err := k.teller(c)
	if err != nil {
		return err
	}
	var data releaseData
	err = k.within(c, func(tx *db.Tx) error {
		if err := k.mustEdit(tx, c.Viewer); err != nil {
			return err
		}
		list, err := k.d.Proposals(tx)
		if err != nil {
			return err
		}
		for _, p := range list {
			now, err := k.d.Row(tx, p.Kind, p.ID)
			gone := fault.KindOf(err) == fault.NotFound
			if err != nil && !gone {
				return err
			}
			if gone {
				now = directory.Row{Kind: p.Kind, ID: p.ID}
			}
			row := releaseRow{Kind: string(p.Kind), ID: p.ID, Name: nameOf(now).in(c.Lang), What: c.T("desk.row." + string(p.Kind)), Removes: p.Removes, Gone: gone}
			if gone {
				row.Name = nameOf(p.Row).in(c.Lang)
			}
			if !p.Removes {
				row.Changes = t.differences(now, p.Row)
			}
			data.Rows = append(data.Rows, row)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return releasePage.Render(c, data)
}

// decide takes or leaves one row of a release.
func (k *Desk) decide(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	err = k.cfg.DB.Write(c.Context(), func(tx *db.Tx) error {
		if err := k.mustEdit(tx, c.Viewer); err != nil {
			return err
		}
		return k.d.Decide(tx, by(c.Viewer, rights{Edit: true}), c.Now(), directory.Kind(f.Value("kind")), f.Value("id"), f.Value("do") == "take")
	})
	if fault.KindOf(err) == fault.NotFound {
		err = nil // decided meanwhile
	}
	if err != nil {
		return err
	}
	k.d.Refresh()
	c.Flash("desk.done.decided")
	http.Redirect(c.W, c.R, c.Path("/desk/release"), http.StatusSeeOther)
	return nil
}
