package sso

import (
	"context"
	"time"

	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/web"
)

// Listed is a provider in the administrator's list.
type Listed struct {
	Provider
	Agency string
	People int64 // how many accounts are linked
}

// List gives all providers to an administrator.
func (s *Service) List(ctx context.Context, v *web.Viewer) (list []Listed, err error) {
	if err := s.require(v, "sso.administer", Provider{ID: "*"}, false); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		list = nil
		all, err := loadProviders(tx)
		if err != nil {
			return err
		}
		for _, p := range all {
			one, err := s.listed(tx, p)
			if err != nil {
				return err
			}
			list = append(list, one)
		}
		return nil
	})
	return list, err
}

func (s *Service) listed(tx *db.Tx, p Provider) (one Listed, err error) {
	one.Provider = p
	if one.Agency, err = s.agencies.Name(tx, p.AgencyID); err != nil {
		return one, err
	}
	return one, tx.Row(countIdentities, p.ID).Scan(&one.People)
}

// Get is one provider, for an administrator.
func (s *Service) Get(ctx context.Context, v *web.Viewer, providerID string) (one Listed, err error) {
	if err := s.require(v, "sso.administer", Provider{ID: providerID}, false); err != nil {
		return one, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		p, found, err := loadProvider(tx, providerID)
		if err != nil || !found {
			return errNotFound.Because(err)
		}
		one, err = s.listed(tx, p)
		return err
	})
	return one, err
}

// Save writes a provider down, or changes it. secret is what was typed: ""
// keeps the one that is there, as long as it still goes to the same place.
// Whoever changes who is vouched for asks the agency's lead anew.
// Errors: fault.Invalid with the wrong fields; fault.Stale when somebody else
// changed it meanwhile. // req: SSO-7
func (s *Service) Save(ctx context.Context, v *web.Viewer, p Provider, secret string) error {
	if err := p.clean(); err != nil {
		return err
	}
	if len(secret) > 2000 {
		return fault.Fields(fault.Field{Name: "secret", Key: "web.error.too-long"})
	}
	sealed := []byte(nil)
	if secret != "" {
		var err error
		if sealed, err = s.secret.Seal([]byte(secret), secretBinding(p.ID)); err != nil {
			return err
		}
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := s.require(v, "sso.administer", p, false); err != nil {
			return err
		}
		if _, err := s.agencies.Name(tx, p.AgencyID); err != nil {
			return fault.Fields(fault.Field{Name: "agency", Key: "web.error.choose"})
		}
		old, found, err := loadProvider(tx, p.ID)
		if err != nil {
			return err
		}
		p.secret = sealed
		if !found {
			if err := writeProvider(tx, p, v.UserID, s.cfg.Now()); err != nil {
				return err
			}
			return s.record(tx, v.UserID, p.AgencyID, "sso.written", "provider/"+p.ID, "")
		}
		return s.change(tx, v, p, old)
	})
}

func (s *Service) change(tx *db.Tx, v *web.Viewer, p, old Provider) error {
	if p.secret == nil {
		if old.HasSecret() && !p.keepsSecret(old) {
			return fault.Fields(fault.Field{Name: "secret", Key: "sso.error.secret-again"})
		}
		p.secret = old.secret
	}
	p.AgreedBy, p.Agreed = "", time.Time{}
	if p.keepsAgreement(old) && p.Entry == EntryWaiting {
		p.AgreedBy, p.Agreed = old.AgreedBy, old.Agreed
	}
	ok, err := changeProvider(tx, p)
	if err == nil && !ok {
		err = fault.New(fault.Stale, "sso.error.stale")
	}
	if err != nil {
		return err
	}
	if !p.keepsAgreement(old) { // somebody else may be vouched for now: it is turned on anew
		if _, err := tx.Exec(switchProvider, "off", p.ID); err != nil {
			return err
		}
	}
	if p.AgencyID != old.AgencyID { // what was linked belonged to the other agency
		if _, err := tx.Exec(deleteOfOne, p.ID); err != nil {
			return err
		}
	}
	return s.record(tx, v.UserID, p.AgencyID, "sso.changed", "provider/"+p.ID, "")
}

// Switch turns a provider on or off. Off ends nothing that is open: sign-ins
// end by themselves, or from the list of sign-ins.
func (s *Service) Switch(ctx context.Context, v *web.Viewer, providerID string, on bool) error {
	state := map[bool]string{true: "on", false: "off"}[on]
	return s.act(ctx, v, providerID, "sso.turned-"+state, func(tx *db.Tx) error {
		_, err := tx.Exec(switchProvider, state, providerID)
		return err
	})
}

// Delete removes a provider and every link by it. Accounts stay, with their
// local way in.
func (s *Service) Delete(ctx context.Context, v *web.Viewer, providerID string) error {
	defer s.book.forget(providerID)
	return s.act(ctx, v, providerID, "sso.deleted", func(tx *db.Tx) error {
		if _, err := tx.Exec(deleteOfOne, providerID); err != nil {
			return err
		}
		_, err := tx.Exec(deleteProvider, providerID)
		return err
	})
}

func (s *Service) act(ctx context.Context, v *web.Viewer, providerID, action string, do func(*db.Tx) error) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := s.require(v, "sso.administer", Provider{ID: providerID}, false); err != nil {
			return err
		}
		p, found, err := loadProvider(tx, providerID)
		if err != nil || !found {
			return errNotFound.Because(err)
		}
		if err := do(tx); err != nil {
			return err
		}
		return s.record(tx, v.UserID, p.AgencyID, action, "provider/"+p.ID, "")
	})
}

// Try walks through everything that can be known of a provider without a
// person. It reads what it needs anew and changes nothing.
func (s *Service) Try(ctx context.Context, v *web.Viewer, providerID string) ([]Finding, error) {
	one, err := s.Get(ctx, v, providerID)
	if err != nil {
		return nil, err
	}
	secret, err := s.clientSecret(one.Provider)
	if err != nil {
		return nil, err
	}
	s.book.forget(providerID)
	return try(ctx, one.Provider, secret, s.Redirect(providerID), s.cfg.Now), nil
}

// OfAgency lists the providers of the viewer's own agency, for its leads.
func (s *Service) OfAgency(ctx context.Context, v *web.Viewer) (list []Provider, err error) {
	if err := s.require(v, "sso.agree", Provider{ID: "*", AgencyID: v.AgencyID}, false); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		list, err = loadOfAgency(tx, v.AgencyID)
		return err
	})
	return list, err
}

// Agree is a lead's word that newcomers of a provider may come in and wait, or
// the end of it. // req: SSO-6
func (s *Service) Agree(ctx context.Context, v *web.Viewer, providerID string, yes bool) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		p, found, err := loadProvider(tx, providerID)
		if err != nil || !found {
			return errNotFound.Because(err)
		}
		if err := s.require(v, "sso.agree", p, false); err != nil {
			return errNotFound.Because(err)
		}
		by, at, action := "", int64(0), "sso.agreement-ended"
		if yes {
			by, at, action = v.UserID, s.cfg.Now().UnixMilli(), "sso.agreed"
		}
		if _, err := tx.Exec(agreeProvider, by, at, providerID); err != nil {
			return err
		}
		return s.record(tx, v.UserID, p.AgencyID, action, "provider/"+p.ID, "")
	})
}
