//go:build !packed

package content

import (
	"embed"
	"io/fs"
)

//go:embed directory vocabulary country person agreement notes guide instrument print course
var folders embed.FS

// FS is the tree beside this file, rooted at content/. A new folder must be
// named here to be shipped.
var FS fs.FS = folders
