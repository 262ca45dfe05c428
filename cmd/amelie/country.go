package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"amelie/content"
	"amelie/internal/country"
	"amelie/internal/country/mechanism"
	"amelie/internal/i18n"
	"amelie/locale"
)

// lawing is what the countries' files say at the command line.
func lawing(_ context.Context, args []string, out io.Writer) error {
	if first(args) != "check" {
		fmt.Fprintln(os.Stderr, "amelie country check FILE       reads the file of a country and says what cannot be used: file, line, reason")
		return errUsage
	}
	return countryCheck(args[1:], out)
}

// countryCheck reads the pack of a country or of its mechanism. Its faults are
// printed, one a line; then the command fails.
func countryCheck(args []string, out io.Writer) error {
	file, err := parseWith(flag.NewFlagSet("country check", flag.ContinueOnError), args, "a FILE")
	if err != nil {
		return err
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return badInput{err}
	}
	said, problems, err := examined(file, text)
	if err != nil {
		return err
	}
	for _, p := range problems {
		fmt.Fprintf(out, "%s:%d: %s\n", file, p.Line, strings.TrimSpace(p.ID+" "+p.Field+": "+p.Reason))
	}
	if len(problems) > 0 {
		return fmt.Errorf("%d faults", len(problems))
	}
	fmt.Fprintf(out, "%s: %s\n", file, said)
	return nil
}

// examined reads a file that holds stages as a mechanism, any other as the
// pack of a country.
func examined(file string, text []byte) (said string, problems []country.Problem, err error) {
	shipped, err := country.Load(content.FS)
	if err != nil {
		return "", nil, err
	}
	if mechanism.Foreign(text) {
		return "", []country.Problem{{Line: 1, Field: "country", Reason: "is not named: this is neither the pack of a country nor its mechanism"}}, nil
	}
	if !mechanism.Holds(text) {
		p, problems := country.Examine(text, shipped.Terms)
		return fmt.Sprintf("%s, revision %d: %d duties, %d grounds", p.Country, p.Revision, len(p.AllDuties), len(p.AllGrounds)), problems, nil
	}
	p, problems := mechanism.Read(text, besides(file, text, shipped))
	return fmt.Sprintf("%s, revision %d: %d stages, %d periods, %d papers", p.Country, p.Revision, len(p.Stages), len(p.Periods), len(p.Permits)), problems, nil
}

// besides is the country's own pack for a mechanism: the file of the same name
// in the folder above, as in the content tree, or the one that the program
// carries; nil where there is neither.
func besides(file string, text []byte, shipped *country.Packs) *country.Pack {
	if above, err := os.ReadFile(filepath.Join(filepath.Dir(file), "..", filepath.Base(file))); err == nil {
		if p, problems := country.Examine(above, shipped.Terms); len(problems) == 0 {
			return p
		}
	}
	p, _ := shipped.Get(mechanism.CountryOf(text))
	return p
}

// asked is what deadline was asked.
type asked struct {
	pack  *mechanism.Pack
	from  mechanism.Day
	minor bool
	lang  string
	json  bool
}

// deadlineJSON is the answer for programs.
type deadlineJSON struct {
	Country   string             `json:"country"`
	From      mechanism.Day      `json:"from"`
	Minor     bool               `json:"minor"`
	LastDay   *mechanism.Day     `json:"last_day"` // with the longest extension that the law allows; null: none can be counted
	Without   *mechanism.Day     `json:"last_day_without_extension"`
	Kind      mechanism.How      `json:"kind"`
	Starts    string             `json:"starts"` // the event that the first day is that of
	Rule      string             `json:"rule"`
	Counting  string             `json:"counting"`
	Source    string             `json:"source"`
	SourceURL string             `json:"source_url,omitempty"`
	State     country.State      `json:"state"`
	Trust     country.Confidence `json:"confidence"`
}

// deadline counts the time to recover and decide.
func deadline(_ context.Context, args []string, out io.Writer) error {
	q, err := deadlineAsked(args)
	if err != nil {
		return err
	}
	texts, err := i18n.Load(locale.Files, i18n.Languages)
	if err != nil {
		return err
	}
	to := mechanism.Speech{Lang: q.lang, T: func(key string, args ...any) string { return texts.T(q.lang, key, args...) },
		Day: func(d mechanism.Day) string { return texts.Date(q.lang, d.Noon(time.UTC)) }}
	period, span := q.pack.Deadline(q.from, q.minor)
	if q.json {
		return writeJSON(out, q.answer(period, span, to))
	}
	fmt.Fprintln(out, period.Text.In(q.lang))
	for _, sentence := range q.pack.Say(period, span, to) {
		fmt.Fprintln(out, sentence)
	}
	fmt.Fprintf(out, "%s: %s\n", to.T("mechanism.count.from"), to.T("mechanism.event."+period.Starts))
	fmt.Fprintln(out, q.pack.Rule(to))
	fmt.Fprintf(out, "%s (%s)\n", to.T("mechanism.source", "source", q.pack.Cite(period.Source, period.Article)), to.T("country.state."+string(period.State()), "date", period.Verified))
	return nil
}

func (q asked) answer(x mechanism.Period, s mechanism.Span, to mechanism.Speech) deadlineJSON {
	day := func(d mechanism.Day) *mechanism.Day {
		if d.IsZero() {
			return nil
		}
		return &d
	}
	return deadlineJSON{Country: q.pack.Country, From: q.from, Minor: q.minor, LastDay: day(s.LastDay), Without: day(s.Sure), Kind: s.How, Starts: x.Starts,
		Rule: x.Text.In(q.lang), Counting: q.pack.Rule(to), Source: q.pack.Cite(x.Source, x.Article), SourceURL: q.pack.Source(x.Source).URL, State: x.State(), Trust: x.Confidence}
}

// deadlineAsked reads the words; what makes no sense is said in one line.
func deadlineAsked(args []string) (q asked, err error) {
	f := flags("deadline", "until when a presumed victim may recover and decide; nothing is kept")
	code := f.String("country", "", "two letters: BE, DE, GR or IT")
	from := f.String("from", "", "the first `day`, YYYY-MM-DD; it is not counted")
	f.BoolVar(&q.minor, "minor", false, "under 18, or age in doubt")
	f.BoolVar(&q.json, "json", false, "for programs")
	f.StringVar(&q.lang, "lang", i18n.Languages[0], "`language` of the answer: "+strings.Join(i18n.Languages, ", "))
	help := f.Usage
	f.SetOutput(io.Discard)
	f.Usage = func() {}
	if err := f.Parse(args); errors.Is(err, flag.ErrHelp) {
		f.SetOutput(os.Stderr)
		help()
		return q, err
	} else if err != nil {
		return q, badInput{err}
	}
	if f.NArg() > 0 {
		return q, badInput{fmt.Errorf("unexpected %q", f.Arg(0))}
	}
	packs, err := country.Load(content.FS)
	if err != nil {
		return q, err
	}
	set, err := mechanism.Load(content.FS, packs)
	if err != nil {
		return q, err
	}
	return q, q.read(set, *code, *from)
}

func (q *asked) read(set *mechanism.Set, code, from string) error {
	p, ok := set.Get(strings.ToUpper(code))
	if !ok {
		return badInput{fmt.Errorf("--country %q: one of %s", code, strings.Join(set.Codes(), ", "))}
	}
	day, err := mechanism.ParseDay(from)
	if err != nil {
		return badInput{fmt.Errorf("--from %w", err)}
	}
	if !slices.Contains(i18n.Languages, q.lang) {
		return badInput{fmt.Errorf("--lang %q: one of %s", q.lang, strings.Join(i18n.Languages, ", "))}
	}
	q.pack, q.from = p, day
	return nil
}
