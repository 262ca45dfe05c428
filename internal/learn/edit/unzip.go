package edit

import (
	"archive/zip"
	"bytes"
	"io"
	"io/fs"
	"path"
	"strings"
	"unicode/utf8"

	"amelie/internal/learn"
)

// What a folder may weigh that somebody sends. The course that ships with the
// program has 130 files and 2 MB.
const (
	MaxZip    = 16 << 20 // bytes as they are sent
	maxFile   = 2 << 20  // bytes of one file
	maxFolder = 48 << 20 // bytes of all of them
	maxFiles  = 3000
)

// Unzip takes a folder out of a file that somebody sent. It may stand in one
// folder, as most programs pack it. Everything in it is counted while it is
// unpacked, whatever its directory says. Errors: learn.Problems.
//
// req: FOLDER-1
func Unzip(packed []byte) (map[string][]byte, error) {
	z, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		return nil, folderProblem("", "not-zip")
	}
	u := unzipping{files: map[string][]byte{}, left: maxFolder}
	for _, f := range z.File {
		if strings.HasSuffix(f.Name, "/") || leftover(f.Name) {
			continue
		}
		if len(u.files) == maxFiles {
			return nil, folderProblem("", "many-files", "n", maxFiles)
		}
		if err := u.take(f); err != nil {
			return nil, err
		}
	}
	return unwrapped(u.files), nil
}

func folderProblem(file, key string, args ...any) learn.Problems {
	return learn.Problems{{File: file, Key: "review.folder." + key, Args: args}}
}

// leftover is what a desktop puts into every folder that it packs.
func leftover(name string) bool {
	base := path.Base(name)
	return strings.HasPrefix(name, "__MACOSX/") || base == ".DS_Store" || base == "Thumbs.db" || base == "desktop.ini"
}

type unzipping struct {
	files map[string][]byte
	left  int64 // bytes that may still come
}

func (u *unzipping) take(f *zip.File) error {
	if !fs.ValidPath(f.Name) || strings.ContainsAny(f.Name, "\\:\x00") || !f.Mode().IsRegular() {
		return folderProblem(f.Name, "path")
	}
	if _, twice := u.files[f.Name]; twice {
		return folderProblem(f.Name, "twice")
	}
	open, err := f.Open()
	if err != nil {
		return folderProblem(f.Name, "not-zip")
	}
	defer open.Close()
	most := min(maxFile, u.left)
	body, err := io.ReadAll(io.LimitReader(open, most+1))
	switch {
	case int64(len(body)) > most:
		return folderProblem(f.Name, "too-big", "mb", maxFile>>20, "all", maxFolder>>20)
	case err != nil:
		return folderProblem(f.Name, "not-zip")
	case path.Ext(f.Name) != ".md" && path.Ext(f.Name) != ".toml":
	case !utf8.Valid(body) || bytes.ContainsRune(body, 0):
		return folderProblem(f.Name, "not-text")
	}
	u.left -= int64(len(body))
	u.files[f.Name] = body
	return nil
}

// unwrapped is a folder without the one folder in which all of it stands.
func unwrapped(files map[string][]byte) map[string][]byte {
	top := ""
	for name := range files {
		first, _, deep := strings.Cut(name, "/")
		if !deep || top != "" && first != top {
			return files
		}
		top = first
	}
	out := map[string][]byte{}
	for name, body := range files {
		out[strings.TrimPrefix(name, top+"/")] = body
	}
	return out
}
