package web

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"unicode/utf8"

	"amelie/internal/fault"
)

// formLimit is how much a form without files may send, in bytes.
const formLimit = 1 << 20

// Form is what was typed, together with what is wrong about it. A page that
// is shown again with status 422 keeps every value.
type Form struct {
	c      *Ctx
	values map[string][]string
	files  map[string][]*multipart.FileHeader
	errors []fault.Field
}

// Form reads the posted form, at most 1 MB. The same form is given again on a
// second call.
func (c *Ctx) Form() (*Form, error) {
	if c.form != nil {
		return c.form, nil
	}
	c.R.Body = http.MaxBytesReader(c.W, c.R.Body, formLimit)
	if strings.HasPrefix(c.R.Header.Get("Content-Type"), "multipart/form-data") {
		return c.multipart(formLimit)
	}
	if err := c.R.ParseForm(); err != nil {
		return nil, badBody(err)
	}
	return c.keep(c.R.PostForm, nil), nil
}

// Upload reads a form with files, at most maxBytes in all, kept in memory.
func (c *Ctx) Upload(maxBytes int64) (*Form, error) {
	if c.form != nil {
		return c.form, nil
	}
	c.R.Body = http.MaxBytesReader(c.W, c.R.Body, maxBytes)
	return c.multipart(maxBytes)
}

func (c *Ctx) multipart(memory int64) (*Form, error) {
	// Everything stays in memory up to the limit: an upload must not leave a
	// readable copy in the machine's temporary folder.
	if err := c.R.ParseMultipartForm(memory); err != nil {
		return nil, badBody(err)
	}
	return c.keep(c.R.MultipartForm.Value, c.R.MultipartForm.File), nil
}

func (c *Ctx) keep(values map[string][]string, files map[string][]*multipart.FileHeader) *Form {
	for name, list := range values {
		for i, v := range list {
			values[name][i] = cleanLine(v)
		}
	}
	c.form = &Form{c: c, values: values, files: files}
	if token := c.form.Value("once"); plainToken(token) {
		c.token = token
	}
	return c.form
}

// cleanLine makes text safe to store: valid UTF-8, one kind of line end, no
// control characters.
func cleanLine(s string) string {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		if r < 0x20 && r != '\n' && r != '\t' || r == 0x7f {
			return -1
		}
		return r
	}, s)
}

func plainToken(s string) bool {
	if len(s) < 16 || len(s) > 64 {
		return false
	}
	for _, r := range s {
		if (r < '0' || r > '9') && (r < 'a' || r > 'z') && r != '-' {
			return false
		}
	}
	return true
}

func badBody(err error) error {
	var big *http.MaxBytesError
	if errors.As(err, &big) {
		return fault.New(fault.Invalid, "web.error.too-large", "megabytes", big.Limit>>20).Because(err)
	}
	return fault.New(fault.Invalid, "web.error.unreadable").Because(err)
}

// Value is the first value of the field, without surrounding space.
func (f *Form) Value(name string) string {
	if v := f.values[name]; len(v) > 0 {
		return strings.TrimSpace(v[0])
	}
	return ""
}

// Raw is the first value exactly as typed, for passwords.
func (f *Form) Raw(name string) string {
	if v := f.values[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// Values are all values of the field, as with several ticks.
func (f *Form) Values(name string) []string { return f.values[name] }

// Has tells whether the field was sent with this value.
func (f *Form) Has(name, value string) bool {
	for _, v := range f.values[name] {
		if v == value {
			return true
		}
	}
	return false
}

// Names are the fields that were sent.
func (f *Form) Names() []string {
	names := make([]string, 0, len(f.values))
	for n := range f.values {
		names = append(names, n)
	}
	return names
}

// File reads an uploaded file; nil when the field was left empty. The name is
// the one on the reader's device.
func (f *Form) File(name string) (fileName string, content []byte, err error) {
	list := f.files[name]
	if len(list) == 0 || list[0].Size == 0 {
		return "", nil, nil
	}
	file, err := list[0].Open()
	if err != nil {
		return "", nil, fault.Wrap(err, "open upload")
	}
	defer file.Close()
	content, err = io.ReadAll(file)
	return list[0].Filename, content, fault.Wrap(err, "read upload")
}

// Once is the token of c-once, empty when it is missing or malformed.
func (f *Form) Once() string {
	if t := f.Value("once"); plainToken(t) {
		return t
	}
	return ""
}

// Error marks a field as wrong: key and arguments of the message beside it.
func (f *Form) Error(field, key string, args ...any) {
	f.errors = append(f.errors, fault.Field{Name: field, Key: key, Args: args})
}

// Add takes over the field errors of a fault that a service returned, and
// tells whether there were any; others are the caller's to return.
func (f *Form) Add(err error) bool {
	e := fault.Find(err)
	if e == nil || len(e.Fields) == 0 {
		return false
	}
	f.errors = append(f.errors, e.Fields...)
	return true
}

// OK tells that nothing is wrong so far.
func (f *Form) OK() bool { return len(f.errors) == 0 }

// Errors is an Invalid fault with the wrong fields; nil when there are none.
func (f *Form) Errors() error { return fault.Fields(f.errors...) }

// FieldError is the message for a field of the form that is shown again;
// empty when the field is right or nothing was sent.
func (c *Ctx) FieldError(name string) string {
	if c.form == nil {
		return ""
	}
	for _, e := range c.form.errors {
		if e.Name == name {
			return c.T(e.Key, e.Args...)
		}
	}
	return ""
}

// FormErrors are all messages of the form that is shown again, in order.
func (c *Ctx) FormErrors() []FormError {
	if c.form == nil {
		return nil
	}
	list := make([]FormError, 0, len(c.form.errors))
	for _, e := range c.form.errors {
		list = append(list, FormError{e.Name, c.T(e.Key, e.Args...)})
	}
	return list
}

// FormError is one line of the error summary.
type FormError struct{ Field, Text string }

// Typed is what was typed into a field of this request; empty when nothing
// was sent.
func (c *Ctx) Typed(name string) string {
	if c.form == nil {
		return ""
	}
	return c.form.Raw(name)
}

// Sent tells whether this request carried a form, so that a component shows
// what was typed instead of what is stored.
func (c *Ctx) Sent() bool { return c.form != nil }

// Unsent is the request as the fields of another form on the page see it: what
// was typed into the form that was sent, and what was wrong with it, is none of
// theirs.
func (c *Ctx) Unsent() *Ctx {
	other := *c
	other.form, other.resumed = nil, nil
	return &other
}

// SentForm is the form of this request when it carried one that was read;
// else nil.
func (c *Ctx) SentForm() *Form { return c.form }

// Chosen tells whether the value was ticked or chosen in this request.
func (c *Ctx) Chosen(name, value string) bool { return c.form != nil && c.form.Has(name, value) }
