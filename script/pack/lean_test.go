package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"text/template/parse"

	_ "amelie/internal/app" // registers every page
	"amelie/internal/web"
)

// asked walks a template's tree by reflection: nodes of every kind lie within
// each other, and a new kind must not be forgotten.
func asked(node reflect.Value, seen map[any]bool, found map[string]bool) {
	switch node.Kind() {
	case reflect.Interface:
		asked(node.Elem(), seen, found)
	case reflect.Pointer:
		if node.IsNil() || seen[node.Interface()] || node.Type() == reflect.TypeFor[*parse.Tree]() {
			return
		}
		seen[node.Interface()] = true
		asked(node.Elem(), seen, found)
	case reflect.Slice:
		for i := range node.Len() {
			asked(node.Index(i), seen, found)
		}
	case reflect.Struct:
		switch n := node.Interface().(type) {
		case parse.FieldNode:
			note(n.Ident, found)
		case parse.VariableNode:
			note(n.Ident[1:], found)
		case parse.ChainNode:
			note(n.Field, found)
		}
		for i := range node.NumField() {
			if node.Type().Field(i).IsExported() {
				asked(node.Field(i), seen, found)
			}
		}
	}
}

func note(names []string, found map[string]bool) {
	for _, name := range names {
		if "A" <= name && name < "[" { // others are keys of maps
			found[name] = true
		}
	}
}

func TestEveryNameThatAPageAsksForIsKeptByTheBuild(t *testing.T) {
	known, err := names(os.DirFS("../../internal"))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, page := range web.Pages() {
		tmpl, err := page.Template()
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range tmpl.Templates() {
			if part.Tree != nil {
				asked(reflect.ValueOf(part.Tree.Root), map[any]bool{}, found)
			}
		}
	}
	if len(found) < 500 {
		t.Fatalf("only %d names were found in the pages", len(found))
	}
	for name := range found {
		if _, is := slices.BinarySearch(known, name); !is {
			t.Errorf("a page asks for %s, which the build would leave out", name)
		}
	}
}

func TestTheStandardLibraryStillLooksMethodsUpAndSortsAsTheBuildExpects(t *testing.T) {
	list, err := lean(t.TempDir(), []string{"Name"})
	if err != nil {
		t.Fatal(err)
	}
	var overlay struct{ Replace map[string]string }
	if err := json.Unmarshal(list, &overlay); err != nil || len(overlay.Replace) != 3 {
		t.Fatalf("%s: %v", list, err)
	}
}

// sorts is a program that says whether the sorting with which it was built
// sorts, and keeps what is equal in its order.
const sorts = `package main

import "slices"

type one struct{ key, place int }

func main() {
	for n := range 600 {
		list, seed := make([]one, n), uint32(n)+1
		for i := range list {
			seed = seed*1664525 + 1013904223
			list[i] = one{int(seed>>16) % (n/3 + 1), i}
		}
		same := slices.Clone(list)
		by := func(a, b one) int { return a.key - b.key }
		slices.SortFunc(list, by)
		slices.SortStableFunc(same, by)
		for i := 1; i < n; i++ {
			if list[i-1].key > list[i].key || same[i-1].key > same[i].key || same[i-1].key == same[i].key && same[i-1].place > same[i].place {
				panic("not sorted")
			}
		}
	}
	println("sorted")
}
`

func TestWhatTheBuildSortsIsSortedAndEqualsKeepTheirOrder(t *testing.T) {
	dir := t.TempDir()
	list, err := lean(dir, []string{"Name"})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{"overlay.json": list, "main.go": []byte(sorts)} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, err := exec.Command("go", "run", "-overlay", filepath.Join(dir, "overlay.json"), filepath.Join(dir, "main.go")).CombinedOutput()
	if err != nil || string(out) != "sorted\n" {
		t.Errorf("%s: %v", out, err)
	}
}
