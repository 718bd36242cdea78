package bundle

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"vigil"
	"vigil/internal/custody"
)

// A mill makes exhibits on the fly, so that what a test measures is not what it
// keeps itself.
type mill struct {
	n, size int  // listings, and bytes of a page
	words   bool // text as on pages, that packs to a tenth
	raw     bool // bytes that no packing makes smaller; otherwise digits and letters of no sense, that pack to two thirds
}

// body returns the page of listing i.
func (m mill) body(i int) []byte {
	r := rand.New(rand.NewPCG(uint64(i), uint64(m.size)))
	if m.raw {
		raw := make([]byte, m.size)
		rand.NewChaCha8([32]byte{byte(i), byte(i >> 8), byte(i >> 16)}).Read(raw)
		return raw
	}
	var b bytes.Buffer
	b.Grow(m.size + 64)
	b.WriteString("<html><title>Listing</title>")
	for b.Len() < m.size {
		if m.words {
			fmt.Fprintf(&b, "<div class=\"row item\"><a href=\"/listing/%d\">%s %s</a> <span>%s</span></div>\n", r.IntN(5000), mills[r.IntN(len(mills))], mills[r.IntN(len(mills))], mills[r.IntN(len(mills))])
		} else {
			b.Write(strconv.AppendUint(nil, r.Uint64(), 36))
		}
	}
	return b.Bytes()[:m.size]
}

var mills = []string{"papers", "shipping", "escrow", "vendor since", "no refunds", "message first", "price on request", "new", "verified", "last seen today", "feedback", "stock", "worldwide", "terms"}

func (m mill) exhibit(i int) vigil.Exhibit {
	e := exhibit(i, func(e *vigil.Exhibit) { e.Page.Body = m.body(i) })
	e.Listing.ID, e.Page.ID = fmt.Sprintf("%032x", i), fmt.Sprintf("%032x", i+1<<40)
	e.Assessment.ID, e.Listing.Page, e.Assessment.Page = e.Listing.ID, e.Page.ID, e.Page.ID
	for j := range e.Decisions {
		e.Decisions[j].Listing, e.Decisions[j].Page = e.Listing.ID, e.Page.ID
	}
	return e
}

// events yields the events of the log, in their order.
func (m mill) events(t testing.TB, o vigil.Order) func(func(vigil.Entry) bool) {
	return func(yield func(vigil.Entry) bool) {
		seq := int64(0)
		add := func(action string, r vigil.Record) bool {
			text, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			e := vigil.Event{V: custody.Version, Seq: seq, Time: captured, Actor: "clerk", Action: action, Order: o.ID, Tool: "vigil test"}
			e.Object.Type, e.Object.ID, _ = r.Ref()
			e.Object.SHA256 = vigil.SumHex(text)
			line, err := custody.Line(e)
			if err != nil {
				t.Fatal(err)
			}
			seq++
			return yield(vigil.Entry{Event: e, Line: line})
		}
		if !add(vigil.ActAuthorize, o) {
			return
		}
		for i := range m.n {
			e := m.exhibit(i)
			if !add(vigil.ActFetch, e.Page) || !add(vigil.ActExtract, e.Listing) || !add(vigil.ActClassify, e.Assessment) || !add(vigil.ActDecide, e.Decisions[0]) {
				return
			}
		}
	}
}

// contents returns what m makes as the contents of a bundle.
func (m mill) contents(t testing.TB, w world) Contents {
	c := w.contents
	c.Exhibits = func(yield func(Item, error) bool) {
		for i := range m.n {
			if !yield(Item{Exhibit: m.exhibit(i)}, nil) {
				return
			}
		}
	}
	log := &testLog{t: t, name: w.order.ID}
	size := int64(0)
	for e := range m.events(t, w.order) {
		_, hs, err := custody.Append(e.Seq, e.Line, log.read)
		if err != nil {
			t.Fatal(err)
		}
		log.hashes = append(log.hashes, hs...)
		size++
	}
	root, err := custody.Root(size, log.read)
	if err != nil {
		t.Fatal(err)
	}
	c.Logs = []Log{{
		Checkpoint: vigil.Checkpoint{Log: w.order.ID, Size: size, Root: root},
		Entries: func(yield func(ProvenEntry, error) bool) {
			for e := range m.events(t, w.order) {
				p, err := custody.Prove(size, e.Seq, log.read)
				if !yield(ProvenEntry{Entry: e, Proof: p}, err) {
					return
				}
			}
		},
	}}
	return c
}

// sizes are the bundles that benchmarks make: as many listings of a market, and
// few large pages; of text, and of what does not pack.
var sizes = []struct {
	name string
	mill
}{
	{"40kB/text", mill{n: 500, size: 40 << 10, words: true}},
	{"40kB/dense", mill{n: 500, size: 40 << 10}},
	{"4MB/text", mill{n: 20, size: 4 << 20, words: true}},
	{"4MB/dense", mill{n: 20, size: 4 << 20}},
}

// bagSize returns the bytes of a bundle.
func bagSize(b testing.TB, dir string) (n int64) {
	b.Helper()
	err := filepath.WalkDir(dir, func(_ string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		n += info.Size()
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return n
}

func eachSize(b *testing.B, run func(b *testing.B, w world, c Contents, dir string)) {
	for _, s := range sizes {
		b.Run(s.name, func(b *testing.B) {
			w := newWorld(b, exhibit(1, nil))
			c := s.contents(b, w)
			// Made once: what is measured is not how fast pages are invented.
			var es []Item
			for e := range c.Exhibits {
				es = append(es, e)
			}
			c.Exhibits = func(yield func(Item, error) bool) {
				for _, e := range es {
					if !yield(e, nil) {
						return
					}
				}
			}
			var log []ProvenEntry
			for e := range c.Logs[0].Entries {
				log = append(log, e)
			}
			c.Logs[0].Entries = func(yield func(ProvenEntry, error) bool) {
				for _, e := range log {
					if !yield(e, nil) {
						return
					}
				}
			}
			dir := filepath.Join(b.TempDir(), "b")
			if err := Write(dir, c, w.sealing()); err != nil {
				b.Fatal(err)
			}
			size := bagSize(b, dir)
			b.SetBytes(size)
			before := cpuTime()
			run(b, w, c, dir)
			if spent := cpuTime() - before; spent > 0 {
				b.ReportMetric(float64(size)/1e6*float64(b.N)/spent.Seconds(), "MB/cpu-s")
			}
		})
	}
}

func BenchmarkDraft(b *testing.B) {
	eachSize(b, func(b *testing.B, _ world, c Contents, _ string) {
		parent := b.TempDir()
		for n := 0; b.Loop(); n++ {
			dir := filepath.Join(parent, fmt.Sprint(n))
			if err := Draft(dir, c); err != nil {
				b.Fatal(err)
			}
			b.StopTimer()
			os.RemoveAll(dir)
			b.StartTimer()
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	eachSize(b, func(b *testing.B, w world, _ Contents, dir string) {
		o := w.trust(b)
		for b.Loop() {
			if r, err := Verify(dir, o); err != nil || !r.OK() {
				b.Fatal(r.failures(), err)
			}
		}
	})
}

func BenchmarkZip(b *testing.B) {
	eachSize(b, func(b *testing.B, _ world, _ Contents, dir string) {
		for b.Loop() {
			if err := Zip(dir, io.Discard); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkSha256sum is what a party without the program would run.
func BenchmarkSha256sum(b *testing.B) {
	for _, tool := range []string{"sha256sum", "sha512sum"} {
		if _, err := exec.LookPath(tool); err != nil {
			b.Skip("no " + tool)
		}
	}
	eachSize(b, func(b *testing.B, _ world, _ Contents, dir string) {
		for b.Loop() {
			for _, a := range bundleAlgorithms {
				cmd := exec.Command(a+"sum", "-c", "--quiet", "manifest-"+a+".txt")
				cmd.Dir = dir
				if out, err := cmd.CombinedOutput(); err != nil {
					b.Fatalf("%v: %s", err, out)
				}
			}
		}
	})
}

// BenchmarkMemory writes and verifies bundles of growing size and reports the
// most memory that was in use. The size in megabytes of the largest is taken
// from VIGIL_BENCH_MB.
func BenchmarkMemory(b *testing.B) {
	most, err := strconv.Atoi(os.Getenv("VIGIL_BENCH_MB"))
	if err != nil {
		b.Skip("VIGIL_BENCH_MB is not set")
	}
	for _, page := range []int{40 << 10, 1 << 20} {
		for _, mb := range []int{most / 10, most} {
			b.Run(fmt.Sprintf("%dkB/%dMB", page>>10, mb), func(b *testing.B) {
				w := newWorld(b, exhibit(1, nil))
				c := mill{n: mb << 20 / page, size: page, raw: true}.contents(b, w)
				for b.Loop() {
					dir := filepath.Join(b.TempDir(), "b")
					base := heap()
					wrote := peak(func() {
						if err := Draft(dir, c); err != nil {
							b.Fatal(err)
						}
					})
					if err := seal(dir, w.sealing()); err != nil {
						b.Fatal(err)
					}
					read := peak(func() {
						if r, err := Verify(dir, w.trust(b)); err != nil || !r.OK() {
							b.Fatal(r.failures(), err)
						}
					})
					b.ReportMetric(float64(bagSize(b, dir))/1e6, "MB")
					b.ReportMetric(float64(wrote-base)/1e6, "MB-write")
					b.ReportMetric(float64(read-base)/1e6, "MB-verify")
				}
			})
		}
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// peak returns the most memory that was in use while do ran, as it was seen
// every few milliseconds.
func peak(do func()) uint64 {
	var most atomic.Uint64
	done, stopped := make(chan bool), make(chan bool)
	go func() {
		defer close(stopped)
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most.Store(max(most.Load(), m.HeapAlloc))
			select {
			case <-done:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	do()
	close(done)
	<-stopped
	return most.Load()
}
