//go:build packed

package content

import (
	_ "embed" // the archive below
	"io/fs"

	"amelie/internal/solid"
)

//go:embed packed.solid
var packed []byte

// FS is the same tree, compressed: what is read at the start need not lie
// in the program as it is.
var FS fs.FS = solid.Open(packed)
