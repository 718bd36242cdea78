package bolt

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"vigil"
)

// counts holds the numbers of tasks against the tasks.
func (v *inspector) counts(tx read) error {
	want, err := countTasks(tx)
	if err != nil {
		return err
	}
	err = v.walk(tx, bucketCounts, func(k, b []byte) {
		n, ok := want[string(k)]
		delete(want, string(k))
		if !ok || len(b) != 8 || parseNumber(b) != n {
			v.mendable(k, "it says %d, there are %d tasks", parseNumber(b), n)
		}
	})
	for _, k := range slices.Sorted(maps.Keys(want)) {
		v.mendable([]byte(k), "it says nothing, there are %d tasks", want[k])
	}
	return err
}

// countTasks returns how many tasks there are under each key of [countKey].
func countTasks(tx read) (map[string]uint64, error) {
	want := map[string]uint64{}
	err := bucket(tx, bucketTasks).ForEach(func(k, _ []byte) error {
		if t, err := getTask(tx, string(k)); err == nil && t.State != vigil.Erased { // else it is a flaw of its own
			want[string(countKey(t.Task))]++
		}
		return nil
	})
	return want, err
}

// paces holds what is kept of each source's pages against the pages.
func (v *inspector) paces(tx read) error {
	left := maps.Clone(v.sums)
	err := v.walk(tx, bucketPace, func(k, b []byte) {
		names, _, ok := splitKey(k, 1, 0)
		if !ok {
			v.flaw(k, "no source")
			return
		}
		want := left[names[0]]
		delete(left, names[0])
		gone := v.erased[names[0]]
		if p, err := getPace(tx, names[0]); err != nil {
			v.flaw(k, "%v", err)
		} else if !p.Fits(want, gone) {
			v.mendable(k, "it says %d pages with %d bytes, there are %d with %d, and %d were erased", p.Pages, p.Bytes, want.Pages, want.Bytes, gone)
		}
	})
	for _, source := range slices.Sorted(maps.Keys(left)) {
		v.mendable(key(source), "it says nothing, there are %d pages", left[source].Pages)
	}
	return err
}

// pageList holds the lists of pages, by source and in all, against their records.
func (v *inspector) pageList(tx read) error {
	last := map[string]uint64{} // by order: entry of the page met before
	most := uint64(0)
	err := v.walk(tx, bucketPages, func(k, _ []byte) {
		names, ns, ok := splitKey(k, 1, 1)
		if !ok {
			v.mendable(k, "no source and number")
			return
		}
		most = max(most, ns[0])
		if err := v.listedPage(tx, names[0], ns[0], string(stored(tx, bucketPages, k)), last); err != nil {
			v.mendable(k, "%v", err)
		}
	})
	if said := bucket(tx, bucketPages).Sequence(); most > said {
		v.mendable(nil, "page %d is listed, the last is said to be %d", most, said)
	}
	missing := 0
	for _, s := range v.pages {
		if s&(inAll|inSource) != inAll|inSource {
			missing++
		}
	}
	if missing > 0 && err == nil {
		v.mendable(nil, "%d pages are not listed, or not with their source", missing)
	}
	return err
}

// listedPage finds fault with page n of a source, or of all.
func (v *inspector) listedPage(tx read, source string, n uint64, id string, last map[string]uint64) error {
	rk, _ := newestKey(tx, vigil.TypePage, id)
	if rk == nil {
		return fmt.Errorf("page %q is listed, and not in the case", id)
	}
	as := inSource
	if source == "" {
		as = inAll
		order, seq := entryOf(rk, vigil.TypePage, id)
		if was, ok := last[order]; ok && uint64(seq) < was {
			return fmt.Errorf("page %s is listed behind one that came later", id)
		}
		last[order] = uint64(seq)
	} else {
		p, err := parsePageSum(stored(tx, bucketRecords, rk))
		if err != nil || p.Source != source {
			return fmt.Errorf("page %s is of source %q (%v)", id, p.Source, err)
		}
		if !bytes.Equal(stored(tx, bucketPages, number(key(""), n)), []byte(id)) {
			return fmt.Errorf("page %s has this number with its source only", id)
		}
	}
	if v.pages[short(id)]&as != 0 {
		return fmt.Errorf("page %s is listed twice", id)
	}
	v.pages[short(id)] |= as
	return nil
}
