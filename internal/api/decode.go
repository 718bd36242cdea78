package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"unicode/utf8"
)

// Bounds of a request's body.
const (
	maxBody  = 64 << 10 // bytes
	maxDepth = 8        // objects and arrays within each other
)

// nameForm is what names of fields look like. encoding/json takes others for them
// that differ in case, which would let two readers see two things in one body.
var nameForm = regexp.MustCompile(`^[a-z][a-z_]{0,31}$`)

// read decodes the body of a request, which must be one JSON object.
func read(r *http.Request, into any) error {
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != "application/json" {
		return problem(http.StatusUnsupportedMediaType, CodeMedia, "want Content-Type: application/json")
	}
	b, err := io.ReadAll(r.Body)
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return problem(http.StatusRequestEntityTooLarge, CodeTooLarge, fmt.Sprintf("the body has more than %d bytes", maxBody))
	}
	if err != nil {
		return badField("", "the body ends early")
	}
	return decode(b, into)
}

// nothing checks that the body of a request is empty, or an empty object.
func nothing(r *http.Request) error {
	b, err := io.ReadAll(r.Body)
	if err != nil || len(bytes.TrimSpace(b)) > 0 && string(bytes.TrimSpace(b)) != "{}" {
		return badField("", "this takes no body")
	}
	return nil
}

// decode reads one JSON object into a struct: no unknown field, none twice, nothing
// behind it, bounded depth, UTF-8 only.
func decode(b []byte, into any) error {
	if err := checkJSON(b); err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrong):
		return badField(wrong.Field, fmt.Sprintf("%s: want %s, not %s", wrong.Field, wrong.Type, wrong.Value))
	case err != nil:
		return badField("", "the body: "+err.Error())
	}
	return nil
}

// checkJSON checks what encoding/json lets through.
func checkJSON(b []byte) error {
	if !utf8.Valid(b) {
		return badField("", "the body is not UTF-8")
	}
	// Each open object has its names, each open array a nil.
	var open []map[string]bool
	key := false // a name comes next
	d := json.NewDecoder(bytes.NewReader(b))
	for first := true; first || len(open) > 0; first = false {
		tok, err := d.Token()
		if err != nil {
			return badField("", "the body is no JSON: "+err.Error())
		}
		switch t := tok.(type) {
		case json.Delim:
			if t == '}' || t == ']' {
				open = open[:len(open)-1]
				break
			}
			if len(open) == maxDepth {
				return badField("", fmt.Sprintf("the body is nested more than %d deep", maxDepth))
			}
			var names map[string]bool
			if t == '{' {
				names = map[string]bool{}
			}
			open = append(open, names)
		case string:
			if key {
				names := open[len(open)-1]
				if !nameForm.MatchString(t) || names[t] {
					return badField("", fmt.Sprintf("the body has a field %.40q that is unknown, or there twice", t))
				}
				names[t], key = true, false
				continue
			}
		}
		if first && len(open) == 0 {
			return badField("", "the body is no JSON object")
		}
		key = len(open) > 0 && open[len(open)-1] != nil
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return badField("", "the body has more behind its object")
	}
	return nil
}

// A query reads the parameters of an address, each known and there at most once.
type query struct {
	values url.Values
	err    error // the first
}

// queryOf takes the parameters of a request that are among names.
func queryOf(r *http.Request, names ...string) *query {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return &query{err: badField("", "the query of the address cannot be read")}
	}
	q := &query{values: values}
	for name, vs := range values {
		if !slices.Contains(names, name) || len(vs) != 1 {
			q.err = badField(name, fmt.Sprintf("parameter %.40q is unknown, or there twice: want some of %v, once each", name, names))
		}
	}
	return q
}

func (q *query) text(name string) string { return q.values.Get(name) }

// flag reads true or false; false if it is absent.
func (q *query) flag(name string) bool {
	switch q.text(name) {
	case "true":
		return true
	case "", "false":
		return false
	}
	q.fail(name, "want true or false")
	return false
}

// number reads a whole number from 1 to most; other if it is absent.
func (q *query) number(name string, other, most int) int {
	if !q.values.Has(name) {
		return other
	}
	n, err := strconv.Atoi(q.text(name))
	if err != nil || n < 1 || n > most {
		q.fail(name, fmt.Sprintf("want a number from 1 to %d", most))
	}
	return n
}

func (q *query) fail(name, detail string) {
	if q.err == nil {
		q.err = badField(name, name+": "+detail)
	}
}
