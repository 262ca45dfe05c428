package atlas

import (
	"math"
	"slices"
	"strings"
	"testing"

	"amelie/internal/geo"
)

func TestEachCountryIsDrawnInAllItsRegions(t *testing.T) {
	want := map[string][]string{"DE": geo.Children("DE"), "GR": geo.Children("GR"), "IT": geo.Children("IT"),
		"BE": append(append(geo.Children("BE-VLG"), geo.Children("BE-WAL")...), "BE-BRU")}
	for country, units := range want {
		got := unitsOf(country)
		slices.Sort(got)
		slices.Sort(units)
		if !slices.Equal(got, units) {
			t.Errorf("%s is drawn as %v, it has %v", country, got, units)
		}
	}
	if all := sheets.all(); len(all.shapes) != 4 || all.land == "" {
		t.Errorf("the map of all has %d countries", len(all.shapes))
	}
}

// The outlines come from elsewhere than the places; where both agree about
// the largest places, both are where they should be.
func TestLargePlacesLieInTheOutlineOfTheirRegion(t *testing.T) {
	lines := map[string][][]point{}
	for _, a := range outlineData().regions {
		if a.code == land {
			continue
		}
		s := sheets.country[geo.Country(a.code)]()
		for _, r := range a.rings {
			line := make([]point, len(r))
			for i, d := range r {
				line[i] = s.at(d)
			}
			lines[a.code] = append(lines[a.code], line)
		}
	}
	checked := 0
	for _, p := range geo.Largest(1500) {
		units := unitsAt(p.Territory)
		if len(units) != 1 {
			t.Fatalf("%s in %s is drawn in %v", p.Name, p.Territory, units)
		}
		s := sheets.country[p.Country()]()
		at, best := s.at(degrees{p.Lon, p.Lat}), math.Inf(-1)
		for _, line := range lines[units[0]] {
			best = max(best, clearance(at, line)*s.perUnit)
		}
		if best < -6 { // a harbour may lie some kilometres off a simplified coast
			t.Errorf("%s (%s) lies %.1f km outside of %s", p.Name, p.Territory, -best, units[0])
		}
		checked++
	}
	if checked < 1000 {
		t.Errorf("only %d places were looked at", checked)
	}
}

func TestAreasAreTrueSoThatAShadeSaysTheSameEverywhere(t *testing.T) {
	for code, km2 := range map[string]float64{"DE-BY": 70500, "GR-M": 8330, "IT-88": 24100, "BE-WLX": 4440} {
		s := sheets.country[geo.Country(code)]()
		sum := 0.0
		for _, a := range outlineData().regions {
			if a.code != code {
				continue
			}
			for _, r := range a.rings {
				line := make([]point, len(r))
				for i, d := range r {
					line[i] = s.at(d)
				}
				sum += surface(line)
			}
		}
		got := math.Abs(sum) * s.perUnit * s.perUnit
		if math.Abs(got-km2)/km2 > .03 {
			t.Errorf("%s has %.0f km² on its sheet, it has %.0f", code, got, km2)
		}
	}
}

func TestASheetStandsUprightInItsFrame(t *testing.T) {
	for code, at := range sheets.country {
		s := at()
		if s.height < 600 || s.height > 1500 {
			t.Errorf("%s is %v units high", code, s.height)
		}
		for _, d := range s.shapes {
			if d.path == "" || d.room <= 0 || d.label.x < 0 || d.label.x > wide || d.label.y < 0 || d.label.y > s.height {
				t.Errorf("%s is drawn at %v with room %v", d.code, d.label, d.room)
			}
		}
		weight := len(s.land)
		for _, d := range s.shapes {
			weight += len(d.path)
		}
		if weight > 40_000 {
			t.Errorf("%s weighs %d bytes", code, weight)
		}
	}
}

func TestAPathIsWrittenInWholeUnitsAndClosed(t *testing.T) {
	got := string(appendPath(nil, []point{{1.2, 2}, {1.4, 2.2}, {10, -3}, {7.6, 20}}))
	if got != "M1 2l9-5-2 23z" {
		t.Errorf("the path is %q", got)
	}
	if got := appendPath(nil, []point{{1, 1}, {1.2, 1}, {1, 1.3}}); len(got) != 0 {
		t.Errorf("an islet of no extent is drawn: %q", got)
	}
}

func TestARingIsCutAtTheEdgeOfTheSheet(t *testing.T) {
	got := crop([]point{{-500, 100}, {500, 100}, {500, 200}, {-500, 200}}, 600)
	for _, p := range got {
		if p.x < -outside || p.x > wide+outside {
			t.Errorf("%v is outside", p)
		}
	}
	if area := math.Abs(surface(got)); math.Abs(area-(500+outside)*100) > 1 {
		t.Errorf("%v square units are left", area)
	}
	if crop([]point{{-50, 0}, {-40, 0}, {-40, 9}}, 600) != nil {
		t.Error("something outside is drawn")
	}
}

func FuzzABrokenOutlineFileIsRefused(f *testing.F) {
	f.Add([]byte{1, 2, 2, 2, 4, 4, 1, 2, 'X', 'Y', 1, 1, 0})
	f.Add([]byte(strings.Repeat("\xff", 40)))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1<<12 {
			return
		}
		r := &reader{b: b}
		areas := r.layer()
		for _, a := range areas {
			for _, ring := range a.rings {
				if r.err == nil && len(ring) > 0 && math.IsNaN(ring[0].lat) {
					t.Error("a point is nowhere")
				}
			}
		}
	})
}
