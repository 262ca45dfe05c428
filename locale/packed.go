//go:build packed

package locale

import (
	"archive/zip"
	"bytes"
	_ "embed" // the archive below
	"io/fs"
)

//go:embed packed.zip
var packed []byte

// Files are the same texts, compressed: what is read once at the start need not
// lie in the program as it is.
var Files = func() fs.FS {
	z, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		panic("locale: the packed texts are damaged: " + err.Error())
	}
	return z
}()
