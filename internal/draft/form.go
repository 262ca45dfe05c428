package draft

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"amelie/internal/ask"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/id"
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
	// Gone says whether what a page is about was erased.
	Gone func(ctx context.Context, page string) (bool, error)
}

// queryField keeps a page's query among what was typed. Places are readable, and a
// query can hold words; identifiers alone stand in both.
const queryField = "?"

// at is the place of a form of a page.
//
// req: DRAFT-3
func (f Forms) at(page, query, form string) string {
	place := f.Place(page)
	if place == "" {
		return ""
	}
	values, _ := url.ParseQuery(query) // what cannot be read is no identifier
	var ids []string
	for _, list := range values {
		ids = append(ids, slices.DeleteFunc(list, func(v string) bool { return !id.Valid(v) })...)
	}
	slices.Sort(ids)
	return place + "?" + strings.Join(ids, "+") + "#" + form
}

// author is who sent a form, signed in or not any more.
func (f Forms) author(r *http.Request, v *web.Viewer) (by Author, known bool) {
	if v != nil {
		return AuthorOf(v), true
	}
	by.User, known = f.Former(r)
	return by, known
}

// Keeps is part of web.Forms.
func (f Forms) Keeps(r *http.Request, v *web.Viewer, page string) bool {
	_, known := f.author(r, v)
	return known && f.Place(page) != ""
}

// Keep is part of web.Forms.
//
// req: DRAFT-1
func (f Forms) Keep(r *http.Request, v *web.Viewer, page, query, form string, values map[string][]string) (bool, error) {
	place := f.at(page, query, form)
	by, known := f.author(r, v)
	if !known || place == "" || len(place) > longest {
		return false, nil
	}
	if gone, err := f.Gone(r.Context(), page); gone || err != nil {
		return false, err
	}
	if full, err := f.full(r.Context(), by.User, place); v == nil && (full || err != nil) {
		return false, err
	}
	kept := ask.Answer{queryField: {query}}
	maps.Copy(kept, values)
	err := f.Shelf.Keep(r.Context(), by, place, kept)
	return err == nil, err
}

// full says whether a further draft would push out another one of its writer: who
// only holds a sign-in that ended must not do that.
func (f Forms) full(ctx context.Context, user, place string) (full bool, err error) {
	err = f.DB.Read(ctx, func(tx *db.Tx) error {
		var others int
		err := tx.Row(othersStmt, user, place).Scan(&others)
		full = others >= Most
		return err
	})
	return full, err
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
			if err == nil && len(a[queryField]) == 1 && a[queryField][0] != query {
				continue
			}
			delete(a, queryField)
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
