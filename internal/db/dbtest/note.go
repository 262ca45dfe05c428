package dbtest

import (
	"embed"

	"amelie/internal/db"
)

//go:embed schema/*.sql
var files embed.FS

// Note is a small schema for tests of the platform: note(id, n, body).
var Note = db.Schema{Package: "dbtest", Files: files}
