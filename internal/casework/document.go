package casework

import (
	"bytes"
	"context"
	"io"
	"slices"

	"amelie/internal/ask"
	"amelie/internal/db"
	"amelie/internal/document"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/web"
)

// MaxDocument is the largest document that is kept, in bytes.
const MaxDocument = document.MaxSize

// DocumentParts are the parts that a document can lie in.
var DocumentParts = []Part{Notes, Identity, Health, Legal, Services}

// What a document can show that is the person's own to give.
var Shown = []string{"photo", "signature"}

// Upload is a file as it arrived.
type Upload struct {
	Name  string // as on the device that sent it
	Body  []byte
	Part  Part
	Words string // what it is, in the writer's words
	Plain bool   // place, time and device are to go
	Shows string // one of Shown; "": a paper or something else
	Once  string
}

// Take judges the file: see package document.
//
// req: CASE-10
func (u Upload) Take() (*File, []byte, error) { return document.Take(u.Name, u.Body, u.Plain) }

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
	if err == nil && slices.Contains(Shown, u.Shows) {
		err = s.agreedTo(ctx, v, caseID, u.Shows)
	}
	if err != nil {
		return "", err
	}
	e := draftEntry{id: id.New(), kind: k, part: u.Part, rev: 1, content: Content{Version: ContentVersion, Fields: a, File: file}, body: body}
	if id.Valid(u.Once) {
		e.id = u.Once
	}
	return e.id, s.Write(ctx, v, caseID, []Part{u.Part}, e.seal, func(tx *db.Tx, row Row) error {
		if row.State != Open {
			return fault.New(fault.Conflict, "casework.error.closed")
		}
		_, err := s.putIn(tx, v, row, &e)
		return err
	})
}

// agreedTo refuses a photo of the person, or a signature, of which the file does
// not say that the person agreed. Errors: fault.Invalid naming the field "file".
//
// req: FILE-4
func (s *Service) agreedTo(ctx context.Context, v *web.Viewer, caseID, what string) error {
	o, err := s.Look(ctx, v, caseID)
	if err != nil || s.Likeness != nil && s.Likeness(o, what) {
		return err
	}
	return fault.Fields(fault.Field{Name: "file", Key: "casework.file.not-agreed"})
}

// Attach takes over the files that came with the referral from which a case was
// opened, and says how many were refused: those stay in the referral. They lie with
// the agency's own notes, which are shared with nobody: the person said yes to this
// agency alone. What is there already is not taken twice, and into a case that was
// closed since nothing comes.
func (s *Service) Attach(ctx context.Context, v *web.Viewer, caseID, source string) (refused int, err error) {
	if s.Attached == nil {
		return 0, nil
	}
	files, err := s.Attached(ctx, v, source)
	for _, u := range files {
		if err != nil {
			return refused, err
		}
		u.Part, u.Once = Notes, id.Of(caseID, u.Once)
		_, err = s.Keep(ctx, v, caseID, u)
		switch fault.KindOf(err) {
		case fault.Invalid:
			refused, err = refused+1, nil
		case fault.Conflict:
			return refused, nil
		}
	}
	return refused, err
}

// Document opens a document, whole and unchanged.
// Errors: fault.NotFound, also for a part that the viewer may not read.
func (s *Service) Document(ctx context.Context, v *web.Viewer, caseID, entryID string) (*File, []byte, error) {
	var body bytes.Buffer
	file, err := s.DocumentTo(ctx, v, caseID, entryID, &body)
	if err != nil {
		return nil, nil, err
	}
	return file, body.Bytes(), nil
}

// DocumentTo opens a document piece by piece into w. After an error w has had a
// part of it. Errors: those of Document.
func (s *Service) DocumentTo(ctx context.Context, v *web.Viewer, caseID, entryID string, w io.Writer) (*File, error) {
	e, _, err := s.Entry(ctx, v, caseID, entryID)
	if err != nil {
		return nil, err
	}
	if e.File == nil {
		return nil, errNotFound
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
		return nil, err
	}
	digest, err := document.OpenTo(w, chunks, func(n int, env []byte) ([]byte, error) {
		return keys.Open(e.Part, e.Epoch, env, chunkPlace(entryID, n))
	})
	if err != nil {
		return nil, fault.Wrap(err, "open document", entryID)
	}
	return e.File, e.File.Matches(digest)
}

// words of a document for a list.
func documentName(a ask.Answer, f *File) string {
	if w := a.One("words"); w != "" {
		return w
	}
	return f.Name
}
