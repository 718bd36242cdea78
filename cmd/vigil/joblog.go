package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"vigil"
	"vigil/internal/job"
)

// jobs returns what runs the long acts of the pages. That one begins, and how it
// ends, is in the log of the case: what an earlier process left without an end was
// cut off, and people are told so.
func (a *app) jobs(ctx context.Context, cs *openCase) (*job.Runner, error) {
	cut, err := cutOff(ctx, cs)
	if err != nil {
		return nil, fmt.Errorf("look for jobs that were cut off: %w", err)
	}
	for _, j := range cut {
		a.noteJob(cs, j)
		a.info("job %s of %s was cut off when the program ended: what it had done is whole and stays", j.Kind, j.By)
	}
	return job.New(job.Options{Before: cut, Note: func(j job.Job) { a.noteJob(cs, j) }}), nil
}

// jobBegun is what the log says of a job that begins; otherwise it says its state.
const jobBegun = "begun"

// noteJob logs where a job stands. It is done whether or not the log can be written:
// the log has what it did, too.
func (a *app) noteJob(cs *openCase, j job.Job) {
	act := vigil.Act{
		Actor: j.By, Action: vigil.ActJob, Object: vigil.Object{Type: "job", ID: j.ID}, Reason: string(j.State),
		Details: map[string]string{"kind": string(j.Kind)},
	}
	if j.State == job.Running {
		act.Reason = jobBegun
	}
	if cs.shared() {
		act.Details[detailProcess] = thisProcess()
	}
	if _, err := cs.Record(context.Background(), vigil.Result{Act: act}); err != nil {
		a.info("job %s is not in the log: %s", j.ID, oneLine(err))
	}
}

// detailProcess names the process that does a job, HOST:PID, where several have the
// case open.
const detailProcess = "process"

func thisProcess() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%s:%d", host, os.Getpid())
}

// gone reports whether a process of this machine has ended. Of those of others, only
// they can tell.
func gone(process string) bool {
	host, number, ok := strings.Cut(process, ":")
	here, _, _ := strings.Cut(thisProcess(), ":")
	pid, err := strconv.Atoi(number)
	if !ok || err != nil || pid <= 0 || host != here {
		return false
	}
	return pid == os.Getpid() || !runs(pid) // a number may come again: this one has no job yet
}

// jobTail is how many entries at the end of the log are looked through for jobs
// without an end.
const jobTail = 20_000

// cutOff returns the jobs that began and did not end, the oldest first; where several
// processes have the case open, those of processes that are gone.
func cutOff(ctx context.Context, cs *openCase) (cut []job.Job, err error) {
	cp, err := cs.Checkpoint(ctx, "")
	if err != nil || cp.Size == 0 {
		return nil, err
	}
	for e, err := range cs.LogFrom(ctx, "", max(0, cp.Size-jobTail)) {
		if err != nil {
			return nil, err
		}
		switch {
		case e.Action != vigil.ActJob:
		case e.Reason == jobBegun && cs.shared() && !gone(e.Details[detailProcess]):
		case e.Reason == jobBegun:
			cut = append(cut, job.Job{ID: e.Object.ID, Kind: job.Kind(e.Details["kind"]), By: e.Actor, State: job.Cut, Asked: e.Time, Began: e.Time, Ended: e.Time})
		default:
			cut = slices.DeleteFunc(cut, func(j job.Job) bool { return j.ID == e.Object.ID })
		}
	}
	return cut, nil
}
