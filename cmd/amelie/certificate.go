package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"amelie/internal/credential"
)

// verifyCertificate checks a certificate's file without a network and without
// an installation.
func verifyCertificate(args []string, out io.Writer) error {
	f := flags("verify certificate FILE", "checks that nobody changed a certificate since it was signed")
	keys := f.String("key", "", "`file` with the issuer's published keys (its address/check/keys): without it the file\nproves that it was not changed, but not whose word it is")
	var file string
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		file, args = args[0], args[1:]
	}
	if err := f.Parse(args); err != nil {
		return errUsage
	}
	if file == "" && f.NArg() == 1 {
		file = f.Arg(0)
	}
	if file == "" {
		f.Usage()
		return errUsage
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	s, err := credential.Read(text)
	if err == nil {
		err = s.Valid(time.Now())
	}
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(file), err)
	}
	known := ""
	if *keys != "" {
		if known, err = among(*keys, s.Key); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "holder  %s\ncourse  %s\nissuer  %s, %s\ndate    %s\nkey     %s%s\n\n%s\n\nNothing was changed since it was signed.\n",
		s.Holder, s.Title, s.Issuer, s.Address, s.From.Format(time.DateOnly), s.Key, known, s.Criteria)
	if known == "" {
		fmt.Fprintf(out, "The key was compared with none. Whose it is, the issuer says at %s/check/keys; give that file with --key.\n", s.Address)
	}
	return nil
}

// among says that a key stands in a file of keys. Errors: it does not.
func among(path, key string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	list := credential.Keys(text)
	if len(list) == 0 {
		return "", errors.New("no key stands in " + path)
	}
	for _, k := range list {
		if k == key {
			return " (in " + filepath.Base(path) + ")", nil
		}
	}
	return "", fmt.Errorf("%w: %s does not stand in %s", credential.ErrKey, key, path)
}
