package transfer

import (
	"maps"

	"amelie/internal/directory"
)

// keepHidden takes back what an import changed and not what it hid: taking it
// back must not make public what is hidden now. An editor opens it one by one.
//
// req: DESK-6
func (l *laid) keepHidden() error {
	if l.before == "" || l.document == "" {
		return nil
	}
	now, err := directory.RowOf(l.kind, l.rowID, l.parent, l.before)
	if err != nil {
		return err
	}
	back, err := directory.RowOf(l.kind, l.rowID, l.parent, l.document)
	if err != nil {
		return err
	}
	switch {
	case back.Organization != nil:
		back.Organization.Hide = stricter(now.Organization.Hide, back.Organization.Hide)
		hideLinks(now.Organization.Website, back.Organization.Website)
	case back.Service != nil:
		back.Service.Hide = stricter(now.Service.Hide, back.Service.Hide)
		hideLinks(now.Service.Website, back.Service.Website)
		hidePhones(now.Service.Phones, back.Service.Phones)
		hideMails(now.Service.Emails, back.Service.Emails)
	case back.Place != nil:
		keepPlace(now.Place, back.Place)
	}
	l.document, err = back.Document()
	return err
}

func keepPlace(now, back *directory.Place) {
	back.Hide = stricter(now.Hide, back.Hide)
	hidePhones(now.Phones, back.Phones)
	hideMails(now.Emails, back.Emails)
	if rank(now.Address) > rank(back.Address) {
		back.Address, back.Lat, back.Lon = now.Address, now.Lat, now.Lon // a hidden place stands at its town's own position
	}
	hideContacts(back)
}

// rank orders visibilities by how few see what has them.
func rank(v directory.Visibility) int {
	return map[directory.Visibility]int{directory.Professional: 1, directory.Hidden: 2}[v]
}

func narrower(a, b directory.Visibility) directory.Visibility {
	if rank(a) > rank(b) {
		return a
	}
	return b
}

func stricter(now, back directory.Hide) directory.Hide {
	out := maps.Clone(back)
	for field, v := range now {
		if out == nil {
			out = directory.Hide{}
		}
		out[field] = narrower(v, out[field])
	}
	return out
}

func hidePhones(now, back []directory.Phone) {
	for _, was := range now {
		for i := range back {
			if back[i].Number == was.Number && back[i].Short == was.Short {
				back[i].Visibility = narrower(was.Visibility, back[i].Visibility)
			}
		}
	}
}

func hideMails(now, back []directory.Email) {
	for _, was := range now {
		for i := range back {
			if back[i].Address == was.Address {
				back[i].Visibility = narrower(was.Visibility, back[i].Visibility)
			}
		}
	}
}

func hideLinks(now, back []directory.Link) {
	for _, was := range now {
		for i := range back {
			if back[i].URL == was.URL {
				back[i].Visibility = narrower(was.Visibility, back[i].Visibility)
			}
		}
	}
}
