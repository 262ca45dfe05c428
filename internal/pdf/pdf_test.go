package pdf

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"runtime"
	"strings"
	"testing"
	"time"

	"amelie/internal/paper"
)

// secrets are what every file of the tests says about its makers.
var secrets = []string{"Mira Anders", "MiraPhone", "GPS 37.98", "/home/mira", "Scanner of the ward"}

// sheet builds a PDF by hand, object by object.
type sheet struct {
	b  bytes.Buffer
	at map[int]int
}

func newSheet() *sheet {
	s := &sheet{at: map[int]int{}}
	s.b.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	return s
}

func (s *sheet) add(num int, body string) {
	s.at[num] = s.b.Len()
	fmt.Fprintf(&s.b, "%d 0 obj\n%s\nendobj\n", num, body)
}

func stream(dict, data string) string {
	return fmt.Sprintf("<< %s /Length %d >>\nstream\n%s\nendstream", dict, len(data), data)
}

func flate(data string) string {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	z.Write([]byte(data))
	z.Close()
	return b.String()
}

// table ends the file with a table of places.
func (s *sheet) table(trailer string) []byte {
	size := 0
	for n := range s.at {
		size = max(size, n+1)
	}
	start := s.b.Len()
	fmt.Fprintf(&s.b, "xref\n0 %d\n0000000000 65535 f \n", size)
	for n := 1; n < size; n++ {
		fmt.Fprintf(&s.b, "%010d 00000 n \n", s.at[n])
	}
	fmt.Fprintf(&s.b, "trailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n", size, trailer, start)
	return s.b.Bytes()
}

const xmp = `<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:creator><rdf:Seq><rdf:li>Mira Anders</rdf:li></rdf:Seq></dc:creator></rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>`

// pages are a catalog and one page with a line of text, whatever else they carry.
func (s *sheet) pages(catalog, page string) {
	s.add(1, "<< /Type /Catalog /Pages 2 0 R "+catalog+" >>")
	s.add(2, "<< /Type /Pages /Kids [3 0 R] /Count 1 >>")
	s.add(3, "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Contents 4 0 R /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> "+page+" >>")
	s.add(4, stream("", "BT /F1 18 Tf 20 100 Td (What the page says) Tj ET"))
}

func photo(t testing.TB) string {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 40, 30))
	for i := range 40 * 30 {
		img.Set(i%40, i/40, color.RGBA{uint8(i), uint8(i / 3), 90, 255})
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	raw := b.String()
	exif := "Exif\x00\x00MM\x00*MiraPhone GPS 37.98"
	app1 := string([]byte{0xFF, 0xE1, 0, byte(len(exif) + 2)}) + exif
	com := string([]byte{0xFF, 0xFE, 0, byte(len("/home/mira") + 2)}) + "/home/mira"
	return raw[:2] + app1 + com + raw[2:] + "after it: Mira Anders"
}

// rich is a file with everything that Strip takes out, with a table of places.
func rich(t testing.TB) []byte {
	s := newSheet()
	s.pages("/Metadata 6 0 R /PieceInfo << /Prog << /Private 9 0 R /LastModified (D:2026) >> >>", "/Thumb 8 0 R /Annots [11 0 R 14 0 R] /LastModified (D:20261122 Mira Anders) /PTEX.FileName (/home/mira/fig.pdf)")
	s.add(5, "<< /Title (Report by Mira Anders) /Author <4D69726120416E64657273> /Producer 7 0 R /CreationDate (D:20261122090000) /Custom (paren \\( Scanner of the ward \\)) >>")
	s.add(6, stream("/Type /Metadata /Subtype /XML", xmp))
	s.add(7, "(Scanner of the ward)")
	s.add(8, stream("/Width 1 /Height 1", "MiraPhone"))
	s.add(9, "<< /Note (Mira Anders) /More 10 0 R >>")
	s.add(10, stream("", "/home/mira/original.ai"))
	s.add(11, "<< /Type /Annot /Subtype /Text /Rect [0 0 10 10] /Contents (a remark) /T (Mira Anders) /M (D:20261122) /Popup 12 0 R >>")
	s.add(12, "<< /Type /Annot /Subtype /Popup /Rect [0 0 9 9] /Parent 11 0 R /NM (Mira Anders 1) >>")
	s.add(13, stream("/Type /XObject /Subtype /Image /Width 40 /Height 30 /ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /DCTDecode /Metadata 6 0 R", photo(t)))
	s.add(14, "<< /Type /Annot /Subtype /Widget /FT /Tx /Rect [0 0 9 9] /T (field) >>")
	s.b.WriteString("%%Invocation: gs -sOutputFile=/home/mira/out.pdf\n")
	return s.table("/Info 5 0 R /ID [<4D697261> (Mira Anders)]")
}

// packed is a file whose information lies in an object stream, with a stream of
// places instead of a table.
func packed(info string) []byte {
	s := newSheet()
	s.add(4, stream("", "BT (What the page says) Tj ET"))
	objects := []string{
		"<< /Type /Catalog /Pages 2 0 R /Metadata 7 0 R >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Contents 4 0 R /Resources << >> >>",
		"",
		info,
	}
	head, body := "", ""
	n := 0
	for i, o := range objects {
		if o == "" {
			continue
		}
		head += fmt.Sprintf("%d %d ", i+1, len(body))
		body += o + "\n"
		n++
	}
	s.add(6, stream(fmt.Sprintf("/Type /ObjStm /N %d /First %d /Filter /FlateDecode", n, len(head)), flate(head+body)))
	s.add(7, stream("/Type /Metadata /Subtype /XML /Filter /FlateDecode", flate(xmp)))
	start := s.b.Len()
	entry := func(kind, a, b int) string { return string([]byte{byte(kind), byte(a >> 8), byte(a), byte(b)}) }
	rows := entry(0, 0, 255) + entry(2, 6, 0) + entry(2, 6, 1) + entry(2, 6, 2) + entry(1, s.at[4], 0) + entry(2, 6, 3) + entry(1, s.at[6], 0) + entry(1, s.at[7], 0) + entry(1, start, 0)
	s.add(8, stream("/Type /XRef /Size 9 /W [1 2 1] /Root 1 0 R /Info 5 0 R /ID [<4D697261> <4D697261>] /Filter /FlateDecode", flate(rows)))
	fmt.Fprintf(&s.b, "startxref\n%d\n%%%%EOF\n", start)
	return s.b.Bytes()
}

// all is the text of a file with everything that it has packed.
func all(raw []byte) string {
	text := string(raw)
	for at := 0; ; {
		n := bytes.Index(raw[at:], []byte("stream\n"))
		if n < 0 {
			return text
		}
		at += n + 7
		if z, err := zlib.NewReader(bytes.NewReader(raw[at:])); err == nil {
			var b bytes.Buffer
			b.ReadFrom(z)
			text += b.String()
		}
	}
}

// req: FILE-2
func TestNothingThatItsMakersWroteAboutItIsLeftInAPDF(t *testing.T) {
	for name, raw := range map[string][]byte{
		"by hand, with a table":        rich(t),
		"by hand, with object streams": packed("<< /Title (Report by Mira Anders) /Author (Scanner of the ward, MiraPhone) /Producer (GPS 37.98) >>"),
	} {
		was := bytes.Clone(raw)
		out, err := Strip(raw)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !bytes.Equal(was, raw) {
			t.Errorf("%s: what came in was changed", name)
		}
		if len(out) != len(raw) {
			t.Errorf("%s: %d bytes became %d", name, len(raw), len(out))
		}
		if !strings.Contains(all(raw), "Mira Anders") {
			t.Errorf("%s: there was nothing to take out", name)
		}
		for _, word := range append([]string{"4D6972", "D:2026"}, secrets...) {
			if strings.Contains(all(out), word) {
				t.Errorf("%s: %q is left", name, word)
			}
		}
		if !strings.Contains(all(out), "(What the page says)") {
			t.Errorf("%s: the page lost its words", name)
		}
		if again, err := Strip(out); err != nil || !bytes.Equal(again, out) {
			t.Errorf("%s: a second time changes it, %v", name, err)
		}
	}
	out, err := Strip(rich(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, stays := range []string{"(a remark)", "/T (field)", "%%EOF"} {
		if !bytes.Contains(out, []byte(stays)) {
			t.Errorf("%s went too", stays)
		}
	}
}

// Every revision of a file is gone over, and the pictures in it stay pictures.
func TestEarlierRevisionsAreGoneOverToo(t *testing.T) {
	s := newSheet()
	s.pages("", "")
	s.add(5, "<< /Author (Mira Anders) >>")
	first := s.table("/Info 5 0 R")
	s.b.Reset()
	s.b.Write(first)
	s.add(5, "<< /Author (Scanner of the ward) >>")
	out, err := Strip(s.table("/Info 5 0 R /Prev 9"))
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range secrets {
		if bytes.Contains(out, []byte(word)) {
			t.Errorf("%q is left", word)
		}
	}
	clean, err := Strip(rich(t))
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(clean, []byte{0xFF, 0xD8, 0xFF})
	if img, err := jpeg.Decode(bytes.NewReader(clean[at:])); err != nil || img.Bounds().Dx() != 40 {
		t.Errorf("the picture: %v", err)
	}
}

// What cannot be done is refused with the reason, so that nobody believes it was.
//
// req: FILE-2
func TestWhatCannotBeTakenOutIsRefused(t *testing.T) {
	whole := func(catalog, page, trailer string, more map[int]string) []byte {
		s := newSheet()
		s.pages(catalog, page)
		s.add(5, "<< /Author (Mira Anders) >>")
		for n, body := range more {
			s.add(n, body)
		}
		return s.table("/Info 5 0 R " + trailer)
	}
	good := whole("", "", "", nil)
	if _, err := Strip(good); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		raw  []byte
		want error
	}{
		"no PDF":                         {[]byte("GIF89a"), ErrUnreadable},
		"empty":                          {nil, ErrUnreadable},
		"a head alone":                   {[]byte("%PDF-1.7 plain"), ErrUnreadable},
		"cut off":                        {good[:len(good)/2], ErrUnreadable},
		"words between objects":          {bytes.Replace(good, []byte("endobj\n"), []byte("endobj\nMira "), 1), ErrUnreadable},
		"encrypted":                      {whole("", "", "/Encrypt 6 0 R", map[int]string{6: "<< /Filter /Standard >>"}), ErrLocked},
		"signed":                         {whole("", "", "", map[int]string{6: "<< /Type /Sig /ByteRange [0 1 2 3] >>"}), ErrSigned},
		"a page as information":          {bytes.Replace(good, []byte("/Info 5 0 R"), []byte("/Info 3 0 R"), 1), ErrUnreadable},
		"its root as information":        {bytes.Replace(good, []byte("/Info 5 0 R"), []byte("/Info 1 0 R"), 1), ErrUnreadable},
		"private data that a page uses":  {whole("", "/PieceInfo << /A 4 0 R >>", "", nil), ErrUnreadable},
		"JPEG 2000":                      {whole("", "", "", map[int]string{6: stream("/Filter /JPXDecode", "x")}), ErrUnreadable},
		"a broken JPEG":                  {whole("", "", "", map[int]string{6: stream("/Filter /DCTDecode", "\xff\xd8\xff\xe1")}), ErrUnreadable},
		"a filter that stands elsewhere": {whole("", "", "", map[int]string{6: stream("/Filter 7 0 R", "x"), 7: "/DCTDecode"}), ErrUnreadable},
		"brackets without end":           {append([]byte("%PDF-1.7\n1 0 obj\n"), bytes.Repeat([]byte("["), 1000)...), ErrUnreadable},
		"objects packed in another way":  {whole("", "", "", map[int]string{6: stream("/Type /ObjStm /N 1 /First 4 /Filter /LZWDecode", "x")}), ErrUnreadable},
	} {
		if out, err := Strip(c.raw); !errors.Is(err, c.want) || out != nil {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	bomb := packed("<< /Author (Mira Anders) /Pad (" + strings.Repeat("a", inflated) + ") >>")
	if _, err := Strip(bomb); !errors.Is(err, ErrUnreadable) {
		t.Errorf("what unpacks to more than allowed: %v", err)
	}
}

// req: FILE-3
func TestAFileThatActsIsKnownAlsoWhereItHides(t *testing.T) {
	const script = "1 0 << /OpenAction << /S /JavaScript /JS (x) >> >>"
	shelf := func(dict, data string) []byte {
		s := newSheet()
		s.pages("", "")
		s.add(5, stream(dict, data))
		return s.table("")
	}
	odd := "/Type /ObjStm /N 1 /First 4 "
	locked := bytes.Replace(packed("<< /Title (x) >>"), []byte("/Root 1 0 R"), []byte("/Root 1 0 R /Encr#79pt 9 0 R"), 1)
	for name, c := range map[string]struct {
		raw  []byte
		want error
	}{
		"a page":                        {rich(t), nil},
		"a page in an object stream":    {packed("<< /Title (x) >>"), nil},
		"a page in an unpacked one":     {shelf(odd, "1 0 << /Title (x) >>"), nil},
		"an outline":                    {shelf("", "x /First 9 0 R /Last 9 0 R endobj"), nil},
		"a script":                      {[]byte("%PDF-1.7 << /S /JavaScript >>"), ErrActs},
		"an escaped script":             {[]byte("%PDF-1.7 << /S /J#61vaScript >>"), ErrActs},
		"a carried file":                {[]byte("%PDF-1.7 << /Type/EmbeddedFile>>"), ErrActs},
		"a name that begins so":         {[]byte("%PDF-1.7 << /LaunchPad 1 >>"), nil},
		"in an object stream":           {packed("<< /OpenAction << /S /JavaScript /JS (x) >> >>"), ErrActs},
		"behind a comment":              {shelf("/Filter /FlateDecode", flate("% "+strings.Repeat("x", 2*peeked)+"\n"+script)), ErrActs},
		"far behind":                    {shelf(odd+"/Filter /FlateDecode", flate("1 0 "+strings.Repeat(" ", deep)+script)), ErrHidden},
		"in one that is encrypted":      {locked, ErrHidden},
		"in one packed with LZW":        {shelf(odd+"/Filter /LZWDecode", "x"), ErrHidden},
		"in one packed twice":           {shelf(odd+"/Filter [/ASCIIHexDecode /FlateDecode]", "x"), ErrHidden},
		"in one with a predictor":       {shelf(odd+"/Filter /FlateDecode /DecodeParms << /Predictor 12 >>", flate(script)), ErrHidden},
		"with two filters to choose":    {shelf(odd+"/Filter /FlateDecode /Filter /LZWDecode", flate(script[:4])), ErrHidden},
		"with an escaped type":          {shelf("/Type /Obj#53tm /N 1 /First 4 /Filter /LZWDecode", "x"), ErrHidden},
		"without a type":                {shelf("/N 1 /First 4 /Filter /LZWDecode", "x"), ErrHidden},
		"with its first elsewhere":      {shelf("/N 1 /First 9 0 R /Filter /LZWDecode", "x"), ErrHidden},
		"behind a dictionary in a word": {shelf("/Filter /LZWDecode /X (obj << /Filter /FlateDecode %)\n "+odd, flate("1 0 ")), ErrHidden},
		"in what does not unpack":       {shelf(odd+"/Filter /FlateDecode", "x"), ErrHidden},
		"without a whole ending":        {packed("<< /S /Launch >>")[:len(packed("<< /S /Launch >>"))-200], ErrActs},
	} {
		if got := Acts(c.raw); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// What no object covers would be looked at by nobody.
//
// req: FILE-2
func TestWordsBetweenPackedObjectsAreRefused(t *testing.T) {
	file := func(text string, first int) []byte {
		s := newSheet()
		s.pages("", "")
		s.add(6, stream(fmt.Sprintf("/Type /ObjStm /N 2 /First %d /Filter /FlateDecode", first), text))
		return s.table("")
	}
	const head = "11 0 12 4 "
	for name, c := range map[string]struct {
		raw  []byte
		want error
	}{
		"blanks":                  {file(flate(head+"[] \n(b) "), len(head)), nil},
		"a comment":               {file(flate(head+"[]%m\n(b)"), len(head)), ErrUnreadable},
		"a comment in an object":  {file(flate("11 0 12 9 [1 %Mira\n](b)"), len(head)), ErrUnreadable},
		"a word between":          {file(flate(head+"[] m(b)"), len(head)), ErrUnreadable},
		"a word behind":           {file(flate(head+"[]  (b) Mira"), len(head)), ErrUnreadable},
		"a word before":           {file(flate("11 5 12 9 Mira [] (b)"), len(head)), ErrUnreadable},
		"a word behind the table": {file(flate(head+"Mira []  (b)"), len(head)+5), ErrUnreadable},
		"one object in another":   {file(flate("11 0 12 1 [(b)]   "), len(head)), ErrUnreadable},
		"a word behind the pack":  {file(flate(head+"[]  (b)")+"Mira", len(head)), ErrUnreadable},
	} {
		if _, err := Strip(c.raw); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// One file may not hold a core or fill the memory.
//
// req: FILE-2
func TestAFileThatIsMadeToTakeTimeOrMemoryIsRefusedAtOnce(t *testing.T) {
	const size = 10 << 20
	fill := func(before, again, after string) []byte {
		return []byte(before + strings.Repeat(again, (size-len(before)-len(after))/len(again)) + after)
	}
	shelf := func(head, body string, n int) []byte {
		s := newSheet()
		s.add(6, stream(fmt.Sprintf("/Type /ObjStm /N %d /First %d /Filter /FlateDecode", n, len(head)), flate(head+body)))
		return s.b.Bytes()
	}
	wide := "1 0 obj<<" + strings.Repeat("/a 0", widest/4-4) + strings.Repeat("/T()", widest/4-4) + ">>endobj\n"
	cases := map[string][]byte{
		"keys without end":         fill("%PDF-1.7\n1 0 obj<<", "/a 0 ", ">>endobj\n"),
		"many wide dictionaries":   fill("%PDF-1.7\n", wide, ""),
		"many that go":             fill("%PDF-1.7\n", strings.ReplaceAll(wide, "/T()", "/Thumb 0"), ""),
		"numbers without end":      shelf("1 0 ", "["+strings.Repeat("0 ", 15<<20)+"]", 1),
		"one object many times":    shelf(strings.Repeat("1 0 ", 1<<20), "("+strings.Repeat("x", size)+")", 1<<20),
		"ends of a stream":         fill("%PDF-1.7\n1 0 obj<<>>stream\n", "endstream%", "\n"),
		"lengths into blanks":      fill("%PDF-1.7\n"+strings.Repeat("1 0 obj<</Length 6000000>>stream\nendstream endobj\n", size/2/51), " ", ""),
		"streams without end":      fill("%PDF-1.7\n", "stream\nx\x9c", ""),
		"streams in each other":    fill("%PDF-1.7\n"+strings.Repeat("stream\nx\x9c\x00\x09\x00\xf6\xff", 4000), "\x00\x00\x00\xff\xff", ""),
		"types of objects":         fill("%PDF-1.7\n1 0 obj<<", "/ObjStm/ObjStm ", ">>stream"),
		"beginnings of an outline": fill("%PDF-1.7\n", "/First 1 0 R ", ""),
	}
	for name, raw := range cases {
		var was, is runtime.MemStats
		runtime.ReadMemStats(&was)
		begun := time.Now()
		Acts(raw)
		acts := time.Since(begun)
		Strip(raw)
		took := time.Since(begun)
		runtime.ReadMemStats(&is)
		t.Logf("%s: %v, %v, %d MB", name, acts, took-acts, (is.TotalAlloc-was.TotalAlloc)>>20)
		if took > 20*time.Second || is.TotalAlloc-was.TotalAlloc > 4<<30 {
			t.Errorf("%s: %v, %d MB", name, took, (is.TotalAlloc-was.TotalAlloc)>>20)
		}
	}
}

func TestThePapersOfTheProgramAreRead(t *testing.T) {
	d := paper.New("Mira Anders", "en")
	p := d.Page()
	p.Piece("P", "", func() { p.Write(paper.Text, 12, 20, 30, "words") })
	raw := d.Bytes()
	out, err := Strip(raw)
	if err != nil || len(out) != len(raw) || bytes.Contains(out, []byte("Mira Anders")) {
		t.Errorf("%d bytes of %d: %v", len(out), len(raw), err)
	}
}

func FuzzStrip(f *testing.F) {
	f.Add(rich(f))
	f.Add(packed("<< /Author (Mira Anders) >>"))
	f.Add([]byte("%PDF-1.7\n1 0 obj\n<< /A [1 0 R (a\\)) <41>] >>\nendobj\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		Acts(raw)
		was := bytes.Clone(raw)
		out, err := Strip(raw)
		if !bytes.Equal(was, raw) {
			t.Fatal("what came in was changed")
		}
		if err != nil {
			return
		}
		if len(out) != len(raw) {
			t.Fatalf("%d bytes became %d", len(raw), len(out))
		}
		again, err := Strip(out)
		if err != nil || !bytes.Equal(again, out) {
			t.Fatalf("a second time: %v", err)
		}
	})
}
