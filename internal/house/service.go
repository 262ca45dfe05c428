package house

import (
	"context"
	"io"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"amelie/internal/audit"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/mail"
	"amelie/internal/policy"
	"amelie/internal/vault"
	"amelie/internal/web"
)

// Contact is an administrator who is told when something turns red.
type Contact struct{ Email, Lang string }

// Copied is what a backup wrote, or a trial brought back.
type Copied struct {
	Rows   int64
	Tables int
	At     time.Time // when the backup was taken
}

// Config is what the house needs from outside.
type Config struct {
	DB     *db.DB
	Secret *vault.ServerSecret
	Policy *policy.Engine
	Texts  mail.Texts
	Now    clock.Clock
	Log    *slog.Logger

	Folder     string   // the data folder, for files that are kept beside backups
	BaseURL    string   // start of links in mail
	Given      Given    // what the command line says
	MailCAFile string   // certificates of the mail server's own authority
	Countries  []string // codes of the countries that the program has pages for
	Release    string   // of the program
	// CountryName says a country in a language.
	CountryName func(code, lang string) string
	Demo        bool // no step-up: invented people have no password
	Telling     func(text string) string

	// Applied is told about the settings in force, at the start and whenever
	// they change, on every instance.
	Applied func(Settings)
	// Backup writes one encrypted copy of the database to a new file.
	Backup func(ctx context.Context, file, recipient string, progress func(rows int64)) (Copied, error)
	// Trial restores a backup into a temporary place, which is gone afterwards.
	Trial func(ctx context.Context, file string, key io.Reader) (Copied, error)
	// Facts gathers what the checks look at.
	Facts func(ctx context.Context, s *Service) Facts
	// Administrators are who is told.
	Administrators func(tx *db.Tx) ([]Contact, error)
	// Address is the mail address of a person; the test message goes there.
	Address func(tx *db.Tx, userID string) (string, error)
	// Confirmed says whether the sign-in was confirmed a short while ago.
	Confirmed func(ctx context.Context, v *web.Viewer) (bool, error)
	// Open are further steps of the first hour that other rooms know about.
	Open func(ctx context.Context) ([]Task, error)
}

// Task is one line of the list at the end that another room answers.
type Task struct {
	Name string // house.task.<name>
	Done bool
	Path string
}

// Service is the house of one installation.
type Service struct {
	cfg     Config
	notes   []Note
	now     atomic.Pointer[Settings]
	sent    atomic.Int64 // clock milliseconds of the last mail that was noted
	caring  atomic.Bool
	loading sync.Mutex
	trials  chan struct{} // one at a time: a trial is as large as the database
}

// New makes the service and reads the settings, so that what is made after it
// can use them. Errors: the database's; a note that cannot be read.
func New(ctx context.Context, cfg Config) (*Service, error) {
	if cfg.Now == nil {
		cfg.Now = clock.System
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Telling == nil {
		cfg.Telling = func(string) string { return "" }
	}
	s := &Service{cfg: cfg, trials: make(chan struct{}, 1)}
	return s, s.follow(ctx)
}

// followPause is how long an answer trusts the last look at the version row.
const followPause = time.Second

// Settings are those in force.
func (s *Service) Settings() Settings { return *s.now.Load() }

// Run follows the settings until ctx ends, and does the house's care: planned
// backups, old ones deleted, the round of checks.
func (s *Service) Run(ctx context.Context) {
	tick := time.NewTicker(followPause)
	defer tick.Stop()
	var care sync.WaitGroup
	defer care.Wait()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := s.follow(ctx); err != nil && ctx.Err() == nil {
			s.cfg.Log.Warn("house: settings", "err", err.Error())
		}
		if n%60 == 30 && s.caring.CompareAndSwap(false, true) {
			care.Go(func() {
				defer s.caring.Store(false)
				if err := s.Care(ctx); err != nil && ctx.Err() == nil {
					s.cfg.Log.Warn("house: care", "err", err.Error())
				}
			})
		}
	}
}

// follow loads the settings when the version row moved, and applies them.
func (s *Service) follow(ctx context.Context) error {
	s.loading.Lock()
	defer s.loading.Unlock()
	have := s.now.Load()
	var list []row
	var version int64
	err := s.cfg.DB.Read(ctx, func(tx *db.Tx) (err error) {
		list = nil
		if have != nil {
			if version, err = loadVersion(tx); err != nil || version == have.Version {
				return err
			}
		}
		list, version, err = loadAnswers(tx)
		return err
	})
	if err != nil || have != nil && version == have.Version {
		return fault.Wrap(err, "house settings")
	}
	answers, err := s.opened(list)
	if err != nil {
		return err
	}
	next := settle(answers, version)
	next.Mail.CAFile = s.cfg.MailCAFile
	s.now.Store(&next)
	if s.cfg.Applied != nil {
		s.cfg.Applied(next)
	}
	return nil
}

func binding(question string) vault.Binding {
	return vault.Binding{Field: "house.answer", Row: question, Scope: "installation"}
}

// opened opens what is sealed and lays the command line over it. A secret that
// this server cannot open (a restore without server.secret) counts as missing:
// the check of the mail says so, and the site goes on.
func (s *Service) opened(list []row) (map[string]Answer, error) {
	out := map[string]Answer{}
	for _, r := range list {
		a := r.Answer
		if len(r.sealed) > 0 {
			if b, err := s.cfg.Secret.Open(r.sealed, binding(r.Question)); err == nil {
				a.Secret = string(b)
			} else {
				s.cfg.Log.Warn("house: a secret of the settings cannot be opened", "question", r.Question)
			}
		}
		out[r.Question] = a
	}
	for q, given := range s.cfg.Given {
		a := out[q]
		out[q] = Answer{Question: q, Revision: a.Revision, State: Answered, Values: given, Fixed: true}
	}
	return out, nil
}

func (s *Service) require(v *web.Viewer, action string) error {
	return s.cfg.Policy.Require(v.Actor(), action, policy.Object{Type: "House", ID: "installation"})
}

func (s *Service) record(tx *db.Tx, actor, action, object string) error {
	return audit.Record(tx, audit.Event{At: s.cfg.Now(), Actor: actor, Action: action, Object: object, Purpose: "keep"})
}

// Answers are all answers as an administrator sees them, secrets left out.
// req: HOUSE-1
func (s *Service) Answers(ctx context.Context, v *web.Viewer) (map[string]Answer, error) {
	if err := s.require(v, "house.settle"); err != nil {
		return nil, err
	}
	var list []row
	err := s.cfg.DB.Read(ctx, func(tx *db.Tx) (err error) { list, _, err = loadAnswers(tx); return err })
	if err != nil {
		return nil, err
	}
	answers, err := s.opened(list)
	for _, q := range slices.Concat(Questions, More) {
		a := answers[q]
		a.Question = q
		if a.Secret != "" {
			a.Secret = "kept"
		}
		if a.Values == nil {
			a.Values = Values{}
		}
		answers[q] = a
	}
	return answers, err
}

// OpenQuestions counts the questions that were not answered.
func (s *Service) OpenQuestions(ctx context.Context) (int, error) {
	var list []row
	if err := s.cfg.DB.Read(ctx, func(tx *db.Tx) (err error) { list, _, err = loadAnswers(tx); return err }); err != nil {
		return 0, err
	}
	answers, err := s.opened(list)
	return Unsettled(states(answers)), err
}

// states of all questions.
func states(answers map[string]Answer) map[string]State {
	m := map[string]State{}
	for q, a := range answers {
		m[q] = a.State
	}
	return m
}

// Save answers a question, in the place of the revision that the administrator
// read. An empty secret keeps the stored one as long as it is meant for the
// same server and user.
// Errors: fields that are wrong; fault.Stale when another administrator
// changed it meanwhile; fault.Conflict for what the command line fixed.
// req: HOUSE-2
func (s *Service) Save(ctx context.Context, v *web.Viewer, question string, revision int64, values Values, secret, once string) error {
	if !Known(question) || question == "key" {
		return fault.New(fault.NotFound, "")
	}
	clean := Values{}
	for _, f := range fieldsOf[question] {
		clean[f] = values[f]
	}
	if w := Wrong(question, clean, s.cfg.Countries, s.cfg.Telling); len(w) > 0 {
		return fault.Fields(w...)
	}
	sealed, err := s.sealed(question, secret)
	if err != nil {
		return err
	}
	return s.write(ctx, v, question, revision, once, func(r *row) {
		same := r.Values["server"] == clean["server"] && r.Values["user"] == clean["user"]
		if secret != "" || !same || clean["user"] == "" {
			r.sealed = sealed
		}
		r.State, r.Values = Answered, clean
	})
}

func (s *Service) sealed(question, secret string) ([]byte, error) {
	if secret == "" {
		return nil, nil
	}
	return s.cfg.Secret.Seal([]byte(secret), binding(question))
}

// PutOff leaves a question for later; a given answer stays.
func (s *Service) PutOff(ctx context.Context, v *web.Viewer, question string, revision int64, once string) error {
	if !Known(question) {
		return fault.New(fault.NotFound, "")
	}
	return s.write(ctx, v, question, revision, once, func(r *row) {
		if r.State == Open {
			r.State = Later
		}
	})
}

// write changes one answer in one transaction: authorise, act, audit. The
// other instances see the version row.
func (s *Service) write(ctx context.Context, v *web.Viewer, question string, revision int64, once string, change func(*row)) error {
	if _, fixed := s.cfg.Given[question]; fixed {
		return fault.New(fault.Conflict, "house.error.fixed")
	}
	err := s.cfg.DB.Write(ctx, func(tx *db.Tx) error {
		if err := s.require(v, "house.settle"); err != nil {
			return err
		}
		if once != "" {
			if first, err := db.Once(tx, "house.answer", once, s.cfg.Now()); err != nil || !first {
				return err
			}
		}
		r, err := loadAnswer(tx, question)
		if err != nil {
			return err
		}
		if r.Revision != revision {
			return fault.New(fault.Stale, "house.error.stale")
		}
		change(&r)
		ok, err := writeAnswer(tx, r, v.UserID, s.cfg.Now())
		if err == nil && !ok {
			err = fault.New(fault.Stale, "house.error.stale")
		}
		if err != nil {
			return err
		}
		return s.record(tx, v.UserID, "house."+string(r.State), "house/"+question)
	})
	if err != nil {
		return err
	}
	return s.follow(ctx)
}

// TestMail sends a message to the administrator with the settings in force and
// says what became of it. It goes to the person's own address only.
func (s *Service) TestMail(ctx context.Context, v *web.Viewer) (mail.Verdict, error) {
	if err := s.require(v, "house.settle"); err != nil {
		return "", err
	}
	now := s.Settings()
	if now.Mail.Server == "" {
		return "", fault.New(fault.Conflict, "house.error.no-mail")
	}
	var to string
	err := s.cfg.DB.Read(ctx, func(tx *db.Tx) (err error) { to, err = s.cfg.Address(tx, v.UserID); return err })
	if err != nil {
		return "", err
	}
	if to == "" {
		return "", fault.New(fault.Conflict, "house.error.no-address")
	}
	lang := v.Lang
	m := mail.Compose(s.cfg.Texts, lang, to, "test", now.NeutralName, s.cfg.BaseURL+"/"+lang+"/")
	m.ID = "test-" + s.cfg.Now().UTC().Format("20060102T150405.000")
	verdict, err := mail.Try(ctx, now.Mail.Config(now.NeutralName), m)
	if err != nil {
		verdict = mail.Unclear
	}
	err = s.cfg.DB.Write(ctx, func(tx *db.Tx) error {
		if err := s.require(v, "house.settle"); err != nil {
			return err
		}
		if verdict == mail.Delivered {
			for _, name := range []string{"mail.tested", "mail.sent"} {
				if err := setPulse(tx, name, s.cfg.Now()); err != nil {
					return err
				}
			}
		}
		return s.record(tx, v.UserID, "house.mail-"+string(verdict), "house/mail")
	})
	return verdict, err
}

// Config is the settings as the mail takes them.
func (m Mail) Config(name string) mail.Config {
	return mail.Config{Addr: m.Server, TLS: m.TLS, From: m.From, Name: name, User: m.User, Password: m.Password, PasswordFile: m.PasswordFile, CAFile: m.CAFile}
}

// Moment is when something that this package notes last happened; the zero
// time: never.
func (s *Service) Moment(ctx context.Context, name string) (at time.Time, err error) {
	err = s.cfg.DB.Read(ctx, func(tx *db.Tx) (err error) { at, err = pulse(tx, name); return err })
	return at, err
}

// Sent notes that a mail left, at most once a minute.
func (s *Service) Sent(ctx context.Context) {
	now := s.cfg.Now()
	if last := s.sent.Load(); now.UnixMilli()-last < time.Minute.Milliseconds() || !s.sent.CompareAndSwap(last, now.UnixMilli()) {
		return
	}
	if err := s.cfg.DB.Write(ctx, func(tx *db.Tx) error { return setPulse(tx, "mail.sent", now) }); err != nil {
		s.cfg.Log.Warn("house: noting a sent mail", "err", err.Error())
	}
}
