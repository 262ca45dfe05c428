package vault

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// SecretFile reads a file that only its owner may read. When it is missing
// and fresh is not nil, it is made with what fresh gives. A file that others
// may read is an error, not a warning: the secret counts as known.
// req: SEAL-5
func SecretFile(path string, fresh func() ([]byte, error)) ([]byte, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) && fresh != nil {
		if err := createSecretFile(path, fresh); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, fmt.Errorf("vault: making %s: %w", filepath.Base(path), err)
		}
		info, err = os.Stat(path)
	}
	if err != nil {
		return nil, fmt.Errorf("vault: secret file: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("vault: %s may be read by others (mode %04o); set it to 0600", path, info.Mode().Perm())
	}
	return os.ReadFile(path)
}

// createSecretFile writes beside and links into place, so that a start that
// is killed, or two at once, never leave half a file.
func createSecretFile(path string, fresh func() ([]byte, error)) error {
	text, err := fresh()
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".secret-*") // made 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	err = os.Link(f.Name(), path)
	if err != nil && !errors.Is(err, fs.ErrExist) { // a file system without links
		err = os.Rename(f.Name(), path)
	}
	return err
}
