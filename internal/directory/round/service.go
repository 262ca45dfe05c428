package round

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"amelie/internal/audit"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/directory"
	"amelie/internal/fault"
	"amelie/internal/i18n"
	"amelie/internal/id"
	"amelie/internal/jobs"
	"amelie/internal/vault"
	"amelie/internal/web"
)

// Config is what rounds need from outside.
type Config struct {
	DB        *db.DB
	Directory *directory.Directory
	Texts     *i18n.Bundle
	Secret    *vault.ServerSecret // links are made of it, so that they lie in no table
	Now       clock.Clock
	Log       *slog.Logger
	BaseURL   string        // the site's own address, for links in mail
	Name      func() string // neutral name of the site, for mail
	Address   func(r *http.Request) string

	Mail    Mailer
	CanMail func() bool                                  // a mail server is set up; without one everyone is called
	Alert   func(tx *db.Tx) ([]Contact, error)           // who is told at once about a danger; nil: nobody
	Tell    func(tx *db.Tx, to Contact) error            // queues a general message
	Edit    func(c *web.Ctx, organization string) string // path of the room where an entry is edited; "" when there is none
}

// Service keeps rounds, calls and reports.
type Service struct {
	cfg     Config
	links   *directory.Limiter // for whoever tries links
	reports *directory.Limiter // for whoever reports
}

// New makes the service.
func New(cfg Config) *Service {
	if cfg.Now == nil {
		cfg.Now = clock.System
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{cfg: cfg, links: directory.NewLimiter(cfg.Now, 60, 1), reports: directory.NewLimiter(cfg.Now, 6, 1.0/120)}
}

// The jobs of a round.
const (
	jobSend = "round.send" // queues the mails of a round, batch by batch
	jobMail = "round.mail" // composes and sends one of them
)

// batch is how many mails one transaction queues, and how many are sent in a
// minute: other mail of the house must not wait behind a round.
const batch = 250

type mailJob struct {
	Round        string `json:"round"`
	Organization string `json:"organization"`
	Reminder     bool   `json:"reminder"`
}

// Handle names the handlers of the round's jobs.
func (s *Service) Handle(r *jobs.Runner) {
	r.Handle(jobSend, s.send)
	r.Handle(jobMail, s.mail)
}

// require asks the policy for an act of whoever keeps the directory.
func (s *Service) require(tx *db.Tx, v *web.Viewer, action string) error {
	return s.cfg.Directory.Require(tx, v.Actor(), action, "", "")
}

// reads is a reading for whoever may do an act; it may be carried out again.
func (s *Service) reads(ctx context.Context, v *web.Viewer, action string, body func(tx *db.Tx) error) error {
	return s.cfg.DB.Read(ctx, s.allowed(v, action, body))
}

// writes is a change by whoever may do an act; it may be carried out again.
func (s *Service) writes(ctx context.Context, v *web.Viewer, action string, body func(tx *db.Tx) error) error {
	return s.cfg.DB.Write(ctx, s.allowed(v, action, body))
}

func (s *Service) allowed(v *web.Viewer, action string, body func(tx *db.Tx) error) func(tx *db.Tx) error {
	return func(tx *db.Tx) error {
		if err := s.require(tx, v, action); err != nil {
			return err
		}
		return body(tx)
	}
}

// byEditor is whoever keeps the directory, in its history.
func byEditor(v *web.Viewer) directory.By {
	return directory.By{User: v.UserID, Name: v.Name, Agency: v.AgencyID, Way: directory.ByEditor}
}

func (s *Service) record(tx *db.Tx, v *web.Viewer, action, object string) error {
	e := audit.Event{At: s.cfg.Now(), Action: "round." + action, Object: "round/" + object, Purpose: "verify"}
	if v != nil {
		e.Actor, e.Agency = v.UserID, v.AgencyID
	}
	return audit.Record(tx, e)
}

// Planned is one body that a round would ask.
type Planned struct {
	Organization, Name, Country, Lang, Mailbox string
}

// Plan tells whom a scope would ask, in the order of country and name.
func (s *Service) Plan(ctx context.Context, scope Scope) ([]Planned, error) {
	all, err := s.cfg.Directory.Everything(ctx)
	if err != nil {
		return nil, err
	}
	before := s.cfg.Now().AddDate(0, -scope.Months, 0).Format(time.DateOnly)
	var out []Planned
	for i := range all {
		if o := &all[i]; scope.asks(o, before) {
			out = append(out, Planned{o.ID, o.Name, o.Country, language(o), mailbox(o)})
		}
	}
	slices.SortStableFunc(out, func(a, b Planned) int {
		return strings.Compare(a.Country+"\x00"+a.Name, b.Country+"\x00"+b.Name)
	})
	return out, nil
}

// asks tells whether a body is in the scope: it has a service that was not
// verified since the day.
func (sc Scope) asks(o *directory.Organization, before string) bool {
	switch {
	case len(sc.Only) > 0 && !slices.Contains(sc.Only, o.ID),
		len(sc.Countries) > 0 && !slices.Contains(sc.Countries, o.Country),
		len(sc.Groups) > 0 && !slices.Contains(sc.Groups, o.Group):
		return false
	}
	return slices.ContainsFunc(o.Services, func(v directory.Service) bool { return v.Verified < before })
}

// askable tells whether a link would show anything of a service: one that an
// editor hid is none of it, so that a mail would speak of nothing.
//
// req: ROUND-9
func askable(v *directory.Service) bool { return v.Hide[directory.HideEntry] == directory.Public }

// mailbox is where a body is written to: a published mailbox before one that
// professionals see before one that is never published. What a finding calls
// the mailbox of a person is left alone: such a body is called.
func mailbox(o *directory.Organization) string {
	best, rank := "", 9
	if !slices.ContainsFunc(o.Services, func(v directory.Service) bool { return askable(&v) }) {
		return "" // it is called
	}
	for _, v := range o.Services {
		personal := slices.ContainsFunc(v.Findings, func(f directory.Finding) bool { return f.Kind == "personal-mailbox" })
		for _, m := range v.Emails {
			r := slices.Index([]directory.Visibility{directory.Public, directory.Professional, directory.Hidden}, m.Visibility)
			if personal && m.Visibility != directory.Public {
				continue
			}
			if r >= 0 && r < rank {
				best, rank = m.Address, r
			}
		}
	}
	return best
}

// languageOf are the languages in which bodies of a country are written to.
var languageOf = map[string]string{"GR": "el", "CY": "el", "IT": "it", "DE": "de", "AT": "de", "NL": "nl", "FR": "fr", "LU": "fr", "CH": "de"}

// language is a body's own: of its country, in Belgium of its area.
func language(o *directory.Organization) string {
	if lang := languageOf[o.Country]; lang != "" {
		return lang
	}
	if o.Country == "BE" {
		for _, v := range o.Services {
			for _, p := range v.Places {
				if strings.HasPrefix(p.Territory, "BE-V") {
					return "nl"
				}
			}
			for _, a := range v.Area {
				if strings.HasPrefix(a, "BE-V") {
					return "nl"
				}
			}
		}
		return "fr"
	}
	return "en"
}

// Start begins a round and queues its mails later, in batches.
// Errors: fault.Invalid when nobody would be asked.
func (s *Service) Start(ctx context.Context, v *web.Viewer, scope Scope, once string) (roundID string, err error) {
	plan, err := s.Plan(ctx, scope) // reading ten thousand entries holds up no writer
	if err != nil {
		return "", err
	}
	if len(plan) == 0 {
		return "", fault.Fields(fault.Field{Name: "months", Key: "round.error.nobody"})
	}
	err = s.writes(ctx, v, "directory.verify", func(tx *db.Tx) error {
		now := s.cfg.Now()
		if first, err := db.Once(tx, "round.start", once, now); err != nil || !first {
			return err
		}
		r := Round{ID: id.New(), Scope: scope, State: Sending, Started: now, Ends: now.Add(Life), ByUser: v.UserID, By: v.Name, Total: int64(len(plan))}
		roundID = r.ID
		if err := insertRound(tx, r); err != nil {
			return err
		}
		for _, p := range plan {
			b := Body{Round: r.ID, Organization: p.Organization, Name: p.Name, Country: p.Country, Lang: p.Lang, Mailbox: p.Mailbox, Mail: Waits}
			if p.Mailbox == "" || !s.cfg.CanMail() {
				b.Mail = NoMailbox
			}
			if err := insertBody(tx, b); err != nil {
				return err
			}
		}
		if err := s.record(tx, v, "started", r.ID); err != nil {
			return err
		}
		return jobs.Enqueue(tx, jobSend, r.ID, time.Time{}, r.ID)
	})
	return roundID, err
}

// Steer stops the queueing of a round, resumes it, or ends the round: its links
// are dead from that moment, what was answered stays.
func (s *Service) Steer(ctx context.Context, v *web.Viewer, roundID, act string) error {
	return s.writes(ctx, v, "directory.verify", func(tx *db.Tx) error {
		r, err := s.round(tx, roundID)
		if err != nil {
			return err
		}
		switch act {
		case "stop":
			err = s.turn(tx, r, Sending, Stopped)
		case "resume":
			if err = s.turn(tx, r, Stopped, Sending); err == nil {
				err = jobs.Enqueue(tx, jobSend, r.ID, time.Time{}, r.ID)
			}
		case "end":
			err = s.end(tx, r)
		default:
			err = fault.New(fault.Invalid, "web.error.invalid")
		}
		if err != nil {
			return err
		}
		return s.record(tx, v, act, roundID)
	})
}

// turn moves a round; a second press of the button finds it moved and is fine.
func (s *Service) turn(tx *db.Tx, r Round, from, to State) error {
	if r.State == to {
		return nil
	}
	n, err := tx.Exec(setStateStmt, string(to), r.ID, string(from))
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "round.error.state")
	}
	return err
}

func (s *Service) end(tx *db.Tx, r Round) error {
	if r.State == Ended {
		return nil
	}
	if err := s.turn(tx, r, r.State, Ended); err != nil {
		return err
	}
	if err := jobs.Cancel(tx, jobSend, r.ID); err != nil {
		return err
	}
	_, err := tx.Exec(forgetLinkStmt, r.ID)
	return err
}

func (s *Service) round(tx *db.Tx, roundID string) (Round, error) {
	return db.First(readRounds(tx, roundStmt, roundID))
}

// body is one body of a round. Errors: fault.NotFound.
func (s *Service) body(tx *db.Tx, roundID, organization string) (Body, error) {
	return db.First(readBodies(tx, bodyStmt, roundID, organization))
}

// Overview is a round with its numbers.
type Overview struct {
	Round
	Progress
}

// Rounds lists the newest hundred with their numbers.
func (s *Service) Rounds(ctx context.Context, v *web.Viewer) (out []Overview, err error) {
	err = s.reads(ctx, v, "directory.verify", func(tx *db.Tx) error {
		list, err := readRounds(tx, roundsStmt)
		out = nil
		for _, r := range list {
			bodies, err := readBodies(tx, bodiesStmt, r.ID)
			if err != nil {
				return err
			}
			out = append(out, Overview{r, count(bodies, s.cfg.Now())})
		}
		return err
	})
	return out, err
}

// Round is one round with its bodies.
func (s *Service) Round(ctx context.Context, v *web.Viewer, roundID string) (r Overview, bodies []Body, err error) {
	err = s.reads(ctx, v, "directory.verify", func(tx *db.Tx) error {
		if r.Round, err = s.round(tx, roundID); err != nil {
			return err
		}
		if bodies, err = readBodies(tx, bodiesStmt, roundID); err != nil {
			return err
		}
		r.Progress = count(bodies, s.cfg.Now())
		return nil
	})
	return r, bodies, err
}
