package agency

import (
	"context"
	"slices"
	"strings"
	"time"

	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/vault"
	"amelie/internal/web"
)

// Invite makes a link by which one person becomes a member. A lead invites
// into her agency with any of its roles; an administrator only names a lead,
// and only while there is none. label is a note for the list ("night shift",
// a first name) and never leaves the agency's page.
func (s *Service) Invite(ctx context.Context, v *web.Viewer, agencyID string, roles []string, label, email, lang string) (path string, err error) {
	return s.invite(ctx, v, Invitation{AgencyID: agencyID, Roles: roles, Label: label}, email, lang, id.New())
}

// invite makes the link of one intended invitation: the same once token by the
// same person gives the same link, so that a button pressed twice invites and
// mails once and still shows the link.
func (s *Service) invite(ctx context.Context, v *web.Viewer, inv Invitation, email, lang, once string) (path string, err error) {
	if err := inv.clean(email); err != nil {
		return "", err
	}
	secret := s.linkSecret(v.UserID, once)
	path = "/invite/" + secret
	now := s.cfg.Now()
	return path, s.db.Write(ctx, func(tx *db.Tx) error {
		byLead, err := s.mayInvite(tx, v, inv.AgencyID, inv.Roles)
		if err != nil {
			return err
		}
		n, err := tx.Exec(insertInviteStmt, id.New(), s.linkHash(secret), inv.AgencyID, strings.Join(inv.Roles, " "), inv.Label,
			v.UserID, db.Bit(byLead), clock.Millis(now), clock.Millis(now.Add(InvitationLife)))
		if err != nil || n == 0 {
			return err
		}
		if err := s.record(tx, v.UserID, inv.AgencyID, "agency.invited", "agency/"+inv.AgencyID); err != nil {
			return err
		}
		return s.invitationMail(tx, email, lang, path)
	})
}

// clean brings what was typed into order. Errors: fault.Invalid.
func (i *Invitation) clean(email string) error {
	i.Roles, i.Label = cleanRoles(i.Roles), strings.TrimSpace(i.Label)
	var wrong []fault.Field
	if len(i.Roles) == 0 {
		wrong = append(wrong, fault.Field{Name: "roles", Key: "agency.error.roles"})
	}
	if len([]rune(i.Label)) > 80 {
		wrong = append(wrong, fault.Field{Name: "label", Key: "agency.error.label"})
	}
	if email != "" && (!strings.Contains(email, "@") || strings.ContainsAny(email, " \r\n\t<>,;") || len(email) > 254) {
		wrong = append(wrong, fault.Field{Name: "email", Key: "agency.error.email"})
	}
	return fault.Fields(wrong...)
}

// mayInvite asks the policy: as a lead, or as the administrator who names the
// first one. // req: AGENCY-1
func (s *Service) mayInvite(tx *db.Tx, v *web.Viewer, agencyID string, roles []string) (byLead bool, err error) {
	if _, found, err := loadAgency(tx, agencyID); err != nil || !found {
		return false, errNotFound.Because(err)
	}
	leads, err := countLeads(tx, agencyID)
	if err != nil {
		return false, err
	}
	asLead := s.require(v, "agency.invite", agencyID, leads)
	if asLead == nil {
		return true, nil
	}
	if slices.Contains(roles, Lead) && s.require(v, "agency.name-lead", agencyID, leads) == nil {
		return false, nil
	}
	return false, asLead
}

var errLink = fault.New(fault.Expired, "agency.error.link")

// Invitation shows what a link offers, without using it.
// Errors: the same fault.Expired for unknown, used, withdrawn and old links.
func (s *Service) Invitation(ctx context.Context, secret string) (inv Invitation, name string, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		var found bool
		if inv, found, err = loadInvitation(tx, s.linkHash(secret), s.cfg.Now()); err != nil {
			return err
		}
		if !found {
			return errLink
		}
		name, err = s.Name(tx, inv.AgencyID)
		return err
	})
	return inv, name, err
}

// Withdraw makes an invitation worthless.
func (s *Service) Withdraw(ctx context.Context, v *web.Viewer, agencyID, invitationID string) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := s.mayInvite(tx, v, agencyID, []string{Lead}); err != nil {
			return err
		}
		n, err := tx.Exec(dropInviteStmt, clock.Millis(s.cfg.Now()), invitationID, agencyID)
		if err == nil && n == 0 {
			err = errNotFound
		}
		if err != nil {
			return err
		}
		return s.record(tx, v.UserID, agencyID, "agency.invitation-withdrawn", "agency/"+agencyID)
	})
}

// Join makes the account that an invitation offers and its membership, in one
// transaction. begin starts the new person's sign-in.
// Errors: fault.Expired; fault.Invalid with the wrong fields.
func (s *Service) Join(ctx context.Context, secret, name, login, email, lang, password string) (begin func(*web.Ctx) error, err error) {
	if _, _, err := s.Invitation(ctx, secret); err != nil {
		return nil, err // before the slow work
	}
	userID, public, insert, begin, err := s.accounts.Register(ctx, name, login, email, lang, password)
	if err != nil {
		return nil, err
	}
	return begin, s.become(ctx, secret, userID, public, insert)
}

// JoinAs makes the viewer a member. Errors: fault.Conflict when she belongs to
// an agency already.
func (s *Service) JoinAs(ctx context.Context, v *web.Viewer, secret string) error {
	var public vault.PublicKey
	err := s.db.Read(ctx, func(tx *db.Tx) (err error) { _, _, _, public, err = s.accounts.Person(tx, v.UserID); return err })
	if err != nil {
		return err
	}
	return s.become(ctx, secret, v.UserID, public, func(*db.Tx) error { return nil })
}

// JoinLinked uses an invitation for an account that insert writes in the same
// transaction: for people who come by single sign-on.
func (s *Service) JoinLinked(ctx context.Context, secret, userID string, public vault.PublicKey, insert func(*db.Tx) error) error {
	return s.become(ctx, secret, userID, public, insert)
}

// Wait makes somebody a professional of the agency without an invitation. Who
// calls it answers for a lead having agreed. She holds no key: nobody is let
// in unasked whom no lead vouched for, so she waits for a holder's decision.
// insert writes the account in the same transaction.
// Errors: fault.NotFound; fault.Conflict for a suspended agency.
func (s *Service) Wait(ctx context.Context, agencyID, userID string, insert func(*db.Tx) error) error {
	now := clock.Millis(s.cfg.Now())
	return s.db.Write(ctx, func(tx *db.Tx) error {
		a, found, err := loadAgency(tx, agencyID)
		if err != nil || !found {
			return errNotFound.Because(err)
		}
		if a.State != Active {
			return fault.New(fault.Conflict, "agency.own.suspended")
		}
		if err := insert(tx); err != nil {
			return err
		}
		n, err := tx.Exec(insertMemberStmt, userID, agencyID, Roles[0], "", now, now)
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "agency.error.member-already")
		}
		if err != nil {
			return err
		}
		return s.record(tx, userID, agencyID, "agency.joined", "account/"+userID)
	})
}

// become uses the invitation and writes the membership; when the agency has
// no key yet, it makes the first one for this member. // req: AGENCY-6
func (s *Service) become(ctx context.Context, secret, userID string, public vault.PublicKey, insert func(*db.Tx) error) error {
	offered, _, err := s.Invitation(ctx, secret)
	if err != nil {
		return err
	}
	fresh, err := newKey()
	if err != nil {
		return err
	}
	first, err := fresh.wrapFor(userID, public, offered.AgencyID)
	if err != nil {
		return err
	}
	now := s.cfg.Now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		inv, found, err := loadInvitation(tx, s.linkHash(secret), now)
		if err != nil {
			return err
		}
		n, err := tx.Exec(useInviteStmt, clock.Millis(now), inv.ID, clock.Millis(now))
		if err == nil && (!found || n == 0) {
			err = errLink
		}
		if err != nil {
			return err
		}
		if err := insert(tx); err != nil {
			return err
		}
		vouched := ""
		if inv.ByLead {
			vouched = inv.MadeBy
		}
		n, err = tx.Exec(insertMemberStmt, userID, inv.AgencyID, strings.Join(inv.Roles, " "), vouched, clock.Millis(now), clock.Millis(now))
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "agency.error.member-already")
		}
		if err != nil {
			return err
		}
		if err := s.record(tx, userID, inv.AgencyID, "agency.joined", "account/"+userID); err != nil {
			return err
		}
		return s.firstKey(tx, inv, fresh, first)
	})
}

// SetRoles changes what a member may do. Errors: fault.Conflict when no lead
// would be left. // req: AGENCY-4
func (s *Service) SetRoles(ctx context.Context, v *web.Viewer, userID string, roles []string) error {
	roles = cleanRoles(roles)
	if len(roles) == 0 {
		return fault.Fields(fault.Field{Name: "roles", Key: "agency.error.roles"})
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		m, members, err := s.ownMember(tx, v, "agency.change-member", userID)
		if err != nil {
			return err
		}
		if !leadLeft(members, userID, roles) {
			return fault.New(fault.Conflict, "agency.error.last-lead")
		}
		if m.Holds() && !holding(roles) { // the key that she has seen would stay hers
			return fault.New(fault.Conflict, "agency.error.interpreter-apart")
		}
		if _, err := tx.Exec(setRolesStmt, strings.Join(roles, " "), clock.Millis(s.cfg.Now()), userID, m.AgencyID); err != nil {
			return err
		}
		if m.Is(Lead) && !slices.Contains(roles, Lead) {
			if err := s.answersNoMore(tx, userID); err != nil {
				return err
			}
		}
		return s.record(tx, v.UserID, m.AgencyID, "agency.roles-changed", "account/"+userID)
	})
}

// answersNoMore ends what somebody answered for as a lead: open invitations,
// and that the members she vouched for are let in unasked. Who is in already
// stays. // req: AGENCY-5
func (s *Service) answersNoMore(tx *db.Tx, userID string) error {
	now := clock.Millis(s.cfg.Now())
	if _, err := tx.Exec(dropInvitesOfStmt, now, userID); err != nil {
		return err
	}
	_, err := tx.Exec(dropVouchedStmt, now, userID)
	return err
}

// ownMember finds a member of the viewer's agency on whom she may act; a
// member of another agency is not found.
func (s *Service) ownMember(tx *db.Tx, v *web.Viewer, action, userID string) (m Member, all []Member, err error) {
	if err := s.require(v, action, v.AgencyID, 0); err != nil {
		return m, nil, err
	}
	m, found, err := loadMember(tx, userID)
	if err != nil || !found || m.AgencyID != v.AgencyID {
		return m, nil, errNotFound.Because(err)
	}
	all, err = s.members(tx, v.AgencyID)
	return m, all, err
}

// Recover makes a link by which a member who lost her sign-in gets a new
// password and key. The lead who makes it answers for the person, so that a
// holder lets her in again.
func (s *Service) Recover(ctx context.Context, v *web.Viewer, userID string) (path string, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if _, _, err := s.ownMember(tx, v, "agency.recover-member", userID); err != nil {
			return err
		}
		path, err = s.accounts.RecoveryLink(tx, v, userID)
		return err
	})
	return path, err
}

// KeyChanged takes the wraps of a person's old key away: she waits until a
// holder lets her in. A recovery that a lead of her agency answered for is
// like a lead's invitation. // req: AGENCY-5
func (s *Service) KeyChanged(tx *db.Tx, userID, by string) error {
	m, found, err := loadMember(tx, userID)
	if err != nil || !found {
		return err
	}
	if err := s.loseKey(tx, userID); err != nil {
		return err
	}
	vouched := ""
	lead, found, err := loadMember(tx, by)
	if err != nil {
		return err
	}
	if found && lead.AgencyID == m.AgencyID && lead.Is(Lead) {
		vouched = by
	}
	if _, err := tx.Exec(setVouchedStmt, vouched, clock.Millis(s.cfg.Now()), userID); err != nil {
		return err
	}
	return s.record(tx, userID, m.AgencyID, "agency.member-recovered", "account/"+userID)
}

// loseKey deletes a holder's wraps and has that remembered outside of the
// database.
func (s *Service) loseKey(tx *db.Tx, userID string) error {
	if _, err := tx.Exec(deleteWrapsStmt, userID); err != nil {
		return err
	}
	if s.cfg.Left == nil {
		return nil
	}
	return s.cfg.Left(tx, userID, s.cfg.Now())
}

// EndAgain takes the agency's key from somebody who lost it at that time,
// after a backup from before was restored. Wraps that were made later stay.
// It is false when there was nothing to take. // req: AGENCY-3
func EndAgain(tx *db.Tx, userID string, at time.Time) (bool, error) {
	n, err := tx.Exec(deleteWrapsUntil, userID, clock.Millis(at))
	return n > 0, err
}

// GoneAgain ends the membership of somebody whose account was deleted after the
// backup that was restored.
func GoneAgain(tx *db.Tx, userID string) error {
	for _, stmt := range []*db.Stmt{deleteWrapsStmt, memberGoneStmt} {
		if _, err := tx.Exec(stmt, userID); err != nil {
			return err
		}
	}
	return nil
}

// EndInvitations makes every open invitation worthless: after a restore one
// that was used or withdrawn later must not work again.
func EndInvitations(tx *db.Tx, at time.Time) error {
	_, err := tx.Exec(dropAllInvitesStmt, clock.Millis(at))
	return err
}
