// Command pack writes the embedded texts of the program as compressed archives
// beside their folders: content/packed.zip and locale/packed.zip. A build with
// the tag packed embeds these instead of the folders; the Makefile does both.
// The archives are not kept in the repository.
package main

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"amelie/content"
	"amelie/locale"
)

func main() {
	for folder, files := range map[string]fs.FS{"content": content.FS, "locale": locale.Files} {
		if err := pack(filepath.Join(folder, "packed.zip"), files); err != nil {
			fmt.Fprintln(os.Stderr, "pack:", err)
			os.Exit(1)
		}
	}
}

// pack writes every file of a tree, in the order of their names and without
// times, so that the same texts give the same bytes.
func pack(to string, files fs.FS) error {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	err := fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(files, path)
		if err != nil {
			return err
		}
		w, err := z.CreateHeader(&zip.FileHeader{Name: path, Method: zip.Deflate})
		if err != nil {
			return err
		}
		_, err = w.Write(text)
		return err
	})
	if err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	return os.WriteFile(to, out.Bytes(), 0o600)
}
