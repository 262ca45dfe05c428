package mail_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	stdmail "net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"amelie/internal/db"
	"amelie/internal/db/dbtest"
	"amelie/internal/fault"
	"amelie/internal/i18n"
	"amelie/internal/jobs"
	"amelie/internal/mail"
	"amelie/internal/mail/mailtest"
	"amelie/locale"

	"mime"
	"mime/quotedprintable"
)

var (
	ctx   = context.Background()
	start = time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	now   = func() time.Time { return start }
	hello = mail.Message{To: "ward@clinic.example", Subject: "Σας περιμένει ένα μήνυμα", Text: "Γεια σας,\n\nhttps://amelie.example/el\n"}
)

func texts(t testing.TB) *i18n.Bundle {
	t.Helper()
	b, err := i18n.Load(locale.Files, i18n.Languages)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func queue(t *testing.T, d *db.DB, m mail.Message) {
	t.Helper()
	if err := d.Write(ctx, func(tx *db.Tx) error { return mail.Queue(tx, m) }); err != nil {
		t.Fatal(err)
	}
}

// send runs the whole way: queue, job, SMTP, a server on this machine.
func send(t *testing.T, d *db.DB, cfg mail.Config, m mail.Message) error {
	t.Helper()
	transport, err := mail.NewSMTP(cfg)
	if err != nil {
		t.Fatal(err)
	}
	r := jobs.NewRunner(d, now, nil)
	r.Handle(mail.Kind, mail.NewSender(transport, mail.Telling(texts(t), i18n.Languages)).Handle)
	queue(t, d, m)
	return r.RunDue(ctx)
}

func TestAQueuedMessageArrivesOverAProtectedLineAndNamesNoMachine(t *testing.T) {
	for name, set := range map[string]func(*mailtest.Server){
		mail.StartTLS: nil,
		mail.Implicit: func(s *mailtest.Server) { s.Implicit = true },
	} {
		t.Run(name, func(t *testing.T) {
			dbtest.Each(t, []db.Schema{jobs.Schema}, func(t *testing.T, d *db.DB) {
				s := mailtest.New(t, set)
				secret := filepath.Join(t.TempDir(), "password")
				if err := os.WriteFile(secret, []byte("s3cret\n"), 0o600); err != nil {
					t.Fatal(err)
				}
				err := send(t, d, mail.Config{Addr: s.Addr(), TLS: name, From: "post@amelie.example", Name: "Amelie", User: "post", PasswordFile: secret, CAFile: s.CAFile}, hello)
				if err != nil {
					t.Fatal(err)
				}
				if len(s.Mails()) != 1 || s.Protected() != 1 || len(s.Signed()) != 1 || s.Signed()[0] != "post:s3cret" {
					t.Fatalf("%d mails, %d protected, sign-ins %q", len(s.Mails()), s.Protected(), s.Signed())
				}
				checkMail(t, s.Mails()[0])
				host, _ := os.Hostname()
				for _, g := range s.Greetings() {
					if g != "amelie.example" || host != "" && strings.Contains(s.Mails()[0], host) {
						t.Errorf("the machine is named: %q", g)
					}
				}
			})
		})
	}
}

func checkMail(t *testing.T, raw string) {
	t.Helper()
	m, err := stdmail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	subject, _ := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	body, _ := io.ReadAll(quotedprintable.NewReader(m.Body))
	text := strings.ReplaceAll(string(body), "\r\n", "\n")
	if subject != hello.Subject || strings.TrimSpace(text) != strings.TrimSpace(hello.Text) || !strings.Contains(m.Header.Get("From"), "post@amelie.example") {
		t.Errorf("%q %q %q", subject, text, m.Header.Get("From"))
	}
	if m.Header.Get("User-Agent")+m.Header.Get("X-Mailer") != "" || m.Header.Get("Auto-Submitted") != "auto-generated" || !strings.HasSuffix(m.Header.Get("Message-Id"), "@amelie.example>") {
		t.Errorf("headers %v", m.Header)
	}
}

func TestWithoutTLSNothingLeavesThisMachine(t *testing.T) {
	d := dbtest.Open(t, jobs.Schema)
	s := mailtest.New(t, func(s *mailtest.Server) { s.NoTLS = true })
	if err := send(t, d, mail.Config{Addr: s.Addr(), From: "post@amelie.example", CAFile: s.CAFile}, hello); err == nil || len(s.Mails()) != 0 {
		t.Errorf("a server without TLS was used: %v", err)
	}
	if err := send(t, d, mail.Config{Addr: s.Addr(), TLS: mail.Plain, From: "post@amelie.example"}, hello); err != nil {
		t.Errorf("the server of this machine: %v", err)
	}
	if _, err := mail.NewSMTP(mail.Config{Addr: "192.0.2.1:25", TLS: mail.Plain, From: "post@amelie.example"}); err == nil {
		t.Error("mail may leave without TLS")
	}
}

// req: MAIL-3
func TestARefusalIsFinalForAnUnknownAddressAndNeverNamesIt(t *testing.T) {
	for _, c := range []struct {
		answer string
		dead   int64
	}{{"550 5.1.1 <ward@clinic.example> unknown", 1}, {"451 4.7.1 <ward@clinic.example> later", 0}} {
		dbtest.Each(t, []db.Schema{jobs.Schema}, func(t *testing.T, d *db.DB) {
			s := mailtest.New(t, func(s *mailtest.Server) { s.Refuse = c.answer })
			err := send(t, d, mail.Config{Addr: s.Addr(), From: "post@amelie.example", CAFile: s.CAFile}, hello)
			if err == nil || strings.Contains(err.Error(), "ward") {
				t.Errorf("%s: told %v", c.answer, err)
			}
			n, err2 := jobs.Counts(ctx, d, start)
			if err2 != nil || n.Dead != c.dead || n.Waiting != 1-c.dead {
				t.Errorf("%s: %+v %v", c.answer, n, err2)
			}
		})
	}
	d := dbtest.Open(t, jobs.Schema)
	if err := send(t, d, mail.Config{Addr: "127.0.0.1:1", From: "post@amelie.example"}, hello); err == nil || strings.Contains(err.Error(), "ward") {
		t.Errorf("nobody listens: %v", err)
	}
}

// req: MAIL-1
func TestATellingWordIsStoppedAtTheLastGate(t *testing.T) {
	telling := mail.Telling(texts(t), i18n.Languages)
	if len(telling) < 60 {
		t.Fatalf("only %d telling words", len(telling))
	}
	d := dbtest.Open(t, jobs.Schema)
	caught := mail.NewCatcher(9, now)
	r := jobs.NewRunner(d, now, nil)
	r.Handle(mail.Kind, mail.NewSender(caught, telling).Handle)
	for _, subject := range []string{"A victim was found", "Neues OPFER", "ΘΥΜΑΤΑ ΕΜΠΟΡΙΑΣ", "Une victime", "Nuove vittime", "Nieuw slachtoffer", "Menschenhandel: neuer Fall"} {
		queue(t, d, mail.Message{To: "a@b.example", Subject: subject, Text: "x"})
	}
	if err := r.RunDue(ctx); err == nil || len(caught.Messages()) != 0 {
		t.Errorf("left: %+v, %v", caught.Messages(), err)
	}
	if n, err := jobs.Counts(ctx, d, start); err != nil || n.Dead != 7 {
		t.Errorf("%+v %v", n, err)
	}
}

// req: MAIL-1
func TestNoMailSentenceOfAnyRoomAndLanguageTells(t *testing.T) {
	b := texts(t)
	telling := mail.Telling(b, i18n.Languages)
	looked := 0
	for _, lang := range i18n.Languages {
		for _, key := range b.Keys(lang) {
			if key == "mail.telling" || !strings.HasPrefix(key, "mail.") && !strings.Contains(key, ".mail.") {
				continue
			}
			looked++
			if w := mail.Tells(b.T(lang, key), telling); w != "" {
				t.Errorf("%s %s tells: %q", lang, key, w)
			}
		}
	}
	if looked < 6*10 {
		t.Errorf("only %d sentences were looked at", looked)
	}
}

func TestEverySentenceOfMailIsComposedInEveryLanguage(t *testing.T) {
	b := texts(t)
	for _, lang := range i18n.Languages {
		for _, which := range []string{"message", "reminder", "invitation", "account", "test"} {
			m := mail.Compose(b, lang, "a@b.example", which, "Amelie", "https://amelie.example/x")
			if !strings.Contains(m.Text, "Amelie") || strings.Count(m.Text, "https://amelie.example/x") != 1 || strings.ContainsAny(m.Text+m.Subject, "{}") || strings.Contains(m.Subject, "mail.") {
				t.Errorf("%s %s: %+v", lang, which, m)
			}
		}
	}
}

// req: MAIL-2
func TestOnlyAPlainAddressAGeneralSentenceAndOneLinkCanBeQueued(t *testing.T) {
	dbtest.Each(t, []db.Schema{jobs.Schema}, func(t *testing.T, d *db.DB) {
		for name, m := range map[string]mail.Message{
			"no address":      {Subject: "x", Text: "x"},
			"a named address": {To: "Ward <a@b.example>", Subject: "x", Text: "x"},
			"two addresses":   {To: "a@b.example, c@d.example", Subject: "x", Text: "x"},
			"header in it":    {To: "a@b.example", Subject: "x\r\nBcc: c@d.example", Text: "x"},
			"no subject":      {To: "a@b.example", Text: "x"},
			"a long text":     {To: "a@b.example", Subject: "x", Text: strings.Repeat("x", 2001)},
			"two links":       {To: "a@b.example", Subject: "x", Text: "https://a.example https://b.example"},
		} {
			err := d.Write(ctx, func(tx *db.Tx) error { return mail.Queue(tx, m) })
			if fault.KindOf(err) != fault.Invalid {
				t.Errorf("%s: %v", name, err)
			}
		}
		if n, err := jobs.Counts(ctx, d, start); err != nil || n.Waiting != 0 {
			t.Errorf("%+v %v", n, err)
		}
	})
}

func TestAPasswordFileThatOthersMayReadIsRefused(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(secret, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := mail.NewSMTP(mail.Config{Addr: "mail.example:587", From: "a@b.example", User: "u", PasswordFile: secret}); err == nil {
		t.Error("it is used")
	}
	for name, cfg := range map[string]mail.Config{
		"no port":      {Addr: "mail.example", From: "a@b.example"},
		"no sender":    {Addr: "mail.example:25"},
		"odd TLS word": {Addr: "mail.example:25", From: "a@b.example", TLS: "yes"},
		"no such file": {Addr: "mail.example:25", From: "a@b.example", CAFile: "/nonexistent"},
	} {
		if _, err := mail.NewSMTP(cfg); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

func TestTheCatcherKeepsTheNewestAndOneCopyOfEach(t *testing.T) {
	c := mail.NewCatcher(3, now)
	for i := range 5 {
		for range 2 {
			if err := c.Send(ctx, mail.Message{To: fmt.Sprintf("u%d@b.example", i%2), Subject: fmt.Sprint(i), ID: fmt.Sprint(i)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	all := c.Messages()
	if len(all) != 3 || all[0].Subject != "4" || all[2].Subject != "2" || !all[0].At.Equal(start) || len(c.For("u1@b.example")) != 1 {
		t.Errorf("%+v", all)
	}
}

func TestAFailureOfTheTransportIsTriedAgain(t *testing.T) {
	d := dbtest.Open(t, jobs.Schema)
	r := jobs.NewRunner(d, now, nil)
	r.Handle(mail.Kind, mail.NewSender(failing{}, nil).Handle)
	queue(t, d, hello)
	if err := r.RunDue(ctx); err == nil {
		t.Error("no failure told")
	}
	if n, err := jobs.Counts(ctx, d, start); err != nil || n.Waiting != 1 || n.Dead != 0 {
		t.Errorf("%+v %v", n, err)
	}
}

type failing struct{}

func (failing) Send(context.Context, mail.Message) error { return errors.New("the line is down") }
