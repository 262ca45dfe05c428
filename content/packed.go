//go:build packed

package content

import (
	"archive/zip"
	"bytes"
	_ "embed" // the archive below
	"io/fs"
)

//go:embed packed.zip
var packed []byte

// FS is the same tree, compressed: what is read once at the start need not lie
// in the program as it is.
var FS = func() fs.FS {
	z, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		panic("content: the packed texts are damaged: " + err.Error())
	}
	return z
}()
