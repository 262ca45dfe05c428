package web

import "net/http"

// Sample registers a start page with invented content, so that the shell can
// be looked at and tested alone.
func Sample(s *Shell) {
	s.Public("GET /", func(c *Ctx) error {
		return RenderHome(c, Home{WithSomeone: "/now", Find: "/find", Learn: "/learn", Myself: "/info", Helpline: &CallBox{
			Name: c.T("web.design.line"), Number: "0800 000 000", Tel: "0800000000", Note: c.T("web.design.line-note"), Detail: c.T("web.design.line-detail")}})
	})
}

// SampleRooms registers a professional zone with an invented member, for
// looking at the shell alone. It signs everyone in and is never part of a
// served installation.
func SampleRooms(s *Shell) {
	s.Authenticate = func(*http.Request) (*Viewer, error) {
		return &Viewer{UserID: "sample", Name: "Mira", AgencyName: "Haven", Roles: []string{"lead"}}, nil
	}
	s.Professional("GET /today", s.design)
	s.Professional("GET /unlock", s.design)
	s.Person("GET /sample", s.design)
	s.Public("GET /find", s.design)
	for i, room := range []string{"today", "find", "referrals", "agency", "directory", "country", "admin"} {
		icons := []string{"lamp", "search", "send", "building", "book", "scale", "settings"}
		s.Nav(NavItem{Path: "/" + room, Icon: icons[i], Label: "web.nav." + room, Order: i})
	}
	s.Foot(NavItem{Path: "/info", Label: "web.nav.self", Order: 1})
	s.Foot(NavItem{Path: "/country", Label: "web.nav.country", Order: 2})
	s.Foot(NavItem{Path: "/sign-in", Label: "web.nav.sign-in", Order: 3})
}
