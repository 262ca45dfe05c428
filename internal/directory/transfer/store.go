package transfer

import (
	"embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/directory"
	"amelie/internal/fault"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema is what this package stores.
var Schema = db.Schema{Package: "transfer", Files: schemaFiles}

const (
	importColumns = `id, name, format, options, state, by_user, by_name, began, touched, ended, done, size, counts, edited, contacts, undoes, undone_by, unknown`
	rowColumns    = `id, import_id, kind, row_id, parent, action, base_revision, revision, edited, contacts, position, line, file, wrong, before, document, name, verified, country, body_kind, body_group, town, territory, address_visibility`
	atOnce        = 4 // rows of one insert; the driver looks each parameter up by walking the list
)

// rowPlaces are the parameters of n laid rows.
func rowPlaces(n int) string {
	width := strings.Count(rowColumns, ",") + 1
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteByte('(')
		for j := range width {
			if j > 0 {
				b.WriteString(", ")
			}
			fmt.Fprintf(&b, "$%d", i*width+j+1)
		}
		b.WriteByte(')')
	}
	return b.String()
}

var (
	insertImportStmt = db.Statement(`INSERT INTO transfer_import (` + importColumns + `) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, 0, $10, '{}', 0, 0, $11, '', '[]')`)
	importStmt       = db.Statement(`SELECT ` + importColumns + ` FROM transfer_import WHERE id = $1`)
	importsStmt      = db.Statement(`SELECT ` + importColumns + ` FROM transfer_import ORDER BY began DESC, id DESC`)
	touchStmt        = db.Statement(`UPDATE transfer_import SET touched = $1, done = $2 WHERE id = $3 AND state = 'reading'`)
	readyStmt        = db.Statement(`UPDATE transfer_import SET state = 'ready', touched = $1, done = $2, counts = $3, edited = $4, contacts = $5, unknown = $6 WHERE id = $7 AND state = 'reading'`)
	endStmt          = db.Statement(`UPDATE transfer_import SET state = $1, ended = $2 WHERE id = $3 AND state = 'ready'`)
	dropStmt         = db.Statement(`UPDATE transfer_import SET state = 'dropped', ended = $1 WHERE id = $2 AND state IN ('columns', 'reading', 'ready')`)
	optionsStmt      = db.Statement(`UPDATE transfer_import SET options = $1 WHERE id = $2`)
	undoneStmt       = db.Statement(`UPDATE transfer_import SET undone_by = $1 WHERE id = $2 AND undone_by = ''`)
	forgetStmt       = db.Statement(`DELETE FROM transfer_row WHERE import_id IN (SELECT id FROM transfer_import WHERE state IN ('applied', 'dropped') AND ended < $1)`)
	forgetDropped    = db.Statement(`DELETE FROM transfer_row WHERE import_id IN (SELECT id FROM transfer_import WHERE state = 'dropped')`)
	forgetParts      = db.Statement(`DELETE FROM transfer_part WHERE import_id NOT IN (SELECT id FROM transfer_import WHERE state IN ('columns', 'reading', 'ready'))`)
	unaskedStmt      = db.Statement(`UPDATE transfer_import SET state = 'dropped', ended = $1 WHERE state = 'columns' AND touched < $2`)
	releasedStmt     = db.Statement(`DELETE FROM transfer_part WHERE import_id IN (SELECT id FROM transfer_import WHERE touched < $1)`)
	stalledStmt      = db.Statement(`UPDATE transfer_import SET state = 'dropped', ended = $1 WHERE state = 'reading' AND touched < $2`)

	reopenStmt      = db.Statement(`UPDATE transfer_import SET state = 'reading', options = $1, touched = $2, done = 0 WHERE id = $3 AND state IN ('columns', 'ready')`)
	heldAgainStmt   = db.Statement(`UPDATE transfer_import SET state = 'columns', touched = $1 WHERE id = $2 AND state = 'reading'`)
	dropRowsStmt    = db.Statement(`DELETE FROM transfer_row WHERE import_id = $1`)
	insertPartStmt  = db.Statement(`INSERT INTO transfer_part (import_id, part, content) VALUES ($1, $2, $3)`)
	partsStmt       = db.Statement(`SELECT content FROM transfer_part WHERE import_id = $1 ORDER BY part`)
	mappingsStmt    = db.Statement(`SELECT id, name, options, by_name, at FROM transfer_mapping WHERE headings = $1 ORDER BY at DESC, id DESC LIMIT 20`)
	dropMappingStmt = db.Statement(`DELETE FROM transfer_mapping WHERE id = $1`)
	putMappingStmt  = db.Statement(`INSERT INTO transfer_mapping (id, name, headings, options, by_user, by_name, at) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (name) DO UPDATE SET headings = excluded.headings, options = excluded.options, by_user = excluded.by_user, by_name = excluded.by_name, at = excluded.at`)

	insertRowsStmt = db.Statement(`INSERT INTO transfer_row (` + rowColumns + `) VALUES ` + rowPlaces(atOnce))
	insertRowStmt  = db.Statement(`INSERT INTO transfer_row (` + rowColumns + `) VALUES ` + rowPlaces(1))
	rowsStmt       = db.Statement(`SELECT ` + rowColumns + ` FROM transfer_row WHERE import_id = $1 AND action = $2 ORDER BY position, id LIMIT $3 OFFSET $4`)
	rowsAllStmt    = db.Statement(`SELECT ` + rowColumns + ` FROM transfer_row WHERE import_id = $1 AND action IN ('add', 'change', 'remove') ORDER BY position, id LIMIT $2 OFFSET $3`)
	// The rows that the import touches and that somebody verified.
	verifiedRowsStmt = db.Statement(`SELECT ` + rowColumns + ` FROM transfer_row WHERE import_id = $1 AND action IN ('add', 'change', 'remove')
		AND EXISTS (SELECT 1 FROM directory_check c WHERE c.kind = transfer_row.kind AND c.row_id = transfer_row.row_id)`)
	flaggedStmt = db.Statement(`SELECT ` + rowColumns + ` FROM transfer_row WHERE import_id = $1 AND action = 'change' AND (edited = 1 OR contacts = 1) ORDER BY position, id LIMIT $2 OFFSET $3`)

	positionsStmt        = db.Statement(`SELECT position FROM transfer_row WHERE import_id = $1 AND action = $2 ORDER BY position, id`)
	flaggedPositionsStmt = db.Statement(`SELECT position FROM transfer_row WHERE import_id = $1 AND action = 'change' AND (edited = 1 OR contacts = 1) ORDER BY position, id`)

	flaggedCountStmt = db.Statement(`SELECT COUNT(*) FROM transfer_row WHERE import_id = $1 AND action = 'change' AND (edited = 1 OR contacts = 1)`)

	headsOrganizationStmt = db.Statement(`SELECT id, country, revision, edited, document FROM directory_organization`)
	headsServiceStmt      = db.Statement(`SELECT id, organization, revision, edited, '' FROM directory_service`)
	headsPlaceStmt        = db.Statement(`SELECT id, service, revision, edited, '' FROM directory_place`)
	externalsStmt         = db.Statement(`SELECT kind, external_id, row_id FROM transfer_external WHERE system = $1`)
	putExternalStmt       = db.Statement(`INSERT INTO transfer_external (system, kind, external_id, row_id, import_id) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (system, kind, external_id) DO UPDATE SET row_id = excluded.row_id, import_id = excluded.import_id`)
	dropExternalsStmt = db.Statement(`DELETE FROM transfer_external WHERE import_id = $1`)

	// What moved since the rows were laid beside. A row that was new carries -1,
	// so that one of the same identifier which came between counts as moved.
	movedOrganizations = db.Statement(`SELECT COUNT(*) FROM transfer_row r JOIN directory_organization d ON d.id = r.row_id WHERE r.import_id = $1 AND r.kind = 'organization' AND r.action IN ('add', 'change', 'remove') AND d.revision <> r.base_revision`)
	movedServices      = db.Statement(`SELECT COUNT(*) FROM transfer_row r JOIN directory_service d ON d.id = r.row_id WHERE r.import_id = $1 AND r.kind = 'service' AND r.action IN ('add', 'change', 'remove') AND d.revision <> r.base_revision`)
	movedPlaces        = db.Statement(`SELECT COUNT(*) FROM transfer_row r JOIN directory_place d ON d.id = r.row_id WHERE r.import_id = $1 AND r.kind = 'place' AND r.action IN ('add', 'change', 'remove') AND d.revision <> r.base_revision`)
	goneOrganizations  = db.Statement(`SELECT COUNT(*) FROM transfer_row r WHERE r.import_id = $1 AND r.kind = 'organization' AND r.base_revision >= 0 AND r.action IN ('change', 'remove') AND NOT EXISTS (SELECT 1 FROM directory_organization d WHERE d.id = r.row_id)`)
	goneServices       = db.Statement(`SELECT COUNT(*) FROM transfer_row r WHERE r.import_id = $1 AND r.kind = 'service' AND r.base_revision >= 0 AND r.action IN ('change', 'remove') AND NOT EXISTS (SELECT 1 FROM directory_service d WHERE d.id = r.row_id)`)
	gonePlaces         = db.Statement(`SELECT COUNT(*) FROM transfer_row r WHERE r.import_id = $1 AND r.kind = 'place' AND r.base_revision >= 0 AND r.action IN ('change', 'remove') AND NOT EXISTS (SELECT 1 FROM directory_place d WHERE d.id = r.row_id)`)
	orphanServices     = db.Statement(`SELECT COUNT(*) FROM transfer_row r WHERE r.import_id = $1 AND r.kind = 'service' AND r.action = 'add' AND NOT EXISTS (SELECT 1 FROM directory_organization d WHERE d.id = r.parent)`)
	orphanPlaces       = db.Statement(`SELECT COUNT(*) FROM transfer_row r WHERE r.import_id = $1 AND r.kind = 'place' AND r.action = 'add' AND NOT EXISTS (SELECT 1 FROM directory_service d WHERE d.id = r.parent)`)

	// One statement a kind brings all rows, so that the writer is held for
	// seconds and not for minutes.
	bringOrganizations = db.Statement(`INSERT INTO directory_organization (id, country, name, kind, body_group, position, verified, origin_revision, edited, document, changed, revision)
		SELECT r.row_id, r.parent, r.name, r.body_kind, r.body_group, 100000 + r.position, r.verified, '', 1, r.document, i.ended, r.revision
		FROM transfer_row r JOIN transfer_import i ON i.id = r.import_id WHERE r.import_id = $1 AND r.kind = 'organization' AND r.action IN ('add', 'change')
		ON CONFLICT (id) DO UPDATE SET name = excluded.name, kind = excluded.kind, body_group = excluded.body_group, verified = excluded.verified,
			document = excluded.document, changed = excluded.changed, revision = excluded.revision, edited = 1`)
	bringServices = db.Statement(`INSERT INTO directory_service (id, organization, name, position, verified, origin_revision, edited, document, changed, revision)
		SELECT r.row_id, r.parent, r.name, 100000 + r.position, r.verified, '', 1, r.document, i.ended, r.revision
		FROM transfer_row r JOIN transfer_import i ON i.id = r.import_id WHERE r.import_id = $1 AND r.kind = 'service' AND r.action IN ('add', 'change')
		ON CONFLICT (id) DO UPDATE SET name = excluded.name, verified = excluded.verified,
			document = excluded.document, changed = excluded.changed, revision = excluded.revision, edited = 1`)
	bringPlaces = db.Statement(`INSERT INTO directory_place (id, service, position, town, territory, address_visibility, origin_revision, edited, document, changed, revision)
		SELECT r.row_id, r.parent, 100000 + r.position, r.town, r.territory, r.address_visibility, '', 1, r.document, i.ended, r.revision
		FROM transfer_row r JOIN transfer_import i ON i.id = r.import_id WHERE r.import_id = $1 AND r.kind = 'place' AND r.action IN ('add', 'change')
		ON CONFLICT (id) DO UPDATE SET town = excluded.town, territory = excluded.territory, address_visibility = excluded.address_visibility,
			document = excluded.document, changed = excluded.changed, revision = excluded.revision, edited = 1`)
	uncalledContacts = db.Statement(`INSERT INTO directory_uncalled (kind, row_id, at)
		SELECT r.kind, r.row_id, i.ended FROM transfer_row r JOIN transfer_import i ON i.id = r.import_id
		WHERE r.import_id = $1 AND r.action = 'change' AND r.contacts = 1 AND r.kind IN ('service', 'place')
		ON CONFLICT (kind, row_id) DO NOTHING`)
	knownAgain = db.Statement(`DELETE FROM directory_uncalled WHERE at = (SELECT o.ended FROM transfer_import i JOIN transfer_import o ON o.id = i.undoes WHERE i.id = $1)
		AND EXISTS (SELECT 1 FROM transfer_row r WHERE r.import_id = $2 AND r.action = 'change' AND r.kind = directory_uncalled.kind AND r.row_id = directory_uncalled.row_id)`)
	bringHistory = db.Statement(`INSERT INTO directory_history (id, kind, row_id, parent, revision, action, source, by_user, by_name, by_agency, note, document, at)
		SELECT r.id, r.kind, r.row_id, r.parent, r.revision, CASE r.action WHEN 'add' THEN 'created' WHEN 'remove' THEN 'removed' ELSE 'changed' END,
			'import', i.by_user, i.by_name, '', i.name, CASE r.action WHEN 'remove' THEN r.before ELSE r.document END, i.ended
		FROM transfer_row r JOIN transfer_import i ON i.id = r.import_id WHERE r.import_id = $1 AND r.action IN ('add', 'change', 'remove')`)
	takePlaces   = db.Statement(`DELETE FROM directory_place WHERE id IN (SELECT row_id FROM transfer_row WHERE import_id = $1 AND kind = 'place' AND action = 'remove')`)
	takeServices = db.Statement(`DELETE FROM directory_service WHERE id IN (SELECT row_id FROM transfer_row WHERE import_id = $1 AND kind = 'service' AND action = 'remove')
		AND NOT EXISTS (SELECT 1 FROM directory_place WHERE service = directory_service.id)`)
	takeOrganizations = db.Statement(`DELETE FROM directory_organization WHERE id IN (SELECT row_id FROM transfer_row WHERE import_id = $1 AND kind = 'organization' AND action = 'remove')
		AND NOT EXISTS (SELECT 1 FROM directory_service WHERE organization = directory_organization.id)`)
	leftStmt = db.Statement(`SELECT COUNT(*) FROM transfer_row r WHERE r.import_id = $1 AND r.action = 'remove' AND (
		(r.kind = 'organization' AND EXISTS (SELECT 1 FROM directory_organization d WHERE d.id = r.row_id)) OR
		(r.kind = 'service' AND EXISTS (SELECT 1 FROM directory_service d WHERE d.id = r.row_id)) OR
		(r.kind = 'place' AND EXISTS (SELECT 1 FROM directory_place d WHERE d.id = r.row_id)))`)
	rememberRemovedPlaces   = db.Statement(`INSERT INTO directory_removed (kind, id, origin_revision, at) SELECT 'place', d.id, d.origin_revision, d.changed FROM directory_place d WHERE d.origin_revision <> '' AND d.id IN (SELECT row_id FROM transfer_row WHERE import_id = $1 AND kind = 'place' AND action = 'remove') ON CONFLICT (kind, id) DO NOTHING`)
	rememberRemovedServices = db.Statement(`INSERT INTO directory_removed (kind, id, origin_revision, at) SELECT 'service', d.id, d.origin_revision, d.changed FROM directory_service d WHERE d.origin_revision <> '' AND d.id IN (SELECT row_id FROM transfer_row WHERE import_id = $1 AND kind = 'service' AND action = 'remove') ON CONFLICT (kind, id) DO NOTHING`)
	rememberRemovedBodies   = db.Statement(`INSERT INTO directory_removed (kind, id, origin_revision, at) SELECT 'organization', d.id, d.origin_revision, d.changed FROM directory_organization d WHERE d.origin_revision <> '' AND d.id IN (SELECT row_id FROM transfer_row WHERE import_id = $1 AND kind = 'organization' AND action = 'remove') ON CONFLICT (kind, id) DO NOTHING`)
)

func insertImport(tx *db.Tx, i Import) error {
	options, err := json.Marshal(i.Options)
	if err != nil {
		return err
	}
	_, err = tx.Exec(insertImportStmt, i.ID, i.Name, string(i.Format), string(options), string(i.State), i.ByUser, i.By, clock.Millis(i.Began), clock.Millis(i.Touched), i.Size, i.Undoes)
	return err
}

// reopen begins to read a held table, and forgets what was laid of it before.
func reopen(tx *db.Tx, i Import, now time.Time) error {
	options, err := json.Marshal(i.Options)
	if err != nil {
		return err
	}
	n, err := tx.Exec(reopenStmt, string(options), clock.Millis(now), i.ID)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "transfer.error.ended")
	}
	if err != nil {
		return err
	}
	_, err = tx.Exec(dropRowsStmt, i.ID)
	return err
}

func insertParts(tx *db.Tx, importID string, content []byte) error {
	n := int64(0)
	for part := range slices.Chunk(content, partSize) {
		if _, err := tx.Exec(insertPartStmt, importID, n, part); err != nil {
			return err
		}
		n++
	}
	return nil
}

func readParts(tx *db.Tx, importID string) (content []byte, err error) {
	err = tx.Each(partsStmt, func(scan func(...any) error) error {
		var part []byte
		err := scan(&part)
		content = append(content, part...)
		return err
	}, importID)
	return content, err
}

func readMappings(tx *db.Tx, mark string) (list []Mapping, err error) {
	err = tx.Each(mappingsStmt, func(scan func(...any) error) error {
		var m Mapping
		var options string
		var at int64
		if err := scan(&m.ID, &m.Name, &options, &m.By, &at); err != nil {
			return err
		}
		m.At = clock.Time(at)
		list = append(list, m)
		return json.Unmarshal([]byte(options), &list[len(list)-1].Options)
	}, mark)
	return list, err
}

func scanImport(scan func(...any) error) (Import, error) {
	var i Import
	var format, options, state, counts, unknown string
	var began, touched, ended int64
	var edited, contacts int64
	err := scan(&i.ID, &i.Name, &format, &options, &state, &i.ByUser, &i.By, &began, &touched, &ended, &i.Read, &i.Size, &counts, &edited, &contacts, &i.Undoes, &i.UndoneBy, &unknown)
	if err != nil {
		return i, err
	}
	i.Format, i.State, i.Edited, i.Contacts = Format(format), State(state), int(edited), int(contacts)
	i.Began, i.Touched = clock.Time(began), clock.Time(touched)
	if ended != 0 {
		i.Ended = clock.Time(ended)
	}
	for text, into := range map[string]any{options: &i.Options, counts: &i.Counts, unknown: &i.Unknown} {
		if err := json.Unmarshal([]byte(text), into); err != nil {
			return i, fmt.Errorf("transfer import %s: %w", i.ID, err)
		}
	}
	return i, nil
}

func readImports(tx *db.Tx, stmt *db.Stmt, args ...any) ([]Import, error) {
	return db.All(tx, stmt, scanImport, args...)
}

// laid is a row as it is laid beside the directory.
type laid struct {
	id, importID      string
	kind              directory.Kind
	rowID, parent     string
	action            Action
	base, revision    int64
	edited, contacts  bool
	position, line    int64
	file, wrong       string
	before, document  string
	name, verified    string
	country           string
	bodyKind, group   string
	town, territory   string
	addressVisibility string
}

func (l laid) values() []any {
	flag := map[bool]int64{true: 1}
	return []any{l.id, l.importID, string(l.kind), l.rowID, l.parent, string(l.action), l.base, l.revision, flag[l.edited], flag[l.contacts], l.position, l.line, l.file,
		l.wrong, l.before, l.document, l.name, l.verified, l.country, l.bodyKind, l.group, l.town, l.territory, l.addressVisibility}
}

// lay writes rows, many with one statement.
func lay(tx *db.Tx, rows []laid) error {
	for len(rows) >= atOnce {
		var args []any
		for _, r := range rows[:atOnce] {
			args = append(args, r.values()...)
		}
		if _, err := tx.Exec(insertRowsStmt, args...); err != nil {
			return err
		}
		rows = rows[atOnce:]
	}
	for _, r := range rows {
		if _, err := tx.Exec(insertRowStmt, r.values()...); err != nil {
			return err
		}
	}
	return nil
}

func scanLaid(scan func(...any) error) (laid, error) {
	var l laid
	var kind, action string
	var edited, contacts int64
	err := scan(&l.id, &l.importID, &kind, &l.rowID, &l.parent, &action, &l.base, &l.revision, &edited, &contacts, &l.position, &l.line, &l.file,
		&l.wrong, &l.before, &l.document, &l.name, &l.verified, &l.country, &l.bodyKind, &l.group, &l.town, &l.territory, &l.addressVisibility)
	l.kind, l.action, l.edited, l.contacts = directory.Kind(kind), Action(action), edited != 0, contacts != 0
	return l, err
}

func readLaid(tx *db.Tx, stmt *db.Stmt, args ...any) ([]laid, error) {
	return db.All(tx, stmt, scanLaid, args...)
}

// head is what the comparison needs of every row of the directory.
type head struct {
	parent   string
	revision int64
	edited   bool
}

// readHeads reads the heads of all rows, and the bodies' groups.
func readHeads(tx *db.Tx) (map[directory.Kind]map[string]head, map[string]directory.Organization, error) {
	out := map[directory.Kind]map[string]head{}
	bodies := map[string]directory.Organization{}
	for kind, stmt := range map[directory.Kind]*db.Stmt{directory.KindOrganization: headsOrganizationStmt, directory.KindService: headsServiceStmt, directory.KindPlace: headsPlaceStmt} {
		out[kind] = map[string]head{}
		err := tx.Each(stmt, func(scan func(...any) error) error {
			var h head
			var id, doc string
			var edited int64
			if err := scan(&id, &h.parent, &h.revision, &edited, &doc); err != nil {
				return err
			}
			h.edited = edited != 0
			out[kind][id] = h
			if kind == directory.KindOrganization {
				r, err := directory.RowOf(kind, id, h.parent, doc)
				if err != nil {
					return err
				}
				bodies[id] = *r.Organization
			}
			return nil
		})
		if err != nil {
			return nil, nil, err
		}
	}
	return out, bodies, nil
}

type externalKey struct {
	kind directory.Kind
	id   string
}

func readExternals(tx *db.Tx, system string) (map[externalKey]string, error) {
	out := map[externalKey]string{}
	err := tx.Each(externalsStmt, func(scan func(...any) error) error {
		var kind, external, row string
		err := scan(&kind, &external, &row)
		out[externalKey{directory.Kind(kind), external}] = row
		return err
	}, system)
	return out, err
}

func count(tx *db.Tx, stmt *db.Stmt, importID string) (int64, error) {
	var n int64
	err := tx.Row(stmt, importID).Scan(&n)
	return n, err
}

// forgetEnded deletes the rows of dropped imports, and the files themselves of
// all that ended.
func forgetEnded(tx *db.Tx) error {
	if _, err := tx.Exec(forgetDropped); err != nil {
		return err
	}
	_, err := tx.Exec(forgetParts)
	return err
}

// forget deletes what was laid beside and is over.
func forget(tx *db.Tx, now time.Time) error {
	if _, err := tx.Exec(stalledStmt, clock.Millis(now), clock.Millis(now.Add(-Stalled))); err != nil {
		return err
	}
	if _, err := tx.Exec(unaskedStmt, clock.Millis(now), clock.Millis(now.Add(-Held))); err != nil {
		return err
	}
	if err := forgetEnded(tx); err != nil {
		return err
	}
	if _, err := tx.Exec(releasedStmt, clock.Millis(now.Add(-Held))); err != nil {
		return err
	}
	_, err := tx.Exec(forgetStmt, clock.Millis(now.Add(-KeptFor)))
	return err
}
