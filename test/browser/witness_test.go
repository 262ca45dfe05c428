package browser

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf16"

	"filippo.io/age"

	"amelie/internal/app"
	"amelie/internal/fold"
)

// witness reads what somebody reads who has the disk, a backup, the mailbox, the
// log or a look at the screen's edge, and has no key: every file of a folder, a
// backup of the moment, mails, addresses and titles of pages. It fails the test
// when a word of the person stands there, plain, in another coding, or packed.
type witness struct {
	t     *testing.T
	h     *house
	key   *age.X25519Identity
	stems []needle
	known needle // stands readable in the database: who does not find it reads nothing

	mu    sync.Mutex
	heard []string
	seen  map[string]time.Time
	taken int
}

// needle is a stem in every coding in which it is looked for.
type needle struct {
	word  string
	any   [][]byte // as bytes in which capital letters of ASCII do not count
	exact [][]byte // in codings in which they do
}

// codings of a word. Words of one story share a stem, so that one search finds
// them all, whatever is left of them.
func codings(word string) needle {
	n := needle{word: word}
	small := []rune(strings.ToLower(word))
	forms := map[string]bool{word: true, string(small): true, strings.ToUpper(word): true, strings.ToUpper(string(small[:1])) + string(small[1:]): true}
	forms[fold.Word(word)], forms[fold.Transliterate(fold.Word(word))] = true, true
	for form := range forms {
		u16 := utf16.Encode([]rune(form))
		little, big, escaped := []byte(nil), []byte(nil), ""
		for _, u := range u16 {
			little, big = binary.LittleEndian.AppendUint16(little, u), binary.BigEndian.AppendUint16(big, u)
			escaped += fmt.Sprintf(`\u%04x`, u)
		}
		for _, b := range [][]byte{[]byte(form), little, big, []byte(escaped), []byte(url.QueryEscape(form)), []byte(hex.EncodeToString([]byte(form))), []byte(equalSigns(form))} {
			n.any = append(n.any, lowered(b))
		}
		n.exact = append(n.exact, base64s([]byte(form))...)
	}
	n.any, n.exact = once(n.any), once(n.exact)
	return n
}

// once leaves out what is there twice.
func once(list [][]byte) [][]byte {
	slices.SortFunc(list, bytes.Compare)
	return slices.CompactFunc(list, bytes.Equal)
}

// equalSigns is how mails write what is not ASCII.
func equalSigns(s string) (out string) {
	for _, b := range []byte(s) {
		out += fmt.Sprintf("=%02X", b)
	}
	return out
}

// base64s are what is certain of the base64 of something that holds b, wherever
// in it b begins.
func base64s(b []byte) (out [][]byte) {
	for before := range 3 {
		text := base64.RawStdEncoding.EncodeToString(append(make([]byte, before), b...))
		from, to := (before*8+5)/6, (before+len(b))*8/6
		for _, coded := range []string{text[from:to], strings.NewReplacer("+", "-", "/", "_").Replace(text[from:to])} {
			out = append(out, []byte(coded))
		}
	}
	return out
}

func lowered(b []byte) []byte {
	out := bytes.Clone(b)
	for i, c := range out {
		if 'A' <= c && c <= 'Z' {
			out[i] = c + 'a' - 'A'
		}
	}
	return out
}

// in gives the bytes around the first place where the word stands; "" is nowhere.
func (n needle) in(b []byte) string {
	small := lowered(b)
	for _, hay := range []struct {
		bytes []byte
		forms [][]byte
	}{{small, n.any}, {b, n.exact}} {
		for _, form := range hay.forms {
			if i := bytes.Index(hay.bytes, form); i >= 0 {
				return fmt.Sprintf("%q at byte %d", b[max(0, i-40):min(len(b), i+len(form)+40)], i)
			}
		}
	}
	return ""
}

// unpacked is b and what in it can be unpacked by somebody who has no key.
func unpacked(b []byte, depth int) [][]byte {
	out := [][]byte{b}
	if depth == 0 {
		return out
	}
	for _, p := range packings {
		for rest, at := b, 0; ; {
			i := bytes.Index(rest, p.mark)
			if i < 0 {
				break
			}
			at += i
			if inner := opened(p.open, b[at:]); len(inner) > 8 {
				out = append(out, unpacked(inner, depth-1)...)
			}
			at += len(p.mark)
			rest = b[at:]
		}
	}
	return out
}

var packings = []struct {
	mark []byte
	open func(io.Reader) (io.Reader, error)
}{
	{[]byte{0x1f, 0x8b, 8}, func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }},
	{[]byte{0x78, 0x01}, unzlib}, {[]byte{0x78, 0x5e}, unzlib}, {[]byte{0x78, 0x9c}, unzlib}, {[]byte{0x78, 0xda}, unzlib},
	{[]byte("PK\x03\x04"), unzip},
}

func unzlib(r io.Reader) (io.Reader, error) { return zlib.NewReader(r) }

// unzip reads one file of an archive from its own head on.
func unzip(r io.Reader) (io.Reader, error) {
	head := make([]byte, 30)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, err
	}
	skip := int64(binary.LittleEndian.Uint16(head[26:])) + int64(binary.LittleEndian.Uint16(head[28:]))
	if _, err := io.CopyN(io.Discard, r, skip); err != nil {
		return nil, err
	}
	return flate.NewReader(r), nil
}

// opened unpacks as far as it goes.
func opened(open func(io.Reader) (io.Reader, error), b []byte) []byte {
	r, err := open(bytes.NewReader(b))
	if err != nil {
		return nil
	}
	out, _ := io.ReadAll(io.LimitReader(r, 16<<20))
	return out
}

// newWitness looks for stems in a house; known is something readable that lies in
// its database.
func newWitness(t *testing.T, h *house, known string, stems ...string) *witness {
	t.Helper()
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	w := &witness{t: t, h: h, key: key, known: codings(known), seen: map[string]time.Time{}}
	for _, s := range stems {
		w.stems = append(w.stems, codings(s))
	}
	return w
}

// hears keeps what an onlooker reads.
func (w *witness) hears(said string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.heard = append(w.heard, said)
}

// tells says where a word stands in b.
func (w *witness) tells(b []byte) (out []string) {
	for _, part := range unpacked(b, 2) {
		for _, n := range w.stems {
			if where := n.in(part); where != "" {
				out = append(out, where)
			}
		}
	}
	return out
}

// looks reads everything after a step.
func (w *witness) looks(step string) {
	w.t.Helper()
	for where, found := range w.reads() {
		for _, f := range found {
			w.t.Errorf("%s: %s holds %s", step, where, f)
		}
	}
}

// reads is what is found, by where it stands.
func (w *witness) reads() map[string][]string {
	w.t.Helper()
	out := map[string][]string{}
	note := func(where string, found []string) {
		if len(found) > 0 {
			out[where] = append(out[where], found...)
		}
	}
	w.files(note)
	w.backup(note)
	for _, m := range w.h.app.Catcher.Messages() {
		note("a mail", w.tells([]byte(m.To+" "+m.Subject+" "+m.Text)))
	}
	w.mu.Lock()
	heard := w.heard
	w.heard = nil
	w.mu.Unlock()
	note("an address or title", w.tells([]byte(strings.Join(heard, "\n"))))
	return out
}

// files are those of the data folder and of what lies beside it: the database with
// its log, ledger, keys, logs of the program. What did not change is not read
// again.
func (w *witness) files(note func(string, []string)) {
	w.t.Helper()
	readable := false
	err := filepath.WalkDir(w.h.dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return ignoreGone(err)
		}
		info, err := e.Info()
		if err != nil {
			return ignoreGone(err)
		}
		if w.seen[path].Equal(info.ModTime()) && time.Since(info.ModTime()) > time.Second {
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return ignoreGone(err)
		}
		w.seen[path] = info.ModTime()
		readable = readable || strings.Contains(path, "amelie.db") && w.known.in(b) != ""
		note(filepath.Base(path), w.tells(b))
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	if b, err := os.ReadFile(w.h.dir + "/data/amelie.db"); err != nil || !readable && w.known.in(b) == "" {
		w.t.Fatalf("the witness does not read the database (%v)", err)
	}
}

func ignoreGone(err error) error {
	if os.IsNotExist(err) {
		return nil
	}
	return err
}

// backup is one of the moment, read with its key and without any memory of the
// program's.
func (w *witness) backup(note func(string, []string)) {
	w.t.Helper()
	plain := w.opensBackup(w.takesBackup())
	if w.known.in(plain) == "" {
		w.t.Fatal("the witness does not read the backup")
	}
	bytesOf := bytes.Clone(plain) // and after it all values that are bytes, as they are
	for _, line := range bytes.Split(plain, []byte("\n")) {
		bytesOf = append(bytesOf, bytes.Join(blobs(line), []byte("\n\n"))...)
	}
	note("a backup", w.tells(bytesOf))
}

// blobs are the bytes in a line of a backup.
func blobs(line []byte) (out [][]byte) {
	var values []any
	if json.Unmarshal(line, &values) != nil {
		return nil
	}
	for _, v := range values {
		if m, is := v.(map[string]any); is {
			if text, is := m["b"].(string); is {
				if b, err := base64.StdEncoding.DecodeString(text); err == nil {
					out = append(out, b)
				}
			}
		}
	}
	return out
}

// takesBackup makes a backup as the program's command does, and says where it is.
func (w *witness) takesBackup() string {
	w.t.Helper()
	w.taken++
	to := filepath.Join(w.t.TempDir(), fmt.Sprintf("%d.age", w.taken))
	if _, err := app.Backup(context.Background(), w.h.app.Config, to, []age.Recipient{w.key.Recipient()}, nil); err != nil {
		w.t.Fatal(err)
	}
	return to
}

func (w *witness) opensBackup(path string) []byte {
	w.t.Helper()
	f, err := os.Open(path)
	if err != nil {
		w.t.Fatal(err)
	}
	defer f.Close()
	r, err := age.Decrypt(f, w.key)
	if err != nil {
		w.t.Fatal(err)
	}
	return opened(packings[0].open, mustRead(w.t, r))
}

func mustRead(t *testing.T, r io.Reader) []byte {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The stems of the story's invented words. The first is what the second looks like
// in Latin letters; the third is of a telephone number.
var invented = []string{"vyrkoth", "βυρκοθ", "690471147"}

// A witness that finds nothing is only worth something if it finds what is there:
// in every coding, packed, in files, a backup, mails and addresses.
func TestTheWitnessFindsAPlantedWordInEveryCoding(t *testing.T) {
	w := &witness{t: t}
	for _, s := range invented {
		w.stems = append(w.stems, codings(s))
	}
	for _, word := range []string{"Vyrkothana", "ΒΥΡΚΟΘΊΑ", "βυρκοθία", "+30 690471147"} {
		for name, b := range planted(t, "xy"+word+"zz") {
			if len(w.tells(b)) == 0 {
				t.Errorf("%s of %s is not found", name, word)
			}
		}
	}
	if found := w.tells([]byte("Vyrko thana, βυρκο θία, 69047 1147")); len(found) > 0 {
		t.Errorf("found %v where nothing is", found)
	}
}

// planted is a text in codings in which a careless program could leave it.
func planted(t *testing.T, text string) map[string][]byte {
	t.Helper()
	quoted, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	little, big := []byte{}, []byte{}
	for _, u := range utf16.Encode([]rune(text)) {
		little, big = binary.LittleEndian.AppendUint16(little, u), binary.BigEndian.AppendUint16(big, u)
	}
	var zipped, inflated bytes.Buffer
	z := gzip.NewWriter(&zipped)
	z.Write([]byte(text)) //nolint:errcheck // into memory
	z.Close()
	y := zlib.NewWriter(&inflated)
	y.Write(append([]byte("in gzip: "), zipped.Bytes()...)) //nolint:errcheck // into memory
	y.Close()
	out := map[string][]byte{"UTF-8": []byte(text), "UTF-16": little, "UTF-16 of networks": big, "JSON": quoted, "capitals": []byte(strings.ToUpper(text)), "percent": []byte(url.QueryEscape(text)),
		"hex": []byte(hex.EncodeToString([]byte(text))), "gzip": zipped.Bytes(), "gzip in zlib": append([]byte("before"), inflated.Bytes()...), "folded": []byte(fold.Key(text)), "mail": []byte(equalSigns(text))}
	for n := range 3 {
		padded := strings.Repeat("q", n) + text
		out[fmt.Sprint("base64 after ", n)] = []byte(base64.StdEncoding.EncodeToString([]byte(padded)))
		out[fmt.Sprint("base64 of addresses after ", n)] = []byte(base64.URLEncoding.EncodeToString([]byte(padded)))
	}
	return out
}
