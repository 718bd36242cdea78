package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"vigil"
	"vigil/internal/work"
	"vigil/store"
)

// metrics are a crawl's figures in Prometheus' form. They name sources as the
// order does and hold no address and nothing of a page.
type metrics struct {
	registry *prometheus.Registry
	pages    *prometheus.CounterVec
	bytes    *prometheus.CounterVec
	walls    *prometheus.CounterVec
	refused  *prometheus.CounterVec
	setbacks *prometheus.CounterVec
	took     *prometheus.HistogramVec
}

func newMetrics(cs store.Reader) *metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	m := &metrics{
		registry: prometheus.NewRegistry(),
		pages:    counter("vigil_pages_total", "Pages captured.", "source"),
		bytes:    counter("vigil_page_bytes_total", "Bytes of pages as received.", "source"),
		walls:    counter("vigil_walls_total", "Pages that were a wall: login, captcha, queue and the like.", "source"),
		refused:  counter("vigil_refused_total", "Addresses refused for good, for want of authority or sense.", "source"),
		setbacks: counter("vigil_setbacks_total", "Steps that brought no result, by kind of failure.", "source", "stage", "class"),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "vigil_step_seconds", Help: "Time of a step.",
			Buckets: []float64{.01, .1, .5, 1, 2, 5, 10, 30, 60, 120, 300},
		}, []string{"stage"}),
	}
	m.registry.MustRegister(m.pages, m.bytes, m.walls, m.refused, m.setbacks, m.took, &caseCollector{cs})
	return m
}

// observe counts one outcome.
func (m *metrics) observe(o work.Outcome) {
	if untried(o.Err) {
		return
	}
	m.took.WithLabelValues(string(o.Task.Stage)).Observe(o.Took.Seconds())
	var refusal *work.Refusal
	switch {
	case errors.As(o.Err, &refusal):
		m.refused.WithLabelValues(o.Task.Source).Inc()
		return
	case o.Err != nil:
		m.setbacks.WithLabelValues(o.Task.Source, string(o.Task.Stage), classOf(o.Err)).Inc()
		return
	}
	p, ok := o.Result.Record.(vigil.Page)
	if !ok {
		return
	}
	m.pages.WithLabelValues(p.Source).Inc()
	m.bytes.WithLabelValues(p.Source).Add(float64(p.RawSize))
	if o.Result.Act.Action == vigil.ActWall {
		m.walls.WithLabelValues(p.Source).Inc()
	}
}

// A caseCollector reads the state of the queue when it is asked for.
type caseCollector struct{ cs store.Reader }

// Describe implements [prometheus.Collector]: the metrics are those of Collect.
func (c *caseCollector) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(c, ch) }

// Collect implements [prometheus.Collector].
func (c *caseCollector) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	tasks := prometheus.NewDesc("vigil_tasks", "Tasks, by source, stage and state.", []string{"source", "stage", "state"}, nil)
	counts, err := c.cs.Counts(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(tasks, err)
		return
	}
	for _, n := range counts {
		ch <- prometheus.MustNewConstMetric(tasks, prometheus.GaugeValue, float64(n.N), n.Source, string(n.Stage), string(n.State))
	}
	open := prometheus.NewDesc("vigil_source_open", "1 if the source may be asked, 0 if it is paused or revoked.", []string{"source"}, nil)
	row := prometheus.NewDesc("vigil_source_setbacks", "Setbacks of the source in a row.", []string{"source"}, nil)
	sources, err := c.cs.Sources(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(open, err)
		return
	}
	for _, s := range sources {
		v := 1.0
		if s.Standing.State == vigil.SourcePaused || s.Standing.State == vigil.SourceRevoked {
			v = 0
		}
		ch <- prometheus.MustNewConstMetric(open, prometheus.GaugeValue, v, s.ID())
		ch <- prometheus.MustNewConstMetric(row, prometheus.GaugeValue, float64(s.Setbacks), s.ID())
	}
}

// serveMetrics answers GET /metrics until ctx ends, on an address that was found
// to be on loopback. The returned function waits for the end.
func (a *app) serveMetrics(ctx context.Context, address string, m *metrics) (wait func() error, err error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, hint(err, "--metrics 127.0.0.1:0 takes any free port")
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	p := pages{listener: l, handler: mux}
	a.info("metrics are on http://%s/metrics", l.Addr())
	done := make(chan error, 1)
	go func() { done <- p.serve(ctx) }()
	return func() error { return <-done }, nil
}
