package referral

import (
	"time"

	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
)

const guestColumns = `referral_id, name, organization, address, lang, link_hash, key_id, public_key, key_env, code_key, code_env, tries, made_at, opened_at, locked_at, wish_at`

var (
	guestInsertStmt = db.Statement(`INSERT INTO referral_guest (referral_id, name, organization, address, lang, link_hash, key_id, public_key, key_env, code_key, code_env,
		tries, made_at, opened_at, locked_at, wish_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, $12, 0, 0, 0)`)
	guestStmt       = db.Statement(`SELECT ` + guestColumns + ` FROM referral_guest WHERE referral_id = $1`)
	guestByLinkStmt = db.Statement(`SELECT ` + guestColumns + ` FROM referral_guest WHERE link_hash = $1`)
	// A try is taken before the code is looked at, so that many at once count too.
	guestTryStmt   = db.Statement(`UPDATE referral_guest SET tries = tries + 1 WHERE link_hash = $1 AND tries < $2 AND locked_at = 0`)
	guestUntryStmt = db.Statement(`UPDATE referral_guest SET tries = tries - 1 WHERE link_hash = $1 AND tries > 0`)
	guestLockStmt  = db.Statement(`UPDATE referral_guest SET locked_at = $1 WHERE link_hash = $2 AND locked_at = 0 AND tries >= $3`)
	guestOpenStmt  = db.Statement(`UPDATE referral_guest SET tries = 0, opened_at = CASE WHEN opened_at = 0 THEN $1 ELSE opened_at END WHERE link_hash = $2 AND locked_at = 0`)
	guestRenewStmt = db.Statement(`UPDATE referral_guest SET address = $1, lang = $2, link_hash = $3, key_id = $4, public_key = $5, key_env = $6, code_key = $7, code_env = $8,
		tries = 0, made_at = $9, locked_at = 0 WHERE referral_id = $10 AND key_id = $11`)
	// Letters of an agency that open nothing before their sender makes them new.
	guestShutStmt = db.Statement(`SELECT referral_id FROM referral_guest WHERE locked_at > 0
		AND referral_id IN (SELECT id FROM referral_referral WHERE from_agency = $1)`)
	// The link still says that it has ended; nothing opens any more.
	guestEndStmt = db.Statement(`UPDATE referral_guest SET key_env = $1, code_env = $2, address = '' WHERE referral_id = $3`)
	// Only the public name stays, for lists and counts.
	guestForgetStmt = db.Statement(`UPDATE referral_guest SET key_env = $1, code_env = $2, public_key = $3, address = '', link_hash = $4, wish_at = 0 WHERE referral_id = $5`)
	guestWishStmt   = db.Statement(`UPDATE referral_guest SET wish_at = $1 WHERE referral_id = $2 AND wish_at = 0`)
	wishesStmt      = db.Statement(`SELECT organization, MAX(name), MIN(wish_at) FROM referral_guest WHERE wish_at > 0 GROUP BY organization ORDER BY MIN(wish_at) LIMIT 500`)
	guestDropStmt   = db.Statement(`DELETE FROM referral_guest WHERE referral_id = $1`)
	// What both sides can open: a new key of the guest is given the same.
	sharedObjectsStmt = db.Statement(`SELECT object_id FROM referral_wrap WHERE referral_id = $1 AND agency_id = $2
		AND object_id IN (SELECT object_id FROM referral_wrap WHERE referral_id = $3 AND agency_id = $4)`)

	letterInsertStmt  = db.Statement(`INSERT INTO referral_guest_session (hash, referral_id, env, created, seen) VALUES ($1, $2, $3, $4, $5)`)
	letterStmt        = db.Statement(`SELECT referral_id, env, created, seen FROM referral_guest_session WHERE hash = $1`)
	letterSeenStmt    = db.Statement(`UPDATE referral_guest_session SET seen = $1 WHERE hash = $2`)
	letterEndStmt     = db.Statement(`DELETE FROM referral_guest_session WHERE hash = $1`)
	lettersEndStmt    = db.Statement(`DELETE FROM referral_guest_session WHERE referral_id = $1`)
	lettersAllEndStmt = db.Statement(`DELETE FROM referral_guest_session`)
	lettersLockStmt   = db.Statement(`UPDATE referral_guest SET locked_at = $1 WHERE locked_at = 0`)
	lettersOldStmt    = db.Statement(`DELETE FROM referral_guest_session WHERE seen <= $1 OR created <= $2`)
)

// guestRow is a guest as the database keeps it.
type guestRow struct {
	Referral, Name, Organization string
	Address, Lang                string
	Link                         string // keyed fingerprint of the link's secret
	KeyID                        string
	Public, Key                  []byte // Key: the private half, locked
	CodeKey                      string // the sending agency's key to which Code is sealed
	Code                         []byte
	Tries                        int64
	Made, Opened, Locked, Wish   time.Time
}

// over says that access has ended: there is no key to be opened.
func (g guestRow) over() bool { return len(g.Key) == 0 }

func scanGuest(scan func(...any) error) (guestRow, error) {
	var g guestRow
	var made, opened, locked, wish int64
	err := scan(&g.Referral, &g.Name, &g.Organization, &g.Address, &g.Lang, &g.Link, &g.KeyID, &g.Public, &g.Key, &g.CodeKey, &g.Code, &g.Tries, &made, &opened, &locked, &wish)
	g.Made, g.Opened, g.Locked, g.Wish = clock.Time(made), clock.Time(opened), clock.Time(locked), clock.Time(wish)
	return g, err
}

// guestOf finds the guest of a referral. Errors: fault.NotFound.
func guestOf(tx *db.Tx, referralID string) (guestRow, error) {
	return oneGuest(tx, guestStmt, referralID)
}

// guestByLink finds a guest by the fingerprint of a link. Errors: fault.NotFound.
func guestByLink(tx *db.Tx, link string) (guestRow, error) {
	return oneGuest(tx, guestByLinkStmt, link)
}

func oneGuest(tx *db.Tx, stmt *db.Stmt, by string) (guestRow, error) {
	g, err := scanGuest(tx.Row(stmt, by).Scan)
	if db.NoRows(err) {
		return g, fault.New(fault.NotFound, "web.error.not-found")
	}
	return g, fault.Wrap(err, "guest")
}

func insertGuest(tx *db.Tx, g guestRow) error {
	_, err := tx.Exec(guestInsertStmt, g.Referral, g.Name, g.Organization, g.Address, g.Lang, g.Link, g.KeyID, filled(g.Public), filled(g.Key), g.CodeKey, filled(g.Code), clock.Millis(g.Made))
	return err
}

// filled keeps an absent value from becoming NULL.
func filled(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// closeGuest takes the key, the code and the open pages of a guest away. For a
// referral to an agency with an account it does nothing.
//
// req: GUEST-6
func closeGuest(tx *db.Tx, r stored) error {
	if r.Way() == ByAccount {
		return nil
	}
	if _, err := tx.Exec(guestEndStmt, []byte{}, []byte{}, r.ID); err != nil {
		return err
	}
	_, err := tx.Exec(lettersEndStmt, r.ID)
	return err
}

// forgetGuest leaves nothing of a guest but the public name of the service;
// the link is then unknown.
func forgetGuest(tx *db.Tx, referralID string) error {
	if _, err := tx.Exec(guestForgetStmt, []byte{}, []byte{}, []byte{}, "gone "+referralID, referralID); err != nil {
		return err
	}
	_, err := tx.Exec(lettersEndStmt, referralID)
	return err
}
