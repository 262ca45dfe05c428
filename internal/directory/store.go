package directory

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema is the directory's migrations.
var Schema = db.Schema{Package: "directory", Files: schemaFiles}

var (
	versionStmt    = db.Statement(`SELECT version, revision FROM directory_version WHERE id = 'directory'`)
	setVersionStmt = db.Statement(`INSERT INTO directory_version (id, version, revision, changed) VALUES ('directory', $1, $2, $3)
		ON CONFLICT (id) DO UPDATE SET version = excluded.version, revision = excluded.revision, changed = excluded.changed`)

	organizationsStmt = db.Statement(`SELECT country, position, changed, document FROM directory_organization ORDER BY country, position, id`)
	servicesStmt      = db.Statement(`SELECT organization, changed, document FROM directory_service ORDER BY organization, position, id`)
	placesStmt        = db.Statement(`SELECT service, document FROM directory_place ORDER BY service, position, id`)
	conceptsStmt      = db.Statement(`SELECT document FROM directory_concept ORDER BY scheme, position, id`)

	organizationRowsStmt = db.Statement(`SELECT id, origin_revision, edited FROM directory_organization`)
	serviceRowsStmt      = db.Statement(`SELECT id, origin_revision, edited FROM directory_service`)
	placeRowsStmt        = db.Statement(`SELECT id, origin_revision, edited FROM directory_place`)

	putOrganizationStmt = db.Statement(`INSERT INTO directory_organization (id, country, name, kind, body_group, position, verified, origin_revision, edited, document, changed)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10)
		ON CONFLICT (id) DO UPDATE SET country = excluded.country, name = excluded.name, kind = excluded.kind, body_group = excluded.body_group,
			position = excluded.position, verified = excluded.verified, origin_revision = excluded.origin_revision, document = excluded.document, changed = excluded.changed`)
	putServiceStmt = db.Statement(`INSERT INTO directory_service (id, organization, name, position, verified, origin_revision, edited, document, changed)
		VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8)
		ON CONFLICT (id) DO UPDATE SET organization = excluded.organization, name = excluded.name, position = excluded.position,
			verified = excluded.verified, origin_revision = excluded.origin_revision, document = excluded.document, changed = excluded.changed`)
	putPlaceStmt = db.Statement(`INSERT INTO directory_place (id, service, position, town, territory, address_visibility, origin_revision, edited, document, changed)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9)
		ON CONFLICT (id) DO UPDATE SET service = excluded.service, position = excluded.position, town = excluded.town, territory = excluded.territory,
			address_visibility = excluded.address_visibility, origin_revision = excluded.origin_revision, document = excluded.document, changed = excluded.changed`)
	putConceptStmt = db.Statement(`INSERT INTO directory_concept (scheme, id, position, origin_revision, document) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (scheme, id) DO UPDATE SET position = excluded.position, origin_revision = excluded.origin_revision, document = excluded.document
		WHERE directory_concept.edited = 0`)
	conceptRowsStmt = db.Statement(`SELECT id, origin_revision, edited FROM directory_concept`)

	dropPlaceStmt        = db.Statement(`DELETE FROM directory_place WHERE id = $1`)
	dropServiceStmt      = db.Statement(`DELETE FROM directory_service WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM directory_place WHERE service = directory_service.id)`)
	dropOrganizationStmt = db.Statement(`DELETE FROM directory_organization WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM directory_service WHERE organization = directory_organization.id)`)

	proposedStmt = db.Statement(`SELECT COUNT(*) FROM directory_proposal`)
	proposeStmt  = db.Statement(`INSERT INTO directory_proposal (kind, id, parent, revision, document, proposed) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (kind, id) DO UPDATE SET parent = excluded.parent, revision = excluded.revision, document = excluded.document, proposed = excluded.proposed`)
)

// Imported says what an import of the shipped content did.
type Imported struct {
	Added, Updated, Removed, Proposed int // rows: organisations, services and places
	Version                           int64
}

// Import brings the shipped content into the database: everything at the
// first start; later what nobody edited here is fast-forwarded to the new
// release, and what was edited keeps its edit and gets a proposal. It does
// nothing when this release was imported before.
func Import(ctx context.Context, d *db.DB, files []File, vocab Vocabulary, at time.Time) (Imported, error) {
	release, err := newShipment(files, vocab)
	if err != nil {
		return Imported{}, err
	}
	var done Imported
	err = d.Write(ctx, func(tx *db.Tx) error {
		done = Imported{}
		version, revision, err := readVersion(tx)
		if err != nil {
			return err
		}
		done.Version = version
		if revision == release.revision {
			return nil
		}
		if err := release.bring(tx, at, &done); err != nil {
			return err
		}
		done.Version++
		_, err = tx.Exec(setVersionStmt, done.Version, release.revision, clock.Millis(at))
		return err
	})
	return done, fault.Wrap(err, "directory import")
}

// readVersion gives 0 and "" before the first import.
func readVersion(tx *db.Tx) (version int64, revision string, err error) {
	err = tx.Row(versionStmt).Scan(&version, &revision)
	if db.NoRows(err) {
		return 0, "", nil
	}
	return version, revision, err
}

// shipped is one row of a release: its identity, its content and the way to
// put it.
type shipped struct {
	kind, id, parent, revision, document string
	put                                  func(tx *db.Tx, at int64) error
}

// shipment is the shipped content, flattened to rows; parents come first.
type shipment struct {
	revision string
	rows     map[string][]shipped // by kind
	concepts []shipped
}

// The kinds of rows, parents first.
var rowKinds = []string{"organization", "service", "place"}

func newShipment(files []File, vocab Vocabulary) (*shipment, error) {
	r := &shipment{rows: map[string][]shipped{}}
	sum := sha256.New()
	add := func(kind, id, parent string, value any, put func(tx *db.Tx, s shipped, at int64) error) error {
		doc, err := json.Marshal(value)
		if err != nil {
			return fmt.Errorf("directory %s %s: %w", kind, id, err)
		}
		one := sha256.Sum256(doc)
		s := shipped{kind: kind, id: id, parent: parent, revision: hex.EncodeToString(one[:8]), document: string(doc)}
		s.put = func(tx *db.Tx, at int64) error { return put(tx, s, at) }
		r.rows[kind] = append(r.rows[kind], s)
		fmt.Fprintln(sum, kind, id, s.revision)
		return nil
	}
	for _, f := range files {
		for i, o := range f.Organizations {
			o.Country, o.Source = f.Country, f.Source
			if err := r.organization(add, i, o); err != nil {
				return nil, err
			}
		}
	}
	for i, c := range vocab.Concepts {
		doc, err := json.Marshal(c)
		if err != nil {
			return nil, fmt.Errorf("directory concept %s: %w", c.ID, err)
		}
		fmt.Fprintf(sum, "concept %s\n", doc)
		one := sha256.Sum256(doc)
		r.concepts = append(r.concepts, shipped{kind: "concept", id: c.ID, parent: c.Scheme, revision: hex.EncodeToString(one[:8]), document: string(doc), put: func(tx *db.Tx, _ int64) error {
			_, err := tx.Exec(putConceptStmt, c.Scheme, c.ID, int64(i), hex.EncodeToString(one[:8]), string(doc))
			return err
		}})
	}
	r.revision = hex.EncodeToString(sum.Sum(nil)[:16])
	return r, nil
}

type adder func(kind, id, parent string, value any, put func(tx *db.Tx, s shipped, at int64) error) error

func (r *shipment) organization(add adder, position int, o Organization) error {
	services := o.Services
	o.Services = nil
	err := add("organization", o.ID, o.Country, o, func(tx *db.Tx, s shipped, at int64) error {
		_, err := tx.Exec(putOrganizationStmt, o.ID, o.Country, o.Name, o.Kind, string(o.Group), int64(position), o.Verified, s.revision, s.document, at)
		return err
	})
	if err != nil {
		return err
	}
	for i, one := range services {
		if err := r.service(add, o.ID, i, one); err != nil {
			return err
		}
	}
	return nil
}

func (r *shipment) service(add adder, organization string, position int, v Service) error {
	places := v.Places
	v.Places = nil
	err := add("service", v.ID, organization, v, func(tx *db.Tx, s shipped, at int64) error {
		_, err := tx.Exec(putServiceStmt, v.ID, organization, v.Name, int64(position), v.Verified, s.revision, s.document, at)
		return err
	})
	if err != nil {
		return err
	}
	for i, p := range places {
		if p.ID == "" {
			p.ID = fmt.Sprintf("%s-place-%d", v.ID, i+1)
		}
		err := add("place", p.ID, v.ID, p, func(tx *db.Tx, s shipped, at int64) error {
			_, err := tx.Exec(putPlaceStmt, p.ID, v.ID, int64(i), p.Town, p.Territory, string(p.Address), s.revision, s.document, at)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// present is what the database holds of a row.
type present struct {
	revision string // of the release that it came from; "" when it was made here
	edited   bool
}

// bring writes the release: parents before children, removals the other way.
func (r *shipment) bring(tx *db.Tx, at time.Time, done *Imported) error {
	now := clock.Millis(at)
	have := map[string]map[string]present{}
	removed, err := removedRows(tx)
	if err != nil {
		return err
	}
	for _, kind := range rowKinds {
		rows, err := presentRows(tx, kind)
		if err != nil {
			return err
		}
		have[kind] = rows
		if err := r.bringKind(tx, kind, rows, removed[Kind(kind)], now, done); err != nil {
			return err
		}
	}
	for _, kind := range slices.Backward(rowKinds) {
		if err := r.removeKind(tx, kind, have[kind], now, done); err != nil {
			return err
		}
	}
	return r.bringConcepts(tx, removed[KindConcept], now, done)
}

// bringConcepts brings the vocabulary. A concept that was edited here keeps its
// words; a release that has other ones proposes them.
func (r *shipment) bringConcepts(tx *db.Tx, removed map[string]string, now int64, done *Imported) error {
	have, err := presentRows(tx, "concept")
	if err != nil {
		return err
	}
	ships := map[string]bool{}
	for _, c := range r.concepts {
		ships[c.id] = true
		old := have[c.id]
		gone, wasRemoved := removed[c.id]
		switch {
		case old.edited && old.revision == c.revision, wasRemoved && gone == c.revision:
			continue
		case old.edited, wasRemoved:
			err = c.propose(tx, now, done)
		default:
			err = c.put(tx, now)
		}
		if err != nil {
			return err
		}
	}
	for id, old := range have {
		if ships[id] || old.edited || old.revision == "" {
			continue
		}
		if _, err := tx.Exec(dropConceptStmt, id); err != nil {
			return err
		}
	}
	return nil
}

// propose leaves the decision to an editor.
func (s shipped) propose(tx *db.Tx, now int64, done *Imported) error {
	done.Proposed++
	_, err := tx.Exec(proposeStmt, s.kind, s.id, s.parent, s.revision, s.document, now)
	return err
}

func (r *shipment) bringKind(tx *db.Tx, kind string, have map[string]present, removed map[string]string, now int64, done *Imported) error {
	for _, s := range r.rows[kind] {
		old, there := have[s.id]
		gone, wasRemoved := removed[s.id]
		switch {
		case there && old.revision == s.revision, !there && wasRemoved && gone == s.revision:
			continue
		case there && old.edited, !there && wasRemoved:
			if err := s.propose(tx, now, done); err != nil {
				return err
			}
			continue
		case there:
			done.Updated++
			if err := s.remember(tx, now); err != nil {
				return err
			}
		default:
			done.Added++
		}
		if err := s.put(tx, now); err != nil {
			return err
		}
	}
	return nil
}

// remember writes into the history what a release changed in a row that was
// there before.
func (s shipped) remember(tx *db.Tx, now int64) error {
	r := Row{Kind: Kind(s.kind), ID: s.id, Parent: s.parent}
	if err := r.read(s.document); err != nil {
		return err
	}
	var err error
	if r.Revision, err = nextRevision(tx, r.Kind, r.ID); err != nil {
		return err
	}
	old, _, err := readRow(tx, r.Kind, r.ID)
	if err != nil {
		return err
	}
	checked := r // the release's own date stands as it ships it
	if err := settleChecks(tx, By{Way: ByRelease}, clock.Time(now), old, &checked, Sure{}); err != nil {
		return err
	}
	return writeHistory(tx, r, "released", By{Way: ByRelease}, "", clock.Time(now))
}

// removeKind takes out what the release no longer ships; what was edited here
// stays, with a proposal whose document is empty.
func (r *shipment) removeKind(tx *db.Tx, kind string, have map[string]present, now int64, done *Imported) error {
	drop := map[string]*db.Stmt{"organization": dropOrganizationStmt, "service": dropServiceStmt, "place": dropPlaceStmt}[kind]
	ships := map[string]bool{}
	for _, s := range r.rows[kind] {
		ships[s.id] = true
	}
	for id, old := range have {
		if ships[id] || old.revision == "" {
			continue
		}
		if old.edited {
			if _, err := tx.Exec(proposeStmt, kind, id, "", r.revision, "", now); err != nil {
				return err
			}
			done.Proposed++
			continue
		}
		n, err := tx.Exec(drop, id)
		if err != nil {
			return err
		}
		done.Removed += int(n)
	}
	return nil
}

func presentRows(tx *db.Tx, kind string) (map[string]present, error) {
	stmt := map[string]*db.Stmt{"organization": organizationRowsStmt, "service": serviceRowsStmt, "place": placeRowsStmt, "concept": conceptRowsStmt}[kind]
	out := map[string]present{}
	err := tx.Each(stmt, func(scan func(...any) error) error {
		var id string
		var p present
		var edited int64
		if err := scan(&id, &p.revision, &edited); err != nil {
			return err
		}
		p.edited = edited != 0
		out[id] = p
		return nil
	})
	return out, err
}

// stored is the whole directory as the database holds it, hidden fields and
// findings included. Only Publish leads from here to a reader.
type stored struct {
	version       int64
	organizations []Organization
	positions     []int64 // by organisation: its place among those of its country
	vocabulary    Vocabulary
	changed       map[string]time.Time      // by organisation and service id
	checks        map[string][]Verification // by service id
}

func newStored() *stored {
	return &stored{changed: map[string]time.Time{}, checks: map[string][]Verification{}}
}

// load reads everything in one snapshot.
func load(ctx context.Context, d *db.DB) (*stored, error) {
	var s *stored
	err := d.Read(ctx, func(tx *db.Tx) error {
		s = newStored()
		var err error
		if s.version, _, err = readVersion(tx); err != nil {
			return err
		}
		if s.checks, err = loadChecks(tx); err != nil {
			return err
		}
		if err := s.loadTrees(tx); err != nil {
			return err
		}
		return tx.Each(conceptsStmt, func(scan func(...any) error) error {
			var doc string
			if err := scan(&doc); err != nil {
				return err
			}
			var c Concept
			if err := json.Unmarshal([]byte(doc), &c); err != nil {
				return fmt.Errorf("directory concept: %w", err)
			}
			s.vocabulary.Concepts = append(s.vocabulary.Concepts, c)
			return nil
		})
	})
	return s, fault.Wrap(err, "directory load")
}

// loadTrees reads all organisations with what belongs to them.
func (s *stored) loadTrees(tx *db.Tx) error {
	places, err := loadPlaces(tx, placesStmt)
	if err != nil {
		return err
	}
	services, err := s.loadServices(tx, places, servicesStmt)
	if err != nil {
		return err
	}
	return s.loadOrganizations(tx, services, organizationsStmt)
}

// AsWritten is the whole directory, hidden parts and findings included, with
// the dates that its rows themselves carry and not those of a verification
// here: a file of it that comes back changes nothing. It must not reach a
// reader but through Publish.
func (d *Directory) AsWritten(ctx context.Context) ([]Organization, error) {
	var s *stored
	err := d.cfg.DB.Read(ctx, func(tx *db.Tx) error {
		s = newStored()
		return s.loadTrees(tx)
	})
	return s.organizations, fault.Wrap(err, "directory as written")
}

// Everything is the whole directory as editors have it: hidden parts and
// findings included, with the dates of verification. It must not reach a
// reader but through Publish.
func (d *Directory) Everything(ctx context.Context) ([]Organization, error) {
	all, err := load(ctx, d.cfg.DB)
	if err != nil {
		return nil, err
	}
	return all.organizations, nil
}

func loadPlaces(tx *db.Tx, stmt *db.Stmt, args ...any) (map[string][]Place, error) {
	places := map[string][]Place{}
	err := tx.Each(stmt, func(scan func(...any) error) error {
		var service, doc string
		if err := scan(&service, &doc); err != nil {
			return err
		}
		var p Place
		if err := json.Unmarshal([]byte(doc), &p); err != nil {
			return fmt.Errorf("directory place of %s: %w", service, err)
		}
		places[service] = append(places[service], p)
		return nil
	}, args...)
	return places, err
}

func (s *stored) loadServices(tx *db.Tx, places map[string][]Place, stmt *db.Stmt, args ...any) (map[string][]Service, error) {
	services := map[string][]Service{}
	err := tx.Each(stmt, func(scan func(...any) error) error {
		var organization, doc string
		var changed int64
		if err := scan(&organization, &changed, &doc); err != nil {
			return err
		}
		var v Service
		if err := json.Unmarshal([]byte(doc), &v); err != nil {
			return fmt.Errorf("directory service of %s: %w", organization, err)
		}
		v.Places = places[v.ID]
		s.changed[v.ID] = clock.Time(changed)
		for _, c := range s.checks[v.ID] {
			if c.At.After(s.changed[v.ID]) {
				s.changed[v.ID] = c.At
			}
		}
		v.Verified = verifiedOn(&v, s.checks[v.ID])
		services[organization] = append(services[organization], v)
		return nil
	}, args...)
	return services, err
}

func (s *stored) loadOrganizations(tx *db.Tx, services map[string][]Service, stmt *db.Stmt, args ...any) error {
	return tx.Each(stmt, func(scan func(...any) error) error {
		var country, doc string
		var position, changed int64
		if err := scan(&country, &position, &changed, &doc); err != nil {
			return err
		}
		var o Organization
		if err := json.Unmarshal([]byte(doc), &o); err != nil {
			return fmt.Errorf("directory organization: %w", err)
		}
		o.Country, o.Services = country, services[o.ID]
		s.changed[o.ID] = clock.Time(changed)
		s.organizations, s.positions = append(s.organizations, o), append(s.positions, position)
		return nil
	}, args...)
}
