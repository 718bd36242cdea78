package bolt_test

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	rand2 "math/rand/v2"
	"os"
	"path/filepath"
	"strings"
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

func benchStore(b *testing.B, keys ...bolt.Key) *bolt.Store {
	b.Helper()
	s, err := bolt.Create(filepath.Join(b.TempDir(), "vigil.db"), bolt.Options{Tool: "bench", Keys: keys})
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

// ciphers are the keys of a plain case and of an encrypted one.
func ciphers() map[string][]bolt.Key {
	return map[string][]bolt.Key{"none": nil, "aes-256-gcm": {testKey(1)}}
}

// BenchmarkCommit commits fetched pages with their log entries and next tasks.
func BenchmarkCommit(b *testing.B) {
	for cipher, keys := range ciphers() {
		benchCommit(b, cipher, keys)
	}
}

func benchCommit(b *testing.B, cipher string, keys []bolt.Key) {
	for _, workers := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("cipher=%s/workers=%d", cipher, workers), func(b *testing.B) {
			s := benchStore(b, keys...)
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

// BenchmarkRewrite writes a case of 2,000 pages anew under another key. Pages are of
// repeated words, and so shrink as those of markets do.
func BenchmarkRewrite(b *testing.B) {
	const pages = 2_000
	for cipher, keys := range ciphers() {
		b.Run("cipher="+cipher, func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "vigil.db")
			s, err := bolt.Create(path, bolt.Options{Tool: "bench", Keys: keys})
			if err != nil {
				b.Fatal(err)
			}
			var wg sync.WaitGroup
			for w := range 64 {
				wg.Go(func() {
					for n := w; n < pages; n += 64 {
						if _, err := s.Record(b.Context(), vigil.Result{Act: vigil.Act{Actor: "w", Action: vigil.ActImport}, Record: wordyPage("ORD-1/a", int64(n))}); err != nil {
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
				r := bolt.Rewriting{Act: rotation, Plain: keys == nil}
				if keys != nil {
					r.To = keys[0]
				}
				if err := bolt.Rewrite(b.Context(), path, bolt.Options{Keys: keys}, r); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(size)/pages, "file-bytes/page")
			b.ReportMetric(float64(fileSize(b, path))/pages, "rewritten-bytes/page")
			b.ReportMetric(float64(pages)*float64(b.N)/b.Elapsed().Seconds(), "pages/s")
		})
	}
}

// wordyPage returns a page of 20 kB of markup and words.
func wordyPage(source string, n int64) vigil.Page {
	p := benchPage(source, n)
	words := strings.Fields("brass wall clock shipped from harbour in plain wrapping price bond vendor rating sales posted category tools reply within two days")
	r := rand2.New(rand2.NewPCG(uint64(n), 1))
	var b strings.Builder
	for b.Len() < pageSize {
		fmt.Fprintf(&b, "<div class=\"row\"><a href=\"/listing/%d\">%s</a> %s %s</div>\n", r.IntN(1e6), words[r.IntN(len(words))], words[r.IntN(len(words))], words[r.IntN(len(words))])
	}
	p.Body = []byte(b.String())
	p.BodySize, p.BodySHA256 = int64(len(p.Body)), vigil.SumHex(p.Body)
	p.ID = vigil.NewPageID(p)
	return p
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
