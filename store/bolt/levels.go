package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"vigil"
	"vigil/store"
	"vigil/store/rule"
)

// levelsKey returns where listings of a level, as a triage key inverts it, are
// counted.
func levelsKey(view, source string, inverted byte) []byte { return append(key(view, source), inverted) }

// countLevel changes how many listings of a level there are in a view, of a source
// or of all.
func (w write) countLevel(view, source string, inverted byte, by int) error {
	b, k := bucket(w.read, bucketLevels), levelsKey(view, source, inverted)
	n := parseNumber(b.Get(k)) + uint64(by)
	if n == 0 {
		return b.Delete(k)
	}
	return b.Put(k, number(nil, n))
}

// Levels implements [store.Reader].
func (s *Store) Levels(ctx context.Context, source string) (ls []store.LevelCount, err error) {
	if err := rule.Name("source", source); err != nil {
		return nil, fmt.Errorf("count levels: %w", err)
	}
	err = s.view(ctx, func(tx read) error {
		ls = nil
		of := func(view string, l vigil.Level) int {
			return int(parseNumber(bucket(tx, bucketLevels).Get(levelsKey(view, source, inverted(l)))))
		}
		for _, l := range []vigil.Level{vigil.LevelEscalate, vigil.LevelPriority, vigil.LevelReview, vigil.LevelNote, vigil.LevelNone} {
			ls = append(ls, store.LevelCount{Level: l, All: of(viewAll, l), Waiting: of(viewWaiting, l)})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("count levels: %w", err)
	}
	return ls, nil
}

// countTriage returns how many entries of triage there are under each key of
// levels.
func countTriage(tx read) (map[string]uint64, error) {
	want := map[string]uint64{}
	err := bucket(tx, bucketTriage).ForEach(func(k, _ []byte) error {
		_, rest, ok := bytes.Cut(k, []byte{0})
		_, standing, ok2 := bytes.Cut(rest, []byte{0})
		if ok && ok2 && len(standing) > 9 { // else it is a flaw of its own
			want[string(k[:len(k)-len(standing)+1])]++
		}
		return nil
	})
	return want, err
}

// levels holds the numbers of listings against where these stand.
func (v *inspector) levels(tx read) error {
	want, err := countTriage(tx)
	if err != nil {
		return err
	}
	err = v.walk(tx, bucketLevels, func(k, b []byte) {
		n := want[string(k)]
		delete(want, string(k))
		if n == 0 || len(b) != 8 || parseNumber(b) != n {
			v.mendable(k, "it says %d, there are %d listings", parseNumber(b), n)
		}
	})
	for _, k := range slices.Sorted(maps.Keys(want)) {
		v.mendable([]byte(k), "it says nothing, there are %d listings", want[k])
	}
	return err
}

// mendLevels counts the listings anew, once these stand where they should.
func (w write) mendLevels() ([]store.Flaw, error) {
	want, err := countTriage(w.read)
	if err != nil {
		return nil, err
	}
	return w.mendNumbers(bucketLevels, "listing", want)
}

// mendNumbers makes the numbers in a bucket those that are wanted.
func (w write) mendNumbers(name, of string, want map[string]uint64) (fs []store.Flaw, err error) {
	b := bucket(w.read, name)
	has := map[string][]byte{}
	err = b.ForEach(func(k, v []byte) error {
		has[string(k)] = bytes.Clone(v)
		return nil
	})
	for _, k := range slices.Sorted(maps.Keys(has)) {
		if want[k] == 0 {
			err = errors.Join(err, b.Delete([]byte(k)))
			fs = append(fs, changed(name, []byte(k), "removed: there is no such "+of))
		}
	}
	for _, k := range slices.Sorted(maps.Keys(want)) {
		if v := number(nil, want[k]); !bytes.Equal(has[k], v) {
			err = errors.Join(err, b.Put([]byte(k), v))
			fs = append(fs, changed(name, []byte(k), fmt.Sprintf("set from %d to %d", parseNumber(has[k]), want[k])))
		}
	}
	return fs, err
}
