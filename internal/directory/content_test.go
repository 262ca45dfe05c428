package directory

import (
	"bufio"
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/nyaruka/phonenumbers"
	"pgregory.net/rapid"

	"amelie/content"
	"amelie/internal/geo"
)

// release loads the content of the release.
func release(t testing.TB) ([]File, Vocabulary) {
	t.Helper()
	files, vocab, err := LoadContent(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	return files, vocab
}

// eachService calls f for all services of all countries.
func eachService(files []File, f func(o Organization, s Service)) {
	for _, file := range files {
		for _, o := range file.Organizations {
			for _, s := range o.Services {
				f(o, s)
			}
		}
	}
}

func TestTheReleasedContentHasNoProblem(t *testing.T) {
	files, vocab, err := ReadContent(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range Check(files, vocab) {
		t.Error(p)
	}
}

func TestTheDirectoryHoldsFourCountriesWithEveryBodyOfTheSource(t *testing.T) {
	files, _ := release(t)
	want := map[string][2]int{ // organisations, services
		"BE": {15, 15}, "DE": {4, 5}, "GR": {4, 19}, "IT": {23, 25},
	}
	got := map[string][2]int{}
	for _, f := range files {
		services := 0
		for _, o := range f.Organizations {
			services += len(o.Services)
		}
		got[f.Country] = [2]int{len(f.Organizations), services}
	}
	if !maps.Equal(got, want) {
		t.Errorf("organisations and services by country: got %v, want %v", got, want)
	}
}

// contact is a line of testdata/source_contacts.txt.
type contact struct{ organization, audience, kind, value string }

func sourceContacts(t *testing.T) []contact {
	t.Helper()
	file, err := os.Open("testdata/source_contacts.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var all []contact
	for lines := bufio.NewScanner(file); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		parts := strings.Split(line, " | ")
		if len(parts) != 4 {
			t.Fatalf("%q has not four parts", line)
		}
		all = append(all, contact{parts[0], parts[1], parts[2], parts[3]})
	}
	return all
}

// details lists the contact details of an organisation, by kind.
func details(o Organization) map[string][]string {
	d := map[string][]string{}
	add := func(kind, value string) {
		if value != "" {
			d[kind] = append(d[kind], value)
		}
	}
	links := func(all []Link) {
		for _, l := range all {
			add("web", l.URL)
		}
	}
	points := func(phones []Phone, emails []Email) {
		for _, p := range phones {
			kind := "phone"
			if p.Kind == "fax" {
				kind = "fax"
			}
			add(kind, p.Printed)
		}
		for _, e := range emails {
			add("mail", e.Address)
		}
	}
	links(o.Website)
	for _, s := range o.Services {
		links(s.Website)
		points(s.Phones, s.Emails)
		for _, p := range s.Places {
			points(p.Phones, p.Emails)
			add("street", p.Street)
			add("postcode", p.PostalCode)
			add("town", p.Town)
		}
	}
	return d
}

func TestEveryContactDetailOfTheSourceIsRecordedAtItsBody(t *testing.T) {
	files, _ := release(t)
	recorded, public := map[string]map[string][]string{}, map[string]map[string][]string{}
	for _, f := range files {
		for _, o := range f.Organizations {
			recorded[o.ID] = details(o)
			public[o.ID] = details(Publish(o, ForEveryone))
		}
	}
	contains := func(all []string, value string) bool {
		return slices.ContainsFunc(all, func(s string) bool { return strings.Contains(s, value) })
	}
	for _, c := range sourceContacts(t) {
		if !contains(recorded[c.organization][c.kind], c.value) {
			t.Errorf("%s: %s %q of the source is not recorded", c.organization, c.kind, c.value)
		}
		// req: CONTENT-2
		if seen := contains(public[c.organization][c.kind], c.value); seen != (c.audience == "public") {
			t.Errorf("%s: %s %q: public %v, want %s", c.organization, c.kind, c.value, seen, c.audience)
		}
	}
}

func TestTheOpenInterfaceCarriesEveryPublicDetailAndNoHiddenOne(t *testing.T) {
	files, vocab := release(t)
	var published []Organization
	printed := map[string]Phone{}
	for _, f := range files {
		for _, o := range f.Organizations {
			published = append(published, Publish(o, ForEveryone))
			for _, s := range o.Services {
				for _, p := range s.Phones {
					printed[p.Printed] = p
				}
				for _, place := range s.Places {
					for _, p := range place.Phones {
						printed[p.Printed] = p
					}
				}
			}
		}
	}
	book := newBook(published, vocab, nil, nil, territoryName)
	var out strings.Builder
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	for _, all := range []any{book.services, book.organizations, book.atLocations} {
		if err := enc.Encode(all); err != nil {
			t.Fatal(err)
		}
	}
	contacts := sourceContacts(t)
	// shared: public at one body and hidden at another, or a street that bears the name of its village.
	shared := func(value string) bool {
		return slices.ContainsFunc(contacts, func(c contact) bool { return c.audience == "public" && strings.Contains(c.value, value) })
	}
	for _, c := range contacts {
		value := strings.ReplaceAll(c.value, `"`, `\"`)
		if p, ok := printed[c.value]; ok {
			value = p.Number + p.Short
		}
		// req: CONTENT-2
		switch seen := strings.Contains(out.String(), value); {
		case c.audience == "public" && !seen:
			t.Errorf("%s: %s %q is not in the interface", c.organization, c.kind, value)
		case c.audience == "hidden" && seen && !shared(c.value):
			t.Errorf("%s: hidden %s %q is in the interface", c.organization, c.kind, value)
		}
	}
}

func TestEveryRecordedDetailStandsInTheListOfTheSource(t *testing.T) {
	files, _ := release(t)
	listed := map[string][]string{}
	for _, c := range sourceContacts(t) {
		listed[c.kind] = append(listed[c.kind], c.value)
	}
	for _, f := range files {
		for _, o := range f.Organizations {
			for _, kind := range []string{"phone", "fax", "mail", "web"} {
				for _, value := range details(o)[kind] {
					if !slices.Contains(listed[kind], value) {
						t.Errorf("%s: %s %q is not of the source", o.ID, kind, value)
					}
				}
			}
		}
	}
}

func TestPhonesAreTheE164FormOfWhatTheSourcePrints(t *testing.T) {
	files, _ := release(t)
	check := func(o Organization, p Phone) {
		if p.Short != "" {
			if p.Short != p.Printed {
				t.Errorf("%s: short number %q printed as %q", o.ID, p.Short, p.Printed)
			}
			return
		}
		parsed, err := phonenumbers.Parse(p.Printed, o.Country)
		if err != nil {
			t.Errorf("%s: %q: %v", o.ID, p.Printed, err)
			return
		}
		if got := phonenumbers.Format(parsed, phonenumbers.E164); got != p.Number {
			t.Errorf("%s: %q is %s, recorded as %s", o.ID, p.Printed, got, p.Number)
		}
		if !phonenumbers.IsValidNumber(parsed) {
			t.Errorf("%s: %q is not a valid number", o.ID, p.Printed)
		}
		if region := phonenumbers.GetRegionCodeForNumber(parsed); region != o.Country {
			t.Errorf("%s: %q is a number of %s, not of %s", o.ID, p.Printed, region, o.Country)
		}
	}
	eachService(files, func(o Organization, s Service) {
		for _, p := range s.Phones {
			check(o, p)
		}
		for _, place := range s.Places {
			for _, p := range place.Phones {
				check(o, p)
			}
		}
	})
}

func TestHomesOfChildrenShowOnlyTownAndCentralLine(t *testing.T) {
	files, _ := release(t)
	homes := 0
	eachService(files, func(o Organization, s Service) {
		if !slices.Contains(s.Roles, "children-home") {
			return
		}
		homes++
		// req: CONTENT-2
		if len(s.Places) != 1 || s.Places[0].Address != Hidden {
			t.Errorf("%s: the place is not hidden", s.ID)
		}
		if len(s.Emails) > 0 || len(s.Phones) != 2 || s.Phones[0].Short != "1056" || s.Phones[1].Short != "116000" {
			t.Errorf("%s: contact is not the central lines alone: %v %v", s.ID, s.Phones, s.Emails)
		}
	})
	if homes != 11 {
		t.Errorf("%d homes, the source lists 11", homes)
	}
}

func TestTextsOfHiddenPlacesDoNotTellTheAddress(t *testing.T) {
	files, _ := release(t)
	eachService(files, func(o Organization, s Service) {
		texts := []Text{o.Summary, s.Names, s.Summary, s.What, s.WhenYouCall, s.MustInform, s.FreeNote}
		for _, p := range s.Places {
			if p.Address != Hidden {
				continue
			}
			secrets := []string{p.PostalCode}
			if !strings.Contains(p.Town, p.Street) { // the village that is street and town at once
				secrets = append(secrets, p.Street)
			}
			for _, e := range p.Emails {
				secrets = append(secrets, e.Address)
			}
			for _, text := range append(texts, p.Towns, Text{"en": s.Name + p.Town}) {
				for _, secret := range secrets {
					for lang, shown := range text {
						if secret != "" && strings.Contains(shown, secret) {
							t.Errorf("%s: %q stands in a %s text", s.ID, secret, lang)
						}
					}
				}
			}
		}
	})
}

func TestPoliceProsecutionImmigrationAndInspectionAreAuthorities(t *testing.T) {
	files, _ := release(t)
	var authorities []string
	for _, f := range files {
		for _, o := range f.Organizations {
			if o.Group == Authority {
				authorities = append(authorities, o.ID)
			}
		}
	}
	want := []string{
		"be-prosecutors-general", "be-federal-prosecutor", "be-fps-employment",
		"be-federal-police", "be-fps-social-security", "be-immigration-office",
	}
	// req: CONTENT-1
	if !slices.Equal(authorities, want) {
		t.Errorf("authorities: got %v, want %v", authorities, want)
	}
}

func TestAnAuthorityCannotBeEnteredAsSupport(t *testing.T) {
	files, vocab := release(t)
	for i, f := range files {
		for j, o := range f.Organizations {
			if o.Kind == "police" {
				// req: CONTENT-1
				files[i].Organizations[j].Group = Support
				if problems := Check(files, vocab); !hasProblem(problems, o.ID, "group") {
					t.Errorf("a police body in the support group is not refused: %v", problems)
				}
				return
			}
		}
	}
	t.Fatal("no police body in the content")
}

func TestAShelterCannotBeEnteredWithAPublicAddress(t *testing.T) {
	files, vocab := release(t)
	for i, f := range files {
		for j, o := range f.Organizations {
			for k, s := range o.Services {
				if slices.Contains(s.Roles, "shelter") && len(s.Places) > 0 {
					// req: CONTENT-2
					files[i].Organizations[j].Services[k].Places[0].Address = Public
					if problems := Check(files, vocab); !hasProblem(problems, s.Places[0].ID, "address_visibility") {
						t.Errorf("a shelter with a public address is not refused: %v", problems)
					}
					return
				}
			}
		}
	}
	t.Fatal("no shelter with a place in the content")
}

func hasProblem(problems []Problem, entry, field string) bool {
	return slices.ContainsFunc(problems, func(p Problem) bool { return p.Entry == entry && p.Field == field })
}

func TestTheHoursOfTheSourceAreData(t *testing.T) {
	files, _ := release(t)
	got := map[string]Hours{}
	eachService(files, func(_ Organization, s Service) {
		if s.Hours.Always || len(s.Hours.Open) > 0 {
			got[s.ID] = s.Hours
		}
	})
	for id, zone := range map[string]string{"gr-a21-1109": "Europe/Athens", "de-hilfetelefon": "Europe/Berlin", "it-numero-verde": "Europe/Rome"} {
		if !got[id].Always || got[id].Zone != zone {
			t.Errorf("%s: want always in %s, got %+v", id, zone, got[id])
		}
	}
	want := []Opening{{"Mo,We,Fr", "09:00", "14:00"}, {"Tu,Th", "15:00", "20:00"}}
	if abuse := got["de-hilfe-portal-missbrauch"]; !slices.Equal(abuse.Open, want) || abuse.Zone != "Europe/Berlin" {
		t.Errorf("de-hilfe-portal-missbrauch: got %+v", abuse)
	}
	if len(got) != 4 {
		t.Errorf("%d services with hours, the source gives four", len(got))
	}
}

func TestPlacesStandInTheirTerritoryNearATownOfTheGazetteer(t *testing.T) {
	files, _ := release(t)
	eachService(files, func(_ Organization, s Service) {
		for _, p := range s.Places {
			near, ok := geo.Nearest(p.Lat, p.Lon)
			if !ok || near.Territory != p.Territory {
				t.Errorf("%s: %v, %v is near %s in %s, recorded in %s", p.ID, p.Lat, p.Lon, near.Name, near.Territory, p.Territory)
				continue
			}
			if metres := geo.Distance(p.Lat, p.Lon, near.Lat, near.Lon); metres > 5000 {
				t.Errorf("%s: %.0f m from %s, the nearest town known", p.ID, metres, near.Name)
			}
		}
		for _, code := range s.Area {
			// Luxembourg is served by one Belgian office and is no country of the directory.
			if _, ok := geo.Lookup(code); !ok && code != "LU" {
				t.Errorf("%s: area %s is not known", s.ID, code)
			}
		}
	})
}

func TestFaultsOfTheSourceAreFindings(t *testing.T) {
	files, _ := release(t)
	kinds := map[string][]string{}
	for _, f := range files {
		for _, o := range f.Organizations {
			for _, finding := range o.Findings {
				kinds[finding.Kind] = append(kinds[finding.Kind], o.ID)
			}
			for _, s := range o.Services {
				for _, finding := range s.Findings {
					kinds[finding.Kind] = append(kinds[finding.Kind], o.ID)
				}
			}
		}
	}
	for kind, bodies := range map[string][]string{
		"link-to-other-body":  {"be-payoke", "be-pag-asa", "be-federal-prosecutor", "be-fps-foreign-affairs"},
		"number-stands-twice": {"be-criminal-policy", "be-federal-prosecutor"},
		"personal-mailbox":    {"be-fps-foreign-affairs", "gr-a21"},
	} {
		if !slices.Equal(kinds[kind], bodies) {
			t.Errorf("%s: got %v, want %v", kind, kinds[kind], bodies)
		}
	}
	if len(kinds["hours-missing"]) == 0 || len(kinds["typing-error"]) == 0 {
		t.Errorf("findings of missing hours and typing errors are lost: %v", slices.Sorted(maps.Keys(kinds)))
	}
}

func TestTheVocabularySaysShelterInSixLanguages(t *testing.T) {
	_, vocab := release(t)
	i := slices.IndexFunc(vocab.Concepts, func(c Concept) bool { return c.ID == "accommodation" })
	if i < 0 {
		t.Fatal("no concept accommodation")
	}
	for lang, word := range map[string]string{"el": "ξενώνας", "en": "shelter", "de": "Schutzwohnung", "nl": "opvang", "it": "accoglienza"} {
		if !slices.Contains(vocab.Concepts[i].Synonyms[lang], word) {
			t.Errorf("accommodation lacks %s %q", lang, word)
		}
	}
}

// smallTree is a content tree with one good organisation.
func smallTree(body string) fs.FS {
	return fstest.MapFS{
		"directory/gr.toml": {Data: []byte(body)},
		"vocabulary/v.toml": {Data: []byte(smallVocabulary)},
	}
}

const sixTexts = ` = { en = "a", el = "α", it = "a", de = "a", nl = "a", fr = "a" }` + "\n"

const smallVocabulary = `
[[concept]]
id = "helpline"
scheme = "help"
label` + sixTexts + `
[[concept]]
id = "national-helpline"
scheme = "role"
label` + sixTexts

const smallDirectory = `
country = "GR"
source = { id = "s", title = "Source", date = "2023" }
[[organization]]
id = "gr-body"
name = "Body"
kind = "ngo"
group = "support"
summary` + sixTexts + `
[[organization.service]]
id = "gr-body-line"
name = "Line"
roles = ["national-helpline"]
helps = ["helpline"]
area = ["GR"]
summary` + sixTexts + `
hours = { zone = "Europe/Athens", open = [{ days = "Mo-Fr", from = "09:00", to = "14:00" }] }
phone = [{ number = "+302310019880", printed = "2310 019880" }]
email = [{ address = "line@example.org" }]
website = [{ url = "https://example.org/" }]
`

func TestASmallGoodTreeLoads(t *testing.T) {
	if _, _, err := LoadContent(smallTree(smallDirectory)); err != nil {
		t.Fatal(err)
	}
}

func TestEveryFaultIsRefusedWithItsReason(t *testing.T) {
	for name, fault := range map[string]struct{ old, new, want string }{
		"a misspelt key":                {`kind = "ngo"`, "kind = \"ngo\"\nvisibilty = \"hidden\"", "unknown key"},
		"an ID used twice":              {`id = "gr-body-line"`, `id = "gr-body"`, "used twice"},
		"an ID of another country":      {`id = "gr-body-line"`, `id = "it-line"`, "does not start with"},
		"an unknown concept":            {`helps = ["helpline"]`, `helps = ["magic"]`, "no concept of scheme help"},
		"a concept of another scheme":   {`helps = ["helpline"]`, `helps = ["national-helpline"]`, "no concept of scheme help"},
		"an unknown kind":               {`kind = "ngo"`, `kind = "club"`, "is not one of"},
		"an unknown group":              {`group = "support"`, `group = "friends"`, "is not support"},
		"no service":                    {smallDirectory[strings.Index(smallDirectory, "[[organization.service]]"):], "", "without a service"},
		"a phone with spaces":           {`"+302310019880"`, `"2310 019880"`, "is not E.164"},
		"number and short at once":      {`printed = "2310 019880"`, `printed = "x", short = "1109"`, "either number or short"},
		"a mailbox without a domain":    {"line@example.org", "line", "not a mail address"},
		"a web address with a blank":    {"https://example.org/", "https://example.org/a b", "not a web address"},
		"an address that runs a script": {"https://example.org/", "javascript:alert(1)", "not a web address"},
		"hours without a zone":          {`zone = "Europe/Athens", `, "", "need a zone"},
		"a zone that does not exist":    {"Europe/Athens", "Europe/Athen", "not a time zone"},
		"the zone of the machine":       {"Europe/Athens", "Local", "not a time zone"},
		"a day that does not exist":     {"Mo-Fr", "Mo-Fx", "not a list of weekdays"},
		"a span that ends before":       {`from = "09:00"`, `from = "15:00"`, "not a span"},
		"an area abroad":                {`area = ["GR"]`, `area = ["IT"]`, "names no territory of GR"},
		"a language that is missing":    {`nl = "a", fr = "a" }` + "\n\n[[organization.service]]", `fr = "a" }` + "\n\n[[organization.service]]", "summary.nl: is missing"},
		"a parent that does not exist":  {`group = "support"`, "group = \"support\"\nparent = \"gr-none\"", "no other organisation"},
		"an answer that is neither":     {`area = ["GR"]`, "area = [\"GR\"]\nfree = \"perhaps\"", "is not yes, no or empty"},
	} {
		t.Run(name, func(t *testing.T) {
			body := strings.Replace(smallDirectory, fault.old, fault.new, 1)
			if body == smallDirectory {
				t.Fatalf("%q does not occur", fault.old)
			}
			_, _, err := LoadContent(smallTree(body))
			if err == nil || !strings.Contains(err.Error(), fault.want) {
				t.Errorf("got %v, want %q", err, fault.want)
			}
		})
	}
}

func TestAFolderWithoutFilesIsAnError(t *testing.T) {
	if _, _, err := LoadContent(fstest.MapFS{"vocabulary/v.toml": {Data: []byte(smallVocabulary)}}); err == nil {
		t.Error("a release without a directory is accepted")
	}
}

func TestWeekdaysOfARangeAreThoseBetweenItsEnds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first, last := rapid.IntRange(0, 6).Draw(t, "first"), rapid.IntRange(0, 6).Draw(t, "last")
		week, err := Weekdays(weekdays[first] + "-" + weekdays[last])
		if err != nil {
			t.Fatal(err)
		}
		length := (last-first+7)%7 + 1
		for i := range 7 { // i days after Monday
			if want := (i-first+7)%7 < length; week[(i+1)%7] != want {
				t.Errorf("%s in %s-%s: got %v", weekdays[i], weekdays[first], weekdays[last], !want)
			}
		}
	})
}

// TestTextsKeepTheWordsOfTheField guards the voice of the texts that people read.
func TestTextsKeepTheWordsOfTheField(t *testing.T) {
	files, vocab := release(t)
	banned := regexp.MustCompile(`(?i)\brescue|\billegal (migrant|immigrant)|\bprostitutes?\b|['"]`)
	check := func(id string, texts ...Text) {
		for _, text := range texts {
			for lang, s := range text {
				if found := banned.FindString(s); found != "" {
					t.Errorf("%s: %q in a %s text: %s", id, found, lang, s)
				}
				if strings.TrimSpace(s) != s || strings.Contains(s, "  ") {
					t.Errorf("%s: stray spaces in a %s text: %q", id, lang, s)
				}
			}
		}
	}
	eachService(files, func(o Organization, s Service) {
		check(s.ID, o.Names, o.Summary, s.Names, s.Summary, s.What, s.WhenYouCall, s.MustInform, s.FreeNote)
	})
	for _, c := range vocab.Concepts {
		check(c.ID, c.Labels)
	}
}

// FuzzContentLoads feeds foreign bytes to the loader: it may refuse, never
// panic, and what it accepts has no problem.
func FuzzContentLoads(f *testing.F) {
	f.Add([]byte(smallDirectory))
	f.Add([]byte(strings.Replace(smallDirectory, "Mo-Fr", "Su-Su", 1)))
	f.Add([]byte("country = \"GR\"\n[[organization]]\n"))
	f.Add([]byte("\xff\x00[[["))
	for _, name := range []string{"be", "gr"} {
		data, err := fs.ReadFile(content.FS, path.Join("directory", name+".toml"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data[:2048])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		files, vocab, err := LoadContent(smallTree(string(data)))
		if err != nil {
			return
		}
		if problems := Check(files, vocab); len(problems) > 0 {
			t.Errorf("accepted with problems: %v", problems)
		}
		for _, file := range files {
			for _, o := range file.Organizations {
				Publish(o, ForEveryone)
			}
		}
	})
}
