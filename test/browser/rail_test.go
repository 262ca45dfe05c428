package browser

import (
	"slices"
	"testing"
)

// marked are the rooms of the rail that are marked as the one that the page is
// in, as far as they can be seen.
func (v *visitor) marked() []string {
	return eval[[]string](v, `[...document.querySelectorAll("nav.rail [aria-current]")].filter(a => a.checkVisibility()).map(a => a.getAttribute("href"))`)
}

// rooms are the entries of the rail that can be seen.
func (v *visitor) rooms() []string {
	return eval[[]string](v, `[...document.querySelectorAll("nav.rail a")].filter(a => a.checkVisibility()).map(a => a.getAttribute("href"))`)
}

// Each role finds its rooms in the rail, at most six, and the room of the page
// is marked once, behind a door too.
func TestTheRailShowsEachRoleItsRoomsAndMarksTheCurrentOneOnce(t *testing.T) {
	h := demo(t)
	for who, walk := range map[string]struct {
		rooms []string
		pages map[string]string // page to the room that is marked
	}{
		"coordinator": {[]string{"/en/desk"}, map[string]string{"/en/desk": "/en/desk", "/en/desk/files": "/en/desk", "/en/desk/work": "/en/desk", "/en/rounds": "/en/desk", "/en/reports": "/en/desk"}},
		"editor":      {[]string{"/en/desk"}, map[string]string{"/en/desk/files": "/en/desk", "/en/desk/suggestions": "/en/desk"}},
		"admin":       {[]string{"/en/admin"}, map[string]string{"/en/admin": "/en/admin", "/en/desk/files": "/en/admin", "/en/admin/installation": "/en/admin"}},
		"payoke-lead": {[]string{"/en/today", "/en/referrals", "/en/agency", "/en/desk"}, map[string]string{"/en/desk/be-payoke": "/en/desk", "/en/agency": "/en/agency", "/en/today": "/en/today"}},
		"mira":        {[]string{"/en/today", "/en/referrals", "/en/agency"}, map[string]string{"/en/today": "/en/today"}},
	} {
		v := h.visitor(t, desktop)
		v.enter(who)
		for page, room := range walk.pages {
			v.goTo(page)
			if got := v.marked(); !slices.Equal(got, []string{room}) {
				t.Errorf("%s on %s: marked %v, not %s", who, page, got, room)
			}
		}
		rooms := v.rooms()
		for _, want := range walk.rooms {
			if !slices.Contains(rooms, want) {
				t.Errorf("%s does not find %s in %v", who, want, rooms)
			}
		}
		if who == "mira" && slices.Contains(rooms, "/en/desk") || len(rooms) > 6 {
			t.Errorf("%s has the rooms %v", who, rooms)
		}
		v.accessible()
	}
	lead := h.visitor(t, phone)
	lead.enter("payoke-lead")
	lead.goTo("/el/desk/be-payoke")
	lead.accessible()
	lead.fits()
}
