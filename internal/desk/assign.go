package desk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"vigil"
	"vigil/internal/access"
	"vigil/store"
)

// maxAssign bounds for how long a listing is held for somebody.
const maxAssign = 14 * 24 * time.Hour

// Assign holds a listing for another account for as long as term, at most 14 days.
// The account must exist and may do what the listing waits for. If somebody else
// holds it, the error wraps [vigil.ErrHeld].
func (d *Desk) Assign(ctx context.Context, listing, to string, term time.Duration) error {
	if err := d.may(ctx, access.Assign); err != nil {
		return err
	}
	k, err := d.find(ctx, listing)
	if err != nil {
		return err
	}
	if err := d.assign(ctx, &k, to, term); err != nil {
		return fmt.Errorf("assign listing %s to %s: %w", k.Assessment.ID, to, err)
	}
	return nil
}

func (d *Desk) assign(ctx context.Context, k *docket, to string, term time.Duration) error {
	t := k.open()
	switch {
	case t.ID == "":
		return fmt.Errorf("it waits for nothing: %w", vigil.ErrNotFound)
	case term <= 0 || term > maxAssign:
		return fmt.Errorf("for %s: want more than nothing and at most 14 days", term)
	}
	if err := d.suited(ctx, k, t, to); err != nil {
		return err
	}
	if to != d.Who.Account && t.State == vigil.Leased && t.Holder == d.Who.Account && t.Until.After(d.Clock()) {
		if err := d.Store.Return(ctx, t); err != nil { // their own claim goes over to the other
			return err
		}
		t.State = vigil.Queued
	}
	ts, _, err := d.Store.Lease(ctx, store.LeaseRequest{Stage: t.Stage, Holder: to, N: 1, TTL: term, Task: t.ID})
	if err != nil {
		return err
	}
	if len(ts) == 0 {
		return fmt.Errorf("it can't be leased now: %w", vigil.ErrHeld)
	}
	act := d.act(vigil.ActAssign, "")
	act.Order, act.Object = vigil.OrderOf(t.Source), vigil.Object{Type: vigil.TypeListing, ID: k.Assessment.ID}
	act.Details = map[string]string{"to": to, "until": ts[0].Until.UTC().Format(time.RFC3339), "stage": string(t.Stage)}
	if _, err := d.Store.Record(ctx, vigil.Result{Act: act}); err != nil {
		return errors.Join(fmt.Errorf("log it: %w", err), d.Store.Return(ctx, ts[0]))
	}
	return nil
}

// suited returns nil if an account may do a task about a listing.
func (d *Desk) suited(ctx context.Context, k *docket, t vigil.Task, to string) error {
	if d.Accounts == nil {
		return fmt.Errorf("the case has no accounts: %w", vigil.ErrNotFound)
	}
	as, err := d.Accounts(ctx)
	if err != nil {
		return fmt.Errorf("accounts of the case: %w", err)
	}
	for _, a := range as {
		if a.Name != to {
			continue
		}
		act, err := actOf(t.Stage)
		if err != nil {
			return err
		}
		p := access.Of(a, time.Time{})
		if !p.Can(act) || k.restricted() && !p.Can(access.ReadRestricted) {
			return fmt.Errorf("they may not do what it waits for: %w", vigil.ErrRefused)
		}
		return nil
	}
	return fmt.Errorf("there is no such account: %w", vigil.ErrNotFound)
}
