package directory

// Audience says for whom something is published.
type Audience int

// The audiences. Nothing that is Hidden is ever published to either.
const (
	ForEveryone      Audience = iota // the public pages and interfaces
	ForProfessionals                 // signed-in members of an agency
)

// sees says whether a field of visibility v is published to the audience.
func (a Audience) sees(v Visibility) bool {
	switch v {
	case Public:
		return true
	case Professional:
		return a == ForProfessionals
	}
	return false
}

// Publish gives the part of an organisation that an audience may see. It is
// the only way from the stored directory to a page, an interface, a file or
// the search index: findings are dropped, hidden contact points are dropped,
// and a place whose address is hidden keeps its town and territory alone,
// placed at the town's own position with the street, the postal code, the
// name of the place and its own phones, mails and hours removed.
//
// req: DIRECTORY-1
func Publish(o Organization, to Audience) Organization {
	o.Findings = nil
	o.Website = publishLinks(o.Website, to)
	o.Summary = shown(o.Summary, o.Hide, "Summary", to)
	o.Website = shown(o.Website, o.Hide, "Website", to)
	services := make([]Service, 0, len(o.Services))
	for _, s := range o.Services {
		if to.sees(s.Hide[HideEntry]) {
			services = append(services, publishService(s, to))
		}
	}
	o.Services, o.Hide = services, nil
	return o
}

// Hideable are the fields of which an editor may say who sees them. The name,
// the kind of body, its roles and its area stay with the entry: without them it
// could not be found, and who may not see them hides the entry.
var Hideable = map[Kind][]string{
	KindOrganization: {"Summary", "Website"},
	KindService: {HideEntry, "Summary", "What", "WhenYouCall", "Helps", "For", "Forms", "Settings", "Languages", "Free", "Anonymous",
		"MustInform", "DirectReferral", "Intake", "Residence", "Hours", "Phones", "Emails", "Website"},
	KindPlace: {HideEntry, "Name", "Phones", "Emails", "Hours"},
}

// shown is a field's value for an audience, empty when it is hidden from it.
//
// req: DESK-2
func shown[T any](value T, hide Hide, field string, to Audience) T {
	if to.sees(hide[field]) {
		return value
	}
	var nothing T
	return nothing
}

// hideFields empties the fields of a service that an audience may not see; what
// tells about a field goes with it.
func hideFields(s *Service, to Audience) {
	h := s.Hide
	s.Summary, s.What, s.WhenYouCall = shown(s.Summary, h, "Summary", to), shown(s.What, h, "What", to), shown(s.WhenYouCall, h, "WhenYouCall", to)
	s.Helps, s.For = shown(s.Helps, h, "Helps", to), shown(s.For, h, "For", to)
	s.Forms, s.Settings = shown(s.Forms, h, "Forms", to), shown(s.Settings, h, "Settings", to)
	s.Languages, s.Interpreted = shown(s.Languages, h, "Languages", to), shown(s.Interpreted, h, "Languages", to)
	s.AnyLanguage = shown(s.AnyLanguage, h, "Languages", to)
	s.Free, s.FreeNote = shown(s.Free, h, "Free", to), shown(s.FreeNote, h, "Free", to)
	s.Anonymous, s.MustInform = shown(s.Anonymous, h, "Anonymous", to), shown(s.MustInform, h, "MustInform", to)
	s.DirectReferral, s.Residence = shown(s.DirectReferral, h, "DirectReferral", to), shown(s.Residence, h, "Residence", to)
	s.Intake, s.Hours = shown(s.Intake, h, "Intake", to), shown(s.Hours, h, "Hours", to)
	s.Phones, s.Emails, s.Website = shown(s.Phones, h, "Phones", to), shown(s.Emails, h, "Emails", to), shown(s.Website, h, "Website", to)
	s.Hide = nil
}

func publishService(s Service, to Audience) Service {
	s.Findings = nil
	s.Phones = publishPhones(s.Phones, to)
	s.Emails = publishEmails(s.Emails, to)
	s.Website = publishLinks(s.Website, to)
	places := make([]Place, 0, len(s.Places))
	for _, p := range s.Places {
		if to.sees(p.Hide[HideEntry]) {
			places = append(places, publishPlace(p, to))
		}
	}
	s.Places = places
	hideFields(&s, to)
	return s
}

func publishPlace(p Place, to Audience) Place {
	if to.sees(p.Address) {
		p.Phones = publishPhones(p.Phones, to)
		p.Emails = publishEmails(p.Emails, to)
		p.Name, p.Names = shown(p.Name, p.Hide, "Name", to), shown(p.Names, p.Hide, "Name", to)
		p.Phones, p.Emails = shown(p.Phones, p.Hide, "Phones", to), shown(p.Emails, p.Hide, "Emails", to)
		p.Hours, p.Hide = shown(p.Hours, p.Hide, "Hours", to), nil
		return p
	}
	return Place{
		ID: p.ID, Town: p.Town, Towns: p.Towns, Territory: p.Territory,
		Lat: p.Lat, Lon: p.Lon, Address: p.Address,
	}
}

func publishPhones(all []Phone, to Audience) []Phone {
	return seen(all, to, func(p Phone) Visibility { return p.Visibility })
}

func publishEmails(all []Email, to Audience) []Email {
	return seen(all, to, func(e Email) Visibility { return e.Visibility })
}

func publishLinks(all []Link, to Audience) []Link {
	return seen(all, to, func(l Link) Visibility { return l.Visibility })
}

// seen keeps what the audience may see.
func seen[T any](all []T, to Audience, of func(T) Visibility) []T {
	var out []T
	for _, x := range all {
		if to.sees(of(x)) {
			out = append(out, x)
		}
	}
	return out
}
