package app

import (
	"amelie/internal/db"
	"amelie/internal/directory/desk"
	"amelie/internal/directory/link"
)

// linking makes the checker of links. It is on only where an administrator
// switched it on, and never in a demo, where everyone is an administrator.
//
// req: LINK-1
func (a *App) linking() *link.Service {
	return link.New(link.Config{DB: a.DB, Directory: a.Directory, Asker: link.NewAsker(a.neutralName), Now: a.Config.Now, Log: a.Log,
		On: func() bool {
			s := a.settings.Load()
			return s != nil && s.OpensLinks && !a.Config.Demo
		}}, a.Jobs)
}

// linksSeen tells the desk what the checker saw.
type linksSeen struct{}

func (linksSeen) Of(tx *db.Tx, url string) (desk.LinkSeen, error) {
	s, _, err := link.Of(tx, url)
	return seenLink(s), err
}

func (linksSeen) Each(tx *db.Tx, see func(url string, s desk.LinkSeen)) error {
	return link.Each(tx, func(s link.State) { see(s.URL, seenLink(s)) })
}

func seenLink(s link.State) desk.LinkSeen {
	return desk.LinkSeen{Dead: s.Dead(), Why: string(s.Why), Since: s.First, Moved: s.Moved, Checked: s.Checked}
}
