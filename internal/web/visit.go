package web

import (
	"bytes"
	"context"
	"net/http"
	"regexp"
	"slices"
)

// Visited is a page of this site as a stranger without a cookie gets it.
type Visited struct {
	Status int
	Bytes  int      // on the wire, compressed
	Size   int      // as it is
	Assets []string // addresses of what the page loads, in their order
}

var assetAddress = regexp.MustCompile(`"(/asset/[A-Za-z0-9./-]+)"`)

// Visit asks this site itself for an address, for a room that must know what
// its pages load. It is neither logged nor counted: nobody came.
func (s *Shell) Visit(ctx context.Context, address string) (Visited, error) {
	plain, err := s.visit(ctx, address, "")
	if err != nil {
		return Visited{}, err
	}
	packed, err := s.visit(ctx, address, "br")
	if err != nil {
		return Visited{}, err
	}
	v := Visited{Status: plain.status, Bytes: packed.body.Len(), Size: plain.body.Len()}
	for _, m := range assetAddress.FindAllSubmatch(plain.body.Bytes(), -1) {
		if a := string(m[1]); !slices.Contains(v.Assets, a) {
			v.Assets = append(v.Assets, a)
		}
	}
	return v, nil
}

// sink takes an answer.
type sink struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (s *sink) Header() http.Header { return s.header }

func (s *sink) WriteHeader(status int) {
	if s.status == 0 {
		s.status = status
	}
}

func (s *sink) Write(b []byte) (int, error) {
	s.WriteHeader(http.StatusOK)
	return s.body.Write(b)
}

func (s *Shell) visit(ctx context.Context, address, encoding string) (*sink, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept-Encoding", encoding)
	out := &sink{header: http.Header{}}
	s.mux.ServeHTTP(out, r)
	return out, nil
}

// Asset is the address of an asset by its plain name; empty when there is none.
func Asset(name string) string { return assetPath(name) }
