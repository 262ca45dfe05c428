package web

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"html"
	"html/template"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"amelie/internal/fault"
	"amelie/internal/id"
)

// Ctx is one request on its way through a handler and its page.
type Ctx struct {
	W      http.ResponseWriter
	R      *http.Request
	Lang   string  // language of the page
	Viewer *Viewer // nil on public pages and for visitors

	shell  *Shell
	zone   Zone
	form   *Form
	flash  *Notice
	token  string
	dir    string   // writing direction when it is not the language's
	shape  string   // layout of the page: empty, wide or print
	beside []string // further languages on the page
	status int      // status that the error page answers with; 0: by the fault's kind
	words  string   // words of the error page, below web.fail; empty: by the fault's kind
	style  string   // extra style sheets of the page's domain
	script string   // extra modules of the page's domain
	exit   string   // where the quick exit leads; empty: as the zone says
	resent string   // id of the form that goes along to another language
	kept   bool     // the answer is made once for many readers, see Kept
	small  bool     // it is worth compressing well when it is

	redirected bool     // the handler sent the reader on
	resumed    *Resumed // the form is shown as it was typed before a sign-in ended

	ownFonts bool // the first paint is made with the device's letters
}

// Notice is one message to the reader, already in her language.
type Notice struct{ Kind, Text string }

func (s *Shell) newCtx(w http.ResponseWriter, r *http.Request, zone Zone, lang string) *Ctx {
	return &Ctx{W: w, R: r, Lang: lang, shell: s, zone: zone}
}

// Context is the request's context.
func (c *Ctx) Context() context.Context { return c.R.Context() }

// Now is the time as the installation's clock tells it.
func (c *Ctx) Now() time.Time { return c.shell.cfg.Now() }

// Config is the shell's configuration, as it is now.
func (c *Ctx) Config() Config {
	cfg, now := c.shell.cfg, c.shell.present()
	cfg.Name, cfg.NeutralName, cfg.ExitURL, cfg.Languages, cfg.Zone = now.Name, now.NeutralName, now.ExitURL, now.Languages, now.Zone
	return cfg
}

// T is the message in the page's language. In the person zone a language that
// the interface does not have takes the shell's own patient words, then
// English.
func (c *Ctx) T(key string, args ...any) string {
	if !c.shell.langs[c.Lang] {
		if text := patientText(c.Lang, key); text != "" {
			return text
		}
		return c.shell.cfg.Texts.T(c.shell.cfg.Languages[0], key, args...)
	}
	return c.shell.cfg.Texts.T(c.Lang, key, args...)
}

// TIn is the message in another language, as on the sheet that shows the
// professional's words beside the person's.
func (c *Ctx) TIn(lang, key string, args ...any) string {
	return c.shell.cfg.Texts.T(lang, key, args...)
}

var strong = regexp.MustCompile(`\*\*(.+?)\*\*`)

// TH is the message as markup: **bold**, and a blank line starts a paragraph.
// Arguments are escaped like everything else.
func (c *Ctx) TH(key string, args ...any) template.HTML {
	return Rich(c.T(key, args...))
}

// Rich turns text into markup: **bold**, and a blank line starts a paragraph.
func Rich(text string) template.HTML {
	text = strong.ReplaceAllString(html.EscapeString(strings.TrimSpace(text)), "<strong>$1</strong>")
	parts := strings.Split(text, "\n\n")
	if len(parts) == 1 {
		return template.HTML(text) //nolint:gosec // escaped above
	}
	return template.HTML("<p>" + strings.Join(parts, "</p><p>") + "</p>") //nolint:gosec // escaped above
}

// wordLang is the language of dates and numbers: the page's own, or the
// default where the interface lacks it.
func (c *Ctx) wordLang() string {
	if c.shell.langs[c.Lang] {
		return c.Lang
	}
	return c.shell.cfg.Languages[0]
}

// Date is "22 November 2026" in the page's language and the site's time zone.
func (c *Ctx) Date(t time.Time) string {
	return c.shell.cfg.Texts.Date(c.wordLang(), t.In(c.shell.present().Zone))
}

// DateIn is Date in another language, as on a paper that speaks its own.
func (c *Ctx) DateIn(lang string, t time.Time) string {
	return c.shell.cfg.Texts.Date(lang, t.In(c.shell.present().Zone))
}

// Day is a day, "2026-11-22", as a date in the page's language; anything else,
// a year for instance, stays as it is.
func (c *Ctx) Day(day string) string {
	t, err := time.ParseInLocation(time.DateOnly, day, c.shell.present().Zone)
	if err != nil {
		return day
	}
	return c.Date(t.Add(12 * time.Hour))
}

// Month writes a month, 2026-11, by its name and year.
func (c *Ctx) Month(month string) string { return c.shell.cfg.Texts.Month(c.wordLang(), month) }

// DateTime is the date and the time of day.
func (c *Ctx) DateTime(t time.Time) string {
	return c.shell.cfg.Texts.DateTime(c.wordLang(), t.In(c.shell.present().Zone))
}

// Clock is the time of day, "14:05".
func (c *Ctx) Clock(t time.Time) string {
	return c.shell.cfg.Texts.Clock(c.wordLang(), t.In(c.shell.present().Zone))
}

// Ago says how long ago t was.
func (c *Ctx) Ago(t time.Time) string {
	return c.shell.cfg.Texts.Ago(c.wordLang(), c.Now().Sub(t))
}

// Until says how long it is to t.
func (c *Ctx) Until(t time.Time) string {
	return c.shell.cfg.Texts.In(c.wordLang(), t.Sub(c.Now()))
}

// Stamp is t for the datetime attribute.
func (c *Ctx) Stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// Number is n as the language groups it.
func (c *Ctx) Number(n int) string { return c.shell.cfg.Texts.Number(c.wordLang(), int64(n)) }

// Decimal is x with so many digits, written in the page's language.
func (c *Ctx) Decimal(x float64, digits int) string {
	return c.shell.cfg.Texts.Decimal(c.wordLang(), x, digits)
}

// Path puts the page's language before a path: "/find" is "/el/find".
func (c *Ctx) Path(path string) string {
	lang := c.Lang
	if c.zone == ZonePerson && !c.shell.langs[lang] && !c.shell.personRoute(path) {
		lang = c.shell.cfg.Languages[0]
	}
	return "/" + lang + path
}

// Param is a part of the path named in the route's pattern.
func (c *Ctx) Param(name string) string { return c.R.PathValue(name) }

// Query is the first value of a query parameter, without surrounding space.
func (c *Ctx) Query(name string) string { return strings.TrimSpace(c.R.URL.Query().Get(name)) }

// Redirect sends the reader on with 303, so that reloading does not act
// again. A path that starts with "/" gets the page's language.
func (c *Ctx) Redirect(path string) error {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") {
		return fault.New(fault.Internal, "web.error.internal")
	}
	c.redirected = true
	http.Redirect(c.W, c.R, c.Path(path), http.StatusSeeOther)
	return nil
}

// JSON answers with v.
func (c *Ctx) JSON(status int, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fault.Wrap(err, "answer as JSON")
	}
	c.W.Header().Set("Content-Type", "application/json")
	c.W.WriteHeader(status)
	_, err = c.W.Write(append(b, '\n'))
	return ignoreGone(err)
}

// Download answers with a file to save. The name should be neutral: it stays
// in the reader's downloads.
func (c *Ctx) Download(name, contentType string, b []byte) error {
	_, err := c.Downloading(name, contentType).Write(b)
	return ignoreGone(err)
}

// Downloading begins to answer with a file to save, which is written piece by piece
// to what it gives. What is written cannot be taken back: who cannot go on aborts
// the answer with a panic of http.ErrAbortHandler.
func (c *Ctx) Downloading(name, contentType string) io.Writer {
	h := c.W.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Disposition", "attachment; filename*=UTF-8''"+url.PathEscape(name))
	return c.W
}

// Longer gives a long answer the time of a new one, after a piece of it has left.
func (c *Ctx) Longer() {
	// Who cannot be given more, as in a test, goes on with the time that is left.
	_ = http.NewResponseController(c.W).SetWriteDeadline(time.Now().Add(writeTime))
}

// Sheet answers with a table as a file that spreadsheets open.
func (c *Ctx) Sheet(name string, head []string, rows [][]string) error {
	var b bytes.Buffer
	b.WriteString("\ufeff") // so that spreadsheets read Greek
	if err := csv.NewWriter(&b).WriteAll(append([][]string{head}, rows...)); err != nil {
		return err
	}
	return c.Download(name, "text/csv; charset=utf-8", b.Bytes())
}

// Text answers with plain text.
func (c *Ctx) Text(status int, text string) error {
	c.W.Header().Set("Content-Type", "text/plain; charset=utf-8")
	c.W.WriteHeader(status)
	_, err := c.W.Write([]byte(text))
	return ignoreGone(err)
}

// ignoreGone drops the error of a reader who closed the page: there is nobody
// to tell, and nothing of ours went wrong.
func ignoreGone(error) error { return nil }

const flashCookie = "amelie_notice"

type flash struct {
	Kind string `json:"k"`
	Key  string `json:"m"`
	Args []any  `json:"a,omitempty"`
}

// Flash keeps one notice for the next professional page of this browser.
// Arguments must not be personal data: they travel in a cookie.
func (c *Ctx) Flash(key string, args ...any) { c.FlashKind("ok", key, args...) }

// FlashKind is Flash with the kind of the notice: ok, info, soon or danger.
func (c *Ctx) FlashKind(kind, key string, args ...any) {
	if c.zone != ZoneProfessional {
		return // req: WEB-1 public pages set no cookie
	}
	b, err := json.Marshal(flash{kind, key, args})
	if err != nil {
		return
	}
	http.SetCookie(c.W, &http.Cookie{
		Name: flashCookie, Value: base64.RawURLEncoding.EncodeToString(b), Path: "/", MaxAge: 60,
		HttpOnly: true, Secure: c.shell.cfg.TLS, SameSite: http.SameSiteStrictMode,
	})
}

func (c *Ctx) takeFlash() {
	if c.R.Method != http.MethodGet {
		return
	}
	cookie, err := c.R.Cookie(flashCookie)
	if err != nil {
		return
	}
	http.SetCookie(c.W, &http.Cookie{Name: flashCookie, Path: "/", MaxAge: -1, HttpOnly: true, Secure: c.shell.cfg.TLS, SameSite: http.SameSiteStrictMode})
	b, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	if err != nil {
		return
	}
	var f flash
	if json.Unmarshal(b, &f) != nil || !c.shell.cfg.Texts.Has(c.shell.cfg.Languages[0], f.Key) || !noticeKinds[f.Kind] {
		return
	}
	c.flash = &Notice{f.Kind, c.T(f.Key, f.Args...)}
}

var noticeKinds = map[string]bool{"ok": true, "info": true, "soon": true, "danger": true}

// NewOnce gives the form that is shown again another token: what was typed is not
// the action that the token stood for.
func (c *Ctx) NewOnce() { c.token = "" }

// OnceToken names this one intended action. The page carries it in its form
// and the service passes it to db.Once, so that a twice-pressed button acts
// once. A form that is shown again keeps its token.
func (c *Ctx) OnceToken() string {
	if c.token == "" {
		c.token = id.New()
	}
	return c.token
}
