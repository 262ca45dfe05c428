package directory

import (
	"maps"
	"slices"
	"time"

	"amelie/internal/db"
)

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
