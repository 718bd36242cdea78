package custody_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"vigil"
	"vigil/internal/custody"
)

// TestAnEdgeGrowsAsItsTree: what follows from the edge is what follows from all hashes.
func TestAnEdgeGrowsAsItsTree(t *testing.T) {
	var (
		stored [][custody.HashSize]byte
		edge   custody.Edge
	)
	read := func(indexes []int64) ([][custody.HashSize]byte, error) {
		hs := make([][custody.HashSize]byte, len(indexes))
		for i, n := range indexes {
			hs[i] = stored[n]
		}
		return hs, nil
	}
	for size := range int64(600) {
		line := fmt.Appendf(nil, "line %d", size)
		first, want, err := custody.Append(size, line, read)
		if err != nil {
			t.Fatal(err)
		}
		at, got, err := edge.Append(line)
		if err != nil || at != first || !slices.Equal(got, want) {
			t.Fatalf("line %d: hashes %x from %d on, %v; want %x from %d on", size, got, at, err, want, first)
		}
		stored = append(stored, want...)
		again, err := custody.ReadEdge(size+1, read)
		if err != nil || !slices.Equal(again.Bytes(), edge.Bytes()) {
			t.Fatalf("%d lines: edge %x, %v; the tree has %x", size+1, edge.Bytes(), err, again.Bytes())
		}
		if edge, err = custody.ParseEdge(size+1, edge.Bytes()); err != nil {
			t.Fatal(err)
		}
	}
	for _, size := range []int64{-1, 1, 599, 1 << 62} {
		if _, err := custody.ParseEdge(size, edge.Bytes()); err == nil {
			t.Errorf("the edge of 600 lines is taken for one of %d", size)
		}
	}
	if _, err := custody.ParseEdge(601, edge.Bytes()); !errors.Is(err, vigil.ErrTampered) {
		t.Errorf("the edge of 600 lines for one more: %v, want %v", err, vigil.ErrTampered)
	}
}
