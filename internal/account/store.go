package account

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
var Schema = db.Schema{Package: "account", Files: schemaFiles}

const userColumns = `id, login, name, email, lang, profession, employer, state, public_key, totp, totp_step, created`

var (
	insertUserStmt   = db.Statement(`INSERT INTO account_user (id, login, name, email, lang, profession, employer, state, public_key, totp, totp_step, created, changed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT (login) DO NOTHING`)
	userStmt         = db.Statement(`SELECT ` + userColumns + ` FROM account_user WHERE id = $1`)
	userByLoginStmt  = db.Statement(`SELECT ` + userColumns + ` FROM account_user WHERE login = $1`)
	usersStmt        = db.Statement(`SELECT ` + userColumns + ` FROM account_user ORDER BY name, id`)
	updateUserStmt   = db.Statement(`UPDATE account_user SET name = $1, email = $2, lang = $3, profession = $4, employer = $5, changed = $6 WHERE id = $7`)
	updateTOTPStmt   = db.Statement(`UPDATE account_user SET totp = $1, totp_step = $2, changed = $3 WHERE id = $4`)
	useTOTPStmt      = db.Statement(`UPDATE account_user SET totp_step = $1 WHERE id = $2 AND totp_step < $3`)
	replaceKeyStmt   = db.Statement(`UPDATE account_user SET public_key = $1, totp = $2, totp_step = 0, state = 'active', changed = $3 WHERE id = $4`)
	updateStateStmt  = db.Statement(`UPDATE account_user SET state = $1, changed = $2 WHERE id = $3`)
	deleteUserStmt   = db.Statement(`DELETE FROM account_user WHERE id = $1`)
	deleteRolesStmt  = db.Statement(`DELETE FROM account_role WHERE user_id = $1`)
	insertRoleStmt   = db.Statement(`INSERT INTO account_role (user_id, role, granted_by, granted) VALUES ($1, $2, $3, $4) ON CONFLICT (user_id, role) DO NOTHING`)
	holdersStmt      = db.Statement(`SELECT u.id, u.name, u.email, u.lang FROM account_role r JOIN account_user u ON u.id = r.user_id WHERE r.role = $1 AND u.state = 'active' ORDER BY u.id`)
	deleteRoleStmt   = db.Statement(`DELETE FROM account_role WHERE user_id = $1 AND role = $2`)
	rolesStmt        = db.Statement(`SELECT role FROM account_role WHERE user_id = $1 ORDER BY role`)
	withRoleStmt     = db.Statement(`SELECT u.email, u.lang FROM account_role r JOIN account_user u ON u.id = r.user_id WHERE r.role = $1 AND u.state = 'active' ORDER BY u.id`)
	anybodyStmt      = db.Statement(`SELECT COUNT(*) FROM account_user`)
	countRoleStmt    = db.Statement(`SELECT COUNT(*) FROM account_role r JOIN account_user u ON u.id = r.user_id WHERE r.role = $1 AND u.state = 'active'`)
	insertLockStmt   = db.Statement(`INSERT INTO account_lock (id, user_id, kind, envelope, created) VALUES ($1, $2, $3, $4, $5)`)
	lockStmt         = db.Statement(`SELECT id, envelope FROM account_lock WHERE user_id = $1 AND kind = $2`)
	lockByIDStmt     = db.Statement(`SELECT envelope FROM account_lock WHERE id = $1 AND user_id = $2`)
	countLocksStmt   = db.Statement(`SELECT COUNT(*) FROM account_lock WHERE kind = $1`)
	deleteLockStmt   = db.Statement(`DELETE FROM account_lock WHERE id = $1`)
	deleteKindStmt   = db.Statement(`DELETE FROM account_lock WHERE user_id = $1 AND kind = $2`)
	deleteLocksStmt  = db.Statement(`DELETE FROM account_lock WHERE user_id = $1`)
	insertKeyStmt    = db.Statement(`INSERT INTO account_passkey (id, user_id, credential, label, record, created, used) VALUES ($1, $2, $3, $4, $5, $6, $7)`)
	passkeysStmt     = db.Statement(`SELECT p.id, p.label, p.record, p.created, p.used, COALESCE(l.id, '') FROM account_passkey p LEFT JOIN account_lock l ON l.id = p.id WHERE p.user_id = $1 ORDER BY p.created, p.id`)
	usePasskeyStmt   = db.Statement(`UPDATE account_passkey SET record = $1, used = $2 WHERE id = $3`)
	deletePasskey    = db.Statement(`DELETE FROM account_passkey WHERE id = $1 AND user_id = $2`)
	deletePasskeys   = db.Statement(`DELETE FROM account_passkey WHERE user_id = $1`)
	insertCeremony   = db.Statement(`INSERT INTO account_ceremony (id, kind, user_id, data, expires) VALUES ($1, $2, $3, $4, $5)`)
	ceremonyStmt     = db.Statement(`SELECT kind, user_id, data, expires FROM account_ceremony WHERE id = $1`)
	deleteCeremony   = db.Statement(`DELETE FROM account_ceremony WHERE id = $1`)
	deleteCeremonies = db.Statement(`DELETE FROM account_ceremony WHERE user_id = $1`)
	oldCeremonies    = db.Statement(`DELETE FROM account_ceremony WHERE expires < $1`)
	insertSession    = db.Statement(`INSERT INTO account_session (id, user_id, hash, half, stage, agent, created, seen, confirmed, ended) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0)`)
	sessionStmt      = db.Statement(`SELECT id, user_id, half, stage, agent, created, seen, confirmed, ended FROM account_session WHERE hash = $1`)
	sessionsStmt     = db.Statement(`SELECT id, user_id, half, stage, agent, created, seen, confirmed, ended FROM account_session WHERE user_id = $1 AND ended = 0 AND created > $2 ORDER BY seen DESC, id`)
	touchSession     = db.Statement(`UPDATE account_session SET seen = $1 WHERE id = $2 AND ended = 0 AND seen < $3`)
	unlockSession    = db.Statement(`UPDATE account_session SET half = $1, confirmed = $2 WHERE id = $3 AND ended = 0`)
	unlockedStmt     = db.Statement(`SELECT COUNT(*) FROM account_session WHERE id = $1 AND ended = 0 AND half <> $2 AND seen > $3 AND created > $4`)
	openSession      = db.Statement(`UPDATE account_session SET stage = 'full' WHERE id = $1 AND ended = 0`)
	confirmSession   = db.Statement(`UPDATE account_session SET confirmed = $1 WHERE id = $2 AND ended = 0`)
	endSession       = db.Statement(`UPDATE account_session SET ended = $1, half = $2 WHERE id = $3 AND user_id = $4 AND ended = 0`)
	endSessions      = db.Statement(`UPDATE account_session SET ended = $1, half = $2 WHERE user_id = $3 AND id <> $4 AND ended = 0`)
	deleteSessions   = db.Statement(`DELETE FROM account_session WHERE user_id = $1`)
	oldSessions      = db.Statement(`DELETE FROM account_session WHERE created < $1`)
	staleHalves      = db.Statement(`UPDATE account_session SET half = $1 WHERE half <> $2 AND (seen < $3 OR created < $4)`)
	endAllSessions   = db.Statement(`UPDATE account_session SET ended = $1, half = $2 WHERE ended = 0`)
	revokeAllTokens  = db.Statement(`UPDATE account_token SET revoked = $1 WHERE revoked = 0`)
	deleteOpenLinks  = db.Statement(`DELETE FROM account_link WHERE used = 0`)
	insertCode       = db.Statement(`INSERT INTO account_code (user_id, hash, used) VALUES ($1, $2, 0)`)
	useCode          = db.Statement(`UPDATE account_code SET used = $1 WHERE user_id = $2 AND hash = $3 AND used = 0`)
	countCodes       = db.Statement(`SELECT COUNT(*) FROM account_code WHERE user_id = $1 AND used = 0`)
	deleteCodes      = db.Statement(`DELETE FROM account_code WHERE user_id = $1`)
	insertToken      = db.Statement(`INSERT INTO account_token (id, user_id, hash, label, scopes, created, expires, used, revoked) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0) ON CONFLICT (hash) DO NOTHING`)
	tokenStmt        = db.Statement(`SELECT id, user_id, scopes, expires, used, revoked FROM account_token WHERE hash = $1`)
	tokensStmt       = db.Statement(`SELECT id, label, scopes, created, expires, used, revoked FROM account_token WHERE user_id = $1 ORDER BY created DESC, id`)
	touchToken       = db.Statement(`UPDATE account_token SET used = $1 WHERE id = $2`)
	revokeToken      = db.Statement(`UPDATE account_token SET revoked = $1 WHERE id = $2 AND user_id = $3 AND revoked = 0`)
	deleteTokens     = db.Statement(`DELETE FROM account_token WHERE user_id = $1`)
	revokeTokens     = db.Statement(`UPDATE account_token SET revoked = $1 WHERE user_id = $2 AND revoked = 0`)
	tryStmt          = db.Statement(`SELECT tries, last FROM account_try WHERE subject = $1`)
	setTry           = db.Statement(`INSERT INTO account_try (subject, tries, last) VALUES ($1, $2, $3) ON CONFLICT (subject) DO UPDATE SET tries = excluded.tries, last = excluded.last`)
	deleteTry        = db.Statement(`DELETE FROM account_try WHERE subject = $1`)
	undoTry          = db.Statement(`UPDATE account_try SET tries = tries - 1 WHERE subject = $1 AND tries > 0`)
	oldTries         = db.Statement(`DELETE FROM account_try WHERE last < $1`)
	insertLink       = db.Statement(`INSERT INTO account_link (hash, kind, user_id, roles, made_by, created, expires, used) VALUES ($1, $2, $3, $4, $5, $6, $7, 0)`)
	linkStmt         = db.Statement(`SELECT kind, user_id, roles, made_by, expires, used FROM account_link WHERE hash = $1`)
	useLink          = db.Statement(`UPDATE account_link SET used = $1 WHERE hash = $2 AND used = 0 AND expires > $3`)
	deleteLinks      = db.Statement(`DELETE FROM account_link WHERE kind = $1 AND user_id = $2 AND used = 0`)
	deleteLinksOf    = db.Statement(`DELETE FROM account_link WHERE user_id = $1`)
	deleteLinksBy    = db.Statement(`DELETE FROM account_link WHERE made_by = $1`)
	oldLinks         = db.Statement(`DELETE FROM account_link WHERE expires < $1`)
)

func scanUser(scan func(...any) error) (User, error) {
	var u User
	var created int64
	err := scan(&u.ID, &u.Login, &u.Name, &u.Email, &u.Lang, &u.Profession, &u.Employer, &u.State, &u.Public, &u.TOTP, &u.TOTPStep, &created)
	u.Created = clock.Time(created)
	return u, err
}

// loadUser gives the user; found is false when there is none.
func loadUser(tx *db.Tx, id string) (u User, found bool, err error) {
	u, err = scanUser(tx.Row(userStmt, id).Scan)
	return found1(u, err)
}

func loadUserByLogin(tx *db.Tx, login string) (u User, found bool, err error) {
	u, err = scanUser(tx.Row(userByLoginStmt, FoldLogin(login)).Scan)
	return found1(u, err)
}

func found1[T any](v T, err error) (T, bool, error) {
	if db.NoRows(err) {
		return v, false, nil
	}
	return v, err == nil, err
}

// insertUser says whether the sign-in name was free.
func insertUser(tx *db.Tx, u User) (bool, error) {
	at := clock.Millis(u.Created)
	n, err := tx.Exec(insertUserStmt, u.ID, u.Login, u.Name, u.Email, u.Lang, u.Profession, u.Employer, u.State, u.Public, bytesOr(u.TOTP), u.TOTPStep, at, at)
	return n == 1, err
}

// bytesOr keeps an empty value from becoming NULL.
func bytesOr(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

func loadRoles(tx *db.Tx, userID string) (roles []string, err error) {
	err = tx.Each(rolesStmt, func(scan func(...any) error) error {
		var r string
		if err := scan(&r); err != nil {
			return err
		}
		roles = append(roles, r)
		return nil
	}, userID)
	return roles, err
}

func scanSession(scan func(...any) error) (Session, error) {
	var s Session
	var created, seen, confirmed, ended int64
	err := scan(&s.ID, &s.UserID, &s.Half, &s.Stage, &s.Agent, &created, &seen, &confirmed, &ended)
	s.Created, s.Seen, s.Confirmed, s.Ended = clock.Time(created), clock.Time(seen), clock.Time(confirmed), clock.Time(ended)
	return s, err
}

func loadSession(tx *db.Tx, hash string) (Session, bool, error) {
	return found1(scanSession(tx.Row(sessionStmt, hash).Scan))
}

func loadSessions(tx *db.Tx, userID string, now time.Time) (list []Session, err error) {
	err = tx.Each(sessionsStmt, func(scan func(...any) error) error {
		s, err := scanSession(scan)
		if st := s.State(now); err == nil && (st == Open || st == Enrolling) {
			list = append(list, s)
		}
		return err
	}, userID, clock.Millis(now.Add(-AbsoluteLimit)))
	return list, err
}

type lockRow struct {
	id       string
	envelope []byte
}

func loadPasswordLock(tx *db.Tx, userID string) (lockRow, bool, error) {
	var l lockRow
	err := tx.Row(lockStmt, userID, lockPassword).Scan(&l.id, &l.envelope)
	return found1(l, err)
}

type passkeyRow struct {
	Passkey
	record []byte
}

func loadPasskeys(tx *db.Tx, userID string) (list []passkeyRow, err error) {
	err = tx.Each(passkeysStmt, func(scan func(...any) error) error {
		var p passkeyRow
		var lock string
		var created, used int64
		if err := scan(&p.ID, &p.Label, &p.record, &created, &used, &lock); err != nil {
			return err
		}
		p.Created, p.Used, p.Unlocks = clock.Time(created), clock.Time(used), lock != ""
		list = append(list, p)
		return nil
	}, userID)
	return list, err
}

func loadTokens(tx *db.Tx, userID string) (list []Token, err error) {
	err = tx.Each(tokensStmt, func(scan func(...any) error) error {
		var t Token
		var scopes string
		var created, expires, used, revoked int64
		if err := scan(&t.ID, &t.Label, &scopes, &created, &expires, &used, &revoked); err != nil {
			return err
		}
		t.Scopes = strings.Fields(scopes)
		t.Created, t.Expires, t.Used, t.Revoked = clock.Time(created), clock.Time(expires), clock.Time(used), clock.Time(revoked)
		list = append(list, t)
		return nil
	}, userID)
	return list, err
}

func loadTries(tx *db.Tx, subject string) (Tries, error) {
	var t Tries
	var last int64
	err := tx.Row(tryStmt, subject).Scan(&t.Count, &last)
	if db.NoRows(err) {
		return Tries{}, nil
	}
	t.Last = clock.Time(last)
	return t, err
}

type linkRow struct {
	kind, userID, roles, madeBy string
	expires, used               time.Time
}

func loadLink(tx *db.Tx, hash string) (linkRow, bool, error) {
	var l linkRow
	var expires, used int64
	err := tx.Row(linkStmt, hash).Scan(&l.kind, &l.userID, &l.roles, &l.madeBy, &expires, &used)
	l.expires, l.used = clock.Time(expires), clock.Time(used)
	return found1(l, err)
}

// Holder is somebody with a role for the whole installation.
type Holder struct{ UserID, Name, Email, Lang string }

// Holders are the active people with a role ("coordinator").
func (s *Service) Holders(tx *db.Tx, role string) (out []Holder, err error) {
	err = tx.Each(holdersStmt, func(scan func(...any) error) error {
		var h Holder
		err := scan(&h.UserID, &h.Name, &h.Email, &h.Lang)
		out = append(out, h)
		return err
	}, role)
	return out, err
}
