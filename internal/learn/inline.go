package learn

import (
	"fmt"
	"html/template"
	"regexp"
	"strings"
)

// workName is the name of a publication as a text cites it.
const workName = `[a-z0-9]+(?:-[a-z0-9]+)*`

// inlineMark finds what stands out within a line: **strong**, *emphasis* and
// [works] that are cited, one or several; [one] [after] the other is one mark.
var inlineMark = regexp.MustCompile(`\*\*|\*|\[` + workName + `(?:(?:, ?|\] ?\[)` + workName + `)*\]`)

// HTML is a line as markup: strong, emphasis and citations, and everything else
// escaped. number gives the place of a cited work in the list below the page; 0
// leaves the citation out.
func HTML(line string, number func(work string) int) template.HTML {
	var b strings.Builder
	open := map[string]bool{}
	tag := map[string]string{"**": "strong", "*": "em"}
	eachMark(line, func(text, mark string) {
		if strings.HasPrefix(mark, "[") {
			text = strings.TrimRight(text, " ")
		}
		b.WriteString(template.HTMLEscapeString(text))
		switch name := tag[mark]; {
		case mark == "":
		case name == "":
			b.WriteString(citation(mark, number))
		case open[mark]:
			b.WriteString("</" + name + ">")
			open[mark] = false
		default:
			b.WriteString("<" + name + ">")
			open[mark] = true
		}
	})
	for _, mark := range []string{"*", "**"} {
		if open[mark] {
			b.WriteString("</" + tag[mark] + ">")
		}
	}
	return template.HTML(b.String())
}

// eachMark walks through a line: text, and the mark after it ("" at the end).
func eachMark(line string, do func(text, mark string)) {
	if !strings.ContainsAny(line, "*[") {
		do(line, "") // most lines have no mark
		return
	}
	at := 0
	for _, m := range inlineMark.FindAllStringIndex(line, -1) {
		do(line[at:m[0]], line[m[0]:m[1]])
		at = m[1]
	}
	do(line[at:], "")
}

func citation(mark string, number func(string) int) string {
	var out []string
	for _, id := range cited(mark) {
		if n := number(id); n > 0 {
			out = append(out, fmt.Sprintf(`<a role="doc-noteref" href="#w%d">%d</a>`, n, n))
		}
	}
	if len(out) == 0 {
		return ""
	}
	return `<sup class="cite">` + strings.Join(out, ", ") + `</sup>`
}

// cited are the works of one mark.
func cited(mark string) []string {
	return strings.FieldsFunc(mark, func(r rune) bool { return strings.ContainsRune("[], ", r) })
}

// Cited are the works that a block names, in their order.
func (t Text) Cited() (out []string) {
	eachMark(t.Body, func(_, mark string) {
		if strings.HasPrefix(mark, "[") {
			out = append(out, cited(mark)...)
		}
	})
	return out
}

// Plain is a line without marks and citations, for exports and paper.
func Plain(line string) string {
	var b strings.Builder
	eachMark(line, func(text, mark string) {
		if strings.HasPrefix(mark, "[") {
			text = strings.TrimRight(text, " ")
		}
		b.WriteString(text)
	})
	return b.String()
}

// balanced says whether every mark that is opened is closed on the same line.
func (t Text) balanced() bool {
	for _, line := range t.Lines() {
		count := map[string]int{}
		eachMark(line, func(_, mark string) { count[mark]++ })
		if count["*"]%2 != 0 || count["**"]%2 != 0 {
			return false
		}
	}
	return true
}
