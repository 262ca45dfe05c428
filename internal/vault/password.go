package vault

import (
	"crypto/subtle"
	"encoding/binary"
	"sync/atomic"

	"amelie/internal/fault"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// Cost is how hard guessing a password is made (RFC 9106): passes over the
// memory, its size in KiB, and lanes. It stands in the envelope, so that it
// can be raised later without locking anyone out.
type Cost struct {
	Passes uint32
	Memory uint32 // KiB
	Lanes  uint8
}

// standardCost is what every new password envelope gets: RFC 9106's second
// recommendation with two lanes, since small servers have two cores.
var standardCost = Cost{Passes: 3, Memory: 64 << 10, Lanes: 2}

// The most that a reader takes, so that a changed envelope cannot exhaust
// the machine.
var mostCost = Cost{Passes: 16, Memory: 256 << 10, Lanes: 8}

const (
	passwordSalt = 16
	passwordHead = 4 + 4 + 1 + passwordSalt
	atOnce       = 2  // derivations at the same time: 128 MiB
	mayWait      = 64 // further ones in line; the next is told to come back
)

var (
	cost    atomic.Pointer[Cost]
	seats   = make(chan struct{}, atOnce)
	waiting atomic.Int32
	argon   = argon2.IDKey // a test watches it
)

// ErrBusy says that too many sign-ins are being checked at this moment.
var ErrBusy = fault.New(fault.Unavailable, "")

// tester is the part of testing.TB that CheapForTests needs.
type tester interface {
	Helper()
	Cleanup(func())
}

// CheapForTests makes password derivation cheap until the test ends. Only
// test files may call it; a test in this package looks.
func CheapForTests(t tester) {
	t.Helper()
	old := cost.Swap(&Cost{Passes: 1, Memory: 64, Lanes: 1})
	t.Cleanup(func() { cost.Store(old) })
}

func currentCost() Cost {
	if c := cost.Load(); c != nil {
		return *c
	}
	return standardCost
}

// LockPassword closes a secret, usually a user's private key, under a
// password. The password is taken in Unicode form C, so that it is the same
// from every keyboard. ErrBusy when too many are being derived.
func LockPassword(secret, password []byte, b Binding) ([]byte, error) {
	if err := b.check(); err != nil {
		return nil, err
	}
	c := currentCost()
	env := []byte{version1, algPassword}
	env = binary.BigEndian.AppendUint32(env, c.Passes)
	env = binary.BigEndian.AppendUint32(env, c.Memory)
	env = append(env, c.Lanes)
	salt := random(passwordSalt)
	env = append(env, salt...)
	key, err := stretch(password, salt, c)
	if err != nil {
		return nil, err
	}
	// The cost and the salt are authenticated through the key.
	return gcm(key).Seal(env, nil, pad(secret), b.authenticated(version1, algPassword)), nil
}

// UnlockPassword opens what LockPassword closed, or says ErrClosed; it is at
// the same time the check of the password, with one derivation for both.
func UnlockPassword(env, password []byte, b Binding) ([]byte, error) {
	rest, err := body(env, algPassword)
	if err != nil || len(rest) < passwordHead {
		return nil, ErrClosed
	}
	c := Cost{binary.BigEndian.Uint32(rest), binary.BigEndian.Uint32(rest[4:]), rest[8]}
	if !c.bearable() {
		return nil, ErrClosed
	}
	key, err := stretch(password, rest[9:passwordHead], c)
	if err != nil {
		return nil, err
	}
	padded, err := gcm(key).Open(nil, nil, rest[passwordHead:], b.authenticated(version1, algPassword))
	if err != nil {
		return nil, ErrClosed
	}
	return unpad(padded)
}

// SpendPassword does the work of UnlockPassword for an account that does not
// exist, so that time does not tell which accounts do.
func SpendPassword(password []byte) error {
	key, err := stretch(password, make([]byte, passwordSalt), currentCost())
	if err == nil {
		subtle.ConstantTimeCompare(key, make([]byte, keySize))
	}
	return err
}

// lastingCost is what SlowMAC takes. It can never change: what was reckoned at
// another cost is another fingerprint.
var lastingCost = Cost{Passes: 3, Memory: 64 << 10, Lanes: 2}

// SlowMAC is a keyed fingerprint of data that is easy to guess, 32 bytes: even
// for whoever has the server secret each guess costs as much as one at a
// password. ErrBusy when too many are being derived.
func (s *ServerSecret) SlowMAC(purpose string, data []byte) ([]byte, error) {
	c := lastingCost
	if cheap := cost.Load(); cheap != nil {
		c = *cheap
	}
	return stretch(data, s.MAC(purpose+" salt", nil), c)
}

// Outdated says whether a password envelope was made at a lower cost than
// today's, so that the next sign-in can lock it anew.
func Outdated(env []byte) bool {
	rest, err := body(env, algPassword)
	if err != nil || len(rest) < passwordHead {
		return false
	}
	now := currentCost()
	return binary.BigEndian.Uint32(rest) < now.Passes || binary.BigEndian.Uint32(rest[4:]) < now.Memory
}

func (c Cost) bearable() bool {
	return c.Passes >= 1 && c.Passes <= mostCost.Passes &&
		c.Lanes >= 1 && c.Lanes <= mostCost.Lanes &&
		c.Memory >= 8*uint32(c.Lanes) && c.Memory <= mostCost.Memory
}

// stretch derives, at most atOnce at a time.
// req: SEAL-4
func stretch(password, salt []byte, c Cost) ([]byte, error) {
	if waiting.Add(1) > atOnce+mayWait {
		waiting.Add(-1)
		return nil, ErrBusy
	}
	defer waiting.Add(-1)
	seats <- struct{}{}
	defer func() { <-seats }()
	return argon(norm.NFC.Bytes(password), salt, c.Passes, c.Memory, c.Lanes, keySize), nil
}

// LockKey closes a secret under a key of 32 bytes: the output of a passkey's
// PRF extension, or a recovery key.
func LockKey(secret, key32 []byte, b Binding) ([]byte, error) {
	if len(key32) != keySize {
		return nil, fault.New(fault.Internal, "").Because(errKeySize)
	}
	return lock(key32, secret, b, algKey)
}

// UnlockKey opens what LockKey closed, or says ErrClosed.
func UnlockKey(env, key32 []byte, b Binding) ([]byte, error) {
	if len(key32) != keySize {
		return nil, ErrClosed
	}
	return unlock(key32, env, b, algKey)
}
