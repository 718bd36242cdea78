package bolt_test

import (
	"fmt"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"vigil"
	"vigil/store"
	"vigil/store/bolt"
)

// benchAssessment returns an assessment with identifiers such as texts hold, each
// of about a third as many different keys.
func benchAssessment(page string, n, ids int) vigil.Assessment {
	a := vigil.Assessment{ID: vigil.NewListingID("ORD-1/a", fmt.Sprint(n)), Source: "ORD-1/a", Page: page, Level: vigil.LevelNote, Lang: "en", Model: "vigil 1 (0123456789abcdef)", Findings: []vigil.Finding{}}
	for i := range ids {
		key := fmt.Sprintf("h160:pkh:%040x", (n*ids+i)*7919%333_333)
		a.Identifiers = append(a.Identifiers, vigil.Identifier{
			Field: vigil.FieldDescription, Kind: "btc", Value: "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", Key: key, Class: vigil.ClassA, Network: "mainnet",
			Readings: []string{"btc", "bch", "bsv"}, Method: "plain", Start: 50 * i, End: 50*i + 34, Raw: "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
		})
	}
	return a
}

// benchRows returns a list of rows such as lists of sanctions hold.
func benchRows(b *testing.B, name string, n int) (vigil.Watchlist, []vigil.ListRow) {
	b.Helper()
	w := vigil.Watchlist{Name: name, AsOf: "2026-01-01", ID: vigil.NewWatchlistID(name, "2026-01-01", ""), Rows: n}
	rows := make([]vigil.ListRow, n)
	for i := range rows {
		key := fmt.Sprintf("h160:pkh:%040x", i*7919%333_333)
		rows[i] = vigil.ListRow{
			List: w.ID, N: i + 1, Line: i + 2, Raw: "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", Symbol: "XBT", Party: "Harbour Ledger Collective", PartyID: "12345",
			Programmes: []string{"SDGT"}, Terror: true, Listed: "2026-01-01", Parsed: []vigil.ListID{{Kind: "btc", Value: "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", Key: key, Class: vigil.ClassA}},
		}
	}
	sum, err := vigil.HashRows(rows)
	if err != nil {
		b.Fatal(err)
	}
	w.RowsSHA256 = sum
	return w, rows
}

// BenchmarkMentions reads a case with a million mentions and a list of 100,000
// rows: all, and one key's.
func BenchmarkMentions(b *testing.B) {
	for cipher, keys := range ciphers() {
		b.Run("cipher="+cipher, func(b *testing.B) { benchMentions(b, keys) })
	}
}

func benchMentions(b *testing.B, keys []bolt.Key) {
	const assessments, each = 2_000, 500
	s := benchStore(b, keys...)
	var wg sync.WaitGroup
	for w := range 16 {
		wg.Go(func() {
			for n := w; n < assessments; n += 16 {
				if _, err := s.Record(b.Context(), vigil.Result{Act: vigil.Act{Actor: "w", Action: vigil.ActClassify}, Record: benchAssessment("page", n, each)}); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
	w, rows := benchRows(b, "list", 100_000)
	if _, err := s.Record(b.Context(), vigil.Result{Act: vigil.Act{Actor: "w", Action: vigil.ActList}, Record: w, Rows: rows}); err != nil {
		b.Fatal(err)
	}
	b.Run("all", func(b *testing.B) {
		n := 0
		for b.Loop() {
			for _, err := range s.Mentions(b.Context(), "") {
				if err != nil {
					b.Fatal(err)
				}
				n++
			}
		}
		b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "mentions/s")
	})
	b.Run("key", func(b *testing.B) {
		n, i := 0, 0
		for b.Loop() {
			i++
			for _, err := range s.Mentions(b.Context(), fmt.Sprintf("h160:pkh:%040x", i*104_729%333_333)) {
				if err != nil {
					b.Fatal(err)
				}
				n++
			}
		}
		b.ReportMetric(float64(n)/float64(i), "mentions/op")
	})
	b.Run("listed", func(b *testing.B) {
		n, i := 0, 0
		for b.Loop() {
			i++
			rows, err := s.Listed(b.Context(), fmt.Sprintf("h160:pkh:%040x", i*104_729%333_333))
			if err != nil {
				b.Fatal(err)
			}
			n += len(rows)
		}
		b.ReportMetric(float64(n)/float64(i), "rows/op")
	})
	b.Run("verify", func(b *testing.B) {
		for b.Loop() {
			if r, err := store.Verify(b.Context(), s, nil); err != nil || r.Mentions != assessments*each {
				b.Fatal(r.Mentions, err)
			}
		}
	})
	b.Run("commit", func(b *testing.B) { // among a million
		n := assessments
		for b.Loop() {
			n++
			if _, err := s.Record(b.Context(), vigil.Result{Act: vigil.Act{Actor: "w", Action: vigil.ActClassify}, Record: benchAssessment("page", n, 5)}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkAssess commits assessments, of pages that are in the case, with and
// without identifiers.
func BenchmarkAssess(b *testing.B) {
	for _, ids := range []int{0, 5} {
		for _, workers := range []int{1, 64} {
			b.Run(fmt.Sprintf("identifiers=%d/workers=%d", ids, workers), func(b *testing.B) {
				s := benchStore(b)
				p := benchPage("ORD-1/a", 1)
				if _, err := s.Record(b.Context(), vigil.Result{Act: vigil.Act{Actor: "w", Action: vigil.ActFetch}, Record: p}); err != nil {
					b.Fatal(err)
				}
				each(b, workers, func(n int64) {
					a := benchAssessment(p.ID, int(n), ids)
					if _, err := s.Record(b.Context(), vigil.Result{Act: vigil.Act{Actor: "w", Action: vigil.ActClassify}, Record: a}); err != nil {
						b.Error(err)
					}
				})
			})
		}
	}
}

// BenchmarkImport imports a list of 100,000 rows: the time, the memory that the
// import takes at its most beyond what its caller holds, and the disk.
func BenchmarkImport(b *testing.B) {
	w, rows := benchRows(b, "list", 100_000)
	var before, now runtime.MemStats
	var peak, size int64
	for b.Loop() {
		b.StopTimer()
		path := filepath.Join(b.TempDir(), "vigil.db")
		s, err := bolt.Create(path, bolt.Options{Tool: "bench"})
		if err != nil {
			b.Fatal(err)
		}
		runtime.GC()
		runtime.ReadMemStats(&before)
		done, watched := make(chan bool), make(chan bool)
		go func() {
			defer close(watched)
			for {
				select {
				case <-done:
					return
				case <-time.After(5 * time.Millisecond):
					runtime.ReadMemStats(&now)
					peak = max(peak, int64(now.HeapAlloc)-int64(before.HeapAlloc))
				}
			}
		}()
		b.StartTimer()
		if _, err := s.Record(b.Context(), vigil.Result{Act: vigil.Act{Actor: "w", Action: vigil.ActList}, Record: w, Rows: rows}); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		close(done)
		<-watched
		size = fileSize(b, path)
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	b.ReportMetric(float64(len(rows))*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64(peak)/(1<<20), "heap-MiB")
	b.ReportMetric(float64(size)/float64(len(rows)), "file-bytes/row")
}
