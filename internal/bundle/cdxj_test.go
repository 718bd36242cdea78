package bundle

import "testing"

// The keys are those that webrecorder's warcio 2.4.11 makes.
func TestKeysOfAddresses(t *testing.T) {
	for address, want := range map[string]string{
		"http://abc.onion":                      "onion,abc)/",
		"http://abc.onion/":                     "onion,abc)/",
		"http://Abc.onion/Listing/1":            "onion,abc)/listing/1",
		"http://www.abc.onion/a":                "onion,abc)/a",
		"http://www12.abc.onion/a":              "onion,abc)/a",
		"http://wwwx.abc.onion/a":               "onion,abc,wwwx)/a",
		"http://abc.onion:8080/a?b=2&a=1&A=0#x": "onion,abc:8080)/a?a=0&a=1&b=2",
		"http://abc.onion:80/a?":                "onion,abc)/a",
		"https://abc.onion:443/a%20b":           "onion,abc)/a%20b",
		"ftp://abc.onion/A":                     "ftp://abc.onion/A",
		"no address":                            "no address",
	} {
		if got := surt(address); got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
}
