package web

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
)

// Packed is public content that is the same for everyone until it is made
// anew: a data file. It is compressed once, at its first request, and a reader
// who has it already gets 304 (RFC 9110, section 15.4.5).
type Packed struct {
	file   asset
	digest [sha256.Size]byte
}

// NewPacked keeps content of a type for serving. The bytes must not change.
func NewPacked(contentType string, content []byte) *Packed {
	return &Packed{file: asset{contentType: contentType, plain: content}, digest: sha256.Sum256(content)}
}

// Bytes is the content. Not to be changed.
func (p *Packed) Bytes() []byte { return p.file.plain }

// ServeHTTP answers with the smallest form that the reader takes. The file may
// be kept, and is asked for again each time, so that nobody works with an old
// one for longer than without a line.
func (p *Packed) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.file.packed.Do(p.file.pack)
	h := w.Header()
	h.Set("Content-Type", p.file.contentType)
	h.Set("Cache-Control", "public, no-cache")
	h.Add("Vary", "Accept-Encoding")
	h.Set("Repr-Digest", "sha-256=:"+base64.StdEncoding.EncodeToString(p.digest[:])+":")
	body, encoding := p.file.plain, ""
	switch accepted := r.Header.Get("Accept-Encoding"); {
	case p.file.br != nil && accepts(accepted, "br"):
		body, encoding = p.file.br, "br"
	case p.file.gz != nil && accepts(accepted, "gzip"):
		body, encoding = p.file.gz, "gzip"
	}
	tag := base64.RawURLEncoding.EncodeToString(p.digest[:12])
	h.Set("ETag", `"`+strings.TrimSuffix(tag+"-"+encoding, "-")+`"`)
	if known(r.Header.Get("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if encoding != "" {
		h.Set("Content-Encoding", encoding)
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodHead {
		return
	}
	_, err := w.Write(body)
	_ = ignoreGone(err)
}

// known tells whether a reader has the content in any of its forms.
func known(header, tag string) bool {
	for one := range strings.SplitSeq(header, ",") {
		one = strings.Trim(strings.TrimPrefix(strings.TrimSpace(one), "W/"), `"`)
		if one == tag || one == tag+"-br" || one == tag+"-gzip" {
			return true
		}
	}
	return false
}
