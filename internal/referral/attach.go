package referral

import (
	"bytes"
	"net/http"

	"amelie/internal/fault"
	"amelie/internal/picture"
)

// Limits of attachments.
const (
	MaxFiles     = 5
	MaxFileBytes = 5 << 20
)

// CleanFile takes a file as uploaded. What it is, is decided by its content,
// not by its name. Pictures are drawn anew, so that place, device and time
// that a camera writes into them are gone; a turned picture stays turned. A
// PDF is taken as it is: what its author wrote into it goes along, and the
// page says so.
// Errors: fault.Invalid naming the field "file".
//
// req: FILE-1
func CleanFile(name string, raw []byte) (Attachment, error) {
	wrong := func(key string, args ...any) (Attachment, error) {
		return Attachment{}, fault.Fields(fault.Field{Name: "file", Key: key, Args: args})
	}
	if len(raw) == 0 {
		return wrong("referral.error.file-empty")
	}
	if len(raw) > MaxFileBytes {
		return wrong("referral.error.file-large", "megabytes", MaxFileBytes>>20)
	}
	a := Attachment{Name: name, Type: http.DetectContentType(raw)}
	switch a.Type {
	case "application/pdf":
		a.Body = bytes.Clone(raw)
		return a, nil
	case "image/jpeg", "image/png":
		drawn, err := picture.Redraw(raw, picture.Limits{})
		if err != nil {
			return wrong("referral.error.file-broken")
		}
		a.Type, a.Body = drawn.Type, drawn.Body
		return a, nil
	}
	return wrong("referral.error.file-type")
}
