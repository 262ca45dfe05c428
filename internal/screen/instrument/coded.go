package instrument

import "fmt"

// Coded evaluates a stored response for research: y, n or u for each item in
// the order of the pack. Only the class is made, so that millions can be read.
// Errors: Refusal; ErrClosed for a pack that is off or a template.
func (p *Pack) Coded(age Age, codes []byte) (class Class, inconclusive bool, err error) {
	switch {
	case p.State != Installed:
		return "", false, fmt.Errorf("%s: %w", p.ID, ErrClosed{p.State})
	case p.Rule.Kind != Delphi:
		return "", false, refusal(technical, p.ID+" is no list of indicators: coded responses are for those")
	case age != Adult && age != Child && age != UnknownAge:
		return "", false, refusal(badAge, age)
	case len(codes) != len(p.Items):
		return "", false, refusal(technical, fmt.Sprintf("%d answers, %s %s has %d items", len(codes), p.ID, p.Version, len(p.Items)))
	}
	var yes, open found
	for _, g := range p.engine.dimensions {
		var seen, could tally
		for _, i := range g.items {
			switch codes[i] {
			case 'y':
				seen.add(p.Items[i].Weight)
			case 'u':
				could.add(p.Items[i].Weight)
			case 'n':
			default:
				return "", false, refusal(technical, fmt.Sprintf("answer %d is %q: y, n or u is needed", i+1, codes[i]))
			}
		}
		if seen.positive() {
			yes |= g.bit
		} else if seen.plus(could).positive() {
			open |= g.bit
		}
	}
	class, become := decided(yes, open, age != Adult)
	return class, len(become) > 0, nil
}
