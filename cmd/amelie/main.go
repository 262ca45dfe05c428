// Command amelie is the whole program: the site, the demo, and what an
// administrator does at the command line.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

const usage = `amelie: the anti-trafficking response in health care, on your own machine

  amelie demo     [--addr 127.0.0.1:8080] [--data DIR]     the real directory, invented people; nothing to set up
  amelie serve    --data DIR [--addr HOST:PORT] [...]      the real thing; prints a one-time set-up link at the first start
  amelie migrate  --data DIR                               brings the database up to this program
  amelie backup   --data DIR --to FILE --recipient AGE     one encrypted copy of a running installation
  amelie restore  --data DIR --from FILE --identity FILE   into an empty data folder
  amelie verify   log|backup|certificate [...]             proves the audit log, reads a backup through, checks a certificate
  amelie recover  --data DIR --login NAME                  a new way in for who lost the sign-in
  amelie export   case --data DIR --login NAME --case ID --to FILE --given   a copy of one person's whole file, for the person
  amelie doctor   --data DIR                               looks after the installation and says what to do
  amelie screen   list|show|score|accuracy [...]           instruments: what they are, what answers are consistent with
  amelie country  check FILE                               the file of a country: what cannot be used, with its line
  amelie deadline --country BE|DE|GR|IT --from DAY [--minor] [--json]  until when somebody may recover and decide
  amelie course   check|stamp DIR                          a course's folder: what cannot be used, and which translations are current
  amelie course   export COURSE --format scorm12|cmi5|folder --lang xx -o FILE  a package for a learning platform, or the folder itself
  amelie course   import DIR --data FOLDER                 a course's folder into the working copy, all or nothing

Every command: amelie COMMAND -h`

// command is one word of the command line.
type command struct {
	name string
	run  func(ctx context.Context, args []string, out io.Writer) error
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// errUsage says that the words make no sense; the message is already printed.
var errUsage = errors.New("usage")

// run is main without the process: 0 done, 1 failed, 2 the words make no sense.
func run(ctx context.Context, args []string, out, errs io.Writer) int {
	if len(args) == 0 || args[0] == "-h" || args[0] == "--help" || args[0] == "help" {
		fmt.Fprintln(out, usage)
		return 0
	}
	for _, c := range commands {
		if c.name != args[0] {
			continue
		}
		err := c.run(ctx, args[1:], out)
		switch {
		case err == nil || errors.Is(err, flag.ErrHelp):
			return 0
		case errors.Is(err, errUsage):
			return 2
		}
		fmt.Fprintf(errs, "amelie %s: %v\n", c.name, err)
		if errors.As(err, new(badInput)) {
			return 2
		}
		return 1
	}
	fmt.Fprintf(errs, "amelie: there is no command %q\n\n%s\n", args[0], usage)
	return 2
}

// flags makes a flag set whose mistakes are printed once.
func flags(name, intro string) *flag.FlagSet {
	f := flag.NewFlagSet(name, flag.ContinueOnError)
	f.SetOutput(os.Stderr)
	f.Usage = func() {
		fmt.Fprintf(f.Output(), "amelie %s: %s\n\n", name, intro)
		f.PrintDefaults()
	}
	return f
}

// parse reads the words; nothing may be left over.
func parse(f *flag.FlagSet, args []string) error {
	if err := f.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return errUsage
	}
	if f.NArg() > 0 {
		fmt.Fprintf(f.Output(), "amelie %s: unexpected %q\n", f.Name(), f.Arg(0))
		return errUsage
	}
	return nil
}
