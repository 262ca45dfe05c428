package check

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// unmerged are the lines that an unfinished merge leaves behind. A line of
// equal signs alone may underline a heading of plain text.
var unmerged = regexp.MustCompile(`(?m)^(<{7}|>{7}|\|{7})( |\r?$)`)

func unmergedLine(text []byte) string {
	at := unmerged.FindIndex(text)
	if at == nil {
		for _, line := range bytes.Split(text, []byte("\n")) {
			if bytes.Equal(bytes.TrimRight(line, "\r"), bytes.Repeat([]byte("="), 7)) {
				return string(line)
			}
		}
		return ""
	}
	line, _, _ := bytes.Cut(text[at[0]:], []byte("\n"))
	return string(line)
}

func TestNoFileHoldsAnUnfinishedMerge(t *testing.T) {
	n := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := d.Name(); d.IsDir() && (name == ".git" || name == "node_modules") {
			return fs.SkipDir
		}
		switch filepath.Ext(path) {
		case ".go", ".html", ".css", ".js", ".toml", ".md", ".cedar", ".sql", ".json", ".jsonl", ".csv", ".txt", ".yml", ".yaml", ".sh", ".mod", ".sum", ".svg", "":
		default:
			return nil
		}
		if !d.Type().IsRegular() {
			return nil
		}
		if info, err := d.Info(); err != nil || info.Size() > 8<<20 {
			return err // a built program, a large table
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		n++
		if line := unmergedLine(text); line != "" {
			t.Errorf("%s holds a line of an unfinished merge: %s", path, line)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n < 500 {
		t.Errorf("only %d files were read: the check looks in the wrong place", n)
	}
}

func TestTheCheckKnowsAnUnfinishedMerge(t *testing.T) {
	for _, sign := range []string{"<", ">", "|", "="} {
		line := strings.Repeat(sign, 7)
		if got := unmergedLine([]byte("a\n" + line + "\nb\n")); got != line {
			t.Errorf("%q was not found: %q", line, got)
		}
	}
	if got := unmergedLine([]byte("# Title\n========\n<<<<<<<<\n")); got != "" {
		t.Errorf("%q is no line of a merge", got)
	}
}
