package lexicon

import (
	"slices"
	"strings"

	"amelie/internal/directory"
	"amelie/internal/fold"
	"amelie/internal/web"
)

// wordCell is the words of a concept in one language, as fields of a form.
type wordCell struct {
	Lang, Name, Label, LabelName, Words, WordsName string
	Usual                                          string // how it is called without a label
	Missing                                        bool
	Rows                                           int
}

// cellsOf are the fields of a concept's words. prefix tells several concepts
// of a page apart. Languages of the directory come first, the others are more.
func cellsOf(c *web.Ctx, one directory.Concept, prefix string, langs []string) (six, more []wordCell) {
	for _, lang := range langs {
		cell := wordCell{Lang: lang, Name: directory.LanguageName(c.Lang, lang), Label: one.Labels[lang], LabelName: prefix + "label." + lang,
			Words: strings.Join(one.Synonyms[lang], "\n"), WordsName: prefix + "synonyms." + lang, Rows: min(12, max(3, len(one.Synonyms[lang])+1))}
		if code := directory.LanguageOf(one.ID); code != "" {
			cell.Usual = directory.LanguageName(lang, code)
		}
		if slices.Contains(directory.ContentLanguages, lang) {
			cell.Missing = cell.Label == "" && cell.Usual == ""
			six = append(six, cell)
		} else {
			more = append(more, cell)
		}
	}
	return six, more
}

// readWords fills a concept's words from the fields that cellsOf made.
func readWords(f *web.Form, one *directory.Concept, prefix string, langs []string) {
	one.Labels, one.Synonyms = directory.Text{}, map[string][]string{}
	for _, lang := range langs {
		if label := oneLine(f.Value(prefix + "label." + lang)); label != "" {
			one.Labels[lang] = label
		}
		if words := wordLines(f.Value(prefix + "synonyms." + lang)); len(words) > 0 {
			one.Synonyms[lang] = words
		}
	}
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// wordLines are the words of a field with one a line, each once.
func wordLines(text string) (words []string) {
	for line := range strings.Lines(text) {
		if word := oneLine(line); word != "" && !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	return words
}

// wordsIn are the label and synonyms of a concept in a language.
func wordsIn(one directory.Concept, lang string) []string {
	words := slices.Clone(one.Synonyms[lang])
	if label := one.Labels[lang]; label != "" {
		words = append([]string{label}, words...)
	}
	return words
}

// taken is a word that another concept has in the same language.
type taken struct {
	Word, Lang string
	By         directory.Concept
}

// takenWords are the words of a concept that others of the vocabulary have in
// the same language already.
func takenWords(vocab directory.Vocabulary, one directory.Concept, langs []string) (out []taken) {
	for _, lang := range langs {
		for _, word := range wordsIn(one, lang) {
			for _, other := range vocab.Concepts {
				if other.ID != one.ID && hasWord(other, lang, word) {
					out = append(out, taken{word, lang, other})
				}
			}
		}
	}
	return out
}

// hasWord says whether a concept has a word in a language, but for case and
// accents.
func hasWord(one directory.Concept, lang, word string) bool {
	key := fold.Key(word)
	return slices.ContainsFunc(wordsIn(one, lang), func(w string) bool { return fold.Key(w) == key })
}

// takenLinks lead to the concepts that have a word already.
func takenLinks(c *web.Ctx, list []taken) (out []web.M) {
	for _, t := range list {
		out = append(out, web.M{"href": c.Path("/desk/words/" + t.By.ID), "concept": t.By.Labels.In(c.Lang),
			"text": c.T("lexicon.taken.one", "word", t.Word, "language", directory.LanguageName(c.Lang, t.Lang))})
	}
	return out
}

// clashesOf are the words that lead to another concept already, in whatever
// language and spelling, as sentences.
func clashesOf(c *web.Ctx, x *finder, own string, words []string) (out []string) {
	for _, word := range words {
		for _, other := range x.meaning(own, word) {
			out = append(out, c.T("lexicon.clash.one", "word", word, "concept", x.vocab.NameOf(other, c.Lang)))
		}
	}
	return slices.Compact(out)
}
