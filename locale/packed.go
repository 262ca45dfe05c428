//go:build packed

package locale

import (
	_ "embed" // the archive below
	"io/fs"

	"amelie/internal/solid"
)

//go:embed packed.solid
var packed []byte

// Files are the same texts, compressed: what is read at the start need not lie
// in the program as it is.
var Files fs.FS = solid.Open(packed)
