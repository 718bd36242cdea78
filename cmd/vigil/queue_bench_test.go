package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"vigil"
	"vigil/internal/tor/simnet"
	"vigil/internal/work"
	"vigil/store"
	"vigil/store/bolt"
)

// BenchmarkQueue keeps many fetch tasks in a case on the disk, and measures
// what they cost whoever works on it:
//
//   - step-ms: to lease one task and commit its page of 20 kB and 50 links,
//     half of them new, in two transactions;
//   - heap-MB and anon-MB: the process's memory, what is in use of Go's heap
//     and what is no mapped file; file-MB: what of the mapped file is in memory,
//     which the system takes back at need;
//   - open-ms: to open the case again;
//   - enqueue-us: to queue one task, in batches of 10,000.
func BenchmarkQueue(b *testing.B) {
	for _, queued := range []int{10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprintf("queued=%d", queued), func(b *testing.B) {
			if testing.Short() && queued >= 1_000_000 {
				b.Skip("-short: a million take up to a minute to queue")
			}
			benchQueue(b, queued)
		})
	}
}

func benchQueue(b *testing.B, queued int) {
	path := filepath.Join(b.TempDir(), "vigil.db")
	st, _ := benchCase(b, path, "127.0.0.1:1") // nothing is fetched
	src := benchOrder().Sources[0]
	begin := time.Now()
	const batch = 10_000
	for n := 0; n < queued; n += batch {
		if _, err := st.Enqueue(b.Context(), fetchTasks(src, n, batch)...); err != nil {
			b.Fatal(err)
		}
	}
	enqueue := time.Since(begin)
	steps := 0
	b.ResetTimer()
	for b.Loop() {
		benchStep(b, st, src, queued, steps)
		steps++
	}
	b.ReportMetric(b.Elapsed().Seconds()*1000/float64(steps), "step-ms")
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(enqueue.Microseconds())/float64(queued), "enqueue-us")
	reportMemory(b)
	b.ReportMetric(reopen(b, st, path), "open-ms")
}

// fetchTasks returns n fetch tasks, numbered from first.
func fetchTasks(src vigil.Source, first, n int) []vigil.Task {
	ts := make([]vigil.Task, n)
	for i := range ts {
		ts[i] = vigil.NewTask(vigil.Fetch, src.ID(), fmt.Sprintf("http://%s/listing/%d?ref=%d&sort=new", siteHost, first+i, i%7))
		ts[i].Depth = 2
	}
	return ts
}

// benchStep leases a task and commits a page.
func benchStep(b *testing.B, st *bolt.Store, src vigil.Source, queued, n int) {
	ts, _, err := st.Lease(b.Context(), store.LeaseRequest{Stage: vigil.Fetch, Holder: "bench", N: 1, TTL: time.Hour})
	if err != nil || len(ts) != 1 {
		b.Fatal(len(ts), err)
	}
	body := fmt.Appendf(sitePage(n), "<!-- %d -->", n)
	p := vigil.Page{
		Source: src.ID(), URL: ts[0].Subject, FinalURL: ts[0].Subject, Method: vigil.ByFetch, CapturedAt: time.Now(), Status: 200,
		RawSHA256: vigil.SumHex(body), RawSize: int64(len(body)), BodySHA256: vigil.SumHex(body), BodySize: int64(len(body)), Body: body,
	}
	p.ID = vigil.NewPageID(p)
	next := append(fetchTasks(src, (n*7919)%queued, 25), fetchTasks(src, queued+25*n, 25)...)
	err = st.Commit(b.Context(), ts[0], vigil.Result{Act: vigil.Act{Actor: "bench", Action: vigil.ActFetch}, Record: p, Next: next})
	if err != nil {
		b.Fatal(err)
	}
}

// reportMemory reports what memory this process has now.
func reportMemory(b *testing.B) {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(m.HeapInuse)/1e6, "heap-MB")
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Logf("no /proc here: only the heap is measured")
		return
	}
	for line := range strings.Lines(string(text)) {
		var kB float64
		if _, err := fmt.Sscanf(line, "RssAnon: %f kB", &kB); err == nil {
			b.ReportMetric(kB/1e3, "anon-MB")
		}
		if _, err := fmt.Sscanf(line, "RssFile: %f kB", &kB); err == nil {
			b.ReportMetric(kB/1e3, "file-MB")
		}
	}
}

// reopen closes st, which is kept at path, and returns how many milliseconds it
// takes to open it again.
func reopen(b *testing.B, st *bolt.Store, path string) float64 {
	if err := st.Close(); err != nil {
		b.Fatal(err)
	}
	begin := time.Now()
	again, err := bolt.Open(path, bolt.Options{Tool: "bench"})
	if err != nil {
		b.Fatal(err)
	}
	took := time.Since(begin)
	if err := again.Close(); err != nil {
		b.Error(err)
	}
	return float64(took.Microseconds()) / 1000
}

// BenchmarkStop stops a crawl that has 10,000 addresses queued and 64 requests
// on their way to a service that never answers. What it did not fetch is given
// back.
func BenchmarkStop(b *testing.B) {
	const workers = 64
	sim, err := simnet.Start(map[string]http.Handler{siteHost: http.NotFoundHandler()})
	if err != nil {
		b.Fatal(err)
	}
	defer sim.Close()
	sim.Stall(siteHost)
	var total time.Duration // of the stops alone
	for b.Loop() {
		st, stages := benchCase(b, filepath.Join(b.TempDir(), "vigil.db"), sim.Addr())
		if _, err := st.Enqueue(b.Context(), fetchTasks(benchOrder().Sources[0], 0, 10_000)...); err != nil {
			b.Fatal(err)
		}
		for id, src := range stages.sources {
			src.Robots = vigil.IgnoreRobots // else all would wait for its answer
			stages.sources[id] = src
		}
		ctx, cancel := context.WithCancel(b.Context())
		ended := make(chan error, 1)
		asked := len(sim.Requests())
		go func() {
			r := work.Runner{Queue: st, Holder: "bench"}
			ended <- r.Run(ctx, stages.fetchPool("", workers))
		}()
		for len(sim.Requests()) < asked+workers {
			time.Sleep(time.Millisecond)
		}
		begin := time.Now()
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			b.Fatal(err)
		}
		total += time.Since(begin)
		if err := st.Close(); err != nil {
			b.Error(err)
		}
	}
	b.ReportMetric(total.Seconds()*1000/float64(b.N), "stop-ms")
	b.ReportMetric(0, "ns/op")
}
