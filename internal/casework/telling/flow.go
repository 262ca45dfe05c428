package telling

import (
	"amelie/internal/ask"
	"amelie/internal/fault"
)

// Standing is how far the account is.
type Standing string

// The standings.
const (
	None      Standing = ""
	Taking    Standing = "taking"
	Stopped   Standing = "stopped"   // the person stopped; nothing has to follow
	ReadBack  Standing = "read-back" // read back to the person; waits for the word
	Confirmed Standing = "confirmed" // closed
)

// Act is what is done with the account.
type Act string

// The acts.
const (
	Begin   Act = "begin"
	Write   Act = "write"
	Stop    Act = "stop"
	Read    Act = "read"    // back to the person
	Confirm Act = "confirm" // by the person
	Reopen  Act = "reopen"  // a new version, with its reason
)

// tells says whether an act lets the person tell more.
func (a Act) tells() bool { return a == Begin || a == Write || a == Reopen }

var table = []struct {
	act      Act
	from, to Standing
}{
	{Begin, None, Taking},
	{Write, Taking, Taking},
	{Write, Stopped, Taking},
	{Write, ReadBack, Taking}, // corrected: it is read back again
	{Stop, Taking, Stopped},
	{Stop, ReadBack, Stopped},
	{Read, Taking, ReadBack},
	{Confirm, ReadBack, Confirmed},
	{Reopen, Confirmed, Taking},
}

// Next is the standing after an act. Whatever lets the person tell more wants what
// has to be settled before: missing is what of it is not.
// Errors: fault.Conflict.
//
// req: ACCOUNT-1, ACCOUNT-2
func Next(s Standing, a Act, missing []string) (Standing, error) {
	for _, r := range table {
		if r.act != a || r.from != s {
			continue
		}
		if a.tells() && len(missing) > 0 {
			return s, fault.New(fault.Conflict, "telling.error.missing")
		}
		return r.to, nil
	}
	return s, fault.New(fault.Conflict, "telling.error.state")
}

// Possible are the acts that can be done.
func Possible(s Standing, missing []string) (out []Act) {
	for _, r := range table {
		if _, err := Next(s, r.act, missing); err == nil && r.from == s {
			out = append(out, r.act)
		}
	}
	return out
}

// Missing is what is not settled yet before an account may be taken: a named
// purpose; legal advice that was given or refused, when and by whom it was offered;
// that the person knows who could demand the account, by which text; and that the
// person wants to tell it. Whoever takes it back, stops the taking.
//
// req: ACCOUNT-1
func Missing(ground ask.Answer) (out []string) {
	lacks := func(field string, is bool) {
		if is {
			out = append(out, field)
		}
	}
	purpose, advice := ground.One("purpose"), ground.One("advice")
	lacks("purpose", purpose == "" || purpose == "other" && ground.One("purpose-other") == "")
	lacks("advice", advice != "given" && advice != "refused")
	lacks("advice-day", ground.One("advice-day") == "")
	lacks("advice-by", ground.One("advice-by") == "")
	lacks("explained", ground.One("explained") != "yes")
	lacks("text", ground.One("text") == "")
	lacks("wants", ground.One("wants") != "yes")
	return out
}
