package app

import (
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"amelie/internal/account"
	"amelie/internal/agency"
	"amelie/internal/policy"
)

// roleTable says what each role may do: a line for each action of each room, a
// column for each role. "." is never; "t" only with what is tied to who asks (of
// the own agency, written by the same person, shared with the agency, at a stage
// at which it may be done); "a" with anything. A capital letter asks for an open
// key besides.
//
//go:embed testdata/roles.txt
var roleTable string

// asking are the columns: nobody who is signed in, somebody without a role, every
// role, and a receiver without an account.
func asking() []string {
	return slices.Concat([]string{"visitor", "member"}, agency.Roles, account.InstallationRoles, []string{"guest"})
}

func actorOf(role string, unlocked bool) policy.Actor {
	a := policy.Actor{User: "me", Agency: "mine", Roles: []string{role}, Unlocked: unlocked}
	switch role {
	case "visitor":
		return policy.Actor{}
	case "member":
		a.Roles = nil
	}
	return a
}

var (
	eachRule   = regexp.MustCompile(`(?s)@id\("[^"]+"\)\s*(?:permit|forbid).*?\};`)
	ruleAction = regexp.MustCompile(`Action::"([^"]+)"`)
	ruleType   = regexp.MustCompile(`resource is (\w+)`)
	ruleAttr   = regexp.MustCompile(`resource\.(\w+)|resource has (\w+)`)
)

// ruled is what the rules of an action are about.
type ruled struct {
	types  map[string]bool
	values map[string][]any // of each attribute, that of a stranger's object first
}

// lawsOf reads all rules: what the attributes can be is seen from what they are
// compared with.
func lawsOf(sources []policy.Source) map[string]*ruled {
	out := map[string]*ruled{}
	for _, s := range sources {
		for _, rule := range eachRule.FindAllString(s.Text, -1) {
			for _, m := range ruleAction.FindAllStringSubmatch(rule, -1) {
				if out[m[1]] == nil {
					out[m[1]] = &ruled{map[string]bool{}, map[string][]any{}}
				}
				out[m[1]].read(rule)
			}
		}
	}
	return out
}

func (l *ruled) read(rule string) {
	for _, m := range ruleType.FindAllStringSubmatch(rule, -1) {
		l.types[m[1]] = true
	}
	for _, m := range ruleAttr.FindAllStringSubmatch(rule, -1) {
		name := m[1] + m[2]
		for _, v := range valuesOf(rule, name) {
			if !slices.ContainsFunc(l.values[name], func(one any) bool { return fmt.Sprint(one) == fmt.Sprint(v) }) {
				l.values[name] = append(l.values[name], v)
			}
		}
	}
}

// valuesOf is what an attribute can be as a rule sees it, a stranger's first.
func valuesOf(rule, name string) []any {
	with := func(pattern string) bool {
		return regexp.MustCompile(strings.ReplaceAll(pattern, "X", `resource\.`+name+`\b`)).MatchString(rule)
	}
	switch {
	case with(`X\.contains\(principal\.agency\)`):
		return []any{[]string{"theirs"}, []string{"mine"}}
	case with(`X\.contains\(principal\.id\)`):
		return []any{[]string{"other"}, []string{"me"}}
	case with(`X == [0-9]`):
		return []any{1, 0}
	}
	var out []any
	if with(`principal\.agency [!=]= X|X [!=]= principal\.agency`) {
		out = append(out, "theirs", "mine")
	}
	if with(`principal\.id [!=]= X|X [!=]= principal\.id`) {
		out = append(out, "other", "me")
	}
	for _, m := range regexp.MustCompile(`resource\.`+name+` == "([^"]*)"`).FindAllStringSubmatch(rule, -1) {
		out = append(out, "else", m[1])
	}
	if out == nil {
		return []any{false, true}
	}
	return out
}

// each calls do with every object that the rules can tell apart, and whether it is
// a stranger's.
func (l *ruled) each(do func(o policy.Object, stranger bool)) {
	var names []string
	for name := range l.values {
		names = append(names, name)
	}
	attrs := map[string]any{}
	var set func(i int, stranger bool)
	set = func(i int, stranger bool) {
		if i < len(names) {
			for n, v := range l.values[names[i]] {
				attrs[names[i]] = v
				set(i+1, stranger && n == 0)
			}
			return
		}
		for typ := range l.types {
			do(policy.Object{Type: typ, ID: "x", Attrs: attrs}, stranger)
		}
	}
	set(0, true)
}

// cell is what a role may do with an action.
func (l *ruled) cell(e *policy.Engine, role, action string) string {
	best := 0
	for _, unlocked := range []bool{true, false} {
		reach := 0
		l.each(func(o policy.Object, stranger bool) {
			if !e.Allowed(actorOf(role, unlocked), action, o) {
				return
			}
			if reach = max(reach, 1); stranger {
				reach = 2
			}
		})
		if unlocked {
			best = reach
		} else if reach < best {
			return strings.ToUpper(".ta"[best : best+1])
		}
	}
	return ".ta"[best : best+1]
}

// Every role against every action of every room. What the table does not say is
// refused; an action that it does not know, and one that is gone, fails.
//
// req: POLICY-1
func TestEveryRoleMayDoInEveryRoomWhatTheTableSaysAndNothingElse(t *testing.T) {
	e, laws, roles := policy.Must(Policies()...), lawsOf(Policies()), asking()
	table := map[string][]string{}
	for line := range strings.Lines(roleTable) {
		if f := strings.Fields(line); len(f) == len(roles)+1 {
			table[f[0]] = f[1:]
		} else {
			t.Errorf("a line of the table has %d columns, not %d: %s", len(f), len(roles)+1, line)
		}
	}
	if head := table["action"]; !slices.Equal(head, roles) {
		t.Fatalf("the columns are %v, not %v", head, roles)
	}
	delete(table, "action")
	for _, action := range e.Actions() {
		l := laws[action]
		if l == nil || len(l.types) == 0 {
			l = &ruled{map[string]bool{"Case": true, "Part": true}, laws[action].values} // the file's own rules name no type
		}
		var is []string
		for _, role := range roles {
			is = append(is, l.cell(e, role, action))
		}
		if was := table[action]; !slices.Equal(was, is) {
			t.Errorf("the table says of %s\n  %s, the rules\n  %s", action, strings.Join(was, " "), strings.Join(is, " "))
		}
		delete(table, action)
	}
	for action := range table {
		t.Errorf("no rule names %s", action)
	}
}
