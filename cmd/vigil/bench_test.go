package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gocolly/colly/v2"

	"vigil"
	"vigil/crawler"
	"vigil/internal/tor"
	"vigil/internal/tor/simnet"
	"vigil/internal/work"
	"vigil/store/bolt"
)

// sitePages is how many pages the site of the benchmarks has. Each has 20 kB
// and 50 links; all can be reached in three steps.
const sitePages = 2000

// siteHost is the site's invented name.
var siteHost = func() string {
	seed := sha256.Sum256([]byte("a site for benchmarks"))
	return vigil.OnionName(ed25519.NewKeyFromSeed(seed[:]).Public().(ed25519.PublicKey))
}()

// sitePage returns page n: half of its links lead to pages that no lower one
// links to, the others anywhere.
func sitePage(n int) []byte {
	const half = 25
	r := rand.New(rand.NewPCG(uint64(n), 0))
	words := []string{"plain", "text", "of", "no", "meaning", "that", "stands", "in", "a", "listing,", "and", "goes", "on", "for", "a", "while."}
	var b strings.Builder
	fmt.Fprintf(&b, "<!doctype html>\n<html><head><meta charset=\"utf-8\"><title>Page %d</title></head>\n<body class=\"list\">\n", n)
	for i := range 2 * half {
		to := n*half + i + 1
		if i >= half || to >= sitePages {
			to = r.IntN(sitePages)
		}
		fmt.Fprintf(&b, "<div class=\"item\"><h2><a href=\"/listing/%d?ref=%d&amp;sort=new\">Listing no. %d</a></h2>\n<p>", to, to%7, to)
		for range 55 {
			b.WriteString(words[r.IntN(len(words))])
			b.WriteByte(' ')
		}
		b.WriteString("</p></div>\n")
	}
	b.WriteString("</body></html>\n")
	return []byte(b.String())
}

// benchSite is a program: it serves the site behind a SOCKS5 proxy, whose
// address it prints, until its input ends. Its time is not the crawler's. Its
// argument, if any, is how long an answer takes.
func benchSite() {
	var takes time.Duration
	if len(os.Args) > 1 {
		var err error
		if takes, err = time.ParseDuration(os.Args[1]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
	}
	pages := make(map[string][]byte, sitePages)
	for n := range sitePages {
		pages[fmt.Sprintf("/listing/%d?ref=%d&sort=new", n, n%7)] = sitePage(n)
	}
	net, err := simnet.Start(map[string]http.Handler{siteHost: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(takes)
		page, ok := pages[r.URL.RequestURI()]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Length", strconv.Itoa(len(page)))
		_, _ = w.Write(page)
	})})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(net.Addr())
	_, _ = io.Copy(io.Discard, os.Stdin)
	net.Close()
}

// startSite starts benchSite and returns its proxy's address.
func startSite(b *testing.B, args ...string) (proxy string) {
	b.Helper()
	cmd := exec.Command("benchsite", args...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			b.Error(err)
		}
	})
	if _, err := fmt.Fscan(out, &proxy); err != nil {
		b.Fatal(err)
	}
	return proxy
}

// siteStart is the address at which a crawl of the site begins.
var siteStart = "http://" + siteHost + "/listing/0?ref=0&sort=new"

// BenchmarkCrawlSideBySide crawls the same site through the same SOCKS5 proxy,
// both in another process, on this machine:
//
//   - vigil: our fetch stage into a case on the disk, every page committed with
//     its log entry and the tasks that follow from it;
//   - colly-proxy: colly alone as its documentation says, SetProxy, which makes
//     a new connection for each page; nothing is stored;
//   - colly-alive: the same with a transport that keeps connections;
//   - colly-files: the same, and writes each body to a file, unsynced.
//
// cpu-s/1000 is the processor time of the crawling process for 1,000 pages.
// Scrapy speaks no SOCKS, and is not among them.
func BenchmarkCrawlSideBySide(b *testing.B) {
	proxy := startSite(b)
	for _, way := range []struct {
		name  string
		crawl func(b *testing.B, proxy string, workers int) int
	}{
		{"vigil", crawlVigil}, {"colly-proxy", crawlColly}, {"colly-alive", crawlCollyAlive}, {"colly-files", crawlCollyFiles},
	} {
		for _, workers := range []int{1, 4, 16, 64} {
			b.Run(fmt.Sprintf("%s/workers=%d", way.name, workers), func(b *testing.B) {
				pages, cpu, mallocs := 0, cpuTime(b), mallocs()
				for b.Loop() {
					if n := way.crawl(b, proxy, workers); n != sitePages {
						b.Fatalf("%d pages, want %d", n, sitePages)
					}
					pages += sitePages
				}
				b.ReportMetric(float64(pages)/b.Elapsed().Seconds(), "pages/s")
				b.ReportMetric((cpuTime(b)-cpu).Seconds()*1000/float64(pages), "cpu-s/1000")
				b.ReportMetric(float64(mallocsSince(mallocs))/float64(pages), "allocs/page")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}

// cpuTime returns the processor time that this process has used.
func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// mallocs returns how often this process has allocated memory.
func mallocs() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.Mallocs
}

func mallocsSince(n uint64) uint64 { return mallocs() - n }

// benchOrder covers the site.
func benchOrder() vigil.Order {
	now := time.Now()
	o := vigil.Order{Version: 1, ID: "ORD-BENCH", NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour)}
	o.Sources = []vigil.Source{{
		Order: o.ID, Name: "site", Hosts: []string{siteHost}, Start: []string{siteStart}, Paths: []string{"/listing/*"}, DenyPaths: []string{"*logout*"},
		NotBefore: o.NotBefore, NotAfter: o.NotAfter, MaxPages: 10_000_000, MaxDepth: 100, Concurrency: 64, Profile: "auto",
	}}
	return o
}

// benchCase returns a new case at path that holds benchOrder, and its stages.
func benchCase(b *testing.B, path, proxy string) (*bolt.Store, *stages) {
	b.Helper()
	st, err := bolt.Create(path, bolt.Options{Tool: "bench"})
	if err != nil {
		b.Fatal(err)
	}
	o := benchOrder()
	start, err := startTasks(o)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := st.Record(b.Context(), vigil.Result{Act: vigil.Act{Actor: "bench", Action: vigil.ActAuthorize}, Record: o, Next: start}); err != nil {
		b.Fatal(err)
	}
	network, err := tor.New(tor.Config{Proxy: proxy, Secret: make([]byte, 32), Now: time.Now, MaxStreams: 64})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(network.Close)
	return st, &stages{store: st, actor: "bench", sources: map[string]vigil.Source{o.Sources[0].ID(): o.Sources[0]}, fetcher: &crawler.Fetcher{
		Transport: func(s vigil.Source) http.RoundTripper { return network.Transport(s, tor.Session{}) },
		UserAgent: "bench", MaxBody: 4 << 20, Timeout: time.Minute, Now: time.Now,
	}}
}

func crawlVigil(b *testing.B, proxy string, workers int) (pages int) {
	b.StopTimer()
	st, stages := benchCase(b, filepath.Join(b.TempDir(), "vigil.db"), proxy)
	b.StartTimer()
	r := work.Runner{Queue: st, Holder: "bench", Observe: func(o work.Outcome) {
		if o.Err != nil {
			b.Error(o.Err)
			return
		}
		if o.Result.Act.Action == vigil.ActFetch { // not robots.txt
			pages++
		}
	}}
	if err := r.Run(b.Context(), stages.fetchPool("", workers)); err != nil {
		b.Error(err)
	}
	b.StopTimer()
	defer b.StartTimer()
	if err := st.Close(); err != nil {
		b.Error(err)
	}
	return pages
}

func crawlColly(b *testing.B, proxy string, workers int) (pages int) {
	return runColly(b, workers, func(c *colly.Collector) {
		if err := c.SetProxy("socks5://" + proxy); err != nil {
			b.Fatal(err)
		}
	})
}

// alive makes c keep its connections through proxy.
func alive(c *colly.Collector, proxy string, workers int) {
	c.WithTransport(&http.Transport{
		Proxy:               http.ProxyURL(&url.URL{Scheme: "socks5", Host: proxy}),
		MaxIdleConnsPerHost: workers,
	})
}

func crawlCollyAlive(b *testing.B, proxy string, workers int) (pages int) {
	return runColly(b, workers, func(c *colly.Collector) { alive(c, proxy, workers) })
}

func crawlCollyFiles(b *testing.B, proxy string, workers int) (pages int) {
	dir := b.TempDir()
	return runColly(b, workers, func(c *colly.Collector) {
		alive(c, proxy, workers)
		c.OnResponse(func(r *colly.Response) {
			name := filepath.Join(dir, vigil.SumHex([]byte(r.Request.URL.String())))
			if err := os.WriteFile(name, r.Body, 0o600); err != nil {
				b.Error(err)
			}
		})
	})
}

// runColly crawls the site with one collector that follows every link, and
// returns how many pages it got. It gets some twice, as colly looks up and
// notes what it has visited in two steps; these count once.
func runColly(b *testing.B, workers int, set func(*colly.Collector)) (pages int) {
	var got sync.Map
	c := colly.NewCollector(colly.Async(true))
	if err := c.Limit(&colly.LimitRule{DomainGlob: "*", Parallelism: workers}); err != nil {
		b.Fatal(err)
	}
	set(c)
	c.OnHTML("a[href]", func(e *colly.HTMLElement) {
		var visited *colly.AlreadyVisitedError
		if err := e.Request.Visit(e.Attr("href")); err != nil && !errors.As(err, &visited) {
			b.Error(err)
		}
	})
	c.OnResponse(func(r *colly.Response) { got.Store(r.Request.URL.String(), true) })
	c.OnError(func(_ *colly.Response, err error) { b.Error(err) })
	if err := c.Visit(siteStart); err != nil {
		b.Fatal(err)
	}
	c.Wait()
	got.Range(func(any, any) bool { pages++; return true })
	return pages
}
