package app

import (
	"context"

	"amelie/content"
	"amelie/internal/clock"
	"amelie/internal/directory"
	"amelie/internal/directory/desk"
	"amelie/internal/directory/transfer"
	"amelie/internal/i18n"
	"amelie/locale"
)

// CommandLine is who brings files by the command line: whoever has the machine.
var CommandLine = transfer.Who{By: directory.By{Name: "amelie import", Way: directory.ByImport}, Machine: true}

// OpenTransfer opens an existing installation's directory for files. A running
// installation may go on; its instances notice.
func OpenTransfer(ctx context.Context, cfg Config) (s *transfer.Service, stop func() error, err error) {
	if err := cfg.existing(); err != nil {
		return nil, nil, err
	}
	d, err := OpenDatabase(ctx, cfg)
	if err != nil {
		return nil, nil, err
	}
	dir, err := directory.Open(ctx, directory.Config{DB: d, Content: content.FS, Now: clock.System})
	if err != nil {
		d.Close()
		return nil, nil, err
	}
	texts, err := i18n.Load(locale.Files, i18n.Languages)
	if err != nil {
		d.Close()
		return nil, nil, err
	}
	return &transfer.Service{DB: d, Directory: dir, Now: clock.System, Hours: hoursIn(texts)}, d.Close, nil
}

// hoursIn reads opening hours as the desk does, in the first language in which
// they are understood: a table does not say in which it is written.
func hoursIn(texts *i18n.Bundle) transfer.ReadHours {
	return func(text string) ([]directory.Opening, bool) {
		for _, lang := range i18n.Languages {
			if open, wrong := desk.ReadHours(texts, lang, text); wrong == "" {
				return open, true
			}
		}
		return nil, false
	}
}
