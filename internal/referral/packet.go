package referral

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"amelie/internal/clock"
	"amelie/internal/fault"
)

// Part is one part of a packet, with its own tick on the consent sheet.
type Part string

// The parts. Feedback is not content: with it the sender learns what became
// of the referral after acceptance.
const (
	PartName        Part = "name"
	PartContact     Part = "contact"
	PartAge         Part = "age"
	PartLanguages   Part = "languages"
	PartNeeds       Part = "needs"
	PartWants       Part = "wants"
	PartMustNot     Part = "must-not"
	PartDependants  Part = "dependants"
	PartHealth      Part = "health"
	PartNotes       Part = "notes"
	PartAttachments Part = "attachments"
	PartFeedback    Part = "feedback"
)

// Parts in the order of the sheet.
var Parts = []Part{PartName, PartContact, PartNeeds, PartAge, PartLanguages, PartWants, PartMustNot, PartDependants, PartHealth, PartNotes, PartAttachments, PartFeedback}

// partSteps says which answers make up a part. How urgent it is always goes
// along: without it nobody could answer in time.
var partSteps = map[Part][]string{
	PartName:       {"name"},
	PartContact:    {"contact", "reach"},
	PartNeeds:      {"need"},
	PartAge:        {"age"},
	PartLanguages:  {"language", "interpreter"},
	PartWants:      {"wants"},
	PartMustNot:    {"must-not"},
	PartDependants: {"dependants"},
	PartHealth:     {"health"},
	PartNotes:      {"notes"},
	PartRegion:     {stepRegion},
	PartRemark:     {stepRemark},
}

// PacketVersion is written by this program; readers take all versions up to it.
const PacketVersion = 1

// Packet is what leaves: a snapshot of the ticked parts. Its JSON is what is
// sealed, and the preview is rendered from these very bytes.
type Packet struct {
	Version  int       `json:"v"`
	ID       string    `json:"id"`
	Kind     Kind      `json:"kind"`
	Made     int64     `json:"made"` // ms UTC
	Urgency  Urgency   `json:"urgency"`
	From     Party     `json:"from"`
	To       Party     `json:"to"`
	Basis    Basis     `json:"basis"`
	Sections []Section `json:"sections,omitempty"`
	Files    []File    `json:"files,omitempty"`
	Feedback bool      `json:"feedback"`
}

// Party is an agency and, at the sender, the professional.
type Party struct {
	Agency   string `json:"agency"`
	Name     string `json:"name"`
	Person   string `json:"person,omitempty"`
	Callback string `json:"callback,omitempty"`
}

// Basis says why this may leave.
type Basis struct {
	How      string   `json:"how"` // spoken, signed, marked, ground, none
	Language string   `json:"language,omitempty"`
	Until    int64    `json:"until,omitempty"` // ms UTC
	Ground   string   `json:"ground,omitempty"`
	Parts    []string `json:"parts,omitempty"`
}

// Section is a part with its answered steps.
type Section struct {
	Part  Part   `json:"part"`
	Items []Item `json:"items"`
}

// Item is one answered field.
type Item struct {
	Step   string   `json:"step"`
	Field  string   `json:"field"`
	Values []string `json:"values"`
}

// Coded says whether the values are codes with a name in every language.
func (i Item) Coded() bool {
	s, ok := StepByID(i.Step)
	if !ok {
		return false
	}
	f, ok := s.FieldOf(i.Field)
	return ok && (f.Kind == Choose || f.Kind == Tick)
}

// File is an attachment that goes along; its bytes are sealed beside the packet.
type File struct {
	ID     string `json:"id"`
	Type   string `json:"type"`
	Size   int    `json:"size"`
	SHA256 string `json:"sha256"`
}

// Until is when the allowed time ends; zero when none is named.
func (p Packet) Until() time.Time { return clock.Time(p.Basis.Until) }

// Available lists the parts that a draft has something for, in the order of
// the sheet. Feedback can always be ticked.
func Available(a Answers, files int) []Part {
	var out []Part
	for _, p := range Parts {
		switch {
		case p == PartFeedback, p == PartAttachments && files > 0, len(section(a, p).Items) > 0:
			out = append(out, p)
		}
	}
	return out
}

// section collects the answered fields of a part.
func section(a Answers, p Part) Section {
	s := Section{Part: p}
	for _, id := range partSteps[p] {
		step, _ := StepByID(id)
		for _, f := range step.Fields {
			if v := a[id][f.Name]; len(v) > 0 {
				s.Items = append(s.Items, Item{Step: id, Field: f.Name, Values: slices.Clone(v)})
			}
		}
	}
	return s
}

// Fill puts the ticked parts of a draft into the packet, and nothing else.
//
// req: CONSENT-2
func (p *Packet) Fill(a Answers, files []File, ticked []Part) {
	p.Sections, p.Files, p.Feedback, p.Basis.Parts = nil, nil, false, nil
	for _, part := range Parts {
		if !slices.Contains(ticked, part) {
			continue
		}
		switch part {
		case PartFeedback:
			p.Feedback = true
		case PartAttachments:
			p.Files = slices.Clone(files)
			if len(files) == 0 {
				continue
			}
		default:
			s := section(a, part)
			if len(s.Items) == 0 {
				continue
			}
			p.Sections = append(p.Sections, s)
		}
		p.Basis.Parts = append(p.Basis.Parts, string(part))
	}
}

// enquiryFields are the only fields of an enquiry.
var enquiryFields = []string{"need", "urgency", "age", "dependants", "language", stepRegion}

// FillEnquiry takes the coded answers of an enquiry. Of words there is at most
// the one line that asks for nothing that points to a person, and it goes only
// when nothing in it does.
//
// req: ENQUIRY-1
// req: ENQUIRY-2
func (p *Packet) FillEnquiry(a Answers) {
	p.Sections, p.Files, p.Feedback = nil, nil, false
	for _, part := range []Part{PartNeeds, PartAge, PartDependants, PartLanguages, PartRegion, PartRemark} {
		s := section(a, part)
		s.Items = slices.DeleteFunc(s.Items, func(i Item) bool {
			if i.Field == stepRemark {
				return CheckRemark(i.Values[0]) != nil
			}
			return !slices.Contains(enquiryFields, i.Field) || !i.Coded()
		})
		if len(s.Items) > 0 {
			p.Sections = append(p.Sections, s)
		}
	}
	p.Basis = Basis{How: "none"}
}

// Bytes is the packet as it is sealed.
func (p Packet) Bytes() ([]byte, error) { return json.Marshal(p) }

// ParsePacket reads the bytes of any version.
// Errors: fault.Invalid for bytes that are no packet or too new.
func ParsePacket(b []byte) (Packet, error) {
	var p Packet
	if err := json.Unmarshal(b, &p); err != nil {
		return Packet{}, fault.New(fault.Invalid, "referral.error.packet").Because(err)
	}
	if p.Version < 1 || p.Version > PacketVersion {
		return Packet{}, fault.New(fault.Invalid, "referral.error.packet").Because(fmt.Errorf("version %d", p.Version))
	}
	return p, nil
}

// Digest names the exact bytes that a preview showed.
func Digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// Answers turns a received packet back into answers, for passing it on with a
// new consent.
func (p Packet) Answers() Answers {
	a := Answers{"urgency": {"urgency": {string(p.Urgency)}}}
	for _, s := range p.Sections {
		for _, i := range s.Items {
			step, ok := StepByID(i.Step)
			if !ok {
				continue
			}
			if _, ok := step.FieldOf(i.Field); !ok {
				continue
			}
			if a[i.Step] == nil {
				a[i.Step] = Answer{}
			}
			a[i.Step][i.Field] = slices.Clone(i.Values)
		}
	}
	return a
}
