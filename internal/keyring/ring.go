package keyring

import (
	"bytes"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"filippo.io/age"
	"filippo.io/age/armor"
)

// A Key is a data key of a case.
type Key struct {
	ID     [4]byte
	Secret [32]byte
}

// Format implements [fmt.Formatter] for every verb: the secret is not shown.
func (k Key) Format(s fmt.State, _ rune) { io.WriteString(s, "data key "+hexID(k.ID)) }

// Info is what a key file shows of a data key without any key.
type Info struct {
	ID    [4]byte
	Made  time.Time
	State string
}

// A Ring is a key file. Read, it is locked: it tells for whom its keys are, and
// [Ring.Unlock] opens them. Its methods that change it write the file at once, and
// all of it or nothing; it is for one goroutine.
type Ring struct {
	path   string
	f      file
	text   []byte // of the file, as it was read or written last
	keys   []Key  // as in f, once they are unlocked
	phrase string
	work   int
}

// Make makes a key file for one recipient or more, with a fresh data key. A file
// that exists is left alone, and the error wraps [os.ErrExist].
func Make(path string, now time.Time, to ...Recipient) (*Ring, error) {
	r := &Ring{path: path, f: file{Version: fileVersion}}
	for _, t := range to {
		if t.Key == PassphraseKey {
			return nil, errors.New("make a key file: a passphrase is given apart")
		}
		t.Added = now.UTC().Truncate(time.Second)
		r.f.Recipients = append(r.f.Recipients, t)
	}
	return r.made(now)
}

// MakeWithPassphrase is Make for whoever knows a passphrase. work is as for [Wrap].
func MakeWithPassphrase(path string, now time.Time, phrase string, work int) (*Ring, error) {
	to := Recipient{Key: PassphraseKey, Added: now.UTC().Truncate(time.Second)}
	r := &Ring{path: path, f: file{Version: fileVersion, Recipients: []Recipient{to}}, phrase: phrase, work: work}
	return r.made(now)
}

func (r *Ring) made(now time.Time) (*Ring, error) {
	if _, err := os.Lstat(r.path); !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("make key file %s: %w", r.path, errors.Join(os.ErrExist, err))
	}
	_, err := r.add(now, Current)
	if err == nil {
		err = r.write()
	}
	if err != nil {
		return nil, fmt.Errorf("make key file %s: %w", r.path, err)
	}
	return r, nil
}

// Read reads a key file, which must be its owner's alone ([ErrExposed]).
func Read(path string) (*Ring, error) {
	text, err := readPrivate(path, maxFile)
	if err != nil {
		return nil, fmt.Errorf("read key file: %w", err)
	}
	f, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("read key file %s: %w", path, err)
	}
	return &Ring{path: path, f: f, text: text}, nil
}

// Fresh returns an error if the file is no longer what r has read or written: another
// process changed it meanwhile.
func (r *Ring) Fresh() error {
	text, err := readPrivate(r.path, maxFile)
	if err != nil {
		return fmt.Errorf("read key file: %w", err)
	}
	if !bytes.Equal(text, r.text) {
		return fmt.Errorf("key file %s was changed by another process meanwhile: try again", r.path)
	}
	return nil
}

// ByPassphrase reports whether a passphrase opens the ring, and nothing else.
func (r *Ring) ByPassphrase() bool { return r.f.Recipients[0].Key == PassphraseKey }

// Recipients returns for whom the keys are wrapped.
func (r *Ring) Recipients() []Recipient { return slices.Clone(r.f.Recipients) }

// Infos returns what can be said of the data keys, oldest first.
func (r *Ring) Infos() (all []Info) {
	for _, k := range r.f.Keys {
		id, _ := parseID(k.ID) // as it was checked
		all = append(all, Info{id, k.Made, k.State})
	}
	return all
}

// Keys returns the data keys, oldest first; none unless they are unlocked.
func (r *Ring) Keys() []Key { return slices.Clone(r.keys) }

// Unlock opens the keys with an identity. The error wraps [ErrOtherKey] if it is
// no recipient's, [ErrAltered] if the file says other than who wrote it did.
func (r *Ring) Unlock(id *Identity) error {
	return r.unlock(id.x, ErrOtherKey)
}

// UnlockWith opens the keys with a passphrase. The error wraps [ErrPassphrase] if
// it is wrong, [ErrAltered] as for Unlock.
func (r *Ring) UnlockWith(phrase string) error {
	id, err := age.NewScryptIdentity(phrase)
	if err != nil {
		return err
	}
	id.SetMaxWorkFactor(mostWork)
	if err := r.unlock(id, ErrPassphrase); err != nil {
		return err
	}
	r.phrase = phrase
	return nil
}

func (r *Ring) unlock(by age.Identity, wrong error) error {
	var keys []Key
	for _, w := range r.f.Keys {
		k, err := w.open(by, wrong)
		if err == nil && !hmac.Equal([]byte(w.MAC), []byte(r.mac(k))) {
			err = fmt.Errorf("%w: its recipients are not those that it was written with", ErrAltered)
		}
		if err != nil {
			return fmt.Errorf("key file %s: %w", r.path, err)
		}
		keys = append(keys, k)
	}
	r.keys = keys
	return nil
}

// open unwraps a data key; if that is not for by, the error is wrong.
func (w wrapped) open(by age.Identity, wrong error) (k Key, err error) {
	k.ID, _ = parseID(w.ID)
	in, err := age.Decrypt(armor.NewReader(bytes.NewReader([]byte(w.Age))), by)
	var none *age.NoIdentityMatchError
	switch {
	case errors.As(err, &none):
		return k, wrong
	case err != nil:
		return k, fmt.Errorf("%w: data key %s is no age file", ErrAltered, w.ID)
	}
	secret, err := io.ReadAll(io.LimitReader(in, int64(len(k.Secret))+1))
	if err != nil || len(secret) != len(k.Secret) {
		return k, fmt.Errorf("%w: data key %s has other than %d bytes", ErrAltered, w.ID, len(k.Secret))
	}
	copy(k.Secret[:], secret)
	return k, nil
}

// mac returns what ties the recipients and an ID to a data key: HMAC-SHA256, in hex,
// of the ID and the recipients' JSON, under a key that HKDF-SHA256 (RFC 5869) makes
// of the secret.
func (r *Ring) mac(k Key) string {
	sub, err := hkdf.Key(sha256.New, k.Secret[:], nil, "vigil key file", 32)
	if err != nil {
		return "" // matches nothing
	}
	text, err := json.Marshal(r.f.Recipients)
	if err != nil {
		return ""
	}
	h := hmac.New(sha256.New, sub)
	h.Write(k.ID[:])
	h.Write(text)
	return hex.EncodeToString(h.Sum(nil))
}

// add makes a data key and wraps it for all recipients.
func (r *Ring) add(now time.Time, state string) (k Key, err error) {
	for {
		rand.Read(k.ID[:])
		if !slices.ContainsFunc(r.f.Keys, func(w wrapped) bool { return w.ID == hexID(k.ID) }) {
			break
		}
	}
	rand.Read(k.Secret[:]) // never fails
	w, err := r.wrap(k, wrapped{ID: hexID(k.ID), Made: now.UTC().Truncate(time.Second), State: state})
	if err != nil {
		return Key{}, err
	}
	r.f.Keys, r.keys = append(r.f.Keys, w), append(r.keys, k)
	return k, nil
}

// wrap returns w with k wrapped for the recipients.
func (r *Ring) wrap(k Key, w wrapped) (wrapped, error) {
	var to []age.Recipient
	for _, one := range r.f.Recipients {
		if one.Key == PassphraseKey {
			text, err := Wrap(k.Secret[:], r.phrase, r.work)
			w.Age, w.MAC = string(text), r.mac(k)
			return w, err
		}
		x, err := age.ParseX25519Recipient(one.Key)
		if err != nil {
			return w, fmt.Errorf("%.100q is no recipient: want age1…", one.Key)
		}
		to = append(to, x)
	}
	text, err := armored(k.Secret[:], to...)
	w.Age, w.MAC = string(text), r.mac(k)
	return w, err
}

// Next makes a fresh data key beside the others, for a rotation. Until [Ring.Settle]
// the file holds both.
func (r *Ring) Next(now time.Time) (Key, error) {
	k, err := r.changed(func() (Key, error) { return r.add(now, Next) })
	if err != nil {
		return Key{}, fmt.Errorf("add a data key to %s: %w", r.path, err)
	}
	return k, nil
}

// Settle makes a data key the only one: whatever the others sealed is lost. It
// needs no key, and does nothing where nothing is to be done.
func (r *Ring) Settle(id [4]byte) error {
	i := slices.IndexFunc(r.f.Keys, func(w wrapped) bool { return w.ID == hexID(id) })
	if i < 0 {
		return fmt.Errorf("key file %s has no data key %s", r.path, hexID(id))
	}
	if len(r.f.Keys) == 1 && r.f.Keys[0].State == Current {
		return nil
	}
	w := r.f.Keys[i]
	w.State = Current
	r.f.Keys = []wrapped{w}
	if r.keys != nil {
		r.keys = r.keys[i : i+1]
	}
	return r.write()
}

// Add lets somebody else open the case.
func (r *Ring) Add(now time.Time, to Recipient) error {
	to.Added = now.UTC().Truncate(time.Second)
	switch {
	case to.Key == PassphraseKey || r.ByPassphrase():
		return errors.New("a passphrase stands alone: rotate to a key file first")
	case slices.ContainsFunc(r.f.Recipients, func(o Recipient) bool { return o.Key == to.Key }):
		return fmt.Errorf("%s is a recipient already", to.Key)
	}
	return r.rewrap(append(slices.Clone(r.f.Recipients), to))
}

// Remove takes a recipient out. What he unwrapped before, and copies of the file
// from before, he can still use: a rotation ends that. The last cannot be removed.
func (r *Ring) Remove(key string) error {
	left := slices.DeleteFunc(slices.Clone(r.f.Recipients), func(o Recipient) bool { return o.Key == key })
	switch len(left) {
	case len(r.f.Recipients):
		return fmt.Errorf("%.100q is no recipient of this case", key)
	case 0:
		return errors.New("it is the last: nobody could read the case any more")
	}
	return r.rewrap(left)
}

// rewrap wraps all keys for other recipients.
func (r *Ring) rewrap(to []Recipient) error {
	_, err := r.changed(func() (k Key, err error) {
		r.f.Recipients, r.f.Keys = to, slices.Clone(r.f.Keys)
		if err := r.f.check(); err != nil {
			return k, err
		}
		for i, k := range r.keys {
			if r.f.Keys[i], err = r.wrap(k, r.f.Keys[i]); err != nil {
				return k, err
			}
		}
		return k, nil
	})
	return err
}

// changed makes a change that needs the keys, and writes it, or undoes it.
func (r *Ring) changed(change func() (Key, error)) (Key, error) {
	if len(r.keys) != len(r.f.Keys) {
		return Key{}, errors.New("the keys are locked")
	}
	f, keys := r.f, r.keys
	k, err := change()
	if err == nil {
		err = r.write()
	}
	if err != nil {
		r.f, r.keys = f, keys
		return Key{}, err
	}
	return k, nil
}

// Delete removes the key file, of a case that is no longer encrypted.
func (r *Ring) Delete() error {
	if err := os.Remove(r.path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(r.path))
}

func hexID(id [4]byte) string { return hex.EncodeToString(id[:]) }

func parseID(s string) (id [4]byte, err error) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(id) || hex.EncodeToString(b) != s {
		return id, errors.New("want 4 bytes in hex")
	}
	return [4]byte(b), nil
}
