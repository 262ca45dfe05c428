package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"filippo.io/age"

	"amelie/internal/app"
	"amelie/internal/house"
)

var commands = []command{
	{"demo", demo}, {"serve", serve}, {"migrate", migrate},
	{"backup", takeBackup}, {"restore", restore}, {"verify", verify}, {"doctor", doctor}, {"recover", recoverLogin}, {"import", importFile}, {"export", exportFile},
	{"screen", screening},
	{"course", coursing},
	{"country", lawing}, {"deadline", deadline},
}

// place adds the flags that say where an installation is.
func place(f *flag.FlagSet, cfg *app.Config) {
	f.StringVar(&cfg.Data, "data", cfg.Data, "the data `folder`")
	f.StringVar(&cfg.Database, "database", "", "`postgres://…` for several instances; the default is SQLite in the data folder.\nThe address may also stand in the environment as AMELIE_DATABASE, out of sight of other users")
}

func fromEnvironment(cfg *app.Config) {
	if cfg.Database == "" {
		cfg.Database = os.Getenv("AMELIE_DATABASE")
	}
}

func demo(ctx context.Context, args []string, out io.Writer) error {
	cfg := app.Config{Demo: true, Name: "Amelie"}
	f := flags("demo", "the real directory and invented people, on this machine only")
	place(f, &cfg)
	f.StringVar(&cfg.Addr, "addr", "127.0.0.1:8080", "`host:port` to listen on")
	debug := f.Bool("debug", false, "log more")
	if err := parse(f, args); err != nil {
		return err
	}
	if cfg.Data == "" {
		dir, err := os.MkdirTemp("", "amelie-demo-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir) // a demo without a named folder leaves nothing behind
		cfg.Data = dir
	}
	return app.Serve(ctx, cfg, app.Logger(logTo(*debug), *debug), func(_ *app.App, address string) {
		fmt.Fprintf(out, "%s/\n", address)
	})
}

// logTo keeps a demo's terminal quiet unless asked.
func logTo(debug bool) io.Writer {
	if debug {
		return os.Stderr
	}
	return io.Discard
}

func serve(ctx context.Context, args []string, out io.Writer) error {
	var cfg app.Config
	f := flags("serve", "answers the site")
	place(f, &cfg)
	f.StringVar(&cfg.Addr, "addr", "127.0.0.1:8080", "`host:port` to listen on")
	f.StringVar(&cfg.BaseURL, "base-url", "", "how people reach the site, `https://…`; needed behind a proxy and for passkeys")
	f.StringVar(&cfg.CertFile, "tls-cert", "", "certificate chain, a PEM `file`; read again when it changes")
	f.StringVar(&cfg.KeyFile, "tls-key", "", "its private key, a PEM `file`")
	acme := acmeFlags(f, &cfg)
	f.BoolVar(&cfg.BehindProxy, "behind-proxy", false, "a proxy that you trust ends TLS and sets X-Forwarded-For; its word about\naddresses is believed, so nothing else may reach this port")
	f.StringVar(&cfg.Name, "name", "", "visible `name` of the site; keep it neutral. This and the following are questions of the\nset-up assistant, too; what is given here wins and is shown there as fixed")
	f.StringVar(&cfg.NeutralName, "neutral-name", "", "`name` for mail, files and sign-in dialogs, where the visible one could tell too much")
	f.StringVar(&cfg.Country, "country", "", "`code` of the country that is meant when nothing else says so: BE, DE, GR, IT")
	f.IntVar(&cfg.PassMark, "pass-mark", 0, "`percent` that a test of the course takes; the default is the course's own")
	f.StringVar(&cfg.ExitURL, "exit-url", "", "where quick exit leads, `https://…`: an everyday page of your region, like the weather")
	f.StringVar(&cfg.MailServer, "mail-server", "", "`host:port` of your mail server; without it nobody is notified by mail")
	f.StringVar(&cfg.MailFrom, "mail-from", "", "`address` that messages come from; keep it neutral")
	f.StringVar(&cfg.MailUser, "mail-user", "", "`user` at the mail server")
	f.StringVar(&cfg.MailPasswordFile, "mail-password-file", "", "`file` with the password, readable by you alone")
	f.StringVar(&cfg.MailTLS, "mail-tls", "starttls", "starttls, implicit, or none (this machine only)")
	f.StringVar(&cfg.MailCAFile, "mail-ca-file", "", "`file` with the certificates of the mail server's own authority, when it is a private one")
	debug := f.Bool("debug", false, "log more")
	if err := parse(f, args); err != nil {
		return err
	}
	acme()
	fromEnvironment(&cfg)
	return app.Serve(ctx, cfg, app.Logger(os.Stderr, *debug), func(a *app.App, address string) {
		fmt.Fprintf(out, "%s/\n", address)
		if link, err := a.SetupLink(ctx); err != nil {
			fmt.Fprintln(os.Stderr, "amelie serve:", err)
		} else if link != "" {
			fmt.Fprintf(out, "Nobody has an account yet. Make the first administrator here; the link works once:\n%s\n", link)
		}
	})
}

// acmeFlags adds the flags about certificates by ACME; what it gives reads the
// lists among them after parsing.
func acmeFlags(f *flag.FlagSet, cfg *app.Config) (after func()) {
	a := &cfg.ACME
	f.StringVar(&a.Server, "acme", "", "`address` of an ACME server's directory: it gives and renews the certificate;\nonly its host is contacted")
	f.BoolVar(&a.AcceptTerms, "acme-accept-terms", false, "you have read the ACME server's terms of use and accept them")
	f.StringVar(&a.Mail, "acme-mail", "", "`address` that the ACME server may write to")
	hosts := f.String("acme-hosts", "", "`names` of the site, separated by commas; the default is the one in --base-url")
	f.StringVar(&a.HTTP, "acme-http", "", "`host:port`, mostly :80, where the ACME server is answered by HTTP and everybody else is\nsent to https; the default answers on the site's own port (TLS-ALPN, port 443)")
	f.StringVar(&a.Authority, "acme-authority", "", "PEM `file` of the ACME server's own certificate authority, where it belongs to your house")
	f.StringVar(&a.BindingID, "acme-binding-id", "", "account `identifier` that some ACME servers give out")
	f.StringVar(&a.BindingFile, "acme-binding-key-file", "", "`file` with its key, readable by you alone")
	return func() { a.Hosts = strings.FieldsFunc(*hosts, func(r rune) bool { return r == ',' || r == ' ' }) }
}

func migrate(ctx context.Context, args []string, out io.Writer) error {
	var cfg app.Config
	f := flags("migrate", "brings the database up to this program; running instances may go on")
	place(f, &cfg)
	if err := parse(f, args); err != nil {
		return err
	}
	fromEnvironment(&cfg)
	n, err := app.Migrate(ctx, cfg)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "up to date: %d migrations applied\n", n)
	return nil
}

func takeBackup(ctx context.Context, args []string, out io.Writer) error {
	var cfg app.Config
	var to, recipient, recipients string
	f := flags("backup", "one encrypted copy of a running installation")
	place(f, &cfg)
	f.StringVar(&to, "to", "", "`file` to write; it must not exist")
	f.StringVar(&recipient, "recipient", "", "age public `key` (age1…) to encrypt to; the machine itself cannot read the backup")
	f.StringVar(&recipients, "recipients-file", "", "`file` of age public keys, one a line")
	if err := parse(f, args); err != nil {
		return err
	}
	fromEnvironment(&cfg)
	keys, err := readRecipients(recipient, recipients)
	if err != nil {
		return err
	}
	if to == "" || len(keys) == 0 {
		return errors.New("--to FILE and --recipient KEY are needed; `age-keygen` makes a pair")
	}
	r, err := app.Backup(ctx, cfg, to, keys, progress(out))
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\r%d rows of %d tables in %s\nKeep server.secret apart from it: one-time codes need it after a restore.\n", r.Rows, r.Tables, to)
	return nil
}

func readRecipients(one, file string) ([]age.Recipient, error) {
	text := one
	if file != "" {
		b, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		text += "\n" + string(b)
	}
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	return age.ParseRecipients(strings.NewReader(text))
}

func restore(ctx context.Context, args []string, out io.Writer) error {
	var cfg app.Config
	var from, identity, ledger string
	f := flags("restore", "into an empty data folder (or an empty PostgreSQL database)")
	place(f, &cfg)
	f.StringVar(&from, "from", "", "the backup `file`")
	f.StringVar(&identity, "identity", "", "`file` with the age secret key")
	f.StringVar(&ledger, "ledger", "", "`file` ended.ledger of the lost installation: what was withdrawn or erased after the\nbackup stays so. The default is the one in the data folder, if there is one")
	if err := parse(f, args); err != nil {
		return err
	}
	fromEnvironment(&cfg)
	if from == "" || identity == "" {
		return errors.New("--from FILE and --identity FILE are needed")
	}
	who, err := app.ReadKey(identity)
	if err != nil {
		return err
	}
	r, err := app.Restore(ctx, cfg, from, who, ledger, progress(out))
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\r%d rows of %d tables from %s; %d ended again; the audit log goes on as a new one\n", r.Rows, r.Tables, r.Head.At.Format(time.RFC3339), r.Replayed)
	return nil
}

// progress draws a line that replaces itself, on a terminal only.
func progress(out io.Writer) func(rows int64) {
	f, ok := out.(*os.File)
	if !ok {
		return nil
	}
	if info, err := f.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return nil
	}
	return func(rows int64) { fmt.Fprintf(out, "\r%d rows", rows) }
}

func verify(ctx context.Context, args []string, out io.Writer) error {
	what := ""
	if len(args) > 0 {
		what = args[0]
	}
	switch what {
	case "log":
		return verifyLog(ctx, args[1:], out)
	case "backup":
		return verifyBackup(args[1:], out)
	case "certificate":
		return verifyCertificate(args[1:], out)
	}
	fmt.Fprintln(os.Stderr, "amelie verify log --data DIR\namelie verify backup --from FILE --identity FILE\namelie verify certificate FILE [--key FILE]")
	return errUsage
}

func verifyLog(ctx context.Context, args []string, out io.Writer) error {
	var cfg app.Config
	f := flags("verify log", "proves that the audit log is whole and unchanged")
	place(f, &cfg)
	kept := f.String("checkpoint", "", "`files` with checkpoints kept elsewhere, separated by commas: only they can show that the end was cut off")
	if err := parse(f, args); err != nil {
		return err
	}
	fromEnvironment(&cfg)
	var texts []string
	for _, file := range strings.FieldsFunc(*kept, func(r rune) bool { return r == ',' }) {
		b, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		texts = append(texts, string(b))
	}
	report, err := app.VerifyLog(ctx, cfg, texts)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, strings.TrimRight(report.String(), "\n"))
	if !report.OK() {
		return errors.New("the log does not prove itself")
	}
	return nil
}

func verifyBackup(args []string, out io.Writer) error {
	f := flags("verify backup", "reads a backup through without restoring it")
	from := f.String("from", "", "the backup `file`")
	identity := f.String("identity", "", "`file` with the age secret key")
	if err := parse(f, args); err != nil {
		return err
	}
	if *from == "" || *identity == "" {
		return errors.New("--from FILE and --identity FILE are needed")
	}
	who, err := app.ReadKey(*identity)
	if err != nil {
		return err
	}
	r, err := app.CheckBackup(*from, who)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s is whole: %d rows of %d tables, %s\n", filepath.Base(*from), r.Rows, r.Tables, r.Head.At.Format(time.RFC3339))
	return nil
}

func doctor(ctx context.Context, args []string, out io.Writer) error {
	var cfg app.Config
	f := flags("doctor", "looks after an installation and says what to do: the same checks as the page\nabout its health, and those that take longer")
	place(f, &cfg)
	lang := f.String("lang", "en", "`language` of the sentences: en, el, it, de, nl, fr")
	mend := f.Bool("mend", false, "does what can be done safely: modes of files, temporary files left behind, missing\nindexes, the journal, work that was given up, waiting entries of the log. It never\ntouches content. Without it nothing is changed, and each act is only named")
	if err := parse(f, args); err != nil {
		return err
	}
	fromEnvironment(&cfg)
	if *mend {
		say := func(line string) { fmt.Fprintln(out, line) }
		if err := app.Mend(ctx, cfg, *lang, say, say); err != nil {
			return err
		}
	}
	found, err := app.Doctor(ctx, cfg, *lang)
	if err != nil {
		return err
	}
	found.Print(out)
	if found.Worst() == house.Now {
		return errors.New("something needs you now")
	}
	return nil
}

func recoverLogin(ctx context.Context, args []string, out io.Writer) error {
	var cfg app.Config
	f := flags("recover", "a link for somebody who lost the sign-in and has no lead to ask")
	place(f, &cfg)
	f.StringVar(&cfg.Addr, "addr", "127.0.0.1:8080", "`host:port` that the site listens on")
	f.StringVar(&cfg.BaseURL, "base-url", "", "how people reach the site, as given to serve")
	login := f.String("login", "", "the sign-in `name`")
	if err := parse(f, args); err != nil {
		return err
	}
	fromEnvironment(&cfg)
	if *login == "" {
		return errors.New("--login NAME is needed")
	}
	link, err := app.RecoverLogin(ctx, cfg, *login)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "This link works once. Content that was sealed to the lost key stays closed until a holder lets the person in again.\n%s\n", link)
	return nil
}
