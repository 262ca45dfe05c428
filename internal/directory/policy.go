package directory

import (
	_ "embed"

	"amelie/internal/db"
	"amelie/internal/policy"
)

//go:embed policy.cedar
var policyText string

// Policy is the rules about keeping the directory. Reading it needs none: what
// is published is public.
var Policy = policy.Source{Name: "directory", Text: policyText}

// Require asks the policy whether actor may do something ("directory.edit")
// with an organisation's entry; organization "" stands for the directory as a
// whole. by is the agency from which a suggestion came, "" for none.
// Errors: fault.NotFound when the actor may not know of the desk at all, and
// fault.Denied.
func (d *Directory) Require(tx *db.Tx, actor policy.Actor, action, organization, by string) error {
	owner := ""
	if organization != "" && d.cfg.Owner != nil {
		var err error
		if owner, err = d.cfg.Owner(tx, organization); err != nil {
			return err
		}
	}
	return d.cfg.Policy.Require(actor, action, policy.Object{Type: "Directory", ID: organization,
		Attrs: map[string]any{"owner": owner, "by": by}})
}
