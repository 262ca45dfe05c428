package app_test

import (
	"html"
	"net/http"
	"strings"
	"testing"

	"amelie/internal/app"
)

// After a unit the directory is searched where the reader is: in the country of
// the installation, else in that of the language. English names none, so that
// its readers choose.
func TestAUnitLeadsToTheHelpThatItSpeaksOfInTheReadersCountry(t *testing.T) {
	sites := map[string]*app.App{}
	for _, home := range []string{"", "BE"} {
		sites[home] = opened(t, app.Config{Demo: true, Country: home})
	}
	for _, test := range []struct{ home, page, search, elsewhere, not string }{
		{"", "/it/learn/talk/u2", "/it/find?country=IT&help=interpretation", "/it/find?country=DE&help=interpretation", ""},
		{"", "/de/learn/longterm/u3", "/de/find?country=DE&help=psychological", "/de/find?country=GR&help=psychological", ""},
		{"", "/en/learn/talk/u2", "/en/find?help=interpretation", "/en/find?country=BE&help=interpretation", ""},
		{"BE", "/it/learn/talk/u2", "/it/find?country=BE&help=interpretation", "/it/find?country=IT&help=interpretation", "country=BE&help=interpretation\">Belg"},
		{"BE", "/nl/learn/talk/u1?track=practice", "/nl/find?country=BE&help=counselling", "/nl/find?country=DE&help=counselling", ""},
		{"BE", "/nl/learn/talk/u1", "/nl/find?country=BE", "/nl/find?country=DE", "counselling"},
		{"BE", "/fr/learn/rights/u2", "/fr/entitlement/be", "/fr/guide", "/refer/new"},
	} {
		a := sites[test.home]
		code, _, body := get(t, a, test.page)
		body = html.UnescapeString(body)
		if code != http.StatusOK || !strings.Contains(body, `href="`+test.search+`"`) || !strings.Contains(body, `href="`+test.elsewhere+`"`) {
			t.Errorf("%q %s: %d, without %s or %s", test.home, test.page, code, test.search, test.elsewhere)
		}
		if test.not != "" && strings.Contains(body, test.not) {
			t.Errorf("%q %s shows %s", test.home, test.page, test.not)
		}
		if code, _, _ = get(t, a, test.search); code != http.StatusOK && code != http.StatusSeeOther {
			t.Errorf("%s: %d", test.search, code)
		}
	}
}
