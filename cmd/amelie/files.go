package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"amelie/internal/app"
	"amelie/internal/directory/transfer"
)

// importFile brings a file into the directory: without --apply it only says
// what it would do.
func importFile(ctx context.Context, args []string, out io.Writer) error {
	var cfg app.Config
	var o transfer.Options
	var format string
	var word transfer.Word
	f := flags("import", "brings a file into the directory: first says what it would do, with --apply does it, all or nothing")
	place(f, &cfg)
	from := f.String("from", "", "the `file`: our own table, HSDS 3.1 as JSON or as a zip of tables, or our own lines")
	f.StringVar(&format, "format", "", "csv, hsds, table or lines; the default is what the file's name says")
	f.StringVar(&o.Country, "country", "", "`code` of the country of entries that name none")
	f.StringVar(&o.System, "system", "", "short `name` of the other directory; under it its identifiers are remembered")
	f.StringVar(&o.Kind, "kind", "ngo", "`kind` of bodies that name none")
	f.StringVar(&o.Help, "help-kind", "", "`concept` of services of which nothing is understood; without it they are refused")
	f.StringVar(&o.Role, "role", "", "the same for the role")
	named := f.String("columns", "", "`file` (TOML) that says what the columns of a foreign table are: [columns] \"Their name\" = \"phones\",\n[constants] languages = \"de\"; docs/import-export.md lists ours")
	f.BoolVar(&o.Missing, "missing", false, "take out what the same system brought before and this file lacks")
	apply := f.Bool("apply", false, "bring it, if nothing stands against it")
	f.BoolVar(&word.Without, "without-refused", false, "leave out refused rows")
	f.BoolVar(&word.Contacts, "contacts-checked", false, "changed contacts come from the bodies themselves, or were checked by a call")
	f.BoolVar(&word.Edited, "replace-edited", false, "what was edited here may be replaced")
	if err := parse(f, args); err != nil {
		return err
	}
	fromEnvironment(&cfg)
	if *from == "" {
		return errors.New("--from FILE is needed")
	}
	kind, err := formatOf(*from, format)
	if err != nil {
		return err
	}
	if err := readColumns(*named, &o); err != nil {
		return err
	}
	file, err := os.Open(*from)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	s, stop, err := app.OpenTransfer(ctx, cfg)
	if err != nil {
		return err
	}
	defer stop()
	i, err := s.Stage(ctx, app.CommandLine, filepath.Base(*from), kind, o, bufio.NewReaderSize(file, 1<<20), info.Size(), bar(out))
	if err != nil {
		return err
	}
	if err := tell(ctx, out, s, i); err != nil {
		return err
	}
	if *apply {
		return bring(ctx, out, s, i, word)
	}
	fmt.Fprintln(out, "nothing was changed; --apply brings it")
	return s.Drop(ctx, app.CommandLine, i.ID)
}

// bring applies what was laid beside, or drops it.
func bring(ctx context.Context, out io.Writer, s *transfer.Service, i transfer.Import, word transfer.Word) error {
	if err := s.Apply(ctx, app.CommandLine, i.ID, word); err != nil {
		return errors.Join(err, s.Drop(context.WithoutCancel(ctx), app.CommandLine, i.ID))
	}
	fmt.Fprintln(out, "brought")
	return nil
}

// readColumns reads what the columns of a foreign table are; a name that is none
// of ours is refused.
func readColumns(path string, o *transfer.Options) error {
	if path == "" {
		return nil
	}
	var said struct{ Columns, Constants map[string]string }
	meta, err := toml.DecodeFile(path, &said)
	if err != nil {
		return err
	}
	if more := meta.Undecoded(); len(more) > 0 {
		return fmt.Errorf("%s: %s is neither [columns] nor [constants]", path, more[0])
	}
	known := transfer.Columns()
	for theirs, ours := range said.Columns {
		if ours != "" && !slices.Contains(known, ours) {
			return fmt.Errorf("%s: %q is to be %q, which is no column of ours", path, theirs, ours)
		}
	}
	for ours := range said.Constants {
		if !slices.Contains(known, ours) {
			return fmt.Errorf("%s: the constant %q is no column of ours", path, ours)
		}
	}
	o.Columns, o.Constants = said.Columns, said.Constants
	return nil
}

// formatOf is the format of a file by what was said or by its name.
func formatOf(name, said string) (transfer.Format, error) {
	if f := transfer.FormatOf(name, said); f != "" {
		return f, nil
	}
	return "", errors.New("--format is needed: csv, hsds, table or lines")
}

// bar draws how far reading has come, on a terminal only.
func bar(out io.Writer) transfer.Progress {
	draw := progress(out)
	if draw == nil {
		return nil
	}
	return func(read, size int64, rows int) {
		const width = 30
		done := width
		if size > 0 {
			done = int(min(read, size) * width / size)
		}
		fmt.Fprintf(out, "\r[%s%s] %d rows", strings.Repeat("=", done), strings.Repeat(" ", width-done), rows)
	}
}

// tell says what an import would do, and why it refuses what it refuses.
func tell(ctx context.Context, out io.Writer, s *transfer.Service, i transfer.Import) error {
	fmt.Fprintf(out, "\r%d new, %d changed, %d as they are, %d taken out, %d refused\n", i.Counts[transfer.Add], i.Counts[transfer.Alter], i.Counts[transfer.Same], i.Counts[transfer.Remove], i.Counts[transfer.Refuse])
	if i.Contacts > 0 {
		fmt.Fprintf(out, "%d change how a body is reached: --contacts-checked says that this was made sure\n", i.Contacts)
	}
	if i.Edited > 0 {
		fmt.Fprintf(out, "%d replace what was edited here: --replace-edited\n", i.Edited)
	}
	for _, u := range i.Unknown[:min(len(i.Unknown), 20)] {
		fmt.Fprintf(out, "not understood: %q, %d times\n", u.Term, u.Count)
	}
	rows, err := s.Rows(ctx, i.ID, string(transfer.Refuse), 0, 50)
	for _, r := range rows {
		for _, w := range r.Wrong {
			fmt.Fprintf(out, "line %d: %s %s: %s %s\n", r.Line, r.Kind, r.Name, w.Field, w.Text)
		}
	}
	return err
}

// exportFile writes the directory as a file.
func exportFile(ctx context.Context, args []string, out io.Writer) error {
	if len(args) > 0 && args[0] == "case" {
		return exportCase(ctx, args[1:], out)
	}
	var cfg app.Config
	f := flags("export", "writes the directory as a file")
	place(f, &cfg)
	to := f.String("to", "", "`file` to write; it must not exist")
	format := f.String("format", "", "csv, hsds, table or lines; the default is what the file's name says")
	audience := f.String("for", "public", "public, professional, or editors: with hidden addresses and findings, in our own formats alone")
	if err := parse(f, args); err != nil {
		return err
	}
	fromEnvironment(&cfg)
	if *to == "" {
		return errors.New("--to FILE is needed")
	}
	kind, err := formatOf(*to, *format)
	if err != nil {
		return err
	}
	s, stop, err := app.OpenTransfer(ctx, cfg)
	if err != nil {
		return err
	}
	defer stop()
	file, err := os.OpenFile(*to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(file, 1<<20)
	err = errors.Join(s.Export(ctx, w, kind, transfer.Audience(*audience)), w.Flush(), file.Close())
	if err != nil {
		os.Remove(*to) // half a file would look like a whole one
		return err
	}
	fmt.Fprintln(out, *to)
	return nil
}
