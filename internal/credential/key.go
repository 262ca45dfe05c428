package credential

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"math/big"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"amelie/internal/vault"
)

// KeyFile is the name of the signing key in the data folder. Several instances
// share one copy. It is not part of a backup: whoever restores one signs with a
// new key, and the published list keeps the old one.
const KeyFile = "credential.key"

// Key signs credentials. Its name is the public half as did:key.
type Key struct {
	private ed25519.PrivateKey
	name    string
}

// LoadKey reads the key of a data folder, and makes it at the first start,
// readable by its owner only.
func LoadKey(dir string) (*Key, error) {
	text, err := vault.SecretFile(filepath.Join(dir, KeyFile), func() ([]byte, error) {
		seed := make([]byte, ed25519.SeedSize)
		rand.Read(seed) // never fails since Go 1.24
		return []byte(hex.EncodeToString(seed) + "\n"), nil
	})
	if err != nil {
		return nil, err
	}
	seed, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(seed) != ed25519.SeedSize {
		return nil, errors.New("credential: the key file is damaged")
	}
	return keyOf(seed), nil
}

func keyOf(seed []byte) *Key {
	private := ed25519.NewKeyFromSeed(seed)
	return &Key{private, keyName(private.Public().(ed25519.PublicKey))}
}

// Name is the public half, to be published: did:key:z6Mk…
func (k *Key) Name() string { return k.name }

// Sign makes the file of a credential. Errors: ErrForm for what cannot be said.
func (k *Key) Sign(c Credential, now time.Time) ([]byte, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	d := c.document(k.name, now)
	d.Proof[0].Value = "z" + base58(ed25519.Sign(k.private, d.signed()))
	return d.text()
}

// Multicodec of an Ed25519 public key (did:key, 3.1.3).
const ed25519Code = "\xed\x01"

const didKey = "did:key:z"

func keyName(public ed25519.PublicKey) string {
	return didKey + base58(append([]byte(ed25519Code), public...))
}

// method is how a key is named within a proof: itself within itself.
func method(name string) string { return name + "#" + strings.TrimPrefix(name, "did:key:") }

// publicKey is the key in a name. Errors: ErrForm.
func publicKey(name string) (ed25519.PublicKey, error) {
	text, ok := strings.CutPrefix(name, didKey)
	raw, err := unbase58(text, len(ed25519Code)+ed25519.PublicKeySize)
	if !ok || err != nil || string(raw[:2]) != ed25519Code {
		return nil, ErrForm
	}
	return raw[2:], nil
}

// ValidKey says whether a text is a public key as Name writes it.
func ValidKey(name string) bool {
	_, err := publicKey(name)
	return err == nil
}

// Document lists keys as the DID document of an installation (did:web), so that
// programs find whose they are. Errors: base is no address.
func Document(base string, names []string) ([]byte, error) {
	at, err := url.Parse(base)
	if err != nil || at.Host == "" {
		return nil, ErrForm
	}
	type verification struct {
		ID         string `json:"id"`
		Type       string `json:"type"`
		Controller string `json:"controller"`
		Multibase  string `json:"publicKeyMultibase"`
	}
	did := "did:web:" + strings.ReplaceAll(at.Host, ":", "%3A")
	doc := struct {
		Context []string       `json:"@context"`
		ID      string         `json:"id"`
		Known   []string       `json:"alsoKnownAs"`
		Methods []verification `json:"verificationMethod"`
		Assert  []string       `json:"assertionMethod"`
	}{Context: []string{"https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"}, ID: did, Known: names}
	for _, name := range names {
		key := strings.TrimPrefix(name, "did:key:")
		doc.Methods = append(doc.Methods, verification{did + "#" + key, "Multikey", did, key})
		doc.Assert = append(doc.Assert, did+"#"+key)
	}
	return json.Marshal(doc, jsontext.WithIndent("  "))
}

// letters58 are the digits of base58btc, which the standards ask for.
const letters58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

// base58 writes bytes; a leading zero byte is a leading 1.
func base58(b []byte) string {
	var out []byte
	n, mod, base := new(big.Int).SetBytes(b), new(big.Int), big.NewInt(58)
	for n.Sign() > 0 {
		n.DivMod(n, base, mod)
		out = append(out, letters58[mod.Int64()])
	}
	for i := 0; i < len(b) && b[i] == 0; i++ {
		out = append(out, letters58[0])
	}
	for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	return string(out)
}

// unbase58 reads exactly size bytes; only the form that base58 writes is taken.
func unbase58(s string, size int) ([]byte, error) {
	if len(s) > 2*size {
		return nil, ErrForm
	}
	n, base := new(big.Int), big.NewInt(58)
	for i := range len(s) {
		digit := strings.IndexByte(letters58, s[i])
		if digit < 0 {
			return nil, ErrForm
		}
		n.Add(n.Mul(n, base), big.NewInt(int64(digit)))
	}
	if n.BitLen() > 8*size {
		return nil, ErrForm
	}
	raw := n.FillBytes(make([]byte, size))
	if base58(raw) != s {
		return nil, ErrForm
	}
	return raw, nil
}
