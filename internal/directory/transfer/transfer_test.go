package transfer

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"amelie/content"
	"amelie/internal/audit"
	"amelie/internal/db"
	"amelie/internal/db/dbtest"
	"amelie/internal/directory"
	"amelie/internal/fault"
	"amelie/internal/policy"
	"amelie/internal/standardtest"
)

var (
	monday = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	editor = Who{By: directory.By{User: "u-editor", Name: "Editor", Way: directory.ByImport}, Actor: policy.Actor{User: "u-editor", Roles: []string{"editor"}}}
)

// desk is a directory with the shipped content, and files for it.
type desk struct {
	t   testing.TB
	db  *db.DB
	d   *directory.Directory
	s   *Service
	now time.Time
}

func each(t *testing.T, story func(k *desk)) {
	dbtest.Each(t, []db.Schema{audit.Schema, directory.Schema, Schema}, func(t *testing.T, d *db.DB) {
		k := &desk{t: t, db: d, now: monday}
		clock := func() time.Time { return k.now }
		var err error
		k.d, err = directory.Open(t.Context(), directory.Config{DB: d, Content: content.FS, Now: clock, Policy: policy.Must(directory.Policy)})
		if err != nil {
			t.Fatal(err)
		}
		k.s = &Service{DB: d, Directory: k.d, Now: clock}
		story(k)
	})
}

func (k *desk) stage(format Format, o Options, text string) Import {
	k.t.Helper()
	i, err := k.s.Stage(k.t.Context(), editor, "a file", format, o, strings.NewReader(text), int64(len(text)), nil)
	if err != nil {
		k.t.Fatal(err)
	}
	return i
}

func (k *desk) apply(i Import, word Word) error {
	k.now = k.now.Add(2 * time.Second)
	return k.s.Apply(k.t.Context(), editor, i.ID, word)
}

func (k *desk) row(kind directory.Kind, id string) (r directory.Row, found bool) {
	k.t.Helper()
	err := k.db.Read(k.t.Context(), func(tx *db.Tx) (err error) { r, err = k.d.Row(tx, kind, id); return err })
	if fault.KindOf(err) == fault.NotFound {
		return r, false
	}
	if err != nil {
		k.t.Fatal(err)
	}
	return r, true
}

func (k *desk) rows(i Import, action string) []Row {
	k.t.Helper()
	list, err := k.s.Rows(k.t.Context(), i.ID, action, 0, 1000)
	if err != nil {
		k.t.Fatal(err)
	}
	return list
}

func (k *desk) export(format Format, to Audience) string {
	k.t.Helper()
	var b bytes.Buffer
	if err := k.s.Export(k.t.Context(), &b, format, to); err != nil {
		k.t.Fatal(err)
	}
	return b.String()
}

func TestWhatIsExportedComesBackUnchanged(t *testing.T) {
	each(t, func(k *desk) {
		for _, one := range []struct {
			format Format
			to     Audience
		}{{Lines, ForEditors}, {Lines, ForEveryone}, {Flat, ForEditors}, {Flat, ForEveryone}, {HSDS, ForEveryone}, {HSDS, ForProfessionals}, {Tabular, ForEveryone}} {
			i := k.stage(one.format, Options{Country: "GR"}, k.export(one.format, one.to))
			if i.Counts[Same] < 100 || i.Counts[Add]+i.Counts[Alter]+i.Counts[Refuse] > 0 {
				t.Errorf("%s for %s: %v", one.format, one.to, i.Counts)
				for _, r := range append(append(k.rows(i, "refuse"), k.rows(i, "change")...), k.rows(i, "add")...)[:min(6, i.Counts[Add]+i.Counts[Alter]+i.Counts[Refuse])] {
					t.Logf("  %s %s %s: %v %v", r.Action, r.Kind, r.RowID, r.Fields, r.Wrong)
					for _, f := range r.Fields {
						b, _ := r.Before.Fields()
						a, _ := r.After.Fields()
						x, _ := json.Marshal(b[f])
						y, _ := json.Marshal(a[f])
						t.Logf("    %s\n      %.300s\n      %.300s", f, x, y)
					}
				}
			}
		}
	})
}

// foreign is a directory of somebody else, as HSDS JSON.
const foreign = `[{
  "id": "ac148810-d857-441c-9679-408f346de14b", "name": "Night shelter", "status": "active", "assured_date": "2026-02-03",
  "description": "<p>A bed for the night.</p><p>Meals &amp; advice.</p>",
  "organization": {"id": "d9d5e0f5-d3ce-4f73-9a2f-4dd0ecc6c610", "name": "Open Hands", "description": "Charity", "website": "openhands.example.org"},
  "phones": [{"id": "1", "number": "2310 019880", "type": "voice", "extension": 100}, {"id": "2", "number": "ask at the desk"}],
  "service_areas": [{"id": "3", "name": "Central Macedonia"}],
  "languages": [{"id": "4", "code": "ron", "note": "interpreter"}, {"id": "5", "code": "el"}],
  "schedules": [{"id": "6", "freq": "WEEKLY", "byday": "MO,TU", "opens_at": "18:00:00Z", "closes_at": "22:00"}],
  "service_at_locations": [{"id": "7", "location": {"id": "8", "location_type": "physical", "latitude": 40.64, "longitude": 22.94,
     "addresses": [{"id": "9", "address_1": "Secret Street 5", "city": "Thessaloniki", "state_province": "Central Macedonia", "postal_code": "54622", "country": "GR", "address_type": "physical"}],
     "phones": [{"id": "10", "number": "+302310555555"}]}}],
  "attributes": [{"id": "11", "taxonomy_term_id": "x", "taxonomy_term": {"id": "x", "name": "Refuge"}}, {"id": "12", "taxonomy_term_id": "y", "taxonomy_term": {"id": "y", "name": "Pottery classes"}}]
}]`

// req: TRANSFER-1
func TestAForeignDirectoryIsUnderstoodAndTheAddressOfAShelterStartsHidden(t *testing.T) {
	each(t, func(k *desk) {
		o := Options{Country: "GR", System: "openhands", Role: "shelter", Help: "accommodation"}
		i := k.stage(HSDS, o, foreign)
		if i.Counts[Add] != 3 || i.Counts[Refuse] != 0 {
			t.Fatalf("%v %+v", i.Counts, k.rows(i, "refuse"))
		}
		if len(i.Unknown) == 0 || i.Unknown[0].Term != "Pottery classes" {
			t.Errorf("not understood: %v", i.Unknown)
		}
		if _, there := k.row(directory.KindOrganization, "gr-open-hands"); there {
			t.Fatal("the preview changed the directory")
		}
		if err := k.apply(i, Word{}); err != nil {
			t.Fatal(err)
		}
		r, there := k.row(directory.KindService, "gr-open-hands-night-shelter")
		if !there {
			t.Fatalf("the service is not there: %v", k.rows(i, "add")[1].RowID)
		}
		s := r.Service
		if len(s.Phones) != 1 || s.Phones[0].Number != "+302310019880" || s.Languages[0].Code != "ro" || s.Languages[0].By != "interpreter" ||
			s.Area[0] != "GR-B" || s.Hours.Open[0].To != "22:00" || s.Hours.Zone != "Europe/Athens" || s.Verified != "2026-02-03" || strings.ContainsAny(s.Summary["en"], "<>&") == strings.Contains(s.Summary["en"], "A bed") {
			t.Errorf("%+v", s)
		}
		p, there := k.row(directory.KindPlace, "gr-open-hands-night-shelter-thessaloniki")
		if !there || p.Place.Address != directory.Hidden || p.Place.Phones[0].Visibility != directory.Hidden || p.Place.Street != "Secret Street 5" {
			t.Errorf("%v %+v", there, p.Place)
		}
		for _, format := range []Format{Flat, HSDS, Lines, Tabular} {
			text := k.export(format, ForProfessionals)
			if format == Tabular {
				text = unzipped(t, text)
			}
			if strings.Contains(text, "Secret Street") || strings.Contains(text, "2310555555") {
				t.Errorf("%s publishes the address of a shelter", format)
			}
		}
		again := k.stage(HSDS, o, foreign)
		if again.Counts[Same] != 3 || again.Counts[Add]+again.Counts[Alter] != 0 {
			t.Errorf("the same file again: %v", again.Counts)
		}
	})
}

func unzipped(t testing.TB, packed string) string {
	t.Helper()
	z, err := zip.NewReader(strings.NewReader(packed), int64(len(packed)))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		b.ReadFrom(r)
		all.Write(b.Bytes())
	}
	return all.String()
}

// req: TRANSFER-2
func TestABodyThatLooksLikeAnAuthorityIsNotTakenForSupport(t *testing.T) {
	each(t, func(k *desk) {
		for _, name := range []string{"City Police Department", "Polizeipräsidium Mitte", "Questura di Roma", "Ελληνική Αστυνομία", "Parquet fédéral"} {
			i := k.stage(HSDS, Options{Country: "BE", Role: "day-centre", Help: "counselling"}, strings.Replace(foreign, "Open Hands", name, 1))
			if i.Counts[Refuse] == 0 || i.Counts[Add] != 0 {
				t.Errorf("%s: %v", name, i.Counts)
				for _, a := range []string{"add", "refuse"} {
					for _, r := range k.rows(i, a) {
						t.Logf("  %s %s %s %v", a, r.Kind, r.RowID, r.Wrong)
					}
				}
			}
		}
	})
}

// req: TRANSFER-3
func TestAPublicFileDoesNotTakeAwayWhatIsNotPublic(t *testing.T) {
	each(t, func(k *desk) {
		r, _ := k.row(directory.KindService, "gr-a21-1109")
		s := *r.Service
		s.Phones = append(s.Phones, directory.Phone{Number: "+302101234567", Printed: "210 1234567", Visibility: directory.Professional})
		r.Service = &s
		if err := k.db.Write(t.Context(), func(tx *db.Tx) error {
			return k.d.Change(tx, editor.By, k.now, directory.Change{Row: r})
		}); err != nil {
			t.Fatal(err)
		}
		i := k.stage(HSDS, Options{}, k.export(HSDS, ForEveryone))
		if i.Counts[Alter] != 0 {
			t.Errorf("%v: %v", i.Counts, k.rows(i, "change")[0].Fields)
		}
	})
}

// req: TRANSFER-5
func TestAWrongLineHalfImportsNothingAndSaysWhereItIs(t *testing.T) {
	each(t, func(k *desk) {
		table := "organization,service,helps,roles,area,phones,town,territory,lat,lon\n" +
			"Good body,Good service,counselling,day-centre,GR,+302310019880,,,,\n" +
			"Bad body,Bad service,flying,day-centre,GR,call me,,,,\n"
		i := k.stage(Flat, Options{Country: "GR"}, table)
		if i.Counts[Add] != 3 || i.Counts[Refuse] != 1 {
			t.Fatalf("%v", i.Counts)
		}
		wrong := k.rows(i, "refuse")[0]
		if wrong.Line != 3 || len(wrong.Wrong) < 2 {
			t.Errorf("%+v", wrong)
		}
		if err := k.apply(i, Word{}); fault.KindOf(err) != fault.Conflict {
			t.Fatalf("refused rows went by: %v", err)
		}
		if _, there := k.row(directory.KindService, "gr-good-body-good-service"); there {
			t.Fatal("half of a file was imported")
		}
		if err := k.apply(i, Word{Without: true}); err != nil {
			t.Fatal(err)
		}
		if _, there := k.row(directory.KindService, "gr-good-body-good-service"); !there {
			t.Error("the rest was not imported")
		}
		if err := k.apply(i, Word{Without: true}); fault.KindOf(err) != fault.Conflict {
			t.Errorf("imported twice: %v", err)
		}
	})
}

func TestAnImportIsTakenBackWhole(t *testing.T) {
	each(t, func(k *desk) {
		before := k.export(Lines, ForEditors)
		table := "organization_id,service_id,summary_en,phones\ngr-a21,gr-a21-1109,New words.,1109 | +302310019881\n"
		i := k.stage(Flat, Options{}, table)
		if i.Counts[Alter] != 1 || i.Contacts != 1 {
			t.Fatalf("%+v", i)
		}
		if err := k.apply(i, Word{}); fault.KindOf(err) != fault.Conflict {
			t.Fatalf("contacts went by without a word: %v", err)
		}
		if err := k.apply(i, Word{Contacts: true}); err != nil {
			t.Fatal(err)
		}
		more := k.stage(HSDS, Options{Country: "GR", System: "x", Role: "day-centre", Help: "counselling"}, foreign)
		if err := k.apply(more, Word{}); err != nil {
			t.Fatal(err)
		}
		for _, one := range []Import{more, i} {
			back, err := k.s.Undo(t.Context(), editor, one.ID)
			if err != nil {
				t.Fatal(err)
			}
			if back.Counts[Refuse] != 0 {
				t.Errorf("%v", k.rows(back, "refuse"))
			}
			if err := k.apply(back, Word{}); err != nil {
				t.Fatal(err)
			}
		}
		if after := k.export(Lines, ForEditors); after != before {
			t.Error("something stayed")
		}
		if _, err := k.s.Undo(t.Context(), editor, i.ID); fault.KindOf(err) != fault.Conflict {
			t.Errorf("undone twice: %v", err)
		}
	})
}

// req: TRANSFER-7
func TestContactsThatCameWithAFileWaitForACallUntilSomebodyMadeSure(t *testing.T) {
	const service = "gr-a21-1109"
	each(t, func(k *desk) {
		uncalled := func() (since time.Time) {
			t.Helper()
			if err := k.db.Read(t.Context(), func(tx *db.Tx) (err error) { since, err = k.d.Uncalled(tx, service); return err }); err != nil {
				t.Fatal(err)
			}
			return since
		}
		verify := func(p directory.Part) {
			t.Helper()
			err := k.db.Write(t.Context(), func(tx *db.Tx) error {
				return k.d.Verify(tx, editor.By, k.now, directory.KindService, service, directory.ByTelephone, p)
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		words := k.stage(Flat, Options{}, "organization_id,service_id,summary_en\ngr-a21,gr-a21-1109,New words.\n")
		if err := k.apply(words, Word{}); err != nil || !uncalled().IsZero() {
			t.Fatalf("words are called new contacts: %v %v", uncalled(), err)
		}
		i := k.stage(Flat, Options{}, "organization_id,service_id,phones\ngr-a21,gr-a21-1109,1109 | +302310019881\n")
		if err := k.apply(i, Word{Contacts: true, Edited: true}); err != nil {
			t.Fatal(err)
		}
		if got := uncalled(); !got.Equal(k.now) {
			t.Fatalf("waits since %v, not since %v", got, k.now)
		}
		if verify(directory.PartHours); uncalled().IsZero() {
			t.Error("hours were asked about, and the number counts as called")
		}
		back, err := k.s.Undo(t.Context(), editor, i.ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := k.apply(back, Word{}); err != nil || !uncalled().IsZero() {
			t.Errorf("the number known before waits for a call: %v %v", uncalled(), err)
		}
		again := k.stage(Flat, Options{}, "organization_id,service_id,phones\ngr-a21,gr-a21-1109,1109 | +302310019882\n")
		if err := k.apply(again, Word{Contacts: true, Edited: true}); err != nil || uncalled().IsZero() {
			t.Fatalf("%v %v", uncalled(), err)
		}
		if verify(directory.PartPhones); !uncalled().IsZero() {
			t.Error("a number that was called still waits")
		}
	})
}

func TestWhatChangedSinceThePreviewIsNotOverwritten(t *testing.T) {
	each(t, func(k *desk) {
		i := k.stage(Flat, Options{}, "service_id,organization_id,summary_en\ngr-a21-1109,gr-a21,New words.\n")
		r, _ := k.row(directory.KindService, "gr-a21-1109")
		s := *r.Service
		s.Name = "Meanwhile"
		r.Service = &s
		if err := k.db.Write(t.Context(), func(tx *db.Tx) error { return k.d.Change(tx, editor.By, k.now, directory.Change{Row: r}) }); err != nil {
			t.Fatal(err)
		}
		if err := k.apply(i, Word{}); fault.KindOf(err) != fault.Stale {
			t.Errorf("got %v", err)
		}
	})
}

func TestAnEditedEntryIsReplacedOnlyWithAWord(t *testing.T) {
	each(t, func(k *desk) {
		r, _ := k.row(directory.KindService, "gr-a21-1109")
		s := *r.Service
		s.Name = "Edited here"
		r.Service = &s
		if err := k.db.Write(t.Context(), func(tx *db.Tx) error { return k.d.Change(tx, editor.By, k.now, directory.Change{Row: r}) }); err != nil {
			t.Fatal(err)
		}
		i := k.stage(Flat, Options{}, "service_id,organization_id,service\ngr-a21-1109,gr-a21,From the file\n")
		if i.Edited != 1 {
			t.Fatalf("%+v", i)
		}
		if err := k.apply(i, Word{}); fault.KindOf(err) != fault.Conflict {
			t.Errorf("got %v", err)
		}
		if err := k.apply(i, Word{Edited: true}); err != nil {
			t.Error(err)
		}
	})
}

func TestWhatTheSystemDroppedIsTakenOutWhenAsked(t *testing.T) {
	each(t, func(k *desk) {
		o := Options{Country: "GR", System: "x", Role: "day-centre", Help: "counselling"}
		if err := k.apply(k.stage(HSDS, o, foreign), Word{}); err != nil {
			t.Fatal(err)
		}
		o.Missing = true
		second := strings.NewReplacer("ac148810", "bc148810", "Night shelter", "Day room", `"8"`, `"88"`).Replace(foreign)
		i := k.stage(HSDS, o, second)
		if i.Counts[Remove] != 2 {
			t.Fatalf("%v", i.Counts)
		}
		if err := k.apply(i, Word{}); err != nil {
			t.Fatal(err)
		}
		if _, there := k.row(directory.KindService, "gr-open-hands-night-shelter"); there {
			t.Error("still there")
		}
	})
}

func TestAFileThatCannotBeReadSaysWhyAndLeavesNothing(t *testing.T) {
	each(t, func(k *desk) {
		for _, one := range []struct {
			format    Format
			text, key string
		}{
			{Flat, "", "transfer.error.empty"}, {Flat, "a;b;c\n1;2;3\n", "transfer.error.separator"}, {Flat, "colour,size\nred,5\n", "transfer.error.no-columns"},
			{Flat, "organization,service,service\n", "transfer.error.column-twice"}, {Flat, "organization\n\"open", "transfer.error.syntax"},
			{HSDS, "", "transfer.error.empty"}, {HSDS, `[{"id": 1}, {"id": `, "transfer.error.syntax"}, {HSDS, `"text"`, "transfer.error.not-hsds"},
			{Tabular, "no zip", "transfer.error.not-zip"}, {Lines, `{"kind": "person", "id": "a", "parent": "b", "row": {}}`, "transfer.error.not-lines"},
			{Flat, "organ\x00ization", "transfer.error.binary"},
		} {
			_, err := k.s.Stage(t.Context(), editor, "bad", one.format, Options{Country: "GR"}, strings.NewReader(one.text), 0, nil)
			var e *FileError
			if !errors.As(err, &e) || e.Key != one.key {
				t.Errorf("%s %q: %v", one.format, one.text, err)
			}
		}
		list, err := k.s.Imports(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range list {
			if i.State != Dropped {
				t.Errorf("%s is %s", i.Name, i.State)
			}
		}
	})
}

func TestAnInterruptedImportIsDroppedAndTheNextOneWorks(t *testing.T) {
	each(t, func(k *desk) {
		ctx, stop := context.WithCancel(t.Context())
		n := 0
		slow := readerFunc(func(p []byte) (int, error) {
			if n++; n > 3 {
				stop()
			}
			return copy(p, "\n"), nil
		})
		if _, err := k.s.Stage(ctx, editor, "slow", Lines, Options{}, slow, 0, nil); err == nil {
			t.Fatal("it did not end")
		}
		if i := k.stage(Lines, Options{}, k.export(Lines, ForEditors)); i.State != Ready {
			t.Errorf("%+v", i)
		}
	})
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// req: TRANSFER-4
func TestASpreadsheetCalculatesNothing(t *testing.T) {
	for _, cell := range []string{"=1+1", "+302310019880", "-5", "@x", "\tx", "plain", "-", ""} {
		a := armed(cell)
		if strings.ContainsAny(a[:min(1, len(a))], "=+@\t\r") || len(a) > 1 && a[0] == '-' {
			t.Errorf("%q stays dangerous: %q", cell, a)
		}
		if unarmed(a) != cell {
			t.Errorf("%q comes back as %q", cell, unarmed(a))
		}
	}
}

// req: TRANSFER-6
func TestOnlyOurOwnFormatsCarryWhatIsHiddenAndOnlyForEditors(t *testing.T) {
	each(t, func(k *desk) {
		for _, f := range []Format{HSDS, Tabular} {
			if err := k.s.Export(t.Context(), &bytes.Buffer{}, f, ForEditors); err == nil {
				t.Errorf("%s carries hidden addresses", f)
			}
		}
		hidden := ""
		for _, l := range strings.Split(k.export(Lines, ForEditors), "\n") {
			var one struct{ Row map[string]any }
			if json.Unmarshal([]byte(l), &one) == nil && one.Row["Address"] == "hidden" && text(one.Row, "Street") != "" {
				hidden = text(one.Row, "Street")
			}
		}
		if hidden == "" {
			t.Fatal("no hidden street in the shipped directory")
		}
		for _, f := range []Format{Lines, Flat, HSDS} {
			if strings.Contains(k.export(f, ForProfessionals), hidden) {
				t.Errorf("%s publishes %q", f, hidden)
			}
		}
	})
}

// The standard's own examples are somebody else's files.
func TestTheStandardsOwnExamplesAreRead(t *testing.T) {
	folder := filepath.Join(standardtest.Folder(t, "hsds-3.1"), "examples")
	each(t, func(k *desk) {
		for _, name := range []string{"service_full.json", "organization_full.json", "service_list.json", "organization_list.json"} {
			raw, err := os.ReadFile(filepath.Join(folder, name))
			if err != nil {
				t.Fatal(err)
			}
			i := k.stage(HSDS, Options{Country: "GR", System: "example", Role: "day-centre", Help: "counselling"}, string(raw))
			if i.Counts[Add]+i.Counts[Refuse]+i.Counts[Same]+i.Counts[Alter] == 0 {
				t.Errorf("%s: nothing was read", name)
			}
			for _, r := range k.rows(i, "refuse") {
				t.Logf("%s: %s %s line %d: %v", name, r.Kind, r.Name, r.Line, r.Wrong)
			}
			t.Logf("%s: %v, not understood %v", name, i.Counts, i.Unknown)
		}
	})
}
