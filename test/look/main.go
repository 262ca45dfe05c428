// Command look takes full-page pictures of pages, so that they can be judged
// by eye: at phone, tablet and desktop width, in light, dark and print.
//
//	go run ./test/look -url http://127.0.0.1:8080/en/find -out /tmp/look
//	go run ./test/look -url "$A" -url "$B" -width 390,1280 -mode light,dark -out /tmp/look
//	go run ./test/look -design -out /tmp/look          (the shell's own pages, no server needed)
//	go run ./test/look -url ... -cookie name=value     (as a signed-in member)
//
// It needs Debian's chromium. Files are named after the path, width and mode.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"amelie/internal/i18n"
	"amelie/internal/web"
	"amelie/locale"
)

type list []string

func (l *list) String() string     { return strings.Join(*l, " ") }
func (l *list) Set(s string) error { *l = append(*l, s); return nil }

func main() {
	var urls, cookies list
	flag.Var(&urls, "url", "address of a page; may be given several times")
	flag.Var(&cookies, "cookie", "name=value sent along; may be given several times")
	out := flag.String("out", "look", "folder for the pictures")
	widths := flag.String("width", "390,768,1280", "widths in CSS pixels")
	modes := flag.String("mode", "light,dark,print", "light, dark, contrast, print")
	design := flag.Bool("design", false, "look at the shell's own pages")
	axe := flag.String("axe", "", "file of axe-core (axe.min.js): print what it finds")
	zoom := flag.Float64("zoom", 1, "device pixels per CSS pixel")
	flag.Parse()
	if *design {
		urls = append(urls, serveDesign()...)
	}
	if *axe != "" {
		b, err := os.ReadFile(*axe)
		if err != nil {
			log.Fatal(err)
		}
		judge = string(b)
	}
	if err := run(urls, cookies, *out, strings.Split(*widths, ","), strings.Split(*modes, ","), *zoom); err != nil {
		log.Fatal(err)
	}
}

// serveDesign starts the shell alone, on a port that the kernel chooses.
func serveDesign() []string {
	texts, err := i18n.Load(locale.Files, i18n.Languages)
	if err != nil {
		log.Fatal(err)
	}
	s := web.New(web.Config{Languages: i18n.Languages, PatientLanguages: append(append([]string{}, i18n.Languages...), "ar", "ro", "uk"), Demo: true, Texts: texts, Now: time.Now})
	web.Sample(s)
	rooms(s)
	server := httptest.NewServer(s.Handler())
	var urls []string
	for _, p := range []string{"/en/", "/el/", "/de/design", "/en/design", "/en/design?dir=rtl", "/ar/sample", "/en/today", "/de/today", "/en/missing"} {
		urls = append(urls, server.URL+p)
	}
	return urls
}

// rooms are a professional zone with an invented member in it, each room
// showing the design page.
func rooms(s *web.Shell) {
	s.Authenticate = func(*http.Request) (*web.Viewer, error) {
		return &web.Viewer{UserID: "sample", Name: "Mira", AgencyName: "Haven", Roles: []string{"lead"}}, nil
	}
	s.Person("GET /sample", web.Design)
	for _, path := range []string{"/find", "/country", "/sign-in"} {
		s.Public("GET "+path, web.Design)
	}
	for i, room := range [][2]string{{"today", "lamp"}, {"referrals", "send"}, {"agency", "building"}, {"directory", "book"}, {"admin", "settings"}} {
		s.Professional("GET /"+room[0], web.Design)
		s.Nav(web.NavItem{Path: "/" + room[0], Icon: room[1], Label: "web.nav." + room[0], Order: 10 * i})
	}
}

// judge is the source of axe-core; empty: nothing is judged.
var judge string

const verdict = `axe.run(document, {resultTypes: ['violations']}).then(r => r.violations.map(v => '! axe ' + v.impact + ' ' + v.id + ': ' + v.nodes.slice(0, 4).map(n => n.target.join(' ') + ' ' + (n.any[0]?.message ?? '')).join(' | ')))`

func run(urls, cookies []string, out string, widths, modes []string, zoom float64) error {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium()), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-background-networking", true), chromedp.Flag("font-render-hinting", "none"))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	defer stop()
	browser, closeBrowser := chromedp.NewContext(allocator)
	defer closeBrowser()
	for _, address := range urls {
		for _, w := range widths {
			for _, m := range modes {
				file, err := shoot(browser, address, cookies, w, m, out, zoom)
				if err != nil {
					return fmt.Errorf("%s at %s, %s: %w", address, w, m, err)
				}
				fmt.Println(file)
			}
		}
	}
	return nil
}

func chromium() string {
	for _, p := range []string{os.Getenv("CHROMIUM"), "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"} {
		if _, err := os.Stat(p); p != "" && err == nil {
			return p
		}
	}
	return "chromium"
}

// tallest is where a picture ends: a page that never ends is a fault anyway.
const tallest = 16000

func shoot(browser context.Context, address string, cookies []string, width, mode, out string, zoom float64) (string, error) {
	w, err := strconv.ParseInt(width, 10, 64)
	if err != nil {
		return "", err
	}
	opened, closeTab := chromedp.NewContext(browser)
	defer closeTab()
	if err := surroundings(opened, mode); err != nil {
		return "", err
	}
	tab, cancel := context.WithTimeout(opened, time.Minute)
	defer cancel()
	for _, c := range cookies {
		n, v, _ := strings.Cut(c, "=")
		if _, err := chromedp.Call(tab, network.SetCookie, network.SetCookieParams{Name: n, Value: v, URL: address}); err != nil {
			return "", err
		}
	}
	if err := size(tab, w, 844, zoom); err != nil {
		return "", err
	}
	if err := chromedp.Do(tab, chromedp.Navigate(address)); err != nil {
		return "", err
	}
	wide, err := chromedp.Run(tab, chromedp.Evaluate[int64](`document.documentElement.scrollWidth - document.documentElement.clientWidth`))
	if err != nil {
		return "", err
	}
	if wide > 0 {
		fmt.Printf("! %s is %d px wider than a window of %s\n", address, wide, width)
	}
	height, err := chromedp.Run(tab, chromedp.Evaluate[int64](`document.fonts.ready.then(() => Math.ceil(document.documentElement.scrollHeight))`, chromedp.EvalAwaitPromise))
	if err != nil {
		return "", err
	}
	if judge != "" {
		// The debugger's own evaluation is not subject to the page's policy.
		if err := chromedp.Do(tab, chromedp.Evaluate[chromedp.Void](judge)); err != nil {
			return "", err
		}
		found, err := chromedp.Run(tab, chromedp.Evaluate[[]string](verdict, chromedp.EvalAwaitPromise))
		if err != nil {
			return "", err
		}
		for _, f := range found {
			fmt.Println(f)
		}
	}
	// The window grows to the page, so that bars stand where they end up.
	if err := size(tab, w, min(max(height, 400), tallest), zoom); err != nil {
		return "", err
	}
	picture, err := chromedp.Run(tab, chromedp.CaptureScreenshot())
	if err != nil {
		return "", err
	}
	file := filepath.Join(out, name(address)+"-"+width+"-"+mode+".png")
	return file, os.WriteFile(file, picture, 0o644)
}

func size(tab context.Context, w, h int64, zoom float64) error {
	_, err := chromedp.Call(tab, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: w, Height: h, DeviceScaleFactor: zoom, Mobile: w < 600})
	return err
}

// surroundings sets what the page believes about screen and reader.
func surroundings(tab context.Context, mode string) error {
	kind, scheme, contrast := "screen", "light", "no-preference"
	switch mode {
	case "dark":
		scheme = "dark"
	case "contrast":
		contrast = "more"
	case "print":
		kind = "print"
	}
	_, err := chromedp.Call(tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: kind, Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-contrast", Value: contrast}}})
	return err
}

func name(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "page"
	}
	s := strings.Trim(u.Path, "/")
	if u.RawQuery != "" {
		s += "-" + u.RawQuery
	}
	s = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, s)
	if len(s) > 80 {
		s = s[:80]
	}
	return s
}
