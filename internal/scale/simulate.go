// Package scale says what a case that many machines share asks of its database
// server, and what gives out first: by formulas, and by a simulation of the queueing
// that formulas leave out. SCALE.md holds what it says.
package scale

import (
	"container/heap"
	"math/rand/v2"
	"slices"
	"time"
)

// A Server is what one commit of a page costs on a database server.
type Server struct {
	Cores       int
	Connections int           // at most; a commit holds one from its first statement to its last
	Before      time.Duration // of a core, for what a commit does before it takes its order's log
	Under       time.Duration // of a core, for what it does while it has the log
	Flush       time.Duration // of the disk that the write-ahead log is on; one flush serves all who wait for it
	Delay       time.Duration // until a standby has it too, for a commit that waits for one; 0 for none
}

// A Crawl is who commits. Each worker fetches a page and commits it, for ever.
type Crawl struct {
	Workers int
	Orders  int           // over which pages are spread evenly; each has one log, and one commit at a time
	Fetch   time.Duration // mean of an exponential time from one commit to the next; 0 for workers that do nothing else
}

// An Outcome is what a simulated crawl came to.
type Outcome struct {
	PerSecond float64       // commits
	P50, P99  time.Duration // from asking for a connection to the end of the commit
	CPU, Disk float64       // shares of the time in which a core, and the disk, had something to do
}

// Simulate runs a crawl until so many commits have ended, and counts the last three
// quarters of them. The same seed gives the same outcome.
//
// Of a commit, the way is: a connection; a core for Before; the order's log; a core for
// Under; a flush, together with all that wait for one when it begins; the standby. Then
// log and connection are given back. Whoever waits longest is next, everywhere.
func Simulate(s Server, c Crawl, commits int, seed uint64) Outcome {
	w := &world{server: s, crawl: c, rand: rand.New(rand.NewPCG(seed, 1)), cores: s.Cores, connections: s.Connections,
		logs: make([]log, c.Orders)}
	for range c.Workers {
		w.after(w.fetch(), w.ask)
	}
	begin := commits / 4
	for len(w.took) < commits {
		if len(w.took) == begin && w.counted == 0 {
			w.counted, w.cpu, w.disk = w.now, 0, 0
		}
		w.step()
	}
	span := float64(w.now - w.counted)
	took := w.took[begin:]
	slices.Sort(took)
	return Outcome{
		PerSecond: float64(len(took)) / (span / float64(time.Second)),
		P50:       took[len(took)/2], P99: took[len(took)*99/100],
		CPU: float64(w.cpu) / span / float64(s.Cores), Disk: float64(w.disk) / span,
	}
}

type world struct {
	server Server
	crawl  Crawl
	rand   *rand.Rand
	now    time.Duration
	events events
	number int // of events, to tell those of one moment apart

	connections, cores int // free
	forConnection      []*commit
	forCore            []work
	logs               []log
	forFlush           []*commit
	flushing           bool

	took      []time.Duration
	counted   time.Duration // since when
	cpu, disk time.Duration // used since then
}

type log struct {
	taken   bool
	waiting []*commit
}

type commit struct {
	asked time.Duration
	order int
}

// work is what somebody wants a core for.
type work struct {
	takes time.Duration
	then  func()
}

func (w *world) fetch() time.Duration {
	return time.Duration(w.rand.ExpFloat64() * float64(w.crawl.Fetch))
}

func (w *world) after(d time.Duration, f func()) {
	w.number++
	heap.Push(&w.events, event{w.now + d, w.number, f})
}

func (w *world) step() {
	e := heap.Pop(&w.events).(event)
	w.now = e.at
	e.do()
}

func (w *world) ask() {
	w.forConnection = append(w.forConnection, &commit{asked: w.now, order: w.rand.IntN(w.crawl.Orders)})
	w.connect()
}

func (w *world) connect() {
	if w.connections == 0 || len(w.forConnection) == 0 {
		return
	}
	c := w.forConnection[0]
	w.forConnection = w.forConnection[1:]
	w.connections--
	w.compute(w.server.Before, func() { w.wantLog(c) })
}

func (w *world) compute(takes time.Duration, then func()) {
	w.forCore = append(w.forCore, work{takes, then})
	w.schedule()
}

func (w *world) schedule() {
	if w.cores == 0 || len(w.forCore) == 0 {
		return
	}
	next := w.forCore[0]
	w.forCore = w.forCore[1:]
	w.cores--
	w.after(next.takes, func() {
		w.cores++
		w.cpu += next.takes
		next.then()
		w.schedule()
	})
}

func (w *world) wantLog(c *commit) {
	l := &w.logs[c.order]
	if l.taken {
		l.waiting = append(l.waiting, c)
		return
	}
	l.taken = true
	w.compute(w.server.Under, func() {
		w.forFlush = append(w.forFlush, c)
		w.flush()
	})
}

func (w *world) flush() {
	if w.flushing || len(w.forFlush) == 0 {
		return
	}
	w.flushing = true
	together := w.forFlush
	w.forFlush = nil
	w.after(w.server.Flush, func() {
		w.flushing = false
		w.disk += w.server.Flush
		for _, c := range together {
			w.after(w.server.Delay, func() { w.end(c) })
		}
		w.flush()
	})
}

func (w *world) end(c *commit) {
	w.took = append(w.took, w.now-c.asked)
	w.connections++
	w.after(w.fetch(), w.ask)
	l := &w.logs[c.order]
	l.taken = false
	if len(l.waiting) > 0 {
		next := l.waiting[0]
		l.waiting = l.waiting[1:]
		w.wantLog(next)
	}
	w.connect()
}

// events are a heap by time, and of those of one moment by number.
type events []event

type event struct {
	at     time.Duration
	number int
	do     func()
}

func (e events) Len() int { return len(e) }
func (e events) Less(i, j int) bool {
	return e[i].at < e[j].at || e[i].at == e[j].at && e[i].number < e[j].number
}
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)   { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	old := *e
	last := old[len(old)-1]
	*e = old[:len(old)-1]
	return last
}
