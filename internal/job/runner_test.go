package job_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/job"
)

func person(name string, roles ...vigil.Role) access.Person {
	return access.Person{Account: name, Roles: roles, Proved: time.Now()}
}

var (
	eve = func() access.Person { return person("eve", vigil.Exporter) }
	ops = func() access.Person { return person("ops", vigil.Operator) }
)

// until runs until its context ends.
func until(ctx context.Context, tell func(job.Progress)) (job.Outcome, error) {
	tell(job.Progress{Done: 1, Total: 4, Words: "a listing's own words"})
	<-ctx.Done()
	return job.Outcome{}, fmt.Errorf("pack: %w", ctx.Err())
}

func state(t *testing.T, r *job.Runner, who access.Person, id string) job.Job {
	t.Helper()
	synctest.Wait()
	j, err := r.Job(who, id)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func mustStart(t *testing.T, r *job.Runner, who access.Person, k job.Kind, f job.Func) string {
	t.Helper()
	j, err := r.Start(who, k, f)
	if err != nil {
		t.Fatal(err)
	}
	return j.ID
}

func TestAJobTellsHowFarItIsAndWhatCameOfIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := job.New(job.Options{})
		defer r.Close()
		step := make(chan bool)
		id := mustStart(t, r, eve(), job.Draft, func(_ context.Context, tell func(job.Progress)) (job.Outcome, error) {
			tell(job.Progress{Done: 3, Total: 4, Words: "packed"})
			<-step
			return job.Outcome{Words: "drafted", Path: "/bundles/b-1"}, nil
		})
		if j := state(t, r, eve(), id); j.State != job.Running || j.Progress.Share() != 75 || j.Began.IsZero() {
			t.Errorf("running: %+v", j)
		}
		v := r.Version()
		close(step)
		if j := state(t, r, eve(), id); j.State != job.Done || j.Outcome.Path != "/bundles/b-1" || j.Ended.IsZero() {
			t.Errorf("ended: %+v", j)
		}
		if r.Version() == v {
			t.Error("a job ended, and the version is the same")
		}
	})
}

func TestAFaultEndsTheJobAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := job.New(job.Options{})
		defer r.Close()
		bad := mustStart(t, r, eve(), job.Draft, func(context.Context, func(job.Progress)) (job.Outcome, error) { panic("no such page") })
		long := mustStart(t, r, eve(), job.Draft, func(context.Context, func(job.Progress)) (job.Outcome, error) {
			return job.Outcome{}, errors.New(strings.Repeat("x", 1<<20))
		})
		if j := state(t, r, eve(), bad); j.State != job.Failed || !strings.Contains(j.Error, "no such page") {
			t.Errorf("after a fault: %+v", j)
		}
		if j := state(t, r, eve(), long); j.State != job.Failed || len(j.Error) > 1<<14 {
			t.Errorf("a long error: %s, %d bytes kept", j.State, len(j.Error))
		}
	})
}

func TestSoManyRunAtOnceSoManyWaitAndNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := job.New(job.Options{AtOnce: 2, Waiting: 1})
		defer r.Close()
		first, second, third := mustStart(t, r, eve(), job.Draft, until), mustStart(t, r, ops(), job.Classify, until), mustStart(t, r, eve(), job.Draft, until)
		if a, b, c := state(t, r, eve(), first).State, state(t, r, ops(), second).State, state(t, r, eve(), third).State; a != job.Running || b != job.Running || c != job.Waiting {
			t.Errorf("states %s, %s, %s; want two running and one waiting", a, b, c)
		}
		if _, err := r.Start(eve(), job.Draft, until); !errors.Is(err, job.ErrBusy) || !errors.Is(err, vigil.ErrRefused) {
			t.Errorf("a fourth: %v, want ErrBusy", err)
		}
		if err := r.Stop(ops(), second); err != nil {
			t.Fatal(err)
		}
		if b, c := state(t, r, ops(), second).State, state(t, r, eve(), third).State; b != job.Stopped || c != job.Running {
			t.Errorf("after a stop: %s and %s, want stopped, and the next running", b, c)
		}
	})
}

func TestAWaitingJobThatIsStoppedNeverBegins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := job.New(job.Options{AtOnce: 1})
		defer r.Close()
		first := mustStart(t, r, eve(), job.Draft, until)
		waits := mustStart(t, r, eve(), job.Draft, func(context.Context, func(job.Progress)) (job.Outcome, error) {
			t.Error("it began")
			return job.Outcome{}, nil
		})
		if err := errors.Join(r.Stop(eve(), waits), r.Stop(eve(), first)); err != nil {
			t.Fatal(err)
		}
		if j := state(t, r, eve(), waits); j.State != job.Stopped || !j.Began.IsZero() {
			t.Errorf("%+v", j)
		}
	})
}

func TestOthersJobsAreSeenWithoutTheirWordsByThoseWhoCheck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := job.New(job.Options{})
		defer r.Close()
		id := mustStart(t, r, eve(), job.Draft, until)
		failed := mustStart(t, r, eve(), job.Draft, func(context.Context, func(job.Progress)) (job.Outcome, error) {
			return job.Outcome{}, errors.New("a listing's own words")
		})
		synctest.Wait()
		for _, who := range []access.Person{person("ann", vigil.Admin), person("aud", vigil.Auditor)} {
			if n := len(r.Jobs(who)); n != 2 {
				t.Errorf("%s sees %d jobs, want 2", who.Account, n)
			}
			for _, j := range r.Jobs(who) {
				if strings.Contains(fmt.Sprint(j), "own words") || !j.Others || j.By != "eve" {
					t.Errorf("%s sees %+v", who.Account, j)
				}
			}
			if err := r.Stop(who, id); !errors.Is(err, vigil.ErrRefused) {
				t.Errorf("%s stops eve's job: %v, want it refused", who.Account, err)
			}
		}
		for _, who := range []access.Person{ops(), person("rev", vigil.Reviewer), person("exp", vigil.Exporter), {}} {
			if _, err := r.Job(who, failed); len(r.Jobs(who)) != 0 || !errors.Is(err, vigil.ErrNotFound) || !errors.Is(r.Stop(who, id), vigil.ErrNotFound) {
				t.Errorf("%q sees eve's jobs", who.Account)
			}
		}
		if j := state(t, r, eve(), id); j.State != job.Running || j.Progress.Words == "" || j.Others {
			t.Errorf("eve sees %+v", j)
		}
	})
}

func TestAJobAsksForItsRight(t *testing.T) {
	r := job.New(job.Options{})
	defer r.Close()
	stale := person("rel", vigil.Approver)
	stale.Proved = time.Now().Add(-time.Hour)
	for _, c := range []struct {
		who  access.Person
		kind job.Kind
		want error
	}{
		{eve(), job.Draft, nil}, {eve(), job.Release, nil}, {eve(), job.Classify, vigil.ErrRefused}, {eve(), job.Import, vigil.ErrRefused},
		{ops(), job.Classify, nil}, {ops(), job.Import, nil}, {ops(), job.Draft, vigil.ErrRefused}, {ops(), job.Release, vigil.ErrRefused},
		{person("ann", vigil.Admin), job.Draft, vigil.ErrRefused}, {stale, job.Release, access.ErrStepUp}, {ops(), "purge", vigil.ErrRefused},
	} {
		_, err := r.Start(c.who, c.kind, func(context.Context, func(job.Progress)) (job.Outcome, error) { return job.Outcome{}, nil })
		if !errors.Is(err, c.want) || (err != nil) != (c.want != nil) {
			t.Errorf("%s begins %s: %v, want %v", c.who.Account, c.kind, err, c.want)
		}
	}
	if _, err := r.Start(access.Person{}, job.Draft, until); err == nil {
		t.Error("nobody began a job")
	}
}

func TestTheOldestThatEndedAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := job.New(job.Options{Kept: 3})
		defer r.Close()
		runs := mustStart(t, r, eve(), job.Draft, until)
		var last string
		for range 10 {
			last = mustStart(t, r, eve(), job.Draft, func(context.Context, func(job.Progress)) (job.Outcome, error) { return job.Outcome{}, nil })
			synctest.Wait()
		}
		if all := r.Jobs(eve()); len(all) != 4 || all[0].ID != last || all[3].ID != runs {
			t.Errorf("%d jobs kept, want the running one and the last 3", len(all))
		}
	})
}

func TestCloseStopsAllWaitsAndTakesNoMore(t *testing.T) {
	r := job.New(job.Options{AtOnce: 1})
	var mu sync.Mutex
	ended := 0
	for range 3 {
		mustStart(t, r, eve(), job.Draft, func(ctx context.Context, _ func(job.Progress)) (job.Outcome, error) {
			<-ctx.Done()
			mu.Lock()
			defer mu.Unlock()
			ended++
			return job.Outcome{}, ctx.Err()
		})
	}
	for r.Jobs(eve())[2].State != job.Running {
		time.Sleep(time.Millisecond)
	}
	r.Close()
	if ended != 1 {
		t.Errorf("%d jobs had run to their end when Close returned, want the one that ran", ended)
	}
	for _, j := range r.Jobs(eve()) {
		if j.State != job.Stopped || j.Stopping {
			t.Errorf("after Close: %+v", j)
		}
	}
	if _, err := r.Start(eve(), job.Draft, until); !errors.Is(err, vigil.ErrRefused) {
		t.Errorf("a job after Close: %v", err)
	}
	r.Close()
}

func TestManyPeopleAtOnce(t *testing.T) {
	r := job.New(job.Options{AtOnce: 4, Waiting: 100, Kept: 5})
	var all sync.WaitGroup
	for n := range 16 {
		all.Go(func() {
			who := person(fmt.Sprint("p", n), vigil.Exporter)
			j, err := r.Start(who, job.Draft, func(ctx context.Context, tell func(job.Progress)) (job.Outcome, error) {
				for i := range 20 {
					tell(job.Progress{Done: i, Total: 20})
				}
				return job.Outcome{}, ctx.Err()
			})
			if err != nil {
				t.Error(err)
				return
			}
			if n%3 == 0 {
				r.Stop(who, j.ID)
			}
			r.Jobs(who)
			r.Version()
		})
	}
	all.Wait()
	r.Close()
}

func TestWhatAJobDidCanBeTakenBackOnceByWhoDidIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := job.New(job.Options{})
		defer r.Close()
		undone := 0
		undo := func(context.Context, func(job.Progress)) (job.Outcome, error) { undone++; return job.Outcome{}, nil }
		half := mustStart(t, r, eve(), job.Draft, func(ctx context.Context, _ func(job.Progress)) (job.Outcome, error) {
			<-ctx.Done()
			return job.Outcome{Words: "half of it", Undo: undo}, ctx.Err()
		})
		synctest.Wait()
		if _, err := r.Undo(eve(), half); !errors.Is(err, vigil.ErrRefused) {
			t.Errorf("taken back while it runs: %v", err)
		}
		if err := r.Stop(eve(), half); err != nil {
			t.Fatal(err)
		}
		if j := state(t, r, eve(), half); j.State != job.Stopped || j.Outcome.Words != "half of it" {
			t.Errorf("stopped: %+v", j)
		}
		if _, err := r.Undo(person("aud", vigil.Auditor), half); !errors.Is(err, vigil.ErrRefused) {
			t.Errorf("taken back by another: %v", err)
		}
		j, err := r.Undo(eve(), half)
		if err != nil || j.Kind != job.Draft {
			t.Fatalf("taken back: %+v, %v", j, err)
		}
		if _, err := r.Undo(eve(), half); !errors.Is(err, vigil.ErrRefused) {
			t.Errorf("taken back twice: %v", err)
		}
		if synctest.Wait(); undone != 1 {
			t.Errorf("undone %d times", undone)
		}
	})
}

func TestOnlyTheLastFewJobsCanBeTakenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := job.New(job.Options{})
		defer r.Close()
		nothing := func(context.Context, func(job.Progress)) (job.Outcome, error) { return job.Outcome{}, nil }
		for range 20 {
			mustStart(t, r, eve(), job.Draft, func(context.Context, func(job.Progress)) (job.Outcome, error) { return job.Outcome{Undo: nothing}, nil })
			synctest.Wait()
		}
		kept := 0
		for i, j := range r.Jobs(eve()) {
			if j.Outcome.Undo != nil {
				kept++
			} else if i < 3 {
				t.Errorf("the job before last by %d cannot be taken back", i)
			}
		}
		if kept > 6 {
			t.Errorf("%d jobs can be taken back", kept)
		}
	})
}

func TestItIsNotedThatAJobBeginsAndHowItEnds(t *testing.T) {
	var mu sync.Mutex
	var noted []string
	r := job.New(job.Options{AtOnce: 1, Note: func(j job.Job) {
		mu.Lock()
		defer mu.Unlock()
		noted = append(noted, string(j.Kind)+" "+string(j.State))
	}})
	mustStart(t, r, eve(), job.Draft, until)
	waits := mustStart(t, r, eve(), job.Release, until)
	for r.Jobs(eve())[1].State != job.Running {
		time.Sleep(time.Millisecond)
	}
	if err := r.Stop(eve(), waits); err != nil {
		t.Fatal(err)
	}
	r.Close()
	if got := strings.Join(noted, ", "); got != "draft running, draft stopped" {
		t.Errorf("noted %s", got)
	}
}

func TestJobsOfAnEarlierProcessAreShownToWhoBeganThem(t *testing.T) {
	r := job.New(job.Options{Before: []job.Job{{ID: "x1", Kind: job.Draft, By: "eve", State: job.Cut}}})
	defer r.Close()
	if js := r.Jobs(eve()); len(js) != 1 || js[0].State != job.Cut || !js[0].State.Ended() {
		t.Errorf("eve sees %+v", js)
	}
	if js := r.Jobs(person("exp", vigil.Exporter)); len(js) != 0 {
		t.Errorf("another sees %+v", js)
	}
	if err := r.Stop(eve(), "x1"); err != nil || r.Jobs(eve())[0].State != job.Cut {
		t.Errorf("stopped: %v, %+v", err, r.Jobs(eve()))
	}
}
