package credential

import (
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// What stands in every file (Open Badges 3.0, 8.2; VC Data Model 2.0, 4.3).
var (
	contexts = []string{"https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"}
	kinds    = []string{"VerifiableCredential", "OpenBadgeCredential"}
)

const (
	suite   = "eddsa-rdfc-2022"
	purpose = "assertionMethod"
)

// document is the file, member by member.
type document struct {
	Context []string `json:"@context"`
	ID      string   `json:"id"`
	Type    []string `json:"type"`
	Name    string   `json:"name"`
	Issuer  profile  `json:"issuer"`
	From    string   `json:"validFrom"`
	Until   string   `json:"validUntil,omitempty"`
	Subject subject  `json:"credentialSubject"`
	Proof   []proof  `json:"proof"`
}

type profile struct {
	ID   string   `json:"id"`
	Type []string `json:"type"`
	Name string   `json:"name"`
	URL  string   `json:"url"`
}

type subject struct {
	ID          string      `json:"id"`
	Type        []string    `json:"type"`
	Identifier  []identity  `json:"identifier"`
	Achievement achievement `json:"achievement"`
}

type identity struct {
	Type   string `json:"type"`
	Hashed bool   `json:"hashed"`
	Hash   string `json:"identityHash"`
	Kind   string `json:"identityType"`
}

type achievement struct {
	ID          string   `json:"id"`
	Type        []string `json:"type"`
	Kind        string   `json:"achievementType"`
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Language    string   `json:"inLanguage"`
	Version     string   `json:"version"`
	Tag         []string `json:"tag"`
	Criteria    criteria `json:"criteria"`
}

type criteria struct {
	ID        string `json:"id"`
	Narrative string `json:"narrative"`
}

type proof struct {
	Type    string `json:"type"`
	Suite   string `json:"cryptosuite"`
	Created string `json:"created"`
	Method  string `json:"verificationMethod"`
	Purpose string `json:"proofPurpose"`
	Value   string `json:"proofValue"`
}

// stamp is a time as the standards write it, to the second.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// document is the file of a credential under a key, before it is signed.
func (c Credential) document(key string, created time.Time) document {
	return document{
		Context: contexts, ID: c.ID, Type: kinds, Name: c.Title,
		Issuer: profile{ID: key, Type: []string{"Profile"}, Name: c.Issuer, URL: c.Address},
		From:   stamp(c.From), Until: stamp(c.Until),
		Subject: subject{
			ID: c.ID + "#holder", Type: []string{"AchievementSubject"},
			Identifier: []identity{{Type: "IdentityObject", Hash: c.Holder, Kind: "name"}},
			Achievement: achievement{
				ID: c.About, Type: []string{"Achievement"}, Kind: "Course", Name: c.Title, Description: c.Description,
				Language: c.Language, Version: c.Revision, Tag: c.Tags, Criteria: criteria{c.About + "#criteria", c.Criteria},
			},
		},
		Proof: []proof{{Type: "DataIntegrityProof", Suite: suite, Created: stamp(created), Method: method(key), Purpose: purpose}},
	}
}

// credential is what a file says. Written again it must be the same file, up to
// order and space: what is missing, more or otherwise is refused.
func (d document) credential(file jsontext.Value) (c Credential, err error) {
	if len(d.Proof) != 1 || len(d.Subject.Identifier) != 1 {
		return c, ErrForm
	}
	a := d.Subject.Achievement
	c = Credential{ID: d.ID, Issuer: d.Issuer.Name, Address: d.Issuer.URL, Holder: d.Subject.Identifier[0].Hash,
		Achievement: Achievement{About: a.ID, Title: a.Name, Description: a.Description, Criteria: a.Criteria.Narrative, Language: a.Language, Revision: a.Version, Tags: a.Tag}}
	var made time.Time
	for text, into := range map[*string]*time.Time{&d.From: &c.From, &d.Until: &c.Until, &d.Proof[0].Created: &made} {
		if *text == "" {
			continue
		}
		if *into, err = time.Parse(time.RFC3339, *text); err != nil {
			return c, ErrForm
		}
	}
	if err := c.check(); err != nil {
		return c, err
	}
	again := c.document(d.Issuer.ID, made)
	again.Proof[0].Value = d.Proof[0].Value
	own, err := json.Marshal(again)
	if err != nil || !slices.Equal(canonical(own), canonical(file)) {
		return c, ErrForm
	}
	return c, nil
}

// canonical is a JSON text in one form (RFC 8785); nil: it is none.
func canonical(text jsontext.Value) []byte {
	text = text.Clone()
	if text.Canonicalize() != nil {
		return nil
	}
	return text
}

// text is the file as it is handed out.
func (d document) text() ([]byte, error) {
	return json.Marshal(d, jsontext.WithIndent("  "))
}
