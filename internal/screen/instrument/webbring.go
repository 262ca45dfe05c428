package instrument

import (
	"encoding/json"
	"errors"

	"amelie/internal/fault"
	"amelie/internal/fhir"
	"amelie/internal/web"
)

// The administrator's files: instruments that are brought in and saved, and
// filled-in forms that are read. Of the latter nothing is kept.

// maxFile is the most that is read of a request, in bytes: a form, and the
// fields beside it.
const maxFile = 5 << 20

// broken is one reason why a file was not taken, in the reader's language.
type broken struct{ Where, Text string }

// reasons are those of a file that was refused; false for another error.
func reasons(c *web.Ctx, err error) (out []broken, refused bool) {
	add := func(where string, r fault.Reason) { out = append(out, broken{where, c.T(r.Key, r.Args...)}) }
	var pack Problems
	var form fhir.Problems
	var answers Refusal
	switch {
	case errors.As(err, &pack):
		for _, p := range pack {
			add(p.Where, p.Reason)
		}
	case errors.As(err, &form):
		for _, p := range form {
			add(p.Where, p.Reason)
		}
	case errors.As(err, &answers):
		for _, f := range answers {
			add(f.Item, f.Reason)
		}
	}
	return out, len(out) > 0
}

// brought reads the file of a form; an empty one is marked.
func brought(c *web.Ctx) (*web.Form, []byte, error) {
	f, err := c.Upload(maxFile)
	if err != nil {
		return nil, nil, err
	}
	_, text, err := f.File("file")
	if err == nil && len(text) == 0 {
		f.Error("file", "web.error.choose")
	}
	return f, text, err
}

// postBring takes an instrument that an administrator brings, as a pack or as
// a form.
func (s *Service) postBring(c *web.Ctx) error {
	if err := s.require(c.Viewer, "instrument.keep"); err != nil {
		return err
	}
	f, text, err := brought(c)
	if err != nil {
		return err
	}
	if !f.OK() {
		return s.showAdmin(c, nil)
	}
	p, err := s.bring(c, f, text)
	if why, refused := reasons(c, err); refused {
		f.Error("file", "fill.bring.refused")
		return s.showAdmin(c, why)
	}
	if err != nil {
		return err
	}
	done := "fill.bring.done"
	if p.State != Installed {
		done = "fill.bring.unused"
	}
	c.Flash(done, "title", p.In(c.Lang).Title)
	return c.Redirect("/admin/instruments")
}

func (s *Service) bring(c *web.Ctx, f *web.Form, text []byte) (*Pack, error) {
	kept, err := s.Kept(c.Context())
	if err != nil {
		return nil, err
	}
	base, ok := kept.Get(f.Value("template"))
	if !ok {
		base = nil
	} else if f.Value("allowed") != "" {
		base = base.Allowed()
	}
	if text, err = PackText(text, base); err != nil {
		return nil, err
	}
	return s.Import(c.Context(), c.Viewer, text, c.OnceToken())
}

// getPack gives an instrument as a file that can be brought in elsewhere.
func (s *Service) getPack(c *web.Ctx) error {
	if err := s.require(c.Viewer, "instrument.know"); err != nil {
		return err
	}
	_, p, err := s.named(c)
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(p.Whole(), "", "  ")
	if err != nil {
		return err
	}
	return c.Download("pack.json", "application/json", text)
}

type readData struct {
	Packs  []web.Choice
	Title  string // of the instrument that was read
	Result outcome
	Why    []broken
}

var readPage = web.NewPage[readData](pages, "page/read.html", "page/outcome.html")

func (s *Service) getRead(c *web.Ctx) error {
	if err := s.require(c.Viewer, "instrument.know"); err != nil {
		return err
	}
	kept, err := s.Kept(c.Context())
	if err != nil {
		return err
	}
	return readPage.Render(c, readData{Packs: kept.choices(c, Installed)})
}

// choices are the instruments of a state.
func (k Kept) choices(c *web.Ctx, state State) (out []web.Choice) {
	for _, p := range k.Packs {
		if p.State == state {
			out = append(out, web.Choice{Value: p.ID, Label: p.In(c.Lang).Title})
		}
	}
	return out
}

// postRead shows what a filled-in form says. Nothing of it is kept.
//
// req: INSTRUMENT-7
func (s *Service) postRead(c *web.Ctx) error {
	if err := s.require(c.Viewer, "instrument.know"); err != nil {
		return err
	}
	kept, err := s.Kept(c.Context())
	if err != nil {
		return err
	}
	d := readData{Packs: kept.choices(c, Installed)}
	f, text, err := brought(c)
	if err != nil {
		return err
	}
	p, ok := kept.Get(f.Value("instrument"))
	if !ok || p.State != Installed {
		f.Error("instrument", "web.error.choose")
	}
	if f.OK() {
		if err := d.read(c, p, text); err != nil {
			return err
		}
	}
	if d.Why != nil {
		f.Error("file", "fill.bring.refused")
	}
	return readPage.Render(c, d)
}

// read evaluates a filled-in form, or says why it is refused.
func (d *readData) read(c *web.Ctx, p *Pack, text []byte) error {
	r, err := p.ReadQuestionnaireResponse(text)
	var result *Result
	if err == nil {
		result, err = p.Score(r)
	}
	if why, refused := reasons(c, err); refused {
		d.Why = why
		return nil
	}
	if err != nil {
		return err
	}
	d.Title, d.Result = p.In(c.Lang).Title, outcomeOf(c, p)
	d.Result.take(c, p, result)
	return nil
}
