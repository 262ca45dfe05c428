package transfer

import (
	"strings"
	"testing"

	"amelie/internal/db"
	"amelie/internal/directory"
)

// hidden finds a place of the shipped content whose address is hidden, with
// the line that stands for it in the editors' own file.
func (k *desk) hidden() (directory.Row, string) {
	k.t.Helper()
	for line := range strings.Lines(k.export(Lines, ForEditors)) {
		if !strings.Contains(line, `"Address":"hidden"`) {
			continue
		}
		i := k.stage(Lines, Options{}, line)
		for _, r := range k.rows(i, "same") {
			if r.Kind == directory.KindPlace {
				p, _ := k.row(directory.KindPlace, r.RowID)
				return p, line
			}
		}
	}
	k.t.Fatal("no hidden address in the shipped content")
	return directory.Row{}, ""
}

// req: DESK-1
func TestAFileDoesNotOpenAHiddenAddress(t *testing.T) {
	each(t, func(k *desk) {
		p, line := k.hidden()
		i := k.stage(Lines, Options{}, strings.Replace(line, `"Address":"hidden"`, `"Address":""`, 1))
		if i.Counts[Refuse] != 1 || i.Counts[Alter] != 0 {
			t.Errorf("a file that opens a hidden address: %v", i.Counts)
		}
		if err := k.apply(i, Word{Without: true, Contacts: true, Edited: true}); err == nil {
			t.Error("was applied")
		}
		if now, _ := k.row(directory.KindPlace, p.ID); now.Place.Address != directory.Hidden {
			t.Error("the address is open")
		}
	})
}

// req: DESK-1
func TestTheNewPlaceOfAShelterStartsHiddenWhateverTheFileSays(t *testing.T) {
	each(t, func(k *desk) {
		p, line := k.hidden()
		up, _ := k.row(directory.KindService, p.Parent)
		shelter := strings.Contains(strings.Join(up.Service.Roles, " "), "shelter")
		line = strings.NewReplacer(`"`+p.ID+`"`, `"`+p.ID+`-two"`, `"Address":"hidden"`, `"Address":""`).Replace(line)
		i := k.stage(Lines, Options{}, line)
		if err := k.apply(i, Word{}); err != nil {
			t.Fatalf("%v %+v", err, k.rows(i, "refuse"))
		}
		now, there := k.row(directory.KindPlace, p.ID+"-two")
		if !shelter || !there || now.Place.Address != directory.Hidden {
			t.Errorf("shelter %v, there %v, address %q", shelter, there, now.Place.Address)
		}
	})
}

// req: ROUND-1
func TestANumberFromAFileIsNotVerified(t *testing.T) {
	each(t, func(k *desk) {
		i := k.stage(HSDS, Options{Country: "GR", System: "openhands", Role: "shelter", Help: "accommodation"}, foreign)
		if err := k.apply(i, Word{}); err != nil {
			t.Fatal(err)
		}
		const service = "gr-open-hands-night-shelter"
		err := k.db.Write(t.Context(), func(tx *db.Tx) error {
			return k.d.Verify(tx, editor.By, k.now, directory.KindService, service, directory.ByTelephone, directory.PartPhones, directory.PartTakes)
		})
		if err != nil {
			t.Fatal(err)
		}
		i = k.stage(HSDS, Options{Country: "GR", System: "openhands", Role: "shelter", Help: "accommodation"}, strings.Replace(foreign, "2310 019880", "2310 019881", 1))
		if err := k.apply(i, Word{Contacts: true, Edited: true}); err != nil {
			t.Fatal(err)
		}
		var parts []directory.Part
		err = k.db.Read(t.Context(), func(tx *db.Tx) error {
			checks, err := k.d.Checks(tx, "gr-open-hands")
			parts = nil
			for _, c := range checks {
				parts = append(parts, c.Part)
			}
			return err
		})
		if err != nil || len(parts) != 1 || parts[0] != directory.PartTakes {
			t.Errorf("still verified: %v (%v)", parts, err)
		}
	})
}
