package bolt

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"iter"

	"vigil"
)

// CheckIndexes implements [store.Reader]. Each entry is held against its record
// in one transaction, so that no change comes between; the search index is read in
// one.
func (s *Store) CheckIndexes(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		rows := rowChecker{}
		for _, check := range []struct {
			bucket string
			entry  func(tx read, k []byte) error
		}{
			{bucketCaptures, checkCapture},
			{bucketRows, rows.check},
			{bucketListed, func(tx read, k []byte) error { _, err := listedRow(tx, k); return err }},
		} {
			faults := scan(ctx, s.view, check.bucket, []byte{}, func(tx read, k, _ []byte) (string, bool, error) {
				if err := check.entry(tx, k); err != nil {
					return fmt.Sprintf("index %s: %v", check.bucket, err), true, nil
				}
				return "", false, nil
			})
			for fault, err := range faults {
				if !yield(fault, err) || err != nil {
					return
				}
			}
		}
		faults, err := s.checkSearch(ctx)
		for _, fault := range faults {
			if !yield(fault, nil) {
				return
			}
		}
		if err != nil {
			yield("", err)
		}
	}
}

// checkCapture finds fault with an entry that names a version which is not there
// or is of another page. That it names the newest is for whoever knows the logs.
func checkCapture(tx read, k []byte) error {
	c, err := parseCapture(k)
	if err != nil {
		return err
	}
	if getLatest(tx, c) == (latest{}) {
		return fmt.Errorf("capture %q names no version", k)
	}
	for _, typ := range []string{vigil.TypeAssessment, vigil.TypeListing} {
		if getLatest(tx, c).of(typ) == 0 {
			continue
		}
		var r struct {
			Page string `json:"page"`
		}
		v, err := textOf(tx, typ, c)
		if err == nil {
			err = json.Unmarshal(v, &r)
		}
		if err != nil || r.Page != c.page {
			return fmt.Errorf("capture %q names no %s of its page", k, typ)
		}
	}
	return nil
}

// A rowChecker holds rows against their lists. It keeps the last list: its rows
// stand side by side, and never change.
type rowChecker struct{ vigil.Watchlist }

// check finds fault with a row of a list that the case does not have, or that has
// fewer.
func (c *rowChecker) check(tx read, k []byte) (err error) {
	list, n, _ := bytes.Cut(k, []byte{0})
	if c.ID == "" || c.ID != string(list) {
		if c.Watchlist, err = newest[vigil.Watchlist](tx, vigil.TypeWatchlist, string(list)); err != nil {
			return err
		}
	}
	if i := parseNumber(n); len(n) != 8 || i < 1 || i > uint64(c.Rows) {
		return fmt.Errorf("watchlist %s has no row %q", list, n)
	}
	return nil
}
