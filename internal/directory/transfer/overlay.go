package transfer

import (
	"slices"

	"amelie/internal/directory"
)

// overlay lays what a file says over what is there. Objects are laid over each
// other key by key, so that a file in English keeps the other languages; lists
// of contact points and languages keep what the file cannot know of the same
// item; other lists and values are the file's.
func overlay(have, said map[string]any) map[string]any {
	out := map[string]any{}
	for k, v := range have {
		out[k] = v
	}
	for k, v := range said {
		switch v := v.(type) {
		case nil: // says nothing
		case map[string]any:
			old, _ := out[k].(map[string]any)
			out[k] = overlay(old, v)
		case []any:
			old, _ := out[k].([]any)
			out[k] = overlayList(k, old, v)
		default:
			out[k] = v
		}
	}
	return out
}

// itemKeys are the fields that make an item of a list the same item.
var itemKeys = map[string][]string{
	"Phones": {"Number", "Short", "Kind"}, "Emails": {"Address"}, "Website": {"URL"}, "Languages": {"Code", "By"},
}

// overlayList keeps what is not public and stands in no public file, and takes
// the file's word for the rest.
//
// req: TRANSFER-3
func overlayList(field string, have, said []any) []any {
	if field == "Open" && sameOpenings(have, said) {
		return have
	}
	keys := itemKeys[field]
	if keys == nil {
		return said
	}
	key := func(v any) string {
		m, _ := v.(map[string]any)
		out := ""
		for _, k := range keys {
			s, _ := m[k].(string)
			out += s + "\x00"
		}
		return out
	}
	var out []any
	for _, v := range said {
		item, _ := v.(map[string]any)
		i := slices.IndexFunc(have, func(old any) bool { return key(old) == key(v) })
		if i >= 0 {
			old, _ := have[i].(map[string]any)
			item = overlay(old, item)
			if p, _ := old["Printed"].(string); p != "" {
				item["Printed"] = p // a way of printing is no news
			}
		}
		out = append(out, item)
	}
	for _, v := range have {
		old, _ := v.(map[string]any)
		hidden, _ := old["Visibility"].(string)
		if hidden != "" && !slices.ContainsFunc(said, func(s any) bool { return key(s) == key(v) }) {
			out = append(out, old)
		}
	}
	return out
}

// sameOpenings says whether two lists of openings are the same hours: "Mo-Fr"
// and "Mo,Tu,We,Th,Fr" are two spellings and no news.
func sameOpenings(a, b []any) bool {
	return slices.EqualFunc(a, b, func(x, y any) bool {
		m, _ := x.(map[string]any)
		n, _ := y.(map[string]any)
		one, err1 := directory.Weekdays(text(m, "Days"))
		two, err2 := directory.Weekdays(text(n, "Days"))
		return err1 == nil && err2 == nil && one == two && text(m, "From") == text(n, "From") && text(m, "To") == text(n, "To")
	})
}

// hideContacts hides the own contact points of a place whose address is hidden.
func hideContacts(p *directory.Place) {
	if p.Address != directory.Hidden {
		return
	}
	for i := range p.Phones {
		p.Phones[i].Visibility = directory.Hidden
	}
	for i := range p.Emails {
		p.Emails[i].Visibility = directory.Hidden
	}
}
