package web

import (
	"net/http"

	"amelie/internal/fault"
)

// BadRequest answers a Raw route with a problem, an Invalid fault as status
// 400: the open interfaces say so for parameters that are unknown or make no
// sense, while a form that is filled in wrongly is 422.
func (s *Shell) BadRequest(w http.ResponseWriter, r *http.Request, err error) {
	c := s.newCtx(w, r, ZoneAPI, s.bestLanguage(r))
	if fault.KindOf(err) == fault.Invalid {
		c.status = http.StatusBadRequest
	}
	s.problem(c, err)
}
