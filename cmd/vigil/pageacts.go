package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/job"
	"vigil/internal/review"
	"vigil/internal/work"
)

// pageActs are the long acts that pages begin.
type pageActs struct {
	app *app
	cs  *openCase
}

// longAct returns a job that acts for a person as the command line does. What is said at
// a terminal becomes what the job says in the end, and how far it is goes to the job.
func (a *app) longAct(who access.Person, do func(context.Context, *app) (job.Outcome, error)) job.Func {
	return func(ctx context.Context, tell func(job.Progress)) (job.Outcome, error) {
		said := &saying{}
		acts := a.as(who, said)
		acts.sink = func(done, of int) { tell(job.Progress{Done: done, Total: of}) }
		out, err := do(ctx, acts)
		if err != nil {
			return job.Outcome{}, errors.Join(err, ctx.Err())
		}
		out.Words = said.String()
		return out, nil
	}
}

// maxSaid bounds what is kept of what a job says, in bytes.
const maxSaid = 8 << 10

// saying keeps the beginning of what is written to it.
type saying struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *saying) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.b.Write(p[:min(len(p), max(0, maxSaid-s.b.Len()))])
	return len(p), nil
}

func (s *saying) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// Classify implements [review.Acts].
func (p *pageActs) Classify(ctx context.Context, who access.Person) (job.Func, error) {
	if err := p.cs.may(ctx, who, access.Crawl); err != nil {
		return nil, err
	}
	return p.app.longAct(who, func(ctx context.Context, a *app) (job.Outcome, error) {
		return job.Outcome{}, a.classifyCase(ctx, p.cs, true)
	}), nil
}

// Import implements [review.Acts].
func (p *pageActs) Import(ctx context.Context, who access.Person, saved []review.Saved) (job.Func, error) {
	if err := p.cs.may(ctx, who, access.Crawl); err != nil {
		return nil, err
	}
	for _, s := range saved {
		if int64(len(s.Body)) > p.cs.config.Crawl.MaxBody {
			return nil, fmt.Errorf("%s: %w: it is larger than %d bytes ([crawl] max_body of vigil.toml)", s.Name, vigil.ErrRefused, p.cs.config.Crawl.MaxBody)
		}
	}
	return p.app.longAct(who, func(ctx context.Context, a *app) (job.Outcome, error) {
		return job.Outcome{}, a.importAll(ctx, p.cs, saved)
	}), nil
}

// importAll takes saved pages in, one transaction each, and has them read and assessed.
// One that is refused does not keep the others out.
func (a *app) importAll(ctx context.Context, cs *openCase, saved []review.Saved) error {
	st, err := a.reading(ctx, cs)
	if err != nil {
		return err
	}
	y := newTally(a.stderr)
	var refused error
	for i, s := range saved {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		err := a.take(ctx, cs, st, y, savedPage{file: s.Name, url: s.URL, source: s.Source, body: s.Body})
		refused = errors.Join(refused, err)
		a.sink(i+1, len(saved))
	}
	y.end(a)
	if y.sum.pages > 0 {
		r := work.Runner{Queue: cs.Store, Holder: a.who(), Shared: cs.shared(), Observe: newTally(a.stderr).observe}
		if err := r.Run(ctx, st.extractPool(1)); err != nil {
			return err
		}
		if err := a.classifyCase(ctx, cs, false); err != nil {
			return err
		}
	}
	if refused != nil && y.sum.pages > 0 {
		return fmt.Errorf("%d of %d pages were taken in; the others were not: %w", y.sum.pages, len(saved), refused)
	}
	return refused
}
