package web

// Sample registers a start page with invented content, so that the shell can
// be looked at and tested alone.
func Sample(s *Shell) {
	s.Public("GET /", func(c *Ctx) error {
		return RenderHome(c, Home{WithSomeone: "/now", Find: "/find", Learn: "/learn", Myself: "/info", Helpline: &CallBox{
			Name: c.T("web.design.line"), Number: "0800 000 000", Tel: "0800000000", Note: c.T("web.design.line-note"), Detail: c.T("web.design.line-detail")}})
	})
}
