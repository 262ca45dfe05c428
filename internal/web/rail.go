package web

import (
	"slices"

	"amelie/internal/fault"
)

// The rail is short, so that a tired person finds a room without reading a
// list: six entries at most. Rooms that belong together are doors on the page
// of one of them, the hub.

// railMost is how many entries the rail has at most, for anybody.
const railMost = 6

// DoorGroup is a heading of a hub with the doors below it.
type DoorGroup struct {
	Title string // empty: the doors stand without a heading
	Doors []Door
}

// Door leads from a hub to a room.
type Door struct{ URL, Icon, Title, Text string }

// NavItems are the rooms of the rail that this viewer may enter, six at most;
// the one that the page belongs to is marked.
func (c *Ctx) NavItems() []NavLink {
	rail, _ := c.rail()
	links := make([]NavLink, len(rail))
	for i, item := range rail {
		links[i] = c.link(item)
		links[i].Current = false
	}
	if i := c.entryOf(rail); i >= 0 {
		links[i].Current = true
	}
	return links
}

// SpareItems are the rooms that found no place in a full rail; the account's
// menu has them.
func (c *Ctx) SpareItems() []NavLink {
	var links []NavLink
	_, spare := c.rail()
	for _, item := range spare {
		links = append(links, c.link(item))
	}
	return links
}

// rail are the entries of the rail, and those that gave way.
func (c *Ctx) rail() (rail, spare []NavItem) {
	for _, item := range c.shell.nav {
		if c.may(item) && (item.Under == "" || !c.behindADoor(item.Path)) &&
			!slices.ContainsFunc(rail, func(other NavItem) bool { return other.Path == item.Path }) {
			rail = append(rail, item)
		}
	}
	for i := len(rail) - 1; i >= 0 && len(rail) > railMost; i-- {
		if rail[i].Spare {
			spare = append(spare, rail[i])
			rail = slices.Delete(rail, i, i+1)
		}
	}
	return rail, spare
}

// behindADoor tells whether a hub that the viewer may enter leads to the path.
func (c *Ctx) behindADoor(path string) bool {
	return slices.ContainsFunc(c.shell.nav, func(item NavItem) bool {
		return item.Path == path && item.Under != "" && c.may(item) && c.mayHub(item.Under)
	})
}

func (c *Ctx) mayHub(path string) bool {
	return slices.ContainsFunc(c.shell.nav, func(hub NavItem) bool { return hub.Path == path && hub.Under == "" && c.may(hub) })
}

// entryOf is the entry that the page belongs to, by its own address or by that of
// a door: the closest address wins, and among equals the room over the door.
// -1: none.
func (c *Ctx) entryOf(rail []NavItem) int {
	best, at := 0, -1
	for i, room := range rail {
		own := 2*c.inside(room) + min(c.inside(room), 1)
		for _, item := range c.shell.nav {
			if item.Under == room.Path && c.may(item) {
				if n := c.inside(item); n > 0 {
					own = max(own, 2*n+min(c.inside(room), 1))
				}
			}
		}
		if own > best {
			best, at = own, i
		}
	}
	return at
}

// Doors are the doors of a hub that this viewer may open, by their groups in
// the order of each group's first door.
func (c *Ctx) Doors(hub string) []DoorGroup {
	var groups []DoorGroup
	at := map[string]int{}
	for _, item := range c.shell.nav {
		if item.Under != hub || !c.may(item) {
			continue
		}
		i, known := at[item.Group]
		if !known {
			i = len(groups)
			at[item.Group] = i
			groups = append(groups, DoorGroup{})
			if item.Group != "" {
				groups[i].Title = c.T(item.Group)
			}
		}
		d := Door{URL: c.Path(item.Path), Icon: item.Icon, Title: c.T(item.Label)}
		if item.Text != "" {
			d.Text = c.T(item.Text)
		}
		groups[i].Doors = append(groups[i].Doors, d)
	}
	return groups
}

type hubData struct {
	Title, Lead string
	Groups      []DoorGroup
}

var hubPage = NewPage[hubData](pages, "page/hub.html")

// Hub serves a page that is nothing but the doors of the rooms under item, and
// puts it into the rail. The page looks like no page to whoever may open no
// door.
func (s *Shell) Hub(item NavItem) {
	s.Nav(item)
	s.Professional("GET "+item.Path, func(c *Ctx) error {
		groups := c.Doors(item.Path)
		if !c.may(item) || len(groups) == 0 {
			return fault.New(fault.NotFound, "web.error.not-found")
		}
		return hubPage.Render(c, hubData{Title: c.T(item.Label), Lead: c.T(item.Text), Groups: groups})
	})
}
