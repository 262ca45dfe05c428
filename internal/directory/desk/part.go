package desk

import (
	"slices"

	"amelie/internal/directory"
)

// part is a piece of an entry that has a form of its own.
type part struct {
	ID     string
	Icon   string
	Fields []string // of the stored document
}

// parts of each kind, in the order in which a page shows them.
var parts = map[directory.Kind][]part{
	directory.KindOrganization: {
		{"words", "talk", []string{"Name", "Names", "Summary"}},
		{"about", "building", []string{"Kind", "Group", "Parent"}},
		{"contact", "globe", []string{"Website"}},
		{"seen", "eye", []string{"Hide"}},
	},
	directory.KindService: {
		{"contact", "phone", []string{"Phones", "Emails", "Website", "Helpline"}},
		{"hours", "clock", []string{"Hours"}},
		{"words", "talk", []string{"Name", "Names", "Summary", "What", "WhenYouCall", "MustInform", "FreeNote"}},
		{"offer", "list", []string{"Roles", "Helps", "For", "Forms", "Settings"}},
		{"languages", "globe", []string{"Languages", "Interpreted", "AnyLanguage"}},
		{"terms", "shield", []string{"Free", "Anonymous", "DirectReferral", "Residence", "Intake"}},
		{"area", "pin", []string{"Area"}},
		{"seen", "eye", []string{"Hide"}},
	},
	directory.KindPlace: {
		{"address", "pin", []string{"Name", "Street", "PostalCode", "Town", "Territory"}},
		{"contact", "phone", []string{"Phones", "Emails"}},
		{"hours", "clock", []string{"Hours"}},
		{"words", "talk", []string{"Names", "Towns"}},
		{"seen", "eye", []string{"Address", "Hide"}},
	},
}

// partOf finds a part by its name in the address.
func partOf(kind directory.Kind, id string) (part, bool) {
	at := slices.IndexFunc(parts[kind], func(p part) bool { return p.ID == id })
	if at < 0 {
		return part{}, false
	}
	return parts[kind][at], true
}

// partWith is the part whose form holds a field, for "mend this".
func partWith(kind directory.Kind, field string) string {
	for _, p := range parts[kind] {
		if slices.Contains(p.Fields, field) {
			return p.ID
		}
	}
	return parts[kind][0].ID
}

// inputOf translates the names of the content files, which problems carry, to
// the form's own input, so that the sentence stands beside it.
func inputOf(field string) string {
	if to, ok := map[string]string{
		"phone": "phones", "phone.free": "phones", "phone.note": "phones", "email": "emails", "website": "links", "website.title": "links",
		"national_helpline": "helpline", "language": "languages", "names": "Names.en", "summary": "Summary.en", "town": "town",
		"territory": "territory", "lat": "town", "address_visibility": "address", "hide": "hide", "hours.note": "hours-note",
	}[field]; ok {
		return to
	}
	return field
}
