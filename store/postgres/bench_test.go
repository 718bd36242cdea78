package postgres_test

import (
	"crypto/rand"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vigil"
	"vigil/internal/pgtest"
	"vigil/internal/seal"
	"vigil/store"
	"vigil/store/postgres"
)

// BenchmarkCommit commits what store/bolt's benchmark of that name does: pages of 20 KB
// that do not compress, with their log entries and next tasks; of one order, whose log
// takes one after the other, and of 16.
func BenchmarkCommit(b *testing.B) {
	for _, orders := range []int{1, 16} {
		for _, workers := range []int{1, 8, 64} {
			b.Run(fmt.Sprintf("orders=%d/workers=%d", orders, workers), func(b *testing.B) { benchCommit(b, orders, workers) })
		}
	}
}

func benchCommit(b *testing.B, orders, workers int) {
	server := pgtest.New(b)
	address := server.Address(server.Database(b)) + "&pool_max_conns=64"
	s, err := postgres.Create(b.Context(), address, postgres.Options{Keys: []seal.Key{testKey(1)}})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	var ts []vigil.Task
	for i := range b.N {
		ts = append(ts, vigil.NewTask(vigil.Extract, fmt.Sprintf("ORD-%d/a", i%orders), fmt.Sprint(i)))
	}
	if _, err := s.Enqueue(b.Context(), ts...); err != nil {
		b.Fatal(err)
	}
	leased, _, err := s.Lease(b.Context(), store.LeaseRequest{Stage: vigil.Extract, Holder: "w", N: b.N, TTL: time.Hour})
	if err != nil || len(leased) != b.N {
		b.Fatal(len(leased), err)
	}
	before, _ := server.CPU()
	var (
		wg   sync.WaitGroup
		next atomic.Int64
	)
	b.ResetTimer()
	for range workers {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(b.N); i = next.Add(1) - 1 {
				t := leased[i]
				p := benchPage(t.Source, int(i))
				err := s.Commit(b.Context(), t, vigil.Result{
					Act:    vigil.Act{Actor: "w", Action: vigil.ActFetch, Order: vigil.OrderOf(t.Source)},
					Record: p, Next: []vigil.Task{vigil.NewTask(vigil.Classify, p.Source, p.ID)},
				})
				if err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	after, _ := server.CPU()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
	b.ReportMetric(float64((after-before).Microseconds())/float64(b.N), "server-µs/op")
}

func benchPage(source string, n int) vigil.Page {
	body := make([]byte, 20<<10)
	rand.Read(body) // never fails
	url := fmt.Sprintf("http://x.onion/%d", n)
	p := vigil.Page{
		Source: source, URL: url, FinalURL: url, Method: vigil.ByFetch, CapturedAt: time.Now(), Status: 200,
		RawSHA256: vigil.SumHex(body), RawSize: int64(len(body)), BodySHA256: vigil.SumHex(body), BodySize: int64(len(body)), Body: body,
	}
	p.ID = vigil.NewPageID(p)
	return p
}
