// Command gen derives the outlines of package atlas (data/outline.bin.gz) from
// Natural Earth's 1:10m states and provinces, as the world_map.gpkg of QGIS
// carries them: generalised with shared borders kept equal point for point.
// The file is not kept in the repository; see data/SOURCES.md.
//
//	go run ./internal/directory/atlas/gen -world world_map.gpkg -out internal/directory/atlas/data/outline.bin.gz
//
// What it does: provinces are joined to the territories that the map shows and
// all other land to one piece without inner borders; borders are cut into arcs
// where three areas meet, so that neighbours share them; arcs are simplified
// by the area of their triangles (Visvalingam and Whyatt 1993), each as finely
// as its country's page can show; the rest is counted in thousandths of a
// degree and written as differences.
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"flag"
	"fmt"
	"log"
	"os"
	"slices"

	"amelie/internal/geo"
)

// perDegree is the grid of the file: thousandths of a degree, about 100 m.
const perDegree = 1000

func main() {
	world := flag.String("world", "", "world_map.gpkg of QGIS")
	out := flag.String("out", "internal/directory/atlas/data/outline.bin.gz", "file to write")
	flag.Parse()
	if err := run(*world, *out); err != nil {
		log.Fatal(err)
	}
}

func run(world, out string) error {
	provinces, err := readProvinces(world)
	if err != nil {
		return err
	}
	regions, err := gather(provinces, regionOf)
	if err != nil {
		return err
	}
	countries, err := gather(provinces, func(p province) (string, error) {
		code, err := regionOf(p)
		return geo.Country(code), err
	})
	if err != nil {
		return err
	}
	var b bytes.Buffer
	for _, layer := range []struct {
		units map[string][]ring
		fine  func(codes []string) float64
	}{{countries, coarse}, {regions, fine}} {
		arcs, shapes := cut(layer.units)
		for i := range arcs {
			arcs[i].points = simplify(arcs[i].points, layer.fine(arcs[i].of))
		}
		drop(shapes, arcs)
		write(&b, arcs, shapes)
		points := 0
		for _, a := range arcs {
			points += len(a.points)
		}
		fmt.Printf("%d shapes, %d arcs, %d points\n", len(shapes), len(arcs), points)
	}
	return pack(out, b.Bytes())
}

// land is the unit of everything that is not in the directory.
const land = ""

// regionOf is the territory that a province is drawn as: provinces of Belgium,
// states of Germany, regions of Greece and Italy.
func regionOf(p province) (string, error) {
	switch p.country {
	case "BE", "DE", "GR":
		if code := named[p.name]; code != "" {
			return code, nil
		}
		return "", fmt.Errorf("%s: no code for %q", p.country, p.name)
	case "IT":
		return italian(p.name)
	}
	return land, nil
}

// named are the territories that the source spells in its own way.
var named = map[string]string{
	"Anatoliki Makedonia kai Thraki": "GR-A", "Kentriki Makedonia": "GR-B", "Dytiki Makedonia": "GR-C", "Ipeiros": "GR-D",
	"Thessalia": "GR-E", "Ionioi Nisoi": "GR-F", "Dytiki Ellada": "GR-G", "Stereá Elláda": "GR-H", "Attiki": "GR-I",
	"Peloponnisos": "GR-J", "Voreio Aigaio": "GR-K", "Notio Aigaio": "GR-L", "Kriti": "GR-M", "Ayion Oros": "GR-69",
	"Antwerp": "BE-VAN", "Brussels": "BE-BRU", "East Flanders": "BE-VOV", "Flemish Brabant": "BE-VBR", "Hainaut": "BE-WHT",
	"Liege": "BE-WLG", "Limburg": "BE-VLI", "Luxembourg": "BE-WLX", "Namur": "BE-WNA", "Walloon Brabant": "BE-WBR", "West Flanders": "BE-VWV",
	"Baden-Württemberg": "DE-BW", "Bayern": "DE-BY", "Berlin": "DE-BE", "Brandenburg": "DE-BB", "Bremen": "DE-HB", "Hamburg": "DE-HH",
	"Hessen": "DE-HE", "Mecklenburg-Vorpommern": "DE-MV", "Niedersachsen": "DE-NI", "Nordrhein-Westfalen": "DE-NW",
	"Rheinland-Pfalz": "DE-RP", "Saarland": "DE-SL", "Sachsen": "DE-SN", "Sachsen-Anhalt": "DE-ST", "Schleswig-Holstein": "DE-SH", "Thüringen": "DE-TH",
	"Aoste": "IT-23", "Bozen": "IT-32", "Crotene": "IT-78", "Oristrano": "IT-88", "Barletta-Andria Trani": "IT-75", "Turin": "IT-21",
	"Carbonia-Iglesias": "IT-88", "Medio Campidano": "IT-88", "Ogliastra": "IT-88", "Olbia-Tempio": "IT-88", // provinces of Sardinia until 2016
}

// italian is the region of an Italian province.
func italian(name string) (string, error) {
	if code := named[name]; code != "" {
		return code, nil
	}
	for _, code := range geo.TerritoriesNamed(name) {
		if up := geo.Ancestors(code); len(up) == 3 && geo.Country(code) == "IT" {
			return up[1], nil
		}
	}
	return "", fmt.Errorf("IT: no region for %q", name)
}

// square kilometres of a triangle that a page of 1000 units across a country
// cannot show, about three units of its map each.
var detail = map[string]float64{"BE": 0.25, "DE": 1.2, "GR": 1.6, "IT": 2.6}

// fine is the tolerance of a border: that of the finest of its neighbours.
func fine(codes []string) float64 {
	least := 30.0 // land far from the four
	for _, code := range codes {
		if t, ok := detail[geo.Country(code)]; ok {
			least = min(least, t)
		}
	}
	return least
}

// coarse is the tolerance of the page with all four countries.
func coarse(codes []string) float64 {
	if slices.Equal(codes, []string{land}) {
		return 45
	}
	return 22
}

// write appends a layer: arcs as first point and differences, then shapes as
// rings of arcs, a reversed one as its complement. All numbers are varints.
func write(b *bytes.Buffer, arcs []arc, shapes []shape) {
	count := func(n int) { b.Write(binary.AppendUvarint(nil, uint64(n))) }
	signed := func(n int) { b.Write(binary.AppendVarint(nil, int64(n))) }
	used, renumber := []arc{}, map[int]int{}
	for _, s := range shapes {
		for _, r := range s.rings {
			for _, ref := range r {
				i := max(ref, ^ref)
				if _, ok := renumber[i]; !ok {
					renumber[i] = len(used)
					used = append(used, arcs[i])
				}
			}
		}
	}
	count(len(used))
	for _, a := range used {
		count(len(a.points))
		var last point
		for _, p := range a.points {
			signed(p.x - last.x)
			signed(p.y - last.y)
			last = p
		}
	}
	count(len(shapes))
	for _, s := range shapes {
		count(len(s.code))
		b.WriteString(s.code)
		count(len(s.rings))
		for _, r := range s.rings {
			count(len(r))
			for _, ref := range r {
				if ref < 0 {
					signed(^renumber[^ref])
				} else {
					signed(renumber[ref])
				}
			}
		}
	}
}

func pack(file string, b []byte) error {
	var z bytes.Buffer
	w, err := gzip.NewWriterLevel(&z, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := w.Write(b); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	fmt.Printf("%s: %d bytes, packed %d\n", file, len(b), z.Len())
	return os.WriteFile(file, z.Bytes(), 0o644)
}
