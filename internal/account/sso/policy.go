package sso

import (
	_ "embed"

	"amelie/internal/policy"
)

//go:embed policy.cedar
var policyText string

// Policy is the rules about providers.
var Policy = policy.Source{Name: "sso", Text: policyText}
