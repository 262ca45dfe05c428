package house

import (
	"strings"
	"testing"
	"time"

	"amelie/content"
	"amelie/internal/i18n"

	"pgregory.net/rapid"
)

func anyFacts(t *rapid.T) Facts {
	at := start
	ago := func(name string) time.Time {
		return at.Add(-time.Duration(rapid.IntRange(-24, 3000).Draw(t, name)) * time.Hour)
	}
	flag := func(name string) bool { return rapid.Bool().Draw(t, name) }
	num := func(name string, most int) int { return rapid.IntRange(0, most).Draw(t, name) }
	run := func(name string) *Run {
		if flag(name) {
			return &Run{Began: ago(name), Outcome: rapid.SampledFrom([]string{"", done, noFolder, failed}).Draw(t, name)}
		}
		return nil
	}
	memory := uint64(num("memory", 1<<30))
	names := []string(nil)
	if flag("open") {
		names = []string{"server.secret", "node.key"}
	}
	return Facts{At: at,
		Files:       &Files{Open: names, Missing: names[:num("missing", len(names))], Orphans: num("orphans", 3), Demo: flag("demo")},
		Disk:        &Space{Free: uint64(num("free", 9)) << 30},
		Database:    &Database{Down: flag("down"), Damaged: flag("damaged"), Answer: time.Duration(num("ms", 500)) * time.Millisecond, Log: int64(num("log", 1<<30)), Missing: num("m", 2), Unknown: num("u", 2), Indexes: num("i", 2), Retries: int64(num("r", 500))},
		Clock:       &Clock{Skew: time.Duration(num("skew", 200)-100) * time.Second, Ahead: time.Duration(num("ahead", 300)) * time.Second},
		Mail:        &Post{Configured: flag("c"), Unreadable: flag("p"), Failing: int64(num("f", 2)), Sent: ago("sent")},
		Backup:      &Copies{Ready: flag("ready"), Others: flag("others"), FolderGone: flag("gone"), Latest: run("latest"), Good: run("good"), Trial: run("trial")},
		Certificate: &Certificate{Elsewhere: flag("e"), Until: ago("until")}, Jobs: &Work{Dead: int64(num("dead", 2)), Lag: time.Duration(num("lag", 90)) * time.Minute},
		Audit:    &Trail{Waiting: int64(num("w", 2)), Oldest: ago("oldest"), Checkpoint: ago("cp"), Unproven: flag("un")},
		Agencies: &Agencies{All: num("all", 3), Closed: num("closed", 2)}, Directory: &Entries{All: 10, Old: num("old", 10), Proposals: num("prop", 2)},
		Texts: &Texts{All: 16, Unreviewed: num("unrev", 16)}, Memory: &memory, Setup: &Setup{Open: num("so", 3), Administrators: num("adm", 3)}}
}

// spoken says moments without a zone.
type spoken struct{}

func (spoken) DateTime(t time.Time) string { return t.Format(time.DateTime) }

func TestEveryCheckHasItsWordsInEveryLanguage(t *testing.T) {
	b := texts(t)
	seen := map[string]bool{}
	rapid.Check(t, func(t *rapid.T) {
		once := map[string]bool{}
		for _, c := range Judge(anyFacts(t)) {
			if once[c.Name+c.Case] {
				t.Errorf("%s stands twice", c.Say())
			}
			once[c.Name+c.Case] = true
			keys := []string{"house.check." + c.Name, c.Say()}
			if c.Level != Well {
				keys = append(keys, c.Do())
			}
			if c.Mend != "" {
				keys = append(keys, "house.doctor.mend-"+c.Mend, "house.doctor.done-"+c.Mend)
			}
			for _, key := range keys {
				seen[key] = true
				for _, lang := range i18n.Languages {
					text := b.T(lang, key, Spoken(spoken{}, append([]any{"n", 2}, c.Args...))...)
					if !b.Has(lang, key) || strings.ContainsAny(text, "{}") {
						t.Errorf("%s %s: %q", lang, key, text)
					}
				}
			}
		}
	})
	if len(seen) < 80 {
		t.Errorf("only %d sentences were met", len(seen))
	}
}

func TestTheJudgementsFollowTheFigures(t *testing.T) {
	level := func(f Facts, name string) string {
		f.At = start
		for _, c := range Judge(f) {
			if c.Name == name {
				return c.Case + " " + c.Level.Word()
			}
		}
		return "-"
	}
	hours := func(n int) *Run { return &Run{Began: start.Add(-time.Duration(n) * time.Hour), Outcome: done} }
	for want, x := range map[string]struct {
		name string
		f    Facts
	}{
		"well well":       {"backup", Facts{Backup: &Copies{Ready: true, Good: hours(30)}}},
		"old now":         {"backup", Facts{Backup: &Copies{Ready: true, Good: hours(51)}}},
		"none now":        {"backup", Facts{Backup: &Copies{}, Agencies: &Agencies{All: 1}}},
		"others soon":     {"backup", Facts{Backup: &Copies{Others: true}, Agencies: &Agencies{All: 1}}},
		"not-yet soon":    {"backup", Facts{Backup: &Copies{}, Agencies: &Agencies{}}},
		"failed soon":     {"backup", Facts{Backup: &Copies{Ready: true, Good: hours(30), Latest: &Run{Outcome: failed}}}},
		"folder now":      {"backup", Facts{Backup: &Copies{Ready: true, Good: hours(1), FolderGone: true}}},
		"never soon":      {"trial", Facts{Backup: &Copies{Ready: true, Good: hours(1)}}},
		"old soon":        {"trial", Facts{Backup: &Copies{Ready: true, Good: hours(1), Trial: hours(2500)}}},
		"days soon":       {"certificate", Facts{Certificate: &Certificate{Until: start.Add(20 * 24 * time.Hour)}}},
		"days now":        {"certificate", Facts{Certificate: &Certificate{Until: start.Add(6 * 24 * time.Hour)}}},
		"over now":        {"certificate", Facts{Certificate: &Certificate{Until: start}}},
		"ordered now":     {"certificate", Facts{Certificate: &Certificate{Ordered: true, Until: start}}},
		"order-site soon": {"certificate", Facts{Certificate: &Certificate{Ordered: true, Trouble: "site", Until: start.Add(20 * 24 * time.Hour)}}},
		"order-reach now": {"certificate", Facts{Certificate: &Certificate{Ordered: true, Trouble: "reach", Until: start.Add(6 * 24 * time.Hour)}}},
		"elsewhere well":  {"certificate", Facts{Certificate: &Certificate{Elsewhere: true}}},
		"full now":        {"disk", Facts{Disk: &Space{Free: 1 << 29}}},
		"low soon":        {"disk", Facts{Disk: &Space{Free: 2 << 30}}},
		"waits now":       {"log", Facts{Audit: &Trail{Waiting: 1, Oldest: start.Add(-2 * time.Hour)}}},
		"waits soon":      {"log", Facts{Audit: &Trail{Waiting: 1, Oldest: start.Add(-3 * time.Minute)}}},
		"stuck now":       {"mail", Facts{Mail: &Post{Configured: true, Failing: 1, Sent: start.Add(-time.Hour)}}},
		"some soon":       {"mail", Facts{Mail: &Post{Configured: true, Failing: 1, Sent: start}}},
		"none soon":       {"mail", Facts{Mail: &Post{}}},
		"behind now":      {"clock", Facts{Clock: &Clock{Ahead: time.Hour}}},
		"apart soon":      {"clock", Facts{Clock: &Clock{Skew: -4 * time.Second}}},
		"open now":        {"files", Facts{Files: &Files{Open: []string{"node.key"}}}},
		"closed soon":     {"agencies", Facts{Agencies: &Agencies{All: 3, Closed: 1}}},
		"late now":        {"jobs", Facts{Jobs: &Work{Lag: time.Hour, Dead: 1}}},
		"one soon":        {"administrators", Facts{Setup: &Setup{Administrators: 1}}},
		"down now":        {"database", Facts{Database: &Database{Down: true, Indexes: 3}}},
	} {
		if got := level(x.f, x.name); got != want {
			t.Errorf("%s: %s, want %s", x.name, got, want)
		}
	}
}

// Whatever happens, two mails about one check are never nearer than calmFor
// unless it was never red between, and red is told the first time.
func TestAnAlarmIsToldTheFirstTimeAndNeverInAStorm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var a alarm
		at := start
		var lastRed, told time.Time
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			level := Level(rapid.IntRange(0, 2).Draw(t, "level"))
			at = at.Add(time.Duration(rapid.IntRange(10, 600).Draw(t, "minutes")) * time.Minute)
			next, loud := a.turn(level, at)
			switch {
			case loud && level != Now:
				t.Fatal("told without being red")
			case level == Now && told.IsZero() && !loud:
				t.Fatal("the first time was not told")
			case loud && !told.IsZero() && at.Sub(lastRed) < calmFor:
				t.Fatalf("told again %v after it was last red", at.Sub(lastRed))
			}
			if loud {
				told = at
			}
			if level == Now {
				lastRed = at
			}
			a = next
		}
	})
}

func TestTheAssistantAsksEveryOpenQuestionOnceAndEnds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := map[string]State{}
		for _, q := range Questions {
			s[q] = rapid.SampledFrom([]State{Open, Answered, Later}).Draw(t, q)
		}
		open := 0
		for _, q := range Questions {
			if s[q] == Open {
				open++
			}
		}
		after := ""
		for asked := 0; ; asked++ {
			q := Next(after, s)
			if q == "" {
				if asked != open {
					t.Fatalf("%d asked of %d", asked, open)
				}
				return
			}
			if s[q] != Open {
				t.Fatalf("%s is asked again", q)
			}
			s[q], after = rapid.SampledFrom([]State{Answered, Later}).Draw(t, "as "+q), q
		}
	})
}

func TestThePlannedHourIsTheNewestThatHasPassed(t *testing.T) {
	athens, err := time.LoadLocation("Europe/Athens")
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		now := start.Add(time.Duration(rapid.IntRange(0, 400*24*60).Draw(t, "minutes")) * time.Minute)
		hour := rapid.IntRange(0, 23).Draw(t, "hour")
		at := slot(now, hour, athens)
		if at.After(now) || now.Sub(at) > 25*time.Hour {
			t.Fatalf("at %v the plan for %d o'clock is %v", now, hour, at)
		}
	})
}

func TestTheShippedNotesAreWhole(t *testing.T) {
	notes, err := LoadNotes(content.FS)
	if err != nil || len(notes) == 0 {
		t.Fatalf("%d notes, %v", len(notes), err)
	}
	for i := 1; i < len(notes); i++ {
		if !newer(notes[i-1].Release, notes[i].Release) {
			t.Errorf("%s stands before %s", notes[i-1].Release, notes[i].Release)
		}
	}
	for _, x := range [][2]string{{"0.2", "0.1"}, {"0.10", "0.9"}, {"1", "0.9"}, {"0.1", "0"}, {"0.1.1", "0.1"}} {
		if !newer(x[0], x[1]) || newer(x[1], x[0]) {
			t.Errorf("%s is not newer than %s", x[0], x[1])
		}
	}
}
