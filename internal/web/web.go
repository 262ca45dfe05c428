// Package web is the shell around every page: layouts, components, language in
// the address, quick exit, security headers, forms and the one place where an
// error becomes a page.
//
// A domain registers handlers by zone. Public pages set no cookie and ask for
// no sign-in; person pages are public pages in all patient languages;
// professional pages ask who is there first. A handler returns an error, and
// the shell turns it into a page in the reader's language or, on API routes,
// into an RFC 9457 problem.
//
// Nothing is stored here. The only cookie that the shell itself sets is the
// notice for the next professional page, and it lives for one minute.
//
// The shell must never: write an address, a query, a path parameter or a
// form's content into a log; load anything from a foreign host; run or style
// anything inline; keep a public page in a cache; show a title that tells a
// person looking over the shoulder what the page is about.
package web

import (
	"log/slog"
	"net/http"
	"slices"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"amelie/internal/clock"
	"amelie/internal/i18n"
	"amelie/internal/policy"
	"amelie/internal/vault"
)

// Config is what an installation decides about its shell.
type Config struct {
	Name             string         // visible name of the site; "Amelie" when empty
	NeutralName      string         // name used where the visible one could tell too much: files, the installed app
	BaseURL          string         // "https://help.example.org"; used by links in mail and by HSTS
	ExitURL          string         // the one foreign address: where quick exit leads; an empty page when not set
	Languages        []string       // interface languages, the first one is the default
	PatientLanguages []string       // every language of the person zone, interface languages included
	Demo             bool           // shows the design page and the demo ribbon
	TLS              bool           // served over TLS: HSTS and Secure cookies
	Zone             *time.Location // in which times are shown; the machine's when nil
	Now              clock.Clock
	Log              *slog.Logger
	Texts            *i18n.Bundle
}

// Viewer is the signed-in person of this request.
type Viewer struct {
	UserID, Name         string
	AgencyID, AgencyName string
	SessionID            string
	Lang                 string            // preferred interface language
	Roles                []string          // see package policy
	Key                  *vault.PrivateKey // nil: signed in, not unlocked
	Scopes               []string          // of an API token; nil for a browser session
}

// Is tells whether the viewer has the role.
func (v *Viewer) Is(role string) bool {
	if v == nil {
		return false
	}
	for _, r := range v.Roles {
		if r == role {
			return true
		}
	}
	return false
}

// Actor is the viewer as the policy engine knows her; the zero Actor for nobody.
func (v *Viewer) Actor() policy.Actor {
	if v == nil {
		return policy.Actor{}
	}
	return policy.Actor{User: v.UserID, Agency: v.AgencyID, Roles: v.Roles, Unlocked: v.Key != nil}
}

// NavItem is a room of the professional zone, or a link of the public footer.
//
// A room with Under is a door on the page of another room (its hub) and not in
// the rail, so that the rail stays short. Who may enter it and none of its hubs
// finds it in the rail. One path may be a door of several hubs, each with its
// own roles.
type NavItem struct {
	Path  string   // "/today", without the language
	Icon  string   // name of an icon, see icon.go
	Label string   // message key
	Roles []string // shown to any of these; nil: to everyone
	Also  []string // further paths that belong to the room, "/referral/"
	Order int
	Spare bool   // gives way to the account's menu when the rail is full
	Under string // path of the hub whose page has the door; "": a room of the rail
	Group string // message key of the heading above the door; "": none
	Text  string // message key of the door's second line

	// When asks more than the roles; nil: the roles are enough.
	When func(v *Viewer) bool
}

// Handler answers one request; a returned error becomes a page or a problem.
type Handler func(c *Ctx) error

// Shell holds the routes and the frame of all pages. Register everything
// before the first request.
type Shell struct {
	// Authenticate tells who is there: nil, nil for nobody. It is asked on
	// professional and API routes only.
	Authenticate func(r *http.Request) (*Viewer, error)
	// SignOut ends the session of the request; the quick exit of the
	// professional zone calls it.
	SignOut func(w http.ResponseWriter, r *http.Request)
	// Observe, when set, is told about every answered request.
	Observe func(Observation)

	// SignedIn tells whether the request seems to come from a signed-in
	// member, without asking who: public pages then show the way back. The
	// default looks for the session's cookie.
	SignedIn func(r *http.Request) bool

	// Announce, when set, gives the line above a page of the professional zone.
	Announce func(c *Ctx) *Announcement

	cfg     Config
	shown   atomic.Pointer[Shown] // what was changed since the start; nil: nothing
	shows   atomic.Int64          // how often that happened
	mux     *http.ServeMux
	routes  map[string]bool // "GET /find"
	nav     []NavItem
	foot    []NavItem
	langs   map[string]bool
	patient map[string]bool
	once    sync.Once
	handler http.Handler
	forms   Forms           // nil: nothing is kept of a form that could not be taken
	hasForm map[string]bool // patterns of pages that show a form
	keeping sync.Mutex
	keeps   []*kept // of all rooms, see Kept
}

// New makes a shell with its own routes: the start redirect, assets, the
// quick exit, and in demo mode the design page.
func New(cfg Config) *Shell {
	if cfg.Name == "" {
		cfg.Name = "Amelie"
	}
	if cfg.NeutralName == "" {
		cfg.NeutralName = cfg.Name
	}
	if len(cfg.Languages) == 0 {
		cfg.Languages = []string{"en"}
	}
	if len(cfg.PatientLanguages) == 0 {
		cfg.PatientLanguages = cfg.Languages
	}
	if cfg.Now == nil {
		cfg.Now = clock.System
	}
	if cfg.Zone == nil {
		cfg.Zone = time.Local
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	s := &Shell{SignedIn: carriesSession, cfg: cfg, mux: http.NewServeMux(), routes: map[string]bool{}, langs: set(cfg.Languages), patient: set(cfg.PatientLanguages)}
	s.nav, s.foot = usualRooms(), usualFoot()
	s.mux.HandleFunc("GET /asset/{file...}", serveAsset)
	s.mux.HandleFunc("GET /favicon.ico", s.favicon)
	s.mux.HandleFunc("GET /robots.txt", robots)
	s.mux.HandleFunc("GET /exit", s.exitPublic)
	s.mux.HandleFunc("GET /exit/work", s.exitWork)
	s.mux.HandleFunc("/", s.fallback)
	if cfg.Demo {
		s.Public("GET /design", Design)
		s.Public("POST /design", Design)
	}
	return s
}

func set(words []string) map[string]bool {
	m := make(map[string]bool, len(words))
	for _, w := range words {
		m[w] = true
	}
	return m
}

// Zone is where a route lives and who may come in.
type Zone int

// The zones that the shell knows.
const (
	ZonePublic Zone = iota
	ZonePerson
	ZoneProfessional
	ZoneAPI
	ZoneGuest
	ZoneLearner
)

// Public serves "GET /find" as /{lang}/find in every interface language,
// without cookies and without asking who is there.
func (s *Shell) Public(pattern string, h Handler) {
	s.pages(ZonePublic, s.cfg.Languages, pattern, h)
}

// Person serves the pattern in every patient language, right to left where
// the language is.
func (s *Shell) Person(pattern string, h Handler) {
	s.pages(ZonePerson, s.cfg.PatientLanguages, pattern, h)
}

// Guest serves the pattern to somebody without an account who holds something
// else, such as a link and a code. Who that is, is the handler's own question;
// it may set a cookie for its own path. The pages are never compressed, since
// their length could tell what stands on them.
func (s *Shell) Guest(pattern string, h Handler) {
	s.pages(ZoneGuest, s.cfg.Languages, pattern, h)
}

// Learner serves the pattern to somebody who keeps progress in a course under a
// code, without a name. Who that is, is the handler's own question; it may set
// a cookie for its own path, so that no public page is ever sent it. The pages
// hold nothing that opens anything, and are compressed.
func (s *Shell) Learner(pattern string, h Handler) {
	s.pages(ZoneLearner, s.cfg.Languages, pattern, h)
}

// Professional serves the pattern to signed-in members; others are sent to
// the sign-in page and come back.
func (s *Shell) Professional(pattern string, h Handler) {
	s.pages(ZoneProfessional, s.cfg.Languages, pattern, h)
}

// Raw serves a handler as it is, without language, page or error handling.
func (s *Shell) Raw(pattern string, h http.Handler) {
	s.routes[pattern] = true
	s.mux.Handle(pattern, h)
}

// API serves JSON without a language prefix. The viewer is there when a
// session or a token came along; whether one is needed is the handler's word.
func (s *Shell) API(pattern string, h Handler) {
	s.routes[pattern] = true
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		c := s.newCtx(w, r, ZoneAPI, s.bestLanguage(r))
		if err := s.authenticate(c); err != nil {
			s.problem(c, err)
			return
		}
		if err := h(c); err != nil {
			s.problem(c, err)
		}
	})
}

// Nav adds a room to the professional zone: to the rail and bottom bar, or
// with Under as a door to its hub.
func (s *Shell) Nav(item NavItem) { s.nav = insert(s.nav, item) }

// Foot adds a link to the footer of public pages.
func (s *Shell) Foot(item NavItem) { s.foot = insert(s.foot, item) }

// usualRooms are the entries that the shell knows by itself. Each is shown
// only when its room exists, and gives way to one that a domain registers.
func usualRooms() []NavItem {
	return []NavItem{
		{Path: "/today", Icon: "lamp", Label: "web.nav.today", Order: 10},
		{Path: "/find", Icon: "search", Label: "web.nav.find", Order: 20},
		{Path: "/referrals", Icon: "send", Label: "web.nav.referrals", Also: []string{"/referral/", "/refer/"}, Order: 30},
		{Path: "/learn", Icon: "book", Label: "web.nav.learn", Order: 50, Spare: true},
		{Path: "/country", Icon: "scale", Label: "web.nav.country", Order: 60, Spare: true},
	}
}

func usualFoot() []NavItem {
	return []NavItem{
		{Path: "/find", Label: "web.nav.find", Order: 10},
		{Path: "/info", Label: "web.nav.self", Order: 20},
		{Path: "/country", Label: "web.nav.country", Order: 30},
		{Path: "/sign-in", Label: "web.nav.sign-in", Order: 40},
	}
}

// carriesSession looks for the cookie that package account sets, over TLS and
// without.
func carriesSession(r *http.Request) bool {
	for _, name := range []string{"__Host-amelie", "amelie_s"} {
		if c, err := r.Cookie(name); err == nil && c.Value != "" {
			return true
		}
	}
	return false
}

func insert(items []NavItem, item NavItem) []NavItem {
	items = slices.DeleteFunc(items, func(old NavItem) bool {
		// A room that asks more than roles stands beside one that does not.
		return old.Path == item.Path && old.Under == item.Under && (old.When == nil) == (item.When == nil)
	})
	items = append(items, item)
	sort.SliceStable(items, func(i, j int) bool { return items[i].Order < items[j].Order })
	return items
}

func (s *Shell) pages(zone Zone, langs []string, pattern string, h Handler) {
	s.routes[pattern] = true
	method, path, ok := strings.Cut(pattern, " ")
	if !ok {
		method, path = "", pattern
	} else {
		method += " "
	}
	if path == "/" {
		path = "/{$}"
	}
	for _, lang := range langs {
		s.mux.HandleFunc(method+"/"+lang+path, func(w http.ResponseWriter, r *http.Request) {
			s.serve(s.newCtx(w, r, zone, lang), h)
		})
	}
}

func (s *Shell) serve(c *Ctx, h Handler) {
	if c.zone == ZoneProfessional {
		if err := s.authenticate(c); err != nil {
			s.fail(c, err)
			return
		}
		if c.Viewer == nil {
			s.askSignIn(c)
			return
		}
		c.takeFlash()
		s.resume(c)
	}
	if err := h(c); err != nil {
		s.fail(c, err)
	} else if c.redirected && c.zone == ZoneProfessional && c.R.Method == http.MethodPost {
		s.sent(c)
	}
}

func (s *Shell) authenticate(c *Ctx) error {
	if s.Authenticate == nil {
		return nil
	}
	v, err := s.Authenticate(c.R)
	c.Viewer = v
	return err
}

// Has tells whether a route is registered, as in Has("GET /find"). A "{$}" is
// not needed.
func (s *Shell) Has(pattern string) bool { return s.routes[pattern] }

// Routes lists the registered patterns in order, for checks and documents.
func (s *Shell) Routes() []string {
	list := make([]string, 0, len(s.routes))
	for p := range s.routes {
		list = append(list, p)
	}
	sort.Strings(list)
	return list
}

// Handler is the whole site: routes inside the layers that every answer
// passes (log, panic, headers, cross-origin check).
func (s *Shell) Handler() http.Handler {
	s.once.Do(func() {
		s.hasForm = s.pagesWithForms()
		s.handler = s.observe(s.recover(s.headers(s.crossOrigin(s.mux))))
	})
	return s.handler
}

// writeTime is how long an answer may take.
const writeTime = 5 * time.Minute

// Server is a server for the site with the limits that keep slow or hostile
// clients from holding it.
func (s *Shell) Server() *http.Server {
	return &http.Server{
		Handler:           s.Handler(),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       2 * time.Minute,
		WriteTimeout:      writeTime,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(discardClientFaults{s.cfg.Log.Handler()}, slog.LevelWarn),
	}
}
