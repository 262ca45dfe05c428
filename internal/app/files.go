package app

import (
	"context"

	"amelie/content"
	"amelie/internal/clock"
	"amelie/internal/directory"
	"amelie/internal/directory/transfer"
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
	return &transfer.Service{DB: d, Directory: dir, Now: clock.System}, d.Close, nil
}
