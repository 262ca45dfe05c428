package web

import (
	"html/template"
	"strings"
)

// Lined keeps the lines of a text apart on a page.
func Lined(text string) template.HTML {
	return template.HTML(strings.ReplaceAll(template.HTMLEscapeString(text), "\n", "<br>")) //nolint:gosec // escaped here
}

// longest is above how many words a text is shown whole, old and new.
const longest = 1200

// Marked shows a change word by word: <del> for what went, <ins> for what came.
func Marked(old, now string) template.HTML {
	a, b := tokens(old), tokens(now)
	var out strings.Builder
	write := func(tag string, words []string) {
		text := strings.Join(words, "")
		if strings.TrimSpace(text) == "" && tag != "" {
			tag = ""
		}
		html := string(Lined(text))
		if tag != "" {
			html = "<" + tag + ">" + html + "</" + tag + ">"
		}
		out.WriteString(html)
	}
	if len(a) > longest || len(b) > longest {
		write("del", a)
		write("ins", b)
		return template.HTML(out.String()) //nolint:gosec // escaped by Lined
	}
	same := common(a, b)
	i, j := 0, 0
	for _, at := range append(same, [2]int{len(a), len(b)}) {
		if at[0] > i {
			write("del", a[i:at[0]])
		}
		if at[1] > j {
			write("ins", b[j:at[1]])
		}
		if at[0] < len(a) && at[1] < len(b) {
			write("", a[at[0]:at[0]+1])
		}
		i, j = at[0]+1, at[1]+1
	}
	return template.HTML(out.String()) //nolint:gosec // escaped by Lined
}

// tokens are the words of a text, each with the space that follows.
func tokens(s string) []string {
	var out []string
	for len(s) > 0 {
		end := strings.IndexAny(s, " \n\t")
		if end < 0 {
			return append(out, s)
		}
		for end < len(s) && strings.ContainsRune(" \n\t", rune(s[end])) {
			end++
		}
		out, s = append(out, s[:end]), s[end:]
	}
	return out
}

// common is the longest common sequence of two lists as pairs of positions.
func common(a, b []string) [][2]int {
	n, m := len(a), len(b)
	length := make([][]int, n+1)
	for i := range length {
		length[i] = make([]int, m+1)
	}
	for i := n - 1; i >= 0; i-- {
		for j := m - 1; j >= 0; j-- {
			if strings.TrimSpace(a[i]) == strings.TrimSpace(b[j]) {
				length[i][j] = length[i+1][j+1] + 1
			} else {
				length[i][j] = max(length[i+1][j], length[i][j+1])
			}
		}
	}
	var out [][2]int
	for i, j := 0, 0; i < n && j < m; {
		switch {
		case strings.TrimSpace(a[i]) == strings.TrimSpace(b[j]):
			out = append(out, [2]int{i, j})
			i, j = i+1, j+1
		case length[i+1][j] >= length[i][j+1]:
			i++
		default:
			j++
		}
	}
	return out
}
