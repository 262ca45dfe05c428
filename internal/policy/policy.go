// Package policy decides who may do what. Every decision of the program goes
// through one engine, whose rules are written in Cedar beside the domain that
// they protect (policy.cedar), so that an auditor can read them without
// reading the program.
//
// What no rule permits is refused. What a person may not even know of looks
// like something that does not exist. A rule that cannot be evaluated, for
// example because an attribute is missing, refuses and is reported as a fault
// of the program: it never lets anything through.
//
// Nothing is stored; the rules are compiled once at the start. The package
// knows no word of any domain: types, actions and attributes are the rules'
// own.
//
// How the rules see the world:
//
//	principal  User::"id"      agency: String, roles: Set<String>, unlocked: Bool, signedIn: Bool
//	action     Action::"referral.accept"
//	resource   Type::"id"      with the attributes that the domain gives
package policy

import (
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"

	"amelie/internal/fault"

	"github.com/cedar-policy/cedar-go"
)

// Source is one domain's rules.
type Source struct{ Name, Text string }

// Actor is who asks. The zero Actor is a visitor who is not signed in.
type Actor struct {
	User     string // identifier of the user
	Agency   string // identifier of the user's agency
	Roles    []string
	Unlocked bool // the user's key is open in this sign-in
}

// Has says whether the actor has a role.
func (a Actor) Has(role string) bool { return slices.Contains(a.Roles, role) }

// Object is what is asked about. Attributes are strings, bools, ints (int or
// int64) and lists of strings; an attribute that is nil is absent.
type Object struct {
	Type, ID string
	Attrs    map[string]any
}

// Engine holds the compiled rules. It is safe for concurrent use.
type Engine struct {
	sources  []Source
	byAction map[string]rules
}

type rule struct {
	id     cedar.PolicyID
	policy *cedar.Policy
}

type rules []rule

// All makes rules usable by the authorizer.
func (r rules) All() iter.Seq2[cedar.PolicyID, *cedar.Policy] {
	return func(yield func(cedar.PolicyID, *cedar.Policy) bool) {
		for _, one := range r {
			if !yield(one.id, one.policy) {
				return
			}
		}
	}
}

// New compiles the rules of all domains. Each rule needs a name, @id("…"),
// by which decisions are explained, and names its actions: a rule for every
// action could not be read beside its domain.
func New(sources ...Source) (*Engine, error) {
	e := &Engine{sources: slices.Clone(sources), byAction: map[string]rules{}}
	seen := map[cedar.PolicyID]bool{}
	for _, s := range sources {
		list, err := cedar.NewPolicyListFromBytes(s.Name+"/policy.cedar", []byte(s.Text))
		if err != nil {
			return nil, fmt.Errorf("policy %s: %w", s.Name, err)
		}
		for i, p := range list {
			id := cedar.PolicyID(p.Annotations()["id"])
			if id == "" {
				id = cedar.PolicyID(fmt.Sprintf("%s.%d", s.Name, i+1))
			}
			if seen[id] {
				return nil, fmt.Errorf("policy %s: two rules are named %q", s.Name, id)
			}
			seen[id] = true
			actions, err := actionsOf(p)
			if err != nil {
				return nil, fmt.Errorf("policy %s, rule %s: %w", s.Name, id, err)
			}
			for _, a := range actions {
				e.byAction[a] = append(e.byAction[a], rule{id, p})
			}
		}
	}
	return e, nil
}

// Must is New for rules that are part of the program.
func Must(sources ...Source) *Engine {
	e, err := New(sources...)
	if err != nil {
		panic(err)
	}
	return e
}

// actionsOf lists the actions that a rule names in its head.
func actionsOf(p *cedar.Policy) ([]string, error) {
	text, err := p.MarshalJSON()
	if err != nil {
		return nil, err
	}
	type entity struct{ Type, ID string }
	var head struct {
		Action struct {
			Op       string
			Entity   *entity
			Entities []entity
		}
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return nil, err
	}
	all := head.Action.Entities
	if head.Action.Entity != nil {
		all = append(all, *head.Action.Entity)
	}
	var names []string
	for _, one := range all {
		if one.Type != "Action" {
			return nil, fmt.Errorf("%s::%q is no action", one.Type, one.ID)
		}
		names = append(names, one.ID)
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("the rule names no action")
	}
	return names, nil
}

// Sources gives the rules' text for an auditor.
func (e *Engine) Sources() []Source { return slices.Clone(e.sources) }

// Actions lists every action that some rule names, sorted.
func (e *Engine) Actions() []string {
	var out []string
	for a := range e.byAction {
		out = append(out, a)
	}
	slices.Sort(out)
	return out
}

// Decision is the answer with its grounds.
type Decision struct {
	Allowed bool
	Rules   []string // the rules that decided; none when nothing permits
}

// Decide answers whether actor may do action with object, and by which rules.
// An error is a fault of the program: an action that no rule names, a rule
// that could not be evaluated, an attribute of a kind that rules do not know.
// req: POLICY-1
func (e *Engine) Decide(actor Actor, action string, object Object) (Decision, error) {
	applicable, ok := e.byAction[action]
	if !ok {
		return Decision{}, fmt.Errorf("policy: no rule names the action %q", action)
	}
	world, err := worldOf(actor, object)
	if err != nil {
		return Decision{}, err
	}
	decision, why := cedar.Authorize(applicable, world, cedar.Request{
		Principal: world.actor.UID,
		Action:    cedar.NewEntityUID("Action", cedar.String(action)),
		Resource:  world.object.UID,
	})
	// Cedar leaves out a rule that fails, which would lift a prohibition.
	if len(why.Errors) > 0 {
		return Decision{}, fmt.Errorf("policy: rule %s on %s: %s", why.Errors[0].PolicyID, action, why.Errors[0].Message)
	}
	out := Decision{Allowed: decision == cedar.Allow}
	for _, r := range why.Reasons {
		out.Rules = append(out.Rules, string(r.PolicyID))
	}
	return out, nil
}

// Allowed is Decide as a plain yes or no; a fault of the program is a no.
func (e *Engine) Allowed(actor Actor, action string, object Object) bool {
	d, err := e.Decide(actor, action, object)
	return err == nil && d.Allowed
}

// Require is nil when actor may do action with object. Otherwise:
// fault.NotFound when the actor may not even know of the object (the action
// "<type>.know", the type in small letters); fault.Unlock when only the locked
// key stands in the way; fault.Denied; fault.Internal for a faulty rule.
// req: POLICY-2
func (e *Engine) Require(actor Actor, action string, object Object) error {
	d, err := e.Decide(actor, action, object)
	if err != nil {
		return fault.New(fault.Internal, "").Because(err)
	}
	if d.Allowed {
		return nil
	}
	if !e.Allowed(actor, strings.ToLower(object.Type)+".know", object) {
		return fault.New(fault.NotFound, "")
	}
	if !actor.Unlocked {
		open := actor
		open.Unlocked = true
		if e.Allowed(open, action, object) {
			return fault.New(fault.Unlock, "")
		}
	}
	return fault.New(fault.Denied, "")
}
