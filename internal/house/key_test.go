package house

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestAKeyIsReadAsPeopleTypeIt(t *testing.T) {
	recipient, groups, err := newKey()
	if err != nil {
		t.Fatal(err)
	}
	if len(groups) < 14 || len(groups) > 20 {
		t.Fatalf("%d groups", len(groups))
	}
	whole := strings.Join(groups, " ")
	for _, typed := range []string{whole, strings.ToLower(whole), keyHead + strings.Join(groups, ""), strings.ToLower(keyHead) + " " + strings.Join(groups, "-"), strings.Join(groups, "\n"),
		strings.NewReplacer("0", "O", "L", "1").Replace(whole)} {
		id, err := ParseKey(typed)
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		if id.Recipient().String() != recipient {
			t.Error("another key was read")
		}
	}
}

func TestAMistakeInTheKeyIsFound(t *testing.T) {
	_, groups, err := newKey()
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(groups, "")
	const alphabet = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.IntRange(0, len(text)-1).Draw(t, "at")
		c := alphabet[rapid.IntRange(0, 31).Draw(t, "letter")]
		if text[at] == c {
			return
		}
		if _, err := ParseKey(text[:at] + string(c) + text[at+1:]); err != ErrKey {
			t.Fatalf("a wrong letter at %d went unseen: %v", at, err)
		}
	})
	for _, typed := range []string{"", " ", text[:len(text)-1], text + "Q", "AGE-SECRET-KEY-1" + text, "ß" + text[1:]} {
		if _, err := ParseKey(typed); err != ErrKey {
			t.Errorf("%d characters were taken: %v", len(typed), err)
		}
	}
}

func FuzzParseKey(f *testing.F) {
	f.Add("")
	f.Add(keyHead + "QQQQ")
	f.Add("age-secret-key-pq-1 l1o0 \u00a0-")
	f.Fuzz(func(t *testing.T, typed string) {
		if id, err := ParseKey(typed); err == nil && !strings.HasPrefix(id.String(), keyHead) {
			t.Error("a key of another kind")
		}
	})
}
