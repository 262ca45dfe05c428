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

// linksSeen tells the desk what the checker saw; in a demo, what is invented
// of invented addresses.
type linksSeen struct {
	invented map[string]desk.LinkSeen
}

func (l linksSeen) Of(tx *db.Tx, url string) (desk.LinkSeen, error) {
	if seen, ok := l.invented[url]; ok {
		return seen, nil
	}
	s, _, err := link.Of(tx, url)
	return seenLink(s), err
}

func (l linksSeen) Each(tx *db.Tx, see func(url string, s desk.LinkSeen)) error {
	for url, seen := range l.invented {
		see(url, seen)
	}
	return link.Each(tx, func(s link.State) { see(s.URL, seenLink(s)) })
}

// inventedLinks are what the checker, which never runs in a demo, would say of
// the websites of two invented bodies.
func (a *App) inventedLinks() map[string]desk.LinkSeen {
	if !a.Config.Demo {
		return nil
	}
	now := a.Config.Now()
	return map[string]desk.LinkSeen{
		demoDeadLink:  {Dead: true, Why: string(link.NoHost), Since: now.AddDate(0, 0, -24), Checked: now.AddDate(0, 0, -3)},
		demoMovedLink: {Moved: "https://beratung-am-fluss.invalid/kontakt", Checked: now.AddDate(0, 0, -3)},
	}
}

func seenLink(s link.State) desk.LinkSeen {
	return desk.LinkSeen{Dead: s.Dead(), Why: string(s.Why), Since: s.First, Moved: s.Moved, Checked: s.Checked}
}
