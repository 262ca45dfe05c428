package directory

import (
	"fmt"

	"amelie/internal/fault"
)

// rule is what a row can break, in the words of the content's files and in
// those of a form: the key has "desk.problem." before it.
type rule fault.Rule

// The rules that somebody can break who fills in a form. What only a file can
// get wrong is said in English where it is found.
var (
	isMissing          = rule{"missing", "is missing"}
	standsTwice        = rule{"twice", "%q stands twice"}
	noConcept          = rule{"concept", "%q is no concept of scheme %s"}
	noParent           = rule{"parent", "%q is no other organisation"}
	notE164            = rule{"phone", "%q is not E.164"}
	notShort           = rule{"short", "%q is not a short number"}
	noNumber           = rule{"phone-none", "needs either number or short"}
	notMail            = rule{"mail", "%q is not a mail address"}
	notLink            = rule{"link", "%q is not a web address"}
	notLanguage        = rule{"language", "%q is not a language code"}
	notZone            = rule{"zone", "%q is not a time zone"}
	notATerritory      = rule{"territory", "%q is not an ISO 3166 code"}
	notARegion         = rule{"territory", "%q is not an ISO 3166-2 code"}
	areaElsewhere      = rule{"area", "names no territory of %s"}
	noPosition         = rule{"position", "%v, %v is no position"}
	notSpan            = rule{"span", "%q to %q is not a span of time"}
	zoneMissing        = rule{"zone-missing", "opening hours need a zone"}
	alwaysAndOpenings  = rule{"always", "always and a list of openings contradict each other"}
	dateMissing        = rule{"date-missing", "an exception needs a date"}
	notDate            = rule{"date", "%q is not a date like 2026-01-31"}
	isNegative         = rule{"negative", "is negative"}
	linkWithoutMailbox = rule{"intake-mailbox", "a link needs a published mailbox"}
	intakeOfAuthority  = rule{"intake-authority", "an authority takes no referral through this program"}
	helplineOfOthers   = rule{"helpline", "only a support body may stand first as a helpline"}
	shelterShown       = rule{"shelter", "the address of a shelter is hidden until its owner confirms"}
	contactShown       = rule{"hidden-contact", "%s of a hidden place must be hidden"}
	phoneShown         = rule{"hidden-phone", "%s%s of a hidden place must be hidden"}
	notPrinted         = rule{"printed", "%s%s lacks how the source prints it"}
	kindAndGroup       = rule{"group", "kind %s and group %s do not fit: exactly police, prosecution, immigration and inspection are authorities"}
	notIdentifier      = rule{"identifier", "%q is not lower-case words joined by \"-\""}
	usedTwice          = rule{"used", "%q is used twice, first in %s"}
	usedInScheme       = rule{"used", "is used twice, first in scheme %s"}
	wrongPrefix        = rule{"prefix", "does not start with %q"}
	foreignText        = rule{"text-language", "is not a language of the directory"}
	noBroader          = rule{"broader", "%q is no other concept of scheme %s"}
	emptySynonym       = rule{"synonym", "%q is empty or has outer spaces"}
	notHideable        = rule{"hideable", "%q is no field that can be hidden"}
)

// fail notes that the entry under check breaks a rule.
func (c *checker) fail(field string, broken rule, args ...any) {
	reason := fault.Rule(broken).Broken(args...)
	c.problems = append(c.problems, Problem{File: c.file, Entry: c.entry, Field: field, Key: "desk.problem." + reason.Key, Args: reason.Args, Reason: reason.English})
}

// failInFile notes what no form can get wrong.
func (c *checker) failInFile(field, format string, args ...any) {
	c.problems = append(c.problems, Problem{File: c.file, Entry: c.entry, Field: field, Reason: fmt.Sprintf(format, args...)})
}
