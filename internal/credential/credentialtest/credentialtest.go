// Package credentialtest holds credentials against the published schema of Open
// Badges 3.0. It stores nothing, is for tests alone, and must never be linked
// into the program.
package credentialtest

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"amelie/internal/standardtest"
)

// FollowsSchema fails where a file is not as the schema asks, formats included.
func FollowsSchema(t testing.TB, file []byte) {
	t.Helper()
	const name = "ob_v3p0_achievementcredential_schema.json"
	text, err := os.ReadFile(filepath.Join(standardtest.Folder(t, "openbadges-3.0"), name))
	if err != nil {
		t.Fatal(err)
	}
	official, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(name, official); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile(name)
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(v); err != nil {
		t.Error(err)
	}
}
