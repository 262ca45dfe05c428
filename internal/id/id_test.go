package id

import "testing"

func TestIdentifiersAreValidOrderedAndDistinct(t *testing.T) {
	last := ""
	for range 2000 {
		n := New()
		if !Valid(n) || n <= last {
			t.Fatalf("%q after %q", n, last)
		}
		last = n
	}
	for _, bad := range []string{"", "x", last + "0", "{" + last + "}", "urn:uuid:" + last} {
		if Valid(bad) {
			t.Errorf("%q is taken for an identifier", bad)
		}
	}
}

func TestASecretOf16BytesHas26Characters(t *testing.T) {
	a, b := Secret(16), Secret(16)
	if len(a) != 26 || a == b {
		t.Errorf("%q %q", a, b)
	}
}
