// Command pack prepares a build of the program as it is shipped. It writes the
// embedded texts as compressed archives beside their folders,
// content/packed.solid and locale/packed.solid, which a build with the tag
// packed embeds instead of the folders; and into the folder that is its
// argument what go build -overlay needs to leave out methods that no page
// asks for. script/build uses both. Nothing of it is kept in the repository.
package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"amelie/content"
	"amelie/internal/solid"
	"amelie/locale"
)

func main() {
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "pack:", err)
		os.Exit(1)
	}
}

func run(overlay string) error {
	for folder, files := range map[string]fs.FS{"content": content.FS, "locale": locale.Files} {
		packed, err := solid.Pack(files)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, "packed.solid"), packed, 0o600); err != nil {
			return err
		}
	}
	known, err := names(os.DirFS("internal"))
	if err != nil {
		return err
	}
	list, err := lean(overlay, known)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(overlay, "overlay.json"), list, 0o600)
}
