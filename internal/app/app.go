// Package app puts the program together: it opens the database, makes each
// domain's service, plugs what one domain needs of another, and serves.
//
// It is the only package that imports the domains. Nothing is decided here
// that a domain could decide, and nothing is stored but the files of the data
// folder: the database (or none, with PostgreSQL), server.secret, node.key, credential.key,
// the newest checkpoint of the audit log, and the ledger of what a restore
// must not bring back.
//
// It must never serve a demo's folder as a real one, and never contact a host
// that the administrator did not name.
package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"amelie/content"
	"amelie/internal/account"
	"amelie/internal/account/sso"
	"amelie/internal/agency"
	"amelie/internal/agency/agreement"
	"amelie/internal/agency/procedure"
	"amelie/internal/audit"
	"amelie/internal/backup"
	"amelie/internal/casework"
	"amelie/internal/casework/day"
	"amelie/internal/casework/glass"
	"amelie/internal/casework/index"
	"amelie/internal/casework/interpret"
	"amelie/internal/casework/keep"
	"amelie/internal/casework/own"
	"amelie/internal/casework/pass"
	"amelie/internal/casework/place"
	"amelie/internal/casework/plan"
	"amelie/internal/casework/share"
	"amelie/internal/casework/stage"
	"amelie/internal/casework/talk"
	"amelie/internal/casework/tally"
	"amelie/internal/casework/telling"
	"amelie/internal/certificate"
	"amelie/internal/consent"
	"amelie/internal/country"
	"amelie/internal/country/entitle"
	"amelie/internal/country/mechanism"
	"amelie/internal/credential"
	"amelie/internal/db"
	"amelie/internal/directory"
	"amelie/internal/directory/desk"
	"amelie/internal/directory/lexicon"
	"amelie/internal/directory/link"
	"amelie/internal/directory/round"
	"amelie/internal/directory/transfer"
	"amelie/internal/draft"
	"amelie/internal/house"
	"amelie/internal/i18n"
	"amelie/internal/jobs"
	"amelie/internal/learn"
	attest "amelie/internal/learn/certificate"
	"amelie/internal/learn/edit"
	"amelie/internal/learn/group"
	"amelie/internal/learn/measure"
	"amelie/internal/learn/pack"
	"amelie/internal/learn/playing"
	"amelie/internal/learn/reading"
	"amelie/internal/learn/recall"
	"amelie/internal/learn/study"
	"amelie/internal/mail"
	"amelie/internal/person"
	"amelie/internal/policy"
	"amelie/internal/referral"
	"amelie/internal/screen/card"
	"amelie/internal/screen/guide"
	"amelie/internal/screen/instrument"
	"amelie/internal/screen/summary"
	"amelie/internal/vault"
	"amelie/internal/web"
	"amelie/locale"
)

// App is a running installation.
type App struct {
	Config      Config
	Log         *slog.Logger
	DB          *db.DB
	Secret      *vault.ServerSecret
	NodeKey     *audit.Key
	Texts       *i18n.Bundle
	Policy      *policy.Engine
	Accounts    *account.Service
	Agencies    *agency.Service
	SignOn      *sso.Service
	Agreements  *agreement.Service
	Procedures  *procedure.Service
	Instruments *instrument.Service
	Directory   *directory.Directory
	Desk        *desk.Desk
	Links       *link.Service
	Rounds      *round.Service
	Countries   *country.Packs
	Entitled    *entitle.Set
	Mechanisms  *mechanism.Set
	Persons     *person.Texts
	Referrals   *referral.Service
	Cases       *casework.Service
	Plans       *plan.Service
	Shares      *share.Service
	Passes      *pass.Service
	Stages      *stage.Service
	Owns        *own.Service
	Talks       *talk.Service
	Days        *day.Service
	Glass       *glass.Service
	Keeping     *keep.Service
	Telling     *telling.Service
	Tallies     *tally.Service
	CaseWords   *index.Index
	Places      *place.Service
	Interpret   *interpret.Service
	Transfer    *transfer.Service
	Lexicon     *lexicon.Lexicon
	Jobs        *jobs.Runner
	AuditLog    *audit.Log
	Catcher     *mail.Catcher // demo only: mail that was not sent
	House       *house.Service
	Guide       *guide.Rooms
	Summaries   *summary.Service
	Cards       card.Rooms
	Course      func() *learn.Course
	Editing     *edit.Service
	Reading     *reading.Rooms
	Study       *study.Rooms
	Groups      *group.Rooms
	SigningKey  *credential.Key
	Attests     *attest.Rooms
	Packs       *pack.Rooms
	Recall      *recall.Rooms
	Measure     *measure.Rooms
	Shell       *web.Shell

	Certificate *certificate.Keeper // nil: certificates do not come by ACME

	metrics *metrics.Set
	rest    rest
	post    postman
	began   time.Time
	certs   *certificates // of this instance, when it ends TLS by files

	settings atomic.Pointer[house.Settings]
}

// Schemas are the tables of every part, in the order in which they are made.
func Schemas() []db.Schema {
	return []db.Schema{
		audit.Schema, jobs.Schema, certificate.Schema, house.Schema,
		account.Schema, sso.Schema, agency.Schema, agreement.Schema, procedure.Schema, instrument.Schema, summary.Schema, directory.Schema, link.Schema, round.Schema, transfer.Schema, lexicon.Schema, playing.Schema, study.Schema, edit.Schema, group.Schema, consent.Schema, referral.Schema, attest.Schema, measure.Schema, recall.Schema,
		draft.Schema,
		casework.Schema, plan.Schema, share.Schema, own.Schema, glass.Schema, place.Schema, stage.Schema, interpret.Schema,
		day.Schema, keep.Schema,
		index.Schema,
		talk.Schema,
		pass.Schema,
		tally.Schema,
	}
}

// Policies are the rules of every part.
func Policies() []policy.Source {
	return []policy.Source{house.Policy, account.Policy, sso.Policy, agency.Policy, agreement.Policy, procedure.Policy, instrument.Policy, summary.Policy, directory.Policy, study.Policy, edit.Policy, group.Policy, referral.Policy, attest.Policy, recall.Policy, measure.Policy,
		casework.Policy, plan.Policy, share.Policy, glass.Policy, place.Policy, talk.Policy, interpret.Policy,
		day.Policy, stage.Policy, keep.Policy, pass.Policy, tally.Policy,
	}
}

// Open opens an installation without serving it.
func Open(ctx context.Context, cfg Config, log *slog.Logger) (*App, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	if err := cfg.folder(); err != nil {
		return nil, err
	}
	var seedClock *movable
	if cfg.Demo {
		seedClock = &movable{system: cfg.Now}
		cfg.Now = seedClock.now
	}
	a := &App{Config: cfg, Log: log}
	err := a.ground(ctx)
	if err == nil {
		err = a.rooms(ctx)
	}
	if err == nil {
		a.routes()
		if cfg.Demo {
			err = a.seedDemo(ctx, seedClock)
		} else {
			err = a.refuseDemoKeys(ctx)
		}
	}
	if err != nil {
		a.Close()
		return nil, err
	}
	return a, nil
}

// refuseDemoKeys keeps a database in which an invented person can sign in from
// being served as a real one, whatever its folder looks like. // req: DEMO-1
func (a *App) refuseDemoKeys(ctx context.Context) error {
	demo, err := a.Accounts.HasDemo(ctx)
	if err == nil && demo {
		err = errors.New("this database holds a demo's accounts, whose keys are public: it is not served as a real one")
	}
	return err
}

// OpenDatabase opens and migrates only the database of a data folder.
func OpenDatabase(ctx context.Context, cfg Config) (*db.DB, error) {
	d, err := db.Open(ctx, cfg.database())
	if err != nil {
		return nil, err
	}
	if err := refuseNewer(ctx, d); err != nil {
		d.Close()
		return nil, err
	}
	err = d.Migrate(ctx, Schemas()...)
	if err == nil {
		err = refuseHalf(ctx, d)
	}
	if err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// refuseHalf keeps what a broken restore brought back from being served before it
// was ended again. // req: RESTORE-2
func refuseHalf(ctx context.Context, d *db.DB) error {
	half, err := backup.Unfinished(ctx, d)
	if err == nil && half {
		err = errors.New("a restore into this database broke off before what was withdrawn or erased had been ended again: restore into an empty database once more")
	}
	return err
}

// refuseNewer keeps an older program from working on what a newer one made:
// it would not know what it must keep whole.
func refuseNewer(ctx context.Context, d *db.DB) error {
	fresh, err := d.Fresh(ctx)
	if err != nil || fresh {
		return err
	}
	unknown, err := d.Unknown(ctx, Schemas()...)
	if err != nil || len(unknown) == 0 {
		return err
	}
	slices.Sort(unknown)
	return fmt.Errorf("this database was already used by a newer version of the program (it has %s, which version %s does not know). "+
		"Start that newer version again; the only way back to an older one is to restore a backup from before the upgrade", unknown[0], Version)
}

func (c Config) database() db.Config {
	if c.Database != "" {
		return db.Config{URL: c.Database}
	}
	return db.Config{Path: filepath.Join(c.Data, "amelie.db")}
}

// ground opens what every room stands on.
func (a *App) ground(ctx context.Context) (err error) {
	cfg := a.Config
	if a.Secret, err = vault.LoadServerSecret(cfg.Data); err != nil {
		return err
	}
	if a.NodeKey, err = audit.LoadKey(cfg.Data); err != nil {
		return err
	}
	if a.SigningKey, err = credential.LoadKey(cfg.Data); err != nil {
		return err
	}
	if a.Texts, err = i18n.Load(locale.Files, i18n.Languages); err != nil {
		return err
	}
	if a.Policy, err = policy.New(Policies()...); err != nil {
		return err
	}
	if a.DB, err = OpenDatabase(ctx, cfg); err != nil {
		return err
	}
	a.Jobs = jobs.NewRunner(a.DB, cfg.Now, a.Log)
	a.AuditLog = audit.NewLog(a.DB, a.NodeKey, cfg.Now, a.Log, cfg.Data)
	a.metrics = newMetrics(a.DB)
	if cfg.ACME.On() {
		a.Certificate = certificate.New(a.DB, a.Secret, cfg.ACME, cfg.Now, a.Log)
		a.meterCertificate(a.Certificate, cfg.Now)
	}
	return nil
}

// rooms makes the domains and plugs them into each other.
func (a *App) rooms(ctx context.Context) (err error) {
	cfg := a.Config
	if a.Countries, err = country.Load(content.FS); err != nil {
		return err
	}
	if a.Entitled, err = entitle.Load(content.FS, a.Countries); err != nil {
		return err
	}
	if a.Mechanisms, err = mechanism.Load(content.FS, a.Countries); err != nil {
		return err
	}
	if a.Persons, err = person.Load(content.FS); err != nil {
		return err
	}
	a.began = cfg.Now()
	a.Shell = web.New(web.Config{Name: cfg.Name, NeutralName: cfg.NeutralName, BaseURL: cfg.BaseURL, ExitURL: cfg.ExitURL,
		Languages: i18n.Languages, PatientLanguages: PatientLanguages, Demo: cfg.Demo, TLS: cfg.TLS(), Now: cfg.Now, Log: a.Log, Texts: a.Texts})
	if err := a.settle(ctx); err != nil {
		return err
	}
	a.Accounts = account.New(a.DB, a.Secret, a.Policy, account.Config{Name: a.neutralName(), NameNow: a.neutralName, BaseURL: cfg.BaseURL, TLS: cfg.TLS(), Demo: cfg.Demo,
		Languages: i18n.Languages, Texts: a.Texts, Now: cfg.Now, Log: a.Log, Address: a.address(),
		Locked: func(ctx context.Context) error { return a.dropWords(ctx) },
		Deleted: func(tx *db.Tx, user string, at time.Time) error {
			return errors.Join(a.Study.Gone(tx, user), group.Gone(tx, user), day.GoneUser(tx, user), a.remember(tx, "account", user, at))
		}})
	a.Agencies = agency.New(a.DB, a.Secret, a.Policy, a.Accounts, agency.Config{BaseURL: cfg.BaseURL, Name: a.neutralName(), NameNow: a.neutralName, Texts: a.Texts, Now: cfg.Now, Log: a.Log,
		Organizations: a.findOrganizations, SignOn: a.signOnButtons, Entry: a.ownEntry, Left: func(tx *db.Tx, user string, at time.Time) error { return a.remember(tx, "member", user, at) }})
	a.Accounts.Plug(a.Agencies)
	a.SignOn = sso.New(a.DB, a.Secret, a.Policy, a.Accounts, houses{a}, sso.Config{BaseURL: cfg.BaseURL, TLS: cfg.TLS(), Now: cfg.Now, Log: a.Log,
		MayTry: a.atMost(60, 0.5)})
	a.Accounts.PlugElsewhere(a.SignOn)
	a.Directory, err = directory.Open(ctx, directory.Config{DB: a.DB, Content: a.contentFS(), Texts: a.Texts, Secret: a.Secret, Now: cfg.Now, Log: a.Log,
		BaseURL: cfg.BaseURL, Country: a.country(), Policy: a.Policy, Owner: a.owner, Receives: a.receives, Address: a.address(), MayEdit: a.mayEdit,
		Agreements: a.publicAgreements,
		Need:       func(n directory.Need) bool { return a.Lexicon.Note(n) }})
	if err != nil {
		return err
	}
	a.Lexicon = lexicon.New(lexicon.Config{DB: a.DB, Directory: a.Directory, Texts: a.Texts, Now: cfg.Now, Log: a.Log})
	if err := a.Lexicon.Sweep(ctx); err != nil {
		return err
	}
	a.Links = a.linking()
	a.Desk = desk.New(desk.Config{DB: a.DB, Directory: a.Directory, Texts: a.Texts, Now: cfg.Now, Log: a.Log, Organization: a.Agencies.Organization, Links: linksSeen{a.inventedLinks()}})
	if err := a.agreeing(ctx); err != nil {
		return err
	}
	a.proceeding()
	if err := a.instruments(); err != nil {
		return err
	}
	a.Rounds = round.New(a.roundsConfig())
	if err := a.guiding(); err != nil {
		return err
	}
	a.counting()
	if err := a.carding(); err != nil {
		return err
	}
	a.teaching()
	if err := a.attesting(ctx); err != nil {
		return err
	}
	a.Transfer = &transfer.Service{DB: a.DB, Directory: a.Directory, Now: cfg.Now, Hours: hoursIn(a.Texts)}
	a.Referrals = referral.New(referral.Config{DB: a.DB, Policy: a.Policy, Now: cfg.Now, Log: a.Log,
		Agencies: agencies{a}, People: people{a}, Directory: services{a}, Country: countries{a}, Sheet: sheet{a.Persons}, Ledger: ledger{}, Agreements: accords{a}, Also: a.alsoToday, House: a.houseForReferral, Case: a.caseButton,
		Secret: a.Secret, Letter: a.letter, MayTry: a.mayTry(), Wished: a.wished, Notify: a.notify, Ended: func(tx *db.Tx, id string, at time.Time) error { return a.remember(tx, "referral", id, at) }})
	a.caring()
	return nil
}

// Run does the work between requests until ctx ends: jobs, the audit log, and
// what is swept every few minutes.
func (a *App) Run(ctx context.Context) {
	var all sync.WaitGroup
	all.Go(func() { a.Jobs.Run(ctx) })
	if a.Certificate != nil {
		all.Go(func() { a.Certificate.Run(ctx) })
	}
	all.Go(func() { a.AuditLog.Run(ctx) })
	all.Go(func() { a.sweep(ctx) })
	all.Go(func() { a.House.Run(ctx) })
	all.Go(func() { a.upgradeCourse(ctx) })
	all.Go(func() { a.rest.run(ctx, func() { a.forget(ctx) }) })
	all.Wait()
}

// upgradeCourse brings an edited course up to the one that ships with the
// program. It reads the whole course, so nobody waits for it at the start.
func (a *App) upgradeCourse(ctx context.Context) {
	if err := a.Editing.Upgrade(ctx); err != nil && ctx.Err() == nil {
		a.Log.Error("course upgrade", "err", err.Error()) // what is published is served all the same
	}
}

// forget lets go of what can be had again: kept pages, and the database's.
func (a *App) forget(ctx context.Context) {
	a.Shell.Forget()
	if err := a.DB.Rest(ctx); err != nil && ctx.Err() == nil {
		slog.WarnContext(ctx, "the database gives no memory back", "error", err)
	}
}

func (a *App) sweep(ctx context.Context) {
	tick := time.NewTicker(5 * time.Minute) // so that the halves of idle keys do not lie about
	defer tick.Stop()
	for {
		a.CaseWords.Sweep()
		err := errors.Join(
			a.Accounts.Sweep(ctx),
			a.dropWords(ctx),
			a.Referrals.Sweep(ctx),
			a.Transfer.Sweep(ctx, a.Config.Now()),
			a.Rounds.Sweep(ctx),
			a.Links.Sweep(ctx),
			a.Desk.Sweep(ctx),
			a.Lexicon.Sweep(ctx),
			a.Summaries.Sweep(ctx),
			a.Study.Sweep(ctx),
			a.Cases.Drafts.Sweep(ctx),
			a.Recall.Sweep(ctx),
			a.Editing.Sweep(ctx),
			a.DB.Write(ctx, func(tx *db.Tx) error { return db.ForgetOnce(tx, a.Config.Now().Add(-48*time.Hour)) }),
		)
		if err != nil && ctx.Err() == nil {
			a.Log.Warn("sweep", "err", err.Error())
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Handler answers the site.
func (a *App) Handler() http.Handler { return a.rest.watch(a.Shell.Handler()) }

// Close closes the database. Call it after Run has returned.
func (a *App) Close() error {
	if a.DB == nil {
		return nil
	}
	return a.DB.Close()
}

// Logger writes structured lines to w: times, routes, durations, identifiers;
// never a name, an address or a query.
func Logger(w io.Writer, debug bool) *slog.Logger {
	level := slog.LevelInfo
	if debug {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level}))
}

// ledgerPath is the file of what a restore must not bring back. It is kept
// outside the database, and so outside every backup.
func (c Config) ledgerPath() string { return filepath.Join(c.Data, "ended.ledger") }
