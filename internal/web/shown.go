package web

import (
	"slices"
	"time"
)

// Shown is what an installation may change about its frame while it runs.
// Empty parts keep what the shell was made with.
type Shown struct {
	Name, NeutralName string
	ExitURL           string
	Languages         []string       // offered to visitors, the first one is the default; pages in the others stay reachable by their address
	Zone              *time.Location // in which times are shown
}

// Show changes the frame of every page from the next request on. It may be
// called at any time.
func (s *Shell) Show(n Shown) {
	was := s.made()
	if n.Name == "" {
		n.Name = was.Name
	}
	if n.NeutralName == "" {
		n.NeutralName = n.Name
	}
	n.Languages = slices.DeleteFunc(slices.Clone(n.Languages), func(l string) bool { return !s.langs[l] })
	if len(n.Languages) == 0 {
		n.Languages = was.Languages
	}
	if n.Zone == nil {
		n.Zone = was.Zone
	}
	s.shown.Store(&n)
	s.shows.Add(1) // pages that were kept are of another frame
}

// made is the frame as the shell was made with it.
func (s *Shell) made() *Shown {
	return &Shown{Name: s.cfg.Name, NeutralName: s.cfg.NeutralName, ExitURL: s.cfg.ExitURL, Languages: s.cfg.Languages, Zone: s.cfg.Zone}
}

// present is the frame as it is now.
func (s *Shell) present() *Shown {
	if n := s.shown.Load(); n != nil {
		return n
	}
	return s.made()
}

// Zone is the one in which times are shown.
func (s *Shell) Zone() *time.Location { return s.present().Zone }

// Announcement is one quiet line above a page of the professional zone.
type Announcement struct{ Text, Path, Action string }

// Announcement is what the reader should know before the page; nil mostly.
func (c *Ctx) Announcement() *Announcement {
	if c.shell.Announce == nil || !c.IsProfessional() {
		return nil
	}
	return c.shell.Announce(c)
}
