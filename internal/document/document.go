// Package document takes files that people hand in, and gives them out again.
//
// The idea: what a file is, is decided by its content, never by its name alone; a
// file that could act by itself, says it is something else or cannot be read is
// refused with the reason. It is no virus scanner: it refuses what acts and knows
// no signatures. What is taken is sealed by its owner in pieces of ChunkSize, so
// that no envelope is larger than a row likes to be.
//
// It stores nothing. A File is the description that its owner seals beside the
// pieces; its digest says, when it is opened, that all of it is there.
//
// It must never put the name of a file into a header, and never let a browser keep
// a copy or run what is in it.
package document

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"path"
	"slices"
	"strings"

	"amelie/internal/fault"
	"amelie/internal/pdf"
	"amelie/internal/picture"
	"amelie/internal/web"
)

// Limits.
const (
	MaxSize   = 10 << 20 // bytes
	ChunkSize = 64 << 10 // bytes that are sealed in one piece
)

// PDF is the media type of a PDF; those of pictures stand in package picture.
const PDF = "application/pdf"

// endings are the types that are taken, each with what its name may end in.
var endings = map[string][]string{
	picture.JPEG: {".jpg", ".jpeg"},
	picture.PNG:  {".png"},
	PDF:          {".pdf"},
}

// reasons are the texts for why a PDF is not taken, or its metadata could not be
// taken out.
var reasons = map[error]string{pdf.ErrActs: "document.acts", pdf.ErrHidden: "document.pdf-hidden", pdf.ErrLocked: "document.pdf-locked", pdf.ErrSigned: "document.pdf-signed", pdf.ErrUnreadable: "document.pdf-plain"}

// testVirus is the file by which scanners are tried.
var testVirus = []byte(`EICAR-STANDARD-ANTIVIRUS-TEST-FILE`)

// File describes a file; its bytes are sealed in pieces beside it.
type File struct {
	Name   string `json:"name"` // as on the device it came from; never in a header
	Type   string `json:"type"` // by content: image/jpeg, image/png, application/pdf
	Size   int    `json:"size"`
	SHA256 string `json:"sha256"`
	Plain  bool   `json:"plain,omitempty"` // metadata were stripped
}

// IsPicture says whether the content is a picture's.
func IsPicture(raw []byte) bool {
	kind := http.DetectContentType(raw)
	return kind == picture.JPEG || kind == picture.PNG
}

// Take judges a file by its content: what it is, whether its name says so too ("":
// it has none), whether it is small enough and does nothing by itself. With plain
// its metadata go: a picture is drawn anew, those of a PDF are written over; where
// that cannot be done the reason is said.
// Errors: fault.Invalid naming the field "file".
func Take(name string, raw []byte, plain bool) (*File, []byte, error) {
	refuse := func(key string, args ...any) (*File, []byte, error) {
		return nil, nil, fault.Fields(fault.Field{Name: "file", Key: key, Args: args})
	}
	kind := http.DetectContentType(raw)
	may, known := endings[kind]
	switch {
	case len(raw) == 0:
		return refuse("web.error.empty")
	case len(raw) > MaxSize:
		return refuse("document.large", "megabytes", MaxSize>>20)
	case bytes.Contains(raw, testVirus):
		return refuse("document.acts")
	case !known:
		return refuse("document.type")
	case name != "" && !slices.Contains(may, strings.ToLower(path.Ext(name))):
		return refuse("document.mislabelled")
	}
	if kind == PDF {
		if err := pdf.Acts(raw); err != nil {
			return refuse(reasons[err])
		}
	}
	body := raw
	switch {
	case kind == PDF && plain:
		var err error
		if body, err = pdf.Strip(raw); err != nil {
			return refuse(reasons[err])
		}
	case kind != PDF:
		drawn, err := picture.Redraw(raw, picture.Limits{})
		if err != nil {
			return refuse("document.broken")
		}
		if plain {
			body, kind = drawn.Body, drawn.Type
		}
	}
	sum := sha256.Sum256(body)
	return &File{Name: name, Type: kind, Size: len(body), SHA256: hex.EncodeToString(sum[:]), Plain: plain}, body, nil
}

// Seal closes a file piece by piece.
func Seal(body []byte, seal func(n int, piece []byte) ([]byte, error)) (chunks [][]byte, err error) {
	for piece := range slices.Chunk(body, ChunkSize) {
		env, err := seal(len(chunks), piece)
		if err != nil {
			return nil, err
		}
		chunks = append(chunks, env)
	}
	return chunks, nil
}

// Open puts a file together again.
func Open(chunks [][]byte, open func(n int, env []byte) ([]byte, error)) ([]byte, error) {
	var body bytes.Buffer
	_, err := OpenTo(&body, chunks, open)
	return body.Bytes(), err
}

// OpenTo is Open piece by piece into w, and gives the digest; chunks is emptied on
// the way. After an error w has had a part.
func OpenTo(w io.Writer, chunks [][]byte, open func(n int, env []byte) ([]byte, error)) (digest []byte, err error) {
	sum := sha256.New()
	for n, env := range chunks {
		piece, err := open(n, env)
		if err == nil {
			sum.Write(piece)
			_, err = w.Write(piece)
		}
		if err != nil {
			return nil, err
		}
		chunks[n] = nil
	}
	return sum.Sum(nil), nil
}

// Whole says whether the bytes are those that were kept.
// Errors: fault.Unavailable.
func (f *File) Whole(body []byte) error {
	sum := sha256.Sum256(body)
	return f.Matches(sum[:])
}

// Matches is Whole for a digest.
func (f *File) Matches(digest []byte) error {
	if hex.EncodeToString(digest) != f.SHA256 {
		return fault.New(fault.Unavailable, "document.damaged")
	}
	return nil
}

// Send answers with a file that the browser shows and does not keep.
func Send(c *web.Ctx, f *File, body []byte) error {
	h := c.W.Header()
	h.Set("Content-Type", f.Type)
	h.Set("Content-Disposition", "inline; filename=\"document\"")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "no-store")
	c.W.WriteHeader(http.StatusOK)
	if _, err := c.W.Write(body); err != nil {
		return nil // who asked has gone
	}
	return nil
}
