package app

import (
	"context"
	"embed"
	"slices"
	"strconv"
	"strings"
	"time"

	"amelie/internal/casework/own"
	"amelie/internal/consent"
	"amelie/internal/country"
	"amelie/internal/country/entitle"
	"amelie/internal/country/mechanism"
	"amelie/internal/directory"
	"amelie/internal/directory/atlas"
	"amelie/internal/fault"
	"amelie/internal/i18n"
	"amelie/internal/learn/edit"
	"amelie/internal/mail"
	"amelie/internal/person"
	"amelie/internal/screen"
	"amelie/internal/screen/record"
	"amelie/internal/web"
)

//go:embed page/*.html page/*.css
var pages embed.FS

var _ = web.Style(pages, "page/demo.css")

// routes registers every room with the shell.
func (a *App) routes() {
	s := a.Shell
	s.Authenticate = a.Accounts.Authenticate
	s.SignOut = a.signOut
	s.Observe = web.Meter(a.metrics)
	a.health()
	a.House.Mount(s)
	s.Public("GET /{$}", web.Kept(func(c *web.Ctx) string {
		v, err := a.Directory.Version(c.Context())
		if err != nil {
			return "" // the page goes without the helpline then
		}
		return strconv.FormatInt(v, 10)
	}, a.home))
	a.Guide.Mount(s)
	record.Mount(s, a.Guide.At("first_hours"))
	a.Cards.Mount(s)
	a.Summaries.Mount(s)
	screen.Mount(s, screen.Config{Country: a.countryFor, Emergency: countries{a}.Emergency, Helpline: a.callBox, House: a.houseForGuide, Guide: a.Guide.Ways})
	a.Instruments.Mount(s)
	a.Reading.Mount(s)
	a.Study.Mount(s)
	(&edit.Rooms{Service: a.Editing, Reading: a.Reading, Labels: a.courseLabels()}).Mount(s)
	a.Groups.Mount(s)
	a.Groups.Handle(a.Jobs)
	a.Attests.Mount(s)
	a.Attests.MountLearner(a.Study.Serve(s))
	a.Packs.Mount(s)
	(&edit.Folders{Service: a.Editing}).Mount(s)
	(&edit.Upgraders{Service: a.Editing}).Mount(s)
	a.Recall.Mount(s)
	a.Measure.Mount(s)
	a.Directory.Mount(s)
	a.Rounds.Mount(s)
	a.Rounds.Handle(a.Jobs)
	a.Transfer.Mount(s)
	atlas.New(atlas.Config{Directory: a.Directory, Texts: a.Texts, Emergency: countries{a}.Emergency, Lines: a.firstLines, Helplines: a.countryLines}).Mount(s)
	a.Desk.Mount(s)
	a.Lexicon.Mount(s)
	a.Accounts.Mount(s)
	a.SignOn.Mount(s)
	a.Agencies.Mount(s)
	a.Agreements.Mount(s)
	a.Agreements.Handle(a.Jobs)
	a.Procedures.Mount(s)
	a.Procedures.Handle(a.Jobs)
	a.Referrals.Mount(s)
	s.Hub(web.NavItem{Path: "/admin", Icon: "settings", Label: "web.nav.admin", Roles: []string{"administrator"}, Order: 80, Text: "hub.lead"})
	a.Referrals.Handle(a.Jobs)
	a.Cases.Mount(s)
	a.Plans.Mount(s)
	a.Days.Mount(s)
	a.Cases.Handle(a.Jobs)
	a.Shares.Mount(s)
	a.Passes.Mount(s)
	a.Shares.Handle(a.Jobs)
	a.Glass.Mount(s)
	a.Owns.Mount(s)
	a.Places.Mount(s)
	a.Interpret.Mount(s)
	a.Places.Handle(a.Jobs)
	a.Stages.Mount(s)
	a.Stages.Handle(a.Jobs)
	a.Talks.Mount(s)
	a.Telling.Mount(s)
	a.Tallies.Mount(s)
	a.Talks.Handle(a.Jobs)
	a.Days.Handle(a.Jobs)
	a.Keeping.Mount(s)
	a.Keeping.Handle(a.Jobs)
	(&country.Rooms{Packs: a.Countries, Directory: bodies{a}}).Mount(s)
	(&mechanism.Rooms{Set: a.Mechanisms, Packs: a.Countries}).Mount(s)
	(&entitle.Rooms{Set: a.Entitled, Country: a.countryFor}).Mount(s)
	consent.Handle(a.Jobs, a.DB, a.Config.Now)
	(&person.Zone{Texts: a.Persons, Helplines: a.personLines, Emergency: countries{a}.Emergency, Tells: a.tells()}).Mount(s)
	a.Jobs.Handle(jobLedger, a.appendLedger)
	s.Foot(web.NavItem{Path: "/country", Label: "country.title", Order: 40})
	if a.Config.Demo {
		s.Public("GET /demo", a.demoPage)
		s.Public("GET /demo/certificate", a.demoCertificate)
		s.Public("GET /demo/certificate/{file}", a.demoCertificate)
		s.Public("POST /demo", a.demoEnter)
		s.Foot(web.NavItem{Path: "/demo", Label: "demo.title", Order: 90})
		s.Foot(web.NavItem{Path: "/design", Label: "demo.design", Order: 95})
	}
}

func (a *App) home(c *web.Ctx) error {
	return web.RenderHome(c, web.Home{WithSomeone: "/now", Find: "/find", Learn: "/learn", Myself: "/info",
		Helpline: a.callBox(c.Context(), a.countryFor(c.Lang), c.Lang, c.Now())})
}

// countryFor is the country of a page that must name one: as the directory
// takes it, and for a language of many countries the coordinator's of the
// project that this grew out of.
func (a *App) countryFor(lang string) string {
	if home := a.Directory.Home(lang); home != "" {
		return home
	}
	return "GR"
}

// callBox is the national helpline that answers now, ready to be called; nil
// when none can be.
func (a *App) callBox(ctx context.Context, country, lang string, at time.Time) *web.CallBox {
	lines, err := a.lines(ctx, country, lang, lang, at)
	if err != nil || len(lines) == 0 {
		return nil
	}
	return callBoxOf(lines[0], lang)
}

func callBoxOf(b directory.Brief, lang string) *web.CallBox {
	box := &web.CallBox{Name: b.Name, Note: b.Note, Detail: b.Detail, Path: "/" + lang + "/entry/" + b.ID, Closed: !b.Open.Open, Unsure: !b.Open.Known}
	if len(b.Numbers) > 0 {
		box.Number, box.Tel = b.Numbers[0].Shown, b.Numbers[0].Number
	}
	return box
}

// firstLines are the lines of a country for a reader who speaks the language of the page.
func (a *App) firstLines(ctx context.Context, country, lang string, at time.Time) ([]directory.Brief, error) {
	return a.lines(ctx, country, lang, lang, at)
}

// countryLines are the services that a country's pack counts among its lines.
func (a *App) countryLines(code string) []string {
	if p, ok := a.Countries.Get(code); ok {
		return p.Helplines
	}
	return nil
}

// personLines is the helplines for the pages of the person herself: the
// national lines, then the centres that the country pack names as lines.
// Support only, never an authority. // req: PERSON-1
func (a *App) personLines(ctx context.Context, code, lang string, at time.Time) ([]person.Helpline, error) {
	told := lang // names and notes exist in the interface languages only
	if !slices.Contains(i18n.Languages, lang) {
		told = "en"
	}
	lines, err := a.lines(ctx, code, told, lang, at)
	if err != nil {
		return nil, err
	}
	var out []person.Helpline
	for _, b := range lines {
		if b.Group != directory.Support {
			continue
		}
		h := person.Helpline{ID: b.ID, Group: string(b.Group), Name: b.Name, HoursKnown: b.Open.Known, Open: b.Open.Open, Always: b.Open.Always,
			Until: b.Open.Until, Opens: b.Open.Next, Free: b.Free, Anonymous: b.Anonymous, Spoken: b.Spoken, Interpreted: b.Interpreted, Many: b.Many}
		for _, n := range b.Numbers {
			h.Numbers = append(h.Numbers, person.Number{Shown: n.Shown, Dial: n.Number, Abroad: n.Abroad})
		}
		out = append(out, h)
	}
	return out, nil
}

// lines are the telephone lines of a country for somebody who speaks ask, told
// in lang: the national helplines of the directory, and the lines that the
// country pack names beside them (in Belgium the three recognised centres are
// the lines). Those that can be called come first.
func (a *App) lines(ctx context.Context, code, lang, ask string, at time.Time) ([]directory.Brief, error) {
	out, err := a.Directory.Lines(ctx, a.Texts, code, lang, ask, at)
	if err != nil {
		return nil, err
	}
	if p, ok := a.Countries.Get(code); ok {
		for _, id := range p.Helplines {
			if slices.ContainsFunc(out, func(b directory.Brief) bool { return b.ID == id }) {
				continue
			}
			b, err := a.Directory.Brief(ctx, a.Texts, id, lang, at)
			if fault.KindOf(err) == fault.NotFound {
				continue
			}
			if err != nil {
				return nil, err
			}
			if b.Group == directory.Support {
				out = append(out, *b)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b directory.Brief) int {
		return min(len(b.Numbers), 1) - min(len(a.Numbers), 1)
	})
	return out, nil
}

// The demo's floor plan: who is who, and a door for each.

type floor struct {
	Agencies []floorRoom
	Mail     []floorMail
	Card     floorCard
}

// floorCard is the invented person's card, with the form that opens it.
type floorCard struct{ Text, Path, Code, Secret string }

type floorRoom struct {
	Name, Place string
	People      []floorPerson
}

type floorPerson struct{ Key, Name, Short, Roles, Try string }

type floorMail struct{ To, Subject, Text, At, Link string }

var demoTemplate = web.NewPage[floor](pages, "page/demo.html")

func (a *App) demoPage(c *web.Ctx) error {
	var f floor
	for _, ag := range demoHouse {
		room := floorRoom{Name: ag.name, Place: ag.place}
		for _, p := range ag.people {
			short, _, _ := strings.Cut(p.name, " ")
			var roles []string
			for _, r := range append(slices.Clone(p.installation), p.roles...) {
				roles = append(roles, c.T("demo.role."+r))
			}
			person := floorPerson{Key: p.key, Name: p.name, Short: short, Roles: strings.Join(roles, ", ")}
			if key := "demo.try." + p.key; a.Texts.Has("en", key) {
				person.Try = c.T(key)
			}
			room.People = append(room.People, person)
		}
		f.Agencies = append(f.Agencies, room)
	}
	for _, m := range newestOfEach(a.Catcher.Messages(), 12) {
		f.Mail = append(f.Mail, floorMail{m.To, m.Subject, m.Text, a.Texts.Clock(c.Lang, m.At), linkIn(m.Text)})
	}
	f.Card = floorCard{c.T("own.demo", "code", inventedCode, "secret", inventedSecret), c.Path(own.Path), inventedCode, inventedSecret}
	return demoTemplate.Render(c, f)
}

// newestOfEach keeps one message of each kind to each address, at most n: a
// round's many mails must not push out the letter that the walk opens.
func newestOfEach(caught []mail.Caught, n int) []mail.Caught {
	type slot struct{ to, subject string }
	seen := map[slot]bool{}
	return slices.DeleteFunc(caught, func(m mail.Caught) bool {
		if s := (slot{m.To, m.Subject}); len(seen) < n && !seen[s] {
			seen[s] = true
			return false
		}
		return true
	})
}

// demoEnter signs in as an invented person, by a click.
func (a *App) demoEnter(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	id, err := a.Accounts.ByLogin(c.Context(), demoLogin(f.Value("person")))
	if err != nil {
		return fault.New(fault.NotFound, "web.error.not-found").Because(err)
	}
	started, err := a.Accounts.DemoSignIn(c.Context(), id, c.R.UserAgent())
	if err != nil {
		return err
	}
	a.Accounts.SetCookie(c.W, started.Cookie)
	return c.Redirect("/today")
}

// SetupLink is the address where the first administrator makes an account; ""
// when there is one already.
func (a *App) SetupLink(ctx context.Context) (string, error) {
	path, err := a.Accounts.SetupLink(ctx)
	if err != nil || path == "" {
		return "", err
	}
	return a.Config.BaseURL + path, nil
}
