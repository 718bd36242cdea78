package scale

import (
	"fmt"
	"strings"
	"time"
)

// Measured is the load and the host that SCALE.md reckons with; it says there where
// each number comes from.
func Measured() (Load, Host) {
	l := Load{
		PagesPerClient: 1, Orders: 16, Commits: 3, KeptBytes: 12_000, LogBytes: 13_000,
		Asking: 0.02, Reviewers: 20, PerReviewer: 360, Looks: 0.1, LookCPU: 8300 * time.Microsecond,
	}
	h := Host{
		Server:  Server{Cores: 8, Connections: 200, Before: 600 * time.Microsecond, Under: 400 * time.Microsecond, Flush: time.Millisecond},
		LogRate: 100e6, DiskSize: 4e12,
	}
	return l, h
}

// Tables are those of SCALE.md, by name, in Markdown.
func Tables() map[string]string {
	l, h := Measured()
	return map[string]string{"load": loadTable(l, h), "resources": resourceTable(l, h), "simulation": simulationTable(h.Server)}
}

func loadTable(l Load, h Host) string {
	var b strings.Builder
	b.WriteString("| Tor clients | pages a second | commits a second | pages a day | kept a day | write-ahead log a day | days to 100 M pages | days to fill the disk | listings for people a day | reviewers for these |\n|---|---|---|---|---|---|---|---|---|---|\n")
	for _, l.Clients = range []int{1, 4, 50, 200, 1000} {
		perDay := l.Pages() * day
		fmt.Fprintf(&b, "| %d | %.0f | %.0f | %s M | %.1f GB | %.1f GB | %s | %s | %s | %s |\n", l.Clients, l.Pages(), l.Pages()*float64(l.Commits),
			two(perDay/1e6), perDay*l.KeptBytes/1e9, perDay*l.LogBytes/1e9, two(100e6/perDay), two(DaysToFill(l, h)), thousands(perDay*l.Asking), thousands(perDay*l.Asking/l.PerReviewer))
	}
	return b.String()
}

func resourceTable(l Load, h Host) string {
	var b strings.Builder
	b.WriteString("| what | is used wholly at, pages a second | by this formula |\n|---|---|---|\n")
	for _, r := range Resources(l, h) {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", r.Name, two(r.Full), r.Formula)
	}
	return b.String()
}

// simulationTable has workers that each fetch for a second, on average.
func simulationTable(s Server) string {
	var b strings.Builder
	b.WriteString("| server | orders | workers | commits a second | p50 | p99 | cores used |\n|---|---|---|---|---|---|---|\n")
	standby := s
	standby.Delay = 2 * time.Millisecond
	few := s
	few.Connections = 20
	for _, row := range []struct {
		name   string
		server Server
		orders int
	}{{"as above", s, 1}, {"as above", s, 16}, {"with a standby that is waited for", standby, 1}, {"with a standby that is waited for", standby, 16}, {"20 connections", few, 16}} {
		for _, workers := range []int{50, 500, 1000, 5000} {
			o := Simulate(row.server, Crawl{Workers: workers, Orders: row.orders, Fetch: time.Second}, 30_000, 1)
			fmt.Fprintf(&b, "| %s | %d | %s | %s | %s | %s | %.0f %% |\n", row.name, row.orders, thousands(float64(workers)), thousands(o.PerSecond), took(o.P50), took(o.P99), o.CPU*100)
		}
	}
	return b.String()
}

// two writes a number with two digits that count, or whole if it is larger.
func two(x float64) string {
	switch {
	case x < 1:
		return fmt.Sprintf("%.2f", x)
	case x < 10:
		return fmt.Sprintf("%.1f", x)
	}
	return thousands(x)
}

// thousands writes a whole number with commas.
func thousands(x float64) string {
	s := fmt.Sprintf("%.0f", x)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func took(d time.Duration) string {
	if d < 100*time.Millisecond {
		return fmt.Sprintf("%.1f ms", float64(d)/1e6)
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}
