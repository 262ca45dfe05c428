package directory

import (
	"context"
	"maps"
	"slices"
	"time"

	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
)

var (
	leaveTrailStmt = db.Statement(`INSERT INTO directory_trail (version, organization) VALUES ($1, $2) ON CONFLICT (version, organization) DO NOTHING`)
	dropTrailStmt  = db.Statement(`DELETE FROM directory_trail WHERE version <= $1`)
	trailStmt      = db.Statement(`SELECT version, organization FROM directory_trail WHERE version > $1 ORDER BY version, organization`)

	oneOrganizationStmt = db.Statement(`SELECT country, position, changed, document FROM directory_organization WHERE id = $1`)
	itsServicesStmt     = db.Statement(`SELECT organization, changed, document FROM directory_service WHERE organization = $1 ORDER BY position, id`)
	itsPlacesStmt       = db.Statement(`SELECT p.service, p.document FROM directory_place p JOIN directory_service s ON s.id = p.service
		WHERE s.organization = $1 ORDER BY p.service, p.position, p.id`)
	itsPlacesAndOwnerStmt = db.Statement(`SELECT p.id, p.service FROM directory_place p JOIN directory_service s ON s.id = p.service WHERE s.organization = $1`)
	itsChecksStmt         = db.Statement(`SELECT ` + checkColumns + ` FROM directory_check WHERE
		kind = 'service' AND row_id IN (SELECT id FROM directory_service WHERE organization = $1) OR
		kind = 'place' AND row_id IN (SELECT p.id FROM directory_place p JOIN directory_service s ON s.id = p.service WHERE s.organization = $2)
		ORDER BY kind, row_id, part`)
)

const (
	trailLength = 1000 // versions; an instance that is further behind reads everything
	mostMoved   = 200  // organisations; beyond it reading everything is no slower
)

// bumpVersion makes a new version. Every instance reads the organisations that
// it names, and everything when it names none.
func bumpVersion(tx *db.Tx, at time.Time, organizations ...string) error {
	version, revision, err := readVersion(tx)
	if err != nil {
		return err
	}
	version++
	if _, err := tx.Exec(setVersionStmt, version, revision, clock.Millis(at)); err != nil {
		return err
	}
	for _, o := range organizations {
		if _, err := tx.Exec(leaveTrailStmt, version, o); err != nil {
			return err
		}
	}
	_, err = tx.Exec(dropTrailStmt, version-trailLength)
	return err
}

// loadMoved reads the organisations that changed since a version; moved names
// them, also those that are gone. ok is false when the trail does not tell all
// of them, or so many that everything is to be read.
func loadMoved(ctx context.Context, d *db.DB, since int64) (s *stored, moved map[string]bool, ok bool, err error) {
	err = d.Read(ctx, func(tx *db.Tx) error {
		s, ok = newStored(), false
		var err error
		if s.version, _, err = readVersion(tx); err != nil {
			return err
		}
		versions, organizations, err := readTrail(tx, since)
		if err != nil || s.version <= since || versions != s.version-since || len(organizations) > mostMoved {
			return err
		}
		for _, id := range slices.Sorted(maps.Keys(organizations)) {
			if err := s.readOne(tx, id); err != nil {
				return err
			}
		}
		moved, ok = organizations, true
		return nil
	})
	return s, moved, ok, fault.Wrap(err, "directory trail")
}

// readTrail counts the versions since another that left a trail, and gathers
// whom they changed.
func readTrail(tx *db.Tx, since int64) (versions int64, organizations map[string]bool, err error) {
	organizations = map[string]bool{}
	last := since
	err = tx.Each(trailStmt, func(scan func(...any) error) error {
		var version int64
		var organization string
		if err := scan(&version, &organization); err != nil {
			return err
		}
		if version != last {
			versions, last = versions+1, version
		}
		organizations[organization] = true
		return nil
	}, since)
	return versions, organizations, err
}

// readOne reads one organisation, if it is there, with all that belongs to it.
func (s *stored) readOne(tx *db.Tx, id string) error {
	places, err := loadPlaces(tx, itsPlacesStmt, id)
	if err != nil {
		return err
	}
	checks, err := readChecks(tx, itsChecksStmt, id, id)
	if err != nil {
		return err
	}
	byService, err := checksByService(tx, checks, itsPlacesAndOwnerStmt, id)
	if err != nil {
		return err
	}
	maps.Copy(s.checks, byService)
	services, err := s.loadServices(tx, places, itsServicesStmt, id)
	if err != nil {
		return err
	}
	return s.loadOrganizations(tx, services, oneOrganizationStmt, id)
}
