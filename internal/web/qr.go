package web

import (
	"html/template"
	"strconv"
	"strings"

	"rsc.io/qr"
)

// QR is a QR code of an address as SVG, a path of unit squares. Errors: the
// text is too long for one.
func QR(text string) (template.HTML, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for y := range code.Size {
		for x := range code.Size {
			if code.Black(x, y) {
				b.WriteString("M" + strconv.Itoa(x) + " " + strconv.Itoa(y) + "h1v1h-1z")
			}
		}
	}
	size := strconv.Itoa(code.Size)
	return template.HTML(`<svg class="qr" viewBox="0 0 ` + size + ` ` + size + `" aria-hidden="true" focusable="false"><path d="` + b.String() + `"/></svg>`), nil //nolint:gosec // numbers only
}
