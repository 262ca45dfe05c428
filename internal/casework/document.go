package casework

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"path"
	"slices"
	"strings"

	"amelie/internal/ask"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/picture"
	"amelie/internal/web"
)

// Limits of documents.
const (
	MaxDocument = 10 << 20 // bytes
	ChunkSize   = 64 << 10 // bytes that are sealed in one piece
)

// DocumentParts are the parts that a document can lie in.
var DocumentParts = []Part{Notes, Identity, Health, Legal, Services}

// documentTypes are the types that are taken, each with the endings that its name
// may have.
var documentTypes = map[string][]string{
	picture.JPEG:      {".jpg", ".jpeg"},
	picture.PNG:       {".png"},
	"application/pdf": {".pdf"},
}

// active are the marks of a PDF that acts by itself: scripts, programs that it
// starts, files that it carries. Source: ISO 32000-2, 7.11.4, 12.6.4.
var active = [][]byte{[]byte("/JavaScript"), []byte("/JS "), []byte("/JS("), []byte("/Launch"), []byte("/EmbeddedFile"), []byte("/RichMedia")}

// testVirus is the file by which scanners are tried.
var testVirus = []byte(`EICAR-STANDARD-ANTIVIRUS-TEST-FILE`)

// Upload is a file as it arrived.
type Upload struct {
	Name  string // as on the device that sent it
	Body  []byte
	Part  Part
	Words string // what it is, in the writer's words
	Plain bool   // place, time and device are to go
	Once  string
}

// Take judges a file by its content: what it is, whether its name says so too,
// whether it is small enough and does nothing by itself. A picture is drawn anew
// when its metadata are to go; a PDF cannot be, and that is said.
// Errors: fault.Invalid naming the field "file".
//
// req: CASE-10
func (u Upload) Take() (*File, []byte, error) {
	refuse := func(key string, args ...any) (*File, []byte, error) {
		return nil, nil, fault.Fields(fault.Field{Name: "file", Key: key, Args: args})
	}
	kind := http.DetectContentType(u.Body)
	endings, known := documentTypes[kind]
	switch {
	case len(u.Body) == 0:
		return refuse("web.error.empty")
	case len(u.Body) > MaxDocument:
		return refuse("casework.file.large", "megabytes", MaxDocument>>20)
	case bytes.Contains(u.Body, testVirus):
		return refuse("casework.file.acts")
	case !known:
		return refuse("casework.file.type")
	case !slices.Contains(endings, strings.ToLower(path.Ext(u.Name))):
		return refuse("casework.file.mislabelled")
	case kind == "application/pdf" && slices.ContainsFunc(active, func(mark []byte) bool { return bytes.Contains(u.Body, mark) }):
		return refuse("casework.file.acts")
	case kind == "application/pdf" && u.Plain:
		return refuse("casework.file.pdf-plain")
	}
	body := u.Body
	if kind != "application/pdf" {
		drawn, err := picture.Redraw(u.Body, picture.Limits{})
		if err != nil {
			return refuse("casework.file.broken")
		}
		if u.Plain {
			body, kind = drawn.Body, drawn.Type
		}
	}
	sum := sha256.Sum256(body)
	return &File{Name: u.Name, Type: kind, Size: len(body), SHA256: hex.EncodeToString(sum[:]), Plain: u.Plain}, body, nil
}

// Keep puts a document into a case, sealed in chunks, and says its identifier.
func (s *Service) Keep(ctx context.Context, v *web.Viewer, caseID string, u Upload) (string, error) {
	k, _ := KindByID("document")
	a, _, err := k.clean(map[string][]string{"words": {u.Words}}, s.Here())
	if err != nil {
		return "", err
	}
	if !slices.Contains(DocumentParts, u.Part) {
		return "", fault.Fields(fault.Field{Name: "part", Key: "web.error.choose"})
	}
	file, body, err := u.Take()
	if err != nil {
		return "", err
	}
	e := draftEntry{id: id.New(), kind: k, part: u.Part, rev: 1, content: Content{Version: ContentVersion, Fields: a, File: file}}
	if id.Valid(u.Once) {
		e.id = u.Once
	}
	var chunks [][]byte
	seal := func(p *Pen) error {
		chunks = nil
		for piece := range slices.Chunk(body, ChunkSize) {
			_, env, err := p.Seal(u.Part, chunkPlace(e.id, len(chunks)), piece)
			if err != nil {
				return err
			}
			chunks = append(chunks, env)
		}
		return e.seal(p)
	}
	return e.id, s.Write(ctx, v, caseID, []Part{u.Part}, seal, func(tx *db.Tx, row Row) error {
		if row.State != Open {
			return fault.New(fault.Conflict, "casework.error.closed")
		}
		wrote, err := s.putIn(tx, v, row, &e)
		if err != nil || !wrote {
			return err
		}
		for n, env := range chunks {
			if _, err := tx.Exec(chunkInsertStmt, e.id, n, caseID, env); err != nil {
				return err
			}
		}
		return nil
	})
}

// Document opens a document, whole and unchanged.
// Errors: fault.NotFound, also for a part that the viewer may not read.
func (s *Service) Document(ctx context.Context, v *web.Viewer, caseID, entryID string) (*File, []byte, error) {
	e, _, err := s.Entry(ctx, v, caseID, entryID)
	if err != nil {
		return nil, nil, err
	}
	if e.File == nil {
		return nil, nil, errNotFound
	}
	var keys *Keys
	var chunks [][]byte
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		a, err := s.require(tx, v, caseID, "case.open")
		if err != nil {
			return err
		}
		if keys, err = s.openKeys(tx, s.opener(v), a, []Part{e.Part}); err != nil {
			return err
		}
		chunks, err = db.All(tx, chunksStmt, func(scan func(...any) error) (env []byte, err error) { return env, scan(&env) }, entryID, caseID)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	var body []byte
	for n, env := range chunks {
		piece, err := keys.Open(e.Part, e.Epoch, env, chunkPlace(entryID, n))
		if err != nil {
			return nil, nil, fault.Wrap(err, "open document", entryID)
		}
		body = append(body, piece...)
	}
	return e.File, body, e.File.Whole(body)
}

// Whole says whether the bytes are those that were kept.
// Errors: fault.Unavailable.
func (f *File) Whole(body []byte) error {
	if sum := sha256.Sum256(body); hex.EncodeToString(sum[:]) != f.SHA256 {
		return fault.New(fault.Unavailable, "casework.file.damaged")
	}
	return nil
}

// words of a document for a list.
func documentName(a ask.Answer, f *File) string {
	if w := a.One("words"); w != "" {
		return w
	}
	return f.Name
}
