package vault_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"testing"

	"amelie/internal/vault"
)

var update = flag.Bool("update", false, "add vectors of today's writers to testdata/envelopes.json")

// vector is an envelope that some release wrote. Every later release opens it.
type vector struct {
	Kind              string // to-key, data-key, password, key, session
	Key, Envelope     []byte
	Field, Row, Scope string
	Plain             string
}

const vectorFile = "testdata/envelopes.json"

func open(v vector, env, key []byte) ([]byte, error) {
	b := vault.Binding{Field: v.Field, Row: v.Row, Scope: v.Scope}
	switch v.Kind {
	case "to-key":
		k, err := vault.ParsePrivateKey(key)
		if err != nil {
			return nil, vault.ErrClosed
		}
		return k.Open(env, b)
	case "wrapped":
		k, err := vault.ParsePrivateKey(key)
		if err != nil {
			return nil, vault.ErrClosed
		}
		d, err := vault.UnwrapDataKey(k, env[:len(env)-v.fieldSize()], b)
		if err != nil {
			return nil, err
		}
		return d.Open(env[len(env)-v.fieldSize():], b)
	case "password":
		return vault.UnlockPassword(env, key, b)
	case "key":
		return vault.UnlockKey(env, key, b)
	case "session":
		return vault.JoinSession(key, env, b)
	}
	return nil, errors.New("unknown kind of vector " + v.Kind)
}

// fieldSize is the size of the field's envelope behind its wrap.
func (v vector) fieldSize() int { return 2 + 12 + 64 + 16 }

func TestEnvelopesOfEveryReleaseStillOpen(t *testing.T) {
	if *update {
		addVectors(t)
	}
	text, err := os.ReadFile(vectorFile)
	if err != nil {
		t.Fatal(err)
	}
	var all []vector
	if err := json.Unmarshal(text, &all); err != nil || len(all) < 5 {
		t.Fatalf("%d vectors, %v", len(all), err)
	}
	for i, v := range all {
		if got, err := open(v, v.Envelope, v.Key); err != nil || string(got) != v.Plain {
			t.Errorf("vector %d (%s): %q %v", i, v.Kind, got, err)
		}
		if got, err := open(v, v.Envelope, append(bytes.Clone(v.Key[:len(v.Key)-1]), v.Key[len(v.Key)-1]^1)); err == nil {
			t.Errorf("vector %d (%s) opens with another key: %q", i, v.Kind, got)
		}
	}
}

func addVectors(t *testing.T) {
	vault.CheapForTests(t)
	var all []vector
	if text, err := os.ReadFile(vectorFile); err == nil {
		if err := json.Unmarshal(text, &all); err != nil {
			t.Fatal(err)
		}
	}
	b := vault.Binding{Field: "letter.body", Row: "0190", Scope: "house-1"}
	plain := []byte("words of a vector")
	k := newPrivate(t)
	d := vault.NewDataKey()
	toKey, err1 := vault.SealTo(k.Public(), plain, b)
	wrap, err2 := d.WrapTo(k.Public(), b)
	field, err3 := d.Seal(plain, b)
	password, err4 := vault.LockPassword(plain, []byte("κωδικός"), b)
	key32 := bytes.Repeat([]byte{7}, 32)
	key, err5 := vault.LockKey(plain, key32, b)
	cookie, server, err6 := vault.SplitSession(plain, b)
	if err := errors.Join(err1, err2, err3, err4, err5, err6); err != nil {
		t.Fatal(err)
	}
	add := func(kind string, key, env []byte) {
		all = append(all, vector{kind, key, env, b.Field, b.Row, b.Scope, string(plain)})
	}
	add("to-key", k.Bytes(), toKey)
	add("wrapped", k.Bytes(), append(wrap, field...))
	add("password", []byte("κωδικός"), password)
	add("key", key32, key)
	own, err := k.SealOwn(plain, b)
	if err != nil {
		t.Fatal(err)
	}
	add("to-key", k.Bytes(), own) // opened by the same call
	add("session", cookie, server)
	text, err := json.MarshalIndent(all, "", "  ")
	if err == nil {
		err = os.WriteFile(vectorFile, append(text, '\n'), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}
