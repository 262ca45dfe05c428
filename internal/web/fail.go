package web

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"sort"
	"strings"

	"amelie/internal/fault"
)

// statuses gives each kind of fault its HTTP status.
var statuses = map[fault.Kind]int{
	fault.Internal:    http.StatusInternalServerError,
	fault.NotFound:    http.StatusNotFound,
	fault.Denied:      http.StatusForbidden,
	fault.Invalid:     http.StatusUnprocessableEntity,
	fault.Conflict:    http.StatusConflict,
	fault.Stale:       http.StatusConflict,
	fault.Unavailable: http.StatusServiceUnavailable,
	fault.TooMany:     http.StatusTooManyRequests,
	fault.Expired:     http.StatusGone,
	fault.SignIn:      http.StatusUnauthorized,
	fault.Unlock:      http.StatusLocked,
}

// Status is the HTTP status of an error.
func Status(err error) int { return statuses[fault.KindOf(err)] }

// trouble is what the error page shows.
type trouble struct {
	Words    string      // of the title, below web.fail
	Picture  string      // drawing beside the words
	Happened string      // what happened
	Detail   string      // the fault's own sentence, when it has one
	Fields   []FormError // wrong fields
	Safe     string      // what is safe
	Do       string      // what to do
	Again    *again      // sends the same form once more
	Find     bool        // offers the directory
	SignIn   string      // sign-in page to open beside this one
	Go       string      // where what was typed is found again
}

// again is a form that repeats what was sent, so that nothing typed is lost.
type again struct {
	Action string
	Fields []pair
}

type pair struct{ Name, Value string }

var failPage = NewPage[trouble](pages, "page/fail.html")

// fail answers with the error's page. Nobody signed in goes to the sign-in
// page, and a locked key to the unlock page; both lead back.
func (s *Shell) fail(c *Ctx, err error) {
	kind := fault.KindOf(err)
	s.note(c, kind, err)
	switch {
	case kind == fault.SignIn:
		s.askSignIn(c)
		return
	case kind == fault.Unlock && (c.R.Method == http.MethodGet || c.R.Method == http.MethodHead):
		http.Redirect(c.W, c.R, c.Path("/unlock?to="+url.QueryEscape(here(c.R))), http.StatusSeeOther)
		return
	case kind == fault.Unlock && s.setAside(c, kind, "/unlock"):
		return
	}
	status := c.status
	if status == 0 {
		status = statuses[kind]
	}
	if kind == fault.TooMany && c.W.Header().Get("Retry-After") == "" {
		c.W.Header().Set("Retry-After", "60")
	}
	if err := failPage.RenderStatus(c, status, s.trouble(c, kind, err)); err != nil {
		s.cfg.Log.Error("error page", "err", err.Error())
		http.Error(c.W, http.StatusText(status), status)
	}
}

func (s *Shell) trouble(c *Ctx, kind fault.Kind, err error) trouble {
	room := "web.fail." + c.faultWords(kind)
	t := trouble{Words: c.words, Picture: failPictures[kind], Happened: c.T(room + ".happened"), Safe: c.T(room + ".safe"), Do: c.T(room + ".do"), Find: s.Has("GET /find")}
	if e := fault.Find(err); e != nil {
		if e.Key != "" && s.cfg.Texts.Has(s.cfg.Languages[0], e.Key) {
			t.Detail = c.T(e.Key, e.Args...)
		}
		for _, f := range e.Fields {
			t.Fields = append(t.Fields, FormError{f.Name, c.T(f.Key, f.Args...)})
		}
	}
	if c.R.Method == http.MethodPost {
		t.Again = c.again(kind)
	}
	return t
}

// faultWords names the sentences about a fault: those of its kind, or those
// that fit this answer better.
func (c *Ctx) faultWords(kind fault.Kind) string {
	if c.words != "" {
		return c.words
	}
	return kind.String()
}

// failPictures says with a drawing whether to wait, to sit down again or to
// take another way.
var failPictures = map[fault.Kind]string{fault.NotFound: "path", fault.Unavailable: "cup", fault.TooMany: "cup", fault.Internal: "cup", fault.Stale: "chairs", fault.Conflict: "chairs", fault.Invalid: "lamp"}

// repeatable are the kinds after which sending the same once more can help.
var repeatable = map[fault.Kind]bool{fault.Internal: true, fault.Unavailable: true, fault.TooMany: true, fault.Stale: true, fault.Conflict: true, fault.Unlock: true, fault.SignIn: true}

// again repeats a short form. Secrets are never written into a page.
func (c *Ctx) again(kind fault.Kind) *again {
	if c.form == nil || !repeatable[kind] || len(c.form.files) > 0 {
		return nil
	}
	a, size := &again{Action: c.R.URL.EscapedPath()}, 0
	for name, values := range c.form.values {
		if secret(name) {
			return nil
		}
		for _, v := range values {
			size += len(name) + len(v)
			a.Fields = append(a.Fields, pair{name, v})
		}
	}
	if size == 0 || size > 64<<10 {
		return nil
	}
	sort.SliceStable(a.Fields, func(i, j int) bool { return a.Fields[i].Name < a.Fields[j].Name })
	return a
}

func secret(name string) bool {
	for _, word := range []string{"password", "secret", "phrase", "recovery", "otp"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return name == "code" || name == "token"
}

// note writes a fault of the program into the log. The reader's own mistakes
// are not the log's business.
func (s *Shell) note(c *Ctx, kind fault.Kind, err error) {
	if kind != fault.Internal && kind != fault.Unavailable || errors.Is(err, context.Canceled) {
		return
	}
	s.cfg.Log.LogAttrs(c.R.Context(), slog.LevelError, "fault", slog.String("route", s.generic(route(c.R))), slog.String("kind", kind.String()), slog.String("err", err.Error()))
}

// askSignIn sends a visitor to the sign-in page and back. A posted form is
// not thrown away: it is kept for who can still be known, or the page says to
// sign in beside it and sends it again.
//
// req: WEB-7 an expired sign-in loses nothing that was typed
func (s *Shell) askSignIn(c *Ctx) {
	to := here(c.R)
	if s.setAside(c, fault.SignIn, "/sign-in") {
		return
	}
	if c.R.Method == http.MethodPost {
		if _, err := c.Form(); err != nil {
			s.cfg.Log.Debug("form of an expired sign-in", "err", err.Error())
		}
		to = c.Path("/")
	}
	if c.R.Method != http.MethodPost || c.again(fault.SignIn) == nil {
		http.Redirect(c.W, c.R, c.Path("/sign-in?to="+url.QueryEscape(to)), http.StatusSeeOther)
		return
	}
	t := s.trouble(c, fault.SignIn, nil)
	t.SignIn = c.Path("/sign-in")
	if err := failPage.RenderStatus(c, http.StatusUnauthorized, t); err != nil {
		s.cfg.Log.Error("error page", "err", err.Error())
	}
}

func here(r *http.Request) string {
	to := r.URL.EscapedPath()
	if r.URL.RawQuery != "" {
		to += "?" + r.URL.RawQuery
	}
	return to
}

// Local returns the path when it stays on this site, and otherwise the
// fallback: "to" parameters come from addresses that anyone can write.
func Local(to, fallback string) string {
	u, err := url.Parse(to)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\r\n\t") {
		return fallback
	}
	return to
}

// problem is RFC 9457's description of an error.
type problem struct {
	Type   string         `json:"type"`
	Title  string         `json:"title"`
	Status int            `json:"status"`
	Detail string         `json:"detail,omitempty"`
	Errors []problemField `json:"errors,omitempty"`
}

type problemField struct {
	Field  string `json:"field"`
	Detail string `json:"detail"`
}

// problem answers an API route.
func (s *Shell) problem(c *Ctx, err error) {
	kind := fault.KindOf(err)
	s.note(c, kind, err)
	p := problem{Type: "urn:amelie:fault:" + c.faultWords(kind), Title: c.T("web.fail." + c.faultWords(kind) + ".happened"), Status: statuses[kind]}
	if c.status != 0 {
		p.Status = c.status
	}
	if e := fault.Find(err); e != nil {
		if e.Key != "" && s.cfg.Texts.Has(s.cfg.Languages[0], e.Key) {
			p.Detail = c.T(e.Key, e.Args...)
		}
		for _, f := range e.Fields {
			p.Errors = append(p.Errors, problemField{f.Name, c.T(f.Key, f.Args...)})
		}
	}
	h := c.W.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Content-Language", c.Lang)
	if kind == fault.SignIn {
		h.Set("WWW-Authenticate", "Bearer")
	}
	if kind == fault.TooMany && h.Get("Retry-After") == "" {
		h.Set("Retry-After", "60")
	}
	b, err := json.Marshal(p)
	if err != nil {
		http.Error(c.W, http.StatusText(p.Status), p.Status)
		return
	}
	c.W.WriteHeader(p.Status)
	_, err = c.W.Write(append(b, '\n'))
	_ = ignoreGone(err)
}

// Problem answers a Raw route, as the HSDS interface is one, with a problem.
func (s *Shell) Problem(w http.ResponseWriter, r *http.Request, err error) {
	s.problem(s.newCtx(w, r, ZoneAPI, s.bestLanguage(r)), err)
}
