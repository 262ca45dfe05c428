package mechanism

import "strings"

// Speech is a reader's language: its sentences and its dates.
type Speech struct {
	Lang string
	T    func(key string, args ...any) string
	Day  func(Day) string
}

var lastDay = map[How]string{Fixed: "mechanism.count.fixed", Floor: "mechanism.count.floor", FromAct: "mechanism.count.act",
	ByAuthority: "mechanism.count.authority", Unknown: "mechanism.count.unknown"}

// Say is what a period comes to, in sentences. The day that holds without an
// extension is said first: nobody may rely on one that nobody granted.
// req: MECHANISM-4
func (p *Pack) Say(x Period, s Span, to Speech) []string {
	first := to.T(lastDay[s.How], "day", to.Day(s.Sure))
	if s.Sure == s.LastDay {
		return []string{first}
	}
	return []string{first, to.T("mechanism.count.longest", "day", to.Day(s.LastDay)), to.T("mechanism.count.granted", "who", p.Who([]string{x.ExtendedBy}, to))}
}

// Rule is how days are counted here, in sentences.
func (p *Pack) Rule(to Speech) string {
	weekends := "mechanism.count.stays"
	if p.Weekends.Rule == nextWorkingDay {
		weekends = "mechanism.count.moves"
	}
	return to.T("mechanism.count.rule") + " " + to.T(weekends)
}

// Who names bodies, the person, or whoever is with the person.
func (p *Pack) Who(ids []string, to Speech) string {
	var names []string
	for _, id := range ids {
		switch b, ok := p.Body(id); {
		case ok:
			names = append(names, b.Name.In(to.Lang))
		case id == ByPerson:
			names = append(names, to.T("mechanism.by.person"))
		case id == ByAnyone:
			names = append(names, to.T("mechanism.by.anyone"))
		}
	}
	return strings.Join(names, ", ")
}

// Concerns are the citizens whom something concerns; "" for everybody.
func (p *Pack) Concerns(list []string, to Speech) string {
	var words []string
	for _, c := range list {
		words = append(words, to.T("mechanism.citizen."+c))
	}
	return strings.Join(words, ", ")
}

// Cite is where a fact comes from, as professionals cite it.
func (p *Pack) Cite(source, article string) string {
	title := p.Source(source).Title
	if article == "" {
		return title
	}
	return article + " (" + title + ")"
}
