package transfer

import (
	"cmp"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"amelie/internal/directory"
	"amelie/internal/fold"
	"amelie/internal/geo"
	"amelie/internal/phone"
)

// mapper turns records of HSDS into rows of ours. What the specification has
// no field for stands in attributes, ours by the published profile.
type mapper struct {
	o       Options
	words   map[string]string    // folded label or synonym to "scheme/concept"
	terms   map[string]string    // HSDS identifier of our own terms to "scheme/concept"
	unknown map[string]*Unknown  // folded term to how often
	parents map[string]*hsdsBody // what is known of an organisation by its external identifier
	emit    func(Incoming) error
}

// hsdsBody is what the services of an organisation need of it.
type hsdsBody struct {
	own     string // our identifier, when the file carries it
	country string
	kind    string
	group   string
	sent    bool
}

func newMapper(o Options, vocab directory.Vocabulary, emit func(Incoming) error) *mapper {
	m := &mapper{o: o, words: map[string]string{}, terms: map[string]string{}, unknown: map[string]*Unknown{}, parents: map[string]*hsdsBody{}, emit: emit}
	for _, c := range vocab.Concepts {
		m.terms[directory.HSDSID("term", c.Scheme, c.ID)] = c.Scheme + "/" + c.ID
	}
	eachWord(vocab, func(word string, c directory.Concept) { m.learn(word, c.Scheme+"/"+c.ID) })
	for term, name := range o.Terms {
		m.words[folded(term)] = name
	}
	return m
}

// eachWord tells every word of the vocabulary with the concept that it means,
// a concept's identifier first, always in the same order.
func eachWord(vocab directory.Vocabulary, learn func(word string, c directory.Concept)) {
	for _, c := range vocab.Concepts {
		learn(strings.ReplaceAll(c.ID, "-", " "), c)
		for _, l := range slices.Sorted(maps.Keys(c.Labels)) {
			learn(c.Labels[l], c)
		}
		for _, l := range slices.Sorted(maps.Keys(c.Synonyms)) {
			for _, w := range c.Synonyms[l] {
				learn(w, c)
			}
		}
	}
}

func (m *mapper) learn(word, name string) {
	if key := folded(word); key != "" && m.words[key] == "" {
		m.words[key] = name
	}
}

func folded(s string) string { return strings.Join(fold.Tokens(s), " ") }

// record maps one record of a file.
func (m *mapper) record(raw json.RawMessage, line int64) error {
	var r record
	if err := json.Unmarshal(raw, &r); err != nil {
		return wrongLine(line, "transfer.error.not-hsds")
	}
	isService := r.OrganizationID != "" || r.Organization != nil || len(r.AtLocations) > 0 || r.Status != ""
	if !isService {
		var o hsdsOrganization
		if err := json.Unmarshal(raw, &o); err != nil {
			return wrongLine(line, "transfer.error.not-hsds")
		}
		return m.organization(o, line)
	}
	var s hsdsService
	if err := json.Unmarshal(raw, &s); err != nil {
		return wrongLine(line, "transfer.error.not-hsds")
	}
	if s.Organization != nil && s.OrganizationID == "" {
		s.OrganizationID = s.Organization.ID
	}
	if s.Organization != nil {
		o := *s.Organization
		o.Services = nil
		if m.parents[string(o.ID)] == nil {
			m.parents[string(o.ID)] = &hsdsBody{country: cmp.Or(m.countryOf(o), m.countryOfService(s))}
		}
		if err := m.organization(o, line); err != nil {
			return err
		}
	}
	return m.service(s, nil, line)
}

func (m *mapper) organization(o hsdsOrganization, line int64) error {
	body := m.parents[string(o.ID)]
	if body == nil {
		body = &hsdsBody{}
		m.parents[string(o.ID)] = body
	}
	facts := m.facts(o.Attributes)
	body.own, body.kind, body.group = cmp.Or(body.own, facts.own["identifier"]), cmp.Or(body.kind, facts.own["kind"]), cmp.Or(body.group, facts.own["group"])
	body.country = cmp.Or(body.country, m.countryOf(o))
	if !body.sent {
		body.sent = true
		if err := m.emit(m.organizationRow(o, body, facts, line)); err != nil {
			return err
		}
	}
	for _, s := range o.Services {
		if s.ID == "" || s.Name == "" || s.Description == "" && len(s.Attributes) == 0 && len(s.Phones) == 0 && len(s.AtLocations) == 0 && len(s.Areas) == 0 {
			continue // a mere mention; the service stands elsewhere
		}
		s.OrganizationID = o.ID
		if err := m.service(s, &o, line); err != nil {
			return err
		}
	}
	return nil
}

func (m *mapper) organizationRow(o hsdsOrganization, body *hsdsBody, facts factsOf, line int64) Incoming {
	in := Incoming{Kind: directory.KindOrganization, ID: body.own, External: string(o.ID), Parent: body.country, Line: line, Partial: map[string]any{}}
	put(in.Partial, "Name", string(o.Name))
	putText(in.Partial, "Summary", plain(string(o.Description)), facts.texts["description"])
	putTexts(in.Partial, "Names", facts.texts["name"])
	put(in.Partial, "Kind", body.kind)
	put(in.Partial, "Group", body.group)
	in.Parent = cmp.Or(in.Parent, m.o.Country)
	var links []any
	for _, u := range append([]hsdsURL{{URL: o.Website}}, o.Websites...) {
		if l := link(u); l != nil {
			links = append(links, l)
		}
	}
	putList(in.Partial, "Website", links)
	in.bodied(m.o, string(o.Name), body.kind, body.group)
	source := in.Default["Source"].(map[string]any)
	source["Title"], source["Date"] = cmp.Or(facts.own["source"], m.o.System, "import"), facts.own["source-date"]
	return in
}

// bodied gives the row of an organisation what a new one of its kind has, and
// complains about one that looks like an authority and does not say its group.
func (in *Incoming) bodied(o Options, name, kind, group string) {
	kind = cmp.Or(kind, o.Kind, "ngo")
	if group == "" && groupOfKind(kind) != string(directory.Authority) && looksLikeAuthority(name) {
		in.Wrong = append(in.Wrong, Complaint{Field: "group", Key: "transfer.wrong.authority", Args: []any{"name", name}, Text: "looks like police, prosecution, immigration or inspection: such a body is never a support service"})
	}
	from := cmp.Or(o.System, "import")
	in.Default = map[string]any{"Kind": kind, "Group": cmp.Or(group, groupOfKind(kind)), "Source": map[string]any{"ID": from, "Title": from}}
}

// groupOfKind is the group that a kind of body has in this directory.
func groupOfKind(kind string) string {
	switch kind {
	case "police", "prosecution", "immigration", "labour-inspection", "social-security":
		return string(directory.Authority)
	case "ministry", "coordination", "rapporteur":
		return string(directory.Coordination)
	}
	return string(directory.Support)
}

// authorityWords begin the names of bodies that decide or prosecute, folded,
// in the languages of the directory.
var authorityWords = regexp.MustCompile(`(^| )(police|polizei|polizia|politie|polis|αστυνομ|prosecut|staatsanwalt|procura |procureur|parquet|openbaar ministerie|εισαγγελ|immigration office|auslaender|fremdenamt|questura|gendarm|carabinieri)`)

// looksLikeAuthority says whether a name is one of a body that must not be
// taken for a support service.
//
// req: TRANSFER-2
func looksLikeAuthority(name string) bool { return authorityWords.MatchString(folded(name)) }

func (m *mapper) countryOf(o hsdsOrganization) string {
	for _, l := range o.Locations {
		for _, a := range l.Addresses {
			if c := countryCode(string(a.Country)); c != "" {
				return c
			}
		}
	}
	for _, s := range o.Services {
		if c := m.countryOfService(s); c != "" {
			return c
		}
	}
	return ""
}

func (m *mapper) countryOfService(s hsdsService) string {
	for _, a := range s.Areas {
		if t, ok := geo.Lookup(string(a.Extent)); ok {
			return geo.Country(t.Code)
		}
	}
	for _, at := range s.AtLocations {
		if at.Location != nil {
			for _, a := range at.Location.Addresses {
				if c := countryCode(string(a.Country)); c != "" {
					return c
				}
			}
		}
	}
	return ""
}

// countryCode reads a country's code or name.
func countryCode(s string) string {
	s = strings.TrimSpace(s)
	if len(s) == 2 {
		return strings.ToUpper(s)
	}
	for _, code := range geo.TerritoriesNamed(fold.Tokens(s)...) {
		if len(code) == 2 {
			return code
		}
	}
	return ""
}

func (m *mapper) service(s hsdsService, o *hsdsOrganization, line int64) error {
	if s.Status == "inactive" || s.Status == "defunct" || s.Status == "temporarily closed" {
		return nil // not offered now
	}
	body := m.parents[string(s.OrganizationID)]
	if body == nil {
		body = &hsdsBody{}
		m.parents[string(s.OrganizationID)] = body
	}
	facts := m.facts(s.Attributes)
	country := cmp.Or(m.countryOfService(s), body.country, m.o.Country)
	in := Incoming{Kind: directory.KindService, ID: facts.own["identifier"], External: string(s.ID), Parent: body.own, ParentExt: string(s.OrganizationID), Line: line, Partial: map[string]any{}, Default: map[string]any{}}
	put(in.Partial, "Name", string(s.Name))
	putTexts(in.Partial, "Names", facts.texts["name"])
	summary, more := splitText(plain(string(s.Description)))
	if ours := facts.texts["description"]["en"]; ours != nil {
		summary = "" // the profile carries both parts apart
		more = ""
	}
	putText(in.Partial, "Summary", summary, facts.texts["description"])
	putText(in.Partial, "What", more, facts.texts["description-more"])
	putText(in.Partial, "WhenYouCall", plain(string(s.Application)), facts.texts["application_process"])
	putText(in.Partial, "MustInform", facts.own["must-inform"], facts.texts["must-inform"])
	for field, code := range map[string]string{"Anonymous": "anonymous", "DirectReferral": "direct-referral", "Residence": "without-papers", "Free": "free"} {
		put(in.Partial, field, facts.own[code])
	}
	m.concepts(&in, facts, s)
	m.spoken(&in, s, facts)
	if area := m.area(s, country); len(area) > 0 {
		in.Partial["Area"] = anyStrings(area)
	} else if country != "" {
		in.Default["Area"] = []any{country}
	}
	in.Default["Summary"] = map[string]any{"en": cmp.Or(summary, string(s.Name))}
	putList(in.Partial, "Phones", m.phones(s.Phones, country))
	emails := mails(s.Contacts, s.Email)
	if len(emails) == 0 && o != nil {
		emails = mails(o.Contacts, o.Email)
	}
	putList(in.Partial, "Emails", emails)
	if len(s.Phones) == 0 && o != nil {
		putList(in.Partial, "Phones", m.phones(o.Phones, country))
	}
	var links []any
	for _, u := range append([]hsdsURL{{URL: s.URL}}, s.URLs...) {
		if l := link(u); l != nil {
			links = append(links, l)
		}
	}
	putList(in.Partial, "Website", links)
	if h := hours(s.Schedules, country, facts); h != nil {
		in.Partial["Hours"] = h
	}
	if facts.own["national-helpline"] == "yes" {
		in.Partial["Helpline"] = true
	}
	if list := facts.every["intake"]; len(list) > 0 {
		in.Partial["intake"] = anyStrings(list)
	}
	if d, err := time.Parse(time.DateOnly, string(s.AssuredDate)); err == nil {
		in.Partial["Verified"] = d.Format(time.DateOnly)
	}
	if err := m.emit(in); err != nil {
		return err
	}
	shelter := isShelter(in.Partial) || isShelter(in.Default)
	for _, at := range s.AtLocations {
		if at.Location == nil && o != nil {
			if i := slices.IndexFunc(o.Locations, func(l hsdsLocation) bool { return l.ID == at.LocationID }); i >= 0 {
				at.Location = &o.Locations[i]
			}
		}
		if at.Location == nil {
			continue
		}
		if err := m.place(s, at, in, country, shelter, line); err != nil {
			return err
		}
	}
	return nil
}

// isShelter says whether a service is a place whose address protects people.
func isShelter(partial map[string]any) bool {
	has := func(field string, words ...string) bool {
		list, _ := partial[field].([]any)
		return slices.ContainsFunc(list, func(v any) bool { return slices.Contains(words, v.(string)) })
	}
	return has("Roles", "shelter", "children-home") || has("Helps", "accommodation", "emergency-help") && !has("Roles", "national-coordination")
}

// place maps a location of a service. The address of a shelter starts hidden,
// whatever the other directory publishes, until its owner confirms.
//
// req: TRANSFER-1
func (m *mapper) place(s hsdsService, at hsdsAtLocation, of Incoming, country string, shelter bool, line int64) error {
	l := at.Location
	if l.Type != "" && l.Type != "physical" {
		return nil
	}
	in := Incoming{Kind: directory.KindPlace, External: string(s.ID) + "/" + string(l.ID), Parent: of.ID, ParentExt: of.External, Line: line, Partial: map[string]any{}}
	lat, ok1 := l.Latitude.float()
	lon, ok2 := l.Longitude.float()
	known := ok1 && ok2 && geo.ValidPosition(lat, lon) && (lat != 0 || lon != 0)
	if len(l.Addresses) > 0 {
		a := l.Addresses[0]
		put(in.Partial, "Street", strings.TrimSpace(strings.Trim(string(a.Address1)+", "+string(a.Address2), ", ")))
		put(in.Partial, "PostalCode", string(a.PostalCode))
		put(in.Partial, "Town", string(a.City))
		country = cmp.Or(countryCode(string(a.Country)), country)
	}
	in.Default = map[string]any{"Town": "", "Territory": country}
	town, _ := in.Partial["Town"].(string)
	var near geo.Place
	found := false
	if known {
		near, found = geo.Nearest(lat, lon)
	}
	if list := geo.Find(town, country); !found && town != "" && len(list) > 0 {
		near, found = list[0], true
	}
	if found {
		in.Partial["Territory"] = near.Territory
		if town == "" {
			in.Partial["Town"] = near.Name
		}
		in.Default["Lat"], in.Default["Lon"] = near.Lat, near.Lon // a hidden place stands at its town's own position
	}
	if known && !shelter {
		in.Partial["Lat"], in.Partial["Lon"] = lat, lon
	}
	if name := string(l.Name); name != town && !(found && name == near.Name) {
		put(in.Partial, "Name", name)
	}
	phones, emails := m.phones(append(slices.Clone(at.Phones), l.Phones...), country), mails(append(slices.Clone(at.Contacts), l.Contacts...), "")
	if shelter {
		in.Default["Address"] = string(directory.Hidden)
		for _, list := range [][]any{phones, emails} {
			for _, v := range list {
				v.(map[string]any)["Visibility"] = string(directory.Hidden)
			}
		}
	}
	putList(in.Partial, "Phones", phones)
	putList(in.Partial, "Emails", emails)
	if h := hours(append(slices.Clone(at.Schedules), l.Schedules...), country, factsOf{}); h != nil {
		in.Partial["Hours"] = h
	}
	return m.emit(in)
}

// factsOf is what the attributes of a record say.
type factsOf struct {
	own      map[string]string         // by the code of our profile
	every    map[string][]string       // of the profile facts that may stand several times
	texts    map[string]map[string]any // by field, then language
	concepts []string                  // "scheme/concept"
}

func (m *mapper) facts(list []hsdsAttribute) factsOf {
	f := factsOf{own: map[string]string{}, every: map[string][]string{}, texts: map[string]map[string]any{}}
	for _, a := range list {
		if name := m.terms[string(a.TermID)]; name != "" {
			f.concepts = append(f.concepts, name)
			continue
		}
		switch code := m.profile(a); code {
		case "":
			m.foreign(&f, a)
		case "translation":
			field := string(a.LinkType)
			if f.texts[field] == nil {
				f.texts[field] = map[string]any{}
			}
			f.texts[field][string(a.Label)] = string(a.Value)
		default:
			f.own[code] = string(a.Value)
			f.every[code] = append(f.every[code], string(a.Value))
		}
	}
	return f
}

// profile is the code of a fact of our own profile, "" for another's term.
func (m *mapper) profile(a hsdsAttribute) string {
	for _, code := range []string{"translation", string(a.LinkType)} {
		if code != "" && directory.HSDSID("term", "profile", code) == string(a.TermID) {
			return code
		}
	}
	return ""
}

// foreign understands a term of another directory by its words, in any of our
// languages, or notes it as unknown.
func (m *mapper) foreign(f *factsOf, a hsdsAttribute) {
	if a.Term == nil || a.Term.Name == "" {
		return
	}
	key := folded(string(a.Term.Name))
	name, known := m.words[key]
	switch {
	case name != "":
		f.concepts = append(f.concepts, name)
	case !known && key != "":
		if m.unknown[key] == nil {
			m.unknown[key] = &Unknown{Term: string(a.Term.Name)}
		}
		m.unknown[key].Count++
	}
}

// fieldOf is the field of a service that holds the concepts of a scheme.
var fieldOf = map[string]string{"help": "Helps", "target": "For", "form": "Forms", "setting": "Settings", "role": "Roles"}

// concepts files what a service offers and to whom.
func (m *mapper) concepts(in *Incoming, f factsOf, s hsdsService) {
	lists := map[string][]any{}
	add := func(name string) {
		scheme, concept, _ := strings.Cut(name, "/")
		if field := fieldOf[scheme]; field != "" && concept != "" && !slices.Contains(lists[field], any(concept)) {
			lists[field] = append(lists[field], concept)
		}
	}
	for _, name := range f.concepts {
		add(name)
	}
	if len(lists["Helps"]) == 0 { // what the name itself says
		if name := m.words[folded(string(s.Name))]; strings.HasPrefix(name, "help/") {
			add(name)
		}
	}
	if m.o.Help != "" {
		in.Default["Helps"] = []any{m.o.Help}
	}
	if m.o.Role != "" {
		in.Default["Roles"] = []any{m.o.Role}
	}
	for field, list := range lists {
		putList(in.Partial, field, list)
	}
}

func (m *mapper) spoken(in *Incoming, s hsdsService, f factsOf) {
	var list []any
	for _, l := range s.Languages {
		code := strings.ToLower(string(l.Code))
		if code == "" || len(code) > 12 {
			continue
		}
		if two, ok := twoLetters[code]; ok {
			code = two
		}
		by := ""
		if strings.Contains(strings.ToLower(string(l.Note)), "interpret") {
			by = "interpreter"
		}
		list = append(list, map[string]any{"Code": code, "By": by})
	}
	putList(in.Partial, "Languages", list)
	if n, ok := word(f.own["interpreted-languages"]).float(); ok {
		in.Partial["Interpreted"] = int(n)
	}
	if f.own["any-language"] == "yes" {
		in.Partial["AnyLanguage"] = true
	}
}

// twoLetters are ISO 639-2 and 639-3 codes of the languages asked for most,
// which HSDS allows beside the two-letter ones.
var twoLetters = map[string]string{"eng": "en", "ell": "el", "gre": "el", "ita": "it", "deu": "de", "ger": "de", "nld": "nl", "dut": "nl", "fra": "fr", "fre": "fr",
	"spa": "es", "por": "pt", "ron": "ro", "rum": "ro", "bul": "bg", "hun": "hu", "pol": "pl", "ukr": "uk", "rus": "ru", "sqi": "sq", "alb": "sq", "ara": "ar",
	"zho": "zh", "chi": "zh", "tur": "tr", "urd": "ur", "fas": "fa", "per": "fa", "vie": "vi", "som": "so", "tir": "ti", "amh": "am", "hin": "hi", "ben": "bn", "pan": "pa"}

// area is the territories of a service as far as we know them.
func (m *mapper) area(s hsdsService, country string) []string {
	var out []string
	add := func(code string) {
		if !slices.Contains(out, code) {
			out = append(out, code)
		}
	}
	for _, a := range s.Areas {
		if code := strings.ToUpper(string(a.Extent)); isoShape.MatchString(code) {
			add(code)
			continue
		}
		for _, code := range geo.TerritoriesNamed(fold.Tokens(string(a.Name))...) {
			if geo.Country(code) == country || country == "" {
				add(code)
				break
			}
		}
	}
	return out
}

var isoShape = regexp.MustCompile(`^[A-Z]{2}(-[A-Z0-9]{1,3})?$`)

// phones are numbers as they are dialled; what is no number is left out, since
// a wrong number is worse than none.
func (m *mapper) phones(list []hsdsPhone, country string) []any {
	var out []any
	seen := map[string]bool{}
	for _, p := range list {
		one := printedPhone(strings.Trim(string(p.Number), `" `), country)
		if one == nil || seen[one["Number"].(string)+one["Short"].(string)] {
			continue
		}
		seen[one["Number"].(string)+one["Short"].(string)] = true
		switch strings.ToLower(string(p.Type)) {
		case "fax":
			one["Kind"] = "fax"
		case "cell", "mobile", "sms":
			one["Kind"] = "mobile"
		}
		words := string(p.Description)
		if strings.HasPrefix(words, "From other countries.") {
			one["Use"], words = "abroad", strings.TrimPrefix(words, "From other countries.")
		}
		if strings.HasPrefix(words, "For professionals.") {
			one["Use"], words = "professionals", strings.TrimPrefix(words, "For professionals.")
		}
		if strings.Contains(words, "Free of charge.") {
			one["Free"], words = "yes", strings.Replace(words, "Free of charge.", "", 1)
		}
		if words = strings.TrimSpace(words); words != "" && !strings.HasPrefix(words, "Within the country:") {
			one["Note"] = map[string]any{"en": words}
		}
		out = append(out, one)
	}
	return out
}

// printedPhone reads a printed number of a country; nil when it is none.
func printedPhone(printed, country string) map[string]any {
	out := map[string]any{"Number": "", "Short": "", "Printed": printed}
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, printed)
	if len(digits) >= 3 && len(digits) <= 6 && !strings.HasPrefix(printed, "+") {
		out["Short"] = digits
		return out
	}
	n, err := phone.Parse(printed, country)
	if err != nil || !n.Possible() {
		return nil
	}
	out["Number"] = n.E164()
	return out
}

func mails(contacts []hsdsContact, one word) []any {
	var out []any
	seen := map[string]bool{}
	add := func(address, use string) {
		if address = strings.TrimSpace(address); address != "" && !seen[address] && mailShape.MatchString(address) {
			seen[address] = true
			out = append(out, map[string]any{"Address": address, "Use": use})
		}
	}
	for _, c := range contacts {
		use := ""
		if c.Department == "helpdesk" {
			use = "helpdesk"
		}
		add(string(c.Email), use)
	}
	add(string(one), "")
	return out
}

var mailShape = regexp.MustCompile(`^[^\s@<>"]+@[^\s@<>"]+\.[^\s@<>"]+$`)

func link(u hsdsURL) map[string]any {
	address := strings.TrimSpace(string(u.URL))
	if address == "" {
		return nil
	}
	if !strings.Contains(address, "://") {
		address = "https://" + address
	}
	if !strings.HasPrefix(address, "https://") && !strings.HasPrefix(address, "http://") || strings.ContainsAny(address, " \t\n\"<>") {
		return nil
	}
	l := map[string]any{"URL": address}
	if u.Label != "" {
		l["Title"] = map[string]any{"en": string(u.Label)}
	}
	return l
}

var ourDays = map[string]string{"MO": "Mo", "TU": "Tu", "WE": "We", "TH": "Th", "FR": "Fr", "SA": "Sa", "SU": "Su"}

// hours maps schedules. Weekly ones become openings, dated ones exceptions;
// anything else is left to the note.
func hours(list []hsdsSchedule, country string, f factsOf) map[string]any {
	if len(list) == 0 && f.own["always-open"] == "" {
		return nil
	}
	h := map[string]any{"Zone": geo.Zone(country)}
	var open, except []any
	for _, s := range list {
		if zone, ok := strings.CutPrefix(strings.SplitN(string(s.Notes), ". ", 2)[0], "Local time of "); ok {
			if _, err := time.LoadLocation(zone); err == nil && zone != "" && zone != "Local" {
				h["Zone"] = zone
			}
		}
		from, to := clockTime(string(s.OpensAt)), clockTime(string(s.ClosesAt))
		if strings.Contains(string(s.Notes), "next day") && to != "" {
			to = later(to)
		}
		switch {
		case s.ValidFrom != "" && s.ValidFrom == s.ValidTo:
			except = append(except, map[string]any{"Date": string(s.ValidFrom), "From": from, "To": to})
		case s.ByDay != "" && from != "" && to != "" && from < to:
			var days []string
			for _, d := range strings.Split(string(s.ByDay), ",") {
				if our := ourDays[strings.TrimLeft(strings.ToUpper(strings.TrimSpace(d)), "+-0123456789")]; our != "" {
					days = append(days, our)
				}
			}
			if len(days) == 7 && from == "00:00" && (to == "23:59" || to == "24:00") {
				h["Always"] = true
				continue
			}
			if len(days) > 0 {
				open = append(open, map[string]any{"Days": strings.Join(days, ","), "From": from, "To": to})
			}
		}
	}
	if f.own["always-open"] == "yes" {
		h["Always"] = true
	}
	if h["Always"] == true {
		open = nil
	}
	putList(h, "Open", open)
	putList(h, "Except", except)
	put(h, "Holidays", f.own["holidays"])
	if note := f.own["opening-note"]; note != "" {
		h["Note"] = map[string]any{"en": note}
	}
	if len(h) == 1 || h["Zone"] == "" {
		return nil
	}
	return h
}

// clockTime reads "09:00", "9:00", "09:00:00Z" or "09:00+02:00" as "09:00".
func clockTime(s string) string {
	m := clockShape.FindStringSubmatch(s)
	if m == nil {
		return ""
	}
	if len(m[1]) == 1 {
		m[1] = "0" + m[1]
	}
	return m[1] + ":" + m[2]
}

var clockShape = regexp.MustCompile(`^([01]?[0-9]|2[0-4]):([0-5][0-9])`)

func later(to string) string {
	h := (int(to[0]-'0')*10 + int(to[1]-'0')) + 24
	return string(rune('0'+h/10)) + string(rune('0'+h%10)) + to[2:]
}

// splitText takes the first paragraph as the summary, the rest as more.
func splitText(s string) (summary, more string) {
	summary, more, _ = strings.Cut(s, "\n\n")
	if r := []rune(summary); len(r) > 600 {
		cut := strings.LastIndexAny(string(r[:600]), ".!?")
		if cut > 100 {
			more = strings.TrimSpace(string(r)[cut+1:] + "\n\n" + more)
			summary = string(r)[:cut+1]
		}
	}
	return strings.TrimSpace(summary), strings.TrimSpace(more)
}

var (
	paragraphs = regexp.MustCompile(`(?i)</p>|<br ?/?>`)
	tags       = regexp.MustCompile(`(?s)<[^>]{1,500}>`)
	gaps       = regexp.MustCompile(`\n{3,}`)
)

// plain takes the marks of web pages out of a text.
func plain(s string) string {
	s = paragraphs.ReplaceAllString(s, "\n\n")
	s = tags.ReplaceAllString(s, "")
	for _, e := range [][2]string{{"&amp;", "&"}, {"&nbsp;", " "}, {"&lt;", "‹"}, {"&gt;", "›"}, {"&quot;", `"`}, {"&#39;", "'"}} {
		s = strings.ReplaceAll(s, e[0], e[1])
	}
	return strings.TrimSpace(gaps.ReplaceAllString(s, "\n\n"))
}

func put(m map[string]any, field, value string) {
	if value = strings.TrimSpace(value); value != "" {
		m[field] = value
	}
}

func putList(m map[string]any, field string, list []any) {
	if len(list) > 0 {
		m[field] = list
	}
}

// putText puts an English text and its translations. A text that is word for
// word one of the translations is that one, published where none in English is.
func putText(m map[string]any, field, english string, others map[string]any) {
	out := maps.Clone(others)
	if out == nil {
		out = map[string]any{}
	}
	published := slices.Contains(slices.Collect(maps.Values(others)), any(english))
	if english != "" && !published {
		out["en"] = english
	}
	if len(out) > 0 {
		m[field] = out
	}
}

func putTexts(m map[string]any, field string, texts map[string]any) {
	if len(texts) > 0 {
		m[field] = texts
	}
}

func anyStrings(list []string) []any {
	var out []any
	for _, s := range list {
		out = append(out, s)
	}
	return out
}

// unknownTerms are the words of the other directory that were not understood,
// the most frequent first.
func (m *mapper) unknownTerms() []Unknown {
	var out []Unknown
	for _, k := range slices.Sorted(maps.Keys(m.unknown)) {
		out = append(out, *m.unknown[k])
	}
	slices.SortStableFunc(out, func(a, b Unknown) int { return b.Count - a.Count })
	return out[:min(len(out), 500)]
}
