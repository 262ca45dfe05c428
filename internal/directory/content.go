package directory

import (
	"errors"
	"fmt"
	"io/fs"
	"net/mail"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // opening hours are checked on machines that ship no zones

	"github.com/BurntSushi/toml"
)

// ContentLanguages are the languages in which every text of the directory and
// every label of the vocabulary is written.
var ContentLanguages = []string{"en", "el", "it", "de", "nl", "fr"}

// Schemes are the lists of the vocabulary.
var Schemes = []string{"help", "target", "form", "setting", "role", "residence", LanguageScheme}

var (
	organizationKinds = []string{
		"ngo", "public", "international", "ministry", "coordination", "rapporteur",
		"police", "prosecution", "immigration", "labour-inspection", "social-security",
	}
	answers      = []Answer{Yes, No, Unknown}
	visibilities = []Visibility{Public, Professional, Hidden}
	groups       = []Group{Support, Coordination, Authority}
	weekdays     = []string{"Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"}
	// authorityKinds are the bodies that may never stand in the support group.
	authorityKinds = []string{"police", "prosecution", "immigration", "labour-inspection", "social-security"}
)

var (
	idShape        = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	e164Shape      = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
	shortShape     = regexp.MustCompile(`^[0-9]{3,6}$`)
	countryShape   = regexp.MustCompile(`^[A-Z]{2}$`)
	territoryShape = regexp.MustCompile(`^[A-Z]{2}(-[A-Z0-9]{1,3})?$`)
	languageShape  = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)
	clockShape     = regexp.MustCompile(`^([0-3][0-9]|4[0-7]):[0-5][0-9]$`)
)

// Problem is one thing wrong with the content files, precise enough to mend it.
type Problem struct {
	File   string // "directory/gr.toml" or "vocabulary"
	Entry  string // permanent ID of the organisation, service, place or concept
	Field  string // the key in the file
	Reason string // what is wrong, in English, for the editor

	Key  string // sentence of what is wrong, in the editor's language
	Args []any  // its name/value arguments: a, b, c in the order of the English reason
}

// String puts the problem on one line.
func (p Problem) String() string {
	return fmt.Sprintf("%s: %s: %s: %s", p.File, p.Entry, p.Field, p.Reason)
}

// LoadContent reads directory/*.toml and vocabulary/*.toml of a content tree.
// An unknown key, a missing folder and every problem that Check finds are
// errors; the error names all problems at once.
func LoadContent(fsys fs.FS) ([]File, Vocabulary, error) {
	files, vocab, err := ReadContent(fsys)
	if err != nil {
		return nil, Vocabulary{}, err
	}
	if problems := Check(files, vocab); len(problems) > 0 {
		lines := make([]error, len(problems))
		for i, p := range problems {
			lines[i] = errors.New(p.String())
		}
		return nil, Vocabulary{}, fmt.Errorf("content has %d problems: %w", len(problems), errors.Join(lines...))
	}
	return files, vocab, nil
}

// ReadVocabulary reads the concepts of a content tree without checking what they
// say.
func ReadVocabulary(fsys fs.FS) (vocab Vocabulary, err error) {
	names, err := tomlFiles(fsys, "vocabulary")
	if err != nil {
		return vocab, err
	}
	for _, name := range names {
		var part Vocabulary
		if err := decodeStrictly(fsys, name, &part); err != nil {
			return Vocabulary{}, err
		}
		vocab.Concepts = append(vocab.Concepts, part.Concepts...)
	}
	return vocab, nil
}

// ReadContent reads the same files as LoadContent without checking what they
// say. Files come in the order of their names.
func ReadContent(fsys fs.FS) ([]File, Vocabulary, error) {
	vocab, err := ReadVocabulary(fsys)
	if err != nil {
		return nil, vocab, err
	}
	names, err := tomlFiles(fsys, "directory")
	if err != nil {
		return nil, Vocabulary{}, err
	}
	files := make([]File, len(names))
	for i, name := range names {
		if err := decodeStrictly(fsys, name, &files[i]); err != nil {
			return nil, Vocabulary{}, err
		}
		for j := range files[i].Organizations {
			files[i].Organizations[j].Country = files[i].Country
			files[i].Organizations[j].Source = files[i].Source
		}
	}
	return files, vocab, nil
}

// tomlFiles lists the files of a folder; a folder without any is an error,
// since a release without its directory would look like an empty country.
func tomlFiles(fsys fs.FS, folder string) ([]string, error) {
	names, err := fs.Glob(fsys, path.Join(folder, "*.toml"))
	if err != nil {
		return nil, fmt.Errorf("content %s: %w", folder, err)
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("content %s: no .toml file: %w", folder, fs.ErrNotExist)
	}
	return names, nil
}

// decodeStrictly refuses keys that the types do not know: a misspelt
// "visibility" would otherwise publish what was meant to stay hidden.
func decodeStrictly(fsys fs.FS, name string, into any) error {
	data, err := fs.ReadFile(fsys, name)
	if err != nil {
		return fmt.Errorf("content %s: %w", name, err)
	}
	meta, err := toml.Decode(string(data), into)
	if err != nil {
		return fmt.Errorf("content %s: %w", name, err)
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return fmt.Errorf("content %s: unknown key %q", name, unknown[0].String())
	}
	return nil
}

// Check says everything that is wrong with the content, empty when all is well.
func Check(files []File, vocab Vocabulary) []Problem {
	c := &checker{seen: map[string]string{}, concepts: map[string]string{}, organizations: map[string]bool{}}
	c.vocabulary(vocab)
	for _, f := range files {
		for _, o := range f.Organizations {
			c.organizations[o.ID] = true
		}
	}
	for _, f := range files {
		c.country(f)
	}
	return c.problems
}

// checker collects problems; file and entry say where it stands.
type checker struct {
	file, entry   string
	problems      []Problem
	seen          map[string]string // ID to where it was used first
	concepts      map[string]string // concept ID to its scheme
	organizations map[string]bool
	open          bool // texts may lack languages
}

// identifier takes an ID as permanent: well shaped and used only once in all files.
func (c *checker) identifier(id string) {
	if !idShape.MatchString(id) {
		c.fail("id", notIdentifier, id)
	}
	if first, twice := c.seen[id]; twice {
		c.fail("id", usedTwice, id, first)
		return
	}
	c.seen[id] = c.file
}

func (c *checker) vocabulary(vocab Vocabulary) {
	c.file = "vocabulary"
	for _, concept := range vocab.Concepts {
		c.concept(concept)
	}
	for _, concept := range vocab.Concepts {
		c.broader(concept)
	}
}

func (c *checker) concept(concept Concept) {
	c.entry = concept.ID
	if !idShape.MatchString(concept.ID) {
		c.fail("id", notIdentifier, concept.ID)
	}
	if scheme, twice := c.concepts[concept.ID]; twice {
		c.fail("id", usedInScheme, scheme)
	}
	c.concepts[concept.ID] = concept.Scheme
	if !slices.Contains(Schemes, concept.Scheme) {
		c.failInFile("scheme", "%q is not one of %s", concept.Scheme, strings.Join(Schemes, ", "))
	}
	switch language := LanguageOf(concept.ID); {
	case concept.Scheme != LanguageScheme:
		c.whole("label", concept.Labels, true)
	case language == "":
		c.fail("id", notLanguage, concept.ID)
	default: // what has no label has its name by CLDR
		c.spoken("label", concept.Labels)
	}
	c.synonyms(concept.Synonyms)
}

func (c *checker) broader(concept Concept) {
	c.entry = concept.ID
	if concept.Broader != "" && (c.concepts[concept.Broader] != concept.Scheme || concept.Broader == concept.ID) {
		c.fail("broader", noBroader, concept.Broader, concept.Scheme)
	}
}

func (c *checker) synonyms(synonyms map[string][]string) {
	for lang, words := range synonyms {
		if !languageShape.MatchString(lang) {
			c.fail("synonyms", notLanguage, lang)
		}
		for i, word := range words {
			if strings.TrimSpace(word) != word || word == "" {
				c.fail("synonyms."+lang, emptySynonym, word)
			}
			if slices.Contains(words[:i], word) {
				c.fail("synonyms."+lang, standsTwice, word)
			}
		}
	}
}

// whole demands all six languages or none; required texts may not be missing.
func (c *checker) whole(field string, text Text, required bool) {
	if len(text) == 0 {
		if required {
			c.fail(field, isMissing)
		}
		return
	}
	some := false
	for _, lang := range ContentLanguages {
		switch {
		case strings.TrimSpace(text[lang]) != "":
			some = true
		case !c.open:
			c.fail(field+"."+lang, isMissing)
		}
	}
	if c.open && required && !some {
		c.fail(field, isMissing)
	}
	c.spoken(field, text)
}

// spoken refuses texts in other languages than those of the directory.
func (c *checker) spoken(field string, text Text) {
	for lang := range text {
		if !slices.Contains(ContentLanguages, lang) {
			c.fail(field+"."+lang, foreignText)
		}
	}
}

func (c *checker) country(f File) {
	c.file = "directory/" + strings.ToLower(f.Country) + ".toml"
	c.entry = f.Country
	if !countryShape.MatchString(f.Country) {
		c.failInFile("country", "%q is not an ISO 3166-1 code", f.Country)
	}
	if f.Source.ID == "" || f.Source.Title == "" || f.Source.Date == "" {
		c.failInFile("source", "needs id, title and date")
	}
	for _, o := range f.Organizations {
		c.organization(f.Country, o)
	}
}

func (c *checker) organization(country string, o Organization) {
	c.body(country, o)
	if len(o.Services) == 0 {
		c.failInFile("service", "an organisation without a service cannot be found")
	}
	for _, s := range o.Services {
		c.service(country, o, s)
	}
}

// body is the organisation itself, without its services.
func (c *checker) body(country string, o Organization) {
	c.entry = o.ID
	c.identifier(o.ID)
	if prefix := strings.ToLower(country) + "-"; !strings.HasPrefix(o.ID, prefix) {
		c.fail("id", wrongPrefix, prefix)
	}
	if strings.TrimSpace(o.Name) == "" {
		c.fail("name", isMissing)
	}
	if !slices.Contains(organizationKinds, o.Kind) {
		c.failInFile("kind", "%q is not one of %s", o.Kind, strings.Join(organizationKinds, ", "))
	}
	if !slices.Contains(groups, o.Group) {
		c.failInFile("group", "%q is not support, coordination or authority", o.Group)
	}
	// req: CONTENT-1
	if slices.Contains(authorityKinds, o.Kind) != (o.Group == Authority) {
		c.fail("group", kindAndGroup, o.Kind, o.Group)
	}
	if o.Parent != "" && (!c.organizations[o.Parent] || o.Parent == o.ID) {
		c.fail("parent", noParent, o.Parent)
	}
	c.whole("names", o.Names, false)
	c.whole("summary", o.Summary, true)
	c.links(o.Website)
	c.findings(o.Findings)
	c.date("verified", o.Verified)
	c.hide(KindOrganization, o.Hide)
}

func (c *checker) service(country string, o Organization, s Service) {
	c.entry = s.ID
	c.identifier(s.ID)
	if prefix := strings.ToLower(country) + "-"; !strings.HasPrefix(s.ID, prefix) {
		c.fail("id", wrongPrefix, prefix)
	}
	if strings.TrimSpace(s.Name) == "" {
		c.fail("name", isMissing)
	}
	c.whole("names", s.Names, false)
	c.whole("summary", s.Summary, true)
	c.whole("what", s.What, false)
	c.whole("when_you_call", s.WhenYouCall, false)
	c.whole("free_note", s.FreeNote, false)
	c.whole("must_inform", s.MustInform, false)
	c.known("roles", "role", s.Roles, true)
	c.known("helps", "help", s.Helps, true)
	c.known("for", "target", s.For, false)
	c.known("forms", "form", s.Forms, false)
	c.known("settings", "setting", s.Settings, false)
	c.answer("free", s.Free)
	c.answer("anonymous", s.Anonymous)
	c.answer("direct_referral", s.DirectReferral)
	c.answer("without_papers", s.Residence)
	c.intake(o, s)
	c.languages(s)
	c.area(country, s.Area)
	c.hours("hours", s.Hours)
	c.contacts(s.Phones, s.Emails, false)
	c.links(s.Website)
	c.findings(s.Findings)
	c.date("verified", s.Verified)
	c.hide(KindService, s.Hide)
	if s.Helpline && o.Group != Support {
		c.fail("national_helpline", helplineOfOthers)
	}
	for _, p := range s.Places {
		c.place(s, p)
	}
}

// known demands concepts of one scheme, each once.
func (c *checker) known(field, scheme string, ids []string, required bool) {
	if required && len(ids) == 0 {
		c.fail(field, isMissing)
	}
	for i, id := range ids {
		if c.concepts[id] != scheme {
			c.fail(field, noConcept, id, scheme)
		}
		if slices.Contains(ids[:i], id) {
			c.fail(field, standsTwice, id)
		}
	}
}

// intake demands known ways, each once, and a published mailbox for a link.
//
// req: GUEST-9
func (c *checker) intake(o Organization, s Service) {
	for i, way := range s.Intake {
		switch {
		case !slices.Contains(Intakes, way):
			c.failInFile("intake", "%q is not link, form or call", way)
		case slices.Contains(s.Intake[:i], way):
			c.fail("intake", standsTwice, way)
		case way == "link" && s.Mailbox() == "":
			c.fail("intake", linkWithoutMailbox)
		}
	}
	if len(s.Intake) > 0 && o.Group == Authority {
		c.fail("intake", intakeOfAuthority)
	}
}

func (c *checker) answer(field string, a Answer) {
	if !slices.Contains(answers, a) {
		c.failInFile(field, "%q is not yes, no or empty", a)
	}
}

func (c *checker) languages(s Service) {
	for _, l := range s.Languages {
		if !languageShape.MatchString(l.Code) {
			c.fail("language", notLanguage, l.Code)
		}
		if l.By != "" && l.By != "interpreter" {
			c.failInFile("language", "by %q is not empty or interpreter", l.By)
		}
	}
	if s.Interpreted < 0 {
		c.fail("interpreted", isNegative)
	}
}

func (c *checker) area(country string, area []string) {
	if len(area) == 0 {
		c.fail("area", isMissing)
	}
	for i, code := range area {
		if !territoryShape.MatchString(code) {
			c.fail("area", notATerritory, code)
		}
		if slices.Contains(area[:i], code) {
			c.fail("area", standsTwice, code)
		}
	}
	if !slices.ContainsFunc(area, func(code string) bool { return code == country || strings.HasPrefix(code, country+"-") }) {
		c.fail("area", areaElsewhere, country)
	}
}

// place also holds the rule of hidden places: a shelter's street, postal code
// and own contact points are never public.
func (c *checker) place(s Service, p Place) {
	c.entry = p.ID
	c.identifier(p.ID)
	if strings.TrimSpace(p.Town) == "" {
		c.fail("town", isMissing)
	}
	c.whole("names", p.Names, false)
	c.whole("towns", p.Towns, false)
	if !territoryShape.MatchString(p.Territory) {
		c.fail("territory", notARegion, p.Territory)
	}
	if p.Lat < -90 || p.Lat > 90 || p.Lon < -180 || p.Lon > 180 || (p.Lat == 0 && p.Lon == 0) {
		c.fail("lat", noPosition, p.Lat, p.Lon)
	}
	c.visibility("address_visibility", p.Address)
	// req: CONTENT-2
	if slices.Contains(s.Roles, "shelter") && p.Address != Hidden {
		c.fail("address_visibility", shelterShown)
	}
	c.contacts(p.Phones, p.Emails, p.Address == Hidden)
	c.hours("hours", p.Hours)
	c.hide(KindPlace, p.Hide)
}

// hide demands fields that can be hidden: a misspelt one would publish what was
// meant to stay inside.
func (c *checker) hide(kind Kind, hide Hide) {
	for field, v := range hide {
		if !slices.Contains(Hideable[kind], field) {
			c.fail("hide", notHideable, field)
		}
		c.visibility("hide", v)
	}
}

func (c *checker) visibility(field string, v Visibility) {
	if !slices.Contains(visibilities, v) {
		c.failInFile(field, "%q is not empty, professional or hidden", v)
	}
}

// contacts checks phones and mailboxes; those of a hidden place must be hidden.
func (c *checker) contacts(phones []Phone, emails []Email, hidden bool) {
	for _, p := range phones {
		c.phone(p)
		if hidden && p.Visibility != Hidden {
			c.fail("phone", phoneShown, p.Number, p.Short)
		}
	}
	for _, e := range emails {
		if a, err := mail.ParseAddress(e.Address); err != nil || a.Address != e.Address {
			c.fail("email", notMail, e.Address)
		}
		if e.Use != "" && e.Use != "helpdesk" {
			c.failInFile("email", "use %q is not empty or helpdesk", e.Use)
		}
		c.visibility("email", e.Visibility)
		if hidden && e.Visibility != Hidden {
			c.fail("email", contactShown, e.Address)
		}
	}
}

func (c *checker) phone(p Phone) {
	switch {
	case (p.Number == "") == (p.Short == ""):
		c.fail("phone", noNumber)
	case p.Number != "" && !e164Shape.MatchString(p.Number):
		c.fail("phone", notE164, p.Number)
	case p.Short != "" && !shortShape.MatchString(p.Short):
		c.fail("phone", notShort, p.Short)
	}
	if p.Printed == "" {
		c.fail("phone", notPrinted, p.Number, p.Short)
	}
	if !slices.Contains([]string{"", "fax", "mobile"}, p.Kind) {
		c.failInFile("phone", "kind %q is not empty, fax or mobile", p.Kind)
	}
	if !slices.Contains([]string{"", "abroad", "professionals"}, p.Use) {
		c.failInFile("phone", "use %q is not empty, abroad or professionals", p.Use)
	}
	c.answer("phone.free", p.Free)
	c.whole("phone.note", p.Note, false)
	c.visibility("phone", p.Visibility)
}

func (c *checker) links(links []Link) {
	for _, l := range links {
		u, err := url.Parse(l.URL)
		if err != nil || (u.Scheme != "https" && u.Scheme != "http") || !strings.Contains(u.Host, ".") || strings.ContainsAny(l.URL, " \t\n\"<>") {
			c.fail("website", notLink, l.URL)
		}
		c.whole("website.title", l.Title, false)
		c.visibility("website", l.Visibility)
	}
}

func (c *checker) findings(findings []Finding) {
	for _, f := range findings {
		if !idShape.MatchString(f.Kind) || f.Field == "" || f.Detail == "" {
			c.failInFile("finding", "%q needs kind, field and detail", f.Kind)
		}
	}
}

func (c *checker) date(field, value string) {
	if _, err := time.Parse(time.DateOnly, value); value != "" && err != nil {
		c.fail(field, notDate, value)
	}
}

func (c *checker) hours(field string, h Hours) {
	known := h.Always || len(h.Open) > 0 || len(h.Except) > 0
	if known && h.Zone == "" {
		c.fail(field, zoneMissing)
	}
	// "Local" would silently be the zone of the machine that runs the program.
	if _, err := time.LoadLocation(h.Zone); err != nil || h.Zone == "Local" {
		c.fail(field, notZone, h.Zone)
	}
	if h.Always && len(h.Open) > 0 {
		c.fail(field, alwaysAndOpenings)
	}
	for _, o := range h.Open {
		if _, err := Weekdays(o.Days); err != nil {
			c.failInFile(field, "%v", err)
		}
		c.span(field, o.From, o.To)
	}
	if !slices.Contains([]string{"", "open", "closed"}, h.Holidays) {
		c.failInFile(field, "holidays %q is not empty, open or closed", h.Holidays)
	}
	for _, e := range h.Except {
		c.date(field, e.Date)
		if e.Date == "" {
			c.fail(field, dateMissing)
		}
		if e.From != "" || e.To != "" {
			c.span(field, e.From, e.To)
		}
	}
	c.whole(field+".note", h.Note, false)
}

// span demands two clock times in order; "26:00" is two in the morning after.
func (c *checker) span(field, from, to string) {
	if !clockShape.MatchString(from) || !clockShape.MatchString(to) || from >= to || from >= "24:00" {
		c.fail(field, notSpan, from, to)
	}
}

// Weekdays reads "Mo,We,Fr", "Mo-Fr" or a mix, as a week that starts on Sunday
// like time.Weekday. A range may pass the end of the week ("Fr-Mo").
func Weekdays(days string) ([7]bool, error) {
	var week [7]bool
	for part := range strings.SplitSeq(days, ",") {
		first, last, isRange := strings.Cut(part, "-")
		if !isRange {
			last = first
		}
		from, to := slices.Index(weekdays, first), slices.Index(weekdays, last)
		if from < 0 || to < 0 {
			return week, fmt.Errorf("%q is not a list of weekdays like \"Mo,We-Fr\"", days)
		}
		for i := from; ; i = (i + 1) % 7 {
			week[(i+1)%7] = true // weekdays starts on Monday, time.Weekday on Sunday
			if i == to {
				break
			}
		}
	}
	return week, nil
}
