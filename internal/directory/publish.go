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
	services := make([]Service, len(o.Services))
	for i, s := range o.Services {
		services[i] = publishService(s, to)
	}
	o.Services = services
	return o
}

func publishService(s Service, to Audience) Service {
	s.Findings = nil
	s.Phones = publishPhones(s.Phones, to)
	s.Emails = publishEmails(s.Emails, to)
	s.Website = publishLinks(s.Website, to)
	places := make([]Place, len(s.Places))
	for i, p := range s.Places {
		places[i] = publishPlace(p, to)
	}
	s.Places = places
	return s
}

func publishPlace(p Place, to Audience) Place {
	if to.sees(p.Address) {
		p.Phones = publishPhones(p.Phones, to)
		p.Emails = publishEmails(p.Emails, to)
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
