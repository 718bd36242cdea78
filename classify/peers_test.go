package classify_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jdkato/prose/v2"

	"vigil"
	"vigil/classify/identifier"
)

// A peer is a tool that somebody would take instead, and how it is run over a
// file of listings.
type peer struct {
	name string
	args []string
}

// peers need nothing in a build: make peers installs them.
var peers = []peer{
	{"wink-nlp tokens+sentences+POS+entities", []string{"node", "wink.js"}},
	{"NLTK tokens+sentences", []string{"/usr/bin/python3", "nltk_tokens.py"}},
}

// BenchmarkPeers classifies varied listings of about 200 words, identifiers
// included, beside tools that only do what comes before classification. What is
// compared is listings per second of CPU, of all threads.
func BenchmarkPeers(b *testing.B) {
	for _, share := range []int{0, 2, 5, 10, 20} {
		ls := variedListings(4000, share)
		b.Run(fmt.Sprintf("vigil candidates=%d%%", share), func(b *testing.B) {
			c := classifier(b)
			c.Identify = identifier.Scan
			report(b, ls, func(l vigil.Listing) { c.Assess(l) })
		})
	}
	ls := variedListings(4000, 2)
	b.Run("prose full document, candidates=2%", func(b *testing.B) {
		model := prose.ModelFromData("default")
		report(b, ls[:40], func(l vigil.Listing) {
			if _, err := prose.NewDocument(l.Description, prose.UsingModel(model)); err != nil {
				b.Fatal(err)
			}
		})
	})
	for _, p := range peers {
		b.Run(p.name+", candidates=2%", func(b *testing.B) { p.bench(b, ls) })
	}
}

// report runs do over the listings, b.N times, and reports by CPU time.
func report(b *testing.B, ls []vigil.Listing, do func(vigil.Listing)) {
	size := 0
	for _, l := range ls {
		size += len(l.Title) + len(l.Description)
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	before := cpu(b)
	for b.Loop() {
		for _, l := range ls {
			do(l)
		}
	}
	b.ReportMetric(float64(b.N*len(ls))/(cpu(b)-before).Seconds(), "listings/cpu-s")
}

// cpu returns the CPU time of this process so far.
func cpu(tb testing.TB) time.Duration {
	tb.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func (p peer) bench(b *testing.B, ls []vigil.Listing) {
	var rows bytes.Buffer
	for _, l := range ls {
		if err := json.NewEncoder(&rows).Encode(l); err != nil {
			b.Fatal(err)
		}
	}
	file := filepath.Join(b.TempDir(), "listings.jsonl")
	if err := os.WriteFile(file, rows.Bytes(), 0o644); err != nil {
		b.Fatal(err)
	}
	var got struct {
		Texts int
		CPU   float64
		RSS   float64
	}
	for b.Loop() {
		cmd := exec.Command(p.args[0], append(p.args[1:len(p.args):len(p.args)], file)...)
		cmd.Dir = filepath.Join("testdata", "peers")
		var problems bytes.Buffer
		cmd.Stderr = &problems
		out, err := cmd.Output()
		if err != nil {
			b.Skipf("%s is not here (make peers installs it): %v: %.200s", p.args[0], err, problems.String())
		}
		if err := json.Unmarshal(out, &got); err != nil {
			b.Fatalf("%q: %v", out, err)
		}
	}
	b.ReportMetric(float64(got.Texts)/got.CPU, "listings/cpu-s")
	b.ReportMetric(got.RSS/1e6, "MB-rss")
}

// variedListings returns n listings of about 200 words, no two alike, of which
// share percent hold a clause about a person that is offered.
func variedListings(n, share int) []vigil.Listing {
	things := []string{"oak table", "field lamp", "harbour map", "wool blanket", "copper kettle", "garden saw", "sea chest", "paper press", "road bicycle", "stone mill"}
	states := []string{"kept dry", "used for two winters", "as new", "with small marks", "repaired once", "without its box", "tested last week"}
	ways := []string{"Pickup on Friday or by post within the country.", "Ships from Portvale in three days, tracked if you ask.", "Stealth is usual; escrow is welcome.",
		"Ask before you order, as other pieces are listed too.", "The price covers packing; customs are yours.", "No returns after fourteen days, but we answer every message."}
	ls := make([]vigil.Listing, n)
	for i := range ls {
		var d strings.Builder
		for k := 0; k < 12; k++ {
			x := i*31 + k*7 + i*i%97
			fmt.Fprintf(&d, "This %s number %d is %s and weighs %d grams. %s ", things[x%len(things)], x%1000, states[x%len(states)], 100+x%4000, ways[(x/3)%len(ways)])
		}
		if i%100 < share {
			d.WriteString("We have one healthy woman for sale and deliver her to your city.")
		}
		ls[i] = vigil.Listing{ID: fmt.Sprint(i), Title: things[i%len(things)], Description: d.String()}
	}
	return ls
}
