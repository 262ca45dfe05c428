package directory

import (
	"bytes"
	"fmt"
	"time"

	"github.com/emersion/go-vcard"
)

// VCardName is the name of every downloaded contact: it stays in the reader's
// downloads and says nothing.
const VCardName = "contact.vcf"

// VCard writes a service as a vCard 4.0 (RFC 6350): names, published phones,
// mailboxes, web addresses, published addresses, languages. It carries no
// category and no note, since contacts are shown where other eyes look.
// The organisation and its service must come from Publish.
func VCard(o Organization, s Service, changed time.Time) ([]byte, error) {
	c := vcard.Card{}
	c.SetValue(vcard.FieldVersion, "4.0")
	c.SetKind(vcard.KindOrganization)
	c.SetValue(vcard.FieldFormattedName, s.Name)
	c.SetValue(vcard.FieldUID, "urn:uuid:"+hsdsID("service", s.ID))
	if o.Name != s.Name {
		c.SetValue(vcard.FieldOrganization, o.Name)
	}
	if !changed.IsZero() {
		c.SetRevision(changed.UTC())
	}
	for i, p := range s.Phones {
		c.Add(vcard.FieldTelephone, vcardPhone(p, i == 0))
	}
	for _, e := range s.Emails {
		c.Add(vcard.FieldEmail, &vcard.Field{Value: e.Address, Params: vcard.Params{vcard.ParamType: {"work"}}})
	}
	for _, l := range allLinks(o, s) {
		c.AddValue(vcard.FieldURL, l.URL)
	}
	for _, l := range s.Languages {
		c.AddValue(vcard.FieldLanguage, l.Code)
	}
	if s.Hours.Zone != "" {
		c.SetValue(vcard.FieldTimezone, s.Hours.Zone)
	}
	for _, p := range s.Places {
		if p.Street == "" { // an address that is not published has none to write
			continue
		}
		c.AddAddress(&vcard.Address{StreetAddress: p.Street, Locality: p.Town, PostalCode: p.PostalCode, Country: o.Country})
		for _, phone := range p.Phones {
			c.Add(vcard.FieldTelephone, vcardPhone(phone, false))
		}
		for _, e := range p.Emails {
			c.AddValue(vcard.FieldEmail, e.Address)
		}
	}
	var b bytes.Buffer
	if err := vcard.NewEncoder(&b).Encode(c); err != nil {
		return nil, fmt.Errorf("vcard %s: %w", s.ID, err)
	}
	return b.Bytes(), nil
}

func vcardPhone(p Phone, first bool) *vcard.Field {
	f := &vcard.Field{Value: "tel:" + dial(p), Params: vcard.Params{"VALUE": {"uri"}, vcard.ParamType: {"work"}}}
	switch p.Kind {
	case "fax":
		f.Params.Add(vcard.ParamType, "fax")
	case "mobile":
		f.Params.Add(vcard.ParamType, "cell")
	default:
		f.Params.Add(vcard.ParamType, "voice")
	}
	if first {
		f.Params.Set(vcard.ParamPreferred, "1")
	}
	return f
}

// dial is what a phone dials: the short code, which works where the caller
// is, or the E.164 number.
func dial(p Phone) string {
	if p.Number != "" {
		return p.Number
	}
	return p.Short
}

// allLinks are a service's web addresses and those of its organisation, each once.
func allLinks(o Organization, s Service) []Link {
	var out []Link
	seen := map[string]bool{}
	for _, l := range append(append([]Link{}, s.Website...), o.Website...) {
		if !seen[l.URL] {
			seen[l.URL] = true
			out = append(out, l)
		}
	}
	return out
}
