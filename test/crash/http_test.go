package crash

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"amelie/internal/db"
	"amelie/internal/id"
)

// The whole program over HTTP: three people send from the pages while it is
// killed; each time it is started again, everything that a page confirmed must
// be there, for both sides, in the sign-ins of before.
//
// req: CRASH-1
func TestWhatAPageConfirmedIsThereAfterTheWholeProgramWasKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and starts the program again and again")
	}
	binary := filepath.Join(t.TempDir(), "amelie")
	if out, err := exec.Command("go", "build", "-o", binary, "amelie/cmd/amelie").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	data := filepath.Join(t.TempDir(), "data")
	site := startSite(t, binary, data)
	midwives := [3]*visitor{newVisitor(t, site, "midwife"), newVisitor(t, site, "midwife"), newVisitor(t, site, "doctor")}
	mira := newVisitor(t, site, "mira")
	var book confirmed
	const kills = 12
	began := time.Now()
	done := 0
	for ; done < kills && time.Since(began) < 45*time.Second; done++ {
		round := make(chan struct{})
		var group sync.WaitGroup
		for _, v := range midwives {
			group.Go(func() {
				for {
					select {
					case <-round:
						return
					default:
						v.sends(site, &book)
					}
				}
			})
		}
		book.waitFor(book.len() + 1 + rand.N(4))
		time.Sleep(rand.N(60 * time.Millisecond))
		site.cmd.Process.Kill()
		site.cmd.Wait()
		close(round)
		group.Wait()
		left(t, binary, data)
		site = startSite(t, binary, data)
		for _, p := range book.unseen() {
			for name, v := range map[string]*visitor{"the sender": midwives[p.by], "the receiver": mira} {
				if status, page := v.get(site, "/en/referral/"+p.id); status != http.StatusOK || !strings.Contains(page, p.word) {
					t.Errorf("%s does not find the confirmed %s: status %d", name, p.id, status)
				}
			}
		}
		if t.Failed() {
			break
		}
	}
	site.cmd.Process.Kill()
	site.cmd.Wait()
	t.Logf("%d kills in %s, %d referrals confirmed by a page and found by both sides", done, time.Since(began).Round(time.Second), book.len())
	if done < 3 || book.len() < done {
		t.Errorf("too little happened between the kills to prove anything")
	}
}

// site is the running program.
type site struct {
	cmd  *exec.Cmd
	base string
}

func startSite(t *testing.T, binary, data string) *site {
	t.Helper()
	cmd := exec.Command(binary, "demo", "--data", data, "--addr", "127.0.0.1:0")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the program does not start again: %v", err)
	}
	go io.Copy(io.Discard, out)
	return &site{cmd, strings.TrimRight(strings.TrimSpace(line), "/")}
}

// visitor is one signed-in browser. Its cookies outlive the program.
type visitor struct {
	http.Client
	number int
}

var visitors int

func newVisitor(t *testing.T, s *site, person string) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	v := &visitor{Client: http.Client{Jar: jar, Timeout: 20 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, number: visitors}
	visitors++
	if to, err := v.post(s, "/en/demo", url.Values{"person": {person}}); err != nil || !strings.Contains(to, "/today") {
		t.Fatalf("%s does not get in: %q %v", person, to, err)
	}
	return v
}

// post answers where the page leads; an error is what a visitor would see as
// "not confirmed".
func (v *visitor) post(s *site, path string, form url.Values) (to string, err error) {
	resp, err := v.PostForm(s.base+path, form)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return "", err
	}
	if resp.StatusCode != http.StatusSeeOther {
		return "", fmt.Errorf("%s answers %d: %.300s", path, resp.StatusCode, body)
	}
	return resp.Header.Get("Location"), nil
}

func (v *visitor) get(s *site, path string) (int, string) {
	resp, err := v.Get(s.base + path)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, string(body)
}

// answers are what is pressed on the question pages.
var answers = map[string]url.Values{
	"need": {"need": {"accommodation"}}, "urgency": {"urgency": {"now"}}, "age": {"age": {"25-39"}}, "language": {"language": {"ro"}},
	"interpreter": {"interpreter": {"any"}}, "contact": {"contact": {"through-me"}}, "wants": {"wants": {"safe-tonight"}}, "must-not": {"must-not": {"no-police"}},
}

var revision = regexp.MustCompile(`name="rev" value="(\d+)"`)

// sends walks the pages once. Whatever breaks on the way is not confirmed, and
// the book says so by silence.
func (v *visitor) sends(s *site, book *confirmed) {
	word := "wort" + id.Secret(8)
	to, err := v.post(s, "/en/refer/new", url.Values{"service": {"gr-a21-1109"}, "setting": {"alone"}, "once": {id.New()}})
	if err != nil {
		return
	}
	draft := strings.Split(to, "/")[3]
	notes := url.Values{"notes": {"Said at night: " + word}}
	if _, err = v.post(s, "/en/refer/"+draft+"/notes", notes); err != nil {
		return
	}
	for step, answer := range answers {
		if _, err := v.post(s, "/en/refer/"+draft+"/"+step, answer); err != nil {
			return
		}
	}
	_, sheet := v.get(s, "/en/refer/"+draft+"/consent?lang=ro")
	rev := revision.FindStringSubmatch(sheet)
	if rev == nil {
		return
	}
	consent := url.Values{"rev": {rev[1]}, "lang": {"ro"}, "days": {"30"}, "interpreter": {"none"}, "how": {"spoken"}, "once": {id.New()},
		"part": {"needs", "age", "languages", "wants", "must-not", "notes", "feedback"}}
	if to, err = v.post(s, "/en/refer/"+draft+"/consent", consent); err == nil && strings.Contains(to, "/referral/"+draft) {
		book.add(page{draft, word, v.number})
	}
}

// page is a referral that a page confirmed as sent.
type page struct {
	id, word string
	by       int
}

// confirmed is what pages said, and how much of it was looked at.
type confirmed struct {
	sync.Mutex
	all  []page
	seen int
}

func (c *confirmed) add(p page) { c.Lock(); defer c.Unlock(); c.all = append(c.all, p) }
func (c *confirmed) len() int   { c.Lock(); defer c.Unlock(); return len(c.all) }

// unseen are the ones since the last look, and the first few again.
func (c *confirmed) unseen() []page {
	c.Lock()
	defer c.Unlock()
	out := append([]page(nil), c.all[c.seen:]...)
	out = append(out, c.all[:min(3, c.seen)]...)
	c.seen = len(c.all)
	return out
}

// waitFor returns when n are confirmed, or after some seconds on a slow
// machine.
func (c *confirmed) waitFor(n int) {
	for end := time.Now().Add(8 * time.Second); c.len() < n && time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
	}
}

// left looks at what the killed program left, before it is started again: the
// file is whole, nothing is half-done, the log proves itself by the program's
// own command.
func left(t *testing.T, binary, data string) {
	t.Helper()
	whole(t, filepath.Join(data, "amelie.db"))
	if out, err := exec.Command(binary, "verify", "log", "--data", data).CombinedOutput(); err != nil {
		t.Errorf("verify log: %v\n%s", err, out)
	}
	d, err := db.Open(context.Background(), db.Config{Path: filepath.Join(data, "amelie.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	nothingHalf(t, d)
}
