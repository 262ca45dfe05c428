package fhir

// enabled tells whether the item is asked, judged from where it stands.
func (i Item) enabled(at *place) bool {
	if len(i.EnableWhen) == 0 {
		return true
	}
	one := i.EnableBehavior == "any" // else all must hold
	for _, w := range i.EnableWhen {
		if w.holds(at.nearest(w.Question)) == one {
			return one
		}
	}
	return !one
}

// nearest are the answers that a condition looks at: of the item above, else of
// the last one before, else of the first one after (R4, Questionnaire,
// enableWhen.question). "Before" is judged from the item that asks.
func (at *place) nearest(linkID string) *Answered {
	for p := at; p != nil; p = p.above {
		if p.item != nil && p.item.LinkID == linkID {
			return p.item
		}
	}
	var child *place // where we come from
	for p := at; p != nil; child, p = p, p.above {
		if found := p.beside(child, linkID); found != nil {
			return found
		}
	}
	return nil
}

// beside looks through what stands below a place: backwards from the child that
// one comes from, then forwards from it.
func (p *place) beside(child *place, linkID string) *Answered {
	at := len(p.below)
	for n, b := range p.below {
		if b == child {
			at = n
		}
	}
	for n := at - 1; n >= 0; n-- {
		if found := p.below[n].inside(linkID); found != nil {
			return found
		}
	}
	for n := at; n < len(p.below); n++ {
		if found := p.below[n].inside(linkID); found != nil {
			return found
		}
	}
	return nil
}

func (p *place) inside(linkID string) *Answered {
	if p.item.LinkID == linkID {
		return p.item
	}
	for n := len(p.below) - 1; n >= 0; n-- {
		if found := p.below[n].inside(linkID); found != nil {
			return found
		}
	}
	return nil
}

// holds judges one condition. Of several answers one must fit; "!=" wants that
// none is equal, so it holds without an answer.
func (w When) holds(on *Answered) bool {
	var answers []Answer
	if on != nil {
		answers = on.Answer
	}
	want := w.Answer()
	switch w.Operator {
	case "exists":
		there := on != nil && len(on.Item) > 0
		for _, a := range answers {
			there = there || a.kind() != ""
		}
		return there == *want.Boolean
	case "!=":
		for _, a := range answers {
			if a.equal(want) {
				return false
			}
		}
		return true
	}
	for _, a := range answers {
		if w.fits(a.Value, want) {
			return true
		}
	}
	return false
}

// fits compares one answer by the operators other than exists and "!=".
func (w When) fits(a, want Value) bool {
	if w.Operator == "=" {
		return a.equal(want)
	}
	order, known := a.compare(want)
	switch w.Operator {
	case ">":
		return known && order > 0
	case "<":
		return known && order < 0
	case ">=":
		return known && order >= 0
	default:
		return known && order <= 0
	}
}
