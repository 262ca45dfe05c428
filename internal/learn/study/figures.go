package study

import (
	"slices"
	"strconv"
	"strings"

	"amelie/internal/learn"
	"amelie/internal/web"
)

// weak is the discrimination below which a question is worth a second look
// (Ebel and Frisbie, Essentials of Educational Measurement, 5th edition, 1991).
const weak = 0.2

func shownItem(c *web.Ctx, x Item, words *learn.Words) itemView {
	v := itemView{Stem: words.Line(x.Question.ID), ID: x.Topic + "." + x.Question.ID, Kind: c.T("study.kind." + string(x.Question.Kind))}
	if x.First.N > 0 {
		v.FirstN, v.FirstRight = c.Number(int(x.First.N)), share(x.First.Right, x.First.N)
	}
	sums := x.InTest
	if sums.N > 0 {
		v.N, v.Right = c.Number(int(sums.N)), share(sums.Right, sums.N)
		if r, ok := sums.Discrimination(); ok {
			v.Discrimination, v.Weak = c.Decimal(r, 2), r < weak
		}
	} else {
		sums = x.First
	}
	for _, a := range x.Question.Answers {
		if x.Question.Kind != learn.Order {
			v.Picks = append(v.Picks, pickView{optionWords(c, x.Question, words, a.ID), share(sums.Picks[a.ID], sums.N), a.Right})
		}
	}
	v.Picks = append(v.Picks, mixedUp(c, x.Question, words, sums)...)
	sure := func(n, right int64, text string) {
		if n >= Few {
			v.Sure = append(v.Sure, pickView{Text: text, Share: share(right, n)})
		}
	}
	certain, doubting := sums.Sure["yes+"]+sums.Sure["yes-"], sums.Sure["no+"]+sums.Sure["no-"]
	sure(certain, sums.Sure["yes+"], c.T("study.items.sure-yes", "n", int(certain)))
	sure(doubting, sums.Sure["no+"], c.T("study.items.sure-no", "n", int(doubting)))
	return v
}

// optionWords are the words of an answer.
func optionWords(c *web.Ctx, q learn.Question, words *learn.Words, answer string) string {
	if q.Kind == learn.TrueFalse {
		return c.T("learn." + answer)
	}
	return words.Line(q.ID + "." + answer)
}

// mixedUp are the pairs that were put together wrongly, most often first.
func mixedUp(c *web.Ctx, q learn.Question, words *learn.Words, sums Sums) (out []pickView) {
	type wrong struct {
		pair string
		n    int64
	}
	var list []wrong
	for pair, n := range sums.Picks {
		if left, right, ok := strings.Cut(pair, "="); ok && left != right {
			list = append(list, wrong{pair, n})
		}
	}
	slices.SortFunc(list, func(a, b wrong) int { return 2*int(b.n-a.n) + strings.Compare(a.pair, b.pair) })
	for _, w := range list[:min(3, len(list))] {
		left, right, _ := strings.Cut(w.pair, "=")
		out = append(out, pickView{Text: c.T("study.items.mixed", "left", words.Line(q.ID+"."+left+".l"), "right", words.Line(q.ID+"."+right+".r")), Share: share(w.n, sums.N)})
	}
	return out
}

func share(n, of int64) string {
	if of == 0 {
		return ""
	}
	return strconv.FormatInt((n*100+of/2)/of, 10) + "\u00a0%"
}
