package directory

import (
	"slices"
	"time"

	"amelie/internal/audit"
	"amelie/internal/db"
	"amelie/internal/fault"
)

// Part is what is verified of an entry by itself: a number may be sure while
// nobody asked about the hours.
type Part string

// The parts that a person's safety or time hangs on.
const (
	PartPhones    Part = "phones"    //
	PartEmails    Part = "emails"    //
	PartHours     Part = "hours"     //
	PartAddress   Part = "address"   // of a place
	PartLanguages Part = "languages" //
	PartTakes     Part = "takes"     // who is taken, on which conditions
	PartInforms   Part = "informs"   // whom it must inform
)

// Parts in the order in which they are asked about and shown.
var Parts = []Part{PartPhones, PartEmails, PartHours, PartAddress, PartLanguages, PartTakes, PartInforms}

// PartFields are the fields of a row that a part stands for, as in Row.Fields.
var PartFields = map[Kind]map[Part][]string{
	KindService: {
		PartPhones:    {"Phones"},
		PartEmails:    {"Emails"},
		PartHours:     {"Hours"},
		PartLanguages: {"Languages", "Interpreted", "AnyLanguage"},
		PartTakes:     {"For", "Forms", "Residence", "Anonymous", "DirectReferral", "intake", "Free", "FreeNote", "Area"},
		PartInforms:   {"MustInform"},
	},
	KindPlace: {
		PartAddress: {"Street", "PostalCode", "Town", "Territory"},
		PartPhones:  {"Phones"},
		PartEmails:  {"Emails"},
		PartHours:   {"Hours"},
	},
}

// How is the way in which somebody made sure.
type How string

// The ways, from the surest.
const (
	ByVisit     How = "visit"
	ByTelephone How = "telephone"
	ByTheLink   How = "link"    // the body itself, by the link of a round
	ByAccount   How = "account" // the body itself, signed in
	ByWebsite   How = "website"
)

// Hows lists the ways that an editor can choose.
var Hows = []How{ByTelephone, ByVisit, ByWebsite}

// Verification is the newest verification of one part of a row.
type Verification struct {
	Kind Kind
	Row  string
	Part Part
	How  How
	By   By // Name is for staff only; see Publish
	At   time.Time
}

// Sure says that parts of a row were verified in the act that changes it.
type Sure struct {
	How   How
	Parts []Part
}

// Verify notes that somebody made sure of parts of a row. The entry itself is
// not changed, so that a release still finds it as it shipped it.
//
// Errors: fault.NotFound for a missing row; fault.Invalid for a part that a row
// of the kind does not have.
func (d *Directory) Verify(tx *db.Tx, by By, at time.Time, kind Kind, rowID string, how How, parts ...Part) error {
	if len(parts) == 0 {
		return nil
	}
	within, err := d.OrganizationOf(tx, kind, rowID)
	if err != nil {
		return err
	}
	for _, p := range parts {
		if PartFields[kind][p] == nil {
			return fault.New(fault.Invalid, "web.error.invalid")
		}
		if err := putCheck(tx, Verification{Kind: kind, Row: rowID, Part: p, How: how, By: by, At: at}); err != nil {
			return err
		}
	}
	if err := audit.Record(tx, audit.Event{At: at, Actor: by.User, Agency: by.Agency, Action: "directory.verified",
		Object: "directory/" + string(kind) + "/" + rowID, Purpose: string(how)}); err != nil {
		return err
	}
	return bumpVersion(tx, at, within.ID)
}

// Checks are the verifications of an organisation's services and places.
func (d *Directory) Checks(tx *db.Tx, organization string) ([]Verification, error) {
	tree, err := d.Tree(tx, organization)
	if err != nil {
		return nil, err
	}
	var out []Verification
	add := func(kind Kind, id string) error {
		list, err := readChecks(tx, checksOfRowStmt, string(kind), id)
		out = append(out, list...)
		return err
	}
	for _, s := range tree.Services {
		if err := add(KindService, s.ID); err != nil {
			return nil, err
		}
		for _, p := range tree.Places[s.ID] {
			if err := add(KindPlace, p.ID); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// settleChecks takes the verification away from parts that a change touches,
// unless they were verified in the same act. A date in the entry itself, which
// stands for the whole, goes too, unless the change sets a new one.
//
// req: ROUND-1
func settleChecks(tx *db.Tx, by By, at time.Time, old Row, next *Row, sure Sure) error {
	touched, err := touchedParts(old, *next)
	if err != nil {
		return err
	}
	for _, p := range touched {
		if _, err := tx.Exec(dropCheckStmt, string(next.Kind), next.ID, string(p)); err != nil {
			return err
		}
	}
	if s := next.Service; len(touched) > 0 && s != nil && old.Service != nil && s.Verified == old.Service.Verified {
		copied := *s
		copied.Verified = ""
		next.Service = &copied
	}
	for _, p := range sure.Parts {
		if PartFields[next.Kind][p] == nil {
			continue
		}
		if err := putCheck(tx, Verification{Kind: next.Kind, Row: next.ID, Part: p, How: sure.How, By: by, At: at}); err != nil {
			return err
		}
	}
	return nil
}

// Unverify takes the verification away from the parts in which next differs from
// old, for files, which write rows by statements of their own; from all parts of
// a row that is new or taken out.
//
// req: ROUND-1
func (d *Directory) Unverify(tx *db.Tx, old, next Row) error {
	if !old.content() || !next.content() {
		_, err := tx.Exec(dropRowChecksStmt, string(next.Kind), next.ID)
		return err
	}
	touched, err := touchedParts(old, next)
	if err != nil {
		return err
	}
	for _, p := range touched {
		if _, err := tx.Exec(dropCheckStmt, string(next.Kind), next.ID, string(p)); err != nil {
			return err
		}
	}
	return nil
}

// touchedParts are the parts in which two versions of a row differ.
func touchedParts(old, next Row) ([]Part, error) {
	if !old.content() || PartFields[next.Kind] == nil {
		return nil, nil
	}
	changed, err := Differences(old, next)
	if err != nil {
		return nil, err
	}
	return PartsOf(next.Kind, changed), nil
}

// PartsOf are the parts to which fields of a row belong, in the order of Parts.
func PartsOf(kind Kind, fields []string) []Part {
	var out []Part
	for _, p := range Parts {
		if slices.ContainsFunc(PartFields[kind][p], func(f string) bool { return slices.Contains(fields, f) }) {
			out = append(out, p)
		}
	}
	return out
}

// vital are the parts that must all be verified before the whole entry counts
// as verified: how to reach it, and when. Who has no number is reached by mail;
// who states no hours counts by how it is reached alone.
func vital(s *Service) []Part {
	reach := PartPhones
	if len(voicePhones(s)) == 0 {
		reach = PartEmails
	}
	if s.Hours.Known() {
		return []Part{reach, PartHours}
	}
	return []Part{reach}
}

// verifiedOn is the date of a service's verification as its checks tell: the
// oldest of the vital parts, or the date in the entry where that is newer.
func verifiedOn(s *Service, checks []Verification) string {
	var oldest time.Time
	for _, p := range vital(s) {
		at := checkedAt(checks, p)
		if at.IsZero() {
			return s.Verified
		}
		if oldest.IsZero() || at.Before(oldest) {
			oldest = at
		}
	}
	return max(s.Verified, oldest.UTC().Format(time.DateOnly))
}

// checkedAt is when a part of the service itself was verified; zero: never.
func checkedAt(checks []Verification, p Part) time.Time {
	for _, c := range checks {
		if c.Kind == KindService && c.Part == p {
			return c.At
		}
	}
	return time.Time{}
}
