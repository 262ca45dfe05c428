package lexicon

import (
	"cmp"
	"net/url"
	"slices"

	"amelie/internal/db"
	"amelie/internal/directory"
	"amelie/internal/fault"
	"amelie/internal/web"
)

var needPage = web.NewPage[needData](pageFiles, "page/need.html")

type (
	needData struct {
		On        bool
		Countries []web.M // chips
		Country   string
		Words     []vainLine
		Ignored   []ignored
		Gaps      web.M // the table
		Some      bool
		More      int
		Table     string
		May       bool // the editor of words is there
	}
	vainLine struct {
		Word, Lang, Where, Count, Other string
		Near                            []web.M
	}
)

// shownGaps is how many rows of missing services the page shows; the file has
// all of them.
const shownGaps = 100

// needs is what was counted and is not settled, of a country or of all.
type needs struct {
	off       bool
	keeps     bool // the viewer keeps the words, and does not only look
	country   string
	countries []string // where anything was counted
	words     []vain
	gaps      []gap
	ignored   []ignored
	vocab     directory.Vocabulary
	finder    *finder
}

// readNeeds is what the page and its table tell, for the country that the
// address names.
func (l *Lexicon) readNeeds(c *web.Ctx) (n needs, err error) {
	if n.vocab, err = l.d.Vocabulary(c.Context()); err != nil {
		return n, err
	}
	n.country, n.finder = c.Query("country"), l.finder.of(n.vocab)
	from := monthsAgo(c.Now(), shownMonths)
	err = l.cfg.DB.Read(c.Context(), func(tx *db.Tx) (err error) {
		if err = l.maySee(tx, c.Viewer); err != nil {
			return err
		}
		n.keeps = l.may(tx, c.Viewer) == nil
		if n.off, err = readOff(tx); err != nil {
			return err
		}
		if n.words, err = readVain(tx, from); err != nil {
			return err
		}
		if n.gaps, err = readGaps(tx, from); err != nil {
			return err
		}
		n.ignored, err = readIgnored(tx)
		return err
	})
	n.narrow()
	return n, err
}

// narrow leaves out the other countries, and words that are settled or in the
// vocabulary by now.
func (n *needs) narrow() {
	seen := map[string]bool{}
	other := func(country string) bool {
		seen[country] = true
		return n.country != "" && country != n.country
	}
	settled := map[string]bool{}
	for _, one := range n.ignored {
		settled[one.Word] = true
	}
	n.words = slices.DeleteFunc(n.words, func(v vain) bool { return other(v.Country) || settled[v.Word] || n.finder.leads(v.Word) })
	n.gaps = slices.DeleteFunc(n.gaps, func(g gap) bool { return other(g.Country) })
	n.countries = slices.DeleteFunc(directory.Countries(), func(code string) bool { return !seen[code] })
}

// need is the page of what people look for and do not find.
func (l *Lexicon) need(c *web.Ctx) error {
	n, err := l.readNeeds(c)
	if err != nil {
		return err
	}
	data := needData{On: !n.off, Country: n.country, Ignored: n.ignored, Table: c.Path("/desk/need/table"), Countries: countryChips(c, n), May: n.keeps}
	if n.country != "" {
		data.Table += "?country=" + url.QueryEscape(n.country)
	}
	for _, v := range n.words {
		data.Words = append(data.Words, vainLineOf(c, n, v))
	}
	rows := gapRows(c, n)
	data.Some, data.More = len(rows) > 0, max(0, len(rows)-shownGaps)
	data.Gaps = web.M{"caption": c.T("lexicon.gap.caption"), "head": gapHead(c), "rows": rows[:min(len(rows), shownGaps)]}
	return needPage.Render(c, data)
}

func countryChips(c *web.Ctx, n needs) []web.M {
	out := []web.M{{"href": c.Path("/desk/need"), "label": c.T("lexicon.need.all"), "on": n.country == ""}}
	for _, code := range n.countries {
		out = append(out, web.M{"href": c.Path("/desk/need?country=" + code), "label": directory.CountryName(c.Lang, code), "on": n.country == code})
	}
	return out
}

// likeKeys are the sentences of how a word is close to one of the vocabulary.
var likeKeys = [...]string{isSame: "lexicon.word.same", isNearly: "lexicon.word.nearly", isPart: "lexicon.word.part", isLike: "lexicon.word.like"}

// shownNear is how many meanings are proposed for a word.
const shownNear = 3

func vainLineOf(c *web.Ctx, n needs, v vain) vainLine {
	add := "?" + url.Values{"add": {v.Word}, "lang": {v.Lang}}.Encode()
	out := vainLine{Word: v.Word, Lang: v.Lang, Where: place(c, v.Country, ""), Other: c.Path("/desk/words" + add),
		Count: c.T("lexicon.word.count", "n", v.N, "lang", directory.LanguageName(c.Lang, v.Lang))}
	for _, one := range n.finder.nearest(v.Word, shownNear) {
		out.Near = append(out.Near, web.M{"href": c.Path("/desk/words/" + one.Concept.ID + add), "label": one.Concept.Labels.In(c.Lang),
			"by": c.T(likeKeys[one.How], "word", one.By, "lang", directory.LanguageName(c.Lang, one.Lang))})
	}
	return out
}

// place is a country or one of its regions, as read.
func place(c *web.Ctx, country, territory string) string {
	if territory != "" {
		return directory.TerritoryIn(c.Lang, territory) + ", " + directory.CountryName(c.Lang, country)
	}
	if country == "" {
		return c.T("lexicon.gap.anywhere")
	}
	return directory.CountryName(c.Lang, country)
}

func gapHead(c *web.Ctx) []string {
	return []string{c.T("lexicon.gap.help"), c.T("lexicon.gap.region"), c.T("lexicon.gap.language"), c.T("lexicon.gap.count")}
}

// gapRows are the missing services in words, the most wanted first.
func gapRows(c *web.Ctx, n needs) [][]string {
	gaps := slices.Clone(n.gaps)
	slices.SortStableFunc(gaps, func(a, b gap) int { return cmp.Compare(shownN(b.N), shownN(a.N)) })
	var out [][]string
	for _, g := range gaps {
		help, tongue := c.T("lexicon.gap.any"), c.T("lexicon.gap.any")
		if g.Help != "" {
			help = conceptName(n.vocab, "help", g.Help, c.Lang)
		}
		if g.Language != "" {
			tongue = directory.LanguageName(c.Lang, g.Language)
		}
		out = append(out, []string{help, place(c, g.Country, g.Territory), tongue, shownCount(c, g.N)})
	}
	return out
}

// shownN hides small counts from the order too.
//
// req: LEXICON-5
func shownN(n int64) int64 {
	if n < enoughDays {
		return 0
	}
	return n
}

// shownCount never shows a count below five: one person looks like a few.
//
// req: LEXICON-5
func shownCount(c *web.Ctx, n int64) string {
	if n < enoughDays {
		return c.T("lexicon.gap.few")
	}
	return c.Number(int(n))
}

func conceptName(vocab directory.Vocabulary, scheme, id, lang string) string {
	for _, one := range vocab.Concepts {
		if one.Scheme == scheme && one.ID == id {
			return one.Labels.In(lang)
		}
	}
	return id
}

// needTable is the table of missing services as a file.
func (l *Lexicon) needTable(c *web.Ctx) error {
	n, err := l.readNeeds(c)
	if err != nil {
		return err
	}
	return c.Sheet("table.csv", gapHead(c), gapRows(c, n))
}

// needPost settles a word, or turns counting on or off.
func (l *Lexicon) needPost(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	do, word, reason := f.Value("do"), f.Value("word"), f.Value("reason")
	if do == "ignore" && (reason == "" || len(reason) > 600) {
		f.Error("reason", "lexicon.error.reason")
		return l.need(c)
	}
	err = l.cfg.DB.Write(c.Context(), func(tx *db.Tx) error {
		if err := l.may(tx, c.Viewer); err != nil {
			return err
		}
		if again, err := pressedAgain(tx, c, f); err != nil || again {
			return err
		}
		return l.settle(tx, do, word, reason, by(c.Viewer), c)
	})
	if err != nil {
		return err
	}
	if do == "on" || do == "off" {
		l.off.Store(do == "off")
		l.sketch.forget()
		c.Flash("lexicon.done." + do)
	}
	return c.Redirect("/desk/need")
}

func (l *Lexicon) settle(tx *db.Tx, do, word, reason string, who directory.By, c *web.Ctx) error {
	switch do {
	case "on", "off":
		return l.switchTo(tx, do == "on", who, c.Now())
	case "ignore":
		// Only a word that was counted: nothing else can be written here.
		known, err := readKnown(tx)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(known, func(k wordKey) bool { return k.word == word }) {
			return fault.New(fault.NotFound, "web.error.not-found")
		}
		if err := ignore(tx, word, reason, who, c.Now()); err != nil {
			return err
		}
		return record(tx, who, "directory.word-ignored", "directory/need", c.Now())
	case "back":
		if err := unignore(tx, word); err != nil {
			return err
		}
		return record(tx, who, "directory.word-returned", "directory/need", c.Now())
	}
	return fault.New(fault.Invalid, "web.error.invalid")
}
