package vault_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"amelie/internal/vault"

	"pgregory.net/rapid"
)

var place = vault.Binding{Field: "letter.body", Row: "r1", Scope: "house-1"}

// kind is one way of sealing, so that the same properties are asked of all.
type kind struct {
	name string
	seal func(plain []byte, b vault.Binding) ([]byte, error)
	open func(env []byte, b vault.Binding) ([]byte, error)
	// other opens with another key of the same kind.
	other func(env []byte, b vault.Binding) ([]byte, error)
}

func newPrivate(t testing.TB) *vault.PrivateKey {
	t.Helper()
	k, err := vault.NewPrivateKey()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// kinds makes one key of each kind.
func kinds(t testing.TB) []kind {
	vault.CheapForTests(t)
	mine, theirs := newPrivate(t), newPrivate(t)
	d1, d2 := vault.NewDataKey(), vault.NewDataKey()
	s1, s2 := vault.NewServerSecret(), vault.NewServerSecret()
	k1, k2 := bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)
	pw := func(p string) func([]byte, vault.Binding) ([]byte, error) {
		return func(env []byte, b vault.Binding) ([]byte, error) { return vault.UnlockPassword(env, []byte(p), b) }
	}
	var cookie []byte
	return []kind{
		{"to a key", func(p []byte, b vault.Binding) ([]byte, error) { return vault.SealTo(mine.Public(), p, b) }, mine.Open, theirs.Open},
		{"for oneself", mine.SealOwn, mine.Open, theirs.Open},
		{"under a data key", d1.Seal, d1.Open, d2.Open},
		{"under the server secret", s1.Seal, s1.Open, s2.Open},
		{"under a password", func(p []byte, b vault.Binding) ([]byte, error) { return vault.LockPassword(p, []byte("Passwort"), b) }, pw("Passwort"), pw("passwort")},
		{"under a 32-byte key", func(p []byte, b vault.Binding) ([]byte, error) { return vault.LockKey(p, k1, b) },
			func(e []byte, b vault.Binding) ([]byte, error) { return vault.UnlockKey(e, k1, b) },
			func(e []byte, b vault.Binding) ([]byte, error) { return vault.UnlockKey(e, k2, b) }},
		{"in two halves", func(p []byte, b vault.Binding) (server []byte, err error) {
			cookie, server, err = vault.SplitSession(p, b)
			return server, err
		}, func(e []byte, b vault.Binding) ([]byte, error) { return vault.JoinSession(cookie, e, b) },
			func(e []byte, b vault.Binding) ([]byte, error) { return vault.JoinSession(k1, e, b) }},
	}
}

func mustSeal(t interface{ Fatal(...any) }, k kind, plain []byte, b vault.Binding) []byte {
	env, err := k.seal(plain, b)
	if err != nil {
		t.Fatal(k.name, err)
	}
	return env
}

// req: SEAL-1
func TestWhatIsSealedOpensOnlyWithItsKeyAndInItsPlace(t *testing.T) {
	for _, k := range kinds(t) {
		t.Run(k.name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				plain := rapid.SliceOfN(rapid.Byte(), 0, 5000).Draw(t, "plain")
				part := rapid.StringN(0, 12, -1)
				b := vault.Binding{Field: part.Draw(t, "field") + "f", Row: part.Draw(t, "row"), Scope: part.Draw(t, "scope")}
				env := mustSeal(t, k, plain, b)
				got, err := k.open(env, b)
				if err != nil || !bytes.Equal(got, plain) {
					t.Fatalf("does not open: %v", err)
				}
				if len(plain) > 8 && bytes.Contains(env, plain) {
					t.Fatal("the envelope shows what is in it")
				}
				if _, err := k.other(env, b); !errors.Is(err, vault.ErrClosed) {
					t.Fatalf("another key: %v", err)
				}
				for _, wrong := range []vault.Binding{
					{Field: b.Field + "x", Row: b.Row, Scope: b.Scope}, {Field: b.Field, Row: b.Row + "x", Scope: b.Scope},
					{Field: b.Field, Row: b.Row, Scope: b.Scope + "x"}, {Field: b.Field + b.Row, Row: "", Scope: b.Scope + "\x00"},
					{Field: b.Field, Row: b.Scope + "y", Scope: b.Row},
				} {
					if _, err := k.open(env, wrong); wrong != b && !errors.Is(err, vault.ErrClosed) {
						t.Fatalf("opens in %+v: %v", wrong, err)
					}
				}
			})
		})
	}
}

// req: SEAL-1
func TestNoPartOfAPlaceCanSlideIntoTheNext(t *testing.T) {
	for _, k := range kinds(t) {
		env := mustSeal(t, k, []byte("x"), vault.Binding{Field: "ab", Row: "c", Scope: "d"})
		for _, b := range []vault.Binding{{"a", "bc", "d"}, {"abc", "", "d"}, {"ab", "cd", ""}, {"ab", "", "cd"}} {
			if _, err := k.open(env, b); !errors.Is(err, vault.ErrClosed) {
				t.Errorf("%s opens in %+v", k.name, b)
			}
		}
	}
}

// req: SEAL-1
func TestAnyChangedBitAndAnyCutFails(t *testing.T) {
	for _, k := range kinds(t) {
		env := mustSeal(t, k, []byte("code word: lighthouse"), place)
		for i := range len(env) * 8 {
			changed := bytes.Clone(env)
			changed[i/8] ^= 1 << (i % 8)
			if got, err := k.open(changed, place); !errors.Is(err, vault.ErrClosed) {
				t.Fatalf("%s: bit %d: %q %v", k.name, i, got, err)
			}
		}
		for n := range env {
			if _, err := k.open(env[:n], place); !errors.Is(err, vault.ErrClosed) {
				t.Fatalf("%s: cut at %d: %v", k.name, n, err)
			}
		}
		if _, err := k.open(append(bytes.Clone(env), 0), place); !errors.Is(err, vault.ErrClosed) {
			t.Errorf("%s: a byte more: %v", k.name, err)
		}
	}
}

func TestAnEnvelopeOfOneKindOpensWithNoOther(t *testing.T) {
	all := kinds(t)
	for i, a := range all {
		env := mustSeal(t, a, []byte("x"), place)
		for j, b := range all {
			if a.name+b.name == "for oneself"+"to a key" || a.name+b.name == "to a key"+"for oneself" {
				continue // one key opens what others and what its holder sealed to it
			}
			if _, err := b.open(env, place); i != j && !errors.Is(err, vault.ErrClosed) {
				t.Errorf("sealed %s, opened %s: %v", a.name, b.name, err)
			}
		}
	}
}

// req: SEAL-2
func TestTheSameWordSealedTwiceLooksDifferentAndShortAnswersHaveOneLength(t *testing.T) {
	for _, k := range kinds(t) {
		a, b := mustSeal(t, k, []byte("yes"), place), mustSeal(t, k, []byte("yes"), place)
		if bytes.Equal(a, b) {
			t.Errorf("%s: equal envelopes", k.name)
		}
		long := mustSeal(t, k, []byte("does not want to say, and would rather not be asked"), place)
		if len(a) != len(long) {
			t.Errorf("%s: %d and %d bytes tell the answers apart", k.name, len(a), len(long))
		}
	}
}

// req: SEAL-2
func TestPaddingCostsAtMostAnEighthAndHidesTheExactLength(t *testing.T) {
	d := vault.NewDataKey()
	sizes := map[int]bool{}
	for n := 1000; n < 20000; n += 7 {
		env, err := d.Seal(make([]byte, n), place)
		if err != nil {
			t.Fatal(err)
		}
		if overhead := float64(len(env)-n) / float64(n); overhead > 0.125+0.04 {
			t.Fatalf("%d bytes become %d", n, len(env))
		}
		sizes[len(env)] = true
	}
	if len(sizes) > 80 {
		t.Errorf("%d different lengths of 2714", len(sizes))
	}
}

func TestADataKeyIsWrappedForEachHolderAndForNobodyElse(t *testing.T) {
	mine, yours, theirs := newPrivate(t), newPrivate(t), newPrivate(t)
	d := vault.NewDataKey()
	env, err := d.Seal([]byte("words"), place)
	if err != nil {
		t.Fatal(err)
	}
	wrapPlace := vault.Binding{Field: "letter.wrap", Row: "r1", Scope: "house-1"}
	for _, k := range []*vault.PrivateKey{mine, yours} {
		wrap, err := d.WrapTo(k.Public(), wrapPlace)
		if err != nil {
			t.Fatal(err)
		}
		again, err := vault.UnwrapDataKey(k, wrap, wrapPlace)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := again.Open(env, place); err != nil || string(got) != "words" {
			t.Errorf("%q %v", got, err)
		}
		if _, err := vault.UnwrapDataKey(theirs, wrap, wrapPlace); !errors.Is(err, vault.ErrClosed) {
			t.Errorf("a stranger unwraps: %v", err)
		}
	}
	short, err := vault.SealTo(mine.Public(), []byte("short"), wrapPlace)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := vault.UnwrapDataKey(mine, short, wrapPlace); !errors.Is(err, vault.ErrClosed) {
		t.Errorf("something else is taken for a data key: %v", err)
	}
}

func TestADataKeyUnderAnotherOpensWithThatOneInItsPlaceAlone(t *testing.T) {
	under, key := vault.NewDataKey(), vault.NewDataKey()
	field, err := key.Seal([]byte("words"), place)
	if err != nil {
		t.Fatal(err)
	}
	env, err := vault.SealDataKey(under, key, place)
	if err != nil {
		t.Fatal(err)
	}
	again, err := vault.OpenDataKey(under, env, place)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := again.Open(field, place); err != nil || string(got) != "words" {
		t.Errorf("%q %v", got, err)
	}
	elsewhere := place
	elsewhere.Row += "x"
	for name, try := range map[string]func() (*vault.DataKey, error){
		"another key":    func() (*vault.DataKey, error) { return vault.OpenDataKey(key, env, place) },
		"another place":  func() (*vault.DataKey, error) { return vault.OpenDataKey(under, env, elsewhere) },
		"something else": func() (*vault.DataKey, error) { return vault.OpenDataKey(key, field, place) },
	} {
		if _, err := try(); !errors.Is(err, vault.ErrClosed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAPrivateKeySurvivesItsBytesAndItsLock(t *testing.T) {
	vault.CheapForTests(t)
	k := newPrivate(t)
	if len(k.Bytes()) != 32 || len(k.Public()) != 1216 {
		t.Fatalf("%d and %d bytes", len(k.Bytes()), len(k.Public()))
	}
	b := vault.Binding{Field: "user.key", Row: "u1", Scope: "u1"}
	lock, err := vault.LockPassword(k.Bytes(), []byte("κωδικός με τόνο"), b)
	if err != nil {
		t.Fatal(err)
	}
	// The same word typed on a keyboard that sends the accent apart.
	raw, err := vault.UnlockPassword(lock, []byte("κωδικο\u0301ς με το\u0301νο"), b)
	if err != nil {
		t.Fatal(err)
	}
	again, err := vault.ParsePrivateKey(raw)
	if err != nil || !bytes.Equal(again.Public(), k.Public()) {
		t.Fatalf("another key came back: %v", err)
	}
	if again.Public().Fingerprint() != k.Public().Fingerprint() || len(k.Public().Fingerprint()) != 29 {
		t.Errorf("fingerprint %q", k.Public().Fingerprint())
	}
	for _, bad := range [][]byte{nil, {1}, make([]byte, 31), make([]byte, 33)} {
		if _, err := vault.ParsePrivateKey(bad); err == nil {
			t.Errorf("%d bytes are taken for a key", len(bad))
		}
	}
	if _, err := vault.SealTo(vault.PublicKey("short"), nil, b); err == nil {
		t.Error("sealed to no key")
	}
}

// req: SEAL-6
func TestNoKeyIsEverPrinted(t *testing.T) {
	k, d, s := newPrivate(t), vault.NewDataKey(), vault.NewServerSecret()
	for _, v := range []any{k, d, s, *k, *d, *s} {
		text, err := json.Marshal(v)
		all := fmt.Sprintf("%v %+v %#v %s %x %q %d", v, v, v, v, v, v, v) + string(text)
		if strings.Contains(all, fmt.Sprintf("%x", k.Bytes())) || len(all) > 2000 || err != nil {
			t.Errorf("%T prints %d characters: %s %v", v, len(all), all, err)
		}
	}
}

func TestAPlaceWithoutAFieldIsRefused(t *testing.T) {
	for _, k := range kinds(t) {
		if _, err := k.seal([]byte("x"), vault.Binding{Row: "r"}); err == nil {
			t.Errorf("%s: sealed nowhere", k.name)
		}
	}
}

// req: SEAL-3
func TestNeitherHalfOfASignInOpensAloneAndHalvesDoNotMix(t *testing.T) {
	secret := []byte("the unlocked key of thirty-two b")
	c1, s1, err := vault.SplitSession(secret, place)
	if err != nil {
		t.Fatal(err)
	}
	c2, s2, err := vault.SplitSession(secret, place)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := vault.JoinSession(c1, s1, place); err != nil || !bytes.Equal(got, secret) {
		t.Fatalf("%q %v", got, err)
	}
	for _, pair := range [][2][]byte{{c1, s2}, {c2, s1}, {nil, s1}, {c1, nil}, {s1, c1}} {
		if _, err := vault.JoinSession(pair[0], pair[1], place); !errors.Is(err, vault.ErrClosed) {
			t.Errorf("mixed halves: %v", err)
		}
	}
	if bytes.Contains(s1, secret) || bytes.Contains(c1, secret) || bytes.Equal(c1, c2) {
		t.Error("a half shows the secret")
	}
}

func TestARecoveryKeyIsReadAsPeopleTypeIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		printed, key := vault.NewRecoveryKey()
		if len(key) != 32 || len(printed) != 44 || strings.ContainsAny(printed, "ILOU") {
			t.Fatalf("%q", printed)
		}
		typed := printed
		for from, tos := range map[string][]string{"0": {"0", "o", "O"}, "1": {"1", "i", "l", "I", "L"}, "-": {"-", " ", "", "\u2013", " - "}} {
			typed = strings.ReplaceAll(typed, from, rapid.SampledFrom(tos).Draw(t, "instead of "+from))
		}
		if rapid.Bool().Draw(t, "small") {
			typed = strings.ToLower(typed)
		}
		got, err := vault.ParseRecoveryKey("  " + typed + "\r\n")
		if err != nil || !bytes.Equal(got, key) {
			t.Fatalf("%q typed as %q: %v", printed, typed, err)
		}
		// One slip of the finger is noticed.
		plain := strings.ReplaceAll(printed, "-", "")
		at := rapid.IntRange(0, len(plain)-1).Draw(t, "at")
		slip := rapid.SampledFrom(strings.Split("23456789ABCDEFGHJKMNPQRSTVWXYZ", "")).Draw(t, "slip")
		if wrong := plain[:at] + slip + plain[at+1:]; wrong != plain {
			if _, err := vault.ParseRecoveryKey(wrong); !errors.Is(err, vault.ErrRecoveryKey) {
				t.Fatalf("%q is taken for %q", wrong, plain)
			}
		}
		if _, err := vault.ParseRecoveryKey(plain[:at]); !errors.Is(err, vault.ErrRecoveryKey) {
			t.Fatal("a cut key is taken")
		}
	})
}

// req: SEAL-5
func TestTheServerSecretIsMadeOnceAndForItsOwnerOnly(t *testing.T) {
	dir := t.TempDir()
	var all [8]*vault.ServerSecret
	var group sync.WaitGroup
	for i := range all { // several starts at once agree
		group.Go(func() {
			var err error
			if all[i], err = vault.LoadServerSecret(dir); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	for _, s := range all {
		if !bytes.Equal(s.MAC("x", []byte("y")), all[0].MAC("x", []byte("y"))) {
			t.Fatal("two starts made two secrets")
		}
	}
	path := filepath.Join(dir, vault.ServerSecretFile)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v %v", info.Mode(), err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 {
		t.Errorf("left behind: %v %v", left, err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := vault.LoadServerSecret(dir); err == nil {
		t.Error("a secret that the group may read is used")
	}
	if err := os.WriteFile(path, []byte("amelie-server-secret-1 c2hvcnQ=\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	os.Chmod(path, 0o600)
	if _, err := vault.LoadServerSecret(dir); err == nil {
		t.Error("a damaged secret is used")
	}
}

func TestTokensAndFingerprintsAreForOnePurposeOnly(t *testing.T) {
	s := vault.NewServerSecret()
	if bytes.Equal(s.MAC("link", []byte("a")), s.MAC("code", []byte("a"))) || bytes.Equal(s.MAC("link", []byte("a")), s.MAC("link", []byte("b"))) {
		t.Error("fingerprints of different things are equal")
	}
	token, err := s.SealToken([]byte("to=/find"), place)
	if err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(token, "+/= ") {
		t.Errorf("%q does not fit into a URL", token)
	}
	if got, err := s.OpenToken(token, place); err != nil || string(got) != "to=/find" {
		t.Errorf("%q %v", got, err)
	}
	for _, bad := range []string{"", token + "A", token[1:], "!", token + "=", strings.ToLower(token)} {
		if _, err := s.OpenToken(bad, place); !errors.Is(err, vault.ErrClosed) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// req: SEAL-4
func TestManySignInsAtOnceCannotExhaustTheMachine(t *testing.T) {
	vault.CheapForTests(t)
	const crowd = 400
	gate := make(chan struct{})
	most := vault.WatchDerivations(t, func() { <-gate })
	results := make(chan error, crowd)
	for range crowd {
		go func() { results <- vault.SpendPassword([]byte("x")) }()
	}
	// While the first ones stand at the gate, those who find the line full are
	// sent away; the others are served once it opens.
	busy := 0
	for busy < crowd-66 {
		if err := <-results; !errors.Is(err, vault.ErrBusy) {
			t.Fatalf("%v", err)
		}
		busy++
	}
	close(gate)
	for range crowd - busy {
		if err := <-results; err != nil {
			t.Errorf("%v", err)
		}
	}
	if most() != 2 {
		t.Errorf("%d derivations ran at the same time", most())
	}
}

func TestACostlyOrAbsurdEnvelopeIsNotEvenTried(t *testing.T) {
	vault.CheapForTests(t)
	env, err := vault.LockPassword([]byte("x"), []byte("p"), place)
	if err != nil {
		t.Fatal(err)
	}
	for name, at := range map[string]int{"passes": 2, "memory": 6} {
		absurd := bytes.Clone(env)
		absurd[at] = 0xff
		if _, err := vault.UnlockPassword(absurd, []byte("p"), place); !errors.Is(err, vault.ErrClosed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if vault.Outdated(env) {
		t.Error("an envelope of today's cost is called outdated")
	}
}

func TestAnEnvelopeOfALowerCostIsOutdatedAndStillOpens(t *testing.T) {
	cheap := func() []byte {
		c := &cleanups{}
		vault.CheapForTests(c)
		defer c.run()
		env, err := vault.LockPassword([]byte("x"), []byte("p"), place)
		if err != nil {
			t.Fatal(err)
		}
		return env
	}()
	if !vault.Outdated(cheap) {
		t.Error("not called outdated")
	}
	if got, err := vault.UnlockPassword(cheap, []byte("p"), place); err != nil || string(got) != "x" {
		t.Errorf("%q %v", got, err)
	}
	today, err := vault.LockPassword([]byte("x"), []byte("p"), place)
	if err != nil || vault.Outdated(today) {
		t.Errorf("today's cost is outdated: %v", err)
	}
	if head := fmt.Sprintf("%x", today[:11]); head != "01030000000300010000"+"02" {
		t.Errorf("the head %s is not 3 passes over 64 MiB in 2 lanes", head)
	}
}

type cleanups struct{ all []func() }

func (c *cleanups) Helper()          {}
func (c *cleanups) Cleanup(f func()) { c.all = append(c.all, f) }
func (c *cleanups) run() {
	for _, f := range c.all {
		f()
	}
}

// The cheap cost is for tests: no file of the program may ask for it.
func TestNoProgramFileMakesPasswordsCheap(t *testing.T) {
	looked := 0
	err := filepath.WalkDir("../..", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.HasSuffix(filepath.ToSlash(path), "internal/vault/password.go") {
			return err
		}
		looked++
		text, err := os.ReadFile(path)
		if bytes.Contains(text, []byte("CheapForTests")) {
			t.Errorf("%s", path)
		}
		return err
	})
	if err != nil || looked < 10 {
		t.Errorf("%d files, %v", looked, err)
	}
}

func BenchmarkSealTo(b *testing.B) {
	k := newPrivate(b)
	plain := make([]byte, 2000)
	for b.Loop() {
		if _, err := vault.SealTo(k.Public(), plain, place); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSealOwn(b *testing.B) {
	k := newPrivate(b)
	plain := make([]byte, 200)
	for b.Loop() {
		if _, err := k.SealOwn(plain, place); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	k := newPrivate(b)
	env, err := vault.SealTo(k.Public(), make([]byte, 2000), place)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := k.Open(env, place); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkUnlockPassword(b *testing.B) {
	env, err := vault.LockPassword([]byte("x"), []byte("p"), place)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := vault.UnlockPassword(env, []byte("p"), place); err != nil {
			b.Fatal(err)
		}
	}
}
