package web

import (
	"bytes"
	"net/http"
	"strconv"
	"sync"
)

// keptPages is how many pages one handler keeps at the most.
const keptPages = 512

// Kept answers a public page that is the same for every visitor from memory,
// until the next minute of the clock or until version changes. Only a plain
// GET without a query and without a sign-in is kept or answered so: nothing
// that depends on who asks can get in, and what was looked for never does.
func Kept(version func(c *Ctx) string, h Handler) Handler {
	k := &kept{}
	return func(c *Ctx) error {
		if c.R.Method != http.MethodGet || c.R.URL.RawQuery != "" || c.zone != ZonePublic || c.Viewer != nil || c.shell.SignedIn(c.R) {
			return h(c)
		}
		accepted := c.R.Header.Get("Accept-Encoding")
		encoding := "plain"
		for _, e := range []string{"br", "gzip"} {
			if accepts(accepted, e) {
				encoding = e
				break
			}
		}
		minute, key := c.Now().Unix()/60, c.R.URL.Path+"\x00"+encoding+"\x00"+strconv.FormatInt(c.shell.shows.Load(), 10)+"\x00"+version(c)
		if p := k.get(minute, key); p != nil {
			p.send(c.W)
			return nil
		}
		k.once.Do(func() { c.shell.keep(k) })
		copying := &copyOf{ResponseWriter: c.W}
		c.W, c.kept = copying, true
		err := h(c)
		if err == nil && copying.status == http.StatusOK && copying.Header().Get("Set-Cookie") == "" {
			k.put(minute, key, &keptPage{copying.Header().Clone(), bytes.Clone(copying.body.Bytes())})
		}
		return err
	}
}

// Small says that the page is worth ten milliseconds of compressing where it is
// made once for many readers.
func (c *Ctx) Small() { c.small = true }

type kept struct {
	once   sync.Once // makes it known to its shell
	mu     sync.RWMutex
	minute int64
	pages  map[string]*keptPage
}

type keptPage struct {
	header http.Header
	body   []byte
}

func (k *kept) get(minute int64, key string) *keptPage {
	k.mu.RLock()
	defer k.mu.RUnlock()
	if k.minute != minute {
		return nil
	}
	return k.pages[key]
}

func (k *kept) put(minute int64, key string, p *keptPage) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.minute != minute || len(k.pages) >= keptPages {
		k.minute, k.pages = minute, map[string]*keptPage{}
	}
	k.pages[key] = p
}

func (k *kept) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.pages = nil
	k.minute = -1
}

// keep remembers what Forget lets go.
func (s *Shell) keep(k *kept) {
	s.keeping.Lock()
	defer s.keeping.Unlock()
	s.keeps = append(s.keeps, k)
}

// Forget lets go of every page that was kept for its minute.
func (s *Shell) Forget() {
	s.keeping.Lock()
	defer s.keeping.Unlock()
	for _, k := range s.keeps {
		k.forget()
	}
}

func (p *keptPage) send(w http.ResponseWriter) {
	h := w.Header()
	for name, values := range p.header {
		h[name] = values
	}
	w.WriteHeader(http.StatusOK)
	_, err := w.Write(p.body)
	_ = ignoreGone(err)
}

// copyOf passes an answer on and remembers it.
type copyOf struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (c *copyOf) WriteHeader(status int) {
	c.status = status
	c.ResponseWriter.WriteHeader(status)
}

func (c *copyOf) Write(b []byte) (int, error) {
	c.body.Write(b)
	return c.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (c *copyOf) Unwrap() http.ResponseWriter { return c.ResponseWriter }
