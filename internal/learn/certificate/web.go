package certificate

import (
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"

	"amelie/internal/credential"
	"amelie/internal/fault"
	"amelie/internal/fold"
	"amelie/internal/paper"
	"amelie/internal/web"
)

//go:embed page/*.html page/*.css
var files embed.FS

var (
	_         = web.Style(files, "page/certificate.css")
	showPage  = web.NewPage[showView](files, "page/show.html")
	takePage  = web.NewPage[takeView](files, "page/take.html")
	checkPage = web.NewPage[checkView](files, "page/check.html")
	codePage  = web.NewPage[codeView](files, "page/code.html")
)

// Rooms serve certificates.
type Rooms struct {
	*Service
	// MayTry bounds how often an address tries names.
	MayTry func(r *http.Request) bool
	Points Points
	// Country is the name of a country in a language.
	Country func(lang, code string) string
}

// Mount adds what is open to anybody.
func (r *Rooms) Mount(s *web.Shell) {
	s.Public("GET /certificate/{address}", r.show)
	s.Public("GET /certificate/{address}/{file}", r.file)
	s.Public("GET /check", r.check)
	s.Public("POST /check", r.check)
	s.Public("GET /check/{number}/{digest}", r.code)
	s.Public("POST /check/{number}/{digest}", r.code)
	s.Raw("GET /check/keys", raw(r.keyList, "text/plain; charset=utf-8"))
	s.Raw("GET /.well-known/did.json", raw(r.didDocument, "application/did+json"))
}

// Learner serves a page in the zone of learners, to the learner it names.
type Learner func(pattern string, page func(c *web.Ctx, learner string) error)

// MountLearner adds the page on which a learner takes a certificate.
func (r *Rooms) MountLearner(serve Learner) {
	serve("GET /study/certificate", r.take)
	serve("POST /study/certificate", r.takePost)
}

// What a learner does.

type takeView struct {
	Made []madeView
	Open bool // something was passed that has no certificate yet
}

type madeView struct{ ID, Path, Date, Title string }

func (r *Rooms) take(c *web.Ctx, learner string) error {
	made, err := r.Of(c.Context(), learner)
	if err != nil {
		return err
	}
	var v takeView
	if v.Open, err = r.Waits(c.Context(), learner); err != nil {
		return err
	}
	for _, i := range made {
		f, err := r.face(i, c.DateIn)
		if err != nil {
			return err
		}
		v.Made = append(v.Made, madeView{i.ID, i.Path(), c.Date(f.From), f.Title})
	}
	return takePage.Render(c, v)
}

func (r *Rooms) takePost(c *web.Ctx, learner string) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	if number := f.Value("delete"); number != "" {
		if err := r.Delete(c.Context(), learner, number); err != nil {
			return err
		}
		return c.Redirect("/study/certificate")
	}
	made, err := r.Take(c.Context(), learner, Wish{Holder: f.Value("holder"), Lang: c.Lang, Email: f.Value("email")})
	if f.Add(err) {
		return r.take(c, learner)
	}
	if err != nil {
		return err
	}
	return c.Redirect(made.Path())
}

// What the holder shows.

type showView struct {
	face
	Code   template.HTML
	Path   string
	Lacks  string // letters that the paper's font has not got
	Points []pointView
}

type pointView struct {
	Point
	Where string
}

// points are those of Points, the ones of the reader's language first.
func (r *Rooms) points(c *web.Ctx) (out []pointView) {
	for _, p := range r.Points {
		v := pointView{p, c.T("certificate.europe")}
		if p.Country != "" {
			v.Where = r.Country(c.Lang, p.Country)
		}
		out = append(out, v)
	}
	slices.SortStableFunc(out, func(a, b pointView) int { return near(a.Point, c.Lang) - near(b.Point, c.Lang) })
	return out
}

// near is 0 for where the language is spoken, else 1.
func near(p Point, lang string) int {
	if slices.Contains(p.Languages, lang) {
		return 0
	}
	return 1
}

func (r *Rooms) found(c *web.Ctx) (Issued, face, error) {
	i, err := r.byAddress(c.Context(), c.Param("address"))
	if err != nil {
		return i, face{}, err
	}
	f, err := r.face(i, c.DateIn)
	return i, f, err
}

func (r *Rooms) show(c *web.Ctx) error {
	i, f, err := r.found(c)
	if err != nil {
		return err
	}
	code, err := f.code()
	if err != nil {
		return err
	}
	return showPage.Render(c, showView{face: f, Code: code, Path: i.Path(), Lacks: paper.Lacks(f.text()), Points: r.points(c)})
}

// file answers with the certificate as a paper, a file or a picture; their names
// say nothing more.
func (r *Rooms) file(c *web.Ctx) error {
	i, f, err := r.found(c)
	if err != nil {
		return err
	}
	name := c.Param("file")
	switch name {
	case "certificate.json":
		return c.Download(name, "application/vc+json", i.File)
	case "certificate.svg":
		return c.Download(name, "image/svg+xml", f.picture(i.File))
	case "certificate.pdf":
		if paper.Lacks(f.text()) != "" {
			return c.Redirect(i.Path())
		}
		b, err := f.pdf()
		if err != nil {
			return err
		}
		return c.Download(name, "application/pdf", b)
	}
	return errNotFound
}

// What anybody checks.

type checkView struct {
	State             string // "", own, other, early, expired, altered, form
	credential.Signed        // of what is proved; of an altered file nothing is shown
	Date              string
}

// Kind is how the answer looks.
func (v checkView) Kind() string {
	switch v.State {
	case "own":
		return "ok"
	case "altered", "form":
		return "danger"
	}
	return "soon"
}

// check reads a file that somebody has, and shows nothing that does not stand
// in it.
func (r *Rooms) check(c *web.Ctx) error {
	if c.R.Method != http.MethodPost {
		return checkPage.Render(c, checkView{})
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	_, file, err := f.File("file")
	if err != nil {
		return err
	}
	if len(file) == 0 {
		file = []byte(f.Value("text"))
	}
	if len(file) == 0 {
		f.Error("text", "certificate.fault.file")
		return checkPage.Render(c, checkView{})
	}
	keys, err := r.Keys(c.Context())
	if err != nil {
		return err
	}
	var names []string
	for _, k := range keys {
		names = append(names, k.Name)
	}
	s, err := credential.Check(file, names, r.Now())
	v := checkView{State: state(err)}
	if v.Kind() != "danger" {
		v.Signed, v.Date = s, c.Date(s.From)
	}
	return checkPage.Render(c, v)
}

// state is what became of a check.
func state(err error) string {
	for _, x := range []struct {
		err  error
		name string
	}{{nil, "own"}, {credential.ErrKey, "other"}, {credential.ErrEarly, "early"}, {credential.ErrExpired, "expired"}, {credential.ErrAltered, "altered"}} {
		if err == x.err {
			return x.name
		}
	}
	return "form"
}

type codeView struct {
	Title, Date, Issuer string
	Language            string
	Asked, Fits         bool // a name was typed; it is the holder's
}

// code answers the code on a paper. It says what was given and when, and to a
// name that somebody types only whether it is the one: who has the paper has
// the name already.
//
// req: CERTIFICATE-3
func (r *Rooms) code(c *web.Ctx) error {
	i, err := r.byCode(c.Context(), c.Param("number"), c.Param("digest"))
	if err != nil {
		return err
	}
	s, err := credential.Read(i.File)
	if err != nil {
		return err
	}
	v := codeView{Title: s.Title, Date: c.Date(s.From), Issuer: s.Issuer, Language: s.Language}
	if c.R.Method == http.MethodPost {
		if !r.MayTry(c.R) {
			return fault.New(fault.TooMany, "web.error.too-many")
		}
		f, err := c.Form()
		if err != nil {
			return err
		}
		if fold.Key(f.Value("holder")) == "" {
			f.Error("holder", "web.error.empty")
			return codePage.Render(c, v)
		}
		v.Asked, v.Fits = true, fold.Key(f.Value("holder")) == fold.Key(s.Holder)
	}
	return codePage.Render(c, v)
}

// What machines ask.

// raw answers with what a function gives.
func raw(text func(r *http.Request) ([]byte, error), contentType string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		b, err := text(r)
		if err != nil {
			http.Error(w, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", contentType)
		w.Write(b)
	}
}

// keyList is a line for each key, as verify certificate reads it.
func (r *Rooms) keyList(req *http.Request) ([]byte, error) {
	keys, err := r.Keys(req.Context())
	var b strings.Builder
	for _, k := range keys {
		fmt.Fprintf(&b, "%s %s\n", k.Name, k.Since.Format(time.DateOnly))
	}
	return []byte(b.String()), err
}

// didDocument lists the keys for programs that know did:web.
func (r *Rooms) didDocument(req *http.Request) ([]byte, error) {
	keys, err := r.Keys(req.Context())
	if err != nil {
		return nil, err
	}
	var names []string
	for _, k := range keys {
		names = append(names, k.Name)
	}
	return credential.Document(r.BaseURL, names)
}
