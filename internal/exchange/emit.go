package exchange

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"io"
)

// An emitter writes text and JSON, and keeps its first error.
type emitter struct {
	w      *bufio.Writer
	failed error
	inside bool // an element of the array at hand was written
}

func newEmitter(w io.Writer) emitter { return emitter{w: bufio.NewWriterSize(w, 1<<16)} }

func (e *emitter) err() error { return e.failed }

// text writes s as it is.
func (e *emitter) text(s string) {
	if e.failed == nil {
		_, e.failed = e.w.WriteString(s)
	}
}

// value writes v as JSON without a line end.
func (e *emitter) value(v any) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		e.failed = cmp.Or(e.failed, err)
		return
	}
	e.text(string(bytes.TrimSuffix(b.Bytes(), []byte("\n"))))
}

// array begins an array, of which each element takes a line.
func (e *emitter) array(before string) {
	e.text(before + "[")
	e.inside = false
}

// element writes one element of the array at hand.
func (e *emitter) element(v any) {
	if e.inside {
		e.text(",")
	}
	e.inside = true
	e.text("\n")
	e.value(v)
}

// close ends the array at hand, and the file.
func (e *emitter) close(after string) {
	e.text("\n]" + after)
	e.flush()
}

func (e *emitter) flush() { e.failed = cmp.Or(e.failed, e.w.Flush()) }
