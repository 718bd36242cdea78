package keyring

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"filippo.io/age"
)

// fileVersion is the version of the key file's form.
const fileVersion = 1

// Bounds of a key file.
const (
	maxFile       = 1 << 20 // bytes
	maxRecipients = 64
	maxKeys       = 8
	maxComment    = 256 // bytes
)

// A file is what a key file holds, as JSON: for whom the keys are wrapped, and the
// keys. A ring of a passphrase has that one recipient: age lets no other stand
// beside it.
type file struct {
	Version    int         `json:"version"`
	Recipients []Recipient `json:"recipients"`
	Keys       []wrapped   `json:"keys"`
}

// A Recipient is somebody who may read the case.
type Recipient struct {
	Key     string    `json:"key"` // age1…, or [PassphraseKey]
	Comment string    `json:"comment,omitempty"`
	Added   time.Time `json:"added"`
}

// PassphraseKey stands for a recipient who knows a passphrase.
const PassphraseKey = "passphrase"

// States of a data key. Which one a case is sealed with, the case itself says; the
// state says what the ring knows of it.
const (
	Current = "current"
	Next    = "next" // made for a rotation that has not come to its end
)

// A wrapped is a data key for all recipients.
type wrapped struct {
	ID    string    `json:"id"` // 4 bytes in hex
	Made  time.Time `json:"made"`
	State string    `json:"state"`
	Age   string    `json:"age"` // the 32 bytes, an armored age file
	// MAC is HMAC-SHA256, in hex, of the recipients' JSON under a key that comes
	// from the data key (see [Ring.mac]): without it nobody adds a recipient for
	// whom the next key would be wrapped.
	MAC string `json:"mac"`
}

// parse reads a key file, and refuses what makes no sense.
func parse(text []byte) (f file, err error) {
	if len(text) > maxFile {
		return f, fmt.Errorf("more than %d bytes", maxFile)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return f, fmt.Errorf("no key file: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return f, errors.New("more text after the end of the key file")
	}
	return f, f.check()
}

func (f file) check() error {
	switch {
	case f.Version != fileVersion:
		return fmt.Errorf("key file of version %d: this program knows %d", f.Version, fileVersion)
	case len(f.Recipients) == 0 || len(f.Recipients) > maxRecipients:
		return fmt.Errorf("%d recipients: want 1 to %d", len(f.Recipients), maxRecipients)
	case len(f.Keys) == 0 || len(f.Keys) > maxKeys:
		return fmt.Errorf("%d keys: want 1 to %d", len(f.Keys), maxKeys)
	}
	seen := map[string]bool{}
	for i, r := range f.Recipients {
		if err := r.check(); err != nil {
			return fmt.Errorf("recipient %d: %w", i+1, err)
		}
		if seen[r.Key] || r.Key == PassphraseKey && len(f.Recipients) > 1 {
			return fmt.Errorf("recipient %d: twice, or a passphrase beside others", i+1)
		}
		seen[r.Key] = true
	}
	for i, k := range f.Keys {
		id, err := parseID(k.ID)
		if err != nil || seen[k.ID] {
			return fmt.Errorf("key %d: ID %q, want 4 bytes in hex, once", i+1, k.ID)
		}
		seen[hexID(id)] = true
		if k.State != Current && k.State != Next {
			return fmt.Errorf("key %s: state %q, want %s or %s", k.ID, k.State, Current, Next)
		}
	}
	return nil
}

func (r Recipient) check() error {
	if len(r.Comment) > maxComment {
		return fmt.Errorf("comment of %d bytes, at most %d", len(r.Comment), maxComment)
	}
	if r.Key == PassphraseKey {
		return nil
	}
	_, err := age.ParseX25519Recipient(r.Key)
	if err != nil {
		return fmt.Errorf("%.100q is no recipient: want age1… of an X25519 key", r.Key)
	}
	return nil
}

// write puts the file in place of the one before, or of none.
func (r *Ring) write() error {
	if err := r.f.check(); err != nil {
		return err
	}
	text, err := json.MarshalIndent(r.f, "", "  ")
	if err != nil {
		return err
	}
	text = append(text, '\n')
	if err := WriteAtomic(r.path, text); err != nil {
		return err
	}
	r.text = text
	return nil
}

// WriteAtomic writes a file that only its owner can read, so that a crash leaves
// the old one or the new one.
func WriteAtomic(name string, data []byte) error {
	tmp := name + ".part"
	if err := os.Remove(tmp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(tmp, name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(tmp))
	}
	return syncDir(filepath.Dir(name))
}

// syncDir makes a rename or deletion in dir last.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
