package agency

import (
	"bytes"
	"context"
	"slices"
	"strings"

	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/vault"
	"amelie/internal/web"
)

// Why a key was made.
const (
	reasonFirst   = "first"
	reasonRemoved = "member-removed"
	reasonLost    = "lost"
)

func wrapBinding(keyID, agencyID string) vault.Binding {
	return vault.Binding{Field: "agency.key", Row: keyID, Scope: agencyID}
}

func recoveryBinding(recoveryID, agencyID string) vault.Binding {
	return vault.Binding{Field: "agency.recovery", Row: recoveryID, Scope: agencyID}
}

// freshKey is a key pair that was made outside of any transaction.
type freshKey struct {
	id  string
	key *vault.PrivateKey
}

func newKey() (freshKey, error) {
	key, err := vault.NewPrivateKey()
	return freshKey{id.New(), key}, fault.Wrap(err, "new agency key")
}

// wrapFor closes the key for one holder.
func (f freshKey) wrapFor(holder string, public vault.PublicKey, agencyID string) (wrap, error) {
	env, err := vault.SealTo(public, f.key.Bytes(), wrapBinding(f.id, agencyID))
	return wrap{f.id, holder, env}, fault.Wrap(err, "wrap agency key", f.id, holder)
}

// write makes it the agency's present key.
func (f freshKey) write(tx *db.Tx, agencyID, reason string, wraps []wrap, by string, now int64) error {
	if _, err := tx.Exec(retireKeysStmt, now, agencyID); err != nil {
		return err
	}
	if _, err := tx.Exec(insertKeyStmt, f.id, agencyID, []byte(f.key.Public()), reason, now); err != nil {
		return err
	}
	return insertWraps(tx, wraps, by, clock.Time(now))
}

// firstKey makes the agency's key when there is none: only for a lead.
func (s *Service) firstKey(tx *db.Tx, inv Invitation, fresh freshKey, first wrap) error {
	_, found, err := loadCurrentKey(tx, inv.AgencyID)
	if err != nil || found || !(Member{Roles: inv.Roles}).Is(Lead) {
		return err
	}
	if err := fresh.write(tx, inv.AgencyID, reasonFirst, []wrap{first}, first.holder, clock.Millis(s.cfg.Now())); err != nil {
		return err
	}
	return s.record(tx, first.holder, inv.AgencyID, "agency.key-made", "agency/"+inv.AgencyID)
}

// PublicKey is the key to seal to when something is sent to the agency.
// Errors: fault.Unavailable "agency.error.no-key" when it may not receive.
// req: AGENCY-2
func (s *Service) PublicKey(tx *db.Tx, agencyID string) (keyID string, key vault.PublicKey, err error) {
	ok, err := s.CanReceive(tx, agencyID)
	if err != nil {
		return "", nil, err
	}
	if !ok {
		return "", nil, fault.New(fault.Unavailable, "agency.error.no-key")
	}
	return s.OwnKey(tx, agencyID)
}

// CanReceive says whether something may be sent to the agency.
func (s *Service) CanReceive(tx *db.Tx, agencyID string) (bool, error) {
	a, found, err := loadAgency(tx, agencyID)
	if err != nil || !found {
		return false, err
	}
	members, err := s.members(tx, agencyID)
	if err != nil {
		return false, err
	}
	r, err := s.readiness(tx, a, members)
	return r.CanReceive(), err
}

// OwnKey is the key to seal an agency's own copy to: it needs somebody who
// can open it, not a second one.
// Errors: fault.Unavailable "agency.error.no-key".
func (s *Service) OwnKey(tx *db.Tx, agencyID string) (keyID string, key vault.PublicKey, err error) {
	k, found, err := loadCurrentKey(tx, agencyID)
	if err == nil && !found {
		err = fault.New(fault.Unavailable, "agency.error.no-key")
	}
	return k.ID, k.Public, err
}

// OpenKey opens one of the agency's keys, a retired one too, with the
// viewer's unlocked key.
// Errors: fault.Unlock when the viewer's key is locked; fault.NotFound for
// another agency's key; fault.Unavailable "agency.error.waiting" when nobody
// let her in yet.
func (s *Service) OpenKey(tx *db.Tx, v *web.Viewer, keyID string) (*vault.PrivateKey, error) {
	m, found, err := loadMember(tx, v.UserID)
	if err != nil || !found {
		return nil, errNotFound.Because(err)
	}
	k, found, err := loadKey(tx, keyID)
	if err != nil || !found || k.AgencyID != m.AgencyID {
		return nil, errNotFound.Because(err)
	}
	if v.Key == nil {
		return nil, fault.New(fault.Unlock, "")
	}
	env, found, err := loadWrap(tx, keyID, v.UserID)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, fault.New(fault.Unavailable, "agency.error.waiting")
	}
	return openWrap(v.Key, wrap{keyID, v.UserID, env}, m.AgencyID)
}

func openWrap(k *vault.PrivateKey, w wrap, agencyID string) (*vault.PrivateKey, error) {
	seed, err := k.Open(w.envelope, wrapBinding(w.keyID, agencyID))
	if err != nil {
		return nil, fault.Wrap(err, "open agency key", w.keyID)
	}
	return vault.ParsePrivateKey(seed)
}

// LetIn wraps all keys that the viewer holds for the members who wait. With
// all false only those are let in for whom a lead answers; the others need a
// holder's own decision. It gives how many were let in.
// req: AGENCY-5
func (s *Service) LetIn(ctx context.Context, v *web.Viewer, all bool) (n int, err error) {
	if v.Key == nil {
		return 0, fault.New(fault.Unlock, "")
	}
	var held []wrap
	var waiting []Member
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		held, waiting, err = s.waiting(tx, v, all)
		return err
	})
	if err != nil || len(waiting) == 0 || len(held) == 0 {
		return 0, err
	}
	wraps, err := rewrap(v.Key, held, waiting, v.AgencyID)
	if err != nil {
		return 0, err
	}
	return len(waiting), s.db.Write(ctx, func(tx *db.Tx) error {
		if err := s.sameKeys(tx, waiting); err != nil {
			return err
		}
		if err := insertWraps(tx, wraps, v.UserID, s.cfg.Now()); err != nil {
			return err
		}
		for _, m := range waiting {
			if err := s.record(tx, v.UserID, v.AgencyID, "agency.let-in", "account/"+m.UserID); err != nil {
				return err
			}
		}
		return nil
	})
}

// waiting finds what the viewer holds and who waits for it.
func (s *Service) waiting(tx *db.Tx, v *web.Viewer, all bool) (held []wrap, waiting []Member, err error) {
	if err := s.require(v, "agency.let-in", v.AgencyID, 0); err != nil {
		return nil, nil, err
	}
	members, err := s.members(tx, v.AgencyID)
	if err != nil {
		return nil, nil, err
	}
	holds := false
	for _, m := range members {
		if m.UserID == v.UserID {
			holds = m.HasKey
		} else if m.Waits() && (all || m.VouchedBy != "") {
			waiting = append(waiting, m)
		}
	}
	if !holds || len(waiting) == 0 {
		return nil, nil, nil
	}
	if err := s.named(tx, waiting); err != nil {
		return nil, nil, err
	}
	held, err = loadWrapsOf(tx, v.UserID, v.AgencyID)
	return held, waiting, err
}

// rewrap opens what is held and closes it for each member.
func rewrap(k *vault.PrivateKey, held []wrap, members []Member, agencyID string) (out []wrap, err error) {
	for _, h := range held {
		key, err := openWrap(k, h, agencyID)
		if err != nil {
			return nil, err
		}
		f := freshKey{h.keyID, key}
		for _, m := range members {
			w, err := f.wrapFor(m.UserID, m.public, agencyID)
			if err != nil {
				return nil, err
			}
			out = append(out, w)
		}
	}
	return out, nil
}

// sameKeys checks, in the transaction that writes wraps, that each member is
// still one and still has the key that was wrapped to.
func (s *Service) sameKeys(tx *db.Tx, members []Member) error {
	for _, m := range members {
		now, found, err := loadMember(tx, m.UserID)
		if err != nil {
			return err
		}
		_, _, _, public, err := s.accounts.Person(tx, m.UserID)
		if err != nil {
			return err
		}
		if !found || now.AgencyID != m.AgencyID || !bytes.Equal(public, m.public) {
			return fault.New(fault.Stale, "agency.error.stale")
		}
	}
	return nil
}

// Unlocked lets in whom a lead answers for, when a holder is here.
func (s *Service) Unlocked(ctx context.Context, v *web.Viewer) error {
	if v.AgencyID == "" || v.Key == nil || s.require(v, "agency.let-in", v.AgencyID, 0) != nil {
		return nil
	}
	_, err := s.LetIn(ctx, v, false)
	return err
}

// Remove ends a membership: the person's wraps go, and from the next write on
// the agency uses a new key, wrapped for those who stay. It needs nobody's
// private key. What the person has read cannot be unread, and content sealed
// to the old key is not sealed anew.
// req: AGENCY-3
func (s *Service) Remove(ctx context.Context, v *web.Viewer, userID string) error {
	find := func(tx *db.Tx) (Member, []Member, error) { return s.ownMember(tx, v, "agency.remove-member", userID) }
	d, err := s.departing(ctx, find)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error { return s.depart(tx, d, find, v.UserID) })
}

// Departure prepares that somebody whose account is deleted leaves the agency,
// as by Remove; leave belongs into the transaction of the deletion. For
// somebody without an agency it does nothing.
// Errors: fault.Conflict when no lead would be left, or nobody who holds the key.
// req: AGENCY-3
// req: AGENCY-4
func (s *Service) Departure(ctx context.Context, userID string) (leave func(tx *db.Tx, by string) error, err error) {
	find := func(tx *db.Tx) (m Member, all []Member, err error) {
		m, found, err := loadMember(tx, userID)
		if err != nil || !found {
			return m, nil, errNotFound.Because(err)
		}
		all, err = s.members(tx, m.AgencyID)
		return m, all, err
	}
	d, err := s.departing(ctx, find)
	switch {
	case fault.KindOf(err) == fault.NotFound:
		return func(*db.Tx, string) error { return nil }, nil
	case err != nil:
		return nil, err
	case len(d.seen) == 0 && d.held:
		return nil, fault.New(fault.Conflict, "agency.error.last-holder")
	}
	return func(tx *db.Tx, by string) error { return s.depart(tx, d, find, by) }, nil
}

// departure is what was prepared, outside the transaction, for somebody who
// leaves: a new key, closed for those who stay.
type departure struct {
	fresh freshKey
	wraps []wrap
	seen  []Member
	held  bool // the one who leaves holds the present key
}

// departing does the slow work. find gives who leaves, and all members.
func (s *Service) departing(ctx context.Context, find func(*db.Tx) (Member, []Member, error)) (*departure, error) {
	fresh, err := newKey()
	if err != nil {
		return nil, err
	}
	d := &departure{fresh: fresh}
	return d, s.db.Read(ctx, func(tx *db.Tx) error {
		m, members, err := find(tx)
		if err != nil {
			return err
		}
		if !leadLeft(members, m.UserID, nil) {
			return fault.New(fault.Conflict, "agency.error.last-lead")
		}
		d.held = slices.ContainsFunc(members, func(o Member) bool { return o.UserID == m.UserID && o.HasKey })
		d.seen = stay(members, m.UserID)
		if err := s.named(tx, d.seen); err != nil {
			return err
		}
		d.wraps, err = s.wrapsForAll(tx, fresh, m.AgencyID, d.seen)
		return err
	})
}

// depart writes a departure. Errors: fault.Stale when the members changed since.
func (s *Service) depart(tx *db.Tx, d *departure, find func(*db.Tx) (Member, []Member, error), by string) error {
	m, members, err := find(tx)
	if err != nil {
		return err
	}
	if !sameMembers(stay(members, m.UserID), d.seen) || !leadLeft(members, m.UserID, nil) {
		return fault.New(fault.Stale, "agency.error.stale")
	}
	if err := s.sameKeys(tx, d.seen); err != nil {
		return err
	}
	if err := s.leave(tx, m); err != nil {
		return err
	}
	if len(d.wraps) > 0 {
		if err := d.fresh.write(tx, m.AgencyID, reasonRemoved, d.wraps, by, clock.Millis(s.cfg.Now())); err != nil {
			return err
		}
	}
	return s.record(tx, by, m.AgencyID, "agency.member-removed", "account/"+m.UserID)
}

// leave deletes what makes somebody a member, and the invitations she made.
func (s *Service) leave(tx *db.Tx, m Member) error {
	if err := s.loseKey(tx, m.UserID); err != nil {
		return err
	}
	if err := s.answersNoMore(tx, m.UserID); err != nil {
		return err
	}
	_, err := tx.Exec(deleteMemberStmt, m.UserID, m.AgencyID)
	return err
}

// stay is who holds the key and is not the one who leaves.
func stay(members []Member, userID string) (out []Member) {
	for _, m := range members {
		if m.UserID != userID && m.HasKey {
			out = append(out, m)
		}
	}
	return out
}

func sameMembers(a, b []Member) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].UserID != b[i].UserID {
			return false
		}
	}
	return true
}

// wrapsForAll closes a new key for members and for the recovery keys.
func (s *Service) wrapsForAll(tx *db.Tx, fresh freshKey, agencyID string, members []Member) (out []wrap, err error) {
	for _, m := range members {
		w, err := fresh.wrapFor(m.UserID, m.public, agencyID)
		if err != nil {
			return nil, err
		}
		out = append(out, w)
	}
	recoveries, err := loadRecoveries(tx, agencyID)
	if err != nil {
		return nil, err
	}
	for _, r := range recoveries {
		w, err := fresh.wrapFor(r.ID, r.public, agencyID)
		if err != nil {
			return nil, err
		}
		out = append(out, w)
	}
	return out, nil
}

// Renew makes a new key when nobody can open the present one any more and no
// recovery key is at hand. What was sealed to the old one stays closed.
// Errors: fault.Conflict while somebody holds the present key.
func (s *Service) Renew(ctx context.Context, v *web.Viewer) error {
	fresh, err := newKey()
	if err != nil {
		return err
	}
	me := Member{UserID: v.UserID, AgencyID: v.AgencyID}
	if err := s.db.Read(ctx, func(tx *db.Tx) (err error) { _, _, _, me.public, err = s.accounts.Person(tx, v.UserID); return err }); err != nil {
		return err
	}
	w, err := fresh.wrapFor(me.UserID, me.public, me.AgencyID)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := s.require(v, "agency.renew-key", v.AgencyID, 0); err != nil {
			return err
		}
		members, err := s.members(tx, v.AgencyID)
		if err != nil {
			return err
		}
		for _, m := range members {
			if m.HasKey {
				return fault.New(fault.Conflict, "agency.error.key-held")
			}
		}
		if err := s.sameKeys(tx, []Member{me}); err != nil {
			return err
		}
		if err := fresh.write(tx, v.AgencyID, reasonLost, []wrap{w}, v.UserID, clock.Millis(s.cfg.Now())); err != nil {
			return err
		}
		return s.record(tx, v.UserID, v.AgencyID, "agency.key-renewed", "agency/"+v.AgencyID)
	})
}

// MakeRecovery makes a recovery key to print: a key pair whose private half is
// closed under what is printed, and wraps of all keys that the viewer holds.
// It counts only when it was typed back (ConfirmRecovery).
func (s *Service) MakeRecovery(ctx context.Context, v *web.Viewer) (printed string, err error) {
	if err := s.require(v, "agency.make-recovery", v.AgencyID, 0); err != nil {
		return "", err
	}
	printed, secret := vault.NewRecoveryKey()
	pair, err := vault.NewPrivateKey()
	if err != nil {
		return "", err
	}
	recoveryID := id.New()
	env, err := vault.LockKey(pair.Bytes(), secret, recoveryBinding(recoveryID, v.AgencyID))
	if err != nil {
		return "", err
	}
	var wraps []wrap
	if err := s.db.Read(ctx, func(tx *db.Tx) error { wraps, err = s.recoveryWraps(tx, v, recoveryID, pair.Public()); return err }); err != nil {
		return "", err
	}
	now := s.cfg.Now()
	return printed, s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(insertRecovery, recoveryID, v.AgencyID, []byte(pair.Public()), env, v.UserID, clock.Millis(now)); err != nil {
			return err
		}
		if err := insertWraps(tx, wraps, v.UserID, now); err != nil {
			return err
		}
		return s.record(tx, v.UserID, v.AgencyID, "agency.recovery-made", "agency/"+v.AgencyID)
	})
}

func (s *Service) recoveryWraps(tx *db.Tx, v *web.Viewer, recoveryID string, public vault.PublicKey) ([]wrap, error) {
	held, err := loadWrapsOf(tx, v.UserID, v.AgencyID)
	if err != nil {
		return nil, err
	}
	if len(held) == 0 {
		return nil, fault.New(fault.Unavailable, "agency.error.waiting")
	}
	return rewrap(v.Key, held, []Member{{UserID: recoveryID, public: public}}, v.AgencyID)
}

// openRecovery finds the recovery key that was typed.
// Errors: fault.Invalid on the field recovery-key.
func (s *Service) openRecovery(tx *db.Tx, agencyID, typed string) (recoveryRow, *vault.PrivateKey, error) {
	secret, err := vault.ParseRecoveryKey(strings.TrimSpace(typed))
	if err != nil {
		return recoveryRow{}, nil, fault.Fields(fault.Field{Name: "recovery-key", Key: "agency.error.recovery-typed"})
	}
	rows, err := loadRecoveries(tx, agencyID)
	if err != nil {
		return recoveryRow{}, nil, err
	}
	for _, r := range rows {
		if seed, err := vault.UnlockKey(r.envelope, secret, recoveryBinding(r.ID, agencyID)); err == nil {
			key, err := vault.ParsePrivateKey(seed)
			return r, key, err
		}
	}
	return recoveryRow{}, nil, fault.Fields(fault.Field{Name: "recovery-key", Key: "agency.error.recovery-other"})
}

// ConfirmRecovery notes that the printed recovery key was typed back, and
// retires all others. // req: AGENCY-2
func (s *Service) ConfirmRecovery(ctx context.Context, v *web.Viewer, typed string) error {
	now := clock.Millis(s.cfg.Now())
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := s.require(v, "agency.use-recovery", v.AgencyID, 0); err != nil {
			return err
		}
		right, _, err := s.openRecovery(tx, v.AgencyID, typed)
		if err != nil {
			return err
		}
		rows, err := loadRecoveries(tx, v.AgencyID)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if r.ID == right.ID {
				continue
			}
			if _, err := tx.Exec(retireRecovery, now, []byte{}, r.ID); err != nil {
				return err
			}
			if _, err := tx.Exec(deleteWrapsStmt, r.ID); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(confirmRecovery, now, right.ID); err != nil {
			return err
		}
		return s.record(tx, v.UserID, v.AgencyID, "agency.recovery-confirmed", "agency/"+v.AgencyID)
	})
}

// UseRecovery lets a lead who waits in by the printed recovery key. It gives
// how many keys were opened.
func (s *Service) UseRecovery(ctx context.Context, v *web.Viewer, typed string) (n int, err error) {
	var wraps []wrap
	var me Member
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if err := s.require(v, "agency.use-recovery", v.AgencyID, 0); err != nil {
			return err
		}
		row, key, err := s.openRecovery(tx, v.AgencyID, typed)
		if err != nil {
			return err
		}
		held, err := loadWrapsOf(tx, row.ID, v.AgencyID)
		if err != nil {
			return err
		}
		me = Member{UserID: v.UserID, AgencyID: v.AgencyID}
		if _, _, _, me.public, err = s.accounts.Person(tx, v.UserID); err != nil {
			return err
		}
		wraps, err = rewrap(key, held, []Member{me}, v.AgencyID)
		return err
	})
	if err != nil {
		return 0, err
	}
	return len(wraps), s.db.Write(ctx, func(tx *db.Tx) error {
		if err := s.sameKeys(tx, []Member{me}); err != nil {
			return err
		}
		if err := insertWraps(tx, wraps, v.UserID, s.cfg.Now()); err != nil {
			return err
		}
		return s.record(tx, v.UserID, v.AgencyID, "agency.recovery-used", "agency/"+v.AgencyID)
	})
}
