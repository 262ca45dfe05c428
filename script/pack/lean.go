package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
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

// files are copies of files of the standard library with which the program is
// built lighter, by where the original stands (docs/decisions/0095).
type files map[string][]byte

// write puts them into a folder and answers the text of a file for go build
// -overlay.
func (f files) write(into string) ([]byte, error) {
	replace := map[string]string{}
	for place, text := range f {
		at := filepath.Join(into, strings.NewReplacer("/", "_", `\`, "_", ":", "_").Replace(place))
		if err := os.WriteFile(at, text, 0o600); err != nil {
			return nil, err
		}
		replace[place] = at
	}
	return json.Marshal(map[string]any{"Replace": replace})
}

// library is the folder of the standard library's sources.
func library() (string, error) {
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	return filepath.Join(strings.TrimSpace(string(goroot)), "src"), err
}

// once replaces what must stand in a file exactly once.
func once(text []byte, was, is string) ([]byte, error) {
	if n := bytes.Count(text, []byte(was)); n != 1 {
		return nil, fmt.Errorf("%q stands in the standard library %d times, not once", was, n)
	}
	return bytes.Replace(text, []byte(was), []byte(is), 1), nil
}

// methods is the file of text/template that looks methods up by name, and beside
// it the names: a method that is asked for by a word known at build time does not
// oblige the linker to keep every method of every type (cmd/link, "deadcode").
func methods(library string, names []string) (files, error) {
	folder := filepath.Join(library, "text", "template")
	text, err := os.ReadFile(filepath.Join(folder, "exec.go"))
	if err != nil {
		return nil, err
	}
	if text, err = once(text, "ptr.MethodByName(fieldName)", "methodByName(ptr, fieldName)"); err != nil {
		return nil, err
	}
	var cases strings.Builder
	for _, name := range names {
		fmt.Fprintf(&cases, "\tcase %q:\n\t\treturn v.MethodByName(%[1]q)\n", name)
	}
	known := "package template\n\nimport \"reflect\"\n\nfunc methodByName(v reflect.Value, name string) reflect.Value {\n\tswitch name {\n" +
		cases.String() + "\t}\n\treturn reflect.Value{}\n}\n"
	return files{filepath.Join(folder, "exec.go"): text, filepath.Join(folder, "amelie_names.go"): []byte(known)}, nil
}

// bridge is what slices.SortFunc and SortStableFunc call, upon the one sorting
// that package sort has for all types.
const bridge = `
type lessSwap struct {
	Less func(i, j int) bool
	Swap func(i, j int)
}

func byIndex[E any](data []E, cmp func(a, b E) int) lessSwap {
	return lessSwap{
		func(i, j int) bool { return cmp(data[i], data[j]) < 0 },
		func(i, j int) { data[i], data[j] = data[j], data[i] },
	}
}

func pdqsortCmpFunc[E any](data []E, a, b, limit int, cmp func(a, b E) int) {
	pdqsort_func(byIndex(data, cmp), a, b, limit)
}

func stableCmpFunc[E any](data []E, n int, cmp func(a, b E) int) {
	stable_func(byIndex(data, cmp), n)
}
`

// sorting is the file of slices with the sorting by a function. As it is, every
// type that is sorted brings all of it again, 6 KB each.
func sorting(library string) (files, error) {
	text, err := os.ReadFile(filepath.Join(library, "sort", "zsortfunc.go"))
	if err != nil {
		return nil, err
	}
	if text, err = once(text, "\npackage sort\n", "\npackage slices\n"); err != nil {
		return nil, err
	}
	return files{filepath.Join(library, "slices", "zsortanyfunc.go"): append(text, bridge...)}, nil
}

// lean writes what is built lighter into a folder, with the overlay's text.
func lean(into string, names []string) ([]byte, error) {
	from, err := library()
	if err != nil {
		return nil, err
	}
	all, err := methods(from, names)
	if err != nil {
		return nil, err
	}
	sorted, err := sorting(from)
	if err != nil {
		return nil, err
	}
	maps.Copy(all, sorted)
	return all.write(into)
}
