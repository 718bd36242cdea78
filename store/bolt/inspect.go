package bolt

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"

	"go.etcd.io/bbolt"

	"vigil/store"
	"vigil/store/rule"
)

// Inspect implements [store.Inspector]. First it sees that bbolt can be let at the file's
// pages, and then walks all that is kept, in the same transaction; see [inspector.file].
func (s *Store) Inspect(ctx context.Context, progress func(store.Progress)) (store.Inspection, error) {
	v := &inspector{ctx: ctx, progress: progress, pages: map[[16]byte]seen{}, bodies: map[[16]byte]bool{}}
	if progress == nil {
		v.progress = func(store.Progress) {}
	}
	cs := checks()
	for _, c := range cs {
		v.Parts = append(v.Parts, store.Part{Name: c.part})
	}
	v.Parts = append(v.Parts, store.Part{Name: partFile})
	err := s.view(ctx, func(tx read) error {
		if err := v.file(tx, s.path); err != nil {
			return err
		}
		for _, c := range cs {
			if err := ctx.Err(); err != nil {
				return err
			}
			v.part(c.part)
			if err := guard(func() error { return c.check(v, tx) }); err != nil && ctx.Err() == nil {
				v.flaw(nil, "%v", err)
			}
		}
		return ctx.Err()
	})
	if err != nil {
		return v.Inspection, fmt.Errorf("inspect case: %w", err)
	}
	return v.Inspection, nil
}

// checks returns what is looked at, in an order in which each may use what those
// before it have noted.
func checks() []struct {
	part  string
	check func(*inspector, read) error
} {
	type check = struct {
		part  string
		check func(*inspector, read) error
	}
	cs := []check{
		{bucketMeta, (*inspector).meta},
		{bucketLogs, (*inspector).logs},
		{bucketLines, (*inspector).lines},
		{bucketHashes, (*inspector).hashes},
		{bucketRecords, (*inspector).records},
		{bucketBodies, (*inspector).bodyBuckets},
		{bucketSources, (*inspector).sources},
		{bucketStand, (*inspector).standings},
		{bucketRows, (*inspector).rows},
		{bucketTasks, (*inspector).tasks},
		{bucketCounts, (*inspector).counts},
		{bucketLevels, (*inspector).levels},
		{bucketPace, (*inspector).paces},
		{bucketPages, (*inspector).pageList},
	}
	for _, d := range derivations() {
		for i, name := range d.into {
			cs = append(cs, check{name, func(v *inspector, tx read) error {
				if i > 0 {
					return v.strays(tx, d, name) // what is wanted was looked for with the first
				}
				return v.derived(tx, d)
			}})
		}
	}
	for _, name := range searchBuckets() {
		cs = append(cs, check{name, func(v *inspector, tx read) error { return v.walk(tx, name, func(_, _ []byte) {}) }})
	}
	cs = append(cs, check{partSearch, (*inspector).search})
	return append(cs, check{"others", (*inspector).others})
}

// An inspector gathers flaws in one transaction.
type inspector struct {
	ctx      context.Context
	progress func(store.Progress)
	store.Inspection
	name string // of the part that is looked at
	done int    // entries of it

	sizes  map[string]uint64    // number of lines, by log
	pages  map[[16]byte]seen    // by hash of the ID: where each page's record was met
	bodies map[[16]byte]bool    // by hash of the hash: those that a page names
	sums   map[string]rule.Pace // by source: pages and bytes
	erased map[string]int       // by source: pages that were there once
	found  map[string]int       // by bucket: wanted entries that are there
}

// A seen says where a page was met.
type seen uint8

const (
	inRecords seen = 1 << iota
	inAll
	inSource
)

func (v *inspector) part(name string) {
	v.name, v.done = name, 0
	v.progress(store.Progress{Part: name})
}

// count counts an entry of a part.
func (v *inspector) count(name string) {
	for i := range v.Parts {
		if v.Parts[i].Name == name {
			v.Parts[i].Entries++
		}
	}
	if v.done++; v.done%1024 == 0 {
		v.progress(store.Progress{Part: v.name, Done: v.done})
	}
}

// flaw notes one that nothing here mends; mendable one that Repair does.
func (v *inspector) flaw(k []byte, format string, args ...any) { v.add(v.name, k, false, format, args) }

func (v *inspector) mendable(k []byte, format string, args ...any) {
	v.add(v.name, k, true, format, args)
}

func (v *inspector) add(part string, k []byte, mendable bool, format string, args []any) {
	f := store.Flaw{Part: part, What: fmt.Sprintf(format, args...), Mendable: mendable}
	if k != nil {
		f.Key = strconv.Quote(string(k))
	}
	v.Add(f)
}

// walk calls fn with each key of a bucket and counts them. Where the file makes no
// sense it panics, which whoever guards it makes a flaw.
func (v *inspector) walk(tx read, name string, fn func(k, value []byte)) error {
	c := bucket(tx, name).Cursor()
	for k, value := c.First(); k != nil; k, value = c.Next() {
		if v.done%1024 == 0 && v.ctx.Err() != nil {
			return v.ctx.Err()
		}
		v.count(name)
		if value == nil && name != bucketBodies {
			v.flaw(k, "a bucket, want a value")
			continue
		}
		fn(k, value)
	}
	return nil
}

// others looks for buckets that the layout does not know.
func (v *inspector) others(tx read) error {
	return tx.ForEach(func(name []byte, _ *bbolt.Bucket) error {
		if !slices.Contains(buckets(), string(name)) {
			v.flaw(name, "a bucket that the layout does not know")
		}
		return nil
	})
}

// splitKey splits a key into names, and numbers behind them.
func splitKey(k []byte, names, numbers int) (ns []string, is []uint64, ok bool) {
	for range names {
		name, rest, found := bytes.Cut(k, []byte{0})
		if !found {
			return nil, nil, false
		}
		ns, k = append(ns, string(name)), rest
	}
	if len(k) != 8*numbers {
		return nil, nil, false
	}
	for i := range numbers {
		is = append(is, parseNumber(k[8*i:8*i+8]))
	}
	return ns, is, true
}
