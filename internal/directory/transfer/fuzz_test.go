package transfer

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"amelie/content"
	"amelie/internal/directory"
)

// vocabulary is the shipped one, read once.
var vocabulary = sync.OnceValue(func() directory.Vocabulary {
	_, v, err := directory.LoadContent(content.FS)
	if err != nil {
		panic(err)
	}
	return v
})

// taken is what readers may hand on: named kinds, rows that can be stored.
func taken(t *testing.T) func(Incoming) error {
	return func(in Incoming) error {
		switch in.Kind {
		case directory.KindOrganization, directory.KindService, directory.KindPlace:
		default:
			t.Fatalf("kind %q", in.Kind)
		}
		doc, err := json.Marshal(overlay(overlay(map[string]any{}, in.Default), in.Partial))
		if err != nil {
			t.Fatalf("a row that cannot be stored: %v", err)
		}
		directory.RowOf(in.Kind, "x", "y", string(doc)) // a wrong shape is refused later; it must not break
		if in.Line < 0 {
			t.Fatalf("line %d", in.Line)
		}
		return nil
	}
}

// refusedWell fails unless a reader's error says what is wrong with the file.
func refusedWell(t *testing.T, err error) {
	var e *FileError
	if err != nil && (!errors.As(err, &e) || e.Key == "") {
		t.Fatalf("not said what is wrong: %v", err)
	}
}

func FuzzHSDS(f *testing.F) {
	for _, s := range []string{foreign, "", "[]", "{}", "null", `{"contents": [{"id": 1}]}`, `{"id": "a", "services": [{}]}`, "{\"id\":1}\n{\"id\":2}", `[1, "x", [[]]]`, `[{"id": {}}`, `{"services": {"a": []}}`,
		`[{"id":"1","name":"n","status":"active","schedules":[{"byday":"MO","opens_at":"24:59","closes_at":"9:00","notes":"next day"}],"phones":[{"number":"\u0000+"}]}]`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m := newMapper(Options{Country: "GR"}, vocabulary(), taken(t))
		refusedWell(t, readHSDS(strings.NewReader(s), m.record))
	})
}

func FuzzFlat(f *testing.F) {
	for _, s := range []string{"", "organization,service\nA,B\n", "organization;service\n", "organization,service,hours,phones,emails,website,languages,lat\nA,B,24/7,1109 [free],a@b.gr,a.gr,el [interpreter],\"1,5\"\n",
		"service_id,hours\nx,Mo-Fr 09:00-14:00; Tu 15:00-20:00 (Europe/Athens)\n", "organization\n\"", "\uFEFForganization\r\n'=A\r\n", "organization,phones\nA,[\n", "organization,summary_en\n-,-\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		refusedWell(t, readFlat(strings.NewReader(s), Options{Country: "GR"}, directory.Vocabulary{}, nil, taken(t)))
	})
}

// A table of anybody, with the columns that are guessed for it.
func FuzzForeign(f *testing.F) {
	for _, s := range []string{theirs, "", ";", "a;a;;\n1;2;3;4\n", "Träger\tTelefon\nA\t030 1,030 2\n", "\"Name\n\";Land;Ort\nA;Deutschland;Köln\n", "Name,Leistungen,Sprachen,Region\nA,\"Beratung; x\",\"Deutsch,, \",Bayern\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		table, err := LookInto([]byte(s))
		refusedWell(t, err)
		if err != nil {
			return
		}
		o := Options{Country: "DE", Columns: Guess(table.Headings, "de", "DE"), Constants: map[string]string{"languages": "de"}}
		refusedWell(t, readFlat(strings.NewReader(s), o, vocabulary(), nil, taken(t)))
	})
}

func FuzzLines(f *testing.F) {
	for _, s := range []string{"", "\n", `{"kind":"service","id":"a","parent":"b","row":{"Name":"x"}}`, `{"kind":"service","id":"a","parent":"b","row":null}`, `{"kind":"person"}`, `{"kind":"place","id":"a","parent":"b","row":{"Lat":"x"}}`, "[]", "{"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		refusedWell(t, readLines(strings.NewReader(s), taken(t)))
	})
}

// packed is a zip of tables.
func packed(t testing.TB, tables map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range tables {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		w.Write([]byte(text))
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func FuzzTabular(f *testing.F) {
	f.Add("id,name\n1,A\n", "id,organization_id,name\n2,1,B\n", "id,service_id,location_id\n3,2,4\n", "id,latitude,longitude\n4,x,22.9\n")
	f.Add("", "id,name\n", "\"", "id\n\n")
	f.Add("id,id,\n1,1,1,1,1\n", "organization_id\n1\n", "service_id\n", "")
	f.Fuzz(func(t *testing.T, organizations, services, at, locations string) {
		m := newMapper(Options{Country: "GR"}, vocabulary(), taken(t))
		refusedWell(t, readTabular(bytes.NewReader(packed(t, map[string]string{"organizations.csv": organizations, "services.csv": services, "services_at_location.csv": at, "locations.csv": locations})), m))
	})
}

// Bytes that claim to be a zip.
func FuzzTabularBytes(f *testing.F) {
	f.Add(packed(f, map[string]string{"services.csv": "id\n1\n"}))
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m := newMapper(Options{Country: "GR"}, vocabulary(), taken(t))
		refusedWell(t, readTabular(bytes.NewReader(b), m))
	})
}

func FuzzPhone(f *testing.F) {
	for _, s := range []string{"1109", "+30 2310 019880", "2310 019880 [free, hidden]", "", "+", "[", "call me", "00302310019880", "123 | 456"} {
		f.Add(s, "GR")
	}
	f.Fuzz(func(t *testing.T, s, country string) {
		printed, _ := flagged(s)
		one := printedPhone(printed, country)
		if one == nil {
			return
		}
		number, short := one["Number"].(string), one["Short"].(string)
		if (number == "") == (short == "") {
			t.Fatalf("%q is %v", s, one)
		}
		if number != "" && (number[0] != '+' || strings.Trim(number[1:], "0123456789") != "") {
			t.Fatalf("%q is dialled %q", s, number)
		}
	})
}

func FuzzHoursCell(f *testing.F) {
	for _, s := range []string{"24/7", "24/7 (Europe/Athens)", "Mo-Fr 09:00-14:00; Tu 15:00-20:00 (Europe/Athens)", "Su 22:00-26:00", "", "()", "Mo", "Mo 9-5", "(x)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		h, ok := flatHours(s)
		if !ok {
			return
		}
		raw, err := json.Marshal(h)
		if err != nil {
			t.Fatal(err)
		}
		var again map[string]any
		if err := json.Unmarshal(raw, &again); err != nil {
			t.Fatal(err)
		}
		if !utf8.ValidString(s) || text(again, "Zone") != strings.TrimSpace(text(again, "Zone")) {
			return
		}
		written := hoursCell(again)
		twice, ok := flatHours(written)
		if !ok {
			t.Fatalf("%q is written %q, which is not read", s, written)
		}
		if raw2, _ := json.Marshal(twice); !bytes.Equal(raw, raw2) {
			t.Fatalf("%q: %s, then %s", s, raw, raw2)
		}
	})
}

// req: TRANSFER-4
func FuzzACellComesBackAsItWas(f *testing.F) {
	for _, s := range []string{"=1", "'=1", "''=1", "-", "- x", "\tx", "plain", "'", "", "@"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		cell := armed(s)
		if unarmed(cell) != s {
			t.Fatalf("%q is written %q and read %q", s, cell, unarmed(cell))
		}
		if cell != "" && cell != "-" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
			t.Fatalf("%q can be taken for a formula", cell)
		}
		var b bytes.Buffer
		w := csv.NewWriter(&b)
		w.Write([]string{cell, "end"})
		w.Flush()
		back, err := csv.NewReader(&b).Read()
		if err != nil || back[0] != strings.ReplaceAll(cell, "\r\n", "\n") {
			t.Fatalf("%q through CSV: %q %v", cell, back, err)
		}
	})
}
