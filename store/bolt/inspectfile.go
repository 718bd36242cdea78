package bolt

import (
	"os"

	"go.etcd.io/bbolt"
)

// partFile is the part that bbolt's own structure is: its pages and free list.
const partFile = "file"

// file has bbolt check its pages: each is reached once, or free.
//
// bbolt does so in a goroutine of its own, where a page that cannot be read ends
// the process, and believes what a page says of its length. So it is asked only
// about a file all of whose buckets could be walked and whose pages have lengths
// that can be.
func (v *inspector) file(s *Store) error {
	v.part(partFile)
	// Others must not write meanwhile, or the list of free pages would change.
	tx, err := s.db.Begin(!s.db.IsReadOnly())
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if v.begun > 0 {
		v.flaw(nil, "not checked, as it could not be walked to its end")
		return nil
	}
	sound := false
	if err := guard(func() (err error) { sound, err = v.lengths(tx, s.path); return err }); err != nil {
		v.flaw(nil, "%v", err)
	}
	if !sound || v.ctx.Err() != nil {
		return v.ctx.Err()
	}
	for err := range tx.Check() {
		v.flaw(nil, "%v", err)
	}
	return v.ctx.Err()
}

// lengths reports whether the file is as long as it says, and no page longer than
// what is left of it.
func (v *inspector) lengths(tx *bbolt.Tx, path string) (bool, error) {
	info, err := os.Stat(path)
	if err != nil {
		return false, err
	}
	if info.Size() < tx.Size() {
		v.flaw(nil, "it has %d bytes, and says that it has %d", info.Size(), tx.Size())
		return false, nil
	}
	end := int(tx.Size() / int64(tx.DB().Info().PageSize))
	v.Parts[len(v.Parts)-1].Entries = end
	for id := 2; id < end; { // the first two are read when it is opened
		p, err := tx.Page(id)
		if err != nil {
			return false, err
		}
		if p.Type == "free" { // whatever it held
			id++
			continue
		}
		if id += 1 + p.OverflowCount; id > end {
			v.flaw(nil, "page %d is %d pages long, and the file ends before", p.ID, 1+p.OverflowCount)
			return false, nil
		}
	}
	return v.ctx.Err() == nil, nil
}
