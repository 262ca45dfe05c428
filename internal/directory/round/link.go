package round

import (
	"context"
	"crypto/subtle"
	"encoding/base32"
	"strings"

	"amelie/internal/db"
	"amelie/internal/fault"
)

// secretBytes is the strength of a link: 128 bits.
const secretBytes = 16

var letters = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// secret is the secret of a body's link in a round: a keyed fingerprint of both
// under a secret that lies outside database and backup. It is bound to this
// round and this body, and the same in a reminder.
func (s *Service) secret(roundID, organization string) string {
	return letters.EncodeToString(s.cfg.Secret.MAC("round.link", []byte(roundID+"\n"+organization))[:secretBytes])
}

// fingerprint is what the table keeps of a secret.
func (s *Service) fingerprint(secret string) string {
	return s.cfg.Secret.Fingerprint("round.link.hash", secret)
}

// ParseSecret reads the secret of a link as people bring it: in capitals, or
// with the punctuation that mail programs take for a part of it.
func ParseSecret(text string) (secret string, ok bool) {
	text = strings.ToLower(strings.TrimRight(text, ".,;:)>]\"' "))
	raw, err := letters.DecodeString(text)
	return text, err == nil && len(raw) == secretBytes && letters.EncodeToString(raw) == text
}

// errLink answers every link that does not work, whatever the reason: expired,
// ended, of another installation, mistyped, invented.
var errLink = fault.New(fault.Expired, "round.error.link")

// open finds the body that a link is for.
//
// Errors: errLink, the same for unknown and ended ones.
//
// req: ROUND-5
func (s *Service) open(tx *db.Tx, text string) (Round, Body, error) {
	secret, ok := ParseSecret(text)
	hash := s.fingerprint(secret) // also of what cannot be one, so that both take as long
	list, err := readBodies(tx, bodyByHashStmt, hash)
	if err != nil {
		return Round{}, Body{}, err
	}
	if !ok || len(list) != 1 || subtle.ConstantTimeCompare([]byte(list[0].hash), []byte(hash)) != 1 {
		return Round{}, Body{}, errLink
	}
	r, err := s.round(tx, list[0].Round)
	if err == nil && !r.Running(s.cfg.Now()) {
		err = errLink
	}
	return r, list[0], err
}

// LinkOf is the path of a body's link, without the language, for tests and the
// demo's mail page. It opens nothing that the mail would not open.
func (s *Service) LinkOf(ctx context.Context, roundID, organization string) (path string, err error) {
	err = s.cfg.DB.Read(ctx, func(tx *db.Tx) error {
		_, err := s.body(tx, roundID, organization)
		path = "/confirm/" + s.secret(roundID, organization)
		return err
	})
	return path, err
}
