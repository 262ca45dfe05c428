package credential

import (
	"bytes"
	"crypto/ed25519"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/go-json-experiment/json"
)

// MostFile is how large a file may be, in bytes.
const MostFile = 64 << 10

// Signed is what a file says, and under which key.
type Signed struct {
	Credential
	Key string // see Key.Name
}

// Read takes a file, plain or baked into a picture, and checks that nothing in
// it was changed since it was signed with the key that it names. Whose key that
// is, it cannot know: see Check. Errors: ErrForm, ErrAltered.
//
// req: CREDENTIAL-1
func Read(file []byte) (s Signed, err error) {
	if len(file) > MostFile {
		return s, ErrForm
	}
	text := unbake(bytes.TrimPrefix(file, []byte("\ufeff")))
	var d document
	if json.Unmarshal(text, &d) != nil { // also what stands there twice
		return s, ErrForm
	}
	if s.Credential, err = d.credential(text); err != nil {
		return s, err
	}
	s.Key = d.Issuer.ID
	public, err := publicKey(s.Key)
	if err != nil {
		return s, err
	}
	value, ok := strings.CutPrefix(d.Proof[0].Value, "z")
	signature, err := unbase58(value, ed25519.SignatureSize)
	if !ok || err != nil || !ed25519.Verify(public, d.signed(), signature) {
		return s, ErrAltered
	}
	return s, nil
}

// Check reads a file, and asks that it is signed with one of the keys and valid
// at a time. Errors: those of Read, ErrKey, ErrEarly, ErrExpired; with the last
// three what the file says is given too.
//
// req: CREDENTIAL-2
func Check(file []byte, keys []string, at time.Time) (Signed, error) {
	s, err := Read(file)
	switch {
	case err != nil:
		return s, err
	case !slices.Contains(keys, s.Key):
		return s, ErrKey
	}
	return s, s.Valid(at)
}

// Keys are the public keys that stand in a text, whatever else does: a
// published list, a note, a DID document.
func Keys(text []byte) (out []string) {
	for _, word := range strings.FieldsFunc(string(text), func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(`"',;<>#`, r) }) {
		if ValidKey(word) && !slices.Contains(out, word) {
			out = append(out, word)
		}
	}
	return out
}

// Valid says whether a credential holds at a time. Errors: ErrEarly, ErrExpired.
func (c Credential) Valid(at time.Time) error {
	switch {
	case at.Before(c.From):
		return ErrEarly
	case !c.Until.IsZero() && at.After(c.Until):
		return ErrExpired
	}
	return nil
}

// How a credential lies within a picture (Open Badges 3.0, 5.3.2.2).
const (
	bakedNamespace = ` xmlns:openbadges="https://purl.imsglobal.org/ob/v3p0"`
	bakedOpen      = `<openbadges:credential><![CDATA[`
	bakedClose     = `]]></openbadges:credential>`
)

// Bake puts a file into an SVG, which must begin with its root element.
func Bake(svg string, file []byte) []byte {
	open := strings.Index(svg, ">")
	// A JSON string may hold what would end the section; escaped it means the same.
	text := strings.ReplaceAll(string(file), "]]>", `]]\u003e`)
	return []byte(svg[:open] + bakedNamespace + ">" + bakedOpen + text + bakedClose + svg[open+1:])
}

// unbake finds the file within a picture; what is no picture is given back.
func unbake(file []byte) []byte {
	if !bytes.HasPrefix(bytes.TrimSpace(file), []byte("<svg")) {
		return file
	}
	_, after, _ := bytes.Cut(file, []byte(bakedOpen))
	inner, _, _ := bytes.Cut(after, []byte(bakedClose))
	return inner
}
