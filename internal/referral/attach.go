package referral

import (
	"amelie/internal/document"
	"amelie/internal/fault"
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
	if len(raw) > MaxFileBytes {
		return Attachment{}, fault.Fields(fault.Field{Name: "file", Key: "document.large", Args: []any{"megabytes", MaxFileBytes >> 20}})
	}
	f, body, err := document.Take("", raw, document.IsPicture(raw))
	if err != nil {
		return Attachment{}, err
	}
	return Attachment{Name: name, Type: f.Type, Body: body}, nil
}
