package web

import (
	"net/url"
	"sort"
)

// Turn is a page of a long list: its lines From up to To, and the ways to the
// pages before and after. The addresses name the entry after or before which a
// page begins and no number, so that nothing is missed when a line goes
// meanwhile.
type Turn struct {
	From, To         int
	Prev, Next, Text string
}

// Turn cuts the page that the address asks for out of n lines that stand in the
// order of key. Lines of one key are never torn apart. What else stands in the
// address is carried on.
func (c *Ctx) Turn(n, size int, key func(int) string) Turn {
	var t Turn
	t.From, t.To = cut(n, size, key, c.Query("after"), c.Query("before"))
	if t.From > 0 && t.From < n {
		t.Prev = c.turned("before", key(t.From))
	}
	if t.To < n && t.To > 0 {
		t.Next = c.turned("after", key(t.To-1))
	}
	if t.Prev+t.Next != "" {
		t.Text = c.T("web.pages.range", "from", c.Number(t.From+1), "to", c.Number(t.To), "n", c.Number(n))
	}
	return t
}

func (c *Ctx) turned(way, key string) string {
	values := url.Values{way: {key}}
	for name, list := range c.R.URL.Query() {
		if name != "after" && name != "before" && list[0] != "" {
			values.Set(name, list[0])
		}
	}
	return c.R.URL.Path + "?" + values.Encode()
}

// cut finds the page after or before a key among n lines in its order.
func cut(n, size int, key func(int) string, after, before string) (from, to int) {
	if before != "" {
		to = sort.Search(n, func(i int) bool { return key(i) >= before })
		for from = max(0, to-size); from > 0 && key(from-1) == key(from); from-- {
		}
		return from, to
	}
	if after != "" {
		from = sort.Search(n, func(i int) bool { return key(i) > after })
	}
	for to = min(n, from+size); to > from && to < n && key(to) == key(to-1); to++ {
	}
	return from, to
}
