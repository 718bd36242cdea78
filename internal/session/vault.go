package session

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"vigil"
	"vigil/internal/keyring"
)

// A Config says where sessions are kept.
type Config struct {
	Dir     string // holds ORDER+NAME.age for each source; made when it is needed
	KeyFile string // the key that seals them; made when it is needed
	// Passphrase wraps the key, unless it is empty.
	Passphrase string
	Now        func() time.Time // against which orders and cookies are checked; required
}

// A Vault keeps the sessions of a case, one file for each source, sealed with
// age (C2SP age.md) for the X25519 identity in the key file.
//
// The key beside the case protects against a copy of the sessions alone: a
// backup without keys, a folder that was shared by mistake. Who has both the
// key file and the sessions can read them. A passphrase, with which age's
// scrypt form wraps the key, protects against that as well, such as a stolen
// disk; nothing protects against who rules this machine while a crawl runs.
// Both files are age's own: "age -d -i KEYFILE ORDER+NAME.age" opens a session.
//
// A Vault is safe for concurrent use within one process; two processes are kept
// apart by the lock of the case.
type Vault struct {
	dir, keyFile string
	passphrase   secret
	now          func() time.Time
	work         int // log2 of scrypt's N for a new key; 0 for age's own choice

	mu  sync.Mutex // guards the rest, and the files
	key *keyring.Identity
}

// New returns the vault that cfg describes; it touches no file.
func New(cfg Config) (*Vault, error) {
	if cfg.Dir == "" || cfg.KeyFile == "" || cfg.Now == nil {
		return nil, errors.New("session: Config needs Dir, KeyFile and Now")
	}
	return &Vault{dir: cfg.Dir, keyFile: cfg.KeyFile, passphrase: hide(cfg.Passphrase), now: cfg.Now}, nil
}

// Format implements [fmt.Formatter] for every verb: neither key nor passphrase
// is shown.
func (v *Vault) Format(s fmt.State, _ rune) { io.WriteString(s, "sessions in "+v.dir) }

// Import makes a new session of src from the cookies that are for its hosts,
// and counts the others. userAgent is that of the browser that logged in; empty
// for the crawl's own. Nothing is written before [Jar.Save].
//
// The error wraps [vigil.ErrRefused] if the order does not allow a session now,
// [ErrNoCookies] if none was taken, and [ErrPassphrase] or [ErrExposed] if the
// key could not be used to save it.
func (v *Vault) Import(cookies []Cookie, src vigil.Source, userAgent string) (*Jar, Left, error) {
	now := v.now()
	if err := Allowed(src, now); err != nil {
		return nil, nil, err
	}
	if err := checkUserAgent(userAgent); err != nil {
		return nil, nil, err
	}
	if err := v.checkKey(); err != nil {
		return nil, nil, err
	}
	var id [16]byte
	if _, err := rand.Read(id[:]); err != nil {
		return nil, nil, err
	}
	j := &Jar{
		vault: v, src: src, id: hex.EncodeToString(id[:]), imported: now.UTC().Truncate(time.Second), userAgent: userAgent,
		entries: map[entryKey]entry{}, changed: true,
	}
	left := Left{}
	for _, c := range cookies {
		if why := j.unfit(c, now); why != "" {
			left[why]++
			continue
		}
		if _, double := j.entries[entryKey{c.name, c.domain, c.path}]; double {
			left[Double]++
		}
		j.put(c.capped(now), now)
	}
	if len(j.entries) == 0 {
		return nil, left, fmt.Errorf("%w: %d cookies are for elsewhere, expired or malformed", ErrNoCookies, left.Total())
	}
	return j, left, nil
}

// unfit says why c cannot be taken from an export; empty if it can.
func (j *Jar) unfit(c Cookie, now time.Time) Reason {
	if !strings.HasSuffix(c.domain, ".onion") {
		return NotOnion
	}
	ours := false
	for _, h := range j.src.Hosts {
		name, _, _ := strings.Cut(h, ":")
		ours = ours || c.reaches(name)
	}
	switch {
	case !ours:
		return OtherHost
	case !c.sound():
		return Malformed
	case !c.lasts(now):
		return Expired
	}
	return ""
}

// Open returns the session of src. The error wraps [fs.ErrNotExist] if there is
// none, and [vigil.ErrRefused] if the order does not allow one or the file is
// another source's. That the order is in force is for the transport to check,
// at every request.
func (v *Vault) Open(src vigil.Source) (*Jar, error) {
	if err := mayHave(src); err != nil {
		return nil, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	name, err := v.file(src)
	if err != nil {
		return nil, err
	}
	data, err := readFile(name, maxSealed, false)
	if err != nil {
		return nil, fmt.Errorf("session of %s: %w", src.ID(), err)
	}
	if err := v.readKey(); err != nil {
		return nil, fmt.Errorf("session of %s: %w", src.ID(), keyError(err))
	}
	j, err := v.unseal(data, src)
	if err != nil {
		return nil, fmt.Errorf("session of %s: %s: %w", src.ID(), name, err)
	}
	return j, nil
}

// Forget overwrites and deletes the session of src, and with the last session
// the key. The error wraps [fs.ErrNotExist] if there is none. It needs neither
// key nor passphrase. A [Jar] that is still open would save the session again.
//
// File systems and disks may keep older blocks whatever is written over them.
// They stay sealed.
func (v *Vault) Forget(src vigil.Source) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	name, err := v.file(src)
	if err != nil {
		return err
	}
	if err := erase(name); err != nil {
		return fmt.Errorf("forget the session of %s: %w", src.ID(), err)
	}
	if err := erase(name + partial); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if some, err := v.holdsAny(); err != nil || some {
		return err
	}
	v.key = nil
	if err := erase(v.keyFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// holdsAny reports whether any session is sealed in v.
func (v *Vault) holdsAny() (bool, error) {
	files, err := os.ReadDir(v.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return slices.ContainsFunc(files, func(f fs.DirEntry) bool { return strings.HasSuffix(f.Name(), sealedSuffix) }), err
}

// Has reports whether there is a session of src, readable or not.
func (v *Vault) Has(src vigil.Source) bool {
	name, err := v.file(src)
	if err != nil {
		return false
	}
	_, err = os.Lstat(name)
	return err == nil
}

const sealedSuffix = ".age"

// file names the sealed session of src. Orders and sources have plain names, in
// which there is no +.
func (v *Vault) file(src vigil.Source) (string, error) {
	for _, s := range []string{src.Order, src.Name} {
		if !plain(s) {
			return "", fmt.Errorf("%w: source %q: want letters, digits, dots, dashes and underscores as the names of order and source", vigil.ErrRefused, src.ID())
		}
	}
	return filepath.Join(v.dir, src.Order+"+"+src.Name+sealedSuffix), nil
}

func plain(s string) bool {
	return s != "" && s[0] != '.' && len(s) <= 64 && each(s, func(b byte) bool {
		return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '.' || b == '_' || b == '-'
	})
}
