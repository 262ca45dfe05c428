package referral

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"testing"

	"amelie/internal/fault"
)

// photo is a small JPEG, red on the left and blue on the right, as a camera
// writes it: with an Exif segment that names an orientation and a place.
func photo(t testing.TB, orientation uint16) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 64, 32))
	for y := range 32 {
		for x := range 64 {
			c := color.RGBA{R: 255, A: 255}
			if x >= 32 {
				c = color.RGBA{B: 255, A: 255}
			}
			img.Set(x, y, c)
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	tiff := []byte("MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00")
	binary.BigEndian.PutUint16(tiff[18:], orientation)
	body := append([]byte("Exif\x00\x00"), tiff...)
	body = append(body, "GPS 40.6401 N 22.9444 E ACME Phone"...)
	seg := []byte{0xFF, 0xE1, 0, 0}
	binary.BigEndian.PutUint16(seg[2:], uint16(len(body)+2))
	raw := b.Bytes()
	return append(append(append([]byte{}, raw[:2]...), append(seg, body...)...), raw[2:]...)
}

// req: FILE-1
func TestAPhotoLosesPlaceAndDeviceAndStaysUpright(t *testing.T) {
	for o, want := range map[uint16][2]int{1: {64, 32}, 3: {64, 32}, 6: {32, 64}, 8: {32, 64}} {
		a, err := CleanFile("kitchen.jpg", photo(t, o))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(a.Body, []byte("GPS")) || bytes.Contains(a.Body, []byte("Exif")) || bytes.Contains(a.Body, []byte("ACME")) {
			t.Errorf("orientation %d: the camera's words are still there", o)
		}
		img, err := jpeg.Decode(bytes.NewReader(a.Body))
		if err != nil || img.Bounds().Dx() != want[0] || img.Bounds().Dy() != want[1] {
			t.Fatalf("orientation %d: %v %v", o, img.Bounds(), err)
		}
		// Where red must be: left, right (turned half), top (6), bottom (8).
		at := map[uint16]image.Point{1: {4, 16}, 3: {60, 16}, 6: {16, 4}, 8: {16, 60}}[o]
		if r, _, b, _ := img.At(at.X, at.Y).RGBA(); r < b {
			t.Errorf("orientation %d: red is not at %v", o, at)
		}
	}
}

// req: FILE-1
func TestWhatAFileIsIsDecidedByItsContent(t *testing.T) {
	var small bytes.Buffer
	if err := png.Encode(&small, image.NewGray(image.Rect(0, 0, 2, 2))); err != nil {
		t.Fatal(err)
	}
	a, err := CleanFile("letter.txt", small.Bytes())
	if err != nil || a.Type != "image/png" {
		t.Errorf("%v %v", a.Type, err)
	}
	bomb := bytes.Clone(small.Bytes())
	binary.BigEndian.PutUint32(bomb[16:], 1<<20) // a header that promises a million columns
	for name, raw := range map[string][]byte{
		"script.pdf": []byte("<html><script>alert(1)</script>"), "empty.pdf": nil, "program.png": []byte("MZ\x90\x00"),
		"cut.jpg": photo(t, 1)[:200], "large.pdf": append([]byte("%PDF-1.4"), make([]byte, MaxFileBytes)...), "bomb.png": bomb, "picture.gif": []byte("GIF89a\x01\x00\x01\x00"),
	} {
		if _, err := CleanFile(name, raw); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s is taken: %v", name, err)
		}
	}
}

// req: FILE-1
func FuzzCleanFile(f *testing.F) {
	f.Add(photo(f, 6))
	f.Add([]byte("%PDF-1.7\n"))
	f.Add([]byte("\xFF\xD8\xFF\xE1\x00\x08Exif\x00\x00MM"))
	f.Add([]byte("\x89PNG\r\n\x1a\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		a, err := CleanFile("x", raw)
		if err != nil {
			if fault.KindOf(err) != fault.Invalid {
				t.Fatalf("%v", err)
			}
			return
		}
		if a.Type != "application/pdf" && bytes.Contains(a.Body, []byte("Exif\x00\x00")) {
			t.Fatal("the camera's words are still there")
		}
	})
}

func FuzzParsePacket(f *testing.F) {
	p := Packet{Version: 1, ID: "x", Kind: Referral, Urgency: Now}
	a := Answers{}
	for step, answer := range common {
		a[step] = answer
	}
	p.Fill(a, []File{{ID: "f", Type: "image/png", Size: 1}}, Parts)
	b, err := p.Bytes()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(`{"v":2}`))
	f.Add([]byte(`{"v":1,"sections":[{"part":"name","items":[{"step":"nothing","field":"x","values":[""]}]}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := ParsePacket(b)
		if err != nil {
			if fault.KindOf(err) != fault.Invalid {
				t.Fatalf("%v", err)
			}
			return
		}
		for step, answer := range p.Answers() {
			s, ok := StepByID(step)
			if !ok {
				t.Fatalf("a step %q that does not exist", step)
			}
			for field := range answer {
				if _, ok := s.FieldOf(field); !ok {
					t.Fatalf("a field %q that does not exist", field)
				}
			}
		}
	})
}
