package bench

import (
	"context"
	"encoding/json"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// guidePages are first screens of the bedside guide.
var guidePages = []string{"/en/guide", "/el/guide/emergency", "/de/guide/midwifery"}

// phoneSlowdown makes this machine's processor as slow as an older phone's.
const phoneSlowdown = 4

// guides measures the guide: how heavy the first screen is, the server's time,
// and with a browser how soon it can be used on a slow phone and a slow line,
// and how long the next step takes.
func guides(ctx context.Context, t *table, p *process, browser bool) error {
	most, heaviest, err := heaviestOf(p, guidePages)
	if err != nil {
		return err
	}
	t.line("guide, first screen, compressed without fonts ("+heaviest+")", 35, float64(most)/1024, "KB")
	slowest, err := slowestOf(p, guidePages)
	if err != nil {
		return err
	}
	t.line("server time of the guide, p95 over loopback, slowest", 2, ms(slowest), "ms")
	for _, kept := range []struct {
		name, list string
		budget     float64
	}{
		{"guide kept for one country and two languages, over the line", "/guide/kept/gr/en+el", 600},
		{"course kept in one language, over the line, the heaviest (el)", "/learn/kept/el", 350},
	} {
		kb, err := keptKB(p, kept.list)
		if err != nil {
			return err
		}
		t.line(kept.name, kept.budget, kb, "KB")
	}
	if !browser {
		return nil
	}
	if err := phones(ctx, t, p); err != nil {
		t.report("guide on a slow phone", "no browser: "+firstLine(err))
	}
	return nil
}

// keptKB is what a list of things to keep weighs.
func keptKB(p *process, address string) (float64, error) {
	_, list, err := p.getPlain(address)
	if err != nil {
		return 0, err
	}
	var kept struct{ Bytes int }
	err = json.Unmarshal([]byte(list), &kept)
	return float64(kept.Bytes) / 1024, err
}

func throttle(ctx context.Context, t *chromedp.Target) error {
	_, err := cdp.Call(ctx, t, emulation.SetCPUThrottlingRate, emulation.SetCPUThrottlingRateParams{Rate: phoneSlowdown})
	return err
}

// phones opens the guide on a slow phone over each slow line, and walks it.
func phones(ctx context.Context, t *table, p *process) error {
	window, end, err := freshBrowser(ctx)
	defer end()
	if err != nil {
		return err
	}
	for _, line := range lines {
		took, err := usable(window, p.base+guidePages[1], line.latency, line.bytes, chromedp.Func(throttle))
		if err != nil {
			return err
		}
		t.line("guide usable on a phone of a quarter of the speed, "+line.name, line.budget, took/1000, "s")
	}
	took, err := nextStep(window, p.base+guidePages[1])
	if err != nil {
		return err
	}
	t.line("next step of the guide on that phone, slowest of thirty", 50, took, "ms")
	return nil
}

// stepScript takes thirty answers and says how long each took in milliseconds,
// from the press until the next step was laid out and painted.
const stepScript = `(async () => { const took = [];
	for (let i = 0; i < 30; i++) {
		const links = [...document.querySelectorAll(".step.now .answers a[href^='#']")];
		const link = links.length ? links[Math.min(1, links.length - 1)] : document.querySelector(".step.now [data-clear]");
		await new Promise(requestAnimationFrame);
		const began = performance.now();
		link.click();
		document.body.getBoundingClientRect();
		await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
		took.push(performance.now() - began);
	}
	return took; })()`

// nextStep walks the same thirty steps some times and answers the slowest, each
// by the middle one of its walks.
func nextStep(browser context.Context, address string) (float64, error) {
	var steps [][]float64
	for range looks {
		took, err := walk(browser, address)
		if err != nil {
			return 0, err
		}
		if steps == nil {
			steps = make([][]float64, len(took))
		}
		for i := range steps {
			steps[i] = append(steps[i], took[i])
		}
	}
	worst := 0.0
	for _, step := range steps {
		worst = max(worst, middle(step))
	}
	return worst, nil
}

func walk(browser context.Context, address string) ([]float64, error) {
	window, end := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	defer end()
	window, stop := context.WithTimeout(window, 30*time.Second)
	defer stop()
	_, err := chromedp.Run(window, chromedp.Steps(chromedp.Func(throttle), chromedp.Navigate(address), chromedp.WaitReady(".guide.live")))
	if err != nil {
		return nil, err
	}
	return chromedp.Run(window, chromedp.Evaluate[[]float64](stepScript, chromedp.EvalAwaitPromise))
}
