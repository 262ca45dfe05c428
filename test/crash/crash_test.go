// Package crash kills the program in the middle of its work, hundreds of
// times, and looks at what is left: nothing that was acknowledged may be
// missing, nothing may show half-done, and the log must prove itself.
//
// The test binary starts itself again as a child that sends, answers and
// withdraws referrals on a SQLite file and says so on its standard output; the
// parent ends it with SIGKILL at a random moment after a random number of
// acknowledgements. What the child said counts
// as acknowledged. (SIGKILL leaves the operating system's cache alone; that a
// commit also reaches the disk is asked by synchronous=FULL, which a test of
// package db reads.)
package crash

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"amelie/internal/audit"
	"amelie/internal/bench/world"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/referral"
)

const childVariable = "AMELIE_CRASH_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childVariable); dir != "" {
		child(dir)
		return
	}
	os.Exit(m.Run())
}

// child works until it is killed: four people send, one answers, and the
// sequencer and the jobs run beside them.
func child(dir string) {
	ctx := context.Background()
	w, err := world.Open(ctx, dir)
	if err != nil {
		fmt.Println("failed", err)
		return
	}
	go w.Log.Run(ctx)
	go w.Jobs.Run(ctx)
	var mu sync.Mutex
	say := func(words ...string) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Println(strings.Join(words, " ")) // one write to a pipe, not buffered
	}
	say("ready")
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for {
				if err := one(ctx, w, rand.N(4), say); err != nil {
					say("failed", err.Error())
					return
				}
			}
		})
	}
	group.Wait()
}

// one sends a referral; with luck below 3 it is opened and accepted, with 0 or
// 1 withdrawn after that.
func one(ctx context.Context, w *world.World, luck int, say func(...string)) error {
	word := "word-" + id.Secret(8)
	draft, rev, err := w.Draft(ctx, word)
	if err != nil {
		return err
	}
	say("drafted", draft, word)
	if err := w.Send(ctx, draft, rev); err != nil {
		return err
	}
	say("sent", draft, word)
	if luck == 3 {
		return nil
	}
	// Opening the packet for the first time is the answer "received".
	shown, err := w.Referrals.Look(ctx, w.Mira, draft)
	if err != nil {
		return err
	}
	say("received", draft, word)
	if err := w.Referrals.Act(ctx, w.Mira, draft, referral.Deed{Action: referral.Accept, Version: shown.Version, Text: "yes " + word, Once: id.New()}); err != nil {
		return err
	}
	say("accepted", draft, word)
	if luck < 2 {
		if _, err := w.Referrals.Withdraw(ctx, w.Midwife, draft, true); err != nil {
			return err
		}
		say("withdrawn", draft, word)
	}
	return nil
}

// rank orders what a child can say about one referral.
var rank = map[string]int{"drafted": 1, "sent": 2, "received": 3, "accepted": 4, "withdrawn": 5}

// promise is the furthest thing that was acknowledged about one referral.
type promise struct{ what, word string }

// round runs a child and kills it after a random time; it adds to the book
// what was acknowledged.
func round(t *testing.T, dir string, book map[string]promise) {
	t.Helper()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), childVariable+"="+dir)
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	defer c.Wait()
	lines := bufio.NewScanner(out)
	started, left := false, 1+rand.N(24) // lines before the end comes near
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		switch {
		case words[0] == "ready":
			started = true
		case words[0] == "failed":
			c.Process.Kill()
			t.Fatalf("the child: %s", lines.Text())
		case len(words) == 3 && rank[words[0]] > rank[book[words[1]].what]:
			book[words[1]] = promise{words[0], words[2]}
		}
		if left--; left == 0 {
			time.AfterFunc(rand.N(25*time.Millisecond), func() { c.Process.Kill() })
		}
	}
	if !started {
		t.Fatal("a child ended before it was ready")
	}
}

// req: CRASH-1
func TestNothingAcknowledgedIsLostAndNothingShowsHalfDoneHoweverOftenTheProgramIsKilled(t *testing.T) {
	kills, most := 300, 75*time.Second
	if testing.Short() {
		kills, most = 25, 15*time.Second
	}
	dir := t.TempDir()
	w, err := world.Open(context.Background(), dir) // makes keys and tables
	if err != nil {
		t.Fatal(err)
	}
	w.DB.Close()
	book := map[string]promise{}
	began := time.Now()
	done := 0
	for ; done < kills && time.Since(began) < most; done++ {
		round(t, dir, book)
		if done%25 == 24 {
			inspect(t, dir, book)
		}
		if t.Failed() {
			t.FailNow()
		}
	}
	inspect(t, dir, book)
	said, sent := map[string]int{}, 0
	for _, p := range book {
		said[p.what]++
		if rank[p.what] >= rank["sent"] {
			sent++
		}
	}
	t.Logf("%d kills in %s; acknowledged and found: %v", done, time.Since(began).Round(time.Second), said)
	if done < kills/3 || sent < done/3 || said["withdrawn"] == 0 {
		t.Errorf("too little happened between the kills to prove anything")
	}
}

// inspect opens what a killed child left and looks at everything.
func inspect(t *testing.T, dir string, book map[string]promise) {
	t.Helper()
	whole(t, filepath.Join(dir, "world.db"))
	w, err := world.Open(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer w.DB.Close()
	for draft, p := range book {
		kept(t, w, draft, p)
	}
	nothingHalf(t, w.DB)
	proves(t, w, dir)
}

// whole asks SQLite itself.
func whole(t *testing.T, path string) {
	t.Helper()
	raw, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	var answer string
	if err := raw.QueryRow("PRAGMA integrity_check").Scan(&answer); err != nil || answer != "ok" {
		t.Fatalf("the database is damaged: %s %v", answer, err)
	}
}

var stateOf = db.Statement(`SELECT state FROM referral_referral WHERE id = $1`)

// reached lists the states that prove a promise: more may have happened than
// the child came to say.
var reached = map[string]string{
	"sent": "sent received accepted withdrawn", "received": "received accepted withdrawn",
	"accepted": "accepted withdrawn", "withdrawn": "withdrawn",
}

// kept compares one promise with what is there: the state, and that the
// support organisation opens exactly the words, or, after a withdrawal,
// nothing.
func kept(t *testing.T, w *world.World, draft string, p promise) {
	t.Helper()
	ctx := context.Background()
	var state string
	err := w.DB.Read(ctx, func(tx *db.Tx) error { return tx.Row(stateOf, draft).Scan(&state) })
	if p.what == "drafted" {
		keptDraft(t, w, draft, p, state, err)
		return
	}
	if err != nil || !strings.Contains(" "+reached[p.what]+" ", " "+state+" ") {
		t.Errorf("%s was acknowledged as %s and is %q: %v", draft, p.what, state, err)
		return
	}
	shown, err := w.Referrals.Look(ctx, w.Mira, draft)
	if state == "withdrawn" {
		if fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s was withdrawn and still opens: %v", draft, err)
		}
		return
	}
	if err != nil || shown.Packet == nil {
		t.Errorf("%s does not open: %v", draft, err)
		return
	}
	if text, err := shown.Packet.Bytes(); err != nil || strings.Count(string(text), p.word) != 2 {
		t.Errorf("%s opens without its words: %v", draft, err)
	}
	if state == "accepted" && (len(shown.Words) != 1 || shown.Words[0].Text != "yes "+p.word) {
		t.Errorf("%s was accepted without the words of the acceptance", draft)
	}
}

// keptDraft: a draft that was acknowledged is still there with its answers,
// unless the sending, not yet acknowledged, happened.
func keptDraft(t *testing.T, w *world.World, draft string, p promise, state string, missing error) {
	t.Helper()
	if missing == nil && state != "" {
		return
	}
	d, err := w.Referrals.Load(context.Background(), w.Midwife, draft)
	if err != nil || !strings.Contains(d.Answers["notes"].One("notes"), p.word) {
		t.Errorf("the draft %s is lost: %v", draft, err)
	}
}

// What may never be seen. Each counts what is half-done. What goes on paper or
// by telephone has no receiver who opens anything here; an enquiry to several
// keeps its own wrap under its round.
var halves = map[string]*db.Stmt{
	"both a draft and a referral":           db.Statement(`SELECT COUNT(*) FROM referral_draft d JOIN referral_referral r ON r.id = d.id`),
	"a referral without its sender's wrap":  db.Statement(`SELECT COUNT(*) FROM referral_referral r WHERE NOT EXISTS (SELECT 1 FROM referral_wrap w WHERE w.object_id = r.id AND w.agency_id = r.from_agency)`),
	"an open referral that nobody can open": db.Statement(`SELECT COUNT(*) FROM referral_referral r WHERE r.state IN ('sent', 'received', 'accepted') AND r.to_agency NOT LIKE 'form:%' AND r.to_agency NOT LIKE 'call:%' AND NOT EXISTS (SELECT 1 FROM referral_wrap w WHERE w.object_id = r.id AND w.agency_id = r.to_agency)`),
	"a withdrawn one with a wrap left":      db.Statement(`SELECT COUNT(*) FROM referral_referral r JOIN referral_wrap w ON w.referral_id = r.id AND w.agency_id = r.to_agency WHERE r.state = 'withdrawn'`),
	"a wrap without a referral":             db.Statement(`SELECT COUNT(*) FROM referral_wrap w WHERE NOT EXISTS (SELECT 1 FROM referral_referral r WHERE r.id = w.referral_id) AND NOT EXISTS (SELECT 1 FROM referral_round o WHERE o.id = w.referral_id)`),
	"a referral without a consent":          db.Statement(`SELECT COUNT(*) FROM referral_referral r WHERE r.basis = 'consent' AND NOT EXISTS (SELECT 1 FROM consent_entry c WHERE c.id = r.consent_id AND c.object = 'referral/' || r.id)`),
	"a consent without a referral":          db.Statement(`SELECT COUNT(*) FROM consent_entry c WHERE NOT EXISTS (SELECT 1 FROM referral_referral r WHERE r.consent_id = c.id)`),
	"a withdrawal that the ledger lacks":    db.Statement(`SELECT COUNT(*) FROM referral_referral r JOIN consent_entry c ON c.id = r.consent_id WHERE (r.state = 'withdrawn') <> (c.withdrawn_at > 0)`),
	"a referral that its timeline lacks":    db.Statement(`SELECT COUNT(*) FROM referral_referral r WHERE NOT EXISTS (SELECT 1 FROM referral_event e WHERE e.referral_id = r.id AND e.action = 'send')`),
	"a state that its timeline lacks":       db.Statement(`SELECT COUNT(*) FROM referral_referral r WHERE NOT EXISTS (SELECT 1 FROM referral_event e WHERE e.referral_id = r.id AND e.to_state = r.state)`),
	"an event that the log lacks":           db.Statement(`SELECT COUNT(*) FROM referral_event e WHERE NOT EXISTS (SELECT 1 FROM audit_leaf l WHERE l.object = 'referral/' || e.referral_id AND l.action = 'referral.' || e.action AND l.at = e.at)`),
	"a referral whose end is not planned":   db.Statement(`SELECT COUNT(*) FROM referral_referral r WHERE r.state IN ('sent', 'received', 'accepted') AND NOT EXISTS (SELECT 1 FROM jobs_job j WHERE j.kind = 'referral.expire' AND j.name = r.id)`),
	"an answer to a draft that is gone":     db.Statement(`SELECT COUNT(*) FROM referral_draft_answer a WHERE NOT EXISTS (SELECT 1 FROM referral_draft d WHERE d.id = a.draft_id)`),
	"a dead job":                            db.Statement(`SELECT COUNT(*) FROM jobs_job WHERE state = 'dead'`),
}

func nothingHalf(t *testing.T, d *db.DB) {
	t.Helper()
	for what, s := range halves {
		var n int
		if err := d.Read(context.Background(), func(tx *db.Tx) error { return tx.Row(s).Scan(&n) }); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if n != 0 {
			t.Errorf("%d times %s", n, what)
		}
	}
}

// proves verifies the log as the killed child left it, with the checkpoint
// that it kept outside the database, then takes in what still waited.
func proves(t *testing.T, w *world.World, dir string) {
	t.Helper()
	ctx := context.Background()
	var kept []string
	if text, err := os.ReadFile(filepath.Join(dir, audit.CheckpointFile)); err == nil {
		kept = append(kept, string(text))
	}
	r, err := audit.Verify(ctx, w.DB, w.NodeKey.Public(), kept...)
	if err != nil || !r.OK() {
		t.Errorf("%s%v", r, err)
	}
	later := audit.NewLog(w.DB, w.NodeKey, func() time.Time { return time.Now().Add(time.Minute) }, nil, dir) // the child's lease is over
	ended, end := context.WithCancel(ctx)
	end()
	later.Run(ended) // takes in what waits and gives the lease back
	if r, err = audit.Verify(ctx, w.DB, w.NodeKey.Public(), kept...); err != nil || !r.OK() || r.Waiting != 0 {
		t.Errorf("%s%v", r, err)
	}
}
