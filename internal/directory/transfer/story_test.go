package transfer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"pgregory.net/rapid"

	"amelie/internal/db"
	"amelie/internal/directory"
	"amelie/internal/fault"
)

const table = "organization,service,helps,roles,area,phones,summary_en\n" +
	"Aussöhnung e.V.,Beratung für Frauen,counselling,day-centre,DE,+4930123456,Größe zählt\n"

// Old office programs save what they show in other encodings.
func TestATableIsReadInWhateverEncodingItWasSaved(t *testing.T) {
	little, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(table)
	if err != nil {
		t.Fatal(err)
	}
	big, err := unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder().String(table)
	if err != nil {
		t.Fatal(err)
	}
	windows, err := charmap.Windows1252.NewEncoder().String(table)
	if err != nil {
		t.Fatal(err)
	}
	each(t, func(k *desk) {
		for name, text := range map[string]string{"UTF-8": table, "UTF-8 with mark": "\uFEFF" + table, "UTF-16 little": little, "UTF-16 big": big, "Windows-1252": windows} {
			i := k.stage(Flat, Options{Country: "DE"}, text)
			rows := k.rows(i, "add")
			if len(rows) != 2 || rows[0].Name != "Aussöhnung e.V." || rows[1].After.Service.Summary["en"] != "Größe zählt" {
				t.Errorf("%s: %v %+v", name, i.Counts, k.rows(i, "refuse"))
			}
		}
	})
}

// A mistyped "hidden" would publish the number.
//
// req: TRANSFER-1
func TestAWordInBracketsThatIsNotKnownRefusesTheLine(t *testing.T) {
	each(t, func(k *desk) {
		i := k.stage(Flat, Options{Country: "DE"}, strings.Replace(table, "+4930123456", "+4930123456 [hiden]", 1))
		rows := k.rows(i, "refuse")
		if len(rows) != 1 || rows[0].Wrong[0].Key != "transfer.wrong.flag" {
			t.Errorf("%v %+v", i.Counts, rows)
		}
	})
}

// endless is a table of a size that nobody has, packed to almost nothing.
type endless struct{ left int }

func (e *endless) Read(p []byte) (int, error) {
	if e.left <= 0 {
		return 0, io.EOF
	}
	n := min(len(p), e.left)
	for i := range p[:n] {
		p[i] = ' '
	}
	e.left -= n
	return n, nil
}

func TestASmallZipOfAHugeTableIsRefused(t *testing.T) {
	if testing.Short() {
		t.Skip("unpacks 192 MB: left out of the quick loop, in make test it runs")
	}
	var b bytes.Buffer
	zipOne(t, &b, "services.csv", &endless{left: maxTable + 1<<20})
	if b.Len() > 4<<20 {
		t.Fatalf("no bomb: %d bytes", b.Len())
	}
	m := newMapper(Options{Country: "GR"}, vocabulary(), func(Incoming) error { return nil })
	err := readTabular(bytes.NewReader(b.Bytes()), m)
	var e *FileError
	if !errors.As(err, &e) || e.Key != "transfer.error.too-big" || e.File != "services.csv" {
		t.Errorf("got %v", err)
	}
}

func TestTwoImportsOfTheSameAtOnceBringItOnce(t *testing.T) {
	each(t, func(k *desk) {
		o := Options{Country: "GR", System: "x", Role: "day-centre", Help: "counselling"}
		var staged [2]Import
		var wait sync.WaitGroup
		for n := range staged {
			wait.Go(func() {
				var err error
				if staged[n], err = k.s.Stage(t.Context(), editor, "a file", HSDS, o, strings.NewReader(foreign), 0, nil); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		var got [2]error
		for n := range staged {
			wait.Go(func() { got[n] = k.s.Apply(t.Context(), editor, staged[n].ID, Word{}) })
		}
		wait.Wait()
		first, second := got[0], got[1]
		if first != nil {
			first, second = second, first
		}
		if first != nil || fault.KindOf(second) != fault.Stale {
			t.Fatalf("%v, %v", got[0], got[1])
		}
		if again := k.stage(HSDS, o, foreign); again.Counts[Same] != 3 || again.Counts[Add] != 0 {
			t.Errorf("brought twice: %v", again.Counts)
		}
	})
}

// What was only looked at says nothing about the next file: the row may be
// meant for another country now.
func TestAFileThatWasOnlyLookedAtLeavesNoIdentifiers(t *testing.T) {
	each(t, func(k *desk) {
		text := strings.ReplaceAll(strings.ReplaceAll(foreign, `, "country": "GR"`, ""), "Central Macedonia", "")
		o := Options{Country: "GR", System: "x", Role: "day-centre", Help: "counselling"}
		if err := k.s.Drop(t.Context(), editor, k.stage(HSDS, o, text).ID); err != nil {
			t.Fatal(err)
		}
		o.Country = "BE"
		rows := append(k.rows(k.stage(HSDS, o, text), "add"), k.rows(k.stage(HSDS, o, text), "refuse")...)
		if len(rows) == 0 || rows[0].RowID != "be-open-hands" {
			t.Errorf("%+v", rows)
		}
	})
}

func TestApplyingTwiceAtOnceBringsOnce(t *testing.T) {
	each(t, func(k *desk) {
		i := k.stage(HSDS, Options{Country: "GR", System: "x", Role: "day-centre", Help: "counselling"}, foreign)
		var got [2]error
		var wait sync.WaitGroup
		for n := range got {
			wait.Go(func() { got[n] = k.s.Apply(t.Context(), editor, i.ID, Word{}) })
		}
		wait.Wait()
		if (got[0] == nil) == (got[1] == nil) {
			t.Errorf("%v, %v", got[0], got[1])
		}
		for _, err := range got {
			if err != nil && fault.KindOf(err) != fault.Conflict {
				t.Errorf("%v", err)
			}
		}
	})
}

// A process that dies while reading leaves rows beside the directory; they
// change nothing and are swept, and the same file can be given again.
func TestAProcessThatDiesWhileReadingLeavesNothingBehind(t *testing.T) {
	each(t, func(k *desk) {
		before := k.export(Lines, ForEditors)
		ctx, kill := context.WithCancel(t.Context())
		dead := Import{ID: "dead", Name: "dead", Format: HSDS, Options: Options{Country: "GR", System: "x"}, State: Reading, Began: k.now, Touched: k.now}
		g, err := k.s.begin(ctx, dead, nil, func(tx *db.Tx) error { return insertImport(tx, dead) })
		if err != nil {
			t.Fatal(err)
		}
		if err := readHSDS(strings.NewReader(foreign), newMapper(g.i.Options, g.vocab, g.take).record); err != nil {
			t.Fatal(err)
		}
		if err := g.flush(); err != nil {
			t.Fatal(err)
		}
		kill() // no defer of the dead process runs
		if err := k.apply(Import{ID: "dead"}, Word{Without: true}); fault.KindOf(err) != fault.Conflict {
			t.Errorf("a half-read file was brought: %v", err)
		}
		if k.export(Lines, ForEditors) != before {
			t.Error("the directory changed")
		}
		k.now = k.now.Add(Stalled * 2)
		if err := k.s.Sweep(t.Context(), k.now); err != nil {
			t.Fatal(err)
		}
		if i, err := k.s.Import(t.Context(), "dead"); err != nil || i.State != Dropped || len(k.rows(i, "add"))+len(k.rows(i, "refuse")) != 0 {
			t.Errorf("%v %+v", err, i)
		}
		if i := k.stage(HSDS, Options{Country: "GR", System: "x", Role: "day-centre", Help: "counselling"}, foreign); i.Counts[Add] != 3 {
			t.Errorf("the same file again: %v", i.Counts)
		}
	})
}

// Rows of the same body that stand nowhere are refused one by one.
func TestServicesOfABodyThatStandsNowhereAreRefused(t *testing.T) {
	each(t, func(k *desk) {
		i := k.stage(HSDS, Options{Country: "GR", System: "x"}, `[{"id":"1","name":"A","status":"active","organization_id":"none"},{"id":"2","name":"B","status":"active","organization_id":"none"}]`)
		if i.Counts[Refuse] != 2 || i.State != Ready {
			t.Errorf("%+v", i)
		}
		i = k.stage(HSDS, Options{Country: "GR", System: "x", Role: "day-centre", Help: "counselling"}, strings.TrimSuffix(foreign, "]")+","+strings.TrimPrefix(foreign, "[")[:len(foreign)-2]+","+strings.TrimPrefix(foreign, "["))
		if wrong := k.rows(i, "refuse"); len(wrong) == 0 || wrong[0].Wrong[0].Key != "transfer.wrong.twice" || len(wrong[0].Wrong) != 1 {
			t.Errorf("%v %+v", i.Counts, wrong)
		}
	})
}

var words = rapid.StringOfN(rapid.RuneFrom([]rune(`abΩéß '",;|=+-@[](){}.!?/&0`)), 1, 40, -1)

// randomService is a service with texts, hours, numbers and languages that
// nobody chose.
func randomService(of directory.Service) *rapid.Generator[directory.Service] {
	return rapid.Custom(func(r *rapid.T) directory.Service {
		s := of
		say := func(label string) string {
			return "A" + strings.ReplaceAll(strings.TrimSpace(words.Draw(r, label)), "&", "and")
		}
		s.Name = say("name")
		s.Summary, s.What, s.WhenYouCall = directory.Text{}, directory.Text{}, directory.Text{}
		for _, l := range directory.ContentLanguages {
			s.Summary[l] = say("summary")
			if rapid.Bool().Draw(r, "more") {
				s.What[l] = say("what")
				s.WhenYouCall[l] = say("call")
			}
		}
		s.Hours = directory.Hours{Zone: "Europe/Athens", Always: rapid.Bool().Draw(r, "always")}
		if !s.Hours.Always {
			for _, d := range rapid.SampledFrom([][]string{{"Mo-Fr"}, {"Mo,We", "Th"}, {"Sa-Su"}, {"Tu"}}).Draw(r, "days") {
				from := rapid.IntRange(6, 20).Draw(r, "from")
				s.Hours.Open = append(s.Hours.Open, directory.Opening{Days: d, From: fmt.Sprintf("%02d:30", from), To: fmt.Sprintf("%02d:15", from+rapid.IntRange(1, 3).Draw(r, "long"))})
			}
		}
		s.Phones = nil
		for n := range rapid.IntRange(1, 4).Draw(r, "phones") {
			number := fmt.Sprintf("+302310%d1%05d", n, rapid.IntRange(0, 99999).Draw(r, "number"))[:13]
			s.Phones = append(s.Phones, directory.Phone{Number: number, Printed: number, Kind: rapid.SampledFrom([]string{"", "fax", "mobile"}).Draw(r, "kind"), Free: rapid.SampledFrom([]directory.Answer{"", "yes"}).Draw(r, "free")})
		}
		s.Languages = nil
		for _, code := range rapid.Permutation([]string{"el", "en", "ro", "bg", "ar"}).Draw(r, "languages")[:rapid.IntRange(0, 5).Draw(r, "spoken")] {
			s.Languages = append(s.Languages, directory.Language{Code: code, By: rapid.SampledFrom([]string{"", "interpreter"}).Draw(r, "by")})
		}
		s.Helps = rapid.Permutation([]string{"counselling", "legal-aid", "interpretation"}).Draw(r, "helps")[:1]
		s.Verified = fmt.Sprintf("2026-0%d-1%d", rapid.IntRange(1, 9).Draw(r, "month"), rapid.IntRange(0, 9).Draw(r, "day"))
		return s
	})
}

// The property of all formats: what goes out comes back as it was.
func TestWhateverIsInTheDirectoryComesBackUnchanged(t *testing.T) {
	each(t, func(k *desk) {
		known, _ := k.row(directory.KindService, "gr-a21-1109")
		any := randomService(*known.Service)
		for n := range 40 {
			s := any.Example(n)
			s.ID, s.Places, s.Intake = fmt.Sprintf("gr-a21-random-%d", n), nil, nil
			row := directory.OfService("gr-a21", s, 0)
			if err := k.db.Write(t.Context(), func(tx *db.Tx) error { return k.d.Change(tx, editor.By, k.now, directory.Change{Row: row, New: true}) }); err != nil {
				t.Fatalf("%v: %+v", err, s)
			}
		}
		k.d.Refresh()
		for format, to := range map[Format]Audience{Lines: ForEditors, Flat: ForEditors, HSDS: ForEveryone, Tabular: ForProfessionals} {
			i := k.stage(format, Options{Country: "GR"}, k.export(format, to))
			if i.Counts[Add]+i.Counts[Alter]+i.Counts[Refuse] > 0 || i.Counts[Same] < 140 {
				t.Errorf("%s: %v", format, i.Counts)
			}
			for _, r := range append(k.rows(i, "change"), k.rows(i, "refuse")...)[:min(3, i.Counts[Alter]+i.Counts[Refuse])] {
				t.Errorf("%s: %s %v %v", format, r.RowID, r.Fields, r.Wrong)
				for _, f := range r.Fields {
					b, _ := r.Before.Fields()
					a, _ := r.After.Fields()
					t.Logf("  %s: %q, then %q", f, b[f], a[f])
				}
			}
		}
	})
}

func TestABodyOfNoCountryIsRefusedAndNotGuessed(t *testing.T) {
	each(t, func(k *desk) {
		i := k.stage(Flat, Options{}, table)
		if i.Counts[Add] != 0 || i.Counts[Refuse] != 2 {
			t.Fatalf("%v", i.Counts)
		}
		for n, key := range []string{"transfer.wrong.country", "transfer.wrong.parent-refused"} {
			if r := k.rows(i, "refuse")[n]; len(r.Wrong) != 1 || r.Wrong[0].Key != key {
				t.Errorf("%s: %+v", r.Kind, r.Wrong)
			}
		}
	})
}

// Pages of a preview begin after a position: were one missing or there twice,
// somebody would apply what nobody saw.
func TestEveryRowOfAPreviewHasAPlaceOfItsOwn(t *testing.T) {
	each(t, func(k *desk) {
		var text strings.Builder
		text.WriteString("organization,service,helps,roles,area,phones,summary_en\n")
		for n := range 2*perPage + 30 {
			fmt.Fprintf(&text, "Haus %03d,Beratung %03d,counselling,day-centre,DE,+49301234%03d,Helps.\n", n, n, n)
		}
		i := k.stage(Flat, Options{Country: "DE"}, text.String())
		rows := k.rows(i, "add")
		at, err := k.s.positions(t.Context(), i.ID, "add")
		if err != nil || len(at) != i.Counts[Add] || len(at) != len(rows) || len(at) <= 2*perPage {
			t.Fatalf("%d places, %d rows, %v, %v", len(at), len(rows), i.Counts, err)
		}
		for n := range at[1:] {
			if at[n] >= at[n+1] {
				t.Fatalf("place %d is %d, the next %d", n, at[n], at[n+1])
			}
		}
		second, err := k.s.Rows(t.Context(), i.ID, "add", perPage, perPage)
		if err != nil || len(second) != perPage || second[0].RowID != rows[perPage].RowID {
			t.Errorf("the second page: %d rows, %v", len(second), err)
		}
		if flagged, err := k.s.positions(t.Context(), i.ID, "flagged"); err != nil || len(flagged) != 0 {
			t.Errorf("flagged: %v, %v", flagged, err)
		}
		if newestFirst(k.now) >= newestFirst(k.now.Add(-time.Millisecond)) {
			t.Error("an earlier file stands before a later one")
		}
	})
}
