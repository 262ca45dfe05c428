package command

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"amelie/internal/credential"
)

// req: CREDENTIAL-1
func TestACertificateIsCheckedWithoutANetworkAndAnAlteredOneEndsWithOne(t *testing.T) {
	dir := t.TempDir()
	key, err := credential.LoadKey(dir)
	if err != nil {
		t.Fatal(err)
	}
	day := time.Date(2026, 1, 2, 10, 0, 0, 0, time.UTC)
	file, err := key.Sign(credential.Credential{ID: "urn:uuid:6f2c9f53-7f6f-4a3e-9a3f-0a55b5b1f001", Issuer: "A house", Address: "https://help.example.org", Holder: "Nora Beispiel", From: day,
		Achievement: credential.Achievement{About: "https://help.example.org/en/learn", Title: "A course", Description: "d", Criteria: "Two hours.", Language: "en", Revision: "1", Tags: []string{"one"}}}, day)
	if err != nil {
		t.Fatal(err)
	}
	put := func(name string, text []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	whole, picture := put("c.json", file), put("c.svg", credential.Bake("<svg></svg>", file))
	altered := put("altered.json", bytes.Replace(file, []byte("Nora"), []byte("Dora"), 1))
	own, other := put("keys.txt", []byte(key.Name()+" 2026-01-01\n")), put("other.txt", []byte("did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK\n"))

	for _, c := range []struct {
		code  int
		says  string
		words []string
	}{
		{0, "holder  Nora Beispiel\ncourse  A course\nissuer  A house, https://help.example.org\ndate    2026-01-02\n", []string{whole}},
		{0, "compared with none", []string{whole}},
		{0, "(in keys.txt)", []string{whole, "--key", own}},
		{0, "(in keys.txt)", []string{"--key", own, picture}},
		{1, "another key", []string{whole, "--key", other}},
		{1, "signature does not fit", []string{altered}},
		{1, "not a credential", []string{own}},
		{1, "no key stands in", []string{whole, "--key", put("empty.txt", nil)}},
		{2, "", nil},
	} {
		out, code := typed(t, append([]string{"verify", "certificate"}, c.words...)...)
		if code != c.code || !strings.Contains(out, c.says) {
			t.Errorf("%v: ended with %d and said\n%s", c.words, code, out)
		}
		if code == 1 && strings.Contains(out, "holder") {
			t.Errorf("%v: a name is printed of what is not proved:\n%s", c.words, out)
		}
	}
}
