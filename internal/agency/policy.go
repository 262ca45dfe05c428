package agency

import (
	_ "embed"

	"amelie/internal/policy"
)

//go:embed policy.cedar
var policyText string

// Policy is the rules about agencies.
var Policy = policy.Source{Name: "agency", Text: policyText}
