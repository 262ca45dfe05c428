package main

import (
	"context"
	"io"
	"os"

	"amelie/internal/app"
	"amelie/internal/fhir"
	"amelie/internal/i18n"
	"amelie/internal/screen/instrument"
	"amelie/locale"
)

func screenExport(ctx context.Context, args []string, out io.Writer) error {
	f := flags("screen export ID", "one instrument as a file that can be imported again")
	cfg := installation(f)
	asForm := f.Bool("fhir", false, "as a Questionnaire of FHIR R4")
	p, err := askedFor(ctx, cfg, f, args)
	if err != nil {
		return err
	}
	if !*asForm {
		return writeJSON(out, p.Whole())
	}
	texts, err := i18n.Load(locale.Files, i18n.Languages)
	if err != nil {
		return err
	}
	q, err := p.Questionnaire(func(lang, key string) string { return texts.T(lang, key) })
	if err != nil {
		return refused(err)
	}
	return writeResource(out, q)
}

// screenAnswers writes answers as a filled-in form. Nothing is kept.
func screenAnswers(ctx context.Context, args []string, out io.Writer) error {
	f := flags("screen answers ID", "the answers on standard input as a QuestionnaireResponse of FHIR R4; nothing is kept")
	cfg := installation(f)
	f.Bool("fhir", true, "the result is always FHIR R4")
	p, err := askedFor(ctx, cfg, f, args)
	if err != nil {
		return err
	}
	answers, err := p.ReadResponse(os.Stdin)
	if err != nil {
		return refused(err)
	}
	r, err := p.QuestionnaireResponse(answers)
	if err != nil {
		return refused(err)
	}
	return writeResource(out, r)
}

func writeResource(out io.Writer, v any) error {
	text, err := fhir.Write(v)
	if err != nil {
		return err
	}
	_, err = out.Write(append(text, '\n'))
	return err
}

// broughtPack reads a file that is a pack or a form, and gives the pack's text.
func broughtPack(ctx context.Context, cfg *app.Config, file, template string, allowed bool) ([]byte, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, badInput{err}
	}
	var base *instrument.Pack
	if template != "" {
		if base, err = instrumentOf(ctx, cfg, template); err != nil {
			return nil, err
		}
		if allowed {
			base = base.Allowed()
		}
	}
	if text, err = instrument.PackText(text, base); err == nil {
		_, err = instrument.Parse(text)
	}
	if err != nil {
		return nil, badInput{err}
	}
	return text, nil
}
