package app

import (
	"context"

	"amelie/internal/db"
	"amelie/internal/directory/round"
	"amelie/internal/i18n"
	"amelie/internal/mail"
	"amelie/internal/web"
)

// roundsConfig is what rounds of verification need of the other rooms.
func (a *App) roundsConfig() round.Config {
	sender := mail.NewSender(mail.Switch(a.transport), mail.Telling(a.Texts, i18n.Languages))
	return round.Config{DB: a.DB, Directory: a.Directory, Texts: a.Texts, Secret: a.Secret, Now: a.Config.Now, Log: a.Log,
		BaseURL: a.Config.BaseURL, Name: a.neutralName, Address: a.address(),
		Mail: func(ctx context.Context, to, subject, text, messageID string) error {
			return sender.Send(ctx, mail.Message{To: to, Subject: subject, Text: text, ID: messageID})
		},
		CanMail: func() bool {
			t, err := a.transport()
			return err == nil && t != nil
		},
		Alert: func(tx *db.Tx) (out []round.Contact, err error) {
			list, err := a.Accounts.Holders(tx, "coordinator")
			for _, h := range list {
				out = append(out, round.Contact{Email: h.Email, Lang: h.Lang})
			}
			return out, err
		},
		Tell: func(tx *db.Tx, to round.Contact) error {
			return mail.Queue(tx, mail.Compose(a.Texts, to.Lang, to.Email, "message", a.neutralName(), a.Config.BaseURL+"/"+to.Lang+"/reports"))
		},
		Edit: func(c *web.Ctx, organization string) string {
			if c.HasRoute("GET /desk/{organization}") {
				return c.Path("/desk/" + organization)
			}
			return ""
		}}
}
