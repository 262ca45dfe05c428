package round

import (
	"testing"

	"amelie/internal/db"
	"amelie/internal/directory"
)

// hides takes the only service of a body from everyone's eyes.
func (w *world) hides(organization string) {
	w.t.Helper()
	w.write(func(tx *db.Tx) error {
		r, err := w.d.Row(tx, directory.KindService, organization+"-1")
		if err != nil {
			return err
		}
		r.Service.Hide = directory.Hide{directory.HideEntry: directory.Hidden}
		return w.d.Change(tx, directory.By{User: "u-test", Way: directory.ByEditor}, w.now, directory.Change{Row: r})
	})
}

// req: ROUND-9
func TestABodyWhoseServicesAreAllHiddenIsCalledAndNotWrittenTo(t *testing.T) {
	eachWorld(t, func(w *world) {
		w.hides("gr-lychnari")
		id := w.round()
		if mails := w.post.Mails(); len(mails) != 1 { // the shelter alone
			t.Fatalf("%d mails", len(mails))
		}
		w.onCallList(id, "gr-lychnari")
	})
}

// req: ROUND-9
func TestABodyThatIsHiddenBeforeItsMailLeavesIsNotWrittenTo(t *testing.T) {
	eachWorld(t, func(w *world) {
		id, err := w.s.Start(t.Context(), lotte, Scope{Only: ours, Months: 6}, "once-round-1")
		if err != nil {
			t.Fatal(err)
		}
		w.hides("gr-lychnari")
		w.due()
		if mails := w.post.Mails(); len(mails) != 1 {
			t.Fatalf("%d mails", len(mails))
		}
		w.onCallList(id, "gr-lychnari")
	})
}

// onCallList makes sure that a body is called.
func (w *world) onCallList(round, organization string) {
	w.t.Helper()
	_, calls, err := w.s.Calls(w.t.Context(), lotte, round)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, c := range calls {
		if c.Organization == organization {
			return
		}
	}
	w.t.Errorf("%s is not called", organization)
}
