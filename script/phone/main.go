// Command phone writes the numbering plans of internal/phone from the metadata
// of libphonenumber (Apache-2.0), as the module in go.mod carries it. Run it
// again when that module is raised.
package main

import (
	"bytes"
	"encoding/json"
	"log"
	"os"

	"github.com/andybalholm/brotli"
	"github.com/nyaruka/phonenumbers"

	"amelie/internal/phone"
)

func main() {
	plans, err := plans()
	if err != nil {
		log.Fatal(err)
	}
	text, err := json.Marshal(plans)
	if err != nil {
		log.Fatal(err)
	}
	var out bytes.Buffer
	w := brotli.NewWriterLevel(&out, brotli.BestCompression)
	if _, err := w.Write(text); err != nil {
		log.Fatal(err)
	}
	if err := w.Close(); err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile("internal/phone/plans.json.br", out.Bytes(), 0o644); err != nil {
		log.Fatal(err)
	}
}

func plans() (out []phone.Plan, err error) {
	all, err := phonenumbers.MetadataCollection()
	if err != nil {
		return nil, err
	}
	for _, m := range all.GetMetadata() {
		p := phone.Plan{Region: m.GetId(), Code: int(m.GetCountryCode()), Main: m.GetMainCountryForCode(), International: m.GetInternationalPrefix(),
			Prefix: m.GetNationalPrefixForParsing(), Instead: m.GetNationalPrefixTransformRule(), Leading: m.GetLeadingDigits(),
			General: kind(m.GetGeneralDesc()), Premium: kind(m.GetPremiumRate()), Free: kind(m.GetTollFree()),
			National: formats(m.GetNumberFormat()), Abroad: formats(m.GetIntlNumberFormat())}
		for _, d := range []*phonenumbers.PhoneNumberDesc{m.GetSharedCost(), m.GetVoip(), m.GetPersonalNumber(), m.GetPager(), m.GetUan(), m.GetVoicemail(), m.GetFixedLine(), m.GetMobile()} {
			if k := kind(d); k.Pattern != "" {
				p.Others = append(p.Others, k)
			}
		}
		out = append(out, p)
	}
	return out, nil
}

// kind is a description; empty when the plan has no such numbers.
func kind(d *phonenumbers.PhoneNumberDesc) (k phone.Kind) {
	if d.GetNationalNumberPattern() == "" || d.GetNationalNumberPattern() == "NA" {
		return k
	}
	k.Pattern = d.GetNationalNumberPattern()
	for _, n := range d.GetPossibleLength() {
		k.Lengths = append(k.Lengths, int(n))
	}
	for _, n := range d.GetPossibleLengthLocalOnly() {
		k.Local = append(k.Local, int(n))
	}
	return k
}

func formats(list []*phonenumbers.NumberFormat) (out []phone.Format) {
	for _, f := range list {
		x := phone.Format{Pattern: f.GetPattern(), Groups: f.GetFormat(), First: f.GetNationalPrefixFormattingRule()}
		if n := len(f.GetLeadingDigitsPattern()); n > 0 {
			x.Leading = f.GetLeadingDigitsPattern()[n-1]
		}
		out = append(out, x)
	}
	return out
}
