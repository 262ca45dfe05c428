package geo

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestDistanceIsThatOfTheGreatCircle(t *testing.T) {
	for _, c := range []struct {
		name                   string
		lat1, lon1, lat2, lon2 float64
		km, tolerance          float64
	}{
		{"Thessaloniki to Athens", 40.6436, 22.9309, 37.9838, 23.7275, 303, 3},
		{"Brussels to Liège", 50.8505, 4.3488, 50.6337, 5.5675, 89, 2},
		{"a quarter of the equator", 0, 0, 0, 90, math.Pi / 2 * 6371.0088, 0.001},
		{"pole to pole", 90, 0, -90, 77, math.Pi * 6371.0088, 0.001},
		{"across the date line", 10, 179.5, 10, -179.5, 109.5, 0.2},
		{"nowhere", 50, 5, 50, 5, 0, 0},
	} {
		if got := Distance(c.lat1, c.lon1, c.lat2, c.lon2) / 1000; math.Abs(got-c.km) > c.tolerance {
			t.Errorf("%s: %.3f km, want %.3f", c.name, got, c.km)
		}
	}
}

func TestDistanceIsAMetric(t *testing.T) {
	lat, lon := rapid.Float64Range(-90, 90), rapid.Float64Range(-180, 180)
	rapid.Check(t, func(t *rapid.T) {
		a, b := lat.Draw(t, "lat1"), lon.Draw(t, "lon1")
		c, d := lat.Draw(t, "lat2"), lon.Draw(t, "lon2")
		e, f := lat.Draw(t, "lat3"), lon.Draw(t, "lon3")
		there, back := Distance(a, b, c, d), Distance(c, d, a, b)
		if math.Abs(there-back) > 1e-3 || there < 0 || there > math.Pi*earthRadius+1e-3 {
			t.Fatalf("there %v, back %v", there, back)
		}
		if detour := Distance(a, b, e, f) + Distance(e, f, c, d); there > detour+1e-3 {
			t.Fatalf("straight %v is longer than a detour %v", there, detour)
		}
	})
}

func TestAProvinceIsInItsRegionAndARegionInItsCountry(t *testing.T) {
	for _, c := range []struct {
		area  string
		place string
		want  bool
	}{
		{"IT", "IT-BG", true}, {"IT-25", "IT-BG", true}, {"IT-BG", "IT-BG", true},
		{"IT-BG", "IT-25", false}, {"IT-25", "IT-TO", false}, {"GR", "GR-B", true},
		{"BE-VLG", "BE-VAN", true}, {"BE-WAL", "BE-VAN", false}, {"DE GR-I", "GR-I", true},
		{"EL52", "GR-B", true}, {"GR-B", "EL52", true}, {"GR", "XX-1", false}, {"", "GR", false},
	} {
		if got := Covers(strings.Fields(c.area), c.place); got != c.want {
			t.Errorf("Covers(%s, %s) = %v", c.area, c.place, got)
		}
	}
	if !Touches([]string{"IT-BG"}, "IT-25") || Touches([]string{"IT-BG"}, "IT-21") {
		t.Error("Bergamo touches Lombardy and not Piedmont")
	}
}

func TestEveryTerritoryHasNamesInSixLanguagesAndLeadsToACountry(t *testing.T) {
	count := map[string]int{}
	for _, terr := range Territories() {
		count[Country(terr.Code)]++
		up := Ancestors(terr.Code)
		if len(up) == 0 || up[len(up)-1] != Country(terr.Code) {
			t.Errorf("%s leads to %v", terr.Code, up)
		}
		for _, lang := range []string{"en", "el", "it", "de", "nl", "fr"} {
			if terr.Name(lang) == "" {
				t.Errorf("%s has no name in %s", terr.Code, lang)
			}
		}
		if el := terr.Name("el"); !strings.ContainsAny(el, "αειουωηάέήίόύώ") {
			t.Errorf("%s: Greek name %q", terr.Code, el)
		}
		if by, ok := Lookup(terr.NUTS); terr.NUTS != "" && (!ok || by.Code != terr.Code) {
			t.Errorf("%s: NUTS code %s leads to %s", terr.Code, terr.NUTS, by.Code)
		}
	}
	// The numbers of ISO 3166-2 plus the country itself.
	for country, want := range map[string]int{"BE": 14, "DE": 17, "GR": 15, "IT": 127} {
		if count[country] != want {
			t.Errorf("%s has %d territories, want %d", country, count[country], want)
		}
	}
}

func TestEveryZoneOfACountryIsOne(t *testing.T) {
	for country, zone := range zones {
		if _, err := time.LoadLocation(zone); err != nil || len(country) != 2 {
			t.Errorf("%s: %v", country, err)
		}
	}
	for _, one := range Children("") {
		if Zone(one) == "" {
			t.Errorf("no zone is known for %s", one)
		}
	}
}

func TestTerritoriesAreFoundByNameInAnyLanguage(t *testing.T) {
	for typed, want := range map[string]string{
		"Lombardia": "IT-25", "Λομβαρδία": "IT-25", "lombardei": "IT-25", "Lombardije": "IT-25",
		"Grèce": "GR", "Griechenland": "GR", "ellada": "GR", "Central Macedonia": "GR-B",
		"κεντρικη μακεδονια": "GR-B", "kentriki makedonia": "GR-B", "Thueringen": "DE-TH",
		"Zuid-Tirol": "IT-BZ", "sicile": "IT-82", "Flandre": "BE-VLG", "kriti": "GR-M",
	} {
		if got := TerritoriesNamed(strings.Fields(strings.ReplaceAll(typed, "-", " "))...); len(got) == 0 || got[0] != want {
			t.Errorf("%q means %v, want %s", typed, got, want)
		}
	}
}

func TestPlacesAreFoundByAllTheirNames(t *testing.T) {
	for want, typed := range map[string]string{
		"Thessaloniki": "Thessaloniki,Salonica,Θεσσαλονίκη,ΘΕΣΣΑΛΟΝΙΚΗ,Thessalonique,Salonicco,8essaloniki,8essalonikh,thesaloniki,Θεσσαλονικι,Thesaloniky",
		"Antwerpen":    "Anvers,Antwerpen,Antwerp,Αμβέρσα,anversa,antwerpe,Antwepren",
		"Liège":        "Liege,Lüttich,Luettich,Luik,Λιέγη,liegi",
		"Köln":         "koeln,köln,koln,Cologne,Colonia,Κολωνία,keulen",
		"Brussels":     "Bruxelles,brussel,Brüssel,Bruessel,Βρυξέλλες",
		"Athens":       "Athina,Αθήνα,athen,Atene,Athènes,a8hna",
		"Corfu":        "Κέρκυρα,kerkyra,kerkira,Korfu,corfou",
		"Schaerbeek":   "Schaarbeek,schaerbeek",
		"Munich":       "München,Muenchen,munchen,Monaco di Baviera,Μόναχο",
	} {
		for name := range strings.SplitSeq(typed, ",") {
			got := Find(name, "")
			if len(got) == 0 || got[0].Name != want && got[0].Label("en") != want {
				t.Errorf("Find(%q) = %.3v, want %s", name, got, want)
			}
		}
	}
}

func TestPlacesStayInTheirCountryAndSpeakTheReadersLanguage(t *testing.T) {
	for _, p := range Find("san", "IT") {
		if p.Country() != "IT" {
			t.Errorf("%s is in %s", p.Name, p.Country())
		}
	}
	p := Find("Θεσσαλονίκη", "GR")[0]
	if p.Territory != "GR-B" || p.Label("it") != "Salonicco" || p.Label("el") != "Θεσσαλονίκη" || p.Label("sq") != "Thessaloniki" {
		t.Errorf("Thessaloniki is %+v", p)
	}
	if got := Find("Aigio", "DE"); slices.ContainsFunc(got, func(p Place) bool { return p.Country() != "DE" }) {
		t.Errorf("a Greek town in Germany: %v", got)
	}
}

func TestEveryPlaceLiesInAKnownTerritoryAndOnTheMap(t *testing.T) {
	if Places() < 15000 {
		t.Fatalf("only %d places", Places())
	}
	all := Largest(Places())
	for i, p := range all {
		if _, ok := Lookup(p.Territory); !ok {
			t.Errorf("%s lies in unknown %q", p.Name, p.Territory)
		}
		if p.Lat < 34 || p.Lat > 56 || p.Lon < 2 || p.Lon > 30 {
			t.Errorf("%s lies at %v %v", p.Name, p.Lat, p.Lon)
		}
		if i > 0 && p.Population > all[i-1].Population {
			t.Fatalf("%s stands after a smaller place", p.Name)
		}
	}
}

func TestAPlaceIsWhatTheTableSays(t *testing.T) {
	said := map[string][]string{}
	for line := range strings.Lines(unpack() + extraTSV) {
		if f := strings.Split(strings.TrimRight(line, "\n"), "\t"); len(f) == 8 {
			said[f[0]] = f
		}
	}
	for _, p := range Largest(Places()) {
		f := said[p.ID]
		lat, _ := strconv.ParseFloat(f[3], 64)
		lon, _ := strconv.ParseFloat(f[4], 64)
		if p.Name != f[1] || p.Territory != f[2] || p.Lat != lat || p.Lon != lon || strconv.Itoa(p.Population) != f[5] || p.labels != f[6] {
			t.Fatalf("%+v, the table says %q", p, f)
		}
	}
}

func TestTheNearestPlaceIsTheOneOneStandsIn(t *testing.T) {
	if p, ok := Nearest(40.64, 22.93); !ok || p.Territory != "GR-B" {
		t.Errorf("in Thessaloniki one is in %+v", p)
	}
	if p, ok := Nearest(0, 0); ok {
		t.Errorf("in the Gulf of Guinea one is in %+v", p)
	}
}

func FuzzFind(f *testing.F) {
	for _, s := range []string{"", "Αθήνα", "san giovanni", "\xff", strings.Repeat("a ", 300), "h h h"} {
		f.Add(s, "GR")
	}
	f.Fuzz(func(t *testing.T, q, country string) {
		got := Find(q, country)
		if len(got) > maxFound {
			t.Fatalf("%d places", len(got))
		}
		for _, p := range got {
			if country != "" && p.Country() != country {
				t.Fatalf("%s is not in %q", p.Name, country)
			}
		}
		TerritoriesNamed(strings.Fields(q)...)
	})
}

func BenchmarkFindMisspelt(b *testing.B) {
	Warm()
	for b.Loop() {
		Find("Thesalonniki", "")
	}
}

func BenchmarkRead(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		readGazetteer(extraTSV + unpack())
	}
}
