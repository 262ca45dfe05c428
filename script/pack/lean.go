package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// called is whatever could be a field or a method within a template.
var called = regexp.MustCompile(`\.([A-Z]\w*)`)

// names lists, in order, what the page files below root could ask of a value:
// rather too much than too little.
func names(root fs.FS) ([]string, error) {
	found := map[string]bool{}
	err := fs.WalkDir(root, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".html" {
			return err
		}
		text, err := fs.ReadFile(root, path)
		for _, m := range called.FindAllSubmatch(text, -1) {
			found[string(m[1])] = true
		}
		return err
	})
	var list []string
	for name := range found {
		list = append(list, name)
	}
	slices.Sort(list)
	for _, all := range []string{"Method", "MethodByName", "Methods"} { // of reflect.Value: they ask for every method
		if found[all] {
			return nil, fmt.Errorf("a page asks for %s: give it another name", all)
		}
	}
	return list, err
}

const lookup = "ptr.MethodByName(fieldName)"

// lean writes a copy of the file of text/template that looks methods up by
// name, and beside it the names: a method that is asked for by a word known at
// build time does not oblige the linker to keep every method of every type
// (cmd/link, "deadcode"; docs/decisions/0095). It answers the text of a file
// for go build -overlay.
func lean(into string, names []string) ([]byte, error) {
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return nil, err
	}
	folder := filepath.Join(strings.TrimSpace(string(goroot)), "src", "text", "template")
	text, err := os.ReadFile(filepath.Join(folder, "exec.go"))
	if err != nil {
		return nil, err
	}
	if n := bytes.Count(text, []byte(lookup)); n != 1 {
		return nil, fmt.Errorf("text/template looks methods up in %d places, not in one", n)
	}
	text = bytes.Replace(text, []byte(lookup), []byte("methodByName(ptr, fieldName)"), 1)
	var cases strings.Builder
	for _, name := range names {
		fmt.Fprintf(&cases, "\tcase %q:\n\t\treturn v.MethodByName(%[1]q)\n", name)
	}
	known := "package template\n\nimport \"reflect\"\n\nfunc methodByName(v reflect.Value, name string) reflect.Value {\n\tswitch name {\n" +
		cases.String() + "\t}\n\treturn reflect.Value{}\n}\n"
	replace := map[string]string{}
	for name, content := range map[string]string{"exec.go": string(text), "amelie_names.go": known} {
		at := filepath.Join(into, name)
		if err := os.WriteFile(at, []byte(content), 0o600); err != nil {
			return nil, err
		}
		replace[filepath.Join(folder, name)] = at
	}
	return json.Marshal(map[string]any{"Replace": replace})
}
