package document

import (
	"bytes"
	"errors"
	"image"
	"image/png"
	"testing"

	"amelie/internal/fault"
)

func aPicture(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 3, 2))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAFileIsWhatItsContentSaysAndItsNameMustNotSayElse(t *testing.T) {
	body := aPicture(t)
	for name, ok := range map[string]bool{"": true, "a.PNG": true, "a.png": true, "a.jpg": false, "a.pdf": false, "a": false} {
		f, _, err := Take(name, body, false)
		if (err == nil) != ok || err != nil && fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q: %v", name, err)
		}
		if err == nil && f.Type != "image/png" {
			t.Errorf("%q is taken as %s", name, f.Type)
		}
	}
}

// req: FILE-3
func TestAPDFIsRefusedWithItsReason(t *testing.T) {
	for raw, key := range map[string]string{
		"/S /JavaScript": "document.acts",
		"/Type /ObjStm /N 1 /First 4 /Filter /LZWDecode >> stream": "document.pdf-hidden",
	} {
		_, _, err := Take("a.pdf", []byte("%PDF-1.7\n1 0 obj << "+raw), false)
		var f *fault.Error
		if !errors.As(err, &f) || len(f.Fields) != 1 || f.Fields[0].Key != key {
			t.Errorf("%s: %v, want %s", raw, err, key)
		}
	}
}

func TestWhatIsSealedInPiecesComesOutWholeAndDamageIsSeen(t *testing.T) {
	for _, n := range []int{0, 1, ChunkSize, ChunkSize + 1, 3*ChunkSize - 1} {
		f, body, err := Take("a.pdf", append([]byte("%PDF-1.7\n"), bytes.Repeat([]byte{7}, n)...), false)
		if err != nil {
			t.Fatal(err)
		}
		chunks, err := Seal(body, func(i int, piece []byte) ([]byte, error) { return append([]byte{byte(i)}, piece...), nil })
		if err != nil || len(chunks) != (len(body)+ChunkSize-1)/ChunkSize {
			t.Fatalf("%d bytes in %d pieces, %v", len(body), len(chunks), err)
		}
		out, err := Open(chunks, func(i int, env []byte) ([]byte, error) {
			if env[0] != byte(i) {
				t.Fatalf("piece %d is opened as %d", env[0], i)
			}
			return env[1:], nil
		})
		if err != nil || !bytes.Equal(out, body) || f.Whole(out) != nil {
			t.Fatalf("%d bytes: %v", n, err)
		}
		if f.Whole(out[1:]) == nil {
			t.Error("a piece that is missing is not seen")
		}
	}
}
