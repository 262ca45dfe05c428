// Package mail tells people outside the site that something waits for them on
// it, and nothing else.
//
// A message is queued in the transaction of its cause and sent by a job, at
// least once, under a message identifier that lets mail programs drop the
// second copy. Mail is read by the wrong eyes: in a shared mailbox, on a
// locked screen, by a provider. Its subject and text are therefore short,
// general sentences of the locale files with at most one link; a message that
// holds a telling word of any language is refused at the last gate, and what
// happened is read after signing in.
//
// Stored: address, subject and text in the job until it is sent; nothing
// after. A transport is SMTP with TLS, or a Catcher in memory for the
// demonstration and for tests. Faults and logs never name an address.
package mail

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"time"
	"unicode/utf8"

	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/fold"
	"amelie/internal/jobs"
)

// Kind is the kind of job that sends a message.
const Kind = "mail.send"

const (
	mostSubject = 120  // characters
	mostText    = 2000 // characters
)

// Message is one mail: plain text, one recipient.
type Message struct {
	To      string `json:"to"` // an address, without a name
	Subject string `json:"subject"`
	Text    string `json:"text"`
	ID      string `json:"id,omitempty"` // set when sent: the same for a second try
}

// Queue writes a message to be sent after the transaction.
// Errors: fault.Invalid for an address or text that cannot be sent.
func Queue(tx *db.Tx, m Message) error {
	if err := m.check(); err != nil {
		return fault.New(fault.Invalid, "web.error.email").Because(err)
	}
	return jobs.Enqueue(tx, Kind, "", time.Time{}, m)
}

// check refuses what could carry more than a general sentence and a link.
// req: MAIL-2
func (m Message) check() error {
	a, err := mail.ParseAddress(m.To)
	switch {
	case err != nil || a.Name != "" || a.Address != m.To:
		return errors.New("mail: not a plain address")
	case m.Subject == "" || strings.ContainsAny(m.Subject, "\r\n") || utf8.RuneCountInString(m.Subject) > mostSubject:
		return errors.New("mail: the subject is empty, too long or of several lines")
	case m.Text == "" || utf8.RuneCountInString(m.Text) > mostText:
		return errors.New("mail: the text is empty or too long")
	case strings.Count(m.Text, "://") > 1:
		return errors.New("mail: more than one link")
	}
	return nil
}

// Texts says sentences; package i18n's Bundle does.
type Texts interface {
	T(lang, key string, args ...any) string
}

// Compose makes a message of one of this package's own sentences:
// "message", "reminder", "invitation", "account" or "test". name is the
// neutral name of the site, link the one address in the text.
func Compose(texts Texts, lang, to, which, name, link string) Message {
	return Message{
		To:      to,
		Subject: texts.T(lang, "mail."+which+".subject", "name", name),
		Text:    texts.T(lang, "mail."+which+".text", "name", name, "link", link),
	}
}

// Telling collects the telling words of all languages from the locale files
// (key mail.telling, words with commas between).
func Telling(texts Texts, languages []string) []string {
	var words []string
	for _, lang := range languages {
		for _, w := range strings.Split(texts.T(lang, "mail.telling"), ",") {
			if w = fold.Key(strings.TrimSpace(w)); w != "" {
				words = append(words, w)
			}
		}
	}
	return words
}

// Tells returns the first telling word with which a word of the text begins,
// or "".
func Tells(text string, telling []string) string {
	key := " " + fold.Key(text)
	for _, w := range telling {
		if strings.Contains(key, " "+w) {
			return w
		}
	}
	return ""
}

// Transport delivers one message. Its errors never hold the address.
type Transport interface {
	Send(ctx context.Context, m Message) error
}

// Sender is the handler of queued messages.
type Sender struct {
	transport Transport
	telling   []string
}

// NewSender makes the handler; telling is what Telling gave.
func NewSender(t Transport, telling []string) *Sender { return &Sender{transport: t, telling: telling} }

// Handle sends one queued message; give it to the runner under Kind.
// req: MAIL-1
func (s *Sender) Handle(ctx context.Context, j jobs.Job) error {
	var m Message
	if err := json.Unmarshal(j.Payload, &m); err != nil {
		return jobs.Permanent(errors.New("mail: the queued message is unreadable"))
	}
	m.ID = j.ID
	return s.Send(ctx, m)
}

// Send sends a message past the last gate, for a job that composes its message
// when it runs, so that a link lies in no table. ID is the job's.
// Errors: permanent ones (package jobs) for a message or an address that will
// never go.
func (s *Sender) Send(ctx context.Context, m Message) error {
	if err := m.check(); err != nil {
		return jobs.Permanent(err)
	}
	if w := Tells(m.Subject+"\n"+m.Text, s.telling); w != "" {
		return jobs.Permanent(fmt.Errorf("mail: a message with the telling word %q is not sent", w))
	}
	return s.transport.Send(ctx, m)
}
