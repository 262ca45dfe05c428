package pack

import "encoding/xml"

// manifest is imsmanifest.xml of SCORM 1.2 (Content Aggregation Model, section
// 2.3; IMS Content Packaging 1.1.2): one organisation with one item.
type manifest struct {
	XMLName       xml.Name `xml:"http://www.imsproject.org/xsd/imscp_rootv1p1p2 manifest"`
	ADL           string   `xml:"xmlns:adlcp,attr"`
	Identifier    string   `xml:"identifier,attr"`
	Version       string   `xml:"version,attr"`
	Schema        string   `xml:"metadata>schema"`
	SchemaVersion string   `xml:"metadata>schemaversion"`
	Organizations struct {
		Default      string `xml:"default,attr"`
		Organization struct {
			Identifier string `xml:"identifier,attr"`
			Title      string `xml:"title"`
			Item       struct {
				Identifier string `xml:"identifier,attr"`
				Ref        string `xml:"identifierref,attr"`
				Visible    bool   `xml:"isvisible,attr"`
				Title      string `xml:"title"`
			} `xml:"item"`
		} `xml:"organization"`
	} `xml:"organizations"`
	Resource struct {
		Identifier string `xml:"identifier,attr"`
		Type       string `xml:"type,attr"`
		SCORMType  string `xml:"adlcp:scormtype,attr"`
		Href       string `xml:"href,attr"`
		Files      []file `xml:"file"`
	} `xml:"resources>resource"`
}

type file struct {
	Href string `xml:"href,attr"`
}

// manifest names the document and the files. It names no mastery score: a
// platform then marks an attempt by it when the reader leaves, which ends the
// attempt of whoever has not passed yet; the document says itself who passed.
func (m Maker) manifest(languages, files []string) ([]byte, error) {
	title := m.Course.Words("course", languages[0]).Line("title")
	x := manifest{ADL: "http://www.adlnet.org/xsd/adlcp_rootv1p2", Identifier: "course-" + m.Course.ID, Version: "1", Schema: "ADL SCORM", SchemaVersion: "1.2"}
	x.Organizations.Default = "organization"
	o := &x.Organizations.Organization
	o.Identifier, o.Title = "organization", title
	o.Item.Identifier, o.Item.Ref, o.Item.Visible, o.Item.Title = "item", "document", true, title
	r := &x.Resource
	r.Identifier, r.Type, r.SCORMType, r.Href = "document", "webcontent", "sco", "index.html"
	for _, name := range files {
		r.Files = append(r.Files, file{name})
	}
	b, err := xml.MarshalIndent(x, "", "  ")
	return append([]byte(xml.Header), b...), err
}
