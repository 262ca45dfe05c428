package app_test

import (
	"net/url"
	"strings"
	"testing"
)

// Before a yes it is read out that the copy is theirs, and what can be asked there:
// in every language in which a yes can be taken, with a version of its own.
//
// req: PASS-7
func TestBeforeAYesItIsSaidThatACopyIsTheOtherAgencysOwn(t *testing.T) {
	a := demo(t)
	cookies := asked(a, "/en/demo", url.Values{"person": {"mira"}}).Result().Cookies()
	caseID, _ := sharing(t, a, "mira", person(t, a, "ekka-case").AgencyID)
	keys := []string{"goes_on", "goes_on_until", "goes_on_copy", "goes_on_rights"}
	for _, lang := range []string{"en", "el", "it", "de", "nl", "fr"} {
		page := asked(a, "/"+lang+"/cases/"+caseID+"/pass/offer", nil, cookies...).Body.String()
		for _, key := range keys {
			if text := a.Persons.T(lang, "consent."+key, nil); !strings.Contains(page, text) {
				t.Errorf("%s: the page does not say %q", lang, text)
			}
		}
	}
	for _, l := range a.Persons.Languages() {
		for _, key := range keys {
			if text := a.Persons.T(l.Code, "consent."+key, nil); text == "consent."+key || l.Code != "en" && text == a.Persons.T("en", "consent."+key, nil) {
				t.Errorf("%s has no text of its own for %s", l.Code, key)
			}
		}
		if state := a.Persons.State(l.Code); state.Revision < 3 {
			t.Errorf("%s: version %s is that of before", l.Code, state.Version())
		}
	}
}
