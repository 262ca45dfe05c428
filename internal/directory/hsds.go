package directory

import (
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"amelie/internal/fold"
)

// The read side of the Human Services Data Specification 3.1: what the
// directory publishes, in the words that other directories understand. What
// the specification lacks (groups, duties to inform, anonymity, translations)
// is carried by attributes whose terms are the published profile, see
// docs/hsds.md.

// hsdsSpace is the namespace of the derived UUIDs. It never changes: another
// directory keeps our identifiers.
var hsdsSpace = uuid.MustParse("5b1f2f0e-3d0c-5a39-9b1d-6f0a4c7e2d11")

// hsdsID derives the stable UUID that HSDS demands from our own identifier.
func hsdsID(kind string, parts ...string) string {
	return uuid.NewSHA1(hsdsSpace, []byte(kind+"/"+strings.Join(parts, "/"))).String()
}

// HSDSID is the identifier in HSDS of something of ours: "organization",
// "service", "location" with our identifier, or "term" with scheme and concept.
func HSDSID(kind string, parts ...string) string { return hsdsID(kind, parts...) }

type hsdsService struct {
	ID                 string                  `json:"id"`
	OrganizationID     string                  `json:"organization_id,omitempty"`
	Name               string                  `json:"name,omitempty"`
	AlternateName      string                  `json:"alternate_name,omitempty"`
	Description        string                  `json:"description,omitempty"`
	URL                string                  `json:"url,omitempty"`
	AdditionalURLs     []hsdsURL               `json:"additional_urls,omitempty"`
	Email              string                  `json:"email,omitempty"`
	Status             string                  `json:"status,omitempty"`
	Interpretation     string                  `json:"interpretation_services,omitempty"`
	ApplicationProcess string                  `json:"application_process,omitempty"`
	FeesDescription    string                  `json:"fees_description,omitempty"`
	Eligibility        string                  `json:"eligibility_description,omitempty"`
	AssuredDate        string                  `json:"assured_date,omitempty"`
	LastModified       string                  `json:"last_modified,omitempty"`
	Phones             []hsdsPhone             `json:"phones,omitempty"`
	Schedules          []hsdsSchedule          `json:"schedules,omitempty"`
	ServiceAreas       []hsdsArea              `json:"service_areas,omitempty"`
	AtLocations        []hsdsServiceAtLocation `json:"service_at_locations,omitempty"`
	Languages          []hsdsLanguage          `json:"languages,omitempty"`
	Organization       *hsdsOrganization       `json:"organization,omitempty"`
	Contacts           []hsdsContact           `json:"contacts,omitempty"`
	Attributes         []hsdsAttribute         `json:"attributes,omitempty"`
}

type hsdsOrganization struct {
	ID                 string           `json:"id"`
	Name               string           `json:"name"`
	AlternateName      string           `json:"alternate_name,omitempty"`
	Description        string           `json:"description"`
	Website            string           `json:"website,omitempty"`
	AdditionalWebsites []hsdsURL        `json:"additional_websites,omitempty"`
	ParentID           string           `json:"parent_organization_id,omitempty"`
	Identifiers        []hsdsIdentifier `json:"organization_identifiers,omitempty"`
	Locations          []hsdsLocation   `json:"locations,omitempty"`
	Services           []hsdsService    `json:"services,omitempty"`
	Attributes         []hsdsAttribute  `json:"attributes,omitempty"`
}

type hsdsIdentifier struct {
	ID     string `json:"id"`
	Scheme string `json:"identifier_scheme,omitempty"`
	Type   string `json:"identifier_type"`
	Value  string `json:"identifier"`
}

type hsdsURL struct {
	ID    string `json:"id"`
	Label string `json:"label,omitempty"`
	URL   string `json:"url"`
}

type hsdsPhone struct {
	ID          string         `json:"id"`
	Number      string         `json:"number"`
	Type        string         `json:"type,omitempty"`
	Description string         `json:"description,omitempty"`
	Languages   []hsdsLanguage `json:"languages,omitempty"`
}

type hsdsContact struct {
	ID         string `json:"id"`
	Department string `json:"department,omitempty"`
	Email      string `json:"email,omitempty"`
}

type hsdsLanguage struct {
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
	Code string `json:"code,omitempty"`
	Note string `json:"note,omitempty"`
}

type hsdsArea struct {
	ID          string `json:"id"`
	Name        string `json:"name,omitempty"`
	Description string `json:"description,omitempty"`
	Extent      string `json:"extent,omitempty"`
	ExtentType  string `json:"extent_type,omitempty"`
}

type hsdsSchedule struct {
	ID          string `json:"id"`
	ValidFrom   string `json:"valid_from,omitempty"`
	ValidTo     string `json:"valid_to,omitempty"`
	Timezone    *int   `json:"timezone,omitempty"`
	Freq        string `json:"freq,omitempty"`
	ByDay       string `json:"byday,omitempty"`
	OpensAt     string `json:"opens_at,omitempty"`
	ClosesAt    string `json:"closes_at,omitempty"`
	Description string `json:"description,omitempty"`
	Notes       string `json:"notes,omitempty"`
}

type hsdsServiceAtLocation struct {
	ID           string          `json:"id"`
	ServiceID    string          `json:"service_id,omitempty"`
	LocationID   string          `json:"location_id,omitempty"`
	Description  string          `json:"description,omitempty"`
	ServiceAreas []hsdsArea      `json:"service_areas,omitempty"`
	Contacts     []hsdsContact   `json:"contacts,omitempty"`
	Phones       []hsdsPhone     `json:"phones,omitempty"`
	Schedules    []hsdsSchedule  `json:"schedules,omitempty"`
	Location     *hsdsLocation   `json:"location,omitempty"`
	Service      *hsdsService    `json:"service,omitempty"`
	Attributes   []hsdsAttribute `json:"attributes,omitempty"`
}

type hsdsLocation struct {
	ID        string         `json:"id"`
	Type      string         `json:"location_type"`
	Name      string         `json:"name,omitempty"`
	Latitude  *float64       `json:"latitude,omitempty"`
	Longitude *float64       `json:"longitude,omitempty"`
	Addresses []hsdsAddress  `json:"addresses,omitempty"`
	Contacts  []hsdsContact  `json:"contacts,omitempty"`
	Phones    []hsdsPhone    `json:"phones,omitempty"`
	Schedules []hsdsSchedule `json:"schedules,omitempty"`
}

type hsdsAddress struct {
	ID            string `json:"id"`
	Address1      string `json:"address_1"`
	City          string `json:"city"`
	StateProvince string `json:"state_province"`
	PostalCode    string `json:"postal_code"`
	Country       string `json:"country"`
	Type          string `json:"address_type"`
}

type hsdsAttribute struct {
	ID         string    `json:"id"`
	LinkID     string    `json:"link_id,omitempty"`
	TermID     string    `json:"taxonomy_term_id,omitempty"`
	LinkType   string    `json:"link_type,omitempty"`
	LinkEntity string    `json:"link_entity,omitempty"`
	Value      string    `json:"value,omitempty"`
	Label      string    `json:"label,omitempty"`
	Term       *hsdsTerm `json:"taxonomy_term,omitempty"`
}

type hsdsTaxonomy struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Version     string `json:"version,omitempty"`
}

type hsdsTerm struct {
	ID          string        `json:"id"`
	Code        string        `json:"code,omitempty"`
	Name        string        `json:"name"`
	Description string        `json:"description"`
	ParentID    string        `json:"parent_id,omitempty"`
	Taxonomy    string        `json:"taxonomy,omitempty"`
	TaxonomyID  string        `json:"taxonomy_id,omitempty"`
	Detail      *hsdsTaxonomy `json:"taxonomy_detail,omitempty"`
	Language    string        `json:"language,omitempty"`
}

// hsdsBook is one version of the directory in HSDS, full records, in a fixed
// order. It is built once for a version from what everyone may see.
type hsdsBook struct {
	services      []hsdsService
	organizations []hsdsOrganization
	atLocations   []hsdsServiceAtLocation
	taxonomies    []hsdsTaxonomy
	terms         []hsdsTerm

	service      map[string]int
	organization map[string]int
	atLocation   map[string]int
	taxonomy     map[string]int
	term         map[string]int

	ours     map[string]string          // our service id by HSDS id
	termsOf  map[string]map[string]bool // term ids by service id
	modified map[string]time.Time       // by service id
	places   map[string]Place           // by service-at-location id
	minimal  []hsdsMinimal
	texts    map[string]string // folded text by service id
	synonyms map[string]string // other words for a term, by term id
}

type hsdsMinimal struct {
	ID           string `json:"id"`
	LastModified string `json:"last_modified"`
}

// territoryNamer gives the English name of a territory code.
type territoryNamer func(code string) string

// newBook maps published organisations. It takes them as Publish gives them to
// everyone and adds nothing that is not in them.
func newBook(published []Organization, vocab Vocabulary, changed map[string]time.Time, checks map[string][]Verification, territory territoryNamer) *hsdsBook {
	b := &hsdsBook{
		service: map[string]int{}, organization: map[string]int{}, atLocation: map[string]int{}, taxonomy: map[string]int{}, term: map[string]int{},
		ours: map[string]string{}, termsOf: map[string]map[string]bool{}, modified: map[string]time.Time{}, places: map[string]Place{},
		texts: map[string]string{}, synonyms: map[string]string{},
	}
	b.addVocabulary(vocab)
	m := &hsdsMapper{book: b, changed: changed, checks: checks, territory: territory, vocab: vocab}
	for _, o := range published {
		m.organization(o)
	}
	return b
}

// schemeWords describes our taxonomies to other directories.
var schemeWords = map[string][2]string{
	"help":      {"Kind of help", "What a service does for the person."},
	"target":    {"Target group", "Whom a service takes."},
	"form":      {"Form of exploitation", "Forms of exploitation that a service works with."},
	"setting":   {"Setting", "Where people meet the service."},
	"role":      {"Role in the national mechanism", "What the body is within the national referral mechanism."},
	"residence": {"Residence status", "Residence situations that a service takes."},
}

func (b *hsdsBook) addVocabulary(vocab Vocabulary) {
	for _, scheme := range Schemes {
		if scheme == LanguageScheme { // the specification has languages of its own
			continue
		}
		words, ok := schemeWords[scheme]
		if !ok {
			words = [2]string{scheme, scheme}
		}
		b.addTaxonomy(hsdsTaxonomy{ID: hsdsID("taxonomy", scheme), Name: words[0], Description: words[1], Version: "1"})
	}
	b.addTaxonomy(hsdsTaxonomy{ID: hsdsID("taxonomy", "profile"), Name: "Profile", Description: "Facts that the specification has no field for; see the profile document.", Version: "1"})
	for _, c := range vocab.Concepts {
		if c.Scheme != LanguageScheme {
			b.addConcept(c)
		}
	}
	for _, p := range profileTerms {
		b.addTerm(hsdsTerm{
			ID: hsdsID("term", "profile", p.code), Code: p.code, Name: p.name, Description: p.description,
			Taxonomy: "Profile", TaxonomyID: hsdsID("taxonomy", "profile"), Language: "en",
		})
	}
}

func (b *hsdsBook) addTaxonomy(t hsdsTaxonomy) {
	b.taxonomy[t.ID] = len(b.taxonomies)
	b.taxonomies = append(b.taxonomies, t)
}

func (b *hsdsBook) addConcept(c Concept) {
	t := hsdsTerm{
		ID: hsdsID("term", c.Scheme, c.ID), Code: c.ID, Name: c.Labels.In("en"), Description: conceptDescription(c),
		Taxonomy: schemeWords[c.Scheme][0], TaxonomyID: hsdsID("taxonomy", c.Scheme), Language: "en",
	}
	if c.Broader != "" {
		t.ParentID = hsdsID("term", c.Scheme, c.Broader)
	}
	var words []string
	for _, list := range c.Synonyms {
		words = append(words, list...)
	}
	b.synonyms[t.ID] = strings.Join(words, " ")
	b.addTerm(t)
}

func (b *hsdsBook) addTerm(t hsdsTerm) {
	b.term[t.ID] = len(b.terms)
	b.terms = append(b.terms, t)
}

// conceptDescription gives the labels in the other languages, so that a
// directory in another language can match the term.
func conceptDescription(c Concept) string {
	var parts []string
	for _, lang := range ContentLanguages {
		if label := c.Labels[lang]; label != "" {
			parts = append(parts, fmt.Sprintf("%s (%s)", label, lang))
		}
	}
	return strings.Join(parts, "; ")
}

type profileTerm struct{ code, name, description string }

// profileTerms are the profile: facts that HSDS 3.1 has no field for.
var profileTerms = []profileTerm{
	{"identifier", "Identifier", "The directory's own permanent identifier of the record."},
	{"group", "Group", "support: helps the person; coordination: for professionals; authority: police, prosecution, immigration, inspection. An authority must never be shown as a next step to the person."},
	{"kind", "Kind of body", "What kind of organisation it is."},
	{"national-helpline", "National helpline", "yes: a helpline for a whole country."},
	{"always-open", "Always open", "yes: answers 24 hours, 7 days."},
	{"holidays", "Public holidays", "open or closed on the public holidays of the country."},
	{"opening-note", "Note on opening hours", "What the opening times alone do not say."},
	{"anonymous", "Anonymous contact", "yes or no: can contact be made without giving a name. Absent: not known."},
	{"must-inform", "Whom it must inform", "Whom the service has to inform, and when. Absent: not known."},
	{"direct-referral", "Direct referral", "yes or no: takes referrals from professionals directly. Absent: not known."},
	{"intake", "Intake", "link, form or call: how a body without an account takes a referral. One attribute for each way. Absent: not stated."},
	{"without-papers", "Without residence permit", "yes or no: takes people without a residence permit. Absent: not known."},
	{"free", "Free of charge", "yes or no. Absent: not known."},
	{"interpreted-languages", "Languages by interpretation", "The number of languages that can be reached by interpretation."},
	{"any-language", "Any language", "yes: interpretation covers practically every language asked for."},
	{"town", "Town only", "The town of a place whose address is not published. There is no location record for it."},
	{"source", "Source", "The document that the record comes from."},
	{"checked", "Verified part", "link_type checked, label the part (phones, emails, hours, languages, takes, informs), value the date and how it was verified: telephone, visit, link or account (by the body itself), website."},
	{"source-date", "Date of the source", "As precise as known. Without an assured_date the record was not verified since."},
	{"translation", "Translation", "link_type names the field, label the language (BCP 47), value is the text."},
}

// matches is the full-text search of HSDS: every word begins a word of the
// record in any language, accents and spelling folded. The ranked search with
// reasons is the directory's own, see api.go.
func (b *hsdsBook) matches(service string, words []string) bool {
	for _, w := range words {
		if !strings.Contains(b.texts[service], " "+w) {
			return false
		}
	}
	return true
}

// text makes the folded text that matches looks into.
func (b *hsdsBook) text(s *hsdsService) string {
	parts := []string{s.Name, s.AlternateName, s.Description, s.ApplicationProcess, s.Organization.Name, s.Organization.AlternateName}
	for _, a := range s.Attributes {
		parts = append(parts, a.Value, a.Label)
		if a.Term != nil {
			parts = append(parts, a.Term.Description, b.synonyms[a.TermID])
		}
	}
	for _, area := range s.ServiceAreas {
		parts = append(parts, area.Name)
	}
	for _, at := range s.AtLocations {
		for _, address := range at.Location.Addresses {
			parts = append(parts, address.Address1, address.City, address.PostalCode)
		}
	}
	return " " + fold.Key(strings.Join(parts, " "))
}

// page cuts a page out of n records; number starts at 1.
type hsdsPage[T any] struct {
	TotalItems int  `json:"total_items"`
	TotalPages int  `json:"total_pages"`
	PageNumber int  `json:"page_number"`
	Size       int  `json:"size"`
	FirstPage  bool `json:"first_page"`
	LastPage   bool `json:"last_page"`
	Empty      bool `json:"empty"`
	Contents   []T  `json:"contents"`
}

// paged gives one page; a page after the last is empty, not an error, since
// the directory may have become shorter while someone walked through it.
func paged[T any](all []T, number, size int) hsdsPage[T] {
	pages := max(1, (len(all)+size-1)/size)
	from := min((number-1)*size, len(all))
	to := min(from+size, len(all))
	part := append([]T{}, all[from:to]...)
	return hsdsPage[T]{
		TotalItems: len(all), TotalPages: pages, PageNumber: number, Size: len(part),
		FirstPage: number == 1, LastPage: number >= pages, Empty: len(part) == 0, Contents: part,
	}
}
