package house

import (
	_ "embed"

	"amelie/internal/policy"
)

//go:embed policy.cedar
var policyText string

// Policy is the rules about the installation itself.
var Policy = policy.Source{Name: "house", Text: policyText}
