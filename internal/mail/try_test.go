package mail_test

import (
	"errors"
	"net"
	"testing"
	"time"

	"amelie/internal/mail"
	"amelie/internal/mail/mailtest"
)

// An administrator who sets the mail up is told what is wrong, by a real
// connection to a real server each time.
func TestATestMessageFindsOutWhatIsWrong(t *testing.T) {
	closed := func() string {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer ln.Close()
		return ln.Addr().String()
	}()
	for name, x := range map[string]struct {
		server func(*mailtest.Server)
		change func(*mail.Config)
		want   mail.Verdict
	}{
		"all is well":               {nil, nil, mail.Delivered},
		"TLS from the first byte":   {func(s *mailtest.Server) { s.Implicit = true }, func(c *mail.Config) { c.TLS = mail.Implicit }, mail.Delivered},
		"wrong password":            {func(s *mailtest.Server) { s.Login = "535 5.7.8 no" }, nil, mail.WrongLogin},
		"no TLS offered":            {func(s *mailtest.Server) { s.NoTLS = true }, nil, mail.NoTLS},
		"foreign certificate":       {nil, func(c *mail.Config) { c.CAFile = "" }, mail.Certificate},
		"nothing listens":           {nil, func(c *mail.Config) { c.Addr = closed }, mail.Closed},
		"name unknown":              {nil, func(c *mail.Config) { c.Addr = "no-such-server.invalid:587" }, mail.NoSuchHost},
		"implicit where starttls":   {nil, func(c *mail.Config) { c.TLS = mail.Implicit }, mail.WrongMode},
		"starttls where implicit":   {func(s *mailtest.Server) { s.Implicit = true }, func(c *mail.Config) { c.Patience = time.Second }, mail.WrongMode},
		"no sign-in offered":        {func(s *mailtest.Server) { s.NoAuth = true }, nil, mail.NoLogin},
		"recipient refused":         {func(s *mailtest.Server) { s.Refuse = "550 no such user" }, nil, mail.NoRecipient},
		"recipient needs a sign-in": {func(s *mailtest.Server) { s.Refuse = "530 sign in first" }, func(c *mail.Config) { c.User = "" }, mail.WantsLogin},
	} {
		t.Run(name, func(t *testing.T) {
			s := mailtest.New(t, x.server)
			cfg := mail.Config{Addr: s.Addr(), From: "post@amelie.example", Name: "Amelie", User: "post", Password: "s3cret", CAFile: s.CAFile}
			if x.change != nil {
				x.change(&cfg)
			}
			got, err := mail.Try(ctx, cfg, hello)
			if err != nil || got != x.want {
				t.Errorf("found %q %v, want %q", got, err, x.want)
			}
		})
	}
}

func TestAServerThatSaysNothingIsNotWaitedForForEver(t *testing.T) {
	s := mailtest.New(t, func(s *mailtest.Server) { s.Mute = true })
	got, err := mail.Try(ctx, mail.Config{Addr: s.Addr(), From: "post@amelie.example", Name: "Amelie", CAFile: s.CAFile, Patience: 300 * time.Millisecond}, hello)
	if err != nil || got != mail.Silent {
		t.Errorf("found %q %v", got, err)
	}
}

func TestTheTransportCanChangeWhileTheProgramRuns(t *testing.T) {
	var now mail.Transport
	c := mail.NewCatcher(5, func() time.Time { return start })
	s := mail.Switch(func() (mail.Transport, error) { return now, nil })
	if err := s.Send(ctx, hello); err != nil {
		t.Errorf("without a server a message is dropped: %v", err)
	}
	now = c
	if err := s.Send(ctx, hello); err != nil || len(c.Messages()) != 1 {
		t.Errorf("%v, %d caught", err, len(c.Messages()))
	}
	broken := mail.Switch(func() (mail.Transport, error) { return nil, errors.New("secret detail") })
	if err := broken.Send(ctx, hello); err == nil || err.Error() != "mail: the settings cannot be used" {
		t.Errorf("%v", err)
	}
}
