// Command pack writes the embedded texts of the program as compressed archives
// beside their folders: content/packed.solid and locale/packed.solid. A build
// with the tag packed embeds these instead of the folders; script/build does
// both. The archives are not kept in the repository.
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
	for folder, files := range map[string]fs.FS{"content": content.FS, "locale": locale.Files} {
		packed, err := solid.Pack(files)
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, "packed.solid"), packed, 0o600)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "pack:", err)
			os.Exit(1)
		}
	}
}
