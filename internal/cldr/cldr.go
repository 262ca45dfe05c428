// Package cldr knows what languages and countries are called, by Unicode's Common
// Locale Data Repository, in the languages of the interface and of the patients.
//
// The idea: golang.org/x/text has these names in 261 languages, 2.3 MB of every
// program that asks it for one. The sixteen that are read here lie in a table of
// their own, which gen takes from there (go generate ./internal/cldr), and a test
// holds the two against each other.
//
// Stored: nothing. It must never be asked for more languages than the table has
// and answer another's: without a name it answers none.
package cldr

import (
	_ "embed"
	"strings"
	"sync"

	"golang.org/x/text/language"
)

//go:generate go run ./gen -out data/names.txt

//go:embed data/names.txt
var table string

// Spoken are the languages that are known by name without anybody's help: those of
// the interface and of the patients, their neighbours, and those of the countries
// from which many people come.
func Spoken() []string {
	return strings.Fields(`en el it de nl fr ar sq bg zh hu pl pt ro es uk
	ru tr fa ps ur hi bn pa ta te ne si am ti so sw yo ig ha wo ff ln rw sn mg bm ak ee om bin pcm
	bs hr sr sl sk cs lt lv et fi sv da nb mk ka hy az kk uz ky tg mn vi th fil id ms ja ko km lo my ku ckb he be lg zu rom`)
}

// sections are the lines of the table by their head ("language el"): each name
// with its code before it, "\tde=Γερμανικά\t".
var sections = sync.OnceValue(func() map[string]string {
	out := map[string]string{}
	for line := range strings.Lines(table) {
		line = strings.TrimSuffix(line, "\n")
		head, _, _ := strings.Cut(line, "\t")
		out[head] = line[len(head):] // cut from the table: nothing is copied
	}
	return out
})

func name(section, code string) string {
	_, rest, found := strings.Cut(sections()[section], "\t"+code+"=")
	if !found {
		return ""
	}
	said, _, _ := strings.Cut(rest, "\t")
	return said
}

// base is a language without its country or script.
func base(code string) string {
	b, _, _ := strings.Cut(code, "-")
	return b
}

// spoken finds a language by its code as it is written now, then without its
// country.
func spoken(section, code string) string {
	tag, err := language.All.Parse(code)
	if err != nil {
		return ""
	}
	if n := name(section, tag.String()); n != "" {
		return n
	}
	return name(section, base(tag.String()))
}

// Language is the name of a language (BCP 47) for a reader of another, as it stands
// within a sentence; "" where there is none.
func Language(reader, code string) string { return spoken("language "+base(reader), code) }

// Self is the name of a language in itself; "" where there is none.
func Self(code string) string { return spoken("self", code) }

// Region is the name of a country (ISO 3166-1) for a reader; "" where there is none.
func Region(reader, code string) string {
	r, err := language.ParseRegion(code)
	if err != nil {
		return ""
	}
	return name("region "+base(reader), r.Canonicalize().String())
}
