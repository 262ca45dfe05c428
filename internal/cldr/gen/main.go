// Command gen takes the names of languages and countries that package cldr embeds
// from golang.org/x/text.
//
//	go generate ./internal/cldr
package main

import (
	"bytes"
	"flag"
	"fmt"
	"log"
	"maps"
	"os"
	"slices"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"amelie/internal/i18n"
)

func main() {
	out := flag.String("out", "internal/cldr/data/names.txt", "file to write")
	flag.Parse()
	if err := os.WriteFile(*out, names(), 0o644); err != nil {
		log.Fatal(err)
	}
}

func names() []byte {
	var out bytes.Buffer
	codes, regions := codes(), letters(2)
	for _, reader := range slices.Sorted(maps.Keys(i18n.Endonyms)) {
		namer := display.Languages(language.MustParse(reader))
		line(&out, "language "+reader, codes, func(code string) string { return namer.Name(language.Make(code)) })
	}
	line(&out, "self", codes, func(code string) string { return display.Self.Name(language.Make(code)) })
	for _, reader := range slices.Sorted(maps.Keys(i18n.Endonyms)) {
		namer := display.Regions(language.MustParse(reader))
		line(&out, "region "+reader, regions, func(code string) string {
			if r, err := language.ParseRegion(strings.ToUpper(code)); err == nil && r.Canonicalize().String() == strings.ToUpper(code) {
				return namer.Name(r)
			}
			return ""
		})
	}
	return out.Bytes()
}

// line writes the names of codes; what is called as without its country is left out.
func line(out *bytes.Buffer, head string, codes []string, name func(code string) string) {
	out.WriteString(head)
	for _, code := range codes {
		said := name(code)
		if base, _, country := strings.Cut(code, "-"); said == "" || country && said == name(base) {
			continue
		}
		if strings.HasPrefix(head, "region") {
			code = strings.ToUpper(code)
		}
		fmt.Fprintf(out, "\t%s=%s", code, said)
	}
	out.WriteString("\n")
}

// codes are all languages as they are written now, and the countries and scripts
// for which some have a name of their own.
func codes() (out []string) {
	for _, code := range append(letters(2), letters(3)...) {
		if tag, err := language.All.Parse(code); err != nil || tag.String() != code {
			continue
		}
		out = append(out, code)
		for _, s := range []string{"001", "419", "AT", "AU", "BE", "BR", "CA", "CD", "CH", "ES", "GB", "MD", "ME", "MX", "PT", "US", "Arab", "Cyrl", "Hans", "Hant", "Latn"} {
			if tag, err := language.All.Parse(code + "-" + s); err == nil && tag.String() == code+"-"+s {
				out = append(out, code+"-"+s)
			}
		}
	}
	return out
}

// letters are all words of so many small letters.
func letters(n int) []string {
	if n == 0 {
		return []string{""}
	}
	var out []string
	for _, short := range letters(n - 1) {
		for c := 'a'; c <= 'z'; c++ {
			out = append(out, short+string(c))
		}
	}
	return out
}
