package directory

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"amelie/internal/fault"
)

// Kind is what a row of the stored directory is.
type Kind string

// The kinds of rows, parents first.
const (
	KindOrganization Kind = "organization"
	KindService      Kind = "service"
	KindPlace        Kind = "place"
	KindConcept      Kind = "concept"
)

// Kinds in the order in which they can be put.
var Kinds = []Kind{KindConcept, KindOrganization, KindService, KindPlace}

// Row is one stored row, whole: hidden parts and findings included. It is for
// editors; what leaves for a reader goes through Publish.
type Row struct {
	Kind     Kind
	ID       string
	Parent   string    // country of an organisation, organisation of a service, service of a place, scheme of a concept
	Revision int64     // counts the changes; 0: as the release brought it, or new
	Edited   bool      // somebody changed it here
	Changed  time.Time // zero of a concept

	// Exactly one is set, without its children.
	Organization *Organization
	Service      *Service
	Place        *Place
	Concept      *Concept
}

// OfOrganization, OfService, OfPlace and OfConcept make a row to be put.
func OfOrganization(o Organization, revision int64) Row {
	o.Services = nil
	return Row{Kind: KindOrganization, ID: o.ID, Parent: o.Country, Revision: revision, Organization: &o}
}

// OfService makes a row of an organisation's service.
func OfService(organization string, s Service, revision int64) Row {
	s.Places = nil
	return Row{Kind: KindService, ID: s.ID, Parent: organization, Revision: revision, Service: &s}
}

// OfPlace makes a row of a service's place.
func OfPlace(service string, p Place, revision int64) Row {
	return Row{Kind: KindPlace, ID: p.ID, Parent: service, Revision: revision, Place: &p}
}

// OfConcept makes a row of the vocabulary.
func OfConcept(c Concept, revision int64) Row {
	return Row{Kind: KindConcept, ID: c.ID, Parent: c.Scheme, Revision: revision, Concept: &c}
}

// RowOf reads a stored document as a row.
func RowOf(kind Kind, id, parent, document string) (Row, error) {
	r := Row{Kind: kind, ID: id, Parent: parent}
	return r, r.read(document)
}

// Document is the row's content as JSON, as it is stored.
func (r Row) Document() (string, error) { return r.document() }

// document is the row's content as JSON.
func (r Row) document() (string, error) {
	var v any
	switch {
	case r.Organization != nil:
		v = r.Organization
	case r.Service != nil:
		v = r.Service
	case r.Place != nil:
		v = r.Place
	case r.Concept != nil:
		v = r.Concept
	default:
		return "", fmt.Errorf("directory: a %s row %q without content", r.Kind, r.ID)
	}
	doc, err := json.Marshal(v)
	return string(doc), err
}

// read puts a stored document into a row of its kind.
func (r *Row) read(doc string) error {
	var v any
	switch r.Kind {
	case KindOrganization:
		r.Organization = &Organization{Country: r.Parent}
		v = r.Organization
	case KindService:
		r.Service = &Service{}
		v = r.Service
	case KindPlace:
		r.Place = &Place{}
		v = r.Place
	case KindConcept:
		r.Concept = &Concept{}
		v = r.Concept
	default:
		return fmt.Errorf("directory: no kind %q", r.Kind)
	}
	if err := json.Unmarshal([]byte(doc), v); err != nil {
		return fmt.Errorf("directory %s %s: %w", r.Kind, r.ID, err)
	}
	return nil
}

// Name is the row's own name, for lists of editors.
func (r Row) Name() string {
	switch {
	case r.Organization != nil:
		return r.Organization.Name
	case r.Service != nil:
		return r.Service.Name
	case r.Place != nil:
		return strings.Trim(r.Place.Name+", "+r.Place.Town, ", ")
	case r.Concept != nil:
		return r.Concept.Labels.In("en")
	}
	return r.ID
}

// Fields gives the content as its fields, keyed by their names in the stored
// document ("Phones", "Summary"); values are what encoding/json makes of them.
func (r Row) Fields() (map[string]any, error) {
	doc, err := r.document()
	if err != nil {
		return nil, err
	}
	var m map[string]any
	err = json.Unmarshal([]byte(doc), &m)
	return m, err
}

// With gives the row with other content: fields as Fields gives them.
func (r Row) With(fields map[string]any) (Row, error) {
	doc, err := json.Marshal(fields)
	if err != nil {
		return r, err
	}
	r.Organization, r.Service, r.Place, r.Concept = nil, nil, nil, nil
	return r, r.read(string(doc))
}

// Copy gives a row that shares nothing with the first, so that a form can be
// filled into it.
func (r Row) Copy() (Row, error) {
	fields, err := r.Fields()
	if err != nil {
		return r, err
	}
	return r.With(fields)
}

// Differences names the fields in which two rows of a kind differ, in order.
func Differences(a, b Row) ([]string, error) {
	x, err := a.Fields()
	if err != nil {
		return nil, err
	}
	y, err := b.Fields()
	if err != nil {
		return nil, err
	}
	var out []string
	for name := range y {
		if !alike(x[name], y[name]) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out, nil
}

// alike compares two JSON values; nil, an empty list, an empty object and ""
// are the same nothing, at every depth.
func alike(a, b any) bool {
	a, b = full(a), full(b)
	if nothing(a) && nothing(b) {
		return true
	}
	x, err1 := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err1 == nil && err2 == nil && string(x) == string(y)
}

// full leaves out what says nothing.
func full(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, one := range v {
			if f := full(one); !nothing(f) {
				out[k] = f
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, one := range v {
			out[i] = full(one)
		}
		return out
	}
	return v
}

func nothing(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

// Merge brings what mine changed against base into theirs. Objects (texts by
// language, hours) are merged key by key; of anything else that both changed
// differently, theirs stays and the path is named ("Summary.el").
func Merge(base, mine, theirs Row) (merged Row, conflicts []string, err error) {
	var parts [3]map[string]any
	for i, r := range []Row{base, mine, theirs} {
		if parts[i], err = r.Fields(); err != nil {
			return Row{}, nil, err
		}
	}
	out := mergeObjects("", parts[0], parts[1], parts[2], &conflicts)
	doc, err := json.Marshal(out)
	if err != nil {
		return Row{}, nil, err
	}
	merged = theirs
	merged.Organization, merged.Service, merged.Place, merged.Concept = nil, nil, nil, nil
	slices.Sort(conflicts)
	return merged, conflicts, merged.read(string(doc))
}

func mergeObjects(path string, base, mine, theirs map[string]any, conflicts *[]string) map[string]any {
	out := map[string]any{}
	keys := map[string]bool{}
	for _, m := range []map[string]any{base, mine, theirs} {
		for k := range m {
			keys[k] = true
		}
	}
	for k := range keys {
		b, m, t := base[k], mine[k], theirs[k]
		bo, _ := b.(map[string]any)
		mo, mIs := m.(map[string]any)
		to, tIs := t.(map[string]any)
		switch {
		case alike(b, m), alike(m, t):
			out[k] = t
		case alike(b, t):
			out[k] = m
		case (mIs || m == nil) && (tIs || t == nil):
			out[k] = mergeObjects(path+k+".", bo, mo, to, conflicts)
		default:
			out[k] = t
			*conflicts = append(*conflicts, path+k)
		}
	}
	return out
}

// ContactFields are the fields by which somebody is reached or found. A change
// of one of them can lead a person to the wrong door.
var ContactFields = map[Kind][]string{
	KindOrganization: {"Website"},
	KindService:      {"Phones", "Emails", "Website", "Helpline"},
	KindPlace:        {"Phones", "Emails", "Street", "PostalCode", "Town", "Lat", "Lon", "Address"},
}

// Contacts names the contact fields in which b differs from a. A row that is
// new, or taken out (its content nil), differs in all that it has.
func Contacts(a, b Row) ([]string, error) {
	var x, y map[string]any
	var err error
	if a.content() {
		if x, err = a.Fields(); err != nil {
			return nil, err
		}
	}
	if b.content() {
		if y, err = b.Fields(); err != nil {
			return nil, err
		}
	}
	var out []string
	for _, f := range ContactFields[b.Kind] {
		if !alike(x[f], y[f]) {
			out = append(out, f)
		}
	}
	return out, nil
}

func (r Row) content() bool {
	return r.Organization != nil || r.Service != nil || r.Place != nil || r.Concept != nil
}

// CheckRow says what is wrong with one row: the rules of the shipped content,
// but for the texts, which may still lack languages as long as one is there.
// within is the organisation of a service or place. Problems name fields of the
// content files ("website", "summary.el").
func CheckRow(r Row, within Organization, vocab Vocabulary) []Problem {
	return NewRules(vocab).Check(r, within)
}

// Rules are what rows are held against, for whoever checks many.
type Rules struct{ concepts map[string]string }

// NewRules knows the concepts of a vocabulary.
func NewRules(vocab Vocabulary) *Rules {
	concepts := make(map[string]string, len(vocab.Concepts))
	for _, c := range vocab.Concepts {
		concepts[c.ID] = c.Scheme
	}
	return &Rules{concepts}
}

// Check is CheckRow.
func (rules *Rules) Check(r Row, within Organization) []Problem {
	c := &checker{seen: map[string]string{}, concepts: rules.concepts, organizations: map[string]bool{}, open: true}
	c.file = "row"
	switch {
	case r.Organization != nil:
		c.organizations[r.Organization.Parent] = true
		c.body(r.Organization.Country, *r.Organization)
	case r.Service != nil:
		c.service(within.Country, within, *r.Service)
	case r.Place != nil:
		c.place(Service{}, *r.Place)
	case r.Concept != nil:
		c.concepts = maps.Clone(c.concepts)
		delete(c.concepts, r.Concept.ID)
		c.concept(*r.Concept)
		c.broader(*r.Concept)
	}
	return c.problems
}

// faultOf turns problems into the fault that a form shows beside its fields.
func faultOf(problems []Problem) error {
	var fields []fault.Field
	for _, p := range problems {
		f := fault.Field{Name: p.Field, Key: p.Key, Args: p.Args}
		if f.Key == "" {
			f.Key, f.Args = "directory.error.field", []any{"reason", p.Reason}
		}
		fields = append(fields, f)
	}
	return fault.Fields(fields...)
}
