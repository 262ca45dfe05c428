package keep

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"amelie/internal/ask"
	"amelie/internal/casework"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/paper"
	"amelie/internal/web"
)

// Handing are the reasons for which a copy leaves: to the person, or to whom the
// person wishes.
var Handing = []string{"to-person", "at-wish"}

// copied is a whole file in the copy: everything that the exporter may read, with
// its versions. Format and Version tell a reader what it is.
type copied struct {
	Format   string                `json:"format"`
	Version  int                   `json:"version"`
	At       time.Time             `json:"at"`
	Code     string                `json:"code"`
	Agency   string                `json:"agency"`
	Opened   time.Time             `json:"opened"`
	Closed   time.Time             `json:"closed,omitzero"`
	State    casework.State        `json:"state"`
	Person   casework.Head         `json:"person"`
	Entries  []copiedEntry         `json:"entries"`
	Rooms    map[string]any        `json:"rooms,omitempty"`
	Readers  []casework.Named      `json:"readers,omitempty"`
	History  []casework.Event      `json:"history,omitempty"`
	Readings []casework.Reading    `json:"readings,omitempty"`
	LeftOut  []string              `json:"left_out,omitempty"`
	Parts    []casework.Part       `json:"parts"`
	files    []piece               // documents, which are read when it is their turn
	kinds    map[string]ask.Answer // the newest of each kind, for statistics
}

type copiedEntry struct {
	Kind    string             `json:"kind"`
	Part    casework.Part      `json:"part"`
	Made    time.Time          `json:"made"`
	Changed time.Time          `json:"changed"`
	By      string             `json:"by"`
	Fields  ask.Answer         `json:"fields,omitempty"`
	File    string             `json:"file,omitempty"` // its name in the archive
	Before  []casework.Version `json:"earlier_versions,omitempty"`
}

// piece is a file of the archive: made here, or a document of an entry.
type piece struct {
	name, entry string
	body        []byte
}

// Copy is one archive with the whole file of a person: as data, on paper, with its
// documents, and as codes for statistics. All but the documents is made before
// anything leaves; then it is noted in the history, begin is called and the archive
// is written to what it gives, document by document. When it breaks off there, the
// archive has no end and the history says so.
// Errors: fault.Invalid until it was asked twice; errBroken after begin.
//
// req: KEEP-4
func (s *Service) Copy(c *web.Ctx, caseID, why string, sure bool, begin func() io.Writer) error {
	if !sure || !slices.Contains(Handing, why) {
		return fault.Fields(fault.Field{Name: "given", Key: "keep.error.given"})
	}
	first, f, err := s.gathered(c, caseID)
	if err != nil {
		return err
	}
	note := func(action string) error {
		return s.act(context.WithoutCancel(c.Context()), c.Viewer, caseID, action, why, func(*db.Tx) error { return nil })
	}
	if err := note("copy"); err != nil {
		return err
	}
	if err := s.pack(c, caseID, begin(), append(first, f.files...)); err != nil {
		return errors.Join(errBroken, err, note("copy-broke"))
	}
	return nil
}

var errBroken = errors.New("keep: a copy broke off")

// gathered is all of a copy but its documents, for who may hand one out.
func (s *Service) gathered(c *web.Ctx, caseID string) (first []piece, f *copied, err error) {
	err = s.Cases.DB.Read(c.Context(), func(tx *db.Tx) error {
		_, err := s.Cases.Require(tx, c.Viewer, caseID, "case.close")
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	o, err := s.Cases.Look(c.Context(), c.Viewer, caseID)
	if err == nil {
		err = s.Cases.Tellable(c.Context(), c.Viewer, o)
	}
	if err != nil {
		return nil, nil, err
	}
	if f, err = s.gather(c, o); err != nil {
		return nil, nil, err
	}
	first, err = f.papers(s.onPaper(c, o, f))
	return first, f, err
}

// gather reads all of a file.
func (s *Service) gather(c *web.Ctx, o *casework.Opened) (*copied, error) {
	f := &copied{Format: "amelie-case", Version: 1, At: s.Now(), Code: o.Code(), Agency: o.Agency, Opened: o.OpenedAt, Closed: o.ClosedAt, State: o.State, Person: o.Head,
		Readers: o.Readers, History: o.Events, Readings: o.Readings, Parts: o.Readable, Rooms: map[string]any{}, kinds: map[string]ask.Answer{}}
	for _, e := range o.Entries {
		full, before, err := s.Cases.Entry(c.Context(), c.Viewer, o.ID, e.ID)
		if err != nil {
			return nil, err
		}
		x := copiedEntry{Kind: e.Kind, Part: e.Part, Made: e.Made, Changed: full.Changed, By: full.UserName, Fields: full.Fields, Before: before}
		f.kinds[e.Kind] = full.Fields
		if full.File != nil {
			x.File = fmt.Sprintf("documents/%02d.%s", len(f.files)+1, path.Base(full.File.Type))
			f.files = append(f.files, piece{name: x.File, entry: e.ID})
		}
		f.Entries = append(f.Entries, x)
	}
	for _, r := range s.Cases.Rooms() {
		if r.Export == nil {
			continue
		}
		held, err := r.Export(c.Context(), c.Viewer, o)
		if err != nil {
			return nil, fault.Wrap(err, "export of", r.Name)
		}
		if held != nil {
			f.Rooms[r.Name] = held
		}
	}
	return f, nil
}

// papers are the pieces of the copy that are made here; without the one for paper
// where it could not be set.
func (f *copied) papers(page, pdf []byte) ([]piece, error) {
	if pdf == nil {
		f.LeftOut = append(f.LeftOut, "case.pdf: the file holds letters that the program cannot set; case.html has them")
	}
	whole, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return nil, err
	}
	codes, err := json.MarshalIndent(f.htcds(), "", "  ")
	out := []piece{{name: "case.json", body: whole}, {name: "htcds.json", body: codes}, {name: "case.html", body: page}}
	if pdf != nil {
		out = append(out, piece{name: "case.pdf", body: pdf})
	}
	return out, err
}

// pack writes the archive. Documents are packed already and pass as they are; at
// any time one of them is in memory, sealed.
func (s *Service) pack(c *web.Ctx, caseID string, to io.Writer, pieces []piece) error {
	z := zip.NewWriter(to)
	for _, one := range pieces {
		head := &zip.FileHeader{Name: one.name, Method: zip.Deflate}
		if one.entry != "" {
			head.Method = zip.Store
		}
		w, err := z.CreateHeader(head)
		if err == nil && one.entry == "" {
			_, err = w.Write(one.body)
		}
		if err == nil && one.entry != "" {
			_, err = s.Cases.DocumentTo(c.Context(), c.Viewer, caseID, one.entry, w)
		}
		if err != nil {
			return fault.Wrap(err, "copy of", one.name)
		}
		c.Longer()
	}
	return z.Close()
}

// htcds are the codes of the Human Trafficking Case Data Standard 2.0 (IOM) that
// the file holds as codes, without a name, a day or a place. What it asks of the
// offence is not kept here and therefore left out.
func (f *copied) htcds() map[string]any {
	status := map[casework.State]string{casework.Open: "Active", casework.Closed: "Closed"}
	record := map[string]string{"cas_Status": status[f.State]}
	if lang := f.kinds["languages"].One("language"); len(lang) == 2 {
		record["prs_PrimaryLanguage"] = lang
	}
	return map[string]any{"standard": "HTCDS 2.0", "record": record,
		"left_out": []string{"names, days and places: these are codes for statistics", "recruitment, control, exploitation and perpetrators: not kept by this file as codes"}}
}

// onPaper sets the file as a reader sees it, as a page of its own and as a PDF,
// which is nil where the face lacks letters.
func (s *Service) onPaper(c *web.Ctx, o *casework.Opened, f *copied) (page, pdf []byte) {
	title := c.T("casework.code", "code", o.Code())
	p := &press{doc: paper.New(title, c.Lang)}
	fmt.Fprintf(&p.html, pageHead, c.Lang, html.EscapeString(title))
	p.line(paper.Bold, 16, "H1", o.Head.Name)
	p.line(paper.Text, 10, "P", c.T("casework.head", "code", o.Code(), "date", c.Date(o.OpenedAt)))
	for _, e := range f.Entries {
		k, ok := s.Cases.KindOf(e.Kind)
		if !ok {
			continue
		}
		p.y += 4
		p.line(paper.Bold, 12, "H2", k.Title(c))
		p.line(paper.Text, 9, "P", c.T("casework.by", "name", e.By, "when", c.DateTime(e.Changed)))
		for _, row := range casework.RowsOf(c, k, e.Fields) {
			p.line(paper.Text, 10.5, "P", row["label"].(string)+": "+row["text"].(string))
		}
		if e.File != "" {
			p.line(paper.Text, 10.5, "P", e.File)
		}
	}
	if p.lacks {
		return p.html.Bytes(), nil
	}
	return p.html.Bytes(), p.doc.Bytes()
}

// pageHead begins a page that loads and runs nothing, for a browser without a network.
const pageHead = `<!doctype html>
<html lang="%s"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><title>%s</title>
<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:42rem;margin:2rem auto;padding:0 1rem}h2{margin:1.5rem 0 0;break-after:avoid}p{margin:.25rem 0;white-space:pre-line;overflow-wrap:anywhere}</style>
`

// press sets lines from above, page by page.
type press struct {
	doc   *paper.Doc
	page  *paper.Page
	html  bytes.Buffer
	y     float64 // millimetres
	lacks bool
}

const margin = 18.0 // millimetres

// line sets one piece of text, in both; size is in points.
func (p *press) line(face *paper.Face, size float64, kind, text string) {
	fmt.Fprintf(&p.html, "<%[1]s dir=auto>%[2]s</%[1]s>\n", strings.ToLower(kind), html.EscapeString(text))
	p.lacks = p.lacks || paper.Lacks(text) != ""
	if p.lacks {
		return
	}
	height := size * 0.5
	for _, part := range face.Wrap(size, paper.Width-2*margin, text) {
		if p.page == nil || p.y+height > paper.Height-margin {
			p.page, p.y = p.doc.Page(), margin
		}
		p.y += height
		p.page.Piece(kind, "", func() { p.page.Write(face, size, margin, p.y, part) })
	}
}
