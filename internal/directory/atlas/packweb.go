package atlas

import (
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"

	"amelie/api"
	"amelie/internal/directory"
	"amelie/internal/fault"
	"amelie/internal/web"
)

// shelf is the packs of one version of the directory, each made at its first
// request.
type shelf map[string]func() (*web.Packed, error)

// mountPacks registers the files. They are outside of the languages: a pack
// holds all six.
func (a *Atlas) mountPacks(s *web.Shell) {
	raw := func(pattern string, h func(w http.ResponseWriter, r *http.Request) error) {
		s.Raw(pattern, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := h(w, r); err != nil {
				s.BadRequest(w, r, err)
			}
		}))
	}
	raw("GET /pack/{$}", a.packList)
	raw("GET /pack/{country}", a.pack)
	s.Raw("GET /pack/schema.json", web.NewPacked("application/schema+json", api.PackSchema))
}

func (a *Atlas) pack(w http.ResponseWriter, r *http.Request) error {
	code := strings.ToUpper(r.PathValue("country"))
	all, err := a.cfg.Directory.Everyone(r.Context())
	if err != nil {
		return err
	}
	make, ok := a.packs.of(all.Version(), func() shelf { return a.shelve(all) })[code]
	if !ok {
		return fault.New(fault.NotFound, "directory.error.no-country")
	}
	file, err := make()
	if err != nil {
		return fault.Wrap(err, "pack")
	}
	file.ServeHTTP(w, r)
	return nil
}

// shelve prepares the packs of a version. A pack depends on nothing but the
// version: neither on who asks nor on when.
func (a *Atlas) shelve(all directory.Everyone) shelf {
	out := shelf{}
	for _, code := range directory.Countries() {
		out[code] = sync.OnceValues(func() (*web.Packed, error) {
			file, err := newPack(a.packing(all, code)).Encode()
			if err != nil {
				return nil, err
			}
			return web.NewPacked("application/json", file), nil
		})
	}
	return out
}

func (a *Atlas) packing(all directory.Everyone, code string) packing {
	in := packing{country: code, version: all.Version(), organizations: all.Organizations(), vocabulary: all.Vocabulary(), changed: all.Changed, emergency: "112"}
	if a.cfg.Emergency != nil {
		in.emergency = a.cfg.Emergency(code)
	}
	for _, o := range in.organizations {
		for _, s := range o.Services {
			if s.Helpline && o.Group == directory.Support && o.Country == code {
				in.helplines = append(in.helplines, s.ID)
			}
		}
	}
	if a.cfg.Helplines != nil {
		for _, id := range a.cfg.Helplines(code) {
			if !slices.Contains(in.helplines, id) {
				in.helplines = append(in.helplines, id)
			}
		}
	}
	return in
}

// The answer of /pack/: which packs there are, so that a guide can tell with a
// small request whether its own is still the newest.
type packIndex struct {
	Format string      `json:"format"`
	Packs  []packEntry `json:"packs"`
}

type packEntry struct {
	Country string `json:"country"`
	Path    string `json:"path"`
	Version int64  `json:"version"`
	Bytes   int    `json:"bytes"` // before compression
	Digest  string `json:"digest"`
}

func (a *Atlas) packList(w http.ResponseWriter, r *http.Request) error {
	all, err := a.cfg.Directory.Everyone(r.Context())
	if err != nil {
		return err
	}
	packs := a.packs.of(all.Version(), func() shelf { return a.shelve(all) })
	index := packIndex{Format: packFormat}
	for _, code := range directory.Countries() {
		file, err := packs[code]()
		if err != nil {
			return fault.Wrap(err, "pack")
		}
		index.Packs = append(index.Packs, packEntry{Country: code, Path: "/pack/" + strings.ToLower(code), Version: all.Version(), Bytes: len(file.Bytes()), Digest: digestOf(file.Bytes())})
	}
	b, err := json.Marshal(index)
	if err != nil {
		return fault.Wrap(err, "list of packs")
	}
	web.NewPacked("application/json", append(b, '\n')).ServeHTTP(w, r)
	return nil
}

// digestOf is the digest that stands at the end of a pack's file.
func digestOf(file []byte) string {
	at := len(file) - len(digestTail) - hex.EncodedLen(32) - len("sha256:")
	return string(file[at : len(file)-len(digestTail)])
}
