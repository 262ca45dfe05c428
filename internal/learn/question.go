package learn

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"amelie/internal/fault"
)

// Kind is how a question is asked.
type Kind string

// The kinds of question. A text is compared by its author with a model answer
// and never marked.
const (
	Single    Kind = "single"
	Multiple  Kind = "multiple"
	TrueFalse Kind = "truefalse"
	Order     Kind = "order"
	Match     Kind = "match"
	FreeText  Kind = "text"
)

// Kinds are all of them.
var Kinds = []Kind{Single, Multiple, TrueFalse, Order, Match, FreeText}

// Question is one of a topic's.
type Question struct {
	ID         string   `toml:"id"`
	Kind       Kind     `toml:"kind"`
	Answers    []Answer `toml:"answers"` // of order: in the right order
	Pairs      []Answer `toml:"pairs"`   // of match
	Bank       bool     `toml:"bank"`
	Indicators []string `toml:"indicators"`
}

// Answer is what can be chosen, or one pair.
type Answer struct {
	ID    string `toml:"id"`
	Right bool   `toml:"right"`
}

// options are the ids that an answer may name.
func (q Question) options() (out []string) {
	for _, a := range append(slices.Clone(q.Answers), q.Pairs...) {
		out = append(out, a.ID)
	}
	return out
}

// Shuffled are the ids in an order that hides which is right: the same for the
// same seed, so that a page shown again looks the same.
func (q Question) Shuffled(seed string) []string {
	out := q.options()
	if q.Kind == TrueFalse {
		return out
	}
	slices.SortFunc(out, func(a, b string) int { return cmp.Compare(lot(seed+"/"+q.ID, a), lot(seed+"/"+q.ID, b)) })
	return out
}

// Given is what somebody answered: ids that were chosen; of an order the ids in
// their order; of pairs "left=right".
type Given []string

// Mark is what an answer is worth.
type Mark struct {
	Share float64 // 0 to 1
	Right bool    // Share is 1
}

// Check refuses what is not among a question's answers.
func (q Question) Check(g Given) error {
	known := q.options()
	for _, one := range g {
		left, right, pair := strings.Cut(one, "=")
		if pair != (q.Kind == Match) || !slices.Contains(known, left) || pair && !slices.Contains(known, right) {
			return fault.New(fault.Invalid, "learn.fault.answer")
		}
	}
	if q.Kind != Multiple && q.Kind != Order && q.Kind != Match && len(g) > 1 {
		return fault.New(fault.Invalid, "learn.fault.answer")
	}
	return nil
}

// Mark says what an answer is worth. Wrong ticks of a multiple choice take back
// right ones, so that ticking everything is worth nothing; an order is worth the
// share of neighbours that stand right; pairs are worth their share.
func (q Question) Mark(g Given) Mark {
	var share float64
	switch q.Kind {
	case Single, TrueFalse, Multiple:
		share = q.ticked(g)
	case Order:
		share = q.ordered(g)
	case Match:
		share = q.paired(g)
	}
	return Mark{Share: share, Right: share == 1}
}

func (q Question) ticked(g Given) float64 {
	right, hit, wrong := 0, 0, 0
	for _, a := range q.Answers {
		chosen := slices.Contains(g, a.ID)
		switch {
		case a.Right && chosen:
			right, hit = right+1, hit+1
		case a.Right:
			right++
		case chosen:
			wrong++
		}
	}
	return max(0, float64(hit-wrong)) / float64(max(1, right))
}

func (q Question) ordered(g Given) float64 {
	if len(g) != len(q.Answers) {
		return 0
	}
	at := map[string]int{}
	for i, id := range g {
		at[id] = i
	}
	if len(at) != len(q.Answers) {
		return 0
	}
	good := 0
	for i := 1; i < len(q.Answers); i++ {
		if at[q.Answers[i-1].ID] < at[q.Answers[i].ID] {
			good++
		}
	}
	return float64(good) / float64(len(q.Answers)-1)
}

func (q Question) paired(g Given) float64 {
	good := map[string]bool{}
	seen := map[string]bool{}
	for _, one := range g {
		left, right, _ := strings.Cut(one, "=")
		if seen[left] {
			return 0 // one thing cannot be two
		}
		seen[left] = true
		if left == right {
			good[left] = true
		}
	}
	return float64(len(good)) / float64(max(1, len(q.Pairs)))
}

// Solution is the right answer; none to an open question.
func (q Question) Solution() (g Given) {
	for _, a := range q.Answers {
		if a.Right || q.Kind == Order {
			g = append(g, a.ID)
		}
	}
	for _, p := range q.Pairs {
		g = append(g, p.ID+"="+p.ID)
	}
	return g
}

// Read takes an answer out of a form or an address: field is the question's
// name there, values all values of a field. Parts of orders and pairs stand in
// fields of their own, "q1.a". What was left open is left out.
func (q Question) Read(field string, values func(string) []string) Given {
	var g Given
	switch q.Kind {
	case Order:
		return q.readOrder(field, values)
	case Match:
		for _, p := range q.Pairs {
			if v := values(field + "." + p.ID); len(v) > 0 && v[0] != "" {
				g = append(g, p.ID+"="+v[0])
			}
		}
	case FreeText:
		return nil // stays on the page
	default:
		for _, v := range values(field) {
			if v != "" && !slices.Contains(g, v) {
				g = append(g, v)
			}
		}
	}
	return g
}

// Fields writes an answer as Read takes it out of a form.
func (q Question) Fields(field string, g Given, set func(name, value string)) {
	for i, one := range g {
		left, right, pair := strings.Cut(one, "=")
		switch {
		case q.Kind == Order:
			set(field+"."+one, strconv.Itoa(i+1))
		case pair:
			set(field+"."+left, right)
		default:
			set(field, one)
		}
	}
}

// Stamp names a question by what it asks and which answers are right, as the
// source has it: another stamp is another question, though it bears the name.
func (c *Course) Stamp(t *Topic, q Question) string {
	words := c.Words(t.ID, Source)
	sum := sha256.New()
	sum.Write([]byte(q.Kind + "\n" + Kind(words.text(q.ID).Stamp())))
	for _, a := range append(slices.Clone(q.Answers), q.Pairs...) {
		for _, part := range []string{"", ".l", ".r"} {
			sum.Write([]byte("\n" + a.ID + part + strconv.FormatBool(a.Right) + words.text(q.ID+"."+a.ID+part).Stamp()))
		}
	}
	return hex.EncodeToString(sum.Sum(nil)[:6])
}

// readOrder reads a place, 1 to n, for each answer; an order with holes or with
// two answers on one place is kept as far as it is one.
func (q Question) readOrder(field string, values func(string) []string) Given {
	placed := make([]string, len(q.Answers))
	for _, a := range q.Answers {
		v := values(field + "." + a.ID)
		if len(v) == 0 {
			continue
		}
		if n, err := strconv.Atoi(v[0]); err == nil && n >= 1 && n <= len(placed) && placed[n-1] == "" {
			placed[n-1] = a.ID
		}
	}
	return slices.DeleteFunc(placed, func(id string) bool { return id == "" })
}

// Draw takes n questions of a bank: the same ones for the same seed.
func Draw(bank []Question, n int, seed string) []Question {
	out := slices.Clone(bank)
	slices.SortStableFunc(out, func(a, b Question) int { return cmp.Compare(lot(seed, a.ID), lot(seed, b.ID)) })
	return out[:min(n, len(out))]
}

// lot is where a question falls in a draw.
func lot(seed, id string) uint64 {
	sum := sha256.Sum256([]byte(seed + "/" + id))
	return binary.BigEndian.Uint64(sum[:])
}
