package bolt

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"vigil"
	"vigil/internal/seal"
)

// A Key is a data key of a case.
type Key = seal.Key

// A box seals values for the file and opens them.
type box = seal.Box

// Keys of the bucket meta that say how the case is encrypted.
const (
	metaCipher = "cipher"
	metaKey    = "key"   // the ID of the data key, in hex
	metaCheck  = "check" // nothing, sealed: what another key with the same ID does not open
)

// setCipher notes how tx seals values.
func setCipher(tx read) error {
	meta := bucket(tx, bucketMeta)
	if tx.box == nil {
		return errors.Join(meta.Put([]byte(metaCipher), []byte(seal.None)), meta.Delete([]byte(metaKey)), meta.Delete([]byte(metaCheck)))
	}
	return errors.Join(
		meta.Put([]byte(metaCipher), []byte(seal.GCM)),
		meta.Put([]byte(metaKey), []byte(tx.box.ID())),
		meta.Put([]byte(metaCheck), tx.box.Seal(bucketMeta, []byte(metaCheck), nil)))
}

// firstBox returns the box of the first key; nil if there is none.
func firstBox(keys []Key) (*box, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	return seal.New(keys[0])
}

// boxOf returns the box of the key that a case names.
func boxOf(tx read, o Options) (*box, error) {
	meta := bucket(tx, bucketMeta)
	switch c := string(meta.Get([]byte(metaCipher))); c {
	case seal.None:
		return nil, nil
	case seal.GCM:
	default:
		return nil, fmt.Errorf("cipher %q: this program knows %s and %s", c, seal.None, seal.GCM)
	}
	id := string(meta.Get([]byte(metaKey)))
	i := slices.IndexFunc(o.Keys, func(k Key) bool { return k.Name() == id })
	switch {
	case i < 0 && o.Sealed:
		return shutBox(id)
	case i < 0 && len(o.Keys) == 0:
		return nil, vigil.ErrSealed
	case i < 0:
		return nil, fmt.Errorf("%w: it takes data key %s, and the key file is of %s", vigil.ErrSealed, id, o.Keys[0].Name())
	}
	b, err := seal.New(o.Keys[i])
	if err != nil {
		return nil, err
	}
	if _, err := b.Open(bucketMeta, []byte(metaCheck), meta.Get([]byte(metaCheck))); err != nil {
		return nil, fmt.Errorf("%w: data key %s is not the one that it was sealed with", vigil.ErrSealed, id)
	}
	return b, nil
}

// shutBox returns a box that opens nothing.
func shutBox(id string) (*box, error) {
	k, err := hex.DecodeString(id)
	if err != nil || len(k) != 4 {
		return nil, fmt.Errorf("case file is damaged: data key %q", id)
	}
	return seal.Shut([4]byte(k)), nil
}

// KeyID returns the ID of the data key that seals the case, and whether it is
// encrypted. It needs no key, but for the case to be open.
func (s *Store) KeyID() (id [4]byte, encrypted bool) {
	return s.box.KeyID()
}
