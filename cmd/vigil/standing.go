package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"vigil"
	"vigil/store"
)

// statuses returns the sources of the case's orders with their state, by ID.
// The error wraps [vigil.ErrRefused] if there are none.
func (c *openCase) statuses(ctx context.Context) ([]store.SourceStatus, error) {
	all, err := c.Sources(ctx)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, hint(fmt.Errorf("%w: the case in %s has no order", vigil.ErrRefused, c.dir), "vigil authorize ORDER.toml")
	}
	return all, nil
}

// standings returns the standing of every source of the case by its ID.
func standings(ctx context.Context, r store.Reader) (map[string]vigil.Standing, error) {
	all, err := r.Sources(ctx)
	if err != nil {
		return nil, err
	}
	m := make(map[string]vigil.Standing, len(all))
	for _, s := range all {
		m[s.ID()] = s.Standing
	}
	return m, nil
}

// revocation is the error for a source whose order was taken back; nil if it
// was not.
func revocation(st vigil.Standing) error {
	if st.State != vigil.SourceRevoked {
		return nil
	}
	return hint(fmt.Errorf("%w: source %s was revoked %s by %s: %s", vigil.ErrRefused, st.Source, st.Since.Local().Format(time.RFC3339), st.By, st.Reason),
		"what was taken back takes a new order of the authority")
}

// choose returns the source that name means: NAME or ORDER/NAME.
func choose(all []store.SourceStatus, name string) (store.SourceStatus, error) {
	ids := make([]string, len(all))
	for i, s := range all {
		ids[i] = s.ID()
	}
	id, err := pick(ids, name)
	if err != nil {
		return store.SourceStatus{}, err
	}
	return all[slices.Index(ids, id)], nil
}

// pick returns the one of the source IDs that name means: NAME or ORDER/NAME.
func pick(ids []string, name string) (id string, err error) {
	var match []string
	for _, id := range ids {
		if id == name || id == vigil.OrderOf(id)+"/"+name {
			match = append(match, id)
		}
	}
	switch len(match) {
	case 0:
		return "", usagef("source %q: the case has %s", name, strings.Join(ids, ", "))
	case 1:
		return match[0], nil
	}
	return "", usagef("source %q: several orders have it; name one of %s", name, strings.Join(match, ", "))
}

// maxReason bounds a reason in bytes: it goes into the log, which is kept for good.
const maxReason = 1000

// checkReason refuses an act without a reason.
func checkReason(command, reason string) error {
	switch {
	case strings.TrimSpace(reason) == "":
		return hint(usagef("%s: no reason", command), `say why, for the log: --reason "…"`)
	case len(reason) > maxReason:
		return usagef("%s: the reason is %d bytes long, want at most %d", command, len(reason), maxReason)
	}
	return nil
}

// revoke takes back every source of an order.
func (a *app) revoke(ctx context.Context, id, reason string) error {
	if err := checkReason("authorize --revoke", reason); err != nil {
		return err
	}
	err := a.with("vigil authorize --revoke", func(cs *openCase) error { return a.revokeIn(ctx, cs, id, reason) })
	if !errors.Is(err, vigil.ErrInUse) {
		return err
	}
	if h := new(hinted); errors.As(err, &h) {
		err = h.err // its hint is to wait, and a revocation does not wait
	}
	return hint(fmt.Errorf("order %s is not revoked yet: the case is %w", id, err),
		"stop that process with ^C, or with kill -INT and its number: it ends by itself and loses nothing; then revoke again")
}

func (a *app) revokeIn(ctx context.Context, cs *openCase, id, reason string) error {
	all, err := cs.statuses(ctx)
	if err != nil {
		return err
	}
	var orders []string
	var done vigil.Standing
	var now []vigil.Standing
	for _, s := range all {
		if !slices.Contains(orders, s.Order) {
			orders = append(orders, s.Order)
		}
		switch {
		case s.Order != id:
		case s.Standing.State == vigil.SourceRevoked:
			done = s.Standing
		default:
			now = append(now, vigil.Standing{Source: s.ID(), State: vigil.SourceRevoked, Reason: reason})
		}
	}
	switch {
	case !slices.Contains(orders, id):
		return usagef("order %q is not in this case, which has %s", id, strings.Join(orders, ", "))
	case len(now) == 0:
		a.info("order %s was revoked already, %s by %s: %s", id, when(done.Since, time.Now()), plainLine(done.By), plainLine(done.Reason))
		return nil
	}
	_, err = cs.Record(ctx, vigil.Result{
		Act: vigil.Act{
			Actor: a.who(), Action: vigil.ActRevoke, Order: id, Object: vigil.Object{Type: vigil.TypeOrder, ID: id},
			Reason: reason, Details: map[string]string{"sources": fmt.Sprint(len(now))},
		},
		Standings: now,
	})
	if err != nil {
		return fmt.Errorf("revoke order %s: %w", id, err)
	}
	a.info("order %s is revoked: nothing more is fetched or imported under it", id)
	for _, st := range now {
		a.info("  source %s", st.Source)
	}
	a.info("what is in the case stays; its log says who revoked the order and why")
	return nil
}
