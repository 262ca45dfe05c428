package atlas

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"amelie/internal/directory"
	"amelie/internal/geo"
)

// packFormat names the form of a pack. A change that an older reader would
// misread gets another number; a new member does not.
const packFormat = "amelie-pack/1"

// holidayYears is for how many years a pack names public holidays: a device may
// keep it for long, and a directory may rest.
const holidayYears = 5

// Pack is the directory of one country as everyone may see it, for use where
// there is no line. Its form is told in docs/offline-pack.md and
// api/pack.schema.json; field names are a contract.
type Pack struct {
	Format      string                               `json:"format"`
	Country     string                               `json:"country"`            // ISO 3166-1 alpha-2
	Version     int64                                `json:"version"`            // of the directory, moves with every change
	Changed     string                               `json:"changed"`            // RFC 3339, the newest change in the pack
	Licence     string                               `json:"licence"`            // of the texts; facts are free
	Sources     []PackSource                         `json:"sources"`            //
	Languages   []string                             `json:"languages"`          // of the texts, BCP 47
	Emergency   string                               `json:"emergency"`          // number of the emergency services
	Helplines   []string                             `json:"helplines"`          // services that stand first, in no order of merit
	Holidays    []string                             `json:"holidays,omitempty"` // YYYY-MM-DD, of the whole country, from the year of the newest change
	Words       map[string]map[string]directory.Text `json:"words"`              // scheme, concept: labels
	Territories map[string]directory.Text            `json:"areas"`              // territory code: names
	Services    []PackService                        `json:"services"`           //
}

// PackSource is where entries come from.
type PackSource struct {
	Title string `json:"title"`
	Date  string `json:"date"` // as precise as known: "2023"
}

// PackService is one entry. What is left out is not known; not known is not no.
type PackService struct {
	ID             string           `json:"id"`
	Name           string           `json:"name"` // official
	Names          directory.Text   `json:"names,omitempty"`
	By             string           `json:"by"` // the organisation's official name
	ByNames        directory.Text   `json:"by_names,omitempty"`
	Group          directory.Group  `json:"group"`
	Summary        directory.Text   `json:"summary"`
	WhenYouCall    directory.Text   `json:"when_you_call,omitempty"`
	Roles          []string         `json:"roles,omitempty"`
	Helps          []string         `json:"helps,omitempty"`
	For            []string         `json:"for,omitempty"`
	Forms          []string         `json:"forms,omitempty"`
	Settings       []string         `json:"settings,omitempty"`
	Languages      []PackLanguage   `json:"languages,omitempty"`
	Interpreted    int              `json:"interpreted,omitempty"` // number of languages by interpreter
	AnyLanguage    bool             `json:"any_language,omitempty"`
	Area           []string         `json:"area"` // territory codes
	Free           directory.Answer `json:"free,omitempty"`
	FreeNote       directory.Text   `json:"free_note,omitempty"`
	Anonymous      directory.Answer `json:"anonymous,omitempty"`
	MustInform     directory.Text   `json:"must_inform,omitempty"`
	DirectReferral directory.Answer `json:"direct_referral,omitempty"`
	WithoutPapers  directory.Answer `json:"without_papers,omitempty"`
	Hours          *PackHours       `json:"hours,omitempty"`
	Phones         []PackPhone      `json:"phones,omitempty"`
	Emails         []string         `json:"emails,omitempty"`
	Websites       []string         `json:"websites,omitempty"`
	Places         []PackPlace      `json:"places,omitempty"`
	Verified       string           `json:"verified,omitempty"` // YYYY-MM-DD; absent: not since the source
	Source         int              `json:"source"`             // its number in sources
}

// PackLanguage is a language (BCP 47) and how it is offered.
type PackLanguage struct {
	Code string `json:"code"`
	By   string `json:"by,omitempty"` // "interpreter"; absent: spoken by staff
}

// PackHours says when contact is possible, in the local time of a zone.
type PackHours struct {
	Zone     string          `json:"zone"`
	Always   bool            `json:"always,omitempty"`
	Open     []PackOpening   `json:"open,omitempty"`
	Holidays string          `json:"holidays,omitempty"` // on public holidays: open, closed; absent: not known
	Except   []PackException `json:"except,omitempty"`
	Note     directory.Text  `json:"note,omitempty"`
}

// PackOpening is a span on some weekdays, 1 for Monday. To may be past
// midnight: "26:00".
type PackOpening struct {
	Days []int  `json:"days"`
	From string `json:"from"`
	To   string `json:"to"`
}

// PackException replaces the weekly hours on a date; without times it is closed.
type PackException struct {
	Date string `json:"date"`
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
}

// PackPhone is a number that a person answers.
type PackPhone struct {
	Dial  string           `json:"dial"`           // short code or E.164
	Shown string           `json:"shown"`          // as people write it
	Use   string           `json:"use,omitempty"`  // "abroad", "professionals"
	Free  directory.Answer `json:"free,omitempty"` //
	Note  directory.Text   `json:"note,omitempty"` //
}

// PackPlace is where a service is: of a hidden address the town alone.
type PackPlace struct {
	Town       string         `json:"town"`
	Towns      directory.Text `json:"towns,omitempty"`
	Territory  string         `json:"territory,omitempty"`
	Street     string         `json:"street,omitempty"`
	PostalCode string         `json:"postal_code,omitempty"`
	Lat        float64        `json:"lat,omitempty"` // WGS 84
	Lon        float64        `json:"lon,omitempty"`
	Hours      *PackHours     `json:"hours,omitempty"` // where the place has its own
}

// packing is what a pack is made of.
type packing struct {
	country       string
	version       int64
	organizations []directory.Organization
	vocabulary    directory.Vocabulary
	changed       func(service string) time.Time
	emergency     string
	helplines     []string
}

// newPack gathers a country's entries. Each organisation goes through Publish
// here too, whatever came in: a pack leaves the house and cannot be called
// back. Authorities are left out: a pack is for the bedside, where they are no
// next step; in danger there is the emergency number.
//
// req: ATLAS-1, ATLAS-2
func newPack(in packing) *Pack {
	p := &Pack{Format: packFormat, Country: in.country, Version: in.version, Licence: "EUPL-1.2", Languages: directory.ContentLanguages,
		Emergency: in.emergency, Helplines: []string{}, Words: map[string]map[string]directory.Text{}, Territories: map[string]directory.Text{},
		Sources: []PackSource{}, Services: []PackService{}}
	var newest time.Time
	for _, o := range in.organizations {
		if o.Country != in.country || o.Group == directory.Authority {
			continue
		}
		o = directory.Publish(o, directory.ForEveryone)
		source := p.source(o.Source)
		for _, s := range o.Services {
			p.Services = append(p.Services, packService(o, s, source))
			if at := in.changed(s.ID); at.After(newest) {
				newest = at
			}
		}
	}
	if !newest.IsZero() {
		p.Changed = newest.UTC().Format(time.RFC3339)
		for year := range holidayYears {
			for _, day := range directory.HolidaysOf(in.country, newest.UTC().Year()+year) {
				p.Holidays = append(p.Holidays, day.Format(time.DateOnly))
			}
		}
	}
	for _, id := range in.helplines {
		if slices.ContainsFunc(p.Services, func(s PackService) bool { return s.ID == id }) {
			p.Helplines = append(p.Helplines, id)
		}
	}
	p.words(in.vocabulary)
	p.territories()
	return p
}

// source is the number of a source, which is added when it is new.
func (p *Pack) source(s directory.Source) int {
	one := PackSource{Title: s.Title, Date: s.Date}
	i := slices.Index(p.Sources, one)
	if i < 0 {
		i = len(p.Sources)
		p.Sources = append(p.Sources, one)
	}
	return i
}

func packService(o directory.Organization, s directory.Service, source int) PackService {
	out := PackService{ID: s.ID, Name: s.Name, Names: s.Names, By: o.Name, ByNames: o.Names, Group: o.Group, Summary: s.Summary, WhenYouCall: s.WhenYouCall,
		Roles: s.Roles, Helps: s.Helps, For: s.For, Forms: s.Forms, Settings: s.Settings, Interpreted: s.Interpreted, AnyLanguage: s.AnyLanguage, Area: s.Area,
		Free: s.Free, FreeNote: s.FreeNote, Anonymous: s.Anonymous, MustInform: s.MustInform, DirectReferral: s.DirectReferral, WithoutPapers: s.Residence,
		Hours: packHours(s.Hours), Verified: s.Verified, Source: source}
	if out.Verified == "" {
		out.Verified = o.Verified
	}
	if len(out.Area) == 0 {
		out.Area = []string{o.Country}
	}
	for _, l := range s.Languages {
		out.Languages = append(out.Languages, PackLanguage{l.Code, l.By})
	}
	for _, phone := range s.VoicePhones() {
		out.Phones = append(out.Phones, PackPhone{Dial: phone.Dialled(), Shown: phone.Shown(), Use: phone.Use, Free: phone.Free, Note: phone.Note})
	}
	for _, m := range s.Emails {
		out.Emails = append(out.Emails, m.Address)
	}
	for _, l := range append(slices.Clone(s.Website), o.Website...) {
		if !slices.Contains(out.Websites, l.URL) {
			out.Websites = append(out.Websites, l.URL)
		}
	}
	for _, at := range s.Places {
		out.Places = append(out.Places, PackPlace{Town: at.Town, Towns: at.Towns, Territory: at.Territory, Street: at.Street, PostalCode: at.PostalCode,
			Lat: at.Lat, Lon: at.Lon, Hours: packHours(at.Hours)})
	}
	return out
}

func packHours(h directory.Hours) *PackHours {
	if !h.Known() && len(h.Note) == 0 {
		return nil
	}
	out := &PackHours{Zone: h.Zone, Always: h.Always, Holidays: h.Holidays, Note: h.Note}
	for _, o := range h.Open {
		out.Open = append(out.Open, PackOpening{o.Weekdays(), o.From, o.To})
	}
	for _, e := range h.Except {
		out.Except = append(out.Except, PackException{e.Date, e.From, e.To})
	}
	return out
}

// words adds the labels of the concepts that the services use, and no others.
func (p *Pack) words(v directory.Vocabulary) {
	used := map[string]bool{}
	for _, s := range p.Services {
		for scheme, ids := range map[string][]string{"role": s.Roles, "help": s.Helps, "target": s.For, "form": s.Forms, "setting": s.Settings} {
			for _, id := range ids {
				used[scheme+"/"+id] = true
			}
		}
	}
	for _, c := range v.Concepts {
		if !used[c.Scheme+"/"+c.ID] {
			continue
		}
		if p.Words[c.Scheme] == nil {
			p.Words[c.Scheme] = map[string]directory.Text{}
		}
		p.Words[c.Scheme][c.ID] = c.Labels
	}
}

// territories adds the names of the territories that the services name, and of
// those around them.
func (p *Pack) territories() {
	for _, s := range p.Services {
		codes := s.Area
		for _, at := range s.Places {
			codes = append(slices.Clone(codes), at.Territory)
		}
		for _, code := range codes {
			for _, up := range geo.Ancestors(code) {
				t, _ := geo.Lookup(up)
				names := directory.Text{}
				for _, lang := range p.Languages {
					names[lang] = t.Name(lang)
				}
				p.Territories[up] = names
			}
		}
	}
}

// The end of a pack's file: the digest of everything before it.
const (
	digestHead = `,"digest":"sha256:`
	digestTail = "\"}\n"
	digestSize = len(digestHead) + 2*sha256.Size + len(digestTail)
)

// Encode writes the pack as its file: one JSON object whose last member is the
// SHA-256 of all bytes before that member. The same pack gives the same bytes.
func (p *Pack) Encode() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(p); err != nil {
		return nil, fmt.Errorf("write pack: %w", err)
	}
	content := strings.TrimSuffix(strings.TrimSpace(b.String()), "}")
	return append([]byte(content), digestOfContent(content)...), nil
}

// digestOfContent is the end of the file that begins with the content.
func digestOfContent(content string) string {
	sum := sha256.Sum256([]byte(content))
	return digestHead + hex.EncodeToString(sum[:]) + digestTail
}

// What can be wrong with a pack's file.
var (
	ErrPackBroken = errors.New("the file is not whole")               // cut short or changed on its way
	ErrPackFormat = errors.New("the file is of another form")         // not a pack, or of a later form
	ErrPackNumber = errors.New("the file names something it has not") // a source or a helpline that is not in it
)

// maxPack is how large a pack may be, in bytes.
const maxPack = 64 << 20

// Decode reads a pack's file. Members that it does not know are left out: a
// later program may write more. Errors: ErrPackBroken, ErrPackFormat,
// ErrPackNumber.
func Decode(file []byte) (*Pack, error) {
	if len(file) > maxPack || len(file) <= digestSize {
		return nil, ErrPackBroken
	}
	content, end := string(file[:len(file)-digestSize]), string(file[len(file)-digestSize:])
	if end != digestOfContent(content) {
		return nil, ErrPackBroken
	}
	var p Pack
	if err := json.Unmarshal(file, &p); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPackFormat, err)
	}
	if p.Format != packFormat || len(p.Country) != 2 {
		return nil, ErrPackFormat
	}
	known := map[string]bool{}
	for _, s := range p.Services {
		known[s.ID] = true
		if s.Source < 0 || s.Source >= len(p.Sources) {
			return nil, ErrPackNumber
		}
	}
	for _, id := range p.Helplines {
		if !known[id] {
			return nil, ErrPackNumber
		}
	}
	return &p, nil
}
