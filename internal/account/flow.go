package account

import (
	"net/url"
	"strings"
	"time"
)

// The times of a sign-in.
const (
	IdleLimit     = 30 * time.Minute // without a request
	AbsoluteLimit = 12 * time.Hour   // at the latest: a long shift
	ConfirmLimit  = 10 * time.Minute // a dangerous action asks again after this
	FormerLimit   = 24 * time.Hour   // how long an ended-by-time sign-in still seals drafts
	touchEvery    = time.Minute      // how exactly "last seen" is kept
)

// SessionState is what a sign-in is good for at a moment.
type SessionState int

// The states: Open works, Enrolling only reaches the page that adds a second
// factor, Idle and Over ended by time, Ended by a decision.
const (
	Open SessionState = iota
	Enrolling
	Idle
	Over
	Ended
)

// State is what the sign-in is good for at now. // req: SIGNIN-4
func (s Session) State(now time.Time) SessionState {
	switch {
	case !s.Ended.IsZero():
		return Ended
	case !now.Before(s.Created.Add(AbsoluteLimit)):
		return Over
	case !now.Before(s.Seen.Add(IdleLimit)):
		return Idle
	case s.Stage != StageFull:
		return Enrolling
	}
	return Open
}

// FreshlyConfirmed says whether the person proved to be there a short while
// ago, as dangerous actions ask. // req: SIGNIN-9
func (s Session) FreshlyConfirmed(now time.Time) bool {
	return !s.Confirmed.IsZero() && now.Before(s.Confirmed.Add(ConfirmLimit))
}

// Tries counts tries to sign in under one name, or from one address.
type Tries struct {
	Count int64
	Last  time.Time
}

// Limit says how many tries are free, and after how many the wait is a lock.
type Limit struct{ Free, Lock int64 }

// Names get few free tries; an address may be a whole hospital.
var (
	NameLimit    = Limit{Free: 5, Lock: 20}
	AddressLimit = Limit{Free: 40, Lock: 200}
)

const (
	firstWait  = 2 * time.Second
	longWait   = 15 * time.Minute
	lockWait   = time.Hour
	forgetTime = 24 * time.Hour
)

// Wait is how long the next try has to wait at now: nothing for the free
// tries, then 2 s, 4 s, 8 s ... up to 15 minutes, and an hour from the lock
// on. It forgets after a day without a try. // req: SIGNIN-2
func (t Tries) Wait(now time.Time, l Limit) time.Duration {
	if t.Count < l.Free || now.Sub(t.Last) >= forgetTime {
		return 0
	}
	wait := longWait
	if over := t.Count - l.Free; over < 9 {
		wait = min(firstWait<<over, longWait)
	}
	if t.Count >= l.Lock {
		wait = lockWait
	}
	return max(0, t.Last.Add(wait).Sub(now))
}

// Next counts one more try at now.
func (t Tries) Next(now time.Time) Tries {
	if now.Sub(t.Last) >= forgetTime {
		t.Count = 0
	}
	return Tries{Count: t.Count + 1, Last: now}
}

// SafeTarget is where to go after signing in: to when it is a path of this
// installation, else fallback. Browsers read "//host", "/\host" and paths with
// control characters as other hosts. // req: SIGNIN-5
func SafeTarget(to, fallback string) string {
	if len(to) == 0 || len(to) > 2000 || to[0] != '/' {
		return fallback
	}
	for i := 0; i < len(to); i++ {
		if to[i] < 0x20 || to[i] == 0x7f || to[i] == '\\' {
			return fallback
		}
	}
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || strings.HasPrefix(to, "//") || strings.HasPrefix(u.Path, "//") {
		return fallback
	}
	return to
}

// coarseAgent names browser and system of a User-Agent header, without
// versions: enough to recognise one's own phone in a list, too little to
// follow anyone.
func coarseAgent(ua string) string {
	pick := func(table [][2]string) string {
		for _, t := range table {
			if strings.Contains(ua, t[0]) {
				return t[1]
			}
		}
		return ""
	}
	browser := pick([][2]string{{"Edg", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser", "Samsung Internet"}, {"Firefox", "Firefox"}, {"FxiOS", "Firefox"}, {"CriOS", "Chrome"}, {"Chrome", "Chrome"}, {"Safari", "Safari"}})
	system := pick([][2]string{{"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Windows", "Windows"}, {"Mac OS", "macOS"}, {"CrOS", "ChromeOS"}, {"Linux", "Linux"}})
	return strings.Trim(browser+" · "+system, " ·")
}
