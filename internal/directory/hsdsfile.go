package directory

import (
	"context"
	"encoding/json"
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
	b := newBook(published, snap.vocab, snap.changed, snap.checks, territoryName, englishLanguage)
	for i := range b.services {
		if err := appendJSON(&out.Services, b.services[i]); err != nil {
			return out, err
		}
	}
	for _, o := range b.organizations {
		o.Services, o.Locations = nil, nil
		if err := appendJSON(&out.Organizations, o); err != nil {
			return out, err
		}
	}
	for _, t := range b.taxonomies {
		if err := appendJSON(&out.Taxonomies, t); err != nil {
			return out, err
		}
	}
	for _, t := range b.terms {
		if err := appendJSON(&out.Terms, t); err != nil {
			return out, err
		}
	}
	return out, nil
}

func appendJSON(list *[]json.RawMessage, v any) error {
	raw, err := json.Marshal(v)
	*list = append(*list, raw)
	return err
}
