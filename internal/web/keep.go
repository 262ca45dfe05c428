package web

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"amelie/internal/fault"
)

// What a reader asks to keep on the device lies on a shelf: a cache that a room
// names, filled with a list of addresses, before which a worker stands that
// answers for the room's own addresses and for no others. Every room registers
// a worker of its own from the one script; a page never loads it unasked.
//
// The quick exit of a page behind a worker whose address ends in worker.js
// leaves the shelf (leave.js); a worker whose address has a query does not
// change what the exit clears.

// Shelf is what the worker knows of a room.
type Shelf struct {
	Name  string `json:"name"`            // of the cache
	Note  string `json:"note"`            // address in it of what it says of itself
	Own   string `json:"own"`             // ECMAScript expression of the addresses that it answers for
	First string `json:"first,omitempty"` // of these, for what the server is asked first
	Whole string `json:"whole,omitempty"` // below the language, the document that stands for every page
}

// Worker serves the script that answers from a shelf. It may be registered below
// any language.
func Worker(shelf Shelf) http.Handler {
	script, err := assets.ReadFile("asset/module/worker.js")
	if err != nil {
		panic("web: worker.js is not embedded")
	}
	said, err := json.Marshal(shelf)
	if err != nil {
		panic("web: a shelf of strings is written")
	}
	body := append(fmt.Appendf(nil, "const shelf = %s;\n", said), jsComment.ReplaceAll(script, nil)...)
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "text/javascript; charset=utf-8")
		h.Set("Service-Worker-Allowed", "/")
		h.Set("Cache-Control", "no-cache")
		_, err := w.Write(body)
		_ = ignoreGone(err)
	})
}

// KeptList is what a device keeps. Its version moves when anything of it does,
// so that a device learns with one small request whether it is behind.
type KeptList struct {
	Version string   `json:"version"`
	Files   []string `json:"files"`
	Bytes   int      `json:"bytes"` // on the wire, all together
	Size    int      `json:"size"`  // as they lie there
}

// Keeping makes lists of what is kept, by visiting the site itself.
type Keeping struct {
	shell   *Shell
	mu      sync.Mutex
	state   string
	visited map[string]Visited // by address, in that state
}

// NewKeeping makes lists of pages of this shell.
func NewKeeping(s *Shell) *Keeping { return &Keeping{shell: s} }

// List is what stands at the addresses and what that loads, for a state of the
// site, in which each address is visited once.
func (k *Keeping) List(ctx context.Context, state string, addresses []string) (l KeptList, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.state != state || k.visited == nil {
		k.state, k.visited = state, map[string]Visited{}
	}
	for _, address := range addresses {
		if err := k.add(ctx, &l, address); err != nil {
			return l, err
		}
	}
	sum := sha256.Sum256([]byte(state + strings.Join(l.Files, "\n")))
	l.Version = hex.EncodeToString(sum[:8])
	return l, nil
}

// add puts an address and what it loads on the list.
func (k *Keeping) add(ctx context.Context, l *KeptList, address string) error {
	if slices.Contains(l.Files, address) {
		return nil
	}
	v, known := k.visited[address]
	if !known {
		var err error
		if v, err = k.shell.Visit(ctx, address); err != nil {
			return fault.Wrap(err, "visit what is kept")
		}
		if v.Status != http.StatusOK {
			return fault.Wrap(fmt.Errorf("%s answers %d", address, v.Status), "list what is kept")
		}
		k.visited[address] = v
	}
	l.Files = append(l.Files, address)
	l.Bytes += v.Bytes
	l.Size += v.Size
	for _, a := range v.Assets {
		if err := k.add(ctx, l, a); err != nil {
			return err
		}
	}
	return nil
}

// KeptLanguages are the languages that an address names, joined by "+", each
// once and in one order. Error: fault.NotFound for one that the site has not.
func (c *Ctx) KeptLanguages(named string) ([]string, error) {
	languages := strings.Split(named, "+")
	slices.Sort(languages)
	languages = slices.Compact(languages)
	for _, lang := range languages {
		if !slices.Contains(c.Config().Languages, lang) {
			return nil, fault.New(fault.NotFound, "web.error.not-found")
		}
	}
	return languages, nil
}
