package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// pages are public pages as a first visitor opens them. {entry} becomes an
// entry of the real directory.
var pages = []string{"/en/", "/el/", "/en/find", "/el/find?q=%CE%BE%CE%B5%CE%BD%CF%8E%CE%BD%CE%B1%CF%82&country=GR", "/de/browse/DE", "/en/entry/{entry}", "/fr/info", "/ar/info", "/el/map/gr"}

// program builds the program and looks at it from outside.
func program(ctx context.Context, t *table, dir string, o Options) error {
	binary := filepath.Join(dir, "amelie")
	build := exec.CommandContext(ctx, "script/build", binary) // as it is shipped
	build.Dir = o.Module
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w\n%s", err, out)
	}
	info, err := os.Stat(binary)
	if err != nil {
		return err
	}
	t.line("binary, stripped", 40, float64(info.Size())/1e6, "MB")
	data := filepath.Join(dir, "data")
	if err := startUp(ctx, t, binary, data); err != nil {
		return err
	}
	p, err := start(ctx, binary, data)
	if err != nil {
		return err
	}
	defer p.stop()
	open, err := visit(t, p)
	if err != nil {
		return err
	}
	if err := maps(ctx, t, p); err != nil {
		return err
	}
	if err := guides(ctx, t, p, o.Browser); err != nil {
		return err
	}
	if o.Browser {
		if err := slowLine(ctx, t, p, open); err != nil {
			t.report("slow lines", "no browser: "+firstLine(err))
		}
	}
	return idle(ctx, t, p, o)
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// startUp measures from the start of the process to the first answered
// request of a page: with an empty folder once, with an existing one as the
// middle of five.
func startUp(ctx context.Context, t *table, binary, data string) error {
	var took []time.Duration
	for n := range 6 {
		p, err := start(ctx, binary, data)
		if err != nil {
			return err
		}
		p.stop()
		if n == 0 {
			t.line("start to first answered request, empty data folder", 5, p.first.Seconds(), "s")
			continue
		}
		took = append(took, p.first)
	}
	t.line("start to first answered request, existing data folder", 1, quantile(took, 0.5).Seconds(), "s")
	return nil
}

// process is a running program.
type process struct {
	cmd    *exec.Cmd
	base   string
	first  time.Duration // from its start to its first answered page
	client *http.Client
}

// start starts `amelie serve` on a free port and asks for the start page.
func start(ctx context.Context, binary, data string) (*process, error) {
	began := time.Now()
	cmd := exec.CommandContext(ctx, binary, "serve", "--data", data, "--addr", "127.0.0.1:0")
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	var errs strings.Builder
	cmd.Stderr = &errs
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		cmd.Process.Kill()
		cmd.Wait()
		return nil, fmt.Errorf("the program ended: %w\n%s", err, errs.String())
	}
	go io.Copy(io.Discard, out)
	p := &process{cmd: cmd, base: strings.TrimRight(strings.TrimSpace(line), "/"), client: &http.Client{
		Transport:     &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 4},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       30 * time.Second,
	}}
	status, _, err := p.get("/en/")
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("the start page answers %d", status)
	}
	if err != nil {
		p.stop()
		return nil, err
	}
	p.first = time.Since(began)
	return p, nil
}

func (p *process) stop() {
	p.client.CloseIdleConnections()
	p.cmd.Process.Signal(syscall.SIGTERM)
	p.cmd.Wait()
}

// get answers the status and the body as it came over the line.
func (p *process) get(path string) (int, answer, error) {
	r, err := http.NewRequest(http.MethodGet, p.base+path, nil)
	if err != nil {
		return 0, answer{}, err
	}
	r.Header.Set("Accept-Encoding", "br, gzip")
	r.Header.Set("Accept", "text/html")
	resp, err := p.client.Do(r)
	if err != nil {
		return 0, answer{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp.StatusCode, answer{body, resp.Header.Get("Content-Encoding"), resp.Header.Get("Content-Type")}, err
}

// settle follows one redirection: a search is answered at a sealed address.
func (p *process) settle(page string) (string, int, error) {
	resp, err := p.client.Get(p.base + page)
	if err != nil {
		return page, 0, err
	}
	resp.Body.Close()
	to := resp.Header.Get("Location")
	if resp.StatusCode != http.StatusSeeOther || to == "" {
		return page, resp.StatusCode, nil
	}
	page, _, _ = strings.Cut(to, "#")
	status, _, err := p.get(page)
	return page, status, err
}

// answer is what came over the line.
type answer struct {
	wire           []byte
	encoding, kind string
}

// visit opens every page: how heavy it is at a first visit, and how long the
// server takes for it. It answers the pages that exist.
func visit(t *table, p *process) ([]string, error) {
	entry, err := anEntry(p)
	if err != nil {
		return nil, err
	}
	var open []string
	var heaviest, slowest string
	var most int
	var slow time.Duration
	for _, page := range pages {
		page = strings.ReplaceAll(page, "{entry}", entry)
		page, status, err := p.settle(page)
		if err != nil {
			return nil, err
		}
		if status != http.StatusOK {
			t.report("  "+page+" is left out", fmt.Sprintf("status %d", status))
			continue
		}
		open = append(open, page)
		bytes, err := weigh(p, page)
		if err != nil {
			return nil, err
		}
		if bytes > most {
			most, heaviest = bytes, page
		}
		q, err := calm(5, func() (here []time.Duration, err error) {
			for range 60 {
				began := time.Now()
				if _, _, err := p.get(page); err != nil {
					return nil, err
				}
				here = append(here, time.Since(began))
			}
			return here, nil
		})
		if err != nil {
			return nil, err
		}
		if q > slow {
			slow, slowest = q, page
		}
	}
	if len(open) == 0 {
		return nil, errors.New("no public page answers")
	}
	t.line("public page, first visit, compressed without fonts ("+short(heaviest)+")", 30, float64(most)/1024, "KB")
	t.line("server time of a public page, p95 over loopback, slowest ("+short(slowest)+")", 2, ms(slow), "ms")
	return open, nil
}

func short(page string) string {
	if at := strings.IndexByte(page, '?'); at >= 0 {
		page = page[:at] + "?"
	}
	if len(page) > 24 {
		page = page[:24] + "…"
	}
	return page
}

var entryLink = regexp.MustCompile(`href="/en/entry/([^"/?#]+)"`)

func anEntry(p *process) (string, error) {
	_, page, err := p.getPlain("/en/browse/GR")
	if err != nil {
		return "", err
	}
	if m := entryLink.FindStringSubmatch(page); m != nil {
		return m[1], nil
	}
	return "none", nil
}

func (p *process) getPlain(path string) (int, string, error) {
	resp, err := p.client.Get(p.base + path)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body), err
}

var (
	inPage  = regexp.MustCompile(`<(?:link|script|img|source|use|image)\b[^>]*?\b(?:href|src)="(/[^"#]+)`)
	inStyle = regexp.MustCompile(`url\(["']?(/?[^"')]+)["']?\)|@import\s+["']([^"']+)["']`)
	inCode  = regexp.MustCompile(`(?:from|import)\s*\(?["'](\.?/[^"']+)["']`)
)

// weigh sums what a first visit of a page brings over the line: the page and
// everything that it names, each once, without fonts and without the pages to
// which it links.
func weigh(p *process, page string) (int, error) {
	seen := map[string]bool{page: true}
	queue := []string{page}
	sum := 0
	for len(queue) > 0 {
		path := queue[0]
		queue = queue[1:]
		status, wire, err := p.get(path)
		if err != nil {
			return 0, err
		}
		if status != http.StatusOK {
			continue
		}
		sum += len(wire.wire)
		_, text, err := p.getPlain(path)
		if err != nil {
			return 0, err
		}
		for _, next := range named(path, wire.kind, text) {
			if !seen[next] {
				seen[next] = true
				queue = append(queue, next)
			}
		}
	}
	return sum, nil
}

// named lists what a page, a style sheet or a module fetches.
func named(path, kind, text string) []string {
	var found []string
	switch {
	case strings.HasPrefix(kind, "text/html"):
		for _, m := range inPage.FindAllStringSubmatch(text, -1) {
			if !strings.Contains(m[0], `rel="alternate"`) && !strings.Contains(m[0], `rel="canonical"`) {
				found = append(found, m[1])
			}
		}
	case strings.HasPrefix(kind, "text/css"):
		for _, m := range inStyle.FindAllStringSubmatch(text, -1) {
			found = append(found, m[1]+m[2])
		}
	case strings.Contains(kind, "javascript"):
		for _, m := range inCode.FindAllStringSubmatch(text, -1) {
			found = append(found, m[1])
		}
	}
	var out []string
	for _, f := range found {
		if strings.HasPrefix(f, "data:") || strings.Contains(f, ".woff") {
			continue
		}
		if !strings.HasPrefix(f, "/") {
			f = filepath.ToSlash(filepath.Join(filepath.Dir(strings.SplitN(path, "?", 2)[0]), f))
		}
		out = append(out, f)
	}
	return out
}

// idle waits without asking anything and reads how much memory is resident.
func idle(ctx context.Context, t *table, p *process, o Options) error {
	p.client.CloseIdleConnections()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(o.Idle):
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		t.report("idle memory", "needs Linux's /proc")
		return nil
	}
	for _, line := range strings.Split(string(text), "\n") {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "VmRSS:" {
			kb, err := strconv.ParseFloat(fields[1], 64)
			if err != nil {
				return err
			}
			t.line(fmt.Sprintf("idle memory, %s after the last request", o.Idle), 80, kb*1024/1e6, "MB")
			return nil
		}
	}
	return errors.New("no VmRSS in /proc")
}
