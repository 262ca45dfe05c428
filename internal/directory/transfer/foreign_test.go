package transfer

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"amelie/internal/db"
	"amelie/internal/directory"
	"amelie/internal/fault"
	"amelie/internal/policy"
)

// theirs is a table as a welfare association keeps it: other names, semicolons,
// words where we have codes.
const theirs = "Nr;Träger;Angebot;PLZ;Ort;Straße;Telefon;Mail;Offen;Leistungen;Sprachen;Beschreibung\n" +
	"17;Aussöhnung e.V.;Zuflucht für Frauen;50667;Köln;Domplatz 1;0221 123456;hilfe@example.org;Mo-Fr 09:00-14:00;Beratung;Deutsch, Rumänisch;Wir hören zu.\n" +
	"18;Aussöhnung e.V.;Zweite Tür;;;;call me;;;Beratung;;\n"

func (k *desk) hold(name, content string, o Options) Import {
	k.t.Helper()
	i, err := k.s.Hold(k.t.Context(), editor, name, o, []byte(content))
	if err != nil {
		k.t.Fatal(err)
	}
	return i
}

func (k *desk) table(i Import) Table {
	k.t.Helper()
	t, err := k.s.HeldTable(k.t.Context(), i.ID)
	if err != nil {
		k.t.Fatal(err)
	}
	return t
}

func TestColumnsAreGuessedByTheirNamesInSixLanguagesAndByWhatStandsInThem(t *testing.T) {
	for _, one := range []struct {
		lang, table string
		want        map[string]string
	}{
		{"de", theirs, map[string]string{"Träger": "organization", "Angebot": "service", "PLZ": "postal_code", "Ort": "town", "Straße": "street", "Telefon": "phones", "Mail": "emails",
			"Offen": "hours", "Leistungen": "helps", "Sprachen": "languages", "Beschreibung": "summary_de"}},
		{"el", "Φορέας,Υπηρεσία,Τηλέφωνα επικοινωνίας,Περιγραφή\nΖέφυρος,Συμβουλευτική,2310 019880,Κείμενο\n", map[string]string{"Φορέας": "organization", "Υπηρεσία": "service", "Τηλέφωνα επικοινωνίας": "phones", "Περιγραφή": "summary_el"}},
		{"it", "Ente,Servizio,CAP,Città,Numero di telefono,Orari\n", map[string]string{"Ente": "organization", "Servizio": "service", "CAP": "postal_code", "Città": "town", "Numero di telefono": "phones", "Orari": "hours"}},
		{"nl", "Organisatie,Postcode,Gemeente,Telefoonnummer,Doelgroep\n", map[string]string{"Organisatie": "organization", "Postcode": "postal_code", "Gemeente": "town", "Telefoonnummer": "phones", "Doelgroep": "for"}},
		{"fr", "Structure,Code postal,Ville,Téléphone,Courriel\n", map[string]string{"Structure": "organization", "Code postal": "postal_code", "Ville": "town", "Téléphone": "phones", "Courriel": "emails"}},
		{"en", "a,b,c,d,e\nx,+30 2310 019880,someone@example.org,www.example.org,54622\n", map[string]string{"b": "phones", "c": "emails", "d": "website", "e": "postal_code"}},
	} {
		table, err := LookInto([]byte(one.table))
		if err != nil || table.Ours {
			t.Fatalf("%s: %v, ours %v", one.lang, err, table.Ours)
		}
		got := Guess(table.Headings, one.lang, "DE")
		if !maps.Equal(got, one.want) {
			t.Errorf("%s: got %v\nwant %v", one.lang, got, one.want)
		}
	}
}

func TestHoursOfAForeignTableAreReadAsPeopleWriteThem(t *testing.T) {
	said := func(text string) ([]directory.Opening, bool) {
		if text != "Δευ-Παρ 9-14" {
			return nil, false
		}
		return []directory.Opening{{Days: "Mo-Fr", From: "09:00", To: "14:00"}}, true
	}
	for cell, want := range map[string]int{"Δευ-Παρ 9-14": 0, "Mo-Fr 09:00-14:00": 0, "το πρωί": 1} {
		var wrong int
		o := Options{Country: "GR", Columns: map[string]string{"Φορέας": "organization", "Ώρες": "hours"}}
		err := readFlat(strings.NewReader("Φορέας,Ώρες\nΖέφυρος,"+cell+"\n"), o, directory.Vocabulary{}, said, func(in Incoming) error {
			wrong += len(in.Wrong)
			if h, ok := in.Partial["Hours"].(map[string]any); ok && (len(h["Open"].([]any)) != 1 || h["Zone"] != "Europe/Athens") {
				t.Errorf("%q is read as %v", cell, h)
			}
			return nil
		})
		if err != nil || wrong != want {
			t.Errorf("%q: %d complaints, %v", cell, wrong, err)
		}
	}
}

func TestANumberOfOurTableIsReadInTheCountryOfItsIdentifier(t *testing.T) {
	var phones int
	err := readFlat(strings.NewReader("organization_id,service_id,phones\nit-a,it-a-1,06 00000555\n"), Options{}, directory.Vocabulary{}, nil, func(in Incoming) error {
		if len(in.Wrong) > 0 {
			t.Errorf("%+v", in.Wrong)
		}
		if list, ok := in.Partial["Phones"].([]map[string]any); ok {
			phones += len(list)
		} else if list, ok := in.Partial["Phones"].([]any); ok {
			phones += len(list)
		}
		return nil
	})
	if err != nil || phones != 1 {
		t.Errorf("%d numbers, %v", phones, err)
	}
}

func TestAColumnIsGuessedOnceAndATableOfOursNeedsNoWord(t *testing.T) {
	table, err := LookInto([]byte("Telefon;Telefonnummer;Telefon\n030 123456;030 123457;1\n"))
	if err != nil {
		t.Fatal(err)
	}
	if names := []string{table.Headings[0].Name, table.Headings[1].Name, table.Headings[2].Name}; !slices.Equal(names, []string{"Telefon", "Telefonnummer", "Telefon #3"}) {
		t.Errorf("%q", names)
	}
	if got := Guess(table.Headings, "de", "DE"); !maps.Equal(got, map[string]string{"Telefon": "phones"}) {
		t.Errorf("%v", got)
	}
	for _, ours := range []string{strings.Join(Columns(), ","), strings.Join(Columns(), ";"), "organization,service,remark\n"} {
		if table, err := LookInto([]byte(ours)); err != nil || !table.Ours {
			t.Errorf("%.40s: %v, ours %v", ours, err, table.Ours)
		}
	}
}

// req: TRANSFER-1
func TestAForeignTableIsReadAsItsColumnsWereNamedAndAgainForItsNextFile(t *testing.T) {
	each(t, func(k *desk) {
		i := k.hold("liste.csv", theirs, Options{Country: "DE"})
		if i.State != Asking || len(k.rows(i, "")) != 0 {
			t.Fatalf("%+v", i)
		}
		o := i.Options
		o.Columns, o.Role, o.Constants = Guess(k.table(i).Headings, "de", "DE"), "shelter", map[string]string{"languages": "de"}
		o.Columns["Nr"] = "service_id"
		i, err := k.s.StageHeld(t.Context(), editor, i.ID, o, "Verband")
		if err != nil {
			t.Fatal(err)
		}
		rows := k.rows(i, "add")
		if i.State != Ready || i.Counts[Refuse] != 1 || len(rows) != 3 {
			t.Fatalf("%+v %+v", i.Counts, k.rows(i, "refuse"))
		}
		s, p := rows[1].After.Service, rows[2].After.Place
		if s.Phones[0].Number != "+49221123456" || !slices.Equal(s.Helps, []string{"counselling"}) || len(s.Languages) != 2 || s.Languages[1].Code != "ro" || s.Summary["de"] != "Wir hören zu." || s.Hours.Zone != "Europe/Berlin" {
			t.Errorf("%+v", s)
		}
		if p.Town != "Köln" || p.Territory != "DE-NW" || p.Address != directory.Hidden {
			t.Errorf("%+v", p)
		}
		if wrong := k.rows(i, "refuse")[0].Wrong; wrong[0].Key != "transfer.wrong.phone" || k.rows(i, "refuse")[0].Line != 3 {
			t.Errorf("%+v", wrong)
		}

		o.Columns["Telefon"] = "" // looked at again with other columns: the file is not sent twice
		if i, err = k.s.StageHeld(t.Context(), editor, i.ID, o, ""); err != nil || i.Counts[Refuse] != 0 || i.Counts[Add] != 4 {
			t.Fatalf("%v %+v", err, i.Counts)
		}
		if err := k.apply(i, Word{}); err != nil {
			t.Fatal(err)
		}
		if _, err := k.s.HeldTable(t.Context(), i.ID); fault.KindOf(err) != fault.Conflict {
			t.Errorf("the file itself is kept after it was brought: %v", err)
		}

		next := k.hold("next.csv", strings.Replace(theirs, "Wir hören zu.", "Wir sind da.", 1), Options{Country: "DE"})
		kept, err := k.s.Mappings(t.Context(), k.table(next))
		if err != nil || len(kept) != 1 || kept[0].Name != "Verband" || kept[0].Options.Columns["Nr"] != "service_id" {
			t.Fatalf("%v %+v", err, kept)
		}
		o = kept[0].Options
		o.Columns["Telefon"] = ""
		if next, err = k.s.StageHeld(t.Context(), editor, next.ID, o, ""); err != nil || next.Counts[Alter] != 1 || next.Counts[Add] != 0 {
			t.Errorf("%v %+v", err, next.Counts) // known again by their own identifiers
		}
		if err := k.s.Forget(t.Context(), editor, kept[0].ID); err != nil {
			t.Fatal(err)
		}
		if kept, err := k.s.Mappings(t.Context(), k.table(next)); err != nil || len(kept) != 0 {
			t.Errorf("%v %+v", err, kept)
		}
	})
}

func TestATableThatCannotBeReadStaysHeldAndIsForgottenAfterADay(t *testing.T) {
	each(t, func(k *desk) {
		i := k.hold("liste.csv", "Träger,Angebot\nA,B\nA,\"C\n", Options{Country: "DE"})
		o := i.Options
		o.Columns = map[string]string{"Träger": "organization", "Angebot": "service"}
		_, err := k.s.StageHeld(t.Context(), editor, i.ID, o, "")
		var wrong *FileError
		if !errors.As(err, &wrong) {
			t.Fatalf("%v", err)
		}
		if i, err = k.s.Import(t.Context(), i.ID); err != nil || i.State != Asking || len(k.rows(i, "")) != 0 {
			t.Fatalf("%v %+v", err, i)
		}
		k.now = k.now.Add(Held * 2)
		if err := k.s.Sweep(t.Context(), k.now); err != nil {
			t.Fatal(err)
		}
		if i, err = k.s.Import(t.Context(), i.ID); err != nil || i.State != Dropped {
			t.Errorf("%v %+v", err, i)
		}
		if _, err := k.s.HeldTable(t.Context(), i.ID); fault.KindOf(err) != fault.Conflict {
			t.Errorf("still there: %v", err)
		}
	})
}

// Each act asks the policy in its own transaction.
func TestWhoKeepsNoDirectoryBringsNothing(t *testing.T) {
	each(t, func(k *desk) {
		held := k.hold("liste.csv", theirs, Options{Country: "DE"})
		ready := k.stage(Flat, Options{Country: "DE"}, table)
		before := k.export(Lines, ForEditors)
		for _, other := range []Who{{}, {By: directory.By{User: "u"}, Actor: policy.Actor{User: "u", Roles: []string{"lead"}}}} {
			for name, act := range map[string]func(context.Context) error{
				"stage": func(ctx context.Context) error {
					_, err := k.s.Stage(ctx, other, "x", Flat, Options{}, strings.NewReader(table), 0, nil)
					return err
				},
				"hold": func(ctx context.Context) error {
					_, err := k.s.Hold(ctx, other, "x", Options{}, []byte(theirs))
					return err
				},
				"read": func(ctx context.Context) error {
					_, err := k.s.StageHeld(ctx, other, held.ID, held.Options, "x")
					return err
				},
				"apply": func(ctx context.Context) error { return k.s.Apply(ctx, other, ready.ID, Word{}) },
				"drop":  func(ctx context.Context) error { return k.s.Drop(ctx, other, ready.ID) },
				"mean": func(ctx context.Context) error {
					return k.s.Mean(ctx, other, ready.ID, map[string]string{"a": "help/counselling"})
				},
				"forget": func(ctx context.Context) error { return k.s.Forget(ctx, other, "x") },
			} {
				if kind := fault.KindOf(act(t.Context())); kind != fault.NotFound && kind != fault.Denied {
					t.Errorf("%s: %v", name, kind)
				}
			}
		}
		if i, err := k.s.Import(t.Context(), ready.ID); err != nil || i.State != Ready || k.export(Lines, ForEditors) != before {
			t.Errorf("%v %+v", err, i)
		}
	})
}

func TestWhatWantsASecondLookIsCountedExactly(t *testing.T) {
	each(t, func(k *desk) {
		edited, _ := k.row(directory.KindService, "gr-a21-1109")
		s := *edited.Service
		s.Names = directory.Text{"en": "Edited here"}
		if err := k.db.Write(t.Context(), func(tx *db.Tx) error {
			return k.d.Change(tx, editor.By, k.now, directory.Change{Row: directory.OfService(edited.Parent, s, edited.Revision)})
		}); err != nil {
			t.Fatal(err)
		}
		var lines []string
		for line := range strings.Lines(k.export(Lines, ForEditors)) {
			if strings.Contains(line, `"kind":"service","id":"gr-a21-1109"`) {
				lines = append(lines, strings.Replace(line, "Edited here", "Edited again", 1))
			}
			if strings.Contains(line, `"kind":"service","id":"gr-ekka-197"`) {
				lines = append(lines, strings.Replace(line, `"Phones":[{`, `"Phones":[{"Number":"+302310019880","Printed":"2310019880"},{`, 1))
			}
		}
		i := k.stage(Lines, Options{}, strings.Join(lines, ""))
		n, err := k.s.flagged(t.Context(), i)
		if err != nil || i.Edited != 1 || i.Contacts != 1 || n != 2 || n != len(k.rows(i, "flagged")) {
			t.Errorf("%v: %d of %d edited and %d contacts, %v %+v", err, n, i.Edited, i.Contacts, i.Counts, k.rows(i, "refuse"))
		}
	})
}
