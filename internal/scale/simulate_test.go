package scale

import (
	"math"
	"testing"
	"time"
)

const ms = time.Millisecond

// near says whether got is want, give or take one in a hundred.
func near(got, want float64) bool { return math.Abs(got-want) <= want/100 }

func TestOneWorkerTakesAsLongAsItsSteps(t *testing.T) {
	s := Server{Cores: 2, Connections: 10, Before: 1 * ms, Under: 2 * ms, Flush: 4 * ms, Delay: 3 * ms}
	o := Simulate(s, Crawl{Workers: 1, Orders: 1}, 1000, 1)
	if o.P50 != 10*ms || o.P99 != 10*ms || !near(o.PerSecond, 100) {
		t.Errorf("%+v, want 100 commits a second of 10 ms each", o)
	}
	if !near(o.CPU, 0.15) || !near(o.Disk, 0.4) {
		t.Errorf("cores are used %.3f and the disk %.3f, want 0.15 and 0.4", o.CPU, o.Disk)
	}
}

// A log has one commit at a time, so what is done under it is a bound for its order.
func TestManyWorkersOfOneOrderWaitForItsLog(t *testing.T) {
	s := Server{Cores: 64, Connections: 100, Before: 1 * ms, Under: 1 * ms, Flush: 4 * ms}
	o := Simulate(s, Crawl{Workers: 64, Orders: 1}, 4000, 1)
	if !near(o.PerSecond, 200) {
		t.Errorf("%.0f commits a second, want 1/(under+flush) = 200", o.PerSecond)
	}
	s.Delay = 5 * ms
	if o = Simulate(s, Crawl{Workers: 64, Orders: 1}, 4000, 1); !near(o.PerSecond, 100) {
		t.Errorf("%.0f commits a second with a standby, want 1/(under+flush+delay) = 100", o.PerSecond)
	}
}

func TestManyOrdersWaitForTheCores(t *testing.T) {
	s := Server{Cores: 2, Connections: 1000, Before: 1 * ms, Under: 1 * ms, Flush: 1 * ms}
	o := Simulate(s, Crawl{Workers: 200, Orders: 200}, 20000, 1)
	if !near(o.PerSecond, 1000) || o.CPU < 0.99 {
		t.Errorf("%.0f commits a second with cores used %.2f, want cores/(before+under) = 1000 and 1", o.PerSecond, o.CPU)
	}
}

// A flush serves all who wait for it: its rate is no bound for commits.
func TestCommitsShareFlushes(t *testing.T) {
	s := Server{Cores: 100, Connections: 1000, Under: ms / 100, Flush: 10 * ms}
	o := Simulate(s, Crawl{Workers: 50, Orders: 5000}, 20000, 1)
	if o.PerSecond < 2400 {
		t.Errorf("%.0f commits a second by 50 workers with 100 flushes a second, want about 50 a flush or two", o.PerSecond)
	}
}

// A commit that waits for its order's log has a connection meanwhile, so that one
// order can keep the others out.
func TestAHotOrderTakesTheConnections(t *testing.T) {
	s := Server{Cores: 64, Connections: 4, Under: 1 * ms, Flush: 4 * ms}
	few := Simulate(s, Crawl{Workers: 64, Orders: 16}, 8000, 1)
	s.Connections = 64
	many := Simulate(s, Crawl{Workers: 64, Orders: 16}, 8000, 1)
	if few.PerSecond > 4*200 || many.PerSecond < 1.5*few.PerSecond {
		t.Errorf("%.0f commits a second by 4 connections and %.0f by 64", few.PerSecond, many.PerSecond)
	}
}

// Little's law: who is in the system is the rate times the time in it.
func TestWorkersAreFetchingOrCommitting(t *testing.T) {
	s := Server{Cores: 2, Connections: 50, Before: 1 * ms, Under: 1 * ms, Flush: 2 * ms}
	c := Crawl{Workers: 100, Orders: 10, Fetch: 500 * ms}
	o := Simulate(s, c, 40000, 7)
	if got := o.PerSecond * (c.Fetch.Seconds() + 0.005); math.Abs(got-100) > 5 {
		t.Errorf("rate times time is %.1f, want about the 100 workers", got)
	}
}

func TestTheSameSeedGivesTheSameOutcome(t *testing.T) {
	s := Server{Cores: 2, Connections: 20, Before: 1 * ms, Under: 1 * ms, Flush: 2 * ms}
	c := Crawl{Workers: 30, Orders: 3, Fetch: 20 * ms}
	a, b, other := Simulate(s, c, 5000, 3), Simulate(s, c, 5000, 3), Simulate(s, c, 5000, 4)
	if a != b || a == other {
		t.Errorf("seed 3: %+v and %+v, seed 4: %+v", a, b, other)
	}
}
