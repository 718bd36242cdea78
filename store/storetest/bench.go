package storetest

import (
	"crypto/rand"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vigil"
	"vigil/store"
)

// A Bench measures a store, so that engines stand side by side:
//
//	func BenchmarkStore(b *testing.B) {
//		storetest.Bench{Open: func(b *testing.B, name string) store.Store { … }}.Run(b)
//	}
//
// Its cases are encrypted, if those that Open makes are.
type Bench struct {
	// Open makes a case, which goes with b, or opens the one that it keeps under a
	// name, which says how many listings it holds; empty for one that nobody keeps.
	Open func(b *testing.B, name string) store.Store
	// CPU is what the engine's processes beside this one have used of processors; nil
	// if there are none.
	CPU func() (time.Duration, error)
}

// Run measures everything.
func (x Bench) Run(b *testing.B) {
	b.Run("commit", x.Commits)
	b.Run("claim", x.Claims)
	b.Run("queue", x.Queue)
	b.Run("search", x.Search)
}

// used returns what CPU says, or nothing.
func (x Bench) used(b *testing.B) time.Duration {
	if x.CPU == nil {
		return 0
	}
	d, err := x.CPU()
	if err != nil {
		b.Fatal(err)
	}
	return d
}

// Commits commits pages of 20 kB that do not compress, with their log entries and next
// tasks: of one order, whose log takes one after the other, and of 16; by 1 to 64
// workers.
func (x Bench) Commits(b *testing.B) {
	for _, orders := range []int{1, 16} {
		for _, workers := range []int{1, 4, 16, 64} {
			b.Run(fmt.Sprintf("orders=%d/workers=%d", orders, workers), func(b *testing.B) { x.commits(b, orders, workers) })
		}
	}
}

func (x Bench) commits(b *testing.B, orders, workers int) {
	s := x.Open(b, "")
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
	before := x.used(b)
	b.ResetTimer()
	took := sideBySide(b, workers, b.N, func(_, i int) error {
		t := leased[i]
		p := benchPage(t.Source, i)
		return s.Commit(b.Context(), t, vigil.Result{
			Act:    vigil.Act{Actor: "w", Action: vigil.ActFetch, Order: vigil.OrderOf(t.Source)},
			Record: p, Next: []vigil.Task{vigil.NewTask(vigil.Classify, p.Source, p.ID)},
		})
	})
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
	if x.CPU != nil {
		b.ReportMetric(float64((x.used(b)-before).Microseconds())/float64(b.N), "server-µs/op")
	}
	tell(b, "", took)
}

// benchPage returns a page as large as a usual one of a market.
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

// reviewers is how many claim at once.
const reviewers = 50

// Claims has 50 reviewers claim a listing and decide, again and again, in a queue of 16
// orders in which each of them finds tasks in front that are not for them.
func (x Bench) Claims(b *testing.B) {
	s := x.Open(b, "")
	var ts []vigil.Task
	for i := range b.N + 2*reviewers {
		t := vigil.NewTask(vigil.Review, fmt.Sprintf("ORD-%d/a", i%16), fmt.Sprint(i))
		if t.Priority = i % 4; i < reviewers {
			t.Priority, t.Barred = 200, []string{reviewer(i), reviewer(i + 1), reviewer(i + 2)}
		}
		ts = append(ts, t)
	}
	if _, err := s.Enqueue(b.Context(), ts...); err != nil {
		b.Fatal(err)
	}
	claims := make([]time.Duration, b.N)
	before := x.used(b)
	b.ResetTimer()
	took := sideBySide(b, reviewers, b.N, func(w, i int) error {
		start := time.Now()
		ts, _, err := s.Lease(b.Context(), store.LeaseRequest{Stage: vigil.Review, Holder: reviewer(w), N: 1, TTL: time.Hour})
		claims[i] = time.Since(start)
		if err != nil || len(ts) != 1 {
			return fmt.Errorf("%d tasks, %v", len(ts), err)
		}
		d := vigil.Decision{Listing: vigil.NewListingID(ts[0].Source, ts[0].Subject), Source: ts[0].Source, Page: ts[0].Subject, Verdict: vigil.NotRelevant, Reviewer: reviewer(w), Time: time.Now()}
		return s.Commit(b.Context(), ts[0], vigil.Result{Act: vigil.Act{Actor: reviewer(w), Action: vigil.ActDecide, Order: vigil.OrderOf(ts[0].Source)}, Record: d})
	})
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "decisions/s")
	if x.CPU != nil {
		b.ReportMetric(float64((x.used(b)-before).Microseconds())/float64(b.N), "server-µs/op")
	}
	tell(b, "claim-", claims)
	tell(b, "both-", took)
}

func reviewer(i int) string { return fmt.Sprint("rev-", i%reviewers) }

// sideBySide calls do n times, from a number of workers, and returns how long each
// call took. do is told which worker it is of, and the number of the call.
func sideBySide(b *testing.B, workers, n int, do func(w, i int) error) (took []time.Duration) {
	b.Helper()
	var (
		wg   sync.WaitGroup
		next atomic.Int64
	)
	took = make([]time.Duration, n)
	for w := range workers {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				start := time.Now()
				if err := do(w, i); err != nil {
					b.Error(err)
					return
				}
				took[i] = time.Since(start)
			}
		})
	}
	wg.Wait()
	if b.Failed() {
		b.FailNow()
	}
	return took
}

// tell reports the half and the 99th of a hundred of what calls took.
func tell(b *testing.B, what string, took []time.Duration) {
	slices.Sort(took)
	for name, share := range map[string]float64{"p50": 0.5, "p99": 0.99} {
		at := took[int(float64(len(took)-1)*share)]
		b.ReportMetric(float64(at.Microseconds())/1000, what+name+"-ms")
	}
}
