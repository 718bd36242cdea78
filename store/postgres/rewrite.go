package postgres

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"vigil"
	"vigil/internal/seal"
	"vigil/store/rule"
)

// A Rewriting says how [Rewrite] is to seal a case anew. The zero Rewriting is refused.
type Rewriting struct {
	To    seal.Key // the data key from then on
	Plain bool     // no key: the case is not encrypted from then on
	// Act is logged in the same transaction, with the details from_key and to_key: the
	// IDs of the data keys, or "none".
	Act vigil.Act
	// Locked, if not nil, is called once nobody else can change the case or its key, and
	// before anything is written; after a lost connection it is called again. It gives
	// the key in place of To, and must have made it safe: when the process ends, the
	// case may be sealed with it. It must not change the store. Its error ends the rewriting.
	Locked func(*Store) (seal.Key, error)
	// Progress, if not nil, is told how many rows of how many were written.
	Progress func(done, of int64)
}

// Rewrite seals every value of a case anew, under another data key or under none, and
// makes blind names anew, in one transaction. It needs the role of the owner.
//
// Meanwhile the case can be read, and who wants to change it waits. Afterwards whoever
// opened it before is told [ErrRekeyed] by every call that needs the key. Killed at any
// moment, the case is whole under the old key or the new one: until Rewrite has returned,
// both must be kept. A value that does not open is an error wrapping [vigil.ErrTampered],
// and the case is left as it was. o is as for [Open].
//
// The old rows are in the files of the tables until [Store.Settle] has written these anew,
// which takes the new key; [Store.Unsettled] counts until then.
func Rewrite(ctx context.Context, address string, o Options, r Rewriting) (err error) {
	if err := r.check(); err != nil {
		return fmt.Errorf("rewrite case: %w", err)
	}
	o.Sealed = false
	s, err := Open(ctx, address, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	err = s.update(ctx, way{alone: true, logs: []string{r.Act.Order}}, func(w *write) error { return w.rewrite(r) })
	if refused(err) {
		err = fmt.Errorf("%w: it takes the role %s: %v", vigil.ErrRefused, Owner.In(s.name), err)
	}
	if err != nil {
		return fmt.Errorf("rewrite case %s: %w", s.name, err)
	}
	return nil
}

func (r Rewriting) check() error {
	if err := r.checkKey(); err != nil && r.Locked == nil {
		return err
	}
	return rule.CheckAct(r.Act)
}

func (r Rewriting) checkKey() error {
	if r.Plain != (r.To == seal.Key{}) {
		return errors.New("want a data key, or none and that the case is to be plain")
	}
	return nil
}

// rewrite seals anew, says so, and changes the key.
func (w *write) rewrite(r Rewriting) (err error) {
	if r.Locked != nil {
		if r.To, err = r.Locked(w.s); err != nil {
			return err
		}
		if err := r.checkKey(); err != nil {
			return err
		}
	}
	var to *seal.Box
	if !r.Plain {
		if to, err = seal.New(r.To); err != nil {
			return err
		}
	}
	if err := w.reseal(to, r.Progress); err != nil {
		return err
	}
	w.putCipher(to)
	if err := w.unsettle(1); err != nil {
		return err
	}
	for _, st := range []vigil.Stage{vigil.Fetch, vigil.Extract, vigil.Classify} {
		w.queued[st] = true // those who wait are to find out that they need another key
	}
	details := map[string]string{"from_key": w.box.ID(), "to_key": to.ID()}
	maps.Copy(details, r.Act.Details)
	r.Act.Details = details
	_, err = w.log(r.Act)
	return err
}

// putCipher notes how the case is sealed.
func (w *write) putCipher(b *seal.Box) {
	for name, value := range cipherMeta(b) {
		if value == nil {
			w.do(`DELETE FROM meta WHERE name = $1`, name)
		} else {
			w.do(putMetaSQL, name, value)
		}
	}
}

// cipherMeta is what meta says of how a case is sealed; nil where there is no such row.
func cipherMeta(b *seal.Box) map[string][]byte {
	if b == nil {
		return map[string][]byte{metaCipher: []byte(seal.None), metaKey: nil, metaCheck: nil}
	}
	return map[string][]byte{metaCipher: []byte(seal.GCM), metaKey: []byte(b.ID()), metaCheck: b.Seal("meta", []byte(metaCheck), nil)}
}
