package transfer

import (
	"context"
	"encoding/json"
	"fmt"

	"amelie/internal/audit"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/directory"
	"amelie/internal/fault"
	"amelie/internal/id"
)

// Word is what whoever applies an import has decided.
type Word struct {
	Without  bool // leave out the refused rows
	Contacts bool // the changed contacts come from the bodies themselves, or were checked
	Edited   bool // what was edited here may be replaced
}

// Apply brings all rows of an import into the directory in one transaction, or
// none.
//
// Errors: fault.Conflict when it is over already, still being read, has refused
// rows that are not to be left out, or changes contacts or edited rows without
// a word; fault.Stale when the directory moved since it was laid beside.
//
// req: TRANSFER-5
func (s *Service) Apply(ctx context.Context, who Who, importID string, word Word) error {
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := s.require(tx, who, "directory.import"); err != nil {
			return err
		}
		i, err := db.First(readImports(tx, importStmt, importID))
		if err != nil {
			return err
		}
		if err := ripe(i, word); err != nil {
			return err
		}
		now := s.Now()
		if _, err := tx.Exec(endStmt, string(Applied), clock.Millis(now), i.ID); err != nil {
			return err
		}
		if err := forgetEnded(tx); err != nil {
			return err
		}
		if err := unmoved(tx, i.ID); err != nil {
			return err
		}
		if err := s.unverify(tx, i.ID); err != nil {
			return err
		}
		if err := bring(tx, i.ID); err != nil {
			return err
		}
		if err := uncalled(tx, i); err != nil {
			return err
		}
		if i.Undoes != "" {
			if _, err := tx.Exec(undoneStmt, i.ID, i.Undoes); err != nil {
				return err
			}
			if _, err := tx.Exec(dropExternalsStmt, i.Undoes); err != nil {
				return err
			}
		}
		if err := s.Directory.Bump(tx, now); err != nil {
			return err
		}
		return audit.Record(tx, audit.Event{At: now, Actor: who.User, Agency: who.Agency, Action: "directory.imported", Object: "directory/import/" + i.ID,
			Purpose: fmt.Sprintf("add %d, change %d, remove %d", i.Counts[Add], i.Counts[Alter], i.Counts[Remove])})
	})
	s.Directory.Refresh()
	return fault.Wrap(err, "transfer apply")
}

func ripe(i Import, word Word) error {
	switch {
	case i.State == Reading:
		return fault.New(fault.Conflict, "transfer.error.reading")
	case i.State != Ready:
		return fault.New(fault.Conflict, "transfer.error.ended")
	case i.Counts[Refuse] > 0 && !word.Without:
		return fault.New(fault.Conflict, "transfer.error.refused", "n", i.Counts[Refuse])
	case i.Contacts > 0 && !word.Contacts && i.Undoes == "":
		return fault.New(fault.Conflict, "transfer.error.contacts", "n", i.Contacts)
	case i.Edited > 0 && !word.Edited && i.Undoes == "":
		return fault.New(fault.Conflict, "transfer.error.edited", "n", i.Edited)
	case i.Counts[Add]+i.Counts[Alter]+i.Counts[Remove] == 0:
		return fault.New(fault.Conflict, "transfer.error.nothing")
	}
	return nil
}

// unmoved makes sure that the directory is what the preview showed.
func unmoved(tx *db.Tx, importID string) error {
	for _, stmt := range []*db.Stmt{movedOrganizations, movedServices, movedPlaces, goneOrganizations, goneServices, gonePlaces} {
		n, err := count(tx, stmt, importID)
		if err != nil {
			return err
		}
		if n > 0 {
			return fault.New(fault.Stale, "transfer.error.moved", "n", n)
		}
	}
	return nil
}

// unverify takes the verification away from the parts that the import changes:
// a number that came with a file was not called. Only rows that somebody
// verified are read.
//
// req: ROUND-1
func (s *Service) unverify(tx *db.Tx, importID string) error {
	list, err := readLaid(tx, verifiedRowsStmt, importID)
	if err != nil {
		return err
	}
	for _, l := range list {
		r, err := l.row()
		if err != nil {
			return err
		}
		was, will := directory.Row{Kind: l.kind, ID: l.rowID}, directory.Row{Kind: l.kind, ID: l.rowID}
		if r.Before != nil {
			was = *r.Before
		}
		if r.After != nil {
			will = *r.After
		}
		if err := s.Directory.Unverify(tx, was, will); err != nil {
			return err
		}
	}
	return nil
}

// uncalled marks the contacts that came with the file as not called yet, since
// they are live by one person's word; taking the file back brings back those
// that were known before it.
//
// req: TRANSFER-7
func uncalled(tx *db.Tx, i Import) error {
	if i.Undoes != "" {
		_, err := tx.Exec(knownAgain, i.ID, i.ID)
		return err
	}
	_, err := tx.Exec(uncalledContacts, i.ID)
	return err
}

// bring takes out and puts in, each kind with one statement. Whoever counts
// rows that could not be taken out finds children that the import does not know.
func bring(tx *db.Tx, importID string) error {
	for _, stmt := range []*db.Stmt{rememberRemovedPlaces, rememberRemovedServices, rememberRemovedBodies, bringHistory, takePlaces, takeServices, takeOrganizations, bringOrganizations} {
		if _, err := tx.Exec(stmt, importID); err != nil {
			return err
		}
	}
	for _, step := range []struct{ orphans, bring *db.Stmt }{{orphanServices, bringServices}, {orphanPlaces, bringPlaces}} {
		n, err := count(tx, step.orphans, importID)
		if err != nil {
			return err
		}
		if n > 0 {
			return fault.New(fault.Stale, "transfer.error.moved", "n", n)
		}
		if _, err := tx.Exec(step.bring, importID); err != nil {
			return err
		}
	}
	left, err := count(tx, leftStmt, importID)
	if err == nil && left > 0 {
		err = fault.New(fault.Conflict, "directory.error.has-children")
	}
	return err
}

// Undo lays beside what takes an applied import back. What was changed since
// is refused, row by row; applying the rest is the caller's next step.
//
// Errors: fault.Conflict when it was not applied, was undone, or is too old.
func (s *Service) Undo(ctx context.Context, who Who, importID string) (Import, error) {
	of, err := s.Import(ctx, importID)
	if err != nil {
		return of, err
	}
	if of.State != Applied || of.UndoneBy != "" || s.Now().Sub(of.Ended) > KeptFor {
		return of, fault.New(fault.Conflict, "transfer.error.ended")
	}
	i := Import{ID: id.New(), Name: of.Name, Format: Undo, State: Reading, ByUser: who.User, By: who.Name, Began: s.Now(), Touched: s.Now(), Undoes: of.ID}
	g, err := s.begin(ctx, i, nil, func(tx *db.Tx) error {
		if err := s.require(tx, who, "directory.import"); err != nil {
			return err
		}
		return insertImport(tx, i)
	})
	if err != nil {
		return i, err
	}
	for from := 0; ; from += perChunk {
		var rows []laid
		err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
			rows, err = readLaid(tx, rowsAllStmt, of.ID, int64(perChunk), int64(from))
			return err
		})
		if err != nil {
			return i, err
		}
		if len(rows) == 0 {
			break
		}
		if err := g.takeBack(rows); err != nil {
			return i, err
		}
	}
	if err := g.finish(); err != nil {
		return i, err
	}
	return s.Import(ctx, i.ID)
}

// takeBack lays the opposite of rows.
func (g *stager) takeBack(rows []laid) error {
	var back []laid
	for _, r := range rows {
		h, there := g.heads[r.kind][r.rowID]
		l := r
		l.id, l.importID, l.position, l.line, l.file = id.New(), g.i.ID, g.position, 0, ""
		l.before, l.document, l.contacts, l.edited = r.document, r.before, false, false
		l.base, l.revision = r.revision, r.revision+1
		g.position++
		if err := l.keepHidden(); err != nil {
			return err
		}
		switch {
		case r.action != Remove && (!there || h.revision != r.revision), r.action == Remove && there:
			wrong, err := json.Marshal([]Complaint{{Key: "transfer.wrong.changed-since", Text: "was changed since"}})
			if err != nil {
				return err
			}
			l.action, l.wrong, l.before, l.document = Refuse, string(wrong), "", "{}"
		case r.action == Add:
			l.action, l.document = Remove, ""
		case r.action == Remove:
			l.action, l.base = Add, -1
		}
		if l.action != Refuse && l.document != "" {
			after, err := directory.RowOf(l.kind, l.rowID, l.parent, l.document)
			if err != nil {
				return err
			}
			l.columns(after)
		}
		g.counts[l.action]++
		back = append(back, l)
	}
	return g.s.DB.Write(g.ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(touchStmt, clock.Millis(g.s.Now()), g.position, g.i.ID); err != nil {
			return err
		}
		return lay(tx, back)
	})
}

// columns fills the columns that stand beside a document.
func (l *laid) columns(r directory.Row) {
	l.name = r.Name()
	switch {
	case r.Organization != nil:
		l.verified, l.bodyKind, l.group, l.country = r.Organization.Verified, r.Organization.Kind, string(r.Organization.Group), r.Parent
	case r.Service != nil:
		l.verified = r.Service.Verified
	case r.Place != nil:
		l.town, l.territory, l.addressVisibility = r.Place.Town, r.Place.Territory, string(r.Place.Address)
	}
}
