package draft

import (
	"context"
	"net/http"
	"strings"
	"time"

	"amelie/internal/ask"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/web"
)

// Forms keeps forms of pages whose sign-in ended on a Shelf, for web.Shell.
type Forms struct {
	*Shelf
	// Former recognises whose sign-in, ended by time, a request carries.
	Former func(r *http.Request) (userID string, ok bool)
	// Place names a page, a path without the language, on the shelf; "": its forms
	// are not kept.
	Place func(page string) string
}

// at is the place of a form of a page.
func (f Forms) at(page, query, form string) string {
	place := f.Place(page)
	if place == "" {
		return ""
	}
	return place + "?" + query + "#" + form
}

// Keep is part of web.Forms.
//
// req: DRAFT-1
func (f Forms) Keep(r *http.Request, v *web.Viewer, page, query, form string, values map[string][]string) (bool, error) {
	place, by, known := f.at(page, query, form), Author{}, true
	if v != nil {
		by = AuthorOf(v)
	} else {
		by.User, known = f.Former(r)
	}
	if !known || place == "" || len(place) > longest {
		return false, nil
	}
	err := f.Shelf.Keep(r.Context(), by, place, ask.Answer(values))
	return err == nil, err
}

// Find is part of web.Forms.
//
// req: DRAFT-2
func (f Forms) Find(ctx context.Context, v *web.Viewer, page, query string) (values map[string][]string, form string, at time.Time, err error) {
	begins := f.at(page, query, "")
	if begins == "" {
		return nil, "", at, nil
	}
	type kept struct {
		place   string
		touched int64
	}
	var all []kept
	err = f.DB.Read(ctx, func(tx *db.Tx) (err error) {
		all, err = db.All(tx, placesStmt, func(row func(...any) error) (k kept, err error) {
			err = row(&k.place, &k.touched)
			return k, err
		}, v.UserID, clock.Millis(f.Now().Add(-Life)))
		return err
	})
	for _, k := range all { // the newest first
		if rest, ours := strings.CutPrefix(k.place, begins); ours && err == nil {
			a, touched, err := f.Load(ctx, v, k.place)
			return a, rest, touched, err
		}
	}
	return nil, "", at, err
}

// Drop is part of web.Forms. Mostly there is nothing to forget, and nothing is
// written then.
func (f Forms) Drop(ctx context.Context, v *web.Viewer, page, query, form string) error {
	place := f.at(page, query, form)
	if place == "" {
		return nil
	}
	var touched int64
	var env []byte
	err := f.DB.Read(ctx, func(tx *db.Tx) error { return tx.Row(getStmt, v.UserID, place).Scan(&touched, &env) })
	if db.NoRows(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.Shelf.Drop(ctx, v.UserID, place)
}
