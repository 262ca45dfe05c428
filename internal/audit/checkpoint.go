package audit

import (
	"encoding/base64"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"amelie/internal/id"
	"amelie/internal/vault"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// KeyFile is the name of the signing key in the data folder. Several
// instances share one copy. It is not part of a backup: whoever restores one
// signs with a new key, in a new log.
const KeyFile = "node.key"

// CheckpointFile is the name of the file in the data folder that keeps the
// newest checkpoint outside the database.
const CheckpointFile = "log.checkpoint"

// Key signs checkpoints (Ed25519).
type Key struct {
	signer note.Signer
	public string
}

// LoadKey reads the signing key of a data folder, and makes it at the first
// start, readable by its owner only.
func LoadKey(dir string) (*Key, error) {
	text, err := vault.SecretFile(filepath.Join(dir, KeyFile), func() ([]byte, error) {
		private, public, err := note.GenerateKey(nil, "amelie-"+id.Secret(5))
		return []byte(private + "\n" + public + "\n"), err
	})
	if err != nil {
		return nil, err
	}
	return parseKey(string(text))
}

// NewKey makes a key that lives in memory only.
func NewKey() (*Key, error) {
	private, public, err := note.GenerateKey(nil, "amelie-"+id.Secret(5))
	if err != nil {
		return nil, err
	}
	return parseKey(private + "\n" + public + "\n")
}

func parseKey(text string) (*Key, error) {
	private, public, ok := strings.Cut(strings.TrimSpace(text), "\n")
	signer, err := note.NewSigner(private)
	if !ok || err != nil {
		return nil, errors.New("audit: the key file is damaged")
	}
	verifier, err := note.NewVerifier(public)
	if err != nil || verifier.KeyHash() != signer.KeyHash() || verifier.Name() != signer.Name() {
		return nil, errors.New("audit: the halves in the key file do not belong together")
	}
	return &Key{signer: signer, public: public}, nil
}

// Public is the half to publish, for Verify and for auditors: one line.
func (k *Key) Public() string { return k.public }

// point is the content of a checkpoint (C2SP tlog-checkpoint): the log's
// origin, its size, its root, and, for a log begun by a restore, a line that
// names the point after which it goes on.
type point struct {
	origin string
	size   int64
	root   tlog.Hash
	after  string // "origin size root" or ""
}

func (p point) text() string {
	text := fmt.Sprintf("%s\n%d\n%s\n", p.origin, p.size, p.root)
	if p.after != "" {
		text += "after " + p.after + "\n"
	}
	return text
}

// name is how a later log refers to the point.
func (p point) name() string { return fmt.Sprintf("%s %d %s", p.origin, p.size, p.root) }

func (p point) sign(k *Key) (string, error) {
	signed, err := note.Sign(&note.Note{Text: p.text()}, k.signer)
	return string(signed), err
}

var errCheckpoint = errors.New("audit: not a checkpoint")

// openCheckpoint checks the signature of a note and reads it.
func openCheckpoint(signed, public string) (point, error) {
	verifier, err := note.NewVerifier(public)
	if err != nil {
		return point{}, errors.New("audit: not a public key of a log")
	}
	n, err := note.Open([]byte(signed), note.VerifierList(verifier))
	if err != nil {
		return point{}, fmt.Errorf("audit: signature: %w", err)
	}
	return parsePoint(n.Text)
}

func parsePoint(text string) (point, error) {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(lines) < 3 || len(lines) > 4 || lines[0] == "" {
		return point{}, errCheckpoint
	}
	p := point{origin: lines[0]}
	var err error
	p.size, err = strconv.ParseInt(lines[1], 10, 64)
	if err != nil || p.size < 0 {
		return point{}, errCheckpoint
	}
	root, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return point{}, errCheckpoint
	}
	copy(p.root[:], root)
	if len(lines) == 4 {
		after, ok := strings.CutPrefix(lines[3], "after ")
		if !ok || after == "" {
			return point{}, errCheckpoint
		}
		p.after = after
	}
	if p.text() != text { // one form only
		return point{}, errCheckpoint
	}
	return p, nil
}
