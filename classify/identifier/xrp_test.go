package identifier

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"vigil"
)

// From XRPLF/xrpl.js, packages/ripple-address-codec/test (ISC): classic address,
// tag, and the X-addresses of both networks.
const xlsMain = "XVLhHMPHU98es4dbozjVtdWzVrDjtVqrDUk2vDpkTjPsY73"

var xlsAddresses = []struct{ classic, tag, main, test string }{
	{"r9cZA1mLK5R5Am25ArfXFmqgNwjZgnfk59", "", "X7AcgcsBL6XDcUb289X4mJ8djcdyKaB5hJDWMArnXr61cqZ", "T719a5UwUCnEs54UsxG9CJYYDhwmFCqkr7wxCcNcfZ6p5GZ"},
	{"r9cZA1mLK5R5Am25ArfXFmqgNwjZgnfk59", "1", "X7AcgcsBL6XDcUb289X4mJ8djcdyKaGZMhc9YTE92ehJ2Fu", "T719a5UwUCnEs54UsxG9CJYYDhwmFCvbJNZbi37gBGkRkbE"},
	{"rsA2LpzuawewSBQXkiju3YQTMzW13pAAdW", "23480", "X7d3eHCXzwBeWrZec1yT24iZerQjYL8m8zCJ16ACxu1BrBY", "T7YChPFWifjCAXLEtg5N74c7fSAYsvSokwcmBPBUZWhxH5P"},
	{"rGWrZyQqhTp9Xu7G5Pkayo7bXjH4k4QYpf", "0", "XVLhHMPHU98es4dbozjVtdWzVrDjtV8AqEL4xcZj5whKbmc", "TVE26TYGhfLC7tQDno7G8dGtxSkYQnSy8RHqGHoGJ59spi2"},
	{"rGWrZyQqhTp9Xu7G5Pkayo7bXjH4k4QYpf", "16781933", xlsMain, "TVE26TYGhfLC7tQDno7G8dGtxSkYQnVsw45sDtGHhLi27Qa"},
	{"rGWrZyQqhTp9Xu7G5Pkayo7bXjH4k4QYpf", "4294967295", "XVLhHMPHU98es4dbozjVtdWzVrDjtV18pX8yuPT7y4xaEHi", "TVE26TYGhfLC7tQDno7G8dGtxSkYQnXoy6kSDh6rZzApc69"},
	{"rPEPPER7kfTD9w2To4CQk6UCfuHM9c6GDY", "13371337", "XV5sbjUmgPpvXv4ixFWZ5ptAYZ6PD2qwGkhgc48zzcx6Gkr", "TVd2rqMkYL2AyS97NdELcpeiprNBjwVUDvp3vhpXbNhLwJi"},
}

func TestXAddresses(t *testing.T) {
	for _, x := range xlsAddresses {
		want := "xrp:" + x.classic
		if x.tag != "" {
			want += ":" + x.tag
		}
		if id := one(t, x.main); id.Kind != "xrp" || id.Class != vigil.ClassA || id.Network != mainnet || id.Key != want {
			t.Errorf("%s: %+v, want key %s", x.main, id, want)
		}
		if id := one(t, x.test); id.Network != testnet || id.Key != "test:"+want {
			t.Errorf("%s: %+v", x.test, id)
		}
	}
	// Invalid by the same file: checksum, prefix, a tag of more than 32 bits.
	for _, text := range []string{"XVLhHMPHU98es4dbozjVtdWzVrDjtV5fdx1mHp98tDMoQXa", "dGzKGt8CVpWoa8aWL1k18tAdy9Won3PxynvbbpkAqp3V47g", "XVLhHMPHU98es4dbozjVtdWzVrDjtV18pX8zeUygYrCgrPh"} {
		none(t, text)
	}
	body := make([]byte, 29)
	body[20] = 2 // a flag that the standard does not know
	none(t, base58Check("\x05\x44", body, rippleAlphabet))
	body[20], body[21] = 0, 1 // no tag, and yet one
	none(t, base58Check("\x05\x44", body, rippleAlphabet))
	r := rand.New(rand.NewPCG(21, 22))
	for range 500 {
		account := randomBytes(r, 20)
		text := base58Check("\x05\x44", append(account, make([]byte, 9)...), rippleAlphabet)
		if id := one(t, text); id.Key != one(t, base58Check("\x00", account[:20], rippleAlphabet)).Key {
			t.Fatalf("%s: %+v", text, id)
		}
	}
}

func TestADestinationTagIsPartOfTheKey(t *testing.T) {
	const a = "rPEPPER7kfTD9w2To4CQk6UCfuHM9c6GDY"
	const key = "xrp:" + a + ":13371337"
	for text, raw := range map[string]string{
		a + " (Address tag 13371337)":                     a + " (Address tag 13371337",
		a + ", destination tag: 13371337.":                a + ", destination tag: 13371337",
		a + "\nDestination Tag #13371337\n":               a + "\nDestination Tag #13371337",
		a + " tag=13371337":                               a + " tag=13371337",
		"xrpl:" + a + "?dt=13371337":                      a + "?dt=13371337",
		"ripple:" + a + "?amount=5&dt=13371337&x=1":       a + "?amount=5&dt=13371337",
		"send XRP to " + a + " with tag 013371337 please": a + " with tag 013371337",
	} {
		ids := check(t, text)
		if len(ids) != 1 || ids[0].Key != key || ids[0].Raw != raw || ids[0].Value != a || ids[0].Method != plain {
			t.Errorf("%q: %+v, want key %s of %q", text, ids, key, raw)
		}
	}
	for _, text := range []string{a, a + " tag", a + " tag: none", a + " tag 4294967296", a + " tag 12ab", a + " 13371337", a + " price tag 5 dollars", a + "?amount=5"} {
		if ids := check(t, text); len(ids) != 1 || ids[0].Key != "xrp:"+a {
			t.Errorf("%q: %+v", text, ids)
		}
	}
	// Another address in between has the tag.
	other := "r9cZA1mLK5R5Am25ArfXFmqgNwjZgnfk59"
	ids := check(t, a+" "+other+" tag "+strconv.Itoa(7))
	if len(ids) != 2 || ids[0].Key != "xrp:"+a || !strings.HasSuffix(ids[1].Key, ":7") {
		t.Errorf("%+v", ids)
	}
}
