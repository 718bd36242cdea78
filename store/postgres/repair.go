package postgres

import (
	"context"
	"errors"
	"fmt"

	"vigil/store"
)

// Repair implements [store.Inspector], as far as there is nothing to be mended.
func (s *Store) Repair(ctx context.Context, actor string, progress func(store.Progress)) (n store.Repairs, err error) {
	if actor == "" {
		return n, errors.New("repair: no actor: say who repairs")
	}
	in, err := s.Inspect(ctx, progress)
	if err != nil || in.Mendable == 0 {
		return n, err
	}
	return n, fmt.Errorf("repair: %d flaws, the first: %s: this program cannot mend a case on PostgreSQL yet; restore a backup, or copy the case anew", in.Mendable, in.Flaws[0])
}
