package referral

import (
	"slices"

	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/vault"
	"amelie/internal/web"
)

// doors lets every room treat a receiver without an account as an agency.
type doors struct{ Agencies }

func (d doors) PublicKey(tx *db.Tx, agencyID string) (string, vault.PublicKey, error) {
	if WayOf(agencyID) == ByAccount {
		return d.Agencies.PublicKey(tx, agencyID)
	}
	return d.OwnKey(tx, agencyID)
}

// OwnKey of a letter is the guest's. On paper nobody has one.
func (d doors) OwnKey(tx *db.Tx, agencyID string) (string, vault.PublicKey, error) {
	if WayOf(agencyID) == ByAccount {
		return d.Agencies.OwnKey(tx, agencyID)
	}
	g, err := guestOf(tx, doorOf(agencyID))
	if err != nil {
		return "", nil, err
	}
	if len(g.Public) == 0 || g.over() {
		return "", nil, fault.New(fault.Unavailable, "referral.error.no-key", "name", g.Name)
	}
	return g.KeyID, g.Public, nil
}

// OpenKey gives a guest the key that the page was opened with, and no other.
func (d doors) OpenKey(tx *db.Tx, v *web.Viewer, keyID string) (*vault.PrivateKey, error) {
	if !isGuest(v) {
		return d.Agencies.OpenKey(tx, v, keyID)
	}
	g, err := guestOf(tx, doorOf(v.AgencyID))
	switch {
	case err != nil:
		return nil, err
	case v.Key == nil || g.KeyID != keyID || g.over():
		return nil, fault.New(fault.Denied, "web.error.denied")
	}
	return v.Key, nil
}

func (d doors) Name(tx *db.Tx, agencyID string) (string, error) {
	if WayOf(agencyID) == ByAccount {
		return d.Agencies.Name(tx, agencyID)
	}
	g, err := guestOf(tx, doorOf(agencyID))
	return g.Name, err
}

func (d doors) Leads(tx *db.Tx, agencyID string) ([]Contact, error) {
	if WayOf(agencyID) == ByAccount {
		return d.Agencies.Leads(tx, agencyID)
	}
	return nil, nil
}

// Desk of a letter is the published mailbox that it went to; a form and a call
// have none.
func (d doors) Desk(tx *db.Tx, agencyID string) ([]Contact, error) {
	switch WayOf(agencyID) {
	case ByAccount:
		return d.Agencies.Desk(tx, agencyID)
	case ByLink:
		g, err := guestOf(tx, doorOf(agencyID))
		if err != nil || g.Address == "" {
			return nil, err
		}
		return []Contact{{UserID: agencyID, Name: g.Name, Email: g.Address, Lang: g.Lang}}, nil
	}
	return nil, nil
}

// Letters are the kinds of mail that a guest gets. Only the first holds a
// link; the others speak of the mail that does, since nobody here knows the
// link any more.
var Letters = []string{"link", "answer", "reminder", "ended"}

// letterFor is the mail for an occasion; "" when none is sent.
var letterFor = map[string]string{"question": "answer", "reminder": "reminder", "ended": "ended"}

// tellGuest writes to the mailbox that the link went to.
func (s *Service) tellGuest(tx *db.Tx, c Contact, notice string) error {
	which := letterFor[notice]
	if which == "" || s.Letter == nil {
		return nil
	}
	return s.Letter(tx, c, which, "")
}

// takesLetters says whether a service without an account can be sent a letter.
func (e Entry) takesLetters() bool {
	return slices.Contains(e.Intake, string(ByLink)) && e.Mailbox != ""
}

// Ways are the ways without an account by which a target can be asked; none
// when it has an account that can receive, or is the own agency.
func (t *Target) Ways() []Way {
	if t.Closed == nil || fault.KindOf(t.Closed) != fault.Unavailable {
		return nil
	}
	var out []Way
	for _, w := range Doors {
		if slices.Contains(t.Intake, string(w)) && (w != ByLink || t.takesLetters()) {
			out = append(out, w)
		}
	}
	return out
}

// by opens a way without an account for a draft, if the target offers it.
func (t *Target) by(w Way, draftID string) {
	if slices.Contains(t.Ways(), w) {
		t.Way, t.Agency, t.ToName, t.Closed = w, doorID(w, draftID), t.OrgName, nil
	}
}
