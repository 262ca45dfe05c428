package certificate

import (
	"html"
	"html/template"
	"strings"
	"time"

	"rsc.io/qr"

	"amelie/internal/credential"
	"amelie/internal/paper"
	"amelie/internal/web"
)

// face is what stands on a certificate, on the page and on paper alike, in the
// certificate's own language.
type face struct {
	credential.Signed
	Heading, Has, Topics string
	Given                string // by whom and when
	CheckText, Check     string // how to check, and the address in the code
	KeyText              string
}

// face reads a certificate's file. Errors: credential's; the file was altered
// in the database.
func (s *Service) face(i Issued, date func(lang string, t time.Time) string) (f face, err error) {
	if f.Signed, err = credential.Read(i.File); err != nil {
		return f, err
	}
	say := func(key string, args ...any) string { return s.Texts.T(f.Language, "certificate."+key, args...) }
	f.Heading, f.Has, f.Topics = say("title"), say("has"), say("topics")
	f.Given = say("given", "issuer", f.Issuer, "date", date(f.Language, f.From))
	f.Check = s.BaseURL + i.CheckPath()
	f.CheckText, f.KeyText = say("check-text"), say("key-text")
	return f, nil
}

// text is everything that is set on paper.
func (f face) text() string {
	return strings.Join(append([]string{f.Heading, f.Holder, f.Has, f.Title, f.Description, f.Criteria, f.Given, f.CheckText, f.KeyText, f.Issuer}, f.Tags...), "")
}

// code is the address as a picture.
func (f face) code() (template.HTML, error) { return web.QR(f.Check) }

// The paper: an A4 page with a quiet frame. Places are millimetres.
const (
	edge   = 12.0
	margin = 28.0
	inner  = paper.Width - 2*margin
	foot   = 236.0 // where the part for checking begins
	side   = 34.0  // of the code
)

// pdf is the certificate on one page, a little smaller where the words are many.
func (f face) pdf() ([]byte, error) {
	code, err := qr.Encode(f.Check, qr.M)
	if err != nil {
		return nil, err
	}
	var doc *paper.Doc
	for scale := 1.0; scale > .6; scale -= .05 {
		doc = paper.New(f.Heading, f.Language)
		p := &setter{Page: doc.Page(), y: 40, wide: inner, scale: scale}
		if f.words(p); p.y < foot-8 {
			f.proof(p.Page, code)
			break
		}
	}
	return doc.Bytes(), nil
}

// words is the upper part of the page.
func (f face) words(p *setter) {
	p.set("P", paper.Text, 11, f.Issuer, 10)
	p.set("H1", paper.Bold, 30, f.Heading, 12)
	p.set("P", paper.Bold, 22, f.Holder, 4)
	p.set("P", paper.Text, 13, f.Has, 6)
	p.set("H2", paper.Bold, 17, f.Title, 5)
	p.set("P", paper.Text, 11, f.Description, 4)
	p.set("P", paper.Text, 11, f.Criteria, 7)
	p.set("H2", paper.Bold, 11, f.Topics, 2)
	for _, topic := range f.Tags {
		p.set("P", paper.Text, 10.5, "·  "+topic, .6)
	}
	p.y += 6
	p.set("P", paper.Bold, 11, f.Given, 0)
}

// proof is the frame, and below how to check it.
func (f face) proof(page *paper.Page, code *qr.Code) {
	page.Frame(edge, edge, paper.Width-2*edge, paper.Height-2*edge, .25, .55)
	page.Line(margin, foot-6, paper.Width-margin, foot-6, .2, .6)
	draw(page, code, paper.Width-margin-side, foot)
	p := &setter{Page: page, y: foot + 3, wide: inner - side - 8, scale: 1}
	for _, text := range []string{f.CheckText, f.Check, f.KeyText, f.Key} {
		p.set("P", paper.Text, 8, text, 1.2)
	}
}

// setter sets paragraphs one below the other.
type setter struct {
	*paper.Page
	y, wide float64
	scale   float64
}

// millimetres in a point.
const mm = 25.4 / 72

// set writes a paragraph, and leaves space below.
func (p *setter) set(kind string, f *paper.Face, size float64, text string, below float64) {
	size *= p.scale
	p.Piece(kind, "", func() {
		for _, line := range f.Wrap(size, p.wide, text) {
			p.Write(f, size, margin, p.y, line)
			p.y += size * mm * 1.35
		}
	})
	p.y += below * p.scale
}

// draw draws the code's dark squares, those of a row in one piece.
func draw(p *paper.Page, code *qr.Code, x, y float64) {
	unit := side / float64(code.Size)
	for row := range code.Size {
		for from := 0; from < code.Size; from++ {
			to := from
			for to < code.Size && code.Black(to, row) {
				to++
			}
			if to > from {
				p.Box(x+float64(from)*unit, y+float64(row)*unit, float64(to-from)*unit, unit*1.02, 0)
				from = to
			}
		}
	}
}

// picture is the certificate as a badge: an open door, the course and the date.
// The file is baked into it.
func (f face) picture(file []byte) []byte {
	title := html.EscapeString(f.Title)
	svg := `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 240 240" width="240" height="240" role="img"><title>` + title + `</title>` +
		`<rect x="4" y="4" width="232" height="232" rx="36" fill="#fbf9f6" stroke="#0e5a63" stroke-width="4"/>` +
		`<g fill="none" stroke="#0e5a63" stroke-width="5" stroke-linejoin="round" stroke-linecap="round"><path d="M88 150V52l46-14v112M74 150h92M134 56h22v94"/></g><circle cx="122" cy="98" r="4.5" fill="#e98a5b"/>` +
		`<text x="120" y="186" text-anchor="middle" font-family="Georgia, serif" font-size="19" fill="#1d2433" textLength="` + squeeze(f.Title) + `" lengthAdjust="spacingAndGlyphs">` + title + `</text>` +
		`<text x="120" y="211" text-anchor="middle" font-family="sans-serif" font-size="13" fill="#56607a">` + f.From.Format(time.DateOnly) + `</text></svg>`
	return credential.Bake(svg, file)
}

// squeeze is how wide a title is drawn: as it is, or as wide as there is room.
func squeeze(title string) string {
	return map[bool]string{true: "196", false: "150"}[len([]rune(title)) > 18]
}
