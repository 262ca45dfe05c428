// Package solid keeps a tree of texts as one archive, compressed as a whole:
// alike files, such as six translations, share what they have in common.
//
// The idea: a zip of stored files inside one brotli stream, so the standard
// library still reads the tree. What is unpacked is let go when memory is
// wanted and nobody reads, and unpacked again at the next reading (about 15 ms
// a megabyte).
//
// Stored: nothing. It must never be given bytes that others can write: a
// damaged archive is a broken build, and it panics.
package solid

import (
	"archive/zip"
	"bytes"
	"io"
	"io/fs"
	"sync"
	"weak"

	"github.com/andybalholm/brotli"
)

// Pack writes every file of a tree, in the order of their names and without
// times, so that the same texts give the same bytes.
func Pack(files fs.FS) ([]byte, error) {
	var out bytes.Buffer
	w := brotli.NewWriterOptions(&out, brotli.WriterOptions{Quality: brotli.BestCompression, LGWin: 24})
	z := zip.NewWriter(w)
	err := fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(files, path)
		if err != nil {
			return err
		}
		one, err := z.CreateHeader(&zip.FileHeader{Name: path, Method: zip.Store})
		if err != nil {
			return err
		}
		_, err = one.Write(text)
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// Open gives the tree of an archive that Pack made. Nothing is unpacked before
// the first reading.
func Open(packed []byte) fs.FS { return &tree{packed: packed} }

type tree struct {
	packed []byte

	mu   sync.Mutex
	open weak.Pointer[zip.Reader]
}

func (t *tree) Open(name string) (fs.File, error) { return t.reader().Open(name) }

func (t *tree) reader() *zip.Reader {
	t.mu.Lock()
	defer t.mu.Unlock()
	if z := t.open.Value(); z != nil {
		return z
	}
	b, err := io.ReadAll(brotli.NewReader(bytes.NewReader(t.packed)))
	if err != nil {
		panic("solid: damaged archive: " + err.Error())
	}
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		panic("solid: damaged archive: " + err.Error())
	}
	t.open = weak.Make(z)
	return z
}
