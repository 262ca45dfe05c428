package web

func (s *Shell) design(c *Ctx) error { return nil }

// Sample registers the shell's own pages with invented content, for looking
// at the shell alone.
func Sample(s *Shell) {
	s.Public("GET /{$}", func(c *Ctx) error {
		return RenderHome(c, Home{WithSomeone: "/now", Find: "/find", Learn: "/learn", Myself: "/info", Helpline: &CallBox{Name: "National line", Number: "1109", Tel: "1109", Note: "Open now, 24 hours", Detail: "186 languages by interpreter, free"}})
	})
}
