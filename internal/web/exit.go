package web

import (
	"net/http"
)

// The quick exit. On public pages it clears what the site left on the device
// and goes to the one foreign address that the administrator chose; in the
// professional zone it ends the sign-in but leaves the offline guide. It is a
// plain link, so it works without JavaScript; with it, app.js replaces the
// page's own history entry and listens to the Escape key pressed three times.
//
// It cannot remove earlier history entries, logs of the network, or what a
// program that watches the phone has seen; the page about leaving says so.

// ExitPath is where the quick exit of this page leads.
func (c *Ctx) ExitPath() string {
	if c.exit != "" {
		return c.exit
	}
	if c.zone == ZoneProfessional {
		return "/exit/work"
	}
	return "/exit"
}

// ExitBy leads the quick exit of this page through an address of its room,
// which ends what only the room can end and then calls Leave.
func (c *Ctx) ExitBy(path string) { c.exit = c.Path(path) }

// Leave clears what the site left on the device and goes where the quick exit
// leads.
func (c *Ctx) Leave() error {
	c.W.Header().Set("Clear-Site-Data", clearAll)
	c.shell.leave(c.W, c.R)
	return nil
}

const clearAll = `"cache", "cookies", "storage"`

// exitPublic clears the site's data and leaves.
//
// req: WEB-5 leaving a public page clears the site's data
func (s *Shell) exitPublic(w http.ResponseWriter, r *http.Request) {
	if s.SignedIn(r) {
		s.endSession(w, r)
	}
	w.Header().Set("Clear-Site-Data", clearAll)
	s.leave(w, r)
}

// exitWork ends the sign-in and leaves.
//
// req: WEB-6 leaving the professional zone ends the sign-in
func (s *Shell) exitWork(w http.ResponseWriter, r *http.Request) {
	s.endSession(w, r)
	s.leave(w, r)
}

// endSession signs out. Another site may send a browser to the exit, but may
// not end a session with it.
func (s *Shell) endSession(w http.ResponseWriter, r *http.Request) {
	from := r.Header.Get("Sec-Fetch-Site")
	if s.SignOut != nil && (from == "" || from == "same-origin" || from == "none") {
		s.SignOut(w, r)
	}
}

// leave goes to the configured address, or shows an empty page.
func (s *Shell) leave(w http.ResponseWriter, r *http.Request) {
	if to := s.present().ExitURL; to != "" {
		http.Redirect(w, r, to, http.StatusSeeOther)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, err := w.Write([]byte("<!doctype html><html><head><meta charset=utf-8><title></title></head><body></body></html>\n"))
	_ = ignoreGone(err)
}
