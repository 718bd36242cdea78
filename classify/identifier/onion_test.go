package identifier

import (
	"strings"
	"testing"

	"vigil"
)

// The examples of rend-spec-v3 (torproject/torspec, CC0).
var specOnions = []string{
	"pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion",
	"sp3k262uwy4r2k3ycr5awluarykdpag6a7y33jxop4cs2lu5uz5sseqd.onion",
	"xa4r2iadxm55fbnqgwwi5mymqdcofiu3w6rpbtqn7b2dyn7mgwj64jyd.onion",
}

func TestOnionNames(t *testing.T) {
	for _, name := range specOnions {
		id := one(t, name)
		if id.Kind != "onion" || id.Value != name || id.Class != vigil.ClassB || id.Method != plain {
			t.Errorf("%s: %+v", name, id)
		}
		for _, other := range []string{strings.ToUpper(name), "market." + name, "www.a-b.c." + name} {
			if got := one(t, other); got.Key != id.Key || got.Value != strings.ToLower(other) {
				t.Errorf("%s: %+v, want key %s", other, got, id.Key)
			}
		}
		base := strings.TrimSuffix(name, ".onion")
		for _, other := range []string{base + "[.]onion", base + " [dot] onion", base + "(dot)onion", base + "{.}onion", base + " dot onion", base + `\.onion`} {
			if got := one(t, other); got.Key != id.Key || got.Method != refanged {
				t.Errorf("%s: %+v, want key %s, refanged", other, got, id.Key)
			}
		}
		got := Scan("see http://" + name + "/listing/7?x=1.")
		if len(got) != 1 || got[0].Raw != name {
			t.Errorf("in a URL: %+v", got)
		}
	}
}

func TestWhatIsNoOnionName(t *testing.T) {
	a := specOnions[0]
	for name, text := range map[string]string{
		"wrong checksum":      "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscrya.onion",
		"one character off":   "qg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion",
		"55 characters":       a[1:],
		"57 characters":       "a" + a,
		"not base32":          strings.Replace(a, "2", "8", 1),
		"longer suffix":       a + "s",
		"suffix with hyphen":  a + "-x",
		"no suffix":           strings.TrimSuffix(a, ".onion"),
		"version 2, too long": "expyuzz4wqqyqhjna.onion",
	} {
		if ids := Scan(text); len(ids) != 0 {
			t.Errorf("%s: %+v", name, ids)
		}
	}
}
