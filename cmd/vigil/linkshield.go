package main

import (
	"context"
	"fmt"
	"iter"

	"vigil"
	"vigil/internal/desk"
	"vigil/internal/display"
)

// shieldedMentions leaves out mentions by listings that are not to be seen: so there is
// no node, no account and no count of them in a graph.
func shieldedMentions(ctx context.Context, s *desk.Shield, in iter.Seq2[vigil.Mention, error]) iter.Seq2[vigil.Mention, error] {
	return func(yield func(vigil.Mention, error) bool) {
		for m, err := range in {
			hides := false
			if err == nil {
				hides, err = s.Hides(ctx, m.Listing)
			}
			if hides && err == nil {
				continue
			}
			if !yield(m, err) || err != nil {
				return
			}
		}
	}
}

// shieldedTies leaves out what people said of listings that are not to be seen.
func shieldedTies(ctx context.Context, s *desk.Shield, ties []vigil.Tie) (kept []vigil.Tie, err error) {
	for _, t := range ties {
		hides := false
		for _, id := range []string{t.A, t.B} {
			if id == "" || hides {
				continue
			}
			if hides, err = s.Hides(ctx, id); err != nil {
				return nil, err
			}
		}
		if !hides {
			kept = append(kept, t)
		}
	}
	return kept, nil
}

// hiddenAmong refuses to show the links of a listing that is not to be seen.
func hiddenAmong(ctx context.Context, s *desk.Shield, at []linkTarget) error {
	for _, t := range at {
		if t.listing == "" {
			continue
		}
		hides, err := s.Hides(ctx, t.listing)
		if err != nil {
			return err
		}
		if hides {
			return hint(fmt.Errorf("links of listing %s: %w: withheld: restricted handling", display.Short(t.listing), vigil.ErrRefused), "--reveal shows them to adjudicators (logged)")
		}
	}
	return nil
}
