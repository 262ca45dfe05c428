package web_test

import (
	"regexp"
	"slices"
	"testing"

	"amelie/internal/web"
)

// rooms are many rooms as the domains register them.
func rooms(h *house) {
	ok := func(c *web.Ctx) error { return notePage.Render(c, note{}) }
	for _, p := range []string{"/find", "/referrals", "/country", "/agency", "/desk", "/desk/files", "/counts", "/admin/people", "/procedure", "/lab/{id}"} {
		h.Professional("GET "+p, ok)
	}
	editors := []string{"coordinator", "editor"}
	h.Nav(web.NavItem{Path: "/agency", Icon: "building", Label: "web.nav.agency", Roles: []string{"professional", "lead"}, Order: 40})
	h.Nav(web.NavItem{Path: "/procedure", Icon: "door", Label: "web.nav.protocols", Roles: []string{"professional", "lead"}, Order: 41, Under: "/agency"})
	h.Nav(web.NavItem{Path: "/desk", Icon: "pen", Label: "web.nav.directory", Roles: editors, Order: 25})
	h.Nav(web.NavItem{Path: "/desk", Icon: "pen", Label: "web.nav.directory", Roles: []string{"administrator"}, Order: 86, Under: "/hub", Group: "web.nav.directory"})
	h.Nav(web.NavItem{Path: "/desk/files", Icon: "file", Label: "web.action.download", Roles: editors, Order: 27, Under: "/desk"})
	h.Nav(web.NavItem{Path: "/desk/files", Icon: "file", Label: "web.action.download", Roles: []string{"administrator"}, Order: 87, Under: "/hub", Group: "web.nav.directory"})
	h.Nav(web.NavItem{Path: "/counts", Icon: "chart", Label: "web.nav.numbers", Roles: []string{"coordinator", "analyst"}, Order: 28, Under: "/desk"})
	h.Nav(web.NavItem{Path: "/admin/people", Icon: "people", Label: "web.nav.people", Roles: []string{"administrator"}, Also: []string{"/lab/"}, Order: 81, Under: "/hub", Group: "web.nav.people", Text: "web.nav.about"})
	h.Nav(web.NavItem{Path: "/nowhere", Icon: "star", Label: "web.nav.learn", Order: 90, Under: "/hub"})
	h.Hub(web.NavItem{Path: "/hub", Icon: "settings", Label: "web.nav.admin", Roles: []string{"administrator"}, Order: 80, Text: "web.nav.about"})
	h.Nav(web.NavItem{Path: "/admin", Label: "web.nav.admin", Roles: []string{"nobody"}, Order: 2})
}

var (
	railPart = regexp.MustCompile(`(?s)<nav class="rail".*?</nav>`)
	railLink = regexp.MustCompile(`<a href="/en(/[^"]*)"( aria-current="(page|true)")?>`)
)

// railOf are the entries of the rail, and the marked ones.
func railOf(t *testing.T, page string) (paths, marked []string) {
	t.Helper()
	for _, m := range railLink.FindAllStringSubmatch(railPart.FindString(page), -1) {
		if !slices.Contains(paths, m[1]) {
			paths = append(paths, m[1])
		}
		if m[2] != "" && !slices.Contains(marked, m[1]+" "+m[3]) {
			marked = append(marked, m[1]+" "+m[3])
		}
	}
	return paths, marked
}

func TestTheRailHasSixEntriesAtMostAndMarksTheRoomOfEachPage(t *testing.T) {
	h := open(t)
	rooms(h)
	everything := []string{"professional", "lead", "coordinator", "editor", "analyst", "administrator"}
	for _, c := range []struct {
		roles []string
		at    string
		rail  []string
		mark  string
	}{
		{[]string{"professional"}, "/agency", []string{"/today", "/find", "/referrals", "/agency", "/country"}, "/agency page"},
		{[]string{"professional"}, "/procedure", []string{"/today", "/find", "/referrals", "/agency", "/country"}, "/agency true"},
		{[]string{"coordinator"}, "/counts", []string{"/today", "/find", "/desk", "/referrals", "/country"}, "/desk true"},
		// an analyst has no desk: the numbers stand in the rail
		{[]string{"analyst"}, "/counts", []string{"/today", "/find", "/counts", "/referrals", "/country"}, "/counts page"},
		{[]string{"administrator"}, "/desk/files", []string{"/today", "/find", "/referrals", "/country", "/hub"}, "/hub true"},
		{[]string{"administrator"}, "/lab/7", []string{"/today", "/find", "/referrals", "/country", "/hub"}, "/hub true"},
		{[]string{"administrator", "lead"}, "/hub", []string{"/today", "/find", "/referrals", "/agency", "/country", "/hub"}, "/hub page"},
		{everything, "/desk/files", []string{"/today", "/find", "/desk", "/referrals", "/agency", "/hub"}, "/desk true"},
		{everything, "/desk", []string{"/today", "/find", "/desk", "/referrals", "/agency", "/hub"}, "/desk page"},
	} {
		h.viewer = &web.Viewer{UserID: "u", Name: "Ana", Roles: c.roles}
		paths, marked := railOf(t, want(t, h.ask("GET", "/en"+c.at, ""), 200))
		if len(paths) > 6 || !slices.Equal(paths, c.rail) {
			t.Errorf("%v at %s: the rail has %v, want %v", c.roles, c.at, paths, c.rail)
		}
		if !slices.Equal(marked, []string{c.mark}) {
			t.Errorf("%v at %s: marked is %v, want %s", c.roles, c.at, marked, c.mark)
		}
	}
}

func TestARoomThatGaveWayStandsInTheMenuOfTheAccount(t *testing.T) {
	h := open(t)
	rooms(h)
	h.viewer = &web.Viewer{UserID: "u", Name: "Ana", Roles: []string{"lead", "coordinator", "administrator"}}
	page := want(t, h.ask("GET", "/en/hub", ""), 200)
	menu := regexp.MustCompile(`(?s)<details class="menu me">.*?</details>`).FindString(page)
	holds(t, menu, `<a href="/en/country">`)
}

func TestAHubShowsTheDoorsThatItsViewerMayOpenAndIsNoPageForOthers(t *testing.T) {
	h := open(t)
	rooms(h)
	h.viewer = &web.Viewer{UserID: "u", Name: "Ana", Roles: []string{"administrator"}}
	page := want(t, h.ask("GET", "/en/hub", ""), 200)
	holds(t, page, `class="door" href="/en/admin/people"`, `class="door" href="/en/desk"`, `class="door" href="/en/desk/files"`, "About this site", ">People</h2>", ">Directory</h2>")
	if regexp.MustCompile(`href="/en/(nowhere|counts)"`).MatchString(page) {
		t.Error("a door leads where there is no room, or where the viewer may not go")
	}
	for _, roles := range [][]string{nil, {"lead"}, {"coordinator", "editor"}} {
		h.viewer = &web.Viewer{UserID: "u", Name: "Ana", Roles: roles}
		want(t, h.ask("GET", "/en/hub", ""), 404)
	}
}
