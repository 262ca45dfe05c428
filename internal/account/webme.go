package account

import (
	"slices"
	"strconv"
	"strings"

	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/web"
)

// The pages about one's own account and, for administrators, about people.

func (s *Service) getMe(c *web.Ctx) error { return s.showMe(c, "") }

func (s *Service) showMe(c *web.Ctx, notice string) error {
	me, err := s.Me(c.Context(), c.Viewer)
	if err != nil {
		return err
	}
	fresh, err := s.Confirmed(c.Context(), c.Viewer)
	if err != nil {
		return err
	}
	return mePage.Render(c, meData{
		Me: me, Notice: notice, Fresh: fresh, PasskeysOn: s.PasskeysWork(),
		Languages:   s.languages(me.Lang),
		Professions: choices(c, "account.profession.", append([]string{""}, Professions...), me.Profession),
		Employers:   choices(c, "account.employer.", append([]string{""}, Employers...), me.Employer),
	})
}

func (s *Service) postMe(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	err = s.SaveProfile(c.Context(), c.Viewer, Profile{Name: f.Value("name"), Email: f.Value("email"), Lang: f.Value("lang"), Profession: f.Value("profession"), Employer: f.Value("employer")})
	if f.Add(err) {
		return s.showMe(c, "")
	}
	if err != nil {
		return err
	}
	c.Flash("account.done.profile")
	return c.Redirect("/me")
}

func (s *Service) postPassword(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	err = s.ChangePassword(c.Context(), c.Viewer, f.Raw("old-password"), f.Raw("password"), s.cfg.Address(c.R))
	if f.Add(err) {
		return passwordPage.Render(c, noticeData{})
	}
	if err != nil {
		text, status, ok := sentence(c, err)
		if !ok {
			return err
		}
		return passwordPage.RenderStatus(c, status, noticeData{text})
	}
	c.Flash("account.done.password")
	return c.Redirect("/me")
}

func (s *Service) getCode(c *web.Ctx) error {
	me, err := s.Me(c.Context(), c.Viewer)
	if err != nil {
		return err
	}
	offer, err := s.OfferTOTP(me.ID, me.Login)
	if err != nil {
		return err
	}
	return codePage.Render(c, welcomeData{Offer: offer})
}

func (s *Service) postCode(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	me, err := s.Me(c.Context(), c.Viewer)
	if err != nil {
		return err
	}
	codes, err := s.TakeTOTP(c.Context(), me.ID, c.Viewer.SessionID, f.Value("offer"), f.Value("code"))
	if err != nil {
		again := func(c *web.Ctx, offer Offer, notice string) error {
			return codePage.RenderStatus(c, web.Status(err), welcomeData{Notice: notice, Offer: offer})
		}
		return s.offerAgain(c, f, me.ID, me.Login, err, again)
	}
	return codesPage.Render(c, codesData{Codes: codes, Next: c.Path("/me")})
}

func (s *Service) postRecoveryCodes(c *web.Ctx) error {
	codes, err := s.RenewCodes(c.Context(), c.Viewer)
	if err != nil {
		return err
	}
	return codesPage.Render(c, codesData{Codes: codes, Next: c.Path("/me")})
}

func (s *Service) postRemovePasskey(c *web.Ctx) error {
	err := s.RemovePasskey(c.Context(), c.Viewer.UserID, c.Param("id"))
	if text, _, ok := sentence(c, err); ok {
		return s.showMe(c, text)
	}
	if err != nil {
		return err
	}
	c.Flash("account.done.passkey-removed")
	return c.Redirect("/me")
}

func (s *Service) getSignIns(c *web.Ctx) error {
	list, err := s.SignIns(c.Context(), c.Viewer)
	if err != nil {
		return err
	}
	var d signInsData
	texts, now := c.Config().Texts, c.Now()
	for _, one := range list {
		d.Rows = append(d.Rows, signInRow{
			ID: one.ID, Agent: one.Agent, This: one.ID == c.Viewer.SessionID, Unlocked: len(one.Half) > 0,
			Since: texts.DateTime(c.Lang, one.Created), Seen: texts.Ago(c.Lang, now.Sub(one.Seen)),
		})
	}
	return signInsPage.Render(c, d)
}

func (s *Service) postEndOthers(c *web.Ctx) error {
	if err := s.EndOtherSignIns(c.Context(), c.Viewer); err != nil {
		return err
	}
	c.Flash("account.done.ended-others")
	return c.Redirect("/me/sign-ins")
}

func (s *Service) postEndSignIn(c *web.Ctx) error {
	if err := s.EndSignIn(c.Context(), c.Viewer, c.Param("id")); err != nil {
		return err
	}
	c.Flash("account.done.ended")
	return c.Redirect("/me/sign-ins")
}

func (s *Service) getTokens(c *web.Ctx) error { return s.showTokens(c, "") }

func (s *Service) showTokens(c *web.Ctx, secret string) error {
	list, err := s.Tokens(c.Context(), c.Viewer)
	if err != nil {
		return err
	}
	d := tokensData{Secret: secret, Scopes: choices(c, "account.scope.", Scopes)}
	for _, n := range []int{30, 90, 365} {
		d.Days = append(d.Days, web.Choice{Value: strconv.Itoa(n), Label: c.T("account.token.days", "n", n), Selected: n == 90})
	}
	texts, now := c.Config().Texts, c.Now()
	for _, t := range list {
		row := tokenRow{Token: t, Until: texts.Date(c.Lang, t.Expires), State: "live"}
		switch {
		case !t.Revoked.IsZero():
			row.State = "revoked"
		case !now.Before(t.Expires):
			row.State = "expired"
		}
		if !t.Used.IsZero() {
			row.Use = texts.Ago(c.Lang, now.Sub(t.Used))
		}
		for _, sc := range t.Scopes {
			row.ScopeNames = append(row.ScopeNames, c.T("account.scope."+strings.ReplaceAll(sc, ":", "-")))
		}
		d.Rows = append(d.Rows, row)
	}
	return tokensPage.Render(c, d)
}

func (s *Service) postToken(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	once := f.Once()
	if once == "" {
		once = id.New()
	}
	secret, err := s.makeToken(c.Context(), c.Viewer, f.Value("label"), f.Values("scopes"), number(f.Value("days")), once)
	if f.Add(err) {
		return s.showTokens(c, "")
	}
	if err != nil {
		return err
	}
	return s.showTokens(c, secret)
}

func (s *Service) postRevoke(c *web.Ctx) error {
	if err := s.RevokeToken(c.Context(), c.Viewer, c.Param("id")); err != nil {
		return err
	}
	c.Flash("account.done.token-revoked")
	return c.Redirect("/me/tokens")
}

func (s *Service) getPeople(c *web.Ctx) error { return s.showPeople(c) }

func (s *Service) showPeople(c *web.Ctx) error {
	list, err := s.People(c.Context(), c.Viewer)
	if err != nil {
		return err
	}
	return peoplePage.Render(c, peopleData{Rows: list, Roles: choices(c, "account.role.", InstallationRoles), Languages: s.languages(c.Lang)})
}

func (s *Service) postInvite(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	lang := f.Value("lang")
	if !slices.Contains(s.cfg.Languages, lang) {
		lang = c.Lang
	}
	path, err := s.JoinLink(c.Context(), c.Viewer, f.Values("roles"), f.Value("email"), lang)
	if f.Add(err) {
		return s.showPeople(c)
	}
	if err != nil {
		return err
	}
	return linkPage.Render(c, linkData{Kind: linkJoin, Link: s.fullLink(lang, path), Back: c.Path("/admin/people")})
}

func (s *Service) fullLink(lang, path string) string {
	return strings.TrimRight(s.cfg.BaseURL, "/") + "/" + lang + path
}

func (s *Service) getPerson(c *web.Ctx) error { return s.showPerson(c, "") }

func (s *Service) showPerson(c *web.Ctx, notice string) error {
	list, err := s.People(c.Context(), c.Viewer)
	if err != nil {
		return err
	}
	for _, p := range list {
		if p.ID == c.Param("id") {
			return personPage.Render(c, personData{Listed: p, Notice: notice, Self: p.ID == c.Viewer.UserID, Choice: choices(c, "account.role.", InstallationRoles, p.Roles...)})
		}
	}
	return fault.New(fault.NotFound, "")
}

// after answers a change on a person's page.
func (s *Service) after(c *web.Ctx, err error, done string) error {
	if text, _, ok := sentence(c, err); ok {
		return s.showPerson(c, text)
	}
	if err != nil {
		return err
	}
	c.Flash(done)
	return c.Redirect("/admin/people/" + c.Param("id"))
}

func (s *Service) postRoles(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	return s.after(c, s.SetRoles(c.Context(), c.Viewer, c.Param("id"), f.Values("roles")), "account.done.roles")
}

func (s *Service) postState(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	return s.after(c, s.SetState(c.Context(), c.Viewer, c.Param("id"), f.Value("state")), "account.done.state")
}

func (s *Service) postDelete(c *web.Ctx) error {
	if _, err := c.Form(); err != nil {
		return err
	}
	err := s.Delete(c.Context(), c.Viewer, c.Param("id"))
	if text, _, ok := sentence(c, err); ok {
		return s.showPerson(c, text)
	}
	if err != nil {
		return err
	}
	c.Flash("account.done.deleted")
	return c.Redirect("/admin/people")
}

func (s *Service) postPersonRecover(c *web.Ctx) error {
	var path string
	err := s.db.Write(c.Context(), func(tx *db.Tx) (err error) {
		path, err = s.RecoveryLink(tx, c.Viewer, c.Param("id"))
		return err
	})
	if err != nil {
		return err
	}
	return linkPage.Render(c, linkData{Kind: linkRecover, Link: s.fullLink(c.Lang, path), Back: c.Path("/admin/people/" + c.Param("id"))})
}
