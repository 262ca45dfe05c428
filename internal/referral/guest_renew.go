package referral

import (
	"context"
	"time"

	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/vault"
	"amelie/internal/web"
)

// Renew makes a new link and a new code for a letter; the old ones are worth
// nothing from then on, and opened pages close. Nobody here can open the
// guest's key, so the guest gets a new one: what the sender's side may open is
// wrapped for it, with the sender's own key. What the guest noted for itself
// after acceptance without feedback is lost with the old one.
// Errors: fault.NotFound for those who may not know of it, fault.Unlock,
// fault.Conflict when access has ended, fault.Unavailable when the directory
// no longer names a mailbox.
//
// req: GUEST-4
func (s *Service) Renew(ctx context.Context, v *web.Viewer, referralID, lang, once string) error {
	var r stored
	var g guestRow
	var own []recipient
	keys := map[string]*vault.DataKey{}
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		if r, g, err = s.renewable(tx, v, referralID); err != nil {
			return err
		}
		if own, err = s.recipients(tx, r.FromAgency); err != nil {
			return err
		}
		return s.readableToBoth(tx, v, r, keys)
	})
	if err != nil {
		return err
	}
	e, err := s.Directory.Service(ctx, r.ServiceID, lang, s.Now())
	if err != nil {
		return err
	}
	if e.Mailbox == "" {
		return fault.New(fault.Unavailable, "guest.error.no-mailbox")
	}
	l, to, err := s.newLetter(ByLink, referralID, *e, own[0], lang)
	if err != nil {
		return err
	}
	var wraps []wrapped
	for object, key := range keys {
		w, err := wrapFor(key, object, []recipient{{agency: r.ToAgency, keyID: l.row.KeyID, key: to}})
		if err != nil {
			return err
		}
		wraps = append(wraps, w...)
	}
	return fault.Wrap(s.DB.Write(ctx, func(tx *db.Tx) error {
		if first, err := db.Once(tx, "referral.renew", v.UserID+"/"+onceOr(once), s.Now()); err != nil || !first {
			return err
		}
		r, _, err := s.renewable(tx, v, referralID)
		if err != nil {
			return err
		}
		return s.renew(tx, v, r, l, g.KeyID, wraps)
	}), "renew", referralID)
}

func onceOr(once string) string {
	if once == "" {
		return id.New()
	}
	return once
}

// renewable reads a letter that its sender may make anew.
func (s *Service) renewable(tx *db.Tx, v *web.Viewer, referralID string) (stored, guestRow, error) {
	r, err := s.rowFor(tx, v, referralID, "referral.know")
	if err != nil {
		return r, guestRow{}, err
	}
	if r.Way() != ByLink || sideOf(v, r) != Sender {
		return r, guestRow{}, fault.New(fault.NotFound, "web.error.not-found")
	}
	if err := s.require(v, "referral.write", r); err != nil {
		return r, guestRow{}, err
	}
	g, err := guestOf(tx, referralID)
	if err == nil && (g.over() || !ReceiverMayKnow(r.State) || !r.AccessEnded.IsZero()) {
		err = fault.New(fault.Conflict, "guest.error.over")
	}
	return r, g, err
}

// readableToBoth opens, with the sender's key, the data keys of everything
// that the guest could open as well.
func (s *Service) readableToBoth(tx *db.Tx, v *web.Viewer, r stored, into map[string]*vault.DataKey) error {
	clear(into)
	theirs := map[string]bool{}
	err := tx.Each(wrapsOfStmt, func(scan func(...any) error) error {
		var w wrapped
		err := scan(&w.object, &w.keyID, &w.env)
		theirs[w.object] = true
		return err
	}, r.ID, r.ToAgency)
	if err != nil {
		return err
	}
	var ours []wrapped
	err = tx.Each(wrapsOfStmt, func(scan func(...any) error) error {
		var w wrapped
		err := scan(&w.object, &w.keyID, &w.env)
		if theirs[w.object] {
			ours = append(ours, w)
		}
		return err
	}, r.ID, r.FromAgency)
	if err != nil {
		return err
	}
	o := s.opener(v)
	for _, w := range ours {
		if into[w.object], err = o.open(tx, w.object, w.keyID, w.env); err != nil {
			return err
		}
	}
	return nil
}

// renew is the one transaction of a new link. Who wrote a message meanwhile is
// not lost: the old key is named, and a letter renewed twice at once, or a
// message that came between, is Stale and is tried again by hand.
func (s *Service) renew(tx *db.Tx, v *web.Viewer, r stored, l *letter, oldKey string, wraps []wrapped) error {
	now := s.Now()
	have := map[string]bool{}
	for _, w := range wraps {
		have[w.object] = true
	}
	missing := 0
	err := tx.Each(sharedObjectsStmt, func(scan func(...any) error) error {
		var object string
		err := scan(&object)
		if !have[object] {
			missing++
		}
		return err
	}, r.ID, r.ToAgency, r.ID, r.FromAgency)
	if err != nil {
		return err
	}
	g := l.row
	n, err := tx.Exec(guestRenewStmt, g.Address, g.Lang, g.Link, g.KeyID, g.Public, g.Key, g.CodeKey, g.Code, clock.Millis(now), r.ID, oldKey)
	if err != nil {
		return err
	}
	if n == 0 || missing > 0 {
		return fault.New(fault.Stale, "referral.error.stale")
	}
	if _, err := tx.Exec(wrapsDropStmt, r.ID, r.ToAgency); err != nil {
		return err
	}
	if err := s.storeWraps(tx, r.ID, wraps); err != nil {
		return err
	}
	if _, err := tx.Exec(lettersEndStmt, r.ID); err != nil {
		return err
	}
	if err := happened(tx, r, v, Sender, letterRenew, "", now); err != nil {
		return err
	}
	return s.mailLink(tx, l)
}

// Wish notes that a guest's organisation wants an account here, once, and
// tells the administrators.
func (s *Service) Wish(ctx context.Context, v *web.Viewer, referralID string) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		r, err := s.rowFor(tx, v, referralID, "referral.answer")
		if err != nil {
			return err
		}
		now := s.Now()
		n, err := tx.Exec(guestWishStmt, clock.Millis(now), referralID)
		if err != nil || n == 0 {
			return err
		}
		if err := happened(tx, r, v, Receiver, letterWish, "", now); err != nil {
			return err
		}
		if s.Wished == nil {
			return nil
		}
		return s.Wished(tx)
	})
}

// Wanting is an organisation of the directory that asked for an account.
type Wanting struct {
	Organization, Name string
	Since              time.Time
}

// Wishes lists the organisations that asked for an account, the first first;
// for administrators.
func (s *Service) Wishes(ctx context.Context, v *web.Viewer) ([]Wanting, error) {
	if err := s.requireAgency(v, "referral.wishes"); err != nil {
		return nil, err
	}
	var out []Wanting
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		out = nil
		return tx.Each(wishesStmt, func(scan func(...any) error) error {
			var w Wanting
			var at int64
			err := scan(&w.Organization, &w.Name, &at)
			w.Since = clock.Time(at)
			out = append(out, w)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	return s.withoutAccount(ctx, out)
}

// withoutAccount leaves out who has been admitted meanwhile.
func (s *Service) withoutAccount(ctx context.Context, all []Wanting) (out []Wanting, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		out = nil
		for _, w := range all {
			_, err := s.Agencies.ByDirectory(tx, w.Organization)
			if fault.KindOf(err) == fault.NotFound {
				out = append(out, w)
			} else if err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}
