// Package fhirtest checks resources against the JSON schema that HL7 publishes
// with FHIR R4 (4.0.1), for tests alone. Nothing is stored. A schema finds wrong
// names, types and shapes, not the rules between elements: what passes is not
// "validated by HL7".
package fhirtest

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

//go:embed fhir.schema.json.gz
var packed []byte

const address = "http://hl7.org/fhir/json-schema/4.0"

var compiler = sync.OnceValues(func() (*jsonschema.Compiler, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	doc, err := jsonschema.UnmarshalJSON(r)
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	return c, c.AddResource(address, doc)
})

var lock sync.Mutex // a compiler serves one at a time

// Official gives the reason why the official schema refuses a resource; nil for
// a good one.
func Official(resource string, text []byte) error {
	lock.Lock()
	defer lock.Unlock()
	c, err := compiler()
	if err != nil {
		return err
	}
	schema, err := c.Compile(address + "#/definitions/" + resource)
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return err
	}
	return schema.Validate(value)
}
