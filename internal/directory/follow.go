package directory

import (
	"maps"
	"slices"
	"time"

	"amelie/internal/db"
)

// Some are organisations as editors have them, for whoever needs a few; those
// that are gone are left out. They must not reach a reader but through Publish.
func (d *Directory) Some(tx *db.Tx, ids ...string) ([]Organization, error) {
	s := newStored()
	for _, id := range ids {
		if err := s.readOne(tx, id); err != nil {
			return nil, err
		}
	}
	return s.organizations, nil
}

// Touch tells every instance that something about organisations changed which
// is not in their rows: what was found behind a link, a finding that was left
// as it is.
func (d *Directory) Touch(tx *db.Tx, at time.Time, organizations ...string) error {
	return bumpVersion(tx, at, organizations...)
}

// Moved names the organisations that changed since a version, also those that
// are gone, and the version now. ok is false when that cannot be told, or when
// they are so many that everything is to be read.
func (d *Directory) Moved(tx *db.Tx, since int64) (version int64, organizations []string, ok bool, err error) {
	if version, _, err = readVersion(tx); err != nil || version == since {
		return version, nil, err == nil, err
	}
	versions, moved, err := readTrail(tx, since)
	if err != nil || versions != version-since || len(moved) > mostMoved {
		return version, nil, false, err
	}
	return version, slices.Sorted(maps.Keys(moved)), true, nil
}
