package account

import (
	"context"
	"encoding/base32"
	"slices"
	"strings"
	"time"

	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/web"
)

// tokenPrefix lets secret scanners recognise a token that was left lying.
const tokenPrefix = "amelie_"

// MostTokenDays is the longest life of an API token.
const MostTokenDays = 365

// MakeToken makes an API token with some of the Scopes. The secret is
// returned once and kept as a keyed hash only. Days: 1 to MostTokenDays.
func (s *Service) MakeToken(ctx context.Context, v *web.Viewer, label string, scopes []string, days int) (secret string, err error) {
	return s.makeToken(ctx, v, label, scopes, days, id.New())
}

// makeToken makes one intended token: the same once token by the same person
// and the same name gives the same secret, so that a button pressed twice
// makes one.
func (s *Service) makeToken(ctx context.Context, v *web.Viewer, label string, scopes []string, days int, once string) (secret string, err error) {
	label = strings.TrimSpace(label)
	var wrong []fault.Field
	if n := len([]rune(label)); n < 2 || n > 60 {
		wrong = append(wrong, fault.Field{Name: "label", Key: "account.error.token-label"})
	}
	if len(scopes) == 0 {
		wrong = append(wrong, fault.Field{Name: "scopes", Key: "account.error.token-scope"})
	}
	for _, sc := range scopes {
		if !slices.Contains(Scopes, sc) {
			wrong = append(wrong, fault.Field{Name: "scopes", Key: "account.error.token-scope"})
		}
	}
	if days < 1 || days > MostTokenDays {
		wrong = append(wrong, fault.Field{Name: "days", Key: "account.error.token-days", Args: []any{"n", MostTokenDays}})
	}
	if err := fault.Fields(wrong...); err != nil {
		return "", err
	}
	mac := s.secret.MAC("account.token-secret", []byte(v.UserID+"\n"+once+"\n"+label))
	secret = tokenPrefix + strings.ToLower(base32.StdEncoding.EncodeToString(mac[:25]))
	now := s.cfg.Now()
	return secret, s.db.Write(ctx, func(tx *db.Tx) error {
		if err := s.require(tx, v, "account.use", v.UserID); err != nil {
			return err
		}
		n, err := tx.Exec(insertToken, id.New(), v.UserID, s.secretHash("token", secret), label, strings.Join(scopes, " "),
			clock.Millis(now), clock.Millis(now.Add(time.Duration(days)*24*time.Hour)))
		if err != nil || n == 0 {
			return err
		}
		return s.record(tx, v.UserID, "account.token-made", v.UserID)
	})
}

// Tokens lists the viewer's tokens.
func (s *Service) Tokens(ctx context.Context, v *web.Viewer) (list []Token, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if err := s.require(tx, v, "account.use", v.UserID); err != nil {
			return err
		}
		list, err = loadTokens(tx, v.UserID)
		return err
	})
	return list, err
}

// RevokeToken ends one of the viewer's own tokens.
func (s *Service) RevokeToken(ctx context.Context, v *web.Viewer, tokenID string) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(revokeToken, clock.Millis(s.cfg.Now()), tokenID, v.UserID)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.NotFound, "")
		}
		return s.record(tx, v.UserID, "account.token-revoked", v.UserID)
	})
}

// byToken is the viewer that a token stands for: identified, never unlocked,
// with the token's scopes. // req: SIGNIN-11
func (s *Service) byToken(ctx context.Context, secret string) (*web.Viewer, error) {
	refused := fault.New(fault.SignIn, "account.error.token")
	if !strings.HasPrefix(secret, tokenPrefix) || len(secret) > 100 {
		return nil, refused
	}
	var v *web.Viewer
	var tokenID string
	var usedAt time.Time
	now := s.cfg.Now()
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		v = nil
		var userID, scopes string
		var expires, used, revoked int64
		err := tx.Row(tokenStmt, s.secretHash("token", secret)).Scan(&tokenID, &userID, &scopes, &expires, &used, &revoked)
		if db.NoRows(err) {
			return refused
		}
		if err != nil {
			return err
		}
		if revoked != 0 || clock.Millis(now) >= expires {
			return refused
		}
		h := &here{Session: Session{UserID: userID}}
		if err := s.fill(tx, h); err != nil {
			return err
		}
		if h.user.State != Active {
			return refused
		}
		v, usedAt = h.viewer(), clock.Time(used)
		v.Scopes = strings.Fields(scopes)
		if v.Scopes == nil {
			v.Scopes = []string{}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if now.Sub(usedAt) >= time.Hour {
		err = s.db.Write(ctx, func(tx *db.Tx) error { _, err := tx.Exec(touchToken, clock.Millis(now), tokenID); return err })
	}
	return v, err
}
