package postgres

import (
	"context"
	"iter"
)

// Pieces of a sequence: the first is small, for who wants but one, and each other
// twice as large.
const (
	firstPiece = 16
	lastPiece  = 512
)

// A viewer runs a function in a transaction that reads.
type viewer func(context.Context, func(read) error) error

// pieces yields what get reads piece by piece: up to n values from a place on, and
// the place where to go on. A piece of fewer is the last.
func pieces[P, V any](ctx context.Context, view viewer, from P, get func(r read, from P, n int) ([]V, P, error)) iter.Seq2[V, error] {
	return piecesOf(ctx, view, from, firstPiece, get)
}

// piecesOf is pieces with another size of the first piece.
func piecesOf[P, V any](ctx context.Context, view viewer, from P, size int, get func(r read, from P, n int) ([]V, P, error)) iter.Seq2[V, error] {
	return func(yield func(V, error) bool) {
		for ; ; size = min(2*size, lastPiece) {
			var vs []V
			next := from
			err := view(ctx, func(r read) (err error) {
				vs, next, err = get(r, from, size)
				return err
			})
			for _, v := range vs {
				if !yield(v, nil) {
					return
				}
			}
			if err != nil {
				var zero V
				yield(zero, err)
				return
			}
			if len(vs) < size {
				return
			}
			from = next
		}
	}
}
