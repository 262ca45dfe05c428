package account

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"html/template"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"
	"rsc.io/qr"

	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/vault"
	"amelie/internal/web"
)

// The one-time codes of RFC 6238 with what every code app understands.
const (
	totpStep   = 30 * time.Second
	totpSkew   = 1 // steps before and after now that still count
	totpOffer  = 20 * time.Minute
	codesGiven = 8
)

// Offer is a fresh secret for a code app that waits for the first code. It
// lives in the form only, sealed under the server's secret: showing the page
// changes nothing.
type Offer struct {
	Token  string       // goes through the form
	Secret string       // in groups of four, to type by hand
	QR     template.URL // data: address of a PNG
}

// OfferTOTP makes a secret for the person to scan.
func (s *Service) OfferTOTP(userID, login string) (Offer, error) {
	key, err := totp.Generate(totp.GenerateOpts{Issuer: s.cfg.Name, AccountName: login, SecretSize: 20, Algorithm: otp.AlgorithmSHA1, Digits: otp.DigitsSix, Period: uint(totpStep / time.Second)})
	if err != nil {
		return Offer{}, fault.Wrap(err, "offer codes", userID)
	}
	return s.offer(userID, key.Secret(), key.URL(), s.cfg.Now())
}

func (s *Service) offer(userID, secret, url string, made time.Time) (Offer, error) {
	plain := binary.BigEndian.AppendUint64(nil, uint64(made.UnixMilli()))
	token, err := s.secret.SealToken(append(plain, []byte(secret+"\n"+url)...), offerBinding(userID))
	if err != nil {
		return Offer{}, err
	}
	code, err := qr.Encode(url, qr.M)
	if err != nil {
		return Offer{}, fault.Wrap(err, "draw code", userID)
	}
	code.Scale = 6
	var groups []string
	for rest := secret; rest != ""; {
		n := min(4, len(rest))
		groups, rest = append(groups, rest[:n]), rest[n:]
	}
	return Offer{
		Token:  token,
		Secret: strings.Join(groups, " "),
		QR:     template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(code.PNG())), //nolint:gosec // made here
	}, nil
}

func offerBinding(userID string) vault.Binding {
	return vault.Binding{Field: "account.totp-offer", Row: userID, Scope: userID}
}

// openOffer reads the offer of a form back; old and foreign ones are refused.
func (s *Service) openOffer(userID, token string) (secret, url string, err error) {
	plain, err := s.secret.OpenToken(token, offerBinding(userID))
	if err != nil || len(plain) < 8 {
		return "", "", fault.New(fault.Expired, "account.error.offer")
	}
	made := clock.Time(int64(binary.BigEndian.Uint64(plain)))
	if s.cfg.Now().Sub(made) > totpOffer {
		return "", "", fault.New(fault.Expired, "account.error.offer")
	}
	secret, url, _ = strings.Cut(string(plain[8:]), "\n")
	return secret, url, nil
}

// SameOffer shows an offer again after a mistyped code.
func (s *Service) SameOffer(userID, token string) (Offer, error) {
	secret, url, err := s.openOffer(userID, token)
	if err != nil {
		return Offer{}, err
	}
	return s.offer(userID, secret, url, s.cfg.Now())
}

// TakeTOTP takes the offered secret into use when the code shows that the app
// has it, opens an unfinished sign-in, and gives fresh recovery codes, shown
// this once.
// Errors: fault.Invalid on the field code; fault.Expired for an old offer.
func (s *Service) TakeTOTP(ctx context.Context, userID, sessionID, token, code string) (recovery []string, err error) {
	secret, _, err := s.openOffer(userID, token)
	if err != nil {
		return nil, err
	}
	step, ok := matchTOTP(secret, code, 0, s.cfg.Now())
	if !ok {
		return nil, fault.Fields(fault.Field{Name: "code", Key: "account.error.code"})
	}
	sealed, err := s.secret.Seal([]byte(secret), totpBinding(userID))
	if err != nil {
		return nil, err
	}
	recovery = newCodes()
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(updateTOTPStmt, sealed, step, clock.Millis(s.cfg.Now()), userID); err != nil {
			return err
		}
		if _, err := tx.Exec(openSession, sessionID); err != nil {
			return err
		}
		if err := s.writeCodes(tx, userID, recovery); err != nil {
			return err
		}
		return s.record(tx, userID, "account.codes-set", userID)
	})
	return recovery, err
}

// newCodes makes recovery codes of 80 bits each.
func newCodes() []string {
	list := make([]string, codesGiven)
	for i := range list {
		c := id.Secret(10)
		list[i] = c[:4] + "-" + c[4:8] + "-" + c[8:12] + "-" + c[12:]
	}
	return list
}

func (s *Service) writeCodes(tx *db.Tx, userID string, codes []string) error {
	if _, err := tx.Exec(deleteCodes, userID); err != nil {
		return err
	}
	for _, c := range codes {
		if _, err := tx.Exec(insertCode, userID, s.codeHash(userID, c)); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) codeHash(userID, code string) string {
	return s.secretHash("code", userID+"\n"+plainCode(code))
}

// plainCode is a typed code without the spaces and dashes people add.
func plainCode(code string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '\u00a0' {
			return -1
		}
		return r
	}, strings.ToLower(code))
}

// RenewCodes gives fresh recovery codes and makes the old ones worthless.
func (s *Service) RenewCodes(ctx context.Context, v *web.Viewer) (codes []string, err error) {
	codes = newCodes()
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if err := s.require(tx, v, "account.use", v.UserID); err != nil {
			return err
		}
		if err := s.writeCodes(tx, v.UserID, codes); err != nil {
			return err
		}
		return s.record(tx, v.UserID, "account.recovery-codes-made", v.UserID)
	})
	return codes, err
}

// useCode consumes a one-time code or a recovery code; each works once.
// req: SIGNIN-3
func (s *Service) useCode(tx *db.Tx, user User, code string) (bool, error) {
	code = plainCode(code)
	if len(code) == 6 {
		secret, err := s.secret.Open(user.TOTP, totpBinding(user.ID))
		if err != nil {
			return false, fault.Wrap(err, "open codes", user.ID)
		}
		step, ok := matchTOTP(string(secret), code, user.TOTPStep, s.cfg.Now())
		if !ok {
			return false, nil
		}
		n, err := tx.Exec(useTOTPStmt, step, user.ID, step)
		return n == 1, err
	}
	n, err := tx.Exec(useCode, clock.Millis(s.cfg.Now()), user.ID, s.codeHash(user.ID, code))
	return n == 1, err
}

// matchTOTP finds the step whose code was typed, later than the last one
// used. All candidates are compared, in constant time.
func matchTOTP(secret, code string, last int64, now time.Time) (step int64, ok bool) {
	code = plainCode(code)
	middle := now.Unix() / int64(totpStep/time.Second)
	for at := middle - totpSkew; at <= middle+totpSkew; at++ {
		want, err := hotp.GenerateCode(secret, uint64(at))
		if err != nil {
			return 0, false
		}
		same := subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1
		if same && at > last && !ok {
			step, ok = at, true
		}
	}
	return step, ok
}
