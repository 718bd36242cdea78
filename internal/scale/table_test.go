package scale

import (
	"flag"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the tables of SCALE.md anew")

func TestSCALEHoldsTheTablesThatAreReckoned(t *testing.T) {
	b, err := os.ReadFile("SCALE.md")
	if err != nil {
		t.Fatal(err)
	}
	doc := string(b)
	for name, table := range Tables() {
		begin, end := fmt.Sprintf("<!-- table %s -->\n", name), "<!-- end -->"
		before, rest, ok := strings.Cut(doc, begin)
		was, after, closed := strings.Cut(rest, end)
		switch {
		case !ok || !closed:
			t.Errorf("SCALE.md has no place for the table %s: want %q and %q", name, begin, end)
		case was != table && !*update:
			t.Errorf("SCALE.md's table %s is not what is reckoned (go test ./internal/scale -update writes it):\n%s", name, table)
		default:
			doc = before + begin + table + end + after
		}
	}
	if *update && doc != string(b) {
		if err := os.WriteFile("SCALE.md", []byte(doc), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWhatGivesOutFirstStandsFirst(t *testing.T) {
	l, h := Measured()
	l.Clients = 50
	if got := Resources(l, h)[0].Name; got != "people who review" {
		t.Errorf("%s gives out first, want people", got)
	}
	l.Asking = 1e-9
	if got := Resources(l, h)[0].Name; got != "the log of one order" {
		t.Errorf("with few listings for people, %s gives out first, want the log of an order", got)
	}
	l.Orders, h.Cores = 1000, 1
	first := Resources(l, h)
	for i := range first[1:] {
		if first[i].Full > first[i+1].Full {
			t.Errorf("%v before %v", first[i], first[i+1])
		}
	}
}

// The simulation is of the same server as the formulas: with workers that never pause
// it comes to the rate at which what gives out first is used wholly.
func TestTheSimulationComesToTheFormulas(t *testing.T) {
	l, h := Measured()
	l.Asking, l.Reviewers = 1e-9, 0
	for _, orders := range []int{1, 4} {
		l.Orders = orders
		for _, r := range Resources(l, h) {
			if r.Name != "the logs of all orders" {
				continue
			}
			o := Simulate(h.Server, Crawl{Workers: 64, Orders: orders}, 20_000, 1)
			// Commits that wait for a flush under way take up to one more.
			if ratio := o.PerSecond / (r.Full * float64(l.Commits)); ratio > 1.01 || ratio < 0.5 || orders == 1 && math.Abs(ratio-1) > 0.01 {
				t.Errorf("%d orders: %.0f commits a second simulated, %.0f by the formula", orders, o.PerSecond, r.Full*float64(l.Commits))
			}
		}
	}
}

func TestADiskLastsAsLongAsItsBytes(t *testing.T) {
	l := Load{Clients: 10, PagesPerClient: 0.5, KeptBytes: 1000}
	if got := DaysToFill(l, Host{DiskSize: 5 * 1000 * 86400 * 3}); got != 3 {
		t.Errorf("%v days, want 3", got)
	}
}

func TestNumbersAreWrittenAsPeopleReadThem(t *testing.T) {
	for x, want := range map[float64]string{0.25: "0.25", 4.166: "4.2", 41.6: "42", 1234567: "1,234,567", 999: "999", 1000: "1,000"} {
		if got := two(x); got != want {
			t.Errorf("%v is written %s, want %s", x, got, want)
		}
	}
	if got := took(1500 * time.Microsecond); got != "1.5 ms" {
		t.Errorf("1500 µs is written %s", got)
	}
	if got := took(1500 * time.Millisecond); got != "1.5 s" {
		t.Errorf("1500 ms is written %s", got)
	}
}
