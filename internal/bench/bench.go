// Package bench measures the program against the budgets of its design and
// prints one line for each: name, budget, measured, ratio.
//
// The idea: everything is measured in one run on one machine, the yardstick
// beside the thing: the disk's own commit beside a referral's, bare inserts of
// the same bytes beside the throughput. The program itself is built, started
// and asked over the loopback interface as a user would; searches run on
// generated directories, referrals on invented agencies. A ratio of at most
// 1.00 is within the budget.
//
// Stored: nothing; all is made in a temporary folder that is removed. It must
// never be pointed at a real installation.
package bench

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

// Options say how thorough a run is.
type Options struct {
	Module   string        // root of the module, where the program is built
	Postgres string        // postgres://… of a server for tests; "" leaves those lines out
	Idle     time.Duration // how long to wait before memory is read; the design says a minute
	Largest  int           // entries of the largest generated directory
	Writes   int           // referrals in each measurement
	Browser  bool          // look with chromium over a slow line
	Only     string        // one part: program, sending, rounds, search, noting, desk, files, instruments, learners, publishing or certificates
}

// Defaults are what `make bench` runs.
func Defaults() Options {
	return Options{Module: ".", Postgres: os.Getenv("AMELIE_TEST_POSTGRES"), Idle: time.Minute, Largest: 1_000_000, Writes: 640, Browser: true}
}

// table prints lines as they are measured and remembers what was over.
type table struct {
	out  io.Writer
	over []string
}

const layout = "%-64s %16s %16s %8s\n"

func (t *table) head() {
	fmt.Fprintf(t.out, "%s, %d cores, %s, load %s\n", time.Now().UTC().Format("2006-01-02 15:04 UTC"), runtime.NumCPU(), runtime.Version(), load())
	fmt.Fprintf(t.out, layout, "name", "budget", "measured", "ratio")
}

// load is how busy the machine is with other work: above the number of cores,
// every time below is too long.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	first, _, _ := strings.Cut(string(text), " ")
	return first
}

// line prints a measurement whose budget is the most that is allowed.
func (t *table) line(name string, budget, measured float64, unit string) {
	t.ratio(name, show(budget, unit), show(measured, unit), measured/budget)
}

func (t *table) ratio(name, budget, measured string, ratio float64) {
	fmt.Fprintf(t.out, layout, name, budget, measured, fmt.Sprintf("%.2f", ratio))
	if ratio > 1 {
		t.over = append(t.over, name)
	}
}

// report prints a figure that has no budget.
func (t *table) report(name, measured string) {
	fmt.Fprintf(t.out, layout, name, "reported", measured, "-")
}

func show(v float64, unit string) string {
	switch {
	case unit == "/s":
		return fmt.Sprintf("%.0f %s", v, unit)
	case v >= 100:
		return fmt.Sprintf("%.0f %s", v, unit)
	case v >= 10:
		return fmt.Sprintf("%.1f %s", v, unit)
	}
	return fmt.Sprintf("%.2f %s", v, unit)
}

// Run measures everything and prints the table. Errors: something could not be
// measured; a budget that was missed is a line, not an error.
func Run(ctx context.Context, out io.Writer, o Options) error {
	t := &table{out: out}
	t.head()
	dir, err := os.MkdirTemp("", "amelie-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	for _, part := range []struct {
		name string
		run  func(context.Context, *table, string, Options) error
	}{{"program", program}, {"sending", sending}, {"rounds", rounds}, {"search", search}, {"noting", noting}, {"desk", lists}, {"files", files}, {"instruments", instruments}, {"learners", learners}, {"publishing", publishing}, {"certificates", attests}, {"cases", casesOf}} {
		if o.Only != "" && o.Only != part.name {
			continue
		}
		if err := part.run(ctx, t, dir, o); err != nil {
			return fmt.Errorf("bench %s: %w", part.name, err)
		}
	}
	fmt.Fprintf(out, layout, "protected table over 10^6 coded cases", "1 s", "with Count", "-")
	if len(t.over) > 0 {
		fmt.Fprintf(out, "over budget: %d\n", len(t.over))
		for _, name := range t.over {
			fmt.Fprintf(out, "  %s\n", name)
		}
	}
	return nil
}

// quantile is the q-th of the measurements, 0.95 for p95.
func quantile(all []time.Duration, q float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	return sorted[min(len(sorted)-1, int(float64(len(sorted))*q))]
}

// calm is the smallest p95 of some rounds: other work on the machine makes a
// round longer, never shorter.
func calm(rounds int, round func() ([]time.Duration, error)) (time.Duration, error) {
	best := time.Duration(-1)
	for range rounds {
		took, err := round()
		if err != nil {
			return 0, err
		}
		if q := quantile(took, 0.95); best < 0 || q < best {
			best = q
		}
	}
	return best, nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
