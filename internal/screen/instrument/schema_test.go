package instrument

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

func TestEveryPackFollowsThePublishedSchema(t *testing.T) {
	text, err := os.ReadFile("../../../api/instrument.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("instrument.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("instrument.json")
	if err != nil {
		t.Fatal(err)
	}
	check := func(text []byte) error {
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		return schema.Validate(value)
	}
	for _, p := range append(shipped(t), parsed(t, counted), parsed(t, summed)) {
		text, err := json.Marshal(p.Whole())
		if err != nil {
			t.Fatal(err)
		}
		if err := check(text); err != nil {
			t.Errorf("%s: %v", p.ID, err)
		}
		if check([]byte(strings.Replace(string(text), `"kind":"`, `"kind":"x`, 1))) == nil {
			t.Errorf("%s: a rule that nobody knows passes", p.ID)
		}
	}
}
