package instrument

import (
	_ "embed"

	"amelie/internal/policy"
)

//go:embed policy.cedar
var policyText string

// Policy is the rules about which instruments are in use.
var Policy = policy.Source{Name: "instrument", Text: policyText}
