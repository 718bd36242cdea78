package scale

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"vigil/internal/pgtest"
)

// BenchmarkPage commits pages of 20 kB, 5 kB as kept, to a real server by pgbench, as
// SQL would do it, and simulates the same with what one worker's commits took. Beside
// commits a second it says what the simulation expects of these, what a commit costs
// the server's processors, and how many bytes it writes to the log and keeps.
//
// -benchtime 5000x commits so many; fewer than 64 are of no use.
func BenchmarkPage(b *testing.B) {
	s := pgtest.New(b, "max_connections=100", "shared_buffers=256MB", "max_wal_size=4GB")
	prepare(b, s)
	var one Server
	for _, c := range []Crawl{{Workers: 1, Orders: 1}, {Workers: 8, Orders: 1}, {Workers: 8, Orders: 16}, {Workers: 64, Orders: 1}, {Workers: 64, Orders: 16}} {
		b.Run(fmt.Sprintf("workers=%d/orders=%d", c.Workers, c.Orders), func(b *testing.B) {
			cpu, err := s.CPU()
			if err != nil {
				b.Fatal(err)
			}
			size, lsn := number(b, s, "select pg_database_size('postgres')"), number(b, s, "select pg_current_wal_lsn() - '0/0'")
			r := pgbench(b, s, "page.sql", c.Workers, max(1, b.N/c.Workers), "-D", fmt.Sprintf("orders=%d", c.Orders))
			n := float64(r.done)
			after, err := s.CPU()
			if err != nil {
				b.Fatal(err)
			}
			if c.Workers == 1 {
				one = r.server()
			}
			if one.Under > 0 {
				o := Simulate(one, c, 20000, 1)
				b.ReportMetric(o.PerSecond, "simulated/s")
			}
			b.ReportMetric(r.perSecond, "commits/s")
			b.ReportMetric((after-cpu).Seconds()*1000/n, "cpu-ms/commit")
			b.ReportMetric((number(b, s, "select pg_current_wal_lsn() - '0/0'")-lsn)/n, "wal-B/commit")
			b.ReportMetric((number(b, s, "select pg_database_size('postgres')")-size)/n, "kept-B/commit")
			b.ReportMetric(float64(r.at(0.99).Microseconds())/1000, "p99-ms")
			b.ReportMetric(0, "ns/op")
			if c.Workers == 1 {
				b.Logf("a commit by one worker: %v before the log, %v under it, flush %v", one.Before, one.Under, one.Flush)
			}
		})
	}
}

// BenchmarkClaim has reviewers claim the foremost of 100,000 waiting tasks and give it
// back, without a pause.
func BenchmarkClaim(b *testing.B) {
	s := pgtest.New(b, "max_connections=100", "shared_buffers=256MB")
	prepare(b, s)
	s.SQL(b, "postgres", `insert into tasks (id, stage, source, state, priority, json)
		select 'r' || n, 8, n % 64 + 1, 0, n % 256, decode(repeat('6a', 300), 'hex') from generate_series(1, 100000) n; vacuum analyze tasks`)
	for _, reviewers := range []int{1, 8, 50} {
		b.Run(fmt.Sprintf("reviewers=%d", reviewers), func(b *testing.B) {
			cpu, err := s.CPU()
			if err != nil {
				b.Fatal(err)
			}
			r := pgbench(b, s, "claim.sql", reviewers, max(1, b.N/reviewers))
			after, err := s.CPU()
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(r.at(0.5).Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(r.at(0.99).Microseconds())/1000, "p99-ms")
			b.ReportMetric((after-cpu).Seconds()*1000/float64(r.done), "cpu-ms/claim")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkPartitions fills a table of log lines of 16 orders, whole and in a
// partition for each, and takes one order away.
func BenchmarkPartitions(b *testing.B) {
	for _, parts := range []string{"whole", "by order"} {
		b.Run(parts, func(b *testing.B) {
			s := pgtest.New(b, "shared_buffers=256MB", "max_wal_size=4GB")
			partition, remove := "", "delete from lines where ord = 7; vacuum lines"
			if parts == "by order" {
				partition, remove = " partition by list (ord)", "alter table lines detach partition lines7; drop table lines7"
			}
			s.SQL(b, "postgres", "create table lines (ord int, seq bigint, line bytea not null, primary key (ord, seq))"+partition)
			for n := range 16 {
				if partition != "" {
					s.SQL(b, "postgres", fmt.Sprintf("create table lines%d partition of lines for values in (%d)", n, n))
				}
			}
			b.ResetTimer()
			fill := timed(b, s, fmt.Sprintf("insert into lines select n %% 16, n / 16, decode(repeat('6c', 350), 'hex') from generate_series(0, %d) n", b.N-1))
			read := timed(b, s, fmt.Sprintf("do $$ begin for i in 1..20000 loop perform line from lines where ord = i %% 16 and seq = (i * 7919) %% %d; end loop; end $$", max(1, b.N/16)))
			lsn := number(b, s, "select pg_current_wal_lsn() - '0/0'")
			gone := timed(b, s, remove)
			b.ReportMetric(fill.Seconds()*1e6/float64(b.N), "fill-cpu-µs/row")
			b.ReportMetric(read.Seconds()*1e6/20000, "read-cpu-µs/row")
			b.ReportMetric(float64(gone.Milliseconds()), "remove-cpu-ms")
			b.ReportMetric((number(b, s, "select pg_current_wal_lsn() - '0/0'")-lsn)/1e6, "remove-wal-MB")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// timed is the processor time that the server takes for some statements.
func timed(b *testing.B, s *pgtest.Server, statements string) time.Duration {
	b.Helper()
	before, err := s.CPU()
	if err != nil {
		b.Fatal(err)
	}
	s.SQL(b, "postgres", statements)
	after, err := s.CPU()
	if err != nil {
		b.Fatal(err)
	}
	return after - before
}

func prepare(b *testing.B, s *pgtest.Server) {
	b.Helper()
	schema, err := os.ReadFile("testdata/schema.sql")
	if err != nil {
		b.Fatal(err)
	}
	s.SQL(b, "postgres", string(schema))
	for _, name := range []string{"page.sql", "claim.sql"} {
		script, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(s.Folder(), name), script, 0o644); err != nil {
			b.Fatal(err)
		}
	}
}

func number(b *testing.B, s *pgtest.Server, query string) float64 {
	b.Helper()
	n, err := strconv.ParseFloat(s.SQL(b, "postgres", query), 64)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// A run is what pgbench says of one.
type run struct {
	done      int
	perSecond float64
	took      []time.Duration // sorted
	steps     []step
}

// A step is a statement of the script and how long a client waited for it, on average.
type step struct {
	text string
	took time.Duration
}

func (r run) at(share float64) time.Duration {
	return r.took[min(len(r.took)-1, int(share*float64(len(r.took))))]
}

// server takes the steps of one worker's commits for what a commit costs: nobody was
// waited for. The statement that takes the order's log is among those under it.
func (r run) server() Server {
	s := Server{Cores: 2, Connections: 100}
	part := &s.Before
	for _, st := range r.steps {
		switch {
		case strings.HasPrefix(st.text, "update logs"):
			part = &s.Under
		case st.text == "end;":
			part = &s.Flush
		}
		*part += st.took
	}
	return s
}

func pgbench(b *testing.B, s *pgtest.Server, script string, clients, each int, more ...string) run {
	b.Helper()
	args := append([]string{"-n", "-r", "-M", "prepared", "-f", script, "-c", fmt.Sprint(clients), "-j", fmt.Sprint(min(clients, 2)),
		"-t", fmt.Sprint(each), "-l", "--log-prefix=took"}, more...)
	out, err := s.Program("pgbench", append(args, "postgres")...).CombinedOutput()
	if err != nil {
		b.Fatalf("pgbench: %v\n%s", err, out)
	}
	r := run{done: clients * each}
	tps := regexp.MustCompile(`(?m)^tps = ([0-9.]+)`).FindSubmatch(out)
	if tps == nil {
		b.Fatalf("pgbench says no tps:\n%s", out)
	}
	if r.perSecond, err = strconv.ParseFloat(string(tps[1]), 64); err != nil {
		b.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^ +([0-9.]+) +\d+ +(.*)$`).FindAllSubmatch(out, -1) {
		took, err := strconv.ParseFloat(string(m[1]), 64)
		if err != nil {
			b.Fatal(err)
		}
		r.steps = append(r.steps, step{strings.TrimSpace(string(m[2])), time.Duration(took * float64(time.Millisecond))})
	}
	r.took = latencies(b, s)
	return r
}

// latencies reads and removes pgbench's logs: client, number, microseconds, …
func latencies(b *testing.B, s *pgtest.Server) []time.Duration {
	b.Helper()
	files, err := filepath.Glob(filepath.Join(s.Folder(), "took*"))
	if err != nil || len(files) == 0 {
		b.Fatal("pgbench left no log of its transactions", err)
	}
	var took []time.Duration
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			b.Fatal(err)
		}
		lines := bufio.NewScanner(f)
		for lines.Scan() {
			us, err := strconv.ParseInt(strings.Fields(lines.Text())[2], 10, 64)
			if err != nil {
				b.Fatal(err)
			}
			took = append(took, time.Duration(us)*time.Microsecond)
		}
		f.Close()
		if err := os.Remove(file); err != nil {
			b.Fatal(err)
		}
	}
	slices.Sort(took)
	return took
}
