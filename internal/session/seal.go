package session

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"vigil"
	"vigil/internal/keyring"
)

// sealedVersion is the version of what a sealed file holds.
const sealedVersion = 1

// maxSealed bounds a sealed file in bytes. JSON writes quotes and backslashes,
// which may stand in a path, as two bytes, and puts less than 512 bytes of keys
// and times to each cookie.
const (
	maxSealed       = maxCookies*maxSealedCookie + 64<<10
	maxSealedCookie = maxCookie + 3*maxAttribute + 512
)

// A sealed is what a sealed file holds, as JSON. Order and source stand in it,
// so that a file that was moved to another source is refused.
type sealed struct {
	Version   int            `json:"version"`
	Order     string         `json:"order"`
	Source    string         `json:"source"`
	ID        string         `json:"id"`
	Imported  time.Time      `json:"imported"`
	UserAgent string         `json:"user_agent,omitempty"`
	Cookies   []sealedCookie `json:"cookies"` // in the order in which they are sent
}

type sealedCookie struct {
	Name     string    `json:"name"`
	Value    string    `json:"value"`
	Quoted   bool      `json:"quoted,omitempty"`
	Domain   string    `json:"domain"`
	HostOnly bool      `json:"host_only,omitempty"`
	Path     string    `json:"path"`
	Secure   bool      `json:"secure,omitempty"`
	HTTPOnly bool      `json:"http_only,omitempty"`
	Expires  time.Time `json:"expires,omitzero"`
	Created  time.Time `json:"created"`
}

// seal writes j's file.
func (v *Vault) seal(j *Jar, all []entry) error {
	text, err := j.text(all)
	if err != nil {
		return err
	}
	name, err := v.file(j.src)
	if err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := v.readOrMakeKey(); err != nil {
		return keyError(err)
	}
	data, err := v.key.Seal(text)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(v.dir, 0o700); err != nil {
		return err
	}
	return keyring.WriteAtomic(name, data)
}

// text returns what is to be sealed.
func (j *Jar) text(all []entry) ([]byte, error) {
	s := sealed{
		Version: sealedVersion, Order: j.src.Order, Source: j.src.Name, ID: j.id,
		Imported: j.imported, UserAgent: j.userAgent, Cookies: make([]sealedCookie, len(all)),
	}
	for i, e := range all {
		s.Cookies[i] = sealedCookie{
			Name: e.name, Value: e.value.reveal(), Quoted: e.quoted, Domain: e.domain, HostOnly: e.hostOnly, Path: e.path,
			Secure: e.secure, HTTPOnly: e.httpOnly, Expires: e.expires, Created: e.created,
		}
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false) // or & would take six bytes
	err := enc.Encode(s)
	return buf.Bytes(), err
}

// unseal returns the session in data, which must be src's.
func (v *Vault) unseal(data []byte, src vigil.Source) (*Jar, error) {
	text, err := v.key.Open(data)
	if err != nil {
		return nil, err
	}
	return v.parse(text, src)
}

// parse reads what was sealed. The errors of encoding/json would quote it.
func (v *Vault) parse(text []byte, src vigil.Source) (*Jar, error) {
	var s sealed
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&s); err != nil {
		return nil, fmt.Errorf("not a session of version %d", sealedVersion)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errors.New("more text after the end of the session")
	}
	switch {
	case s.Version != sealedVersion:
		return nil, fmt.Errorf("a session of version %d, want %d", s.Version, sealedVersion)
	case s.Order != src.Order || s.Source != src.Name:
		return nil, fmt.Errorf("%w: it was sealed for source %q", vigil.ErrRefused, s.Order+"/"+s.Source)
	case checkUserAgent(s.UserAgent) != nil:
		return nil, checkUserAgent(s.UserAgent)
	}
	if id, err := hex.DecodeString(s.ID); err != nil || len(id) != 16 {
		return nil, errors.New("its ID is not 16 bytes in hex")
	}
	j := &Jar{vault: v, src: src, id: s.ID, imported: s.Imported, userAgent: s.UserAgent, entries: map[entryKey]entry{}}
	return j, j.fill(s.Cookies)
}

// fill puts sealed cookies into j.
func (j *Jar) fill(cookies []sealedCookie) error {
	if len(cookies) > maxCookies {
		return fmt.Errorf("more than %d cookies", maxCookies)
	}
	for i, k := range cookies {
		c := Cookie{
			name: k.Name, value: hide(k.Value), quoted: k.Quoted, domain: k.Domain, hostOnly: k.HostOnly, path: k.Path,
			secure: k.Secure, httpOnly: k.HTTPOnly, expires: k.Expires,
		}
		if !c.sound() {
			return fmt.Errorf("cookie %d is malformed", i+1)
		}
		j.entries[entryKey{c.name, c.domain, c.path}] = entry{Cookie: c, created: k.Created, seq: j.seq}
		j.seq++
	}
	return nil
}
