package agency

import (
	"embed"
	"strings"
	"time"

	"amelie/internal/clock"
	"amelie/internal/db"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema is what this package stores.
var Schema = db.Schema{Package: "agency", Files: schemaFiles}

const agencyColumns = `id, organization, name, state, authority, created`

var (
	insertAgencyStmt   = db.Statement(`INSERT INTO agency (id, organization, name, state, authority, admitted_by, created, changed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (organization) DO NOTHING`)
	agencyStmt         = db.Statement(`SELECT ` + agencyColumns + ` FROM agency WHERE id = $1`)
	byDirectoryStmt    = db.Statement(`SELECT ` + agencyColumns + ` FROM agency WHERE organization = $1`)
	listStmt           = db.Statement(`SELECT ` + agencyColumns + ` FROM agency ORDER BY name, id`)
	listOwnStmt        = db.Statement(`SELECT ` + agencyColumns + ` FROM agency WHERE id = $1`)
	setStateStmt       = db.Statement(`UPDATE agency SET state = $1, changed = $2 WHERE id = $3`)
	setAuthorityStmt   = db.Statement(`UPDATE agency SET authority = $1, changed = $2 WHERE id = $3`)
	insertMemberStmt   = db.Statement(`INSERT INTO agency_member (user_id, agency_id, roles, vouched_by, joined, changed) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (user_id) DO NOTHING`)
	memberStmt         = db.Statement(`SELECT user_id, agency_id, roles, vouched_by, joined FROM agency_member WHERE user_id = $1`)
	membershipStmt     = db.Statement(`SELECT a.id, a.name, a.state, m.roles FROM agency_member m JOIN agency a ON a.id = m.agency_id WHERE m.user_id = $1`)
	membersStmt        = db.Statement(`SELECT user_id, agency_id, roles, vouched_by, joined FROM agency_member WHERE agency_id = $1 ORDER BY joined, user_id`)
	setRolesStmt       = db.Statement(`UPDATE agency_member SET roles = $1, changed = $2 WHERE user_id = $3 AND agency_id = $4`)
	setVouchedStmt     = db.Statement(`UPDATE agency_member SET vouched_by = $1, changed = $2 WHERE user_id = $3`)
	dropVouchedStmt    = db.Statement(`UPDATE agency_member SET vouched_by = '', changed = $1 WHERE vouched_by = $2`)
	deleteMemberStmt   = db.Statement(`DELETE FROM agency_member WHERE user_id = $1 AND agency_id = $2`)
	memberGoneStmt     = db.Statement(`DELETE FROM agency_member WHERE user_id = $1`)
	insertInviteStmt   = db.Statement(`INSERT INTO agency_invitation (id, hash, agency_id, roles, label, made_by, by_lead, created, expires, used, withdrawn) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, 0) ON CONFLICT (hash) DO NOTHING`)
	inviteStmt         = db.Statement(`SELECT id, agency_id, roles, label, made_by, by_lead, created, expires FROM agency_invitation WHERE hash = $1 AND used = 0 AND withdrawn = 0 AND expires > $2`)
	invitesStmt        = db.Statement(`SELECT id, agency_id, roles, label, made_by, by_lead, created, expires FROM agency_invitation WHERE agency_id = $1 AND used = 0 AND withdrawn = 0 AND expires > $2 ORDER BY created, id`)
	useInviteStmt      = db.Statement(`UPDATE agency_invitation SET used = $1 WHERE id = $2 AND used = 0 AND withdrawn = 0 AND expires > $3`)
	dropInviteStmt     = db.Statement(`UPDATE agency_invitation SET withdrawn = $1 WHERE id = $2 AND agency_id = $3 AND used = 0 AND withdrawn = 0`)
	dropInvitesOfStmt  = db.Statement(`UPDATE agency_invitation SET withdrawn = $1 WHERE made_by = $2 AND used = 0 AND withdrawn = 0`)
	insertKeyStmt      = db.Statement(`INSERT INTO agency_key (id, agency_id, public_key, reason, created, retired) VALUES ($1, $2, $3, $4, $5, 0)`)
	currentKeyStmt     = db.Statement(`SELECT id, agency_id, public_key, reason, created, retired FROM agency_key WHERE agency_id = $1 AND retired = 0`)
	keyStmt            = db.Statement(`SELECT id, agency_id, public_key, reason, created, retired FROM agency_key WHERE id = $1`)
	keysStmt           = db.Statement(`SELECT id, agency_id, public_key, reason, created, retired FROM agency_key WHERE agency_id = $1 ORDER BY created, id`)
	retireKeysStmt     = db.Statement(`UPDATE agency_key SET retired = $1 WHERE agency_id = $2 AND retired = 0`)
	insertWrapStmt     = db.Statement(`INSERT INTO agency_wrap (key_id, holder, envelope, wrapped_by, created) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (key_id, holder) DO NOTHING`)
	wrapStmt           = db.Statement(`SELECT envelope FROM agency_wrap WHERE key_id = $1 AND holder = $2`)
	wrapsOfStmt        = db.Statement(`SELECT w.key_id, w.envelope FROM agency_wrap w JOIN agency_key k ON k.id = w.key_id WHERE w.holder = $1 AND k.agency_id = $2 ORDER BY k.created, k.id`)
	holdersStmt        = db.Statement(`SELECT holder FROM agency_wrap WHERE key_id = $1`)
	deleteWrapsStmt    = db.Statement(`DELETE FROM agency_wrap WHERE holder = $1`)
	deleteWrapsUntil   = db.Statement(`DELETE FROM agency_wrap WHERE holder = $1 AND created <= $2`)
	dropAllInvitesStmt = db.Statement(`UPDATE agency_invitation SET withdrawn = $1 WHERE used = 0 AND withdrawn = 0`)
	insertRecovery     = db.Statement(`INSERT INTO agency_recovery (id, agency_id, public_key, envelope, made_by, created, confirmed, retired) VALUES ($1, $2, $3, $4, $5, $6, 0, 0)`)
	recoveriesStmt     = db.Statement(`SELECT id, public_key, envelope, made_by, created, confirmed FROM agency_recovery WHERE agency_id = $1 AND retired = 0 ORDER BY created DESC, id`)
	confirmRecovery    = db.Statement(`UPDATE agency_recovery SET confirmed = $1 WHERE id = $2 AND confirmed = 0 AND retired = 0`)
	retireRecovery     = db.Statement(`UPDATE agency_recovery SET retired = $1, envelope = $2 WHERE id = $3 AND retired = 0`)
)

func scanAgency(scan func(...any) error) (Agency, error) {
	var a Agency
	var created int64
	err := scan(&a.ID, &a.Organization, &a.Name, &a.State, &a.Authority, &created)
	a.Created = clock.Time(created)
	return a, err
}

func optional[T any](v T, err error) (T, bool, error) {
	if db.NoRows(err) {
		return v, false, nil
	}
	return v, err == nil, err
}

func loadAgency(tx *db.Tx, id string) (Agency, bool, error) {
	return optional(scanAgency(tx.Row(agencyStmt, id).Scan))
}

// loadScope is the agencies that a person may know of: all, or her own.
func loadScope(tx *db.Tx, all bool, own string) (list []Agency, err error) {
	add := func(scan func(...any) error) error {
		a, err := scanAgency(scan)
		list = append(list, a)
		return err
	}
	if all {
		err = tx.Each(listStmt, add)
	} else {
		err = tx.Each(listOwnStmt, add, own)
	}
	return list, err
}

func scanMember(scan func(...any) error) (Member, error) {
	var m Member
	var roles string
	var joined int64
	err := scan(&m.UserID, &m.AgencyID, &roles, &m.VouchedBy, &joined)
	m.Roles, m.Joined = strings.Fields(roles), clock.Time(joined)
	return m, err
}

func loadMember(tx *db.Tx, userID string) (Member, bool, error) {
	return optional(scanMember(tx.Row(memberStmt, userID).Scan))
}

func loadMembers(tx *db.Tx, agencyID string) ([]Member, error) {
	return db.All(tx, membersStmt, scanMember, agencyID)
}

func scanInvitation(scan func(...any) error) (Invitation, error) {
	var i Invitation
	var roles string
	var byLead, created, expires int64
	err := scan(&i.ID, &i.AgencyID, &roles, &i.Label, &i.MadeBy, &byLead, &created, &expires)
	i.Roles, i.ByLead = strings.Fields(roles), byLead == 1
	i.Created, i.Expires = clock.Time(created), clock.Time(expires)
	return i, err
}

func loadInvitation(tx *db.Tx, hash string, now time.Time) (Invitation, bool, error) {
	return optional(scanInvitation(tx.Row(inviteStmt, hash, clock.Millis(now)).Scan))
}

func loadInvitations(tx *db.Tx, agencyID string, now time.Time) ([]Invitation, error) {
	return db.All(tx, invitesStmt, scanInvitation, agencyID, clock.Millis(now))
}

func scanKey(scan func(...any) error) (Key, error) {
	var k Key
	var public []byte
	var created, retired int64
	err := scan(&k.ID, &k.AgencyID, &public, &k.Reason, &created, &retired)
	k.Public, k.Created, k.Retired = public, clock.Time(created), clock.Time(retired)
	return k, err
}

func loadCurrentKey(tx *db.Tx, agencyID string) (Key, bool, error) {
	return optional(scanKey(tx.Row(currentKeyStmt, agencyID).Scan))
}

func loadKey(tx *db.Tx, keyID string) (Key, bool, error) {
	return optional(scanKey(tx.Row(keyStmt, keyID).Scan))
}

func loadKeys(tx *db.Tx, agencyID string) ([]Key, error) {
	return db.All(tx, keysStmt, scanKey, agencyID)
}

// wrap is the private half of one key, closed for one holder.
type wrap struct {
	keyID, holder string
	envelope      []byte
}

func insertWraps(tx *db.Tx, wraps []wrap, by string, at time.Time) error {
	for _, w := range wraps {
		if _, err := tx.Exec(insertWrapStmt, w.keyID, w.holder, w.envelope, by, clock.Millis(at)); err != nil {
			return err
		}
	}
	return nil
}

func loadWrap(tx *db.Tx, keyID, holder string) (envelope []byte, found bool, err error) {
	err = tx.Row(wrapStmt, keyID, holder).Scan(&envelope)
	return optional(envelope, err)
}

// loadWrapsOf gives the wraps of a holder for all keys of an agency.
func loadWrapsOf(tx *db.Tx, holder, agencyID string) (list []wrap, err error) {
	err = tx.Each(wrapsOfStmt, func(scan func(...any) error) error {
		w := wrap{holder: holder}
		err := scan(&w.keyID, &w.envelope)
		list = append(list, w)
		return err
	}, holder, agencyID)
	return list, err
}

func loadHolders(tx *db.Tx, keyID string) (map[string]bool, error) {
	holders := map[string]bool{}
	err := tx.Each(holdersStmt, func(scan func(...any) error) error {
		var h string
		err := scan(&h)
		holders[h] = true
		return err
	}, keyID)
	return holders, err
}

type recoveryRow struct {
	Recovery
	public, envelope []byte
}

func loadRecoveries(tx *db.Tx, agencyID string) (list []recoveryRow, err error) {
	err = tx.Each(recoveriesStmt, func(scan func(...any) error) error {
		var r recoveryRow
		var created, confirmed int64
		err := scan(&r.ID, &r.public, &r.envelope, &r.MadeBy, &created, &confirmed)
		r.Created, r.Confirmed = clock.Time(created), clock.Time(confirmed)
		list = append(list, r)
		return err
	}, agencyID)
	return list, err
}
