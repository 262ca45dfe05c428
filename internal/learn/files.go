package learn

// Files are the course as the folder that Read takes: data files as somebody
// wrote them, comments included, and words in the form of Markdown that this
// program writes. Written, read and written again they are the same bytes.
func (c *Course) Files() map[string][]byte {
	out := map[string][]byte{}
	for name, text := range c.data {
		out[name] = []byte(text)
	}
	for name, p := range c.pictures {
		out[name] = p.Body
	}
	for name, w := range c.words {
		out[name+".md"] = w.Markdown()
	}
	return out
}
