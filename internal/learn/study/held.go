package study

import (
	"net/http"
	"slices"
	"strings"

	"amelie/internal/web"
)

// What was sent from a page whose cookie has ended meanwhile is not lost: it
// comes along through the door, in the form and nowhere else, and is sent again
// by a press.

// maxHeld is how much comes along, in bytes.
const maxHeld = 64 << 10

// held is what was sent, and to where.
type held struct {
	To     string
	Fields []heldField
}

type heldField struct{ Name, Value string }

const heldPrefix = "held."

// hold takes what was sent along; nil when it is nothing, or too much.
func hold(to string, f *web.Form, prefix string) *held {
	h, size := &held{To: to}, 0
	names := f.Names()
	slices.Sort(names)
	for _, full := range names {
		name, ok := strings.CutPrefix(full, prefix)
		if !ok {
			continue
		}
		for _, v := range f.Values(full) {
			size += len(name) + len(v)
			h.Fields = append(h.Fields, heldField{name, v})
		}
	}
	if size == 0 || size > maxHeld {
		return nil
	}
	return h
}

// heldBy is what came along to the door. It is sent on to pages of learners
// alone.
func heldBy(c *web.Ctx, f *web.Form) *held {
	to := f.Value("held-to")
	if !strings.HasPrefix(to, c.Path(base)+"/") || web.Local(to, "") == "" {
		return nil
	}
	return hold(to, f, heldPrefix)
}

// late answers what was sent after the cookie ended: the door, with everything
// that was typed.
//
// req: STUDY-8
func (r *Rooms) late(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	v := r.doorView(c)
	v.Held = hold(c.R.URL.EscapedPath(), f, "")
	return doorPage.RenderStatus(c, http.StatusUnauthorized, v)
}

// through lets a device in and hands back what came along.
func (r *Rooms) through(c *web.Ctx, f *web.Form) error {
	h := heldBy(c, f)
	cookie, err := r.Enter(c.Context(), f.Value("code"))
	if f.Add(err) {
		v := r.doorView(c)
		v.Held = h
		return doorPage.Render(c, v)
	}
	if err != nil {
		return err
	}
	setCookie(c, cookie)
	if h == nil {
		return c.Redirect(base)
	}
	c.ExitBy(base + "/leave")
	return heldPage.Render(c, h)
}
