package agency

// Readiness is what decides whether an agency may receive.
type Readiness struct {
	Active       bool
	HasKey       bool // a key that is not retired
	LeadsWithKey int  // leads who hold it
	Recovery     bool // a printed recovery key was typed back
}

// CanReceive says whether something may be sealed to the agency: it is
// active, somebody can open its key, and one loss would not close it for
// ever: a second lead holds the key, or the printed recovery key was typed
// back. // req: AGENCY-2
func (r Readiness) CanReceive() bool {
	return r.Active && r.HasKey && (r.LeadsWithKey >= 2 || r.LeadsWithKey >= 1 && r.Recovery)
}

// Step is one line of the checklist.
type Step struct {
	Name string // message key agency.step.<name>
	Done bool
}

// Steps is the checklist on the way to receiving. The last step is done by
// either of two things.
func (r Readiness) Steps() []Step {
	return []Step{
		{"admitted", r.Active},
		{"lead", r.LeadsWithKey >= 1},
		{"safe", r.LeadsWithKey >= 2 || r.Recovery},
	}
}

// leadLeft says whether a lead is left when one member's roles become
// roles (none: the member leaves). // req: AGENCY-4
func leadLeft(members []Member, userID string, roles []string) bool {
	for _, m := range members {
		has := m.Roles
		if m.UserID == userID {
			has = roles
		}
		for _, r := range has {
			if r == Lead {
				return true
			}
		}
	}
	return false
}
