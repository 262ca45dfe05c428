// Package directory holds the real services of the anti-trafficking response
// and finds the right one.
//
// The idea: an entry is a service of an organisation, as a person who needs it
// would look for it: who it takes, what for, in which languages, when, where,
// how to reach it, whom it must inform. Entries ship as reviewed files in
// content/directory; after the first start the database is the truth. Searching
// never touches the database: a resident index answers, caught up by the
// directory's version row before each answer.
//
// Stored: organisations, services, places, contact points, findings for the
// editor. Nothing about who searched for what is ever stored; that a
// search found little is handed to whoever counts needs, see Need.
//
// It must never publish an address marked hidden, never name a fault of the
// source to the public, and never suggest an authority (police, prosecution,
// immigration) as a next step or show one on the pages of the person herself.
package directory

import "slices"

// Text is one text in several languages, keyed by language code; "en" is the
// source text and always there.
type Text map[string]string

// In returns the text in lang, or in English, or in any language.
func (t Text) In(lang string) string {
	if s := t[lang]; s != "" {
		return s
	}
	if s := t["en"]; s != "" {
		return s
	}
	for _, l := range []string{"fr", "nl", "de", "it", "el"} {
		if s := t[l]; s != "" {
			return s
		}
	}
	return ""
}

// Answer is a fact that may be unknown; unknown is not no.
type Answer string

// The answers.
const (
	Yes     Answer = "yes"
	No      Answer = "no"
	Unknown Answer = "" // not stated by the source
)

// Visibility says who may see a field.
type Visibility string

// The visibilities, from widest to narrowest.
const (
	Public       Visibility = ""             // everyone
	Professional Visibility = "professional" // signed-in members of an agency
	Hidden       Visibility = "hidden"       // editors only, never published
)

// Hide says of fields that everyone would see that only some may: field of the
// stored document ("Hours") to visibility. Contact points and addresses have a
// visibility of their own. HideEntry stands for the whole service or place.
type Hide map[string]Visibility

// HideEntry is the key of Hide for a service or place as a whole.
const HideEntry = "Entry"

// Group separates bodies that help from bodies that decide or prosecute.
type Group string

// The groups. An Authority is never a suggested next step and never on the
// pages of the person herself.
const (
	Support      Group = "support"      // helps the person
	Coordination Group = "coordination" // ministries, rapporteurs, offices: for professionals
	Authority    Group = "authority"    // police, prosecution, immigration, inspection
)

// File is one country file of content/directory.
type File struct {
	Country       string         `toml:"country"` // ISO 3166-1 alpha-2, upper case
	Source        Source         `toml:"source"`
	Organizations []Organization `toml:"organization"`
}

// Source says where the entries of a file come from.
type Source struct {
	ID    string `toml:"id"`
	Title string `toml:"title"`
	Date  string `toml:"date"` // as precise as known: "2023"
}

// Organization is a body and what it offers.
type Organization struct {
	ID       string    `toml:"id"` // permanent, lower-case words joined by "-", starts with the country: "gr-a21"
	Country  string    `toml:"-"`  // from the file
	Name     string    `toml:"name"`
	Names    Text      `toml:"names"` // reader-language names where they differ
	Kind     string    `toml:"kind"`  // ngo, public, international, ministry, rapporteur, police, prosecution, immigration, labour-inspection, social-security
	Group    Group     `toml:"group"`
	Parent   string    `toml:"parent"` // ID of the parent organisation
	Summary  Text      `toml:"summary"`
	Website  []Link    `toml:"website"`
	Services []Service `toml:"service"`
	Findings []Finding `toml:"finding"`
	Verified string    `toml:"verified"` // date YYYY-MM-DD of the last verification, empty: not verified since the source
	Hide     Hide      `toml:"hide" json:"Hide,omitempty"`
	Source   Source    `toml:"-"`
}

// Service is an entry of the directory: one thing that someone can turn to.
type Service struct {
	ID             string     `toml:"id"` // permanent, "gr-a21-1109"
	Name           string     `toml:"name"`
	Names          Text       `toml:"names"`
	Summary        Text       `toml:"summary"`                        // one or two sentences: who is helped and how
	What           Text       `toml:"what"`                           // more: all services of the source, in own words
	WhenYouCall    Text       `toml:"when_you_call"`                  // what happens, as far as known
	Roles          []string   `toml:"roles"`                          // concepts of scheme role
	Helps          []string   `toml:"helps"`                          // concepts of scheme help
	For            []string   `toml:"for"`                            // concepts of scheme target; empty: anyone
	Forms          []string   `toml:"forms"`                          // concepts of scheme form; empty: any form of exploitation
	Settings       []string   `toml:"settings"`                       // concepts of scheme setting
	Languages      []Language `toml:"language"`                       // spoken, and how
	Interpreted    int        `toml:"interpreted"`                    // number of languages reachable by interpretation, 0: not stated
	AnyLanguage    bool       `toml:"any_language"`                   // interpretation covers practically every language asked for
	Area           []string   `toml:"area"`                           // territory codes, ISO 3166-1/-2 ("GR", "IT-BG"), see package geo
	Free           Answer     `toml:"free"`                           // is the help or the call free of charge
	FreeNote       Text       `toml:"free_note"`                      // condition, e.g. by operator
	Anonymous      Answer     `toml:"anonymous"`                      // can one make contact without giving a name
	MustInform     Text       `toml:"must_inform"`                    // whom it must inform and when; empty: not known
	DirectReferral Answer     `toml:"direct_referral"`                // takes referrals from professionals directly
	Intake         []string   `toml:"intake" json:"intake,omitempty"` // how a body without an account here takes a referral, see Intakes; empty: not stated
	Residence      Answer     `toml:"without_papers"`                 // takes people without a residence permit
	Hours          Hours      `toml:"hours"`                          // when the contact points answer
	Phones         []Phone    `toml:"phone"`                          //
	Emails         []Email    `toml:"email"`                          //
	Website        []Link     `toml:"website"`                        //
	Places         []Place    `toml:"place"`                          // where it is
	Helpline       bool       `toml:"national_helpline"`              // a national helpline that may stand first
	Findings       []Finding  `toml:"finding"`
	Verified       string     `toml:"verified"` // date of the last verification, empty: not since the source
	Hide           Hide       `toml:"hide" json:"Hide,omitempty"`
}

// Intakes are the ways in which a body that has no account in an installation
// takes a referral: a sealed page behind a one-time link, which is sent to its
// published mailbox; a printed form; a call. Where nothing is stated, form and
// call can be tried, the link cannot: whether the mailbox is read, and by whom,
// is something that an editor has asked first.
var Intakes = []string{"link", "form", "call"}

// Ways are the intakes that can be tried with this service, in the order of
// Intakes.
//
// req: GUEST-9
func (s *Service) Ways() []string {
	var out []string
	for _, way := range Intakes {
		switch {
		case way == "link" && s.Mailbox() == "":
		case slices.Contains(s.Intake, way), len(s.Intake) == 0 && way != "link":
			out = append(out, way)
		}
	}
	return out
}

// Mailbox is the published address to which a link would go; "" when there is
// none. Hidden ones are never used: a mail to them would tell that they exist.
func (s *Service) Mailbox() string {
	for _, use := range []string{"helpdesk", ""} {
		for _, m := range s.Emails {
			if m.Use == use && m.Visibility != Hidden {
				return m.Address
			}
		}
	}
	return ""
}

// Language is a language and how it is offered.
type Language struct {
	Code string `toml:"code"` // BCP 47
	By   string `toml:"by"`   // "" spoken by staff, "interpreter"
}

// Phone is a number that can be called. Number is E.164 ("+302310019880")
// where one exists, else empty with Short set ("1109").
type Phone struct {
	Number     string     `toml:"number"`
	Short      string     `toml:"short"`
	Printed    string     `toml:"printed"` // as the source prints it
	Kind       string     `toml:"kind"`    // "" voice, fax, mobile
	Use        string     `toml:"use"`     // "" general, abroad (from other countries), professionals
	Free       Answer     `toml:"free"`
	Note       Text       `toml:"note"`
	Visibility Visibility `toml:"visibility"`
}

// Email is a mailbox.
type Email struct {
	Address    string     `toml:"address"`
	Use        string     `toml:"use"` // "" general, helpdesk
	Visibility Visibility `toml:"visibility"`
}

// Link is a web address.
type Link struct {
	URL        string     `toml:"url"`
	Title      Text       `toml:"title"`
	Visibility Visibility `toml:"visibility"`
}

// Place is where a service is. A Hidden place shows only town and territory
// to the public; its street address is for editors until the owner confirms.
type Place struct {
	ID         string     `toml:"id"` // permanent
	Name       string     `toml:"name"`
	Names      Text       `toml:"names"`
	Street     string     `toml:"street"`
	PostalCode string     `toml:"postal_code"`
	Town       string     `toml:"town"`
	Towns      Text       `toml:"towns"`
	Territory  string     `toml:"territory"` // ISO 3166-2 code of the smallest known territory
	Lat        float64    `toml:"lat"`       // WGS 84 degrees, of the town when the place is hidden
	Lon        float64    `toml:"lon"`
	Address    Visibility `toml:"address_visibility"` // of street, postal code and own contact points
	Phones     []Phone    `toml:"phone"`
	Emails     []Email    `toml:"email"`
	Hours      Hours      `toml:"hours"`
	Hide       Hide       `toml:"hide" json:"Hide,omitempty"`
}

// Hours says when contact is possible, in the local time of Zone. No Open and
// not Always means: not known.
type Hours struct {
	Zone     string      `toml:"zone"`     // IANA name, "Europe/Athens"
	Always   bool        `toml:"always"`   // 24 hours, 7 days
	Open     []Opening   `toml:"open"`     //
	Holidays string      `toml:"holidays"` // "" not known, "open", "closed": on public holidays of the country
	Except   []Exception `toml:"except"`
	Note     Text        `toml:"note"`
}

// Opening is a span on some weekdays. To may be past midnight ("26:00").
type Opening struct {
	Days string `toml:"days"` // "Mo,We,Fr" or "Mo-Fr"
	From string `toml:"from"` // "09:00"
	To   string `toml:"to"`   // "14:00"
}

// Exception replaces the weekly hours on one date.
type Exception struct {
	Date string `toml:"date"` // YYYY-MM-DD
	From string `toml:"from"` // both empty: closed
	To   string `toml:"to"`
}

// Finding is a fault of the source or of an entry, for the editor's eyes only.
type Finding struct {
	Kind   string `toml:"kind"`   // link-to-other-body, number-stands-twice, personal-mailbox, hours-missing, ...
	Field  string `toml:"field"`  // which field it concerns
	Detail string `toml:"detail"` // in English, for the editor
}

// Vocabulary is content/vocabulary: the concepts that filters and search share.
type Vocabulary struct {
	Concepts []Concept `toml:"concept"`
}

// Is says whether two are the same in memory: the directory keeps one until a
// concept changes.
func (v Vocabulary) Is(other Vocabulary) bool {
	n := len(v.Concepts)
	return n == len(other.Concepts) && (n == 0 || &v.Concepts[0] == &other.Concepts[0])
}

// Concept is one thing with many words: "ξενώνας", "shelter" and "opvang" are one.
type Concept struct {
	ID       string              `toml:"id"`     // "accommodation"
	Scheme   string              `toml:"scheme"` // help, target, form, setting, role, residence, language
	Broader  string              `toml:"broader"`
	Labels   Text                `toml:"label"`
	Synonyms map[string][]string `toml:"synonyms"`
}
