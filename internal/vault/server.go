package vault

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
)

// ServerSecretFile is the name of the server secret in the data folder. It is
// never part of a backup: a stolen backup must not open links, addresses and
// codes.
const ServerSecretFile = "server.secret"

const serverHead = "amelie-server-secret-1 "

// ServerSecret keys what the server alone may recognise: links, codes,
// hashed addresses. It protects nothing that a person's key protects.
type ServerSecret struct{ key []byte }

// LoadServerSecret reads the secret of a data folder, and makes it at the
// first start. Several instances share one copy of the file.
func LoadServerSecret(dir string) (*ServerSecret, error) {
	text, err := SecretFile(filepath.Join(dir, ServerSecretFile), func() ([]byte, error) {
		return []byte(serverHead + base64.StdEncoding.EncodeToString(random(keySize)) + "\n"), nil
	})
	if err != nil {
		return nil, err
	}
	return parseServerSecret(string(text))
}

func parseServerSecret(text string) (*ServerSecret, error) {
	rest, ok := strings.CutPrefix(strings.TrimSpace(text), serverHead)
	key, err := base64.StdEncoding.DecodeString(rest)
	if !ok || err != nil || len(key) != keySize {
		return nil, errors.New("vault: the server secret file is damaged; put back the original, a new one locks out every open link")
	}
	return &ServerSecret{key: key}, nil
}

// NewServerSecret makes a secret that lives in memory only.
func NewServerSecret() *ServerSecret { return &ServerSecret{key: random(keySize)} }

// MAC is a keyed fingerprint of data for one purpose, 32 bytes: what the
// database keeps instead of an address or a code.
func (s *ServerSecret) MAC(purpose string, data []byte) []byte {
	mac := hmac.New(sha256.New, derive(s.key, nil, []byte("amelie mac "+purpose)))
	mac.Write(data)
	return mac.Sum(nil)
}

// Fingerprint is MAC of a text in hexadecimal, 64 letters.
func (s *ServerSecret) Fingerprint(purpose, text string) string {
	return hex.EncodeToString(s.MAC(purpose, []byte(text)))
}

// Seal closes plain under the server secret in the place b.
func (s *ServerSecret) Seal(plain []byte, b Binding) ([]byte, error) {
	return lock(s.key, plain, b, algServer)
}

// Open opens what Seal closed, or says ErrClosed.
func (s *ServerSecret) Open(env []byte, b Binding) ([]byte, error) {
	return unlock(s.key, env, b, algServer)
}

// SealToken is Seal as text for a URL.
func (s *ServerSecret) SealToken(plain []byte, b Binding) (string, error) {
	env, err := s.Seal(plain, b)
	return base64.RawURLEncoding.EncodeToString(env), err
}

// OpenToken opens what SealToken closed, or says ErrClosed.
func (s *ServerSecret) OpenToken(token string, b Binding) ([]byte, error) {
	env, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil {
		return nil, ErrClosed
	}
	return s.Open(env, b)
}

// Format keeps the secret out of logs and error texts, whatever the verb.
func (s ServerSecret) Format(f fmt.State, _ rune) { fmt.Fprint(f, "server secret") }

// MarshalText keeps the secret out of encoders.
func (s ServerSecret) MarshalText() ([]byte, error) { return []byte("server secret"), nil }
