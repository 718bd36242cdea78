package classify

import (
	"strings"
	"testing"
)

func FuzzAuthorised(f *testing.F) {
	for _, s := range []string{"", "{}", `{"version":1,"authority":"a","codes":["ab","🪁"],"groups":["abc"]}`, `{"version":1,"codes":["\u0000"]}`, "{\"codes\":[\"\xff\"]}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := readAuthorised(strings.NewReader(s))
		if err != nil {
			return
		}
		v, err := compile(nil)
		if err != nil {
			t.Fatal(err)
		}
		v.watchlist(a)
		if len(a.terms) > 0 && a.hash == "" {
			t.Fatal("a file without a hash")
		}
	})
}
