package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"vigil/fixtures"
	"vigil/internal/config"
	"vigil/internal/pgtest"
)

// sharedPages is how many pages of the site are crawled into a case on a server.
const sharedPages = 800

// BenchmarkCrawlByProcesses has one process, and then four, crawl pages of the site of
// the benchmarks into a case on a server, all on this machine. An answer takes a second,
// as through Tor, so that a process of 8 workers asks for 8 pages a second at most: what
// four do in the time of one says what sharing costs, unless processors give out. A page
// has 50 links, and each is a task that it adds, or finds to be there.
//
//   - pages/s: between the first log entry of a fetch and the last;
//   - times-one: that, beside what one process did, in the run for four;
//   - crawl-cpu-s/1000 and server-cpu-s/1000: processor time of crawlers and of the
//     server for 1,000 pages.
//
// It is run with -benchtime 1x.
func BenchmarkCrawlByProcesses(b *testing.B) {
	proxy := startSite(b, "1s")
	one := 0.0
	for _, processes := range []int{1, 4} {
		b.Run(fmt.Sprintf("processes=%d", processes), func(b *testing.B) {
			for b.Loop() {
				pg := pgtest.New(b, "shared_buffers=256MB", "max_wal_size=4GB")
				rate := crawlShared(b, pg, proxy, processes)
				b.ReportMetric(rate, "pages/s")
				if processes == 1 {
					one = rate
				} else if one > 0 {
					b.ReportMetric(rate/one, "times-one")
				}
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// crawlShared crawls the site and returns how many pages a second it stored.
func crawlShared(b *testing.B, pg *pgtest.Server, proxy string, processes int) (rate float64) {
	b.Helper()
	site := fixtures.Market{
		Name: "site", Host: siteHost, Start: []string{strings.TrimPrefix(siteStart, "http://"+siteHost)}, Paths: []string{"/listing/*"}, DenyPaths: []string{"*logout*"},
		Concurrency: 64,
	}
	dir := filepath.Join(b.TempDir(), "case")
	now := time.Now()
	order := fixtures.OrderTOML("ORD-1", now.Add(-time.Hour), now.Add(time.Hour), site)
	order = bytes.Replace(order, []byte("max_pages = 5000\n"), fmt.Appendf(nil, "max_pages = %d\n", sharedPages), 1)
	newCaseFor(b, dir, order, "--store", pg.Address("postgres"))
	set(b, dir, func(c *config.Config) { c.Crawl.Workers, c.Crawl.DelayFactor = 8, 0 })
	before, err := pg.CPU()
	if err != nil {
		b.Fatal(err)
	}
	var all sync.WaitGroup
	cpu := make([]time.Duration, processes)
	for i := range processes {
		there := joined(b, dir, "")
		all.Go(func() {
			cmd := exec.CommandContext(b.Context(), "vigil", "--case", there, "--socks", proxy, "crawl")
			if out, err := cmd.CombinedOutput(); err != nil {
				b.Errorf("%v\n%s", err, out)
			}
			cpu[i] = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
		})
	}
	all.Wait()
	after, err := pg.CPU()
	if err != nil {
		b.Fatal(err)
	}
	total := time.Duration(0)
	for _, t := range cpu {
		total += t
	}
	b.ReportMetric(total.Seconds()*1000/sharedPages, "crawl-cpu-s/1000")
	b.ReportMetric((after-before).Seconds()*1000/sharedPages, "server-cpu-s/1000")
	return fetchRate(b, dir)
}

// fetchRate returns how many pages a second the log of a crawled case tells of.
func fetchRate(b *testing.B, dir string) float64 {
	b.Helper()
	entries := json.NewDecoder(bytes.NewReader([]byte(vigilOK(b, "--case", dir, "log", "--json", "--action", "fetch"))))
	var first, last time.Time
	pages := 0
	for entries.More() {
		var e struct{ Time time.Time }
		if err := entries.Decode(&e); err != nil {
			b.Fatal(err)
		}
		if first.IsZero() {
			first = e.Time
		}
		last = e.Time
		pages++
	}
	if pages < sharedPages || !last.After(first) {
		b.Fatalf("the log tells of %d fetches, want %d", pages, sharedPages)
	}
	return float64(pages-1) / last.Sub(first).Seconds()
}
