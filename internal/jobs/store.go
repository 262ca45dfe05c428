package jobs

import (
	"embed"

	"amelie/internal/db"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema is the table of this package.
var Schema = db.Schema{Package: "jobs", Files: schemaFiles}

var (
	// A second job for the same kind and key replaces the first one's time and
	// content as long as the first has not begun.
	enqueueStmt = db.Statement(`INSERT INTO jobs_job (id, kind, name, slot, payload, state, run_at, attempts, lease, lease_until, fault)
		VALUES ($1, $2, $3, $4, $5, 'waiting', $6, 0, '', 0, '')
		ON CONFLICT (kind, slot) DO UPDATE SET payload = excluded.payload, run_at = excluded.run_at, state = 'waiting', attempts = 0, fault = ''`)
	cancelStmt      = db.Statement(`DELETE FROM jobs_job WHERE kind = $1 AND name = $2 AND state = 'waiting'`)
	cancelUnderStmt = db.Statement(`DELETE FROM jobs_job WHERE kind = $1 AND SUBSTR(name, 1, $2) = $3 AND state = 'waiting'`)

	dueStmt = db.Statement(`SELECT id, kind, name, payload, attempts FROM jobs_job
		WHERE state = 'waiting' AND run_at <= $1 AND lease_until <= $2 ORDER BY run_at, id LIMIT $3`)
	claimStmt = db.Statement(`UPDATE jobs_job SET slot = id, lease = $1, lease_until = $2, attempts = attempts + 1
		WHERE id = $3 AND state = 'waiting' AND run_at <= $4 AND lease_until <= $5`)
	claimedStmt = db.Statement(`SELECT payload, attempts FROM jobs_job WHERE id = $1`)
	doneStmt    = db.Statement(`DELETE FROM jobs_job WHERE id = $1 AND lease = $2`)
	retryStmt   = db.Statement(`UPDATE jobs_job SET run_at = $1, lease = '', lease_until = 0, fault = $2 WHERE id = $3 AND lease = $4`)
	buryStmt    = db.Statement(`UPDATE jobs_job SET state = 'dead', lease = '', lease_until = 0, fault = $1 WHERE id = $2 AND lease = $3`)

	countStmt = db.Statement(`SELECT state, COUNT(*), COALESCE(MIN(run_at), 0) FROM jobs_job GROUP BY state`)
	kindStmt  = db.Statement(`SELECT kind, state, COUNT(*), COALESCE(MIN(run_at), 0), CASE WHEN attempts > 0 THEN 1 ELSE 0 END AS tried
		FROM jobs_job GROUP BY kind, state, CASE WHEN attempts > 0 THEN 1 ELSE 0 END`)
	deadStmt       = db.Statement(`SELECT id, kind, attempts, run_at, fault FROM jobs_job WHERE state = 'dead' ORDER BY run_at, id LIMIT 200`)
	reviveStmt     = db.Statement(`UPDATE jobs_job SET state = 'waiting', run_at = $1, attempts = 0 WHERE id = $2 AND state = 'dead'`)
	reviveKindStmt = db.Statement(`UPDATE jobs_job SET state = 'waiting', run_at = $1, attempts = 0 WHERE kind = $2 AND state = 'dead' AND run_at >= $3`)
	dropStmt       = db.Statement(`DELETE FROM jobs_job WHERE id = $1 AND state = 'dead'`)
)
