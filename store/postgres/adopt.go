package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
)

// adopt makes a case that was restored from a dump one of this server. Its documents name
// the transactions that brought and ended them, by the numbers of the server that it was
// dumped from. Those that this server has not given out yet would be in no snapshot: then
// nothing is found by a search. All that a dump holds was committed, so that these
// documents may as well be of the first transaction that there ever was.
func (s *Store) adopt(ctx context.Context) error {
	if s.box.Shut() {
		return nil // nothing is searched
	}
	// An auditor sees no documents, and a number of which one can be sure is not needed:
	// the document that came last has the greatest, or nearly.
	const foreign = `SELECT born >= pg_snapshot_xmax(pg_current_snapshot()) FROM docs ORDER BY n DESC LIMIT 1`
	var may, is bool
	err := s.pool.QueryRow(ctx, `SELECT has_table_privilege('docs', 'SELECT') AND has_table_privilege('docs', 'UPDATE')`).Scan(&may)
	if err != nil || !may {
		return err
	}
	err = s.pool.QueryRow(ctx, foreign).Scan(&is)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && !is {
		return nil
	}
	if err != nil {
		return err
	}
	return s.update(ctx, way{alone: true}, func(w *write) error {
		const first = `'3'::xid8` // FirstNormalTransactionId
		w.do(`UPDATE docs SET born = ` + first + `, ended = CASE WHEN ended IS NULL THEN NULL ELSE ` + first + ` END
			WHERE born >= pg_snapshot_xmax(pg_current_snapshot()) OR ended >= pg_snapshot_xmax(pg_current_snapshot())`)
		return nil
	})
}
