package atlas

import (
	"fmt"
	"slices"
	"testing"

	"amelie/internal/directory"
)

func entry(id, country string, group directory.Group, area []string, places ...directory.Place) directory.Entry {
	return directory.Entry{
		Organization: &directory.Organization{ID: id, Name: id, Country: country, Group: group},
		Service:      &directory.Service{ID: id, Name: id, Area: area, Places: places},
	}
}

func ids(entries []directory.Entry) (out []string) {
	for _, e := range entries {
		out = append(out, e.ID())
	}
	slices.Sort(out)
	return out
}

func TestAServiceCountsWhereItIsAndWhereItIsFor(t *testing.T) {
	s := newSurvey(directory.Countries(), []directory.Entry{
		entry("flanders", "BE", directory.Support, []string{"BE-VLG"}),
		entry("bergamo", "IT", directory.Support, []string{"IT-BG", "IT-CR"}),
		entry("liege", "BE", directory.Support, []string{"BE"}, directory.Place{Town: "Liège", Territory: "BE-WLG", Lat: 50.63, Lon: 5.57}),
		entry("greece", "GR", directory.Support, nil),
		entry("nuts", "GR", directory.Support, []string{"EL30"}),
	})
	for _, c := range []struct {
		country, unit string
		want          []string
	}{
		{"BE", "BE-VAN", []string{"flanders"}}, {"BE", "BE-VBR", []string{"flanders"}}, {"BE", "BE-WLG", []string{"liege"}}, {"BE", "BE-BRU", nil},
		{"IT", "IT-25", []string{"bergamo"}}, {"IT", "IT-45", nil}, {"GR", "GR-I", []string{"nuts"}}, {"GR", "GR-M", nil},
	} {
		if got := ids(s[c.country].regions[c.unit].entries); !slices.Equal(got, c.want) {
			t.Errorf("in %s: %v, want %v", c.unit, got, c.want)
		}
	}
	if got := ids(s["BE"].whole); !slices.Equal(got, []string{"liege"}) {
		t.Errorf("for all of Belgium: %v", got)
	}
	if got := ids(s["GR"].entries); !slices.Equal(got, []string{"greece", "nuts"}) {
		t.Errorf("in Greece: %v", got)
	}
	towns := s["BE"].regions["BE-WLG"].towns
	if len(towns) != 1 || towns[0].place.Town != "Liège" || len(towns[0].entries) != 1 {
		t.Errorf("towns of Liège: %+v", towns)
	}
}

func TestAServiceWithTwoHousesInATownCountsThereOnce(t *testing.T) {
	house := directory.Place{Town: "Roma", Territory: "IT-RM", Lat: 41.9, Lon: 12.5}
	s := newSurvey(directory.Countries(), []directory.Entry{entry("two", "IT", directory.Support, []string{"IT-62"}, house, house)})
	if r := s["IT"].regions["IT-62"]; len(r.entries) != 1 || len(r.towns) != 1 || len(r.towns[0].entries) != 1 {
		t.Errorf("%d entries, %d towns", len(r.entries), len(r.towns))
	}
}

// req: ATLAS-2
func TestAnAuthorityIsOnNoMap(t *testing.T) {
	s := newSurvey(directory.Countries(), []directory.Entry{
		entry("police", "GR", directory.Authority, nil, directory.Place{Town: "Athens", Territory: "GR-I", Lat: 38, Lon: 23.7}),
		entry("help", "GR", directory.Support, nil),
	})
	if got := ids(s["GR"].entries); !slices.Equal(got, []string{"help"}) {
		t.Errorf("on the map: %v", got)
	}
	if r := s["GR"].regions["GR-I"]; len(r.entries)+len(r.towns) != 0 {
		t.Errorf("an authority counts in Attica")
	}
}

func TestASurveyOfOneCountryCountsLikeThatOfAll(t *testing.T) {
	entries := directory.Generate(2_000, 11)
	all := newSurvey(directory.Countries(), entries)
	for _, code := range directory.Countries() {
		one := newSurvey([]string{code}, entries)
		if len(one) != 1 || !slices.Equal(ids(one[code].entries), ids(all[code].entries)) || !slices.Equal(ids(one[code].whole), ids(all[code].whole)) {
			t.Errorf("%s counts %d alone and %d among all", code, len(one[code].entries), len(all[code].entries))
		}
		for unit, r := range one[code].regions {
			if among := all[code].regions[unit]; !slices.Equal(ids(r.entries), ids(among.entries)) || len(r.towns) != len(among.towns) {
				t.Errorf("%s counts %d alone and %d among all", unit, len(r.entries), len(among.entries))
			}
		}
	}
}

func BenchmarkCountingADirectory(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000} {
		entries := directory.Generate(n, 7)
		unitTable()
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				s := newSurvey(directory.Countries(), entries)
				for code, c := range s {
					sheet := sheets.country[code]()
					gatherSpots(c.dots(sheet), sheet.height)
				}
			}
		})
	}
}
