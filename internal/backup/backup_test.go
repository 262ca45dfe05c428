package backup_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"testing"
	"time"

	"filippo.io/age"

	"amelie/internal/backup"
	"amelie/internal/db"
	"amelie/internal/db/dbtest"
)

var (
	put = db.Statement(`INSERT INTO note (id, n, body) VALUES ($1, $2, $3)`)
	all = db.Statement(`SELECT id, n, body FROM note ORDER BY id`)
)

func fill(t *testing.T, d *db.DB) {
	t.Helper()
	err := d.Write(context.Background(), func(tx *db.Tx) error {
		for i := range 450 {
			body := []byte{byte(i), 0, 255}
			switch i {
			case 7:
				body = nil
			case 8:
				body = []byte{}
			}
			if _, err := tx.Exec(put, fmt.Sprintf("note-%04d-ξενώνας\n\"", i), int64(i)<<50, body); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func content(t *testing.T, d *db.DB) string {
	t.Helper()
	var b bytes.Buffer
	err := d.Read(context.Background(), func(tx *db.Tx) error {
		return tx.Each(all, func(scan func(...any) error) error {
			var id string
			var n int64
			var body sql.Null[[]byte] // an empty value is not a missing one
			err := scan(&id, &n, &body)
			fmt.Fprintln(&b, id, n, body.Valid, body.V)
			return err
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func identity(t *testing.T) *age.X25519Identity {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func taken(t *testing.T, d *db.DB, to age.Recipient) []byte {
	t.Helper()
	var file bytes.Buffer
	r, err := backup.Write(context.Background(), d, &file, backup.Head{At: time.Unix(1, 0)}, []age.Recipient{to}, nil)
	if err != nil || r.Rows < 450 {
		t.Fatalf("%+v %v", r, err)
	}
	return file.Bytes()
}

func TestABackupComesBackOnEitherEngine(t *testing.T) {
	who := identity(t)
	dbtest.Each(t, []db.Schema{dbtest.Note}, func(t *testing.T, from *db.DB) {
		fill(t, from)
		file := taken(t, from, who.Recipient())
		if bytes.Contains(file, []byte("note-0001")) {
			t.Error("the file is readable")
		}
		dbtest.Each(t, nil, func(t *testing.T, to *db.DB) {
			r, err := backup.Restore(context.Background(), to, bytes.NewReader(file), []age.Identity{who}, []db.Schema{dbtest.Note}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if r.Head.Engine != from.Engine() || content(t, to) != content(t, from) {
				t.Error("what came back differs")
			}
		})
	})
}

func TestADamagedOrForeignBackupChangesNothing(t *testing.T) {
	who := identity(t)
	from := dbtest.Open(t, dbtest.Note)
	fill(t, from)
	good := taken(t, from, who.Recipient())
	bad := map[string][]byte{"cut": good[:len(good)-20], "half": good[:len(good)/2], "empty": nil, "flipped": bytes.Clone(good)}
	bad["flipped"][len(good)-100] ^= 1
	for name, file := range bad {
		to := dbtest.Open(t, dbtest.Note)
		if _, err := backup.Restore(context.Background(), to, bytes.NewReader(file), []age.Identity{who}, []db.Schema{dbtest.Note}, nil); err == nil {
			t.Errorf("%s: restored", name)
		}
		if content(t, to) != "" {
			t.Errorf("%s: rows were left behind", name)
		}
		if _, err := backup.Check(bytes.NewReader(file), []age.Identity{who}); err == nil {
			t.Errorf("%s: passed the check", name)
		}
	}
	to := dbtest.Open(t, dbtest.Note)
	if _, err := backup.Restore(context.Background(), to, bytes.NewReader(good), []age.Identity{identity(t)}, []db.Schema{dbtest.Note}, nil); err == nil {
		t.Error("opened with another key")
	}
	if r, err := backup.Check(bytes.NewReader(good), []age.Identity{who}); err != nil || r.Rows != 450 {
		t.Errorf("the good one: %+v %v", r, err)
	}
}

func TestARestoreNeverWritesOverWhatIsThere(t *testing.T) {
	who := identity(t)
	from := dbtest.Open(t, dbtest.Note)
	fill(t, from)
	file := taken(t, from, who.Recipient())
	if _, err := backup.Restore(context.Background(), from, bytes.NewReader(file), []age.Identity{who}, []db.Schema{dbtest.Note}, nil); err == nil {
		t.Error("restored over a used database")
	}
}

func TestABackupWithoutARecipientIsRefused(t *testing.T) {
	if _, err := backup.Write(context.Background(), dbtest.Open(t, dbtest.Note), &bytes.Buffer{}, backup.Head{}, nil, nil); err == nil {
		t.Error("an unencrypted backup was written")
	}
}
