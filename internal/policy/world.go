package policy

import (
	"fmt"

	"github.com/cedar-policy/cedar-go"
)

// world is all that a decision can see: the actor and the object.
type world struct{ actor, object cedar.Entity }

// Get answers the authorizer's look-ups.
func (w world) Get(uid cedar.EntityUID) (cedar.Entity, bool) {
	switch uid {
	case w.actor.UID:
		return w.actor, true
	case w.object.UID:
		return w.object, true
	}
	return cedar.Entity{}, false
}

func worldOf(actor Actor, object Object) (world, error) {
	attrs, err := recordOf(object.Attrs)
	if err != nil {
		return world{}, fmt.Errorf("policy: %s: %w", object.Type, err)
	}
	return world{
		actor: cedar.Entity{
			UID: cedar.NewEntityUID("User", cedar.String(actor.User)),
			Attributes: cedar.NewRecord(cedar.RecordMap{
				"agency":   cedar.String(actor.Agency),
				"roles":    setOf(actor.Roles),
				"unlocked": cedar.Boolean(actor.Unlocked),
				"signedIn": cedar.Boolean(actor.User != ""),
				"id":       cedar.String(actor.User),
			}),
		},
		object: cedar.Entity{
			UID:        cedar.NewEntityUID(cedar.EntityType(object.Type), cedar.String(object.ID)),
			Attributes: attrs,
		},
	}, nil
}

func recordOf(attrs map[string]any) (cedar.Record, error) {
	m := make(cedar.RecordMap, len(attrs))
	for name, value := range attrs {
		switch v := value.(type) {
		case nil:
		case string:
			m[cedar.String(name)] = cedar.String(v)
		case bool:
			m[cedar.String(name)] = cedar.Boolean(v)
		case int:
			m[cedar.String(name)] = cedar.Long(v)
		case int64:
			m[cedar.String(name)] = cedar.Long(v)
		case []string:
			m[cedar.String(name)] = setOf(v)
		default:
			return cedar.Record{}, fmt.Errorf("attribute %s has the kind %T", name, value)
		}
	}
	return cedar.NewRecord(m), nil
}

func setOf(list []string) cedar.Set {
	values := make([]cedar.Value, len(list))
	for i, s := range list {
		values[i] = cedar.String(s)
	}
	return cedar.NewSet(values...)
}
