// Package api carries the document of the program's JSON interfaces, so that
// the program can serve what it does beside doing it.
//
// Nothing is stored. The document is the contract: answers are validated
// against it in the tests of the package that gives them.
package api

import _ "embed"

// Document is openapi.yaml.
//
//go:embed openapi.yaml
var Document []byte

// PackSchema is the JSON Schema of the offline pack.
//
//go:embed pack.schema.json
var PackSchema []byte
