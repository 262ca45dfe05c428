package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"amelie/content"
	"amelie/internal/app"
	"amelie/internal/fault"
	"amelie/internal/screen/instrument"
	"amelie/internal/web"
)

const screenUsage = `amelie screen list [--json]                  the instruments
amelie screen show ID [--json]               one of them, with items, licence, population and state
amelie screen score ID                       standard input {"age":"adult|child|unknown","answers":{"item":"yes|no|unknown"}}
amelie screen export ID [--fhir]             one of them as a file: a pack, or a form of FHIR R4
amelie screen answers ID                     standard input as for score, or a FHIR QuestionnaireResponse; output is the latter
amelie screen score ID --coded               stored responses, one a line, for research
amelie screen import FILE --data DIR         brings an instrument into an installation, or says why not
amelie screen remove ID --data DIR           takes an imported one away
amelie screen accuracy --tp N --fn N --fp N --tn N --method wald|wilson|clopper-pearson [--prevalence P] [--json]`

// screening is what instruments say at the command line. Nothing of an answer
// is kept. Words that make no sense end with 2.
func screening(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 0 {
		fmt.Fprintln(os.Stderr, screenUsage)
		return errUsage
	}
	run, ok := map[string]func(context.Context, []string, io.Writer) error{"list": screenList, "show": screenShow, "score": screenScore, "export": screenExport, "answers": screenAnswers,
		"import": screenImport, "remove": screenRemove, "accuracy": screenAccuracy}[args[0]]
	if !ok {
		fmt.Fprintf(os.Stderr, "amelie screen: there is no %q\n\n%s\n", args[0], screenUsage)
		return errUsage
	}
	err := run(ctx, args[1:], out)
	var bad badInput
	if errors.As(err, &bad) {
		fmt.Fprintf(os.Stderr, "amelie screen %s: %v\n", args[0], bad.error)
		return errUsage
	}
	return err
}

// badInput is an error of the one who asks, not of the program.
type badInput struct{ error }

// parseWith reads flags before and after one plain word, and gives the word.
func parseWith(f *flag.FlagSet, args []string, word string) (string, error) {
	if err := f.Parse(args); err != nil {
		return "", errors.Join(err, errUsage)
	}
	if f.NArg() == 0 {
		return "", badInput{fmt.Errorf("%s is needed", word)}
	}
	given := f.Arg(0)
	if err := parse(f, f.Args()[1:]); err != nil {
		return "", err
	}
	return given, nil
}

// installation adds the flags that say whose instruments are meant; without
// them they are those of the program.
func installation(f *flag.FlagSet) *app.Config {
	var cfg app.Config
	place(f, &cfg)
	return &cfg
}

// instruments are those shipped, or with --data those of the installation.
func instruments(ctx context.Context, cfg *app.Config) (instrument.Packs, error) {
	fromEnvironment(cfg)
	if cfg.Data == "" && cfg.Database == "" {
		return instrument.Load(content.FS)
	}
	s, stop, err := app.OpenInstruments(ctx, *cfg)
	if err != nil {
		return nil, err
	}
	defer stop()
	kept, err := s.Kept(ctx)
	return kept.Packs, err
}

// askedFor reads the flags and gives the instrument that is named behind them.
func askedFor(ctx context.Context, cfg *app.Config, f *flag.FlagSet, args []string) (*instrument.Pack, error) {
	id, err := parseWith(f, args, "the ID of an instrument")
	if err != nil {
		return nil, err
	}
	return instrumentOf(ctx, cfg, id)
}

// instrumentOf finds the pack that is meant.
func instrumentOf(ctx context.Context, cfg *app.Config, id string) (*instrument.Pack, error) {
	packs, err := instruments(ctx, cfg)
	if err != nil {
		return nil, err
	}
	p, ok := packs.Get(id)
	if !ok {
		return nil, badInput{fmt.Errorf("there is no instrument %q; amelie screen list names them", id)}
	}
	return p, nil
}

func writeJSON(out io.Writer, v any) error {
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// listed is one line of the list.
type listed struct {
	ID         string                `json:"id"`
	Version    string                `json:"version"`
	Title      string                `json:"title"`
	State      instrument.State      `json:"state"`
	Reason     string                `json:"reason,omitempty"`
	Rule       instrument.Kind       `json:"rule"`
	Items      int                   `json:"items"`
	Languages  []string              `json:"languages"`
	Licence    instrument.Licence    `json:"licence"`
	Population instrument.Population `json:"population"`
}

func screenList(ctx context.Context, args []string, out io.Writer) error {
	f := flags("screen list", "the instruments, with their state")
	cfg := installation(f)
	asJSON := f.Bool("json", false, "for programs")
	if err := parse(f, args); err != nil {
		return err
	}
	packs, err := instruments(ctx, cfg)
	if err != nil {
		return err
	}
	list := []listed{}
	for _, p := range packs {
		list = append(list, listed{p.ID, p.Version, p.In("en").Title, p.State, p.Reason, p.Rule.Kind, len(p.Items), p.Languages, p.Licence, p.Population})
	}
	if *asJSON {
		return writeJSON(out, list)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, l := range list {
		fmt.Fprintf(w, "%s\t%s\t%s\t%d items\t%s\n", l.ID, l.Version, l.State, l.Items, l.Title)
	}
	return w.Flush()
}

func screenShow(ctx context.Context, args []string, out io.Writer) error {
	f := flags("screen show ID", "one instrument")
	cfg := installation(f)
	asJSON := f.Bool("json", false, "the whole pack in all its languages, as it can be imported again")
	lang := f.String("lang", "en", "`language` of the wording")
	p, err := askedFor(ctx, cfg, f, args)
	if err != nil {
		return err
	}
	if *asJSON {
		return writeJSON(out, p.Whole())
	}
	t := p.In(*lang)
	fmt.Fprintf(out, "%s %s: %s\n%s\nstate: %s %s\nsource: %s, %s %d\n%s\nlicence: %s (%s)\n\n", p.ID, p.Version, t.Title, t.Population, p.State, p.Reason,
		p.Source.Title, p.Source.Publisher, p.Source.Year, p.Source.Provenance, p.Licence.Name, p.Licence.Permission)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, i := range p.Items {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", i.ID, i.Dimension, i.Weight, p.Wording(i, *lang).Label)
	}
	return w.Flush()
}

func screenScore(ctx context.Context, args []string, out io.Writer) error {
	f := flags("screen score ID", "evaluates the answers on standard input; nothing is kept")
	cfg := installation(f)
	f.Bool("json", true, "the result is always JSON")
	coded := f.Bool("coded", false, "stored responses, one a line: the age, a space, and y, n or u for each item; the class of each comes out")
	p, err := askedFor(ctx, cfg, f, args)
	if err != nil {
		return err
	}
	if *coded {
		return scoreCoded(p, os.Stdin, out)
	}
	response, err := p.ReadResponse(os.Stdin)
	if err != nil {
		return refused(err)
	}
	result, err := p.Score(response)
	if err != nil {
		return refused(err)
	}
	return writeJSON(out, result)
}

// scoreCoded gives the class of each line, and "open" beside it where what is
// unknown could change it.
func scoreCoded(p *instrument.Pack, in io.Reader, out io.Writer) error {
	w := bufio.NewWriter(out)
	lines := bufio.NewScanner(in)
	for n := 1; lines.Scan(); n++ {
		age, codes, _ := bytes.Cut(lines.Bytes(), []byte(" "))
		class, open, err := p.Coded(instrument.Age(age), codes)
		if err != nil {
			return errors.Join(w.Flush(), refused(fmt.Errorf("line %d: %w", n, err)))
		}
		fmt.Fprint(w, class)
		if open {
			fmt.Fprint(w, " open")
		}
		fmt.Fprintln(w)
	}
	return errors.Join(w.Flush(), lines.Err())
}

// atTheMachine is who imports by the command line: whoever has the machine.
var atTheMachine = &web.Viewer{Name: "amelie screen import"}

func screenImport(ctx context.Context, args []string, out io.Writer) error {
	f := flags("screen import FILE", "brings an instrument into an installation; it is refused with every reason")
	cfg := installation(f)
	template := f.String("template", "", "`ID` of the template that a form of FHIR R4 fills")
	allowed := f.Bool("allowed", false, "its publisher allowed to use the wording")
	file, err := parseWith(f, args, "a FILE")
	if err != nil {
		return err
	}
	text, err := broughtPack(ctx, cfg, file, *template, *allowed)
	if err != nil {
		return err
	}
	fromEnvironment(cfg)
	s, stop, err := app.OpenInstruments(ctx, *cfg)
	if err != nil {
		return err
	}
	defer stop()
	p, err := s.Import(ctx, atTheMachine, text, "")
	var problems instrument.Problems
	if errors.As(err, &problems) {
		return badInput{err}
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s %s is in use: %d items, %d studies\n", p.ID, p.Version, len(p.Items), len(p.Evidence))
	return nil
}

func screenRemove(ctx context.Context, args []string, out io.Writer) error {
	f := flags("screen remove ID", "takes an imported instrument away")
	cfg := installation(f)
	id, err := parseWith(f, args, "the ID of an instrument")
	if err != nil {
		return err
	}
	fromEnvironment(cfg)
	s, stop, err := app.OpenInstruments(ctx, *cfg)
	if err != nil {
		return err
	}
	defer stop()
	if err := s.Remove(ctx, atTheMachine, id, ""); fault.KindOf(err) == fault.NotFound {
		return badInput{fmt.Errorf("no instrument %q was imported", id)}
	} else if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s is removed\n", id)
	return nil
}

// refused tells what was sent wrong apart from what went wrong here.
func refused(err error) error {
	var refusal instrument.Refusal
	var closed instrument.ErrClosed
	if errors.As(err, &refusal) || errors.As(err, &closed) {
		return badInput{err}
	}
	return err
}

// decimal is a proportion with six decimals.
type decimal float64

// MarshalJSON writes the decimals also where they are zero.
func (d decimal) MarshalJSON() ([]byte, error) { return fmt.Appendf(nil, "%.6f", float64(d)), nil }

type shareJSON struct {
	Estimate decimal `json:"estimate"`
	Lower    decimal `json:"lower"`
	Upper    decimal `json:"upper"`
}

type accuracyJSON struct {
	TP           int               `json:"tp"`
	FN           int               `json:"fn"`
	FP           int               `json:"fp"`
	TN           int               `json:"tn"`
	N            int               `json:"n"`
	Method       instrument.Method `json:"method"`
	Confidence   float64           `json:"confidence"`
	Sensitivity  *shareJSON        `json:"sensitivity"`
	Specificity  *shareJSON        `json:"specificity"`
	PPV          *shareJSON        `json:"ppv"`
	NPV          *shareJSON        `json:"npv"`
	Prevalence   *shareJSON        `json:"prevalence"` // among the people of the table
	AtPrevalence *predictedJSON    `json:"at_prevalence,omitempty"`
}

// predictedJSON is what Bayes' theorem says at another prevalence.
type predictedJSON struct {
	Prevalence decimal  `json:"prevalence"`
	PPV        *decimal `json:"ppv"`
	NPV        *decimal `json:"npv"`
}

func shareOf(s *instrument.Share) *shareJSON {
	if s == nil {
		return nil
	}
	return &shareJSON{decimal(s.Estimate), decimal(s.Lower), decimal(s.Upper)}
}

func screenAccuracy(_ context.Context, args []string, out io.Writer) error {
	f := flags("screen accuracy", "sensitivity, specificity and predictive values of a table, with intervals of 95 %")
	var t instrument.Table
	f.IntVar(&t.TP, "tp", 0, "true positives, a `count`")
	f.IntVar(&t.FN, "fn", 0, "false negatives, a `count`")
	f.IntVar(&t.FP, "fp", 0, "false positives, a `count`")
	f.IntVar(&t.TN, "tn", 0, "true negatives, a `count`")
	method := f.String("method", "", "of the intervals: wald, wilson or clopper-pearson")
	prevalence := f.Float64("prevalence", 0, "a `share` from 0 to 1: predictive values there, by Bayes' theorem")
	asJSON := f.Bool("json", false, "for programs")
	if err := parse(f, args); err != nil {
		return err
	}
	given := map[string]bool{}
	f.Visit(func(x *flag.Flag) { given[x.Name] = true })
	for _, name := range []string{"tp", "fn", "fp", "tn", "method"} {
		if !given[name] {
			return badInput{fmt.Errorf("--%s is needed", name)}
		}
	}
	a, err := instrument.Judge(t, instrument.Method(*method))
	if err != nil {
		return badInput{err}
	}
	v := accuracyJSON{TP: t.TP, FN: t.FN, FP: t.FP, TN: t.TN, N: t.N(), Method: a.Method, Confidence: 0.95, Sensitivity: shareOf(a.Sensitivity), Specificity: shareOf(a.Specificity), PPV: shareOf(a.PPV), NPV: shareOf(a.NPV), Prevalence: shareOf(a.Prevalence)}
	if given["prevalence"] {
		if v.AtPrevalence, err = predicted(a, *prevalence); err != nil {
			return err
		}
	}
	if *asJSON {
		return writeJSON(out, v)
	}
	return printAccuracy(out, v)
}

func predicted(a instrument.Accuracy, prevalence float64) (*predictedJSON, error) {
	if !(prevalence >= 0 && prevalence <= 1) {
		return nil, badInput{fmt.Errorf("the prevalence %v is no share from 0 to 1; 1.1 %% is 0.011", prevalence)}
	}
	if a.Sensitivity == nil || a.Specificity == nil {
		return nil, badInput{errors.New("predictive values need people with and without the condition")}
	}
	ppv, npv := instrument.Predict(a.Sensitivity.Estimate, a.Specificity.Estimate, prevalence)
	return &predictedJSON{decimal(prevalence), (*decimal)(ppv), (*decimal)(npv)}, nil
}

func printAccuracy(out io.Writer, v accuracyJSON) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, x := range []struct {
		name  string
		share *shareJSON
	}{{"sensitivity", v.Sensitivity}, {"specificity", v.Specificity}, {"ppv", v.PPV}, {"npv", v.NPV}, {"prevalence", v.Prevalence}} {
		if x.share == nil {
			fmt.Fprintf(w, "%s\tnobody to count\n", x.name)
			continue
		}
		fmt.Fprintf(w, "%s\t%.4f\t%.4f to %.4f\t%s\n", x.name, x.share.Estimate, x.share.Lower, x.share.Upper, v.Method)
	}
	if p := v.AtPrevalence; p != nil {
		var words []string
		for _, x := range []struct {
			name  string
			value *decimal
		}{{"ppv", p.PPV}, {"npv", p.NPV}} {
			if x.value == nil {
				words = append(words, x.name+" nobody to count")
			} else {
				words = append(words, fmt.Sprintf("%s %.4f", x.name, *x.value))
			}
		}
		fmt.Fprintf(w, "at a prevalence of %.4f\t%s\n", p.Prevalence, strings.Join(words, ", "))
	}
	return w.Flush()
}
