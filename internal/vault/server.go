package vault

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
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
// first start. The file is readable by its owner only; another's access is
// an error, not a warning. Several instances share one copy of the file.
// req: SEAL-5
func LoadServerSecret(dir string) (*ServerSecret, error) {
	path := filepath.Join(dir, ServerSecretFile)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := createServerSecret(path); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, fmt.Errorf("vault: making the server secret: %w", err)
		}
		info, err = os.Stat(path)
	}
	if err != nil {
		return nil, fmt.Errorf("vault: server secret: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("vault: %s may be read by others (mode %04o); set it to 0600", path, info.Mode().Perm())
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("vault: server secret: %w", err)
	}
	return parseServerSecret(string(text))
}

// createServerSecret writes beside and links into place, so that a start that
// is killed, or two at once, never leave half a file.
func createServerSecret(path string) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".secret-*") // made 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = fmt.Fprintf(f, "%s%s\n", serverHead, base64.StdEncoding.EncodeToString(random(keySize)))
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	err = os.Link(f.Name(), path)
	if err != nil && !errors.Is(err, fs.ErrExist) { // a file system without links
		err = os.Rename(f.Name(), path)
	}
	return err
}

func parseServerSecret(text string) (*ServerSecret, error) {
	rest, ok := strings.CutPrefix(strings.TrimSpace(text), strings.TrimSpace(serverHead)+" ")
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
func (s *ServerSecret) Format(f fmt.State, _ rune) { fmt.Fprint(f, "server secret") }

// MarshalText keeps the secret out of encoders.
func (s *ServerSecret) MarshalText() ([]byte, error) { return []byte("server secret"), nil }
