package directory

import "time"

// Query is what someone looks for. The zero value lists everything that helps.
// It holds no word about who asks, and must never be stored or logged.
type Query struct {
	Text string // free text in any language
	Lang string // language of the reader, decides between equals
	Home string // ISO 3166-1; preferred when the query names no country or place

	Countries   []string // ISO 3166-1; several: any of them
	Territories []string // ISO 3166-2 or NUTS; covers or has a part of any of them
	Helps       []string // concepts of scheme help; any of them
	Targets     []string // concepts of scheme target; any of them
	Forms       []string // concepts of scheme form; any of them
	Roles       []string // concepts of scheme role; any of them
	Languages   []string // BCP 47; any of them, spoken or interpreted
	Groups      []Group  // empty: support and coordination, never authorities
	ByStaff     bool     // the language is spoken by staff, not interpreted

	OpenNow        bool // known to be open at Now
	Always         bool // 24 hours, 7 days
	Free           bool
	DirectReferral bool
	WithoutPapers  bool
	Anonymous      bool

	Near *Near
	Now  time.Time

	Limit  int // at most 100; 0: 20
	Offset int
}

// Near asks for what is close to a point.
type Near struct {
	Place    string  // name to look up in the gazetteer, used when Lat and Lon are 0
	Lat, Lon float64 // WGS 84 degrees
	Km       float64 // radius; 0: 50

	area string // territory of Place, once it was looked up
}

// Result is the answer to a Query.
type Result struct {
	Total       int
	Hits        []Hit
	Facets      []Facet   // one per filter, in the order of the page
	Relaxed     []Step    // what had to be given up so that something was found
	Meanings    []Meaning // how the words were understood
	Named       []Hit     // authorities whose whole name stands in the text
	Authorities int       // authorities that match: they have a list of their own
	Around      string    // ISO 3166-2 of the place that Near names, "" when it names none that is known
}

// Hit is an entry found, with the reasons why it stands where it stands.
type Hit struct {
	Entry    Entry
	Score    int
	Metres   float64 // distance to the place asked for, negative: not known
	Open     OpenState
	Reasons  []Reason
	Relevant string // ID of the nearest or best matching place of the service, may be empty
}

// Reason is one sentence about a hit, as data; the page words it. Only the
// fields that its code names are set.
type Reason struct {
	Code      ReasonCode
	Territory string // ISO code
	Concept   string // vocabulary ID
	Scheme    string // scheme of Concept
	Language  string // BCP 47
	Place     string // name of a place, in the reader's language
	Word      string // a word of the text
	Date      string // YYYY or YYYY-MM-DD
	Days      int
	Count     int
	Metres    float64
	At        time.Time
}

// ReasonCode says which reason it is.
type ReasonCode string

// The reasons.
const (
	ReasonNamed         ReasonCode = "named"          // the text names this body
	ReasonWord          ReasonCode = "word"           // its text has Word
	ReasonHelps         ReasonCode = "helps"          // helps with Concept of Scheme
	ReasonTakes         ReasonCode = "takes"          // takes Concept (target group)
	ReasonCovers        ReasonCode = "covers"         // covers Territory (province or region)
	ReasonCountryWide   ReasonCode = "country-wide"   // covers the whole of Territory
	ReasonDistance      ReasonCode = "distance"       // Metres from Place
	ReasonSpeaks        ReasonCode = "speaks"         // staff speak Language
	ReasonInterpreter   ReasonCode = "interpreter"    // Language by interpreter
	ReasonInterpreted   ReasonCode = "interpreted"    // Count languages by interpreter, ask for Language
	ReasonOpen          ReasonCode = "open"           // open now, until At
	ReasonAlways        ReasonCode = "always"         // open day and night
	ReasonOpens         ReasonCode = "opens"          // closed, opens At
	ReasonFree          ReasonCode = "free"           //
	ReasonReferral      ReasonCode = "referral"       // takes direct referrals
	ReasonWithoutPapers ReasonCode = "without-papers" //
	ReasonAnonymous     ReasonCode = "anonymous"      //
	ReasonVerified      ReasonCode = "verified"       // verified Days ago, on Date
	ReasonUnverified    ReasonCode = "unverified"     // not verified since Date (of the source)
)

// Facet is one filter with the count of each of its values. Counts obey all
// other filters but not the facet's own, since its values add up.
type Facet struct {
	Name   FacetName
	Values []FacetValue
}

// FacetName is the name of a filter, also of its parameter.
type FacetName string

// The facets. Those from FacetOpen on have the single value "yes".
const (
	FacetCountry       FacetName = "country"
	FacetTerritory     FacetName = "territory"
	FacetHelp          FacetName = "help"
	FacetTarget        FacetName = "target"
	FacetForm          FacetName = "form"
	FacetLanguage      FacetName = "language"
	FacetRole          FacetName = "role"
	FacetGroup         FacetName = "group"
	FacetOpen          FacetName = "open"
	FacetAlways        FacetName = "always"
	FacetFree          FacetName = "free"
	FacetReferral      FacetName = "referral"
	FacetWithoutPapers FacetName = "without-papers"
	FacetAnonymous     FacetName = "anonymous"
)

// FacetValue is one choice of a filter.
type FacetValue struct {
	ID       string
	Count    int
	Selected bool
}

// Step is something that search gave up because nothing was found with it.
type Step struct {
	Code     StepCode
	Facet    FacetName // StepFilter: the filter that was dropped
	From, To string    // StepTerritory: codes; StepSpelling, StepWords: the words
	Km       float64   // StepRadius: the new radius
}

// StepCode says which step it is.
type StepCode string

// The steps, in the order in which they are tried.
const (
	StepSpelling    StepCode = "spelling"    // words spelt differently were taken too
	StepRadius      StepCode = "radius"      // within Km instead
	StepInterpreter StepCode = "interpreter" // the language also by interpreter
	StepTerritory   StepCode = "territory"   // all of To instead of From
	StepNear        StepCode = "near"        // anywhere in the country
	StepFilter      StepCode = "filter"      // the filter Facet was dropped
	StepWords       StepCode = "words"       // not all words were found: From dropped
	StepCountry     StepCode = "country"     // everything in the country
)

// Meaning tells how a part of the text was understood.
type Meaning struct {
	Text string      // as typed
	Kind MeaningKind //
	ID   string      // concept, territory, language or facet; place: its name for the reader
	By   string      // scheme of a concept; the corrected spelling of a word
	Area string      // ISO 3166-2 of a place or territory
}

// MeaningKind says as what a part of the text was understood.
type MeaningKind string

// The kinds.
const (
	MeansConcept   MeaningKind = "concept"
	MeansPlace     MeaningKind = "place"
	MeansTerritory MeaningKind = "territory"
	MeansLanguage  MeaningKind = "language"
	MeansWord      MeaningKind = "word"
	MeansSpelling  MeaningKind = "spelling" // a word taken for By
	MeansNumber    MeaningKind = "number"   // a phone number
	MeansFilter    MeaningKind = "filter"   // a filter, ID is its facet: "open now"
	MeansNothing   MeaningKind = "nothing"  // not found anywhere
)
