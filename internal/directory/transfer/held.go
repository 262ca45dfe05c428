package transfer

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"time"

	"amelie/internal/audit"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/id"
)

// Held is how long a table waits for somebody to say what its columns are, and
// how long it can be read anew with other columns.
const Held = 24 * time.Hour

// partSize is how much of a held table stands in one row, in bytes.
const partSize = 1 << 20

// Mapping is what the columns of a foreign table are, kept under a name.
type Mapping struct {
	ID, Name string
	Options  Options // Columns, Constants and what stands beside them
	By       string
	At       time.Time
}

// Hold keeps a table whose columns are not ours until somebody says what they
// are; nothing is read yet.
func (s *Service) Hold(ctx context.Context, who Who, name string, o Options, content []byte) (Import, error) {
	i := s.newImport(who, name, Flat, o, int64(len(content)))
	i.State = Asking
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := s.require(tx, who, "directory.import"); err != nil {
			return err
		}
		if err := insertImport(tx, i); err != nil {
			return err
		}
		return insertParts(tx, i.ID, content)
	})
	return i, fault.Wrap(err, "transfer hold")
}

// HeldTable looks into a held table. Errors: fault.Conflict when it is not held
// any more.
func (s *Service) HeldTable(ctx context.Context, importID string) (Table, error) {
	content, err := s.held(ctx, importID)
	if err != nil {
		return Table{}, err
	}
	return LookInto(content)
}

func (s *Service) held(ctx context.Context, importID string) (content []byte, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		content, err = readParts(tx, importID)
		return err
	})
	if err == nil && len(content) == 0 {
		err = fault.New(fault.Conflict, "transfer.error.ended")
	}
	return content, err
}

// StageHeld reads a held table with the columns of o, as often as somebody
// changes them, and keeps them under a name unless that is "". When it cannot
// be read the table stays held.
//
// Errors: *FileError; fault.Conflict when it was decided on or is being read.
func (s *Service) StageHeld(ctx context.Context, who Who, importID string, o Options, keep string) (Import, error) {
	i, err := s.Import(ctx, importID)
	if err != nil {
		return i, err
	}
	content, err := s.held(ctx, importID)
	if err != nil {
		return i, err
	}
	t, err := LookInto(content)
	if err != nil {
		return i, err
	}
	i.Options, i.State = o, Reading
	g, err := s.begin(ctx, i, nil, func(tx *db.Tx) error {
		if err := s.require(tx, who, "directory.import"); err != nil {
			return err
		}
		if err := reopen(tx, i, s.Now()); err != nil || keep == "" {
			return err
		}
		return s.keep(tx, who, t, Mapping{ID: id.New(), Name: keep, Options: o, By: who.Name, At: s.Now()})
	})
	if err != nil {
		return i, err
	}
	if err := g.readAll(bytes.NewReader(content)); err != nil {
		s.hold(context.WithoutCancel(ctx), i.ID)
		return i, err
	}
	return s.Import(ctx, i.ID)
}

// hold puts a table that could not be read back to where it waited.
func (s *Service) hold(ctx context.Context, importID string) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(heldAgainStmt, clock.Millis(s.Now()), importID); err != nil {
			return err
		}
		_, err := tx.Exec(dropRowsStmt, importID)
		return err
	})
}

func (s *Service) keep(tx *db.Tx, who Who, t Table, m Mapping) error {
	m.Options.Terms, m.Options.Missing = nil, false
	options, err := json.Marshal(m.Options)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(putMappingStmt, m.ID, m.Name, t.Mark(), string(options), who.User, who.Name, clock.Millis(m.At)); err != nil {
		return err
	}
	return s.noted(tx, who, "directory.columns-kept")
}

// Forget drops what was kept under a name.
func (s *Service) Forget(ctx context.Context, who Who, mappingID string) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := s.require(tx, who, "directory.import"); err != nil {
			return err
		}
		if n, err := tx.Exec(dropMappingStmt, mappingID); err != nil || n == 0 {
			return err
		}
		return s.noted(tx, who, "directory.columns-forgotten")
	})
}

func (s *Service) noted(tx *db.Tx, who Who, action string) error {
	return audit.Record(tx, audit.Event{At: s.Now(), Actor: who.User, Agency: who.Agency, Action: action, Object: "directory"})
}

// Mappings are what was kept for tables of the same columns, the newest first.
func (s *Service) Mappings(ctx context.Context, t Table) (list []Mapping, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		list, err = readMappings(tx, t.Mark())
		return err
	})
	return list, err
}

// Mark tells tables of the same columns, in whatever order.
func (t Table) Mark() string { return strings.Join(t.sorted(), "\n") }
