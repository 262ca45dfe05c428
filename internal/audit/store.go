package audit

import (
	"embed"

	"amelie/internal/db"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema is the tables of this package.
var Schema = db.Schema{Package: "audit", Files: schemaFiles}

var (
	leafStmt = db.Statement(`INSERT INTO audit_leaf (id, at, actor, agency, action, object, purpose, erasable, log, position)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, -1)`)
	saltStmt      = db.Statement(`INSERT INTO audit_salt (leaf, salt) VALUES ($1, $2)`)
	saltOfStmt    = db.Statement(`SELECT l.erasable, s.salt FROM audit_leaf l JOIN audit_salt s ON s.leaf = l.id WHERE l.id = $1`)
	eraseStmt     = db.Statement(`DELETE FROM audit_salt WHERE leaf IN (SELECT id FROM audit_leaf WHERE object = $1)`)
	eraseLeafStmt = db.Statement(`DELETE FROM audit_salt WHERE leaf = $1`)

	historyStmt = db.Statement(`SELECT id, at, actor, agency, action, object, purpose, erasable, log, position
		FROM audit_leaf WHERE object = $1 ORDER BY at, id LIMIT 1000`)
	latestStmt = db.Statement(`SELECT id, at, actor, agency, action, object, purpose, erasable, log, position
		FROM audit_leaf WHERE at < $1 ORDER BY at DESC, id DESC LIMIT $2`)

	waitingStmt = db.Statement(`SELECT id, at, actor, agency, action, object, purpose, erasable, log, position
		FROM audit_leaf WHERE log = 0 AND position = -1 ORDER BY id LIMIT $1`)
	waitingCount = db.Statement(`SELECT COUNT(*), COALESCE(MIN(at), 0) FROM audit_leaf WHERE log = 0 AND position = -1`)
	placeStmt    = db.Statement(`UPDATE audit_leaf SET log = $1, position = $2 WHERE id = $3 AND position = -1`)

	leaseStmt    = db.Statement(`UPDATE audit_lease SET holder = $1, until = $2 WHERE name = $3 AND (holder = $4 OR until < $5)`)
	newLeaseStmt = db.Statement(`INSERT INTO audit_lease (name, holder, until) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING`)

	endLeaseStmt = db.Statement(`UPDATE audit_lease SET until = 0 WHERE name = $1 AND holder = $2`)

	newLogStmt     = db.Statement(`INSERT INTO audit_log (number, origin, public, started, after) VALUES ($1, $2, $3, $4, $5)`)
	currentLogStmt = db.Statement(`SELECT number, origin, public, started, after FROM audit_log ORDER BY number DESC LIMIT 1`)
	logsStmt       = db.Statement(`SELECT number, origin, public, started, after FROM audit_log ORDER BY number`)

	hashStmt   = db.Statement(`INSERT INTO audit_hash (log, place, hash) VALUES ($1, $2, $3)`)
	hashAtStmt = db.Statement(`SELECT hash FROM audit_hash WHERE log = $1 AND place = $2`)
	hashesStmt = db.Statement(`SELECT place, hash FROM audit_hash WHERE log = $1 AND place >= $2 AND place < $3 ORDER BY place`)

	checkpointStmt  = db.Statement(`INSERT INTO audit_checkpoint (log, size, at, note) VALUES ($1, $2, $3, $4)`)
	lastCheckpoint  = db.Statement(`SELECT size, note FROM audit_checkpoint WHERE log = $1 ORDER BY size DESC LIMIT 1`)
	checkpointsStmt = db.Statement(`SELECT size, note FROM audit_checkpoint WHERE log = $1 AND size > $2 ORDER BY size LIMIT $3`)
	leavesStmt      = db.Statement(`SELECT id, at, actor, agency, action, object, purpose, erasable, log, position
		FROM audit_leaf WHERE log = $1 AND position >= $2 AND position < $3 ORDER BY position, id`)
	beyondStmt = db.Statement(`SELECT COUNT(*) FROM audit_leaf WHERE log = $1 AND position >= $2`)
	newestStmt = db.Statement(`SELECT COALESCE(MAX(at), 0) FROM audit_leaf`)
	signedStmt = db.Statement(`SELECT COALESCE(MAX(at), 0) FROM audit_checkpoint`)
	totalStmt  = db.Statement(`SELECT COUNT(*) FROM audit_leaf`)
)
