package directory

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"amelie/internal/geo"
)

// Generate makes n invented entries, the same for the same seed: services of
// the four countries with names and texts in two languages, places spread by
// population, week plans, languages and concepts in the proportions of the real
// directory. It is for measuring; no entry resembles a real body, and none may
// be shown to anyone.
func Generate(n int, seed uint64) []Entry {
	g := &generator{rnd: rand.New(rand.NewPCG(seed, 0xa3e11e)), texts: map[string]Text{}}
	g.load()
	entries := make([]Entry, n)
	for i := range entries {
		entries[i] = g.entry(i)
	}
	return entries
}

type generator struct {
	rnd    *rand.Rand
	places []geo.Place
	upTo   []int // cumulated population
	texts  map[string]Text
}

func (g *generator) load() {
	sum := 0
	for _, p := range geo.Largest(4000) {
		sum += p.Population
		g.places = append(g.places, p)
		g.upTo = append(g.upTo, sum)
	}
}

// place draws a place, large ones more often.
func (g *generator) place() geo.Place {
	at := g.rnd.IntN(g.upTo[len(g.upTo)-1])
	lo, hi := 0, len(g.upTo)-1
	for lo < hi {
		if mid := (lo + hi) / 2; g.upTo[mid] > at {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	return g.places[lo]
}

func (g *generator) one(list []string) string { return list[g.rnd.IntN(len(list))] }

// few draws up to most different values, the first of the list more often.
func (g *generator) few(list []string, most int) []string {
	var out []string
	for range 1 + g.rnd.IntN(most) {
		v := list[min(g.rnd.IntN(len(list)), g.rnd.IntN(len(list)))]
		if !contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

func (g *generator) answer(yes int) Answer {
	if g.rnd.IntN(100) < yes {
		return Yes
	}
	return Unknown
}

var (
	madeHelps   = strings.Fields("counselling accommodation social-support psychological legal-aid identification health-care reintegration interpretation outreach education-language work-training return residence-documents information-training helpline child-protection compensation referral-coordination emergency-help housing")
	madeTargets = strings.Fields("anyone women adults men children mothers-with-children migrants asylum-seekers lgbtq unaccompanied-minors domestic-workers pregnant-women")
	madeForms   = strings.Fields("sexual-exploitation labour-exploitation domestic-servitude forced-begging forced-marriage forced-criminality child-trafficking organ-removal")
	madeRoles   = strings.Fields("specialised-centre shelter regional-project day-centre support-network international-organisation")
	madeTongues = strings.Fields("en fr ro ar sq bg es pt uk ru pl zh hu tr fa ur bn hi vi th ti am so yo ig wo sr sk cs ka hy")
	madeFirst   = strings.Fields("Aurora Horizon Lantern Bridge Harbour Meadow Compass Anchor Willow Beacon Orchard Haven Sparrow Linden Cedar Juniper Pebble Clover Dune Ember Fjord Glade Heron Iris Jasmine Kestrel Laurel Maple Nectar Olive Poppy Quartz Reed Sage Thistle Umber Violet Wren Yarrow Zephyr")
	madeSecond  = strings.Fields("House Circle Path Centre Network Foundation Initiative Workshop Alliance Place Point Project Room Door Garden Table Step Voice Thread Light")
	madeThird   = strings.Fields("north south east west upper lower old new green blue white red first second third open quiet common little great")
)

// madeSentence are the texts by language: what the service does, for whom, where.
var madeSentence = map[string][]string{
	"en": {"Offers %s to people who were exploited, in %s and around.", "A small team gives %s and goes along to appointments in %s.", "First talks, %s and a plan for the next steps, in %s or by phone.", "Takes referrals from hospitals and gives %s; the office is in %s."},
	"el": {"Προσφέρει %s σε ανθρώπους που υπέστησαν εκμετάλλευση, στην περιοχή %s.", "Μικρή ομάδα που παρέχει %s και συνοδεύει σε ραντεβού, %s.", "Πρώτη συζήτηση, %s και σχέδιο για τα επόμενα βήματα, %s ή τηλεφωνικά."},
	"it": {"Offre %s a persone che hanno subito sfruttamento, a %s e dintorni.", "Una piccola équipe dà %s e accompagna agli appuntamenti a %s.", "Primi colloqui, %s e un piano per i passi successivi, a %s o per telefono."},
	"de": {"Bietet %s für Menschen, die ausgebeutet wurden, in %s und Umgebung.", "Ein kleines Team gibt %s und begleitet zu Terminen in %s.", "Erstgespräche, %s und ein Plan für die nächsten Schritte, in %s oder am Telefon."},
	"nl": {"Biedt %s aan mensen die uitgebuit zijn, in %s en omgeving.", "Een klein team geeft %s en gaat mee naar afspraken in %s."},
	"fr": {"Propose %s aux personnes exploitées, à %s et aux alentours.", "Une petite équipe assure %s et accompagne aux rendez-vous à %s."},
}

// madeHelp are words for the kinds of help by language.
var madeHelp = map[string][]string{
	"en": {"counselling", "a safe bed", "legal advice", "medical care", "language courses", "psychological support", "help with papers", "work training"},
	"el": {"συμβουλευτική", "ασφαλή στέγη", "νομική βοήθεια", "ιατρική φροντίδα", "μαθήματα γλώσσας", "ψυχολογική στήριξη", "βοήθεια με έγγραφα"},
	"it": {"consulenza", "un alloggio sicuro", "assistenza legale", "cure mediche", "corsi di lingua", "sostegno psicologico"},
	"de": {"Beratung", "eine sichere Unterkunft", "Rechtsberatung", "medizinische Versorgung", "Sprachkurse", "psychologische Hilfe"},
	"nl": {"begeleiding", "veilige opvang", "juridisch advies", "medische zorg", "taallessen"},
	"fr": {"un accompagnement", "un hébergement sûr", "un conseil juridique", "des soins médicaux", "des cours de langue"},
}

var madeLang = map[string][]string{"BE": {"nl", "fr"}, "DE": {"de"}, "GR": {"el"}, "IT": {"it"}}
var madeCode = map[string]string{"BE": "32", "DE": "49", "GR": "30", "IT": "39"}

func (g *generator) entry(i int) Entry {
	p := g.place()
	country := p.Country()
	name := g.one(madeFirst) + " " + g.one(madeSecond) + " " + g.one(madeThird) + " " + fmt.Sprint(i%997)
	id := fmt.Sprintf("made-%07d", i)
	group := Support
	switch g.rnd.IntN(20) {
	case 0:
		group = Coordination
	case 1:
		group = Authority
	}
	o := &Organization{
		ID: id, Country: country, Name: name, Group: group, Kind: "ngo",
		Source: Source{ID: "made", Date: "2023"},
	}
	lang := g.one(madeLang[country])
	s := &Service{
		ID: id, Name: name + ", " + p.Name, Names: g.names(lang, p), Summary: g.summary(lang, p),
		Roles: g.few(madeRoles, 1), Helps: g.few(madeHelps, 6), For: g.few(madeTargets, 2),
		Area: g.area(p), Free: g.answer(70), Anonymous: g.answer(40), DirectReferral: g.answer(60), Residence: g.answer(50),
	}
	if g.rnd.IntN(3) == 0 {
		s.Forms = g.few(madeForms, 3)
	}
	g.languages(s, country)
	s.Hours = g.hours(country)
	number := fmt.Sprintf("+%s2%08d", madeCode[country], g.rnd.IntN(100_000_000))
	s.Phones = []Phone{{Number: number, Printed: number}}
	s.Places = []Place{{
		ID: id + "-place", Town: p.Name, Territory: p.Territory,
		Lat: p.Lat + g.rnd.NormFloat64()/50, Lon: p.Lon + g.rnd.NormFloat64()/50,
	}}
	if g.rnd.IntN(4) == 0 {
		s.Verified = fmt.Sprintf("2026-%02d-%02d", 1+g.rnd.IntN(12), 1+g.rnd.IntN(28))
	}
	s.Helpline = i%5000 == 17
	return Entry{Organization: o, Service: s}
}

func (g *generator) names(lang string, p geo.Place) Text {
	key := "name" + lang + p.ID
	if t, ok := g.texts[key]; ok {
		return t
	}
	t := Text{lang: g.one(madeHelp[lang]) + " " + p.Label(lang)}
	g.texts[key] = t
	return t
}

// summary is one of a few dozen texts of each place, so that a million entries
// do not hold a million texts.
func (g *generator) summary(lang string, p geo.Place) Text {
	key := fmt.Sprint(lang, p.ID, g.rnd.IntN(24))
	if t, ok := g.texts[key]; ok {
		return t
	}
	t := Text{}
	for _, l := range []string{"en", lang} {
		t[l] = fmt.Sprintf(g.one(madeSentence[l]), g.one(madeHelp[l]), p.Label(l))
	}
	g.texts[key] = t
	return t
}

// area is mostly the territory of the place, then its region, then the country.
func (g *generator) area(p geo.Place) []string {
	up := geo.Ancestors(p.Territory)
	switch n := g.rnd.IntN(10); {
	case n < 5:
		return up[:1]
	case n < 8:
		return up[max(0, len(up)-2) : max(0, len(up)-2)+1]
	default:
		return up[len(up)-1:]
	}
}

func (g *generator) languages(s *Service, country string) {
	for _, l := range madeLang[country] {
		s.Languages = append(s.Languages, Language{Code: l})
	}
	for _, l := range g.few(madeTongues, 3) {
		s.Languages = append(s.Languages, Language{Code: l})
	}
	switch g.rnd.IntN(10) {
	case 0:
		s.AnyLanguage, s.Interpreted = true, 150
	case 1, 2:
		s.Interpreted = 5 + g.rnd.IntN(40)
	case 3, 4:
		s.Languages = append(s.Languages, Language{Code: g.one(madeTongues), By: "interpreter"})
	}
}

func (g *generator) hours(country string) Hours {
	switch g.rnd.IntN(10) {
	case 0:
		return Hours{Always: true}
	case 1, 2:
		return Hours{}
	}
	from, to := 8+g.rnd.IntN(4), 13+g.rnd.IntN(8)
	h := Hours{Zone: geo.Zone(country), Holidays: g.one([]string{"open", "closed", "closed", ""}), Open: []Opening{
		{Days: "Mo-Fr", From: fmt.Sprintf("%02d:00", from), To: fmt.Sprintf("%02d:30", to)}}}
	if g.rnd.IntN(3) == 0 {
		h.Open = append(h.Open, Opening{Days: "Sa", From: "10:00", To: fmt.Sprintf("%02d:00", to)})
	}
	return h
}
