package directory

import (
	"slices"
	"strings"

	"amelie/internal/fold"
)

// concepts are the vocabulary as search needs it.
type concepts struct {
	ofScheme map[string][]string // scheme to its concepts in the order of the files
	broader  map[conceptKey]string
	lines    map[conceptKey][]string // up and down
	ups      map[conceptKey][]string
	lex      *fold.Lexicon // keys of labels and synonyms
	means    []uint32      // what each of them means, in senses
	senses   [][]conceptKey
	tongues  *tongueNames
}

// of is what a key of a label or synonym means; nothing for another word.
func (c *concepts) of(key string) []conceptKey {
	if i, ok := c.lex.Find(key); ok {
		return c.at(i)
	}
	return nil
}

// at is what the key of a number means.
func (c *concepts) at(i uint32) []conceptKey { return c.senses[c.means[i]] }

func newConcepts(v Vocabulary) *concepts {
	c := &concepts{
		ofScheme: map[string][]string{}, broader: map[conceptKey]string{},
		lines: map[conceptKey][]string{}, ups: map[conceptKey][]string{}, tongues: newTongues(v),
	}
	said := phrases{}
	for _, k := range v.Concepts {
		if k.Scheme == LanguageScheme {
			continue
		}
		key := conceptKey{k.Scheme, k.ID}
		c.ofScheme[k.Scheme] = append(c.ofScheme[k.Scheme], k.ID)
		c.broader[key] = k.Broader
		for _, label := range k.Labels {
			said.add(label, key)
		}
		for _, list := range k.Synonyms {
			for _, s := range list {
				said.add(s, key)
			}
		}
	}
	c.learn(said)
	for key := range c.broader {
		c.ups[key] = c.climb(key)
	}
	for key := range c.broader {
		c.lines[key] = c.kin(key)
	}
	return c
}

// phrases are what each key of a label or synonym means.
type phrases map[string][]conceptKey

func (p phrases) add(s string, key conceptKey) {
	for _, form := range fold.Phrase(withoutStops(s)) {
		if form != "" && !slices.Contains(p[form], key) {
			p[form] = append(p[form], key)
		}
	}
}

// learn takes phrases in. Most mean one concept, as many others do: what is meant
// is kept once, since the phrases stay in memory for good.
func (c *concepts) learn(said phrases) {
	keys := make([]string, 0, len(said))
	for k := range said {
		keys = append(keys, k)
	}
	c.lex = fold.NewLexicon(keys)
	c.means = make([]uint32, c.lex.Len())
	alone := map[conceptKey]uint32{}
	for i := range c.means {
		meant := said[c.lex.At(uint32(i))]
		sense, known := alone[meant[0]]
		if len(meant) > 1 || !known {
			sense = uint32(len(c.senses))
			c.senses = append(c.senses, meant)
		}
		if len(meant) == 1 {
			alone[meant[0]] = sense
		}
		c.means[i] = sense
	}
}

// withoutStops drops stop words inside a phrase ("maison d'accueil" is "maison
// accueil"), since they are dropped from what is typed too.
func withoutStops(s string) string {
	words := fold.Words(s)
	if len(words) < 2 {
		return s
	}
	kept := make([]string, 0, len(words))
	for _, w := range words {
		if !stopWords[fold.Word(w)] {
			kept = append(kept, w)
		}
	}
	if len(kept) == 0 {
		return s
	}
	return strings.Join(kept, " ")
}

// up is the concept and all broader ones.
func (c *concepts) up(scheme, id string) []string {
	if up, ok := c.ups[conceptKey{scheme, id}]; ok {
		return up
	}
	return []string{id}
}

func (c *concepts) climb(key conceptKey) []string {
	up, id := []string{key.id}, key.id
	for range 8 { // no deeper in any scheme; guards against a ring
		id = c.broader[conceptKey{key.scheme, id}]
		if id == "" {
			break
		}
		up = append(up, id)
	}
	return up
}

// line is the concept, all broader and all narrower ones.
func (c *concepts) line(scheme, id string) []string {
	if line, ok := c.lines[conceptKey{scheme, id}]; ok {
		return line
	}
	return []string{id}
}

func (c *concepts) kin(key conceptKey) []string {
	line := slices.Clone(c.up(key.scheme, key.id))
	for _, other := range c.ofScheme[key.scheme] {
		if other != key.id && slices.Contains(c.up(key.scheme, other), key.id) {
			line = append(line, other)
		}
	}
	return line
}

// stopWords are words that say nothing about what is looked for, folded.
var stopWords = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range fold.Tokens(stopText) {
		m[w] = true
	}
	return m
}()

const stopText = `
a an the of for to in on at by with from near and or is are be who what where when which that this her his their my our your
i she he they we you it need needs want wants look looking find search speak speaks speaking spoken some any someone person people please can could help helps support not me us them him am was were been being do does did don doesn didn isn cannot would should there here have has having get got take takes
ο η το οι τα του της των τον την τους τις στο στη στην στον στα στους στις σε με για από και ή να που πού τι πως ποιος είναι έχει θέλω θέλει χρειάζομαι χρειάζεται ψάχνω μιλά μιλάει μιλούν κοντά ένας μια μία ένα κάποιος κάποια άτομο άτομα βοήθεια βοηθάει δεν δε μη μην μου σου μας σας είμαι είσαι εδώ εκεί όχι αυτή αυτός αυτό θα πρέπει μπορώ μπορεί θέλουμε
il lo la i gli le l un uno una di d da a in con su per tra fra del dello della dei degli delle al allo alla ai agli alle nel nella nei nelle sul sulla e ed o che chi dove come quando è sono ha ho cerco cerca serve parla parlano vicino persona persone aiuto aiuta parlante non mi ti ci si me mio mia miei mie suo sua vorrei voglio vuole posso può sto sta c è bisogno
der die das den dem des ein eine einen einem einer eines und oder in im an am auf aus bei beim mit nach von vom vor zu zum zur für über ist sind hat habe haben wer was wo wie wann ich sie er es wir ihr suche sucht brauche braucht spricht sprechen nähe person personen menschen hilfe hilft sprechend sprechende nicht mich mir mein meine meinen meiner uns sich kann können will möchte werde wird wurde auch noch dass
de het een en of in op aan bij met naar van voor uit te tot over door is zijn heeft heb wie wat waar hoe wanneer ik zij ze hij wij we u zoek zoekt nodig spreekt spreken buurt persoon personen mensen hulp helpt sprekend sprekende niet mij mijn ons onze kan kunnen wil wilt word wordt werd ook nog dat dit die deze er
le la les l un une des du de d et ou à au aux en dans sur pour par avec chez est sont a ont qui que quoi où comment quand je elle il elles ils nous vous cherche besoin parle parlent près personne personnes aide ne n pas me m mon ma mes moi sa ses se s ce c cette ces peut peux veut veux suis y
`

// topicWords are what every entry is about: they ask for nothing.
var topicWords = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range fold.Tokens(topicText) {
		m[w] = true
	}
	return m
}()

const topicText = `
victim victims survivor survivors trafficking trafficked human beings
θύμα θύματα θυμάτων θύματος εμπορία εμπορίας ανθρώπων ανθρώπου
vittima vittime tratta umani esseri
opfer betroffene betroffener betroffenen menschenhandel menschenhandels
slachtoffer slachtoffers mensenhandel
victime victimes traite humains humain êtres
`

// filterWords are what people type for a filter.
var filterWords = func() map[string]FacetName {
	m := map[string]FacetName{}
	for name, text := range filterText {
		for phrase := range strings.SplitSeq(text, ",") {
			for _, form := range fold.Phrase(withoutStops(phrase)) {
				m[form] = name
			}
		}
	}
	return m
}()

var filterText = map[FacetName]string{
	FacetOpen:      "open now,open,now,ανοιχτά τώρα,ανοιχτό τώρα,ανοιχτά,τώρα,aperto ora,aperto adesso,aperto,adesso,jetzt offen,jetzt geöffnet,geöffnet,jetzt,nu open,nu,ouvert maintenant,ouvert,maintenant",
	FacetAlways:    "24/7,h24,24h,24 hours,day and night,round the clock,όλο το 24ωρο,24ωρο,24 ώρες,μέρα νύχτα,24 ore,giorno e notte,rund um die Uhr,Tag und Nacht,24 Stunden,dag en nacht,24 uur,24 heures,24 heures sur 24,jour et nuit",
	FacetFree:      "free,free of charge,δωρεάν,gratis,gratuito,gratuita,kostenlos,kostenfrei,gratuit,gratuite,gratuitement",
	FacetAnonymous: "anonymous,anonymously,ανώνυμα,ανώνυμη,anonimo,anonimamente,anonym,anoniem,anonyme,anonymement",
}
