package paper

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf16"
)

// file numbers the objects of a document while they are written.
type file struct {
	b  bytes.Buffer
	at []int // where each object begins, in bytes
}

// next reserves a number.
func (f *file) next() int {
	f.at = append(f.at, 0)
	return len(f.at)
}

func (f *file) put(n int, body string) {
	f.at[n-1] = f.b.Len()
	fmt.Fprintf(&f.b, "%d 0 obj\n%s\nendobj\n", n, body)
}

// add writes an object under a fresh number.
func (f *file) add(body string) int {
	n := f.next()
	f.put(n, body)
	return n
}

// Bytes is the finished file. The same document gives the same bytes.
func (d *Doc) Bytes() []byte {
	f := &file{}
	f.b.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	catalog, pages, tree, body := f.next(), f.next(), f.next(), f.next()
	fonts := d.fonts(f)
	var kids, pieces, parents []string
	for i, p := range d.pages {
		content := f.add(deflated("", p.content.Bytes()))
		page := f.add(fmt.Sprintf("<</Type /Page /Parent %d 0 R /MediaBox [0 0 %.2f %.2f] /Resources <</Font <<%s>>>> /Contents %d 0 R /StructParents %d /Tabs /S>>",
			pages, Width*point, Height*point, fonts, content, i))
		kids = append(kids, ref(page))
		var own []string
		for n, t := range p.tags {
			lang := ""
			if t.lang != "" {
				lang = " /Lang " + literal(t.lang)
			}
			own = append(own, ref(f.add(fmt.Sprintf("<</Type /StructElem /S /%s /P %d 0 R /Pg %d 0 R /K %d%s>>", t.kind, body, page, n, lang))))
		}
		pieces = append(pieces, own...)
		parents = append(parents, fmt.Sprintf("%d [%s]", i, strings.Join(own, " ")))
	}
	f.put(body, fmt.Sprintf("<</Type /StructElem /S /Document /P %d 0 R /K [%s]>>", tree, strings.Join(pieces, " ")))
	f.put(tree, fmt.Sprintf("<</Type /StructTreeRoot /K [%d 0 R] /ParentTree <</Nums [%s]>> /ParentTreeNextKey %d>>", body, strings.Join(parents, " "), len(d.pages)))
	f.put(pages, fmt.Sprintf("<</Type /Pages /Kids [%s] /Count %d>>", strings.Join(kids, " "), len(kids)))
	f.put(catalog, fmt.Sprintf("<</Type /Catalog /Pages %d 0 R /Lang %s /MarkInfo <</Marked true>> /StructTreeRoot %d 0 R /ViewerPreferences <</DisplayDocTitle true>>>>", pages, literal(d.lang), tree))
	info := f.add(fmt.Sprintf("<</Title %s>>", literal(d.title)))
	return f.end(catalog, info)
}

// fonts writes the faces that are used, and gives their names for the pages.
func (d *Doc) fonts(f *file) string {
	var names []string
	for _, face := range []*Face{Text, Bold} {
		used := map[uint16]rune{}
		for _, p := range d.pages {
			for g, r := range p.used[face] {
				used[g] = r
			}
		}
		if len(used) == 0 {
			continue
		}
		letters := f.add(deflated("", unicode(used)))
		descriptor := f.add(face.descriptor(f.add(stream(fmt.Sprintf(" /Length1 %d", face.size), face.packed))))
		glyphs := f.add(fmt.Sprintf("<</Type /Font /Subtype /CIDFontType2 /BaseFont /%s /CIDSystemInfo <</Registry (Adobe) /Ordering (Identity) /Supplement 0>> /FontDescriptor %d 0 R /CIDToGIDMap /Identity /W %s>>",
			face.font, descriptor, face.widthList()))
		font := f.add(fmt.Sprintf("<</Type /Font /Subtype /Type0 /BaseFont /%s /Encoding /Identity-H /DescendantFonts [%d 0 R] /ToUnicode %d 0 R>>", face.font, glyphs, letters))
		names = append(names, "/"+face.name+" "+ref(font))
	}
	return strings.Join(names, " ")
}

// end writes the table of objects.
func (f *file) end(catalog, info int) []byte {
	start := f.b.Len()
	fmt.Fprintf(&f.b, "xref\n0 %d\n0000000000 65535 f \n", len(f.at)+1)
	for _, at := range f.at {
		fmt.Fprintf(&f.b, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(&f.b, "trailer\n<</Size %d /Root %d 0 R /Info %d 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(f.at)+1, catalog, info, start)
	return f.b.Bytes()
}

func ref(n int) string { return fmt.Sprintf("%d 0 R", n) }

// literal is a text string in UTF-16 with its mark.
func literal(s string) string {
	var b strings.Builder
	b.WriteString("<FEFF")
	for _, u := range utf16.Encode([]rune(s)) {
		fmt.Fprintf(&b, "%04X", u)
	}
	return b.String() + ">"
}
