package audit

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"

	"amelie/internal/db"

	"golang.org/x/mod/sumdb/tlog"
)

// line is one line of an export: a log's head, a leaf in its canonical form
// and place, or a checkpoint after the leaves that it covers.
type line struct {
	Log        *head           `json:"log,omitempty"`
	Leaf       json.RawMessage `json:"leaf,omitempty"`
	Checkpoint string          `json:"checkpoint,omitempty"`
}

type head struct {
	Number int64  `json:"number"`
	Origin string `json:"origin"`
	Public string `json:"public"`
	After  string `json:"after,omitempty"`
}

// Export writes all logs as lines of JSON for an auditor, who can check them
// without this database (VerifyExport). It holds identifiers and codes, and
// hashes where something was erasable, without the salts.
func Export(ctx context.Context, d *db.DB, w io.Writer) error {
	out := bufio.NewWriter(w)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	var logs []logRow
	err := d.Read(ctx, func(tx *db.Tx) (err error) { logs, err = allLogs(tx); return err })
	for _, l := range logs {
		if err == nil {
			err = exportLog(ctx, d, l, enc)
		}
	}
	if err != nil {
		return err
	}
	return out.Flush()
}

func exportLog(ctx context.Context, d *db.DB, l logRow, enc *json.Encoder) error {
	if err := enc.Encode(line{Log: &head{l.number, l.origin, l.public, l.after}}); err != nil {
		return err
	}
	var size, from int64
	err := d.Read(ctx, func(tx *db.Tx) (err error) { size, _, err = lastSize(tx, l.number); return err })
	for err == nil && from < size {
		var points []signedPoint
		var leaves []Entry
		err = d.Read(ctx, func(tx *db.Tx) (err error) {
			points, err = checkpointsAfter(tx, l.number, from, 50)
			if err == nil && len(points) > 0 {
				leaves, err = entries(tx, leavesStmt, l.number, from, points[len(points)-1].size)
			}
			return err
		})
		for _, p := range points {
			for len(leaves) > 0 && leaves[0].Position < p.size && err == nil {
				err = enc.Encode(line{Leaf: leaves[0].canonical()})
				leaves = leaves[1:]
			}
			if err == nil {
				err = enc.Encode(line{Checkpoint: p.signed})
			}
			from = p.size
		}
		if len(points) == 0 {
			break
		}
	}
	return err
}

func checkpointsAfter(tx *db.Tx, log, size int64, n int) ([]signedPoint, error) {
	var out []signedPoint
	err := tx.Each(checkpointsStmt, func(scan func(...any) error) error {
		var s signedPoint
		err := scan(&s.size, &s.signed)
		out = append(out, s)
		return err
	}, log, size, n)
	return out, err
}

// VerifyExport checks an export with nothing but the public key of the node
// that signed its newest log. Errors: the input is no export.
func VerifyExport(in io.Reader, public string) (Report, error) {
	v := exported{public: public}
	dec := json.NewDecoder(in)
	for {
		var one line
		err := dec.Decode(&one)
		if err == io.EOF {
			v.endLog(true)
			return v.r, nil
		}
		if err == nil {
			err = v.line(one)
		}
		if err != nil {
			return v.r, fmt.Errorf("audit: export: %w", err)
		}
	}
}

type exported struct {
	public string
	r      Report
	log    *head
	tree   replay
	last   point
	bad    bool
}

func (v *exported) line(one line) error {
	switch {
	case one.Log != nil:
		v.endLog(false)
		if want := v.lastName(); one.Log.After != want {
			v.r.wrong(one.Log.Number, -1, "does not go on where the log before it ends")
		}
		v.r.Logs++
		v.log, v.tree, v.last, v.bad = one.Log, replay{}, point{}, false
	case v.log == nil:
		return fmt.Errorf("an entry before the first log")
	case one.Leaf != nil:
		v.r.Entries++
		_, err := v.tree.add(tlog.RecordHash(one.Leaf))
		return err
	case one.Checkpoint != "":
		return v.checkpoint(one.Checkpoint)
	}
	return nil
}

func (v *exported) checkpoint(signed string) error {
	v.r.Checkpoints++
	p, err := openCheckpoint(signed, v.log.Public)
	if err != nil {
		v.r.wrong(v.log.Number, -1, "a checkpoint is not signed by the log's key")
		return nil
	}
	v.last, v.r.Latest = p, signed
	var root tlog.Hash
	if v.tree.size > 0 {
		if root, err = v.tree.root(); err != nil {
			return err
		}
	}
	if (p.origin != v.log.Origin || p.after != v.log.After || p.size != v.tree.size || p.root != root) && !v.bad {
		v.bad = true
		v.r.wrong(v.log.Number, -1, "the entries up to %d do not give the root that was signed", p.size)
	}
	return nil
}

func (v *exported) lastName() string {
	if v.last.size == 0 {
		return ""
	}
	return v.last.name()
}

func (v *exported) endLog(newest bool) {
	if v.log == nil {
		return
	}
	if v.last.size != v.tree.size {
		v.r.wrong(v.log.Number, -1, "%d entries stand beyond the newest checkpoint", v.tree.size-v.last.size)
	}
	if newest && v.log.Public != v.public {
		v.r.wrong(v.log.Number, -1, "is signed by another key than the one given")
	}
}
