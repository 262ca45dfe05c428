package directory

// Entry is one service together with the organisation that offers it, as
// published to one audience: what search finds and pages show.
type Entry struct {
	Organization *Organization // without its services
	Service      *Service
}

// ID is the permanent ID of the service.
func (e Entry) ID() string { return e.Service.ID }

// Country is the ISO 3166-1 code of the organisation's country.
func (e Entry) Country() string { return e.Organization.Country }

// Group says whether the body helps, coordinates or is an authority.
func (e Entry) Group() Group { return e.Organization.Group }

// Verified is the date YYYY-MM-DD of the service's last verification, or of
// its organisation's; empty: not since the source.
func (e Entry) Verified() string {
	if e.Service.Verified != "" {
		return e.Service.Verified
	}
	return e.Organization.Verified
}

// Hours are the known opening hours of the service, or of its places where
// the service has none of its own.
func (e Entry) Hours() []Hours {
	if e.Service.Hours.Known() {
		return []Hours{e.Service.Hours}
	}
	var all []Hours
	for _, p := range e.Service.Places {
		if p.Hours.Known() {
			all = append(all, p.Hours)
		}
	}
	return all
}
