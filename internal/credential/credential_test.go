package credential_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"amelie/internal/credential"
	"amelie/internal/credential/credentialtest"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func key(t testing.TB) *credential.Key {
	t.Helper()
	k, err := credential.LoadKey(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func sample() credential.Credential {
	return credential.Credential{ID: "urn:uuid:6f2c9f53-7f6f-4a3e-9a3f-0a55b5b1f001", Issuer: "Haus am See", Address: "https://help.example.org", Holder: "Μαρία Ö. \"Mia\" O'Neill",
		From: noon, Until: noon.AddDate(5, 0, 0), Achievement: credential.Achievement{About: "https://help.example.org/en/learn", Title: "A course <&>", Description: "What it was.",
			Criteria: "A test was passed.\u2028It had ]]> in it.", Language: "en", Revision: "3f2a91c0", Tags: []string{"one", "two \\ three", "Ωμέγα"}}}
}

func sign(t testing.TB, k *credential.Key, c credential.Credential) []byte {
	t.Helper()
	file, err := k.Sign(c, noon)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func TestWhatIsSignedIsReadBack(t *testing.T) {
	k := key(t)
	file := sign(t, k, sample())
	got, err := credential.Check(file, []string{"did:key:zOther", k.Name()}, noon)
	if err != nil || !reflect.DeepEqual(got.Credential, sample()) || got.Key != k.Name() {
		t.Fatalf("%+v, %v", got, err)
	}
	if again := sign(t, k, sample()); !bytes.Equal(file, again) {
		t.Error("the same credential gives two files")
	}
}

// req: CREDENTIAL-1
func TestNoByteCanBeChangedSoThatTheFileSaysSomethingElse(t *testing.T) {
	k := key(t)
	file := sign(t, k, sample())
	for i := range file {
		for _, b := range []byte{file[i] ^ 1, file[i] ^ 0x20, ' ', '"', 'x', '0'} {
			if b == file[i] {
				continue
			}
			altered := bytes.Clone(file)
			altered[i] = b
			got, err := credential.Read(altered)
			if err == nil && !(spaceOnly(file[i], b) && reflect.DeepEqual(got.Credential, sample()) && got.Key == k.Name()) {
				t.Fatalf("byte %d from %q to %q is taken: …%s…", i, file[i], b, altered[max(0, i-30):min(len(file), i+30)])
			}
		}
	}
}

func spaceOnly(a, b byte) bool { return strings.IndexByte(" \n\t\r", a) >= 0 && b == ' ' }

// req: CREDENTIAL-1
func TestNoMemberCanBeAddedLeftOutDoubledOrRenamed(t *testing.T) {
	file := string(sign(t, key(t), sample()))
	for name, altered := range map[string]string{
		"added":        strings.Replace(file, `"name":`, `"evidence": "x", "name":`, 1),
		"added inside": strings.Replace(file, `"identityType":`, `"salt": "x", "identityType":`, 1),
		"left out":     strings.Replace(file, `"hashed": false,`, ``, 1),
		"doubled":      strings.Replace(file, `"identityType": "name"`, `"identityType": "name", "identityHash": "Somebody"`, 1),
		"doubled as is": strings.Replace(file, `"identityType": "name"`,
			`"identityType": "name", "identityType": "name"`, 1),
		"renamed":        strings.Replace(file, `"validFrom"`, `"ValidFrom"`, 1),
		"emptied":        strings.Replace(file, `"validUntil": "2031-11-20T12:00:00Z"`, `"validUntil": ""`, 1),
		"otherwise told": strings.Replace(file, `2026-11-20T12:00:00Z`, `2026-11-20T13:00:00+01:00`, 1),
		"trailed":        file + "{}",
		"another tag":    strings.Replace(file, `"one",`, `"one", "one",`, 1),
	} {
		if altered == file {
			t.Fatalf("%s: nothing was altered", name)
		}
		if _, err := credential.Read([]byte(altered)); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestAProgramThatOrdersOrSpacesAFileAnewLeavesItWhole(t *testing.T) {
	file := sign(t, key(t), sample())
	var v any
	if err := json.Unmarshal(file, &v); err != nil {
		t.Fatal(err)
	}
	other, err := json.Marshal(v) // sorts the members, escapes < > &
	if err != nil || bytes.Equal(other, file) {
		t.Fatal("nothing was ordered anew")
	}
	if _, err := credential.Read(other); err != nil {
		t.Error(err)
	}
}

// req: CREDENTIAL-2
func TestAnotherKeyAndAnotherTimeAreTold(t *testing.T) {
	k := key(t)
	file := sign(t, k, sample())
	for name, c := range map[string]struct {
		keys []string
		at   time.Time
		want error
	}{
		"no key":       {nil, noon, credential.ErrKey},
		"another key":  {[]string{key(t).Name()}, noon, credential.ErrKey},
		"an hour ago":  {[]string{k.Name()}, noon.Add(-time.Hour), credential.ErrEarly},
		"in six years": {[]string{k.Name()}, noon.AddDate(6, 0, 0), credential.ErrExpired},
	} {
		if got, err := credential.Check(file, c.keys, c.at); !errors.Is(err, c.want) || got.Holder != sample().Holder {
			t.Errorf("%s: %v", name, err)
		}
	}
	forged := bytes.ReplaceAll(file, []byte(k.Name()[8:]), []byte(key(t).Name()[8:]))
	if _, err := credential.Read(forged); !errors.Is(err, credential.ErrAltered) {
		t.Errorf("under another's name: %v", err)
	}
}

func TestWhatCannotBeReadAlikeByEverybodyIsNotSigned(t *testing.T) {
	for name, alter := range map[string]func(*credential.Credential){
		"no holder":           func(c *credential.Credential) { c.Holder = "" },
		"a line end":          func(c *credential.Credential) { c.Holder = "A\nB" },
		"turned letters":      func(c *credential.Credential) { c.Holder = "A\u202eB" },
		"a broken letter":     func(c *credential.Credential) { c.Holder = "A\xff" },
		"an endless name":     func(c *credential.Credential) { c.Holder = strings.Repeat("a", 400) },
		"no address":          func(c *credential.Credential) { c.Address = "help.example.org" },
		"a broken address":    func(c *credential.Credential) { c.About = "https://x/> <y" },
		"no tag":              func(c *credential.Credential) { c.Tags = nil },
		"a tag twice":         func(c *credential.Credential) { c.Tags = []string{"a", "a"} },
		"no time":             func(c *credential.Credential) { c.From = time.Time{} },
		"an end before begin": func(c *credential.Credential) { c.Until = c.From },
		"no identifier":       func(c *credential.Credential) { c.ID = "7" },
	} {
		c := sample()
		alter(&c)
		if _, err := key(t).Sign(c, noon); !errors.Is(err, credential.ErrForm) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestATypedNameCanBeSignedOnceItIsClean(t *testing.T) {
	k := key(t)
	rapid.Check(t, func(t *rapid.T) {
		c := sample()
		c.Holder = credential.Clean(rapid.StringN(0, 60, -1).Draw(t, "name"))
		file, err := k.Sign(c, noon)
		if c.Holder == "" {
			return
		}
		if err != nil {
			t.Fatalf("%q: %v", c.Holder, err)
		}
		if got, err := credential.Read(file); err != nil || got.Holder != c.Holder {
			t.Fatalf("%q: read %q, %v", c.Holder, got.Holder, err)
		}
	})
}

func TestABakedPictureHoldsTheFile(t *testing.T) {
	k := key(t)
	picture := credential.Bake(`<svg viewBox="0 0 1 1"><title>x</title></svg>`, sign(t, k, sample()))
	got, err := credential.Read(picture)
	if err != nil || !reflect.DeepEqual(got.Credential, sample()) {
		t.Fatalf("%+v, %v", got, err)
	}
	if !bytes.HasPrefix(picture, []byte(`<svg viewBox="0 0 1 1" xmlns:openbadges="https://purl.imsglobal.org/ob/v3p0"><openbadges:credential>`)) || !bytes.HasSuffix(picture, []byte("<title>x</title></svg>")) {
		t.Errorf("baked as %s", picture)
	}
}

func TestTheKeyOfAFolderStaysAndIsTheOwnersAlone(t *testing.T) {
	dir := t.TempDir()
	one, err := credential.LoadKey(dir)
	if err != nil {
		t.Fatal(err)
	}
	two, err := credential.LoadKey(dir)
	if err != nil || one.Name() != two.Name() || !credential.ValidKey(one.Name()) {
		t.Errorf("%s, %s, %v", one.Name(), two.Name(), err)
	}
	path := filepath.Join(dir, credential.KeyFile)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	for _, damaged := range []string{"", "zz", "00"} {
		if err := os.WriteFile(path, []byte(damaged), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := credential.LoadKey(dir); err == nil {
			t.Errorf("%q is taken for a key", damaged)
		}
	}
}

// The vector of did:key's specification (section 7.1.1), and a made file as it
// was taken by an independent verifier; see docs/credential.md.
func TestKnownFilesAndKeysAreTaken(t *testing.T) {
	if !credential.ValidKey("did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK") {
		t.Error("the specification's own key is refused")
	}
	file, err := os.ReadFile("testdata/taken.json")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := credential.Read(file); err != nil {
		t.Error(err)
	}
}

func TestTheFileFollowsTheOfficialSchema(t *testing.T) {
	without := sample()
	without.Until = time.Time{}
	for _, c := range []credential.Credential{sample(), without} {
		credentialtest.FollowsSchema(t, sign(t, key(t), c))
	}
}

func FuzzRead(f *testing.F) {
	dir := f.TempDir()
	k, err := credential.LoadKey(dir)
	if err != nil {
		f.Fatal(err)
	}
	file := sign(f, k, sample())
	f.Add(file)
	f.Add(credential.Bake(`<svg viewBox="0 0 1 1"></svg>`, file))
	f.Add([]byte(`<svg><openbadges:credential><![CDATA[`))
	f.Add([]byte(`{"proof":[{}],"credentialSubject":{"identifier":[{}]}}`))
	f.Fuzz(func(t *testing.T, file []byte) {
		got, err := credential.Read(file)
		if err == nil && got.Key == k.Name() && fmt.Sprint(got.Credential) != fmt.Sprint(sample()) {
			t.Errorf("signed words were changed: %+v", got)
		}
	})
}

func BenchmarkSign(b *testing.B) {
	k, c := key(b), sample()
	for b.Loop() {
		sign(b, k, c)
	}
}

func TestKeysAreFoundInAListANoteAndADocument(t *testing.T) {
	one, two := key(t).Name(), key(t).Name()
	for _, text := range []string{one + " 2026-11-22\n" + two + " 2026-01-01\n", `{"id": "` + one + `", "b": ["` + two + `#x"]}`, "keys: " + one + ", " + two + "; did:key:z6MkNone"} {
		if got := credential.Keys([]byte(text)); !reflect.DeepEqual(got, []string{one, two}) {
			t.Errorf("%s: %v", text, got)
		}
	}
}
