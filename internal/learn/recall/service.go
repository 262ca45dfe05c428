package recall

import (
	"context"
	_ "embed"
	netmail "net/mail"
	"time"

	"amelie/internal/audit"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/learn"
	"amelie/internal/learn/study"
	"amelie/internal/mail"
	"amelie/internal/policy"
	"amelie/internal/vault"
)

//go:embed policy.cedar
var policyText string

// Policy is who may do what with what comes back.
var Policy = policy.Source{Name: "recall", Text: policyText}

// Changes tell what of the course was changed in substance after a time; a nil
// list where nobody here ever said so.
type Changes func(tx *db.Tx, since time.Time) ([]learn.Change, error)

// Config is what the service is made of, beside study's.
type Config struct {
	Study   *study.Service
	Texts   mail.Texts
	BaseURL string
	Neutral func() string         // the name that mail may bear
	Zone    func() *time.Location // of the installation
	Changes Changes               // nil: what the stamps of answered questions say
	// Ended is told, in its transaction, of a plan that no restore may bring back.
	Ended func(tx *db.Tx, learner string, at time.Time) error
}

// Service keeps who wants to be asked again, and asks.
type Service struct{ Config }

// New makes the service. The policy engine of study must hold this package's
// Policy.
func New(cfg Config) *Service { return &Service{cfg} }

// own asks whether the learner may do something with what comes back to a
// learner.
//
// req: RECALL-4
func (s *Service) own(learner, whose string) error {
	return s.Study.Policy.Require(policy.Actor{User: learner}, "recall.keep", policy.Object{Type: "Recall", ID: whose, Attrs: map[string]any{"learner": whose}})
}

func (s *Service) record(tx *db.Tx, learner, action string) error {
	return audit.Record(tx, audit.Event{At: s.Study.Now(), Actor: "learner/" + learner, Action: action, Object: "learner/" + learner})
}

// State is how it stands with a learner.
type State struct {
	Finished time.Time // zero: not through with the course yet
	Plan     *Plan     // nil: nothing was asked for, or all is over
}

// Of is how it stands with a learner.
func (s *Service) Of(ctx context.Context, learner string) (x State, err error) {
	if err := s.own(learner, learner); err != nil {
		return x, err
	}
	err = s.Study.DB.Read(ctx, func(tx *db.Tx) error {
		x = State{}
		if x.Finished, err = s.Study.Finished(tx, learner); err != nil {
			return err
		}
		list, err := load(tx, ofStmt, learner)
		if len(list) > 0 {
			x.Plan = &list[0]
		}
		return err
	})
	return x, err
}

// secret is what a mail's link ends with. It is reckoned and not kept: the
// database alone opens no link.
func (s *Service) secret(learner string) string {
	return s.Study.Secret.Fingerprint("recall link", learner)[:32]
}

func (s *Service) fingerprint(secret string) string {
	return s.Study.Secret.Fingerprint("recall link fingerprint", secret)
}

func mailbox(learner string) vault.Binding {
	return vault.Binding{Field: "recall.mailbox", Row: learner, Scope: learner}
}

// Begin lets it come back to a learner, told by mail or, without a mailbox, by
// nobody. Asked again, the newer mailbox and language count. Errors:
// fault.Conflict before the course was finished; fault.Invalid for what is no
// mailbox.
func (s *Service) Begin(ctx context.Context, learner, lang, email string) error {
	if err := s.own(learner, learner); err != nil {
		return err
	}
	sealed := []byte{}
	if email != "" {
		if a, err := netmail.ParseAddress(email); err != nil || a.Address != email {
			return fault.Fields(fault.Field{Name: "email", Key: "web.error.email"})
		}
		var err error
		if sealed, err = s.Study.Secret.Seal([]byte(email), mailbox(learner)); err != nil {
			return err
		}
	}
	return s.Study.DB.Write(ctx, func(tx *db.Tx) error {
		finished, err := s.Study.Finished(tx, learner)
		if err != nil {
			return err
		}
		if finished.IsZero() {
			return fault.New(fault.Conflict, "recall.fault.early")
		}
		p := plan(finished, s.Study.Now(), s.Zone())
		p.Learner, p.Lang, p.mailbox, p.link = learner, lang, sealed, s.fingerprint(s.secret(learner))
		if err := p.save(tx); err != nil {
			return err
		}
		return s.record(tx, learner, "recall.began")
	})
}

// Stop ends it. Pressed twice it has ended once.
//
// req: RECALL-3
func (s *Service) Stop(ctx context.Context, learner string) error {
	if err := s.own(learner, learner); err != nil {
		return err
	}
	return s.Study.DB.Write(ctx, func(tx *db.Tx) error { return s.stop(tx, learner) })
}

// StopBy ends what the link of a mail belongs to, if there is anything.
//
// req: RECALL-3
func (s *Service) StopBy(ctx context.Context, secret string) error {
	return s.Study.DB.Write(ctx, func(tx *db.Tx) error {
		list, err := load(tx, byLinkStmt, s.fingerprint(secret))
		if err != nil || len(list) == 0 {
			return err
		}
		return s.stop(tx, list[0].Learner)
	})
}

func (s *Service) stop(tx *db.Tx, learner string) error {
	was, err := Forget(tx, learner)
	if err != nil || !was {
		return err
	}
	if s.Ended != nil {
		if err := s.Ended(tx, learner, s.Study.Now()); err != nil {
			return err
		}
	}
	return s.record(tx, learner, "recall.stopped")
}

// Runs says whether the link of a mail can still end something.
func (s *Service) Runs(ctx context.Context, secret string) (runs bool, err error) {
	err = s.Study.DB.Read(ctx, func(tx *db.Tx) error {
		list, err := load(tx, byLinkStmt, s.fingerprint(secret))
		runs = len(list) > 0
		return err
	})
	return runs, err
}

// Forget deletes a plan with its mailbox; false when there was none.
func Forget(tx *db.Tx, learner string) (was bool, err error) {
	n, err := tx.Exec(dropStmt, learner)
	return n > 0, err
}

// perTurn is how many plans are looked at before others may write again.
const perTurn = 200

// Sweep lays questions before those whose day has come, and writes to those who
// left a mailbox. Two sweeps at once, or one that broke off, ask nobody twice.
func (s *Service) Sweep(ctx context.Context) error {
	for {
		sheets, err := s.due(ctx)
		if err != nil || len(sheets) == 0 {
			return err
		}
		if err := s.Study.DB.Write(ctx, func(tx *db.Tx) error {
			for _, x := range sheets {
				if err := s.lay(tx, x); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
}

// sheet is what is laid before a learner.
type sheet struct {
	Plan
	drawn []study.Drawn
}

// due chooses for those whose day has come, without holding up who writes.
func (s *Service) due(ctx context.Context) (out []sheet, err error) {
	now := s.Study.Now()
	err = s.Study.DB.Read(ctx, func(tx *db.Tx) error {
		out = nil
		plans, err := load(tx, dueStmt, now.UnixMilli(), perTurn)
		if err != nil {
			return err
		}
		for _, p := range plans {
			x := sheet{Plan: p}
			if x.drawn, err = s.choose(tx, p, now); err != nil {
				return err
			}
			out = append(out, x)
		}
		return nil
	})
	return out, err
}

func (s *Service) choose(tx *db.Tx, p Plan, now time.Time) ([]study.Drawn, error) {
	reviews, err := s.Study.Reviews(tx, p.Learner)
	if err != nil {
		return nil, err
	}
	course := s.Study.Course()
	var changes []learn.Change
	if s.Changes != nil {
		if changes, err = s.Changes(tx, p.Since); err != nil {
			return nil, err
		}
	}
	if changes == nil {
		changes = Restamped(course, reviews)
	}
	return Choose(course, reviews, changes, now), nil
}

// lay moves a plan on, and asks and writes only when it was the one to do so.
// With the last time the plan goes, and the mailbox with it.
//
// req: RECALL-2
func (s *Service) lay(tx *db.Tx, x sheet) error {
	next, more := x.Plan.next(s.Study.Now(), s.Zone())
	mine, err := next.turned(tx, x.Due, more)
	if err != nil || !mine || len(x.drawn) == 0 {
		return err
	}
	if err := s.Study.Ask(tx, x.Learner, x.drawn); err != nil {
		return err
	}
	if err := s.record(tx, x.Learner, "recall.asked"); err != nil || !x.Mailed() {
		return err
	}
	to, err := s.Study.Secret.Open(x.mailbox, mailbox(x.Learner))
	if err != nil {
		return fault.Wrap(err, "recall mailbox")
	}
	return mail.Queue(tx, mail.Message{To: string(to), Subject: s.Texts.T(x.Lang, "recall.mail.subject"),
		Text: s.Texts.T(x.Lang, "recall.mail.text", "name", s.Neutral(), "link", s.BaseURL+"/"+x.Lang+again+"/"+s.secret(x.Learner))})
}
