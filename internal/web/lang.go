package web

import (
	"embed"
	"html"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"
	"golang.org/x/text/language"

	"amelie/internal/fault"
	"amelie/internal/i18n"
)

//go:embed patient.toml
var patientFile embed.FS

// patientWord is what the shell itself says in a patient language: a handful
// of words around the page's own text.
type patientWord struct {
	RTL   bool              `toml:"rtl"`
	Words map[string]string `toml:"words"` // by message key without "web."
}

var patientWords = sync.OnceValue(func() map[string]patientWord {
	var words map[string]patientWord
	b, err := patientFile.ReadFile("patient.toml")
	if err != nil {
		panic("web: patient.toml is not embedded")
	}
	if err := toml.Unmarshal(b, &words); err != nil {
		panic("web: patient.toml: " + err.Error())
	}
	return words
})

func patientText(lang, key string) string {
	return patientWords()[lang].Words[strings.TrimPrefix(key, "web.")]
}

// LanguageName is the language's name in itself; the code when it is unknown.
func LanguageName(lang string) string {
	if n := i18n.Endonyms[lang]; n != "" {
		return n
	}
	return lang
}

// Dir is the writing direction of a language: "rtl" or "ltr".
func Dir(lang string) string {
	if patientWords()[lang].RTL {
		return "rtl"
	}
	return "ltr"
}

// Dir is the writing direction of the page.
func (c *Ctx) Dir() string {
	if c.dir != "" {
		return c.dir
	}
	return Dir(c.Lang)
}

// LanguageLinks are the links to this page in each of its languages, or after a
// button to the page that it belongs to; empty when there is only one. What was
// searched stays in the link; what was posted does not. They are written here
// and not in the layout: they cost as much as the rest of the bar.
func (c *Ctx) LanguageLinks() template.HTML {
	langs := c.shell.present().Languages
	if c.zone == ZonePerson {
		langs = c.shell.cfg.PatientLanguages
	}
	if len(langs) < 2 {
		return ""
	}
	rest := html.EscapeString(c.restOfAddress())
	var b strings.Builder
	for _, l := range langs {
		opens, closes := `<a href="/`+l+rest+`" hreflang="`+l+`"`, `</a>`
		if c.resent != "" {
			opens, closes = `<button form="`+c.resent+`" formaction="/`+l+rest+`"`, `</button>`
		}
		b.WriteString(`<li>` + opens + ` lang="` + l + `" dir="` + Dir(l) + `"`)
		if l == c.Lang {
			b.WriteString(` aria-current="true"`)
		}
		b.WriteString(`>` + html.EscapeString(LanguageName(l)) + closes + `</li>`)
	}
	return template.HTML(b.String()) //nolint:gosec // codes of ours, the rest escaped above
}

// restOfAddress is what follows the language in the address of this page.
func (c *Ctx) restOfAddress() string {
	rest := strings.TrimPrefix(c.R.URL.EscapedPath(), "/"+c.Lang)
	if rest == "" || rest[0] != '/' {
		rest = "/"
	}
	if c.R.Method != http.MethodGet {
		return c.shell.readable(c.R, c.Lang, rest)
	}
	if c.R.URL.RawQuery != "" {
		rest += "?" + c.R.URL.RawQuery
	}
	return rest
}

// Resend lets the languages of a page that answers a button send the form with
// this id (a word of the page's own) on, so that what was answered goes along,
// in no address.
func (c *Ctx) Resend(form string) {
	if c.R.Method == http.MethodPost {
		c.resent = form
	}
}

// readable is the path or the nearest above it that a link can open: many a
// page that answers a button stands at an address that takes only buttons.
func (s *Shell) readable(r *http.Request, lang, path string) string {
	for path != "/" && !s.takes(r, http.MethodGet, "/"+lang+path) {
		path = path[:max(1, strings.LastIndexByte(path, '/'))]
	}
	return path
}

// bestLanguage is the interface language that the browser asks for first.
func (s *Shell) bestLanguage(r *http.Request) string {
	offered := s.present().Languages
	wanted, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if err != nil {
		return offered[0]
	}
	for _, tag := range wanted {
		b, confidence := tag.Base()
		if confidence != language.No && slices.Contains(offered, b.String()) {
			return b.String()
		}
	}
	return offered[0]
}

// pathLanguage is the language at the start of the path, or the best one.
func (s *Shell) pathLanguage(r *http.Request) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if s.langs[first] || s.patient[first] {
		return first
	}
	return s.bestLanguage(r)
}

// fallback answers what no route takes: the start redirect, a path without a
// language, a wrong method, or a page that is not there.
func (s *Shell) fallback(w http.ResponseWriter, r *http.Request) {
	lang := s.pathLanguage(r)
	c := s.newCtx(w, r, ZonePublic, lang)
	if !s.langs[lang] {
		c.zone = ZonePerson
	}
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		if to := s.withLanguage(r, lang); to != "" {
			w.Header().Add("Vary", "Accept-Language")
			http.Redirect(w, r, to, http.StatusFound)
			return
		}
	}
	if allowed := s.otherMethods(r); allowed != "" {
		w.Header().Set("Allow", allowed)
		c.status, c.words = http.StatusMethodNotAllowed, "method"
	}
	err := fault.New(fault.NotFound, "")
	if strings.HasPrefix(r.URL.Path, "/api/") || strings.HasPrefix(r.URL.Path, "/hsds/") {
		s.problem(c, err)
		return
	}
	s.fail(c, err)
}

// withLanguage is where a path without a language belongs; empty when the
// page does not exist there either.
func (s *Shell) withLanguage(r *http.Request, lang string) string {
	p := r.URL.Path
	if !s.langs[lang] {
		lang = s.cfg.Languages[0]
	}
	switch {
	case p == "/":
		return "/" + lang + "/"
	case s.langs[strings.Trim(p, "/")] && !strings.HasSuffix(p, "/"):
		return p + "/"
	}
	to := "/" + lang + p
	if !s.takes(r, http.MethodGet, to) {
		return ""
	}
	to = "/" + lang + r.URL.EscapedPath()
	if r.URL.RawQuery != "" {
		to += "?" + r.URL.RawQuery
	}
	return to
}

func (s *Shell) takes(r *http.Request, method, path string) bool {
	probe := r.Clone(r.Context())
	probe.Method, probe.URL.Path, probe.URL.RawPath = method, path, ""
	_, pattern := s.mux.Handler(probe)
	return pattern != "" && pattern != "/"
}

// otherMethods lists the methods that the path would take.
func (s *Shell) otherMethods(r *http.Request) string {
	var list []string
	for _, m := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		if m != r.Method && s.takes(r, m, r.URL.Path) {
			list = append(list, m)
		}
	}
	return strings.Join(list, ", ")
}

func (s *Shell) personRoute(path string) bool {
	path, _, _ = strings.Cut(path, "?")
	probe, err := http.NewRequest(http.MethodGet, "/"+s.onlyPatient()+path, nil)
	if err != nil {
		return false
	}
	_, pattern := s.mux.Handler(probe)
	return pattern != "" && pattern != "/"
}

// onlyPatient is a language of the person zone that the interface lacks; a
// path that it takes belongs to the person zone.
func (s *Shell) onlyPatient() string {
	for _, l := range s.cfg.PatientLanguages {
		if !s.langs[l] {
			return l
		}
	}
	return "-"
}
