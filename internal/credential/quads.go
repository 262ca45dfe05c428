package credential

import (
	"crypto/sha256"
	"slices"
	"strings"
)

// The vocabularies of the two contexts.
const (
	rdfType  = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
	vcWords  = "https://www.w3.org/2018/credentials#"
	obWords  = "https://purl.imsglobal.org/spec/vc/ob/vocab.html#"
	schema   = "https://schema.org/"
	security = "https://w3id.org/security#"
	dateTime = "http://www.w3.org/2001/XMLSchema#dateTime"
	obTypes  = "https://www.w3.org/2001/XMLSchema#" // as the context of Open Badges has it
	// blank is the one node without a name in each of the two sets.
	blank = "_:c14n0"
)

// quads are statements in the canonical form of RDF Dataset Canonicalization
// 1.0 (RDFC-1.0). Every node but one has a name, so that canonical names need no
// search: sorting the lines is all that is left of the algorithm.
type quads []string

func (q *quads) add(subject, predicate, object string) {
	*q = append(*q, node(subject)+" <"+predicate+"> "+object+" .\n")
}

func (q *quads) link(subject, predicate, object string) { q.add(subject, predicate, node(object)) }

func (q *quads) text(subject, predicate, value string) { q.add(subject, predicate, literal(value)) }

func (q *quads) typed(subject, predicate, value, datatype string) {
	q.add(subject, predicate, literal(value)+"^^<"+datatype+">")
}

func node(name string) string {
	if name == blank {
		return name
	}
	return "<" + name + ">"
}

var escapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// literal is a string; control characters are refused before (plain).
func literal(value string) string { return `"` + escapes.Replace(value) + `"` }

// hash is SHA-256 over the sorted lines.
func (q quads) hash() []byte {
	slices.Sort(q)
	sum := sha256.Sum256([]byte(strings.Join(slices.Compact(q), "")))
	return sum[:]
}

// quads are what the file says without its proof.
func (d document) quads() (q quads) {
	for _, kind := range []string{vcWords + "VerifiableCredential", obWords + "OpenBadgeCredential"} {
		q.link(d.ID, rdfType, kind)
	}
	q.text(d.ID, schema+"name", d.Name)
	q.link(d.ID, vcWords+"issuer", d.Issuer.ID)
	q.typed(d.ID, vcWords+"validFrom", d.From, dateTime)
	if d.Until != "" {
		q.typed(d.ID, vcWords+"validUntil", d.Until, dateTime)
	}
	q.link(d.ID, vcWords+"credentialSubject", d.Subject.ID)
	q.link(d.Issuer.ID, rdfType, obWords+"Profile")
	q.text(d.Issuer.ID, schema+"name", d.Issuer.Name)
	q.typed(d.Issuer.ID, schema+"url", d.Issuer.URL, obTypes+"anyURI")
	s := d.Subject
	q.link(s.ID, rdfType, obWords+"AchievementSubject")
	q.link(s.ID, obWords+"identifier", blank)
	q.link(s.ID, obWords+"achievement", s.Achievement.ID)
	q.link(blank, rdfType, obWords+"IdentityObject")
	q.typed(blank, obWords+"hashed", "false", obTypes+"boolean")
	q.text(blank, obWords+"identityHash", s.Identifier[0].Hash)
	q.text(blank, obWords+"identityType", s.Identifier[0].Kind)
	return append(q, s.Achievement.quads()...)
}

func (a achievement) quads() (q quads) {
	q.link(a.ID, rdfType, obWords+"Achievement")
	q.text(a.ID, obWords+"achievementType", a.Kind)
	q.text(a.ID, schema+"name", a.Name)
	q.text(a.ID, schema+"description", a.Description)
	q.text(a.ID, schema+"inLanguage", a.Language)
	q.text(a.ID, obWords+"version", a.Version)
	for _, tag := range a.Tag {
		q.text(a.ID, schema+"keywords", tag)
	}
	q.link(a.ID, obWords+"Criteria", a.Criteria.ID)
	q.text(a.Criteria.ID, obWords+"narrative", a.Criteria.Narrative)
	return q
}

// quads are the terms under which it is signed.
func (p proof) quads() (q quads) {
	q.link(blank, rdfType, security+p.Type)
	q.typed(blank, security+"cryptosuite", p.Suite, security+"cryptosuiteString")
	q.typed(blank, "http://purl.org/dc/terms/created", p.Created, dateTime)
	q.link(blank, security+"proofPurpose", security+p.Purpose)
	q.link(blank, security+"verificationMethod", p.Method)
	return q
}

// signed is what the signature stands under (Data Integrity EdDSA Cryptosuites
// 1.0, 3.3.4): the hash of the terms, then that of the rest.
func (d document) signed() []byte { return append(d.Proof[0].quads().hash(), d.quads().hash()...) }
