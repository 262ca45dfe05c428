package transfer

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"amelie/internal/directory"
)

// What the columns of a foreign table are is guessed from their names, in the
// languages of the interface, and else from what stands in them. A guess only
// fills a form that somebody looks at.

// textColumn marks columns of texts, whose language is that of the heading.
const textColumn = "_"

// said are the names that other tables give their columns: language, our column
// (without its language where it ends in "_"), names parted by commas.
var said = map[string]map[string]string{
	"en": {"organization": "organisation, organization, organisation name, name of organisation, agency, provider, name", "service": "service, service name, programme, program, project",
		"organization_id": "organisation id, organization id, agency id", "service_id": "service id", "place_id": "location id, place id", "country": "country, country code",
		"street": "street, address, street address, address 1", "postal_code": "postcode, postal code, zip, zip code", "town": "town, city", "territory": "region, state, province, county",
		"phones": "phone, phones, phone number, telephone, tel, hotline, helpline", "emails": "email, e mail, mail, email address, mailbox", "website": "website, web, url, homepage, site, link",
		"hours": "hours, opening hours, opening times, availability", "languages": "language, languages, languages spoken", "summary_": "description, summary, about", "helps": "help, kind of help, service type, type of service, category, services offered",
		"for": "target group, for whom, clients, population", "lat": "latitude, lat", "lon": "longitude, lon, lng", "free": "free, free of charge", "anonymous": "anonymous"},
	"de": {"organization": "organisation, name der organisation, träger, einrichtung, name der einrichtung, verein, stelle", "service": "dienst, angebot, name des angebots, beratungsstelle, projekt", "country": "land, staat",
		"street": "straße, strasse, anschrift, adresse, straße und hausnummer", "postal_code": "plz, postleitzahl", "town": "ort, stadt, gemeinde", "territory": "bundesland, region, landkreis",
		"phones": "telefon, telefonnummer, tel, rufnummer, notruf", "emails": "e mail, mail, e mail adresse, mailadresse", "website": "webseite, website, internet, homepage, internetseite", "hours": "öffnungszeiten, sprechzeiten, erreichbarkeit",
		"languages": "sprache, sprachen, beratungssprachen", "summary_": "beschreibung, kurzbeschreibung, über uns", "helps": "leistungen, art der hilfe, hilfe, hilfeart, angebote, kategorie", "for": "zielgruppe, zielgruppen, für wen",
		"lat": "breitengrad, geografische breite", "lon": "längengrad, geografische länge", "free": "kostenlos, kostenfrei", "anonymous": "anonym"},
	"el": {"organization": "φορέας, οργανισμός, οργάνωση, όνομα φορέα, επωνυμία, όνομα", "service": "υπηρεσία, όνομα υπηρεσίας, δομή, πρόγραμμα", "country": "χώρα", "street": "διεύθυνση, οδός", "postal_code": "τκ, τ κ, ταχυδρομικός κώδικας",
		"town": "πόλη, δήμος", "territory": "περιφέρεια, νομός, περιοχή", "phones": "τηλέφωνο, τηλέφωνα, τηλ, αριθμός τηλεφώνου, γραμμή βοήθειας", "emails": "ηλεκτρονικό ταχυδρομείο, ηλεκτρονική διεύθυνση, ηλ ταχυδρομείο",
		"website": "ιστοσελίδα, ιστότοπος, ιστοχώρος", "hours": "ωράριο, ώρες λειτουργίας, ώρες", "languages": "γλώσσα, γλώσσες", "summary_": "περιγραφή, σύντομη περιγραφή", "helps": "είδος βοήθειας, παρεχόμενες υπηρεσίες, υπηρεσίες, βοήθεια",
		"for": "ομάδα στόχος, ωφελούμενοι, για ποιους", "lat": "γεωγραφικό πλάτος", "lon": "γεωγραφικό μήκος", "free": "δωρεάν", "anonymous": "ανώνυμα"},
	"it": {"organization": "organizzazione, ente, associazione, nome dell ente, nome, denominazione", "service": "servizio, nome del servizio, progetto, sportello", "country": "paese, nazione, stato", "street": "indirizzo, via", "postal_code": "cap, codice postale",
		"town": "città, comune, località", "territory": "regione, provincia", "phones": "telefono, numero di telefono, numero verde", "emails": "posta elettronica, indirizzo e mail", "website": "sito, sito web, sito internet", "hours": "orari, orario, orari di apertura",
		"languages": "lingua, lingue", "summary_": "descrizione, breve descrizione", "helps": "tipo di aiuto, servizi offerti, servizi, prestazioni, tipologia", "for": "destinatari, beneficiari, per chi, utenza", "lat": "latitudine", "lon": "longitudine", "free": "gratuito", "anonymous": "anonimo"},
	"nl": {"organization": "organisatie, instelling, naam organisatie, naam, aanbieder", "service": "dienst, naam dienst, aanbod", "country": "land", "street": "straat, adres, straat en nummer", "postal_code": "postcode", "town": "plaats, stad, gemeente, woonplaats",
		"territory": "provincie, regio", "phones": "telefoon, telefoonnummer, hulplijn", "emails": "e mailadres, mailadres", "website": "website, webpagina", "hours": "openingsuren, openingstijden, bereikbaarheid", "languages": "taal, talen",
		"summary_": "beschrijving, omschrijving", "helps": "soort hulp, hulp, hulpaanbod, diensten", "for": "doelgroep, doelgroepen, voor wie", "lat": "breedtegraad", "lon": "lengtegraad", "free": "gratis, kosteloos", "anonymous": "anoniem"},
	"fr": {"organization": "organisme, organisation, association, structure, institution, nom de l organisme, nom", "service": "service, nom du service, dispositif, prestation", "country": "pays", "street": "adresse, rue", "postal_code": "code postal, cp",
		"town": "ville, commune, localité", "territory": "région, département, province", "phones": "téléphone, numéro de téléphone, tél, ligne d écoute", "emails": "courriel, adresse électronique, adresse mail", "website": "site, site web, site internet",
		"hours": "horaires, heures d ouverture", "languages": "langue, langues", "summary_": "description, présentation", "helps": "type d aide, aide, prestations, services offerts", "for": "public, public cible, bénéficiaires, pour qui", "lat": "latitude", "lon": "longitude", "free": "gratuit", "anonymous": "anonyme"},
}

// meant is what a name means, and in which language it was said.
type meant struct{ column, lang string }

// names are all of said by the folded name. A name that two languages share
// goes to the earlier language.
var names = func() map[string]meant {
	out := map[string]meant{}
	for _, lang := range directory.ContentLanguages {
		for column, list := range said[lang] {
			for _, name := range strings.Split(list, ",") {
				if key := folded(name); out[key] == (meant{}) {
					out[key] = meant{column, lang}
				}
			}
		}
	}
	return out
}()

// Guess says which of our columns each heading is, each of ours at most once;
// lang is the language of texts whose heading does not tell, country that of
// numbers.
func Guess(list []Heading, lang, country string) map[string]string {
	out := map[string]string{}
	taken := map[string]bool{}
	give := func(h Heading, column string) {
		if column != "" && !taken[column] && out[h.Name] == "" {
			out[h.Name], taken[column] = column, true
		}
	}
	for _, h := range list { // whole names before parts of names before contents
		if c, ok := columnOf(ownName(h.Name)); ok {
			give(h, c.name)
		}
		give(h, names[folded(h.Name)].in(lang))
	}
	for _, h := range list {
		give(h, within(folded(h.Name)).in(lang))
	}
	for _, h := range list {
		give(h, byContent(h.values, country))
	}
	return out
}

func (m meant) in(lang string) string {
	if strings.HasSuffix(m.column, textColumn) {
		if m.lang == "en" {
			return m.column + lang // words that other languages have too
		}
		return m.column + m.lang
	}
	return m.column
}

// within is the longest name that stands as whole words in a longer one.
func within(name string) (found meant) {
	longest := "abc" // shorter ones stand in too much
	for key, m := range names {
		longer := len(key) > len(longest) || len(key) == len(longest) && key < longest
		if longer && strings.Contains(" "+name+" ", " "+key+" ") {
			longest, found = key, m
		}
	}
	return found
}

var postcode = regexp.MustCompile(`^([A-Z]{1,2}-)?([0-9]{4,5}|[0-9]{3} [0-9]{2}|[0-9]{4} ?[A-Z]{2})$`)

// kindsOfContent are what a column holds when nearly all of its cells look so.
var kindsOfContent = []struct {
	column string
	looks  func(cell, country string) bool
}{
	{"emails", func(cell, _ string) bool { return mailShape.MatchString(cell) }},
	{"website", func(cell, _ string) bool {
		return strings.HasPrefix(cell, "http") || strings.HasPrefix(cell, "www.")
	}},
	{"hours", func(cell, _ string) bool { _, ok := flatHours(cell); return ok }},
	{"postal_code", func(cell, _ string) bool {
		year, err := strconv.Atoi(cell)
		return postcode.MatchString(cell) && (err != nil || year < 1900 || year > 2100)
	}},
	{"country", func(cell, _ string) bool { return slices.Contains(directory.Countries(), countryCode(cell)) }},
	{"phones", func(cell, country string) bool {
		first, _, _ := strings.Cut(cell, ",")
		number := printedPhone(first, country)
		return number != nil && number["Number"] != "" && strings.IndexFunc(cell, unicode.IsLetter) < 0
	}},
}

func byContent(cells []string, country string) string {
	for _, kind := range kindsOfContent {
		fit := 0
		for _, cell := range cells {
			if kind.looks(cell, country) {
				fit++
			}
		}
		if fit > 0 && fit*5 >= len(cells)*4 {
			return kind.column
		}
	}
	return ""
}
