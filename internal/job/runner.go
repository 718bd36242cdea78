package job

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/display"
)

// Options bound a runner. Zero fields take the defaults.
type Options struct {
	AtOnce  int // jobs that run at once; default 2
	Waiting int // jobs that may wait for them; default 8
	Kept    int // jobs that have ended and can be looked at; default 100
	Now     func() time.Time
	// Note is told of each job when it begins and when it has ended, in a goroutine
	// of the runner; nil for nobody.
	Note func(Job)
	// Before are jobs of an earlier process, oldest first, which have ended.
	Before []Job
}

// A Runner runs jobs. It belongs to the process that serves pages, which closes it
// before it closes what the jobs work on. It is made by [New].
type Runner struct {
	o   Options
	ctx context.Context // of all jobs
	end context.CancelFunc
	all sync.WaitGroup

	mu      sync.Mutex // guards what follows
	closed  bool
	jobs    []*running // in the order in which they were asked for
	version uint64
}

// running is a job of a runner.
type running struct {
	Job
	do   Func
	ctx  context.Context
	stop context.CancelFunc
}

// New returns a runner without jobs.
func New(o Options) *Runner {
	o.AtOnce, o.Waiting, o.Kept = cmp.Or(o.AtOnce, 2), cmp.Or(o.Waiting, 8), cmp.Or(o.Kept, 100)
	if o.Now == nil {
		o.Now = time.Now
	}
	r := &Runner{o: o}
	for _, j := range o.Before {
		r.jobs = append(r.jobs, &running{Job: j, stop: func() {}})
	}
	r.ctx, r.end = context.WithCancel(context.Background())
	return r
}

// Close stops all jobs, waits for them, and takes no more.
func (r *Runner) Close() {
	r.mu.Lock()
	r.closed = true
	for _, j := range r.jobs {
		r.halt(j)
	}
	r.mu.Unlock()
	r.end()
	r.all.Wait()
}

// Start begins a job for a person, who must be allowed to now. It does not wait for
// it. Where too many wait already, the error is [ErrBusy].
func (r *Runner) Start(who access.Person, k Kind, f Func) (Job, error) {
	now := r.o.Now()
	if err := who.May(k.Act(), now); err != nil {
		return Job{}, fmt.Errorf("begin a job: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	open := 0
	for _, j := range r.jobs {
		if !j.State.Ended() {
			open++
		}
	}
	switch {
	case r.closed:
		return Job{}, fmt.Errorf("begin a job: %w: the program is about to end", vigil.ErrRefused)
	case open >= r.o.AtOnce+r.o.Waiting:
		return Job{}, ErrBusy
	}
	j := &running{Job: Job{ID: strings.ToLower(rand.Text()), Kind: k, By: who.Account, State: Waiting, Asked: now}, do: f}
	j.ctx, j.stop = context.WithCancel(r.ctx)
	r.jobs = append(r.jobs, j)
	r.turn()
	return j.Job, nil
}

// turn begins the jobs whose turn it is, in the order in which they were asked for.
func (r *Runner) turn() {
	running := 0
	for _, j := range r.jobs {
		if j.State == Running {
			running++
		}
	}
	for _, j := range r.jobs {
		if j.State == Waiting && running < r.o.AtOnce && !r.closed {
			running++
			j.State, j.Began = Running, r.o.Now()
			r.all.Go(func() { r.run(j) })
		}
	}
	r.forget()
	r.version++
}

// keptUndo is how many jobs can be taken back: what that takes is in memory.
const keptUndo = 5

// forget drops the oldest jobs that have ended, beyond what is kept.
func (r *Runner) forget() {
	ended := 0
	for _, j := range r.jobs {
		if j.State.Ended() {
			ended++
		}
	}
	undoable := 0
	for _, j := range slices.Backward(r.jobs) {
		if j.Outcome.Undo == nil {
			continue
		}
		if undoable++; undoable > keptUndo {
			j.Outcome.Undo = nil
		}
	}
	r.jobs = slices.DeleteFunc(r.jobs, func(j *running) bool {
		if ended <= r.o.Kept || !j.State.Ended() {
			return false
		}
		ended--
		return true
	})
}

// run does a job, and begins what waited for it.
func (r *Runner) run(j *running) {
	defer j.stop()
	r.note(j)
	out, err := r.safely(j)
	defer r.note(j) // before Close returns
	r.mu.Lock()
	defer r.mu.Unlock()
	j.Ended, j.Stopping = r.o.Now(), false
	switch {
	case err == nil:
		j.State, j.Outcome = Done, out
	case errors.Is(err, context.Canceled):
		j.State, j.Outcome = Stopped, out
	default:
		j.State, j.Outcome, j.Error = Failed, out, display.Cut(err.Error(), maxError)
	}
	r.turn()
}

// note tells of a job as it is now.
func (r *Runner) note(j *running) {
	if r.o.Note == nil {
		return
	}
	r.mu.Lock()
	now := j.Job
	r.mu.Unlock()
	r.o.Note(now)
}

// Undo begins a job that takes back what a person's own job did; it can be taken
// back once. Where it cannot, the error wraps [vigil.ErrRefused].
func (r *Runner) Undo(who access.Person, id string) (Job, error) {
	j, err := r.Job(who, id)
	switch {
	case err != nil:
		return j, err
	case j.Others:
		return j, fmt.Errorf("take back job %s: %w: it is %s's, who alone may", id, vigil.ErrRefused, j.By)
	case j.Outcome.Undo == nil:
		return j, fmt.Errorf("take back job %s: %w: it has not ended, was taken back already, or cannot be", id, vigil.ErrRefused)
	}
	undo, err := r.Start(who, j.Kind, j.Outcome.Undo)
	if err != nil {
		return undo, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, o := range r.jobs {
		if o.ID == id {
			o.Outcome.Undo = nil
		}
	}
	return undo, nil
}

// safely calls the job's function. A fault in it ends the job, not the process.
func (r *Runner) safely(j *running) (out Outcome, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("a fault of this program: %v", p)
		}
	}()
	return j.do(j.ctx, func(p Progress) {
		r.mu.Lock()
		defer r.mu.Unlock()
		j.Progress = p
		r.version++
	})
}

// maxError bounds what is kept of an error, in characters.
const maxError = 2000

// halt asks a job to end; one that waits has ended with that.
func (r *Runner) halt(j *running) {
	switch j.State {
	case Waiting:
		j.State, j.Ended = Stopped, r.o.Now()
		j.stop()
	case Running:
		j.Stopping = true
		j.stop()
	}
	r.version++
}

// Version returns a number that is another whenever something has changed.
func (r *Runner) Version() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.version
}

// Jobs returns the jobs that a person may see, the newest first: their own, and for
// those who look after the case or check it all others, without their words.
func (r *Runner) Jobs(who access.Person) []Job {
	r.mu.Lock()
	defer r.mu.Unlock()
	var seen []Job
	for _, j := range slices.Backward(r.jobs) {
		if v, ok := j.seenBy(who); ok {
			seen = append(seen, v)
		}
	}
	return seen
}

// Job returns one job; an error that wraps [vigil.ErrNotFound] if there is none that
// the person may see.
func (r *Runner) Job(who access.Person, id string) (Job, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, j := range r.jobs {
		if v, ok := j.seenBy(who); ok && j.ID == id {
			return v, nil
		}
	}
	return Job{}, fmt.Errorf("job %.40q: %w", id, vigil.ErrNotFound)
}

// seenBy returns the job as a person may see it.
func (j *running) seenBy(who access.Person) (Job, bool) {
	v := j.Job
	if who.Account == "" {
		return Job{}, false
	}
	if j.By == who.Account {
		return v, true
	}
	v.Progress.Words, v.Outcome, v.Error, v.Others = "", Outcome{}, "", true
	return v, who.Can(access.Settings) || who.Can(access.ReadLog)
}

// Stop asks a person's own job to end. It ends between two transactions.
func (r *Runner) Stop(who access.Person, id string) error {
	j, err := r.Job(who, id)
	if err != nil {
		return err
	}
	if j.Others {
		return fmt.Errorf("stop job %s: %w: it is %s's, who alone may stop it", id, vigil.ErrRefused, j.By)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, o := range r.jobs {
		if o.ID == id {
			r.halt(o)
		}
	}
	return nil
}
