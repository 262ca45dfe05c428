package learn

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"
)

// Review says that somebody of the field read a part of a file in one language.
// It holds for the text that was read and for no other: its digest is that text's.
type Review struct {
	Part       string
	Digest     string // Course.Digest of what was read
	Date       string // YYYY-MM-DD
	Name       string
	Profession string
}

// reviewLine is a review as it stands at the beginning of a file of words.
var reviewLine = regexp.MustCompile(`^([a-z0-9-]+) ([0-9a-f]{16}) ([0-9]{4}-[0-9]{2}-[0-9]{2}) ([^|]*[^| ]) \| ([^|]*[^| ])$`)

func parseReview(value string) (r Review, ok bool) {
	m := reviewLine.FindStringSubmatch(value)
	if m == nil {
		return r, false
	}
	return Review{Part: m[1], Digest: m[2], Date: m[3], Name: m[4], Profession: m[5]}, true
}

func (r Review) String() string {
	return r.Part + " " + r.Digest + " " + r.Date + " " + r.Name + " | " + r.Profession
}

// Valid says whether the review can stand in a file of words.
func (r Review) Valid() bool {
	back, ok := parseReview(r.String())
	return ok && back == r && !strings.ContainsAny(r.Name+r.Profession, "\r\n")
}

// The parts of a file beside units and questions.
const (
	PartLead    = "lead" // title and introduction of a topic
	PartSummary = "s"    // the page to keep
	PartAll     = "all"  // a case, or the course's own words
)

// Parts are what somebody reads at once: of a topic its introduction, each unit,
// each question and the summary; a case and the course's own words as a whole.
func (c *Course) Parts(file string) []string {
	t, ok := c.Topic(file)
	if !ok {
		return []string{PartAll}
	}
	out := []string{PartLead}
	for _, u := range t.Units {
		out = append(out, u.ID)
	}
	for _, q := range t.Questions {
		out = append(out, q.ID)
	}
	return append(out, PartSummary)
}

// Part is the part that a block belongs to.
func (c *Course) Part(file, block string) string {
	if _, ok := c.Topic(file); !ok {
		return PartAll
	}
	part, _, _ := strings.Cut(block, ".")
	if part == "title" {
		return PartLead
	}
	return part
}

// Blocks are those of a part that have words in a language, in their order.
func (c *Course) Blocks(file, part, lang string) (out []string) {
	if w := c.Own(file, lang); w != nil {
		for _, id := range w.Order {
			if c.Part(file, id) == part {
				out = append(out, id)
			}
		}
	}
	return out
}

// Digest names what a part says in a language: its words, its order, how they
// stand out, which answer is right, where a choice leads. When any of it
// changes, it is another.
func (c *Course) Digest(file, part, lang string) string {
	h := sha256.New()
	h.Write([]byte(c.Arrangement(file, part)))
	blocks := c.Blocks(file, part, lang)
	slices.Sort(blocks)
	for _, id := range blocks {
		t, _ := c.Own(file, lang).Text(id)
		h.Write([]byte("\n" + id + "\n" + strings.Join(strings.Fields(t.Body), " ")))
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// Arrangement is the structure of a part as far as a reader notices it.
func (c *Course) Arrangement(file, part string) string {
	if t, ok := c.Topic(file); ok {
		return t.Arrangement(part)
	}
	if i := slices.IndexFunc(c.Cases, func(s *Case) bool { return "case/"+s.ID == file }); i >= 0 {
		return c.Cases[i].TOML()
	}
	return ""
}

// Arrangement is the structure of a part of the topic.
func (t *Topic) Arrangement(part string) string {
	one := &Topic{}
	if u, ok := t.Unit(part); ok {
		one.Units = []Unit{{ID: u.ID, Blocks: u.Blocks}}
	} else if q, ok := t.Question(part); ok {
		q.Bank, q.Indicators = false, nil
		one.Questions = []Question{q}
	} else if part == PartSummary {
		one.Summary = t.Summary
	}
	return one.TOML()
}

// Reviewed is who read a part as it stands now; false when nobody did.
func (c *Course) Reviewed(file, part, lang string) (Review, bool) {
	w := c.Own(file, lang)
	if w == nil {
		return Review{}, false
	}
	if w.State == "reviewed" {
		return Review{Part: part, Date: w.Date, Name: w.Reviewer}, true
	}
	digest := ""
	for _, r := range slices.Backward(w.Reviews) {
		if r.Part != part {
			continue
		}
		if digest == "" {
			digest = c.Digest(file, part, lang)
		}
		if r.Digest == digest {
			return r, true
		}
	}
	return Review{}, false
}

// WithReview are the words with a review in place of those of its part.
func (w *Words) WithReview(r Review) *Words {
	out := *w
	out.Reviews = append(slices.DeleteFunc(slices.Clone(w.Reviews), func(x Review) bool { return x.Part == r.Part }), r)
	return &out
}

// Joined are the reviews of two files whose words were joined: each holds for
// the text that it was of, so none is given up before that is known.
func Joined(ours, theirs *Words) []Review {
	out := slices.Clone(ours.Reviews)
	for _, r := range theirs.Reviews {
		if !slices.Contains(out, r) {
			out = append(out, r)
		}
	}
	return out
}
