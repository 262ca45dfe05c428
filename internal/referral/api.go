package referral

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"amelie/internal/fault"
	"amelie/internal/web"
)

// Scope is what an API token needs to read the list of referrals.
const Scope = "referral:read"

// apiReferral is a referral in the API: routing, state and times. Content is
// never given here: tokens hold no key.
type apiReferral struct {
	ID          string  `json:"id"`
	Code        string  `json:"code"`
	Kind        Kind    `json:"kind"`
	State       State   `json:"state"`
	Urgency     Urgency `json:"urgency"`
	From        string  `json:"from"`
	To          string  `json:"to"`
	Service     string  `json:"service"`
	Basis       string  `json:"basis"`
	SentAt      string  `json:"sent_at"`
	StateAt     string  `json:"state_at"`
	DueAt       string  `json:"due_at,omitempty"`
	AccessUntil string  `json:"access_until"`
	Turn        string  `json:"turn,omitempty"`
	Reason      string  `json:"reason,omitempty"`
	Outcome     string  `json:"outcome,omitempty"`
}

type apiPage struct {
	Page     int           `json:"page"`
	PerPage  int           `json:"per_page"`
	Contents []apiReferral `json:"contents"`
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// apiList answers GET /api/v1/referrals.
func (p *Rooms) apiList(c *web.Ctx) error {
	if c.Viewer == nil {
		return fault.New(fault.SignIn, "web.error.sign-in")
	}
	if c.Viewer.Scopes != nil && !slices.Contains(c.Viewer.Scopes, Scope) {
		return fault.New(fault.Denied, "web.error.denied")
	}
	page, size, err := paging(c)
	if err != nil {
		return err
	}
	rows, err := p.List(c.Context(), c.Viewer, page, size)
	if err != nil {
		return err
	}
	out := apiPage{Page: page, PerPage: size, Contents: []apiReferral{}}
	for _, r := range rows {
		out.Contents = append(out.Contents, apiReferral{ID: r.ID, Code: r.Code(), Kind: r.Kind, State: r.State, Urgency: r.Urgency,
			From: r.FromAgency, To: r.ToAgency, Service: r.ServiceID, Basis: r.Basis, SentAt: stamp(r.SentAt), StateAt: stamp(r.StateAt),
			DueAt: stamp(r.DueAt), AccessUntil: stamp(r.AccessUntil), Turn: r.Turn, Reason: r.Reason, Outcome: r.Outcome})
	}
	return c.JSON(http.StatusOK, out)
}

// paging reads page and per_page; anything else in the query is refused.
func paging(c *web.Ctx) (page, size int, err error) {
	page, size = 1, 50
	var wrong []fault.Field
	for name, values := range c.R.URL.Query() {
		n, err := strconv.Atoi(values[0])
		switch {
		case name == "page" && err == nil && n >= 1 && n <= 1_000_000:
			page = n
		case name == "per_page" && err == nil && n >= 1 && n <= 200:
			size = n
		default:
			wrong = append(wrong, fault.Field{Name: name, Key: "referral.error.query"})
		}
	}
	return page, size, fault.Fields(wrong...)
}

func itoa(n int) string { return strconv.Itoa(n) }
