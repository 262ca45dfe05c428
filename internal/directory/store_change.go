package directory

import (
	"fmt"
	"strings"
	"time"

	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
)

const historyColumns = `id, kind, row_id, parent, revision, action, source, by_user, by_name, by_agency, note, document, at`

var (
	organizationRowStmt = db.Statement(`SELECT id, country, revision, edited, changed, document FROM directory_organization WHERE id = $1`)
	serviceRowStmt      = db.Statement(`SELECT id, organization, revision, edited, changed, document FROM directory_service WHERE id = $1`)
	placeRowStmt        = db.Statement(`SELECT id, service, revision, edited, changed, document FROM directory_place WHERE id = $1`)
	conceptRowStmt      = db.Statement(`SELECT id, scheme, revision, edited, 0, document FROM directory_concept WHERE id = $1`)

	servicesOfStmt = db.Statement(`SELECT id, organization, revision, edited, changed, document FROM directory_service WHERE organization = $1 ORDER BY position, id`)
	placesOfStmt   = db.Statement(`SELECT id, service, revision, edited, changed, document FROM directory_place WHERE service = $1 ORDER BY position, id`)

	allOrganizationsStmt = db.Statement(`SELECT id, country, revision, edited, changed, document FROM directory_organization ORDER BY country, position, id`)
	allServicesStmt      = db.Statement(`SELECT id, organization, revision, edited, changed, document FROM directory_service ORDER BY organization, position, id`)
	allPlacesStmt        = db.Statement(`SELECT id, service, revision, edited, changed, document FROM directory_place ORDER BY service, position, id`)
	allConceptsStmt      = db.Statement(`SELECT id, scheme, revision, edited, 0, document FROM directory_concept ORDER BY scheme, position, id`)

	// A row that is new here stands last among its brothers.
	editOrganizationStmt = db.Statement(`INSERT INTO directory_organization (id, country, name, kind, body_group, verified, document, changed, revision, position, origin_revision, edited)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, (SELECT COALESCE(MAX(position), 0) + 1 FROM directory_organization WHERE country = $10), '', 1)
		ON CONFLICT (id) DO UPDATE SET name = excluded.name, kind = excluded.kind, body_group = excluded.body_group, verified = excluded.verified,
			document = excluded.document, changed = excluded.changed, revision = excluded.revision, edited = 1`)
	editServiceStmt = db.Statement(`INSERT INTO directory_service (id, organization, name, verified, document, changed, revision, position, origin_revision, edited)
		VALUES ($1, $2, $3, $4, $5, $6, $7, (SELECT COALESCE(MAX(position), 0) + 1 FROM directory_service WHERE organization = $8), '', 1)
		ON CONFLICT (id) DO UPDATE SET name = excluded.name, verified = excluded.verified,
			document = excluded.document, changed = excluded.changed, revision = excluded.revision, edited = 1`)
	editPlaceStmt = db.Statement(`INSERT INTO directory_place (id, service, town, territory, address_visibility, document, changed, revision, position, origin_revision, edited)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, (SELECT COALESCE(MAX(position), 0) + 1 FROM directory_place WHERE service = $9), '', 1)
		ON CONFLICT (id) DO UPDATE SET town = excluded.town, territory = excluded.territory, address_visibility = excluded.address_visibility,
			document = excluded.document, changed = excluded.changed, revision = excluded.revision, edited = 1`)
	editConceptStmt = db.Statement(`INSERT INTO directory_concept (scheme, id, document, revision, position, origin_revision, edited)
		VALUES ($1, $2, $3, $4, (SELECT COALESCE(MAX(position), 0) + 1 FROM directory_concept WHERE scheme = $5), '', 1)
		ON CONFLICT (scheme, id) DO UPDATE SET document = excluded.document, revision = excluded.revision, edited = 1`)
	dropConceptStmt = db.Statement(`DELETE FROM directory_concept WHERE id = $1`)

	originOrganizationStmt = db.Statement(`SELECT origin_revision FROM directory_organization WHERE id = $1`)
	originServiceStmt      = db.Statement(`SELECT origin_revision FROM directory_service WHERE id = $1`)
	originPlaceStmt        = db.Statement(`SELECT origin_revision FROM directory_place WHERE id = $1`)
	originConceptStmt      = db.Statement(`SELECT origin_revision FROM directory_concept WHERE id = $1`)
	setOriginOrganization  = db.Statement(`UPDATE directory_organization SET origin_revision = $1 WHERE id = $2`)
	setOriginService       = db.Statement(`UPDATE directory_service SET origin_revision = $1 WHERE id = $2`)
	setOriginPlace         = db.Statement(`UPDATE directory_place SET origin_revision = $1 WHERE id = $2`)
	setOriginConcept       = db.Statement(`UPDATE directory_concept SET origin_revision = $1 WHERE id = $2`)
	insertRemovedStmt      = db.Statement(`INSERT INTO directory_removed (kind, id, origin_revision, at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (kind, id) DO UPDATE SET origin_revision = excluded.origin_revision, at = excluded.at`)
	removedStmt     = db.Statement(`SELECT kind, id, origin_revision FROM directory_removed`)
	removedOneStmt  = db.Statement(`SELECT origin_revision FROM directory_removed WHERE kind = $1 AND id = $2`)
	dropRemovedStmt = db.Statement(`DELETE FROM directory_removed WHERE kind = $1 AND id = $2`)
	setRemovedStmt  = db.Statement(`UPDATE directory_removed SET origin_revision = $1 WHERE kind = $2 AND id = $3`)

	insertHistoryStmt = db.Statement(`INSERT INTO directory_history (` + historyColumns + `) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`)
	historyOfStmt     = db.Statement(`SELECT ` + historyColumns + ` FROM directory_history WHERE kind = $1 AND row_id = $2 ORDER BY revision DESC, at DESC, id DESC LIMIT 200`)
	latestHistoryStmt = db.Statement(`SELECT ` + historyColumns + ` FROM directory_history WHERE at < $1 ORDER BY at DESC, id DESC LIMIT $2`)
	versionOfStmt     = db.Statement(`SELECT ` + historyColumns + ` FROM directory_history WHERE kind = $1 AND row_id = $2 AND revision = $3 ORDER BY id DESC LIMIT 1`)
	pastStmt          = db.Statement(`SELECT ` + historyColumns + ` FROM directory_history WHERE id = $1`)
	lastRevisionStmt  = db.Statement(`SELECT COALESCE(MAX(revision), 0) FROM directory_history WHERE kind = $1 AND row_id = $2`)

	proposalStmt     = db.Statement(`SELECT kind, id, parent, revision, document, proposed FROM directory_proposal WHERE kind = $1 AND id = $2`)
	proposalsStmt    = db.Statement(`SELECT kind, id, parent, revision, document, proposed FROM directory_proposal ORDER BY kind, id`)
	dropProposalStmt = db.Statement(`DELETE FROM directory_proposal WHERE kind = $1 AND id = $2`)
)

// ofKind are the statements that differ by the kind of a row alone.
var ofKind = map[Kind]struct{ one, children, all, origin, setOrigin, drop *db.Stmt }{
	KindOrganization: {organizationRowStmt, nil, allOrganizationsStmt, originOrganizationStmt, setOriginOrganization, dropOrganizationStmt},
	KindService:      {serviceRowStmt, servicesOfStmt, allServicesStmt, originServiceStmt, setOriginService, dropServiceStmt},
	KindPlace:        {placeRowStmt, placesOfStmt, allPlacesStmt, originPlaceStmt, setOriginPlace, dropPlaceStmt},
	KindConcept:      {conceptRowStmt, nil, allConceptsStmt, originConceptStmt, setOriginConcept, dropConceptStmt},
}

func scanRow(kind Kind, scan func(...any) error) (Row, error) {
	r := Row{Kind: kind}
	var edited, changed int64
	var doc string
	if err := scan(&r.ID, &r.Parent, &r.Revision, &edited, &changed, &doc); err != nil {
		return r, err
	}
	r.Edited = edited != 0
	if changed != 0 {
		r.Changed = clock.Time(changed)
	}
	return r, r.read(doc)
}

func readRow(tx *db.Tx, kind Kind, id string) (Row, bool, error) {
	stmts, known := ofKind[kind]
	if !known {
		return Row{}, false, nil
	}
	r, err := scanRow(kind, tx.Row(stmts.one, id).Scan)
	if db.NoRows(err) {
		return Row{Kind: kind, ID: id}, false, nil
	}
	return r, err == nil, err
}

func readChildren(tx *db.Tx, kind Kind, parent string) ([]Row, error) {
	return readRows(tx, kind, ofKind[kind].children, parent)
}

func readAll(tx *db.Tx, kind Kind) ([]Row, error) { return readRows(tx, kind, ofKind[kind].all) }

func readRows(tx *db.Tx, kind Kind, stmt *db.Stmt, args ...any) (out []Row, err error) {
	err = tx.Each(stmt, func(scan func(...any) error) error {
		r, err := scanRow(kind, scan)
		out = append(out, r)
		return err
	}, args...)
	return out, err
}

func readVocabulary(tx *db.Tx) (Vocabulary, error) {
	rows, err := readAll(tx, KindConcept)
	var v Vocabulary
	for _, r := range rows {
		v.Concepts = append(v.Concepts, *r.Concept)
	}
	return v, err
}

// putRow writes a row as edited here.
func putRow(tx *db.Tx, r Row, at time.Time) error {
	doc, err := r.document()
	if err != nil {
		return err
	}
	now := clock.Millis(at)
	switch r.Kind {
	case KindOrganization:
		o := r.Organization
		_, err = tx.Exec(editOrganizationStmt, r.ID, r.Parent, o.Name, o.Kind, string(o.Group), o.Verified, doc, now, r.Revision, r.Parent)
	case KindService:
		s := r.Service
		_, err = tx.Exec(editServiceStmt, r.ID, r.Parent, s.Name, s.Verified, doc, now, r.Revision, r.Parent)
	case KindPlace:
		p := r.Place
		_, err = tx.Exec(editPlaceStmt, r.ID, r.Parent, p.Town, p.Territory, string(p.Address), doc, now, r.Revision, r.Parent)
	case KindConcept:
		_, err = tx.Exec(editConceptStmt, r.Parent, r.ID, doc, r.Revision, r.Parent)
	}
	return err
}

// removeRow takes a row out and remembers which release it came from, so that
// the same release does not bring it back.
func removeRow(tx *db.Tx, r Row, at time.Time) error {
	stmts := ofKind[r.Kind]
	var origin string
	if err := tx.Row(stmts.origin, r.ID).Scan(&origin); err != nil {
		return err
	}
	n, err := tx.Exec(stmts.drop, r.ID)
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.New(fault.Conflict, "directory.error.has-children")
	}
	if _, err := tx.Exec(dropRowChecksStmt, string(r.Kind), r.ID); err != nil {
		return err
	}
	if origin == "" {
		return nil
	}
	_, err = tx.Exec(insertRemovedStmt, string(r.Kind), r.ID, origin, clock.Millis(at))
	return err
}

// returned gives a row that was taken out and is here again the release that
// it came from, and forgets that it was taken out.
func returned(tx *db.Tx, r Row) error {
	var origin string
	err := tx.Row(removedOneStmt, string(r.Kind), r.ID).Scan(&origin)
	if db.NoRows(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ofKind[r.Kind].setOrigin, origin, r.ID); err != nil {
		return err
	}
	_, err = tx.Exec(dropRemovedStmt, string(r.Kind), r.ID)
	return err
}

// nextRevision continues the count of a row that was there before.
func nextRevision(tx *db.Tx, kind Kind, id string) (int64, error) {
	var last int64
	err := tx.Row(lastRevisionStmt, string(kind), id).Scan(&last)
	return last + 1, err
}

func readHistory(tx *db.Tx, stmt *db.Stmt, args ...any) (out []Past, err error) {
	err = tx.Each(stmt, func(scan func(...any) error) error {
		var p Past
		var kind, way, doc string
		var at int64
		err := scan(&p.ID, &kind, &p.Row.ID, &p.Row.Parent, &p.Row.Revision, &p.Action, &way, &p.By.User, &p.By.Name, &p.By.Agency, &p.Note, &doc, &at)
		if err != nil {
			return err
		}
		p.Row.Kind, p.By.Way, p.At = Kind(kind), Way(way), clock.Time(at)
		out = append(out, p)
		return out[len(out)-1].Row.read(doc)
	}, args...)
	return out, err
}

// removedRows are the rows that editors took out, with the release's revision
// of each.
func removedRows(tx *db.Tx) (map[Kind]map[string]string, error) {
	out := map[Kind]map[string]string{}
	for _, k := range Kinds {
		out[k] = map[string]string{}
	}
	err := tx.Each(removedStmt, func(scan func(...any) error) error {
		var kind, id, origin string
		if err := scan(&kind, &id, &origin); err != nil {
			return err
		}
		if out[Kind(kind)] == nil {
			return fmt.Errorf("directory: a removed row of kind %q", kind)
		}
		out[Kind(kind)][id] = origin
		return nil
	})
	return out, err
}

// Proposal is what a newer release would change in a row that was edited here,
// or taken out. Removes: the release ships the row no more.
type Proposal struct {
	Kind     Kind
	ID       string
	Row      Row // as the release has it; without content when Removes
	Removes  bool
	Proposed time.Time

	revision string // of the release's row
}

func readProposals(tx *db.Tx, stmt *db.Stmt, args ...any) (out []Proposal, err error) {
	err = tx.Each(stmt, func(scan func(...any) error) error {
		var p Proposal
		var kind, parent, doc string
		var at int64
		if err := scan(&kind, &p.ID, &parent, &p.revision, &doc, &at); err != nil {
			return err
		}
		p.Kind, p.Proposed, p.Removes = Kind(kind), clock.Time(at), doc == ""
		p.Row = Row{Kind: p.Kind, ID: p.ID, Parent: parent}
		if !p.Removes {
			if err := p.Row.read(doc); err != nil {
				return err
			}
		}
		out = append(out, p)
		return nil
	}, args...)
	return out, err
}

// takeOrigin notes which release's row was decided upon, so that the same
// release proposes it once.
func takeOrigin(tx *db.Tx, p Proposal) error {
	if _, err := tx.Exec(ofKind[p.Kind].setOrigin, p.revision, p.ID); err != nil {
		return err
	}
	_, err := tx.Exec(setRemovedStmt, p.revision, string(p.Kind), p.ID)
	return err
}

const suggestionColumns = `id, kind, row_id, parent, organization, base_revision, base_document, document, contacts, source, by_user, by_name, by_agency, note, at, state, settled_by, settled_name, settled_at, called, answer, note_lang, told`

var (
	insertSuggestionStmt = db.Statement(`INSERT INTO directory_suggestion (` + suggestionColumns + `)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, '', '', 0, '', '', $17, $18)`)
	suggestionStmt       = db.Statement(`SELECT ` + suggestionColumns + ` FROM directory_suggestion WHERE id = $1`)
	suggestionsStmt      = db.Statement(`SELECT ` + suggestionColumns + ` FROM directory_suggestion WHERE state = $1 ORDER BY at, id LIMIT 1000`)
	suggestionsOfStmt    = db.Statement(`SELECT ` + suggestionColumns + ` FROM directory_suggestion WHERE organization = $1 ORDER BY at DESC, id DESC LIMIT 200`)
	settleSuggestionStmt = db.Statement(`UPDATE directory_suggestion SET state = $1, settled_by = $2, settled_name = $3, settled_at = $4, called = $5, answer = $6 WHERE id = $7 AND state = 'waiting'`)
	replaceWaitingStmt   = db.Statement(`UPDATE directory_suggestion SET state = 'replaced', settled_at = $1 WHERE kind = $2 AND row_id = $3 AND by_user = $4 AND source = $5 AND by_user <> '' AND state = 'waiting'`)
)

func insertSuggestion(tx *db.Tx, s Suggestion, baseDoc, doc string) error {
	_, err := tx.Exec(insertSuggestionStmt, s.ID, string(s.Row.Kind), s.Row.ID, s.Row.Parent, s.Organization, s.Row.Revision, baseDoc, doc,
		strings.Join(s.Contacts, " "), string(s.By.Way), s.By.User, s.By.Name, s.By.Agency, s.Note, clock.Millis(s.At), string(s.State), s.NoteLang, s.Told)
	return err
}

func readSuggestions(tx *db.Tx, stmt *db.Stmt, args ...any) (out []Suggestion, err error) {
	err = tx.Each(stmt, func(scan func(...any) error) error {
		var s Suggestion
		var kind, contacts, way, state, baseDoc, doc string
		var at, settled int64
		err := scan(&s.ID, &kind, &s.Row.ID, &s.Row.Parent, &s.Organization, &s.Row.Revision, &baseDoc, &doc, &contacts, &way,
			&s.By.User, &s.By.Name, &s.By.Agency, &s.Note, &at, &state, &s.SettledBy, &s.SettledName, &settled, &s.Called, &s.Answer, &s.NoteLang, &s.Told)
		if err != nil {
			return err
		}
		s.Row.Kind, s.By.Way, s.State, s.At = Kind(kind), Way(way), State(state), clock.Time(at)
		s.Contacts = strings.Fields(contacts)
		if settled != 0 {
			s.Settled = clock.Time(settled)
		}
		s.Base = s.Row
		s.New, s.Remove = baseDoc == "", doc == ""
		if !s.New {
			if err := s.Base.read(baseDoc); err != nil {
				return err
			}
		}
		if !s.Remove {
			if err := s.Row.read(doc); err != nil {
				return err
			}
		}
		out = append(out, s)
		return nil
	}, args...)
	return out, err
}
