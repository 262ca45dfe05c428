package link

import (
	"net/netip"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var monday = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// req: LINK-3
func TestALinkIsDeadOnlyAfterFailuresOnThreeDaysInARow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, at := Begin("https://one.example/", monday), monday
		days := map[string]bool{} // of failures since it worked last
		for range rapid.IntRange(1, 30).Draw(t, "looks") {
			at = at.Add(time.Duration(rapid.IntRange(1, 40*24).Draw(t, "hours")) * time.Hour)
			seen := Seen{Outcome: rapid.SampledFrom([]Outcome{Works, Unclear, Missing, Broken, Unsafe, NoHost, Silent, Inside}).Draw(t, "outcome"),
				Wait: time.Duration(rapid.IntRange(0, 4000).Draw(t, "wait")) * time.Hour}
			if seen.Outcome == Works {
				seen.At = rapid.SampledFrom([]string{"", "https://two.example/"}).Draw(t, "moved")
			}
			before := s
			s = s.Next(seen, at)
			switch {
			case seen.Outcome == Works:
				clear(days)
			case seen.Outcome.Failed():
				days[at.Format(time.DateOnly)] = true
			case s.Failures != before.Failures || s.Moved != before.Moved || s.Why != before.Why:
				t.Fatal("a look that says nothing changed what is known")
			}
			if int(s.Failures) != len(days) || s.Dead() != (len(days) >= 3) {
				t.Fatalf("%d failures, dead %v, after failures on %d days", s.Failures, s.Dead(), len(days))
			}
			if s.Due.Sub(at) < 7*24*time.Hour || s.Due.Sub(at) > longestWait {
				t.Fatalf("the next look is %v later", s.Due.Sub(at))
			}
			if seen.Outcome == Works && s.Moved != seen.At {
				t.Fatalf("moved to %q, seen at %q", s.Moved, seen.At)
			}
		}
	})
}

func TestTheFirstLooksAreSpreadOverTheWeek(t *testing.T) {
	var perDay [7]int
	for i := range 7000 {
		due := Begin("https://host.example/"+time.Unix(int64(i), 0).String(), monday).Due
		perDay[int(due.Sub(monday)/(24*time.Hour))]++
	}
	for day, n := range perDay {
		if n < 700 || n > 1300 {
			t.Errorf("%d of 7000 on day %d", n, day)
		}
	}
}

// req: LINK-2
func TestNoAddressOfAnInnerNetworkIsPublic(t *testing.T) {
	for _, inner := range []string{"127.0.0.1", "127.9.9.9", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "255.255.255.255", "224.0.0.1", "198.18.0.1",
		"::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "fec0::1", "::127.0.0.1"} {
		if public(netip.MustParseAddr(inner)) {
			t.Errorf("%s counts as public", inner)
		}
	}
	for _, open := range []string{"8.8.8.8", "193.99.144.80", "2a02:2e0:3fe:1001:7777:772e:2:85", "2001:4860:4860::8888"} {
		if !public(netip.MustParseAddr(open)) {
			t.Errorf("%s does not count as public", open)
		}
	}
}

func TestTheNameThatTheServerGivesItselfIsOneWordOfAscii(t *testing.T) {
	for name, want := range map[string]string{"Amelie": "amelie", "Haus am Fluss": "haus-am-fluss", "Ελπίδα": "link-check", "a\r\nX: y": "a-x-y", "": "link-check"} {
		if got := agentName(name); got != want {
			t.Errorf("%q became %q, not %q", name, got, want)
		}
	}
}
