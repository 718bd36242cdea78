package session

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
)

// Parse reads cookies as a browser or its extensions export them: a Netscape
// cookies.txt, or JSON. It reads at most 4 MiB and 3,000 cookies.
//
// What is not of the form is an error with its line; whether a cookie is of use
// is for [Vault.Import] to say. No error quotes what was read.
func Parse(r io.Reader) ([]Cookie, error) {
	data, err := read(r)
	if err != nil {
		return nil, err
	}
	if t := bytes.TrimLeft(data, " \t\r\n"); len(t) > 0 && (t[0] == '[' || t[0] == '{') {
		return parseJSON(data)
	}
	return parseNetscape(data)
}

// ParseNetscape reads a cookies.txt as Netscape, curl and most browser
// extensions write it: seven fields a line, between tabs. See [Parse].
func ParseNetscape(r io.Reader) ([]Cookie, error) {
	data, err := read(r)
	if err != nil {
		return nil, err
	}
	return parseNetscape(data)
}

// ParseJSON reads a list of cookies as the WebExtensions API and the extensions
// EditThisCookie and Cookie-Editor write it, or a browser's storage state: an
// object with such a list as "cookies". Keys that it does not know are passed
// over. See [Parse].
func ParseJSON(r io.Reader) ([]Cookie, error) {
	data, err := read(r)
	if err != nil {
		return nil, err
	}
	return parseJSON(data)
}

// read reads an export whole, without its byte order mark.
func read(r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxExport+1))
	if err != nil {
		return nil, fmt.Errorf("read cookies: %w", err)
	}
	if len(data) > maxExport {
		return nil, fmt.Errorf("more than %d bytes: no export of cookies is so large", maxExport)
	}
	return bytes.TrimPrefix(data, []byte("\ufeff")), nil
}

// httpOnlyMark stands before the domain of a cookie that scripts may not read;
// programs that don't know it take the line for a comment.
const httpOnlyMark = "#HttpOnly_"

func parseNetscape(data []byte) ([]Cookie, error) {
	var all []Cookie
	n := 0
	for line := range strings.Lines(string(data)) {
		n++
		line = strings.TrimRight(line, "\r\n")
		rest, httpOnly := strings.CutPrefix(line, httpOnlyMark)
		if strings.TrimSpace(line) == "" || !httpOnly && line[0] == '#' {
			continue
		}
		if len(all) == maxCookies {
			return nil, fmt.Errorf("line %d: more than %d cookies", n, maxCookies)
		}
		c, err := netscapeCookie(rest)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		c.httpOnly = httpOnly
		all = append(all, c)
	}
	return all, nil
}

// netscapeCookie reads domain, whether names below it count too, path, whether
// it is secure, seconds since 1970, name and value.
func netscapeCookie(line string) (Cookie, error) {
	f := strings.Split(line, "\t")
	if len(f) != 7 {
		return Cookie{}, fmt.Errorf("%d fields, want the 7 of a cookies.txt with tabs between them", len(f))
	}
	below, err := yes(f[1])
	if err != nil {
		return Cookie{}, fmt.Errorf("field 2: %w", err)
	}
	secure, err := yes(f[3])
	if err != nil {
		return Cookie{}, fmt.Errorf("field 4: %w", err)
	}
	var expires time.Time
	if f[4] != "" { // Python writes nothing where others write 0
		seconds, err := strconv.ParseFloat(f[4], 64)
		if err != nil {
			return Cookie{}, fmt.Errorf("field 5: want seconds since 1970")
		}
		expires = since1970(seconds)
	}
	c := newCookie(f[0], f[5], f[6])
	c.hostOnly, c.path, c.secure, c.expires = !below, orRoot(f[2]), secure, expires
	return c, nil
}

// yes reads TRUE or FALSE.
func yes(s string) (bool, error) {
	switch strings.ToUpper(s) {
	case "TRUE":
		return true, nil
	case "FALSE":
		return false, nil
	}
	return false, fmt.Errorf("want TRUE or FALSE")
}

// since1970 returns the zero time for what exports say of cookies that end with
// the browser: 0 or -1.
func since1970(seconds float64) time.Time {
	if seconds == 0 || seconds == -1 || math.IsNaN(seconds) {
		return time.Time{}
	}
	const end = 253402300799 // of the year 9999, the last that RFC 3339 can say
	return time.Unix(int64(max(-end, min(seconds, end))), 0).UTC()
}

func orRoot(path string) string {
	if path == "" {
		return "/"
	}
	return path
}
