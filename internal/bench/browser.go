package bench

import (
	"context"
	"slices"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// lines are the two slow lines of the design: round trip, speed, and in how
// many seconds a page must be usable.
var lines = []struct {
	name    string
	latency float64 // ms
	bytes   float64 // a second, each way
	budget  float64 // s
}{
	{"150 ms, 1.6 Mbit/s", 150, 1.6e6 / 8, 1},
	{"400 ms, 400 kbit/s", 400, 400e3 / 8, 3},
}

// usableScript answers when the page could be read and used: the later of its
// first words on the screen and the end of its parsing, in milliseconds since
// it was asked for. Pages work without scripts, so nothing else is waited for.
const usableScript = `new Promise(done => { const look = () => {
	const paint = performance.getEntriesByName("first-contentful-paint")[0];
	const page = performance.getEntriesByType("navigation")[0];
	if (paint && page.domContentLoadedEventEnd > 0) done(Math.max(paint.startTime, page.domContentLoadedEventEnd));
	else setTimeout(look, 20);
}; look(); })`

// freshBrowser is a window with nothing in it; end closes it, also after an
// error.
func freshBrowser(ctx context.Context) (window context.Context, end func(), err error) {
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.Flag("disable-background-networking", true))
	browser, endBrowser := chromedp.NewExecAllocator(ctx, options...)
	window, endWindow := chromedp.NewContext(browser)
	_, err = chromedp.Run(window, chromedp.Navigate("about:blank"))
	return window, func() { endWindow(); endBrowser() }, err
}

// slowLine opens every page in a fresh browser over each slow line. The
// browser's own emulation adds the latency to every request; the handshakes of
// TCP and TLS are not in it.
func slowLine(ctx context.Context, t *table, p *process, open []string) error {
	window, end, err := freshBrowser(ctx)
	defer end()
	if err != nil {
		return err
	}
	for _, line := range lines {
		var worst float64
		var which string
		for _, page := range open {
			took, err := usable(window, p.base+page, line.latency, line.bytes)
			if err != nil {
				return err
			}
			if took > worst {
				worst, which = took, page
			}
		}
		t.line("public page usable, first visit, "+line.name+" ("+short(which)+")", line.budget, worst/1000, "s")
	}
	return nil
}

// looks is how often a page is opened; the middle one counts.
const looks = 5

// usable is how soon a page could be used, in milliseconds.
func usable(browser context.Context, address string, latency, bytes float64, further ...chromedp.Action[chromedp.Void]) (float64, error) {
	var took []float64
	for range looks {
		one, err := usableOnce(browser, address, latency, bytes, further...)
		if err != nil {
			return 0, err
		}
		took = append(took, one)
	}
	return middle(took), nil
}

// middle is the median of an odd number of figures.
func middle(figures []float64) float64 {
	slices.Sort(figures)
	return figures[len(figures)/2]
}

// usableOnce opens a page with an empty cache in a window of its own, prepared
// further where the page's readers have a slower device.
func usableOnce(browser context.Context, address string, latency, bytes float64, further ...chromedp.Action[chromedp.Void]) (float64, error) {
	window, end := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	defer end()
	window, stop := context.WithTimeout(window, 30*time.Second)
	defer stop()
	prepare := append(slices.Clone(further), chromedp.Func(func(ctx context.Context, t *chromedp.Target) error { return slow(ctx, t, latency, bytes) }), chromedp.Navigate(address))
	_, err := chromedp.Run(window, chromedp.Steps(prepare...))
	if err != nil {
		return 0, err
	}
	return chromedp.Run(window, chromedp.Evaluate[float64](usableScript, chromedp.EvalAwaitPromise))
}

// slow makes every request of a window slow and its cache empty.
func slow(ctx context.Context, t *chromedp.Target, latency, bytes float64) error {
	if _, err := cdp.Call(ctx, t, network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: true}); err != nil {
		return err
	}
	_, err := cdp.Call(ctx, t, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
		MatchedNetworkConditions: []*network.Conditions{{Latency: latency, DownloadThroughput: bytes, UploadThroughput: bytes}},
	})
	return err
}
