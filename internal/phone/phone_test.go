package phone_test

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"
	"pgregory.net/rapid"

	"amelie/internal/phone"
)

// The yardstick is the library whose plans these are: everything that this
// package says of a number must be what it says.
func compare(t interface {
	Helper()
	Errorf(string, ...any)
}, written, region string) {
	t.Helper()
	got, err := phone.Parse(written, region)
	want, wantErr := phonenumbers.Parse(written, region)
	if (err == nil) != (wantErr == nil) {
		t.Errorf("%q in %s: %v, the library says %v", written, region, err, wantErr)
		return
	}
	if err != nil {
		return
	}
	type said struct {
		e164, home, abroad    string
		valid, possible, free bool
	}
	a := said{got.E164(), got.Home(), got.Abroad(), got.Valid(), got.Possible(), got.Free()}
	b := said{phonenumbers.Format(want, phonenumbers.E164), bare(want, phonenumbers.NATIONAL), bare(want, phonenumbers.INTERNATIONAL),
		phonenumbers.IsValidNumber(want), phonenumbers.IsPossibleNumber(want), phonenumbers.GetNumberType(want) == phonenumbers.TOLL_FREE}
	if got.Code == argentina {
		a.home, b.home = "", ""
	}
	if a != b {
		t.Errorf("%q in %s:\n%+v\n%+v (the library)", written, region, a, b)
	}
}

// Argentina's mobile numbers stand otherwise at home: where the plan's first
// group comes second ("$2 15-$3"), the library sets the zero before the wrong
// one. What stands here is written out in TestNumbersAsDirectoriesPrintThem.
const argentina = 54

// bare is a number as the library writes it without an extension, which is left
// out here.
func bare(n *phonenumbers.PhoneNumber, f phonenumbers.PhoneNumberFormat) string {
	n.Extension = nil
	return phonenumbers.Format(n, f)
}

var kinds = []phonenumbers.PhoneNumberType{phonenumbers.FIXED_LINE, phonenumbers.MOBILE, phonenumbers.TOLL_FREE, phonenumbers.PREMIUM_RATE, phonenumbers.SHARED_COST, phonenumbers.VOIP, phonenumbers.UAN, phonenumbers.PERSONAL_NUMBER, phonenumbers.PAGER, phonenumbers.VOICEMAIL}

func regions() []string { return slices.Sorted(maps.Keys(phonenumbers.GetSupportedRegions())) }

func TestExampleNumbersOfEveryCountryAreReadAndWrittenAsTheLibraryDoes(t *testing.T) {
	n := 0
	for _, region := range regions() {
		for _, kind := range kinds {
			example := phonenumbers.GetExampleNumberForType(region, kind)
			if example == nil {
				continue
			}
			for _, f := range []phonenumbers.PhoneNumberFormat{phonenumbers.E164, phonenumbers.INTERNATIONAL, phonenumbers.NATIONAL} {
				written := phonenumbers.Format(example, f)
				for _, from := range []string{region, "GR", "DE", "US", ""} {
					compare(t, written, from)
					n++
				}
			}
		}
	}
	if n < 5000 {
		t.Errorf("only %d were compared", n)
	}
}

func TestNumbersAsDirectoriesPrintThem(t *testing.T) {
	for written, want := range map[string][4]string{
		"08000 116 016|DE":            {"+498000116016", "0800 0116016", "+49 800 0116016", "free"},
		"+49 (0)30 263 911 76|DE":     {"+493026391176", "030 26391176", "+49 30 26391176", ""},
		"0030-2310 019880|DE":         {"+302310019880", "231 001 9880", "+30 231 001 9880", ""},
		"+32 (0)3 201 16 90|BE":       {"+3232011690", "03 201 16 90", "+32 3 201 16 90", ""},
		"800 290 290|IT":              {"+39800290290", "800 290 290", "+39 800 290 290", "free"},
		"06 6781 0537|IT":             {"+390667810537", "06 6781 0537", "+39 06 6781 0537", ""},
		"+54 9 11 2345-6789|GR":       {"+5491123456789", "011 15-2345-6789", "+54 9 11 2345-6789", ""},
		"1109|GR":                     {"+301109", "1109", "+30 1109", ""},
		"0049 30 26391176 ext. 12|GR": {"+493026391176", "030 26391176", "+49 30 26391176", ""},
	} {
		text, region, _ := strings.Cut(written, "|")
		n, err := phone.Parse(text, region)
		if err != nil {
			t.Errorf("%q: %v", written, err)
			continue
		}
		free := ""
		if n.Free() {
			free = "free"
		}
		if got := [4]string{n.E164(), n.Home(), n.Abroad(), free}; got != want {
			t.Errorf("%q: %q, want %q", written, got, want)
		}
		compare(t, text, region)
	}
}

func TestWhateverDigitsAreReadAsTheLibraryReadsThem(t *testing.T) {
	all := regions()
	gaps := []string{" ", "-", "/", ".", "(", ") ", ""}
	rapid.Check(t, func(t *rapid.T) {
		region := rapid.SampledFrom(append([]string{"GR", "DE", "BE", "IT", "FR", "NL", "GB"}, all...)).Draw(t, "region")
		var written string
		switch rapid.IntRange(0, 2).Draw(t, "how") {
		case 0:
			written = rapid.StringMatching(`[0-9]{3,16}`).Draw(t, "digits")
		case 1:
			written = "+" + strconv.Itoa(phonenumbers.GetCountryCodeForRegion(region)) + rapid.StringMatching(`[0-9]{2,14}`).Draw(t, "digits")
		case 2:
			kind := rapid.SampledFrom(kinds).Draw(t, "kind")
			if example := phonenumbers.GetExampleNumberForType(region, kind); example != nil {
				digits := []byte(phonenumbers.Format(example, phonenumbers.E164)[1:])
				i := rapid.IntRange(0, len(digits)-1).Draw(t, "at")
				digits[i] = byte('0' + rapid.IntRange(0, 9).Draw(t, "digit"))
				written = rapid.SampledFrom([]string{"+", "00", "0", ""}).Draw(t, "before") + string(digits)
			}
		}
		for range rapid.IntRange(0, 4).Draw(t, "gaps") {
			i := rapid.IntRange(0, len(written)).Draw(t, "gap at")
			if i > 1 {
				written = written[:i] + rapid.SampledFrom(gaps[:4]).Draw(t, "gap") + written[i:]
			}
		}
		compare(t, written, region)
	})
}

func FuzzForeignNumbers(f *testing.F) {
	f.Add("+30 210 123", "GR")
	f.Add("08000 116 016", "DE")
	f.Add("١٢٣٤٥٦٧٨", "XX")
	f.Fuzz(func(t *testing.T, written, region string) {
		n, err := phone.Parse(written, region)
		if err != nil {
			return
		}
		again, err := phone.Parse(n.E164(), "")
		if n.Valid() && (err != nil || again != n) {
			t.Errorf("%q: %+v, and again %+v %v", written, n, again, err)
		}
		n.Home()
		n.Abroad()
	})
}
