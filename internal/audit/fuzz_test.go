package audit_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"amelie/internal/audit"
	"amelie/internal/db"
	"amelie/internal/db/dbtest"
)

var update = flag.Bool("update", false, "write testdata/log.jsonl anew: only when a log of an earlier release need not be read any more")

const (
	oldLog = "testdata/log.jsonl"
	oldKey = "testdata/log.public"
)

// A log that an earlier release wrote and signed is proved by every later one:
// neither the form of a leaf nor that of a checkpoint may change.
func TestALogOfAnEarlierReleaseStillProves(t *testing.T) {
	if *update {
		writeOldLog(t)
	}
	text, err := os.ReadFile(oldLog)
	if err != nil {
		t.Fatal(err)
	}
	public, err := os.ReadFile(oldKey)
	if err != nil {
		t.Fatal(err)
	}
	r, err := audit.VerifyExport(bytes.NewReader(text), strings.TrimSpace(string(public)))
	if err != nil || !r.OK() || r.Entries != 8 || r.Logs != 2 {
		t.Errorf("%s %v", r, err)
	}
}

// writeOldLog makes a small log with everything in it: erasable values, a
// visitor, several checkpoints, a restore.
func writeOldLog(t *testing.T) {
	d := dbtest.Open(t, audit.Schema)
	k := newKey(t)
	l := audit.NewLog(d, k, fixed, nil, "")
	for n := range 6 {
		record(t, d, n)
		if n%2 == 1 {
			appendAll(t, l, 2)
		}
	}
	write(t, d, func(tx *db.Tx) error { return audit.Fork(tx, k, start, "restore") })
	write(t, d, func(tx *db.Tx) error {
		return audit.Record(tx, audit.Event{At: start, Action: "letter.opened <&>", Object: "letter/ü\"", Erasable: map[string]string{"by": "anna", "at": "noon"}})
	})
	appendAll(t, l, 2)
	var out bytes.Buffer
	if err := audit.Export(ctx, d, &out); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(oldLog, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(oldKey, []byte(k.Public()+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
}

// Whatever an auditor is handed, the check answers without a panic, and
// nothing but the genuine log passes under its key.
func FuzzVerifyExport(f *testing.F) {
	text, err := os.ReadFile(oldLog)
	if err != nil {
		f.Fatal(err)
	}
	public, err := os.ReadFile(oldKey)
	if err != nil {
		f.Fatal(err)
	}
	key := strings.TrimSpace(string(public))
	f.Add(text)
	f.Add(text[:len(text)/2])
	f.Add([]byte(`{"log":{"number":1,"origin":"x","public":"y"}}` + "\n" + `{"leaf":[]}` + "\n" + `{"checkpoint":"x"}`))
	f.Add([]byte(`{"leaf":["a"]}`))
	f.Add(bytes.Replace(text, []byte("letter/3"), []byte("letter/4"), 1))
	f.Fuzz(func(t *testing.T, in []byte) {
		r, err := audit.VerifyExport(bytes.NewReader(in), key)
		if err != nil || !r.OK() {
			return
		}
		// The beginning of the genuine log, up to a checkpoint, is genuine too.
		genuine, got := leaves(text), leaves(in)
		if len(got) > len(genuine) || !slices.Equal(got, genuine[:len(got)]) {
			t.Fatalf("a forged log of %d entries passes:\n%s", r.Entries, in)
		}
	})
}

// leaves lists the entries of an export, byte by byte.
func leaves(export []byte) (out []string) {
	dec := json.NewDecoder(bytes.NewReader(export))
	for {
		var line struct{ Leaf json.RawMessage }
		if dec.Decode(&line) != nil {
			return out
		}
		if line.Leaf != nil {
			out = append(out, string(line.Leaf))
		}
	}
}

// Only a kept checkpoint that this node signed counts.
func FuzzKeptCheckpoint(f *testing.F) {
	d := dbtest.Open(f, audit.Schema)
	k := newKey(f)
	record(f, d, 1)
	if _, err := audit.NewLog(d, k, fixed, nil, "").Append(ctx); err != nil {
		f.Fatal(err)
	}
	genuine := verify(f, d, k).Latest
	f.Add(genuine)
	f.Add("")
	f.Add("amelie.log/x/1\n1\nAAAA\n\n— amelie-x AAAA\n")
	f.Add(strings.Replace(genuine, "\n1\n", "\n2\n", 1))
	f.Fuzz(func(t *testing.T, kept string) {
		r, err := audit.Verify(ctx, d, k.Public(), kept)
		if err != nil {
			t.Fatal(err)
		}
		if r.OK() && kept != genuine {
			t.Fatalf("%q is taken for a checkpoint of this log", kept)
		}
	})
}
