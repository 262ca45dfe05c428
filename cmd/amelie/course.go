package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"slices"
	"strings"

	"amelie/internal/app"
	"amelie/internal/learn"
	"amelie/internal/learn/pack"
)

const courseUsage = `amelie course check DIR          reads a course's folder and says what cannot be used: file, line, reason
amelie course stamp DIR         marks each translated block with the English text that it stands for now
amelie course export COURSE     writes a package for a learning platform, or the course as a folder;
                                with --data what is published in that installation
amelie course import DIR        brings a folder into the working copy of the installation --data, all or nothing`

// coursing is what courses say at the command line.
func coursing(ctx context.Context, args []string, out io.Writer) error {
	run, ok := map[string]func([]string, io.Writer) error{"check": courseCheck, "stamp": courseStamp,
		"export": func(args []string, out io.Writer) error { return courseExport(ctx, args, out) },
		"import": func(args []string, out io.Writer) error { return courseImport(ctx, args, out) }}[first(args)]
	if !ok {
		fmt.Fprintln(os.Stderr, courseUsage)
		return errUsage
	}
	return run(args[1:], out)
}

func first(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

// courseCheck reads a folder. Its faults are printed, one a line; then the
// command fails.
func courseCheck(args []string, out io.Writer) error {
	dir, err := parseWith(flag.NewFlagSet("course check", flag.ContinueOnError), args, "a folder")
	if err != nil {
		return err
	}
	course, err := app.ReadCourse(os.DirFS(dir))
	if err != nil {
		return faults(err, out)
	}
	for _, p := range course.Glossed() {
		fmt.Fprintln(out, app.SayProblems(learn.Problems{p}, learn.Source)[0])
	}
	fmt.Fprintf(out, "%s: %d topics, %d cases, %d languages\n", course.ID, len(course.Topics), len(course.Cases), len(course.Languages))
	return nil
}

// faults prints what is wrong with a folder, one fault a line.
func faults(err error, out io.Writer) error {
	var problems learn.Problems
	if !errors.As(err, &problems) {
		return err
	}
	for _, line := range app.SayProblems(problems, learn.Source) {
		fmt.Fprintln(out, line)
	}
	return fmt.Errorf("%d faults", len(problems))
}

// courseImport brings a folder into the working copy of an installation, whose
// editors publish it or do not.
func courseImport(ctx context.Context, args []string, out io.Writer) error {
	f := flags("course import", "brings a folder into the working copy, all or nothing; what is published stays")
	cfg := installation(f)
	dir, err := parseWith(f, args, "a folder")
	if err != nil {
		return err
	}
	fromEnvironment(cfg)
	d, err := app.ImportCourse(ctx, *cfg, os.DirFS(dir))
	if err != nil {
		return faults(err, out)
	}
	if d.None() {
		fmt.Fprintln(out, "the working copy was the same; nothing was changed")
		return nil
	}
	fmt.Fprintf(out, "brought: %d texts, %d data files, %d new, %d gone, %d pictures; editors publish it at /desk/course/publish\n", len(d.Texts), len(d.Structure), len(d.New), len(d.Gone), d.Pictures)
	return nil
}

// courseStamp writes the translations anew, each block with its stamp.
func courseStamp(args []string, out io.Writer) error {
	dir, err := parseWith(flag.NewFlagSet("course stamp", flag.ContinueOnError), args, "a folder")
	if err != nil {
		return err
	}
	course, err := app.ReadCourse(os.DirFS(dir))
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for name, text := range course.Translations() {
		if err := root.WriteFile(name, text, 0o644); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "%d files stamped\n", len(course.Translations()))
	return nil
}

// courseExport writes a course of this program as a package, or as a folder:
// into a folder, or into one file when its name ends in .zip.
func courseExport(ctx context.Context, args []string, out io.Writer) error {
	f := flags("course export", "writes a course as a package for a learning platform, or as a folder")
	cfg := installation(f)
	format := f.String("format", pack.SCORM12, strings.Join(pack.Formats, ", "))
	lang := f.String("lang", pack.All, "a language of the course, or all; a folder always has all")
	to := f.String("o", "", "the file, or the folder")
	name, err := parseWith(f, args, "a course")
	if err != nil {
		return err
	}
	if *to == "" {
		fmt.Fprintln(f.Output(), "amelie course export: -o says where to")
		return errUsage
	}
	fromEnvironment(cfg)
	m, here, err := app.Packer(ctx, *cfg, name)
	if err != nil {
		return err
	}
	said := "this is the course that ships with the program; --data names an installation"
	switch {
	case here:
		said = "this is the course as it is published in the installation"
	case cfg.Data != "":
		said = "nothing was published in the installation: this is the course that ships with the program"
	}
	fmt.Fprintln(os.Stderr, said)
	if *format == pack.Folder && !strings.HasSuffix(*to, ".zip") {
		files, err := m.Files(*format, *lang)
		if err != nil {
			return err
		}
		return writeFolder(*to, files, out)
	}
	b, err := m.Zip(*format, *lang)
	if err != nil {
		return fmt.Errorf("%s in %s: %w", *format, *lang, err)
	}
	if err := os.WriteFile(*to, b, 0o644); err != nil {
		return err
	}
	fmt.Fprintf(out, "%s: %d bytes\n", *to, len(b))
	return nil
}

// writeFolder writes files below a folder, which is made when it is missing.
func writeFolder(dir string, files map[string][]byte, out io.Writer) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
			return err
		}
		if err := root.WriteFile(name, files[name], 0o644); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "%s: %d files\n", dir, len(files))
	return nil
}
