package bolt

import (
	"bytes"
)

// derived looks for every entry that a derivation wants, and then for those in
// the first of its buckets that it does not.
func (v *inspector) derived(tx read, d derivation) error {
	v.found = map[string]int{}
	c := bucket(tx, d.from).Cursor()
	for k, _ := c.Seek(d.prefix); k != nil && bytes.HasPrefix(k, d.prefix); k, _ = c.Next() {
		if err := v.ctx.Err(); err != nil {
			return err
		}
		es, err := d.want(tx, k, stored(tx, d.from, k))
		if err != nil {
			continue // a flaw of what it follows from
		}
		for _, e := range es {
			has := stored(tx, e.bucket, e.k)
			switch {
			case has == nil:
				v.add(e.bucket, e.k, true, "it is missing", nil)
			case !bytes.Equal(has, e.v):
				v.add(e.bucket, e.k, true, "it holds other than it should", nil)
			default:
				v.found[e.bucket]++
			}
		}
	}
	return v.strays(tx, d, d.into[0])
}

// strays looks for entries that nothing asks for. If there are as many as were
// wanted and found, there are none.
func (v *inspector) strays(tx read, d derivation, name string) error {
	n := 0
	if err := v.walk(tx, name, func(_, _ []byte) { n++ }); err != nil || !d.shared && n == v.found[name] {
		return err
	}
	c := bucket(tx, name).Cursor()
	for k, _ := c.First(); k != nil; k, _ = c.Next() {
		if err := v.ctx.Err(); err != nil {
			return err
		}
		if err := d.stray(tx, entry{name, k, stored(tx, name, k)}); err != nil {
			v.mendable(k, "nothing asks for it: %v", err)
		}
	}
	return nil
}
