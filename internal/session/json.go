package session

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// A jsonCookie is a cookie in the words of the WebExtensions API, with the
// "expires" of storage states.
type jsonCookie struct {
	Domain         *string  `json:"domain"`
	Name           *string  `json:"name"`
	Value          *string  `json:"value"`
	Path           string   `json:"path"`
	Secure         bool     `json:"secure"`
	HTTPOnly       bool     `json:"httpOnly"`
	HostOnly       *bool    `json:"hostOnly"`
	Session        bool     `json:"session"`
	ExpirationDate *float64 `json:"expirationDate"`
	Expires        *float64 `json:"expires"`
}

// A jsonReader reads an export and knows where it is. The errors of
// encoding/json quote what was read, so they are never passed on.
type jsonReader struct {
	data []byte
	dec  *json.Decoder
	all  []Cookie
}

func parseJSON(data []byte) ([]Cookie, error) {
	r := jsonReader{data: data, dec: json.NewDecoder(bytes.NewReader(data))}
	var err error
	switch t, _ := r.dec.Token(); t {
	case json.Delim('['):
		err = r.list()
	case json.Delim('{'):
		err = r.state()
	default:
		err = r.fault("not a JSON list of cookies, nor an object with one")
	}
	if err != nil {
		return nil, err
	}
	if len(bytes.TrimSpace(data[r.dec.InputOffset():])) > 0 {
		return nil, r.fault("more text after the end of the cookies")
	}
	return r.all, nil
}

// fault returns an error with the line that comes next.
func (r *jsonReader) fault(format string, args ...any) error {
	return r.faultAt(r.dec.InputOffset(), format, args...)
}

func (r *jsonReader) faultAt(at int64, format string, args ...any) error {
	at += int64(len(r.data[at:]) - len(bytes.TrimLeft(r.data[at:], ", \t\r\n")))
	return fmt.Errorf("line %d: %s", 1+bytes.Count(r.data[:at], []byte("\n")), fmt.Sprintf(format, args...))
}

// state reads an object whose list of cookies is under "cookies".
func (r *jsonReader) state() error {
	found := false
	for r.dec.More() {
		key, err := r.dec.Token()
		if err != nil {
			return r.fault("not JSON")
		}
		if key != "cookies" {
			var skipped json.RawMessage
			if err := r.dec.Decode(&skipped); err != nil {
				return r.fault("not JSON")
			}
			continue
		}
		if t, _ := r.dec.Token(); t != json.Delim('[') || found {
			return r.fault("want one list as cookies")
		}
		found = true
		if err := r.list(); err != nil {
			return err
		}
	}
	if _, err := r.dec.Token(); err != nil {
		return r.fault("not JSON")
	}
	if !found {
		return r.fault("an object without a list of cookies")
	}
	return nil
}

// list reads cookies up to the end of the list.
func (r *jsonReader) list() error {
	for r.dec.More() {
		if len(r.all) == maxCookies {
			return r.fault("more than %d cookies", maxCookies)
		}
		at := r.dec.InputOffset()
		var j jsonCookie
		if err := r.dec.Decode(&j); err != nil || j.Domain == nil || j.Name == nil || j.Value == nil {
			return r.faultAt(at, "cookie %d is not one: want texts as domain, name, value and path, true or false as secure, httpOnly, hostOnly and session, seconds since 1970 as expirationDate or expires", len(r.all)+1)
		}
		r.all = append(r.all, j.cookie())
	}
	if _, err := r.dec.Token(); err != nil {
		return r.fault("not JSON")
	}
	return nil
}

func (j jsonCookie) cookie() Cookie {
	c := newCookie(*j.Domain, *j.Name, *j.Value)
	c.path, c.secure, c.httpOnly = orRoot(j.Path), j.Secure, j.HTTPOnly
	c.hostOnly = !strings.HasPrefix(*j.Domain, ".")
	if j.HostOnly != nil {
		c.hostOnly = *j.HostOnly
	}
	for _, seconds := range []*float64{j.Expires, j.ExpirationDate} {
		if seconds != nil && !j.Session {
			c.expires = since1970(*seconds)
		}
	}
	return c
}
