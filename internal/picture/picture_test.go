package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"testing"
)

// noisy is a picture that does not compress.
func noisy(w, h int, alpha uint8) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	r := rand.New(rand.NewPCG(1, 2))
	for i := range img.Pix {
		img.Pix[i] = uint8(r.Uint32())
		if i%4 == 3 {
			img.Pix[i] = alpha
		}
	}
	return img
}

// withSegment puts a segment behind the first marker of a JPEG.
func withSegment(raw []byte, marker byte, body string) []byte {
	seg := []byte{0xFF, marker, 0, 0}
	binary.BigEndian.PutUint16(seg[2:], uint16(len(body)+2))
	return append(append(append([]byte{}, raw[:2]...), append(seg, body...)...), raw[2:]...)
}

func inJPEG(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func inPNG(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withChunk puts a text chunk before the end of a PNG.
func withChunk(raw []byte, text string) []byte {
	chunk := make([]byte, 4, 12+len(text))
	binary.BigEndian.PutUint32(chunk, uint32(len(text)))
	chunk = append(append(chunk, "tEXt"...), text...)
	chunk = binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(chunk[4:]))
	end := len(raw) - 12
	return append(append(append([]byte{}, raw[:end]...), chunk...), raw[end:]...)
}

// req: FILE-1
func TestNothingButThePixelsSurvives(t *testing.T) {
	const page = "<html><script>alert(document.domain)</script></html>"
	plain := inJPEG(t, noisy(64, 32, 255))
	for name, raw := range map[string][]byte{
		"comment of a JPEG": withSegment(plain, 0xFE, page),
		"Exif of a JPEG":    withSegment(plain, 0xE1, "Exif\x00\x00"+page),
		"after a JPEG":      append(bytes.Clone(plain), page...),
		"text of a PNG":     withChunk(inPNG(t, noisy(20, 20, 255)), "Comment\x00"+page),
		"after a PNG":       append(inPNG(t, noisy(20, 20, 255)), page...),
	} {
		p, err := Redraw(raw, Limits{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if Bare(p.Type, raw) || !Bare(p.Type, p.Body) {
			t.Errorf("%s: it is not told from a bare picture", name)
		}
		if bytes.Contains(p.Body, []byte("script")) || bytes.Contains(p.Body, []byte("Exif")) {
			t.Errorf("%s: the page is still in it", name)
		}
	}
}

func TestAPictureIsBroughtWithinItsLimits(t *testing.T) {
	photograph := inPNG(t, noisy(1600, 900, 255))
	p, err := Redraw(photograph, Limits{Side: 400, Bytes: 60 << 10})
	if err != nil || p.Type != JPEG || p.Width != 400 || p.Height != 225 || len(p.Body) > 60<<10 {
		t.Errorf("%s %d × %d in %d bytes: %v", p.Type, p.Width, p.Height, len(p.Body), err)
	}
	again, err := Redraw(p.Body, Limits{Side: 400, Bytes: 60 << 10})
	if err != nil || again.Width != 400 {
		t.Errorf("what came out is not taken in again: %v", err)
	}
	if _, err := Redraw(photograph, Limits{Bytes: 5 << 10}); !errors.Is(err, ErrLarge) {
		t.Errorf("a picture that cannot fit: %v", err)
	}
	drawing := image.NewPaletted(image.Rect(0, 0, 300, 200), color.Palette{color.Transparent, color.Black})
	p, err = Redraw(inPNG(t, drawing), Limits{Side: 1200, Bytes: 150 << 10})
	if err != nil || p.Type != PNG || p.Width != 300 {
		t.Errorf("a drawing: %s %d %v", p.Type, p.Width, err)
	}
	if _, err := Redraw(inPNG(t, noisy(400, 400, 99)), Limits{Bytes: 9 << 10}); !errors.Is(err, ErrLarge) {
		t.Errorf("a large transparent picture lost its transparency: %v", err)
	}
}

func TestWhatUnpacksToTooMuchIsRefusedBeforeItIsUnpacked(t *testing.T) {
	bomb := inPNG(t, image.NewGray(image.Rect(0, 0, 2, 2)))
	binary.BigEndian.PutUint32(bomb[16:], 1<<20) // a header that promises a million columns
	binary.BigEndian.PutUint32(bomb[20:], 1<<20)
	if _, err := Redraw(bomb, Limits{}); err == nil {
		t.Error("taken")
	}
	for _, raw := range [][]byte{nil, []byte("<svg xmlns='http://www.w3.org/2000/svg'/>"), []byte("%PDF-1.4"), []byte("GIF89a\x01\x00\x01\x00")} {
		if _, err := Redraw(raw, Limits{}); !errors.Is(err, ErrUnreadable) {
			t.Errorf("%q: %v", raw, err)
		}
	}
}

// Exif 2.3: 6 is a camera held upright, whose rows lie on their side.
func TestATurnedPhotographStaysTurned(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 64, 32))
	for y := range 32 {
		for x := range 64 {
			if img.Set(x, y, color.NRGBA{R: 255, A: 255}); x >= 32 {
				img.Set(x, y, color.NRGBA{B: 255, A: 255})
			}
		}
	}
	tiff := "MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00"
	p, err := Redraw(withSegment(inJPEG(t, img), 0xE1, "Exif\x00\x00"+tiff), Limits{})
	if err != nil || p.Width != 32 || p.Height != 64 {
		t.Fatalf("%d × %d %v", p.Width, p.Height, err)
	}
	out, err := jpeg.Decode(bytes.NewReader(p.Body))
	if err != nil {
		t.Fatal(err)
	}
	if r, _, b, _ := out.At(16, 4).RGBA(); r < b {
		t.Error("red is not at the top")
	}
}

func FuzzRedraw(f *testing.F) {
	var small bytes.Buffer
	if err := gif.Encode(&small, noisy(3, 3, 255), nil); err != nil {
		f.Fatal(err)
	}
	f.Add(small.Bytes())
	f.Add(inJPEG(f, noisy(8, 8, 255)))
	f.Add(inPNG(f, noisy(8, 8, 40)))
	f.Add([]byte("RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if size, _, err := image.DecodeConfig(bytes.NewReader(raw)); err != nil || size.Width*size.Height > 1<<20 {
			return // large ones only take time here
		}
		p, err := Redraw(raw, Limits{Side: 64, Bytes: 20 << 10})
		if err != nil {
			return
		}
		size, kind, err := image.DecodeConfig(bytes.NewReader(p.Body))
		if err != nil || !Bare(p.Type, p.Body) || "image/"+kind != p.Type || size.Width != p.Width || max(size.Width, size.Height) > 64 || len(p.Body) > 20<<10 {
			t.Fatalf("%+v %s %v", size, kind, err)
		}
	})
}
