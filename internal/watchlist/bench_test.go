package watchlist

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"vigil"
)

// Import of OFAC's table of 2019 with the comments of 2024, 1.5 MB.
func BenchmarkImportOFACCSV(b *testing.B) {
	var files [][]byte
	for _, f := range real(b, "ofac-sdn-csv/sdn.csv", "ofac-sdn-csv/sdn_comments.csv").Files {
		text, err := io.ReadAll(f.Body)
		if err != nil {
			b.Fatal(err)
		}
		files = append(files, text)
		b.SetBytes(int64(len(text)))
	}
	b.SetBytes(int64(len(files[0]) + len(files[1])))
	for b.Loop() {
		in := Input{Now: now, AsOf: "2024-09-27", Files: []File{
			{"sdn.csv", strings.NewReader(string(files[0]))}, {"sdn_comments.csv", strings.NewReader(string(files[1]))},
		}}
		if _, err := Read(b.Context(), in); err != nil {
			b.Fatal(err)
		}
	}
}

// Import of advanced XML as large as OFAC's, 120 MB, most of it parties without
// wallets. Reports the most memory that was in use on the way.
func BenchmarkImportAdvancedXML(b *testing.B) {
	const size = 120 << 20
	b.SetBytes(size)
	for b.Loop() {
		var peak atomic.Uint64
		done := make(chan struct{})
		stopped := make(chan struct{})
		go watchHeap(&peak, done, stopped)
		im, err := Read(b.Context(), Input{Now: now, Files: []File{{"sdn_advanced.xml", bigXML(size)}}})
		close(done)
		<-stopped
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(peak.Load())/(1<<20), "MiB-heap")
		b.ReportMetric(float64(len(im.Rows)), "rows")
	}
}

func watchHeap(peak *atomic.Uint64, done, stopped chan struct{}) {
	defer close(stopped)
	for {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		peak.Store(max(peak.Load(), m.HeapInuse))
		select {
		case <-done:
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// bigXML returns a stream of about so many bytes in the form of the fixtures'
// list: every hundredth party has two wallets.
func bigXML(size int) io.Reader {
	text, err := os.ReadFile("../../fixtures/watchlists/sdn_advanced.xml")
	if err != nil {
		panic(err)
	}
	s := string(text)
	cut := func(from, to string) (before, part, after string) {
		i := strings.Index(s, from)
		j := strings.Index(s, to)
		return s[:i], s[i:j], s[j:]
	}
	head, party, rest := cut("    <DistinctParty FixedRef=\"70101\"", "    <DistinctParty FixedRef=\"70102\"")
	mid, entry, tail := func() (string, string, string) {
		i, j := strings.Index(rest, "    <SanctionsEntry ID=\"801\""), strings.Index(rest, "    <SanctionsEntry ID=\"802\"")
		return rest[:i], rest[i:j], rest[j:]
	}()
	n := size / (len(party) + len(entry))
	read, write := io.Pipe()
	go func() {
		io.WriteString(write, head)
		for i := range n {
			p := strings.ReplaceAll(party, "70101", fmt.Sprint(1000000+i))
			if i%100 != 0 {
				p = strings.NewReplacer(`FeatureTypeID="344"`, `FeatureTypeID="224"`, `FeatureTypeID="444"`, `FeatureTypeID="224"`).Replace(p)
			}
			io.WriteString(write, p)
		}
		io.WriteString(write, mid)
		for i := range n {
			io.WriteString(write, strings.ReplaceAll(strings.ReplaceAll(entry, "70101", fmt.Sprint(1000000+i)), "801", fmt.Sprint(i)))
		}
		io.WriteString(write, tail)
		write.Close()
	}()
	return read
}

// Match of 1 M identifiers of 100 k listings against lists of 200 k rows; one in
// a thousand is listed.
func BenchmarkMatchMillion(b *testing.B) {
	x := &Index{}
	key := func(i int) string {
		var k [20]byte
		binary.BigEndian.PutUint64(k[:], uint64(i)*0x9e3779b97f4a7c15)
		binary.BigEndian.PutUint32(k[16:], uint32(i))
		return "acct20:" + hex.EncodeToString(k[:])
	}
	w := vigil.Watchlist{ID: "w", Name: "a", AsOf: "2025-01-01"}
	rows := make([]vigil.ListRow, 200_000)
	for i := range rows {
		rows[i] = vigil.ListRow{List: "w", N: i + 1, Raw: "r", Parsed: []vigil.ListID{{Kind: "evm", Key: key(i * 1000)}}}
	}
	if err := x.Add(w, rows); err != nil {
		b.Fatal(err)
	}
	const listings, each = 100_000, 10
	as := make([]vigil.Assessment, listings)
	for i := range as {
		as[i].ID = "l"
		for j := range each {
			as[i].Identifiers = append(as[i].Identifiers, vigil.Identifier{Kind: "evm", Key: key(i*each + j), Field: "description"})
		}
	}
	l := vigil.Listing{ID: "l", Title: "a title", Description: strings.Repeat("some words of prose, ", 20)}
	for b.Loop() {
		m, err := NewMatcher(b.Context(), x, now)
		if err != nil {
			b.Fatal(err)
		}
		hits := 0
		for i := range as {
			got, err := m.Hits(b.Context(), l, as[i])
			if err != nil {
				b.Fatal(err)
			}
			hits += len(got)
		}
		if hits != listings*each/1000 {
			b.Fatalf("%d hits, want %d", hits, listings*each/1000)
		}
	}
	b.ReportMetric(float64(listings*each)*float64(b.N)/b.Elapsed().Seconds(), "identifiers/s")
}
