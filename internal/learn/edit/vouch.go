package edit

import (
	"slices"
	"strings"

	"amelie/internal/db"
	"amelie/internal/learn"
)

// A folder that comes back claims who has read its texts. What it claims is
// believed as far as it stands in a folder that this desk had before: else
// whoever can send a folder could write reviews that nobody gave.

// claim is what a file of words says about who has read it.
type claim struct {
	*learn.Words
	given []learn.Review // those that were found
	whole bool           // the state of the whole file was found, or says nothing
}

func (x *claim) proven() bool { return x.whole && len(x.given) == len(x.Reviews) }

// compare believes what another file of words says too.
func (x *claim) compare(known *learn.Words) {
	x.whole = x.whole || known.State == x.State && known.Reviewer == x.Reviewer && known.Date == x.Date && sameTexts(known, x.Words)
	for _, r := range x.Reviews {
		if slices.Contains(known.Reviews, r) && !slices.Contains(x.given, r) {
			x.given = append(x.given, r)
		}
	}
}

// believed are the words with what was found. The reviews keep their order.
func (x *claim) believed() *learn.Words {
	out := *x.Words
	out.Reviews = slices.DeleteFunc(slices.Clone(x.Reviews), func(r learn.Review) bool { return !slices.Contains(x.given, r) })
	if x.whole {
		return &out
	}
	return out.Unreviewed()
}

func sameTexts(a, b *learn.Words) bool {
	for _, id := range a.Order {
		x, _ := a.Text(id)
		if y, _ := b.Text(id); x.Body != y.Body {
			return false
		}
	}
	return len(a.Order) == len(b.Order)
}

// vouch drops from the files of a folder every review that is neither in the
// working copy, nor shipped, nor in a revision that was kept.
//
// req: EDIT-6
func (s *Service) vouch(tx *db.Tx, now, files map[string][]byte) error {
	claims, err := claimed(files)
	if err != nil {
		return err
	}
	shipped, err := s.Shipped()
	if err != nil {
		return err
	}
	kept, err := loadFolders(tx, s.ID)
	if err != nil {
		return err
	}
	err = prove(claims, now)
	if err == nil {
		err = prove(claims, shipped)
	}
	for _, version := range kept {
		if err != nil || len(claims) == 0 {
			break
		}
		var folder map[string][]byte
		if folder, _, err = loadFolder(tx, s.ID, version); err == nil {
			err = prove(claims, folder)
		}
	}
	for path, x := range claims {
		files[path] = x.believed().Markdown()
	}
	return err
}

// claimed are the files that say that somebody has read them.
func claimed(files map[string][]byte) (map[string]*claim, error) {
	out := map[string]*claim{}
	for path, body := range files {
		if !strings.HasSuffix(path, ".md") {
			continue
		}
		w, err := wordsOr(path, body)
		if err != nil {
			return nil, err
		}
		if x := (&claim{Words: w, whole: w.State != "reviewed"}); !x.proven() {
			out[path] = x
		}
	}
	return out, nil
}

// prove compares claims with a folder that is believed, and lets go of those that
// it proves.
func prove(claims map[string]*claim, folder map[string][]byte) error {
	for path, x := range claims {
		known, err := wordsOr(path, folder[path])
		if err != nil {
			return err
		}
		if x.compare(known); x.proven() {
			delete(claims, path)
		}
	}
	return nil
}
