package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"vigil"
	"vigil/internal/custody"
	"vigil/store"
	"vigil/store/rule"
)

// Repair implements [store.Inspector]. First goes what nothing asks for, then
// comes what is missing, a few hundred entries in a transaction.
func (s *Store) Repair(ctx context.Context, actor string, progress func(store.Progress)) (r store.Repairs, err error) {
	if progress == nil {
		progress = func(store.Progress) {}
	}
	in, err := s.Inspect(ctx, progress)
	if err != nil || in.Mendable == 0 {
		return r, err
	}
	if err := s.logRepair(ctx, actor, "begins", foundIn(in)); err != nil {
		return r, fmt.Errorf("repair case: nothing was changed: %w", err)
	}
	err = s.mend(ctx, in, &r, progress)
	if err != nil {
		return r, fmt.Errorf("repair case, after %d changes: %w", r.Changed, err)
	}
	return r, s.logRepair(context.WithoutCancel(ctx), actor, "ended", r.ByPart)
}

// foundIn returns how many flaws each part has.
func foundIn(in store.Inspection) map[string]int {
	found := map[string]int{}
	for _, p := range in.Parts {
		if p.Flaws > 0 {
			found[p.Name] = p.Flaws
		}
	}
	return found
}

// logRepair writes numbers by part to the log of the case.
func (s *Store) logRepair(ctx context.Context, actor, when string, ns map[string]int) error {
	details := map[string]string{}
	for part, n := range ns {
		details[part] = strconv.Itoa(n)
	}
	_, err := s.Record(ctx, vigil.Result{Act: vigil.Act{
		Actor: actor, Action: store.ActRepair, Object: vigil.Object{Type: "case"}, Reason: when, Details: details,
	}})
	return err
}

// mend makes all anew that follows from something else.
func (s *Store) mend(ctx context.Context, in store.Inspection, r *store.Repairs, progress func(store.Progress)) error {
	once := func(part string, fn func(write) ([]store.Flaw, error)) error {
		var fs []store.Flaw
		progress(store.Progress{Part: part})
		err := s.update(ctx, func(w write) (err error) {
			fs, err = fn(w)
			return err
		})
		if err == nil {
			r.Add(fs...)
		}
		return err
	}
	if err := once(bucketTasks, write.mendPlaces); err != nil {
		return err
	}
	for _, d := range derivations() {
		for _, name := range d.into {
			if err := s.inSteps(ctx, name, nil, r, progress, func(w write, its []pair) ([]store.Flaw, error) { return w.dropStrays(d, name, its) }); err != nil {
				return err
			}
		}
		if err := s.inSteps(ctx, d.from, d.prefix, r, progress, func(w write, its []pair) ([]store.Flaw, error) { return w.putWanted(d, its) }); err != nil {
			return err
		}
	}
	if foundIn(in)[bucketPages] > 0 {
		if err := s.mendPages(ctx, r, progress); err != nil {
			return err
		}
	}
	if foundIn(in)[partSearch] > 0 {
		if err := s.mendSearch(r, progress); err != nil {
			return err
		}
	}
	return errors.Join(once(bucketCounts, write.mendCounts), once(bucketLevels, write.mendLevels), once(bucketPace, write.mendPaces))
}

// inSteps calls fn with the entries of a bucket, some at a time, each time in a
// transaction of its own.
func (s *Store) inSteps(ctx context.Context, name string, prefix []byte, r *store.Repairs, progress func(store.Progress), fn func(write, []pair) ([]store.Flaw, error)) error {
	from, done := append([]byte{}, prefix...), 0
	for from != nil {
		var (
			rest []byte
			fs   []store.Flaw
			n    int
		)
		err := s.update(ctx, func(w write) (err error) {
			var its []pair
			its, rest, err = readPiece(w.read, name, prefix, from, lastPiece, func(tx read, k, _ []byte) (pair, bool, error) {
				return pair{bytes.Clone(k), bytes.Clone(stored(tx, name, k))}, true, nil
			})
			if err == nil {
				n = len(its)
				fs, err = fn(w, its)
			}
			return err
		})
		if err != nil {
			return err
		}
		from, done = rest, done+n
		r.Add(fs...)
		progress(store.Progress{Part: name, Done: done})
	}
	return nil
}

// dropStrays removes those of some entries that nothing asks for.
func (w write) dropStrays(d derivation, name string, its []pair) (fs []store.Flaw, err error) {
	for _, it := range its {
		why := d.stray(w.read, entry{name, it.k, it.v})
		if why == nil {
			continue
		}
		if err := bucket(w.read, name).Delete(it.k); err != nil {
			return nil, err
		}
		fs = append(fs, changed(name, it.k, "removed: "+why.Error()))
	}
	return fs, nil
}

// putWanted puts those entries that are missing, or hold something else.
func (w write) putWanted(d derivation, its []pair) (fs []store.Flaw, err error) {
	for _, it := range its {
		es, err := d.want(w.read, it.k, it.v)
		if err != nil {
			continue // it makes no sense itself, and stays to be seen
		}
		for _, e := range es {
			has := stored(w.read, e.bucket, e.k)
			if has != nil && bytes.Equal(has, e.v) {
				continue
			}
			if err := putPairs(w.read, e.bucket, []pair{{e.k, e.v}}); err != nil {
				return nil, err
			}
			what := "put where it was missing"
			if has != nil {
				what = "put in place of another"
			}
			fs = append(fs, changed(e.bucket, e.k, what))
		}
	}
	return fs, nil
}

func changed(part string, k []byte, what string) store.Flaw {
	return store.Flaw{Part: part, Key: strconv.Quote(string(k)), What: what, Mendable: true}
}

// mendPlaces sees to it that no new task gets the place of another.
func (w write) mendPlaces() ([]store.Flaw, error) {
	b := bucket(w.read, bucketTasks)
	said, most := b.Sequence(), uint64(0)
	err := b.ForEach(func(k, _ []byte) error {
		if t, err := getTask(w.read, string(k)); err == nil {
			most = max(most, t.Seq)
		}
		return nil
	})
	if err != nil || most <= said {
		return nil, err
	}
	return []store.Flaw{{Part: bucketTasks, What: fmt.Sprintf("the last place that was given is %d, not %d", most, said)}}, b.SetSequence(most)
}

func (w write) mendCounts() ([]store.Flaw, error) {
	want, err := countTasks(w.read)
	if err != nil {
		return nil, err
	}
	return w.mendNumbers(bucketCounts, "task", want)
}

func (w write) mendPaces() (fs []store.Flaw, err error) {
	sums := map[string]rule.Pace{}
	for _, source := range pacedSources(w.read) {
		sums[source] = rule.Pace{}
	}
	prefix := key(vigil.TypePage)
	c := bucket(w.read, bucketRecords).Cursor()
	for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = c.Next() {
		if p, err := parsePageSum(stored(w.read, bucketRecords, k)); err == nil {
			p.addTo(sums)
		}
	}
	erased := map[string]int{}
	err = bucket(w.read, bucketLines).ForEach(func(_, line []byte) error {
		if e, err := custody.ParseLine(line); err == nil { // else it is a fault of the log's
			countErased(erased, e)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, source := range slices.Sorted(maps.Keys(sums)) {
		p, err := getPace(w.read, source)
		if err != nil {
			return nil, err
		}
		sum := sums[source]
		if p.Fits(sum, erased[source]) || rule.Name("source", source) != nil {
			continue
		}
		was := p
		p.Pages, p.Bytes = sum.Pages+erased[source], sum.Bytes
		if erased[source] > 0 {
			p.Bytes = max(was.Bytes, sum.Bytes)
		}
		fs = append(fs, changed(bucketPace, key(source), fmt.Sprintf("set from %d pages with %d bytes to %d with %d", was.Pages, was.Bytes, p.Pages, p.Bytes)))
		if err := w.putPace(source, p); err != nil {
			return nil, err
		}
	}
	return fs, nil
}
