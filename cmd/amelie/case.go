package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"amelie/internal/app"
)

// exportCase writes a copy of one person's whole file, for the person or at the
// person's wish. It needs an unlocked key: password and one-time code come from
// standard input, one a line, so that they stand in no list of processes.
func exportCase(ctx context.Context, args []string, out io.Writer) error {
	var cfg app.Config
	var x app.CaseExport
	f := flags("export case", "a copy of one person’s whole file, as the page of the case hands it out.\nThe password and the one-time code are read from standard input, one a line; a demo asks for neither")
	place(f, &cfg)
	f.StringVar(&x.Login, "login", "", "the sign-in `name` of somebody who may read the case; in a demo the short name, such as mira")
	f.StringVar(&x.Case, "case", "", "the case’s `identifier`, as in the address of its page")
	f.StringVar(&x.Why, "handing", "to-person", "to-person, or at-wish: given to somebody at the person’s wish")
	f.StringVar(&x.Lang, "lang", "en", "`language` of the paper")
	to := f.String("to", "", "`file` (zip) to write; it must not exist")
	given := f.Bool("given", false, "the person wants this copy and knows what is in it")
	if err := parse(f, args); err != nil {
		return err
	}
	fromEnvironment(&cfg)
	if *to == "" || x.Login == "" || x.Case == "" || !*given {
		return errors.New("--login NAME, --case ID, --to FILE and --given are needed")
	}
	in := bufio.NewScanner(os.Stdin)
	for _, line := range []*string{&x.Password, &x.Code} {
		if in.Scan() {
			*line = strings.TrimRight(in.Text(), "\r")
		}
	}
	file, err := os.OpenFile(*to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(app.ExportCase(ctx, cfg, x, file), file.Close()); err != nil {
		os.Remove(*to) // half a file would look like a whole one
		return err
	}
	fmt.Fprintln(out, *to)
	return nil
}
