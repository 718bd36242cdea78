package bolt

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"vigil"
	"vigil/store/rule"
)

// An entry is what is to stand at a key of a bucket.
type entry struct {
	bucket string
	k, v   []byte
}

// stored returns what stands at a key, as its writer gave it; nil if there is
// nothing, or nothing that opens.
func stored(tx read, name string, k []byte) []byte {
	v, err := tx.get(name, k)
	if err != nil {
		return nil
	}
	return v
}

// A derivation says how the entries of some buckets follow from those of another.
type derivation struct {
	from   string   // what the entries follow from
	prefix []byte   // of its keys
	into   []string // where they stand; nothing else stands there

	// want returns the entries that one key and value ask for. An error says that
	// these make no sense, which is a fault of their own.
	want func(tx read, k, v []byte) ([]entry, error)
	// stray finds fault with an entry that nothing asks for.
	stray func(tx read, e entry) error
	// shared says that several keys may ask for one entry.
	shared bool
}

// derivations returns those of all indexes, each behind those that it rests on.
// LAYOUT.md says what they are, but for lists of pages and for sums.
func derivations() []derivation {
	return []derivation{
		{from: bucketTasks, into: []string{bucketReady, bucketDelayed, bucketLeased, bucketDone, bucketParked, bucketDead}, want: wantPlace, stray: strayPlace},
		{from: bucketRecords, prefix: key(vigil.TypeAssessment), into: []string{bucketTriage, bucketReviews}, want: wantTriage, stray: strayTriage},
		{from: bucketRecords, prefix: nil, into: []string{bucketCaptures}, want: wantCapture, stray: strayCapture, shared: true},
		{from: bucketCaptures, into: []string{bucketMentions}, want: wantMentions, stray: strayMention},
		{from: bucketRows, into: []string{bucketListed}, want: wantListed, stray: strayListed},
	}
}

func wantPlace(tx read, k, _ []byte) ([]entry, error) {
	t, err := getTask(tx, string(k))
	if err != nil {
		return nil, err
	}
	if t.State == vigil.Erased {
		return nil, nil
	}
	name, at := placeOf(t)
	return []entry{{name, at, signOf(t)}}, nil
}

func strayPlace(tx read, e entry) error {
	t, err := getTask(tx, idOf(e.v))
	if err != nil {
		return err
	}
	if name, k := placeOf(t); name != e.bucket || !bytes.Equal(k, e.k) {
		return fmt.Errorf("task %s is %s, and has its place in %s", t.ID, t.State, name)
	}
	return nil
}

// wantTriage returns where the newest assessment of a listing puts it; of older
// ones, nothing.
func wantTriage(tx read, k, _ []byte) ([]entry, error) {
	names, _, ok := splitKey(k, 3, 1)
	if !ok {
		return nil, errors.New("no type, ID, order and number")
	}
	newest, v := newestKey(tx, names[0], names[1])
	if !bytes.Equal(newest, k) {
		return nil, nil
	}
	return triageOf(tx, k, v)
}

// triageOf returns where the assessment that is stored as v at k puts its listing.
func triageOf(tx read, k, v []byte) (es []entry, err error) {
	var a vigil.Assessment
	if v, err = tx.open(bucketRecords, k, v); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(v, &a); err != nil {
		return nil, err
	}
	if err := errors.Join(rule.Name("listing", a.ID), rule.Name("source", a.Source)); err != nil {
		return nil, err
	}
	views := []string{viewAll}
	if t, err := getTask(tx, reviewOf(a)); err == nil && t.Open() {
		views = append(views, viewWaiting)
	}
	for _, view := range views {
		for _, k := range triageKeys(view, a.Source, a.ID, standing(a)) {
			es = append(es, entry{bucketTriage, k, []byte(a.ID)})
		}
	}
	return append(es, entry{bucketReviews, key(reviewOf(a), a.Source, a.ID), standing(a)}), nil
}

func strayTriage(tx read, e entry) error {
	listing := string(e.v)
	if e.bucket == bucketReviews {
		names, _, ok := splitKey(e.k, 3, 0)
		if !ok {
			return errors.New("no review, source and listing")
		}
		listing = names[2]
	}
	k, v := newestKey(tx, vigil.TypeAssessment, listing)
	if k == nil {
		return fmt.Errorf("listing %q was never assessed", listing)
	}
	es, err := triageOf(tx, k, v)
	if err == nil && !slices.ContainsFunc(es, func(w entry) bool { return w.bucket == e.bucket && bytes.Equal(w.k, e.k) }) {
		err = fmt.Errorf("listing %s stands elsewhere", listing)
	}
	return err
}

// wantCapture returns an entry by which a capture's newest version is at least
// this one. That it is no other is for strayCapture, which wants it to be one.
func wantCapture(tx read, k, v []byte) ([]entry, error) {
	names, ns, ok := splitKey(k, 3, 1)
	if !ok || names[0] != vigil.TypeListing && names[0] != vigil.TypeAssessment {
		return nil, nil
	}
	var r struct {
		Page string `json:"page"`
	}
	if err := json.Unmarshal(v, &r); err != nil {
		return nil, err
	}
	if err := rule.Name("page", r.Page); err != nil {
		return nil, err
	}
	c := capture{r.Page, names[1]}
	l := getLatest(tx, c)
	if l.of(names[0]) <= ns[0] {
		l = l.with(names[0], int64(ns[0]))
	}
	return []entry{{bucketCaptures, c.key(), l.bytes()}}, nil
}

func strayCapture(tx read, e entry) error { return checkCapture(tx, e.k) }

func wantMentions(tx read, k, _ []byte) (es []entry, err error) {
	c, err := parseCapture(k)
	if err != nil {
		return nil, err
	}
	ps, err := mentionsOf(tx, c)
	for _, p := range ps {
		es = append(es, entry{bucketMentions, p.k, p.v})
	}
	return es, err
}

func strayMention(tx read, e entry) error {
	m, _, err := readMention(tx, e.k, bucket(tx, bucketMentions).Get(e.k))
	if err != nil {
		return err
	}
	ps, err := mentionsOf(tx, capture{m.Page, m.Listing})
	if err == nil && !hasKey(ps, e.k) {
		err = fmt.Errorf("listing %s mentions no such key on page %s", m.Listing, m.Page)
	}
	return err
}

func wantListed(tx read, k, v []byte) (es []entry, err error) {
	names, ns, ok := splitKey(k, 1, 1)
	if !ok {
		return nil, errors.New("no list and number")
	}
	r, err := parseRow(v, names[0], int(ns[0]))
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, of := range r.Keys() {
		if of == "" || seen[of] {
			continue
		}
		seen[of] = true
		es = append(es, entry{bucketListed, number(key(tx.box.Name(bucketListed, vigil.KeyName(of)), r.List), uint64(r.N)), []byte{}})
	}
	return es, nil
}

func strayListed(tx read, e entry) error {
	if len(e.v) != 0 {
		return fmt.Errorf("%d bytes, want none", len(e.v))
	}
	_, err := listedRow(tx, e.k)
	return err
}
