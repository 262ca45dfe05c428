// Package account lets professionals in: people, their sign-ins, and the key
// that only they can unlock.
//
// The idea. Signing in and unlocking are two things. Signing in says who is
// there; unlocking opens the person's private key, and with it everything
// that is sealed to her or, through the agency's key, to her agency. A
// password does both at once, a passkey does both when it has the PRF
// extension and only the first when it has not, an API token only ever says
// who is there.
//
// What is stored: people (account_user), the private key of each, sealed
// under the password and under each passkey's PRF output (account_lock),
// passkeys, the secret of the one-time codes sealed under the server's
// secret, sign-ins (account_session: the hash of the cookie's secret and one
// half of the unlocked key; the other half is in the cookie), hashes of API
// tokens, of recovery codes and of links, and counters of failed tries under
// keyed hashes of names and addresses.
//
// The life of an account: a link (the set-up link of the first administrator,
// an invitation) makes it, with a password; it has to take a passkey or
// one-time codes before the sign-in counts (stage "enrol"); then it is open.
// A sign-in ends after 30 minutes without a request, after 12 hours at the
// latest, by signing out, by being ended from the list, by a password change
// or a recovery. Recovery, by a link that a lead makes, gives a new password
// and a new key pair: what was sealed to the old one stays closed until a
// holder lets the person in again.
//
// What it must never do: tell whether an account exists, in words or in time;
// keep a password, an address, an unlocked key or a link's secret; follow a
// target outside this installation after a sign-in; let a guess be checked
// that was not counted first.
package account

import (
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// User is one person with an account. Login is folded (see FoldLogin).
type User struct {
	ID, Login, Name, Email, Lang string
	Profession, Employer         string // codes, for the duties of the country data; "" unknown
	State                        string // Active or Disabled
	Public                       []byte // vault public key
	TOTP                         []byte // sealed secret of the one-time codes; empty: none
	TOTPStep                     int64  // the last 30-second step whose code was used
	Created                      time.Time
}

// The states of an account.
const (
	Active   = "active"
	Disabled = "disabled"
)

// The roles that hold for the whole installation; the roles inside an agency
// (professional, caseworker, lead) belong to the membership.
var InstallationRoles = []string{"coordinator", "editor", "analyst", "auditor", "administrator"}

// Professions and Employers are the codes that the duties of the country data
// distinguish.
var (
	Professions = []string{"doctor", "midwife", "nurse", "psychologist", "social-worker", "dentist", "pharmacist", "paramedic", "interpreter", "receptionist", "other"}
	Employers   = []string{"public", "private", "independent", "organisation"}
)

// Scopes are what an API token may be allowed to do.
var Scopes = []string{"directory:read", "referral:read"}

// Session is one sign-in on one device.
type Session struct {
	ID, UserID string
	Half       []byte // the server's half of the unlocked key; empty: locked
	Stage      string // StageEnrol or StageFull
	Agent      string // coarse: browser and system, no version
	Created    time.Time
	Seen       time.Time // to the minute
	Confirmed  time.Time // when the person last proved to be there
	Ended      time.Time // zero: not ended
}

// The stages of a sign-in: StageEnrol has a password but no second factor
// yet, and opens nothing but the page that adds one.
const (
	StageEnrol = "enrol"
	StageFull  = "full"
)

// Passkey is a WebAuthn credential as its owner sees it.
type Passkey struct {
	ID, Label     string
	Unlocks       bool // its PRF output opens the key
	Created, Used time.Time
}

// Token is an API token as its owner sees it; the secret is shown once.
type Token struct {
	ID, Label              string
	Scopes                 []string
	Created, Expires, Used time.Time
	Revoked                time.Time
}

// MinPassword is the least number of characters of a password. NIST SP
// 800-63B-4 asks for 15 where the password stands alone and 8 with a second
// factor; here it also closes a key, so 12 with a second factor.
const MinPassword = 12

// FoldLogin is the form in which sign-in names are compared.
func FoldLogin(s string) string {
	return strings.ToLower(norm.NFKC.String(strings.TrimSpace(s)))
}

// FoldPassword makes the same password typed on two keyboards the same bytes
// (RFC 8265: NFC for opaque strings).
func FoldPassword(s string) []byte { return []byte(norm.NFC.String(s)) }

// passwordFault gives the key of what is wrong with a new password, or "".
func passwordFault(password, login string) string {
	runes := utf8.RuneCountInString(password)
	if runes < MinPassword {
		return "account.error.password-short"
	}
	if len(password) > 1024 {
		return "account.error.password-long"
	}
	distinct := map[rune]bool{}
	for _, r := range password {
		distinct[r] = true
	}
	low := strings.ToLower(password)
	local, _, _ := strings.Cut(login, "@")
	if common(password) {
		return "account.error.password-common"
	}
	if len(distinct) < 5 || (len(local) > 3 && strings.Contains(low, local)) {
		return "account.error.password-weak"
	}
	return ""
}

// loginFault gives the key of what is wrong with a sign-in name, or "".
func loginFault(login string) string {
	n := utf8.RuneCountInString(login)
	if n < 3 || n > 120 || strings.ContainsAny(login, " \t\r\n<>\"") {
		return "account.error.login"
	}
	return ""
}

// nameFault gives the key of what is wrong with a displayed name, or "".
func nameFault(name string) string {
	if n := utf8.RuneCountInString(name); n < 2 || n > 120 {
		return "account.error.name"
	}
	return ""
}

// emailFault accepts an empty address: notices are optional.
func emailFault(email string) string {
	if email == "" {
		return ""
	}
	at := strings.LastIndexByte(email, '@')
	if at < 1 || at == len(email)-1 || len(email) > 254 || strings.ContainsAny(email, " \t\r\n<>,;\"") {
		return "account.error.email"
	}
	return ""
}
