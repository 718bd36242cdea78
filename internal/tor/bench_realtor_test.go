package tor_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"vigil/internal/tor/tornet"
)

// BenchmarkRealTor fetches pages of 20 kB over the private Tor network, with
// all that a fetch does. All workers are of one source: they share a circuit.
func BenchmarkRealTor(b *testing.B) {
	if err := tornet.Available(); err != nil {
		b.Skip("no benchmark over the real Tor:", err)
	}
	for _, namespace := range []bool{true, false} {
		name := "namespace"
		if !namespace {
			name = "no-namespace"
		}
		b.Run(name, func(b *testing.B) { benchmarkRealTor(b, !namespace) })
	}
}

func benchmarkRealTor(b *testing.B, noNamespace bool) {
	body := strings.Repeat(`<div class="item"><a href="/listing">Listing</a><p>`+strings.Repeat("plain text of no meaning. ", 13)+"</p></div>\n", 50)
	tn, err := tornet.Start(b.Context(), tornet.Config{
		NoNamespace: noNamespace, Logf: b.Logf,
		Services: []tornet.Service{{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { page(w, body) })}},
	})
	if err != nil {
		b.Fatal(err)
	}
	defer tn.Close()
	if !noNamespace && !tn.Isolated() {
		b.Skip("no namespace could be had")
	}
	n := network(b, config(tn.SOCKS()))
	host := tn.Onions()[0]
	src, f := source("bench", host), pageFetcher(n)
	for _, workers := range []int{1, 4, 16} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			fetches := make(chan struct{})
			var running sync.WaitGroup
			for range workers {
				running.Go(func() {
					for range fetches {
						if _, err := f.Fetch(b.Context(), src, "http://"+host+"/", 0); err != nil {
							b.Error(err)
						}
					}
				})
			}
			b.ResetTimer() // no b.Loop: it stops the clock while the last pages are on their way
			for range b.N {
				fetches <- struct{}{}
			}
			close(fetches)
			running.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "pages/s")
		})
	}
}
