package account

import (
	_ "embed"

	"amelie/internal/policy"
)

//go:embed policy.cedar
var policyText string

// Policy is the rules about accounts.
var Policy = policy.Source{Name: "account", Text: policyText}
