package directory

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"amelie/internal/fault"
)

// maxParams is how much a posted query may hold, in bytes.
const maxParams = 64 << 10

// params reads the parameters of an interface and remembers what is wrong
// with them, so that one answer names every unknown name and every value that
// makes no sense. Nothing is ignored silently: a filter that is misspelt would
// otherwise look like a wider result.
type params struct {
	values url.Values
	asked  map[string]bool
	wrong  []fault.Field
}

// readParams takes the query, and for POST also a JSON object or a form.
func readParams(r *http.Request) (*params, error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, fault.New(fault.Invalid, "directory.error.query").Because(err)
	}
	p := &params{values: query, asked: map[string]bool{}}
	if r.Method != http.MethodPost {
		return p, nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxParams+1))
	if err != nil || len(body) > maxParams {
		return nil, fault.New(fault.Invalid, "directory.error.body").Because(err)
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind == "application/x-www-form-urlencoded" {
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return nil, fault.New(fault.Invalid, "directory.error.body").Because(err)
		}
		p.merge(form)
		return p, nil
	}
	if len(strings.TrimSpace(string(body))) == 0 {
		return p, nil
	}
	more, err := paramsOfJSON(body)
	if err != nil {
		return nil, fault.New(fault.Invalid, "directory.error.body").Because(err)
	}
	p.merge(more)
	return p, nil
}

func (p *params) merge(more url.Values) {
	for name, values := range more {
		p.values[name] = append(p.values[name], values...)
	}
}

var errNotFlat = errors.New("not an object of texts, numbers, booleans and lists of them")

// paramsOfJSON flattens {"q": "…", "country": ["GR", "IT"], "open": true}.
func paramsOfJSON(body []byte) (url.Values, error) {
	var object map[string]any
	if err := json.Unmarshal(body, &object); err != nil {
		return nil, err
	}
	out := url.Values{}
	for name, value := range object {
		list, ok := value.([]any)
		if !ok {
			list = []any{value}
		}
		for _, one := range list {
			switch v := one.(type) {
			case string:
				out.Add(name, v)
			case float64:
				out.Add(name, strconv.FormatFloat(v, 'f', -1, 64))
			case bool:
				out.Add(name, strconv.FormatBool(v))
			case nil:
			default:
				return nil, errNotFlat
			}
		}
	}
	return out, nil
}

func (p *params) bad(name, key string, args ...any) {
	p.wrong = append(p.wrong, fault.Field{Name: name, Key: key, Args: args})
}

// text is one value, at most max characters.
func (p *params) text(name string, max int) string {
	p.asked[name] = true
	list := p.values[name]
	if len(list) > 1 {
		p.bad(name, "directory.error.once")
	}
	if len(list) == 0 {
		return ""
	}
	value := strings.TrimSpace(list[0])
	if len([]rune(value)) > max {
		p.bad(name, "directory.error.long", "max", max)
		return ""
	}
	return value
}

// words are all values of a name, also given with commas; each has to be
// allowed. A nil test allows everything.
func (p *params) words(name string, allowed func(string) bool) []string {
	p.asked[name] = true
	var out []string
	for _, value := range p.values[name] {
		for word := range strings.SplitSeq(value, ",") {
			if word = strings.TrimSpace(word); word == "" || slices.Contains(out, word) {
				continue
			}
			if allowed != nil && !allowed(word) {
				p.bad(name, "directory.error.value", "value", clip(word))
				continue
			}
			out = append(out, word)
		}
	}
	return out
}

// number is a whole number between low and high.
func (p *params) number(name string, low, high, otherwise int) int {
	value := p.text(name, 12)
	if value == "" {
		return otherwise
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < low || n > high {
		p.bad(name, "directory.error.number", "low", low, "high", high)
		return otherwise
	}
	return n
}

// decimal is a number between low and high; ok tells that one was given.
func (p *params) decimal(name string, low, high float64) (n float64, ok bool) {
	value := p.text(name, 24)
	if value == "" {
		return 0, false
	}
	n, err := strconv.ParseFloat(value, 64)
	if err != nil || !(n >= low && n <= high) {
		p.bad(name, "directory.error.number", "low", low, "high", high)
		return 0, false
	}
	return n, true
}

// yes is a boolean: true, 1, yes, or false, 0, no.
func (p *params) yes(name string) bool {
	switch value := strings.ToLower(p.text(name, 12)); value {
	case "true", "1", "yes":
		return true
	case "", "false", "0", "no":
		return false
	default:
		p.bad(name, "directory.error.boolean")
		return false
	}
}

// time is a date or an RFC 3339 time; zero when absent.
func (p *params) time(name string) time.Time {
	value := p.text(name, 40)
	if value == "" {
		return time.Time{}
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02"} {
		if t, err := time.Parse(layout, value); err == nil {
			return t
		}
	}
	p.bad(name, "directory.error.time")
	return time.Time{}
}

// err names everything that is wrong, unknown names included.
func (p *params) err() error {
	var unknown []string
	for name := range p.values {
		if !p.asked[name] {
			unknown = append(unknown, name)
		}
	}
	sort.Strings(unknown)
	for _, name := range unknown {
		p.bad(clip(name), "directory.error.unknown")
	}
	if len(p.wrong) == 0 {
		return nil
	}
	e := fault.New(fault.Invalid, "directory.error.parameters")
	e.Fields = p.wrong
	return e
}

// clip keeps a stranger's word short enough to be named in an answer.
func clip(word string) string {
	if r := []rune(word); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return word
}
