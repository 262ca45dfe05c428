package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"amelie/internal/app"
	"amelie/internal/learn"
)

const courseUsage = `amelie course check DIR          reads a course's folder and says what cannot be used: file, line, reason
amelie course stamp DIR         marks each translated block with the English text that it stands for now`

// coursing is what courses say at the command line.
func coursing(ctx context.Context, args []string, out io.Writer) error {
	run, ok := map[string]func([]string, io.Writer) error{"check": courseCheck, "stamp": courseStamp}[first(args)]
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
	var problems learn.Problems
	if errors.As(err, &problems) {
		for _, line := range app.SayProblems(problems, learn.Source) {
			fmt.Fprintln(out, line)
		}
		return fmt.Errorf("%d faults", len(problems))
	}
	if err != nil {
		return err
	}
	for _, p := range course.Glossed() {
		fmt.Fprintln(out, app.SayProblems(learn.Problems{p}, learn.Source)[0])
	}
	fmt.Fprintf(out, "%s: %d topics, %d cases, %d languages\n", course.ID, len(course.Topics), len(course.Cases), len(course.Languages))
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
