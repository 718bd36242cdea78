package main

import (
	"bytes"
	"testing"
)

func TestIndexingIsToldInLines(t *testing.T) {
	var out bytes.Buffer
	tell := (&app{stderr: &out}).indexed()
	tell(0, 50)
	tell(50, 50)
	if out.Len() > 0 {
		t.Errorf("of an index that is made at once, it says %q", out.String())
	}
	for _, done := range []int64{0, 10, 15, 500, 505, 1000} {
		tell(done, 1000)
	}
	const want = "making the search index: 1 % of 1000 log entries read\nmaking the search index: 50 % of 1000 log entries read\nthe search index is made\n"
	if out.String() != want {
		t.Errorf("it says %q, want %q", out.String(), want)
	}
}
