package app

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"filippo.io/age"

	"amelie/content"
	"amelie/internal/account"
	"amelie/internal/backup"
	"amelie/internal/db"
	"amelie/internal/house"
	"amelie/internal/i18n"
	"amelie/internal/mail"
	"amelie/internal/web"
)

// given is what the command line says, in the words of the assistant. It wins
// over what an administrator answers there.
func (c Config) given() house.Given {
	g := house.Given{}
	put := func(question string, pairs ...string) {
		v := house.Values{}
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i+1] != "" {
				v[pairs[i]] = pairs[i+1]
			}
		}
		if pairs[1] != "" {
			g[question] = v
		}
	}
	put("name", "name", c.Name)
	put("neutral", "neutral", c.NeutralName)
	put("country", "country", c.Country)
	put("exit", "exit", c.ExitURL)
	if c.PassMark > 0 {
		put("pass", "mark", strconv.Itoa(c.PassMark))
	}
	put("mail", "server", c.MailServer, "tls", c.MailTLS, "from", c.MailFrom, "user", c.MailUser, "password-file", c.MailPasswordFile)
	return g
}

// settle makes the house and lets the settings that it finds take effect: the
// rooms that are made afterwards read them.
func (a *App) settle(ctx context.Context) (err error) {
	cfg := a.Config
	if cfg.Demo {
		a.Catcher = mail.NewCatcher(200, cfg.Now)
	}
	a.House, err = house.New(ctx, house.Config{DB: a.DB, Secret: a.Secret, Policy: a.Policy, Texts: a.Texts, Now: cfg.Now, Log: a.Log,
		Folder: cfg.Data, BaseURL: cfg.BaseURL, Given: cfg.given(), MailCAFile: cfg.MailCAFile, Countries: a.Countries.Codes(), CountryName: a.countryName, Release: Version, Demo: cfg.Demo,
		Telling: a.tells(),
		Applied: a.apply, Backup: a.copyTo, Trial: a.tryCopy, Facts: a.facts, Administrators: a.administrators,
		Address: func(tx *db.Tx, user string) (string, error) {
			_, email, _, _, err := a.Accounts.Person(tx, user)
			return email, err
		},
		Confirmed: func(ctx context.Context, v *web.Viewer) (bool, error) { return a.Accounts.Confirmed(ctx, v) },
		Open:      a.firstHour})
	if err != nil {
		return err
	}
	a.Jobs.Handle(mail.Kind, mail.NewSender(mail.Switch(a.transport), mail.Telling(a.Texts, i18n.Languages)).Handle)
	notes, err := house.LoadNotes(content.FS)
	if err != nil {
		return err
	}
	return a.House.Begin(ctx, notes, a.used(ctx))
}

// used says whether somebody worked here before this start.
func (a *App) used(ctx context.Context) bool {
	before := false
	err := a.DB.Read(ctx, func(tx *db.Tx) (err error) { before, err = account.Anybody(tx); return err })
	return err == nil && before
}

// apply lets settings take effect on this instance. What cannot change while
// the program runs (the address of the site, its certificate) is no setting.
func (a *App) apply(s house.Settings) {
	a.settings.Store(&s)
	shown := web.Shown{Name: s.Name, NeutralName: s.NeutralName, ExitURL: s.ExitURL, Languages: s.Languages}
	if s.Zone != "" {
		if zone, err := time.LoadLocation(s.Zone); err == nil {
			shown.Zone = zone
		}
	}
	a.Shell.Show(shown)
	if a.Directory != nil {
		a.Directory.SetHome(s.Country)
	}
}

// tells finds the word of a text that gives away what this is about; "": none.
func (a *App) tells() func(text string) string {
	telling := mail.Telling(a.Texts, i18n.Languages)
	return func(text string) string { return mail.Tells(text, telling) }
}

// neutralName stands in mail, files and dialogs of the browser.
func (a *App) neutralName() string {
	if s := a.settings.Load(); s != nil && s.NeutralName != "" {
		return s.NeutralName
	}
	return "Amelie"
}

// siteName is what people know the installation by.
func (a *App) siteName() string {
	if s := a.settings.Load(); s != nil && s.Name != "" {
		return s.Name
	}
	return a.neutralName()
}

// country is the home country; empty when the reader's language decides.
func (a *App) country() string {
	if s := a.settings.Load(); s != nil {
		return s.Country
	}
	return a.Config.Country
}

// passMark is the percentage that a test of the course takes; 0 when the course
// decides.
func (a *App) passMark() int {
	if s := a.settings.Load(); s != nil {
		return s.PassMark
	}
	return a.Config.PassMark
}

func (a *App) countryName(code, lang string) string {
	if p, ok := a.Countries.Get(code); ok {
		return p.Name.In(lang)
	}
	return code
}

// postman keeps the transport that was made for the settings in force.
type postman struct {
	mu      sync.Mutex
	made    mail.Config
	present mail.Transport
}

// transport is how mail leaves now: a server that the administrator named, the
// catcher of the demo, or nil when nobody named one.
func (a *App) transport() (mail.Transport, error) {
	if a.Catcher != nil {
		return a.Catcher, nil
	}
	s := a.House.Settings().Mail
	if s.Server == "" {
		return nil, nil
	}
	want := s.Config(a.neutralName())
	a.post.mu.Lock()
	defer a.post.mu.Unlock()
	if a.post.present == nil || a.post.made != want {
		smtp, err := mail.NewSMTP(want)
		if err != nil {
			a.Log.Warn("mail settings", "err", err.Error())
			return nil, err
		}
		a.post.made, a.post.present = want, noted{smtp, a.House}
	}
	return a.post.present, nil
}

// noted tells the house when a mail left.
type noted struct {
	mail.Transport
	house *house.Service
}

func (n noted) Send(ctx context.Context, m mail.Message) error {
	err := n.Transport.Send(ctx, m)
	if err == nil {
		n.house.Sent(ctx)
	}
	return err
}

// copyTo writes a backup to a new file.
func (a *App) copyTo(ctx context.Context, file, recipient string, progress func(int64)) (house.Copied, error) {
	keys, err := age.ParseRecipients(strings.NewReader(recipient))
	if err != nil {
		return house.Copied{}, err
	}
	r, err := backupTo(ctx, a.DB, a.Config.Now(), file, keys, progress)
	return copied(r), err
}

func copied(r backup.Result) house.Copied {
	return house.Copied{Rows: r.Rows, Tables: r.Tables, At: r.Head.At}
}

// trialFolder begins the name of a folder in which a copy is restored on trial.
const trialFolder = ".trial-"

// tryCopy restores a copy into a database of its own in the data folder, on
// the same protected disk as the original, checks it and takes it away again.
func (a *App) tryCopy(ctx context.Context, file string, key io.Reader) (got house.Copied, err error) {
	text, err := io.ReadAll(io.LimitReader(key, 1<<12))
	if err != nil {
		return got, err
	}
	who, err := house.ParseKey(string(text))
	if err != nil {
		return got, err
	}
	in, err := os.Open(file)
	if err != nil {
		return got, err
	}
	defer in.Close()
	dir, err := os.MkdirTemp(a.Config.Data, trialFolder+"*")
	if err != nil {
		return got, err
	}
	defer os.RemoveAll(dir)
	d, err := db.Open(ctx, db.Config{Path: filepath.Join(dir, "copy.db")})
	if err != nil {
		return got, err
	}
	defer d.Close()
	r, err := backup.Restore(ctx, d, in, []age.Identity{who}, Schemas(), nil)
	if err != nil {
		return got, err
	}
	return copied(r), d.Sound(ctx)
}

// administrators are told when something turns red.
func (a *App) administrators(tx *db.Tx) ([]house.Contact, error) {
	list, err := a.Accounts.WithRole(tx, "administrator")
	var out []house.Contact
	for _, u := range list {
		out = append(out, house.Contact{Email: u.Email, Lang: u.Lang})
	}
	return out, err
}

// firstHour is what belongs to the first hour besides the questions, as the
// other rooms know it.
func (a *App) firstHour(ctx context.Context) ([]house.Task, error) {
	f := a.agencyFacts(ctx)
	administrators := 0
	tested, err := a.House.Moment(ctx, "mail.tested")
	if err != nil {
		return nil, err
	}
	_, _, trial, err := a.House.Runs(ctx)
	if err != nil {
		return nil, err
	}
	err = a.DB.Read(ctx, func(tx *db.Tx) error {
		list, err := a.Accounts.WithRole(tx, "administrator")
		administrators = len(list)
		return err
	})
	tasks := []house.Task{
		{Name: "mail", Done: !tested.IsZero(), Path: "/admin/installation/mail"},
		{Name: "trial", Done: trial != nil, Path: "/admin/installation/key"},
		{Name: "second", Done: administrators > 1, Path: "/admin/people"},
		{Name: "agency", Done: f != nil && f.All > 0, Path: "/admin/agencies"},
		{Name: "receive", Done: f != nil && f.All > 0 && f.Closed == 0, Path: "/admin/agencies"},
	}
	return tasks, err
}

// ReadKey reads a file with the secret key of backups: as age writes it, or as
// it was typed from the paper of the assistant.
func ReadKey(file string) ([]age.Identity, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	who, err := age.ParseIdentities(strings.NewReader(string(b)))
	if err == nil {
		return who, nil
	}
	if typed, e := house.ParseKey(string(b)); e == nil {
		return []age.Identity{typed}, nil
	}
	return nil, errors.Join(errors.New("this is no secret key of age and no backup key from paper"), err)
}
