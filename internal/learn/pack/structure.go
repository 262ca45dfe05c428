package pack

import (
	"encoding/xml"
	"strings"

	"github.com/google/uuid"
)

// structure is cmi5.xml (cmi5, section 13, and its CourseStructure.xsd): a
// course with one assignable unit.
type structure struct {
	XMLName xml.Name  `xml:"https://w3id.org/xapi/profiles/cmi5/v1/CourseStructure.xsd courseStructure"`
	Course  described `xml:"course"`
	AU      struct {
		described
		URL     string  `xml:"url"`
		Method  string  `xml:"launchMethod,attr"`
		MoveOn  string  `xml:"moveOn,attr"`
		Mastery float64 `xml:"masteryScore,attr"` // 0 to 1
	} `xml:"au"`
}

type described struct {
	ID          string       `xml:"id,attr"`
	Title       []langstring `xml:"title>langstring"`
	Description []langstring `xml:"description>langstring"`
}

type langstring struct {
	Lang string `xml:"lang,attr"`
	Text string `xml:",chardata"`
}

// structure describes the course in its languages.
func (m Maker) structure(languages []string) ([]byte, error) {
	var x structure
	x.Course = m.described(languages, "course")
	x.AU.described = m.described(languages, "unit")
	x.AU.URL, x.AU.Method, x.AU.MoveOn, x.AU.Mastery = "index.html", "AnyWindow", "Passed", float64(m.Course.Pass)/100
	b, err := xml.MarshalIndent(x, "", "  ")
	return append([]byte(xml.Header), b...), err
}

// described names a part by an identifier that is the same for the same course
// in the same languages, wherever it is packed.
func (m Maker) described(languages []string, part string) (out described) {
	name := strings.Join(append([]string{"amelie", "course", m.Course.ID, part}, languages...), " ")
	out.ID = uuid.NewSHA1(uuid.NameSpaceURL, []byte(name)).URN()
	for _, lang := range languages {
		out.Title = append(out.Title, langstring{lang, m.Course.Words("course", lang).Line("title")})
		out.Description = append(out.Description, langstring{lang, m.Course.Words("course", lang).Line("lead")})
	}
	return out
}
