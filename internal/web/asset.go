package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
)

//go:embed asset/css/*.css asset/js/*.js asset/module/*.js asset/font/*.woff2 asset/image/*
var assets embed.FS

// asset is one file as it is served: under a name that holds the hash of its
// content, so that a browser may keep it for ever.
type asset struct {
	name        string // "app.css"
	hashed      string // "app.3f2a9c1d.css"
	contentType string
	plain       []byte
	packed      sync.Once
	br, gz      []byte
}

// shelf holds the assets by hashed name and by plain name.
type shelf struct {
	byHash map[string]*asset
	byName map[string]*asset
}

// extra holds what domains add to the shelf, by plain name.
var extra struct {
	sync.Mutex
	files map[string][]byte
}

// Style registers a small style sheet that a domain keeps beside its pages.
// A page asks for it with {{define "style"}}name{{end}}, the name being the
// file's without ".css". Call it from a package-level variable or init.
func Style(fsys fs.FS, file string) string { return register(fsys, file, ".css") }

// Script registers a module that a domain keeps beside its pages, for what
// only a browser can do (passkeys, offline use). A page asks for it with
// {{define "script"}}name{{end}}. What another script registers, it takes by
// an import of its own line (import { name } from './other.js';): it is served
// within it, so that a slow line carries one file.
func Script(fsys fs.FS, file string) string { return register(fsys, file, ".js") }

func register(fsys fs.FS, file, ext string) string {
	b, err := fs.ReadFile(fsys, file)
	if err != nil {
		panic("web: " + file + " is not embedded")
	}
	name := strings.TrimSuffix(path.Base(file), ext)
	extra.Lock()
	defer extra.Unlock()
	if extra.files == nil {
		extra.files = map[string][]byte{}
	}
	extra.files[name+ext] = b
	return name
}

var shelve = sync.OnceValue(func() *shelf {
	s := &shelf{map[string]*asset{}, map[string]*asset{}}
	s.folder("asset/font", "font/", "font/woff2")
	s.folder("asset/image", "", "image/svg+xml")
	s.add("app.css", "text/css; charset=utf-8", tight(s.linkFonts(join("asset/css", "tokens.css", "font.css", "base.css", "frame.css", "component.css", "print.css"))))
	s.add("app.js", "text/javascript; charset=utf-8", modules("asset/js"))
	extra.Lock()
	defer extra.Unlock()
	for name, b := range extra.files {
		if strings.HasSuffix(name, ".css") {
			s.add(name, "text/css; charset=utf-8", tight(b))
		} else {
			s.add(name, "text/javascript; charset=utf-8", joined(b))
		}
	}
	return s
})

var (
	jsImport = regexp.MustCompile(`(?m)^import \{ ([a-zA-Z, ]+) \} from '\./([a-z-]+\.js)';\n`)
	jsExport = regexp.MustCompile(`(?m)^export `)
)

// joined is a script with what it imports inside, each part in a scope of its
// own. It is called while the scripts are locked.
func joined(script []byte) []byte {
	return jsImport.ReplaceAllFunc(jsComment.ReplaceAll(script, nil), func(m []byte) []byte {
		names, file := string(jsImport.FindSubmatch(m)[1]), string(jsImport.FindSubmatch(m)[2])
		part, ok := extra.files[file]
		if !ok {
			panic("web: a script imports " + file + ", which nothing registers")
		}
		return []byte("const { " + names + " } = (() => {\n" + string(jsExport.ReplaceAll(joined(part), nil)) + "return { " + names + " };\n})();\n")
	})
}

// Scripts that rooms of several domains import.
var (
	_ = Script(assets, "asset/module/along.js")
	_ = Script(assets, "asset/module/shelf.js")
	_ = Script(assets, "asset/module/voice.js")
)

func (s *shelf) folder(dir, prefix, contentType string) {
	entries, err := assets.ReadDir(dir)
	if err != nil {
		panic("web: missing folder " + dir)
	}
	for _, e := range entries {
		b, err := assets.ReadFile(dir + "/" + e.Name())
		if err != nil {
			panic("web: unreadable asset " + e.Name())
		}
		kind := contentType
		if strings.HasSuffix(e.Name(), ".png") {
			kind = "image/png"
		}
		s.add(prefix+e.Name(), kind, b)
	}
}

func (s *shelf) add(name, contentType string, content []byte) {
	sum := sha256.Sum256(content)
	ext := path.Ext(name)
	a := &asset{name: name, hashed: strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:4]) + ext, contentType: contentType, plain: content}
	s.byHash[a.hashed], s.byName[name] = a, a
}

func join(dir string, names ...string) []byte {
	var b bytes.Buffer
	for _, n := range names {
		content, err := assets.ReadFile(dir + "/" + n)
		if err != nil {
			panic("web: missing style sheet " + n)
		}
		b.Write(content)
		b.WriteByte('\n')
	}
	return b.Bytes()
}

var fontURL = regexp.MustCompile(`url\((font/[a-z-]+\.woff2)\)`)

// linkFonts puts the hashed names of the fonts into the style sheet.
func (s *shelf) linkFonts(css []byte) []byte {
	return fontURL.ReplaceAllFunc(css, func(m []byte) []byte {
		name := string(fontURL.FindSubmatch(m)[1])
		a := s.byName[name]
		if a == nil {
			panic("web: style sheet names a missing font " + name)
		}
		return []byte("url(/asset/" + a.hashed + ")")
	})
}

var (
	cssComment = regexp.MustCompile(`(?s)/\*.*?\*/`)
	cssSpace   = regexp.MustCompile(`\s*\n\s*`)
	cssAround  = regexp.MustCompile(`\s*([{};])\s*`)
)

// tight drops comments and line ends of a style sheet. It knows no grammar:
// our style sheets hold no string with a brace, a semicolon or a line end.
func tight(css []byte) []byte {
	css = cssComment.ReplaceAll(css, nil)
	css = cssSpace.ReplaceAll(css, []byte(" "))
	css = cssAround.ReplaceAll(css, []byte("$1"))
	return bytes.TrimSpace(bytes.ReplaceAll(css, []byte(";}"), []byte("}")))
}

var fontFace = regexp.MustCompile(`@font-face\s*\{[^}]*\}`)

// StyleAlone is the shell's style sheet with some that rooms registered, for
// pages that are read without this server: in the device's letters, so that it
// names no other file.
func StyleAlone(names ...string) []byte {
	css := fontFace.ReplaceAll(shelve().byName["app.css"].plain, nil)
	for _, name := range names {
		css = append(append(css, '\n'), shelve().byName[name+".css"].plain...)
	}
	return css
}

// ScriptAlone is a script with what it imports inside, for pages that are read
// without this server.
func ScriptAlone(script []byte) []byte {
	extra.Lock()
	defer extra.Unlock()
	return joined(script)
}

var jsComment = regexp.MustCompile(`(?m)^\s*//.*\n`)

// modules puts the scripts into one file, each in a block of its own. None
// imports or exports anything.
func modules(dir string) []byte {
	entries, err := assets.ReadDir(dir)
	if err != nil {
		panic("web: missing folder " + dir)
	}
	var b bytes.Buffer
	for _, e := range entries {
		content, err := assets.ReadFile(dir + "/" + e.Name())
		if err != nil {
			panic("web: unreadable script " + e.Name())
		}
		b.WriteString("{\n")
		b.Write(jsComment.ReplaceAll(content, nil))
		b.WriteString("}\n")
	}
	return b.Bytes()
}

// assetPath is the address of an asset by its plain name; empty when there is
// none.
func assetPath(name string) string {
	if a := shelve().byName[name]; a != nil {
		return "/asset/" + a.hashed
	}
	return ""
}

func (a *asset) pack() {
	if a.contentType == "font/woff2" || a.contentType == "image/png" || len(a.plain) < compressFrom {
		return
	}
	var br, gz bytes.Buffer
	w := brotli.NewWriterLevel(&br, brotli.BestCompression)
	if _, err := w.Write(a.plain); err == nil && w.Close() == nil {
		a.br = br.Bytes()
	}
	z, err := gzip.NewWriterLevel(&gz, gzip.BestCompression)
	if err != nil {
		return
	}
	if _, err := z.Write(a.plain); err == nil && z.Close() == nil {
		a.gz = gz.Bytes()
	}
}

func serveAsset(w http.ResponseWriter, r *http.Request) {
	a := shelve().byHash[r.PathValue("file")]
	if a == nil {
		http.NotFound(w, r)
		return
	}
	a.packed.Do(a.pack)
	h := w.Header()
	for _, page := range []string{"Content-Security-Policy", "Permissions-Policy", "X-Frame-Options", "Cross-Origin-Opener-Policy", "X-Robots-Tag"} {
		h.Del(page) // they bind documents; on five fonts they would weigh as much as a sixth
	}
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Content-Type", a.contentType)
	h.Add("Vary", "Accept-Encoding")
	body, accepted := a.plain, r.Header.Get("Accept-Encoding")
	switch {
	case a.br != nil && accepts(accepted, "br"):
		h.Set("Content-Encoding", "br")
		body = a.br
	case a.gz != nil && accepts(accepted, "gzip"):
		h.Set("Content-Encoding", "gzip")
		body = a.gz
	}
	_, err := w.Write(body)
	_ = ignoreGone(err)
}

func (s *Shell) favicon(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, assetPath("mark.svg"), http.StatusFound)
}

// robots lets nothing but the start pages into a search engine: a result list
// on a shared computer must not show what was read here.
func robots(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err := w.Write([]byte("User-agent: *\nDisallow: /exit\nDisallow: /*?\n"))
	_ = ignoreGone(err)
}
