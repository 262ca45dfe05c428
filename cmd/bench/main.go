// Command bench prints the design's budget table with what was measured on
// this machine: a line for each budget with name, budget, measured, ratio.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"amelie/internal/bench"
)

func main() {
	o := bench.Defaults()
	flag.StringVar(&o.Postgres, "postgres", o.Postgres, "`postgres://…` of a server for tests; its figures are reported")
	flag.DurationVar(&o.Idle, "idle", o.Idle, "how long to wait before memory is read")
	flag.IntVar(&o.Largest, "largest", o.Largest, "`entries` of the largest generated directory")
	flag.IntVar(&o.Writes, "writes", o.Writes, "`referrals` in each measurement")
	flag.BoolVar(&o.Browser, "browser", o.Browser, "look with chromium over slow lines")
	flag.StringVar(&o.Only, "only", "", "one `part`: program, sending, rounds, search, noting, desk, files, instruments, learners, publishing, certificates or cases")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := bench.Run(ctx, os.Stdout, o); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
