package browser

import (
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

func (v *visitor) font(id network.RequestID, is bool) {
	if v.fonts == nil {
		v.fonts = map[network.RequestID]bool{}
	}
	v.fonts[id] = is
}

func (v *visitor) weighed(id network.RequestID, n int64) {
	if v.fonts[id] {
		v.inFont += n
	} else {
		v.bytes += n
	}
}

// weigh loads a page with an empty cache and counts the bytes on the wire,
// heads included; fonts apart.
func (v *visitor) weigh(path string) (pages, fonts int64) {
	v.t.Helper()
	call(v, network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: true})
	v.goTo(path)
	v.run(chromedp.Sleep(400 * time.Millisecond)) // fonts are optional and come late
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.bytes, v.inFont
}
