package policy

import (
	_ "embed"
	"slices"
	"strings"
	"testing"

	"amelie/internal/fault"

	"pgregory.net/rapid"
)

//go:embed testdata/letter.cedar
var letters string

// The sample: letters between houses. A house knows of the letters that it
// sent or received; only its readers open them, with an unlocked key; a torn
// letter is for nobody.
func sample(t testing.TB) *Engine {
	t.Helper()
	e, err := New(Source{"letter", letters})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func letter(attrs map[string]any) Object {
	all := map[string]any{"from": "north", "to": "south", "torn": false, "pages": 2}
	for k, v := range attrs {
		all[k] = v
	}
	return Object{Type: "Letter", ID: "l1", Attrs: all}
}

var (
	reader   = Actor{User: "u1", Agency: "south", Roles: []string{"reader"}, Unlocked: true}
	locked   = Actor{User: "u1", Agency: "south", Roles: []string{"reader"}}
	clerk    = Actor{User: "u2", Agency: "south", Roles: []string{"clerk"}, Unlocked: true}
	stranger = Actor{User: "u3", Agency: "west", Roles: []string{"reader"}, Unlocked: true}
)

// req: POLICY-2
func TestTheAnswerTellsNoMoreThanTheAskerMayKnow(t *testing.T) {
	e := sample(t)
	for _, c := range []struct {
		name   string
		actor  Actor
		object Object
		want   fault.Kind
		allow  bool
	}{
		{"the reader opens it", reader, letter(nil), 0, true},
		{"with a locked key the reader is asked to unlock", locked, letter(nil), fault.Unlock, false},
		{"a clerk of the house knows of it but may not", clerk, letter(nil), fault.Denied, false},
		{"for another house it does not exist", stranger, letter(nil), fault.NotFound, false},
		{"nor for a visitor", Actor{}, letter(nil), fault.NotFound, false},
		{"a torn letter is for nobody", reader, letter(map[string]any{"torn": true}), fault.Denied, false},
		{"a clerk named on it may", clerk, letter(map[string]any{"named": []string{"u2"}}), 0, true},
		{"nobody reads a letter of many pages", reader, letter(map[string]any{"pages": int64(101)}), fault.Denied, false},
	} {
		err := e.Require(c.actor, "letter.open", c.object)
		if c.allow != (err == nil) || err != nil && fault.KindOf(err) != c.want {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// req: POLICY-1
func TestAFaultyRuleRefusesInsteadOfBeingLeftOut(t *testing.T) {
	e := sample(t)
	object := letter(nil)
	delete(object.Attrs, "torn") // the prohibition cannot be evaluated
	if err := e.Require(reader, "letter.open", object); fault.KindOf(err) != fault.Internal || err == nil {
		t.Errorf("a prohibition that fails lets through: %v", err)
	}
	if err := e.Require(reader, "letter.burn", letter(nil)); err == nil || fault.KindOf(err) != fault.Internal {
		t.Errorf("an action that no rule names: %v", err)
	}
	if err := e.Require(reader, "letter.open", letter(map[string]any{"pages": 1.5})); err == nil || fault.KindOf(err) != fault.Internal {
		t.Errorf("an attribute of an unknown kind: %v", err)
	}
}

func TestRulesWithoutActionTwinNamesAndBadGrammarAreRefusedAtTheStart(t *testing.T) {
	for name, text := range map[string]string{
		"no action":      `permit (principal, action, resource);`,
		"twin names":     `@id("a") permit (principal, action == Action::"x", resource); @id("a") permit (principal, action == Action::"y", resource);`,
		"no action type": `permit (principal, action == Deed::"x", resource);`,
		"bad grammar":    `permit (principal, action == Action::"x"`,
	} {
		if _, err := New(Source{"s", text}); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

func TestADecisionNamesItsRules(t *testing.T) {
	e := sample(t)
	d, err := e.Decide(reader, "letter.open", letter(nil))
	if err != nil || !d.Allowed || !slices.Equal(d.Rules, []string{"letter.readers-open"}) {
		t.Errorf("%+v %v", d, err)
	}
	d, err = e.Decide(reader, "letter.open", letter(map[string]any{"torn": true}))
	if err != nil || d.Allowed || !slices.Equal(d.Rules, []string{"letter.torn"}) {
		t.Errorf("%+v %v", d, err)
	}
	if got := strings.Join(e.Actions(), " "); got != "letter.know letter.open" {
		t.Errorf("actions %q", got)
	}
}

// req: POLICY-1
func TestNothingIsPermittedThatTheRulesDoNotSay(t *testing.T) {
	e := sample(t)
	rapid.Check(t, func(t *rapid.T) {
		house := rapid.SampledFrom([]string{"", "north", "south", "west"})
		a := Actor{
			User: rapid.SampledFrom([]string{"", "u1", "u2"}).Draw(t, "user"), Agency: house.Draw(t, "house"),
			Roles:    rapid.SliceOfN(rapid.SampledFrom([]string{"reader", "clerk", "Reader"}), 0, 3).Draw(t, "roles"),
			Unlocked: rapid.Bool().Draw(t, "unlocked"),
		}
		o := letter(map[string]any{"from": house.Draw(t, "from"), "to": house.Draw(t, "to"), "torn": rapid.Bool().Draw(t, "torn"), "pages": rapid.IntRange(0, 200).Draw(t, "pages")})
		// The sample's rules said again in Go.
		mine := a.User != "" && (o.Attrs["from"] == a.Agency || o.Attrs["to"] == a.Agency)
		want := mine && a.Has("reader") && a.Unlocked && o.Attrs["torn"] == false && o.Attrs["pages"].(int) <= 100
		if got := e.Require(a, "letter.open", o) == nil; got != want {
			t.Fatalf("%+v %+v: %v", a, o, got)
		}
		if got := e.Allowed(a, "letter.know", o); got != mine {
			t.Fatalf("know: %v", got)
		}
	})
}

func BenchmarkRequire(b *testing.B) {
	e := sample(b)
	o := letter(nil)
	for b.Loop() {
		if e.Require(reader, "letter.open", o) != nil {
			b.Fatal("refused")
		}
	}
}
