package transfer

import (
	"fmt"
	"slices"
	"testing"

	"amelie/internal/db"
	"amelie/internal/directory"
)

// A file hides a number, a part and an address; taking the file back brings
// the words back and leaves hidden what is hidden.
//
// req: DESK-6
func TestTakingAFileBackMakesNothingPublicThatIsHiddenNow(t *testing.T) {
	each(t, func(k *desk) {
		service := k.any(directory.KindService, func(r directory.Row) bool { return r.ID == "gr-a21-1109" })
		place := k.any(directory.KindPlace, func(r directory.Row) bool { return r.Place.Address == directory.Public && r.Place.Street != "" })
		street := place.Place.Street
		service.Service.Phones[0].Visibility = directory.Hidden
		place.Place.Address, place.Place.Street = directory.Hidden, "Another street 1"
		hideContacts(place.Place)
		hides := k.stage(Lines, Options{}, k.line(service)+k.line(place))
		if hides.Counts[Alter] != 2 {
			t.Fatalf("%v %+v", hides.Counts, k.rows(hides, "refuse"))
		}
		if err := k.apply(hides, Word{Contacts: true, Edited: true}); err != nil {
			t.Fatal(err)
		}
		back, err := k.s.Undo(t.Context(), editor, hides.ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := k.apply(back, Word{}); err != nil {
			t.Fatal(err)
		}
		now, _ := k.row(directory.KindService, "gr-a21-1109")
		if now.Service.Phones[0].Visibility != directory.Hidden {
			t.Error("the number can be seen again")
		}
		there, _ := k.row(directory.KindPlace, place.ID)
		if there.Place.Address != directory.Hidden {
			t.Error("the address can be seen again")
		}
		if there.Place.Street != street {
			t.Errorf("the street is %q, not what it was", there.Place.Street)
		}
	})
}

// any is the first row of a kind that is so.
func (k *desk) any(kind directory.Kind, so func(directory.Row) bool) (found directory.Row) {
	k.t.Helper()
	err := k.db.Read(k.t.Context(), func(tx *db.Tx) error {
		rows, err := k.d.Rows(tx, kind)
		if at := slices.IndexFunc(rows, so); at >= 0 {
			found = rows[at]
		}
		return err
	})
	if err != nil || found.ID == "" {
		k.t.Fatalf("no such %s: %v", kind, err)
	}
	return found
}

// line is a row as a line of our own file.
func (k *desk) line(r directory.Row) string {
	k.t.Helper()
	document, err := r.Document()
	if err != nil {
		k.t.Fatal(err)
	}
	return fmt.Sprintf("{\"kind\":%q,\"id\":%q,\"parent\":%q,\"row\":%s}\n", r.Kind, r.ID, r.Parent, document)
}
