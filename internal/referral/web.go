package referral

import (
	"embed"
	"net/url"
	"slices"
	"strings"
	"time"

	"amelie/internal/fault"
	"amelie/internal/web"
)

//go:embed page/*.html page/*.css
var pageFiles embed.FS

// Rooms serves the service on a shell.
type Rooms struct {
	*Service
	shell *web.Shell
}

// Mount registers the rooms of this domain.
func (s *Service) Mount(shell *web.Shell) {
	p := &Rooms{s, shell}
	shell.Nav(web.NavItem{Path: "/today", Icon: "lamp", Label: "web.nav.today", Order: 10, Roles: []string{"professional", "caseworker", "lead"}})
	shell.Nav(web.NavItem{Path: "/referrals", Icon: "send", Label: "web.nav.referrals", Order: 30, Roles: []string{"professional", "caseworker", "lead"}, Also: []string{"/referral/", "/refer/", "/enquiry/"}})

	shell.Professional("GET /today", p.today)
	shell.Professional("GET /referrals", p.list)
	shell.Professional("GET /refer/new", p.begin)
	shell.Professional("POST /refer/new", p.beginPost)
	shell.Professional("GET /refer/{id}/danger", p.danger)
	shell.Professional("GET /refer/{id}/to", p.to)
	shell.Professional("POST /refer/{id}/to", p.toPost)
	shell.Professional("GET /refer/{id}/review", p.review)
	shell.Professional("POST /refer/{id}/send", p.sendEnquiry)
	shell.Professional("POST /refer/{id}/discard", p.discard)
	shell.Professional("GET /refer/{id}/attachments", p.files)
	shell.Professional("POST /refer/{id}/attachments", p.filesPost)
	shell.Professional("GET /refer/{id}/consent", p.consent)
	shell.Professional("POST /refer/{id}/consent", p.consentPost)
	shell.Professional("GET /refer/{id}/ground", p.ground)
	shell.Professional("POST /refer/{id}/ground", p.groundPost)
	shell.Professional("GET /refer/{id}/{step}", p.step)
	// Public, because a sign-in that ended by time must still be able to save
	// what was typed into its page; see stepPost.
	shell.Public("POST /refer/{id}/{step}", p.stepPost)

	shell.Professional("GET /referral/{id}", p.show)
	shell.Professional("POST /referral/{id}/act", p.act)
	shell.Professional("POST /referral/{id}/review", p.reviewPost)
	shell.Professional("POST /referral/{id}/again", p.again)
	shell.Professional("POST /referral/{id}/pass-on", p.passOn)
	shell.Professional("GET /referral/{id}/file/{file}", p.file)
	shell.Professional("GET /referral/{id}/withdraw", p.withdraw)
	shell.Professional("POST /referral/{id}/withdraw", p.withdrawPost)
	shell.Professional("GET /referral/{id}/receipt", p.receipt)

	p.mountGuests(shell)
	p.mountEnquiries(shell)
	shell.Public("GET /sheet", p.sheetPage)
	shell.API("GET /api/v1/referrals", p.apiList)
}

// label is the name of a coded value in the reader's language.
func label(c *web.Ctx, field, code string) string {
	switch {
	case code == NotKnown:
		return c.T("web.answer.unknown")
	case code == NotSaid:
		return c.T("web.answer.unsaid")
	case field == "language" && code == "other":
		return c.T("referral.language.another")
	case field == "language":
		return languageLabel(c, code)
	case field == stepRegion:
		return regionLabel(c, code)
	}
	return c.T("referral.option." + field + "." + code)
}

func languageLabel(c *web.Ctx, code string) string {
	own := web.LanguageName(code)
	if name := c.T("referral.language." + code); name != "" && name != own {
		return own + " (" + name + ")"
	}
	return own
}

// said is an answered field in words.
func said(c *web.Ctx, i Item) string {
	if !i.Coded() {
		return strings.Join(i.Values, ", ")
	}
	var out []string
	for _, v := range i.Values {
		out = append(out, label(c, i.Field, v))
	}
	return strings.Join(out, " · ") // an answer can be half a sentence
}

// saidStep is everything answered to a step, in one line.
func saidStep(c *web.Ctx, step Step, a Answer) string {
	var out []string
	for _, f := range step.Fields {
		if v := a[f.Name]; len(v) > 0 {
			out = append(out, said(c, Item{Step: step.ID, Field: f.Name, Values: v}))
		}
	}
	return strings.Join(out, " · ") // a semicolon asks a question in Greek
}

// fieldLabel names a field; most steps have one, which is named by the step.
func fieldLabel(c *web.Ctx, step, field string) string {
	if step == field {
		return c.T("referral.step." + step + ".short")
	}
	return c.T("referral.field." + field)
}

// contentRows is a packet as rows for c-summary: what leaves, and nothing else.
// files is the address of its attachments, "" when they cannot be opened there.
func contentRows(c *web.Ctx, p *Packet, files string) []map[string]any {
	rows := []map[string]any{{"label": c.T("referral.step.urgency.short"), "text": c.T("referral.option.urgency." + string(p.Urgency))}}
	for _, s := range urgentFirst(p.Sections) {
		for _, i := range s.Items {
			rows = append(rows, map[string]any{"label": fieldLabel(c, i.Step, i.Field), "text": said(c, i)})
		}
	}
	for n, f := range p.Files {
		row := map[string]any{"label": c.T("referral.file", "n", n+1), "text": c.T("referral.file-of", "type", fileType(f.Type), "kilobytes", (f.Size+1023)>>10)}
		if files != "" {
			row["href"], row["action"] = c.Path(files+f.ID), c.T("referral.action.open-file")
		}
		rows = append(rows, row)
	}
	return rows
}

// fromRows say who sent a packet and how to reach them.
func fromRows(c *web.Ctx, p *Packet) []map[string]any {
	var rows []map[string]any
	if p.Kind == Referral && p.From.Person != "" {
		rows = append(rows, map[string]any{"label": c.T("referral.packet.from"), "text": p.From.Person + ", " + p.From.Name})
	}
	if p.Kind == Referral && p.From.Callback != "" {
		rows = append(rows, map[string]any{"label": c.T("referral.step.callback.short"), "text": p.From.Callback})
	}
	return rows
}

// feedbackRow says what the sender may hear, to the sender or to the receiver.
func feedbackRow(c *web.Ctx, p *Packet, to Side) []map[string]any {
	if p.Kind != Referral {
		return nil
	}
	label, yes, no := "guest.feedback.label", "guest.feedback.yes", "guest.feedback.no"
	if to == Sender {
		label, yes, no = "referral.packet.feedback", "referral.packet.feedback-yes", "referral.packet.feedback-no"
	}
	text := c.T(no)
	if p.Feedback {
		text = c.T(yes)
	}
	return []map[string]any{{"label": c.T(label), "text": text}}
}

// packetRows is a packet as its sender, or its receiver, sees it.
func packetRows(c *web.Ctx, p *Packet, files string, to Side) []map[string]any {
	return slices.Concat(contentRows(c, p, files), fromRows(c, p), feedbackRow(c, p, to))
}

// urgentFirst puts what must not happen before everything else: whoever opens
// a packet reads it first.
func urgentFirst(sections []Section) []Section {
	out := slices.Clone(sections)
	slices.SortStableFunc(out, func(a, b Section) int { return int(bit(b.Part == PartMustNot) - bit(a.Part == PartMustNot)) })
	return out
}

func fileType(t string) string {
	return map[string]string{"application/pdf": "PDF", "image/jpeg": "JPEG", "image/png": "PNG"}[t]
}

// callRows are the calls that a service offers, as parameters of c-callbox.
func callRows(c *web.Ctx, e *Entry, note string) []map[string]any {
	if e == nil {
		return nil
	}
	var out []map[string]any
	for _, p := range e.Phones {
		out = append(out, map[string]any{"v": web.View{Ctx: c}, "name": e.Name, "label": e.Name + ", " + p.Display, "number": p.Display, "tel": p.Number, "note": note,
			"detail": p.Note, "href": c.Path("/entry/" + e.ID), "closed": e.OpenKnown && !e.Open})
		if len(out) == 2 {
			break
		}
	}
	return out
}

// openWord says whether a service answers now.
func openWord(c *web.Ctx, e Entry) (text, kind string) {
	switch {
	case e.Open:
		return c.T("referral.open.now"), "ok open"
	case e.OpenKnown:
		return c.T("referral.open.closed"), "plain"
	}
	return c.T("referral.open.unknown"), "plain"
}

// deadline is when something is due, as parameters of c-deadline.
func deadline(c *web.Ctx, due time.Time, now time.Time) map[string]any {
	if due.IsZero() {
		return nil
	}
	kind := "info"
	switch left := due.Sub(now); {
	case left <= 0:
		return map[string]any{"kind": "lost", "text": c.T("referral.due.over", "when", c.Ago(due)), "datetime": c.Stamp(due)}
	case left <= 2*time.Hour:
		kind = "soon"
	}
	return map[string]any{"kind": kind, "text": c.T("referral.due.in", "when", c.Until(due)), "datetime": c.Stamp(due)}
}

// stateBadge is a state as parameters of c-badge.
func stateBadge(c *web.Ctx, s State) map[string]any {
	kind := "info"
	switch s {
	case Accepted, Appointment, HandedOver, Closed:
		kind = "ok"
	case Declined, Lapsed:
		kind = "soon"
	case Withdrawn, Expired, Released:
		kind = "plain"
	}
	return map[string]any{"kind": kind, "text": c.T("referral.state." + string(s))}
}

// track is the way of a referral as parameters of c-track.
func track(c *web.Ctx, r Row) []map[string]any {
	way := []State{Sent, Received, Accepted, Appointment, HandedOver, Closed}
	if r.Kind == Enquiry {
		way = []State{Sent, Received, Accepted}
		if r.State == Closed {
			way = append(way, Closed)
		}
	}
	if at := slices.Index(way, r.State); at >= 0 {
		var out []map[string]any
		for i, s := range way {
			state := "todo"
			if i < at || i == at && r.State == Closed {
				state = "done"
			} else if i == at {
				state = "now"
			}
			out = append(out, map[string]any{"label": c.T("referral.state." + string(s)), "state": state})
		}
		return out
	}
	return []map[string]any{{"label": c.T("referral.state.sent"), "state": "done"}, {"label": c.T("referral.state." + string(r.State)), "state": "lost"}}
}

// signInAndBack sends someone whose sign-in ended to the sign-in page, and
// from there to path.
func signInAndBack(c *web.Ctx, path string) error {
	return c.Redirect("/sign-in?to=" + url.QueryEscape(c.Path(path)))
}

func notFound() error { return fault.New(fault.NotFound, "web.error.not-found") }
