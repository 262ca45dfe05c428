package casework

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"amelie/internal/ask"
	"amelie/internal/web"
)

// Signs are the instruments by whose lists is noted what was observed, as the file
// needs them. A code is "pack@version#item": it stays what it is when the wording
// or the list changes.
type Signs interface {
	// Lists are those in use, with their words in a language.
	Lists(ctx context.Context, lang string) ([]SignList, error)
	// Sign is what a code says; false for one that nobody here knows. The words of
	// a publisher who did not give them to everybody are never among it: then it is
	// the list's title and the item's name.
	Sign(ctx context.Context, lang, code string) (Sign, bool)
}

// Sign is one code in words.
type Sign struct {
	Words string
	List  string // title of its list, with the version
}

// SignList is an instrument that can be used to note what was observed.
type SignList struct {
	ID     string // pack@version, with which the codes of its signs begin
	Title  string
	Ages   []string // adult, child: for whom it was made
	Groups []SignGroup
}

// SignGroup is signs that belong together, with their codes.
type SignGroup struct {
	Title string
	Signs []web.Choice
}

const (
	// signs is the field of a kind that is answered by codes of instruments.
	signs = "signs"
	// signLists asks by which lists codes were noted.
	signLists = "sign-lists"
)

// signCode is the form of a code.
var signCode = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,60}@[a-z0-9.-]{1,20}#[a-z0-9][a-z0-9.-]{0,80}$`)

// listOf is the list to which a code belongs.
func listOf(code string) string {
	list, _, _ := strings.Cut(code, "#")
	return list
}

// saySign names the codes of signs, and the lists of several codes, for the kind
// that has them.
func (s *Service) saySign(c *web.Ctx, field, code string) string {
	switch {
	case code == "":
		return ""
	case field == signs:
		return s.sign(c.Context(), c.Lang, code).Words
	case field != signLists:
		return ""
	}
	var lists []string
	for _, one := range strings.Fields(code) {
		if list := s.sign(c.Context(), c.Lang, one).List; !slices.Contains(lists, list) {
			lists = append(lists, list)
		}
	}
	return strings.Join(lists, " · ")
}

// sign is a code in words; the code itself where nobody knows it any more, so that
// nothing that was noted disappears.
func (s *Service) sign(ctx context.Context, lang, code string) Sign {
	if s.Signs != nil {
		if one, ok := s.Signs.Sign(ctx, lang, code); ok {
			return one
		}
	}
	return Sign{Words: code, List: listOf(code)}
}

// offering is a kind with the options of its signs: of what was posted, those that
// a list here knows, and those that stood in the version before.
func (s *Service) offering(ctx context.Context, v *web.Viewer, caseID, entryID string, k Kind, posted []string) (Kind, error) {
	at := slices.IndexFunc(k.Fields, func(f ask.Field) bool { return f.Name == signs })
	if at < 0 || len(posted) == 0 {
		return k, nil
	}
	var known, before []string
	for _, code := range posted {
		if s.Signs == nil || !signCode.MatchString(code) {
			continue
		}
		if _, ok := s.Signs.Sign(ctx, v.Lang, code); ok {
			known = append(known, code)
		}
	}
	if len(known) < len(posted) && entryID != "" {
		e, _, err := s.Entry(ctx, v, caseID, entryID)
		if err != nil {
			return k, err
		}
		before = e.Fields[signs]
	}
	k.Fields = slices.Clone(k.Fields)
	k.Fields[at].Options = append(known, before...)
	return k, nil
}

// words are what the index is told of an entry: signs by their wording in the
// writer's language, since that is how colleagues look for them.
func (s *Service) words(ctx context.Context, v *web.Viewer, k Kind, a ask.Answer) []string {
	out := k.words(a)
	for _, code := range a[signs] {
		out = append(out, s.sign(ctx, v.Lang, code).Words)
	}
	return out
}

// picked is the choice of signs on the form: which lists there are, and the signs
// of the chosen one by group.
type picked struct {
	Lists  []web.M
	Groups []pickGroup
}

// pickGroup is a group that is folded until something in it was ticked.
type pickGroup struct {
	SignGroup
	N    int // ticked
	Open bool
}

// pick offers the signs of one list, chosen by the address or the one by which was
// noted before. What was ticked of others stands first, so that it can be taken
// away and is never lost.
func (s *Service) pick(c *web.Ctx, address string, noted []string) (out picked, err error) {
	if s.Signs == nil {
		return out, nil
	}
	lists, err := s.Signs.Lists(c.Context(), c.Lang)
	if err != nil {
		return out, err
	}
	chosen := c.Query("list")
	if chosen == "" && len(noted) > 0 {
		chosen = listOf(noted[0])
	}
	rest := slices.Clone(noted)
	var groups []pickGroup
	for _, l := range lists {
		label := l.Title
		for _, age := range l.Ages {
			label += " · " + c.T("instrument.age."+age)
		}
		out.Lists = append(out.Lists, web.M{"label": label, "on": l.ID == chosen, "href": c.Path(address + "list=" + l.ID)})
		if l.ID != chosen {
			continue
		}
		for _, g := range l.Groups {
			one := pickGroup{SignGroup: SignGroup{Title: g.Title}}
			for _, sign := range g.Signs {
				if sign.Selected = slices.Contains(noted, sign.Value); sign.Selected {
					one.N++
					rest = slices.DeleteFunc(rest, func(code string) bool { return code == sign.Value })
				}
				one.Signs = append(one.Signs, sign)
			}
			one.Open = one.N > 0
			groups = append(groups, one)
		}
	}
	if len(rest) > 0 {
		before := pickGroup{SignGroup: SignGroup{Title: c.T("casework.signs.before")}, N: len(rest), Open: true}
		for _, code := range rest {
			before.Signs = append(before.Signs, web.Choice{Value: code, Label: s.sign(c.Context(), c.Lang, code).Words, Selected: true})
		}
		out.Groups = append(out.Groups, before)
	}
	out.Groups = append(out.Groups, groups...)
	return out, nil
}
