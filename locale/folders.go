//go:build !packed

package locale

import (
	"embed"
	"io/fs"
)

//go:embed */*.toml
var folders embed.FS

// Files are the embedded texts: <language>/<room>.toml.
var Files fs.FS = folders
