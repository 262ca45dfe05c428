package app

import (
	"context"

	"amelie/content"
	"amelie/internal/clock"
	"amelie/internal/screen/instrument"
)

// instruments reads the shipped packs and makes their room.
func (a *App) instruments() error {
	packs, err := instrument.Load(content.FS)
	if err != nil {
		return err
	}
	a.Instruments = instrument.New(instrument.Config{DB: a.DB, Policy: a.Policy, Packs: packs, Now: a.Config.Now})
	return nil
}

// OpenInstruments opens an existing installation's instruments for the command
// line. A running installation may go on.
func OpenInstruments(ctx context.Context, cfg Config) (s *instrument.Service, stop func() error, err error) {
	if err := cfg.existing(); err != nil {
		return nil, nil, err
	}
	packs, err := instrument.Load(content.FS)
	if err != nil {
		return nil, nil, err
	}
	d, err := OpenDatabase(ctx, cfg)
	if err != nil {
		return nil, nil, err
	}
	return instrument.New(instrument.Config{DB: d, Packs: packs, Now: clock.System}), d.Close, nil
}
