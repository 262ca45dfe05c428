package web

func (s *Shell) design(c *Ctx) error { return nil }
