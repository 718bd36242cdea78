package identifier

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vigil"
)

// titles returns the listing titles that lie beside the repository.
func titles(tb testing.TB) []string {
	tb.Helper()
	f, err := os.Open("../../../shared/corpora/darknet-titles.jsonl")
	if err != nil {
		tb.Skipf("no corpus beside the repository: %v", err)
	}
	defer f.Close()
	var out []string
	for sc := bufio.NewScanner(f); sc.Scan(); {
		var row struct{ Title string }
		if err := json.Unmarshal(sc.Bytes(), &row); err != nil {
			tb.Fatal(err)
		}
		out = append(out, row.Title)
	}
	return out
}

func TestListingTitlesHoldNoAddress(t *testing.T) {
	all := titles(t)
	counts := map[string]int{}
	for _, text := range append(all, strings.Join(all, "\n"), strings.Join(all, " ")) {
		for _, id := range check(t, text) {
			counts[id.Kind]++
			if id.Class != vigil.ClassC && id.Kind != "email" {
				t.Errorf("%+v in %.200q", id, text)
			}
		}
	}
	t.Logf("%d titles: %v", len(all), counts)
}

// Technical prose is full of digits and of words that begin as addresses do.
// What is put together from pieces of it would be an accident.
func TestProseIsNotJoined(t *testing.T) {
	files, _ := filepath.Glob("../../../shared/vectors/*/*.md")
	more, _ := filepath.Glob("../../../shared/watchlists/*/*.md")
	if files = append(files, more...); len(files) == 0 {
		t.Skip("no prose beside the repository")
	}
	size := 0
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		size += len(b)
		for _, id := range check(t, string(b)) {
			if id.Class == vigil.ClassA && id.Method != plain {
				t.Errorf("%s: %+v", filepath.Base(f), id)
			}
		}
	}
	t.Logf("%d files, %d bytes", len(files), size)
}

// prose is a text without identifiers.
var prose = strings.Repeat("The parcel leaves within two days of payment; ask the vendor about the terms. "+
	"Delivery is to the usual place, 10 to 14 days, and nobody signs for it.\n", 4000)

func BenchmarkScanProse(b *testing.B) { benchmark(b, prose) }

func BenchmarkScanCyrillic(b *testing.B) {
	benchmark(b, strings.Repeat("Посылка уходит через два дня после оплаты; спросите продавца об условиях.\n", 4000))
}

func BenchmarkScanTitles(b *testing.B) { benchmark(b, strings.Join(titles(b), "\n")) }

// BenchmarkScanListing has one address in 2,000 bytes.
func BenchmarkScanListing(b *testing.B) {
	benchmark(b, strings.Repeat(prose[:2000]+"\nbtc: "+genesis+"\n", 100))
}

// BenchmarkScanHostile has texts that were made to cost the most.
func BenchmarkScanHostile(b *testing.B) {
	for _, piece := range []string{"1 ", "1a ", "T1 ", "1aaa ", "bc1q ", "а1 ", "a@b.co@", "a[at]b[dot]", "DE89 3", "t.me/", "\u200b1",
		"+44 20 7946 0123 ", "+1", "4111 1111 1111 1111 ", "12 ", "123456 ", "tg @vendor ", "signal a_b.42 ", "wickr: ", "C0FF ", "pgp c0ffee01 ", "abandon ", "cash app $a ",
		"BEGIN PRIVATE KEY-", armorBegin + armorEnd, "matrix @a:b.", "Binance id 123456 ", "xmpp a@b.co ",
		"u ", "u1 ", "u1q ", "lnbc1 ", "lnbc1p" + strings.Repeat("q", 120) + " ", "u1" + strings.Repeat("q", 6) + " ", "zs1" + strings.Repeat("q", 75) + " ",
		"u1" + strings.Repeat("q", 500) + " ", "EQ-_", "lno1+", "lno1" + strings.Repeat("q", 60) + "+ ", "G" + strings.Repeat("A", 55) + " ", "X7 ",
		"sol " + strings.Repeat("z", 43) + " ", genesis + " tag ", ambiguous3 + " or ", boltCoffee + " ", zecUnified + " ", "т1 ", "l п"} {
		b.Run(strings.TrimSpace(piece[:min(len(piece), 12)]), func(b *testing.B) { benchmark(b, strings.Repeat(piece, 200_000/len(piece))) })
	}
}

func benchmark(b *testing.B, text string) {
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		Scan(text)
	}
}
