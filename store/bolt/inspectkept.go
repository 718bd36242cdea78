package bolt

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"math/bits"
	"strconv"
	"time"

	"vigil"
	"vigil/internal/custody"
	"vigil/store"
	"vigil/store/rule"
)

// short returns 16 bytes that stand for a name.
func short(name string) (h [16]byte) {
	sum := sha256.Sum256([]byte(name))
	copy(h[:], sum[:])
	return h
}

func (v *inspector) meta(tx read) error {
	return v.walk(tx, bucketMeta, func(k, b []byte) {
		switch string(k) {
		case "created":
			if _, err := time.Parse(time.RFC3339, string(b)); err != nil {
				v.flaw(k, "%q is no time", b)
			}
		case metaClock:
			if len(b) != 8 {
				v.flaw(k, "%d bytes, want 8", len(b))
			}
		}
	})
}

// logs reads how long each log says it is.
func (v *inspector) logs(tx read) error {
	v.sizes = map[string]uint64{}
	return v.walk(tx, bucketLogs, func(k, b []byte) {
		names, _, ok := splitKey(k, 1, 0)
		if !ok || len(b) != 8 || parseNumber(b) >= custody.MaxSize {
			v.flaw(k, "no length of a log")
			return
		}
		v.sizes[names[0]] = parseNumber(b)
	})
}

func (v *inspector) lines(tx read) error {
	v.erased = map[string]int{}
	return v.numbered(tx, bucketLines, func(n uint64) uint64 { return n }, func(k, b []byte) {
		e, err := custody.ParseLine(b)
		if err != nil {
			v.flaw(k, "%v", err)
			return
		}
		countErased(v.erased, e)
	})
}

// countErased adds the pages that an entry says were erased, by source: they were
// fetched, and count against their source's bounds for good.
func countErased(erased map[string]int, e vigil.Event) {
	if n, err := strconv.Atoi(e.Details["pages"]); e.Action == vigil.ActErase && err == nil {
		erased[e.Details["source"]] += n
	}
}

// hashes checks that there are as many as RFC 6962's tree of that many lines has
// full subtrees: 2n less one for each bit of n that is set.
func (v *inspector) hashes(tx read) error {
	nodes := func(n uint64) uint64 { return 2*n - uint64(bits.OnesCount64(n)) }
	return v.numbered(tx, bucketHashes, nodes, func(k, b []byte) {
		if len(b) != custody.HashSize {
			v.flaw(k, "%d bytes, want %d", len(b), custody.HashSize)
		}
	})
}

// numbered walks a bucket that has so many keys of each log, numbered from 0.
func (v *inspector) numbered(tx read, name string, want func(lines uint64) uint64, fn func(k, b []byte)) error {
	have := map[string]uint64{}
	err := v.walk(tx, name, func(k, b []byte) {
		names, ns, ok := splitKey(k, 1, 1)
		if !ok {
			v.flaw(k, "no log and number")
			return
		}
		if n := have[names[0]]; ns[0] != n {
			v.flaw(k, "number %d of log %q comes where %d should", ns[0], names[0], n)
		}
		have[names[0]] = ns[0] + 1
		fn(k, b)
	})
	for order, size := range v.sizes {
		if have[order] != want(size) {
			v.flaw(nil, "log %q has %d, want %d", order, have[order], want(size))
		}
		delete(have, order)
	}
	for order := range have {
		v.flaw(nil, "log %q is not in %s", order, bucketLogs)
	}
	return err
}

// records checks that each record has its entry, and notes what pages say.
func (v *inspector) records(tx read) error {
	v.sums = map[string]rule.Pace{}
	return v.walk(tx, bucketRecords, func(k, sealed []byte) {
		names, _, ok := splitKey(k, 3, 1)
		if !ok || !store.IsRecord(names[0]) {
			v.flaw(k, "no type, ID, order and number")
			return
		}
		var p pageSum
		into := any(&p)
		if names[0] != vigil.TypePage {
			into = new(json.RawMessage) // any record
		}
		if err := decode(tx, names[0], names[1], k, sealed, into); err != nil {
			v.flaw(k, "%v", err)
		} else if names[0] == vigil.TypePage {
			v.notePage(k, p)
		}
	})
}

// A pageSum is what a page's record says that is counted, or listed, elsewhere.
type pageSum struct {
	ID         string `json:"id"`
	Source     string `json:"source"`
	RawSize    int64  `json:"raw_size"`
	BodySHA256 string `json:"body_sha256"`
}

func parsePageSum(b []byte) (p pageSum, err error) {
	return p, json.Unmarshal(b, &p)
}

func (p pageSum) addTo(sums map[string]rule.Pace) {
	s := sums[p.Source]
	s.Pages++
	s.Bytes += p.RawSize
	sums[p.Source] = s
}

func (v *inspector) notePage(k []byte, p pageSum) {
	id := short(p.ID)
	if v.pages[id] != 0 {
		v.flaw(k, "page %s has two records", p.ID)
	}
	v.pages[id] |= inRecords
	p.addTo(v.sums)
	if p.BodySHA256 != "" {
		v.bodies[short(p.BodySHA256)] = false
	}
}

// bodyBuckets checks that each body is one that a page names. That each page has
// its body, and this its hash, is for Verify.
func (v *inspector) bodyBuckets(tx read) error {
	err := v.walk(tx, bucketBodies, func(k, b []byte) {
		if b != nil {
			v.flaw(k, "a value, want a bucket")
			return
		}
		_, ok := v.bodies[short(string(k))]
		if unused := bucket(tx, bucketMeta).Get(unusedKey(string(k))) != nil; !ok && !unused {
			v.flaw(k, "no page names this body")
		}
		if ok {
			v.bodies[short(string(k))] = true
		}
		c := bucket(tx, bucketBodies).Bucket(k).Cursor()
		for in, value := c.First(); in != nil; in, value = c.Next() {
			if form := string(in); form != rule.BodyPlain && form != rule.BodyZstd || value == nil {
				v.flaw(k, "%q in it, want nothing but a body", in)
			}
		}
	})
	for _, met := range v.bodies {
		if !met && err == nil {
			v.flaw(nil, "a body that a page names is gone")
		}
	}
	return err
}

func (v *inspector) sources(tx read) error {
	return v.walk(tx, bucketSources, func(k, _ []byte) {
		var s vigil.Source
		if err := json.Unmarshal(stored(tx, bucketSources, k), &s); err != nil {
			v.flaw(k, "%v", err)
		} else if !bytes.Equal(key(s.ID()), k) {
			v.flaw(k, "it holds source %s", s.ID())
		}
	})
}

func (v *inspector) standings(tx read) error {
	return v.walk(tx, bucketStand, func(k, _ []byte) {
		names, _, ok := splitKey(k, 1, 0)
		if !ok {
			v.flaw(k, "no source")
			return
		}
		st, err := getStanding(tx, names[0])
		if err != nil {
			v.flaw(k, "%v", err)
		} else if st.Source != names[0] || bucket(tx, bucketSources).Get(k) == nil {
			v.flaw(k, "it is the standing of %q, or no such source is known", st.Source)
		}
	})
}

func (v *inspector) rows(tx read) error {
	c := rowChecker{}
	return v.walk(tx, bucketRows, func(k, _ []byte) {
		err := c.check(tx, k)
		if err == nil {
			names, ns, _ := splitKey(k, 1, 1)
			_, err = getRow(tx, names[0], int(ns[0]))
		}
		if err != nil {
			v.flaw(k, "%v", err)
		}
	})
}

func (v *inspector) tasks(tx read) error {
	last := bucket(tx, bucketTasks).Sequence()
	return v.walk(tx, bucketTasks, func(k, _ []byte) {
		t, err := getTask(tx, string(k))
		if err == nil {
			err = rule.CheckImported(t.Task)
		}
		if err == nil {
			_, err = t.History()
		}
		switch {
		case err != nil:
			v.flaw(k, "%v", err)
		case t.ID != string(k):
			v.flaw(k, "it holds task %s", t.ID)
		case t.Seq > last:
			v.mendable(k, "its place is %d, the last that was given is said to be %d", t.Seq, last)
		}
	})
}
