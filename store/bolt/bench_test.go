package bolt_test

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"vigil"
	"vigil/store"
	"vigil/store/bolt"
)

// pageSize is the size of a page's body in benchmarks: that of a usual market
// page.
const pageSize = 20 << 10

func benchStore(b *testing.B) *bolt.Store {
	b.Helper()
	s, err := bolt.Create(filepath.Join(b.TempDir(), "vigil.db"), bolt.Options{Tool: "bench"})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	return s
}

func benchPage(source string, n int64) vigil.Page {
	body := make([]byte, pageSize)
	rand.Read(body)
	url := fmt.Sprintf("http://x.onion/%d", n)
	p := vigil.Page{
		Source: source, URL: url, FinalURL: url, Method: vigil.ByFetch, CapturedAt: time.Now(), Status: 200,
		RawSHA256: vigil.SumHex(body), RawSize: pageSize, BodySHA256: vigil.SumHex(body), BodySize: pageSize, Body: body,
	}
	p.ID = vigil.NewPageID(p)
	return p
}

// each calls do b.N times from a number of goroutines.
func each(b *testing.B, workers int, do func(n int64)) {
	var (
		wg   sync.WaitGroup
		next atomic.Int64
	)
	b.ResetTimer()
	for range workers {
		wg.Go(func() {
			for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
				do(n)
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
}

// BenchmarkCommit commits fetched pages with their log entries and next tasks.
func BenchmarkCommit(b *testing.B) {
	for _, workers := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			s := benchStore(b)
			ctx := b.Context()
			var ts []vigil.Task
			for i := range b.N {
				ts = append(ts, vigil.NewTask(vigil.Extract, "ORD-1/a", fmt.Sprint(i)))
			}
			if _, err := s.Enqueue(ctx, ts...); err != nil {
				b.Fatal(err)
			}
			leased, _, err := s.Lease(ctx, store.LeaseRequest{Stage: vigil.Extract, Holder: "w", N: b.N, TTL: time.Hour})
			if err != nil || len(leased) != b.N {
				b.Fatal(len(leased), err)
			}
			each(b, workers, func(n int64) {
				p := benchPage("ORD-1/a", n)
				err := s.Commit(ctx, leased[n-1], vigil.Result{
					Act:    vigil.Act{Actor: "w", Action: vigil.ActFetch, Order: "ORD-1"},
					Record: p, Next: []vigil.Task{vigil.NewTask(vigil.Classify, p.Source, p.ID)},
				})
				if err != nil {
					b.Error(err)
				}
			})
		})
	}
}

// BenchmarkRawBbolt writes what BenchmarkCommit keeps (a page's body, its
// record, a log line, two hashes, a done and a next task), without checks and
// indexes, through bbolt's own ways to write.
func BenchmarkRawBbolt(b *testing.B) {
	for _, mode := range []string{"update", "batch"} {
		for _, workers := range []int{1, 8, 64} {
			b.Run(fmt.Sprintf("%s/workers=%d", mode, workers), func(b *testing.B) {
				db, err := bbolt.Open(filepath.Join(b.TempDir(), "raw.db"), 0o600, &bbolt.Options{FreelistType: bbolt.FreelistMapType})
				if err != nil {
					b.Fatal(err)
				}
				defer db.Close()
				db.MaxBatchDelay = time.Millisecond
				err = db.Update(func(tx *bbolt.Tx) error {
					for _, name := range []string{"bodies", "records", "lines", "hashes", "tasks"} {
						if _, err := tx.CreateBucket([]byte(name)); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					b.Fatal(err)
				}
				write := db.Update
				if mode == "batch" {
					write = db.Batch
				}
				each(b, workers, func(n int64) {
					p := benchPage("ORD-1/a", n)
					if err := write(func(tx *bbolt.Tx) error { return rawWrite(tx, p, n) }); err != nil {
						b.Error(err)
					}
				})
			})
		}
	}
}

func rawWrite(tx *bbolt.Tx, p vigil.Page, n int64) error {
	sum, seq := sha256.Sum256(p.Body), binary.BigEndian.AppendUint64(nil, uint64(n))
	small := make([]byte, 500)
	for _, kv := range []struct {
		bucket string
		k, v   []byte
	}{
		{"bodies", sum[:], p.Body}, {"records", []byte(p.ID), small}, {"lines", seq, small[:300]},
		{"hashes", append(seq[:8:8], 0), sum[:]}, {"hashes", append(seq[:8:8], 1), sum[:]},
		{"tasks", []byte(p.ID), small[:300]}, {"tasks", sum[:], small[:300]},
	} {
		if err := tx.Bucket([]byte(kv.bucket)).Put(kv.k, kv.v); err != nil {
			return err
		}
	}
	return nil
}

// BenchmarkLease leases and returns one task of a long queue: the cost must not
// grow with the queue.
func BenchmarkLease(b *testing.B) {
	for _, queued := range []int{1_000, 100_000} {
		b.Run(fmt.Sprintf("queued=%d", queued), func(b *testing.B) {
			s := benchStore(b)
			ts := make([]vigil.Task, queued)
			for i := range ts {
				ts[i] = vigil.NewTask(vigil.Extract, "ORD-1/a", fmt.Sprint(i))
				ts[i].Priority = i % 256
			}
			if _, err := s.Enqueue(b.Context(), ts...); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				got, _, err := s.Lease(b.Context(), store.LeaseRequest{Stage: vigil.Extract, Holder: "w", N: 1, TTL: time.Hour})
				if err != nil || len(got) != 1 {
					b.Fatal(len(got), err)
				}
				if err := s.Return(b.Context(), got[0]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkIdle asks an empty queue, as an idle worker does.
func BenchmarkIdle(b *testing.B) {
	s := benchStore(b)
	for b.Loop() {
		if _, _, err := s.Lease(b.Context(), store.LeaseRequest{Stage: vigil.Extract, Holder: "w", N: 1, TTL: time.Hour}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkOpen opens and closes a case of 10,000 pages.
func BenchmarkOpen(b *testing.B) {
	const pages = 10_000
	path := filepath.Join(b.TempDir(), "vigil.db")
	s, err := bolt.Create(path, bolt.Options{Tool: "bench"})
	if err != nil {
		b.Fatal(err)
	}
	var wg sync.WaitGroup
	for w := range 64 {
		wg.Go(func() {
			for n := w; n < pages; n += 64 {
				if _, err := s.Record(b.Context(), vigil.Result{Act: vigil.Act{Actor: "w", Action: vigil.ActImport}, Record: benchPage("ORD-1/a", int64(n))}); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	size := fileSize(b, path)
	for b.Loop() {
		s, err := bolt.Open(path, bolt.Options{})
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(size)/pages, "file-bytes/page")
}

func fileSize(b *testing.B, path string) int64 {
	b.Helper()
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	return info.Size()
}
