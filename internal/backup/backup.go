// Package backup copies a running installation's database into one encrypted
// file and brings it back, on the same engine or on the other.
//
// The idea: one repeatable-read snapshot is written row by row in a form that
// both engines can take, compressed, and encrypted with age to a public key,
// so that the machine that makes backups every night cannot read them. A
// restore goes into an empty database only, applies the migrations that the
// backup was taken under, puts the rows back, checks their number and their
// hash, and only then is done; what must not come back (erased and withdrawn
// in the meantime) is the caller's to replay before anybody signs in.
//
// Stored: the file, as the administrator names it. The server's secret and the
// node's key are not in it: they are in the data folder and are kept apart on
// purpose, so that a stolen backup opens nothing that the server seals.
//
// It must never write an unencrypted row to a disk, and never restore over
// data that is there.
package backup

import (
	"bufio"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"

	"filippo.io/age"

	"amelie/internal/db"
)

// Format is the version of the file's content. Readers take all versions up to
// this one.
const Format = 1

// Head is the first line of a backup.
type Head struct {
	Format     int             `json:"format"`
	At         time.Time       `json:"at"`
	Engine     string          `json:"engine"`
	Program    string          `json:"program"`
	Migrations map[string]bool `json:"migrations"`
	Log        string          `json:"log,omitempty"` // the last checkpoint of the audit log
}

// Result says what was written or restored.
type Result struct {
	Head   Head
	Tables int
	Rows   int64
}

type tableLine struct {
	Table   string   `json:"table"`
	Columns []string `json:"columns"`
	Types   []string `json:"types"`
}

type endLine struct {
	End    bool   `json:"end"`
	Tables int    `json:"tables"`
	Rows   int64  `json:"rows"`
	Hash   string `json:"sha256"`
}

// Write takes a backup of d while it is in use and writes it to w, encrypted
// to the recipients. progress, if not nil, is told the number of rows so far.
func Write(ctx context.Context, d *db.DB, w io.Writer, head Head, to []age.Recipient, progress func(rows int64)) (Result, error) {
	if len(to) == 0 {
		return Result{}, errors.New("a backup needs a recipient: it is never written unencrypted")
	}
	enc, err := age.Encrypt(w, to...)
	if err != nil {
		return Result{}, err
	}
	zip := gzip.NewWriter(enc)
	sum := sha256.New()
	out := &lines{json.NewEncoder(io.MultiWriter(zip, sum))}
	head.Format, head.Engine = Format, d.Engine()
	if head.Migrations, err = d.Applied(ctx); err != nil {
		return Result{}, err
	}
	r := Result{Head: head}
	if err := out.put(head); err != nil {
		return r, err
	}
	err = d.Read(ctx, func(tx *db.Tx) error {
		tables, err := tx.Tables()
		if err != nil {
			return err
		}
		r.Tables, r.Rows = 0, 0
		for _, t := range tables {
			if t.Name == "db_migration" {
				continue // made anew by the restore
			}
			if err := out.put(tableLine{t.Name, t.Columns, t.Types}); err != nil {
				return err
			}
			r.Tables++
			err := tx.EachRow(t, func(values []any) error {
				if r.Rows++; progress != nil && r.Rows%1000 == 0 {
					progress(r.Rows)
				}
				return out.put(encoded(values))
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return r, err
	}
	end := endLine{true, r.Tables, r.Rows, hex.EncodeToString(sum.Sum(nil))}
	if err := json.NewEncoder(zip).Encode(end); err != nil {
		return r, err
	}
	return r, errors.Join(zip.Close(), enc.Close())
}

type lines struct{ enc *json.Encoder }

func (l *lines) put(v any) error { return l.enc.Encode(v) }

// encoded makes a row of JSON values; bytes become {"b": base64}.
func encoded(values []any) []any {
	for i, v := range values {
		if b, ok := v.([]byte); ok {
			values[i] = blob{base64.StdEncoding.EncodeToString(b)}
		}
	}
	return values
}

type blob struct {
	B string `json:"b"`
}

// Restore reads a backup into an empty database.
// Errors: not an age file for this identity; a torn or altered file; a
// database that is not empty; a backup from a newer program.
func Restore(ctx context.Context, d *db.DB, r io.Reader, who []age.Identity, schemas []db.Schema, progress func(rows int64)) (Result, error) {
	in, err := open(r, who)
	if err != nil {
		return Result{}, err
	}
	head, err := in.head()
	if err != nil {
		return Result{}, err
	}
	res := Result{Head: head}
	if err := d.MigrateTo(ctx, head.Migrations, schemas...); err != nil {
		return res, err
	}
	if err := d.Write(ctx, func(tx *db.Tx) error { return empty(tx) }); err != nil {
		return res, err
	}
	// One transaction for everything: a restore that fails half-way leaves an
	// empty database. Its body is not rerun harmfully: nobody else is here.
	err = d.Write(ctx, func(tx *db.Tx) error {
		if err := in.rows(tx, &res, progress); err != nil {
			return err
		}
		_, err := db.Once(tx, onceScope, onceToken, time.UnixMilli(1<<50)) // never old enough to be swept
		return err
	})
	return res, err
}

// The mark of a database that a restore has filled and not finished.
const onceScope, onceToken = "restore", "unfinished"

// Finished takes the mark of Restore away, in the transaction in which everything
// was ended again that must not come back.
func Finished(tx *db.Tx) error { return db.ForgetOne(tx, onceScope, onceToken) }

// Unfinished says whether a restore filled the database and broke off before it was
// finished: nobody may sign in then.
//
// req: RESTORE-2
func Unfinished(ctx context.Context, d *db.DB) (is bool, err error) {
	err = d.Read(ctx, func(tx *db.Tx) (err error) { is, err = db.Seen(tx, onceScope, onceToken); return err })
	return is, err
}

// empty refuses a database in which somebody has worked.
func empty(tx *db.Tx) error {
	tables, err := tx.Tables()
	if err != nil {
		return err
	}
	used := errors.New("the database is not empty: a restore never writes over what is there")
	for _, t := range tables {
		if t.Name == "db_migration" {
			continue
		}
		if err := tx.EachRow(t, func([]any) error { return used }); err != nil {
			return err
		}
	}
	return nil
}

type reader struct {
	in  *bufio.Reader
	sum hash.Hash
}

func open(r io.Reader, who []age.Identity) (*reader, error) {
	plain, err := age.Decrypt(r, who...)
	if err != nil {
		return nil, fmt.Errorf("open the backup: %w", err)
	}
	zip, err := gzip.NewReader(plain)
	if err != nil {
		return nil, fmt.Errorf("open the backup: %w", err)
	}
	return &reader{bufio.NewReaderSize(zip, 1<<16), sha256.New()}, nil
}

// line reads one line; the hash covers all lines but the last.
func (r *reader) line() ([]byte, error) {
	b, err := r.in.ReadBytes('\n')
	if err != nil {
		return nil, fmt.Errorf("the backup ends too early: %w", err)
	}
	return b, nil
}

func (r *reader) head() (Head, error) {
	var h Head
	b, err := r.line()
	if err != nil {
		return h, err
	}
	r.sum.Write(b)
	if err := json.Unmarshal(b, &h); err != nil {
		return h, fmt.Errorf("not a backup: %w", err)
	}
	if h.Format < 1 || h.Format > Format {
		return h, fmt.Errorf("the backup has format %d; this program reads up to %d", h.Format, Format)
	}
	return h, nil
}

const insertBatch = 200

func (r *reader) rows(tx *db.Tx, res *Result, progress func(int64)) error {
	known, err := byName(tx)
	if err != nil {
		return err
	}
	var t db.Table
	var pending [][]any
	flush := func() error {
		err := tx.Insert(t, pending)
		pending = pending[:0]
		return err
	}
	for {
		b, err := r.line()
		if err != nil {
			return err
		}
		switch {
		case b[0] == '[':
			r.sum.Write(b)
			values, err := decoded(b, t)
			if err != nil {
				return err
			}
			if pending = append(pending, values); len(pending) == insertBatch {
				if err := flush(); err != nil {
					return err
				}
			}
			if res.Rows++; progress != nil && res.Rows%1000 == 0 {
				progress(res.Rows)
			}
		default:
			if err := flush(); err != nil {
				return err
			}
			var l struct {
				tableLine
				endLine
			}
			if err := json.Unmarshal(b, &l); err != nil {
				return fmt.Errorf("the backup is damaged: %w", err)
			}
			if l.End {
				return r.ended(l.endLine, res)
			}
			r.sum.Write(b)
			if _, ok := known[l.Table]; !ok {
				return fmt.Errorf("the backup is damaged: table %q", l.Table)
			}
			t = db.Table{Name: l.Table, Columns: l.Columns, Types: l.Types}
			res.Tables++
		}
	}
}

// ended compares what was read with what the last line promises, and that
// nothing follows: the end of an age file is only authentic when it is reached.
func (r *reader) ended(e endLine, res *Result) error {
	if e.Tables != res.Tables || e.Rows != res.Rows || e.Hash != hex.EncodeToString(r.sum.Sum(nil)) {
		return errors.New("the backup is damaged: its contents do not match its last line")
	}
	if _, err := r.in.ReadByte(); err != io.EOF {
		return errors.New("the backup is damaged: something follows its last line")
	}
	return nil
}

func byName(tx *db.Tx) (map[string]db.Table, error) {
	tables, err := tx.Tables()
	m := map[string]db.Table{}
	for _, t := range tables {
		m[t.Name] = t
	}
	return m, err
}

func decoded(line []byte, t db.Table) ([]any, error) {
	var raw []json.RawMessage
	if err := json.Unmarshal(line, &raw); err != nil || len(raw) != len(t.Columns) {
		return nil, fmt.Errorf("the backup is damaged: a row of %q", t.Name)
	}
	values := make([]any, len(raw))
	for i, v := range raw {
		if string(v) == "null" {
			continue
		}
		var err error
		switch t.Types[i] {
		case "BYTEA":
			var b blob
			if err = json.Unmarshal(v, &b); err == nil {
				values[i], err = base64.StdEncoding.DecodeString(b.B)
			}
		case "BIGINT":
			var n int64
			err = json.Unmarshal(v, &n)
			values[i] = n
		default:
			var s string
			err = json.Unmarshal(v, &s)
			values[i] = s
		}
		if err != nil {
			return nil, fmt.Errorf("the backup is damaged: a row of %q", t.Name)
		}
	}
	return values, nil
}

// Check reads a whole backup without restoring it.
func Check(r io.Reader, who []age.Identity) (Result, error) {
	in, err := open(r, who)
	if err != nil {
		return Result{}, err
	}
	head, err := in.head()
	if err != nil {
		return Result{}, err
	}
	res := Result{Head: head}
	for {
		b, err := in.line()
		if err != nil {
			return res, err
		}
		if b[0] == '[' {
			res.Rows++
			in.sum.Write(b)
			continue
		}
		var e endLine
		if err := json.Unmarshal(b, &e); err != nil {
			return res, fmt.Errorf("the backup is damaged: %w", err)
		}
		if e.End {
			return res, in.ended(e, &res)
		}
		in.sum.Write(b)
		res.Tables++
	}
}
