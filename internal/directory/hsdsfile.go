package directory

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
)

// HSDSRecords are all records of a directory as HSDS 3.1, one JSON object each:
// full services with their organisation and locations, organisations without
// their services, and the vocabulary.
type HSDSRecords struct {
	Services, Organizations, Taxonomies, Terms []json.RawMessage
}

// HSDSRecords maps organisations as Publish gave them to an audience.
func (d *Directory) HSDSRecords(ctx context.Context, published []Organization) (HSDSRecords, error) {
	var out HSDSRecords
	snap, err := d.snapshot(ctx)
	if err != nil {
		return out, err
	}
	b := newBook(published, snap.vocab, snap.changed, snap.checks, territoryName)
	bodies := slices.Clone(b.organizations)
	for i := range bodies {
		bodies[i].Services, bodies[i].Locations = nil, nil
	}
	err = errors.Join(appendJSON(&out.Services, b.services), appendJSON(&out.Organizations, bodies),
		appendJSON(&out.Taxonomies, b.taxonomies), appendJSON(&out.Terms, b.terms))
	return out, err
}

func appendJSON[T any](list *[]json.RawMessage, records []T) error {
	for _, v := range records {
		raw, err := json.Marshal(v)
		if err != nil {
			return err
		}
		*list = append(*list, raw)
	}
	return nil
}
