package web

import (
	"net/http"
	"time"
)

// Cookies of rooms whose visitors have no account: they are sent to the pages of
// their room alone.

// roomCookie names the cookie of a room.
func (c *Ctx) roomCookie(room string) string {
	if c.Config().TLS {
		return "__Secure-amelie-" + room
	}
	return "amelie_" + room
}

// RoomCookie is the value of a room's cookie; empty: there is none.
func (c *Ctx) RoomCookie(room string) string {
	if cookie, err := c.R.Cookie(c.roomCookie(room)); err == nil {
		return cookie.Value
	}
	return ""
}

// SetRoomCookie gives a room's cookie for a while, or with an empty value takes
// it, once below the room's path in each language: no other page is ever sent
// it. A room of the person zone has all its languages.
func (c *Ctx) SetRoomCookie(room, path, value string, age time.Duration) {
	seconds := int(age / time.Second)
	if value == "" {
		seconds = -1
	}
	langs := c.Config().Languages
	if c.zone == ZonePerson {
		langs = c.Config().PatientLanguages
	}
	for _, lang := range langs {
		http.SetCookie(c.W, &http.Cookie{Name: c.roomCookie(room), Value: value, Path: "/" + lang + path, MaxAge: seconds,
			HttpOnly: true, Secure: c.Config().TLS, SameSite: http.SameSiteStrictMode})
	}
}
