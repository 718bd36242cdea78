package rule

import (
	"errors"
	"fmt"
	"time"

	"vigil"
	"vigil/store"
)

// MaxWait bounds the time of a lease and of a retry. A longer one is a mistake,
// and would leave the range of the times in keys.
const MaxWait = 366 * 24 * time.Hour

// CheckRequest refuses requests that make no sense, and bounds the others.
func CheckRequest(r store.LeaseRequest) (store.LeaseRequest, error) {
	switch {
	case r.Holder == "":
		return r, errors.New("no holder: say who will hold them")
	case r.TTL <= 0:
		return r, fmt.Errorf("TTL %s: say for how long", r.TTL)
	case r.Task == "" && r.Stage == "":
		return r, errors.New("no stage")
	case r.Task == "" && r.N <= 0:
		return r, fmt.Errorf("%d tasks: want 1 or more", r.N)
	case r.Below < 0:
		return r, fmt.Errorf("below priority %d: want 1 or more, or 0 for any", r.Below)
	}
	r.TTL = min(r.TTL, MaxWait)
	return r, errors.Join(Name("stage", string(r.Stage)), Name("source", r.Source), Name("holder", r.Holder))
}

// CheckNext is checkRequest for what is to be leased with a commit.
func CheckNext(r store.LeaseRequest) (store.LeaseRequest, error) {
	if r.Task != "" {
		return r, fmt.Errorf("task %s: a lease with a commit cannot ask for one task", r.Task)
	}
	return CheckRequest(r)
}

func CheckRequeue(r store.RequeueRequest) error {
	if r.Stage == "" {
		return errors.New("no stage")
	}
	if len(r.States) == 0 {
		return errors.New("no states: want some of done, parked and dead")
	}
	for _, st := range r.States {
		if st != vigil.Done && st != vigil.Parked && st != vigil.Dead {
			return fmt.Errorf("state %q: want done, parked or dead", st)
		}
	}
	return errors.Join(Name("stage", string(r.Stage)), Name("source", r.Source))
}
