package referral

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"amelie/internal/fault"
	"amelie/internal/web"
)

var (
	_           = web.Style(pageFiles, "page/letter.css")
	letterPage  = web.NewPage[letterData](pageFiles, "page/letter.html")
	letterEnded = web.NewPage[struct{}](pageFiles, "page/ended.html")
	guestPage   = web.NewPage[guestData](pageFiles, "page/guest.html")
	paperPage   = web.NewPage[paperData](pageFiles, "page/paper.html")
	wishesPage  = web.NewPage[[]wishView](pageFiles, "page/wishes.html")
)

// mountGuests registers the rooms of receivers without an account. A letter's
// address is for reading only; whatever changes anything is posted to it.
//
// req: GUEST-3
func (p *Rooms) mountGuests(shell *web.Shell) {
	shell.Guest("GET /letter/{link}", p.letterGet)
	shell.Guest("POST /letter/{link}", p.letterPost)
	shell.Guest("GET /letter/{link}/leave", p.letterLeave)
	shell.Guest("GET /letter/{link}/file/{file}", p.letterFile)
	shell.Professional("POST /referral/{id}/letter", p.renewPost)
	shell.Professional("GET /referral/{id}/paper", p.paper)
	shell.Professional("GET /wishes", p.wishes)
	shell.Nav(web.NavItem{Path: "/wishes", Icon: "door", Label: "guest.wishes.title", Order: 83, Roles: []string{"administrator"}, Under: "/admin", Group: "hub.group.people", Text: "hub.door.wishes"})
}

// The sender's side.

// errNoAccount stands for any organisation that can only be reached otherwise.
var errNoAccount = fault.New(fault.Unavailable, "referral.error.no-agency")

var doorIcons = map[Way]string{ByLink: "link", ByForm: "print", ByCall: "phone"}

// doorChoices are the ways to a service without an account.
func doorChoices(c *web.Ctx, t *Target) []web.Choice {
	var out []web.Choice
	for _, w := range t.Ways() {
		out = append(out, web.Choice{Value: string(w), Label: c.T("guest.way." + string(w) + ".label"), Hint: c.T("guest.way." + string(w) + ".hint"), Icon: doorIcons[w]})
	}
	return out
}

// doorNamed is a posted way; anything else is none.
func doorNamed(s string) Way {
	if w := Way(s); slices.Contains(Doors, w) {
		return w
	}
	return ByAccount
}

// sentKey is the sentence after sending: without an account there is something
// left to do.
func sentKey(w Way, otherwise string) string {
	if w == ByAccount {
		return otherwise
	}
	return "guest.sent." + string(w)
}

// doorView is what the sender has to do for a receiver without an account.
type doorView struct {
	Way                         Way
	Address, Code, Made, Opened string
	Wrong                       int64
	Lock                        string // why the link is locked: locked, restored; "" when it is not
	Over                        bool
	Calls                       []map[string]any
}

// door adds the way to the receiver: the numbers are the directory's, never
// one that somebody typed.
//
// req: GUEST-9
func (p *Rooms) door(c *web.Ctx, data *showData) error {
	l := data.Letter
	if l == nil {
		return nil
	}
	v := doorViewOf(c, l)
	data.Door = v
	entry, err := p.Directory.Service(c.Context(), data.ServiceID, c.Lang, c.Now())
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	v.Calls, data.Calls = callRows(c, entry, ""), nil
	return nil
}

func doorViewOf(c *web.Ctx, l *LetterShown) *doorView {
	v := &doorView{Way: l.Way, Address: l.Address, Code: ShownCode(l.Code), Made: c.DateTime(l.Made), Wrong: l.Wrong, Over: l.Over}
	switch {
	case l.Restored:
		v.Lock = "restored"
	case l.Locked:
		v.Lock = "locked"
	}
	if !l.Opened.IsZero() && !l.Opened.Before(l.Made) { // a renewed letter was not opened yet
		v.Opened = c.DateTime(l.Opened)
	}
	return v
}

func (p *Rooms) renewPost(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	if err := p.Renew(c.Context(), c.Viewer, c.Param("id"), c.Lang, f.Once()); err != nil {
		return err
	}
	c.Flash("guest.done.renewed")
	return c.Redirect("/referral/" + c.Param("id"))
}

// eventTitle names an event of the timeline. No person's word ends an enquiry.
func eventTitle(c *web.Ctx, k Kind, a Action) string {
	if k == Enquiry && a == Withdraw {
		a = Release
	}
	if strings.HasPrefix(string(a), "letter-") {
		return c.T("guest.event." + string(a))
	}
	return c.T("referral.event." + string(a))
}

// guestWho says in the timeline who acted without an account, and how it is
// known: through a letter, under the name that was typed; or told by telephone
// to the member of staff who recorded it.
func guestWho(c *web.Ctx, s *Shown, e EventRow, name string, v map[string]any) {
	switch {
	case e.Side != Receiver:
	case WayOf(e.Agency) == ByLink:
		who := c.T("guest.by-link", "name", s.ToAgent)
		if name != "" {
			who = name + ", " + who
		}
		v["who"] = who
	case s.Way().Told() && e.Agency == s.FromAgency:
		v["who"] = c.T("guest.by-telephone", "name", s.ToAgent, "by", e.UserName)
	}
}

// laterReading says whether a message only holds the name of a guest who
// opened the page again: it belongs to the list of readings.
func laterReading(s *Shown, m Message) bool {
	if m.Kind != string(Open) {
		return false
	}
	return !slices.ContainsFunc(s.Events, func(e EventRow) bool { return e.Action == Open && belongs(m, e) })
}

// readerName is who read: of a guest the name that was typed, for those who
// can open it.
func readerName(c *web.Ctx, s *Shown, r Reading) string {
	if WayOf(r.Agency) != ByLink {
		return r.Name
	}
	by := c.T("guest.by-link", "name", s.ToAgent)
	for _, m := range s.Words {
		if m.Kind == string(Open) && r.At.Sub(m.At).Abs() < time.Minute && m.Name != "" {
			return m.Name + ", " + by
		}
	}
	return by
}

// paperData is a packet on paper, or to be read out.
type paperData struct {
	Code, To, Service, From, Person, Callback string
	Made, Due, Urgency                        string
	Rows                                      []map[string]any
	Basis, Until                              string
	Files                                     int
	Told                                      []string // numbers of the receiver
	Back, Content                             string
	Call                                      bool
	Kind                                      Kind
}

// paper is the packet as it goes to a receiver who takes it on paper or by
// telephone: what the person agreed to, and nothing else.
//
// req: GUEST-7
func (p *Rooms) paper(c *web.Ctx) error {
	s, err := p.Look(c.Context(), c.Viewer, c.Param("id"))
	if err != nil {
		return err
	}
	if s.Side != Sender || !s.Way().Told() {
		return notFound()
	}
	if s.Locked {
		return fault.New(fault.Unlock, "web.error.unlock")
	}
	if s.Packet == nil || !ReceiverMayKnow(s.Row.State) {
		return fault.New(fault.Conflict, "guest.error.over")
	}
	k := s.Packet
	data := paperData{Code: s.Code(), To: s.ToAgent, From: s.FromAgent, Person: k.From.Person, Callback: k.From.Callback, Made: c.DateTime(s.SentAt), Until: c.Date(s.AccessUntil),
		Urgency: c.T("referral.within." + string(k.Urgency)), Rows: slices.Concat(contentRows(c, k, ""), feedbackRow(c, k, Receiver)), Files: len(k.Files), Back: c.Path("/referral/" + s.ID), Call: s.Way() == ByCall, Kind: k.Kind}
	if data.Person == "" {
		data.Person = s.FromName
	}
	data.Content = c.T("guest.paper.content")
	if k.Kind == Enquiry {
		data.Content = c.T("referral.enquiry.asked")
	}
	if !s.DueAt.IsZero() {
		data.Due = c.DateTime(s.DueAt)
	}
	data.Basis = p.basisWords(c, s)
	entry, err := p.Directory.Service(c.Context(), s.ServiceID, c.Lang, c.Now())
	if err == nil {
		data.Service = entry.Name
		for _, n := range entry.Phones[:min(len(entry.Phones), 2)] {
			data.Told = append(data.Told, n.Display)
		}
	} else if fault.KindOf(err) != fault.NotFound {
		return err
	}
	return paperPage.Render(c, data)
}

// basisWords says on paper why it may be there.
func (p *Rooms) basisWords(c *web.Ctx, s *Shown) string {
	switch s.Basis {
	case "consent":
		return c.T("guest.paper.consent", "name", s.ToAgent, "date", c.Date(s.SentAt), "until", c.Date(s.AccessUntil))
	case "ground":
		return c.T("guest.paper.ground")
	}
	return c.T("guest.paper.enquiry")
}

type wishView struct{ Name, Since, Find string }

// wishes shows administrators who wants an account.
func (p *Rooms) wishes(c *web.Ctx) error {
	all, err := p.Wishes(c.Context(), c.Viewer)
	if err != nil {
		return err
	}
	var data []wishView
	for _, w := range all {
		data = append(data, wishView{w.Name, c.Date(w.Since), c.Path("/admin/agencies?q=" + url.QueryEscape(w.Name))})
	}
	return wishesPage.Render(c, data)
}

// The guest's side.

// letterData is the page before the code: the same for every link that does
// not say that it has ended.
type letterData struct {
	Path   string
	Text   string // what was typed into a page that closed meanwhile
	Closed bool   // the guest closed the page
	Tries  int    // codes typed in a row here that did not open
	Locked bool   // so many that no link opens any more
}

// refused is the page after a code that did not open. The page itself carries
// the count of those that were typed in a row, so that five lock alike whatever
// the link is worth: for an unknown one nothing is counted anywhere.
//
// req: GUEST-3
func refused(c *web.Ctx, f *web.Form, text string) letterData {
	tries := typedTries(f) + 1
	return letterData{Path: letterPath(c), Text: text, Tries: tries, Locked: tries >= MaxCodes}
}

func typedTries(f *web.Form) int { return min(max(int(number(f.Value("tries"))), 0), MaxCodes) }

// guestData is an opened letter.
type guestData struct {
	showData
	Path, Name string
	Done       string // what was just done, in words
	Wished     bool
}

func letterPath(c *web.Ctx) string { return "/letter/" + url.PathEscape(c.Param("link")) }

// cookieOf is the name of the cookie of an opened page.
func cookieOf(c *web.Ctx) string {
	if c.Config().TLS {
		return "__Secure-amelie-letter"
	}
	return "amelie_letter"
}

func cookieValue(c *web.Ctx) string {
	if cookie, err := c.R.Cookie(cookieOf(c)); err == nil {
		return cookie.Value
	}
	return ""
}

// setCookie gives or takes the cookie. Its path is this letter's own, once in
// each language, so that no other page ever sees it.
//
// req: GUEST-5
func setCookie(c *web.Ctx, value string) {
	age := int(LetterIdle / time.Second)
	if value == "" {
		age = -1
	}
	for _, lang := range c.Config().Languages {
		http.SetCookie(c.W, &http.Cookie{Name: cookieOf(c), Value: value, Path: "/" + lang + letterPath(c), MaxAge: age,
			HttpOnly: true, Secure: c.Config().TLS, SameSite: http.SameSiteStrictMode})
	}
}

// guest is who acts through this page; it has answered the reader itself, and
// gives nil, when the page is not open.
func (p *Rooms) guest(c *web.Ctx, text string) (*web.Viewer, string, error) {
	c.W.Header().Set("X-Robots-Tag", "noindex, nofollow, noarchive")
	ended, err := p.LetterState(c.Context(), c.Param("link"))
	if err != nil {
		return nil, "", err
	}
	if ended {
		setCookie(c, "")
		return nil, "", letterEnded.RenderStatus(c, http.StatusGone, struct{}{})
	}
	v, referralID, err := p.LetterViewer(c.Context(), c.Param("link"), cookieValue(c))
	if fault.KindOf(err) == fault.SignIn {
		status := http.StatusOK
		if c.R.Method == http.MethodPost {
			status = http.StatusUnprocessableEntity
		}
		return nil, "", letterPage.RenderStatus(c, status, letterData{Path: letterPath(c), Text: text, Closed: c.Query("done") == "close"})
	}
	if err != nil {
		return nil, "", err
	}
	c.ExitBy(letterPath(c) + "/leave")
	if c.R.Method == http.MethodGet {
		setCookie(c, cookieValue(c)) // another half hour
	}
	return v, referralID, nil
}

// letterGet shows the page. It changes nothing: mail programs and their
// scanners follow links.
//
// req: GUEST-3
func (p *Rooms) letterGet(c *web.Ctx) error {
	v, referralID, err := p.guest(c, "")
	if err != nil || v == nil {
		return err
	}
	return p.guestShow(c, v, referralID, http.StatusOK, "", false)
}

func (p *Rooms) guestShow(c *web.Ctx, v *web.Viewer, referralID string, status int, typed string, stale bool) error {
	s, err := p.Look(c.Context(), v, referralID)
	if err != nil {
		return err
	}
	data := guestData{showData: p.shown(c, s, letterPath(c)+"/file/"), Path: letterPath(c), Name: v.Name}
	data.Typed, data.Stale = typed, stale
	if s.Kind == Enquiry {
		if err := p.enquiryShow(c, &data.showData); err != nil {
			return err
		}
	}
	if entry, err := p.Directory.Service(c.Context(), s.ServiceID, c.Lang, c.Now()); err == nil {
		data.Service = entry.Name
	}
	data.Wished = slices.ContainsFunc(s.Events, func(e EventRow) bool { return e.Action == letterWish })
	if done := c.Query("done"); slices.Contains(guestDone, done) {
		data.Done = c.T("guest.done." + done)
	}
	return guestPage.RenderStatus(c, status, data)
}

// guestDone are the acts that the next page speaks of.
var guestDone = []string{"accept", "decline", "ask", "reply", "appoint", "hand-over", "close", "account"}

// letterPost is everything that a guest does.
func (p *Rooms) letterPost(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	if f.Value("do") == "open" {
		return p.letterOpen(c, f)
	}
	v, referralID, err := p.guest(c, f.Value("text"))
	if err != nil || v == nil {
		return err
	}
	path := letterPath(c)
	switch f.Value("do") {
	case "close":
		if err := p.CloseLetter(c.Context(), cookieValue(c)); err != nil {
			return err
		}
		setCookie(c, "")
		return c.Redirect(path + "?done=close")
	case "account":
		if err := p.Wish(c.Context(), v, referralID); err != nil {
			return err
		}
		return c.Redirect(path + "?done=account")
	case "withdraw":
		if _, err := p.Withdraw(c.Context(), v, referralID, false); err != nil {
			return err
		}
		return c.Redirect(path)
	}
	return p.guestAct(c, f, v, referralID)
}

// letterOpen opens the page with the code. That it was opened is recorded
// here, by the button, not by the page that follows.
func (p *Rooms) letterOpen(c *web.Ctx, f *web.Form) error {
	ended, err := p.LetterState(c.Context(), c.Param("link"))
	if err != nil {
		return err
	}
	if ended {
		return letterEnded.RenderStatus(c, http.StatusGone, struct{}{})
	}
	shown := letterData{Path: letterPath(c), Text: f.Value("text"), Tries: typedTries(f)}
	// A try costs 64 MiB and a seat that sign-ins share: whoever tries very often
	// waits, whatever the link.
	//
	// req: GUEST-10
	if p.MayTry != nil && !p.MayTry(c.R) {
		f.Error("code", "guest.error.often")
		return letterPage.RenderStatus(c, http.StatusTooManyRequests, shown)
	}
	cookie, err := p.OpenLetter(c.Context(), c.Param("link"), f.Value("code"), f.Value("name"))
	if fault.Find(err) == fault.Find(errLetter) {
		shown = refused(c, f, shown.Text)
	}
	if f.Add(err) {
		return letterPage.RenderStatus(c, http.StatusUnprocessableEntity, shown)
	}
	if err != nil {
		return err
	}
	v, referralID, err := p.LetterViewer(c.Context(), c.Param("link"), cookie)
	if err != nil {
		return err
	}
	if _, err := p.Look(c.Context(), v, referralID); err != nil {
		return err
	}
	setCookie(c, cookie)
	if text := f.Value("text"); text != "" { // typed before the page closed by time
		c.ExitBy(letterPath(c) + "/leave")
		return p.guestShow(c, v, referralID, http.StatusOK, text, false)
	}
	return c.Redirect(letterPath(c))
}

func (p *Rooms) guestAct(c *web.Ctx, f *web.Form, v *web.Viewer, referralID string) error {
	d, err := deedOf(c, f)
	if err == nil {
		err = p.Act(c.Context(), v, referralID, d)
	}
	switch {
	case err == nil:
		return c.Redirect(letterPath(c) + "?done=" + url.QueryEscape(string(d.Action)))
	case fault.KindOf(err) == fault.Stale:
		return p.guestShow(c, v, referralID, http.StatusConflict, d.Text, true)
	case f.Add(err) || !f.OK():
		return p.guestShow(c, v, referralID, http.StatusUnprocessableEntity, d.Text, false)
	}
	return err
}

// deedOf reads what is to be done from a form. A day and time that cannot be
// read is marked in the form.
func deedOf(c *web.Ctx, f *web.Form) (Deed, error) {
	d := Deed{Action: Action(f.Value("action")), Version: number(f.Value("version")), Code: f.Value("reason"), Text: f.Value("text"), Once: f.Once(),
		Hours: int(number(f.Value("hours"))), Terms: f.Values("terms")}
	if typed := f.Value("by"); typed != "" {
		day, err := time.ParseInLocation(time.DateOnly, typed, c.Config().Zone)
		if err != nil {
			f.Error("by", "web.error.date")
			return d, err
		}
		d.By = day.AddDate(0, 0, 1).Add(-time.Minute) // a day is over at its end
	}
	var err error
	if d.File.Name, d.File.Raw, err = f.File("file"); err != nil {
		return d, err
	}
	d.File.Agreed = f.Value("agreed") != ""
	v := f.Value("when")
	if v == "" {
		return d, nil
	}
	at, err := time.ParseInLocation("2006-01-02T15:04", v, c.Config().Zone)
	if err != nil {
		f.Error("when", "referral.error.when")
	}
	d.When = at
	return d, err
}

// letterLeave is the quick exit of an opened page: it ends it here and on the
// device.
//
// req: GUEST-5
func (p *Rooms) letterLeave(c *web.Ctx) error {
	if from := c.R.Header.Get("Sec-Fetch-Site"); from == "" || from == "same-origin" || from == "none" {
		if err := p.CloseLetter(context.WithoutCancel(c.Context()), cookieValue(c)); err != nil {
			return err
		}
	}
	setCookie(c, "")
	return c.Leave()
}

func (p *Rooms) letterFile(c *web.Ctx) error {
	v, referralID, err := p.guest(c, "")
	if err != nil || v == nil {
		return err
	}
	file, body, err := p.OpenFile(c.Context(), v, referralID, c.Param("file"))
	if err != nil {
		return err
	}
	return c.Download("document-"+Code(file.ID)+"."+strings.ToLower(fileType(file.Type)), file.Type, body)
}
