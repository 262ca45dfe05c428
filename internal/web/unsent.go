package web

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"amelie/internal/fault"
	"amelie/internal/id"
)

// What was typed into a form that nobody could take, because the sign-in had
// ended by time or the key was locked meanwhile. It is kept for its writer, who
// signs in or unlocks, opens the same page, and finds the form filled.

// Forms keeps what was typed. A form is known by the path of the page that shows
// it, with the page's query, and by what its own address has beyond that page.
type Forms interface {
	// Keeps says whether a form of a page would be kept, before it is read.
	Keeps(r *http.Request, v *Viewer, page string) bool
	// Keep seals what was typed for whom it is from: the viewer, or whoever's
	// sign-in, ended by time, the request still carries. False: nobody is known, or
	// forms of this page are not kept.
	Keep(r *http.Request, v *Viewer, page, query, form string, values map[string][]string) (bool, error)
	// Find opens the newest that the viewer keeps of a page; nil: there is none.
	Find(ctx context.Context, v *Viewer, page, query string) (values map[string][]string, form string, at time.Time, err error)
	// Drop forgets one: it was sent, or its writer does not want it.
	Drop(ctx context.Context, v *Viewer, page, query, form string) error
}

// KeepForms lets forms of the professional zone be finished after a new sign-in.
func (s *Shell) KeepForms(f Forms) {
	s.forms = f
	s.Professional("POST /unsent", s.dropUnsent)
}

// Resumed is a form that is shown again as it was typed before a sign-in ended.
type Resumed struct{ Page, Query, Form, Note string }

// readPast is how much of an upload is read to find the words beside it, in bytes.
const readPast = 32 << 20

// setAside keeps what was typed into the form of this request and answers with a
// page that leads through the door (the sign-in, or the unlocking) back to the
// form. False: it could not be kept, and nothing was answered.
//
// req: WEB-7, DRAFT-1
func (s *Shell) setAside(c *Ctx, kind fault.Kind, door string) bool {
	if s.forms == nil || c.zone != ZoneProfessional || c.R.Method != http.MethodPost {
		return false
	}
	page, form, found := s.pageOfForm(c.R)
	if !found || !s.forms.Keeps(c.R, c.Viewer, page) {
		return false
	}
	values, files, err := c.typedValues()
	kept := false
	if err == nil && values != nil {
		kept, err = s.forms.Keep(c.R, c.Viewer, page, c.R.URL.RawQuery, form, values)
	}
	if err != nil {
		s.note(c, fault.KindOf(err), err)
	}
	if !kept {
		return false
	}
	t := s.trouble(c, kind, nil)
	t.Again, t.Safe, t.Do = nil, c.T("web.unsent.safe"), c.T("web.unsent.do")
	if files {
		t.Do += " " + c.T("web.unsent.files")
	}
	t.Go = backTo(c, door, page, c.R.URL.RawQuery)
	if err := failPage.RenderStatus(c, statuses[kind], t); err != nil {
		s.cfg.Log.Error("error page", "err", err.Error())
	}
	return true
}

// pageOfForm is the page that shows the form which a request sent: the longest
// beginning of its address that is a page. form is the rest of the address.
func (s *Shell) pageOfForm(r *http.Request) (page, form string, found bool) {
	pattern, path := withoutLanguage(route(r)), withoutLanguage(r.URL.EscapedPath())
	for at := strings.Count(pattern, "/"); at > 0; at-- {
		if s.routes["GET "+pattern] {
			page = firstSegments(path, at)
			return page, path[len(page):], true
		}
		pattern = pattern[:strings.LastIndexByte(pattern, '/')]
	}
	return "", "", false
}

// withoutLanguage is a path or pattern of a page as it was registered.
func withoutLanguage(path string) string {
	if at := strings.IndexByte(path[1:], '/'); at >= 0 {
		return path[1+at:]
	}
	return ""
}

// firstSegments is the beginning of a path with n segments.
func firstSegments(path string, n int) string {
	for i := range path {
		if path[i] == '/' {
			if n == 0 {
				return path[:i]
			}
			n--
		}
	}
	return path
}

// typedValues are what was typed into the form of this request; nil where nothing
// was, or where a secret stands in it. Of files only is said whether any came.
func (c *Ctx) typedValues() (values map[string][]string, files bool, err error) {
	if c.form == nil && strings.HasPrefix(c.R.Header.Get("Content-Type"), "multipart/form-data") {
		if files, err = c.readWords(); err != nil {
			return nil, files, err
		}
	}
	f, err := c.Form()
	if err != nil {
		return nil, files, err
	}
	for _, list := range f.files {
		files = files || len(list) > 0 && list[0].Size > 0
	}
	return f.typed(), files, nil
}

// readWords reads a form with files and keeps its words alone: nobody takes the
// files, and they are not held in memory.
func (c *Ctx) readWords() (files bool, err error) {
	c.R.Body = http.MaxBytesReader(c.W, c.R.Body, readPast)
	parts, err := c.R.MultipartReader()
	if err != nil {
		return false, badBody(err)
	}
	values, room := map[string][]string{}, int64(formLimit)
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			c.keep(values, nil)
			return files, nil
		}
		if err != nil {
			return files, badBody(err)
		}
		if part.FileName() != "" {
			n, err := io.Copy(io.Discard, part)
			if err != nil {
				return files, badBody(err)
			}
			files = files || n > 0
			continue
		}
		b, err := io.ReadAll(io.LimitReader(part, room+1))
		if room -= int64(len(b)); err != nil || room < 0 {
			return files, badBody(err)
		}
		values[part.FormName()] = append(values[part.FormName()], string(b))
	}
}

// typed are the values of a form in which somebody typed or chose something; nil
// for a mere button, and for a form that asks for a secret: that is never kept.
//
// req: DRAFT-3
func (f *Form) typed() map[string][]string {
	out, any := map[string][]string{}, false
	for name, values := range f.values {
		if secret(name) {
			return nil
		}
		if name == "once" {
			continue
		}
		out[name] = values
		for _, v := range values {
			any = any || v != "" && !carried[name] && !id.Valid(v)
		}
	}
	if !any {
		return nil
	}
	return out
}

// carried are fields that a form brings along, or the button that was pressed.
var carried = map[string]bool{"do": true, "act": true, "action": true, "rev": true, "version": true}

// backTo is the address of a door that leads on to a page.
func backTo(c *Ctx, door, page, query string) string {
	to := c.Path(page)
	if query != "" {
		to += "?" + query
	}
	return c.Path(door + "?to=" + url.QueryEscape(to))
}

// resume fills the form of the page that is asked for with what its reader typed
// before, when that was never sent.
//
// req: DRAFT-1
func (s *Shell) resume(c *Ctx) {
	if s.forms == nil || c.R.Method != http.MethodGet || c.Viewer.Key == nil || !s.hasForm[route(c.R)] {
		return
	}
	page, query := withoutLanguage(c.R.URL.EscapedPath()), c.R.URL.RawQuery
	values, form, at, err := s.forms.Find(c.Context(), c.Viewer, page, query)
	if err != nil { // the page matters more
		s.note(c, fault.KindOf(err), err)
	}
	if err != nil || values == nil {
		return
	}
	c.form = &Form{c: c, values: values}
	c.resumed = &Resumed{page, query, form, c.T("web.unsent.note", "when", c.DateTime(at))}
}

// sent forgets what was kept of a form that was taken now.
func (s *Shell) sent(c *Ctx) {
	page, form, found := s.pageOfForm(c.R)
	if s.forms == nil || !found {
		return
	}
	if err := s.forms.Drop(c.Context(), c.Viewer, page, c.R.URL.RawQuery, form); err != nil {
		s.note(c, fault.KindOf(err), err)
	}
}

// dropUnsent throws away what was kept of a form.
func (s *Shell) dropUnsent(c *Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	page, query := Local(f.Value("page"), "/"), f.Value("query")
	if err := s.forms.Drop(c.Context(), c.Viewer, page, query, f.Value("form")); err != nil {
		return err
	}
	if query != "" {
		page += "?" + query
	}
	return c.Redirect(page)
}

// pagesWithForms are the patterns of pages that show a form which is sent
// somewhere.
func (s *Shell) pagesWithForms() map[string]bool {
	out := map[string]bool{}
	for pattern := range s.routes {
		path, posts := strings.CutPrefix(pattern, "POST ")
		for posts && strings.Count(path, "/") > 0 {
			if s.routes["GET "+path] {
				for _, lang := range s.cfg.Languages {
					out["/"+lang+path] = true
				}
				break
			}
			path = path[:strings.LastIndexByte(path, '/')]
		}
	}
	return out
}

// Resumed is the form that the page shows as it was typed before a sign-in ended;
// nil: it shows none.
func (c *Ctx) Resumed() *Resumed { return c.resumed }

// Overtaken says whether a form that is shown again was made from another version
// of what it changes than this one.
//
// req: CASE-5
func (c *Ctx) Overtaken(version string) bool {
	if c.resumed == nil {
		return false
	}
	for _, name := range []string{"rev", "version"} {
		if typed := c.form.Value(name); typed != "" && typed != version {
			return true
		}
	}
	return false
}
