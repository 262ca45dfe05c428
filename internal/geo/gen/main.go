// Command gen derives the gazetteer of package geo (data/place.tsv.br) from a
// GeoNames dump of places with at least 1,000 inhabitants (the table with 19
// columns that GeoNames documents) and, for the names in the six languages,
// from message catalogues keyed by GeoNames number (as in Debian's
// libgeonames-common). Neither is kept in the repository; see data/SOURCES.md.
//
//	go run ./internal/geo/gen -places cities1000.txt -names DIR/locale -out internal/geo/data/place.tsv.br
package main

import (
	"bufio"
	"encoding/binary"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/andybalholm/brotli"

	"amelie/internal/fold"
)

func main() {
	places := flag.String("places", "", "GeoNames table of places")
	names := flag.String("names", "", "folder LANG/LC_MESSAGES/geonames.mo")
	out := flag.String("out", "internal/geo/data/place.tsv.br", "file to write")
	flag.Parse()
	if err := run(*places, *names, *out); err != nil {
		log.Fatal(err)
	}
}

func run(places, names, out string) error {
	labels, err := readLabels(names)
	if err != nil {
		return err
	}
	lines, err := convert(places, labels)
	if err != nil {
		return err
	}
	return write(out, lines)
}

// readLabels reads the catalogue of each language: GeoNames number to name.
func readLabels(dir string) (map[string]map[string]string, error) {
	labels := map[string]map[string]string{}
	for _, lang := range languages {
		b, err := os.ReadFile(filepath.Join(dir, lang, "LC_MESSAGES", "geonames.mo"))
		if err != nil {
			return nil, err
		}
		labels[lang] = catalogue(b)
	}
	return labels, nil
}

var languages = []string{"en", "el", "it", "de", "nl", "fr"}

// catalogue reads a compiled gettext catalogue (little endian): at 8 the number
// of strings, at 12 and 16 the offsets of the tables of originals and
// translations, each entry a length and an offset.
func catalogue(b []byte) map[string]string {
	at := func(i uint32) uint32 { return binary.LittleEndian.Uint32(b[i:]) }
	n, from, to := at(8), at(12), at(16)
	m := make(map[string]string, n)
	for i := range n {
		key := string(b[at(from+8*i+4):][:at(from+8*i)])
		m[key] = string(b[at(to+8*i+4):][:at(to+8*i)])
	}
	return m
}

// convert selects the places of the four countries, the largest first.
func convert(file string, labels map[string]map[string]string) ([]string, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	type row struct {
		population int
		line       string
	}
	var rows []row
	in := bufio.NewScanner(f)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		c := strings.Split(in.Text(), "\t")
		if len(c) < 15 {
			continue
		}
		population, _ := strconv.Atoi(c[14])
		territory := territoryOf(c[8], c[10], c[11])
		if territory == "" || population < 1000 && c[8] != "GR" || c[7] == "PPLH" || c[7] == "PPLQ" {
			continue
		}
		rows = append(rows, row{population, line(c, territory, population, labels)})
	}
	slices.SortStableFunc(rows, func(a, b row) int { return b.population - a.population })
	lines := make([]string, len(rows))
	for i, r := range rows {
		lines[i] = r.line
	}
	return lines, in.Err()
}

func line(c []string, territory string, population int, labels map[string]map[string]string) string {
	name := c[1]
	alternatives := strings.Split(c[3], ",")
	if c[8] == "GR" {
		name = c[2] // the ASCII name is the spelling that Latin alphabets use
	}
	known := map[string]bool{fold.Key(name): true}
	var own []string
	for _, lang := range languages {
		label := labels[lang][c[0]]
		if label == "" && lang == "el" && c[8] == "GR" {
			label = greekName(alternatives)
		}
		if label == "" || label == name || strings.ContainsAny(label, "|=;\t") {
			continue
		}
		own = append(own, lang+"="+label)
		known[fold.Key(label)] = true
	}
	var other []string
	for _, a := range alternatives {
		if key := fold.Key(a); useful(a) && !known[key] {
			known[key] = true
			other = append(other, a)
		}
	}
	return strings.Join([]string{
		c[0], name, territory, degrees(c[4]), degrees(c[5]), strconv.Itoa(population),
		strings.Join(own, ";"), strings.Join(other, "|"),
	}, "\t")
}

// greekName is the first alternative in Greek letters with an accent: the name
// as Greeks write it today.
func greekName(alternatives []string) string {
	for _, a := range alternatives {
		if fold.IsGreek(fold.Key(a)) && strings.ContainsAny(a, "άέήίόύώΆΈΉΊΌΎΏ") {
			return a
		}
	}
	return ""
}

// useful keeps names in Latin or Greek letters that a person could type:
// airport codes and machine transliterations (all small letters) are dropped.
func useful(name string) bool {
	first, _ := utf8.DecodeRuneInString(name)
	if utf8.RuneCountInString(name) < 3 || !unicode.IsUpper(first) || strings.ContainsAny(name, "|;=\t") {
		return false
	}
	if name == strings.ToUpper(name) && len(name) <= 4 {
		return false
	}
	for _, r := range name {
		if unicode.IsLetter(r) && !unicode.In(r, unicode.Latin, unicode.Greek) {
			return false
		}
	}
	return true
}

func degrees(s string) string {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return ""
	}
	return strconv.FormatFloat(v, 'f', 4, 64)
}

// territoryOf maps the codes of GeoNames to ISO 3166-2.
func territoryOf(country, first, second string) string {
	switch country {
	case "BE":
		if first == "BRU" {
			return "BE-BRU"
		}
		return join("BE-", second)
	case "DE":
		return join("DE-", land[first])
	case "GR":
		if first == "736572" {
			return "GR-69"
		}
		return join("GR-", periphery[first])
	case "IT":
		if second == "AO" {
			return "IT-23"
		}
		return join("IT-", second)
	}
	return ""
}

func join(prefix, code string) string {
	if code == "" {
		return ""
	}
	return prefix + code
}

var land = map[string]string{
	"01": "BW", "02": "BY", "03": "HB", "04": "HH", "05": "HE", "06": "NI", "07": "NW", "08": "RP",
	"09": "SL", "10": "SH", "11": "BB", "12": "MV", "13": "SN", "14": "ST", "15": "TH", "16": "BE",
}

var periphery = map[string]string{
	"ESYE11": "A", "ESYE12": "B", "ESYE13": "C", "ESYE21": "D", "ESYE14": "E", "ESYE22": "F", "ESYE23": "G",
	"ESYE24": "H", "ESYE31": "I", "ESYE25": "J", "ESYE41": "K", "ESYE42": "L", "ESYE43": "M",
}

func write(file string, lines []string) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	z := brotli.NewWriterOptions(f, brotli.WriterOptions{Quality: brotli.BestCompression, LGWin: 24})
	for _, l := range lines {
		if _, err := fmt.Fprintln(z, l); err != nil {
			return err
		}
	}
	if err := z.Close(); err != nil {
		return err
	}
	return f.Close()
}
