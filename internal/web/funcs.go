package web

import (
	"fmt"
	"html"
	"html/template"
	"slices"
	"strings"
	"unicode"
)

// funcs are the functions that every template may call. They know nothing of
// the request; what depends on it are methods of Ctx.
var funcs = template.FuncMap{
	"icon":      icon,
	"picture":   picture,
	"asset":     assetPath,
	"dict":      dict,
	"list":      func(items ...any) []any { return items },
	"groups":    func(key string) []string { return strings.Split(key, "-") },
	"join":      strings.Join,
	"safeTel":   SafeTel,
	"link":      link,
	"stepState": stepState,
	"fieldID":   fieldID,
	"rich":      Rich,
	"langName":  LanguageName,
	"langDir":   Dir,
	"upper":     strings.ToUpper,
	"add":       func(a, b int) int { return a + b },
	"has":       has,
	"count":     count,
	"or2": func(a, b any) any {
		if truth, ok := template.IsTrue(a); ok && truth {
			return a
		}
		return b
	},
	"choice": func(value, label string, more ...string) Choice { return newChoice(value, label, more) },
}

// dict makes the parameter of a component: names and values by turns.
func dict(pairs ...any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, fmt.Errorf("dict: a name without a value")
	}
	m := make(map[string]any, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("dict: name %d is not text", i/2)
		}
		m[name] = pairs[i+1]
	}
	return m, nil
}

// count is 1, 2, ... n.
func count(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i + 1
	}
	return list
}

// has tells whether the list holds the word.
func has(list []string, word string) bool {
	for _, w := range list {
		if w == word {
			return true
		}
	}
	return false
}

// SafeTel is the address of a call link: "tel:" and digits, with a leading
// plus if there is one. Everything else in the number is only for the eye.
func SafeTel(number string) template.URL {
	var b strings.Builder
	for _, r := range number {
		if r == '+' && b.Len() == 0 || r >= '0' && r <= '9' || r == '*' || r == '#' {
			b.WriteRune(r)
		}
	}
	return template.URL("tel:" + b.String()) //nolint:gosec // digits only
}

// link lets the address of a call through, which html/template does not know
// as harmless; everything else goes through its own check.
func link(address any) any {
	if s, ok := address.(string); ok && strings.HasPrefix(s, "tel:") {
		return SafeTel(s)
	}
	return address
}

// stepState is the class of one step while the reader stands at another.
func stepState(step int, now any) string {
	at, ok := now.(int)
	switch {
	case ok && step < at:
		return "done"
	case ok && step == at:
		return "now"
	}
	return "todo"
}

// fieldID is the id of a form field, which the error summary links to.
func fieldID(name string) string {
	return "f-" + strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '_' {
			return r
		}
		return '-'
	}, name)
}

// Choice is one answer of c-choices or c-select.
type Choice struct {
	Value, Label, Hint string
	Icon               string
	URL                string // for answers that are links
	Count              string // small figure beside the label
	Lang               string // of the label in a list to pick from, when it is not the page's
	Selected           bool
}

// Asked is one question of a form that c-asked shows: chips where it has Choices
// (one of them, if Single), otherwise a line of Type, or several lines.
type Asked struct {
	Name, Label, Type, Value string
	Choices                  []Choice
	Single, Long             bool
	Max                      int // characters
	Optional                 bool
	Folded                   []Choice // chips in a fold below the others, whose name is More
	More                     string
}

// Options writes the list of a select whose first option, none, leaves it open.
// It is for long lists: forty options cost more in a template than the rest of
// a page.
func Options(none string, list []Choice, chosen ...string) template.HTML {
	var b strings.Builder
	option := func(value, label string) {
		b.WriteString(`<option value="`)
		b.WriteString(html.EscapeString(value))
		b.WriteByte('"')
		if slices.Contains(chosen, value) {
			b.WriteString(` selected`)
		}
		b.WriteByte('>')
		b.WriteString(html.EscapeString(label))
		b.WriteString(`</option>`)
	}
	option("", none)
	for _, c := range list {
		option(c.Value, c.Label)
	}
	return template.HTML(b.String()) //nolint:gosec // escaped above
}

func newChoice(value, label string, more []string) Choice {
	c := Choice{Value: value, Label: label}
	if len(more) > 0 {
		c.Hint = more[0]
	}
	if len(more) > 1 {
		c.Icon = more[1]
	}
	return c
}
