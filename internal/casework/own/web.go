package own

import (
	"embed"
	"slices"
	"strings"

	"amelie/internal/casework"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/web"
)

//go:embed page/*.html page/*.css
var pages embed.FS

var (
	_        = web.Style(pages, "page/own.css")
	roomPage = web.NewPage[roomData](pages, "page/room.html")
	givePage = web.NewPage[giveData](pages, "page/give.html")
	facePage = web.NewPage[faceData](pages, "page/face.html")
	codePage = web.NewPage[codeData](pages, "page/code.html")
	ownPage  = web.NewPage[ownData](pages, "page/own.html")
)

// Path is where the person types the code, without the language: short enough to
// be remembered.
const Path = "/card"

// Mount registers the pages.
func (s *Service) Mount(sh *web.Shell) {
	sh.Professional("GET /cases/{id}/own", s.getRoom)
	sh.Professional("POST /cases/{id}/own", s.postRoom)
	sh.Professional("GET /cases/{id}/own/give", s.getGive)
	sh.Professional("POST /cases/{id}/own/give", s.postGive)
	sh.Professional("GET /cases/{id}/own/card", s.getFace)
	sh.Person("GET "+Path, s.getCard)
	sh.Person("POST "+Path, s.postCard)
	sh.Person("GET "+Path+"/leave", s.leave)
}

// glance is the line on the room's door.
func (s *Service) glance(c *web.Ctx, o *casework.Opened) (casework.Glance, error) {
	if !o.Own {
		return casework.Glance{Hidden: true}, nil
	}
	w, err := s.look(c.Context(), c.Viewer, o)
	if err != nil {
		return casework.Glance{}, err
	}
	waits := 0
	for _, x := range w.Words {
		if x.Waits() {
			waits++
		}
	}
	switch {
	case waits > 0:
		return casework.Glance{Text: c.T("own.door.waits", "n", waits), Alert: true}, nil
	case w.Card == nil:
		return casework.Glance{Text: c.T("own.door.none")}, nil
	case w.Card.Seen() == Locked:
		return casework.Glance{Text: c.T("own.door.locked"), Alert: true}, nil
	case w.Stale:
		return casework.Glance{Text: c.T("own.door.stale"), Alert: true}, nil
	}
	return casework.Glance{Text: c.T("own.door.on", "date", c.Date(w.Card.Made))}, nil
}

type roomData struct {
	Back, Here, Wish  string
	Asked             []web.M // what worker and person answered
	May, Open, Locked bool
	Give              bool // the viewer may give a card, and print it
	On                bool
	Stale             bool
	Rows              []web.M
	Waiting, Past     []wordView
	Address, Note     string
}

type wordView struct {
	ID, Title, At, Text, Done string
	Check                     bool // a withdrawal, to be checked by a safe contact
}

func (s *Service) getRoom(c *web.Ctx) error { return s.showRoom(c) }

func (s *Service) showRoom(c *web.Ctx) error {
	w, err := s.Look(c.Context(), c.Viewer, c.Param("id"))
	if err != nil {
		return err
	}
	give := s.mayGive(c.Context(), c.Viewer, w.ID)
	if give != nil && fault.KindOf(give) != fault.Denied {
		return give
	}
	back := c.Path("/cases/" + w.ID)
	d := roomData{Back: back, Here: back + "/own", Wish: back + "/write/" + kindWish, Asked: casework.RowsOf(c, kinds[0], w.Wish), May: mayHave(w.Wish), Open: w.State == casework.Open,
		Give: give == nil, On: w.Card != nil, Stale: w.Stale, Note: w.Note, Address: s.address()}
	if w.Card != nil {
		d.Locked = w.Card.Seen() == Locked
		d.Rows = cardRows(c, *w.Card)
	}
	names, err := s.names(c, w.Words)
	if err != nil {
		return err
	}
	for _, x := range w.Words {
		v := viewOf(c, x, names[x.About])
		if x.Waits() {
			d.Waiting = append(d.Waiting, v)
		} else {
			d.Past = append(d.Past, v)
		}
	}
	return roomPage.Render(c, d)
}

// address is what the person remembers: without the scheme, in no language.
func (s *Service) address() string {
	_, host, _ := strings.Cut(s.Address, "://")
	return host + Path
}

func cardRows(c *web.Ctx, k Card) []web.M {
	shows := []string{c.T("own.shows.day")}
	for _, show := range k.Shows {
		shows = append(shows, c.T("own.shows."+show))
	}
	state := c.T("own.state."+string(k.Seen()), "date", c.Date(k.Changed))
	opened := c.T("own.never")
	if !k.Opened.IsZero() {
		opened = c.DateTime(k.Opened)
	}
	return []web.M{{"label": c.T("own.state.label"), "text": state, "note": c.T("casework.by", "name", k.By, "when", c.DateTime(k.Made))},
		{"label": c.T("own.design.label"), "text": c.T("own.design." + k.Design)}, {"label": c.T("own.shows.label"), "text": strings.Join(shows, ", ")},
		{"label": c.T("own.opened"), "text": opened}, {"label": c.T("own.sheet-at"), "text": c.DateTime(k.SheetAt)}}
}

// names are those of the agencies that withdrawals are about.
func (s *Service) names(c *web.Ctx, list []Word) (map[string]string, error) {
	var names map[string]string
	return names, s.DB.Read(c.Context(), func(tx *db.Tx) (err error) {
		names = map[string]string{}
		for _, w := range list {
			if w.About == "" || topic(w.About) {
				continue
			}
			if names[w.About], err = s.Agencies.Name(tx, w.About); err != nil {
				return err
			}
		}
		return nil
	})
}

// topic says whether a withdrawal was of one of the four questions.
func topic(about string) bool {
	return slices.Contains([]string{"statistics", "research", "police", "media"}, about)
}

func viewOf(c *web.Ctx, w Word, name string) wordView {
	v := wordView{ID: w.ID, At: c.DateTime(w.At), Text: w.Text, Check: w.Kind == Withdrawal}
	switch {
	case w.Closed:
		v.Text = c.T("own.unreadable")
	case topic(w.About):
		v.Text = c.T("share.topic." + w.About)
	case w.About != "":
		v.Text = name
	}
	if w.Kind == note {
		v.Title, v.Done = c.T("own.note"), c.T("casework.by", "name", w.DoneBy, "when", v.At)
		return v
	}
	v.Title = c.T("own.word." + w.Kind)
	if !w.Waits() {
		v.Done = c.T("own.outcome."+w.Outcome) + " " + c.T("casework.by", "name", w.DoneBy, "when", c.DateTime(w.DoneAt))
	}
	return v
}

// postRoom is every button of the page.
func (s *Service) postRoom(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	ctx, v, caseID := c.Context(), c.Viewer, c.Param("id")
	switch what := f.Value("do"); what {
	case string(Take), string(Unlock):
		err = s.Act(ctx, v, caseID, Act(what))
	case "renew":
		err = s.Renew(ctx, v, caseID, f.Value("note"))
	default:
		err = s.Settle(ctx, v, caseID, f.Value("word"), what)
	}
	if f.Add(err) {
		return s.showRoom(c)
	}
	if err != nil {
		return err
	}
	c.Flash("own.saved")
	return c.Redirect("/cases/" + caseID + "/own")
}

type giveData struct {
	Back    string
	Designs []web.Choice
	Shows   []web.Choice
	Again   bool // there is a card, which ends
}

var designIcons = map[string]string{"stamps": "cup", "library": "book", "cloakroom": "key"}

func (s *Service) getGive(c *web.Ctx) error { return s.showGive(c) }

func (s *Service) showGive(c *web.Ctx) error {
	w, err := s.givable(c.Context(), c.Viewer, c.Param("id"))
	if err != nil {
		return err
	}
	d := giveData{Back: c.Path("/cases/" + w.ID + "/own"), Again: w.Card != nil}
	for i, design := range Designs {
		d.Designs = append(d.Designs, web.Choice{Value: design, Label: c.T("own.design." + design), Icon: designIcons[design], Selected: i == 0})
	}
	for _, show := range Shows {
		d.Shows = append(d.Shows, web.Choice{Value: show, Label: c.T("own.shows." + show)})
	}
	return givePage.Render(c, d)
}

func (s *Service) postGive(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	err = s.Give(c.Context(), c.Viewer, c.Param("id"), Order{Once: f.Once(), Design: f.Value("design"), Shows: f.Values("shows"), Secret: f.Raw("secret"), Again: f.Raw("again")})
	if f.Add(err) {
		return s.showGive(c)
	}
	if err != nil {
		return err
	}
	return c.Redirect("/cases/" + c.Param("id") + "/own/card")
}

type faceData struct {
	Back, Code, Design, Icon, Address string
	Bars                              []int
}

// getFace is the card, to be printed. It says nothing but its code.
//
// req: OWN-2
func (s *Service) getFace(c *web.Ctx) error {
	w, err := s.Look(c.Context(), c.Viewer, c.Param("id"))
	if err != nil || w.Card == nil {
		return orNotFound(err)
	}
	if err := s.mayGive(c.Context(), c.Viewer, w.ID); err != nil {
		return err
	}
	d := faceData{Back: c.Path("/cases/" + w.ID + "/own"), Code: w.Code, Design: w.Card.Design, Icon: designIcons[w.Card.Design], Address: s.address()}
	for _, r := range w.Card.ID[len(w.Card.ID)-20:] { // bars that mean nothing
		d.Bars = append(d.Bars, int(r)%4)
	}
	return facePage.Render(c, d)
}

// The person's pages.

// say is the dot's way to the words for the person.
type say struct {
	s    *Service
	lang string
}

// Say is a text of the person's pages, with name/value arguments.
func (w say) Say(key string, pairs ...string) string {
	args := map[string]string{}
	for i := 0; i+1 < len(pairs); i += 2 {
		args[pairs[i]] = pairs[i+1]
	}
	return w.s.Say(w.lang, "own."+key, args)
}

// Checked says how far the language was checked.
func (w say) Checked() string { return w.s.Checked(w.lang) }

type codeData struct {
	say
	Here, Wrong, Code string
	Kind, Text        string // what was typed into a page that closed meanwhile
}

type ownData struct {
	say
	Here, Wrong, Done string
	Lines, Yes        []ownLine
	Day, Time, Place  string
	Hidden            bool
	Note              string
	Kinds             []web.Choice
	Text              string
}

type ownLine struct {
	ID, Title, Parts, Until string
	Fixed                   bool
}

// quiet keeps a page out of every cache, search engine and history of titles,
// and unpacked: its length must not tell what stands on it.
//
// req: OWN-9
func (s *Service) quiet(c *web.Ctx) say {
	c.W.Header().Set("Cache-Control", "no-store")
	c.W.Header().Set("X-Robots-Tag", "noindex, nofollow, noarchive")
	c.R.Header.Del("Accept-Encoding")
	c.ExitBy(Path + "/leave")
	return say{s, c.Lang}
}

func (s *Service) getCard(c *web.Ctx) error {
	w := s.quiet(c)
	v, err := s.Visit(c.Context(), c.RoomCookie(room))
	if fault.KindOf(err) == fault.SignIn {
		d := codeData{say: w, Here: c.Path(Path)}
		if c.RoomCookie(room) != "" {
			c.SetRoomCookie(room, Path, "", 0)
			d.Wrong = w.Say("closed")
		}
		return codePage.Render(c, d)
	}
	if err != nil {
		return err
	}
	return s.showOwn(c, w, v, "", "", "", 200)
}

// showOwn is the opened page; wrong and what was typed stay on it.
func (s *Service) showOwn(c *web.Ctx, w say, v *Visit, wrong, kind, text string, status int) error {
	k, err := s.Known(c.Context(), v, c.Config().Zone)
	if err != nil {
		return err
	}
	d := ownData{say: w, Here: c.Path(Path), Wrong: wrong, Text: text, Note: k.Note, Time: k.Date.Time, Place: k.Date.Place, Hidden: k.Date.Time+k.Date.Place == ""}
	if k.Day != "" {
		d.Day = day(c, k.Day)
	}
	if n := c.Query("n"); wrong == "" && (n == "1" || n == "2") {
		d.Done = w.Say("sent." + n)
	}
	for _, x := range k.Shared {
		l := ownLine{ID: x.ID, Fixed: x.Fixed(), Title: w.Say("topic." + x.Kind)}
		if x.To == "" {
			d.Yes = append(d.Yes, l)
			continue
		}
		if l.Title = k.Names[x.To]; l.Title == "" {
			l.Title = w.Say("someone")
			if x.Purpose != "" && x.Purpose != "other" {
				l.Title += ": " + w.Say("purpose."+x.Purpose)
			}
		}
		var parts []string
		for _, p := range x.Parts {
			parts = append(parts, w.Say("part."+string(p)))
		}
		l.Parts, l.Until = strings.Join(parts, " · "), w.Say("until", "date", day(c, x.Until.In(c.Config().Zone).Format("2006-01-02")))
		d.Lines = append(d.Lines, l)
	}
	for i, what := range []string{Ask, Correct, Copy} {
		choice := web.Choice{Value: what, Label: w.Say("kind." + what), Selected: what == kind || kind == "" && i == 0}
		if what == Copy {
			choice.Hint = w.Say("copy_text")
		}
		d.Kinds = append(d.Kinds, choice)
	}
	return ownPage.RenderStatus(c, status, d)
}

// day is a date in the page's language; where its months have no names here, in
// numbers.
func day(c *web.Ctx, iso string) string {
	if slices.Contains(c.Config().Languages, c.Lang) {
		return c.Day(iso)
	}
	return "\u2066" + iso[8:] + "." + iso[5:7] + "." + iso[:4] + "\u2069"
}

// postCard is everything that the person does.
func (s *Service) postCard(c *web.Ctx) error {
	w := s.quiet(c)
	f, err := c.Form()
	if err != nil {
		return err
	}
	if f.Value("do") == "open" {
		return s.postOpen(c, w, f)
	}
	kind, text := f.Value("kind"), f.Value("text")
	v, err := s.Visit(c.Context(), c.RoomCookie(room))
	if err == nil {
		n := "1"
		if f.Value("do") == Withdrawal {
			n, err = "2", s.Withdraw(c.Context(), v, f.Value("line"))
		} else {
			err = s.Write(c.Context(), v, kind, text, f.Once())
		}
		if err == nil {
			return c.Redirect(Path + "?n=" + n)
		}
	}
	switch fault.KindOf(err) {
	case fault.SignIn: // what was typed waits until the page is open again
		return codePage.RenderStatus(c, 422, codeData{say: w, Here: c.Path(Path), Wrong: w.Say("closed"), Kind: kind, Text: text})
	case fault.Invalid:
		return s.showOwn(c, w, v, w.Say("words_missing"), kind, text, 422)
	case fault.Conflict:
		return s.showOwn(c, w, v, w.Say("full"), kind, text, 409)
	}
	return err
}

// postOpen opens the page with code and secret. A try costs 64 MiB and a seat
// that sign-ins share: whoever tries very often waits, whatever the code.
//
// req: OWN-4
func (s *Service) postOpen(c *web.Ctx, w say, f *web.Form) error {
	d := codeData{say: w, Here: c.Path(Path), Code: f.Value("code"), Kind: f.Value("kind"), Text: f.Value("text")}
	if s.MayTry != nil && !s.MayTry(c) {
		d.Wrong = w.Say("often")
		return codePage.RenderStatus(c, 429, d)
	}
	cookie, err := s.Open(c.Context(), f.Value("code"), f.Raw("secret"))
	switch fault.KindOf(err) {
	case fault.Denied:
		d.Wrong = w.Say("wrong")
		return codePage.RenderStatus(c, 422, d)
	case fault.Unavailable:
		d.Wrong = w.Say("often")
		return codePage.RenderStatus(c, 503, d)
	}
	if err != nil {
		return err
	}
	c.SetRoomCookie(room, Path, cookie, SessionTime)
	if d.Text == "" {
		return c.Redirect(Path)
	}
	v, err := s.Visit(c.Context(), cookie)
	if err != nil {
		return err
	}
	return s.showOwn(c, w, v, w.Say("typed"), d.Kind, d.Text, 200)
}

// leave is the quick exit: it ends the page here and on the device.
//
// req: OWN-9
func (s *Service) leave(c *web.Ctx) error {
	if from := c.R.Header.Get("Sec-Fetch-Site"); from == "" || from == "same-origin" || from == "none" {
		if err := s.Close(c.Context(), c.RoomCookie(room)); err != nil {
			return err
		}
	}
	c.SetRoomCookie(room, Path, "", 0)
	return c.Leave()
}
