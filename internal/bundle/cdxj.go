package bundle

import (
	"bytes"
	"encoding/base32"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"vigil"
)

// A cdxLine is one line of the index of captures: where the record of an address
// stands. Its form is that of webrecorder's tools (CDXJ), with SHA-256.
type cdxLine struct {
	key  string // of the address, see surt
	time string // 14 digits, UTC
	cdxFields
}

type cdxFields struct {
	URL      string `json:"url"`
	Mime     string `json:"mime"`
	Status   string `json:"status,omitempty"`
	Digest   string `json:"digest"` // SHA-256 of the payload in base32
	Length   string `json:"length"` // of the record's gzip member
	Offset   string `json:"offset"`
	Filename string `json:"filename"`
}

// cdxTime is the form of times in an index.
const cdxTime = "20060102150405"

// String returns the line with its end.
func (l cdxLine) String() string {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s ", l.key, l.time)
	e := json.NewEncoder(&b) // ends with a line end
	e.SetEscapeHTML(false)
	_ = e.Encode(l.cdxFields) // strings only
	return b.String()
}

// parseCDX reads a line, without its end, in the one spelling that bundles have.
func parseCDX(line []byte) (l cdxLine, err error) {
	var rest string
	var ok bool
	if l.key, rest, ok = strings.Cut(string(line), " "); !ok || l.key == "" {
		return l, errors.New("want KEY TIME {…}")
	}
	if l.time, rest, ok = strings.Cut(rest, " "); !ok {
		return l, errors.New("want KEY TIME {…}")
	}
	if _, err := time.Parse(cdxTime, l.time); err != nil {
		return l, fmt.Errorf("time %q: want 14 digits", l.time)
	}
	if err := json.Unmarshal([]byte(rest), &l.cdxFields); err != nil {
		return l, err
	}
	if l.String() != string(line)+"\n" {
		return l, errors.New("not spelt as a bundle's")
	}
	return l, nil
}

// indexedPage returns the line for the record that holds a page.
func indexedPage(p vigil.Page, at place) cdxLine {
	address := oneLine(target(p))
	l := cdxLine{key: surt(address), time: p.CapturedAt.UTC().Format(cdxTime), cdxFields: cdxFields{
		URL: address, Mime: oneLine(mediaType(p)), Length: strconv.FormatInt(at.Length, 10), Offset: strconv.FormatInt(at.Offset, 10),
		Filename: strings.TrimPrefix(at.File, archiveDir),
	}}
	if sum, err := hex.DecodeString(p.BodySHA256); err == nil {
		l.Digest = base32.StdEncoding.EncodeToString(sum)
	}
	if mainKind(p) == warcResponse {
		mime, _, _ := strings.Cut(oneLine(p.Response.Get("Content-Type")), ";")
		l.Mime, l.Status = strings.TrimSpace(mime), strconv.Itoa(p.Status)
	}
	return l
}

// surt returns the key under which an address is found: its host's labels from
// the last to the first, path, and sorted arguments, in lower case (Sort-friendly
// URI Reordering Transform, as webrecorder's tools write it).
func surt(address string) string {
	u, err := url.Parse(strings.ToLower(address))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return address
	}
	labels := strings.Split(withoutWWW(u.Hostname()), ".")
	slices.Reverse(labels)
	key := strings.Join(labels, ",")
	if p := u.Port(); p != "" && p != map[string]string{"http": "80", "https": "443"}[u.Scheme] {
		key += ":" + p
	}
	key += ")" + u.EscapedPath()
	if u.Path == "" {
		key += "/"
	}
	if u.RawQuery != "" {
		args := strings.Split(u.RawQuery, "&")
		slices.Sort(args)
		key += "?" + strings.Join(args, "&")
	}
	return key
}

// withoutWWW cuts www., www1. and the like from the front of a host.
func withoutWWW(host string) string {
	rest, ok := strings.CutPrefix(host, "www")
	if !ok {
		return host
	}
	if rest, ok = strings.CutPrefix(strings.TrimLeft(rest, "0123456789"), "."); !ok {
		return host
	}
	return rest
}
