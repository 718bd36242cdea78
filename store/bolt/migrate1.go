package bolt

import (
	"encoding/json"

	"vigil"
	"vigil/store/rule"
)

// bucketsSince2 are the buckets that layout version 1 did not have.
func bucketsSince2() []string { return []string{bucketParked, bucketStand} }

// upgrade1 changes the layout from version 1 to version 2. Tasks are read as they
// are: what version 1 did not know of them stays empty.
func upgrade1(tx read) error {
	for _, name := range bucketsSince2() {
		if _, err := tx.CreateBucket([]byte(name)); err != nil {
			return err
		}
	}
	w := write{read: tx}
	for _, source := range pacedSources(tx) {
		p := oldPace(tx, source)
		p.Bytes = received(tx, source)
		if err := w.putPace(source, p); err != nil {
			return err
		}
	}
	return setVersion(tx, "2")
}

// oldPace reads a pace of version 1: the last fetch's start and the number of
// pages.
func oldPace(tx read, source string) (p rule.Pace) {
	if b := bucket(tx, bucketPace).Get(key(source)); len(b) == 16 {
		p.Last, p.Pages = maybeInstant(b[:8]), int(parseNumber(b[8:]))
	}
	return p
}

// received adds up what a source's pages had on the way. A page that can't be
// read is passed over: the check of the case will tell of it, and for that the
// case must open.
func received(tx read, source string) (n int64) {
	for _, id := range idsUnder(tx, bucketPages, key(source)) {
		var p struct {
			RawSize int64 `json:"raw_size"`
		}
		_, v := newestKey(tx, vigil.TypePage, id)
		if json.Unmarshal(v, &p) == nil && p.RawSize > 0 {
			n += p.RawSize
		}
	}
	return n
}
